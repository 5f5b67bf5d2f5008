"""Rivers, railways and main roads as light lines, so that people find their way on the map.

A plan holds no road geometry; it knows which borders between units lie on a road, a river or a
railway. Those borders are drawn, joined to long lines and simplified.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from gridmap.model import Territory

WAYS = ("river", "railway", "road")
MAIN_ROADS = ("expressway", "arterial")
"""Classes of roads that are drawn: the others would cover the grids (gridmap's own default)."""


def find_ways(territory: Territory) -> dict[str, shapely.MultiLineString]:
    """Return the borders between units that lie on a river, a railway or a main road.

    Parameters
    ----------
    territory
        Units that share their borders point by point, and the table of these borders.

    Returns
    -------
    dict
        For each of `WAYS` that occurs, its lines in degrees, joined where they meet.

    Notes
    -----
    Where two ways share a border, the first of `WAYS` is drawn.
    """
    borders = territory.borders
    kinds = _kinds_of(borders)
    chosen = np.flatnonzero(kinds >= 0)
    if len(chosen) == 0:
        return {}
    frame = territory.units.frame
    first = frame.index.get_indexer(borders["unit_a"].to_numpy()[chosen])
    second = frame.index.get_indexer(borders["unit_b"].to_numpy()[chosen])
    involved = np.unique(np.concatenate([first, second]))
    shapes = np.asarray(frame.geometry.array, dtype=object)[involved]
    segments, left, right = _shared_segments(shapes, involved)
    order = np.lexsort((np.maximum(first, second), np.minimum(first, second)))
    many = len(frame) + 1
    keys = (np.minimum(first, second) * many + np.maximum(first, second))[order]
    found = np.searchsorted(keys, left * many + right)
    found = np.minimum(found, len(keys) - 1)
    is_way = keys[found] == left * many + right
    kind = np.where(is_way, kinds[chosen][order][found], -1)
    return {
        way: _join(segments[kind == number])
        for number, way in enumerate(WAYS)
        if (kind == number).any()
    }


def _kinds_of(borders: pd.DataFrame) -> NDArray[np.int64]:
    """Return for each border the position of its way in `WAYS`, or -1."""
    river = borders["river"].to_numpy(dtype=bool)
    railway = borders["railway"].to_numpy(dtype=bool)
    road = borders["road_class"].isin(MAIN_ROADS).to_numpy(dtype=bool)
    return np.select([river, railway, road], [0, 1, 2], -1).astype(np.int64)


def _shared_segments(
    shapes: NDArray[np.object_], names: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Return segments that two shapes share, (n, 2, 2), with the lower and the higher name."""
    lines, owner = shapely.get_parts(shapely.boundary(shapes), return_index=True)
    points, line = shapely.get_coordinates(lines, return_index=True)
    follows = line[1:] == line[:-1]
    tail, head = points[:-1][follows], points[1:][follows]
    name = names[owner[line[:-1][follows]]]
    swap = (tail[:, 0] > head[:, 0]) | ((tail[:, 0] == head[:, 0]) & (tail[:, 1] > head[:, 1]))
    tail[swap], head[swap] = head[swap], tail[swap]
    order = np.lexsort((name, head[:, 1], head[:, 0], tail[:, 1], tail[:, 0]))
    tail, head, name = tail[order], head[order], name[order]
    same = ((tail[1:] == tail[:-1]) & (head[1:] == head[:-1])).all(axis=1)
    segments = np.stack([tail[:-1][same], head[:-1][same]], axis=1)
    return segments, name[:-1][same], name[1:][same]


def _join(segments: NDArray[np.float64]) -> shapely.MultiLineString:
    """Join segments to lines as long as they go, in a settled order."""
    merged = shapely.line_merge(shapely.MultiLineString(list(segments)))
    parts: list[shapely.LineString] = list(shapely.get_parts(shapely.normalize(merged)))
    return shapely.MultiLineString(parts)
