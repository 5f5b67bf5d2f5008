"""Working out options: try the moves, count what they carry, weigh divisions before and after."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from gridmap.boundaries.edits import DivisionEdit, EditUnfit, Move, try_edit, try_moves
from gridmap.boundaries.options import Effect, MovedLand, NotPossible, Option
from gridmap.boundaries.redrawing import match_vertices, part_count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gridmap.boundaries.border_chains import Geometries
    from gridmap.boundaries.edits import EditKind
    from gridmap.boundaries.higher_lines import HigherLines
    from gridmap.boundaries.options import Yardstick
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
        moves = [self._match(move) for move in moves]
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
        base = self._settle_first(ids, shapes, [m for edit in first for m in edit.moves])
        moving = self._find_moving(ids, after, moves, base.owners)
        moved, effects = self._tell(ids, (shapes, after), moves, moving, base)
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

    def _match(self, move: Move) -> Move:
        """Give moved land the vertices of everybody near, as applying it will."""
        standing = self.standing
        near = np.sort(standing.division_tree.query(move.land))
        land, _ = match_vertices(move.land, standing.shapes[near], standing.rounding)
        return move if land is move.land else replace(move, land=land)

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
        self,
        ids: Sequence[str],
        after: Geometries,
        moves: Sequence[Move],
        owners: Mapping[int, int],
    ) -> list[Moving]:
        """Return (home, division before, division after, move) of each home that moves.

        Homes belong as `gridmap.boundaries.edits.place_homes` has them, by the areas of before;
        ``owners`` are those of homes that earlier edits moved.
        """
        standing = self.standing
        new = {standing.row[d]: shape for d, shape in zip(ids, after, strict=True)}
        found: dict[int, Moving] = {}
        for number, move in enumerate(moves):
            shapely.prepare(move.land)
            for home in standing.touch_homes(move.land).tolist():
                was = owners.get(home, int(standing.home_division[home]))
                point = standing.homes[home] if standing.homes is not None else None
                if was < 0 or point is None or home in found:
                    continue
                inside = shapely.contains_properly(move.land, point)
                near = {standing.row[d] for d in move.goes_to} if inside else set()
                if not inside:
                    touched = standing.division_tree.query(point, predicate="dwithin", distance=0)
                    near = {int(n) for n in touched if n not in new}
                    near |= {n for n, shape in new.items() if shapely.intersects(shape, point)}
                    holding = {n: new.get(n, standing.shapes[n]) for n in near}
                    inner = {n for n, s in holding.items() if shapely.contains_properly(s, point)}
                    near = inner or {min(near, default=-1)}
                now = min(near, key=lambda n: (standing.area_m2[n], n))
                if now not in (was, -1):
                    found[home] = Moving(home, was, now, number)
        return [found[home] for home in sorted(found)]

    def _settle_first(self, ids: Sequence[str], shapes: Geometries, moves: Sequence[Move]) -> _Base:
        """Count what edits that come first change: the state that an option starts from."""
        flow: dict[str, _Flow] = defaultdict(_Flow)
        if not moves:
            return _Base({}, flow)
        moving = self._find_moving(ids, shapes, moves, {})
        for number, move in enumerate(moves):
            area_m2 = float(shapely.area(self.standing.to_metres(move.land)))
            self._carry(move, [m for m in moving if m.move == number], area_m2, flow)
        return _Base({m.home: m.after for m in moving}, flow)

    def _tell(
        self,
        ids: Sequence[str],
        outlines: tuple[Geometries, Geometries],
        moves: Sequence[Move],
        moving: Sequence[Moving],
        base: _Base,
    ) -> tuple[tuple[MovedLand, ...], tuple[Effect, ...]]:
        """Count what each move carries, and each division before and after."""
        standing = self.standing
        pairs = dict(zip(ids, zip(*outlines, strict=True), strict=True))
        for n in (n for m in moving for n in (m.before, m.after)):
            pairs.setdefault(standing.ids[n], (standing.shapes[n], standing.shapes[n]))
        flow: dict[str, _Flow] = defaultdict(_Flow)
        moved = []
        for number, move in enumerate(moves):
            carried = [m for m in moving if m.move == number]
            homes = np.array([m.home for m in carried], dtype=np.int64)
            counts = standing.count(move.land, move.held_by, homes)
            people = self._carry(move, carried, counts.area_m2, flow)
            if counts.residents is not None:
                counts = replace(counts, residents=people)
            moved.append(MovedLand(move.held_by, move.goes_to, counts))
        effects = (self._weigh(d, pairs[d], (base.flow[d], flow[d])) for d in pairs)
        return tuple(moved), tuple(sorted(effects, key=lambda e: standing.row[e.division_id]))

    def _carry(
        self,
        move: Move,
        carried: Sequence[Moving],
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
        for m in carried:
            count = int(standing.home_counts[m.home])
            between[m.before, m.after] = between.get((m.before, m.after), 0) + count
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
        self,
        division: str,
        outlines: tuple[shapely.Geometry, shapely.Geometry],
        flows: tuple[_Flow, _Flow],
    ) -> Effect:
        """Return a division's counts before and after: what comes first, then the option."""
        first, then = flows
        households, residents = self.standing.total(self.standing.row[division])
        households = None if households is None else households + first.households
        residents = None if residents is None else residents + first.residents
        later = None if households is None else households + then.households
        people = None if residents is None else residents + then.residents
        areas = [float(shapely.area(self.standing.to_metres(shape))) for shape in outlines]
        was = self.yardstick.count(households, residents)
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
    """What a division gains, less what it loses."""

    households: int = 0
    residents: int = 0


class Moving(NamedTuple):
    """A home that moves: its position, its divisions' positions, and the move that carries it."""

    home: int
    before: int
    after: int
    move: int


class _Base(NamedTuple):
    """What edits that come first change: owners of homes, and flows of divisions."""

    owners: Mapping[int, int]
    flow: Mapping[str, _Flow]
