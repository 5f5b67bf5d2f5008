"""Redraw two divisions with another border between them, and tell the land that changes hands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.boundaries.border_chains import NOBODY, chain_borders

if TYPE_CHECKING:
    from gridmap.boundaries.border_chains import Geometries

    Exchange = tuple[
        tuple[shapely.Geometry, ...], tuple[shapely.MultiPolygon, shapely.MultiPolygon]
    ]

ROUNDING_M = 1e-6
"""Places nearer than this are one."""


@dataclass(frozen=True)
class Neighbours:
    """Two divisions that share a border: what is asked of them for each stretch of it.

    Attributes
    ----------
    before
        Both divisions.
    inner, outer
        The lines of the border between them (k,), and of the borders with everybody else (m,).
    rim
        The outer lines together.
    land
        What the two have together, with a margin for rounding.
    """

    before: tuple[shapely.Geometry, shapely.Geometry]
    inner: Geometries
    outer: Geometries
    rim: shapely.Geometry
    land: shapely.Geometry

    @classmethod
    def of(cls, a: shapely.Geometry, b: shapely.Geometry) -> Neighbours:
        """Trace the borders of two divisions that share their vertices."""
        pair = np.array([a, b], dtype=object)
        chains = chain_borders(pair)
        inner = chains.left != NOBODY
        land = shapely.union_all(pair).buffer(ROUNDING_M)
        outer = chains.lines[~inner]
        return cls((a, b), chains.lines[inner], outer, shapely.union_all(outer), land)


def redraw_border(
    pair: Neighbours, stretch: shapely.LineString, path: shapely.LineString
) -> Exchange | None:
    """Return both divisions with the path for the stretch, and the land a -> b and b -> a.

    The loops between stretch and path change hands. None when the path touches anybody else.

    Examples
    --------
    >>> pair = Neighbours.of(shapely.box(0, 0, 2, 2), shapely.box(2, 0, 4, 2))
    >>> stretch, path = shapely.from_wkt(["LINESTRING (2 0, 2 2)", "LINESTRING (2 0, 3 1, 2 2)"])
    >>> after, moved = redraw_border(pair, stretch, path)
    >>> [shape.area for shape in after], [shape.area for shape in moved]
    ([5.0, 3.0], [0.0, 1.0])
    """
    ends = shapely.MultiPoint([path.coords[0], path.coords[-1]])
    met = path.intersection(pair.rim)
    if not met.is_empty and not met.difference(ends.buffer(ROUNDING_M)).is_empty:
        return None
    if path.difference(pair.land).length > 0:
        return None
    drawn = [*pair.outer, *(_replace(line, stretch, path) for line in pair.inner)]
    faces = shapely.get_parts(shapely.polygonize([shapely.union_all(drawn)]))
    loops = _find_loops(stretch, path)
    points = shapely.point_on_surface(faces)
    in_land = shapely.intersects(pair.land, points)
    faces, points = faces[in_land], points[in_land]
    was_a = shapely.intersects(pair.before[0], points)
    flips = shapely.intersects(shapely.union_all(loops), points)
    is_a = was_a ^ flips
    after = tuple(shapely.coverage_union_all(faces[own]) for own in (is_a, ~is_a))
    moved = [
        shapely.MultiPolygon(list(_polygons(shapely.intersection(loops, own))))
        for own in pair.before
    ]
    return after, (moved[0], moved[1])


def _find_loops(stretch: shapely.LineString, path: shapely.LineString) -> Geometries:
    """Return the land between stretch and path: what the two go round an odd number of times."""
    ring = [*stretch.coords, *list(path.coords)[-2:0:-1]]
    if len(ring) < 3:
        return np.empty(0, dtype=object)
    round_both = shapely.make_valid(shapely.Polygon(ring), method="linework")
    return _polygons(np.array([*shapely.get_parts(round_both)], dtype=object))


def _polygons(shapes: Geometries) -> Geometries:
    parts = shapely.get_parts(shapes)
    return np.asarray(parts[shapely.get_type_id(parts) == 3], dtype=object)


def _replace(
    line: shapely.LineString, stretch: shapely.LineString, path: shapely.LineString
) -> shapely.LineString:
    """Return a border line with the path where the stretch was; others as they are."""
    if shapely.hausdorff_distance(stretch, shapely.intersection(stretch, line.buffer(1e-6))) > 1e-5:
        return line
    low, high = (line.project(shapely.Point(stretch.coords[n])) for n in (0, -1))
    if line.is_closed and stretch.is_closed:
        return path
    if high <= 1e-9 < low:
        high = line.length
    if low > high:
        low, high, path = high, low, shapely.reverse(path)
    whole = np.array(line.coords)
    at = np.append(0.0, np.cumsum(np.hypot(*np.diff(whole, axis=0).T)))
    head = whole[at < low - ROUNDING_M]
    tail = whole[at > high + ROUNDING_M]
    drawn = np.array(path.coords)
    drawn[0] = drawn[0] if len(head) else whole[0]
    drawn[-1] = drawn[-1] if len(tail) else whole[-1]
    return shapely.LineString(np.concatenate([head, drawn, tail]))
