"""The clarity of borders as plain data, in the shape that ``gridmap analyse --json`` prints."""

from __future__ import annotations

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
        shared border ``clear_share`` is 1.

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
    unclear = [
        {**_item([row.division_a, row.division_b], row.geometry, to_lonlat),
         "stretch_id": row.stretch_id, "length_m": float(row.length_m)}
        for row in clarity.unclear.itertuples(index=False)
    ]  # fmt: skip
    parted = [
        {**_item([row.division_a, row.division_b], row.geometry, to_lonlat),
         "name": row.name, "length_m": float(row.length_m)}
        for row in clarity.parted_roads.itertuples(index=False)
    ]  # fmt: skip
    return {
        "border_m": total,
        "clear_share": _share(borders),
        "by_kind": by_kind,
        "outer_border_m": float(outer["length_m"].sum()),
        "outer_clear_share": _share(outer),
        "unclear": unclear,
        "split_compounds": _tell_splits(clarity.split_compounds, to_lonlat),
        "split_buildings": _tell_splits(clarity.split_buildings, to_lonlat),
        "parted_roads": parted,
    }


def _share(borders: gpd.GeoDataFrame) -> float:
    length = borders["length_m"].to_numpy(dtype=np.float64)
    clear = borders["clear_share"].to_numpy(dtype=np.float64)
    return float((length * clear).sum() / length.sum()) if length.sum() > 0 else 1.0


def _item(ids: list[str], shape: shapely.Geometry, to_lonlat: Place) -> dict[str, Any]:
    """Return ids, area, households and a point in the middle of a line or inside a polygon."""
    parts = shapely.get_parts(shape)
    if shapely.area(shape) > 0:
        point = shapely.point_on_surface(shape)
    else:
        longest = parts[int(np.argmax(shapely.length(parts)))]
        point = shapely.line_interpolate_point(longest, 0.5, normalized=True)
    x, y = to_lonlat(float(point.x), float(point.y))
    return {"ids": ids, "area_m2": 0.0, "households": None, "point": [float(x), float(y)]}


def _tell_splits(frame: gpd.GeoDataFrame, to_lonlat: Place) -> list[dict[str, Any]]:
    """Return one item a place, with what lies on each side."""
    items = []
    for place, sides in frame.groupby("place_id", sort=False):
        known = not bool(sides["households"].isna().any())
        told = _item(sides["division_id"].tolist(), sides.geometry.iloc[0], to_lonlat)
        told["area_m2"] = float(sides["area_m2"].sum())
        told["households"] = int(sides["households"].sum()) if known else None
        told["place_id"], told["name"] = str(place), str(sides["name"].iloc[0])
        told["sides"] = [
            {
                "division_id": row.division_id,
                "share": float(row.share),
                "area_m2": float(row.area_m2),
                "households": None if pd.isna(row.households) else int(row.households),
            }
            for row in sides.itertuples(index=False)
        ]
        items.append(told)
    return items
