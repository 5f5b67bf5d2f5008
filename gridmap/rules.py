"""The rules of a plan as data: how many households a grid may hold, and what is dedicated.

A level of the hierarchy, or a city's regulation, is a `Rules` value and never code. Presets are
TOML files in ``gridmap/presets``; a planner's own file overrides one key by key::

    preset = "dadukou"
    [[bands]]
    lower = 280
    upper = 480
    source = "District notice 2026-12"
"""

from __future__ import annotations

import dataclasses
import difflib
import re
import tomllib
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridmap.errors import InvalidOption, UnknownName

if TYPE_CHECKING:
    from collections.abc import Mapping

AREA_TYPES = ("urban", "rural")
AGE_CLASSES = ("mature", "new", "old")
CATEGORIES = ("school", "hospital", "government", "mall", "office", "industrial", "park")
MAX_PRESET_BYTES = 100_000
"""A rules file above this size is refused: no rule text needs it."""
_LINE = re.compile(r"at line (\d+)")


@dataclass(frozen=True, slots=True)
class Band:
    """The households that one grid may hold, both ends included.

    Examples
    --------
    >>> band = Band(300, 500)
    >>> band.can_hold(550), band.can_hold(600), band.nearest_totals(550)
    (False, True, (500, 600))
    """

    lower: int
    upper: int

    def __post_init__(self) -> None:
        if not 0 < self.lower <= self.upper:
            raise InvalidOption(
                f"A band needs 0 < lower <= upper, not {self.lower}-{self.upper}.",
                f"户数区间须满足 0 < 下限 <= 上限，而不是 {self.lower}-{self.upper}。",
            )

    @property
    def target(self) -> float:
        """Return the middle of the band, in households."""
        return (self.lower + self.upper) / 2

    def holds(self, households: int) -> bool:
        """Tell whether one grid with this many households is inside the band."""
        return self.lower <= households <= self.upper

    def grid_counts(self, total: int) -> range:
        """Return every number of grids that can share ``total`` households, possibly none.

        Notes
        -----
        Source: FIELD.md section 2: k grids of lower..upper hold k*lower..k*upper households.
        """
        return range(-(-total // self.upper), total // self.lower + 1)

    def can_hold(self, total: int) -> bool:
        """Tell whether ``total`` households can be shared by grids inside the band.

        Notes
        -----
        Source: FIELD.md section 2: only if ceil(total/upper)*lower <= total. For 300-500 the
        impossible totals are 1-299 and 501-599.
        """
        return total == 0 or len(self.grid_counts(total)) > 0

    def nearest_totals(self, total: int) -> tuple[int, int]:
        """Return the nearest reachable totals at or below, and at or above (0 is reachable)."""
        if self.can_hold(total):
            return total, total
        below = total // self.upper * self.upper
        above = -(-total // self.upper) * self.lower
        return below, above


@dataclass(frozen=True, slots=True)
class BandRule:
    """A band and the grids it is for; in `Rules.bands` the first rule that fits is used.

    Attributes
    ----------
    band
        Households a grid, both ends included.
    source
        Where the figure comes from.
    area_type, age_class
        Only grids of this area type, or with most households in compounds of these classes.
    community_over
        Only communities with more households than this.
    soft
        A wish: where arithmetic forbids it, the first hard band is used and a Finding says so.
    """

    band: Band
    source: str
    area_type: str = ""
    age_class: tuple[str, ...] = ()
    community_over: int = 0
    soft: bool = False

    def fits(self, area_type: str, age_class: str, community_households: int) -> bool:
        """Tell whether the rule is for such a grid."""
        return (
            self.area_type in ("", area_type)
            and (not self.age_class or age_class in self.age_class)
            and (self.community_over == 0 or community_households > self.community_over)
        )


@dataclass(frozen=True, slots=True)
class DedicatedRule:
    """When a site of one category becomes a dedicated grid (专属网格) of its own.

    Attributes
    ----------
    category
        One of `CATEGORIES`.
    min_area_m2
        Smallest area of the site, in square metres.
    max_households
        A site with more resident households than this stays in the general grids.
    one_owner
        Whether the site must name one owner.
    source
        Where the rule comes from.
    """

    category: str
    min_area_m2: float
    max_households: int
    one_owner: bool
    source: str


@dataclass(frozen=True)
class Rules:
    """Everything that a plan must respect, each figure with its source.

    Examples
    --------
    >>> rules = Rules.preset("default")
    >>> rules.band_for(area_type="urban")
    Band(lower=300, upper=500)
    """

    name: str
    label_en: str
    label_zh: str
    bands: tuple[BandRule, ...]
    dedicated: tuple[DedicatedRule, ...]
    m2_per_household: float
    m2_per_household_source: str
    code_digits: int
    code_source: str

    @staticmethod
    def preset_names() -> tuple[str, ...]:
        """Return the names that `preset` knows, sorted."""
        folder = resources.files("gridmap") / "presets"
        return tuple(sorted(p.name[:-5] for p in folder.iterdir() if p.name.endswith(".toml")))

    @classmethod
    def preset(cls, name: str = "default") -> Rules:
        """Return the rules of a place, by the name of its preset.

        Raises
        ------
        UnknownName
            When there is no such preset.
        """
        if name not in cls.preset_names():
            known = ", ".join(cls.preset_names())
            raise UnknownName(
                f"There is no preset {name!r}; known presets: {known}.",
                f"没有名为 {name!r} 的预设规则；可用：{known.replace(', ', '、')}。",
                cure_en=f"--rules {_nearest_preset(name, cls.preset_names())}, or a file: "
                "--rules rules.toml",
                cure_zh=f"--rules {_nearest_preset(name, cls.preset_names())}，"
                "或指定规则文件：--rules rules.toml",
            )
        text = (resources.files("gridmap") / "presets" / f"{name}.toml").read_text("utf-8")
        return _from_table(tomllib.loads(text), where=f"preset {name}")

    @classmethod
    def load(cls, name_or_path: str | Path) -> Rules:
        """Return a preset by name, or rules from a TOML file.

        Raises
        ------
        UnknownName
            When it is neither a preset nor an existing file.
        InvalidOption
            When the file is not TOML in UTF-8 or too large, a key is unknown, or a value is outside
            its range: everything wrong with rules is a wrong option.
        """
        path = Path(name_or_path)
        if path.suffix.lower() != ".toml":
            return cls.preset(str(name_or_path))
        if not path.is_file():
            raise UnknownName(
                f"There is no rules file {path.name!r} at the place given.",
                f"指定位置没有规则文件 {path.name!r}。",
                cure_en=f"check the path, or use a preset: {', '.join(cls.preset_names())}",
                cure_zh=f"请检查路径，或使用预设规则：{'、'.join(cls.preset_names())}",
            )
        return _from_table(_read_toml(path), where=path.name)

    def to_toml(self) -> str:
        """Return the rules as TOML text that `Rules.from_toml` reads back."""
        table = {
            key: value
            for key, value in dataclasses.asdict(self).items()
            if not isinstance(value, tuple)
        }
        lines = [f"{key} = {_toml_value(value)}" for key, value in table.items()]
        for rule in self.bands:
            row = dataclasses.asdict(rule)
            row |= row.pop("band")
            lines += ["", "[[bands]]"] + [f"{k} = {_toml_value(v)}" for k, v in row.items()]
        for site in self.dedicated:
            lines += ["", "[[dedicated]]"]
            lines += [f"{k} = {_toml_value(v)}" for k, v in dataclasses.asdict(site).items()]
        return "\n".join(lines) + "\n"

    @classmethod
    def from_toml(cls, text: str) -> Rules:
        """Return the rules written by `to_toml`."""
        return _from_table(tomllib.loads(text), where="TOML text")

    def rule_for(
        self, *, area_type: str = "urban", age_class: str = "", community_households: int = 0
    ) -> BandRule:
        """Return the first band rule that fits such a grid."""
        for rule in self.bands:
            if rule.fits(area_type, age_class, community_households):
                return rule
        return self.bands[-1]

    def band_for(
        self, *, area_type: str = "urban", age_class: str = "", community_households: int = 0
    ) -> Band:
        """Return the band for a grid of this area type, class and community.

        Parameters
        ----------
        area_type
            ``urban`` or ``rural``.
        age_class
            The class of the compounds with most of the grid's households, or empty.
        community_households
            Households of the whole community.
        """
        return self.rule_for(
            area_type=area_type, age_class=age_class, community_households=community_households
        ).band

    @cached_property
    def upper(self) -> int:
        """Return the largest upper bound of any band, in households."""
        return max(rule.band.upper for rule in self.bands)

    def dedicated_rule(self, category: str) -> DedicatedRule | None:
        """Return the rule for sites of a category, or None when it gets no grids of its own."""
        return next((rule for rule in self.dedicated if rule.category == category), None)


def _toml_value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(_toml_value(item) for item in value) + "]"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c >= " " else f"\\u{ord(c):04x}" for c in text) + '"'


def _nearest_preset(name: str, known: tuple[str, ...]) -> str:
    """Return the preset whose name is most like the one asked for, else the default one."""
    return next(iter(difflib.get_close_matches(name, known, n=1)), "default")


def _read_toml(path: Path) -> dict[str, Any]:
    """Parse a planner's file; say in both languages what keeps it from being read."""
    try:
        if path.stat().st_size > MAX_PRESET_BYTES:
            raise _wrong(
                path.name,
                f"it is larger than {MAX_PRESET_BYTES} bytes",
                f"文件超过 {MAX_PRESET_BYTES} 字节",
                "keep rules only in it",
                "请只保留规则内容",
            )
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise _wrong(
            path.name,
            "its text is not UTF-8",
            "文字不是 UTF-8 编码",
            "save it again as UTF-8 (in Notepad: Save as, Encoding UTF-8)",
            "请另存为 UTF-8 编码（记事本：另存为，编码选 UTF-8）",
        ) from problem
    except OSError as problem:
        raise _wrong(
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
        raise _wrong(
            path.name,
            f"line {number} is not TOML",
            f"第 {number} 行不符合 TOML 格式",
            'write lines such as: lower = 300 (keys in English, texts in "quotes")',
            '每行写成 lower = 300 这样的形式：键名用英文，文字放在英文双引号 "" 中',
        ) from problem


def _wrong(where: str, en: str, zh: str, cure_en: str, cure_zh: str) -> InvalidOption:
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


def _from_table(table: Mapping[str, Any], *, where: str) -> Rules:
    """Build rules from a parsed TOML table, over the preset it names."""
    table = dict(table)
    base_name = table.pop("preset", None)
    base: dict[str, Any] = {}
    if base_name is not None and str(base_name) not in Rules.preset_names():
        raise _wrong(
            where,
            f"there is no preset {str(base_name)[:40]!r}",
            f"没有名为 {str(base_name)[:40]!r} 的预设规则",
            f"write one of: {', '.join(Rules.preset_names())}",
            f"可用：{'、'.join(Rules.preset_names())}",
        )
    if base_name is not None:
        base = {f.name: getattr(Rules.preset(str(base_name)), f.name) for f in _fields()}
        base["name"] = str(table.get("name", where.removesuffix(".toml")))
    try:
        missing = [f.name for f in _fields() if f.name not in table and f.name not in base]
        _check_keys(table, tuple(f.name for f in _fields()), "")
        if missing:
            raise _Fault(
                f"{', '.join(missing)} missing",
                f"缺少 {'、'.join(missing)}",
                'start the file with: preset = "default"',
                '请在文件第一行写：preset = "default"',
            )
        for key, build in (("bands", _band_rule), ("dedicated", _dedicated_rule)):
            if key in table:
                table[key] = tuple(build(row) for row in _rows_of(table[key], key))
        for key, kind in _PLAIN_KEYS.items():
            if key in table:
                _check_value(table[key], kind, key)
        rules = Rules(**{**base, **table})
        _check_rules(rules)
    except _Fault as fault:
        raise _wrong(where, *fault.texts) from fault
    return rules


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
_EXAMPLES = {"lower": "300", "upper": "500", "source": '"notice of the district, 2026"'}
_KIND_WORDS = {
    str: ("a text in quotes", "双引号中的文字"),
    int: ("a whole number of 0 or more", "非负整数"),
    float: ("a number of 0 or more", "非负数"),
    bool: ("true or false", "true 或 false"),
}


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


def _check_rules(rules: Rules) -> None:
    hard = [rule for rule in rules.bands if not rule.soft]
    if not hard or rules.bands[-1].soft:
        raise _Fault(
            "the last [[bands]] must be a hard one",
            "最后一个 [[bands]] 必须是硬性区间",
            "end with a [[bands]] without soft = true",
            "请在最后写一个不含 soft = true 的 [[bands]]",
        )
    if not 0 < rules.m2_per_household < 10_000:
        raise _Fault(
            f"m2_per_household is {rules.m2_per_household:g}, but lies between 0 and 10000",
            f"m2_per_household 为 {rules.m2_per_household:g}，应在 0 到 10000 之间",
            "m2_per_household = 94.5",
            "m2_per_household = 94.5",
        )
    if not 2 <= rules.code_digits <= 6:
        raise _Fault(
            f"code_digits is {rules.code_digits}, but lies between 2 and 6",
            f"code_digits 为 {rules.code_digits}，应在 2 到 6 之间",
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


def _fields() -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(Rules)
