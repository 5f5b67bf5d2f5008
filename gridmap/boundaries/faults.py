"""Gaps and overlaps between divisions, as `gridmap.checks` finds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import shapely

from gridmap.boundaries.parts import as_counts, count_homes
from gridmap.checks.coverage import tile_communities
from gridmap.checks.inspecting import Inspection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyproj import CRS

    from gridmap.checks.coverage import Place


class Faults(NamedTuple):
    """What divisions leave free, and what two of them claim.

    Attributes
    ----------
    gaps, overlaps, slivers
        Frames with ``ids`` (tuple), ``area_m2``, ``width_m`` (mean), ``households``, ``place`` and
        polygons in the metric CRS. Slivers are both kinds below a metre of mean width.
    """

    gaps: gpd.GeoDataFrame
    overlaps: gpd.GeoDataFrame
    slivers: gpd.GeoDataFrame


def find_faults(
    divisions: gpd.GeoDataFrame, homes: gpd.GeoDataFrame | None = None, *, stored: CRS
) -> Faults:
    r"""Find the land in no division and in two.

    Parameters
    ----------
    divisions
        ``division_id`` and polygons in a metric CRS.
    homes
        Points with ``households`` in the same CRS, or None.
    stored
        The lon/lat CRS of the input, in which topology is decided.

    Examples
    --------
    >>> from gridmap.boundaries.examples import STORED, draw_divisions
    >>> faults = find_faults(draw_divisions("ABB\nA.B\nAAB"), stored=STORED)
    >>> faults.gaps[["ids", "area_m2"]].round(-1).values.tolist()
    [[('A', 'B'), 10000.0]]
    """
    frame = divisions[["division_id", "geometry"]].rename(columns={"division_id": "community_id"})
    table = Inspection({"communities": frame.to_crs(stored)}, stored, divisions.crs)
    geometry = table.geometry("communities")
    if not len(geometry):
        empty = _as_frame([], divisions, homes, table)
        return Faults(empty, empty, empty)
    coverage = tile_communities(table, geometry)
    found = (coverage.gaps, coverage.overlaps, coverage.slivers)
    return Faults(*(_as_frame(places, divisions, homes, table) for places in found))


def _as_frame(
    places: Sequence[Place],
    divisions: gpd.GeoDataFrame,
    homes: gpd.GeoDataFrame | None,
    table: Inspection,
) -> gpd.GeoDataFrame:
    ids = divisions["division_id"].to_numpy(dtype=object)
    shapes = table.measure(np.array([place.shape for place in places], dtype=object))
    return gpd.GeoDataFrame(
        {
            "ids": [tuple(ids[c] for c in place.communities) for place in places],
            "area_m2": np.array([place.area_m2 for place in places], dtype=float),
            "width_m": np.array([place.width_m for place in places], dtype=float),
            "households": as_counts(count_homes(shapes, homes), len(places)),
            "place": shapely.point_on_surface(shapes),
        },
        geometry=shapes,
        crs=divisions.crs,
    )
