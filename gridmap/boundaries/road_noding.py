"""Road lines cut into edges where they meet: the arrays behind a walking network (道路打断).

Lines meet at a vertex that both carry, never where they merely cross: a bridge crosses what it
does not touch. An end that stops within a small distance of another line meets it there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray

Geometries: TypeAlias = NDArray[np.object_]
Texts: TypeAlias = NDArray[np.object_]
Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Bools: TypeAlias = NDArray[np.bool_]

TOUCH_M = 1e-6
"""What is nearer than this touches, metres: the rounding of a projected coordinate."""


@dataclass(frozen=True)
class NodedLines:
    """Edges between nodes: (n, 2) ``nodes``, (m, 2) ``edges``, (m,) ``lines`` and their ``row``."""

    nodes: Floats
    edges: Ints
    lines: Geometries
    row: Ints


def node_lines(lines: Geometries, *, snap_m: float, join_crossings: bool) -> NodedLines:
    """Cut lines at the vertices they share, and join ends that almost meet.

    Parameters
    ----------
    lines
        (k,) LineStrings in metres, finite and longer than 0.
    snap_m
        An end this near to another line meets it there, metres; 0 joins only what touches.
    join_crossings
        Whether lines that cross without a common vertex meet too.

    Returns
    -------
    NodedLines
        ``row`` is the position of the line that an edge is part of.

    Examples
    --------
    >>> tee = np.array(shapely.from_wkt(["LINESTRING (0 0, 9 0)", "LINESTRING (4 0, 4 5)"]))
    >>> node_lines(tee, snap_m=1.0, join_crossings=False).edges.tolist()
    [[0, 1], [1, 3], [1, 2]]
    """
    line, point = _meeting_ends(lines, snap_m)
    if join_crossings:
        line, point = _add_crossings(lines, line, point)
    coords, row, added = _insert_vertices(lines, line, point)
    _, place, count = np.unique(
        coords[:, 0] + 1j * coords[:, 1], return_inverse=True, return_counts=True
    )
    ends = np.ones(len(coords), dtype=bool)
    if len(coords):
        first = np.flatnonzero(np.r_[True, row[1:] != row[:-1]])
        last = np.r_[first[1:] - 1, len(coords) - 1]
        ends[:] = False
        ends[first] = True
        ends[last] = True
    breaks = np.flatnonzero(ends | added | (count[place] > 1))
    node = _merge_places(coords, row, place, breaks, ends, snap_m)
    return _cut_at(coords, row, breaks, node)


def _meeting_ends(lines: Geometries, snap_m: float) -> tuple[Ints, Floats]:
    """Return the lines that an end of another stops at, and the place on them."""
    if not len(lines):
        return np.empty(0, dtype=np.int64), np.empty((0, 2))
    ends = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])
    own = np.tile(np.arange(len(lines)), 2)
    end, line = shapely.STRtree(lines).query(
        ends, predicate="dwithin", distance=max(snap_m, TOUCH_M)
    )
    other = own[end] != line
    end, line = end[other], line[other]
    along = shapely.line_locate_point(lines[line], ends[end])
    place = shapely.get_coordinates(shapely.line_interpolate_point(lines[line], along))
    inner = (along > 0) & (along < shapely.length(lines[line]))
    return np.asarray(line[inner], dtype=np.int64), np.asarray(place[inner], dtype=np.float64)


def _add_crossings(lines: Geometries, line: Ints, point: Floats) -> tuple[Ints, Floats]:
    """Add the places where lines cross."""
    a, b = shapely.STRtree(lines).query(lines, predicate="intersects")
    a, b = a[a < b], b[a < b]
    met = shapely.intersection(lines[a], lines[b])
    place, pair = shapely.get_coordinates(met, return_index=True)
    return (
        np.concatenate([line, a[pair], b[pair]]).astype(np.int64),
        np.concatenate([point, place, place]).astype(np.float64),
    )


def _insert_vertices(lines: Geometries, line: Ints, point: Floats) -> tuple[Floats, Ints, Bools]:
    """Return the coordinates of all lines with the points put in, their line, and which are new."""
    coords, row = shapely.get_coordinates(lines, return_index=True)
    if not len(coords):
        return np.empty((0, 2)), np.empty(0, dtype=np.int64), np.empty(0, dtype=bool)
    step = np.r_[0.0, np.hypot(*np.diff(coords, axis=0).T)]
    along = np.cumsum(np.where(np.r_[True, row[1:] != row[:-1]], 0.0, step))
    first = np.searchsorted(row, np.arange(len(lines)))
    along -= along[first[row]]
    here = shapely.line_locate_point(lines[line], shapely.points(point))
    order = np.lexsort((np.r_[along, here], np.r_[row, line]))
    added = np.r_[np.zeros(len(row), dtype=bool), np.ones(len(line), dtype=bool)][order]
    return np.concatenate([coords, point])[order], np.r_[row, line][order].astype(np.int64), added


def _merge_places(
    coords: Floats, row: Ints, place: Ints, breaks: Ints, ends: Bools, snap_m: float
) -> Ints:
    """Return the node of each vertex: an end and what stands beside it are one node."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    if not len(place):
        return place
    size = int(place.max()) + 1
    tips = breaks[ends[breaks]]
    spots: Geometries = np.array(shapely.points(coords[breaks]), dtype=object)
    end, near = shapely.STRtree(spots).query(
        shapely.points(coords[tips]), predicate="dwithin", distance=max(snap_m, TOUCH_M)
    )
    own = np.isin(row[tips[end]] * size + place[breaks[near]], row * size + place)
    a, b = place[tips[end[~own]]], place[breaks[near[~own]]]
    same = coo_matrix((np.ones(len(a)), (a, b)), shape=(size, size))
    return np.asarray(connected_components(same, directed=False)[1], dtype=np.int64)[place]


def _cut_at(coords: Floats, row: Ints, breaks: Ints, node: Ints) -> NodedLines:
    """Make an edge of each stretch between neighbouring breaks of a line."""
    start, end = breaks[:-1], breaks[1:]
    same = row[start] == row[end]
    start, end = start[same], end[same]
    size = end - start + 1
    index = np.repeat(np.arange(len(start)), size)
    inside = np.arange(int(size.sum())) - np.repeat(np.cumsum(size) - size, size)
    if not len(start):
        none = np.empty(0, dtype=np.int64)
        return NodedLines(np.empty((0, 2)), none.reshape(0, 2), np.empty(0, dtype=object), none)
    lines = np.asarray(shapely.linestrings(coords[start[index] + inside], indices=index))
    pair = np.column_stack([node[start], node[end]])
    real = (pair[:, 0] != pair[:, 1]) | (shapely.length(lines) > 0)
    used, renamed = np.unique(pair[real], return_inverse=True)
    where = np.zeros(int(node.max()) + 1, dtype=np.int64)
    where[node[breaks][::-1]] = breaks[::-1]
    return NodedLines(
        nodes=np.asarray(coords[where[used]], dtype=np.float64),
        edges=np.asarray(renamed.reshape(-1, 2), dtype=np.int64),
        lines=lines[real],
        row=np.asarray(row[start[real]], dtype=np.int64),
    )
