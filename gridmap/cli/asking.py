"""Commands that answer: locate, serve."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridmap.cli import options
from gridmap.cli.console import print_json, say
from gridmap.cli.progress import show_progress
from gridmap.cli.usage import BadUse

if TYPE_CHECKING:
    from gridmap.locating import Placement

Datum = Annotated[
    str,
    typer.Option(
        "--datum",
        help="坐标基准：cgcs2000, wgs84, gcj02, bd09, EPSG:n；必须写明。Declared, never guessed.",
        show_default=False,
    ),
]


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this module to the application."""
    app.command(
        "locate",
        epilog='例 Example: gridmap locate plan.gpkg "建设路12号锦绣花园3栋" --json | '
        "gridmap locate plan.gpkg --point 113.11 23.03 --datum gcj02 | "
        "gridmap locate plan.gpkg --csv tickets.csv -o answers.csv",
    )(locate)
    app.command("serve", epilog="例 Example: gridmap serve plan.gpkg --host 127.0.0.1 --port 8000")(
        serve
    )


def locate(
    plan_file: options.PlanFile,
    address: Annotated[
        str, typer.Argument(help="地址；- 表示从标准输入读取。An address.", show_default=False)
    ] = "",
    point: Annotated[
        tuple[float, float] | None,
        typer.Option("--point", metavar="LON LAT", help="经度 纬度。", show_default=False),
    ] = None,
    datum: Datum = "",
    csv: Annotated[
        Path | None,
        typer.Option("--csv", help="批量查询的 CSV 表。A table of questions.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="批量结果写到何处。", show_default=False)
    ] = None,
    address_column: Annotated[
        str,
        typer.Option(
            "--address-column", help="地址列名。Column of the address.", show_default=False
        ),
    ] = "",
    as_json: options.Json = False,
) -> None:
    """查询：某个地址或坐标属于哪个网格。Which grid an address or a point belongs to."""
    from gridmap.locating import (
        locate_address,
        locate_point,
        locate_table,
        open_release,
        placement_as_dict,
    )

    questions = [bool(address), point is not None, csv is not None]
    if sum(questions) != 1:
        raise BadUse("地址、--point、--csv 三选一。", "One of ADDRESS, --point, --csv.")
    if point is not None and not datum:
        raise BadUse("--point 必须写明 --datum。", "--point needs --datum.")
    if csv is not None and out is None:
        raise BadUse("--csv 需要 -o。", "--csv needs -o.")
    release = open_release(plan_file)
    if csv is not None and out is not None:
        options.refuse_overwriting_input([csv, plan_file], out)
        with show_progress() as progress:
            counts = locate_table(
                release,
                csv,
                out,
                address_column=address_column or None,
                datum=datum or None,
                progress=progress,
            )
        _report_table(counts, out, as_json=as_json)
        return
    if point is not None:
        placement = locate_point(release, *point, datum=datum)
    else:
        text = sys.stdin.readline().strip() if address == "-" else address
        placement = locate_address(release, text)
    if as_json:
        print_json(placement_as_dict(placement))
        return
    _say_answer(placement)


def _say_answer(placement: Placement) -> None:
    """Write an answer as a person reads it: grid, decision, reasons, candidates."""
    from gridmap.locating import describe_placement
    from gridmap.locating.faults import FAULTS
    from gridmap.locating.wording import describe_zone

    en, zh = describe_placement(placement)
    say(zh, en, answer=True)
    if placement.standard:
        text = placement.standard
        say(f"  标准地址：{text}", f"  standard address: {text}", answer=True)
    for placed in placement.zones:
        en, zh = describe_zone(placed)
        say(f"  {zh}", f"  {en}", answer=True)
    for code in placement.faults:
        fault = FAULTS[code]
        say(f"  说明：{fault.zh}", f"  note: {fault.en}", answer=True)
    for item in placement.candidates:
        grid = item.grid
        name = f"{grid.name or grid.grid_id}" + (f" {grid.code}" if grid.code else "")
        zh, en = f"{name} {item.address}".rstrip(), f"{name} {item.address}".rstrip()
        if item.distance_m is not None:
            zh += f"（距离 {item.distance_m:.0f} 米）"
            en += f" ({item.distance_m:.0f} m away)"
        say(f"  候选网格：{zh}", f"  candidate: {en}", answer=True)


def _report_table(counts: dict[str, int | str], out: Path, *, as_json: bool) -> None:
    """Say in words what a table of questions got for answers."""
    if as_json:
        print_json(counts)
        return
    rows, auto, review, none, errors = (
        int(counts[key]) for key in ("rows", "auto", "review", "none", "errors")
    )
    zh = f"已写出 {out}：共 {rows} 行，可直接采用 {auto} 行，需人工核对 {review} 行"
    zh += f"，未找到 {none} 行，有误 {errors} 行。"
    en = f"Written {out}: {rows} rows; {auto} can be used as they are, {review} need a check"
    en += f", {none} not found, {errors} in error."
    parts = [
        (("地址列", "address column"), str(counts["address_column"])),
        (("坐标系", "datum"), str(counts["datum"])),
        (("文字编码", "encoding"), str(counts["encoding"]).upper()),
    ]
    parts = [(names, value) for names, value in parts if value]
    zh += "；".join(f"{names[0]}：{value}" for names, value in parts) + "。"
    en += " " + "; ".join(f"{names[1]}: {value}" for names, value in parts) + "."
    say(zh, en)
    if counts["note"]:
        say(str(counts["note_zh"]), str(counts["note"]))


def serve(
    plan_file: options.PlanFile,
    host: Annotated[
        str, typer.Option("--host", help="监听地址。Address to listen on.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="端口；0 为任选。Port; 0 picks one.")
    ] = 8000,
) -> None:
    """服务：供热线等系统查询的接口，含地图与文档页。The service that other systems ask."""
    from api.serving import serve_release
    from gridmap.locating import open_release

    serve_release(open_release(plan_file), host=host, port=port)
