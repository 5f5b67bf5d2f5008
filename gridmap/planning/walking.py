"""One part of a graph searched by the kernel, which looks at the watch's clock meanwhile."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridmap.planning.warming import begin_compiling, compile_kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.planning.kernels.weighing import Aim
    from gridmap.planning.regions import Region
    from gridmap.planning.watching import Watch

HEAT = 128
"""Starting heat in 256ths of what a move to the worse usually costs, measured at the start."""
MOST_WALK = 32
"""Nodes of a zone above which offers grow with the nodes, and no longer with their square."""
STEPS_A_CALL = 128
"""Steps between two looks at the clock, where zones have up to `USUAL_NODES` nodes."""
USUAL_NODES = 40
LAST_SWEEPS = 12
WORST = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Course:
    """How a part is searched.

    Attributes
    ----------
    begin, end, steps
        First step, the step after the last, and all steps by which the heat falls.
    zones
        Zones there are, or will be.
    trees
        Trees for a first division, 0 where the zones are one already.
    heat
        Heat at step 0.
    sweeps
        Most sweeps over all border nodes at the end, without heat.
    offers
        Least number of single moves offered after each step.
    warmth
        What an earlier round has measured (`Reached.warmth`), 0 for nothing yet.
    """

    begin: int
    end: int
    steps: int
    zones: int
    trees: int = 0
    heat: int = HEAT
    sweeps: int = 0
    offers: int = 0
    warmth: int = 0


@dataclass(frozen=True)
class Reached:
    """What a search has come to.

    Attributes
    ----------
    now, best
        The last division and the best, zone ids 0..n-1, shape (n,).
    change, least
        Weighed change to each since the start.
    warmth
        What a move to the worse usually costs, by which the kernel sets its heat.
    """

    now: NDArray[np.int64]
    best: NDArray[np.int64]
    change: int
    least: int
    warmth: int


def seed_from(*parts: object) -> int:
    """Derive a seed from a seed and names, the same on any machine and in any order of work.

    Examples
    --------
    >>> seed_from(7, "C01") == seed_from(7, "C01"), seed_from(7, "C01") == seed_from(7, "C02")
    (True, False)
    """
    text = "\x1f".join(str(part) for part in parts).encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big")


def load_kernels(*, loaded: bool = False) -> float:
    """Compile the kernels, or load them from the cache; return the seconds it took.

    Parameters
    ----------
    loaded
        Whether zones have bands of loads, for which there is one kernel more. What is missing in
        the end is compiled when it is first needed.

    Examples
    --------
    >>> load_kernels() >= 0.0
    True
    """
    started = time.monotonic()
    begin_compiling(loaded=loaded)
    import scipy.optimize
    import scipy.sparse.csgraph  # noqa: F401  # what the search uses later, so that no clock runs

    compile_kernels(loaded=loaded)
    return time.monotonic() - started


def walk(
    part: Region,
    aim: Aim,
    labels: NDArray[np.int64],
    course: Course,
    *,
    seed: int,
    watch: Watch,
) -> Reached:
    """Search one part of a graph from a division into zones.

    Parameters
    ----------
    part, aim
        The part, and what is wanted of it.
    labels
        Zone of each node, ids 0..n-1, each zone in one piece, shape (n,).
    course
        Steps, heat and sweeps.
    seed
        Start of the random numbers.
    watch
        Ends the search, in the midst of a kernel too, and cools it as time runs out. Without a
        limit the steps alone count, so that equal seeds give equal bytes.

    Returns
    -------
    Reached
        The last division and the best.
    """
    from gridmap.planning.kernels.searching import search
    from gridmap.planning.kernels.timing import Bell

    if course.begin == course.end and len(labels) == int(labels.max(initial=-1)) + 1:
        return Reached(labels.astype(np.int64), labels.astype(np.int64), 0, 0, course.warmth)
    bell = Bell(watch.clock, watch.deadline)
    calls = compile_kernels(loaded=len(part.graph.load_bands) > 0)
    usual = USUAL_NODES * course.zones
    each = max(1, min(STEPS_A_CALL, STEPS_A_CALL * usual // max(1, len(labels))))
    rng = np.array([seed], np.uint64)
    now, best = labels.astype(np.int64), labels.astype(np.int64)
    score = np.array([0, WORST, course.warmth])
    trees = course.trees
    for first in range(course.begin, max(course.end, course.begin + min(1, trees)), each):
        if trees == 0 and watch.must_stop():
            break
        last = min(first + each, course.end)
        late = min(course.steps - (last - first), int(watch.used * course.steps))
        shift = max(0, late - first)
        plan = _plan(first + shift, last + shift, course, part)
        plan[4] = min(trees, 1) if trees and watch.must_stop() else trees
        now = search(part.graph, aim, now, plan, rng, best, score, bell, calls)
        trees = 0
    change = int(score[0])
    if course.sweeps and not watch.must_stop():
        score[0] = score[1]
        plan = _plan(course.steps, course.steps, course, part)
        plan[6] = course.sweeps
        now = search(part.graph, aim, best.copy(), plan, rng, best, score, bell, calls)
        change = int(score[0])
    if course.trees and watch.must_stop() and best.max() == labels.max():
        quick = np.array([0, WORST, 0])
        plan = _plan(0, 0, course, part)
        plan[4] = 1
        start, spare = labels.astype(np.int64), best.copy()
        least = search(part.graph, aim, start, plan, rng, spare, quick, bell, calls)
        if quick[1] < score[1]:
            return Reached(least, least, int(quick[1]), int(quick[1]), int(score[2]))
    return Reached(now, best, change, int(score[1]), int(score[2]))


def _plan(first: int, last: int, course: Course, part: Region) -> NDArray[np.int64]:
    """Return what one call of the kernel does, in the order it reads."""
    usual = max(1, len(part.nodes) // max(1, course.zones))
    offers = max(course.offers, usual * min(usual, MOST_WALK) // 2)
    return np.array([first, last, course.steps, course.heat, 0, offers, 0, part.groups], np.int64)
