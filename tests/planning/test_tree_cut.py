"""The compiled tree cut against a slow one in plain Python that tries every set of cuts."""

from itertools import product
from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.planning.kernels.cutting import Tree, cut_tree
from gridmap.planning.kernels.spanning import CUT, FREE, KEPT
from gridmap.planning.kernels.timing import Bell
from gridmap.planning.kernels.weighing import ASTRAY


@numba.njit
def run_kernel(
    order: Any,
    parent: Any,
    weight: Any,
    klass: Any,
    closing: Any,
    price: Any,
    flag: Any,
    slope: Any = ASTRAY,
) -> Any:
    tree, bell = (
        Tree(order, parent, weight, klass, price, flag),
        Bell(np.zeros(2, np.int64), 1 << 62),
    )
    return cut_tree(tree, closing, slope, bell)


def weigh_cuts(tree: Any, cuts: Any) -> int | None:
    """Return the cost of cutting above the given nodes, or None where a flag forbids it."""
    parent, weight, klass, closing, price, flag = tree
    size, tops = len(parent), closing.shape[1] - 1
    cost = 0
    zone = np.arange(size)
    for node in range(1, size):
        if (flag[node] == KEPT and cuts[node - 1]) or (flag[node] == CUT and not cuts[node - 1]):
            return None
        if cuts[node - 1]:
            cost += price[node]
        else:
            zone[node] = zone[parent[node]]
    for top in np.unique(zone):
        total = int(weight[zone == top].sum())
        cost += closing[klass[top], min(total, tops)]
        if total >= tops:
            cost += ASTRAY * (total - tops + 1)
    return int(cost)


@st.composite
def trees(draw: st.DrawFn) -> Any:
    size = draw(st.integers(1, 9))
    tops = draw(st.integers(1, 14))
    parent = np.array([-1] + [draw(st.integers(0, k - 1)) for k in range(1, size)])
    numbers = st.integers(0, 8)
    weight = np.array(draw(st.lists(numbers, min_size=size, max_size=size)))
    klass = np.array(draw(st.lists(st.integers(0, 1), min_size=size, max_size=size)))
    costs = st.lists(st.integers(-50, 9000), min_size=tops + 1, max_size=tops + 1)
    closing = np.array([draw(costs), draw(costs)])
    price = np.array(draw(st.lists(st.integers(-300, 3000), min_size=size, max_size=size)))
    kinds = st.sampled_from([FREE, FREE, FREE, KEPT, CUT])
    flag = np.array(draw(st.lists(kinds, min_size=size, max_size=size)))
    return parent, weight, klass, closing, price, flag


@settings(max_examples=1500, deadline=None)
@given(trees())
def test_the_kernel_finds_the_least_cost_of_all_cuts(tree: Any) -> None:
    parent, weight, klass, closing, price, flag = tree
    size = len(parent)
    labels, cost = run_kernel(np.arange(size), parent, weight, klass, closing, price, flag)
    every = [weigh_cuts(tree, cuts) for cuts in product([0, 1], repeat=size - 1)]
    assert cost == min(value for value in every if value is not None)
    cuts = [int(labels[node] != labels[parent[node]]) for node in range(1, size)]
    assert weigh_cuts(tree, cuts) == cost


@pytest.mark.parametrize("shape", ["path", "star", "comb"])
def test_a_long_tree_is_cut_without_recursion(shape: str) -> None:
    size = 20_000
    node = np.arange(size)
    parent = {"path": node - 1, "star": np.minimum(node - 1, 0), "comb": node - 1 - node % 2}[shape]
    parent = np.maximum(parent, 0)
    parent[0] = -1
    order = node[np.argsort(_depths(parent), kind="stable")]
    closing = np.array([[abs(x - 20) * 10 for x in range(31)] + [10**6]])
    zeros = np.zeros(size, np.int64)
    labels, cost = run_kernel(order, parent, zeros + 1, zeros, closing, zeros + 1, zeros)
    sums = np.bincount(labels)
    assert sums.sum() == size
    if shape != "star":
        assert sums.max() <= 30
    if shape == "path":
        assert cost == size // 20 - 1


def _depths(parent: Any) -> Any:
    depth = np.zeros(len(parent), np.int64)
    for node in range(1, len(parent)):
        depth[node] = depth[parent[node]] + 1
    return depth
