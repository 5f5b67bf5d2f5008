"""Single nodes moved and exchanged between neighbouring zones, by annealing.

A proposal takes a node at a border, drawn by chance, to a zone beside it. It is kept when it is
better, or worse by no more than the heat allows, and its zone stays in one piece. While there is
heat the band is no wall: a zone outside is charged for its distance, a little more the cooler it
gets (`Brew.dial`), so that zones pass through shapes that are not allowed; the true cost is kept
beside it, and decides what is best. A node that is refused for the band alone may be made up for by
another one: both move or none.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gridmap.planning.kernels.columns import (
    AFTER,
    ANCHOR,
    AREA,
    COUNT,
    CROSSED,
    CUTTING,
    EDGE,
    GROUP,
    HEAD,
    KLASS,
    LABEL,
    LENGTH,
    NEAR,
    PERIMETER,
    PLACE,
    WEIGHT,
    WHOLE,
)
from gridmap.planning.kernels.compiling import apart, draw_below, inner
from gridmap.planning.kernels.timing import Bell, is_due
from gridmap.planning.kernels.weighing import (
    ASTRAY,
    CROSSING,
    NEVER,
    Aim,
    Graph,
    find_top_class,
    weigh_loads,
    weigh_size,
    weigh_zone,
)
from gridmap.planning.kernels.zones import CHANGE, Zones, add_member, drop_member

LOOK = 512
"""Nodes that the contiguity test visits before it gives the node up."""
HUB = 64
"""A node with more neighbours is tried so much less often, that its share of the work is theirs."""
PARTNERS = 24
"""Nodes of a zone that are looked at to make up for one that came."""
BREATH = 63
"""Offers between two looks at the clock, a power of two less one."""
CHANCES = np.array([int(256 * np.log(256 / (k + 0.5)) + 0.5) for k in range(256)], dtype=np.int64)
"""-ln of evenly spread chances, in 256ths: annealing in whole numbers."""
BORDER, STALE, PRESS, LUMP, BASE, SOFT = range(6)
SINGLE, FIRST, SECOND, BACK = range(4)
"""Where an exchange stands: a move by itself, one to be made up for, its partner, all undone."""
WALL = -1
"""The pressure at which the band is a wall."""


class Brew(NamedTuple):
    """What the simmering knows beside the zones; arrays are changed in place.

    Nodes (n,): ``apart`` neighbours in other zones; ``border`` lists the nodes that have some,
    ``seat`` is a node's place there or -1; ``stale`` lists the nodes that moved since the best
    labels were kept, ``moved`` marks them. Zones (n,): ``worth`` weighed cost, ``ease`` how much of
    it the relaxed band forgives. ``start`` (groups + 1,) and ``kin`` list the members of groups.
    ``trial`` (2, 2): worth and ease of the two zones of an offer. ``closing``: what finished zones
    cost in a tree cut. ``best``, ``score``: as for `gridmap.planning.kernels.searching`.
    ``dial``: length of ``border`` and of ``stale``; pressure, the cost for each ``LUMP`` of
    households outside the band (`WALL`: the true cost); share of the charge for each zone outside,
    in 256ths; the change of the last offer but for the band. ``bell`` rings when to end;
    ``calls`` are the addresses of kernels compiled apart.
    """

    apart: np.ndarray
    border: np.ndarray
    seat: np.ndarray
    stale: np.ndarray
    moved: np.ndarray
    worth: np.ndarray
    ease: np.ndarray
    start: np.ndarray
    kin: np.ndarray
    trial: np.ndarray
    dial: np.ndarray
    closing: np.ndarray
    best: np.ndarray
    score: np.ndarray
    bell: Bell
    calls: np.ndarray


@inner
def blur(heat: int, rng: np.ndarray) -> int:
    """Draw how much worse a step may be at this heat: exponentially distributed."""
    if heat <= 0:
        return 0
    return int(heat * CHANCES[draw_below(rng, 256)] >> 8)


@inner
def open_brew(
    graph: Graph,
    zones: Zones,
    groups: int,
    closing: np.ndarray,
    best: np.ndarray,
    score: np.ndarray,
    bell: Bell,
    calls: np.ndarray,
) -> Brew:
    """Set up the simmering of a division; ``best`` are the labels kept so far."""
    size = len(zones.seat)
    brew = Brew(
        np.zeros(size, np.int64),
        np.empty(size, np.int64),
        np.empty(size, np.int64),
        np.empty(size, np.int64),
        np.zeros(size, np.int64),
        np.zeros(size, np.int64),
        np.zeros(size, np.int64),
        np.zeros(groups + 1, np.int64),
        np.empty(size, np.int64),
        np.zeros((2, 2), np.int64),
        np.zeros(6, np.int64),
        closing,
        best,
        score,
        bell,
        calls,
    )
    total, many = 0, 0
    for node in range(size):
        brew.seat[node] = -1
        total += graph.node[node, WEIGHT]
        many += graph.node[node, WEIGHT] > 0
        if graph.node[node, GROUP] >= 0:
            brew.start[graph.node[node, GROUP]] += 1
    for group in range(groups):
        brew.start[group + 1] += brew.start[group]
    for node in range(size):
        if graph.node[node, GROUP] >= 0:
            brew.start[graph.node[node, GROUP]] -= 1
            brew.kin[brew.start[graph.node[node, GROUP]]] = node
        _count_apart(graph, zones, brew, node)
        if best[node] != zones.seat[node, LABEL]:
            mark_stale(brew, node)
    brew.dial[PRESS] = WALL
    brew.dial[LUMP] = max(1, total // max(1, many))
    return brew


@inner
def mark_stale(brew: Brew, node: int) -> None:
    """Note that a node's label may differ from the best labels."""
    if brew.moved[node] == 0:
        brew.moved[node] = 1
        brew.stale[brew.dial[STALE]] = node
        brew.dial[STALE] += 1


@inner
def keep_best(zones: Zones, brew: Brew) -> None:
    """Keep the labels when the sum of changes is the least so far, at the cost of what moved."""
    if zones.total[CHANGE] >= brew.score[1]:
        return
    brew.score[1] = zones.total[CHANGE]
    for k in range(brew.dial[STALE]):
        node = brew.stale[k]
        brew.best[node] = zones.seat[node, LABEL]
        brew.moved[node] = 0
    brew.dial[STALE] = 0


@inner
def _seat_node(brew: Brew, node: int) -> None:
    """Enter a node in the list of border nodes, or take it out."""
    seat = brew.seat[node]
    if brew.apart[node] > 0 and seat < 0:
        brew.seat[node] = brew.dial[BORDER]
        brew.border[brew.dial[BORDER]] = node
        brew.dial[BORDER] += 1
    elif brew.apart[node] == 0 and seat >= 0:
        brew.dial[BORDER] -= 1
        last = brew.border[brew.dial[BORDER]]
        brew.border[seat] = last
        brew.seat[last] = seat
        brew.seat[node] = -1


@inner
def _count_apart(graph: Graph, zones: Zones, brew: Brew, node: int) -> None:
    apart, zone = 0, zones.seat[node, LABEL]
    for slot in range(graph.indptr[node], graph.indptr[node + 1]):
        apart += zones.seat[graph.slot[slot, NEAR], LABEL] != zone
    brew.apart[node] = apart
    _seat_node(brew, node)


@inner
def note_region(graph: Graph, aim: Aim, zones: Zones, brew: Brew, nodes: np.ndarray) -> None:
    """Learn what a redrawn region is now; what lies around it is not touched by that."""
    for i in range(len(nodes)):
        _count_apart(graph, zones, brew, nodes[i])
        mark_stale(brew, nodes[i])
        zone = zones.seat[nodes[i], LABEL]
        if zones.zone[zone, HEAD] == nodes[i]:
            _note_zone(graph, aim, zones, brew, zone)


@inner
def press_zones(graph: Graph, aim: Aim, zones: Zones, brew: Brew, press: int, base: int) -> None:
    """Set the pressure on zones outside the band, and weigh all zones by it."""
    brew.dial[PRESS], brew.dial[BASE] = press, base
    for zone in range(len(zones.zone)):
        if zones.zone[zone, HEAD] >= 0:
            _note_zone(graph, aim, zones, brew, zone)


@inner
def ease_zone(
    graph: Graph,
    aim: Aim,
    brew: Brew,
    weight: int,
    shares: np.ndarray,
    loads: np.ndarray,
    zone: int,
) -> int:
    """Return how much of a zone's weighed cost the relaxed band forgives."""
    if brew.dial[PRESS] == WALL:
        return 0
    klass = find_top_class(shares, zone)
    bands = graph.bands
    gap = max(0, bands[klass, 0] - weight, weight - bands[klass, 1])
    hard = max(0, bands[klass, 2] - weight, weight - bands[klass, 3])
    wall = 0
    if gap > 0:
        wall = weigh_size(weight, bands[klass], aim.grain)
    if len(graph.load_bands) > 0:
        over = weigh_loads(loads, zone, graph.load_bands, weight, bands[klass], aim.grain)
        wall += over
        hard += over // ASTRAY * aim.grain
    if wall < ASTRAY:
        return 0
    gap += hard
    if hard > 0:
        gap += brew.dial[LUMP] * brew.dial[BASE] >> 8
    return int((wall >> 26 << 26) - min(brew.dial[PRESS] * gap // brew.dial[LUMP], ASTRAY << 8))


@inner
def weigh_member(graph: Graph, aim: Aim, zones: Zones, zone: int) -> int:
    """Weigh a zone of the present division."""
    return weigh_zone(
        graph,
        aim,
        zones.zone[zone, WEIGHT],
        zones.shares,
        zones.loads,
        zone,
        zones.zone[zone, AREA],
        zones.zone[zone, PERIMETER],
    )


@inner
def _note_zone(graph: Graph, aim: Aim, zones: Zones, brew: Brew, zone: int) -> None:
    brew.worth[zone] = weigh_member(graph, aim, zones, zone)
    brew.ease[zone] = ease_zone(
        graph, aim, brew, zones.zone[zone, WEIGHT], zones.shares, zones.loads, zone
    )


@inner
def stays_whole(graph: Graph, zones: Zones, node: int, queue: np.ndarray) -> bool:
    """Tell whether a zone stays in one piece when a node leaves; False when in doubt."""
    zone = zones.seat[node, LABEL]
    wanted, start = 0, -1
    for slot in range(graph.indptr[node], graph.indptr[node + 1]):
        near = graph.slot[slot, NEAR]
        if zones.seat[near, LABEL] == zone and zones.seat[near, PLACE] != 2:
            zones.seat[near, PLACE] = 2
            wanted += 1
            start = near
    low, high, met = 0, 0, 0
    if start >= 0:
        queue[0] = start
        high = 1
        met = 1
        zones.seat[start, PLACE] = 3
    zones.seat[node, PLACE] = 4
    looked = 0
    while low < high and met < wanted and looked < 8 * LOOK and high < LOOK:
        here = queue[low]
        low += 1
        for slot in range(graph.indptr[here], graph.indptr[here + 1]):
            near = graph.slot[slot, NEAR]
            looked += 1
            if zones.seat[near, LABEL] == zone and zones.seat[near, PLACE] < 3:
                met += zones.seat[near, PLACE] == 2
                zones.seat[near, PLACE] = 3
                queue[high] = near
                high += 1
            if met == wanted or looked >= 8 * LOOK or high == LOOK:
                break
    for k in range(high):
        zones.seat[queue[k], PLACE] = -1
    for slot in range(graph.indptr[node], graph.indptr[node + 1]):
        zones.seat[graph.slot[slot, NEAR], PLACE] = -1
    zones.seat[node, PLACE] = -1
    return met == wanted


@inner
def _meets_group(graph: Graph, zones: Zones, brew: Brew, node: int, zone: int) -> bool:
    """Tell whether a zone holds another member of a node's group."""
    group = graph.node[node, GROUP]
    first, last = brew.start[group], brew.start[group + 1]
    if last - first <= zones.zone[zone, COUNT]:
        for k in range(first, last):
            if brew.kin[k] != node and zones.seat[brew.kin[k], LABEL] == zone:
                return True
        return False
    other = zones.zone[zone, HEAD]
    while other >= 0:
        if other != node and graph.node[other, GROUP] == group:
            return True
        other = zones.seat[other, AFTER]
    return False


@inner
def _shift_sums(
    graph: Graph, zones: Zones, node: int, source: int, target: int, inside: int, across: int
) -> None:
    """Carry a node's sums over; it has borders with the source inside, and across the target."""
    weight, klass = graph.node[node, WEIGHT], graph.node[node, KLASS]
    zones.zone[source, COUNT] -= 1
    zones.zone[target, COUNT] += 1
    zones.zone[source, WEIGHT] -= weight
    zones.zone[target, WEIGHT] += weight
    zones.shares[source, klass] -= weight
    zones.shares[target, klass] += weight
    for r in range(graph.loads.shape[1]):
        zones.loads[source, r] -= graph.loads[node, r]
        zones.loads[target, r] += graph.loads[node, r]
    zones.zone[source, AREA] -= graph.node[node, AREA]
    zones.zone[target, AREA] += graph.node[node, AREA]
    zones.zone[source, PERIMETER] += 2 * inside - graph.node[node, PERIMETER]
    zones.zone[target, PERIMETER] += graph.node[node, PERIMETER] - 2 * across


@inner
def _carry_node(
    graph: Graph, zones: Zones, brew: Brew, node: int, source: int, target: int
) -> None:
    """Hang a node in another zone, its sums being carried over already."""
    drop_member(zones, node)
    add_member(zones, node, target)
    mark_stale(brew, node)
    apart = 0
    for slot in range(graph.indptr[node], graph.indptr[node + 1]):
        near = graph.slot[slot, NEAR]
        if zones.seat[near, LABEL] == source:
            brew.apart[near] += 1
            _seat_node(brew, near)
        elif zones.seat[near, LABEL] == target:
            brew.apart[near] -= 1
            _seat_node(brew, near)
        apart += zones.seat[near, LABEL] != target
    brew.apart[node] = apart
    _seat_node(brew, node)


@inner
def offer_move(
    graph: Graph,
    aim: Aim,
    zones: Zones,
    brew: Brew,
    node: int,
    target: int,
    allowed: int,
    queue: np.ndarray,
) -> int:
    """Move a node when that changes the relaxed cost by no more than allowed and breaks nothing.

    Returns the change, or `NEVER` when the node stays. Where `NEVER` is allowed, the node moves
    without any question; at `NEVER` - 1 its zone must stay in one piece, that is all.
    """
    source, group = zones.seat[node, LABEL], graph.node[node, GROUP]
    inside, across, change = 0, 0, 0
    near_kin, far_kin = False, False
    for slot in range(graph.indptr[node], graph.indptr[node + 1]):
        near, e = graph.slot[slot, NEAR], graph.slot[slot, EDGE]
        if zones.seat[near, LABEL] == source:
            inside += graph.edge[e, LENGTH]
            change += graph.edge[e, CUTTING] - graph.edge[e, CROSSED]
            near_kin |= graph.node[near, GROUP] == group
        elif zones.seat[near, LABEL] == target:
            across += graph.edge[e, LENGTH]
            change += graph.edge[e, CROSSED] - graph.edge[e, CUTTING]
            far_kin |= graph.node[near, GROUP] == group
    if group >= 0:
        whole = graph.node[node, WHOLE]
        change += (near_kin or _meets_group(graph, zones, brew, node, source)) * whole
        change -= (far_kin or _meets_group(graph, zones, brew, node, target)) * whole
    _shift_sums(graph, zones, node, source, target, inside, across)
    loose, brew.dial[SOFT] = change, change
    for side in range(2):
        zone = target if side else source
        worth, ease, weight = weigh_member(graph, aim, zones, zone), 0, zones.zone[zone, WEIGHT]
        if worth >= ASTRAY:
            ease = ease_zone(graph, aim, brew, weight, zones.shares, zones.loads, zone)
        brew.trial[side, 0], brew.trial[side, 1] = worth, ease
        change += worth - brew.worth[zone]
        loose += worth - ease - brew.worth[zone] + brew.ease[zone]
        brew.dial[SOFT] += worth % ASTRAY - brew.worth[zone] % ASTRAY
    if allowed < NEVER and (loose > allowed or not stays_whole(graph, zones, node, queue)):
        _shift_sums(graph, zones, node, target, source, across, inside)
        return NEVER
    _carry_node(graph, zones, brew, node, source, target)
    brew.worth[source], brew.ease[source] = brew.trial[0, 0], brew.trial[0, 1]
    brew.worth[target], brew.ease[target] = brew.trial[1, 0], brew.trial[1, 1]
    zones.total[CHANGE] += change
    return loose


@inner
def _draw_node(graph: Graph, zones: Zones, brew: Brew, rng: np.ndarray) -> int:
    """Draw a border node that may move; -1 where the one drawn may not, or is a hub not due."""
    node = brew.border[draw_below(rng, brew.dial[BORDER])]
    degree = graph.indptr[node + 1] - graph.indptr[node]
    fixed = graph.node[node, ANCHOR] >= 0 or zones.zone[zones.seat[node, LABEL], COUNT] < 2
    if fixed or (degree > HUB and draw_below(rng, degree) >= HUB):
        return -1
    return int(node)


@inner
def _draw_target(graph: Graph, zones: Zones, node: int, rng: np.ndarray) -> int:
    """Draw a zone beside a border node."""
    first, last = graph.indptr[node], graph.indptr[node + 1]
    slot = first + draw_below(rng, last - first)
    zone = zones.seat[node, LABEL]
    while zones.seat[graph.slot[slot, NEAR], LABEL] == zone:
        slot += 1
        if slot == last:
            slot = first
    return int(zones.seat[graph.slot[slot, NEAR], LABEL])


@inner
def _find_partner(graph: Graph, zones: Zones, brew: Brew, node: int, rng: np.ndarray) -> int:
    """Return a border node of the zone a node has come to that weighs most alike; -1 for none."""
    found, least = -1, NEVER
    here = zones.seat[node, AFTER]
    for _ in range(draw_below(rng, min(zones.zone[zones.seat[node, LABEL], COUNT], 4 * PARTNERS))):
        here = zones.seat[node, AFTER] if here < 0 else zones.seat[here, AFTER]
    for _ in range(PARTNERS):
        if here < 0:
            here = zones.seat[node, AFTER]
            if here < 0:
                break
        if brew.seat[here] >= 0 and graph.node[here, ANCHOR] < 0:
            off = abs(graph.node[here, WEIGHT] - graph.node[node, WEIGHT])
            if off < least:
                found, least = here, off
        here = zones.seat[here, AFTER]
    return found


@apart
def simmer(  # noqa: C901  # a function for the end of the loop makes the search a third slower
    graph: Graph,
    aim: Aim,
    zones: Zones,
    brew: Brew,
    offers: int,
    heat: int,
    rng: np.ndarray,
) -> int:
    """Offer moves at border nodes drawn by chance; return the mean of those to the worse.

    A heat below 0 moves nothing and only measures. Ends early when the bell rings.
    """
    queue = np.empty(LOOK, np.int64)
    worse, many, made = 0, 0, 0
    turn, node, target, allowed = SINGLE, 0, 0, 0
    first, source, left = 0, 0, 0
    while (made < offers or turn != SINGLE) and brew.dial[BORDER] > 0:
        if turn == SINGLE:
            if made & BREATH == BREATH and is_due(brew.bell):
                break
            made += 1
            node = _draw_node(graph, zones, brew, rng)
            if node < 0:
                continue
            target = _draw_target(graph, zones, node, rng)
            allowed = blur(heat, rng) - (heat == 0) if heat >= 0 else -NEVER
        taken = offer_move(graph, aim, zones, brew, node, target, allowed, queue)
        if turn == SINGLE:
            soft = brew.dial[SOFT]
            if 0 < soft < CROSSING:
                worse += soft
                many += 1
            if taken == NEVER and heat >= 0 and soft <= allowed:
                first, source, left = node, zones.seat[node, LABEL], allowed
                turn, allowed = FIRST, NEVER - 1
                continue
        elif turn == FIRST and taken < NEVER:
            node = _find_partner(graph, zones, brew, first, rng)
            if node >= 0:
                target = _draw_target(graph, zones, node, rng)
                turn, allowed = SECOND, left - taken
            else:
                node, target, turn, allowed = first, source, BACK, NEVER
            continue
        elif turn == SECOND and taken == NEVER:
            node, target, turn, allowed = first, source, BACK, NEVER
            continue
        turn = SINGLE
        keep_best(zones, brew)
    return worse // max(1, many)
