"""Blocks filled with compounds and sites, and cut into parcels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridmap.datasets.parcels import Item, Parcel
from gridmap.datasets.rings import cut_ring, share_corners
from gridmap.errors import InvalidOption

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridmap.datasets.divisions import Block, Divisions
    from gridmap.datasets.lattice import Lattice

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

SETBACK_M = {"arterial": 21.0, "secondary": 15.0, "local": 10.0, "railway": 24.0, "river": 0.0}
"""From the middle of a road to the line of the compounds beside it; gridmap's own default."""
NECK_M = 24.0
"""Width of the neck of the planted interlock, metres: narrower than 40."""
SQUEEZES = (
    *(3.2, 2.9, 2.6, 2.4, 2.2, 2.0, 1.9, 1.8, 1.7, 1.6, 1.5, 1.4, 1.32, 1.25, 1.18, 1.1),
    *(1.05, 1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.5, 0.25),
)
"""Land of a compound as a share of what it asks for, the roomiest first."""
ROOMY_M2 = 27_000.0
"""Land beyond which a compound is not made roomier to fill the district; gridmap's own default."""


def setbacks(lattice: Lattice, block: Block) -> tuple[float, ...]:
    """Return the setback of a block on its west, east, south and north side, metres."""
    south = SETBACK_M[lattice.row_class[block.south]]
    return (
        SETBACK_M[lattice.column_class[block.west]],
        SETBACK_M[lattice.column_class[block.east]],
        NECK_M + 4 if block.neck else south,
        SETBACK_M[lattice.row_class[block.north]],
    )


def inner_box(lattice: Lattice, block: Block, back: Sequence[float]) -> Floats:
    """Return the plan box behind the setbacks: west, east, south, north."""
    return np.array(
        [
            lattice.xs[block.west] + back[0],
            lattice.xs[block.east] - back[1],
            lattice.ys[block.south] + back[2],
            lattice.ys[block.north] - back[3],
        ]
    )


def pack_blocks(
    compounds: list[Item],
    sites: list[Item],
    areas: Floats,
    owners: Ints,
    favoured: int,
    rng: np.random.Generator,
) -> list[list[Item]]:
    """Share items among blocks so that no block is overfull and every community gets some.

    Parameters
    ----------
    compounds, sites
        What asks for land; a site stays as large as it asks, compounds may be squeezed.
    areas
        Land of each block behind the setbacks, m2.
    owners
        Community of each block.
    favoured
        Block that must not stay empty: the land of the planted interlock.

    Returns
    -------
    list of list of Item
        Items of each block; an empty list is open land.

    Raises
    ------
    InvalidOption
        When the land does not suffice.
    """
    for squeeze in SQUEEZES:
        packed = _try_packing(compounds, sites, areas, owners, squeeze, favoured, rng)
        if packed is not None:
            return packed
    raise InvalidOption(
        "This seed leaves too little land for the compounds.",
        "该种子给小区留出的土地不足。",
        cure_en="make_district(seed=7)",
        cure_zh="make_district(seed=7)",
    )


def _try_packing(
    compounds: list[Item],
    sites: list[Item],
    areas: Floats,
    owners: Ints,
    squeeze: float,
    favoured: int,
    rng: np.random.Generator,
) -> list[list[Item]] | None:
    packed: list[list[Item]] = [[] for _ in areas]
    free = areas.copy()
    wishes = [
        (min(item.area_m2 * squeeze, max(item.area_m2, ROOMY_M2)), item) for item in compounds
    ]
    wishes += [(item.area_m2, item) for item in sites]
    large = [wish for wish in wishes if wish[0] > 14_000]
    small = [wish for wish in wishes if wish[0] <= 14_000]
    load = np.zeros(int(owners.max()) + 1)
    room = np.bincount(owners, areas, minlength=len(load)) + 1e-9
    for need, item in sorted(large, key=lambda wish: -wish[0]):
        fits = np.flatnonzero(free >= need * 0.9)
        if len(fits) == 0:
            return None
        waste = (free[fits] - need) / 40_000 + (free[fits] < areas[fits]) * -0.1
        cost = (
            waste + load[owners[fits]] / room[owners[fits]] * 1.6 + rng.uniform(0, 0.35, len(fits))
        )
        sign = -1.0 if item.kind == "compound" else 1.0
        cost += 9.0 * sign * ((fits == favoured) & (free[fits] == areas[fits]))
        best = int(fits[np.argmin(cost)])
        packed[best].append(item)
        free[best] -= need
        load[owners[best]] += need
    for k in rng.permutation(len(small)).tolist():
        need, item = small[k]
        fits = np.flatnonzero(free >= need)
        if len(fits) == 0:
            return None
        started = free[fits] < areas[fits]
        cost = load[owners[fits]] / room[owners[fits]] * 1.2 - started * 0.5
        best = int(fits[np.argmin(cost + rng.uniform(0, 0.3, len(fits)))])
        packed[best].append(item)
        free[best] -= need
        load[owners[best]] += need
    return packed


def cut_block(
    lattice: Lattice,
    divisions: Divisions,
    index: int,
    items: list[Item],
    rng: np.random.Generator,
) -> list[Parcel]:
    """Cut a block into parcels, one an item, and open land for what is left over."""
    block = divisions.blocks[index]
    back = setbacks(lattice, block)
    box = inner_box(lattice, block, back)
    area = (box[1] - box[0]) * (box[3] - box[2])
    wanted = sum(item.area_m2 for item in items)
    if wanted < 0.72 * area:
        items = [*items, Item("open", 0, area - 1.1 * wanted if items else area)]
    order = sorted(items, key=lambda item: (-item.area_m2, item.category, item.households))
    ring = lattice.ring(block.west, block.east, block.south, block.north)
    lands = _share_out(ring, [item.area_m2 for item in order], lattice, box, rng)
    inners = [_behind_setback(land, box, lattice) for land in lands]
    inners = share_corners(inners)
    lands = share_corners(lands)
    return [
        Parcel(item, block.community, index, land, inner)
        for item, land, inner in zip(order, lands, inners, strict=True)
    ]


def _share_out(
    ring: Floats, wants: list[float], lattice: Lattice, box: Floats, rng: np.random.Generator
) -> list[Floats]:
    """Cut a ring into pieces in the proportion of ``wants``, always across the longer side."""
    if len(wants) == 1:
        return [ring]
    heap = np.cumsum(wants)
    half = int(np.argmin(np.abs(heap[:-1] - heap[-1] / 2))) + 1
    first, second = wants[:half], wants[half:]
    if rng.random() < 0.5:
        first, second, swapped = second, first, True
    else:
        swapped = False
    low = np.maximum(ring[:, :2].min(axis=0), box[[0, 2]])
    high = np.minimum(ring[:, :2].max(axis=0), box[[1, 3]])
    axis = int(np.argmax((high - low) * rng.uniform(0.92, 1.08, 2)))
    share = sum(first) / sum(wants)
    point = (low + high) / 2
    point[axis] = low[axis] + share * (high - low)[axis]
    tilt = float(rng.normal(0, 0.018))
    normal = np.array([1.0, tilt]) if axis == 0 else np.array([tilt, 1.0])
    behind, ahead = cut_ring(ring, point, normal, lattice)
    pieces = [
        *_share_out(behind, first, lattice, box, rng),
        *_share_out(ahead, second, lattice, box, rng),
    ]
    return [*pieces[len(first) :], *pieces[: len(first)]] if swapped else pieces


def _behind_setback(land: Floats, box: Floats, lattice: Lattice) -> Floats:
    """Cut the strips beside the roads off a parcel."""
    ring = land
    for point, normal in (
        (box[[0, 2]], (1.0, 0.0)),
        (box[[1, 3]], (-1.0, 0.0)),
        (box[[0, 2]], (0.0, 1.0)),
        (box[[1, 3]], (0.0, -1.0)),
    ):
        ring = cut_ring(ring, point, np.array(normal), lattice)[1]
    return ring
