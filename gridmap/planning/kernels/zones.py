"""The zones while they are searched: members, sums, and what a change would cost."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gridmap.planning.kernels.compiling import inner
from gridmap.planning.kernels.weighing import (
    MISCOUNT,
    SPLIT,
    Aim,
    Graph,
    find_top_class,
    is_overloaded,
    weigh_zone,
)


class Zones(NamedTuple):
    """The present division; arrays are changed in place.

    Nodes: ``label``; ``after``/``before`` chain the members of a zone; ``place`` is scratch
    (-1 at rest). Zones (ids 0..n-1): ``first`` member (-1: id not in use), ``size``, ``weight``,
    ``area``, ``perimeter``, ``shares`` (weight by class), ``loads`` (further weights). ``spare``
    ids not in use, ``total``: number of spare ids, number of zones, weighed sum of all changes so
    far. ``mark`` is scratch for zones (-1 at rest); ``block`` (groups,) scratch for groups (-1 at
    rest).
    """

    label: np.ndarray
    after: np.ndarray
    before: np.ndarray
    place: np.ndarray
    first: np.ndarray
    size: np.ndarray
    weight: np.ndarray
    area: np.ndarray
    perimeter: np.ndarray
    shares: np.ndarray
    loads: np.ndarray
    spare: np.ndarray
    total: np.ndarray
    mark: np.ndarray
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
        np.empty(size, np.int64),
        np.empty(size, np.int64),
        np.empty(size, np.int64),
        np.empty(size, np.int64),
        np.empty(size, np.int64),
        np.zeros(size, np.int64),
        np.zeros(size, np.int64),
        np.zeros(size, np.int64),
        np.zeros(size, np.int64),
        np.zeros((size, classes), np.int64),
        np.zeros((size, graph.loads.shape[1]), np.int64),
        np.empty(size, np.int64),
        np.zeros(3, np.int64),
        np.empty(size, np.int64),
        np.empty(groups, np.int64),
    )
    for k in range(size):
        zones.place[k] = zones.first[k] = zones.mark[k] = -1
    for k in range(groups):
        zones.block[k] = -1
    for node in range(size - 1, -1, -1):
        add_member(zones, node, labels[node])
        z = labels[node]
        zones.size[z] += 1
        zones.weight[z] += graph.weight[node]
        zones.area[z] += graph.area[node]
        zones.shares[z, graph.klass[node]] += graph.weight[node]
        add_loads(graph, node, zones.loads, z)
        zones.perimeter[z] += graph.perimeter[node]
        for slot in range(graph.indptr[node], graph.indptr[node + 1]):
            if labels[graph.nbr[slot]] == z:
                zones.perimeter[z] -= graph.length[graph.eid[slot]]
    for z in range(size - 1, -1, -1):
        if zones.first[z] < 0:
            zones.spare[zones.total[SPARE]] = z
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
    head = zones.first[zone]
    zones.after[node], zones.before[node] = head, -1
    if head >= 0:
        zones.before[head] = node
    zones.first[zone] = node
    zones.label[node] = zone


@inner
def drop_member(zones: Zones, node: int) -> None:
    """Take a node out of its zone's chain."""
    behind, ahead = zones.before[node], zones.after[node]
    if behind >= 0:
        zones.after[behind] = ahead
    else:
        zones.first[zones.label[node]] = ahead
    if ahead >= 0:
        zones.before[ahead] = behind


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
        weight[z] += graph.weight[node]
        area[z] += graph.area[node]
        perimeter[z] += graph.perimeter[node]
        shares[z, graph.klass[node]] += graph.weight[node]
        add_loads(graph, node, loads, z)
        group = graph.group[node]
        if group >= 0 and block[group] < 0:
            block[group] = groups
            groups += 1
    cost = 0
    for e in range(len(ids)):
        a, b = local[ends[e, 0]], local[ends[e, 1]]
        if a == b:
            perimeter[a] -= 2 * graph.length[ids[e]]
            cost += graph.cross[ids[e]]
        else:
            cost += graph.cut[ids[e]]
    met = np.zeros((groups, many), np.int64)
    for i in range(len(nodes)):
        group = graph.group[nodes[i]]
        if group >= 0 and met[block[group], local[i]] == 0:
            met[block[group], local[i]] = 1
            cost += SPLIT
    for i in range(len(nodes)):
        if graph.group[nodes[i]] >= 0:
            block[graph.group[nodes[i]]] = -1
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
        zones.first[old[k]] = -1
        zones.size[old[k]] = 0
    for k in range(many):
        if k < len(old):
            ids[k] = old[k]
        else:
            zones.total[SPARE] -= 1
            ids[k] = zones.spare[zones.total[SPARE]]
    for k in range(len(old) - 1, many - 1, -1):
        zones.spare[zones.total[SPARE]] = old[k]
        zones.total[SPARE] += 1
    zones.total[NUMBER] += many - len(old)
    for i in range(len(nodes) - 1, -1, -1):
        add_member(zones, nodes[i], ids[local[i]])
    for k in range(many):
        z = ids[k]
        zones.size[z] = sums.size[k]
        zones.weight[z] = sums.weight[k]
        zones.area[z] = sums.area[k]
        zones.perimeter[z] = sums.perimeter[k]
        for c in range(sums.shares.shape[1]):
            zones.shares[z, c] = sums.shares[k, c]
        for r in range(sums.loads.shape[1]):
            zones.loads[z, r] = sums.loads[k, r]


@inner
def is_outside(graph: Graph, zones: Zones, zone: int) -> bool:
    """Tell whether a zone is outside the hard band of its class, or the band of a load."""
    band = graph.bands[find_top_class(zones.shares, zone)]
    if zones.weight[zone] < band[2] or zones.weight[zone] > band[3]:
        return True
    return is_overloaded(zones.loads, zone, graph.load_bands)
