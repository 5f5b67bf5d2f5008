"""Fewer zones, or more, with the least change.

Fewer: the pair whose joining moves fewest people goes first. More: the heaviest zone is parted.
"""

from __future__ import annotations

import heapq
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gridmap.planning.loads import judge_zones
from gridmap.planning.problems import number_anew, number_by_first
from gridmap.planning.solving import solve_problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridmap.planning.attempts import Search
    from gridmap.planning.problems import Problem
    from gridmap.planning.watching import Watch

Offer = tuple[int, int, float, int, int, int, int]
"""Twice the weight moved, less that of those who get their wish; weight of both, minus the border's
worth; the piece, two zones, their ages."""


def join_zones(
    problems: Sequence[Problem],
    zones: Sequence[NDArray[np.int32]],
    fewer: int,
    *,
    called: Sequence[NDArray[np.int64] | None] | None = None,
) -> list[NDArray[np.int32]]:
    """Join neighbouring zones until there are so many fewer, or no two fit into a band.

    Parameters
    ----------
    problems
        The pieces of land: zones of two pieces are never joined. Nodes with different anchors
        stay apart.
    zones
        Zone of each node of each piece, 0.. by first node, each zone in one piece.
    fewer
        How many zones are to go.
    called
        Node of each piece that each node wishes to be in a zone with (a station's), -1 for none;
        None where nobody wishes.

    Returns
    -------
    list of ndarray
        Zone of each node of each piece, 0.. by first node.

    Notes
    -----
    At each step the pair is joined whose lighter zone weighs least: those are the people who get
    another zone. Equal ones: the pair that weighs least together, then the one with the dearer
    border between them. Who gets the wished node into the own zone is taken off by half, as
    `gridmap.planning.boards.WISH` has it. A joined zone must lie in its band and carry no load
    above its limit.

    Examples
    --------
    >>> from gridmap.planning.problems import BandTable, Problem
    >>> bands = BandTable(np.array([[3, 9]]), np.array([[3, 9]]))
    >>> path = Problem(np.array([4, 3, 4, 8]), np.array([[0, 1], [1, 2], [2, 3]]), np.ones(3),
    ...                np.zeros(3), bands, np.zeros(4, np.int64))
    >>> [part.tolist() for part in join_zones([path], [np.arange(4, dtype=np.int32)], 1)]
    [[0, 0, 1, 2]]
    """
    joined = [labels.astype(np.int64) for labels in zones]
    wished = called or [None] * len(problems)
    sides = [_Side(*given) for given in zip(problems, joined, wished, strict=True)]
    offers: list[Offer] = []
    for number, side in enumerate(sides):
        for one in sorted(side.near):
            side.offer(number, one, offers, above=True)
    heapq.heapify(offers)
    while fewer > 0 and offers:
        _, _, _, number, one, other, age = heapq.heappop(offers)
        side = sides[number]
        if side.age[one] + side.age[other] != age or not side.fits(one, other):
            continue
        side.join(one, other)
        side.offer(number, one, offers)
        fewer -= 1
    return [number_by_first(labels) for labels in joined]


def part_zones(
    problems: Sequence[Problem],
    zones: Sequence[NDArray[np.int32]],
    more: int,
    search: Search,
    watch: Watch,
) -> list[NDArray[np.int32]]:
    """Part the heaviest zones in two until there are so many more, or none can be parted.

    Parameters
    ----------
    problems, zones
        As `join_zones` has them.
    more
        How many zones are to come.
    search, watch
        As `gridmap.planning.solving.solve_problem` has them.

    Returns
    -------
    list of ndarray
        Zone of each node of each piece, 0.. by first node. Both parts lie in their band; nodes of
        one anchor stay together.

    Examples
    --------
    >>> from gridmap.planning.attempts import Search
    >>> from gridmap.planning.problems import BandTable, Problem
    >>> from gridmap.planning.watching import Watch
    >>> bands = BandTable(np.array([[3, 9]]), np.array([[3, 9]]))
    >>> path = Problem(np.full(4, 2), np.array([[0, 1], [1, 2], [2, 3]]), np.ones(3), np.zeros(3),
    ...                bands, np.zeros(4, np.int64))
    >>> [part.tolist() for part in
    ...  part_zones([path], [np.zeros(4, np.int32)], 1, Search(seed=7), Watch())]
    [[0, 0, 1, 1]]
    """
    parted = [labels.astype(np.int64) for labels in zones]
    least = min((problem.bands.widest[0] for problem in problems), default=1)
    queue: list[tuple[int, int, int]] = []
    for number, (problem, labels) in enumerate(zip(problems, parted, strict=True)):
        sums = np.bincount(labels, problem.weights).astype(np.int64)
        queue += [(-total, number, zone) for zone, total in enumerate(sums.tolist())]
    heapq.heapify(queue)
    while more > 0 and queue and -queue[0][0] >= 2 * least and not watch.must_stop():
        _, number, zone = heapq.heappop(queue)
        problem, labels = problems[number], parted[number]
        nodes = np.flatnonzero(labels == zone)
        half = take_nodes(problem, nodes, zones=2)
        drawn = solve_problem(half, search, watch.part())
        if int(drawn.max(initial=-1)) != 1 or judge_zones(half, drawn).outside.any():
            continue
        fresh = int(labels.max()) + 1
        labels[nodes[drawn == 1]] = fresh
        for part in (zone, fresh):
            total = int(problem.weights[labels == part].sum())
            heapq.heappush(queue, (-total, number, part))
        more -= 1
    return [number_by_first(labels) for labels in parted]


def take_nodes(problem: Problem, nodes: NDArray[np.int64], *, zones: int) -> Problem:
    """Return some nodes of a problem as a problem of its own, with nothing known of today.

    Parameters
    ----------
    problem
        The graph.
    nodes
        Which of its nodes, ascending, shape (k,).
    zones
        Zones asked for, 0 for any number.

    Returns
    -------
    Problem
        The nodes, and the edges among them.

    Examples
    --------
    >>> from gridmap.planning.problems import BandTable, Problem
    >>> bands = BandTable(np.array([[3, 9]]), np.array([[3, 9]]))
    >>> path = Problem(np.arange(3), np.array([[0, 1], [1, 2]]), np.ones(2), np.zeros(2),
    ...                bands, np.zeros(3, np.int64))
    >>> take_nodes(path, np.array([1, 2]), zones=2).edges.tolist()
    [[0, 1]]
    """
    place = np.full(problem.size, -1, np.int64)
    place[nodes] = np.arange(len(nodes))
    ends = place[problem.edges]
    rows = np.flatnonzero((ends >= 0).all(axis=1))
    shape = problem.shape
    if shape is not None:
        shape = replace(
            shape,
            lengths=shape.lengths[rows],
            areas=shape.areas[nodes],
            perimeters=shape.perimeters[nodes],
        )
    return replace(
        problem,
        weights=problem.weights[nodes],
        edges=ends[rows],
        costs=problem.costs[rows],
        crossings=problem.crossings[rows],
        classes=problem.classes[nodes],
        shape=shape,
        groups=None if problem.groups is None else number_anew(problem.groups[nodes]),
        current=None,
        anchors=None if problem.anchors is None else number_anew(problem.anchors[nodes]),
        loads=None if problem.loads is None else problem.loads[nodes],
        zones=zones,
    )


class _Side:
    """The zones of one piece, who borders on whom, and how often each was joined."""

    def __init__(
        self, problem: Problem, labels: NDArray[np.int64], called: NDArray[np.int64] | None
    ) -> None:
        self.problem, self.labels, self.called = problem, labels, called
        many = int(labels.max(initial=-1)) + 1
        self.weight = np.bincount(labels, problem.weights, many).astype(np.int64).tolist()
        self.age = [0] * many
        self.near: dict[int, dict[int, float]] = {zone: {} for zone in range(many)}
        ends = labels[problem.edges]
        for (a, b), cost in zip(ends.tolist(), problem.costs.tolist(), strict=True):
            if a != b:
                self.near[a][b] = self.near[b][a] = self.near[a].get(b, 0.0) + cost

    def offer(self, number: int, one: int, offers: list[Offer], *, above: bool = False) -> None:
        """Offer a zone to its neighbours; only to those of higher number with ``above``."""
        for other, worth in sorted(self.near[one].items()):
            if above and other < one:
                continue
            pair = (self.weight[one], self.weight[other])
            age = self.age[one] + self.age[other]
            moved = 2 * min(pair) - self._count_wishes(one, other)
            heapq.heappush(offers, (moved, sum(pair), -worth, number, one, other, age))

    def _count_wishes(self, one: int, other: int) -> int:
        """Return the weight of the nodes of two zones that wish for a node of the other one."""
        if self.called is None:
            return 0
        wished = np.where(self.called >= 0, self.labels[np.maximum(self.called, 0)], -1)
        across = (self.labels == one) & (wished == other)
        across |= (self.labels == other) & (wished == one)
        return int(self.problem.weights[across].sum())

    def fits(self, one: int, other: int) -> bool:
        """Tell whether two zones may be one."""
        if other not in self.near.get(one, {}):
            return False
        if self.weight[one] + self.weight[other] > self.problem.bands.widest[1]:
            return False
        both = np.flatnonzero((self.labels == one) | (self.labels == other))
        anchors = self.problem.anchors
        if anchors is not None and len(np.unique(anchors[both][anchors[both] >= 0])) > 1:
            return False
        labels = self.labels.copy()
        labels[both] = one
        return not bool(judge_zones(self.problem, labels).outside[one])

    def join(self, one: int, other: int) -> None:
        """Make the second zone part of the first."""
        self.labels[self.labels == other] = one
        self.weight[one] += self.weight[other]
        self.age[one] += 1 + self.age[other]
        for zone, worth in self.near.pop(other).items():
            del self.near[zone][other]
            if zone != one:
                self.near[one][zone] = self.near[one].get(zone, 0.0) + worth
                self.near[zone][one] = self.near[one][zone]
