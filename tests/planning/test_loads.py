"""Zones with several bands at once: by class, and further weights beside the first."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.errors import InvalidOption
from gridmap.planning import partition
from gridmap.planning.kernels.columns import (
    AREA,
    CROSSED,
    CUTTING,
    GROUP,
    HEAD,
    KLASS,
    LABEL,
    LENGTH,
    PERIMETER,
    WEIGHT,
)
from gridmap.planning.kernels.simmering import open_brew, press_zones, simmer
from gridmap.planning.kernels.timing import Bell
from gridmap.planning.kernels.weighing import SPLIT, SPLIT_AGAIN
from gridmap.planning.kernels.zones import is_outside, open_zones, weigh_region
from gridmap.planning.problems import BandTable, Problem, Shape, state_problem


@numba.njit
def walk(graph: Any, aim: Any, labels: Any, groups: int, heat: int, rng: Any, sweeps: int) -> Any:
    zones = open_zones(graph, labels, groups)
    best, score = labels.copy(), np.array([0, 1 << 62, 0])
    closing = np.zeros((1, 1), np.int64)
    bell = Bell(np.zeros(2, np.int64), 1 << 62)
    brew = open_brew(graph, zones, groups, closing, best, score, bell, np.zeros(5, np.int64))
    for turn in range(sweeps):
        press_zones(graph, aim, zones, brew, 200 * turn if turn != 1 else -1, 16 * turn)
        simmer(graph, aim, zones, brew, 2 * len(labels), heat, rng)
    out = np.zeros(len(labels), np.int64)
    for zone in range(len(labels)):
        if zones.zone[zone, HEAD] >= 0:
            out[zone] = is_outside(graph, zones, zone)
    return zones.seat[:, LABEL], zones.loads, zones.zone[:, WEIGHT], zones.total[2], out


@numba.njit
def weigh_all(graph: Any, aim: Any, ends: Any, labels: Any, many: int, block: Any) -> Any:
    nodes, ids = np.arange(len(labels)), np.arange(len(ends))
    return weigh_region(graph, aim, nodes, ends, ids, labels, many, block).cost


def weigh_load_plainly(
    graph: Any, members: list[int], lower: int, upper: int, *, fits: bool
) -> int:
    """Weigh the loads of one zone: the share of the bound that is astray, in households."""
    astray = 0
    for r, (few, many) in enumerate(graph.load_bands.tolist()):
        load = sum(int(graph.loads[v, r]) for v in members)
        if load < few:
            astray += -(-(few - load) * lower // few)
        if load > many:
            above = load - many + 31 * max(0, load - many - many // 2)
            astray += -(-above * upper // max(1, many))
    return 2**26 * (astray + (lower if fits else 0)) if astray else 0


def weigh_plainly(graph: Any, aim: Any, edges: Any, labels: Any) -> int:
    """Weigh a division as docs/engine.md tells it, zone by zone, with no sums carried along."""
    cost = 0
    for zone in sorted(set(labels.tolist())):
        members = [v for v in range(len(labels)) if labels[v] == zone]
        shares = [0] * len(graph.bands)
        for v in members:
            shares[graph.node[v, KLASS]] += int(graph.node[v, WEIGHT])
        low, high, least, most, target, edge = graph.bands[shares.index(max(shares))].tolist()
        weight = sum(shares)
        gap = max(least - weight, weight - most, 0)
        if gap:
            far = 31 * max(0, weight - most - most // 2)
            cost += 2**26 * (least + gap + far)
        elif not low <= weight <= high:
            cost += 2**27 + 2**10 * (max(low - weight, weight - high) + 1)
        half = max(1, (high - low) // 2)
        off = min(abs(weight - target), 2 * half)
        cost += edge * off // half * off // half
        cost += weigh_load_plainly(graph, members, least, most, fits=not gap)
        inside = sum(
            int(graph.edge[e, LENGTH])
            for e, (a, b) in enumerate(edges)
            if labels[a] == labels[b] == zone
        )
        rim = sum(int(graph.node[v, PERIMETER]) for v in members) - 2 * inside
        if rim > 0:
            area = sum(int(graph.node[v, AREA]) for v in members)
            cost += 4096 - min(4096, area * 51472 // rim**2)
    for e, (a, b) in enumerate(edges):
        cost += int(graph.edge[e, CROSSED] if labels[a] == labels[b] else graph.edge[e, CUTTING])
    for group in set(graph.node[:, GROUP].tolist()) - {-1}:
        members = [v for v in range(len(labels)) if graph.node[v, GROUP] == group]
        fits = sum(int(graph.node[v, WEIGHT]) for v in members) <= max(
            int(graph.bands[graph.node[v, KLASS], 3]) for v in members
        )
        for r, (_, most) in enumerate(graph.load_bands.tolist()):
            fits &= sum(int(graph.loads[v, r]) for v in members) <= most
        cost += (SPLIT if fits else SPLIT_AGAIN) * len({int(labels[v]) for v in members})
    return cost


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    size, q, kinds = draw(st.integers(2, 12)), draw(st.integers(0, 3)), draw(st.integers(1, 3))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    tree = [(int(rng.integers(0, k)), k) for k in range(1, size)]
    extra = [(int(min(p)), int(max(p))) for p in rng.integers(0, size, (size, 2)) if p[0] != p[1]]
    edges = np.array(sorted(set(tree + extra)), np.int64)
    lower = rng.integers(1, 12, kinds)
    hard = np.column_stack([lower, lower + rng.integers(0, 10, kinds)])
    wished = np.column_stack([hard[:, 0], np.maximum(hard[:, 0], hard[:, 1] - 2)])
    limits = np.sort(rng.integers(0, 30, (q, 2)), axis=1)
    return Problem(
        weights=rng.integers(0, 9, size),
        edges=edges,
        costs=rng.random(len(edges)),
        crossings=rng.random(len(edges)) * (rng.random(len(edges)) < 0.2),
        bands=BandTable(wished, hard),
        classes=rng.integers(0, kinds, size),
        shape=Shape(rng.random(len(edges)) * 50, rng.random(size) * 900, 200 + rng.random(size)),
        groups=rng.integers(-1, 3, size),
        loads=rng.integers(0, 12, (size, q)) if q else None,
        load_bands=limits if q else None,
    )


@settings(max_examples=600, deadline=None)
@given(problems(), st.integers(0, 6), st.integers(0, 2**30))
def test_sums_and_weighed_changes_are_those_of_a_plain_count(
    problem: Problem, sweeps: int, seed: int
) -> None:
    graph, aim = state_problem(problem)
    start = np.zeros(problem.size, np.int64)
    parts = list(nx.connected_components(nx.Graph(problem.edges[1::2].tolist())))
    for number, part in enumerate(parts, 1):
        start[sorted(part)] = number
    lone = np.flatnonzero(start == 0)
    start[lone] = len(parts) + 1 + np.arange(len(lone))
    start = np.unique(start, return_inverse=True)[1].reshape(-1)
    groups = int(graph.node[:, GROUP].max()) + 1
    rng = np.array([seed], np.uint64)
    labels, loads, weights, change, outside = walk(
        graph, aim, start.copy(), groups, 5000, rng, sweeps
    )
    zones, local = np.unique(labels, return_inverse=True)
    assert weights[zones].tolist() == np.bincount(local, weights=graph.node[:, WEIGHT]).tolist()
    for r in range(graph.loads.shape[1]):
        assert loads[zones, r].tolist() == np.bincount(local, weights=graph.loads[:, r]).tolist()
    before = weigh_plainly(graph, aim, problem.edges, start)
    after = weigh_plainly(graph, aim, problem.edges, labels)
    assert after - before == change
    block = np.full(groups, -1)
    local = local.reshape(-1).astype(np.int64)
    assert weigh_all(graph, aim, problem.edges, local, len(zones), block) == after
    for zone, place in zip(zones, range(len(zones)), strict=True):
        carried = loads[zone]
        shares = np.bincount(
            graph.node[local == place, KLASS], weights=graph.node[local == place, WEIGHT],
            minlength=len(graph.bands),
        )  # fmt: skip
        band = graph.bands[int(shares.argmax())]
        wrong = not band[2] <= weights[zone] <= band[3]
        wrong |= bool(
            ((carried < graph.load_bands[:, 0]) | (carried > graph.load_bands[:, 1])).any()
        )
        assert bool(outside[zone]) == wrong


def lattice(rows: int, columns: int) -> Any:
    at = np.arange(rows * columns).reshape(rows, columns)
    return np.concatenate(
        [
            np.stack([at[:, :-1].ravel(), at[:, 1:].ravel()], 1),
            np.stack([at[:-1].ravel(), at[1:].ravel()], 1),
        ]
    )


def town(rows: int, columns: int, seed: int) -> tuple[Any, Any, Any]:
    """Return edges, households and residents; some blocks have twice as many in a household."""
    rng = np.random.default_rng(seed)
    size = rows * columns
    homes = np.minimum(rng.gamma(1.2, 50, size).astype(np.int64), 280)
    return lattice(rows, columns), homes, (homes * rng.choice([2.0, 3.0, 7.0], size)).astype(int)


@pytest.mark.parametrize("seed", [0, 2])
def test_a_cap_on_residents_is_kept_beside_the_band_of_households(seed: int) -> None:
    edges, homes, people = town(8, 9, seed)
    cap = [[0, 2300]]
    plain = partition(homes, edges, np.ones(len(edges)), lower=300, upper=500, seed=7)
    both = partition(
        homes, edges, np.ones(len(edges)), lower=300, upper=500, seed=7,
        loads=people[:, None], load_bands=cap,
    )  # fmt: skip
    assert np.bincount(plain.labels, weights=people).max() > 2300, "the cap matters here"
    assert both.certificate.is_attained
    assert not both.certificate.outside
    assert np.bincount(both.labels, weights=people).max() <= 2300
    graph = nx.Graph(edges.tolist())
    for zone in range(both.labels.max() + 1):
        assert nx.is_connected(graph.subgraph(np.flatnonzero(both.labels == zone).tolist()))


def test_loads_that_bind_nothing_change_nothing() -> None:
    edges, homes, people = town(8, 8, 3)
    given_options = {"lower": 300, "upper": 500, "seed": 7}
    plain = partition(homes, edges, np.ones(len(edges)), **given_options)
    loose = partition(
        homes, edges, np.ones(len(edges)), **given_options,
        loads=people[:, None], load_bands=[[0, 10**9]],
    )  # fmt: skip
    assert loose.labels.tolist() == plain.labels.tolist()


def test_a_node_that_carries_too_much_is_told_by_adding_up() -> None:
    path = [(k, k + 1) for k in range(5)]
    done = partition(
        [100] * 6, path, np.ones(5), lower=200, upper=300, seed=7,
        loads=[[900], [100], [100], [100], [100], [100]], load_bands=[[0, 800]],
    )  # fmt: skip
    (zone,) = done.certificate.outside
    assert (zone.zone, zone.reason) == (0, "load_impossible")
    assert zone.loads[0] >= 900
    assert done.certificate.unavoidable == 1
    assert done.certificate.is_attained


def test_more_residents_than_the_grids_can_hold_are_told_by_adding_up() -> None:
    path = [(k, k + 1) for k in range(5)]
    options = {"lower": 300, "upper": 500, "seed": 7}
    crowd = {"loads": [[900]] * 6, "load_bands": [[0, 2500]]}
    done = partition([100] * 6, path, np.ones(5), **options, **crowd)
    assert done.certificate.unavoidable == 1
    assert {zone.reason for zone in done.certificate.outside} == {"load_impossible"}
    held = partition(
        [100] * 6, path, np.ones(5), **options, zones=1, loads=[[300]] * 6, load_bands=[[0, 900]]
    )
    assert held.certificate.unavoidable == 1


def test_a_least_load_is_kept_too() -> None:
    edges, homes, people = town(10, 10, 5)
    done = partition(
        homes, edges, np.ones(len(edges)), lower=300, upper=500, seed=7,
        loads=np.column_stack([people, homes]), load_bands=[[900, 2400], [310, 490]],
    )  # fmt: skip
    residents = np.bincount(done.labels, weights=people)
    assert not done.certificate.outside
    assert residents.min() >= 900
    assert residents.max() <= 2400


def test_every_zone_is_judged_by_the_band_of_its_class() -> None:
    edges = lattice(10, 12)
    homes = np.full(120, 50)
    klass = (np.arange(120) % 12 >= 6).astype(int)
    done = partition(
        homes, edges, np.where(klass[edges[:, 0]] == klass[edges[:, 1]], 1.0, -1.0),
        lower=1, upper=1, bands=[[450, 500], [200, 300]], classes=klass, seed=7,
    )  # fmt: skip
    assert not done.certificate.outside
    for zone in range(done.labels.max() + 1):
        members = done.labels == zone
        low, high = ((450, 500), (200, 300))[int(np.bincount(klass[members]).argmax())]
        assert low <= homes[members].sum() <= high


WRONG = [
    {"bands": [[300, 500]]},
    {"classes": [0, 0]},
    {"bands": [[500, 300]], "classes": [0, 0]},
    {"bands": [[300, 500]], "classes": [0, 1]},
    {"bands": [300, 500], "classes": [0, 0]},
    {"bands": [], "classes": [0, 0]},
    {"loads": [[1], [2]]},
    {"load_bands": [[0, 5]]},
    {"loads": [1, 2], "load_bands": [[0, 5]]},
    {"loads": [[1]], "load_bands": [[0, 5]]},
    {"loads": [[1], [-2]], "load_bands": [[0, 5]]},
    {"loads": [[1], [0.5]], "load_bands": [[0, 5]]},
    {"loads": [[1], [2]], "load_bands": [[6, 5]]},
    {"loads": [[1], [2]], "load_bands": [[0, float("inf")]]},
    {"loads": [[2**40], [2**40]], "load_bands": [[0, 5]]},
    {"loads": [[1] * 9] * 2, "load_bands": [[0, 5]] * 9},
]


@pytest.mark.parametrize("options", WRONG)
def test_wrong_bands_and_loads_are_refused_in_both_languages(options: Any) -> None:
    with pytest.raises(InvalidOption) as refused:
        partition([300, 300], [(0, 1)], [1], lower=300, upper=500, seed=7, **options)
    assert refused.value.en != refused.value.zh
