"""A roster file -> rows in canonical columns, every value as text."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from gridmap.errors import UnreadableFile
from gridmap.rosters.words import HEADER_OF, ROLE_OF, understand_header
from gridmap.sources.discovering import FoundFile
from gridmap.sources.formats import READER_ERRORS, UNREADABLE, format_of, why_refused
from gridmap.sources.tables import list_texts, read_texts

if TYPE_CHECKING:
    from gridmap.findings import Finding
    from gridmap.sources.layers import LayerInfo

COLUMNS = (
    *("row", "code", "name", "community", "micro", "role"),
    *("person", "phone", "employment", "starts", "ends"),
)
KNOWN = frozenset(HEADER_OF) | frozenset(ROLE_OF)
BETWEEN_PEOPLE = re.compile(r"[、,，;；/|\n]+")
"""What stands between the people of one cell, where a column holds those in one role."""
CURE_EN = "A roster has columns: grid code or name; role and person, or one column a role."
CURE_ZH = "花名册应有：网格编码或名称；“职务”和“姓名”两列，或每种职务一列。"


@dataclass(frozen=True)
class Roster:
    """Who serves where, as a file says it.

    Attributes
    ----------
    rows
        One row a person and post: ``row`` (its place in the file), ``code``, ``name``,
        ``community``, ``micro``, ``role``, ``person``, ``phone``, ``employment``, ``starts``,
        ``ends``; texts, ``""`` where there is nothing.
    has_phones
        Whether telephone numbers were asked for and are there.
    findings
        What was said while the file was read.
    """

    rows: pd.DataFrame = field(repr=False)
    has_phones: bool = False
    findings: tuple[Finding, ...] = ()


def read_roster(path: str | Path, *, phones: bool = False) -> Roster:
    r"""Read a roster of those who serve grids.

    Two forms are understood. In the long one each row is a person in a role: columns of the grid
    (code or name), role and person. In the wide one each row is a grid, and each role has its
    column of names; so a table of gridmap that was filled in by hand is a roster.

    Parameters
    ----------
    path
        CSV (UTF-8 or GBK) or XLSX; of several sheets all that are rosters are read.
    phones
        Whether to read telephone numbers; otherwise their column is not looked at.

    Raises
    ------
    UnreadableFile
        When there is no such file, it is damaged, or no sheet of it is a roster.
    MissingExtra
        When it is XLSX and openpyxl is not installed.

    Notes
    -----
    Source: FIELD.md section 1, Zhoukou (a roster joined to the grid layer, with dates) and section
    7 (no personal data beyond duty roles).

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "roster.csv"
    ...     _ = path.write_text("网格编码,职务,姓名,电话\n001,网格员,张三,138\n", "gbk")
    ...     roster = read_roster(path)
    >>> roster.rows[["code", "role", "person", "phone"]].to_numpy().tolist()
    [['001', '网格员', '张三', '']]
    """
    file = _open(Path(path))
    listed, said = list_texts(file, KNOWN)
    _refuse_broken(file, said)
    rosters = [info for info in listed if _form_of(info)]
    if not rosters:
        raise UnreadableFile(
            f"{file.name} is not a roster: no sheet has the columns of one.",
            f"{file.name} 不是花名册：没有所需的列。",
            cure_en=CURE_EN,
            cure_zh=CURE_ZH,
        )
    many = len(rosters) > 1
    frames: list[pd.DataFrame] = []
    findings = list(said)
    # people in the long form first: it says more, and what the wide one repeats is left out
    for info in sorted(rosters, key=lambda info: _form_of(info) == "wide"):
        texts, notes = _read(info)
        _refuse_broken(file, notes)
        label = [f"{info.layer}:{n}" if many else f"row {n}" for n in range(1, len(texts) + 1)]
        columns = _columns_of(info)
        take = _take_long if _form_of(info) == "long" else _take_wide
        frames.append(take(texts.assign(row=label), columns, phones=phones))
    rows = _without_repeats(pd.concat(frames, ignore_index=True))
    return Roster(rows, phones and bool((rows["phone"] != "").any()), tuple(findings))


def _open(path: Path) -> FoundFile:
    form = format_of(path)
    if form is None or form.family not in ("table", "sheet") or "://" in str(path):
        raise UnreadableFile(
            f"A roster is a CSV or XLSX file, and {path.name!r} is none.",
            f"花名册应为 CSV 或 XLSX 文件，{path.name!r} 不是。",
            cure_en="save it as .xlsx or .csv",
            cure_zh="请另存为 .xlsx 或 .csv",
        )
    if not path.is_file():
        raise UnreadableFile(
            f"There is no file {path.name!r} at the place given.",
            f"指定位置没有文件 {path.name!r}。",
            cure_en="check the path; names are case-sensitive",
            cure_zh="请检查路径，注意大小写",
        )
    try:
        reason = why_refused(path, form)
    except OSError as problem:
        raise _broken(path.name) from problem
    if reason:
        raise _broken(path.name)
    return FoundFile(path, path.name, form)


def _read(info: LayerInfo) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """Read the columns of a roster; what a reader complains of may quote a cell and is not told."""
    wanted = [header for header in info.headers if any(understand_header(header))]
    try:
        frame, notes = read_texts(info, wanted)
    except (*READER_ERRORS, csv.Error):
        raise _broken(info.file.name) from None
    return frame.fillna("").astype("str"), notes


def _refuse_broken(file: FoundFile, said: list[Finding] | tuple[Finding, ...]) -> None:
    for finding in said:
        if finding.code == UNREADABLE.code:
            raise _broken(file.name)
        if finding.severity == "error":
            raise UnreadableFile(
                finding.en, finding.zh, cure_en=finding.cure_en, cure_zh=finding.cure_zh
            )


def _broken(name: str) -> UnreadableFile:
    return UnreadableFile(
        f"{name} can't be read as a table: it is damaged, or a row has too many fields.",
        f"{name} 无法读取：文件损坏，或某行字段过多。",
        cure_en="open it in a spreadsheet program and save it again as .xlsx",
        cure_zh="请用表格软件打开并另存为 .xlsx",
    )


def _columns_of(info: LayerInfo) -> dict[tuple[str, str], str]:
    """Return (key, role) -> header; the first of each counts."""
    columns: dict[tuple[str, str], str] = {}
    for header in info.headers:
        meaning = understand_header(header)
        if any(meaning):
            columns.setdefault(meaning, header)
    return columns


def _form_of(info: LayerInfo) -> str:
    """Return ``long``, ``wide``, or ``""`` for what is no roster."""
    columns = _columns_of(info)
    keys = {key for key, role in columns if not role}
    if not keys & {"code", "name", "micro"}:
        return ""
    if {"role", "person"} <= keys:
        return "long"
    return "wide" if any(key == "person" and role for key, role in columns) else ""


def _take_long(
    texts: pd.DataFrame, columns: dict[tuple[str, str], str], *, phones: bool
) -> pd.DataFrame:
    taken = pd.DataFrame({"row": texts["row"]}, index=texts.index)
    for key in COLUMNS[1:]:
        header = columns.get((key, ""))
        used = header is not None and (phones or key != "phone")
        taken[key] = texts[header].str.strip() if used and header is not None else ""
    return taken


def _take_wide(
    texts: pd.DataFrame, columns: dict[tuple[str, str], str], *, phones: bool
) -> pd.DataFrame:
    """Return a row for each person of each column of a role; an empty cell is a vacant post."""
    base = _take_long(texts, columns, phones=False)
    records = []
    for (key, role), header in columns.items():
        if key != "person" or not role:
            continue
        numbers = columns.get(("phone", role), "") if phones else ""
        for position, row in enumerate(base.to_dict("records")):
            people = _split(texts[header].iloc[position])
            calls = _split(texts[numbers].iloc[position]) if numbers else []
            calls = calls if len(calls) == len(people) else [""] * len(people)
            records += [
                {**row, "role": role, "person": person, "phone": phone}
                for person, phone in zip(people, calls, strict=True)
            ]
    return pd.DataFrame(records, columns=list(COLUMNS), dtype="str")


def _split(cell: str) -> list[str]:
    return [name.strip() for name in BETWEEN_PEOPLE.split(cell) if name.strip()]


def _without_repeats(rows: pd.DataFrame) -> pd.DataFrame:
    """Leave out what a later sheet repeats with fewer words, and rows that say nothing at all."""
    said = (rows.drop(columns="row") != "").any(axis=1)
    return rows[said].drop_duplicates(subset=list(COLUMNS[1:])).reset_index(drop=True)
