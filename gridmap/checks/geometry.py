"""Geometry that no plan can use: absent, not finite, out of range, of the wrong type, invalid.

What can be kept is kept: a polygon that crosses itself is made valid by its structure, a
household without a place stays for the building it names (`gridmap.checks.households`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.checks.inspecting import Wording, describe
from gridmap.findings import FindingKind
from gridmap.schemas import ROLES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.checks.inspecting import Inspection

MAX_COORDINATES = 1_000_000
"""Vertices of one geometry; gridmap's own default (all 331 townships of Beijing have 136,123)."""
MAX_CROSSINGS = 1_000_000
"""Estimated crossings of one invalid polygon with itself; gridmap's own default."""
ZERO_DEGREES = 1e-3
"""A place nearer than this to (0, 0), about 100 m, is a missing coordinate: own default."""

_POINT, _LINE, _POLYGON = 0, 1, 2
_DIMENSIONS = {"point": _POINT, "line": _LINE, "polygon": _POLYGON}
_DIMENSION_WORDS = {
    _POINT: Wording("points", "点"),
    _LINE: Wording("lines", "线"),
    _POLYGON: Wording("polygons", "面"),
}

MISSING = FindingKind(
    "geometry_missing",
    "warning",
    en="{count} rows of {role:en} have no {what:en}; they {fate:en}{listed:en}.",
    zh="{role:zh}中有 {count} 行没有{what:zh}，{fate:zh}{listed:zh}。",
    cure_en="{mend:en}, or delete the empty rows from the file.",
    cure_zh="{mend:zh}，或从文件中删除空行。",
)
NOT_FINITE = FindingKind(
    "geometry_not_finite",
    "warning",
    en="{count} rows of {role:en} have coordinates that are not numbers (NaN or infinite); "
    "they {fate:en}{listed:en}.",
    zh="{role:zh}中有 {count} 行的坐标不是有效数字（NaN 或无穷大），{fate:zh}{listed:zh}。",
    cure_en="Correct the coordinates of these rows in the source file.",
    cure_zh="请在源文件中更正这些行的坐标。",
)
AT_ZERO = FindingKind(
    "place_zero",
    "warning",
    en="{count} rows of {role:en} lie at (0, 0), which stands for a missing place; "
    "they {fate:en}{listed:en}.",
    zh="{role:zh}中有 {count} 行位于 (0, 0)，即坐标缺失，{fate:zh}{listed:zh}。",
    cure_en="Give these rows their coordinates; leave the cell empty where unknown.",
    cure_zh="请补上这些行的坐标；不清楚的请留空。",
)
OUT_OF_RANGE = FindingKind(
    "place_out_of_range",
    "warning",
    en="{count} rows of {role:en} lie outside -180..180, -90..90 degrees; they "
    "{fate:en}{listed:en}.",
    zh="{role:zh}中有 {count} 行超出经度 -180..180、纬度 -90..90 的范围，{fate:zh}{listed:zh}。",
    cure_en="Check the CRS of the file and declare it: --crs FILE=EPSG:n.",
    cure_zh="请核对该文件的坐标系并声明：--crs 文件=EPSG:n。",
)
TOO_LARGE = FindingKind(
    "geometry_too_large",
    "error",
    en="{count} rows of {role:en} have more than {limit} vertices each{listed:en}.",
    zh="{role:zh}中有 {count} 行的顶点数超过 {limit}{listed:zh}。",
    cure_en="Simplify them first, for example: ogr2ogr -simplify 0.00001 out.gpkg in.gpkg.",
    cure_zh="请先简化图形，例如：ogr2ogr -simplify 0.00001 out.gpkg in.gpkg。",
)
TANGLED = FindingKind(
    "polygon_tangled",
    "error",
    en="{count} polygons of {role:en} cross themselves about a million times or more{listed:en}.",
    zh="{role:zh}中有 {count} 个面自相交达百万次以上{listed:zh}。",
    cure_en="Draw these polygons again; they can't be repaired.",
    cure_zh="请重新绘制这些面，无法自动修复。",
)
WRONG_TYPE = FindingKind(
    "geometry_wrong_type",
    "warning",
    en="{count} rows of {role:en} are not {expected:en} and are set aside{listed:en}.",
    zh="{role:zh}中有 {count} 行不是{expected:zh}要素，已剔除（编号见 --json）{listed:zh}。",
    cure_en="Move these rows to a layer of their own role.",
    cure_zh="请将这些行移到相应角色的图层。",
)
LAYER_WRONG_TYPE = FindingKind(
    "layer_wrong_type",
    "error",
    en="None of the {count} rows of {role:en} is of the type needed there ({expected:en}).",
    zh="{role:zh}图层的 {count} 行都不是所需的{expected:zh}要素。",
    cure_en="Name the right layer: --layer {name}=FILE:LAYER; lines become polygons with QGIS "
    "'Polygonize'.",
    cure_zh="请指定正确的图层：--layer {name}=文件:图层；线可用 QGIS 的“面化”转为面。",
)
SELF_CROSSING = FindingKind(
    "polygon_self_crossing",
    "warning",
    en="{count} polygons of {role:en} cross themselves and were made valid: {details:en}.",
    zh="{role:zh}中有 {count} 个面自相交，已修复：{details:zh}。",
    cure_en="Look at the places named and redraw the outline there.",
    cure_zh="请查看所列位置并重新勾绘边界。",
)
INVALID = FindingKind(
    "polygon_invalid",
    "warning",
    en="{count} polygons of {role:en} are invalid and were made valid: {details:en}.",
    zh="{role:zh}中有 {count} 个面不合规，已修复：{details:zh}。",
    cure_en="Look at the places named and redraw the outline there.",
    cure_zh="请查看所列位置并重新勾绘边界。",
)
COLLAPSED = FindingKind(
    "geometry_collapsed",
    "warning",
    en="{count} rows of {role:en} have no area or length and are set aside{listed:en}.",
    zh="{role:zh}中有 {count} 行的面积或长度为零，已剔除（编号见 --json）{listed:zh}。",
    cure_en="Draw them again, or delete them.",
    cure_zh="请重新绘制，或删除。",
)
FINDING_KINDS = (
    MISSING, NOT_FINITE, AT_ZERO, OUT_OF_RANGE, TOO_LARGE, TANGLED, WRONG_TYPE, LAYER_WRONG_TYPE,
    SELF_CROSSING, INVALID, COLLAPSED,
)  # fmt: skip

_REASONS = (
    ("Ring Self-intersection", "环自接触"),
    ("Self-intersection", "自相交"),
    ("Hole lies outside shell", "孔洞在外环之外"),
    ("Holes are nested", "孔洞嵌套"),
    ("Interior is disconnected", "内部不连通"),
    ("Nested shells", "外环嵌套"),
    ("Duplicate Rings", "重复的环"),
    ("Too few points", "点数不足"),
    ("Invalid Coordinate", "坐标无效"),
)


POINT_ROLES = frozenset(role.name for role in ROLES.values() if role.shapes == ("point",))
_COORDINATES, _OUTLINE = Wording("coordinates", "坐标"), Wording("geometry", "图形")
_FILL_IN = Wording("Fill in the coordinates", "请补填坐标")
_DRAW = Wording("Draw them", "请补画图形")
_SET_ASIDE = Wording("are set aside", "已剔除（编号见 --json）")
_BY_BUILDING = Wording(
    "are placed by the building they name, else set aside",
    "按所填楼栋定位，否则剔除（编号见 --json）",
)


def inspect_geometry(table: Inspection) -> None:
    """Take out or mend every geometry that later steps can't use, role by role."""
    for role in tuple(table.layers):
        for step in (_flatten, _inspect_presence, _inspect_size, _inspect_type, _inspect_validity):
            if table.frame(role) is not None:
                step(table, role)


def _flatten(table: Inspection, role: str) -> None:
    geometry = table.geometry(role)
    deep = shapely.has_z(geometry)
    if deep.any():
        table.set_geometry(role, deep, shapely.force_2d(geometry[deep]))


def _inspect_presence(table: Inspection, role: str) -> None:
    """Find geometry that is absent, not finite, out of range or at (0, 0)."""
    geometry = table.geometry(role)
    missing = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    endless = ~missing & ~_all_finite(geometry)
    bounds = shapely.bounds(geometry)
    with np.errstate(invalid="ignore"):
        outside = (np.abs(bounds) > (180.0, 90.0, 180.0, 90.0)).any(axis=1)
        at_zero = (np.abs(bounds) < ZERO_DEGREES).all(axis=1)
    placed = ~missing & ~endless
    _take_out(
        table,
        role,
        (
            (MISSING, missing),
            (NOT_FINITE, endless),
            (OUT_OF_RANGE, outside & placed),
            (AT_ZERO, at_zero & placed),
        ),
    )


def _take_out(
    table: Inspection, role: str, found: tuple[tuple[FindingKind, NDArray[np.bool_]], ...]
) -> None:
    """Say the rows of each kind, then set them aside.

    A household keeps its row without a geometry: the building it names may still place it.
    """
    keep = role == "households"
    numbers = table.layers[role].index
    is_point = role in POINT_ROLES
    for kind, rows in found:
        table.say_rows(
            kind,
            role,
            rows,
            fate=_BY_BUILDING if keep else _SET_ASIDE,
            what=_COORDINATES if is_point else _OUTLINE,
            mend=_FILL_IN if is_point else _DRAW,
        )
    for kind, rows in found:
        if not rows.any():
            continue
        if keep:
            table.set_geometry(role, rows, np.full(int(rows.sum()), None, dtype=object))
        else:
            table.set_aside(role, table.rows_at(role, numbers[rows]), kind.code)


def _all_finite(geometry: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Tell for each geometry (n,) whether all its coordinates are finite."""
    xy, owner = shapely.get_coordinates(geometry, return_index=True)
    finite = np.ones(len(geometry), dtype=bool)
    finite[owner[~np.isfinite(xy).all(axis=1)]] = False
    return finite


def _inspect_size(table: Inspection, role: str) -> None:
    rows = shapely.get_num_coordinates(table.geometry(role)) > MAX_COORDINATES
    table.say_rows(TOO_LARGE, role, rows, limit=MAX_COORDINATES)
    table.set_aside(role, rows, TOO_LARGE.code)


def _inspect_type(table: Inspection, role: str) -> None:
    """Keep what has the dimension of the role; take it out of mixed collections."""
    if role not in ROLES:
        return
    allowed = tuple(_DIMENSIONS[shape] for shape in ROLES[role].shapes)
    geometry = table.geometry(role)
    kinds = shapely.get_type_id(geometry)
    mixed = kinds == shapely.GeometryType.GEOMETRYCOLLECTION
    if mixed.any():
        chosen = [_of_dimension(item, allowed) for item in geometry[mixed]]
        table.set_geometry(role, mixed, np.array(chosen, dtype=object))
    several = (kinds == shapely.GeometryType.MULTIPOINT) & (_POINT in allowed)
    if several.any():
        table.set_geometry(role, several, shapely.centroid(geometry[several]))
    geometry = table.geometry(role)
    absent = shapely.is_missing(geometry)
    wrong = ~absent & ~np.isin(shapely.get_dimensions(geometry), allowed)
    words = _expected(allowed)
    if wrong.any() and (wrong | absent).all():
        table.say_rows(LAYER_WRONG_TYPE, role, wrong, expected=words, name=role)
    else:
        table.say_rows(WRONG_TYPE, role, wrong, expected=words)
    table.set_aside(role, wrong, WRONG_TYPE.code)


def _of_dimension(item: shapely.Geometry, allowed: tuple[int, ...]) -> shapely.Geometry:
    """Return the parts of a collection with the first allowed dimension that it has."""
    parts = shapely.get_parts(item)
    for dimension in allowed:
        chosen = parts[shapely.get_dimensions(parts) == dimension]
        if len(chosen):
            return shapely.union_all(shapely.make_valid(chosen, method="structure"))
    return item


def _expected(allowed: tuple[int, ...]) -> Wording:
    words = [_DIMENSION_WORDS[dimension] for dimension in allowed]
    return Wording(" or ".join(w.en for w in words), "或".join(w.zh for w in words))


def _inspect_validity(table: Inspection, role: str) -> None:
    """Mend invalid geometry, naming the reason and the place; list what collapses."""
    geometry = table.geometry(role)
    broken = ~shapely.is_missing(geometry) & ~shapely.is_valid(geometry)
    tangled = np.zeros(len(geometry), dtype=bool)
    for row in np.flatnonzero(broken):
        tangled[row] = _crossings(geometry[row]) > MAX_CROSSINGS
    table.say_rows(TANGLED, role, tangled)
    broken &= ~tangled
    if not (broken | tangled).any():
        return
    reasons = np.full(len(geometry), "", dtype=object)
    reasons[broken] = shapely.is_valid_reason(geometry[broken])
    crossing = np.array([reason.startswith("Self-intersection") for reason in reasons])
    dimension = shapely.get_dimensions(geometry)
    mended = geometry.copy()
    mended[broken] = shapely.make_valid(geometry[broken], method="structure", keep_collapsed=False)
    collapsed = broken & (shapely.is_empty(mended) | (shapely.get_dimensions(mended) != dimension))
    table.say_rows(COLLAPSED, role, collapsed)
    usable = broken & ~collapsed
    for kind, rows in ((SELF_CROSSING, usable & crossing), (INVALID, usable & ~crossing)):
        details = [
            _detail(name, reason)
            for name, reason in zip(table.ids(role, rows), reasons[rows], strict=True)
        ]
        table.say_rows(kind, role, rows, details=describe(details))
    table.set_geometry(role, usable, mended[usable])
    numbers = table.layers[role].index
    table.set_aside(role, collapsed, COLLAPSED.code)
    table.set_aside(role, table.rows_at(role, numbers[tangled]), TANGLED.code)


def _detail(name: str, reason: str) -> Wording:
    """Put a reason of GEOS, such as ``Self-intersection[113.1 23.02]``, into words."""
    said, _, place = reason.rstrip("]").partition("[")
    place = place.replace(" ", ", ")
    chinese = next((zh for en, zh in _REASONS if said.startswith(en)), said)
    return Wording(f"{name} ({said} at {place})", f"{name}（{chinese}，位于 {place}）")


def _crossings(geometry: shapely.Geometry) -> float:
    """Estimate how often a geometry crosses itself, from a thousand of its segments.

    Notes
    -----
    Repairing takes time and memory in proportion to the crossings, which can be the square of the
    vertices: a zigzag of 10,000 points has up to 50 million.
    """
    rings = shapely.get_rings(geometry) if shapely.get_dimensions(geometry) == _POLYGON else None
    if rings is None or shapely.get_num_coordinates(geometry) < 1_000:
        return 0.0
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    ends = np.stack([xy[:-1][same], xy[1:][same]], axis=1)
    segments: NDArray[np.object_] = np.asarray(shapely.linestrings(ends), dtype=object)
    step = max(1, len(segments) // 1_000)
    sample = segments[::step]
    hits = shapely.STRtree(segments).query(sample, predicate="intersects")
    neighbours = 3 * len(sample)
    return float(max(0, hits.shape[1] - neighbours)) * step / 2
