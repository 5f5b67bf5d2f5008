"""What each face of the drawing belongs to: community, compound, site, or water."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridmap.units.arrays import make_points

if TYPE_CHECKING:
    from gridmap.units.arrays import Bools, Floats, Geometries, Ints
    from gridmap.units.edges import SharedEdges
    from gridmap.units.linework import Drawing


NOTHING = -1
"""Position that stands for 'none' in every array of positions."""


@dataclass(frozen=True, slots=True)
class Faces:
    """The faces of the land, sorted west to east, and what each belongs to.

    Attributes
    ----------
    shape
        (n,) polygons in degrees: a valid coverage of all communities.
    community, compound, site
        (n,) positions in their frames, `NOTHING` for none. Compound and site exclude each other:
        a site inside a compound is land of the site.
    water
        (n,) whether the face is water outside compounds and sites.
    wet
        (n,) whether the face is water, wherever it lies.
    doubled
        (n,) whether the face lies in several communities.
    """

    shape: Geometries
    community: Ints
    compound: Ints
    site: Ints
    water: Bools
    wet: Bools
    doubled: Bools


def label_faces(shapes: Geometries, drawing: Drawing) -> Faces:
    """Find what each face belongs to by a point inside it.

    Parameters
    ----------
    shapes
        Faces of the noded drawing; those outside every community are left out.
    drawing
        Where communities overlap, the first has the face; where compounds (or sites) overlap,
        the smallest has it.

    Returns
    -------
    Faces
    """
    tree = shapely.STRtree(shapely.point_on_surface(shapes))
    count = len(shapes)
    community = _cover(tree, count, drawing.communities, np.arange(len(drawing.communities)))
    claims = tree.query(drawing.communities, predicate="intersects")[1]
    doubled = np.bincount(claims, minlength=count) > 1
    site = _cover(tree, count, drawing.sites, _small_first(drawing.sites))
    site[site >= 0] = drawing.site_rows[site[site >= 0]]
    compound = _cover(tree, count, drawing.compounds, _small_first(drawing.compounds))
    compound[site >= 0] = NOTHING
    wet = np.zeros(count, dtype=bool)
    wet[tree.query(drawing.water, predicate="intersects")[1]] = True
    land = community >= 0
    return Faces(
        shape=shapes[land],
        community=community[land],
        compound=compound[land],
        site=site[land],
        water=(wet & (compound < 0) & (site < 0))[land],
        wet=wet[land],
        doubled=doubled[land],
    )


def connect(count: int, left: Ints, right: Ints) -> Ints:
    """Find the connected components of a graph.

    Parameters
    ----------
    count
        Nodes.
    left, right
        (m,) the two ends of each edge.

    Returns
    -------
    array
        (count,) the component of each node, numbered by their first node.

    Examples
    --------
    >>> connect(4, np.array([2]), np.array([0])).tolist()
    [0, 1, 0, 2]
    """
    graph = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(count, count))
    _, label = connected_components(graph, directed=False)
    _, first, number = np.unique(label, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[number]


def connect_equal(shared: SharedEdges, *keys: Ints) -> Ints:
    """Find the components of polygons that touch along an edge and agree in all ``keys``."""
    equal = np.ones(len(shared.left), dtype=bool)
    for key in keys:
        equal &= key[shared.left] == key[shared.right]
    return connect(len(keys[0]), shared.left[equal], shared.right[equal])


def locate_points(shapes: Geometries, points: Floats) -> Ints:
    """Return the polygon of a coverage that each point lies in.

    Parameters
    ----------
    shapes
        (n,) polygons.
    points
        (m, 2) degrees.

    Returns
    -------
    array
        (m,) positions; of a point on a border the first polygon, `NOTHING` for one outside.
    """
    tree = shapely.STRtree(make_points(points))
    polygon, point = tree.query(shapes, predicate="intersects")
    found = np.full(len(points), len(shapes), dtype=np.int64)
    np.minimum.at(found, point, polygon)
    found[found == len(shapes)] = NOTHING
    return found


def _small_first(polygons: Geometries) -> Ints:
    """Rank polygons by area, the smallest first."""
    rank = np.empty(len(polygons), dtype=np.int64)
    rank[np.argsort(shapely.area(polygons), kind="stable")] = np.arange(len(polygons))
    return rank


def _cover(tree: shapely.STRtree, count: int, polygons: Geometries, rank: Ints) -> Ints:
    """Return for each point of the tree the covering polygon of lowest rank, or `NOTHING`."""
    if not len(polygons):
        return np.full(count, NOTHING, dtype=np.int64)
    polygon, point = tree.query(polygons, predicate="intersects")
    best = np.full(count, len(polygons), dtype=np.int64)
    np.minimum.at(best, point, rank[polygon])
    by_rank = np.append(np.argsort(rank), NOTHING)
    return by_rank[best]
