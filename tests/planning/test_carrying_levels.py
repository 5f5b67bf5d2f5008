"""Replanning with micro-grids and link units: kept to the byte, or drawn anew and said."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from level_invariants import LEVEL_INVARIANTS
from typer.testing import CliRunner
from yards import RULES, plan_of, rows_of, sources_of

import gridmap
from gridmap.adjacency import make_territory
from gridmap.cli.app import app
from gridmap.model import Plan, Territory
from gridmap.planning.nesting import LEVELS, strip_levels
from gridmap.testing import random_territory
from gridmap.units import make_units

FRAMES = ("micro_grids", "link_units")


def rows_of_yards(**columns: object) -> list[dict[str, object]]:
    """Return three groups of twelve buildings far apart, so that several grids are drawn."""
    rows: list[dict[str, object]] = []
    for group, (x, y) in enumerate([(0, 0), (450, 0), (0, 450)]):
        rows += [
            {**row, "building_id": f"B{group}{n:02d}", "x": row["x"] + x, "y": row["y"] + y}
            for n, row in enumerate(rows_of(**columns))
        ]
    return rows


def territory_of(rows: list[dict[str, object]]) -> Territory:
    sources = sources_of(rows)
    return make_territory(make_units(sources, rules=RULES), sources, rules=RULES)


@pytest.fixture(scope="module")
def rows() -> list[dict[str, object]]:
    return rows_of_yards(households=36, floors=6, entrances=3)


@pytest.fixture(scope="module")
def below(rows: list[dict[str, object]]) -> Plan:
    return gridmap.subdivide_plan(plan_of(sources_of(rows)))


def said(plan: Plan, code: str) -> int:
    return sum(finding.count for finding in plan.findings if finding.code == code)


def grow_one_grid(
    plan: Plan, rows: list[dict[str, object]], households: int = 44
) -> list[dict[str, object]]:
    """Return the buildings with more households in those of the plan's last grid."""
    members = plan.territory.units.members
    last = plan.grids.index[-1]
    own = set(members["building_id"][members["unit_id"].map(plan.assignment) == last])
    return [{**row, "households": households} if row["building_id"] in own else row
            for row in rows]  # fmt: skip


def assert_kept(before: Plan, after: Plan, grids: set[str]) -> None:
    for name in FRAMES:
        old, new = getattr(before, name), getattr(after, name)
        old = old[old["grid_id"].isin(grids)]
        new = new[new["grid_id"].isin(grids)]
        assert new.index.tolist() == old.index.tolist()
        columns = ["code", "name", "grid_id", "floors", "area_m2", "perimeter_m"]
        pd.testing.assert_frame_equal(pd.DataFrame(new[columns]), pd.DataFrame(old[columns]))
        assert [s.wkb for s in new.geometry] == [s.wkb for s in old.geometry]


def strip(plan: Plan) -> Plan:
    """Return a plan as it would be without levels, for the invariants."""
    units = strip_levels(plan.territory.units)
    bare = replace(plan.territory, units=units)
    return replace(plan, territory=bare, micro_grids=None, link_units=None)


def check_all(plan: Plan) -> None:
    for check in LEVEL_INVARIANTS:
        check(strip(plan), plan)


def test_nothing_new_leaves_every_zone_to_the_byte(
    below: Plan, rows: list[dict[str, object]], tmp_path: Path
) -> None:
    for territory in (None, territory_of(rows)):
        again = gridmap.replan(below, territory)
        for name in FRAMES:
            pd.testing.assert_frame_equal(
                pd.DataFrame(getattr(again, name)), pd.DataFrame(getattr(below, name))
            )
        pd.testing.assert_frame_equal(again.territory.units.members, below.territory.units.members)
        frame = again.territory.units.frame
        assert frame["micro_grid_id"].equals(below.territory.units.frame["micro_grid_id"])
        assert said(again, "levels_carried") == len(below.micro_grids) + len(below.link_units)
        check_all(again)
        gridmap.write_plan(again, tmp_path / "again.gpkg")
        assert gridmap.read_plan(tmp_path / "again.gpkg").link_units is not None


def test_a_plan_without_levels_gets_none(rows: list[dict[str, object]]) -> None:
    plan = plan_of(sources_of(rows))
    again = gridmap.replan(plan)
    assert again.micro_grids is None
    assert again.link_units is None
    assert not said(again, "levels_carried")


@pytest.mark.parametrize("levels", [LEVELS, LEVELS[:1], LEVELS[1:]])
def test_only_changed_grids_are_drawn_anew(
    rows: list[dict[str, object]], levels: tuple[str, ...]
) -> None:
    below = gridmap.subdivide_plan(plan_of(sources_of(rows)), levels=levels)
    grown = grow_one_grid(below, rows)
    again = gridmap.replan(below, territory_of(grown))
    assert again.changes is not None
    kept = set(again.changes.index[again.changes["change"] == "U"])
    changed = set(again.grids.index) - kept
    assert kept
    assert changed
    for name, level in zip(FRAMES, LEVELS, strict=True):
        old, new = getattr(below, name), getattr(again, name)
        assert (new is None) == (old is None) == (level not in levels)
        if new is None:
            continue
        stay, fresh = new[new["grid_id"].isin(kept)], new[new["grid_id"].isin(changed)]
        assert set(stay.index) == set(old.index[old["grid_id"].isin(kept)])
        assert not set(fresh.index) & set(old.index)
        assert not set(fresh["code"]) & set(old["code"])
        assert len(fresh)
    check_all(again)
    scores = gridmap.score_plan(again).totals
    for name, level in zip(FRAMES, LEVELS, strict=True):
        if level in levels:
            faults = ("astray", "untiled", "unheld", "misstated", "without_reason")
            assert [scores[f"{name}_{fault}"] for fault in faults] == [0] * 5


def test_the_same_content_never_gets_an_old_id(below: Plan) -> None:
    earlier = replace(below, changes=None)
    narrow = replace(RULES.bands[0], band=gridmap.Band(500, 900))
    again = gridmap.replan(earlier, rules=replace(RULES, bands=(narrow,)))
    assert again.changes is not None
    gone = set(again.changes.index[again.changes["change"] != "U"])
    for name in FRAMES:
        old, new = getattr(below, name), getattr(again, name)
        fresh = new[new["grid_id"].isin(gone)]
        assert not set(fresh.index) & set(old.index)
        assert not set(fresh["code"]) & set(old["code"])
    check_all(again)


def test_households_of_kept_zones_are_counted_again(
    below: Plan, rows: list[dict[str, object]]
) -> None:
    more = [{**row, "households": 37} for row in rows]
    again = gridmap.replan(below, territory_of(more))
    assert again.changes is not None
    assert set(again.changes["change"]) == {"U"}
    assert_kept(below, again, set(below.grids.index))
    assert again.micro_grids is not None
    assert int(again.micro_grids["households"].sum()) == 36 * 37
    check_all(again)


def test_a_kept_zone_that_leaves_its_band_says_why(
    below: Plan, rows: list[dict[str, object]]
) -> None:
    assert below.micro_grids is not None
    grid = below.grids["households"].idxmin()
    zone = below.micro_grids.index[below.micro_grids["grid_id"] == grid][0]
    members = below.territory.units.members
    inside = set(members["building_id"][members["micro_grid_id"] == zone])
    more = [{**row, "households": 52} if row["building_id"] in inside else row for row in rows]
    again = gridmap.replan(below, territory_of(more))
    assert again.changes is not None
    assert again.changes["change"][grid] == "U"
    assert again.micro_grids is not None
    row = again.micro_grids.loc[zone]
    assert (row["households"], bool(row["in_band"])) == (104, False)
    assert row["reason_code"] == "zone_kept"
    assert "104" in row["reason"]
    assert "104" in row["reason_en"]
    assert said(again, "level_kept_outside_band") >= 1
    check_all(again)
    assert gridmap.score_plan(again).totals["micro_grids_without_reason"] == 0


def test_a_new_building_is_counted_where_it_stands(
    below: Plan, rows: list[dict[str, object]]
) -> None:
    grid = below.grids["households"].idxmin()
    where = below.territory.units.members
    owner = where["unit_id"].map(below.assignment)
    first = where["building_id"][owner == grid].iloc[0]
    old = next(row for row in rows if row["building_id"] == first)
    new = {"building_id": "NEW", "x": old["x"], "y": old["y"] + 25, "households": 2, "floors": 2}
    again = gridmap.replan(below, territory_of([*rows, new]))
    assert again.changes is not None
    members = again.territory.units.members
    own = members[members["building_id"] == "NEW"]
    assert len(own) == 1
    assert own["micro_grid_id"].iloc[0] in set(again.micro_grids.index)
    check_all(again)


def test_a_new_band_of_the_level_is_judged_in_kept_zones(below: Plan) -> None:
    small = replace(RULES, micro_grids=replace(RULES.micro_grids, lower=20, target=50, upper=60))
    again = gridmap.replan(below, rules=small)
    assert_kept(below, again, set(below.grids.index))
    assert again.micro_grids is not None
    assert set(again.micro_grids["upper"]) == {60}
    inside = again.micro_grids["households"].between(20, 60)
    assert (inside == again.micro_grids["in_band"]).all()
    check_all(again)


def test_a_shared_tower_stays_shared_as_it_was() -> None:
    high = {"building_id": "B99", "x": 500, "y": 400, "households": 192, "floors": 32}
    rows = [*rows_of(households=36, floors=6, entrances=3), high]
    below = gridmap.subdivide_plan(plan_of(sources_of(rows)))
    more = [{**row, "households": 195} if row["building_id"] == "B99" else row for row in rows]
    again = gridmap.replan(below, territory_of(more))
    members = again.territory.units.members
    tower = members[members["building_id"] == "B99"]
    before = below.territory.units.members
    assert tower["floors"].tolist() == before["floors"][before["building_id"] == "B99"].tolist()
    assert int(tower["households"].sum()) == 195
    assert said(again, "level_split_by_floor") == said(below, "level_split_by_floor")
    check_all(again)


def test_a_building_in_two_grids_keeps_its_floors_where_one_grid_is_drawn_anew() -> None:
    """Its place is listed under its first entrance, whichever grid that is in."""
    high = {"building_id": "B99", "x": 500, "y": 400, "households": 640, "floors": 32}
    rows = [*rows_of(households=36, floors=6, entrances=3), {**high, "entrances": 2}]
    below = gridmap.subdivide_plan(plan_of(sources_of(rows)))
    first, second = (below.assignment[f"building/B99#{number}"] for number in (1, 2))
    members = below.territory.units.members
    near = set(members["building_id"][members["unit_id"].map(below.assignment) == second]) - {"B99"}
    more = [{**row, "households": 65} if row["building_id"] in near else row for row in rows]
    again = gridmap.replan(below, territory_of(more))
    assert again.changes is not None
    assert first != second
    assert again.changes["change"][first] == "U"
    assert again.changes["change"][again.assignment["building/B99#2"]] == "X"
    check_all(again)
    for name in FRAMES:
        assert not (getattr(again, name)["reason_code"] == "building_too_large").any()


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10_000), factor=st.sampled_from([0.7, 1.0, 1.3]))
def test_levels_of_any_replanned_plan_keep_the_invariants(seed: int, factor: float) -> None:
    territory = random_territory(seed, rows=7, columns=7, households=2_000, exclaves=seed % 2)
    below = gridmap.subdivide_plan(gridmap.make_plan(territory, rules=RULES))
    later = random_territory(
        seed, rows=7, columns=7, households=int(2_000 * factor), exclaves=seed % 2
    )
    again = gridmap.replan(below, later)
    check_all(again)
    assert again.changes is not None
    kept = set(again.changes.index[again.changes["change"] == "U"])
    zoned = set(below.micro_grids["grid_id"])
    same = {
        grid
        for grid in kept & zoned
        if again.grids.geometry[grid]
        .normalize()
        .equals_exact(below.grids.geometry[grid].normalize(), 0.0)
    }
    assert_kept(below, again, same)


def test_the_same_input_gives_the_same_bytes(
    below: Plan, rows: list[dict[str, object]], tmp_path: Path
) -> None:
    grown = grow_one_grid(below, rows)
    gridmap.write_plan(below, tmp_path / "below.gpkg")
    gridmap.write_plan(gridmap.replan(below, territory_of(grown)), tmp_path / "a.gpkg")
    read = gridmap.read_plan(tmp_path / "below.gpkg")
    gridmap.write_plan(gridmap.replan(read, territory_of(grown)), tmp_path / "b.gpkg")
    assert (tmp_path / "a.gpkg").read_bytes() == (tmp_path / "b.gpkg").read_bytes()


def test_a_replanned_plan_is_drawn_told_and_replanned_again(
    below: Plan, rows: list[dict[str, object]], tmp_path: Path
) -> None:
    grown = grow_one_grid(below, rows)
    again = gridmap.replan(below, territory_of(grown))
    gridmap.write_tables(again, tmp_path / "t.xlsx")
    gridmap.write_map(gridmap.maps.show_level(again, "micro_grid"), tmp_path / "m.html")
    third = gridmap.replan(again, territory_of(rows))
    check_all(third)
    used = set(below.micro_grids.index) | set(again.micro_grids.index)
    assert third.changes is not None
    changed = set(third.changes.index[third.changes["change"] != "U"])
    fresh = third.micro_grids[third.micro_grids["grid_id"].isin(changed)]
    assert not set(fresh.index) & set(again.micro_grids.index)
    assert used


def test_the_command_carries_levels_and_reports_them(
    below: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRIDMAP_LANG", "both")
    gridmap.write_plan(below, tmp_path / "below.gpkg")
    asked = ["replan", str(tmp_path / "below.gpkg"), "-o", str(tmp_path / "new.gpkg")]
    answer = CliRunner().invoke(app, [*asked, "--json"])
    assert answer.exit_code in (0, 3)
    assert json.loads(answer.stdout)["micro_grids"] == len(below.micro_grids)
    shown = CliRunner().invoke(app, asked).stderr
    assert "保持不变" in shown
    assert "微网格" in shown
