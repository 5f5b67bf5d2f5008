"""The command that repairs boundaries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gridmap.cli import options
from gridmap.cli.console import print_findings, print_json, say
from gridmap.cli.progress import show_progress
from gridmap.cli.reporting import EXIT_UNMET

if TYPE_CHECKING:
    from gridmap.boundaries.repairing import BoundaryRepair

SHOWN_CHANGES = 10


def add_commands(app: typer.Typer) -> None:
    """Add the command of this module to the application."""
    app.command(
        "repair",
        epilog="例 Example: gridmap repair townships.shp -o mended.gpkg --tolerance 0.5",
    )(repair)


def repair(
    inputs: options.Inputs,
    out: options.Out,
    tolerance: Annotated[
        float,
        typer.Option(
            "--tolerance",
            metavar="M",
            help="边界最多移动多少米；更宽的空白和重叠保留并列出。"
            "No border moves farther (metres); wider gaps and overlaps stay and are listed.",
        ),
    ] = 1.0,
    layer: options.Layers = None,
    column: options.Columns = None,
    crs: options.Crs = None,
    datum: options.Datums = None,
    admin_level: options.AdminLevel = None,
    as_json: options.Json = False,
) -> None:
    """修复边界：在容差内闭合空白、处理重叠，并列出全部变更。Close narrow gaps and overlaps."""
    from gridmap.boundaries.repairing import repair_as_dict, repair_boundaries, write_repair
    from gridmap.flow import read_input
    from gridmap.writing import check_ending, check_writable

    reading = options.understand_reading(layer, column, crs, datum, admin_level, None)
    options.refuse_overwriting_input(inputs, out)
    check_ending(out, ".gpkg")
    check_writable(out)
    with show_progress() as progress:
        sources = read_input(inputs, options=reading, progress=progress)
        progress("repair", 0, 1)
        made = repair_boundaries(sources, tolerance_m=tolerance)
        write_repair(made, out)
        progress("repair", 1, 1)
    if as_json:
        print_json(repair_as_dict(made))
    else:
        print_findings(made.findings)
        _say_repair(made)
        say(f"已写出：{out}", f"Written: {out}")
    if is_unsettled(made):
        raise typer.Exit(EXIT_UNMET)


def is_unsettled(made: BoundaryRepair) -> bool:
    """Tell whether gaps, overlaps or edges that almost meet are still there."""
    return any(f.code in {"division_fault_kept", "division_edges_apart"} for f in made.findings)


def _say_repair(made: BoundaryRepair) -> None:
    """Write what was changed as a person reads it: the sum, then the largest by id."""
    changes = made.changes
    area, moved = float(changes["area_m2"].sum()), made.moved_households
    say(
        f"共处理 {len(changes)} 处，{area:.1f} 平方米；"
        + ("没有户数数据" if moved is None else f"{moved} 户所属区划改变")
        + f"；保留 {len(made.kept)} 处。",
        f"{len(changes)} pieces of land settled, {area:.1f} m2; "
        + ("households are not known" if moved is None else f"{moved} households change division")
        + f"; {len(made.kept)} places left.",
        answer=True,
    )
    largest = changes.sort_values("area_m2", ascending=False, kind="stable")
    for row in largest.head(SHOWN_CHANGES).itertuples():
        taken = row.taken_from.replace(";", "、")
        say(
            f"  {row.area_m2:.1f} 平方米划归 {row.division_id}"
            + (f"（原同属 {taken}）" if taken else "（原为空白）")
            + f"，边界移动 {row.moved_m:.2f} 米",
            f"  {row.area_m2:.1f} m2 to {row.division_id}"
            + (f", held by {taken} too" if taken else ", a gap before")
            + f"; border moved by {row.moved_m:.2f} m",
            answer=True,
        )
    rest = len(largest) - SHOWN_CHANGES
    if rest > 0:
        say(
            f"  另有 {rest} 处，见 --json 或输出文件的 changes 图层。",
            f"  and {rest} more: see --json, or the layer changes of the file.",
            answer=True,
        )
