"""The tables: what is in them, how they print, and that nothing in them runs."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
import subprocess
import sys
import zipfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy_plans import draw_plan

import gridmap
from gridmap.errors import InvalidOption, MissingExtra, UnwritableFile
from gridmap.estimates import HOUSEHOLDS_ESTIMATED
from gridmap.findings import Finding, FindingKind
from gridmap.model import InputFile
from gridmap.reports.cleaning import clean_text
from gridmap.reports.workbook import _make_bytes
from gridmap.scoring import MEASURES

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

    from gridmap.model import Plan

TESTS = Path(__file__).resolve().parent.parent
KIND = FindingKind(
    "toy", "warning", "{count} at {places}", "{count} 处：{places}", "Look.", "请看。"
)


@pytest.fixture(scope="module")
def plan() -> Plan:
    drawn = draw_plan(
        "AABBE\nAABBE\nCDDBE\nEDDBE",
        communities="AAAAA\nAAAAA\nBBBAA\nABBAA",
        compounds="xx...\nxx...\n.....\n.....",
        kinds={"C": "dedicated", "E": "exclave"},
    )
    return dataclasses.replace(drawn, findings=(KIND.found(["a"]), KIND.found(["b"] * 9)))


@pytest.fixture(scope="module")
def book(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> openpyxl.Workbook:
    path = tmp_path_factory.mktemp("tables") / "表.xlsx"
    gridmap.write_tables(plan, path)
    return openpyxl.load_workbook(path)


def _column(page: Worksheet, header: str) -> list[object]:
    for cells in page.iter_cols():
        if str(cells[0].value).startswith(header):
            return [cell.value for cell in cells[1:]]
    raise AssertionError(header)


def test_there_are_seven_sheets_with_headers_in_two_languages(book: openpyxl.Workbook) -> None:
    assert book.sheetnames == ["网格", "责任", "登记", "社区", "街道", "问题", "说明"]
    for page in book:
        for cell in page[1]:
            chinese, english = str(cell.value).split("\n")
            assert re.search("[\u4e00-\u9fff]", chinese)
            assert english.isascii() or "²" in english


def test_grids_agree_with_the_plan(plan: Plan, book: openpyxl.Workbook) -> None:
    page = book["网格"]
    assert _column(page, "网格编码") == plan.grids["code"].tolist()
    assert _column(page, "户数\n") == plan.grids["households"].tolist()
    assert _column(page, "类别") == ["综合网格", "综合网格", "飞地网格", "专属网格", "综合网格"]
    assert _column(page, "达标") == ["是", "否", "—", "—", "是"]
    assert _column(page, "楼栋数") == [4, 6, 5, 1, 4]
    assert _column(page, "备注")[3] == "学校"


def test_one_map_two_tables_agree(plan: Plan, book: openpyxl.Workbook) -> None:
    households = int(plan.grids["households"].sum())
    assert sum(_column(book["网格"], "户数\n")) == households
    for name in ("社区", "街道"):
        column = _column(book[name], "户数")
        assert sum(column[:-1]) == column[-1] == households
        assert _column(book[name], "网格数")[-1] == len(plan.grids)


def test_a_plan_without_townships_has_no_sheet_of_them(plan: Plan, tmp_path: Path) -> None:
    units = plan.territory.units
    communities = units.communities.assign(township="")
    units = dataclasses.replace(units, communities=communities)
    bare = dataclasses.replace(plan, territory=dataclasses.replace(plan.territory, units=units))
    gridmap.write_tables(bare, tmp_path / "t.xlsx")
    assert openpyxl.load_workbook(tmp_path / "t.xlsx").sheetnames == [
        "网格",
        "责任",
        "登记",
        "社区",
        "问题",
        "说明",
    ]


def test_every_measure_rule_and_input_is_explained(plan: Plan, book: openpyxl.Workbook) -> None:
    items = [str(item) for item in _column(book["说明"], "项目")]
    for measure in MEASURES.values():
        assert f"{measure.zh} {measure.en}" in items
    assert "规则 rules" in items
    assert any("town.gpkg" in str(value) for value in _column(book["说明"], "值"))


def test_no_household_or_address_is_in_any_sheet(plan: Plan, book: openpyxl.Workbook) -> None:
    text = "\n".join(str(cell.value) for page in book for row in page.rows for cell in row)
    assert "建设路" not in text
    assert not any(building in text for building in plan.territory.units.members["building_id"])


def test_findings_come_worst_first_with_their_places(book: openpyxl.Workbook) -> None:
    assert _column(book["问题"], "数量") == [1, 9]
    assert _column(book["问题"], "位置") == ["a", "b、b、b、b、b，另有 4 个"]


def test_every_sheet_prints_on_a4_across_with_its_header(book: openpyxl.Workbook) -> None:
    for page in book:
        assert page.page_setup.orientation == "landscape"
        assert str(page.page_setup.paperSize) == "9"
        assert page.sheet_properties.pageSetUpPr.fitToPage
        assert (page.page_setup.fitToWidth, page.page_setup.fitToHeight) == (1, 0)
        assert page.print_title_rows in ("1:1", "$1:$1")
        assert "&P" in page.oddFooter.center.text or "&[Page]" in page.oddFooter.center.text
        assert page.freeze_panes in ("A2", "C2")
        assert page.auto_filter.ref.startswith("A1:")
        widths = [item.width for item in page.column_dimensions.values()]
        assert all(7 <= width <= 80 for width in widths)


def test_numbers_are_numbers_and_codes_are_texts(book: openpyxl.Workbook) -> None:
    page = book["网格"]
    row = {str(page.cell(1, i).value).split("\n")[0]: page.cell(2, i) for i in range(1, 28)}
    assert (row["网格编码"].data_type, row["网格编码"].number_format) == ("s", "@")
    assert (row["户数"].data_type, row["户数"].number_format) == ("n", "#,##0")
    assert row["面积（㎡）"].number_format == "#,##0"
    assert row["紧凑度"].number_format == "0.000"
    share = [c for c in book["社区"][2] if c.number_format == "0.0%"]
    assert len(share) == 1


def test_grids_outside_their_band_are_marked(book: openpyxl.Workbook) -> None:
    (marked,) = book["网格"].conditional_formatting
    assert str(marked.sqref) == "A2:AA6"
    assert marked.rules[0].formula == ['$G2="否"']


def test_the_four_bounds_stand_in_the_order_of_chinese_papers(book: openpyxl.Workbook) -> None:
    heads = [str(cell.value).split("\n")[0] for cell in book["网格"][1]]
    first = heads.index("东至")
    assert heads[first : first + 4] == ["东至", "南至", "西至", "北至"]
    assert all(_column(book["网格"], "西至"))


def test_areas_are_rounded_to_what_a_survey_can_know(book: openpyxl.Workbook) -> None:
    for name in ("面积（㎡）", "周长（米）"):
        for value in _column(book["网格"], name):
            assert value == round(float(str(value)), 2)


def test_the_last_sheet_tells_in_sentences_and_shows_no_raw_key(plan: Plan, tmp_path: Path) -> None:
    territory = plan.territory
    item = InputFile("town.gpkg", "楼栋", "buildings", "ab" * 32, 1234, "EPSG:4490", "gbk")
    units = dataclasses.replace(territory.units, inputs=(item,))
    told = dataclasses.replace(
        plan,
        territory=dataclasses.replace(territory, units=units),
        about={
            "input.1": '{"layer": "楼栋"}',
            "set_aside_households": "14",
            "read_households": "60000",
            "measured_in": "EPSG:4547",
            "geos": "3.14.1",
            "shapely": "2.2.0",
        },
    )
    gridmap.write_tables(told, tmp_path / "t.xlsx")
    page = openpyxl.load_workbook(tmp_path / "t.xlsx")["说明"]
    rows = {str(row[0]): row for row in page.iter_rows(values_only=True)}
    for item_name, value, chinese, english in list(rows.values())[1:]:
        assert re.search("[\u4e00-\u9fff]", str(item_name))
        assert value is not None
        assert chinese
        assert english
        assert "{" not in f"{value}{chinese}{english}"
    assert rows["输入：楼栋 buildings"][2].startswith("1,234 行，坐标系 EPSG:4490，文字编码 gbk")
    assert rows["未划入网格的户数 Households set aside"][1] == 14
    assert rows["所用程序库 Libraries"][1] == "geos 3.14.1, shapely 2.2.0"


def test_estimated_households_are_marked_in_every_sheet_that_counts_them(
    plan: Plan, tmp_path: Path
) -> None:
    found = Finding(
        HOUSEHOLDS_ESTIMATED.code,
        "warning",
        9,
        (),
        "4000 are estimates.",
        "4000 户为估算值。",
        "",
        "",
    )
    gridmap.write_tables(dataclasses.replace(plan, findings=(found,)), tmp_path / "t.xlsx")
    marked = openpyxl.load_workbook(tmp_path / "t.xlsx")
    for name in ("网格", "社区", "街道"):
        assert _column(marked[name], "户数（估算）\nHouseholds (estimated)")
    about = marked["说明"]
    assert about.cell(2, 2).value == "估算 estimated"
    assert found.zh == about.cell(2, 3).value
    assert "读入户数（估算） households read (estimated)" in _column(about, "项目")


def test_a_general_grid_without_households_is_not_called_out_of_its_band(
    plan: Plan, tmp_path: Path
) -> None:
    counts, inside = plan.grids["households"].to_numpy().copy(), plan.grids["in_band"].to_numpy()
    inside = inside.copy()
    counts[1], inside[1] = 0, False
    empty = dataclasses.replace(plan, grids=plan.grids.assign(households=counts, in_band=inside))
    gridmap.write_tables(empty, tmp_path / "t.xlsx")
    page = openpyxl.load_workbook(tmp_path / "t.xlsx")["网格"]
    assert _column(page, "达标") == ["是", "无住户", "—", "—", "是"]


@pytest.mark.parametrize("name", ["tables.csv", "tables", "tables.xls"])
def test_tables_are_written_only_as_xlsx(plan: Plan, tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidOption, match=r"must end in \.xlsx") as refusal:
        gridmap.write_tables(plan, tmp_path / name)
    assert "须以 .xlsx 结尾" in refusal.value.zh
    assert list(tmp_path.iterdir()) == []


# --- nothing runs ---------------------------------------------------------------------------


@given(st.text(alphabet=st.characters(codec=None), max_size=40))
def test_any_cleaned_text_is_xml_and_idempotent(text: str) -> None:
    kept, removed = clean_text(text)
    assert clean_text(kept) == (kept, 0)
    assert not re.search("[\x00-\x1f\ud800-\udfff\ufffe\uffff]", kept)
    assert len(kept) >= len(text) - removed


def test_what_was_removed_is_said(plan: Plan, tmp_path: Path) -> None:
    grids = plan.grids.assign(name=["a\x07\x08", "b", "c", "d", "e"])
    gridmap.write_tables(dataclasses.replace(plan, grids=grids), tmp_path / "t.xlsx")
    page = openpyxl.load_workbook(tmp_path / "t.xlsx")["说明"]
    said = {row[0].value: row[1].value for row in page.iter_rows(min_row=2)}
    assert said["删除的控制字符"] == 2


def test_a_text_too_long_for_a_cell_is_cut(plan: Plan, tmp_path: Path) -> None:
    grids = plan.grids.assign(reason="长" * 40_000)
    gridmap.write_tables(dataclasses.replace(plan, grids=grids), tmp_path / "t.xlsx")
    remark = _column(openpyxl.load_workbook(tmp_path / "t.xlsx")["网格"], "备注")
    assert max(len(str(text)) for text in remark) <= 32_767


# --- the file -------------------------------------------------------------------------------


def test_the_same_plan_gives_the_same_bytes_in_a_fresh_process(plan: Plan, tmp_path: Path) -> None:
    gridmap.write_plan(plan, tmp_path / "p.gpkg")
    code = "import sys, gridmap; gridmap.write_tables(gridmap.read_plan(sys.argv[1]), sys.argv[2])"
    seen = set()
    for seed in ("1", "2"):
        path = tmp_path / f"{seed}.xlsx"
        subprocess.run(
            [sys.executable, "-c", code, tmp_path / "p.gpkg", path],
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": f"UTC-{seed}"},
        )
        seen.add(hashlib.sha256(path.read_bytes()).hexdigest())
    gridmap.write_tables(plan, tmp_path / "0.xlsx")
    seen.add(hashlib.sha256((tmp_path / "0.xlsx").read_bytes()).hexdigest())
    assert len(seen) == 1


def test_no_clock_is_in_the_file(plan: Plan, tmp_path: Path) -> None:
    gridmap.write_tables(plan, tmp_path / "t.xlsx")
    with zipfile.ZipFile(tmp_path / "t.xlsx") as archive:
        assert {item.date_time for item in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    properties = openpyxl.load_workbook(tmp_path / "t.xlsx").properties
    assert properties.created == properties.modified == datetime(2000, 1, 1)  # noqa: DTZ001 - as read


def test_an_earlier_table_is_replaced_and_an_input_is_spared(plan: Plan, tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    gridmap.write_tables(plan, path)
    gridmap.write_tables(plan, path)
    book = openpyxl.Workbook()
    book.save(tmp_path / "households.xlsx")
    (tmp_path / "plan.xlsx").write_bytes(b"SQLite format 3\0 and more")
    for name in ("households.xlsx", "plan.xlsx"):
        before = (tmp_path / name).read_bytes()
        with pytest.raises(UnwritableFile, match="not a table of gridmap"):
            gridmap.write_tables(plan, tmp_path / name)
        assert (tmp_path / name).read_bytes() == before


def test_an_interrupt_leaves_the_old_table(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.xlsx"
    gridmap.write_tables(plan, path)
    before = path.read_bytes()

    def interrupt(_: Path, __: bytes) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_bytes", interrupt)
    with pytest.raises(KeyboardInterrupt):
        gridmap.write_tables(plan, path)
    assert path.read_bytes() == before
    assert [item.name for item in tmp_path.iterdir()] == ["t.xlsx"]


def test_without_openpyxl_the_cure_is_told(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(MissingExtra, match=r"gridmap-planner\[tables\]"):
        gridmap.write_tables(plan, tmp_path / "t.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_empty_sheets_are_written() -> None:
    from gridmap.reports.sheets import Column, Sheet

    assert _make_bytes((Sheet("空", "Empty", (Column("列", "Column"),), ()),), "题名")
