"""gridmap in a process of its own, asked like a peer: graph file, settings as JSON, labels out.

Seconds are those of `gridmap.partition`; the wait until all kernels are compiled, or read from the
cache, is told apart (``compile_s``) and contained in them.
"""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np


def solve(graph: Path, settings: dict[str, Any], out: Path) -> dict[str, Any]:
    """Divide the graph of a file, write the labels, and return what is to be said."""
    import gridmap

    started = time.perf_counter()
    partition = gridmap.partition
    imported = time.perf_counter() - started
    with np.load(graph, allow_pickle=False) as held:
        given = {name: held[name] for name in held.files}
    names = ("lengths", "areas", "perimeters", "groups")
    options = {name: given[name] for name in names if name in given}
    settings = dict(settings)
    if settings.pop("worth", "") == "costs":
        # what peers are given: a line where a border is wanted is a light edge, no shape is steered
        given["costs"] = np.maximum(given["costs"], 0.01)
    lower = int(settings.pop("floor", given["lower"]))
    if not settings.pop("shape", True):
        options = {name: options[name] for name in ("groups",) if name in options}
    started = time.perf_counter()
    done = partition(
        given["weights"],
        given["edges"],
        given["costs"],
        lower=lower,
        upper=int(given["upper"]),
        **options,
        **settings,
    )
    seconds = time.perf_counter() - started
    np.save(out, done.labels.astype(np.int64))
    proof = done.certificate
    reasons = [zone.reason for zone in proof.outside]
    return {
        "seconds": round(seconds, 3),
        "compile_s": round(done.certificate.compile_seconds, 3),
        "import_s": round(imported, 3),
        "unavoidable": proof.unavoidable,
        "reasons": {reason: reasons.count(reason) for reason in sorted(set(reasons))},
        "attained": bool(proof.is_attained),
        "peak_mib": read_peak(),
        "versions": {name: version(name) for name in ("gridmap-planner", "numpy", "numba")},
    }


def read_peak() -> float:
    """Return this process's peak memory in MiB; 0 where the system can't say."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0
    lines = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
    return round(int(lines[0].split()[1]) / 1024, 1) if lines else 0.0


if __name__ == "__main__":
    json.dump(solve(Path(sys.argv[1]), json.loads(sys.argv[2]), Path(sys.argv[3])), sys.stdout)
