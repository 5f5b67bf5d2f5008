"""`Rules`: everything that a plan must respect, as one value."""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridmap.errors import UnknownName
from gridmap.rules.levels import (
    COMMUNITIES,
    LINK_UNITS,
    MICRO_GRIDS,
    CommunityRule,
    LevelRule,
)
from gridmap.rules.tables import LEVELS, TERMS, complain, fill_table, read_toml
from gridmap.rules.weights import SIMILARITY, WORKLOAD, SimilarityRule, WorkloadRule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridmap.rules.bands import Band, BandRule, DedicatedRule


@dataclass(frozen=True)
class Rules:
    """Everything that a plan must respect, each figure with its source.

    ``weight`` is what the bands count: ``households``, or ``workload`` points (of the input's
    column, else computed by ``workload``). ``most_residents`` is a cap that holds beside the
    bands, 0 for none. ``similarity`` says what it is worth to keep like with like.

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
    micro_grids: LevelRule = MICRO_GRIDS
    link_units: LevelRule = LINK_UNITS
    communities: CommunityRule = COMMUNITIES
    weight: str = "households"
    most_residents: int = 0
    most_residents_source: str = ""
    workload: WorkloadRule = WORKLOAD
    similarity: SimilarityRule = SIMILARITY

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
        return _from_table(read_toml(path), where=path.name)

    def to_toml(self) -> str:
        """Return the rules as TOML text that `Rules.from_toml` reads back."""
        table = {
            key: value
            for key, value in dataclasses.asdict(self).items()
            if not isinstance(value, (tuple, dict))
        }
        lines = [f"{key} = {_toml_value(value)}" for key, value in table.items()]
        lines += [] if self.dedicated else ["dedicated = []"]
        for rule in self.bands:
            row = dataclasses.asdict(rule)
            row |= row.pop("band")
            lines += ["", "[[bands]]"] + [f"{k} = {_toml_value(v)}" for k, v in row.items()]
        for site in self.dedicated:
            lines += ["", "[[dedicated]]"]
            lines += [f"{k} = {_toml_value(v)}" for k, v in dataclasses.asdict(site).items()]
        for level in (*LEVELS, *TERMS):
            lines += ["", f"[{level}]"]
            row = dataclasses.asdict(getattr(self, level))
            lines += [f"{k} = {_toml_value(v)}" for k, v in row.items()]
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


def _from_table(table: Mapping[str, Any], *, where: str) -> Rules:
    """Build rules from a parsed TOML table, over the preset it names."""
    table = dict(table)
    name = table.pop("preset", None)
    base: dict[str, Any] = {}
    if name is not None and str(name) not in Rules.preset_names():
        raise complain(
            where,
            f"there is no preset {str(name)[:40]!r}",
            f"没有名为 {str(name)[:40]!r} 的预设规则",
            f"write one of: {', '.join(Rules.preset_names())}",
            f"可用：{'、'.join(Rules.preset_names())}",
        )
    if name is not None:
        preset = Rules.preset(str(name))
        base = {f.name: getattr(preset, f.name) for f in dataclasses.fields(Rules)}
        base["name"] = where.removesuffix(".toml")
    return Rules(**fill_table(table, where=where, base=base))
