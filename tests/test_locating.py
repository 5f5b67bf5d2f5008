"""Which grid a point or an address is in, and what is said when it is not sure."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.crs import to_gcj02
from gridmap.errors import InvalidOption, UnknownName, UnreadableFile
from gridmap.locating import (
    Release,
    locate_address,
    locate_point,
    locate_table,
    open_release,
    placement_as_dict,
)
from gridmap.locating.examples import EAST, WEST, draw_plan
from gridmap.locating.faults import FAULTS
from gridmap.locating.tables import ANSWER_COLUMNS
from gridmap.planfiles import write_plan

if TYPE_CHECKING:
    from gridmap.model import Plan


@pytest.fixture(scope="module")
def release() -> Release:
    return open_release(draw_plan())


def _border(release: Release) -> tuple[float, float]:
    """Return a vertex that both grids touch, exactly as stored."""
    west, east = (np.asarray(release.plan.grids.geometry.array)[n] for n in (0, 1))
    shared = shapely.get_coordinates(shapely.intersection(west, east))
    return float(shared[0][0]), float(shared[0][1])


# points


def test_a_point_clear_of_borders_is_unique(release: Release) -> None:
    answer = locate_point(release, 113.1005, 22.9995, datum="cgcs2000")
    assert (answer.status, answer.decision, answer.confidence) == ("unique", "auto", "high")
    assert answer.grid is not None
    assert answer.grid.grid_id == WEST
    assert answer.margin_m == pytest.approx(51.27, abs=0.1)


def test_a_point_on_a_border_lists_all_grids_that_touch(release: Release) -> None:
    lon, lat = _border(release)
    answer = locate_point(release, lon, lat, datum="wgs84")
    assert (answer.status, answer.decision, answer.grid) == ("boundary", "review", None)
    assert [item.grid.grid_id for item in answer.candidates] == [WEST, EAST]
    assert [item.distance_m for item in answer.candidates] == [0.0, 0.0]
    assert answer.faults == ("on_border",)
    assert answer.margin_m == 0


@pytest.mark.parametrize(
    ("metres", "exact", "converted"),
    [(5, "unique", "boundary"), (15, "unique", "unique"), (0.5, "boundary", "boundary")],
)
def test_a_converted_point_is_flagged_within_ten_metres(
    release: Release, metres: float, exact: str, converted: str
) -> None:
    border, _ = _border(release)
    lon, lat = border - metres / 102_500, 22.9995
    assert locate_point(release, lon, lat, datum="cgcs2000").status == exact
    shifted = to_gcj02(np.array([lon]), np.array([lat]))
    answer = locate_point(release, float(shifted[0][0]), float(shifted[1][0]), datum="gcj02")
    assert answer.status == converted
    assert answer.grid is not None
    assert answer.grid.grid_id == WEST
    if converted == "boundary":
        assert [item.grid.grid_id for item in answer.candidates] == [WEST, EAST]
        assert answer.candidates[1].distance_m == pytest.approx(metres, abs=0.3)


def test_outside_names_the_nearest_grid_and_its_distance(release: Release) -> None:
    answer = locate_point(release, 113.11, 22.9995, datum="cgcs2000")
    assert (answer.status, answer.decision, answer.grid) == ("outside", "none", None)
    assert answer.candidates[0].grid.grid_id == EAST
    assert answer.candidates[0].distance_m == pytest.approx(424, abs=2)


def test_the_other_side_of_the_earth_has_a_distance_and_no_nearest_grid(release: Release) -> None:
    answer = locate_point(release, -70.0, -33.0, datum="wgs84")
    assert (answer.status, answer.candidates, answer.faults) == ("outside", (), ("far_outside",))
    assert answer.margin_m is not None
    assert 15e6 < answer.margin_m < 21e6
    near = locate_point(release, 113.1, 23.08, datum="wgs84")
    assert (len(near.candidates), near.faults) == (1, ("outside",))
    far = locate_point(release, 113.1, 23.2, datum="wgs84")
    assert (far.candidates, far.faults) == ((), ("far_outside",))


def test_the_datum_is_never_guessed(release: Release) -> None:
    with pytest.raises(TypeError):
        locate_point(release, 113.1, 23.0)  # type: ignore[call-arg]
    with pytest.raises(InvalidOption, match="needs its datum"):
        locate_point(release, 113.1, 23.0, datum="")
    with pytest.raises(UnknownName):
        locate_point(release, 113.1, 23.0, datum="mars")


@pytest.mark.parametrize(
    ("x", "y"), [(float("nan"), 23), (113, float("inf")), (1e300, 0), (23.0, 113.0), (500_000, 1)]
)
def test_what_is_no_place_on_earth_is_refused(release: Release, x: float, y: float) -> None:
    for datum in ("cgcs2000", "gcj02", "bd09"):
        with pytest.raises(InvalidOption, match="no place on Earth"):
            locate_point(release, x, y, datum=datum)


def test_a_projected_point_is_converted(release: Release) -> None:
    x, y = release.to_metric.transform(113.1005, 22.9995)
    code = release.plan.territory.units.metric_crs.to_epsg()
    answer = locate_point(release, x, y, datum=f"EPSG:{code}")
    assert answer.grid is not None
    assert answer.grid.grid_id == WEST
    assert answer.tolerance_m == 1.0
    with pytest.raises(InvalidOption):
        locate_point(release, 1e30, y, datum=f"EPSG:{code}")


@settings(deadline=None, max_examples=150)
@given(st.floats(113.0995, 113.1065), st.floats(22.9965, 23.0005))
def test_every_point_is_in_the_grid_that_holds_it(lon: float, lat: float) -> None:
    release = TOY
    answer = locate_point(release, lon, lat, datum="cgcs2000")
    point = shapely.Point(lon, lat)
    shapes = np.asarray(release.plan.grids.geometry.array)
    holding = [
        g.grid_id for g, shape in zip(release.grids, shapes, strict=True) if shape.intersects(point)
    ]
    if answer.status == "unique":
        assert answer.grid is not None
        assert holding == [answer.grid.grid_id]
    elif answer.status == "outside":
        assert holding == []
    else:
        assert answer.status == "boundary"
        assert set(holding) <= {item.grid.grid_id for item in answer.candidates}
    assert answer.margin_m is not None
    assert answer.margin_m >= 0


TOY = open_release(draw_plan())


# addresses


@pytest.mark.parametrize(
    ("text", "status", "grid_id", "decision", "fault"),
    [
        ("锦绣花园3栋2单元501室", "unique", EAST, "auto", None),
        ("錦繡花園１號樓", "unique", WEST, "auto", None),
        ("佛山市禅城区祖庙街道祖庙社区锦绣花园3幢", "unique", EAST, "auto", None),
        ("富力广场1栋", "unique", EAST, "auto", "loose_name"),
        ("富力广场", "unique", EAST, "auto", "loose_name"),
        ("建设路3号", "unique", WEST, "auto", None),
        ("建设路4号", "unique", EAST, "auto", None),
        ("建设路7号", "unique", WEST, "review", "number_unknown"),
        ("建设路12号", "unique", EAST, "review", "number_unknown"),
        ("建设路3-1号", "unique", WEST, "auto", "sub_number_unknown"),
        ("建设路", "ambiguous", None, "review", "number_missing"),
        ("锦绣花园", "ambiguous", None, "review", "building_missing"),
        ("锦绣花园9栋", "ambiguous", None, "review", "building_unknown"),
        ("建设路3号锦绣花园3栋", "ambiguous", None, "review", "parts_contradict"),
        ("别处社区锦绣花园3栋", "unique", EAST, "review", "community_contradicts"),
        ("别处街道锦绣花园3栋", "unique", EAST, "review", "township_contradicts"),
        ("东华里小学", "unique", WEST, "auto", None),
        ("崔庄村三组1号", "unique", EAST, "auto", None),
        ("崔庄村3组99号", "unique", EAST, "auto", "homestead_unknown"),
        ("祖庙社区", "ambiguous", None, "review", None),
        ("不存在路3号", "none", None, "none", "address_unknown"),
        ("张三家", "none", None, "none", "address_unknown"),
        ("", "none", None, "none", "address_not_read"),
    ],
)
def test_an_address_is_answered_with_what_is_known(
    release: Release, text: str, status: str, grid_id: str | None, decision: str, fault: str | None
) -> None:
    answer = locate_address(release, text)
    assert (answer.status, answer.decision) == (status, decision)
    assert (None if answer.grid is None else answer.grid.grid_id) == grid_id
    if fault is not None:
        assert fault in answer.faults
    if status == "ambiguous":
        assert len(answer.candidates) == 2
        assert answer.confidence == "low"


def test_no_answer_repeats_a_room_a_name_or_a_telephone(release: Release) -> None:
    for text in (
        "锦绣花园3栋2单元501室张三13800000000",
        "建设路3号李四家",
        "王五家",
        "不存在路3号7单元808室",
    ):
        said = json.dumps(placement_as_dict(locate_address(release, text)), ensure_ascii=False)
        for private in ("501", "张三", "138", "李四", "王五", "808", "单元"):
            assert private not in said, (text, private)


def test_the_json_item_has_the_shape_of_the_contract(release: Release) -> None:
    for answer in (
        locate_address(release, "锦绣花园3栋"),
        locate_address(release, "锦绣花园"),
        locate_point(release, 113.1005, 22.9995, datum="cgcs2000"),
    ):
        item = placement_as_dict(answer)
        assert list(item) == ["decision", "grid", "address", "candidates", "faults", "point"]
        assert {"status", "grid_id", "code", "name", "kind", "confidence"} <= set(item["grid"])
        json.dumps(item, allow_nan=False)


def test_every_fault_is_declared_in_both_languages_and_used() -> None:
    folder = Path(__file__).parent.parent / "gridmap"
    sources = "".join(
        path.read_text("utf-8")
        for name in ("locating", "addresses")
        for path in sorted((folder / name).glob("*.py"))
        if path.name != "faults.py"
    )
    for code, fault in FAULTS.items():
        assert fault.en.endswith(".")
        assert fault.zh.endswith("。")
        stem = code.removesuffix("_contradicts")
        assert f'"{code}"' in sources or f'"{stem}"' in sources, code


@settings(deadline=None, max_examples=200)
@given(
    st.text(max_size=80)
    | st.lists(
        st.sampled_from(
            [
                "建设路",
                "锦绣花园",
                "3栋",
                "12号",
                "东华里小学",
                "崔庄村",
                "3组",
                "别处社区",
                "501室",
            ]
        ),
        max_size=6,
    ).map("".join)
)
def test_any_text_gets_a_consistent_answer(text: str) -> None:
    answer = locate_address(TOY, text)
    assert (answer.decision == "none") == (answer.status in ("none", "outside"))
    assert (answer.grid is not None) == (answer.status == "unique")
    assert (answer.status == "ambiguous") == (len(answer.candidates) > 1)
    if answer.decision == "auto":
        assert answer.confidence in ("high", "medium")


def test_the_door_of_a_compound_in_two_grids_asks_for_the_building() -> None:
    plan = draw_plan()
    units = plan.territory.units
    gate = units.places.iloc[[0]].assign(
        text="永安路8号",
        elements=json.dumps({"road": "永安路", "number": "8", "kind": "door", "compound_id": "A"}),
    )
    places = pd.concat([units.places, gate], ignore_index=True)
    territory = dataclasses.replace(plan.territory, units=dataclasses.replace(units, places=places))
    release = open_release(dataclasses.replace(plan, territory=territory))
    answer = locate_address(release, "永安路8号")
    assert (answer.status, answer.faults) == ("ambiguous", ("building_missing",))
    found = locate_address(release, "永安路8号锦绣花园3栋")
    assert found.grid is not None
    assert (found.decision, found.grid.grid_id) == ("auto", EAST)


def test_the_entrance_decides_in_a_divided_building() -> None:
    plan = draw_plan()
    units = plan.territory.units
    frame = units.frame.copy()
    pair = ["r00c00", "r00c03"]
    names = dict(zip(pair, ("building/b1#1", "building/b1#2"), strict=True))
    frame.loc[pair, "kind"] = "entrance"
    frame.loc[pair, "building_id"] = "b1"
    frame = frame.rename(index=names).sort_index()
    members = pd.DataFrame(
        {"building_id": "b1", "household_id": "", "unit_id": list(names.values()), "households": 9}
    )
    units = dataclasses.replace(units, frame=frame, members=members)
    territory = dataclasses.replace(plan.territory, units=units)
    assignment = plan.assignment.rename(index=names).sort_index()
    release = open_release(dataclasses.replace(plan, territory=territory, assignment=assignment))
    assert locate_address(release, "锦绣花园1栋").faults == ("building_divided",)
    for entrance, grid_id in (("1", WEST), ("2", EAST)):
        answer = locate_address(release, f"锦绣花园1栋{entrance}单元501室")
        assert answer.grid is not None
        assert (answer.grid.grid_id, answer.decision) == (grid_id, "auto")
        assert (answer.confidence, answer.faults) == ("medium", ("entrance_used",))
    assert locate_address(release, "锦绣花园1栋9单元").status == "ambiguous"


# releases


def test_a_plan_and_its_file_are_the_same_version(release: Release, tmp_path: Path) -> None:
    write_plan(release.plan, tmp_path / "plan.gpkg")
    read = open_release(tmp_path / "plan.gpkg")
    assert read.version == release.version
    for text in ("锦绣花园3栋", "锦绣花园", "建设路12号"):
        assert placement_as_dict(locate_address(read, text)) == placement_as_dict(
            locate_address(release, text)
        )


def test_another_assignment_is_another_version(release: Release) -> None:
    moved = release.plan.assignment.copy()
    moved.iloc[0] = EAST
    changed = dataclasses.replace(release.plan, assignment=moved)
    assert open_release(changed).version != release.version


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile):
        open_release(tmp_path / "nothing.gpkg")


def test_a_plan_without_grids_is_refused(release: Release) -> None:
    empty = dataclasses.replace(release.plan, grids=release.plan.grids.iloc[:0])
    with pytest.raises(InvalidOption, match="no grid"):
        open_release(empty)


def test_threads_get_the_answers_of_one(release: Release) -> None:
    def ask(n: int) -> list[object]:
        lon = 113.1 + (n % 60) * 1e-4
        return [
            placement_as_dict(locate_point(release, lon, 22.9995, datum=datum))
            for datum in ("cgcs2000", "gcj02", "bd09", "EPSG:4490")
        ]

    expected = [ask(n) for n in range(60)]
    wrong: list[int] = []

    def work(offset: int) -> None:
        wrong.extend(n for n in range(offset, offset + 60) if ask(n) != expected[n % 60])

    threads = [threading.Thread(target=work, args=(k * 7,)) for k in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


# tables


def _table(
    tmp_path: Path, release: Release, data: bytes, **options: str
) -> tuple[bytes, dict[str, object]]:
    source, target = tmp_path / "asked.csv", tmp_path / "answered.csv"
    source.write_bytes(data)
    counts = locate_table(release, source, target, **options)
    return target.read_bytes(), dict(counts)


ROWS = (
    '编号,地址,"备注, 多行",经度,纬度\r\n'
    '1,锦绣花园3栋,"甲\r\n乙 ""丙""",113.1005,22.9995\r\n'
    "\r\n"
    "=2,不存在路1号\r\n"
    "3,,x,113.1035,22.9995"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_every_byte_of_the_question_is_kept(
    tmp_path: Path, release: Release, encoding: str
) -> None:
    answer, counts = _table(tmp_path, release, ROWS.encode(encoding))
    assert counts["encoding"] == encoding
    assert counts["rows"] == 3
    for asked in (
        '编号,地址,"备注, 多行",经度,纬度',
        '1,锦绣花园3栋,"甲\r\n乙 ""丙""",113.1005,22.9995',
        "=2,不存在路1号",
        "3,,x,113.1035,22.9995",
    ):
        plain = "utf-8" if encoding == "utf-8-sig" else encoding
        assert asked.encode(plain) in answer
    read = list(csv.DictReader(io.StringIO(answer.decode(encoding), newline="")))
    assert list(read[0])[-16:] == list(ANSWER_COLUMNS)
    assert [row["gm_grid_id"] for row in read] == [EAST, "", ""]
    assert [row["gm_grid_status"] for row in read] == ["unique", "none", "none"]
    assert {row["gm_plan_version"] for row in read} == {release.version}
    assert not answer.endswith(b"\n")


def test_points_of_a_table_are_used_when_their_datum_is_declared(
    tmp_path: Path, release: Release
) -> None:
    answer, counts = _table(tmp_path, release, ROWS.encode(), datum="cgcs2000")
    read = list(csv.DictReader(io.StringIO(answer.decode(), newline="")))
    assert [row["gm_decision"] for row in read] == ["review", "none", "auto"]
    assert "point_contradicts" in read[0]["gm_faults"]
    assert read[2]["gm_grid_id"] == EAST
    assert (counts["auto"], counts["review"], counts["none"], counts["errors"]) == (1, 1, 1, 0)


def test_a_table_of_points_alone_needs_a_datum(tmp_path: Path, release: Release) -> None:
    data = b"lon,lat\n113.1005,22.9995\nx,y\nnan,1\n,\n"
    with pytest.raises(InvalidOption, match="declared datum"):
        _table(tmp_path, release, data)
    answer, counts = _table(tmp_path, release, data, datum="wgs84")
    assert [line.split(b",")[2] for line in answer.split(b"\n")[:3]] == [
        b"gm_decision",
        b"auto",
        b"none",
    ]
    assert counts["errors"] == 2


def test_a_column_that_is_not_there_is_said(tmp_path: Path, release: Release) -> None:
    with pytest.raises(UnknownName, match="no column"):
        _table(tmp_path, release, b"a,b\n1,2\n", address_column="where")
    with pytest.raises(InvalidOption, match="no address column"):
        _table(tmp_path, release, b"a,b\n1,2\n")
    assert not (tmp_path / "answered.csv").exists()


@pytest.mark.parametrize(
    "data",
    [b"", b"\x00\xff\xfe\x81" * 500, b"PK\x03\x04rest", b"\xff\xfea\x00", b'a,"' + b"x" * 300_000],
)
def test_what_is_no_table_is_refused_and_nothing_is_written(
    tmp_path: Path, release: Release, data: bytes
) -> None:
    with pytest.raises((UnreadableFile, InvalidOption)):
        _table(tmp_path, release, data)
    assert not (tmp_path / "answered.csv").exists()


def test_a_row_that_is_no_text_gets_an_error_and_keeps_its_bytes(
    tmp_path: Path, release: Release
) -> None:
    data = "地址\n锦绣花园3栋\n".encode() + b"\xff\xfe\xfd\n" + "建设路3号\n".encode()
    answer, counts = _table(tmp_path, release, data)
    assert b"\xff\xfe\xfd,none" in answer
    assert counts["errors"] == 1
    assert counts["auto"] == 2


def test_written_cells_cannot_start_a_formula(tmp_path: Path) -> None:
    plan = draw_plan()
    grids = plan.grids.assign(name=["=HYPERLINK(1)", "@x"], code=["+1", "-2"])
    release = open_release(dataclasses.replace(plan, grids=grids))
    answer, _ = _table(tmp_path, release, "地址\n锦绣花园3栋\n建设路1号\n".encode())
    for row in csv.DictReader(io.StringIO(answer.decode(), newline="")):
        for column in ANSWER_COLUMNS:
            assert not row[column].startswith(("=", "+", "@", "-"))


def test_the_question_is_never_overwritten(tmp_path: Path, release: Release) -> None:
    source = tmp_path / "asked.csv"
    source.write_text("地址\n锦绣花园3栋\n", "utf-8")
    with pytest.raises(InvalidOption, match="overwrite"):
        locate_table(release, source, source)
    assert source.read_text("utf-8") == "地址\n锦绣花园3栋\n"


def test_progress_is_told(tmp_path: Path, release: Release) -> None:
    told: list[tuple[str, int, int]] = []
    source = tmp_path / "asked.csv"
    source.write_text("地址\n" + "锦绣花园3栋\n" * 2500, "utf-8")
    locate_table(release, source, tmp_path / "out.csv", progress=lambda *step: told.append(step))
    assert told[-1] == ("locate", 2500, 2500)
    assert len(told) >= 3


# the sample district


def test_every_building_of_the_sample_resolves_to_its_grid(sample_plan: Plan) -> None:
    release = open_release(sample_plan)
    members = sample_plan.territory.units.members
    members = members[members["building_id"] != ""]
    grids = members["unit_id"].map(sample_plan.assignment).groupby(members["building_id"])
    expected = grids.agg(frozenset).to_dict()
    asked = 0
    for place in release.gazetteer.places:
        if not place.building_id or place.building_id not in expected:
            continue
        asked += 1
        answer = locate_address(release, place.text + "2单元501室")
        found = (
            {answer.grid.grid_id} if answer.grid else {c.grid.grid_id for c in answer.candidates}
        )
        assert found & expected[place.building_id], place.text
        if len(expected[place.building_id]) == 1:
            assert answer.status == "unique", place.text
        point = locate_point(release, place.lon, place.lat, datum="cgcs2000")
        near = {point.grid.grid_id} if point.grid else {c.grid.grid_id for c in point.candidates}
        assert near & expected[place.building_id], place.text
    assert asked > 2000
