"""Moves and exchanges of nodes, and the tight tree cut, against slow ones in plain Python."""

import json
from itertools import product
from pathlib import Path
from typing import Any

import networkx as nx
import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.planning import partition
from gridmap.planning.kernels.columns import ANCHOR, COUNT, GROUP, LABEL, LENGTH, PERIMETER, WEIGHT
from gridmap.planning.kernels.simmering import open_brew, press_zones, simmer
from gridmap.planning.kernels.spanning import CUT, FREE, KEPT
from gridmap.planning.kernels.tightening import cut_tightly
from gridmap.planning.kernels.timing import Bell
from gridmap.planning.kernels.weighing import weigh_size
from gridmap.planning.kernels.zones import open_zones, weigh_region
from gridmap.planning.problems import BandTable, Problem, Shape, state_problem


@numba.njit
def stir(
    graph: Any, aim: Any, labels: Any, groups: int, offers: Any, press: Any, heat: int, rng: Any
) -> Any:
    zones = open_zones(graph, labels, groups)
    best, score = labels.copy(), np.array([0, 1 << 62, 0])
    closing = np.zeros((1, 1), np.int64)
    bell = Bell(np.zeros(2, np.int64), 1 << 62)
    brew = open_brew(graph, zones, groups, closing, best, score, bell, np.zeros(5, np.int64))
    for turn in range(len(press)):
        press_zones(graph, aim, zones, brew, press[turn], 100 * turn)
        simmer(graph, aim, zones, brew, offers, heat, rng)
    listed = brew.border[: brew.dial[0]].copy()
    return (
        zones.seat[:, LABEL],
        zones.zone[:, WEIGHT],
        zones.zone[:, PERIMETER],
        zones.zone[:, COUNT],
        zones.total[2],
        best,
        score,
        listed,
    )


@numba.njit
def weigh_all(graph: Any, aim: Any, ends: Any, labels: Any, many: int, block: Any) -> Any:
    nodes, ids = np.arange(len(labels)), np.arange(len(ends))
    return weigh_region(graph, aim, nodes, ends, ids, labels, many, block).cost


@numba.njit
def run_tight(graph: Any, nodes: Any, order: Any, parent: Any, price: Any, flag: Any) -> Any:
    bell = Bell(np.zeros(2, np.int64), 1 << 62)
    return cut_tightly(graph, 7, nodes, order, parent, price, flag, bell)


weigh_weight = numba.njit(lambda weight, band: weigh_size(weight, band, 7))


@st.composite
def divisions(draw: st.DrawFn) -> Any:
    """Draw a connected graph, often with a hub, and connected zones on it; some nodes locked."""
    size = draw(st.integers(2, 24))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    hub = draw(st.booleans())
    tree = [
        (0 if hub and rng.random() < 0.6 else int(rng.integers(0, v)), v) for v in range(1, size)
    ]
    more = [sorted(rng.choice(size, 2, replace=False).tolist()) for _ in range(size)]
    edges = np.array(sorted({(a, b) for a, b in [*tree, *more]}), np.int64)
    kept = [edge for edge in tree if rng.random() < 0.6]
    forest = nx.Graph(kept)
    forest.add_nodes_from(range(size))
    labels = np.zeros(size, np.int64)
    for number, part in enumerate(nx.connected_components(forest)):
        labels[sorted(part)] = number
    anchors = np.where(rng.random(size) < 0.1, labels, -1)
    problem = Problem(
        weights=rng.integers(0, 9, size),
        edges=edges,
        costs=rng.random(len(edges)),
        crossings=rng.random(len(edges)) * (rng.random(len(edges)) < 0.2),
        bands=BandTable(np.array([[8, 12]]), np.array([[7, 14]])),
        classes=np.zeros(size, np.int64),
        shape=Shape(rng.random(len(edges)) * 50, rng.random(size) * 900, 200 + rng.random(size)),
        groups=rng.integers(-1, 3, size),
        anchors=anchors,
    )
    return problem, labels


@settings(max_examples=600, deadline=None)
@given(divisions(), st.integers(0, 4000), st.integers(0, 2**30))
def test_moves_keep_zones_in_one_piece_and_every_sum_exact(
    division: Any, heat: int, seed: int
) -> None:
    problem, start = division
    graph, aim = state_problem(problem)
    groups = int(graph.node[:, GROUP].max()) + 1
    rng, press = np.array([seed], np.uint64), np.array([500, 3000, -1])
    labels, weights, rims, sizes, change, best, score, listed = stir(
        graph, aim, start.copy(), groups, 60, press, heat, rng
    )
    plain = nx.Graph(problem.edges.tolist())
    for division_now in (labels, best):
        for zone in np.unique(division_now):
            members = np.flatnonzero(division_now == zone).tolist()
            assert nx.is_connected(plain.subgraph(members))
    locked = graph.node[:, ANCHOR] >= 0
    assert (labels[locked] == start[locked]).all()
    assert set(labels.tolist()) == set(start.tolist())
    one, two = labels[problem.edges].T
    for zone in np.unique(labels):
        mine = labels == zone
        assert weights[zone] == graph.node[mine, WEIGHT].sum()
        assert sizes[zone] == mine.sum()
        inside = graph.edge[(one == zone) & (two == zone), LENGTH].sum()
        assert rims[zone] == graph.node[mine, PERIMETER].sum() - 2 * inside
    assert sorted(listed.tolist()) == sorted(set(problem.edges[one != two].ravel().tolist()))

    def weigh(given: Any) -> int:
        local = np.unique(given, return_inverse=True)[1].reshape(-1).astype(np.int64)
        block = np.full(groups, -1)
        return int(weigh_all(graph, aim, problem.edges, local, int(local.max()) + 1, block))

    assert weigh(labels) - weigh(start) == change
    if score[1] < 1 << 62:
        assert weigh(best) - weigh(start) == score[1] <= change


@st.composite
def heavy_trees(draw: st.DrawFn) -> Any:
    size = draw(st.integers(1, 9))
    parent = np.array([-1] + [draw(st.integers(0, k - 1)) for k in range(1, size)])
    weight = np.array(draw(st.lists(st.integers(0, 40_000), min_size=size, max_size=size)))
    zones = draw(st.integers(1, 3))
    mean = int(weight.sum()) // zones + 1
    width = draw(st.sampled_from([mean // 4, mean // 20 + 1, mean]))
    price = np.array(draw(st.lists(st.integers(-300, 3000), min_size=size, max_size=size)))
    kinds = st.sampled_from([FREE, FREE, FREE, KEPT, CUT])
    flag = np.array(draw(st.lists(kinds, min_size=size, max_size=size)))
    return parent, weight, max(1, mean - width), mean + width, price, flag


def weigh_tight(graph: Any, tree: Any, cuts: Any) -> int | None:
    """Return the cost of cutting above the given nodes; None where a flag or the band forbids."""
    parent, weight, lower, upper, price, flag = tree
    zone, cost = np.arange(len(parent)), 0
    for node in range(1, len(parent)):
        if (flag[node] == KEPT and cuts[node - 1]) or (flag[node] == CUT and not cuts[node - 1]):
            return None
        if cuts[node - 1]:
            cost += int(price[node])
        else:
            zone[node] = zone[parent[node]]
    for top in np.unique(zone):
        total = int(weight[zone == top].sum())
        if not lower <= total <= upper:
            return None
        cost += int(weigh_weight(total, graph.bands[0]))
    return cost


@settings(max_examples=800, deadline=None)
@given(heavy_trees())
def test_the_tight_cut_finds_the_least_cost_of_all_cuts_inside_the_band(tree: Any) -> None:
    parent, weight, lower, upper, price, flag = tree
    size = len(parent)
    edges = np.column_stack([np.maximum(parent[1:], 0), np.arange(1, size)]).astype(np.int64)
    band = np.array([[lower, upper]])
    problem = Problem(
        weight, edges, np.ones(size - 1), np.zeros(size - 1), BandTable(band, band),
        np.zeros(size, np.int64),
    )  # fmt: skip
    graph, _ = state_problem(problem)
    nodes = np.arange(size)
    labels = run_tight(graph, nodes, nodes, parent, price, flag)
    every = [weigh_tight(graph, tree, cuts) for cuts in product([0, 1], repeat=size - 1)]
    fitting = [cost for cost in every if cost is not None]
    if not fitting:
        assert len(labels) == 0
        return
    cuts = [int(labels[node] != labels[parent[node]]) for node in range(1, size)]
    assert weigh_tight(graph, tree, cuts) == min(fitting)


@pytest.mark.parametrize("name", ["NM-county", "ID-county", "WV-county"])
def test_a_published_optimum_is_reached(name: str, shared_data: Path) -> None:
    case = next(
        case
        for case in json.loads((shared_data / "cut_edges.json").read_text())
        if case["name"] == name
    )
    done = partition(
        case["weights"], case["edges"], np.ones(len(case["edges"])),
        lower=case["lower"], upper=case["upper"], zones=case["zones"], seed=7,
    )  # fmt: skip
    assert not done.certificate.outside
    assert done.certificate.cut_edges == case["published_best"]


def test_a_hub_of_many_neighbours_is_no_trap() -> None:
    size = 20_000
    edges = np.column_stack([np.zeros(size - 1, np.int64), np.arange(1, size)])
    done = partition(np.ones(size), edges, np.ones(size - 1), lower=300, upper=500,
                     seed=7, time_limit_s=1)  # fmt: skip
    assert done.certificate.seconds < 20
