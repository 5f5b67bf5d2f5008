"""Border chains: every border between two divisions once, as lines on one axis of metres.

The divisions are tiled first where they overlap or don't share their vertices, so a border is a
set of segments that two tiles carry. Segments of one pair are joined to chains, and the chains
are laid behind one another on an axis, with a space between that no tolerance bridges.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray

if TYPE_CHECKING:
    from gridmap.boundaries.spans import Floats, Ints, Spans

Geometries: TypeAlias = NDArray[np.object_]

NOBODY = -1
"""The other side of an outer border."""
ROUNDING_M = 1e-6
"""A place this near to a vertex is the vertex, so that what is cut there still joins."""
SPACE_M = 1_000.0
"""Between two chains on the axis; more than any tolerance."""


@dataclass(frozen=True)
class BorderChains:
    """Borders as chains on an axis.

    Attributes
    ----------
    left, right
        (k,) positions of the divisions of each chain, ``left`` < ``right``; an outer border has
        ``left`` = `NOBODY`.
    lines
        (k,) linestrings in metres.
    start, end
        (s, 2) coordinates of the segments, in the order of the axis.
    at
        (s,) place of each segment's start on the axis, metres; its end is ``at + length``.
    length
        (s,) metres.
    chain
        (s,) position of the chain of each segment.
    """

    left: Ints
    right: Ints
    lines: Geometries
    start: Floats
    end: Floats
    at: Floats
    length: Floats
    chain: Ints

    @property
    def spans(self) -> Spans:
        """Return the place of each chain on the axis."""
        first = np.searchsorted(self.chain, np.arange(len(self.lines)), side="left")
        last = np.searchsorted(self.chain, np.arange(len(self.lines)), side="right") - 1
        return self.at[first], self.at[last] + self.length[last]

    def cut(self, low: Floats, high: Floats) -> Geometries:
        """Return the line between two places of the axis, for each pair of places in one chain."""
        ends = self.at + self.length
        first = np.searchsorted(ends, low, side="right")
        last = np.searchsorted(self.at, high, side="left") - 1
        points = [self._place(first, low), self._place(last, high)]
        count = np.maximum(last - first, 0)
        number = np.repeat(np.arange(len(low)), count)
        rank = np.arange(len(number)) - np.repeat(np.cumsum(count) - count, count)
        between = self.end[np.repeat(first, count) + rank]
        xy = np.concatenate([points[0], between, points[1]])
        who = np.concatenate([np.arange(len(low)), number, np.arange(len(low))])
        stage = np.concatenate([np.zeros(len(low)), np.ones(len(number)), np.full(len(low), 2)])
        step = np.concatenate([np.zeros(len(low)), rank, np.zeros(len(low))])
        order = np.lexsort((step, stage, who))
        lines = np.empty(len(low), dtype=object)
        if len(low):
            shapely.linestrings(xy[order], indices=who[order], out=lines)
        return np.asarray(shapely.remove_repeated_points(lines), dtype=object)

    def _place(self, segment: Ints, at: Floats) -> Floats:
        off = (at - self.at[segment])[:, None]
        size = self.length[segment][:, None]
        start, end = self.start[segment], self.end[segment]
        placed = start + (end - start) * (off / size)
        placed = np.where(off <= ROUNDING_M, start, placed)
        return np.asarray(np.where(off >= size - ROUNDING_M, end, placed), dtype=np.float64)


def tile_shapes(shapes: Geometries) -> tuple[Geometries, Geometries]:
    """Return the shapes without overlaps and with shared vertices, and the overlaps.

    Parameters
    ----------
    shapes
        Valid polygons or multipolygons (n,), metres.

    Returns
    -------
    tiled
        (n,) polygons; the very same objects when they already are a coverage.
    overlaps
        (k,) polygons that were in several; each is given to the smallest of them.

    Examples
    --------
    >>> tiled, overlaps = tile_shapes(np.array([shapely.box(0, 0, 2, 1), shapely.box(1, 0, 4, 1)]))
    >>> shapely.area(tiled).tolist(), shapely.area(overlaps).tolist()
    ([2.0, 2.0], [1.0])
    """
    if shapely.coverage_is_valid(shapes):
        return shapes, np.empty(0, dtype=object)
    lines = shapely.union_all(shapely.boundary(shapes))
    faces = shapely.get_parts(shapely.polygonize([lines]))
    claimant, face = shapely.STRtree(shapely.point_on_surface(faces)).query(
        shapes, predicate="intersects"
    )
    rank = np.empty(len(shapes), dtype=np.int64)
    rank[np.lexsort((np.arange(len(shapes)), shapely.area(shapes)))] = np.arange(len(shapes))
    best = np.full(len(faces), len(shapes), dtype=np.int64)
    np.minimum.at(best, face, rank[claimant])
    owner = np.full(len(faces), NOBODY, dtype=np.int64)
    wins = best[face] == rank[claimant]
    owner[face[wins]] = claimant[wins]
    tiled = np.array(
        [shapely.coverage_union_all(faces[owner == n]) for n in range(len(shapes))], dtype=object
    )
    return tiled, faces[np.bincount(face, minlength=len(faces)) > 1]


def chain_borders(shapes: Geometries) -> BorderChains:
    """Join the borders of tiled divisions to chains.

    Parameters
    ----------
    shapes
        Polygons (n,) that share their vertices, as `tile_shapes` returns them, metres.

    Examples
    --------
    >>> chains = chain_borders(np.array([shapely.box(0, 0, 2, 1), shapely.box(2, 0, 4, 1)]))
    >>> [(int(a), int(b), line.length) for a, b, line
    ...  in zip(chains.left, chains.right, chains.lines)]
    [(-1, 0, 5.0), (-1, 1, 5.0), (0, 1, 1.0)]
    """
    pair, start, end = own_segments(shapes)
    pairs, number = np.unique(pair, axis=0, return_inverse=True)
    number = number.ravel()
    order = np.argsort(number, kind="stable")
    segments = shapely.linestrings(np.stack([start[order], end[order]], axis=1))
    joined = np.empty(len(pairs), dtype=object)
    if len(order):
        shapely.multilinestrings(segments, indices=number[order], out=joined)  # type: ignore[arg-type]
    joined = shapely.line_merge(joined)
    lines, owner = shapely.get_parts(joined, return_index=True)
    xy, chain = shapely.get_coordinates(lines, return_index=True)
    inside = chain[1:] == chain[:-1]
    first, last, chain = xy[:-1][inside], xy[1:][inside], chain[1:][inside]
    length = np.hypot(*(last - first).T)
    at = np.cumsum(length) - length + SPACE_M * chain
    left, right = pairs[owner].T if len(pairs) else np.empty((2, 0), dtype=np.int64)
    return BorderChains(left, right, lines, first, last, at, length, chain)


def own_segments(shapes: Geometries) -> tuple[Ints, Floats, Floats]:
    """Return each segment once, with its two owners (the first `NOBODY` on an outer border).

    Examples
    --------
    >>> pair, start, _ = own_segments(np.array([shapely.box(0, 0, 2, 1), shapely.box(2, 0, 4, 1)]))
    >>> len(pair), pair[(pair >= 0).all(axis=1)].tolist()
    (7, [[0, 1]])
    """
    parts, part_owner = shapely.get_parts(shapes, return_index=True)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    ring_owner = part_owner[ring_part]
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    inside = ring[1:] == ring[:-1]
    start, end = xy[:-1][inside], xy[1:][inside]
    owner = ring_owner[ring[1:][inside]]
    swap = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
    low = np.where(swap[:, None], end, start)
    high = np.where(swap[:, None], start, end)
    order = np.lexsort((owner, high[:, 1], high[:, 0], low[:, 1], low[:, 0]))
    ends, owner = np.column_stack([low, high])[order], owner[order]
    new = np.ones(len(ends), dtype=bool)
    new[1:] = (ends[1:] != ends[:-1]).any(axis=1)
    begin = np.flatnonzero(new)
    count = np.diff(np.append(begin, len(ends)))
    first = np.where(count == 1, NOBODY, owner[begin])
    second = owner[begin + np.minimum(count - 1, 1)]
    drawn = (first != second) & (ends[begin, :2] != ends[begin, 2:]).any(axis=1)
    begin = begin[drawn]
    pair = np.column_stack([first, second])[drawn]
    return pair, ends[begin, :2], ends[begin, 2:]
