"""A graph searched as a whole: from several starts, two at a time, as long as there is need.

What is tried, and in which order, follows from the graph alone: the bytes are the same on any
number of cores.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from gridmap.planning.coarsening import is_fine
from gridmap.planning.descending import descend
from gridmap.planning.outsiders import bound_outside, count_avoidable, has_heap, has_misfit
from gridmap.planning.problems import Problem, number_by_first, state_problem
from gridmap.planning.walking import LAST_SWEEPS, Course, Reached, seed_from
from gridmap.planning.watching import choose_workers, run_beside

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.planning.feasibility import PieceBound
    from gridmap.planning.watching import Watch

STEPS_A_ZONE = 60
LEAST_STEPS = 400
STEPS_A_NODE = 30
MANY_ZONES = 500
SPARE_STEPS = 40
"""Redrawings for each zone where zones are few and have many nodes: there, moves matter more."""
FEW_STEPS = 15
"""Redrawings for each node where zones are few, of few nodes: there, whole cuts matter more."""
OFFERS_A_PAIR = 200
"""Single moves offered for each pair of nodes in one zone."""
MOST_OFFERS = 1_000_000
"""The same for one search at most."""
ALL_OFFERS = 5_000_000
"""The same for all searches of a graph together, where zones are few."""
FEW_ZONES = 8
LANES = 2
"""Searches of one graph side by side."""
FINE_SEARCHES = 6
"""Searches of a graph with few zones of many nodes."""
LEAST_SEARCHES, NODES_A_SEARCH = 6, 4
"""Searches of a small graph with few zones: at most one for four nodes, or six; and no more than
`ALL_OFFERS` allows, in whole lanes."""
RETURNS, THOROUGH_RETURNS = 1, 3
"""Times that a search is taken up again from a coarse graph around the division found."""
ATTEMPTS = 6
"""Searches, as long as a zone is outside that arithmetic would let inside."""
MISFIT_ATTEMPTS = 3
"""The same where nodes fit into no zone, so that their zones are outside but can be near."""
FIRST_TREES = 6
MANY_NODES = 3000


@dataclass(frozen=True)
class Search:
    """How long to search; the defaults are gridmap's own, measured in docs/engine.md.

    Attributes
    ----------
    seed
        Starts every random number.
    workers
        Threads, or None for one a core; they don't change the result.
    steps_a_zone
        Redrawings for each zone of a graph that is searched as a whole.
    thorough
        Whether this graph is all that is asked, so that a small one is worth a few seconds.
    attempts
        Searches as long as a zone is outside that need not be, at most; with 1 there is one search
        and nothing is proved. A thorough search may take more for other reasons.
    """

    seed: int
    workers: int | None = None
    steps_a_zone: int = STEPS_A_ZONE
    thorough: bool = False
    attempts: int = ATTEMPTS


@dataclass
class Found:
    """The best division so far: zone of each node, and its weighed change since the start."""

    labels: NDArray[np.int64]
    change: int


def count_expected(problem: Problem) -> int:
    """Return about how many zones there will be: by weight, or by a load that asks for more."""
    if problem.zones:
        return problem.zones
    target = max(1, int(problem.bands.wished.sum(axis=1).min()) // 2)
    # a node above the ceiling is one zone, however heavy
    capped = np.minimum(problem.weights, problem.bands.widest[1] + 1)
    expected = max(1, int(capped.sum()) // target)
    if problem.loads is not None and problem.load_bands is not None:
        most = np.maximum(1, problem.load_bands[:, 1])
        burden = np.minimum(problem.loads, most + 1).sum(axis=0)
        expected = max(expected, int((burden // most).max(initial=0)))
    return expected


def solve_small(
    problem: Problem, search: Search, watch: Watch, labels: NDArray[np.int32], *, fresh: bool
) -> NDArray[np.int32]:
    """Divide a graph as a whole; again where a zone is outside that need not be.

    Parameters
    ----------
    problem, search, watch
        As `gridmap.planning.solving.solve_problem` has them.
    labels
        Connected zones to start from, shape (n,).
    fresh
        Whether they are the pieces of the graph.

    Returns
    -------
    ndarray
        Zone of each node, 0.. by first node, shape (n,).
    """
    start = labels.astype(np.int64)
    found = Found(start, int(np.iinfo(np.int64).max))
    bounds: tuple[PieceBound, ...] = ()
    searches = 1 if search.attempts == 1 else _count_searches(problem, search)
    heaped, attempt, most = False, 0, max(search.attempts, searches)
    while attempt < most:
        beside = 1 if attempt == 0 and searches == 1 else LANES
        lanes = range(attempt, min(most, attempt + beside))
        attempt = lanes.stop
        _search_beside(problem, search, watch, start, found, lanes, fresh=fresh, wide=heaped)
        watch.tell(found.labels, attempt / most)
        if search.attempts == 1:
            break
        if lanes.start == 0:
            bounds = bound_outside(problem, found.labels, watch)
        was_heaped, heaped = heaped, has_heap(problem, found.labels)
        misfit = attempt < MISFIT_ATTEMPTS and has_misfit(problem, bounds)
        done = count_avoidable(problem, found.labels, bounds) <= 0 and (was_heaped or not heaped)
        if (done and not misfit and attempt >= searches) or watch.must_stop():
            break
    return number_by_first(found.labels)


def _search_beside(
    problem: Problem,
    search: Search,
    watch: Watch,
    start: NDArray[np.int64],
    found: Found,
    lanes: range,
    *,
    fresh: bool,
    wide: bool,
) -> None:
    """Search once a lane, in threads, so that Ctrl-C is heard; keep the best.

    Where zones are few and have many nodes, only the first search begins on a coarse graph; every
    other one after it goes on, as hot as at first, from the best so far.
    """
    graph, aim = state_problem(problem, wide=wide)
    expected = count_expected(problem)
    few = search.thorough and expected <= FEW_ZONES and is_fine(problem.size, expected)
    tasks, bases = [], []
    for attempt in lanes:
        again = few and attempt >= LANES and attempt % LANES == 0
        turn = 0 if again else attempt // LANES
        returns = THOROUGH_RETURNS if search.thorough and not few else RETURNS
        task = partial(
            descend,
            graph,
            aim,
            found.labels if again else start,
            partial(_chart, problem, search, fresh=fresh and not again, turn=turn),
            returns=-1 if few and attempt > 0 else returns,
            seed=seed_from(search.seed, attempt),
            watch=watch,
        )
        tasks.append(task)
        bases.append(found.change if again else 0)
    reached: list[Reached] = run_beside(tasks, choose_workers(search.workers))
    for base, one in zip(bases, reached, strict=True):
        if base + one.least < found.change:
            found.labels, found.change = one.best, base + one.least


def _chart(problem: Problem, search: Search, size: int, *, fresh: bool, turn: int) -> Course:
    """Return how a graph of so many nodes is searched: where zones are few, longer each turn."""
    expected = count_expected(problem)
    steps = min(_count_steps(expected, search.steps_a_zone), STEPS_A_NODE * size)
    if search.thorough and expected <= FEW_ZONES:
        fine = is_fine(size, expected)
        whole = min(max(steps, FEW_STEPS * size), STEPS_A_NODE * size)
        steps = min(steps, SPARE_STEPS * (turn + 1) * expected) if fine else whole
    trees = (FIRST_TREES if size <= MANY_NODES else 1) if fresh else 0
    offers = _count_offers(size, expected) // max(1, steps) if search.thorough else 0
    return Course(0, steps, steps, expected, trees=trees, sweeps=LAST_SWEEPS, offers=offers)


def _count_searches(problem: Problem, search: Search) -> int:
    """Return how often a graph is searched at least.

    Where zones are few, one search may be out of luck; among many, luck evens out.
    """
    expected = count_expected(problem)
    if not search.thorough:
        return 1
    if is_fine(problem.size, expected):
        return FINE_SEARCHES if expected <= FEW_ZONES else LANES
    if expected > FEW_ZONES:
        return 1
    most = max(LEAST_SEARCHES, problem.size // NODES_A_SEARCH)
    searches = min(most, ALL_OFFERS // _count_offers(problem.size, expected))
    return max(LANES, searches // LANES * LANES)


def _count_offers(size: int, expected: int) -> int:
    """Return the least number of single moves offered where one graph is all that is asked.

    A border must be able to walk across a zone, as often as there are nodes.
    """
    across = -(-size // expected)
    return min(MOST_OFFERS, OFFERS_A_PAIR * size * across)


def _count_steps(zones: int, each: int) -> int:
    """Return the redrawings for a number of zones: fewer a zone where there are very many."""
    many = max(0, zones - MANY_ZONES)
    return LEAST_STEPS + each * min(zones, MANY_ZONES) + each // 3 * many
