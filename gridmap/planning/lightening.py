"""Mended zones mended again in another order, where that moves fewer households.

Zones outside their band are mended one after the other, and the first to be mended takes what the
next would have needed. So each repair, alone and with a repair beside it, is taken back and its
zones are mended anew in other orders; what serves the aim better is kept.
"""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np

from gridmap.planning.boards import NO_TRIAL, Board
from gridmap.planning.chains import find_chain
from gridmap.planning.recutting import send_home

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gridmap.planning.boards import Trial
    from gridmap.planning.watching import Watch

ORDERS = 8
"""Orders that are drawn for the zones of a repair; up to three zones are mended in every order."""
MOST_FAILING = 14
"""A repair of more zones outside their band is left as it is: too few of its orders can be seen."""
ROUNDS = 4
"""Rounds over all repairs, as long as one gets lighter."""


def lighten(board: Board, opened: list[int], *, seed: int, watch: Watch) -> None:
    """Mend again what was mended, where that leaves fewer zones outside or moves fewer households.

    Parameters
    ----------
    board
        The zones as they are mended.
    opened
        Zone of each node before the mending, each zone in one piece, by node.
    seed
        Start of the orders that are drawn.
    watch
        Ends it early.

    Examples
    --------
    Two zones of 3 and 2 households lack some; each went to a neighbour, though together they fit.

    >>> from gridmap.planning.problems import BandTable, Problem
    >>> from gridmap.planning.watching import Watch
    >>> bands = BandTable(np.array([[4, 9]]), np.array([[4, 9]]))
    >>> path = Problem(np.array([5, 3, 2, 4]), np.array([[0, 1], [1, 2], [2, 3]]),
    ...                np.ones(3), np.zeros(3), bands, np.zeros(4, np.int64))
    >>> board = Board(path, [0, 0, 3, 3], [0, 1, 2, 3])
    >>> lighten(board, [0, 1, 2, 3], seed=7, watch=Watch())
    >>> board.label
    [0, 1, 1, 3]
    """
    rng = np.random.default_rng(seed)
    tried: set[tuple[tuple[int, int], ...]] = set()
    for _ in range(ROUNDS):
        lighter = False
        for nodes in list(_list_repairs(board, opened)):
            if watch.must_stop():
                return
            now = tuple((node, board.label[node]) for node in nodes)
            if now in tried or not _is_repair(board, opened, nodes):
                continue  # seen, or changed by a repair that was mended before it
            tried.add(now)
            lighter |= _mend_again(board, opened, nodes, rng, watch)
        if not lighter:
            return


def _list_repairs(board: Board, opened: list[int]) -> Iterator[list[int]]:
    """Yield the nodes that each repair moved, and those of each two repairs side by side.

    A repair is all that was moved among zones which nothing else was moved into or out of: taken
    back whole, it leaves zones in one piece. One that moves nobody is light as it is.
    """
    owner: dict[int, int] = {}

    def find(zone: int) -> int:
        while owner.setdefault(zone, zone) != zone:
            zone = owner[zone]
        return zone

    moved = [node for node, zone in enumerate(board.label) if zone != opened[node]]
    for node in moved:
        one, two = sorted((find(opened[node]), find(board.label[node])))
        owner[two] = one
    rows: dict[int, list[int]] = {}
    for node in moved:
        rows.setdefault(find(opened[node]), []).append(node)
    rows = {name: nodes for name, nodes in rows.items() if board.weigh(nodes)}
    yield from (rows[name] for name in sorted(rows))
    beside: set[tuple[int, int]] = set()
    for zone in sorted(owner):
        for other in board.fringe(zone):
            one, two = sorted((find(zone), find(other)))
            if one != two and one in rows and two in rows:
                beside.add((one, two))
    yield from (sorted(rows[one] + rows[two]) for one, two in sorted(beside))


def _is_repair(board: Board, opened: list[int], nodes: list[int]) -> bool:
    """Tell whether nodes can be taken back so that their zones are as they were opened."""
    inside = set(nodes)
    zones = {opened[node] for node in nodes} | {board.label[node] for node in nodes}
    here = frozenset[int]().union(*(board.members(zone) for zone in zones))
    strays = {node for node in here if board.label[node] != opened[node]}
    return strays == inside


def _mend_again(
    board: Board, opened: list[int], nodes: list[int], rng: np.random.Generator, watch: Watch
) -> bool:
    """Take a repair back and mend its zones in other orders; tell whether one was better."""
    start = {node: board.label[node] for node in nodes}
    back = _move(board, {node: opened[node] for node in nodes})
    failing = [zone for zone, held in sorted(back.zones.items()) if board.count_failing(held)]
    mendable = [zone for zone in failing if not _is_too_large(board, back.zones[zone])]
    empty = tuple(zone for zone in mendable if not board.weigh(back.zones[zone]))
    mendable = [zone for zone in mendable if zone not in empty]
    if not 1 < len(mendable) <= MOST_FAILING:
        return False
    best, gain = NO_TRIAL, (0, 0)
    for order in _list_orders(mendable, rng):
        if watch.must_stop():
            break
        board.make(back)
        before = dict(start)
        spent = back.cost
        for zone in order + empty:
            if board.count_failing(board.members(zone)) != 1:
                continue
            chain = find_chain(board, zone, must_stop=watch.must_stop)
            if chain is None:
                break
            chain = send_home(board, chain, watch)
            before = {node: board.label[node] for node in chain.moves} | before
            board.make(chain)
            spent += chain.cost
            if spent >= gain[1] and gain < (0, 0):
                break
        made = {node: board.label[node] for node in before}
        board.make(_move(board, before))
        trial = _move(board, made)
        worth = (_count_more(board, trial), trial.cost)
        if worth < gain:
            best, gain = trial, worth
    board.make(best)
    return gain < (0, 0)


def _is_too_large(board: Board, nodes: frozenset[int]) -> bool:
    return any(board.weights[node] > board.band(nodes)[1] for node in nodes)


def _list_orders(failing: list[int], rng: np.random.Generator) -> list[tuple[int, ...]]:
    """Return orders of a few zones, each once."""
    if len(failing) <= 3:
        return list(permutations(failing))
    drawn = [tuple(rng.permutation(failing).tolist()) for _ in range(ORDERS)]
    return list(dict.fromkeys([tuple(failing), tuple(reversed(failing)), *drawn]))


def _move(board: Board, label: dict[int, int]) -> Trial:
    """Return the trial that puts nodes into zones."""
    rows: dict[int, list[int]] = {}
    for node, zone in label.items():
        if board.label[node] != zone:
            rows.setdefault(zone, []).append(node)
    trial = NO_TRIAL
    for zone in sorted(rows):
        trial = board.shift(trial, rows[zone], zone)
    return trial


def _count_more(board: Board, trial: Trial) -> int:
    """Return how many more zones would be outside their band after a trial."""
    new = sum(board.count_failing(nodes) for nodes in trial.zones.values())
    return new - sum(board.count_failing(board.members(zone)) for zone in trial.zones)
