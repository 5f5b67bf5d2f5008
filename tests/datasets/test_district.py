"""The made district is calibrated, whole, without overlaps, and the same every time."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely

from gridmap.datasets import District, make_district
from gridmap.errors import InvalidOption
from gridmap.schemas import ROLES, canonical_value

if TYPE_CHECKING:
    from numpy.typing import NDArray

METRIC = "EPSG:4547"
AIMS = {10: 22, 25: 40, 50: 93, 75: 256, 90: 797}
TOLERANCE = 0.05


@functools.cache
def district() -> District:
    return make_district()


def shapes(role: str) -> NDArray[np.object_]:
    return district().layers[role].geometry.to_numpy()


def urban_homes(made: District) -> NDArray[np.int64]:
    """Households of the buildings of urban compounds."""
    buildings, compounds = made.layers["buildings"], made.layers["compounds"]
    urban = compounds["compound_id"][compounds["kind"] == "compound"]
    return buildings["households"][buildings["compound_id"].isin(urban)].to_numpy()


def test_the_default_district_has_the_size_that_the_issue_asks_for() -> None:
    counts = district().truth.counts
    assert counts["households"] == 60_000
    assert counts["townships"] == 2
    assert 18 <= counts["communities"] <= 22
    assert 2_000 <= counts["buildings"] <= 3_000


@pytest.mark.parametrize("seed", [7, 8])
def test_households_of_compounds_lie_on_the_deciles_of_the_field(seed: int) -> None:
    truth = make_district(seed=seed, points=False).truth
    for share, aim in AIMS.items():
        assert truth.deciles[share] == pytest.approx(aim, rel=TOLERANCE)
    assert 1_800 <= truth.deciles[100] <= 2_000


def test_the_deciles_told_are_those_of_the_frames() -> None:
    buildings, compounds = district().layers["buildings"], district().layers["compounds"]
    held = buildings.groupby("compound_id")["households"].sum()
    urban = compounds["compound_id"][compounds["kind"] == "compound"]
    sizes = held.reindex(urban).to_numpy()
    for share, told in district().truth.deciles.items():
        assert np.percentile(sizes, share) == pytest.approx(told)


def test_ordinary_buildings_hold_13_to_95_households_and_a_few_towers_more_than_500() -> None:
    homes = urban_homes(district())
    towers = homes[homes > 500]
    ordinary = homes[homes <= 500]
    assert (ordinary.min(), ordinary.max() <= 95) == (13, True)
    assert 30 <= np.median(ordinary) <= 50
    assert 3 <= len(towers) <= 6
    assert 0.002 <= len(towers) / len(homes) <= 0.025


def test_entrances_are_known_but_for_one_tower() -> None:
    buildings = district().layers["buildings"]
    unknown = buildings[buildings["entrances"].isna()]
    assert tuple(unknown["building_id"]) == district().truth.towers_unknown
    assert len(unknown) == 1
    known = buildings[(buildings["households"] > 500) & buildings["entrances"].notna()]
    assert (known["households"] / known["entrances"] <= 500).all()


def test_floor_area_gives_back_the_households_at_94_5_m2_each() -> None:
    buildings = district().layers["buildings"]
    homes = buildings[buildings["households"] > 0]
    homes = homes[homes["compound_id"].isin(district().layers["compounds"]["compound_id"])]
    floor_area = (homes.to_crs(METRIC).area * homes["floors"]).sum()
    assert floor_area / homes["households"].sum() == pytest.approx(94.5, rel=0.1)


def test_all_layers_have_the_canonical_columns_and_words() -> None:
    for role, frame in district().layers.items():
        assert frame.crs.to_epsg() == 4490
        assert list(frame.index) == list(range(len(frame)))
        known = [column.name for column in ROLES[role].columns]
        assert set(frame.columns) - {"geometry"} <= set(known)
        assert frame[known[0]].is_unique
        for column in ROLES[role].columns:
            if column.domain and column.name in frame:
                words = sorted(set(frame[column.name]) - {""})
                assert words == [canonical_value(column.domain, word) for word in words]


def test_community_codes_have_12_digits_of_a_county_that_does_not_exist() -> None:
    codes = district().layers["communities"]["community_id"]
    assert codes.str.fullmatch(r"990101\d{6}").all()
    assert codes.is_unique
    assert list(codes) == sorted(codes)


def test_sites_of_all_seven_categories_stand_there_some_with_residents() -> None:
    sites, buildings = district().layers["sites"], district().layers["buildings"]
    assert set(sites["category"]) == {
        *("school", "hospital", "government", "mall", "office", "industrial", "park")
    }
    assert (sites["owner"] == "").any()
    assert (sites["owner"] != "").mean() > 0.7
    homes = buildings[(buildings["compound_id"] == "") & (buildings["households"] > 0)]
    inside = homes.sjoin(sites[["site_id", "geometry"]], predicate="within")
    assert len(inside) == len(homes)
    assert inside["site_id"].nunique() >= 3


def test_the_rural_fringe_has_villages_and_villager_groups() -> None:
    compounds, communities = district().layers["compounds"], district().layers["communities"]
    kinds = compounds["kind"].value_counts()
    assert kinds["natural_village"] >= 10
    assert kinds["villager_group"] >= 6
    rural = communities[communities["area_type"] == "rural"]
    villages = compounds[compounds["kind"] != "compound"]
    assert shapely.covers(rural.union_all(), villages.geometry.to_numpy()).all()


def test_geometry_is_valid_and_inside_the_area_of_epsg_4490() -> None:
    for frame in district().layers.values():
        assert frame.geometry.is_valid.all()
        west, south, east, north = frame.total_bounds
        assert (west > 113, east < 114.5, south > 29.5, north < 31) == (True,) * 4


def test_no_two_buildings_touch() -> None:
    outlines = shapes("buildings")
    first, second = shapely.STRtree(outlines).query(outlines, predicate="intersects")
    assert (first == second).all()


def test_every_building_stands_inside_its_compound_or_site() -> None:
    buildings, compounds = district().layers["buildings"], district().layers["compounds"]
    lines = compounds.set_index("compound_id").geometry
    owned = buildings[buildings["compound_id"] != ""]
    around = lines.reindex(owned["compound_id"]).to_numpy()
    assert shapely.contains(around, owned.geometry.to_numpy()).all()
    rest = buildings[buildings["compound_id"] == ""].geometry.to_numpy()
    hits, _ = shapely.STRtree(shapes("sites")).query(rest, predicate="within")
    assert sorted(hits) == list(range(len(rest)))


def test_compounds_and_sites_do_not_overlap() -> None:
    plots = np.concatenate([shapes("compounds"), shapes("sites")])
    first, second = shapely.STRtree(plots).query(plots, predicate="intersects")
    pairs = first < second
    shared = shapely.area(shapely.intersection(plots[first[pairs]], plots[second[pairs]]))
    assert shared.max() < 1e-16


def test_compounds_keep_off_the_roads_and_the_river() -> None:
    roads = district().layers["roads"]
    streets = roads[~roads["name"].str.endswith(("湾路", "村路"))].geometry.to_numpy()
    urban = district().layers["compounds"].query("kind == 'compound'").geometry.to_numpy()
    hits = shapely.STRtree(urban).query(streets, predicate="intersects")
    assert hits.size == 0
    water = shapes("barriers")[0]
    assert not shapely.intersects(water, shapes("buildings")).any()


def test_every_household_lies_inside_its_building() -> None:
    buildings, households = district().layers["buildings"], district().layers["households"]
    outline = buildings.set_index("building_id").geometry
    around = outline.reindex(households["building_id"]).to_numpy()
    assert shapely.contains(around, households.geometry.to_numpy()).all()
    held = households["building_id"].value_counts()
    counted = buildings.set_index("building_id")["households"]
    assert held.reindex(counted.index, fill_value=0).eq(counted).all()


def test_the_same_arguments_give_the_same_frames_and_another_seed_others() -> None:
    first, again = make_district(households=30_000), make_district(households=30_000)
    other = make_district(households=30_000, seed=8)
    for role, frame in first.layers.items():
        assert frame.to_wkb().equals(again.layers[role].to_wkb())
    assert first.truth == again.truth
    assert not first.layers["compounds"].to_wkb().equals(other.layers["compounds"].to_wkb())


@pytest.mark.parametrize("households", [30_000, 45_000, 80_000, 130_000])
def test_any_size_gives_exactly_the_households_asked_for(households: int) -> None:
    made = make_district(households=households, points=False)
    assert "households" not in made.layers
    assert made.truth.counts["households"] == households
    assert sum(made.truth.households_of.values()) == households - sum(
        gap.households for gap in made.truth.of_kind("gap")
    )
    homes = urban_homes(made)
    assert homes.min() >= 13
    assert homes[homes <= 500].max() <= 95


@pytest.mark.parametrize(("households", "seed"), [(29_999, 7), (30_000_000, 7), (60_000, -1)])
def test_a_size_or_seed_out_of_range_is_refused(households: int, seed: int) -> None:
    with pytest.raises(InvalidOption):
        make_district(households=households, seed=seed)
