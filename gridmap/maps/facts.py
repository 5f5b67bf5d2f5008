"""What the card says of a grid besides its own columns: buildings, micro-grids, staff, the past."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridmap.errors import UnknownName
from gridmap.maps.few import FEW, class_count, hide_small_numbers
from gridmap.maps.wording import clean_text
from gridmap.terms import TERMS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from gridmap.findings import Finding
    from gridmap.model import Plan
    from gridmap.scoring import Comparison


def count_buildings(plan: Plan) -> list[int] | None:
    """Return the number of buildings of each grid, None where the plan knows none.

    A building whose parts lie in two grids counts in both.

    Examples
    --------
    >>> from gridmap import Rules, make_plan
    >>> from gridmap.testing import draw_territory
    >>> plan = make_plan(draw_territory("AB", households=400), rules=Rules.preset())
    >>> count_buildings(plan)
    [1, 1]
    """
    frame = plan.territory.units.buildings
    if frame is None:
        frame = plan.territory.units.members
    if not {"building_id", "unit_id"} <= set(frame.columns):
        return None
    named = frame[frame["building_id"].astype(str).ne("")]
    if named.empty:
        return None
    grid = named["unit_id"].map(plan.assignment)
    counts = named["building_id"].groupby(grid.to_numpy()).nunique()
    return [int(count) for count in counts.reindex(plan.grids.index).fillna(0)]


def list_micro_grids(plan: Plan) -> dict[str, Any] | None:
    """Return the micro-grids by the position of their grid, None where there are none.

    Returns
    -------
    dict or None
        ``grid`` (positions), ``name``, ``code``, ``households`` (-1 for 1 to 9), by code.
    """
    frame = plan.micro_grids
    if frame is None:
        return None
    place = plan.grids.index.get_indexer(frame["grid_id"])
    frame = frame[place >= 0]
    return {
        "grid": place[place >= 0].tolist(),
        "name": [clean_text(name) for name in frame["name"]],
        "code": [clean_text(code) for code in frame["code"]],
        "households": [class_count(count) for count in frame["households"]],
    }


def list_staff(plan: Plan, staff: Mapping[str, Sequence[tuple[str, str]]]) -> list[list[list[str]]]:
    """Return for each grid its (role in Chinese, role in English, name).

    Raises
    ------
    UnknownName
        When a key is no ``grid_id`` of the plan.

    Examples
    --------
    >>> from gridmap import Rules, make_plan
    >>> from gridmap.testing import draw_territory
    >>> plan = make_plan(draw_territory("AB", households=400), rules=Rules.preset())
    >>> list_staff(plan, {plan.grids.index[0]: [("grid_head", "王某")]})
    [[['网格长', 'grid head', '王某']], []]
    """
    unknown = [str(key) for key in staff if key not in plan.grids.index]
    if unknown:
        named = ", ".join(unknown[:5])
        raise UnknownName(
            f"{len(unknown)} grids of the staff are not in the plan: {named}.",
            f"人员名单中有 {len(unknown)} 个网格不在方案内：{named}。",
            cure_en="Use the grid_id of plan.grids.index.",
            cure_zh="请使用 plan.grids.index 中的 grid_id。",
        )
    rows = []
    for grid in plan.grids.index:
        people = []
        for role, name in staff.get(grid, ()):
            term = TERMS.get(role)
            words = (term.zh, term.en) if term else (clean_text(role), clean_text(role))
            people.append([*words, clean_text(name)])
        rows.append(people)
    return rows


def list_earlier(before: Plan, after: Plan, comparison: Comparison) -> list[list[str]]:
    """Return name and code that each grid had before; empty texts for a new one."""
    rows = comparison.changes
    same = rows[rows["side"] == "after"].set_index("id")["same_id"]
    former: pd.Series[str] = same.reindex(after.grids.index).fillna("")
    names = before.grids[["name", "code"]].reindex(former.to_numpy())
    return [
        [clean_text(name), clean_text(code)]
        for name, code in zip(names["name"], names["code"], strict=True)
    ]


def list_deviations(plan: Plan) -> list[float | None]:
    """Return the share by which each general grid lies off the middle of its band, signed.

    None for other kinds, for land without households, and where the count itself is hidden.
    Source: ``docs/scores.md`` (deviation), with its sign.

    Examples
    --------
    >>> from gridmap import Rules, make_plan
    >>> from gridmap.testing import draw_territory
    >>> plan = make_plan(draw_territory("AB", households=420), rules=Rules.preset())
    >>> list_deviations(plan)
    [0.05, 0.05]
    """
    grids = plan.grids
    loaded = plan.rules.weight == "workload" and "workload" in grids
    weight = grids["workload" if loaded else "households"].to_numpy(np.float64)
    target = (grids["lower"].to_numpy(np.float64) + grids["upper"].to_numpy(np.float64)) / 2
    shown = grids["kind"].eq("general") & grids["households"].ge(FEW)
    known = shown.to_numpy(bool) & (target > 0)
    share = np.where(known, (weight - target) / np.where(known, target, 1.0), 0.0)
    return [
        round(value, 3) if flag else None
        for value, flag in zip(share.tolist(), known.tolist(), strict=True)
    ]


def list_findings(plan: Plan) -> list[dict[str, Any]]:
    """Return the findings of a plan as a map may show them.

    A sentence that names anything but grids, communities and sites (a household, a building, a
    row of a file) is left out, and only the kind, its count and its cure without places are told;
    ``withheld`` says so. Small numbers in sentences about households are classes.

    Returns
    -------
    list of dict
        ``code``, ``severity``, ``withheld``, ``zh``, ``en``, ``cure_zh``, ``cure_en``.
    """
    units = plan.territory.units
    known = {str(key) for key in (*plan.grids.index, *plan.grids["code"], *units.communities.index)}
    known |= {str(name) for name in plan.grids["name"]}
    if "name" in units.communities:
        known |= {str(name) for name in units.communities["name"]}
    known |= {str(key) for key in units.sites.index} if len(units.sites) else set()
    return [_tell(finding, known) for finding in plan.findings]


def _tell(finding: Finding, known: set[str]) -> dict[str, Any]:
    told: dict[str, Any] = {"code": clean_text(finding.code), "severity": finding.severity}
    told["withheld"] = not all(_is_known(place, known) for place in finding.where)
    for key in ("zh", "en", "cure_zh", "cure_en"):
        text = hide_small_numbers(clean_text(getattr(finding, key), longest=400))
        told[key] = "" if told["withheld"] else text
    return told


def _is_known(place: str, known: set[str]) -> bool:
    """Tell whether an id, or each id of several joined by '+', is one that a map may show."""
    return place in known or all(part in known for part in place.split("+"))
