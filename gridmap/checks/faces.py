"""The faces into which outlines cut the plane: who claims each, and outlines made of them again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Geometries = NDArray[np.object_]
    Numbers = NDArray[np.int64]


def cut_faces(geometry: Geometries, *, grid: float | None = None) -> Geometries:
    """Node the outlines of polygons and return the bounded faces that they cut out of the plane.

    Parameters
    ----------
    geometry
        Valid polygons or multipolygons (n,); they may overlap.
    grid
        Cell to which vertices are rounded, in the unit of the coordinates: a corner so near to
        an edge of another outline lies on it. None: no rounding.

    Returns
    -------
    array of Polygon
        Faces (m,) that share their vertices; also those in none of the polygons.

    Examples
    --------
    >>> len(cut_faces(np.array([shapely.box(0, 0, 2, 1), shapely.box(1, 0, 3, 1)])))
    3
    """
    lines = shapely.union_all(shapely.boundary(geometry), grid_size=grid)
    faces = np.asarray(shapely.get_parts(shapely.polygonize([lines])), dtype=object)
    return faces if grid is None else _restore_vertices(geometry, faces, grid)


def _restore_vertices(geometry: Geometries, faces: Geometries, grid: float) -> Geometries:
    """Put rounded vertices back where the first outline that has them had them."""
    given = shapely.get_coordinates(geometry)
    cells, first = np.unique(np.rint(given / grid).astype(np.int64), axis=0, return_index=True)
    known = {tuple(cell): i for cell, i in zip(cells.tolist(), first.tolist(), strict=True)}
    xy = shapely.get_coordinates(faces)
    source = np.array(
        [known.get(tuple(cell), -1) for cell in np.rint(xy / grid).astype(np.int64).tolist()],
        dtype=np.int64,
    )
    xy[source >= 0] = given[source[source >= 0]]
    return np.asarray(shapely.set_coordinates(faces.copy(), xy), dtype=object)


def claim_faces(geometry: Geometries, faces: Geometries) -> tuple[Numbers, Numbers]:
    """Return which polygons claim which faces.

    Parameters
    ----------
    geometry
        Polygons (n,).
    faces
        Their faces (m,), of `cut_faces`.

    Returns
    -------
    claimant, face
        Positions (k,) each: polygon ``claimant[i]`` holds face ``face[i]``.

    Examples
    --------
    >>> land = np.array([shapely.box(0, 0, 2, 1), shapely.box(1, 0, 3, 1)])
    >>> claimant, _ = claim_faces(land, cut_faces(land))
    >>> sorted(claimant.tolist())
    [0, 0, 1, 1]
    """
    points = shapely.point_on_surface(faces)
    claimant, face = shapely.STRtree(points).query(geometry, predicate="contains")
    return claimant.astype(np.int64), face.astype(np.int64)


def join_faces(
    geometry: Geometries, faces: Geometries, holder: Numbers, face: Numbers
) -> tuple[Geometries, NDArray[np.bool_]]:
    """Return each polygon made of its faces, and which are not as they were.

    Parameters
    ----------
    geometry
        The polygons before (n,); one that has the same vertices stays the same object.
    faces
        Faces (m,).
    holder, face
        Positions (k,) each: ``face[i]`` belongs to polygon ``holder[i]``.

    Examples
    --------
    >>> land = np.array([shapely.box(0, 0, 2, 1), shapely.box(1, 0, 3, 1)])
    >>> faces = cut_faces(land)
    >>> joined, changed = join_faces(land, faces, *claim_faces(land, faces))
    >>> shapely.area(joined).tolist(), changed.tolist()
    ([2.0, 2.0], [True, True])
    """
    order = np.lexsort((face, holder))
    starts = np.searchsorted(holder[order], np.arange(len(geometry) + 1))
    joined = geometry.copy()
    for c in range(len(geometry)):
        own = faces[face[order[starts[c] : starts[c + 1]]]]
        joined[c] = shapely.coverage_union_all(own) if len(own) else shapely.Polygon()
    same = shapely.equals_exact(
        shapely.normalize(geometry), shapely.normalize(joined), tolerance=0.0
    )
    joined[same] = geometry[same]
    return joined, ~same
