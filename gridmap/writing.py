"""Write a file whole or not at all.

Whoever writes a result does it through `write_atomically`: into a temporary file in the same
folder, flushed to the disk, then renamed over the target. A crash, a full disk or Ctrl-C leaves
what was there before, and nothing else. GDAL that overwrites a layer in place loses it when
killed (6 of 25 times: DESIGN.md section 5), and a half-written map looks like a whole one.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gridmap.errors import InvalidOption, UnwritableFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

GDAL_OPTIONS = {
    "OGR_CURRENT_DATE": "2000-01-01T00:00:00.000Z",
    "OGR_GPKG_ALLOW_THREADED_RTREE": "NO",
}
"""What makes GDAL write the same bytes on every run: no clock, no second thread."""
PROBLEMS = {
    errno.ENOENT: ("nothing can be made in that folder", "该文件夹不存在或不能在其中建立文件"),
    errno.ENOTDIR: ("a part of its path is a file, not a folder", "路径中有一段是文件而不是文件夹"),
    errno.EACCES: ("there is no permission to write there", "没有写入权限"),
    errno.EPERM: ("the system does not allow it", "系统不允许此操作"),
    errno.EROFS: ("the disk can only be read", "磁盘为只读"),
    errno.ENOSPC: ("the disk is full", "磁盘空间已满"),
    errno.EDQUOT: ("the quota of disk space is used up", "磁盘配额已用完"),
    errno.EFBIG: ("the file would be too large for the disk", "文件超过磁盘允许的大小"),
    errno.ENAMETOOLONG: ("its name is too long", "文件名过长"),
    errno.EBUSY: ("another program holds it", "文件正被其他程序占用"),
    errno.EIO: ("the disk reports an error", "磁盘读写出错"),
}
"""What the usual errors of the system mean for a file that is written, English and Chinese."""
GEOPACKAGE_VERSION = "1.3"
"""Debian's QGIS warns about 1.4, GDAL's own default (DESIGN.md section 5)."""


@contextmanager
def write_atomically(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path; rename it to ``path`` when the block ends without an exception.

    The temporary file has the name of the target inside a hidden folder beside it, so that side
    files (SQLite's journal) vanish with it. It does not exist yet when it is yielded.

    Parameters
    ----------
    path
        The file to write. An existing regular file is replaced and its permissions are kept; a
        symbolic link stays one, and its target is replaced.

    Yields
    ------
    Path
        Where to write; the block must create this file.

    Raises
    ------
    UnwritableFile
        When the folder does not exist or can't be written, the target is not a regular file, the
        disk is full, or the block wrote nothing.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     with write_atomically(Path(folder) / "note.txt") as temporary:
    ...         _ = temporary.write_text("grids")
    ...     sorted(p.name for p in Path(folder).iterdir())
    ['note.txt']
    """
    target = Path(path).resolve()
    check_writable(target)
    try:
        with tempfile.TemporaryDirectory(
            prefix=f".{target.name[:40]}.", suffix=".partial", dir=target.parent
        ) as folder:
            temporary = Path(folder) / target.name
            yield temporary
            _keep_mode(target, temporary)
            _flush(temporary)
            temporary.replace(target)
    except UnwritableFile:
        raise
    except OSError as problem:
        if problem.errno is None:  # not from the system: an error of the block's own
            raise
        raise _unwritable(target, *tell_problem(problem)) from problem
    if os.name == "posix":
        _flush(target.parent)


def write_geopackage(layers: Mapping[str, tuple[pd.DataFrame, str]], path: str | Path) -> None:
    """Write layers and tables as one GeoPackage 1.3, whole or not at all, the same bytes each time.

    Parameters
    ----------
    layers
        Name -> rows, and the type of their geometry as GeoPackage calls it (``Polygon``,
        ``MultiPolygon``, to which polygons are promoted, ``Unknown`` for a mixture), ``""`` for a
        table without geometry. Written in this order.
    path
        A file that ends in ``.gpkg``; an earlier one is replaced.

    Raises
    ------
    UnwritableFile
        When the file can't be written, or does not hold every row afterwards.
    InvalidOption
        When the path does not end in ``.gpkg``.

    Notes
    -----
    Source: DESIGN.md section 5 (GeoPackage 1.3; temporary file, fsync, rename).

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> land = gpd.GeoDataFrame({"name": ["甲"]}, geometry=[box(0, 0, 1, 1)], crs=4490)
    >>> with TemporaryDirectory() as folder:
    ...     write_geopackage({"land": (land, "MultiPolygon")}, Path(folder) / "land.gpkg")
    ...     gpd.read_file(Path(folder) / "land.gpkg")["name"].tolist()
    ['甲']
    """
    check_ending(path, ".gpkg")
    with write_atomically(path) as temporary:
        try:
            _write_layers(layers, temporary)
            _check_rows({name: len(frame) for name, (frame, _) in layers.items()}, temporary)
        except (RuntimeError, sqlite3.Error) as problem:  # pyogrio's errors are RuntimeErrors
            raise _unwritable(Path(path), str(problem), f"写入程序报告 {problem}") from problem


def _write_layers(layers: Mapping[str, tuple[pd.DataFrame, str]], path: Path) -> None:
    import pyogrio

    with _gdal_options(GDAL_OPTIONS):
        for name, (frame, geometry) in layers.items():
            options: dict[str, object] = {}
            if not path.exists():
                options["VERSION"] = GEOPACKAGE_VERSION
            if geometry:
                options["geometry_type"] = geometry
                options["promote_to_multi"] = geometry.startswith("Multi")
            pyogrio.write_dataframe(
                frame, path, layer=name, driver="GPKG", use_arrow=False, **options
            )


def _check_rows(rows: Mapping[str, int], path: Path) -> None:
    """Read back what SQLite holds: GDAL reports a full disk on closing to nobody."""
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        state = connection.execute("PRAGMA quick_check").fetchone()[0]
        if state != "ok":
            raise sqlite3.DatabaseError(state)
        for name, count in rows.items():
            held = connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608 - our names
            if held != count:
                raise sqlite3.DatabaseError(f"{name} holds {held} of {count} rows")


@contextmanager
def _gdal_options(options: Mapping[str, str]) -> Iterator[None]:
    """Set options of GDAL for a while."""
    import pyogrio

    before = {name: pyogrio.get_gdal_config_option(name) for name in options}
    pyogrio.set_gdal_config_options(dict(options))
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)


def check_writable(path: str | Path) -> None:
    """Refuse a target that can't be written, before work is spent on what it shall hold.

    Parameters
    ----------
    path
        The file to write.

    Raises
    ------
    UnwritableFile
        When its folder does not exist or nothing can be made in it, or it is a folder or a device.

    Examples
    --------
    >>> check_writable("plan.gpkg")
    """
    target = Path(path).resolve()
    if not target.parent.is_dir():
        raise UnwritableFile(
            f"{target.name} can't be written: its folder does not exist.",
            f"无法写入 {target.name}：所在文件夹不存在。",
            cure_en="Make the folder first, or give another path to -o.",
            cure_zh="请先建立文件夹，或用 -o 指定其他路径。",
        )
    if target.exists() and not target.is_file():
        raise UnwritableFile(
            f"{target.name} can't be written: there is a folder or a device of that name.",
            f"无法写入 {target.name}：已有同名文件夹或设备。",
            cure_en="Give the path of a file to -o.",
            cure_zh="请用 -o 指定一个文件路径。",
        )
    try:
        tempfile.TemporaryDirectory(prefix=".gridmap.", dir=target.parent).cleanup()
    except OSError as problem:
        raise _unwritable(target, *tell_problem(problem)) from problem


def check_ending(path: str | Path, *endings: str) -> None:
    """Refuse a target whose name does not end as its content demands.

    A workbook named ``.csv`` opens as garbage, and a plan named ``.txt`` is found by no program.

    Parameters
    ----------
    path
        The file to write.
    endings
        Allowed endings with their dot, in lower case; the name may have them in any case.

    Raises
    ------
    InvalidOption
        When the name has another ending, or none.

    Examples
    --------
    >>> check_ending("网格表.XLSX", ".xlsx")
    """
    target = Path(path)
    if target.suffix.lower() in endings:
        return
    named = target.with_suffix(endings[0]).name if target.name else endings[0]
    raise InvalidOption(
        f"The file to write must end in {' or '.join(endings)}, and {target.name!r} does not.",
        f"输出文件名须以 {' 或 '.join(endings)} 结尾，而“{target.name}”不是。",
        cure_en=f"Name it {named}",
        cure_zh=f"请改名为 {named}",
    )


def _keep_mode(target: Path, temporary: Path) -> None:
    if target.is_file():
        temporary.chmod(stat.S_IMODE(target.stat().st_mode))


def _flush(path: Path) -> None:
    """Wait until the file, or the folder's list of names, is on the disk."""
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def tell_problem(problem: OSError) -> tuple[str, str]:
    """Return what the system says of a file, in English and Chinese.

    Examples
    --------
    >>> tell_problem(OSError(errno.ENOSPC, "No space left on device"))
    ('the disk is full', '磁盘空间已满')
    """
    number = problem.errno or 0
    said = problem.strerror or f"errno {number}"
    return PROBLEMS.get(number, (said, f"系统报告错误 {number}（{said}）"))


def _unwritable(target: Path, why: str, why_zh: str) -> UnwritableFile:
    return UnwritableFile(
        f"{target.name} can't be written: {why}.",
        f"无法写入 {target.name}：{why_zh}。",
        cure_en="Check the disk and the permissions, or give another path to -o.",
        cure_zh="请检查磁盘空间与权限，或用 -o 指定其他路径。",
    )
