"""Applying edits to divisions: all of them or none, with what undoes them.

What `apply_edits` returns holds the inverse of each edit, which is an edit too: the same land the
other way, with the outlines as they were, so that it gives back the very vertices in their order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from gridmap.boundaries.edit_bench import EditBench, EditUnfit
from gridmap.boundaries.homes import list_moved_homes
from gridmap.errors import InvalidOption, RefusedInput
from gridmap.findings import FindingKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd

    from gridmap.boundaries.edits import DivisionEdit
    from gridmap.boundaries.homes import MovedHome
    from gridmap.findings import Finding

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
OUTLINES_NOT_RESTORED = FindingKind(
    "edit_outlines_not_restored",
    "info",
    en="{count} outlines have the vertices that the land moved back leaves, not those of the file: "
    "its edits are not undone in its order, or something else has changed since.",
    zh="{count} 条边界的顶点按划回后的土地确定，未采用文件中的顶点：撤销顺序不同，或其后另有改动。",
    cure_en="Nothing, where the land matters; for the same vertices apply the whole file of "
    "inverse edits to the divisions that it was written for.",
    cure_zh="土地无误即无需处理；如需顶点一致，请对生成该文件时的区划应用完整的逆向调整文件。",
)
FINDING_KINDS = (REFUSED, APPLIED, HOMES_MOVED, OUTLINES_NOT_RESTORED)


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
        Every home that is not held by the same divisions as before, in the order of homes.
    findings
        What was done.
    """

    divisions: gpd.GeoDataFrame
    changed: tuple[str, ...]
    kept: tuple[str, ...]
    inverse: tuple[DivisionEdit, ...]
    moved_homes: tuple[MovedHome, ...] = ()
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
    third divisions too, so that outlines share their vertices afterwards. An inverse gives outlines
    back to the vertex only where its edit, done again on them, leads to the very outlines that
    are there (`edit_bench.EditBench.apply`); so a file can't bring in an outline of its own.

    Examples
    --------
    >>> from gridmap.boundaries.edits import DivisionEdit, Move
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
    bench = EditBench(ids, before, divisions.crs)
    crs = _name_crs(divisions)
    inverse, refused = [], []
    for edit in todo:
        try:
            if edit.crs != crs:
                raise EditUnfit(
                    f"it is in {edit.crs} and the divisions are in {crs}",
                    f"其坐标系为 {edit.crs}，区划为 {crs}",
                )
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
    if bench.not_restored:
        findings.append(OUTLINES_NOT_RESTORED.found(count=bench.not_restored))
    return EditedDivisions(
        after, tuple(ids[n] for n in changed), kept, tuple(reversed(inverse)), moved,
        tuple(findings),
    )  # fmt: skip


def _name_crs(divisions: gpd.GeoDataFrame) -> str:
    return "" if divisions.crs is None else str(divisions.crs.to_string())
