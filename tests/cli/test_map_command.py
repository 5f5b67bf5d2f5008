"""`gridmap map`: for whom, with which layers, on which basemap."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from gridmap import Rules, make_plan, write_plan
from gridmap.boundaries import analyse, write_analysis
from gridmap.boundaries.examples import draw_sources
from gridmap.cli.app import app
from gridmap.testing import draw_territory

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("map")
    plan = make_plan(draw_territory("AB\nCD", households=400), rules=Rules.preset("default"))
    write_plan(plan, made / "plan.gpkg")
    write_analysis(analyse(draw_sources("ABBB\nABAB\nABBB")), made / "findings.gpkg")
    return made


def draw(folder: Path, *options: str, out: str = "map.html") -> tuple[int, str]:
    arguments = ["map", str(folder / "plan.gpkg"), "-o", str(folder / out), *options]
    answer = CliRunner().invoke(app, arguments)
    return answer.exit_code, answer.stderr


def read_block(folder: Path) -> dict[str, Any]:
    page = (folder / "map.html").read_text("utf-8")
    [text] = re.findall(r'id="gridmap-data">(.*?)</script>', page, re.DOTALL)
    block: dict[str, Any] = json.loads(text)
    return block


def test_the_audience_decides_the_fields_and_public_only_the_mark(folder: Path) -> None:
    assert draw(folder)[0] == 0
    internal = read_block(folder)
    assert draw(folder, "--public")[0] == 0
    unmarked = read_block(folder)
    assert unmarked["imprint"].pop("internal") is False
    assert internal["imprint"].pop("internal") is True
    assert unmarked == internal
    assert draw(folder, "--audience", "public")[0] == 0
    assert "households" not in read_block(folder)["grids"]
    assert draw(folder, "--audience", "planner")[0] == 0
    assert read_block(folder)["seed"] == "7"
    assert draw(folder, "--audience", "all")[0] != 0


def test_a_layer_is_read_and_refused_for_the_public(folder: Path) -> None:
    layer = str(folder / "findings.gpkg")
    assert draw(folder, "--layer", layer)[0] == 0
    assert [one["key"] for one in read_block(folder)["layers"]] == ["parts"]
    code, said = draw(folder, "--layer", layer, "--audience", "public")
    assert code != 0
    assert "layers" in said
    assert draw(folder, "--layer", str(folder / "plan.gpkg"))[0] != 0


def test_a_basemap_is_warned_of(folder: Path) -> None:
    template = "http://tiles.intranet/{z}/{x}/{y}.png"
    code, said = draw(folder, "--tiles", template, "--tiles-datum", "gcj02")
    assert code == 0
    assert "http://tiles.intranet" in said
    assert draw(folder, "--tiles", template)[0] != 0


@pytest.mark.parametrize(
    "options",
    [("--audience", "public"), ("--tiles", "http://t/{z}/{x}/{y}"), ("--layer", "findings.gpkg")],
)
def test_options_of_a_page_are_refused_for_paper(folder: Path, options: tuple[str, str]) -> None:
    code, said = draw(folder, *options, out="map.pdf")
    assert code == 2
    assert options[0] in said


def test_a_roster_shows_who_answers_and_a_theme_of_staffing(folder: Path) -> None:
    import gridmap

    codes = gridmap.read_plan(folder / "plan.gpkg").grids["code"].tolist()
    rows = ["网格编码,岗位,姓名", f"{codes[0]},网格长,王某", f"{codes[0]},网格员,李某"]
    (folder / "roster.csv").write_text("\n".join(rows), "utf-8")
    code, said = draw(folder, "--roster", str(folder / "roster.csv"))
    assert code == 0
    assert "王某" not in said
    block = read_block(folder)
    assert [row[2] for row in block["staff"][0]] == ["王某", "李某"]
    assert block["staff"][1:] == [[]] * (len(codes) - 1)
    [theme] = [one for one in block["themes"] if one["key"] == "staff"]
    assert theme["members"] == "1" + "0" * (len(codes) - 1)
    assert draw(folder, "--roster", str(folder / "roster.csv"), "--audience", "public")[0] != 0
    assert draw(folder, "--roster", str(folder / "roster.csv"), out="map.pdf")[0] == 2
