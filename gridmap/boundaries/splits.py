"""Splits: compounds and buildings that a border cuts apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gridmap.boundaries.border_chains import Geometries

LEAST_SHARE = 0.02
"""A place with less than this share of its area in a second division is not split: its outline
and the border were drawn from two maps; gridmap's own default."""
LEAST_AREA_M2 = 5.0
"""Nor with less than this area, below a room; gridmap's own default."""


def find_splits(
    places: gpd.GeoDataFrame | None,
    id_column: str,
    divisions: Geometries,
    ids: Geometries,
    homes: gpd.GeoDataFrame | None,
) -> gpd.GeoDataFrame:
    """Find the places with land in several divisions, and what lies on each side.

    Parameters
    ----------
    places
        Polygons, metres; None for none.
    id_column
        Their id; a place without one is named by its row.
    divisions, ids
        Tiled polygons (n,) in metres and their ids.
    homes
        Points with ``households``.

    Returns
    -------
    GeoDataFrame
        One row a split place and division: ``place_id``, ``name``, ``division_id``, ``share``,
        ``area_m2``, ``households`` (NA without homes), geometry (the part).

    Examples
    --------
    >>> yard = gpd.GeoDataFrame({"compound_id": ["X"]}, geometry=[shapely.box(0, 0, 40, 10)])
    >>> halves = np.array([shapely.box(0, 0, 10, 10), shapely.box(10, 0, 40, 10)])
    >>> found = find_splits(yard, "compound_id", halves, np.array(["A", "B"], dtype=object), None)
    >>> found[["place_id", "division_id", "share"]].values.tolist()
    [['X', 'A', 0.25], ['X', 'B', 0.75]]
    """
    if places is None or not len(places) or not len(divisions):
        return _frame([], [], [], [], [], None, getattr(places, "crs", None), [])
    shapes = np.array(places.geometry.to_numpy(), dtype=object)
    broken = ~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)
    shapes[broken] = shapely.make_valid(shapes[broken], method="structure")
    lone = shapely.STRtree(divisions).query(shapes, predicate="covered_by")[0]
    open_places = np.setdiff1d(np.arange(len(shapes)), lone)
    place, division = shapely.STRtree(divisions).query(shapes[open_places], predicate="intersects")
    place = open_places[place]
    parts = shapely.intersection(shapes[place], divisions[division])
    area = shapely.area(parts)
    real = area >= LEAST_AREA_M2
    real &= area >= LEAST_SHARE * shapely.area(shapes[place])
    place, division, parts, area = place[real], division[real], parts[real], area[real]
    split = np.bincount(place, minlength=len(shapes))[place] > 1
    place, division, parts, area = place[split], division[split], parts[split], area[split]
    order = np.lexsort((division, place))
    place, division, parts, area = place[order], division[order], parts[order], area[order]
    total = np.bincount(place, weights=area, minlength=len(shapes))[place]
    rows = pd.Series([f"row {n + 1}" for n in range(len(places))], dtype=object)
    named = places[id_column].reset_index(drop=True) if id_column in places else rows
    named = named.where(named.notna() & (named != ""), rows).astype(str)
    name = places["name"].fillna("").to_numpy() if "name" in places else [""] * len(places)
    return _frame(
        named.to_numpy(dtype=object)[place],
        np.array(name, dtype=object)[place],
        ids[division],
        area / total,
        area,
        count_households(parts, homes),
        places.crs,
        parts,
    )


def _frame(
    place: object, name: object, division: object, share: object, area: object,
    households: Iterable[Any] | None, crs: object, parts: object,
) -> gpd.GeoDataFrame:  # fmt: skip
    values = {
        "place_id": np.array(place, dtype=object),
        "name": np.array(name, dtype=object),
        "division_id": np.array(division, dtype=object),
        "share": np.array(share, dtype=float),
        "area_m2": np.array(area, dtype=float),
    }
    frame = gpd.GeoDataFrame(values, geometry=np.array(parts, dtype=object), crs=crs)
    counts = [pd.NA] * len(frame) if households is None else list(households)
    frame.insert(5, "households", pd.Series(counts, dtype="Int64"))
    return frame


def count_households(shapes: Geometries, homes: gpd.GeoDataFrame | None) -> Geometries | None:
    """Return the households in each shape, None without homes; a home on an edge is in both.

    Examples
    --------
    >>> homes = gpd.GeoDataFrame({"households": [3]}, geometry=[shapely.Point(1, 1)])
    >>> count_households(np.array([shapely.box(0, 0, 2, 2)]), homes).tolist()
    [3]
    """
    if homes is None:
        return None
    points = np.array(homes.geometry.to_numpy(), dtype=object)
    shape, home = shapely.STRtree(points).query(shapes, predicate="intersects")
    counts = homes["households"].fillna(0).to_numpy(dtype=np.float64)
    total = np.bincount(shape, weights=counts[home], minlength=len(shapes))
    return total.astype(np.int64)
