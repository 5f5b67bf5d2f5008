"""The grids of an earlier plan on the units of a new territory: which unit was in which grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from gridmap.findings import Finding, FindingKind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.model import Plan, Territory

HALF = 0.5
"""Share of a unit (households, else land) that one old grid must hold for the unit to be its
(gridmap's own default: a majority)."""
UNITS_PLACED_BY_LAND = FindingKind(
    "units_placed_by_land",
    "info",
    en="{count} unit(s) are not in the earlier plan under their id; their old grid was found by "
    "their buildings or their land: {places}",
    zh="{count} 个单元在原方案中没有相同编号，已按楼栋或用地重叠确定原网格：{places}",
    cure_en="Nothing to do, unless the ids were meant to stay the same.",
    cure_zh="一般无需处理；如编号本应不变，请核对数据。",
)
UNITS_WITHOUT_OLD_GRID = FindingKind(
    "units_without_old_grid",
    "warning",
    en="{count} unit(s) belong to no grid of the earlier plan for the most part and were placed "
    "anew: {places}",
    zh="{count} 个单元的大部分不属于原方案的任何网格，已重新划入：{places}",
    cure_en="Check whether land or buildings were added there; lock the unit to place it by hand.",
    cure_zh="请核对该处是否新增了用地或楼栋。",
)
UNITS_CHANGED_COMMUNITY = FindingKind(
    "units_changed_community",
    "warning",
    en="{count} unit(s) lie in another community than in the earlier plan and left their grid: "
    "{places}",
    zh="{count} 个单元已划归其他社区，不再属于原网格：{places}",
    cure_en="Check the border of the communities.",
    cure_zh="请核对社区边界。",
)
FINDING_KINDS = (UNITS_PLACED_BY_LAND, UNITS_WITHOUT_OLD_GRID, UNITS_CHANGED_COMMUNITY)


@dataclass(frozen=True)
class Overlay:
    """The old grid of every new unit.

    Attributes
    ----------
    grid
        ``grid_id`` of each unit of the new territory by sorted ``unit_id``, ``""`` for none.
    left
        Old grids that units left because their community changed.
    findings
        What could not be matched by id.
    """

    grid: pd.Series[str]
    left: frozenset[str]
    findings: tuple[Finding, ...]


def overlay_grids(plan: Plan, territory: Territory) -> Overlay:
    """Find the grid of an earlier plan that each unit of a territory belonged to.

    Parameters
    ----------
    plan
        The earlier plan.
    territory
        The new units.

    Returns
    -------
    Overlay
        A unit of the same id on the same land is in the same grid. Another one is in the grid in
        which most of its buildings' households were (by ``building_id``), or else on whose land
        most of its land lies; where none holds half, it has no old grid. A unit that lies in
        another community than its old grid has none.

    Notes
    -----
    Source: FIELD.md section 3: a grid belongs to one community; the old -> new mapping of units is
    gridmap's own default.

    Examples
    --------
    >>> import gridmap
    >>> from gridmap.testing import draw_territory
    >>> toy = draw_territory("AABB", households=200)
    >>> plan = gridmap.make_plan(toy, rules=gridmap.Rules.preset())
    >>> overlay_grids(plan, toy).grid.equals(plan.assignment)
    True
    """
    new = territory.units.frame.sort_index()
    old = plan.territory.units.frame
    found = np.full(len(new), "", object)
    place = pd.Index(old.index).get_indexer(pd.Index(new.index))
    shapes = np.asarray(new.geometry.array, dtype=object)
    before = np.asarray(old.geometry.array, dtype=object)
    owner = plan.assignment.reindex(old.index).fillna("").to_numpy(object)
    named = np.flatnonzero(place >= 0)
    same = named[_is_same_land(shapes[named], before[place[named]])]
    found[same] = owner[place[same]]
    sure = np.zeros(len(new), np.bool_)
    sure[same] = True
    rest = np.flatnonzero(~sure)
    if len(rest):
        found[rest] = _find_by_buildings(plan, territory, new.index[rest])
        bare = rest[found[rest] == ""]
        found[bare] = _find_by_land(before, owner, shapes[bare])
    home = plan.grids["community_id"].astype(str).to_dict()
    left = np.array(
        [bool(g) and home.get(g) != c for g, c in zip(found, new["community_id"], strict=True)],
        np.bool_,
    )
    lost = (found == "") & ~sure
    matched = rest[(found[rest] != "") & ~left[rest]]
    parted = frozenset(str(name) for name in found[left])
    found[left] = ""
    findings = [
        kind.found(new.index[rows])
        for kind, rows in (
            (UNITS_PLACED_BY_LAND, matched),
            (UNITS_WITHOUT_OLD_GRID, np.flatnonzero(lost)),
            (UNITS_CHANGED_COMMUNITY, np.flatnonzero(left)),
        )
        if len(rows)
    ]
    index = pd.Index(new.index, name="unit_id")
    return Overlay(
        pd.Series(found, index=index, name="grid_id"),
        parted,
        tuple(findings),
    )


def _is_same_land(one: NDArray[Any], other: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell whether polygons are equal, or share half of the larger."""
    same = shapely.equals_exact(one, other, 0.0)
    doubtful = np.flatnonzero(~same)
    if len(doubtful):
        shared = shapely.area(shapely.intersection(one[doubtful], other[doubtful]))
        larger = np.maximum(shapely.area(one[doubtful]), shapely.area(other[doubtful]))
        same[doubtful] = shared >= HALF * larger
    result: NDArray[np.bool_] = same
    return result


def _find_by_buildings(plan: Plan, territory: Territory, units: pd.Index[Any]) -> NDArray[Any]:
    """Return the old grid that holds most households of each unit's buildings, ``""`` for none."""
    before = plan.territory.units.members
    known = before[before["building_id"] != ""]
    grid = plan.assignment.reindex(known["unit_id"]).to_numpy(object)
    grids_of = dict(zip(known["building_id"], grid, strict=True))
    now = territory.units.members
    rows = now[now["unit_id"].isin(units)]
    result = dict.fromkeys(units, "")
    for unit, own in rows.groupby("unit_id", sort=True):
        shares: dict[str, int] = {}
        for building, households in zip(own["building_id"], own["households"], strict=True):
            name = str(grids_of.get(building, "") or "") if building else ""
            shares[name] = shares.get(name, 0) + int(households)
        best = min(shares, key=lambda name: (-shares[name], name))
        if best and shares[best] >= HALF * sum(shares.values()) and shares[best] > 0:
            result[unit] = best
    return np.array([result[unit] for unit in units], object)


def _find_by_land(
    before: NDArray[Any], owner: NDArray[Any], shapes: NDArray[Any]
) -> NDArray[np.object_]:
    """Return the old grid that holds most of the land of each polygon, ``""`` for none."""
    result = np.full(len(shapes), "", object)
    if len(shapes) == 0:
        return result
    rows, hits = shapely.STRtree(before).query(shapes, predicate="intersects")
    areas = shapely.area(shapely.intersection(shapes[rows], before[hits]))
    whole = shapely.area(shapes)
    shares: dict[int, dict[str, float]] = {}
    for row, hit, area in zip(rows.tolist(), hits.tolist(), areas.tolist(), strict=True):
        name = str(owner[hit])
        if name:
            own = shares.setdefault(row, {})
            own[name] = own.get(name, 0.0) + area
    for row, own in shares.items():
        best = max(sorted(own), key=own.__getitem__)
        if own[best] >= HALF * float(whole[row]):
            result[row] = best
    return result
