"""Rows with bad geometry, ids, texts, counts and places: each kind is found, and only it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap.checks import check_sources, counts, geometry, repair_sources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import geopandas as gpd

    from gridmap.findings import Finding
    from gridmap.model import Sources

    Frames = dict[str, gpd.GeoDataFrame]
    MakeSources = Callable[[Frames], Sources]

WEST, SOUTH, SIDE = 113.1, 23.0, 0.01


def codes(findings: Iterable[Finding]) -> dict[str, Finding]:
    return {finding.code: finding for finding in findings}


def reshape(frame: gpd.GeoDataFrame, row: int, shape: shapely.Geometry | None) -> gpd.GeoDataFrame:
    values = np.asarray(frame.geometry.to_numpy(), dtype=object).copy()
    values[row] = shape
    return frame.set_geometry(type(frame.geometry)(values, index=frame.index, crs=frame.crs))


def put(frames: Frames, role: str, column: str, row: int, value: object) -> Frames:
    frame = frames[role].copy()
    values = frame[column].to_numpy(dtype=object).copy()
    values[row] = value
    frame[column] = pd.Series(values, index=frame.index)
    frames[role] = frame
    return frames


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        (None, "geometry_missing"),
        (shapely.Polygon(), "geometry_missing"),
        (shapely.box(0, 0, 1e-5, 1e-5), "place_zero"),
        (shapely.box(3e6, 4e6, 3e6 + 9, 4e6 + 9), "place_out_of_range"),
        (shapely.LineString([(113.1, 23), (113.11, 23.01)]), "geometry_wrong_type"),
        (shapely.Polygon([(113.1, 23), (113.11, 23.01), (113.1, 23)]), "geometry_collapsed"),
    ],
)
def test_a_building_that_has_no_outline_is_set_aside(
    frames: Frames, as_sources: MakeSources, shape: shapely.Geometry | None, code: str
) -> None:
    frames["buildings"] = reshape(frames["buildings"], 3, shape)
    repaired = repair_sources(as_sources(frames))
    assert code in codes(repaired.findings)
    assert codes(repaired.findings)[code].where == ("B03",)
    assert repaired.set_aside["id"].tolist() == ["B03"]
    assert len(repaired.layers["buildings"]) == 15
    assert repaired.layers["households"]["households"].sum() == 80


def test_a_building_with_nan_coordinates_is_set_aside(
    frames: Frames, as_sources: MakeSources
) -> None:
    ring = np.array([[113.1, 23], [np.nan, 23.001], [113.101, 23.001], [113.1, 23]])
    with np.errstate(invalid="ignore"):
        frames["buildings"] = reshape(frames["buildings"], 3, shapely.polygons(ring))
    found = codes(check_sources(as_sources(frames)))
    assert found["geometry_not_finite"].where == ("B03",)


@pytest.mark.parametrize("place", [None, shapely.Point(0, 0), shapely.points([[np.nan, 23]])[0]])
def test_a_household_without_a_place_is_placed_by_its_building(
    frames: Frames, as_sources: MakeSources, place: shapely.Geometry | None
) -> None:
    frames["households"] = reshape(frames["households"], 7, place)
    repaired = repair_sources(as_sources(frames))
    assert len(repaired.set_aside) == 0
    home = repaired.layers["households"].geometry.iloc[7]
    assert frames["buildings"].geometry.iloc[1].contains(home)


def test_a_household_without_place_and_building_is_set_aside(
    frames: Frames, as_sources: MakeSources
) -> None:
    frames["households"] = reshape(frames["households"], 7, None)
    put(frames, "households", "building_id", 7, "")
    repaired = repair_sources(as_sources(frames))
    assert codes(repaired.findings)["household_without_place"].where == ("H007",)
    assert repaired.set_aside["code"].tolist() == ["household_without_place"]


def test_a_bow_tie_is_mended_and_named_with_its_place(
    frames: Frames, as_sources: MakeSources
) -> None:
    x, y = WEST + 0.0025, SOUTH + 0.0025
    bow = shapely.Polygon([(x, y), (x + 1e-3, y + 1e-3), (x + 1e-3, y), (x, y + 1e-3)])
    frames["buildings"] = reshape(frames["buildings"], 0, bow)
    repaired = repair_sources(as_sources(frames))
    finding = codes(repaired.findings)["polygon_self_crossing"]
    assert "B00 (Self-intersection at 113.103, 23.003)" in finding.en
    assert "自相交" in finding.zh
    assert repaired.layers["buildings"].geometry.is_valid.all()


def test_a_hole_outside_its_shell_is_mended(frames: Frames, as_sources: MakeSources) -> None:
    x, y = WEST + 0.0025, SOUTH + 0.0025
    shell = shapely.box(x, y, x + 1e-3, y + 1e-3)
    hole = shapely.box(x + 2e-3, y, x + 3e-3, y + 1e-3)
    broken = shapely.Polygon(shell.exterior, [hole.exterior])
    frames["buildings"] = reshape(frames["buildings"], 0, broken)
    assert codes(check_sources(as_sources(frames)))["polygon_invalid"].where == ("B00",)


def test_a_polygon_too_tangled_to_mend_is_refused_quickly(
    frames: Frames, as_sources: MakeSources
) -> None:
    rng = np.random.default_rng(3)
    ring = np.column_stack([WEST + SIDE * rng.random(6_000), SOUTH + SIDE * rng.random(6_000)])
    frames["communities"] = reshape(frames["communities"], 0, shapely.Polygon(ring))
    finding = codes(check_sources(as_sources(frames)))["polygon_tangled"]
    assert finding.severity == "error"


def test_a_geometry_with_too_many_vertices_is_refused(
    frames: Frames, as_sources: MakeSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(geometry, "MAX_COORDINATES", 1_000)
    disc = shapely.Point(WEST, SOUTH).buffer(SIDE, quad_segs=500)
    frames["communities"] = reshape(frames["communities"], 0, disc)
    finding = codes(check_sources(as_sources(frames)))["geometry_too_large"]
    assert finding.severity == "error"
    assert finding.where == ("C1",)


def test_lines_as_communities_are_refused_with_the_cure(
    frames: Frames, as_sources: MakeSources
) -> None:
    frame = frames["communities"]
    frames["communities"] = frame.set_geometry(frame.boundary)
    found = codes(check_sources(as_sources(frames)))
    assert found["layer_wrong_type"].severity == "error"
    assert "--layer communities=" in found["layer_wrong_type"].cure_en
    assert found["communities_missing"].severity == "error"


def test_polygons_inside_a_collection_are_kept(frames: Frames, as_sources: MakeSources) -> None:
    mixed = shapely.GeometryCollection(
        [frames["communities"].geometry.iloc[0], shapely.LineString([(113, 23), (114, 24)])]
    )
    frames["communities"] = reshape(frames["communities"], 0, mixed)
    assert check_sources(as_sources(frames)) == ()


def test_heights_are_dropped(frames: Frames, as_sources: MakeSources) -> None:
    frames["buildings"] = reshape(
        frames["buildings"], 0, shapely.force_3d(frames["buildings"].geometry.iloc[0], 12.0)
    )
    repaired = repair_sources(as_sources(frames))
    assert not repaired.layers["buildings"].geometry.has_z.any()


def test_a_row_that_stands_twice_counts_once(frames: Frames, as_sources: MakeSources) -> None:
    for role in ("households", "buildings", "communities"):
        frames[role] = pd.concat([frames[role], frames[role].iloc[[2]]], ignore_index=True)
    repaired = repair_sources(as_sources(frames))
    finding = [f for f in repaired.findings if f.code == "duplicate_row"]
    assert len(finding) == 3
    assert repaired.read_households == 81
    assert repaired.layers["households"]["households"].sum() == 80
    assert repaired.set_aside["households"].sum() == 1


def test_one_household_twice_in_its_building_counts_once(
    frames: Frames, as_sources: MakeSources
) -> None:
    put(frames, "households", "household_id", 8, "H007")
    put(frames, "households", "address", 8, "建设路8号")
    repaired = repair_sources(as_sources(frames))
    assert codes(repaired.findings)["duplicate_household"].count == 1
    assert repaired.set_aside["households"].sum() == 1


def test_one_household_id_in_two_buildings_counts_twice(
    frames: Frames, as_sources: MakeSources
) -> None:
    put(frames, "households", "household_id", 70, "H007")
    repaired = repair_sources(as_sources(frames))
    assert codes(repaired.findings)["household_id_reused"].count == 1
    assert repaired.layers["households"]["household_id"].iloc[70] == "H007#2"
    assert repaired.layers["households"]["households"].sum() == 80


def test_two_communities_of_one_id_are_refused_unless_they_are_pieces(
    frames: Frames, as_sources: MakeSources
) -> None:
    put(frames, "communities", "community_id", 3, "C1")
    assert codes(check_sources(as_sources(frames)))["duplicate_community_id"].severity == "error"
    put(frames, "communities", "name", 3, "东风")
    repaired = repair_sources(as_sources(frames))
    found = codes(repaired.findings)
    assert "duplicate_community_id" not in found
    assert found["pieces_merged"].where == ("C1",)
    assert len(repaired.layers["communities"]) == 3


def test_two_buildings_of_one_id_are_refused_when_households_name_it(
    frames: Frames, as_sources: MakeSources
) -> None:
    put(frames, "buildings", "building_id", 3, "B01")
    assert codes(check_sources(as_sources(frames)))["duplicate_building_id"].severity == "error"
    frames["households"]["building_id"] = ""
    repaired = repair_sources(as_sources(frames))
    assert codes(repaired.findings)["duplicate_id"].severity == "warning"
    assert repaired.layers["buildings"]["building_id"].is_unique


def test_communities_without_id_or_name_are_called_something(
    frames: Frames, as_sources: MakeSources
) -> None:
    put(frames, "communities", "community_id", 1, "")
    put(frames, "communities", "community_id", 2, "")
    put(frames, "communities", "name", 2, "")
    repaired = repair_sources(as_sources(frames))
    assert repaired.layers["communities"]["community_id"].tolist() == [
        "C1", "建设", "communities:3", "C4",
    ]  # fmt: skip
    assert (repaired.layers["communities"]["name"] != "").all()
    assert {"community_without_id", "community_without_name"} <= codes(repaired.findings).keys()


def test_texts_that_can_not_be_shown_are_cleaned_alike_everywhere(
    frames: Frames, as_sources: MakeSources
) -> None:
    put(frames, "buildings", "building_id", 0, "B\u202e00\x00")
    for row in range(5):
        put(frames, "households", "building_id", row, "B\u202e00\x00")
    put(frames, "communities", "name", 0, "东" * 5_000)
    repaired = repair_sources(as_sources(frames))
    assert repaired.layers["buildings"]["building_id"].iloc[0] == "B 00"
    assert repaired.layers["households"]["building_id"].iloc[0] == "B 00"
    assert len(repaired.layers["communities"]["name"].iloc[0]) == 200
    assert "household_building_unknown" not in codes(repaired.findings)
    assert not any("\x00" in str(f) or "\u202e" in str(f) for f in repaired.findings)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (-3, "household_count_negative"),
        ("很多", "household_count_unreadable"),
        (float("inf"), "household_count_unreadable"),
        (20_000, "household_count_absurd"),
        (2.5, "household_count_fractional"),
    ],
)
def test_a_count_that_can_not_be_right_is_said(
    frames: Frames, as_sources: MakeSources, value: object, code: str
) -> None:
    put(frames, "households", "households", 4, value)
    repaired = repair_sources(as_sources(frames))
    finding = codes(repaired.findings)[code]
    assert finding.where == ("H004",)
    assert finding.severity == ("warning" if code.endswith("fractional") else "error")
    assert repaired.layers["households"]["households"].dtype == np.int64


def test_a_building_too_small_for_its_households_is_doubted(
    frames: Frames, as_sources: MakeSources
) -> None:
    frames["buildings"]["households"] = 90
    frames["buildings"].loc[2, "households"] = 3_000
    del frames["households"]
    found = codes(check_sources(as_sources(frames)))
    assert found["household_count_crowded"].where == ("B02",)
    assert counts.MIN_FLOOR_AREA_M2 == 15


def test_buildings_and_rows_that_disagree_are_listed(
    frames: Frames, as_sources: MakeSources
) -> None:
    frames["buildings"]["households"] = 5
    frames["buildings"].loc[2, "households"] = 7
    found = codes(check_sources(as_sources(frames)))
    assert found["household_count_disagrees"].where == ("B02",)
    assert "(7, rows 5)" in found["household_count_disagrees"].en


def test_a_household_outside_is_set_aside_without_its_exact_place(
    frames: Frames, as_sources: MakeSources
) -> None:
    frames["households"] = reshape(frames["households"], 7, shapely.Point(113.2345678, 23.0345678))
    put(frames, "households", "building_id", 7, "")
    repaired = repair_sources(as_sources(frames))
    finding = codes(repaired.findings)["household_outside"]
    assert finding.where == ("H007",)
    assert finding.points == ((113.235, 23.035),)
    assert "H007" not in finding.en + finding.zh
    assert repaired.set_aside["households"].tolist() == [1]


def test_files_of_different_places_are_refused(frames: Frames, as_sources: MakeSources) -> None:
    frames["communities"] = frames["communities"].set_geometry(
        frames["communities"].translate(1.0, 0.0)
    )
    found = codes(check_sources(as_sources(frames)))
    assert found["households_mostly_outside"].severity == "error"
    assert found["community_empty"].count == 4


def test_a_building_that_is_not_known_is_said(frames: Frames, as_sources: MakeSources) -> None:
    put(frames, "households", "building_id", 7, "B99")
    repaired = repair_sources(as_sources(frames))
    assert codes(repaired.findings)["household_building_unknown"].count == 1
    assert repaired.layers["households"]["building_id"].iloc[7] == "B99"
    assert len(repaired.set_aside) == 0


def test_a_household_far_from_its_building_is_said(frames: Frames, as_sources: MakeSources) -> None:
    put(frames, "households", "building_id", 7, "B15")
    found = codes(check_sources(as_sources(frames)))
    assert found["household_far_from_building"].where == ("H007",)
    assert "B15" in found["household_far_from_building"].en


def test_an_empty_community_is_named(frames: Frames, as_sources: MakeSources) -> None:
    inside = frames["communities"].geometry.iloc[0]
    for role in ("households", "buildings"):
        frames[role] = frames[role][~frames[role].intersects(inside)]
    assert codes(check_sources(as_sources(frames)))["community_empty"].where == ("C1",)


def test_a_building_on_a_border_and_one_outside_are_named(
    frames: Frames, as_sources: MakeSources
) -> None:
    on_border = shapely.box(WEST + SIDE - 1e-4, SOUTH + 1e-3, WEST + SIDE + 3e-4, SOUTH + 2e-3)
    frames["buildings"] = reshape(frames["buildings"], 0, on_border)
    frames["buildings"] = reshape(frames["buildings"], 1, shapely.box(113, 22, 113.001, 22.001))
    repaired = repair_sources(as_sources(frames))
    found = codes(repaired.findings)
    assert "B00 (C2+C1)" in found["building_straddles"].en
    assert found["building_outside"].where == ("B01",)
    assert found["household_building_outside"].count == 5
    assert repaired.layers["households"]["households"].sum() == 80


def test_compounds_that_straddle_or_overlap_are_named(
    frames: Frames, as_sources: MakeSources
) -> None:
    compounds = frames["buildings"].head(3)[["geometry"]].copy()
    compounds.insert(0, "compound_id", ["P1", "P2", "P3"])
    compounds["name"] = ["甲", "乙", "丙"]
    compounds = reshape(compounds, 0, shapely.box(113.105, 23.001, 113.115, 23.002))
    compounds = reshape(compounds, 1, shapely.box(113.113, 23.001, 113.118, 23.002))
    frames["compounds"] = compounds
    found = codes(check_sources(as_sources(frames)))
    assert found["compound_straddles"].where == ("P1",)
    assert found["compound_overlap"].where == ("P1+P2",)


def test_sites_and_roads_without_what_is_needed_are_named(
    frames: Frames, as_sources: MakeSources
) -> None:
    sites = frames["buildings"].head(2)[["geometry"]].copy()
    sites.insert(0, "site_id", ["S1", "S2"])
    sites["category"] = ["school", "剧院"]
    sites["owner"] = ["", "文化局"]
    roads = frames["buildings"].head(2)[["geometry"]].copy()
    roads["class"] = ["arterial", ""]
    frames["sites"] = sites
    frames["roads"] = roads.set_geometry(roads.boundary)
    found = codes(check_sources(as_sources(frames)))
    assert found["site_category_unknown"].where == ("S2",)
    assert found["site_without_owner"].where == ("S1",)
    assert found["road_without_class"].where == ("roads:2",)


def test_nothing_to_count_is_refused(frames: Frames, as_sources: MakeSources) -> None:
    found = codes(check_sources(as_sources({"communities": frames["communities"]})))
    assert found["households_missing"].severity == "error"
    found = codes(check_sources(as_sources({"households": frames["households"]})))
    assert found["communities_missing"].severity == "error"


def test_everything_wrong_is_said_at_once_and_worst_first(
    frames: Frames, as_sources: MakeSources
) -> None:
    put(frames, "households", "households", 4, -1)
    put(frames, "households", "building_id", 7, "B99")
    put(frames, "communities", "name", 2, "")
    findings = check_sources(as_sources(frames))
    assert [f.severity for f in findings] == ["error", "warning", "warning"]
