"""Random spanning trees that keep together what belongs together."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridmap.planning.kernels.columns import (
    ANCHOR,
    CROSSED,
    CUTTING,
    EDGE,
    GROUP,
    LENGTH,
    NEAR,
    RANK,
    WHOLE,
)
from gridmap.planning.kernels.compiling import draw_below, inner
from gridmap.planning.kernels.timing import Bell, is_due

if TYPE_CHECKING:
    from gridmap.planning.kernels.weighing import Aim, Graph

FREE, KEPT, CUT = 0, 1, 2
"""What the cut may do with a tree edge: anything, never cut it, always cut it."""
GROUP_RANK = -4096
"""Edges inside a group come first in a tree, whatever the noise."""
KEY_SHIFT, EDGE_BITS = 1 << 34, 26
"""A sort key carries the edge in its low bits; so a region has fewer than 2**26 edges."""
LONG_WAY = 4000
"""Above this many nodes a tree edge is priced by itself, not by all edges that close over it."""
BREATH = 255
"""Edges between two looks at the clock, a power of two less one."""


class Hung(NamedTuple):
    """A tree by its nodes breadth-first and their parents; and what ends the work on it."""

    order: np.ndarray
    parent: np.ndarray
    bell: Bell


@inner
def find_root(parent: np.ndarray, node: int) -> int:
    """Return the root of a node's set, halving the path to it."""
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


@inner
def collect_edges(
    graph: Graph, nodes: np.ndarray, place: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return ends (m, 2), as positions in ``nodes``, and ids (m,) of the edges among nodes.

    ``place`` holds each node's position in ``nodes``, and -1 elsewhere.
    """
    many = 0
    for i in range(len(nodes)):
        for slot in range(graph.indptr[nodes[i]], graph.indptr[nodes[i] + 1]):
            if place[graph.slot[slot, NEAR]] > i:
                many += 1
    ends = np.empty((many, 2), np.int64)
    ids = np.empty(many, np.int64)
    many = 0
    for i in range(len(nodes)):
        for slot in range(graph.indptr[nodes[i]], graph.indptr[nodes[i] + 1]):
            j = place[graph.slot[slot, NEAR]]
            if j > i:
                ends[many, 0], ends[many, 1] = i, j
                ids[many] = graph.slot[slot, EDGE]
                many += 1
    return ends, ids


@inner
def _sort_keys(keys: np.ndarray, bell: Bell) -> None:
    """Sort distinct whole numbers in place (Shell's method: short to compile, no extra room).

    When the bell rings they stay as they lie: a tree can be drawn from any order.
    """
    gap = len(keys) // 2
    while gap > 0 and not is_due(bell):
        for k in range(gap, len(keys)):
            key, low = keys[k], k
            while low >= gap and keys[low - gap] > key:
                keys[low] = keys[low - gap]
                low -= gap
            keys[low] = key
        gap = 1 if gap == 2 else gap * 5 // 11


@inner
def _rank_edges(
    graph: Graph,
    nodes: np.ndarray,
    ends: np.ndarray,
    ids: np.ndarray,
    bell: Bell,
    rng: np.ndarray,
) -> np.ndarray:
    """Return the edges in the order in which a tree takes them: rank, blurred by chance."""
    spread = (200, 600, 1500, 4000)[draw_below(rng, 4)]
    by_group = draw_below(rng, 8) > 0
    keys = np.empty(len(ids), np.int64)
    for e in range(len(ids)):
        a, b = nodes[ends[e, 0]], nodes[ends[e, 1]]
        noise = draw_below(rng, 1 << 20)
        key = (graph.edge[ids[e], RANK] << 20) + noise * spread
        if by_group and graph.node[a, GROUP] >= 0 and graph.node[a, GROUP] == graph.node[b, GROUP]:
            key = (GROUP_RANK << 20) + noise
        if graph.node[a, ANCHOR] >= 0 and graph.node[a, ANCHOR] == graph.node[b, ANCHOR]:
            key = (2 * GROUP_RANK << 20) + noise
        keys[e] = (key + KEY_SHIFT << EDGE_BITS) + e
    _sort_keys(keys, bell)
    for e in range(len(keys)):
        keys[e] &= (1 << EDGE_BITS) - 1
    return keys


@inner
def draw_tree(
    graph: Graph,
    nodes: np.ndarray,
    ends: np.ndarray,
    ids: np.ndarray,
    bell: Bell,
    rng: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Draw a spanning tree of connected nodes; return its edges (positions in ids) and flags.

    Kruskal's rule over blurred ranks. Sets that hold different anchors are joined last, by edges
    that must be cut, so that no zone ever holds two locked zones.
    """
    size = len(nodes)
    order = _rank_edges(graph, nodes, ends, ids, bell, rng)
    root = np.empty(size, np.int64)
    anchor = np.empty(size, np.int64)
    for i in range(size):
        root[i] = i
        anchor[i] = graph.node[nodes[i], ANCHOR]
    chosen = np.empty(size - 1, np.int64)
    flags = np.empty(size - 1, np.int64)
    many = 0
    for last in range(2):
        for k in range(len(order)):
            e = order[k]
            a, b = find_root(root, ends[e, 0]), find_root(root, ends[e, 1])
            both = anchor[a] >= 0 and anchor[b] >= 0
            if a == b or (last == 0 and both and anchor[a] != anchor[b]):
                continue
            flags[many] = CUT if last == 1 else (KEPT if both else FREE)
            chosen[many] = e
            many += 1
            root[b] = a
            anchor[a] = max(anchor[a], anchor[b])
        if many == size - 1:
            break
    return chosen[:many], flags[:many]


@inner
def hang_tree(
    size: int, ends: np.ndarray, chosen: np.ndarray, top: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hang a tree from one node.

    Returns the nodes in breadth-first order, each one's parent (-1 at the top), and the place in
    ``chosen`` of the edge to it.
    """
    start = np.zeros(size + 1, np.int64)
    for t in range(len(chosen)):
        start[ends[chosen[t], 0] + 1] += 1
        start[ends[chosen[t], 1] + 1] += 1
    for i in range(size):
        start[i + 1] += start[i]
    fill = np.empty(size, np.int64)
    for i in range(size):
        fill[i] = start[i]
    beside = np.empty(2 * len(chosen), np.int64)
    by = np.empty(2 * len(chosen), np.int64)
    for t in range(len(chosen)):
        a, b = ends[chosen[t], 0], ends[chosen[t], 1]
        beside[fill[a]], by[fill[a]] = b, t
        beside[fill[b]], by[fill[b]] = a, t
        fill[a] += 1
        fill[b] += 1
    parent = np.empty(size, np.int64)
    branch = np.empty(size, np.int64)
    order = np.empty(size, np.int64)
    order[0], parent[top], branch[top] = top, -1, -1
    many = 1
    for k in range(size):
        node = order[k]
        for slot in range(start[node], start[node + 1]):
            child = beside[slot]
            if child != parent[node]:
                parent[child], branch[child] = node, by[slot]
                order[many] = child
                many += 1
    return order, parent, branch


@inner
def price_edges(
    graph: Graph,
    aim: Aim,
    nodes: np.ndarray,
    ends: np.ndarray,
    ids: np.ndarray,
    hung: Hung,
) -> np.ndarray:
    """Price the cut above each node: of all edges that close over that tree edge.

    With two zones the price is exact; with more, an edge between two zones that are not
    neighbours in the tree counts at each cut on its way. Edges of long trees are priced alone. A
    border costs at most the whole shape of the two zones beside it. When the bell rings the rest
    is priced at nothing.
    """
    order, parent, bell = hung
    size = len(nodes)
    price = np.zeros(size, np.int64)
    depth = np.zeros(size, np.int64)
    for k in range(1, size):
        depth[order[k]] = depth[parent[order[k]]] + 1
    for e in range(len(ids)):
        if e & BREATH == 0 and is_due(bell):
            break
        worth = graph.edge[ids[e], CUTTING] - graph.edge[ids[e], CROSSED]
        if aim.reach > 0:
            shape = 2 * aim.shape * graph.edge[ids[e], LENGTH] // aim.reach
            worth += min(shape, 2 * aim.shape)
        a, b = ends[e, 0], ends[e, 1]
        if size > LONG_WAY and parent[a] != b and parent[b] != a:
            continue
        while a != b:
            if depth[a] < depth[b]:
                a, b = b, a
            price[a] += worth
            a = parent[a]
    for k in range(1, size):
        node = order[k]
        group = graph.node[nodes[node], GROUP]
        if group >= 0 and group == graph.node[nodes[parent[node]], GROUP]:
            price[node] += graph.node[nodes[node], WHOLE]
    return price
