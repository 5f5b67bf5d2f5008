"""What ``gridmap locate`` says to a person."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from gridmap.cli.app import app
from gridmap.locating.examples import draw_plan
from gridmap.planfiles import write_plan

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def plan_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("asking") / "plan.gpkg"
    write_plan(draw_plan(), path)
    return path


def ask(language: str, *words: object) -> str:
    done = CliRunner().invoke(
        app, ["locate", *map(str, words)], env={"GRIDMAP_LANG": language}, catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    return done.output


def test_an_answer_says_grid_decision_reason_and_standard_address(plan_file: Path) -> None:
    said = ask("zh", plan_file, "别处街道锦绣花园3栋")
    assert "所属网格：祖庙社区第2网格（440604001001002）" in said
    assert "需人工核对" in said
    assert "标准地址：锦绣花园3栋" in said
    assert "所写街道（乡镇）与该地点所在街道（乡镇）不符" in said
    assert "可直接采用" in ask("zh", plan_file, "锦绣花园3栋")


def test_an_unknown_building_is_explained_with_its_candidates(plan_file: Path) -> None:
    said = ask("zh", plan_file, "锦绣花园99栋")
    assert "未找到所写楼栋" in said
    assert "99" not in said
    assert said.count("候选网格") == 2


def test_not_found_is_an_answer(plan_file: Path) -> None:
    assert "未找到" in ask("zh", plan_file, "不存在路3号")
    item = json.loads(ask("zh", plan_file, "不存在路3号", "--json"))
    assert item["address"]["standard"] is None


@pytest.mark.parametrize(
    "asked", ["锦绣花园3栋", "锦绣花园", "建设路7号", "不存在路3号", "祖庙社区"]
)
def test_a_chinese_answer_holds_no_english_word(plan_file: Path, asked: str) -> None:
    assert not re.search("[a-z]{3}", ask("zh", plan_file, asked))
    assert not re.search("auto|review", ask("en", plan_file, asked))


def test_a_point_far_away_is_offered_no_grid(plan_file: Path) -> None:
    said = ask("zh", plan_file, "--point", 10, 50, "--datum", "wgs84")
    assert "超过 10 千米" in said
    assert "候选" not in said


def test_a_table_is_reported_in_words(plan_file: Path, tmp_path: Path) -> None:
    table, out = tmp_path / "q.csv", tmp_path / "a.csv"
    table.write_text("地址\n锦绣花园3栋\n锦绣花园99栋\n不存在路1号\n", "utf-8")
    said = ask("zh", plan_file, "--csv", table, "-o", out).replace("\n", "")
    assert "共 3 行，可直接采用 1 行，需人工核对 1 行，未找到 1 行，有误 0 行" in said
    assert "地址列：地址" in said
    for key in ("rows", "auto ", "review", "address_column", "datum"):
        assert key not in said
    english = " ".join(ask("en", plan_file, "--csv", table, "-o", tmp_path / "b.csv").split())
    assert "3 rows; 1 can be used as they are, 1 need a check" in english
