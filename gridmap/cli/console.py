"""What the commands say to a person, in Chinese, English or both.

Answers go to stdout, so that they can be kept in a file; progress, messages and refusals go to
stderr.
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from gridmap.errors import GridmapError
    from gridmap.findings import Finding

SEVERITY_LABELS = {
    "error": ("错误", "error"),
    "warning": ("警告", "warning"),
    "info": ("说明", "info"),
}
SEVERITY_STYLES = {"error": "bold red", "warning": "yellow", "info": "cyan"}
PLAIN_WIDTH = 120
"""Columns of a table that is written to a file or pipe."""


def choose_languages() -> tuple[str, ...]:
    """Return the languages to speak: ``GRIDMAP_LANG`` (zh, en, both), else the locale's.

    A locale that says nothing (C, POSIX, none) gets both languages.
    """
    wish = os.environ.get("GRIDMAP_LANG", "")
    for name in (wish, *(os.environ.get(key, "") for key in ("LC_ALL", "LC_MESSAGES", "LANG"))):
        if name.startswith("zh"):
            return ("zh",)
        if name.startswith("en") and name == wish:
            return ("en",)
        if name == "both" or name.startswith(("C", "POSIX", "en")):
            return ("zh", "en")
    return ("zh", "en")


def make_console(*, answer: bool = False) -> Console:
    """Return a console on stdout for an answer, else on stderr; wide where it is no terminal."""
    from rich.console import Console

    stream = sys.stdout if answer else sys.stderr
    width = None if stream.isatty() else PLAIN_WIDTH
    return Console(stderr=not answer, width=width, highlight=False, soft_wrap=False)


def say(zh: str, en: str, *, answer: bool = False) -> None:
    """Write one sentence in the languages of the user."""
    texts = {"zh": zh, "en": en}
    console = make_console(answer=answer)
    for language in choose_languages():
        console.print(_safe(texts[language]), markup=False)


def print_json(value: object) -> None:
    """Write a machine-readable answer to stdout, as UTF-8 whatever the locale."""
    text = json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False, default=_plain)
    sys.stdout.buffer.write(text.encode("utf-8", "replace") + b"\n")
    sys.stdout.flush()


def _plain(value: object) -> object:
    """Turn a numpy number into a Python one."""
    item = getattr(value, "item", None)
    if item is None:
        raise TypeError(f"{type(value).__name__} is not JSON")
    return item()


def print_findings(findings: Sequence[Finding], *, answer: bool = False) -> None:
    """Write findings as a table, worst first: what and how many, where, and the cure."""
    if not findings:
        say("未发现问题。", "Nothing found.", answer=answer)
        return
    from rich.table import Table
    from rich.text import Text

    languages = choose_languages()
    table = Table(show_lines=True, expand=False)
    heads = {"zh": ("级别", "数量", "问题", "办法"), "en": ("level", "count", "finding", "cure")}
    for parts in zip(*(heads[language] for language in languages), strict=True):
        table.add_column(" ".join(parts), overflow="fold")
    for finding in findings:
        zh, en = SEVERITY_LABELS[finding.severity]
        label = " ".join({"zh": zh, "en": en}[language] for language in languages)
        texts = {"zh": (finding.zh, finding.cure_zh), "en": (finding.en, finding.cure_en)}
        table.add_row(
            Text(f"{label}\n{finding.code}", style=SEVERITY_STYLES[finding.severity]),
            str(finding.count),
            Text("\n".join(_safe(texts[language][0]) for language in languages)),
            Text("\n".join(_safe(texts[language][1]) for language in languages)),
        )
    make_console(answer=answer).print(table)


def print_error(error: GridmapError) -> None:
    """Write an error with its cure, in the languages of the user."""
    texts = {
        "zh": f"错误：{error.zh}" + (f"\n  办法：{error.cure_zh}" if error.cure_zh else ""),
        "en": f"Error: {error.en}" + (f"\n  Try: {error.cure_en}" if error.cure_en else ""),
    }
    console = make_console()
    for language in choose_languages():
        console.print(_safe(texts[language]), style="red", markup=False)


def _safe(text: str) -> str:
    """Take control characters out of text that came from a file, terminal escapes included."""
    return "".join(c if c == "\n" or c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
