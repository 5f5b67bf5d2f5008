"""Vector files through GDAL: which layers they have, and their rows."""

from __future__ import annotations

import sqlite3
import warnings
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from gridmap.findings import Finding, FindingKind
from gridmap.sources.encodings import shapefile_encoding
from gridmap.sources.formats import READER_ERRORS, REFUSED_FORMAT, UNREADABLE, reason_words
from gridmap.sources.layers import LayerInfo, RawLayer

if TYPE_CHECKING:
    import pandas as pd

    from gridmap.sources.discovering import FoundFile

MAX_LAYERS = 500
"""Layers of one file that are looked at, the rest is said; gridmap's own default."""
PLAN_LAYERS = frozenset({"grids", "units", "members", "findings", "about"})
"""A GeoPackage with all of these is a plan of gridmap (DESIGN.md section 3): a result, no input."""

PLAN_SKIPPED = FindingKind(
    "plan_skipped",
    "info",
    en="{places} is a plan that gridmap wrote, not an input; it was not read.",
    zh="{places} 是 gridmap 写出的方案文件，不是输入数据，未读取。",
    cure_en="Keep plans in another folder than their input.",
    cure_zh="请把方案文件与输入数据分开存放。",
)
LAYERS_LEFT_OUT = FindingKind(
    "layers_left_out",
    "warning",
    en="{places} holds {many} layers; only the first {most} were looked at.",
    zh="{places} 有 {many} 个图层，仅查看了前 {most} 个。",
    cure_en="Export the layers that are needed into a file of their own.",
    cure_zh="请将需要的图层另存为单独的文件。",
)
READER_REMARK = FindingKind(
    "reader_remark",
    "warning",
    en="Reading {places} gave {count} remark(s) of GDAL: {remark}",
    zh="读取 {places} 时 GDAL 给出 {count} 条提示：{remark}",
    cure_en="Look at the layer in GIS software, and export it again if something is missing.",
    cure_zh="请在 GIS 软件中查看该图层，如有缺失请重新导出。",
)
CURVES_LINEARISED = FindingKind(
    "curves_linearised",
    "info",
    en="The {count} row(s) of {places} may hold arcs; they were turned into short straight lines.",
    zh="{places} 的 {count} 条记录可能含圆弧，已转为短折线。",
    cure_en="Nothing to do; neighbours that share an arc in this layer stay neighbours.",
    cure_zh="无须处理；同一图层内共用圆弧的相邻要素仍然相邻。",
)
OPEN_ELSEWHERE = FindingKind(
    "file_open_elsewhere",
    "warning",
    en="{places} has changes that another program has not finished writing; they were read too.",
    zh="{places} 有其他程序尚未写完的改动，已一并读取。",
    cure_en="Close it there (for example in QGIS) and read again, so that its hash fits its data.",
    cure_zh="请在该程序（如 QGIS）中关闭文件后重新读取，以使文件哈希与数据一致。",
)
FINDING_KINDS = (PLAN_SKIPPED, LAYERS_LEFT_OUT, READER_REMARK, CURVES_LINEARISED, OPEN_ELSEWHERE)

BYTES_AS_LETTERS = "ISO-8859-1"
"""A codec that gives every byte a letter, so that bytes come back unchanged."""

_SAFE_MODULES = ("rtree", "fts3", "fts4", "fts5")


def list_layers(file: FoundFile) -> tuple[list[LayerInfo], list[Finding]]:
    """List the layers of a vector file without reading their rows.

    Parameters
    ----------
    file
        A file whose content was found to be of a known format.

    Returns
    -------
    tuple
        The layers in the file's order, and findings (an unreadable file, a detected encoding).
    """
    import pyogrio

    codec, note = "", ""
    findings: list[Finding] = []
    try:
        if file.form.name == "Shapefile":
            codec, note, said = shapefile_encoding(file.path, file.name)
            findings += said
        if _unfinished(file):
            findings.append(OPEN_ELSEWHERE.found([file.name]))
        if file.form.name == "GeoPackage" and (foreign := _foreign_tables(file)):
            return [], [REFUSED_FORMAT.found([file.name], **reason_words(foreign))]
        with warnings.catch_warnings(record=True) as remarks:
            warnings.simplefilter("always")
            names = [str(row[0]) for row in pyogrio.list_layers(file.path)]
            if set(names) >= PLAN_LAYERS:
                return [], [PLAN_SKIPPED.found([file.name])]
            if len(names) > MAX_LAYERS:
                findings.append(
                    LAYERS_LEFT_OUT.found([file.name], many=len(names), most=MAX_LAYERS)
                )
                names = names[:MAX_LAYERS]
            infos = [_describe(file, name, codec, note) for name in names]
    except READER_ERRORS as problem:
        return [], [UNREADABLE.found([file.name], **reason_words(_reason(problem, file)))]
    if None in infos:
        other = "another driver than that of its format opened it"
        return [], [REFUSED_FORMAT.found([file.name], **reason_words(other))]
    findings += _say_remarks(remarks, file.name)
    return [info for info in infos if info is not None], findings


def _describe(file: FoundFile, layer: str, codec: str, note: str) -> LayerInfo | None:
    import pyogrio

    options = _open_options(file)
    try:
        found = pyogrio.read_info(file.path, layer=layer, encoding=codec or None, **options)
        headers = tuple(str(name) for name in found["fields"])
    except UnicodeDecodeError:
        found = pyogrio.read_info(file.path, layer=layer, encoding=BYTES_AS_LETTERS, **options)
        headers = tuple(decode_letters(str(name), codec) for name in found["fields"])
    if found["driver"] not in file.form.drivers:
        return None
    return LayerInfo(
        file=file,
        layer=layer,
        headers=headers,
        shape=_shape(found["geometry_type"]),
        geometry_type=str(found["geometry_type"] or ""),
        crs=_open_crs(found["crs"]),
        codec=codec,
        encoding=note,
    )


def _open_options(file: FoundFile) -> dict[str, str]:
    """Return what keeps GDAL from fetching, and from writing beside the file."""
    if file.form.name == "GML":
        return {"DOWNLOAD_SCHEMA": "NO"}
    if file.form.name == "GeoPackage" and not _unfinished(file):
        return {"IMMUTABLE": "YES"}
    return {}


def _unfinished(file: FoundFile) -> bool:
    """Tell whether a GeoPackage has a write-ahead log with changes in it."""
    log = file.path.with_name(file.path.name + "-wal")
    return file.form.name == "GeoPackage" and log.is_file() and log.stat().st_size > 0


def _shape(geometry_type: str | None) -> str:
    """Return polygon, line, point, ``none`` (no geometry) or ``""`` (mixed)."""
    if geometry_type is None:
        return "none"
    name = geometry_type.lower()
    for shape, marks in (
        ("polygon", ("polygon", "surface", "tin")),
        ("line", ("line", "curve")),
        ("point", ("point",)),
    ):
        if any(mark in name for mark in marks):
            return shape
    return ""


def _open_crs(text: str | None) -> CRS | None:
    if not text:
        return None
    try:
        crs = CRS.from_user_input(text)
    except CRSError:
        return None
    # a GeoPackage says 'Undefined geographic SRS' where nobody declared one
    unknown = crs.is_engineering or crs.geodetic_crs is None
    return None if unknown or crs.name.casefold().startswith(("undefined", "unknown crs")) else crs


def _foreign_tables(file: FoundFile) -> str:
    """Say whether a GeoPackage has virtual tables that could open other files."""
    rows = _ask_geopackage(
        file, "SELECT lower(sql) FROM sqlite_master WHERE sql LIKE 'create virtual table%'"
    )
    modules = [sql.split(" using ", 1)[-1].strip().split("(")[0].strip() for sql in rows]
    foreign = sorted({name for name in modules if name not in _SAFE_MODULES})
    return f"it has virtual tables of kind {', '.join(foreign)}" if foreign else ""


def _has_arcs(info: LayerInfo) -> bool:
    """Tell whether a GeoPackage declares curves for a layer (pyogrio calls them polygons)."""
    if info.file.form.name != "GeoPackage":
        return False
    rows = _ask_geopackage(
        info.file,
        "SELECT lower(geometry_type_name) FROM gpkg_geometry_columns WHERE table_name = ?",
        info.layer,
    )
    return any(word in row for row in rows for word in ("curve", "surface", "circular"))


def _ask_geopackage(file: FoundFile, query: str, *values: str) -> list[str]:
    """Return the first column of a query's rows, as texts."""
    mode = "mode=ro" if _unfinished(file) else "mode=ro&immutable=1"
    connection = sqlite3.connect(f"{file.path.as_uri()}?{mode}", uri=True)
    try:
        return [str(row[0]) for row in connection.execute(query, values).fetchall()]
    except sqlite3.DatabaseError as problem:
        raise ValueError(f"the database is damaged: {problem}") from problem
    finally:
        connection.close()


def read_vector(info: LayerInfo, columns: list[str]) -> RawLayer:
    """Read the rows of one layer.

    Parameters
    ----------
    info
        As `list_layers` gives it.
    columns
        Headers to read; others stay in the file.

    Returns
    -------
    RawLayer
        Rows in the file's order; the same with and without pyarrow.

    Raises
    ------
    OSError, ValueError
        When GDAL can't read the rows.
    """
    with warnings.catch_warnings(record=True) as remarks:
        warnings.simplefilter("always")
        frame, geometry = _read_rows(info, columns)
    said = list(_say_remarks(remarks, info.place))
    if _has_arcs(info):
        said.append(CURVES_LINEARISED.found([info.place], count=len(frame)))
    return RawLayer(info, frame, geometry, findings=tuple(said))


def _say_remarks(remarks: list[warnings.WarningMessage], place: str) -> tuple[Finding, ...]:
    texts = sorted({str(remark.message)[:200] for remark in remarks if _is_remark(remark)})
    if not texts:
        return ()
    return (READER_REMARK.found([place], count=len(texts), remark="; ".join(texts[:3])),)


def _is_remark(remark: warnings.WarningMessage) -> bool:
    return not issubclass(remark.category, (DeprecationWarning, PendingDeprecationWarning))


def _read_rows(info: LayerInfo, columns: list[str]) -> tuple[pd.DataFrame, Any]:
    import pyogrio

    options: dict[str, Any] = {
        "layer": info.layer,
        "columns": columns,
        "encoding": info.codec or None,
        "datetime_as_string": True,
        **_open_options(info.file),
    }
    if find_spec("pyarrow") is not None and not info.codec:
        try:
            return _read_arrow(info, options)
        except (pyogrio.errors.DataSourceError, NotImplementedError):
            # curves, and drivers without a stream of columns: read row by row
            pass
    try:
        return _read_plain(info, options)
    except UnicodeDecodeError:
        return _read_letters(info, options)


def _read_letters(info: LayerInfo, options: dict[str, Any]) -> tuple[pd.DataFrame, Any]:
    """Read a Shapefile with headers or values cut in the middle of a character."""
    import pandas as pd
    import pyogrio

    everything = {**options, "encoding": BYTES_AS_LETTERS, "columns": None}
    meta, _, wkb, fields = pyogrio.raw.read(info.file.path, **everything)
    rows = len(fields[0]) if fields else 0
    columns: dict[str, Any] = {}
    for name, values in zip(meta["fields"], fields, strict=True):
        header = decode_letters(str(name), info.codec)
        if header in options["columns"]:
            columns[header] = [
                decode_letters(value, info.codec) if isinstance(value, str) else value
                for value in values
            ]
    frame = pd.DataFrame(columns, index=pd.RangeIndex(rows))
    return frame[[name for name in options["columns"] if name in frame]], _geometries(wkb, rows)


def decode_letters(text: str, codec: str) -> str:
    """Decode text that was read byte by byte; a character cut at the end is left out.

    Examples
    --------
    >>> decode_letters("社区代码".encode()[:10].decode("latin-1"), "utf-8")
    '社区代'
    """
    return text.encode(BYTES_AS_LETTERS, "ignore").decode(codec or "utf-8", "ignore")


def _read_plain(info: LayerInfo, options: dict[str, Any]) -> tuple[pd.DataFrame, Any]:
    import pandas as pd
    import pyogrio

    meta, _, wkb, fields = pyogrio.raw.read(info.file.path, **options)
    rows = len(fields[0]) if fields else (0 if wkb is None else len(wkb))
    names = [str(name) for name in meta["fields"]]
    frame = pd.DataFrame(dict(zip(names, fields, strict=True)), index=pd.RangeIndex(rows))
    return frame[[name for name in options["columns"] if name in frame]], _geometries(wkb, rows)


def _read_arrow(info: LayerInfo, options: dict[str, Any]) -> tuple[pd.DataFrame, Any]:
    import pyogrio

    meta, table = pyogrio.raw.read_arrow(info.file.path, **options)
    name = meta["geometry_name"] or "wkb_geometry"
    wkb = None
    if name in table.column_names and name not in options["columns"]:
        wkb = table.column(name).to_numpy()
        table = table.drop_columns([name])
    kept = [header for header in options["columns"] if header in table.column_names]
    # Arrow hands damaged text on unread; whoever looks at it later would stumble
    table.validate(full=True)
    # without columns a frame would forget how many rows there are
    frame = table.select(kept).to_pandas().reindex(range(len(table)))
    return frame, _geometries(wkb, len(table))


def _geometries(wkb: Any, rows: int) -> Any:
    """Build geometries; a row whose geometry can't be built has none (said by `broken_rows`)."""
    if wkb is None:
        return np.full(rows, None, dtype=object)
    made = shapely.from_wkb(np.asarray(wkb, dtype=object), on_invalid="ignore")
    return np.asarray(made, dtype=object).reshape(rows)


def _reason(problem: Exception, file: FoundFile) -> str:
    """Return a reader's complaint without the machine's folders, on one line."""
    text = " ".join(str(problem).replace(str(file.path), file.name).split())
    return text.replace(str(file.path.parent), "")[:200].rstrip(".")
