"""Write and read the plan file: a GeoPackage through pyogrio, checked by SQLite itself.

Writing is atomic and gives the same bytes for the same plan: GDAL's clock is stopped and its
background thread for the spatial index is off. Reading takes the file for hostile: only a
GeoPackage by its header, only real tables (a view or a generated column could run functions),
and `unpacking` believes no value.
"""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridmap.errors import UnwritableFile
from gridmap.planfiles import layout
from gridmap.planfiles.complaints import unreadable
from gridmap.planfiles.packing import pack_beside, pack_plan
from gridmap.planfiles.unpacking import unpack_plan
from gridmap.writing import check_ending, write_geopackage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from gridmap.model import Plan
    from gridmap.planfiles.layout import Table

BROKEN = (sqlite3.Error, UnicodeDecodeError)
"""What a damaged file makes SQLite raise; its messages may hold bytes of the file."""

SQLITE_MAGIC = b"SQLite format 3\x00"
GEOPACKAGE_ID = b"GPKG"
STORED_TYPES = {
    "text": "'text', 'null'",
    "integer": "'integer'",
    "flag": "'integer'",
    "order": "'integer', 'null'",
    "real": "'real', 'integer', 'null'",
}
"""Types of SQLite's values that a column may hold, by the kind of column."""

GENERATED_COLUMNS = (2, 3)
"""Values of ``hidden`` in SQLite's ``table_xinfo`` for a column that is computed when read."""


def write_plan(
    plan: Plan, path: str | Path, *, beside: Mapping[str, pd.DataFrame] | None = None
) -> None:
    """Write a plan as one GeoPackage 1.3 file, whole or not at all.

    Parameters
    ----------
    plan
        What `gridmap.make_plan` or `read_plan` returned.
    path
        Where to write. An earlier plan is replaced; any other file is spared, so that the result
        can't overwrite the input it was made from.
    beside
        Further tables for the reader of the file (`layout.BESIDE`), which `read_plan` passes over.

    Raises
    ------
    UnwritableFile
        When the target is a file that is not a plan, is open in another program, or can't be
        written.
    InvalidOption
        When the plan lacks a column of the model, or the path does not end in ``.gpkg``.

    Notes
    -----
    The same plan gives the same bytes, on every run and whether or not pyarrow is installed.
    Source: DESIGN.md section 3 (layers and columns), section 5 (GeoPackage 1.3, for Debian's
    QGIS; temporary file, fsync, rename).

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import gridmap
    >>> from gridmap.testing import draw_territory
    >>> territory = draw_territory("AAA", households=100)
    >>> plan = gridmap.make_plan(territory, rules=gridmap.Rules.preset())
    >>> with TemporaryDirectory() as folder:
    ...     gridmap.write_plan(plan, Path(folder) / "plan.gpkg")
    ...     again = gridmap.read_plan(Path(folder) / "plan.gpkg")
    >>> again.grids["households"].tolist() == plan.grids["households"].tolist()
    True
    """
    check_ending(path, ".gpkg")
    _spare_other_files(Path(path))
    _refuse_open_file(Path(path))
    known = layout.TABLES | layout.BESIDE
    tables = pack_plan(plan) | pack_beside(beside or {})
    write_geopackage(
        {
            name: (frame, _geometry_type(frame, known[name].geometry))
            for name, frame in tables.items()
        },
        path,
    )


def read_plan(path: str | Path) -> Plan:
    """Read a plan back from the file that `write_plan` wrote.

    Parameters
    ----------
    path
        A plan file; it is opened for reading only.

    Returns
    -------
    Plan
        Equal to the plan that was written: every frame, and every coordinate to the last bit.
        ``units.grid_id`` says which unit is in which grid, the other tables follow it.

    Raises
    ------
    UnreadableFile
        When the file is missing, not a GeoPackage, not a plan, of a newer version, lacks a table
        or column, or contradicts itself.

    Examples
    --------
    >>> import gridmap
    >>> gridmap.read_plan("no-such-plan.gpkg")
    Traceback (most recent call last):
        ...
    gridmap.errors.UnreadableFile: There is no file no-such-plan.gpkg...
    """
    path = Path(path)
    present = _inspect(path)
    about = _read_about(path)
    tables = {name: _read_table(path, name) for name in present if name != layout.ABOUT.name}
    return unpack_plan(tables, about, path)


def is_plan_file(path: str | Path) -> bool:
    """Tell whether a file says of itself that it is a plan; `read_plan` checks the rest.

    Examples
    --------
    >>> is_plan_file("no-such-plan.gpkg")
    False
    """
    path = Path(path)
    if not path.is_file():
        return False
    with path.open("rb") as file:
        header = file.read(72)
    if not header.startswith(SQLITE_MAGIC) or header[68:72] != GEOPACKAGE_ID:
        return False
    return _names_itself_plan(path)


def _geometry_type(frame: Any, geometry: str) -> str:
    """Declare polygons as polygons, or all as multipolygons when one is; anything else as is."""
    if geometry == "none":
        return ""
    kinds = set(frame.geometry.geom_type.dropna())
    if kinds <= {"Polygon"} and (geometry == "polygon" or kinds):
        return "Polygon"
    return "MultiPolygon" if kinds and kinds <= {"Polygon", "MultiPolygon"} else "Unknown"


@contextlib.contextmanager
def _open_sqlite(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a SQLite file for reading only, and close it."""
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    connection.text_factory = _decode
    try:
        connection.execute("PRAGMA trusted_schema = OFF")
        yield connection
    finally:
        connection.close()


def _decode(text: bytes) -> str:
    return text.decode("utf-8", "replace")


def _spare_other_files(path: Path) -> None:
    """Refuse to overwrite a file that is neither empty nor a plan."""
    if not path.is_file() or path.stat().st_size == 0:
        return
    if _names_itself_plan(path):
        return
    raise UnwritableFile(
        f"{path.name} exists and is not a plan of gridmap; it is left as it is.",
        f"{path.name} 已存在且不是 gridmap 方案文件，未作改动。",
        cure_en="Give another path to -o, or move that file away.",
        cure_zh="请用 -o 指定其他路径，或先移走该文件。",
    )


def _names_itself_plan(path: Path) -> bool:
    try:
        with _open_sqlite(path) as connection:
            row = connection.execute(
                'SELECT value FROM "about" WHERE "key" = ?', (layout.FORMAT_KEY,)
            ).fetchone()
    except BROKEN:
        return False
    return row is not None and row[0] == layout.FORMAT


def _refuse_open_file(path: Path) -> None:
    """Refuse to replace a file that has a log beside it: SQLite would play it into the new one.

    QGIS keeps one (``-wal``) as long as it has the file open.
    """
    for ending in ("-wal", "-journal"):
        log = path.with_name(path.name + ending)
        if log.is_file() and log.stat().st_size > 0:
            raise UnwritableFile(
                f"{path.name} is open in another program: {log.name} lies beside it.",
                f"{path.name} 正被其他程序打开：旁边有 {log.name}。",
                cure_en="Close it there (QGIS: remove the layer), or give another path to -o.",
                cure_zh="请先在该程序（如 QGIS）中关闭，或用 -o 指定其他路径。",
            )


def _inspect(path: Path) -> list[str]:
    """Return the tables; refuse what is not a plain GeoPackage with all that the layout needs."""
    if not path.is_file():
        raise unreadable(path, "missing")
    with path.open("rb") as file:
        header = file.read(72)
    if not header.startswith(SQLITE_MAGIC) or header[68:72] != GEOPACKAGE_ID:
        raise unreadable(path, "not_geopackage")
    try:
        with _open_sqlite(path) as connection:
            columns = _list_columns(connection, path)
            for name, table in layout.TABLES.items():
                if name not in columns and name in layout.OPTIONAL:
                    continue
                if name not in columns:
                    raise unreadable(path, "no_table", detail=name)
                missing = [column for column in table.names() if column not in columns[name]]
                if missing:
                    raise unreadable(path, "no_column", detail=f"{name}.{missing[0]}")
                _check_types(connection, table, path)
    except BROKEN as problem:
        raise unreadable(path, "damaged", detail=str(problem)) from problem
    return [name for name in layout.TABLES if name in columns]


def _list_columns(connection: sqlite3.Connection, path: Path) -> dict[str, set[str]]:
    columns: dict[str, set[str]] = {}
    schema = connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
    for kind, name, sql in schema:
        if kind == "view" or (
            kind == "table"
            and str(sql).upper().startswith("CREATE VIRTUAL")
            and not str(name).startswith("rtree_")
        ):
            raise unreadable(path, "active_content", detail=str(name))
        if kind == "table" and not str(sql).upper().startswith("CREATE VIRTUAL"):
            rows = connection.execute("SELECT name, hidden FROM pragma_table_xinfo(?)", (name,))
            found = rows.fetchall()
            if any(hidden in GENERATED_COLUMNS for _, hidden in found):
                raise unreadable(path, "active_content", detail=str(name))
            columns[str(name)] = {str(column) for column, _ in found}
    return columns


def _check_types(connection: sqlite3.Connection, table: Table, path: Path) -> None:
    """Refuse a value of another type than its column's: GDAL would read a text as 0."""
    for column in table.columns:
        allowed = STORED_TYPES[column.kind]
        query = (
            f'SELECT count(*) FROM "{table.name}" '  # noqa: S608 - names of our own layout
            f'WHERE typeof("{column.name}") NOT IN ({allowed})'
        )
        if connection.execute(query).fetchone()[0]:
            raise unreadable(path, "bad_value", detail=f"{table.name}.{column.name}")


def _read_about(path: Path) -> dict[str, str]:
    """Return the table ``about``, after checking that it is a plan of a version we know."""
    try:
        with _open_sqlite(path) as connection:
            cursor = connection.execute('SELECT "key", "value" FROM "about" ORDER BY rowid')
            rows = cursor.fetchall()
    except BROKEN as problem:
        raise unreadable(path, "damaged", detail=str(problem)) from problem
    about = {str(key): "" if value is None else str(value) for key, value in rows}
    if about.get(layout.FORMAT_KEY) != layout.FORMAT:
        raise unreadable(path, "not_a_plan")
    if about.get(layout.VERSION_KEY) != layout.VERSION:
        raise unreadable(path, "version", detail=about.get(layout.VERSION_KEY, ""))
    return about


def _read_table(path: Path, name: str) -> pd.DataFrame:
    import pyogrio
    from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, GeometryError
    from shapely.errors import ShapelyError

    try:
        frame: pd.DataFrame = pyogrio.read_dataframe(
            path,
            layer=name,
            use_arrow=False,
            read_geometry=layout.TABLES[name].geometry != "none",
        )
    except (
        DataSourceError,
        DataLayerError,
        FeatureError,
        GeometryError,
        ShapelyError,
        UnicodeDecodeError,
    ) as problem:
        raise unreadable(path, "damaged", detail=name) from problem
    return frame
