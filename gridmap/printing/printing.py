"""The doors of this room: one sheet, and an atlas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridmap.errors import InvalidOption
from gridmap.maps.wording import clean_text
from gridmap.planning import hash_assignment
from gridmap.printing.atlas import draw_atlas
from gridmap.printing.canvas import Window, draw_land, start_sheet
from gridmap.printing.fonts import find_fonts, require_matplotlib
from gridmap.printing.ground import prepare_ground
from gridmap.printing.margins import Margin, draw_frame, draw_north, write_foot, write_title
from gridmap.printing.panel import Panel, write_figures, write_legend, write_lines
from gridmap.printing.papers import choose_scale, choose_sheet
from gridmap.printing.press import Press, say_missing, write_pages
from gridmap.printing.spread import draw_spread
from gridmap.printing.words import count_figures
from gridmap.writing import check_ending

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.findings import Finding
    from gridmap.model import Plan
    from gridmap.printing.ground import PrintedGround
    from gridmap.printing.papers import Sheet


def print_map(  # noqa: PLR0913 - what the margin of a map says
    plan: Plan,
    path: str | Path,
    *,
    paper: str = "A3",
    title: str = "",
    compiler: str = "",
    reviewer: str = "",
    date: str = "",
    source: str = "",
    review_number: str = "",
    internal: bool = True,
    before: Plan | None = None,
    font: str | Path | None = None,
) -> tuple[Finding, ...]:
    r"""Print a plan on one sheet, as a vector PDF at a true scale.

    Parameters
    ----------
    plan
        The plan to print; at least one grid.
    path
        The file to write; it ends in ``.pdf``, and an existing one is replaced.
    paper
        ``A3`` or ``A4``; it lies or stands as the land does.
    title
        Of the sheet; by default as on the map of `gridmap.write_map`.
    compiler, reviewer, date, source, review_number, internal
        What the margin says; see `gridmap.printing.margins.Margin`.
    before
        An earlier plan of the same land: printed on the left, with what changed outlined in both.
    font
        A font file; by default a Chinese font of this machine.

    Returns
    -------
    tuple of Finding
        What could not be printed as it is (characters that the font lacks).

    Raises
    ------
    InvalidOption
        When the paper, the ending or the font won't do, or the plan has no grid.
    MissingExtra
        When matplotlib is not installed.
    UnwritableFile
        When the file can't be written.

    Notes
    -----
    The same plan and font give the same bytes. Source: DESIGN.md section 1 (map, tables), FIELD.md
    section 7 (review number, internal use, no residents).

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from gridmap import Rules, make_plan
    >>> from gridmap.testing import draw_territory
    >>> plan = make_plan(draw_territory("AB\nCD", households=400), rules=Rules.preset())
    >>> with TemporaryDirectory() as folder:
    ...     print_map(plan, Path(folder) / "map.pdf", paper="A4")
    ()
    """
    margin = Margin(title, compiler, reviewer, date, source, review_number, "", internal)
    press = _set_up(plan, path, margin, font, compared=before is not None)
    if before is not None:
        write_pages(path, [draw_spread(prepare_ground(before), press, paper)])
    else:
        write_pages(path, [_draw_sheet(press, choose_sheet(paper, press.ground.bounds))])
    return say_missing(press.fonts)


def print_atlas(  # noqa: PLR0913 - what the margin of a map says
    plan: Plan,
    path: str | Path,
    *,
    paper: str = "A4",
    with_grids: bool = True,
    title: str = "",
    compiler: str = "",
    reviewer: str = "",
    date: str = "",
    source: str = "",
    review_number: str = "",
    internal: bool = True,
    font: str | Path | None = None,
) -> tuple[Finding, ...]:
    """Print a plan as an atlas: cover, index sheet, list, a page a community and a page a grid.

    Parameters
    ----------
    plan, path, title, compiler, reviewer, date, source, review_number, internal, font
        As for `print_map`.
    paper
        ``A3`` or ``A4``, lying.
    with_grids
        Whether each grid has a page of its own.

    Returns
    -------
    tuple of Finding
        As of `print_map`.

    Raises
    ------
    InvalidOption, MissingExtra, UnwritableFile
        As `print_map`.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from gridmap import Rules, make_plan
    >>> from gridmap.testing import draw_territory
    >>> plan = make_plan(draw_territory("AB", households=400), rules=Rules.preset())
    >>> with TemporaryDirectory() as folder:
    ...     print_atlas(plan, Path(folder) / "atlas.pdf", with_grids=False)
    ()
    """
    margin = Margin(title, compiler, reviewer, date, source, review_number, "", internal)
    press = _set_up(plan, path, margin, font)
    write_pages(path, draw_atlas(press, paper, with_grids=with_grids))
    return say_missing(press.fonts)


def _set_up(
    plan: Plan,
    path: str | Path,
    margin: Margin,
    font: str | Path | None,
    *,
    compared: bool = False,
) -> Press:
    """Check everything before work is spent on it."""
    check_ending(path, ".pdf")
    require_matplotlib()
    if len(plan.grids) == 0:
        raise InvalidOption(
            "The plan has no grid to print.",
            "方案中没有可打印的网格。",
            cure_en="Check the plan's findings: why did no community get a grid?",
            cure_zh="请查看方案的核验结果，了解没有网格的原因。",
        )
    ground = prepare_ground(plan)
    cleaned = Margin(
        title=clean_text(margin.title) or _title_of(ground, compared=compared),
        compiler=clean_text(margin.compiler),
        reviewer=clean_text(margin.reviewer),
        date=clean_text(margin.date),
        source=clean_text(margin.source),
        review_number=clean_text(margin.review_number),
        version=hash_assignment(plan)[:8],
        internal=margin.internal,
    )
    return Press(ground, find_fonts(font), cleaned)


def _title_of(ground: PrintedGround, *, compared: bool) -> str:
    names = ground.register.townships
    places = "、".join(names) if 0 < len(names) <= 3 else ""
    return f"{places}网格调整前后对照图" if compared else f"{places}网格划分图"


def _draw_sheet(press: Press, sheet: Sheet) -> Any:
    """Draw the whole plan on one sheet."""
    ground, fonts = press.ground, press.fonts
    figure, axes = start_sheet(sheet.inches)
    west, south, east, north = ground.bounds
    scale = choose_scale(east - west, north - south, sheet.map)
    window = Window(sheet.map, ((west + east) / 2, (south + north) / 2), scale)
    draw_land(axes, ground, window, fonts)
    _dress(press, axes, sheet, scale)
    panel = Panel(axes, sheet, fonts)
    write_figures(panel, count_figures(ground.plan))
    write_legend(panel, ground)
    _write_notes(panel, press)
    return figure


def _dress(press: Press, axes: Any, sheet: Sheet, scale: float) -> None:
    """Draw what every sheet has around its map."""
    margin = press.margin
    draw_frame(axes, sheet)
    write_title(axes, sheet, margin, press.fonts)
    write_foot(axes, sheet, margin, press.fonts, scale)
    draw_north(axes, sheet.map, press.fonts)


def _write_notes(panel: Panel, press: Press) -> None:
    panel.head("说明")
    plan = press.ground.plan
    notes = [
        f"划分标准：{clean_text(plan.rules.label_zh)}",
        "坐标系：" + str(plan.territory.units.metric_crs.name),
    ]
    for note in notes:
        write_lines(panel, note)
