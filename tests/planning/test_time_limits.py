"""A time limit is kept, and Ctrl-C is heard, in the midst of whatever takes long."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any

import networkx as nx
import numpy as np
import pytest

from gridmap.planning import partition
from gridmap.planning.kernels.columns import GROUP
from gridmap.planning.problems import BandTable, Problem, state_problem
from gridmap.planning.regions import Region
from gridmap.planning.walking import Course, load_kernels, walk
from gridmap.planning.watching import DONE, NEVER, REPORT, TIME, Watch, stand_watch
from gridmap.proving.masks import list_sets

PATIENCE = 4.0
"""Seconds beyond the limit that a busy machine may take; all of these once took far longer."""


def lay_lattice(rows: int, columns: int) -> np.ndarray:
    at = np.arange(rows * columns).reshape(rows, columns)
    pairs = [np.stack([at[:, :-1], at[:, 1:]], -1), np.stack([at[:-1], at[1:]], -1)]
    return np.concatenate([pair.reshape(-1, 2) for pair in pairs])


def lay_star(leaves: int) -> np.ndarray:
    return np.stack([np.zeros(leaves, np.int64), np.arange(1, leaves + 1)], 1)


def ask(edges: np.ndarray, band: tuple[int, int], **more: Any) -> dict[str, Any]:
    size = int(edges.max()) + 1
    asked = {"weights": 1 + np.arange(size) * 7 % 41, "edges": edges, "seed": 7}
    return asked | {"edge_costs": np.ones(len(edges)), "lower": band[0], "upper": band[1]} | more


def check_pieces(labels: np.ndarray, edges: np.ndarray) -> None:
    graph = nx.Graph()
    graph.add_nodes_from(range(len(labels)))
    graph.add_edges_from(edges[labels[edges[:, 0]] == labels[edges[:, 1]]].tolist())
    assert nx.number_connected_components(graph) == labels.max() + 1


def run_short(asked: dict[str, Any], limit: float, *, stopped: tuple[str, ...] = (TIME,)) -> Any:
    load_kernels()
    started = time.monotonic()
    done = partition(**asked, time_limit_s=limit)
    passed = time.monotonic() - started - done.certificate.compile_seconds
    assert passed < limit + PATIENCE
    assert done.certificate.stopped in stopped
    check_pieces(done.labels, asked["edges"])
    return done


@pytest.mark.parametrize(
    ("edges", "band"),
    [
        (lay_star(20_000), (300, 500)),
        (lay_lattice(170, 170), (80_000, 120_000)),
        (lay_lattice(300, 300), (600_000, 900_000)),
        (lay_lattice(1, 40_000), (300, 500)),
    ],
    ids=["star", "few huge zones", "three zones", "path"],
)
def test_a_limit_is_kept_on_graphs_of_any_form(edges: np.ndarray, band: tuple[int, int]) -> None:
    done = run_short(ask(edges, band), 0.5)
    assert len(edges) < 20_001 or done.labels.max() > 1


def test_a_limit_is_kept_on_a_dense_graph() -> None:
    a, b = np.triu_indices(1500, 1)
    run_short(ask(np.stack([a, b], 1)[b - a < 300], (300, 500)), 0.5)


def test_a_limit_is_kept_with_loads() -> None:
    asked = ask(lay_lattice(60, 60), (3000, 5000))
    asked["loads"] = np.stack([2 * asked["weights"], np.arange(3600) % 5], 1)
    run_short(asked | {"load_bands": [[5000, 11000], [100, 900]]}, 0.5)


def test_a_limit_is_kept_while_zones_are_mended() -> None:
    run_short(ask(lay_lattice(60, 60), (300, 500), current=np.arange(3600) // 33), 0.5)


def test_a_limit_is_kept_while_new_land_is_settled() -> None:
    current = np.where(np.arange(6400) < 2000, np.arange(6400) // 20, -1)
    asked = ask(lay_lattice(80, 80), (300, 500), current=current)
    asked["weights"] = np.where(current < 0, 0, asked["weights"])
    done = run_short(asked, 0.5)
    assert done.labels[6399] in done.labels[:2000]


def test_a_limit_is_kept_in_a_proof() -> None:
    partition(**ask(lay_lattice(3, 4), (60, 90)), prove=True)
    done = run_short(ask(lay_lattice(10, 11), (150, 250), prove=True), 1.0, stopped=(TIME, DONE))
    assert done.certificate.proofs[0].status == "gap"


def test_listing_zones_ends_when_it_has_to() -> None:
    near = np.full((100, 2), 0, np.uint64)
    for a, b in lay_lattice(10, 10).tolist():
        near[a, b // 64] |= np.uint64(1) << np.uint64(b % 64)
        near[b, a // 64] |= np.uint64(1) << np.uint64(a % 64)
    ones = np.ones(100, np.int64)
    asked: list[int] = []

    def stop_at_third() -> bool:
        asked.append(1)
        return len(asked) > 2

    sets, complete = list_sets(
        near, ones, (9, 30), most=(10**6, 10**9), clean=False, must_stop=stop_at_third
    )
    assert not complete
    assert 0 < len(sets) < 100_000
    few, complete = list_sets(near, ones, (1, 2), most=(10**6, 10**9), clean=False)
    assert complete
    assert len(few) == 100 + 180


def state_part(edges: np.ndarray, band: tuple[int, int]) -> tuple[Region, Any]:
    size = int(edges.max()) + 1
    bands = BandTable(np.array([band]), np.array([band]))
    weights = 1 + np.arange(size) * 7 % 41
    none = np.zeros(size, np.int64)
    problem = Problem(
        weights, edges, np.ones(len(edges)), np.zeros(len(edges)), bands, none, groups=none // 9 - 1
    )
    graph, aim = state_problem(problem)
    return Region(np.arange(size), graph, int(graph.node[:, GROUP].max()) + 1), aim


@pytest.mark.parametrize(
    ("course", "band"),
    [
        (Course(0, 1, 1, 9, trees=1, offers=1 << 50), (600, 900)),
        (Course(0, 0, 1, 9, trees=1 << 40), (600, 900)),
        (Course(0, 1 << 40, 1 << 40, 9, trees=1), (600, 900)),
    ],
    ids=["offers", "trees", "steps"],
)
def test_a_kernel_at_work_hears_that_it_has_to_end(course: Course, band: tuple[int, int]) -> None:
    load_kernels()
    edges = lay_lattice(60, 60)
    part, aim = state_part(edges, band)
    watch = Watch()
    bell = threading.Timer(0.3, watch.stop, (REPORT,))
    bell.start()
    started = time.monotonic()
    reached = walk(part, aim, np.zeros(3600, np.int64), course, seed=7, watch=watch)
    assert time.monotonic() - started < PATIENCE
    bell.join()
    check_pieces(np.unique(reached.best, return_inverse=True)[1], edges)
    assert reached.best.max() > 5


def test_without_any_time_a_tree_is_cut_quickly_and_well() -> None:
    load_kernels()
    edges = lay_lattice(60, 60)
    part, aim = state_part(edges, (300, 500))
    watch = Watch()
    watch.stop(TIME)
    reached = walk(
        part, aim, np.zeros(3600, np.int64), Course(0, 9, 9, 180, trees=6), seed=7, watch=watch
    )
    sums = np.bincount(reached.best, weights=part.graph.node[:, 0])
    check_pieces(reached.best, edges)
    assert np.mean((sums >= 300) & (sums <= 500)) > 0.7


def test_the_clock_of_a_watch_is_that_of_its_parts() -> None:
    watch = Watch(100.0)
    assert 99_000 < watch.deadline <= 100_000
    half, task, free = watch.share(0.5), watch.part(), Watch().part()
    assert half.clock is task.clock is watch.clock
    assert 49_000 < half.deadline < 51_000
    assert task.deadline == watch.deadline
    assert free.deadline == NEVER
    with stand_watch(watch):
        time.sleep(0.2)
    assert 100 < watch.clock[0] < 90_000
    assert watch.clock[1] == 0
    watch.stop(REPORT)
    assert watch.clock[1] == 1


def test_the_clock_is_not_kept_without_a_limit() -> None:
    before = threading.active_count()
    with stand_watch(Watch()):
        assert threading.active_count() == before


PROGRAM = """
import sys, time, numpy as np, gridmap
from tests.planning.test_time_limits import ask, lay_lattice
kind = sys.argv[1]
edges = lay_lattice(70, 70) if kind == "replan" else lay_lattice(300, 300)
asked = ask(edges, (300, 500) if kind == "replan" else (600_000, 900_000))
if kind == "replan":
    asked["current"] = np.arange(4900) // 33
gridmap.partition([1, 1], [(0, 1)], [1], lower=1, upper=2, seed=7)
print("begun", flush=True)
done = gridmap.partition(**asked)
print(done.certificate.stopped, int(done.labels.max()), flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="signals are sent the way of POSIX")
@pytest.mark.parametrize("kind", ["replan", "kernel"])
def test_ctrl_c_is_heard_at_once(kind: str) -> None:
    command = [sys.executable, "-c", PROGRAM, kind]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        time.sleep(1.5)
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        said = process.stdout.read().split()
        process.wait(timeout=60)
    assert time.monotonic() - started < PATIENCE
    assert said[0] == "interrupt"


@pytest.mark.parametrize(
    ("edges", "band", "expected"),
    [
        (lay_lattice(12, 12), (300, 500), "6eacbcfaed97"),
        (lay_star(400), (300, 500), "a30803b1983b"),
        (lay_lattice(66, 66), (300, 500), "42592b5a9aa7"),
    ],
    ids=["lattice", "star", "regions"],
)
def test_without_a_limit_labels_are_what_they_were(
    edges: np.ndarray, band: tuple[int, int], expected: str
) -> None:
    labels = partition(**ask(edges, band)).labels.astype(np.int64)
    assert hashlib.sha256(np.ascontiguousarray(labels)).hexdigest()[:12] == expected
