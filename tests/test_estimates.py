"""Households estimated from floor area: sums are exact, and everything is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.crs import metric_crs, storage_crs
from gridmap.errors import InvalidOption
from gridmap.estimates import estimate_households, share_total
from gridmap.model import Sources
from gridmap.rules import Rules

if TYPE_CHECKING:
    from pathlib import Path

RULES = Rules.preset("default")
CRS, METRIC = storage_crs(113, 23), metric_crs(113, 23)
SIDE = 0.0002


def town(floors: list[float], *, totals: list[int] | None = None, **columns: Any) -> Sources:
    """Return buildings in a row, half of them in each of two communities."""
    n = len(floors)
    west = 113 + np.arange(n) * 2 * SIDE
    frame = gpd.GeoDataFrame(
        {"building_id": [f"B{i}" for i in range(n)], "floors": floors, **columns},
        geometry=shapely.box(west, 23, west + SIDE, 23 + SIDE),
        crs=CRS,
    )
    layers = {"buildings": frame}
    if totals is not None:
        middle = 113 + n * SIDE - SIDE / 2
        areas = [
            shapely.box(112.9, 22.9, middle, 23.1),
            shapely.box(middle, 22.9, 113.9, 23.1),
        ]
        layers["communities"] = gpd.GeoDataFrame(
            {"community_id": ["C1", "C2"], "households": totals}, geometry=areas, crs=CRS
        )
    return Sources(layers, CRS, METRIC)


@given(st.integers(0, 10_000), st.lists(st.floats(0, 1e6), min_size=1, max_size=40))
def test_shares_add_up_to_the_total_and_stay_within_one_of_their_quota(
    total: int, weights: list[float]
) -> None:
    shares = share_total(total, np.array(weights))
    if sum(weights) > 0:
        assert shares.sum() == total
        quota = total * np.array(weights) / sum(weights)
        assert (np.abs(shares - quota) < 1 + 1e-6).all()
    assert (shares >= 0).all()


@given(st.lists(st.integers(1, 30), min_size=2, max_size=20), st.integers(0, 5000))
@settings(max_examples=30, deadline=None)
def test_a_given_total_is_met_exactly(floors: list[float], total: int) -> None:
    done = estimate_households(town(floors), rules=RULES, total=total)
    assert done.read_households == total
    assert done.layers["buildings"]["households"].sum() == total


@given(st.lists(st.integers(1, 30), min_size=2, max_size=20), st.integers(0, 900))
@settings(max_examples=30, deadline=None)
def test_the_totals_of_communities_are_met_exactly(floors: list[float], first: int) -> None:
    half = len(floors) // 2
    done = estimate_households(town(floors, totals=[first, 500]), rules=RULES)
    counts = done.layers["buildings"]["households"].to_numpy()
    assert (
        counts[: half + len(floors) % 2].sum() + counts[half + len(floors) % 2 :].sum()
        == first + 500
    )
    assert done.read_households == first + 500


def test_without_a_total_it_is_floor_area_by_the_area_of_a_household() -> None:
    sources = town([10, 20])
    area = sources.layers["buildings"].to_crs(METRIC).area.to_numpy()
    done = estimate_households(sources, rules=RULES)
    expected = area * np.array([10, 20]) / 94.5
    assert np.abs(done.layers["buildings"]["households"] - expected).max() <= 1
    codes = [finding.code for finding in done.findings]
    assert codes == ["households_estimated"]
    assert "94.5" in done.findings[0].en


def test_counted_households_are_never_changed() -> None:
    sources = town([10, 20], households=[7, 9])
    assert estimate_households(sources, rules=RULES) is sources


def test_only_the_missing_counts_are_estimated() -> None:
    done = estimate_households(
        town([5, 5, 5], households=[7.0, np.nan, 9.0]), rules=RULES, total=40
    )
    assert list(done.layers["buildings"]["households"]) == [7, 24, 9]


def test_a_total_below_what_is_counted_is_refused() -> None:
    with pytest.raises(InvalidOption):
        estimate_households(town([5, 5], households=[30.0, np.nan]), rules=RULES, total=10)


@pytest.mark.parametrize("total", [-1, 10**12])
def test_an_impossible_total_is_refused(total: int) -> None:
    with pytest.raises(InvalidOption):
        estimate_households(town([5, 5]), rules=RULES, total=total)


def test_unknown_floors_take_the_median_where_most_are_known() -> None:
    done = estimate_households(town([6, 6, 6, np.nan]), rules=RULES)
    assert len(set(done.layers["buildings"]["households"])) <= 2
    assumed = next(f for f in done.findings if f.code == "floors_assumed")
    assert assumed.count == 1
    assert "median" in assumed.en


def test_unknown_floors_are_one_where_most_are_unknown() -> None:
    done = estimate_households(town([6, np.nan, np.nan, np.nan]), rules=RULES)
    counts = done.layers["buildings"]["households"].to_numpy()
    assert counts[0] > 4 * counts[1]


def test_garages_hold_no_household() -> None:
    done = estimate_households(
        town([5, 5, 5], use=["residential", "other", ""]), rules=RULES, total=100
    )
    assert list(done.layers["buildings"]["households"]) == [50, 0, 50]


def test_a_total_without_buildings_is_said_not_lost() -> None:
    sources = town([5, 5], totals=[100, 50], use=["residential", "other"])
    done = estimate_households(sources, rules=RULES)
    lost = next(f for f in done.findings if f.code == "estimate_without_buildings")
    assert lost.count == 50
    assert lost.where == ("C2",)
    assert done.read_households == 100


def test_suzhou_holds_about_44_000_households(shared_data: Path) -> None:
    from gridmap.sources import read_sources

    sources = read_sources(shared_data / "suzhou_buildings.geojson")
    done = estimate_households(sources, rules=RULES)
    assert 43_000 < done.read_households < 45_000


def test_a_total_that_counts_make_useless_is_said_and_not_used() -> None:
    sources = town([6.0, 3.0], households=[20, 30])
    done = estimate_households(sources, rules=RULES, total=20_000)
    said = next(item for item in done.findings if item.code == "households_total_unused")
    assert said.severity == "warning"
    assert "20000" in said.zh
    assert list(done.layers["buildings"]["households"]) == [20, 30]
    assert not estimate_households(sources, rules=RULES).findings


def test_the_source_of_the_floor_area_is_readable_in_both_languages() -> None:
    said = estimate_households(town([6.0]), rules=RULES).findings[0]
    assert "FIELD" not in str(said.as_dict())
    assert "寿光公布数据" in said.zh
    assert "published figures of Shouguang" in said.en
