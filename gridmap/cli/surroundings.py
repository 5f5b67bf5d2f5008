"""Commands around the main job: demo, doctor, bench."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gridmap.cli import options
from gridmap.cli.console import make_console, print_json, say
from gridmap.cli.progress import show_progress


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this module to the application."""
    app.command("demo", epilog="例 Example: gridmap demo --no-serve")(demo)
    app.command("doctor", epilog="例 Example: gridmap doctor --json")(doctor)
    app.command("bench", epilog="例 Example: gridmap bench --households 1000000")(bench)


def demo(
    out: Annotated[
        Path, typer.Option("-o", "--out", help="结果文件夹。Folder of the results.")
    ] = Path("out"),
    seed: options.Seed = 7,
    serve: Annotated[
        bool,
        typer.Option("--serve/--no-serve", help="完成后是否保持服务。Keep the service running."),
    ] = True,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="端口；0 为任选。Port; 0 picks one.")
    ] = 0,
    as_json: options.Json = False,
) -> None:
    """演示：对样例区县完成全部工作。The main job, end to end, on the sample district."""
    from gridmap.demo import run_demo

    with show_progress() as progress:
        outcome = run_demo(out, seed=seed, port=port, progress=progress)
    try:
        if as_json:
            print_json(outcome.as_dict())
        else:
            for zh, en in outcome.sentences():
                say(zh, en)
        if serve:
            say(
                f"服务运行中：{outcome.url}（Ctrl-C 停止）",
                f"Serving at {outcome.url} (Ctrl-C stops)",
            )
            outcome.server.wait()
    finally:
        outcome.server.stop()


def doctor(as_json: options.Json = False) -> None:
    """体检：版本、格式驱动、字体、浏览器，以及哪些功能不可用。What is installed and what is off."""
    from gridmap.doctor import examine

    report = examine()
    if as_json:
        print_json([line.as_dict() for line in report])
        return
    from rich.table import Table
    from rich.text import Text

    table = Table("项目 item", "状态 state", "说明 detail")
    for line in report:
        style = "green" if line.fine else "yellow"
        table.add_row(line.item, Text(line.state, style=style), line.detail)
    make_console(answer=True).print(table)


def bench(
    households: Annotated[
        list[int] | None,
        typer.Option("--households", min=1000, help="生成数据的户数，可多次。Generated sizes."),
    ] = None,
    inputs: Annotated[
        list[Path] | None,
        typer.Option("--input", help="另测的真实数据文件，可多次。Files of yours to measure too."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="写 Markdown 表格。Write a table.", show_default=False),
    ] = None,
    seed: options.Seed = 7,
    as_json: options.Json = False,
) -> None:
    """测速：从读入到出图各步的时间与内存。Time and memory of every step, in fresh processes."""
    from gridmap.bench import measure_jobs, print_table
    from gridmap.writing import write_atomically

    rows = measure_jobs(
        households or [60_000],
        inputs or [],
        seed=seed,
        say=lambda text: make_console().print(text, markup=False),
    )
    text = print_table(rows)
    if out is not None:
        with write_atomically(out) as temporary:
            temporary.write_text(text, "utf-8")
    if as_json:
        print_json([row.as_dict() for row in rows])
    else:
        make_console(answer=True).print(text, markup=False)
