"""What stands on which block: compounds and sites of given sizes, packed and cut from the land.

Sizes come first: the households of all compounds of a tile are drawn so that their deciles are
those of FIELD.md. Then each compound and each site asks for land, blocks are filled until they
are full, and every block is cut into parcels whose areas are in that proportion.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from gridmap.datasets.lattice import Lattice, cut_ring

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridmap.datasets.divisions import Block, Divisions

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

COMPOUND_DECILES = ((0.0, 13), (0.1, 22), (0.25, 40), (0.5, 93), (0.75, 256), (0.9, 797), (1, 2000))
"""Share of compounds -> households. Source: FIELD.md section 2 and issue 2, point 2 [measured]:
deciles 22/40/93/256/797 at 10/25/50/75/90 %, a tail to 2,000. The lower end, 13, is the smallest
building of issue 2."""
SETBACK_M = {"arterial": 21.0, "secondary": 15.0, "local": 10.0, "railway": 24.0, "river": 0.0}
"""From the middle of a road to the line of the compounds beside it; gridmap's own default."""
ROOMY_M2 = 27_000.0
"""Land beyond which a compound is not made roomier to fill the district; gridmap's own default."""
NECK_M = 24.0
"""Width of the neck of the planted interlock, metres: narrower than 40."""
RURAL_HOUSEHOLDS = 390
"""Households of a rural community, on average; gridmap's own default."""
ParcelKind = Literal["compound", "site", "open"]


@dataclass
class Item:
    """Something that asks for land: a compound, or a site with its residents.

    Attributes
    ----------
    kind
        What it is.
    households
        Households to house on it.
    area_m2
        Land it asks for.
    category
        Of a site, one of ``gridmap.rules.CATEGORIES``.
    """

    kind: ParcelKind
    households: int
    area_m2: float
    category: str = ""


@dataclass
class Parcel:
    """A piece of a block: its land to the middle of the roads, and the part behind the red line.

    Attributes
    ----------
    item
        What stands on it.
    community
        Index of the community whose land it was laid out on.
    block
        Index of the block, -1 in the countryside.
    land
        Ring to the middle of the roads, shape (k, 4).
    inner
        Ring behind the setback, shape (m, 4): the compound's own line.
    name, number, road, address
        Given later.
    """

    item: Item
    community: int
    block: int
    land: Floats
    inner: Floats
    name: str = ""
    address: str = ""
    age_class: str = ""
    tags: dict[str, str] = field(default_factory=dict)


def draw_compound_sizes(total: int, rng: np.random.Generator) -> Ints:
    """Draw households of compounds that add up to ``total``, on the deciles of FIELD.md.

    Examples
    --------
    >>> sizes = draw_compound_sizes(58_000, np.random.default_rng(7))
    >>> int(sizes.sum()), bool(abs(np.median(sizes) - 93) < 8)
    (58000, True)
    """
    shares, levels = np.array(COMPOUND_DECILES).T
    count = max(4, round(total / _mean_size()))
    place = (np.arange(count) + rng.uniform(0.2, 0.8, count)) / count
    sizes = np.exp(np.interp(place, shares, np.log(levels)))
    large = sizes > 256
    sizes[large] *= (total - sizes[~large].sum()) / sizes[large].sum()
    whole = np.floor(np.minimum(sizes, 2000)).astype(np.int64)
    rest = total - int(whole.sum())
    movable = np.flatnonzero(large & (whole < 1950))
    step = np.full(len(movable), rest // len(movable))
    step[: rest - int(step.sum())] += 1
    whole[movable] += step
    return whole


def _mean_size() -> float:
    shares, levels = np.array(COMPOUND_DECILES).T
    logs = np.log(levels)
    means = np.diff(levels) / np.diff(logs)
    return float((means * np.diff(shares)).sum())


def land_for_compound(households: int) -> float:
    """Return the land that a compound asks for, m2: larger ones are built more densely."""
    density = np.interp(np.log(households), np.log([15, 60, 250, 800, 2000]), [85, 125, 165, 230, 300])
    return 10_000.0 * households / float(density)


SITE_PLAN: tuple[tuple[str, float, int], ...] = (
    ("school", 21_000, 0),
    ("school", 15_000, 36),
    ("school", 26_000, 48),
    ("school", 12_000, 0),
    ("school", 6_000, 0),
    ("school", 3_600, 0),
    ("hospital", 24_000, 64),
    ("hospital", 8_000, 0),
    ("hospital", 3_000, 0),
    ("government", 9_000, 0),
    ("government", 4_500, 28),
    ("government", 2_400, 0),
    ("mall", 22_000, 0),
    ("mall", 12_000, 84),
    ("mall", 4_000, 0),
    ("office", 7_000, 0),
    ("office", 5_000, 0),
    ("office", 2_500, 0),
    ("industrial", 33_000, 320),
    ("industrial", 28_000, 120),
    ("park", 36_000, 0),
    ("park", 30_000, 0),
    ("park", 9_000, 0),
)
"""Category, land in m2 and resident households of the urban sites of one tile; gridmap's own
default: all seven categories, some with residents, some above and some below every limit."""


def plan_items(
    sizes: Ints, share: float, rng: np.random.Generator
) -> tuple[list[Item], list[Item]]:
    """Return the compounds, largest first, and the sites of a tile of ``share`` of full size."""
    compounds = [Item("compound", int(n), land_for_compound(int(n))) for n in np.sort(sizes)[::-1]]
    count = max(len({row[0] for row in SITE_PLAN}), round(len(SITE_PLAN) * share))
    firsts = [next(row for row in SITE_PLAN if row[0] == key) for key in sorted({r[0] for r in SITE_PLAN})]
    rest = [row for row in SITE_PLAN if row not in firsts]
    rest = [rest[k] for k in rng.permutation(len(rest))][: count - len(firsts)]
    return compounds, [Item("site", row[2], row[1], row[0]) for row in [*firsts, *rest]]


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
    """
    for squeeze in (3.2, 2.9, 2.6, 2.4, 2.2, 2.0, 1.9, 1.8, 1.7, 1.6, 1.5, 1.4, 1.32, 1.25, 1.18, 1.1, 1.05, 1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.5):
        packed = _try_packing(compounds, sites, areas, owners, squeeze, favoured, rng)
        if packed is not None:
            return packed
    packed = _try_packing(compounds, sites, areas, owners, 0.25, favoured, rng)
    if packed is None:
        raise AssertionError("a tile's blocks can't hold its compounds")
    return packed


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
        cost = waste + load[owners[fits]] / room[owners[fits]] * 1.6 + rng.uniform(0, 0.35, len(fits))
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


def share_corners(rings: list[Floats]) -> list[Floats]:
    """Insert into every ring the corners of the others that lie on its edges (in plan space)."""
    if len(rings) < 2:
        return rings
    corners = np.concatenate(rings)
    return [insert_corners(ring, corners) for ring in rings]


def insert_corners(ring: Floats, corners: Floats) -> Floats:
    """Insert into a ring those corners that lie on its edges (in plan space)."""
    start, end = ring[:, None, :2], np.roll(ring, -1, axis=0)[:, None, :2]
    edge = end - start
    length = np.hypot(edge[..., 0], edge[..., 1])
    offset = corners[None, :, :2] - start
    along = (offset * edge).sum(axis=-1) / length
    aside = np.abs(offset[..., 0] * edge[..., 1] - offset[..., 1] * edge[..., 0]) / length
    hit = (aside < 1e-5) & (along > 1e-4) & (along < length - 1e-4)
    if not hit.any():
        return ring
    pieces: list[Floats] = []
    for k in range(len(ring)):
        pieces.append(ring[k : k + 1])
        found = np.flatnonzero(hit[k])
        if len(found):
            _, unique = np.unique(np.round(along[k, found], 4), return_index=True)
            pieces.append(corners[found[unique]])
    return np.concatenate(pieces)
