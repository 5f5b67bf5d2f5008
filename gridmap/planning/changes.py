"""What became of every grid: unchanged, split, merged or redrawn, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from gridmap.lineage import code_change, group_zones

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from gridmap.model import Plan

COLUMNS = (
    "code",
    "community_id",
    "status",
    "change",
    "from_ids",
    "to_ids",
    "households_before",
    "households_after",
    "households_in",
    "households_out",
    "units_in",
    "units_out",
    "cause_code",
    "cause",
    "cause_en",
)
JOINED = ";"


class Cause(NamedTuple):
    """Why a grid was touched, in both languages."""

    zh: str
    en: str


CAUSES: Mapping[str, Cause] = {
    "": Cause("", ""),
    "locked": Cause("已锁定，保持不变。", "Locked: nothing changed."),
    "above": Cause("户数超过上限。", "It had more households than its band allows."),
    "below": Cause("户数低于下限。", "It had fewer households than its band asks for."),
    "parted": Cause("用地不再连片。", "Its land was no longer in one piece."),
    "site_opened": Cause("其中新设了专属网格。", "A site in it became a dedicated grid."),
    "site_closed": Cause(
        "专属网格的条件不再满足。", "It was a dedicated grid and may be no longer."
    ),
    "community": Cause("部分用地划归其他社区。", "Some of its land lies in another community now."),
    "newcomers": Cause("新增了用地或楼栋。", "Land or buildings were added to it."),
    "vanished": Cause("其用地在新数据中不存在。", "Its land is not in the new data."),
    "neighbour": Cause("为相邻网格达标而调整。", "It was changed to mend a neighbouring grid."),
}
"""Why a grid is not what it was; the first that applies, in this order."""
ORDER = tuple(CAUSES)


def tell_changes(
    plan: Plan,
    grids: gpd.GeoDataFrame,
    assignment: pd.Series[str],
    homes: pd.Series[str],
    *,
    households: pd.Series[int],
    troubles: Mapping[str, str],
) -> pd.DataFrame:
    """Return what became of every grid of the earlier plan, and where every new one comes from.

    Parameters
    ----------
    plan
        The earlier plan.
    grids, assignment
        Grids by ``grid_id`` and the grid of every unit, of the new plan.
    homes
        Old grid of every unit of the new plan, ``""`` for none.
    households
        Households of every unit.
    troubles
        Old ``grid_id`` -> why it could not stay (a key of `CAUSES`), for those that could not;
        ``locked`` for locked ones. One with the cause ``community`` has lost units.

    Returns
    -------
    DataFrame
        As `gridmap.model.Plan.changes`.

    Notes
    -----
    Old and new grids that share units form groups. One old and one new grid with the same units
    are U; one old grid and several new ones S; several old ones and one new one M; anything else
    X, and so is a grid that took in units that had no grid. Source: issue 3, the least change
    (U, S, M, X); FIELD.md section 3 (the hand-over form with an old -> new mapping). The exact
    definitions are gridmap's own.

    Examples
    --------
    >>> import gridmap
    >>> from gridmap.testing import draw_territory
    >>> toy = draw_territory("AABB", households=200)
    >>> plan = gridmap.make_plan(toy, rules=gridmap.Rules.preset())
    >>> told = tell_changes(plan, plan.grids, plan.assignment, plan.assignment,
    ...                     households=toy.units.frame["households"], troubles={})
    >>> told["change"].tolist()
    ['U', 'U']
    """
    placed = pd.DataFrame({"old": homes.to_numpy(object), "new": assignment.to_numpy(object)})
    placed["households"] = households.reindex(assignment.index).to_numpy(np.int64)
    flows = placed.groupby(["old", "new"], sort=True)["households"].agg(["sum", "size"])
    table = flows.reset_index()
    flow = {
        (str(old), str(new)): (int(households), int(units))
        for old, new, households, units in table.itertuples(index=False)
    }
    fresh = {new for old, new in flow if old == ""}
    old_ids, new_ids = [str(i) for i in plan.grids.index], [str(i) for i in grids.index]
    retired = [name for name in old_ids if name not in grids.index]
    sources = _list_ends(table, "new", "old", new_ids)
    targets = _list_ends(table, "old", "new", old_ids)
    pairs = ((old, new) for new, froms in sources.items() for old in froms)
    groups = group_zones(old_ids, new_ids, pairs)
    rows = []
    for name in [*new_ids, *retired]:
        is_old, is_new = name in targets, name in sources
        froms = sources.get(name, [])
        key = ("new", name) if is_new else ("old", name)
        group = groups[key]
        same = group.olds == group.news and targets.get(name) == [name] and name not in fresh
        change = code_change(group, same=same)
        change = "X" if change == "U" and troubles.get(name) == "community" else change
        causes = [troubles.get(other, "") for other in ([name] if is_old else froms)]
        causes += ["newcomers"] * (name in fresh)
        causes += ["vanished"] * (not is_new and not targets[name])
        cause = _choose_cause(change, causes)
        came = [flow[old, name] for old in froms if old != name]
        went = [flow[name, new] for new in targets.get(name, []) if new != name]
        rows.append(
            {
                "grid_id": name,
                "code": str((grids if is_new else plan.grids)["code"].loc[name]),
                "community_id": str((grids if is_new else plan.grids)["community_id"].loc[name]),
                "status": "kept" if is_old and is_new else "new" if is_new else "retired",
                "change": change,
                "from_ids": JOINED.join(froms),
                "to_ids": JOINED.join(targets[name] if is_old else [name]),
                "households_before": int(plan.grids["households"].loc[name]) if is_old else 0,
                "households_after": int(grids["households"].loc[name]) if is_new else 0,
                "households_in": sum(households for households, _ in came),
                "households_out": sum(households for households, _ in went),
                "units_in": sum(units for _, units in came),
                "units_out": sum(units for _, units in went),
                "cause_code": cause,
                "cause": CAUSES[cause].zh,
                "cause_en": CAUSES[cause].en,
            }
        )
    told = pd.DataFrame(rows, columns=["grid_id", *COLUMNS]).set_index("grid_id")
    numbers = [name for name in COLUMNS if name.startswith(("households", "units"))]
    return told.astype(dict.fromkeys(numbers, np.int64))


def _list_ends(
    table: pd.DataFrame, here: str, there: str, names: list[str]
) -> dict[str, list[str]]:
    """Return for each grid those that share units with it, most households first."""
    found: dict[str, list[str]] = {name: [] for name in names}
    table = table[(table["old"] != "")].sort_values(
        ["sum", "size", there], ascending=[False, False, True], kind="stable"
    )
    for one, other in zip(table[here], table[there], strict=True):
        found[str(one)].append(str(other))
    return found


def _choose_cause(change: str, causes: list[str]) -> str:
    """Return why a grid was touched: the first of the known causes, else a neighbour's need."""
    if change == "U":
        return "locked" if "locked" in causes else ""
    known = [cause for cause in causes if cause not in {"", "locked"}]
    return min(known, key=ORDER.index) if known else "neighbour"
