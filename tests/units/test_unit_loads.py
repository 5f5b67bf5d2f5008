"""Residents, workload and today's grids reach the units, and nothing is lost on the way."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from random_land import make_sources

from gridmap.model import Sources
from gridmap.rules import Rules
from gridmap.units import make_units
from gridmap.units.residents import share_residents

RULES = Rules.preset("default")


def with_column(sources: Sources, role: str, column: str, values: Any) -> Sources:
    return sources.with_layers(**{role: sources.layers[role].assign(**{column: values})})


@pytest.mark.parametrize("seed", range(6))
def test_residents_of_households_add_up_over_the_units(seed: int) -> None:
    sources = make_sources(seed)
    role = "households" if "households" in sources.layers else "buildings"
    people = np.random.default_rng(seed).integers(0, 6, len(sources.layers[role]))
    units = make_units(with_column(sources, role, "residents", people), rules=RULES)
    assert int(units.frame["residents"].sum()) == int(people.sum())
    assert "workload" not in units.frame
    plain = make_units(sources, rules=RULES)
    assert "residents" not in plain.frame
    assert plain.frame["households"].to_list() == units.frame["households"].to_list()


def test_rows_without_a_count_are_said() -> None:
    sources = make_sources(3)
    role = "households" if "households" in sources.layers else "buildings"
    work = np.full(len(sources.layers[role]), 2.0)
    work[0] = np.nan
    units = make_units(with_column(sources, role, "workload", work), rules=RULES)
    (said,) = [finding for finding in units.findings if finding.code == "load_missing"]
    assert said.count == 1
    assert int(units.frame["workload"].sum()) == 2 * (len(work) - 1)


def test_todays_grid_is_that_of_the_largest_overlap() -> None:
    sources = make_sources(5)
    west, south, east, north = sources.layers["communities"].total_bounds
    middle = (west + east) / 2
    halves = [shapely.box(west, south, middle, north), shapely.box(middle, south, east, north)]
    grids = gpd.GeoDataFrame({"grid_id": ["W", "E"]}, geometry=halves, crs=sources.crs)
    units = make_units(sources.with_layers(grids=grids), rules=RULES)
    frame = units.frame
    for shape, grid in zip(frame.geometry, frame["current_grid"], strict=True):
        west_part = shape.intersection(halves[0]).area
        east_part = shape.intersection(halves[1]).area
        if abs(west_part - east_part) > 1e-12:
            assert grid == ("W" if west_part > east_part else "E")


@pytest.mark.parametrize("seed", range(6))
def test_residents_of_communities_are_shared_and_conserved(seed: int) -> None:
    sources = make_sources(seed)
    layer = sources.layers["communities"]
    people = np.random.default_rng(seed).integers(1, 5000, len(layer))
    units = make_units(with_column(sources, "communities", "residents", people), rules=RULES)
    summed = units.frame.groupby("community_id")["residents"].sum()
    stated = dict(zip(layer["community_id"], people.tolist(), strict=True))
    assert summed.to_dict() == {name: stated[name] for name in summed.index}
    (said,) = [f for f in units.findings if f.code == "community_residents_shared"]
    assert set(said.where) == set(summed.index)
    lost = [f for f in units.findings if f.code == "community_residents_lost"]
    assert set(summed.index) | {name for f in lost for name in f.where} == set(stated)


def test_a_community_without_residents_has_the_others_factor() -> None:
    owner = np.array(["A", "A", "B", "C", "C"], object)
    homes, area = np.array([10, 30, 20, 0, 0]), np.array([1.0, 1.0, 1.0, 30.0, 10.0])
    layer = gpd.GeoDataFrame(
        {"community_id": ["A", "B", "C", "D"], "residents": [100.0, np.nan, 40.0, 7.0]},
        geometry=[None] * 4,
    )
    sources = make_sources(0).with_layers(communities=layer)
    people, said = share_residents(owner, homes, area, sources, None)
    assert people is not None
    assert people.tolist() == [25, 75, 50, 29, 11]
    codes = {f.code: f for f in said}
    assert codes["community_residents_missing"].where == ("B",)
    assert codes["community_residents_lost"].where == ("D",)
    assert "2.50" in codes["community_residents_shared"].en


def test_residents_of_rows_win_over_those_of_communities_and_it_is_said() -> None:
    sources = make_sources(1)
    role = "households" if "households" in sources.layers else "buildings"
    both = with_column(sources, role, "residents", 2)
    both = with_column(both, "communities", "residents", 999_999)
    units = make_units(both, rules=RULES)
    assert int(units.frame["residents"].sum()) == 2 * len(sources.layers[role])
    codes = [f.code for f in units.findings]
    assert "community_residents_passed_over" in codes
    assert "community_residents_shared" not in codes
