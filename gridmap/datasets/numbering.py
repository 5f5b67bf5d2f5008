"""Roads with names, and the addresses along them: odd numbers on one side, even on the other.

A road is numbered in the direction in which it is drawn, west to east or south to north: odd
numbers stand on its left, even on its right, and grow with the distance from its start.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from gridmap.datasets.divisions import Divisions
    from gridmap.datasets.lattice import Lattice
    from gridmap.datasets.names import NameBook
    from gridmap.datasets.parcels import Parcel

    Floats = NDArray[np.float64]
    RoadKey = tuple[str, int, int]

METRES_A_NUMBER = 12.0
"""Frontage of one house number on one side of a road; gridmap's own default."""
CLASS_WEIGHT = {"arterial": 3.0, "secondary": 2.0, "local": 1.0}


@dataclass(frozen=True)
class Road:
    """One stretch of a named road: its class, whether it is a bridge, and its real points."""

    name: str
    road_class: str
    bridge: bool
    points: Floats


@dataclass
class RoadBook:
    """Names of all roads, and the numbers given along them.

    Attributes
    ----------
    names
        (``across`` or ``along``, line, tile along the line) -> name.
    taken
        Pairs of name and number that are in use.
    """

    names: dict[RoadKey, str]
    taken: set[tuple[str, int]]


def name_roads(lattice: Lattice, divisions: Divisions, book: NameBook) -> RoadBook:
    """Name every road: a line of the lattice through one tile."""
    keys: list[tuple[int, RoadKey, str]] = []
    for line, road_class in enumerate(lattice.row_class):
        tiles = {int(lattice.tile_of_column[c]) for c in np.flatnonzero(divisions.across[:, line])}
        keys += [(tile, ("across", line, tile), road_class) for tile in sorted(tiles)]
    for line, road_class in enumerate(lattice.column_class):
        tiles = {int(lattice.tile_of_row[r]) for r in np.flatnonzero(divisions.along[line])}
        keys += [(tile, ("along", line, tile), road_class) for tile in sorted(tiles)]
    rank = {"arterial": 0, "secondary": 1, "local": 2}
    keys.sort(key=lambda row: (rank[row[2]], row[0], row[1]))
    names = {
        key: book.road(road_class, common=number < 60)
        for number, (_, key, road_class) in enumerate(keys)
    }
    return RoadBook(names, set())


def draw_roads(lattice: Lattice, divisions: Divisions, book: RoadBook) -> list[Road]:
    """Return every named road as unbroken stretches, bridges on their own."""
    found: list[Road] = []
    for line, road_class in enumerate(lattice.row_class):
        labels = [
            (int(lattice.tile_of_column[c]), bool(lattice.river[c])) if there else None
            for c, there in enumerate(divisions.across[:, line])
        ]
        for start, end, (tile, bridge) in _runs(labels):
            points = lattice.line((start, line), (end, line))
            found.append(Road(book.names["across", line, tile], road_class, bridge, points))
    for line, road_class in enumerate(lattice.column_class):
        labels = [
            (int(lattice.tile_of_row[r]), False) if there else None
            for r, there in enumerate(divisions.along[line])
        ]
        for start, end, (tile, bridge) in _runs(labels):
            points = lattice.line((line, start), (line, end))
            found.append(Road(book.names["along", line, tile], road_class, bridge, points))
    return found


def _runs(
    labels: list[tuple[int, bool] | None],
) -> Iterator[tuple[int, int, tuple[int, bool]]]:
    """Yield start, end and label of each run of equal labels that are not None."""
    start = 0
    for end in range(1, len(labels) + 1):
        label = labels[start]
        if end == len(labels) or labels[end] != label:
            if label is not None:
                yield start, end, label
            start = end


def give_address(
    lattice: Lattice, divisions: Divisions, book: RoadBook, parcel: Parcel, rng: np.random.Generator
) -> str:
    """Give a parcel the number of its gate on one of the roads around its block."""
    choices = list(_gates(lattice, divisions, parcel))
    fronting = [choice for choice in choices if choice[0] > 0] or choices
    weights = np.array(
        [max(length, 1.0) * CLASS_WEIGHT[name] for length, _, name, _, _ in fronting]
    )
    pick = int(rng.choice(len(fronting), p=weights / weights.sum()))
    _, key, _, distance, odd = fronting[pick]
    road = book.names[key]
    number = 2 * int(distance / METRES_A_NUMBER) + (1 if odd else 2)
    while (road, number) in book.taken:
        number += 2
    book.taken.add((road, number))
    return f"{road}{number}号"


def _gates(
    lattice: Lattice, divisions: Divisions, parcel: Parcel
) -> Iterator[tuple[float, RoadKey, str, float, bool]]:
    """Yield frontage, road, class, distance from the road's start, and whether numbers are odd."""
    block = divisions.blocks[parcel.block]
    ring = parcel.land[:, :2]
    ahead = np.roll(ring, -1, axis=0)
    column, row = block.west, block.south
    tile_column, tile_row = int(lattice.tile_of_column[column]), int(lattice.tile_of_row[row])
    for side, line, axis, odd in (
        ("along", block.west, 0, False),
        ("along", block.east, 0, True),
        ("across", block.south, 1, True),
        ("across", block.north, 1, False),
    ):
        there = divisions.along[line, row] if side == "along" else divisions.across[column, line]
        tile = tile_row if side == "along" else tile_column
        if not there:
            continue
        level = (lattice.xs if axis == 0 else lattice.ys)[line]
        on_line = (np.abs(ring[:, axis] - level) < 1e-6) & (np.abs(ahead[:, axis] - level) < 1e-6)
        other = 1 - axis
        if on_line.any():
            ends = np.concatenate([ring[on_line, other], ahead[on_line, other]])
            frontage, gate = float(np.ptp(ends)), float(ends.min() + ends.max()) / 2
        else:
            frontage, gate = 0.0, float(ring[:, other].mean())
        class_name = (lattice.column_class if axis == 0 else lattice.row_class)[line]
        yield frontage, (side, line, tile), class_name, gate - _start(lattice, side, tile), odd


def _start(lattice: Lattice, side: str, tile: int) -> float:
    """Return where the numbering of a road in a tile begins, plan metres."""
    if side == "along":
        return float(lattice.ys[int(np.flatnonzero(lattice.tile_of_row == tile)[0])])
    return float(lattice.xs[int(np.flatnonzero(lattice.tile_of_column == tile)[0])])
