"""The parts of the measurement: which instances, which solvers, how long."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.engine.cities import make_census, make_city
from benchmarks.engine.instances import Instance, read_instance, write_instance
from benchmarks.engine.places import (
    LIECHTENSTEIN_HOUSEHOLDS,
    read_cut_edges,
    read_place,
    read_sample,
)
from benchmarks.engine.settings import PEERS, list_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.engine.measuring import Bench, Row

NEAR = 0.05
"""Divisions whose numbers of zones differ by less than this share are compared."""
HOUSEHOLDS_A_BUILDING = 19.5
GROWTH = (10_000, 30_000, 100_000, 300_000, 1_000_000)
OTHERS = {"certificates": "certificates.py", "replan": "replan.py"}
"""Parts that other programs of this folder measure; each prints Markdown."""


@dataclass(frozen=True)
class Plan:
    """What is asked of one run: seed, data folder, and how many times the usual time peers get."""

    seed: int
    data: Path | None
    patience: float


@dataclass(frozen=True)
class Part:
    """One instance that all solvers are put to.

    Attributes
    ----------
    title
        For the table.
    make
        Plan -> instance.
    peer_s
        Seconds that each peer gets for all its settings together.
    gridmap_s
        After which gridmap is stopped.
    needs
        File of the data folder without which the part is left out.
    cold
        Whether gridmap is measured from an empty cache of compiled kernels too.
    """

    title: str
    make: Callable[[Plan], Instance]
    peer_s: float
    gridmap_s: float
    needs: str = ""
    cold: bool = False


def _city(buildings: int, households: int) -> Callable[[Plan], Instance]:
    return lambda plan: make_city(buildings, households, seed=plan.seed)


def _census(units: int, *, lumpy: bool) -> Callable[[Plan], Instance]:
    return lambda plan: make_census(units, seed=plan.seed, lumpy=lumpy)


def _place(name: str, file: str, households: int | None) -> Callable[[Plan], Instance]:
    return lambda plan: read_place(name, (plan.data or Path()) / file, households)


COMPARED = {
    "sample": Part(
        "the sample district's units (60,000 households)",
        lambda plan: read_sample(plan.seed),
        peer_s=150,
        gridmap_s=600,
    ),
    "suzhou": Part(
        "buildings of Suzhou's old town",
        _place("suzhou", "suzhou_buildings.geojson", None),
        peer_s=150,
        gridmap_s=600,
        needs="suzhou_buildings.geojson",
    ),
    "liechtenstein": Part(
        "buildings of Liechtenstein",
        _place("liechtenstein", "liechtenstein.osm.pbf", LIECHTENSTEIN_HOUSEHOLDS),
        peer_s=150,
        gridmap_s=600,
        needs="liechtenstein.osm.pbf",
    ),
    "census-uniform": Part(
        "10,000 census-like units of nearly equal weight",
        _census(10_000, lumpy=False),
        peer_s=200,
        gridmap_s=600,
    ),
    "census-lumpy": Part(
        "10,000 census-like units of very unequal weight, about 13 to a zone",
        _census(10_000, lumpy=True),
        peer_s=200,
        gridmap_s=600,
    ),
    "city-5k": Part(
        "a generated quarter of 5,000 buildings",
        _city(5_000, 97_500),
        peer_s=200,
        gridmap_s=600,
    ),
    "city-77k": Part(
        "a generated city of 77,000 buildings and 1.5 million households",
        _city(77_000, 1_500_000),
        peer_s=400,
        gridmap_s=1200,
        cold=True,
    ),
    "city-270k": Part(
        "a generated city of 270,000 buildings and 5 million households",
        _city(270_000, 5_000_000),
        peer_s=600,
        gridmap_s=1800,
        cold=True,
    ),
}
CUT_PEER_S, CUT_GRIDMAP_S = 30.0, 60.0
GROWTH_S = 3600.0
NAMES = (*COMPARED, "cut_edges", "growth", *OTHERS)


def estimate_seconds(names: list[str], plan: Plan) -> float:
    """Return the longest that the peers of some parts can take together, in seconds."""
    peers = len(PEERS)
    spent = sum(COMPARED[name].peer_s * peers for name in names if name in COMPARED)
    spent += 21 * CUT_PEER_S * (peers - 1) if "cut_edges" in names else 0
    return spent * plan.patience


def place_instance(bench: Bench, part: str, make: Callable[[], Instance]) -> Path:
    """Return the file of an instance, made unless it is there."""
    path = bench.work / "instances" / f"{part}.npz"
    if not path.exists():
        write_instance(make(), path)
    return path


def compare(bench: Bench, name: str, plan: Plan) -> dict[str, Any]:
    """Put every solver to one instance; return all rows."""
    part = COMPARED[name]
    graph = place_instance(bench, f"{name}-{plan.seed}", lambda: part.make(plan))
    instance = read_instance(graph)
    zones = count_zones(instance)
    rows = [
        bench.measure("gridmap", graph, {"seed": plan.seed}, limit_s=part.gridmap_s),
        bench.measure(
            "gridmap", graph, {"seed": plan.seed, "zones": zones}, limit_s=part.gridmap_s
        ),
    ]
    if (instance.costs < 0).any():
        rows += [
            bench.measure(
                "gridmap",
                graph,
                {"seed": plan.seed, "zones": zones, "worth": "costs", "shape": shape},
                limit_s=part.gridmap_s,
            )
            for shape in (True, False)
        ]
    if part.cold:
        rows.append(
            bench.measure("gridmap", graph, {"seed": plan.seed}, limit_s=part.gridmap_s, cold=True)
        )
    rows += ask_peers(bench, graph, instance, part.peer_s * plan.patience)
    rows += _meet_peers(bench, graph, rows, zones, part, plan)
    return {
        "part": name,
        "title": part.title,
        "nodes": instance.size,
        "edges": len(instance.edges),
        "households": int(instance.weights.sum()),
        "zones": zones,
        "rows": rows,
    }


def count_zones(instance: Instance) -> int:
    """Return the number of zones that peers are asked for: the middle of the band in each piece."""
    from gridmap.planning.problems import find_pieces

    if instance.zones:
        return instance.zones
    piece = find_pieces(instance.edges, instance.size)
    middle = (instance.lower + instance.upper) / 2
    sums = [0.0] * (int(piece.max()) + 1)
    for number, weight in zip(piece.tolist(), instance.weights.tolist(), strict=True):
        sums[number] += weight
    return sum(max(1, round(weight / middle)) for weight in sums)


def ask_peers(bench: Bench, graph: Path, instance: Instance, seconds: float) -> list[Row]:
    """Try every peer with its settings until its time is used up."""
    rows: list[Row] = []
    for peer in PEERS:
        if bench.peers_python is None:
            rows.append({"solver": peer.name, "failed": "not installed"})
            continue
        if instance.size > peer.most_nodes:
            why = f"not tried above {peer.most_nodes:,} nodes: {peer.why}"
            rows.append({"solver": peer.name, "failed": why})
            continue
        left, asked = seconds, list_settings(peer, instance, seconds / 2)
        for settings in asked:
            if left < 1:
                break
            limit = min(left, seconds / 2) if peer.name in {"GerryChain", "spopt"} else left
            row = bench.measure(peer.name, graph, settings, program=peer.program, limit_s=limit)
            left -= float(row["wall_s"])
            rows.append(row)
            if "No module named" in str(row.get("failed", "")):
                break
    return rows


def _meet_peers(
    bench: Bench, graph: Path, rows: list[Row], zones: int, part: Part, plan: Plan
) -> list[Row]:
    """Run gridmap at the numbers of zones of the peers with the least cut and the best shape."""
    near = [row for row in rows if is_comparable(row, zones) and row["solver"] != "gridmap"]
    if not near:
        return []
    wanted = {min(near, key=lambda row: float(row["cut_cost"]))["zones"]}
    if "polsby_popper" in near[0]:
        wanted.add(max(near, key=lambda row: float(row["polsby_popper"]))["zones"])
    return [
        bench.measure(
            "gridmap", graph, {"seed": plan.seed, "zones": int(many)}, limit_s=part.gridmap_s
        )
        for many in sorted(wanted - {zones})
    ]


def is_comparable(row: Row, zones: int) -> bool:
    """Tell whether a row is an answer with about the number of zones asked for."""
    return "failed" not in row and abs(row["zones"] - zones) <= NEAR * zones


def compare_cut_edges(bench: Bench, plan: Plan) -> dict[str, Any]:
    """Put gridmap and the peers to the published instances."""
    results = []
    path = (plan.data or Path()) / "cut_edges.json"
    for instance, published in read_cut_edges(path):
        graph = place_instance(bench, instance.name, partial(_give, instance))
        rows = [
            bench.measure(
                "gridmap",
                graph,
                {"seed": plan.seed, "zones": instance.zones},
                limit_s=CUT_GRIDMAP_S,
            )
        ]
        rows += ask_peers(bench, graph, instance, CUT_PEER_S * plan.patience)
        results.append(
            {
                "name": instance.name,
                "zones": instance.zones,
                "published": published,
                "rows": rows,
            }
        )
    return {"part": "cut_edges", "instances": results}


def _give(instance: Instance) -> Instance:
    return instance


def measure_growth(bench: Bench, plan: Plan) -> dict[str, Any]:
    """Run gridmap, and METIS for comparison, on cities of growing size."""
    rows = []
    for buildings in GROWTH:
        households = round(buildings * HOUSEHOLDS_A_BUILDING)
        graph = place_instance(
            bench,
            f"growth-{buildings}-{plan.seed}",
            partial(make_city, buildings, households, seed=plan.seed),
        )
        rows.append(bench.measure("gridmap", graph, {"seed": plan.seed}, limit_s=GROWTH_S))
        if bench.peers_python is not None:
            settings = {"imbalance": 0.25, "worth": "costs", "cuts": 1, "rounds": 10, "seed": 1}
            rows.append(
                bench.measure("METIS", graph, settings, program="with_metis.py", limit_s=GROWTH_S)
            )
    return {"part": "growth", "rows": rows}


def call_other(name: str) -> dict[str, Any]:
    """Run another program of ``benchmarks/`` and return the Markdown it prints."""
    script = Path(__file__).resolve().parent.parent / OTHERS[name]
    if not script.exists():
        return {"part": name, "text": f"`benchmarks/{script.name}` is not there."}
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=False
    )
    text = done.stdout if done.returncode == 0 else f"It ended with exit code {done.returncode}."
    return {"part": name, "text": text}
