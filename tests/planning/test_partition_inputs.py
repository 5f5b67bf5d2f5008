"""What `partition` is asked and how it answers: locks, the number of zones, today, bad input."""

from collections.abc import Iterator
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.errors import InvalidOption
from gridmap.model import REASONS
from gridmap.planning import partition
from gridmap.planning.partitioning import OutsideZone

BAND = {"lower": 300, "upper": 500, "seed": 7}


def lattice(rows: int, columns: int) -> Any:
    at = np.arange(rows * columns).reshape(rows, columns)
    return np.concatenate(
        [
            np.stack([at[:, :-1].ravel(), at[:, 1:].ravel()], 1),
            np.stack([at[:-1].ravel(), at[1:].ravel()], 1),
        ]
    )


EDGES = lattice(8, 8)
ONES = np.ones(len(EDGES))
FIFTIES = np.full(64, 50)


@pytest.mark.parametrize("zones", [1, 5])
def test_a_number_that_the_locks_rule_out_is_refused_with_the_reachable_numbers(zones: int) -> None:
    today = (np.arange(64) >= 8).astype(int)
    held = {"current": today, "locked": np.ones(64, bool)}
    with pytest.raises(InvalidOption, match="allow 2 to 2") as refused:
        partition(FIFTIES, EDGES, ONES, zones=zones, **BAND, **held)
    assert "2 至 2" in refused.value.zh
    done = partition(FIFTIES, EDGES, ONES, zones=2, **BAND, **held)
    assert done.labels.tolist() == today.tolist()


def test_a_locked_zone_stays_whole_whatever_number_is_reachable() -> None:
    today = (np.arange(64) >= 8).astype(int)
    locked = today == 1
    for zones in (1, 2, 5, 9):
        done = partition(FIFTIES, EDGES, ONES, zones=zones, current=today, locked=locked, **BAND)
        assert done.labels.max() + 1 == zones
        assert len(set(done.labels[locked])) == 1


@st.composite
def locked_cases(draw: Any) -> tuple[Any, ...]:
    size = draw(st.integers(1, 12))
    ends = st.integers(0, size - 1)
    return (
        draw(st.lists(st.integers(0, 12), min_size=size, max_size=size)),
        draw(st.lists(st.tuples(ends, ends), max_size=2 * size)),
        draw(st.lists(st.integers(-1, 2), min_size=size, max_size=size)),
        draw(st.lists(st.booleans(), min_size=size, max_size=size)),
        draw(st.integers(1, 10)),
        draw(st.integers(0, 10)),
        draw(st.integers(1, size)),
    )


@settings(max_examples=150, deadline=None)
@given(locked_cases())
def test_locks_are_kept_and_the_number_is_exact_on_any_small_graph(case: Any) -> None:
    weights, edges, today, wanted, lower, width, zones = case
    today = np.array(today)
    locked = np.array(wanted) & (today >= 0)
    graph = nx.Graph()
    graph.add_nodes_from(range(len(weights)))
    graph.add_edges_from(edges)
    try:
        done = partition(
            weights, edges, np.ones(len(edges)), lower=lower, upper=lower + width, zones=zones,
            current=today, locked=locked, seed=7,
        )  # fmt: skip
    except InvalidOption as refused:
        assert "zones can't be drawn" in refused.en  # noqa: PT017  # or there is an answer
        return
    labels = done.labels
    assert labels.max() + 1 == zones
    for zone in range(zones):
        assert nx.is_connected(graph.subgraph(np.flatnonzero(labels == zone).tolist()))
    for zone in range(3):
        part = graph.subgraph(np.flatnonzero(today == zone).tolist())
        for piece in nx.connected_components(part):
            assert len(set(labels[[node for node in piece if locked[node]]])) <= 1
        for other in range(zone):
            assert not set(labels[locked & (today == zone)]) & set(
                labels[locked & (today == other)]
            )
    assert len(done.certificate.outside) >= done.certificate.unavoidable


def test_too_few_zones_for_the_households_are_proved_impossible_not_unreached() -> None:
    certificate = partition(FIFTIES, EDGES, ONES, zones=4, **BAND).certificate
    reasons = [zone.reason for zone in certificate.outside]
    assert certificate.unavoidable == 1
    assert reasons.count("number_impossible") == 1
    assert set(reasons) <= {"number_impossible", "not_reached"}


def test_too_many_zones_for_the_households_are_counted_as_unavoidable() -> None:
    certificate = partition(FIFTIES, EDGES, ONES, zones=13, **BAND).certificate
    reasons = [zone.reason for zone in certificate.outside]
    assert certificate.unavoidable == 3
    assert reasons.count("number_impossible") == 3
    assert set(reasons) <= {"number_impossible", "not_reached"}
    assert "number_impossible" in REASONS


def test_a_number_that_the_households_can_share_changes_no_certificate() -> None:
    certificate = partition(FIFTIES, EDGES, ONES, zones=8, **BAND).certificate
    assert certificate.unavoidable == 0
    assert certificate.is_attained


def test_two_buildings_above_the_ceiling_in_the_one_zone_asked_for_are_one_unavoidable() -> None:
    certificate = partition([600, 600], [(0, 1)], [1], zones=1, **BAND).certificate
    assert certificate.outside == (OutsideZone(0, 1200, "building_too_large"),)
    assert certificate.unavoidable == 1
    assert certificate.is_attained


def divide(graph: Any, nodes: list[int]) -> Iterator[list[list[int]]]:
    """Yield every division of the nodes into connected zones."""
    if not nodes:
        yield []
        return
    first, rest = nodes[0], nodes[1:]
    for chosen in range(1 << len(rest)):
        zone = [first, *(n for k, n in enumerate(rest) if chosen >> k & 1)]
        if nx.is_connected(graph.subgraph(zone)):
            left = [n for k, n in enumerate(rest) if not chosen >> k & 1]
            for others in divide(graph, left):
                yield [zone, *others]


@pytest.mark.parametrize("seed", range(10))
def test_no_division_into_the_number_has_fewer_zones_outside_than_is_called_unavoidable(
    seed: int,
) -> None:
    rng = np.random.default_rng(seed)
    edges = np.concatenate([lattice(2, 2), lattice(1, 3) + 4])
    weights = rng.integers(0, 12, 7)
    graph = nx.Graph(edges.tolist())
    divisions = list(divide(graph, list(range(7))))
    for zones in range(2, 8):
        done = partition(weights, edges, np.ones(6), lower=6, upper=10, zones=zones, seed=seed)
        asked = [division for division in divisions if len(division) == zones]
        alone = [
            division
            for division in asked
            if all((weights[zone] > 10).sum() < 2 for zone in division)
        ]
        least = min(
            sum(not 6 <= weights[zone].sum() <= 10 for zone in division)
            for division in alone or asked
        )
        assert done.certificate.unavoidable <= least
        assert len(done.certificate.outside) >= done.certificate.unavoidable


def test_nodes_without_a_zone_of_today_cost_no_change() -> None:
    fresh = partition(FIFTIES, EDGES, ONES, **BAND)
    none = partition(FIFTIES, EDGES, ONES, current=np.full(64, -1), **BAND)
    assert none.labels.tolist() == fresh.labels.tolist()


def test_nodes_without_a_zone_of_today_are_divided_as_well_beside_zones_that_stay() -> None:
    edges = lattice(16, 16)
    weights = np.full(256, 50)
    fresh = partition(weights, edges, np.ones(len(edges)), **BAND)
    today = np.where(np.arange(256) < 128, fresh.labels, -1)
    done = partition(weights, edges, np.ones(len(edges)), current=today, **BAND)
    assert not done.certificate.outside
    assert done.certificate.cut_edges <= 1.1 * fresh.certificate.cut_edges


@pytest.mark.parametrize(
    "edges",
    [
        EDGES.T,
        EDGES.reshape(-1),
        [0, 1, 2],
        [[0, 1], [2]],
        [[0, 1, 2]],
        [[0, 64]],
        [[-1, 0]],
        [[0.5, 1]],
        [["0", "1"]],
        [[0, np.nan]],
        np.zeros((0, 3)),
    ],
)
def test_edges_of_another_shape_or_kind_are_refused(edges: Any) -> None:
    with pytest.raises(InvalidOption) as refused:
        partition(FIFTIES, edges, ONES, **BAND)
    assert "edges" in refused.value.en
    assert "edges" in refused.value.zh


def test_no_edges_loops_and_repeated_pairs_are_understood() -> None:
    for none in ([], np.zeros((0, 2), np.int64)):
        assert partition([400, 400], none, [], **BAND).labels.tolist() == [0, 1]
    once = partition([200, 200, 200, 200], [(0, 1), (1, 2), (2, 3)], [1, 3, 1], **BAND)
    twice = partition(
        [200, 200, 200, 200], [(0, 1), (2, 1), (1, 2), (3, 3), (2, 3)], [1, 1, 2, 9, 1], **BAND
    )
    assert once.labels.tolist() == twice.labels.tolist()


PATH = ([200, 200], [(0, 1)], [1])
MEASURES: dict[str, Any] = {"lengths": [1], "areas": [1, 1], "perimeters": [4, 4]}


@pytest.mark.parametrize(
    "options",
    [
        {"lower": 300.9},
        {"lower": float("nan")},
        {"lower": "300"},
        {"lower": True},
        {"upper": float("inf")},
        {"upper": 500.5},
        {"upper": 10**30},
        {"lower": [[1], [1, 2]]},
        {"lower": 600},
        {"seed": 1.7},
        {"seed": None},
        {"zones": 1.5},
        {"zones": 0},
        {"zones": 3},
        {"time_limit_s": -1},
        {"time_limit_s": float("nan")},
        {"time_limit_s": float("inf")},
        {"time_limit_s": "1"},
        {"weights": [[200, 200]]},
        {"weights": [200]},
        {"weights": ["a", "b"]},
        {"weights": np.array([2**63, 1], np.uint64)},
        {"weights": [2**41, 1]},
        {"edge_costs": [1e308]},
        {"edge_costs": [[1]]},
        {"edge_costs": ["1"]},
        {"edge_costs": []},
        {"groups": [0]},
        {"groups": [0, 0.5]},
        {"current": [0, 0, 0]},
        {"current": [0, 0], "locked": [True]},
        {"current": [0, 0], "locked": [2, 0]},
        {"current": [0, -1], "locked": [True, True]},
        {"locked": [True, False]},
        MEASURES | {"lengths": [1, 1]},
        MEASURES | {"areas": [1]},
        MEASURES | {"perimeters": [4, -4]},
        MEASURES | {"areas": [1, 1e300]},
        MEASURES | {"lengths": [float("inf")]},
        {"lengths": [1]},
    ],
)
def test_values_out_of_range_are_refused_never_cut_to_fit(options: Any) -> None:
    arrays = dict(zip(("weights", "edges", "edge_costs"), PATH, strict=True))
    with pytest.raises(InvalidOption) as refused:
        partition(**(arrays | BAND | options))
    assert refused.value.en != refused.value.zh


def test_the_largest_measures_allowed_are_worked_with() -> None:
    done = partition(
        [300, 300], [(0, 1)], [1e15], lengths=[1e15], areas=[0, 1e15], perimeters=[0, 0], **BAND
    )
    assert done.certificate.is_attained


def test_whole_numbers_may_come_as_numpy_numbers_or_floats_without_a_fraction() -> None:
    done = partition(
        np.array([200.0, 200.0]), np.array([[0.0, 1.0]]), [1],
        lower=np.int32(300), upper=500.0, seed=np.uint64(7), zones=np.int64(1), time_limit_s=2,
    )  # fmt: skip
    assert done.certificate.is_attained
