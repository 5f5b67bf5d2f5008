"""The standard addresses of a territory: buildings, sites, compounds and doors, never rooms."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from gridmap.addresses.elements import Address, elements_text, standard_text
from gridmap.addresses.parsing import MAX_ADDRESS_CHARACTERS, parse_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    from numpy.typing import NDArray

PLACE_COLUMNS = ("text", "elements", "building_id", "lon", "lat")
WIDE_LEVELS = ("place", "compound", "group", "village", "road", "community", "township", "none")
"""Levels that may cover much land: their points are kept apart, cell by cell."""
CELL_DEGREES = 0.0005
"""About 50 m: one place of a wide level a cell, so that land in several grids stays visible.
gridmap's own default."""
FAR_DEGREES = 0.002
"""About 200 m: points of one door further apart are places of one name. gridmap's own default."""

_WIDTHS = str.maketrans(
    {chr(0xFF01 + n): chr(0x21 + n) for n in range(94)}
    | {
        "　": " ",
        "號": "号",
        "樓": "楼",
        "棟": "栋",
        "單": "单",
        "門": "门",
        "層": "层",
        "戶": "户",
    }
)
_PRIVATE_TAIL = re.compile(
    r"(?:(?<=[栋幢座楼#号])(?:[0-9]{1,3}|[一二三四五六七八九十]{1,3}|[A-Za-z])(?:单元|门|梯)"
    r"(?:[0-9]{1,3}[层楼])?(?:[A-Za-z]?[0-9]{1,4}(?:号?[室房户])?)?"
    r"|(?<=[栋幢座楼])(?:[0-9]{1,3}[层楼])?[A-Za-z]?[0-9]{1,4}(?:号?[室房户])?"
    r"|(?<=号)[0-9]{1,4}[室房户])$",
    re.MULTILINE,
)
Texts = list[str]


def collect_places(
    *,
    households: gpd.GeoDataFrame | None = None,
    buildings: gpd.GeoDataFrame | None = None,
    compounds: gpd.GeoDataFrame | None = None,
    sites: gpd.GeoDataFrame | None = None,
    doors: gpd.GeoDataFrame | None = None,
) -> pd.DataFrame:
    """Collect the standard addresses that the input names, one row each.

    Parameters
    ----------
    households, buildings, compounds, sites, doors
        Frames of these roles in canonical columns, geometry in lon/lat degrees; any may be None.
        Of households the ``address`` is used, without its entrance and room.

    Returns
    -------
    DataFrame
        ``text`` (standard form), ``elements`` (JSON with sorted keys; besides the elements of
        `Address` a ``kind`` and, where known, ``compound_id`` or ``site_id``), ``building_id``
        (or ``""``), ``lon`` and ``lat`` in degrees; sorted. A name of wide land (a compound
        without building) known from points has one row a cell of `CELL_DEGREES`.

    Notes
    -----
    Source: DESIGN.md section 3, table ``addresses``: "standard address of a building, site or
    door number, never of a room"; FIELD.md section 7.

    Examples
    --------
    >>> import geopandas as gpd
    >>> homes = gpd.GeoDataFrame(
    ...     {"address": ["建设路12号3栋1单元101室", "建设路１２号3幢102"], "building_id": "B3"},
    ...     geometry=gpd.points_from_xy([113.1, 113.1], [23.0, 23.0]), crs=4490,
    ... )
    >>> collect_places(households=homes)[["text", "building_id"]].values.tolist()
    [['建设路12号3栋', 'B3']]
    """
    names = _compound_names(compounds)
    rows: list[pd.DataFrame] = []
    if buildings is not None and len(buildings):
        rows.append(_building_places(buildings, names))
    if households is not None and len(households) and "address" in households:
        rows.append(_address_places(households, _column(households, "address"), "household"))
    if doors is not None and len(doors):
        rows.append(_address_places(doors, _door_texts(doors), "door"))
    if compounds is not None and len(compounds):
        rows += [_named_places(compounds, "compound"), _addressed_places(compounds, "compound")]
    if sites is not None and len(sites):
        rows += [_named_places(sites, "site"), _addressed_places(sites, "site")]
    if not rows:
        return _frame([])
    return _unite(pd.concat(rows, ignore_index=True))


def _frame(rows: list[tuple[str, str, str, float, float]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(PLACE_COLUMNS))
    texts = {"text": "str", "elements": "str", "building_id": "str"}
    return frame.astype({**texts, "lon": "float64", "lat": "float64"})


def _unite(frame: pd.DataFrame) -> pd.DataFrame:
    """Keep one row a text, building and cell: the first source said it with most elements."""
    frame = frame[frame["text"] != ""]
    cell = pd.DataFrame(
        {
            "x": np.round(frame["lon"] / CELL_DEGREES).astype("int64"),
            "y": np.round(frame["lat"] / CELL_DEGREES).astype("int64"),
        },
        index=frame.index,
    )
    known = frame["building_id"] != ""
    cell[known] = 0
    keys = pd.concat([frame[["text", "building_id"]], cell], axis=1)
    frame = frame[~keys.duplicated()]
    order = ["text", "building_id", "lon", "lat"]
    return frame.sort_values(order, kind="stable").reset_index(drop=True)


def _compound_names(compounds: gpd.GeoDataFrame | None) -> dict[str, str]:
    if compounds is None or "compound_id" not in compounds or "name" not in compounds:
        return {}
    return dict(zip(_column(compounds, "compound_id"), _column(compounds, "name"), strict=True))


def _column(frame: pd.DataFrame, name: str) -> Texts:
    """Return a column as plain strings, ``""`` for what is absent."""
    if name not in frame:
        return [""] * len(frame)
    values = frame[name]
    return ["" if gone else str(v) for v, gone in zip(values, values.isna(), strict=True)]


def _points(frame: gpd.GeoDataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a point inside each geometry, NaN where there is none."""
    geometry = np.array(frame.geometry.array, dtype=object)
    geometry[shapely.is_empty(geometry)] = None
    if not np.isin(shapely.get_type_id(geometry), (-1, 0)).all():
        geometry = shapely.point_on_surface(geometry)
    return shapely.get_x(geometry), shapely.get_y(geometry)


def _read(text: str) -> Address:
    """Parse an address; one too long to be an address has no elements."""
    return parse_address(text) if len(text) <= MAX_ADDRESS_CHARACTERS else Address()


def _strip_rooms(texts: Texts) -> Texts:
    """Cut entrances and rooms off many addresses in one pass."""
    joined = "\n".join(text.replace("\n", " ").replace("\r", " ") for text in texts)
    return _PRIVATE_TAIL.sub("", joined.translate(_WIDTHS)).split("\n")


def _address_places(frame: gpd.GeoDataFrame, texts: Texts, source: str) -> pd.DataFrame:
    """Place every distinct standard address at the mean of its rows' points."""
    codes, unique = pd.factorize(pd.Series(texts, dtype="str"))
    bare_codes, bare = pd.factorize(pd.Series(_strip_rooms([str(t) for t in unique]), dtype="str"))
    addresses = [_read(str(text)) for text in bare]
    standard_codes, standards = pd.factorize(
        pd.Series([standard_text(address) for address in addresses], dtype="str")
    )
    wide = np.array([address.level in WIDE_LEVELS for address in addresses], dtype=bool)
    lon, lat = _points(frame)
    of_row = bare_codes[codes] if len(bare_codes) else codes
    table = pd.DataFrame(
        {
            "standard": standard_codes[of_row],
            "building_id": pd.Series(_column(frame, "building_id"), dtype="str"),
            "bare": of_row,
            "lon": lon,
            "lat": lat,
        }
    )
    table = table[np.isfinite(table["lon"]) & np.isfinite(table["lat"])].copy()
    apart = _lie_apart(table, wide[table["bare"].to_numpy()])
    for axis in ("lon", "lat"):
        table["cell_" + axis] = np.where(apart, np.round(table[axis] / CELL_DEGREES), 0)
    keys = ["standard", "building_id", "cell_lon", "cell_lat"]
    groups = table.groupby(keys, sort=True)
    means = groups.agg(bare=("bare", "first"), lon=("lon", "mean"), lat=("lat", "mean"))
    elements = [elements_text({**a.public_elements(), "kind": _kind(a, source)}) for a in addresses]
    texts_of = np.asarray(standards, dtype=object)[means.index.get_level_values("standard")]
    return _frame(
        [
            (str(text), elements[bare_code], str(building), lon_, lat_)
            for text, bare_code, building, lon_, lat_ in zip(
                texts_of,
                means["bare"],
                means.index.get_level_values("building_id"),
                means["lon"].round(7),
                means["lat"].round(7),
                strict=True,
            )
        ]
    )


def _lie_apart(table: pd.DataFrame, wide: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell which rows share a text with far places, so that their mean would be nowhere.

    Two streets of one name, or a name of wide land: kept cell by cell. Rows of a known building
    are one place.
    """
    loose = (table["building_id"] == "").to_numpy()
    if not loose.any():
        return loose
    groups = table.groupby(["standard", "building_id"], sort=False)[["lon", "lat"]]
    extent = (groups.transform("max") - groups.transform("min")).max(axis=1).to_numpy()
    return loose & (wide | (extent > FAR_DEGREES))


def _kind(address: Address, source: str) -> str:
    return "door" if source == "door" and address.level == "door" else address.level


def _door_texts(doors: gpd.GeoDataFrame) -> Texts:
    """Write each door's road and number as one text, where it has no address of its own."""
    joined = []
    columns = (_column(doors, name) for name in ("address", "road", "number"))
    for address, road, number in zip(*columns, strict=True):
        if address or not road:
            joined.append(address)
        else:
            joined.append(f"{road} {number}" if road.isascii() else f"{road}{_with_word(number)}")
    return joined


def _with_word(number: str) -> str:
    return f"{number}号" if number and "号" not in number else number


def _building_places(frame: gpd.GeoDataFrame, names: dict[str, str]) -> pd.DataFrame:
    """Name a building by its own address, and by its compound and its own name."""
    lon, lat = _points(frame)
    ids, compounds = _column(frame, "building_id"), _column(frame, "compound_id")
    rows: list[tuple[str, str, str, float, float]] = []
    columns = zip(
        ids, compounds, _column(frame, "name"), _column(frame, "address"), lon, lat, strict=True
    )
    for building_id, compound_id, name, address, x, y in columns:
        if not np.isfinite(x):
            continue
        for text in dict.fromkeys((*_building_names(names.get(compound_id, ""), name), address)):
            read = _read(text)
            standard = standard_text(read)
            if standard and text:
                extra = {"kind": "building"} | (
                    {"compound_id": compound_id} if compound_id and read.compound else {}
                )
                elements = elements_text({**read.public_elements(), **extra})
                rows.append((standard, elements, building_id, round(x, 7), round(y, 7)))
    return _frame(rows)


def _building_names(compound: str, name: str) -> Iterator[str]:
    """Yield what a building goes by: its own name, and that behind its compound's (3栋, 东楼)."""
    bare = name.strip()
    if not bare:
        return
    read = _read(bare)
    if compound and compound not in bare and not (read.road or read.compound or read.village):
        number_only = bare.isascii() and bare.isalnum()
        yield f"{compound}{bare}栋" if number_only else f"{compound}{bare}"
    if read.road or read.compound or read.village or read.place:
        yield bare


def _named_places(frame: gpd.GeoDataFrame, kind: str) -> pd.DataFrame:
    """Place each compound, village or site under its name."""
    lon, lat = _points(frame)
    rows: list[tuple[str, str, str, float, float]] = []
    ids = _column(frame, f"{kind}_id")
    for place_id, name, x, y in zip(ids, _column(frame, "name"), lon, lat, strict=True):
        if not name.strip() or not np.isfinite(x):
            continue
        read = _read(name)
        extra = {"kind": kind, f"{kind}_id": place_id}
        if kind == "site" or read.level not in ("compound", "village", "group"):
            standard, parts = _whole_name(name), {}
            parts["place" if kind == "site" else "compound"] = standard
        else:
            standard, parts = standard_text(read), read.public_elements()
        rows.append((standard, elements_text({**parts, **extra}), "", round(x, 7), round(y, 7)))
    return _frame(rows)


def _whole_name(name: str) -> str:
    from gridmap.addresses.characters import clean_text

    return clean_text(name[:MAX_ADDRESS_CHARACTERS])


def _addressed_places(frame: gpd.GeoDataFrame, kind: str) -> pd.DataFrame:
    """Place each compound or site under its own address (建设路12号), where it has one."""
    lon, lat = _points(frame)
    rows: list[tuple[str, str, str, float, float]] = []
    ids = _column(frame, f"{kind}_id")
    for place_id, address, x, y in zip(ids, _column(frame, "address"), lon, lat, strict=True):
        read = _read(address)
        standard = standard_text(read)
        if read.level in ("door", "building") and np.isfinite(x):
            extra: dict[str, Any] = {"kind": "door", f"{kind}_id": place_id}
            elements = elements_text({**read.public_elements(), **extra})
            rows.append((standard, elements, "", round(x, 7), round(y, 7)))
    return _frame(rows)
