"""From paths to files: what is in a folder or an archive, and the hash of each file."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from gridmap.errors import UnreadableFile
from gridmap.findings import Finding, FindingKind
from gridmap.sources.formats import (
    FORMATS,
    REFUSED_FORMAT,
    SIDE_ENDINGS,
    SKIPPED_FILE,
    UNREADABLE,
    Format,
    format_of,
    reason_words,
    why_refused,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_FOLDER_FILES = 2_000
MAX_FOLDER_DEPTH = 3
MAX_ARCHIVE_FILES = 2_000
MAX_ARCHIVE_BYTES = 4_000_000_000
MAX_ARCHIVE_RATIO = 200
"""Limits against mistakes and bombs (gridmap's own defaults): files in a folder, folders inside
it, files in an archive, its bytes once unpacked, and how often those exceed the packed ones."""

_BLOCK = 1 << 20
_TABLE_ENDINGS = {".csv", ".tsv", ".txt", ".json", ".xml"}

ARCHIVE_REFUSED = FindingKind(
    "archive_refused",
    "error",
    en="The archive {places} is not unpacked: {problem}.",
    zh="不解压 {places}：{problem_zh}。",
    cure_en="Unpack it yourself and give the folder.",
    cure_zh="请自行解压后指定文件夹。",
)
FINDING_KINDS = (ARCHIVE_REFUSED,)


@dataclass(frozen=True, slots=True)
class FoundFile:
    """One file of a known format whose content was looked at.

    Attributes
    ----------
    path
        Where it is on this machine; never written to an output.
    name
        What it is called in findings and in the plan: without its folder.
    form
        Its format.
    """

    path: Path
    name: str
    form: Format


class _ArchiveTrouble(Exception):
    """An archive breaks a limit; the text says which."""


def find_files(
    paths: Iterable[str | Path], *, unpack_into: Path
) -> tuple[list[FoundFile], list[Finding]]:
    """Find every file to read below the given paths.

    Parameters
    ----------
    paths
        Files and folders; a folder is searched `MAX_FOLDER_DEPTH` deep, without hidden files and
        symbolic links.
    unpack_into
        An empty temporary folder for what archives hold; the caller removes it.

    Returns
    -------
    tuple
        Files in the order given, inside a folder by name; and findings about those left out.

    Raises
    ------
    UnreadableFile
        When a path does not exist.
    """
    found: list[FoundFile] = []
    findings: list[Finding] = []
    for given in paths:
        path = _existing(given)
        if path.is_dir() and path.suffix.lower() != ".gdb":
            inside, notes = _from_folder(path, unpack_into, label="")
            found += inside
            findings += notes
        else:
            _take(path, path.name, unpack_into, found, findings)
    unique = {file.path: file for file in found}
    return list(unique.values()), findings


def _existing(given: str | Path) -> Path:
    path = Path(given)
    if "://" in str(given) or str(given).startswith("/vsi"):
        raise UnreadableFile(
            "Network addresses and virtual file systems are not opened.",
            "不读取网络地址或虚拟文件系统。",
            cure_en="download the file first and give its path",
            cure_zh="请先下载文件，再指定本地路径",
        )
    try:
        resolved = path.resolve(strict=True)
    except (OSError, ValueError, RuntimeError) as problem:
        raise UnreadableFile(
            f"There is no file or folder {path.name!r} at the place given.",
            f"指定位置没有文件或文件夹 {path.name!r}。",
            cure_en="check the path; names are case-sensitive",
            cure_zh="请检查路径，注意大小写",
        ) from problem
    return resolved


def _from_folder(
    folder: Path, unpack_into: Path, *, label: str
) -> tuple[list[FoundFile], list[Finding]]:
    found: list[FoundFile] = []
    findings: list[Finding] = []
    skipped: list[str] = []
    members = _members(folder, 1)
    if len(members) > MAX_FOLDER_FILES:
        raise UnreadableFile(
            f"The folder {folder.name!r} holds more than {MAX_FOLDER_FILES} files.",
            f"文件夹 {folder.name!r} 中的文件超过 {MAX_FOLDER_FILES} 个。",
            cure_en="give the files to read one by one",
            cure_zh="请逐个指定需要读取的文件",
        )
    for path in members:
        name = label + path.name
        form = format_of(path)
        if path.suffix.lower().removeprefix(".") in SIDE_ENDINGS:
            continue
        text_only = path.suffix.lower() in _TABLE_ENDINGS
        if form is None or (text_only and why_refused(path, form).startswith("its content")):
            skipped.append(name)
        else:
            _take(path, name, unpack_into, found, findings)
    if skipped:
        findings.append(SKIPPED_FILE.found(skipped))
    return found, findings


def _members(folder: Path, depth: int) -> list[Path]:
    members: list[Path] = []
    for path in sorted(folder.iterdir(), key=lambda item: item.name):
        if path.name.startswith((".", "~$", "__MACOSX")) or path.is_symlink():
            continue
        if path.is_file() or path.suffix.lower() == ".gdb":
            members.append(path)
        elif path.is_dir() and depth < MAX_FOLDER_DEPTH:
            members += _members(path, depth + 1)
    return members


def _take(
    path: Path, name: str, unpack_into: Path, found: list[FoundFile], findings: list[Finding]
) -> None:
    """Add one file, or what an archive holds, or the reason why not."""
    form = format_of(path)
    if form is None:
        known = " ".join(sorted({ending for item in FORMATS for ending in item.endings}))
        problem = f"files ending in {path.suffix.lower() or 'nothing'!r} are not known ({known})"
        findings.append(REFUSED_FORMAT.found([name], **reason_words(problem)))
        return
    try:
        problem = why_refused(path, form)
    except OSError as trouble:
        findings.append(UNREADABLE.found([name], **reason_words(trouble.strerror or "no access")))
        return
    if problem:
        findings.append(REFUSED_FORMAT.found([name], **reason_words(problem)))
    elif form.family == "archive":
        inside, notes = _from_archive(path, name, unpack_into)
        found += inside
        findings += notes
    elif form.name == "GML":
        found.append(FoundFile(_link(path, unpack_into), name, form))
    else:
        found.append(FoundFile(path, name, form))


def _link(path: Path, unpack_into: Path) -> Path:
    """Link a GML file into the temporary folder, for GDAL writes a .gfs file beside it."""
    folder = unpack_into / f"{len(list(unpack_into.iterdir())):04d}"
    folder.mkdir()
    for item in (path, path.with_suffix(".xsd")):
        if item.is_file():
            try:
                (folder / item.name).symlink_to(item)
            except OSError:
                shutil.copyfile(item, folder / item.name)
    return folder / path.name


def _from_archive(
    path: Path, name: str, unpack_into: Path
) -> tuple[list[FoundFile], list[Finding]]:
    folder = unpack_into / f"{len(list(unpack_into.iterdir())):04d}"
    folder.mkdir()
    try:
        _unpack(path, folder)
    except (_ArchiveTrouble, zipfile.BadZipFile, NotImplementedError, RuntimeError) as trouble:
        return [], [ARCHIVE_REFUSED.found([name], **reason_words(str(trouble) or "it is damaged"))]
    except (OSError, EOFError, ValueError) as trouble:
        problem = f"it is damaged ({type(trouble).__name__})"
        return [], [ARCHIVE_REFUSED.found([name], **reason_words(problem))]
    return _from_folder(folder, unpack_into, label=f"{name}/")


def _unpack(path: Path, folder: Path) -> None:
    """Unpack flat, by base names, counting the bytes that really come out."""
    with zipfile.ZipFile(path) as archive:
        entries = [item for item in archive.infolist() if not item.is_dir()]
        if len(entries) > MAX_ARCHIVE_FILES:
            raise _ArchiveTrouble(f"it holds more than {MAX_ARCHIVE_FILES} files")
        limit = min(MAX_ARCHIVE_BYTES, max(path.stat().st_size * MAX_ARCHIVE_RATIO, 10 * _BLOCK))
        written = 0
        for entry in entries:
            base = PurePosixPath(_entry_name(entry).replace("\\", "/")).name
            if base in {"", ".", ".."} or base.startswith((".", "__MACOSX")):
                continue
            if base.lower().endswith((".zip", ".kmz")):
                raise _ArchiveTrouble("it holds another archive")
            target = folder / base
            if target.exists():
                raise _ArchiveTrouble(f"it holds two files named {base!r}")
            with archive.open(entry) as packed, target.open("wb") as out:
                while block := packed.read(_BLOCK):
                    written += len(block)
                    if written > limit:
                        raise _ArchiveTrouble(f"it unpacks to more than {limit} bytes")
                    out.write(block)


def _entry_name(entry: zipfile.ZipInfo) -> str:
    """Return an entry's name; names without the UTF-8 flag are UTF-8 or GBK in practice."""
    if entry.flag_bits & 0x800:
        return entry.filename
    try:
        raw = entry.filename.encode("cp437")
    except UnicodeEncodeError:
        return entry.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return entry.filename


def hash_files(paths: Sequence[Path]) -> str:
    """Return the SHA-256 of a file and its side files together, hexadecimal.

    Parameters
    ----------
    paths
        As `gridmap.sources.formats.side_files` gives them. One file gives the hash of its bytes;
        several give the hash of each ending (lower case) followed by its bytes.
    """
    digest = hashlib.sha256()
    for path in paths:
        if len(paths) > 1:
            digest.update(path.suffix.lower().encode())
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
    return digest.hexdigest()
