"""Commands that show a plan: map (a page, or paper) and tables."""

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
    from gridmap.model import Plan

PAPER = "打印 Print (.pdf)"


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this module to the application."""
    app.command(
        "map",
        epilog="例 Example: gridmap map plan.gpkg -o map.html | gridmap map plan.gpkg -o map.pdf | "
        "gridmap map plan.gpkg -o atlas.pdf --atlas",
    )(draw_map)
    app.command("tables", epilog="例 Example: gridmap tables plan.gpkg -o tables.xlsx")(tables)


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
        typer.Option("--internal/--public", help="是否标注“内部用图”。Marked as internal."),
    ] = True,
    level: Annotated[
        str,
        typer.Option(
            "--level",
            help="画哪一级：grid 网格, micro_grid 微网格, link_unit 联户单元。Which level to draw.",
        ),
    ] = "grid",
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
    from gridmap.maps import show_level, write_map
    from gridmap.planfiles import read_plan

    options.refuse_overwriting_input([plan_file, *([before] if before else [])], out)
    printed = out.suffix.lower() == ".pdf"
    on_paper = {
        "--paper": paper,
        "--atlas": atlas,
        "--compiler": compiler,
        "--reviewer": reviewer,
        "--font": font,
    }
    _refuse_without(printed, on_paper)
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
            write_map(shown, out, language=language, before=earlier, **margin)
    if said:
        print_findings(said)
    say(f"已写出：{out}", f"Written: {out}")


def _refuse_without(printed: bool, options_of_paper: dict[str, Any]) -> None:  # noqa: FBT001
    """Refuse options of paper where the result is a page: they would do nothing."""
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


def tables(plan_file: options.PlanFile, out: options.Out) -> None:
    """制表：网格、社区、问题等表 (xlsx)。The tables of a plan: grids, communities, findings."""
    from gridmap.planfiles import read_plan
    from gridmap.reports import write_tables

    options.refuse_overwriting_input([plan_file], out)
    with show_progress() as progress:
        progress("tables", 0, 1)
        write_tables(read_plan(plan_file), out)
    say(f"已写出：{out}", f"Written: {out}")
