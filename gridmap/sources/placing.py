"""From a file's coordinates to lon/lat: what is declared, what contradicts it, what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely
from pyproj import CRS

from gridmap.crs import (
    DATUMS,
    convert_points,
    is_chinese,
    lonlat_transform,
    parse_datum,
    prefixed_twin,
)
from gridmap.errors import UnknownName
from gridmap.findings import Finding, FindingKind
from gridmap.schemas import ROLES, role_of_layer
from gridmap.sources.recognising import names_layer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from gridmap.sources.layers import Geometries, LayerInfo, RawLayer
    from gridmap.sources.recognising import Recognised

    Floats = NDArray[np.float64]

INEXACT_M = 5.0
"""A datum shift whose stated accuracy is worse than this is said. gridmap's own default: half of
the 10 m within which a point is near a border (FIELD.md section 5)."""

LEAST_EXTENT_M = 60.0
"""Data in metres that all lie within -180..180 and span less than this are degrees: nobody divides
a territory of that size. gridmap's own default."""

CRS_MISSING = FindingKind(
    "crs_missing",
    "error",
    en="{places} does not say its coordinate system ({hint}).",
    zh="{places} 未声明坐标系（{hint_zh}）。",
    cure_en="Say it: --crs {place}={example}, with what the data really is{note}.",
    cure_zh="请声明：--crs {place}={example}（以数据实际坐标系为准{note_zh}）。",
)
DATUM_MISSING = FindingKind(
    "datum_missing",
    "error",
    en="The table {places} has coordinates but no datum ({hint}).",
    zh="表格 {places} 有坐标但未声明坐标系（{hint_zh}）。",
    cure_en="Say it: --datum {role}=gcj02 (AMap), bd09 (Baidu), wgs84, cgcs2000 or EPSG:n.",
    cure_zh="请声明：--datum {role}=gcj02（高德、腾讯）、bd09（百度）、wgs84、cgcs2000 或 EPSG:n。",
)
LOOKS_GEOGRAPHIC = FindingKind(
    "crs_looks_geographic",
    "error",
    en="{places} declares {crs} in metres, but its numbers are degrees ({hint}).",
    zh="{places} 声明为投影坐标系 {crs}，但数值是经纬度（{hint_zh}）。",
    cure_en="Say what it is: --crs {place}=EPSG:4490 (or EPSG:4326).",
    cure_zh="请声明：--crs {place}=EPSG:4490（或 EPSG:4326）。",
)
LOOKS_PROJECTED = FindingKind(
    "crs_looks_projected",
    "error",
    en="{places} declares {crs} in degrees, but its numbers are metres ({hint}).",
    zh="{places} 声明为经纬度 {crs}，但数值是平面坐标（{hint_zh}）。",
    cure_en="Say what it is: --crs {place}={example}{note}.",
    cure_zh="请声明：--crs {place}={example}（以数据实际坐标系为准{note_zh}）。",
)
SWAPPED = FindingKind(
    "coordinates_swapped",
    "error",
    en="{places} has longitude and latitude (or easting and northing) swapped ({hint}).",
    zh="{places} 的经纬度（或横纵坐标）颠倒（{hint_zh}）。",
    cure_en="Swap the two in GIS software; for a table say which column is which: "
    "--column {role}.lon=HEADER --column {role}.lat=HEADER",
    cure_zh="请在 GIS 软件中对调坐标；表格可指定："
    "--column {role}.lon=表头 --column {role}.lat=表头",
)
ZONE_PREFIXED = FindingKind(
    "easting_zone_prefixed",
    "warning",
    en="{places} declares {crs}, but its eastings carry the zone number {zone}; read as {used}.",
    zh="{places} 声明为 {crs}，但横坐标带有带号 {zone}，已按 {used} 读取。",
    cure_en="Say it for good: --crs {place}={used}",
    cure_zh="请明确声明：--crs {place}={used}",
)
ZONE_CONTRADICTED = FindingKind(
    "easting_zone_contradicted",
    "error",
    en="{places} declares {crs}, but its eastings carry the zone number {zone} ({hint}).",
    zh="{places} 声明为 {crs}，但横坐标带号为 {zone}，两者矛盾（{hint_zh}）。",
    cure_en="Say what it is: --crs {place}={used}",
    cure_zh="请声明：--crs {place}={used}",
)
OUT_OF_RANGE = FindingKind(
    "coordinates_out_of_range",
    "warning",
    en="{count} row(s) of {place} lie at no place on Earth in {crs}; they have no place now.",
    zh="{place} 有 {count} 条记录的坐标在 {crs} 中无效，按无位置处理。",
    cure_en="Correct or delete these rows: {places}.",
    cure_zh="请更正或删除以下记录：{places}。",
)
SHIFT_INEXACT = FindingKind(
    "datum_shift_inexact",
    "warning",
    en="{places} was shifted from {crs} by '{name}', which is {how} exact.",
    zh="{places} 由 {crs} 转换（{name}），精度{how_zh}。",
    cure_en="Have the data converted to CGCS2000 by the survey office, with its parameters.",
    cure_zh="请由测绘部门用转换参数将数据转为 CGCS2000。",
)
DATUM_CONVERTED = FindingKind(
    "datum_converted",
    "info",
    en="{count} row(s) of {places} were converted from {datum}; the formula is 1-8 m off.",
    zh="{places} 的 {count} 条记录由 {datum} 转换；公开公式误差 1-8 米。",
    cure_en="Look at points within 10 m of a grid border.",
    cure_zh="请留意距网格边界 10 米以内的点。",
)
CRS_OVERRIDDEN = FindingKind(
    "crs_overridden",
    "info",
    en="{places} declares {crs}; it was read as {used}, as you said.",
    zh="{places} 自带坐标系 {crs}，已按您声明的 {used} 读取。",
    cure_en="Nothing to do if that is what you meant.",
    cure_zh="若符合本意则无须处理。",
)
FINDING_KINDS = (
    CRS_MISSING,
    DATUM_MISSING,
    LOOKS_GEOGRAPHIC,
    LOOKS_PROJECTED,
    SWAPPED,
    ZONE_PREFIXED,
    ZONE_CONTRADICTED,
    OUT_OF_RANGE,
    SHIFT_INEXACT,
    DATUM_CONVERTED,
    CRS_OVERRIDDEN,
)


class Placed(NamedTuple):
    """Geometry in lon/lat, how it came there, and what there is to say.

    Attributes
    ----------
    geometry
        Object array in degrees, or None when the layer can't be placed.
    crs
        What was declared, as text.
    chinese
        Whether it is built on a Chinese datum.
    findings
        Why not, or with what reserve.
    """

    geometry: Geometries
    crs: str
    chinese: bool
    findings: tuple[Finding, ...]


def declared_systems(
    recognised: Sequence[Recognised],
    crs: Mapping[str, str] | None,
    datums: Mapping[str, str] | None,
    *,
    forgiving: bool = False,
) -> dict[int, str | CRS]:
    """Match the planner's ``crs`` and ``datums`` to layers.

    Parameters
    ----------
    recognised
        Every layer found, with its role.
    crs, datums
        File, ``file:layer``, layer or role -> one of `gridmap.crs.DATUMS`, ``EPSG:n`` or a PROJ
        string. A layer's own name counts before its role.
    forgiving
        Whether a key that no layer has is passed over, because a file could not be read.

    Returns
    -------
    dict
        Position of the layer -> what is declared for it.

    Raises
    ------
    UnknownName
        When a key names no layer or a value no datum.
    """
    declared: dict[int, str | CRS] = {}
    options = [*(crs or {}).items(), *(datums or {}).items()]
    by_role = [(key, value) for key, value in options if key in ROLES]
    by_name = [(key, value) for key, value in options if key not in ROLES]
    for key, value in [*by_role, *by_name]:
        system = parse_datum(value, allow_proj=True)
        role = key if key in ROLES else ""
        places = [n for n, item in enumerate(recognised) if names_layer(key, item.info)]
        if role or not places:
            role = role or role_of_layer(key)
            places += [n for n, item in enumerate(recognised) if role and item.role == role]
        if not places and not forgiving:
            known = ", ".join(item.info.place for item in recognised[:20]) or "none"
            raise UnknownName(
                f"There is no layer or role {key!r} to declare {value!r} for; layers: {known}.",
                f"没有名为 {key!r} 的图层或角色，无法声明 {value!r}；现有图层：{known}。",
                cure_en="--crs FILE=EPSG:n or --datum households=gcj02",
                cure_zh="--crs 文件=EPSG:n 或 --datum households=gcj02",
            )
        declared |= dict.fromkeys(places, system)
    return declared


def place_layer(raw: RawLayer, role: str, declared: str | CRS | None) -> Placed:
    """Bring a layer to lon/lat.

    Parameters
    ----------
    raw
        Its rows, with plane geometry or x and y.
    role
        Its role, for the texts.
    declared
        What the planner said, or None.

    Returns
    -------
    Placed
        Without geometry when the coordinate system is missing or contradicted by the numbers.
    """
    info = raw.info
    geometry = raw.geometry
    if geometry is None:
        geometry = _points(raw)
    bounds = _bounds(geometry)
    own = info.crs
    if declared is None and own is None and bounds is not None:
        return Placed(None, "", False, (_say_missing(info, role, bounds, table=raw.x is not None),))
    system: str | CRS = declared if declared is not None else own or CRS.from_epsg(4326)
    label = system if isinstance(system, str) else crs_label(system)
    findings: list[Finding] = []
    if declared is not None and own is not None and crs_label(own) != label:
        findings.append(CRS_OVERRIDDEN.found([info.place], crs=crs_label(own), used=label))
    if bounds is not None:
        system, trouble = _contradiction(system, bounds, info, role)
        if trouble is not None:
            findings.append(trouble)
            if trouble.severity == "error":
                return Placed(None, label, False, tuple(findings))
    placed, said = _convert(geometry, system, info)
    chinese = system == "cgcs2000" if isinstance(system, str) else is_chinese(system)
    return Placed(placed, label, chinese, (*findings, *said))


def crs_label(crs: CRS) -> str:
    """Return ``EPSG:n`` for a system that has a code, else its name.

    Examples
    --------
    >>> crs_label(CRS.from_epsg(4547))
    'EPSG:4547'
    """
    code = crs.to_epsg(min_confidence=70)
    return f"EPSG:{code}" if code else f"{crs.name} (no EPSG code)"


def _points(raw: RawLayer) -> Geometries:
    x, y = np.asarray(raw.x, dtype=float), np.asarray(raw.y, dtype=float)
    made = np.full(len(x), None, dtype=object)
    known = np.isfinite(x) & np.isfinite(y)
    made[known] = shapely.points(x[known], y[known])
    return made


def _bounds(geometry: Geometries) -> tuple[float, float, float, float] | None:
    """Return the quartiles of the coordinates, so that strays do not decide."""
    coordinates = shapely.get_coordinates(geometry)
    coordinates = coordinates[np.isfinite(coordinates).all(axis=1)]
    if not len(coordinates):
        return None
    low, high = np.quantile(coordinates, [0.25, 0.75], axis=0, method="nearest")
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _hint(bounds: tuple[float, float, float, float]) -> dict[str, Any]:
    west, south, east, north = bounds
    x, y = f"{_plain(west)} - {_plain(east)}", f"{_plain(south)} - {_plain(north)}"
    return {"hint": f"x {x}, y {y}", "hint_zh": f"x {x}，y {y}"}


def _plain(number: float) -> str:
    """Return a coordinate as it stands in a file, never as a power of ten."""
    return f"{number:.0f}" if abs(number) >= 1_000 else f"{number:.6g}"


def _in_degrees(bounds: tuple[float, float, float, float]) -> bool:
    west, south, east, north = bounds
    return west >= -180 and east <= 180 and south >= -180 and north <= 180


def _zone(low: float, high: float) -> int:
    """Return the zone number that eastings carry as a prefix, or 0."""
    zone = int(low // 1_000_000)
    return zone if int(high // 1_000_000) == zone and 13 <= zone <= 45 else 0


def _zone_crs(zone: int) -> str:
    """Return the code of the zone-prefixed CGCS2000 system (3 degrees 25-45, 6 degrees 13-23)."""
    if 25 <= zone <= 45:
        return f"EPSG:{4513 + zone - 25}"
    return f"EPSG:{4491 + zone - 13}" if 13 <= zone <= 23 else "EPSG:n"


def _example(bounds: tuple[float, float, float, float]) -> dict[str, Any]:
    """Return what to declare, when the numbers tell it; else how to find it out.

    Notes
    -----
    Source: EPSG: 4534-4554 are the 3-degree CGCS2000 zones without a zone number in the easting,
    with central meridians 75, 78 ... 135.
    """
    if _in_degrees(bounds):
        return {"example": "EPSG:4490", "note": "", "note_zh": ""}
    zone = _zone(bounds[0], bounds[2]) or _zone(bounds[1], bounds[3])
    if zone:
        return {"example": _zone_crs(zone), "note": "", "note_zh": ""}
    return {
        "example": "EPSG:n",
        "note": "; the numbers do not tell the zone, so ask who made the data for the central "
        "meridian: CGCS2000 in 3-degree zones is n = 4534 (75) to 4554 (135)",
        "note_zh": "；数值本身看不出分带，请向数据提供方询问中央经线："
        "CGCS2000 三度带 n = 4534（75 度）至 4554（135 度）",
    }


def _say_missing(
    info: LayerInfo, role: str, bounds: tuple[float, float, float, float], *, table: bool
) -> Finding:
    if _is_swapped_lonlat(bounds):
        return SWAPPED.found([info.place], role=role, **_hint(bounds))
    kind = DATUM_MISSING if table else CRS_MISSING
    return kind.found(
        [info.place], place=info.place, role=role, **_example(bounds), **_hint(bounds)
    )


def _is_swapped_lonlat(bounds: tuple[float, float, float, float]) -> bool:
    """Tell whether y can only be a longitude: beyond 90, with x in the latitudes."""
    west, south, east, north = bounds
    beyond = max(north, -south) > 90
    return _in_degrees(bounds) and beyond and max(east, -west) <= 90


def _contradiction(
    system: str | CRS,
    bounds: tuple[float, float, float, float],
    info: LayerInfo,
    role: str,
) -> tuple[str | CRS, Finding | None]:
    """Compare what is declared with the numbers; return the system to use and what to say."""
    label = system if isinstance(system, str) else crs_label(system)
    words: dict[str, Any] = {"place": info.place, "crs": label, "role": role, **_hint(bounds)}
    where = [info.place]
    if isinstance(system, str) or system.is_geographic:
        if _is_swapped_lonlat(bounds):
            return system, SWAPPED.found(where, **words)
        if not _in_degrees(bounds):
            return system, LOOKS_PROJECTED.found(where, **_example(bounds), **words)
        return system, None
    if _in_degrees(bounds) and max(bounds[2] - bounds[0], bounds[3] - bounds[1]) < LEAST_EXTENT_M:
        return system, LOOKS_GEOGRAPHIC.found(where, **words)
    return _contradicted_zone(system, bounds, where, words)


def _contradicted_zone(
    system: CRS,
    bounds: tuple[float, float, float, float],
    where: list[str],
    words: dict[str, Any],
) -> tuple[CRS, Finding | None]:
    """Look for swapped axes and zone numbers in a CGCS2000 Gauss-Kruger system."""
    west, south, east, north = bounds
    code = system.to_epsg(min_confidence=70) or 0
    prefixed = 4513 <= code <= 4533 or 4491 <= code <= 4501
    if not (prefixed or 4534 <= code <= 4554 or 4502 <= code <= 4512):
        return system, None
    zone = _zone(west, east)
    million = 1_000_000
    if not zone and (_zone(south, north) or (not prefixed and west > million > north > south > 0)):
        return system, SWAPPED.found(where, **words)
    used = _zone_crs(zone)
    if not zone or used == f"EPSG:{code}":
        return system, None
    twin = prefixed_twin(system)
    if twin is not None and f"EPSG:{twin.to_epsg()}" == used:
        return twin, ZONE_PREFIXED.found(where, zone=zone, used=used, **words)
    return system, ZONE_CONTRADICTED.found(where, zone=zone, used=used, **words)


def _convert(
    geometry: Geometries, system: str | CRS, info: LayerInfo
) -> tuple[Geometries, list[Finding]]:
    findings: list[Finding] = []
    coordinates = shapely.get_coordinates(geometry)
    x, y = coordinates[:, 0], coordinates[:, 1]
    if isinstance(system, str):
        lon, lat = convert_points(x, y, datum=system)
        label = system
        if system in DATUMS[2:] and len(geometry):
            findings.append(DATUM_CONVERTED.found([info.place], count=len(geometry), datum=system))
    else:
        transform, shift = lonlat_transform(system, x, y)
        lon, lat = transform(x, y)
        label = crs_label(system)
        if len(x) and (shift.ballpark or not shift.accuracy_m <= INEXACT_M):
            known = np.isfinite(shift.accuracy_m) and not shift.ballpark
            how = f"only about {shift.accuracy_m:g} m" if known else "not known to be"
            how_zh = f"约 {shift.accuracy_m:g} 米" if known else "未知"
            findings.append(
                SHIFT_INEXACT.found(
                    [info.place], crs=label, name=shift.name, how=how, how_zh=how_zh
                )
            )
    return _rebuild(geometry, lon, lat, label, info, findings), findings


def _rebuild(
    geometry: Geometries,
    lon: Floats,
    lat: Floats,
    label: str,
    info: LayerInfo,
    findings: list[Finding],
) -> Geometries:
    """Put new coordinates into geometries; a row that falls off the Earth has none."""
    made = np.array(geometry, dtype=object)
    lost = ~(np.isfinite(lon) & np.isfinite(lat))
    if lost.any():
        counts = shapely.get_num_coordinates(made)
        owner = np.repeat(np.arange(len(made)), counts)
        mask = np.zeros(len(made), dtype=bool)
        mask[np.unique(owner[lost])] = True
        rows = [f"row {row + 1}" for row in np.flatnonzero(mask)]
        findings.append(OUT_OF_RANGE.found(rows, place=info.place, crs=label))
        made[mask] = None
        keep = ~mask[owner]
        lon, lat = lon[keep], lat[keep]
    return shapely.set_coordinates(made, np.column_stack([lon, lat]))
