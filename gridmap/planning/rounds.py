"""A large graph searched in rounds: regions of neighbouring zones side by side, new ones each time.

Each region is small enough for the processor's cache and has random numbers of its own, made from
the seed, the round and its number; so the result is the same on any number of cores. A zone at the
rim of a region this time lies inside one next time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from gridmap.planning.kernels.columns import WEIGHT
from gridmap.planning.loads import find_overburdened, judge_zones
from gridmap.planning.problems import number_by_first
from gridmap.planning.regions import draw_blocks, draw_regions, pack_blocks, take_regions
from gridmap.planning.walking import HEAT, Course, seed_from, walk
from gridmap.planning.watching import run_beside

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from gridmap.planning.kernels.weighing import Aim, Graph
    from gridmap.planning.problems import Problem
    from gridmap.planning.regions import Region
    from gridmap.planning.watching import Watch

REGION_NODES = 2000
"""Nodes of a region, so that it fits into a core's cache (gridmap's own default)."""
REGION_ZONES = 32
"""Zones of a region at least, where zones have many nodes."""
ROUNDS = 8
STEPS_A_ZONE, MOST_STEPS = 18, 72
"""Redrawings for each zone, in all rounds: least, and most where zones are few."""
ALL_STEPS = 20_000
"""Redrawings that are shared out to the zones, within these limits."""
TREES = 3
REPAIRS = 8
"""Further rounds around the zones that are outside without need."""
REPAIR_STEPS = 40
LAST_SWEEPS = 6


@dataclass(frozen=True)
class Field:
    """A large graph as its rounds see it.

    Attributes
    ----------
    problem, graph, aim
        The same in the planner's and in the kernels' terms.
    piece
        Connected piece of each node, shape (n,).
    live
        Whether a piece can be more than one zone, shape (pieces,).
    wanted
        Nodes of a region.
    seed, workers, watch
        Start of the random numbers, threads, and what ends the search.
    """

    problem: Problem
    graph: Graph
    aim: Aim
    piece: NDArray[np.int32]
    live: NDArray[np.bool_]
    wanted: int
    seed: int
    workers: int
    watch: Watch


def measure_region(nodes: int, zones: int) -> int:
    """Return how many nodes a region should have.

    Examples
    --------
    >>> measure_region(270_000, 14_000), measure_region(100_000, 100)
    (2000, 32000)
    """
    return max(REGION_NODES, REGION_ZONES * nodes // max(1, zones))


def divide_field(field: Field, labels: NDArray[np.int32], *, fresh: bool) -> NDArray[np.int64]:
    """Divide what is no division yet: whole pieces, or zones too large for one step.

    Parameters
    ----------
    field
        The graph.
    labels
        Connected zones to start from, shape (n,).
    fresh
        Whether they are the pieces of the graph.

    Returns
    -------
    ndarray
        Connected zones 0.., shape (n,). This much is done even when there is no time left.
    """
    uncut = field.live[field.piece]
    if not fresh:
        sizes = np.bincount(labels)
        sums = np.bincount(labels, weights=field.problem.weights)
        large = (sizes > 2 * field.wanted) & (sums > field.problem.bands.widest[1])
        uncut &= large[labels]
    if not uncut.any():
        return labels.astype(np.int64)
    edges = field.problem.edges
    inside = uncut[edges].all(axis=1) & (labels[edges[:, 0]] == labels[edges[:, 1]])
    seed = seed_from(field.seed, "blocks") >> 1
    block = draw_blocks(field.graph, edges, np.flatnonzero(inside), wanted=field.wanted, seed=seed)
    nodes = np.flatnonzero(uncut)
    blocks = number_by_first(block[nodes]).astype(np.int64)
    zones = labels.astype(np.int64)
    zones[nodes] = zones.max() + 1 + blocks
    region = np.full(len(labels), -1, np.int64)
    region[nodes] = pack_blocks(np.bincount(blocks), field.wanted)[blocks]
    return _search_regions(
        field,
        close_ranks(zones),
        region,
        lambda _: Course(0, 0, 0, zones=1, trees=TREES),
        name="first",
    ).now


def search_field(
    field: Field, labels: NDArray[np.int64], *, steps_a_zone: int = 0
) -> NDArray[np.int64]:
    """Search a division in rounds of regions; heat falls from round to round.

    Parameters
    ----------
    field
        The graph.
    labels
        Connected zones 0.., shape (n,).
    steps_a_zone
        Redrawings for each zone, in all rounds; 0: 18, and up to 72 where zones are few.

    Returns
    -------
    ndarray
        The best division at the end of a round, or where the search was stopped; shape (n,).
    """
    share = ALL_STEPS // max(1, int(labels.max(initial=0)) + 1)
    each = steps_a_zone or min(max(share, STEPS_A_ZONE), MOST_STEPS)
    now, best, total, least, warmth = labels, labels, 0, 0, 0
    for turn in range(ROUNDS):
        if field.watch.must_stop():
            return best
        reached = _search_round(field, now, turn, each, warmth)
        warmth = warmth or reached.warmth
        now, total = reached.now, total + reached.change
        if total < least:
            best, least = now, total
        field.watch.tell(best, (turn + 1) / (ROUNDS + 1))
    return _repair(field, best)


def _search_round(
    field: Field, labels: NDArray[np.int64], turn: int, steps_a_zone: int, warmth: int
) -> Searched:
    """Search every region once; the regions of each round are others."""
    live = field.live[field.piece[_find_firsts(labels)]]
    seed = seed_from(field.seed, "regions", turn) >> 1
    regions = draw_regions(field.problem.edges, labels, live, wanted=field.wanted, seed=seed)

    def chart(zones: int) -> Course:
        steps = max(1, steps_a_zone * zones // ROUNDS)
        sweeps = LAST_SWEEPS if turn == ROUNDS - 1 else 0
        return Course(
            turn * steps, (turn + 1) * steps, ROUNDS * steps, zones, sweeps=sweeps, warmth=warmth
        )

    return _search_regions(field, labels, regions[labels], chart, name=f"round {turn}")


def _repair(field: Field, labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Search again around zones outside their band, as long as arithmetic sees no reason."""
    best, idle = labels, 0
    for turn in range(REPAIRS):
        wrong = _find_wrong(field, best)
        if not wrong.any() or idle > 1 or field.watch.must_stop():
            break
        live = field.live[field.piece[_find_firsts(best)]]
        seed = seed_from(field.seed, "repair", turn) >> 1
        regions = draw_regions(
            field.problem.edges, best, live, wanted=field.wanted // 2, seed=seed, first=wrong
        )
        touched = np.zeros(int(regions.max(initial=-1)) + 2, np.bool_)
        touched[regions[wrong]] = True
        touched[-1] = False
        rank = np.where(touched, np.cumsum(touched) - 1, -1)
        reached = _search_regions(
            field, best, rank[regions][best], _chart_repair, name=f"repair {turn}"
        )
        idle = 0 if reached.least < 0 else idle + 1
        best = reached.best
        field.watch.tell(best, (ROUNDS + (turn + 1) / REPAIRS) / (ROUNDS + 1))
    return best


def _chart_repair(zones: int) -> Course:
    steps = REPAIR_STEPS * zones
    return Course(0, steps, steps, zones, heat=HEAT // 4, sweeps=LAST_SWEEPS)


def _find_wrong(field: Field, labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which zones are outside the band in pieces where counting forces fewer outside."""
    large = np.zeros(int(labels.max(initial=-1)) + 1, np.bool_)
    large[labels[field.problem.weights > field.problem.bands.widest[1]]] = True
    piece = field.piece[_find_firsts(labels)]
    many = len(field.live)
    wrong = judge_zones(field.problem, labels).outside & ~large & field.live[piece]
    excused = _excuse_pieces(field, many) & (np.bincount(piece[wrong], minlength=many) < 2)
    return wrong & ~excused[piece]


def _excuse_pieces(field: Field, many: int) -> NDArray[np.bool_]:
    """Return the pieces whose weight can't be shared by zones inside the band."""
    lower, upper = field.problem.bands.widest
    totals = np.bincount(field.piece, weights=field.problem.weights, minlength=many)
    return (-(-totals // upper) > totals // lower) | find_overburdened(field.problem, field.piece)


@dataclass(frozen=True)
class Searched:
    """What the regions of a round have come to.

    Attributes
    ----------
    now, best
        Last and best division, zones 0.. without gaps, shape (n,).
    change, least
        Weighed change to each, of all regions together.
    warmth
        The middle one of what the kernel has measured of each region.
    """

    now: NDArray[np.int64]
    best: NDArray[np.int64]
    change: int
    least: int
    warmth: int


def _search_regions(
    field: Field,
    labels: NDArray[np.int64],
    region: NDArray[np.int64],
    chart: Callable[[int], Course],
    *,
    name: str,
) -> Searched:
    """Search the regions of nodes side by side and write the zones back."""
    parts = take_regions(field.graph, region)
    inner = [number_by_first(labels[part.nodes]).astype(np.int64) for part in parts]
    counts = np.array([int(zones.max()) + 1 for zones in inner], np.int64)
    asked = _share_number(field, labels, parts, counts)
    tasks = [
        partial(
            walk,
            part,
            field.aim._replace(zones=int(asked[k])),
            inner[k],
            chart(int(counts[k])),
            seed=seed_from(field.seed, name, k),
            watch=field.watch,
        )
        for k, part in enumerate(parts)
    ]
    reached = run_beside(tasks, field.workers)
    return Searched(
        _write_back(labels, parts, [one.now for one in reached]),
        _write_back(labels, parts, [one.best for one in reached]),
        sum(one.change for one in reached),
        sum(one.least for one in reached),
        int(np.median([one.warmth for one in reached])) if reached else 0,
    )


def _write_back(
    labels: NDArray[np.int64], parts: list[Region], zones: list[NDArray[np.int64]]
) -> NDArray[np.int64]:
    """Return the labels with those of the parts in them, without gaps."""
    fresh = labels.copy()
    base = len(labels)
    for part, own in zip(parts, zones, strict=True):
        fresh[part.nodes] = base + own
        base += len(own)
    return close_ranks(fresh)


def close_ranks(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return labels 0.. without gaps, in the same order.

    Examples
    --------
    >>> close_ranks(np.array([4, 0, 4])).tolist()
    [1, 0, 1]
    """
    used = np.bincount(labels) > 0
    ranks: NDArray[np.int64] = (np.cumsum(used) - 1)[labels]
    return ranks


def _find_firsts(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return a node of each zone 0.. ."""
    firsts = np.empty(int(labels.max(initial=-1)) + 1, np.int64)
    firsts[labels] = np.arange(len(labels))
    return firsts


def _share_number(
    field: Field, labels: NDArray[np.int64], parts: list[Region], counts: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return how many zones each region is to have, 0 for any number.

    Where a number is asked for and the present one differs, the regions that have least zones for
    their weight get more first, and those that have most get fewer.
    """
    wanted = field.problem.zones
    asked = np.zeros(len(parts), np.int64)
    if wanted == 0:
        return asked
    missing = wanted - (int(labels.max()) + 1)
    weights = np.array([int(part.graph.node[:, WEIGHT].sum()) for part in parts], np.int64)
    room = np.array([len(part.nodes) for part in parts], np.int64)
    total = max(1, int(weights.sum()))
    goal = (int(counts.sum()) + missing) * weights / total
    asked = np.clip(np.floor(goal).astype(np.int64), 1, room) if missing else counts.copy()
    left = int(counts.sum()) + missing - int(asked.sum()) if missing else 0
    order = np.argsort(asked - goal if left > 0 else goal - asked, kind="stable")
    step = 1 if left > 0 else -1
    for k in np.tile(order, 4):
        if left == 0:
            break
        if 1 <= asked[k] + step <= room[k]:
            asked[k] += step
            left -= step
    return asked
