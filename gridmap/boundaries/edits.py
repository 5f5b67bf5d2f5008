"""Edits of divisions: land that changes hands, and what an edit must say to be one.

An edit names land, who holds it and who shall hold it. It applies only while the land is held as
it says (`edit_bench`), so that edits of two planners can't undo each other in silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from gridmap.errors import InvalidOption

if TYPE_CHECKING:
    import shapely

EditKind = Literal["give", "exchange", "settle", "straighten", "snap", "widen", "keep", "undo"]
EDIT_KINDS: tuple[EditKind, ...] = (
    "give", "exchange", "settle", "straighten", "snap", "widen", "keep", "undo",
)  # fmt: skip


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
    """An outline as it was, which its division takes back if the undone edit leads from it to now.

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
        Of an inverse (``undo``): the outlines as they were.

    Raises
    ------
    InvalidOption
        When it has no land, the kind does not exist, ``keep`` moves land or keeps land of nobody,
        a move names a division twice, or outlines are given back by another kind than ``undo`` or
        twice to one division.

    Examples
    --------
    >>> DivisionEdit("E1", "keep", (), "EPSG:4490")
    Traceback (most recent call last):
    gridmap.errors.InvalidOption: The edit E1 has no land. ...
    """

    edit_id: str
    kind: EditKind
    moves: tuple[Move, ...]
    crs: str
    level: str = ""
    restored: tuple[Restored, ...] = ()

    def __post_init__(self) -> None:
        fault = _find_fault(self)
        if fault is not None:
            raise InvalidOption(
                f"The edit {self.edit_id} {fault[0]}.",
                f"调整 {self.edit_id} {fault[1]}。",
                cure_en="Take it out of the file of edits, or make the proposals again.",
                cure_zh="请从调整文件中去掉该项，或重新生成建议。",
            )


def _find_fault(edit: DivisionEdit) -> tuple[str, str] | None:
    """Return why it is no edit, in English and Chinese; None when it is one."""
    sides = [side for move in edit.moves for side in (move.held_by, move.goes_to)]
    still = all(move.held_by == move.goes_to and move.held_by for move in edit.moves)
    owners = [item.division_id for item in edit.restored]
    checks = (
        (edit.kind not in EDIT_KINDS, "is of a kind that does not exist", "类型不存在"),
        (not edit.moves, "has no land", "没有土地"),
        (
            any(len(set(side)) < len(side) for side in sides),
            "names a division twice",
            "重复列出同一区划",
        ),
        (
            edit.kind == "keep" and not still,
            "keeps land and moves it, or keeps land of nobody",
            "既保留又划转土地，或土地无归属",
        ),
        (
            bool(owners) and edit.kind != "undo",
            "gives outlines back and is no undo",
            "并非撤销，却要恢复边界",
        ),
        (
            len(set(owners)) < len(owners),
            "gives one division two outlines",
            "为同一区划恢复两条边界",
        ),
    )
    return next(((en, zh) for wrong, en, zh in checks if wrong), None)


def name_inverse(edit_id: str) -> str:
    """Return the id of the inverse of an edit; that of an inverse is the first one's again.

    Examples
    --------
    >>> name_inverse("E1"), name_inverse("-E1")
    ('-E1', 'E1')
    """
    return edit_id[1:] if edit_id.startswith("-") else f"-{edit_id}"
