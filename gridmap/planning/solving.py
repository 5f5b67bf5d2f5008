"""The search over one problem: first division, annealing, polish; with an end in time."""

from __future__ import annotations

import hashlib
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridmap.planning.anchoring import part_anchors
from gridmap.planning.feasibility import PieceBound, bound_pieces, sharpen_bounds
from gridmap.planning.problems import Problem, find_pieces, number_by_first, state_problem
from gridmap.rules import Band

if TYPE_CHECKING:
    from numpy.typing import NDArray


STEPS_A_ZONE = 60
LEAST_STEPS = 400
STEPS_A_NODE = 30
MANY_ZONES = 500
HEAT = int(os.environ.get('HEAT','256'))
MOST_WALK = 256
"""Starting heat in the units of `gridmap.planning.kernels.weighing`: three shapes' worth."""
STEPS_A_CALL = 512
"""Steps between two looks at the clock (and chances for Ctrl-C)."""
ATTEMPTS = 6
"""Searches from the start, as long as a zone is outside that arithmetic would let inside."""
MISFIT_ATTEMPTS = 3
"""The same where nodes fit into no zone, so that their zones are outside but can be near."""
FIRST_TREES = 6
MANY_NODES = 3000
LAST_SWEEPS = 12


@dataclass(frozen=True)
class Search:
    """How long to search; the defaults are gridmap's own, measured in docs/engine.md.

    Attributes
    ----------
    seed
        Starts every random number.
    time_limit_s
        Wall-clock limit in seconds, or None for the step budget alone. It only ever cuts the
        search short; the first division is always finished.
    steps_a_zone
        Redrawings for each expected zone.
    """

    seed: int
    time_limit_s: float | None = None
    steps_a_zone: int = STEPS_A_ZONE


def seed_from(*parts: object) -> int:
    """Derive a seed from a seed and names, the same on any machine and in any order of work.

    Examples
    --------
    >>> seed_from(7, "C01") == seed_from(7, "C01"), seed_from(7, "C01") == seed_from(7, "C02")
    (True, False)
    """
    text = "\x1f".join(str(part) for part in parts).encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big")


def solve_problem(problem: Problem, search: Search) -> NDArray[np.int32]:
    """Divide a graph into zones, each in one piece; return labels 0.. by first node.

    Parameters
    ----------
    problem
        What to divide.
    search
        How long, and the seed.

    Returns
    -------
    labels
        Zone of each node, shape (n,).
    """
    started = time.monotonic()
    if problem.size == 0:
        return np.zeros(0, np.int32)
    labels, fresh = _find_start(problem)
    if fresh and _is_settled(problem, labels):
        return labels
    best = labels.astype(np.int64)
    score = np.iinfo(np.int64).max
    bounds: tuple[PieceBound, ...] = ()
    heaped = False
    for attempt in range(ATTEMPTS):
        tried, cost = _anneal(
            problem, search, labels, fresh=fresh, attempt=attempt, started=started, wide=heaped
        )
        if cost < score:
            best, score = tried, cost
        if attempt == 0:
            bounds = bound_outside(problem, best)
        was_heaped, heaped = heaped, _has_heap(problem, best)
        misfit = attempt + 1 < MISFIT_ATTEMPTS and _has_misfit(problem, bounds)
        done = _count_avoidable(problem, best, bounds) <= 0 and (was_heaped or not heaped)
        done = done and not misfit
        if done or not _has_time(search, started):
            break
    return number_by_first(best)


def bound_outside(problem: Problem, labels: NDArray[np.int64]) -> tuple[PieceBound, ...]:
    """Return what is proved of each piece; the longer proof only where a zone is outside.

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
    return sharpen_bounds(bounds, problem.weights, pieces, problem.edges, band=band, labels=labels)


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
    lower, upper = problem.bands.widest
    sums = np.bincount(labels, weights=problem.weights)
    outside = (sums < lower) | (sums > upper)
    outside[np.setdiff1d(np.arange(len(sums)), labels)] = False
    for bound in bounds:
        outside[labels[list(bound.unfit)]] = False
    proved = sum(bound.unavoidable for bound in bounds if not bound.unfit)
    return int(np.count_nonzero(outside)) - proved


def _find_start(problem: Problem) -> tuple[NDArray[np.int32], bool]:
    """Return today's zones cut into pieces, or the pieces of the graph; and whether the latter."""
    if problem.current is None:
        return find_pieces(problem.edges, problem.size), True
    kept = problem.current[problem.edges[:, 0]] == problem.current[problem.edges[:, 1]]
    return part_anchors(problem, find_pieces(problem.edges[kept], problem.size)), False


def _is_settled(problem: Problem, labels: NDArray[np.int32]) -> bool:
    """Tell whether every piece is one zone whatever the search: too light to be two."""
    if problem.zones > 0:
        return False
    lower, upper = problem.bands.widest
    totals = np.bincount(labels, weights=problem.weights).astype(np.int64)
    return bool(np.all((totals < 2 * lower) & (totals <= upper)))


def _anneal(
    problem: Problem,
    search: Search,
    labels: NDArray[np.int32],
    *,
    fresh: bool,
    attempt: int,
    started: float,
    wide: bool,
) -> tuple[NDArray[np.int64], int]:
    """Run the search in calls of a fixed number of steps, so that equal seeds give equal bytes."""
    from gridmap.planning.kernels.searching import search as run

    graph, aim = state_problem(problem, wide=wide)
    rng = np.array([seed_from(search.seed, attempt)], np.uint64)
    groups = int(graph.group.max()) + 1
    expected = problem.zones or max(1, int(problem.weights.sum()) // int(graph.bands[:, 4].min()))
    steps = int(os.environ.get('STEPS','0')) or min(_count_steps(expected, search.steps_a_zone), STEPS_A_NODE * problem.size)
    trees = (FIRST_TREES if problem.size <= MANY_NODES else 1) if fresh else 0
    now = labels.astype(np.int64)
    best = now.copy()
    score = np.array([0, np.iinfo(np.int64).max, 0])
    offers = int(os.environ.get('OFFERS','40')) * problem.size * min(MOST_WALK, max(1, problem.size // expected)) // steps
    for first in range(0, steps, STEPS_A_CALL):
        last = min(first + STEPS_A_CALL, steps)
        now = run(
            graph, aim, now, groups, _plan(first, last, steps, trees, offers, 0), rng, best, score
        )
        trees = 0
        if not _has_time(search, started):
            break
    sweeps = LAST_SWEEPS if _has_time(search, started) else 1
    score[0] = score[1]
    run(
        graph,
        aim,
        best.copy(),
        groups,
        _plan(steps, steps, steps, 0, 0, sweeps),
        rng,
        best,
        score,
    )
    return best, int(score[1])


def _count_steps(zones: int, each: int) -> int:
    """Return the redrawings for a number of zones: fewer a zone where there are very many."""
    return LEAST_STEPS + each * min(zones, MANY_ZONES) + each // 3 * max(0, zones - MANY_ZONES)


def _plan(
    first: int, last: int, steps: int, trees: int, every: int, sweeps: int
) -> NDArray[np.int64]:
    """Return what one call of the kernel does, in the order it reads."""
    return np.array([first, last, steps, HEAT, trees, every, sweeps, *map(int, os.environ.get('PLAN','1024,3840,512').split(','))], np.int64)


def _has_time(search: Search, started: float) -> bool:
    return search.time_limit_s is None or time.monotonic() - started < search.time_limit_s
