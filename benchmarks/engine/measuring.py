"""One solver on one instance in a process of its own: seconds, memory, labels, what was said."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.engine.instances import read_instance
from benchmarks.engine.judging import judge

HERE = Path(__file__).resolve().parent
LOOK_S = 0.02
"""Seconds between two looks at the memory of a process and its children."""
LAST_WORDS = 300

Row = dict[str, Any]


@dataclass(frozen=True)
class Bench:
    """Where and how it is measured.

    Attributes
    ----------
    work
        Folder of instances, labels and rows; a row that is there is not measured again.
    peers_python
        The peers' interpreter, or None.
    say
        Whether to print each row as it comes.
    """

    work: Path
    peers_python: Path | None
    say: bool = True

    def measure(
        self,
        solver: str,
        graph: Path,
        settings: dict[str, Any],
        *,
        program: str = "",
        limit_s: float,
        cold: bool = False,
    ) -> Row:
        """Run a solver, or return what was measured before of the same solver and settings."""
        asked = {"solver": solver, "instance": graph.stem, "settings": settings, "cold": cold}
        if not program:
            asked["code"] = stamp_engine()
        asked["graph"] = hashlib.sha256(graph.read_bytes()).hexdigest()[:16]
        key = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]
        kept = self.work / "rows" / f"{graph.stem}-{solver}-{key}.json"
        if kept.exists():
            return dict(json.loads(kept.read_text("utf-8")))
        labels = self.work / "labels" / f"{kept.stem}.npy"
        for folder in (kept.parent, labels.parent):
            folder.mkdir(parents=True, exist_ok=True)
        python = Path(sys.executable) if not program else self.peers_python
        script = HERE / "peers" / program if program else HERE / "with_gridmap.py"
        command = [str(python), str(script), str(graph), json.dumps(settings), str(labels)]
        row = asked | run_program(command, limit_s, cold=cold)
        if "failed" not in row:
            row |= judge(read_instance(graph), np.load(labels))
        kept.write_text(json.dumps(row, sort_keys=True), "utf-8")
        if self.say:
            print("  ", tell_row(row), flush=True)
        return row


@cache
def stamp_engine() -> str:
    """Return a checksum of the engine's code, so that what another engine did is not kept."""
    digest = hashlib.sha256()
    for path in sorted((HERE.parent.parent / "gridmap" / "planning").rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def run_program(command: list[str], limit_s: float, *, cold: bool) -> Row:
    """Run a program and return its own words with wall-clock seconds and peak memory.

    A program that ends badly, or not in time, is a row with ``failed``. With ``cold`` numba finds
    an empty cache. The memory is the highest sum over the process and its children, seen 50 times
    a second; pages that they share are counted once for each.
    """
    with tempfile.TemporaryDirectory() as folder:
        environment = dict(os.environ)
        root = str(HERE.parent.parent)
        environment["PYTHONPATH"] = os.pathsep.join(
            part for part in (root, os.environ.get("PYTHONPATH", "")) if part
        )
        if cold:
            environment["NUMBA_CACHE_DIR"] = folder
        out, err = Path(folder) / "said", Path(folder) / "complained"
        started, spent = time.perf_counter(), _count_cpu()
        with out.open("w") as said, err.open("w") as complained:
            process = subprocess.Popen(command, stdout=said, stderr=complained, env=environment)
            watch = _Watch(process.pid)
            watch.start()
            try:
                code: int | None = process.wait(limit_s)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                code = None
            wall = round(time.perf_counter() - started, 3)
            watch.stop()
        row: Row = {"wall_s": wall, "cpu_s": round(_count_cpu() - spent, 3)}
        row["peak_mib"] = round(watch.peak_mib, 1)
        if code is None:
            return row | {"failed": f"no answer in {limit_s:.0f} s"}
        if code:
            words = [line for line in err.read_text("utf-8", "replace").splitlines() if line]
            return row | {"failed": (words[-1] if words else f"exit code {code}")[:LAST_WORDS]}
        told = json.loads(out.read_text("utf-8").splitlines()[-1])
    return row | told | {"peak_mib": max(row["peak_mib"], told.get("peak_mib", 0.0))}


def _count_cpu() -> float:
    """Return the processor seconds of all programs that have ended: no crowd changes them much."""
    ended = os.times()
    return ended.children_user + ended.children_system


class _Watch(threading.Thread):
    """Looks at the resident memory of a process and its children until it is stopped."""

    def __init__(self, process: int) -> None:
        super().__init__(daemon=True)
        self.peak_mib = 0.0
        self._process = process
        self._ended = threading.Event()

    def run(self) -> None:
        """Look, until the end."""
        while not self._ended.wait(LOOK_S):
            self.peak_mib = max(self.peak_mib, _sum_memory(self._process))

    def stop(self) -> None:
        """End looking."""
        self._ended.set()
        self.join()


def _sum_memory(process: int) -> float:
    """Return the resident memory of a process and its children in MiB; 0 where unknown."""
    folder = Path("/proc") / str(process)
    try:
        pages = int((folder / "statm").read_text().split()[1])
        children = [
            int(child)
            for task in (folder / "task").iterdir()
            for child in (task / "children").read_text().split()
        ]
    except (OSError, IndexError, ValueError):
        return 0.0
    page = os.sysconf("SC_PAGE_SIZE") / 2**20
    return pages * page + sum(_sum_memory(child) for child in children)


def tell_row(row: Row) -> str:
    """Return a row in one line, for whoever waits."""
    head = f"{row['instance']} {row['solver']} {json.dumps(row['settings'])} {row['wall_s']:.1f} s"
    if "failed" in row:
        return f"{head}: {row['failed']}"
    kept = {
        name: round(row[name], 3)
        for name in (
            "zones",
            "good",
            "torn",
            "cut_cost",
            "polsby_popper",
            "groups_whole",
            "crossing",
        )
        if name in row
    }
    return f"{head} {kept} {row['peak_mib']:.0f} MiB"
