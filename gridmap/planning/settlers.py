"""Nodes without a zone of today: joined to a neighbour, or drawn as zones of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gridmap.planning.boards import NO_TRIAL, NOWHERE, Board, Trial
from gridmap.planning.problems import Shape, find_pieces
from gridmap.planning.solving import solve_problem
from gridmap.planning.walking import seed_from
from gridmap.planning.watching import Watch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.planning.attempts import Search


def settle_newcomers(board: Board, search: Search, watch: Watch | None = None) -> None:
    """Give every node without a zone of today one, in place.

    Connected new nodes that are heavy enough for a zone are divided by the engine as if alone.
    The others join, one by one from the border inward, the neighbouring zone that is then least
    outside its band and that they border most; what touches no zone is a zone of its own.

    Parameters
    ----------
    board
        The zones; nodes without one are in zone -1, or all alone there.
    search
        The seed.
    watch
        When it says so, what is left joins any zone that it touches.

    Examples
    --------
    >>> from gridmap.planning.attempts import Search
    >>> from gridmap.planning.problems import BandTable, Problem
    >>> bands = BandTable(np.array([[3, 5]]), np.array([[3, 5]]))
    >>> path = Problem(np.array([4, 1, 2]), np.array([[0, 1], [1, 2]]), np.ones(2), np.zeros(2),
    ...                bands, np.zeros(3, np.int64))
    >>> board = Board(path, [0, -1, 1], [0, -1, 1])
    >>> settle_newcomers(board, Search(seed=7))
    >>> board.label
    [0, 1, 1]
    """
    watch = watch or Watch()
    fresh = board.members(NOWHERE)
    if not fresh:
        return
    patches = board.parts(fresh)
    for number, patch in enumerate(patches):
        nodes = np.array(sorted(patch), np.int64)
        lower = board.band(patch)[0]
        if board.weigh(patch) >= lower or not _touches(board, patch):
            own = replace(search, seed=seed_from(search.seed, "new", number))
            _divide(board, nodes, own, watch)
        else:
            _join(board, set(patch), watch)


def _touches(board: Board, patch: set[int]) -> bool:
    return any(board.label[other] != NOWHERE for node in patch for other in board.near(node))


def _divide(board: Board, nodes: NDArray[np.int64], search: Search, watch: Watch) -> None:
    """Divide new land that is a zone or more by itself."""
    problem = board.problem
    place = np.full(problem.size, -1, np.int64)
    place[nodes] = np.arange(len(nodes))
    inside = (place[problem.edges] >= 0).all(axis=1)
    shape = problem.shape
    part = replace(
        problem,
        weights=problem.weights[nodes],
        edges=place[problem.edges[inside]],
        costs=problem.costs[inside],
        crossings=problem.crossings[inside],
        classes=problem.classes[nodes],
        shape=None
        if shape is None
        else Shape(shape.lengths[inside], shape.areas[nodes], shape.perimeters[nodes]),
        groups=None if problem.groups is None else problem.groups[nodes],
        current=None,
        anchors=None if problem.anchors is None else _number_anchors(problem.anchors[nodes]),
        loads=None if problem.loads is None else problem.loads[nodes],
        zones=0,
    )
    drawn = (
        solve_problem(part, search, watch.part())
        if int(part.weights.sum())
        else find_pieces(part.edges, part.size)
    )
    order = np.argsort(drawn, kind="stable")
    rows = np.split(nodes[order], np.flatnonzero(np.diff(drawn[order])) + 1)
    zones = {board.mint(): frozenset(own.tolist()) for own in rows}
    moves = {node: zone for zone, own in zones.items() for node in own}
    left = board.members(NOWHERE).difference(moves)
    board.make(Trial(moves, {NOWHERE: left, **zones}, 0))


def _number_anchors(anchors: NDArray[np.int64]) -> NDArray[np.int64]:
    used, place = np.unique(anchors[anchors >= 0], return_inverse=True)
    fresh = np.full(len(anchors), -1, np.int64)
    fresh[anchors >= 0] = np.arange(len(used))[place.reshape(-1)]
    return fresh


def _join(board: Board, patch: set[int], watch: Watch) -> None:
    """Join new nodes to the zones that they touch, from the border inward."""
    while patch:
        if watch.must_stop():
            _join_anyhow(board, patch)
            return
        best: tuple[int, int, int, int, int] | None = None
        for node in sorted(patch):
            touch: dict[int, int] = {}
            for other in board.near(node):
                if board.label[other] != NOWHERE:
                    touch[board.label[other]] = touch.get(board.label[other], 0) + 1
            for zone, sides in touch.items():
                nodes = board.members(zone)
                grown = max(board.stray(nodes | {node})) - max(board.stray(nodes))
                rank = (max(0, grown), -sides, grown, node, zone)
                best = rank if best is None or rank < best else best
        if best is None:
            board.make(board.shift(NO_TRIAL, sorted(patch), board.mint()))
            return
        board.make(board.shift(NO_TRIAL, [best[3]], best[4]))
        patch.discard(best[3])


def _join_anyhow(board: Board, patch: set[int]) -> None:
    """Join new nodes to whatever zone reaches them first, for want of time."""
    rim = sorted(node for node in patch if _touches(board, {node}))
    gone: dict[int, list[int]] = {}
    zone_of: dict[int, int] = {}
    for node in rim:
        zone_of[node] = next(
            board.label[other] for other in board.near(node) if board.label[other] != NOWHERE
        )
    for node in rim:
        gone.setdefault(zone_of[node], []).append(node)
        for other in board.near(node):
            if other in patch and other not in zone_of:
                zone_of[other] = zone_of[node]
                rim.append(other)
    for zone, nodes in gone.items():
        board.make(board.shift(NO_TRIAL, nodes, zone))
    left = sorted(patch.difference(zone_of))
    if left:
        board.make(board.shift(NO_TRIAL, left, board.mint()))
