"""Codes, names and lasting ids of grids."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from gridmap.findings import FindingKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

SERIAL_TOO_LONG = FindingKind(
    "serial_too_long",
    "warning",
    en="{count} communities have more grids than {digits} digits can number; their serials are "
    "longer: {places}",
    zh="{count} 个社区的网格数超出 {digits} 位序号的容量，序号已加长：{places}",
    cure_en="Set code_digits in the rules.",
    cure_zh="请在规则中调整 code_digits。",
)
FINDING_KINDS = (SERIAL_TOO_LONG,)
ID_DIGITS = 12


def order_grids(
    communities: Sequence[str], x: NDArray[np.float64], y: NDArray[np.float64], ids: Sequence[str]
) -> NDArray[np.int64]:
    """Return the order in which grids are numbered: by community, then west to east.

    Parameters
    ----------
    communities
        Community id of each grid, length n.
    x, y
        Centroid of each grid in metres, to the east and to the north, shape (n,).
    ids
        Grid ids, length n; the last resort among equals.

    Returns
    -------
    ndarray
        Positions in order, shape (n,).

    Notes
    -----
    Source: FIELD.md section 3 (Beijing, Xi'an): west -> east, then north -> south. The centroid's
    easting in whole metres decides; of equals the more northern comes first. All kinds of grids
    of a community share one series.

    Examples
    --------
    >>> order_grids(["C"] * 3, np.array([9.0, 5.0, 5.0]), np.array([0.0, 1.0, 8.0]), "abc").tolist()
    [2, 1, 0]
    """
    rows = range(len(ids))
    return np.array(
        sorted(
            rows, key=lambda k: (communities[k], round(float(x[k])), -round(float(y[k])), ids[k])
        ),
        np.int64,
    )


def make_code(community_id: str, serial: int, digits: int) -> str:
    """Return a grid's code: the community's code and a serial number.

    Notes
    -----
    Source: FIELD.md section 3: 12 digits of the community + 3 of the serial number [standard].

    Examples
    --------
    >>> make_code("440604001001", 3, 3)
    '440604001001003'
    """
    return f"{community_id}{serial:0{digits}d}"


def make_name(community: str, serial: int, *, kind: str, site: str = "") -> str:
    """Return a grid's Chinese name.

    Parameters
    ----------
    community
        Name of the community, or its id where it has none.
    serial
        Its number inside the community.
    kind
        One of `gridmap.model.GRID_KINDS`.
    site
        Name of the site of a dedicated grid.

    Notes
    -----
    Source: the issue that asks for names such as 'X社区第3网格', dedicated grids by their site.

    Examples
    --------
    >>> make_name("永安社区", 3, kind="general")
    '永安社区第3网格'
    >>> make_name("永安", 4, kind="exclave")
    '永安社区第4网格（飞地）'
    """
    if kind == "dedicated" and site:
        return site
    place = community if community.endswith(("社区", "村", "居委会")) else f"{community}社区"
    return f"{place}第{serial}网格" + ("（飞地）" if kind == "exclave" else "")


def make_grid_id(community_id: str, unit_ids: Iterable[str]) -> str:
    """Mint the lasting id of a grid from its community and units, not from its code.

    Notes
    -----
    Source: FIELD.md section 3: a code is a dated attribute, never the key.

    Examples
    --------
    >>> make_grid_id("C1", ["u2", "u1"]) == make_grid_id("C1", ["u1", "u2"])
    True
    """
    text = "\x1f".join([community_id, *sorted(unit_ids)])
    return "g" + hashlib.sha256(text.encode()).hexdigest()[:ID_DIGITS]


def distinguish(names: Sequence[str]) -> list[str]:
    """Mark repeated names from the second on, so that no two grids are called the same.

    Examples
    --------
    >>> distinguish(["中心小学", "永安社区第1网格", "中心小学"])
    ['中心小学', '永安社区第1网格', '中心小学（2）']
    """
    seen: dict[str, int] = {}
    taken: set[Any] = set(names)
    result = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        given = name
        while seen[name] > 1 and given in taken:
            given = f"{name}（{seen[name]}）"
            seen[name] += given in taken
        taken.add(given)
        result.append(given)
    return result
