"""A roster and a plan -> who answers for which grid, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from gridmap.findings import sort_findings
from gridmap.rosters import complaining as say
from gridmap.rosters.words import EMPLOYMENT_OF, ROLES, understand_date, understand_role
from gridmap.rosters.zones import Register
from gridmap.schemas import fold_name

if TYPE_CHECKING:
    from datetime import date

    from gridmap.findings import Finding, FindingKind
    from gridmap.model import Plan
    from gridmap.rosters.reading import Roster

POST_COLUMNS = (
    *("level", "zone_id", "role", "person", "phone"),
    *("employment", "starts", "ends", "row"),
)
SAYS = ("phone", "employment", "starts", "ends")
"""What a row may say beyond who serves where; of rows that repeat one another the fuller counts."""


@dataclass(frozen=True)
class Duty:
    """Who answers for which grid of one plan.

    Attributes
    ----------
    posts
        One row a person, role and zone that counts: ``level`` (``grid``, ``micro_grid``),
        ``zone_id``, ``role`` (one of `gridmap.rosters.ROLES`), ``person``, ``phone``,
        ``employment`` (``full_time``, ``part_time``, ``""``), ``starts``, ``ends`` (days as
        2026-07-01, or ``""``), ``row`` (of the roster). In the order of roles and of the roster.
    has_phones
        Whether telephones were asked for and are there.
    findings
        What is wrong, worst first, what was said of the roster before included.
    day
        By which dates were judged, as 2026-07-01; ``""`` where none was given.
    """

    posts: pd.DataFrame = field(repr=False)
    has_phones: bool = False
    findings: tuple[Finding, ...] = ()
    day: str = ""

    def people_of(self, zone_id: str, role: str, *, level: str = "grid") -> tuple[str, ...]:
        """Return the names of those who serve a zone in a role, in the roster's order."""
        return tuple(self._people.get((level, zone_id, role), ()))

    def staff_grids(self) -> dict[str, list[tuple[str, str]]]:
        """Return for each grid that anybody serves the (role, name) of those who do."""
        staff: dict[str, list[tuple[str, str]]] = {}
        for (level, zone, role), people in self._people.items():
            if level == "grid":
                staff.setdefault(zone, []).extend((role, person) for person in people)
        return staff

    @cached_property
    def _people(self) -> dict[tuple[str, str, str], dict[str, None]]:
        """Names by level, zone and role: a table asks for each grid and role."""
        people: dict[tuple[str, str, str], dict[str, None]] = {}
        for level, zone, role, person in zip(
            *(self.posts[name].astype(str) for name in ("level", "zone_id", "role", "person")),
            strict=True,
        ):
            people.setdefault((level, zone, role), {})[person] = None
        return people


def match_roster(plan: Plan, roster: Roster, *, on: date | None = None) -> Duty:
    """Join a roster to the grids of a plan, and tell what is wrong.

    A grid is known by its code, its id, or its name (with its community where several have it). A
    person in the role of a micro-grid worker serves a micro-grid of the plan, else a grid.

    Parameters
    ----------
    plan
        Any plan.
    roster
        As `read_roster` gives it.
    on
        The day by which dates are judged: posts that ended before it or begin after it are left
        out and said. Without it all count, and a finding says so; no clock is asked.

    Returns
    -------
    Duty
        Posts and findings. A finding names rows of the roster and codes of grids, never a person.

    Notes
    -----
    Every grid, of whatever kind, needs a full-time worker. Source: FIELD.md section 1, Zhoukou (468
    full-time workers leave one of 469 grids uncovered). Grid workers of one name (and
    telephone, where read) in more than one grid are said; heads and instructors of many are usual.

    Examples
    --------
    >>> import gridmap, pandas as pd
    >>> from gridmap.rosters.reading import COLUMNS, Roster
    >>> from gridmap.testing import draw_territory
    >>> plan = gridmap.make_plan(draw_territory("AABB", households=200),
    ...                          rules=gridmap.Rules.preset())
    >>> row = dict.fromkeys(COLUMNS, "") | {"row": "row 1", "code": plan.grids["code"].iloc[0],
    ...                                     "role": "专职网格员", "person": "张三"}
    >>> duty = match_roster(plan, Roster(pd.DataFrame([row])))
    >>> duty.posts[["role", "employment"]].to_numpy().tolist()
    [['grid_worker', 'full_time']]
    >>> [(finding.code, finding.count) for finding in duty.findings]
    [('grid_without_worker', 1)]
    """
    troubles: dict[FindingKind, list[str]] = {}
    register = Register(plan)
    records: list[dict[str, str]] = []
    for row in _rows_of(roster):
        records += _make_posts(row, register, troubles)
    posts = pd.DataFrame(records, columns=list(POST_COLUMNS), dtype="str")
    said = [kind.found(rows) for kind, rows in troubles.items()]
    codes = _codes_of(plan)
    serving, dated = _serving(_without_repeats(posts, plan), on, codes)
    order = serving["role"].map({role: place for place, role in enumerate(ROLES)})
    serving = serving.iloc[order.argsort(kind="stable")].reset_index(drop=True)
    said += [*dated, *_check_cover(plan, serving, codes)]
    findings = sort_findings([*roster.findings, *said])
    return Duty(serving, roster.has_phones, findings, on.isoformat() if on else "")


def _rows_of(roster: Roster) -> list[dict[str, str]]:
    return [
        {str(key): str(value) for key, value in row.items()}
        for row in roster.rows.to_dict("records")
    ]


def _make_posts(
    row: dict[str, str], register: Register, troubles: dict[FindingKind, list[str]]
) -> list[dict[str, str]]:
    """Return a post for each zone of a row; note what is wrong with it."""

    def note(kind: FindingKind) -> None:
        troubles.setdefault(kind, []).append(row["row"])

    if not row["person"]:
        note(say.ROW_VACANT)
        return []
    role, told = understand_role(row["role"])
    if not role:
        note(say.ROLE_UNKNOWN)
        return []
    found = register.find(row, role)
    if found.ambiguous:
        note(say.GRID_AMBIGUOUS)
    elif found.unknown:
        note(say.GRID_UNKNOWN)
    employment = EMPLOYMENT_OF.get(fold_name(row["employment"]), "")
    if fold_name(row["employment"]) and not employment:
        note(say.EMPLOYMENT_UNKNOWN)
    starts, ends, is_wrong = _read_days(row)
    if is_wrong:
        note(say.DATES_WRONG)
    post = {
        "role": role,
        "person": row["person"],
        "phone": row["phone"],
        "employment": employment or told,
        "starts": starts,
        "ends": ends,
        "row": row["row"],
    }
    return [{"level": level, "zone_id": zone_id, **post} for level, zone_id in found.zones]


def _read_days(row: dict[str, str]) -> tuple[str, str, bool]:
    """Return both days as texts that sort, and whether they are wrong and therefore left out."""
    try:
        starts, ends = understand_date(row["starts"]), understand_date(row["ends"])
    except ValueError:
        return "", "", True
    if starts and ends and ends < starts:
        return "", "", True
    return starts.isoformat() if starts else "", ends.isoformat() if ends else "", False


def _without_repeats(posts: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Leave out a bare post beside one of the same person and zone that says more.

    A table of gridmap that was filled in repeats who serves: the micro-grid workers of a grid stand
    beside it and beside their micro-grids.
    """
    who = ["zone_id", "level", "role", "person"]
    posts = posts.drop_duplicates(subset=[*who, *SAYS])
    is_bare = (posts[list(SAYS)] == "").all(axis=1)
    repeated = is_bare & posts.duplicated(subset=who, keep=False)
    if plan.micro_grids is not None:
        below = posts[posts["level"] == "micro_grid"]
        served = below["zone_id"].map(plan.micro_grids["grid_id"]).astype(str)
        finer = set(zip(served, below["person"].astype(str), strict=True))
        whole = (posts["level"] == "grid") & (posts["role"] == "micro_grid_worker") & is_bare
        pairs = zip(posts["zone_id"].astype(str), posts["person"].astype(str), strict=True)
        repeated |= whole & pd.Series([pair in finer for pair in pairs], posts.index, bool)
    return posts[~repeated].reset_index(drop=True)


def list_vacant(plan: Plan, posts: pd.DataFrame, role: str) -> list[tuple[str, str]]:
    """Return the zones that nobody serves in a role: (level, id), in the plan's order.

    Parameters
    ----------
    plan
        Any plan.
    posts
        As of `Duty`.
    role
        One of `gridmap.rosters.ROLES`. Of micro-grid workers the zones are micro-grids, where the
        plan has them; one who serves a whole grid serves all of its micro-grids.

    Examples
    --------
    >>> import gridmap, pandas as pd
    >>> from gridmap.testing import draw_territory
    >>> plan = gridmap.make_plan(draw_territory("AABB", households=200),
    ...                          rules=gridmap.Rules.preset())
    >>> nobody = pd.DataFrame(columns=list(POST_COLUMNS), dtype="str")
    >>> len(list_vacant(plan, nobody, "grid_head"))
    2
    """
    mine = posts[posts["role"] == role]
    whole = set(mine.loc[mine["level"] == "grid", "zone_id"])
    if role != "micro_grid_worker" or plan.micro_grids is None:
        return [("grid", str(grid)) for grid in plan.grids.index if str(grid) not in whole]
    parts = set(mine.loc[mine["level"] == "micro_grid", "zone_id"])
    owners = plan.micro_grids["grid_id"].astype(str)
    return [
        ("micro_grid", str(zone))
        for zone, grid in owners.items()
        if str(zone) not in parts and grid not in whole
    ]


def _codes_of(plan: Plan) -> dict[tuple[str, str], str]:
    """Return (level, id) -> the code that findings name a zone by, or its id."""
    codes = {("grid", str(i)): str(c) or str(i) for i, c in plan.grids["code"].items()}
    if plan.micro_grids is not None:
        codes |= {
            ("micro_grid", str(i)): str(c) or str(i) for i, c in plan.micro_grids["code"].items()
        }
    return codes


def _serving(
    posts: pd.DataFrame, on: date | None, codes: dict[tuple[str, str], str]
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return the posts that count on a day, and what is said of the others."""
    dated = (posts["starts"] != "") | (posts["ends"] != "")
    if on is None:
        rows = dict.fromkeys(posts.loc[dated, "row"].astype(str))
        return posts, [say.DAY_MISSING.found(rows)] if rows else []
    day = on.isoformat()
    expired = (posts["ends"] != "") & (posts["ends"] < day)
    early = posts["starts"] > day
    said = [
        kind.found(_name_zones(posts[out], codes), count=int(out.sum()), day=day)
        for kind, out in ((say.POST_EXPIRED, expired), (say.POST_NOT_BEGUN, early))
        if out.any()
    ]
    return posts[~expired & ~early], said


def _name_zones(posts: pd.DataFrame, codes: dict[tuple[str, str], str]) -> list[str]:
    zones = zip(posts["level"].astype(str), posts["zone_id"].astype(str), strict=True)
    return list(dict.fromkeys(codes[zone] for zone in zones))


def _check_cover(
    plan: Plan, posts: pd.DataFrame, codes: dict[tuple[str, str], str]
) -> list[Finding]:
    """Find grids that nobody serves as they should, and workers of several grids."""
    workers = posts[(posts["role"] == "grid_worker") & (posts["level"] == "grid")]
    how = workers.groupby("zone_id")["employment"].agg(set).to_dict()
    served = [(str(grid), how[str(grid)]) for grid in plan.grids.index if str(grid) in how]
    partial = [("grid", grid) for grid, kinds in served if kinds == {"part_time"}]
    unstated = [
        ("grid", grid) for grid, kinds in served if "" in kinds and "full_time" not in kinds
    ]
    faults = [
        (say.GRID_WITHOUT_WORKER, list_vacant(plan, posts, "grid_worker")),
        (say.GRID_WITHOUT_FULL_TIME, partial),
        (say.EMPLOYMENT_UNSTATED, unstated),
    ]
    # a roster that names none of them is not about them
    if plan.micro_grids is not None and (posts["role"] == "micro_grid_worker").any():
        vacant = list_vacant(plan, posts, "micro_grid_worker")
        faults.append((say.MICRO_GRID_WITHOUT_WORKER, vacant))
    said = [kind.found(codes[zone] for zone in zones) for kind, zones in faults if zones]
    return said + _check_many(workers, codes)


def _check_many(workers: pd.DataFrame, codes: dict[tuple[str, str], str]) -> list[Finding]:
    grids = workers.groupby(["person", "phone"])["zone_id"].agg(lambda zones: sorted(set(zones)))
    many = [zones for zones in grids if len(zones) > 1]
    if not many:
        return []
    where = sorted({codes["grid", zone] for zones in many for zone in zones})
    return [say.PERSON_FOR_MANY.found(where, people=len(many))]
