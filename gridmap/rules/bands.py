"""The figures of rules: a band of households, and what each figure is for."""

from __future__ import annotations

from dataclasses import dataclass

from gridmap.errors import InvalidOption

AREA_TYPES = ("urban", "rural")
AGE_CLASSES = ("mature", "new", "old")
CATEGORIES = ("school", "hospital", "government", "mall", "office", "industrial", "park")


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
