"""``gridmap overlay``: departments in, a plan file out that every other command opens."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
from sources.test_departments_read import draw, write
from typer.testing import CliRunner

from gridmap.cli.app import app
from gridmap.planfiles import read_plan


def run(*words: object) -> tuple[int, str]:
    answer = CliRunner().invoke(app, ["overlay", *map(str, words)])
    return answer.exit_code, answer.stdout


def test_the_result_is_a_plan_file_with_conflicts_and_mapping(tmp_path: Path) -> None:
    files = write(tmp_path, a=draw(113.105), b=draw(113.105), c=draw(113.104))
    out = tmp_path / "merged.gpkg"
    code, text = run(*files, "-o", out, "--json")
    answer = json.loads(text)
    assert code == 0
    assert answer["grids"] == 2
    assert [row["department"] for row in answer["departments"]] == ["a", "b", "c"]
    assert answer["conflicts"][0]["departments"] == "c"
    assert round(answer["conflict_area_share"], 3) == 0.1
    assert len(read_plan(out).grids) == 2
    assert gpd.read_file(out, layer="conflicts")["grids"].tolist() == ["c:2"]
    assert set(gpd.read_file(out, layer="mapping")["department"]) == {"a", "b", "c"}
    assert gpd.read_file(out, layer="departments")["U"].tolist()[:2] == [2, 2]
    code, text = run(*files, "-o", out)
    assert code == 0
    assert "conflict: c:2" in text.replace("\n", " ")
    assert CliRunner().invoke(app, ["score", str(out), "--json"]).exit_code == 0
    drawn = CliRunner().invoke(app, ["map", str(out), "-o", str(tmp_path / "map.html")])
    assert drawn.exit_code == 0


def test_wrong_options_and_refused_input_have_their_exit_codes(tmp_path: Path) -> None:
    files = write(tmp_path, a=draw(113.105), b=draw(113.105))
    out = tmp_path / "merged.gpkg"
    assert run(*files, "-o", out, "--band", "500-300")[0] == 2
    assert run(*files, "-o", out, "--band", "many")[0] == 2
    assert run(*files, "-o", files[0])[0] == 2
    assert run(*files, "-o", out, "--crs", "nobody.gpkg=EPSG:4490")[0] == 2
    far = draw(113.105)
    far.geometry = far.geometry.translate(2, 0)
    (tmp_path / "far").mkdir()
    code, text = run(files[0], *write(tmp_path / "far", far=far), "-o", out, "--json")
    assert code == 1
    assert "departments_apart" in [finding["code"] for finding in json.loads(text)["findings"]]
    assert not out.exists()
