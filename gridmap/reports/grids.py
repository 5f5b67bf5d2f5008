"""The sheet of grids: facts, four bounds and the persons in charge, a row a grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridmap.boundaries.four_bounds import SIDES
from gridmap.reports.columns import NO, NOBODY, YES, Column, Sheet, Value
from gridmap.reports.facts import BETWEEN_NAMES, household_column, list_people, list_records
from gridmap.rosters import ROLES
from gridmap.terms import AREA_TYPES, CATEGORIES, TERMS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from gridmap.model import Plan
    from gridmap.rosters import Duty


def list_grid_sheet(facts: pd.DataFrame, plan: Plan, duty: Duty | None) -> Sheet:
    """Return the sheet of grids.

    Parameters
    ----------
    facts
        As of `gridmap.reports.facts.gather_facts`.
    plan
        The plan that they are of.
    duty
        Who serves; without it the columns of persons are empty, to be filled in by hand.
    """
    has_micro = plan.micro_grids is not None
    first = (
        Column("网格编码", "Code", "id", 18),
        Column("网格名称", "Name", "text", 24),
        Column("类别", "Kind", "label", 10),
        Column("社区/村", "Community", "text", 14),
        household_column(plan),
        Column("户数区间", "Band", "label", 12),
        Column("达标", "In band", "label", 8),
        Column("楼栋数", "Buildings", "number"),
        *([Column("微网格数", "Micro-grids", "number")] if has_micro else []),
        *(Column(f"{zh}至", f"{en} to", "text", 16) for zh, en in BOUNDS),
        *(Column(TERMS[r].zh, TERMS[r].en.capitalize(), "text", WIDEST[r]) for r in ROLES),
        Column("备注", "Remark (zh)", "text", 24),
    )
    rest = (
        Column("街道/镇", "Township", "text", 16),
        Column("小区数", "Compounds", "number"),
        Column("面积（㎡）", "Area (m²)", "m2"),
        Column("未达标原因", "Reason", "text", 36),
        Column("城乡", "Area type", "label", 10),
        Column("下限", "Lower", "number"),
        Column("上限", "Upper", "number"),
        Column("周长（米）", "Perimeter (m)", "metres"),
        Column("紧凑度", "Polsby-Popper", "ratio"),
        Column("网格标识", "Grid id", "id", 16),
    )
    below = _list_below(plan)
    rows = tuple(
        _row(grid_id, row, duty, below.get(grid_id, []), has_micro=has_micro)
        for grid_id, row in list_records(facts)
    )
    return Sheet("网格", "Grids", (*first, *rest), rows, marked=6, printed=len(first))


WIDEST = {"grid_head": 12, "grid_worker": 12, "grid_instructor": 12, "micro_grid_worker": 24}
"""Characters of a column of persons: a grid has one head and several micro-grid workers."""
BOUNDS = tuple(zip("东南西北", ("East", "South", "West", "North"), strict=True))
"""In the order of `SIDES`, that of Chinese papers."""


def _list_below(plan: Plan) -> dict[str, list[tuple[str, str]]]:
    """Return grid_id -> (level, id) of its micro-grids."""
    below: dict[str, list[tuple[str, str]]] = {}
    if plan.micro_grids is not None:
        for zone, grid in plan.micro_grids["grid_id"].items():
            below.setdefault(str(grid), []).append(("micro_grid", str(zone)))
    return below


def _row(
    grid_id: str,
    row: Mapping[str, Any],
    duty: Duty | None,
    below: list[tuple[str, str]],
    *,
    has_micro: bool,
) -> tuple[Value, ...]:
    general = bool(row["is_general"])
    people = [list_people(duty, role, [("grid", grid_id), *below]) for role in ROLES]
    return (
        row["code"],
        row["name"],
        TERMS[row["kind"]].zh,
        row["community"] or row["community_id"],
        int(row["households"]),
        f"{row['lower']}-{row['upper']}" if general else "—",
        _answer(row) if general else "—",
        int(row["buildings"]),
        *([int(row["micro_grids"])] if has_micro else []),
        *(row[f"{side}_bound"] for side in SIDES),
        *(BETWEEN_NAMES.join(names) for names in people),
        _remark(row),
        row["township"],
        int(row["compounds"]),
        round(float(row["area_m2"]), 2),
        row["reason_en"],
        AREA_TYPES[row["area_type"]].zh if row["area_type"] in AREA_TYPES else row["area_type"],
        int(row["lower"]) if general else None,
        int(row["upper"]) if general else None,
        round(float(row["perimeter_m"]), 2),
        round(float(row["polsby_popper"]), 4),
        grid_id,
    )


def _answer(row: Mapping[str, Any]) -> str:
    """Return whether a general grid is in its band; land where nobody lives is neither."""
    if row["in_band"]:
        return YES
    return NO if row["households"] else NOBODY


def _remark(row: Mapping[str, Any]) -> str:
    """Return what an official has to know of a grid beyond its figures, in Chinese."""
    category = CATEGORIES[row["category"]].zh if row["category"] in CATEGORIES else ""
    host = f"位于{row['host']}" if row["host"] else ""
    return "；".join(text for text in (category, host, row["reason"]) if text)
