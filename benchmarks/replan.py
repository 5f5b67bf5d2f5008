"""Measure the least change: ``python benchmarks/replan.py [households ...]``.

A valid plan is shocked (2 % of the units that hold households get 50 % more of them) and replanned:
the sample district, generated districts of the sizes given, and lattices of lumpy units as bare
graphs. A table in Markdown goes to stdout. One untimed run first compiles the kernels.
"""

from __future__ import annotations

import dataclasses
import platform
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import gridmap
from gridmap.datasets import make_district, sample_folder, write_district
from gridmap.flow import prepare_territory, read_input
from gridmap.lineage import match_zones
from gridmap.testing import draw_territory

if TYPE_CHECKING:
    from collections.abc import Iterator

SHARE, MORE = 0.02, 0.5
SEEDS = (0, 1, 2)
SIDES = (40, 120, 278)
"""Nodes along a side of the lattices; 278 x 278 is 77,284 nodes."""
HEAD = (
    "| job | shock | units | grids | outside before, after, unavoidable | households moved % "
    "| untouched % | S / M / X | seconds |\n|" + "---|" * 9
)


def shock(households: np.ndarray, seed: int) -> np.ndarray:
    """Return the households after growth."""
    rng = np.random.default_rng(seed)
    served = np.flatnonzero(households)
    chosen = rng.choice(served, max(1, round(SHARE * len(served))), replace=False)
    grown = households.copy()
    grown[chosen] = np.ceil(grown[chosen] * (1 + MORE)).astype(np.int64)
    return grown


def measure_plan(name: str, territory: gridmap.Territory) -> Iterator[str]:
    """Yield a row a seed for a territory, and one without a shock."""
    plan = gridmap.make_plan(territory, rules=gridmap.Rules.preset())
    for seed in (None, *SEEDS):
        frame = territory.units.frame.copy()
        if seed is not None:
            frame["households"] = shock(frame["households"].to_numpy(), seed)
        units = dataclasses.replace(territory.units, frame=frame)
        grown = dataclasses.replace(territory, units=units)
        before = dataclasses.replace(plan, territory=grown)
        started = time.perf_counter()
        done = gridmap.replan(plan, grown)
        seconds = time.perf_counter() - started
        old, new = gridmap.score_plan(before).totals, gridmap.score_plan(done).totals
        told = done.changes
        kept = told[told["status"] != "new"]
        codes = [int((told["change"] == code).sum()) for code in "SMX"]
        yield (
            f"| {name} | {'none' if seed is None else seed} | {len(frame)} | {len(plan.grids)} | "
            f"{old['general'] - old['in_band']}, {new['general'] - new['in_band']}, "
            f"{new['general'] - new['attainable']} | "
            f"{100 * told['households_in'].sum() / frame['households'].sum():.2f} | "
            f"{100 * (kept['change'] == 'U').mean():.1f} | "
            f"{' / '.join(map(str, codes))} | {seconds:.1f} |"
        )


def draw_lattice(side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return log-normal weights (median 40, one in ten 0) and the edges of a lattice."""
    rng = np.random.default_rng(side)
    place = np.arange(side * side).reshape(side, side)
    across = np.column_stack([place[:, :-1].ravel(), place[:, 1:].ravel()])
    down = np.column_stack([place[:-1].ravel(), place[1:].ravel()])
    weights = rng.lognormal(np.log(40), 0.6, side * side).astype(np.int64)
    weights[rng.random(side * side) < 0.1] = 0
    return weights, np.concatenate([across, down])


def count_untouched(before: np.ndarray, after: np.ndarray) -> float:
    """Return the share of zones with the same nodes as before."""
    pairs = np.unique(np.column_stack([before, after]), axis=0)
    olds, news = np.bincount(pairs[:, 0]), np.bincount(pairs[:, 1])
    return float(((olds[pairs[:, 0]] == 1) & (news[pairs[:, 1]] == 1)).sum() / len(olds))


def measure_lattice(side: int) -> Iterator[str]:
    """Yield a row a seed for a lattice."""
    weights, edges = draw_lattice(side)
    ones, band = np.ones(len(edges)), {"lower": 300, "upper": 500}
    today = gridmap.partition(weights, edges, ones, seed=7, **band).labels
    for seed in (None, *SEEDS):
        grown = weights if seed is None else shock(weights, seed)
        sums = np.bincount(today, weights=grown)
        broken = int(((sums < 300) | (sums > 500)).sum())
        started = time.perf_counter()
        done = gridmap.partition(grown, edges, ones, current=today, seed=7, **band)
        seconds = time.perf_counter() - started
        names = match_zones(today.astype(np.int64), done.labels, grown)
        moved = grown[names[done.labels] != today].sum() / grown.sum()
        proof = done.certificate
        yield (
            f"| lattice {side} x {side} | {'none' if seed is None else seed} | {len(weights)} | "
            f"{len(sums)} | {broken}, {len(proof.outside)}, {proof.unavoidable} | "
            f"{100 * moved:.2f} | {100 * count_untouched(today, done.labels):.1f} | | "
            f"{seconds:.1f} |"
        )


def list_territories(sizes: list[int]) -> Iterator[tuple[str, gridmap.Territory]]:
    """Yield the sample and the generated districts."""
    rules = gridmap.Rules.preset()
    yield "sample district", prepare_territory(read_input([sample_folder()]), rules=rules)
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            write_district(make_district(households=size, points=False), Path(folder))
            yield f"{size:,} households", prepare_territory(read_input([folder]), rules=rules)


def main() -> None:
    toy = draw_territory("AABB\nAABB", households=100)
    gridmap.replan(gridmap.make_plan(toy, rules=gridmap.Rules.preset()), toy)
    print(f"{platform.machine()}, Python {platform.python_version()}, numpy {np.__version__}\n")
    print(HEAD)
    for name, territory in list_territories([int(size) for size in sys.argv[1:]]):
        for row in measure_plan(name, territory):
            print(row, flush=True)
    for side in SIDES:
        for row in measure_lattice(side):
            print(row, flush=True)


if __name__ == "__main__":
    main()
