"""The tables of a plan of communities: a row a community, then a row a township.

Numbers are persons; households stand beside them where the plan tells them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridmap.boundaries.four_bounds import SIDES
from gridmap.estimates import PERSONS_ESTIMATED
from gridmap.level_words import reword_text
from gridmap.reports.columns import NO, YES, Column, Sheet, Value
from gridmap.reports.facts import household_column, list_records
from gridmap.reports.grids import BOUNDS
from gridmap.terms import AREA_TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridmap.level_words import LevelWords
    from gridmap.model import Plan

KINDS = {"general": "社区", "exclave": "社区飞地"}


def list_zone_sheet(facts: pd.DataFrame, plan: Plan) -> Sheet:
    """Return the sheet of communities, a row each, and their sum.

    Parameters
    ----------
    facts
        As of `gridmap.reports.facts.gather_facts`.
    plan
        Of communities.
    """
    households = find_households(plan)
    first = (
        Column("社区代码", "Code", "id", 18),
        Column("社区名称", "Name", "text", 24),
        Column("类别", "Kind", "label", 10),
        Column("街道/镇", "Township", "text", 16),
        household_column(plan),
        *([Column("户数", "Households", "number")] if households is not None else []),
        Column("面积（km²）", "Area (km²)", "km2"),
        Column("人数区间", "Band", "label", 14),
        Column("达标", "In band", "label", 8),
        *(Column(f"{zh}至", f"{en} to", "text", 16) for zh, en in BOUNDS),
        Column("备注", "Remark (zh)", "text", 30),
    )
    rest = (
        Column("未达标原因", "Reason", "text", 36),
        Column("城乡", "Area type", "label", 10),
        Column("楼栋数", "Buildings", "number"),
        Column("小区数", "Compounds", "number"),
        Column("下限", "Lower", "number"),
        Column("上限", "Upper", "number"),
        Column("周长（米）", "Perimeter (m)", "metres"),
        Column("紧凑度", "Polsby-Popper", "ratio"),
        Column("社区标识", "Community id", "id", 16),
    )
    buildings = _count_buildings(plan)
    rows = tuple(
        _row(zone, row, int(buildings.get(zone, 0)), households)
        for zone, row in list_records(facts)
    )
    sums: tuple[Value, ...] = (int(facts["households"].sum()),)
    if households is not None:
        sums = (*sums, int(households.sum()))
    sums = (*sums, round(float(facts["area_m2"].sum()) / 1e6, 6))
    empty = [None] * (len(first) + len(rest) - 4 - len(sums))
    total = ("合计", f"{len(rows)} 个", None, None, *sums, *empty)
    marked = [column.zh for column in first].index("达标")
    columns = (*first, *rest)
    return Sheet("社区", "Communities", columns, rows, total, marked=marked, printed=len(first))


def _row(
    zone: str, row: Mapping[str, Any], buildings: int, households: pd.Series[int] | None
) -> tuple[Value, ...]:
    host = f"位于{row['host']}" if row["host"] else ""
    return (
        row["code"],
        row["name"],
        KINDS[row["kind"]],
        row["community"] or row["township"],
        int(row["households"]),
        *([int(households.get(zone, 0))] if households is not None else []),
        round(float(row["area_m2"]) / 1e6, 6),
        f"{row['lower']}-{row['upper']}",
        YES if row["in_band"] else NO,
        *(row[f"{side}_bound"] for side in SIDES),
        "；".join(text for text in (host, row["reason"]) if text),
        row["reason_en"],
        AREA_TYPES[row["area_type"]].zh if row["area_type"] in AREA_TYPES else row["area_type"],
        buildings,
        int(row["compounds"]),
        int(row["lower"]),
        int(row["upper"]),
        round(float(row["perimeter_m"]), 2),
        round(float(row["polsby_popper"]), 4),
        zone,
    )


def list_parent_sheet(facts: pd.DataFrame, plan: Plan) -> Sheet:
    """Return the sheet of townships, a row each, and their sum.

    Parameters
    ----------
    facts, plan
        As for `list_zone_sheet`.
    """
    households = find_households(plan)
    columns = (
        Column("街道代码", "Township id", "id", 18),
        Column("街道/镇", "Township", "text", 22),
        household_column(plan),
        *([Column("户数", "Households", "number")] if households is not None else []),
        Column("社区数", "Communities", "number"),
        Column("飞地数", "Exclaves", "number"),
        Column("达标社区数", "In band", "number"),
        Column("达标率", "Share in band", "share"),
        Column("最小社区", "Smallest", "number"),
        Column("最大社区", "Largest", "number"),
        Column("平均人数", "Mean", "number"),
        Column("面积（km²）", "Area (km²)", "km2"),
    )
    by_parent = dict(list(facts.groupby("community_id")))
    rows = tuple(
        (parent, row["name"], *_count(by_parent.get(parent, facts.iloc[:0]), households))
        for parent, row in list_records(plan.territory.units.communities.drop(columns="geometry"))
    )
    total = ("合计", f"{len(rows)} 个", *_count(facts, households))
    return Sheet("街道", "Townships", columns, rows, total)


def _count(facts: pd.DataFrame, households: pd.Series[int] | None) -> tuple[Value, ...]:
    general = facts[facts["is_general"]]
    number, inside = len(general), int(general["in_band"].sum())
    persons = general["households"]
    known = [] if households is None else [int(households.reindex(facts.index).sum())]
    return (
        int(facts["households"].sum()),
        *known,
        number,
        len(facts) - number,
        inside,
        inside / number if number else None,
        int(persons.min()) if number else None,
        int(persons.max()) if number else None,
        round(float(persons.mean())) if number else None,
        round(float(facts["area_m2"].sum()) / 1e6, 6),
    )


def find_households(plan: Plan) -> pd.Series[int] | None:
    """Return the households of each community, or None where the plan does not tell them.

    A plan of communities holds persons. Where these were estimated at so many a household, as a
    finding then says, each unit's households follow from its persons; where residents were
    counted, they don't.

    Parameters
    ----------
    plan
        Of communities.

    Examples
    --------
    >>> import gridmap
    >>> from gridmap.testing import draw_territory
    >>> toy = draw_territory("aabb", households=1000, communities="1112")
    >>> plan = gridmap.make_plan(toy, rules=gridmap.Rules.preset(), level="community")
    >>> int(plan.grids["households"].sum()), int(find_households(plan).sum())
    (10480, 4000)
    """
    if not any(finding.code == PERSONS_ESTIMATED.code for finding in plan.findings):
        return None
    factor = plan.rules.communities.persons_per_household
    frame = plan.territory.units.frame
    persons = frame["households"].to_numpy(np.float64)
    households = np.rint(persons / factor)
    if (np.floor(households * factor + 0.5) != persons).any():
        return None
    zone = plan.assignment.reindex(frame.index)
    sums = pd.Series(households, index=frame.index).groupby(zone.to_numpy()).sum()
    return sums.reindex(plan.grids.index, fill_value=0).astype(np.int64)


def _count_buildings(plan: Plan) -> pd.Series[int]:
    """Return the buildings of each community; one whose units are in two counts in both."""
    frame = plan.territory.units.frame
    placed = frame[frame["building_id"] != ""]
    zone = plan.assignment.reindex(placed.index)
    counts: pd.Series[int] = placed.groupby(zone.to_numpy())["building_id"].nunique()
    return counts


def reword_sheet(sheet: Sheet, words: LevelWords) -> Sheet:
    """Return a sheet about grids with the names of its columns in the words of a level.

    A column that then has the name of a later one is dropped: it says the same.

    Parameters
    ----------
    sheet
        Any sheet.
    words
        Of `gridmap.level_words.choose_words`.
    """
    columns = [
        replace(column, zh=reword_text(column.zh, words), en=_reword_en(column.en, words))
        for column in sheet.columns
    ]
    names = [column.zh for column in columns]
    kept = [k for k, name in enumerate(names) if name not in names[k + 1 :]]
    printed = sum(k < sheet.printed for k in kept)
    return replace(
        sheet,
        columns=tuple(columns[k] for k in kept),
        rows=tuple(tuple(row[k] for k in kept) for row in sheet.rows),
        total=tuple(sheet.total[k] for k in kept) if sheet.total else (),
        marked=kept.index(sheet.marked) if sheet.marked in kept else -1,
        printed=printed,
    )


def _reword_en(text: str, words: LevelWords) -> str:
    return reword_text(text, words, language="en")
