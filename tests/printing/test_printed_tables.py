"""Tables on paper: the sheets of the xlsx file, whole, searchable, and running nothing."""

from __future__ import annotations

import dataclasses
import re
from datetime import date
from typing import TYPE_CHECKING, Any

import pypdf
import pytest
from hostile import PAYLOADS, crowded_plan, hostile_roster
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_plans import draw_plan

from gridmap.errors import InvalidOption
from gridmap.reports.columns import Column, Sheet
from gridmap.reports.sheets import list_sheets

pytest.importorskip("matplotlib")

from gridmap.printing import print_tables
from gridmap.printing.fonts import find_fonts
from gridmap.printing.ruling import row_mm, rule_sheet, wrap_text

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.model import Plan

try:
    FONTS = find_fonts()
except InvalidOption:  # a machine without Chinese fonts; CI installs one
    pytest.skip("no Chinese font here", allow_module_level=True)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return draw_plan("AABB\nCCDD", communities="AAAA\nBBBB", kinds={"C": "dedicated"})


@pytest.fixture(scope="module")
def printed(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("print") / "tables.pdf"
    assert print_tables(plan, path, compiler="民政局", date="2026-07-01", before=plan) == ()
    return path


def squeeze(text: str) -> str:
    return re.sub(r"\s", "", text)


def pages_of(path: Path) -> list[str]:
    return [squeeze(page.extract_text()) for page in pypdf.PdfReader(path).pages]


def test_every_printed_cell_is_found_by_a_search(plan: Plan, printed: Path) -> None:
    pages = pages_of(printed)
    for sheet in list_sheets(plan, before=plan):
        text = "".join(page for page in pages if page.find(f"{sheet.zh}{squeeze(sheet.en)}") >= 0)
        for column in sheet.columns[: sheet.printed or None]:
            assert all(character in text for character in column.zh)
        for row in sheet.rows:
            for value in row[: sheet.printed or None]:
                if isinstance(value, str) and len(value) < 9:
                    assert squeeze(value) in text, (sheet.zh, value)


def test_each_page_has_title_date_number_and_header(plan: Plan, printed: Path) -> None:
    pages = pages_of(printed)
    for number, text in enumerate(pages, 1):
        for words in ("城东街道网格划分表", "制表日期：2026-07-01", "编制单位：民政局", "内部资料"):
            assert words in text
        assert f"第{number}页，共{len(pages)}页" in text


def test_it_is_a4_lying_vector_and_its_fonts_are_embedded(printed: Path) -> None:
    for page in pypdf.PdfReader(printed).pages:
        assert float(page.mediabox.width) == pytest.approx(297 / 25.4 * 72, abs=1)
        assert float(page.mediabox.height) == pytest.approx(210 / 25.4 * 72, abs=1)
        assert not list(page.images)
        for font in page["/Resources"]["/Font"].values():  # type: ignore[index]
            made = font.get_object()
            assert made["/Subtype"] == "/Type3"
            assert "/ToUnicode" in made


def test_the_same_plan_gives_the_same_bytes(plan: Plan, tmp_path: Path) -> None:
    for name in ("a.pdf", "b.pdf"):
        print_tables(plan, tmp_path / name)
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
    with pytest.raises(InvalidOption):
        print_tables(plan, tmp_path / "a.txt")
    empty = dataclasses.replace(plan, grids=plan.grids.iloc[:0])
    with pytest.raises(InvalidOption, match="no grid"):
        print_tables(empty, tmp_path / "c.pdf")


# --- pages as data --------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.text("网格员，。（）ab1 -、长", max_size=60), st.floats(3, 60))
def test_wrapping_keeps_every_letter_and_the_width(text: str, room: float) -> None:
    lines = wrap_text(text, FONTS, 8.0, room)
    assert squeeze("".join(lines)) == squeeze(text)
    for line in lines:
        wide = FONTS.measure(line, 8.0) / 72 * 25.4
        assert wide <= room + 0.01 or len(line) == 1


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.text("网格员a1、 ", max_size=400), st.integers(0, 10**6)), max_size=30),
    st.integers(1, 9),
)
def test_every_row_is_on_a_page_and_no_page_is_overfull(
    values: list[tuple[str, int]], repeat: int
) -> None:
    columns = (Column("名称", "Name"), Column("户数", "Households", "number"))
    sheet = Sheet("表", "Table", columns, tuple((text * repeat, n) for text, n in values))
    ruled = rule_sheet(sheet, FONTS, 267.0, 160.0)
    assert sum(ruled.widths) == pytest.approx(267.0)
    for page in ruled.pages:
        assert ruled.header_mm + sum(row_mm(row.lines, ruled.size) for row in page) <= 160.0 + 1e-6
    told = squeeze("".join(line for page in ruled.pages for row in page for line in row.cells[0]))
    assert told == squeeze("".join(text * repeat for text, _ in values))


# --- nothing runs ---------------------------------------------------------------------------------


def _keys(thing: Any, seen: set[int]) -> set[str]:
    """Return every key of every dictionary that can be reached in a PDF."""
    thing = thing.get_object() if hasattr(thing, "get_object") else thing
    if id(thing) in seen:
        return set()
    seen.add(id(thing))
    if isinstance(thing, dict):
        inside = {str(key) for key in thing}
        return inside.union(*(_keys(value, seen) for value in thing.values()))
    if isinstance(thing, list):
        return set().union(*(_keys(value, seen) for value in thing))
    return set()


def test_a_hundred_payloads_in_every_text_are_only_text(tmp_path: Path) -> None:
    assert len(PAYLOADS) >= 100
    plan, names = crowded_plan()
    path = tmp_path / "t.pdf"
    print_tables(
        plan,
        path,
        roster=hostile_roster(plan, names, tmp_path),
        before=plan,
        on=date(2026, 7, 1),
        title=names[0],
        compiler=names[1],
        reviewer=names[2],
        date=names[3],
    )
    reader = pypdf.PdfReader(path)
    keys = _keys(reader.trailer, set())
    runs = {"/JS", "/JavaScript", "/AA", "/OpenAction", "/URI", "/Launch", "/EmbeddedFiles"}
    assert not keys & (runs | {"/AcroForm", "/Names", "/XFA"})
    assert not [page for page in reader.pages if page.annotations]
    text = squeeze("".join(page.extract_text() for page in reader.pages))
    for words in ("app.alert(1)", "cmd|'/Ccalc'!A0", "<script>alert(1)</script>", "\\mathrm{x}"):
        assert words in text
