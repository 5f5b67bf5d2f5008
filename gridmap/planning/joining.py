"""Fewer zones with the least change: the pair whose joining moves fewest people goes first."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import numpy as np

from gridmap.planning.loads import judge_zones
from gridmap.planning.problems import number_by_first

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridmap.planning.problems import Problem

Offer = tuple[int, int, float, int, int, int, int]
"""Weight moved, weight of both, minus the border's worth; the piece, two zones, their ages."""


def join_zones(
    problems: Sequence[Problem], zones: Sequence[NDArray[np.int32]], fewer: int
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

    Returns
    -------
    list of ndarray
        Zone of each node of each piece, 0.. by first node.

    Notes
    -----
    At each step the pair is joined whose lighter zone weighs least: those are the people who get
    another zone. Equal ones: the pair that weighs least together, then the one with the dearer
    border between them. A joined zone must lie in its band and carry no load above its limit.

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
    sides = [_Side(problem, labels) for problem, labels in zip(problems, joined, strict=True)]
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


class _Side:
    """The zones of one piece, who borders on whom, and how often each was joined."""

    def __init__(self, problem: Problem, labels: NDArray[np.int64]) -> None:
        self.problem, self.labels = problem, labels
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
            heapq.heappush(offers, (min(pair), sum(pair), -worth, number, one, other, age))

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
