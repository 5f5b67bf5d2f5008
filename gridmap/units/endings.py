"""Loose ends of rivers are tied to the nearest line, so that no cell reaches around them.

A river that ends inside a block does not close a mesh. A straight line from its end to the
nearest other line does: the land on both sides is cut apart there and may still come together,
because the tie is no barrier.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.units.arrays import make_points
from gridmap.units.barriers import ON_LINE_DEGREES

if TYPE_CHECKING:
    from gridmap.units.arrays import Floats, Geometries
    from gridmap.units.linework import Drawing

FIRST_REACH_DEGREES = 5e-4
"""How far a line is looked for at first, about 50 m; then twice as far, and so on."""
MOST_DOUBLINGS = 12


def tie_rivers(drawing: Drawing) -> Geometries:
    """Return a straight line from every loose end of a river to the nearest other line.

    Parameters
    ----------
    drawing
        The lines of the input.

    Returns
    -------
    array
        Lines in degrees; none for an end outside all communities.

    Examples
    --------
    >>> from gridmap.units.linework import Drawing
    >>> none = np.empty(0, dtype=object)
    >>> land, river = shapely.box(0, 0, 1, 1), shapely.LineString([(-1, 0.5), (0.9, 0.5)])
    >>> drawing = Drawing(
    ...     np.array([land]), none, none, np.empty(0, dtype=np.int64), none, none,
    ...     np.array([river]), none, none, none,
    ... )
    >>> [[round(x, 6), round(y, 6)] for x, y in tie_rivers(drawing)[0].coords]
    [[0.9, 0.5], [1.0, 0.5]]
    """
    if not len(drawing.rivers):
        return np.empty(0, dtype=object)
    rivers = shapely.get_parts(shapely.line_merge(shapely.union_all(drawing.rivers)))
    ends = np.concatenate([_end_points(rivers, 0), _end_points(rivers, -1)])
    own = np.tile(np.arange(len(rivers)), 2)
    inside = np.unique(shapely.STRtree(make_points(ends)).query(drawing.communities, "covers")[1])
    lines = shapely.get_parts(np.concatenate([rivers, _other_lines(drawing)]))
    tree = shapely.STRtree(lines)
    ties = [_tie(tree, lines, ends[n], int(own[n])) for n in inside.tolist()]
    found = [tie for tie in ties if tie is not None]
    return np.array(found, dtype=object)


def _other_lines(drawing: Drawing) -> Geometries:
    outlines = [
        shapely.boundary(polygons)
        for polygons in (drawing.communities, drawing.compounds, drawing.sites, drawing.water)
    ]
    return np.concatenate([*outlines, drawing.roads, drawing.railways, drawing.walls])


def _end_points(lines: Geometries, at: int) -> Floats:
    return shapely.get_coordinates(shapely.get_point(lines, at)).reshape(-1, 2)


def _tie(
    tree: shapely.STRtree, lines: Geometries, end: Floats, own: int
) -> shapely.LineString | None:
    """Return the line from a loose end, None where the end lies on another line."""
    point, reach = shapely.Point(end), FIRST_REACH_DEGREES
    for _ in range(MOST_DOUBLINGS):
        near = np.sort(tree.query(point, predicate="dwithin", distance=reach))
        near = near[near != own]
        if len(near):
            distance = shapely.distance(lines[near], point)
            best = int(np.argmin(distance))
            if distance[best] <= ON_LINE_DEGREES:
                return None
            foot = shapely.get_coordinates(shapely.shortest_line(point, lines[near[best]]))[1]
            past = foot + (foot - end) / distance[best] * ON_LINE_DEGREES
            return shapely.LineString([end, past])
        reach *= 2
    return None
