"""Cells: the land of a region shared out by which seed is nearest.

For each region the triangulation of its seeds gives the lines that are equally far from two
seeds of different owners; they are cleaned of their zigzag and cut off at the region's border.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.spatial import Delaunay, cKDTree

from gridmap.units.arrays import make_segments, run_starts
from gridmap.units.barriers import lies_on, split_segments
from gridmap.units.linework import GRID_DEGREES, draw_faces

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridmap.units.arrays import Floats, Geometries, Ints
    from gridmap.units.measuring import LocalPlane


JITTER_M = 5e-4
"""Random shift of every seed, in metres, so that no four lie on one circle."""
GUARDS = 8
"""Far points around a region that keep its outer cells finite."""
GUARD_RADII = 4.0
"""Distance of the guards from the centre, in diameters of the region: no place of the region is
nearer to a guard than to a seed."""
SMOOTH_M = 0.7
"""Zigzag of a cell's border that is straightened, in metres; gridmap's own default."""
SNAP_DEGREES = 5e-7
"""A cut that comes this near to a corner, about 5 cm, goes through the corner."""
REGION_GAP_M = 1e7
"""Distance put between regions so that the nearest seed is one of the same region."""


@dataclass(frozen=True, slots=True)
class Ridges:
    """Lines equally far from seeds of two owners, before they are joined and cut off.

    Attributes
    ----------
    region
        (n,) the region each lies in.
    first, second
        (n,) the owners on its two sides.
    start, end
        (n, 2) metres in the local plane; may reach far beyond the region.
    """

    region: Ints
    first: Ints
    second: Ints
    start: Floats
    end: Floats


def find_ridges(
    region: Ints,
    xy: Floats,
    owner: Ints,
    extent: Floats,
    *,
    report: Callable[[int, int], None] | None = None,
) -> Ridges:
    """Find the lines between seeds of different owners, region by region.

    Parameters
    ----------
    region
        (n,) region of each seed.
    xy
        (n, 2) seeds in metres.
    owner
        (n,) owner of each seed.
    extent
        (k, 4) bounds of every region in metres: xmin, ymin, xmax, ymax.
    report
        Called with the regions done and their number.

    Returns
    -------
    Ridges
    """
    if not len(region):
        none = np.empty(0, dtype=np.int64)
        return Ridges(none, none, none, np.empty((0, 2)), np.empty((0, 2)))
    order = np.argsort(region, kind="stable")
    shift = np.random.default_rng(0).uniform(-JITTER_M, JITTER_M, xy.shape)
    region, owner, xy = region[order], owner[order], xy[order] + shift
    starts, ends = run_starts(region)
    found = []
    for done, (a, b) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        found.append(_region_ridges(xy[a:b], owner[a:b], extent[region[a]]))
        if report is not None and done % 64 == 0:
            report(done, len(starts))
    counts = [len(ridges[0]) for ridges in found]
    first, second, start, end = (np.concatenate(part) for part in zip(*found, strict=True))
    return Ridges(np.repeat(region[starts], counts), first, second, start, end)


def _region_ridges(xy: Floats, owner: Ints, extent: Floats) -> tuple[Ints, Ints, Floats, Floats]:
    """Return the two owners and the two ends of the ridges of one region."""
    low = np.minimum(xy.min(axis=0), extent[:2])
    high = np.maximum(xy.max(axis=0), extent[2:])
    centre, radius = (low + high) / 2, max(float(np.hypot(*(high - low))), 1.0)
    turn = np.arange(GUARDS) * (2 * np.pi / GUARDS) + 0.1
    guards = np.column_stack([np.cos(turn), np.sin(turn)]) * GUARD_RADII
    points = np.concatenate([(xy - centre) / radius, guards])
    owners = np.concatenate([owner, np.full(GUARDS, -1)])
    mesh = Delaunay(points)
    corners = points[mesh.simplices]
    middle = _circumcentres(corners) * radius + centre
    triangle, side = np.nonzero(mesh.neighbors > np.arange(len(mesh.neighbors))[:, None])
    other = mesh.neighbors[triangle, side]
    p = mesh.simplices[triangle, (side + 1) % 3]
    q = mesh.simplices[triangle, (side + 2) % 3]
    first, second = owners[p], owners[q]
    apart = (first != second) & (first >= 0) & (second >= 0)
    triangle, other = triangle[apart], other[apart]
    return (
        np.minimum(first, second)[apart],
        np.maximum(first, second)[apart],
        middle[triangle],
        middle[other],
    )


def _circumcentres(corners: Floats) -> Floats:
    """Return the centres (n, 2) of the circles through triangles (n, 3, 2)."""
    a = corners[:, 0]
    b, c = corners[:, 1] - a, corners[:, 2] - a
    twice = 2.0 * (b[:, 0] * c[:, 1] - b[:, 1] * c[:, 0])
    twice = np.where(np.abs(twice) < 1e-300, 1e-300, twice)
    bb, cc = (b * b).sum(axis=1), (c * c).sum(axis=1)
    x = (c[:, 1] * bb - b[:, 1] * cc) / twice
    y = (b[:, 0] * cc - c[:, 0] * bb) / twice
    return np.asarray(a + np.clip(np.column_stack([x, y]), -1e4, 1e4), dtype=np.float64)


def draw_cells(ridges: Ridges, regions: Geometries, plane: LocalPlane) -> Geometries:
    """Join ridges to lines, straighten them, and cut them off at the border of their region.

    Parameters
    ----------
    ridges
        As found, without those that are not wanted.
    regions
        (k,) polygons in degrees that ``ridges.region`` counts.
    plane
        The local plane of the ridges.

    Returns
    -------
    array
        Lines in degrees inside their regions.
    """
    start, end = ridges.start.round(4), ridges.end.round(4)
    long = (start != end).any(axis=1)
    if not long.any():
        return np.empty(0, dtype=object)
    segments = make_segments(start[long], end[long])
    which, group = np.unique(ridges.region[long], return_inverse=True)
    bundles = shapely.line_merge(shapely.multilinestrings(segments, indices=group))
    bundles = shapely.simplify(bundles, SMOOTH_M, preserve_topology=False)
    bundles = shapely.transform(bundles, plane.to_degrees)
    inside = shapely.get_parts(shapely.intersection(bundles, regions[which]))
    inside = shapely.get_parts(inside)
    lines: Geometries = inside[shapely.get_dimensions(inside) == 1]
    return lines


def cut_polygons(shapes: Geometries, lines: Geometries) -> tuple[Geometries, Ints]:
    """Cut polygons of a coverage along lines inside them.

    Only the polygons that a line reaches are drawn anew, their neighbours with them, so that
    every new corner on a common border becomes a corner of both.

    Parameters
    ----------
    shapes
        (n,) polygons of a valid coverage, with corners on the snapping grid.
    lines
        Lines whose ends lie on borders of the polygons, or on each other.

    Returns
    -------
    shapes, parent
        (m,) polygons of a valid coverage of the same land, and the polygon each is part of.
    """
    if not len(lines):
        return shapes, np.arange(len(shapes))
    tree = shapely.STRtree(shapes)
    hits = tree.query(lines, predicate="dwithin", distance=10 * GRID_DEGREES)
    reached = np.unique(hits[1])
    drawn = shapely.boundary(shapes[reached])
    lines = _snap_to_corners(lines, shapely.get_coordinates(drawn))
    lines = _leave_out_borders(lines, drawn)
    pieces = draw_faces(np.concatenate([drawn, lines]))
    inner = shapely.STRtree(shapely.point_on_surface(pieces))
    of, piece = inner.query(shapes[reached], predicate="intersects")
    parent = np.full(len(pieces), -1, dtype=np.int64)
    parent[piece[::-1]] = reached[of[::-1]]
    kept = np.ones(len(shapes), dtype=bool)
    kept[reached] = False
    same = np.flatnonzero(kept)
    return (
        np.concatenate([shapes[same], pieces[parent >= 0]]),
        np.concatenate([same, parent[parent >= 0]]),
    )


def _snap_to_corners(lines: Geometries, corners: Floats) -> Geometries:
    """Move vertices of lines that are very near to a corner into it."""
    tree = cKDTree(corners)

    def snapped(points: Floats) -> Floats:
        distance, at = tree.query(points, distance_upper_bound=SNAP_DEGREES)
        near = np.isfinite(distance)
        moved = points.copy()
        moved[near] = corners[at[near]]
        return moved

    moved: Geometries = shapely.transform(lines, snapped)
    return moved[shapely.length(moved) > GRID_DEGREES]


def _leave_out_borders(lines: Geometries, borders: Geometries) -> Geometries:
    """Return the straight segments of lines that do not run along a border."""
    segments = split_segments(lines)
    ends = shapely.get_coordinates(segments).reshape(-1, 2, 2)
    return segments[~lies_on(borders, ends[:, 0], ends[:, 1])]


def nearest_owner(
    region: Ints, xy: Floats, seeds_region: Ints, seeds_xy: Floats, owner: Ints
) -> Ints:
    """Return the owner of the nearest seed of the same region, for points in metres."""
    tree = cKDTree(np.column_stack([seeds_xy, seeds_region * REGION_GAP_M]))
    _, at = tree.query(np.column_stack([xy, region * REGION_GAP_M]))
    return np.asarray(owner[at], dtype=np.int64)
