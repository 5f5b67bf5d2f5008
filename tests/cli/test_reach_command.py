"""Walking reach at the commands: ``analyse --reach``, and ``plan --from-today --stations``."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from little_town import SIDE, SOUTH, WEST, Town, make_town
from typer.testing import CliRunner

import gridmap
from gridmap.cli.app import app

RULES = """
preset = "default"
[communities]
lower = 300
target = 500
upper = 1200
source = "a test"
"""
DATUM = ("--datum", "stations=cgcs2000")
SECRET = "建设路12号锦绣花园3栋501室"


def run(*arguments: str | Path) -> tuple[int, str, str]:
    answer = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if answer.exception is not None and not isinstance(answer.exception, SystemExit):
        raise answer.exception
    return answer.exit_code, answer.stdout, answer.stderr


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """Return the little town with streets, and an address on every household."""
    town = make_town(tmp_path_factory.mktemp("town"))
    steps = np.linspace(0, 2 * SIDE, 9)
    lines = [shapely.LineString([(WEST + x, SOUTH + y) for y in steps]) for x in steps]
    lines += [shapely.LineString([(WEST + x, SOUTH + y) for x in steps]) for y in steps]
    town.write("roads", gpd.GeoDataFrame({"name": ["路"] * len(lines)}, geometry=lines, crs=4490))
    town.write("households", town.frames["households"].assign(address=SECRET))
    (town.folder / "rules.toml").write_text(RULES, "utf-8")
    return town


@pytest.fixture(scope="module")
def stations(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("stations") / "points.csv"
    rows = [f"S{n},第{n}站,{WEST + SIDE * x},{SOUTH + SIDE * y}" for n, x, y in
            ((1, 0.5, 0.5), (2, 1.2, 1.5))]  # fmt: skip
    path.write_text("\n".join(["站点编号,名称,经度,纬度", *rows]), "utf-8")
    return path


def test_analyse_tells_reach_only_when_asked(town: Town, stations: Path, tmp_path: Path) -> None:
    code, stdout, _ = run("analyse", town.folder, "--json")
    assert code == 0
    assert "reach" not in json.loads(stdout)
    out = tmp_path / "reach.gpkg"
    code, stdout, _ = run("analyse", town.folder, "--reach", "--stations", stations, *DATUM,
                          "--minutes", "5,10", "--speed", "1.0",
                          "--new-stations", "2", "--json", "-o", out)  # fmt: skip
    answer = json.loads(stdout)
    told = answer["reach"]
    assert code == 0
    assert (told["minutes"], told["speed_m_s"]) == ([5.0, 10.0], 1.0)
    assert [row["id"] for row in told["stations"]] == ["S1", "S2"]
    assert [area["limit_m"] for area in told["stations"][0]["areas"]] == [300.0, 600.0]
    covered = {row["minutes"]: row["households"] for row in told["covered"]}
    assert covered[5.0] < covered[10.0] == 640 - told["unreachable"]["households"]
    assert sum(told["unreachable"]["by_state"].values()) == told["unreachable"]["households"]
    assert told["unreachable"]["by_state"].keys() == {"beyond_limit"}
    assert len(told["divisions"]) == 8
    within = sum(row["households_within"] for row in told["divisions"] if row["minutes"] == 10)
    assert within == covered[10.0]
    assert len(told["places"]["stations"]) == 2
    assert SECRET not in stdout


def test_the_layers_hold_ids_and_no_address(town: Town, stations: Path, tmp_path: Path) -> None:
    files = [tmp_path / "one.gpkg", tmp_path / "two.gpkg"]
    for out in files:
        assert run("analyse", town.folder, "--reach", "--stations", stations, *DATUM,
                   "--minutes", "5", "-o", out)[0] == 0  # fmt: skip
    assert files[0].read_bytes() == files[1].read_bytes()
    assert SECRET.encode() not in files[0].read_bytes()
    with closing(sqlite3.connect(files[0])) as connection:
        kinds = dict(connection.execute(
            "SELECT table_name, geometry_type_name FROM gpkg_geometry_columns"))  # fmt: skip
    assert kinds["reach_areas"] == kinds["reach_divisions"] == "MULTIPOLYGON"
    assert kinds["reach_places"] == kinds["reach_stations"] == "POINT"
    lost = gpd.read_file(files[0], layer="reach_unreachable")
    known = set(town.frames["households"]["household_id"])
    assert set(lost["home_id"]) <= known
    assert set(lost.columns) == {"home_id", "households", "state", "minutes", "geometry"}
    areas = gpd.read_file(files[0], layer="reach_areas")
    assert areas["station_id"].tolist() == ["S1", "S2"]
    assert areas.geometry.is_valid.all()


def test_without_stations_nothing_is_covered_and_a_place_is_found(town: Town) -> None:
    code, stdout, said = run("analyse", town.folder, "--reach")
    assert code == 0
    assert "占 0.0%" in stdout
    assert "最佳位置 1 处" in stdout
    assert "stations_missing" in said


@pytest.mark.parametrize(
    "options",
    [
        ("--stations", "points.csv"),
        ("--reach", "--minutes", "five"),
        ("--reach", "--minutes", "-1"),
        ("--reach", "--minutes", "nan"),
        ("--reach", "--speed", "0"),
        ("--reach", "--new-stations", "-1"),
    ],
)
def test_wrong_options_of_reach_are_a_wrong_command(town: Town, options: tuple[str, ...]) -> None:
    assert run("analyse", town.folder, *options)[0] == 2


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "\x00\x01"])
def test_a_file_that_holds_no_stations_is_refused(town: Town, tmp_path: Path, text: str) -> None:
    (tmp_path / "bad.csv").write_text(text, "utf-8")
    assert run("analyse", town.folder, "--reach", "--stations", tmp_path / "bad.csv")[0] == 1
    code, _, _ = run("plan", town.folder, "-o", tmp_path / "c.gpkg", "--level", "community",
                     "--from-today", "--stations", tmp_path / "bad.csv")  # fmt: skip
    assert code == 1
    assert not (tmp_path / "c.gpkg").exists()


def plan(town: Town, out: Path, *options: str | Path) -> dict:
    code, stdout, _ = run("plan", town.folder, "-o", out, "--level", "community", "--from-today",
                          "--rules", town.folder / "rules.toml", "--json", *options)  # fmt: skip
    assert code in (0, 3)
    return json.loads(stdout)


def test_communities_are_planned_with_reach(town: Town, stations: Path, tmp_path: Path) -> None:
    bare = plan(town, tmp_path / "bare.gpkg", "--number", "2")
    assert "reach" not in bare
    told = {}
    for kind in ("prefer", "require"):
        out = tmp_path / f"{kind}.gpkg"
        told[kind] = plan(town, out, "--number", "2", "--stations", stations, *DATUM,
                          "--reach", kind, "--minutes", "12")["reach"]  # fmt: skip
        assert told[kind]["wish"] == kind
        assert told[kind]["households"] == 640
        made = gridmap.read_plan(out)
        assert made.about["reach.wish"] == kind
        assert "reach_effect" in {finding.code for finding in made.findings}
    assert told["require"]["after"] >= told["prefer"]["after"]
    assert told["prefer"]["unmet"] == []
    left = sum(finding["count"] for finding in told["require"]["unmet"])
    assert told["require"]["after"] + left == 640
    default = plan(town, tmp_path / "d.gpkg", "--number", "2", "--stations", stations, *DATUM)
    assert (default["reach"]["wish"], default["reach"]["minutes"]) == ("prefer", 15.0)


def test_without_stations_the_plan_has_the_same_bytes(town: Town, tmp_path: Path) -> None:
    """A layer of stations that is not asked for changes nothing but the list of inputs."""
    plan(town, tmp_path / "one.gpkg")
    plan(town, tmp_path / "two.gpkg")
    assert (tmp_path / "one.gpkg").read_bytes() == (tmp_path / "two.gpkg").read_bytes()


def test_reach_without_stations_is_refused(town: Town, tmp_path: Path) -> None:
    code, stdout, _ = run("plan", town.folder, "-o", tmp_path / "c.gpkg", "--level", "community",
                          "--from-today", "--reach", "require", "--json")  # fmt: skip
    assert code == 1
    assert "stations_missing" in {f["code"] for f in json.loads(stdout)["findings"]}


@pytest.mark.parametrize(
    "options",
    [
        ("--level", "community", "--stations", "points.csv"),
        ("--reach", "prefer"),
        ("--lock", "a"),
        ("--level", "community", "--from-today", "--minutes", "5"),
        ("--level", "community", "--from-today", "--reach", "maybe"),
    ],
)
def test_options_that_would_do_nothing_are_a_wrong_command(
    town: Town, tmp_path: Path, options: tuple[str, ...]
) -> None:
    assert run("plan", town.folder, "-o", tmp_path / "c.gpkg", *options)[0] == 2


def test_locked_communities_stay_and_are_named(town: Town, tmp_path: Path) -> None:
    (tmp_path / "locks.txt").write_text("440604001003\n", "utf-8")
    out = tmp_path / "c.gpkg"
    told = plan(town, out, "--number", "2", "--lock", "440604001001,440604001002",
                "--locks", tmp_path / "locks.txt")  # fmt: skip
    held = ["440604001001", "440604001002", "440604001003"]
    assert told["locked"] == held
    made = gridmap.read_plan(out)
    assert made.changes is not None
    assert made.changes.loc[held, "change"].tolist() == ["U", "U", "U"]
    code, _, said = run("plan", town.folder, "-o", out, "--level", "community", "--from-today",
                        "--rules", town.folder / "rules.toml", "--lock", held[0])  # fmt: skip
    assert code in (0, 3)
    assert "已锁定并保持不变" in said
    assert "社区 1 个" in said


def test_an_unknown_lock_is_refused_with_the_nearest_names(town: Town, tmp_path: Path) -> None:
    out = tmp_path / "c.gpkg"
    for lock in ("440604001001x", "东风社区居委会"):
        code, _, said = run("plan", town.folder, "-o", out, "--level", "community", "--from-today",
                            "--lock", lock)  # fmt: skip
        assert code == 2
        assert "440604001001 东风社区" in said.replace("\n", "")
        assert "community" in said
    assert not out.exists()


def test_a_lock_that_forbids_the_band_is_a_finding(town: Town, tmp_path: Path) -> None:
    """Each community has 419 persons; two that stay leave nothing for those beside them."""
    rules = tmp_path / "rules.toml"
    rules.write_text(RULES.replace("lower = 300", "lower = 500"), "utf-8")
    out = tmp_path / "c.gpkg"
    code, _, _ = run("plan", town.folder, "-o", out, "--level", "community", "--from-today",
                     "--rules", rules, "--lock", "440604001001", "--lock", "440604001004",
                     "--json")  # fmt: skip
    assert code == 3
    findings = {finding.code: finding for finding in gridmap.read_plan(out).findings}
    assert findings["lock_hinders"].where == ("440604001002", "440604001003")
    assert findings["locked_outside"].count == 2
    assert "社区" in findings["lock_hinders"].zh
