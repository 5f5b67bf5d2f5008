"""The judge of rebalanced townships, against sums done by hand."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.rebalance_judge import judge
from benchmarks.rebalance_townships import count_by_piece, join_parts, number_by_target

GRAPH = {
    "weights": np.array([5, 3, 2, 12, 0]),
    "edges": np.array([[0, 1], [1, 2], [0, 4]]),
    "costs": np.ones(3),
    "lengths": np.array([1000.0, 1000.0, 1000.0]),
    "all_edges": np.array([[0, 1], [1, 2], [2, 3], [0, 4]]),
    "all_lengths": np.array([1000.0, 1000.0, 1000.0, 1000.0]),
    "areas": np.full(5, 1e6),
    "perimeters": np.full(5, 4000.0),
    "points": np.zeros((5, 2)),
    "today": np.array([0, 1, 2, 3, 2]),
    "district": np.array([0, 0, 0, 1, 0]),
    "piece": np.array([0, 0, 0, 1, 0]),
    "unfit": np.array([False, False, False, True, False]),
    "hopeless": np.zeros(5, bool),
    "lower": np.int64(4),
    "upper": np.int64(9),
    "zones": np.int64(0),
}
"""A row of squares of 1 km: townships of 5, 3, 2 and, in another district, 12; the third has a
detached part of nobody beside the first."""


def test_today_is_judged_as_it_is() -> None:
    told = judge(GRAPH, GRAPH["today"])
    assert (told["zones"], told["in_band"], told["attainable"]) == (4, 1, 3)
    assert (told["moved"], told["untouched"], told["pieces"], told["torn"]) == (0, 4, 5, 1)
    assert (told["crossing"], told["cut_km"]) == (0, 4.0)


def test_a_joined_pair_moves_the_smaller() -> None:
    told = judge(GRAPH, np.array([7, 9, 9, 4, 7]))
    assert (told["zones"], told["in_band"], told["attainable"]) == (3, 2, 2)
    assert (told["moved"], told["untouched"], told["pieces"], told["torn"]) == (2, 2, 3, 0)
    assert told["polsby_popper"] == pytest.approx((2 * 4 * np.pi * 2 / 36 + np.pi / 4) / 3)


def test_a_zone_in_two_districts_is_counted() -> None:
    assert judge(GRAPH, np.array([0, 1, 2, 2, 0]))["crossing"] == 1
    with pytest.raises(ValueError, match="labels for 5 nodes"):
        judge(GRAPH, np.zeros(3, np.int64))


def test_townships_are_joined_over_their_detached_parts() -> None:
    whole = join_parts(GRAPH)
    assert whole["edges"].tolist() == [[0, 1], [0, 2], [1, 2]]
    assert whole["weights"].tolist() == [5, 3, 2, 12]
    assert whole["rows"].tolist() == [0, 1, 2, 3, 2]


def test_a_peer_is_asked_for_a_number_in_each_piece() -> None:
    assert count_by_piece(GRAPH, np.array([0, 1, 1, 2, 0])).tolist() == [2, 2, 2, 1, 2]
    assert number_by_target(GRAPH, 5).tolist() == [2, 2, 2, 1, 2]
