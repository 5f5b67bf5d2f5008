"""Slivers: pieces too small to stand alone, joined to the neighbour with the longest border."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.boundaries.border_chains import NOBODY, own_segments
from gridmap.boundaries.planes import Plane

if TYPE_CHECKING:
    from gridmap.boundaries.border_chains import Geometries
    from gridmap.boundaries.spans import Floats, Ints


@dataclass(frozen=True)
class JoinedPieces:
    """Pieces after joining.

    Attributes
    ----------
    shapes
        (k,) polygons.
    group
        (n,) which of them each face belongs to.
    leader
        (k,) the face that gives each its attributes: the largest.
    moved
        (n,) whether a face was joined to another's group.
    count, area_m2
        How many were joined, and their area.
    pairs, metres
        (m, 2) polygons with a common border, sorted, and its metres.
    """

    shapes: Geometries
    group: Ints
    leader: Ints
    moved: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
    count: int
    area_m2: float
    pairs: Ints
    metres: Floats


METRES = Plane()
"""The plane of polygons that are in metres."""


def measure_borders(shapes: Geometries, plane: Plane = METRES) -> tuple[Ints, Floats]:
    """Return pairs (m, 2) of tiled polygons with a common border, sorted, and its metres.

    Examples
    --------
    >>> pairs, metres = measure_borders(np.array([shapely.box(0, 0, 2, 1),
    ...                                           shapely.box(2, 0, 4, 1)]))
    >>> pairs.tolist(), metres.tolist()
    ([[0, 1]], [1.0])
    """
    pair, start, end = own_segments(shapes)
    inner = pair[:, 0] != NOBODY
    length = np.hypot(*(plane.move(end[inner]) - plane.move(start[inner])).T)
    key = pair[inner, 0] * len(shapes) + pair[inner, 1]
    keys, number = np.unique(key, return_inverse=True)
    pairs = np.column_stack(np.divmod(keys, max(1, len(shapes))))
    metres = np.bincount(number.ravel(), weights=length, minlength=len(keys))
    return pairs.astype(np.int64), metres.astype(np.float64)


def join_slivers(
    faces: Geometries, least_m2: float, least_width_m: float, plane: Plane = METRES
) -> JoinedPieces:
    """Join faces below an area or a mean width to a neighbour, the smallest first.

    Parameters
    ----------
    faces
        Polygons (n,) that share their vertices.
    least_m2, least_width_m
        Faces below either are joined; one without a neighbour stays.
    plane
        In which the faces are drawn; areas and lengths are taken in metres.

    Examples
    --------
    >>> strip = np.array([shapely.box(0, 0, 2, 9), shapely.box(2, 0, 90, 9)])
    >>> join_slivers(strip, 20.0, 0.0).group.tolist()
    [0, 0]
    """
    measured = plane.to_metres(faces)
    area, length = shapely.area(measured), shapely.length(measured)
    around: list[dict[int, float]] = [{} for _ in faces]
    pairs, metres = measure_borders(faces, plane)
    for (a, b), common in zip(pairs.tolist(), metres.tolist(), strict=True):
        around[a][b] = around[b][a] = common
    parent = np.arange(len(faces))
    total, edge = area.copy(), length.copy()
    for face in np.lexsort((np.arange(len(faces)), area)).tolist():
        root = _find(parent, face)
        small = total[root] < least_m2 or 2 * total[root] < least_width_m * edge[root]
        if not small or not around[root]:
            continue
        host = max(around[root], key=lambda other: (around[root][other], total[other], -other))
        edge[host] += edge[root] - 2 * around[root][host]
        total[host] += total[root]
        parent[root] = host
        for other, common in around[root].items():
            around[other].pop(root, None)
            if other != host:
                joined = around[host].get(other, 0.0) + common
                around[host][other] = around[other][host] = joined
        around[root] = {}
    roots = np.array([_find(parent, n) for n in range(len(faces))], dtype=np.int64)
    return _collect(faces, area, roots, pairs, metres)


def _find(parent: Ints, face: int) -> int:
    while parent[face] != face:
        parent[face] = parent[parent[face]]
        face = int(parent[face])
    return face


def _collect(
    faces: Geometries, area: Floats, root: Ints, pairs: Ints, metres: Floats
) -> JoinedPieces:
    """Make the polygons of the groups, in the order of their largest face."""
    if not len(faces):
        none = np.empty(0, dtype=np.int64)
        return JoinedPieces(faces, none, none, np.empty(0, dtype=bool), 0, 0.0, pairs, metres)
    order = np.lexsort((np.arange(len(faces)), -area, root))
    begin = np.flatnonzero(np.append(True, root[order][1:] != root[order][:-1]))
    leader = np.sort(order[begin])
    place = np.empty(len(faces), dtype=np.int64)
    place[root[leader]] = np.arange(len(leader))
    group = place[root]
    shapes = faces[leader].copy()
    members = np.split(np.argsort(group, kind="stable"), np.cumsum(np.bincount(group))[:-1])
    for number, own in enumerate(members):
        if len(own) > 1:
            shapes[number] = shapely.coverage_union_all(faces[own])
    moved = np.ones(len(faces), dtype=bool)
    moved[leader] = False
    lost = float(area[moved].sum())
    near, common = _join_borders(group, pairs, metres)
    return JoinedPieces(shapes, group, leader, moved, int(moved.sum()), lost, near, common)


def _join_borders(group: Ints, pairs: Ints, metres: Floats) -> tuple[Ints, Floats]:
    """Return the borders between groups of faces, from those between faces."""
    ends = np.sort(group[pairs], axis=1)
    apart = ends[:, 0] != ends[:, 1]
    key = ends[apart, 0] * len(group) + ends[apart, 1]
    keys, number = np.unique(key, return_inverse=True)
    common = np.bincount(number.ravel(), weights=metres[apart], minlength=len(keys))
    near = np.column_stack(np.divmod(keys, max(1, len(group))))
    return near.astype(np.int64), common.astype(np.float64)
