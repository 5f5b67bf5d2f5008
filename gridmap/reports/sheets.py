"""What stands in each sheet of the tables, as data: columns with two names, and rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from gridmap.boundaries.bound_words import word_four_bounds
from gridmap.boundaries.four_bounds import SIDES
from gridmap.findings import name_places, sort_findings
from gridmap.reports.about import is_estimated, list_about_rows
from gridmap.reports.cleaning import clean_text
from gridmap.reports.columns import NO, NOBODY, YES, Column, Sheet, Value
from gridmap.reports.levels import list_level_sheets
from gridmap.scoring import score_plan
from gridmap.terms import AREA_TYPES, CATEGORIES, TERMS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gridmap.model import Plan, Scorecard

SEVERITY_NAMES = {"error": "错误 error", "warning": "注意 warning", "info": "说明 info"}


def list_sheets(plan: Plan) -> tuple[Sheet, ...]:
    """Return the sheets of a plan's tables.

    Parameters
    ----------
    plan
        Any plan.

    Returns
    -------
    tuple of Sheet
        网格 grids, 社区 communities, 街道 townships (when the communities name any), 微网格
        micro-grids and 联户单元 link units (when drawn), 问题 findings, 说明 about. No resident,
        household or address is in any of them.
    """
    card = score_plan(plan)
    facts = _gather_facts(plan, card)
    townships = [_townships(facts, plan)] if facts["township"].ne("").any() else []
    return (
        _grids(facts, plan),
        _communities(facts, plan),
        *townships,
        *list_level_sheets(plan, _household_column(plan)),
        _findings(plan),
        _about(plan, card),
    )


def _gather_facts(plan: Plan, card: Scorecard) -> pd.DataFrame:
    """Return one row a grid with everything that any sheet tells of it."""
    units = plan.territory.units
    names = units.communities[["name", "township"]]
    grids = pd.DataFrame(plan.grids.drop(columns="geometry"))
    members = units.members[units.members["building_id"] != ""]
    grid_of_member = members["unit_id"].map(plan.assignment)
    buildings = members.groupby(grid_of_member.to_numpy())["building_id"].nunique()
    placed = units.frame[units.frame["compound_id"] != ""]
    grid_of_unit = plan.assignment.reindex(placed.index)
    compounds = placed.groupby(grid_of_unit.to_numpy())["compound_id"].nunique()
    host = grids["host_id"].map(names["name"]).fillna(grids["host_id"])
    # cleaned here: what a name loses is counted in the column of names, not again beside its grid
    bounds = word_four_bounds(plan)["zh"].map(lambda text: clean_text(text)[0]).add_suffix("_bound")
    return grids.assign(
        community=grids["community_id"].map(names["name"]).fillna(""),
        township=grids["community_id"].map(names["township"]).fillna(""),
        host=host,
        buildings=buildings.reindex(grids.index, fill_value=0),
        compounds=compounds.reindex(grids.index, fill_value=0),
        polsby_popper=card.by_grid["polsby_popper"],
        **{str(side): bounds[side] for side in bounds},
        is_general=grids["kind"] == "general",
    )


def _grids(facts: pd.DataFrame, plan: Plan) -> Sheet:
    columns = (
        Column("网格编码", "Code", "id", 20),
        Column("网格名称", "Name", "text", 30),
        Column("类别", "Kind", "label", 14),
        Column("街道/镇", "Township", "text", 16),
        Column("社区/村", "Community", "text", 18),
        _household_column(plan),
        Column("户数区间", "Band", "label", 12),
        Column("达标", "In band", "label", 8),
        Column("楼栋数", "Buildings", "number"),
        Column("小区数", "Compounds", "number"),
        Column("东至", "East to", "text", 18),
        Column("南至", "South to", "text", 18),
        Column("西至", "West to", "text", 18),
        Column("北至", "North to", "text", 18),
        Column("面积（㎡）", "Area (m²)", "m2"),
        Column("备注", "Remark (zh)", "text", 36),
        Column("未达标原因", "Reason", "text", 36),
        Column("城乡", "Area type", "label", 10),
        Column("下限", "Lower", "number"),
        Column("上限", "Upper", "number"),
        Column("周长（米）", "Perimeter (m)", "metres"),
        Column("紧凑度", "Polsby-Popper", "ratio"),
        Column("网格标识", "Grid id", "id", 16),
    )
    rows = tuple(_grid_row(str(grid_id), row) for grid_id, row in _records(facts))
    return Sheet("网格", "Grids", columns, rows, marked=7, printed=16)


def _grid_row(grid_id: str, row: Mapping[str, Any]) -> tuple[Value, ...]:
    general = bool(row["is_general"])
    return (
        row["code"],
        row["name"],
        TERMS[row["kind"]].zh,
        row["township"],
        row["community"] or row["community_id"],
        int(row["households"]),
        f"{row['lower']}-{row['upper']}" if general else "—",
        _answer(row) if general else "—",
        int(row["buildings"]),
        int(row["compounds"]),
        *(row[f"{side}_bound"] for side in SIDES),
        round(float(row["area_m2"]), 2),
        _remark(row),
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


def _household_column(plan: Plan) -> Column:
    """Return the column of households, marked where they are estimates."""
    if plan.about.get("counted") == "persons":
        return Column("人数", "Persons", "number")
    if is_estimated(plan):
        return Column("户数（估算）", "Households (estimated)", "number")
    return Column("户数", "Households", "number")


_COUNTS = (
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
)


def _count(facts: pd.DataFrame) -> tuple[Value, ...]:
    """Return the households of some grids and the values of `_COUNTS`."""
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
    )


def _communities(facts: pd.DataFrame, plan: Plan) -> Sheet:
    columns = (
        Column("社区代码", "Community id", "id", 18),
        Column("社区/村", "Community", "text", 22),
        Column("街道/镇", "Township", "text", 18),
        Column("城乡", "Area type", "label", 10),
        _household_column(plan),
        *_COUNTS,
    )
    by_community = dict(list(facts.groupby("community_id")))
    rows: list[tuple[Value, ...]] = []
    for community_id, row in _records(plan.territory.units.communities.drop(columns="geometry")):
        grids = by_community.get(community_id, facts.iloc[:0])
        area_type = AREA_TYPES[row["area_type"]].zh if row["area_type"] in AREA_TYPES else ""
        rows.append((community_id, row["name"], row["township"], area_type, *_count(grids)))
    total = ("合计", f"{len(rows)} 个", None, None, *_count(facts))
    return Sheet("社区", "Communities", columns, tuple(rows), total)


def _townships(facts: pd.DataFrame, plan: Plan) -> Sheet:
    columns = (
        Column("街道/镇", "Township", "text", 22),
        Column("社区数", "Communities", "number"),
        _household_column(plan),
        *_COUNTS,
    )
    numbers = plan.territory.units.communities["township"].value_counts()
    rows = tuple(
        (name or "（未注明）", int(numbers[name]), *_count(facts[facts["township"] == name]))
        for name in sorted(numbers.index)
    )
    total = ("合计", int(numbers.sum()), *_count(facts))
    return Sheet("街道", "Townships", columns, rows, total)


def _findings(plan: Plan) -> Sheet:
    columns = (
        Column("级别", "Severity", "label", 14),
        Column("数量", "Count", "number"),
        Column("问题", "Finding (zh)", "text", 46),
        Column("办法", "Cure (zh)", "text", 36),
        Column("位置", "Where", "text", 40),
        Column("问题（英文）", "Finding", "text", 46),
        Column("办法（英文）", "Cure", "text", 36),
        Column("代码", "Code", "id", 26),
    )
    rows = tuple(
        (
            SEVERITY_NAMES[finding.severity],
            finding.count,
            finding.zh,
            finding.cure_zh,
            name_places(finding.where, "zh"),
            finding.en,
            finding.cure_en,
            finding.code,
        )
        for finding in sort_findings(plan.findings)
    )
    return Sheet("问题", "Findings", columns, rows, printed=5)


def _about(plan: Plan, card: Scorecard) -> Sheet:
    columns = (
        Column("项目", "Item", "text", 34),
        Column("值", "Value", "label", 40),
        Column("说明", "Meaning (zh)", "text", 60),
        Column("说明（英文）", "Meaning", "text", 60),
    )
    return Sheet("说明", "About", columns, list_about_rows(plan, card), printed=3)


def _records(frame: pd.DataFrame) -> Sequence[tuple[str, Mapping[str, Any]]]:
    """Return (index, row) for each row of a frame."""
    rows: list[Mapping[str, Any]] = [
        {str(key): value for key, value in row.items()} for row in frame.to_dict("records")
    ]
    return [(str(key), row) for key, row in zip(frame.index, rows, strict=True)]
