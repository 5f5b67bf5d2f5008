"""A compound of a few buildings, from sources to a plan, for tests of the levels below a grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely
from pyproj import CRS

from gridmap.model import Sources
from gridmap.planning import make_plan
from gridmap.rules import Rules
from gridmap.units import make_units

if TYPE_CHECKING:
    from gridmap.model import Plan

RULES = Rules.preset()
ONE_COMMUNITY = {"community_id": ["C1"], "name": ["东山社区"], "township": [""], "area_type": [""]}


def sources_of(
    buildings: list[dict[str, object]], homes: list[tuple[float, float]] = ()
) -> Sources:
    """Return one community of a square kilometre with buildings 40 m by 12 m, in metres."""
    east, north = 9.75e-6, 9.03e-6
    land = gpd.GeoDataFrame(
        ONE_COMMUNITY, geometry=[shapely.box(113.1, 23.0, 113.1 + 1e3 * east, 23.0 + 1e3 * north)],
        crs=4490,
    )  # fmt: skip
    yard = gpd.GeoDataFrame(
        {"compound_id": ["P1"], "name": ["锦绣花园"], "age_class": ["new"]},
        geometry=[shapely.box(113.1 + 1e-4, 23.0 + 1e-4, 113.109, 23.0085)],
        crs=4490,
    )
    layers = {"communities": land, "compounds": yard}
    if buildings:
        shapes = [
            shapely.box(
                113.1 + float(b["x"]) * east,
                23.0 + float(b["y"]) * north,
                113.1 + (float(b["x"]) + 40) * east,
                23.0 + (float(b["y"]) + 12) * north,
            )
            for b in buildings
        ]
        rows = pd.DataFrame(buildings).drop(columns=["x", "y"])
        layers["buildings"] = gpd.GeoDataFrame(rows, geometry=shapes, crs=4490)
    total = int(sum(int(b["households"]) for b in buildings)) if not homes else len(homes)
    if homes:
        points = [shapely.Point(113.1 + x * east, 23.0 + y * north) for x, y in homes]
        rows = pd.DataFrame({"household_id": [f"h{n}" for n in range(len(homes))], "households": 1})
        layers["households"] = gpd.GeoDataFrame(rows, geometry=points, crs=4490)
    return Sources(layers, CRS(4490), CRS(4547), read_households=total)


def plan_of(sources: Sources) -> Plan:
    from gridmap.adjacency import make_territory

    units = make_units(sources, rules=RULES)
    return make_plan(make_territory(units, sources, rules=RULES), rules=RULES)


def rows_of(**columns: object) -> list[dict[str, object]]:
    """Return twelve buildings in three rows, each with these columns."""
    return [
        {"building_id": f"B{n:02d}", "x": 100 + 80 * (n % 4), "y": 100 + 60 * (n // 4), **columns}
        for n in range(12)
    ]
