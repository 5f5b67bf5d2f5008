"""From land to grids of units: which land is divided together, and who takes what is left over."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from gridmap.planning.anchoring import anchor_nodes
from gridmap.planning.attempts import Search
from gridmap.planning.land import Land, band_pair
from gridmap.planning.problems import BandTable, Problem, Shape, find_pieces, number_by_first
from gridmap.planning.rounds import REGION_NODES
from gridmap.planning.solving import LARGE, solve_problem
from gridmap.planning.walking import seed_from
from gridmap.planning.watching import choose_workers

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from gridmap.planning.watching import Watch
    from gridmap.rules import Rules

LARGE_PIECE = LARGE * REGION_NODES
"""Pieces with more units are divided by all threads together, region by region."""


@dataclass(frozen=True)
class Piece:
    """Connected land of one community that is divided into grids by itself.

    Attributes
    ----------
    community
        Position of the community.
    members
        Its units, ascending.
    detached
        Whether it lies apart from the community's main part.
    """

    community: int
    members: NDArray[np.int64]
    detached: bool


@dataclass(frozen=True)
class Division:
    """Every unit in one grid.

    Attributes
    ----------
    grid
        Grid number of each unit, 0.. by first unit, shape (n,).
    attached
        Units without households that were joined to a grid across a barrier or to a dedicated
        grid, because they touch no other land of their community.
    """

    grid: NDArray[np.int64]
    attached: NDArray[np.int64]


def find_land_pieces(land: Land, dedicated: NDArray[np.int64]) -> list[Piece]:
    """Return the connected passable pieces of all land that is not dedicated, by first unit.

    Parameters
    ----------
    land
        Units and borders.
    dedicated
        Dedicated grid of each unit, -1 for none, shape (n,).

    Returns
    -------
    list of Piece
        Pieces of general and of detached land.
    """
    free = dedicated < 0
    open_ = land.passable & free[land.edges].all(axis=1)
    pieces = find_pieces(land.edges[open_], land.size)
    members = np.flatnonzero(free)
    order = members[np.argsort(pieces[members], kind="stable")]
    cuts = np.flatnonzero(np.diff(pieces[order])) + 1
    return [
        Piece(int(land.community[rows[0]]), rows, bool(land.detached[rows[0]]))
        for rows in np.split(order, cuts)
        if len(rows)
    ]


def divide_pieces(
    land: Land,
    pieces: list[Piece],
    *,
    rules: Rules,
    seed: int,
    watch: Watch,
    report: Callable[[int], None],
    today: NDArray[np.int64] | None = None,
) -> list[NDArray[np.int32]]:
    """Divide every piece that has households; return the zones of its units.

    Pieces are independent and each has a seed of its own, made from the seed and the id of its
    first unit, so that the result does not depend on how many are divided at a time. Large pieces
    come first, one after the other, each by all threads; then the others, one a thread.

    Parameters
    ----------
    land
        Units and borders.
    pieces
        From `find_land_pieces`.
    rules, seed
        Bands, and the start of all random numbers.
    watch
        Ends the search of all pieces. Where it has a limit, each piece gets its share of the time
        left, by units; the first division is always finished.
    report
        Called with the number of units done so far.
    today
        Today's zone of each unit, where the search starts from it, shape (n,).

    Returns
    -------
    list of ndarray
        Zones 0.. of the units of each piece.
    """
    edges = share_edges(land, pieces)
    workers = choose_workers(None)
    zones = [np.zeros(len(piece.members), np.int32) for piece in pieces]
    served = [k for k, piece in enumerate(pieces) if int(land.counted[piece.members].sum())]
    order = sorted(served, key=lambda k: -len(pieces[k].members))
    queue = _Queue(sum(len(pieces[k].members) for k in order))
    done = land.size - queue.units

    def divide(number: int, threads: int) -> NDArray[np.int32]:
        piece = pieces[number]
        share = queue.take(len(piece.members)) * workers / threads
        problem = state_piece(land, piece, edges[number], rules)
        if today is not None:
            problem = replace(problem, current=today[piece.members])
        first = str(land.ids[piece.members[0]])
        name = land.communities[piece.community]
        search = Search(seed=seed_from(seed, name, first), workers=threads)
        return solve_problem(problem, search, watch.share(min(1.0, share)))

    many = sum(len(pieces[k].members) > LARGE_PIECE for k in order)
    for number in order[:many]:
        zones[number] = divide(number, workers)
        done += len(pieces[number].members)
        report(done)
    pool = ThreadPoolExecutor(max_workers=workers)
    try:
        tasks = {pool.submit(divide, number, 1): number for number in order[many:]}
        for task in as_completed(tasks):
            zones[tasks[task]] = task.result()
            done += len(pieces[tasks[task]].members)
            report(done)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return zones


class _Queue:
    """Counts the units that wait for their search, so that each piece gets its share of time."""

    def __init__(self, units: int) -> None:
        self.units = units
        self._turn = Lock()

    def take(self, units: int) -> float:
        """Take a piece off the queue; return its share of all units that waited."""
        with self._turn:
            share = units / max(1, self.units)
            self.units -= units
        return share


def share_edges(land: Land, pieces: list[Piece]) -> list[NDArray[np.int64]]:
    """Return the passable borders inside each piece, by position.

    Parameters
    ----------
    land, pieces
        The land and the pieces of it.

    Returns
    -------
    list of ndarray
        Positions of borders, one array for each piece.
    """
    owner = np.full(land.size, -1, np.int64)
    for number, piece in enumerate(pieces):
        owner[piece.members] = number
    ends = owner[land.edges]
    inside = np.flatnonzero(land.passable & (ends[:, 0] == ends[:, 1]) & (ends[:, 0] >= 0))
    order = inside[np.argsort(ends[inside, 0], kind="stable")]
    starts = np.searchsorted(ends[order, 0], np.arange(len(pieces) + 1))
    return [order[starts[k] : starts[k + 1]] for k in range(len(pieces))]


def state_pieces(land: Land, pieces: list[Piece], rules: Rules) -> list[Problem]:
    """Return every piece of land as a problem for the engine."""
    edges = share_edges(land, pieces)
    return [
        state_piece(land, piece, borders, rules)
        for piece, borders in zip(pieces, edges, strict=True)
    ]


def state_piece(land: Land, piece: Piece, borders: NDArray[np.int64], rules: Rules) -> Problem:
    """Return a piece of land as a problem for the engine."""
    place = np.full(land.size, -1, np.int64)
    place[piece.members] = np.arange(len(piece.members))
    klasses, classes = np.unique(land.klass[piece.members], return_inverse=True)
    pairs = [band_pair(land, rules, int(klass), piece.community) for klass in klasses]
    bands = BandTable(
        np.array([[wish.lower, wish.upper] for wish, _ in pairs], np.int64),
        np.array([[hard.lower, hard.upper] for _, hard in pairs], np.int64),
    )
    groups = land.group[piece.members]
    problem = Problem(
        weights=land.counted[piece.members],
        edges=place[land.edges[borders]],
        costs=land.costs.cuts[borders],
        crossings=land.costs.crossings[borders],
        bands=bands,
        classes=classes.reshape(-1).astype(np.int64),
        shape=Shape(
            land.lengths[borders], land.areas[piece.members], land.perimeters[piece.members]
        ),
        groups=np.where(groups < 0, -1, number_by_first(np.maximum(groups, -1))),
        loads=land.burden.loads[piece.members] if land.burden.names else None,
        load_bands=land.burden.load_bands if land.burden.names else None,
    )
    anchors = anchor_nodes(problem, np.zeros(problem.size, np.bool_))
    return replace(problem, anchors=anchors)


def join_grids(
    land: Land,
    dedicated: NDArray[np.int64],
    pieces: list[Piece],
    zones: list[NDArray[np.int32]],
) -> Division:
    """Give every grid a number, and join land without households to the grid it touches most.

    Parameters
    ----------
    land
        Units and borders.
    dedicated
        Dedicated grid of each unit, -1 for none.
    pieces, zones
        The pieces and their divisions.

    Returns
    -------
    Division
        Every unit in one grid, each grid in one piece.

    Notes
    -----
    Empty land that only touches its community's grids across a river, or only a dedicated grid,
    is served by whoever serves what it touches: general and exclave grids are preferred to
    dedicated ones, then the longest border counts. Empty land that touches none is a grid of its
    own. gridmap's own default.
    """
    grid = np.where(dedicated >= 0, dedicated, -1)
    used = int(dedicated.max(initial=-1)) + 1
    empty = np.zeros(land.size, np.bool_)
    for piece, zone in zip(pieces, zones, strict=True):
        if int(land.counted[piece.members].sum()) == 0:
            empty[piece.members] = True
            continue
        grid[piece.members] = used + zone
        used += int(zone.max()) + 1
    inside = land.same & empty[land.edges].all(axis=1)
    patch = find_pieces(land.edges[inside], land.size)
    attached = _attach_patches(land, grid, empty, patch, dedicated)
    lone = np.flatnonzero(grid < 0)
    grid[lone] = used + number_by_first(patch[lone]) if len(lone) else grid[lone]
    return Division(number_by_first(grid).astype(np.int64), attached)


def _attach_patches(
    land: Land,
    grid: NDArray[np.int64],
    empty: NDArray[np.bool_],
    patch: NDArray[np.int32],
    dedicated: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Give each patch of empty land to a grid of its community that it touches; in place."""
    meeting = land.same & (empty[land.edges[:, 0]] != empty[land.edges[:, 1]])
    touch: dict[int, dict[int, float]] = {}
    for border in np.flatnonzero(meeting):
        a, b = land.edges[border]
        bare, served = (a, b) if empty[a] else (b, a)
        reach = touch.setdefault(int(patch[bare]), {})
        reach[int(grid[served])] = reach.get(int(grid[served]), 0.0) + float(land.lengths[border])
    own = set(dedicated[dedicated >= 0].tolist())
    attached = []
    for bare, reach in sorted(touch.items()):
        best = min(reach, key=lambda g: (g in own, -reach[g], g))
        members = np.flatnonzero((patch == bare) & empty)
        grid[members] = best
        attached.append(members)
    return np.sort(np.concatenate(attached)) if attached else np.zeros(0, np.int64)


def find_hosts(land: Land, grid: NDArray[np.int64]) -> dict[int, int]:
    """Return the community that each part of detached land has the longest border with.

    Parameters
    ----------
    land
        Units and borders.
    grid
        Grid of each unit.

    Returns
    -------
    dict
        Number of an exclave grid -> position of its host community; grids whose part touches no
        other community are left out.

    Notes
    -----
    Source: FIELD.md section 4: a detached part has an owner and hosts.
    """
    across = np.flatnonzero(~land.same)
    reach: dict[int, dict[int, float]] = {}
    for border in across:
        for here, there in (land.edges[border], land.edges[border][::-1]):
            if land.detached[here]:
                row = reach.setdefault(int(land.part[here]), {})
                host = int(land.community[there])
                row[host] = row.get(host, 0.0) + float(land.lengths[border])
    hosts = {}
    for unit in np.flatnonzero(land.detached):
        row = reach.get(int(land.part[unit]), {})
        if row:
            hosts[int(grid[unit])] = min(row, key=lambda c: (-row[c], c))
    return hosts
