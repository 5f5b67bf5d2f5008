"""Write sheets as an xlsx file that prints well, runs nothing, and is the same on every run."""

from __future__ import annotations

import io
import math
import re
import unicodedata
import zipfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gridmap.errors import MissingExtra, UnwritableFile
from gridmap.reports.cleaning import clean_text, escape_for_xlsx, looks_like_formula
from gridmap.reports.sheets import NO, Sheet, list_sheets
from gridmap.writing import write_atomically

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell import Cell, MergedCell
    from openpyxl.worksheet.worksheet import Worksheet

    from gridmap.model import Plan
    from gridmap.reports.sheets import Column, Value

CREATOR = "gridmap"
"""Author in the file's properties: by it, an earlier table is told from a file to be spared."""

EPOCH = datetime(2000, 1, 1)  # noqa: DTZ001 - a fixed stamp in place of a clock; openpyxl wants it naive
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
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
WRAP_LOSS = 1.1
"""Words break early: what a text of several lines loses, as a factor."""
HEADER_FILL, MARK_FILL, TOTAL_FILL, RULE_COLOUR = "1F4E79", "FCE4D6", "EAF1F8", "BFBFBF"


def write_tables(plan: Plan, path: str | Path) -> None:
    """Write the plan's tables as one xlsx file, whole or not at all.

    Parameters
    ----------
    plan
        The plan to tell of.
    path
        Where to write. An earlier table of gridmap is replaced; any other file is spared.

    Raises
    ------
    MissingExtra
        When openpyxl is not installed.
    UnwritableFile
        When the target is a file that gridmap did not write, or can't be written.

    Notes
    -----
    Every text is stored as a text, and one that starts like a formula is marked so that editing
    does not turn it into one (``quotePrefix``); its characters stay as they are. Control
    characters are removed, and the sheet 说明 says how many. The same plan gives the same bytes.
    Source: DESIGN.md section 3; OWASP, "CSV Injection".

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import gridmap
    >>> from gridmap.testing import draw_territory
    >>> territory = draw_territory("AAA", households=100)
    >>> plan = gridmap.make_plan(territory, rules=gridmap.Rules.preset())
    >>> with TemporaryDirectory() as folder:
    ...     gridmap.write_tables(plan, Path(folder) / "tables.xlsx")
    ...     [file.name for file in Path(folder).iterdir()]
    ['tables.xlsx']
    """
    _require_openpyxl()
    _spare_other_files(Path(path))
    content = _make_bytes(_clean_sheets(list_sheets(plan)))
    with write_atomically(path) as temporary:
        temporary.write_bytes(content)


def _require_openpyxl() -> None:
    try:
        import openpyxl  # noqa: F401 - only to see whether it is there
    except ImportError as problem:
        raise MissingExtra(
            "Writing tables needs openpyxl, which is not installed.",
            "写出表格需要 openpyxl，当前未安装。",
            cure_en='pip install "gridmap-planner[tables]"',
            cure_zh='pip install "gridmap-planner[tables]"',
        ) from problem


def _spare_other_files(path: Path) -> None:
    """Refuse to overwrite a file that gridmap did not write."""
    if not path.is_file() or path.stat().st_size == 0:
        return
    try:
        with zipfile.ZipFile(path) as archive, archive.open("docProps/core.xml") as file:
            ours = f">{CREATOR}</dc:creator>".encode() in file.read(10_000)
    except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError, EOFError):
        ours = False
    if not ours:
        raise UnwritableFile(
            f"{path.name} exists and is not a table of gridmap; it is left as it is.",
            f"{path.name} 已存在且不是 gridmap 写出的表格，未作改动。",
            cure_en="Give another path to -o, or move that file away.",
            cure_zh="请用 -o 指定其他路径，或先移走该文件。",
        )


def _clean_sheets(sheets: tuple[Sheet, ...]) -> tuple[Sheet, ...]:
    """Clean every text, and say at the end of the last sheet how many characters went."""
    removed = 0
    cleaned: list[Sheet] = []
    for sheet in sheets:
        rows: list[tuple[Value, ...]] = []
        for row in sheet.rows:
            values: list[Value] = []
            for value in row:
                kept, count = clean_text(value) if isinstance(value, str) else (value, 0)
                values.append(kept)
                removed += count
            rows.append(tuple(values))
        cleaned.append(replace(sheet, rows=tuple(rows)))
    if removed:
        note: tuple[Value, ...] = (
            "删除的控制字符",
            removed,
            "名称等文字中表格不能容纳的控制字符已删除或换为空格。",
            "Control characters in names that a table can't hold were removed.",
        )
        last = cleaned[-1]
        cleaned[-1] = replace(last, rows=(*last.rows, note))
    return tuple(cleaned)


def _make_bytes(sheets: tuple[Sheet, ...]) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    if book.active is not None:
        book.remove(book.active)
    book.properties.creator = CREATOR
    book.properties.lastModifiedBy = CREATOR
    book.properties.title = "网格划分表 Grid tables"
    book.properties.created = EPOCH
    for sheet in sheets:
        _add_sheet(book, sheet)
    buffer = io.BytesIO()
    book.save(buffer)
    return _without_clock(buffer.getvalue())


def _without_clock(content: bytes) -> bytes:
    """Pack the file again with fixed times: openpyxl writes the hour into it."""
    packed = io.BytesIO()
    stamp = EPOCH.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            data = old.read(name)
            if name == "docProps/core.xml":
                data = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, data)
            entry = zipfile.ZipInfo(name, ZIP_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            new.writestr(entry, data)
    return packed.getvalue()


def _add_sheet(book: Workbook, sheet: Sheet) -> None:
    """Add one sheet: header, rows, total, and how it looks on screen and paper."""
    page: Worksheet = book.create_sheet(sheet.zh)
    widths = [_column_width(sheet, position) for position in range(len(sheet.columns))]
    _add_header(page, sheet, widths)
    for number, row in enumerate(sheet.rows, start=2):
        _add_row(page, number, row, sheet.columns, widths)
    if sheet.total:
        number = len(sheet.rows) + 2
        _add_row(page, number, sheet.total, sheet.columns, widths)
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
) -> None:
    lines = 1
    for position, (value, column, width) in enumerate(
        zip(row, columns, widths, strict=True), start=1
    ):
        cell = page.cell(number, position)
        _fill_cell(cell, value, column)
        if isinstance(value, str):
            lines = max(lines, _count_lines(value, width))
    page.row_dimensions[number].height = LINE_POINTS * min(lines, 25) + 3


def _fill_cell(cell: Cell | MergedCell, value: Value, column: Column) -> None:
    """Write one value: a number as a number, a text as a text whatever it looks like."""
    from openpyxl.styles import Alignment, Border, Font, Side

    line = Side(style="thin", color=RULE_COLOUR)
    cell.font = Font(name="宋体", size=10)
    cell.border = Border(left=line, right=line, top=line, bottom=line)
    if isinstance(value, str) and value:
        cell.value = escape_for_xlsx(value)
        cell.data_type = "s"
        if looks_like_formula(value):
            cell.quotePrefix = True
    elif value is not None and value != "":
        cell.value = value
    is_number = column.form not in TEXT_FORMS or isinstance(value, int)
    cell.number_format = "#,##0" if isinstance(value, int) else FORMATS[column.form]
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
