"""The generator is deterministic, the judge is right on toys, and the tables say what is there."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.engine.cells import draw_cells
from benchmarks.engine.cities import make_census, make_city
from benchmarks.engine.instances import Instance, read_instance, write_instance
from benchmarks.engine.judging import judge
from benchmarks.engine.measuring import run_program
from benchmarks.engine.parts import NAMES, Plan, count_zones, estimate_seconds
from benchmarks.engine.places import keep_nodes
from benchmarks.engine.settings import PEERS, list_settings
from benchmarks.engine.tables import choose_rows, show_comparison, show_leaders

BUILDINGS, HOUSEHOLDS = 3_000, 58_500


@pytest.fixture(scope="module")
def city() -> Instance:
    return make_city(BUILDINGS, HOUSEHOLDS, seed=7)


def a_row_of_four(costs: list[float]) -> Instance:
    """Four squares of 10 m in a row, 200 households each; the first two are a compound."""
    return Instance(
        name="row",
        weights=np.full(4, 200),
        edges=np.array([[0, 1], [1, 2], [2, 3]]),
        costs=np.array(costs),
        lower=300,
        upper=500,
        lengths=np.full(3, 10.0),
        areas=np.full(4, 100.0),
        perimeters=np.full(4, 40.0),
        groups=np.array([0, 0, -1, -1]),
    )


def test_the_same_seed_gives_the_same_city(city: Instance) -> None:
    again = make_city(BUILDINGS, HOUSEHOLDS, seed=7)
    other = make_city(BUILDINGS, HOUSEHOLDS, seed=8)
    for name in ("weights", "edges", "costs", "lengths", "areas", "groups", "regions"):
        assert np.array_equal(getattr(city, name), getattr(again, name)), name
    assert not np.array_equal(city.weights, other.weights)


def test_a_city_has_the_size_asked_for(city: Instance) -> None:
    assert abs(city.size - BUILDINGS) <= 0.02 * BUILDINGS
    assert abs(city.weights.sum() - HOUSEHOLDS) <= 0.02 * HOUSEHOLDS
    assert city.weights.max() <= city.upper
    assert judge(city, np.zeros(city.size, np.int64))["pieces"] == 1


def test_a_city_has_the_compounds_of_the_field() -> None:
    city = make_city(40_000, 800_000, seed=7)
    held = city.groups >= 0
    sizes = np.bincount(city.groups[held], city.weights[held])
    assert 80 <= np.median(sizes) <= 106
    assert 0.75 <= (sizes < 300).mean() <= 0.82
    assert 0.10 <= (sizes > 500).mean() <= 0.17
    assert 0.55 <= sizes[sizes > 500].sum() / sizes.sum() <= 0.70
    assert 0.02 <= (city.costs < 0).mean() <= 0.2


def test_cells_tile_their_rectangle(city: Instance) -> None:
    points = np.random.default_rng(1).uniform(0, 1, (500, 2)) * [3000.0, 2000.0]
    cells = draw_cells(points, (3000.0, 2000.0))
    assert cells.areas.sum() == pytest.approx(6e6)
    assert cells.perimeters.sum() - 2 * cells.lengths.sum() == pytest.approx(10_000, rel=0.02)
    assert city.areas.sum() == pytest.approx(city.size * 2_400.0)


def test_two_cells_share_the_line_between_them() -> None:
    cells = draw_cells(np.array([[25.0, 50.0], [75.0, 50.0]]), (100.0, 100.0))
    assert cells.edges.tolist() == [[0, 1]]
    assert cells.lengths.tolist() == pytest.approx([100])
    assert cells.areas.tolist() == pytest.approx([5_000, 5_000])
    assert cells.perimeters.tolist() == pytest.approx([300, 300])


@pytest.mark.parametrize(("lumpy", "least", "most"), [(True, 0.9, 1.3), (False, 0.05, 0.2)])
def test_census_units_are_lumpy_or_uniform(*, lumpy: bool, least: float, most: float) -> None:
    units = make_census(2_500, seed=3, lumpy=lumpy)
    assert least <= units.weights.std() / units.weights.mean() <= most


def test_the_judge_measures_a_row_of_four() -> None:
    found = judge(a_row_of_four([4.0, 1.0, 2.0]), np.array([5, 5, 9, 9]))
    assert found == {
        "zones": 2,
        "in_band": 2,
        "good": 2,
        "below": 0,
        "torn": 0,
        "pieces": 2,
        "pieces_in_band": 2,
        "cut_cost": 1.0,
        "cut_edges": 1,
        "polsby_popper": pytest.approx(4 * np.pi * 200 / 60**2),
        "groups_whole": 100.0,
    }


def test_the_judge_sees_torn_zones_split_groups_and_crossed_roads() -> None:
    found = judge(a_row_of_four([4.0, -1.0, 2.0]), np.array([0, 1, 1, 0]))
    assert (found["in_band"], found["good"], found["torn"]) == (2, 1, 1)
    assert (found["pieces"], found["pieces_in_band"]) == (3, 1)
    assert (found["cut_cost"], found["cut_edges"]) == (6.0, 2)
    assert (found["groups_whole"], found["crossing"]) == (0.0, 50.0)


def test_the_judge_refuses_the_wrong_number_of_labels() -> None:
    with pytest.raises(ValueError, match="labels for 4 nodes"):
        judge(a_row_of_four([1.0, 1.0, 1.0]), np.zeros(3, np.int64))


def test_the_judge_agrees_with_gridmap_where_both_measure() -> None:
    import gridmap

    units = make_census(400, seed=5, lumpy=True)
    done = gridmap.partition(
        units.weights, units.edges, units.costs, lower=300, upper=500, seed=7, time_limit_s=2
    )
    found = judge(units, done.labels)
    assert found["cut_edges"] == done.certificate.cut_edges
    assert found["cut_cost"] == pytest.approx(done.certificate.cut_cost)
    assert found["zones"] - found["in_band"] == len(done.certificate.outside)
    assert found["torn"] == 0


def test_an_instance_comes_back_from_its_file(city: Instance, tmp_path: Path) -> None:
    write_instance(city, tmp_path / "city.npz")
    back = read_instance(tmp_path / "city.npz")
    assert (back.name, back.lower, back.zones) == (city.name, city.lower, 0)
    assert np.array_equal(back.costs, city.costs)


def test_nodes_that_are_left_out_take_their_edges_along() -> None:
    kept = keep_nodes(a_row_of_four([1.0, 2.0, 3.0]), np.array([False, True, True, True]))
    assert kept.edges.tolist() == [[0, 1], [1, 2]]
    assert (kept.costs.tolist(), kept.groups.tolist()) == ([2.0, 3.0], [0, -1, -1])


def test_every_piece_has_its_own_number_of_zones() -> None:
    pair = Instance("pair", np.array([900, 90]), np.zeros((0, 2), np.int64), np.zeros(0), 300, 500)
    assert count_zones(pair) == 3


def test_every_peer_has_settings_and_a_program(city: Instance) -> None:
    folder = Path(__file__).resolve().parent.parent / "benchmarks" / "engine" / "peers"
    for peer in PEERS:
        asked = list_settings(peer, city, 60)
        assert len({json.dumps(settings, sort_keys=True) for settings in asked}) == len(asked) > 0
        assert (folder / peer.program).exists()
    assert estimate_seconds(list(NAMES), Plan(7, None, 1.0)) > 0


def test_a_program_that_fails_or_dawdles_is_a_row(tmp_path: Path) -> None:
    import sys

    broken = run_program([sys.executable, "-c", "raise SystemExit('gone')"], 30, cold=False)
    assert broken["failed"] == "gone"
    slow = run_program([sys.executable, "-c", "import time; time.sleep(60)"], 0.5, cold=False)
    assert slow["failed"].startswith("no answer")
    assert slow["wall_s"] < 20


def test_the_best_rows_are_chosen_and_shown() -> None:
    def row(solver: str, good: int, cut: float, shape: float, **more: object) -> dict[str, object]:
        found = judge(a_row_of_four([4.0, 1.0, 2.0]), np.array([0, 0, 1, 1]))
        told = {"solver": solver, "settings": {}, "wall_s": 1.0, "peak_mib": 9.0, "compile_s": 0.0}
        return found | told | {"good": good, "cut_cost": cut, "polsby_popper": shape} | more

    rows = [
        row("gridmap", 2, 5.0, 0.5, unavoidable=0),
        row("A", 2, 7.0, 0.4),
        row("A", 1, 4.0, 0.6),
        {"solver": "B", "failed": "no answer in 9 s"},
    ]
    picked = choose_rows(rows[1:3], 2)
    assert [why for _, why in picked] == ["most in band", "least cut, best shape"]
    leaders = show_leaders(rows, 2)
    assert "| cut cost | 5.0 | 4.0 | A | 2 / 2 | 50.0 | **no** |" in leaders
    assert "| in band and in one piece, % of attainable | 100.0 | 100.0 | A |" in leaders
    result = {"title": "toy", "nodes": 4, "edges": 3, "households": 800, "zones": 2, "rows": rows}
    shown = show_comparison(result)
    assert "no plan: no answer in 9 s" in shown
    rows_of_the_table = [
        line for line in shown.splitlines() if line.startswith(("| gridmap", "| A"))
    ]
    assert len(rows_of_the_table) == 3
    assert {line.count("|") for line in rows_of_the_table} == {18}
