"""Geometry as a role needs it: the right kind, in the plane, with finite coordinates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.findings import Finding, FindingKind
from gridmap.schemas import ROLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridmap.sources.layers import Geometries

_SHAPES = {
    int(shapely.GeometryType.POINT): "point",
    int(shapely.GeometryType.MULTIPOINT): "point",
    int(shapely.GeometryType.LINESTRING): "line",
    int(shapely.GeometryType.LINEARRING): "line",
    int(shapely.GeometryType.MULTILINESTRING): "line",
    int(shapely.GeometryType.POLYGON): "polygon",
    int(shapely.GeometryType.MULTIPOLYGON): "polygon",
}
_COLLECTION = int(shapely.GeometryType.GEOMETRYCOLLECTION)

HEIGHTS_DROPPED = FindingKind(
    "heights_dropped",
    "info",
    en="{count} geometries of {place} had heights or measures (Z, M); only lon and lat are kept.",
    zh="{place} 有 {count} 个图形带高程或测量值（Z、M），仅保留平面坐标。",
    cure_en="Nothing to do.",
    cure_zh="无须处理。",
)
WRONG_GEOMETRY = FindingKind(
    "wrong_geometry",
    "error",
    en="{count} row(s) of {place} are no {needed}, as {role} must be: {places}.",
    zh="{place} 有 {count} 条记录的图形类型不符合{role_zh}的要求（应为{needed_zh}）：{places}。",
    cure_en="Say what the layer is (--layer ROLE=FILE:LAYER), or convert it in GIS software.",
    cure_zh="请指定图层用途（--layer 角色=文件:图层），或在 GIS 软件中转换图形类型。",
)
NOT_FINITE = FindingKind(
    "coordinates_not_finite",
    "warning",
    en="{count} row(s) of {place} have coordinates that are not numbers; they have no place now.",
    zh="{place} 有 {count} 条记录的坐标不是有效数字，按无位置处理。",
    cure_en="Correct or delete these rows: {places}.",
    cure_zh="请更正或删除以下记录：{places}。",
)
PARTS_EXTRACTED = FindingKind(
    "collection_reduced",
    "info",
    en="{count} mixed geometries of {place} were reduced to their {needed} parts.",
    zh="{place} 有 {count} 个混合图形，仅保留其中的{needed_zh}部分。",
    cure_en="Nothing to do, unless something is missing: {places}.",
    cure_zh="一般无须处理；若有缺失请检查：{places}。",
)
MULTIPOINTS = FindingKind(
    "multipoint_first",
    "warning",
    en="{count} row(s) of {place} stand at several points; the first one is used.",
    zh="{place} 有 {count} 条记录含多个点，取第一个点。",
    cure_en="Give one row a point: {places}.",
    cure_zh="请改为每条记录一个点：{places}。",
)
FINDING_KINDS = (HEIGHTS_DROPPED, WRONG_GEOMETRY, NOT_FINITE, PARTS_EXTRACTED, MULTIPOINTS)

_WORDS = {"polygon": "面", "line": "线", "point": "点"}


def shape_geometries(
    geometry: Geometries, role: str, *, place: str
) -> tuple[Geometries, list[Finding]]:
    """Bring the geometry of a layer into the form that its role needs.

    Parameters
    ----------
    geometry
        Object array of geometries or None, in any coordinates.
    role
        Key of `gridmap.schemas.ROLES`.
    place
        What the layer is called in findings.

    Returns
    -------
    tuple
        Object array of the same length: plane geometries of the role's kinds, multi-part ones kept
        (a point in one piece is a Point), None where there is none; and findings. Rows are named
        by their number, ``row 1`` being the first.
    """
    made = np.array(geometry, dtype=object)
    findings: list[Finding] = []
    high = shapely.has_z(made) | shapely.has_m(made)
    if high.any():
        findings.append(HEIGHTS_DROPPED.found(count=int(high.sum()), place=place))
        made = shapely.force_2d(made)
    made[shapely.is_empty(made)] = None
    made, said = _drop_not_finite(made, place)
    findings += said
    made, said = _drop_wrong(made, role, place)
    findings += said
    if "point" in ROLES[role].shapes:
        made, said = _single_points(made, place)
        findings += said
    return made, findings


def _rows(mask: Any) -> Sequence[str]:
    return [f"row {row + 1}" for row in np.flatnonzero(mask)]


def _drop_not_finite(made: Geometries, place: str) -> tuple[Geometries, list[Finding]]:
    coordinates, owner = shapely.get_coordinates(made, return_index=True)
    bad_rows = np.unique(owner[~np.isfinite(coordinates).all(axis=1)])
    if not len(bad_rows):
        return made, []
    mask = np.zeros(len(made), dtype=bool)
    mask[bad_rows] = True
    made[mask] = None
    return made, [NOT_FINITE.found(_rows(mask), place=place)]


def _drop_wrong(made: Geometries, role: str, place: str) -> tuple[Geometries, list[Finding]]:
    kinds = shapely.get_type_id(made)
    allowed = ROLES[role].shapes
    needed: dict[str, Any] = {
        "needed": " or ".join(allowed),
        "needed_zh": "或".join(_WORDS[shape] for shape in allowed),
    }
    findings: list[Finding] = []
    mixed = kinds == _COLLECTION
    for row in np.flatnonzero(mixed):
        made[row] = _reduce_collection(made[row], allowed)
    if mixed.any():
        findings.append(PARTS_EXTRACTED.found(_rows(mixed), place=place, **needed))
        kinds = shapely.get_type_id(made)
    good = np.isin(kinds, [code for code, shape in _SHAPES.items() if shape in allowed])
    wrong = ~good & (kinds >= 0)
    if wrong.any():
        findings.append(
            WRONG_GEOMETRY.found(
                _rows(wrong), place=place, role=role, role_zh=ROLES[role].zh, **needed
            )
        )
        made[wrong] = None
    return made, findings


def _reduce_collection(geometry: Any, allowed: Sequence[str]) -> Any:
    """Return the parts of the role's first kind that is there, as one multi-part geometry."""
    parts = shapely.get_parts(geometry)
    kinds = [_SHAPES.get(int(kind), "") for kind in shapely.get_type_id(parts)]
    for shape, gather in (
        ("polygon", shapely.multipolygons),
        ("line", shapely.multilinestrings),
        ("point", shapely.multipoints),
    ):
        chosen = [part for part, kind in zip(parts, kinds, strict=True) if kind == shape]
        if chosen and shape in allowed:
            return gather(shapely.get_parts(np.array(chosen, dtype=object)))
    return geometry


def _single_points(made: Geometries, place: str) -> tuple[Geometries, list[Finding]]:
    multi = shapely.get_type_id(made) == int(shapely.GeometryType.MULTIPOINT)
    if not multi.any():
        return made, []
    several = multi & (shapely.get_num_geometries(made) > 1)
    made[multi] = shapely.get_geometry(made[multi], 0)
    return made, [MULTIPOINTS.found(_rows(several), place=place)] if several.any() else []
