"""What stands in cells: texts without control characters, whole numbers, words of a list."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridmap.findings import Finding, FindingKind, name_places
from gridmap.schemas import DOMAIN_WORDS, canonical_value, value_label

if TYPE_CHECKING:
    from gridmap.schemas import Column

_NUMBER = re.compile(
    r"\s*([-+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?)\s*(?:层|户|个|单元|栋|套|f|floors?)?\s*",
    re.IGNORECASE,
)
CONTROL = re.compile(
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
SHOWN_CHARACTERS = 20
"""Characters of a wrong number that a finding shows; gridmap's own default."""
PERSONAL_SHARE = 0.5
SAMPLED_ROWS = 1_000
"""A column is taken for personal data by its values when more than `PERSONAL_SHARE` of its first
`SAMPLED_ROWS` filled values are identity or mobile numbers; gridmap's own default."""
_MISSING = frozenset({"", "nan", "none", "null", "<na>", "nat", "无", "\\n"})

NUMBER_WRONG = FindingKind(
    "number_wrong",
    "warning",
    en="{count} value(s) of {column} in {place} are no whole number of 0 or more; taken as absent: "
    "{details}.",
    zh="{place} 的“{column_zh}”列有 {count} 个值不是非负整数，按缺失处理：{details_zh}。",
    cure_en="Write plain whole numbers there, or leave the cell empty where unknown.",
    cure_zh="请改为纯整数；不清楚的请留空。",
)
COUNT_WRONG = FindingKind(
    "household_count_wrong",
    "error",
    en="{count} number(s) of households in {place} are no whole number of 0 or more: {details}.",
    zh="{place} 的户数有 {count} 个值不是非负整数：{details_zh}。",
    cure_en="Correct the column {column}, or leave the cell empty where unknown.",
    cure_zh="请更正“{column_zh}”列；不清楚的请留空。",
)
VALUE_UNKNOWN = FindingKind(
    "value_unknown",
    "warning",
    en="{count} row(s) of {place} have a {column} that gridmap does not know: {places}.",
    zh="{place} 有 {count} 条记录的“{column_zh}”取值无法识别：{places}。",
    cure_en="They are kept as they are; use one of: {known}.",
    cure_zh="已原样保留；可用取值：{known_zh}。",
)
CONTROL_CHARACTERS = FindingKind(
    "control_characters",
    "info",
    en="{count} text(s) of {place} held invisible control characters; these became blanks.",
    zh="{place} 有 {count} 个文本含不可见控制字符，已替换为空格。",
    cure_en="Nothing to do, unless names look wrong.",
    cure_zh="一般无须处理；若名称异常请检查原文件。",
)
FINDING_KINDS = (NUMBER_WRONG, COUNT_WRONG, VALUE_UNKNOWN, CONTROL_CHARACTERS)


def holds_persons(values: pd.Series[Any], *, phones: bool = True) -> bool:
    """Tell whether most of the first values are identity or mobile numbers."""
    if values.dtype.kind in "fb":
        return False
    sample = [str(item).strip() for item in values.head(SAMPLED_ROWS) if item is not None]
    sample = [item for item in sample if item and item != "nan"]
    hits = sum(
        bool(_IDENTITY.fullmatch(item) or (phones and _PHONE.fullmatch(item))) for item in sample
    )
    return len(sample) > 0 and hits / len(sample) > PERSONAL_SHARE


def to_text(
    values: pd.Series[Any], place: str, *, is_id: bool = False
) -> tuple[pd.Series[Any], list[Finding]]:
    """Return trimmed strings without control characters, ``""`` where absent."""
    if not isinstance(values.dtype, pd.StringDtype):
        values = _as_strings(values)
    texts = values.fillna("").str.strip()
    dirty = texts.str.contains(CONTROL.pattern, regex=True).to_numpy(dtype=bool)
    if dirty.any():
        cleaned = [CONTROL.sub(" ", text).strip() for text in texts[dirty]]
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


def to_count(
    values: pd.Series[Any], column: Column, place: str
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
        numbers_of_rows = np.flatnonzero(wrong)
        kind = COUNT_WRONG if column.name == "households" else NUMBER_WRONG
        findings.append(
            kind.found(
                [f"row {row + 1}" for row in numbers_of_rows],
                column=column.name,
                column_zh=column.zh,
                place=place,
                details=name_places(
                    [f"row {row + 1} '{_shown(values.iloc[row])}'" for row in numbers_of_rows], "en"
                ),
                details_zh=name_places(
                    [f"第 {row + 1} 条“{_shown(values.iloc[row])}”" for row in numbers_of_rows],
                    "zh",
                ),
            )
        )
    made: pd.Series[Any] = pd.Series(np.where(good, numbers, np.nan))
    return (pd.Series(numbers.astype("int64")) if good.all() else made), findings


def _shown(value: object) -> str:
    """Return what stands where a number should, short; never a number that is of a person."""
    text = CONTROL.sub(" ", _plain_text(value)).strip()
    personal = _IDENTITY.search(text) or _PHONE.search(text)
    return "…" if personal else text[:SHOWN_CHARACTERS]


def _parse_number(text: str) -> float:
    match = _NUMBER.fullmatch(unicodedata.normalize("NFKC", text))
    return float(match[1].replace(",", "")) if match else float("nan")


def to_word(
    values: pd.Series[Any], column: Column, other: Column | None, place: str
) -> tuple[pd.Series[Any], pd.Series[Any] | None, list[Finding]]:
    """Return canonical words, and those of the column's other meaning when there are any.

    A value that neither meaning knows stays as it is and is said.
    """
    texts, findings = to_text(values, place)
    codes, uniques = pd.factorize(texts)
    words = [canonical_value(column.domain, text) if text else "" for text in uniques]
    others = [
        canonical_value(other.domain, text) if other is not None and text and not word else ""
        for text, word in zip(uniques, words, strict=True)
    ]
    rows = list(zip(uniques, words, others, strict=True))
    unknown = np.array([bool(text) and not word and not moved for text, word, moved in rows])
    final = np.array([word or ("" if moved else text) for text, word, moved in rows], dtype=object)
    if len(uniques) and unknown.any():
        findings.append(
            VALUE_UNKNOWN.found(
                sorted(str(text)[:60] for text in uniques[unknown]),
                count=int(unknown[codes].sum()),
                column=column.name,
                column_zh=column.zh,
                place=place,
                known=", ".join(DOMAIN_WORDS[column.domain]),
                known_zh="、".join(
                    value_label(column.domain, word) for word in DOMAIN_WORDS[column.domain]
                ),
            )
        )
    made = final[codes] if len(uniques) else np.array([], dtype=object)
    moved = pd.Series(np.array(others, dtype=object)[codes], dtype="str") if any(others) else None
    return pd.Series(made, dtype="str"), moved, findings
