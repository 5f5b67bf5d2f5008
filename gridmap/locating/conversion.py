"""Declared datums to stored degrees, and how exact each is."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from pyproj import CRS, Transformer

from gridmap.crs import DATUMS, convert_points, lonlat_transform, parse_datum
from gridmap.errors import InvalidOption

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

CONVERTED_TOLERANCE_M = 10.0
"""Of gcj02 and bd09. Source: FIELD.md section 5: the published formula is 1-8 m off; a converted
point within 10 m of a grid border is flagged."""

EXACT_TOLERANCE_M = 1.0
"""Of cgcs2000, wgs84 and projections of them. gridmap's own default: the difference between
the two datums, and the last digit that people write, stay below it."""

UNKNOWN_SHIFT_TOLERANCE_M = 100.0
"""Of a coordinate system whose tie to CGCS2000 is not known or not installed. gridmap's own."""

MAX_SYSTEMS = 16
"""EPSG systems whose operation is kept between questions."""


class Converted(NamedTuple):
    """Stored degrees and how exact they are.

    Attributes
    ----------
    lon, lat
        Degrees.
    datum
        Canonical name of the datum declared.
    tolerance_m
        Metres within which a border counts as near.
    """

    lon: float
    lat: float
    datum: str
    tolerance_m: float


class Conversion:
    """Convert points of declared datums for one release.

    The operation for an EPSG system is chosen for the extent of the release, not for the point,
    so that equal points get equal answers; the last `MAX_SYSTEMS` are kept.

    Examples
    --------
    >>> conversion = Conversion((113.0, 22.9, 113.2, 23.1))
    >>> conversion.convert(113.1054, 23.0262, datum="gcj02").tolerance_m
    10.0
    """

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self._system = lru_cache(maxsize=MAX_SYSTEMS)(self._open_system)

    def convert(self, x: float, y: float, *, datum: str) -> Converted:
        """Convert one point.

        Raises
        ------
        UnknownName
            When the datum is not known.
        InvalidOption
            When no datum is declared, or the numbers are no place on Earth in it.
        """
        if not isinstance(datum, str) or not datum.strip():
            raise InvalidOption(
                "A point needs its datum: it can't be seen from the numbers.",
                "坐标须注明坐标系：无法从数值判断。",
                cure_en=f"datum={'|'.join(DATUMS)} or EPSG:n",
                cure_zh=f"datum={'|'.join(DATUMS)} 或 EPSG:n",
            )
        parsed = parse_datum(datum)
        if not (math.isfinite(x) and math.isfinite(y)):
            raise _nowhere(datum)
        if isinstance(parsed, str):
            return self._convert_degrees(x, y, parsed)
        name = f"EPSG:{parsed.to_epsg()}"
        transform, tolerance = self._system(name)
        lon, lat = transform(np.array([x]), np.array([y]))
        if not (np.isfinite(lon[0]) and np.isfinite(lat[0])):
            raise _nowhere(name)
        return Converted(float(lon[0]), float(lat[0]), name, tolerance)

    def convert_many(self, x: Floats, y: Floats, *, datum: str) -> list[Converted | None]:
        """Convert many points at once; None where the numbers are no place on Earth.

        Raises
        ------
        UnknownName
            When the datum is not known.
        """
        parsed = parse_datum(datum)
        if isinstance(parsed, str):
            name = parsed
            exact = parsed in ("cgcs2000", "wgs84")
            tolerance = EXACT_TOLERANCE_M if exact else CONVERTED_TOLERANCE_M
            lon, lat = convert_points(x, y, datum=parsed)
        else:
            name = f"EPSG:{parsed.to_epsg()}"
            transform, tolerance = self._system(name)
            lon, lat = transform(x, y)
        return [
            Converted(east, north, name, tolerance)
            if math.isfinite(east) and math.isfinite(north)
            else None
            for east, north in zip(lon.tolist(), lat.tolist(), strict=True)
        ]

    def _convert_degrees(self, x: float, y: float, datum: str) -> Converted:
        if not (-180 <= x <= 180 and -90 <= y <= 90):
            raise _nowhere(datum)
        if datum in ("cgcs2000", "wgs84"):
            return Converted(x, y, datum, EXACT_TOLERANCE_M)
        lon, lat = convert_points(np.array([x]), np.array([y]), datum=datum)
        return Converted(float(lon[0]), float(lat[0]), datum, CONVERTED_TOLERANCE_M)

    def _open_system(
        self, name: str
    ) -> tuple[Callable[[Floats, Floats], tuple[Floats, Floats]], float]:
        crs = CRS.from_user_input(name)
        west, south, east, north = self.bounds
        forward = Transformer.from_crs(CRS.from_epsg(4326), crs, always_xy=True)
        x, y = forward.transform(np.array([west, east]), np.array([south, north]))
        transform, shift = lonlat_transform(crs, np.asarray(x), np.asarray(y))
        if shift.ballpark or math.isnan(shift.accuracy_m):
            return transform, UNKNOWN_SHIFT_TOLERANCE_M
        return transform, max(EXACT_TOLERANCE_M, shift.accuracy_m)


def _nowhere(datum: str) -> InvalidOption:
    return InvalidOption(
        f"The coordinates are no place on Earth in {datum}.",
        f"该坐标在 {datum} 下不是有效位置。",
        cure_en="give longitude first, then latitude, in degrees; for metres declare datum=EPSG:n",
        cure_zh="请先经度后纬度，单位为度；若为米制坐标，请声明 datum=EPSG:n",
    )
