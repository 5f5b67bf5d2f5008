"""Tables of questions: points without a datum, and tables that were answered before."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest

from gridmap.errors import InvalidOption
from gridmap.locating import Release, locate_table, open_release
from gridmap.locating.examples import EAST, draw_plan
from gridmap.locating.faults import FAULTS
from gridmap.locating.tables import ANSWER_COLUMNS

if TYPE_CHECKING:
    from pathlib import Path

POINTS = (
    "地址,经度,纬度\n"
    ",113.1035,22.9995\n"
    "不存在路1号,113.1035,22.9995\n"
    "锦绣花园3栋,113.1035,22.9995\n"
    "锦绣花园3栋,,\n"
    ", ,\n"
)


@pytest.fixture(scope="module")
def release() -> Release:
    return open_release(draw_plan())


def _answer(
    folder: Path, release: Release, text: str, **options: str
) -> tuple[list[dict[str, str]], dict[str, int | str]]:
    source, target = folder / "asked.csv", folder / "answered.csv"
    source.write_text(text, "utf-8")
    counts = locate_table(release, source, target, **options)
    return list(csv.DictReader(io.StringIO(target.read_text("utf-8")))), counts


def test_a_point_that_is_not_used_for_want_of_a_datum_is_said_in_its_row(
    tmp_path: Path, release: Release
) -> None:
    rows, counts = _answer(tmp_path, release, POINTS)
    assert [row["gm_decision"] for row in rows] == ["none", "none", "auto", "auto", "none"]
    missing = ["datum_missing" in row["gm_faults"].split(";") for row in rows]
    assert missing == [True, True, False, False, False]
    assert rows[1]["gm_faults"].split(";")[-2:] == ["address_unknown", "datum_missing"]
    assert [row["gm_confidence"] for row in rows[:2]] == ["none", "none"]
    assert counts["datum_missing"] == 2
    assert (counts["auto"], counts["none"], counts["errors"]) == (2, 3, 0)
    assert "datum" in FAULTS["datum_missing"].en


def test_a_table_says_once_that_its_points_were_not_used(tmp_path: Path, release: Release) -> None:
    _, counts = _answer(tmp_path, release, "地址,lon,lat\n锦绣花园3栋,113.1035,22.9995\n")
    assert counts["datum_missing"] == 0
    assert "no datum is declared" in str(counts["note"])
    assert "未声明坐标系" in str(counts["note_zh"])
    for text in ("地址\n锦绣花园3栋\n", "地址,lon,lat\n锦绣花园3栋,,\n"):
        _, counts = _answer(tmp_path, release, text)
        assert (counts["note"], counts["note_zh"]) == ("", "")


def test_a_declared_datum_leaves_nothing_to_say(tmp_path: Path, release: Release) -> None:
    rows, counts = _answer(tmp_path, release, POINTS, datum="cgcs2000")
    assert [row["gm_grid_id"] for row in rows] == [EAST] * 4 + [""]
    assert (counts["datum_missing"], counts["note"], counts["note_zh"]) == (0, "", "")
    assert not any("datum_missing" in row["gm_faults"] for row in rows)


@pytest.mark.parametrize("column", [*ANSWER_COLUMNS, " GM_Faults "])
def test_a_table_that_has_a_column_of_the_answer_is_refused_with_the_cure(
    tmp_path: Path, release: Release, column: str
) -> None:
    with pytest.raises(InvalidOption) as refused:
        _answer(tmp_path, release, f"地址,{column}\n锦绣花园3栋,x\n")
    assert column.strip() in refused.value.en
    assert column.strip() in refused.value.zh
    assert "rename" in refused.value.cure_en
    assert "改名" in refused.value.cure_zh
    assert not (tmp_path / "answered.csv").exists()


def test_an_answer_is_not_answered_again(tmp_path: Path, release: Release) -> None:
    _answer(tmp_path, release, "地址\n锦绣花园3栋\n")
    answered = (tmp_path / "answered.csv").read_text("utf-8")
    with pytest.raises(InvalidOption, match="gm_decision, gm_grid_id"):
        _answer(tmp_path, release, answered)
