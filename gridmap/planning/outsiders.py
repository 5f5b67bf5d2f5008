"""Zones outside their band: what is proved of them, and how many need not be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridmap.planning.feasibility import PieceBound, bound_pieces, sharpen_bounds
from gridmap.planning.loads import find_overburdened, judge_zones
from gridmap.planning.problems import Problem, find_pieces
from gridmap.rules import Band

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.planning.watching import Watch


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


def has_misfit(problem: Problem, bounds: tuple[PieceBound, ...]) -> bool:
    """Tell whether several nodes at or below the ceiling are proved to fit into no zone."""
    unfit = [node for bound in bounds for node in bound.unfit]
    return int(np.count_nonzero(problem.weights[unfit] <= problem.bands.widest[1])) > 1


def has_heap(problem: Problem, labels: NDArray[np.int64]) -> bool:
    """Tell whether a zone is above one and a half times the ceiling, a node above it cut off."""
    upper = problem.bands.widest[1]
    sums = np.bincount(labels, weights=np.minimum(problem.weights, upper + 1))
    return bool(np.any(2 * sums > 3 * upper))


def count_avoidable(
    problem: Problem, labels: NDArray[np.int64], bounds: tuple[PieceBound, ...]
) -> int:
    """Count the zones outside that hold no node that fits into none, less those proved so."""
    outside = judge_zones(problem, labels).outside
    for bound in bounds:
        outside[labels[list(bound.unfit)]] = False
    burdened = find_overburdened(problem, find_pieces(problem.edges, problem.size))
    proved = sum(max(b.unavoidable, int(burdened[b.piece])) for b in bounds if not b.unfit)
    return int(np.count_nonzero(outside)) - proved
