"""The share of each division within a walk of any station (覆盖率)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gridmap.boundaries.reach_inputs import take_divisions

if TYPE_CHECKING:
    import geopandas as gpd

    from gridmap.boundaries.road_noding import Bools, Floats, Geometries, Ints
    from gridmap.findings import Finding

ROUNDING_M = 1e-6
"""A walk longer than the limit by no more than this is within it."""


def cover_divisions(
    divisions: gpd.GeoDataFrame | None,
    spots: Geometries,
    table: pd.DataFrame,
    limits: Floats,
    land: Geometries,
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return the share of each division within each limit of any station.

    Parameters
    ----------
    divisions
        Polygons with ``division_id``, or None.
    spots, table
        The points of the homes, and their ``households`` and ``minutes``.
    limits
        (l,) minutes.
    land
        Reached land, station by station, each with its limits.

    Examples
    --------
    >>> cover_divisions(
    ...     None, np.empty(0, dtype=object), pd.DataFrame({"households": [], "minutes": []}),
    ...     np.array([15.0]), np.empty(0, dtype=object),
    ... )[0].empty
    True
    """
    ids, shapes, findings = take_divisions(divisions)
    owner = np.full(len(spots), -1, dtype=np.int64)
    if len(shapes) and len(spots):
        division, home = shapely.STRtree(spots).query(shapes, predicate="covers")
        owner[home[::-1]] = division[::-1]
    households = table["households"].to_numpy(dtype=np.int64)
    walked = table["minutes"].to_numpy(dtype=np.float64)
    area = np.asarray(shapely.area(shapes), dtype=np.float64)

    def total(chosen: Bools) -> Ints:
        held = chosen & (owner >= 0)
        summed = np.bincount(owner[held], weights=households[held], minlength=len(ids))
        return summed.astype(np.int64)

    rows = []
    every = total(np.ones(len(owner), dtype=bool))
    for number, limit in enumerate(limits.tolist()):
        joined = shapely.union_all(land[number :: len(limits)])
        inside = np.asarray(shapely.area(shapely.intersection(shapes, joined)), dtype=np.float64)
        near = total(walked <= limit + ROUNDING_M)
        rows.append(
            pd.DataFrame(
                {
                    "division_id": ids,
                    "minutes": limit,
                    "households": every,
                    "households_within": near,
                    "household_share": np.where(every > 0, near / np.maximum(every, 1), 1.0),
                    "area_m2": area,
                    "area_within_m2": inside,
                    "area_share": np.where(area > 0, inside / np.where(area > 0, area, 1.0), 1.0),
                }
            )
        )
    return pd.concat(rows, ignore_index=True), findings
