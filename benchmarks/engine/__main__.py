"""Measure the engine beside its peers: one command, a table, the raw figures, a picture."""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.engine import parts, tables
from benchmarks.engine.measuring import HERE, Bench
from benchmarks.engine.settings import PEERS

OUT = HERE.parent
REPOSITORY = OUT.parent
HEAD = """# The engine beside its peers

Written by `{command}` on {day}.

{machine}. Versions: {versions}. Seed of instances and of gridmap: {seed}; peers' seeds are among
their settings.

Every solver runs in a process of its own and gets the same file: households of nodes, edges, costs
of cutting, and gridmap also lengths, areas, perimeters and groups; peers that take none of these
are given groups as heavy edges (`worth groups`: 20 times the cost inside a group that fits into a
zone) and lines where a border is wanted as the lightest edges. Peers solve each connected piece by
itself, at the number of zones that brings it nearest to 400 households, with the imbalances,
presets, weights and seeds of `benchmarks/engine/settings.py` until their time is used up; shown is
the best found in each respect, `tried` says of how many. Nothing is repaired in a peer's answer.
Where the instance has lines where a border is wanted, gridmap gives up cut cost to follow them; its
rows `costs as the peers get them` leave that out, so that cut cost and shape can be compared.
GerryChain starts from METIS's division where it finds none of its own in time. All answers are
judged by one function that knows no solver (`benchmarks/engine/judging.py`): *in band* counts
zones by households, *in one piece* those of them that are connected, *torn* zones that are not,
*pieces in band* each piece as a zone; *attainable* is the zones less those that gridmap's
certificate proves to be outside in every division; *cut cost* the cost of the edges between zones;
*small groups whole* those of at most 500 households and several buildings; *across a main road*
zones that keep such an edge inside. *Seconds* are of the whole process, start and reading
included; *peak MiB* of the process and its children.

The peers live in an environment of their own (`benchmarks/engine/requirements-peers.txt` says how).
"""


def main() -> int:
    """Read the arguments, measure the parts, and write what is known so far after each."""
    options = _read_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    plan = parts.Plan(options.seed, options.data, options.patience)
    bench = Bench(options.work, options.peers_python)
    names = _choose_parts(options.parts, options.data)
    longest = parts.estimate_seconds(names, plan) / 60
    print(f"parts: {', '.join(names)}; the peers take at most {longest:.0f} minutes", flush=True)
    for name in names:
        started = time.perf_counter()
        print(f"{name} ...", flush=True)
        result = _measure(bench, name, plan)
        result["spent_s"] = round(time.perf_counter() - started, 1)
        kept = bench.work / "results" / f"{name}.json"
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(result, sort_keys=True), "utf-8")
        write_results(bench, options)
    return 0


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m benchmarks.engine", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(parts.NAMES)}; default all")
    parser.add_argument("--peers-python", type=Path, default=os.environ.get("PEERS_PYTHON"))
    parser.add_argument("--data", type=Path, default=os.environ.get("GRIDMAP_SHARED_DATA"))
    parser.add_argument("--work", type=Path, default=REPOSITORY / "out" / "engine")
    parser.add_argument("--out", type=Path, default=OUT, help="folder of the table and picture")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--patience", type=float, default=1.0, help="times the usual time that peers get"
    )
    options = parser.parse_args()
    for name in ("peers_python", "data"):
        if isinstance(getattr(options, name), str):
            setattr(options, name, Path(getattr(options, name)))
    for name in options.parts:
        if name not in parts.NAMES:
            parser.error(f"no part {name}; there are {', '.join(parts.NAMES)}")
    return options


def _choose_parts(asked: list[str], data: Path | None) -> list[str]:
    """Return the parts in their order, without those whose data are not there; say which."""
    chosen = []
    for name in parts.NAMES:
        if asked and name not in asked:
            continue
        needs = parts.COMPARED[name].needs if name in parts.COMPARED else ""
        needs = "cut_edges.json" if name == "cut_edges" else needs
        if needs and (data is None or not (data / needs).exists()):
            print(f"{name}: left out, {needs} is not there (--data)", flush=True)
            continue
        chosen.append(name)
    return chosen


def _measure(bench: Bench, name: str, plan: parts.Plan) -> dict[str, Any]:
    if name in parts.COMPARED:
        return parts.compare(bench, name, plan)
    if name == "cut_edges":
        return parts.compare_cut_edges(bench, plan)
    if name == "growth":
        return parts.measure_growth(bench, plan)
    return parts.call_other(name)


def write_results(bench: Bench, options: argparse.Namespace) -> None:
    """Write table, raw figures and picture of all parts measured so far."""
    found = [bench.work / "results" / f"{name}.json" for name in parts.NAMES]
    results = [json.loads(path.read_text("utf-8")) for path in found if path.exists()]
    options.out.mkdir(parents=True, exist_ok=True)
    versions = _read_versions(bench)
    command = "python -m benchmarks.engine --peers-python PEERS/bin/python --data DATA"
    if options.patience != 1.0:
        command += f" --patience {options.patience:g}"
    head = HEAD.format(
        command=command,
        day=datetime.now(UTC).date().isoformat(),
        machine=_tell_machine(),
        versions=", ".join(f"{name} {number}" for name, number in versions.items()),
        seed=options.seed,
    )
    sections = [_show(result, bench, options.out) for result in results]
    (options.out / "engine.md").write_text("\n".join([head, *sections]), "utf-8")
    raw = {"machine": _tell_machine(), "versions": versions, "seed": options.seed}
    raw["parts"] = results
    text = json.dumps(raw, sort_keys=True, indent=1, ensure_ascii=False)
    (options.out / "engine.json").write_text(text + "\n", "utf-8")


def _show(result: dict[str, Any], bench: Bench, out: Path) -> str:
    if result["part"] in parts.COMPARED:
        return tables.show_comparison(result)
    if result["part"] == "cut_edges":
        return tables.show_cut_edges(result)
    if result["part"] == "growth":
        series = read_growth(result)
        return tables.show_growth(result, find_slopes(series), _draw(series, bench, out))
    return f"## {result['part']}\n\n{result['text']}\n"


def read_growth(result: dict[str, Any]) -> dict[str, list[list[float]]]:
    """Return buildings and seconds of each solver, compiling taken off."""
    series: dict[str, list[list[float]]] = {}
    for row in result["rows"]:
        if "failed" not in row:
            seconds = float(row["seconds"]) - float(row.get("compile_s", 0.0))
            size = float(row["instance"].split("-")[1])
            series.setdefault(row["solver"], []).append([size, max(seconds, 1e-3)])
    return series


def find_slopes(series: dict[str, list[list[float]]]) -> dict[str, float]:
    """Return the slope of the straight line through logarithms, by least squares."""
    return {
        name: float(np.polyfit(np.log(points)[:, 0], np.log(points)[:, 1], 1)[0])
        for name, points in series.items()
        if len(points) > 1
    }


def _draw(series: dict[str, list[list[float]]], bench: Bench, out: Path) -> str:
    """Draw the picture with the peers' interpreter, which has matplotlib; return its name."""
    if bench.peers_python is None or not series:
        return ""
    picture = out / "engine-growth.png"
    with tempfile.TemporaryDirectory() as folder:
        points = Path(folder) / "points.json"
        points.write_text(json.dumps(series), "utf-8")
        script = HERE / "peers" / "draw_growth.py"
        command = [str(bench.peers_python), str(script), str(points), str(picture)]
        done = subprocess.run(command, capture_output=True, check=False)
    return picture.name if done.returncode == 0 else ""


def _read_versions(bench: Bench) -> dict[str, str]:
    packages = [package for peer in PEERS for package in peer.packages]
    script = (
        "import json, sys\nfrom importlib.metadata import PackageNotFoundError, version\n"
        "found = {}\nfor name in sys.argv[1:]:\n    try:\n        found[name] = version(name)\n"
        "    except PackageNotFoundError:\n        found[name] = 'not installed'\n"
        "print(json.dumps(found))"
    )
    ours = ["gridmap-planner", "numpy", "numba", "scipy"]
    versions = {"Python": platform.python_version()} | _ask(sys.executable, script, ours)
    if bench.peers_python is not None:
        versions |= _ask(str(bench.peers_python), script, packages)
    return versions


def _ask(python: str, script: str, names: list[str]) -> dict[str, str]:
    done = subprocess.run(
        [python, "-c", script, *names], capture_output=True, text=True, check=True
    )
    return dict(json.loads(done.stdout))


def _tell_machine() -> str:
    model = ""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text("utf-8").splitlines()
        model = next((line.split(":")[1].strip() for line in lines if "model name" in line), "")
    memory = ""
    meminfo = Path("/proc/meminfo")
    if meminfo.exists():
        memory = f", {int(meminfo.read_text('utf-8').split()[1]) / 2**20:.0f} GiB"
    return f"{model or platform.machine()}, {os.cpu_count()} cores{memory}, {platform.system()}"


if __name__ == "__main__":
    sys.exit(main())
