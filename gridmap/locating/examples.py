"""A toy plan with addresses, for examples and tests: two grids on both sides of a road."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.addresses import collect_places
from gridmap.model import Plan
from gridmap.rules import Rules
from gridmap.testing import draw_territory

if TYPE_CHECKING:
    from gridmap.model import Territory

TOY = """
AAAABB
AAAABB
..CCBB
"""
WEST, EAST = "G-west", "G-east"
EAST_COLUMN = 3
"""Columns of the toy from this one on belong to the grid in the east."""


def draw_plan() -> Plan:
    """Draw two grids of one community: compound 锦绣花园 (A) lies in both, 建设路 between them.

    Returns
    -------
    Plan
        Grids ``G-west`` and ``G-east``; buildings 1-4 of 锦绣花园 (1 and 2 in the west), 富力广场
        小区 1栋 in the east, doors 1, 3, 5 of 建设路 in the west and 2, 4, 6 in the east,
        东华里小学 in the west, 崔庄村 group 3 in the east.

    Examples
    --------
    >>> draw_plan().grids["name"].to_list()
    ['祖庙社区第1网格', '祖庙社区第2网格']
    """
    territory = draw_territory(TOY, households=40)
    units = territory.units
    column = units.frame.index.str[-2:].astype(int)
    sides = [WEST if number < EAST_COLUMN else EAST for number in column]
    assignment = pd.Series(sides, index=units.frame.index, name="grid_id")
    communities = units.communities.assign(name="祖庙社区", township="祖庙街道")
    frame = units.frame
    units = dataclasses.replace(units, communities=communities, places=_places(territory))
    grids = _grids(frame, assignment)
    territory = dataclasses.replace(territory, units=units)
    return Plan(grids, territory, assignment, Rules.preset(), about={"seed": "7"})


def _grids(frame: gpd.GeoDataFrame, assignment: pd.Series[str]) -> gpd.GeoDataFrame:
    rows = []
    for serial, grid_id in enumerate((WEST, EAST), start=1):
        own = frame[assignment == grid_id]
        households = int(own["households"].sum())
        rows.append(
            {
                "grid_id": grid_id,
                "code": f"440604001001{serial:03d}",
                "name": f"祖庙社区第{serial}网格",
                "kind": "general",
                "area_type": "urban",
                "community_id": own["community_id"].iloc[0],
                "households": households,
                "lower": 300,
                "upper": 500,
                "in_band": 300 <= households <= 500,
                "reason_code": "",
                "reason": "",
                "reason_en": "",
                "area_m2": float(own["area_m2"].sum()),
                "perimeter_m": 1200.0,
                "site_id": "",
                "category": "",
                "host_id": "",
                "geometry": shapely.union_all(np.asarray(own.geometry.array)),
            }
        )
    return gpd.GeoDataFrame(rows, crs=frame.crs).set_index("grid_id")


def _places(territory: Territory) -> pd.DataFrame:
    """Return the places of the toy, each inside the unit it is said to be in."""
    frame = territory.units.frame
    centre = shapely.centroid(np.asarray(frame.geometry.array))
    spot = dict(zip(frame.index.tolist(), centre, strict=True))
    places = collect_places(
        buildings=_frame(
            {
                "building_id": ["b1", "b2", "b3", "b4", "b5"],
                "compound_id": ["A", "A", "A", "A", "B"],
                "name": ["1栋", "2栋", "3栋", "4栋", "1栋"],
            },
            [spot[key] for key in ("r00c00", "r00c01", "r00c03", "r01c03", "r00c04")],
        ),
        compounds=_frame(
            {"compound_id": ["A", "B"], "name": ["锦绣花园", "富力广场小区"]},
            [spot["r00c01"], spot["r00c04"]],
        ),
        sites=_frame({"site_id": ["s1"], "name": ["东华里小学"]}, [spot["r02c00"]]),
        doors=_frame(
            {
                "address": [f"建设路{n}号" for n in (1, 3, 5, 2, 4, 6)]
                + [f"崔庄村3组{n}号" for n in (1, 2)]
            },
            [spot[f"r0{row}c{column}"] for column in ("02", "03") for row in range(3)]
            + [spot["r02c05"]] * 2,
        ),
    )
    points = shapely.points(places["lon"], places["lat"])
    pairs = territory.units.frame.sindex.query(points, predicate="intersects")
    unit = {int(row): str(frame.index[n]) for row, n in pairs.T.tolist()}
    return places.assign(unit_id=[unit.get(row, "") for row in range(len(places))])


def _frame(columns: dict[str, list[str]], points: list[shapely.Geometry]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=points, crs=4490)
