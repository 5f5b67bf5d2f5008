"""The k-median: places from which all walks together are shortest (中位选址).

Teitz and Bart: choose greedily, then swap one place while it helps, from several beginnings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from gridmap.boundaries.road_noding import Floats, Ints

RANDOM_STARTS = 4
"""Beginnings besides the greedy one; gridmap's own default: more find little."""
LEAST_GAIN = 1e-9
"""A swap must shorten all walks together by this share, so that rounding can't swap for ever."""


@dataclass(frozen=True)
class Median:
    """What is chosen from.

    Attributes
    ----------
    metres
        (c, h) from each place to each home, finite.
    served
        (h,) metres to the nearest place that stays.
    weight
        (h,) households.
    """

    metres: Floats
    served: Floats
    weight: Floats


def solve_median(problem: Median, number: int, random: np.random.Generator) -> tuple[Ints, int]:
    """Choose places so that the weighted walks to the nearest are least.

    Parameters
    ----------
    problem
        The walks.
    number
        How many places; one is chosen exactly, several by swaps.
    random
        For the beginnings besides the greedy one.

    Returns
    -------
    tuple
        The places, and the swaps made from the best beginning.

    Examples
    --------
    >>> metres = np.array([[0.0, 5.0, 9.0], [5.0, 0.0, 4.0], [9.0, 4.0, 0.0]])
    >>> median = Median(metres, np.full(3, 99.0), np.array([1.0, 1.0, 3.0]))
    >>> solve_median(median, 1, np.random.default_rng(7))[0].tolist()
    [2]
    >>> solve_median(median, 2, np.random.default_rng(7))[0].tolist()
    [0, 2]
    """
    greedy = _place_greedily(problem, number)
    if number == 1:
        return greedy, 0
    best, swaps = _swap(problem, greedy)
    least = _cost(problem, best)
    for _ in range(RANDOM_STARTS):
        begun = random.choice(len(problem.metres), number, replace=False)
        other, made = _swap(problem, begun)
        cost = _cost(problem, other)
        if cost < least * (1 - LEAST_GAIN):
            best, swaps, least = other, made, cost
    return np.sort(best), swaps


def _cost(problem: Median, chosen: Ints) -> float:
    near = np.minimum(problem.metres[chosen].min(axis=0), problem.served)
    return float(near @ problem.weight)


def _place_greedily(problem: Median, number: int) -> Ints:
    """Add the place that shortens the walks most, one by one; the first place is the best one."""
    served = problem.served
    chosen: list[int] = []
    for _ in range(number):
        cost = np.minimum(problem.metres, served) @ problem.weight
        cost[chosen] = np.inf
        chosen.append(int(np.argmin(cost)))
        served = np.minimum(served, problem.metres[chosen[-1]])
    return np.array(chosen, dtype=np.int64)


def _swap(problem: Median, begun: Ints) -> tuple[Ints, int]:
    """Make the best swap of one place while it shortens the walks."""
    chosen = begun.astype(np.int64)
    swaps = 0
    while True:
        change = _weigh_swaps(problem, chosen)
        change[chosen] = np.inf
        place, out = np.unravel_index(int(np.argmin(change)), change.shape)
        if change[place, out] >= -LEAST_GAIN * max(_cost(problem, chosen), 1.0):
            return chosen, swaps
        chosen = chosen.copy()
        chosen[out] = place
        swaps += 1


def _weigh_swaps(problem: Median, chosen: Ints) -> Floats:
    """Return the (c, k) change of all walks when place c comes for the k-th chosen one."""
    own = np.vstack([problem.metres[chosen], problem.served])
    order = np.argsort(own, axis=0, kind="stable")[:2]
    first, second = np.take_along_axis(own, order, axis=0)
    gain = np.minimum(problem.metres - first, 0.0) @ problem.weight
    held = np.zeros((len(first), len(own)))
    held[np.arange(len(first)), order[0]] = problem.weight
    farther = np.clip(problem.metres, first, second) - first
    return np.asarray(gain[:, None] + (farther @ held)[:, :-1], dtype=np.float64)
