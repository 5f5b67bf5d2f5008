"""Command that makes one layer of the grids of several departments: overlay."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridmap.cli import options
from gridmap.cli.console import make_console, print_findings, print_json, say
from gridmap.cli.progress import show_progress
from gridmap.cli.usage import BadUse

if TYPE_CHECKING:
    from gridmap.planning import Merger

SHOWN_CONFLICTS = 5

Departments = Annotated[
    list[Path],
    typer.Argument(
        metavar="DEPARTMENT...",
        help="各部门的网格图层，每个面图层为一个部门；也可为含多个图层的一个文件或文件夹。"
        "The departments' grids: every polygon layer is one department's.",
        show_default=False,
    ),
]
Base = Annotated[
    list[Path] | None,
    typer.Option(
        "--base",
        metavar="INPUT",
        help="社区、楼栋、住户、小区、道路等底图数据，可重复。"
        "Communities, buildings, households, compounds, roads; may be repeated.",
        show_default=False,
    ),
]
BandText = Annotated[
    str,
    typer.Option(
        "--band",
        metavar="LOWER-UPPER",
        help="每个网格的户数区间，如 300-500；没有户数时为公顷。"
        "Households of a grid; hectares where no household is known.",
        show_default=False,
    ),
]

Tolerance = Annotated[
    float,
    typer.Option(
        "--tolerance",
        metavar="METRES",
        min=0.0,
        help="平均宽度小于此值（米）的窄条视为同一界线的手绘误差，不算冲突。"
        "Narrower strips are two hands drawing one line, and no conflict.",
    ),
]


def add_commands(app: typer.Typer) -> None:
    """Add the command of this module to the application."""
    app.command(
        "overlay",
        epilog="例 Example: gridmap overlay police.shp civil.gpkg drains.gpkg -o merged.gpkg "
        "--base data/boundaries --band 300-500 | "
        "gridmap overlay departments.gpkg -o merged.gpkg --json",
    )(overlay)


def overlay(
    departments: Departments,
    out: options.Out,
    base: Base = None,
    band: BandText = "",
    tolerance: Tolerance = 5.0,
    rules: options.RulesName = "default",
    seed: options.Seed = 7,
    layer: options.Layers = None,
    column: options.Columns = None,
    crs: options.Crs = None,
    datum: options.Datums = None,
    admin_level: options.AdminLevel = None,
    households_total: options.HouseholdsTotal = None,
    time_limit: options.TimeLimit = None,
    prove: options.Prove = False,
    as_json: options.Json = False,
) -> None:
    """多网合一：叠合各部门网格，列出冲突，合并为一张网。Several departments' grids in one."""
    from gridmap.errors import RefusedInput
    from gridmap.flow import overlay_files
    from gridmap.planfiles import write_plan
    from gridmap.rules import Rules
    from gridmap.writing import check_ending, check_writable

    reading = options.understand_reading(layer, column, crs, datum, admin_level, households_total)
    below = list(base or [])
    options.refuse_overwriting_input([*departments, *below], out)
    sizes = _understand_band(band)
    chosen = Rules.load(rules)
    check_ending(out, ".gpkg")
    check_writable(out)
    with show_progress() as progress:
        try:
            merger = overlay_files(
                departments,
                base=below,
                rules=chosen,
                band=sizes,
                tolerance_m=tolerance,
                options=reading,
                seed=seed,
                time_limit_s=time_limit,
                prove=prove,
                progress=progress,
            )
        except RefusedInput as refusal:
            if as_json:
                print_json({"findings": [finding.as_dict() for finding in refusal.findings]})
            raise
        progress("write", 0, 1)
        write_plan(
            merger.plan,
            out,
            beside={
                "conflicts": merger.conflicts,
                "mapping": merger.mapping,
                "departments": merger.departments.reset_index(),
            },
        )
        progress("write", 1, 1)
    _report(merger, out, as_json=as_json)


def _understand_band(text: str) -> tuple[float, float] | None:
    """Return the two numbers of a text ``LOWER-UPPER``.

    Raises
    ------
    typer.BadParameter
        When it is no two numbers above 0, the lower first.
    """
    if not text:
        return None
    lower, _, upper = text.partition("-")
    try:
        sizes = float(lower), float(upper)
    except ValueError:
        sizes = (math.nan, math.nan)
    if not (0 < sizes[0] <= sizes[1] < 1e9):
        raise BadUse(
            f"--band {text!r} 须形如 300-500。", f"--band {text!r} is not of the form LOWER-UPPER."
        )
    return sizes


def _report(merger: Merger, out: Path, *, as_json: bool) -> None:
    """Say what became of the layers; exit with 3 where a grid is outside its band."""
    from gridmap.cli.reporting import EXIT_UNMET, is_unmet, tell_proof
    from gridmap.scoring import score_plan

    totals = dict(score_plan(merger.plan).totals)
    if as_json:
        print_json({**totals, **tell_proof(merger.plan), **tell_merger(merger)})
    else:
        told = [f for f in merger.plan.findings if f.severity != "info"]
        print_findings(told)
        summary = next(f for f in merger.plan.findings if f.code == "departments_merged")
        say(summary.zh, summary.en, answer=True)
        _say_departments(merger)
        say(
            f"综合网格 {totals['general']} 个，达标 {totals['in_band']} 个"
            f"（最多可达 {totals['attainable']} 个）。",
            f"{totals['general']} general grids: {totals['in_band']} inside their band, "
            f"{totals['attainable']} attainable.",
            answer=True,
        )
        say(f"已写出：{out}", f"Written: {out}")
    stopped = any(finding.code == "search_stopped" for finding in merger.plan.findings)
    if stopped or is_unmet(totals):
        raise typer.Exit(EXIT_UNMET)


def tell_merger(merger: Merger) -> dict[str, object]:
    """Return what ``--json`` says beside the scorecard's totals."""
    import json

    columns = ["departments", "grids", "area_m2", "households", "lon", "lat"]
    return {
        "departments": json.loads(merger.departments.reset_index().to_json(orient="records")),
        "conflicts": merger.conflicts[columns].to_dict("records"),
        "conflict_area_share": merger.overlay.score["area"],
        "conflict_households_share": merger.overlay.score["households"],
        "disagreement": merger.disagreement,
        "most_disagreement": merger.most_disagreement,
        "findings": [finding.as_dict() for finding in merger.plan.findings],
    }


def _say_departments(merger: Merger) -> None:
    """Write the table of departments, and the largest conflicts."""
    from rich.table import Table

    table = Table(
        "部门 department",
        "网格 grids",
        "冲突 conflict (ha)",
        "冲突户 households",
        "保留 kept",
        "不变U",
        "拆分S",
        "合并M",
        "调整X",
    )
    for name, row in merger.departments.iterrows():
        kept = "-" if math.isnan(row["kept_share"]) else f"{row['kept_share']:.0%}"
        numbers = [f"{row['conflict_m2'] / 1e4:.1f}", f"{row['conflict_households']:.0f}", kept]
        codes = [f"{row[code]:.0f}" for code in "USMX"]
        table.add_row(str(name), f"{row['grids']:.0f}", *numbers, *codes)
    make_console(answer=True).print(table)
    for row in merger.conflicts.head(SHOWN_CONFLICTS).itertuples():
        say(
            f"  冲突：{row.grids}，{row.area_m2 / 1e4:.2f} 公顷，{row.households} 户，"
            f"位于 {row.lon:.6f}, {row.lat:.6f}",
            f"  conflict: {row.grids}, {row.area_m2 / 1e4:.2f} ha, {row.households} households, "
            f"at {row.lon:.6f}, {row.lat:.6f}",
            answer=True,
        )
    rest = len(merger.conflicts) - SHOWN_CONFLICTS
    if rest > 0:
        say(
            f"  另有 {rest} 处冲突，见结果文件 conflicts 图层。",
            f"  and {rest} more conflicts: layer conflicts of the file.",
            answer=True,
        )
