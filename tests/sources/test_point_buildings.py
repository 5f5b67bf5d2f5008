"""Buildings given as points are counted by their id, once, and it is said."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

import gridmap
from gridmap.model import Sources
from gridmap.sources import read_sources

LAND = shapely.box(113.1, 23.0, 113.12, 23.02)
ROWS = "楼栋号,经度,纬度,层数,单元数,{}\nB1,113.105,23.005,6,2,40\nB2,113.115,23.015,11,1,88\n"


def town(folder: Path, buildings: str, name: str = "楼栋.csv") -> Path:
    communities = gpd.GeoDataFrame(
        {"社区代码": ["C1"], "名称": ["甲社区"]}, geometry=[LAND], crs=4490
    )
    communities.to_file(folder / "社区.gpkg", layer="社区")
    (folder / name).write_text(buildings, "utf-8")
    return folder


def codes(sources: Sources) -> set[str]:
    return {finding.code for finding in sources.findings}


@pytest.mark.parametrize("header", ["户数", "总户数", "套数"])
def test_points_are_counted_by_building(tmp_path: Path, header: str) -> None:
    folder = town(tmp_path, ROWS.format(header))
    sources = read_sources(folder, datums={"buildings": "cgcs2000"})
    assert "buildings" not in sources.layers
    homes = sources.layers["households"]
    assert homes["building_id"].tolist() == ["B1", "B2"]
    assert homes["households"].tolist() == [40, 88]
    assert "buildings_as_points" in codes(sources)
    repaired = gridmap.repair_sources(sources)
    assert not [f for f in repaired.findings if f.severity == "error"]
    units = gridmap.make_units(repaired, rules=gridmap.Rules.preset())
    assert int(units.frame["households"].sum()) == repaired.read_households == 128
    assert sorted(units.members["building_id"]) == ["B1", "B2"]


def test_a_named_column_and_a_layer_of_points_are_understood(tmp_path: Path) -> None:
    folder = town(tmp_path, ROWS.format("N"))
    told = {"buildings.households": "N"}
    sources = read_sources(folder, columns=told, datums={"楼栋": "cgcs2000"})
    assert sources.read_households == 128
    points = gpd.GeoDataFrame(
        {"building_id": ["B1"], "households": [7]},
        geometry=[shapely.Point(113.11, 23.01)],
        crs=4490,
    )
    points.to_file(tmp_path / "points.gpkg", layer="points")
    (tmp_path / "楼栋.csv").unlink()
    told = {"buildings": "points.gpkg"}
    assert read_sources(folder, layers=told).read_households == 7


def test_points_without_a_count_are_refused_with_what_helps(tmp_path: Path) -> None:
    sources = read_sources(town(tmp_path, ROWS.format("N")), datums={"buildings": "cgcs2000"})
    (said,) = [f for f in sources.findings if f.code == "point_buildings_uncounted"]
    assert said.severity == "error"
    assert "--column buildings.households=" in said.cure_zh


def test_nobody_is_counted_twice(tmp_path: Path) -> None:
    folder = town(tmp_path, ROWS.format("户数"))
    (folder / "住户.csv").write_text("户号,经度,纬度\n1,113.105,23.005\n", "utf-8")
    declared = {"buildings": "cgcs2000", "households": "cgcs2000"}
    sources = read_sources(folder, datums=declared)
    assert sources.read_households == 1
    assert "point_buildings_left_out" in codes(sources)
    (folder / "住户.csv").unlink()
    outlines = gpd.GeoDataFrame(
        {"building_id": ["B1"]},
        geometry=[shapely.box(113.1049, 23.0049, 113.1051, 23.0051)],
        crs=4490,
    )
    outlines.to_file(folder / "outlines.gpkg", layer="buildings")
    del declared["households"]
    sources = read_sources(folder, datums={"楼栋.csv": "cgcs2000"})
    assert set(sources.layers) >= {"buildings", "households"}
    assert sources.read_households == 128
