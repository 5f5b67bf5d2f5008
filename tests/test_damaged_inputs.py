"""Damaged input ends in a listed finding or a clear error: no traceback, no partial file."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from damage import (
    HANDLED,
    REFUSED,
    Case,
    bow_tie,
    household_outside,
    overlap,
)
from little_town import Town, make_town
from typer.testing import CliRunner, Result

from gridmap.cli.app import app

if TYPE_CHECKING:
    from pathlib import Path

CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.fixture
def town(tmp_path: Path) -> Town:
    """Return a sound town."""
    folder = tmp_path / "town"
    folder.mkdir()
    return make_town(folder)


def plan(arguments: list[str], out: Path) -> Result:
    """Run ``gridmap plan`` in this process."""
    return CliRunner().invoke(app, ["plan", *arguments, "-o", str(out), "--json"])


def listed_codes(result: Result) -> list[str]:
    """Return the codes of the findings that were printed as JSON."""
    if not result.stdout.strip():
        return []
    return [finding["code"] for finding in json.loads(result.stdout).get("findings", [])]


def assert_clean_end(result: Result, out: Path) -> None:
    """Check that nothing was left behind and no inside was shown."""
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    assert str(out.parent) not in result.stderr
    assert not out.exists()
    assert [item.name for item in out.parent.iterdir()] == []


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.damage.__name__)
def test_damaged_input_is_refused(case: Case, town: Town, tmp_path: Path) -> None:
    out = tmp_path / "out" / "plan.gpkg"
    out.parent.mkdir()
    arguments = case.damage(town) or [str(town.folder)]
    result = plan(arguments, out)
    assert_clean_end(result, out)
    assert result.exit_code == case.exit
    if case.code:
        assert case.code in listed_codes(result)
    if case.exit == 1:
        assert CHINESE.search(result.stderr)
        assert re.search("[a-z]{4}", result.stderr)


@pytest.mark.parametrize("case", HANDLED, ids=lambda case: case.damage.__name__)
def test_lesser_damage_is_handled_and_said(case: Case, town: Town) -> None:
    arguments = case.damage(town) or [str(town.folder)]
    result = CliRunner().invoke(app, ["check", *arguments, "--json"])
    assert result.exit_code == 0, result.output
    assert case.code in listed_codes(result)


def test_the_sound_town_has_no_finding_above_a_note(town: Town) -> None:
    result = CliRunner().invoke(app, ["check", str(town.folder), "--json"])
    assert result.exit_code == 0
    severities = {finding["severity"] for finding in json.loads(result.stdout)["findings"]}
    assert severities <= {"info"}


def test_lesser_damage_still_gives_a_plan(town: Town, tmp_path: Path) -> None:
    bow_tie(town)
    household_outside(town)
    overlap(town)
    out = tmp_path / "plan.gpkg"
    result = CliRunner().invoke(app, ["plan", str(town.folder), "-o", str(out)])
    assert result.exit_code in (0, 3), result.output
    assert out.is_file()


def test_a_folder_that_does_not_exist_can_not_be_written_to(town: Town, tmp_path: Path) -> None:
    out = tmp_path / "nowhere" / "plan.gpkg"
    result = plan([str(town.folder)], out)
    assert result.exit_code in (1, 2)
    assert "Traceback" not in result.output
    assert not out.parent.exists()


def test_a_folder_is_no_output_file(town: Town, tmp_path: Path) -> None:
    out = tmp_path / "plan.gpkg"
    out.mkdir()
    result = plan([str(town.folder)], out)
    assert result.exit_code in (1, 2)
    assert list(out.iterdir()) == []


def test_an_input_file_is_never_overwritten(town: Town) -> None:
    target = town.path("communities")
    before = target.read_bytes()
    result = plan([str(target)], target)
    assert result.exit_code == 2
    assert target.read_bytes() == before


def test_an_earlier_plan_survives_a_refusal(town: Town, tmp_path: Path) -> None:
    out = tmp_path / "plan.gpkg"
    out.write_bytes(b"the plan of last year")
    town.path("communities").write_bytes(b"")
    assert plan([str(town.folder)], out).exit_code == 1
    assert out.read_bytes() == b"the plan of last year"


@pytest.mark.parametrize("name", ["one_id_for_two_communities", "missing_file"])
def test_the_command_itself_shows_no_traceback(name: str, town: Town, tmp_path: Path) -> None:
    case = next(case for case in REFUSED if case.damage.__name__ == name)
    arguments = case.damage(town) or [str(town.folder)]
    out = tmp_path / "plan.gpkg"
    done = subprocess.run(
        [sys.executable, "-m", "gridmap", "plan", *arguments, "-o", str(out)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert CHINESE.search(done.stderr)
    assert not out.exists()


def test_at_least_thirty_damages_are_refused_with_exit_code_one() -> None:
    assert sum(case.exit == 1 for case in REFUSED) >= 30
