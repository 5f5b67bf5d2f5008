"""Departments' layers as they come: GBK, another CRS, copies, gaps, one only, none at all."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from gridmap.errors import InvalidOption, RefusedInput
from gridmap.flow import ReadOptions, overlay_files
from gridmap.sources.departments import read_departments

WEST, SOUTH, STEP = 113.10, 23.00, 0.005


def draw(middle: float, *, east: float = WEST + 2 * STEP, **columns: list[str]) -> gpd.GeoDataFrame:
    shapes = [
        shapely.box(WEST, SOUTH, middle, SOUTH + STEP),
        shapely.box(middle, SOUTH, east, SOUTH + STEP),
    ]
    return gpd.GeoDataFrame(columns or {"网格编号": ["1", "2"]}, geometry=shapes, crs=4490)


def write(folder: Path, **layers: gpd.GeoDataFrame) -> list[Path]:
    for name, layer in layers.items():
        layer.to_file(folder / f"{name}.gpkg", layer=name)
    return [folder / f"{name}.gpkg" for name in layers]


def codes(said: object) -> set[str]:
    return {finding.code for finding in said.findings}  # type: ignore[attr-defined]


def test_a_department_is_called_as_its_file_or_its_layer(tmp_path: Path) -> None:
    files = write(tmp_path, 公安=draw(113.105))
    both = tmp_path / "both.gpkg"
    for name in ("城管", "环保", "buildings"):
        draw(113.104).to_file(both, layer=name)
    read = read_departments([*files, both])
    assert list(read.layers) == ["公安", "城管", "环保"]
    assert "department_layers_passed_over" in codes(read)
    assert read.metric_crs.to_epsg() == 4547
    assert read.inputs[0].role == "department 公安"


def test_no_department_is_called_as_a_column_of_the_result(tmp_path: Path) -> None:
    merger = overlay_files(write(tmp_path, households=draw(113.105), geometry=draw(113.105)))
    assert merger.overlay.departments == ("households 2", "geometry 2")


def test_a_shapefile_in_gbk_and_projected_is_read(tmp_path: Path) -> None:
    layer = draw(113.105, 网格编号=["东一", "东二"]).to_crs(4547)
    layer.to_file(tmp_path / "wangge.shp", encoding="GBK")
    (tmp_path / "wangge.cpg").unlink()
    read = read_departments([tmp_path / "wangge.shp", *write(tmp_path, b=draw(113.105))])
    assert sorted(read.layers["wangge"]["grid_id"]) == ["东一", "东二"]
    merger = overlay_files([tmp_path / "wangge.shp", tmp_path / "b.gpkg"])
    assert merger.overlay.score["area"] < 1e-3


def test_a_layer_in_the_wrong_crs_is_left_out_and_said(tmp_path: Path) -> None:
    files = write(tmp_path, a=draw(113.105), b=draw(113.104))
    wrong = draw(113.105).to_crs(4547).set_crs(4549, allow_override=True)
    files += write(tmp_path, c=wrong)
    read = read_departments(files)
    assert list(read.layers) == ["a", "b"]
    assert "department_elsewhere" in codes(read)
    right = read_departments(files, crs={"c.gpkg": "EPSG:4547"})
    assert list(right.layers) == ["a", "b", "c"]


def test_layers_that_share_no_land_are_refused(tmp_path: Path) -> None:
    far = draw(113.105)
    far.geometry = far.geometry.translate(1, 0)
    with pytest.raises(RefusedInput) as refused:
        read_departments(write(tmp_path, a=draw(113.105), b=far))
    assert "departments_apart" in {finding.code for finding in refused.value.findings}


def test_one_layer_and_copies_give_an_answer_and_a_finding(tmp_path: Path) -> None:
    files = write(tmp_path, a=draw(113.105), b=draw(113.105, 网格编号=["x", "y"]))
    alone = overlay_files(files[:1])
    assert "one_department" in codes(alone.plan)
    assert len(alone.plan.grids) == 2
    twins = overlay_files(files)
    assert "department_twins" in codes(twins.plan)
    assert not len(twins.conflicts)


def test_gaps_broken_rows_and_rows_without_an_id_are_kept_and_said(tmp_path: Path) -> None:
    bow = shapely.Polygon([(113.1, 23), (113.105, 23.005), (113.105, 23), (113.1, 23.005)])
    broken = gpd.GeoDataFrame({"name": ["x", None]}, geometry=[bow, None], crs=4490)
    merger = overlay_files(write(tmp_path, a=draw(113.105), b=broken))
    assert {"overlay_grid_unusable", "overlay_uncovered"} <= codes(merger.plan)
    area = draw(113.105).to_crs(4547).area.sum()
    assert merger.plan.grids["area_m2"].sum() == pytest.approx(area, rel=1e-3)


def test_what_holds_no_department_is_refused(tmp_path: Path) -> None:
    roads = gpd.GeoDataFrame(geometry=[shapely.LineString([(113, 23), (113.1, 23)])], crs=4490)
    with pytest.raises(RefusedInput):
        read_departments(write(tmp_path, roads=roads))
    (tmp_path / "broken.gpkg").write_bytes(b"SQLite format 3\x00" + b"x" * 200)
    with pytest.raises(RefusedInput):
        read_departments([tmp_path / "broken.gpkg", *write(tmp_path, a=draw(113.105))])
    with pytest.raises(InvalidOption):
        read_departments([])


def test_buildings_of_the_base_are_counted_and_not_cut(tmp_path: Path) -> None:
    homes = [shapely.box(x, 23.002, x + 0.0008, 23.003) for x in (113.101, 113.1046, 113.108)]
    buildings = gpd.GeoDataFrame(
        {"BH": ["B1", "B2", "B3"], "ZHS": [300, 60, 280]}, geometry=homes, crs=4490
    )
    (tmp_path / "base").mkdir()
    base = write(tmp_path / "base", buildings=buildings)
    files = write(tmp_path, a=draw(113.105), b=draw(113.105), c=draw(113.104))
    told = ReadOptions(
        columns={"buildings.households": "ZHS", "grids.grid_id": "网格编号"},
        crs={"buildings.gpkg": "EPSG:4490", "a.gpkg": "EPSG:4490"},
    )
    merger = overlay_files(files, base=base, band=(250, 400), options=told)
    assert "communities_from_departments" in codes(merger.plan)
    assert sorted(merger.plan.grids["households"]) == [280, 360]
    assert merger.conflicts["departments"].tolist() == ["c"]
    assert merger.departments["kept_households"].tolist() == [640, 640, 580]
    bare = gpd.GeoDataFrame({"name": ["东山"]}, geometry=[shapely.box(113.1, 23, 113.11, 23.005)])
    (tmp_path / "bare").mkdir()
    lone = write(tmp_path / "bare", communities=bare.set_crs(4490))
    assert len(overlay_files(files, base=lone).plan.grids) == 2
