"""Command that writes the tables of a plan, for the screen or for paper: tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridmap.cli import options
from gridmap.cli.console import print_findings, say
from gridmap.cli.progress import show_progress
from gridmap.cli.usage import BadUse

if TYPE_CHECKING:
    from datetime import date as day

PAPER = "打印 Print (.pdf)"


def add_commands(app: typer.Typer) -> None:
    """Add the command of this module to the application."""
    app.command(
        "tables",
        epilog="例 Example: gridmap tables plan.gpkg -o tables.xlsx | "
        "gridmap tables plan.gpkg -o tables.pdf --roster roster.xlsx --date 2026-07-01",
    )(tables)


def tables(
    plan_file: options.PlanFile,
    out: options.Out,
    roster: Annotated[
        Path | None,
        typer.Option(
            "--roster",
            help="网格人员花名册 (xlsx, csv)。A roster of those who serve.",
            show_default=False,
        ),
    ] = None,
    phones: Annotated[
        bool,
        typer.Option("--phones", help="列出花名册中的电话。With the roster's telephone numbers."),
    ] = False,
    before: Annotated[
        Path | None,
        typer.Option(
            "--before",
            help="调整前的方案，编制新旧对照。An earlier plan: old grids beside new ones.",
            show_default=False,
        ),
    ] = None,
    date: Annotated[
        str,
        typer.Option(
            "--date",
            metavar="YYYY-MM-DD",
            help="制表日期；花名册按此判断是否在岗。Date of the tables, and of who serves.",
            show_default=False,
        ),
    ] = "",
    title: Annotated[
        str,
        typer.Option("--title", help="表名。Title.", show_default=False, rich_help_panel=PAPER),
    ] = "",
    compiler: Annotated[
        str,
        typer.Option(
            "--compiler", help="编制单位。Who made it.", show_default=False, rich_help_panel=PAPER
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
    """制表：网格、责任、登记、汇总等表 (xlsx 或 pdf)。Tables of grids, duties, changes, sums."""
    from gridmap.planfiles import read_plan
    from gridmap.reports import check_tables_target, write_tables
    from gridmap.rosters import read_roster

    inputs = [plan_file, *(path for path in (roster, before) if path is not None)]
    options.refuse_overwriting_input(inputs, out)
    is_paper = out.suffix.lower() == ".pdf"
    paper = {"--title": title, "--compiler": compiler, "--reviewer": reviewer, "--font": font}
    _refuse_idle(paper, phones=phones and roster is None, is_paper=is_paper)
    on = _understand_day(date)
    if not is_paper:
        check_tables_target(out)
    with show_progress() as progress:
        progress("tables", 0, 1)
        people = None if roster is None else read_roster(roster, phones=phones)
        plan = read_plan(plan_file)
        earlier = None if before is None else read_plan(before)
        if is_paper:
            from gridmap.printing import print_tables

            said = print_tables(
                plan,
                out,
                roster=people,
                before=earlier,
                on=on,
                title=title,
                compiler=compiler,
                reviewer=reviewer,
                font=font,
            )
        else:
            said = write_tables(plan, out, roster=people, before=earlier, on=on)
    if said:
        print_findings(said)
    say(f"已写出：{out}", f"Written: {out}")


def _refuse_idle(paper: dict[str, str | Path | None], *, phones: bool, is_paper: bool) -> None:
    """Refuse options that would do nothing."""
    given = [name for name, value in paper.items() if value]
    if given and not is_paper:
        raise BadUse(
            "仅用于打印，-o 须以 .pdf 结尾。", f"Only for paper (-o x.pdf): {', '.join(given)}"
        )
    if phones:
        raise BadUse("--phones 须与 --roster 同用。", "--phones needs --roster.")


def _understand_day(text: str) -> day | None:
    from gridmap.rosters.words import understand_date

    try:
        return understand_date(text)
    except ValueError:
        raise BadUse("--date 请写作 2026-07-01。", "Write --date as 2026-07-01.") from None
