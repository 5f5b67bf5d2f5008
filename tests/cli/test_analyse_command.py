"""``gridmap analyse``: its answer, its file, its exit codes."""

from __future__ import annotations

import inspect
import json
from typing import TYPE_CHECKING

import geopandas as gpd
from typer.testing import CliRunner

from gridmap.boundaries import Thresholds
from gridmap.boundaries.examples import draw_sources
from gridmap.cli.analysing import analyse
from gridmap.cli.app import app

if TYPE_CHECKING:
    from pathlib import Path


def run(*arguments: str | Path) -> tuple[int, str, str]:
    answer = CliRunner().invoke(app, ["analyse", *(str(argument) for argument in arguments)])
    if answer.exception is not None and not isinstance(answer.exception, SystemExit):
        raise answer.exception
    return answer.exit_code, answer.stdout, answer.stderr


def draw_file(folder: Path, drawing: str = "ABBB\nABAB\nABBB") -> Path:
    path = folder / "communities.gpkg"
    frame = draw_sources(drawing).layers["communities"]
    frame.assign(县=["东区"] * len(frame)).to_file(path, layer="communities")
    return path


def test_json_has_the_shape_of_the_contract(tmp_path: Path) -> None:
    code, stdout, _ = run(draw_file(tmp_path), "--json")
    answer = json.loads(stdout)
    assert code == 0
    assert (answer["divisions"], answer["multipart"]) == (2, 1)
    assert answer["detached"] == answer["enclosed"]
    item = answer["detached"][0]
    assert item["ids"] == ["A", "B"]
    assert item["households"] is None
    assert len(item["point"]) == 2
    assert answer["clarity"]["reason"]


def test_the_sample_district_is_analysed(sample_folder: Path) -> None:
    code, stdout, _ = run(sample_folder, "--json")
    answer = json.loads(stdout)
    assert code == 0
    assert answer["divisions"] > 1
    kinds = ("detached", "interlocks", "gaps", "overlaps")
    items = [item for key in kinds for item in answer[key]]
    assert items
    assert all(isinstance(item["households"], int) for item in items)


def test_a_person_reads_both_languages_and_gets_a_file(tmp_path: Path) -> None:
    out = tmp_path / "findings.gpkg"
    code, stdout, stderr = run(draw_file(tmp_path), "-o", out)
    assert code == 0
    assert "飞地 1 块" in stdout
    assert "1 detached parts" in stdout
    assert out.name in stderr.replace("\n", "")
    assert len(gpd.read_file(out, layer="parts")) == 3


def test_unclear_borders_and_their_snaps_are_shown(tmp_path: Path, sample_folder: Path) -> None:
    out = tmp_path / "findings.gpkg"
    code, stdout, _ = run(sample_folder, "-o", out)
    assert code == 0
    assert "stretches do not" in stdout
    unclear = gpd.read_file(out, layer="unclear")
    _, stdout, _ = run(sample_folder, "--json")
    items = json.loads(stdout)["clarity"]["unclear"]
    assert [item["stretch_id"] for item in items] == unclear["stretch_id"].tolist()
    assert [item["snap"]["status"] for item in items] == unclear["snap"].tolist()
    proposed = [item for item in items if item["snap"]["status"] == "proposed"]
    assert len(gpd.read_file(out, layer="snaps")) == len(proposed)
    assert all(item["snap"]["reason_zh"] for item in items if item not in proposed)


def test_a_level_is_a_column_of_the_file(tmp_path: Path) -> None:
    code, stdout, _ = run(draw_file(tmp_path), "--level", "县", "--json")
    assert code == 0
    assert json.loads(stdout)["divisions"] == 1
    code, stdout, stderr = run(draw_file(tmp_path), "--level", "nonsense", "--json")
    assert (code, stdout) == (2, "")
    assert "nonsense" in stderr


def test_the_thresholds_can_be_set_and_are_checked(tmp_path: Path) -> None:
    path = draw_file(tmp_path)
    code, stdout, _ = run(path, "--json", "--neck", "12", "--tortuosity", "2")
    answer = json.loads(stdout)["thresholds"]
    assert code == 0
    assert (answer["neck_m"]["value"], answer["tortuosity"]["value"]) == (12.0, 2.0)
    assert run(path, "--neck", "0")[0] == 2


def test_the_options_have_the_defaults_of_the_thresholds() -> None:
    options = inspect.signature(analyse).parameters
    for name, value in Thresholds().as_dict().items():
        option = name.removesuffix("_m").removesuffix("_m2")
        option = "border_reach" if option == "reach" else option
        assert options[option].default == value, name


def test_what_cannot_be_analysed_is_refused(tmp_path: Path) -> None:
    assert run(tmp_path / "absent.shp")[0] == 1
    path = draw_file(tmp_path)
    assert run(path, "-o", path)[0] == 2
    assert run(path, "-o", tmp_path / "findings.txt")[0] == 2
