"""What the engine is asked, in whole numbers: a bare graph, bands by class, and the aim.

Everything that weighs is turned into integers once, here, so that the search is the same on any
machine. `gridmap.planning.kernels` is imported only by the functions that search.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridmap.planning.wholes import weigh_wholes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.planning.kernels.weighing import Aim, Graph

MOST_STATES = 1024
"""Weight states of the tree cut: above this, weights are counted in grains of several."""
CUT_WORTH = 256
"""Weighed cost of cutting an edge of cost 1 where shape is given (gridmap's own default)."""
BARE_CUT_WORTH = 512
"""The same on a graph without shape, where cut edges are all the compactness there is."""
CHANGE_WORTH = 1024
"""Weighed cost of parting two neighbours of today's zone, or joining two of different ones."""
MOST_WORTH = 1 << 24


@dataclass(frozen=True)
class BandTable:
    """Bands by class of node: a zone is judged by the class with most of its weight.

    Attributes
    ----------
    wished, hard
        Lower and upper weight of a zone, shape (classes, 2); the wish may be the hard band.
    """

    wished: NDArray[np.int64]
    hard: NDArray[np.int64]

    @property
    def widest(self) -> tuple[int, int]:
        """Return the least lower and the greatest upper of the hard bands."""
        return int(self.hard[:, 0].min()), int(self.hard[:, 1].max())


@dataclass(frozen=True)
class Shape:
    """Measures by which the shape of zones is steered.

    Attributes
    ----------
    lengths
        Shared border of each edge in metres, shape (m,).
    areas, perimeters
        Of each node, in square metres and metres, shape (n,).
    """

    lengths: NDArray[np.float64]
    areas: NDArray[np.float64]
    perimeters: NDArray[np.float64]


@dataclass(frozen=True)
class Problem:
    """A graph to be divided; the arrays are described at `gridmap.planning.partition`.

    ``edges`` are simple: each pair once, first end below the second. ``costs`` are in units of
    an ordinary edge, ``crossings`` in units of one main road crossed. ``loads`` (n, q) are further
    weights, each with a row of ``load_bands`` (q, 2): the least and the most that a zone may carry.
    """

    weights: NDArray[np.int64]
    edges: NDArray[np.int64]
    costs: NDArray[np.float64]
    crossings: NDArray[np.float64]
    bands: BandTable
    classes: NDArray[np.int64]
    shape: Shape | None = None
    groups: NDArray[np.int64] | None = None
    current: NDArray[np.int64] | None = None
    anchors: NDArray[np.int64] | None = None
    zones: int = 0
    loads: NDArray[np.int64] | None = None
    load_bands: NDArray[np.int64] | None = None

    @property
    def size(self) -> int:
        """Return the number of nodes."""
        return len(self.weights)


def index_edges(
    edges: NDArray[np.int64], size: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows of edges (CSR): where each node's row starts, neighbours, edge ids.

    Examples
    --------
    >>> start, near, _ = index_edges(np.array([[0, 1], [1, 2]]), 3)
    >>> start.tolist(), near.tolist()
    ([0, 1, 3, 4], [1, 0, 2, 1])
    """
    many = len(edges)
    ends = np.concatenate([edges[:, 0], edges[:, 1]]).astype(np.int64)
    others = np.concatenate([edges[:, 1], edges[:, 0]])
    ids = np.concatenate([np.arange(many), np.arange(many)])
    order = np.lexsort((others, ends))
    start = np.zeros(size + 1, np.int64)
    np.cumsum(np.bincount(ends, minlength=size), out=start[1:])
    return start, others[order], ids[order]


def number_anew(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return labels of at least 0 numbered without gaps; the others are -1.

    Examples
    --------
    >>> number_anew(np.array([7, -1, 3, 7])).tolist()
    [1, -1, 0, 1]
    """
    fresh = np.full(len(labels), -1, np.int64)
    held = labels >= 0
    fresh[held] = np.unique(labels[held], return_inverse=True)[1].reshape(-1)
    return fresh


def find_pieces(edges: NDArray[np.int64], size: int) -> NDArray[np.int32]:
    """Return the connected piece of each node, numbered by first node.

    Examples
    --------
    >>> find_pieces(np.array([[0, 2]]), 3).tolist()
    [0, 1, 0]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ones = np.ones(len(edges), np.int8)
    matrix = coo_array((ones, (edges[:, 0], edges[:, 1])), shape=(size, size))
    return number_by_first(connected_components(matrix, directed=False)[1])


def number_by_first(labels: NDArray[Any]) -> NDArray[np.int32]:
    """Renumber labels 0, 1, ... in the order in which they first occur.

    Examples
    --------
    >>> number_by_first(np.array([7, 3, 7, 9])).tolist()
    [0, 1, 0, 2]
    """
    _, first, place = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int32)
    rank[np.argsort(first)] = np.arange(len(first), dtype=np.int32)
    return rank[place.reshape(-1)]


def state_problem(problem: Problem, *, wide: bool = False) -> tuple[Graph, Aim]:
    """Turn a problem into the whole numbers that the kernels work on.

    ``wide``: the tree cut has states up to one and a half times the ceiling, which is slower and
    only needed where nodes do not fit. A node above the ceiling counts as just above it: it is
    outside with or without others, and what joins it is weighed like any excess.
    """
    from gridmap.planning.kernels.weighing import (
        ASTRAY,
        CROSSING,
        DEVIATION,
        SHAPE,
        STEEP,
        TIE,
        Aim,
        Graph,
    )

    size, many = problem.size, len(problem.edges)
    total = int(problem.weights.sum())
    upper = problem.bands.widest[1]
    grain = max(1, math.ceil(min(upper, max(total, 1)) / MOST_STATES))
    weights = np.minimum(problem.weights, upper + 1)
    target = _choose_target(problem)
    shape = None if problem.shape is None else _scale_shape(problem.shape)
    worth = BARE_CUT_WORTH if shape is None else CUT_WORTH
    cut = _whole(problem.costs * worth)
    cross = _whole(problem.crossings * CROSSING)
    if problem.current is not None:
        today = problem.current[problem.edges]
        same, known = today[:, 0] == today[:, 1], (today >= 0).all(axis=1)
        cut = cut + np.where(known & same, CHANGE_WORTH, 0)
        cross = cross + np.where(known & ~same, CHANGE_WORTH, 0)
    start, near, ids = index_edges(problem.edges, size)
    none = np.full(size, -1, np.int64)
    loads, load_bands = _state_loads(problem)
    bare = shape is None and problem.zones > 0
    edge = np.full(len(target), TIE if bare else DEVIATION)
    bands = np.column_stack([problem.bands.wished, problem.bands.hard, target, edge]).astype(
        np.int64
    )
    graph = Graph(
        indptr=start,
        slot=np.column_stack([near, ids]),
        node=np.column_stack(
            [
                weights,
                np.zeros(size, np.int64) if shape is None else shape[1],
                np.zeros(size, np.int64) if shape is None else shape[2],
                (weights + grain // 2) // grain,
                problem.classes,
                none if problem.groups is None else problem.groups,
                none if problem.anchors is None else problem.anchors,
                weigh_wholes(problem),
            ]
        ),
        edge=np.column_stack(
            [
                cut,
                cross,
                np.zeros(many, np.int64) if shape is None else shape[0],
                rank_edges(cut - cross),
            ]
        ),
        bands=bands,
        loads=loads,
        load_bands=load_bands,
    )
    zones = problem.zones or max(1, round(total / max(1, int(target[0]))))
    reach = 0 if shape is None else max(1, 4 * math.isqrt(int(shape[1].sum()) // zones))
    most = upper + upper // 2 if wide else upper
    aim = Aim(
        tops=int(min(most, max(total, 1)) // grain) + 1,
        slope=ASTRAY * STEEP if wide else ASTRAY,
        grain=int(grain),
        zones=int(problem.zones),
        shape=0 if shape is None else SHAPE,
        reach=reach,
    )
    return graph, aim


def _state_loads(problem: Problem) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the further weights and their bands; a node above a cap counts as just above it."""
    if problem.loads is None or problem.load_bands is None:
        return np.zeros((problem.size, 0), np.int64), np.zeros((0, 2), np.int64)
    capped = np.minimum(problem.loads, problem.load_bands[:, 1] + 1)
    return np.ascontiguousarray(capped), np.array(problem.load_bands, np.int64, order="C")


def _choose_target(problem: Problem) -> NDArray[np.int64]:
    """Return the weight each class of zone is drawn to: the wish's middle, or the mean asked."""
    if problem.zones > 0:
        mean = round(int(problem.weights.sum()) / problem.zones)
        hard = problem.bands.hard
        return np.minimum(np.maximum(mean, hard[:, 0]), hard[:, 1])
    middle: NDArray[np.int64] = problem.bands.wished.sum(axis=1) // 2
    return middle


def _whole(values: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.rint(np.clip(values, 0, MOST_WORTH)).astype(np.int64)


def rank_edges(worth: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return 0 for the edges that most want to be kept, up to 1000 for the least."""
    if len(worth) == 0:
        return worth
    least, most = int(worth.min()), int(worth.max())
    return (most - worth) * 1000 // max(1, most - least)


def _scale_shape(
    shape: Shape,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return lengths, areas and perimeters in whole units: decimetres where they fit in int64."""
    room = math.sqrt(2.0**46 / max(1e-9, float(shape.areas.sum())))
    edge = 2.0**29 / max(1e-9, float(shape.perimeters.sum()), float(shape.lengths.sum()))
    scale = min(10.0, room, edge)
    scale = 10.0 if scale == 10.0 else 2.0 ** math.floor(math.log2(scale))
    return (
        np.rint(shape.lengths * scale).astype(np.int64),
        np.rint(shape.areas * scale * scale).astype(np.int64),
        np.rint(shape.perimeters * scale).astype(np.int64),
    )
