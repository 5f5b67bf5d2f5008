"""The registration table, and old grids beside those that took their place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from gridmap.reports.cleaning import clean_text
from gridmap.reports.columns import Column, Sheet, Value
from gridmap.reports.facts import BETWEEN_NAMES, household_column, list_records
from gridmap.scoring import compare_plans
from gridmap.scoring.telling import CODE_WORDS
from gridmap.terms import TERMS

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from gridmap.findings import Finding
    from gridmap.model import Plan

STATUS_WORDS = {"kept": "沿用", "new": "新设", "retired": "撤销"}


class Fate(NamedTuple):
    """What became of a grid: its code and name then, and its grids on the other side, by id."""

    code: str
    name: str
    households: int
    change: str
    status: str
    others: tuple[str, ...]
    cause: str = ""
    cause_en: str = ""


@dataclass(frozen=True)
class Trace:
    """Grids of before and of after, by their ids, each with its `Fate`."""

    olds: dict[str, Fate]
    news: dict[str, Fate]
    findings: tuple[Finding, ...] = ()


def trace_grids(plan: Plan, before: Plan | None = None) -> Trace | None:
    """Return which old grids each grid comes from, and what became of each; None if unknown.

    Parameters
    ----------
    plan
        The plan of today.
    before
        An earlier plan of the same land, compared by households and land
        (`gridmap.scoring.compare_plans`); by default what ``plan.changes`` tells.

    Examples
    --------
    >>> import gridmap
    >>> from gridmap.testing import draw_territory
    >>> plan = gridmap.make_plan(draw_territory("AAAA", households=100),
    ...                          rules=gridmap.Rules.preset())
    >>> trace_grids(plan) is None
    True
    >>> [fate.change for fate in trace_grids(plan, plan).news.values()]
    ['U']
    """
    if before is not None:
        return _trace_comparison(plan, before)
    return None if plan.changes is None else _trace_changes(plan, plan.changes)


def _trace_comparison(plan: Plan, before: Plan) -> Trace:
    told = compare_plans(before, plan)
    sides: dict[str, dict[str, Fate]] = {"before": {}, "after": {}}
    plans = {"before": before, "after": plan}
    for row in _dicts(told.changes):
        side, grid = str(row["side"]), str(row["id"])
        others = [str(row["same_id"]), *str(row["other_ids"]).split(";")]
        sides[side][grid] = Fate(
            code=str(plans[side].grids["code"].get(grid, "")),
            name=str(row["name"]),
            households=int(row["households"]),
            change=str(row["change"]),
            status="retired" if row["status"] == "gone" else str(row["status"]),
            others=_ids(others),
        )
    return Trace(sides["before"], sides["after"], told.findings)


def _trace_changes(plan: Plan, changes: pd.DataFrame) -> Trace:
    olds: dict[str, Fate] = {}
    news: dict[str, Fate] = {}
    for grid, row in list_records(changes):
        words = (str(row["change"]), str(row["status"]))
        cause = (str(row["cause"]), str(row["cause_en"]))
        code, name = str(row["code"]), str(plan.grids["name"].get(grid, ""))
        if row["status"] != "retired":
            own = [grid] if row["status"] == "kept" else []
            others = _ids([*own, *str(row["from_ids"]).split(";")])
            news[grid] = Fate(code, name, int(row["households_after"]), *words, others, *cause)
        if row["status"] != "new":
            own = [grid] if row["status"] == "kept" else []
            others = _ids([*own, *str(row["to_ids"]).split(";")])
            olds[grid] = Fate(code, name, int(row["households_before"]), *words, others, *cause)
    return Trace(olds, news)


def _ids(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part for part in ids if part))


def _dicts(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def list_registration_sheets(
    facts: pd.DataFrame, plan: Plan, trace: Trace | None
) -> tuple[Sheet, ...]:
    """Return the registration table; and old grids beside new ones, where old ones are known.

    Parameters
    ----------
    facts
        As of `gridmap.reports.facts.gather_facts`.
    plan
        The plan that they are of.
    trace
        As of `trace_grids`; without it the columns of old grids are empty.

    Notes
    -----
    Source: FIELD.md section 3 (hand-over form: registration table, drawing, old -> new mapping).
    """
    register = _register(facts, plan, trace)
    return (register,) if trace is None else (register, _mapping(plan, trace))


def _register(facts: pd.DataFrame, plan: Plan, trace: Trace | None) -> Sheet:
    first = (
        Column("序号", "No.", "number"),
        Column("网格编码", "Code", "id", 20),
        Column("网格名称", "Name", "text", 28),
        Column("类别", "Kind", "label", 12),
        Column("街道/镇", "Township", "text", 14),
        Column("社区/村", "Community", "text", 16),
        household_column(plan),
        Column("面积（㎡）", "Area (m²)", "m2"),
        Column("变动", "Change", "label", 12),
        Column("原网格编码", "Old codes", "id", 26),
        Column("原网格名称", "Old names", "text", 30),
        Column("变动原因", "Cause (zh)", "text", 30),
    )
    columns = (*first, Column("变动原因（英文）", "Cause", "text", 30))
    rows = []
    for number, (grid_id, row) in enumerate(list_records(facts), start=1):
        fate = None if trace is None else trace.news.get(grid_id)
        olds = [] if fate is None or trace is None else _fates(fate.others, trace.olds)
        rows.append(
            (
                number,
                row["code"],
                row["name"],
                TERMS[row["kind"]].zh,
                row["township"],
                row["community"] or row["community_id"],
                int(row["households"]),
                round(float(row["area_m2"]), 2),
                _word_change(fate),
                _join(old.code for old in olds),
                _join(old.name for old in olds),
                "" if fate is None else fate.cause,
                "" if fate is None else fate.cause_en,
            )
        )
    total: tuple[Value, ...] = (
        "合计",
        f"{len(rows)} 个",
        *[None] * 4,
        int(facts["households"].sum()),
        round(float(facts["area_m2"].sum()), 2),
        *[None] * 5,
    )
    return Sheet("登记", "Registration", columns, tuple(rows), total, printed=len(first))


def _mapping(plan: Plan, trace: Trace) -> Sheet:
    counted = household_column(plan)
    columns = (
        Column("原网格编码", "Old code", "id", 20),
        Column("原网格名称", "Old name", "text", 28),
        Column(f"原{counted.zh}", f"Old {counted.en.lower()}", "number"),
        Column("变动", "Change", "label", 12),
        Column("现网格编码", "New codes", "id", 34),
        Column("现网格名称", "New names", "text", 40),
        Column("现网格数", "New grids", "number"),
        Column("变动原因", "Cause (zh)", "text", 30),
        Column("变动原因（英文）", "Cause", "text", 30),
    )
    rows = []
    for old in trace.olds.values():
        news = _fates(old.others, trace.news)
        rows.append(
            (
                old.code,
                old.name,
                old.households,
                _word_change(old),
                _join(new.code for new in news),
                _join(new.name for new in news),
                len(news),
                old.cause,
                old.cause_en,
            )
        )
    households = sum(old.households for old in trace.olds.values())
    total: tuple[Value, ...] = ("合计", f"{len(rows)} 个", households, *[None] * 6)
    return Sheet("对照", "Old and new", columns, tuple(rows), total, printed=8)


def _fates(ids: tuple[str, ...], known: dict[str, Fate]) -> list[Fate]:
    return [known[grid] for grid in ids if grid in known]


def _join(texts: Iterable[str]) -> str:
    """Join texts, cleaned before: what they lose is counted where they stand alone."""
    return BETWEEN_NAMES.join(clean_text(text)[0] for text in texts if text)


def _word_change(fate: Fate | None) -> str:
    """Return the code of a change in words, and what it means for the grid itself."""
    if fate is None:
        return ""
    words = f"{fate.change} {CODE_WORDS[fate.change][0]}"
    status = STATUS_WORDS.get(fate.status, "")
    return words if fate.status == "kept" else f"{words}（{status}）"
