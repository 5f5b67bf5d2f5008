"""No household is dropped in silence: read = planned + set aside, whatever the input."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from gridmap.checks import count_households, repair_sources
from gridmap.checks.inspecting import counting_role
from gridmap.model import Sources

if TYPE_CHECKING:
    from numpy.typing import NDArray


def dirty_geometry(
    rng: np.random.Generator, shapes: NDArray[np.object_], share: float
) -> NDArray[np.object_]:
    """Spoil a share of geometries: none, empty, NaN, (0, 0), far away, self-crossing."""
    spoiled = np.array(shapes, dtype=object)
    for row in np.flatnonzero(rng.random(len(spoiled)) < share):
        x, y = 113.1 + rng.random() / 30, 23.0 + rng.random() / 30
        spoiled[row] = [
            None,
            shapely.Polygon(),
            shapely.points([[np.nan, 1.0]])[0],
            shapely.Point(0, 0),
            shapely.Point(500, 23),
            shapely.Point(113.5, 23.5),
            shapely.LineString([(x, y), (x + 0.01, y)]),
            shapely.Polygon([(x, y), (x + 0.01, y + 0.01), (x + 0.01, y), (x, y + 0.01)]),
            shapely.box(x, y, x + 0.004, y + 0.006),
        ][rng.integers(9)]
    return spoiled


def dirty_ids(rng: np.random.Generator, letter: str, number: int) -> list[object]:
    """Return ids of which some are empty, doubled, odd or not text."""
    ids = [f"{letter}{n}" for n in range(number)]
    for row in np.flatnonzero(rng.random(number) < 0.2):
        ids[row] = ["", f"{letter}0", "\u202e<b>", None, 17.0][rng.integers(5)]
    return ids


def dirty_counts(rng: np.random.Generator, number: int) -> list[object]:
    """Return households of which some are absent, negative, fractional or text."""
    values = list(rng.integers(0, 9, number).astype(object))
    for row in np.flatnonzero(rng.random(number) < 0.2):
        values[row] = [None, -4, 2.5, "户", float("nan"), 1e12][rng.integers(6)]
    return values


def dirty_sources(
    seed: int, communities: int, buildings: int, households: int, *, counted: bool
) -> Sources:
    rng = np.random.default_rng(seed)
    grid = [
        shapely.box(113.1 + 0.01 * (n % 3), 23 + 0.01 * (n // 3), 113.11 + 0.01 * (n % 3),
                    23.01 + 0.01 * (n // 3))
        for n in range(communities)
    ]  # fmt: skip
    x, y = 113.1 + rng.random(buildings) / 30, 23 + rng.random(buildings) / 30
    frames = {
        "communities": gpd.GeoDataFrame(
            {
                "community_id": dirty_ids(rng, "C", communities),
                "name": dirty_ids(rng, "社", communities),
            },
            geometry=dirty_geometry(rng, grid, 0.3),
            crs=4490,
        ),
        "buildings": gpd.GeoDataFrame(
            {"building_id": dirty_ids(rng, "B", buildings), "floors": 6},
            geometry=dirty_geometry(rng, shapely.box(x, y, x + 3e-4, y + 2e-4), 0.2),
            crs=4490,
        ),
    }
    if counted:
        frames["buildings"]["households"] = dirty_counts(rng, buildings)
    if households:
        points = shapely.points(
            113.1 + rng.random(households) / 30, 23 + rng.random(households) / 30
        )
        named = [f"B{n}" if n >= 0 else "" for n in rng.integers(-3, buildings + 2, households)]
        frames["households"] = gpd.GeoDataFrame(
            {
                "household_id": dirty_ids(rng, "H", households),
                "building_id": named,
                "households": dirty_counts(rng, households),
            },
            geometry=dirty_geometry(rng, points, 0.3),
            crs=4490,
        )
        doubled = frames["households"].iloc[rng.integers(0, households, 3)]
        frames["households"] = pd.concat([frames["households"], doubled], ignore_index=True)
    return Sources(frames, CRS(4490), CRS(4546))


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    communities=st.integers(1, 9),
    buildings=st.integers(1, 20),
    households=st.integers(0, 40),
    counted=st.booleans(),
)
def test_read_is_planned_plus_set_aside(
    seed: int, communities: int, buildings: int, households: int, *, counted: bool
) -> None:
    sources = dirty_sources(seed, communities, buildings, households, counted=counted)
    repaired = repair_sources(sources)
    counting = counting_role(dict(sources.layers))
    planned = int(repaired.layers[counting]["households"].sum()) if counting else 0
    adopted = 0
    if counting == "households":
        rows = repaired.layers["households"]
        # one row for each building of a community that the household file does not cover
        added = rows["household_id"].str.startswith("buildings:")
        adopted = int(rows["households"][added].sum())
    assert repaired.read_households == count_households(sources) + adopted
    assert repaired.read_households == planned + int(repaired.set_aside["households"].sum())
    assert_clean(repaired)


def assert_clean(repaired: Sources) -> None:
    """What comes out of a repair can be planned without looking back."""
    land = np.asarray(repaired.layers["communities"].geometry.to_numpy(), dtype=object)
    for role, column in (("communities", "community_id"), ("buildings", "building_id")):
        frame = repaired.layers[role]
        given_ids = frame[column][frame[column] != ""]
        assert given_ids.is_unique
        assert frame.geometry.notna().all()
        assert frame.geometry.is_valid.all()
        assert list(frame.index) == list(range(len(frame)))
    if not len(land):
        return
    assert shapely.coverage_is_valid(land)
    union = shapely.union_all(land)
    for role in ("buildings", "households"):
        frame = repaired.layers.get(role)
        if frame is not None and len(frame):
            lodged = (
                frame["building_id"].isin(repaired.layers["buildings"]["building_id"])
                if role == "households"
                else pd.Series(data=False, index=frame.index)
            )
            assert (frame.geometry.intersects(union) | lodged).all()


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_repairing_twice_changes_nothing_and_loses_nothing(seed: int) -> None:
    once = repair_sources(dirty_sources(seed, 6, 12, 30, counted=False))
    twice = repair_sources(once)
    assert twice.read_households == once.read_households
    assert len(twice.set_aside) == len(once.set_aside)
    for role, frame in once.layers.items():
        assert frame.geometry.equals(twice.layers[role].geometry)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_same_input_gives_the_same_findings(seed: int) -> None:
    first = repair_sources(dirty_sources(seed, 6, 12, 30, counted=True))
    second = repair_sources(dirty_sources(seed, 6, 12, 30, counted=True))
    assert first.findings == second.findings
    assert first.set_aside.equals(second.set_aside)
