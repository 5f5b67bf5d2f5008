"""A csv of questions -> the same csv with the answers appended."""

from __future__ import annotations

import csv
import io
import itertools
import math
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gridmap.crs import parse_datum
from gridmap.errors import GridmapError, InvalidOption, UnknownName
from gridmap.locating.addressing import locate_address
from gridmap.locating.faults import FAULTS
from gridmap.locating.points import place_point
from gridmap.locating.records import inspect_table, iter_records
from gridmap.model import Progress, ignore_progress
from gridmap.schemas import LAT_NAMES, LON_NAMES, fold_name
from gridmap.writing import write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gridmap.locating.conversion import Converted
    from gridmap.locating.placements import Placement
    from gridmap.locating.records import Record, TableForm
    from gridmap.locating.releases import Release

ANSWER_COLUMNS = (
    "gm_decision",
    "gm_grid_id",
    "gm_grid_code",
    "gm_grid_name",
    "gm_grid_kind",
    "gm_confidence",
    "gm_grid_status",
    "gm_level",
    "gm_standard_address",
    "gm_candidate_grids",
    "gm_faults",
    "gm_lon",
    "gm_lat",
    "gm_margin_m",
    "gm_plan_version",
    "gm_error",
)
"""Columns appended to every row. Source: DESIGN.md section 3, Commands."""

ADDRESS_NAMES = (
    *("address", "地址", "详细地址", "标准地址", "事发地址", "案发地址", "诉求地址", "问题地址"),
    *(
        "工单地址",
        "事件地址",
        "来电地址",
        "发生地址",
        "事发地点",
        "案发地点",
        "诉求地点",
        "事件地点",
    ),
    *(
        "发生地点",
        "地点",
        "位置",
        "住址",
        "居住地址",
        "门牌地址",
        "addr",
        "full_address",
        "location",
    ),
)
"""Headers that name the address column, the first one present is used."""

CHUNK = 1_000
"""Records that are converted together and told of together."""

REMEMBERED = 50_000
"""Addresses whose answer is kept while a table is answered: tickets repeat."""

NO_PLACE = "坐标不是有效位置 The coordinates are no place on Earth."
UNUSED_POINTS = (
    "The columns of longitude and latitude were not used: no datum is declared (--datum).",
    "经纬度列未使用：未声明坐标系（--datum）。",
)
"""Said of a whole table, in English and Chinese."""
FAULTS_AT = ANSWER_COLUMNS.index("gm_faults")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def locate_table(
    release: Release,
    csv_in: str | Path,
    csv_out: str | Path,
    *,
    address_column: str | None = None,
    datum: str | None = None,
    progress: Progress = ignore_progress,
) -> dict[str, int | str]:
    """Answer every row of a csv file.

    Parameters
    ----------
    release
        As returned by `open_release`.
    csv_in
        UTF-8 (with or without BOM) or GBK, with a header; comma, tab or semicolon.
    csv_out
        The answer, in the encoding of the question: every row and column as it came, byte by
        byte, and `ANSWER_COLUMNS`. Written whole or not at all.
    address_column
        Header of the address; by default the first of `ADDRESS_NAMES` that is there.
    datum
        Datum of the columns of longitude and latitude, which are then used for rows whose
        address finds no grid, and compared with it elsewhere. Without it they are not used.
    progress
        Called with the step ``locate``.

    Returns
    -------
    dict
        ``rows``, how many were ``auto``, ``review``, ``none``, how many ``errors``, how many
        got no grid though they hold a point, because no datum is declared (``datum_missing``),
        the ``encoding`` found, the ``address_column`` used, the ``datum``, and ``note`` and
        ``note_zh``: that points were not used, where the table holds some and no datum is
        declared (all four may be ``""``).

    Raises
    ------
    UnreadableFile
        When the file is no csv table.
    UnknownName
        When the named column or datum does not exist.
    InvalidOption
        When there is no address column, and no declared datum for the point columns; when the
        table has one of `ANSWER_COLUMNS` already.
    UnwritableFile
        When the answer can't be written.

    Notes
    -----
    Cells that gridmap writes can't start a formula in a spreadsheet; cells of the input are left
    as they are. A row with fewer cells than the widest is padded, so that answers stand in their
    columns; a blank line stays one.
    """
    source, target = Path(csv_in), Path(csv_out)
    if target.exists() and source.exists() and target.samefile(source):
        raise InvalidOption(
            "The answer would overwrite the question.",
            "输出文件与输入文件相同。",
            cure_en="give another path to -o",
            cure_zh="请用 -o 指定其他文件",
        )
    form = inspect_table(source)
    _refuse_answered(form)
    asker = _Asker(release, form, address_column=address_column, datum=datum)
    encoding = "utf-8" if form.encoding == "utf-8-sig" else form.encoding
    records = iter_records(source, form.encoding, form.delimiter)
    done = 0
    with write_atomically(target) as temporary, temporary.open("wb") as out:
        header = next(records)
        out.write(_with_answer(header, list(ANSWER_COLUMNS), form, encoding))
        while chunk := list(itertools.islice(records, CHUNK)):
            for record, cells in zip(chunk, asker.answer_all(chunk), strict=True):
                out.write(_with_answer(record, cells, form, encoding))
            done += sum(record.size > 0 for record in chunk)
            progress("locate", done, form.records)
    progress("locate", done, form.records)
    return asker.counts(form)


def _with_answer(record: Record, cells: list[str], form: TableForm, encoding: str) -> bytes:
    """Return a record's own bytes, the cells that it lacks, and the answer; a blank line as is."""
    if record.size == 0:
        return record.raw + record.end
    padding = form.delimiter * (form.width - record.size)
    answer = padding + form.delimiter + _join(cells, form.delimiter)
    return record.raw + answer.encode(encoding, "replace") + record.end


def _join(cells: Iterable[str], delimiter: str) -> str:
    line = io.StringIO()
    csv.writer(line, delimiter=delimiter, lineterminator="").writerow(cells)
    return line.getvalue()


class _Asker:
    """Answers the records of one table and counts the answers."""

    def __init__(
        self, release: Release, form: TableForm, *, address_column: str | None, datum: str | None
    ) -> None:
        self.release = release
        self.datum = "" if datum is None else datum
        if datum is not None:
            parse_datum(datum)
        self.address = _find_address(form, address_column)
        present = _find_points(form)
        self.points = present if self.datum else None
        self.unused = None if self.datum else present
        if self.address is None and self.points is None:
            raise _no_question(form, self.datum)
        self.header = form.header
        self._locate = lru_cache(maxsize=REMEMBERED)(self._locate_text)
        self._tally = dict.fromkeys(
            ("rows", "auto", "review", "none", "errors", "datum_missing"), 0
        )
        self._points_unused = False

    def counts(self, form: TableForm) -> dict[str, int | str]:
        column = "" if self.address is None else self.header[self.address]
        said = {"encoding": form.encoding, "address_column": column, "datum": self.datum}
        note, note_zh = UNUSED_POINTS if self._points_unused else ("", "")
        return {**self._tally, **said, "note": note, "note_zh": note_zh}

    def answer_all(self, records: list[Record]) -> list[list[str]]:
        """Return the cells that answer each record."""
        spots = self._convert([record.cells or [] for record in records])
        return [
            self._answer(record, spot) if record.size else []
            for record, spot in zip(records, spots, strict=True)
        ]

    def _convert(self, rows: list[list[str]]) -> list[tuple[Converted | None, str]]:
        """Return the point of each row, or why it has none."""
        if self.points is None:
            return [(None, "")] * len(rows)
        texts = [[_cell(row, position).strip() for position in self.points] for row in rows]
        numbers = np.array([[_read_number(text) for text in pair] for pair in texts])
        found = self.release.conversion.convert_many(numbers[:, 0], numbers[:, 1], datum=self.datum)
        return [
            (point, "" if point is not None or not any(pair) else NO_PLACE)
            for point, pair in zip(found, texts, strict=True)
        ]

    def _answer(self, record: Record, spot: tuple[Converted | None, str]) -> list[str]:
        placement, fault, error = self._ask(record, spot)
        self._tally["rows"] += 1
        if placement is None:
            self._tally["errors" if error else "none"] += 1
            cells = [""] * len(ANSWER_COLUMNS)
            cells[0], cells[5:7] = "none", ["none", "none"]
            cells[FAULTS_AT] = fault
            cells[-2:] = [self.release.version, _harmless(error)]
            return cells
        doubted = bool(fault) and FAULTS[fault].review
        decision = "review" if doubted and placement.decision == "auto" else placement.decision
        self._tally[decision] += 1
        return self._cells(placement, decision, fault, error)

    def _miss_datum(self, cells: list[str], placement: Placement | None) -> str:
        """Return the fault of a point that is not used for want of a datum."""
        if self.unused is None or not any(_cell(cells, n).strip() for n in self.unused):
            return ""
        self._points_unused = True
        if placement is not None and placement.decision != "none":
            return ""
        self._tally["datum_missing"] += 1
        return "datum_missing"

    def _ask(
        self, record: Record, spot: tuple[Converted | None, str]
    ) -> tuple[Placement | None, str, str]:
        """Return the placement, an additional fault, and an error in words."""
        if record.cells is None:
            return None, "", "文字编码有误，未读取 The row is no text in the file's encoding."
        placement, error = None, ""
        text = _cell(record.cells, self.address)
        if text.strip():
            placement, error = self._locate(text)
        point, point_error = spot
        at_point = None if point is None else place_point(self.release, point)
        if placement is None or (placement.grid is None and placement.decision == "none"):
            fault = self._miss_datum(record.cells, placement)
            return at_point or placement, fault, "" if at_point else error or point_error
        self._miss_datum(record.cells, placement)
        if at_point is not None and at_point.grid is not None and placement.grid is not None:
            same = at_point.grid.grid_id == placement.grid.grid_id
            agree = same or at_point.status == "boundary"
            return placement, "" if agree else "point_contradicts", point_error
        return placement, "", point_error

    def _locate_text(self, text: str) -> tuple[Placement | None, str]:
        try:
            return locate_address(self.release, text), ""
        except InvalidOption as problem:
            return None, _words(problem)

    def _cells(self, placement: Placement, decision: str, fault: str, error: str) -> list[str]:
        grid = placement.grid
        named = [""] * 4 if grid is None else [grid.grid_id, grid.code, grid.name, grid.kind]
        ids = (candidate.grid.grid_id for candidate in placement.candidates)
        faults = (*placement.faults, *([fault] if fault else []))
        texts = (
            decision,
            *named,
            "low" if fault and FAULTS[fault].review else placement.confidence,
            placement.status,
            placement.level,
            placement.standard,
            ";".join(ids),
            ";".join(faults),
        )
        numbers = (placement.lon, placement.lat, placement.margin_m)
        return [
            *(_harmless(text) for text in texts),
            *(_written(number) for number in numbers),
            self.release.version,
            _harmless(error),
        ]


def _refuse_answered(form: TableForm) -> None:
    """Refuse a table that would get a second column of one name; no input column is dropped."""
    taken = {name.casefold() for name in ANSWER_COLUMNS}
    present = [cell.strip() for cell in form.header if cell.strip().casefold() in taken]
    if present:
        shown = ", ".join(present)
        raise InvalidOption(
            f"The table holds an answer already; it has the columns: {shown}.",
            f"表中已有查询结果列：{'、'.join(present)}。",
            cure_en="give the table as it was before, or rename or remove these columns",
            cure_zh="请使用未含查询结果的原表，或将这些列改名、删除",
        )


def _read_number(text: str) -> float:
    """Read a coordinate; NaN where it is none."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def _cell(cells: list[str], position: int | None) -> str:
    return cells[position] if position is not None and position < len(cells) else ""


def _written(number: float | None) -> str:
    """Write a number without an exponent and without trailing zeros."""
    return "" if number is None else f"{number:.8f}".rstrip("0").rstrip(".")


def _words(problem: GridmapError) -> str:
    return f"{problem.zh} {problem.en}"


def _harmless(text: str) -> str:
    """Keep a text from being run as a formula by a spreadsheet, or from breaking a line."""
    text = text.replace("\r", " ").replace("\n", " ")
    return "'" + text if text.startswith(_FORMULA_STARTS) else text


def _find_address(form: TableForm, named: str | None) -> int | None:
    if named is not None:
        if named not in form.header:
            shown = ", ".join(form.header[:20])
            raise UnknownName(
                f"The table has no column {named!r}; it has: {shown}.",
                f"表中没有列 {named!r}；现有列：{shown}。",
                cure_en="--address-column HEADER",
                cure_zh="--address-column 列名",
            )
        return form.header.index(named)
    folded = [fold_name(cell) for cell in form.header]
    for name in ADDRESS_NAMES:
        if fold_name(name) in folded:
            return folded.index(fold_name(name))
    return None


def _find_points(form: TableForm) -> tuple[int, int] | None:
    folded = [fold_name(cell) for cell in form.header]
    found = []
    for names in (LON_NAMES, LAT_NAMES):
        present = [folded.index(fold_name(n)) for n in names if fold_name(n) in folded]
        if not present:
            return None
        found.append(present[0])
    return found[0], found[1]


def _no_question(form: TableForm, datum: str) -> InvalidOption:
    shown = ", ".join(form.header[:20])
    points = not datum and _find_points(form) is not None
    return InvalidOption(
        f"The table has no address column; its columns are: {shown}."
        + (" Its points need a declared datum." if points else ""),
        f"表中没有地址列；现有列：{shown}。" + ("其坐标列须声明坐标系。" if points else ""),
        cure_en="--datum gcj02|bd09|cgcs2000|wgs84|EPSG:n" if points else "--address-column HEADER",
        cure_zh="--datum gcj02|bd09|cgcs2000|wgs84|EPSG:n" if points else "--address-column 列名",
    )
