"""The tables of a plan on paper: the sheets of the xlsx file as pages of a vector PDF."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from gridmap.errors import InvalidOption
from gridmap.maps.wording import clean_text
from gridmap.planning import hash_assignment
from gridmap.printing.canvas import start_sheet
from gridmap.printing.fonts import find_fonts, require_matplotlib
from gridmap.printing.lettering import INK
from gridmap.printing.papers import EDGE_MM, MM_AN_INCH, SIZES_MM
from gridmap.printing.press import say_missing, write_pages
from gridmap.printing.ruling import PAD_MM, SMALLER, Ruled, line_mm, row_mm, rule_sheet
from gridmap.reports.sheets import list_sheets
from gridmap.reports.workbook import clean_sheets
from gridmap.rosters import match_roster
from gridmap.writing import check_ending, check_writable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date as day
    from pathlib import Path

    from gridmap.findings import Finding
    from gridmap.model import Plan
    from gridmap.printing.fonts import Fonts
    from gridmap.reports.columns import Column
    from gridmap.rosters import Roster

LEFT_MM = 20.0
"""Margin on the left, where sheets are filed; holes are 12 mm from the edge (ISO 838)."""
TITLE_MM, FOOT_MM = 15.0, 8.0
TITLE_PT, NAME_PT, FOOT_PT = 15.0, 10.0, 8.0
HEADER_FILL, TOTAL_FILL, MARK_FILL, RULE = "#dfe7ef", "#f0f3f7", "#fbe3d6", "#8a939c"
BLANK_EN, BLANK_DAY = " " * 14, "      年    月    日"
"""Room to fill in by hand what was not given."""
CENTRED, RIGHT = ("label",), ("number", "metres", "m2", "km2", "share", "ratio")


class Line(NamedTuple):
    """A line of text on the page: where its baseline begins (mm), what and how."""

    x: float
    y: float
    text: str
    size: float
    bold: bool = False


class Imprint(NamedTuple):
    """What every page of the tables says."""

    title: str
    compiler: str
    reviewer: str
    date: str
    version: str
    internal: bool


def print_tables(  # noqa: PLR0913 - what the pages say
    plan: Plan,
    path: str | Path,
    *,
    roster: Roster | None = None,
    before: Plan | None = None,
    on: day | None = None,
    title: str = "",
    compiler: str = "",
    reviewer: str = "",
    date: str = "",
    internal: bool = True,
    font: str | Path | None = None,
) -> tuple[Finding, ...]:
    """Print the tables of a plan on A4, lying, as a vector PDF.

    The sheets, their rows and their printed columns are those of `gridmap.write_tables`. Headers
    stand on every page, long texts are in several lines, and nothing is cut off.

    Parameters
    ----------
    plan
        The plan to tell of.
    path
        The file to write; it ends in ``.pdf``, and an existing one is replaced.
    roster, before, on
        As for `gridmap.write_tables`.
    title
        Of every page; by default that of the plan's townships.
    compiler, reviewer, date
        At the foot of every page; empty ones are left to be filled in by hand. The date is by
        default the day of the roster.
    internal
        Whether pages are marked 内部资料.
    font
        A font file; by default a Chinese font of this machine.

    Returns
    -------
    tuple of Finding
        What is wrong with the roster, and characters that the font lacks.

    Raises
    ------
    InvalidOption
        When the ending or the font won't do, or the plan has no grid.
    MissingExtra
        When matplotlib is not installed.
    UnwritableFile
        When the file can't be written.

    Notes
    -----
    The same input and font give the same bytes. Source: FIELD.md section 1, Qibin (one map, two
    tables), section 7.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from gridmap import Rules, make_plan
    >>> from gridmap.testing import draw_territory
    >>> plan = make_plan(draw_territory("AB", households=400), rules=Rules.preset())
    >>> with TemporaryDirectory() as folder:
    ...     print_tables(plan, Path(folder) / "tables.pdf")
    ()
    """
    check_ending(path, ".pdf")
    require_matplotlib()
    check_writable(path)
    if len(plan.grids) == 0:
        raise InvalidOption(
            "The plan has no grid to print.",
            "方案中没有可打印的网格。",
            cure_en="Check the plan's findings: why did no community get a grid?",
            cure_zh="请查看方案的核验结果，了解没有网格的原因。",
        )
    fonts = find_fonts(font)
    duty = None if roster is None else match_roster(plan, roster, on=on)
    imprint = Imprint(
        clean_text(title) or _title_of(plan),
        clean_text(compiler) or BLANK_EN,
        clean_text(reviewer) or BLANK_EN,
        clean_text(date) or (on.isoformat() if on else BLANK_DAY),
        hash_assignment(plan)[:8],
        internal,
    )
    width, height = SIZES_MM["A4"]
    room = (width - LEFT_MM - EDGE_MM, height - 2 * EDGE_MM - TITLE_MM - FOOT_MM)
    sheets = clean_sheets(list_sheets(plan, duty=duty, before=before))
    ruled = [rule_sheet(sheet, fonts, *room) for sheet in sheets]
    write_pages(path, _draw_pages(ruled, imprint, fonts))
    return (*(duty.findings if duty else ()), *say_missing(fonts))


def _title_of(plan: Plan) -> str:
    names = sorted({clean_text(str(name)) for name in plan.territory.units.communities["township"]})
    names = [name for name in names if name]
    return f"{'、'.join(names) if len(names) <= 3 else ''}网格划分表"


def _draw_pages(sheets: Sequence[Ruled], imprint: Imprint, fonts: Fonts) -> Iterator[Any]:
    """Yield the pages of all sheets, one at a time."""
    count = sum(len(ruled.pages) for ruled in sheets)
    number = 0
    for ruled in sheets:
        for place in range(len(ruled.pages)):
            number += 1
            lines = _write_around(ruled, place, (number, count), imprint, fonts)
            yield _draw_page(ruled, place, lines, fonts)


def _write_around(
    ruled: Ruled, place: int, number: tuple[int, int], imprint: Imprint, fonts: Fonts
) -> list[Line]:
    """Return the texts above and below the table."""
    width, height = SIZES_MM["A4"]
    right = width - EDGE_MM
    name = f"{ruled.sheet.zh} {ruled.sheet.en}"
    name += f"（{place + 1}/{len(ruled.pages)}）" if len(ruled.pages) > 1 else ""
    room = right - LEFT_MM - 100
    wide = _wide(imprint.title, TITLE_PT, fonts, bold=True)
    size = TITLE_PT * min(1.0, room / max(wide, 1e-9))
    middle = (LEFT_MM + right - wide * size / TITLE_PT) / 2
    top = height - EDGE_MM - 7
    lines = [
        Line(middle, top, imprint.title, size, bold=True),
        Line(LEFT_MM, top, name, NAME_PT, bold=True),
    ]
    if imprint.internal:
        lines.append(Line(right - _wide("内部资料", NAME_PT, fonts), top, "内部资料", NAME_PT))
    foot = EDGE_MM + 1.5
    pages = f"第 {number[0]} 页，共 {number[1]} 页"
    told = (
        f"编制单位：{imprint.compiler}    审核：{imprint.reviewer}    制表日期：{imprint.date}"
        f"    方案版本：{imprint.version}"
    )
    page_wide = _wide(pages, FOOT_PT, fonts)
    fits = min(1.0, (right - LEFT_MM - page_wide - 6) / max(_wide(told, FOOT_PT, fonts), 1e-9))
    return [
        *lines,
        Line(LEFT_MM, foot, told, FOOT_PT * fits),
        Line(right - page_wide, foot, pages, FOOT_PT),
    ]


def _wide(text: str, size: float, fonts: Fonts, *, bold: bool = False) -> float:
    return fonts.measure(text, size, bold=bold) / 72 * MM_AN_INCH


def _draw_page(ruled: Ruled, place: int, lines: list[Line], fonts: Fonts) -> Any:
    """Draw one page: fills, rules, then all texts."""
    from matplotlib.collections import LineCollection
    from matplotlib.patches import Rectangle

    width, height = SIZES_MM["A4"]
    figure, axes = start_sheet((width / MM_AN_INCH, height / MM_AN_INCH))
    top = height - EDGE_MM - TITLE_MM
    edges = [LEFT_MM]
    for across in ruled.widths:
        edges.append(edges[-1] + across)
    levels = [top, top - ruled.header_mm]
    fills = [HEADER_FILL]
    _write_header(lines, ruled, edges, top, fonts)
    for row in ruled.pages[place]:
        high = row_mm(row.lines, ruled.size)
        fills.append(TOTAL_FILL if row.total else MARK_FILL if row.marked else "")
        for cell, column, left, right in zip(
            row.cells, ruled.columns, edges, edges[1:], strict=False
        ):
            middle = levels[-1] - high / 2
            _write_cell(
                lines, cell, column, (left, right, middle), ruled.size, fonts, bold=row.total
            )
        levels.append(levels[-1] - high)
    for fill, above, below in zip(fills, levels, levels[1:], strict=False):
        if fill:
            box = Rectangle((LEFT_MM, below), edges[-1] - LEFT_MM, above - below, facecolor=fill)
            axes.add_patch(box)
    rules = [((LEFT_MM, level), (edges[-1], level)) for level in levels]
    rules += [((edge, top), (edge, levels[-1])) for edge in edges]
    axes.add_collection(LineCollection(rules, colors=RULE, linewidths=0.4, zorder=2))
    axes.add_artist(_make_texts(lines, fonts))
    return figure


def _write_header(
    lines: list[Line], ruled: Ruled, edges: Sequence[float], top: float, fonts: Fonts
) -> None:
    small = ruled.size * SMALLER
    for (zh, en), left, right in zip(ruled.header, edges, edges[1:], strict=False):
        high = len(zh) * line_mm(ruled.size) + len(en) * line_mm(small)
        level = top - (ruled.header_mm - high) / 2
        for text, size, bold in [
            *((line, ruled.size, True) for line in zh),
            *((line, small, False) for line in en),
        ]:
            level -= line_mm(size)
            x = (left + right - _wide(text, size, fonts, bold=bold)) / 2
            lines.append(Line(x, level + 0.25 * line_mm(size), text, size, bold))


def _write_cell(
    lines: list[Line],
    cell: Sequence[str],
    column: Column,
    at: tuple[float, float, float],
    size: float,
    fonts: Fonts,
    *,
    bold: bool,
) -> None:
    """Write the lines of a cell around the middle of its row."""
    left, right, middle = at
    level = middle + len(cell) * line_mm(size) / 2
    for text in cell:
        level -= line_mm(size)
        wide = _wide(text, size, fonts, bold=bold)
        x = left + PAD_MM
        if column.form in CENTRED:
            x = (left + right - wide) / 2
        elif column.form in RIGHT:
            x = right - PAD_MM - wide
        if text:
            lines.append(Line(x, level + 0.25 * line_mm(size), text, size, bold))


def _make_texts(lines: Sequence[Line], fonts: Fonts) -> Any:
    """Return one artist that draws all texts of a page: one for each text costs more."""
    from matplotlib.artist import Artist

    cleaned = [line._replace(text=fonts.clean(line.text, bold=line.bold)) for line in lines]

    class Texts(Artist):
        """Lines of text, drawn as they are: nothing in them is markup."""

        def draw(self, renderer: Any) -> None:
            pen = renderer.new_gc()
            pen.set_foreground(INK)
            faces: dict[tuple[float, bool], Any] = {}
            for x, y, text, size, bold in cleaned:
                if (size, bold) not in faces:
                    faces[size, bold] = (fonts.bold if bold else fonts.regular).copy()
                    faces[size, bold].set_size(size)
                at = renderer.points_to_pixels(x / MM_AN_INCH * 72), y / MM_AN_INCH * 72
                renderer.draw_text(pen, *at, text, faces[size, bold], 0.0, ismath=False)
            pen.restore()

    made = Texts()
    made.set_zorder(5)
    return made
