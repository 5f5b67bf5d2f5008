"""Dadukou, Chongqing: a 15-minute service radius (FIELD.md section 1 [report]), and what it moves.

The places are those of `test_dadukou`, with a station for each community to come, on seeded
buildings, and a street round every building. Printed: households within 15 minutes of a station of
their own community, before and after, without reach, with it as a term, and as a constraint.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from stories.test_dadukou import RULES, make_place

from gridmap.model import Plan, Territory
from gridmap.planning import measure_service, rebalance_communities
from gridmap.planning.reach_effect import tell_reach

PLACES: dict[str, dict[str, Any]] = {
    "Chunhui Road": {"blocks": (12, 14), "communities": 9, "townships": 1, "persons": 130_000,
                     "heavy": 1.7, "number": 10},
    "Dadukou": {"blocks": (24, 32), "communities": 66, "townships": 8, "persons": 470_000,
                "number": 54},
}  # fmt: skip


def draw_streets(territory: Territory) -> gpd.GeoDataFrame:
    edges = territory.units.frame.geometry.bounds
    xs = np.unique(np.round(np.r_[edges["minx"], edges["maxx"]], 9)).tolist()
    ys = np.unique(np.round(np.r_[edges["miny"], edges["maxy"]], 9)).tolist()
    lines = [shapely.LineString([(x, y) for y in ys]) for x in xs]
    lines += [shapely.LineString([(x, y) for x in xs]) for y in ys]
    return gpd.GeoDataFrame(geometry=lines, crs=territory.units.crs)


def draw_stations(territory: Territory, many: int, seed: int) -> gpd.GeoDataFrame:
    chosen = territory.units.frame.sample(many, random_state=seed).representative_point()
    ids = [f"S{number}" for number in range(many)]
    return gpd.GeoDataFrame({"station_id": ids}, geometry=chosen.to_list(), crs=territory.units.crs)


@pytest.mark.parametrize(("name", "seed"), [("Chunhui Road", 2), ("Dadukou", 1)])
def test_reach_is_won_without_leaving_the_band(name: str, seed: int) -> None:
    place = dict(PLACES[name])
    number = place.pop("number")
    territory = make_place(**place, seed=seed)
    served = measure_service(
        territory, draw_streets(territory), draw_stations(territory, number, seed)
    )
    bare = rebalance_communities(territory, rules=RULES, number=number)
    owner = territory.units.frame["community_id"]
    told = {"none": (bare, tell_reach(served, bare.territory, owner, bare.assignment,
                                      locked=frozenset()).about)}  # fmt: skip
    for wish in ("prefer", "require"):
        plan = rebalance_communities(
            territory, rules=RULES, number=number, service=replace(served, wish=wish)
        )
        told[wish] = (plan, dict(plan.about))
    for wish, (plan, about) in told.items():
        _tell(f"{name} seed {seed} {wish:8}", plan, about)
        assert len(plan.grids) == number
        assert plan.grids["in_band"].all()
    near = {wish: int(about["reach.after"]) for wish, (_, about) in told.items()}
    own = {wish: int(about["reach.own_after"]) for wish, (_, about) in told.items()}
    assert near["require"] >= near["prefer"]
    assert near["require"] > near["none"]
    assert own["prefer"] >= own["none"]
    assert near["require"] <= int(told["require"][1]["reach.attainable"])


def _tell(title: str, plan: Plan, about: dict[str, str]) -> None:
    total = int(about["reach.households"])
    share = {
        key: f"{int(about[f'reach.{key}']) / total:.1%}"
        for key in ("before", "after", "attainable", "own_before", "own_after")
    }
    assert plan.changes is not None
    moved = int(plan.changes["households_in"].sum())
    sys.stdout.write(
        f"{title} 15 min: {share['before']} -> {share['after']} (at most {share['attainable']}); "
        f"with the nearest station: {share['own_before']} -> {share['own_after']}; "
        f"{moved} persons moved\n"
    )
