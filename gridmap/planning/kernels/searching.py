"""The search: redraw a few neighbouring zones at a time, keep by annealing, polish by moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridmap.planning.kernels.carrying import Tree, cut_region
from gridmap.planning.kernels.compiling import SOURCES_STAMP, draw_below, entry, inner
from gridmap.planning.kernels.moving import blur, sweep_nodes
from gridmap.planning.kernels.spanning import collect_edges, draw_tree, hang_tree, price_edges
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

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_ZONES = 6
CROWD = 6000
"""A region stops growing above this many nodes, so that no step takes long; and on larger graphs
the best labels are looked for at the end of a call only, for copying them takes longer than a step.
"""
ROUGH = 1 << 19


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
    zones.mark[seed_zone] = 0
    many = 1
    members = zones.size[seed_zone]
    while many < wanted and members < CROWD:
        found, seen = -1, 0
        for k in range(many):
            node = zones.first[picked[k]]
            while node >= 0:
                for slot in range(graph.indptr[node], graph.indptr[node + 1]):
                    other = zones.label[graph.nbr[slot]]
                    if zones.mark[other] < 0:
                        seen += 1
                        if draw_below(rng, seen) == 0:
                            found = other
                node = zones.after[node]
        if found < 0:
            break
        picked[many] = found
        zones.mark[found] = many
        many += 1
        members += zones.size[found]
    for k in range(many):
        zones.mark[picked[k]] = -1
    return picked[:many], _list_members(zones, picked, many, members)


@inner
def _list_members(zones: Zones, picked: np.ndarray, many: int, members: int) -> np.ndarray:
    """Return the nodes of the first zones of a list."""
    nodes = np.empty(members, np.int64)
    filled = 0
    for k in range(many):
        node = zones.first[picked[k]]
        while node >= 0:
            nodes[filled] = node
            filled += 1
            node = zones.after[node]
    return nodes


@inner
def _draw_toll(aim: Aim, number: int, rng: np.ndarray) -> int:
    """Draw what each cut costs more, or less, so that the number of zones moves as wanted."""
    if aim.zones == 0:
        return 0
    toll = draw_below(rng, 1 << draw_below(rng, 20))
    if number > aim.zones or (number == aim.zones and draw_below(rng, 2) == 0):
        return toll
    return -toll


@inner
def _redraw(
    graph: Graph,
    aim: Aim,
    zones: Zones,
    closing: np.ndarray,
    old: np.ndarray,
    nodes: np.ndarray,
    heat: int,
    rng: np.ndarray,
) -> bool:
    """Draw a new tree over a region, cut it, and keep the result if it may be kept.

    A heat below 0 keeps any result: pieces as given may hold anchors that must be parted.
    """
    for i in range(len(nodes)):
        zones.place[nodes[i]] = i
    ends, ids = collect_edges(graph, nodes, zones.place)
    for i in range(len(nodes)):
        zones.place[nodes[i]] = -1
    local = np.empty(len(nodes), np.int64)
    for k in range(len(old)):
        zones.mark[old[k]] = k
    for i in range(len(nodes)):
        local[i] = zones.mark[zones.label[nodes[i]]]
    for k in range(len(old)):
        zones.mark[old[k]] = -1
    before = weigh_region(graph, aim, nodes, ends, ids, local, len(old), zones.block)
    chosen, kinds = draw_tree(graph, nodes, ends, ids, rng)
    order, parent, branch = hang_tree(len(nodes), ends, chosen, draw_below(rng, len(nodes)))
    price = price_edges(graph, aim, nodes, ends, ids, order, parent)
    toll = _draw_toll(aim, zones.total[NUMBER], rng)
    flag = np.zeros(len(nodes), np.int64)
    weight = np.empty(len(nodes), np.int64)
    klass = np.empty(len(nodes), np.int64)
    for i in range(len(nodes)):
        price[i] += toll
        weight[i] = graph.states[nodes[i]]
        klass[i] = graph.klass[nodes[i]]
        if branch[i] >= 0:
            flag[i] = kinds[branch[i]]
    fresh = cut_region(graph, aim, closing, nodes, Tree(order, parent, weight, klass, price, flag))
    many = 0
    for i in range(len(nodes)):
        many = max(many, fresh[i] + 1)
    after = weigh_region(graph, aim, nodes, ends, ids, fresh, many, zones.block)
    number = zones.total[NUMBER]
    change = after.cost - before.cost
    change += weigh_number(number + many - len(old), aim.zones) - weigh_number(number, aim.zones)
    if heat >= 0 and change > blur(heat, rng):
        return False
    redraw_region(zones, nodes, old, fresh, after)
    zones.total[CHANGE] += change
    return True


@inner
def _divide_pieces(
    graph: Graph,
    aim: Aim,
    zones: Zones,
    closing: np.ndarray,
    tries: int,
    rng: np.ndarray,
) -> None:
    """Divide each piece, given as one zone, by the best of a few trees."""
    pieces = zones.total[NUMBER]
    whole = np.empty(1, np.int64)
    for piece in range(pieces):
        whole[0] = piece
        nodes = _list_members(zones, whole, 1, zones.size[piece])
        for k in range(tries * min(1, len(nodes) - 1)):
            old = np.empty(len(nodes), np.int64)
            many = 0
            for i in range(len(nodes)):
                zone = zones.label[nodes[i]]
                if zones.mark[zone] < 0:
                    zones.mark[zone] = 0
                    old[many] = zone
                    many += 1
            for j in range(many):
                zones.mark[old[j]] = -1
            _redraw(graph, aim, zones, closing, old[:many], nodes, -1 if k == 0 else 0, rng)


@inner
def _list_outside(graph: Graph, zones: Zones) -> np.ndarray:
    """Return the zones outside their band, by id."""
    found = np.empty(zones.total[NUMBER], np.int64)
    many = 0
    for z in range(len(zones.first)):
        if zones.first[z] >= 0 and is_outside(graph, zones, z):
            found[many] = z
            many += 1
    return found[:many]


@inner
def _pick_zone(zones: Zones, outside: np.ndarray, rng: np.ndarray) -> int:
    """Pick the zone to start a region at: one outside its band half of the time."""
    if len(outside) > 0 and draw_below(rng, 2) == 0:
        zone = outside[draw_below(rng, len(outside))]
        if zones.first[zone] >= 0:
            return int(zone)
    return int(zones.label[draw_below(rng, len(zones.label))])


@inner
def _take_step(
    graph: Graph,
    aim: Aim,
    zones: Zones,
    closing: np.ndarray,
    outside: np.ndarray,
    heat: int,
    rng: np.ndarray,
) -> None:
    """Redraw a region of two to six zones: two half of the time."""
    roll = draw_below(rng, 16)
    wanted = 2 if roll < 8 else (3 if roll < 12 else 4 + draw_below(rng, MOST_ZONES - 3))
    old, nodes = _draw_region(graph, zones, _pick_zone(zones, outside, rng), wanted, rng)
    if len(nodes) > 1:
        _redraw(graph, aim, zones, closing, old, nodes, heat, rng)


@inner
def _keep_best(zones: Zones, best: np.ndarray, score: np.ndarray) -> None:
    """Keep the labels when the sum of changes is the least so far."""
    if zones.total[CHANGE] < score[1]:
        score[1] = zones.total[CHANGE]
        for k in range(len(best)):
            best[k] = zones.label[k]


@inner
def _cool(start: int, step: int, steps: int) -> int:
    """Return the heat of a step: from the start down to nothing, by the square of what is left."""
    left = ROUGH * (steps - step) // steps
    return ((start * left // ROUGH) * left) // ROUGH


def _make_search(stamp: int) -> Callable[..., np.ndarray]:
    @entry
    def search(
        graph: Graph,
        aim: Aim,
        labels: np.ndarray,
        groups: int,
        plan: np.ndarray,
        rng: np.ndarray,
        best: np.ndarray,
        score: np.ndarray,
    ) -> np.ndarray:
        """Search from step plan[0] to plan[1] of plan[2]; return the labels reached.

        ``plan``: first step, last step, all steps, starting heat, trees for the first division
        (0: the labels are a division already; else they are the connected pieces), steps between
        sweeps, most sweeps at the end. ``score``: weighed sum of changes so far, and its least
        value, whose labels are kept in ``best``. ``labels`` are zone ids 0..n-1, each zone in one
        piece.
        """
        cold = stamp - stamp
        zones = open_zones(graph, labels, groups)
        zones.total[CHANGE] = score[0]
        closing = _close_table(graph, aim)
        if plan[4] > 0:
            _divide_pieces(graph, aim, zones, closing, plan[4], rng)
        outside = _list_outside(graph, zones)
        for step in range(plan[0], plan[1]):
            if step % 64 == 0:
                outside = _list_outside(graph, zones)
            heat = _cool(plan[3], step, plan[2])
            _take_step(graph, aim, zones, closing, outside, heat, rng)
            if (step + 1) % plan[5] == 0:
                sweep_nodes(graph, aim, zones, heat, rng)
            if len(best) < CROWD or step + 1 == plan[1]:
                _keep_best(zones, best, score)
        for _ in range(plan[6]):
            if sweep_nodes(graph, aim, zones, cold, rng) == 0:
                break
        _keep_best(zones, best, score)
        score[0] = zones.total[CHANGE]
        return zones.label

    return search


search = _make_search(SOURCES_STAMP)
