"""Grid table, duty table, registration and summaries: of one plan, so that they agree."""

from __future__ import annotations

import dataclasses
import zipfile
from datetime import date
from typing import TYPE_CHECKING

import openpyxl
import pandas as pd
import pytest
from hostile import PAYLOADS, hostile_plans, hostile_roster
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_plans import draw_plan

import gridmap
from gridmap.reports.cleaning import clean_text, looks_like_formula
from gridmap.reports.sheets import list_sheets
from gridmap.rosters import ROLES, Roster, match_roster, read_roster
from gridmap.rosters.reading import COLUMNS
from gridmap.terms import TERMS
from gridmap.testing import draw_territory

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.model import Plan
    from gridmap.reports.columns import Sheet, Value


def column(sheet: Sheet, zh: str) -> list[Value]:
    place = [c.zh for c in sheet.columns].index(zh)
    return [row[place] for row in sheet.rows]


def total(sheet: Sheet, zh: str) -> Value:
    return sheet.total[[c.zh for c in sheet.columns].index(zh)]


def by_name(sheets: tuple[Sheet, ...]) -> dict[str, Sheet]:
    return {sheet.zh: sheet for sheet in sheets}


def roster_of(rows: list[dict[str, str]]) -> Roster:
    filled = [
        dict.fromkeys(COLUMNS, "") | {"row": f"row {n}"} | row for n, row in enumerate(rows, 1)
    ]
    return Roster(pd.DataFrame(filled, columns=list(COLUMNS), dtype="str"))


def some_roster(plan: Plan, posts: list[tuple[int, str, int]]) -> Roster:
    codes = plan.grids["code"].tolist()
    return roster_of(
        [
            {"code": codes[n % len(codes)], "role": role, "person": f"人{who}"}
            for n, role, who in posts
        ]
    )


def check_agreement(plan: Plan, sheets: tuple[Sheet, ...]) -> None:
    """Sums and lists of grids are the same wherever they stand."""
    named = by_name(sheets)
    grids, communities = named["网格"], named["社区"]
    households = int(plan.grids["households"].sum())
    assert sum(map(int, column(grids, "户数"))) == households
    assert (
        total(named["登记"], "户数") == sum(map(int, column(named["登记"], "户数"))) == households
    )
    assert column(named["登记"], "网格编码") == column(grids, "网格编码")
    assert total(named["登记"], "面积（㎡）") == pytest.approx(
        sum(map(float, column(grids, "面积（㎡）"))), abs=0.1
    )
    sums = ["户数", "网格数", "综合网格", "专属网格", "飞地网格", "楼栋数"]
    sums += ["微网格数"] if plan.micro_grids is not None else []
    for sheet in (communities, named["街道"]):
        for name in sums:
            assert sum(map(int, column(sheet, name))) == total(sheet, name)
            assert total(sheet, name) == total(communities, name)
    assert total(communities, "户数") == households
    assert total(communities, "楼栋数") == sum(map(int, column(grids, "楼栋数")))
    if plan.micro_grids is not None:
        micro = named["微网格"]
        assert sum(map(int, column(micro, "户数"))) <= households
        assert sum(map(int, column(grids, "微网格数"))) == total(communities, "微网格数")
        assert len(micro.rows) == total(communities, "微网格数")
    check_duties(plan, named)


def check_duties(plan: Plan, named: dict[str, Sheet]) -> None:
    """In every role those who serve and those who are wanting make up all grids."""
    duties = named["责任"]
    rows = list(zip(*(column(duties, n) for n in ("职务", "姓名", "网格/微网格编码")), strict=True))
    zones = column(named["微网格"], "微网格编码") if "微网格" in named else []
    for role in ROLES:
        mine = [row for row in rows if row[0] == TERMS[role].zh]
        served = {code for _, person, codes in mine if person for code in str(codes).split("、")}
        vacant = [
            code for _, person, codes in mine if not person for code in str(codes).split("、")
        ]
        all_codes = column(named["网格"], "网格编码")
        if role != "micro_grid_worker":
            assert sorted([*served, *vacant]) == sorted(all_codes)
            cells = dict(zip(all_codes, column(named["网格"], TERMS[role].zh), strict=True))
            assert {code for code, people in cells.items() if people} == served
            for code, people in cells.items():
                told = {str(p) for _, p, codes in mine if p and code in str(codes).split("、")}
                assert set(str(people).split("、")) - {""} == told
        elif zones:
            assert set(vacant) <= set(zones)


@settings(max_examples=6, deadline=None)
@given(
    st.text("ABCDEF", min_size=12, max_size=12),
    st.lists(st.integers(0, 900), min_size=12, max_size=12),
    st.lists(st.tuples(st.integers(0, 11), st.sampled_from(ROLES), st.integers(0, 4)), max_size=20),
)
def test_sums_agree_across_sheets(
    letters: str, households: list[int], posts: list[tuple[int, str, int]]
) -> None:
    drawing = "\n".join(letters[n : n + 4] for n in (0, 4, 8))
    plan = draw_plan(
        drawing, communities=drawing.translate(str.maketrans("BDF", "ACE")), households=households
    )
    duty = match_roster(plan, some_roster(plan, posts))
    check_agreement(plan, list_sheets(plan, duty=duty, before=plan))
    check_agreement(plan, list_sheets(plan))


@pytest.fixture(scope="module")
def divided() -> Plan:
    """Return a plan with micro-grids."""
    territory = draw_territory("AABB\nAABB\nCCDD", households=90)
    return gridmap.subdivide_plan(gridmap.make_plan(territory, rules=gridmap.Rules.preset()))


def test_sums_agree_where_micro_grids_are_drawn(divided: Plan) -> None:
    assert divided.micro_grids is not None
    codes = divided.micro_grids["code"].tolist()
    rows = [
        {"code": code, "role": "微网格员", "person": f"甲{n}"} for n, code in enumerate(codes[1:])
    ]
    duty = match_roster(divided, roster_of(rows))
    sheets = list_sheets(divided, duty=duty)
    check_agreement(divided, sheets)
    (vacant,) = [f for f in duty.findings if f.code == "micro_grid_without_worker"]
    assert vacant.where == (codes[0],)
    people = "、".join(map(str, column(by_name(sheets)["网格"], "微网格员")))
    assert all(f"甲{n}" in people for n in range(len(codes) - 1))


def test_without_a_roster_the_columns_are_there_and_empty(divided: Plan) -> None:
    named = by_name(list_sheets(divided))
    for role in ROLES:
        assert set(column(named["网格"], TERMS[role].zh)) == {""}
    assert set(column(named["责任"], "姓名")) == {""}
    assert "电话" not in [c.zh for c in named["责任"].columns]


def test_a_table_filled_in_by_hand_is_a_roster(divided: Plan, tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    gridmap.write_tables(divided, path)
    book = openpyxl.load_workbook(path)
    for page, header, name in (("网格", "网格员", "甲"), ("微网格", "微网格员", "乙")):
        heads = [str(cell.value).split("\n")[0] for cell in book[page][1]]
        for row in range(2, book[page].max_row + 1):
            book[page].cell(row, heads.index(header) + 1).value = f"{name}{row}"
    book.save(tmp_path / "filled.xlsx")
    duty = match_roster(divided, read_roster(tmp_path / "filled.xlsx"))
    assert divided.micro_grids is not None
    assert (duty.posts["role"] == "grid_worker").sum() == len(divided.grids)
    assert (duty.posts["level"] == "micro_grid").sum() == len(divided.micro_grids)
    assert {f.code for f in duty.findings} == {"roster_row_vacant", "worker_employment_unstated"}
    # what is written of it reads as the same
    gridmap.write_tables(
        divided, tmp_path / "t2.xlsx", roster=read_roster(tmp_path / "filled.xlsx")
    )
    again = match_roster(divided, read_roster(tmp_path / "t2.xlsx"))
    who = ["level", "zone_id", "role", "person"]
    assert sorted(map(tuple, again.posts[who].to_numpy())) == sorted(
        map(tuple, duty.posts[who].to_numpy())
    )


# --- old and new ----------------------------------------------------------------------------------


def test_old_grids_stand_beside_new_ones() -> None:
    old = draw_plan("AAAABB\nAAAABB", communities="AAAAAA\nAAAAAA")
    new = draw_plan("AACCBB\nAACCBB", communities="AAAAAA\nAAAAAA")
    named = by_name(list_sheets(new, before=old))
    codes = dict(new.grids["code"])
    was = dict(old.grids["code"])
    register = dict(
        zip(column(named["登记"], "网格编码"), column(named["登记"], "原网格编码"), strict=True)
    )
    assert register == {codes["gA"]: was["gA"], codes["gC"]: was["gA"], codes["gB"]: was["gB"]}
    assert sorted(map(str, column(named["登记"], "变动"))) == ["S 拆分", "S 拆分（新设）", "U 不变"]
    mapping = dict(
        zip(column(named["对照"], "原网格编码"), column(named["对照"], "现网格编码"), strict=True)
    )
    assert mapping[was["gB"]] == codes["gB"]
    assert set(str(mapping[was["gA"]]).split("、")) == {codes["gA"], codes["gC"]}
    assert total(named["对照"], "原户数") == int(old.grids["households"].sum())


def test_changes_of_a_replanned_plan_are_registered() -> None:
    plan = draw_plan("AABB", communities="AAAA")
    changes = pd.DataFrame(
        {
            "code": [*plan.grids["code"], "440604001009"],
            "community_id": "44060400100A",
            "status": ["kept", "new", "retired"],
            "change": ["M", "X", "M"],
            "from_ids": ["gA;gZ", "", ""],
            "to_ids": ["gA", "", "gA"],
            "households_before": [100, 0, 100],
            "households_after": [200, 200, 0],
            "cause": ["户数不足", "新增用地", "户数不足"],
            "cause_en": ["below", "newcomers", "below"],
        },
        index=pd.Index([*plan.grids.index, "gZ"], name="grid_id"),
    )
    named = by_name(list_sheets(dataclasses.replace(plan, changes=changes)))
    first = plan.grids["code"].iloc[0]
    assert column(named["登记"], "原网格编码") == [f"{first}、440604001009", ""]
    assert column(named["登记"], "变动") == ["M 合并", "X 重划（新设）"]
    assert column(named["对照"], "变动") == ["M 合并", "M 合并（撤销）"]
    assert column(named["对照"], "现网格编码") == [first, first]
    assert total(named["对照"], "原户数") == 200


# --- nothing runs ---------------------------------------------------------------------------------


def test_a_hundred_payloads_in_every_text_of_plan_and_roster_stay_texts(tmp_path: Path) -> None:
    seen: set[str] = set()
    for plan, names in hostile_plans():
        path = tmp_path / "t.xlsx"
        roster = hostile_roster(plan, names, tmp_path)
        gridmap.write_tables(plan, path, roster=roster, before=plan, on=date(2026, 7, 1))
        for page in openpyxl.load_workbook(path):
            for cell in (cell for row in page.rows for cell in row):
                assert cell.data_type in ("s", "n"), (cell.coordinate, cell.value)
                if isinstance(cell.value, str):
                    seen.add(cell.value)
                    if looks_like_formula(cell.value):
                        assert cell.quotePrefix, (cell.coordinate, cell.value)
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                assert b"<f>" not in archive.read(name), name
                assert not any(word in name for word in ("externalLink", "vba", "macro"))
    shown = {clean_text(text)[0].replace("_x003D_", "_x005F_x003D_") for text in PAYLOADS}
    assert shown <= seen
