"""Why grids could not stay, and what a new plan says of its changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridmap.findings import Finding, FindingKind
from gridmap.planning.locking import LOCKED_OUTSIDE, Locks, state_conflicts
from gridmap.planning.problems import find_pieces
from gridmap.planning.reasons import choose_band

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from gridmap.model import Plan, Territory, Units
    from gridmap.planning.dedicated import Carving
    from gridmap.planning.keeping import Past
    from gridmap.planning.land import Land
    from gridmap.rules import Rules

REPLAN_SUMMARY = FindingKind(
    "replan_summary",
    "info",
    en="{count} of {grids} grids of the earlier plan were changed ({split} split, {merged} merged, "
    "{redrawn} redrawn), {new} new, {retired} retired; {households} households "
    "as counted today ({share} %) have another grid than before, {known} of them counted before "
    "too.",
    zh="原方案 {grids} 个网格中有 {count} 个发生变化（拆分 {split}、合并 {merged}、"
    "调整 {redrawn}），新增 {new} 个，撤销 {retired} 个；"
    "按现有户数计，{households} 户（{share} %）改属其他网格，其中原方案已计入的有 {known} 户。",
    cure_en="See the table 'changes' of the plan for each grid and its cause.",
    cure_zh="逐个网格的变化及原因见方案的 changes 表。",
)
REPLAN_UNMENDED = FindingKind(
    "replan_unmended",
    "warning",
    en="{count} grid(s) that are outside their band, or in pieces, by the data and rules of today "
    "could not be mended; each grid names the reason: {places}",
    zh="{count} 个网格按现有数据和规则超出户数区间或不连片，未能调整到位，原因见各网格：{places}",
    cure_en="Correct the units or lines there, change the band, or accept these grids.",
    cure_zh="可核对当地单元和界线、调整区间，或接受这些网格。",
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


def find_troubles(
    land: Land, past: Past, locks: Locks, carving: Carving, rules: Rules
) -> dict[str, str]:
    """Return why old grids can't stay as they were: keys of `gridmap.planning.changes.CAUSES`.

    Parameters
    ----------
    land, rules
        The units of today and the bands.
    past
        The earlier plan on them.
    locks, carving
        What may not change, and today's dedicated grids.

    Returns
    -------
    dict
        Old ``grid_id`` -> cause; ``locked`` for every locked grid; none for grids that can stay.
    """
    crossable = land.passable & (past.home[land.edges[:, 0]] == past.home[land.edges[:, 1]])
    served = find_pieces(land.edges[crossable], land.size)
    troubles: dict[str, str] = {}
    order = np.argsort(past.home, kind="stable")
    starts = np.searchsorted(past.home[order], np.arange(len(past.names) + 1))
    for number, name in enumerate(past.names):
        units = order[starts[number] : starts[number + 1]]
        cause = "locked"
        if name not in locks.grids:
            carved = carving.number[units] >= 0
            if past.kinds[number] == "dedicated":
                cause = "site_closed" if len(units) and not carved.any() else ""
            else:
                cause = "site_opened" if carved.any() else _judge(land, units, served, rules)
        if cause:
            troubles[name] = cause
    return troubles


def _judge(land: Land, units: NDArray[np.int64], served: NDArray[np.int32], rules: Rules) -> str:
    """Return whether a general grid's units are above or below its band, or not connected."""
    if len(units) == 0:
        return ""
    hard = choose_band(land, rules, units)[1]
    total = int(land.counted[units].sum())
    if total > hard.upper:
        return "above"
    if len(np.unique(served[units[land.counted[units] > 0]])) > 1:
        return "parted"
    return "below" if total < hard.lower else ""


def sum_up(
    plan: Plan,
    territory: Territory,
    grids: pd.DataFrame,
    changes: pd.DataFrame,
    assignment: pd.Series[str],
    homes: pd.Series[str],
    troubles: dict[str, str],
    locks: Locks,
) -> list[Finding]:
    """Say how much changed, what is still outside its band, and which grids are no more.

    Parameters
    ----------
    plan
        The earlier plan.
    territory
        The units of today.
    grids, changes, assignment
        The new plan's.
    homes
        Old grid of every unit, ``""`` for none.
    troubles
        From `find_troubles`.
    locks
        What was locked.

    Returns
    -------
    list of Finding
        A summary, and what a planner should look at.
    """
    old = changes[changes["status"] != "new"]
    touched = old[old["change"] != "U"]
    moved = int(changes["households_in"].sum())
    strayed = ((homes != "") & (homes != assignment.reindex(homes.index))).to_numpy(bool)
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
            known=_count_known(plan, territory, homes.index[strayed]),
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
    now = assignment.reindex(stays.index)
    parted = [str(unit) for unit in stays.index[(now != stays).to_numpy()]]
    return said + state_conflicts({"parted": parted} if parted else {})


def _count_known(plan: Plan, territory: Territory, moved: pd.Index[str]) -> int:
    """Return how many households of some units the earlier plan counted too.

    By building and household, as `gridmap.scoring.compare_plans` follows them; by unit where
    nothing is known of what stands there.
    """
    now, then = (_list_counts(one) for one in (territory.units, plan.territory.units))
    if len(now) and len(then):
        here = now[now["unit_id"].isin(moved)].groupby("key")["households"].sum()
        before = then.groupby("key")["households"].sum()
    else:
        here = territory.units.frame["households"].reindex(moved)
        before = plan.territory.units.frame["households"]
    both = np.minimum(here.to_numpy(np.int64), before.reindex(here.index, fill_value=0))
    return int(both.sum())


def _list_counts(units: Units) -> pd.DataFrame:
    """Return ``unit_id``, ``households`` and a key of every building, household or bare unit."""
    rows = units.members
    key = rows["building_id"].where(rows["building_id"] != "", rows["household_id"])
    key = key.where(key != "", rows["unit_id"])
    return rows.assign(key=key)[["unit_id", "households", "key"]]
