"""Levels in files and commands: written, read back, drawn from a plan file, told in tables."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import openpyxl
import pandas as pd
import pyogrio
import pytest
from typer.testing import CliRunner
from yards import plan_of, rows_of, sources_of

import gridmap
from gridmap.cli.app import app
from gridmap.errors import UnreadableFile
from gridmap.planfiles import is_plan_file

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.model import Plan


@pytest.fixture(scope="module")
def plan() -> Plan:
    high = {"building_id": "B99", "x": 100, "y": 400, "households": 192, "floors": 32}
    return plan_of(sources_of([*rows_of(households=43, floors=6, entrances=2), high]))


@pytest.fixture(scope="module")
def below(plan: Plan) -> Plan:
    return gridmap.subdivide_plan(plan)


def test_levels_come_back_to_the_last_bit(below: Plan, tmp_path: Path) -> None:
    gridmap.write_plan(below, tmp_path / "a.gpkg")
    again = gridmap.read_plan(tmp_path / "a.gpkg")
    gridmap.write_plan(again, tmp_path / "b.gpkg")
    assert (tmp_path / "a.gpkg").read_bytes() == (tmp_path / "b.gpkg").read_bytes()
    for name in ("micro_grids", "link_units"):
        pd.testing.assert_frame_equal(
            pd.DataFrame(getattr(below, name)),
            pd.DataFrame(getattr(again, name)),
            check_dtype=False,
            check_index_type=False,
        )


def test_a_plan_without_levels_has_no_layer_of_them(plan: Plan, tmp_path: Path) -> None:
    gridmap.write_plan(plan, tmp_path / "a.gpkg")
    layers = {name for name, _ in pyogrio.list_layers(tmp_path / "a.gpkg")}
    assert "buildings" in layers
    assert not layers & {"micro_grids", "link_units"}
    assert gridmap.read_plan(tmp_path / "a.gpkg").micro_grids is None


def test_a_member_in_an_unknown_micro_grid_is_a_contradiction(below: Plan, tmp_path: Path) -> None:
    import sqlite3

    path = tmp_path / "a.gpkg"
    gridmap.write_plan(below, path)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE members SET micro_grid_id = 'm0' WHERE rowid = 1")
    connection.close()
    with pytest.raises(UnreadableFile, match="micro_grids"):
        gridmap.read_plan(path)


def test_the_command_draws_levels_inside_a_plan_file(
    plan: Plan, below: Plan, tmp_path: Path
) -> None:
    source, out = tmp_path / "plan.gpkg", tmp_path / "below.gpkg"
    gridmap.write_plan(plan, source)
    arguments = ["plan", str(source), "-o", str(out), "--micro-grids", "--link-units", "--json"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code in (0, 3), result.output
    gridmap.write_plan(below, tmp_path / "direct.gpkg")
    assert out.read_bytes() == (tmp_path / "direct.gpkg").read_bytes()
    totals = json.loads(result.stdout)
    assert below.micro_grids is not None
    assert totals["micro_grids"] == len(below.micro_grids)
    assert totals["grids"] == len(plan.grids)


def test_tables_have_a_sheet_for_each_level(below: Plan, tmp_path: Path) -> None:
    gridmap.write_tables(below, tmp_path / "t.xlsx")
    book = openpyxl.load_workbook(tmp_path / "t.xlsx", read_only=True)
    assert {"微网格", "联户单元"} <= set(book.sheetnames)
    assert below.micro_grids is not None
    names = {row[1].value for row in book["微网格"].iter_rows() if len(row) > 1}
    assert set(below.micro_grids["name"]) <= names
    book.close()


def test_only_a_plan_is_a_plan_file(plan: Plan, tmp_path: Path) -> None:
    gridmap.write_plan(plan, tmp_path / "plan.gpkg")
    plan.grids.to_file(tmp_path / "other.gpkg", layer="about")
    (tmp_path / "text.gpkg").write_text("text")
    names = ("plan.gpkg", "other.gpkg", "text.gpkg", "missing.gpkg")
    found = [is_plan_file(tmp_path / name) for name in names]
    assert found == [True, False, False, False]


def test_a_subdivided_plan_still_draws_a_map_and_answers(below: Plan, tmp_path: Path) -> None:
    gridmap.write_map(below, tmp_path / "map.html")
    assert (tmp_path / "map.html").stat().st_size > 0
    assert gridmap.open_release(below) is not None
