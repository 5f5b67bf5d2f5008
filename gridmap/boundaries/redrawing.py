"""Land taken from one outline and given to another, so that nothing opens and nothing overlaps.

Overlay in floating point is exact where outlines meet in common vertices, and nowhere else. So
every outline near the land first gets the land's vertices on its edges, and the land gets theirs;
after that, taking and giving only regroups edges that are already there.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.boundaries.coverage import TOLERANCE_M
from gridmap.checks.edges import METRES_A_DEGREE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from pyproj import CRS

    from gridmap.boundaries.border_chains import Geometries
    from gridmap.boundaries.spans import Floats

ROUNDING_DEG = 1e-9
"""A tenth of a millimetre: a vertex this near to an edge lies on it (a meeting point computed in
the stored plane lies on the edge to the last bit of a double: docs/decisions/001)."""
ROUNDING_M = 1e-6
"""The same where outlines are stored in metres: the last bits of coordinates of 1e7 m."""
SLACK = 1e-9
"""Share of an area that rounding may lose."""


def choose_rounding(crs: CRS | None, outlines: Geometries) -> float:
    """Return how near to an edge a vertex lies on it, in units of the CRS (degrees or metres).

    Outlines that share their vertices need no more than the last bits. Others (a corner on a
    neighbour's straight edge, drawn in a projected plane) are apart by arithmetic: up to
    `coverage.TOLERANCE_M`, which is 2 cm; an edit closes that where it moves land.

    Parameters
    ----------
    crs
        Of the outlines.
    outlines
        Polygons or multipolygons (n,).

    Examples
    --------
    >>> from pyproj import CRS
    >>> shared = np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    >>> choose_rounding(CRS(4490), shared), choose_rounding(CRS(4547), shared)
    (1e-09, 1e-06)
    >>> choose_rounding(CRS(4547), np.array([shapely.box(0, 0, 1, 2), shapely.box(1, 0, 2, 1)]))
    0.02
    """
    if shapely.coverage_is_valid(outlines):
        return ROUNDING_DEG if crs is not None and crs.is_geographic else ROUNDING_M
    return choose_width(crs)


def choose_width(crs: CRS | None) -> float:
    """Return the width below which a difference of outlines is arithmetic, in units of the CRS.

    Examples
    --------
    >>> choose_width(None)
    0.02
    """
    return TOLERANCE_M / METRES_A_DEGREE if crs is not None and crs.is_geographic else TOLERANCE_M


def insert_vertices(shape: shapely.Geometry, xy: Floats, rounding: float) -> shapely.Geometry:
    """Put vertices on the edges that they lie on; the same object when none does.

    Parameters
    ----------
    shape
        Polygon or multipolygon.
    xy
        Vertices (k, 2).
    rounding
        How near to an edge a vertex lies on it.

    Notes
    -----
    A place that is a vertex of the shape already is left out, so that no ring is pinched.

    Examples
    --------
    >>> square = shapely.box(0, 0, 2, 2)
    >>> insert_vertices(square, np.array([[1.0, 0.0]]), 1e-9).wkt
    'POLYGON ((2 0, 2 2, 0 2, 0 0, 1 0, 2 0))'
    """
    rings = shapely.get_rings(shapely.get_parts(shape))
    have, ring = shapely.get_coordinates(rings, return_index=True)
    if not len(xy):
        return shape
    low, high = xy.min(axis=0) - rounding, xy.max(axis=0) + rounding
    near = ((have >= low) & (have <= high)).all(axis=1)
    known = set(map(tuple, have[near].tolist()))
    wanted = sorted(set(map(tuple, np.asarray(xy, dtype=float).tolist())) - known)
    if not wanted:
        return shape
    least, most = np.minimum(have[1:], have[:-1]), np.maximum(have[1:], have[:-1])
    near = (least <= high).all(axis=1) & (most >= low).all(axis=1)
    inside = np.flatnonzero((ring[1:] == ring[:-1]) & near)
    if not len(inside):
        return shape
    ends = np.stack([have[inside], have[inside + 1]], axis=1)
    edges = np.asarray(shapely.linestrings(ends), dtype=object)
    points = np.asarray(shapely.points(np.array(wanted)), dtype=object)
    point, edge = shapely.STRtree(edges).query(points, predicate="dwithin", distance=rounding)
    if not len(point):
        return shape
    order = np.lexsort((shapely.distance(edges[edge], points[point]), point))
    point, first = np.unique(point[order], return_index=True)
    edge = edge[order][first]
    along = shapely.line_locate_point(edges[edge], points[point])
    order = np.lexsort((along, edge))
    at = inside[edge[order]] + 1
    new = np.insert(have, at, np.array(wanted)[point[order]], axis=0)
    owner = np.insert(ring, at, ring[at])
    return _rebuild(shape, new, owner)


def _rebuild(shape: shapely.Geometry, xy: Floats, ring: NDArray[np.int64]) -> shapely.Geometry:
    """Return the shape with other coordinates in the same rings."""
    starts = np.searchsorted(ring, np.arange(int(ring.max()) + 2))
    rings = [xy[a:b] for a, b in itertools.pairwise(starts)]
    polygons, n = [], 0
    for part in shapely.get_parts(shape):
        holes = shapely.get_num_interior_rings(part)
        polygons.append(shapely.Polygon(rings[n], rings[n + 1 : n + 1 + int(holes)]))
        n += 1 + int(holes)
    single = shapely.get_type_id(shape) == shapely.GeometryType.POLYGON
    return polygons[0] if single else shapely.MultiPolygon(polygons)


def match_vertices(
    land: shapely.Geometry, outlines: Geometries, rounding: float
) -> tuple[shapely.Geometry, Geometries]:
    """Give land the vertices of outlines on its edges, and the outlines those of the land.

    Parameters
    ----------
    land
        Polygon or multipolygon.
    outlines
        Polygons or multipolygons (n,); those without land near are left alone.

    Returns
    -------
    land, outlines
        An outline that gained no vertex is the same object.

    Examples
    --------
    >>> land, (below,) = match_vertices(shapely.box(1, 0, 2, 1),
    ...     np.array([shapely.box(0, -1, 9, 0)]), 1e-9)
    >>> shapely.get_num_coordinates([land, below]).tolist()
    [5, 7]
    """
    matched = outlines.copy()
    near = _boxes_meet(shapely.bounds(land), shapely.bounds(outlines), rounding)
    for n in np.flatnonzero(near):
        window = shapely.bounds(land) + np.array([-1, -1, 1, 1]) * rounding
        xy = shapely.get_coordinates(outlines[n])
        here = ((xy >= window[:2]) & (xy <= window[2:])).all(axis=1)
        if here.any():
            land = insert_vertices(land, xy[here], rounding)
    corners = shapely.get_coordinates(land)
    for n in np.flatnonzero(near):
        matched[n] = insert_vertices(outlines[n], corners, rounding)
    return land, matched


def _boxes_meet(one: Floats, many: Floats, margin: float) -> NDArray[np.bool_]:
    low = (many[:, :2] <= one[2:] + margin).all(axis=1)
    return np.asarray(low & (many[:, 2:] >= one[:2] - margin).all(axis=1), dtype=bool)


def take_land(outline: shapely.Geometry, land: shapely.Geometry) -> shapely.Geometry:
    """Return an outline without land; parts that it does not touch keep their vertices' order.

    Parameters
    ----------
    outline, land
        With common vertices (`match_vertices`).

    Examples
    --------
    >>> two = shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(5, 0, 6, 1)])
    >>> take_land(two, shapely.box(5, 0, 6, 1)).wkt
    'POLYGON ((1 0, 1 1, 0 1, 0 0, 1 0))'
    """
    kept: list[shapely.Geometry] = []
    for part in shapely.get_parts(outline):
        if not shapely.intersects(part, land):
            kept.append(part)
            continue
        rest = shapely.difference(part, land)
        left = polygons_of(rest)
        whole = len(left) == 1 and shapely.equals_exact(
            shapely.normalize(left[0]), shapely.normalize(part), tolerance=0.0
        )
        kept += [part] if whole else list(left)
    return _gather(kept)


def give_land(outline: shapely.Geometry, land: shapely.Geometry) -> shapely.Geometry:
    """Return an outline with land added; parts that do not touch the land stay as they are.

    Parameters
    ----------
    outline, land
        With common vertices (`match_vertices`); they must not overlap.

    Examples
    --------
    >>> give_land(shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)).area
    2.0
    """
    parts = shapely.get_parts(outline)
    touching = shapely.intersects(parts, land)
    pieces = np.array([*parts[touching], *shapely.get_parts(land)], dtype=object)
    return _gather([*parts[~touching], *polygons_of(_join(pieces))])


def _join(pieces: Geometries) -> shapely.Geometry:
    """Return the union of pieces by their common edges; by overlay where these don't suffice."""
    expected = float(shapely.area(pieces).sum())
    try:
        joined = shapely.coverage_union_all(pieces)
    except shapely.errors.GEOSException:  # edges that meet in more than two
        return shapely.union_all(pieces)
    exact = (
        shapely.is_valid(joined) and abs(float(shapely.area(joined)) - expected) <= SLACK * expected
    )
    return joined if exact else shapely.union_all(pieces)


def polygons_of(shape: shapely.Geometry | Sequence[Any] | Geometries) -> Geometries:
    """Return the polygons in a geometry or in several, without lines and points.

    Examples
    --------
    >>> len(polygons_of(shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(2, 0, 3, 1)])))
    2
    """
    parts = shapely.get_parts(shapely.get_parts(shape))
    land = (shapely.get_dimensions(parts) == 2) & ~shapely.is_empty(parts)
    return np.asarray(parts[land], dtype=object)


def _gather(polygons: Sequence[Any]) -> shapely.Geometry:
    if len(polygons) == 1:
        only: shapely.Geometry = polygons[0]
        return only
    return shapely.MultiPolygon(list(polygons)) if polygons else shapely.Polygon()


def part_count(outline: shapely.Geometry) -> int:
    """Return the number of parts; land that touches in a point only counts as apart.

    Examples
    --------
    >>> part_count(shapely.box(0, 0, 1, 1))
    1
    """
    return 0 if shapely.is_empty(outline) else int(shapely.get_num_geometries(outline))
