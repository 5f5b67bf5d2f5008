"""From a file's columns to the canonical ones: names, numbers, ids and words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridmap.errors import UnknownName
from gridmap.findings import Finding, FindingKind, name_places
from gridmap.schemas import (
    ROLES,
    Column,
    fold_name,
    is_personal,
    match_columns,
    plain_header,
)
from gridmap.sources.recognising import canonical_role
from gridmap.sources.values import CONTROL, holds_persons, to_count, to_text, to_word

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridmap.sources.layers import LayerInfo

PLAIN_IDS = frozenset(map(fold_name, ("id", "编号", "编码", "序号", "fid", "objectid", "gid")))
_TECHNICAL = (
    "id fid ogc_fid objectid gid shape_leng shape_length shape_area perimeter area length x y lon "
    "lat lng longitude latitude geom geometry the_geom wkb_geometry 序号 经度 纬度 面积 周长 长度"
)
TECHNICAL_HEADERS = frozenset(map(fold_name, _TECHNICAL.split()))
"""Headers that GIS programs write by themselves: nobody misses them when they are not used."""
PERSONAL_COLUMNS = FindingKind(
    "personal_columns",
    "error",
    en="{count} column(s) of {place} look like personal data and were not read: {places}.",
    zh="{place} 有 {count} 列疑似个人信息，未读取：{places}。",
    cure_en="Delete these columns from the file; a plan needs counts and places, not persons.",
    cure_zh="请从文件中删除这些列；划分网格只需要户数和位置，不需要个人信息。",
)
HEADERS_CUT = FindingKind(
    "headers_cut",
    "info",
    en="{count} header(s) of {place} are cut at 10 bytes, as Shapefiles do; taken as {guesses}.",
    zh="{place} 有 {count} 个表头被 Shapefile 截断，理解为：{guesses_zh}。",
    cure_en="If that is wrong: --column ROLE.NAME=HEADER. A GeoPackage keeps long headers.",
    cure_zh="若理解有误：--column 角色.列名=表头。GeoPackage 可保留长表头。",
)
IDS_MINTED = FindingKind(
    "ids_minted",
    "info",
    en="{count} row(s) of {role} had no id of their own; ids like {example} were given in order.",
    zh="{role_zh}有 {count} 条记录没有编号，已按顺序编为 {example} 等。",
    cure_en="Give the file an id column ({column}) so that ids stay the same when rows change.",
    cure_zh="请在文件中加入编号列（{column_zh}），以便数据变动时编号不变。",
)
HOUSEHOLDS_DEFAULTED = FindingKind(
    "households_defaulted",
    "info",
    en="{count} household point(s) have no count of their own and count as 1 household each.",
    zh="{count} 个住户点没有户数，各按 1 户计。",
    cure_en="Nothing to do if each point is one household; else add the column 'households'.",
    cure_zh="若每点为一户则无须处理；否则请增加“户数”列。",
)
READ_BY_VALUES = FindingKind(
    "column_read_by_values",
    "info",
    en="{count} value(s) of the column {header} of {place} were read as {column}, by what they "
    "say: {places}.",
    zh="{place} 的“{header}”列有 {count} 个值按内容识别为“{column_zh}”：{places}。",
    cure_en="If that is wrong: --column {role}.{column}=HEADER",
    cure_zh="若识别有误：--column {role}.{column}=表头",
)
COLUMNS_UNUSED = FindingKind(
    "columns_unused",
    "info",
    en="{count} column(s) of {place} were not understood and are not used: {places}.",
    zh="{place} 有 {count} 列未能理解，未使用：{places}。",
    cure_en="If one is meant, say which: --column {role}.NAME=HEADER, with NAME one of: {free}.",
    cure_zh="如有需要请指定：--column {role}.列名=表头，列名可为：{free_zh}。",
)
FINDING_KINDS = (
    PERSONAL_COLUMNS,
    HEADERS_CUT,
    IDS_MINTED,
    HOUSEHOLDS_DEFAULTED,
    READ_BY_VALUES,
    COLUMNS_UNUSED,
)


def choose_columns(
    info: LayerInfo, role: str, told: Mapping[str, str] | None = None
) -> tuple[dict[str, str], list[str], list[Finding]]:
    """Choose what to read of a layer, before its rows are read.

    Parameters
    ----------
    info
        The layer.
    role
        Its role.
    told
        ``role.column`` -> header, as the planner says.

    Returns
    -------
    tuple
        Canonical name -> header; all headers to read (personal ones are not among them); findings.

    Raises
    ------
    UnknownName
        When an option names a column that the role does not have.
    """
    personal = [header for header in info.headers if is_personal(header, role)]
    headers = [
        header
        for header in info.headers
        if header not in personal and header not in (info.lon, info.lat)
    ]
    folded = {fold_name(header): header for header in reversed(headers)}
    asked = {
        name: folded[fold_name(header)]
        for name, header in told_columns(role, told or {}).items()
        if fold_name(header) in folded
    }
    free = [header for header in headers if header not in asked.values()]
    matched = match_columns(role, free, cut=info.file.form.name == "Shapefile", loose=True) | asked
    findings = [PERSONAL_COLUMNS.found(personal, place=info.place)] if personal else []
    cut = {
        name: header
        for name, header in matched.items()
        if name not in asked and _is_cut(role, name, header)
    }
    if cut:
        words = {column.name: column.zh for column in ROLES[role].columns}
        guesses = [f"{header} = {name}" for name, header in cut.items()]
        guesses_zh = [f"{header} = {words[name]}" for name, header in cut.items()]
        findings.append(
            HEADERS_CUT.found(
                guesses,
                place=info.place,
                guesses=name_places(guesses, "en"),
                guesses_zh=name_places(guesses_zh, "zh"),
            )
        )
    return matched, headers, findings


def _is_cut(role: str, name: str, header: str) -> bool:
    column = ROLES[role].column(name)
    names = (name, *(column.aliases if column is not None else ()))
    folded = {fold_name(item) for item in names}
    return fold_name(header) not in folded and plain_header(header) not in folded


def told_columns(role: str, told: Mapping[str, str]) -> dict[str, str]:
    """Return column -> header for one role from options of the form ``role.column``.

    Raises
    ------
    UnknownName
        When the option has no role, or the role has no such column.

    Examples
    --------
    >>> told_columns("communities", {"社区.name": "MC", "roads.class": "DJ"})
    {'name': 'MC'}
    """
    found = {}
    for key, header in told.items():
        role_name, _, name = key.partition(".")
        asked = canonical_role(role_name)
        known = [column.name for column in ROLES[asked].columns] + ["lon", "lat"]
        if name not in known:
            raise UnknownName(
                f"{asked} has no column {name!r}; columns: {', '.join(known)}.",
                f"{ROLES[asked].zh}没有名为 {name!r} 的列；可用：{'、'.join(known)}。",
                cure_en=f"--column {asked}.{known[0]}=HEADER",
                cure_zh=f"--column {asked}.{known[0]}=表头",
            )
        if asked == role and name not in ("lon", "lat"):
            found[name] = header
    return found


def canonical_columns(
    raw: pd.DataFrame, matched: Mapping[str, str], role: str, *, place: str
) -> tuple[pd.DataFrame, list[Finding]]:
    """Turn a file's columns into the canonical ones, with the unknown ones behind them.

    Parameters
    ----------
    raw
        Attributes as read.
    matched
        Canonical name -> header, from `choose_columns`.
    role
        Key of `gridmap.schemas.ROLES`.
    place
        What the layer is called in findings.

    Returns
    -------
    tuple
        Frame with a RangeIndex: ids and texts are strings, ``""`` where absent; numbers int64, or
        float64 with NaN where a row has none; and findings.
    """
    columns: dict[str, pd.Series[Any]] = {}
    elsewhere: dict[str, pd.Series[Any]] = {}
    findings: list[Finding] = []
    for column in ROLES[role].columns:
        header = matched.get(column.name)
        if header is None:
            if column.kind != "number":
                columns[column.name] = _empty_text(len(raw))
            continue
        values = raw[header].reset_index(drop=True)
        if holds_persons(values, phones=column.kind != "id"):
            columns[column.name] = _empty_text(len(raw))
            findings.append(PERSONAL_COLUMNS.found([header], place=place))
            continue
        if column.kind == "number":
            made, said = to_count(values, column, place)
        elif column.domain:
            other = _other_meaning(role, column)
            made, moved, said = to_word(values, column, other, place)
            if other is not None and moved is not None:
                elsewhere[other.name] = moved
                said.append(_say_moved(values, moved, header, other, role, place))
        else:
            made, said = to_text(values, place, is_id=column.kind == "id")
        columns[column.name] = made
        findings += said
    for name, moved in elsewhere.items():
        columns[name] = columns[name].where(columns[name] != "", moved)
    extras, said = _extra_columns(raw, set(matched.values()), set(columns), place)
    frame = pd.DataFrame({**columns, **extras}, index=pd.RangeIndex(len(raw)))
    unused = [str(name) for name in raw.columns if name not in matched.values()]
    return frame, [*findings, *said, *_say_unused(unused, matched, role, place)]


def _say_unused(
    headers: list[str], matched: Mapping[str, str], role: str, place: str
) -> list[Finding]:
    """Name the headers that nothing was made of; names only, for values may be of persons."""
    shown = [
        CONTROL.sub(" ", header)[:40]
        for header in headers
        if fold_name(header) not in TECHNICAL_HEADERS and not is_personal(header, role)
    ]
    if not shown:
        return []
    columns = ROLES[role].columns
    free = [column for column in columns if column.name not in matched] or list(columns)
    return [
        COLUMNS_UNUSED.found(
            shown,
            place=place,
            role=role,
            free=", ".join(column.name for column in free),
            free_zh="、".join(f"{column.name}（{column.zh}）" for column in free),
        )
    ]


_MEANINGS = {("compounds", "kind"): "age_class", ("compounds", "age_class"): "kind"}
"""A column of types of compounds may hold classes of age (成熟, 老旧), kinds (自然村), or both."""


def _other_meaning(role: str, column: Column) -> Column | None:
    return ROLES[role].column(_MEANINGS.get((role, column.name), ""))


def _say_moved(
    values: pd.Series[Any],
    moved: pd.Series[Any],
    header: str,
    column: Column,
    role: str,
    place: str,
) -> Finding:
    rows = (moved != "").to_numpy(dtype=bool)
    texts = sorted({str(text).strip()[:60] for text in values[rows]})
    return READ_BY_VALUES.found(
        texts,
        count=int(rows.sum()),
        header=header,
        column=column.name,
        column_zh=column.zh,
        role=role,
        place=place,
    )


def _empty_text(rows: int) -> pd.Series[Any]:
    return pd.Series([""] * rows, dtype="str")


def _extra_columns(
    raw: pd.DataFrame, used: set[str], taken: set[str], place: str
) -> tuple[dict[str, pd.Series[Any]], list[Finding]]:
    """Keep unknown columns, but those whose values are numbers of persons."""
    extras: dict[str, pd.Series[Any]] = {}
    findings: list[Finding] = []
    personal: list[str] = []
    reserved = taken | {"geometry"}
    for header in raw.columns:
        if header in used:
            continue
        values = raw[header].reset_index(drop=True)
        if holds_persons(values):
            personal.append(str(header))
            continue
        name = CONTROL.sub(" ", str(header)).strip() or "column"
        while name in reserved:
            name += "_"
        reserved.add(name)
        if values.dtype.kind in "iu":
            extras[name] = values.astype("int64")
        elif values.dtype.kind == "f":
            extras[name] = values.astype("float64")
        else:
            extras[name], said = to_text(values, place)
            findings += said
    if personal:
        findings.append(PERSONAL_COLUMNS.found(personal, place=place))
    return extras, findings


def fill_ids(frame: pd.DataFrame, role: str) -> tuple[pd.DataFrame, list[Finding]]:
    """Mint an id for each row that has none, in the order of the rows.

    Parameters
    ----------
    frame
        All rows of one role, in canonical columns.
    role
        Key of `gridmap.schemas.ROLES`.

    Returns
    -------
    tuple
        The frame; and a finding when ids were minted.

    Examples
    --------
    >>> frame = pd.DataFrame({"building_id": ["7", "", ""]})
    >>> filled, _ = fill_ids(frame, "buildings")
    >>> list(filled["building_id"])
    ['7', 'B2', 'B3']
    """
    column = ROLES[role].id_column
    ids = frame[column].to_numpy(dtype=object)
    absent = np.flatnonzero(ids == "")
    if not len(absent):
        return frame, []
    digits = len(str(len(frame)))
    letter = ROLES[role].letter
    taken = set(ids[ids != ""])
    while taken and any(f"{letter}{place + 1:0{digits}d}" in taken for place in absent):
        letter += ROLES[role].letter
    minted = [f"{letter}{place + 1:0{digits}d}" for place in absent]
    ids = ids.copy()
    ids[absent] = minted
    finding = IDS_MINTED.found(
        count=len(absent),
        role=role,
        role_zh=ROLES[role].zh,
        example=minted[0],
        column=column,
        column_zh=ROLES[role].columns[0].zh,
    )
    return frame.assign(**{column: pd.Series(ids, dtype="str", index=frame.index)}), [finding]


def count_households(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Finding]]:
    """Give every household point a whole number of households: 1 where the input says none.

    Notes
    -----
    Source: DESIGN.md section 3, input: households 户数 (default 1).
    """
    given = frame["households"] if "households" in frame else pd.Series(np.nan, frame.index)
    absent = int(given.isna().sum())
    frame = frame.assign(households=given.fillna(1).astype("int64"))
    return frame, [HOUSEHOLDS_DEFAULTED.found(count=absent)] if absent else []


def settle_id(matched: Mapping[str, str], raw: pd.DataFrame, role: str) -> dict[str, str]:
    """Decide whether a column is an id at all, now that its values are known.

    A plain ``id`` or ``编号`` is one when every row has another value; a named id column is none
    when all rows have the same (a column ``Id`` of zeros is what drawing programs write). Ids are
    minted then.

    Examples
    --------
    >>> settle_id({}, pd.DataFrame({"Id": [0, 0, 0]}), "buildings")
    {}
    >>> settle_id({}, pd.DataFrame({"Id": [5, 6, 7]}), "buildings")
    {'building_id': 'Id'}
    """
    column = ROLES[role].id_column
    settled = dict(matched)
    header = settled.get(column)
    if header is not None:
        filled = raw[header].dropna()
        if len(filled) > 1 and len(pd.unique(filled)) == 1:
            del settled[column]
        return settled
    for name in raw.columns:
        if fold_name(name) in PLAIN_IDS and name not in settled.values():
            values = raw[name]
            if values.notna().all() and values.is_unique and not holds_persons(values):
                return {column: str(name), **settled}
    return settled
