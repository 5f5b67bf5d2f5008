"""Locks (锁定): grids and units that a new plan may not change, by their ids."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridmap.errors import UnknownName
from gridmap.findings import Finding, FindingKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    from numpy.typing import NDArray

    from gridmap.model import Plan

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
FINDING_KINDS = (LOCK_CONFLICT, LOCKED_OUTSIDE)

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
        raise _complain(unknown, [*codes, *place])
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


def _complain(unknown: list[str], known: list[str]) -> UnknownName:
    shown = ", ".join(unknown[:5]) + (f" and {len(unknown) - 5} more" if len(unknown) > 5 else "")
    near = next(iter(difflib.get_close_matches(unknown[0], known, n=1)), known[0] if known else "")
    return UnknownName(
        f"{len(unknown)} lock(s) name neither a grid nor a unit: {shown}.",
        f"{len(unknown)} 项锁定既不是网格也不是单元：{shown}。",
        cure_en=f"give a grid_id, a grid's code or a unit_id of the plan, such as {near}",
        cure_zh=f"请填写方案中的 grid_id、网格代码或 unit_id，例如 {near}",
    )
