"""Commands that answer: locate, serve."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from gridmap.cli import options
from gridmap.cli.console import print_json, say
from gridmap.cli.progress import show_progress

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
        raise typer.BadParameter("地址、--point、--csv 三选一。One of ADDRESS, --point, --csv.")
    if point is not None and not datum:
        raise typer.BadParameter("--point 必须写明 --datum。--point needs --datum.")
    if csv is not None and out is None:
        raise typer.BadParameter("--csv 需要 -o。--csv needs -o.")
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
    answer = placement_as_dict(placement)
    if as_json:
        print_json(answer)
        return
    _say_answer(answer)


def _say_answer(answer: dict[str, object]) -> None:
    """Write an answer as a person reads it."""
    grid = answer["grid"]
    if not isinstance(grid, dict):  # pragma: no cover - the contract says it is
        raise TypeError("grid")
    words = {
        "unique": ("属于", "is in"),
        "boundary": ("靠近边界，属于", "is near a border, in"),
        "ambiguous": ("不能确定唯一网格", "fits several grids"),
        "outside": ("不在任何网格内", "is in no grid"),
        "none": ("未找到该地址", "is not in the gazetteer"),
    }
    zh, en = words[str(grid["status"])]
    name = f"{grid.get('name') or ''} {grid.get('code') or ''}".strip()
    say(
        f"{zh} {name}（{answer['decision']}）".replace(" （", "（"),
        f"{en} {name} ({answer['decision']})".replace("  ", " "),
        answer=True,
    )
    candidates = answer["candidates"]
    for item in candidates if isinstance(candidates, list) else []:
        label = " ".join(
            str(item[key]) for key in ("name", "code", "address", "distance_m") if item.get(key)
        )
        say(f"  候选：{label}", f"  candidate: {label}", answer=True)


def _report_table(counts: dict[str, int | str], out: Path, *, as_json: bool) -> None:
    if as_json:
        print_json(counts)
        return
    listed = ", ".join(f"{key} {value}" for key, value in counts.items())
    say(f"已写出 {out}：{listed}", f"Written {out}: {listed}")


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
