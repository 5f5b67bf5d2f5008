"""The words of a level: decided in one place, and read by maps, paper and tables."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import openpyxl
import pypdf
import pyproj
import pytest
from typer.testing import CliRunner

from gridmap import Rules, rebalance_communities, write_plan
from gridmap.cli.app import app
from gridmap.crs import word_crs
from gridmap.errors import InvalidOption
from gridmap.level_words import ZONES, choose_words, reword_text
from gridmap.maps import make_map, show_level
from gridmap.maps.content import Extras, Imprint, describe_plan
from gridmap.maps.wording import page_words
from gridmap.printing import print_atlas, print_map, print_tables
from gridmap.printing.fonts import find_fonts
from gridmap.reports import write_tables
from gridmap.reports.columns import Column, Sheet
from gridmap.reports.communities import find_households, reword_sheet
from gridmap.reports.sheets import list_sheets
from gridmap.testing import draw_territory

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.model import Plan

NAMES = ("东风社区", "西湖社区", "南桥社区", "北苑社区")
TOWNS = ("望江镇", "清河街道")
FOREIGN = re.compile(r"网格(?!长|员|指导员)|户")
"""Words of grids and households; roles keep theirs."""


def make_communities(*, residents: int | None = None) -> Plan:
    toy = draw_territory("aaabbb\ncccddd", households=700, communities="111222\n333444")
    frame = toy.units.frame
    if residents is not None:
        frame = frame.assign(residents=residents)
    owners = toy.units.communities.assign(
        name=list(NAMES), township=[TOWNS[0], TOWNS[0], TOWNS[1], TOWNS[1]]
    )
    units = dataclasses.replace(toy.units, frame=frame, communities=owners)
    territory = dataclasses.replace(toy, units=units)
    return rebalance_communities(territory, rules=Rules.preset(), number=0)


@pytest.fixture(scope="module")
def plan() -> Plan:
    made = make_communities()
    assert made.about["level"] == "community"
    assert sorted(made.grids["name"]) == sorted(NAMES)
    return made


def needs_fonts() -> None:
    pytest.importorskip("matplotlib")
    try:
        find_fonts()
    except InvalidOption:  # a machine without Chinese fonts; CI installs one
        pytest.skip("no Chinese font here")


def texts_in(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for one in value.values() for text in texts_in(one)]
    if isinstance(value, list | tuple):
        return [text for one in value for text in texts_in(one)]
    return [value] if isinstance(value, str) else []


def read_pdf(path: Path) -> str:
    pages = pypdf.PdfReader(path).pages
    return re.sub(r"\s", "", "".join(page.extract_text() for page in pages))


def test_rewording_is_one_pass_and_leaves_grids_as_they_are() -> None:
    words = choose_words({"level": "community", "counted": "persons"})
    assert reword_text("社区的网格", words) == "街道的社区"
    assert reword_text("网格长、网格员、微网格", words) == "网格长、网格员、微网格"
    assert reword_text("micro-grids in grids of a gridmap", words, language="en") == (
        "micro-grids in communities of a gridmap"
    )
    grids = choose_words({})
    for language, texts in page_words().items():
        assert all(reword_text(text, grids, language=language) == text for text in texts.values())


def test_a_level_that_a_file_made_up_is_one_of_grids() -> None:
    assert choose_words({"level": "<b>", "counted": "cows"}) == choose_words({})
    assert choose_words({"level": "division"}).zone == ZONES["grid"]


def test_micro_grids_are_not_doubled() -> None:
    words = choose_words({"level": "micro_grid"})
    assert reword_text("微网格、综合网格与网格", words) == "微网格、微网格与微网格"


def test_the_page_of_communities_says_nothing_of_grids(plan: Plan) -> None:
    content = describe_plan(plan, Imprint(), "zh", Extras(before=plan))
    kept = {"micro_grids", "micro_value", *(f"kind_{kind}" for kind in ("dedicated",))}
    words = {key: text for key, text in content["words"]["zh"].items() if key not in kept}
    assert [text for text in texts_in(words) if FOREIGN.search(text)] == []
    assert content["imprint"]["title"]["zh"] == "望江镇、清河街道社区划分图"
    assert "与人数区间相比" in texts_in(content["themes"])
    assert not FOREIGN.search(" ".join(texts_in([content["themes"], content["density"]])))
    assert sorted(content["grids"]["short"]) == sorted(NAMES)
    assert set(content["grids"]["serial"]) == {""}
    # townships stand once: as what communities are drawn in
    assert sorted(content["communities"]["names"]) == sorted(TOWNS)
    assert content["townships"]["names"] == []
    assert content["totals"]["estimated"]
    assert "dedicated" not in content["totals"]
    assert set(content["arcs"]["levels"]) <= set("123")
    assert {"1", "2"} <= set(content["arcs"]["levels"])
    assert content["words"]["zh"]["legend_community"] == "社区界"
    assert content["words"]["zh"]["legend_township"] == "街道界"
    assert "网格划分图" not in make_map(plan).get_root().render().split("<script")[0]


def test_paper_names_communities_and_counts_persons(plan: Plan, tmp_path: Path) -> None:
    needs_fonts()
    for before, title in ((None, "社区划分图"), (plan, "社区调整前后对照图")):
        print_map(plan, tmp_path / "map.pdf", before=before)
        text = read_pdf(tmp_path / "map.pdf")
        assert f"望江镇、清河街道{title}" in text
        sides = 1 if before is None else 2
        for name in NAMES:
            assert text.count(name) == sides
        for town in TOWNS:
            assert text.count(town) == sides + 1  # on its land, and in the title
        assert f"{plan.grids['households'].iloc[0]}人" in text
        assert FOREIGN.search(text) is None
    print_map(plan, tmp_path / "map.pdf")
    text = read_pdf(tmp_path / "map.pdf")
    assert "社区（名称、人数）" in text
    assert text.count("街道界") == text.count("社区界") == 1
    assert word_crs(plan.territory.units.metric_crs).replace(" ", "") in text
    print_atlas(plan, tmp_path / "atlas.pdf")
    assert FOREIGN.search(read_pdf(tmp_path / "atlas.pdf")) is None


def test_a_community_without_room_for_its_name_has_a_number(plan: Plan, tmp_path: Path) -> None:
    needs_fonts()
    long = plan.grids.assign(name=["很" * 60 + "长社区", *plan.grids["name"].iloc[1:]])
    print_map(dataclasses.replace(plan, grids=long), tmp_path / "map.pdf")
    text = read_pdf(tmp_path / "map.pdf")
    assert "图上编号：1很很" in text
    assert text.count("长社区") == 1


def test_tables_have_one_sheet_a_level_in_its_own_words(plan: Plan, tmp_path: Path) -> None:
    write_tables(plan, tmp_path / "tables.xlsx")
    book = openpyxl.load_workbook(tmp_path / "tables.xlsx")
    assert book.properties.title == "社区划分表 Community tables"
    sheets = {sheet.zh: sheet for sheet in list_sheets(plan)}
    assert book.sheetnames == list(sheets) == ["社区", "登记", "对照", "街道", "问题", "说明"]
    for sheet in sheets.values():
        names = [column.zh for column in sheet.columns]
        assert len(set(names)) == len(names)
        assert all(len(row) == len(names) for row in (*sheet.rows, sheet.total) if row)
        allowed = "户数" if sheet.zh in ("社区", "街道") else None
        assert [name for name in names if FOREIGN.search(name) and name != allowed] == []
    zones = sheets["社区"]
    at = {column.zh: place for place, column in enumerate(zones.columns)}
    assert sorted(str(row[at["社区名称"]]) for row in zones.rows) == sorted(NAMES)
    assert {row[at["街道/镇"]] for row in zones.rows} == set(TOWNS)
    assert zones.total[at["人数（估算）"]] == int(plan.grids["households"].sum())
    assert zones.total[at["户数"]] == 12 * 700
    assert zones.rows[0][at["人数区间"]] == "3000-15000"
    assert all(row[at["东至"]] is not None for row in zones.rows)
    assert zones.columns[zones.marked].zh == "达标"
    assert [row[1] for row in sheets["街道"].rows] == list(TOWNS)
    told = " ".join(str(row[0]) for row in sheets["说明"].rows)
    assert "未划入社区的人数" in told
    assert "其他 other: level" not in told


def test_households_are_told_only_where_they_are_known(plan: Plan) -> None:
    known = find_households(plan)
    assert known is not None
    assert known.to_dict() == dict.fromkeys(plan.grids.index, 2100)
    counted = make_communities(residents=1500)
    assert find_households(counted) is None
    columns = [column.zh for column in list_sheets(counted)[0].columns]
    assert "人数" in columns
    assert "户数" not in columns
    frame = plan.territory.units.frame
    other = frame.assign(households=frame["households"] + np.arange(len(frame)) % 2)
    units = dataclasses.replace(plan.territory.units, frame=other)
    territory = dataclasses.replace(plan.territory, units=units)
    assert find_households(dataclasses.replace(plan, territory=territory)) is None


def test_a_sheet_says_nothing_twice() -> None:
    sheet = Sheet(
        "表", "Table",
        (Column("街道/镇", "Township"), Column("社区/村", "Community"), Column("达标", "In band")),
        (("甲", "乙", "否"),), ("合计", None, None), marked=2, printed=3,
    )  # fmt: skip
    told = reword_sheet(sheet, choose_words({"level": "community", "counted": "persons"}))
    assert [column.zh for column in told.columns] == ["街道/镇", "达标"]
    assert (told.rows, told.total) == ((("乙", "否"),), (None, None))
    assert (told.marked, told.printed) == (1, 2)


def test_tables_of_communities_are_printed(plan: Plan, tmp_path: Path) -> None:
    needs_fonts()
    print_tables(plan, tmp_path / "tables.pdf")
    assert "望江镇、清河街道社区划分表" in read_pdf(tmp_path / "tables.pdf")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (4547, "CGCS2000，高斯-克吕格 3° 带，中央经线 114°（EPSG:4547）"),
        (4526, "CGCS2000，高斯-克吕格 3° 带，中央经线 114°（EPSG:4526）"),
        (4508, "CGCS2000，高斯-克吕格 6° 带，中央经线 111°（EPSG:4508）"),
        (32633, "WGS 84，UTM 第 33N 带，中央经线 15°（EPSG:32633）"),
        (3857, "WGS 84 / Pseudo-Mercator（EPSG:3857）"),
    ],
)
def test_a_coordinate_system_is_named_in_chinese(code: int, words: str) -> None:
    assert word_crs(pyproj.CRS(code)) == words


def test_the_map_command_says_what_to_type(plan: Plan, tmp_path: Path) -> None:
    write_plan(plan, tmp_path / "plan.gpkg")

    def draw(out: str, *options: str) -> tuple[int, str]:
        arguments = ["map", str(tmp_path / "plan.gpkg"), "-o", str(tmp_path / out), *options]
        answer = CliRunner().invoke(app, arguments)
        return answer.exit_code, answer.stderr

    for out, options, said in (
        ("x.png", (), ".html or .pdf"),
        ("x.html", ("--language", "fr"), "--language zh"),
        ("x.html", ("--level", "foo"), "grid, micro_grid, link_unit, community"),
        ("x.html", ("--audience", "all"), "--audience internal"),
    ):
        code, words = draw(out, *options)
        assert code != 0
        assert said in words
    assert draw("x.html", "--level", "community")[0] == 0
    assert show_level(plan, "community") is plan
    pytest.importorskip("matplotlib")
    assert "--paper A3" in draw("x.pdf", "--paper", "A5")[1]
    arguments = ["tables", str(tmp_path / "plan.gpkg"), "-o", str(tmp_path / "x.csv")]
    answer = CliRunner().invoke(app, arguments)
    assert answer.exit_code != 0
    assert ".xlsx or .pdf" in answer.stderr
