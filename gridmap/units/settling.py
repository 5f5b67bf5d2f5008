"""Which items stand in which face, and what to do about those that stand across a line."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.findings import FindingKind
from gridmap.units.arrays import make_points
from gridmap.units.spots import settle_spots

if TYPE_CHECKING:
    from gridmap.findings import Finding
    from gridmap.units.arrays import Floats, Ints
    from gridmap.units.counting import Items
    from gridmap.units.faces import Faces


CLEAR_SHARE = 0.9
"""A footprint with less than this share of its area in one community stands in two."""
FAR_DEGREES = 1e-5
"""A place further than this outside all communities, about a metre, is said to be outside."""

ACROSS = FindingKind(
    "building_across_communities",
    "warning",
    en="{count} buildings stand in two communities; each counts where most of it stands: {places}.",
    zh="{count} 栋楼跨两个社区，按主要部分所在社区计：{places}。",
    cure_en="Check the community line there, or the outline of the building.",
    cure_zh="请核对该处社区界线或楼栋轮廓。",
)
OUTSIDE = FindingKind(
    "household_outside_land",
    "warning",
    en="{count} households lie outside every community and count in the nearest unit.",
    zh="{count} 户位于所有社区之外，已计入最近的单元。",
    cure_en="Repair the sources first, which lists them: gridmap.repair_sources(sources).",
    cure_zh="请先修复数据，届时将逐一列出：gridmap.repair_sources(sources)。",
)
FINDING_KINDS = (ACROSS, OUTSIDE)


def settle_items(items: Items, faces: Faces) -> tuple[Items, Ints, tuple[Finding, ...]]:
    """Find the face of every building and place.

    Parameters
    ----------
    items
        Buildings and places.
    faces
        The faces of the land.

    Returns
    -------
    Items, array, findings
        The items with their points moved into their face, the face of each, and what to say. A
        building across lines belongs to the face with most of its area, a place to the face with
        most of its households; what is outside all land to the nearest face.
    """
    items, face = settle_spots(items, faces)
    findings: list[Finding] = []
    point = items.point.copy()
    lost = np.flatnonzero(face < 0)
    if len(lost):
        near = shapely.STRtree(faces.shape).nearest(make_points(point[lost]))
        distance = shapely.distance(faces.shape[near], make_points(point[lost]))
        far = int(items.households[lost[distance > FAR_DEGREES]].sum())
        if far:
            findings.append(OUTSIDE.found(count=far))
        face[lost] = near
    across = _find_across(items, faces, face)
    if len(across):
        findings += _settle_across(items, faces, face, point, across)
    return replace(items, point=point), face, tuple(findings)


def _find_across(items: Items, faces: Faces, face: Ints) -> Ints:
    """Return the buildings whose footprint is not inside its face."""
    built = np.arange(items.buildings)
    shapely.prepare(faces.shape)
    inside = shapely.covers(faces.shape[face[built]], items.footprint[built])
    return built[~inside]


def _settle_across(
    items: Items, faces: Faces, face: Ints, point: Floats, across: Ints
) -> list[Finding]:
    """Move each building that crosses lines to the face with most of its area."""
    tree = shapely.STRtree(faces.shape)
    number, hit = tree.query(items.footprint[across], predicate="intersects")
    part = shapely.intersection(items.footprint[across[number]], faces.shape[hit])
    area = shapely.area(part)
    order = np.lexsort((hit, -area, number))
    best = order[np.unique(number[order], return_index=True)[1]]
    best = best[area[best] > 0]
    moved = across[number[best]]
    face[moved] = hit[best]
    point[moved] = shapely.get_coordinates(shapely.point_on_surface(part[best]))
    community = faces.community[hit]
    own = community == faces.community[face[across[number]]]
    share = np.bincount(number, weights=area * own, minlength=len(across))
    total = np.bincount(number, weights=area, minlength=len(across))
    split = across[(share < CLEAR_SHARE * total) & (items.households[across] > 0)]
    if not len(split):
        return []
    return [ACROSS.found(items.name[split].tolist(), points=point[split].round(6).tolist())]
