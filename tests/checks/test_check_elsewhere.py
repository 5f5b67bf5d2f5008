"""Layers that lie far from the communities are said, with the zone that would bring them back."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import CRS

from gridmap.checks import check_sources
from gridmap.findings import Finding
from gridmap.model import InputFile, Sources

LAND = shapely.box(113.1, 23.0, 113.12, 23.02)
LINES = shapely.linestrings(
    [[(113.1 + n / 1000, 23.0), (113.1 + n / 1000, 23.02)] for n in range(9)]
)


def read_as(shapes: np.ndarray, true: int, declared: int) -> np.ndarray:
    """Return shapes as they come out when a file in one zone is declared to be in another."""
    flat = gpd.GeoSeries(shapes, crs=4490).to_crs(true)
    return gpd.GeoSeries(flat.to_numpy(), crs=declared).to_crs(4490).to_numpy()


def district(role: str, shapes: np.ndarray, label: str = "EPSG:4490") -> Sources:
    communities = gpd.GeoDataFrame(
        {"community_id": ["C1"], "name": ["甲"]}, geometry=[LAND], crs=4490
    )
    layers = {"communities": communities, role: gpd.GeoDataFrame(geometry=shapes, crs=4490)}
    read = InputFile("f", "f", role, "", len(shapes), label)
    return Sources(layers, CRS(4490), CRS(4546), inputs=(read,))


def said(sources: Sources) -> list[Finding]:
    return [f for f in check_sources(sources) if "elsewhere" in f.code]


@pytest.mark.parametrize(("true", "declared"), [(4546, 4545), (4546, 4550), (4525, 4523)])
def test_roads_declared_in_a_wrong_zone_are_said_with_the_right_one(
    true: int, declared: int
) -> None:
    shapes = read_as(LINES, true, declared)
    (finding,) = said(district("roads", shapes, f"EPSG:{declared}"))
    assert (finding.code, finding.count) == ("layer_elsewhere", 9)
    assert f"EPSG:{true}" in finding.cure_en
    assert f"EPSG:{true}" in finding.cure_zh
    assert "--crs roads=EPSG:n" in finding.cure_zh
    assert not said(district("roads", LINES, f"EPSG:{true}"))


@pytest.mark.parametrize("role", ["stations", "sites", "doors"])
def test_points_far_away_are_said_without_a_guess(role: str) -> None:
    points = shapely.points(np.array([[113.5, 23.01], [113.51, 23.01], [113.52, 23.01]]))
    (finding,) = said(district(role, points))
    assert (finding.code, finding.count) == ("layer_elsewhere", 3)
    assert "Read as" not in finding.cure_en
    assert not said(district(role, shapely.points(np.array([[113.105, 23.01], [113.5, 23.0]]))))


def test_a_layer_that_covers_more_is_said_for_the_record() -> None:
    wide = shapely.points(np.column_stack([np.linspace(113.11, 113.9, 20), np.full(20, 23.01)]))
    (finding,) = said(district("sites", wide))
    assert (finding.code, finding.severity) == ("layer_mostly_elsewhere", "info")
    assert finding.count == 20


def test_rows_without_a_place_are_not_counted() -> None:
    points = np.array([None, shapely.Point(113.11, 23.01), shapely.Point(1e9, 2e9)], object)
    assert not said(replace(district("sites", points), inputs=()))
    assert not said(replace(district("sites", np.array([None, None], object)), inputs=()))
