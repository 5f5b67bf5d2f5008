"""Divisions made for tests: frames of polygons in metres, with and without homes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pytest

from gridmap.boundaries.examples import MEASURED

if TYPE_CHECKING:
    from collections.abc import Callable

    import shapely


@pytest.fixture
def make_divisions() -> Callable[..., gpd.GeoDataFrame]:
    """Return the function that makes divisions of polygons, named A, B, C in their order."""

    def make(*shapes: shapely.Geometry) -> gpd.GeoDataFrame:
        ids = [chr(65 + n) for n in range(len(shapes))]
        return gpd.GeoDataFrame(
            {"division_id": ids, "name": ids}, geometry=list(shapes), crs=MEASURED
        )

    return make
