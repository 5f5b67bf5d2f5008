"""Every format, name and encoding that a planner's files come in."""

from __future__ import annotations

import builtins
import json
import zipfile
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap.errors import InvalidOption, RefusedInput, UnknownName, UnreadableFile
from gridmap.sources import read_sources
from gridmap.sources import vectors as vector_files

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.findings import Finding
    from gridmap.model import Sources

NAMES = ["锦绣社区", "东华里社区", "永安路社区"]


def communities(crs: Any = 4490) -> gpd.GeoDataFrame:
    boxes = shapely.box([113.0, 113.1, 113.2], 23.0, [113.1, 113.2, 113.3], 23.1)
    frame = gpd.GeoDataFrame(
        {"社区代码": ["440604001001", "440604001002", "440604001003"], "名称": NAMES},
        geometry=boxes,
        crs=4490,
    )
    return frame.to_crs(crs)


def write_shapefile(path: Path, encoding: str, frame: Any = None) -> None:
    """Write with headers of at most 10 bytes: GDAL warns of longer ones."""
    frame = communities() if frame is None else frame
    frame.rename(columns={"社区代码": "SQDM", "名称": "MC"}).to_file(path, encoding=encoding)


def codes(sources: Sources) -> set[str]:
    return {finding.code for finding in sources.findings}


def finding(sources: Sources, code: str) -> Finding:
    return next(item for item in sources.findings if item.code == code)


@pytest.mark.parametrize(
    ("ending", "driver"),
    [
        ("gpkg", "GPKG"),
        ("geojson", "GeoJSON"),
        ("fgb", "FlatGeobuf"),
        ("gml", "GML"),
        ("kml", "KML"),
        ("tab", "MapInfo File"),
        ("mif", "MapInfo File"),
        ("geojsonl", "GeoJSONSeq"),
    ],
)
def test_vector_formats_are_read_alike(tmp_path: Path, ending: str, driver: str) -> None:
    frame = communities(4326).rename(columns={"社区代码": "code", "名称": "name"})
    if ending == "kml":
        frame = frame.rename(columns={"name": "Name"})
    path = tmp_path / f"communities.{ending}"
    extra = {"ENCODING": "UTF-8"} if driver == "MapInfo File" else {}
    frame.to_file(path, driver=driver, engine="pyogrio", **extra)
    before = sorted(item.name for item in tmp_path.iterdir())
    sources = read_sources(path)
    # a FlatGeobuf stores its rows in the order of its spatial index
    assert sorted(sources.layers["communities"]["name"]) == sorted(NAMES)
    assert sources.layers["communities"].crs.to_epsg() == 4490
    assert sources.layers["communities"].total_bounds == pytest.approx([113.0, 23.0, 113.3, 23.1])
    assert not {item.code for item in sources.findings if item.severity == "error"}
    assert sorted(item.name for item in tmp_path.iterdir()) == before, (
        "reading leaves no file behind"
    )


def test_the_schema_of_gml_is_not_fetched_or_written(tmp_path: Path) -> None:
    path = tmp_path / "communities.gml"
    communities(4326).rename(columns={"社区代码": "code", "名称": "name"}).to_file(
        path, driver="GML"
    )
    (tmp_path / "communities.xsd").unlink()
    assert len(read_sources(path).layers["communities"]) == 3
    assert not (tmp_path / "communities.gfs").exists()


def test_geoparquet_is_read(tmp_path: Path) -> None:
    path = tmp_path / "社区.parquet"
    communities().to_parquet(path)
    sources = read_sources(path)
    assert list(sources.layers["communities"]["name"]) == NAMES


def test_a_parquet_table_of_points_is_read(tmp_path: Path) -> None:
    path = tmp_path / "households.parquet"
    pd.DataFrame({"户号": ["1", "2"], "lon": [113.05, 113.06], "lat": [23.05, 23.06]}).to_parquet(
        path
    )
    sources = read_sources(path, datums={"households": "wgs84"})
    assert sources.read_households == 2


def test_a_file_geodatabase_is_read(tmp_path: Path) -> None:
    path = tmp_path / "town.gdb"
    communities().to_file(path, driver="OpenFileGDB", layer="社区")
    assert list(read_sources(path).layers["communities"]["name"]) == NAMES


@pytest.mark.parametrize("encoding", ["GBK", "UTF-8"])
@pytest.mark.parametrize("cpg", [True, False])
def test_a_shapefile_reads_right_with_and_without_cpg(
    tmp_path: Path, encoding: str, cpg: bool
) -> None:
    path = tmp_path / "社区.shp"
    write_shapefile(path, encoding)
    if not cpg:
        path.with_suffix(".cpg").unlink()
    sources = read_sources(path)
    assert list(sources.layers["communities"]["name"]) == NAMES
    assert ("encoding_detected" in codes(sources)) is not cpg
    assert sources.inputs[0].encoding.endswith("(.cpg)" if cpg else "(detected)")


def test_headers_that_a_shapefile_has_cut_are_understood(tmp_path: Path) -> None:
    path = tmp_path / "社区.shp"
    frame = communities().rename(columns={"社区代码": "A" * 10, "名称": "B" * 10})
    frame.to_file(path, encoding="UTF-8")
    table = path.with_suffix(".dbf")
    data = table.read_bytes()
    data = data.replace(b"A" * 10, "社区代码".encode()[:10]).replace(b"B" * 10, b"community_")
    table.write_bytes(data)
    sources = read_sources(path, columns={"communities.name": "community_"})
    assert next(iter(sources.layers["communities"]["community_id"])) == "440604001001"
    assert list(sources.layers["communities"]["name"]) == NAMES
    assert finding(sources, "headers_cut").where == ("社区代 = community_id",)


@pytest.mark.parametrize(
    ("encoding", "claim"), [("GBK", "UTF-8"), ("UTF-8", "GBK"), ("GBK", "ISO-8859-1")]
)
def test_a_wrong_cpg_is_said_and_overruled(tmp_path: Path, encoding: str, claim: str) -> None:
    path = tmp_path / "社区.shp"
    write_shapefile(path, encoding)
    path.with_suffix(".cpg").write_text(claim)
    sources = read_sources(path)
    assert list(sources.layers["communities"]["name"]) == NAMES
    assert "encoding_contradicted" in codes(sources)


def test_accented_latin_names_are_not_taken_for_chinese(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        {"name": ["Städtle", "Äscher", "Mühleholz"]},
        geometry=shapely.box([9.5, 9.6, 9.7], 47, [9.6, 9.7, 9.8], 47.1),
        crs=4326,
    )
    path = tmp_path / "communities.shp"
    frame.to_file(path, encoding="ISO-8859-1")
    assert list(read_sources(path).layers["communities"]["name"]) == list(frame["name"])
    path.with_suffix(".cpg").unlink()
    assert list(read_sources(path).layers["communities"]["name"]) == list(frame["name"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
@pytest.mark.parametrize("mark", [",", "\t", ";"])
def test_csv_points_are_read_in_every_encoding(tmp_path: Path, encoding: str, mark: str) -> None:
    path = tmp_path / "住户.csv"
    rows = [
        ["户号", "地址", "经度", "纬度", "户数"],
        ["007", "建设路12号", "113.05", "23.05", "3"],
        ["008", "永安路5号", "113.06", "23.06", ""],
    ]
    path.write_bytes("\r\n".join(mark.join(row) for row in rows).encode(encoding))
    sources = read_sources(path, datums={"住户": "cgcs2000"})
    frame = sources.layers["households"]
    assert list(frame["household_id"]) == ["007", "008"], "leading zeros stay"
    assert list(frame["address"]) == ["建设路12号", "永安路5号"]
    assert list(frame["households"]) == [3, 1]
    assert frame["households"].dtype == "int64"
    assert finding(sources, "households_defaulted").count == 1
    assert frame.geometry.x.tolist() == [113.05, 113.06]


def test_xlsx_points_are_read(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "住户"
    for row in (["户号", "x", "y"], [1, 113.05, 23.05], [2, "113.06", "23.06"], [None, None, None]):
        sheet.append(row)
    book.create_sheet("说明").append(["只是说明"])
    path = tmp_path / "town.xlsx"
    book.save(path)
    sources = read_sources(path, datums={"households": "wgs84"})
    assert list(sources.layers["households"]["household_id"]) == ["1", "2"]
    assert sources.inputs[0].layer == "住户"


def test_a_zip_of_a_shapefile_is_read(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    communities().to_file(tmp_path / "in" / "社区.shp", encoding="GBK")
    path = tmp_path / "town.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for item in sorted((tmp_path / "in").iterdir()):
            archive.write(item, f"deep/{item.name}")
    sources = read_sources(path)
    assert list(sources.layers["communities"]["name"]) == NAMES
    assert sources.inputs[0].name == "town.zip/社区.shp"


def test_a_folder_is_read_as_one_input_in_the_order_of_names(tmp_path: Path) -> None:
    communities().iloc[:1].to_file(tmp_path / "b社区.gpkg", layer="社区")
    communities().iloc[1:].to_file(tmp_path / "a社区.gpkg", layer="社区")
    (tmp_path / "notes.txt").write_text("nothing here", "utf-8")
    (tmp_path / "cover.jpg").write_bytes(b"\xff\xd8")
    sources = read_sources(tmp_path)
    assert list(sources.layers["communities"]["name"]) == NAMES[1:] + NAMES[:1]
    assert finding(sources, "layers_joined").count == 2
    assert "cover.jpg" in finding(sources, "file_skipped").where
    assert finding(sources, "table_unknown").where == ("notes.txt",)


def test_with_and_without_pyarrow_the_frames_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = communities()
    frame["户数"] = [100, None, 300]
    frame["note"] = ["a", None, "c"]
    frame["flag"] = [True, False, True]
    frame["day"] = pd.to_datetime(["2024-01-02", None, "2024-01-03"])
    path = tmp_path / "社区.gpkg"
    frame.to_file(path)
    fast = read_sources(path)
    monkeypatch.setattr(vector_files, "find_spec", {}.get)
    slow = read_sources(path)
    pd.testing.assert_frame_equal(
        pd.DataFrame(fast.layers["communities"].to_wkb()),
        pd.DataFrame(slow.layers["communities"].to_wkb()),
    )
    assert fast.findings == slow.findings


def test_pyarrow_and_openpyxl_are_extras(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gridmap.errors import MissingExtra

    communities().to_parquet(tmp_path / "社区.parquet")
    (tmp_path / "住户.xlsx").write_bytes(_small_xlsx(tmp_path))
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> object:
        if name.split(".", maxsplit=1)[0] in {"pyarrow", "openpyxl"}:
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    for name, extra in (("社区.parquet", "parquet"), ("住户.xlsx", "tables")):
        with pytest.raises(MissingExtra) as missing:
            read_sources(tmp_path / name)
        assert extra in missing.value.cure_en


def _small_xlsx(folder: Path) -> bytes:
    path = folder / "made.xlsx"
    pd.DataFrame({"户号": [1], "x": [113.0], "y": [23.0]}).to_excel(path, index=False)
    data = path.read_bytes()
    path.unlink()
    return data


def test_a_layer_is_named_by_option(tmp_path: Path) -> None:
    communities().rename(columns={"社区代码": "DM", "名称": "MC"}).to_file(
        tmp_path / "x.gpkg", layer="layer7"
    )
    with pytest.raises(RefusedInput) as refused:
        read_sources(tmp_path)
    unknown = next(f for f in refused.value.findings if f.code == "polygon_layer_unknown")
    assert "x.gpkg:layer7" in unknown.en
    assert "DM" in unknown.en
    sources = read_sources(
        tmp_path,
        layers={"communities": "x.gpkg:layer7"},
        columns={"communities.community_id": "dm"},
    )
    frame = sources.layers["communities"]
    assert frame["community_id"].iloc[0] == "440604001001"
    assert frame["name"].iloc[0] == NAMES[0]


def test_an_unknown_layer_is_known_by_a_telling_column(tmp_path: Path) -> None:
    frame = communities().assign(层数=["6", "11层", "?"]).drop(columns=["社区代码"])
    frame.to_file(tmp_path / "data.gpkg", layer="t1")
    sources = read_sources(tmp_path)
    assert finding(sources, "layer_recognised").where == ("data.gpkg:t1",)
    assert "层数" in finding(sources, "layer_recognised").zh
    assert sources.layers["buildings"]["floors"].tolist()[:2] == [6, 11]
    assert finding(sources, "number_wrong").where == ("row 3",)


def test_one_geopackage_with_every_role(sample_folder: Path) -> None:
    sources = read_sources(sample_folder)
    assert set(sources.layers) >= {
        "communities",
        "buildings",
        "compounds",
        "sites",
        "roads",
        "barriers",
    }
    assert {item.severity for item in sources.findings} <= {"info"}


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"layers": {"streets of gold": "社区"}}, UnknownName),
        ({"layers": {"communities": "nowhere.shp"}}, UnknownName),
        ({"columns": {"communities.colour": "名称"}}, UnknownName),
        ({"columns": {"communities.name": "MC"}}, UnknownName),
        ({"columns": {"name": "名称"}}, UnknownName),
        ({"crs": {"社区.gpkg": "mars"}}, UnknownName),
        ({"crs": {"other.gpkg": "EPSG:4490"}}, UnknownName),
        ({"datums": {"households": "gcj02"}}, UnknownName),
        ({"admin_level": 0}, InvalidOption),
    ],
)
def test_options_that_name_nothing_are_errors(
    tmp_path: Path, options: Any, error: type[Exception]
) -> None:
    communities().to_file(tmp_path / "社区.gpkg")
    with pytest.raises(error):
        read_sources(tmp_path, **options)


def test_paths_that_do_not_exist_are_errors(tmp_path: Path) -> None:
    for path in (
        tmp_path / "no.gpkg",
        "https://example.org/a.gpkg",
        "/vsicurl/https://x/y.shp",
        "/vsizip/a.zip",
    ):
        with pytest.raises(UnreadableFile) as unreadable:
            read_sources(path)
        assert str(tmp_path) not in str(unreadable.value)
    with pytest.raises(InvalidOption):
        read_sources([])


def test_the_hash_of_a_shapefile_is_that_of_all_its_parts(tmp_path: Path) -> None:
    path = tmp_path / "社区.shp"
    write_shapefile(path, "UTF-8")
    first = read_sources(path).inputs[0].sha256
    assert read_sources(path).inputs[0].sha256 == first
    path.with_suffix(".prj").write_text(path.with_suffix(".prj").read_text() + " ")
    assert read_sources(path).inputs[0].sha256 != first


def test_reading_reports_its_progress(tmp_path: Path) -> None:
    communities().to_file(tmp_path / "社区.gpkg")
    seen = []
    read_sources(tmp_path, progress=lambda *step: seen.append(step))
    assert seen == [("read", 0, 1), ("read", 1, 1)]


def test_no_output_names_a_folder(tmp_path: Path) -> None:
    communities().to_file(tmp_path / "社区.gpkg")
    (tmp_path / "楼栋.shp").write_bytes(b"\x00\x00\x27\x0a broken")
    sources = read_sources(tmp_path)
    text = json.dumps([item.as_dict() for item in sources.findings], ensure_ascii=False)
    assert str(tmp_path) not in text
    assert str(tmp_path) not in repr(sources.inputs)


def test_beijing_is_read_with_its_four_columns(shared_data: Path) -> None:
    sources = read_sources(shared_data / "beijing_townships.shp")
    frame = sources.layers["communities"]
    assert len(frame) == 331
    assert frame["name"].iloc[0] != ""
    assert (frame["district"] != "").all()
    assert (shapely.get_num_geometries(frame.geometry.to_numpy()) > 1).sum() == 64
    assert shapely.coverage_is_valid(frame.geometry.to_numpy())
    assert (sources.crs.to_epsg(), sources.metric_crs.to_epsg()) == (4490, 4548)


def test_suzhou_takes_its_floors_and_mints_ids_for_an_id_of_zeros(shared_data: Path) -> None:
    sources = read_sources(shared_data / "suzhou_buildings.geojson")
    frame = sources.layers["buildings"]
    assert len(frame) == 3076
    assert frame["floors"].between(1, 28).all()
    assert frame["building_id"].is_unique
    assert np.isclose(frame["floors"].median(), 3)
