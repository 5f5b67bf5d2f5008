"""The cut of a tree into zones that are all inside their band, by the households themselves.

Where weights are large, `gridmap.planning.kernels.cutting` counts them in grains, and a narrow band
is a few grains wide: rounding hides cuts that fit. Here a state is a weight that can really be
reached, and a zone is closed inside its band only. In a narrow band few subtrees can be closed, so
there are few states; where there are too many, rounding does no harm and the grains are used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridmap.planning.kernels.columns import KLASS, WEIGHT
from gridmap.planning.kernels.compiling import apart, inner
from gridmap.planning.kernels.spanning import CUT, KEPT
from gridmap.planning.kernels.timing import Bell, is_due
from gridmap.planning.kernels.weighing import NEVER, Graph, weigh_size

if TYPE_CHECKING:
    from gridmap.planning.kernels.cutting import Tree

ROOM = 24
"""States for each node, of all nodes together."""
SUM, COST, MINE, JOINED = range(4)
"""Columns of a state: weight of the open zone, least cost below, what it was made of."""


@inner
def _close_best(
    graph: Graph, grain: int, klass: int, pool: np.ndarray, first: int, last: int
) -> tuple[int, int]:
    """Return the state in which closing a zone inside its band costs least, and the cost."""
    best, least = -1, NEVER
    for k in range(first, last):
        weight = pool[k, SUM]
        if graph.bands[klass, 2] <= weight <= graph.bands[klass, 3]:
            cost = pool[k, COST] + weigh_size(weight, graph.bands[klass], grain)
            if cost < least:
                best, least = k, cost
    return best, least


@inner
def _merge_states(
    pool: np.ndarray, start: int, span: tuple[int, int, int, int], price: int, most: int
) -> int:
    """Add the states of a node with one more child, closed or joined; return where they end."""
    filled = start
    for mine in range(span[0], span[1]):
        if price < NEVER:
            pool[filled, SUM] = pool[mine, SUM]
            pool[filled, COST] = pool[mine, COST] + price
            pool[filled, MINE], pool[filled, JOINED] = mine, -1
            filled += 1
        for child in range(span[2], span[3]):
            weight = pool[mine, SUM] + pool[child, SUM]
            if weight <= most:
                pool[filled, SUM] = weight
                pool[filled, COST] = pool[mine, COST] + pool[child, COST]
                pool[filled, MINE], pool[filled, JOINED] = mine, child
                filled += 1
    return filled


@inner
def cut_tightly(
    graph: Graph,
    grain: int,
    nodes: np.ndarray,
    order: np.ndarray,
    parent: np.ndarray,
    price: np.ndarray,
    flag: np.ndarray,
    bell: Bell,
) -> np.ndarray:
    """Cut a tree into zones inside their bands at the least cost; exact.

    Parameters
    ----------
    graph, grain, nodes
        The graph, households a grain (for what lies between lower and target), and its nodes.
    order, parent, price, flag
        As for `gridmap.planning.kernels.cutting.cut_tree`.
    bell
        Ends the work when it rings; then no labels are returned.

    Returns
    -------
    labels
        The zone of each node, the top's being 0, shape (n,); of no length where no cut has all
        zones inside, or where there are too many states.
    """
    size = len(nodes)
    room = ROOM * size + 1024
    pool = np.empty((room, 4), np.int64)
    none = np.empty(0, np.int64)
    first = np.empty(size, np.int64)
    last = np.empty(size, np.int64)
    closed = np.empty(size, np.int64)
    most = 0
    for c in range(len(graph.bands)):
        most = max(most, graph.bands[c, 3])
    for i in range(size):
        first[i], last[i] = i, i + 1
        pool[i, SUM], pool[i, COST] = graph.node[nodes[i], WEIGHT], 0
        pool[i, MINE], pool[i, JOINED] = -1, -1
    filled = size
    for k in range(size - 1, -1, -1):
        if is_due(bell):
            return none
        node = order[k]
        klass = graph.node[nodes[node], KLASS]
        closed[node], cost = _close_best(graph, grain, klass, pool, first[node], last[node])
        if k == 0:
            break
        up = parent[node]
        may_close = closed[node] >= 0 and flag[node] != KEPT
        price_closed = cost + price[node] if may_close else NEVER
        many = 0 if flag[node] == CUT else last[node] - first[node]
        start, span = filled, (first[up], last[up], first[node], first[node] + many)
        if start + (last[up] - first[up]) * (many + 1) > room:
            return none
        filled = _merge_states(pool, start, span, price_closed, most)
        if filled == start:
            return none
        first[up], last[up] = start, filled
    if closed[order[0]] < 0:
        return none
    return _label_zones(order, parent, pool, closed)


@inner
def _label_zones(
    order: np.ndarray, parent: np.ndarray, pool: np.ndarray, closed: np.ndarray
) -> np.ndarray:
    """Follow the states from the top down and label the zones."""
    labels = np.empty(len(order), np.int64)
    state = np.empty(len(order), np.int64)
    labels[order[0]] = 0
    state[order[0]] = closed[order[0]]
    zones = 1
    for k in range(1, len(order)):
        node = order[k]
        up = parent[node]
        joined = pool[state[up], JOINED]
        state[up] = pool[state[up], MINE]
        if joined < 0:
            labels[node] = zones
            zones += 1
            state[node] = closed[node]
        else:
            labels[node] = labels[up]
            state[node] = joined
    return labels


@apart
def cut_finely(
    graph: Graph,
    grain: int,
    nodes: np.ndarray,
    tree: Tree,
    bell: Bell,
    labels: np.ndarray,
) -> int:
    """Cut a tree into zones inside their bands; label its nodes in place.

    Return 0 where there is no such cut, or too many states, or the bell rings; else 1.
    """
    order, parent, price, flag = tree.order, tree.parent, tree.price, tree.flag
    found = cut_tightly(graph, grain, nodes, order, parent, price, flag, bell)
    for i in range(len(found)):
        labels[i] = found[i]
    return min(1, len(found))
