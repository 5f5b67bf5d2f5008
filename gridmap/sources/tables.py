"""Tables with coordinates: CSV, XLSX and Parquet, a row a point."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np

from gridmap.errors import MissingExtra
from gridmap.findings import Finding, FindingKind
from gridmap.schemas import LAT_NAMES, LON_NAMES, ROLES, fold_name
from gridmap.sources.encodings import text_encoding
from gridmap.sources.formats import READER_ERRORS, UNREADABLE, reason_words
from gridmap.sources.layers import LayerInfo, RawLayer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from gridmap.sources.discovering import FoundFile

MAX_FIELD_CHARACTERS = 20_000
MAX_COLUMNS = 2_000
MAX_SHEET_BYTES = 1_000_000_000
MAX_SHEET_RATIO = 300
"""Limits against broken and hostile tables (gridmap's own defaults): characters in one field,
columns, bytes of an XLSX file once unpacked, and how often those exceed the packed ones."""

_HEADER_BYTES = 4_000_000
HEADER_ROWS = 10
TELLING_HEADERS = 2
"""Rows in which headers are looked for, and how many known ones tell them; own defaults."""
KNOWN_HEADERS = frozenset(
    fold_name(name)
    for role in ROLES.values()
    for column in role.columns
    for name in (column.name, *column.aliases)
) | frozenset(map(fold_name, (*LON_NAMES, *LAT_NAMES)))

FIELD_TOO_LONG = FindingKind(
    "field_too_long",
    "error",
    en="{places} holds a field of more than {limit} characters; it is not read.",
    zh="{places} 中有超过 {limit} 个字符的字段，未读取。",
    cure_en="Look for a missing quotation mark, or remove the column.",
    cure_zh="请检查引号是否缺失，或删除该列。",
)
HEADER_FOUND = FindingKind(
    "header_row_found",
    "info",
    en="The headers of {places} stand in row {row}; the rows above were taken for a title.",
    zh="{places} 的表头在第 {row} 行，其上的行视为标题，未读取。",
    cure_en="If that is wrong, delete the rows above the headers.",
    cure_zh="若有误，请删除表头以上的行。",
)
FINDING_KINDS = (FIELD_TOO_LONG, HEADER_FOUND)


class _TableTrouble(ValueError):
    """A table breaks a limit; the text says which."""


def list_table(file: FoundFile) -> tuple[list[LayerInfo], list[Finding]]:
    """List the sheets of a table with their headers and coordinate columns.

    Parameters
    ----------
    file
        A CSV, XLSX or Parquet file.

    Returns
    -------
    tuple
        One layer for CSV, one for each sheet of XLSX; and findings.

    Raises
    ------
    MissingExtra
        When the packages for XLSX or Parquet are not installed.
    """
    listed, findings = _list(file, KNOWN_HEADERS)
    return listed, findings if not listed or any(info.lon for info in listed) else []


def list_texts(file: FoundFile, known: frozenset[str]) -> tuple[list[LayerInfo], list[Finding]]:
    """List the sheets of a table that needs no coordinates: a roster.

    Parameters
    ----------
    file
        A CSV, XLSX or Parquet file.
    known
        Folded headers (`gridmap.schemas.fold_name`) by which the row of headers is told from a
        title above it.

    Returns
    -------
    tuple
        As of `list_table`.

    Raises
    ------
    MissingExtra
        When the packages for XLSX or Parquet are not installed.
    """
    return _list(file, known)


def _list(file: FoundFile, known: frozenset[str]) -> tuple[list[LayerInfo], list[Finding]]:
    try:
        if file.form.family == "sheet":
            return _list_sheets(file, known), []
        if file.form.family == "parquet":
            return [_list_parquet(file)], []
        return _list_csv(file, known)
    except (*READER_ERRORS, csv.Error) as problem:
        reason = " ".join(str(problem).replace(str(file.path), file.name).split())[:200]
        return [], [UNREADABLE.found([file.name], **reason_words(reason.rstrip(".")))]


def _info(file: FoundFile, layer: str, headers: list[str], **details: Any) -> LayerInfo:
    if len(headers) > MAX_COLUMNS:
        raise _TableTrouble(f"it has more than {MAX_COLUMNS} columns")
    lon, lat = find_coordinates(headers)
    return LayerInfo(
        file=file,
        layer=layer,
        headers=tuple(headers),
        shape="point" if lon and lat else "none",
        lon=lon,
        lat=lat,
        **details,
    )


def find_coordinates(headers: list[str]) -> tuple[str, str]:
    """Find the headers of longitude (or easting) and latitude (or northing).

    Parameters
    ----------
    headers
        As they stand in the file.

    Returns
    -------
    tuple of str
        ``("", "")`` unless both are there.

    Examples
    --------
    >>> find_coordinates(["户号", "经度", "纬度"])
    ('经度', '纬度')
    >>> find_coordinates(["name", "lon"])
    ('', '')
    """
    folded = {fold_name(header): header for header in reversed(headers)}
    for lon_name, lat_name in zip(LON_NAMES, LAT_NAMES, strict=True):
        lon, lat = folded.get(fold_name(lon_name)), folded.get(fold_name(lat_name))
        if lon is not None and lat is not None:
            return lon, lat
    lon = next((folded[n] for n in map(fold_name, LON_NAMES) if n in folded), "")
    lat = next((folded[n] for n in map(fold_name, LAT_NAMES) if n in folded), "")
    return (lon, lat) if lon and lat else ("", "")


def read_table(info: LayerInfo, columns: list[str]) -> RawLayer:
    """Read the rows of one table, every value as text.

    Parameters
    ----------
    info
        As `list_table` gives it, with ``lon`` and ``lat`` known.
    columns
        Headers to read besides the coordinates.

    Returns
    -------
    RawLayer
        Rows in the file's order; ``x`` and ``y`` NaN where a row has no coordinates.

    Raises
    ------
    OSError, ValueError
        When the file is damaged or breaks a limit.
    """
    frame, findings = read_texts(info, [*columns, info.lon, info.lat])
    x, y = _numbers(frame[info.lon]), _numbers(frame[info.lat])
    return RawLayer(info, frame[columns], x=x, y=y, findings=findings)


def read_texts(info: LayerInfo, columns: Sequence[str]) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """Read columns of one table as texts; those of coordinates of a CSV file as numbers.

    Parameters
    ----------
    info
        As `list_table` or `list_texts` gives it.
    columns
        Headers to read; no other is looked at.

    Returns
    -------
    tuple
        Rows in the file's order, columns in that of its headers; without rows, and with a finding,
        where a field is longer than `MAX_FIELD_CHARACTERS`.

    Raises
    ------
    OSError, ValueError
        When the file is damaged or breaks a limit.
    """
    wanted = [name for name in info.headers if name in set(columns)]
    if info.file.form.family == "sheet":
        frame = _read_sheet(info, wanted)
    elif info.file.form.family == "parquet":
        frame = _read_parquet_columns(info.file.path, wanted)
    else:
        frame = _read_csv(info, wanted)
    if _longest(frame) > MAX_FIELD_CHARACTERS:
        finding = FIELD_TOO_LONG.found([info.place], limit=MAX_FIELD_CHARACTERS)
        return frame.iloc[:0], (finding,)
    return frame, ()


def _numbers(column: pd.Series[Any]) -> np.ndarray[Any, np.dtype[np.float64]]:
    import pandas as pd

    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.isfinite(values), values, np.nan)


def _longest(frame: pd.DataFrame) -> int:
    """Return the length of the longest text in a frame, in characters."""
    longest = 0
    for name in frame.columns:
        if frame[name].dtype.kind not in "ifb":
            lengths = frame[name].astype("str").str.len()
            longest = max(longest, int(lengths.max()) if len(lengths) else 0)
    return longest


def _list_csv(file: FoundFile, known: frozenset[str]) -> tuple[list[LayerInfo], list[Finding]]:
    with file.path.open("rb") as stream:
        head = stream.read(_HEADER_BYTES)
    encoding = text_encoding(head, file.name)
    text = head.decode(encoding.codec, "replace").lstrip("\ufeff")
    lines = text.split("\n", HEADER_ROWS)[:HEADER_ROWS]
    if len(lines[0]) > MAX_FIELD_CHARACTERS:
        return [], [FIELD_TOO_LONG.found([file.name], limit=MAX_FIELD_CHARACTERS)]
    skipped = find_header_row([_split_line(line) for line in lines], known)
    headers = _unique(_split_line(lines[skipped]))
    info = _info(
        file,
        file.path.stem,
        headers,
        codec=encoding.codec,
        encoding=encoding.note,
        skipped=skipped,
    )
    return [info], list(encoding.findings)


def _split_line(line: str) -> list[str]:
    if len(line) > MAX_FIELD_CHARACTERS:
        return []
    cells = next(csv.reader([line.rstrip("\r")], delimiter=_delimiter(line)), [])
    return [cell.strip() for cell in cells]


def find_header_row(rows: Sequence[Sequence[str]], headers: frozenset[str] = KNOWN_HEADERS) -> int:
    """Find the row of headers below a title, as tables made for printing have one.

    Parameters
    ----------
    rows
        The first rows of a table, at most `HEADER_ROWS`.
    headers
        Folded names that are known as headers.

    Returns
    -------
    int
        0, unless the first row has no more than one cell that is filled, or none that is known,
        and a later row has two headers that are known.

    Examples
    --------
    >>> find_header_row([["住户信息表", ""], ["户号", "经度", "纬度"], ["1", "113.1", "23"]])
    1
    >>> find_header_row([["id", "lon", "lat"], ["1", "113.1", "23"]])
    0
    """
    known = [sum(fold_name(cell) in headers for cell in row) for row in rows]
    if not rows or (known[0] > 0 and sum(bool(cell) for cell in rows[0]) > 1):
        return 0
    return next((place for place, count in enumerate(known) if count >= TELLING_HEADERS), 0)


def _delimiter(line: str) -> str:
    return max(",\t;|", key=lambda mark: (line.count(mark), mark == ","))


def _unique(headers: list[str]) -> list[str]:
    """Give a repeated or empty header a number, as spreadsheet programs do."""
    seen: dict[str, int] = {}
    names = []
    for header in headers:
        name = header or "column"
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}.{seen[name] - 1}")
    return names


def _read_csv(info: LayerInfo, wanted: list[str]) -> pd.DataFrame:
    import pandas as pd

    data = info.file.path.read_bytes()
    # a decoding error far down the file is worth a clear message rather than a replaced letter
    text = data.decode(info.codec, "strict" if info.codec != "cp1252" else "replace")
    text = text.lstrip("\ufeff").replace("\0", "")
    del data
    for _ in range(info.skipped):
        text = text.partition("\n")[2]
    first, _, rest = text.partition("\n")
    del text
    mark = _delimiter(first)
    beyond = "\0beyond"
    header = io.StringIO()
    csv.writer(header, delimiter=mark, lineterminator="\n").writerow([*info.headers, beyond])
    frame = pd.read_csv(
        io.StringIO(header.getvalue() + rest),
        sep=mark,
        usecols=[*wanted, beyond],
        dtype={name: "str" for name in [*wanted, beyond] if name not in (info.lon, info.lat)},
        keep_default_na=False,
        na_values={info.lon: _EMPTY, info.lat: _EMPTY},
        on_bad_lines="error",
        index_col=False,
    )
    # pandas cuts a row with too many fields without a word: an unquoted comma in an address
    ragged = np.flatnonzero(frame.pop(beyond).fillna("").str.strip() != "")
    if len(ragged):
        raise _TableTrouble(
            f"{len(ragged)} row(s) have more fields than the header, the first is row "
            f"{int(ragged[0]) + 1}"
        )
    return frame


_EMPTY = ["", "NA", "NULL", "null", "None", "nan", "NaN", "无", "-"]


def _list_sheets(file: FoundFile, known: frozenset[str]) -> list[LayerInfo]:
    _check_sheet_size(file.path)
    book = _open_book(file.path)
    try:
        infos = []
        for sheet in book.worksheets:
            sheet.reset_dimensions()
            rows = [
                _cells_of(row) for row in sheet.iter_rows(max_row=HEADER_ROWS, values_only=True)
            ]
            skipped = find_header_row(rows, known)
            headers = _unique(rows[skipped]) if rows else []
            if headers:
                layer = sheet.title if len(book.worksheets) > 1 else file.path.stem
                infos.append(_info(file, layer, headers, skipped=skipped))
        return infos
    finally:
        book.close()


def _cells_of(row: Sequence[object]) -> list[str]:
    """Return a row's cells as texts, without the empty ones behind the last."""
    cells = [_cell_text(cell).strip() for cell in row[: MAX_COLUMNS + 1]]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _check_sheet_size(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        size = sum(item.file_size for item in archive.infolist())
    if size > min(MAX_SHEET_BYTES, max(path.stat().st_size * MAX_SHEET_RATIO, 1 << 20)):
        raise _TableTrouble(f"it unpacks to {size} bytes, which is too many")


def _open_book(path: Path) -> Any:
    try:
        import openpyxl
    except ImportError as missing:
        raise MissingExtra(
            "Reading XLSX needs the extra 'tables'.",
            "读取 XLSX 需要安装可选组件 tables。",
            cure_en="pip install 'gridmap-planner[tables]', or save the sheet as CSV",
            cure_zh="pip install 'gridmap-planner[tables]'，或另存为 CSV",
        ) from missing
    return openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)


def _read_sheet(info: LayerInfo, wanted: list[str]) -> pd.DataFrame:
    import pandas as pd

    book = _open_book(info.file.path)
    try:
        sheets = {sheet.title: sheet for sheet in book.worksheets}
        sheet = sheets.get(info.layer, book.worksheets[0])
        sheet.reset_dimensions()
        places = [info.headers.index(name) for name in wanted]
        columns: list[list[str]] = [[] for _ in wanted]
        for row in sheet.iter_rows(
            min_row=2 + info.skipped, max_col=len(info.headers), values_only=True
        ):
            if any(cell is not None for cell in row):
                for values, place in zip(columns, places, strict=True):
                    values.append(_cell_text(row[place]) if place < len(row) else "")
    finally:
        book.close()
    return pd.DataFrame(dict(zip(wanted, columns, strict=True)), dtype="str")


def _cell_text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _list_parquet(file: FoundFile) -> LayerInfo:
    parquet = _parquet_module()
    schema = parquet.read_schema(file.path)
    geometry = "geometry" if b"geo" in (schema.metadata or {}) else ""
    headers = [name for name in schema.names if not name.startswith("__index")]
    info = _info(file, file.path.stem, headers)
    if not geometry:
        return info
    return _list_geoparquet(file, headers)


def _list_geoparquet(file: FoundFile, headers: list[str]) -> LayerInfo:
    import json

    from pyproj import CRS

    schema = _parquet_module().read_schema(file.path)
    about = json.loads(schema.metadata[b"geo"])
    main = str(about["primary_column"])
    column = about["columns"][main]
    types = " ".join(column.get("geometry_types", [])).lower()
    shapes = [shape for shape in ("polygon", "line", "point") if shape in types]
    declared = column.get("crs", "OGC:CRS84")
    others = set(about["columns"])
    return LayerInfo(
        file=file,
        layer=file.path.stem,
        headers=tuple(name for name in headers if name not in others),
        shape=shapes[0] if len(shapes) == 1 else "",
        geometry_type=main,
        crs=None if declared is None else CRS.from_user_input(declared),
        encoding="utf-8",
    )


def read_geoparquet(info: LayerInfo, columns: list[str]) -> RawLayer:
    """Read the rows of a GeoParquet file.

    Parameters
    ----------
    info
        As `list_table` gives it, with the geometry column's name as ``geometry_type``.
    columns
        Headers to read.

    Raises
    ------
    OSError, ValueError
        When the file is damaged.
    """
    import shapely

    frame = _read_parquet_columns(info.file.path, [*columns, info.geometry_type])
    wkb = frame[info.geometry_type].to_numpy(dtype=object)
    wkb = np.array([item if isinstance(item, bytes) else None for item in wkb], dtype=object)
    made = np.asarray(shapely.from_wkb(wkb, on_invalid="ignore"), dtype=object)
    return RawLayer(info, frame[columns], made.reshape(len(frame)))


def _read_parquet_columns(path: Path, wanted: list[str]) -> pd.DataFrame:
    table = _parquet_module().read_table(path, columns=wanted)
    frame: pd.DataFrame = table.to_pandas(ignore_metadata=True)
    return frame


def _parquet_module() -> Any:
    try:
        import pyarrow.parquet
    except ImportError as missing:
        raise MissingExtra(
            "Reading Parquet needs the extra 'parquet'.",
            "读取 Parquet 需要安装可选组件 parquet。",
            cure_en="pip install 'gridmap-planner[parquet]', or save the layer as GeoPackage",
            cure_zh="pip install 'gridmap-planner[parquet]'，或另存为 GeoPackage",
        ) from missing
    return pyarrow.parquet
