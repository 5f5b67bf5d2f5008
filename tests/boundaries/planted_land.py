"""Random land in lon/lat for tests of proposals: exclaves, point contacts, homes on borders."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from gridmap.boundaries.examples import MEASURED, STORED, draw_sources
from gridmap.model import Sources

LETTERS = "ABCDEF"


def draw_random(seed: int, size: int = 7) -> str:
    """Return a drawing of six blocks in which some squares belong to another division."""
    rng = np.random.default_rng(seed)
    block = np.add.outer(np.arange(size) * 2 // size * 3, np.arange(size) * 3 // size)
    flip = rng.random((size, size)) < 0.25
    block[flip] = rng.integers(0, len(LETTERS), flip.sum())
    return "\n".join("".join(LETTERS[n] for n in row) for row in block)


def warp(sources: Sources, seed: int) -> Sources:
    """Move corners by up to 20 m, shared ones together; put homes on corners; lay roads."""
    rng = np.random.default_rng(seed)
    frame = sources.layers["communities"].copy()
    moved: dict[tuple[float, ...], np.ndarray] = {}

    def shift(xy: np.ndarray) -> np.ndarray:
        for corner in sorted(map(tuple, xy.tolist())):
            if corner not in moved:
                moved[corner] = np.array(corner) + rng.uniform(-2e-4, 2e-4, 2)
        return np.array([moved[tuple(corner)] for corner in xy.tolist()])

    frame["geometry"] = [shapely.transform(shape, shift) for shape in frame.geometry]
    homes = sources.layers["households"]
    corners = list(moved.values())
    on_corners = [corners[n] for n in rng.integers(0, len(corners), 30)]
    anywhere = shapely.points(rng.uniform(*np.array(homes.total_bounds).reshape(2, 2), (60, 2)))
    points = [*homes.geometry, *shapely.points(on_corners), *anywhere]
    homes = gpd.GeoDataFrame(
        {
            "household_id": [f"H{n}" for n in range(len(points))],
            "households": rng.integers(1, 9, len(points)),
        },
        geometry=points,
        crs=STORED,
    )
    west, south, east, north = homes.total_bounds
    ends = rng.uniform((west, south), (east, north), (5, 2, 2))
    middle = ends.mean(axis=1, keepdims=True)
    lines = shapely.linestrings(middle + (ends - middle) * 9)
    roads = gpd.GeoDataFrame({"name": ["路"] * len(lines)}, geometry=lines, crs=STORED)
    return sources.with_layers(communities=frame, households=homes, roads=roads)


def make_land(seed: int) -> Sources:
    """Return random warped land with homes and roads."""
    return warp(draw_sources(draw_random(seed), households=1), seed)


def make_sources(shapes: dict[str, shapely.Geometry], **layers: gpd.GeoDataFrame) -> Sources:
    """Return sources of outlines in metres (added to a place in the zone), with other layers."""
    frame = gpd.GeoDataFrame(
        {"community_id": list(shapes), "name": list(shapes)},
        geometry=[at_place(shape) for shape in shapes.values()],
        crs=MEASURED,
    )
    stored = {role: layer.to_crs(STORED) for role, layer in layers.items()}
    return Sources({"communities": frame.to_crs(STORED), **stored}, crs=STORED, metric_crs=MEASURED)


def at_place(shape: shapely.Geometry) -> shapely.Geometry:
    """Return a shape moved to the place of the examples."""
    return shapely.transform(shape, lambda xy: xy + np.array([500_000.0, 2_550_000.0]))


def lay_out(shapes: list, **columns: object) -> gpd.GeoDataFrame:
    """Return a layer in metres at the place of the examples."""
    return gpd.GeoDataFrame(columns, geometry=[at_place(s) for s in shapes], crs=MEASURED)
