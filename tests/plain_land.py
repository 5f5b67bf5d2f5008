"""Sources in metres: small land with one thing on it at a time."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from gridmap.model import Sources, Territory, Units
from gridmap.rules import Rules

RULES = Rules.preset("default")
"""Grids of 300-500 households."""
DEGREES_A_METRE = np.array([1 / 102_400.0, 1 / 111_195.0])

TEXTS = {
    "communities": ("community_id", "name", "township", "area_type"),
    "buildings": ("building_id", "compound_id", "name", "address"),
    "households": ("household_id", "address", "building_id"),
    "compounds": ("compound_id", "name", "age_class", "address", "kind"),
    "sites": ("site_id", "name", "category", "owner", "address"),
    "roads": ("road_id", "name", "class"),
    "barriers": ("barrier_id", "name", "kind"),
}


def on_earth(shape: shapely.Geometry) -> shapely.Geometry:
    """Turn a shape in metres into degrees near Foshan."""
    return shapely.transform(shape, lambda xy: np.array([113.1, 23.0]) + xy * DEGREES_A_METRE)


def box(x: float, y: float, width: float, height: float) -> shapely.Polygon:
    return shapely.box(x, y, x + width, y + height)


def line(*points: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString(points)


def layer(role: str, rows: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    """Make a layer of rows with a ``shape`` in metres; texts not given are empty."""
    columns: dict[str, list[Any]] = {name: [r.get(name, "") for r in rows] for name in TEXTS[role]}
    for name in ("households", "entrances"):
        if any(name in row for row in rows):
            columns[name] = [row.get(name, 0) for row in rows]
    return gpd.GeoDataFrame(columns, geometry=[on_earth(r["shape"]) for r in rows], crs=4490)


def land(**layers: list[dict[str, Any]]) -> Sources:
    """Make sources; without communities all is the square ``C1`` of 400 m."""
    layers.setdefault("communities", [{"community_id": "C1", "shape": box(0, 0, 400, 400)}])
    frames = {role: layer(role, rows) for role, rows in layers.items()}
    return Sources(frames, CRS(4490), CRS(4547))


def houses(*places: tuple[float, float], households: int = 10) -> list[dict[str, Any]]:
    """Make houses ``B1``, ``B2``, ... of 20 m x 10 m at these corners."""
    return [
        {"building_id": f"B{n}", "shape": box(x, y, 20, 10), "households": households}
        for n, (x, y) in enumerate(places, start=1)
    ]


def units_of(sources: Sources) -> Units:
    from gridmap.units import make_units

    return make_units(sources, rules=RULES)


def territory_of(sources: Sources) -> Territory:
    from gridmap.adjacency import make_territory

    return make_territory(units_of(sources), sources, rules=RULES)


def homes_by_unit(units: Units) -> dict[str, int]:
    return {str(name): int(count) for name, count in units.frame["households"].items()}
