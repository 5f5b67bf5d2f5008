"""One level below a grid: parents divided into zones of a band, all parents side by side."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gridmap.planning.anchoring import anchor_nodes
from gridmap.planning.attempts import Search
from gridmap.planning.outsiders import bound_outside
from gridmap.planning.problems import BandTable, Problem, Shape, find_pieces, number_by_first
from gridmap.planning.reasons import explain_grid
from gridmap.planning.solving import solve_problem
from gridmap.planning.walking import seed_from

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.planning.atoms import Atoms, Cells
    from gridmap.planning.ground import Ground
    from gridmap.rules import LevelRule

    Ints = NDArray[np.int64]

STEPS_A_ZONE = 30
"""Redrawings for each expected zone: zones of few buildings settle sooner than grids (gridmap's
own default)."""

FLOOR_SHARE = 8
"""The search's hard floor is this share of the rule's: one household above the ceiling weighs more
than a zone below the floor (gridmap's own default)."""


@dataclass(frozen=True)
class Layer:
    """Parents divided into zones, all arrays by position.

    Attributes
    ----------
    atom, first_floor, last_floor, households
        Shares: an atom, or some floors of it (0 and 0: all floors), shape (s,).
    zone
        Zone of each share, shape (s,).
    cell_zone
        Zone that has each cell's land, -1 where the parent has no zones, shape (n,).
    parent, land
        Parent of each zone; the zone whose land it stands on (itself, unless it is some floors
        above another), shape (z,).
    reason, around, largest
        Why a zone is outside its band (``""``: it is inside), households of the land around it
        and of its largest atom, shape (z,).
    """

    atom: Ints
    first_floor: Ints
    last_floor: Ints
    households: Ints
    zone: Ints
    cell_zone: Ints
    parent: Ints
    land: Ints
    reason: NDArray[np.object_]
    around: Ints
    largest: Ints

    @property
    def size(self) -> int:
        """Return the number of zones."""
        return len(self.parent)


@dataclass(frozen=True)
class _Nodes:
    """What is searched: cells, those of one whole building joined."""

    of_cell: Ints
    weight: Ints
    parent: Ints
    place: Ints
    edges: Ints
    lengths: NDArray[np.float64]
    cuts: NDArray[np.float64]
    crossings: NDArray[np.float64]
    areas: NDArray[np.float64]
    perimeters: NDArray[np.float64]
    piece: Ints


def start_layer(atoms: Atoms, cells: Cells, grid: NDArray[np.int64], grids: int) -> Layer:
    """Return the grids as the layer that the first level below them divides.

    Parameters
    ----------
    atoms, cells
        The parts of units.
    grid
        Grid of each cell, shape (n,).
    grids
        Number of grids.
    """
    size = len(atoms.unit)
    none = np.zeros(size, np.int64)
    zero = np.zeros(grids, np.int64)
    own = np.arange(grids)
    text = np.full(grids, "", object)
    zone = grid[cells.of_atom].astype(np.int64)
    return Layer(
        np.arange(size), none, none, atoms.households, zone, grid.astype(np.int64), own, own, text,
        zero, zero,
    )  # fmt: skip


def divide_layer(
    above: Layer,
    atoms: Atoms,
    cells: Cells,
    ground: Ground,
    *,
    rule: LevelRule,
    batch: NDArray[np.int64],
    seeds: list[int],
) -> Layer:
    """Divide every zone of a layer into zones of a rule's band.

    Parameters
    ----------
    above
        The layer whose zones are the parents.
    atoms, cells, ground
        The parts of units, their land, and the borders.
    rule
        Band and target.
    batch
        Community of each parent: its parents are searched together, shape (parents,).
    seeds
        A seed for each community.

    Returns
    -------
    Layer
        Whole buildings together as long as they are inside the band; floors above one another
        where an atom is above it and its floors are known; parents without households have no
        zone.
    """
    stacked = _stack_floors(above, atoms, cells, rule)
    free = ~stacked.of_share
    weight = np.bincount(
        cells.of_atom[above.atom[free]],
        weights=above.households[free],
        minlength=len(cells.shape),
    ).astype(np.int64)
    out = np.zeros(len(cells.shape), np.bool_)
    out[cells.of_atom[above.atom[stacked.of_share]]] = True
    nodes = _join_cells(above, atoms, cells, ground, rule, weight, out)
    zone, reason, around, largest = _search_nodes(nodes, rule, batch, seeds)
    used = int(zone.max(initial=-1)) + 1
    parent = np.full(used, -1, np.int64)
    parent[zone[zone >= 0]] = nodes.parent[zone >= 0]
    drawn = Layer(
        atom=above.atom[free],
        first_floor=above.first_floor[free],
        last_floor=above.last_floor[free],
        households=above.households[free],
        zone=zone[nodes.of_cell[cells.of_atom[above.atom[free]]]],
        cell_zone=np.where(nodes.of_cell >= 0, np.append(zone, -1)[nodes.of_cell], -1),
        parent=parent,
        land=np.arange(used),
        reason=reason,
        around=around,
        largest=largest,
    )
    whole = _add_stacks(drawn, above, cells, stacked, rule)
    return _attach_empty(whole, above, ground)


@dataclass(frozen=True)
class _Stacks:
    """Shares that are divided by floors: which, and the shares they become."""

    of_share: NDArray[np.bool_]
    source: Ints
    first_floor: Ints
    last_floor: Ints
    households: Ints


def _stack_floors(above: Layer, atoms: Atoms, cells: Cells, rule: LevelRule) -> _Stacks:
    """Find atoms above the band with known floors, and all that stand on others' land already."""
    alone = np.bincount(cells.of_atom[atoms.households > 0], minlength=len(cells.shape)) == 1
    lower = np.where(above.first_floor > 0, above.first_floor, 1)
    upper = np.where(above.last_floor > 0, above.last_floor, atoms.floors[above.atom])
    levels = upper - lower + 1
    floating = above.first_floor > 0
    tall = (above.households > rule.upper) & (levels > 1) & alone[cells.of_atom[above.atom]]
    chosen = np.flatnonzero(floating | tall)
    wanted = np.maximum(
        -(-above.households[chosen] // rule.upper),
        np.rint(above.households[chosen] / rule.target).astype(np.int64),
    )
    parts = np.clip(wanted, 1, np.maximum(levels[chosen], 1))
    at = np.repeat(np.arange(len(chosen)), parts)
    rank = np.arange(len(at)) - np.repeat(np.cumsum(parts) - parts, parts)
    share = chosen[at]
    start = levels[share] * rank // parts[at]
    end = levels[share] * (rank + 1) // parts[at]
    total = above.households[share]
    tall_now = np.maximum(levels[share], 1)
    of_share = np.zeros(len(above.atom), np.bool_)
    of_share[chosen] = True
    return _Stacks(
        of_share,
        share,
        (lower[share] + start).astype(np.int64),
        (lower[share] + end - 1).astype(np.int64),
        (total * end // tall_now - total * start // tall_now).astype(np.int64),
    )


def _join_cells(
    above: Layer,
    atoms: Atoms,
    cells: Cells,
    ground: Ground,
    rule: LevelRule,
    weight: Ints,
    out: NDArray[np.bool_],
) -> _Nodes:
    """Join the cells of a building that stays whole, and keep the borders inside parents."""
    size = len(cells.shape)
    parent = above.cell_zone
    place = np.where(cells.atom >= 0, np.append(atoms.place, -1)[cells.atom], -1)
    place[weight == 0] = -1
    total = np.bincount(place[place >= 0], weights=weight[place >= 0], minlength=1)
    split = (place >= 0) & (np.append(total, 0)[place] > rule.upper)
    a, b = ground.edges.T
    inside = (parent[a] == parent[b]) & (parent[a] >= 0) & ~out[a] & ~out[b] & ground.passable
    one = inside & (place[a] == place[b]) & (place[a] >= 0) & ~split[a]
    joined = find_pieces(ground.edges[one], size).astype(np.int64)
    joined[out | (parent < 0)] = -1
    kept = joined >= 0
    node = np.full(size, -1, np.int64)
    node[kept] = number_by_first(joined[kept])
    many = int(node.max(initial=-1)) + 1
    outer = np.flatnonzero(inside & (node[a] != node[b]))
    ends = np.sort(node[ground.edges[outer]], axis=1)
    pair, number = np.unique(ends[:, 0] * max(many, 1) + ends[:, 1], return_inverse=True)
    number = number.ravel()
    edges = np.column_stack(np.divmod(pair, max(many, 1))).astype(np.int64)

    def add(values: NDArray[np.float64]) -> NDArray[np.float64]:
        total = np.bincount(number, weights=values[outer], minlength=len(pair))
        return total.astype(np.float64)

    def gather(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(node[kept], weights=values[kept], minlength=many).astype(np.float64)

    inner = np.bincount(node[a[one]], weights=2 * ground.lengths[one], minlength=many)
    first = np.full(many, -1, np.int64)
    first[node[kept][::-1]] = np.flatnonzero(kept)[::-1]
    return _Nodes(
        of_cell=node,
        weight=gather(weight.astype(np.float64)).astype(np.int64),
        parent=parent[first],
        place=np.where(split[first], place[first], -1),
        edges=edges,
        lengths=add(ground.lengths),
        cuts=add(ground.cuts),
        crossings=add(ground.crossings),
        areas=gather(ground.areas),
        perimeters=np.maximum(gather(ground.perimeters) - inner[:many], 0.0),
        piece=find_pieces(edges, many).astype(np.int64),
    )


def _search_nodes(
    nodes: _Nodes, rule: LevelRule, batch: Ints, seeds: list[int]
) -> tuple[Ints, NDArray[np.object_], Ints, Ints]:
    """Divide all pieces; return the zone of each node and what is proved of each zone."""
    total = np.bincount(nodes.piece, weights=nodes.weight).astype(np.int64)
    nodes_in = np.bincount(nodes.piece)
    whole = (total <= rule.upper) & (total < 2 * rule.lower) | (nodes_in == 1)
    settled = (whole & (total > 0))[nodes.piece] if len(total) else np.zeros(0, np.bool_)
    zone = np.full(len(nodes.weight), -1, np.int64)
    around = np.zeros(len(nodes.weight), np.int64)
    misfit = np.zeros(len(nodes.weight), np.bool_)
    used = 0
    if settled.any():
        zone[settled] = number_by_first(nodes.piece[settled])
        around[settled] = total[nodes.piece[settled]]
        used = int(zone.max()) + 1
    asked = (total > 0)[nodes.piece] & ~settled if len(total) else settled
    owner = batch[nodes.parent]
    groups = [np.flatnonzero(asked & (owner == number)) for number in np.unique(owner[asked])]

    def solve(rows: Ints) -> tuple[NDArray[np.int32], Ints, NDArray[np.bool_]]:
        return _solve_batch(nodes, rows, rule, seeds[int(owner[rows[0]])])

    order = sorted(range(len(groups)), key=lambda k: -len(groups[k]))
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        tasks = {k: pool.submit(solve, groups[k]) for k in order}
        for number, rows in enumerate(groups):
            labels, near, unfit = tasks[number].result()
            zone[rows] = used + labels
            used += int(labels.max()) + 1
            around[rows], misfit[rows] = near, unfit
    return zone, *_explain_zones(zone, nodes.weight, around, misfit, used, rule)


def _solve_batch(
    nodes: _Nodes, rows: Ints, rule: LevelRule, seed: int
) -> tuple[NDArray[np.int32], Ints, NDArray[np.bool_]]:
    """Search the pieces of one community; return zones, and what is proved around each node.

    The ceiling goes before the floor: never above 100, says FIELD.md section 2, and a small zone
    does less harm. So the search has a low hard floor, and the wish above it.
    """
    place = np.full(len(nodes.weight), -1, np.int64)
    place[rows] = np.arange(len(rows))
    ends = place[nodes.edges]
    kept = np.flatnonzero((ends >= 0).all(axis=1))
    groups = np.full(len(rows), -1, np.int64)
    grouped = nodes.place[rows] >= 0
    if grouped.any():
        groups[grouped] = number_by_first(nodes.place[rows][grouped])
    problem = Problem(
        weights=nodes.weight[rows],
        edges=ends[kept],
        costs=nodes.cuts[kept],
        crossings=nodes.crossings[kept],
        bands=BandTable(
            np.array([[rule.wish.lower, rule.wish.upper]]),
            np.array([[max(2, rule.lower // FLOOR_SHARE), rule.upper]]),
        ),
        classes=np.zeros(len(rows), np.int64),
        shape=Shape(nodes.lengths[kept], nodes.areas[rows], nodes.perimeters[rows]),
        groups=groups,
    )
    anchors = anchor_nodes(problem, np.zeros(len(rows), np.bool_))
    if anchors is not None:
        problem = replace(problem, anchors=anchors)
    labels = solve_problem(problem, Search(seed=seed, steps_a_zone=STEPS_A_ZONE))
    misfit = np.zeros(len(rows), np.bool_)
    pieces = find_pieces(problem.edges, problem.size)
    band = np.array([[rule.lower, rule.upper]])
    asked = replace(problem, bands=BandTable(band, band))
    for bound in bound_outside(asked, labels.astype(np.int64)):
        if bound.reason == "units_do_not_fit":
            misfit |= pieces == bound.piece
        misfit[list(bound.unfit)] = True
    light = problem.weights <= rule.upper
    free = problem.edges[light[problem.edges].all(axis=1)]
    near = find_pieces(free, problem.size)
    around = np.bincount(near, weights=problem.weights).astype(np.int64)[near]
    return labels, around, misfit


def _explain_zones(
    zone: Ints, weight: Ints, around: Ints, misfit: NDArray[np.bool_], zones: int, rule: LevelRule
) -> tuple[NDArray[np.object_], Ints, Ints]:
    """Return why each zone is outside the band, with the figures of the sentence."""
    some = np.flatnonzero((zone >= 0) & (weight > 0))
    households = np.bincount(zone[some], weights=weight[some], minlength=zones).astype(np.int64)
    near, largest = np.zeros(zones, np.int64), np.zeros(zones, np.int64)
    np.maximum.at(near, zone[some], around[some])
    np.maximum.at(largest, zone[some], weight[some])
    unfit = np.bincount(zone[some], weights=misfit[some], minlength=zones) > 0
    reason = np.full(zones, "", object)
    for number in np.flatnonzero((households < rule.lower) | (households > rule.upper)).tolist():
        reason[number] = explain_grid(
            int(households[number]),
            largest=int(largest[number]),
            around=int(near[number]),
            misfit=bool(unfit[number]),
            band=rule.band,
        )
    return reason, near, largest


def _add_stacks(
    drawn: Layer, above: Layer, cells: Cells, stacks: _Stacks, rule: LevelRule
) -> Layer:
    """Add a zone for each range of floors; the lowest of an atom has its land."""
    source = stacks.source
    if not len(source):
        return drawn
    zone = drawn.size + np.arange(len(source))
    atom = above.atom[source]
    cell = cells.of_atom[atom]
    cell_zone = drawn.cell_zone.copy()
    cell_zone[cell[::-1]] = zone[::-1]
    total = above.households[source]
    sizes = stacks.households
    reason = [
        explain_grid(int(n), largest=int(n), around=int(t), misfit=True, band=rule.band)
        for n, t in zip(sizes, total, strict=True)
    ]
    return Layer(
        atom=np.concatenate([drawn.atom, atom]),
        first_floor=np.concatenate([drawn.first_floor, stacks.first_floor]),
        last_floor=np.concatenate([drawn.last_floor, stacks.last_floor]),
        households=np.concatenate([drawn.households, sizes]),
        zone=np.concatenate([drawn.zone, zone]),
        cell_zone=cell_zone,
        parent=np.concatenate([drawn.parent, above.zone[source]]),
        land=np.concatenate([drawn.land, cell_zone[cell]]),
        reason=np.concatenate([drawn.reason, np.array(reason, object)]),
        around=np.concatenate([drawn.around, total]),
        largest=np.concatenate([drawn.largest, sizes]),
    )


def _attach_empty(layer: Layer, above: Layer, ground: Ground) -> Layer:
    """Give land without households to the zone of its parent that it touches most."""
    cell_zone = layer.cell_zone.copy()
    first = np.full(above.size, -1, np.int64)
    first[layer.parent[::-1]] = np.arange(layer.size)[::-1]
    home = np.where(above.cell_zone >= 0, above.land[above.cell_zone], -1)
    a, b = ground.edges.T
    near = home[a] == home[b]
    while True:
        bare = near & ((cell_zone[a] < 0) != (cell_zone[b] < 0)) & (home[a] >= 0)
        edge = np.flatnonzero(bare)
        if not len(edge):
            break
        ends = ground.edges[edge]
        empty = np.where(cell_zone[ends[:, 0]] < 0, ends[:, 0], ends[:, 1])
        to = cell_zone[np.where(cell_zone[ends[:, 0]] < 0, ends[:, 1], ends[:, 0])]
        worth = np.where(ground.passable[edge], ground.lengths[edge], ground.lengths[edge] / 1e6)
        key, number = np.unique(np.column_stack([empty, to]), axis=0, return_inverse=True)
        total = np.bincount(number.ravel(), weights=worth)
        order = np.lexsort((key[:, 1], -total, key[:, 0]))
        best = order[np.unique(key[order, 0], return_index=True)[1]]
        cell_zone[key[best, 0]] = key[best, 1]
    lost = np.flatnonzero((cell_zone < 0) & (home >= 0))
    cell_zone[lost] = first[home[lost]]
    return replace(layer, cell_zone=cell_zone)


def seed_batches(seed: int, level: str, names: tuple[str, ...]) -> list[int]:
    """Return a seed for each community at a level, whatever the order of work."""
    return [seed_from(seed, level, name) for name in names]
