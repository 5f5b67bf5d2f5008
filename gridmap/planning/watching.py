"""The end of a search: its clock, its steps done, Ctrl-C, and who is told of the state reached.

A search is ended by having taken all its steps, by its time limit, by the function it reports to,
or by Ctrl-C; whatever the cause, what was reached by then is the answer.

Compiled code can't read a clock, so a thread writes the time into an array that it looks at
(`stand_watch`); whoever ends the search writes into it too.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from gridmap.errors import InvalidOption

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType

    from numpy.typing import NDArray

    Report = Callable[["Snapshot"], bool | None]

DONE, TIME, REPORT, INTERRUPT = "done", "time", "report", "interrupt"
"""Why a search has ended."""
NOW, HALT = 0, 1
"""Cells of the clock that kernels look at: milliseconds since the start; whether to end at once."""
TICK = 0.01
"""Seconds between two writings of the clock."""
NEVER = np.iinfo(np.int64).max
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """What a search has reached so far.

    Attributes
    ----------
    labels
        Zone of each node, each zone in one piece, shape (n,): the best division so far, or, while
        the search is hot, the present one.
    outside
        Zones outside the band.
    cut_cost
        Sum of the costs of edges between zones.
    seconds
        Wall-clock time since the call, without compiling.
    done_share
        Share of the steps taken, 0..1.
    """

    labels: NDArray[np.int32]
    outside: int
    cut_cost: float
    seconds: float
    done_share: float


class Watch:
    """Says when a search has to end; threads ask it, and kernels look at its clock.

    Parameters
    ----------
    limit
        Seconds from now, or None for no limit.
    above
        A watch that ends this one too, or None.

    Attributes
    ----------
    stopped
        Why the search has to end, `DONE` as long as it has not.
    clock
        `NOW` and `HALT` of the whole call, shape (2,): shared with all parts.
    origin
        When the clock was at 0, in the seconds of `time.monotonic`.
    """

    def __init__(self, limit: float | None = None, above: Watch | None = None) -> None:
        self._started = time.monotonic()
        self._limit = self._end = self._proved = limit
        self._above = above
        self._show: Callable[[NDArray[np.int64], float], bool] | None = None
        self._noted = DONE
        self._told = True
        self.stopped = DONE
        self.clock: NDArray[np.int64] = np.zeros(2, np.int64) if above is None else above.clock
        self.origin: float = self._started if above is None else above.origin

    def tick(self) -> None:
        """Write the time into the clock."""
        self.clock[NOW] = int(1000 * (time.monotonic() - self.origin))

    @property
    def deadline(self) -> int:
        """Return the time of the clock at which the search ends, `NEVER` without a limit."""
        above = NEVER if self._above is None else self._above.deadline
        if self._limit is None:
            return above
        return min(above, int(1000 * (self._started + self._limit - self.origin)))

    @property
    def cause(self) -> str:
        """Return what ended this search, or a part of it that has a watch of its own."""
        return self._noted if self.stopped == DONE else self.stopped

    @property
    def is_limited(self) -> bool:
        """Tell whether there is a time limit."""
        return self._limit is not None

    @property
    def seconds(self) -> float:
        """Return the seconds since the start."""
        return time.monotonic() - self._started

    @property
    def used(self) -> float:
        """Return the share of the time limit that is used up, 0 without a limit."""
        if self._limit is None:
            return 0.0 if self._above is None else self._above.used
        return 1.0 if self._limit <= 0 else min(1.0, self.seconds / self._limit)

    @property
    def left(self) -> float | None:
        """Return the seconds left by this limit and by those above, None without any."""
        above = None if self._above is None else self._above.left
        if self._limit is None:
            return above
        own = max(0.0, self._limit - self.seconds)
        return own if above is None else min(own, above)

    def spare(self, seconds: float) -> None:
        """Add seconds to the limit that are not the search's: compiling."""
        self._started += seconds

    def keep_back(self, seconds: float) -> None:
        """Take seconds off the limit, for what must be done after the search."""
        if self._limit is not None:
            self._limit = max(0.0, self._limit - seconds)

    def is_late(self) -> bool:
        """Tell whether nothing may be begun any more: what was kept back is used up too.

        Ctrl-C in the search is no reason: its answer is certified all the same.
        """
        if self._above is not None and self._above.is_late():
            return True
        return self._end is not None and self.seconds >= self._end

    def is_over(self) -> bool:
        """Tell whether a proof has to end: no time is left, or the caller has had enough."""
        spent = self._proved is not None and self.seconds >= self._proved
        return spent or self.is_late() or self.stopped in {REPORT, INTERRUPT}

    def halve(self) -> None:
        """Keep half of the time that is left back, for proofs after the search."""
        self._proved = self._limit
        if self._limit is not None:
            self.keep_back(max(0.0, self._limit - self.seconds) / 2)

    def share(self, part: float, *, told: bool = True) -> Watch:
        """Return a watch for a part of the time left, which this one ends too.

        ``told``: whether the whole counts as ended by its limit where the part is; not where what
        is cut short is taken up again.
        """
        left = self.left
        watch = Watch(None if left is None else left * part, above=self)
        watch._told = told
        return watch

    def part(self) -> Watch:
        """Return a watch for a task among many, which only this one ends and which tells nobody."""
        watch = Watch(above=self)
        watch._told = False
        return watch

    def show_to(self, show: Callable[[NDArray[np.int64], float], bool]) -> None:
        """Set who is shown labels and the share of steps done, and says whether to go on."""
        self._show = show

    def stop(self, reason: str) -> None:
        """End the search, kernels at work too; the first reason counts."""
        if self.stopped == DONE:
            self.stopped = reason
        self.clock[HALT] = 1

    def note(self, reason: str) -> None:
        """Keep in mind why a part with a watch of its own was ended, and tell who is above."""
        self._noted = reason
        if self._above is not None and self._told:
            self._above.note(reason)

    def must_stop(self) -> bool:
        """Tell whether the search has to end now."""
        if self.stopped == DONE and self._limit is not None and self.seconds >= self._limit:
            self.stopped = TIME
            if self._above is not None and self._told:
                self._above.note(TIME)
        if self.stopped == DONE and self._above is not None and self._above.must_stop():
            self.stopped = self._above.stopped
        return self.stopped != DONE

    def tell(self, labels: NDArray[np.int64], share: float) -> None:
        """Show the state reached to the caller, who may end the search."""
        if self._show is not None and self.stopped == DONE and not self._show(labels, share):
            self.stop(REPORT)


@contextmanager
def heed_interrupts(watch: Watch) -> Iterator[None]:
    """Let the first Ctrl-C end the search, and the second raise `KeyboardInterrupt`.

    Notes
    -----
    Only Python's own handler is replaced, and only in the main thread: a program with a handler of
    its own keeps it. gridmap's own default.
    """
    usual = signal.default_int_handler
    at_home = threading.current_thread() is threading.main_thread()
    if not at_home or signal.getsignal(signal.SIGINT) is not usual:
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        if watch.stopped == INTERRUPT:
            usual(number, frame)
        watch.stopped = INTERRUPT
        watch.clock[HALT] = 1

    signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)


@contextmanager
def stand_watch(watch: Watch) -> Iterator[None]:
    """Heed Ctrl-C, and keep the clock of a search going, for kernels to look at.

    Parameters
    ----------
    watch
        Of the whole call. Without a limit there is no need of a clock.
    """
    ended = threading.Event()

    def run() -> None:
        while not ended.wait(TICK):
            watch.tick()

    thread = threading.Thread(target=run, daemon=True) if watch.is_limited else None
    if thread is not None:
        thread.start()
    try:
        with heed_interrupts(watch):
            yield
    finally:
        ended.set()
        if thread is not None:
            thread.join()


def choose_workers(workers: int | None) -> int:
    """Return the number of threads: as given, else one for each core this process may use.

    Raises
    ------
    InvalidOption
        When the number is below 1.

    Examples
    --------
    >>> choose_workers(3)
    3
    """
    if workers is None:
        may_use = getattr(os, "sched_getaffinity", None)
        return len(may_use(0)) if may_use else os.cpu_count() or 1
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise InvalidOption(
            f"workers must be a whole number of at least 1, not {str(workers)[:40]}.",
            f"workers 须为不小于 1 的整数，不能是 {str(workers)[:40]}。",
        )
    return workers


def run_beside(tasks: Sequence[Callable[[], Answer]], workers: int) -> list[Answer]:
    """Run tasks in threads and return their answers in order; the main thread waits for Ctrl-C.

    Kernels release Python's lock, so that as many cores work as there are threads. Off the main
    thread a single worker is the thread itself.

    Examples
    --------
    >>> run_beside([lambda: 1, lambda: 2], 2)
    [1, 2]
    """
    at_home = threading.current_thread() is threading.main_thread()
    if not at_home and (workers == 1 or len(tasks) == 1):
        return [task() for task in tasks]
    pool = ThreadPoolExecutor(max_workers=max(1, min(workers, len(tasks))))
    try:
        return [future.result() for future in [pool.submit(task) for task in tasks]]
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
