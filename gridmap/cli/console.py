"""What the commands say to a person, in Chinese, English or both.

Answers go to stdout, so that they can be kept in a file; progress, messages and refusals go to
stderr.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from typing import TYPE_CHECKING

from gridmap.cli.usage import name_as_typed

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


_asked: list[str] = []
"""What ``--language`` of the running command says: at most one."""


def speak(language: str | None) -> None:
    """Speak a language (zh, en, both) from now on; None for that of the environment."""
    _asked[:] = [] if language is None else [language]


def choose_languages() -> tuple[str, ...]:
    """Return the languages to speak: ``--language``, ``GRIDMAP_LANG`` (zh, en, both), the locale's.

    A locale that says nothing (C, POSIX, none) gets both languages.
    """
    wish = _asked[0] if _asked else os.environ.get("GRIDMAP_LANG", "")
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
    """Write findings worst first: how many of each level, then each with sentence and cure."""
    if not findings:
        say("未发现问题。", "Nothing found.", answer=answer)
        return
    from rich.padding import Padding
    from rich.text import Text

    languages = choose_languages()
    console = make_console(answer=answer)
    _say_numbers(findings, answer=answer)
    for finding in findings:
        labels = dict(zip(("zh", "en"), SEVERITY_LABELS[finding.severity], strict=True))
        label = " ".join(labels[language] for language in languages)
        head = Text(f"■ {label}", style=SEVERITY_STYLES[finding.severity])
        head.append(f"  {finding.code} × {finding.count}", style="bold")
        console.print(head)
        for language in languages:
            chinese = language == "zh"
            said, cure = (
                (finding.zh, f"办法：{name_as_typed(finding.cure_zh)}")
                if chinese
                else (finding.en, f"Cure: {name_as_typed(finding.cure_en)}")
            )
            for text in (said, cure):
                console.print(Padding(Text(_keep_together(_safe(text), chinese=chinese)), (0, 4)))
    console.print()


def _say_numbers(findings: Sequence[Finding], *, answer: bool) -> None:
    """Write how many findings of each level there are, the worst first."""
    numbers = Counter(str(finding.severity) for finding in findings)
    zh = "，".join(f"{words[0]} {numbers[level]} 项" for level, words in SEVERITY_LABELS.items())
    en = ", ".join(f"{words[1]} {numbers[level]}" for level, words in SEVERITY_LABELS.items())
    say(f"检查结果：{zh}。", f"Findings: {en}.", answer=answer)


def _keep_together(text: str, *, chinese: bool) -> str:
    """Forbid line breaks at spaces in Chinese text, which breaks between any two characters."""
    return text.replace(" ", "\N{NO-BREAK SPACE}") if chinese else text


def print_error(error: GridmapError) -> None:
    """Write an error with its cure, in the languages of the user."""
    cure_zh, cure_en = name_as_typed(error.cure_zh), name_as_typed(error.cure_en)
    texts = {
        "zh": f"错误：{error.zh}" + (f"\n  办法：{cure_zh}" if cure_zh else ""),
        "en": f"Error: {error.en}" + (f"\n  Try: {cure_en}" if cure_en else ""),
    }
    console = make_console()
    for language in choose_languages():
        console.print(_safe(texts[language]), style="red", markup=False)


def _safe(text: str) -> str:
    """Take control characters out of text that came from a file, terminal escapes included."""
    return "".join(c if c == "\n" or c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
