"""Time and memory of the main job, step by step, each job in a fresh process.

Figures go into ``benchmarks/`` with the command that made them, never into a timed test: these
machines are noisy.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from gridmap.errors import UnreadableFile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Measured:
    """One job: what was planned, seconds a step, and the peak memory of its process."""

    name: str
    households: int
    units: int
    grids: int
    in_band: int
    attainable: int
    steps_s: Mapping[str, float]
    total_s: float
    peak_mib: float
    seed: int
    versions: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, object]:
        """Return the row as plain data."""
        return asdict(self)


def measure_jobs(
    sizes: Sequence[int],
    inputs: Sequence[Path],
    *,
    seed: int = 7,
    say: Callable[[str], None] = lambda _text: None,
) -> list[Measured]:
    """Measure the main job on generated districts and on files, each in a fresh process.

    Parameters
    ----------
    sizes
        Households of the districts to generate.
    inputs
        Files or folders of the user's.
    seed
        Seed of the districts and of the plans.
    say
        Told what is being measured.
    """
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            say(f"{size} households: generating")
            made = Path(folder) / f"district-{size}"
            _run_child("generate", str(size), str(seed), str(made))
            say(f"{size} households: planning")
            rows.append(_measure(f"generated, {size:,} households", made, seed))
        for path in inputs:
            say(f"{path.name}: planning")
            rows.append(_measure(path.name, path, seed))
    return rows


def _measure(name: str, path: Path, seed: int) -> Measured:
    table = json.loads(_run_child("job", str(path), str(seed)))
    return Measured(name=name, seed=seed, **table)


def _run_child(*arguments: str) -> str:
    command = [sys.executable, "-m", "gridmap.bench", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise UnreadableFile(
            f"The job {arguments[1:2]} ended with exit code {done.returncode}.",
            f"作业 {arguments[1:2]} 以代码 {done.returncode} 结束。",
        )
    return done.stdout


def _generate(households: int, seed: int, folder: Path) -> None:
    from gridmap.datasets import make_district, write_district

    write_district(make_district(households=households, seed=seed), folder)


def _do_job(path: Path, seed: int) -> dict[str, object]:
    """Run the main job in this process and return its figures."""
    from gridmap.flow import plan_files
    from gridmap.maps import write_map
    from gridmap.planfiles import write_plan
    from gridmap.reports import write_tables
    from gridmap.scoring import score_plan

    clock = _StepClock()
    plan = plan_files([path], seed=seed, progress=clock)
    with tempfile.TemporaryDirectory() as folder:
        clock("write", 0, 1)
        write_plan(plan, Path(folder) / "plan.gpkg")
        clock("map", 0, 1)
        write_map(plan, Path(folder) / "map.html")
        clock("tables", 0, 1)
        write_tables(plan, Path(folder) / "tables.xlsx")
        clock("score", 0, 1)
        totals = score_plan(plan).totals
    clock.close()
    return {
        "households": int(totals["households"]),
        "units": len(plan.assignment),
        "grids": int(totals["grids"]),
        "in_band": int(totals["in_band"]),
        "attainable": int(totals["attainable"]),
        "steps_s": clock.seconds,
        "total_s": round(sum(clock.seconds.values()), 2),
        "peak_mib": round(_peak_mib(), 0),
        "versions": {
            name: version(name) for name in ("gridmap-planner", "geopandas", "shapely", "numba")
        },
    }


class _StepClock:
    """Adds up the seconds between progress reports, step by step; imports count as ``start``."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {"start": time.perf_counter() - _PROCESS_STARTED}
        self._step = "read"
        self._since = time.perf_counter()

    def __call__(self, step: str, done: int, total: int) -> None:
        """Take one report."""
        del done, total
        if step != self._step:
            self.close()
            self._step = step

    def close(self) -> None:
        """Book the time since the last report on the current step."""
        now = time.perf_counter()
        spent = self.seconds.get(self._step, 0.0) + now - self._since
        self.seconds[self._step] = round(spent, 2)
        self._since = now


def _peak_mib() -> float:
    """Return the peak resident memory of this process, in MiB (0 where the system can't say)."""
    if sys.platform == "win32":
        return 0.0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / MEBIBYTE if sys.platform == "darwin" else peak / 1024


def print_table(rows: Sequence[Measured]) -> str:
    """Return the figures as a Markdown table with the machine, versions and seeds."""
    if not rows:
        return ""
    steps = list(dict.fromkeys(step for row in rows for step in row.steps_s))
    heads = ["job", "households", "units", "grids", "in band / attainable", *steps]
    heads += ["total s", "peak MiB"]
    lines = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    for row in rows:
        cells = [row.name, f"{row.households:,}", f"{row.units:,}", f"{row.grids:,}"]
        cells += [f"{row.in_band} / {row.attainable}"]
        cells += [f"{row.steps_s.get(step, 0.0):.1f}" for step in steps]
        cells += [f"{row.total_s:.1f}", f"{row.peak_mib:.0f}"]
        lines.append("| " + " | ".join(cells) + " |")
    versions = ", ".join(f"{name} {number}" for name, number in rows[0].versions.items())
    lines += [
        "",
        (
            f"Machine: {platform.machine()}, {os.cpu_count()} cores, {platform.system()}; "
            f"Python {platform.python_version()}; {versions}; seed {rows[0].seed}. "
            "Seconds; each job in a fresh process, imports as 'start', compiled kernels from the "
            "cache where an earlier run left them."
        ),
    ]
    return "\n".join(lines) + "\n"


_PROCESS_STARTED = time.perf_counter()

if __name__ == "__main__":
    if sys.argv[1] == "generate":
        _generate(int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
    else:
        json.dump(_do_job(Path(sys.argv[2]), int(sys.argv[3])), sys.stdout)
