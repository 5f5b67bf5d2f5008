"""What lies between two units: how long it is, and what runs along it."""

from __future__ import annotations

import pandas as pd
import pytest
from invariants import check_territory
from plain_land import box, houses, land, line, territory_of

from gridmap.model import Territory

TWO = houses((100, 50), (100, 330), households=200)
RIVER = {"kind": "river", "shape": line((-10, 200), (410, 200))}


def border(
    territory: Territory, first: str = "building/B1", second: str = "building/B2"
) -> pd.Series:
    check_territory(territory)
    return territory.borders.set_index(["unit_a", "unit_b"]).loc[(first, second)]


def test_length_is_measured_in_metres() -> None:
    assert border(territory_of(land(buildings=TWO)))["length_m"] == pytest.approx(400, rel=0.01)


def test_a_road_along_the_border_gives_its_class() -> None:
    road = {"class": "arterial", "shape": line((-10, 200), (410, 200))}
    row = border(territory_of(land(buildings=TWO, roads=[road])))
    assert row["road_class"] == "arterial"
    assert row["clear_m"] == pytest.approx(row["length_m"])
    assert row["passable"]


def test_the_highest_class_along_the_border_counts() -> None:
    roads = [
        {"class": "local", "shape": line((-10, 200), (410, 200))},
        {"class": "secondary", "shape": line((-10, 204), (410, 204))},
    ]
    assert border(territory_of(land(buildings=TWO, roads=roads)))["road_class"] == "secondary"


def test_a_road_across_the_border_does_not_count() -> None:
    road = {"class": "arterial", "shape": line((300, 190), (300, 210))}
    row = border(territory_of(land(buildings=TWO, roads=[road])))
    assert row["road_class"] == ""
    assert row["clear_m"] == 0


@pytest.mark.parametrize("shape", [line((-10, 200), (410, 200)), box(-10, 185, 420, 30)])
def test_a_river_without_bridge_separates(shape: object) -> None:
    rows = [{**row, "households": 400} for row in TWO]
    row = border(territory_of(land(buildings=rows, barriers=[{"kind": "river", "shape": shape}])))
    assert row["river"]
    assert not row["bridge"]
    assert not row["passable"]


@pytest.mark.parametrize("shape", [line((-10, 200), (410, 200)), box(-10, 185, 420, 30)])
def test_a_bridge_makes_a_river_passable(shape: object) -> None:
    rows = [{**row, "households": 400} for row in TWO]
    road = {"class": "local", "shape": line((300, 20), (300, 380))}
    river = {"kind": "river", "shape": shape}
    territory = territory_of(land(buildings=rows, barriers=[river], roads=[road]))
    assert border(territory)[["river", "bridge", "passable"]].all()


def test_a_road_that_ends_at_the_bank_is_no_bridge() -> None:
    rows = [{**row, "households": 400} for row in TWO]
    road = {"class": "local", "shape": line((300, 20), (300, 200))}
    row = border(territory_of(land(buildings=rows, barriers=[RIVER], roads=[road])))
    assert not row["bridge"]


def test_a_road_along_the_bank_is_no_bridge() -> None:
    rows = [{**row, "households": 400} for row in TWO]
    road = {"class": "local", "shape": line((-10, 200), (410, 200))}
    row = border(territory_of(land(buildings=rows, barriers=[RIVER], roads=[road])))
    assert not row["bridge"]


def test_a_river_around_a_bank_too_small_for_a_grid_is_opened_and_said() -> None:
    territory = territory_of(land(buildings=TWO, barriers=[RIVER]))
    row = border(territory)
    assert row["river"]
    assert row["passable"]
    finding = next(f for f in territory.findings if f.code == "river_crossing_opened")
    assert finding.where == ("building/B1 | building/B2",)


def test_the_longest_crossing_is_opened() -> None:
    rows = houses((50, 50), (50, 330), (330, 330), households=400)
    rows[0]["households"] = 150
    territory = territory_of(land(buildings=rows, barriers=[RIVER]))
    wet = territory.borders[territory.borders["river"]]
    assert wet["passable"].sum() == 1
    assert wet.loc[wet["passable"], "length_m"].item() == wet["length_m"].max()


def test_a_river_that_ends_inside_leaves_a_way_around() -> None:
    river = {"kind": "river", "shape": line((-10, 200), (300, 200))}
    row = border(territory_of(land(buildings=TWO, barriers=[river])))
    assert not row["river"]
    assert row["passable"]


@pytest.mark.parametrize("kind", ["railway", "wall"])
def test_railways_and_walls_are_told_and_passable(kind: str) -> None:
    barrier = {"kind": kind, "shape": line((-10, 200), (410, 200))}
    row = border(territory_of(land(buildings=TWO, barriers=[barrier])))
    assert row[kind]
    assert row["passable"]
    assert row["clear_m"] == pytest.approx(row["length_m"])


def test_units_of_two_communities_touch_but_are_not_passable() -> None:
    towns = [
        {"community_id": "C1", "shape": box(0, 0, 400, 200)},
        {"community_id": "C2", "shape": box(0, 200, 400, 200)},
    ]
    row = border(territory_of(land(communities=towns, buildings=TWO)))
    assert not row["same_community"]
    assert not row["passable"]


def test_cells_of_one_compound_are_told() -> None:
    yard = {"compound_id": "P1", "shape": box(0, 0, 400, 400)}
    rows = [{**row, "households": 400} for row in TWO]
    row = border(territory_of(land(buildings=rows, compounds=[yard])))
    assert row["same_compound"]
    assert row["clear_m"] == 0


def test_the_line_of_a_compound_is_a_clear_border() -> None:
    yard = {"compound_id": "P1", "shape": box(0, 0, 400, 200)}
    territory = territory_of(land(buildings=TWO, compounds=[yard]))
    row = border(territory, "building/B2", "compound/P1")
    assert row["clear_m"] == pytest.approx(row["length_m"])


def test_two_communities_apart_have_no_border() -> None:
    towns = [
        {"community_id": "C1", "shape": box(0, 0, 100, 100)},
        {"community_id": "C2", "shape": box(200, 200, 100, 100)},
    ]
    assert territory_of(land(communities=towns)).borders.empty
