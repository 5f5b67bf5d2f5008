"""A few neighbouring zones drawn anew, as near to today's as their band allows.

What no chain of moves can mend, such as a zone that must become two, is drawn by the engine: the
zone alone, then with more and more neighbours. Edges inside today's zones are dear to cut and
edges between them dear to keep, in proportion to the households that would move; what comes out
is named after today's zones by the largest overlap, and every node that can go home goes home.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gridmap.lineage import match_zones
from gridmap.planning.attempts import Search
from gridmap.planning.boards import NO_TRIAL, NOWHERE, Board, Trial
from gridmap.planning.problems import Problem, number_anew, number_by_first
from gridmap.planning.solving import solve_problem
from gridmap.planning.walking import seed_from
from gridmap.planning.watching import Watch
from gridmap.rules import Band

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

MOST_TOGETHER = 6
"""Zones that are drawn anew together, at most, before larger regions are tried."""
LARGE = (9, 14)
"""The larger regions (gridmap's own default)."""
REGIONS = 4
"""Regions of one size that are tried."""
DRAWINGS = 2
"""Drawings of one region, from different seeds."""
STAY = 24.0
"""Cost of parting two nodes of today's zone, in ordinary edges, for a mean node's households."""


def redraw_around(
    board: Board, zone: int, *, seed: int, enough: int, watch: Watch | None = None
) -> Trial | None:
    """Return the least change found that redraws a zone and neighbours, or None.

    Parameters
    ----------
    board
        The zones.
    zone
        One that is outside its band.
    seed
        Start of the random numbers.
    enough
        Grains that a change must stay below to be of use.
    watch
        Ends the drawing; what was found by then is returned.

    Returns
    -------
    Trial or None
        Moves that leave fewer zones outside their band; of those the least households moved, of
        equals the fewest zones touched.
    """
    watch = watch or Watch()
    best: tuple[int, int, int] | None = None
    found: Trial | None = None
    for size in (*range(1, MOST_TOGETHER + 1), *LARGE):
        for number, region in enumerate(_choose_regions(board, zone, size)):
            before = sum(board.count_failing(board.members(other)) for other in region)
            for drawing in range(DRAWINGS if size <= MOST_TOGETHER else 1):
                if watch.must_stop():
                    return found
                start = seed_from(seed, "redraw", zone, size, number, drawing)
                trial = _redraw(board, region, Search(seed=start, attempts=1), watch)
                if trial is None or trial.cost >= enough:
                    continue
                after = sum(board.count_failing(nodes) for nodes in trial.zones.values())
                left = sum(
                    board.count_failing(board.members(other))
                    for other in region
                    if other not in trial.zones
                )
                rank = (after + left - before, trial.cost, len(trial.zones))
                if rank[0] < 0 and (best is None or rank < best):
                    best, found = rank, trial
        if found is not None and not _fails(board, found, zone):
            break
    return found


def _fails(board: Board, trial: Trial, zone: int) -> bool:
    """Tell whether anything that a trial changes is still outside its band."""
    return any(board.count_failing(board.members(other, trial)) for other in {zone, *trial.zones})


def _choose_regions(board: Board, zone: int, size: int) -> Iterator[list[int]]:
    """Yield regions of neighbouring zones whose households zones inside the band could share."""
    fringe = sorted(board.fringe(zone))
    if size == 1:
        if _can_hold(board, [zone]):
            yield [zone]
        return
    if size > len(board.zones()):
        return
    seen: set[tuple[int, ...]] = set()
    for first in fringe[: REGIONS * 2]:
        region = [zone, first]
        while len(region) < size:
            beside = _rank_beside(board, region)
            if not beside:
                break
            region.append(beside[0])
        key = tuple(sorted(region))
        if len(region) == size and key not in seen and _can_hold(board, region):
            seen.add(key)
            yield region
            if len(seen) == REGIONS:
                return


def _rank_beside(board: Board, region: list[int]) -> list[int]:
    """Return the neighbours of a region: those inside it on most sides, then by number."""
    touch: dict[int, int] = {}
    for zone in region:
        for other, border in board.fringe(zone).items():
            if other not in region:
                touch[other] = touch.get(other, 0) + len(border)
    return sorted(touch, key=lambda other: (-touch[other], other))


def _can_hold(board: Board, region: list[int]) -> bool:
    """Tell whether arithmetic lets some zones of a region be nearer to the band than now."""
    nodes = frozenset[int]().union(*(board.members(zone) for zone in region))
    if any(board.weights[node] > board.band(nodes)[1] for node in nodes):
        return True
    failing = sum(board.count_failing(board.members(zone)) for zone in region)
    lower, upper = board.problem.bands.widest
    return failing > 1 or Band(lower, upper).can_hold(board.weigh(nodes))


def _redraw(board: Board, region: list[int], search: Search, watch: Watch) -> Trial | None:
    """Draw a region anew; None when that changes nothing."""
    nodes = np.array(sorted(node for zone in region for node in board.members(zone)), np.int64)
    if len(nodes) < 2:
        return None
    part, homes = _cut_out(board, nodes)
    drawn = solve_problem(part, search, watch.part())
    here = np.where(np.isin(homes, region), homes, NOWHERE)
    fixed = np.array([board.held[node] for node in nodes.tolist()]) & (here != NOWHERE)
    names = match_zones(here, drawn, board.problem.weights[nodes], fixed=fixed)
    fresh = {zone: board.mint() for zone in range(len(names)) if names[zone] == NOWHERE}
    trial = NO_TRIAL
    for zone in range(len(names)):
        target = fresh.get(zone, int(names[zone]))
        rows = nodes[drawn == zone].tolist()
        going = [node for node in rows if board.zone_of(node, trial) != target]
        if going:
            trial = board.shift(trial, going, target)
    return send_home(board, trial, watch) if trial.moves else None


def _cut_out(board: Board, nodes: NDArray[np.int64]) -> tuple[Problem, NDArray[np.int64]]:
    """Return the problem of a region, its edges weighed by what they hold, and today's zones."""
    problem = board.problem
    place = np.full(problem.size, -1, np.int64)
    place[nodes] = np.arange(len(nodes))
    rows = np.array(
        sorted({edge for node in nodes.tolist() for edge in board.edges_of(node)}), np.int64
    )
    ends = place[problem.edges[rows]]
    inside = (ends >= 0).all(axis=1)
    rows, ends = rows[inside], ends[inside]
    now = np.array([board.label[node] for node in nodes.tolist()], np.int64)
    homes = np.array([board.home[node] for node in nodes.tolist()], np.int64)
    weights = problem.weights[nodes].astype(np.float64)
    degree = np.maximum(1, np.bincount(ends.reshape(-1), minlength=len(nodes)))
    share = (weights + 1.0) / max(1.0, float(weights.mean())) / degree
    hold = STAY * (share[ends[:, 0]] + share[ends[:, 1]])
    known = (homes[ends] != NOWHERE).all(axis=1)
    same = homes[ends[:, 0]] == homes[ends[:, 1]]
    part = replace(
        problem,
        weights=problem.weights[nodes],
        edges=ends,
        costs=problem.costs[rows] + np.where(known & same, hold, 0.0),
        crossings=problem.crossings[rows] + np.where(known & ~same, hold, 0.0),
        classes=problem.classes[nodes],
        shape=None,
        groups=None if problem.groups is None else number_anew(problem.groups[nodes]),
        current=number_by_first(now).astype(np.int64),
        anchors=None if problem.anchors is None else number_anew(problem.anchors[nodes]),
        loads=None if problem.loads is None else problem.loads[nodes],
        zones=0,
    )
    return part, homes


def send_home(board: Board, trial: Trial, watch: Watch | None = None) -> Trial:
    """Return a trial in which no node that could be at home is away.

    A node goes home when it touches its zone of today, both zones stay in one piece, and no zone
    gets further outside its band. With a watch, nodes are sent home as long as there is time.
    """
    changed = True
    while changed:
        changed = False
        away = [
            node
            for zone in sorted(trial.zones)
            for node in trial.zones[zone]
            if board.home[node] not in (NOWHERE, zone) and not board.held[node]
        ]
        for node in sorted(away, key=lambda v: (-board.weights[v], v)):
            if watch is not None and watch.must_stop():
                return trial
            back = _send_back(board, trial, node)
            if back is not None:
                trial, changed = back, True
    return trial


def _send_back(board: Board, trial: Trial, node: int) -> Trial | None:
    """Return the trial with one node at home, if that does no harm."""
    home, zone = board.home[node], board.zone_of(node, trial)
    if not any(board.zone_of(other, trial) == home for other in board.near(node)):
        return None
    back = board.shift(trial, [node], home)
    before = [board.stray(board.members(z, trial)) for z in (home, zone)]
    after = [board.stray(board.members(z, back)) for z in (home, zone)]
    if max(map(max, after)) > 0 and any(
        max(new) > max(old) for new, old in zip(after, before, strict=True)
    ):
        return None
    return back if board.is_whole(board.members(zone, back)) else None
