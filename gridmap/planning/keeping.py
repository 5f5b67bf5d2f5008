"""What of an earlier plan stays outside the search: dedicated and locked grids, and empty land."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridmap.planning.dedicated import Carving, carve_sites, find_fault, find_site_pieces
from gridmap.planning.drafting import Division, Piece
from gridmap.planning.land import Land, read_land
from gridmap.planning.locking import Locks, state_conflicts
from gridmap.planning.problems import find_pieces, number_by_first

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.findings import Finding
    from gridmap.model import Plan, Territory
    from gridmap.rules import Rules


@dataclass(frozen=True)
class Past:
    """The earlier plan on the new units, by position.

    Attributes
    ----------
    names, kinds
        Ids of the old grids, sorted; the kind of each.
    home
        Position in ``names`` of each unit's old grid, -1 for none, shape (n,).
    """

    names: list[str]
    home: NDArray[np.int64]
    kinds: NDArray[np.object_]


def read_past(plan: Plan, homes: pd.Series[str]) -> Past:
    """Return the earlier plan by position.

    Parameters
    ----------
    plan
        The earlier plan.
    homes
        Old grid of every unit of today by sorted ``unit_id``, ``""`` for none.

    Returns
    -------
    Past
        Where its grids are.
    """
    names = sorted(str(name) for name in plan.grids.index)
    home = pd.Index(names).get_indexer(pd.Index(homes)).astype(np.int64)
    kinds = plan.grids["kind"].reindex(names).to_numpy(object)
    return Past(names, home, kinds)


def carve_again(
    plan: Plan, territory: Territory, land: Land, past: Past, locks: Locks, rules: Rules
) -> tuple[Carving, list[Finding]]:
    """Return today's dedicated grids: those that may stay, and sites that became eligible.

    Parameters
    ----------
    plan, past
        The earlier plan, and where its grids are.
    territory, land, rules
        Today's units and rules.
    locks
        What may not change.

    Returns
    -------
    tuple
        The dedicated grids, and findings on sites that locks keep from being one. A site that
        was eligible in the earlier plan and yet was not dedicated stays as it is.
    """
    dedicated = np.zeros(land.size, np.bool_)
    known = past.home >= 0
    dedicated[known] = past.kinds[past.home[known]] == "dedicated"
    locked = mark_locked(past, locks)
    refused = _mark_refused(plan, land)
    barred = ~dedicated & (locked | refused)
    pieces = [p for p in find_site_pieces(land) if not dedicated[p].any() and locked[p].any()]
    sites = territory.units.sites
    clash = [
        str(land.site[p[0]])
        for p in pieces
        if not find_fault(land, p, sites, str(land.site[p[0]]), rules) and not refused[p].any()
    ]
    carving = carve_sites(
        land,
        sites,
        rules,
        kept=dedicated,
        locked=dedicated & (locked | locks.units),
        barred=barred | (locks.units & ~dedicated),
    )
    return carving, state_conflicts({"site": clash} if clash else {})


def mark_locked(past: Past, locks: Locks) -> NDArray[np.bool_]:
    """Return whether each unit lies in a locked grid, shape (n,).

    Parameters
    ----------
    past, locks
        The earlier plan, and what may not change.
    """
    chosen = np.array([name in locks.grids for name in [*past.names, ""]], np.bool_)
    return chosen[past.home]


def _mark_refused(plan: Plan, land: Land) -> NDArray[np.bool_]:
    """Return the units of sites that were eligible before, too, and yet were not dedicated."""
    before = read_land(plan.territory, plan.rules)
    sites = plan.territory.units.sites
    taken = set(plan.grids["site_id"].astype(str)) - {""}
    refused = {
        site
        for piece in find_site_pieces(before)
        if (site := str(before.site[piece[0]])) not in taken
        and not find_fault(before, piece, sites, site, plan.rules)
    }
    return np.array([str(site) in refused for site in land.site], np.bool_)


def reserve_locked(dedicated: NDArray[np.int64], past: Past, locks: Locks) -> NDArray[np.int64]:
    """Return the number of every unit's grid that is not searched: a dedicated or locked one.

    Parameters
    ----------
    dedicated
        Number of each unit's dedicated grid, -1 for none, shape (n,).
    past, locks
        The earlier plan, and what may not change.

    Returns
    -------
    ndarray
        Numbers, those of the dedicated grids first, -1 for units that are searched, shape (n,).
    """
    reserved = dedicated.copy()
    used = int(dedicated.max(initial=-1)) + 1
    for number, name in enumerate(past.names):
        rows = (past.home == number) & (reserved < 0)
        if name in locks.grids and rows.any():
            reserved[rows] = used
            used += 1
    return reserved


def join_kept(
    land: Land,
    reserved: NDArray[np.int64],
    pieces: list[Piece],
    zones: list[NDArray[np.int32]],
    past: Past,
    locks: Locks,
) -> Division:
    """Give grids their numbers; empty land stays with its old grid where that is beside it.

    Otherwise it goes to the grid of its community with the longest border, or is a grid of its
    own where it was one, or touches none that may take it.

    Parameters
    ----------
    land
        The units.
    reserved
        Number of each unit's dedicated or locked grid, -1 for none, shape (n,).
    pieces, zones
        The land that was searched, and its zones.
    past, locks
        The earlier plan, and what may not change.

    Returns
    -------
    Division
        Every unit in one grid.
    """
    grid = reserved.copy()
    used = int(reserved.max(initial=-1)) + 1
    empty = np.zeros(land.size, np.bool_)
    for piece, zone in zip(pieces, zones, strict=True):
        if int(land.counted[piece.members].sum()) == 0:
            empty[piece.members] = True
            continue
        grid[piece.members] = used + zone
        used += int(zone.max()) + 1
    ends, home = land.edges, past.home
    inside = land.same & empty[ends].all(axis=1) & (home[ends[:, 0]] == home[ends[:, 1]])
    patch = find_pieces(land.edges[inside], land.size)
    closed = set(grid[mark_locked(past, locks) & (reserved >= 0)].tolist())
    served = set(home[grid >= 0].tolist())
    waiting = [np.flatnonzero((patch == p) & empty) for p in np.unique(patch[empty])]
    lone = [rows for rows in waiting if home[rows[0]] >= 0 and int(home[rows[0]]) not in served]
    waiting = [rows for rows in waiting if home[rows[0]] < 0 or int(home[rows[0]]) in served]
    attached: list[NDArray[np.int64]] = []
    while waiting:
        taken = [_find_taker(land, grid, rows, past, closed) for rows in waiting]
        if max(taken) < 0:
            break
        for rows, number in zip(waiting, taken, strict=True):
            if number >= 0:
                grid[rows] = number
                attached.append(rows)
        waiting = [rows for rows, number in zip(waiting, taken, strict=True) if number < 0]
    for rows in [*lone, *waiting]:
        grid[rows] = used
        used += 1
    joined = np.sort(np.concatenate(attached)) if attached else np.zeros(0, np.int64)
    return Division(number_by_first(grid).astype(np.int64), joined)


def _find_taker(
    land: Land,
    grid: NDArray[np.int64],
    rows: NDArray[np.int64],
    past: Past,
    closed: set[int],
) -> int:
    """Return the grid beside some empty land that takes it: its old one, or that it touches most.

    General and exclave grids come before dedicated ones, then the longest border counts.
    """
    inside = np.zeros(land.size, np.bool_)
    inside[rows] = True
    meeting = np.flatnonzero(land.same & (inside[land.edges[:, 0]] != inside[land.edges[:, 1]]))
    pairs = land.edges[meeting]
    others = np.where(inside[pairs[:, 0]], pairs[:, 1], pairs[:, 0])
    reach: dict[int, float] = {}
    for other, metres in zip(others, land.lengths[meeting], strict=True):
        number = int(grid[other])
        if number >= 0 and number not in closed:
            reach[number] = reach.get(number, 0.0) + float(metres)
    if not reach:
        return -1
    home = int(past.home[rows[0]])
    own = dict.fromkeys(reach, 0)
    if home >= 0:
        for number in reach:
            own[number] = int(np.count_nonzero((grid == number) & (past.home == home)))
    at_site = {number: bool((land.site[grid == number] != "").all()) for number in reach}
    return min(reach, key=lambda n: (-own[n], at_site[n], -reach[n], n))
