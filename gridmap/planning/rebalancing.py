"""Communities brought into their band from today's, with the least change (社区规模调整).

Today's communities are taken as a plan one level up; what is outside its band, or lies in pieces,
is mended as a replanned grid is; then the smallest neighbours are joined until there are as many
communities as wanted.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gridmap.errors import InvalidOption
from gridmap.findings import FindingKind, sort_findings
from gridmap.model import Plan, ignore_progress
from gridmap.planning.areas import PART, make_area_territory, merge_units
from gridmap.planning.communities import (
    lift_territory,
    speak_of_persons,
    title_communities,
)
from gridmap.planning.numbering import distinguish
from gridmap.planning.problems import find_pieces
from gridmap.planning.reach_effect import CROSSING, tell_reach
from gridmap.planning.replanning import redraw_plan
from gridmap.units.measuring import measure_polygons

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    from pyproj import CRS

    from gridmap.findings import Finding
    from gridmap.model import Progress, Territory
    from gridmap.planning.communities import Lift
    from gridmap.planning.serving import Service
    from gridmap.rules import Rules

NUMBER_NOT_REACHED = FindingKind(
    "number_of_communities_not_reached",
    "warning",
    en="There are {count} communities, not {wanted}: no further neighbours fit into one band.",
    zh="社区为 {count} 个，多于要求的 {wanted} 个：已无合并后仍在规模区间内的相邻社区。",
    cure_en="Ask for more, raise the ceiling ([communities] upper, with its source), or, by "
    "consent, let communities cross townships: a rules file with the lines "
    f"{CROSSING}.",
    cure_zh="可增加要求的数量、提高社区规模上限（[communities] 的 upper，并注明 source），"
    f"或经同意允许跨街道：规则文件写两行 {CROSSING}。",
)
NUMBER_TOO_GREAT = FindingKind(
    "number_of_communities_too_great",
    "warning",
    en="There are {count} communities, not {wanted}: none was found to part into two of at least "
    "{lower} persons each. More than {most} are impossible with that floor.",
    zh="社区为 {count} 个，少于要求的 {wanted} 个：未找到可拆成两个且各不少于 {lower} 人的社区。"
    "按此下限，社区至多 {most} 个。",
    cure_en="Ask for fewer, or lower the floor ([communities] lower, with its source).",
    cure_zh="可减少要求的数量，或降低社区规模下限（[communities] 的 lower，并注明 source）。",
)
FINDING_KINDS = (NUMBER_NOT_REACHED, NUMBER_TOO_GREAT)


def rebalance_communities(  # noqa: PLR0913  # those of replan, and what communities need besides
    territory: Territory,
    *,
    rules: Rules,
    number: int | None = None,
    today: pd.DataFrame | None = None,
    locks: Iterable[str] = (),
    service: Service | None = None,
    seed: int = 7,
    time_limit_s: float | None = None,
    progress: Progress = ignore_progress,
) -> Plan:
    """Bring today's communities into the band of persons, moving as few people as can be.

    Parameters
    ----------
    territory
        Units with today's community each.
    rules
        ``communities``: the band in persons, the target, and whether a community may reach out of
        its township (``within``: with ``district`` all concerned must have consented).
    number
        Communities there should be; exclaves below the floor are not counted. None: persons over
        the target, unless the mending leaves fewer; 0: as many as the mending leaves.
    today
        Today's ``community_id`` of every unit and its ``name``, by ``unit_id``, where these are
        not the communities of the territory (`rebalance_areas`).
    locks
        Ids of communities that keep exactly their units, and of units that stay in theirs.
    service
        Stations whose reach is a term or a constraint
        (`gridmap.planning.serving.measure_service`); None for none. It comes after the band, and
        ``reach_effect`` tells what became of it.
    seed
        The same input and seed give the same plan on any machine.
    time_limit_s
        Cuts the mending short, in seconds.
    progress
        Called as ``progress("plan", done, total)`` with numbers of units.

    Returns
    -------
    Plan
        A plan of level ``community``: ``households`` counts persons, and ``changes`` tells what
        became of each of today's communities, which keep id, code and name as far as they go on.

    Raises
    ------
    InvalidOption
        When there are no units, or the number is below 0.

    Notes
    -----
    The aim is lexicographic: communities outside their band, persons moved, communities touched;
    then the number wanted, by joining the pair that moves fewest. With reach as a term, a person
    who has to move counts half where that leads to the station reached soonest, and one and a half
    where it leads away from it; as a constraint, the households out of reach come before the
    persons moved. Source: FIELD.md section 1,
    Dadukou [report]: 66 -> 54 communities, mean 7,000+ -> 9,000+ persons, none above 20,000 or
    below 3,000.

    Examples
    --------
    >>> import gridmap
    >>> from gridmap.testing import draw_territory
    >>> toy = draw_territory("aabbcc", households=1000, communities="112233")
    >>> plan = rebalance_communities(toy, rules=gridmap.Rules.preset(), number=2)
    >>> plan.grids["households"].tolist(), plan.changes["change"].tolist()
    ([10480, 5240], ['M', 'U', 'M'])
    """
    if number is not None and number < 0:
        raise InvalidOption("The number of communities must be 0 or more.", "社区数量不得小于 0。")
    if territory.units.frame.empty:
        raise InvalidOption("A plan needs at least one unit.", "划分至少需要一个单元。")
    lift = lift_territory(territory, rules)
    if today is None:
        owner = territory.units.frame["community_id"]
        name = owner.map(territory.units.communities["name"].astype(str))
        today = pd.DataFrame({"community_id": owner, "name": name})
    whole = _keep_compounds(lift, today["community_id"])
    merged = replace(lift, territory=merge_units(lift.territory, whole))
    known = today.assign(whole=whole.reindex(today.index)).drop_duplicates("whole")
    plan = _take_today(merged, known.set_index("whole"))
    persons = int(lift.territory.units.frame["households"].sum())
    held = [lock if lock in plan.grids.index else whole.get(lock, lock) for lock in map(str, locks)]
    wanted = round(persons / rules.communities.target) if number is None else number
    made = redraw_plan(
        plan,
        merged.territory,
        rules=lift.rules,
        locks=held,
        seed=seed,
        time_limit_s=time_limit_s,
        progress=progress,
        between=None if number == 0 else (number or 0, max(1, wanted)),
        service=None if service is None else _lift_service(service, whole),
    )
    said = list(lift.findings)
    if number:
        said += _say_number(made, number, lift)
    named = _name_new(made, plan)
    of_unit = whole.map(named.assignment).astype(object).rename("grid_id").sort_index()
    spoken = speak_of_persons(replace(named, territory=lift.territory, assignment=of_unit))
    about = {**spoken.about, "level": "community", "counted": "persons"}
    if service is not None:
        fixed = _list_locked(made, plan, whole, held)
        effect = tell_reach(service, lift.territory, today["community_id"], of_unit, locked=fixed)
        said += [*service.findings, *effect.findings]
        about |= effect.about
    return replace(spoken, findings=sort_findings([*spoken.findings, *said]), about=about)


def _say_number(made: Plan, wanted: int, lift: Lift) -> list[Finding]:
    """Say why there are not as many communities as wanted; small exclaves are none of them."""
    lower = lift.rules.communities.lower
    small = made.grids["kind"].eq("exclave") & made.grids["households"].lt(lower)
    there = int((~small).sum())
    if there > wanted:
        return [NUMBER_NOT_REACHED.found(count=there, wanted=wanted)]
    if there == wanted:
        return []
    frame = lift.territory.units.frame
    persons = frame.groupby("community_id")["households"].sum().to_numpy(np.int64)
    most = int(np.maximum(persons // max(1, lower), 1).sum())
    return [NUMBER_TOO_GREAT.found(count=there, wanted=wanted, lower=lower, most=most)]


def _list_locked(
    made: Plan, before: Plan, whole: pd.Series[str], locks: Iterable[str]
) -> frozenset[str]:
    """Return the units that locks keep where they are."""
    assert made.changes is not None  # noqa: S101 - a plan that was redrawn has them
    closed = made.changes.index[made.changes["cause_code"] == "locked"]
    named = set(map(str, locks))
    held = whole.map(before.assignment).isin(closed) | whole.isin(named)
    return frozenset(whole.index[held].astype(str))


def rebalance_areas(
    areas: gpd.GeoDataFrame,
    *,
    metric_crs: CRS,
    rules: Rules,
    number: int | None = None,
    seed: int = 7,
) -> Plan:
    """Join areas of which only counts are known, such as townships, into a band of persons.

    Parameters
    ----------
    areas
        As `gridmap.planning.areas.make_area_territory` has them: indexed by id; ``residents`` or
        ``households``, ``community_id`` (the district they stay inside of) and ``name``.
    metric_crs
        Where it is measured.
    rules, number, seed
        As `rebalance_communities` has them.

    Returns
    -------
    Plan
        Areas are joined and never cut. Detached parts of an area, which hold none of its count,
        go to a neighbour; ``changes`` lists them.

    Examples
    --------
    >>> import geopandas, gridmap, pyproj, shapely
    >>> squares = shapely.box([116.0, 116.01, 116.02], 40.0, [116.01, 116.02, 116.03], 40.01)
    >>> areas = geopandas.GeoDataFrame(
    ...     {"community_id": "d", "name": list("abc"), "residents": [2000, 3000, 15000]},
    ...     geometry=squares, crs=4490, index=["1", "2", "3"])
    >>> plan = rebalance_areas(areas, metric_crs=pyproj.CRS(4548), rules=gridmap.Rules.preset())
    >>> plan.grids["households"].to_dict()
    {'2': 5000, '3': 15000}
    """
    territory = make_area_territory(areas, metric_crs=metric_crs)
    units = territory.units.frame.index
    owner = pd.Series(units.str.split(PART, n=1).str[0], index=units)
    own = pd.Series(np.where(owner.isin(areas.index), owner, units), index=units, dtype=object)
    names = areas["name"] if "name" in areas else pd.Series("", index=areas.index)
    today = pd.DataFrame({"community_id": own, "name": own.map(names.astype(str)).fillna("")})
    return rebalance_communities(territory, rules=rules, number=number, today=today, seed=seed)


def _lift_service(service: Service, whole: pd.Series[str]) -> Service:
    """Return stations and homes by what is never cut instead of by unit."""
    units = whole.reindex(service.units).to_numpy(object)
    seats = whole.reindex(service.seats).fillna("").to_numpy(object)
    return replace(service, units=units, seats=seats)


def _name_new(made: Plan, before: Plan) -> Plan:
    """Name communities that are new after those of today that give most of their people."""
    names = before.grids["name"].astype(str)
    titles = title_communities(made, before.assignment, names)
    fresh = ~made.grids.index.isin(before.grids.index)
    taken = made.grids["name"].where(~fresh, titles).astype(object)
    order = np.argsort(fresh, kind="stable")
    given = np.empty(len(taken), dtype=object)
    given[order] = distinguish([str(taken.iloc[k]) for k in order])
    given[~fresh] = taken[~fresh]
    return replace(made, grids=made.grids.assign(name=given))


def _keep_compounds(lift: Lift, today: pd.Series[str]) -> pd.Series[str]:
    """Return what of each unit is never cut: its compound, if that may be, else the unit itself.

    A compound stays whole where it lies in one community today, in one piece, and has no more
    persons than a community may. Source: FIELD.md section 1, Dadukou [report]: all boundaries on
    roads or compound red lines.
    """
    frame = lift.territory.units.frame
    ids = frame.index.to_numpy(object)
    compound = frame["compound_id"].to_numpy(object)
    owner = today.reindex(frame.index).to_numpy(object)
    borders = lift.territory.borders
    a, b = (frame.index.get_indexer(borders[side]) for side in ("unit_a", "unit_b"))
    inner = (compound[a] == compound[b]) & (compound[a] != "") & (owner[a] == owner[b])
    inner &= borders["passable"].to_numpy(bool)
    piece = find_pieces(np.stack([a[inner], b[inner]], axis=1), len(ids))
    persons = np.bincount(piece, weights=frame["households"].to_numpy(np.float64))
    fits = persons[piece] <= lift.rules.communities.upper
    first = np.unique(piece, return_index=True)[1][piece]
    return pd.Series(np.where(fits, ids[first], ids), index=frame.index, dtype=object)


def _take_today(lift: Lift, known: pd.DataFrame) -> Plan:
    """Return today's communities as a plan one level up: every unit in its community."""
    import geopandas as gpd

    units = lift.territory.units
    frame = units.frame
    known = known.reindex(frame.index)
    today = known["community_id"]
    groups = frame.groupby(today.to_numpy(object), sort=True)
    shapes = np.array(
        [shapely.coverage_union_all(part.geometry.to_numpy()) for _, part in groups], object
    )
    ids = pd.Index([str(name) for name, _ in groups], name="grid_id", dtype=object)
    area, perimeter = measure_polygons(shapes, crs=units.crs, metric_crs=units.metric_crs)
    names = known.drop_duplicates("community_id").set_index("community_id")["name"]
    rule = lift.rules.communities
    persons = groups["households"].sum().to_numpy(np.int64)
    rows = {
        "code": ids.to_numpy(object),
        "name": [str(names[name]) or name for name in ids],
        "kind": "general",
        "area_type": groups["area_type"].first().to_numpy(object),
        "community_id": groups["community_id"].first().to_numpy(object),
        "households": persons,
        "lower": rule.lower,
        "upper": rule.upper,
        "in_band": (persons >= rule.lower) & (persons <= rule.upper),
        "area_m2": area,
        "perimeter_m": perimeter,
        "site_id": "",
        "category": "",
        "host_id": "",
        "reason_code": "",
        "reason": "",
        "reason_en": "",
    }
    grids = gpd.GeoDataFrame(rows, geometry=shapes, index=ids, crs=units.crs)
    return Plan(
        grids=grids,
        territory=lift.territory,
        assignment=today.astype(object).rename("grid_id").sort_index(),
        rules=lift.rules,
        about={"level": "community", "counted": "persons"},
    )
