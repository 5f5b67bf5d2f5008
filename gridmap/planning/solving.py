"""The search over one problem: as a whole, or region by region where it is large."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridmap.planning.anchoring import part_anchors
from gridmap.planning.attempts import Search, count_expected, solve_small
from gridmap.planning.loads import judge_zones
from gridmap.planning.problems import Problem, find_pieces, number_by_first, state_problem
from gridmap.planning.rounds import Field, divide_field, measure_region, search_field
from gridmap.planning.watching import Watch, choose_workers

if TYPE_CHECKING:
    from numpy.typing import NDArray

LISTING = 5e-6
"""Seconds kept back of a time limit for each zone outside, to tell why (gridmap's own default)."""
LARGE = 2
"""Regions' worth of nodes from which on a graph is searched region by region."""


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
    return solve_small(problem, search, watch, labels, fresh=fresh)


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
