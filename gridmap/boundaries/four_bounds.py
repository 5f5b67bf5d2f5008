"""The four bounds of a grid (四至): what lies to the east, south, west and north of it.

A table of grids and the sign at its entrance say where a grid ends in words: 'east to Jianshe Road,
south to the river'. What is named on a side is what somebody sees who comes from there: rays are
drawn against each side, and where a ray meets the grid first, the landmark along the border, or
else the land beyond it, has the ray's vote.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
import pandas as pd
import shapely

from gridmap.model import LANDMARK_KINDS

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray
    from pyproj import CRS

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Objects = NDArray[np.object_]

SIDES = ("east", "south", "west", "north")
"""In the order in which Chinese papers name them: 东至、南至、西至、北至."""
RAYS = 32
"""Rays against each side of a grid; gridmap's own default."""
LEAST_SHARE = 0.25
"""What has less than this share of a side's rays is not named; gridmap's own default."""
MOST_NAMES = 2
"""Names on one side, the longest first; gridmap's own default."""
TOLERANCE_M = 15.0
"""A border this near to a line, and along it, is on it: as for clarity."""
PARALLEL = 0.8
"""Least cosine of the angle between a border and the line along it: as between units."""
BEYOND_M = 1.0
"""How far beyond the border the land is asked whose it is, metres."""

_LINES = LANDMARK_KINDS[:4]
_RANKS = ("road", "river", "railway", "river ", "railway ", "compound", "wall", "road ", "grid", "")
"""What is named where several lie on one border: a line with a name, water or rail without, the
compound beyond, a wall or a road without a name, the next grid, the edge of the land. A kind with
a space has no name."""


class Bound(NamedTuple):
    """What bounds a grid on one side.

    Attributes
    ----------
    kind
        One of `gridmap.model.LANDMARK_KINDS`, ``grid`` for a grid beyond, ``edge`` where the land
        of the plan ends.
    name
        Of the landmark (``""`` where it has none), or the id of the grid.
    share
        Share of the side's rays, 0 to 1.
    """

    kind: str
    name: str
    share: float


Bounds: TypeAlias = tuple[Bound, ...]


@dataclass(frozen=True)
class _Rays:
    """Where rays meet grids first: (n,) grid, side, ray; (n, 2) place and direction of border."""

    grid: Ints
    side: Ints
    at: Floats
    along: Floats
    outward: Floats


def find_four_bounds(
    grids: gpd.GeoDataFrame, landmarks: gpd.GeoDataFrame | None, *, metric_crs: CRS
) -> pd.DataFrame:
    """Name what bounds each grid on its four sides.

    Parameters
    ----------
    grids
        Polygons that don't overlap, indexed by id.
    landmarks
        ``kind``, ``name`` and geometry as in `gridmap.model.Units.landmarks`, or None.
    metric_crs
        In which metres are measured.

    Returns
    -------
    DataFrame
        Indexed as ``grids``; a column for each of `SIDES` with a tuple of `Bound`, most rays first:
        at most `MOST_NAMES`, and none below `LEAST_SHARE` unless it is the only one.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from pyproj import CRS
    >>> grids = gpd.GeoDataFrame(
    ...     index=["g1", "g2"], crs=4547,
    ...     geometry=[shapely.box(500000, 0, 500100, 100), shapely.box(500100, 0, 500200, 100)],
    ... )
    >>> roads = gpd.GeoDataFrame(
    ...     {"kind": ["road"], "name": ["建设路"], "class": ["local"]}, crs=4547,
    ...     geometry=[shapely.LineString([(499900, 105), (500300, 105)])],
    ... )
    >>> bounds = find_four_bounds(grids, roads, metric_crs=CRS(4547))
    >>> bounds.loc["g1", "north"], bounds.loc["g1", "east"]
    ((Bound(kind='road', name='建设路', share=1.0),), (Bound(kind='grid', name='g2', share=1.0),))
    """
    shapes = np.asarray(grids.geometry.to_crs(metric_crs).to_numpy(), dtype=object)
    rays = _cast_rays(shapes)
    rank, name = _name_beyond(rays, shapes, np.array(grids.index.astype(str), dtype=object))
    if landmarks is not None and len(landmarks):
        known = landmarks.to_crs(metric_crs)
        _name_landmarks(rays, known, rank, name)
    columns = _count_votes(rays, rank, name, len(shapes))
    return pd.DataFrame(dict(zip(SIDES, columns, strict=True)), index=grids.index)


def _cast_rays(shapes: Objects) -> _Rays:
    """Cast rays against each side of each grid, evenly between its ends."""
    rings, owner = _outer_rings(shapes)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    follows = (ring[1:] == ring[:-1]) & (points[1:] != points[:-1]).any(axis=1)
    start, end, grid = points[:-1][follows], points[1:][follows], owner[ring[1:][follows]]
    bounds = shapely.bounds(shapes)
    parts = []
    for side, (axis, sign) in enumerate(((0, 1.0), (1, -1.0), (0, -1.0), (1, 1.0))):
        least, most = bounds[:, 1 - axis], bounds[:, 3 - axis]
        parts.append(_cast_side(start, end, grid, least, most, axis, sign, side))
    return _Rays(
        *(np.concatenate([getattr(p, f) for p in parts]) for f in _Rays.__dataclass_fields__)
    )


def _outer_rings(shapes: Objects) -> tuple[Objects, Ints]:
    polygons, owner = shapely.get_parts(shapes, return_index=True)
    areal = shapely.get_type_id(polygons) == 3
    rings = np.asarray(shapely.get_exterior_ring(polygons[areal]), dtype=object)
    return rings, owner[areal].astype(np.int64)


def _cast_side(
    start: Floats,
    end: Floats,
    grid: Ints,
    least: Floats,
    most: Floats,
    axis: int,
    sign: float,
    side: int,
) -> _Rays:
    """Cast the rays that run along ``axis`` from its end ``sign``."""
    step = ((most - least) / RAYS)[grid]
    safe = np.where(step > 0, step, 1.0)
    low, high = np.minimum(start, end)[:, 1 - axis], np.maximum(start, end)[:, 1 - axis]
    first = np.ceil((low - least[grid]) / safe - 0.5).astype(np.int64)
    last = np.ceil((high - least[grid]) / safe - 0.5).astype(np.int64)
    count = np.where(step > 0, np.clip(last, 0, RAYS) - np.clip(first, 0, RAYS), 0)
    piece = np.repeat(np.arange(len(grid)), count)
    ray = np.arange(len(piece)) - np.repeat(np.cumsum(count) - count, count)
    ray = ray + np.clip(first, 0, RAYS)[piece]
    level = least[grid[piece]] + (ray + 0.5) * step[piece]
    way = (end - start)[piece]
    share = (level - start[piece, 1 - axis]) / way[:, 1 - axis]
    at = start[piece] + way * share[:, None]
    far = sign * at[:, axis]
    order = np.lexsort((-far, ray, grid[piece]))
    key = grid[piece][order] * RAYS + ray[order]
    outer = order[np.append(True, key[1:] != key[:-1])] if len(order) else order
    along = way[outer] / np.hypot(*way[outer].T)[:, None]
    outward = np.zeros((len(outer), 2))
    outward[:, axis] = sign
    return _Rays(grid[piece][outer], np.full(len(outer), side), at[outer], along, outward)


def _name_beyond(rays: _Rays, shapes: Objects, ids: Objects) -> tuple[Ints, Objects]:
    """Return the rank and name of the grid beyond each place, or of the edge of the land."""
    rank = np.full(len(rays.grid), _RANKS.index(""), dtype=np.int64)
    name = np.full(len(rays.grid), "", dtype=object)
    places = _points(rays.at + BEYOND_M * rays.outward)
    ray, other = shapely.STRtree(shapes).query(places, predicate="intersects")
    foreign = other != rays.grid[ray]
    ray, other = ray[foreign][::-1], other[foreign][::-1]
    rank[ray], name[ray] = _RANKS.index("grid"), ids[other]
    return rank, name


def _name_landmarks(rays: _Rays, landmarks: gpd.GeoDataFrame, rank: Ints, name: Objects) -> None:
    """Put the best landmark in place of the grid beyond, where there is one."""
    shapes = np.asarray(landmarks.geometry.to_numpy(), dtype=object)
    kinds = landmarks["kind"].to_numpy(dtype=object)
    names = landmarks["name"].to_numpy(dtype=object)
    hits = [_find_lines(rays, shapes, np.flatnonzero(np.isin(kinds, _LINES)))]
    hits.append(_find_compounds(rays, shapes, np.flatnonzero(kinds == "compound")))
    ray, landmark, distance = (np.concatenate(column) for column in zip(*hits, strict=True))
    words = [f"{kind}{'' if own else ' '}" for kind, own in zip(kinds, names, strict=True)]
    ranks = np.array([_RANKS.index(w) if w in _RANKS else len(_RANKS) for w in words])
    order = np.lexsort((names[landmark].astype(str), distance, ranks[landmark], ray))
    ray, landmark = ray[order], landmark[order]
    first = np.append(True, ray[1:] != ray[:-1]) if len(ray) else np.empty(0, dtype=bool)
    ray, landmark = ray[first], landmark[first]
    better = ranks[landmark] < rank[ray]
    rank[ray[better]] = ranks[landmark[better]]
    name[ray[better]] = names[landmark[better]]


def _points(at: Floats) -> Objects:
    return np.asarray(shapely.points(at), dtype=object)


def _find_lines(rays: _Rays, shapes: Objects, chosen: Ints) -> tuple[Ints, Ints, Floats]:
    """Find the lines along the border at each place: (ray, landmark, distance in metres)."""
    drawn = shapes[chosen].copy()
    areal = np.isin(shapely.get_type_id(drawn), (3, 6))
    drawn[areal] = shapely.boundary(drawn[areal])
    parts, owner = shapely.get_parts(drawn, return_index=True)
    xy, line = shapely.get_coordinates(parts, return_index=True)
    real = (line[1:] == line[:-1]) & (xy[1:] != xy[:-1]).any(axis=1)
    start, end = xy[:-1][real], xy[1:][real]
    landmark = chosen[owner[line[1:][real]]]
    segments = np.asarray(shapely.linestrings(np.stack([start, end], axis=1)), dtype=object)
    places = _points(rays.at)
    ray, segment = shapely.STRtree(segments).query(
        places, predicate="dwithin", distance=TOLERANCE_M
    )
    way = (end - start)[segment]
    cosine = np.abs((way * rays.along[ray]).sum(axis=1)) / np.hypot(*way.T)
    ray, segment = ray[cosine >= PARALLEL], segment[cosine >= PARALLEL]
    distance = np.asarray(shapely.distance(places[ray], segments[segment]))
    return ray, landmark[segment], distance


def _find_compounds(rays: _Rays, shapes: Objects, chosen: Ints) -> tuple[Ints, Ints, Floats]:
    """Find the compound beyond each place, within the tolerance: its wall may stand back."""
    places = _points(rays.at)
    reach = np.stack([rays.at + BEYOND_M * rays.outward, rays.at + TOLERANCE_M * rays.outward], 1)
    ray, row = shapely.STRtree(shapes[chosen]).query(
        shapely.linestrings(reach), predicate="intersects"
    )
    inside = shapely.intersects(
        shapes[chosen][row], _points(rays.at - BEYOND_M * rays.outward)[ray]
    )
    ray, row = ray[~inside], row[~inside]
    return ray, chosen[row], np.asarray(shapely.distance(places[ray], shapes[chosen][row]))


def _count_votes(rays: _Rays, rank: Ints, name: Objects, count: int) -> list[list[Bounds]]:
    """Return for each side the bounds of each grid."""
    words, word = np.unique(name.astype(str), return_inverse=True)
    place = rays.side * count + rays.grid
    asked = np.stack([place, rank, word.astype(np.int64)], axis=1)
    rows, votes = np.unique(asked, axis=0, return_counts=True)
    order = np.lexsort((rows[:, 2], rows[:, 1], -votes, rows[:, 0]))
    total = np.bincount(place, minlength=len(SIDES) * count)
    found: list[list[Bound]] = [[] for _ in total]
    for row in order.tolist():
        at, kind, own = rows[row].tolist()
        share = round(int(votes[row]) / int(total[at]), 4)
        if not found[at] or (share >= LEAST_SHARE and len(found[at]) < MOST_NAMES):
            found[at].append(Bound(_RANKS[kind].strip() or "edge", str(words[own]), share))
    bounds = [tuple(own) for own in found]
    return [bounds[side * count : (side + 1) * count] for side in range(len(SIDES))]
