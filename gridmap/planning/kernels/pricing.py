"""What a zone costs by itself: the whole aim as a sum over zones, doubled.

A cut edge lies between two zones and each bears half of it, so costs are doubled to stay whole.
Two equal divisions have the sum of their zones' prices as twice their weighed aim, whichever way
they are searched; `gridmap.proving` needs no more of the aim than this.
"""

from __future__ import annotations

import numpy as np

from gridmap.planning.kernels.columns import (
    ANCHOR,
    AREA,
    CROSSED,
    CUTTING,
    EDGE,
    GROUP,
    KLASS,
    LENGTH,
    NEAR,
    PERIMETER,
    WEIGHT,
    WHOLE,
)
from gridmap.planning.kernels.compiling import entry, inner
from gridmap.planning.kernels.weighing import (
    Aim,
    Graph,
    find_top_class,
    is_overloaded,
    weigh_zone,
)

FORBIDDEN = -1


@inner
def _allows(graph: Graph, member: np.ndarray, held: np.ndarray) -> bool:
    """Tell whether a zone holds no anchor, or all nodes of one and of no other."""
    anchor, anchored = -1, 0
    for node in range(len(member)):
        if member[node] and graph.node[node, ANCHOR] >= 0:
            if anchor not in (-1, graph.node[node, ANCHOR]):
                return False
            anchor = graph.node[node, ANCHOR]
            anchored += 1
    return anchor < 0 or anchored == held[anchor]


@inner
def _weigh_rim(graph: Graph, member: np.ndarray) -> tuple[int, int]:
    """Return twice what a zone's share of edges costs, and twice the length of those inside."""
    cost, length = 0, 0
    for node in range(len(member)):
        if member[node]:
            for slot in range(graph.indptr[node], graph.indptr[node + 1]):
                if member[graph.slot[slot, NEAR]]:
                    length += graph.edge[graph.slot[slot, EDGE], LENGTH]
                    cost += graph.edge[graph.slot[slot, EDGE], CROSSED]
                else:
                    cost += graph.edge[graph.slot[slot, EDGE], CUTTING]
    return cost, length


@entry
def price_sets(
    graph: Graph, aim: Aim, sets: np.ndarray, held: np.ndarray, groups: int, inside: int
) -> np.ndarray:
    """Return twice the cost of each set of nodes as a zone, `FORBIDDEN` where it can't be one.

    ``sets`` (m, 2) are bit masks of at most 128 nodes; ``held`` the number of nodes of each
    anchor. A zone holds all nodes of one anchor or none, and never two anchors. With ``inside``
    zones outside the hard band of their main class, or outside a load's, are forbidden too.
    """
    size, one = len(graph.node), np.uint64(1)
    prices = np.empty(len(sets), np.int64)
    member = np.zeros(size, np.bool_)
    met = np.full(max(1, groups), -1, np.int64)
    shares = np.zeros((1, len(graph.bands)), np.int64)
    loads = np.zeros((1, len(graph.load_bands)), np.int64)
    for k in range(len(sets)):
        weight, area, perimeter, split = 0, 0, 0, 0
        shares[:] = 0
        loads[:] = 0
        for node in range(size):
            member[node] = sets[k, node // 64] >> np.uint64(node % 64) & one != np.uint64(0)
            if member[node]:
                weight += graph.node[node, WEIGHT]
                area += graph.node[node, AREA]
                perimeter += graph.node[node, PERIMETER]
                shares[0, graph.node[node, KLASS]] += graph.node[node, WEIGHT]
                loads[0] += graph.loads[node]
                group = graph.node[node, GROUP]
                if group >= 0 and met[group] != k:
                    met[group] = k
                    split += 2 * graph.node[node, WHOLE]
        band = graph.bands[find_top_class(shares, 0)]
        fits = band[2] <= weight <= band[3] and not is_overloaded(loads, 0, graph.load_bands)
        prices[k] = FORBIDDEN
        if (fits or inside == 0) and _allows(graph, member, held):
            cost, length = _weigh_rim(graph, member)
            own = weigh_zone(graph, aim, weight, shares, loads, 0, area, perimeter - length)
            prices[k] = split + cost + 2 * own
    return prices
