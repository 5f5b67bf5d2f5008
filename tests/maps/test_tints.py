"""Neighbours get different tints."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import Delaunay

from gridmap.maps.tints import pick_tints


def planar_pairs(seed: int, count: int) -> np.ndarray:
    triangles = Delaunay(np.random.default_rng(seed).uniform(size=(count, 2))).simplices
    edges = np.vstack([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [0, 2]]])
    return np.unique(np.sort(edges, axis=1), axis=0)


@given(st.integers(0, 10_000), st.integers(4, 120))
def test_six_tints_part_all_neighbours_on_a_map(seed: int, count: int) -> None:
    pairs = planar_pairs(seed, count)
    tints = pick_tints(count, pairs, 6)
    assert (tints[pairs[:, 0]] != tints[pairs[:, 1]]).all()


def test_tints_are_used_about_equally() -> None:
    used = np.bincount(pick_tints(120, planar_pairs(1, 120), 6), minlength=6)
    assert used.min() >= 10


def test_with_too_few_tints_few_neighbours_share_one() -> None:
    pairs = planar_pairs(2, 100)
    tints = pick_tints(100, pairs, 3)
    assert (tints[pairs[:, 0]] == tints[pairs[:, 1]]).mean() < 0.12


def test_things_without_neighbours_get_a_tint() -> None:
    assert pick_tints(3, np.zeros((0, 2), dtype=np.int64), 4).tolist() == [2, 1, 0]
