"""Nodes that hold their zone: locked ones, and those above the ceiling."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridmap.planning.problems import Problem, find_pieces, number_by_first

if TYPE_CHECKING:
    from numpy.typing import NDArray


def anchor_nodes(problem: Problem, locked: NDArray[np.bool_]) -> NDArray[np.int64] | None:
    """Return the anchor of each node (-1: free), or None when no node has one.

    Nodes of one anchor stay in one zone and never move; a zone never holds two anchors. Locked
    nodes of today's zone share an anchor, with the nodes of the zone on the shortest ways between
    them; a zone of today in several pieces has an anchor for each. A node above the ceiling has
    an anchor of its own, so that two of them are never joined for the sake of a smaller count.

    Parameters
    ----------
    problem
        The graph, with ``current`` where anything is locked.
    locked
        Whether each node stays in its zone of today, shape (n,).

    Returns
    -------
    ndarray or None
        Anchors, shape (n,).

    Examples
    --------
    >>> from gridmap.planning.problems import BandTable
    >>> bands = BandTable(np.array([[3, 5]]), np.array([[3, 5]]))
    >>> path = Problem(np.array([1, 1, 1, 9]), np.array([[0, 1], [1, 2], [2, 3]]), np.ones(3),
    ...                np.zeros(3), bands, np.zeros(4, np.int64), current=np.array([0, 0, 0, 1]))
    >>> anchor_nodes(path, np.array([True, False, True, False])).tolist()
    [0, 0, 0, 1]
    """
    large = problem.weights > problem.bands.widest[1]
    if not locked.any() and not large.any():
        return None
    anchors = hold_locked(problem, locked)
    lone = np.flatnonzero(large & (anchors < 0))
    anchors[lone] = anchors.max(initial=-1) + 1 + np.arange(len(lone))
    return anchors


def hold_locked(problem: Problem, locked: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the locked zone of each node, -1 for none.

    Parameters
    ----------
    problem
        The graph, with ``current`` where anything is locked.
    locked
        Whether each node stays in its zone of today, shape (n,).

    Returns
    -------
    ndarray
        Locked zones 0.., each in one piece: the locked nodes of each piece of today's zones and
        the ways between them, shape (n,).

    Examples
    --------
    >>> from gridmap.planning.problems import BandTable
    >>> bands = BandTable(np.array([[3, 5]]), np.array([[3, 5]]))
    >>> path = Problem(np.array([1, 1, 1, 9]), np.array([[0, 1], [1, 2], [2, 3]]), np.ones(3),
    ...                np.zeros(3), bands, np.zeros(4, np.int64), current=np.array([0, 0, 0, 1]))
    >>> hold_locked(path, np.array([True, False, True, False])).tolist()
    [0, 0, 0, -1]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import breadth_first_order

    anchors = np.full(problem.size, -1, np.int64)
    current = problem.current
    if current is None or not locked.any():
        return anchors
    same = current[problem.edges[:, 0]] == current[problem.edges[:, 1]]
    kept = problem.edges[same]
    pieces = find_pieces(kept, problem.size)
    held = np.flatnonzero(locked)
    _, first = np.unique(pieces[held], return_index=True)
    roots = held[first]
    top = problem.size
    ends = np.concatenate([kept[:, 0], np.full(len(roots), top)])
    others = np.concatenate([kept[:, 1], roots])
    ones = np.ones(len(ends), np.int8)
    matrix = coo_array((ones, (ends, others)), shape=(top + 1, top + 1)).tocsr()
    _, parent = breadth_first_order(matrix, top, directed=False)
    for node in held:
        way = int(node)
        while way != top and anchors[way] < 0:
            anchors[way] = pieces[node]
            way = int(parent[way])
    used, place = np.unique(anchors[anchors >= 0], return_inverse=True)
    anchors[anchors >= 0] = np.arange(len(used))[place]
    return anchors


def part_anchors(problem: Problem, labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return zones of which none holds two anchors: such zones are shared out among theirs.

    Parameters
    ----------
    problem
        The graph and its anchors.
    labels
        Connected zones, shape (n,).

    Returns
    -------
    ndarray
        Connected zones; nodes of a zone with several anchors go to the nearest, shape (n,).

    Examples
    --------
    >>> from gridmap.planning.problems import BandTable
    >>> bands = BandTable(np.array([[3, 5]]), np.array([[3, 5]]))
    >>> path = Problem(np.array([9, 1, 9]), np.array([[0, 1], [1, 2]]), np.ones(2), np.zeros(2),
    ...                bands, np.zeros(3, np.int64), anchors=np.array([0, -1, 1]))
    >>> part_anchors(path, np.zeros(3, np.int32)).tolist()
    [0, 0, 1]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import breadth_first_order

    if problem.anchors is None:
        return labels
    held = np.flatnonzero(problem.anchors >= 0)
    pairs = np.unique(np.column_stack([labels[held], problem.anchors[held]]), axis=0)
    crowded = np.flatnonzero(np.bincount(pairs[:, 0]) > 1)
    roots = held[np.isin(labels[held], crowded)]
    if len(roots) == 0:
        return labels
    inner = problem.edges[labels[problem.edges[:, 0]] == labels[problem.edges[:, 1]]]
    top = problem.size
    ends = np.concatenate([inner[:, 0], np.full(len(roots), top)])
    others = np.concatenate([inner[:, 1], roots])
    ones = np.ones(len(ends), np.int8)
    matrix = coo_array((ones, (ends, others)), shape=(top + 1, top + 1)).tocsr()
    order, parent = breadth_first_order(matrix, top, directed=False)
    shared = labels.astype(np.int64) + int(problem.anchors.max()) + 1
    for node in order[1:]:
        root = problem.anchors[node] if parent[node] == top else shared[parent[node]]
        shared[node] = root
    return number_by_first(shared)
