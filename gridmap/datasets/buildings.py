"""One building or many: outlines, floors, entrances, and the fashions they are built in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.datasets.lattice import Lattice

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

SMALLEST, LARGEST = 13, 95
"""Households of an ordinary building. Source: issue 2, point 2."""
_NO_RING = np.empty((0, 2))


@dataclass(frozen=True)
class Fashion:
    """One way of building homes.

    Attributes
    ----------
    floors
        Floors of every building of the compound.
    flats
        Flats on one floor of one entrance.
    entrances
        Entrances of an ordinary building.
    wide, deep
        Metres of front of one entrance; metres from front to back.
    gap, yard
        Metres between buildings of a row, and between rows, before they are drawn together.
    tower
        Whether the outline is that of a tower.
    """

    floors: int
    flats: int
    entrances: int
    wide: float
    deep: float
    gap: float
    yard: float
    tower: bool = False

    @property
    def capacity(self) -> int:
        """Households behind one entrance."""
        return self.floors * self.flats

    @property
    def fewest(self) -> int:
        """Entrances that the smallest ordinary building needs."""
        return max(1, -(-(SMALLEST + 1) // self.capacity)) if self.flats else 1


@dataclass(frozen=True)
class Buildings:
    """Buildings as columns; all arrays have one entry a building.

    Attributes
    ----------
    rings
        Outline of each, open, real metres.
    place, bearing, half
        Middle (n, 2), direction of the long side in radians, and half length and depth (n, 2) in
        metres of the rectangle in which household points lie.
    floors, entrances, flats, households
        Numbers; ``entrances`` counts what is built, ``known`` whether the survey knows it.
    """

    rings: list[Floats]
    place: Floats
    bearing: Floats
    half: Floats
    floors: Ints
    entrances: Ints
    flats: Ints
    households: Ints
    known: NDArray[np.bool_]


def raise_buildings(
    lattice: Lattice,
    plan: Floats,
    entrances: Ints,
    fashion: Fashion,
    turn: Floats,
    shapes: Ints,
) -> Buildings:
    """Make the outlines of buildings at plan places: 0 a slab, 1 and 2 an L, or a tower."""
    place = lattice.warp(plan)
    bearing = lattice.bearing(plan) + turn
    count = len(plan)
    half = np.column_stack([entrances * fashion.wide / 2, np.full(count, fashion.deep / 2)])
    turned = np.stack([np.cos(bearing), np.sin(bearing)], axis=-1)
    rings: list[Floats] = [_NO_RING] * count
    for key in sorted(set(zip(entrances.tolist(), shapes.tolist(), strict=True))):
        same = np.flatnonzero((entrances == key[0]) & (shapes == key[1]))
        local = _outline(half[same[0]], key[1], fashion)
        cos, sin = turned[same, None, 0], turned[same, None, 1]
        x = place[same, None, 0] + local[:, 0] * cos - local[:, 1] * sin
        y = place[same, None, 1] + local[:, 0] * sin + local[:, 1] * cos
        for k, ring in zip(same.tolist(), np.stack([x, y], axis=-1), strict=True):
            rings[k] = ring
    core = half * ((0.9, 0.28) if fashion.tower else (1.0, 1.0))
    filled = np.ones(count, dtype=np.int64)
    return Buildings(
        rings=rings,
        place=place,
        bearing=bearing,
        half=core,
        floors=filled * fashion.floors,
        entrances=entrances.astype(np.int64),
        flats=filled * fashion.flats,
        households=np.zeros(count, dtype=np.int64),
        known=np.ones(count, dtype=np.bool_),
    )


def _outline(half: Floats, shape: int, fashion: Fashion) -> Floats:
    """Return a building's outline about its middle, its long side along x."""
    a, b = half
    if fashion.tower and fashion.flats >= 4:
        c, d = a * 0.45, b * 0.4
        return np.array(
            [
                *((-a, -b), (-c, -b), (-c, -b + 2.2), (c, -b + 2.2), (c, -b), (a, -b)),
                *((a, d), (c, d), (c, b), (-c, b), (-c, d), (-a, d)),
            ]
        )
    if fashion.tower:
        c = a * 0.4
        return np.array(
            [
                (-a, -b),
                (a, -b),
                (a, b * 0.3),
                (c, b * 0.3),
                (c, b),
                (-c, b),
                (-c, b * 0.3),
                (-a, b * 0.3),
            ]
        )
    if shape == 0 or a < 14:
        return np.array([(-a, -b), (a, -b), (a, b), (-a, b)])
    side = np.array([(-a, -b), (a, -b), (a, b + 7), (a - 11.5, b + 7), (a - 11.5, b), (-a, b)])
    return side if shape == 1 else (side * [-1, 1])[::-1]


def pick_buildings(buildings: Buildings, which: NDArray[np.bool_] | Ints) -> Buildings:
    """Return some of the buildings, by mask or by position."""
    keep = np.flatnonzero(which) if which.dtype == np.bool_ else which
    return Buildings(
        rings=[buildings.rings[int(k)] for k in keep],
        place=buildings.place[keep],
        bearing=buildings.bearing[keep],
        half=buildings.half[keep],
        floors=buildings.floors[keep],
        entrances=buildings.entrances[keep],
        flats=buildings.flats[keep],
        households=buildings.households[keep],
        known=buildings.known[keep],
    )


def join_buildings(parts: list[Buildings]) -> Buildings:
    """Return the buildings of several lists as one."""
    return Buildings(
        rings=[ring for part in parts for ring in part.rings],
        place=np.concatenate([part.place for part in parts]),
        bearing=np.concatenate([part.bearing for part in parts]),
        half=np.concatenate([part.half for part in parts]),
        floors=np.concatenate([part.floors for part in parts]),
        entrances=np.concatenate([part.entrances for part in parts]),
        flats=np.concatenate([part.flats for part in parts]),
        households=np.concatenate([part.households for part in parts]),
        known=np.concatenate([part.known for part in parts]),
    )


def make_polygons(rings: list[Floats]) -> NDArray[np.object_]:
    """Make polygons from open rings of different lengths."""
    closed = np.concatenate([np.vstack([ring, ring[:1]]) for ring in rings])
    index = np.repeat(np.arange(len(rings)), [len(ring) + 1 for ring in rings])
    lines = shapely.linearrings(closed, indices=index)
    made: NDArray[np.object_] = np.asarray(shapely.polygons(lines))
    return made
