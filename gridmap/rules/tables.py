"""A planner's TOML as values, with what is wrong in it said in both languages."""

from __future__ import annotations

import re
import tomllib
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from gridmap.errors import InvalidOption
from gridmap.rules.bands import (
    AGE_CLASSES,
    AREA_TYPES,
    CATEGORIES,
    Band,
    BandRule,
    DedicatedRule,
)
from gridmap.rules.levels import (
    COMMUNITIES,
    LINK_UNITS,
    MICRO_GRIDS,
    WITHIN,
    CommunityRule,
    LevelRule,
)
from gridmap.rules.weights import SIMILARITY, WEIGHTS, WORKLOAD, SimilarityRule, WorkloadRule

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MAX_PRESET_BYTES = 100_000
"""A rules file above this size is refused: no rule text needs it."""
MOST_PERSONS = 20
"""A household of more persons on average is a slip."""
_LINE = re.compile(r"at line (\d+)")

_PLAIN_KEYS: dict[str, type] = {
    "name": str,
    "label_en": str,
    "label_zh": str,
    "m2_per_household": float,
    "m2_per_household_source": str,
    "code_digits": int,
    "code_source": str,
}
_BAND_KEYS: dict[str, type] = {
    "lower": int,
    "upper": int,
    "source": str,
    "area_type": str,
    "community_over": int,
    "soft": bool,
}
_SITE_KEYS: dict[str, type] = {
    "category": str,
    "min_area_m2": float,
    "max_households": int,
    "one_owner": bool,
    "source": str,
}
LEVELS: dict[str, LevelRule] = {
    "micro_grids": MICRO_GRIDS,
    "link_units": LINK_UNITS,
    "communities": COMMUNITIES,
}
"""The tables of levels, and the figures where neither the file nor its preset gives any."""
TERMS: dict[str, WorkloadRule | SimilarityRule] = {
    "workload": WORKLOAD,
    "similarity": SIMILARITY,
}
"""The tables of further terms, all 0 where neither the file nor its preset gives any."""
_TERM_KEYS: dict[str, dict[str, type]] = {
    name: {key: str if key == "source" else float for key in asdict(rule)}
    for name, rule in TERMS.items()
}
MOST_POINTS = 1000
"""A number of points above this is a slip."""
MOST_WORTH = 10
"""A worth above this could outweigh a line crossed; similarity is to be soft."""
_FREE_KEYS: dict[str, tuple[type, str | int]] = {
    "weight": (str, "households"),
    "most_residents": (int, 0),
    "most_residents_source": (str, ""),
}
"""Keys that neither a file nor a preset must have, and what they are then."""
_LEVEL_KEYS: dict[str, type] = {"lower": int, "upper": int, "target": int, "source": str}
_COMMUNITY_KEYS: dict[str, type] = {
    **_LEVEL_KEYS,
    "persons_per_household": float,
    "persons_source": str,
    "within": str,
}
_EXAMPLES = {"lower": "300", "upper": "500", "source": '"notice of the district, 2026"'}
_KIND_WORDS = {
    str: ("a text in quotes", "双引号中的文字"),
    int: ("a whole number of 0 or more", "非负整数"),
    float: ("a number of 0 or more", "非负数"),
    bool: ("true or false", "true 或 false"),
}


def read_toml(path: Path) -> dict[str, Any]:
    """Parse a planner's file; say in both languages what keeps it from being read."""
    try:
        if path.stat().st_size > MAX_PRESET_BYTES:
            raise complain(
                path.name,
                f"it is larger than {MAX_PRESET_BYTES} bytes",
                f"文件超过 {MAX_PRESET_BYTES} 字节",
                "keep rules only in it",
                "请只保留规则内容",
            )
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise complain(
            path.name,
            "its text is not UTF-8",
            "文字不是 UTF-8 编码",
            "save it again as UTF-8 (in Notepad: Save as, Encoding UTF-8)",
            "请另存为 UTF-8 编码（记事本：另存为，编码选 UTF-8）",
        ) from problem
    except OSError as problem:
        raise complain(
            path.name,
            "it can't be opened",
            "无法打开文件",
            "check that it is there and may be read",
            "请检查文件是否存在、是否允许读取",
        ) from problem
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        line = _LINE.search(str(problem))
        number = int(line[1]) if line else text.count("\n") + 1
        raise complain(
            path.name,
            f"line {number} is not TOML",
            f"第 {number} 行不符合 TOML 格式",
            'write lines such as: lower = 300 (keys in English, texts in "quotes")',
            '每行写成 lower = 300 这样的形式：键名用英文，文字放在英文双引号 "" 中',
        ) from problem


def complain(where: str, en: str, zh: str, cure_en: str, cure_zh: str) -> InvalidOption:
    """Return the error for rules that are wrong, with where they stand."""
    return InvalidOption(
        f"The rules in {where} are wrong: {en}.",
        f"{where} 中的规则有误：{zh}。",
        cure_en=cure_en,
        cure_zh=cure_zh,
    )


class _Fault(Exception):
    """What is wrong inside a table, in both languages, with the cure."""

    def __init__(self, en: str, zh: str, cure_en: str, cure_zh: str) -> None:
        super().__init__(en)
        self.texts = (en, zh, cure_en, cure_zh)


def fill_table(table: Mapping[str, Any], *, where: str, base: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of rules from a parsed TOML table over those of a preset.

    Parameters
    ----------
    table
        As parsed, without the key ``preset``.
    where
        What an error calls the place.
    base
        Fields of the preset; empty where none is named.

    Raises
    ------
    InvalidOption
        When a key is unknown or missing, or a value is outside its range.
    """
    known = (*_PLAIN_KEYS, "bands", "dedicated")
    filled = {**base, **table}
    try:
        _check_keys(table, (*known, *_FREE_KEYS, *LEVELS, *TERMS), "")
        missing = [key for key in known if key not in filled]
        if missing:
            raise _Fault(
                f"{', '.join(missing)} missing",
                f"缺少 {'、'.join(missing)}",
                'start the file with: preset = "default"',
                '请在文件第一行写：preset = "default"',
            )
        for key, build in (("bands", _band_rule), ("dedicated", _dedicated_rule)):
            if key in table:
                filled[key] = tuple(build(row) for row in _rows_of(table[key], key))
        for key, kind in _PLAIN_KEYS.items():
            _check_value(filled[key], kind, key)
        for key, default in LEVELS.items():
            filled[key] = _level_rule(table.get(key, {}), base.get(key, default), key)
        for key, (kind, value) in _FREE_KEYS.items():
            _check_value(filled.setdefault(key, value), kind, key)
        for key, rule in TERMS.items():
            filled[key] = _term_rule(table.get(key, {}), base.get(key, rule), key)
        _check_filled(filled)
        _check_weights(filled)
    except _Fault as fault:
        raise complain(where, *fault.texts) from fault
    return filled


def _rows_of(value: Any, key: str) -> list[dict[str, Any]]:
    if isinstance(value, list) and all(isinstance(row, dict) for row in value):
        return [dict(row) for row in value]
    raise _Fault(
        f"{key} is not a list of tables",
        f"{key} 不是表格",
        f"begin each with a line [[{key}]]",
        f"每一项以单独一行 [[{key}]] 开头",
    )


def _check_keys(row: Mapping[str, Any], known: tuple[str, ...], table: str) -> None:
    unknown = sorted(set(row) - set(known))
    if unknown:
        inside = f" in [[{table}]]" if table else ""
        inside_zh = f"[[{table}]] 中" if table else ""
        raise _Fault(
            f"unknown key(s){inside}: {', '.join(unknown)}",
            f"{inside_zh}有未知的键：{'、'.join(unknown)}",
            f"use these keys only: {', '.join(known)}",
            f"只能使用以下键：{'、'.join(known)}",
        )


def _check_value(value: Any, kind: type, key: str) -> None:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    whole = number and isinstance(value, int)
    good = {
        str: isinstance(value, str),
        bool: isinstance(value, bool),
        int: whole and value >= 0,
        float: number and 0 <= value < float("inf"),
    }[kind]
    if not good:
        words, words_zh = _KIND_WORDS[kind]
        raise _Fault(
            f"{key} = {str(value)[:40]} is not {words}",
            f"{key} = {str(value)[:40]} 不是{words_zh}",
            f"write {words} for {key}",
            f"请为 {key} 填写{words_zh}",
        )


def _check_word(value: Any, allowed: tuple[str, ...], key: str) -> None:
    if value not in allowed:
        known = ", ".join(word for word in allowed if word)
        known_zh = known.replace(", ", "、")
        raise _Fault(
            f"{key} {str(value)[:40]!r} is not known",
            f"{key} 的取值 {str(value)[:40]!r} 无法识别",
            f"use one of: {known}",
            f"可用取值：{known_zh}",
        )


def _check_row(
    row: Mapping[str, Any], kinds: Mapping[str, type], needed: tuple[str, ...], table: str
) -> None:
    """Check the values of one row, and that the keys it needs are there."""
    missing = [key for key in needed if key not in row]
    if missing:
        raise _Fault(
            f"{', '.join(missing)} missing in [[{table}]]",
            f"[[{table}]] 中缺少 {'、'.join(missing)}",
            f"add {missing[0]} = {_EXAMPLES.get(missing[0], '...')}",
            f"请补充 {missing[0]} = {_EXAMPLES.get(missing[0], '…')}",
        )
    for key, kind in kinds.items():
        if key in row:
            _check_value(row[key], kind, key)


def _check_filled(filled: Mapping[str, Any]) -> None:
    if not filled["bands"] or filled["bands"][-1].soft:
        raise _Fault(
            "the last [[bands]] must be a hard one",
            "最后一个 [[bands]] 必须是硬性区间",
            "end with a [[bands]] without soft = true",
            "请在最后写一个不含 soft = true 的 [[bands]]",
        )
    if not 0 < filled["m2_per_household"] < 10_000:
        raise _Fault(
            f"m2_per_household is {filled['m2_per_household']:g}, but lies between 0 and 10000",
            f"m2_per_household 为 {filled['m2_per_household']:g}，应在 0 到 10000 之间",
            "m2_per_household = 94.5",
            "m2_per_household = 94.5",
        )
    if not 2 <= filled["code_digits"] <= 6:
        raise _Fault(
            f"code_digits is {filled['code_digits']}, but lies between 2 and 6",
            f"code_digits 为 {filled['code_digits']}，应在 2 到 6 之间",
            "code_digits = 3",
            "code_digits = 3",
        )


def _band_rule(row: dict[str, Any]) -> BandRule:
    _check_keys(row, (*_BAND_KEYS, "age_class"), "bands")
    _check_row(row, _BAND_KEYS, ("lower", "upper"), "bands")
    lower, upper = row.pop("lower"), row.pop("upper")
    if not 0 < lower <= upper:
        raise _Fault(
            f"in [[bands]] lower = {lower} and upper = {upper}, but 0 < lower <= upper is needed",
            f"[[bands]] 中下限 lower = {lower}、上限 upper = {upper}，须满足 0 < 下限 ≤ 上限",
            "swap the two numbers, or correct them: lower = 300, upper = 500",
            "请对调或更正这两个数，例如 lower = 300、upper = 500",
        )
    _check_row(row, {}, ("source",), "bands")
    classes = row.get("age_class", ())
    for word in classes if isinstance(classes, (list, tuple)) else (classes,):
        _check_word(word, AGE_CLASSES, "age_class")
    row["age_class"] = (classes,) if isinstance(classes, str) else tuple(classes)
    _check_word(row.get("area_type", ""), ("", *AREA_TYPES), "area_type")
    return BandRule(band=Band(lower, upper), **row)


def _dedicated_rule(row: dict[str, Any]) -> DedicatedRule:
    _check_keys(row, tuple(_SITE_KEYS), "dedicated")
    _check_row(row, _SITE_KEYS, tuple(_SITE_KEYS), "dedicated")
    _check_word(row["category"], CATEGORIES, "category")
    return DedicatedRule(**row)


def _level_rule(row: Any, base: LevelRule, table: str) -> LevelRule:
    """Return the rule of a level: the file's keys over those of the preset."""
    if not isinstance(row, dict):
        raise _Fault(
            f"{table} is not a table",
            f"{table} 不是表格",
            f"begin it with a line [{table}]",
            f"以单独一行 [{table}] 开头",
        )
    kinds = _COMMUNITY_KEYS if isinstance(base, CommunityRule) else _LEVEL_KEYS
    _check_keys(row, tuple(kinds), table)
    for key, kind in kinds.items():
        if key in row:
            _check_value(row[key], kind, key)
    values = {**asdict(base), **row}
    if not 0 < values["lower"] <= values["target"] <= values["upper"]:
        sizes = f"{values['lower']}, {values['target']}, {values['upper']}"
        raise _Fault(
            f"in [{table}] lower, target, upper are {sizes}, but 0 < lower <= target <= upper",
            f"[{table}] 中 lower、target、upper 为 {sizes}，须满足 0 < 下限 ≤ 目标 ≤ 上限",
            "correct them, for example lower = 30, target = 70, upper = 100",
            "请更正，例如 lower = 30、target = 70、upper = 100",
        )
    if row and "source" not in row and any(key in row for key in ("lower", "upper", "target")):
        _check_row(row, {}, ("source",), table)
    if isinstance(base, CommunityRule):
        _check_word(values["within"], WITHIN, "within")
        if not 0 < values["persons_per_household"] <= MOST_PERSONS:
            raise _Fault(
                f"persons_per_household is {values['persons_per_household']:g}",
                f"persons_per_household 为 {values['persons_per_household']:g}",
                f"write a number above 0, at most {MOST_PERSONS}",
                f"应大于 0 且不超过 {MOST_PERSONS}",
            )
        return CommunityRule(**values)
    return LevelRule(**values)


def _term_rule(
    row: Any, base: WorkloadRule | SimilarityRule, table: str
) -> WorkloadRule | SimilarityRule:
    """Return the figures of a further term: the file's keys over those of the preset."""
    if not isinstance(row, dict):
        raise _Fault(
            f"{table} is not a table",
            f"{table} 不是表格",
            f"begin it with a line [{table}]",
            f"以单独一行 [{table}] 开头",
        )
    kinds = _TERM_KEYS[table]
    _check_keys(row, tuple(kinds), table)
    _check_row(row, kinds, ("source",) if row else (), table)
    most = MOST_POINTS if table == "workload" else MOST_WORTH
    high = next((key for key in row if key != "source" and row[key] > most), "")
    if high:
        raise _Fault(
            f"{high} in [{table}] is {row[high]:g}, above {most}",
            f"[{table}] 中 {high} 为 {row[high]:g}，超过 {most}",
            f"write a number of 0 to {most}",
            f"请填写 0 至 {most} 的数",
        )
    return replace(base, **row)


def _check_weights(filled: Mapping[str, Any]) -> None:
    _check_word(filled["weight"], WEIGHTS, "weight")
    if filled["most_residents"] and not filled["most_residents_source"]:
        raise _Fault(
            "most_residents has no source",
            "most_residents 没有注明来源",
            'add most_residents_source = "notice of the district, 2026"',
            '请补充 most_residents_source = "本区文件，2026"',
        )
