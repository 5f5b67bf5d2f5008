"""The bench: outlines while they are edited, and what is checked before land changes hands.

How an edit changes outlines depends on the divisions beside its land and on nothing else: not on
outlines far away, nor on the edits that are applied with it. So an option that was tried among the
divisions near it applies as it was tried, and an edit done again gives the same vertices again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.boundaries.edits import DivisionEdit, Move, Restored, name_inverse
from gridmap.boundaries.redrawing import (
    SLACK,
    choose_rounding,
    choose_width,
    give_land,
    match_vertices,
    take_land,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyproj import CRS

    from gridmap.boundaries.border_chains import Geometries
    from gridmap.boundaries.spans import Ints

MOST_SHARE = 0.5
"""Land is not held as an edit says where more than this share is another's, however thin it is."""


class EditUnfit(Exception):
    """An edit that does not fit; `apply_edits` makes a finding of it."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.en, self.zh = en, zh


def try_moves(
    ids: Sequence[str], shapes: Geometries, moves: Sequence[Move], crs: CRS | None = None
) -> Geometries:
    """Return the outlines of some divisions after moves, without asking anybody else's.

    Parameters
    ----------
    ids, shapes
        The divisions that the moves name, best with all that lie beside the land, and their
        outlines (n,).
    moves
        Land that changes hands.
    crs
        Of the outlines; None for metres.

    Raises
    ------
    EditUnfit
        When the land is not held as a move says, or somebody would lose all land.

    Examples
    --------
    >>> land = np.array([shapely.box(0, 0, 2, 1), shapely.box(2, 0, 3, 1)])
    >>> after = try_moves("AB", land, [Move(shapely.box(1, 0, 2, 1), ("A",), ("B",))])
    >>> shapely.area(after).tolist()
    [1.0, 2.0]
    """
    return try_edit(ids, shapes, DivisionEdit("trial", "give", tuple(moves), ""), crs)


def try_edit(
    ids: Sequence[str], shapes: Geometries, edit: DivisionEdit, crs: CRS | None = None
) -> Geometries:
    """Return outlines after one edit; those that it does not change are the same objects.

    Parameters
    ----------
    ids, shapes, crs
        As for `try_moves`.
    edit
        In the CRS of the outlines.

    Raises
    ------
    EditUnfit
        As in `try_moves`.
    """
    bench = EditBench(ids, shapes, crs)
    bench.apply(edit)
    return bench.shapes


class EditBench:
    """Outlines while they are edited, one edit after another.

    Attributes
    ----------
    ids, row
        Of the divisions, and the position of each.
    shapes
        Outlines (n,) as they are by now.
    not_restored
        Outlines that inverse edits would have given back and that were not taken.
    """

    def __init__(self, ids: Sequence[str], shapes: Geometries, crs: CRS | None) -> None:
        self.ids = tuple(ids)
        self.row = {division: n for n, division in enumerate(self.ids)}
        self.shapes = shapes.copy()
        self.crs = crs
        self.width = choose_width(crs)
        self.not_restored = 0
        self._drawn = shapes
        self._tree = shapely.STRtree(shapes)

    def apply(self, edit: DivisionEdit) -> DivisionEdit:
        """Apply one edit and return its inverse, or raise `EditUnfit` and change nothing.

        The outlines that an inverse gives back are taken where the edit that it undoes, done again
        on them, gives the outlines that are there now, to the last vertex: then it is what was
        before. Else its land moves back all the same, and the outlines stay as that leaves them.
        """
        now = self.shapes
        try:
            done: Sequence[Move] = self._move_all(edit.moves)
            if edit.restored and self._take_back(edit, now):
                done = edit.moves
        except EditUnfit:
            self.shapes = now
            raise
        if edit.kind == "keep":
            return replace(edit, edit_id=name_inverse(edit.edit_id))
        changed = [n for n, shape in enumerate(self.shapes) if shape is not now[n]]
        return DivisionEdit(
            name_inverse(edit.edit_id),
            "undo",
            reverse_moves(done),
            edit.crs,
            edit.level,
            tuple(Restored(self.ids[n], now[n]) for n in changed),
        )

    def _move_all(self, moves: Sequence[Move]) -> list[Move]:
        """Move land; return the moves with the vertices that their land has got."""
        old = self.shapes
        for move in moves:
            for division in (*move.held_by, *move.goes_to):
                if division not in self.row:
                    raise EditUnfit(f"there is no division {division}", f"没有区划 {division}")
            if not (shapely.is_valid(move.land) and 0 < shapely.area(move.land) < np.inf):
                raise EditUnfit("its land is not a valid polygon", "其土地不是有效的多边形")
        near = self._find_near([move.land for move in moves])
        rounding = choose_rounding(self.crs, self.shapes[near])
        done = [self._move(move, rounding) for move in moves]
        self._check_left(old)
        return done

    def _move(self, move: Move, rounding: float) -> Move:
        near = self._find_near([move.land])
        self._check_held(move, near, rounding)
        if move.held_by == move.goes_to:
            return move
        land, matched = match_vertices(move.land, self.shapes[near], rounding)
        if not shapely.is_valid(land):
            raise EditUnfit(
                "its land would touch itself at the vertices of the outlines",
                "其土地在与边界对齐后将自相接触",
            )
        shapes = self.shapes.copy()
        shapes[near] = matched
        for division in sorted(set(move.held_by) - set(move.goes_to)):
            shapes[self.row[division]] = take_land(shapes[self.row[division]], land)
        for division in sorted(set(move.goes_to) - set(move.held_by)):
            shapes[self.row[division]] = give_land(shapes[self.row[division]], land)
        self.shapes = shapes
        return replace(move, land=land)

    def _find_near(self, lands: Sequence[shapely.Geometry]) -> Ints:
        """Return the positions (sorted) of the divisions whose boxes meet those of some land."""
        reach = shapely.bounds(lands) + np.array([-1, -1, 1, 1]) * self.width
        boxes = shapely.box(*reach.T)
        edited = [n for n, shape in enumerate(self.shapes) if shape is not self._drawn[n]]
        found = np.union1d(self._tree.query(boxes)[1], edited).astype(np.int64)
        bounds = shapely.bounds(self.shapes[found])[:, None]
        meet = (bounds[..., :2] <= reach[:, 2:]) & (bounds[..., 2:] >= reach[:, :2])
        return np.asarray(found[np.any(np.all(meet, axis=2), axis=1)], dtype=np.int64)

    def _check_held(self, move: Move, near: Ints, rounding: float) -> None:
        """Tell whether the land is held as the move says, by all of them and no other."""
        land = move.land
        holders = {self.row[division] for division in move.held_by}
        for n in sorted(holders | set(near.tolist())):
            name = self.ids[n]
            if n in holders:
                rest = shapely.difference(land, self.shapes[n])
                if not self._is_noise(rest, land, rounding):
                    raise EditUnfit(f"its land is not held by {name}", f"其土地不属于 {name}")
            else:
                part = shapely.intersection(land, self.shapes[n])
                if not self._is_noise(part, land, rounding):
                    raise EditUnfit(f"part of its land is held by {name}", f"其部分土地属于 {name}")

    def _is_noise(self, part: shapely.Geometry, land: shapely.Geometry, rounding: float) -> bool:
        """Tell whether a part of land is arithmetic along its rim: thin everywhere, and little.

        Where outlines share their vertices the area tells; else the part must be nowhere wider
        than outlines may be apart by arithmetic (2 cm).
        """
        area, whole = float(shapely.area(part)), float(shapely.area(land))
        if area > SLACK * whole + rounding * float(shapely.length(land)):
            return False
        if area > MOST_SHARE * whole:
            return False
        return rounding < self.width or bool(shapely.is_empty(shapely.buffer(part, -rounding / 2)))

    def _check_left(self, old: Geometries) -> None:
        for n, division in enumerate(self.ids):
            if self.shapes[n] is old[n]:
                continue
            if shapely.is_empty(self.shapes[n]):
                raise EditUnfit(f"{division} would lose all its land", f"{division} 将失去全部土地")
            if not shapely.is_valid(self.shapes[n]):
                raise EditUnfit(
                    f"the outline of {division} would cross itself", f"{division} 的边界将自相交"
                )

    def _take_back(self, edit: DivisionEdit, now: Geometries) -> bool:
        """Take outlines as they were, where the undone edit leads from them to what is there."""
        moved = self.shapes
        before = moved.copy()
        for item in edit.restored:
            n = self.row.get(item.division_id, -1)
            if n < 0:
                raise EditUnfit(
                    f"there is no division {item.division_id}", f"没有区划 {item.division_id}"
                )
            if shapely.get_dimensions(item.outline) != 2 or not shapely.is_valid(item.outline):
                raise EditUnfit(
                    f"the outline of {item.division_id} is not a valid polygon",
                    f"{item.division_id} 的边界不是有效的多边形",
                )
            before[n] = item.outline
        self.shapes = before
        if _are_same(before, moved) or self._leads_to(edit, now):
            return True
        self.shapes = moved
        self.not_restored += len(edit.restored)
        return False

    def _leads_to(self, edit: DivisionEdit, now: Geometries) -> bool:
        """Tell whether the edit that an inverse undoes leads from these outlines to others."""
        before = self.shapes
        try:
            self._move_all(reverse_moves(edit.moves))
            return _are_same(self.shapes, now)
        except EditUnfit:
            return False
        finally:
            self.shapes = before


def reverse_moves(moves: Sequence[Move]) -> tuple[Move, ...]:
    """Return moves the other way, the last first.

    Examples
    --------
    >>> [back] = reverse_moves([Move(shapely.box(0, 0, 1, 1), ("A",), ("B",))])
    >>> back.held_by, back.goes_to
    (('B',), ('A',))
    """
    return tuple(Move(move.land, move.goes_to, move.held_by) for move in reversed(moves))


def _are_same(some: Geometries, others: Geometries) -> bool:
    """Tell whether outlines have the same rings, wherever each ring begins."""
    differ = [n for n, (a, b) in enumerate(zip(some, others, strict=True)) if a is not b]
    one, two = shapely.normalize(some[differ]), shapely.normalize(others[differ])
    return bool(shapely.equals_exact(one, two, tolerance=0.0).all())
