"""Working out options: try the moves, count what they carry, weigh divisions before and after."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from gridmap.boundaries.edit_bench import EditBench, EditUnfit, reverse_moves
from gridmap.boundaries.edits import DivisionEdit, Move
from gridmap.boundaries.homes import find_holders
from gridmap.boundaries.options import Effect, MovedLand, NotPossible, Option
from gridmap.boundaries.redrawing import choose_width, part_count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gridmap.boundaries.border_chains import Geometries
    from gridmap.boundaries.edits import EditKind
    from gridmap.boundaries.higher_lines import HigherLines
    from gridmap.boundaries.options import Yardstick
    from gridmap.boundaries.spans import Ints
    from gridmap.boundaries.standing import Standing

MAIN_SHARE = 0.5
"""Land that is in one piece with more than this share of a main part is joined to it."""


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
    higher
        The townships and districts in which the divisions lie.
    numbers
        Edits made so far, by subject, for their ids.
    """

    standing: Standing
    mains: Mapping[str, shapely.Geometry]
    yardstick: Yardstick
    crs: str
    level: str
    higher: HigherLines
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
        to = tuple(sorted(set(gains or named)))
        try:
            trial = self.try_moves(moves, first)
        except EditUnfit as unfit:
            return NotPossible(action, to, unfit.en, unfit.zh)
        moves = trial.moves
        base = self._settle_first(trial, [m for edit in first for m in edit.moves])
        moving = self._find_moving(trial, trial.before, trial.after, moves)
        ids = sorted({*held, *named, *earlier}, key=self.standing.row.__getitem__)
        moved, effects = self._tell(ids, trial, moving, base)
        cures = all(effect.parts_after <= effect.parts_before for effect in effects)
        if joins:
            cures = cures and all(
                self._joins_main(trial.outline_of(d), d, m) for m in moves for d in m.goes_to
            )
        homes = tuple(
            (self.standing.home_ids[m.home], self._name_all(m.before), self._name_all(m.after))
            for m in moving
        )
        edit = DivisionEdit(self.name(proposal_id), action, moves, self.crs, self.level)
        concerned = tuple(
            e
            for e in effects
            if e.division_id in {*held, *named} or e.households_before != e.households_after
        )
        before = tuple(edit.edit_id for edit in first)
        crosses = self.higher.find_crossings(moves)
        return Option(
            action,
            to,
            edit,
            moved,
            homes,
            concerned,
            cures,
            border_m,
            *words,
            first=before,
            crosses=crosses,
        )

    def make_keep(
        self, proposal_id: str, owner: str, land: shapely.Geometry
    ) -> DivisionEdit | NotPossible:
        """Return the edit that records that land stays, or why it can't (others hold it too)."""
        moves = (Move(land, (owner,), (owner,)),)
        try:
            self.try_moves(moves)
        except EditUnfit as unfit:
            return NotPossible("keep", (owner,), unfit.en, unfit.zh)
        return DivisionEdit(self.name(proposal_id), "keep", moves, self.crs, self.level)

    def try_moves(self, moves: Sequence[Move], first: Sequence[DivisionEdit] = ()) -> Trial:
        """Move land among all divisions near it, as applying the edit will.

        Parameters
        ----------
        moves
            Land that changes hands.
        first
            Edits that are applied before.

        Raises
        ------
        EditUnfit
            When the edit would be refused.
        """
        standing = self.standing
        every = [*moves, *(m for edit in first for m in edit.moves)]
        boxes = shapely.box(*shapely.bounds([m.land for m in every]).T)
        reach = choose_width(standing.crs)
        near = standing.division_tree.query(boxes, predicate="dwithin", distance=2 * reach)[1]
        named = [standing.row[d] for m in every for d in (*m.held_by, *m.goes_to)]
        rows = np.union1d(near, named).astype(np.int64)
        ids = tuple(standing.ids[n] for n in rows)
        bench = EditBench(ids, standing.shapes[rows], standing.crs)
        for edit in first:
            bench.apply(edit)
        before = bench.shapes
        inverse = bench.apply(DivisionEdit("trial", "give", tuple(moves), self.crs))
        return Trial(ids, rows, before, bench.shapes, reverse_moves(inverse.moves))

    def _name_all(self, holders: Sequence[int]) -> tuple[str, ...]:
        return tuple(sorted(self.standing.ids[n] for n in holders))

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
        return self._weigh(division, (outline, outline), (_Flow(), _Flow()))

    def _joins_main(self, outline: shapely.Geometry, division: str, move: Move) -> bool:
        """Tell whether moved land is in one piece with the main part of a division."""
        parts = shapely.get_parts(outline)
        inside = parts[shapely.intersects(parts, shapely.point_on_surface(move.land))]
        main = self.mains[division]
        shared = shapely.area(shapely.intersection(inside, main)).sum()
        return bool(shared > MAIN_SHARE * shapely.area(main))

    def _find_moving(
        self, trial: Trial, before: Geometries, after: Geometries, moves: Sequence[Move]
    ) -> list[Moving]:
        """Return the homes that are not held by the same divisions as before, in their order."""
        standing = self.standing
        found: dict[int, Moving] = {}
        if standing.homes is None or standing.home_tree is None:
            return []
        reach = choose_width(standing.crs)
        for number, move in enumerate(moves):
            near = standing.home_tree.query(move.land, predicate="dwithin", distance=reach)
            here = [n for n in sorted(near.tolist()) if n not in found]
            was, now = (find_holders(shapes, standing.homes[here]) for shapes in (before, after))
            for home, old, new in zip(here, was, now, strict=True):
                if old != new:
                    holding, then = (
                        tuple(int(trial.rows[n]) for n in holders) for holders in (old, new)
                    )
                    found[home] = Moving(home, holding, then, number)
        return [found[home] for home in sorted(found)]

    def _settle_first(self, trial: Trial, moves: Sequence[Move]) -> Mapping[str, _Flow]:
        """Count what edits that come first change: the state that an option starts from."""
        flow: dict[str, _Flow] = defaultdict(_Flow)
        if not moves:
            return flow
        today = self.standing.shapes[trial.rows]
        moving = self._find_moving(trial, today, trial.before, moves)
        for number, move in enumerate(moves):
            area_m2 = float(shapely.area(self.standing.to_metres(move.land)))
            self._carry(move, [m for m in moving if m.move == number], area_m2, flow)
        return flow

    def _tell(
        self,
        ids: Sequence[str],
        trial: Trial,
        moving: Sequence[Moving],
        base: Mapping[str, _Flow],
    ) -> tuple[tuple[MovedLand, ...], tuple[Effect, ...]]:
        """Count what each move carries, and each division before and after."""
        standing = self.standing
        place = {division: n for n, division in enumerate(trial.ids)}
        counted = {self._count_with(holders) for m in moving for holders in (m.before, m.after)}
        told = {*ids, *(standing.ids[n] for n in counted if n >= 0)}
        flow: dict[str, _Flow] = defaultdict(_Flow)
        moved = []
        for number, move in enumerate(trial.moves):
            carried = [m for m in moving if m.move == number]
            homes = np.array([m.home for m in carried], dtype=np.int64)
            counts = standing.count(move.land, move.held_by, homes)
            people = self._carry(move, carried, counts.area_m2, flow)
            if counts.residents is not None:
                counts = replace(counts, residents=people)
            moved.append(MovedLand(move.held_by, move.goes_to, counts))
        effects = tuple(
            self._weigh(
                d,
                (trial.before[place[d]], trial.after[place[d]]),
                (base.get(d, _Flow()), flow.get(d, _Flow())),
            )
            for d in sorted(told, key=standing.row.__getitem__)
        )
        return tuple(moved), effects

    def _count_with(self, holders: Sequence[int]) -> int:
        """Return which of its holders counts a home, -1 for none: the smallest of today."""
        areas = self.standing.area_m2
        return min(holders, key=lambda n: (areas[n], n), default=-1)

    def _carry(
        self,
        move: Move,
        carried: Sequence[Moving],
        area_m2: float,
        flow: Mapping[str, _Flow],
    ) -> int:
        """Book the people of one move; return its residents, 0 where nobody counted.

        A household is counted once, as `gridmap.boundaries.homes.place_homes` does.

        In an overlap residents were counted with one of the holders; what a loser's share of the
        land or households holds goes to whoever keeps it, so that no resident is lost.
        """
        standing = self.standing
        losers = [d for d in move.held_by if d not in move.goes_to]
        between: dict[tuple[int, int], int] = {}
        for m in carried:
            pair = (self._count_with(m.before), self._count_with(m.after))
            between[pair] = between.get(pair, 0) + int(standing.home_counts[m.home])
        total = 0
        for (was, now), households in sorted(between.items()):
            if was == now:
                continue
            by_homes = standing.residents_shared == "households"
            people = standing.share_by_homes(was, households) if by_homes and was >= 0 else 0
            uncounted = by_homes and (was < 0 or not standing.knows_residents(was))
            total += people
            for n, sign in ((was, -1), (now, 1)):
                if n >= 0:
                    flow[standing.ids[n]].households += sign * households
                    flow[standing.ids[n]].residents += sign * people
                    flow[standing.ids[n]].uncounted |= uncounted
        if standing.residents is not None and standing.residents_shared == "area":
            for d in losers:
                people = standing.share_by_area(standing.row[d], area_m2)
                flow[d].residents -= people
                flow[move.goes_to[0]].residents += people
                if not standing.knows_residents(standing.row[d]):
                    flow[move.goes_to[0]].uncounted = True
                total += people
        return total

    def _weigh(
        self,
        division: str,
        outlines: tuple[shapely.Geometry, shapely.Geometry],
        flows: tuple[_Flow, _Flow],
    ) -> Effect:
        """Return a division's counts before and after: what comes first, then the option."""
        first, then = flows
        households, residents = self.standing.total(self.standing.row[division])
        households = None if households is None else households + first.households
        counted = residents is not None and not first.uncounted
        residents = residents + first.residents if residents is not None and counted else None
        later = None if households is None else households + then.households
        people = None if residents is None or then.uncounted else residents + then.residents
        areas = [float(shapely.area(self.standing.to_metres(shape))) for shape in outlines]
        both = residents if people is not None else None  # both estimated, where one has to be
        was = self.yardstick.count(households, both)
        becomes = self.yardstick.count(later, people)
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
            area_before_m2=areas[0],
            area_after_m2=areas[1],
            parts_before=part_count(outlines[0]),
            parts_after=part_count(outlines[1]),
        )


@dataclass
class _Flow:
    """What a division gains, less what it loses; some of it may be of unknown residents."""

    households: int = 0
    residents: int = 0
    uncounted: bool = False


class Moving(NamedTuple):
    """A home that moves: its position, its holders' positions, and the move that carries it."""

    home: int
    before: tuple[int, ...]
    after: tuple[int, ...]
    move: int


class Trial(NamedTuple):
    """Moves tried among the divisions near them.

    Attributes
    ----------
    ids, rows
        Of these divisions, and their positions among all (n,).
    before, after
        Their outlines (n,) before and after the moves.
    moves
        The moves, their land with the vertices that applying gives it.
    """

    ids: tuple[str, ...]
    rows: Ints
    before: Geometries
    after: Geometries
    moves: tuple[Move, ...]

    def outline_of(self, division: str) -> shapely.Geometry:
        """Return the outline of a division after the moves."""
        outline: shapely.Geometry = self.after[self.ids.index(division)]
        return outline
