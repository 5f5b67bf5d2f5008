"""Every way a test damages the little town.

Each damage is a function ``name(town)`` that spoils files in ``town.folder`` and returns nothing,
or the arguments of ``gridmap plan`` where these differ from the folder alone. Its expectation
stands beside it: the code of the finding or error, and the exit code.
"""

from __future__ import annotations

import sqlite3
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from little_town import SIDE, SOUTH, WEST, Town

if TYPE_CHECKING:
    from collections.abc import Callable

# --- files that are not what they say -------------------------------------------------------


def truncated_geopackage(town: Town) -> None:
    """Cut a file in the middle, as a broken copy does."""
    data = town.path("communities").read_bytes()
    town.path("communities").write_bytes(data[: len(data) // 3])


def empty_file(town: Town) -> None:
    """Leave a file without a byte."""
    town.path("communities").write_bytes(b"")


def vrt_named_shp(town: Town) -> None:
    """Rename a list of other data sources to look like a shapefile."""
    vrt = (
        '<OGRVRTDataSource><OGRVRTLayer name="communities"><SrcDataSource>/etc/passwd'
        "</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
    )
    town.path("communities").unlink()
    (town.folder / "communities.shp").write_text(vrt, "utf-8")


def vrt_named_csv(town: Town) -> None:
    """Rename the same to look like a table."""
    town.path("households").unlink()
    (town.folder / "households.csv").write_text(
        '<OGRVRTDataSource><OGRVRTLayer name="households"/></OGRVRTDataSource>', "utf-8"
    )


def database_named_gpkg(town: Town) -> None:
    """Give a database that is no GeoPackage."""
    town.path("communities").unlink()
    with sqlite3.connect(town.path("communities")) as base:
        base.execute("create table communities (id text)")
    base.close()


def broken_json(town: Town) -> None:
    """Cut a GeoJSON text in the middle of a ring."""
    town.path("communities").unlink()
    text = town.frames["communities"].to_json()
    (town.folder / "communities.geojson").write_text(text[: len(text) // 2], "utf-8")


def garbage_named_geojson(town: Town) -> None:
    """Give random bytes as GeoJSON."""
    town.path("communities").unlink()
    noise = np.random.default_rng(3).integers(0, 256, 5_000, dtype=np.uint8).tobytes()
    (town.folder / "communities.geojson").write_bytes(noise)


def truncated_shapefile(town: Town) -> None:
    """Cut a shapefile inside its header."""
    town.path("communities").unlink()
    path = town.folder / "communities.shp"
    town.shapefile(path)
    path.write_bytes(path.read_bytes()[:60])


def archive_that_climbs(town: Town) -> list[str]:
    """Give a zip whose member would be written outside the folder."""
    path = town.folder.parent / "town.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(town.path("communities"), "../../communities.gpkg")
    return [str(path)]


def archive_that_swells(town: Town) -> list[str]:
    """Give a zip of a few kilobytes that unpacks to gigabytes."""
    path = town.folder.parent / "town.zip"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("communities.geojson", "w", force_zip64=True) as member,
    ):
        for _ in range(300):
            member.write(b" " * 1_000_000)
    return [str(path)]


def word_file(town: Town) -> list[str]:
    """Give a document instead of a map."""
    path = town.folder.parent / "town.docx"
    path.write_bytes(b"PK\x03\x04 a letter")
    return [str(path)]


def missing_file(town: Town) -> list[str]:
    """Name a file that does not exist."""
    return [str(town.folder / "nowhere.gpkg")]


def table_of_bytes(town: Town) -> list[str]:
    """Give a binary file as a CSV, by name."""
    path = town.folder / "households.csv"
    path.write_bytes(b"lon,lat\n\x00\x00\x01\x02" * 50)
    return [str(town.folder), str(path)]


# --- coordinates ----------------------------------------------------------------------------


def table_without_datum(town: Town) -> list[str]:
    """Give points in a CSV and no datum."""
    town.use_table(town.table())
    return [str(town.folder)]


def table_without_coordinates(town: Town) -> None:
    """Give a CSV that has no lon and lat."""
    town.use_table(town.table().drop(columns=["lon", "lat"]))


def swapped_table(town: Town) -> list[str]:
    """Swap the two columns of coordinates."""
    town.use_table(town.table().rename(columns={"lon": "lat", "lat": "lon"}))
    return [str(town.folder), "--datum", "households=cgcs2000"]


def swapped_outlines(town: Town) -> None:
    """Swap lon and lat of the communities."""
    frame = town.frames["communities"]
    swapped = shapely.transform(np.asarray(frame.geometry.to_numpy()), lambda xy: xy[:, ::-1])
    town.write("communities", frame.set_geometry(gpd.GeoSeries(swapped, crs=4490)))


def eastings_of_another_zone(town: Town) -> None:
    """Prefix the eastings with a zone that the declared system is not of."""
    frame = town.frames["communities"].to_crs(4525)
    town.write("communities", frame.set_crs(4547, allow_override=True))


def no_projection_file(town: Town) -> None:
    """Lose the .prj of a shapefile."""
    town.path("communities").unlink()
    town.shapefile(town.folder / "communities.shp")
    (town.folder / "communities.prj").unlink()


def degrees_called_metres(town: Town) -> None:
    """Declare a projected system over degrees."""
    frame = town.frames["communities"]
    town.write("communities", frame.set_crs(4547, allow_override=True))


def metres_called_degrees(town: Town) -> None:
    """Declare a geographic system over metres."""
    frame = town.frames["communities"].to_crs(4547)
    town.write("communities", frame.set_crs(4490, allow_override=True))


def outlines_of_nan(town: Town) -> None:
    """Lose every coordinate of the communities."""
    frame = town.frames["communities"]
    with np.errstate(invalid="ignore"):
        rings = shapely.get_coordinates(frame.geometry.to_numpy()).reshape(4, 5, 2)
        rings[:, 1:4] = np.nan
        lost = shapely.polygons(rings)
        town.write("communities", frame.set_geometry(gpd.GeoSeries(lost, crs=4490)))


def huge_coordinates(town: Town) -> None:
    """Put the communities beyond the Earth."""
    frame = town.frames["communities"]
    far = shapely.transform(np.asarray(frame.geometry.to_numpy()), lambda xy: xy * 1e200)
    town.write("communities", frame.set_geometry(gpd.GeoSeries(far, crs=4490)))


def points_at_zero(town: Town) -> None:
    """Put every community at (0, 0)."""
    frame = town.frames["communities"]
    tiny = [shapely.box(0, 0, 1e-5 * n, 1e-5) for n in range(1, 5)]
    town.write("communities", frame.set_geometry(gpd.GeoSeries(tiny, crs=4490)))


def another_place(town: Town) -> None:
    """Give households of another town."""
    frame = town.frames["households"].drop(columns="building_id")
    town.write("households", frame.set_geometry(frame.translate(0.7, 0.3)))
    town.path("buildings").unlink()


# --- layers and rows ------------------------------------------------------------------------


def no_community(town: Town) -> None:
    """Give the layer of communities without a row."""
    town.write("communities", town.frames["communities"].head(0))


def outlines_without_land(town: Town) -> None:
    """Give communities whose geometry is null."""
    frame = town.frames["communities"]
    town.write("communities", frame.set_geometry(gpd.GeoSeries([None] * 4, crs=4490)))


def nothing_to_count(town: Town) -> None:
    """Give communities alone."""
    town.path("households").unlink()
    town.path("buildings").unlink()


def lines_as_communities(town: Town) -> None:
    """Draw the communities as lines."""
    frame = town.frames["communities"]
    town.write("communities", frame.set_geometry(frame.boundary))


def wrong_role(town: Town) -> list[str]:
    """Declare the household points to be the communities."""
    town.path("communities").unlink()
    return [str(town.folder), "--layer", "communities=households.gpkg"]


def one_id_for_two_communities(town: Town) -> None:
    """Use a community's code twice."""
    town.put("communities", "community_id", 3, "440604001001")


def one_id_for_two_buildings(town: Town) -> None:
    """Use a building's id twice while households name it."""
    town.put("buildings", "building_id", 3, "B01")


def a_community_drawn_twice(town: Town) -> None:
    """Draw one community on top of another."""
    town.reshape("communities", 1, town.frames["communities"].geometry.iloc[0])


def tangled_outline(town: Town) -> None:
    """Give an outline that crosses itself millions of times."""
    rng = np.random.default_rng(3)
    ring = np.column_stack([WEST + SIDE * rng.random(6_000), SOUTH + SIDE * rng.random(6_000)])
    town.reshape("communities", 0, shapely.Polygon(ring))


def too_many_vertices(town: Town) -> None:
    """Give an outline with more vertices than any map has."""
    angle = np.linspace(0, 2 * np.pi, 1_100_000, endpoint=False)
    ring = np.column_stack([WEST + 0.01 * np.cos(angle), SOUTH + 0.01 * np.sin(angle)])
    town.reshape("communities", 0, shapely.Polygon(ring))


def personal_columns(town: Town) -> None:
    """Leave names and identity numbers in the household layer."""
    frame = town.frames["households"].copy()
    frame["户主姓名"] = "张三"
    frame["身份证号"] = "440604199001011234"
    town.write("households", frame)


def telephone_values(town: Town) -> None:
    """Hide telephone numbers under a harmless header."""
    frame = town.frames["households"].copy()
    frame["备注"] = [f"1380013{n:04d}" for n in range(len(frame))]
    town.write("households", frame)


def text_for_households(town: Town) -> None:
    """Write words where the number of households belongs."""
    town.put("households", "households", 4, "好几户")


def negative_households(town: Town) -> None:
    """Give a negative number of households."""
    town.put("households", "households", 4, -12)


def absurd_households(town: Town) -> None:
    """Give a building more households than a town has."""
    town.put("households", "households", 4, 250_000)


def no_usable_count(town: Town) -> None:
    """Count households on buildings, and every count is zero."""
    town.path("households").unlink()
    town.write("buildings", town.frames["buildings"].assign(households=0))


def sheet_of_merged_cells(town: Town) -> None:
    """Give a workbook as offices make them: a title over merged cells, a total below."""
    import openpyxl

    town.path("households").unlink()
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.merge_cells("A1:D1")
    sheet["A1"] = "某街道住户情况统计表"
    sheet["A3"], sheet["B3"], sheet["C3"] = "序号", "楼栋", "备注"
    for n in range(20):
        sheet.append([n, f"{n}栋", "合计" if n == 19 else None])
    book.save(town.folder / "households.xlsx")


# --- the command itself ---------------------------------------------------------------------


def broken_rules_file(town: Town) -> list[str]:
    """Give a rules file that is not TOML."""
    path = town.folder.parent / "rules.toml"
    path.write_text("bands = [[[", "utf-8")
    return [str(town.folder), "--rules", str(path)]


def unknown_rules(town: Town) -> list[str]:
    """Name a preset that does not exist."""
    return [str(town.folder), "--rules", "atlantis"]


def rules_upside_down(town: Town) -> list[str]:
    """Give a band whose lower bound is above its upper one."""
    path = town.folder.parent / "rules.toml"
    path.write_text(
        'preset = "default"\n[[bands]]\nlower = 500\nupper = 300\nsource = "x"\n', "utf-8"
    )
    return [str(town.folder), "--rules", str(path)]


def unknown_datum(town: Town) -> list[str]:
    """Declare a datum that does not exist."""
    town.use_table(town.table())
    return [str(town.folder), "--datum", "households=mars"]


def unknown_layer(town: Town) -> list[str]:
    """Declare a layer that is in no file."""
    return [str(town.folder), "--layer", "communities=town.gpkg:nowhere"]


def unknown_column(town: Town) -> list[str]:
    """Declare a column that is in no layer."""
    return [str(town.folder), "--column", "buildings.floors=STOCKWERKE"]


def seed_of_words(town: Town) -> list[str]:
    """Give a seed that is no number."""
    return [str(town.folder), "--seed", "seven"]


@dataclass(frozen=True)
class Case:
    """A damage and how it must end."""

    damage: Callable[[Town], list[str] | None]
    code: str
    exit: int = 1


REFUSED = (
    Case(truncated_geopackage, "unreadable_file"),
    Case(empty_file, "format_refused"),
    Case(vrt_named_shp, "format_refused"),
    Case(vrt_named_csv, "format_refused"),
    Case(database_named_gpkg, "format_refused"),
    Case(broken_json, "unreadable_file"),
    Case(garbage_named_geojson, "format_refused"),
    Case(truncated_shapefile, "unreadable_file"),
    Case(archive_that_climbs, "households_missing"),
    Case(archive_that_swells, "archive_refused"),
    Case(word_file, "format_refused"),
    Case(missing_file, ""),
    Case(table_of_bytes, "format_refused"),
    Case(table_without_datum, "datum_missing"),
    Case(table_without_coordinates, "table_without_coordinates"),
    Case(swapped_table, "coordinates_swapped"),
    Case(swapped_outlines, "coordinates_swapped"),
    Case(eastings_of_another_zone, "easting_zone_contradicted"),
    Case(no_projection_file, "crs_missing"),
    Case(degrees_called_metres, "crs_looks_geographic"),
    Case(metres_called_degrees, "crs_looks_projected"),
    Case(outlines_of_nan, "communities_missing"),
    Case(huge_coordinates, "crs_looks_projected"),
    Case(points_at_zero, "communities_missing"),
    Case(another_place, "households_mostly_outside"),
    Case(no_community, "communities_missing"),
    Case(outlines_without_land, "communities_missing"),
    Case(nothing_to_count, "households_missing"),
    Case(lines_as_communities, "communities_missing"),
    Case(wrong_role, "wrong_geometry"),
    Case(one_id_for_two_communities, "duplicate_community_id"),
    Case(one_id_for_two_buildings, "duplicate_building_id"),
    Case(a_community_drawn_twice, "community_covered"),
    Case(tangled_outline, "polygon_tangled"),
    Case(too_many_vertices, "geometry_too_large"),
    Case(personal_columns, "personal_columns"),
    Case(telephone_values, "personal_columns"),
    Case(text_for_households, "household_count_wrong"),
    Case(negative_households, "household_count_wrong"),
    Case(absurd_households, "household_count_absurd"),
    Case(no_usable_count, "households_missing"),
    Case(sheet_of_merged_cells, "table_without_coordinates"),
    Case(broken_rules_file, "", exit=2),
    Case(unknown_rules, "", exit=2),
    Case(rules_upside_down, "", exit=2),
    Case(unknown_datum, "", exit=2),
    Case(unknown_layer, "", exit=2),
    Case(unknown_column, "", exit=2),
    Case(seed_of_words, "", exit=2),
)
"""Damages that end without a plan; the code is empty where an error is said, not a finding."""


# --- damages that are handled and said ------------------------------------------------------


def bow_tie(town: Town) -> None:
    """Cross the outline of a building."""
    x, y = WEST + 0.0025, SOUTH + 0.0025
    ring = [(x, y), (x + 5e-4, y + 5e-4), (x + 5e-4, y), (x, y + 5e-4)]
    town.reshape("buildings", 0, shapely.Polygon(ring))


def row_without_outline(town: Town) -> None:
    """Leave one building without a geometry."""
    town.reshape("buildings", 0, None)


def household_at_zero(town: Town) -> None:
    """Put one household at (0, 0)."""
    town.reshape("households", 3, shapely.Point(0, 0))


def household_outside(town: Town) -> None:
    """Put one household into the country and let it name no building."""
    frame = town.frames["households"]
    frame.loc[3, "building_id"] = ""
    town.reshape("households", 3, shapely.Point(113.3, 23.2))


def household_row_twice(town: Town) -> None:
    """Let one row stand twice."""
    frame = town.frames["households"]
    town.write("households", pd.concat([frame, frame.iloc[[5]]], ignore_index=True))


def overlap(town: Town) -> None:
    """Let one community grow over its neighbour."""
    town.reshape("communities", 0, shapely.box(WEST, SOUTH, WEST + 1.1 * SIDE, SOUTH + SIDE))


def gap(town: Town) -> None:
    """Leave land in the middle to nobody."""
    hole = shapely.box(WEST + 0.6 * SIDE, SOUTH + 0.6 * SIDE, WEST + 0.7 * SIDE, SOUTH + 0.7 * SIDE)
    town.reshape("communities", 0, town.frames["communities"].geometry.iloc[0] - hole)


def unknown_building(town: Town) -> None:
    """Let one household name a building that is not there."""
    town.put("households", "building_id", 3, "B99")


def far_building(town: Town) -> None:
    """Let one household name a building at the other end of the town."""
    town.put("households", "building_id", 3, "B15")


def building_on_border(town: Town) -> None:
    """Put a building across a border."""
    x, y = WEST + SIDE, SOUTH + 0.002
    town.reshape("buildings", 0, shapely.box(x - 2e-4, y, x + 3e-4, y + 5e-4))


def nameless_community(town: Town) -> None:
    """Leave one community without its code and name."""
    town.put("communities", "name", 2, None)


def markup_in_a_name(town: Town) -> None:
    """Put markup, a formula and characters that turn the writing into a name."""
    town.put("communities", "name", 2, '=HYPERLINK("x")<script>alert(1)</script>\u202e')


def gbk_called_utf8(town: Town) -> None:
    """Declare UTF-8 beside a table of GBK."""
    town.path("communities").unlink()
    frame = town.frames["communities"].rename(columns={"community_id": "sqdm"})
    frame.to_file(town.folder / "communities.shp", encoding="GBK")
    (town.folder / "communities.cpg").write_text("UTF-8", "ascii")


def bytes_of_no_encoding(town: Town) -> None:
    """Spoil the bytes of the names, so that no encoding reads them."""
    gbk_called_utf8(town)
    (town.folder / "communities.cpg").unlink()
    path = town.folder / "communities.dbf"
    path.write_bytes(path.read_bytes().replace("社区".encode("gbk"), b"\xff\x80\xfe\x80"))


HANDLED = (
    Case(gbk_called_utf8, "encoding_contradicted"),
    Case(bytes_of_no_encoding, "encoding_unknown"),
    Case(bow_tie, "polygon_self_crossing"),
    Case(row_without_outline, "geometry_missing"),
    Case(household_at_zero, "place_zero"),
    Case(household_outside, "household_outside"),
    Case(household_row_twice, "duplicate_row"),
    Case(overlap, "community_overlap"),
    Case(gap, "community_gap"),
    Case(unknown_building, "household_building_unknown"),
    Case(far_building, "household_far_from_building"),
    Case(building_on_border, "building_straddles"),
    Case(nameless_community, "community_without_name"),
    Case(markup_in_a_name, "control_characters"),
)
"""Damages that are mended, set aside and said; the plan is made."""
