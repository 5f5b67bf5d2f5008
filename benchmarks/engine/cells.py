"""Land around points: Voronoi cells of a rectangle, with areas, perimeters and shared borders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

NARROW_M = 1.0
"""Cells that share less than this are no neighbours: nobody walks through a corner."""


@dataclass(frozen=True)
class Cells:
    """Cells of points: pairs of neighbours (m, 2), shared borders (m,), areas, perimeters (n,)."""

    edges: NDArray[np.int64]
    lengths: NDArray[np.float64]
    areas: NDArray[np.float64]
    perimeters: NDArray[np.float64]


def draw_cells(points: NDArray[np.float64], size: tuple[float, float]) -> Cells:
    """Return the Voronoi cells of points in the rectangle from (0, 0) to ``size``.

    Points near a side are mirrored in it, so that the cells end exactly there. A cell is convex
    and holds its point, therefore its area is the sum of the triangles over its sides.
    """
    from scipy.spatial import Voronoi

    width, height = size
    count = len(points)
    margin = 8 * float(np.sqrt(width * height / count))
    mirrored = [points]
    for axis, far in ((0, width), (1, height)):
        for side in (0.0, far):
            near = points[np.abs(points[:, axis] - side) < margin].copy()
            near[:, axis] = 2 * side - near[:, axis]
            mirrored.append(near)
    diagram = Voronoi(np.concatenate(mirrored))
    owners = np.asarray(diagram.ridge_points, np.int64)
    ends = np.array(diagram.ridge_vertices, np.int64)
    wanted = (owners < count).any(axis=1) & (ends >= 0).all(axis=1)
    owners, ends = owners[wanted], ends[wanted]
    start, stop = diagram.vertices[ends[:, 0]], diagram.vertices[ends[:, 1]]
    length = np.hypot(*(stop - start).T)
    areas, perimeters = np.zeros(count), np.zeros(count)
    for side in (0, 1):
        owner = owners[:, side]
        inside = owner < count
        one = start[inside] - points[owner[inside]]
        two = stop[inside] - points[owner[inside]]
        triangle = np.abs(one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]) / 2
        areas += np.bincount(owner[inside], triangle, count)
        perimeters += np.bincount(owner[inside], length[inside], count)
    kept = (owners < count).all(axis=1) & (length >= NARROW_M)
    edges = np.sort(owners[kept], axis=1)
    order = np.lexsort((edges[:, 1], edges[:, 0]))
    return Cells(edges[order], length[kept][order], areas, perimeters)
