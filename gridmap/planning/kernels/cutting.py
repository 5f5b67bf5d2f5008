"""The exact cut of a tree into zones: dynamic programming over accumulated weight.

For each node and each weight x that the open zone at the node can have, the least cost of
everything below is kept. A child either joins the open zone of its parent (weights add), or is
closed (its best open weight is weighed as a finished zone, plus the price of the tree edge). One
more state, `over`, holds all weights above the largest state, with the excess in its cost: since
distance to the band is weighed in proportion, zones above the ceiling are sized as exactly as the
others, be it an impossible total or compounds that do not fit.

Each pair of households meets at most once within the ceiling's distance along the tree, so time
is O(nodes * ceiling + total weight * ceiling), and usually far less, because few weights of lumpy
nodes can be reached. Nothing recurses.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gridmap.planning.kernels.columns import KLASS, WEIGHT
from gridmap.planning.kernels.compiling import apart, inner
from gridmap.planning.kernels.spanning import CUT, KEPT
from gridmap.planning.kernels.timing import Bell, is_due
from gridmap.planning.kernels.weighing import FAR, NEVER, Graph

CLOSED = -1


class Tree(NamedTuple):
    """A tree to be cut, by position.

    Attributes
    ----------
    order, parent
        The nodes breadth-first and each node's parent, -1 at the top, shape (n,).
    weight, klass
        Weight of each node in grains, 0 or more, and its class, shape (n,).
    price, flag
        Cost of cutting above each node; whether that is free, forbidden or a must.
    """

    order: np.ndarray
    parent: np.ndarray
    weight: np.ndarray
    klass: np.ndarray
    price: np.ndarray
    flag: np.ndarray


@inner
def order_by_depth_first(order: np.ndarray, parent: np.ndarray) -> np.ndarray:
    """Return the nodes top down, each largest subtree last among its siblings.

    Read backwards this is a post-order in which few nodes wait for their siblings (at most
    log2(n)), so that few rows of states are alive at once.
    """
    size = len(order)
    under = np.empty(size, np.int64)
    heavy = np.empty(size, np.int64)
    first = np.empty(size, np.int64)
    after = np.empty(size, np.int64)
    for v in range(size):
        under[v], heavy[v], first[v] = 1, -1, -1
    for k in range(size - 1, 0, -1):
        node = order[k]
        up = parent[node]
        under[up] += under[node]
        if heavy[up] < 0 or under[node] > under[heavy[up]]:
            heavy[up] = node
    for k in range(size - 1, 0, -1):
        node = order[k]
        after[node] = first[parent[node]]
        first[parent[node]] = node
    stack = np.empty(size, np.int64)
    down = np.empty(size, np.int64)
    stack[0] = order[0]
    high, many = 1, 0
    while high > 0:
        high -= 1
        node = stack[high]
        down[many] = node
        many += 1
        if heavy[node] >= 0:
            stack[high] = heavy[node]
            high += 1
        child = first[node]
        while child >= 0:
            if child != heavy[node]:
                stack[high] = child
                high += 1
            child = after[child]
    return down


@inner
def _start_row(row: np.ndarray, weight: int, tops: int, slope: int) -> None:
    """Fill a row of states with the node alone in its open zone."""
    for x in range(tops + 1):
        row[x] = NEVER
    if weight < tops:
        row[weight] = 0
    else:
        row[tops] = slope * min(weight - tops + 1, FAR)


@inner
def _take_slot(
    rows: np.ndarray,
    slot: np.ndarray,
    free: np.ndarray,
    high: int,
    node: int,
    weight: int,
    slope: int,
) -> int:
    """Give a node a row of states, unless it has one; return how many slots are free."""
    if slot[node] >= 0:
        return high
    slot[node] = free[high - 1]
    _start_row(rows[slot[node]], weight, rows.shape[1] - 1, slope)
    return high - 1


@inner
def _add_closed(before: np.ndarray, cost: int, result: np.ndarray) -> None:
    """Start the parent's new row with the child closed, at a cost that may be `NEVER`."""
    for x in range(len(before)):
        may_close = before[x] < NEVER and cost < NEVER
        result[x] = before[x] + cost if may_close else NEVER


@inner
def _close_row(row: np.ndarray, reach: int, closing: np.ndarray, tops: int) -> tuple[int, int]:
    """Return the best state to close a zone in, and its cost."""
    best, cost = tops, row[tops] + closing[tops]
    for x in range(reach + 1):
        if row[x] < NEVER and row[x] + closing[x] < cost:
            best, cost = x, row[x] + closing[x]
    return best, cost


@inner
def _list_states(row: np.ndarray, reach: int, seen: np.ndarray) -> int:
    """List the states of a row that can be reached, without `over`; return how many."""
    many = 0
    for x in range(reach + 1):
        if row[x] < NEVER:
            seen[many] = x
            many += 1
    return many


@inner
def _join_rows(
    mine: np.ndarray,
    my_reach: int,
    child: np.ndarray,
    seen: np.ndarray,
    result: np.ndarray,
    choice: np.ndarray,
    over: np.ndarray,
    slope: int,
) -> None:
    """Add to ``result`` the states in which the child joins the parent's open zone."""
    tops = len(result) - 1
    for x in range(my_reach + 1):
        if mine[x] >= NEVER:
            continue
        for s in range(len(seen)):
            y = seen[s]
            z = x + y
            cost = mine[x] + child[y]
            if z >= tops:
                _join_over(result, over, x, y, cost + slope * (z - tops + 1))
            elif cost < result[z]:
                result[z] = cost
                choice[z] = y
        _join_over(result, over, x, tops, mine[x] + child[tops] + slope * x)
    if mine[tops] < NEVER:
        for s in range(len(seen)):
            y = seen[s]
            _join_over(result, over, tops, y, mine[tops] + child[y] + slope * y)
        _join_over(result, over, tops, tops, mine[tops] + child[tops] + slope * (tops - 1))


@inner
def _join_over(result: np.ndarray, over: np.ndarray, x: int, y: int, cost: int) -> None:
    """Offer the state `over` a cost; states that can't be reached cost `NEVER` or more."""
    tops = len(result) - 1
    if cost < result[tops] and cost < NEVER >> 1:
        result[tops] = cost
        over[0], over[1] = x, y


@inner
def _lay_out(
    down: np.ndarray,
    parent: np.ndarray,
    weight: np.ndarray,
    tops: int,
    reach: np.ndarray,
    offset: np.ndarray,
) -> int:
    """Give each node the room for its choices; return the room for all."""
    for v in range(len(down)):
        reach[v] = min(weight[v], tops - 1)
    room = 1
    for k in range(len(down) - 1, 0, -1):
        up = parent[down[k]]
        reach[up] = min(reach[up] + reach[down[k]], tops - 1)
        offset[down[k]] = room
        room += reach[up] + 1
    return room


@inner
def cut_tree(tree: Tree, closing: np.ndarray, slope: int, bell: Bell) -> tuple[np.ndarray, int]:
    """Cut a tree into zones at the least cost; exact.

    Parameters
    ----------
    tree
        The tree.
    closing
        ``closing[klass[v], x]`` is the cost of a finished zone of weight x whose top node is v;
        the last column is for zones above all states.
    slope
        Cost of each grain above the states, from the first on.
    bell
        Ends the work when it rings; then no labels are returned.

    Returns
    -------
    labels, cost
        The zone of each node, the top's zone being 0, shape (n,); and the total cost.
    """
    order, parent, weight, klass, price, flag = tree
    size, tops = len(order), closing.shape[1] - 1
    down = order_by_depth_first(order, parent)
    reach = np.empty(size, np.int64)
    offset = np.empty(size, np.int64)
    choice = np.empty(_lay_out(down, parent, weight, tops, reach, offset), np.int32)
    over = np.empty((size, 2), np.int64)
    closed = np.empty(size, np.int64)

    slots = 4
    while (1 << (slots - 4)) < size:
        slots += 1
    rows = np.empty((slots, tops + 1), np.int64)
    free = np.empty(slots, np.int64)
    for k in range(slots):
        free[k] = k
    high = slots
    slot = np.empty(size, np.int64)
    seen = np.empty(tops + 1, np.int64)
    for v in range(size):
        slot[v] = -1
        reach[v] = min(weight[v], tops - 1)
    cost = 0
    for k in range(size - 1, -1, -1):
        if is_due(bell):
            return np.empty(0, np.int64), 0
        node = down[k]
        high = _take_slot(rows, slot, free, high, node, weight[node], slope)
        mine = rows[slot[node]]
        closed[node], closing_cost = _close_row(mine, reach[node], closing[klass[node]], tops)
        if k == 0:
            cost = closing_cost
            break
        up = parent[node]
        high = _take_slot(rows, slot, free, high, up, weight[up], slope)
        high -= 1
        fresh = free[high]
        wide = min(reach[up] + reach[node], tops - 1)
        taken = choice[offset[node] : offset[node] + wide + 1]
        for x in range(wide + 1):
            taken[x] = CLOSED
        over[node, 0], over[node, 1] = tops, CLOSED
        closing_cost = NEVER if flag[node] == KEPT else closing_cost + price[node]
        _add_closed(rows[slot[up]], closing_cost, rows[fresh])
        if flag[node] != CUT:
            many = _list_states(mine, reach[node], seen)
            _join_rows(
                rows[slot[up]], reach[up], mine, seen[:many], rows[fresh], taken, over[node], slope
            )
        reach[up] = wide
        free[high], free[high + 1] = slot[node], slot[up]
        high += 2
        slot[up] = fresh
    return _read_back(down, parent, choice, offset, over, closed, tops), cost


@inner
def _read_back(
    down: np.ndarray,
    parent: np.ndarray,
    choice: np.ndarray,
    offset: np.ndarray,
    over: np.ndarray,
    closed: np.ndarray,
    tops: int,
) -> np.ndarray:
    """Follow the choices from the top down and label the zones."""
    size = len(down)
    labels = np.empty(size, np.int64)
    state = np.empty(size, np.int64)
    labels[down[0]] = 0
    state[down[0]] = closed[down[0]]
    zones = 1
    for k in range(1, size):
        node = down[k]
        up = parent[node]
        if state[up] == tops:
            mine, joined = over[node, 0], over[node, 1]
        else:
            joined = choice[offset[node] + state[up]]
            mine = state[up] if joined == CLOSED else state[up] - joined
        state[up] = mine
        if joined == CLOSED:
            labels[node] = zones
            zones += 1
            state[node] = closed[node]
        else:
            labels[node] = labels[up]
            state[node] = joined
    return labels


@apart
def cut_plainly(tree: Tree, closing: np.ndarray, slope: int, bell: Bell, labels: np.ndarray) -> int:
    """Cut a tree by weight alone; label its nodes in place.

    Return 0 when the bell rings, before there are labels; else 1.
    """
    found, _ = cut_tree(tree, closing, slope, bell)
    for i in range(len(found)):
        labels[i] = found[i]
    return min(1, len(found))


@inner
def cut_greedily(
    graph: Graph, nodes: np.ndarray, order: np.ndarray, parent: np.ndarray, flag: np.ndarray
) -> np.ndarray:
    """Cut a tree in one pass from below, a zone wherever its least weight is reached.

    For want of time only: what is left at the top may be outside its band.
    """
    size = len(nodes)
    open_ = np.empty(size, np.int64)
    labels = np.zeros(size, np.int64)
    for i in range(size):
        open_[i] = graph.node[nodes[i], WEIGHT]
    for k in range(size - 1, 0, -1):
        node, up = order[k], parent[order[k]]
        band = graph.bands[graph.node[nodes[node], KLASS]]
        full = open_[node] >= band[2]
        if flag[node] == CUT or (full and flag[node] != KEPT):
            labels[node] = CLOSED
        else:
            open_[up] += open_[node]
    zones = 1
    for k in range(1, size):
        node = order[k]
        if labels[node] == CLOSED:
            labels[node] = zones
            zones += 1
        else:
            labels[node] = labels[parent[node]]
    return labels
