"""The least change: zones that are still valid stay, and only what is broken is mended.

    today's zones -> parts in one piece -> nodes without a zone placed -> each zone outside its
    band mended by the cheapest chain of moves, or else drawn anew with few neighbours -> repairs
    taken back and mended in another order (`lightening`) -> every node that can go home goes home

The aim is lexicographic: zones outside their band (a zone of three times the ceiling counts as
two), households moved, zones touched, and only then what the engine weighs. Where nothing is
broken, nothing moves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridmap.planning.anchoring import part_anchors
from gridmap.planning.boards import GRAINS, NOWHERE, Board, Trial
from gridmap.planning.chains import MOST_LOOKS, find_chain
from gridmap.planning.lightening import lighten
from gridmap.planning.loads import find_overburdened, judge_zones
from gridmap.planning.outsiders import bound_outside
from gridmap.planning.problems import Problem, find_pieces, number_by_first
from gridmap.planning.recutting import redraw_around, send_home
from gridmap.planning.settlers import settle_newcomers
from gridmap.planning.watching import Watch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.planning.attempts import Search

ROUNDS = 3
"""Rounds over the zones that are still outside; each looks at more trials."""


def mend_zones(
    problem: Problem,
    search: Search,
    watch: Watch | None = None,
    *,
    wish: list[int] | None = None,
) -> NDArray[np.int32]:
    """Return today's zones with the least change that brings them inside the band.

    Parameters
    ----------
    problem
        The graph with ``current``, today's zone of each node (-1: none, placed at no cost).
        Nodes with an anchor never move.
    search
        The seed.
    watch
        Ends the mending early; what is mended by then stays so. Of its time each zone that is
        outside gets a part.
    wish
        Zone of ``current`` that each node wishes to be in, -1 for any: who moves goes there rather
        than elsewhere. None where nobody wishes.

    Returns
    -------
    ndarray
        Zone of each node, 0.. by first node, each zone in one piece, shape (n,).

    Examples
    --------
    >>> from gridmap.planning.attempts import Search
    >>> from gridmap.planning.problems import BandTable
    >>> bands = BandTable(np.array([[3, 5]]), np.array([[3, 5]]))
    >>> path = Problem(np.array([2, 2, 2, 1, 2]), np.array([[0, 1], [1, 2], [2, 3], [3, 4]]),
    ...                np.ones(4), np.zeros(4), bands, np.zeros(5, np.int64),
    ...                current=np.array([0, 0, 0, 1, 1]))
    >>> mend_zones(path, Search(seed=7)).tolist()
    [0, 0, 1, 1, 1]
    """
    watch = watch or Watch()
    if problem.current is None or problem.size == 0:
        return np.zeros(problem.size, np.int32)
    board = _open_board(problem, wish)
    settle_newcomers(board, search, watch)
    opened = list(board.label)
    if _is_well(board, board.zones()):
        return number_by_first(board.labels())
    failing = _list_failing(board)
    for number, zone in enumerate(failing):
        if watch.must_stop():
            break
        _chain(board, zone, watch.share(1 / (len(failing) - number), told=False))
    if not watch.must_stop():
        _redraw_rest(board, search, watch)
    lighten(board, opened, seed=search.seed, watch=watch)
    _settle_home(board, watch)
    return number_by_first(board.labels())


def _redraw_rest(board: Board, search: Search, watch: Watch) -> None:
    """Mend what chains did not: longer chains, or zones drawn anew; not what is proved hopeless."""
    large = board.problem.weights > board.problem.bands.widest[1]
    if all(_is_hopeless(board, zone, large) for zone in _list_failing(board)):
        return
    labels = number_by_first(board.labels()).astype(np.int64)
    hopeless = _find_hopeless(board.problem, labels, watch)
    tried: set[frozenset[int]] = set()
    mended = True
    for turn in range(ROUNDS):
        if not mended:
            break
        mended = False
        failing, short = _list_failing(board), []
        for number, zone in enumerate(failing):
            around = _look_around(board, zone)
            if _is_hopeless(board, zone, hopeless) or around in tried:
                continue
            if watch.must_stop():
                return
            tried.add(around)
            own = watch.share(1 / (len(failing) - number), told=False)
            mended |= _mend(board, zone, search, own, looks=MOST_LOOKS << (2 * turn + 2))
            if own.must_stop():
                short.append(zone)
        for zone in short:
            mended |= _mend(board, zone, search, watch, looks=MOST_LOOKS << (2 * turn + 2))


def _open_board(problem: Problem, wish: list[int] | None) -> Board:
    """Return today's zones in one piece each: the heaviest part of a zone keeps its number."""
    current = problem.current
    assert current is not None  # noqa: S101 - mend_zones is called with today's zones
    kept = current[problem.edges[:, 0]] == current[problem.edges[:, 1]]
    known = kept & (current[problem.edges] >= 0).all(axis=1)
    parts = part_anchors(problem, find_pieces(problem.edges[known], problem.size))
    label = np.full(problem.size, NOWHERE, np.int64)
    owners: dict[int, list[int]] = {}
    _, first = np.unique(parts, return_index=True)
    for part, node in enumerate(first.tolist()):
        if current[node] >= 0:
            owners.setdefault(int(current[node]), []).append(part)
    sums = np.bincount(parts, weights=problem.weights)
    sizes = np.bincount(parts)
    names = np.full(len(first), NOWHERE, np.int64)
    spare = int(current.max()) + 1
    for zone, rows in sorted(owners.items()):
        ranked = sorted(rows, key=lambda part: (-sums[part], -sizes[part], part))
        names[ranked[0]] = zone
        for part in ranked[1:]:
            names[part] = spare
            spare += 1
    label = names[parts]
    return Board(problem, label.tolist(), current.tolist(), wish)


def _list_failing(board: Board) -> list[int]:
    """Return the zones outside their band: the furthest above first, then the emptiest."""
    strays = {zone: board.stray(board.members(zone)) for zone in board.zones()}
    failing = [zone for zone, stray in strays.items() if max(stray) > 0]
    return sorted(failing, key=lambda zone: (-strays[zone][1], -strays[zone][0], zone))


def _is_well(board: Board, zones: list[int]) -> bool:
    return not any(board.count_failing(board.members(zone)) for zone in zones)


def _find_hopeless(problem: Problem, labels: NDArray[np.int64], watch: Watch) -> NDArray[np.bool_]:
    """Return the nodes of pieces in which no fewer zones can be outside, and misfits."""
    bounds = bound_outside(problem, labels, watch)
    pieces = find_pieces(problem.edges, problem.size)
    outside = judge_zones(problem, labels).outside
    where = np.zeros(len(outside), np.int64)
    where[labels] = pieces
    counts = np.bincount(where[outside], minlength=len(bounds))
    unfit = [node for bound in bounds for node in bound.unfit]
    settled = np.array(
        [not b.unfit and 0 < counts[b.piece] <= b.unavoidable for b in bounds], np.bool_
    )
    hopeless = settled[pieces]
    hopeless[unfit] = True
    burdened = find_overburdened(problem, pieces)
    hopeless |= burdened[pieces] & (counts[pieces] == 1)
    hopeless |= problem.weights > problem.bands.widest[1]
    return hopeless


def _is_hopeless(board: Board, zone: int, hopeless: NDArray[np.bool_]) -> bool:
    """Tell whether a zone can't be inside its band, nor be fewer zones' worth."""
    nodes = board.members(zone)
    if not any(hopeless[node] for node in nodes):
        return False
    return board.count_failing(nodes) < 2


def _chain(board: Board, zone: int, watch: Watch) -> None:
    """Mend a zone by a chain of moves, if one is cheaper than a new zone would be.

    A zone that stands for several is not mended by passing units on: it is drawn anew.
    """
    nodes = board.members(zone)
    if board.count_failing(nodes) != 1:
        return
    best = find_chain(board, zone, must_stop=watch.must_stop)
    if best is not None and best.cost <= board.band(nodes)[0] * GRAINS:
        board.make(send_home(board, best, watch))


def _look_around(board: Board, zone: int) -> frozenset[int]:
    """Return what a zone and its neighbours are, so that nothing is tried twice in vain."""
    nodes = board.members(zone)
    return nodes.union(*(board.members(other) for other in board.fringe(zone)))


def _mend(board: Board, zone: int, search: Search, watch: Watch, *, looks: int) -> bool:
    """Make the least change found that mends a zone; tell whether there was any."""
    nodes = board.members(zone)
    failing = board.count_failing(nodes)
    if failing == 0:
        return False
    best = None
    if failing == 1:
        best = find_chain(board, zone, looks=looks, must_stop=watch.must_stop)
    if best is None or best.cost > board.band(nodes)[0] * GRAINS:
        enough = np.iinfo(np.int64).max if best is None else best.cost
        drawn = redraw_around(board, zone, seed=search.seed, enough=int(enough), watch=watch)
        if drawn is not None and (best is None or _is_better(board, drawn, best)):
            best = drawn
    if best is None:
        return False
    board.make(send_home(board, best, watch))
    return True


def _is_better(board: Board, one: Trial, other: Trial) -> bool:
    """Tell whether one trial leaves fewer zones outside, or moves fewer households."""
    ranks = [
        (
            sum(board.count_failing(nodes) for nodes in trial.zones.values())
            - sum(board.count_failing(board.members(zone)) for zone in trial.zones),
            trial.cost,
            len(trial.zones),
        )
        for trial in (one, other)
    ]
    return ranks[0] < ranks[1]


def _settle_home(board: Board, watch: Watch) -> None:
    """Send every node home that can go, now that all zones are mended."""
    away = [
        node
        for node, zone in enumerate(board.label)
        if board.home[node] not in (NOWHERE, zone) and not board.held[node]
    ]
    zones = sorted({board.label[node] for node in away})
    trial = Trial({}, {zone: board.members(zone) for zone in zones}, 0)
    board.make(send_home(board, trial, watch))
