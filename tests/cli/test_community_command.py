"""Communities from the command line, and grids drawn in them afterwards."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pytest
from little_town import Town, make_town
from typer.testing import CliRunner

import gridmap
from gridmap.cli.app import app

RULES = """
preset = "default"
[[bands]]
lower = 100
upper = 400
source = "a test"
[communities]
lower = 300
target = 800
upper = 1200
source = "a test"
"""


def run(*arguments: str | Path) -> tuple[int, str, str]:
    answer = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if answer.exception is not None and not isinstance(answer.exception, SystemExit):
        raise answer.exception
    return answer.exit_code, answer.stdout, answer.stderr


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return make_town(tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rules") / "rules.toml"
    path.write_text(RULES, "utf-8")
    return path


@pytest.fixture(scope="module")
def drawn(town: Town, rules: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("above") / "communities.gpkg"
    code, stdout, _ = run("plan", town.folder, "-o", out, "--level", "community",
                          "--rules", rules, "--json")  # fmt: skip
    totals = json.loads(stdout)
    assert code == 0
    assert (totals["level"], totals["counted"]) == ("community", "persons")
    assert totals["in_band"] == totals["general"]
    assert totals["households"] == int(gridmap.read_plan(out).grids["households"].sum())
    return out


def test_the_report_speaks_of_communities_and_persons(
    town: Town, rules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRIDMAP_LANG", "both")
    out = tmp_path / "c.gpkg"
    code, _, said = run("plan", town.folder, "-o", out, "--level", "community", "--rules", rules)
    assert code == 0
    last = "".join(said.split("\n\n")[-1].split())
    assert "个社区" in last
    assert "人口达标" in last
    assert "persons" in last
    assert "网格" not in last


def test_communities_outside_their_band_exit_with_3(town: Town, tmp_path: Path) -> None:
    out = tmp_path / "c.gpkg"
    code, stdout, _ = run("plan", town.folder, "-o", out, "--level", "community", "--json")
    totals = json.loads(stdout)
    assert totals["in_band"] < totals["general"], "1,677 persons are below 3,000"
    assert code == 3
    assert out.exists()


def test_grids_are_drawn_in_the_new_communities(
    town: Town, rules: Path, drawn: Path, tmp_path: Path
) -> None:
    out = tmp_path / "plan.gpkg"
    code, stdout, _ = run("plan", town.folder, "-o", out, "--communities", drawn,
                          "--rules", rules, "--micro-grids", "--json")  # fmt: skip
    assert code in (0, 3)
    above, made = gridmap.read_plan(drawn), gridmap.read_plan(out)
    assert "level" not in json.loads(stdout)
    assert set(made.grids["community_id"]) == set(above.grids["code"])
    assert len(made.about["communities_from"]) == 64
    assert int(made.grids["households"].sum()) == 640
    assert made.micro_grids is not None


def test_score_and_tables_of_communities_speak_of_them(drawn: Path, tmp_path: Path) -> None:
    code, stdout, _ = run("score", drawn)
    assert code == 0
    assert "社区总数" in stdout
    assert "网格" not in stdout
    code, stdout, _ = run("score", drawn, "--rules", "default", "--json")
    assert json.loads(stdout)["in_band"] == 0, "the default rules ask for 3,000 persons"
    assert run("tables", drawn, "-o", tmp_path / "c.xlsx")[0] == 0


def test_communities_of_other_data_are_refused_with_a_finding(
    town: Town, rules: Path, drawn: Path, tmp_path: Path
) -> None:
    other = make_town(tmp_path)
    moved = other.frames["communities"].copy()
    moved.geometry = gpd.GeoSeries(moved.geometry.translate(0.0001), crs=moved.crs)
    other.write("communities", moved)
    code, stdout, _ = run("plan", other.folder, "-o", tmp_path / "p.gpkg", "--communities", drawn,
                          "--rules", rules, "--json")  # fmt: skip
    assert code == 1
    codes = [finding["code"] for finding in json.loads(stdout)["findings"]]
    assert codes == ["communities_unmatched"]
    assert not (tmp_path / "p.gpkg").exists()


@pytest.mark.parametrize(
    "options",
    [["--level", "community", "--micro-grids"], ["--level", "district"]],
    ids=["no grids to draw in", "unknown level"],
)
def test_what_excludes_itself_is_a_wrong_command(
    town: Town, tmp_path: Path, options: list[str]
) -> None:
    assert run("plan", town.folder, "-o", tmp_path / "p.gpkg", *options)[0] == 2


def test_communities_where_none_are_used_are_a_wrong_command(
    town: Town, rules: Path, drawn: Path, tmp_path: Path
) -> None:
    out = tmp_path / "p.gpkg"
    both = ["--communities", drawn, "--level", "community"]
    assert run("plan", town.folder, "-o", out, *both)[0] == 2
    assert run("plan", drawn, "-o", out, "--communities", drawn, "--micro-grids")[0] == 2
    assert run("plan", town.folder, "-o", drawn, "--communities", drawn)[0] == 2
    grids = tmp_path / "grids.gpkg"
    assert run("plan", town.folder, "-o", grids, "--rules", rules)[0] in (0, 3)
    assert run("plan", town.folder, "-o", out, "--communities", grids)[0] == 2


def test_todays_communities_are_brought_into_their_band(
    town: Town, rules: Path, tmp_path: Path
) -> None:
    out = tmp_path / "rebalanced.gpkg"
    code, stdout, _ = run("plan", town.folder, "-o", out, "--level", "community", "--from-today",
                          "--number", "0", "--rules", rules, "--json")  # fmt: skip
    made = gridmap.read_plan(out)
    assert code in (0, 3)
    assert json.loads(stdout)["level"] == "community"
    assert made.changes is not None
    assert made.about["level"] == "community"


@pytest.mark.parametrize(
    "options",
    [
        ("--from-today",),
        ("--number", "3", "--level", "community"),
        ("--from-today", "--prove", "--level", "community"),
        ("--from-today", "--number", "-1", "--level", "community"),
    ],
)
def test_options_of_rebalancing_that_would_do_nothing_are_refused(
    town: Town, tmp_path: Path, options: tuple[str, ...]
) -> None:
    code, _, said = run("plan", town.folder, "-o", tmp_path / "c.gpkg", *options)
    assert code == 2
    assert "--" in said
