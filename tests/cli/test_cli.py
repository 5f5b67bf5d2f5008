"""The commands: their answers, messages and exit codes, as DESIGN.md section 3 fixes them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gridmap.cli.app import app

SHOWN_SCORES = [
    "grids",
    "general",
    "in_band",
    "attainable",
    "parts",
    "units_whole",
    "excess_splits",
    "crossings",
    "aligned",
    "polsby_popper",
]


def run(*arguments: str | Path) -> tuple[int, str, str]:
    answer = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if answer.exception is not None and not isinstance(answer.exception, SystemExit):
        raise answer.exception
    return answer.exit_code, answer.stdout, answer.stderr


@pytest.fixture(scope="module")
def planned(sample_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int, str]:
    out = tmp_path_factory.mktemp("plan") / "plan.gpkg"
    code, stdout, _ = run("plan", sample_folder, "-o", out, "--json")
    return out, code, stdout


def test_plan_prints_the_scores_in_the_order_of_the_contract(
    planned: tuple[Path, int, str],
) -> None:
    _, _, stdout = planned
    assert list(json.loads(stdout))[: len(SHOWN_SCORES)] == SHOWN_SCORES


def test_plan_exits_with_3_where_a_grid_stays_outside_its_band(
    planned: tuple[Path, int, str],
) -> None:
    _, code, stdout = planned
    totals = json.loads(stdout)
    assert totals["in_band"] < totals["general"], "the sample holds a tower of unknown entrances"
    assert code == 3


def test_score_of_the_file_equals_what_plan_printed(planned: tuple[Path, int, str]) -> None:
    out, _, stdout = planned
    code, scored, _ = run("score", out, "--json")
    assert code == 0
    assert json.loads(scored) == json.loads(stdout)


def test_check_prints_findings_as_the_contract_says(sample_folder: Path) -> None:
    code, stdout, _ = run("check", sample_folder, "--json")
    answer = json.loads(stdout)
    assert code == 0
    assert answer["households"] == 60_000
    keys = {"code", "severity", "count", "where", "en", "zh", "cure_en", "cure_zh"}
    assert all(keys <= set(finding) for finding in answer["findings"])


def test_map_and_tables_are_written_from_a_plan_file(
    planned: tuple[Path, int, str], tmp_path: Path
) -> None:
    assert run("map", planned[0], "-o", tmp_path / "map.html")[0] == 0
    assert run("tables", planned[0], "-o", tmp_path / "tables.xlsx")[0] == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["map.html", "tables.xlsx"]


def test_locate_needs_a_datum_for_a_point(planned: tuple[Path, int, str]) -> None:
    code, _, stderr = run("locate", planned[0], "--point", "113.62", "30.17")
    assert code == 2
    assert "--datum" in stderr


def test_locate_answers_a_point_with_the_item_of_the_service(
    planned: tuple[Path, int, str],
) -> None:
    code, stdout, _ = run(
        "locate", planned[0], "--point", "113.62", "30.172", "--datum", "cgcs2000", "--json"
    )
    answer = json.loads(stdout)
    assert code == 0
    assert {"decision", "grid", "address", "candidates", "faults", "point"} <= set(answer)
    assert {"status", "grid_id", "code", "name", "kind", "confidence"} <= set(answer["grid"])


def test_locate_says_an_answer_to_a_person(planned: tuple[Path, int, str]) -> None:
    code, stdout, _ = run(
        "locate", planned[0], "--point", "113.62", "30.172", "--datum", "cgcs2000"
    )
    assert code == 0
    assert "社区" in stdout


def test_one_question_at_a_time(planned: tuple[Path, int, str]) -> None:
    code, _, stderr = run("locate", planned[0])
    assert code == 2
    assert "--csv" in stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("--layer", "communities"),
        ("--layer", "communities="),
        ("--datum", "households=gcj02", "--datum", "households=wgs84"),
    ],
    ids=["no equals sign", "no value", "twice"],
)
def test_an_option_of_the_wrong_form_is_a_usage_error(
    sample_folder: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    code, _, _ = run("plan", sample_folder, "-o", tmp_path / "plan.gpkg", *arguments)
    assert code == 2
    assert not list(tmp_path.iterdir())


def test_an_unknown_preset_is_a_usage_error_with_the_known_ones(
    sample_folder: Path, tmp_path: Path
) -> None:
    code, _, stderr = run("plan", sample_folder, "-o", tmp_path / "plan.gpkg", "--rules", "nowhere")
    assert code == 2
    assert "dadukou" in stderr


def test_the_input_is_never_overwritten(tmp_path: Path) -> None:
    source = tmp_path / "town.gpkg"
    source.write_bytes(b"precious")
    code, _, _ = run("plan", source, "-o", source)
    assert code == 2
    assert source.read_bytes() == b"precious"


def test_a_missing_folder_is_said_before_any_work(sample_folder: Path, tmp_path: Path) -> None:
    started = time.monotonic()
    code, _, stderr = run("plan", sample_folder, "-o", tmp_path / "no" / "plan.gpkg")
    assert code == 1
    assert "文件夹不存在" in stderr
    assert time.monotonic() - started < 60


def test_doctor_looks_at_everything() -> None:
    code, stdout, _ = run("doctor", "--json")
    items = {line["item"] for line in json.loads(stdout)}
    assert code == 0
    assert {"python", "GEOS", "GDAL", "PROJ", "Chinese fonts", "browser", "network"} <= items


@pytest.mark.skipif(os.name == "nt", reason="signals are sent the way of POSIX")
def test_ctrl_c_leaves_no_partial_file(sample_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "plan.gpkg"
    command = [sys.executable, "-m", "gridmap", "plan", str(sample_folder), "-o", str(out)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        time.sleep(1.5)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in stderr
    assert not list(tmp_path.iterdir())


def test_a_bug_says_where_and_shows_no_data(monkeypatch: pytest.MonkeyPatch) -> None:
    import gridmap.doctor
    from gridmap.cli import main

    def fail() -> None:
        raise LookupError("Zhang San, 3-2-501")

    monkeypatch.setattr(gridmap.doctor, "examine", fail)
    monkeypatch.setattr(sys, "argv", ["gridmap", "doctor"])
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 70


@pytest.mark.parametrize(
    ("variables", "languages"),
    [
        ({"LANG": "zh_CN.UTF-8"}, ("zh",)),
        ({"LANG": "C.UTF-8"}, ("zh", "en")),
        ({"LANG": "zh_CN.UTF-8", "GRIDMAP_LANG": "en"}, ("en",)),
        ({"LANG": "en_GB.UTF-8"}, ("zh", "en")),
        ({}, ("zh", "en")),
    ],
    ids=["Chinese locale", "no locale", "a wish", "English locale", "nothing"],
)
def test_the_language_is_the_wish_then_the_locale(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], languages: tuple[str, ...]
) -> None:
    from gridmap.cli.console import choose_languages

    for name in ("GRIDMAP_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert choose_languages() == languages
