"""An exact number of zones, whatever the search reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridmap.planning.problems import Problem, number_by_first

if TYPE_CHECKING:
    from numpy.typing import NDArray


def settle_number(problem: Problem, labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return a division into exactly ``problem.zones`` zones (any number when that is 0).

    The search weighs a wrong number above everything and nearly always ends at the right one;
    where bands or anchors stand against it, the lightest neighbours are joined or the heaviest
    zone is cut in two along a spanning tree, until the number is right.

    Parameters
    ----------
    problem
        The graph and the number wanted.
    labels
        A division into connected zones, shape (n,).

    Returns
    -------
    ndarray
        Labels 0.. by first node, shape (n,).

    Examples
    --------
    >>> from gridmap.planning.problems import BandTable
    >>> bands = BandTable(np.array([[1, 9]]), np.array([[1, 9]]))
    >>> path = Problem(np.array([2, 2, 2]), np.array([[0, 1], [1, 2]]), np.ones(2), np.zeros(2),
    ...                bands, np.zeros(3, np.int64), zones=2)
    >>> settle_number(path, np.zeros(3, np.int32)).tolist()
    [0, 1, 1]
    """
    labels = labels.copy()
    number = len(np.unique(labels))
    while problem.zones and number > problem.zones:
        pair = _find_lightest_pair(problem, labels)
        labels[labels == pair[1]] = pair[0]
        number -= 1
    while problem.zones and number < problem.zones:
        labels[_find_half(problem, labels)] = labels.max() + 1
        number += 1
    return number_by_first(labels)


def _find_lightest_pair(problem: Problem, labels: NDArray[np.int32]) -> tuple[int, int]:
    """Return the two neighbouring zones with the least weight together; anchored pairs last."""
    weights = np.bincount(labels, weights=problem.weights)
    ends = labels[problem.edges]
    apart = np.flatnonzero(ends[:, 0] != ends[:, 1])
    anchored = np.zeros(len(weights), np.int64)
    if problem.anchors is not None:
        anchored[np.unique(labels[problem.anchors >= 0])] = 1
    a, b = ends[apart, 0], ends[apart, 1]
    best = np.lexsort((b, a, weights[a] + weights[b], anchored[a] * anchored[b]))[0]
    return int(a[best]), int(b[best])


def _find_half(problem: Problem, labels: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the nodes to cut off the heaviest zone of two nodes or more."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import breadth_first_order

    counts = np.bincount(labels)
    weights = np.where(counts > 1, np.bincount(labels, weights=problem.weights), -1.0)
    members = np.flatnonzero(labels == int(weights.argmax()))
    place = np.full(problem.size, -1)
    place[members] = np.arange(len(members))
    ends = place[problem.edges]
    ends = ends[(ends >= 0).all(axis=1)]
    matrix = coo_array(
        (np.ones(len(ends), np.int8), (ends[:, 0], ends[:, 1])), shape=(len(members),) * 2
    ).tocsr()
    order, parent = breadth_first_order(matrix, 0, directed=False)
    below = problem.weights[members].astype(np.float64)
    for node in order[:0:-1]:
        below[parent[node]] += below[node]
    tops = order[1:]
    top = tops[np.abs(below[tops] - below[0] / 2).argmin()]
    taken = np.zeros(len(members), np.bool_)
    taken[top] = True
    for node in order[1:]:
        taken[node] |= taken[parent[node]]
    return members[taken]
