"""Measure how a time limit is kept: ``python -m benchmarks.time_limit [seconds ...]``.

Graphs of many forms are divided with a limit of 0.5, 2 and 10 seconds, or of those given; each
kernel is compiled before. The seconds are those of the whole call, by the clock. A table in
Markdown goes to stdout; ``over`` is by how much of the limit it was overrun.
"""

from __future__ import annotations

import dataclasses
import os
import platform
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import gridmap
from gridmap.datasets import make_district, write_district
from gridmap.flow import prepare_territory, read_input

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Job = tuple[str, Callable[[float], tuple[str, int, int]], float]

LIMITS = (0.5, 2.0, 10.0)
BAND = (300, 500)
HEAD = "| job | limit, s | took, s | over | stopped | zones | outside |\n|" + "---|" * 7


def lay_lattice(rows: int, columns: int) -> np.ndarray:
    """Return the edges of a lattice."""
    place = np.arange(rows * columns).reshape(rows, columns)
    pairs = (
        np.stack([place[:, :-1], place[:, 1:]], -1),
        np.stack([place[:-1], place[1:]], -1),
    )
    return np.concatenate([pair.reshape(-1, 2) for pair in pairs])


def lay_star(leaves: int) -> np.ndarray:
    """Return the edges of a star."""
    return np.stack([np.zeros(leaves, np.int64), np.arange(1, leaves + 1)], axis=1)


def lay_points(size: int) -> np.ndarray:
    """Return the edges between points of a square that are near to each other."""
    from scipy.spatial import Delaunay

    corners = Delaunay(np.random.default_rng(7).random((size, 2))).simplices
    pairs = np.sort(np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]]))
    edges: np.ndarray = np.unique(pairs, axis=0)
    return edges


def draw_weights(size: int, spread: float) -> np.ndarray:
    """Return log-normal households, 20 in the middle."""
    rng = np.random.default_rng(size)
    return rng.lognormal(np.log(20), spread, size).astype(np.int64)


def ask(
    edges: np.ndarray, band: tuple[int, int] = BAND, spread: float = 0.5, **more: Any
) -> Callable[[float], tuple[str, int, int]]:
    """Return what divides a graph within a limit and tells the end, zones and those outside."""
    given = {"weights": draw_weights(int(edges.max()) + 1, spread)} | more

    def run(limit: float) -> tuple[str, int, int]:
        done = gridmap.partition(
            edges=edges,
            edge_costs=np.ones(len(edges)),
            lower=band[0],
            upper=band[1],
            seed=7,
            time_limit_s=limit,
            **given,
        )
        proof = done.certificate
        stopped = proof.stopped
        if proof.proofs:
            stopped += f", {proof.proofs[0].status}"
        return stopped, int(done.labels.max()) + 1, len(proof.outside)

    return run


def ask_growth(side: int) -> Callable[[float], tuple[str, int, int]]:
    """Return what replans a lattice of which one node in fifty has grown threefold."""
    edges, weights = lay_lattice(side, side), draw_weights(side * side, 0.5)
    ones = np.ones(len(edges))
    today = gridmap.partition(
        weights, edges, ones, lower=BAND[0], upper=BAND[1], seed=7, time_limit_s=20
    ).labels
    grown = weights.copy()
    grown[np.random.default_rng(7).choice(len(weights), len(weights) // 50)] *= 3
    return ask(edges, weights=grown, current=today)


def list_graphs() -> Iterator[Job]:
    """Yield jobs on bare graphs: a name, what runs it, and the least limit that makes sense."""
    yield "lattice 100 x 100", ask(lay_lattice(100, 100)), 0
    yield "lattice 300 x 300", ask(lay_lattice(300, 300)), 0
    yield "lattice 1000 x 1000", ask(lay_lattice(1000, 1000)), 10
    yield "star of 20,000", ask(lay_star(20_000)), 0
    yield "star of 200,000", ask(lay_star(200_000)), 2
    yield "path of 50,000", ask(lay_lattice(1, 50_000)), 0
    yield "5,000 nodes a zone", ask(lay_lattice(200, 200), (90_000, 130_000)), 0
    yield "20,000 lumpy points", ask(lay_points(20_000), spread=1.5), 0
    yield "proof, 60 nodes", ask(lay_lattice(6, 10), (150, 250), prove=True), 0
    yield "proof, 110 nodes", ask(lay_lattice(10, 11), (150, 250), prove=True), 0
    yield "growth on 60 x 60, replanned", ask_growth(60), 0
    yield "growth on 150 x 150, replanned", ask_growth(150), 0


def list_plans() -> Iterator[Job]:
    """Yield jobs on a generated district: a plan, one with proofs, and one replanned."""
    with tempfile.TemporaryDirectory() as folder:
        write_district(make_district(households=40_000, points=False), Path(folder))
        land = prepare_territory(read_input([folder]), rules=gridmap.Rules.preset())
    plan = gridmap.make_plan(land, rules=gridmap.Rules.preset())
    frame = land.units.frame.copy()
    grown = np.random.default_rng(7).random(len(frame)) < 0.02
    frame.loc[grown, "households"] *= 2
    later = dataclasses.replace(land, units=dataclasses.replace(land.units, frame=frame))

    def tell(made: gridmap.Plan) -> tuple[str, int, int]:
        codes = {finding.code for finding in made.findings}
        stopped = "time" if "search_stopped" in codes else "done"
        return stopped, len(made.grids), int((~made.grids["in_band"].astype(bool)).sum())

    def draw(limit: float) -> tuple[str, int, int]:
        return tell(gridmap.make_plan(land, rules=gridmap.Rules.preset(), time_limit_s=limit))

    def prove(limit: float) -> tuple[str, int, int]:
        rules = gridmap.Rules.preset()
        return tell(gridmap.make_plan(land, rules=rules, time_limit_s=limit, prove=True))

    def mend(limit: float) -> tuple[str, int, int]:
        return tell(gridmap.replan(plan, later, time_limit_s=limit))

    yield f"plan of {len(frame):,} units", draw, 2
    yield f"the same with proofs, {len(frame):,} units", prove, 2
    yield f"growth on {len(frame):,} units, replanned", mend, 2


def main() -> None:
    """Print the table."""
    limits = [float(word) for word in sys.argv[1:]] or LIMITS
    ask(lay_lattice(3, 4), (60, 90), prove=True)(60.0)
    print(f"{platform.machine()}, Python {platform.python_version()}, numpy {np.__version__}, ")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start\n")
    print(HEAD)
    for jobs in (list_graphs(), list_plans()):
        for name, run, least in jobs:
            for limit in limits:
                if limit < least:
                    continue
                started = time.perf_counter()
                stopped, zones, outside = run(limit)
                took = time.perf_counter() - started
                over = f"{100 * max(0.0, took / limit - 1):.0f} %"
                row = (name, f"{limit:g}", f"{took:.2f}", over, stopped, zones, outside)
                print("| " + " | ".join(map(str, row)) + " |", flush=True)


if __name__ == "__main__":
    main()
