"""Open land parted into fields and the narrow land along lines.

The land between a compound and the road belongs to the compound even where it widens into a
field somewhere: what is narrower than `SETBACK_M` is cut off the field. The body of a field is
what is left when its land is shrunk by half that width and grown again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.units.cells import cut_polygons

if TYPE_CHECKING:
    from gridmap.units.arrays import Bools, Geometries, Ints
    from gridmap.units.measuring import LocalPlane

OPEN_LEAST_M2 = 2_000.0
"""Open land smaller than this joins a neighbour; gridmap's own default (a fifth of the smallest
urban block, FIELD.md section 2)."""
SETBACK_M = 30.0
"""Open land narrower than this is shared out to the units it touches without a road between: the
land between a compound's line and the road; gridmap's own default."""
VERGE_M = 12.0
"""Open land narrower than this (twice its area over its perimeter) joins a neighbour, even across
a road: medians, and slivers between lines drawn apart; gridmap's own default."""
MITRE_LIMIT = 4.0
"""Corners of a body stay sharp up to this many times the distance."""
NEAR_M = 0.5
"""A side of a body this near to the border of the land is that border."""
GRID_M = 1e-3
"""Bodies are found on a grid of a millimetre; their sides only draw the cuts."""
LEAST_CUT_M = 2.0
"""Shorter cuts are left out."""


def part_fields(
    shapes: Geometries, asked: Bools, plane: LocalPlane
) -> tuple[Geometries, Ints, Bools]:
    """Cut the narrow land off the fields.

    Parameters
    ----------
    shapes
        (n,) pieces of a valid coverage, degrees.
    asked
        (n,) which pieces are open land.
    plane
        The local plane.

    Returns
    -------
    shapes, parent, field
        (m,) pieces, the piece that each is part of, and whether it is the body of a field of at
        least `OPEN_LEAST_M2`.

    Examples
    --------
    >>> from gridmap.units.measuring import LocalPlane
    >>> plane = LocalPlane.around(113.0, 23.0)
    >>> land = shapely.box(0, 0, 200, 100).difference(shapely.box(10, 10, 90, 90))
    >>> shapes = shapely.transform(np.array([land]), plane.to_degrees)
    >>> pieces, parent, field = part_fields(shapes, np.array([True]), plane)
    >>> bounds = shapely.transform(pieces[field], plane.to_metres)[0].bounds
    >>> [round(bound) for bound in bounds]
    [90, 0, 200, 100]
    """
    flat = shapely.transform(shapes[asked], plane.to_metres)
    flat = flat[shapely.area(flat) >= OPEN_LEAST_M2]
    bodies, land = _find_bodies(flat)
    lines = _draw_cuts(bodies, flat[land])
    pieces, parent = cut_polygons(shapes, shapely.transform(lines, plane.to_degrees))
    field = np.zeros(len(pieces), dtype=bool)
    open_pieces = np.flatnonzero(asked[parent])
    inner = shapely.transform(shapely.point_on_surface(pieces[open_pieces]), plane.to_metres)
    field[open_pieces[shapely.STRtree(inner).query(bodies, predicate="intersects")[1]]] = True
    return pieces, parent, field


def _find_bodies(lands: Geometries) -> tuple[Geometries, Ints]:
    """Return the wide parts of lands (metres), and the land that each is part of."""
    core = shapely.buffer(lands, -SETBACK_M / 2, join_style="mitre", mitre_limit=MITRE_LIMIT)
    body = shapely.buffer(core, SETBACK_M / 2, join_style="mitre", mitre_limit=MITRE_LIMIT)
    body = shapely.make_valid(body, method="structure", keep_collapsed=False)
    inside = shapely.make_valid(lands, method="structure", keep_collapsed=False)
    inside = shapely.intersection(body, inside, grid_size=GRID_M)
    bodies, land = shapely.get_parts(inside, return_index=True)
    large = (shapely.get_dimensions(bodies) == 2) & (shapely.area(bodies) >= OPEN_LEAST_M2)
    return bodies[large], land[large]


def _draw_cuts(bodies: Geometries, lands: Geometries) -> Geometries:
    """Return the sides of bodies that run inside their land, ended on its border (metres)."""
    rims = shapely.boundary(lands)
    sides = shapely.difference(shapely.boundary(bodies), shapely.buffer(rims, NEAR_M))
    sides = shapely.line_merge(sides)
    parts, at = shapely.get_parts(sides, return_index=True)
    long = shapely.length(parts) >= LEAST_CUT_M
    parts, at = parts[long], at[long]
    cuts = [_end_on(part, rims[n], lands[n]) for part, n in zip(parts, at.tolist(), strict=True)]
    return np.array(cuts, dtype=object)


def _end_on(
    line: shapely.LineString, rim: shapely.Geometry, land: shapely.Geometry
) -> shapely.LineString:
    """Lengthen a line by a step at both ends, to a corner of the rim or straight to the rim."""
    points = shapely.get_coordinates(line)
    if line.is_closed:
        return line
    corners = shapely.get_coordinates(land)
    ends = []
    for end in (points[0], points[-1]):
        gap = np.hypot(*(corners - end).T)
        nearest = int(np.argmin(gap))
        if gap[nearest] <= 2 * NEAR_M:
            ends.append(corners[nearest])
        else:
            ends.append(shapely.get_coordinates(shapely.shortest_line(rim, shapely.Point(end)))[0])
    return shapely.LineString(np.vstack([ends[0], points, ends[1]]))
