"""The search on a ladder of graphs: the coarsest first, then down with finer and colder moves.

Where zones have few nodes the ladder has one rung, and this is one search of the graph itself.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gridmap.planning.coarsening import build_ladder, is_fine, list_ends
from gridmap.planning.kernels.columns import GROUP
from gridmap.planning.problems import number_by_first
from gridmap.planning.regions import Region
from gridmap.planning.walking import LAST_SWEEPS, WORST, Course, Reached, seed_from, walk

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from gridmap.planning.coarsening import Rung
    from gridmap.planning.kernels.weighing import Aim, Graph
    from gridmap.planning.watching import Watch

COLD = 128
"""Share of its steps, in 256ths, that a finer rung leaves out: it begins where heat is low."""
AGAIN = 128
"""The same for the coarsest rung when it is searched again from the division found."""
STEPS_A_ZONE, STEP_NODES = 10, 2000
"""Redrawings for each zone on a finer rung: fewer, the more nodes one has to redraw."""
TOP_SHARE, RUNG_SHARE = 0.4, 0.5
"""Shares of the time left, where there is a limit, for the coarsest rung and for each finer one."""
OFFERS_A_BORDER = 800
"""Single moves offered on a finer rung for each node at a border."""


def descend(
    graph: Graph,
    aim: Aim,
    labels: NDArray[np.int64],
    chart: Callable[[int], Course],
    *,
    returns: int,
    seed: int,
    watch: Watch,
) -> Reached:
    """Search a graph from its pieces, coarse first where zones have many nodes; or a division.

    A division to start from is searched as it is: a coarse graph might not be able to express it.

    Parameters
    ----------
    graph, aim
        What is divided, and what is wanted.
    labels
        Zone of each node, each zone in one piece, shape (n,).
    chart
        Nodes of the coarsest graph -> how it is searched.
    returns
        Times that a ladder is built anew around the division found, and gone down again; -1 for
        no ladder at all.
    seed
        Start of the random numbers.
    watch
        Ends the search between two calls of the kernel.

    Returns
    -------
    Reached
        The best division; ``least`` is its weighed change since ``labels``.
    """
    zones = chart(len(graph.node)).zones
    if returns < 0 or chart(len(graph.node)).trees == 0 or not is_fine(len(graph.node), zones):
        return walk(_whole(graph), aim, labels, chart(len(graph.node)), seed=seed, watch=watch)
    rungs = build_ladder(graph, aim, zones=zones, seed=seed_from(seed, "ladder") >> 1)
    course = chart(len(rungs[-1].graph.node))
    if len(rungs) == 1:
        return walk(_whole(graph), aim, labels, course, seed=seed, watch=watch)
    top = _lift(rungs, labels)
    early = watch.share(TOP_SHARE)
    found = walk(_whole(rungs[-1].graph), aim, top, course, seed=seed, watch=early)
    best, least = _go_down(rungs, aim, found, zones, seed, watch)
    for turn in range(returns):
        if watch.must_stop():
            break
        seed = seed_from(seed, "again", turn)
        rungs = build_ladder(graph, aim, zones=zones, seed=seed >> 1, within=best)
        course = chart(len(rungs[-1].graph.node))
        course = replace(course, begin=course.steps * AGAIN >> 8, trees=0)
        top = _lift(rungs, best)
        early = watch.share(TOP_SHARE)
        found = walk(_whole(rungs[-1].graph), aim, top, course, seed=seed, watch=early)
        again, change = _go_down(rungs, aim, found, zones, seed, watch)
        if change < 0:
            best, least = again, least + change
    return Reached(best, best, least, least, found.warmth)


def _whole(graph: Graph) -> Region:
    """Return a graph as a region of itself."""
    size = len(graph.node)
    return Region(np.arange(size), graph, int(graph.node[:, GROUP].max(initial=-1)) + 1)


def _lift(rungs: list[Rung], labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the labels 0.. of the coarsest graph's nodes, all parts of one having the same."""
    for rung in rungs[:-1]:
        lifted = np.empty(int(rung.above.max()) + 1, np.int64)
        lifted[rung.above] = labels
        labels = lifted
    return number_by_first(labels).astype(np.int64)


def _go_down(
    rungs: list[Rung], aim: Aim, found: Reached, zones: int, seed: int, watch: Watch
) -> tuple[NDArray[np.int64], int]:
    """Take a division of the coarsest graph down to the finest; return it and its change."""
    best, least = found.best, found.least if found.least < WORST else 0
    for rung in reversed(rungs[:-1]):
        best = best[rung.above]
        size = len(best)
        if watch.must_stop():
            continue
        ends = list_ends(rung.graph)
        border = np.unique(ends[best[ends[:, 0]] != best[ends[:, 1]]])
        each = max(1, min(STEPS_A_ZONE * zones, STEP_NODES * zones * zones // size))
        steps = max(1, (each << 8) // (256 - COLD))
        course = Course(
            steps - each,
            steps,
            steps,
            zones,
            sweeps=LAST_SWEEPS,
            offers=OFFERS_A_BORDER * len(border) // each,
        )
        step = seed_from(seed, "down", size)
        early = watch.share(RUNG_SHARE)
        fine = walk(_whole(rung.graph), aim, best, course, seed=step, watch=early)
        if fine.least < 0:
            best, least = fine.best, least + fine.least
    return best, least
