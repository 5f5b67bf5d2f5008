"""``gridmap repair``: what it mends and lists, what it leaves, its exit codes."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from planted_coverage import make_homes, plant_faults
from typer.testing import CliRunner

from gridmap.boundaries.examples import draw_sources
from gridmap.cli.app import app

if TYPE_CHECKING:
    from pathlib import Path


def run(*arguments: str | Path) -> tuple[int, str, str]:
    answer = CliRunner().invoke(app, ["repair", *(str(argument) for argument in arguments)])
    if answer.exception is not None and not isinstance(answer.exception, SystemExit):
        raise answer.exception
    return answer.exit_code, answer.stdout, answer.stderr


def write_town(path: Path, *, shift_m: float, households: int = 3) -> Path:
    """Write two squares of 100 m; the second is moved west by some metres (east: a gap)."""
    sources = draw_sources("AB", households=households)
    metres = sources.layers["communities"].to_crs(sources.metric_crs)
    left, right = metres.geometry
    moved = shapely.transform(right, lambda xy: xy - [shift_m, 0])
    town = metres.set_geometry([left, moved], crs=metres.crs)
    town = town.assign(note=["keep", "me"], fid=[5, 9]).drop(columns="fid")
    town.to_crs(sources.crs).to_file(path, layer="communities")
    homes = sources.layers["households"].to_crs(sources.metric_crs)
    x = left.bounds[2] - abs(shift_m) / 2
    places = [shapely.Point(x, homes.geometry[0].y), homes.geometry[1]]
    homes = homes.assign(address=["锦绣路8号301室", ""]).set_geometry(places, crs=homes.crs)
    homes.to_crs(sources.crs).to_file(path, layer="households")
    return path


def test_a_narrow_overlap_is_settled_and_listed_by_id_and_never_by_address(tmp_path: Path) -> None:
    town, out = write_town(tmp_path / "town.gpkg", shift_m=0.6), tmp_path / "mended.gpkg"
    code, stdout, stderr = run(town, "-o", out, "--json")
    answer = json.loads(stdout)
    assert code == 0
    [change] = answer["changes"]
    assert (change["kind"], change["division_id"], change["taken_from"]) == ("overlap", "A", ["B"])
    assert 59 < change["area_m2"] < 61
    assert 0.59 < change["moved_m"] <= 1
    assert change["households"] == answer["households_moved"] == 3
    [home] = answer["moved_homes"]
    assert (home["home_id"], home["before"], home["after"]) == ("H0", ["A", "B"], ["A"])
    assert "锦绣路" not in stdout + stderr
    assert b"\xe9\x94\xa6\xe7\xbb\xa3" not in out.read_bytes()
    mended = gpd.read_file(out, layer="communities")
    assert mended["note"].tolist() == ["keep", "me"]
    assert shapely.coverage_is_valid(mended.geometry.to_numpy())
    assert mended.crs.to_epsg() == 4490
    with sqlite3.connect(out) as connection:
        assert connection.execute("SELECT home_id FROM moved_homes").fetchall() == [("H0",)]
    first = out.read_bytes()
    run(town, "-o", out)
    assert out.read_bytes() == first
    assert (
        run(out, "-o", tmp_path / "again.gpkg", "--layer", f"communities={out}:communities")[0] == 0
    )


def test_what_is_wider_than_the_tolerance_stays_and_is_said(tmp_path: Path) -> None:
    town, out = write_town(tmp_path / "town.gpkg", shift_m=3), tmp_path / "mended.gpkg"
    code, stdout, stderr = run(town, "-o", out)
    assert code == 3
    assert "1 places left" in stdout
    assert "--tolerance" in stderr
    shapes = [gpd.read_file(p, layer="communities").geometry.to_numpy() for p in (town, out)]
    assert shapely.area(shapely.symmetric_difference(*shapes)).max() < 1e-12, "in square degrees"
    assert run(town, "-o", out, "--tolerance", "4")[0] == 0
    assert len(gpd.read_file(out, layer="changes")) == 1


def test_the_input_is_never_overwritten_and_bad_options_are_refused(tmp_path: Path) -> None:
    town = write_town(tmp_path / "town.gpkg", shift_m=0.5)
    held = town.read_bytes()
    assert run(town, "-o", town)[0] == 2
    assert run(town, "-o", tmp_path / "mended.shp")[0] == 2
    assert run(town, "-o", tmp_path / "mended.gpkg", "--tolerance", "0")[0] == 2
    assert run(town, "-o", tmp_path / "mended.gpkg", "--tolerance", "nan")[0] == 2
    assert run(tmp_path / "absent.gpkg", "-o", tmp_path / "mended.gpkg")[0] == 1
    assert town.read_bytes() == held
    assert [path.name for path in tmp_path.iterdir()] == ["town.gpkg"]


def test_random_faults_are_mended_in_degrees_too(tmp_path: Path) -> None:
    coverage = plant_faults(11, cells=40, widths=(0.04, 0.95))
    town, out = tmp_path / "town.gpkg", tmp_path / "mended.gpkg"
    frame = coverage.divisions.rename(columns={"division_id": "community_id"}).to_crs(4490)
    frame.to_file(town, layer="communities")
    make_homes(np.random.default_rng(3), 500).to_crs(4490).to_file(town, layer="households")
    code, stdout, _ = run(town, "-o", out, "--json")
    answer = json.loads(stdout)
    assert len(answer["changes"]) > 20
    assert all(change["moved_m"] <= 1 for change in answer["changes"])
    assert (code == 3) == bool(answer["kept"])
    mended = gpd.read_file(out, layer="communities").geometry.to_numpy()
    assert shapely.is_valid(mended).all()
    assert shapely.coverage_is_valid(mended) or answer["kept"]
