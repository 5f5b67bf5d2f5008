"""The plane in which lines are drawn, and metres for what lies in it.

Lines are cut, and faces found, in the plane in which the result is stored: faces that are drawn in
metres and carried to degrees are no coverage, for lines that meet in a projected plane cross by a
millimetre in degrees (docs/decisions/001). Only lengths and areas are taken in metres.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from pyproj import Transformer

from gridmap.errors import InvalidOption

if TYPE_CHECKING:
    from pyproj import CRS

    from gridmap.boundaries.border_chains import Geometries
    from gridmap.boundaries.spans import Floats, Ints

STEP_M = 1e-3
"""All lines are drawn on a lattice of this width, below any survey, so that lines that are the
same to a millimetre are one line; gridmap's own default."""
STEP_DEGREES = 1e-8
"""The same in degrees: 1.1 mm along a meridian, less along a parallel. Its places are decimal, so
coordinates that were written with eight decimals or fewer are not moved; gridmap's own default."""
MOST_ROUNDS = 4
"""How often lines are cut again because snapping has laid one onto another."""


@dataclass(frozen=True, slots=True)
class Plane:
    """Where lines are drawn: a projected plane, or degrees with a projection to measure by.

    Attributes
    ----------
    step
        Width of the lattice on which lines are drawn, in units of the plane.
    forward
        Carries the plane's coordinates to metres; None when they are metres.

    Examples
    --------
    >>> from pyproj import CRS
    >>> plane = Plane.of(CRS(4490), CRS(4547))
    >>> land = plane.to_metres(np.array([shapely.box(114, 23, 114.01, 23.01)]))
    >>> plane.step, shapely.area(land).round().tolist()
    (1e-08, [1135335.0])
    """

    step: float = STEP_M
    forward: Transformer | None = None

    @classmethod
    def of(cls, crs: CRS | None, metric_crs: CRS | None = None) -> Plane:
        """Return the plane of a CRS; degrees need the CRS in metres that they are measured by.

        Raises
        ------
        InvalidOption
            Degrees, and no CRS in metres.
        """
        if crs is None or not crs.is_geographic:
            return cls()
        if metric_crs is None or metric_crs.is_geographic:
            raise InvalidOption(
                "Lines in degrees need a CRS in metres, by which they are measured.",
                "经纬度坐标的线须指定用于量测的米制坐标系。",
                cure_en="metric_crs=gridmap.crs.metric_crs(lon, lat)",
                cure_zh="metric_crs=gridmap.crs.metric_crs(经度, 纬度)",
            )
        return cls(STEP_DEGREES, Transformer.from_crs(crs, metric_crs, always_xy=True))

    def move(self, xy: Floats) -> Floats:
        """Carry coordinates (n, 2) to metres."""
        if self.forward is None:
            return xy
        return np.column_stack(self.forward.transform(xy[:, 0], xy[:, 1]))

    def to_metres(self, shapes: Geometries) -> Geometries:
        """Carry every vertex to metres: for lengths and areas, not for overlay."""
        if self.forward is None:
            return shapes
        moved: Geometries = shapely.transform(shapes, self.move)
        return moved


def cut_faces(lines: Geometries, step: float | None) -> Geometries:
    """Cut lines at every crossing, on a lattice, and return the meshes between them.

    Parameters
    ----------
    lines
        (n,) lines, crossing as they like.
    step
        Width of the lattice, in units of the lines; None leaves every corner where it is.

    Returns
    -------
    array
        (m,) polygons, sorted from west to east: a valid coverage.

    Examples
    --------
    >>> len(cut_faces(shapely.boundary([shapely.box(0, 0, 2, 2), shapely.box(1, 1, 3, 3)]), 1e-3))
    3
    """
    if not len(lines):
        return np.empty(0, dtype=object)
    noded = shapely.union_all(lines, grid_size=step)
    faces = shapely.get_parts(shapely.polygonize([noded]))
    for _ in range(MOST_ROUNDS):
        if shapely.coverage_is_valid(faces):
            break
        noded = shapely.union_all(shapely.get_parts(noded), grid_size=step)
        faces = shapely.get_parts(shapely.polygonize([noded]))
    box = shapely.bounds(faces)
    return np.asarray(faces[np.lexsort((box[:, 1], box[:, 0]))], dtype=object)


def find_claims(faces: Geometries, shapes: Geometries) -> tuple[Ints, Ints]:
    """Return which faces lie in which shapes: positions of faces (k,) and of shapes (k,).

    Parameters
    ----------
    faces
        From `cut_faces`, of the outlines of the shapes.
    shapes
        Polygons or multipolygons.

    Examples
    --------
    >>> two = np.array([shapely.box(0, 0, 2, 1), shapely.box(1, 0, 3, 1)])
    >>> face, shape = find_claims(cut_faces(shapely.boundary(two), 1e-3), two)
    >>> list(zip(face.tolist(), shape.tolist()))
    [(0, 0), (1, 0), (1, 1), (2, 1)]
    """
    tree = shapely.STRtree(shapely.point_on_surface(faces))
    shape, face = tree.query(shapes, predicate="intersects")
    order = np.lexsort((shape, face))
    return face[order].astype(np.int64), shape[order].astype(np.int64)


def join_claims(faces: Geometries, face: Ints, shape: Ints, shapes: Geometries) -> Geometries:
    """Return each shape as the union of its faces; one with no other corners is the same object.

    Parameters
    ----------
    faces, face, shape, shapes
        As of `find_claims`. A shape without a face stays as it is.

    Examples
    --------
    >>> two = np.array([shapely.box(0, 0, 2, 1), shapely.box(1, 0, 3, 1)])
    >>> faces = cut_faces(shapely.boundary(two), None)
    >>> joined = join_claims(faces, np.array([0, 1, 2]), np.array([0, 0, 1]), two)
    >>> shapely.area(joined).tolist()
    [2.0, 1.0]
    """
    joined = shapes.copy()
    for number in np.unique(shape).tolist():
        whole = shapely.coverage_union_all(faces[face[shape == number]])
        same = shapely.equals_exact(shapely.normalize(whole), shapely.normalize(shapes[number]))
        joined[number] = shapes[number] if same else whole
    return joined
