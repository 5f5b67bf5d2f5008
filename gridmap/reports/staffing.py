"""The duty table: by role, who answers for which grids, and which grids have nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gridmap.reports.cleaning import clean_text
from gridmap.reports.columns import Column, Sheet, Value
from gridmap.reports.facts import BETWEEN_NAMES, household_column
from gridmap.rosters import ROLES, list_vacant
from gridmap.terms import TERMS

if TYPE_CHECKING:
    from gridmap.model import Plan
    from gridmap.rosters import Duty

EMPLOYMENTS = {"full_time": "专职", "part_time": "兼职", "": ""}
SERVING, VACANT = "在岗", "空缺"
PERSON = ("person", "phone", "employment", "starts", "ends")
Zone = tuple[str, str]


def list_duty_sheet(facts: pd.DataFrame, plan: Plan, duty: Duty | None) -> Sheet:
    """Return the duty table: in each role a row a person, then a row a grid without one.

    Parameters
    ----------
    facts
        As of `gridmap.reports.facts.gather_facts`.
    plan
        The plan that they are of.
    duty
        Who serves; without it every grid has a row in every role, with an empty name.

    Returns
    -------
    Sheet
        In every role the grids of all rows are those of the plan. Micro-grid workers answer for
        micro-grids, where the plan has them.
    """
    has_phones = duty is not None and duty.has_phones
    columns = (
        Column("职务", "Role", "label", 14),
        Column("姓名", "Person", "text", 14),
        Column("专兼职", "Employment", "label", 12),
        *([Column("电话", "Phone", "id", 16)] if has_phones else []),
        Column("状态", "Status", "label", 8),
        Column("网格数", "Grids", "number"),
        Column("网格/微网格编码", "Codes", "id", 40),
        Column("网格/微网格名称", "Names", "text", 48),
        household_column(plan),
        Column("任职起", "From", "label", 12),
        Column("任职止", "To", "label", 12),
    )
    zones = _describe(facts, plan)
    rows: list[tuple[Value, ...]] = []
    for role in ROLES:
        rows += _serving_rows(role, zones, duty, has_phones=has_phones)
        rows += _vacant_rows(role, zones, plan, duty, has_phones=has_phones)
    return Sheet("责任", "Duties", columns, tuple(rows))


def _describe(facts: pd.DataFrame, plan: Plan) -> dict[Zone, tuple[str, str, int]]:
    """Return (level, id) -> code, name and households.

    Texts are cleaned before they are joined: what they lose is counted where they stand alone.
    """
    frames = [("grid", facts), ("micro_grid", plan.micro_grids)]
    return {
        (level, str(zone)): (clean_text(str(code))[0], clean_text(str(name))[0], int(households))
        for level, frame in frames
        if frame is not None
        for zone, code, name, households in zip(
            frame.index, frame["code"], frame["name"], frame["households"], strict=True
        )
    }


def _serving_rows(
    role: str, zones: dict[Zone, tuple[str, str, int]], duty: Duty | None, *, has_phones: bool
) -> list[tuple[Value, ...]]:
    if duty is None:
        return []
    mine = duty.posts[duty.posts["role"] == role]
    rows = []
    for who, posts in mine.groupby(list(PERSON), sort=False):
        person, phone, employment, starts, ends = (str(part) for part in who)
        own = list(dict.fromkeys(zip(posts["level"], posts["zone_id"], strict=True)))
        told = (person, EMPLOYMENTS[employment], *([phone] if has_phones else []), SERVING)
        rows.append((TERMS[role].zh, *told, *_tell(own, zones), starts, ends))
    return rows


def _vacant_rows(
    role: str,
    zones: dict[Zone, tuple[str, str, int]],
    plan: Plan,
    duty: Duty | None,
    *,
    has_phones: bool,
) -> list[tuple[Value, ...]]:
    """Return a row for each grid with nobody in a role; micro-grids of one grid share it."""
    posts = pd.DataFrame({"level": [], "zone_id": [], "role": []}) if duty is None else duty.posts
    owners = {} if plan.micro_grids is None else plan.micro_grids["grid_id"].to_dict()
    together: dict[str, list[Zone]] = {}
    for level, zone in list_vacant(plan, posts, role):
        together.setdefault(str(owners.get(zone, zone)), []).append((level, zone))
    status = "" if duty is None else VACANT
    told = ("", "", *([""] if has_phones else []), status)
    return [(TERMS[role].zh, *told, *_tell(own, zones), "", "") for own in together.values()]


def _tell(own: list[Zone], zones: dict[Zone, tuple[str, str, int]]) -> tuple[Value, ...]:
    facts = [zones[zone] for zone in own]
    return (
        len(own),
        BETWEEN_NAMES.join(code for code, _, _ in facts),
        BETWEEN_NAMES.join(name for _, name, _ in facts),
        sum(households for _, _, households in facts),
    )
