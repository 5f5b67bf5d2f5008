"""The form of a sheet of the tables, as data: columns with two names, and rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Form = Literal["text", "label", "id", "number", "metres", "m2", "km2", "share", "ratio"]
Value = str | int | float | None
YES, NO, NOBODY = "是", "否", "无住户"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a sheet: its name in both languages, its form and its greatest width.

    A ``label`` is a short text in the middle of its cell; an ``id`` stays a text when edited.
    """

    zh: str
    en: str
    form: Form = "text"
    widest: int = 24


@dataclass(frozen=True)
class Sheet:
    """A sheet of the tables.

    Attributes
    ----------
    zh, en
        Its name; the sheet's tab shows the Chinese one.
    columns, rows
        Each row has one value a column; None is an empty cell.
    total
        A last row under the table, or nothing.
    marked
        Position of the column whose `NO` marks a row as outside its band, or -1.
    printed
        How many columns go on paper, from the left; 0 for all. The rest is for the screen.
    """

    zh: str
    en: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    total: tuple[Value, ...] = ()
    marked: int = -1
    printed: int = 0
