"""A large graph in parts: blocks for the first division, and regions of neighbouring zones.

Whatever crosses the rim of a region stays cut, and a zone lies in one region as a whole; so regions
are problems of their own, and what one gains the whole gains. They are drawn from the seed and the
round alone: how many are searched at a time changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridmap.planning.kernels.columns import ANCHOR, CROSSED, CUTTING, EDGE, GROUP, NEAR
from gridmap.planning.problems import find_pieces, index_edges, number_by_first

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.planning.kernels.weighing import Graph

SPREAD = 5
"""A block is closed at this many halves of the mass wanted."""
MOST_TURNS = 24
"""Times that what no seed has reached is sown again; what is then left is taken as it lies."""
LARGE_GROUP = 4
"""Groups above this part of a block's mass are not kept whole by the blocks."""
_STEP, _A, _B = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


@dataclass(frozen=True)
class Region:
    """A part of a graph as a graph of its own.

    Attributes
    ----------
    nodes
        Its nodes, ascending.
    graph
        The kernels' graph of these nodes and of the edges among them.
    groups
        How many groups there are.
    """

    nodes: NDArray[np.int64]
    graph: Graph
    groups: int


def draw_keys(seed: int, size: int) -> NDArray[np.uint64]:
    """Return a row of random numbers from a seed, the same on any machine.

    Notes
    -----
    Source: splitmix64 of Steele, Lea and Flood (2014), as in the kernels.

    Examples
    --------
    >>> bool((draw_keys(7, 3) == draw_keys(7, 5)[:3]).all())
    True
    """
    mixed = np.arange(1, size + 1, dtype=np.uint64) * np.uint64(_STEP) + np.uint64(seed)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(_A)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(_B)
    return mixed ^ (mixed >> np.uint64(31))


def grow_blocks(
    edges: NDArray[np.int64],
    ways: NDArray[np.int64],
    mass: NDArray[np.int64],
    *,
    wanted: int,
    seed: int,
    first: NDArray[np.bool_] | None = None,
) -> NDArray[np.int64]:
    """Share the nodes of a graph out into connected blocks of about a wanted mass.

    Parameters
    ----------
    edges
        Pairs of nodes, each pair once, shape (m, 2).
    ways
        Length of each edge, whole numbers of 1 to 15: rims tend to lie on long ones. Shape (m,).
    mass
        Mass of each node, at least 1, shape (n,).
    wanted
        Mass of a block; a block has at most two and a half times as much, unless a node has.
    seed
        Start of the random numbers.
    first
        Nodes from which blocks are grown before others, shape (n,), or None.

    Returns
    -------
    ndarray
        Block of each node, numbered by first node, each in one piece, shape (n,).

    Examples
    --------
    >>> path = np.array([[0, 1], [1, 2], [2, 3]])
    >>> blocks = grow_blocks(path, np.ones(3, np.int64), np.ones(4, np.int64), wanted=1, seed=7)
    >>> bool(1 <= blocks.max() <= 3)
    True
    """
    from gridmap.planning.kernels.spreading import spread

    size = len(mass)
    start, near, ids = index_edges(edges, size)
    block = np.full(size, -1, np.int64)
    most = SPREAD * wanted // 2
    late = np.zeros(size, np.bool_) if first is None else ~first
    for turn in range(MOST_TURNS + 1):
        free = np.flatnonzero(block < 0)
        if len(free) == 0:
            break
        pieces = find_pieces(edges[(block[edges] < 0).all(axis=1)], size)
        totals = np.bincount(pieces[free], weights=mass[free], minlength=size).astype(np.int64)
        small = free[(totals[pieces[free]] <= most) | (turn == MOST_TURNS)]
        block[small] = block.max() + 1 + number_by_first(pieces[small])
        free = free[block[free] < 0]
        order = free[np.lexsort((draw_keys(seed + turn, size)[free], late[free], pieces[free]))]
        place = np.arange(len(order)) - np.searchsorted(pieces[order], pieces[order])
        seeds = order[place < np.maximum(1, totals[pieces[order]] // wanted)]
        spread(start, near, ways[ids], mass, seeds, most, block)
    return number_by_first(block).astype(np.int64)


def draw_blocks(
    graph: Graph,
    edges: NDArray[np.int64],
    inside: NDArray[np.int64],
    *,
    wanted: int,
    seed: int,
) -> NDArray[np.int64]:
    """Share a graph out into connected blocks of about a wanted number of nodes.

    Small groups and all that holds together by an anchor stay whole; rims tend to lie where
    cutting costs least.

    Parameters
    ----------
    graph, edges
        The kernels' graph and its edges, shape (m, 2).
    inside
        Positions of the edges along which blocks may grow.
    wanted
        Nodes of a block.
    seed
        Start of the random numbers.

    Returns
    -------
    ndarray
        Block of each node, shape (n,).
    """
    size, edges = len(graph.node), edges[inside]
    ends_group, ends_anchor = graph.node[edges, GROUP], graph.node[edges, ANCHOR]
    grouped = (ends_group[:, 0] == ends_group[:, 1]) & (ends_group[:, 0] >= 0)
    held = (ends_anchor[:, 0] == ends_anchor[:, 1]) & (ends_anchor[:, 0] >= 0)
    crowd = find_pieces(edges[grouped], size)
    few = np.bincount(crowd) * LARGE_GROUP <= wanted
    clump = find_pieces(edges[held | (grouped & few[crowd[edges[:, 0]]])], size).astype(np.int64)
    worth = graph.edge[inside, CUTTING] - graph.edge[inside, CROSSED]
    pairs, ways = _join_clumps(clump[edges], _measure_ways(worth))
    blocks = grow_blocks(pairs, ways, np.bincount(clump), wanted=wanted, seed=seed)
    return blocks[clump]


def _measure_ways(worth: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how far an edge reaches: 1 for the dear half, up to 8 where a border is wanted."""
    dear = worth[worth > 0]
    usual = int(np.median(dear)) if len(dear) else 0
    ways = 1 + (worth < usual) + (4 * worth < usual) + (16 * worth < usual)
    return np.where(worth < 0, 8, ways).astype(np.int64)


def _join_clumps(
    ends: NDArray[np.int64], ways: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return each pair of different clumps once, with the shortest way between them."""
    low, high = ends.min(axis=1), ends.max(axis=1)
    apart = low < high
    size = int(ends.max(initial=0)) + 1
    keys, place = np.unique(low[apart] * size + high[apart], return_inverse=True)
    least = np.full(len(keys), 15, np.int64)
    np.minimum.at(least, place.reshape(-1), ways[apart])
    return np.column_stack([keys // size, keys % size]), least


def draw_regions(
    edges: NDArray[np.int64],
    labels: NDArray[np.int64],
    active: NDArray[np.bool_],
    *,
    wanted: int,
    seed: int,
    first: NDArray[np.bool_] | None = None,
) -> NDArray[np.int64]:
    """Share zones out into regions of neighbouring zones with about a wanted number of nodes.

    Parameters
    ----------
    edges
        Pairs of nodes, shape (m, 2).
    labels
        Zone of each node, 0.. without gaps, shape (n,).
    active
        Zones that take part, shape (zones,).
    wanted, seed, first
        As `grow_blocks` has them, of zones.

    Returns
    -------
    ndarray
        Region of each zone, -1 for those that take no part, shape (zones,). Small regions are
        packed together, so that a region need not be in one piece.

    Examples
    --------
    >>> path = np.array([[0, 1], [1, 2], [2, 3]])
    >>> draw_regions(path, np.arange(4), np.ones(4, bool), wanted=9, seed=7).tolist()
    [0, 0, 0, 0]
    """
    ends = labels[edges]
    ends = ends[active[ends].all(axis=1)]
    pairs, ways = _join_clumps(ends, np.ones(len(ends), np.int64))
    mass = np.bincount(labels, minlength=len(active))
    blocks = grow_blocks(pairs, ways, mass, wanted=wanted, seed=seed, first=first)
    sizes = np.bincount(blocks, weights=mass * active)
    region = pack_blocks(sizes, wanted)[blocks]
    return np.where(active, region, -1)


def pack_blocks(sizes: NDArray[Any], wanted: int) -> NDArray[np.int64]:
    """Return the parcel of each block: those below half of the mass wanted share parcels.

    Examples
    --------
    >>> pack_blocks(np.array([9, 1, 1, 9]), 9).tolist()
    [0, 1, 1, 2]
    """
    small = 2 * sizes < wanted
    total = np.cumsum(np.where(small, sizes, 0))
    parcel = np.where(small, (total // wanted).astype(np.int64), -1)
    fresh = int(parcel.max(initial=-1)) + 1
    parcel[~small] = fresh + np.arange(np.count_nonzero(~small))
    return number_by_first(parcel).astype(np.int64)


def take_regions(graph: Graph, region: NDArray[np.int64]) -> list[Region]:
    """Take regions out of a graph, each as a graph of its own with all that is known of it.

    Parameters
    ----------
    graph
        The kernels' graph.
    region
        Region of each node, 0.., -1 for none, shape (n,).

    Returns
    -------
    list of Region
        By number. Edges between regions are left out; perimeters keep the whole outer border.
    """
    many = int(region.max(initial=-1)) + 1
    order = np.flatnonzero(region >= 0)
    order = order[np.argsort(region[order], kind="stable")]
    own = region[order]
    starts = np.searchsorted(own, np.arange(many + 1))
    place = np.full(len(region), -1, np.int64)
    place[order] = np.arange(len(order)) - starts[own]
    rows, near, ids = _take_rows(graph, region, order)
    edges, edge_starts, edge_place = _take_edges(graph, own, order, rows, near, ids)
    group, groups = _number_groups(graph.node[order, GROUP], own, many)
    node = graph.node[order]
    node[:, GROUP] = group
    fields: dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]] = {
        "slot": (np.column_stack([place[near], edge_place[ids]]), rows[starts]),
        "node": (node, starts),
        "edge": (graph.edge[edges], edge_starts),
        "loads": (graph.loads[order], starts),
    }
    regions = []
    for k in range(many):
        parts = {name: row[cuts[k] : cuts[k + 1]] for name, (row, cuts) in fields.items()}
        parts["indptr"] = rows[starts[k] : starts[k + 1] + 1] - rows[starts[k]]
        nodes = order[starts[k] : starts[k + 1]]
        regions.append(Region(nodes, graph._replace(**parts), int(groups[k])))
    return regions


def _take_rows(
    graph: Graph, region: NDArray[np.int64], order: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows of edges inside regions: row starts, neighbours, edges."""
    counts = np.diff(graph.indptr)[order]
    ends = np.cumsum(counts)
    slot = np.repeat(graph.indptr[order] - (ends - counts), counts) + np.arange(counts.sum())
    lanes = np.repeat(region[order], counts)
    near = graph.slot[slot, NEAR]
    keep = region[near] == lanes
    kept = np.concatenate([[0], np.cumsum(keep)])
    rows = kept[np.concatenate([[0], ends])].astype(np.int64)
    return rows, near[keep], graph.slot[slot[keep], EDGE]


def _take_edges(
    graph: Graph,
    own: NDArray[np.int64],
    order: NDArray[np.int64],
    rows: NDArray[np.int64],
    near: NDArray[np.int64],
    ids: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the edges inside regions by region, where each region's start, and their places."""
    here = np.repeat(np.arange(len(order)), np.diff(rows))
    once = order[here] < near
    edges, lanes = ids[once], own[here[once]]
    starts = np.searchsorted(lanes, np.arange(int(own.max(initial=-1)) + 2))
    place = np.full(len(graph.edge), -1, np.int64)
    place[edges] = np.arange(len(edges)) - starts[lanes]
    return edges, starts, place


def _number_groups(
    group: NDArray[np.int64], own: NDArray[np.int64], many: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the groups of each region numbered from 0, and how many each region has."""
    real = group >= 0
    span = int(group.max(initial=-1)) + 1
    keys, place = np.unique(own[real] * span + group[real], return_inverse=True)
    starts = np.searchsorted(keys, np.arange(many + 1) * span)
    numbered = np.full(len(group), -1, np.int64)
    numbered[real] = place.reshape(-1) - starts[own[real]]
    return numbered, np.diff(starts)
