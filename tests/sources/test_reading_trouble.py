"""Damaged, hostile and misleading files end in a finding or a clear error, never in a guess."""

from __future__ import annotations

import sqlite3
import struct
import zipfile
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridmap.errors import RefusedInput
from gridmap.sources import read_sources

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.findings import Finding

VRT = (
    '<OGRVRTDataSource><OGRVRTLayer name="communities"><SrcDataSource>/etc/passwd</SrcDataSource>'
    "</OGRVRTLayer></OGRVRTDataSource>"
)


def town(n: int = 3, **columns: Any) -> gpd.GeoDataFrame:
    west = 113 + np.arange(n) / 10
    return gpd.GeoDataFrame(
        {
            "社区代码": [f"44060400100{i}" for i in range(n)],
            "名称": [f"第{i}社区" for i in range(n)],
            **columns,
        },
        geometry=shapely.box(west, 23, west + 0.1, 23.1),
        crs=4490,
    )


def write_shapefile(path: Path, *, prj: bool = True) -> None:
    town().rename(columns={"社区代码": "SQDM", "名称": "MC"}).to_file(path, encoding="UTF-8")
    if not prj:
        path.with_suffix(".prj").unlink()


def findings_of(path: Path, **options: Any) -> tuple[Finding, ...]:
    try:
        return read_sources(path, **options).findings
    except RefusedInput as refused:
        return refused.findings


def codes_of(path: Path, **options: Any) -> set[str]:
    return {finding.code for finding in findings_of(path, **options)}


@pytest.mark.parametrize(
    "name",
    [
        "a.shp",
        "a.gpkg",
        "a.geojson",
        "a.kml",
        "a.gml",
        "a.fgb",
        "a.dxf",
        "a.mif",
        "a.osm",
        "a.zip",
        "a.parquet",
        "a.xlsx",
    ],
)
def test_a_vrt_is_refused_however_it_is_named(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(VRT)
    assert codes_of(path) & {"format_refused", "archive_refused"}
    assert "nothing_read" not in codes_of(path), "the error says already why nothing was read"


def test_a_vrt_hidden_in_geojson_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "communities.geojson"
    path.write_text(
        '{"type":"FeatureCollection","x":"' + VRT.replace('"', "'") + '","features":[]}'
    )
    assert "format_refused" in codes_of(path)


def test_a_vrt_by_its_own_name_and_other_endings_are_refused(tmp_path: Path) -> None:
    for name in ("a.vrt", "a.exe", "a", "a.sqlite"):
        path = tmp_path / name
        path.write_text(VRT)
        assert "format_refused" in codes_of(path)


def test_a_geopackage_with_foreign_virtual_tables_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "社区.gpkg"
    town().to_file(path)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA writable_schema=ON")
        connection.execute(
            "INSERT INTO sqlite_master VALUES('table','x','x',0,"
            "'CREATE VIRTUAL TABLE x USING VirtualShape(''/etc/passwd'',UTF-8,4326)')"
        )
    connection.close()
    assert "format_refused" in codes_of(path)


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("社区.geojson", b"0" * 300_000_000)
    assert "archive_refused" in codes_of(path)


@pytest.mark.parametrize(
    "names", [["../../evil.geojson"], ["/tmp/evil.geojson"], ["..\\evil.geojson"]]
)
def test_an_archive_writes_nothing_outside_its_folder(tmp_path: Path, names: list[str]) -> None:
    path = tmp_path / "in" / "a.zip"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, town().to_json())
    findings_of(path)
    assert not list(tmp_path.glob("**/evil*"))


def test_archives_in_archives_and_doubles_are_refused(tmp_path: Path) -> None:
    for entries in (["b.zip"], ["x/a.geojson", "y/a.geojson"]):
        path = tmp_path / "a.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name in entries:
                archive.writestr(name, b"x")
        assert "archive_refused" in codes_of(path)


def test_a_damaged_zip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(b"PK\x03\x04" + b"\x00" * 100)
    assert "archive_refused" in codes_of(path)


def test_a_huge_field_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "households.csv"
    path.write_text("户号,经度,纬度,备注\n1,113,23," + "x" * 200_000 + "\n")
    assert "field_too_long" in codes_of(path, datums={"households": "wgs84"})
    path.write_text("x" * 200_000)
    assert "field_too_long" in codes_of(path)


def test_an_open_quotation_mark_does_not_swallow_rows_in_silence(tmp_path: Path) -> None:
    path = tmp_path / "households.csv"
    rows = "".join(f"{i},113.{i:04d},23.1\n" for i in range(5000))
    path.write_text('户号,经度,纬度\n"9,113,23\n' + rows)
    assert codes_of(path, datums={"households": "wgs84"}) & {"field_too_long", "unreadable_file"}


def test_ragged_rows_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "households.csv"
    path.write_text("户号,经度,纬度\n1,113,23\n2,113,23,24,25\n")
    assert "unreadable_file" in codes_of(path, datums={"households": "wgs84"})


def test_coordinates_that_are_no_numbers_leave_the_row_without_a_place(tmp_path: Path) -> None:
    path = tmp_path / "households.csv"
    path.write_text(
        "户号,经度,纬度\n1,113,23\n2,nan,23\n3,inf,23\n4,abc,23\n5,,\n6,113,230\n7,113,23\n8,113,23\n"
    )
    sources = read_sources(path, datums={"households": "wgs84"})
    frame = sources.layers["households"]
    assert len(frame) == sources.read_households == 8
    assert frame.geometry.isna().tolist() == [False] + [True] * 5 + [False] * 2
    said = {f.code: f.count for f in sources.findings}
    assert said["coordinates_out_of_range"] == 1


def test_nan_in_a_polygon_leaves_the_row_without_a_place(tmp_path: Path) -> None:
    path = tmp_path / "社区.gpkg"
    town().to_file(path)
    with sqlite3.connect(path) as connection:
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type='trigger'"
        ).fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        header = b"GP\x00\x01" + struct.pack("<i", 4490)
        ring = [113.0, 23.0, 113.1, float("nan"), 113.1, 23.1, 113.0, 23.0]
        body = struct.pack("<BIII", 1, 3, 1, 4) + struct.pack("<8d", *ring)
        connection.execute("UPDATE 社区 SET geom = ? WHERE fid = 2", (header + body,))
    connection.close()
    sources = read_sources(path)
    assert sources.layers["communities"].geometry.isna().tolist() == [False, True, False]
    assert "coordinates_not_finite" in {f.code for f in sources.findings}


def test_arcs_become_lines_and_it_is_said(tmp_path: Path) -> None:
    path = tmp_path / "社区.gpkg"
    frame = town(1)
    frame.to_file(path)
    with sqlite3.connect(path) as connection:
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type='trigger'"
        ).fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        arc = struct.pack("<BII10d", 1, 8, 5, 113, 23, 113.1, 23.1, 113.2, 23, 113.1, 22.9, 113, 23)
        blob = b"GP\x00\x01" + struct.pack("<i", 4490) + struct.pack("<BII", 1, 10, 1) + arc
        connection.execute("UPDATE 社区 SET geom = ?", (blob,))
        connection.execute("UPDATE gpkg_geometry_columns SET geometry_type_name = 'CURVEPOLYGON'")
    connection.close()
    sources = read_sources(path)
    shape = sources.layers["communities"].geometry.iloc[0]
    assert shape.geom_type == "Polygon"
    assert len(shape.exterior.coords) > 20
    assert "curves_linearised" in {f.code for f in sources.findings}


def test_changes_that_are_still_in_the_log_are_read_and_said(tmp_path: Path) -> None:
    path = tmp_path / "社区.gpkg"
    town().to_file(path)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    for (name,) in connection.execute(
        "SELECT name FROM sqlite_master WHERE type='trigger'"
    ).fetchall():
        connection.execute(f'DROP TRIGGER "{name}"')
    connection.execute("UPDATE 社区 SET 名称 = '新名' WHERE fid = 1")
    connection.commit()
    try:
        sources = read_sources(path)
    finally:
        connection.close()
    assert sources.layers["communities"]["name"].iloc[0] == "新名"
    assert "file_open_elsewhere" in {f.code for f in sources.findings}


def test_households_without_geometry_are_kept_to_be_listed(tmp_path: Path) -> None:
    import pyogrio

    town().to_file(tmp_path / "社区.gpkg")
    table = pd.DataFrame({"户号": ["1", "2"], "户数": [3, 4]})
    pyogrio.write_dataframe(table, tmp_path / "住户.gpkg", layer="住户")
    sources = read_sources(tmp_path)
    assert sources.read_households == 7
    assert sources.layers["households"].geometry.isna().all()


def test_an_undefined_system_is_no_system(tmp_path: Path) -> None:
    path = tmp_path / "社区.gpkg"
    town().to_file(path)
    with sqlite3.connect(path) as connection:
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type='trigger'"
        ).fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        for table in ("gpkg_contents", "gpkg_geometry_columns"):
            connection.execute(f"UPDATE {table} SET srs_id = 0")
    connection.close()
    assert "crs_missing" in codes_of(path)


def test_a_job_wider_than_a_zone_is_said(tmp_path: Path) -> None:
    town(40).to_file(tmp_path / "社区.gpkg")
    assert "job_too_wide" in codes_of(tmp_path)


def test_an_empty_layer_is_said(tmp_path: Path) -> None:
    town().iloc[:0].to_file(tmp_path / "社区.gpkg", layer="社区", geometry_type="Polygon")
    assert "layer_empty" in codes_of(tmp_path)
    (tmp_path / "住户.csv").write_text("户号,经度,纬度\n")
    assert "layer_empty" in codes_of(tmp_path / "住户.csv", datums={"households": "wgs84"})


@pytest.mark.parametrize("content", [b"", b"\x00" * 100, b"\xff\xfe\xfd" * 50])
@pytest.mark.parametrize(
    "ending",
    ["shp", "gpkg", "geojson", "csv", "xlsx", "parquet", "fgb", "pbf", "zip", "kml", "dxf"],
)
def test_rubbish_is_refused_in_every_format(tmp_path: Path, ending: str, content: bytes) -> None:
    path = tmp_path / f"communities.{ending}"
    path.write_bytes(content)
    assert "error" in {finding.severity for finding in findings_of(path)}


@pytest.fixture(scope="module")
def whole_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    frame = town().rename(columns={"社区代码": "code", "名称": "name"})
    for ending in ("gpkg", "geojson", "fgb", "kml", "gml"):
        driver = {"kml": "KML", "gml": "GML"}.get(ending)
        frame.to_file(folder / f"communities.{ending}", driver=driver)
    frame.to_parquet(folder / "communities.parquet")
    points = pd.DataFrame({"户号": ["1", "2"], "lon": [113.0, 113.1], "lat": [23.0, 23.1]})
    points.to_excel(folder / "households.xlsx", index=False)
    return folder


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "fgb", "kml", "gml", "parquet", "xlsx"])
@given(cut=st.floats(0, 1), place=st.floats(0, 1), value=st.integers(0, 255))
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_cut_and_spoiled_files_never_raise_anything_else(
    whole_files: Path, tmp_path: Path, ending: str, cut: float, place: Any, value: Any
) -> None:
    whole = next(whole_files.glob(f"*.{ending}"))
    data = bytearray(whole.read_bytes())
    data[int(place * (len(data) - 1))] = value
    path = tmp_path / whole.name
    path.write_bytes(bytes(data[: int(cut * len(data))] if cut < 0.9 else data))
    for finding in findings_of(
        path, **({"datums": {"households": "wgs84"}} if ending == "xlsx" else {})
    ):
        assert str(tmp_path) not in finding.en


def test_a_shapefile_without_its_index_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    path = tmp_path / "社区.shp"
    write_shapefile(path)
    path.with_suffix(".shx").unlink()
    assert "unreadable_file" in codes_of(path)
    assert not path.with_suffix(".shx").exists()


def test_a_missing_crs_is_an_error_with_a_cure(tmp_path: Path) -> None:
    write_shapefile(tmp_path / "社区.shp", prj=False)
    found = {f.code: f for f in findings_of(tmp_path)}
    assert found["crs_missing"].severity == "error"
    assert "EPSG:4490" in found["crs_missing"].cure_en
    sources = read_sources(tmp_path, crs={"社区.shp": "EPSG:4490"})
    assert len(sources.layers["communities"]) == 3


def test_a_table_without_a_datum_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "住户.csv"
    path.write_text("户号,经度,纬度\n1,113,23\n")
    found = {f.code: f for f in findings_of(path)}
    assert found["datum_missing"].severity == "error"
    assert "households=gcj02" in found["datum_missing"].cure_en


def test_a_table_without_coordinates_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "住户.csv"
    path.write_text("户号,地址\n1,建设路\n")
    assert "table_without_coordinates" in codes_of(path)


def test_coordinates_of_other_names_are_told_by_option(tmp_path: Path) -> None:
    path = tmp_path / "住户.csv"
    path.write_text("户号,A,B\n1,23.0,113.0\n")
    sources = read_sources(
        path,
        columns={"households.lon": "B", "households.lat": "A"},
        datums={"households": "gcj02"},
    )
    point = sources.layers["households"].geometry.iloc[0]
    assert 112.9 < point.x < 113
    assert "datum_converted" in {f.code for f in sources.findings}


def test_swapped_coordinates_are_an_error(tmp_path: Path) -> None:
    path = tmp_path / "住户.csv"
    path.write_text("户号,经度,纬度\n1,23.0,113.0\n2,23.1,113.1\n")
    assert "coordinates_swapped" in codes_of(path, datums={"households": "wgs84"})
    assert "coordinates_swapped" in codes_of(path)
    swapped = town()
    swapped.geometry = shapely.transform(swapped.geometry.to_numpy(), lambda c: c[:, ::-1])
    swapped.to_file(tmp_path / "社区.gpkg")
    assert "coordinates_swapped" in codes_of(tmp_path / "社区.gpkg")


def test_swapped_eastings_and_northings_are_an_error(tmp_path: Path) -> None:
    for code in (4547, 4526):
        swapped = town().to_crs(code)
        swapped.geometry = shapely.transform(swapped.geometry.to_numpy(), lambda c: c[:, ::-1])
        path = tmp_path / "社区.gpkg"
        path.unlink(missing_ok=True)
        swapped.to_file(path)
        assert "coordinates_swapped" in codes_of(path)


def test_degrees_declared_as_metres_are_an_error(tmp_path: Path) -> None:
    town().set_crs(4547, allow_override=True).to_file(tmp_path / "社区.gpkg")
    assert "crs_looks_geographic" in codes_of(tmp_path)


def test_metres_declared_as_degrees_are_an_error(tmp_path: Path) -> None:
    town().to_crs(4526).set_crs(4490, allow_override=True).to_file(tmp_path / "社区.gpkg")
    found = {f.code: f for f in findings_of(tmp_path)}
    assert "EPSG:4526" in found["crs_looks_projected"].cure_en


def test_zone_prefixed_eastings_are_read_by_their_zone_and_said(tmp_path: Path) -> None:
    town().to_crs(4526).set_crs(4547, allow_override=True).to_file(tmp_path / "社区.gpkg")
    sources = read_sources(tmp_path)
    west = sources.layers["communities"].geometry.iloc[0].bounds[0]
    assert west == pytest.approx(113.0, abs=1e-8)
    assert "easting_zone_prefixed" in {f.code for f in sources.findings}


def test_a_zone_that_contradicts_the_declaration_is_an_error(tmp_path: Path) -> None:
    town().to_crs(4526).set_crs(4548, allow_override=True).to_file(tmp_path / "社区.gpkg")
    found = {f.code: f for f in findings_of(tmp_path)}
    assert "EPSG:4526" in found["easting_zone_contradicted"].cure_en


@pytest.mark.parametrize("code", [4526, 4547, 4508, 32649, 3857, 4326])
def test_projected_communities_come_back_to_where_they_are(tmp_path: Path, code: str) -> None:
    town().to_crs(code).to_file(tmp_path / "社区.gpkg")
    sources = read_sources(tmp_path)
    frame = sources.layers["communities"]
    assert frame.geometry.iloc[0].bounds[0] == pytest.approx(113.0, abs=1e-8)
    assert shapely.coverage_is_valid(frame.geometry.to_numpy())
    assert frame.crs.to_epsg() == 4490


def test_a_local_city_system_is_declared_by_a_proj_string(tmp_path: Path) -> None:
    local = "+proj=tmerc +lat_0=0 +lon_0=113.1 +k=1 +x_0=40000 +y_0=-2500000 +ellps=GRS80 +units=m"
    path = tmp_path / "社区.shp"
    frame = town().rename(columns={"社区代码": "SQDM", "名称": "MC"}).to_crs(local)
    frame.to_file(path, encoding="UTF-8")
    path.with_suffix(".prj").unlink()
    sources = read_sources(tmp_path, crs={"社区.shp": local})
    west = sources.layers["communities"].geometry.iloc[0].bounds[0]
    assert west == pytest.approx(113.0, abs=1e-5)
    assert "datum_shift_inexact" in {f.code for f in sources.findings}


def test_an_old_datum_is_shifted_and_its_accuracy_said(tmp_path: Path) -> None:
    town().set_crs(4214, allow_override=True).to_file(tmp_path / "社区.gpkg")
    sources = read_sources(tmp_path)
    assert "datum_shift_inexact" in {f.code for f in sources.findings}
    assert sources.crs.to_epsg() == 4490


def test_heights_are_dropped_and_said(tmp_path: Path) -> None:
    frame = town()
    frame.geometry = shapely.force_3d(frame.geometry.to_numpy(), 12.5)
    frame.to_file(tmp_path / "社区.gpkg")
    sources = read_sources(tmp_path)
    assert not sources.layers["communities"].has_z.any()
    assert "heights_dropped" in {f.code for f in sources.findings}


def test_the_wrong_kind_of_geometry_is_an_error(tmp_path: Path) -> None:
    frame = town()
    frame.geometry = (
        frame.geometry.centroid.set_crs(4490)
        if False
        else shapely.centroid(frame.geometry.to_numpy())
    )
    frame.to_file(tmp_path / "x.gpkg", layer="t")
    assert "wrong_geometry" in codes_of(tmp_path, layers={"communities": "x.gpkg"})


def test_multi_part_communities_stay_whole(tmp_path: Path) -> None:
    frame = town(2)
    frame.loc[0, "geometry"] = shapely.MultiPolygon(
        [shapely.box(113, 23, 113.1, 23.1), shapely.box(113.5, 23, 113.6, 23.1)]
    )
    frame.to_file(tmp_path / "社区.gpkg")
    shapes = read_sources(tmp_path).layers["communities"].geometry
    assert shapely.get_num_geometries(shapes.to_numpy()).tolist() == [2, 1]


def test_personal_columns_are_refused_and_their_values_never_kept(tmp_path: Path) -> None:
    path = tmp_path / "住户.csv"
    path.write_text(
        "户号,姓名,身份证号,联系电话,经度,纬度\n1,张三丰,110101199003077571,13800138000,113,23\n"
    )
    sources = read_sources(path, datums={"households": "wgs84"})
    said = next(f for f in sources.findings if f.code == "personal_columns")
    assert said.severity == "error"
    assert said.where == ("姓名", "身份证号", "联系电话")
    everything = sources.layers["households"].to_csv() + repr(sources.findings)
    for secret in ("张三丰", "110101199003077571", "13800138000"):
        assert secret not in everything


@pytest.mark.parametrize(
    ("header", "value"),
    [("备注", "13800138000"), ("编号2", "11010119900307757X"), ("户号", "110101199003077571")],
)
def test_personal_numbers_under_another_header_are_refused(
    tmp_path: Path, header: str, value: Any
) -> None:
    path = tmp_path / "住户.csv"
    path.write_text(f"{header},经度,纬度\n{value},113,23\n{value},113.1,23.1\n")
    sources = read_sources(path, datums={"households": "wgs84"})
    assert "personal_columns" in {f.code for f in sources.findings}
    assert value not in sources.layers["households"].to_csv()


def test_control_characters_become_blanks_and_formulas_stay_text(tmp_path: Path) -> None:
    names = ["锦绣\x07社区", "=1+1", "<script>\u202e</script>"]
    town(名称2=names).drop(columns="名称").rename(columns={"名称2": "名称"}).to_file(
        tmp_path / "社区.gpkg"
    )
    sources = read_sources(tmp_path)
    assert list(sources.layers["communities"]["name"]) == [
        "锦绣 社区",
        "=1+1",
        "<script> </script>",
    ]
    assert next(f for f in sources.findings if f.code == "control_characters").count == 2


def test_unknown_words_are_kept_and_said(tmp_path: Path) -> None:
    frame = town().rename(columns={"社区代码": "site_id"}).assign(类别=["学校", "火箭场", None])
    frame.to_file(tmp_path / "场所.gpkg")
    sources = read_sources(tmp_path)
    assert list(sources.layers["sites"]["category"]) == ["school", "火箭场", ""]
    assert next(f for f in sources.findings if f.code == "value_unknown").where == ("火箭场",)


def test_missing_ids_are_minted_apart_from_given_ones(tmp_path: Path) -> None:
    frame = town().assign(社区代码=["C3", None, None])
    frame.to_file(tmp_path / "社区.gpkg")
    ids = list(read_sources(tmp_path).layers["communities"]["community_id"])
    assert ids == ["C3", "CC2", "CC3"]
    assert len(set(ids)) == 3


def test_ids_that_look_like_numbers_lose_no_digit(tmp_path: Path) -> None:
    frame = town().assign(社区代码=[440604001001.0, 440604001002.0, np.nan])
    frame.to_file(tmp_path / "社区.gpkg")
    ids = list(read_sources(tmp_path).layers["communities"]["community_id"])
    assert ids[:2] == ["440604001001", "440604001002"]


def test_a_column_named_as_a_canonical_one_but_not_used_is_kept(tmp_path: Path) -> None:
    town(name=["A", "B", "C"], geometry_=[1, 2, 3]).to_file(tmp_path / "社区.gpkg")
    frame = read_sources(tmp_path, columns={"communities.name": "名称"}).layers["communities"]
    assert list(frame["name"]) == ["第0社区", "第1社区", "第2社区"]
    assert list(frame["name_"]) == ["A", "B", "C"]


def test_reading_twice_gives_the_same(tmp_path: Path) -> None:
    town().to_file(tmp_path / "社区.gpkg")
    first, second = read_sources(tmp_path), read_sources(tmp_path)
    assert first.findings == second.findings
    assert first.inputs == second.inputs
    assert first.layers["communities"].to_wkb().equals(second.layers["communities"].to_wkb())
