"""Communities drawn by the engine that draws grids: the level above, as data.

Persons stand in the place of households, townships in the place of communities and the rule
``communities`` in the place of the bands; then a community is a zone like any other. Today's
communities are where the search starts, and leaving them costs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gridmap.adjacency import LEAST_CONTACT_M
from gridmap.errors import InvalidOption, RefusedInput
from gridmap.findings import FindingKind
from gridmap.planning.numbering import distinguish
from gridmap.rules import rules_of_communities
from gridmap.units.measuring import measure_polygons

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from gridmap.findings import Finding
    from gridmap.model import Plan, Territory, Units
    from gridmap.rules import Rules

DISTRICT = "district"
"""Stands for the one piece that communities are drawn in where no township is named."""
TOWNSHIP_DIGITS = 9
"""Digits of a township in a community's statistical code. Source: FIELD.md section 3."""
COMMUNITY_DIGITS = 12

PERSONS_ESTIMATED = FindingKind(
    "persons_estimated",
    "info",
    en="Residents are not counted: {count} persons are estimated, {factor} a household ({source}).",
    zh="无常住人口数据：按每户 {factor} 人估算，共 {count} 人（{source}）。",
    cure_en="Give communities, buildings or households a column residents (常住人口), or set "
    "persons_per_household in the rules.",
    cure_zh="请在社区、楼栋或住户数据中提供“常住人口”（residents）列，"
    "或在规则中设置 persons_per_household。",
)
COMMUNITIES_UNMATCHED = FindingKind(
    "communities_unmatched",
    "error",
    en="{count} units of this input are in no community of the plan of communities, or lie on "
    "other land there: {places}. It was drawn from other data.",
    zh="本次输入中有 {count} 个单元不在该社区方案中，或用地与其不同：{places}。"
    "该方案由其他数据划出。",
    cure_en="Draw the communities from the same input and rules: gridmap plan INPUT -o "
    "communities.gpkg --level community",
    cure_zh="请用同样的输入和规则划分社区："
    "gridmap plan 输入数据 -o communities.gpkg --level community",
)
FINDING_KINDS = (PERSONS_ESTIMATED, COMMUNITIES_UNMATCHED)


@dataclass(frozen=True)
class Lift:
    """A territory one level up, and how it came about.

    Attributes
    ----------
    territory
        Persons as ``households``, townships as ``communities``.
    rules
        The rule of communities as bands; no dedicated sites.
    today
        Today's community of each unit, by ``unit_id``.
    start
        The same as numbers in the order of ids, where the search starts; None where each parent
        is one community today, so that nothing is known of today's borders.
    findings
        What was estimated.
    """

    territory: Territory
    rules: Rules
    today: pd.Series[str]
    start: NDArray[np.int64] | None
    findings: tuple[Finding, ...]


def lift_territory(territory: Territory, rules: Rules) -> Lift:
    """Turn a territory of households into one of persons, one level up.

    Parameters
    ----------
    territory
        Units with ``residents`` where these are counted; or grids joined to units
        (`gridmap.planning.areas.merge_units`), or areas with counts.
    rules
        For ``communities``: the band, persons of a household, and what is not crossed.

    Returns
    -------
    Lift
        Ready for the planner.

    Notes
    -----
    Source: FIELD.md section 1, Dadukou [report]: communities of 3,000-20,000 people, drawn inside
    townships; boundaries on roads and compound lines.
    """
    units = territory.units
    rule = rules.communities
    frame = units.frame
    counted = "residents" in frame and int(frame["residents"].sum()) > 0
    said: tuple[Finding, ...] = ()
    if counted:
        persons = frame["residents"].to_numpy(np.int64)
    else:
        exact = frame["households"].to_numpy(np.float64) * rule.persons_per_household
        persons = np.floor(exact + 0.5).astype(np.int64)
        said = (
            PERSONS_ESTIMATED.found(
                count=int(persons.sum()),
                factor=f"{rule.persons_per_household:g}",
                source=rule.persons_source,
            ),
        )
    parent = _find_parents(units, within=rule.within)
    lifted = frame.assign(community_id=parent.to_numpy(object), households=persons)
    members = units.members.iloc[:0]
    above = replace(
        units,
        frame=lifted,
        communities=_frame_parents(units, lifted),
        members=members,
        places=units.places.iloc[:0],
        sites=units.sites.iloc[:0],
        buildings=None,
        read_households=int(persons.sum()),
    )
    today = frame["community_id"]
    numbers = pd.factorize(today.sort_index(), sort=True)[0].astype(np.int64)
    return Lift(
        replace(territory, units=above, borders=_open_borders(territory.borders, parent)),
        rules_of_communities(rules),
        today,
        numbers if today.nunique() > parent.nunique() else None,
        said,
    )


def _find_parents(units: Units, *, within: str) -> pd.Series[str]:
    """Return what each unit's community may not reach out of: a township's code, name, or all."""
    communities = units.communities
    town = communities["township"].astype(str)
    known = town.ne("").all() and within == "township"
    if not known:
        return pd.Series(DISTRICT, index=units.frame.index, dtype=object)
    codes = communities.index.astype(str)
    if all(len(code) == COMMUNITY_DIGITS and code.isdecimal() for code in codes):
        prefix = pd.Series(codes.str[:TOWNSHIP_DIGITS], index=communities.index)
        pairs = set(zip(prefix, town, strict=True))
        if len(pairs) == len(set(prefix)) == len(set(town)):
            town = prefix
    parent: pd.Series[str] = units.frame["community_id"].map(town).astype(object)
    return parent


def _frame_parents(units: Units, lifted: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the townships in the columns of communities."""
    import geopandas as gpd

    groups = lifted.groupby("community_id", sort=True)
    first = groups.head(1).set_index("community_id").index
    owners = units.frame["community_id"]
    named = units.communities["township"]
    shapes = np.array(
        [shapely.coverage_union_all(part.geometry.to_numpy()) for _, part in groups], object
    )
    area, _ = measure_polygons(shapes, crs=units.crs, metric_crs=units.metric_crs)
    ids = pd.Index([str(name) for name, _ in groups], name=first.name, dtype=object)
    names = [str(named[owners[part.index[0]]]) if name != DISTRICT else "" for name, part in groups]
    values = {
        "name": names,
        "township": names,
        "area_type": groups["area_type"].agg(lambda kinds: kinds.mode().iloc[0]).to_numpy(object),
        "households": groups["households"].sum().to_numpy(np.int64),
        "area_m2": area,
    }
    return gpd.GeoDataFrame(values, geometry=shapes, index=ids, crs=units.crs)


def _open_borders(borders: pd.DataFrame, parent: pd.Series[str]) -> pd.DataFrame:
    """Return the borders of today's communities opened inside each parent; rivers stay closed."""
    a = parent.reindex(borders["unit_a"]).to_numpy(object)
    b = parent.reindex(borders["unit_b"]).to_numpy(object)
    same = np.asarray(a == b, bool)
    dry = (~borders["river"] | borders["bridge"]) & (borders["length_m"] >= LEAST_CONTACT_M)
    inner = borders["same_community"].to_numpy(bool)
    passable = same & np.where(inner, borders["passable"], dry)
    return borders.assign(same_community=same, passable=passable.astype(bool))


def name_communities(plan: Plan, lift: Lift, names: pd.Series[str]) -> Plan:
    """Name new communities after those of today that give most of their people.

    Parameters
    ----------
    plan
        Communities as grids.
    lift
        Where they came from.
    names
        Name of each of today's communities by its id.

    Returns
    -------
    Plan
        With names, and ``about`` that says the level and what is counted.
    """
    title = list(title_communities(plan, lift.today, names))
    heirs = np.argsort(-plan.grids["households"].to_numpy(np.int64), kind="stable")
    given = np.empty(len(plan.grids), dtype=object)
    given[heirs] = distinguish([title[k] for k in heirs])
    grids = plan.grids.assign(name=given)
    about = {**plan.about, "level": "community", "counted": "persons"}
    return replace(speak_of_persons(plan), about=about, grids=_respeak(grids))


def title_communities(plan: Plan, today: pd.Series[str], names: pd.Series[str]) -> pd.Series[str]:
    """Return for each community the name of the one of today that gives most of its people.

    Parameters
    ----------
    plan
        Communities as grids.
    today
        Today's community of each unit, by ``unit_id``.
    names
        Name of each of today's communities by its id.

    Returns
    -------
    Series
        By ``grid_id``, in the plan's order; exclaves are marked. Two may have one name.

    Examples
    --------
    >>> import gridmap
    >>> from gridmap.testing import draw_territory
    >>> plan = gridmap.make_plan(draw_territory("aa", households=200), rules=gridmap.Rules.preset())
    >>> today = pd.Series("C1", index=plan.assignment.index)
    >>> title_communities(plan, today, pd.Series({"C1": "和岭社区"})).tolist()
    ['和岭社区']
    """
    frame = plan.territory.units.frame
    rows = pd.DataFrame(
        {
            "zone": plan.assignment.reindex(frame.index).to_numpy(object),
            "today": today.reindex(frame.index).to_numpy(object),
            "persons": frame["households"].to_numpy(np.int64),
            "area": frame["area_m2"].to_numpy(np.float64),
        }
    )
    shares = rows.groupby(["zone", "today"], as_index=False).sum()
    order = shares.sort_values(
        ["zone", "persons", "area", "today"], ascending=[True, False, False, True]
    )
    most = order.drop_duplicates("zone").set_index("zone")["today"]
    grids = plan.grids
    apart = np.where(grids["kind"] == "exclave", "（飞地）", "")
    title = [
        f"{names.get(most[zone]) or most[zone]}{mark}"
        for zone, mark in zip(grids.index, apart, strict=True)
    ]
    return pd.Series(title, index=grids.index, dtype=object)


def speak_of_persons(plan: Plan) -> Plan:
    """Say of communities and persons, in every text of a plan, what was said of grids.

    Parameters
    ----------
    plan
        Communities as grids; findings of its territory stay as they are.

    Returns
    -------
    Plan
        With reasons, findings and causes of changes reworded in both languages.

    Examples
    --------
    >>> import gridmap
    >>> from gridmap.testing import draw_territory
    >>> plan = gridmap.make_plan(draw_territory("a", households=9), rules=gridmap.Rules.preset())
    >>> speak_of_persons(plan).grids["reason"].iloc[0][-11:]
    '不足社区下限300人。'
    """
    known = set(plan.territory.findings)
    said = tuple(said if said in known else _say_level(said) for said in plan.findings)
    changes = plan.changes
    if changes is not None:
        told = {name: changes[name].map(_say_persons) for name in ("cause", "cause_en")}
        changes = changes.assign(**told)
    return replace(plan, grids=_respeak(plan.grids), findings=said, changes=changes)


def _respeak(grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    texts = {name: [_say_persons(text) for text in grids[name]] for name in ("reason", "reason_en")}
    return grids.assign(**texts)


def _say_level(finding: Finding) -> Finding:
    return replace(
        finding,
        en=_say_persons(finding.en),
        zh=_say_persons(finding.zh),
        cure_en=_say_persons(finding.cure_en),
        cure_zh=_say_persons(finding.cure_zh),
    )


def _say_persons(text: str) -> str:
    """Say of communities and persons what was said of grids and households.

    Examples
    --------
    >>> _say_persons("该连片区域仅有411户，不足网格下限3000户。")
    '该连片区域仅有411人，不足社区下限3000人。'
    >>> _say_persons("12 households can't be shared by grids of 3-5")
    "12 persons can't be shared by communities of 3-5"
    """
    text = re.sub(r"(\d ?)户", r"\1人", text).replace("户数", "人数").replace("网格", "社区")
    text = text.replace("households", "persons").replace("grid(s)", "communities")
    return re.sub(r"\bgrid\b", "community", text.replace("grids", "communities"))


def adopt_communities(territory: Territory, plan: Plan) -> Territory:
    """Return a territory whose communities are those of a plan made with level ``community``.

    Parameters
    ----------
    territory
        The territory that the plan was made from, or one with the same units.
    plan
        From ``make_plan(territory, rules=rules, level="community")``.

    Returns
    -------
    Territory
        For the next ``make_plan``: the plan's codes are the ids of its communities.

    Raises
    ------
    InvalidOption
        When the plan is one of grids.
    RefusedInput
        When a unit is in none of the plan's communities, or lies on other land in that plan.

    Examples
    --------
    >>> import gridmap
    >>> from gridmap.planning import make_plan
    >>> from gridmap.testing import draw_territory
    >>> toy = draw_territory("aabb", households=1000, communities="1112")
    >>> plan = make_plan(toy, rules=gridmap.Rules.preset(), level="community")
    >>> sorted(adopt_communities(toy, plan).units.communities.index) == sorted(plan.grids["code"])
    True
    """
    import geopandas as gpd

    units = territory.units
    _check_adopted(units, plan)
    code = plan.grids["code"].astype(str)
    of_unit = plan.assignment.reindex(units.frame.index).map(code).astype(object)
    frame = units.frame.assign(community_id=of_unit.to_numpy(object))
    ordered = plan.grids.set_index("code").sort_index()
    town = plan.territory.units.communities["township"]
    values = {
        "name": ordered["name"].to_numpy(object),
        "township": ordered["community_id"].map(town).fillna("").to_numpy(object),
        "area_type": ordered["area_type"].to_numpy(object),
        "households": frame.groupby("community_id")["households"]
        .sum()
        .reindex(ordered.index, fill_value=0)
        .to_numpy(np.int64),
        "area_m2": ordered["area_m2"].to_numpy(np.float64),
    }
    index = pd.Index(ordered.index.astype(str), name="community_id", dtype=object)
    shapes = ordered.geometry.to_numpy()
    communities = gpd.GeoDataFrame(values, geometry=shapes, index=index, crs=units.crs)
    borders = _open_borders(territory.borders, of_unit)
    return replace(
        territory, units=replace(units, frame=frame, communities=communities), borders=borders
    )


def _check_adopted(units: Units, plan: Plan) -> None:
    """Refuse communities that were drawn from other units than these."""
    if plan.about.get("level") != "community":
        raise InvalidOption(
            "The plan is one of grids, not of communities.",
            "该方案是网格方案，不是社区方案。",
            cure_en="gridmap plan INPUT -o communities.gpkg --level community",
            cure_zh="gridmap plan 输入数据 -o communities.gpkg --level community",
        )
    before = plan.territory.units.frame.geometry.reindex(units.frame.index).to_numpy()
    same = shapely.equals_exact(before, units.frame.geometry.to_numpy(), 0.0)
    same &= plan.assignment.reindex(units.frame.index).notna().to_numpy()
    if not same.all():
        raise RefusedInput([COMMUNITIES_UNMATCHED.found(units.frame.index[~same])])
