"""Where buildings and compounds stand: in no community, in two, on top of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gridmap.checks.inspecting import Wording, describe
from gridmap.findings import FindingKind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.checks.inspecting import Inspection

STRADDLE_SHARE = 0.05
"""A building or compound is in a community with at least this share of its area; gridmap's own
default, above what inexact digitising makes."""
OVERLAP_SHARE = 0.05
"""Compounds that share at least this much of the smaller one overlap; gridmap's own default."""

BUILDING_OUTSIDE = FindingKind(
    "building_outside",
    "warning",
    en="{count} buildings stand in no community and are set aside with {households} households "
    "counted on them{listed:en}.",
    zh="{count} 栋楼不在任何社区内，已剔除（编号见 --json），其中计有 {households} 户{listed:zh}。",
    cure_en="Check the outlines of the communities there, or the datum of the buildings.",
    cure_zh="请核对该处社区边界，或楼栋数据的坐标系。",
)
BUILDING_STRADDLES = FindingKind(
    "building_straddles",
    "warning",
    en="{count} buildings stand in two communities; each counts where most of it stands: "
    "{details:en}.",
    zh="{count} 栋楼跨两个社区，按占地较多的一方计入：{details:zh}。",
    cure_en="Correct the border so that it goes around the building.",
    cure_zh="请修正边界，使其绕过楼栋。",
)
COMPOUND_STRADDLES = FindingKind(
    "compound_straddles",
    "warning",
    en="{count} compounds lie in two communities and can't be whole in one grid: {details:en}.",
    zh="{count} 个小区跨两个社区，无法完整划入一个网格：{details:zh}。",
    cure_en="Decide which community has the compound, and correct the border.",
    cure_zh="请确定小区归属并修正社区边界。",
)
COMPOUND_OVERLAP = FindingKind(
    "compound_overlap",
    "warning",
    en="{count} pairs of compounds overlap: {details:en}.",
    zh="{count} 对小区红线相互重叠：{details:zh}。",
    cure_en="Correct the boundary lines of these compounds.",
    cure_zh="请修正这些小区的红线。",
)
SAME_FOOTPRINT = FindingKind(
    "building_same_outline",
    "warning",
    en="{count} buildings have the same outline as another one{listed:en}.",
    zh="{count} 栋楼的轮廓与另一栋完全相同{listed:zh}。",
    cure_en="Delete the doubled buildings, if they are one building.",
    cure_zh="如为同一栋楼，请删除重复的一条。",
)
FINDING_KINDS = (
    BUILDING_OUTSIDE, BUILDING_STRADDLES, COMPOUND_STRADDLES, COMPOUND_OVERLAP, SAME_FOOTPRINT,
)  # fmt: skip


def place_areas(table: Inspection, role: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the community that holds most of each polygon, and one that holds a part.

    Parameters
    ----------
    table
        With communities that don't overlap.
    role
        A layer of polygons.

    Returns
    -------
    home
        Position of the community (n,), -1 where there is none.
    second
        Position of another community with at least `STRADDLE_SHARE` of the area (n,), else -1.
    """
    geometry, communities = table.geometry(role), table.geometry("communities")
    home = np.full(len(geometry), -1, dtype=np.int64)
    second = home.copy()
    if not len(geometry) or not len(communities):
        return home, second
    tree = shapely.STRtree(geometry)
    holder, held = tree.query(communities, predicate="covers")
    home[held] = holder
    community, row = tree.query(communities, predicate="intersects")
    loose = home[row] < 0
    community, row = community[loose], row[loose]
    area = shapely.area(shapely.intersection(geometry[row], communities[community]))
    share = area / shapely.area(geometry[row])
    order = np.lexsort((community, -share, row))
    community, row, share = community[order], row[order], share[order]
    first = np.ones(len(row), dtype=bool)
    first[1:] = row[1:] != row[:-1]
    best = first & (share > 0)
    home[row[best]] = community[best]
    runner_up = np.zeros(len(row), dtype=bool)
    runner_up[1:] = first[:-1] & ~first[1:]
    runner_up &= share >= STRADDLE_SHARE
    second[row[runner_up]] = community[runner_up]
    return home, second


def inspect_buildings(table: Inspection) -> NDArray[np.int64]:
    """Say what is wrong with buildings; return the community of each (n,), -1 outside."""
    if table.frame("buildings") is None:
        return np.empty(0, dtype=np.int64)
    home, second = place_areas(table, "buildings")
    _say_straddling(table, "buildings", BUILDING_STRADDLES, home, second)
    hashes = pd.Series(shapely.to_wkb(shapely.normalize(table.geometry("buildings")), hex=True))
    table.say_rows(SAME_FOOTPRINT, "buildings", np.asarray(hashes.duplicated()))
    return home


def set_aside_buildings(table: Inspection, home: NDArray[np.int64]) -> None:
    """Take out the buildings in no community."""
    outside = home < 0
    if not len(outside) or not len(table.geometry("communities")):
        return
    households = int(table.households_of("buildings", outside).sum())
    table.say_rows(BUILDING_OUTSIDE, "buildings", outside, households=households)
    table.set_aside("buildings", outside, BUILDING_OUTSIDE.code)


def inspect_compounds(table: Inspection) -> None:
    """Say which compounds straddle a community border or overlap each other."""
    if table.frame("compounds") is None:
        return
    home, second = place_areas(table, "compounds")
    _say_straddling(table, "compounds", COMPOUND_STRADDLES, home, second)
    geometry = table.geometry("compounds")
    first, other = shapely.STRtree(geometry).query(geometry, predicate="intersects")
    once = first < other
    first, other = first[once], other[once]
    common = shapely.area(shapely.intersection(geometry[first], geometry[other]))
    area = shapely.area(geometry)
    much = common >= OVERLAP_SHARE * np.minimum(area[first], area[other])
    much &= common > 0
    if not much.any():
        return
    first, other = first[much], other[much]
    order = np.lexsort((other, first))
    ids = table.ids("compounds")
    pairs = [f"{ids[a]}+{ids[b]}" for a, b in zip(first[order], other[order], strict=True)]
    places = shapely.centroid(shapely.intersection(geometry[first], geometry[other]))[order]
    table.say(
        COMPOUND_OVERLAP.found(
            pairs,
            points=[(round(p.x, 6), round(p.y, 6)) for p in places],
            details=describe([Wording(pair, pair) for pair in pairs]),
        )
    )


def _say_straddling(
    table: Inspection,
    role: str,
    kind: FindingKind,
    home: NDArray[np.int64],
    second: NDArray[np.int64],
) -> None:
    rows = second >= 0
    communities = table.ids("communities")
    details = []
    for name, a, b in zip(table.ids(role, rows), home[rows], second[rows], strict=True):
        pair = f"{communities[a]}+{communities[b]}"
        details.append(Wording(f"{name} ({pair})", f"{name}（{pair}）"))
    table.say_rows(kind, role, rows, details=describe(details))
