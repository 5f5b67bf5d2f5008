"""What an analysis looks at: divisions of a level, and homes."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import pytest
import shapely

from gridmap.boundaries.divisions import clean_sources, collect_divisions, collect_homes
from gridmap.boundaries.examples import STORED, draw_sources
from gridmap.errors import UnknownName
from gridmap.model import Sources


def with_column(sources: Sources, name: str, values: list[str]) -> Sources:
    return sources.with_layers(communities=sources.layers["communities"].assign(**{name: values}))


def codes(sources: Sources, level: str | None = None) -> list[str]:
    _, findings = collect_divisions(clean_sources(sources), level=level)
    return [finding.code for finding in findings]


def test_divisions_are_joined_by_a_column_or_its_chinese_alias() -> None:
    sources = with_column(draw_sources("ABC"), "district", ["东区", "东区", "西区"])
    for level in ("district", "县", "区县"):
        divisions, findings = collect_divisions(sources, level=level)
        assert divisions["division_id"].tolist() == ["东区", "西区"]
        assert divisions.area.round(-3).tolist() == [20_000, 10_000]
        assert not findings


def test_a_column_of_the_file_that_gridmap_does_not_know_is_a_level_too() -> None:
    sources = with_column(draw_sources("AB"), "片区", ["一", "一"])
    divisions, findings = collect_divisions(sources, level="片区")
    assert divisions["division_id"].tolist() == ["一"]
    assert [finding.code for finding in findings] == ["division_alone"]


def test_an_unknown_level_names_the_columns_there_are() -> None:
    with pytest.raises(UnknownName, match="community_id, name"):
        collect_divisions(draw_sources("AB"), level="nonsense")


def test_rows_without_a_level_stay_divisions_of_their_own() -> None:
    sources = with_column(draw_sources("ABC"), "district", ["东区", "东区", ""])
    divisions, findings = collect_divisions(sources, level="district")
    assert divisions["division_id"].tolist() == ["C", "东区"]
    assert findings[0].code == "level_blank"
    assert findings[0].where == ("C",)


def test_outlines_that_overlap_are_joined_and_said() -> None:
    sources = with_column(draw_sources("ABC"), "district", ["东区", "东区", "西区"])
    frame = sources.layers["communities"].copy()
    frame.loc[0, "geometry"] = shapely.buffer(frame.geometry[0], 1e-5)
    assert "level_overlaps" in codes(sources.with_layers(communities=frame), "district")


def test_names_that_come_twice_are_told_apart_by_id() -> None:
    sources = with_column(draw_sources("ABC"), "name", ["八里庄", "八里庄", "永安"])
    divisions, findings = collect_divisions(sources)
    assert divisions["division_id"].is_unique
    assert [finding.code for finding in findings] == ["division_names_repeated"]
    assert findings[0].where == ("八里庄 (A)", "八里庄 (B)")


def test_no_usable_outline_is_an_error() -> None:
    sources = draw_sources("A")
    empty = sources.layers["communities"].set_geometry([shapely.Polygon()], crs=STORED)
    assert "divisions_missing" in codes(sources.with_layers(communities=empty))
    assert "divisions_missing" in codes(replace(sources, layers={}))


def test_an_invalid_outline_is_mended_and_an_empty_one_left_out() -> None:
    sources = draw_sources("AB")
    frame = sources.layers["communities"].copy()
    x, y = frame.geometry[0].bounds[:2]
    bow = shapely.Polygon([(x, y), (x + 0.01, y + 0.01), (x + 0.01, y), (x, y + 0.01)])
    frame.loc[0, "geometry"] = bow
    frame.loc[1, "geometry"] = shapely.Polygon()
    cleaned = clean_sources(sources.with_layers(communities=frame))
    divisions, _ = collect_divisions(cleaned)
    assert divisions["division_id"].tolist() == ["A"]
    assert divisions.is_valid.all()
    assert len(cleaned.findings) >= 2


def test_homes_are_households_else_buildings_else_unknown() -> None:
    sources = draw_sources("AB", households=3)
    homes = collect_homes(sources)
    assert homes is not None
    assert homes["households"].tolist() == [3, 3]
    x, y = sources.layers["households"].geometry[0].coords[0]
    buildings = gpd.GeoDataFrame(
        {"building_id": ["B1", "B2"], "households": [8.0, float("nan")]},
        geometry=[shapely.box(x, y, x + 1e-4, y + 1e-4)] * 2,
        crs=STORED,
    )
    only = replace(sources, layers={"buildings": buildings})
    counted = collect_homes(only)
    assert counted is not None
    assert counted["households"].tolist() == [8]
    unplaced = sources.layers["households"].assign(building_id=["B1", ""])
    unplaced = unplaced.set_geometry([None, None], crs=STORED)
    placed = collect_homes(sources.with_layers(households=unplaced, buildings=buildings))
    assert placed is not None
    assert placed["households"].tolist() == [3]
    assert collect_homes(draw_sources("AB")) is None
