"""What is said of a command that was typed wrongly: both languages, the cure, and no usage page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer
from typer.testing import CliRunner

from gridmap.cli import usage
from gridmap.cli.app import app
from gridmap.cli.console import speak
from gridmap.cli.usage import COMMANDS, PROGRAM_VARIABLE, name_as_typed

if TYPE_CHECKING:
    from collections.abc import Iterator

MISTYPED = [
    (("paln",), "没有名为“paln”的命令", "gridmap plan"),
    (("xyz",), "没有名为“xyz”的命令", "gridmap --help"),
    (("--foo",), "没有选项 --foo", "--help"),
    (("plan",), "缺少参数", "--help"),
    (("plan", "x"), "缺少选项 '-o' / '--out'", "--help"),
    (("plan", "x", "-o", "y.gpkg", "--sead", "3"), "没有选项 --sead", "--seed"),
    (("plan", "x", "-o", "y.gpkg", "--seed", "a"), "'--seed'：须为整数", "--help"),
    (("plan", "x", "-o", "y.gpkg", "--number", "-1"), "'--number'：不得小于 0", "--help"),
    (("plan", "x", "-o", "y.gpkg", "--level", "foo"), "'foo' 不是可选值，可选：", "--help"),
    (("plan", "x", "-o"), "后缺少取值", "--help"),
    (("plan", "x", "-o", "y.gpkg", "--prove=1"), "不带取值", "--help"),
    (("locate", "p.gpkg", "a", "b", "c"), "多余的参数：b c", "--help"),
    (("locate", "p.gpkg", "--point", "x", "y"), "须为数字", "--help"),
    (("analyse", "x", "--reach", "--minutes", "5,x"), "须形如 5,10,15", "--help"),
    (("analyse", "x", "--across"), "--across 须与 --edits 同用", "--help"),
    (("analyse", "x", "--within", "县"), "--within 须与 --proposals 或 --edits 同用", "--help"),
]


@pytest.fixture(autouse=True)
def _both_languages(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("GRIDMAP_LANG", "both")
    monkeypatch.delenv(PROGRAM_VARIABLE, raising=False)
    yield
    speak(None)


def run(*arguments: str) -> tuple[int, str]:
    answer = CliRunner().invoke(app, list(arguments), prog_name="gridmap")
    return answer.exit_code, answer.stderr


@pytest.mark.parametrize(("arguments", "said", "cure"), MISTYPED, ids=lambda value: str(value)[:40])
def test_a_mistake_is_said_in_both_languages_with_its_cure(
    arguments: tuple[str, ...], said: str, cure: str
) -> None:
    code, stderr = run(*arguments)
    assert code == 2
    whole = re.sub(r"\s+", " ", stderr)
    assert "错误：" in whole
    assert said in whole
    assert "Error: " in whole
    assert cure in whole
    assert "Usage:" not in stderr
    assert "Invalid value" not in stderr


@pytest.mark.parametrize(("arguments", "said", "cure"), MISTYPED, ids=lambda value: str(value)[:40])
def test_chinese_alone_holds_no_english_sentence(
    arguments: tuple[str, ...], said: str, cure: str
) -> None:
    code, stderr = run("--language", "zh", *arguments)
    assert (code, said in stderr, cure in stderr) == (2, True, True)
    assert not re.search(r"[a-z]+ [a-z]+ [a-z]+ [a-z]+", stderr.split("办法：")[0])


def test_the_language_is_chosen_for_one_command_only() -> None:
    assert "错误" not in run("--language", "en", "paln")[1]
    assert "错误" in run("paln")[1]
    assert run("--language", "fr", "paln")[0] == 2


def test_the_commands_told_from_other_words_are_all() -> None:
    group = typer.main.get_command(app)
    assert set(group.commands) == set(COMMANDS)  # type: ignore[attr-defined]


def test_calls_are_shown_as_they_are_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PROGRAM_VARIABLE, "python3 run.py")
    cure = "gridmap analyse INPUT --edits e.geojson; gridmap needs Python; import gridmap"
    typed = "python3 run.py analyse INPUT --edits e.geojson; gridmap needs Python; import gridmap"
    assert name_as_typed(cure) == typed
    assert name_as_typed(typed) == typed
    assert "python3 run.py plan" in run("paln")[1]
    help_page = CliRunner().invoke(app, ["repair", "--help"]).stdout
    assert "python3 run.py repair townships.shp" in help_page


def test_every_command_words_its_mistakes_in_both_languages() -> None:
    folder = Path(usage.__file__).parent
    asked = [
        p.name for p in folder.glob("*.py") if "raise typer.BadParameter" in p.read_text("utf-8")
    ]
    assert not asked, "raise gridmap.cli.usage.BadUse(zh, en)"
