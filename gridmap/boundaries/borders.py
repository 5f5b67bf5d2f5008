"""The borders of divisions in metres: who shares a ring, and the stretches two divisions share."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Geometries = NDArray[np.object_]
    Numbers = NDArray[np.int64]
    Metres = NDArray[np.float64]


class Segments(NamedTuple):
    """The straight pieces of the rings of polygons.

    Attributes
    ----------
    owner
        Position of the polygon of each segment (m,).
    number
        Number of each segment (m,); equal segments have equal numbers, whatever their direction.
    length
        Metres (m,).
    ends
        Coordinates (m, 4): the lower end first.
    outer
        Whether each segment (m,) is on an outer ring.
    """

    owner: Numbers
    number: Numbers
    length: Metres
    ends: Metres
    outer: NDArray[np.bool_]


def cut_segments(polygons: Geometries) -> Segments:
    """Cut the rings of polygons into their straight pieces.

    Parameters
    ----------
    polygons
        Polygons or multipolygons (n,) in a metric CRS.

    Examples
    --------
    >>> segments = cut_segments(np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]))
    >>> len(segments.number), len(np.unique(segments.number))
    (8, 7)
    """
    parts, part_owner = shapely.get_parts(polygons, return_index=True)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    first = np.ones(len(rings), dtype=bool)
    first[1:] = ring_part[1:] != ring_part[:-1]
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    inside = (ring[1:] == ring[:-1]) & (xy[1:] != xy[:-1]).any(axis=1)
    start, end, ring = xy[:-1][inside], xy[1:][inside], ring[1:][inside]
    swap = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
    ends = np.column_stack(
        [np.where(swap[:, None], end, start), np.where(swap[:, None], start, end)]
    )
    number = np.empty(len(ends), dtype=np.int64)
    if len(ends):
        order = np.lexsort(ends.T[::-1])
        new = np.ones(len(ends), dtype=bool)
        new[1:] = (ends[order][1:] != ends[order][:-1]).any(axis=1)
        number[order] = np.cumsum(new) - 1
    length = np.hypot(ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1])
    owner = part_owner[ring_part[ring]].astype(np.int64)
    return Segments(owner, number, length, ends, first[ring])


def share_rings(
    rings: Geometries, owner: Numbers, divisions: Geometries, *, tolerance_m: float
) -> list[list[tuple[int, float]]]:
    """Return, for each ring, which other divisions share it and for how many metres.

    Segments that are the same to the last bit are counted first; where these don't account for
    the whole ring, the land of a neighbour within ``tolerance_m`` counts (outlines that were
    drawn twice, or a division drawn on top of another).

    Parameters
    ----------
    rings
        Closed rings (k,) in a metric CRS.
    owner
        Position of the division of each ring (k,).
    divisions
        Polygons (n,) in the same CRS.
    tolerance_m
        Metres.

    Returns
    -------
    list
        For each ring, (division, metres), the longest first, then by position.

    Examples
    --------
    >>> land = np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    >>> share_rings(shapely.get_exterior_ring(land), np.arange(2), land, tolerance_m=0.01)
    [[(1, 1.0)], [(0, 1.0)]]
    """
    shared: list[dict[int, float]] = [{} for _ in range(len(rings))]
    for ring, division, metres in _same_segments(rings, owner, divisions):
        shared[ring][division] = shared[ring].get(division, 0.0) + metres
    length = shapely.length(rings)
    lacking = np.flatnonzero(
        np.array([sum(item.values()) for item in shared]) < length * (1 - 1e-9)
    )
    _add_near(shared, lacking, rings, owner, divisions, tolerance_m)
    return [sorted(item.items(), key=lambda pair: (-pair[1], pair[0])) for item in shared]


def _same_segments(
    rings: Geometries, owner: Numbers, divisions: Geometries
) -> list[tuple[int, int, float]]:
    """Return (ring, division, metres) of segments that a ring has in common with others."""
    if not len(rings):
        return []
    segments = cut_segments(np.concatenate([divisions, shapely.polygons(rings)]))
    mine = segments.owner >= len(divisions)
    order = np.flatnonzero(~mine)[np.argsort(segments.number[~mine], kind="stable")]
    sorted_numbers = segments.number[order]
    low = np.searchsorted(sorted_numbers, segments.number[mine], side="left")
    high = np.searchsorted(sorted_numbers, segments.number[mine], side="right")
    repeats = high - low
    ring = np.repeat(segments.owner[mine] - len(divisions), repeats)
    metres = np.repeat(segments.length[mine], repeats)
    steps = np.arange(repeats.sum()) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    other = segments.owner[order[np.repeat(low, repeats) + steps]]
    foreign = other != owner[ring]
    keys = ring[foreign] * len(divisions) + other[foreign]
    values, position = np.unique(keys, return_inverse=True)
    total = np.bincount(position, weights=metres[foreign], minlength=len(values))
    return [
        (int(key // len(divisions)), int(key % len(divisions)), float(m))
        for key, m in zip(values, total, strict=True)
    ]


def _add_near(
    shared: list[dict[int, float]],
    lacking: Numbers,
    rings: Geometries,
    owner: Numbers,
    divisions: Geometries,
    tolerance_m: float,
) -> None:
    """Count land within the tolerance for rings that are not wholly accounted for, in place."""
    if not len(lacking):
        return
    tree = shapely.STRtree(divisions)
    ring, other = tree.query(rings[lacking], predicate="dwithin", distance=tolerance_m)
    ring = lacking[ring]
    foreign = owner[ring] != other
    for r, d in sorted(zip(ring[foreign].tolist(), other[foreign].tolist(), strict=True)):
        west, south, east, north = shapely.bounds(rings[r])
        margin = 2 * tolerance_m + 1.0
        land = shapely.intersection(
            divisions[d],
            shapely.box(west - margin, south - margin, east + margin, north + margin),
        )
        near = shapely.buffer(land, tolerance_m, quad_segs=2) if tolerance_m else land
        metres = _length_inside(rings[r], near, tolerance_m)
        if metres > shared[r].get(d, 0.0) + 4 * tolerance_m:
            shared[r][d] = metres


def _length_inside(ring: shapely.Geometry, land: shapely.Geometry, tolerance_m: float) -> float:
    """Return the metres of a ring in land that was grown, less what it was grown at open ends."""
    line = shapely.line_merge(shapely.node(shapely.intersection(ring, land)))
    stretches = shapely.get_parts(line)
    opened = int((~shapely.is_closed(stretches)).sum())
    return max(float(shapely.length(line)) - 2 * tolerance_m * opened, 0.0)


class Stretch(NamedTuple):
    """A connected piece of border between two divisions: ``a`` < ``b`` are positions."""

    a: int
    b: int
    line: shapely.LineString


def trace_stretches(polygons: Geometries) -> list[Stretch]:
    """Return the connected stretches of border that two divisions share, vertex by vertex.

    Parameters
    ----------
    polygons
        Divisions (n,) in a metric CRS.

    Returns
    -------
    list of Stretch
        Sorted by the pair, then by place.

    Examples
    --------
    >>> land = np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    >>> [(s.a, s.b, s.line.length) for s in trace_stretches(land)]
    [(0, 1, 1.0)]
    """
    segments = cut_segments(polygons)
    order = np.lexsort((segments.owner, segments.number))
    number, owner = segments.number[order], segments.owner[order]
    same = (number[1:] == number[:-1]) & (owner[1:] != owner[:-1])
    a, b, ends = owner[:-1][same], owner[1:][same], segments.ends[order][1:][same]
    if not len(a):
        return []
    lines = shapely.linestrings(ends.reshape(-1, 2, 2))
    keys, group = np.unique(a * len(polygons) + b, return_inverse=True)
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], np.arange(len(keys) + 1))
    stretches = []
    for k, key in enumerate(keys):
        members = lines[order[starts[k] : starts[k + 1]]]
        merged = shapely.normalize(shapely.line_merge(shapely.multilinestrings(members)))
        stretches += [
            Stretch(int(key // len(polygons)), int(key % len(polygons)), line)
            for line in shapely.get_parts(merged)
        ]
    return sorted(stretches, key=lambda s: (s.a, s.b, s.line.bounds, s.line.length))
