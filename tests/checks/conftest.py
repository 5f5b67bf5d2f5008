"""A small district of four communities, clean until a test spoils it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import CRS

from gridmap.model import Sources

if TYPE_CHECKING:
    from collections.abc import Callable

WEST, SOUTH, SIDE = 113.1, 23.0, 0.01
Frames = dict[str, gpd.GeoDataFrame]


def _communities() -> gpd.GeoDataFrame:
    boxes = [
        shapely.box(
            WEST + c * SIDE, SOUTH + r * SIDE, WEST + (c + 1) * SIDE, SOUTH + (r + 1) * SIDE
        )
        for r in (0, 1)
        for c in (0, 1)
    ]
    return gpd.GeoDataFrame(
        {"community_id": ["C1", "C2", "C3", "C4"], "name": ["东风", "建设", "永安", "东华里"]},
        geometry=boxes,
        crs=4490,
    )


def _buildings() -> gpd.GeoDataFrame:
    number = np.arange(16)
    x = WEST + SIDE * (0.25 + 0.5 * (number % 4))
    y = SOUTH + SIDE * (0.25 + 0.5 * (number // 4))
    return gpd.GeoDataFrame(
        {
            "building_id": [f"B{n:02d}" for n in number],
            "compound_id": "",
            "name": "",
            "floors": 6,
            "entrances": 2,
        },
        geometry=shapely.box(x, y, x + SIDE / 20, y + SIDE / 20),
        crs=4490,
    )


def _households(buildings: gpd.GeoDataFrame, each: int = 5) -> gpd.GeoDataFrame:
    points = np.repeat(shapely.centroid(np.asarray(buildings.geometry.to_numpy())), each)
    return gpd.GeoDataFrame(
        {
            "household_id": [f"H{n:03d}" for n in range(len(points))],
            "address": "",
            "building_id": np.repeat(buildings["building_id"].to_numpy(), each),
            "households": 1,
        },
        geometry=points,
        crs=4490,
    )


@pytest.fixture
def frames() -> Frames:
    """Return the clean layers, to be spoiled."""
    buildings = _buildings()
    return {
        "communities": _communities(),
        "buildings": buildings,
        "households": _households(buildings),
    }


@pytest.fixture
def as_sources() -> Callable[[Frames], Sources]:
    """Return the function that makes sources of layers."""

    def make(frames: Frames) -> Sources:
        return Sources(frames, crs=CRS(4490), metric_crs=CRS(4546))

    return make
