"""What cutting a group costs: a small one is spared before a large one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.planning import partition
from gridmap.planning.kernels.columns import GROUP, WHOLE
from gridmap.planning.kernels.weighing import SPLIT, SPLIT_AGAIN
from gridmap.planning.problems import BandTable, Problem, state_problem
from gridmap.planning.regions import take_regions
from gridmap.planning.wholes import sum_wholes, weigh_wholes


def draw_problem(seed: int) -> Problem:
    rng = np.random.default_rng(seed)
    size, kinds = int(rng.integers(2, 12)), int(rng.integers(1, 4))
    lower = rng.integers(1, 10, kinds)
    hard = np.column_stack([lower, lower + rng.integers(0, 10, kinds)]).astype(np.int64)
    loaded = rng.random() < 0.5
    return Problem(
        weights=rng.integers(0, 9, size),
        edges=np.column_stack([np.arange(size - 1), np.arange(1, size)]),
        costs=np.ones(size - 1),
        crossings=np.zeros(size - 1),
        bands=BandTable(hard, hard),
        classes=rng.integers(0, kinds, size),
        groups=None if rng.random() < 0.1 else rng.integers(-1, 4, size),
        loads=rng.integers(0, 5, (size, 2)) if loaded else None,
        load_bands=np.array([[0, 7], [1, 9]]) if loaded else None,
    )


def weigh_slowly(problem: Problem, node: int) -> int:
    """Return what each further zone costs a node's group, in plain words."""
    if problem.groups is None or problem.groups[node] < 0:
        return 0
    members = [v for v in range(problem.size) if problem.groups[v] == problem.groups[node]]
    ceiling = max(int(problem.bands.hard[problem.classes[v], 1]) for v in members)
    fits = sum(int(problem.weights[v]) for v in members) <= ceiling
    if problem.loads is not None and problem.load_bands is not None:
        for row, (_, most) in enumerate(problem.load_bands.tolist()):
            fits &= sum(int(problem.loads[v, row]) for v in members) <= most
    return SPLIT if fits else SPLIT_AGAIN


@given(st.integers(0, 2**32 - 1))
def test_what_a_split_costs_is_what_plain_words_say(seed: int) -> None:
    problem = draw_problem(seed)
    worth = weigh_wholes(problem)
    assert worth.tolist() == [weigh_slowly(problem, v) for v in range(problem.size)]
    graph, _ = state_problem(problem)
    groups = set(graph.node[:, GROUP].tolist()) - {-1}
    firsts = [int(np.flatnonzero(graph.node[:, GROUP] == group)[0]) for group in groups]
    assert sum_wholes(graph) == sum(int(worth[v]) for v in firsts)


@given(st.integers(0, 2**32 - 1))
def test_a_group_cut_by_regions_keeps_what_it_was_worth(seed: int) -> None:
    problem = draw_problem(seed)
    graph, _ = state_problem(problem)
    region = np.random.default_rng(seed).integers(0, 2, problem.size)
    for part in take_regions(graph, np.unique(region, return_inverse=True)[1]):
        assert part.graph.node[:, WHOLE].tolist() == weigh_wholes(problem)[part.nodes].tolist()


@pytest.mark.parametrize("seed", range(4))
def test_a_small_group_is_not_cut_to_spare_a_large_one_a_zone(seed: int) -> None:
    """A row: houses 200, compound 100 + 100, houses 200, compound of ten times 100.

    Either the houses share the small compound, 300 + 300, and the large one fills two zones of
    500; or the small one lies whole with the first houses, and the second reach into the large
    one, which then touches three zones. That is two further zones of compounds either way, and the
    first is cheaper to cut; but the small compound can be whole, the large one can't.
    """
    weights = np.array([200, 100, 100, 200] + [100] * 10)
    groups = np.array([-1, 0, 0, -1] + [1] * 10)
    costs = np.array([1, 0.1, 1, 1] + [9] * 9)
    path = np.column_stack([np.arange(13), np.arange(1, 14)])
    done = partition(weights, path, costs, lower=300, upper=500, groups=groups, seed=seed)
    assert done.certificate.is_attained
    assert len(set(done.labels[1:3].tolist())) == 1
