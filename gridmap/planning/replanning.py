"""The plan of today on new data or by new rules, with the least change (动态调整)."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridmap.errors import InvalidOption
from gridmap.findings import Finding, FindingKind, sort_findings
from gridmap.model import Plan, ignore_progress
from gridmap.planning.anchoring import anchor_nodes
from gridmap.planning.changes import tell_changes
from gridmap.planning.dedicated import Carving, carve_sites, find_fault, find_site_pieces
from gridmap.planning.drafting import Division, Piece, find_land_pieces, share_edges, state_piece
from gridmap.planning.framing import Draft, Identities, frame_grids
from gridmap.planning.identities import match_zones
from gridmap.planning.land import Land, read_land
from gridmap.planning.locking import LOCKED_OUTSIDE, Locks, read_locks, state_conflicts
from gridmap.planning.mending import mend_zones
from gridmap.planning.numbering import make_grid_id
from gridmap.planning.overlaying import overlay_grids
from gridmap.planning.planner import tell_about
from gridmap.planning.problems import find_pieces, number_by_first
from gridmap.planning.reasons import choose_band, state_arithmetic
from gridmap.planning.solving import Search, seed_from

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from gridmap.model import Progress, Territory
    from gridmap.rules import Rules

REPLAN_SUMMARY = FindingKind(
    "replan_summary",
    "info",
    en="{count} of {grids} grids of the earlier plan were changed ({split} split, {merged} merged, "
    "{redrawn} redrawn), {new} new, {retired} retired; {households} households "
    "({share} %) have another grid than before.",
    zh="原方案 {grids} 个网格中有 {count} 个发生变化（拆分 {split}、合并 {merged}、"
    "调整 {redrawn}），新增 {new} 个，撤销 {retired} 个；{households} 户（{share} %）改属其他网格。",
    cure_en="See the table 'changes' of the plan for each grid and its cause.",
    cure_zh="逐个网格的变化及原因见方案的 changes 表。",
)
REPLAN_UNMENDED = FindingKind(
    "replan_unmended",
    "warning",
    en="{count} grid(s) that the new data or rules put outside their band are still outside; each "
    "grid names the reason: {places}",
    zh="{count} 个网格因新数据或新规则超出区间且未能调整到位，原因见各网格：{places}",
    cure_en="Unlock neighbours, move the community border, or accept these grids.",
    cure_zh="可解除相邻网格的锁定、微调社区边界，或接受这些网格。",
)
GRIDS_RETIRED = FindingKind(
    "grids_retired",
    "info",
    en="{count} grid(s) of the earlier plan are no more; their ids and codes are not used again: "
    "{places}",
    zh="原方案中 {count} 个网格已撤销，其编号和代码不再使用：{places}",
    cure_en="See the table 'changes': to_ids names the grids that took their units.",
    cure_zh="接收其单元的网格见 changes 表的 to_ids 列。",
)
FINDING_KINDS = (REPLAN_SUMMARY, REPLAN_UNMENDED, GRIDS_RETIRED)


@dataclass(frozen=True)
class _Past:
    """The earlier plan on the new units, by position.

    ``names`` old grid ids, sorted; ``home`` position in it of each unit's old grid, -1 for none;
    ``kinds`` kind of each old grid; ``households`` of the units.
    """

    names: list[str]
    home: NDArray[np.int64]
    kinds: NDArray[np.object_]


def replan(
    plan: Plan,
    territory: Territory | None = None,
    *,
    rules: Rules | None = None,
    locks: Iterable[str] = (),
    seed: int = 7,
    time_limit_s: float | None = None,
    progress: Progress = ignore_progress,
) -> Plan:
    """Bring a plan up to date with the least change: what is still valid stays as it is.

    Parameters
    ----------
    plan
        The earlier plan.
    territory
        The units of today; those of the plan where only the rules change.
    rules
        The rules of today; those of the plan unless given.
    locks
        Ids of grids (``grid_id`` or code) that keep exactly their units, and of units that stay
        in their grid. Nothing that is drawn breaks a lock.
    seed
        The same input and seed give the same plan on any machine.
    time_limit_s
        Cuts the mending short, in seconds.
    progress
        Called as ``progress("plan", done, total)`` with numbers of units.

    Returns
    -------
    Plan
        The grids of the earlier plan with their ids, codes and names, as far as they are still in
        one piece and inside their band; only the others, and what neighbours are needed to mend
        them, are redrawn. ``changes`` tells what became of each. New grids get new ids, and
        serials after the greatest that was used.

    Raises
    ------
    InvalidOption
        When the territory has no units, or the time limit is not positive.
    UnknownName
        When a lock names neither a grid nor a unit.

    Notes
    -----
    The aim is lexicographic: zones outside their band, households moved to another grid, zones
    touched, and only then what the engine weighs. A wished (soft) band that is not met is no
    reason for a change. Source: FIELD.md section 1 (Qibin: dynamic adjustment) and section 3 (a
    grid keeps its identity; codes change only on request). docs/replan.md tells how.

    Examples
    --------
    >>> import gridmap
    >>> from gridmap.testing import draw_territory
    >>> rules = gridmap.Rules.preset()
    >>> plan = gridmap.make_plan(draw_territory("AABB\\nAABB", households=100), rules=rules)
    >>> again = replan(plan, draw_territory("AABB\\nAABB", households=110))
    >>> again.changes["change"].tolist(), again.assignment.equals(plan.assignment)
    (['U', 'U'], True)
    """
    territory = plan.territory if territory is None else territory
    rules = plan.rules if rules is None else rules
    if territory.units.frame.empty or (time_limit_s is not None and not time_limit_s > 0):
        raise InvalidOption(
            "A plan needs at least one unit and a time limit above 0.",
            "划分至少需要一个单元，且时间上限须大于 0。",
        )
    land = read_land(territory)
    progress("plan", 0, land.size)
    overlay = overlay_grids(plan, territory)
    held = read_locks(locks, plan, overlay.grid)
    past = _read_past(plan, overlay.grid)
    carving, trouble = _carve_again(plan, territory, land, past, held, rules)
    reserved = _reserve_locked(carving.number, past, held)
    pieces = find_land_pieces(land, reserved)
    search = Search(seed=seed, time_limit_s=time_limit_s)
    zones = _mend_pieces(land, pieces, past, held, rules, search, progress)
    division = _join_kept(land, reserved, pieces, zones, past, held)
    numbers = _name_grids(land, division.grid, carving, past, held)
    known = _identify(plan, land, division.grid, numbers, past, held)
    titles = territory.units.communities["name"].astype(str).to_dict()
    said = [*overlay.findings, *held.findings, *trouble, *carving.findings]
    said += state_arithmetic(land, pieces, rules, titles=titles)
    draft = Draft(territory, land, rules, carving, pieces, division)
    grids, assignment, more = frame_grids(draft, known)
    troubles = _find_troubles(plan, land, past, held, carving, rules, overlay.moved_community)
    changes = tell_changes(
        plan,
        grids,
        assignment,
        overlay.grid,
        households=territory.units.frame["households"],
        troubles=troubles,
    )
    said += _sum_up(plan, grids, changes, assignment, overlay.grid, troubles, held)
    progress("plan", land.size, land.size)
    return Plan(
        grids=grids,
        territory=territory,
        assignment=assignment,
        rules=rules,
        findings=sort_findings([*territory.findings, *said, *more]),
        about=tell_about(territory, rules, seed) | {"replanned_from": hash_assignment(plan)},
        changes=changes,
    )


def hash_assignment(plan: Plan) -> str:
    """Return a hash of which unit is in which grid, to know a plan by.

    Examples
    --------
    >>> import gridmap
    >>> from gridmap.testing import draw_territory
    >>> toy = draw_territory("AAAA", households=100)
    >>> len(hash_assignment(gridmap.make_plan(toy, rules=gridmap.Rules.preset())))
    64
    """
    rows = zip(plan.assignment.index, plan.assignment, strict=True)
    text = "\x1e".join(f"{unit}\x1f{grid}" for unit, grid in rows)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _read_past(plan: Plan, homes: pd.Series[str]) -> _Past:
    names = sorted(str(name) for name in plan.grids.index)
    home = pd.Index(names).get_indexer(pd.Index(homes)).astype(np.int64)
    kinds = plan.grids["kind"].reindex(names).to_numpy(object)
    return _Past(names, home, kinds)


def _carve_again(
    plan: Plan, territory: Territory, land: Land, past: _Past, locks: Locks, rules: Rules
) -> tuple[Carving, list[Finding]]:
    """Return today's dedicated grids: those that may stay, and sites that became eligible."""
    dedicated = np.zeros(land.size, np.bool_)
    known = past.home >= 0
    dedicated[known] = past.kinds[past.home[known]] == "dedicated"
    locked = _mark_locked(past, locks)
    barred = ~dedicated & (locked | _mark_refused(plan, land))
    pieces = [p for p in find_site_pieces(land) if not dedicated[p].any() and locked[p].any()]
    sites = territory.units.sites
    clash = [
        str(land.site[p[0]])
        for p in pieces
        if not find_fault(land, p, sites, str(land.site[p[0]]), rules)
        and str(land.site[p[0]]) not in plan.territory.units.sites.index
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


def _mark_locked(past: _Past, locks: Locks) -> NDArray[np.bool_]:
    """Return whether each unit lies in a locked grid."""
    chosen = np.array([name in locks.grids for name in [*past.names, ""]], np.bool_)
    return chosen[past.home]


def _mark_refused(plan: Plan, land: Land) -> NDArray[np.bool_]:
    """Return the units of sites that were eligible before, too, and yet were not dedicated."""
    before = read_land(plan.territory)
    sites = plan.territory.units.sites
    taken = set(plan.grids["site_id"].astype(str)) - {""}
    refused = {
        site
        for piece in find_site_pieces(before)
        if (site := str(before.site[piece[0]])) not in taken
        and not find_fault(before, piece, sites, site, plan.rules)
    }
    return np.array([str(site) in refused for site in land.site], np.bool_)


def _reserve_locked(dedicated: NDArray[np.int64], past: _Past, locks: Locks) -> NDArray[np.int64]:
    """Return the number of every grid that is not searched: dedicated and locked ones."""
    reserved = dedicated.copy()
    used = int(dedicated.max(initial=-1)) + 1
    for number, name in enumerate(past.names):
        rows = (past.home == number) & (reserved < 0)
        if name in locks.grids and rows.any():
            reserved[rows] = used
            used += 1
    return reserved


def _mend_pieces(
    land: Land,
    pieces: list[Piece],
    past: _Past,
    locks: Locks,
    rules: Rules,
    search: Search,
    progress: Progress,
) -> list[NDArray[np.int32]]:
    """Return the zones of every piece: today's, mended where need be."""
    started = time.monotonic()
    edges = share_edges(land, pieces)
    dedicated = past.kinds == "dedicated"
    home = np.where(dedicated[past.home] & (past.home >= 0), -1, past.home)
    zones, done = [], 0
    for piece, borders in zip(pieces, edges, strict=True):
        zones.append(np.zeros(len(piece.members), np.int32))
        done += len(piece.members)
        if int(land.households[piece.members].sum()) == 0:
            continue
        problem = state_piece(land, piece, borders, rules)
        today = home[piece.members]
        current = np.where(today < 0, -1, number_by_first(np.maximum(today, -1)))
        problem = replace(problem, current=current.astype(np.int64))
        fixed = locks.units[piece.members] & (today >= 0)
        problem = replace(problem, anchors=anchor_nodes(problem, fixed))
        first = str(land.ids[piece.members[0]])
        left = search.time_limit_s
        if left is not None:
            left = max(0.0, left - (time.monotonic() - started))
        own = seed_from(search.seed, land.communities[piece.community], first)
        zones[-1] = mend_zones(problem, Search(seed=own, time_limit_s=left))
        progress("plan", done, land.size)
    return zones


def _join_kept(
    land: Land,
    reserved: NDArray[np.int64],
    pieces: list[Piece],
    zones: list[NDArray[np.int32]],
    past: _Past,
    locks: Locks,
) -> Division:
    """Number the grids; land without households stays with its old grid where that is beside it.

    Otherwise it goes to the grid of its community with the longest border, or is a grid of its
    own where it was one, or touches none that may take it.
    """
    grid = reserved.copy()
    used = int(reserved.max(initial=-1)) + 1
    empty = np.zeros(land.size, np.bool_)
    for piece, zone in zip(pieces, zones, strict=True):
        if int(land.households[piece.members].sum()) == 0:
            empty[piece.members] = True
            continue
        grid[piece.members] = used + zone
        used += int(zone.max()) + 1
    ends, home = land.edges, past.home
    inside = land.same & empty[ends].all(axis=1) & (home[ends[:, 0]] == home[ends[:, 1]])
    patch = find_pieces(land.edges[inside], land.size)
    closed = set(grid[_mark_locked(past, locks) & (reserved >= 0)].tolist())
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
    past: _Past,
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


def _name_grids(
    land: Land, grid: NDArray[np.int64], carving: Carving, past: _Past, locks: Locks
) -> NDArray[np.int64]:
    """Return for each grid the position of the old grid whose identity it keeps, or -1."""
    present = np.unique(past.home[past.home >= 0])
    many = int(grid.max()) + 1
    carved = np.zeros(many, np.bool_)
    carved[grid[carving.number >= 0]] = True
    allowed = (past.kinds[present] == "dedicated")[:, None] == carved[None, :]
    fixed = (locks.units | _mark_locked(past, locks)) & (past.home >= 0)
    return match_zones(past.home, grid, land.households, allowed=allowed, fixed=fixed)


def _identify(
    plan: Plan,
    land: Land,
    grid: NDArray[np.int64],
    numbers: NDArray[np.int64],
    past: _Past,
    locks: Locks,
) -> Identities:
    """Return ids, codes and names: those of old grids that go on, and fresh ids for new ones."""
    old = plan.grids
    taken = set(past.names)
    ids: list[str] = []
    for number, source in enumerate(numbers.tolist()):
        if source >= 0:
            ids.append(past.names[source])
            continue
        units = np.flatnonzero(grid == number)
        owner = land.communities[int(land.community[units[0]])]
        rows = [str(unit) for unit in land.ids[units]]
        made = make_grid_id(owner, rows)
        while made in taken:
            rows.append("")
            made = make_grid_id(owner, rows)
        taken.add(made)
        ids.append(made)
    kept = [name for name in ids if name in old.index]
    return Identities(
        ids=np.array(ids, object),
        codes=old["code"].astype(str).loc[kept].to_dict(),
        names=old["name"].astype(str).loc[kept].to_dict(),
        serials=_find_serials(plan),
        locked=locks.grids,
    )


def _find_serials(plan: Plan) -> dict[str, int]:
    """Return the greatest serial number used in each community, retired grids included."""
    known = [(plan.grids["community_id"], plan.grids["code"])]
    if plan.changes is not None:
        retired = plan.changes[plan.changes["status"] == "retired"]
        known.append((retired["community_id"], retired["code"]))
    last: dict[str, int] = {}
    for owners, codes in known:
        for owner, code in zip(owners.astype(str), codes.astype(str), strict=True):
            serial = code.removeprefix(owner)
            if code.startswith(owner) and serial.isascii() and serial.isdecimal():
                last[owner] = max(last.get(owner, 0), int(serial))
    return last


def _find_troubles(
    plan: Plan,
    land: Land,
    past: _Past,
    locks: Locks,
    carving: Carving,
    rules: Rules,
    left: pd.Series[bool],
) -> dict[str, str]:
    """Return why an old grid could not stay as it was, by its id; ``locked`` for locked ones."""
    lost = set(plan.assignment.reindex(left.index[left.to_numpy()]).dropna().astype(str))
    crossable = land.passable & (past.home[land.edges[:, 0]] == past.home[land.edges[:, 1]])
    served = find_pieces(land.edges[crossable], land.size)
    troubles: dict[str, str] = {}
    order = np.argsort(past.home, kind="stable")
    starts = np.searchsorted(past.home[order], np.arange(len(past.names) + 1))
    for number, name in enumerate(past.names):
        units = order[starts[number] : starts[number + 1]]
        if name in locks.grids:
            troubles[name] = "locked"
        elif len(units) == 0:
            continue
        elif past.kinds[number] == "dedicated":
            if (carving.number[units] < 0).all():
                troubles[name] = "site_closed"
        elif (carving.number[units] >= 0).any():
            troubles[name] = "site_opened"
        else:
            hard = choose_band(land, rules, units)[1]
            total = int(land.households[units].sum())
            homes = units[land.households[units] > 0]
            if total > hard.upper:
                troubles[name] = "above"
            elif len(np.unique(served[homes])) > 1:
                troubles[name] = "parted"
            elif total < hard.lower:
                troubles[name] = "below"
        if name in lost and name not in troubles:
            troubles[name] = "community"
    return troubles


def _sum_up(
    plan: Plan,
    grids: pd.DataFrame,
    changes: pd.DataFrame,
    assignment: pd.Series[str],
    homes: pd.Series[str],
    troubles: dict[str, str],
    locks: Locks,
) -> list[Finding]:
    """Say how much changed, what is still outside its band, and which grids are no more."""
    old = changes[changes["status"] != "new"]
    touched = old[old["change"] != "U"]
    moved = int(changes["households_in"].sum())
    total = int(grids["households"].sum())
    counts = old["change"].value_counts()
    said = [
        REPLAN_SUMMARY.found(
            touched["code"],
            grids=len(plan.grids),
            split=int(counts.get("S", 0)),
            merged=int(counts.get("M", 0)),
            redrawn=int(counts.get("X", 0)),
            new=int((changes["status"] == "new").sum()),
            retired=int((changes["status"] == "retired").sum()),
            households=moved,
            share=f"{100 * moved / max(1, total):.2f}",
        )
    ]
    outside = grids[~grids["in_band"].astype(bool)]
    broken = [g for g, why in troubles.items() if why in {"above", "below", "parted"}]
    heirs = set(assignment[homes.isin(broken).to_numpy()].astype(str))
    before = set(plan.grids.index[~plan.grids["in_band"].astype(bool)].astype(str))
    unmended = [g in heirs and g not in before for g in outside.index]
    for kind, codes in (
        (REPLAN_UNMENDED, outside["code"][unmended]),
        (LOCKED_OUTSIDE, outside["code"][outside.index.isin(list(locks.grids))]),
        (GRIDS_RETIRED, changes["code"][changes["status"] == "retired"]),
    ):
        if len(codes):
            said.append(kind.found(sorted(codes)))
    stays = homes[locks.units]
    parted = [str(u) for u, g in stays.items() if assignment[u] != g]
    return said + state_conflicts({"parted": parted} if parted else {})
