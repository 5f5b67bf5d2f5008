"""Edits of divisions: land that changes hands, checked, applied and undone.

An edit names land, who holds it and who shall hold it. It applies only while the land is held as
it says, so that edits of two planners can't undo each other in silence. What `apply_edits`
returns holds the inverse of each edit, which is an edit too: the same land the other way, with
the outlines as they were, so that it gives back the very vertices in their order.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
import shapely

from gridmap.boundaries.redrawing import (
    ROUNDING_DEG,
    SLACK,
    choose_rounding,
    choose_width,
    give_land,
    match_vertices,
    take_land,
)
from gridmap.errors import InvalidOption, RefusedInput
from gridmap.findings import FindingKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from gridmap.boundaries.border_chains import Geometries
    from gridmap.findings import Finding

EditKind = Literal["give", "exchange", "settle", "straighten", "snap", "widen", "keep", "undo"]
EDIT_KINDS: tuple[EditKind, ...] = (
    "give", "exchange", "settle", "straighten", "snap", "widen", "keep", "undo",
)  # fmt: skip

REFUSED = FindingKind(
    "edit_refused",
    "error",
    en="The edit {edit} does not fit these divisions: {reason:en}.",
    zh="调整 {edit} 与当前区划不符：{reason:zh}。",
    cure_en="Take it out of the file of edits, or make the proposals again from today's divisions.",
    cure_zh="请从调整文件中去掉该项，或按现行区划重新生成建议。",
)
APPLIED = FindingKind(
    "edits_applied",
    "info",
    en="{count} edits were applied: land of {changed} divisions changed; {kept} places stay "
    "as they are.",
    zh="已应用 {count} 项调整，{changed} 个区划的土地有变；{kept} 处保持不变。",
    cure_en="Keep the file of inverse edits (--undo): applying it gives back what was.",
    cure_zh="请保存逆向调整文件（--undo），应用后即恢复原状。",
)
HOMES_MOVED = FindingKind(
    "edit_homes_moved",
    "warning",
    en="{count} households have another division after the edits.",
    zh="调整后有 {count} 户所属区划改变。",
    cure_en="Confirm the list (table moved_homes of the new file) with both divisions before it is "
    "published.",
    cure_zh="公布前请与双方区划核对名单（新文件的 moved_homes 表）。",
)
FINDING_KINDS = (REFUSED, APPLIED, HOMES_MOVED)


@dataclass(frozen=True)
class Move:
    """Land that changes hands.

    Attributes
    ----------
    land
        Polygon or multipolygon, in the CRS of the divisions.
    held_by, goes_to
        Ids of who holds it before and after, sorted: several in an overlap, none in a gap.
    """

    land: shapely.Geometry
    held_by: tuple[str, ...]
    goes_to: tuple[str, ...]


@dataclass(frozen=True)
class Restored:
    """An outline as it was, which its division takes back if it has the same land again.

    Attributes
    ----------
    division_id
        Whose.
    outline
        As it was, with its vertices in their order.
    """

    division_id: str
    outline: shapely.Geometry


@dataclass(frozen=True)
class DivisionEdit:
    """A change of the outlines of divisions.

    Attributes
    ----------
    edit_id
        Unique in a file.
    kind
        One of `EDIT_KINDS`; ``keep`` moves nothing and records the decision (an exclave grid).
    moves
        The land that changes hands, in this order; of ``keep`` the land that stays.
    crs
        Of the land, as ``EPSG:n``; that of the divisions it is for.
    level
        The column by which the divisions were joined first, ``""`` for none.
    restored
        Of an inverse: the outlines as they were.
    """

    edit_id: str
    kind: EditKind
    moves: tuple[Move, ...]
    crs: str
    level: str = ""
    restored: tuple[Restored, ...] = ()


@dataclass(frozen=True)
class HomeMove:
    """A home that has another division now; ids only, never an address."""

    home_id: str
    households: int
    before: str
    after: str


@dataclass(frozen=True)
class EditedDivisions:
    """Divisions after edits, and everything that the edits changed.

    Attributes
    ----------
    divisions
        As given, with new geometry where something changed.
    changed
        Ids of the divisions whose outline has changed, in their order.
    kept
        Owners of the land that stays as it is, one for each edit ``keep``.
    inverse
        What undoes the edits, the last one first; an inverse is an edit too.
    moved_homes
        Every home with another division than before, in the order of homes.
    findings
        What was done.
    """

    divisions: gpd.GeoDataFrame
    changed: tuple[str, ...]
    kept: tuple[str, ...]
    inverse: tuple[DivisionEdit, ...]
    moved_homes: tuple[HomeMove, ...] = ()
    findings: tuple[Finding, ...] = field(default=())

    @property
    def moved_households(self) -> int:
        """Households that have another division than before."""
        return sum(home.households for home in self.moved_homes)


@dataclass(frozen=True)
class _Reason:
    """Why an edit is refused, in both languages."""

    en: str
    zh: str

    def __format__(self, spec: str) -> str:
        return self.zh if spec == "zh" else self.en


def apply_edits(
    divisions: gpd.GeoDataFrame,
    edits: Iterable[DivisionEdit],
    homes: gpd.GeoDataFrame | None = None,
) -> EditedDivisions:
    r"""Apply edits one after another, all of them or none.

    Parameters
    ----------
    divisions
        ``division_id`` (unique) and polygons, in the CRS of the edits.
    edits
        In the order in which they shall apply; each is checked against what the earlier ones left.
    homes
        Points with ``home_id`` and ``households`` in the same CRS, or None.

    Returns
    -------
    EditedDivisions
        The land of all divisions together is what it was, but for gaps and overlaps that an edit
        settles; every household whose division changes is listed by id.

    Raises
    ------
    RefusedInput
        When an edit does not fit (finding `edit_refused`, one for each): a division is unknown,
        the land is not held as the edit says, or somebody would lose all land. Nothing is applied.
    InvalidOption
        When ids are repeated.

    Notes
    -----
    Source: issue 4 point 4. Vertices of the moved land are put on the edges that they lie on, of
    third divisions too, so that outlines share their vertices afterwards.

    Examples
    --------
    >>> from gridmap.boundaries.examples import draw_divisions
    >>> land = draw_divisions("ABBB\nABAB\nABBB")
    >>> island = land.geometry[0].geoms[1]
    >>> edit = DivisionEdit("E1", "give", (Move(island, ("A",), ("B",)),), "EPSG:4546")
    >>> after = apply_edits(land, [edit])
    >>> after.divisions.area.tolist()
    [30000.0, 90000.0]
    >>> back = apply_edits(after.divisions, after.inverse)
    >>> back.divisions.to_wkb().equals(land.to_wkb())
    True
    """
    todo = tuple(edits)
    ids = [str(name) for name in divisions["division_id"]]
    repeated = len(set(ids)) < len(ids) or len({edit.edit_id for edit in todo}) < len(todo)
    if repeated:
        raise InvalidOption(
            "Every division, and every edit, must have an id of its own.",
            "每个区划、每项调整都须有唯一编号。",
            cure_en='divisions["division_id"] = divisions["name"]',
            cure_zh='divisions["division_id"] = divisions["name"]',
        )
    before = np.array(divisions.geometry.to_numpy(), dtype=object)
    bench = _Bench(
        dict(zip(ids, range(len(ids)), strict=True)),
        before.copy(),
        choose_rounding(divisions.crs, before),
        _name_crs(divisions),
        choose_width(divisions.crs),
    )
    inverse, refused = [], []
    for edit in todo:
        try:
            inverse.append(bench.apply(edit))
        except EditUnfit as unfit:
            reason = _Reason(unfit.en, unfit.zh)
            refused.append(REFUSED.found([edit.edit_id], edit=edit.edit_id, reason=reason))
    if refused:
        raise RefusedInput(refused)
    changed = [n for n, (a, b) in enumerate(zip(before, bench.shapes, strict=True)) if a is not b]
    after = divisions.set_geometry(
        type(divisions.geometry)(bench.shapes, index=divisions.index, crs=divisions.crs)
    )
    kept = tuple(edit.moves[0].held_by[0] for edit in todo if edit.kind == "keep")
    moved = list_moved_homes(ids, before, bench.shapes, homes)
    findings = [APPLIED.found(count=len(todo), changed=len(changed), kept=len(kept))]
    if moved:
        households = sum(home.households for home in moved)
        findings.insert(0, HOMES_MOVED.found([h.home_id for h in moved], count=households))
    return EditedDivisions(
        after, tuple(ids[n] for n in changed), kept, tuple(reversed(inverse)), moved,
        tuple(findings),
    )  # fmt: skip


def _name_crs(divisions: gpd.GeoDataFrame) -> str:
    return "" if divisions.crs is None else str(divisions.crs.to_string())


def try_moves(
    ids: Sequence[str], shapes: Geometries, moves: Sequence[Move], rounding: float
) -> Geometries:
    """Return the outlines of some divisions after moves, without asking anybody else's.

    Parameters
    ----------
    ids, shapes
        The divisions that the moves name, and their outlines (n,).
    moves
        Land that changes hands.
    rounding
        How near to an edge a vertex lies on it (`choose_rounding`).

    Raises
    ------
    EditUnfit
        When the land is not held as a move says, or somebody would lose all land.

    Examples
    --------
    >>> land = np.array([shapely.box(0, 0, 2, 1), shapely.box(2, 0, 3, 1)])
    >>> after = try_moves("AB", land, [Move(shapely.box(1, 0, 2, 1), ("A",), ("B",))], 1e-9)
    >>> shapely.area(after).tolist()
    [1.0, 2.0]
    """
    return try_edit(ids, shapes, DivisionEdit("trial", "give", tuple(moves), ""), rounding)


def try_edit(
    ids: Sequence[str], shapes: Geometries, edit: DivisionEdit, rounding: float
) -> Geometries:
    """Return outlines after one edit; those that it does not change are the same objects.

    Parameters
    ----------
    ids, shapes, rounding
        As for `try_moves`.
    edit
        In the CRS of the outlines.

    Raises
    ------
    EditUnfit
        As in `try_moves`.
    """
    bench = _Bench(dict(zip(ids, range(len(ids)), strict=True)), shapes.copy(), rounding, edit.crs)
    bench.apply(edit)
    return bench.shapes


class EditUnfit(Exception):
    """An edit that does not fit; `apply_edits` makes a finding of it."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.en, self.zh = en, zh


@dataclass
class _Bench:
    """Outlines while they are edited."""

    row: dict[str, int]
    shapes: Geometries
    rounding: float
    crs: str
    width: float = ROUNDING_DEG

    def apply(self, edit: DivisionEdit) -> DivisionEdit:
        """Apply one edit and return its inverse, or raise `EditUnfit` and change nothing."""
        if edit.crs != self.crs:
            raise EditUnfit(
                f"it is in {edit.crs} and the divisions are in {self.crs}",
                f"其坐标系为 {edit.crs}，区划为 {self.crs}",
            )
        old = self.shapes.copy()
        try:
            done = [self._move(move) for move in edit.moves]
            self._check_left(old)
        except EditUnfit:
            self.shapes = old
            raise
        self._restore(edit.restored)
        changed = [d for d, n in self.row.items() if self.shapes[n] is not old[n]]
        if edit.kind == "keep":
            return replace(edit, edit_id=name_inverse(edit.edit_id))
        return DivisionEdit(
            name_inverse(edit.edit_id),
            "undo",
            tuple(Move(m.land, m.goes_to, m.held_by) for m in reversed(done)),
            edit.crs,
            edit.level,
            tuple(Restored(division, old[self.row[division]]) for division in changed),
        )

    def _move(self, move: Move) -> Move:
        """Move land; return the move with the vertices that the land has got."""
        for division in (*move.held_by, *move.goes_to):
            if division not in self.row:
                raise EditUnfit(f"there is no division {division}", f"没有区划 {division}")
        self._check_held(move)
        if move.held_by == move.goes_to:
            return move
        land, matched = match_vertices(move.land, self.shapes, self.rounding)
        for division in set(move.held_by) - set(move.goes_to):
            matched[self.row[division]] = take_land(matched[self.row[division]], land)
        for division in set(move.goes_to) - set(move.held_by):
            matched[self.row[division]] = give_land(matched[self.row[division]], land)
        self.shapes = matched
        return replace(move, land=land)

    def _check_held(self, move: Move) -> None:
        """Tell by area whether the land is held as the move says, by all of them and no other."""
        land = move.land
        if shapely.is_empty(land) or not shapely.is_valid(land):
            raise EditUnfit("its land is not a valid polygon", "其土地不是有效的多边形")
        noise = self._noise(land)
        holders = {self.row[division] for division in move.held_by}
        west, south, east, north = shapely.bounds(land)
        bounds = shapely.bounds(self.shapes)
        near = (bounds[:, 0] <= east) & (bounds[:, 2] >= west)
        near &= (bounds[:, 1] <= north) & (bounds[:, 3] >= south)
        for n in sorted(holders | set(np.flatnonzero(near).tolist())):
            inside = float(shapely.area(shapely.intersection(self.shapes[n], land)))
            name = next(d for d, row in self.row.items() if row == n)
            if n in holders and float(shapely.area(land)) - inside > noise:
                raise EditUnfit(f"its land is not held by {name}", f"其土地不属于 {name}")
            if n not in holders and inside > noise:
                raise EditUnfit(f"part of its land is held by {name}", f"其部分土地属于 {name}")

    def _noise(self, shape: shapely.Geometry) -> float:
        """Return the area that rounding may move along the rim of a shape."""
        return float(SLACK * shapely.area(shape) + self.rounding * shapely.length(shape))

    def _check_left(self, old: Geometries) -> None:
        for division, n in self.row.items():
            if self.shapes[n] is old[n]:
                continue
            if shapely.is_empty(self.shapes[n]):
                raise EditUnfit(f"{division} would lose all its land", f"{division} 将失去全部土地")
            if not shapely.is_valid(self.shapes[n]):
                raise EditUnfit(
                    f"the outline of {division} would cross itself", f"{division} 的边界将自相交"
                )

    def _restore(self, restored: Sequence[Restored]) -> None:
        """Take the outlines as they were, vertex by vertex, where they hold the same land again."""
        for item in restored:
            n = self.row.get(item.division_id, -1)
            if n < 0:
                continue
            if self._is_same(self.shapes[n], item.outline):
                self.shapes[n] = item.outline

    def _is_same(self, one: shapely.Geometry, two: shapely.Geometry) -> bool:
        """Tell whether two outlines differ by nothing wider than arithmetic (2 cm)."""
        other = shapely.symmetric_difference(one, two)
        if shapely.area(other) <= self._noise(two):
            return True
        return bool(shapely.is_empty(shapely.buffer(other, -self.width / 2)))


def name_inverse(edit_id: str) -> str:
    """Return the id of the inverse of an edit; that of an inverse is the first one's again.

    Examples
    --------
    >>> name_inverse("E1"), name_inverse("-E1")
    ('-E1', 'E1')
    """
    return edit_id[1:] if edit_id.startswith("-") else f"-{edit_id}"


def place_homes(
    shapes: Geometries, points: Geometries, *, areas: NDArray[np.float64] | None = None
) -> list[int]:
    """Return the division of each home, -1 for none.

    Parameters
    ----------
    shapes, points
        Outlines (n,) and homes (h,).
    areas
        Of the outlines (n,), by which an overlap is given to the smallest; else measured here.

    Notes
    -----
    A home in an overlap is of the smallest division, of equals the first: the rule by which
    `gridmap.repair_sources` gives the land away. One on a border is of the first.

    Examples
    --------
    >>> place_homes(np.array([shapely.box(0, 0, 2, 1), shapely.box(1, 0, 2, 1)]),
    ...     shapely.points([[0.5, 0.5], [1, 0.5], [1.5, 0.5], [9, 9]]))
    [0, 0, 1, -1]
    """
    rank = rank_sizes(shapely.area(shapes) if areas is None else areas)
    point, shape = shapely.STRtree(shapes).query(points, predicate="intersects")
    inner = shapely.contains_properly(shapes[shape], points[point])
    last = len(shapes)
    first = np.full(len(points), last, dtype=np.int64)
    np.minimum.at(first, point, shape)
    smallest = np.full(len(points), last, dtype=np.int64)
    np.minimum.at(smallest, point[inner], rank[shape[inner]])
    by_rank = np.append(np.argsort(rank), last)
    found = np.where(smallest < last, by_rank[smallest], first)
    return [int(n) if n < last else -1 for n in found]


def rank_sizes(areas: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the rank of each area (n,), the smallest first, of equals the first.

    Examples
    --------
    >>> rank_sizes(np.array([3.0, 1.0, 3.0])).tolist()
    [1, 0, 2]
    """
    rank = np.empty(len(areas), dtype=np.int64)
    rank[np.argsort(areas, kind="stable")] = np.arange(len(areas))
    return rank


def list_moved_homes(
    ids: Sequence[str], before: Geometries, after: Geometries, homes: gpd.GeoDataFrame | None
) -> tuple[HomeMove, ...]:
    """List the homes that have another division after than before, in their order."""
    if homes is None or not len(homes):
        return ()
    points = np.asarray(homes.geometry.to_numpy(), dtype=object)
    names = homes["home_id"].astype(str).tolist()
    counts = pd.to_numeric(homes["households"]).fillna(0).astype(int).tolist()
    areas = shapely.area(before)
    was, now = (place_homes(shapes, points, areas=areas) for shapes in (before, after))
    label = [*ids, ""]
    return tuple(
        HomeMove(names[n], counts[n], label[a], label[b])
        for n, (a, b) in enumerate(zip(was, now, strict=True))
        if a != b
    )
