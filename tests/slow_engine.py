"""The engine's aim once more, in plain Python: slow, obvious, and exhaustive on tiny graphs.

Nothing is kept up to date here and nothing is clever: a division is weighed from its members, and
the best division is found by listing them all. `docs/engine.md` ("The aim") is what it is written
from; the weights of the levels are read from the kernels, because the test is of the sums.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gridmap.planning.kernels import weighing as w

if TYPE_CHECKING:
    from collections.abc import Iterator

Division = tuple[tuple[int, ...], ...]
Row = tuple[int, int, int, int, int, int]


@dataclass(frozen=True)
class SlowGraph:
    """A tiny problem in whole numbers.

    Edges are (a, b, cost of cutting, cost of keeping). A row of ``bands`` is: wished lower and
    upper, hard lower and upper, target, and what the edge of the band costs. ``groups`` are -1 for
    none; ``zones`` is 0 for any number.
    """

    weights: tuple[int, ...]
    edges: tuple[tuple[int, int, int, int], ...]
    bands: tuple[Row, ...]
    classes: tuple[int, ...]
    groups: tuple[int, ...]
    zones: int = 0
    grain: int = 1


def list_divisions(graph: SlowGraph) -> Iterator[Division]:
    """Yield every division into connected zones, each once."""
    near: list[set[int]] = [set() for _ in graph.weights]
    for a, b, _, _ in graph.edges:
        near[a].add(b)
        near[b].add(a)

    def divide(rest: frozenset[int]) -> Iterator[Division]:
        if not rest:
            yield ()
            return
        for zone in _connected_sets(near, min(rest), rest):
            for others in divide(rest - zone):
                yield (tuple(sorted(zone)), *others)

    yield from divide(frozenset(range(len(graph.weights))))


def _connected_sets(
    near: list[set[int]], root: int, allowed: frozenset[int]
) -> Iterator[frozenset[int]]:
    """Yield every connected set of allowed nodes that holds the root."""
    found, rim = {frozenset({root})}, [frozenset({root})]
    while rim:
        zone = rim.pop()
        yield zone
        for node in sorted({n for v in zone for n in near[v]} & allowed - zone):
            bigger = zone | {node}
            if bigger not in found:
                found.add(bigger)
                rim.append(bigger)


def find_best(graph: SlowGraph) -> Division:
    """Return the division that weighs least, of all; with the number of zones asked, if any."""
    listed = [d for d in list_divisions(graph) if graph.zones in (0, len(d))]
    return min(listed, key=lambda division: weigh_division(graph, division))


def weigh_division(graph: SlowGraph, division: Division) -> int:
    """Weigh a division by the whole aim but the number of zones."""
    zone_of = {node: number for number, zone in enumerate(division) for node in zone}
    cost = sum(_weigh_zone(graph, zone) for zone in division)
    for a, b, cut, cross in graph.edges:
        cost += cross if zone_of[a] == zone_of[b] else cut
    for group in sorted(set(graph.groups) - {-1}):
        touched = {zone_of[n] for n, own in enumerate(graph.groups) if own == group}
        members = [n for n, own in enumerate(graph.groups) if own == group]
        most = max(graph.bands[graph.classes[n]][3] for n in members)
        fits = sum(graph.weights[n] for n in members) <= most
        cost += (w.SPLIT if fits else w.SPLIT_AGAIN) * len(touched)
    return cost


def _weigh_zone(graph: SlowGraph, zone: tuple[int, ...]) -> int:
    weight = sum(graph.weights[node] for node in zone)
    wished_lower, wished_upper, lower, upper, target, worth = find_band(graph, zone)
    cost = 0
    if not lower <= weight <= upper:
        gap = lower - weight if weight < lower else weight - upper
        gap += (w.STEEP - 1) * max(0, weight - upper - upper // 2)
        grains = -(-gap // graph.grain)
        cost += w.ASTRAY * (max(1, lower // graph.grain) + min(grains, w.FAR))
    elif not wished_lower <= weight <= wished_upper:
        gap = wished_lower - weight if weight < wished_lower else weight - wished_upper
        cost += w.WISH + w.UNWISHED * (gap // graph.grain + 1)
    half = max(1, (wished_upper - wished_lower) // 2)
    off = min(abs(weight - target), 2 * half)
    return cost + worth * off // half * off // half


def find_band(graph: SlowGraph, zone: tuple[int, ...]) -> Row:
    """Return the band of the class that holds most of a zone's weight; the first of equals."""
    shares = [0] * len(graph.bands)
    for node in zone:
        shares[graph.classes[node]] += graph.weights[node]
    return graph.bands[shares.index(max(shares))]


def count_outside(graph: SlowGraph, division: Division) -> int:
    """Count the zones outside the hard band."""
    found = 0
    for zone in division:
        _, _, lower, upper, _, _ = find_band(graph, zone)
        found += not lower <= sum(graph.weights[node] for node in zone) <= upper
    return found
