"""Clear lines: where a border runs on a road, river, railway, wall or compound line.

A metre of border is on a line when it lies within the tolerance of it and runs its way. A line
that merely crosses the border runs another way, or runs its way for a moment only, and does not
count. Water with an area counts inside too: who crosses it knows where the border is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.boundaries.spans import (
    NO_SPANS,
    complement_spans,
    gather_spans,
    intersect_spans,
    unite_spans,
)

if TYPE_CHECKING:
    import geopandas as gpd

    from gridmap.boundaries.border_chains import BorderChains, Geometries
    from gridmap.boundaries.spans import Floats, Ints, Spans

KINDS = ("road", "river", "railway", "wall", "compound")
"""What a border may run on, in the order in which a metre is given to one of several: what people
name a border by (Dadukou: 'on roads or compound lines', FIELD.md section 1) and can walk first,
what they see from afar next, a compound's line last."""
PARALLEL = 0.8
"""Least cosine of the angle between a border and the line it runs along (37 degrees); gridmap's
own default, the same as between units."""
LEAST_RUN = 2.0
"""A run shorter than this many tolerances, on a longer border, is a crossing: gridmap's own
default, because a line that crosses squarely is near for just two tolerances."""
BEND = 1.0
"""A piece of so many tolerances between two runs on lines of a kind, near them but another way,
is a bend of the border and on the line too; gridmap's own default."""
ROUNDING_M = 1e-6


@dataclass(frozen=True)
class ClearLines:
    """The straight pieces of everything a border may run on.

    Attributes
    ----------
    start, end
        (n, 2) coordinates, metres.
    kind
        (n,) position in `KINDS`.
    name
        (n,) text; only roads have one.
    water
        Polygons of rivers and the like, in which a border is clear.
    water_kind
        Position in `KINDS` of each.
    """

    start: Floats
    end: Floats
    kind: Ints
    name: Geometries
    water: Geometries
    water_kind: Ints

    @property
    def segments(self) -> Geometries:
        """Return the pieces as linestrings."""
        return np.asarray(
            shapely.linestrings(np.stack([self.start, self.end], axis=1)), dtype=object
        )


def gather_clear_lines(
    roads: gpd.GeoDataFrame | None,
    barriers: gpd.GeoDataFrame | None,
    compounds: gpd.GeoDataFrame | None,
) -> ClearLines:
    """Take roads, barriers and the outlines of compounds apart into straight pieces.

    Empty and absent geometry is passed over; a barrier of a kind that is not known is left out.

    Examples
    --------
    >>> import geopandas as gpd
    >>> road = gpd.GeoDataFrame({"name": ["建设路"]},
    ...                         geometry=[shapely.LineString([(0, 0), (1, 0), (1, 1)])])
    >>> lines = gather_clear_lines(road, None, None)
    >>> len(lines.segments), lines.name.tolist()
    (2, ['建设路', '建设路'])
    """
    shapes, kind, name = [], [], []
    for frame, one in ((roads, "road"), (barriers, ""), (compounds, "compound")):
        if frame is None or not len(frame):
            continue
        own = np.array(frame.geometry.to_numpy(), dtype=object)
        words = frame["kind"].to_numpy() if not one and "kind" in frame else [one] * len(frame)
        rank = np.array([KINDS.index(w) if w in KINDS else -1 for w in words], dtype=np.int64)
        good = (rank >= 0) & ~(shapely.is_missing(own) | shapely.is_empty(own))
        names = np.full(len(frame), "", dtype=object)
        if one == "road" and "name" in frame:
            names = frame["name"].fillna("").astype(str).to_numpy(dtype=object)
        shapes.append(own[good])
        kind.append(rank[good])
        name.append(names[good])
    empty = np.empty(0, dtype=object)
    whole = np.concatenate([*shapes, empty])
    rank = np.concatenate([*kind, np.empty(0, dtype=np.int64)])
    names = np.concatenate([*name, empty])
    areal = np.isin(shapely.get_type_id(whole), (3, 6))
    wet = areal & (rank != KINDS.index("compound")) & (rank != KINDS.index("road"))
    drawn = whole.copy()
    drawn[areal] = shapely.boundary(whole[areal])
    start, end, owner = _split(drawn)
    return ClearLines(start, end, rank[owner], names[owner], whole[wet], rank[wet])


def _split(shapes: Geometries) -> tuple[Floats, Floats, Ints]:
    parts, owner = shapely.get_parts(shapes, return_index=True)
    inner, part = shapely.get_parts(parts, return_index=True)
    linear = np.isin(shapely.get_type_id(inner), (1, 2))
    inner, owner = inner[linear], owner[part[linear]]
    xy, line = shapely.get_coordinates(inner, return_index=True)
    inside = line[1:] == line[:-1]
    real = inside & (xy[1:] != xy[:-1]).any(axis=1)
    return xy[:-1][real], xy[1:][real], owner[line[1:][real]]


@dataclass(frozen=True)
class Touches:
    """Where borders run on lines.

    Attributes
    ----------
    on
        Kind -> spans of the axis on lines of this kind.
    roads
        Name of a road -> spans of the axis along it.
    """

    on: dict[str, Spans]
    roads: dict[str, Spans]


def find_touches(chains: BorderChains, lines: ClearLines, tolerance_m: float) -> Touches:
    """Find where borders run on lines of each kind, and along each named road.

    Parameters
    ----------
    chains, lines
        In the same CRS, metres.
    tolerance_m
        Greatest distance between a border and the line it is on, metres.
    """
    segments = np.asarray(
        shapely.linestrings(np.stack([chains.start, chains.end], axis=1)), dtype=object
    )
    own, line = shapely.STRtree(lines.segments).query(
        segments, predicate="dwithin", distance=tolerance_m
    )
    low, high, along = _reach(chains, lines, own, line, tolerance_m)
    on = {}
    for rank, kind in enumerate(KINDS):
        chosen = lines.kind[line] == rank
        spans = _runs(chains, (low, high), along, chosen, tolerance_m)
        water = lines.water[lines.water_kind == rank]
        on[kind] = gather_spans([spans, _inside(chains, segments, water)])
    roads = {}
    names = lines.name[line]
    near = along & (names != "")
    values, code = np.unique(names[near].astype(str), return_inverse=True)
    order = np.argsort(code, kind="stable")
    positions = np.flatnonzero(near)[order]
    for name, chosen_at in zip(
        values, np.split(positions, np.cumsum(np.bincount(code))[:-1]), strict=False
    ):
        spans = _runs(
            chains, (low[chosen_at], high[chosen_at]), along[chosen_at], None, tolerance_m
        )
        if len(spans[0]):
            roads[str(name)] = spans
    return Touches(on, roads)


def _reach(
    chains: BorderChains, lines: ClearLines, own: Ints, line: Ints, tolerance_m: float
) -> tuple[Floats, Floats, np.ndarray[tuple[int, ...], np.dtype[np.bool_]]]:
    """Return the span of each border segment within reach of each line, and whether it runs on.

    The set of points within reach of a straight piece is convex, so it cuts one interval out of
    a segment: the hull of what its strip and its two round ends cut out.
    """
    start, way = chains.start[own], chains.end[own] - chains.start[own]
    size = chains.length[own]
    way = way / size[:, None]
    axis = lines.end[line] - lines.start[line]
    long = np.hypot(*axis.T)
    axis = axis / long[:, None]
    off = start - lines.start[line]
    u, v = (off * axis).sum(axis=1), off[:, 1] * axis[:, 0] - off[:, 0] * axis[:, 1]
    du, dv = (way * axis).sum(axis=1), way[:, 1] * axis[:, 0] - way[:, 0] * axis[:, 1]
    cuts = [
        _intersect(
            _slab(u, du, np.zeros_like(long), long), _slab(v, dv, -tolerance_m, tolerance_m)
        ),
        _disc(off, way, tolerance_m),
        _disc(start - lines.end[line], way, tolerance_m),
    ]
    begin = np.min([cut[0] for cut in cuts], axis=0)
    finish = np.max([cut[1] for cut in cuts], axis=0)
    begin, finish = np.maximum(begin, 0.0), np.minimum(finish, size)
    finish = np.maximum(begin, finish)
    begin = np.minimum(begin, finish)
    at = chains.at[own]
    return at + begin, at + finish, np.abs(du) >= PARALLEL


def _slab(place: Floats, speed: Floats, low: Floats | float, high: Floats | float) -> Spans:
    still = np.abs(speed) < 1e-12
    rate = np.where(still, 1.0, speed)
    first, second = (low - place) / rate, (high - place) / rate
    inside = (place >= low) & (place <= high)
    begin = np.where(still, np.where(inside, -np.inf, np.inf), np.minimum(first, second))
    finish = np.where(still, np.where(inside, np.inf, -np.inf), np.maximum(first, second))
    return begin, finish


def _disc(off: Floats, way: Floats, radius: float) -> Spans:
    middle = -(off * way).sum(axis=1)
    apart = radius**2 - ((off + way * middle[:, None]) ** 2).sum(axis=1)
    half = np.sqrt(np.maximum(apart, 0.0))
    misses = apart < 0
    return np.where(misses, np.inf, middle - half), np.where(misses, -np.inf, middle + half)


def _intersect(first: Spans, second: Spans) -> Spans:
    low, high = np.maximum(first[0], second[0]), np.minimum(first[1], second[1])
    misses = low > high
    return np.where(misses, np.inf, low), np.where(misses, -np.inf, high)


def _runs(
    chains: BorderChains,
    reach: Spans,
    along: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
    chosen: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] | None,
    tolerance_m: float,
) -> Spans:
    """Return the runs along chosen lines: bends are closed, crossings are left out."""
    if chosen is None:
        chosen = np.ones(len(along), dtype=bool)
    low, high = reach
    runs = unite_spans(low[along & chosen], high[along & chosen], gap=ROUNDING_M)
    if not len(runs[0]):
        return NO_SPANS
    near = unite_spans(low[chosen], high[chosen], gap=ROUNDING_M)
    closed = intersect_spans(unite_spans(*runs, gap=BEND * tolerance_m), gather_spans([near, runs]))
    closed = unite_spans(*closed, gap=ROUNDING_M)
    first, last = chains.spans
    chain = np.searchsorted(first, closed[0] + ROUNDING_M, side="right") - 1
    whole = (last - first)[chain]
    length = closed[1] - closed[0]
    kept = (length >= LEAST_RUN * tolerance_m) | (length >= whole - 2 * ROUNDING_M)
    return closed[0][kept], closed[1][kept]


def _inside(chains: BorderChains, segments: Geometries, water: Geometries) -> Spans:
    """Return where borders lie in areas of water."""
    if not len(water):
        return NO_SPANS
    body, own = shapely.STRtree(segments).query(water, predicate="intersects")
    wet = shapely.intersection(segments[own], water[body])
    parts, position = shapely.get_parts(wet, return_index=True)
    drawn = shapely.get_type_id(parts) == 1
    parts, position = parts[drawn], position[drawn]
    ends = shapely.get_coordinates(shapely.get_point(parts, 0)).reshape(-1, 2)
    away = np.hypot(*(ends - chains.start[own[position]]).T)
    far = shapely.get_coordinates(shapely.get_point(parts, -1)).reshape(-1, 2)
    gone = np.hypot(*(far - chains.start[own[position]]).T)
    at = chains.at[own[position]]
    return unite_spans(at + np.minimum(away, gone), at + np.maximum(away, gone), gap=ROUNDING_M)


def give_metres(on: dict[str, Spans]) -> dict[str, Spans]:
    """Give every metre that is on lines of several kinds to the first of them in `KINDS`.

    Examples
    --------
    >>> both = (np.array([0.0]), np.array([5.0]))
    >>> more = (np.array([3.0]), np.array([9.0]))
    >>> given = give_metres({"road": both, "river": more})
    >>> [float(value[0]) for value in given["river"]]
    [5.0, 9.0]
    """
    given: dict[str, Spans] = {}
    taken = NO_SPANS
    for kind, spans in on.items():
        given[kind] = complement_spans(taken, spans)
        taken = gather_spans([taken, spans])
    return given
