"""The application: one group of commands, and what its errors exit with."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

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
from gridmap.cli.console import print_error, print_findings, say, speak
from gridmap.cli.usage import (
    USAGE_ERROR,
    name_as_typed,
    name_program,
    say_unknown_command,
    understand_usage_error,
)
from gridmap.errors import GridmapError, InvalidOption, RefusedInput, UnknownName

if TYPE_CHECKING:
    from types import FrameType

EXIT_REFUSED = 1
EXIT_USAGE = 2
EXIT_BUG = 70
EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143


class Language(StrEnum):
    """What messages are said in."""

    ZH = "zh"
    EN = "en"
    BOTH = "both"


class GridmapGroup(TyperGroup):
    """Commands whose errors are said in two languages, without a traceback."""

    def make_context(self, *arguments: Any, **options: Any) -> Any:
        """Understand the arguments before the command's name."""
        try:
            return super().make_context(*arguments, **options)
        except USAGE_ERROR as error:
            raise _refuse_use(error) from None

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command, its examples as this person types them."""
        command = super().get_command(ctx, cmd_name)
        if command is not None:
            command.epilog = name_as_typed(command.epilog or "")
        return command

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command; name those nearby where there is none."""
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            raise say_unknown_command(args[0], list(self.commands))
        return super().resolve_command(ctx, args)

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
        except USAGE_ERROR as error:
            raise _refuse_use(error) from None
        except (InvalidOption, UnknownName) as error:
            print_error(error)
            raise typer.Exit(EXIT_USAGE) from None
        except GridmapError as error:
            print_error(error)
            raise typer.Exit(EXIT_REFUSED) from None
        except KeyboardInterrupt:
            say("已停止；未写完的文件不会留下。", "Stopped; a file is written whole or not at all.")
            raise typer.Exit(EXIT_INTERRUPTED) from None


def _refuse_use(error: Exception) -> Exception:
    """Say a usage error in both languages; return what ends the program. Help is no error."""
    if type(error).__name__ == "NoArgsIsHelpError":
        return error
    print_error(understand_usage_error(error))
    return typer.Exit(EXIT_USAGE)


app = typer.Typer(
    name="gridmap",
    cls=GridmapGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="把区县划分为服务网格，并回答某个地址属于哪个网格。\n\n"
    "Divide a district into service grids, and ask which grid an address belongs to.",
    epilog=name_as_typed("例 Example: gridmap demo"),
)


@app.callback()
def choose(
    language: Annotated[
        Language | None,
        typer.Option(
            "--language",
            is_eager=True,
            callback=speak,
            help="提示语言：zh、en 或 both；也可设环境变量 GRIDMAP_LANG。"
            "缺省依系统语言，未设则中英并列。"
            "Language of messages, as GRIDMAP_LANG; the locale's unless given, else both.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Take what holds for all commands; the options' own callbacks do it."""


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
        app(prog_name=name_program())
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
