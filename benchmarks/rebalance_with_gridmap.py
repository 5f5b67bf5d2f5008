"""gridmap in a process of its own, asked like a peer: graph, settings as JSON, labels out.

``rebalance_areas`` where the settings name a file of areas, else `gridmap.partition` with today's
zones on the bare graph.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np

import gridmap
from benchmarks.engine.with_gridmap import read_peak
from benchmarks.rebalance_townships import METRES
from gridmap.planning import rebalance_areas
from gridmap.planning.walking import load_kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray


def solve(graph: Path, settings: dict[str, Any], out: Path) -> dict[str, Any]:
    """Divide the graph of a file, write the labels, and return what is to be said."""
    with np.load(graph, allow_pickle=False) as held:
        given = {name: held[name] for name in held.files}
    compiling = time.perf_counter()
    load_kernels()
    started = time.perf_counter()
    answer = _draw_areas if "areas" in settings else _draw_graph
    labels, reasons = answer(given, settings)
    seconds = time.perf_counter() - started
    np.save(out, labels.astype(np.int64))
    return {
        "seconds": round(seconds, 3),
        "compile_s": round(started - compiling, 3),
        "reasons": {reason: reasons.count(reason) for reason in sorted(set(reasons))},
        "peak_mib": read_peak(),
        "versions": {name: version(name) for name in ("gridmap-planner", "numpy", "numba")},
    }


def _draw_areas(
    given: dict[str, Any], settings: dict[str, Any]
) -> tuple[NDArray[np.int64], list[str]]:
    areas = gpd.read_file(settings["areas"]).set_index("id")
    rules = gridmap.Rules.preset()
    size = replace(
        rules.communities,
        lower=int(given["lower"]), upper=int(given["upper"]), target=settings["target"],
    )  # fmt: skip
    plan = rebalance_areas(
        areas,
        metric_crs=METRES,
        rules=replace(rules, communities=size),
        number=settings["number"],
        seed=settings["seed"],
    )
    reasons = plan.grids["reason_code"]
    return np.unique(plan.assignment, return_inverse=True)[1], list(reasons[reasons != ""])


def _draw_graph(
    given: dict[str, Any], settings: dict[str, Any]
) -> tuple[NDArray[np.int64], list[str]]:
    done = gridmap.partition(
        given["weights"],
        given["edges"],
        given["costs"],
        lower=int(given["lower"]),
        upper=int(given["upper"]),
        current=given["today"],
        seed=settings["seed"],
    )
    return done.labels, [zone.reason for zone in done.certificate.outside]


if __name__ == "__main__":
    json.dump(solve(Path(sys.argv[1]), json.loads(sys.argv[2]), Path(sys.argv[3])), sys.stdout)
