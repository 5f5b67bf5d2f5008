"""Communities from today's: the least change, the number wanted, and what is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

import gridmap
from gridmap.errors import InvalidOption, UnknownName
from gridmap.planning import make_area_territory, rebalance_areas, rebalance_communities
from gridmap.planning.reach_effect import CROSSING
from gridmap.rules import Rules
from gridmap.testing import draw_territory, random_territory

RULES = Rules.preset()


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    communities=st.integers(1, 5),
    number=st.sampled_from([None, 0, 1, 3]),
)
def test_any_land_is_tiled_and_holds_everybody(
    seed: int, communities: int, number: int | None
) -> None:
    territory = random_territory(
        seed, rows=8, columns=8, communities=communities, households=12_000
    )
    plan = rebalance_communities(territory, rules=RULES, number=number, seed=seed)
    persons = np.floor(territory.units.frame["households"] * 2.62 + 0.5).astype(int)
    assert int(plan.grids["households"].sum()) == int(persons.sum())
    assert shapely.coverage_is_valid(plan.grids.geometry.to_numpy())
    assert plan.grids["name"].is_unique
    inside = plan.grids["households"].between(3000, 20000)
    assert (inside == plan.grids["in_band"]).all()
    assert ((plan.grids["reason"] == "") == inside).all()
    assert plan.changes is not None
    before = territory.units.frame.groupby("community_id")["households"].size()
    assert set(before.index) <= set(plan.changes.index)
    again = rebalance_communities(territory, rules=RULES, number=number, seed=seed)
    assert again.assignment.equals(plan.assignment)


def test_nothing_broken_means_nothing_changed() -> None:
    toy = draw_territory("abcdefgh", households=1000, communities="11223344")
    plan = rebalance_communities(toy, rules=RULES, number=0)
    assert set(plan.changes["change"]) == {"U"}
    today = toy.units.frame["community_id"]
    assert plan.assignment.tolist() == today.reindex(plan.assignment.index).tolist()
    assert plan.grids["name"].tolist() == toy.units.communities["name"].tolist() or all(
        plan.grids["name"] != ""
    )


def test_the_smallest_are_joined_to_reach_the_target() -> None:
    toy = draw_territory("abcdefgh", households=1000, communities="11223344")
    plan = rebalance_communities(toy, rules=RULES)
    assert len(plan.grids) == round(8 * 2620 / 9000)
    assert plan.grids["in_band"].all()


def test_a_number_above_todays_parts_the_heaviest() -> None:
    toy = draw_territory("abcdefgh", households=1500, communities="11111122")
    plan = rebalance_communities(toy, rules=RULES, number=4)
    assert len(plan.grids) == 4
    assert plan.grids["in_band"].all()
    assert set(toy.units.communities.index) <= set(plan.grids.index)


def test_a_number_that_the_band_forbids_is_said() -> None:
    toy = draw_territory("abcdefgh", households=1500, communities="11223344")
    plan = rebalance_communities(toy, rules=RULES, number=1)
    assert len(plan.grids) == 2
    (said,) = [f for f in plan.findings if f.code == "number_of_communities_not_reached"]
    assert "2" in said.en
    assert "1" in said.zh


def test_a_number_above_what_the_floor_allows_is_said_with_its_own_cure() -> None:
    toy = draw_territory("abcdefgh", households=1500, communities="11223344")
    plan = rebalance_communities(toy, rules=RULES, number=500)
    (said,) = [f for f in plan.findings if f.code.startswith("number_of_communities")]
    assert said.code == "number_of_communities_too_great"
    assert len(plan.grids) == said.count
    assert "10" in said.en, "8 x 3930 persons are no more than 10 times 3000"
    assert "upper" not in said.cure_en
    assert "合并" not in said.zh


def test_exclaves_below_the_floor_do_not_count_towards_the_number() -> None:
    land = "abcd e\nabcd e"  # land of community 2 lies apart: 2,620 persons
    toy = draw_territory(land, households=500, communities="1122 2\n1122 2")
    for number in (1, 2):
        plan = rebalance_communities(toy, rules=RULES, number=number)
        kinds = plan.grids["kind"].value_counts()
        assert kinds.to_dict() == {"general": number, "exclave": 1}
        assert not [f for f in plan.findings if f.code.startswith("number_of_communities")]


def test_detached_land_that_fills_a_band_counts() -> None:
    toy = draw_territory("abcd e\nabcd e", households=700, communities="1122 2\n1122 2")
    plan = rebalance_communities(toy, rules=RULES, number=2)
    assert len(plan.grids) == 2
    assert not [f for f in plan.findings if f.code.startswith("number_of_communities")]


def test_the_cure_of_a_number_is_a_rules_file_that_works() -> None:
    toy = draw_territory("abcdefgh", households=1500, communities="11223344")
    plan = rebalance_communities(toy, rules=RULES, number=1)
    (said,) = [f for f in plan.findings if f.code == "number_of_communities_not_reached"]
    assert CROSSING in said.cure_zh
    assert Rules.from_toml(CROSSING.replace(", ", "\n")).communities.within == "district"


def test_a_locked_community_stays() -> None:
    toy = draw_territory("abcdefgh", households=1000, communities="11223344")
    first = min(toy.units.communities.index)
    plan = rebalance_communities(toy, rules=RULES, number=2, locks=[first])
    assert plan.changes.loc[first, "change"] == "U"


def test_texts_speak_of_communities_and_persons() -> None:
    toy = draw_territory("abcdefgh", households=1000, communities="11111111")
    plan = rebalance_communities(toy, rules=RULES)
    texts = [f.en + f.zh for f in plan.findings] + plan.changes["cause"].tolist()
    assert not any("网格" in text or " grid" in text for text in texts)


def test_a_plan_is_written_and_read(tmp_path: Path) -> None:
    toy = draw_territory("abcdefgh", households=1000, communities="11223344")
    plan = rebalance_communities(toy, rules=RULES)
    gridmap.write_plan(plan, tmp_path / "communities.gpkg")
    read = gridmap.read_plan(tmp_path / "communities.gpkg")
    assert read.grids["households"].tolist() == plan.grids["households"].tolist()
    assert read.about["level"] == "community"


def test_odd_questions_are_refused() -> None:
    toy = draw_territory("ab", households=1000)
    with pytest.raises(InvalidOption):
        rebalance_communities(toy, rules=RULES, number=-1)
    units = replace(toy.units, frame=toy.units.frame.iloc[:0])
    with pytest.raises(InvalidOption):
        rebalance_communities(replace(toy, units=units), rules=RULES)


def test_areas_with_counts_are_joined_and_never_cut() -> None:
    shapes = shapely.box(116 + 0.01 * np.arange(6), 40.0, 116.01 + 0.01 * np.arange(6), 40.01)
    counts = [2000, 3000, 15_000, 900, 4000, 30_000]
    areas = gpd.GeoDataFrame(
        {"community_id": "d", "name": list("abcdef"), "residents": counts},
        geometry=shapes, crs=4490, index=[f"t{n}" for n in range(6)],
    )  # fmt: skip
    plan = rebalance_areas(areas, metric_crs=CRS(4548), rules=RULES, number=0)
    assert int(plan.grids["households"].sum()) == sum(counts)
    assert plan.grids["in_band"].tolist().count(False) == 1
    assert plan.assignment.loc["t0"] == plan.assignment.loc["t1"]
    assert plan.assignment.loc["t5"] == "t5"
    assert plan.grids.loc["t5", "reason_code"] == "building_too_large"


def test_beijing_is_inside_its_band_as_far_as_can_be(shared_data: Path) -> None:
    """331 townships by their people, inside districts; the band is the test's own."""
    townships = gpd.read_file(shared_data / "beijing_townships.shp").to_crs(4490)
    persons = np.load(shared_data / "beijing_population.npy")[:, 0].round().astype(int)
    areas = townships.assign(community_id=townships["县"], name=townships["乡"], residents=persons)
    areas.index = [f"T{number:03d}" for number in range(len(areas))]
    size = replace(RULES.communities, lower=30_000, upper=150_000, target=90_000)
    plan = rebalance_areas(
        areas, metric_crs=CRS(4548), rules=replace(RULES, communities=size), number=0
    )
    assert int(plan.grids["households"].sum()) == int(persons.sum())
    proved = {"building_too_large", "units_do_not_fit", "too_few_households", "total_impossible"}
    assert set(plan.grids.loc[~plan.grids["in_band"], "reason_code"]) <= proved
    district = dict(zip(areas.index, areas["community_id"], strict=True))
    parts = plan.assignment.index.str.split("#").str[0].map(district)
    zones = pd.DataFrame({"zone": plan.assignment.to_numpy(object), "district": parts})
    assert len(zones.drop_duplicates()) == zones["zone"].nunique()
    before = areas["residents"]
    kept = before.index[before.between(30_000, 150_000)]
    codes = plan.changes["change"].reindex(kept)
    assert (codes == "U").mean() > 0.5


def test_a_locked_unit_of_a_compound_keeps_it_where_it_is() -> None:
    """Joining and parting, too, leave a locked unit in its community; it is named by its own id."""
    toy = draw_territory("AABBCCDD", households=800, communities="11112222")
    owner = toy.units.frame["community_id"]
    for number in (1, 3, 4):
        plan = rebalance_communities(toy, rules=RULES, number=number, locks=["r00c01", "r00c06"])
        assert plan.assignment["r00c01"] == owner["r00c01"]
        assert plan.assignment["r00c06"] == owner["r00c06"]
        (said,) = [f for f in plan.findings if f.code == "locks_held"]
        assert "2 unit(s)" in said.en


def test_an_unknown_lock_offers_what_is_near() -> None:
    toy = draw_territory("abcd", households=1000, communities="1122")
    with pytest.raises(UnknownName, match="neither a community nor a unit") as caught:
        rebalance_communities(toy, rules=RULES, locks=["r00c09", "nonsense"])
    assert "r00c0" in caught.value.en
    assert "社区" in caught.value.zh


def test_areas_that_nearly_tile_are_joined_and_those_that_overlap_refused() -> None:
    west = 116 + 0.01 * np.arange(4)
    off = np.array([0, 3e-9, -2e-9, 0])
    shapes = shapely.box(west + off, 40.0, west + 0.01, 40.01)
    areas = gpd.GeoDataFrame(
        {"community_id": "d", "residents": 5000}, geometry=shapes, crs=4490, index=list("abcd")
    )
    territory = make_area_territory(areas, metric_crs=CRS(4548))
    assert shapely.coverage_is_valid(territory.units.frame.geometry.to_numpy())
    assert len(territory.borders) == 3
    for wrong in (shapely.box(116.005, 40, 116.02, 40.01), shapely.Polygon(), None):
        shapes[1] = wrong
        with pytest.raises(InvalidOption):
            make_area_territory(areas.set_geometry(shapes.copy(), crs=4490), metric_crs=CRS(4548))
