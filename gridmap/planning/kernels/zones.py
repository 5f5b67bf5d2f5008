"""The zones while they are searched: members, sums, and what a change would cost."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gridmap.planning.kernels.columns import (
    AFTER,
    AREA,
    BEFORE,
    COUNT,
    CROSSED,
    CUTTING,
    EDGE,
    GROUP,
    HEAD,
    KLASS,
    LABEL,
    LENGTH,
    MARK,
    NEAR,
    PERIMETER,
    UNUSED,
    WEIGHT,
    WHOLE,
)
from gridmap.planning.kernels.compiling import inner
from gridmap.planning.kernels.weighing import (
    MISCOUNT,
    Aim,
    Graph,
    find_top_class,
    is_overloaded,
    weigh_zone,
)


class Zones(NamedTuple):
    """The present division; arrays are changed in place.

    Attributes
    ----------
    seat
        Of each node, shape (n, 4): ``LABEL`` its zone; ``AFTER``, ``BEFORE`` chain the members of
        a zone; ``PLACE`` is scratch (-1 at rest).
    zone
        Of each zone, ids 0..n-1, shape (n, 7): ``WEIGHT``, ``AREA``, ``PERIMETER``, ``HEAD`` the
        first member (-1: id not in use), ``COUNT`` of members, ``MARK`` scratch (-1 at rest),
        ``UNUSED`` the ids not in use, in the first rows.
    shares, loads
        Weight by class, and further weights, of each zone, shape (n, classes) and (n, q).
    total
        Number of unused ids, number of zones, weighed sum of all changes so far.
    block
        Scratch for groups (-1 at rest).
    """

    seat: np.ndarray
    zone: np.ndarray
    shares: np.ndarray
    loads: np.ndarray
    total: np.ndarray
    block: np.ndarray


class Sums(NamedTuple):
    """What the zones of one region add up to, by local zone number, and their weighed cost."""

    size: np.ndarray
    weight: np.ndarray
    area: np.ndarray
    perimeter: np.ndarray
    shares: np.ndarray
    loads: np.ndarray
    cost: int


SPARE, NUMBER, CHANGE = 0, 1, 2


@inner
def open_zones(graph: Graph, labels: np.ndarray, groups: int) -> Zones:
    """Set up the zones for labels 0..n-1, in any use of ids."""
    size, classes = len(labels), len(graph.bands)
    zones = Zones(
        np.full((size, 4), -1, np.int64),
        np.zeros((size, 7), np.int64),
        np.zeros((size, classes), np.int64),
        np.zeros((size, graph.loads.shape[1]), np.int64),
        np.zeros(3, np.int64),
        np.full(groups, -1, np.int64),
    )
    for k in range(size):
        zones.zone[k, HEAD] = zones.zone[k, MARK] = -1
    for node in range(size - 1, -1, -1):
        add_member(zones, node, labels[node])
        z = labels[node]
        zones.zone[z, COUNT] += 1
        zones.zone[z, WEIGHT] += graph.node[node, WEIGHT]
        zones.zone[z, AREA] += graph.node[node, AREA]
        zones.shares[z, graph.node[node, KLASS]] += graph.node[node, WEIGHT]
        add_loads(graph, node, zones.loads, z)
        zones.zone[z, PERIMETER] += graph.node[node, PERIMETER]
        for slot in range(graph.indptr[node], graph.indptr[node + 1]):
            if labels[graph.slot[slot, NEAR]] == z:
                zones.zone[z, PERIMETER] -= graph.edge[graph.slot[slot, EDGE], LENGTH]
    for z in range(size - 1, -1, -1):
        if zones.zone[z, HEAD] < 0:
            zones.zone[zones.total[SPARE], UNUSED] = z
            zones.total[SPARE] += 1
    zones.total[NUMBER] = size - zones.total[SPARE]
    return zones


@inner
def add_loads(graph: Graph, node: int, loads: np.ndarray, zone: int) -> None:
    """Add a node's further weights to a zone's sums."""
    for r in range(graph.loads.shape[1]):
        loads[zone, r] += graph.loads[node, r]


@inner
def add_member(zones: Zones, node: int, zone: int) -> None:
    """Chain a node into a zone."""
    head = zones.zone[zone, HEAD]
    zones.seat[node, AFTER], zones.seat[node, BEFORE] = head, -1
    if head >= 0:
        zones.seat[head, BEFORE] = node
    zones.zone[zone, HEAD] = node
    zones.seat[node, LABEL] = zone


@inner
def drop_member(zones: Zones, node: int) -> None:
    """Take a node out of its zone's chain."""
    behind, ahead = zones.seat[node, BEFORE], zones.seat[node, AFTER]
    if behind >= 0:
        zones.seat[behind, AFTER] = ahead
    else:
        zones.zone[zones.seat[node, LABEL], HEAD] = ahead
    if ahead >= 0:
        zones.seat[ahead, BEFORE] = behind


@inner
def weigh_number(number: int, wanted: int) -> int:
    """Weigh a wrong number of zones."""
    return 0 if wanted == 0 else MISCOUNT * abs(number - wanted)


@inner
def weigh_region(
    graph: Graph,
    aim: Aim,
    nodes: np.ndarray,
    ends: np.ndarray,
    ids: np.ndarray,
    local: np.ndarray,
    many: int,
    block: np.ndarray,
) -> Sums:
    """Sum and weigh the zones of a region, exactly.

    ``local`` is the zone of each node of the region, 0..many-1. What lies between the region and
    the rest is the same before and after a redrawing, and is left out.
    """
    count = np.zeros(many, np.int64)
    weight = np.zeros(many, np.int64)
    area = np.zeros(many, np.int64)
    perimeter = np.zeros(many, np.int64)
    shares = np.zeros((many, len(graph.bands)), np.int64)
    loads = np.zeros((many, graph.loads.shape[1]), np.int64)
    groups = 0
    for i in range(len(nodes)):
        node, z = nodes[i], local[i]
        count[z] += 1
        weight[z] += graph.node[node, WEIGHT]
        area[z] += graph.node[node, AREA]
        perimeter[z] += graph.node[node, PERIMETER]
        shares[z, graph.node[node, KLASS]] += graph.node[node, WEIGHT]
        add_loads(graph, node, loads, z)
        group = graph.node[node, GROUP]
        if group >= 0 and block[group] < 0:
            block[group] = groups
            groups += 1
    cost = 0
    for e in range(len(ids)):
        a, b = local[ends[e, 0]], local[ends[e, 1]]
        if a == b:
            perimeter[a] -= 2 * graph.edge[ids[e], LENGTH]
            cost += graph.edge[ids[e], CROSSED]
        else:
            cost += graph.edge[ids[e], CUTTING]
    met = np.zeros((groups, many), np.int64)
    for i in range(len(nodes)):
        group = graph.node[nodes[i], GROUP]
        if group >= 0 and met[block[group], local[i]] == 0:
            met[block[group], local[i]] = 1
            cost += graph.node[nodes[i], WHOLE]
    for i in range(len(nodes)):
        if graph.node[nodes[i], GROUP] >= 0:
            block[graph.node[nodes[i], GROUP]] = -1
    for z in range(many):
        cost += weigh_zone(graph, aim, weight[z], shares, loads, z, area[z], perimeter[z])
    return Sums(count, weight, area, perimeter, shares, loads, cost)


@inner
def redraw_region(
    zones: Zones, nodes: np.ndarray, old: np.ndarray, local: np.ndarray, sums: Sums
) -> None:
    """Replace the zones ``old`` by the new ones of a region; kept ids are used again in order."""
    many = len(sums.size)
    ids = np.empty(many, np.int64)
    for k in range(len(old)):
        zones.zone[old[k], HEAD] = -1
        zones.zone[old[k], COUNT] = 0
    for k in range(many):
        if k < len(old):
            ids[k] = old[k]
        else:
            zones.total[SPARE] -= 1
            ids[k] = zones.zone[zones.total[SPARE], UNUSED]
    for k in range(len(old) - 1, many - 1, -1):
        zones.zone[zones.total[SPARE], UNUSED] = old[k]
        zones.total[SPARE] += 1
    zones.total[NUMBER] += many - len(old)
    for i in range(len(nodes) - 1, -1, -1):
        add_member(zones, nodes[i], ids[local[i]])
    for k in range(many):
        z = ids[k]
        zones.zone[z, COUNT] = sums.size[k]
        zones.zone[z, WEIGHT] = sums.weight[k]
        zones.zone[z, AREA] = sums.area[k]
        zones.zone[z, PERIMETER] = sums.perimeter[k]
        for c in range(sums.shares.shape[1]):
            zones.shares[z, c] = sums.shares[k, c]
        for r in range(sums.loads.shape[1]):
            zones.loads[z, r] = sums.loads[k, r]


@inner
def is_outside(graph: Graph, zones: Zones, zone: int) -> bool:
    """Tell whether a zone is outside the hard band of its class, or the band of a load."""
    band = graph.bands[find_top_class(zones.shares, zone)]
    if zones.zone[zone, WEIGHT] < band[2] or zones.zone[zone, WEIGHT] > band[3]:
        return True
    return is_overloaded(zones.loads, zone, graph.load_bands)
