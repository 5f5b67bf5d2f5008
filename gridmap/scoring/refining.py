"""The common refinement of two divisions of the same land: who had each piece, who has it now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

SLIVER_M = 1.0
"""Pieces narrower than this on average are slivers of two drawings of one line, in metres
(gridmap's own default: outlines of two surveys agree to about a metre)."""
POLYGON = 3
"""Type number of a polygon. Source: GEOS."""


def refine_zones(before: gpd.GeoSeries, after: gpd.GeoSeries) -> gpd.GeoDataFrame:
    """Cut two divisions along each other's lines.

    Parameters
    ----------
    before, after
        Valid polygons by id, in one metric CRS.

    Returns
    -------
    GeoDataFrame
        One polygon a row: ``before_id`` and ``after_id`` (``""`` for land that the other division
        does not cover), ``area_m2``, ``sliver`` (mean width, 2 x area / perimeter, below
        `SLIVER_M`); sorted by both ids, then by area, largest first.

    Examples
    --------
    >>> import geopandas as gpd
    >>> one = gpd.GeoSeries({"a": shapely.box(0, 0, 100, 100)}, crs=4547)
    >>> two = gpd.GeoSeries({"b": shapely.box(0, 0, 60, 100)}, crs=4547)
    >>> refine_zones(one, two)[["before_id", "after_id", "area_m2"]].values.tolist()
    [['a', '', 4000.0], ['a', 'b', 6000.0]]
    """
    olds, news = before.to_numpy(), after.to_numpy()
    here, there = shapely.STRtree(news).query(olds, predicate="intersects")
    shared = shapely.intersection(olds[here], news[there])
    old_names, new_names = before.index.astype(str).to_numpy(object), after.index.astype(str)
    new_names = new_names.to_numpy(object)
    blank = np.full(max(len(olds), len(news)), "", object)
    return _frame_pieces(
        np.concatenate([old_names[here], old_names, blank[: len(news)]]),
        np.concatenate([new_names[there], blank[: len(olds)], new_names]),
        np.concatenate([shared, _rest(olds, news, here, there), _rest(news, olds, there, here)]),
        before.crs,
    )


def _rest(
    zones: NDArray[np.object_],
    others: NDArray[np.object_],
    here: NDArray[np.int64],
    there: NDArray[np.int64],
) -> NDArray[np.object_]:
    """Return what is left of each zone outside the other division."""
    met: list[list[int]] = [[] for _ in zones]
    for zone, other in zip(here.tolist(), there.tolist(), strict=True):
        met[zone].append(other)
    covers = np.array([shapely.union_all(others[places]) for places in met], object)
    return np.asarray(shapely.difference(zones, covers), object)


def _frame_pieces(
    before: NDArray[np.object_],
    after: NDArray[np.object_],
    shapes: NDArray[np.object_],
    crs: object,
) -> gpd.GeoDataFrame:
    """Return the polygons of some shapes, each with its two ids."""
    import geopandas as gpd

    parts, place = shapely.get_parts(shapes, return_index=True)
    inner, outer = shapely.get_parts(parts, return_index=True)
    parts, place = inner, place[outer]
    is_land = (shapely.get_type_id(parts) == POLYGON) & (shapely.area(parts) > 0)
    parts, place = parts[is_land], place[is_land]
    area = shapely.area(parts)
    frame = gpd.GeoDataFrame(
        {
            "before_id": before[place],
            "after_id": after[place],
            "area_m2": area,
            "sliver": 2.0 * area < SLIVER_M * shapely.length(parts),
        },
        geometry=parts,
        crs=crs,
    )
    frame = frame.astype({"before_id": "str", "after_id": "str"})
    order = frame.sort_values(
        ["before_id", "after_id", "area_m2"], ascending=[True, True, False], kind="stable"
    )
    return gpd.GeoDataFrame(order.reset_index(drop=True))


def join_pieces(pieces: gpd.GeoDataFrame, matrix: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return one shape for each row of a from-to matrix that has land, slivers left out.

    Parameters
    ----------
    pieces
        As `refine_zones` makes them.
    matrix
        ``before_id``, ``after_id``, ``households``, ``area_m2``, ``moved``.

    Returns
    -------
    GeoDataFrame
        The columns of the matrix, and the land as (multi)polygons.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd
    >>> zones = gpd.GeoSeries({"a": shapely.box(0, 0, 100, 100)}, crs=4547)
    >>> row = {"before_id": "a", "after_id": "a", "households": 9, "area_m2": 1e4, "moved": False}
    >>> len(join_pieces(refine_zones(zones, zones), pd.DataFrame([row])))
    1
    """
    import geopandas as gpd

    land = pieces[~pieces["sliver"]]
    keys = ["before_id", "after_id"]
    shapes = {
        key: shapely.union_all(group.to_numpy())
        for key, group in land.groupby(keys, sort=True)["geometry"]
    }
    rows = matrix[[key in shapes for key in zip(*(matrix[k] for k in keys), strict=True)]]
    geometry = [shapes[key] for key in zip(*(rows[k] for k in keys), strict=True)]
    return gpd.GeoDataFrame(rows.reset_index(drop=True), geometry=geometry, crs=pieces.crs)
