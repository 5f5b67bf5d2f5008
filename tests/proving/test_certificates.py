"""What is proved of a piece: against all divisions of tiny graphs, and by the small checker."""

from __future__ import annotations

import copy
import itertools
import json
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import networkx as nx
import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gridmap
from gridmap.planning.anchoring import anchor_nodes
from gridmap.planning.certifying import _make_price, list_proofs, prove_division, write_masks
from gridmap.planning.kernels.weighing import SPLIT, SPLIT_AGAIN
from gridmap.planning.problems import BandTable, Problem, Shape, find_pieces, state_problem
from gridmap.planning.watching import Watch
from gridmap.proving import Question, bound_splits, is_proved_impossible, is_refuted
from gridmap.proving.exporting import export_proof
from gridmap.rules import Band

CHECKER = Path(__file__).resolve().parents[2] / "benchmarks" / "check_certificate.py"
sys.path.insert(0, str(CHECKER.parent))
from check_certificate import Land, check  # noqa: E402

BAND = Band(300, 500)


def draw_problem(seed: int, *, rows: int, columns: int, mean: int) -> Problem:
    """Draw a lattice with diagonals, open land, groups, a road and shape."""
    rng = np.random.default_rng(seed)
    size = rows * columns
    place = np.arange(size).reshape(rows, columns)
    pairs = [*zip(place[:, :-1].ravel(), place[:, 1:].ravel(), strict=True)]
    pairs += zip(place[:-1].ravel(), place[1:].ravel(), strict=True)
    pairs += [
        (a, b)
        for a, b in zip(place[:-1, :-1].ravel(), place[1:, 1:].ravel(), strict=True)
        if a % 3 == 0
    ]
    edges = np.array(pairs, np.int64)
    weights = rng.integers(1, 2 * mean, size) * (rng.random(size) > 0.15)
    if weights.sum() < BAND.lower:
        weights[0] = BAND.lower
    bands = np.array([[BAND.lower, BAND.upper]])
    return Problem(
        weights=weights.astype(np.int64),
        edges=edges,
        costs=rng.integers(1, 5, len(edges)).astype(float),
        crossings=(rng.random(len(edges)) < 0.1).astype(float),
        bands=BandTable(bands, bands),
        classes=np.zeros(size, np.int64),
        shape=Shape(np.full(len(edges), 100.0), np.full(size, 1e4), np.full(size, 400.0)),
        groups=rng.integers(-1, 3, size),
    )


def list_divisions(problem: Problem) -> list[tuple[tuple[int, ...], ...]]:
    """List every division of a tiny graph into connected zones."""
    near = {node: set() for node in range(problem.size)}
    for a, b in problem.edges.tolist():
        near[a].add(b)
        near[b].add(a)

    def grow(zone: frozenset[int], rest: frozenset[int]) -> set[frozenset[int]]:
        found, stack = {zone}, [zone]
        while stack:
            one = stack.pop()
            for more in {b for a in one for b in near[a]} & rest - one:
                wider = one | {more}
                if wider not in found:
                    found.add(wider)
                    stack.append(wider)
        return found

    def divide(rest: frozenset[int]) -> list[tuple[tuple[int, ...], ...]]:
        if not rest:
            return [()]
        first = frozenset([min(rest)])
        return [
            (tuple(sorted(zone)), *others)
            for zone in grow(first, rest)
            for others in divide(rest - zone)
        ]

    return divide(frozenset(range(problem.size)))


def weigh_whole_groups(problem: Problem) -> int:
    """Return what groups cost by lying in one zone each."""
    assert problem.groups is not None
    sums = np.bincount(problem.groups + 1, weights=problem.weights)[1:]
    there = np.bincount(problem.groups + 1)[1:] > 0
    return sum(SPLIT if weight <= BAND.upper else SPLIT_AGAIN for weight in sums[there].tolist())


@cache
def compile_weighing() -> Any:
    """Return the kernel by which the search accepts, so that Python can call it."""
    from gridmap.planning.kernels.zones import weigh_region

    @numba.njit
    def weigh(graph: Any, aim: Any, nodes: Any, ends: Any, ids: Any, local: Any, many: Any) -> Any:
        block = np.full(len(nodes) + 1, -1, np.int64)
        return weigh_region(graph, aim, nodes, ends, ids, local, many, block).cost

    return weigh


def weigh_division(problem: Problem, zones: tuple[tuple[int, ...], ...]) -> int:
    """Weigh a division by the kernel that the search accepts by, twice."""
    graph, aim = state_problem(problem)
    labels = label(zones, problem.size).astype(np.int64)
    nodes, ids = np.arange(problem.size), np.arange(len(problem.edges))
    return 2 * int(compile_weighing()(graph, aim, nodes, problem.edges, ids, labels, len(zones)))


def label(zones: tuple[tuple[int, ...], ...], size: int) -> np.ndarray:
    labels = np.empty(size, np.int32)
    for number, zone in enumerate(zones):
        labels[list(zone)] = number
    return labels


@pytest.mark.parametrize("seed", range(12))
def test_the_proved_optimum_is_the_cheapest_of_all_divisions_of_a_tiny_graph(seed: int) -> None:
    problem = draw_problem(seed, rows=2, columns=4, mean=150)
    costs = [weigh_division(problem, zones) for zones in list_divisions(problem)]
    [(proof, _)] = list_proofs(problem, find_pieces(problem.edges, problem.size))
    groups = 2 * weigh_whole_groups(problem)
    assert proof.says.status == "optimal"
    assert proof.says.value + groups == min(costs)
    best, _ = prove_division(problem, find_pieces(problem.edges, problem.size))
    zones = tuple(tuple(np.flatnonzero(best == z).tolist()) for z in range(best.max() + 1))
    assert weigh_division(problem, zones) == min(costs)


@pytest.mark.parametrize("seed", range(16))
def test_the_best_division_around_a_node_above_the_ceiling_is_proved(seed: int) -> None:
    plain = draw_problem(seed, rows=2, columns=4, mean=150)
    weights = plain.weights.copy()
    weights[seed % 8] = 700
    problem = replace(plain, weights=weights)
    problem = replace(problem, anchors=anchor_nodes(problem, np.zeros(8, np.bool_)))
    [(proof, _)] = list_proofs(problem, find_pieces(problem.edges, problem.size))
    costs = [weigh_division(problem, zones) for zones in list_divisions(problem)]
    groups = 2 * weigh_whole_groups(problem)
    assert proof.says.status == "optimal"
    assert proof.says.value + groups == min(costs)
    question = Question(problem.weights, problem.edges, BAND)
    data = json.loads(json.dumps(export_proof(question, proof)))
    assert check(data) is None
    if proof.tree is not None and not proof.is_free:
        data["division"] = data["division"][1:]
        assert check(data) is not None


def test_a_proof_that_is_stopped_tells_the_gap_proved_by_then() -> None:
    problem = draw_problem(5, rows=4, columns=6, mean=110)
    problem = replace(problem, groups=np.full(problem.size, -1))
    [(whole, _)] = list_proofs(problem, find_pieces(problem.edges, problem.size))
    assert whole.sets is not None
    labels = np.zeros(problem.size, np.int32)
    for zone, words in enumerate(whole.sets.tolist()):
        mask = words[0] | words[1] << 64
        labels[[node for node in range(problem.size) if mask >> node & 1]] = zone
    [(cut, _)] = list_proofs(problem, labels, Watch(0.0))
    assert cut.says.status == "gap"
    assert cut.says.bound is not None
    assert whole.says.value is not None
    assert 0 <= cut.says.bound <= whole.says.value == cut.says.value


def certify(seed: int, *, rows: int = 3, columns: int = 5, mean: int = 110) -> dict:
    """Return the certificate of a random piece, worked up from one zone for all."""
    problem = draw_problem(seed, rows=rows, columns=columns, mean=mean)
    [(proof, _)] = list_proofs(problem, find_pieces(problem.edges, problem.size))
    question = Question(problem.weights, problem.edges, BAND)
    return json.loads(json.dumps(export_proof(question, proof)))


def test_the_small_checker_finds_hundreds_of_certificates_valid() -> None:
    claims = []
    for seed in range(220):
        data = certify(seed, rows=2, columns=4 + seed % 3)
        claims.append(data["claim"])
        assert check(data) is None, seed
    assert claims.count("optimal") > 100
    assert set(claims) <= {"optimal", "impossible"}


def test_the_checker_refuses_a_certificate_that_was_tampered_with() -> None:
    refused = 0
    for seed in range(24):
        data = certify(seed, rows=2, columns=6)
        if data["claim"] != "optimal" or data["free"]:
            continue
        for spoil in (_cheapen, _raise_values, _lose_a_node, _limit_the_number, _drop_a_branch):
            spoiled = copy.deepcopy(data)
            if spoil(spoiled):
                assert check(spoiled) is not None, (seed, spoil.__name__)
                refused += 1
    assert refused > 40


def _cheapen(data: dict) -> bool:
    """Claim a better value than the division has."""
    data["value"] += 2
    return True


def _raise_values(data: dict) -> bool:
    """Put so little on the nodes that the bound no longer reaches the value."""
    data["tree"]["nodes"][0] -= 4 * data["grains"]
    data["tree"]["below"] = []
    return True


def _lose_a_node(data: dict) -> bool:
    data["division"][0] = data["division"][0][1:]
    return True


def _limit_the_number(data: dict) -> bool:
    data["zones"][1] -= 1
    return True


def _drop_a_branch(data: dict) -> bool:
    if not data["tree"].get("below"):
        return False
    data["tree"]["below"] = []
    return True


def test_a_false_claim_of_impossible_is_refused() -> None:
    for seed in range(24):
        data = certify(seed, rows=2)
        if data["claim"] == "optimal" and not data["free"]:
            data |= {"claim": "impossible", "prices": {}, "limit": 0}
            assert check(data) is not None


def test_the_checker_runs_by_itself_and_knows_nothing_of_gridmap(tmp_path: Path) -> None:
    source = CHECKER.read_text(encoding="utf-8")
    assert "gridmap" not in source.replace("the engine", "")
    assert len(source.splitlines()) < 190
    file = tmp_path / "certificate.json"
    file.write_text(json.dumps(certify(3)), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", str(CHECKER), str(file)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "valid")


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 3), st.integers(3, 4))
def test_every_zone_is_listed_once_and_nothing_else(seed: int, rows: int, columns: int) -> None:
    problem = draw_problem(seed, rows=rows, columns=columns, mean=120)
    question = Question(problem.weights, problem.edges, BAND)
    land = Land({"weights": problem.weights.tolist(), "band": [300, 500], "edges": problem.edges})
    for free in (False, True):
        sets, complete = question.list_zones(free=free)
        masks = [int(low) | int(high) << 64 for low, high in sets.tolist()]
        assert complete
        assert len(set(masks)) == len(masks)
        assert set(masks) == land.list_zones(free=free)


@pytest.mark.parametrize("seed", range(40))
def test_impossible_means_that_no_division_has_every_zone_inside(seed: int) -> None:
    problem = draw_problem(seed, rows=2, columns=4, mean=190)
    question = Question(problem.weights, problem.edges, BAND)
    fits = [
        all(BAND.holds(int(problem.weights[list(zone)].sum())) for zone in zones)
        for zones in list_divisions(problem)
    ]
    if BAND.can_hold(int(problem.weights.sum())) and problem.weights.max() <= BAND.upper:
        assert is_refuted(question) != any(fits)
    assert is_proved_impossible(problem.weights, problem.edges, band=BAND) <= (not any(fits))


@pytest.mark.parametrize("seed", [81, 128])
def test_what_trying_everything_gives_up_is_proved_by_bounds(seed: int) -> None:
    from gridmap.testing import random_territory

    plan = gridmap.make_plan(random_territory(seed), rules=gridmap.Rules.preset())
    totals = gridmap.score_plan(plan).totals
    assert totals["in_band"] == totals["attainable"] < totals["general"]
    assert "not_reached" not in set(plan.grids["reason_code"])


def test_partition_says_optimal_or_the_gap_when_asked() -> None:
    problem = draw_problem(5, rows=4, columns=6, mean=100)
    given = problem.weights, problem.edges, problem.costs
    bare = gridmap.partition(*given, lower=300, upper=500, seed=1)
    done = gridmap.partition(*given, lower=300, upper=500, seed=1, prove=True)
    again = gridmap.partition(*given, lower=300, upper=500, seed=1, prove=True)
    assert (bare.certificate.optimal, bare.certificate.gap) == (False, None)
    assert (done.certificate.optimal, done.certificate.gap) == (True, 0.0)
    assert done.labels.tolist() == again.labels.tolist()
    assert done.certificate.proofs == again.certificate.proofs


def test_a_number_of_zones_asked_for_is_kept_by_the_proof() -> None:
    problem = draw_problem(8, rows=4, columns=5, mean=100)
    total = int(problem.weights.sum())
    for zones in BAND.grid_counts(total):
        done = gridmap.partition(
            problem.weights,
            problem.edges,
            problem.costs,
            lower=300,
            upper=500,
            zones=zones,
            seed=1,
            prove=True,
        )
        assert done.labels.max() + 1 == zones


def test_locked_nodes_stay_together_in_a_proved_division() -> None:
    problem = draw_problem(5, rows=4, columns=5, mean=100)
    current = np.arange(20) // 10
    locked = np.isin(np.arange(20), [0, 1, 10])
    done = gridmap.partition(
        problem.weights,
        problem.edges,
        problem.costs,
        lower=300,
        upper=500,
        current=current,
        locked=locked,
        seed=1,
        prove=True,
    )
    assert done.labels[0] == done.labels[1] != done.labels[10]


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10**6))
def test_no_division_inside_the_band_cuts_groups_less_often_than_the_bound(seed: int) -> None:
    problem = draw_problem(seed, rows=2, columns=4, mean=150)
    alone = 3 + np.arange(problem.size)
    items = np.where(problem.groups >= 0, problem.groups, alone)
    totals = np.bincount(items, weights=problem.weights).astype(np.int64)
    bound = bound_splits(totals, band=BAND)
    for zones in list_divisions(problem):
        if all(BAND.holds(int(problem.weights[list(zone)].sum())) for zone in zones):
            served = [
                set(items[[n for n in zone if problem.weights[n]]].tolist()) for zone in zones
            ]
            touches = sum(len(one) for one in served)
            assert touches - len(set.union(*served)) >= bound


def test_the_prices_of_zones_add_up_to_the_aim_of_the_search() -> None:
    problem = draw_problem(11, rows=2, columns=4, mean=150)
    for zones in list_divisions(problem)[:200]:
        labels = label(zones, problem.size)
        price = _make_price(*state_problem(problem))
        sets = write_masks(labels, problem.size)
        assert int(price(sets, False).sum()) == weigh_division(problem, zones)


def test_the_strict_number_outside_is_at_most_the_unavoidable_one() -> None:
    path = [(node, node + 1) for node in range(11)]
    done = gridmap.partition([275] * 12, path, [1] * 11, lower=300, upper=500, seed=3)
    assert done.certificate.least_outside == 1
    assert done.certificate.unavoidable == len(done.certificate.outside) > 1


@pytest.mark.parametrize("seed", range(40))
def test_no_division_has_fewer_zones_outside_than_the_strict_number(seed: int) -> None:
    random = np.random.default_rng(seed)
    size = int(random.integers(1, 6))
    graph = nx.gnp_random_graph(size, 0.5, seed=seed)
    weights = random.integers(0, 12, size)
    lower, upper = sorted(random.integers(1, 12, 2).tolist())
    edges = np.array(list(graph.edges), dtype=np.int64).reshape(-1, 2)
    done = gridmap.partition(
        weights, edges, np.ones(len(edges)), lower=lower, upper=upper, seed=1, prove=True
    )
    least = size
    for labels in itertools.product(range(size), repeat=size):
        zones = [[n for n in range(size) if labels[n] == zone] for zone in set(labels)]
        if all(nx.is_connected(graph.subgraph(zone)) for zone in zones):
            sums = [int(weights[zone].sum()) for zone in zones]
            least = min(least, sum(not lower <= total <= upper for total in sums))
    assert done.certificate.least_outside <= least


def test_a_piece_without_weight_is_proved_without_an_error() -> None:
    done = gridmap.partition(
        [350, 350, 0], [[0, 1]], [1.0], lower=300, upper=500, seed=1, prove=True
    )
    assert done.certificate.least_outside == 1


def test_a_plan_proved_is_never_worse_and_says_what_is_proved() -> None:
    from gridmap.testing import random_territory

    rules = gridmap.Rules.preset()
    land = random_territory(4, rows=5, columns=6, communities=1, households=2_700)
    bare = gridmap.make_plan(land, rules=rules)
    proved = gridmap.make_plan(land, rules=rules, prove=True)
    assert "proof.pieces" not in bare.about
    many = int(proved.about["proof.pieces"])
    told = ("optimal", "gap", "impossible", "not_tried")
    assert sum(int(proved.about[f"proof.{name}_pieces"]) for name in told) == many > 0
    before, after = gridmap.score_plan(bare).totals, gridmap.score_plan(proved).totals
    lost = before["general"] - before["in_band"]
    assert after["general"] - after["in_band"] <= lost
    assert after["splits_bound"] <= after["excess_splits"] or after["in_band"] < after["general"]
