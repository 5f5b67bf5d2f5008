"""The cut of a tree into zones that carry further weights: residents beside households.

As in `gridmap.planning.kernels.cutting` the state is the first weight of the open zone. What a
zone may carry besides is no state (two caps would be states by pairs, three by triples); instead
each state keeps a few labels: a cost below, and what the open zone carries. A label goes when
another of the same state costs no more and carries no worse: no more of anything, and no less of
what the zone is still short of. That loses nothing, so the cut is the optimum for its tree as
long as no state has more such labels than there is room for. Where one has, the cheapest and the
one that costs most (with one cap: the one that carries least) stay and those just below the
latter go; how many went is returned, and 0 means exact.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gridmap.planning.kernels.compiling import apart, inner, woven
from gridmap.planning.kernels.cutting import Tree, order_by_depth_first
from gridmap.planning.kernels.spanning import CUT, KEPT
from gridmap.planning.kernels.timing import Bell, is_due
from gridmap.planning.kernels.weighing import FAR, NEVER, Aim, Graph, weigh_loads

LABELS = 4
"""Labels a state on regions of usual size (gridmap's own default)."""
MANY_NODES = 6000
"""Above this a state has one label: the first division of a large graph."""


class Terms(NamedTuple):
    """What a finished zone is weighed by: bands of size and of loads, as of `Graph` and `Aim`."""

    bands: np.ndarray
    load_bands: np.ndarray
    grain: int
    slope: int


class Rows(NamedTuple):
    """Labels by slot and state: cost and loads of each, how many a state has, how many it may.

    ``picks``, by node and state of its parent, is which two labels each label was made of.

    The last row of ``carry`` is scratch: the loads of the label that is offered.
    """

    costs: np.ndarray
    carry: np.ndarray
    filled: np.ndarray
    picks: np.ndarray
    room: int


@inner
def _is_no_worse(carry: np.ndarray, a: int, b: int, load_bands: np.ndarray) -> bool:
    """Tell whether a zone with the loads of row a can end no worse than one with those of b."""
    for r in range(len(load_bands)):
        if carry[a, r] > carry[b, r] or carry[a, r] < min(carry[b, r], load_bands[r, 0]):
            return False
    return True


@inner
def _offer(
    rows: Rows, at: tuple[int, int, int], cost: int, pick: int, load_bands: np.ndarray
) -> tuple[int, int]:
    """Offer a label, whose loads stand in the last row of ``carry``, to a state.

    ``at``: the state's first label in costs and in picks, and how many it has. Return how many it
    has then, and how many labels went that no other makes superfluous.
    """
    costs, carry, picks, room = rows.costs, rows.carry, rows.picks, rows.room
    base, to, many = at
    fresh = len(carry) - 1
    for k in range(many):
        if costs[base + k] <= cost and _is_no_worse(carry, base + k, fresh, load_bands):
            return many, 0
    kept = 0
    for k in range(many):
        if cost <= costs[base + k] and _is_no_worse(carry, fresh, base + k, load_bands):
            continue
        if kept < k:
            _copy_label(costs, carry, base + k, base + kept)
            picks[to + kept] = picks[to + k]
        kept += 1
    place = kept
    while place > 0 and costs[base + place - 1] > cost:
        place -= 1
    end = kept
    if kept == room:
        if (room == 1 and place == 1) or (room > 1 and place == room - 1):
            return kept, 1
        end = room - 1 if place == room else max(0, room - 2)
        place = min(place, room - 1)
    for k in range(end, place, -1):
        _copy_label(costs, carry, base + k - 1, base + k)
        picks[to + k] = picks[to + k - 1]
    _copy_label(costs, carry, fresh, base + place)
    costs[base + place], picks[to + place] = cost, pick
    return (room, 1) if kept == room else (kept + 1, 0)


@inner
def _copy_label(costs: np.ndarray, carry: np.ndarray, source: int, target: int) -> None:
    """Copy the cost and the loads of a label."""
    costs[target] = costs[source]
    for r in range(carry.shape[1]):
        carry[target, r] = carry[source, r]


@inner
def _start_slot(rows: Rows, slot: int, weight: int, slope: int, loads: np.ndarray, v: int) -> None:
    """Fill the states of a slot with the node alone in its open zone."""
    tops = rows.filled.shape[1] - 1
    for x in range(tops + 1):
        rows.filled[slot, x] = 0
    x = min(weight, tops)
    base = (slot * (tops + 1) + x) * rows.room
    rows.filled[slot, x] = 1
    rows.costs[base] = slope * min(weight - tops + 1, FAR) if x == tops else 0
    for r in range(loads.shape[1]):
        rows.carry[base, r] = loads[v, r]


@inner
def _close_slot(
    rows: Rows, slot: int, reach: int, closing: np.ndarray, band: np.ndarray, terms: Terms
) -> tuple[int, int, int]:
    """Return the state and the label to close a zone in, and its cost."""
    tops = rows.filled.shape[1] - 1
    best, label, least = tops, 0, NEVER
    for step in range(reach + 2):
        x = tops if step == 0 else step - 1
        weight = band[3] + 1 if x == tops else x * terms.grain
        for a in range(rows.filled[slot, x]):
            row = (slot * (tops + 1) + x) * rows.room + a
            cost = rows.costs[row] + closing[x]
            cost += weigh_loads(rows.carry, row, terms.load_bands, weight, band, terms.grain)
            if cost < least:
                best, label, least = x, a, cost
    return best, label, least


@inner
def _merge_slots(
    rows: Rows,
    mine: tuple[int, int],
    child: tuple[int, int],
    target: tuple[int, int],
    closed: int,
    kind: int,
    terms: Terms,
    bell: Bell,
) -> int:
    """Fill a slot with the parent's states once the child is closed or joins; return labels lost.

    ``mine``, ``child``: slot and reach. ``target``: the slot to fill, and where picks go.
    ``closed``: what closing the child costs, or `NEVER`; ``kind``: what the cut may do there.
    Left unfinished when the bell rings.
    """
    fresh, offset = target
    tops = rows.filled.shape[1] - 1
    for x in range(tops + 1):
        rows.filled[fresh, x] = 0
    lost = 0
    for step in range(mine[1] + 2):
        if is_due(bell):
            break
        x = tops if step == mine[1] + 1 else step
        for a in range(rows.filled[mine[0], x]):
            row = (mine[0] * (tops + 1) + x) * rows.room + a
            pick = (x * (tops + 2) * rows.room + a) * rows.room
            if closed < NEVER:
                _copy_label(rows.costs, rows.carry, row, len(rows.carry) - 1)
                cost = rows.costs[row] + closed
                lost += _put(rows, fresh, x, offset, cost, pick, terms)
            if kind == CUT:
                continue
            for other in range(child[1] + 2):
                y = tops if other == child[1] + 1 else other
                for b in range(rows.filled[child[0], y]):
                    beside = (child[0] * (tops + 1) + y) * rows.room + b
                    for r in range(rows.carry.shape[1]):
                        rows.carry[-1, r] = rows.carry[row, r] + rows.carry[beside, r]
                    cost = rows.costs[row] + rows.costs[beside]
                    z, excess = _add_states(x, y, tops)
                    pick = ((x * (tops + 2) + y + 1) * rows.room + a) * rows.room + b
                    cost += terms.slope * excess
                    lost += _put(rows, fresh, z, offset, cost, pick, terms)
    return lost


@inner
def _add_states(x: int, y: int, tops: int) -> tuple[int, int]:
    """Return the state of two joined ones, and by how many grains more it exceeds the states."""
    if x == tops and y == tops:
        return tops, tops - 1
    if max(x, y) == tops:
        return tops, min(x, y)
    return min(x + y, tops), max(0, x + y - tops + 1)


@inner
def _put(rows: Rows, slot: int, x: int, offset: int, cost: int, pick: int, terms: Terms) -> int:
    """Offer the label in the last row of loads to a state of a slot; return the labels lost."""
    tops = rows.filled.shape[1] - 1
    base = (slot * (tops + 1) + x) * rows.room
    to = (offset + (0 if x == tops else x + 1)) * rows.room
    at = (base, to, rows.filled[slot, x])
    many, lost = _offer(rows, at, cost, pick, terms.load_bands)
    rows.filled[slot, x] = many
    return lost


@woven
def cut_loaded_tree(
    tree: Tree, closing: np.ndarray, loads: np.ndarray, terms: Terms, room: int, bell: Bell
) -> tuple[np.ndarray, int, int]:
    """Cut a tree into zones that carry further weights.

    Parameters
    ----------
    tree, closing
        As of `gridmap.planning.kernels.cutting.cut_tree`.
    loads
        Further weights of each node, shape (n, q).
    terms
        Bands of size and load, grain and slope.
    room
        Labels that a state can keep, 1 to 8.
    bell
        Ends the work when it rings; then no labels are returned.

    Returns
    -------
    labels, cost, lost
        The zone of each node, the top's zone being 0, shape (n,); the total cost; and how many
        labels found no room: with 0 the cost is the least of all cuts of the tree.
    """
    parent, weight, klass = tree.parent, tree.weight, tree.klass
    size, tops = len(parent), closing.shape[1] - 1
    down = order_by_depth_first(tree.order, parent)
    offset = np.empty(size, np.int64)
    states = _lay_out(down, parent, weight, tops, offset)
    picks = np.empty(states * room, np.int32)
    reach = np.empty(size, np.int64)
    closed = np.empty((size, 2), np.int64)
    slots = 4
    while (1 << (slots - 4)) < size:
        slots += 1
    states = slots * (tops + 1)
    rows = Rows(
        np.empty(states * room, np.int64),
        np.empty((states * room + 1, loads.shape[1]), np.int64),
        np.zeros((slots, tops + 1), np.int64),
        picks,
        room,
    )
    free, slot = np.arange(slots), np.full(size, -1)
    high, cost, lost = slots, 0, 0
    for v in range(size):
        reach[v] = min(weight[v], tops - 1)
    for k in range(size - 1, -1, -1):
        if is_due(bell):
            break
        node, up = down[k], parent[down[k]]
        for v in (node, up):
            if v >= 0 and slot[v] < 0:
                high -= 1
                slot[v] = free[high]
                _start_slot(rows, slot[v], weight[v], terms.slope, loads, v)
        band = terms.bands[klass[node]]
        x, label, cost = _close_slot(
            rows, slot[node], reach[node], closing[klass[node]], band, terms
        )
        closed[node, 0], closed[node, 1] = x, label
        if k == 0:
            break
        fresh = free[high - 1]
        lost += _merge_slots(
            rows,
            (slot[up], reach[up]),
            (slot[node], reach[node]),
            (fresh, offset[node]),
            NEVER if tree.flag[node] == KEPT else cost + tree.price[node],
            tree.flag[node],
            terms,
            bell,
        )
        reach[up] = min(reach[up] + reach[node], tops - 1)
        free[high - 1], free[high] = slot[node], slot[up]
        high += 1
        slot[up] = fresh
    labels = np.empty(0, np.int64)
    if not is_due(bell):
        labels = _read_back(down, parent, picks, offset, closed, (tops, room))
    return labels, cost, lost


@inner
def _lay_out(
    down: np.ndarray, parent: np.ndarray, weight: np.ndarray, tops: int, offset: np.ndarray
) -> int:
    """Give each node room for the picks of its parent's states, `over` first; return all room."""
    wide = np.empty(len(down), np.int64)
    for v in range(len(down)):
        wide[v] = min(weight[v], tops - 1)
    states = 1
    for k in range(len(down) - 1, 0, -1):
        up = parent[down[k]]
        wide[up] = min(wide[up] + wide[down[k]], tops - 1)
        offset[down[k]] = states
        states += wide[up] + 2
    return states


@inner
def _read_back(
    down: np.ndarray,
    parent: np.ndarray,
    picks: np.ndarray,
    offset: np.ndarray,
    closed: np.ndarray,
    sizes: tuple[int, int],
) -> np.ndarray:
    """Follow the picks from the top down and label the zones."""
    tops, room = sizes
    labels = np.empty(len(down), np.int64)
    state = closed.copy()
    labels[down[0]] = 0
    zones = 1
    for k in range(1, len(down)):
        node = down[k]
        up = parent[node]
        x = state[up, 0]
        place = offset[node] + (0 if x == tops else x + 1)
        pick = picks[place * room + state[up, 1]]
        state[up, 1] = pick // room % room
        joined = pick // (room * room) % (tops + 2) - 1
        state[up, 0] = pick // (room * room) // (tops + 2)
        if joined < 0:
            labels[node] = zones
            zones += 1
        else:
            labels[node] = labels[up]
            state[node, 0], state[node, 1] = joined, pick % room
    return labels


@apart
def cut_loaded(
    graph: Graph,
    aim: Aim,
    closing: np.ndarray,
    nodes: np.ndarray,
    tree: Tree,
    bell: Bell,
    labels: np.ndarray,
) -> int:
    """Cut the tree of a region, given by its nodes, with their loads; label them in place.

    Return 0 when the bell rings, before there are labels; else 1.
    """
    loads = np.empty((len(nodes), graph.loads.shape[1]), np.int64)
    for i in range(len(nodes)):
        for r in range(loads.shape[1]):
            loads[i, r] = graph.loads[nodes[i], r]
    terms = Terms(graph.bands, graph.load_bands, aim.grain, aim.slope)
    room = LABELS if len(nodes) <= MANY_NODES else 1
    found, _, _ = cut_loaded_tree(tree, closing, loads, terms, room, bell)
    for i in range(len(found)):
        labels[i] = found[i]
    return min(1, len(found))
