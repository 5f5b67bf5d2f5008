"""The clarity of borders as plain data, in the shape that ``gridmap analyse --json`` prints."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from gridmap.boundaries.clear_lines import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd

    from gridmap.boundaries.clarity import Clarity

    Place = Callable[[float, float], tuple[float, float]]


def keep_place(x: float, y: float) -> tuple[float, float]:
    """Return a place as it is: the default.

    Examples
    --------
    >>> keep_place(1.0, 2.0)
    (1.0, 2.0)
    """
    return x, y


def summarise_clarity(clarity: Clarity, *, to_lonlat: Place = keep_place) -> dict[str, Any]:
    """Return the clarity of borders as plain data for JSON.

    Parameters
    ----------
    clarity
        As measured.
    to_lonlat
        Called as ``to_lonlat(x, y)`` for every point, for example the ``transform`` of a
        ``pyproj.Transformer`` with ``always_xy=True``; without it points stay in metres.

    Returns
    -------
    dict
        ``border_m`` and ``clear_share`` of shared borders, ``by_kind`` (metres on each kind, and
        ``none``), ``outer_border_m``, ``outer_clear_share``; ``unclear``, ``split_compounds``,
        ``split_buildings``, ``parted_roads``: lists of items with ``ids``, ``area_m2``,
        ``households`` (None where it does not apply or is not known) and ``point``. Without any
        shared border ``clear_share`` is None.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from gridmap.boundaries.clarity import measure_clarity
    >>> land = gpd.GeoDataFrame({"division_id": ["A", "B"]}, crs=4547,
    ...     geometry=[shapely.box(0, 0, 100, 200), shapely.box(100, 0, 200, 200)])
    >>> told = summarise_clarity(measure_clarity(land))
    >>> told["border_m"], told["clear_share"], told["unclear"][0]["point"]
    (200.0, 0.0, [100.0, 100.0])
    """
    borders, outer = clarity.borders, clarity.outer
    by_kind = {kind: float(borders[f"{kind}_m"].sum()) for kind in KINDS}
    total = float(borders["length_m"].sum())
    by_kind["none"] = max(total - sum(by_kind.values()), 0.0)
    return {
        "border_m": total,
        "clear_share": _share(borders),
        "by_kind": by_kind,
        "outer_border_m": float(outer["length_m"].sum()),
        "outer_clear_share": _share(outer),
        "unclear": _tell_lines(clarity.unclear, "stretch_id", to_lonlat),
        "split_compounds": _tell_splits(clarity.split_compounds, to_lonlat),
        "split_buildings": _tell_splits(clarity.split_buildings, to_lonlat),
        "parted_roads": _tell_lines(clarity.parted_roads, "name", to_lonlat),
    }


def _share(borders: gpd.GeoDataFrame) -> float | None:
    length = borders["length_m"].to_numpy(dtype=np.float64)
    clear = borders["clear_share"].to_numpy(dtype=np.float64)
    return float((length * clear).sum() / length.sum()) if length.sum() > 0 else None


def _find_points(frame: gpd.GeoDataFrame, to_lonlat: Place) -> list[list[float]]:
    """Return a point in the middle of each line (its longest part), or inside each polygon."""
    shapes = np.array(frame.geometry.to_numpy(), dtype=object)
    parts, owner = shapely.get_parts(shapes, return_index=True)
    order = np.lexsort((-shapely.length(parts), owner))
    longest = parts[order[np.unique(owner[order], return_index=True)[1]]]
    points = shapely.point_on_surface(longest)
    lines = shapely.get_type_id(longest) == 1
    points[lines] = shapely.line_interpolate_point(longest[lines], 0.5, normalized=True)
    places = (to_lonlat(float(x), float(y)) for x, y in shapely.get_coordinates(points))
    return [[float(x), float(y)] for x, y in places]


def _tell_lines(frame: gpd.GeoDataFrame, column: str, to_lonlat: Place) -> list[dict[str, Any]]:
    """Return one item a stretch or road; a line has no area and no households."""
    columns = (frame[name] for name in ("division_a", "division_b", column, "length_m"))
    return [
        {
            "ids": [str(a), str(b)],
            "area_m2": 0.0,
            "households": None,
            "point": point,
            column: str(name),
            "length_m": float(length),
        }
        for a, b, name, length, point in zip(*columns, _find_points(frame, to_lonlat), strict=True)
    ]


def _tell_splits(frame: gpd.GeoDataFrame, to_lonlat: Place) -> list[dict[str, Any]]:
    """Return one item a place, with what lies on each side."""
    columns = (frame[name] for name in ("place_id", "name", "division_id", "share", "area_m2"))
    households = [None if pd.isna(value) else int(value) for value in frame["households"]]
    rows = zip(*columns, households, _find_points(frame, to_lonlat), strict=True)
    items = []
    for place, grouped in groupby(rows, key=itemgetter(0)):
        sides = list(grouped)
        known = [row[5] for row in sides if row[5] is not None]
        items.append(
            {
                "ids": [str(row[2]) for row in sides],
                "area_m2": float(sum(row[4] for row in sides)),
                "households": sum(known) if len(known) == len(sides) else None,
                "point": sides[0][6],
                "place_id": str(place),
                "name": str(sides[0][1]),
                "sides": [
                    {
                        "division_id": str(row[2]),
                        "share": float(row[3]),
                        "area_m2": float(row[4]),
                        "households": row[5],
                    }
                    for row in sides
                ],
            }
        )
    return items
