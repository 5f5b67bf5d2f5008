"""Locks (锁定): grids and units that a new plan may not change, by their ids."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridmap.errors import UnknownName
from gridmap.findings import SHOWN_PLACES, Finding, FindingKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    from numpy.typing import NDArray

    from gridmap.model import Plan
    from gridmap.planning.land import Land

LOCK_CONFLICT = FindingKind(
    "lock_conflict",
    "warning",
    en="{count} lock(s) can't be kept in full, because the land itself changed ({why}): {places}",
    zh="{count} 项锁定因用地本身变化无法完全保持（{why_zh}）：{places}",
    cure_en="Check the places named; the rest of each lock is kept.",
    cure_zh="请核对所列位置；锁定的其余部分已保持。",
)
LOCKED_OUTSIDE = FindingKind(
    "locked_outside",
    "info",
    en="{count} locked grid(s) are outside their band and were left so: {places}",
    zh="{count} 个已锁定网格的户数不在区间内，按锁定保留：{places}",
    cure_en="Unlock them to let them be redrawn.",
    cure_zh="如需调整，请先解除锁定。",
)
LOCKS_HELD = FindingKind(
    "locks_held",
    "info",
    en="Locked, and left as they are: {zones} grid(s) and {units} unit(s): {places}",
    zh="已锁定并保持不变：网格 {zones} 个、单元 {units} 个：{places}",
    cure_en="Leave out a lock to let it be redrawn.",
    cure_zh="如需调整，请去掉相应锁定。",
)
LOCK_HINDERS = FindingKind(
    "lock_hinders",
    "warning",
    en="{count} grid(s) are outside their band and hold or border what is locked, so that less "
    "could be done for them: {places}",
    zh="{count} 个网格的户数不在区间内，且含有或紧邻锁定的用地，调整余地受限：{places}",
    cure_en="Unlock what lies beside them, or accept them.",
    cure_zh="可解除相邻的锁定，或接受现状。",
)
FINDING_KINDS = (LOCK_CONFLICT, LOCKED_OUTSIDE, LOCKS_HELD, LOCK_HINDERS)
MOST_NEAR = 3
"""Names offered for one that is not known."""

WHY = {
    "vanished": ("a locked unit is not in the new data", "锁定的单元在新数据中不存在"),
    "homeless": ("a locked unit has no grid to stay in", "锁定的单元没有可保留的原网格"),
    "site": ("a new site lies in a locked grid", "新场所位于锁定网格内"),
    "parted": ("what is locked is no longer in one piece", "锁定的用地不再连片"),
}


@dataclass(frozen=True)
class Locks:
    """What may not change.

    Attributes
    ----------
    grids
        Ids of locked grids: they keep exactly their units.
    units
        Whether each unit of the new territory stays in its grid, shape (n,).
    findings
        Locks that the land itself has broken.
    """

    grids: frozenset[str]
    units: NDArray[np.bool_]
    findings: tuple[Finding, ...]


def read_locks(locks: Iterable[str], plan: Plan, homes: pd.Series[str]) -> Locks:
    """Understand locks: each is a ``grid_id``, a grid's code, or a ``unit_id``.

    Parameters
    ----------
    locks
        Ids, in any order.
    plan
        The earlier plan.
    homes
        Old grid of every unit of the new territory, ``""`` for none, by ``unit_id``.

    Returns
    -------
    Locks
        What may not change.

    Raises
    ------
    UnknownName
        When an id is neither a grid nor a unit of the earlier plan or of the new territory.

    Examples
    --------
    >>> import gridmap
    >>> from gridmap.testing import draw_territory
    >>> toy = draw_territory("AABB", households=200)
    >>> plan = gridmap.make_plan(toy, rules=gridmap.Rules.preset())
    >>> read_locks(["C1001", "r00c03"], plan, plan.assignment).units.tolist()
    [False, False, False, True]
    """
    codes = dict(zip(plan.grids["code"].astype(str), plan.grids.index.astype(str), strict=True))
    place = {str(unit): number for number, unit in enumerate(homes.index)}
    old_units = set(plan.assignment.index.astype(str))
    grids: set[str] = set()
    units = np.zeros(len(homes), np.bool_)
    trouble: dict[str, list[str]] = {}
    unknown: list[str] = []
    for lock in dict.fromkeys(str(item) for item in locks):
        if lock in plan.grids.index or lock in codes:
            grids.add(lock if lock in plan.grids.index else codes[lock])
        elif lock in place and homes.iloc[place[lock]] == "":
            trouble.setdefault("homeless", []).append(lock)
        elif lock in place:
            units[place[lock]] = True
        elif lock in old_units:
            trouble.setdefault("vanished", []).append(lock)
        else:
            unknown.append(lock)
    if unknown:
        raise _complain(unknown, plan, place)
    gone = plan.assignment[plan.assignment.isin(grids)].index.difference(homes.index)
    if len(gone):
        trouble.setdefault("vanished", []).extend(gone.astype(str))
    return Locks(frozenset(grids), units, tuple(state_conflicts(trouble)))


def state_conflicts(trouble: dict[str, list[str]]) -> list[Finding]:
    """Return a finding for each way in which locks could not be kept.

    Parameters
    ----------
    trouble
        Key of `WHY` -> ids.

    Returns
    -------
    list of Finding
        One for each key.
    """
    return [
        LOCK_CONFLICT.found(sorted(set(ids)), why=WHY[key][0], why_zh=WHY[key][1])
        for key, ids in sorted(trouble.items())
    ]


def state_locks(
    locks: Locks, grids: pd.DataFrame, land: Land, owner: NDArray[np.object_]
) -> list[Finding]:
    """Return what was locked, and which grids outside their band it stands in the way of.

    Parameters
    ----------
    locks
        What may not change.
    grids
        The new plan's, by ``grid_id``.
    land
        The units, and which of them one grid may hold together.
    owner
        New grid of each unit, shape (n,).

    Returns
    -------
    list of Finding
        Nothing where nothing is locked.
    """
    closed = np.isin(owner.astype(str), sorted(locks.grids))
    single = locks.units & ~closed
    if not (closed.any() or single.any()):
        return []
    places = [*sorted(locks.grids & set(grids.index)), *land.ids[single]]
    said = [LOCKS_HELD.found(places, zones=len(places) - int(single.sum()), units=single.sum())]
    fixed = closed | single
    outside = set(grids.index[~grids["in_band"].astype(bool)]) - locks.grids
    ends = land.edges[land.passable]
    touched = set(owner[single]).union(*(owner[ends[:, a]][fixed[ends[:, 1 - a]]] for a in (0, 1)))
    hindered = grids.loc[sorted(outside & touched), "code"].astype(str)
    return said + ([LOCK_HINDERS.found(hindered)] if len(hindered) else [])


def _complain(unknown: list[str], plan: Plan, units: Iterable[str]) -> UnknownName:
    """Return the error that says which locks are not known, each with what comes nearest to it."""
    level = plan.about.get("level", "grid")
    zone, zone_zh = ("community", "社区") if level == "community" else ("grid", "网格")
    shown = unknown[:SHOWN_PLACES]
    offers = [_find_near(lock, plan, units) for lock in shown]
    rest = len(unknown) - len(shown)
    en = [f"{lock} (near: {', '.join(near)})" for lock, near in zip(shown, offers, strict=True)]
    zh = [f"{lock}（相近：{'、'.join(near)}）" for lock, near in zip(shown, offers, strict=True)]
    first = next((near[0].split(" ")[0] for near in offers if near), "ID")
    return UnknownName(
        f"{len(unknown)} lock(s) name neither a {zone} nor a unit: {'; '.join(en)}"
        + (f" and {rest} more." if rest else "."),
        f"{len(unknown)} 项锁定既不是{zone_zh}也不是单元：{'；'.join(zh)}"
        + (f"，另有 {rest} 项。" if rest else "。"),
        cure_en=f"give the id or code of a {zone}, or a unit_id, such as {first}",
        cure_zh=f"请填写{zone_zh}的编号、代码或 unit_id，例如 {first}",
    )


def _find_near(lock: str, plan: Plan, units: Iterable[str]) -> list[str]:
    """Return the grids whose code, id or name is like a word, with their names; else units."""
    codes = plan.grids["code"].astype(str)
    names = plan.grids["name"].astype(str)
    labels = [code if name in ("", code) else f"{code} {name}" for code, name in zip(
        codes, names, strict=True)]  # fmt: skip
    known: dict[str, str] = {}
    for words in (codes, plan.grids.index.astype(str), names):
        for word, label in zip(words, labels, strict=True):
            known.setdefault(word, label)
    near = difflib.get_close_matches(lock, list(known), n=MOST_NEAR)
    found = list(dict.fromkeys(known[word] for word in near))
    found = found or difflib.get_close_matches(lock, list(units), n=MOST_NEAR)
    return found or labels[:1]
