"""The command that brings a plan up to date: its answers, files and exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import gridmap
from gridmap.cli.app import app
from gridmap.testing import draw_territory


def run(*arguments: str | Path) -> tuple[int, str, str]:
    answer = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if answer.exception is not None and not isinstance(answer.exception, SystemExit):
        raise answer.exception
    return answer.exit_code, answer.stdout, answer.stderr


@pytest.fixture
def plan_file(tmp_path: Path) -> Path:
    territory = draw_territory("AAAABBBB", households=100)
    path = tmp_path / "old.gpkg"
    gridmap.write_plan(gridmap.make_plan(territory, rules=gridmap.Rules.preset()), path)
    return path


def test_without_new_data_or_rules_nothing_changes(plan_file: Path, tmp_path: Path) -> None:
    code, stdout, _ = run("replan", plan_file, "-o", tmp_path / "new.gpkg", "--json")
    answer = json.loads(stdout)
    assert code == 0
    assert answer["changes"] == {"U": 2, "S": 0, "M": 0, "X": 0}
    assert answer["households_moved"] == 0
    new, old = gridmap.read_plan(tmp_path / "new.gpkg"), gridmap.read_plan(plan_file)
    assert new.assignment.equals(old.assignment)


def test_new_data_is_read_and_the_sample_stays_as_it_is(
    sample_folder: Path, sample_plan: gridmap.Plan, tmp_path: Path
) -> None:
    gridmap.write_plan(sample_plan, tmp_path / "old.gpkg")
    out = tmp_path / "new.gpkg"
    code, stdout, _ = run("replan", tmp_path / "old.gpkg", sample_folder, "-o", out, "--json")
    answer = json.loads(stdout)
    assert code == 3, "the sample holds a tower of unknown entrances"
    assert answer["changes"]["U"] == answer["grids"] == len(sample_plan.grids)


def test_locks_come_from_options_and_a_file(plan_file: Path, tmp_path: Path) -> None:
    (tmp_path / "locks.txt").write_text("\ufeffC1001\n\nr00c07\n", "utf-8")
    out = tmp_path / "new.gpkg"
    code, _, _ = run(
        "replan", plan_file, "-o", out, "--rules", "zhejiang", "--lock", "C1002",
        "--locks", tmp_path / "locks.txt",
    )  # fmt: skip
    assert code == 0
    changes = gridmap.read_plan(out).changes
    assert changes is not None
    assert changes["cause_code"].tolist() == ["locked", "locked"]


def test_an_unknown_lock_is_a_usage_error_with_a_cure(plan_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "new.gpkg"
    code, _, stderr = run("replan", plan_file, "-o", out, "--lock", "nonsense")
    assert code == 2
    assert "nonsense" in stderr
    assert not out.exists()


def test_a_missing_file_of_locks_is_a_usage_error(plan_file: Path, tmp_path: Path) -> None:
    code, _, _ = run(
        "replan", plan_file, "-o", tmp_path / "new.gpkg", "--locks", tmp_path / "none.txt"
    )
    assert code == 2


def test_a_plan_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.gpkg").write_bytes(b"not a plan")
    code, _, _ = run("replan", tmp_path / "bad.gpkg", "-o", tmp_path / "new.gpkg")
    assert code == 1


def test_the_earlier_plan_is_never_overwritten(plan_file: Path) -> None:
    before = plan_file.read_bytes()
    code, _, _ = run("replan", plan_file, "-o", plan_file)
    assert code == 2
    assert plan_file.read_bytes() == before
