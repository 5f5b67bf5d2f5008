"""What the floor of the band costs: ``python -m benchmarks.floor [parts ...] --peers-python P``.

Graph partitioners know a ceiling and no floor, and zones of theirs may lie in pieces. gridmap is
asked here for the same number of zones, on the costs as the peers get them and without shape, with
lower and lower floors; so that the table tells how much of the difference in cut cost is the floor
and how much the search. A table in Markdown goes to stdout.
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.engine import parts
from benchmarks.engine.instances import read_instance
from benchmarks.engine.measuring import Bench
from benchmarks.engine.settings import PEERS, list_settings
from benchmarks.engine.tables import write_table

if TYPE_CHECKING:
    from benchmarks.engine.instances import Instance
    from benchmarks.engine.measuring import Row

FLOORS = (300, 250, 200, 150)
RIVALS = ("METIS", "KaHIP", "KaMinPar", "Mt-KaHyPar")
PARTS = ("sample", "suzhou", "liechtenstein", "census-lumpy", "city-5k", "city-77k")
HEADS = (
    "instance", "solver", "zones", "floor asked", "below 300", "300-500, in one piece", "torn",
    "cut cost", "to the best peer's",
)  # fmt: skip


def main() -> int:
    """Measure the parts and print the table."""
    parser = argparse.ArgumentParser("python -m benchmarks.floor", description=__doc__)
    parser.add_argument("parts", nargs="*", default=PARTS)
    parser.add_argument("--peers-python", type=Path, required=True)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--work", type=Path, default=Path("out") / "engine")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--peer-seconds", type=float, default=20.0, help="for each peer and part")
    asked = parser.parse_args()
    bench = Bench(asked.work.resolve(), asked.peers_python, say=False)
    plan = parts.Plan(asked.seed, asked.data, 1.0)
    lines = []
    for name in asked.parts:
        lines += _compare(bench, name, plan, asked.peer_seconds)
    print(write_table(HEADS, lines))
    return 0


def _compare(bench: Bench, name: str, plan: parts.Plan, seconds: float) -> list[list[str]]:
    """Return the table's rows of one instance: the best of each peer, then gridmap by floor."""
    part = parts.COMPARED[name]
    graph = parts.place_instance(bench, f"{name}-{plan.seed}", partial(part.make, plan))
    instance = read_instance(graph)
    zones = parts.count_zones(instance)
    best = [
        row for peer in RIVALS if (row := _ask_peer(bench, peer, graph, instance, zones, seconds))
    ]
    least = min(float(row["cut_cost"]) for row in best)
    lines = [_tell(name, row, "none", least) for row in best]
    for floor in FLOORS:
        settings = {"seed": plan.seed, "zones": zones, "worth": "costs", "shape": False}
        row = bench.measure(
            "gridmap", graph, settings | {"floor": floor}, limit_s=3 * part.gridmap_s
        )
        lines.append(_tell(name, row, str(floor), least))
    return lines


def _ask_peer(
    bench: Bench, name: str, graph: Path, instance: Instance, zones: int, seconds: float
) -> Row | None:
    """Return the division of least cut that a peer finds in its time, of about as many zones."""
    peer = next(peer for peer in PEERS if peer.name == name)
    rows: list[Row] = []
    left = seconds
    for settings in list_settings(peer, instance, seconds):
        row = bench.measure(name, graph, settings, program=peer.program, limit_s=max(left, 60.0))
        left -= float(row["wall_s"])
        if parts.is_comparable(row, zones):
            rows.append(row)
        if left < 1:
            break
    return min(rows, key=lambda row: float(row["cut_cost"]), default=None)


def _tell(part: str, row: dict[str, Any], floor: str, least: float) -> list[str]:
    """Return one row of the table."""
    if "failed" in row:
        return [part, str(row["solver"]), "-", floor, "-", "-", "-", str(row["failed"]), "-"]
    return [
        part,
        str(row["solver"]),
        f"{row['zones']:,}",
        floor,
        f"{row['below']:,}",
        f"{row['good']:,}",
        f"{row['torn']:,}",
        f"{row['cut_cost']:,.0f}",
        f"{100 * (row['cut_cost'] / least - 1):+.1f} %",
    ]


if __name__ == "__main__":
    raise SystemExit(main())
