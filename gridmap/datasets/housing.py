"""Buildings on parcels: slabs, towers, L-shapes, houses, each with its share of the households.

A compound is filled by one fashion of housing: walk-up slabs of 4-7 floors, slabs of 11 floors,
or towers. Places for buildings are laid in rows that follow the roads, places that would leave
the compound are struck out, and rows are drawn together until the households fit.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.datasets.buildings import (
    LARGEST,
    SMALLEST,
    Buildings,
    Fashion,
    join_buildings,
    make_polygons,
    pick_buildings,
    raise_buildings,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.datasets.lattice import Lattice
    from gridmap.datasets.parcels import Parcel

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

LAST_YARD_M = 12.0
"""Metres between the rows of the densest fashion, which is tried in any case."""
MARGIN_M = 3.0
"""Least distance of a building from its compound's line."""


def choose_fashion(age_class: str, households: int, rng: np.random.Generator) -> Fashion:
    """Choose the fashion of a compound by its age and size."""
    wings = int(rng.choice((2, 3, 4), p=(0.42, 0.4, 0.18)))
    walkup = Fashion(int(rng.integers(5, 8)), 2, wings, 13.4, 12.0, 9.0, 21.0)
    slab = Fashion(11, 2, int(rng.integers(1, 4)), 14.4, 12.6, 13.0, 29.0)
    if age_class == "old" or households < 70:
        return walkup
    if age_class == "mature":
        return walkup if rng.random() < 0.66 else slab
    if households < 240 or rng.random() < 0.35:
        return slab
    floors, flats = ((18, 4), (22, 4), (24, 3), (26, 3), (30, 3), (17, 4))[int(rng.integers(6))]
    wide = 22.5 if flats == 4 else 19.5
    return Fashion(floors, flats, 1, wide, 19.5, 22.0, 34.0, tower=True)


def house_parcel(
    lattice: Lattice,
    parcel: Parcel,
    rng: np.random.Generator,
    *,
    giant: int = 0,
    known: bool = True,
) -> Buildings:
    """Put the homes of a compound on its land.

    Parameters
    ----------
    giant
        Households of one tower above the band, 0 for none.
    known
        Whether the survey knows the tower's entrances.
    """
    households = parcel.item.households
    line = shapely.Polygon(parcel.inner[:, 2:])
    room = line.buffer(-MARGIN_M)
    box = plan_box(parcel)
    if giant:
        first, box = _giant_tower(lattice, box, giant, room)
        if not known:
            flats = first.flats * first.entrances
            one = np.ones_like(flats)
            first = replace(first, flats=flats, entrances=one, known=np.array([False]))
        rest = fill_box(lattice, box, households - giant, parcel.age_class, room, rng)
        return join_buildings([first, rest])
    return fill_box(lattice, box, households, parcel.age_class, room, rng)


def plan_box(parcel: Parcel) -> Floats:
    """Return the plan box of a parcel inside its margin: west, east, south, north."""
    low, high = parcel.inner[:, :2].min(axis=0), parcel.inner[:, :2].max(axis=0)
    return np.array([low[0], high[0], low[1], high[1]]) + np.array([1, -1, 1, -1]) * MARGIN_M


def fill_box(
    lattice: Lattice,
    box: Floats,
    households: int,
    age_class: str,
    room: shapely.Geometry,
    rng: np.random.Generator,
) -> Buildings:
    """Try looser rows first and denser ones after, until the households fit."""
    fashion = choose_fashion(age_class, households, rng)
    shapely.prepare(room)
    if households <= 48:
        single = _single(lattice, box, households, room, rng)
        if single is not None:
            return single
        fashion = replace(fashion, entrances=2)
    best: Buildings | None = None
    for attempt in _attempts(fashion):
        if _at_most(box, attempt) < households and attempt.yard > LAST_YARD_M:
            continue
        trial = lay_rows(lattice, box, attempt, room, rng)
        if best is None or _capacity(trial) > _capacity(best):
            best = trial
        if _capacity(best) * 0.97 >= households:
            break
    if best is None or not best.rings:
        best = _squeeze_in(lattice, box, room)
    return _occupy(best, households, rng)


def _at_most(box: Floats, fashion: Fashion) -> float:
    """Return a generous estimate of the households that rows of a fashion can hold."""
    across = (box[1] - box[0] + fashion.gap) / (fashion.entrances * fashion.wide + fashion.gap)
    rows = (box[3] - box[2] + fashion.yard) / (fashion.deep + fashion.yard)
    homes = min(LARGEST, fashion.entrances * fashion.capacity)
    return 1.25 * max(1.0, float(across)) * max(1.0, float(rows)) * homes


def _capacity(trial: Buildings) -> int:
    return int(np.minimum(trial.entrances * trial.flats * trial.floors, LARGEST).sum())


def _squeeze_in(lattice: Lattice, box: Floats, room: shapely.Geometry) -> Buildings:
    """Put the largest small tower that fits in the middle of awkward land."""
    middle = np.array([[box[:2].mean(), box[2:].mean()]])
    one, none = np.ones(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
    for size in (20.0, 16.0, 12.0, 8.0, 5.0, 3.0):
        fashion = Fashion(18, 4, 1, size, size, 0, 0)
        tower = raise_buildings(lattice, middle, one, fashion, np.zeros(1), none)
        if shapely.covers(room, shapely.Polygon(tower.rings[0])):
            break
    return tower


def _attempts(fashion: Fashion) -> list[Fashion]:
    denser = [
        replace(fashion, gap=fashion.gap * a, yard=fashion.yard * b)
        for a, b in ((1.7, 1.6), (1.4, 1.4), (1.2, 1.2), (1.0, 1.0), (0.9, 0.8), (0.8, 0.66))
    ]
    higher = (
        []
        if fashion.tower
        else [
            replace(fashion, floors=floors, flats=2, entrances=entrances, yard=fashion.yard * 0.8)
            for floors, entrances in (
                (7, 2),
                (7, 3),
                (7, 1),
                (11, 3),
                (11, 2),
                (11, 1),
                (15, 2),
                (18, 1),
            )
        ]
    )
    towers = [
        Fashion(floors, flats, 1, 22.5, 19.5, gap, yard, tower=True)
        for floors, flats, gap, yard in ((24, 4, 16, 20), (24, 4, 10, 14), (33, 4, 9, 12))
    ]
    return [*denser, *higher, *towers]


def _single(
    lattice: Lattice, box: Floats, households: int, room: shapely.Geometry, rng: np.random.Generator
) -> Buildings | None:
    """Put one slab in the middle of a small courtyard."""
    centre = np.array([[(box[0] + box[1]) / 2, (box[2] + box[3]) / 2]])
    for floors in (6, 5, 7, 4, 8, 9, 11):
        entrances = -(-households // (2 * floors))
        for turned in (False, True) if rng.random() < 0.8 else (True, False):
            slab = raise_buildings(
                lattice,
                centre,
                np.array([entrances]),
                Fashion(floors, 2, entrances, 13.4, 12.0, 0, 0),
                np.array([np.pi / 2 if turned else 0.0]) + rng.normal(0, 0.02),
                np.zeros(1, dtype=np.int64),
            )
            if shapely.covers(room, shapely.Polygon(slab.rings[0])):
                return replace(slab, households=np.array([households]))
    return None


def lay_rows(
    lattice: Lattice,
    box: Floats,
    fashion: Fashion,
    room: shapely.Geometry,
    rng: np.random.Generator,
) -> Buildings:
    """Lay rows of equal buildings; rows differ in length, start and direction by a little."""
    wide, deep = box[1] - box[0], box[3] - box[2]
    turn = float(rng.normal(0, 0.12 if fashion.tower else 0.025))
    count = max(1, int((deep + fashion.yard - 2) // (fashion.deep + fashion.yard)))
    spare = max(0.0, deep - count * fashion.deep - (count - 1) * fashion.yard)
    yard = fashion.yard + (spare * 0.75 / (count - 1) if count > 1 else 0.0)
    bottom = box[2] + (deep - count * fashion.deep - (count - 1) * yard) / 2
    places: list[Floats] = []
    sizes: list[int] = []
    shapes: list[int] = []
    for row in range(count):
        entrances = fashion.entrances
        if not fashion.tower and rng.random() < 0.5:
            entrances = max(fashion.fewest, entrances + int(rng.choice((-1, 1))))
        while entrances > fashion.fewest and entrances * fashion.wide > wide:
            entrances -= 1
        length = entrances * fashion.wide
        number = int((wide + fashion.gap) // (length + fashion.gap))
        if number == 0:
            continue
        gap = fashion.gap + min(
            fashion.gap * 0.8, (wide - number * length - (number - 1) * fashion.gap) / number
        )
        slack = wide - number * length - (number - 1) * gap
        start = box[0] + slack * rng.uniform(0.2, 0.8) + length / 2
        x = start + np.arange(number) * (length + gap)
        y = np.full(number, bottom + fashion.deep / 2 + row * (fashion.deep + yard))
        if fashion.tower:
            y += (np.arange(number) % 2 - 0.5) * min(9.0, yard / 4) + rng.normal(0, 1.2, number)
        places.append(np.column_stack([x, y]))
        sizes += [entrances] * number
        wing = not fashion.tower and row < count - 1 and yard > 17
        draw = rng.random(number)
        shapes += [int(k) for k in np.where(wing & (draw < 0.16), np.where(draw < 0.08, 1, 2), 0)]
    if not places:
        places, sizes, shapes = [np.array([[box[:2].mean(), box[2:].mean()]])], [1], [0]
    spots, lengths = np.concatenate(places), np.array(sizes)
    trial = raise_buildings(
        lattice, spots, lengths, fashion, np.full(len(spots), turn), np.array(shapes)
    )
    outlines = make_polygons(trial.rings)
    return pick_buildings(trial, shapely.covers(room, outlines))


def _giant_tower(
    lattice: Lattice, box: Floats, households: int, room: shapely.Geometry
) -> tuple[Buildings, Floats]:
    """Put one tower above 500 households at an end of the compound; return the land left."""
    entrances = 2 if households < 570 else 3
    floors = 32
    flats = -(-households // (entrances * floors))
    wide = households * 57.0 / floors / 20.0 / entrances
    fashion = Fashion(floors, flats, entrances, wide, 20.0, 0, 0)
    axis = 0 if box[1] - box[0] > box[3] - box[2] else 1
    length = wide * entrances
    need = length if axis == 0 else 20.0
    middle = np.array([box[:2].mean(), box[2:].mean()])
    rest = box.copy()
    for shift in (4.0, 8.0, 14.0, 20.0):
        middle[axis] = box[2 * axis] + need / 2 + shift
        tower = raise_buildings(
            lattice,
            middle[None],
            np.array([entrances]),
            fashion,
            np.zeros(1),
            np.zeros(1, np.int64),
        )
        rest[2 * axis] = box[2 * axis] + need + shift + 16
        if shapely.covers(room, shapely.Polygon(tower.rings[0])):
            break
    return replace(tower, households=np.array([households])), rest


def _occupy(trial: Buildings, households: int, rng: np.random.Generator) -> Buildings:
    """Keep as many buildings as the households need, and share the households among them."""
    room = np.minimum(trial.entrances * trial.flats * trial.floors, LARGEST)
    order = rng.permutation(len(room))
    enough = int(np.searchsorted(np.cumsum(room[order]) * 0.97, households)) + 1
    kept = np.sort(order[:enough])
    while len(kept) > 1 and households < SMALLEST * len(kept):
        kept = kept[:-1]
    chosen = pick_buildings(trial, kept)
    share = room[kept] * rng.uniform(0.93, 1.07, len(kept))
    share *= households / share.sum()
    counts = np.clip(np.floor(share), min(SMALLEST, households // len(kept)), None).astype(np.int64)
    counts = np.minimum(counts, np.maximum(room[kept], 1))
    rest = households - int(counts.sum())
    while rest != 0:
        step = 1 if rest > 0 else -1
        slack = (room[kept] - counts) if step > 0 else counts - SMALLEST
        spots = np.argsort(-slack, kind="stable")[: abs(rest)]
        if slack[spots[0]] > 0:
            spots = spots[slack[spots] > 0]
        counts[spots] += step
        rest -= step * len(spots)
    floors = np.maximum(chosen.floors, -(-counts // np.maximum(chosen.entrances * chosen.flats, 1)))
    return replace(chosen, households=counts, floors=floors)
