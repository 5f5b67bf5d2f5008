"""Write sheets as an xlsx file that prints well, runs nothing, and is the same on every run."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gridmap.errors import MissingExtra, UnwritableFile
from gridmap.reports.cleaning import clean_text
from gridmap.reports.pages import add_sheet
from gridmap.reports.sheets import list_sheets
from gridmap.rosters import match_roster
from gridmap.writing import check_ending, check_writable, write_atomically

if TYPE_CHECKING:
    from datetime import date

    from gridmap.findings import Finding
    from gridmap.model import Plan
    from gridmap.reports.columns import Sheet, Value
    from gridmap.reports.pages import Looks
    from gridmap.rosters import Roster

CREATOR = "gridmap"
"""Author in the file's properties: by it, an earlier table is told from a file to be spared."""

EPOCH = datetime(2000, 1, 1)  # noqa: DTZ001 - a fixed stamp in place of a clock; openpyxl wants it naive
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


def write_tables(
    plan: Plan,
    path: str | Path,
    *,
    roster: Roster | None = None,
    before: Plan | None = None,
    on: date | None = None,
) -> tuple[Finding, ...]:
    """Write the plan's tables as one xlsx file, whole or not at all.

    Parameters
    ----------
    plan
        The plan to tell of.
    path
        Where to write. An earlier table of gridmap is replaced; any other file is spared.
    roster
        Who serves (`gridmap.rosters.read_roster`). Without it the columns of persons are empty, to
        be filled in by hand; the file can then be read as a roster.
    before
        An earlier plan of the same land: its grids are registered beside those that took their
        place. By default the grids that ``plan.changes`` tells of.
    on
        The day by which the dates of the roster are judged.

    Returns
    -------
    tuple of Finding
        What is wrong with the roster; empty without one.

    Raises
    ------
    InvalidOption
        When the path does not end in ``.xlsx``, or ``before`` is no earlier plan of this land.
    MissingExtra
        When openpyxl is not installed.
    UnwritableFile
        When the target is a file that gridmap did not write, or can't be written.

    Notes
    -----
    All sheets are made from one gathering of the plan, so that their sums agree. Every text is
    stored as a text, and one that starts like a formula is marked so that editing does not turn it
    into one (``quotePrefix``); its characters stay as they are. Control characters are removed, and
    the sheet 说明 says how many. The same input gives the same bytes. Source: DESIGN.md section 3;
    FIELD.md section 1, Qibin (one map, two tables that agree by construction); OWASP, "CSV
    Injection".

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import gridmap
    >>> from gridmap.testing import draw_territory
    >>> territory = draw_territory("AAA", households=100)
    >>> plan = gridmap.make_plan(territory, rules=gridmap.Rules.preset())
    >>> with TemporaryDirectory() as folder:
    ...     _ = gridmap.write_tables(plan, Path(folder) / "tables.xlsx")
    ...     [file.name for file in Path(folder).iterdir()]
    ['tables.xlsx']
    """
    check_tables_target(path)
    duty = None if roster is None else match_roster(plan, roster, on=on)
    sheets = list_sheets(plan, duty=duty, before=before)
    write_sheets(sheets, path, title="网格划分表 Grid tables")
    return () if duty is None else duty.findings


def check_tables_target(path: str | Path) -> None:
    """Refuse a target that no table can be written to, before work is spent on its content.

    Raises
    ------
    InvalidOption
        When the path does not end in ``.xlsx``.
    MissingExtra
        When openpyxl is not installed.
    UnwritableFile
        When the target is a file that gridmap did not write, or can't be written.

    Examples
    --------
    >>> check_tables_target("tables.xlsx")
    """
    check_ending(path, ".xlsx")
    _require_openpyxl()
    check_writable(path)
    _spare_other_files(Path(path))


def write_sheets(sheets: tuple[Sheet, ...], path: str | Path, *, title: str) -> None:
    """Write sheets as one xlsx file, whole or not at all, every text harmless.

    Parameters
    ----------
    sheets
        What stands in them; the last has four columns, and takes a note on characters removed.
    path
        Where to write; see `check_tables_target`, which is called before.
    title
        Title in the file's properties.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from gridmap.reports.columns import Column, Sheet
    >>> sheet = Sheet("表", "Table", (Column("名称", "Name"),), (("锦绣花园",),))
    >>> with TemporaryDirectory() as folder:
    ...     write_sheets((sheet,), Path(folder) / "table.xlsx", title="Table")
    ...     [file.name for file in Path(folder).iterdir()]
    ['table.xlsx']
    """
    content = _make_bytes(clean_sheets(sheets), title)
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


def clean_sheets(sheets: tuple[Sheet, ...]) -> tuple[Sheet, ...]:
    r"""Clean every text, and say at the end of the last sheet how many characters went.

    A text that stands in several cells is counted once.

    Parameters
    ----------
    sheets
        As for `write_sheets`.

    Examples
    --------
    >>> from gridmap.reports.columns import Column, Sheet
    >>> sheet = Sheet("表", "Table", (Column("名称", "Name"),), (("锦绣\x07花园",),))
    >>> clean_sheets((sheet,))[0].rows[0]
    ('锦绣花园',)
    """
    removed: dict[str, int] = {}
    cleaned: list[Sheet] = []
    for sheet in sheets:
        rows: list[tuple[Value, ...]] = []
        for row in sheet.rows:
            values: list[Value] = []
            for value in row:
                kept, count = clean_text(value) if isinstance(value, str) else (value, 0)
                values.append(kept)
                if isinstance(value, str) and count:
                    removed[value] = count
            rows.append(tuple(values))
        cleaned.append(replace(sheet, rows=tuple(rows)))
    if removed:
        note: tuple[Value, ...] = (
            "删除的控制字符",
            sum(removed.values()),
            "名称等文字中表格不能容纳的控制字符已删除或换为空格。",
            "Control characters in names that a table can't hold were removed.",
        )
        last = cleaned[-1]
        cleaned[-1] = replace(last, rows=(*last.rows, note))
    return tuple(cleaned)


def _make_bytes(sheets: tuple[Sheet, ...], title: str) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    if book.active is not None:
        book.remove(book.active)
    book.properties.creator = CREATOR
    book.properties.lastModifiedBy = CREATOR
    book.properties.title = title
    book.properties.created = EPOCH
    looks: Looks = {}
    for sheet in sheets:
        add_sheet(book, sheet, looks)
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
