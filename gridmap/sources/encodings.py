"""Text encodings of Chinese data: GBK or UTF-8, declared or detected.

A GBK Shapefile without .cpg reads as mojibake with no error, and one with a wrong .cpg too. So the
bytes decide: text that is valid UTF-8 with letters beyond ASCII is UTF-8, text whose double bytes
are common Chinese characters is GBK, and a declaration is believed only if the bytes allow it.
"""

from __future__ import annotations

import codecs
import struct
from typing import TYPE_CHECKING, NamedTuple

from gridmap.findings import Finding, FindingKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from gridmap.sources.layers import LayerInfo

SAMPLED_BYTES = 4_000_000
"""Bytes of a table that are looked at; gridmap's own default."""
COMMON_SHARE = 0.6
"""Share of double bytes that are characters of GB 2312 (both bytes 0xA1-0xFE, first 0xB0-0xF7)
above which text is taken for GBK. Latin letters with accents give pairs whose second byte is ASCII.
gridmap's own default."""

_LANGUAGE_BYTES = {0x4D: "gb18030", 0x7A: "gb18030", 0x57: "cp1252", 0x03: "cp1252", 0x01: "cp437"}
_LANGUAGE_BYTES |= {0x02: "cp850", 0x4F: "cp950", 0x7B: "cp932", 0x4E: "cp949", 0xC8: "cp1250"}

ENCODING_DETECTED = FindingKind(
    "encoding_detected",
    "info",
    en="{count} file(s) do not say how their text is encoded; the bytes show {encoding}: {places}.",
    zh="{count} 个文件未声明文字编码，按字节判定为 {encoding}：{places}。",
    cure_en="Nothing to do if the names look right{more}.",
    cure_zh="名称显示正常则无须处理{more_zh}。",
)
ENCODING_CONTRADICTED = FindingKind(
    "encoding_contradicted",
    "warning",
    en="{places} declares {declared} text, but its bytes are {encoding}; read as {encoding}.",
    zh="{places} 声明文字编码为 {declared}，但实际字节为 {encoding}，已按 {encoding} 读取。",
    cure_en="Correct the .cpg file to {encoding}, and look at the names.",
    cure_zh="请把 .cpg 文件改为 {encoding}，并核对名称。",
)
ENCODING_UNKNOWN = FindingKind(
    "encoding_unknown",
    "warning",
    en="{places} holds text that is neither UTF-8 nor GBK; read as {encoding}, names may be wrong.",
    zh="{places} 的文字既非 UTF-8 也非 GBK，按 {encoding} 读取，名称可能有误。",
    cure_en="Save the file again with UTF-8 text.",
    cure_zh="请以 UTF-8 编码重新保存。",
)
FINDING_KINDS = (ENCODING_DETECTED, ENCODING_CONTRADICTED, ENCODING_UNKNOWN)


_DETECTED = " (detected)"


class Encoding(NamedTuple):
    """What a file's text is decoded by, how that is known, and what there is to say."""

    codec: str
    note: str
    findings: tuple[Finding, ...]


def shapefile_encoding(path: Path, name: str) -> Encoding:
    """Choose the encoding of a Shapefile's attribute table.

    Parameters
    ----------
    path
        The .shp file.
    name
        What it is called in findings.

    Returns
    -------
    Encoding
        The codec's name, as Python and GDAL know it.
    """
    table = _beside(path, ".dbf")
    if table is None:
        return Encoding("utf-8", "no attribute table", ())
    texts, language = _dbf_texts(table)
    shown = detect_encoding(texts)
    declared = _declared_encoding(path)
    if declared and shown in ("", "ascii", declared):
        return Encoding(declared, f"{declared} (.cpg)", ())
    if declared:
        said = ENCODING_CONTRADICTED.found([name], declared=declared, encoding=shown)
        return Encoding(shown, f"{shown} (detected; .cpg says {declared})", (said,))
    return _without_declaration(shown, name, _LANGUAGE_BYTES.get(language, "cp1252"))


def _without_declaration(shown: str, name: str, assumed: str) -> Encoding:
    """Choose by what the bytes show, else assume; say which."""
    if shown == "ascii":
        return Encoding("utf-8", "ASCII", ())
    if shown:
        return Encoding(shown, f"{shown}{_DETECTED}", ())
    said = ENCODING_UNKNOWN.found([name], encoding=assumed)
    return Encoding(assumed, f"{assumed} (assumed)", (said,))


def say_detected(infos: Iterable[LayerInfo]) -> list[Finding]:
    """Say once for each encoding which files were found to have it by their bytes alone.

    Parameters
    ----------
    infos
        Every layer found; a table without coordinates is not read and not named.

    Returns
    -------
    list of Finding
        One for each encoding of Shapefiles, and of tables.
    """
    groups: dict[tuple[bool, str], list[str]] = {}
    for info in infos:
        is_table = info.file.form.family == "table"
        if info.encoding.endswith(_DETECTED) and (info.lon or not is_table):
            groups.setdefault((is_table, info.codec), []).append(info.file.name)
    findings = []
    for (is_table, codec), names in sorted(groups.items()):
        if is_table:
            more, more_zh = "; saved as UTF-8, the file needs no guess", "；也可另存为 UTF-8 编码"
        else:
            more = f"; a .cpg file with {codec} says it for good"
            more_zh = f"；也可添加内容为 {codec} 的 .cpg 文件"
        findings.append(
            ENCODING_DETECTED.found(
                dict.fromkeys(names), encoding=codec, more=more, more_zh=more_zh
            )
        )
    return findings


def text_encoding(data: bytes, name: str) -> Encoding:
    """Choose the encoding of a text table from its bytes.

    Parameters
    ----------
    data
        The whole file, or its beginning.
    name
        What the file is called in findings.

    Examples
    --------
    >>> text_encoding("户号,地址".encode("gbk"), "a.csv").codec
    'gb18030'
    """
    for mark, codec in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            return Encoding(codec, f"{codec} (byte order mark)", ())
    shown = detect_encoding(data.splitlines())
    if shown in ("ascii", "utf-8"):
        return Encoding("utf-8", "utf-8", ())
    return _without_declaration(shown, name, "cp1252")


def detect_encoding(texts: list[bytes]) -> str:
    """Return ``ascii``, ``utf-8``, ``gb18030``, or ``""`` when the bytes are none of these.

    Parameters
    ----------
    texts
        Values as they stand in the file; one may be cut in the middle of a character at its end.

    Examples
    --------
    >>> detect_encoding(["锦绣社区".encode("gbk")]), detect_encoding(["锦绣".encode()])
    ('gb18030', 'utf-8')
    >>> detect_encoding([b"plain"]), detect_encoding(["Städtle".encode("latin-1")])
    ('ascii', '')
    """
    beyond = [text for text in texts if not text.isascii()]
    if not beyond:
        return "ascii"
    if all(_decodes(text, "utf-8") for text in beyond):
        return "utf-8"
    if all(_decodes(text, "gb18030") for text in beyond):
        pairs, common = 0, 0
        for first, second in _double_bytes(beyond):
            pairs += 1
            common += 0xA1 <= first <= 0xF7 and 0xA1 <= second <= 0xFE
        if pairs and common / pairs >= COMMON_SHARE:
            return "gb18030"
    return ""


def _decodes(text: bytes, codec: str) -> bool:
    """Tell whether bytes are valid text; a character cut at the end is allowed."""
    try:
        codecs.getincrementaldecoder(codec)().decode(text, final=False)
    except UnicodeDecodeError:
        return False
    return True


def _double_bytes(texts: list[bytes]) -> Iterator[tuple[int, int]]:
    for text in texts:
        place = 0
        while place < len(text) - 1:
            if text[place] < 0x80:
                place += 1
            else:
                yield text[place], text[place + 1]
                place += 2


def _declared_encoding(path: Path) -> str:
    cpg = _beside(path, ".cpg")
    if cpg is None:
        return ""
    text = cpg.read_bytes()[:64].decode("ascii", "ignore").strip().lower()
    text = text.removeprefix("ansi ").removeprefix("oem ")
    if text in {"936", "gbk", "gb2312", "cp936", "gb18030", "54936", "x-gbk"}:
        return "gb18030"
    try:
        return codecs.lookup(f"cp{text}" if text.isdigit() else text).name.replace("65001", "utf-8")
    except LookupError:
        return "utf-8" if text == "65001" else ""


def _beside(path: Path, ending: str) -> Path | None:
    for candidate in (path.with_suffix(ending), path.with_suffix(ending.upper())):
        if candidate.is_file():
            return candidate
    return None


def _dbf_texts(path: Path) -> tuple[list[bytes], int]:
    """Return field names and text values of a dBASE table's beginning, and its language byte."""
    with path.open("rb") as stream:
        data = stream.read(SAMPLED_BYTES)
    if len(data) < 33:
        return [], 0
    header, width = struct.unpack_from("<HH", data, 8)
    fields: list[tuple[int, int]] = []
    texts: list[bytes] = []
    offset = 1
    for place in range(32, min(header, len(data)) - 31, 32):
        if data[place] == 0x0D:
            break
        texts.append(data[place : place + 11].split(b"\0")[0])
        size = data[place + 16]
        if data[place + 11 : place + 12] in (b"C", b"c"):
            size += data[place + 17] << 8
            fields.append((offset, size))
        offset += size
    if width > 0:
        for row in range(header, len(data) - width + 1, width):
            texts += [data[row + at : row + at + size].strip(b" \0") for at, size in fields]
    return texts, data[29]
