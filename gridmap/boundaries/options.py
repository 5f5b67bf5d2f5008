"""Options: what could be done about a place, and what each would move, cost and cure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import shapely

from gridmap.boundaries.edits import DivisionEdit, EditUnfit, Move, try_edit, try_moves
from gridmap.boundaries.redrawing import part_count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gridmap.boundaries.border_chains import Geometries
    from gridmap.boundaries.edits import EditKind
    from gridmap.boundaries.standing import Counts, Standing
    from gridmap.rules import Band

Measure = Literal["persons", "households"]
MAIN_SHARE = 0.5
"""Land that is in one piece with more than this share of a main part is joined to it."""


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
        (home_id, division before, division after) of every home that moves.
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
    """

    action: EditKind
    to: tuple[str, ...]
    edit: DivisionEdit | None
    moved: tuple[MovedLand, ...]
    moved_homes: tuple[tuple[str, str, str], ...]
    effects: tuple[Effect, ...]
    cures: bool
    border_m: float
    en: str
    zh: str
    first: tuple[str, ...] = ()

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

        It cures the place; fewest divisions leave the band; fewest households (else residents)
        move; least land moves, to the square metre; the longest border with who gains it, to the
        metre; then action and ids.
        """
        people = self.households if self.households is not None else self.residents or 0
        return (
            not self.cures,
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


@dataclass
class Desk:
    """What options are worked out with.

    Attributes
    ----------
    standing
        Divisions and what stands on them.
    mains
        Division -> its main part, as stored.
    yardstick
        Band and measure.
    crs, level
        Written into the edits.
    numbers
        Edits made so far, by subject, for their ids.
    """

    standing: Standing
    mains: Mapping[str, shapely.Geometry]
    yardstick: Yardstick
    crs: str
    level: str
    numbers: dict[str, int] = field(default_factory=dict)

    def make_option(
        self,
        proposal_id: str,
        action: EditKind,
        moves: Sequence[Move],
        words: tuple[str, str],
        *,
        joins: bool = True,
        border_m: float = 0.0,
        first: Sequence[DivisionEdit] = (),
    ) -> Option | NotPossible:
        """Work out an option: try its moves, count what they carry and what they change.

        Parameters
        ----------
        proposal_id
            Of the place; the edit is named after it.
        action
            Kind of the edit.
        moves
            Land that changes hands.
        words
            What it means, English and Chinese.
        joins
            Whether land must be in one piece with the main part of who gains it to cure the place.
        border_m
            Border with who gains it.
        first
            Edits of other proposals that must be applied before, in their order.
        """
        held = [division for move in moves for division in move.held_by]
        gains = [d for move in moves for d in move.goes_to if d not in move.held_by]
        named = [d for move in moves for d in move.goes_to]
        earlier = [d for edit in first for m in edit.moves for d in (*m.held_by, *m.goes_to)]
        ids = sorted({*held, *named, *earlier}, key=self.standing.row.__getitem__)
        to = tuple(sorted(set(gains or named)))
        shapes = self.standing.shapes[[self.standing.row[d] for d in ids]]
        try:
            for edit in first:
                shapes = try_edit(ids, shapes, edit, self.standing.rounding)
            after = try_moves(ids, shapes, moves, self.standing.rounding)
        except EditUnfit as unfit:
            return NotPossible(action, to, unfit.en, unfit.zh)
        moving = self._find_moving(ids, after, moves)
        moved, effects = self._tell(ids, shapes, after, moves, moving)
        cures = all(effect.parts_after <= effect.parts_before for effect in effects)
        if joins:
            cures = cures and all(
                self._joins_main(after[ids.index(d)], d, m) for m in moves for d in m.goes_to
            )
        homes = tuple(
            (self.standing.home_ids[h], self.standing.ids[a], self.standing.ids[b])
            for h, a, b, _ in moving
        )
        edit = DivisionEdit(self.name(proposal_id), action, tuple(moves), self.crs, self.level)
        concerned = tuple(
            e
            for e in effects
            if e.division_id in {*held, *named} or e.households_before != e.households_after
        )
        before = tuple(edit.edit_id for edit in first)
        return Option(
            action, to, edit, moved, homes, concerned, cures, border_m, *words, first=before
        )

    def name(self, proposal_id: str) -> str:
        """Return the id of the next edit of a proposal."""
        number = self.numbers.get(proposal_id, 0)
        self.numbers[proposal_id] = number + 1
        return f"{proposal_id}.{number + 1}"

    def name_of(self, division: str) -> str:
        """Return the name of a division."""
        return self.standing.names[self.standing.row[division]]

    def weigh_unchanged(self, division: str) -> Effect:
        """Return the effect of an option that moves nothing."""
        outline = self.standing.shapes[self.standing.row[division]]
        return self._weigh(division, outline, outline, _Flow())

    def _joins_main(self, outline: shapely.Geometry, division: str, move: Move) -> bool:
        """Tell whether moved land is in one piece with the main part of a division."""
        parts = shapely.get_parts(outline)
        inside = parts[shapely.intersects(parts, shapely.point_on_surface(move.land))]
        main = self.mains[division]
        shared = shapely.area(shapely.intersection(inside, main)).sum()
        return bool(shared > MAIN_SHARE * shapely.area(main))

    def _find_moving(
        self, ids: Sequence[str], after: Geometries, moves: Sequence[Move]
    ) -> list[tuple[int, int, int, int]]:
        """Return (home, division before, division after, move) of each home that moves.

        A home belongs to the first division that it touches, before and after.
        """
        standing = self.standing
        new = {standing.row[d]: shape for d, shape in zip(ids, after, strict=True)}
        found: dict[int, tuple[int, int, int, int]] = {}
        for number, move in enumerate(moves):
            shapely.prepare(move.land)
            for home in standing.touch_homes(move.land).tolist():
                was = int(standing.home_division[home])
                point = standing.homes[home] if standing.homes is not None else None
                if was < 0 or point is None or home in found:
                    continue
                inside = shapely.contains_properly(move.land, point)
                near = {standing.row[d] for d in move.goes_to} if inside else set()
                if not inside:
                    touched = standing.division_tree.query(point, predicate="dwithin", distance=0)
                    near = {int(n) for n in touched if n not in new}
                    near |= {n for n, shape in new.items() if shapely.intersects(shape, point)}
                now = min(near, default=-1)
                if now not in (was, -1):
                    found[home] = (home, was, now, number)
        return [found[home] for home in sorted(found)]

    def _tell(
        self,
        ids: Sequence[str],
        before: Geometries,
        after: Geometries,
        moves: Sequence[Move],
        moving: Sequence[tuple[int, int, int, int]],
    ) -> tuple[tuple[MovedLand, ...], tuple[Effect, ...]]:
        """Count what each move carries, and each division before and after."""
        standing = self.standing
        outlines = {d: (a, b) for d, a, b in zip(ids, before, after, strict=True)}
        for _, was, now, _ in moving:
            for n in (was, now):
                outlines.setdefault(standing.ids[n], (standing.shapes[n], standing.shapes[n]))
        flow = {d: _Flow() for d in outlines}
        moved = []
        for number, move in enumerate(moves):
            carried = [(h, was, now) for h, was, now, n in moving if n == number]
            homes = np.array([h for h, _, _ in carried], dtype=np.int64)
            counts = standing.count(move.land, move.held_by, homes)
            people = self._carry(move, carried, counts.area_m2, flow)
            if counts.residents is not None:
                counts = replace(counts, residents=people)
            moved.append(MovedLand(move.held_by, move.goes_to, counts))
        effects = (self._weigh(d, *outlines[d], flow[d]) for d in outlines)
        return tuple(moved), tuple(sorted(effects, key=lambda e: standing.row[e.division_id]))

    def _carry(
        self,
        move: Move,
        carried: Sequence[tuple[int, int, int]],
        area_m2: float,
        flow: Mapping[str, _Flow],
    ) -> int:
        """Book the people of one move; return its residents, 0 where nobody counted.

        In an overlap residents were counted with one of the holders; what a loser's share of the
        land or households holds goes to whoever keeps it, so that no resident is lost.
        """
        standing = self.standing
        losers = [d for d in move.held_by if d not in move.goes_to]
        between: dict[tuple[int, int], int] = {}
        for home, was, now in carried:
            count = int(standing.home_counts[home])
            between[was, now] = between.get((was, now), 0) + count
        total = 0
        for (was, now), households in sorted(between.items()):
            flow[standing.ids[was]].households -= households
            flow[standing.ids[now]].households += households
            if standing.residents is not None and standing.residents_shared == "households":
                people = standing.share_by_homes(was, households)
                flow[standing.ids[was]].residents -= people
                flow[standing.ids[now]].residents += people
                total += people
        if standing.residents is not None and standing.residents_shared == "area":
            for d in losers:
                people = standing.share_by_area(standing.row[d], area_m2)
                flow[d].residents -= people
                flow[move.goes_to[0]].residents += people
                total += people
        return total

    def _weigh(
        self, division: str, old: shapely.Geometry, new: shapely.Geometry, flow: _Flow
    ) -> Effect:
        """Return a division's counts before and after."""
        n = self.standing.row[division]
        households, residents = self.standing.total(n)
        later = None if households is None else households + flow.households
        people = None if residents is None else residents + flow.residents
        was = self.yardstick.count(households, residents)
        becomes = self.yardstick.count(later, people)
        becomes_m2 = float(shapely.area(self.standing.to_metres(new)))
        return Effect(
            division_id=division,
            count_before=was,
            count_after=becomes,
            in_band_before=self.yardstick.holds(was),
            in_band_after=self.yardstick.holds(becomes),
            households_before=households,
            households_after=later,
            residents_before=residents,
            residents_after=people,
            area_before_m2=float(self.standing.area_m2[n]),
            area_after_m2=becomes_m2,
            parts_before=part_count(old),
            parts_after=part_count(new),
        )


@dataclass
class _Flow:
    """What a division gains, less what it loses."""

    households: int = 0
    residents: int = 0
