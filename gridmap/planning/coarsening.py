"""A graph whose zones have many nodes, made coarse: neighbours joined two by two, again and again.

A border across a hundred nodes can't be found by moving single nodes. So the search begins on a
coarse graph, in which a zone has few nodes, and goes down rung by rung with finer moves. Sums are
carried over exactly: a division costs the same on each rung.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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
    RANK,
    STATES,
    WEIGHT,
)
from gridmap.planning.problems import index_edges, number_by_first, rank_edges
from gridmap.planning.regions import draw_keys

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.planning.kernels.weighing import Aim, Graph

NODES_A_ZONE = 30
"""Coarse nodes that a zone should have: enough for a tree to be cut in many ways."""
SMALLEST_PART = 14
"""A coarse node holds at most this part of a zone, by weight, by each load, and by nodes."""
HANDSHAKES = 6
"""Times that nodes look for a mate on one rung."""
LEAST_GAIN = 12
"""A rung that takes less than one in so many nodes away is the last."""
FINE = 20
"""Bits by which a rating is finer than what it divides."""
BULK = 64
"""Steps in which the bulk of a node is counted, up to that of the largest allowed."""


@dataclass(frozen=True)
class Rung:
    """A graph, and where its nodes are one rung above.

    Attributes
    ----------
    graph
        The kernels' graph.
    above
        Node of the next coarser graph that holds each node, shape (n,); empty on the top rung.
    """

    graph: Graph
    above: NDArray[np.int64]


def is_fine(nodes: int, zones: int) -> bool:
    """Tell whether zones have so many nodes that the search should begin on a coarser graph.

    Examples
    --------
    >>> is_fine(7_000, 40), is_fine(270_000, 14_000)
    (True, False)
    """
    return nodes > 2 * NODES_A_ZONE * zones


def build_ladder(
    graph: Graph, aim: Aim, *, zones: int, seed: int, within: NDArray[np.int64] | None = None
) -> list[Rung]:
    """Make a graph coarser, rung by rung, until a zone has about thirty nodes, or no more join.

    Parameters
    ----------
    graph, aim
        What is to be divided, and what is wanted.
    zones
        Zones there will be.
    seed
        Decides between equals.
    within
        A division that every rung must be able to express, shape (n,), or None.

    Returns
    -------
    list of Rung
        From the graph itself up to the coarsest. Only nodes of one class and one group, with one
        anchor or none, are joined, and never across a line where a border is wanted.

    Examples
    --------
    >>> from gridmap.planning.problems import BandTable, Problem, state_problem
    >>> path = np.column_stack([np.arange(399), np.arange(1, 400)])
    >>> bands = BandTable(np.array([[80, 120]]), np.array([[80, 120]]))
    >>> graph, aim = state_problem(Problem(np.ones(400, np.int64), path, np.ones(399),
    ...                                    np.zeros(399), bands, np.zeros(400, np.int64)))
    >>> 120 <= len(build_ladder(graph, aim, zones=4, seed=7)[-1].graph.node) <= 200
    True
    """
    rungs: list[Rung] = []
    count = np.ones(len(graph.node), np.int64)
    most = max(2, -(-len(graph.node) // (zones * SMALLEST_PART)))
    now = within
    while len(graph.node) * 2 > 3 * NODES_A_ZONE * zones:
        above = _join_neighbours(graph, aim, count, most, seed + len(rungs), now)
        size = int(above.max()) + 1
        if (len(graph.node) - size) * LEAST_GAIN < len(graph.node):
            break
        rungs.append(Rung(graph, above))
        if now is not None:
            lifted = np.empty(size, np.int64)
            lifted[above] = now
            now = lifted
        count = np.bincount(above, weights=count).astype(np.int64)
        graph = contract_graph(graph, above, aim.grain)
    rungs.append(Rung(graph, np.zeros(0, np.int64)))
    return rungs


def contract_graph(graph: Graph, above: NDArray[np.int64], grain: int) -> Graph:
    """Join nodes; costs, lengths, weights and all other sums are exactly those of the parts.

    Parameters
    ----------
    graph
        The kernels' graph.
    above
        Number 0.. of the joined node that each node goes into, shape (n,).
    grain
        Weight a grain, for the tree cut's states.

    Returns
    -------
    Graph
        Edges between the same two joined nodes are one; those inside are gone, with what they
        cost when crossed (nodes across such a line should not be joined).
    """
    size = int(above.max(initial=-1)) + 1
    ends = above[list_ends(graph)]
    apart = ends[:, 0] != ends[:, 1]
    low, high = ends.min(axis=1), ends.max(axis=1)
    keys, place = np.unique(low[apart] * size + high[apart], return_inverse=True)
    place = place.reshape(-1)

    edge = np.zeros((len(keys), graph.edge.shape[1]), np.int64)
    for column in (CUTTING, CROSSED, LENGTH):
        edge[:, column] = _add_up(place, graph.edge[apart, column], len(keys))
    edge[:, RANK] = rank_edges(edge[:, CUTTING] - edge[:, CROSSED])

    first = np.unique(above, return_index=True)[1]
    node = graph.node[first].copy()
    for column in (WEIGHT, AREA, PERIMETER):
        node[:, column] = _add_up(above, graph.node[:, column], size)
    inside = _add_up(ends[~apart, 0], graph.edge[~apart, LENGTH], size)
    node[:, PERIMETER] -= 2 * inside
    node[:, STATES] = (node[:, WEIGHT] + grain // 2) // grain
    loads = np.zeros((size, graph.loads.shape[1]), np.int64)
    for column in range(graph.loads.shape[1]):
        loads[:, column] = _add_up(above, graph.loads[:, column], size)

    pairs = np.column_stack([keys // max(1, size), keys % max(1, size)])
    start, near, ids = index_edges(pairs, size)
    slot = np.column_stack([near, ids])
    return graph._replace(indptr=start, slot=slot, node=node, edge=edge, loads=loads)


def list_ends(graph: Graph) -> NDArray[np.int64]:
    """Return the two nodes of each edge, the lower first, shape (m, 2)."""
    node = np.repeat(np.arange(len(graph.node)), np.diff(graph.indptr))
    near, edge = graph.slot[:, NEAR], graph.slot[:, EDGE]
    once = node < near
    ends = np.empty((len(graph.edge), 2), np.int64)
    ends[edge[once], 0] = node[once]
    ends[edge[once], 1] = near[once]
    return ends


def _add_up(place: NDArray[np.int64], values: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Return whole sums by place: exact, unlike a weighted count in floats."""
    sums = np.zeros(size, np.int64)
    np.add.at(sums, place, values)
    return sums


def _join_neighbours(
    graph: Graph,
    aim: Aim,
    count: NDArray[np.int64],
    most: int,
    seed: int,
    within: NDArray[np.int64] | None,
) -> NDArray[np.int64]:
    """Pair nodes that want each other most; return the number of each node's pair, 0.. by first.

    Each looks for the neighbour with the dearest border in proportion to the bulk of both, so that
    joined nodes stay small and round; two that choose each other are joined.
    """
    size, ends = len(graph.node), list_ends(graph)
    rating = _rate_edges(graph, aim, ends, count, most)
    if within is not None:
        rating[within[ends[:, 0]] != within[ends[:, 1]]] = 0
    order = np.flatnonzero(rating > 0)
    order = order[np.lexsort((draw_keys(seed, len(ends))[order], rating[order]))]
    mate = np.arange(size)
    free = np.ones(size, np.bool_)
    for _ in range(HANDSHAKES):
        order = order[free[ends[order]].all(axis=1)]
        if len(order) == 0:
            break
        rank = np.arange(len(order))
        chosen = np.full(size, -1)
        np.maximum.at(chosen, ends[order, 0], rank)
        np.maximum.at(chosen, ends[order, 1], rank)
        pairs = ends[order[(chosen[ends[order]] == rank[:, None]).all(axis=1)]]
        mate[pairs[:, 1]] = pairs[:, 0]
        free[pairs] = False
    return number_by_first(mate).astype(np.int64)


def _rate_edges(
    graph: Graph, aim: Aim, ends: NDArray[np.int64], count: NDArray[np.int64], most: int
) -> NDArray[np.int64]:
    """Return how much the two nodes of each edge want to be one; 0 where they may not be."""
    worth = graph.edge[:, CUTTING].copy()
    if aim.reach > 0:
        worth += 2 * aim.shape * graph.edge[:, LENGTH] // aim.reach
    full = max(1, int(graph.bands[:, 4].min()) // SMALLEST_PART)
    weight = graph.node[:, WEIGHT]
    joined = [(weight, full), (count, most)]
    joined += [
        (graph.loads[:, column], max(1, int(graph.load_bands[column, 1]) // SMALLEST_PART))
        for column in range(graph.loads.shape[1])
    ]
    bulk = np.ones(len(graph.node), np.int64)
    may = graph.edge[:, CROSSED] == 0
    for values, limit in joined:
        bulk = np.maximum(bulk, BULK * np.minimum(values, limit) // limit)
        may &= values[ends].sum(axis=1) <= limit
    for column in (KLASS, GROUP, ANCHOR):
        may &= graph.node[ends[:, 0], column] == graph.node[ends[:, 1], column]
    rating = (np.minimum(worth, 1 << 40) << FINE) // (bulk[ends[:, 0]] * bulk[ends[:, 1]])
    return np.where(may, np.maximum(rating, 1), 0)
