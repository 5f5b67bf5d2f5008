"""Household files that don't cover everything, and second errors that are none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridmap.checks import check_sources, repair_sources

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd

    from gridmap.findings import Finding
    from gridmap.model import Sources

    MakeSources = Callable[[dict[str, gpd.GeoDataFrame]], Sources]


def by_code(findings: tuple[Finding, ...]) -> dict[str, Finding]:
    """Return findings by their codes."""
    return {finding.code: finding for finding in findings}


def test_a_community_without_one_household_row_keeps_the_counts_of_its_buildings(
    frames: dict[str, gpd.GeoDataFrame], as_sources: MakeSources
) -> None:
    frames["buildings"]["households"] = 5
    rows = frames["households"]
    absent = rows["building_id"].isin(["B00", "B01", "B04", "B05"])
    frames["households"] = rows[~absent].reset_index(drop=True)
    repaired = repair_sources(as_sources(frames))
    said = by_code(repaired.findings)["household_rows_missing"]
    assert said.severity == "warning"
    assert said.where == ("B00", "B01", "B04", "B05")
    assert "20" in said.zh
    assert repaired.read_households == 80
    assert repaired.set_aside is not None
    kept = int(repaired.layers["households"]["households"].sum())
    assert kept + int(repaired.set_aside["households"].sum()) == repaired.read_households
    assert "community_empty" not in by_code(repaired.findings)
    assert "household_count_disagrees" not in by_code(repaired.findings)


def test_a_building_without_rows_among_others_with_rows_is_named_and_not_counted(
    frames: dict[str, gpd.GeoDataFrame], as_sources: MakeSources
) -> None:
    frames["buildings"]["households"] = 5
    rows = frames["households"]
    frames["households"] = rows[rows["building_id"] != "B03"].reset_index(drop=True)
    repaired = repair_sources(as_sources(frames))
    said = by_code(repaired.findings)["building_without_household_rows"]
    assert said.where == ("B03",)
    assert "5 户" in said.zh
    assert repaired.read_households == 75
    assert "household_rows_missing" not in by_code(repaired.findings)


def test_rows_inside_a_building_count_for_it_though_they_name_none(
    frames: dict[str, gpd.GeoDataFrame], as_sources: MakeSources
) -> None:
    frames["buildings"]["households"] = 5
    frames["households"]["building_id"] = ""
    found = by_code(check_sources(as_sources(frames)))
    assert not {"building_without_household_rows", "household_count_disagrees"} & set(found)


def test_an_id_used_again_is_shown_with_its_new_form(
    frames: dict[str, gpd.GeoDataFrame], as_sources: MakeSources
) -> None:
    del frames["households"]
    frames["buildings"].loc[1, "building_id"] = "B00"
    said = by_code(check_sources(as_sources(frames)))["duplicate_id"]
    assert "B00 → B00#2" in said.zh
    assert "#3" not in said.zh


def test_points_without_coordinates_are_not_told_to_be_drawn(
    frames: dict[str, gpd.GeoDataFrame], as_sources: MakeSources
) -> None:
    frames["households"].loc[0, "geometry"] = None
    said = by_code(check_sources(as_sources(frames)))["geometry_missing"]
    assert "没有坐标" in said.zh
    assert "补填坐标" in said.cure_zh
