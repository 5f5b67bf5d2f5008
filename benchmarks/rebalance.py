"""Rebalance Beijing's townships beside GerryChain and spopt, in one run.

    python -m benchmarks.rebalance DATA --peers PEERS/bin/python --work FOLDER

DATA holds ``beijing_townships.shp`` and ``beijing_population.npy`` (public, not part of the
project: ``benchmarks/rebalance.md`` says where from). Every solver runs in a process of its own on
files; each answer is judged by `benchmarks.rebalance_judge.judge`. Peers are first tried in each of
the settings below on the first task, and the best of each by the aim (zones outside that need not
be, then residents moved) is run on the first task with every seed and on the others with the first.
A row that is in FOLDER is not measured again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.engine.measuring import run_program, stamp_engine
from benchmarks.rebalance_judge import judge
from benchmarks.rebalance_townships import (
    TASKS,
    count_by_piece,
    draw_parts,
    join_parts,
    number_by_target,
    prove_bounds,
    read_townships,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.rebalance_townships import Graph, Task

    Row = dict[str, Any]
    Settings = dict[str, Any]

HERE = Path(__file__).resolve().parent
SEEDS = (7, 1, 2)
"""Of the first task; the others are run with the first seed."""
LIMIT_S = 300
"""Seconds after which a program is ended."""
CHAIN = {
    "solver": "GerryChain", "nodes": "parts", "number": "gridmap", "first": "today",
    "proposal": "flip+recom", "search": "bursts", "burst": 20, "worse": 0.02,
}  # fmt: skip
CHAINS: tuple[Settings, ...] = (
    CHAIN,
    CHAIN | {"nodes": "townships"},
    CHAIN | {"nodes": "townships", "search": "tilted"},
    CHAIN | {"nodes": "townships", "search": "tilted", "worse": 0.002},
    CHAIN | {"nodes": "townships", "proposal": "flip", "search": "tilted"},
    CHAIN | {"nodes": "townships", "proposal": "recom"},
    CHAIN | {"nodes": "townships", "first": "tree"},
    CHAIN | {"nodes": "townships", "number": "target"},
    CHAIN | {"nodes": "townships", "burst": 100},
)
REGIONS: tuple[Settings, ...] = tuple(
    {"solver": f"spopt {name}", "nodes": nodes, "number": number} | settings
    for name, number, nodes, settings in (
        ("MaxP", "", "townships", {"method": "maxp", "top": 2, "rounds": 20}),
        ("MaxP", "", "townships", {"method": "maxp", "top": 10, "rounds": 20}),
        ("MaxP", "", "townships", {"method": "maxp", "top": 2, "rounds": 99}),
        ("MaxP", "", "parts", {"method": "maxp", "top": 2, "rounds": 20}),
        ("SKATER", "gridmap", "townships", {"method": "skater", "floor": 1}),
        ("SKATER", "gridmap", "parts", {"method": "skater", "floor": 1}),
        ("Ward", "gridmap", "townships", {"method": "ward"}),
        ("Ward", "gridmap", "parts", {"method": "ward"}),
        ("k-means", "gridmap", "townships", {"method": "kmeans"}),
        ("k-means", "gridmap", "parts", {"method": "kmeans"}),
    )
)
HEAD = (
    "| solver | zones | in band | attainable | not in band, avoidable | residents moved | % "
    "| townships untouched | pieces | torn | crossing | Polsby-Popper | cut km | s | MiB |\n|"
    + "---|"
    * 15
)


@dataclass(frozen=True)
class Bench:
    """Where it is measured: data, a folder of what was made, and the peers' interpreter."""

    data: Path
    work: Path
    peers: Path
    seconds: float

    def prepare(self, task: Task) -> Graph:
        """Write a task's areas and graphs, and return the graph of parts with its bounds."""
        self.work.mkdir(parents=True, exist_ok=True)
        areas = read_townships(self.data, task.within)
        areas.rename_axis("id").reset_index().to_file(
            self.work / f"{task.name}.gpkg", driver="GPKG"
        )
        parts = prove_bounds(draw_parts(areas, task))
        np.savez(self.work / f"{task.name}.parts.npz", **parts)
        np.savez(self.work / f"{task.name}.townships.npz", **join_parts(parts))
        return parts

    def run(self, task: Task, parts: Graph, settings: Settings, seed: int) -> Row:
        """Return one row, measured now or before."""
        asked = {"task": task.name, "seed": seed, **settings}
        if settings["solver"].startswith("gridmap"):
            asked["code"] = stamp_engine()
        graph = self.work / f"{task.name}.{settings['nodes']}.npz"
        given = {**np.load(graph, allow_pickle=False)}
        if settings.get("number") in {"gridmap", "target"}:
            given["numbers"] = self._count(task, given, settings["number"])
            graph = self.work / f"{task.name}.{settings['nodes']}.{settings['number']}.npz"
            np.savez(graph, **given)
            asked["numbers"] = hashlib.sha256(given["numbers"].tobytes()).hexdigest()[:16]
        if "method" not in settings and "proposal" in settings:
            asked["seconds"] = self.seconds
        key = _name(asked)
        kept = self.work / f"row-{key}.json"
        if kept.exists():
            row = dict(json.loads(kept.read_text("utf-8")))
            return row if "failed" in row else row | self._judge(parts, given, key)
        labels = self.work / f"labels-{key}.npy"
        own = settings | {"seed": seed, "seconds": self.seconds, "nodes": len(given["weights"])}
        if settings.get("areas"):
            own |= {"areas": str(self.work / f"{task.name}.gpkg"), "target": task.target}
        command = [*self._program(settings), str(graph), json.dumps(own), str(labels)]
        row = asked | run_program(command, LIMIT_S, cold=False)
        if "failed" not in row:
            row |= self._judge(parts, given, key)
        kept.write_text(json.dumps(row), "utf-8")
        print(task.name, show(row, parts), settings, flush=True, file=sys.stderr)
        return row

    def _judge(self, parts: Graph, given: Graph, key: str) -> Row:
        labels = np.load(self.work / f"labels-{key}.npy")
        return judge(parts, labels[given["rows"]] if "rows" in given else labels)

    def _program(self, settings: Settings) -> list[str]:
        if settings["solver"].startswith("gridmap"):
            return [sys.executable, str(HERE / "rebalance_with_gridmap.py")]
        name = "with_spopt.py" if "method" in settings else "today_gerrychain.py"
        return [str(self.peers), str(HERE / "engine" / "peers" / name)]

    def _count(self, task: Task, given: Graph, number: str) -> np.ndarray:
        if number == "target":
            return number_by_target(given, task.target)
        zone = np.load(self.work / f"{task.name}.zones.npy")
        if "rows" in given:  # the zone of a township is that of the part with its residents
            whole = np.empty(len(given["weights"]), np.int64)
            held = np.load(self.work / f"{task.name}.parts.npz")["weights"] > 0
            whole[given["rows"][held]] = zone[held]
            zone = whole
        return count_by_piece(given, zone)

    def keep_zones(self, task: Task, row: Row) -> None:
        """Keep gridmap's zones of a task: how many a peer is asked for in each piece."""
        if "failed" in row:
            raise SystemExit(f"gridmap has no plan of {task.name}: {row['failed']}")
        asked = {name: row[name] for name in ("task", "seed", *OURS[0], "code")}
        np.save(
            self.work / f"{task.name}.zones.npy", np.load(self.work / f"labels-{_name(asked)}.npy")
        )


def _name(asked: Settings) -> str:
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]


OURS: tuple[Settings, ...] = (
    {"solver": "gridmap, least change", "nodes": "parts", "areas": True, "number": 0},
    {"solver": "gridmap, to the target", "nodes": "parts", "areas": True, "number": None},
    {"solver": "gridmap, bare graph", "nodes": "townships"},
)


def aim(row: Row) -> tuple[float, ...]:
    """Return what a row is ranked by: failures last, zones outside that need not be, moved."""
    if "failed" in row:
        return (1, 0, 0)
    return (0, row["attainable"] - row["in_band"], row["moved"])


def show(row: Row, parts: Graph) -> str:
    """Return a row of the table."""
    if "failed" in row:
        return f"| {row['solver']} | no plan: {row['failed']} |" + " |" * 13
    cells = (
        row["solver"], row["zones"], row["in_band"], row["attainable"],
        row["attainable"] - row["in_band"], f"{row['moved']:,}",
        f"{100 * row['moved'] / parts['weights'].sum():.2f}", row["untouched"], row["pieces"],
        row["torn"], row["crossing"], f"{row['polsby_popper']:.3f}", f"{row['cut_km']:,.0f}",
        f"{row['seconds']:.1f}" if "seconds" in row else "", f"{row.get('peak_mib', 0):.0f}",
    )  # fmt: skip
    return "| " + " | ".join(map(str, cells)) + " |"


def tune(bench: Bench, parts: Graph) -> tuple[list[Settings], list[Row]]:
    """Try every setting of the peers on the first task; return the best of each, and all rows."""
    rows, best = [], {}
    for settings in (*CHAINS, *REGIONS):
        row = bench.run(TASKS[0], parts, settings, SEEDS[0])
        rows.append(row)
        name = settings["solver"]
        if name not in best or aim(row) < aim(best[name][1]):
            best[name] = (settings, row)
    return [settings for settings, _ in best.values()], rows


def compare(bench: Bench, tasks: tuple[Task, ...]) -> Iterator[str]:
    """Yield the page's tables."""
    chosen: list[Settings] = []
    for task in tasks:
        parts = bench.prepare(task)
        today = judge(parts, parts["today"]) | {"solver": "today"}
        rows = []
        seeds = SEEDS if task is tasks[0] else SEEDS[:1]
        for settings in OURS:
            for seed in seeds if settings is not OURS[1] else SEEDS[:1]:
                rows.append(bench.run(task, parts, settings, seed))
                if settings is OURS[0] and seed == SEEDS[0]:
                    bench.keep_zones(task, rows[-1])
        if not chosen:
            chosen, tried = tune(bench, parts)
        rows += [bench.run(task, parts, settings, seed) for settings in chosen for seed in seeds]
        unfit, hopeless = (
            int(parts["unfit"].sum()),
            len(np.unique(parts["piece"][parts["hopeless"]])),
        )
        yield (
            f"\n## {task.name}: {task.lower:,}-{task.upper:,} residents, inside a {task.within}\n\n"
            f"{unfit} nodes fit into no zone, {hopeless} pieces of land can't be divided.\n\n{HEAD}"
        )
        yield show(today, parts)
        for row in rows:
            yield show(row | {"solver": f"{row['solver']}, seed {row['seed']}"}, parts)
    yield f"\n## The peers' settings that were tried (task {TASKS[0].name}, seed {SEEDS[0]})\n"
    for row, settings in zip(tried, (*CHAINS, *REGIONS), strict=True):
        told = {name: value for name, value in settings.items() if name != "solver"}
        result = row.get("failed") or f"{aim(row)[1]} avoidable, {row['moved']:,} moved"
        yield f"- {settings['solver']} `{json.dumps(told)}`: {result}"


def main() -> None:
    """Read the arguments, measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--peers", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=60, help="of a chain, in all")
    asked = parser.parse_args()
    bench = Bench(asked.data, asked.work.resolve(), asked.peers, asked.seconds)
    print(f"{platform.machine()}, Python {platform.python_version()}, numpy {np.__version__}")
    for line in compare(bench, TASKS):
        print(line, flush=True)


if __name__ == "__main__":
    main()
