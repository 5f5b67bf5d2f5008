"""Rosters: read in the forms that offices keep them in, joined to grids, and no person told of."""

from __future__ import annotations

import dataclasses
import logging
import traceback
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_plans import draw_plan

from gridmap.errors import UnreadableFile
from gridmap.rosters import ROLES, Roster, list_vacant, match_roster, read_roster
from gridmap.rosters.reading import COLUMNS
from gridmap.rosters.words import understand_date, understand_header, understand_role

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.findings import Finding
    from gridmap.model import Plan

HEAD = ("网格编码", "职务", "姓名", "专兼职", "电话", "任职日期", "离任日期")
SECRET, NUMBER = "欧阳不可说", "13800001234"


@pytest.fixture(scope="module")
def plan() -> Plan:
    return draw_plan("AABB\nAABB", communities="AAAA\nAAAA")


def with_grids(plan: Plan, number: int) -> Plan:
    """Return a plan of any number of grids, for what only their codes and names matter to."""
    frame = plan.grids.iloc[np.zeros(number, int)].copy()
    frame["code"] = [f"{n:015d}" for n in range(1, number + 1)]
    frame["name"] = [f"锦绣社区第{n}网格" for n in range(1, number + 1)]
    frame.index = pd.Index([f"g{n:04d}" for n in range(1, number + 1)], name="grid_id")
    return dataclasses.replace(plan, grids=gpd.GeoDataFrame(frame))


def roster_of(*rows: dict[str, str]) -> Roster:
    filled = [
        dict.fromkeys(COLUMNS, "") | {"row": f"row {n}"} | row for n, row in enumerate(rows, 1)
    ]
    return Roster(pd.DataFrame(filled, columns=list(COLUMNS), dtype="str"))


def worker(code: str, person: str, employment: str = "专职", **more: str) -> dict[str, str]:
    return {"code": code, "role": "网格员", "person": person, "employment": employment, **more}


def counts(findings: tuple[Finding, ...]) -> dict[str, int]:
    return {finding.code: finding.count for finding in findings}


def write_csv(
    path: Path, rows: list[tuple[str, ...]], encoding: str, head: tuple[str, ...]
) -> Path:
    lines = [",".join(f'"{cell}"' for cell in row) for row in (head, *rows)]
    path.write_bytes("\r\n".join(lines).encode(encoding))
    return path


# --- reading ------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["gbk", "utf-8", "utf-8-sig", "utf-16"])
def test_a_csv_of_any_chinese_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    row = ("001", "网格员", "王小二", "专职", NUMBER, "2026-01-01", "")
    path = write_csv(tmp_path / "r.csv", [row], encoding, HEAD)
    rows = read_roster(path).rows
    assert rows[["code", "role", "person"]].to_numpy().tolist() == [["001", "网格员", "王小二"]]


def test_english_headers_and_a_title_above_them(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    page = book.active
    page.append(["2026年网格人员花名册"])
    page.append(["Grid code", "Role", "Name", "Phone", "From"])
    page.append([440604001001003, "grid_worker", "Li", "1", date(2026, 1, 1)])
    book.save(tmp_path / "r.xlsx")
    rows = read_roster(tmp_path / "r.xlsx").rows
    assert rows["code"].tolist() == ["440604001001003"]
    assert understand_date(rows["starts"].iloc[0]) == date(2026, 1, 1)


def test_phones_are_read_only_where_asked(tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "r.csv", [("001", "网格员", "王", "专职", NUMBER, "", "")], "gbk", HEAD
    )
    quiet, asked = read_roster(path), read_roster(path, phones=True)
    assert not quiet.has_phones
    assert NUMBER not in quiet.rows.to_csv()
    assert asked.has_phones
    assert asked.rows["phone"].tolist() == [NUMBER]


def test_a_column_a_role_is_a_roster_too(tmp_path: Path, plan: Plan) -> None:
    first, second = plan.grids["code"]
    path = write_csv(
        tmp_path / "r.csv",
        [(first, "甲", "乙、丙", f"{NUMBER}、2"), (second, "甲", "", "")],
        "utf-8",
        ("网格编码", "网格长", "网格员", "网格员电话"),
    )
    duty = match_roster(plan, read_roster(path, phones=True))
    assert duty.people_of(str(plan.grids.index[0]), "grid_worker") == ("乙", "丙")
    assert duty.posts.loc[duty.posts["person"] == "乙", "phone"].tolist() == [NUMBER]
    assert counts(duty.findings)["grid_without_worker"] == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("r.csv", b""),
        ("r.csv", "名称,户数\n甲,3\n".encode()),
        ("r.csv", "网格编码,职务,姓名\n1,网格员,甲,乙,丙\n".encode()),
        ("r.csv", b"\x00\x01\x02"),
        ("r.csv", "网格编码,职务,姓名\n1,网格员,".encode() + b"a" * 30_000),
        ("r.xlsx", b"PK\x03\x04 broken"),
        ("r.xlsx", b"not a book"),
        ("r.gpkg", b"SQLite format 3\x00"),
        ("r.vrt", b"<OGRVRTDataSource/>"),
    ],
)
def test_what_is_no_roster_is_refused_with_a_cure(
    tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnreadableFile) as refusal:
        read_roster(tmp_path / name)
    assert refusal.value.cure_en
    assert refusal.value.cure_zh
    with pytest.raises(UnreadableFile):
        read_roster(tmp_path / f"missing {name}")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-07-01", date(2026, 7, 1)),
        ("2026/7/1", date(2026, 7, 1)),
        ("2026年7月1日", date(2026, 7, 1)),
        ("2026.07.01", date(2026, 7, 1)),
        ("20260701", date(2026, 7, 1)),
        ("2026-07-01 00:00:00", date(2026, 7, 1)),
        ("长期", None),
        ("", None),
    ],
)
def test_days_as_people_write_them(text: str, day: date | None) -> None:
    assert understand_date(text) == day


@given(st.text(max_size=20))
def test_any_text_is_a_day_or_refused(text: str) -> None:
    with suppress(ValueError):
        assert understand_date(text) is None or understand_date(text)
    understand_header(text)
    understand_role(text)


# --- joining ------------------------------------------------------------------------------------


def test_468_full_time_workers_leave_one_of_469_grids_uncovered(plan: Plan) -> None:
    # FIELD.md section 1, Zhoukou: 469 grids, 468 full-time and 93 part-time workers
    zhoukou = with_grids(plan, 469)
    codes = zhoukou.grids["code"].tolist()
    full = [worker(code, f"甲{n}") for n, code in enumerate(codes) if n != 211]
    half = [worker(code, f"乙{n}", "兼职") for n, code in enumerate(codes[376:])]
    duty = match_roster(zhoukou, roster_of(*full, *half))
    assert (len(full), len(half)) == (468, 93)
    assert [(f.code, f.where) for f in duty.findings] == [("grid_without_worker", (codes[211],))]
    helped = match_roster(zhoukou, roster_of(*full, *half, worker(codes[211], "丙", "兼职")))
    assert [(f.code, f.where) for f in helped.findings] == [
        ("grid_without_full_time_worker", (codes[211],))
    ]
    shared = match_roster(zhoukou, roster_of(*full, worker(codes[211], "甲0")))
    (finding,) = shared.findings
    assert (finding.code, set(finding.where)) == ("worker_of_many_grids", {codes[0], codes[211]})


def test_what_is_wrong_is_said_by_row_and_grid(plan: Plan) -> None:
    one, two = plan.grids["code"]
    roster = roster_of(
        worker(one, "甲", starts="2026-01-01", ends="2026-03-31"),
        worker(two, "乙", starts="2027-01-01"),
        worker("nowhere", "丙"),
        {"code": one, "role": "厨师", "person": "丁"},
        {"code": one, "role": "网格长", "person": ""},
        worker(one, "戊", "有时"),
        worker(one, "己", starts="昨天"),
        worker(one, "庚", starts="2026-02-01", ends="2026-01-01"),
    )
    duty = match_roster(plan, roster, on=date(2026, 7, 1))
    said = {finding.code: finding.where for finding in duty.findings}
    assert said == {
        "roster_post_expired": (one,),
        "roster_post_not_begun": (two,),
        "roster_grid_unknown": ("row 3",),
        "roster_role_unknown": ("row 4",),
        "roster_row_vacant": ("row 5",),
        "roster_employment_unknown": ("row 6",),
        "roster_dates_wrong": ("row 7", "row 8"),
        "grid_without_worker": (two,),
    }
    assert "甲" not in duty.posts["person"].tolist()
    undated = match_roster(plan, roster)
    assert counts(undated.findings)["roster_day_missing"] == 2
    assert "甲" in undated.posts["person"].tolist()


@pytest.mark.parametrize(("day", "serves"), [(30, True), (31, True), (1, True)])
def test_first_and_last_day_are_days_of_service(plan: Plan, day: int, *, serves: bool) -> None:
    row = worker(plan.grids["code"].iloc[0], "甲", starts="2026-03-01", ends="2026-03-31")
    duty = match_roster(plan, roster_of(row), on=date(2026, 3, day))
    assert (len(duty.posts) == 1) is serves
    assert len(match_roster(plan, roster_of(row), on=date(2026, 4, 1)).posts) == 0
    assert len(match_roster(plan, roster_of(row), on=date(2026, 2, 28)).posts) == 0


def test_a_name_of_several_grids_needs_its_community() -> None:
    plan = draw_plan("AABB", communities="AABB")
    grids = plan.grids.assign(name="第1网格")
    plan = dataclasses.replace(plan, grids=grids)
    row = {"name": "第1网格", "role": "网格长", "person": "甲"}
    torn = match_roster(plan, roster_of(row))
    assert counts(torn.findings)["roster_grid_ambiguous"] == 1
    assert torn.posts.empty
    told = match_roster(plan, roster_of({**row, "community": "锦绣B社区"}))
    assert told.posts["zone_id"].tolist() == ["gB"]


def test_a_cell_may_list_grids_and_an_unknown_one_is_still_said(plan: Plan) -> None:
    codes = plan.grids["code"].tolist()
    row = {"code": "、".join([*codes, "x9"]), "role": "网格长", "person": "甲"}
    duty = match_roster(plan, roster_of(row))
    assert sorted(duty.posts["zone_id"]) == sorted(plan.grids.index)
    assert counts(duty.findings)["roster_grid_unknown"] == 1


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 11), st.sampled_from(ROLES), st.integers(0, 5)), max_size=30)
)
def test_served_and_vacant_are_all_grids(posts: list[tuple[int, str, int]]) -> None:
    plan = with_grids(PLAIN, 12)
    codes = plan.grids["code"].tolist()
    rows = [{"code": codes[n], "role": role, "person": f"人{who}"} for n, role, who in posts]
    duty = match_roster(plan, roster_of(*rows))
    for role in ROLES:
        served = {grid for grid in plan.grids.index if duty.people_of(str(grid), role)}
        vacant = [zone for _, zone in list_vacant(plan, duty.posts, role)]
        assert served == {str(plan.grids.index[n]) for n, r, _ in posts if r == role}
        assert sorted([*served, *vacant]) == sorted(plan.grids.index)
    many = {
        n
        for n, r, who in posts
        if r == "grid_worker"
        for m, s, other in posts
        if s == r and other == who and m != n
    }
    said = {f.code: set(f.where) for f in duty.findings}
    assert said.get("worker_of_many_grids", set()) == {codes[n] for n in many}


PLAIN = draw_plan("AABB\nAABB", communities="AAAA\nAAAA")


# --- nobody is told of ---------------------------------------------------------------------------


def test_no_name_and_no_number_is_in_a_finding_a_repr_or_a_log(
    tmp_path: Path, plan: Plan, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    one, two = plan.grids["code"]
    rows = [
        (one, "网格员", SECRET, "专职", NUMBER, "2026-01-01", "2026-02-01"),
        (two, "网格员", SECRET, "专职", NUMBER, SECRET, NUMBER),
        (SECRET, "网格员", SECRET, "专职", NUMBER, "", ""),
        (one, SECRET, SECRET, "专职", NUMBER, "", ""),
        (one, "网格员", SECRET, SECRET, NUMBER, "", ""),
    ]
    path = write_csv(tmp_path / "r.csv", rows, "gbk", HEAD)
    roster = read_roster(path, phones=True)
    duty = match_roster(plan, roster, on=date(2026, 7, 1))
    told = repr(roster) + repr(duty) + str([f.as_dict() for f in duty.findings]) + caplog.text
    assert len(duty.findings) >= 5
    for secret in (SECRET, NUMBER):
        assert secret not in told


def test_no_name_is_in_an_error(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    more = f"{SECRET},{NUMBER},a,b,c,d,e,f"
    path.write_text(f"网格编码,职务,姓名\n1,网格员,{more}\n2,网格员,{NUMBER}\n", "utf-8")
    with pytest.raises(UnreadableFile) as refusal:
        read_roster(path)
    shown = "".join(traceback.format_exception(refusal.value))
    assert SECRET not in shown
    assert NUMBER not in shown
