"""A table on paper as data: how wide its columns are, where texts break, which rows go on a page.

All lengths are millimetres; sizes of letters are points.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from gridmap.printing.papers import MM_AN_INCH
from gridmap.reports.columns import NO

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gridmap.printing.fonts import Fonts
    from gridmap.reports.columns import Column, Sheet, Value

SIZES_PT = (9.0, 8.5, 8.0, 7.5, 7.0, 6.5, 6.0)
"""Sizes that a table is tried in: the first that leaves texts room; gridmap's own default."""
ROOMY = 0.4
"""Share of the way from the narrowest to the wished widths from which a table has room."""
LINE = 1.28
"""Height of a line in sizes."""
PAD_MM = 1.1
"""Between a text and the rule beside it."""
SMALLER = 0.8
"""Size of the English header beside the Chinese one."""
BY_HAND_EM = 4.0
"""Characters that an empty column leaves room for."""
LEAST_EM = 3.0
"""Characters that a column of texts holds at least, where it has so many."""
ROUNDING_PT = 0.01
"""What a sum of widths may be off."""
_TOKENS = re.compile(
    r"\s+|[（《“‘【]*(?:[!-~\u00a1-\u024f]+|.)[，。、；：！？）》】”’]*", re.DOTALL
)
"""What is not broken: a word, or a character, with the brackets before it and the marks behind it,
which do not end or begin a line. Source: GB/T 15834, punctuation."""


class Row(NamedTuple):
    """A row ready for paper: the lines of each cell; what it is."""

    cells: tuple[tuple[str, ...], ...]
    marked: bool = False
    total: bool = False

    @property
    def lines(self) -> int:
        """Lines of its highest cell."""
        return max((len(cell) for cell in self.cells), default=1)


@dataclass(frozen=True)
class Ruled:
    """A sheet set for paper: its columns' widths and the rows of each page."""

    sheet: Sheet
    columns: tuple[Column, ...]
    size: float
    widths: tuple[float, ...]
    header: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    pages: tuple[tuple[Row, ...], ...]

    @property
    def header_mm(self) -> float:
        """Height of the header."""
        return _header_mm(self.header, self.size)


def rule_sheet(sheet: Sheet, fonts: Fonts, width: float, height: float) -> Ruled:
    """Set a sheet for paper.

    Parameters
    ----------
    sheet
        Its columns up to ``printed`` are taken; texts are cleaned already.
    fonts
        By which texts are measured.
    width, height
        Room for the table, millimetres.

    Returns
    -------
    Ruled
        Every text whole: one too wide for its column is in several lines, a row too high for a
        page goes on on the next.
    """
    count = sheet.printed or len(sheet.columns)
    columns = sheet.columns[:count]
    texts = [[show_value(v, c) for v, c in zip(row, columns, strict=False)] for row in sheet.rows]
    total = [show_value(v, c) for v, c in zip(sheet.total[:count], columns, strict=False)]
    size, widths = _choose_widths(columns, [*texts, *([total] if total else [])], fonts, width)
    header = tuple(
        (
            _share_out(column.zh, len(wrap_text(column.zh, fonts, size, room, bold=True))),
            wrap_text(column.en, fonts, size * SMALLER, room),
        )
        for column, room in zip(columns, _rooms(widths), strict=True)
    )
    marked = [sheet.marked >= 0 and row[sheet.marked] == NO for row in sheet.rows]
    rows = [
        Row(_wrap_row(row, fonts, size, widths), marked=mark)
        for row, mark in zip(texts, marked, strict=True)
    ]
    if total:
        rows.append(Row(_wrap_row(total, fonts, size, widths, bold=True), total=True))
    room = height - _header_mm(header, size)
    pages = tuple(_fill_pages(rows, size, room))
    return Ruled(sheet, columns, size, widths, header, pages)


def show_value(value: Value, column: Column) -> str:
    """Return a value as it is printed.

    Examples
    --------
    >>> from gridmap.reports.columns import Column
    >>> show_value(12345.6, Column("面积", "Area", "m2"))
    '12,346'
    >>> show_value(0.5, Column("达标率", "Share", "share"))
    '50.0%'
    """
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, int):
        return f"{value:,}"
    if column.form == "share":
        return f"{value:.1%}"
    return f"{value:,.3f}" if column.form in ("ratio", "km2") else f"{value:,.0f}"


def line_mm(size: float) -> float:
    """Return the height of a line of this size.

    Examples
    --------
    >>> round(line_mm(8.0), 2)
    3.61
    """
    return size * LINE / 72 * MM_AN_INCH


def row_mm(lines: int, size: float) -> float:
    """Return the height of a row of so many lines.

    Examples
    --------
    >>> row_mm(1, 8.0) < row_mm(2, 8.0)
    True
    """
    return lines * line_mm(size) + 1.2 * PAD_MM


def wrap_text(
    text: str, fonts: Fonts, size: float, room: float, *, bold: bool = False
) -> tuple[str, ...]:
    """Break a text into lines that fit, between Chinese characters and between words.

    Parameters
    ----------
    text
        Without line breaks.
    fonts, size, bold
        What it is printed in.
    room
        Millimetres. A word that is wider is broken; a line holds one character at least.

    Returns
    -------
    tuple of str
        One line at least. Joined, with the blanks at breaks, they are the text.
    """
    limit = room / MM_AN_INCH * 72 + ROUNDING_PT
    if fonts.measure(text, size, bold=bold) <= limit:
        return (text,)
    lines: list[str] = []
    line, wide = "", 0.0
    for token in _split(text, fonts, size, limit, bold=bold):
        more = fonts.measure(token, size, bold=bold)
        if line and wide + more > limit:
            lines.append(line.rstrip())
            line = token.lstrip()
            wide = fonts.measure(line, size, bold=bold)
        else:
            line += token
            wide += more
    return (*lines, line.rstrip()) if line.strip() or not lines else tuple(lines)


def _split(text: str, fonts: Fonts, size: float, limit: float, *, bold: bool) -> Iterator[str]:
    """Yield what is not broken (`_TOKENS`); of what is too wide its characters."""
    for token in _TOKENS.findall(text):
        if len(token) > 1 and fonts.measure(token, size, bold=bold) > limit:
            yield from token
        else:
            yield token


def _share_out(text: str, lines: int) -> tuple[str, ...]:
    """Break a Chinese header into lines of about the same length."""
    each = -(-len(text) // lines)
    return tuple(text[start : start + each] for start in range(0, len(text), each))


def _rooms(widths: Sequence[float]) -> list[float]:
    return [width - 2 * PAD_MM for width in widths]


def _wrap_row(
    row: Sequence[str], fonts: Fonts, size: float, widths: Sequence[float], *, bold: bool = False
) -> tuple[tuple[str, ...], ...]:
    return tuple(
        wrap_text(text, fonts, size, room, bold=bold)
        for text, room in zip(row, _rooms(widths), strict=True)
    )


def _choose_widths(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], fonts: Fonts, width: float
) -> tuple[float, tuple[float, ...]]:
    """Return the size of the letters, and widths of the columns that fill the paper's."""
    for size in SIZES_PT:
        asked = [
            _ask_width(column, [row[place] for row in rows], fonts, size)
            for place, column in enumerate(columns)
        ]
        least, wished = sum(a for a, _ in asked), sum(b for _, b in asked)
        share = (width - least) / max(wished - least, 1e-9)
        if share >= ROOMY or size == SIZES_PT[-1]:
            break
    if share < 0:
        return size, tuple(a * width / least for a, _ in asked)
    if share < 1:
        return size, tuple(a + (b - a) * share for a, b in asked)
    return size, tuple(b * width / wished for _, b in asked)


def _ask_width(
    column: Column, texts: Sequence[str], fonts: Fonts, size: float
) -> tuple[float, float]:
    """Return the least and the wished width of a column."""
    em = size / 72 * MM_AN_INCH

    def measure(text: str, points: float = size, *, bold: bool = False) -> float:
        return fonts.measure(text, points, bold=bold) / 72 * MM_AN_INCH

    most = column.widest * em / 2
    longest = max((measure(text) for text in set(texts)), default=0.0)
    words = {word for text in set(texts) for word in _TOKENS.findall(text) if len(word) > 1}
    word = min(max((measure(word) for word in words), default=0.0), most)
    head = max(measure(word, size * SMALLER) for word in column.en.split() or [""])
    head = max(head, 2 * em)
    whole = column.form not in ("text", "id") and (column.form != "label" or longest <= most)
    least = max(head, longest if whole else max(word, min(longest, LEAST_EM * em)))
    header = max(min(measure(column.zh, bold=True), 6 * em), head)
    if not longest:  # a column to be filled in by hand
        least, longest = max(least, min(BY_HAND_EM * em, most)), most
    wished = max(least, header, longest if whole else min(longest, most))
    return least + 2 * PAD_MM, wished + 2 * PAD_MM


def _header_mm(header: Sequence[tuple[Sequence[str], Sequence[str]]], size: float) -> float:
    small = line_mm(size * SMALLER)
    return max(len(zh) * line_mm(size) + len(en) * small for zh, en in header) + 1.6 * PAD_MM


def _fill_pages(rows: Sequence[Row], size: float, room: float) -> Iterator[tuple[Row, ...]]:
    """Yield the rows of each page; a row higher than a page is cut between lines."""
    most = max(int((room - 1.2 * PAD_MM) / line_mm(size)), 1)
    page: list[Row] = []
    left = room
    for row in rows:
        for part in _cut_row(row, most):
            high = row_mm(part.lines, size)
            if page and high > left:
                yield tuple(page)
                page, left = [], room
            page.append(part)
            left -= high
    yield tuple(page)


def _cut_row(row: Row, most: int) -> Iterator[Row]:
    for start in range(0, max(row.lines, 1), most):
        yield row._replace(cells=tuple(cell[start : start + most] for cell in row.cells))
