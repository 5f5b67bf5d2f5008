"""From a file's columns to the canonical ones: names, numbers, ids and words."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridmap.errors import UnknownName
from gridmap.findings import Finding, FindingKind
from gridmap.schemas import (
    DOMAIN_WORDS,
    ROLES,
    Column,
    canonical_value,
    fold_name,
    is_personal,
    match_columns,
)
from gridmap.sources.recognising import canonical_role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridmap.sources.layers import LayerInfo

_NUMBER = re.compile(
    r"\s*([-+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?)\s*(?:层|户|个|单元|栋|套|f|floors?)?\s*",
    re.IGNORECASE,
)
_CONTROL = re.compile(
    # written out, for the pattern is also read by Arrow's engine, which knows no \\u escapes
    "[\\x00-\\x1f\\x7f-\\x9f"
    + "".join(f"{chr(low)}-{chr(high)}" for low, high in ((0x200B, 0x200F), (0x2028, 0x202E)))
    + f"{chr(0x2060)}-{chr(0x2069)}{chr(0xFEFF)}]+"
)
"""Characters that are not seen: control codes, zero-width ones and marks of direction."""

_PHONE = re.compile(r"(?:\+?86[- ]?)?1[3-9]\d{9}")
_IDENTITY = re.compile(
    r"[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]"
)
PLAIN_IDS = frozenset(map(fold_name, ("id", "编号", "编码", "序号", "fid", "objectid", "gid")))
PERSONAL_SHARE = 0.5
SAMPLED_ROWS = 1_000
"""A column is taken for personal data by its values when more than `PERSONAL_SHARE` of its first
`SAMPLED_ROWS` filled values are identity or mobile numbers; gridmap's own default."""
_MISSING = frozenset({"", "nan", "none", "null", "<na>", "nat", "无", "\\n"})

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
    en="{count} header(s) of {place} are cut at 10 bytes, as Shapefiles do; taken as {places}.",
    zh="{place} 有 {count} 个表头被 Shapefile 截断，理解为：{places}。",
    cure_en="If that is wrong: --column ROLE.NAME=HEADER. A GeoPackage keeps long headers.",
    cure_zh="若理解有误：--column 角色.列名=表头。GeoPackage 可保留长表头。",
)
IDS_MINTED = FindingKind(
    "ids_minted",
    "info",
    en="{count} row(s) of {role} had no id of their own; ids like {example} were given in order.",
    zh="{role_zh}有 {count} 条记录没有编号，已按顺序编为 {example} 等。",
    cure_en="Give the file an id column ({column}) so that ids stay the same when rows change.",
    cure_zh="请在文件中加入编号列（{column}），以便数据变动时编号不变。",
)
NUMBER_WRONG = FindingKind(
    "number_wrong",
    "warning",
    en="{count} value(s) of {column} in {place} are no whole number of 0 or more; taken as absent.",
    zh="{place} 的 {column} 列有 {count} 个值不是非负整数，按缺失处理。",
    cure_en="Correct the rows: {places}.",
    cure_zh="请更正以下记录：{places}。",
)
COUNT_WRONG = FindingKind(
    "household_count_wrong",
    "error",
    en="{count} number(s) of households in {place} are no whole number of 0 or more: {places}.",
    zh="{place} 的户数有 {count} 个值不是非负整数：{places}。",
    cure_en="Correct the column {column}, or leave the cell empty where unknown.",
    cure_zh="请更正 {column} 列；不清楚的请留空。",
)
HOUSEHOLDS_DEFAULTED = FindingKind(
    "households_defaulted",
    "info",
    en="{count} household point(s) have no count of their own and count as 1 household each.",
    zh="{count} 个住户点没有户数，各按 1 户计。",
    cure_en="Nothing to do if each point is one household; else add the column 'households'.",
    cure_zh="若每点为一户则无须处理；否则请增加“户数”列。",
)
VALUE_UNKNOWN = FindingKind(
    "value_unknown",
    "warning",
    en="{count} row(s) of {place} have a {column} that gridmap does not know: {places}.",
    zh="{place} 有 {count} 条记录的 {column} 取值无法识别：{places}。",
    cure_en="They are kept as they are; use one of: {known}.",
    cure_zh="已原样保留；可用取值：{known}。",
)
CONTROL_CHARACTERS = FindingKind(
    "control_characters",
    "info",
    en="{count} text(s) of {place} held invisible control characters; these became blanks.",
    zh="{place} 有 {count} 个文本含不可见控制字符，已替换为空格。",
    cure_en="Nothing to do, unless names look wrong.",
    cure_zh="一般无须处理；若名称异常请检查原文件。",
)
FINDING_KINDS = (
    PERSONAL_COLUMNS,
    HEADERS_CUT,
    IDS_MINTED,
    NUMBER_WRONG,
    COUNT_WRONG,
    HOUSEHOLDS_DEFAULTED,
    VALUE_UNKNOWN,
    CONTROL_CHARACTERS,
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
    matched = match_columns(role, free, cut=info.file.form.name == "Shapefile") | asked
    findings = [PERSONAL_COLUMNS.found(personal, place=info.place)] if personal else []
    guesses = [
        f"{header} = {name}"
        for name, header in matched.items()
        if name not in asked and _is_cut(role, name, header)
    ]
    if guesses:
        findings.append(HEADERS_CUT.found(guesses, place=info.place))
    return matched, headers, findings


def _is_cut(role: str, name: str, header: str) -> bool:
    column = ROLES[role].column(name)
    names = (name, *(column.aliases if column is not None else ()))
    return fold_name(header) not in map(fold_name, names)


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
    findings: list[Finding] = []
    for column in ROLES[role].columns:
        header = matched.get(column.name)
        if header is None:
            if column.kind != "number":
                columns[column.name] = _empty_text(len(raw))
            continue
        values = raw[header].reset_index(drop=True)
        if _holds_persons(values, phones=column.kind != "id"):
            columns[column.name] = _empty_text(len(raw))
            findings.append(PERSONAL_COLUMNS.found([header], place=place))
            continue
        if column.kind == "number":
            made, said = _to_count(values, column.name, place)
        elif column.domain:
            made, said = _to_word(values, column, place)
        else:
            made, said = _to_text(values, place, is_id=column.kind == "id")
        columns[column.name] = made
        findings += said
    extras, said = _extra_columns(raw, set(matched.values()), set(columns), place)
    frame = pd.DataFrame({**columns, **extras}, index=pd.RangeIndex(len(raw)))
    return frame, findings + said


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
        if _holds_persons(values):
            personal.append(str(header))
            continue
        name = _CONTROL.sub(" ", str(header)).strip() or "column"
        while name in reserved:
            name += "_"
        reserved.add(name)
        if values.dtype.kind in "iu":
            extras[name] = values.astype("int64")
        elif values.dtype.kind == "f":
            extras[name] = values.astype("float64")
        else:
            extras[name], said = _to_text(values, place)
            findings += said
    if personal:
        findings.append(PERSONAL_COLUMNS.found(personal, place=place))
    return extras, findings


def _holds_persons(values: pd.Series[Any], *, phones: bool = True) -> bool:
    """Tell whether most of the first values are identity or mobile numbers."""
    if values.dtype.kind in "fb":
        return False
    sample = [str(item).strip() for item in values.head(SAMPLED_ROWS) if item is not None]
    sample = [item for item in sample if item and item != "nan"]
    hits = sum(
        bool(_IDENTITY.fullmatch(item) or (phones and _PHONE.fullmatch(item))) for item in sample
    )
    return len(sample) > 0 and hits / len(sample) > PERSONAL_SHARE


def _to_text(
    values: pd.Series[Any], place: str, *, is_id: bool = False
) -> tuple[pd.Series[Any], list[Finding]]:
    """Return trimmed strings without control characters, ``""`` where absent."""
    if not isinstance(values.dtype, pd.StringDtype):
        values = _as_strings(values)
    texts = values.fillna("").str.strip()
    dirty = texts.str.contains(_CONTROL.pattern, regex=True).to_numpy(dtype=bool)
    if dirty.any():
        cleaned = [_CONTROL.sub(" ", text).strip() for text in texts[dirty]]
        texts = texts.mask(dirty, pd.Series(cleaned, index=texts.index[dirty], dtype="str"))
    missing = _MISSING if is_id else _MISSING - {"无"}
    absent = texts.str.lower().isin(sorted(missing)).to_numpy(dtype=bool)
    if absent.any():
        texts = texts.mask(absent, "")
    count = int(dirty.sum())
    found = [CONTROL_CHARACTERS.found([place], count=count, place=place)] if count else []
    return texts.astype("str"), found


def _as_strings(values: pd.Series[Any]) -> pd.Series[Any]:
    """Return any column as strings: whole numbers without a point, missing ones empty."""
    codes, uniques = pd.factorize(values, use_na_sentinel=True)
    texts = np.array([_plain_text(item) for item in uniques] + [""], dtype=object)
    return pd.Series(texts[codes], dtype="str")


def _plain_text(item: object) -> str:
    if isinstance(item, (bool, np.bool_)):
        return "true" if item else "false"
    if isinstance(item, (float, np.floating)) and float(item).is_integer():
        return str(int(item))
    if isinstance(item, (bytes, bytearray, memoryview)):
        return ""
    return str(item)


def _to_count(
    values: pd.Series[Any], name: str, place: str
) -> tuple[pd.Series[Any], list[Finding]]:
    """Return whole numbers of 0 or more; texts such as ``12层`` count as 12."""
    if values.dtype.kind in "iuf":
        numbers = values.to_numpy(dtype=float)
        given = ~np.isnan(numbers)
    else:
        codes, uniques = pd.factorize(values, use_na_sentinel=True)
        texts = [_plain_text(item) for item in uniques]
        parsed = np.array([_parse_number(text) for text in texts] + [np.nan])
        filled = np.array([text.strip().casefold() not in _MISSING for text in texts] + [False])
        numbers, given = parsed[codes], filled[codes]
    with np.errstate(invalid="ignore"):
        good = np.isfinite(numbers) & (numbers >= 0) & (np.floor(numbers) == numbers)
        good &= numbers < 1e9
    wrong = given & ~good
    findings = []
    if wrong.any():
        rows = [f"row {place_in_file + 1}" for place_in_file in np.flatnonzero(wrong)]
        kind = COUNT_WRONG if name == "households" else NUMBER_WRONG
        findings.append(kind.found(rows, column=name, place=place))
    made: pd.Series[Any] = pd.Series(np.where(good, numbers, np.nan))
    return (pd.Series(numbers.astype("int64")) if good.all() else made), findings


def _parse_number(text: str) -> float:
    match = _NUMBER.fullmatch(unicodedata.normalize("NFKC", text))
    return float(match[1].replace(",", "")) if match else float("nan")


def _to_word(
    values: pd.Series[Any], column: Column, place: str
) -> tuple[pd.Series[Any], list[Finding]]:
    """Return canonical words; an unknown value stays as it is and is said."""
    texts, findings = _to_text(values, place)
    codes, uniques = pd.factorize(texts)
    words = [canonical_value(column.domain, text) if text else "" for text in uniques]
    unknown = np.array([bool(text) and not word for text, word in zip(uniques, words, strict=True)])
    final = np.array(
        [word or text for text, word in zip(uniques, words, strict=True)], dtype=object
    )
    if len(uniques) and unknown.any():
        findings.append(
            VALUE_UNKNOWN.found(
                sorted(str(text)[:60] for text in uniques[unknown]),
                count=int(unknown[codes].sum()),
                column=column.name,
                place=place,
                known=", ".join(DOMAIN_WORDS[column.domain]),
            )
        )
    made = final[codes] if len(uniques) else np.array([], dtype=object)
    return pd.Series(made, dtype="str"), findings


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
            if values.notna().all() and values.is_unique and not _holds_persons(values):
                return {column: str(name), **settled}
    return settled
