"""Command that draws a plan: map (a page, or paper)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridmap.cli import options
from gridmap.cli.console import print_findings, say
from gridmap.cli.progress import show_progress
from gridmap.cli.usage import BadUse

if TYPE_CHECKING:
    from gridmap.findings import Finding
    from gridmap.maps import Theme
    from gridmap.model import Plan
    from gridmap.rosters import Duty

PAPER = "打印 Print (.pdf)"
PAGE = "网页 Page (.html)"


def add_commands(app: typer.Typer) -> None:
    """Add the command of this module to the application."""
    app.command(
        "map",
        epilog="例 Example: gridmap map plan.gpkg -o map.html | gridmap map plan.gpkg -o map.pdf | "
        "gridmap map plan.gpkg -o atlas.pdf --atlas",
    )(draw_map)


def draw_map(
    plan_file: options.PlanFile,
    out: options.Out,
    title: Annotated[str, typer.Option("--title", help="图名。Title.", show_default=False)] = "",
    language: Annotated[
        str, typer.Option("--language", help="打开时的语言：zh 或 en。Language it opens in.")
    ] = "zh",
    date: Annotated[
        str, typer.Option("--date", help="资料日期。Date of the data.", show_default=False)
    ] = "",
    source: Annotated[
        str, typer.Option("--source", help="资料来源。Source of the data.", show_default=False)
    ] = "",
    review_number: Annotated[
        str,
        typer.Option("--review-number", help="审图号。Map review number.", show_default=False),
    ] = "",
    internal: Annotated[
        bool,
        typer.Option(
            "--internal/--public",
            help="是否标注“内部用图”；只影响标注，内容由 --audience 决定。Only the mark.",
        ),
    ] = True,
    audience: Annotated[
        str,
        typer.Option(
            "--audience",
            help="给谁看：public 公众, internal 内部, planner 规划；决定图上有哪些信息。"
            "Who it is for: decides which fields are in the page.",
            rich_help_panel=PAGE,
        ),
    ] = "internal",
    layer: Annotated[
        list[Path] | None,
        typer.Option(
            "--layer",
            help="叠加边界分析结果 (gridmap analyse -o findings.gpkg)，可多次给出。"
            "Findings of an analysis over the grids; may be repeated.",
            show_default=False,
            rich_help_panel=PAGE,
        ),
    ] = None,
    tiles: Annotated[
        str,
        typer.Option(
            "--tiles",
            help="底图瓦片地址 http://…/{z}/{x}/{y}.png；打开时会联网读取。"
            "Template of a basemap, which the page then fetches.",
            show_default=False,
            rich_help_panel=PAGE,
        ),
    ] = "",
    tiles_datum: Annotated[
        str,
        typer.Option(
            "--tiles-datum",
            help="底图的坐标基准：cgcs2000, gcj02, bd09。Datum of the basemap.",
            show_default=False,
            rich_help_panel=PAGE,
        ),
    ] = "",
    level: Annotated[
        str,
        typer.Option(
            "--level",
            help="画哪一级：grid 网格, micro_grid 微网格, link_unit 联户单元。Which level to draw.",
        ),
    ] = "grid",
    roster: Annotated[
        Path | None,
        typer.Option(
            "--roster",
            help="网格人员花名册 (xlsx, csv)：卡片显示责任人，并有人员配备专题。"
            "A roster: who answers for a grid, and a theme of staffing.",
            show_default=False,
        ),
    ] = None,
    paper: Annotated[
        str, typer.Option("--paper", help="纸张：A3 或 A4。Paper.", rich_help_panel=PAPER)
    ] = "",
    atlas: Annotated[
        bool,
        typer.Option(
            "--atlas",
            help="图册：每个社区、每个网格一页。A page a community and a grid.",
            rich_help_panel=PAPER,
        ),
    ] = False,
    before: Annotated[
        Path | None,
        typer.Option(
            "--before",
            help="调整前的方案，前后对比。An earlier plan, to compare with.",
            show_default=False,
        ),
    ] = None,
    buildings: Annotated[
        bool,
        typer.Option("--buildings", help="在网页上画出楼栋轮廓。Outlines of buildings, on a page."),
    ] = False,
    compiler: Annotated[
        str,
        typer.Option(
            "--compiler", help="编制单位。Who drew it.", show_default=False, rich_help_panel=PAPER
        ),
    ] = "",
    reviewer: Annotated[
        str,
        typer.Option(
            "--reviewer", help="审核。Who checked it.", show_default=False, rich_help_panel=PAPER
        ),
    ] = "",
    font: Annotated[
        Path | None,
        typer.Option(
            "--font",
            help="中文字体文件。A Chinese font file.",
            show_default=False,
            rich_help_panel=PAPER,
        ),
    ] = None,
) -> None:
    """出图：可离线打开的 HTML 地图，或打印用 PDF。A page that opens offline, or PDF for paper."""
    from gridmap.maps import show_level
    from gridmap.planfiles import read_plan

    files = [plan_file, *(path for path in (before, roster) if path), *(layer or [])]
    options.refuse_overwriting_input(files, out)
    printed = out.suffix.lower() == ".pdf"
    on_paper = {
        "--paper": paper,
        "--atlas": atlas,
        "--compiler": compiler,
        "--reviewer": reviewer,
        "--font": font,
    }
    on_page = {
        "--audience": "" if audience == "internal" else audience,
        "--layer": layer,
        "--buildings": buildings,
        "--roster": roster,
        "--tiles": tiles,
        "--tiles-datum": tiles_datum,
    }
    _refuse_without(printed, on_paper, on_page)
    said: tuple[Finding, ...] = ()
    margin: dict[str, Any] = {
        "title": title,
        "date": date,
        "source": source,
        "review_number": review_number,
        "internal": internal,
    }
    with show_progress() as progress:
        progress("map", 0, 1)
        read = read_plan(plan_file)
        earlier = None if before is None else read_plan(before)
        shown = read if level == "grid" else show_level(read, level)
        if printed:
            margin |= {"compiler": compiler, "reviewer": reviewer, "font": font}
            said = _print(shown, out, earlier, paper, margin, atlas=atlas)
        else:
            margin |= {
                "buildings": buildings,
                "audience": audience,
                "tiles": tiles,
                "tiles_datum": tiles_datum,
            }
            margin |= {"language": language, "before": earlier}
            said = _write_page(shown, out, layer or [], roster, **margin)
    if said:
        print_findings(said)
    say(f"已写出：{out}", f"Written: {out}")


def _write_page(
    plan: Plan, out: Path, files: list[Path], roster: Path | None, **how: Any
) -> tuple[Finding, ...]:
    """Write the page; return what was said of the roster, and that it fetches, where it does."""
    from gridmap.maps import read_layers, write_map
    from gridmap.maps.basemap import read_tiles

    layers = [one for file in files for one in read_layers(file)]
    said: tuple[Finding, ...] = ()
    if roster is not None:
        duty = _read_duty(plan, roster)
        how |= {"staff": duty.staff_grids(), "themes": [_theme_of_staff(plan, duty)]}
        said = duty.findings
    write_map(plan, out, layers=layers, **how)
    tiles = read_tiles(how["tiles"], how["tiles_datum"])
    return (*said, tiles.as_finding()) if tiles else said


def _read_duty(plan: Plan, roster: Path) -> Duty:
    from gridmap.rosters import match_roster, read_roster

    return match_roster(plan, read_roster(roster))


def _theme_of_staff(plan: Plan, duty: Duty) -> Theme:
    """Return how many grid workers each grid has: none, one, two or more."""
    import pandas as pd

    from gridmap.maps import make_theme

    counts = {grid: len(duty.people_of(str(grid), "grid_worker")) for grid in plan.grids.index}
    values = pd.Series(counts, index=plan.grids.index, dtype=float)
    return make_theme(plan, values, key="staff", zh="网格员人数", en="grid workers", breaks=(1, 2))


def _refuse_without(
    printed: bool,  # noqa: FBT001
    options_of_paper: dict[str, Any],
    options_of_page: dict[str, Any],
) -> None:
    """Refuse options of paper where the result is a page, and the reverse: they'd do nothing."""
    given = [name for name, value in options_of_page.items() if value]
    if given and printed:
        raise BadUse(
            "仅用于网页，-o 须以 .html 结尾。", f"Only for a page (-o x.html): {', '.join(given)}"
        )
    given = [name for name, value in options_of_paper.items() if value]
    if given and not printed:
        raise BadUse(
            "仅用于打印，-o 须以 .pdf 结尾。", f"Only for paper (-o x.pdf): {', '.join(given)}"
        )


def _print(
    plan: Plan, out: Path, before: Plan | None, paper: str, margin: dict[str, Any], *, atlas: bool
) -> tuple[Finding, ...]:
    from gridmap.printing import print_atlas, print_map

    if atlas and before is not None:
        raise BadUse("--atlas 与 --before 不能同时使用。", "--atlas excludes --before.")
    if atlas:
        return print_atlas(plan, out, paper=paper or "A4", **margin)
    return print_map(plan, out, paper=paper or "A3", before=before, **margin)
