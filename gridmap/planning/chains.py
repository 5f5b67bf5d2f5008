"""The cheapest chain of moves that brings one zone back inside its band.

A zone above its ceiling gives a few nodes to a neighbour; a neighbour that is then too heavy
gives to the next; a zone below its floor takes, or is shared out. Chains are tried in the order
of the households they move, with a lower bound of what is still to be moved (A*), so that the
first that ends is the cheapest of all that were looked at.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from gridmap.planning.boards import NO_TRIAL, Board, Trial

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOST_LOOKS = 160
"""Trials looked at for one zone (gridmap's own default)."""
MOST_STARTS = 10
"""Nodes at which a group of nodes that is to move starts to grow, for each pair of zones."""
MOST_PAIRS = 14
"""Nodes at the border of which pairs are looked at."""
SMALL = 40
"""A moving group of more nodes is not trimmed node by node."""


def find_chain(
    board: Board,
    zone: int,
    *,
    looks: int = MOST_LOOKS,
    must_stop: Callable[[], bool] | None = None,
) -> Trial | None:
    """Return the cheapest moves found that bring a zone inside its band, or None.

    Parameters
    ----------
    board
        The zones.
    zone
        One that is outside its band.
    looks
        How many trials may be looked at.
    must_stop
        Ends the looking when it says so: then nothing is found.

    Returns
    -------
    Trial or None
        Moves after which every zone that changed is inside its band (or as near to it as it was,
        where it was outside already), in one piece.

    Examples
    --------
    >>> import numpy as np
    >>> from gridmap.planning.problems import BandTable, Problem
    >>> bands = BandTable(np.array([[3, 5]]), np.array([[3, 5]]))
    >>> path = Problem(np.array([2, 2, 2, 1, 2]), np.array([[0, 1], [1, 2], [2, 3], [3, 4]]),
    ...                np.ones(4), np.zeros(4), bands, np.zeros(5, np.int64))
    >>> find_chain(Board(path, [0, 0, 0, 1, 1], [0, 0, 0, 1, 1]), 0).moves
    {2: 1}
    """
    tick = 0
    heap: list[tuple[int, int, int, tuple[int, ...], Trial]] = [(0, 0, 0, (), NO_TRIAL)]
    seen: set[frozenset[tuple[int, int]]] = set()
    while heap and looks > 0:
        _, _, _, pair, trial = heapq.heappop(heap)
        if not all(board.is_whole(board.members(other, trial)) for other in pair):
            continue
        key = frozenset(trial.moves.items())
        if key in seen:
            continue
        seen.add(key)
        looks -= 1
        worst = _find_worst(board, trial, zone)
        if worst is None:
            return trial
        for source, nodes, target in _propose(board, trial, worst):
            if must_stop is not None and must_stop():
                return None
            tried = board.shift(trial, nodes, target)
            if not tried.moves:
                continue
            tick += 1
            rest = _bound_rest(board, tried, zone)
            entry = (tried.cost + rest, len(tried.zones), tick, (source, target), tried)
            heapq.heappush(heap, entry)
    return None


def _stray_of(board: Board, trial: Trial, zone: int) -> int:
    """Return how far a zone is outside, if further than before the trial (or if it changed)."""
    nodes = board.members(zone, trial)
    stray = max(board.stray(nodes))
    if zone not in trial.zones or stray == 0:
        return stray
    return 0 if max(board.stray(board.members(zone))) >= stray else stray


def _find_worst(board: Board, trial: Trial, zone: int) -> int | None:
    """Return the zone that has most to be mended, None when all that changed is well."""
    if max(board.stray(board.members(zone, trial))) > 0:
        strays = [(max(board.stray(board.members(zone, trial))), -zone)]
    else:
        strays = []
    strays += [
        (stray, -other)
        for other in sorted(trial.zones)
        if other != zone and (stray := _stray_of(board, trial, other)) > 0
    ]
    return -max(strays)[1] if strays else None


def _bound_rest(board: Board, trial: Trial, zone: int) -> int:
    """Return grains that must still be moved at the least."""
    above, below = 0, 0
    for other in {zone, *trial.zones}:
        nodes = board.members(other, trial)
        if other != zone and _stray_of(board, trial, other) == 0:
            continue
        missing, over = board.stray(nodes)
        above += over
        below += min(missing, board.weigh(nodes))
    return max(above, below) * board.least_price


def _propose(board: Board, trial: Trial, zone: int) -> Iterator[tuple[int, frozenset[int], int]]:
    """Yield moves (source, nodes, target) that mend a zone, or pass its trouble on."""
    nodes = board.members(zone, trial)
    missing, above = board.stray(nodes)
    weight = board.weigh(nodes)
    for other, border in board.fringe(zone, trial).items():
        theirs = board.members(other, trial)
        load = board.weigh(theirs)
        lower, upper = board.band(theirs)
        room, spare = upper - load, load - lower
        if above:
            for need in sorted({above, *([room] if 0 < room < above else [])}):
                for group in _groups(board, trial, nodes, border, other, need=need):
                    yield zone, group, other
            continue
        if not any(board.held[node] for node in nodes):
            yield zone, nodes, other
            if 0 < room < weight:
                for group in _groups(board, trial, nodes, border, other, need=room):
                    yield zone, group, other
        beside = [v for v in sorted(theirs) if any(u in nodes for u in board.near(v))]
        for need in sorted({missing, *([spare] if 0 < spare < missing else [])}):
            for group in _groups(board, trial, theirs, beside, zone, need=need):
                yield other, group, zone


def _groups(
    board: Board,
    trial: Trial,
    nodes: frozenset[int],
    border: list[int],
    target: int,
    *,
    need: int,
) -> list[frozenset[int]]:
    """Return groups of nodes that could move to a neighbouring zone: about ``need`` households.

    Single nodes, pairs, and groups grown from the border, each with what its leaving cuts off.
    """
    free = [node for node in border if not board.held[node]]
    weights = board.weights
    free.sort(key=lambda node: (abs(weights[node] - need), node))
    found: dict[frozenset[int], int] = {}
    for node in free[: 2 * MOST_STARTS]:
        _add(board, nodes, {node}, found)
    near = free[:MOST_PAIRS]
    pairs = [
        (weights[a] + weights[b], a, b)
        for i, a in enumerate(near)
        for b in near[i + 1 :]
        if weights[a] + weights[b] >= need > max(weights[a], weights[b])
    ]
    for _, a, b in sorted(pairs)[:MOST_STARTS]:
        _add(board, nodes, {a, b}, found)
    steps = max(1, len(free) // MOST_STARTS)
    for start in sorted(free)[::steps][:MOST_STARTS]:
        group = _grow(board, trial, nodes, start, target, need)
        _add(board, nodes, group, found)
        if 2 < len(group) <= SMALL:
            _add(board, nodes, _trim(board, nodes, group, need), found)
    return sorted(found, key=lambda group: (found[group], sorted(group)))


def _add(
    board: Board, nodes: frozenset[int], group: set[int], found: dict[frozenset[int], int]
) -> None:
    """Keep a group with whatever its leaving cuts off; not when that is locked."""
    rest = nodes - group
    if rest and not board.is_whole(rest):
        parts = board.parts(rest)
        held = [part for part in parts if any(board.held[node] for node in part)]
        if len(held) > 1:
            return
        stays = held[0] if held else parts[0]
        group = set(nodes - stays)
    whole = frozenset(group)
    if whole:
        found[whole] = board.weigh(whole)


def _grow(
    board: Board, trial: Trial, nodes: frozenset[int], start: int, target: int, need: int
) -> set[int]:
    """Grow a group from the border until it has the households needed, as compact as may be."""
    group = {start}
    weight = board.weights[start]
    rim: set[int] = set()
    last = start
    while weight < need:
        rim.update(
            other
            for other in board.near(last)
            if other in nodes and other not in group and not board.held[other]
        )
        rim.discard(last)
        if not rim:
            break
        left = need - weight
        last = min(rim, key=lambda node: (_exposure(board, trial, nodes, group, node, target),
                                          abs(board.weights[node] - left), node))  # fmt: skip
        group.add(last)
        weight += board.weights[last]
    return group


def _exposure(
    board: Board, trial: Trial, nodes: frozenset[int], group: set[int], node: int, target: int
) -> int:
    """Return how many more neighbours a node has in the zone that it leaves than beside it."""
    score = 0
    for other in board.near(node):
        if other in group or board.zone_of(other, trial) == target:
            score -= 1
        elif other in nodes:
            score += 1
    return score


def _trim(board: Board, nodes: frozenset[int], group: set[int], need: int) -> set[int]:
    """Give back what a group does not need, the heaviest first, as long as all stays whole."""
    kept = set(group)
    weight = board.weigh(kept)
    for node in sorted(group, key=lambda v: (-board.weights[v], v)):
        less = weight - board.weights[node]
        beside = any(other in nodes and other not in kept for other in board.near(node))
        if less < need or not beside or len(kept) == 1:
            continue
        smaller = kept - {node}
        if board.is_whole(frozenset(smaller)):
            kept, weight = smaller, less
    return kept
