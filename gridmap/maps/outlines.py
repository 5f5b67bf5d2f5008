"""Grids as shared borders: every line between two grids is stored once.

Two neighbours drawn from two copies of their common line show slivers, and cost twice the bytes.
Here the borders are cut at the points where three lands meet into arcs; a grid is a list of arcs,
walked forwards or backwards. Points are simplified as one coverage and rounded together, so that
no gap and no overlap can come of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.maps.packing import pack_integers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

TOLERANCE_M = 1.0
"""Largest shift of a border by simplifying, in metres: gridmap's own default."""
STEP_DEG = 1e-6
"""Coordinates are whole multiples of this, about 0.1 m: gridmap's own default."""
METRES_A_DEGREE = 111_320.0
"""Of latitude, near enough to bound a shift; areas are never measured with it."""
OUTSIDE = -1
"""The side of an arc on which there is no grid."""


@dataclass(frozen=True)
class Arcs:
    """Borders, each once, in whole steps from an origin.

    Attributes
    ----------
    origin
        (lon, lat) in whole steps.
    points
        (n, 2) whole steps from the origin.
    starts
        (arcs + 1,) first point of each arc, and the end.
    sides
        (arcs, 2) the grid on the left and on the right, or `OUTSIDE`.
    rings
        For each grid its polygons, for each polygon its rings (outer first), for each ring its
        arcs in order: ``i`` walked forwards, ``-1 - i`` backwards.
    """

    origin: tuple[int, int]
    points: NDArray[np.int64]
    starts: NDArray[np.int64]
    sides: NDArray[np.int64]
    rings: tuple[tuple[tuple[tuple[int, ...], ...], ...], ...]

    def neighbours(self) -> NDArray[np.int64]:
        """Return the pairs of grids that share an arc, (pairs, 2), each once, sorted."""
        pairs = self.sides[(self.sides != OUTSIDE).all(axis=1)]
        pairs = np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1)
        return np.unique(pairs, axis=0).reshape(-1, 2)


class LocalPlane:
    """A flat plane in metres around the middle of a district.

    Straight lines stay straight in it, which a projection does not grant, and a vertex comes back
    to the number it was. It bounds shifts and finds label places; it never measures an area.
    """

    def __init__(self, geometries: NDArray[np.object_]) -> None:
        west, south, east, north = shapely.total_bounds(geometries)
        self.centre = np.array([(west + east) / 2, (south + north) / 2])
        shrink = float(np.cos(np.radians(self.centre[1])))
        self.metres = np.array([METRES_A_DEGREE * max(shrink, 0.01), METRES_A_DEGREE])

    def flatten(self, geometries: Any) -> Any:
        """Return geometries in metres from those in degrees."""
        return shapely.transform(geometries, lambda at: (at - self.centre) * self.metres)

    def unflatten(self, geometries: Any) -> Any:
        """Return geometries in degrees from those in metres."""
        return shapely.transform(geometries, lambda at: at / self.metres + self.centre)


def simplify_together(
    geometries: NDArray[np.object_], *, tolerance_m: float = TOLERANCE_M
) -> NDArray[np.object_]:
    """Drop points that no eye misses, with common borders kept common.

    Parameters
    ----------
    geometries
        (n,) polygons or multipolygons in metres that share their borders point by point.
    tolerance_m
        Largest allowed shift in metres; 0 keeps every point.

    Returns
    -------
    ndarray
        (n,) polygons; no border moved by more than ``tolerance_m``.

    Notes
    -----
    GEOS' tolerance is the root of a triangle's area and not a distance, so the shift is measured
    and the tolerance halved until it holds.

    Examples
    --------
    >>> bent = shapely.from_wkt(["POLYGON ((0 0, 50 0.3, 100 0, 100 100, 0 100, 0 0))"])
    >>> shapely.get_num_coordinates(simplify_together(bent, tolerance_m=5.0)).tolist()
    [5]
    """
    tolerance = tolerance_m
    while tolerance > tolerance_m / 16:
        simple: NDArray[np.object_] = shapely.coverage_simplify(geometries, tolerance)
        if float(shapely.hausdorff_distance(geometries, simple).max(initial=0.0)) <= tolerance_m:
            return simple
        tolerance /= 2
    return geometries


def round_together(geometries: NDArray[np.object_], step: float) -> NDArray[np.object_]:
    """Move every point to a whole multiple of a step, without a gap, an overlap or a crossing.

    Rounding point by point lets a border cross another one that runs closer than a step. Here all
    borders are rounded as one net, in which a line also bends to the points that it passes; the
    faces of the net go back to the land they lie in.

    Parameters
    ----------
    geometries
        (n,) polygons or multipolygons that share their borders.
    step
        In the unit of the geometries.

    Returns
    -------
    ndarray
        (n,) polygons or multipolygons with whole coordinates, counted in steps; empty where the
        land is thinner than a step.

    Notes
    -----
    Source: Hobby (1999), snap rounding, as done by GEOS' overlay with a grid size.

    Examples
    --------
    >>> round_together(shapely.from_wkt(["POLYGON ((0 0, 1.04 0, 1 0.98, 0 0))"]), 0.5).tolist()
    [<POLYGON ((0 0, 2 2, 2 0, 0 0))>]
    """
    scaled = shapely.transform(geometries, lambda at: at / step)
    origin = np.floor(shapely.total_bounds(scaled)[:2])
    scaled = shapely.transform(scaled, lambda at: at - origin)
    net = shapely.union_all(shapely.boundary(scaled), grid_size=1.0)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(net)))
    inside = shapely.point_on_surface(faces)
    face, owner = shapely.STRtree(scaled).query(inside, predicate="intersects")
    order = np.lexsort((owner, face))
    face, first = np.unique(face[order], return_index=True)
    owner = owner[order][first]
    rounded = np.full(len(geometries), shapely.Polygon(), dtype=object)
    for number in np.unique(owner):
        mine = faces[face[owner == number]]
        rounded[number] = mine[0] if len(mine) == 1 else shapely.union_all(mine)
    whole: NDArray[np.object_] = shapely.transform(rounded, lambda at: at + origin)
    return whole


def trace_arcs(
    geometries: NDArray[np.object_],
    *,
    step: float = STEP_DEG,
    origin: NDArray[np.int64] | None = None,
) -> Arcs:
    """Cut the borders of polygons into arcs that are stored once.

    Parameters
    ----------
    geometries
        (n,) polygons or multipolygons in degrees that share their borders point by point.
    step
        Coordinates are rounded to whole multiples of this, in degrees.
    origin
        (lon, lat) in whole steps from which points are counted; by default the smallest of each.

    Returns
    -------
    Arcs
        The borders, and each polygon as a list of them.

    Examples
    --------
    >>> two = shapely.from_wkt(["POLYGON ((0 0, 1 0, 1 1, 0 1, 0 0))",
    ...                         "POLYGON ((1 0, 2 0, 2 1, 1 1, 1 0))"])
    >>> arcs = trace_arcs(two, step=0.5)
    >>> len(arcs.sides), arcs.neighbours().tolist()
    (3, [[0, 1]])
    """
    rings = _list_rings(round_together(geometries, step))
    everything = np.concatenate([ring.points for ring in rings])
    low = everything.min(axis=0)
    ids, places = _number_points(everything - low)
    origin = low if origin is None else origin
    at = np.concatenate([[0], np.cumsum([len(ring.points) for ring in rings])])
    chains = [ids[at[i] : at[i + 1]] for i in range(len(rings))]
    is_node = _find_nodes(chains, len(places))
    book = _ArcBook()
    shapes: list[list[list[tuple[int, ...]]]] = [[] for _ in geometries]
    for ring, chain in zip(rings, chains, strict=True):
        signed = tuple(book.enter(piece, ring.face) for piece in _cut_ring(chain, is_node))
        polygons = shapes[ring.face]
        if ring.is_outer:
            polygons.append([])
        polygons[-1].append(signed)
    counts = [len(chain) for chain in book.chains]
    return Arcs(
        origin=(int(origin[0]), int(origin[1])),
        points=places[np.concatenate(book.chains)] + (low - origin),
        starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        sides=np.array(book.sides, dtype=np.int64),
        rings=tuple(tuple(tuple(polygon) for polygon in polygons) for polygons in shapes),
    )


def pack_arcs(arcs: Arcs) -> dict[str, Any]:
    """Return arcs as the page reads them: steps between points as text, rings as numbers."""
    steps = np.diff(arcs.points, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    return {
        "counts": pack_integers(np.diff(arcs.starts)),
        "steps": pack_integers(steps.ravel()),
        "rings": pack_integers(_flatten_rings(arcs.rings)),
    }


def pack_lines(lines: Sequence[NDArray[np.int64]]) -> dict[str, str]:
    """Return loose lines, each (n, 2) whole steps from the origin, in the same form as arcs."""
    points = np.concatenate([*lines, np.zeros((0, 2), dtype=np.int64)])
    steps = np.diff(points, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    counts = np.array([len(line) for line in lines], dtype=np.int64)
    return {"counts": pack_integers(counts), "steps": pack_integers(steps.ravel())}


def _flatten_rings(
    rings: tuple[tuple[tuple[tuple[int, ...], ...], ...], ...],
) -> NDArray[np.int64]:
    """Write nested rings as one row: polygons, then for each its rings, for each its arcs."""
    row: list[int] = []
    for polygons in rings:
        row.append(len(polygons))
        for polygon in polygons:
            row.append(len(polygon))
            for ring in polygon:
                row.append(len(ring))
                row.extend(ring)
    return np.array(row, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class _Ring:
    face: int
    is_outer: bool
    points: NDArray[np.int64]


class _ArcBook:
    """The arcs met so far, found again by the first step of a walk along them."""

    def __init__(self) -> None:
        self.chains: list[NDArray[np.int64]] = []
        self.sides: list[list[int]] = []
        self._by_step: dict[tuple[int, int], int] = {}

    def enter(self, chain: NDArray[np.int64], face: int) -> int:
        """Return the signed number of the arc along this chain, with the face on its left."""
        key = (int(chain[0]), int(chain[1]))
        number = self._by_step.get(key)
        if number is None:
            number = len(self.chains)
            self.chains.append(chain)
            self.sides.append([OUTSIDE, OUTSIDE])
            self._by_step[key] = number
            self._by_step.setdefault((int(chain[-1]), int(chain[-2])), -1 - number)
        if number >= 0:
            self.sides[number][0] = face
        else:
            self.sides[-1 - number][1] = face
        return number


def _list_rings(geometries: NDArray[np.object_]) -> list[_Ring]:
    """Return every ring with its face on the left, open, in whole numbers."""
    rings = []
    for face, geometry in enumerate(shapely.orient_polygons(geometries)):
        for polygon in shapely.get_parts(geometry):
            for number, ring in enumerate(shapely.get_rings(polygon)):
                points = np.rint(shapely.get_coordinates(ring)).astype(np.int64)[:-1]
                if len(points):
                    rings.append(_Ring(face, number == 0, points))
    return rings


def _number_points(points: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return an id for each point, equal points alike, and the place of each id."""
    width = int(points[:, 1].max()) + 1
    keys, ids = np.unique(points[:, 0] * width + points[:, 1], return_inverse=True)
    return ids.astype(np.int64), np.stack([keys // width, keys % width], axis=1)


def _find_nodes(chains: list[NDArray[np.int64]], points: int) -> NDArray[np.bool_]:
    """Tell for each point whether other than two borders meet there."""
    heads = np.concatenate(chains)
    tails = np.concatenate([np.roll(chain, -1) for chain in chains])
    low, high = np.minimum(heads, tails), np.maximum(heads, tails)
    edges = np.unique(low * points + high)
    degree = np.bincount(np.concatenate([edges // points, edges % points]), minlength=points)
    is_node: NDArray[np.bool_] = degree != 2
    return is_node


def _cut_ring(chain: NDArray[np.int64], is_node: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    """Cut an open ring at its nodes into chains that share their ends."""
    nodes = np.flatnonzero(is_node[chain])
    start = int(nodes[0]) if len(nodes) else int(np.argmin(chain))
    closed = np.append(np.roll(chain, -start), chain[start])
    cuts = np.append(nodes - start, len(chain)) if len(nodes) else np.array([0, len(chain)])
    return [closed[cuts[i] : cuts[i + 1] + 1] for i in range(len(cuts) - 1)]
