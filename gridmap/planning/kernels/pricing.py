"""What a zone costs by itself: the whole aim as a sum over zones, doubled.

A cut edge lies between two zones and each bears half of it, so costs are doubled to stay whole.
Two equal divisions have the sum of their zones' prices as twice their weighed aim, whichever way
they are searched; `gridmap.proving` needs no more of the aim than this.
"""

from __future__ import annotations

import numpy as np

from gridmap.planning.kernels.compiling import entry
from gridmap.planning.kernels.weighing import (
    SPLIT,
    Aim,
    Graph,
    find_top_class,
    is_overloaded,
    weigh_zone,
)

FORBIDDEN = -1


@entry
def price_sets(
    graph: Graph, aim: Aim, sets: np.ndarray, held: np.ndarray, groups: int, inside: int
) -> np.ndarray:
    """Return twice the cost of each set of nodes as a zone, `FORBIDDEN` where it can't be one.

    ``sets`` (m, 2) are bit masks of at most 128 nodes; ``held`` the number of nodes of each
    anchor. A zone holds all nodes of one anchor or none, and never two anchors. With ``inside``
    zones outside the hard band of their main class are forbidden too.
    """
    size, one = len(graph.weight), np.uint64(1)
    prices = np.empty(len(sets), np.int64)
    member = np.zeros(size, np.bool_)
    met = np.full(max(1, groups), -1, np.int64)
    shares = np.zeros((1, len(graph.bands)), np.int64)
    loads = np.zeros((1, len(graph.load_bands)), np.int64)
    for k in range(len(sets)):
        weight, area, perimeter, cost, anchor, anchored = 0, 0, 0, 0, -1, 0
        shares[:] = 0
        loads[:] = 0
        allowed = True
        for node in range(size):
            member[node] = sets[k, node // 64] >> np.uint64(node % 64) & one != np.uint64(0)
        for node in range(size):
            if not member[node]:
                continue
            weight += graph.weight[node]
            area += graph.area[node]
            perimeter += graph.perimeter[node]
            shares[0, graph.klass[node]] += graph.weight[node]
            for r in range(len(graph.load_bands)):
                loads[0, r] += graph.loads[node, r]
            if graph.group[node] >= 0 and met[graph.group[node]] != k:
                met[graph.group[node]] = k
                cost += 2 * SPLIT
            if graph.anchor[node] >= 0:
                allowed = allowed and anchor in (-1, graph.anchor[node])
                anchor = graph.anchor[node]
                anchored += 1
            for slot in range(graph.indptr[node], graph.indptr[node + 1]):
                edge = graph.eid[slot]
                if not member[graph.nbr[slot]]:
                    cost += graph.cut[edge]
                else:
                    perimeter -= graph.length[edge]
                    cost += graph.cross[edge]
        band = graph.bands[find_top_class(shares, 0)]
        if inside and (weight < band[2] or weight > band[3]):
            allowed = False
        if inside and is_overloaded(loads, 0, graph.load_bands):
            allowed = False
        if anchor >= 0 and anchored != held[anchor]:
            allowed = False
        cost += 2 * weigh_zone(graph, aim, weight, shares, loads, 0, area, perimeter)
        prices[k] = cost if allowed else FORBIDDEN
    return prices
