"""The search over one problem: first division, annealing, polish; with an end in time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from gridmap.planning.anchoring import part_anchors
from gridmap.planning.feasibility import PieceBound, bound_pieces, sharpen_bounds
from gridmap.planning.kernels.columns import GROUP
from gridmap.planning.loads import find_overburdened, judge_zones
from gridmap.planning.problems import Problem, find_pieces, number_by_first, state_problem
from gridmap.planning.regions import Region
from gridmap.planning.rounds import Field, divide_field, measure_region, search_field
from gridmap.planning.walking import LAST_SWEEPS, Course, Reached, seed_from, walk
from gridmap.planning.watching import Watch, choose_workers, run_beside
from gridmap.rules import Band

if TYPE_CHECKING:
    from numpy.typing import NDArray


STEPS_A_ZONE = 60
LEAST_STEPS = 400
STEPS_A_NODE = 30
MANY_ZONES = 500
OFFERS_A_PAIR = 200
"""Single moves offered for each pair of nodes in one zone."""
MOST_OFFERS = 1_000_000
"""The same for one search at most."""
ALL_OFFERS = 3_000_000
"""The same for all searches from other seeds together, where zones are few."""
FEW_ZONES = 8
ATTEMPTS = 6
"""Searches from the start, as long as a zone is outside that arithmetic would let inside."""
MISFIT_ATTEMPTS = 3
"""The same where nodes fit into no zone, so that their zones are outside but can be near."""
FIRST_TREES = 6
MANY_NODES = 3000
LISTING = 5e-6
"""Seconds kept back of a time limit for each zone outside, to tell why (gridmap's own default)."""
LARGE = 2
"""Regions' worth of nodes from which on a graph is searched region by region."""


@dataclass(frozen=True)
class Search:
    """How long to search; the defaults are gridmap's own, measured in docs/engine.md.

    Attributes
    ----------
    seed
        Starts every random number.
    workers
        Threads for one large graph, or None for one a core; they don't change the result.
    steps_a_zone
        Redrawings for each zone of a graph that is searched as a whole.
    thorough
        Whether this graph is all that is asked, so that a small one is worth a few seconds.
    attempts
        Searches from the start, at most; with 1 nothing is proved in between.
    """

    seed: int
    workers: int | None = None
    steps_a_zone: int = STEPS_A_ZONE
    thorough: bool = False
    attempts: int = ATTEMPTS


def solve_problem(
    problem: Problem, search: Search, watch: Watch | None = None
) -> NDArray[np.int32]:
    """Divide a graph into zones, each in one piece; return labels 0.. by first node.

    Parameters
    ----------
    problem
        What to divide.
    search
        The seed and the threads.
    watch
        Ends the search early; without it the steps are in proportion to the size. The first
        division is always finished.

    Returns
    -------
    labels
        Zone of each node, shape (n,).
    """
    watch = watch or Watch()
    if problem.size == 0:
        return np.zeros(0, np.int32)
    labels, fresh = _find_start(problem)
    if fresh and _is_settled(problem, labels):
        return labels
    expected = count_expected(problem)
    wanted = measure_region(problem.size, expected)
    if problem.size > LARGE * wanted:
        return _solve_large(problem, search, watch, labels, wanted=wanted, fresh=fresh)
    return _solve_small(problem, search, watch, labels, fresh=fresh)


def count_expected(problem: Problem) -> int:
    """Return about how many zones there will be."""
    if problem.zones:
        return problem.zones
    target = max(1, int(problem.bands.wished.sum(axis=1).min()) // 2)
    return max(1, int(problem.weights.sum()) // target)


def _solve_large(
    problem: Problem,
    search: Search,
    watch: Watch,
    labels: NDArray[np.int32],
    *,
    wanted: int,
    fresh: bool,
) -> NDArray[np.int32]:
    """Divide a large graph region by region."""
    graph, aim = state_problem(problem)
    piece = labels if fresh else find_pieces(problem.edges, problem.size)
    field = Field(
        problem=problem,
        graph=graph,
        aim=aim,
        piece=piece,
        live=_find_live(problem, piece),
        wanted=wanted,
        seed=search.seed,
        workers=choose_workers(search.workers),
        watch=watch,
    )
    start = divide_field(field, labels, fresh=fresh)
    watch.keep_back(LISTING * np.count_nonzero(judge_zones(problem, start).outside))
    watch.tell(start, 0.0)
    return number_by_first(search_field(field, start))


def _solve_small(
    problem: Problem, search: Search, watch: Watch, labels: NDArray[np.int32], *, fresh: bool
) -> NDArray[np.int32]:
    """Divide a graph as a whole; again where a zone is outside that need not be."""
    best = labels.astype(np.int64)
    score = np.iinfo(np.int64).max
    bounds: tuple[PieceBound, ...] = ()
    heaped = False
    searches = _count_searches(problem) if search.thorough else 1
    for attempt in range(search.attempts):
        reached = _anneal(problem, search, watch, labels, fresh=fresh, attempt=attempt, wide=heaped)
        if reached.least < score:
            best, score = reached.best, reached.least
        watch.tell(best, (attempt + 1) / ATTEMPTS)
        if search.attempts == 1:
            break
        if attempt == 0:
            bounds = bound_outside(problem, best, watch)
        was_heaped, heaped = heaped, _has_heap(problem, best)
        misfit = attempt + 1 < MISFIT_ATTEMPTS and _has_misfit(problem, bounds)
        done = _count_avoidable(problem, best, bounds) <= 0 and (was_heaped or not heaped)
        done = done and not misfit and attempt + 1 >= searches
        if done or watch.must_stop():
            break
    return number_by_first(best)


def bound_outside(
    problem: Problem, labels: NDArray[np.int64], watch: Watch | None = None
) -> tuple[PieceBound, ...]:
    """Return what is proved of each piece; the longer proof only where a zone is outside.

    With a watch, proofs end where the time does.

    Examples
    --------
    >>> from gridmap.planning.problems import BandTable
    >>> bands = BandTable(np.array([[3, 5]]), np.array([[3, 5]]))
    >>> pair = Problem(np.array([2, 4]), np.array([[0, 1]]), np.ones(1), np.zeros(1), bands,
    ...                np.zeros(2, np.int64))
    >>> bound_outside(pair, np.array([0, 1]))[0].reason
    'units_do_not_fit'
    """
    lower, upper = problem.bands.widest
    band = Band(lower, upper)
    pieces = find_pieces(problem.edges, problem.size)
    bounds = bound_pieces(problem.weights, pieces, band=band)
    return sharpen_bounds(
        bounds,
        problem.weights,
        pieces,
        problem.edges,
        band=band,
        labels=labels,
        must_stop=None if watch is None else watch.is_late,
    )


def _has_misfit(problem: Problem, bounds: tuple[PieceBound, ...]) -> bool:
    """Tell whether several nodes at or below the ceiling are proved to fit into no zone."""
    unfit = [node for bound in bounds for node in bound.unfit]
    return int(np.count_nonzero(problem.weights[unfit] <= problem.bands.widest[1])) > 1


def _has_heap(problem: Problem, labels: NDArray[np.int64]) -> bool:
    """Tell whether a zone is above one and a half times the ceiling, a node above it cut off."""
    upper = problem.bands.widest[1]
    sums = np.bincount(labels, weights=np.minimum(problem.weights, upper + 1))
    return bool(np.any(2 * sums > 3 * upper))


def _count_avoidable(
    problem: Problem, labels: NDArray[np.int64], bounds: tuple[PieceBound, ...]
) -> int:
    """Count the zones outside that hold no node that fits into none, less those proved so."""
    outside = judge_zones(problem, labels).outside
    for bound in bounds:
        outside[labels[list(bound.unfit)]] = False
    burdened = find_overburdened(problem, find_pieces(problem.edges, problem.size))
    proved = sum(max(b.unavoidable, int(burdened[b.piece])) for b in bounds if not b.unfit)
    return int(np.count_nonzero(outside)) - proved


def _find_start(problem: Problem) -> tuple[NDArray[np.int32], bool]:
    """Return today's zones cut into pieces, or the pieces of the graph; and whether the latter."""
    if problem.current is None:
        return find_pieces(problem.edges, problem.size), True
    kept = problem.current[problem.edges[:, 0]] == problem.current[problem.edges[:, 1]]
    return part_anchors(problem, find_pieces(problem.edges[kept], problem.size)), False


def _find_live(problem: Problem, pieces: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return which pieces may be more than one zone: all that are not too light for two."""
    lower, upper = problem.bands.widest
    totals = np.bincount(pieces, weights=problem.weights).astype(np.int64)
    live = (totals >= 2 * lower) | (totals > upper) | np.bool_(problem.zones > 0)
    return (live | judge_zones(problem, pieces).by_load) & (np.bincount(pieces) > 1)


def _is_settled(problem: Problem, pieces: NDArray[np.int32]) -> bool:
    """Tell whether every piece is one zone whatever the search."""
    return not _find_live(problem, pieces).any()


def _anneal(
    problem: Problem,
    search: Search,
    watch: Watch,
    labels: NDArray[np.int32],
    *,
    fresh: bool,
    attempt: int,
    wide: bool,
) -> Reached:
    """Search the whole graph once, in a thread of its own so that Ctrl-C is heard."""
    graph, aim = state_problem(problem, wide=wide)
    whole = Region(np.arange(problem.size), graph, int(graph.node[:, GROUP].max()) + 1)
    expected = count_expected(problem)
    steps = min(_count_steps(expected, search.steps_a_zone), STEPS_A_NODE * problem.size)
    trees = (FIRST_TREES if problem.size <= MANY_NODES else 1) if fresh else 0
    offers = _count_offers(problem) // max(1, steps) if search.thorough else 0
    course = Course(0, steps, steps, expected, trees=trees, sweeps=LAST_SWEEPS, offers=offers)
    task = partial(
        walk,
        whole,
        aim,
        labels.astype(np.int64),
        course,
        seed=seed_from(search.seed, attempt),
        watch=watch,
    )
    return run_beside([task], 1)[0]


def _count_searches(problem: Problem) -> int:
    """Return how often a graph is searched that is all that is asked.

    Where zones are few, one search may be out of luck; among many, luck evens out.
    """
    if count_expected(problem) > FEW_ZONES:
        return 1
    return max(1, min(ATTEMPTS, ALL_OFFERS // _count_offers(problem)))


def _count_offers(problem: Problem) -> int:
    """Return the least number of single moves offered where one graph is all that is asked.

    A border must be able to walk across a zone, as often as there are nodes.
    """
    across = -(-problem.size // count_expected(problem))
    return min(MOST_OFFERS, OFFERS_A_PAIR * problem.size * across)


def _count_steps(zones: int, each: int) -> int:
    """Return the redrawings for a number of zones: fewer a zone where there are very many."""
    many = max(0, zones - MANY_ZONES)
    return LEAST_STEPS + each * min(zones, MANY_ZONES) + each // 3 * many
