"""A csv file as records whose bytes are kept: encoding, delimiter and line ends as they came.

Lines are cut at byte level, which is safe in UTF-8 and in GBK alike: no character of either has a
line end, a quote or a delimiter among its later bytes.
"""

from __future__ import annotations

import codecs
import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from gridmap.errors import UnreadableFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DELIMITERS = ",\t;"
MAX_LINE_BYTES = 1_000_000
"""A line longer than this is no row of a table. gridmap's own default."""


@dataclass(frozen=True, slots=True)
class TableForm:
    """How a csv file is written.

    Attributes
    ----------
    encoding
        ``utf-8``, ``utf-8-sig`` or ``gb18030`` (which holds GBK).
    delimiter
        One of `DELIMITERS`.
    newline
        Line end of the header.
    records
        Records after the header that hold at least one cell.
    width
        Cells of the widest record, the header included.
    header
        The header's cells.
    """

    encoding: str
    delimiter: str
    newline: bytes
    records: int
    width: int
    header: tuple[str, ...]


class Record(NamedTuple):
    """One record.

    Attributes
    ----------
    raw
        Its bytes without the last line end.
    end
        The last line end, empty at the end of a file that has none.
    cells
        Its cells; None when its bytes are not text in the file's encoding.
    size
        Number of its cells, also when they are no text.
    """

    raw: bytes
    end: bytes
    cells: list[str] | None
    size: int


def inspect_table(path: Path) -> TableForm:
    """Detect how a csv file is written, in one pass over it.

    Raises
    ------
    UnreadableFile
        When the file is missing, empty, no text table, or has an unending quote.
    """
    encoding = _detect_encoding(path)
    with _open(path) as file:
        first = file.readline(MAX_LINE_BYTES)
    delimiter = _detect_delimiter(first.decode(encoding, "replace"))
    newline = b"\r\n" if first.endswith(b"\r\n") else b"\n"
    header: tuple[str, ...] = ()
    records = width = 0
    for number, record in enumerate(iter_records(path, encoding, delimiter)):
        width = max(width, record.size)
        if number == 0:
            header = tuple(record.cells or ())
        elif record.size:
            records += 1
    if not header:
        raise _unreadable(path, "it has no header", "缺少表头")
    return TableForm(encoding, delimiter, newline, records, width, header)


def iter_records(path: Path, encoding: str, delimiter: str) -> Iterator[Record]:
    """Yield every record of a csv file with its bytes.

    Parameters
    ----------
    path
        The file.
    encoding, delimiter
        As detected by `inspect_table`.
    """
    with _open(path) as file:
        taken: list[bytes] = []
        plain = "utf-8" if encoding == "utf-8-sig" else encoding

        def lines() -> Iterator[str]:
            for line in _lines(file, path):
                taken.append(line)
                # bytes that are no text stay apart as lone surrogates, and are seen below
                yield line.removeprefix(codecs.BOM_UTF8).decode(plain, "surrogateescape")

        reader = csv.reader(lines(), delimiter=delimiter)
        try:
            for cells in reader:
                raw = b"".join(taken)
                taken.clear()
                body = raw.rstrip(b"\r\n") if raw.strip(b"\r\n") else b""
                known = not any(_is_broken(cell) for cell in cells)
                yield Record(body, raw[len(body) :], cells if known else None, len(cells))
        except csv.Error as problem:
            raise _unreadable(
                path, f"line {reader.line_num}: {problem}", f"第 {reader.line_num} 行：{problem}"
            ) from problem


def _is_broken(cell: str) -> bool:
    return not cell.isascii() and any("\udc80" <= c <= "\udcff" for c in cell)


def _lines(file: BinaryIO, path: Path) -> Iterator[bytes]:
    while line := file.readline(MAX_LINE_BYTES + 1):
        if len(line) > MAX_LINE_BYTES:
            raise _unreadable(path, "a line is too long", "某一行过长")
        yield line


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as problem:
        raise _unreadable(path, problem.strerror or "", "无法打开") from problem


def _detect_encoding(path: Path) -> str:
    """Choose the encoding in which the fewest lines are broken; a BOM decides at once."""
    with _open(path) as file:
        head = file.read(4)
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"PK\x03\x04")):
            raise _unreadable(path, "it is no csv in UTF-8 or GBK", "不是 UTF-8 或 GBK 编码的 CSV")
        if head.startswith(codecs.BOM_UTF8):
            return "utf-8-sig"
        file.seek(0)
        broken = {"utf-8": 0, "gb18030": 0}
        lines = 0
        for line in _lines(file, path):
            lines += 1
            for encoding in broken:
                broken[encoding] += not _decodes(line, encoding)
    best = min(broken, key=lambda encoding: broken[encoding])
    if lines == 0 or broken[best] * 2 > lines:
        raise _unreadable(path, "it is empty or no text", "文件为空或不是文本")
    return best


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _detect_delimiter(header: str) -> str:
    return max(DELIMITERS, key=lambda delimiter: (header.count(delimiter), delimiter == ","))


def _unreadable(path: Path, en: str, zh: str) -> UnreadableFile:
    return UnreadableFile(
        f"{path.name} can't be read as a csv table: {en}.",
        f"{path.name} 无法作为 CSV 表读取：{zh}。",
        cure_en="save it as CSV (UTF-8) with one header line",
        cure_zh="请另存为 CSV（UTF-8），首行为表头",
    )
