"""The rural fringe: natural villages, villager groups, their houses, and a few sites."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.datasets.buildings import Buildings, make_polygons, pick_buildings
from gridmap.datasets.numbering import Road
from gridmap.datasets.parcels import Item, Parcel
from gridmap.datasets.rings import cut_ring, share_corners

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.datasets.divisions import Community, Divisions
    from gridmap.datasets.lattice import Lattice

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

HOUSE_ALONG_M, HOUSE_ACROSS_M = 17.0, 20.0
"""Land of one house along and across the lane; gridmap's own default."""
A_HOUSE = 1.5
"""Households a house; gridmap's own default."""
ROADSIDE_M = 18.0
"""From the middle of a rural road to the first yard; gridmap's own default."""
RURAL_SITES = (
    ("school", 7_000.0),
    ("industrial", 26_000.0),
    ("park", 24_000.0),
    ("government", 3_200.0),
)
"""Category and land of the site of each rural community, in turn; gridmap's own default."""
FILL = 0.49
"""A settlement reaches this share of its box from the middle."""
GROUPS = 3
"""Villager groups of the village in the middle of a rural community; gridmap's own default."""


def share_rural_households(total: int, count: int, rng: np.random.Generator) -> Ints:
    """Share the rural households among ``count`` communities, none far from the mean."""
    weight = rng.uniform(0.84, 1.16, count)
    share = np.floor(total * weight / weight.sum()).astype(np.int64)
    share[0] += total - int(share.sum())
    shares: Ints = share
    return shares


def settle_community(
    lattice: Lattice, community: Community, households: int, rng: np.random.Generator
) -> list[Parcel]:
    """Lay out the settlements and the site of one rural community.

    A village of three villager groups fills one cell; natural villages and one site take halves
    of others; the rest is farmland.
    """
    cells = [cell for cell in community.cells if not lattice.river[cell[0]]]
    cells = [cells[k] for k in rng.permutation(len(cells))]
    village, halves = _cell_box(lattice, cells[0]), _halves(lattice, cells[1:])
    site, halves = halves[0], halves[1:]
    hamlets = min(len(halves), max(2, round(households / 62)))
    weights = np.concatenate([rng.uniform(0.8, 1.3, GROUPS), rng.uniform(0.5, 1.5, hamlets)])
    shares = np.floor(households * weights / weights.sum()).astype(int)
    shares[-1] += households - int(shares.sum())
    parcels = _village(lattice, community, village, shares[:GROUPS].tolist(), rng)
    for box, share in zip(halves, shares[GROUPS:].tolist(), strict=False):
        ring = _blob(lattice, box, _settled_area(share), rng)
        tags = {"kind": "natural_village"}
        item = Item("compound", share, 0.0)
        parcels.append(Parcel(item, community.index, -1, ring, ring, tags=tags))
    category, area = RURAL_SITES[community.index % len(RURAL_SITES)]
    ring = _yard(lattice, site, area)
    parcels.append(Parcel(Item("site", 0, area, category), community.index, -1, ring, ring))
    return parcels


def _cell_box(lattice: Lattice, cell: tuple[int, int]) -> Floats:
    column, row = cell
    box = np.array(
        [lattice.xs[column], lattice.xs[column + 1], lattice.ys[row], lattice.ys[row + 1]]
    )
    return box + np.array([1, -1, 1, -1]) * ROADSIDE_M


def _halves(lattice: Lattice, cells: list[tuple[int, int]]) -> list[Floats]:
    """Return the southern half of every cell, then the northern halves."""
    found: list[list[Floats]] = [[], []]
    for cell in cells:
        west, east, south, north = _cell_box(lattice, cell)
        middle = (south + north) / 2
        found[0].append(np.array([west, east, south, middle - 8]))
        found[1].append(np.array([west, east, middle + 8, north]))
    return [*found[0], *found[1]]


def _settled_area(households: int) -> float:
    return 1.45 * HOUSE_ALONG_M * HOUSE_ACROSS_M * math.ceil(households / A_HOUSE)


def _ring_of(lattice: Lattice, plan: Floats) -> Floats:
    return np.column_stack([plan, lattice.warp(plan)])


def _yard(lattice: Lattice, box: Floats, area: float) -> Floats:
    """Return a walled yard of an area in the middle of a box."""
    wide, deep = box[1] - box[0], box[3] - box[2]
    scale = min(1.0, np.sqrt(area / (wide * deep)))
    x, y = (box[0] + box[1]) / 2, (box[2] + box[3]) / 2
    a, b = wide * scale / 2, deep * scale / 2
    return _ring_of(
        lattice, np.array([(x - a, y - b), (x + a, y - b), (x + a, y + b), (x - a, y + b)])
    )


def _blob(lattice: Lattice, box: Floats, area: float, rng: np.random.Generator) -> Floats:
    """Return an uneven outline of about an area inside a box."""
    wide, deep = box[1] - box[0], box[3] - box[2]
    angle = (np.arange(11) + rng.uniform(-0.3, 0.3, 11)) * 2 * np.pi / 11
    longer = rng.uniform(0.9, 1.35)
    radius = np.sqrt(area / np.pi) * rng.uniform(0.9, 1.12, 11)
    x = np.clip(radius * np.cos(angle) * longer, -wide * FILL, wide * FILL)
    y = np.clip(radius * np.sin(angle) / longer, -deep * FILL, deep * FILL)
    room_x, room_y = wide / 2 - np.abs(x).max(), deep / 2 - np.abs(y).max()
    x += (box[0] + box[1]) / 2 + rng.uniform(-room_x, room_x)
    y += (box[2] + box[3]) / 2 + rng.uniform(-room_y, room_y)
    return _ring_of(lattice, np.column_stack([x, y]))


def _village(
    lattice: Lattice,
    community: Community,
    box: Floats,
    shares: list[int],
    rng: np.random.Generator,
) -> list[Parcel]:
    """Cut one long outline into villager groups, from south to north."""
    ring = _blob(lattice, box, 1.1 * sum(_settled_area(share) for share in shares), rng)
    deep = ring[:, 1].max() - ring[:, 1].min()
    bottom = ring[:, 1].min()
    lands: list[Floats] = []
    rest = ring
    for k in range(len(shares) - 1):
        level = bottom + deep * sum(shares[: k + 1]) / sum(shares)
        point = np.array([(box[0] + box[1]) / 2, level])
        normal = np.array([rng.uniform(-0.2, 0.2), 1.0])
        behind, rest = cut_ring(rest, point, normal, lattice)
        lands.append(behind)
    lands = share_corners([*lands, rest])
    return [
        Parcel(
            Item("compound", share, 0.0),
            community.index,
            -1,
            land,
            land,
            tags={"kind": "villager_group", "group": str(k + 1)},
        )
        for k, (land, share) in enumerate(zip(lands, shares, strict=True))
    ]


def build_settlement(lattice: Lattice, parcel: Parcel, rng: np.random.Generator) -> Buildings:
    """Put the houses of a village or group on its land, along lanes."""
    room = shapely.Polygon(parcel.inner[:, 2:]).buffer(-1.0)
    shapely.prepare(room)
    wanted = max(1, int(np.ceil(parcel.item.households / A_HOUSE)))
    for squeeze in (1.0, 0.92, 0.85, 0.78, 0.72):
        houses = _house_rows(lattice, parcel.inner[:, :2], squeeze, rng)
        inside = np.flatnonzero(shapely.covers(room, make_polygons(houses.rings)))
        if len(inside) >= wanted:
            break
    kept = np.sort(inside[rng.permutation(len(inside))[:wanted]])
    houses = pick_buildings(houses, kept)
    counts = np.full(len(kept), parcel.item.households // len(kept))
    counts[rng.permutation(len(kept))[: parcel.item.households - int(counts.sum())]] += 1
    return Buildings(
        rings=houses.rings,
        place=houses.place,
        bearing=houses.bearing,
        half=houses.half,
        floors=np.maximum(houses.floors, counts),
        entrances=np.ones(len(kept), dtype=np.int64),
        flats=np.ones(len(kept), dtype=np.int64),
        households=counts,
        known=np.ones(len(kept), dtype=np.bool_),
    )


def draw_lanes(lattice: Lattice, divisions: Divisions, parcels: list[Parcel]) -> list[Road]:
    """Return a village road from every settlement to the nearest road north or south of it."""
    found: list[Road] = []
    for parcel in parcels:
        if parcel.block >= 0 or parcel.tags.get("group", "1") != "1":
            continue
        ring = parcel.land[:, :2]
        x = float(ring[:, 0].min() + ring[:, 0].max()) / 2
        column = int(np.searchsorted(lattice.xs, x)) - 1
        row = int(np.searchsorted(lattice.ys, ring[:, 1].mean())) - 1
        low, high = float(ring[:, 1].min()), float(ring[:, 1].max())
        ways = [
            (abs(lattice.ys[line] - edge), float(lattice.ys[line]), edge)
            for line, edge in ((row, low), (row + 1, high))
            if divisions.across[column, line]
        ]
        if ways:
            _, level, edge = min(ways)
            plan = np.array([(x, level), (x, (level + edge) / 2), (x, edge)])
            name = parcel.name if "group" not in parcel.tags else parcel.name.removesuffix("1组")
            found.append(Road(f"{name}路", "local", False, lattice.warp(plan)))
    return found


def _house_rows(
    lattice: Lattice, plan: Floats, squeeze: float, rng: np.random.Generator
) -> Buildings:
    """Lay houses of different sizes over the box around a settlement."""
    low, high = plan.min(axis=0), plan.max(axis=0)
    step = np.array([HOUSE_ALONG_M, HOUSE_ACROSS_M]) * squeeze
    x = np.arange(low[0] + step[0] / 2, high[0], step[0])
    y = np.arange(low[1] + step[1] / 2, high[1], step[1])
    spots = np.array([(a + (k % 2) * 4.0 * squeeze, b) for k, b in enumerate(y) for a in x])
    count = len(spots)
    spots += rng.uniform(-1.2, 1.2, (count, 2)) * squeeze
    half = np.column_stack([rng.uniform(4.6, 6.2, count), rng.uniform(4.0, 5.4, count)]) * squeeze
    place = lattice.warp(spots)
    bearing = lattice.bearing(spots) + rng.normal(0, 0.12) + rng.normal(0, 0.03, count)
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
    cos, sin = np.cos(bearing)[:, None], np.sin(bearing)[:, None]
    local = half[:, None, :] * corners
    rings = np.stack(
        [
            place[:, :1] + local[..., 0] * cos - local[..., 1] * sin,
            place[:, 1:] + local[..., 0] * sin + local[..., 1] * cos,
        ],
        axis=-1,
    )
    ones = np.ones(count, dtype=np.int64)
    return Buildings(
        rings=list(rings),
        place=place,
        bearing=bearing,
        half=half,
        floors=rng.integers(1, 4, count),
        entrances=ones,
        flats=ones,
        households=ones * 0,
        known=ones.astype(np.bool_),
    )
