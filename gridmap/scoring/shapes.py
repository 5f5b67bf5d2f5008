"""Pieces, area, perimeter and compactness of grids, measured from their geometry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    from pyproj import CRS


def measure_shapes(grids: Any, metric_crs: CRS) -> pd.DataFrame:
    """Measure each grid.

    Parameters
    ----------
    grids
        GeoDataFrame indexed by ``grid_id``, in lon/lat.
    metric_crs
        Where metres are measured.

    Returns
    -------
    pandas.DataFrame
        Indexed as ``grids``: ``parts`` (pieces of land beyond the first; two pieces that touch in
        a point are two), ``area_m2``, ``perimeter_m`` (holes included), ``polsby_popper`` (0-1).

    Notes
    -----
    Polsby-Popper is 4 pi area / perimeter squared. Source: D. D. Polsby and R. D. Popper, "The
    Third Criterion", Yale Law & Policy Review 9 (1991).
    """
    geometry = np.asarray(grids.geometry.array, dtype=object)
    flat = np.asarray(grids.geometry.to_crs(metric_crs).array, dtype=object)
    area = shapely.area(flat)
    perimeter = shapely.length(flat)
    with_border = perimeter > 0
    compact = np.zeros(len(grids))
    np.divide(4 * np.pi * area, perimeter**2, out=compact, where=with_border)
    return pd.DataFrame(
        {
            "parts": np.maximum(count_pieces(geometry) - 1, 0),
            "area_m2": area,
            "perimeter_m": perimeter,
            "polsby_popper": compact,
        },
        index=grids.index,
    )


def count_pieces(geometry: Any) -> Any:
    """Count the pieces of land of each polygon, after mending what is not valid.

    Parameters
    ----------
    geometry
        (n,) array of polygons and multipolygons.

    Returns
    -------
    numpy.ndarray
        (n,) pieces; 0 for empty or missing land.
    """
    wrong = ~shapely.is_valid(geometry)
    if wrong.any():
        geometry = geometry.copy()
        mended = shapely.make_valid(geometry[wrong], method="structure", keep_collapsed=False)
        geometry[wrong] = mended
    return np.where(shapely.is_empty(geometry), 0, shapely.get_num_geometries(geometry))


def check_tiling(grids: Any, communities: Any) -> tuple[float, bool]:
    """Measure how well the grids of each community tile it.

    Parameters
    ----------
    grids
        GeoDataFrame with ``community_id``, in lon/lat.
    communities
        GeoDataFrame indexed by ``community_id``, in the same CRS.

    Returns
    -------
    error
        The largest difference, over the communities, between the area of a community and the sum
        of its grids' areas, as a share of the community's area. Measured in the plane of lon/lat,
        where the tiling is exact.
    valid
        Whether no two grids overlap and none meets another off a vertex.

    Notes
    -----
    Source: DESIGN.md section 3: grids of a community tile it, sum of areas equal.
    """
    land = pd.Series(shapely.area(np.asarray(communities.geometry.array)), communities.index)
    parts = pd.Series(shapely.area(np.asarray(grids.geometry.array)), grids.index)
    covered = parts.groupby(grids["community_id"]).sum().reindex(land.index, fill_value=0.0)
    whole = land.where(land > 0, 1.0)
    error = float(((covered - land).abs() / whole).max()) if len(land) else 0.0
    valid = bool(shapely.coverage_is_valid(np.asarray(grids.geometry.array)))
    return error, valid
