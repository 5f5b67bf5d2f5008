"""Grow and shrink land, in bounded time on outlines of 100,000 corners too.

GEOS draws the parallel of a whole outline first and then nodes it with itself: where many corners
lie within the distance of each other (a comb, a ragged shore) nearly all pieces cross, and 20,000
corners take minutes. The land within a distance of an outline is also the union of the land within
that distance of each of its pieces, and pieces of a few corners are quick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Geometries = NDArray[np.object_]

MANY_CORNERS = 2_000
"""Outlines with more corners are taken piece by piece: below, GEOS is quick on any of them, as the
time grows with the square of the corners; gridmap's own default."""
PIECE_CORNERS = 6
"""Straight pieces taken together: of 3, 6, 8 and 32 the quickest on combs, stars, shores and
spirals of 100,000 corners (8 s against 35 s with 32 on a shore); gridmap's own default."""
QUADRANT_SEGMENTS = 8
"""Straight pieces of a quarter circle: 0.5 % of its radius is lost."""


def shrink_land(land: Geometries, distance_m: float | NDArray[np.float64]) -> Geometries:
    """Return land without what lies within a distance of its outline.

    Parameters
    ----------
    land
        Valid polygons or multipolygons (n,), metres.
    distance_m
        Metres, 0 or more: one for all, or one each.

    Examples
    --------
    >>> shapely.area(shrink_land(np.array([shapely.box(0, 0, 10, 10)]), 2.0)).tolist()
    [36.0]
    """
    distance = np.broadcast_to(np.asarray(distance_m, dtype=np.float64), land.shape)
    many = shapely.get_num_coordinates(land) > MANY_CORNERS
    shrunk = np.empty(len(land), dtype=object)
    shrunk[~many] = shapely.buffer(land[~many], -distance[~many], quad_segs=QUADRANT_SEGMENTS)
    for row in np.flatnonzero(many):
        rim = _grow_outline(land[row], float(distance[row]))
        shrunk[row] = _keep_land(shapely.difference(land[row], rim))
    return shrunk


def grow_land(land: Geometries, distance_m: float) -> Geometries:
    """Return all that lies within a distance of land.

    Parameters
    ----------
    land
        Valid polygons or multipolygons (n,), metres.
    distance_m
        Metres, 0 or more.

    Examples
    --------
    >>> grown = grow_land(np.array([shapely.box(0, 0, 10, 10)]), 1.0)
    >>> shapely.bounds(grown).tolist()
    [[-1.0, -1.0, 11.0, 11.0]]
    """
    many = shapely.get_num_coordinates(land) > MANY_CORNERS
    grown = np.empty(len(land), dtype=object)
    grown[~many] = shapely.buffer(land[~many], distance_m, quad_segs=QUADRANT_SEGMENTS)
    for row in np.flatnonzero(many):
        grown[row] = shapely.union(land[row], _grow_outline(land[row], distance_m))
    return grown


def _grow_outline(land: shapely.Geometry, distance_m: float) -> shapely.Geometry:
    """Return all that lies within a distance of an outline, made of that of its pieces."""
    rings = shapely.get_rings(shapely.get_parts(land))
    corners = shapely.get_coordinates(rings)
    size = shapely.get_num_coordinates(rings)
    first = np.cumsum(size) - size
    begin = np.concatenate(
        [np.arange(at, at + n - 1, PIECE_CORNERS) for at, n in zip(first, size, strict=True)]
    )
    last = np.repeat(first + size - 1, -(-(size - 1) // PIECE_CORNERS))
    count = np.minimum(begin + PIECE_CORNERS, last) - begin + 1
    piece = np.repeat(np.arange(len(begin)), count)
    rank = np.arange(len(piece)) - np.repeat(np.cumsum(count) - count, count)
    lines = np.asarray(
        shapely.linestrings(corners[np.repeat(begin, count) + rank], indices=piece), dtype=object
    )
    return shapely.union_all(shapely.buffer(lines, distance_m, quad_segs=QUADRANT_SEGMENTS))


def _keep_land(shape: shapely.Geometry) -> shapely.Geometry:
    """Return the polygons of a shape, without the lines and points of a difference."""
    parts = shapely.get_parts(shape)
    areal = parts[shapely.get_dimensions(parts) == 2]
    land: shapely.Geometry = areal[0] if len(areal) == 1 else shapely.multipolygons(areal)
    return land
