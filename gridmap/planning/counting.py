"""An exact number of zones, whatever the search reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridmap.planning.problems import Problem, find_pieces, number_by_first

if TYPE_CHECKING:
    from numpy.typing import NDArray


def count_reachable(problem: Problem, held: NDArray[np.int64]) -> range:
    """Return every number of zones that the graph and its locks allow.

    Parameters
    ----------
    problem
        The graph.
    held
        Locked zone of each node, -1 for none, each in one piece, shape (n,).

    Returns
    -------
    range
        From one zone for each locked zone (one for a piece without any) up to one for each locked
        zone and each other node. Every number between is reached: a zone of two parts can be cut,
        and a zone without a lock can join a neighbour.

    Examples
    --------
    >>> from gridmap.planning.problems import BandTable
    >>> bands = BandTable(np.array([[1, 9]]), np.array([[1, 9]]))
    >>> path = Problem(np.array([2, 2, 2]), np.array([[0, 1], [1, 2]]), np.ones(2), np.zeros(2),
    ...                bands, np.zeros(3, np.int64))
    >>> count_reachable(path, np.array([0, 0, -1]))
    range(1, 3)
    """
    pieces = find_pieces(problem.edges, problem.size)
    locked = np.flatnonzero(held >= 0)
    zones, first = np.unique(held[locked], return_index=True)
    in_piece = np.bincount(pieces[locked[first]], minlength=int(pieces.max(initial=-1)) + 1)
    least = int(np.maximum(in_piece, 1).sum())
    return range(least, problem.size - len(locked) + len(zones) + 1)


def settle_number(
    problem: Problem, labels: NDArray[np.int32], held: NDArray[np.int64]
) -> NDArray[np.int32]:
    """Return a division into exactly ``problem.zones`` zones (any number when that is 0).

    The search weighs a wrong number above everything and nearly always ends at the right one;
    where bands or anchors stand against it, the lightest neighbours are joined or the heaviest
    zone is cut in two along a spanning tree, until the number is right. Locks are never broken.

    Parameters
    ----------
    problem
        The graph and the number wanted, one of `count_reachable`.
    labels
        A division into connected zones that honours the locks, shape (n,).
    held
        Locked zone of each node, -1 for none, each in one piece, shape (n,).

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
    >>> settle_number(path, np.zeros(3, np.int32), np.full(3, -1)).tolist()
    [0, 1, 1]
    >>> settle_number(path, np.zeros(3, np.int32), np.array([-1, 0, 0])).tolist()
    [0, 1, 1]
    """
    labels = labels.copy()
    number = len(np.unique(labels))
    while problem.zones and number > problem.zones:
        pair = _find_lightest_pair(problem, labels, held)
        labels[labels == pair[1]] = pair[0]
        number -= 1
    blocks = number_by_first(np.where(held >= 0, held, problem.size + np.arange(problem.size)))
    while problem.zones and number < problem.zones:
        labels[_find_half(problem, labels, blocks)] = labels.max() + 1
        number += 1
    return number_by_first(labels)


def _find_lightest_pair(
    problem: Problem, labels: NDArray[np.int32], held: NDArray[np.int64]
) -> tuple[int, int]:
    """Return the neighbours with the least weight together; anchored pairs last, locked never."""
    weights = np.bincount(labels, weights=problem.weights)
    ends = labels[problem.edges]
    locked = np.zeros(len(weights), np.bool_)
    locked[labels[held >= 0]] = True
    free = (ends[:, 0] != ends[:, 1]) & ~(locked[ends[:, 0]] & locked[ends[:, 1]])
    a, b = ends[free, 0], ends[free, 1]
    anchored = np.zeros(len(weights), np.int64)
    if problem.anchors is not None:
        anchored[labels[problem.anchors >= 0]] = 1
    best = np.lexsort((b, a, weights[a] + weights[b], anchored[a] * anchored[b]))[0]
    return int(a[best]), int(b[best])


def _find_half(
    problem: Problem, labels: NDArray[np.int32], blocks: NDArray[np.int32]
) -> NDArray[np.int64]:
    """Return the nodes to cut off the heaviest zone of two blocks (locked zones, nodes) or more."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import breadth_first_order

    _, heads = np.unique(blocks, return_index=True)
    counts = np.bincount(labels[heads], minlength=int(labels.max()) + 1)
    weights = np.where(counts > 1, np.bincount(labels, weights=problem.weights), -1.0)
    members = np.flatnonzero(labels == int(weights.argmax()))
    own, local = np.unique(blocks[members], return_inverse=True)
    place = np.full(problem.size, -1)
    place[members] = local
    ends = place[problem.edges]
    ends = ends[(ends >= 0).all(axis=1) & (ends[:, 0] != ends[:, 1])]
    matrix = coo_array(
        (np.ones(len(ends), np.int8), (ends[:, 0], ends[:, 1])), shape=(len(own),) * 2
    ).tocsr()
    matrix.data[:] = 1
    order, parent = breadth_first_order(matrix, 0, directed=False)
    below = np.bincount(local, weights=problem.weights[members])
    for block in order[:0:-1]:
        below[parent[block]] += below[block]
    tops = order[1:]
    top = tops[np.abs(below[tops] - below[0] / 2).argmin()]
    taken = np.zeros(len(own), np.bool_)
    taken[top] = True
    for block in order[1:]:
        taken[block] |= taken[parent[block]]
    return members[taken[local]]
