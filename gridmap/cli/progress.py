"""Progress on stderr: nothing for two seconds, then a bar with the time left."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gridmap.cli.console import choose_languages, make_console
from gridmap.terms import STEPS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

    from gridmap.model import Progress

QUIET_S = 2.0
"""Seconds that a job may run before it shows progress (issue 2, point 13)."""


class ProgressBars:
    """Turns ``progress(step, done, total)`` calls into a bar a step, or a line a step.

    Where stderr is not a terminal, each step that starts after `QUIET_S` writes one line.
    """

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._bars: RichProgress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._current = ""

    def __call__(self, step: str, done: int, total: int) -> None:
        """Take one report."""
        if time.monotonic() - self._started < QUIET_S:
            return
        if not sys.stderr.isatty():
            if step != self._current and done < total:
                make_console().print(self._label(step) + " ...", markup=False)
            self._current = step
            return
        bars = self._open()
        if step not in self._tasks:
            for task in self._tasks.values():
                bars.update(task, completed=bars.tasks[task].total)
            self._tasks[step] = bars.add_task(self._label(step), total=max(total, 1))
        bars.update(self._tasks[step], completed=done, total=max(total, 1))

    def close(self) -> None:
        """Take the bars off the screen."""
        if self._bars is not None:
            self._bars.stop()

    def _open(self) -> RichProgress:
        if self._bars is None:
            from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
            from rich.progress import Progress as RichProgress

            self._bars = RichProgress(
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.percentage:>3.0f}%"),
                TimeElapsedColumn(),
                TextColumn("剩余/left"),
                TimeRemainingColumn(),
                console=make_console(),
                transient=True,
            )
            self._bars.start()
        return self._bars

    @staticmethod
    def _label(step: str) -> str:
        term = STEPS[step]
        return " ".join({"zh": term.zh, "en": term.en}[code] for code in choose_languages())


@contextmanager
def show_progress() -> Iterator[Progress]:
    """Give a progress callback for one job, and clear the screen after it."""
    bars = ProgressBars()
    try:
        yield bars
    finally:
        bars.close()
