"""Options: what could be done about a place, and what each would move, cost and cure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridmap.boundaries.edits import DivisionEdit, EditKind
    from gridmap.boundaries.higher_lines import Crossing
    from gridmap.boundaries.standing import Counts
    from gridmap.rules import Band

Measure = Literal["persons", "households"]


@dataclass(frozen=True)
class Yardstick:
    """What divisions are judged by.

    Attributes
    ----------
    band
        What one division may hold, both ends included; None for no band.
    measure
        Whether the band counts persons or households.
    persons_per_household
        Persons of a household, where residents are not counted.
    """

    band: Band | None
    measure: Measure
    persons_per_household: float

    def count(self, households: int | None, residents: int | None) -> int | None:
        """Return what the band counts; None where nobody counted."""
        if self.measure == "households":
            return households
        if residents is None and households is not None:
            return round(households * self.persons_per_household)
        return residents

    def holds(self, count: int | None) -> bool | None:
        """Tell whether a division is in the band; None where that can't be told."""
        return None if self.band is None or count is None else self.band.holds(count)


@dataclass(frozen=True)
class Effect:
    """What an option does to one division.

    Attributes
    ----------
    division_id
        Which.
    count_before, count_after
        Persons or households, as the band counts; None where nobody counted.
    in_band_before, in_band_after
        Whether it is in the band; None without band or count.
    households_before, households_after, residents_before, residents_after
        Both numbers, None where nobody counted.
    area_before_m2, area_after_m2
        Square metres.
    parts_before, parts_after
        Parts of its land.
    """

    division_id: str
    count_before: int | None
    count_after: int | None
    in_band_before: bool | None
    in_band_after: bool | None
    households_before: int | None
    households_after: int | None
    residents_before: int | None
    residents_after: int | None
    area_before_m2: float
    area_after_m2: float
    parts_before: int
    parts_after: int


@dataclass(frozen=True)
class MovedLand:
    """What one move of an edit carries."""

    held_by: tuple[str, ...]
    goes_to: tuple[str, ...]
    counts: Counts


@dataclass(frozen=True)
class Option:
    """One thing that could be done.

    Attributes
    ----------
    action
        As the kind of its edit.
    to
        Ids of the divisions that gain land; of ``keep`` the owner.
    edit
        What does it; None where a winding border stays, which there is nothing to apply to.
    moved
        What each of its moves carries; empty for ``keep``.
    moved_homes
        (home_id, ids of who holds it before, ids after) of every home for which these differ.
    effects
        By division, in the order of ``ids`` of the analysis.
    cures
        Whether the place is no fault any more, and no division falls into more parts.
    border_m
        Border that the land has with who gains it, metres; 0 where that decides nothing.
    en, zh
        What it means, in a sentence or two.
    first
        Ids of edits that must be applied before this one.
    crosses
        Lines of a higher level that land is carried over, the highest first: everybody concerned
        must have consented.
    """

    action: EditKind
    to: tuple[str, ...]
    edit: DivisionEdit | None
    moved: tuple[MovedLand, ...]
    moved_homes: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]
    effects: tuple[Effect, ...]
    cures: bool
    border_m: float
    en: str
    zh: str
    first: tuple[str, ...] = ()
    crosses: tuple[Crossing, ...] = ()

    @property
    def area_m2(self) -> float:
        """Area of all the land that changes hands."""
        return sum(item.counts.area_m2 for item in self.moved)

    @property
    def households(self) -> int | None:
        """Households that change hands."""
        return _sum([item.counts.households for item in self.moved])

    @property
    def buildings(self) -> int | None:
        """Buildings that change hands."""
        return _sum([item.counts.buildings for item in self.moved])

    @property
    def residents(self) -> int | None:
        """Residents that change hands."""
        return _sum([item.counts.residents for item in self.moved])

    @property
    def outside_change(self) -> int:
        """How many divisions more are outside the band afterwards."""
        return sum(
            int(e.in_band_before) - int(e.in_band_after)
            for e in self.effects
            if e.in_band_before is not None and e.in_band_after is not None
        )

    @property
    def rank(self) -> tuple[object, ...]:
        """Return what options are ordered by, the best first (docs/boundaries.md).

        It cures the place; it crosses fewest lines of a higher level; fewest divisions leave the
        band; fewest households (else residents) move; least land moves, to the square metre; the
        longest border with who gains it, to the metre; then action and ids.
        """
        people = self.households if self.households is not None else self.residents or 0
        return (
            not self.cures,
            len(self.crosses),
            self.outside_change,
            people,
            round(self.area_m2),
            -round(self.border_m),
            self.action,
            self.to,
        )


def _sum(values: Sequence[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


@dataclass
class NotPossible:
    """An action that can't be taken at a place, and why."""

    action: EditKind
    to: tuple[str, ...]
    en: str
    zh: str


@dataclass
class Choices:
    """What could be done about one place so far, and what can't be."""

    options: list[Option] = field(default_factory=list)
    refused: list[NotPossible] = field(default_factory=list)

    def add(self, found: Option | NotPossible) -> None:
        """Put it where it belongs."""
        if isinstance(found, NotPossible):
            self.refused.append(found)
        else:
            self.options.append(found)

    @property
    def best(self) -> Option | None:
        """The first by rank of those that cure the place, None where none does."""
        curing = [option for option in self.options if option.cures]
        return min(curing, key=lambda option: option.rank, default=None)
