"""The levels below the grids after a replan: kept where a grid was left alone, else drawn anew."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gridmap.findings import FindingKind, sort_findings
from gridmap.planning.carried_frames import Fresh, collect_zones, rename_zones
from gridmap.planning.carried_members import LEVEL_COLUMNS, carry_members
from gridmap.planning.nesting import (
    OUTSIDE,
    SPLIT_BY_ENTRANCE,
    SPLIT_BY_FLOOR,
    strip_levels,
    subdivide_plan,
)

if TYPE_CHECKING:
    import geopandas as gpd

    from gridmap.findings import Finding
    from gridmap.model import Plan, Units
    from gridmap.planning.carried_frames import Zones
    from gridmap.planning.carried_members import Carried

CARRIED = FindingKind(
    "levels_carried",
    "info",
    en="{count} micro-grids and link units of {kept_grids} unchanged grids were kept; {drawn} in "
    "{drawn_grids} other grids were drawn anew.",
    zh="{kept_grids} 个未变动网格的 {count} 个微网格和联户单元保持不变；"
    "另有 {drawn_grids} 个网格重新划出 {drawn} 个。",
    cure_en="Nothing to do; gridmap plan PLAN.gpkg -o below.gpkg --micro-grids draws all anew.",
    cure_zh="无需处理；如需全部重新划分：gridmap plan 方案.gpkg -o below.gpkg --micro-grids。",
)
KEPT_OUTSIDE = FindingKind(
    "level_kept_outside_band",
    "warning",
    en="{count} micro-grids or link units that were kept are outside their band by the households "
    "or rules of today: {places}.",
    zh="{count} 个保持不变的微网格或联户单元，按现有户数或规则已超出区间：{places}。",
    cure_en="Draw them anew: gridmap plan PLAN.gpkg -o below.gpkg --micro-grids --link-units.",
    cure_zh="请重新划分：gridmap plan 方案.gpkg -o below.gpkg --micro-grids --link-units。",
)
LAND_CHANGED = FindingKind(
    "level_land_changed",
    "info",
    en="{count} grids are unchanged but their lines are not the same to the last digit, or nobody "
    "lived in them: what lies below them was drawn anew: {places}.",
    zh="{count} 个网格未变动，但界线与原图形不完全一致或原无住户，其下级已重新划分：{places}。",
    cure_en="Nothing to do, unless the lines of the data were meant to stay the same.",
    cure_zh="一般无需处理；如边界数据本应不变，请核对。",
)
PLACED_BY_LAND = FindingKind(
    "level_newcomers_by_land",
    "info",
    en="{count} buildings or units with households are new in unchanged grids and were counted in "
    "the micro-grid or link unit whose land they stand on: {places}.",
    zh="未变动网格内有 {count} 处新增住户的楼栋或单元，已按用地计入所在微网格和联户单元："
    "{places}。",
    cure_en="Check them; of floors over one another the lowest was taken.",
    cure_zh="请核对；同一用地上下叠置的，计入最低一段楼层。",
)
FINDING_KINDS = (CARRIED, KEPT_OUTSIDE, LAND_CHANGED, PLACED_BY_LAND)


@dataclass(frozen=True)
class _Split:
    """The grids of a replanned plan: whose zones stay, whose are drawn anew, and why."""

    levels: tuple[str, ...]
    kept: frozenset[str]
    fresh: frozenset[str]
    moved: tuple[str, ...]


def carry_levels(earlier: Plan, made: Plan, *, seed: int) -> Plan:
    """Return a replanned plan with the levels below the grids that its earlier plan had.

    Parameters
    ----------
    earlier
        The plan before, with micro-grids, link units, both or neither.
    made
        The plan of today, with ``changes``.
    seed
        For the zones that are drawn anew.

    Returns
    -------
    Plan
        Zones of grids with change code U stay: ids, codes, names and land to the byte, and all else
        where the households did not change either; households are counted again. Those of all
        other grids are drawn by `gridmap.subdivide_plan`, with ids that the earlier plan did not
        use and serials after the greatest that it used in the grid.

    Notes
    -----
    Source: docs/replan.md; what is valid stays as it is.

    Examples
    --------
    >>> import gridmap
    >>> from gridmap.testing import draw_territory
    >>> toy = draw_territory("AABB", households=70)
    >>> plan = gridmap.make_plan(toy, rules=gridmap.Rules.preset())
    >>> below = gridmap.subdivide_plan(plan, levels=("micro_grid",))
    >>> again = gridmap.replan(below, draw_territory("AABB", households=71))
    >>> again.micro_grids.index.equals(below.micro_grids.index)
    True
    >>> again.micro_grids["households"].tolist()
    [71, 71, 71, 71]
    """
    levels = _list_levels(earlier)
    if not levels:
        return made
    units = strip_levels(made.territory.units)
    split = _split_grids(earlier, made, units, levels)
    members = units.members.reset_index(drop=True)
    grids = members["unit_id"].map(made.assignment).astype(str)
    stay = grids.isin(split.kept).to_numpy()
    carried = carry_members(members[stay], grids[stay], units, earlier)
    fresh = _draw_fresh(earlier, replace(made, territory=replace(made.territory, units=units)),
                        split, seed)  # fmt: skip
    zones = collect_zones(earlier, made.rules, carried.rows, fresh, split.kept)
    whole = replace(
        units,
        frame=_name_units(earlier, units, made, split, fresh),
        members=_join_members(members, carried, fresh),
    )
    told = {"levels.drawn": ",".join(levels)}
    told["levels.seed"] = str(seed) if fresh.plan else earlier.about.get("levels.seed", str(seed))
    said = [*_say_carried(split, carried, fresh, zones), *_say_split(whole.members)]
    known = {finding.code for finding in said}
    more = [] if fresh.plan is None else [f for f in fresh.plan.findings if f.code not in known]
    return replace(
        made,
        territory=replace(made.territory, units=whole),
        findings=sort_findings([*made.findings, *said, *more]),
        about={**made.about, **told},
        micro_grids=zones.micro_grids,
        link_units=zones.link_units,
    )


def _list_levels(plan: Plan) -> tuple[str, ...]:
    frames = (("micro_grid", plan.micro_grids), ("link_unit", plan.link_units))
    return tuple(name for name, frame in frames if frame is not None)


def _split_grids(earlier: Plan, made: Plan, units: Units, levels: tuple[str, ...]) -> _Split:
    """Tell which grids keep their zones: unchanged, on the same land, and with zones to keep."""
    changes = made.changes
    unchanged = set() if changes is None else set(changes.index[changes["change"] == "U"])
    frames = (earlier.micro_grids, earlier.link_units)
    held = [set(frame["grid_id"]) for frame in frames if frame is not None]
    zoned = set.intersection(*held)
    lived_in = units.frame["households"] > 0
    peopled = set(made.assignment.reindex(units.frame.index[lived_in]))
    same = sorted(unchanged & set(earlier.grids.index) & set(made.grids.index))
    before, after = (
        shapely.normalize(plan.grids.geometry.reindex(same).to_numpy()) for plan in (earlier, made)
    )
    still = {name for name, own in zip(same, shapely.equals_exact(before, after, 0.0), strict=True)
             if own}  # fmt: skip
    kept = still & zoned
    moved = [name for name in same if name not in kept and name in peopled]
    return _Split(levels, frozenset(kept), frozenset(made.grids.index) - kept, tuple(moved))


def _draw_fresh(earlier: Plan, made: Plan, split: _Split, seed: int) -> Fresh:
    """Draw the zones of the grids that changed, by the engine that draws those of any plan."""
    units = made.territory.units
    owner = made.assignment.reindex(units.frame.index)
    mine = owner.isin(split.fresh).to_numpy()
    if not mine.any() or not (units.frame["households"].to_numpy()[mine] > 0).any():
        return Fresh(None, None, None)
    inside = units.frame.index[mine]
    members = units.members
    part = replace(
        units,
        frame=units.frame[mine],
        members=members[members["unit_id"].isin(inside)].reset_index(drop=True),
    )
    borders = made.territory.borders
    both = borders["unit_a"].isin(inside) & borders["unit_b"].isin(inside)
    drawn = subdivide_plan(
        replace(
            made,
            grids=made.grids[made.grids.index.isin(split.fresh)],
            territory=replace(
                made.territory, units=part, borders=borders[both].reset_index(drop=True)
            ),
            assignment=made.assignment[made.assignment.isin(split.fresh)],
            findings=(),
        ),
        seed=seed,
        levels=split.levels,
    )
    return rename_zones(drawn, earlier)


def _join_members(members: pd.DataFrame, carried: Carried, fresh: Fresh) -> pd.DataFrame:
    """Return the members of kept and of fresh grids in the order of the members of today."""
    keys = [name for name in ("building_id", "household_id", "unit_id", "place_id")
            if name in members]  # fmt: skip
    parts = [carried.rows]
    if fresh.plan is not None:
        place = members[keys].assign(row=np.arange(len(members)))
        parts.append(fresh.plan.territory.units.members.merge(place, on=keys, how="left"))
    rest = np.setdiff1d(np.arange(len(members)), np.concatenate([part["row"] for part in parts]))
    empty = members.iloc[rest].assign(**dict.fromkeys(LEVEL_COLUMNS, ""), row=rest)
    whole = pd.concat([*parts, empty]).sort_values("row", kind="stable")
    joined: pd.DataFrame = whole[[*members.columns, *LEVEL_COLUMNS]].reset_index(drop=True)
    return joined


def _name_units(
    earlier: Plan, units: Units, made: Plan, split: _Split, fresh: Fresh
) -> gpd.GeoDataFrame:
    """Return the units with the micro-grid that holds all of each, where one is known to."""
    if "micro_grid" not in split.levels:
        return units.frame
    index = units.frame.index
    before = earlier.territory.units.frame
    named = pd.Series("", index=index, dtype=object)
    if "micro_grid_id" in before:
        old = before.geometry.reindex(index).to_numpy()
        same = shapely.equals_exact(old, units.frame.geometry.to_numpy(), 0.0)
        same &= made.assignment.reindex(index).isin(split.kept).to_numpy()
        named[same] = before["micro_grid_id"].reindex(index[same]).to_numpy(object)
    if fresh.plan is not None:
        drawn = fresh.plan.territory.units.frame["micro_grid_id"]
        named[drawn.index] = drawn.to_numpy(object)
    return units.frame.assign(micro_grid_id=named.to_numpy(object))


def _say_carried(split: _Split, carried: Carried, fresh: Fresh, zones: Zones) -> list[Finding]:
    """Say how many zones were kept, how many drawn anew, and what is odd about them."""
    peopled = fresh.grids()
    said = [
        CARRIED.found(
            count=len(zones.kept),
            kept_grids=len(split.kept),
            drawn=len(zones.drawn),
            drawn_grids=len(peopled),
        )
    ]
    for kind, places in (
        (KEPT_OUTSIDE, zones.kept_outside),
        (OUTSIDE, zones.outside),
        (LAND_CHANGED, split.moved),
        (PLACED_BY_LAND, carried.by_land),
    ):
        if places:
            said.append(kind.found(places))
    return said


def _say_split(members: pd.DataFrame) -> list[Finding]:
    """Say which buildings are shared by entrances and by floors, of kept and drawn zones alike."""
    names = members["building_id"].where(members["building_id"] != "", members["unit_id"])
    said = []
    for kind, column in ((SPLIT_BY_ENTRANCE, "entrance"), (SPLIT_BY_FLOOR, "floors")):
        places = sorted(set(names[members[column] != ""].astype(str)))
        if places:
            said.append(kind.found(places))
    return said
