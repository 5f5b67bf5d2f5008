"""The engine's aim, handed to `gridmap.proving`: which divisions are proved to be the best."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gridmap.planning.kernels.columns import ANCHOR, GROUP, WEIGHT, WHOLE
from gridmap.planning.problems import (
    BandTable,
    Problem,
    find_pieces,
    index_edges,
    number_by_first,
    state_problem,
)
from gridmap.planning.wholes import sum_wholes
from gridmap.proving import PieceProof, Proof, Question, bound_splits, prove_piece
from gridmap.proving.pieces import STATUSES
from gridmap.rules import Band

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from gridmap.planning.kernels.weighing import Aim, Graph
    from gridmap.planning.watching import Watch

MOST_PIECE = 128
"""Nodes of a piece above which nothing is listed."""
WARMING = 6
"""Nodes along a side of the lattice that is proved to compile what proofs need."""


def load_provers() -> float:
    """Compile what proofs need, or load it from the cache; return the seconds it took.

    Examples
    --------
    >>> load_provers() >= 0.0
    True
    """
    from gridmap.planning.kernels.pricing import price_sets
    from gridmap.proving.masks import add_tolls

    if getattr(price_sets, "signatures", None) and getattr(add_tolls, "signatures", None):
        return 0.0
    started = time.monotonic()
    size = WARMING
    at = np.arange(size * size).reshape(size, size)
    pairs = [np.stack([at[:, :-1], at[:, 1:]], -1), np.stack([at[:-1], at[1:]], -1)]
    edges = np.concatenate([pair.reshape(-1, 2) for pair in pairs])
    band = np.array([[5, 7]])
    toy = Problem(
        np.ones(size * size, np.int64),
        edges,
        np.ones(len(edges)),
        np.zeros(len(edges)),
        BandTable(band, band),
        np.zeros(size * size, np.int64),
    )
    prove_division(toy, at.reshape(-1).astype(np.int32) // size)
    return time.monotonic() - started


def prove_division(
    problem: Problem, labels: NDArray[np.int32], watch: Watch | None = None
) -> tuple[NDArray[np.int32], tuple[PieceProof, ...]]:
    """Prove a division piece by piece, and take a better one where the proof finds one.

    Parameters
    ----------
    problem
        What was divided.
    labels
        Zone of each node, each zone in one piece, shape (n,).
    watch
        Ends the proofs early; then the gaps told are those proved by that time.

    Returns
    -------
    tuple
        Labels 0.. by first node, at least as good as those given; and what is proved of each
        connected piece. With a number of zones asked for, only a graph in one piece is proved.

    Examples
    --------
    >>> from gridmap.planning.problems import BandTable
    >>> bands = BandTable(np.array([[3, 5]]), np.array([[3, 5]]))
    >>> path = Problem(np.array([2, 2, 1, 3]), np.array([[0, 1], [1, 2], [2, 3]]), np.ones(3),
    ...                np.zeros(3), bands, np.zeros(4, np.int64))
    >>> labels, proofs = prove_division(path, np.array([0, 0, 0, 1], np.int32))
    >>> labels.tolist(), proofs[0].status, proofs[0].gap
    ([0, 0, 1, 1], 'optimal', 0.0)
    """
    better = labels.astype(np.int64)
    says = []
    for proof, members in list_proofs(problem, labels, watch):
        says.append(proof.says)
        if proof.sets is not None:
            better[members] = len(labels) * len(says) + _read_labels(proof, len(members))
    return number_by_first(better), tuple(says)


def list_proofs(
    problem: Problem, labels: NDArray[np.int32], watch: Watch | None = None
) -> list[tuple[Proof, NDArray[np.int64]]]:
    """Return the proof of each connected piece, and the piece's nodes.

    Examples
    --------
    >>> from gridmap.planning.problems import BandTable
    >>> bands = BandTable(np.array([[3, 5]]), np.array([[3, 5]]))
    >>> pair = Problem(np.array([2, 4]), np.array([[0, 1]]), np.ones(1), np.zeros(1), bands,
    ...                np.zeros(2, np.int64))
    >>> [(proof, members)] = list_proofs(pair, np.array([0, 1], np.int32))
    >>> proof.says.status, members.tolist()
    ('optimal', [0, 1])
    """
    graph, aim = state_problem(problem)
    pieces = find_pieces(problem.edges, problem.size)
    order = np.argsort(pieces, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(pieces[order])) + 1)
    if problem.zones and len(parts) > 1:
        return [
            (Proof(PieceProof(number, "not_tried")), members)
            for number, members in enumerate(parts)
        ]
    return [
        (_prove_part(problem, graph, aim, labels, members, number, watch), members)
        for number, members in enumerate(parts)
        if len(members)
    ]


def _prove_part(
    problem: Problem,
    graph: Graph,
    aim: Aim,
    labels: NDArray[np.int32],
    members: NDArray[np.int64],
    number: int,
    watch: Watch | None,
) -> Proof:
    """Prove one connected piece."""
    if len(members) > MOST_PIECE:
        return Proof(PieceProof(number, "not_tried"))
    place = np.full(problem.size, -1, np.int64)
    place[members] = np.arange(len(members))
    inside = place[problem.edges[:, 0]] >= 0
    edges = place[problem.edges[inside]]
    part = _take_part(graph, members, edges, np.flatnonzero(inside))
    price = _make_price(part, aim)
    given = write_masks(number_by_first(labels[members]), len(members))
    costs = price(given, True)
    known = int(costs.sum()) if (costs >= 0).all() else None
    band = Band(*problem.bands.widest)
    question = Question(problem.weights[members], edges, band, problem.zones)
    proof = prove_piece(
        question,
        price,
        known=known,
        given=given,
        piece=number,
        least=_bound_plainly(problem, part, members, band),
        elsewhere=_bound_elsewhere(part, aim, band),
        must_stop=None if watch is None else watch.is_over,
    )
    return _forgive_wholes(proof, part)


def _bound_plainly(problem: Problem, graph: Graph, members: NDArray[np.int64], band: Band) -> int:
    """Return twice what every division inside the band costs at least, by arithmetic alone.

    Groups that must be cut, each at the price of the cheapest, and zones that can't all be at their
    target; shape and cut edges count nothing, so that it is far below where they weigh most.
    """
    weights, groups = graph.node[:, WEIGHT], graph.node[:, GROUP]
    total = int(weights.sum())
    items = np.where(groups >= 0, groups, groups.max() + 1 + np.arange(len(members)))
    sums = np.bincount(items, weights=weights).astype(np.int64)
    fits = band.can_hold(total) and int(weights.max()) <= band.upper
    parts = bound_splits(sums[np.unique(items)], band=band) if fits else 0
    wholes, worth = 2 * sum_wholes(graph), graph.node[groups >= 0, WHOLE]
    cuts = parts * int(worth.min()) if len(worth) else 0
    if len(graph.bands) > 1 or not fits:
        return wholes + 2 * cuts
    wished, target, edge = graph.bands[0, :2], int(graph.bands[0, 4]), int(graph.bands[0, 5])
    half = max(1, int(wished[1] - wished[0]) // 2)
    least, most = -(-total // band.upper), total // band.lower
    numbers = [problem.zones] if problem.zones else range(max(1, least), most + 1)
    off = min(
        (edge * (total - k * target) ** 2 // (k * half * half) - 2 * k for k in numbers), default=0
    )
    return wholes + 2 * (cuts + max(0, off))


def _bound_elsewhere(graph: Graph, aim: Aim, band: Band) -> int | None:
    """Return twice what a division costs at least that has another outside than the least.

    Each node above the ceiling is in a zone of its own, outside by at least its own excess, and
    each household or zone more outside costs `ASTRAY` more; all other costs are 0 or more.
    """
    from gridmap.planning.kernels.weighing import ASTRAY, FAR, STEEP

    weights, anchors = graph.node[:, WEIGHT], graph.node[:, ANCHOR]
    large = weights[weights > band.upper]
    lone = np.bincount(anchors[anchors >= 0], minlength=1).max() <= 1
    alike = len(graph.bands) == 1 and len(graph.load_bands) == 0 and aim.grain == 1
    if not (alike and lone and (anchors[weights > band.upper] >= 0).all()):
        return None
    excess = large - band.upper
    excess = excess + (STEEP - 1) * np.maximum(0, large - band.upper - band.upper // 2)
    if np.any(excess >= FAR):
        return None
    return 2 * ASTRAY * (int((excess + band.lower).sum()) + 1)


def _forgive_wholes(proof: Proof, part: Graph) -> Proof:
    """Return a proof whose value and bound do not count what every group costs, being somewhere."""
    says = proof.says
    if says.value is None or says.bound is None:
        return proof
    wholes = 2 * sum_wholes(part)
    return replace(proof, says=replace(says, value=says.value - wholes, bound=says.bound - wholes))


def _take_part(
    graph: Graph, members: NDArray[np.int64], edges: NDArray[np.int64], ids: NDArray[np.int64]
) -> Graph:
    """Return the graph of some nodes, groups and anchors renumbered from 0."""
    start, near, own = index_edges(edges, len(members))
    node = graph.node[members]
    for column in (GROUP, ANCHOR):
        node[:, column] = _renumber(node[:, column])
    return graph._replace(
        indptr=start,
        slot=np.column_stack([near, ids[own]]),
        node=node,
        loads=graph.loads[members],
    )


def _renumber(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return labels 0.. with -1 kept."""
    used = labels >= 0
    numbered = labels.copy()
    numbered[used] = np.unique(labels[used], return_inverse=True)[1].reshape(-1)
    return numbered


def _make_price(graph: Graph, aim: Aim) -> Callable[[NDArray[np.uint64], bool], NDArray[np.int64]]:
    """Return what prices sets of nodes as zones."""
    from gridmap.planning.kernels.pricing import FORBIDDEN, price_sets

    held = np.bincount(graph.node[:, ANCHOR][graph.node[:, ANCHOR] >= 0], minlength=1)
    groups = int(graph.node[:, GROUP].max(initial=-1)) + 1

    def price(sets: NDArray[np.uint64], inside: bool) -> NDArray[np.int64]:  # noqa: FBT001  # the shape of a callback
        prices: NDArray[np.int64] = price_sets(graph, aim, sets, held, groups, int(inside))
        return np.where(prices == FORBIDDEN, -1, prices)

    return price


def write_masks(labels: NDArray[np.int32], size: int) -> NDArray[np.uint64]:
    """Return the zones of labels 0.. as bit masks of two words, shape (zones, 2).

    Examples
    --------
    >>> write_masks(np.array([0, 1, 0], np.int32), 3).tolist()
    [[5, 0], [2, 0]]
    """
    masks = np.zeros((int(labels.max()) + 1, 2), np.uint64)
    for node in range(size):
        masks[labels[node], node // 64] |= np.uint64(1) << np.uint64(node % 64)
    return masks


def _read_labels(proof: Proof, size: int) -> NDArray[np.int64]:
    """Return the zone of each node of a division found by a proof."""
    assert proof.sets is not None  # noqa: S101  # asked only where there is one
    node = np.arange(size)
    held = proof.sets[:, node // 64] >> (node % 64).astype(np.uint64) & np.uint64(1)
    labels: NDArray[np.int64] = held.argmax(axis=0)
    return labels


def bound_group_splits(problem: Problem) -> int:
    """Return how many zones more than one each the groups touch at least, summed.

    Examples
    --------
    >>> from gridmap.planning.problems import BandTable
    >>> bands = BandTable(np.array([[3, 5]]), np.array([[3, 5]]))
    >>> path = Problem(np.array([3, 4, 4, 4]), np.array([[0, 1], [1, 2], [2, 3]]), np.ones(3),
    ...                np.zeros(3), bands, np.zeros(4, np.int64), groups=np.array([0, 0, 1, 1]))
    >>> bound_group_splits(path)
    1
    """
    if problem.groups is None or int(problem.weights.max(initial=0)) > problem.bands.widest[1]:
        return 0
    band = Band(*problem.bands.widest)
    pieces = find_pieces(problem.edges, problem.size)
    alone = int(problem.groups.max()) + 1 + np.arange(problem.size)
    items = np.where(problem.groups >= 0, problem.groups, alone)
    parts, place = np.unique(np.column_stack([pieces, items]), axis=0, return_inverse=True)
    totals = np.bincount(place.reshape(-1), weights=problem.weights).astype(np.int64)
    cuts = np.flatnonzero(np.diff(parts[:, 0])) + 1
    needed = sum(bound_splits(part, band=band) for part in np.split(totals, cuts))
    apart = len(parts) - len(np.unique(items))
    return int(needed + apart)


def prove_pieces(
    problems: Sequence[Problem],
    zones: Sequence[NDArray[np.int32]],
    watch: Watch | None = None,
) -> tuple[list[NDArray[np.int32]], tuple[PieceProof, ...]]:
    """Prove the divisions of many pieces; return them, bettered where a proof does so.

    Parameters
    ----------
    problems, zones
        Each piece and its division.
    watch
        Ends the proofs early; then the gaps told are those proved by that time.

    Returns
    -------
    tuple
        Divisions in the same order, and one proof for each piece.

    Examples
    --------
    >>> from gridmap.planning.problems import BandTable
    >>> bands = BandTable(np.array([[3, 5]]), np.array([[3, 5]]))
    >>> lone = Problem(np.array([4]), np.zeros((0, 2), np.int64), np.zeros(0), np.zeros(0), bands,
    ...                np.zeros(1, np.int64))
    >>> prove_pieces([lone], [np.zeros(1, np.int32)])[1][0].status
    'optimal'
    """
    better, says = [], []
    for number, (problem, labels) in enumerate(zip(problems, zones, strict=True)):
        division, proofs = prove_division(problem, labels, watch)
        better.append(division)
        says += [replace(proof, piece=number) for proof in proofs]
    return better, tuple(says)


def tell_proofs(proofs: Sequence[PieceProof]) -> dict[str, str]:
    """Return what is proved of the pieces of a plan, for its ``about`` table.

    Examples
    --------
    >>> told = tell_proofs([PieceProof(0, "optimal", "lp_dual", 10, 10), PieceProof(1, "gap", "",
    ...                     10, 9)])
    >>> told["proof.optimal_pieces"], told["proof.gap_mean"]
    ('1', '0.05')
    """
    counts = {status: sum(proof.status == status for proof in proofs) for status in STATUSES}
    gaps = [proof.gap for proof in proofs if proof.gap is not None]
    told = {f"proof.{status}_pieces": str(many) for status, many in counts.items()}
    told["proof.pieces"] = str(len(proofs))
    told["proof.gap_mean"] = str(round(sum(gaps) / len(gaps), 6)) if gaps else ""
    told["proof.gap_largest"] = str(round(max(gaps), 6)) if gaps else ""
    return told
