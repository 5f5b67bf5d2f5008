"""Which files are opened, decided by their first bytes before any reader sees them.

The list is closed. A file is opened only when its ending *and* its content are those of one
format here, so that a VRT, which makes GDAL open other files and addresses, is refused however it
is named; and the driver that opened it is compared with the one expected. Nothing is opened
through a network or archive file system of GDAL.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from gridmap.findings import FindingKind

if TYPE_CHECKING:
    from pathlib import Path

Family = Literal["vector", "table", "sheet", "parquet", "osm", "archive"]

SNIFFED_BYTES = 65_536
FORBIDDEN_MARKS = (
    b"<ogrvrtdatasource",
    b"<vrtdataset",
    b"<ogrwfsdatasource",
    b"<ogroapifdatasource",
    b"<gdal_wms",
    b"gdal_streamed_alg",
    b"gdalg",
)
"""Marks by which GDAL drivers that open other files or addresses know their own; a text file that
holds one in its first `SNIFFED_BYTES` is refused."""

READER_ERRORS = (
    OSError,
    ValueError,
    RuntimeError,
    MemoryError,
    KeyError,
    IndexError,
    EOFError,
    SyntaxError,
    struct.error,
    zlib.error,
    zipfile.BadZipFile,
)
"""What the readers of GDAL, Arrow, pandas, openpyxl and the XML and ZIP modules raise on damaged
files (a broken XML file is a SyntaxError, a GDAL error a RuntimeError)."""

UNREADABLE = FindingKind(
    "unreadable_file",
    "error",
    en="{count} file(s) can't be read: {places}: {problem}.",
    zh="{count} 个文件无法读取：{places}：{problem_zh}。",
    cure_en="Export the data again, as GeoPackage or Shapefile with all its side files.",
    cure_zh="请重新导出数据（GeoPackage，或带全部附属文件的 Shapefile）。",
)
REFUSED_FORMAT = FindingKind(
    "format_refused",
    "error",
    en="{places} is not opened: {problem}.",
    zh="不打开 {places}：{problem_zh}。",
    cure_en="Save the layer itself in GIS software as GeoPackage (.gpkg), and give that file.",
    cure_zh="请在 GIS 软件中把图层本身另存为 GeoPackage（.gpkg）后再读入。",
)
SKIPPED_FILE = FindingKind(
    "file_skipped",
    "info",
    en="{count} file(s) in the folder are no map data that gridmap reads: {places}.",
    zh="文件夹中有 {count} 个文件不是可读取的地图数据：{places}。",
    cure_en="Nothing to do, unless one of them should be read: then name it on its own.",
    cure_zh="一般无须处理；若其中有需要读取的文件，请单独指定。",
)
FINDING_KINDS = (UNREADABLE, REFUSED_FORMAT, SKIPPED_FILE)

_REASONS = tuple(
    (re.compile(pattern), chinese)
    for pattern, chinese in (
        (r"files ending in '?(.*?)'? are not known.*", r"不支持以 \1 结尾的文件"),
        (r"the folder holds no geodatabase tables", "文件夹中没有地理数据库的表"),
        (r"the file is empty", "文件为空"),
        (r"it is a list of other data sources.*", "它只是指向其他数据源的列表（如 VRT），不是数据"),
        (r"its content is not that of a (.*) file", r"内容不是 \1 格式"),
        (r"it is an SQLite database but not a GeoPackage", "它是 SQLite 数据库，但不是 GeoPackage"),
        (r"it is a seamless table.*", "它是指向其他文件的拼接表"),
        (r"its content is not text", "内容不是文字"),
        (r"it has virtual tables of kind (.*)", r"其中有 \1 类虚拟表"),
        (r"another driver than .*", "打开它的驱动程序与其格式不符"),
        (r"it holds more than (\d+) files", r"其中的文件超过 \1 个"),
        (r"it holds another archive", "其中还有压缩包"),
        (r"it holds two files named (.*)", r"其中有两个名为 \1 的文件"),
        (r"it unpacks to (?:more than )?(\d+) bytes.*", r"解压后达 \1 字节，过大"),
        (r"it is encrypted.*|.*encrypted.*", "文件已加密"),
        (r"it has more than (\d+) columns", r"列数超过 \1"),
        (
            r"(\d+) row\(s\) have more fields than the header, the first is row (\d+)",
            r"\1 条记录的字段数多于表头，最先出现在第 \2 条",
        ),
        (r"'([\w-]+)' codec can't decode.*", r"部分文字不符合 \1 编码"),
        (r".*(?:denied|no access).*", "没有读取权限"),
    )
)


def reason_words(problem: str) -> dict[str, Any]:
    """Return a reason as the values ``problem`` and ``problem_zh`` of a finding.

    A reader's own complaint is kept in English; the Chinese text says what it comes to.

    Examples
    --------
    >>> reason_words("the file is empty")
    {'problem': 'the file is empty', 'problem_zh': '文件为空'}
    >>> reason_words("Corrupt data near byte 7")["problem_zh"]
    '文件损坏，或内容不符合格式'
    """
    for pattern, chinese in _REASONS:
        match = pattern.fullmatch(problem)
        if match:
            return {"problem": problem, "problem_zh": match.expand(chinese)}
    return {"problem": problem, "problem_zh": "文件损坏，或内容不符合格式"}


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of file that is opened.

    Attributes
    ----------
    name
        What people call it.
    family
        Who reads it.
    endings
        Endings of its file name, with the dot, lower case.
    drivers
        GDAL drivers that may open it.
    starts, holds
        It begins with one of these bytes, and holds one of those near its beginning (lower case).
    """

    name: str
    family: Family
    endings: tuple[str, ...]
    drivers: tuple[str, ...] = ()
    starts: tuple[bytes, ...] = ()
    holds: tuple[bytes, ...] = ()


FORMATS = (
    Format("Shapefile", "vector", (".shp",), ("ESRI Shapefile",), (b"\x00\x00\x27\x0a",)),
    Format("GeoPackage", "vector", (".gpkg",), ("GPKG",), (b"SQLite format 3\x00",)),
    Format("FlatGeobuf", "vector", (".fgb",), ("FlatGeobuf",), (b"fgb",)),
    Format(
        "GeoJSON",
        "vector",
        (".geojson", ".json", ".geojsonl", ".ndjson", ".geojsons", ".topojson"),
        ("GeoJSON", "GeoJSONSeq", "ESRIJSON", "TopoJSON"),
        (b"{", b"\x1e"),
        (b'"featurecollection"', b'"feature"', b'"topology"', b'"esrigeometry', b'"geometrytype"'),
    ),
    Format("KML", "vector", (".kml",), ("LIBKML", "KML"), (b"<",), (b"<kml",)),
    Format("GML", "vector", (".gml",), ("GML",), (b"<",), (b"opengis.net/gml",)),
    Format("GPX", "vector", (".gpx",), ("GPX",), (b"<",), (b"<gpx",)),
    Format(
        "MapInfo TAB", "vector", (".tab",), ("MapInfo File",), (b"!table", b"!Table", b"!TABLE")
    ),
    Format("MapInfo MIF", "vector", (".mif",), ("MapInfo File",), (), (b"version",)),
    Format("DXF", "vector", (".dxf",), ("DXF",), (), (b"section",)),
    Format("CSV", "table", (".csv", ".tsv", ".txt")),
    Format("XLSX", "sheet", (".xlsx",), (), (b"PK\x03\x04",)),
    Format("Parquet", "parquet", (".parquet", ".geoparquet"), (), (b"PAR1",)),
    Format("OpenStreetMap", "osm", (".pbf",), ("OSM",), (), (b"osmheader",)),
    Format("OpenStreetMap XML", "osm", (".osm",), ("OSM",), (b"<",), (b"<osm",)),
    Format("zip", "archive", (".zip", ".kmz"), (), (b"PK\x03\x04",)),
)
BINARY_FORMATS = frozenset({"Shapefile", "GeoPackage", "FlatGeobuf", "XLSX", "Parquet", "zip"})
GEODATABASE = Format("File Geodatabase", "vector", (".gdb",), ("OpenFileGDB",))

_SIDE_WORDS = (
    "shx dbf prj cpg sbn sbx qix qpj qmd atx ain aih idx dat map id ind mid xml gfs xsd csvt lyr "
    "qml sld fix gpkg-wal gpkg-shm gpkg-journal md pdf toml"
)
SIDE_ENDINGS = frozenset(_SIDE_WORDS.split())
"""Endings of files that belong to another file, are made by programs beside it, or tell about it;
in a folder they are passed over."""

SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
MAPINFO_PARTS = (".tab", ".dat", ".map", ".id", ".ind", ".mif", ".mid")


def format_of(path: Path) -> Format | None:
    """Return the format that a file's ending announces, or None."""
    ending = path.suffix.lower()
    if path.is_dir():
        return GEODATABASE if ending == ".gdb" else None
    return next((item for item in FORMATS if ending in item.endings), None)


def why_refused(path: Path, form: Format) -> str:
    """Say why the content of a file is not that of its format; ``""`` when it is.

    Parameters
    ----------
    path
        An existing file or geodatabase folder.
    form
        What its ending announces.

    Returns
    -------
    str
        A reason in English, for a finding.
    """
    if form is GEODATABASE:
        return "" if any(path.glob("*.gdbtable")) else "the folder holds no geodatabase tables"
    with path.open("rb") as stream:
        head = stream.read(SNIFFED_BYTES)
    if not head:
        return "the file is empty"
    lower = head.lower()
    if form.name not in BINARY_FORMATS and any(mark in lower for mark in FORBIDDEN_MARKS):
        return "it is a list of other data sources (VRT or the like), not data"
    if not _has_marks(form, head, lower):
        return f"its content is not that of a {form.name} file"
    return _why_of_form(form, head, lower)


def _has_marks(form: Format, head: bytes, lower: bytes) -> bool:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    begins = head if form.name in BINARY_FORMATS else text
    return (not form.starts or begins.startswith(form.starts)) and (
        not form.holds or any(mark in lower for mark in form.holds)
    )


def _why_of_form(form: Format, head: bytes, lower: bytes) -> str:
    """Say what only one format can have wrong."""
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    if form.name == "GeoPackage" and head[68:72] not in {b"GPKG", b"GP10", b"GP11"}:
        return "it is an SQLite database but not a GeoPackage"
    if form.name == "MapInfo TAB" and b"isseamless" in lower:
        return "it is a seamless table that opens other files"
    if form.name == "CSV" and b"\x00" in head and not wide:
        return "its content is not text"
    return ""


def side_files(path: Path) -> tuple[Path, ...]:
    """Return a file and the files that belong to it, sorted by ending, for its hash.

    Examples
    --------
    >>> from pathlib import Path
    >>> side_files(Path("nowhere.csv"))
    (PosixPath('nowhere.csv'),)
    """
    ending = path.suffix.lower()
    if path.is_dir():
        return tuple(sorted(item for item in path.iterdir() if item.is_file()))
    parts = {".shp": SHAPEFILE_PARTS, ".tab": MAPINFO_PARTS, ".mif": MAPINFO_PARTS}.get(ending)
    if parts is None:
        return (path,)
    stem = path.stem.casefold()
    beside = sorted(path.parent.iterdir(), key=lambda item: (item.suffix.lower(), item.name))
    return tuple(
        item
        for item in beside
        if item.stem.casefold() == stem and item.suffix.lower() in parts and item.is_file()
    )
