"""The application: one group of commands, and what its errors exit with."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from gridmap.cli import (
    analysing,
    asking,
    comparing,
    drawing,
    making,
    overlaying,
    repairing,
    surroundings,
    tabling,
    updating,
)
from gridmap.cli.console import print_error, print_findings, say
from gridmap.errors import GridmapError, InvalidOption, RefusedInput, UnknownName

if TYPE_CHECKING:
    from types import FrameType

EXIT_REFUSED = 1
EXIT_USAGE = 2
EXIT_BUG = 70
EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143


class GridmapGroup(TyperGroup):
    """Commands whose errors are said in two languages, without a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; turn what gridmap raises into an exit code."""
        try:
            return super().invoke(ctx)
        except RefusedInput as refusal:
            print_findings(refusal.findings)
            say(
                "输入数据有误，已拒绝；未写出任何文件。",
                "The input is refused; nothing was written.",
            )
            raise typer.Exit(EXIT_REFUSED) from None
        except (InvalidOption, UnknownName) as error:
            print_error(error)
            raise typer.Exit(EXIT_USAGE) from None
        except GridmapError as error:
            print_error(error)
            raise typer.Exit(EXIT_REFUSED) from None
        except KeyboardInterrupt:
            say("已停止；未写完的文件不会留下。", "Stopped; a file is written whole or not at all.")
            raise typer.Exit(EXIT_INTERRUPTED) from None


app = typer.Typer(
    name="gridmap",
    cls=GridmapGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="把区县划分为服务网格，并回答某个地址属于哪个网格。\n\n"
    "Divide a district into service grids, and ask which grid an address belongs to.",
    epilog="例 Example: gridmap demo",
)
making.add_commands(app)
drawing.add_commands(app)
tabling.add_commands(app)
analysing.add_commands(app)
repairing.add_commands(app)
updating.add_commands(app)
comparing.add_commands(app)
overlaying.add_commands(app)
asking.add_commands(app)
surroundings.add_commands(app)


def main() -> None:
    """Run the command line; never show a traceback, which could show residents' data."""
    signal.signal(signal.SIGTERM, _stop)
    try:
        app(prog_name="gridmap")
    except BrokenPipeError:
        sys.stderr.close()
        raise SystemExit(EXIT_REFUSED) from None
    except Exception as bug:
        if os.environ.get("GRIDMAP_DEBUG"):
            raise
        place = traceback.extract_tb(bug.__traceback__)[-1]
        say(
            f"gridmap 内部错误：{type(bug).__name__}，位于 {place.name} 第 {place.lineno} 行。"
            "设置 GRIDMAP_DEBUG=1 可查看详情（可能含住户数据，请勿外传）。",
            f"An error inside gridmap: {type(bug).__name__} in {place.name}, line {place.lineno}. "
            "GRIDMAP_DEBUG=1 shows more (it may hold residents' data: keep it to yourself).",
        )
        raise SystemExit(EXIT_BUG) from None


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(EXIT_TERMINATED)
