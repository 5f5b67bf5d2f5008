"""docs/findings.md lists every kind of finding in both languages, made from the code.

``python tests/test_findings_page.py`` writes the page again.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path

import gridmap
from gridmap.findings import SEVERITIES, FindingKind

PAGE = Path(__file__).resolve().parent.parent / "docs" / "findings.md"
HEAD = """# Findings 核验结果

Everything that gridmap can say about an input or a plan, made from the code by
`python tests/test_findings_page.py`; a test compares the two. A finding of level **error** (错误)
refuses the input (exit code 1), **warning** (警告) is handled and said, **info** (说明) is said
for the record. Words in *italics* are filled in: *count* is the number of things, *places* and
*listed* their first ids. 由代码生成；斜体为自动填写的内容。

| code 代码 | finding 问题 | cure 办法 | room 模块 |
|---|---|---|---|
"""
LEVELS = {"error": "error 错误", "warning": "warning 警告", "info": "info 说明"}


def all_kinds() -> list[tuple[str, FindingKind]]:
    """Return every declared kind with the first part of the module that declares it."""
    kinds: dict[int, tuple[str, FindingKind]] = {}
    for info in pkgutil.walk_packages(gridmap.__path__, "gridmap."):
        if info.name.endswith("__main__"):
            continue
        module = importlib.import_module(info.name)
        for kind in getattr(module, "FINDING_KINDS", ()):
            kinds.setdefault(id(kind), (info.name.split(".")[1], kind))
    return sorted(
        kinds.values(), key=lambda item: (SEVERITIES.index(item[1].severity), item[1].code)
    )


def write_page() -> str:
    """Return the page as it should be."""
    rows = []
    level = ""
    for room, kind in all_kinds():
        if kind.severity != level:
            level = kind.severity
            rows.append(f"| **{LEVELS[level]}** | | | |")
        rows.append(
            f"| `{kind.code}` | {_plain(kind.en)}<br>{_plain(kind.zh)} "
            f"| {_plain(kind.cure_en)}<br>{_plain(kind.cure_zh)} | {room} |"
        )
    return HEAD + "\n".join(rows) + "\n"


def _plain(text: str) -> str:
    """Show placeholders in italics, and keep the text inside its cell."""
    text = text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")
    return re.sub(r"\{(\w+)[^}]*\}", r"*\1*", text)


def test_the_page_is_what_the_code_says() -> None:
    assert PAGE.read_text("utf-8") == write_page(), "run: python tests/test_findings_page.py"


def test_every_code_is_used_once() -> None:
    codes = [kind.code for _, kind in all_kinds()]
    assert len(codes) == len(set(codes)), sorted({c for c in codes if codes.count(c) > 1})


def test_both_languages_ask_for_the_same_values() -> None:
    for _, kind in all_kinds():
        asked = [
            {name.removesuffix("_zh") for name in re.findall(r"\{(\w+)", text)}
            for text in (kind.en, kind.zh)
        ]
        assert asked[0] == asked[1], kind.code
        assert re.search("[\u4e00-\u9fff]", kind.zh), kind.code
        assert re.search("[\u4e00-\u9fff]", kind.cure_zh), kind.code
        assert not re.search("[\u4e00-\u9fff]", kind.en.replace("户数", "")), kind.code


if __name__ == "__main__":
    PAGE.write_text(write_page(), "utf-8")
