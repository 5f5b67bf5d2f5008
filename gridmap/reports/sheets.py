"""What stands in each sheet of the tables, as data: columns with two names, and rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridmap.findings import name_places, sort_findings
from gridmap.reports.about import list_about_rows
from gridmap.reports.columns import Column, Sheet
from gridmap.reports.facts import gather_facts, household_column
from gridmap.reports.grids import list_grid_sheet
from gridmap.reports.levels import list_level_sheets
from gridmap.reports.registering import list_registration_sheets, trace_grids
from gridmap.reports.staffing import list_duty_sheet
from gridmap.reports.summaries import list_community_sheet, list_township_sheet
from gridmap.scoring import score_plan

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gridmap.findings import Finding
    from gridmap.model import Plan, Scorecard
    from gridmap.rosters import Duty

SEVERITY_NAMES = {"error": "错误 error", "warning": "注意 warning", "info": "说明 info"}


def list_sheets(
    plan: Plan, *, duty: Duty | None = None, before: Plan | None = None
) -> tuple[Sheet, ...]:
    """Return the sheets of a plan's tables.

    Parameters
    ----------
    plan
        Any plan.
    duty
        Who serves (`gridmap.rosters.match_roster`); without it the columns of persons are empty,
        to be filled in by hand.
    before
        An earlier plan of the same land, from which old grids are told; by default those that
        ``plan.changes`` tells of.

    Returns
    -------
    tuple of Sheet
        网格 grids, 责任 duties, 登记 registration, 对照 old and new (when an earlier plan is
        known), 社区 communities, 街道 townships (when the communities name any), 微网格
        micro-grids and 联户单元 link units (when drawn), 问题 findings, 说明 about. No resident,
        household or address is in any of them.

    Examples
    --------
    >>> import gridmap
    >>> from gridmap.testing import draw_territory
    >>> plan = gridmap.make_plan(draw_territory("AAAA", households=100),
    ...                          rules=gridmap.Rules.preset())
    >>> [sheet.zh for sheet in list_sheets(plan)]
    ['网格', '责任', '登记', '社区', '街道', '问题', '说明']
    """
    card = score_plan(plan)
    facts = gather_facts(plan, card)
    trace = trace_grids(plan, before)
    townships = [list_township_sheet(facts, plan)] if facts["township"].ne("").any() else []
    said = (*plan.findings, *(duty.findings if duty else ()), *(trace.findings if trace else ()))
    return (
        list_grid_sheet(facts, plan, duty),
        list_duty_sheet(facts, plan, duty),
        *list_registration_sheets(facts, plan, trace),
        list_community_sheet(facts, plan),
        *townships,
        *list_level_sheets(plan, household_column(plan), duty),
        _findings(said),
        _about(plan, card, duty),
    )


def _findings(findings: Iterable[Finding]) -> Sheet:
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
        for finding in sort_findings(findings)
    )
    return Sheet("问题", "Findings", columns, rows, printed=5)


def _about(plan: Plan, card: Scorecard, duty: Duty | None) -> Sheet:
    columns = (
        Column("项目", "Item", "text", 34),
        Column("值", "Value", "label", 40),
        Column("说明", "Meaning (zh)", "text", 60),
        Column("说明（英文）", "Meaning", "text", 60),
    )
    return Sheet("说明", "About", columns, list_about_rows(plan, card, duty), printed=3)
