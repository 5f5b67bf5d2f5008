"""Proofs that units do not fit, for pieces where arithmetic on totals sees no obstacle.

A compound is not cut, so a piece can be impossible although its total is fine: 294 households
whose only neighbour is a compound of 367 are outside the band in every division. The proof tries
every zone that could hold the most hemmed-in unit, takes it away, and asks the same of the rest.
What can be proved of a single unit is in `gridmap.proving.misfits`.
Nothing here knows how plans are searched; sets of nodes are whole numbers, a bit a node.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from gridmap.proving.pieces import Question, is_refuted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from gridmap.rules import Band

MOST_NODES = 120
"""Larger pieces are not tried: each zone of a division is a level of recursion."""
BUDGET = 400_000
"""Steps of the proof before it is given up."""
BREATH = 1024
"""Steps between two looks at the clock."""
REFUTATION = 50_000
"""Steps that a proof by bounds counts for, where pieces share an effort."""
STEPS_A_NODE = 4
"""Further steps for each node of a graph whose pieces share an effort."""
FEW, TRIES = 48, 40
"""Zones of one node that are listed, and sets tried for each, before another node is preferred."""


@dataclass
class _Proof:
    """The piece under proof, and how many steps are left."""

    weights: Sequence[int]
    near: Sequence[int]
    band: Band
    left: int = BUDGET
    must_stop: Callable[[], bool] | None = None
    seen: dict[int, bool] = field(default_factory=dict)


class _Exhausted(Exception):
    """The budget of the proof is spent."""


@dataclass
class Effort:
    """What the proofs of one call may still spend, all pieces together.

    Attributes
    ----------
    steps
        Steps left; a proof of one piece takes at most `BUDGET`.
    must_stop
        Asked between proofs; None where there is no clock.
    """

    steps: int
    must_stop: Callable[[], bool] | None = None

    def is_spent(self) -> bool:
        """Tell whether there is nothing left to spend, or no time."""
        return self.steps <= 0 or (self.must_stop is not None and self.must_stop())


def allow_effort(nodes: int, must_stop: Callable[[], bool] | None = None) -> Effort:
    """Return the effort that a graph of so many nodes deserves.

    Examples
    --------
    >>> allow_effort(100).steps
    400400
    """
    return Effort(BUDGET + STEPS_A_NODE * nodes, must_stop)


def is_proved_impossible(
    weights: NDArray[np.int64],
    edges: NDArray[np.int64],
    *,
    band: Band,
    budget: int = BUDGET,
    effort: Effort | None = None,
) -> bool:
    """Tell whether it is proved that no division has every zone inside the band.

    Parameters
    ----------
    weights
        Households of each node, shape (n,).
    edges
        Pairs of neighbouring nodes, shape (m, 2).
    band
        Least and most households of a zone.
    budget
        Steps before the proof is given up; equal input gives an equal answer on any machine.
    effort
        What many pieces share: it is charged with the steps, and nothing is proved without any.

    Returns
    -------
    bool
        True: proved, by trying all there is to try, or by bounds in whole numbers where that is
        too much. False: a division exists, or the piece is too large or too free for both.

    Notes
    -----
    Land without households may join any zone or stay aside, so that leaving it over never makes a
    division impossible. Source: gridmap's own method; FIELD.md section 2 for the arithmetic.

    Examples
    --------
    >>> import numpy as np
    >>> from gridmap.rules import Band
    >>> path = np.array([[0, 1], [1, 2]])
    >>> is_proved_impossible(np.array([294, 367, 400]), path, band=Band(300, 500))
    True
    >>> is_proved_impossible(np.array([294, 106, 400]), path, band=Band(300, 500))
    False
    """
    if len(weights) > MOST_NODES or (effort is not None and effort.is_spent()):
        return False
    near = [0] * len(weights)
    for a, b in edges.tolist():
        near[a] |= 1 << b
        near[b] |= 1 << a
    allowed = budget if effort is None else min(budget, effort.steps)
    must_stop = None if effort is None else effort.must_stop
    proof = _Proof([int(weight) for weight in weights], near, band, allowed, must_stop)
    try:
        impossible = not _can_divide(proof, (1 << len(weights)) - 1)
    except _Exhausted:
        impossible = False
    if effort is not None:
        effort.steps -= allowed - proof.left + len(weights)
    if proof.left >= 0 or (effort is not None and effort.is_spent()):
        return impossible
    if effort is not None:
        effort.steps -= REFUTATION
    return _is_refuted(weights, edges, band, must_stop)


def _is_refuted(
    weights: NDArray[np.int64],
    edges: NDArray[np.int64],
    band: Band,
    must_stop: Callable[[], bool] | None,
) -> bool:
    """Tell whether bounds prove it, land without households taken for granted."""
    light = np.flatnonzero((weights > 0) & (weights <= band.upper))
    near = _connect(weights, edges, light)
    pairs = [(a, b) for a in range(len(light)) for b in _bits(near[a]) if a < b]
    ways = np.array(pairs, np.int64).reshape(-1, 2)
    return is_refuted(Question(weights[light], ways, band), must_stop)


def _connect(
    weights: NDArray[np.int64], edges: NDArray[np.int64], light: NDArray[np.int64]
) -> list[int]:
    """Return the neighbours of each listed node, directly or over nodes without households."""
    place = np.full(len(weights), -1, np.int64)
    place[light] = np.arange(len(light))
    near = [0] * len(light)
    reach: dict[int, list[int]] = {int(node): [] for node in np.flatnonzero(weights == 0)}
    for a, b in edges.tolist():
        if place[a] >= 0 and place[b] >= 0:
            near[place[a]] |= 1 << int(place[b])
            near[place[b]] |= 1 << int(place[a])
        for here, there in ((a, b), (b, a)):
            if here in reach:
                reach[here].append(there)
    while reach:
        rim = _take_patch(reach, place)
        for node in _bits(rim):
            near[node] |= rim & ~(1 << node)
    return near


def _take_patch(reach: dict[int, list[int]], place: NDArray[np.int64]) -> int:
    """Take a patch of nodes without households out of those left; return the listed nodes at it."""
    stack = [reach.popitem()[1]]
    rim = 0
    while stack:
        for other in stack.pop():
            if place[other] >= 0:
                rim |= 1 << int(place[other])
            elif other in reach:
                stack.append(reach.pop(other))
    return rim


def _can_divide(proof: _Proof, rest: int) -> bool:
    """Tell whether some division of the rest has every zone inside the band."""
    if rest in proof.seen:
        return proof.seen[rest]
    parts = list(_split(proof, rest))
    if not all(proof.band.can_hold(_weigh(proof, part)) for part in parts):
        proof.seen[rest] = False
        return False
    answer = all(_can_divide_part(proof, part) for part in parts if _weigh(proof, part))
    proof.seen[rest] = answer
    return answer


def _can_divide_part(proof: _Proof, part: int) -> bool:
    """Try every zone of the node of a connected part that has the fewest."""
    order = sorted(_bits(part), key=lambda v: (proof.near[v].bit_count(), -proof.weights[v], v))
    served = [node for node in order if proof.weights[node]]
    zones, most = None, FEW
    while zones is None:
        zones = _find_fewest(proof, part, served, most)
        most *= 8
    return any(_can_divide(proof, part & ~zone) for zone in zones)


def _find_fewest(proof: _Proof, part: int, nodes: list[int], most: int) -> list[int] | None:
    """Return the zones of the node that has the fewest; None when each has more than ``most``."""
    best: list[int] | None = None
    for node in nodes:
        zones = _list_zones(proof, part, node, most if best is None else len(best))
        if zones is not None and (best is None or len(zones) < len(best)):
            best = zones
            if len(best) <= 2:
                break
    return best


def _list_zones(proof: _Proof, part: int, node: int, most: int) -> list[int] | None:
    """Return every connected set inside the band that holds a node; None when there are more."""
    zones: list[int] = []
    stack = [(1 << node, proof.weights[node], proof.near[node] & part & ~(1 << node), part)]
    tries = 0
    most = max(most, 1)
    while stack:
        chosen, weight, border, allowed = stack.pop()
        proof.left -= 1
        tries += 1
        if proof.left < 0 or (
            proof.must_stop is not None and proof.left % BREATH == 0 and proof.must_stop()
        ):
            raise _Exhausted
        if tries > TRIES * most:
            return None
        if border == 0:
            if proof.band.holds(weight):
                zones.append(chosen)
                if len(zones) > most:
                    return None
            continue
        bit = border & -border
        taken = bit.bit_length() - 1
        stack.append((chosen, weight, border & ~bit, allowed & ~bit))
        heavier = weight + proof.weights[taken]
        if heavier <= proof.band.upper:
            more = (border | proof.near[taken] & allowed) & ~(chosen | bit)
            stack.append((chosen | bit, heavier, more, allowed & ~bit))
    return zones


def _split(proof: _Proof, rest: int) -> Iterator[int]:
    """Yield the connected parts of a set of nodes."""
    while rest:
        part = 0
        rim = rest & -rest
        while rim:
            part |= rim
            reach = 0
            for node in _bits(rim):
                reach |= proof.near[node]
            rim = reach & rest & ~part
        rest &= ~part
        yield part


def _weigh(proof: _Proof, nodes: int) -> int:
    return sum(proof.weights[node] for node in _bits(nodes))


def _bits(nodes: int) -> Iterator[int]:
    while nodes:
        bit = nodes & -nodes
        yield bit.bit_length() - 1
        nodes &= ~bit
