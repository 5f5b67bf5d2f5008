"""Write a file whole or not at all.

Whoever writes a result does it through `write_atomically`: into a temporary file in the same
folder, flushed to the disk, then renamed over the target. A crash, a full disk or Ctrl-C leaves
what was there before, and nothing else. GDAL that overwrites a layer in place loses it when
killed (6 of 25 times: DESIGN.md section 5), and a half-written map looks like a whole one.
"""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gridmap.errors import InvalidOption, UnwritableFile

if TYPE_CHECKING:
    from collections.abc import Iterator


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
        raise _unwritable(target, problem.strerror or str(problem.errno)) from problem
    if os.name == "posix":
        _flush(target.parent)


def check_writable(path: str | Path) -> None:
    """Refuse a target that can't be written, before work is spent on what it shall hold.

    Parameters
    ----------
    path
        The file to write.

    Raises
    ------
    UnwritableFile
        When its folder does not exist, or it is a folder or a device.

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


def _unwritable(target: Path, why: str) -> UnwritableFile:
    return UnwritableFile(
        f"{target.name} can't be written: {why}.",
        f"无法写入 {target.name}：{why}。",
        cure_en="Check the disk and the permissions, or give another path to -o.",
        cure_zh="请检查磁盘空间与权限，或用 -o 指定其他路径。",
    )
