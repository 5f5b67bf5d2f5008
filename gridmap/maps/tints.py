"""Tints for neighbours: land that touches looks different, as on a political map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def pick_tints(count: int, pairs: NDArray[np.int64], tints: int) -> NDArray[np.int64]:
    """Give each thing one of a few tints so that neighbours differ.

    The thing with the fewest neighbours left is put aside, again and again, and tints are given in
    the opposite order: on a map six tints then always suffice. Among the tints that no neighbour
    has, the least used is taken, so that none dominates.

    Parameters
    ----------
    count
        Number of things, 0 or more.
    pairs
        (m, 2) positions of things that touch.
    tints
        Number of tints, 1 or more.

    Returns
    -------
    ndarray
        (count,) a tint of ``range(tints)`` each. With too few tints a neighbour may share one;
        then it is the one that the fewest neighbours have.

    Notes
    -----
    Source: Matula and Beck (1983), smallest-last ordering; a planar graph always has a point
    with at most five neighbours.

    Examples
    --------
    >>> pick_tints(4, np.array([[0, 1], [1, 2], [2, 0], [2, 3]]), 3).tolist()
    [1, 0, 2, 0]
    """
    near: list[list[int]] = [[] for _ in range(count)]
    for a, b in pairs.tolist():
        near[a].append(b)
        near[b].append(a)
    given = np.full(count, -1, dtype=np.int64)
    used = np.zeros(tints, dtype=np.int64)
    for thing in reversed(_smallest_last(near)):
        taken = np.zeros(tints, dtype=np.int64)
        for other in near[thing]:
            if given[other] >= 0:
                taken[given[other]] += 1
        given[thing] = int(np.lexsort((used, taken))[0])
        used[given[thing]] += 1
    return given


def _smallest_last(near: list[list[int]]) -> list[int]:
    """Return the things in the order in which the least connected one is put aside."""
    left = [len(others) for others in near]
    buckets: list[list[int]] = [[] for _ in range(max(left, default=0) + 1)]
    for thing in range(len(near) - 1, -1, -1):
        buckets[left[thing]].append(thing)
    gone = [False] * len(near)
    order: list[int] = []
    lowest = 0
    while len(order) < len(near):
        while not buckets[lowest]:
            lowest += 1
        thing = buckets[lowest].pop()
        if gone[thing]:
            continue
        gone[thing] = True
        order.append(thing)
        for other in near[thing]:
            if not gone[other]:
                left[other] -= 1
                buckets[left[other]].append(other)
        lowest = max(lowest - 1, 0)
    return order
