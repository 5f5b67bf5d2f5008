"""The sheets of communities and townships: grids counted and households summed up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridmap.reports.columns import Column, Sheet, Value
from gridmap.reports.facts import household_column, list_records
from gridmap.terms import AREA_TYPES

if TYPE_CHECKING:
    import pandas as pd

    from gridmap.model import Plan

COUNTS = (
    Column("网格数", "Grids", "number"),
    Column("综合网格", "General", "number"),
    Column("专属网格", "Dedicated", "number"),
    Column("飞地网格", "Exclave", "number"),
    Column("达标综合网格", "General in band", "number"),
    Column("达标率", "Share in band", "share"),
    Column("最小综合网格", "Smallest", "number"),
    Column("最大综合网格", "Largest", "number"),
    Column("平均户数", "Mean", "number"),
    Column("面积（km²）", "Area (km²)", "km2"),
    Column("楼栋数", "Buildings", "number"),
)


def _list_columns(plan: Plan) -> tuple[Column, ...]:
    """Return the columns of counts: `COUNTS`, and what the levels below and the roster add."""
    micro = (Column("微网格数", "Micro-grids", "number"),) if plan.micro_grids is not None else ()
    return (household_column(plan), *COUNTS, *micro)


def _count(facts: pd.DataFrame, plan: Plan) -> tuple[Value, ...]:
    """Return the values of `_list_columns` for some grids."""
    general = facts[facts["is_general"]]
    number = len(general)
    inside = int(general["in_band"].sum())
    return (
        int(facts["households"].sum()),
        len(facts),
        number,
        int((facts["kind"] == "dedicated").sum()),
        int((facts["kind"] == "exclave").sum()),
        inside,
        inside / number if number else None,
        int(general["households"].min()) if number else None,
        int(general["households"].max()) if number else None,
        round(float(general["households"].mean())) if number else None,
        round(float(facts["area_m2"].sum()) / 1e6, 6),
        int(facts["buildings"].sum()),
        *([int(facts["micro_grids"].sum())] if plan.micro_grids is not None else []),
    )


def list_community_sheet(facts: pd.DataFrame, plan: Plan) -> Sheet:
    """Return the sheet of communities, a row each, and their sum.

    Parameters
    ----------
    facts, plan
        As for `gridmap.reports.grids.list_grid_sheet`.
    """
    columns = (
        Column("社区代码", "Community id", "id", 18),
        Column("社区/村", "Community", "text", 22),
        Column("街道/镇", "Township", "text", 18),
        Column("城乡", "Area type", "label", 10),
        *_list_columns(plan),
    )
    by_community = dict(list(facts.groupby("community_id")))
    rows: list[tuple[Value, ...]] = []
    for community_id, row in list_records(
        plan.territory.units.communities.drop(columns="geometry")
    ):
        grids = by_community.get(community_id, facts.iloc[:0])
        area_type = AREA_TYPES[row["area_type"]].zh if row["area_type"] in AREA_TYPES else ""
        rows.append((community_id, row["name"], row["township"], area_type, *_count(grids, plan)))
    total = ("合计", f"{len(rows)} 个", None, None, *_count(facts, plan))
    return Sheet("社区", "Communities", columns, tuple(rows), total)


def list_township_sheet(facts: pd.DataFrame, plan: Plan) -> Sheet:
    """Return the sheet of townships, a row each, and their sum.

    Parameters
    ----------
    facts, plan
        As for `gridmap.reports.grids.list_grid_sheet`.
    """
    columns = (
        Column("街道/镇", "Township", "text", 22),
        Column("社区数", "Communities", "number"),
        *_list_columns(plan),
    )
    numbers = plan.territory.units.communities["township"].value_counts()
    rows = tuple(
        (name or "（未注明）", int(numbers[name]), *_count(facts[facts["township"] == name], plan))
        for name in sorted(numbers.index)
    )
    total = ("合计", int(numbers.sum()), *_count(facts, plan))
    return Sheet("街道", "Townships", columns, rows, total)
