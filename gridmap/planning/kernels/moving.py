"""Single nodes moved between neighbouring zones, for shape and balance."""

from __future__ import annotations

import numpy as np

from gridmap.planning.kernels.compiling import draw_below, inner
from gridmap.planning.kernels.weighing import (
    NEVER,
    SPLIT,
    Aim,
    Graph,
    weigh_zone,
)
from gridmap.planning.kernels.zones import CHANGE, Zones, add_member, drop_member

LOOK = 512
"""Nodes that the contiguity test visits before it gives the node up."""
CHANCES = np.array([int(256 * np.log(256 / (k + 0.5)) + 0.5) for k in range(256)], dtype=np.int64)
"""-ln of evenly spread chances, in 256ths: annealing in whole numbers."""


@inner
def blur(heat: int, rng: np.ndarray) -> int:
    """Draw how much worse a step may be at this heat: exponentially distributed."""
    if heat <= 0:
        return 0
    return int(heat * CHANCES[draw_below(rng, 256)] >> 8)


@inner
def stays_whole(graph: Graph, zones: Zones, node: int, queue: np.ndarray) -> bool:
    """Tell whether a zone stays in one piece when a node leaves; False when in doubt."""
    zone = zones.label[node]
    wanted, start = 0, -1
    for slot in range(graph.indptr[node], graph.indptr[node + 1]):
        near = graph.nbr[slot]
        if zones.label[near] == zone and zones.place[near] != 2:
            zones.place[near] = 2
            wanted += 1
            start = near
    low, high, met = 0, 0, 0
    if start >= 0:
        queue[0] = start
        high = 1
        met = 1
        zones.place[start] = 3
    zones.place[node] = 4
    while low < high and met < wanted and high < LOOK:
        here = queue[low]
        low += 1
        for slot in range(graph.indptr[here], graph.indptr[here + 1]):
            near = graph.nbr[slot]
            if zones.label[near] == zone and zones.place[near] < 3 and high < len(queue):
                met += zones.place[near] == 2
                zones.place[near] = 3
                queue[high] = near
                high += 1
    for k in range(high):
        zones.place[queue[k]] = -1
    for slot in range(graph.indptr[node], graph.indptr[node + 1]):
        zones.place[graph.nbr[slot]] = -1
    zones.place[node] = -1
    return met == wanted


@inner
def _weigh_zone(graph: Graph, aim: Aim, zones: Zones, zone: int) -> int:
    return weigh_zone(
        graph,
        aim,
        zones.weight[zone],
        zones.shares,
        zones.loads,
        zone,
        zones.area[zone],
        zones.perimeter[zone],
    )


@inner
def _shift_sums(graph: Graph, zones: Zones, node: int, source: int, target: int) -> None:
    """Carry a node's weights, area and border from one zone's sums to another's."""
    inside, across = 0, 0
    for slot in range(graph.indptr[node], graph.indptr[node + 1]):
        other = zones.label[graph.nbr[slot]]
        if graph.nbr[slot] == node:
            continue
        if other == source:
            inside += graph.length[graph.eid[slot]]
        elif other == target:
            across += graph.length[graph.eid[slot]]
    weight, klass = graph.weight[node], graph.klass[node]
    zones.size[source] -= 1
    zones.size[target] += 1
    zones.weight[source] -= weight
    zones.weight[target] += weight
    zones.shares[source, klass] -= weight
    zones.shares[target, klass] += weight
    for r in range(graph.loads.shape[1]):
        zones.loads[source, r] -= graph.loads[node, r]
        zones.loads[target, r] += graph.loads[node, r]
    zones.area[source] -= graph.area[node]
    zones.area[target] += graph.area[node]
    zones.perimeter[source] += 2 * inside - graph.perimeter[node]
    zones.perimeter[target] += graph.perimeter[node] - 2 * across


@inner
def _has_group(graph: Graph, zones: Zones, zone: int, group: int) -> bool:
    node = zones.first[zone]
    while node >= 0:
        if graph.group[node] == group:
            return True
        node = zones.after[node]
    return False


@inner
def _weigh_edges(graph: Graph, zones: Zones, node: int, source: int, target: int) -> int:
    """Weigh the edges and groups that a move would cut and join; the node is out of both."""
    cost = 0
    for slot in range(graph.indptr[node], graph.indptr[node + 1]):
        other, e = zones.label[graph.nbr[slot]], graph.eid[slot]
        if other == source:
            cost += graph.cut[e] - graph.cross[e]
        elif other == target:
            cost += graph.cross[e] - graph.cut[e]
    group = graph.group[node]
    if group >= 0:
        cost += _has_group(graph, zones, source, group) * SPLIT
        cost -= _has_group(graph, zones, target, group) * SPLIT
    return cost


@inner
def _try_node(
    graph: Graph, aim: Aim, zones: Zones, node: int, heat: int, rng: np.ndarray, queue: np.ndarray
) -> bool:
    """Move a node to the neighbouring zone where it serves best, if it may."""
    source = zones.label[node]
    before = _weigh_zone(graph, aim, zones, source)
    best, target = NEVER, -1
    drop_member(zones, node)
    for slot in range(graph.indptr[node], graph.indptr[node + 1]):
        other = zones.label[graph.nbr[slot]]
        if other == source or zones.mark[other] >= 0:
            continue
        zones.mark[other] = 1
        change = -before - _weigh_zone(graph, aim, zones, other)
        _shift_sums(graph, zones, node, source, other)
        change += _weigh_zone(graph, aim, zones, source) + _weigh_zone(graph, aim, zones, other)
        _shift_sums(graph, zones, node, other, source)
        change += _weigh_edges(graph, zones, node, source, other)
        if change < best:
            best, target = change, other
    add_member(zones, node, source)
    for slot in range(graph.indptr[node], graph.indptr[node + 1]):
        zones.mark[zones.label[graph.nbr[slot]]] = -1
    if target < 0 or best > blur(heat, rng) - 1 or not stays_whole(graph, zones, node, queue):
        return False
    drop_member(zones, node)
    _shift_sums(graph, zones, node, source, target)
    add_member(zones, node, target)
    zones.total[CHANGE] += best
    return True


@inner
def sweep_nodes(graph: Graph, aim: Aim, zones: Zones, heat: int, rng: np.ndarray) -> int:
    """Offer every border node a move once, in an order drawn by chance; return the moves."""
    size = len(zones.label)
    turn = np.empty(size, np.int64)
    for k in range(size):
        turn[k] = k
    queue = np.empty(LOOK, np.int64)
    moves = 0
    for k in range(size - 1, -1, -1):
        pick = draw_below(rng, k + 1)
        node = turn[pick]
        turn[pick] = turn[k]
        zone = zones.label[node]
        if graph.anchor[node] >= 0 or zones.size[zone] < 2:
            continue
        for slot in range(graph.indptr[node], graph.indptr[node + 1]):
            if zones.label[graph.nbr[slot]] != zone:
                moves += _try_node(graph, aim, zones, node, heat, rng, queue)
                break
    return moves
