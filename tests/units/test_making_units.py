"""What becomes a unit: compounds, villages, buildings, entrances, sites, places, open land."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from invariants import check_units
from plain_land import box, homes_by_unit, houses, land, line, on_earth, units_of

from gridmap.errors import InvalidOption, RefusedInput
from gridmap.model import Sources, Units
from gridmap.rules import Rules
from gridmap.units import make_units


def made(sources: Sources) -> Units:
    units = units_of(sources)
    check_units(units, sources)
    return units


def codes(units: Units) -> set[str]:
    return {finding.code for finding in units.findings}


FOUR = houses((20, 20), (120, 20), (20, 120), (120, 120), households=100)
YARD = {"compound_id": "P1", "age_class": "mature", "shape": box(0, 0, 200, 200)}


def test_a_compound_of_at_most_the_upper_bound_is_one_unit() -> None:
    units = made(land(buildings=FOUR, compounds=[YARD]))
    row = units.frame.loc["compound/P1"]
    assert (row["kind"], row["households"], row["age_class"]) == ("compound", 400, "mature")


def test_a_larger_compound_is_cut_by_building() -> None:
    rows = [{**row, "households": 200} for row in FOUR]
    units = made(land(buildings=rows, compounds=[YARD]))
    assert homes_by_unit(units) == {f"building/B{n}": 200 for n in (1, 2, 3, 4)} | {"open/C1/1": 0}
    assert set(units.frame.loc["building/B1":"building/B4", "compound_id"]) == {"P1"}


@pytest.mark.parametrize("kind", ["natural_village", "villager_group"])
def test_a_village_is_one_unit_of_its_own_kind(kind: str) -> None:
    units = made(land(buildings=FOUR, compounds=[{**YARD, "kind": kind}]))
    assert units.frame.loc["village/P1", "kind"] == "village"


def test_a_compound_crossed_by_roads_stays_whole() -> None:
    roads = [{"class": "local", "shape": line((100, -10), (100, 410))}]
    units = made(land(buildings=FOUR, compounds=[YARD], roads=roads))
    assert homes_by_unit(units)["compound/P1"] == 400


def test_a_compound_in_two_communities_is_one_unit_in_each_and_said() -> None:
    towns = [
        {"community_id": "C1", "shape": box(0, 0, 100, 400)},
        {"community_id": "C2", "shape": box(100, 0, 300, 400)},
    ]
    units = made(land(communities=towns, buildings=FOUR, compounds=[YARD]))
    assert homes_by_unit(units)["compound/P1#1"] == 200
    assert units.frame.loc["compound/P1#1", "community_id"] == "C1"
    assert "compound_in_pieces" in codes(units)


def test_buildings_that_name_a_compound_without_a_line_stay_together() -> None:
    rows = [{**row, "compound_id": "P9" if n < 2 else ""} for n, row in enumerate(FOUR)]
    units = made(land(buildings=rows))
    assert homes_by_unit(units) == {"building/B3": 100, "building/B4": 100, "compound/P9": 200}


def test_buildings_grow_to_cells_around_their_footprints() -> None:
    sources = land(buildings=FOUR)
    units = made(sources)
    footprints = sources.layers["buildings"].set_index("building_id").geometry
    for name, row in units.frame.iterrows():
        house = footprints[row["building_id"]]
        assert shapely.area(house.difference(row["geometry"])) < 1e-3 * shapely.area(house), name


def test_close_houses_are_parted_in_their_common_wall() -> None:
    rows = houses((100, 100), (120, 100), (140, 100))
    units = made(land(buildings=rows))
    cell = units.frame.geometry["building/B2"]
    assert on_earth(box(120.5, 100, 19, 10)).within(cell)
    assert not on_earth(box(119, 104, 22, 2)).within(cell)


def test_a_tower_above_the_bound_is_split_by_its_entrances() -> None:
    tower = {"building_id": "T", "shape": box(100, 100, 90, 15), "households": 700, "entrances": 3}
    units = made(land(buildings=[*FOUR[:1], tower]))
    assert [homes_by_unit(units)[f"building/T#{n}"] for n in (1, 2, 3)] == [234, 233, 233]
    west_to_east = [units.frame.geometry[f"building/T#{n}"].centroid.x for n in (1, 2, 3)]
    assert west_to_east == sorted(west_to_east)
    assert "building_split_by_entrance" in codes(units)


def test_entrances_hold_the_households_that_their_addresses_name() -> None:
    tower = {"building_id": "T", "shape": box(100, 100, 90, 15), "entrances": 2}
    texts = ["建设路1号1单元101室"] * 400 + ["建设路1号二单元202室"] * 150 + [""] * 50
    spot = shapely.Point(120, 105)
    homes = [
        {"household_id": f"H{n}", "building_id": "T", "address": text, "shape": spot}
        for n, text in enumerate(texts)
    ]
    units = made(land(buildings=[tower], households=homes))
    assert homes_by_unit(units) == {"building/T#1": 425, "building/T#2": 175}


def test_a_tower_with_unknown_entrances_is_kept_and_reported() -> None:
    tower = {"building_id": "T", "shape": box(100, 100, 30, 30), "households": 700}
    units = made(land(buildings=[tower]))
    finding = next(f for f in units.findings if f.code == "unit_above_upper")
    assert finding.where == ("building/T",)


def test_an_entrance_above_the_bound_is_not_asked_for_its_entrances() -> None:
    towers = [
        {"building_id": "T", "shape": box(100, 100, 90, 15), "households": 1300, "entrances": 2},
        {"building_id": "U", "shape": box(100, 300, 30, 30), "households": 700, "entrances": 1},
    ]
    units = made(land(buildings=towers))
    assert "unit_above_upper" not in codes(units)
    finding = next(f for f in units.findings if f.code == "entrance_above_upper")
    assert {name.split("#")[0] for name in finding.where} == {"building/T", "building/U"}
    assert "填写" not in finding.cure_zh


def test_a_site_is_a_unit_with_the_buildings_inside() -> None:
    school = {"site_id": "S1", "category": "school", "shape": box(0, 0, 110, 110)}
    units = made(land(buildings=FOUR, sites=[school], compounds=[YARD]))
    assert units.frame.loc["site/S1", ["kind", "households"]].tolist() == ["site", 100]
    assert homes_by_unit(units)["compound/P1"] == 300
    assert units.sites.loc["S1", "category"] == "school"


def test_a_site_with_too_many_households_is_cut_and_said() -> None:
    rows = [{**row, "households": 200} for row in FOUR]
    park = {"site_id": "S1", "category": "industrial", "shape": box(0, 0, 200, 200)}
    units = made(land(buildings=rows, sites=[park]))
    assert "site" not in set(units.frame["kind"])
    assert "site_cut_by_building" in codes(units)


def test_a_site_given_as_a_point_is_kept_but_has_no_land() -> None:
    kiosk = {"site_id": "S2", "category": "office", "shape": shapely.Point(50, 50)}
    units = made(land(buildings=FOUR, sites=[kiosk]))
    assert units.sites.loc["S2", "area_m2"] == 0
    assert "site" not in set(units.frame["kind"])


def test_garages_do_not_make_units_and_stay_in_one() -> None:
    garages = houses((60, 20), (60, 120), (300, 300), households=0)
    rows = [*FOUR, *({**row, "building_id": f"G{n}"} for n, row in enumerate(garages))]
    sources = land(buildings=rows)
    units = made(sources)
    assert set(units.frame["building_id"]) == {"B1", "B2", "B3", "B4"}
    at = units.members.set_index("building_id")["unit_id"]
    for name in ("G0", "G1", "G2"):
        shape = sources.layers["buildings"].set_index("building_id").geometry[name]
        overlap = shapely.area(shape.intersection(units.frame.geometry[at[name]]))
        assert overlap > 0.99 * shapely.area(shape)


def test_land_without_anything_is_one_open_unit() -> None:
    assert homes_by_unit(made(land())) == {"open/C1/1": 0}


def test_roads_cut_open_land_into_units_from_west_to_east() -> None:
    roads = [{"class": "local", "shape": line((200, -10), (200, 410))}]
    units = made(land(roads=roads))
    east = units.frame.geometry.map(lambda shape: shape.centroid.x)
    assert east["open/C1/1"] < east["open/C1/2"]


def test_a_verge_joins_the_compound_beside_it() -> None:
    yards = [
        {"compound_id": "P1", "shape": box(15, 15, 180, 370)},
        {"compound_id": "P2", "shape": box(205, 15, 180, 370)},
    ]
    units = made(land(compounds=yards, buildings=houses((50, 50), (250, 50))))
    assert set(units.frame.index) == {"compound/P1", "compound/P2"}
    assert units.frame["area_m2"].min() > 79_000


def test_a_field_between_villages_is_cut_so_that_each_can_be_reached() -> None:
    villages = [
        {"compound_id": f"V{n}", "kind": "natural_village", "shape": box(40 + 220 * n, 150, 90, 90)}
        for n in (0, 1)
    ]
    units = made(land(compounds=villages, buildings=houses((60, 180), (290, 180))))
    assert set(units.frame.index) == {"open/C1/1", "open/C1/2", "village/V0", "village/V1"}
    assert units.frame.geometry["open/C1/1"].touches(units.frame.geometry["village/V0"])
    assert not units.frame.geometry["open/C1/1"].touches(units.frame.geometry["village/V1"])


def test_water_is_shared_out_to_its_banks() -> None:
    river = [{"kind": "river", "shape": box(-10, 180, 420, 40)}]
    units = made(land(barriers=river, buildings=houses((50, 50), (50, 300))))
    areas = units.frame["area_m2"].round(-2).tolist()
    assert set(units.frame.index) == {"building/B1", "building/B2"}
    assert areas[0] == pytest.approx(areas[1], rel=0.01)


def test_households_without_buildings_make_places() -> None:
    spots = [(50, 50), (50.2, 50.2), (300, 50), (300, 300)]
    homes = [
        {"household_id": f"H{n}", "shape": shapely.Point(spot)} for n, spot in enumerate(spots)
    ]
    units = made(land(households=homes))
    assert sorted(units.frame["households"]) == [1, 1, 2]
    assert set(units.frame["kind"]) == {"households"}
    assert set(units.members["household_id"]) == {"H0", "H1", "H2", "H3"}


def test_households_that_name_one_undrawn_building_are_one_place() -> None:
    homes = [
        {"household_id": f"H{n}", "building_id": "X1", "shape": shapely.Point(50 + n, 50)}
        for n in range(5)
    ]
    units = made(
        land(households=[*homes, {"household_id": "H9", "shape": shapely.Point(300, 300)}])
    )
    assert homes_by_unit(units)["households/X1"] == 5
    assert units.members["household_id"].tolist().count("") == 1


def test_a_household_counts_at_the_building_it_names_before_the_one_it_lies_in() -> None:
    homes = [
        {"household_id": "H1", "building_id": "B2", "shape": shapely.Point(30, 25)},
        {"household_id": "H2", "building_id": "", "shape": shapely.Point(30, 25)},
        {"household_id": "H3", "building_id": "?", "shape": shapely.Point(45, 25)},
    ]
    units = made(land(buildings=FOUR, households=homes))
    assert homes_by_unit(units) == {"building/B1": 2, "building/B2": 1}


def test_a_household_without_a_place_counts_at_the_building_it_names() -> None:
    sources = land(
        buildings=FOUR,
        households=[{"household_id": "H1", "building_id": "B2", "shape": shapely.Point(30, 25)}],
    )
    homes = sources.layer("households")
    assert homes is not None
    units = made(sources.with_layers(households=homes.set_geometry([None], crs=4490)))
    assert homes_by_unit(units) == {"building/B2": 1}


def test_a_household_without_place_and_building_is_refused() -> None:
    sources = land(households=[{"household_id": "H1", "shape": shapely.Point(1, 1)}])
    homes = sources.layer("households")
    assert homes is not None
    with pytest.raises(RefusedInput):
        units_of(sources.with_layers(households=homes.set_geometry([None], crs=4490)))


def test_equal_footprints_keep_the_households_of_both() -> None:
    rows = [*houses((50, 50), (50, 50), (300, 300), households=40)]
    units = made(land(buildings=rows))
    assert units.frame["households"].sum() == 120
    assert set(units.members["building_id"]) == {"B1", "B2", "B3"}


def test_a_building_across_two_communities_counts_where_most_of_it_stands() -> None:
    towns = [
        {"community_id": "C1", "shape": box(0, 0, 100, 400)},
        {"community_id": "C2", "shape": box(100, 0, 300, 400)},
    ]
    units = made(land(communities=towns, buildings=houses((85, 50), (95, 150))))
    at = units.members.set_index("building_id")["unit_id"]
    assert units.frame.loc[at.loc[["B1", "B2"]], "community_id"].tolist() == ["C1", "C2"]
    finding = next(f for f in units.findings if f.code == "building_across_communities")
    assert finding.where == ("B1", "B2")


def test_overlapping_communities_are_tiled_once_and_said() -> None:
    towns = [
        {"community_id": "C1", "shape": box(0, 0, 210, 400)},
        {"community_id": "C2", "shape": box(200, 0, 200, 400)},
    ]
    sources = land(communities=towns)
    units = units_of(sources)
    assert shapely.coverage_is_valid(units.frame.geometry.to_numpy())
    assert units.frame["area_m2"].sum() == pytest.approx(160_000, rel=0.01)
    assert "communities_overlap_in_units" in codes(units)


def test_neighbours_with_different_corners_become_a_coverage() -> None:
    right = shapely.Polygon([(100, 0), (400, 0), (400, 400), (100, 400), (100, 133.3), (100, 71.7)])
    towns = [
        {"community_id": "C1", "shape": box(0, 0, 100, 400)},
        {"community_id": "C2", "shape": right},
    ]
    made(land(communities=towns, buildings=FOUR))


def test_places_have_the_unit_of_their_building() -> None:
    rows = [{**row, "address": f"建设路{n}号"} for n, row in enumerate(FOUR, start=1)]
    places = made(land(buildings=rows)).places
    found = places.set_index("text")["unit_id"]
    assert found["建设路2号"] == "building/B2"


def test_no_communities_are_refused_with_the_cure() -> None:
    sources = land(buildings=FOUR)
    layers = {role: frame for role, frame in sources.layers.items() if role != "communities"}
    with pytest.raises(InvalidOption, match="--layer communities"):
        make_units(Sources(layers, sources.crs, sources.metric_crs), rules=Rules.preset("default"))


def test_progress_is_reported_from_nothing_to_all() -> None:
    seen: list[tuple[str, int, int]] = []
    make_units(
        land(buildings=FOUR),
        rules=Rules.preset("default"),
        progress=lambda step, done, total: seen.append((step, done, total)),
    )
    done = [entry[1] for entry in seen]
    assert {entry[0] for entry in seen} == {"units"}
    assert (done[0], done[-1]) == (0, seen[-1][2])
    assert done == sorted(done)
    assert np.diff(done).max() < 60


def scattered(name: str, x: float, y: float, count: int = 46) -> list[dict[str, object]]:
    """Make households of one undrawn building, 40 m x 10 m, at evenly spread points."""
    return [
        {
            "household_id": f"{name}-{n}",
            "building_id": name,
            "shape": shapely.Point(x + 40 * (n * 0.618 % 1), y + 10 * n / count),
        }
        for n in range(count)
    ]


def counts_by_point(units: Units, sources: Sources) -> dict[str, int]:
    homes = sources.layers["households"].geometry.to_numpy()
    tree = shapely.STRtree(homes)
    shapes = units.frame.geometry.to_numpy()
    unit, _ = tree.query(shapes, predicate="intersects")
    count = np.bincount(unit, minlength=len(shapes))
    return {str(n): int(c) for n, c in zip(units.frame.index, count, strict=True)}


def test_the_households_of_an_undrawn_building_lie_in_the_one_unit_that_counts_them() -> None:
    rows = [
        row
        for n, x in enumerate((20, 90, 160, 230, 300))
        for m, y in enumerate((20, 45, 170, 280))
        for row in scattered(f"L{n}{m}", x, y)
    ]
    sources = land(households=rows)
    units = made(sources)
    assert homes_by_unit(units) == counts_by_point(units, sources)
    assert set(units.frame["households"]) == {46}
    assert not codes(units) & {"building_points_apart", "household_beside_its_unit"}


def test_two_undrawn_buildings_of_one_number_far_apart_are_two_units_and_said() -> None:
    units = made(land(households=[*scattered("L1", 20, 20), *scattered("L1", 340, 350, 12)]))
    assert homes_by_unit(units) == {"households/L1#1": 46, "households/L1#2": 12}
    finding = next(f for f in units.findings if f.code == "building_points_apart")
    assert finding.where == ("L1",)


def test_the_points_of_an_undrawn_building_across_a_road_stay_in_it_and_are_said() -> None:
    roads = [{"class": "local", "shape": line((50, -10), (50, 410))}]
    units = made(land(households=scattered("L1", 20, 20), roads=roads))
    assert homes_by_unit(units)["households/L1"] == 46
    finding = next(f for f in units.findings if f.code == "household_beside_its_unit")
    assert 0 < finding.count < 23


RIVERS = [line((-10, 105), (410, 105)), box(-10, 95, 420, 20)]


@pytest.mark.parametrize("river", RIVERS)
@pytest.mark.parametrize("kind", ["compound", "natural_village"])
def test_a_compound_is_cut_at_a_river_without_a_bridge_and_said(
    river: shapely.Geometry, kind: str
) -> None:
    barriers = [{"kind": "river", "shape": river}]
    units = made(land(buildings=FOUR, compounds=[{**YARD, "kind": kind}], barriers=barriers))
    banks = units.frame[units.frame["compound_id"] == "P1"]
    assert banks["households"].tolist() == [200, 200]
    finding = next(f for f in units.findings if f.code == "compound_cut_by_river")
    assert finding.where == ("P1",)
    assert "compound_in_pieces" not in codes(units)


@pytest.mark.parametrize("river", RIVERS)
def test_a_compound_on_both_sides_of_a_bridge_stays_whole(river: shapely.Geometry) -> None:
    barriers = [{"kind": "river", "shape": river}]
    roads = [{"class": "local", "shape": line((70, 10), (70, 190))}]
    units = made(land(buildings=FOUR, compounds=[YARD], barriers=barriers, roads=roads))
    assert homes_by_unit(units)["compound/P1"] == 400
    assert "compound_cut_by_river" not in codes(units)


def test_a_pond_does_not_cut_a_compound() -> None:
    barriers = [{"kind": "river", "shape": box(60, 80, 40, 30)}]
    units = made(land(buildings=FOUR, compounds=[YARD], barriers=barriers))
    assert homes_by_unit(units)["compound/P1"] == 400
    assert "compound_cut_by_river" not in codes(units)


@pytest.mark.parametrize("kind", ["railway", "wall"])
def test_a_railway_or_wall_through_a_compound_keeps_it_whole_and_is_said(kind: str) -> None:
    barriers = [{"kind": kind, "shape": RIVERS[0]}]
    units = made(land(buildings=FOUR, compounds=[YARD], barriers=barriers))
    assert homes_by_unit(units)["compound/P1"] == 400
    finding = next(f for f in units.findings if f.code == "compound_crossed_by_line")
    assert finding.where == ("P1",)


def test_buildings_that_name_one_compound_are_parted_by_a_river() -> None:
    rows = [{**row, "compound_id": "P9"} for row in FOUR]
    units = made(land(buildings=rows, barriers=[{"kind": "river", "shape": RIVERS[0]}]))
    assert homes_by_unit(units) == {"compound/P9#1": 200, "compound/P9#2": 200}


def test_no_cell_reaches_around_the_end_of_a_river() -> None:
    river = {"kind": "river", "shape": line((-10, 105), (300, 105))}
    units = made(land(buildings=houses((50, 80), (200, 300)), barriers=[river]))
    shapes = units.frame.geometry
    assert not on_earth(box(20, 110, 60, 10)).intersects(shapes["building/B1"])
