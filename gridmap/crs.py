"""Where points are: datums in, lon/lat to store, metres to measure.

Geometry is stored as lon/lat in CGCS2000 (EPSG:4490) inside China and WGS 84 (EPSG:4326)
elsewhere; the two differ by centimetres and count as equal. Lengths and areas are measured in one
3-degree Gauss-Kruger zone, or the local UTM zone, chosen from the centre of the whole job.

A datum cannot be seen in the numbers (FIELD.md section 5), so it is declared and never guessed:
every function here takes it by name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from pyproj import CRS
from pyproj.exceptions import CRSError
from pyproj.network import set_network_enabled  # type: ignore[attr-defined] # public, not in __all__
from pyproj.transformer import AreaOfInterest, Transformer, TransformerGroup

from gridmap.errors import InvalidOption, UnknownName

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

DATUMS = ("cgcs2000", "wgs84", "gcj02", "bd09")
"""Names of lon/lat datums; besides them ``EPSG:n`` and (from a planner) a PROJ string."""

CHINA_BOX = (73.62, 16.7, 134.77, 53.56)
"""West, south, east, north in degrees: the area of use of EPSG:4490 in the EPSG registry. It is a
box, so it holds parts of neighbouring countries; there EPSG:4490 is as good as EPSG:4326."""

GCJ_BOX = (72.004, 0.8293, 137.8347, 55.8271)
"""West, south, east, north: the box outside which the published GCJ-02 formula shifts nothing."""

FIRST_ZONE, LAST_ZONE = 25, 45
"""3-degree Gauss-Kruger zones of EPSG:4534-4554 (without prefix) and 4513-4533 (with)."""

INVERSE_ROUNDS = 4
"""Rounds of the iterated inverses. Source: FIELD.md section 5 [measured]: <= 0.2 mm in three; the
fourth leaves 2e-6 mm, below what a stored coordinate can hold."""

_KRASOVSKY_A = 6378245.0
_KRASOVSKY_EE = 0.00669342162296594323
_BD_TURN = np.pi * 3000.0 / 180.0
_BD_EAST, _BD_NORTH = 0.0065, 0.006
_EQUAL_DATUMS = {
    "china2000",
    "cgcs2000",
    "dchina2000",
    "chinageodeticcoordinatesystem2000",
    "worldgeodeticsystem1984",
    "worldgeodeticsystem1984ensemble",
    "wgs1984",
    "dwgs1984",
    "wgs84",
}
_CHINESE_DATUMS = (
    "china2000",
    "cgcs2000",
    "dchina2000",
    "chinageodeticcoordinatesystem2000",
    "beijing1954",
    "dbeijing1954",
    "newbeijing",
    "dnewbeijing",
    "xian1980",
    "dxian1980",
    "china1954",
    "xian80",
    "beijing54",
)
_PROJ_KEY = re.compile(r"\+?([a-z0-9_]+)(=([^\s]*))?$", re.IGNORECASE)
_PROJ_KEYS = re.compile(
    "proj|lat_[012]|lat_ts|lon_0|lonc|alpha|gamma|k|k_0|x_0|y_0|zone|south|a|b|f|rf|es|ellps|datum|"
    "towgs84|units|to_meter|pm|axis|no_defs|type|wktext|no_uoff|approx|over",
)
_LONGEST_DECLARATION = 400


class Shift(NamedTuple):
    """How well a coordinate system is tied to the stored one.

    Attributes
    ----------
    name
        What PROJ calls the operation; empty when there is no datum shift.
    accuracy_m
        Its stated accuracy in metres; NaN when unknown.
    ballpark
        True when no transformation between the datums is known or installed, so that places may
        be off by 100 m and more.
    """

    name: str
    accuracy_m: float
    ballpark: bool


def in_china(lon: float, lat: float) -> bool:
    """Tell whether a point lies in the documented box `CHINA_BOX`.

    Parameters
    ----------
    lon, lat
        Degrees.

    Examples
    --------
    >>> in_china(113.1, 23.0), in_china(9.5, 47.1)
    (True, False)
    """
    west, south, east, north = CHINA_BOX
    return west <= lon <= east and south <= lat <= north


def storage_crs(lon: float, lat: float, *, chinese: bool = False) -> CRS:
    """Return the lon/lat system that a job is stored in.

    Parameters
    ----------
    lon, lat
        Centre of the whole job, in degrees.
    chinese
        Whether the input declares CGCS2000, Beijing 1954 or Xian 1980 (see `is_chinese`).

    Returns
    -------
    CRS
        EPSG:4490 inside China, else EPSG:4326.

    Notes
    -----
    Source: FIELD.md section 5; DESIGN.md section 3, plan file.

    Examples
    --------
    >>> storage_crs(113.1, 23.0).to_epsg(), storage_crs(9.5, 47.1).to_epsg()
    (4490, 4326)
    """
    return CRS.from_epsg(4490 if chinese or in_china(lon, lat) else 4326)


def metric_crs(lon: float, lat: float) -> CRS:
    """Return the one projection in which a whole job is measured, in metres.

    Parameters
    ----------
    lon, lat
        Centre of the whole job, in degrees.

    Returns
    -------
    CRS
        Inside China the 3-degree Gauss-Kruger zone of the centre (EPSG:4534-4554); elsewhere the
        UTM zone of the centre (EPSG:326xx or 327xx; polar stereographic beyond 84 N and 80 S).

    Raises
    ------
    InvalidOption
        When the centre is not a place on Earth.

    Notes
    -----
    Source: FIELD.md section 5: one zone for the whole job, area error <= 5e-4 [measured].

    Examples
    --------
    >>> metric_crs(113.1, 23.0).to_epsg(), metric_crs(9.5, 47.1).to_epsg()
    (4547, 32632)
    """
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise InvalidOption(
            f"The centre of the job is not a place on Earth: lon {lon}, lat {lat}.",
            f"数据中心不是有效的经纬度：经度 {lon}，纬度 {lat}。",
        )
    if in_china(lon, lat):
        return CRS.from_epsg(4534 + gauss_kruger_zone(lon) - FIRST_ZONE)
    if lat > 84:
        return CRS.from_epsg(32661)
    if lat < -80:
        return CRS.from_epsg(32761)
    zone = min(int((lon + 180) // 6) + 1, 60)
    return CRS.from_epsg((32600 if lat >= 0 else 32700) + zone)


def gauss_kruger_zone(lon: float) -> int:
    """Return the number of the 3-degree Gauss-Kruger zone (25-45) nearest to a longitude.

    Parameters
    ----------
    lon
        Degrees; zone n has its central meridian at 3 n degrees east.

    Examples
    --------
    >>> gauss_kruger_zone(113.1)
    38
    """
    return int(np.clip(np.floor(lon / 3 + 0.5), FIRST_ZONE, LAST_ZONE))


def word_crs(crs: CRS) -> str:
    """Return the name of a projected CRS as a Chinese map says it.

    Parameters
    ----------
    crs
        Any; the Gauss-Kruger and UTM ones of `metric_crs` and their kin are put into words, of
        others the registered name stays.

    Notes
    -----
    The width of a zone is only in the registered name (EPSG: 3-degree, or 6 unless it says so).

    Examples
    --------
    >>> word_crs(CRS(4547))
    'CGCS2000，高斯-克吕格 3° 带，中央经线 114°（EPSG:4547）'
    >>> word_crs(CRS(32650))
    'WGS 84，UTM 第 50N 带，中央经线 117°（EPSG:32650）'
    """
    datum, _, projection = str(crs.name).partition(" / ")
    code = crs.to_epsg()
    number = f"（EPSG:{code}）" if code else ""
    operation = crs.coordinate_operation
    meridians = [
        round(float(one.value), 6)
        for one in (operation.params if operation else ())
        if one.name == "Longitude of natural origin"
    ]
    middle = f"，中央经线 {meridians[0]:g}°" if meridians else ""
    if "Gauss-Kruger" in projection:
        width = 3 if projection.startswith("3-degree") else 6
        return f"{datum}，高斯-克吕格 {width}° 带{middle}{number}"
    if zone := re.fullmatch(r"UTM zone (\d{1,2}[NS])", projection):
        return f"{datum}，UTM 第 {zone[1]} 带{middle}{number}"
    return f"{crs.name}{number}"


def parse_datum(datum: str, *, allow_proj: bool = False) -> str | CRS:
    """Turn a declared datum into one of `DATUMS` or a coordinate system.

    Parameters
    ----------
    datum
        ``cgcs2000``, ``wgs84``, ``gcj02``, ``bd09`` (any case), ``EPSG:n``, or, when
        ``allow_proj``, a PROJ string such as ``+proj=tmerc +lon_0=113.5 +ellps=GRS80``.
    allow_proj
        Whether a PROJ string is accepted: from a planner's own command yes, from a request no.

    Returns
    -------
    str or CRS
        The datum's canonical name, or the coordinate system.

    Raises
    ------
    UnknownName
        When it is none of these, or a PROJ string names a file or an unknown parameter.

    Examples
    --------
    >>> parse_datum("GCJ02"), parse_datum("EPSG:4547").to_epsg()
    ('gcj02', 4547)
    """
    text = str(datum).strip()
    name = re.sub(r"[\s_-]", "", text.casefold())
    if name in DATUMS:
        return name
    code = re.fullmatch(r"epsg:{1,2}(\d{4,6})", name)
    try:
        if code:
            return CRS.from_epsg(int(code[1]))
        if allow_proj and _is_plain_proj(text):
            return CRS.from_proj4(text)
    except CRSError as problem:
        raise _unknown_datum(text) from problem
    raise _unknown_datum(text)


def _is_plain_proj(text: str) -> bool:
    """Tell whether a PROJ string holds only parameters that open no file and run no pipeline."""
    if len(text) > _LONGEST_DECLARATION or not text.startswith("+proj="):
        return False
    matches = [_PROJ_KEY.match(word) for word in text.split()]
    return all(m is not None and _PROJ_KEYS.fullmatch(m[1].lower()) for m in matches) and (
        matches[0] is not None and (matches[0][3] or "").lower() not in {"pipeline", ""}
    )


def _unknown_datum(text: str) -> UnknownName:
    shown = text[:60]
    known = ", ".join(DATUMS)
    return UnknownName(
        f"{shown!r} is not a datum or coordinate system; known: {known}, EPSG:n, a PROJ string.",
        f"{shown!r} 不是已知的坐标系；可用：{known}、EPSG:n 或 PROJ 参数串。",
        cure_en="gcj02 for AMap and Tencent, bd09 for Baidu, cgcs2000 or wgs84 for surveyed data",
        cure_zh="高德、腾讯用 gcj02，百度用 bd09，测绘成果用 cgcs2000 或 wgs84",
    )


def convert_points(x: ArrayLike, y: ArrayLike, *, datum: str | CRS) -> tuple[Floats, Floats]:
    """Convert coordinates of a declared datum to the lon/lat that gridmap stores.

    Parameters
    ----------
    x, y
        Numbers of one shape: longitude and latitude in degrees, or easting and northing in the
        unit of the coordinate system.
    datum
        One of `DATUMS`, ``EPSG:n``, or a ``pyproj.CRS``.

    Returns
    -------
    tuple of ndarray
        Longitude and latitude in degrees (CGCS2000 or WGS 84, which count as equal). What is no
        place on Earth, not a number or infinite comes back as NaN.

    Raises
    ------
    UnknownName
        When the datum is not known.

    Notes
    -----
    ``gcj02`` and ``bd09`` are inverted by `INVERSE_ROUNDS` rounds of iteration on the published
    forward formulas. Source: FIELD.md section 5; see `to_gcj02` and `to_bd09`. The published
    formula itself is 1-8 m off [measured elsewhere].

    Examples
    --------
    >>> lon, lat = convert_points([113.1054], [23.0262], datum="gcj02")
    >>> round(float(lon[0]), 3), round(float(lat[0]), 3)
    (113.1, 23.029)
    """
    east, north = _as_floats(x), _as_floats(y)
    parsed = datum if isinstance(datum, CRS) else parse_datum(datum)
    if isinstance(parsed, CRS):
        transform, _ = lonlat_transform(parsed, east, north)
        return transform(east, north)
    east, north = _only_on_earth(east, north)
    if parsed == "bd09":
        east, north = _bd09_to_gcj02(east, north)
    if parsed in ("bd09", "gcj02"):
        return _gcj02_to_wgs84(east, north)
    return east, north


def lonlat_transform(
    crs: CRS, x: Floats, y: Floats
) -> tuple[Callable[[Floats, Floats], tuple[Floats, Floats]], Shift]:
    """Choose the one operation that takes a data set to lon/lat, and say how good it is.

    Parameters
    ----------
    crs
        Coordinate system of the data.
    x, y
        The data's coordinates (or its corners): the operation is chosen for their extent, and is
        the same for all of them, so that equal vertices stay equal.

    Returns
    -------
    function, Shift
        ``function(x, y) -> (lon, lat)`` in degrees, NaN where a point has no place on Earth.

    Examples
    --------
    >>> _, shift = lonlat_transform(CRS.from_epsg(4547), np.array([5e5]), np.array([2.5e6]))
    >>> shift.ballpark
    False
    """
    # nothing is fetched at run time: without this, PROJ_NETWORK=ON would download shift grids
    set_network_enabled(active=False)
    geodetic = crs.geodetic_crs
    if geodetic is None:
        raise _unknown_datum(crs.name)
    equal = has_stored_datum(crs)
    target = geodetic if equal else CRS.from_epsg(4326)
    if equal:
        transformer = Transformer.from_crs(crs, target, always_xy=True)
        shift = Shift("", 0.0, ballpark=False)
    else:
        transformer, shift = _choose_operation(crs, target, x, y)

    def transform(east: Floats, north: Floats) -> tuple[Floats, Floats]:
        lon, lat = transformer.transform(east, north)
        return _only_on_earth(_as_floats(lon), _as_floats(lat))

    return transform, shift


def _choose_operation(crs: CRS, target: CRS, x: Floats, y: Floats) -> tuple[Transformer, Shift]:
    rough = Transformer.from_crs(crs, target, always_xy=True)
    lon, lat = (np.asarray(v, dtype=float) for v in rough.transform(x, y))
    lon, lat = _only_on_earth(lon, lat)
    known = np.isfinite(lon) & np.isfinite(lat)
    area = None
    if known.any():
        lon, lat = lon[known], lat[known]
        area = AreaOfInterest(
            float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())
        )
    group = TransformerGroup(crs, target, always_xy=True, area_of_interest=area)
    transformer = group.transformers[0] if group.transformers else rough
    accuracy = float(transformer.accuracy if transformer.accuracy is not None else -1.0)
    # `description` is an attribute of every pyproj transformer
    name = str(transformer.description)
    ballpark = "ballpark" in name.lower() or not group.best_available
    return transformer, Shift(name, accuracy if accuracy >= 0 else float("nan"), ballpark)


def has_stored_datum(crs: CRS) -> bool:
    """Tell whether a system's datum is CGCS2000 or WGS 84, so that no datum shift is needed.

    Examples
    --------
    >>> has_stored_datum(CRS.from_epsg(4547)), has_stored_datum(CRS.from_epsg(2435))
    (True, False)
    """
    return _datum_key(crs) in _EQUAL_DATUMS


def is_chinese(crs: CRS) -> bool:
    """Tell whether a system is built on CGCS2000, Beijing 1954 or Xian 1980.

    Examples
    --------
    >>> is_chinese(CRS.from_epsg(4547)), is_chinese(CRS.from_epsg(4326))
    (True, False)
    """
    return _datum_key(crs).startswith(_CHINESE_DATUMS)


def _datum_key(crs: CRS) -> str:
    geodetic = crs.geodetic_crs
    datum = None if geodetic is None else geodetic.datum
    return "" if datum is None else re.sub(r"[^a-z0-9]", "", datum.name.casefold())


def prefixed_twin(crs: CRS) -> CRS | None:
    """Return the zone-prefixed system of EPSG:4513-4533 for one of EPSG:4534-4554, else None.

    Notes
    -----
    Source: FIELD.md section 5: files often come in zone-prefixed eastings (38 5xx xxx).

    Examples
    --------
    >>> prefixed_twin(CRS.from_epsg(4547)).to_epsg()
    4526
    """
    code = crs.to_epsg() or 0
    return CRS.from_epsg(code - 21) if 4534 <= code <= 4554 else None


def to_gcj02(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """Shift WGS 84 or CGCS2000 lon/lat to GCJ-02, as the published formula has it.

    Parameters
    ----------
    lon, lat
        Degrees, of one shape.

    Returns
    -------
    tuple of ndarray
        GCJ-02 longitude and latitude in degrees; unchanged outside `GCJ_BOX`.

    Notes
    -----
    Source: the formula published around 2010 and used by open software since (eviltransform,
    coordtransform): two series of sines in (lon - 105, lat - 35), in metres on the Krasovsky 1940
    ellipsoid (a = 6378245 m, e2 = 0.00669342162296594323). It is 1-8 m off the official shift
    (FIELD.md section 5 [measured elsewhere]).

    Examples
    --------
    >>> lon, lat = to_gcj02([113.1], [23.0289])
    >>> round(float(lon[0]), 4), round(float(lat[0]), 4)
    (113.1055, 23.0264)
    """
    east, north = _as_floats(lon), _as_floats(lat)
    d_lon, d_lat = _gcj_offsets(east, north)
    west, south, limit_e, limit_n = GCJ_BOX
    inside = (east >= west) & (east <= limit_e) & (north >= south) & (north <= limit_n)
    return np.where(inside, east + d_lon, east), np.where(inside, north + d_lat, north)


def to_bd09(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """Shift WGS 84 or CGCS2000 lon/lat to BD-09 (Baidu), by way of GCJ-02.

    Parameters
    ----------
    lon, lat
        Degrees, of one shape.

    Returns
    -------
    tuple of ndarray
        BD-09 longitude and latitude in degrees.

    Notes
    -----
    Source: the published formula: in polar coordinates of the GCJ-02 degrees, the radius grows by
    2e-5 sin(3000/180 pi lat) and the angle by 3e-6 cos(3000/180 pi lon); then + (0.0065, 0.006).

    Examples
    --------
    >>> lon, lat = to_bd09([113.1], [23.0289])
    >>> round(float(lon[0]), 3), round(float(lat[0]), 3)
    (113.112, 23.032)
    """
    return _gcj02_to_bd09(*to_gcj02(lon, lat))


def _gcj_offsets(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Return the GCJ-02 shift in degrees at WGS 84 places."""
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    waves = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + waves
    north_m += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north_m += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + waves
    east_m += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east_m += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    phi = np.radians(lat)
    magic = 1.0 - _KRASOVSKY_EE * np.sin(phi) ** 2
    meridian = _KRASOVSKY_A * (1.0 - _KRASOVSKY_EE) / (magic * np.sqrt(magic))
    parallel = _KRASOVSKY_A / np.sqrt(magic) * np.cos(phi)
    return np.degrees(east_m / parallel), np.degrees(north_m / meridian)


def _gcj02_to_wgs84(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    east, north = lon.copy(), lat.copy()
    for _ in range(INVERSE_ROUNDS):
        forward_e, forward_n = to_gcj02(east, north)
        east, north = east - (forward_e - lon), north - (forward_n - lat)
    return east, north


def _gcj02_to_bd09(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    radius = np.hypot(lon, lat) + 2e-5 * np.sin(lat * _BD_TURN)
    angle = np.arctan2(lat, lon) + 3e-6 * np.cos(lon * _BD_TURN)
    return radius * np.cos(angle) + _BD_EAST, radius * np.sin(angle) + _BD_NORTH


def _bd09_to_gcj02(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    east, north = lon - _BD_EAST, lat - _BD_NORTH
    for _ in range(INVERSE_ROUNDS):
        forward_e, forward_n = _gcj02_to_bd09(east, north)
        east, north = east - (forward_e - lon), north - (forward_n - lat)
    return east, north


def _as_floats(values: ArrayLike) -> Floats:
    return np.array(values, dtype=np.float64, ndmin=1)


def _only_on_earth(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Replace pairs that are no place on Earth by NaN."""
    good = (np.abs(lon) <= 180.0) & (np.abs(lat) <= 90.0)
    return np.where(good, lon, np.nan), np.where(good, lat, np.nan)
