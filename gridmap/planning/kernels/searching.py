"""The search: redraw a few neighbouring zones at a time, keep by annealing, polish by moves."""

from __future__ import annotations

import numpy as np

from gridmap.planning.kernels import kinds
from gridmap.planning.kernels.calling import (
    CUT_FINELY,
    CUT_LOADED,
    CUT_PLAINLY,
    REDRAW,
    SIMMER,
    call_apart,
)
from gridmap.planning.kernels.carrying import cut_loaded
from gridmap.planning.kernels.columns import (
    AFTER,
    COUNT,
    HEAD,
    KLASS,
    LABEL,
    MARK,
    NEAR,
    PLACE,
    STATES,
)
from gridmap.planning.kernels.compiling import apart, draw_below, entry, inner, woven
from gridmap.planning.kernels.cutting import Tree, cut_greedily, cut_plainly
from gridmap.planning.kernels.simmering import (
    BORDER,
    WALL,
    Brew,
    blur,
    ease_zone,
    keep_best,
    note_region,
    open_brew,
    press_zones,
    simmer,
)
from gridmap.planning.kernels.spanning import Hung, collect_edges, draw_tree, hang_tree, price_edges
from gridmap.planning.kernels.tightening import cut_finely
from gridmap.planning.kernels.timing import Bell, is_due
from gridmap.planning.kernels.weighing import Aim, Graph, weigh_size
from gridmap.planning.kernels.zones import (
    CHANGE,
    NUMBER,
    Zones,
    is_outside,
    open_zones,
    redraw_region,
    weigh_number,
    weigh_region,
)

MOST_ZONES = 6
CROWD = 6000
"""A region stops growing above this many nodes, so that no step takes long."""
CURVE = np.array([int(65536 * np.exp(-k / 128) + 0.5) for k in range(1025)], dtype=np.int64)
"""How heat falls, in 65536ths of the start."""
SAMPLE = 2048
"""Offers by which the heat of the start is measured."""
DROP = 384
"""Fall of the heat from the first step to the last: e to the power of so many 128ths."""
SLACK, FIRM = 32, 1000
"""Pressure of the band at the start and its growth, in 256ths of a usual move to the worse."""
LAST = 236
"""Share of the search, in 256ths, from which on the true cost counts alone."""

call_cut_plainly = call_apart(cut_plainly, kinds.CUT_PLAINLY)
call_cut_finely = call_apart(cut_finely, kinds.CUT_FINELY)
call_cut_loaded = call_apart(cut_loaded, kinds.CUT_LOADED)
call_simmer = call_apart(simmer, kinds.SIMMER)


@inner
def _close_table(graph: Graph, aim: Aim) -> np.ndarray:
    """Tabulate the cost of finished zones by class and state.

    The last column is for all weights above: the tree cut adds ``aim.slope`` for each grain.
    """
    table = np.empty((len(graph.bands), aim.tops + 1), np.int64)
    for c in range(len(graph.bands)):
        for x in range(aim.tops):
            table[c, x] = weigh_size(x * aim.grain, graph.bands[c], aim.grain)
        above = max(aim.tops * aim.grain, graph.bands[c, 3] + 1)
        table[c, aim.tops] = weigh_size(above, graph.bands[c], aim.grain) - aim.slope
    return table


@inner
def _draw_region(
    graph: Graph, zones: Zones, seed_zone: int, wanted: int, rng: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Grow a region of neighbouring zones by chance; return its zones and nodes."""
    picked = np.empty(wanted, np.int64)
    picked[0] = seed_zone
    zones.zone[seed_zone, MARK] = 0
    many = 1
    members = zones.zone[seed_zone, COUNT]
    while many < wanted and members < CROWD:
        found, seen = -1, 0
        for k in range(many):
            node = zones.zone[picked[k], HEAD]
            while node >= 0:
                for slot in range(graph.indptr[node], graph.indptr[node + 1]):
                    other = zones.seat[graph.slot[slot, NEAR], LABEL]
                    if zones.zone[other, MARK] < 0:
                        seen += 1
                        if draw_below(rng, seen) == 0:
                            found = other
                node = zones.seat[node, AFTER]
        if found < 0:
            break
        picked[many] = found
        zones.zone[found, MARK] = many
        many += 1
        members += zones.zone[found, COUNT]
    for k in range(many):
        zones.zone[picked[k], MARK] = -1
    return picked[:many], _list_members(zones, picked, many, members)


@inner
def _list_members(zones: Zones, picked: np.ndarray, many: int, members: int) -> np.ndarray:
    """Return the nodes of the first zones of a list."""
    nodes = np.empty(members, np.int64)
    filled = 0
    for k in range(many):
        node = zones.zone[picked[k], HEAD]
        while node >= 0:
            nodes[filled] = node
            filled += 1
            node = zones.seat[node, AFTER]
    return nodes


@inner
def _draw_toll(aim: Aim, number: int, rng: np.ndarray) -> int:
    """Draw what each cut costs more, or less, so that the number of zones moves as wanted."""
    if aim.zones == 0:
        return 0
    toll = draw_below(rng, 1 << draw_below(rng, 20))
    if number != aim.zones or draw_below(rng, 4) == 0:
        toll <<= draw_below(rng, 20)
    if number > aim.zones or (number == aim.zones and draw_below(rng, 2) == 0):
        return toll
    return -toll


@inner
def _number_locally(zones: Zones, old: np.ndarray, nodes: np.ndarray) -> np.ndarray:
    """Return the zone of each node of a region as its place in the list of zones."""
    local = np.empty(len(nodes), np.int64)
    for k in range(len(old)):
        zones.zone[old[k], MARK] = k
    for i in range(len(nodes)):
        local[i] = zones.zone[zones.seat[nodes[i], LABEL], MARK]
    for k in range(len(old)):
        zones.zone[old[k], MARK] = -1
    return local


@woven
def _cut_anew(
    graph: Graph,
    aim: Aim,
    zones: Zones,
    brew: Brew,
    nodes: np.ndarray,
    ends: np.ndarray,
    ids: np.ndarray,
    rng: np.ndarray,
) -> np.ndarray:
    """Draw a tree over a region and cut it; by the households themselves where that can be.

    When the bell rings, by the cut that is quickest to make.
    """
    chosen, kinds = draw_tree(graph, nodes, ends, ids, brew.bell, rng)
    order, parent, branch = hang_tree(len(nodes), ends, chosen, draw_below(rng, len(nodes)))
    price = price_edges(graph, aim, nodes, ends, ids, Hung(order, parent, brew.bell))
    toll = _draw_toll(aim, zones.total[NUMBER], rng)
    flag = np.zeros(len(nodes), np.int64)
    weight = np.empty(len(nodes), np.int64)
    klass = np.empty(len(nodes), np.int64)
    for i in range(len(nodes)):
        price[i] += toll
        weight[i] = graph.node[nodes[i], STATES]
        klass[i] = graph.node[nodes[i], KLASS]
        if branch[i] >= 0:
            flag[i] = kinds[branch[i]]
    tree = Tree(order, parent, weight, klass, price, flag)
    fresh = np.empty(len(nodes), np.int64)
    calls, bell = brew.calls, brew.bell
    if len(graph.load_bands) > 0:
        given = (graph, aim, brew.closing, nodes, tree, bell, fresh)
        if call_cut_loaded(calls[CUT_LOADED], given) > 0:
            return fresh
        return cut_greedily(graph, nodes, order, parent, flag)
    if aim.grain > 1:
        by_weight = (graph, aim.grain, nodes, tree, bell, fresh)
        if call_cut_finely(calls[CUT_FINELY], by_weight) > 0:
            return fresh
    if call_cut_plainly(calls[CUT_PLAINLY], (tree, brew.closing, aim.slope, bell, fresh)) > 0:
        return fresh
    return cut_greedily(graph, nodes, order, parent, flag)


@apart
def redraw(
    graph: Graph,
    aim: Aim,
    zones: Zones,
    brew: Brew,
    old: np.ndarray,
    nodes: np.ndarray,
    heat: int,
    rng: np.ndarray,
) -> int:
    """Draw a new tree over a region, cut it, and keep the result if it may be kept; 1 when kept.

    A heat below 0 keeps any result: pieces as given may hold anchors that must be parted. What is
    begun when the bell rings is dropped.
    """
    for i in range(len(nodes)):
        zones.seat[nodes[i], PLACE] = i
    ends, ids = collect_edges(graph, nodes, zones.seat[:, PLACE])
    for i in range(len(nodes)):
        zones.seat[nodes[i], PLACE] = -1
    local = _number_locally(zones, old, nodes)
    before = weigh_region(graph, aim, nodes, ends, ids, local, len(old), zones.block)
    fresh = _cut_anew(graph, aim, zones, brew, nodes, ends, ids, rng)
    if heat >= 0 and is_due(brew.bell):
        return 0
    many = 0
    for i in range(len(fresh)):
        many = max(many, fresh[i] + 1)
    after = weigh_region(graph, aim, nodes, ends, ids, fresh, many, zones.block)
    number = zones.total[NUMBER]
    change = after.cost - before.cost
    change += weigh_number(number + many - len(old), aim.zones) - weigh_number(number, aim.zones)
    loose = change
    for k in range(len(old)):
        loose += brew.ease[old[k]]
    for k in range(many):
        loose -= ease_zone(graph, aim, brew, after.weight[k], after.shares, after.loads, k)
    if heat >= 0 and loose > blur(heat, rng):
        return 0
    redraw_region(zones, nodes, old, fresh, after)
    note_region(graph, aim, zones, brew, nodes)
    zones.total[CHANGE] += change
    return 1


call_redraw = call_apart(redraw, kinds.REDRAW)


@woven
def _divide_pieces(
    graph: Graph,
    aim: Aim,
    zones: Zones,
    brew: Brew,
    tries: int,
    rng: np.ndarray,
) -> None:
    """Divide each piece, given as one zone, by the best of a few trees."""
    pieces = zones.total[NUMBER]
    whole = np.empty(1, np.int64)
    for piece in range(pieces):
        whole[0] = piece
        nodes = _list_members(zones, whole, 1, zones.zone[piece, COUNT])
        for k in range(tries * min(1, len(nodes) - 1)):
            if k > 0 and is_due(brew.bell):
                break
            old = np.empty(len(nodes), np.int64)
            many = 0
            for i in range(len(nodes)):
                zone = zones.seat[nodes[i], LABEL]
                if zones.zone[zone, MARK] < 0:
                    zones.zone[zone, MARK] = 0
                    old[many] = zone
                    many += 1
            for j in range(many):
                zones.zone[old[j], MARK] = -1
            given = (graph, aim, zones, brew, old[:many], nodes, -1 if k == 0 else 0, rng)
            call_redraw(brew.calls[REDRAW], given)


@inner
def _list_outside(graph: Graph, zones: Zones) -> np.ndarray:
    """Return the zones outside their band, by id."""
    found = np.empty(zones.total[NUMBER], np.int64)
    many = 0
    for z in range(len(zones.zone)):
        if zones.zone[z, HEAD] >= 0 and is_outside(graph, zones, z):
            found[many] = z
            many += 1
    return found[:many]


@inner
def _pick_zone(zones: Zones, outside: np.ndarray, rng: np.ndarray) -> int:
    """Pick the zone to start a region at: one outside its band half of the time."""
    if len(outside) > 0 and draw_below(rng, 2) == 0:
        zone = outside[draw_below(rng, len(outside))]
        if zones.zone[zone, HEAD] >= 0:
            return int(zone)
    return int(zones.seat[draw_below(rng, len(zones.seat)), LABEL])


@woven
def _take_step(
    graph: Graph,
    aim: Aim,
    zones: Zones,
    brew: Brew,
    outside: np.ndarray,
    heat: int,
    rng: np.ndarray,
) -> None:
    """Redraw a region of two to six zones: two half of the time."""
    roll = draw_below(rng, 16)
    wanted = 2 if roll < 8 else (3 if roll < 12 else 4 + draw_below(rng, MOST_ZONES - 3))
    old, nodes = _draw_region(graph, zones, _pick_zone(zones, outside, rng), wanted, rng)
    if len(nodes) > 1:
        call_redraw(brew.calls[REDRAW], (graph, aim, zones, brew, old, nodes, heat, rng))


@inner
def _cool(start: int, step: int, steps: int, drop: int) -> int:
    """Return the heat of a step."""
    return int(start * CURVE[drop * step // steps] >> 16)


@entry
def search(  # noqa: PLR0913, PLR0917  # each is another table of the search
    graph: Graph,
    aim: Aim,
    labels: np.ndarray,
    plan: np.ndarray,
    rng: np.ndarray,
    best: np.ndarray,
    score: np.ndarray,
    bell: Bell,
    calls: np.ndarray,
) -> np.ndarray:
    """Search from step plan[0] to plan[1] of plan[2]; return the labels reached.

    ``plan``: first step, last step, all steps, starting heat, trees for the first division
    (0: the labels are a division already; else they are the connected pieces), steps between
    sweeps, most sweeps at the end, number of groups. ``score``: weighed sum of changes so far,
    and its least value, whose labels are kept in ``best``. ``labels`` are zone ids 0..n-1, each
    zone in one piece. When the ``bell`` rings, what is begun is dropped. ``calls``
    are the addresses of kernels compiled apart.
    """
    zones = open_zones(graph, labels, plan[7])
    zones.total[CHANGE] = score[0]
    closing = _close_table(graph, aim)
    brew = open_brew(graph, zones, plan[7], closing, best, score, bell, calls)
    press_zones(graph, aim, zones, brew, WALL, 0)
    if plan[4] > 0:
        _divide_pieces(graph, aim, zones, brew, plan[4], rng)
    if score[2] == 0 and plan[2] > 0:
        score[2] = call_simmer(calls[SIMMER], (graph, aim, zones, brew, SAMPLE, -1, rng))
    outside = _list_outside(graph, zones)
    often = max(16, plan[2] >> 8)
    for step in range(plan[0], plan[1]):
        if is_due(bell):
            break
        share = 256 * step // plan[2]
        if step % often == 0 or step == plan[0]:
            outside = _list_outside(graph, zones)
            press = score[2] * (SLACK + FIRM * share // 256) >> 8
            press_zones(graph, aim, zones, brew, press if share < LAST else WALL, share)
        heat = _cool(plan[3] * score[2] >> 8, step, plan[2], DROP)
        _take_step(graph, aim, zones, brew, outside, heat, rng)
        call_simmer(calls[SIMMER], (graph, aim, zones, brew, plan[5], heat, rng))
        keep_best(zones, brew)
    if plan[6] > 0:
        press_zones(graph, aim, zones, brew, WALL, 0)
    for _ in range(plan[6]):
        reached = zones.total[CHANGE]
        call_simmer(calls[SIMMER], (graph, aim, zones, brew, 3 * brew.dial[BORDER], 0, rng))
        if zones.total[CHANGE] == reached or is_due(bell):
            break
    keep_best(zones, brew)
    score[0] = zones.total[CHANGE]
    return zones.seat[:, LABEL].copy()
