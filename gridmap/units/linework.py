"""Lines that cut land into faces, and the faces between them.

Community borders, roads, rivers, railways, walls, compound lines and site lines are put into one
drawing, every crossing becomes a vertex, and the closed meshes are the faces. The drawing is
snapped to a grid of `GRID_DEGREES`, which makes the noding exact: the faces are a valid coverage
by construction, and no vertex moves by more than a ten-thousandth of a millimetre.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.units.arrays import take_shapes, take_texts

if TYPE_CHECKING:
    from gridmap.model import Sources
    from gridmap.units.arrays import Bools, Floats, Geometries, Ints, Texts


GRID_DEGREES = 1e-12
"""Spacing of the snapping grid in degrees (0.1 micrometre); gridmap's own default. It is 70 times
the spacing of the floating point numbers near 113 degrees, and moves the area of a community of
1 km2 by less than 1e-10 of it."""
MOST_ROUNDS = 4
"""How often lines are noded again because a mesh is thinner than the grid."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """The lines of the input by what they are, each a flat array of geometries in degrees.

    Attributes
    ----------
    communities, compounds, sites
        Polygons, in the order of their frames (``site_rows`` tells the rows with a polygon).
    site_rows
        (n,) positions in the sites frame of ``sites``.
    roads, road_class
        Lines and the class of each (``""`` where unknown).
    rivers, railways, walls
        Lines; the sides of polygons that are not water count as lines.
    water
        Polygons of rivers and lakes.
    """

    communities: Geometries
    compounds: Geometries
    sites: Geometries
    site_rows: Ints
    roads: Geometries
    road_class: Texts
    rivers: Geometries
    railways: Geometries
    walls: Geometries
    water: Geometries

    def cut_lines(self) -> Geometries:
        """Return every line that cuts the land."""
        outlines = [
            shapely.boundary(polygons)
            for polygons in (self.communities, self.compounds, self.sites, self.water)
        ]
        return np.concatenate([*outlines, self.roads, self.rivers, self.railways, self.walls])


def gather_lines(sources: Sources) -> Drawing:
    """Gather the lines of all layers that cut land.

    Parameters
    ----------
    sources
        Repaired sources; only ``communities`` is needed.

    Returns
    -------
    Drawing
        What does not touch any community is left out.
    """
    communities = take_shapes(sources.layers.get("communities"))
    extent = shapely.total_bounds(communities)
    roads = sources.layers.get("roads")
    barriers = sources.layers.get("barriers")
    road_shapes = take_shapes(roads)
    classes = take_texts(roads, "class")
    shapes, kinds = take_shapes(barriers), take_texts(barriers, "kind")
    areal = shapely.get_dimensions(shapes) == 2
    drawn = np.where(areal & (kinds != "river"), shapely.boundary(shapes), shapes)
    sites = take_shapes(sources.layers.get("sites"))
    site_rows = np.flatnonzero(shapely.get_dimensions(sites) == 2)
    near = _within(road_shapes, extent)
    return Drawing(
        communities=communities,
        compounds=take_shapes(sources.layers.get("compounds")),
        sites=sites[site_rows],
        site_rows=site_rows,
        roads=road_shapes[near],
        road_class=classes[near],
        rivers=_choose(drawn, (kinds == "river") & ~areal, extent),
        railways=_choose(drawn, kinds == "railway", extent),
        walls=_choose(drawn, kinds == "wall", extent),
        water=_choose(drawn, (kinds == "river") & areal, extent),
    )


def node_lines(lines: Geometries) -> Geometries:
    """Cut lines at every crossing, on the snapping grid.

    Parameters
    ----------
    lines
        (n,) lines in degrees, crossing as they like.

    Returns
    -------
    array
        (m,) lines that meet only at their ends.

    Examples
    --------
    >>> cross = shapely.from_wkt(["LINESTRING (0 0, 2 2)", "LINESTRING (0 2, 2 0)"])
    >>> len(node_lines(cross))
    4
    """
    parts: Geometries = shapely.get_parts(shapely.union_all(lines, grid_size=GRID_DEGREES))
    return parts


def draw_faces(lines: Geometries) -> Geometries:
    """Cut lines at every crossing and return the meshes, none of them thinner than the grid.

    Parameters
    ----------
    lines
        (n,) lines in degrees, crossing as they like.

    Returns
    -------
    array
        (m,) polygons, sorted from west to east: a valid coverage.

    Notes
    -----
    Snapping may leave two lines less than a grid step apart; noding once more makes them one.

    Examples
    --------
    >>> len(draw_faces(shapely.boundary([shapely.box(0, 0, 2, 2), shapely.box(1, 1, 3, 3)])))
    3
    """
    noded = node_lines(lines)
    faces = close_faces(noded)
    for _ in range(MOST_ROUNDS):
        width = 2 * shapely.area(faces) / np.maximum(shapely.length(faces), GRID_DEGREES)
        if (width >= GRID_DEGREES).all():
            break
        noded = node_lines(noded)
        faces = close_faces(noded)
    return faces


def close_faces(lines: Geometries) -> Geometries:
    """Return the meshes of noded lines as polygons, sorted from west to east.

    Examples
    --------
    >>> len(close_faces(node_lines(shapely.boundary([shapely.box(0, 0, 2, 2)]))))
    1
    """
    faces = shapely.get_parts(shapely.polygonize(lines))
    faces = shapely.normalize(faces)
    bounds = shapely.bounds(faces)
    order = np.lexsort((shapely.area(faces), bounds[:, 3], bounds[:, 1], bounds[:, 0]))
    result: Geometries = faces[order]
    return result


def _choose(shapes: Geometries, chosen: Bools, extent: Floats) -> Geometries:
    return shapes[chosen & _within(shapes, extent)]


def _within(shapes: Geometries, extent: Floats) -> Bools:
    """Tell which shapes reach into the extent (xmin, ymin, xmax, ymax)."""
    bounds = shapely.bounds(shapes).reshape(-1, 4)
    with np.errstate(invalid="ignore"):
        reach = (bounds[:, :2] <= extent[2:]).all(axis=1) & (bounds[:, 2:] >= extent[:2]).all(
            axis=1
        )
    return np.asarray(reach, dtype=bool)
