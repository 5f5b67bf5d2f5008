"""An exact number of zones, whatever the search reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridmap.planning.problems import Problem, find_pieces, number_by_first

if TYPE_CHECKING:
    from numpy.typing import NDArray

SLOW = 16
"""A pass that joins less than this part of what is too many is followed by an eager one."""


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
    zones = number_by_first(labels).astype(np.int64)
    eager = False
    while problem.zones and (excess := int(zones.max()) + 1 - problem.zones) > 0:
        zones = _join_lightest(problem, zones, held, excess, eager=eager)
        left = int(zones.max()) + 1 - problem.zones
        eager = SLOW * (excess - left) < excess
    blocks = number_by_first(np.where(held >= 0, held, problem.size + np.arange(problem.size)))
    eager = False
    while problem.zones and (missing := problem.zones - int(zones.max()) - 1) > 0:
        zones = (_carve if eager else _halve_heaviest)(problem, zones, blocks, missing)
        left = problem.zones - int(zones.max()) - 1
        eager = SLOW * (missing - left) < missing
    return number_by_first(zones)


def _join_lightest(
    problem: Problem,
    zones: NDArray[np.int64],
    held: NDArray[np.int64],
    excess: int,
    *,
    eager: bool,
) -> NDArray[np.int64]:
    """Join at most so many pairs of neighbours, the lightest first; locked zones never.

    Pairs with two anchors come last. A zone joins one pair; when ``eager`` several, as long as
    what comes of it weighs at most twice the pair, so that a hub does not take a pass a pair.
    """
    many = int(zones.max()) + 1
    weights = np.bincount(zones, weights=problem.weights, minlength=many)
    locked, anchored = np.zeros((2, many), np.bool_)
    locked[zones[held >= 0]] = True
    if problem.anchors is not None:
        anchored[zones[problem.anchors >= 0]] = True
    ends = np.sort(zones[problem.edges], axis=1)
    free = (ends[:, 0] != ends[:, 1]) & ~locked[ends].all(axis=1)
    pairs = np.unique(ends[free], axis=0)
    joint = weights[pairs].sum(axis=1)
    both = anchored[pairs].all(axis=1)
    order = np.lexsort((pairs[:, 1], pairs[:, 0], joint, both))
    root, heavy, fixed = list(range(many)), weights.tolist(), locked.tolist()
    rows = zip(pairs[order].tolist(), joint[order].tolist(), both[order].tolist(), strict=True)
    worst: bool | None = None
    for (low, high), weight, anchors in rows:
        if excess == 0 or (worst is not None and anchors and not worst):
            break
        a, b = _find_root(root, low), _find_root(root, high)
        limit = 2 * weight if eager else weight
        if a == b or (fixed[a] and fixed[b]) or heavy[a] + heavy[b] > limit:
            continue
        if not eager and (a, b) != (low, high):
            continue
        root[b] = a
        heavy[a] += heavy[b]
        fixed[a] = fixed[a] or fixed[b]
        worst = anchors
        excess -= 1
    final = np.array([_find_root(root, zone) for zone in range(many)], np.int64)
    return number_by_first(final[zones]).astype(np.int64)


def _find_root(root: list[int], zone: int) -> int:
    while root[zone] != zone:
        root[zone] = root[root[zone]]
        zone = root[zone]
    return zone


def _halve_heaviest(
    problem: Problem, zones: NDArray[np.int64], blocks: NDArray[np.int32], missing: int
) -> NDArray[np.int64]:
    """Cut at most so many of the heaviest zones in two, down to half of the heaviest's weight.

    A zone is cut along a spanning tree of its blocks (locked zones, nodes), where the halves come
    nearest to each other.
    """
    _, heads = np.unique(blocks, return_index=True)
    owner = zones[heads]
    divisible = np.bincount(owner, minlength=int(zones.max()) + 1) > 1
    weights = np.bincount(zones, weights=problem.weights)
    heaviest = weights[divisible].max()
    ranked = np.lexsort((np.arange(len(weights)), -weights, ~divisible))[:missing]
    chosen = ranked[divisible[ranked] & (2 * weights[ranked] >= heaviest)]
    order, parent = _hang_zones(problem, blocks, owner, chosen)
    below = np.bincount(blocks, weights=problem.weights).tolist()
    for block in reversed(order):
        if parent[block] >= 0:
            below[parent[block]] += below[block]
    inner = np.array([block for block in order if parent[block] >= 0], np.int64)
    gap = np.abs(np.array(below)[inner] - weights[owner[inner]] / 2)
    place = np.lexsort((inner, gap, owner[inner]))
    first = place[np.unique(owner[inner][place], return_index=True)[1]]
    return _cut_off(zones, blocks, order, parent, inner[first])


def _carve(
    problem: Problem, zones: NDArray[np.int64], blocks: NDArray[np.int32], missing: int
) -> NDArray[np.int64]:
    """Cut so many parts off along spanning trees, of the mean weight wanted where trees let them.

    For zones that can't be halved, such as a hub with its leaves.
    """
    _, heads = np.unique(blocks, return_index=True)
    owner = zones[heads]
    order, parent = _hang_zones(problem, blocks, owner, np.arange(int(zones.max()) + 1))
    below = np.bincount(blocks, weights=problem.weights).tolist()
    mean = int(problem.weights.sum()) // problem.zones
    tops: list[int] = []
    rest = []
    for block in reversed(order):
        if parent[block] < 0:
            continue
        if below[block] >= mean and len(tops) < missing:
            tops.append(block)
        else:
            below[parent[block]] += below[block]
            rest.append(block)
    tops += rest[: missing - len(tops)]
    return _cut_off(zones, blocks, order, parent, np.array(sorted(tops), np.int64))


def _cut_off(
    zones: NDArray[np.int64],
    blocks: NDArray[np.int32],
    order: list[int],
    parent: list[int],
    tops: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Make each part that hangs from a top, down to the next, a zone of its own."""
    fresh = np.full(len(parent), -1, np.int64)
    fresh[tops] = int(zones.max()) + 1 + np.arange(len(tops))
    taken = fresh.tolist()
    for block in order:
        if taken[block] < 0 and parent[block] >= 0:
            taken[block] = taken[parent[block]]
    moved = np.array(taken)[blocks]
    return np.where(moved >= 0, moved, zones)


def _hang_zones(
    problem: Problem, blocks: NDArray[np.int32], owner: NDArray[np.int64], chosen: NDArray[np.int64]
) -> tuple[list[int], list[int]]:
    """Hang a spanning tree in each chosen zone: its blocks top down, each one's parent or -1."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import breadth_first_order

    top = len(owner)
    used = np.isin(owner, chosen)
    ends = blocks[problem.edges].astype(np.int64)
    ends = ends[used[ends[:, 0]] & (owner[ends[:, 0]] == owner[ends[:, 1]])]
    ends = ends[ends[:, 0] != ends[:, 1]]
    mine = np.flatnonzero(used)
    roots = mine[np.unique(owner[mine], return_index=True)[1]]
    heads = np.concatenate([ends[:, 0], np.full(len(roots), top)])
    tails = np.concatenate([ends[:, 1], roots])
    matrix = coo_array((np.ones(len(heads), np.int8), (heads, tails)), shape=(top + 1,) * 2).tocsr()
    matrix.data[:] = 1
    order, parent = breadth_first_order(matrix, top, directed=False)
    parent[roots] = -1
    return order[1:].tolist(), parent[:top].tolist()
