"""Files as offices make them: titles over tables, types of two meanings, columns of their own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely

from gridmap.checks import check_sources
from gridmap.errors import RefusedInput
from gridmap.findings import sort_findings
from gridmap.sources import read_sources

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.findings import Finding
    from gridmap.model import Sources


def squares(n: int, **columns: list[str]) -> gpd.GeoDataFrame:
    """Return n squares side by side with these columns."""
    west = [113.1 + 0.001 * place for place in range(n)]
    boxes = [shapely.box(x, 23.0, x + 0.001, 23.001) for x in west]
    return gpd.GeoDataFrame(pd.DataFrame(columns), geometry=boxes, crs=4490)


def found(sources: Sources, code: str) -> Finding:
    """Return the one finding of a code."""
    (finding,) = [item for item in sources.findings if item.code == code]
    return finding


def refused(path: Path, **options: dict[str, str]) -> dict[str, Finding]:
    """Return every finding of an input that may be refused while it is read."""
    try:
        findings = check_sources(read_sources(path, **options))
    except RefusedInput as refusal:
        findings = sort_findings(refusal.findings)
    return {finding.code: finding for finding in findings}


def test_types_of_compounds_are_read_by_what_they_say(tmp_path: Path) -> None:
    frame = squares(
        4, 小区名称=["甲", "乙", "丙", "丁"], 类型=["成熟小区", "老旧", "自然村", "新建"]
    )
    frame.to_file(tmp_path / "小区.gpkg")
    sources = read_sources(tmp_path / "小区.gpkg")
    made = sources.layers["compounds"]
    assert list(made["age_class"]) == ["mature", "old", "", "new"]
    assert list(made["kind"]) == ["compound", "compound", "natural_village", "compound"]
    assert "value_unknown" not in {item.code for item in sources.findings}
    assert found(sources, "column_read_by_values").count == 3


def test_a_type_of_neither_meaning_is_said_in_chinese_words(tmp_path: Path) -> None:
    squares(2, 小区名称=["甲", "乙"], 类型=["成熟", "火箭"]).to_file(tmp_path / "小区.gpkg")
    said = found(read_sources(tmp_path / "小区.gpkg"), "value_unknown")
    assert said.where == ("火箭",)
    assert "“类别”" in said.zh
    assert "小区、自然村、村民小组" in said.cure_zh
    assert not re.search("[a-z]{3}", (said.zh + said.cure_zh).replace("gpkg", ""))


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_headers_are_found_below_a_title(tmp_path: Path, ending: str) -> None:
    rows = [
        ["某街道住户信息表"],
        ["填表日期：2026 年 11 月"],
        ["户号", "楼栋号", "经度", "纬度"],
        ["1", "B1", "113.1005", "23.0005"],
        ["2", "B1", "113.1006", "23.0005"],
    ]
    path = tmp_path / f"住户.{ending}"
    if ending == "xlsx":
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        for row in rows:
            sheet.append(row)
        sheet.merge_cells("A1:D1")
        book.save(path)
    else:
        path.write_text("".join(",".join(row) + "\n" for row in rows), "utf-8")
    sources = read_sources(path, datums={"households": "cgcs2000"})
    assert list(sources.layers["households"]["household_id"]) == ["1", "2"]
    said = found(sources, "header_row_found")
    assert said.severity == "info"
    assert "第 3 行" in said.zh


def test_a_plain_table_keeps_its_first_row_as_headers(tmp_path: Path) -> None:
    path = tmp_path / "住户.csv"
    path.write_text("户号,经度,纬度\n户号,113.1,23.0\n", "utf-8")
    sources = read_sources(path, datums={"households": "cgcs2000"})
    assert "header_row_found" not in {item.code for item in sources.findings}


def test_headers_of_belonging_are_understood_and_the_others_named(tmp_path: Path) -> None:
    frame = squares(1, 所属社区名称=["东风社区"], 所属街道名称=["城关街道"], 片区=["一片"])
    frame.to_file(tmp_path / "社区.gpkg")
    sources = read_sources(tmp_path / "社区.gpkg")
    made = sources.layers["communities"]
    assert made[["name", "township"]].to_numpy().tolist() == [["东风社区", "城关街道"]]
    said = found(sources, "columns_unused")
    assert said.severity == "info"
    assert said.where == ("片区",)
    assert "--column communities.列名=表头" in said.cure_zh
    assert "一片" not in said.zh + said.en


def test_a_wrong_number_is_shown_but_never_one_of_a_person(tmp_path: Path) -> None:
    frame = squares(4, 楼栋号=["a", "b", "c", "d"], 层数=["约50", "6", "13800138000号", "7"])
    frame.to_file(tmp_path / "楼栋.gpkg")
    said = found(read_sources(tmp_path / "楼栋.gpkg"), "number_wrong")
    assert "“层数”" in said.zh
    assert "第 1 条“约50”" in said.zh
    assert "13800138000" not in str(said.as_dict())


def test_files_of_one_encoding_are_said_once_with_the_cure_of_their_kind(tmp_path: Path) -> None:
    for name in ("社区", "小区"):
        squares(1, 名称=["东风"]).to_file(tmp_path / f"{name}.shp", encoding="gbk")
        (tmp_path / f"{name}.cpg").unlink(missing_ok=True)
    table = tmp_path / "住户.csv"
    table.write_bytes("户号,地址,经度,纬度\n1,东风路,113.1,23.0\n".encode("gbk"))
    sources = read_sources(tmp_path, datums={"households": "cgcs2000"})
    shapes, tables = sorted(
        (item for item in sources.findings if item.code == "encoding_detected"),
        key=lambda item: -item.count,
    )
    assert shapes.where == ("小区.shp", "社区.shp")
    assert ".cpg" in shapes.cure_zh
    assert tables.where == ("住户.csv",)
    assert ".cpg" not in tables.cure_zh + tables.cure_en


def test_a_file_that_waits_for_its_datum_is_not_called_missing(tmp_path: Path) -> None:
    squares(1, 名称=["东风"]).to_file(tmp_path / "社区.gpkg")
    path = tmp_path / "住户.csv"
    path.write_text("户号,经度,纬度\n1,113.1,23.0\n", "utf-8")
    assert "datum_missing" in refused(tmp_path)
    assert not {"households_missing", "nothing_read"} & set(refused(tmp_path))
    assert "nothing_read" not in refused(path)
    path.unlink()
    missing = refused(tmp_path)["households_missing"]
    assert "--households-total" in missing.cure_zh


def test_eastings_without_a_zone_get_no_ready_code_and_no_powers_of_ten(tmp_path: Path) -> None:
    frame = squares(1, 名称=["东风"]).to_crs(4547)
    frame.to_file(tmp_path / "社区.shp")
    (tmp_path / "社区.prj").unlink()
    said = refused(tmp_path)["crs_missing"]
    assert "e+0" not in said.zh + said.en
    assert "4547" not in said.cure_zh + said.cure_en
    assert "中央经线" in said.cure_zh


def test_coordinate_columns_are_told_one_option_each(tmp_path: Path) -> None:
    (tmp_path / "住户.csv").write_text("户号,东,北\n1,113.1,23.0\n", "utf-8")
    said = refused(tmp_path)["table_without_coordinates"]
    for cure in (said.cure_en, said.cure_zh):
        assert cure.count("--column households.l") == 2


def test_a_damaged_table_is_said_in_chinese(tmp_path: Path) -> None:
    squares(1, 名称=["东风"]).to_file(tmp_path / "社区.gpkg")
    (tmp_path / "住户.csv").write_text("户号,经度,纬度\n1,113.1,23.0,4,5\n", "utf-8")
    said = refused(tmp_path)["unreadable_file"]
    assert "字段数多于表头" in said.zh
    assert not re.search("[a-z]+ [a-z]+", said.zh)
