"""Shared edges: which polygons of a coverage touch, and along which segments.

In a valid coverage two neighbours carry the same vertices along their common border, so an edge
is shared exactly when its two end points are equal to the last bit. Nothing is measured with a
tolerance here, and everything is done for all polygons at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from gridmap.units.arrays import Bools, Floats, Geometries, Ints


@dataclass(frozen=True, slots=True)
class Edges:
    """The segments of polygon rings, each in a canonical direction (west to east).

    Attributes
    ----------
    owner
        (n,) position of the polygon that the segment belongs to.
    start, end
        (n, 2) coordinates in degrees; ``start`` is not greater than ``end``.
    key
        (n,) equal for equal segments, 0 upward in the order of their coordinates.
    """

    owner: Ints
    start: Floats
    end: Floats
    key: Ints


@dataclass(frozen=True, slots=True)
class SharedEdges:
    """The segments that two polygons have in common.

    Attributes
    ----------
    left, right
        (m,) positions of the two polygons, ``left`` < ``right``.
    start, end
        (m, 2) coordinates in degrees.
    """

    left: Ints
    right: Ints
    start: Floats
    end: Floats

    def only(self, chosen: Bools) -> SharedEdges:
        """Return the chosen segments."""
        return SharedEdges(
            self.left[chosen], self.right[chosen], self.start[chosen], self.end[chosen]
        )


def list_edges(geometries: Geometries) -> Edges:
    """List every segment of every ring of these polygons.

    Parameters
    ----------
    geometries
        (n,) polygons or multipolygons, lon/lat degrees.

    Returns
    -------
    Edges
        In the order of the polygons and their rings; empty geometries have none.

    Examples
    --------
    >>> squares = np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    >>> edges = list_edges(squares)
    >>> len(edges.owner), int(edges.key.max()) + 1
    (8, 7)
    """
    rings, ring_owner = _list_rings(geometries)
    points, ring_of_point = shapely.get_coordinates(rings, return_index=True)
    same = ring_of_point[1:] == ring_of_point[:-1]
    first, second = points[:-1][same], points[1:][same]
    owner = ring_owner[ring_of_point[:-1][same]]
    swap = (first[:, 0] > second[:, 0]) | (
        (first[:, 0] == second[:, 0]) & (first[:, 1] > second[:, 1])
    )
    start = np.where(swap[:, None], second, first)
    end = np.where(swap[:, None], first, second)
    return Edges(owner, start, end, number_rows(np.hstack([start, end])))


def number_rows(rows: Floats) -> Ints:
    """Give equal rows of a matrix one number, in the order of the sorted rows.

    Examples
    --------
    >>> number_rows(np.array([[2.0, 1.0], [0.0, 5.0], [2.0, 1.0]])).tolist()
    [1, 0, 1]
    """
    order = np.lexsort(rows.T[::-1])
    ordered = rows[order]
    new = np.ones(len(rows), dtype=np.int64)
    if len(rows):
        new[0] = 0
        new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    numbers = np.empty(len(rows), dtype=np.int64)
    numbers[order] = np.cumsum(new)
    return numbers


def find_shared_edges(geometries: Geometries) -> SharedEdges:
    """Find the segments that belong to two different polygons of a coverage.

    Parameters
    ----------
    geometries
        (n,) polygons of a valid coverage, lon/lat degrees.

    Returns
    -------
    SharedEdges
        Sorted by ``left``, ``right`` and coordinates.

    Examples
    --------
    >>> squares = np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    >>> shared = find_shared_edges(squares)
    >>> shared.left.tolist(), shared.right.tolist(), shared.start.tolist(), shared.end.tolist()
    ([0], [1], [[1.0, 0.0]], [[1.0, 1.0]])
    """
    edges = list_edges(geometries)
    order = np.lexsort((edges.owner, edges.key))
    key, owner = edges.key[order], edges.owner[order]
    twin = np.flatnonzero((key[1:] == key[:-1]) & (owner[1:] != owner[:-1]))
    left, right = owner[twin], owner[twin + 1]
    at = order[twin]
    sort = np.lexsort((key[twin], right, left))
    return SharedEdges(left[sort], right[sort], edges.start[at][sort], edges.end[at][sort])


def _list_rings(geometries: Geometries) -> tuple[Geometries, Ints]:
    """List the rings of polygons and the position of the polygon that each belongs to."""
    parts, part_owner = shapely.get_parts(np.asarray(geometries, dtype=object), return_index=True)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    return rings, part_owner[ring_part]
