"""Zones that are mended: who is in which, what a few moves would change, and at what cost.

A `Board` holds the zones as they are; a `Trial` is a handful of moves on top of it that may be
made or dropped. Moving costs: a node that leaves its zone of today is weighed by its households
(and one grain for the node itself), a node that has none or goes home costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridmap.planning.problems import index_edges

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gridmap.planning.problems import Problem

GRAINS = 1 << 20
"""Grains of cost a household moved; each node moved costs one grain besides."""
WISH = GRAINS // 2
"""Grains of cost a household that is not in the zone it wishes for: a wish decides who moves and
where to, but nobody moves for a wish alone (gridmap's own default)."""
NOWHERE = -1


@dataclass(frozen=True, slots=True)
class Trial:
    """A few moves on top of a board, not yet made.

    Attributes
    ----------
    moves
        Node -> zone it would go to.
    zones
        Members of every zone that would change.
    cost
        Change of the cost of moving, in grains.
    """

    moves: Mapping[int, int]
    zones: Mapping[int, frozenset[int]]
    cost: int


NO_TRIAL = Trial({}, {}, 0)


class Board:
    """The zones of a graph while they are mended.

    Attributes
    ----------
    problem
        The graph, its bands and anchors.
    label, home
        Zone of each node now and today (-1: none).
    weights
        Households of each node.
    wish
        Zone that each node wishes to be in (-1: any), None where nobody wishes.
    held
        Whether each node may not move: it is locked, or above the ceiling.
    """

    def __init__(
        self, problem: Problem, label: list[int], home: list[int], wish: list[int] | None = None
    ) -> None:
        self.problem = problem
        self.label = label
        self.home = home
        self.wish = wish
        self.weights: list[int] = problem.weights.tolist()
        self.held: list[bool] = (
            [False] * problem.size if problem.anchors is None else (problem.anchors >= 0).tolist()
        )
        self._start, self._others, self._ids = index_edges(problem.edges, problem.size)
        self._near: dict[int, list[int]] = {}
        rows: dict[int, list[int]] = {}
        for node, zone in enumerate(label):
            rows.setdefault(zone, []).append(node)
        self._members = {zone: frozenset(nodes) for zone, nodes in rows.items()}
        self._strays: dict[frozenset[int], tuple[int, int]] = {}
        self._bands = [tuple(row) for row in problem.bands.hard.tolist()]
        carried, limits = problem.loads, problem.load_bands
        self._loads: list[list[int]] = [] if carried is None else carried.T.tolist()
        self._limits: list[list[int]] = [] if limits is None else limits.tolist()
        self._classes: list[int] = problem.classes.tolist()
        self._next = max(max(label, default=-1), max(home, default=-1)) + 1

    def near(self, node: int) -> list[int]:
        """Return the neighbours of a node, ascending."""
        found = self._near.get(node)
        if found is None:
            rows = slice(int(self._start[node]), int(self._start[node + 1]))
            found = self._near[node] = self._others[rows].tolist()
        return found

    def edges_of(self, node: int) -> list[int]:
        """Return the positions of the edges of a node."""
        rows: list[int] = self._ids[int(self._start[node]) : int(self._start[node + 1])].tolist()
        return rows

    def mint(self) -> int:
        """Return a zone number that was never used."""
        self._next += 1
        return self._next - 1

    def zones(self) -> list[int]:
        """Return the zones in use, ascending."""
        return sorted(zone for zone, nodes in self._members.items() if nodes)

    def members(self, zone: int, trial: Trial = NO_TRIAL) -> frozenset[int]:
        """Return the nodes of a zone, as a trial would have it."""
        found = trial.zones.get(zone)
        return self._members.get(zone, frozenset()) if found is None else found

    def zone_of(self, node: int, trial: Trial = NO_TRIAL) -> int:
        """Return the zone of a node, as a trial would have it."""
        return trial.moves.get(node, self.label[node])

    def weigh(self, nodes: Iterable[int]) -> int:
        """Return the households of some nodes."""
        weights = self.weights
        return sum(weights[node] for node in nodes)

    def band(self, nodes: Iterable[int]) -> tuple[int, int]:
        """Return the hard band of a zone: that of the class with most of its households."""
        if len(self._bands) == 1:
            return self._bands[0]
        shares = [0] * len(self._bands)
        for node in nodes:
            shares[self._classes[node]] += self.weights[node]
        return self._bands[shares.index(max(shares))]

    def stray(self, nodes: frozenset[int]) -> tuple[int, int]:
        """Return how many households a zone lacks and has too many; a zone of nobody is gone.

        What a further weight (`Problem.loads`) lacks or exceeds is counted in households of the
        zone's mean load.
        """
        if not nodes:
            return 0, 0
        found = self._strays.get(nodes)
        if found is None:
            weight = self.weigh(nodes)
            lower, upper = self.band(nodes)
            light, heavy = self._weigh_loads(nodes, weight)
            found = (max(0, lower - weight, light), max(0, weight - upper, heavy))
            self._strays[nodes] = found
        return found

    def _weigh_loads(self, nodes: frozenset[int], weight: int) -> tuple[int, int]:
        """Return by how many households the further weights are below and above their bands."""
        light, heavy = 0, 0
        for column, (least, most) in zip(self._loads, self._limits, strict=True):
            load = sum(column[node] for node in nodes)
            if load > most:
                heavy = max(heavy, -(-(load - most) * weight // load), 1)
            elif load < least:
                light = max(light, (least - load) * weight // max(1, load), 1)
        return light, heavy

    def count_failing(self, nodes: frozenset[int]) -> int:
        """Count the zones that a zone stands for outside its band: twice too heavy counts two."""
        missing, above = self.stray(nodes)
        if missing:
            return 1
        if above == 0:
            return 0
        return max(1, -(-self.weigh(nodes) // self.band(nodes)[1]) - 1)

    def price(self, node: int, zone: int) -> int:
        """Return what it costs that a node is in a zone: 0 at home or without one.

        A node that wishes for another zone costs `WISH` for each household besides.
        """
        home = self.home[node]
        cost = 0 if home in (NOWHERE, zone) else self.weights[node] * GRAINS + 1
        if self.wish is not None and self.wish[node] not in (NOWHERE, zone):
            cost += self.weights[node] * WISH
        return cost

    @property
    def least_price(self) -> int:
        """Return the least that it costs to move a household from home, in grains."""
        return GRAINS if self.wish is None else GRAINS - WISH

    def copy(self) -> Board:
        """Return a board of the same zones that can be changed for itself."""
        wish = None if self.wish is None else list(self.wish)
        other = Board(self.problem, list(self.label), list(self.home), wish)
        other.held = list(self.held)
        other._next = self._next
        return other

    def shift(self, trial: Trial, nodes: Iterable[int], target: int) -> Trial:
        """Return a trial with some nodes moved to a zone besides."""
        moves = dict(trial.moves)
        gone: dict[int, list[int]] = {}
        cost = trial.cost
        for node in nodes:
            source = self.zone_of(node, trial)
            gone.setdefault(source, []).append(node)
            cost += self.price(node, target) - self.price(node, source)
            moves[node] = target
            if self.label[node] == target:
                del moves[node]
        zones = dict(trial.zones)
        come = self.members(target, trial)
        for source, rows in gone.items():
            zones[source] = self.members(source, trial).difference(rows)
            come = come.union(rows)
        zones[target] = come
        return Trial(moves, zones, cost)

    def make(self, trial: Trial) -> None:
        """Make the moves of a trial."""
        self._strays.clear()
        for node, zone in trial.moves.items():
            self.label[node] = zone
        for zone, nodes in trial.zones.items():
            self._members[zone] = nodes

    def is_whole(self, nodes: frozenset[int]) -> bool:
        """Tell whether nodes are connected among themselves."""
        return len(nodes) < 2 or len(self.reach(min(nodes), nodes)) == len(nodes)

    def reach(self, start: int, nodes: frozenset[int] | set[int]) -> set[int]:
        """Return the nodes that are connected to one of them."""
        seen = {start}
        rim = [start]
        while rim:
            for other in self.near(rim.pop()):
                if other in nodes and other not in seen:
                    seen.add(other)
                    rim.append(other)
        return seen

    def parts(self, nodes: frozenset[int] | set[int]) -> list[set[int]]:
        """Return the connected parts of some nodes, the heaviest first."""
        left = set(nodes)
        found = []
        for node in sorted(nodes):
            if node in left:
                part = self.reach(node, left)
                left -= part
                found.append(part)
        return sorted(found, key=lambda part: (-self.weigh(part), -len(part), min(part)))

    def fringe(self, zone: int, trial: Trial = NO_TRIAL) -> dict[int, list[int]]:
        """Return the neighbouring zones of a zone, each with the nodes of this one beside it."""
        found: dict[int, list[int]] = {}
        for node in sorted(self.members(zone, trial)):
            beside = {self.zone_of(other, trial) for other in self.near(node)}
            for other in sorted(beside - {zone}):
                found.setdefault(other, []).append(node)
        return dict(sorted(found.items()))

    def labels(self) -> np.ndarray:
        """Return the zone of each node."""
        return np.array(self.label, np.int64)
