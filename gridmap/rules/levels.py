"""The figures of the levels above and below a grid: communities, micro-grids, link units."""

from __future__ import annotations

from dataclasses import dataclass

from gridmap.errors import InvalidOption
from gridmap.rules.bands import Band

WITHIN = ("township", "district")
"""What a new community may not reach out of."""


@dataclass(frozen=True, slots=True)
class LevelRule:
    """The size of a zone at one level: a band, and the size that is aimed at.

    Attributes
    ----------
    lower, upper
        Smallest and largest size, both included: households, of communities persons.
    target
        Size that zones are drawn to.
    source
        Where the figures come from.

    Examples
    --------
    >>> rule = LevelRule(30, 100, 70, "notice of the district")
    >>> rule.band, rule.wish
    (Band(lower=30, upper=100), Band(lower=40, upper=100))
    """

    lower: int
    upper: int
    target: int
    source: str

    def __post_init__(self) -> None:
        if not 0 < self.lower <= self.target <= self.upper:
            raise InvalidOption(
                f"A level needs 0 < lower <= target <= upper, not {self.lower}, {self.target}, "
                f"{self.upper}.",
                f"层级规模须满足 0 < 下限 <= 目标 <= 上限，而不是 {self.lower}、{self.target}、"
                f"{self.upper}。",
                cure_en="lower = 30, target = 70, upper = 100",
                cure_zh="lower = 30，target = 70，upper = 100",
            )

    @property
    def band(self) -> Band:
        """Return the smallest and largest size."""
        return Band(self.lower, self.upper)

    @property
    def wish(self) -> Band:
        """Return the widest band inside the hard one whose middle is the target."""
        half = min(self.upper - self.target, self.target - self.lower)
        return Band(self.target - half, self.target + half)


@dataclass(frozen=True, slots=True)
class CommunityRule(LevelRule):
    """The size of a community in persons, and how persons are counted.

    Attributes
    ----------
    persons_per_household
        Persons of a household, where residents are not counted.
    persons_source
        Where that figure comes from.
    within
        ``township``: a community stays inside its township; ``district``: it may cross.
    """

    persons_per_household: float = 2.62
    persons_source: str = "national census 2020: 2.62 persons a family household [unverified]"
    within: str = "township"


MICRO_GRIDS = LevelRule(
    30,
    100,
    70,
    "FIELD.md section 2 [report]: at most 100, usually 60-90, 5.3-6.1 of them a grid; the lower "
    "bound is gridmap's own default",
)
LINK_UNITS = LevelRule(
    20,
    40,
    30,
    "FIELD.md section 2 [report]: about 30 households; the bounds are gridmap's own default",
)
COMMUNITIES = CommunityRule(
    3000,
    20000,
    9000,
    "FIELD.md section 1, Dadukou [report]: none above 20,000 or below 3,000 people, mean 9,000+",
)
