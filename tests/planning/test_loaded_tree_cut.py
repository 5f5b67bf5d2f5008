"""The tree cut with further weights against a slow one in plain Python that tries every cut."""

from itertools import product
from typing import Any

import numba
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.planning.kernels.carrying import Terms, cut_loaded_tree
from gridmap.planning.kernels.cutting import Tree
from gridmap.planning.kernels.spanning import CUT, FREE, KEPT
from gridmap.planning.kernels.timing import Bell
from gridmap.planning.kernels.weighing import ASTRAY, weigh_size

MANY = 8


@numba.njit
def run_kernel(
    parent: Any, weight: Any, klass: Any, closing: Any, price: Any, flag: Any,
    loads: Any, bands: Any, load_bands: Any, room: Any,
) -> Any:  # fmt: skip
    tree = Tree(np.arange(len(parent)), parent, weight, klass, price, flag)
    bell = Bell(np.zeros(2, np.int64), 1 << 62)
    return cut_loaded_tree(tree, closing, loads, Terms(bands, load_bands, 1, ASTRAY), room, bell)


weigh_whole = numba.njit(lambda weight, band: weigh_size(weight, band, 1))


def weigh_carried(loads: Any, load_bands: Any, weight: int, band: Any) -> int:
    """Weigh loads in plain words: shares of the bound, in households, and once for being out."""
    gap = 0
    for load, (least, most) in zip(loads, load_bands, strict=True):
        if load < least:
            gap += -(-(least - load) * int(band[2]) // int(least))
        if load > most:
            above = load - most + 31 * max(0, load - most - most // 2)
            gap += -(-above * int(band[3]) // max(1, int(most)))
    if gap == 0:
        return 0
    return ASTRAY * (gap + (int(band[2]) if band[2] <= weight <= band[3] else 0))


def weigh_cuts(tree: Any, cuts: Any) -> int | None:
    """Return the cost of cutting above the given nodes, or None where a flag forbids it."""
    parent, weight, klass, closing, price, flag, loads, bands, load_bands = tree
    tops = closing.shape[1] - 1
    cost, zone = 0, np.arange(len(parent))
    for node in range(1, len(parent)):
        if (flag[node] == KEPT and cuts[node - 1]) or (flag[node] == CUT and not cuts[node - 1]):
            return None
        if cuts[node - 1]:
            cost += price[node]
        else:
            zone[node] = zone[parent[node]]
    for top in np.unique(zone):
        total = int(weight[zone == top].sum())
        band = bands[klass[top]]
        cost += closing[klass[top], min(total, tops)]
        counted = total
        if total >= tops:
            cost += ASTRAY * (total - tops + 1)
            counted = int(band[3]) + 1
        cost += weigh_carried(loads[zone == top].sum(axis=0).tolist(), load_bands, counted, band)
    return int(cost)


@st.composite
def trees(draw: st.DrawFn) -> Any:
    size, q = draw(st.integers(1, 8)), draw(st.integers(1, 2))
    parent = np.array([-1] + [draw(st.integers(0, k - 1)) for k in range(1, size)])
    numbers = st.lists(st.integers(0, 8), min_size=size, max_size=size)
    weight = np.array(draw(numbers))
    loads = np.column_stack([draw(numbers) for _ in range(q)]).astype(np.int64)
    klass = np.array(draw(st.lists(st.integers(0, 1), min_size=size, max_size=size)))
    bands, load_bands = np.zeros((2, 6), np.int64), np.zeros((q, 2), np.int64)
    for row in bands:
        row[2] = draw(st.integers(1, 9))
        row[3] = row[2] + draw(st.integers(0, 6))
        row[0], row[1], row[4] = row[2], row[3], (row[2] + row[3]) // 2
    for row in load_bands:
        row[0] = draw(st.sampled_from([0, 0, 0, 2, 5]))
        row[1] = row[0] + draw(st.integers(0, 12))
    tops = int(bands[:, 3].max()) + 1
    closing = np.array(
        [
            [weigh_whole(x, band) for x in range(tops)]
            + [weigh_whole(max(tops, int(band[3]) + 1), band) - ASTRAY]
            for band in bands
        ]
    )
    price = np.array(draw(st.lists(st.integers(-300, 3000), min_size=size, max_size=size)))
    kinds = st.sampled_from([FREE, FREE, FREE, KEPT, CUT])
    flag = np.array(draw(st.lists(kinds, min_size=size, max_size=size)))
    return parent, weight, klass, closing, price, flag, loads, bands, load_bands


def weigh_best(tree: Any) -> int:
    every = [weigh_cuts(tree, cuts) for cuts in product([0, 1], repeat=len(tree[0]) - 1)]
    return min(value for value in every if value is not None)


def run(tree: Any, room: int) -> tuple[int, int]:
    """Cut a tree; return cost and labels lost, once the cost is seen to be that of the zones."""
    labels, cost, lost = run_kernel(*tree, room)
    parent = tree[0]
    cuts = [int(labels[node] != labels[parent[node]]) for node in range(1, len(parent))]
    assert weigh_cuts(tree, cuts) == cost
    return cost, lost


@settings(max_examples=500, deadline=None)
@given(trees())
def test_with_room_for_every_label_the_cut_is_the_best_of_all(tree: Any) -> None:
    cost, lost = run(tree, MANY)
    if lost == 0:
        assert cost == weigh_best(tree)
    else:
        assert cost >= weigh_best(tree)


@settings(max_examples=500, deadline=None)
@given(trees(), st.sampled_from([1, 2, 4]))
def test_with_few_labels_the_cut_is_sound_and_says_when_it_is_not_proved_best(
    tree: Any, room: int
) -> None:
    cost, lost = run(tree, room)
    best = weigh_best(tree)
    assert cost >= best
    assert lost > 0 or cost == best


def test_two_caps_are_met_where_only_one_cut_meets_both() -> None:
    band = np.array([[3, 6, 3, 6, 4, 1024]])
    closing = np.array([[weigh_whole(x, band[0]) for x in range(7)] + [0]])
    closing[0, 7] = weigh_whole(7, band[0]) - ASTRAY
    six = np.arange(6)
    tree = (
        six - 1, np.ones(6, np.int64), six * 0, closing, np.array([0, 1, 1, 9, 1, 1]), six * 0,
        np.array([[1], [1], [1], [5], [1], [1]]), band, np.array([[0, 7]]),
    )  # fmt: skip
    labels, _, lost = run_kernel(*tree, 4)
    assert labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert lost == 0
