"""The straight pieces of polygon borders, and who shares them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

METRES_A_DEGREE = 111_320.0


def border_segments(
    polygons: NDArray[np.object_], *, in_metres: bool = False
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return the segments of the borders of polygons that share their vertices.

    Parameters
    ----------
    polygons
        Polygons or multipolygons (n,) in lon/lat.
    in_metres
        Whether the coordinates are metres of a plane instead.

    Returns
    -------
    owner
        Position of the polygon of each segment (m,).
    segment
        Number of each segment (m,): equal segments have equal numbers, whatever their direction.
    length
        Length of each segment (m,), metres, in the local plane of its latitude.

    Examples
    --------
    >>> owner, segment, length = border_segments(np.array([shapely.box(0, 0, 1, 1),
    ...                                                    shapely.box(1, 0, 2, 1)]))
    >>> len(segment), len(np.unique(segment))
    (8, 7)
    """
    rings, ring_owner = shapely.get_rings(polygons, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    inside = ring[1:] == ring[:-1]
    start, end = xy[:-1][inside], xy[1:][inside]
    owner = ring_owner[ring[1:][inside]]
    swap = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
    low = np.where(swap[:, None], end, start)
    high = np.where(swap[:, None], start, end)
    order = np.lexsort((high[:, 1], high[:, 0], low[:, 1], low[:, 0]))
    ends = np.column_stack([low, high])[order]
    new = np.ones(len(ends), dtype=bool)
    new[1:] = (ends[1:] != ends[:-1]).any(axis=1)
    segment = np.empty(len(ends), dtype=np.int64)
    segment[order] = np.cumsum(new) - 1
    if in_metres:
        return owner.astype(np.int64), segment, np.hypot(*(high - low).T)
    dx = (high[:, 0] - low[:, 0]) * np.cos(np.radians((low[:, 1] + high[:, 1]) / 2))
    length = np.hypot(dx, high[:, 1] - low[:, 1]) * METRES_A_DEGREE
    return owner.astype(np.int64), segment, length


def shared_borders(
    polygons: NDArray[np.object_], *, in_metres: bool = False
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return which polygons share a border, and how long it is.

    Parameters
    ----------
    polygons
        Polygons (n,) that share their vertices and don't overlap, in lon/lat.
    in_metres
        Whether the coordinates are metres of a plane instead.

    Returns
    -------
    pairs
        Positions (k, 2), the lower first; sorted.
    length
        Length of the common border (k,), metres.

    Examples
    --------
    >>> pairs, _ = shared_borders(np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]))
    >>> pairs.tolist()
    [[0, 1]]
    """
    owner, segment, length = border_segments(polygons, in_metres=in_metres)
    order = np.lexsort((owner, segment))
    same = segment[order][1:] == segment[order][:-1]
    first, second = owner[order][:-1][same], owner[order][1:][same]
    metres = length[order][1:][same]
    real = first != second
    keys = first[real] * len(polygons) + second[real]
    values, position = np.unique(keys, return_inverse=True)
    total = np.bincount(position, weights=metres[real], minlength=len(values))
    pairs = np.column_stack([values // len(polygons), values % len(polygons)])
    return pairs.astype(np.int64), np.asarray(total, dtype=np.float64)
