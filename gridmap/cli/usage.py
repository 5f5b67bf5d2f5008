"""What is wrong with how a command was typed, said in both languages.

The command-line library words its errors in English only, each with three lines of its own. Here
they are turned into errors of gridmap: what, and the cure, which is a call that can be typed.
"""

from __future__ import annotations

import difflib
import os
import re
from typing import Any

import typer

from gridmap.errors import InvalidOption, UnknownName

USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[1]
"""What all usage errors of the command-line library are; it names only this one in public."""
PROGRAM_VARIABLE = "GRIDMAP_PROGRAM"
"""Set by run.py to what was typed to start it."""
SHOWN_NAMES = 3
COMMANDS = (
    "analyse", "bench", "check", "compare", "demo", "doctor", "locate", "map", "overlay", "plan",
    "repair", "replan", "score", "serve", "tables",
)  # fmt: skip
"""All commands, told from other words behind the program's name."""
WORDINGS = (
    (r"Input should be a valid integer.*", "须为整数"),
    (r"Input should be a valid number.*", "须为数字"),
    (r"Input should be a valid boolean.*", "须为是或否"),
    (r"Input should be greater than or equal to (.+)", "不得小于 {0}"),
    (r"Input should be less than or equal to (.+)", "不得大于 {0}"),
    (r"Input should be greater than (.+)", "须大于 {0}"),
    (r"Input should be less than (.+)", "须小于 {0}"),
    (r"(.+) is not a valid (?:int|integer)( range)?\.", "{0} 不是整数"),
    (r"(.+) is not a valid float( range)?\.", "{0} 不是数字"),
    (r"(.+) is not in the range (.+)\.", "{0} 不在允许范围 {1} 内"),
    (r"(.+) is not one of (.+)\.", "{0} 不是可选值，可选：{1}"),
    (r"Option (.+) requires an argument\.", "选项 {0} 后缺少取值"),
    (r"Option (.+) requires (\d+) arguments\.", "选项 {0} 后须有 {1} 个取值"),
    (r"Option (.+) does not take a value\.", "选项 {0} 不带取值"),
    (r"Argument (.+) takes (\d+) values\.", "参数 {0} 须有 {1} 个值"),
    (r"Got unexpected extra argument(?:\(?s?\)?) \((.+)\)", "多余的参数：{0}"),
    (r"Missing command\.", "缺少命令"),
)
"""How the library words an error, and the same in Chinese; an unknown wording stays as it is."""


class BadUse(typer.BadParameter):
    """Options that exclude each other, or a text that can't be understood, in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} {en}")
        self.zh = zh
        self.en = en


def name_program() -> str:
    """Return what a person types to start gridmap: ``gridmap``, or ``python3 run.py``."""
    return os.environ.get(PROGRAM_VARIABLE) or "gridmap"


def name_as_typed(text: str) -> str:
    """Return a text with the calls of gridmap in it as this person types them.

    Examples
    --------
    >>> name_as_typed("Try gridmap check my-district/")
    'Try gridmap check my-district/'
    """
    program = name_program()
    if program == "gridmap":
        return text
    return re.sub(rf"\bgridmap (?=(?:{'|'.join(COMMANDS)})\b|--)", lambda _: f"{program} ", text)


def find_near(name: str, known: list[str]) -> list[str]:
    """Return the known names that look most like one, the nearest first.

    Examples
    --------
    >>> find_near("paln", ["plan", "map", "replan"])
    ['plan', 'replan']
    """
    return difflib.get_close_matches(name, sorted(known), n=SHOWN_NAMES)


def say_unknown_command(name: str, known: list[str]) -> UnknownName:
    """Return the error for a command that does not exist, with those of a name nearby."""
    near = find_near(name, known)
    program = name_program()
    calls = [f"{program} {one}" for one in near] or [f"{program} --help"]
    return UnknownName(
        f"There is no command {name!r}.",
        f"没有名为“{name}”的命令。",
        cure_en=" or ".join(calls),
        cure_zh=" 或 ".join(calls),
    )


def understand_usage_error(error: Any) -> InvalidOption:
    """Return a usage error of the command-line library as one of gridmap.

    Parameters
    ----------
    error
        A `USAGE_ERROR`.
    """
    kind = type(error).__name__
    if kind == "NoSuchOption":
        en, zh, cures = _say_unknown_option(error)
    elif kind == "MissingParameter":
        en, zh, cures = *_say_missing(error), []
    else:
        en, zh, cures = *_say_value(error), []
    context = error.ctx
    path = name_program() if context is None else context.command_path
    cures = cures or [f"{path} --help"]
    return InvalidOption(en, zh, cure_en=" or ".join(cures), cure_zh=" 或 ".join(cures))


def _say_unknown_option(error: Any) -> tuple[str, str, list[str]]:
    params = [] if error.ctx is None else error.ctx.command.params
    near = find_near(error.option_name, [name for param in params for name in param.opts])
    said = error.option_name
    return f"There is no option {said}.", f"没有选项 {said}。", near


def _say_missing(error: Any) -> tuple[str, str]:
    param = error.param
    named = error.param_hint or ("" if param is None else param.get_error_hint())
    named = " / ".join(named) if isinstance(named, list | tuple) else named
    is_option = getattr(param, "param_type_name", "argument") == "option"
    word, word_zh = ("option", "选项") if is_option else ("argument", "参数")
    return f"The {word} {named} is missing.", f"缺少{word_zh} {named}。"


def _say_value(error: Any) -> tuple[str, str]:
    if isinstance(error, BadUse):
        return error.en, error.zh
    param = getattr(error, "param", None)
    named = "" if param is None else f"{param.get_error_hint()}"
    said = error.message.removeprefix("Value error, ")
    chinese = said
    for pattern, wording in WORDINGS:
        match = re.fullmatch(pattern, said, re.DOTALL)
        if match:
            chinese = wording.format(*match.groups())
            break
    chinese = chinese if chinese.endswith(("。", ".")) else f"{chinese}。"
    if not named:
        return said, chinese
    return f"{named}: {said}", f"{named}：{chinese}"
