"""The files of a district: same bytes, Chinese layers, nothing lost, the sample up to date."""

from __future__ import annotations

import hashlib
import sqlite3
from typing import TYPE_CHECKING

import pyogrio
import pytest

from gridmap.datasets import load_sample, make_district, sample_folder, write_district
from gridmap.datasets.files import LAYERS
from gridmap.errors import UnreadableFile

if TYPE_CHECKING:
    from pathlib import Path

MEBIBYTE = 2**20


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_same_district_gives_the_same_bytes(tmp_path: Path) -> None:
    district = make_district(households=30_000)
    first = write_district(district, tmp_path / "a")
    again = write_district(make_district(households=30_000), tmp_path / "b")
    assert [path.name for path in first] == [
        *("README.md", "boundaries.gpkg", "buildings.gpkg", "households.gpkg")
    ]
    assert [digest(path) for path in first] == [digest(path) for path in again]
    write_district(district, tmp_path / "a")
    assert [digest(path) for path in first] == [digest(path) for path in again]
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == [path.name for path in first]


def test_files_are_geopackage_1_3_in_cgcs2000_with_chinese_layers(tmp_path: Path) -> None:
    write_district(make_district(households=30_000, points=False), tmp_path)
    for name in ("boundaries.gpkg", "buildings.gpkg"):
        with sqlite3.connect(tmp_path / name) as base:
            assert base.execute("PRAGMA user_version").fetchone() == (10300,)
        base.close()
        layers = pyogrio.list_layers(tmp_path / name)[:, 0].tolist()
        assert layers == [layer for layer, _, _ in LAYERS[name]]
        for layer in layers:
            assert "China Geodetic Coordinate System 2000" in str(
                pyogrio.read_dataframe(tmp_path / name, layer=layer).crs.name
            )


def test_absent_text_is_null_in_the_files(tmp_path: Path) -> None:
    district = make_district(households=30_000, points=False)
    write_district(district, tmp_path)
    with sqlite3.connect(tmp_path / "buildings.gpkg") as base:
        (null,) = base.execute("SELECT count(*) FROM 楼栋 WHERE 小区编号 IS NULL").fetchone()
        (empty,) = base.execute("SELECT count(*) FROM 楼栋 WHERE 小区编号 = ''").fetchone()
        (unknown,) = base.execute("SELECT count(*) FROM 楼栋 WHERE 单元数 IS NULL").fetchone()
    base.close()
    assert (null, empty) == ((district.layers["buildings"]["compound_id"] == "").sum(), 0)
    assert unknown == len(district.truth.towers_unknown)


def test_the_sample_in_the_project_is_what_the_code_writes(tmp_path: Path) -> None:
    written = write_district(load_sample(points=False), tmp_path)
    for path in written:
        kept = sample_folder() / path.name
        if path.suffix == ".md":
            assert kept.read_text("utf-8") == path.read_text("utf-8")
            continue
        assert kept.stat().st_size < 2 * MEBIBYTE
        for layer, _, _ in LAYERS[path.name]:
            made = pyogrio.read_dataframe(path, layer=layer)
            there = pyogrio.read_dataframe(kept, layer=layer)
            assert there.to_wkb().equals(made.to_wkb())
    assert sorted(p.name for p in sample_folder().iterdir()) == [p.name for p in written]


def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UnreadableFile):
        write_district(make_district(households=30_000, points=False), tmp_path / "file")
