"""A layer of communities or grids beside a plan: against the comparison of two plans."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import gridmap
from gridmap.errors import InvalidOption, RefusedInput
from gridmap.planning import rebalance_communities
from gridmap.rules import Band, Rules
from gridmap.scoring import compare_layer, compare_plans, tell_comparison
from gridmap.testing import draw_territory, random_territory

RULES = Rules.preset()


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 10_000), number=st.integers(1, 4))
def test_a_layer_counts_as_the_plan_it_was_drawn_from(seed: int, number: int) -> None:
    """Today's communities as a layer are today's communities as a plan of one unit each."""
    territory = random_territory(seed, rows=6, columns=6, communities=4, households=12_000)
    plan = rebalance_communities(territory, rules=RULES, number=number, seed=seed)
    today = territory.units.frame["community_id"].rename("grid_id")
    layer = territory.units.communities
    told = compare_layer(layer, plan)
    persons = plan.territory.units.frame["households"]
    frame = told.matrix.pivot_table(
        index="before_id", columns="after_id", values="households", aggfunc="sum", fill_value=0
    )
    for old in today.unique():
        for new in plan.assignment.unique():
            units = today.index[(today == old) & (plan.assignment.reindex(today.index) == new)]
            expected = int(persons.reindex(units).sum())
            found = frame.get(new, {}).get(old, 0)
            assert found == expected
    assert told.level == "community"
    assert told.counted == "persons"
    assert told.counts["estimated"] == 0
    assert told.measures["total"].before == told.measures["total"].after == int(persons.sum())
    inside = persons.groupby(today).sum().between(RULES.communities.lower, RULES.communities.upper)
    assert told.measures["outside"].before == int((~inside).sum())
    assert told.measures["number"] == (len(layer), len(plan.grids))


def test_the_same_as_two_plans_in_either_order() -> None:
    toy = draw_territory("abcdefgh", households=1300, communities="11223344")
    before = rebalance_communities(toy, rules=RULES, number=0)
    assert set(before.changes["change"]) == {"U"}
    after = rebalance_communities(toy, rules=RULES, number=3)
    plans = compare_plans(before, after)
    layer = compare_layer(toy.units.communities, after)
    for key in ("number", "judged", "mean", "smallest", "largest", "outside", "total"):
        assert layer.measures[key] == plans.measures[key], key
    assert dict(layer.counts) == pytest.approx(dict(plans.counts))
    assert layer.matrix.drop(columns="area_m2").equals(plans.matrix.drop(columns="area_m2"))
    assert tell_comparison(layer) == tell_comparison(plans)
    assert tell_comparison(layer, language="en") == tell_comparison(plans, language="en")
    back = compare_layer(toy.units.communities, after, plan_is="before")
    assert back.counts["moved"] == compare_plans(after, before).counts["moved"]
    assert back.counts["before_S"] == layer.counts["after_M"]


def test_a_line_of_the_layer_that_cuts_units_is_an_estimate() -> None:
    toy = draw_territory("ab", households=1000)
    plan = rebalance_communities(toy, rules=RULES, number=0)
    west, south, east, north = toy.units.communities.total_bounds
    middle = west + (east - west) * 0.25
    layer = gpd.GeoDataFrame(
        {"division_id": ["w", "e"]},
        geometry=[shapely.box(west, south, middle, north), shapely.box(middle, south, east, north)],
        crs=toy.units.crs,
    )
    told = compare_layer(layer, plan, band=Band(1, 2000))
    assert told.counts["estimated"] == 2620
    assert "compare_shared_by_area" in {finding.code for finding in told.findings}
    held = told.changes.set_index("id")["households"]
    assert held["w"] + held["e"] == 5240
    assert held["w"] == pytest.approx(1310, abs=5)
    assert told.measures["outside"].before == 1


def test_counts_of_the_layer_that_differ_are_said() -> None:
    toy = draw_territory("ab", households=1000)
    plan = rebalance_communities(toy, rules=RULES, number=0)
    layer = toy.units.communities.assign(population=np.array([5000]))
    (said,) = [f for f in compare_layer(layer, plan).findings if f.code == "compare_counts_differ"]
    assert "5,000" in said.en
    assert "5,240" in said.zh


def test_todays_grids_are_compared_with_a_plan_of_grids() -> None:
    toy = draw_territory("AAAABBBB", households=100)
    plan = gridmap.make_plan(toy, rules=RULES)
    layer = plan.grids[["name", "geometry"]].rename_axis("division_id").dissolve()
    layer.index = ["all"]
    told = compare_layer(layer, plan)
    assert (told.level, told.counted) == ("grid", "households")
    assert told.measures["outside"].before is None, "grids of other rules have no band"
    assert told.counts["before_S"] == 1
    assert told.measures["total"] == (800, 800)


def test_what_has_nothing_in_common_or_no_ids_is_refused() -> None:
    toy = draw_territory("ab", households=1000)
    plan = rebalance_communities(toy, rules=RULES, number=0)
    away = toy.units.communities.assign(geometry=lambda f: f.geometry.translate(1, 0))
    with pytest.raises(RefusedInput, match="no land in common"):
        compare_layer(away, plan)
    twice = toy.units.communities.iloc[[0, 0]]
    with pytest.raises(InvalidOption, match="id of its own"):
        compare_layer(twice, plan)
