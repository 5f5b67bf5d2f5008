"""``import gridmap`` and its first doors stay light, measured in fresh interpreters."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time


def seconds_of(statement: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return time.perf_counter() - started


def test_importing_gridmap_costs_at_most_one_and_a_half_times_geopandas() -> None:
    pairs = [(seconds_of("import gridmap"), seconds_of("import geopandas")) for _ in range(5)]
    ratio = statistics.median(ours / theirs for ours, theirs in pairs)
    assert ratio <= 1.5
