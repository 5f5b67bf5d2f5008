"""Landmarks: the named lines and outlines that people tell a grid's borders by (地物).

They are kept with the plan, so that a map can draw the roads, a card can name the four bounds
(四至), and a border can be told to run on a road, after the input is put away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.model import LANDMARK_KINDS
from gridmap.units.arrays import take_shapes, take_texts

if TYPE_CHECKING:
    from gridmap.model import Sources

MARGIN_DEGREES = 0.003
"""How far around the communities landmarks are kept (about 300 m): a border on the edge of the land
may run along a road that lies just outside; gridmap's own default."""


def gather_landmarks(sources: Sources) -> gpd.GeoDataFrame | None:
    """Gather roads, rivers, railways, walls and compounds in and around the communities.

    Parameters
    ----------
    sources
        Repaired sources.

    Returns
    -------
    GeoDataFrame or None
        ``kind`` (one of `LANDMARK_KINDS`), ``name`` (``""`` where none), ``class`` (of a road),
        lines and polygons as in the input, cut `MARGIN_DEGREES` around the communities, by kind
        and then in the order of the input; None when the input has no such layer.

    Examples
    --------
    >>> from pyproj import CRS
    >>> from gridmap.model import Sources
    >>> land = gpd.GeoDataFrame({"community_id": ["C1"]},
    ...                         geometry=[shapely.box(113.10, 23.00, 113.11, 23.01)], crs=4490)
    >>> roads = gpd.GeoDataFrame(
    ...     {"name": ["建设路", "远方路"], "class": ["local", "local"]},
    ...     geometry=shapely.from_wkt(["LINESTRING (113.105 22, 113.105 24)",
    ...                                "LINESTRING (115 22, 115 24)"]), crs=4490)
    >>> sources = Sources({"communities": land, "roads": roads}, CRS(4490), CRS(4547))
    >>> gather_landmarks(sources)[["kind", "name", "class"]].values.tolist()
    [['road', '建设路', 'local']]
    """
    layers = [sources.layers.get(role) for role in ("roads", "barriers", "compounds")]
    if all(layer is None for layer in layers):
        return None
    roads, barriers, compounds = layers
    parts = [
        pd.DataFrame({"kind": "road", "name": take_texts(roads, "name")}).assign(
            **{"class": take_texts(roads, "class")}
        ),
        pd.DataFrame({"kind": take_texts(barriers, "kind"), "name": take_texts(barriers, "name")}),
        pd.DataFrame({"kind": "compound", "name": take_texts(compounds, "name")}),
    ]
    rows = pd.concat(parts, ignore_index=True)
    rows["class"] = rows["class"].fillna("")
    for column in ("kind", "name", "class"):
        rows[column] = rows[column].fillna("").astype(str)
    shapes = np.concatenate([take_shapes(layer) for layer in layers])
    west, south, east, north = shapely.total_bounds(take_shapes(sources.layers.get("communities")))
    m = MARGIN_DEGREES
    cut = shapely.clip_by_rect(shapes, west - m, south - m, east + m, north + m)
    rank = np.array([_rank(kind) for kind in rows["kind"]], dtype=np.int64)
    has_extent = np.isin(shapely.get_type_id(cut), (1, 2, 3, 5, 6))
    kept = np.flatnonzero(has_extent & ~shapely.is_empty(cut) & (rank >= 0))
    kept = kept[np.argsort(rank[kept], kind="stable")]
    frame = gpd.GeoDataFrame(rows.iloc[kept].reset_index(drop=True), geometry=cut[kept])
    return frame.set_crs(sources.crs)


def _rank(kind: str) -> int:
    return LANDMARK_KINDS.index(kind) if kind in LANDMARK_KINDS else -1
