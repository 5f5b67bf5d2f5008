"""Arithmetic on totals, and the proof for units that do not fit."""

from itertools import combinations
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.planning.feasibility import bound_piece, bound_pieces
from gridmap.proving import find_unfit, is_proved_impossible
from gridmap.rules import Band

BAND = Band(300, 500)


@pytest.mark.parametrize(
    ("weights", "unavoidable", "reason"),
    [
        ([400], 0, ""),
        ([299], 1, "too_few_households"),
        ([250, 300], 1, "total_impossible"),
        ([300, 300], 0, ""),
        ([0, 0], 1, "too_few_households"),
        ([700, 20], 1, "building_too_large"),
        ([700, 20, 800], 2, "building_too_large"),
    ],
)
def test_arithmetic_says_why_a_piece_is_impossible(
    weights: Any, unavoidable: int, reason: str
) -> None:
    bound = bound_piece(np.array(weights), band=BAND)
    assert (bound.unavoidable, bound.reason) == (unavoidable, reason)


@pytest.mark.parametrize(
    ("band", "impossible"),
    [
        (Band(300, 500), [(1, 299), (501, 599)]),
        (
            Band(450, 500),
            [
                (1, 449),
                (501, 899),
                (1001, 1349),
                (1501, 1799),
                (2001, 2249),
                (2501, 2699),
                (3001, 3149),
                (3501, 3599),
                (4001, 4049),
            ],
        ),
    ],
)
def test_the_impossible_totals_are_those_of_the_field(band: Band, impossible: Any) -> None:
    found = [
        total
        for total in range(1, 6000)
        if bound_piece(np.array([total // 20] * 20 + [total % 20]), band=band).unavoidable
    ]
    assert found == [total for low, high in impossible for total in range(low, high + 1)]


def test_bounds_come_by_piece() -> None:
    bounds = bound_pieces(np.array([400, 100, 20]), np.array([0, 1, 0], np.int32), band=BAND)
    assert [(bound.weight, bound.nodes) for bound in bounds] == [(420, 2), (100, 1)]


def divide_exhaustively(graph: Any, weights: Any, band: Band) -> bool:
    """Tell whether a division exists, by trying every zone of the first node left."""

    def search(left: list[int]) -> bool:
        heavy = [node for node in left if weights[node]]
        if not heavy:
            return True
        first = heavy[0]
        for size in range(len(left)):
            for others in combinations([n for n in left if n != first], size):
                zone = {first, *others}
                if (
                    band.holds(sum(weights[n] for n in zone))
                    and nx.is_connected(graph.subgraph(zone))
                    and search([n for n in left if n not in zone])
                ):
                    return True
        return False

    return search(list(graph))


@settings(max_examples=150, deadline=None)
@given(
    st.integers(2, 7).flatmap(
        lambda n: st.tuples(
            st.lists(st.integers(0, 6), min_size=n, max_size=n),
            st.sets(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1))),
            st.integers(2, 6),
            st.integers(0, 3),
        )
    )
)
def test_the_proof_agrees_with_trying_everything(case: Any) -> None:
    weights, pairs, lower, width = case
    band = Band(lower, lower + width)
    edges = sorted({(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]})
    graph = nx.Graph(edges)
    graph.add_nodes_from(range(len(weights)))
    proved = is_proved_impossible(
        np.array(weights), np.array(edges, np.int64).reshape(-1, 2), band=band
    )
    assert proved == (not divide_exhaustively(graph, weights, band))


@settings(max_examples=200, deadline=None)
@given(
    st.integers(1, 7).flatmap(
        lambda n: st.tuples(
            st.lists(st.integers(0, 9), min_size=n, max_size=n),
            st.sets(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1))),
            st.integers(2, 6),
            st.integers(0, 3),
        )
    )
)
def test_units_are_called_unfit_only_when_no_connected_set_is_inside_the_band(case: Any) -> None:
    weights, pairs, lower, width = case
    edges = sorted({(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]})
    graph = nx.Graph(edges)
    graph.add_nodes_from(range(len(weights)))
    fits = {
        node
        for size in range(1, len(weights) + 1)
        for zone in combinations(range(len(weights)), size)
        if lower <= sum(weights[n] for n in zone) <= lower + width
        and nx.is_connected(graph.subgraph(zone))
        for node in zone
    }
    unfit = find_unfit(
        np.array(weights),
        np.array(edges, np.int64).reshape(-1, 2),
        band=Band(lower, lower + width),
    )
    expected = [weight > 0 and node not in fits for node, weight in enumerate(weights)]
    assert unfit.tolist() == expected


def test_the_search_for_unfit_units_gives_up_within_its_budget() -> None:
    path = np.array([[0, 1], [1, 2], [2, 3]])
    weights = np.array([140, 140, 240, 900])
    tight = Band(400, 500)
    assert find_unfit(weights, path, band=tight).tolist() == [True, True, True, True]
    assert find_unfit(weights, path, band=tight, budget=0).tolist() == [False] * 3 + [True]


def test_the_proof_gives_up_within_its_budget() -> None:
    side = 10
    at = np.arange(side * side).reshape(side, side)
    edges = np.concatenate(
        [
            np.stack([at[:, :-1].ravel(), at[:, 1:].ravel()], 1),
            np.stack([at[:-1].ravel(), at[1:].ravel()], 1),
        ]
    )
    assert not is_proved_impossible(np.full(100, 30), edges, band=Band(300, 300), budget=50)
