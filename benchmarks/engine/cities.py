"""Invented land of any size: whole cities of buildings, and units like those of a census.

A city is laid out as planners know it: main roads, between them blocks along local roads, in them
compounds of very unequal size, in these the buildings. Source of the sizes: FIELD.md section 2
(948 real compounds: median 93 households, 78 % below 300, 7 % of 300-500, 15 % above 500 holding
65 % of all; households a building: median 32). A log-normal law of median 93 and sigma 1.517 has
78 %, 9 %, 13 % and 66 %; the median building of a compound has about 30 households. Everything else
is gridmap's own default.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from benchmarks.engine.cells import draw_cells
from benchmarks.engine.instances import Instance

if TYPE_CHECKING:
    from numpy.typing import NDArray

LOWER, UPPER = 300, 500
COMPOUND_MEDIAN, COMPOUND_SIGMA = 93.0, 1.517
COMPOUND_LEAST, COMPOUND_MOST = 6, 6000
BUILDING_MEDIAN, BUILDING_SIGMA = 48.0, 0.6
HOUSE_MEDIAN, HOUSE_SIGMA = 5.0, 0.7
SCATTERED = 0.1
"""Share of households that live outside compounds, in houses of few."""
ENTRANCE = 120
"""A building above the ceiling stands as entrances of at most so many households."""
CELL_M2 = 2_400.0
"""Land a building: 250 m x 250 m hold about 500 households."""
MAIN_ROADS_M = 750.0
BLOCK_NODES = 60
"""Land between local roads holds at most so many buildings, or one compound."""
OPEN_NODES = 14
"""Buildings in a stretch of land outside compounds."""
METRES, PLAIN, CLEAR, COMPOUND, CROSSED_METRES = 100.0, 1.5, 0.25, 4.0, 400.0
"""Costs of cutting, and of crossing a main road, as gridmap's planner ranks borders."""


class Parcels(NamedTuple):
    """Stretches of land: compound number or -1; buildings of each; households of each building."""

    compound: NDArray[np.int64]
    nodes: NDArray[np.int64]
    households: NDArray[np.int64]


@dataclass(frozen=True)
class Site:
    """A rectangle with its parcels, on the way from city to parcel."""

    parcels: NDArray[np.int64]
    box: tuple[float, float, float, float]


def make_city(buildings: int, households: int, *, seed: int) -> Instance:
    """Return an invented city as a graph of buildings.

    Parameters
    ----------
    buildings, households
        How many; met to about 1 %.
    seed
        The same seed gives the same arrays.

    Returns
    -------
    Instance
        Groups are compounds, regions the land between main roads, costs are negative across
        these.
    """
    rng = np.random.default_rng(seed)
    parcels = _draw_parcels(rng, buildings, households)
    side = float(np.sqrt(len(parcels.households) * CELL_M2))
    place, region, block, points = _lay_out(rng, parcels, side)
    compound = np.repeat(parcels.compound, parcels.nodes)[place]
    weights = parcels.households[place]
    cells = draw_cells(_bend(points, side), (side, side))
    costs = _cost_edges(cells.edges, cells.lengths, region, block, compound)
    return Instance(
        name=f"city-{buildings}",
        weights=weights,
        edges=cells.edges,
        costs=costs,
        lower=LOWER,
        upper=UPPER,
        lengths=cells.lengths,
        areas=cells.areas,
        perimeters=cells.perimeters,
        groups=compound,
        regions=region,
        points=points,
    )


def make_census(units: int, *, seed: int, lumpy: bool, mean: int = 30) -> Instance:
    """Return units like a census's: cells of about one size, of equal or very unequal weight.

    Parameters
    ----------
    units
        How many; 400 / ``mean`` of them make a zone.
    seed
        The same seed gives the same arrays.
    lumpy
        Whether households are log-normal with sigma 1 (at most the ceiling), or within a fifth
        of the mean.
    mean
        Households a unit.
    """
    rng = np.random.default_rng(seed)
    columns = int(np.ceil(np.sqrt(units)))
    rows = int(np.ceil(units / columns))
    spots = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), -1).reshape(-1, 2)
    points = (spots + 0.5 + rng.uniform(-0.42, 0.42, spots.shape)) * 100.0
    if lumpy:
        weights = np.minimum(rng.lognormal(np.log(mean) - 0.5, 1.0, len(points)), UPPER)
    else:
        weights = rng.uniform(0.8 * mean, 1.2 * mean, len(points))
    cells = draw_cells(points, (columns * 100.0, rows * 100.0))
    return Instance(
        name=f"census-{'lumpy' if lumpy else 'uniform'}-{units}",
        weights=np.maximum(1, np.rint(weights)).astype(np.int64),
        edges=cells.edges,
        costs=cells.lengths / METRES,
        lower=LOWER,
        upper=UPPER,
        lengths=cells.lengths,
        areas=cells.areas,
        perimeters=cells.perimeters,
        points=points,
    )


def _draw_parcels(rng: np.random.Generator, buildings: int, households: int) -> Parcels:
    """Draw compounds until they hold their share; fill up with houses and empty buildings."""
    wanted = round(households * (1 - SCATTERED))
    drawn = rng.lognormal(np.log(COMPOUND_MEDIAN), COMPOUND_SIGMA, max(8, wanted // 100))
    sizes = np.rint(np.clip(drawn, COMPOUND_LEAST, COMPOUND_MOST)).astype(np.int64)
    sizes = sizes[: max(1, int(np.searchsorted(np.cumsum(sizes), wanted)))]
    typical = rng.lognormal(np.log(BUILDING_MEDIAN), BUILDING_SIGMA, len(sizes))
    counts = np.maximum(1, np.rint(sizes / np.maximum(4, typical))).astype(np.int64)
    inside, nodes = _share_out(rng, sizes, counts)
    houses = _draw_houses(rng, households - int(sizes.sum()))
    empty = max(0, buildings - len(inside) - len(houses))
    outside = np.concatenate([houses, np.zeros(empty, np.int64)])
    rng.shuffle(outside)
    open_nodes = _cut_evenly(len(outside), OPEN_NODES)
    compound = np.concatenate([np.arange(len(sizes)), np.full(len(open_nodes), -1)])
    return _shuffle_parcels(
        rng,
        Parcels(
            compound.astype(np.int64),
            np.concatenate([nodes, open_nodes]),
            np.concatenate([inside, outside]),
        ),
    )


def _share_out(
    rng: np.random.Generator, sizes: NDArray[np.int64], counts: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Share compounds out among their buildings; buildings above the ceiling into entrances."""
    owner = np.repeat(np.arange(len(sizes)), counts)
    draw = rng.gamma(6.0, size=len(owner))
    share = draw / np.bincount(owner, draw)[owner] * sizes[owner]
    whole = np.maximum(1, np.rint(share)).astype(np.int64)
    doors = np.where(whole > UPPER, -(-whole // ENTRANCE), 1)
    held = np.repeat(whole // doors, doors)
    return held, np.bincount(np.repeat(owner, doors), minlength=len(sizes)).astype(np.int64)


def _draw_houses(rng: np.random.Generator, households: int) -> NDArray[np.int64]:
    if households <= 0:
        return np.zeros(0, np.int64)
    drawn = rng.lognormal(np.log(HOUSE_MEDIAN), HOUSE_SIGMA, households)
    houses = np.maximum(1, np.rint(drawn)).astype(np.int64)
    return houses[: int(np.searchsorted(np.cumsum(houses), households)) + 1]


def _cut_evenly(total: int, each: int) -> NDArray[np.int64]:
    parts = np.full(total // each, each, np.int64)
    return np.append(parts, total % each) if total % each else parts


def _shuffle_parcels(rng: np.random.Generator, parcels: Parcels) -> Parcels:
    order = rng.permutation(len(parcels.nodes))
    starts = np.cumsum(parcels.nodes) - parcels.nodes
    nodes = parcels.nodes[order]
    shift = np.repeat(starts[order] - (np.cumsum(nodes) - nodes), nodes)
    return Parcels(
        parcels.compound[order], nodes, parcels.households[np.arange(len(shift)) + shift]
    )


def _lay_out(
    rng: np.random.Generator, parcels: Parcels, side: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Give every building its place: building number, region, block and point of each node."""
    sites = _draw_main_roads(rng, parcels, side)
    starts = np.cumsum(parcels.nodes) - parcels.nodes
    place, region, block, points = [], [], [], []
    blocks = 0
    for number, site in enumerate(sites):
        for street in _split_site(site, parcels.nodes, BLOCK_NODES):
            blocks += 1
            for lot in _split_site(street, parcels.nodes, 0):
                parcel = int(lot.parcels[0])
                many = int(parcels.nodes[parcel])
                place.append(starts[parcel] + np.arange(many))
                region.append(np.full(many, number))
                block.append(np.full(many, blocks))
                points.append(_fill_lot(rng, lot.box, many))
    return (
        np.concatenate(place),
        np.concatenate(region),
        np.concatenate(block),
        np.concatenate(points),
    )


def _draw_main_roads(rng: np.random.Generator, parcels: Parcels, side: float) -> list[Site]:
    """Cut the city along main roads of unequal distance; deal the parcels out by land."""
    rows = max(1, round(side / MAIN_ROADS_M))
    cuts = [np.cumsum(rng.uniform(0.7, 1.3, rows)) for _ in range(2)]
    lines = [np.concatenate([[0.0], cut / cut[-1] * side]) for cut in cuts]
    land = (np.diff(lines[0])[:, None] * np.diff(lines[1])[None, :]).reshape(-1)
    middle = np.cumsum(parcels.nodes) - parcels.nodes / 2
    owner = np.searchsorted(np.cumsum(land) / land.sum(), middle / parcels.nodes.sum())
    sites = []
    for number in range(rows * rows):
        column, row = divmod(number, rows)
        members = np.flatnonzero(owner == number)
        if len(members):
            box = (lines[0][column], lines[1][row], lines[0][column + 1], lines[1][row + 1])
            sites.append(Site(members, box))
    return sites


def _split_site(site: Site, nodes: NDArray[np.int64], most: int) -> list[Site]:
    """Halve a rectangle by its buildings, across its longer side, until parts are small."""
    done, rest = [], [site]
    while rest:
        part = rest.pop()
        held = np.cumsum(nodes[part.parcels])
        if len(part.parcels) == 1 or held[-1] <= most:
            done.append(part)
            continue
        half = int(np.argmin(np.abs(held[:-1] - held[-1] / 2))) + 1
        share = float(held[half - 1] / held[-1])
        left, bottom, right, top = part.box
        if right - left >= top - bottom:
            cut = left + share * (right - left)
            boxes = ((left, bottom, cut, top), (cut, bottom, right, top))
        else:
            cut = bottom + share * (top - bottom)
            boxes = ((left, bottom, right, cut), (left, cut, right, top))
        rest.append(Site(part.parcels[half:], boxes[1]))
        rest.append(Site(part.parcels[:half], boxes[0]))
    return done


def _fill_lot(
    rng: np.random.Generator, box: tuple[float, float, float, float], many: int
) -> NDArray[np.float64]:
    """Put buildings in rows into a rectangle, each a little out of line."""
    left, bottom, right, top = box
    width, height = right - left, top - bottom
    rows = min(many, max(1, round(np.sqrt(many * height / max(width, 1e-9)))))
    in_row = np.diff(np.round(np.linspace(0, many, rows + 1)).astype(np.int64))
    row = np.repeat(np.arange(rows), in_row)
    spot = np.arange(many) - np.repeat(np.cumsum(in_row) - in_row, in_row)
    out = rng.uniform(-0.18, 0.18, (many, 2))
    return np.column_stack(
        [
            left + (spot + 0.5 + out[:, 0]) * width / in_row[row],
            bottom + (row + 0.5 + out[:, 1]) * height / rows,
        ]
    )


def _bend(points: NDArray[np.float64], side: float) -> NDArray[np.float64]:
    """Bend straight roads a little; the rim stays where it is."""
    turns = 2 * np.pi * max(1, round(side / 4000)) / side
    reach = 0.08 * 4000 / (2 * np.pi)
    rim = np.sin(np.pi * points / side)
    waves = np.sin(turns * points[:, ::-1])
    return np.asarray(points + reach * rim * waves)


def _cost_edges(
    edges: NDArray[np.int64],
    lengths: NDArray[np.float64],
    region: NDArray[np.int64],
    block: NDArray[np.int64],
    compound: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Return costs: dear inside compounds, cheap along lines, below 0 on main roads."""
    one, two = edges.T
    main = region[one] != region[two]
    line = (block[one] != block[two]) | (compound[one] != compound[two])
    same = (compound[one] == compound[two]) & (compound[one] >= 0)
    costs = np.where(line, CLEAR, PLAIN) * lengths / METRES + np.where(same, COMPOUND, 0.0)
    return np.where(main, -(1 + lengths / CROSSED_METRES), np.maximum(costs, 0.05))
