"""Which cells of the lattice make which community, and which cells are one block.

Urban communities begin as pieces of a band of three rows and then trade cells, so that their
borders run along roads but not in straight lines. Some communities lie on both banks of the
river: one with a bridge, one without. One pair of cells a tile is set aside for the planted
interlock: land held to its community only through a narrow neck.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from gridmap.datasets.borders import (
    JOINED,
    Interlock,
    find_interlocks,
    fray_edge,
    owner_of,
    trade_cells,
)
from gridmap.datasets.lattice import ROWS_A_BAND, Lattice
from gridmap.errors import InvalidOption

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

COUNTY = 990101
"""First county code: no county of GB/T 2260 begins with 99, so no real place is meant."""
TOWNSHIPS_A_COUNTY = 160
SPANNING_BANDS = (0, 1)
"""Bands with a community on both banks of the river: the first has a bridge, the next none."""


@dataclass(frozen=True)
class Community:
    """One division: where it is and what it is called by number.

    Attributes
    ----------
    index
        Position in the list of communities.
    code
        12 digits: county, township, community.
    tile, township
        Tile and township (counted over the district) it belongs to.
    rural
        Whether it lies in the rural fringe.
    cells
        (column, row) of each cell, sorted.
    """

    index: int
    code: str
    tile: int
    township: int
    rural: bool
    cells: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Block:
    """Land between roads: one cell of the lattice, or two that share no road.

    Attributes
    ----------
    west, east, south, north
        Numbers of the lattice lines around it.
    community
        Index of its community.
    neck
        Whether a narrow strip along its south side belongs to the interlocked neighbour.
    """

    west: int
    east: int
    south: int
    north: int
    community: int
    neck: bool = False


@dataclass(frozen=True)
class Divisions:
    """Communities, blocks and roads of the lattice.

    Attributes
    ----------
    communities
        Sorted by code.
    owner
        Index of the community of each cell, -1 beyond the district.
    blocks
        Sorted by tile and community.
    interlocks
        One for each tile.
    across, along
        Whether a row line carries a road over a column of cells, shape (columns, lines); and a
        column line over a row of cells, shape (lines, rows).
    """

    communities: tuple[Community, ...]
    owner: Ints
    blocks: tuple[Block, ...]
    interlocks: tuple[Interlock, ...]
    across: NDArray[np.bool_]
    along: NDArray[np.bool_]


def divide_lattice(lattice: Lattice, rng: np.random.Generator) -> Divisions:
    """Divide the cells among communities, then join some cells to larger blocks."""
    owner, rural, tiles = _first_division(lattice)
    interlocks = [
        _settle_tile(owner, rural, tiles, tile, lattice, rng) for tile in range(lattice.shape.tiles)
    ]
    communities, number = _name_by_code(owner, rural, tiles, lattice)
    owner = np.where(owner >= 0, number[owner], -1)
    locks = tuple(
        Interlock(int(number[k.owner]), int(number[k.host]), k.neck_cell, k.far_cell)
        for k in interlocks
    )
    across, along = _road_edges(lattice, owner)
    blocks = _join_cells(lattice, owner, communities, locks, across, along, rng)
    return Divisions(communities, owner, blocks, locks, across, along)


def _settle_tile(
    owner: Ints,
    rural: list[bool],
    tiles: Ints,
    tile: int,
    lattice: Lattice,
    rng: np.random.Generator,
) -> Interlock:
    """Trade cells, fray the edge and find the interlock; start again where there is no room."""
    before = owner.copy()
    for effort in (1.0, 1.0, 0.5, 0.0):
        owner[:] = before
        trade_cells(owner, rural, tiles, tile, lattice, effort, rng)
        if effort:
            fray_edge(owner, rural, tile, lattice, rng)
        found = find_interlocks(owner, rural, tile, lattice)
        if found:
            return found[int(rng.integers(len(found)))]
    raise InvalidOption(
        "This seed leaves no room for the planted interlock.",
        "该种子无法安排预设的插花地。",
        cure_en="make_district(seed=7)",
        cure_zh="make_district(seed=7)",
    )


def _band_groups(
    lattice: Lattice, columns: list[int], band: int, *, rural: bool
) -> list[list[int]]:
    """Split the columns of one tile into groups, each a community of the band."""
    river = [c for c in columns if lattice.river[c]]
    land = [c for c in columns if not lattice.river[c]]
    count = len(land) // 3
    if not river:
        shift = 0 if rural else (0, 1, -1, 0)[band % 4]
        cuts = [0, *[round(k * len(land) / count) + shift for k in range(1, count)], len(land)]
        return [land[a:b] for a, b in pairwise(cuts)]
    half = len(land) // 2
    if not rural and band in SPANNING_BANDS:
        west_reach, east_reach = (1, 2) if band == 0 else (2, 1)
        middle = [*land[half - west_reach : half], *river, *land[half : half + east_reach]]
        west, east = land[: half - west_reach], land[half + east_reach :]
        return [group for group in (*_halve(west), middle, *_halve(east)) if group]
    west, east = [*land[:half], river[0]], [river[1], *land[half:]]
    parts_west, parts_east = count // 2, count - count // 2
    return [*_parts(west, parts_west), *_parts(east, parts_east)]


def _halve(columns: list[int]) -> list[list[int]]:
    return _parts(columns, 2 if len(columns) >= 5 else 1)


def _parts(columns: list[int], count: int) -> list[list[int]]:
    cuts = [round(k * len(columns) / count) for k in range(count + 1)]
    return [columns[a:b] for a, b in pairwise(cuts)]


def _first_division(lattice: Lattice) -> tuple[Ints, list[bool], Ints]:
    owner = np.full((len(lattice.xs) - 1, len(lattice.ys) - 1), -1, dtype=np.int64)
    rural: list[bool] = []
    tiles: list[int] = []
    shape = lattice.shape
    for tile in range(shape.tiles):
        columns = np.flatnonzero(lattice.tile_of_column == tile % shape.tiles_wide).tolist()
        first = (tile // shape.tiles_wide) * shape.rows
        for band in range(shape.bands + 1):
            fringe = band == shape.bands
            rows = range(
                first + band * ROWS_A_BAND,
                first + (shape.rows if fringe else (band + 1) * ROWS_A_BAND),
            )
            for group in _band_groups(lattice, columns, band, rural=fringe):
                for row in rows:
                    owner[group, row] = len(rural)
                rural.append(fringe)
                tiles.append(tile)
    return owner, rural, np.array(tiles)


def _name_by_code(
    owner: Ints, rural: list[bool], tiles: Ints, lattice: Lattice
) -> tuple[tuple[Community, ...], Ints]:
    """Give every community its 12 digits; return them by code, and the new number of each."""
    shape = lattice.shape
    lists: list[list[tuple[int, int]]] = [[] for _ in rural]
    for column, row in np.argwhere(owner >= 0).tolist():
        lists[owner[column, row]].append((column, row))
    rows = [np.mean([row for _, row in cells]) for cells in lists]
    half = [(shape.rows * (tile // shape.tiles_wide) + shape.bands * 1.5) for tile in tiles]
    found: list[Community] = []
    serial: dict[tuple[int, bool], int] = {}
    for old in range(len(rural)):
        town = bool(rural[old] or rows[old] > half[old])
        tile = int(tiles[old])
        pair = (tile, town)
        county = COUNTY + tile // TOWNSHIPS_A_COUNTY
        township = (101 if town else 1) + tile % TOWNSHIPS_A_COUNTY
        base = 200 if rural[old] else 0
        key = (2 * tile + town, rural[old])
        serial[key] = serial.get(key, 0) + 1
        code = f"{county}{township:03d}{base + serial[key]:03d}"
        found.append(Community(old, code, tile, 2 * pair[0] + town, rural[old], tuple(lists[old])))
    order = sorted(range(len(found)), key=lambda old: (found[old].township, found[old].code))
    number = np.empty(len(found), dtype=np.int64)
    number[order] = np.arange(len(found))
    return tuple(
        Community(new, f.code, f.tile, f.township, f.rural, f.cells)
        for new, f in enumerate(found[old] for old in order)
    ), number


def _road_edges(lattice: Lattice, owner: Ints) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell which pieces of lattice lines carry a road."""
    columns, rows = owner.shape
    padded = np.full((columns + 2, rows + 2), -1)
    padded[1:-1, 1:-1] = owner
    across = (padded[1:-1, :-1] >= 0) | (padded[1:-1, 1:] >= 0)
    along = (padded[:-1, 1:-1] >= 0) | (padded[1:, 1:-1] >= 0)
    across[:, [name == "railway" for name in lattice.row_class]] = False
    across[np.ix_(lattice.river, ~lattice.bridge)] = False
    along[[name == "river" for name in lattice.column_class]] = False
    border = padded[:-1, 1:-1] != padded[1:, 1:-1]
    through = np.array([name in ("arterial", "secondary") for name in lattice.column_class])
    along &= ~lattice.rural[None, :] | border | through[:, None]
    return across, along


def _join_cells(
    lattice: Lattice,
    owner: Ints,
    communities: tuple[Community, ...],
    interlocks: tuple[Interlock, ...],
    across: NDArray[np.bool_],
    along: NDArray[np.bool_],
    rng: np.random.Generator,
) -> tuple[Block, ...]:
    """Join one urban cell in six to its neighbour by giving up the local road between them."""
    necks = {lock.neck_cell for lock in interlocks}
    single = necks | {lock.far_cell for lock in interlocks}
    blocks: list[Block] = []
    used: set[tuple[int, int]] = set()
    for community in communities:
        if community.rural:
            continue
        for column, row in community.cells:
            if lattice.river[column] or (column, row) in used:
                continue
            used.add((column, row))
            east, north = column + 1, row + 1
            if (column, row) not in single and rng.random() < JOINED:
                right, above = (column + 1, row), (column, row + 1)
                joins_right = lattice.column_class[column + 1] == "local"
                joins_above = lattice.row_class[row + 1] == "local"
                if joins_right and _is_free(right, community.index, owner, used | single, lattice):
                    along[column + 1, row] = False
                    used.add(right)
                    east += 1
                elif joins_above and _is_free(
                    above, community.index, owner, used | single, lattice
                ):
                    across[column, row + 1] = False
                    used.add(above)
                    north += 1
            blocks.append(Block(column, east, row, north, community.index, (column, row) in necks))
    return tuple(blocks)


def _is_free(
    cell: tuple[int, int],
    community: int,
    owner: Ints,
    used: set[tuple[int, int]],
    lattice: Lattice,
) -> bool:
    return owner_of(owner, cell) == community and cell not in used and not lattice.river[cell[0]]
