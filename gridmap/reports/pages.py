"""Draw one sheet of the workbook: cells, looks, widths, and how it prints."""

from __future__ import annotations

import math
import unicodedata
from copy import copy
from typing import TYPE_CHECKING, Any

from gridmap.reports.cleaning import escape_for_xlsx, looks_like_formula
from gridmap.reports.columns import NO

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell import Cell, MergedCell
    from openpyxl.worksheet.worksheet import Worksheet

    from gridmap.reports.columns import Column, Sheet, Value

    Looks = dict[tuple[str, bool, bool], Any]
    """(form, whole number, looks like a formula) -> openpyxl's style of such a cell."""

FORMATS = {
    "text": "General",
    "label": "General",
    "id": "@",
    "number": "#,##0",
    "metres": "#,##0",
    "m2": "#,##0",
    "km2": "0.000",
    "share": "0.0%",
    "ratio": "0.000",
}
TEXT_FORMS = ("text", "label", "id")
NARROWEST = 7
LINE_POINTS = 14.0
WRAP_LOSS = 1.25
"""Words break early: what a text of several lines loses, as a factor."""
HEADER_FILL, MARK_FILL, TOTAL_FILL, RULE_COLOUR = "1F4E79", "FCE4D6", "EAF1F8", "BFBFBF"


def add_sheet(book: Workbook, sheet: Sheet, looks: Looks) -> None:
    """Add one sheet: header, rows, total, and how it looks on screen and paper.

    Parameters
    ----------
    book
        The workbook to add to.
    sheet
        What stands in it; its texts are cleaned already.
    looks
        Looks of cells already made for this workbook; new ones are added.
    """
    page: Worksheet = book.create_sheet(sheet.zh)
    widths = [_column_width(sheet, position) for position in range(len(sheet.columns))]
    _add_header(page, sheet, widths)
    for number, row in enumerate(sheet.rows, start=2):
        _add_row(page, number, row, sheet.columns, widths, looks)
    if sheet.total:
        number = len(sheet.rows) + 2
        _add_row(page, number, sheet.total, sheet.columns, widths, looks)
        _dress_total(page, number, len(sheet.columns))
    _set_up_page(page, sheet)
    _mark_outside(page, sheet)


def _add_header(page: Worksheet, sheet: Sheet, widths: list[float]) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    for position, (column, width) in enumerate(zip(sheet.columns, widths, strict=True), start=1):
        cell = page.cell(1, position, f"{column.zh}\n{column.en}")
        cell.font = Font(name="宋体", size=10, bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor=HEADER_FILL)
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        page.column_dimensions[get_column_letter(position)].width = width
    page.row_dimensions[1].height = 2.4 * LINE_POINTS
    page.freeze_panes = "C2" if len(sheet.columns) > 8 else "A2"
    last = f"{get_column_letter(len(sheet.columns))}{len(sheet.rows) + 1}"
    page.auto_filter.ref = f"A1:{last}"


def _add_row(
    page: Worksheet,
    number: int,
    row: tuple[Value, ...],
    columns: tuple[Column, ...],
    widths: list[float],
    looks: Looks,
) -> None:
    lines = 1
    for position, (value, column, width) in enumerate(
        zip(row, columns, widths, strict=True), start=1
    ):
        cell = page.cell(number, position)
        _fill_cell(cell, value)
        _dress_cell(cell, value, column, looks)
        if isinstance(value, str):
            lines = max(lines, _count_lines(value, width))
    page.row_dimensions[number].height = LINE_POINTS * min(lines, 25) + 3


def _fill_cell(cell: Cell | MergedCell, value: Value) -> None:
    """Write one value: a number as a number, a text as a text whatever it looks like."""
    if isinstance(value, str) and value:
        cell.value = escape_for_xlsx(value)
        cell.data_type = "s"
    elif value is not None and value != "":
        cell.value = value


def _dress_cell(cell: Any, value: Value, column: Column, looks: Looks) -> None:
    """Give a cell the look of its column; a text like a formula is marked to stay a text."""
    is_whole = isinstance(value, int)
    is_risky = isinstance(value, str) and looks_like_formula(value)
    key = (column.form, is_whole, is_risky)
    if key not in looks:
        _make_look(cell, column, is_whole=is_whole, is_risky=is_risky)
        looks[key] = copy(cell._style)  # noqa: SLF001 - a look set anew costs 0.1 ms a cell
    cell._style = copy(looks[key])  # noqa: SLF001


def _make_look(cell: Cell | MergedCell, column: Column, *, is_whole: bool, is_risky: bool) -> None:
    from openpyxl.styles import Alignment, Border, Font, Side

    line = Side(style="thin", color=RULE_COLOUR)
    cell.font = Font(name="宋体", size=10)
    cell.border = Border(left=line, right=line, top=line, bottom=line)
    cell.quotePrefix = is_risky
    is_number = is_whole or column.form not in TEXT_FORMS
    cell.number_format = "#,##0" if is_whole else FORMATS[column.form]
    cell.alignment = Alignment(
        horizontal="center" if column.form == "label" else "right" if is_number else "left",
        vertical="center",
        wrap_text=True,
    )


def _dress_total(page: Worksheet, number: int, columns: int) -> None:
    from openpyxl.styles import Font, PatternFill

    for position in range(1, columns + 1):
        cell = page.cell(number, position)
        cell.font = Font(name="宋体", size=10, bold=True)
        cell.fill = PatternFill("solid", fgColor=TOTAL_FILL)


def _set_up_page(page: Worksheet, sheet: Sheet) -> None:
    """Print on A4 across, as wide as the paper, the header on every page, pages numbered."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.properties import PageSetupProperties

    page.page_setup.orientation = "landscape"
    page.page_setup.paperSize = 9  # A4
    page.page_setup.fitToWidth = 1
    page.page_setup.fitToHeight = 0
    page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    page.print_title_rows = "1:1"
    if sheet.printed:
        last = get_column_letter(sheet.printed)
        page.print_area = f"A1:{last}{len(sheet.rows) + 1 + bool(sheet.total)}"
    page.print_options.horizontalCentered = True
    margins = page.page_margins
    margins.left = margins.right = 0.4
    margins.top = margins.bottom = 0.7
    header, footer = page.oddHeader, page.oddFooter
    if header is not None and footer is not None:
        header.center.text = f"{sheet.zh} {sheet.en}"
        footer.center.text = "第 &P 页，共 &N 页"
        footer.right.text = "gridmap"


def _mark_outside(page: Worksheet, sheet: Sheet) -> None:
    """Colour the rows of general grids outside their band."""
    if sheet.marked < 0 or not sheet.rows:
        return
    from openpyxl.formatting.rule import Rule
    from openpyxl.styles import Font, PatternFill
    from openpyxl.styles.differential import DifferentialStyle
    from openpyxl.utils import get_column_letter

    flag = get_column_letter(sheet.marked + 1)
    last = get_column_letter(len(sheet.columns))
    look = DifferentialStyle(
        fill=PatternFill("solid", bgColor=MARK_FILL), font=Font(color="9C0006")
    )
    rule = Rule(type="expression", dxf=look, formula=[f'${flag}2="{NO}"'])
    page.conditional_formatting.add(f"A2:{last}{len(sheet.rows) + 1}", rule)


def _column_width(sheet: Sheet, position: int) -> float:
    """Return the width that the header and nearly all values need, in characters."""
    column = sheet.columns[position]
    header = max(_display_width(column.zh), _display_width(column.en)) + 4
    values = [row[position] for row in (*sheet.rows, *([sheet.total] if sheet.total else []))]
    longest = max((_display_width(_as_shown(value, column)) for value in values), default=0) + 3
    return float(min(max(header, longest, NARROWEST), max(column.widest, header)))


def _as_shown(value: Value, column: Column) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    if column.form in ("share", "ratio", "km2"):
        return f"{value:,.3f}"
    return f"{value:,.0f}"


def _count_lines(text: str, width: float) -> int:
    """Count the lines that a text takes in a cell of this width."""
    needed, room = _display_width(text), width - 2
    return 1 if needed <= room else math.ceil(needed * WRAP_LOSS / room)


def _display_width(text: str) -> int:
    """Count columns: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
