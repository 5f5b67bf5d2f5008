"""Households brought to a station, or a station to them, where the band allows it (可达约束).

A community serves a home when one of the stations on its land is near enough. Each move gives
some land to a neighbour: the households to the community of a station that they can reach, the
station's land to the community of the households, or one whole community to the other. What the
move puts outside the band is mended by the chains that mend any zone. A move is made only when
no more zones are outside their band, and fewer households are out of reach; of several the one
that leaves the fewest out of reach, then moves the fewest persons. So the number out of reach
falls with every move, and the search ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from gridmap.planning.boards import NO_TRIAL, Board, Trial
from gridmap.planning.chains import find_chain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOST_MENDINGS = 4
"""Zones that are mended one after the other for the sake of one move (gridmap's own default)."""

Nodes = frozenset[int]


@dataclass(frozen=True)
class Duty:
    """Who must be near a station, by node of one piece of land; stations are bits of a number.

    Attributes
    ----------
    homes
        Of each node: (stations near enough, households) of its homes that any station of this
        piece is near enough to, one entry for each combination.
    seats
        Of each node the stations on its land.
    """

    homes: tuple[tuple[tuple[int, int], ...], ...]
    seats: tuple[int, ...]

    def offer(self, nodes: Nodes) -> int:
        """Return the stations on the land of some nodes."""
        seats = self.seats
        found = 0
        for node in nodes:
            found |= seats[node]
        return found

    def miss(self, nodes: Nodes) -> int:
        """Return the households of a zone that no station on its land is near enough to."""
        offer = self.offer(nodes)
        homes = self.homes
        return sum(many for node in nodes for near, many in homes[node] if not near & offer)

    def list_lost(self, nodes: Nodes) -> dict[int, int]:
        """Return the nodes of a zone that are not served in full, and by whom they might be."""
        offer = self.offer(nodes)
        lost: dict[int, int] = {}
        for node in sorted(nodes):
            near = 0
            for stations, _ in self.homes[node]:
                near |= 0 if stations & offer else stations
            if near:
                lost[node] = near
        return lost


class _Rank(NamedTuple):
    """What a move changes: zones outside their band, households out of reach, grains moved."""

    outside: int
    missed: int
    cost: int
    zones: int


def attend_zones(
    board: Board, duty: Duty, *, spare: int = 0, must_stop: Callable[[], bool] | None = None
) -> int:
    """Bring households within reach of a station of their own zone, in place.

    Parameters
    ----------
    board
        The zones, mended as far as can be.
    duty
        Who must be near which station.
    spare
        How many zones may be given up, by joining two.
    must_stop
        Ends the search when it says so; what was done by then stays.

    Returns
    -------
    int
        How many zones were given up.

    Examples
    --------
    >>> import numpy as np
    >>> from gridmap.planning.problems import BandTable, Problem
    >>> bands = BandTable(np.array([[2, 5]]), np.array([[2, 5]]))
    >>> path = Problem(np.full(6, 1), np.array([[0, 1], [1, 2], [2, 3], [3, 4], [4, 5]]),
    ...                np.ones(5), np.zeros(5), bands, np.zeros(6, np.int64))
    >>> board = Board(path, [0, 0, 0, 0, 1, 1], [0, 0, 0, 0, 1, 1])
    >>> near = ((1, 1),), ((1, 1),), ((1, 1),), ((2, 1),), ((2, 1),), ((2, 1),)
    >>> attend_zones(board, Duty(near, (1, 0, 0, 0, 2, 0)))
    0
    >>> board.label
    [0, 0, 0, 1, 1, 1]
    """
    left = spare
    stuck: set[tuple[Nodes, frozenset[Nodes]]] = set()
    while True:
        zone = _choose_zone(board, duty, stuck)
        if zone is None or (must_stop is not None and must_stop()):
            return spare - left
        trial = _find_move(board, duty, zone, left, must_stop)
        if trial is None:
            stuck.add(_look_around(board, zone))
            continue
        left -= sum(not nodes for nodes in trial.zones.values())
        board.make(trial)


def _choose_zone(
    board: Board, duty: Duty, stuck: set[tuple[Nodes, frozenset[Nodes]]]
) -> int | None:
    """Return the zone that misses most households, of those that were not tried in vain."""
    missed = {zone: duty.miss(board.members(zone)) for zone in board.zones()}
    for zone in sorted(missed, key=lambda z: (-missed[z], z)):
        if missed[zone] and _look_around(board, zone) not in stuck:
            return zone
    return None


def _look_around(board: Board, zone: int) -> tuple[Nodes, frozenset[Nodes]]:
    """Return a zone and its neighbours as they are, so that nothing is tried twice in vain."""
    return board.members(zone), frozenset(board.members(other) for other in board.fringe(zone))


def _find_move(
    board: Board, duty: Duty, zone: int, spare: int, must_stop: Callable[[], bool] | None
) -> Trial | None:
    """Return the best move for a zone, with what mends the band after it; None when none helps."""
    best: _Rank | None = None
    found: Trial | None = None
    for group, target in _propose(board, duty, zone):
        if must_stop is not None and must_stop():
            break
        source = board.label[min(group)]
        if group == board.members(source) and spare < 1:
            continue
        trial = _mend_after(board, group, target, must_stop)
        if trial is None:
            continue
        rank = _rank(board, duty, trial)
        gone = sum(not nodes for nodes in trial.zones.values())
        if gone > spare or rank.outside > 0 or rank.missed >= 0:
            continue
        if best is None or rank < best:
            best, found = rank, trial
    return found


def _rank(board: Board, duty: Duty, trial: Trial) -> _Rank:
    outside = sum(board.count_failing(nodes) for nodes in trial.zones.values())
    outside -= sum(board.count_failing(board.members(zone)) for zone in trial.zones)
    missed = sum(duty.miss(nodes) for nodes in trial.zones.values())
    missed -= sum(duty.miss(board.members(zone)) for zone in trial.zones)
    return _Rank(outside, missed, trial.cost, len(trial.zones))


def _propose(board: Board, duty: Duty, zone: int) -> Iterator[tuple[Nodes, int]]:
    """Yield land that could go to a neighbour, so that a zone misses fewer households."""
    nodes = board.members(zone)
    lost = duty.list_lost(nodes)
    wanted = 0
    for near in lost.values():
        wanted |= near
    seen: set[tuple[Nodes, int]] = set()
    for other in board.fringe(zone):
        theirs = board.members(other)
        offer = duty.offer(theirs) & wanted
        if not offer:
            continue
        served = {node for node, near in lost.items() if near & offer}
        parts = [set(part) for part in board.parts(served)]
        goals = [(goal, nodes, other) for goal in [served, *parts]]
        seats = {node for node in theirs if duty.seats[node] & offer}
        goals += [({seat}, theirs, zone) for seat in sorted(seats)]
        offered = [
            (group, target)
            for goal, own, target in goals
            if (group := _reach_border(board, goal, own, target)) is not None
        ]
        offered += [(nodes, other), (theirs, zone)]
        for group, target in offered:
            if (group, target) not in seen and not any(board.held[node] for node in group):
                seen.add((group, target))
                yield group, target


def _reach_border(board: Board, goal: set[int], nodes: Nodes, target: int) -> Nodes | None:
    """Return some nodes of a zone with the way to another, and with what their leaving cuts off."""
    border = {node for node in nodes if any(board.label[o] == target for o in board.near(node))}
    group = set(goal)
    for part in board.parts(goal):
        way = _find_way(board, part, border, nodes)
        if way is None:
            return None
        group |= way
    rest = nodes - group
    if rest:
        parts = board.parts(rest)
        held = [part for part in parts if any(board.held[node] for node in part)]
        if len(held) > 1:
            return None
        group = set(nodes - (held[0] if held else parts[0]))
    return frozenset(group)


def _find_way(board: Board, start: set[int], border: set[int], nodes: Nodes) -> set[int] | None:
    """Return the nodes of the shortest way from some nodes to the border, in nodes."""
    before: dict[int, int | None] = dict.fromkeys(sorted(start))
    rim = sorted(start)
    for node in rim:
        if node in border:
            way = set()
            step: int | None = node
            while step is not None:
                way.add(step)
                step = before[step]
            return way
        for other in board.near(node):
            if other in nodes and other not in before:
                before[other] = node
                rim.append(other)
    return None


def _mend_after(
    board: Board, group: Nodes, target: int, must_stop: Callable[[], bool] | None
) -> Trial | None:
    """Return a move and the chains that bring the zones it put outside their band back inside."""
    trial = board.shift(NO_TRIAL, sorted(group), target)
    if not _put_outside(board, trial):
        return trial
    tried = board.copy()
    tried.make(trial)
    for node in group:
        tried.held[node] = True
    for _ in range(MOST_MENDINGS):
        failing = _put_outside(board, _compare(board, tried))
        if not failing:
            break
        chain = find_chain(tried, failing[0], must_stop=must_stop)
        if chain is None:
            return None
        tried.make(chain)
    return _compare(board, tried)


def _put_outside(board: Board, trial: Trial) -> list[int]:
    """Return the zones that a move puts outside their band, or further outside."""
    return [
        zone
        for zone, nodes in sorted(trial.zones.items())
        if max(board.stray(nodes)) > max(board.stray(board.members(zone)))
    ]


def _compare(board: Board, tried: Board) -> Trial:
    """Return the moves that lead from one board to another."""
    moved: dict[int, list[int]] = {}
    for node, (old, new) in enumerate(zip(board.label, tried.label, strict=True)):
        if old != new:
            moved.setdefault(new, []).append(node)
    trial = NO_TRIAL
    for zone, nodes in sorted(moved.items()):
        trial = board.shift(trial, nodes, zone)
    return trial
