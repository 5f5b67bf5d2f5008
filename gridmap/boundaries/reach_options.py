"""What every part of reach asks of its input: a CRS in metres, numbers in range (可达性校验)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridmap.errors import InvalidOption

if TYPE_CHECKING:
    from pyproj import CRS


def check_metre_crs(crs: CRS | None, role: str) -> CRS:
    """Return the CRS of a layer, which must be projected and in metres.

    Raises
    ------
    InvalidOption
        It is missing, geographic or in another unit.

    Examples
    --------
    >>> from pyproj import CRS
    >>> check_metre_crs(CRS(4490), "roads")
    Traceback (most recent call last):
    gridmap.errors.InvalidOption: The layer roads must be in metres, and its CRS is EPSG:4490...
    """
    if crs is not None and crs.is_projected and crs.axis_info[0].unit_conversion_factor == 1.0:
        return crs
    found = "missing" if crs is None else (crs.to_string()[:40])
    found_zh = "缺失" if crs is None else found
    raise InvalidOption(
        f"The layer {role} must be in metres, and its CRS is {found}.",
        f"图层 {role} 须为米制投影坐标，其坐标系为：{found_zh}。",
        cure_en=f"{role} = {role}.to_crs(gridmap.crs.metric_crs(lon, lat))",
        cure_zh=f"{role} = {role}.to_crs(gridmap.crs.metric_crs(经度, 纬度))",
    )


def check_number(name: str, value: float, *, least: float = 0.0) -> float:
    """Return a number from ``least``, or raise.

    Raises
    ------
    InvalidOption
        It is less, infinite or no number.

    Examples
    --------
    >>> check_number("snap_m", 1)
    1.0
    """
    number = isinstance(value, (int, float, np.integer, np.floating))
    if number and np.isfinite(value) and value >= least:
        return float(value)
    raise InvalidOption(
        f"{name} must be a number from {least:g}, not {value}.",
        f"{name} 须为不小于 {least:g} 的数，现为 {value}。",
        cure_en=f"{name}={max(least, 1):g}",
        cure_zh=f"{name}={max(least, 1):g}",
    )
