"""Which border runs along which line: an exact question, asked for very many edges at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.units.arrays import make_points, make_segments

if TYPE_CHECKING:
    from gridmap.units.arrays import Bools, Floats, Geometries
    from gridmap.units.measuring import LocalPlane


ON_LINE_DEGREES = 1e-9
"""An edge whose middle is this near to a line lies on it: the edge was cut from the line, and
snapping moved it by a thousandth of this."""
BRIDGE_REACH_M = 2.0
"""A road crosses a river where it lies on both sides at this distance from the border."""
SHORE_DEGREES = 1e-6
"""How far inside water an edge must lie to be in the water and not on its shore, about 0.1 m."""


def lies_on(lines: Geometries, start: Floats, end: Floats) -> Bools:
    """Tell which edges run along one of the lines.

    Parameters
    ----------
    lines
        (k,) lines in degrees.
    start, end
        (n, 2) ends of each edge, degrees.

    Returns
    -------
    array
        (n,) whether the middle and both quarter points of the edge lie on a line.

    Examples
    --------
    >>> road = np.array([shapely.LineString([(0, 0), (4, 0)])])
    >>> start, end = np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([[2.0, 0.0], [1.0, 1.0]])
    >>> lies_on(road, start, end).tolist()
    [True, False]
    """
    on = np.zeros(len(start), dtype=bool)
    if not len(lines) or not len(start):
        return on
    tree = shapely.STRtree(split_segments(lines))
    on[:] = True
    for share in (0.5, 0.25):
        asked = np.flatnonzero(on)
        points = make_points(start[asked] + (end[asked] - start[asked]) * share)
        hits = tree.query(points, predicate="dwithin", distance=ON_LINE_DEGREES)[0]
        near = np.zeros(len(asked), dtype=bool)
        near[hits] = True
        on[asked[~near]] = False
    return on


def lies_in(water: Geometries, start: Floats, end: Floats) -> Bools:
    """Tell which edges run inside water, off its shore.

    Parameters
    ----------
    water
        (k,) polygons in degrees.
    start, end
        (n, 2) ends of each edge, degrees.

    Returns
    -------
    array
        (n,) whether the middle of the edge is further than `SHORE_DEGREES` from every shore.
    """
    inside = np.zeros(len(start), dtype=bool)
    if not len(water) or not len(start):
        return inside
    tree = shapely.STRtree(make_points((start + end) / 2))
    inside[tree.query(water, predicate="contains")[1]] = True
    wet = np.flatnonzero(inside)
    shores = shapely.STRtree(split_segments(shapely.boundary(water)))
    points = make_points((start[wet] + end[wet]) / 2)
    near = shores.query(points, predicate="dwithin", distance=SHORE_DEGREES)[0]
    inside[wet[near]] = False
    return inside


def find_bridges(
    start: Floats, end: Floats, river: Bools, roads: Geometries, plane: LocalPlane
) -> Bools:
    """Tell which edges on a river are crossed by a road from one side to the other.

    Parameters
    ----------
    start, end
        (n, 2) ends of each edge, degrees.
    river
        (n,) which edges lie on a river.
    roads
        (k,) lines in degrees.
    plane
        The local plane.

    Returns
    -------
    array
        (n,) whether a road lies on both sides of the edge `BRIDGE_REACH_M` from it.
    """
    bridge = np.zeros(len(start), dtype=bool)
    wet = np.flatnonzero(river)
    if not len(wet) or not len(roads):
        return bridge
    first, second = plane.to_metres(start[wet]), plane.to_metres(end[wet])
    roads = shapely.line_merge(shapely.transform(roads, plane.to_metres))
    roads = shapely.get_parts(roads)
    edges = make_segments(first, second)
    edge, road = shapely.STRtree(roads).query(edges, predicate="dwithin", distance=1e-3)
    if not len(edge):
        return bridge
    near = shapely.shortest_line(roads[road], edges[edge])
    crossing = shapely.get_point(near, 0)
    at = shapely.line_locate_point(roads[road], crossing)
    sides = [
        _side_of(first[edge], second[edge], shapely.line_interpolate_point(roads[road], place))
        for place in (np.maximum(at - BRIDGE_REACH_M, 0.0), at + BRIDGE_REACH_M)
    ]
    bridge[wet[edge[sides[0] * sides[1] < 0]]] = True
    return bridge


def _side_of(first: Floats, second: Floats, points: Geometries) -> Floats:
    """Return 1 left of the line from first to second, -1 right, 0 within a decimetre of it."""
    x, y = shapely.get_x(points) - first[:, 0], shapely.get_y(points) - first[:, 1]
    way = second - first
    height = (way[:, 0] * y - way[:, 1] * x) / np.maximum(np.hypot(*way.T), 1e-9)
    return np.asarray(np.where(np.abs(height) < 0.1, 0.0, np.sign(height)), dtype=np.float64)


def split_segments(lines: Geometries) -> Geometries:
    """Return every straight segment of lines (also of several parts) as a line of its own."""
    parts = shapely.get_parts(lines)
    points, part = shapely.get_coordinates(parts, return_index=True)
    same = part[1:] == part[:-1]
    return make_segments(points[:-1][same], points[1:][same])
