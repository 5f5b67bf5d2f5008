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
import tomllib
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridmap.errors import InvalidOption, UnknownName, UnreadableFile

if TYPE_CHECKING:
    from collections.abc import Mapping

AREA_TYPES = ("urban", "rural")
AGE_CLASSES = ("mature", "new", "old")
CATEGORIES = ("school", "hospital", "government", "mall", "office", "industrial", "park")
MAX_PRESET_BYTES = 100_000
"""A rules file above this size is refused: no rule text needs it."""


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
                f"没有名为 {name!r} 的预设规则；可用：{known}。",
                cure_en=f"--rules {cls.preset_names()[0]}",
                cure_zh=f"--rules {cls.preset_names()[0]}",
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
        UnreadableFile
            When the file is not TOML or too large.
        InvalidOption
            When a key is unknown or a value is outside its range.
        """
        path = Path(name_or_path)
        if path.suffix != ".toml" or not path.is_file():
            return cls.preset(str(name_or_path))
        try:
            if path.stat().st_size > MAX_PRESET_BYTES:
                raise ValueError(f"larger than {MAX_PRESET_BYTES} bytes")
            table = tomllib.loads(path.read_text("utf-8-sig"))
        except (ValueError, OSError) as problem:
            raise UnreadableFile(
                f"The rules file {path.name} can't be read: {problem}.",
                f"规则文件 {path.name} 无法读取：{problem}。",
            ) from problem
        return _from_table(table, where=path.name)

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


def _from_table(table: Mapping[str, Any], *, where: str) -> Rules:
    """Build rules from a parsed TOML table, over the preset it names."""
    table = dict(table)
    base_name = table.pop("preset", None)
    base: dict[str, Any] = {}
    if base_name is not None:
        base = {f.name: getattr(Rules.preset(str(base_name)), f.name) for f in _fields()}
        base["name"] = str(table.get("name", where.removesuffix(".toml")))
    known = {f.name for f in _fields()}
    unknown = sorted(set(table) - known)
    if unknown:
        raise InvalidOption(
            f"Unknown key(s) in {where}: {', '.join(unknown)}; known: {', '.join(sorted(known))}.",
            f"{where} 中有未知的键：{'、'.join(unknown)}。",
        )
    try:
        if "bands" in table:
            table["bands"] = tuple(_band_rule(row) for row in table["bands"])
        if "dedicated" in table:
            table["dedicated"] = tuple(_dedicated_rule(row) for row in table["dedicated"])
        rules = Rules(**{**base, **table})
        _check_rules(rules)
    except (TypeError, ValueError, KeyError, AttributeError) as problem:
        raise InvalidOption(
            f"The rules in {where} are incomplete or wrong: {problem}.",
            f"{where} 中的规则不完整或有误：{problem}。",
            cure_en='Start the file with: preset = "default"',
            cure_zh='请在文件第一行写：preset = "default"',
        ) from problem
    return rules


def _check_rules(rules: Rules) -> None:
    if not rules.bands:
        raise ValueError("at least one [[bands]] is needed")
    if rules.bands[-1].soft or len(rules.bands) == sum(rule.soft for rule in rules.bands):
        raise ValueError("the last band must be hard")
    if not 0 < rules.m2_per_household < 10_000:
        raise ValueError("m2_per_household must lie between 0 and 10000")
    if not 2 <= rules.code_digits <= 6:
        raise ValueError("code_digits must lie between 2 and 6")


def _band_rule(row: Mapping[str, Any]) -> BandRule:
    row = dict(row)
    band = Band(int(row.pop("lower")), int(row.pop("upper")))
    row["age_class"] = tuple(row.get("age_class", ()))
    for value, allowed in ((row.get("area_type", ""), ("", *AREA_TYPES)),):
        if value not in allowed:
            raise ValueError(f"area_type {value!r} is not one of {allowed}")
    if set(row["age_class"]) - set(AGE_CLASSES):
        raise ValueError(f"age_class {row['age_class']} is not within {AGE_CLASSES}")
    return BandRule(band=band, **row)


def _dedicated_rule(row: Mapping[str, Any]) -> DedicatedRule:
    if row["category"] not in CATEGORIES:
        raise ValueError(f"category {row['category']!r} is not one of {CATEGORIES}")
    return DedicatedRule(**row)


def _fields() -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(Rules)
