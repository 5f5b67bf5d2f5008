"""The command that compares: its answers, files and exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
from shapely import LineString, box
from typer.testing import CliRunner

import gridmap
from gridmap.cli.app import app
from gridmap.testing import draw_territory


def run(*arguments: str | Path) -> tuple[int, str, str]:
    answer = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if answer.exception is not None and not isinstance(answer.exception, SystemExit):
        raise answer.exception
    return answer.exit_code, answer.stdout, answer.stderr


@pytest.fixture
def plans(tmp_path: Path) -> tuple[Path, Path]:
    territory = draw_territory("AAAABBBB", households=100)
    old = gridmap.make_plan(territory, rules=gridmap.Rules.preset())
    grids = old.grids.assign(name="=1+1")
    gridmap.write_plan(gridmap.Plan(**{**old.__dict__, "grids": grids}), tmp_path / "old.gpkg")
    new = gridmap.replan(old, rules=gridmap.Rules.preset("zhejiang"))
    gridmap.write_plan(new, tmp_path / "new.gpkg")
    return tmp_path / "old.gpkg", tmp_path / "new.gpkg"


def test_json_holds_the_documented_keys(plans: tuple[Path, Path]) -> None:
    code, stdout, _ = run("compare", *plans, "--json")
    answer = json.loads(stdout)
    assert code == 0
    page = Path(__file__).parent.parent.parent / "docs" / "compare.md"
    assert [key for key in answer if f"`{key}`" not in page.read_text("utf-8")] == []
    assert answer["number"]["before"] == 2
    assert answer["total"] == {"before": 800, "after": 800, "difference": 0}


def test_the_workbook_is_the_same_on_every_run_and_runs_nothing(
    plans: tuple[Path, Path], tmp_path: Path
) -> None:
    for name in ("one.xlsx", "two.xlsx"):
        code, stdout, _ = run("compare", *plans, "-o", tmp_path / name)
        assert code == 0
        assert "网格" in stdout
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()
    book = openpyxl.load_workbook(tmp_path / "one.xlsx")
    assert book.sheetnames == ["汇总", "变动", "去向", "说明"]
    cell = book["变动"]["C2"]
    assert cell.value == "=1+1"
    assert cell.data_type == "s" or cell.quotePrefix
    assert "English" in str(book["说明"]["D1"].value)


def test_layers_of_communities_are_compared_with_a_band(tmp_path: Path) -> None:
    squares = [box(113.1, 23.0, 113.11, 23.01), box(113.11, 23.0, 113.12, 23.01)]
    old = gpd.GeoDataFrame(
        {"社区代码": ["a", "b"], "名称": ["甲", "乙"], "人口": [2000, 4000]},
        geometry=squares,
        crs=4490,
    )
    old.to_file(tmp_path / "old.gpkg", layer="社区")
    new = old.dissolve().assign(社区代码="c", 名称="丙", 人口=6000)
    new.to_file(tmp_path / "new.gpkg", layer="社区")
    code, stdout, _ = run(
        "compare", tmp_path / "old.gpkg", tmp_path / "new.gpkg", "--band", "3000-20000", "--json"
    )
    answer = json.loads(stdout)
    assert code == 0
    assert answer["outside"] == {"before": 1, "after": 0, "difference": -1}
    assert answer["codes"]["after"]["M"] == 1
    assert answer["moved"] == 2000


def test_what_cannot_be_compared_is_refused(plans: tuple[Path, Path], tmp_path: Path) -> None:
    away = gridmap.make_plan(
        draw_territory("AAAA", households=5000), rules=gridmap.Rules.preset(), level="community"
    )
    gridmap.write_plan(away, tmp_path / "level.gpkg")
    code, stdout, _ = run("compare", plans[0], tmp_path / "level.gpkg", "--json")
    assert code == 1
    assert json.loads(stdout)["findings"][0]["code"] == "compare_levels_differ"
    assert run("compare", plans[0], tmp_path / "none.gpkg")[0] in (1, 2)
    assert run("compare", tmp_path / "none.gpkg", tmp_path / "none.gpkg")[0] == 1
    assert run("compare", *plans, "--band", "5-3")[0] == 2
    assert run("compare", *plans, "-o", plans[0])[0] == 2
    assert run("compare", *plans, "-o", tmp_path / "report.csv")[0] == 2


@pytest.fixture(scope="module")
def rebalanced(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("rebalanced")
    toy = draw_territory("abcdefgh", households=1300, communities="11223344")
    toy.units.communities[["name", "geometry"]].reset_index().to_file(
        folder / "社区.gpkg", layer="社区"
    )
    plan = gridmap.rebalance_communities(toy, rules=gridmap.Rules.preset(), number=3)
    gridmap.write_plan(plan, folder / "after.gpkg")
    return folder / "社区.gpkg", folder / "after.gpkg"


def test_a_layer_of_communities_is_compared_with_a_plan_of_them(
    rebalanced: tuple[Path, Path], tmp_path: Path
) -> None:
    layer, plan = rebalanced
    code, stdout, _ = run("compare", layer, plan, "--json", "-o", tmp_path / "r.xlsx")
    answer = json.loads(stdout)
    assert code == 0
    assert (answer["level"], answer["counted"]) == ("community", "persons")
    assert answer["number"] == {"before": 4, "after": 3, "difference": -1}
    assert answer["outside"] == {"before": 0, "after": 0, "difference": 0}
    assert answer["moved"] == 6812
    assert "社区由4个调整为3个" in answer["text_zh"]
    assert "communities fell from 4 to 3" in answer["text_en"]
    assert (tmp_path / "r.xlsx").exists()
    code, stdout, _ = run("compare", plan, layer, "--json")
    assert code == 0
    assert json.loads(stdout)["number"]["difference"] == 1


def test_a_layer_of_another_level_is_refused_without_a_word_of_planning(
    rebalanced: tuple[Path, Path], plans: tuple[Path, Path], tmp_path: Path
) -> None:
    code, stdout, said = run("compare", rebalanced[0], plans[1], "--json")
    assert code == 1
    (finding,) = json.loads(stdout)["findings"]
    assert finding["code"] == "compare_levels_differ"
    assert "communities" in finding["en"]
    assert "未划分" not in said
    assert "已拒绝" in said
    roads = gpd.GeoDataFrame(
        {"name": ["路"]}, geometry=[LineString([(113, 23), (114, 24)])], crs=4490
    )
    roads.to_file(tmp_path / "roads.gpkg", layer="roads")
    assert run("compare", tmp_path / "roads.gpkg", rebalanced[1])[0] == 1
