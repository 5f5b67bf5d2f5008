"""Spans: sets of intervals on one axis, as sorted arrays of starts and ends that don't touch.

All borders of a district are laid behind one another on one axis of metres, so that 'on a road
but not on a river' is arithmetic on intervals and no metre can be counted twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterable

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Spans: TypeAlias = tuple[Floats, Floats]

NO_SPANS: Spans = (np.empty(0), np.empty(0))


def unite_spans(low: Floats, high: Floats, *, gap: float = 0.0) -> Spans:
    """Return the union of intervals; those no further apart than ``gap`` become one.

    Examples
    --------
    >>> low, high = unite_spans(np.array([5.0, 0.0, 9.0]), np.array([6.0, 5.0, 10.0]))
    >>> low.tolist(), high.tolist()
    ([0.0, 9.0], [6.0, 10.0])
    """
    real = high > low
    order = np.argsort(low[real], kind="stable")
    low, high = low[real][order], high[real][order]
    if not len(low):
        return NO_SPANS
    reach = np.maximum.accumulate(high)
    new = np.ones(len(low), dtype=bool)
    new[1:] = low[1:] > reach[:-1] + gap
    last = np.append(np.flatnonzero(new)[1:] - 1, len(low) - 1)
    return low[new], reach[last]


def complement_spans(spans: Spans, within: Spans) -> Spans:
    """Return what ``within`` has and ``spans`` has not.

    Examples
    --------
    >>> ten = (np.array([0.0]), np.array([10.0]))
    >>> low, high = complement_spans((np.array([2.0]), np.array([3.0])), ten)
    >>> low.tolist(), high.tolist()
    ([0.0, 3.0], [2.0, 10.0])
    """
    edges = [np.append(-np.inf, spans[1]), np.append(spans[0], np.inf)]
    return intersect_spans((edges[0], edges[1]), within)


def intersect_spans(first: Spans, second: Spans) -> Spans:
    """Return what both have.

    Examples
    --------
    >>> low, high = intersect_spans((np.array([0.0]), np.array([5.0])),
    ...                             (np.array([1.0, 4.0]), np.array([2.0, 9.0])))
    >>> low.tolist(), high.tolist()
    ([1.0, 4.0], [2.0, 5.0])
    """
    if not len(first[0]) or not len(second[0]):
        return NO_SPANS
    begin = np.searchsorted(first[1], second[0], side="right")
    count = np.maximum(np.searchsorted(first[0], second[1], side="left") - begin, 0)
    which = np.repeat(np.arange(len(count)), count)
    rank = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    own = np.repeat(begin, count) + rank
    low = np.maximum(first[0][own], second[0][which])
    high = np.minimum(first[1][own], second[1][which])
    real = high > low
    return low[real], high[real]


def measure_spans(spans: Spans, bins: Floats) -> Floats:
    """Return the length of spans in each bin; bins follow one another: (k + 1,) edges.

    Examples
    --------
    >>> measure_spans((np.array([1.0]), np.array([4.0])), np.array([0.0, 2.0, 9.0])).tolist()
    [1.0, 2.0]
    """
    if not len(spans[0]):
        return np.zeros(len(bins) - 1)
    corners = np.column_stack(spans).ravel()
    grown = np.zeros(len(corners))
    lengths = spans[1] - spans[0]
    grown[1::2] = np.cumsum(lengths)
    grown[2::2] = np.cumsum(lengths)[:-1]
    return np.diff(np.interp(bins, corners, grown))


def gather_spans(many: Iterable[Spans]) -> Spans:
    """Return the union of several sets of spans."""
    low, high = zip(*many, strict=True)
    return unite_spans(np.concatenate(low), np.concatenate(high))
