"""A basemap of tiles under the grids: only when asked for, from one host, in its own datum."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import numpy as np

from gridmap.crs import to_bd09, to_gcj02
from gridmap.errors import InvalidOption
from gridmap.findings import Finding, FindingKind

if TYPE_CHECKING:
    from gridmap.maps.ground import Shift

DATUMS = {
    "cgcs2000": ("CGCS2000", None),
    "gcj02": ("GCJ-02", to_gcj02),
    "bd09": ("BD-09", to_bd09),
}
"""Datum of the tiles -> how it is written, and the way to it from what gridmap stores. WGS 84 and
CGCS2000 count as equal (FIELD.md section 5)."""
_PLACES = ("{z}", "{x}", "{y}")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
_PLAIN = re.compile(r"[A-Za-z0-9\-._~:/?&=%+,@!$()*{}]+")

FETCHES = FindingKind(
    "map_fetches_tiles",
    "warning",
    en="This map asks {host} for its basemap whenever it is opened; that host learns who opens it "
    "and which place is looked at. Without the network it works without a basemap.",
    zh="本图打开时会向 {host} 请求底图，该服务器可获知何人在何时查看何处；"
    "断网时无底图，其余功能不受影响。",
    cure_en="Leave out --tiles for a map that fetches nothing.",
    cure_zh="不使用 --tiles 即可得到完全离线的地图。",
)
FINDING_KINDS = (FETCHES,)


@dataclass(frozen=True, slots=True)
class Tiles:
    """Where a basemap comes from.

    Attributes
    ----------
    url
        A template with ``{z}``, ``{x}`` and ``{y}``: tiles of 256 pixels of Web Mercator, counted
        from the north-western corner.
    host
        ``scheme://name:port``, as the page's policy names it.
    datum
        A key of `DATUMS`.
    """

    url: str
    host: str
    datum: str

    def as_finding(self) -> Finding:
        """Return the warning that this map fetches."""
        return FETCHES.found([self.host], host=self.host)


def read_tiles(url: str, datum: str) -> Tiles | None:
    """Return the basemap that a template names, None for no template.

    Parameters
    ----------
    url
        ``http`` or ``https``, one host, with ``{z}``, ``{x}`` and ``{y}`` each once behind it.
    datum
        A key of `DATUMS`; ``""`` is refused where there is a template, for tiles in another datum
        than the grids lie hundreds of metres off.

    Raises
    ------
    InvalidOption
        When the template or the datum is none of these.

    Examples
    --------
    >>> read_tiles("http://tiles.intranet:8080/w/{z}/{y}/{x}.png", "gcj02").host
    'http://tiles.intranet:8080'
    >>> read_tiles("", "") is None
    True
    """
    if not url:
        if datum:
            raise _refuse(
                "A datum of tiles without tiles.", "只给出了瓦片的坐标基准，没有瓦片地址。"
            )
        return None
    if datum not in DATUMS:
        raise _refuse(
            f"The datum of the tiles is one of {', '.join(DATUMS)}, not {datum[:40]!r}.",
            f"瓦片的坐标基准须为 {'、'.join(DATUMS)} 之一，而不是 {datum[:40]!r}。",
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as problem:
        raise _refuse("The address of the tiles can't be read.", "无法识别瓦片地址。") from problem
    host = parts.hostname or ""
    behind = f"{parts.path}?{parts.query}"
    plain = _PLAIN.fullmatch(url) and _HOST.fullmatch(host) and "@" not in parts.netloc
    places = all(behind.count(place) == 1 for place in _PLACES)
    braces = behind.count("{") == behind.count("}") == len(_PLACES)
    if parts.scheme not in ("http", "https") or not (plain and places and braces):
        raise _refuse(
            "The address of tiles is http(s)://host/... with {z}, {x} and {y} once each, no other "
            "braces, no user name.",
            "瓦片地址须为 http(s)://主机/…，{z}、{x}、{y} 各出现一次，不含其他花括号和用户名。",
        )
    return Tiles(url, f"{parts.scheme}://{host}" + (f":{port}" if port else ""), datum)


def _refuse(en: str, zh: str) -> InvalidOption:
    return InvalidOption(
        en,
        zh,
        cure_en="--tiles http://tiles.intranet/{z}/{x}/{y}.png --tiles-datum gcj02",
        cure_zh="--tiles http://tiles.intranet/{z}/{x}/{y}.png --tiles-datum gcj02",
    )


def find_shift(tiles: Tiles | None) -> Shift | None:
    """Return what moves points to the datum of the tiles, None for nothing to do.

    It takes and returns (n, 2) lon and lat in degrees. What is drawn is moved after it was cut
    into arcs, each of which is stored once, so that neighbours still share their borders.

    Examples
    --------
    >>> find_shift(read_tiles("http://t/{z}/{x}/{y}", "cgcs2000")) is None
    True
    >>> shift = find_shift(read_tiles("http://t/{z}/{x}/{y}", "gcj02"))
    >>> shift(np.array([[113.1, 23.0289]])).round(4).tolist()
    [[113.1055, 23.0264]]
    """
    convert = DATUMS[tiles.datum][1] if tiles else None
    if convert is None:
        return None
    return lambda points: np.column_stack(convert(points[:, 0], points[:, 1]))


def pack_tiles(tiles: Tiles) -> dict[str, str]:
    """Return a basemap as the page reads it."""
    return {"url": tiles.url, "host": tiles.host, "datum": DATUMS[tiles.datum][0]}
