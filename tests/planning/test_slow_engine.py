"""The engine against the plain reference: the same sums, and the optimum of all divisions.

A third of the graphs ask for a number of zones, often one at odds with the band. Over these 1,000
graphs one search misses the optimum on 20 and has more zones outside than it on 2, both with a
number asked for; the several searches of a graph that is all that is asked miss 13 and have none
of the latter.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numba
import numpy as np
from slow_engine import Division, SlowGraph, count_outside, find_best, weigh_division

from gridmap.planning.attempts import Search
from gridmap.planning.counting import count_reachable, settle_number
from gridmap.planning.kernels.columns import CROSSED, CUTTING, GROUP, KLASS, WEIGHT
from gridmap.planning.kernels.zones import weigh_region
from gridmap.planning.problems import BandTable, Problem, state_problem
from gridmap.planning.solving import solve_problem

GRAPHS = 1000


def draw_problem(seed: int) -> Problem:
    """Draw at most 7 nodes: lumpy or empty, one piece or many, wishes, classes, crossings."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(2, 8))
    pairs = [(a, b) for a in range(size) for b in range(a + 1, size) if rng.random() < 0.45]
    edges = np.array(pairs, np.int64).reshape(-1, 2)
    kinds = int(rng.integers(1, 3))
    lower = rng.integers(3, 9, kinds)
    hard = np.column_stack([lower, lower + rng.integers(1, 6, kinds)]).astype(np.int64)
    wished = hard.copy()
    if rng.random() < 0.4:
        wished[:, 0] += 1
    problem = Problem(
        weights=rng.integers(0, 9, size),
        edges=edges,
        costs=rng.integers(0, 4, len(edges)).astype(float),
        crossings=np.where(rng.random(len(edges)) < 0.2, 1.0, 0.0),
        bands=BandTable(wished, hard),
        classes=rng.integers(0, kinds, size),
        groups=rng.integers(-1, 2, size),
    )
    if seed % 3:
        return problem
    asked = count_reachable(problem, np.full(size, -1))
    return Problem(**{**vars(problem), "zones": int(rng.choice(asked))})


def state_slowly(problem: Problem) -> SlowGraph:
    graph, aim = state_problem(problem)
    costs = zip(
        problem.edges.tolist(),
        graph.edge[:, CUTTING].tolist(),
        graph.edge[:, CROSSED].tolist(),
        strict=True,
    )
    return SlowGraph(
        weights=tuple(graph.node[:, WEIGHT].tolist()),
        edges=tuple((a, b, cut, cross) for (a, b), cut, cross in costs),
        bands=tuple(map(tuple, graph.bands.tolist())),
        classes=tuple(graph.node[:, KLASS].tolist()),
        groups=tuple(graph.node[:, GROUP].tolist()),
        zones=problem.zones,
        grain=int(aim.grain),
    )


@cache
def compile_weighing() -> Any:
    """Return the kernel by which the search accepts, so that Python can call it."""

    @numba.njit
    def weigh(graph: Any, aim: Any, ends: Any, labels: Any, many: int) -> Any:
        nodes, ids = np.arange(len(labels)), np.arange(len(ends))
        block = np.full(len(labels) + 1, -1, np.int64)
        return weigh_region(graph, aim, nodes, ends, ids, labels, many, block).cost

    return weigh


def divide(problem: Problem, *, thorough: bool) -> np.ndarray:
    """Divide as `gridmap.partition` does when thorough, else as a plan's pieces are."""
    labels = solve_problem(problem, Search(seed=7, thorough=thorough))
    return settle_number(problem, labels, np.full(problem.size, -1))


def list_zones(labels: np.ndarray) -> Division:
    return tuple(tuple(np.flatnonzero(labels == z).tolist()) for z in range(labels.max() + 1))


def compare(seeds: range, *, thorough: bool) -> tuple[list[int], list[int]]:
    """Return the graphs whose optimum was missed, and those with more zones outside than it has.

    The engine's own sums are compared on the way.
    """
    weigh = compile_weighing()
    missed, outside = [], []
    for seed in seeds:
        problem = draw_problem(seed)
        plain = state_slowly(problem)
        labels = divide(problem, thorough=thorough)
        zones = list_zones(labels)
        weight = weigh_division(plain, zones)
        known = weigh(*state_problem(problem), problem.edges, labels.astype(np.int64), len(zones))
        assert weight == known, seed
        assert problem.zones in (0, len(zones)), seed
        best = find_best(plain)
        missed += [seed] * (weight != weigh_division(plain, best))
        outside += [seed] * (count_outside(plain, zones) > count_outside(plain, best))
    return missed, outside


def test_one_search_weighs_as_the_reference_and_nearly_always_finds_the_optimum() -> None:
    missed, outside = compare(range(0, GRAPHS, 4), thorough=False)
    assert len(missed) <= 0.04 * GRAPHS / 4, missed
    assert len(outside) <= 0.01 * GRAPHS / 4, outside


def test_a_graph_that_is_all_that_is_asked_gets_the_optimum_of_all_divisions() -> None:
    missed, outside = compare(range(GRAPHS), thorough=True)
    assert len(missed) <= 0.02 * GRAPHS, missed
    assert not outside
