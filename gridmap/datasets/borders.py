"""Borders between communities that step from road to road, and the place of the interlock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from gridmap.datasets.lattice import Lattice

    Ints = NDArray[np.int64]

JOGS_A_COMMUNITY = 5
SMALLEST_COMMUNITY, LARGEST_COMMUNITY = 7, 13
"""Cells of an urban community, river not counted, that trading may lead to."""
FRAYED, JOINED = 0.7, 0.24
"""Chance that a cell at a corner is left out; that a cell is joined to its neighbour."""
ROUNDS_OF_FRAYING = 3


@dataclass(frozen=True)
class Interlock:
    """Two cells in a row: the neck is cut from the first, the second is the land behind it."""

    owner: int
    host: int
    neck_cell: tuple[int, int]
    far_cell: tuple[int, int]


def trade_cells(
    owner: Ints,
    rural: list[bool],
    tiles: Ints,
    tile: int,
    lattice: Lattice,
    effort: float,
    rng: np.random.Generator,
) -> None:
    """Move single cells across borders, so that borders step from road to road."""
    members = [k for k in np.flatnonzero(tiles == tile).tolist() if not rural[k]]
    cells: dict[int, set[tuple[int, int]]] = {k: set() for k in members}
    for cell in tile_cells(owner, lattice, tile):
        if int(owner[cell]) in cells:
            cells[int(owner[cell])].add(cell)
    for _ in range(int(effort * JOGS_A_COMMUNITY * len(members))):
        giver = members[int(rng.integers(len(members)))]
        land = sorted(cell for cell in cells[giver] if not lattice.river[cell[0]])
        cell = land[int(rng.integers(len(land)))]
        takers = sorted({owner_of(owner, near) for near in neighbours(cell)} - {giver, -1})
        takers = [taker for taker in takers if taker in cells]
        if not takers or len(land) <= SMALLEST_COMMUNITY:
            continue
        taker = takers[int(rng.integers(len(takers)))]
        size = sum(not lattice.river[c] for c, _ in cells[taker])
        shared = sum(owner_of(owner, near) == taker for near in neighbours(cell))
        if size >= LARGEST_COMMUNITY or (shared < 2 and rng.random() < 0.4):
            continue
        if stays_whole(cells[giver] - {cell}) and stays_whole(cells[taker] | {cell}):
            cells[giver].remove(cell)
            cells[taker].add(cell)
            owner[cell] = taker


def fray_edge(
    owner: Ints, rural: list[bool], tile: int, lattice: Lattice, rng: np.random.Generator
) -> None:
    """Leave corners of the district out of it, again and again, so that its outline steps."""
    cells = tile_cells(owner, lattice, tile)
    mine = [(c, r) for c, r in cells if not lattice.river[max(0, c - 1) : c + 2].any()]
    for _ in range(ROUNDS_OF_FRAYING):
        corners = [
            cell
            for cell in mine
            if owner[cell] >= 0
            and sum(owner_of(owner, near) == -1 for near in neighbours(cell)) >= 2
        ]
        for cell in corners:
            community = int(owner[cell])
            if rng.random() > FRAYED:
                continue
            rest = {other for other in cells if owner[other] == community} - {cell}
            land = sum(not lattice.river[c] for c, _ in rest)
            if land >= (4 if rural[community] else SMALLEST_COMMUNITY - 1) and stays_whole(rest):
                owner[cell] = -1


def find_interlocks(owner: Ints, rural: list[bool], tile: int, lattice: Lattice) -> list[Interlock]:
    """Find pairs of cells of a host, in a row away from its eastern or western neighbour.

    Pairs beside a railway or a main road are taken only where there are no others.
    """
    found: list[tuple[bool, Interlock]] = []
    cells = tile_cells(owner, lattice, tile)
    here = set(cells)
    for column, row in cells:
        host = int(owner[column, row])
        for step in (1, -1):
            near, far = (column - step, row), (column + step, row)
            if rural[host] or near not in here or owner_of(owner, far) != host:
                continue
            neighbour = int(owner[near])
            if neighbour == host or rural[neighbour]:
                continue
            if lattice.river[[column - step, column, column + step]].any():
                continue
            ahead = [(column + k * step, r) for k in range(3) for r in (row - 1, row, row + 1)]
            if any(owner_of(owner, cell) == neighbour for cell in ahead):
                continue
            rest = {cell for cell in cells if owner[cell] == host} - {far}
            hangs_on = owner_of(owner, (column, row + 1)) == host
            if not hangs_on or not stays_whole(rest) or not stays_whole(rest - {(column, row)}):
                continue
            busy = lattice.row_class[row] in ("railway", "arterial")
            found.append((busy, Interlock(neighbour, host, (column, row), far)))
    quiet = [lock for busy, lock in found if not busy]
    return quiet or [lock for _, lock in found]


def tile_cells(owner: Ints, lattice: Lattice, tile: int) -> list[tuple[int, int]]:
    """Return the cells of one tile that are in the district, sorted."""
    wide = lattice.shape.tiles_wide
    columns = np.flatnonzero(lattice.tile_of_column == tile % wide).tolist()
    rows = np.flatnonzero(lattice.tile_of_row == tile // wide).tolist()
    return [(c, r) for c in columns for r in rows if owner[c, r] >= 0]


def stays_whole(cells: set[tuple[int, int]]) -> bool:
    """Tell whether cells are in one piece without a hole."""
    start = min(cells)
    seen, queue = {start}, [start]
    while queue:
        for near in neighbours(queue.pop()):
            if near in cells and near not in seen:
                seen.add(near)
                queue.append(near)
    if len(seen) < len(cells):
        return False
    edges = sum(near in cells for cell in cells for near in neighbours(cell)) // 2
    squares = sum(
        {(c, r), (c + 1, r), (c, r + 1), (c + 1, r + 1)} <= cells for c, r in sorted(cells)
    )
    return len(cells) - edges + squares == 1


def neighbours(cell: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Yield the four cells beside a cell."""
    column, row = cell
    yield from ((column + 1, row), (column - 1, row), (column, row + 1), (column, row - 1))


def owner_of(owner: Ints, cell: tuple[int, int]) -> int:
    """Return the community of a cell, or -1 outside the district."""
    column, row = cell
    inside = 0 <= column < owner.shape[0] and 0 <= row < owner.shape[1]
    return int(owner[column, row]) if inside else -1
