"""Coarse graphs: sums are exactly those of the parts, and a search from there ends on the graph."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import pytest

from gridmap import partition
from gridmap.planning.coarsening import build_ladder, contract_graph, is_fine, list_ends
from gridmap.planning.kernels.columns import (
    ANCHOR,
    AREA,
    CROSSED,
    CUTTING,
    GROUP,
    KLASS,
    LENGTH,
    PERIMETER,
    WEIGHT,
)
from gridmap.planning.kernels.zones import weigh_region
from gridmap.planning.problems import BandTable, Problem, Shape, find_pieces, state_problem

ZONES = 5


def lay_lattice(rows: int, columns: int) -> np.ndarray:
    place = np.arange(rows * columns).reshape(rows, columns)
    right = np.column_stack([place[:, :-1].ravel(), place[:, 1:].ravel()])
    down = np.column_stack([place[:-1].ravel(), place[1:].ravel()])
    return np.vstack([right, down])


def draw_problem(seed: int) -> Problem:
    """Draw a lattice with lumpy weights, dear and free borders, groups, classes, locks, loads."""
    rng = np.random.default_rng(seed)
    side = int(rng.integers(18, 26))
    edges = lay_lattice(side, side)
    edges = edges[rng.random(len(edges)) > 0.05]
    size = side * side
    weights = rng.integers(0, 9, size) * (rng.random(size) < 0.8)
    middle = int(weights.sum()) // ZONES
    band = np.array([[middle * 3 // 4, middle * 5 // 4]] * 2, np.int64)
    lengths = rng.integers(1, 50, len(edges)).astype(float)
    ring = np.bincount(edges.ravel(), np.repeat(lengths, 2), size) + rng.integers(0, 9, size)
    blocks = np.arange(size) // side // 2 * 20 + np.arange(size) % side // 2
    return Problem(
        weights=weights.astype(np.int64),
        edges=edges,
        costs=rng.integers(0, 5, len(edges)).astype(float),
        crossings=np.where(rng.random(len(edges)) < 0.05, 1.0, 0.0),
        bands=BandTable(band, band),
        classes=(np.arange(size) < size // 3).astype(np.int64),
        shape=Shape(lengths, rng.integers(1, 900, size).astype(float), ring),
        groups=np.where(rng.random(size) < 0.5, blocks, -1),
        anchors=np.where(np.arange(size) < 3, 0, -1),
        loads=rng.integers(0, 20, (size, 1)),
        load_bands=np.array([[0, 20 * size]]),
    )


@numba.njit
def weigh(graph: Any, aim: Any, ends: Any, labels: Any, many: int) -> Any:
    nodes, ids = np.arange(len(labels)), np.arange(len(ends))
    block = np.full(len(labels) + 500, -1, np.int64)
    return weigh_region(graph, aim, nodes, ends, ids, labels, many, block).cost


@pytest.mark.parametrize("seed", range(12))
def test_a_division_weighs_the_same_on_every_rung(seed: int) -> None:
    graph, aim = state_problem(draw_problem(seed))
    rungs = build_ladder(graph, aim, zones=ZONES, seed=seed)
    assert len(rungs) > 1
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, ZONES, len(rungs[-1].graph.node))
    weighed = {weigh(rungs[-1].graph, aim, list_ends(rungs[-1].graph), labels, ZONES)}
    for rung in reversed(rungs[:-1]):
        labels = labels[rung.above]
        weighed.add(weigh(rung.graph, aim, list_ends(rung.graph), labels, ZONES))
    assert len(weighed) == 1


@pytest.mark.parametrize("seed", range(6))
def test_only_like_neighbours_are_joined_and_nothing_is_lost(seed: int) -> None:
    graph, aim = state_problem(draw_problem(seed))
    for rung in build_ladder(graph, aim, zones=ZONES, seed=seed)[:-1]:
        above = rung.above
        ends = list_ends(rung.graph)
        joined = above[ends[:, 0]] == above[ends[:, 1]]
        assert not rung.graph.edge[joined, CROSSED].any()
        for column in (KLASS, GROUP, ANCHOR):
            kinds = rung.graph.node[ends[joined], column]
            assert (kinds[:, 0] == kinds[:, 1]).all()
        assert np.bincount(above).max() <= 2
        pieces = find_pieces(ends[joined], len(above))
        assert pieces.max() == above.max(), "each joined node is in one piece"
        coarse = contract_graph(rung.graph, above, aim.grain)
        for column in (WEIGHT, AREA):
            assert coarse.node[:, column].sum() == rung.graph.node[:, column].sum()
        assert (coarse.node[:, PERIMETER] >= 0).all()
        for column in (CUTTING, CROSSED, LENGTH):
            lost = rung.graph.edge[joined, column].sum()
            assert coarse.edge[:, column].sum() == rung.graph.edge[:, column].sum() - lost


def test_a_ladder_within_a_division_keeps_it() -> None:
    graph, aim = state_problem(draw_problem(3))
    within = np.arange(len(graph.node)) // 100
    labels = within
    for rung in build_ladder(graph, aim, zones=ZONES, seed=1, within=within)[:-1]:
        lifted = np.full(int(rung.above.max()) + 1, -1)
        lifted[rung.above] = labels
        assert (lifted[rung.above] == labels).all()
        labels = lifted


@pytest.mark.parametrize(("side", "zones"), [(50, 3), (70, 2)])
def test_few_zones_of_thousands_of_nodes_are_drawn_evenly(side: int, zones: int) -> None:
    size, edges = side * side, lay_lattice(side, side)
    assert is_fine(size, zones)
    mean = size // zones
    lower, upper = mean * 9 // 10, mean * 11 // 10
    done = partition(
        np.ones(size, np.int64), edges, np.ones(len(edges)), lower=lower, upper=upper, zones=zones,
        seed=7,
    )  # fmt: skip
    assert not done.certificate.outside
    assert done.labels.max() + 1 == zones
    assert done.certificate.cut_edges <= 1.15 * side * (zones - 1)


def test_pieces_of_one_node_and_land_without_weight_are_no_hindrance() -> None:
    edges = lay_lattice(30, 30)
    weights = np.zeros(905, np.int64)
    weights[:900:2] = 3
    weights[902] = 400
    done = partition(weights, edges, np.ones(len(edges)), lower=300, upper=500, seed=7)
    assert sorted({zone.reason for zone in done.certificate.outside}) == ["too_few_households"]
    assert done.labels[902] not in done.labels[:900]
