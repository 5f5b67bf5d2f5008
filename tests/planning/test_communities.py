"""Communities by people: inside townships, near today's, fed back into the next plan."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import gridmap
from gridmap.model import Territory
from gridmap.planning import adopt_communities, make_area_territory, make_plan, merge_units
from gridmap.rules import Rules
from gridmap.scoring import score_plan
from gridmap.testing import draw_territory, random_territory

RULES = Rules.preset()


def with_townships(territory: Territory, towns: dict[str, str]) -> Territory:
    communities = territory.units.communities
    communities = communities.assign(township=communities.index.map(towns))
    return replace(territory, units=replace(territory.units, communities=communities))


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), communities=st.integers(1, 4))
def test_communities_of_any_land_tile_it_and_hold_everybody(seed: int, communities: int) -> None:
    territory = random_territory(
        seed, rows=8, columns=8, communities=communities, households=12_000
    )
    plan = make_plan(territory, rules=RULES, level="community", seed=seed)
    persons = np.floor(territory.units.frame["households"] * 2.62 + 0.5).astype(int)
    assert int(plan.grids["households"].sum()) == int(persons.sum())
    assert shapely.coverage_is_valid(plan.grids.geometry.to_numpy())
    assert plan.grids["name"].is_unique
    assert sorted(plan.assignment.index) == sorted(territory.units.frame.index)
    inside = plan.grids["households"].between(3000, 20000)
    assert (inside == plan.grids["in_band"]).all()
    assert ((plan.grids["reason"] == "") == inside).all()
    assert score_plan(plan).totals["parts"] >= 0


def test_a_community_never_reaches_out_of_its_township() -> None:
    toy = draw_territory("abcdefgh", households=700, communities="11223344")
    towns = dict(zip("1234", ["东街道", "东街道", "西街道", "西街道"], strict=True))
    ids = sorted(toy.units.communities.index)
    named = {name: towns[str(1 + n)] for n, name in enumerate(ids)}
    plan = make_plan(with_townships(toy, named), rules=RULES, level="community")
    town = toy.units.frame["community_id"].map(named)
    assert len(set(zip(plan.assignment, town, strict=True))) == len(plan.grids)
    assert set(plan.grids["community_id"]) == {"东街道", "西街道"}


def test_communities_inside_their_band_stay() -> None:
    toy = draw_territory("abcdefgh\nijklmnop", households=450, communities="11112222\n11112222")
    plan = make_plan(toy, rules=RULES, level="community")
    today = toy.units.frame["community_id"]
    assert len(set(zip(plan.assignment, today, strict=True))) == len(plan.grids) == 2


def test_counted_residents_are_weighed_and_nothing_is_estimated() -> None:
    toy = draw_territory("abcd", households=10)
    frame = toy.units.frame.assign(residents=[3000, 3000, 3000, 3000])
    counted = replace(toy, units=replace(toy.units, frame=frame))
    plan = make_plan(counted, rules=RULES, level="community")
    assert int(plan.grids["households"].sum()) == 12_000
    assert not any(said.code == "persons_estimated" for said in plan.findings)
    estimated = make_plan(toy, rules=RULES, level="community")
    assert any(said.code == "persons_estimated" for said in estimated.findings)
    assert estimated.grids["reason"].str.contains("人").all()


def test_caps_and_weights_of_grids_are_not_those_of_communities() -> None:
    toy = draw_territory("abcd", households=10)
    frame = toy.units.frame.assign(residents=[3000, 3000, 3000, 3000])
    counted = replace(toy, units=replace(toy.units, frame=frame))
    capped = replace(RULES, most_residents=2500, most_residents_source="a test")
    plan = make_plan(counted, rules=capped, level="community")
    assert plan.grids["in_band"].all()
    assert plan.grids["households"].between(3000, 20000).all()


def test_grids_taken_whole_are_never_cut() -> None:
    territory = random_territory(5, rows=10, columns=10, communities=3, households=9_000)
    grids = make_plan(territory, rules=RULES)
    merged = merge_units(territory, grids.assignment)
    assert shapely.coverage_is_valid(merged.units.frame.geometry.to_numpy())
    assert int(merged.units.frame["households"].sum()) == 9_000
    plan = make_plan(merged, rules=RULES, level="community")
    assert set(plan.assignment.index) == set(grids.grids.index)


def test_new_communities_are_those_of_the_next_plan() -> None:
    territory = random_territory(8, rows=10, columns=10, communities=3, households=9_000)
    above = make_plan(territory, rules=RULES, level="community")
    adopted = adopt_communities(territory, above)
    assert int(adopted.units.communities["households"].sum()) == 9_000
    plan = make_plan(adopted, rules=RULES)
    assert set(plan.grids["community_id"]) == set(above.grids["code"])
    assert int(plan.grids["households"].sum()) == 9_000


def test_a_plan_of_communities_goes_into_a_file_and_back(tmp_path: Path) -> None:
    toy = draw_territory("abcdef", households=600, communities="111223")
    plan = make_plan(toy, rules=RULES, level="community")
    gridmap.write_plan(plan, tmp_path / "c.gpkg")
    again = gridmap.read_plan(tmp_path / "c.gpkg")
    assert again.about["level"] == "community"
    assert again.grids["households"].tolist() == plan.grids["households"].tolist()
    assert again.rules == plan.rules
    gridmap.write_tables(again, tmp_path / "c.xlsx")


def test_the_same_seed_gives_the_same_communities() -> None:
    territory = random_territory(2, rows=9, columns=9, communities=3, households=15_000)
    first = make_plan(territory, rules=RULES, level="community")
    second = make_plan(territory, rules=RULES, level="community")
    pd.testing.assert_frame_equal(pd.DataFrame(first.grids), pd.DataFrame(second.grids))


def test_townships_of_beijing_are_joined_by_population_as_far_as_can_be(shared_data: Path) -> None:
    import geopandas as gpd

    from gridmap.crs import metric_crs

    areas = gpd.read_file(shared_data / "beijing_townships.shp", encoding="utf-8").to_crs(4490)
    people = np.load(shared_data / "beijing_population.npy")[:, 0]
    areas = areas.assign(community_id=areas["县"].astype(str), residents=people)
    areas.index = pd.Index([f"t{n:03d}" for n in range(len(areas))])
    territory = make_area_territory(areas, metric_crs=metric_crs(116.4, 40.2))
    rules = Rules.from_toml(
        'preset = "default"\n[communities]\nlower = 50000\ntarget = 150000\nupper = 250000\n'
        'source = "a test"\n'
    )
    plan = make_plan(territory, rules=rules, level="community")
    assert int(plan.grids["households"].sum()) == int(people.sum())
    totals = score_plan(plan).totals
    assert totals["in_band"] == totals["attainable"]
    assert set(plan.grids["community_id"]) == set(areas["community_id"])
