"""The plan file: the contract's layers, no loss, whole or not at all, and no trust."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import random
import re
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from pandas.testing import assert_frame_equal
from pyproj import CRS
from toy_plans import draw_plan

import gridmap
from gridmap.errors import GridmapError, InvalidOption, UnreadableFile, UnwritableFile
from gridmap.findings import FindingKind
from gridmap.model import Plan
from gridmap.planfiles.layout import OPTIONAL, TABLES

if TYPE_CHECKING:
    from collections.abc import Callable

DOCS = Path(__file__).resolve().parent.parent / "docs" / "plan-file.md"
TESTS = Path(__file__).resolve().parent
KIND = FindingKind(
    "toy", "warning", "{count} at {places}", "{count} 处：{places}", "Look.", "请看。"
)
CONTRACT = {
    "grids": "grid_id code name kind area_type community_id households lower upper in_band reason "
    "area_m2 perimeter_m",
    "units": "unit_id grid_id micro_grid_id community_id compound_id building_id households",
    "members": "building_id household_id unit_id grid_id",
    "addresses": "text elements building_id grid_id lon lat",
    "findings": "code severity count where en zh cure_en cure_zh",
    "about": "key value",
}


@pytest.fixture(scope="module")
def plan() -> Plan:
    """A plan with a multi-part grid, findings, odd names and sites of three geometries."""
    drawn = draw_plan(
        "AABBE\nAABBE\nCDDBE\nEDDBE",
        communities="AAAAA\nAAAAA\nBBBAA\nABBAA",
        compounds="xx...\nxx...\n.....\n.....",
        kinds={"C": "dedicated", "E": "exclave"},
        lines={(0, 1): {"road_class": "arterial", "clear_m": 99.5}},
    )
    findings = (KIND.found(["a"], points=[(113.1, 23.0)]), KIND.found(["b", "中"]))
    units = dataclasses.replace(
        drawn.territory.units,
        findings=findings[:1],
        sites=_odd_sites(),
        landmarks=_odd_landmarks(),
    )
    territory = dataclasses.replace(
        drawn.territory, units=units, findings=(*findings[:1], *findings[:1])
    )
    grids = drawn.grids.copy()
    grids.loc["gA", "name"] = "='1'!A1 <b>\"\n\t𠮷🏘"
    return dataclasses.replace(
        drawn, grids=grids, territory=territory, findings=(findings[1], findings[0])
    )


def _odd_sites() -> gpd.GeoDataFrame:
    geometry = [
        shapely.Point(113.1, 23.0),
        shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(2, 2, 3, 3)]),
        shapely.box(0.1, 0.2, 0.3, 0.7),
    ]
    return gpd.GeoDataFrame(
        {
            "name": ["东华里小学", "", "公园"],
            "category": ["school", "mall", "park"],
            "owner": ["", "甲", "乙"],
            "area_m2": [0.1, np.pi, 1e7],
        },
        index=pd.Index(["s1", "s2", "s3"], name="site_id"),
        geometry=geometry,
        crs=4490,
    )


def _odd_landmarks() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "kind": ["road", "river", "wall", "compound"],
            "name": ["=建设路", "", "", "锦绣花园"],
            "class": ["arterial", "", "", ""],
        },
        geometry=[
            shapely.LineString([(113.1, 23.0), (113.2, 23.0)]),
            shapely.box(113.1, 23.0, 113.2, 23.1),
            shapely.MultiLineString([[(113, 23), (113, 24)], [(114, 23), (114, 24)]]),
            shapely.box(0.1, 0.2, 0.3, 0.7),
        ],
        crs=4490,
    )


@pytest.fixture(scope="module")
def plan_file(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("plan") / "方案 plan.gpkg"
    gridmap.write_plan(plan, path)
    return path


def assert_same_plan(one: Plan, two: Plan) -> None:
    a, b = one.territory.units, two.territory.units
    for left, right in (
        (one.grids, two.grids),
        (a.frame, b.frame),
        (a.sites, b.sites),
        (a.communities, b.communities),
        (a.members, b.members),
        (a.places, b.places),
        (one.territory.borders, two.territory.borders),
        (one.assignment.to_frame("grid_id"), two.assignment.to_frame("grid_id")),
    ):
        assert_frame_equal(_with_plain_text(left), _with_plain_text(right))
        if "geometry" in left:
            assert [g.wkb for g in left.geometry] == [g.wkb for g in right.geometry]
            assert left.crs == right.crs
    assert (a.landmarks is None) == (b.landmarks is None)
    if a.landmarks is not None and b.landmarks is not None:
        assert_geodataframe_equal(a.landmarks, b.landmarks, check_dtype=False)
    assert (a.crs, a.metric_crs, a.inputs) == (b.crs, b.metric_crs, b.inputs)
    assert (a.findings, a.read_households) == (b.findings, b.read_households)
    assert one.territory.findings == two.territory.findings
    assert (one.findings, one.rules, one.about) == (two.findings, two.rules, two.about)


def _with_plain_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Give all texts one dtype: pandas has two for them, and a file has one."""
    plain = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
    texts = [name for name in plain if plain[name].dtype.kind == "O"]
    plain = plain.astype(dict.fromkeys(texts, "str"))
    if plain.index.dtype.kind == "O":
        plain.index = plain.index.astype("str")
    return plain


# --- the contract ---------------------------------------------------------------------------


def test_layers_and_columns_are_the_contracts_in_its_order(plan_file: Path) -> None:
    layers = [name for name, _ in pyogrio.list_layers(plan_file)]
    unused = set(OPTIONAL) - {"landmarks"}
    assert sorted([*layers, *unused]) == sorted(TABLES)
    for layer, names in CONTRACT.items():
        fields = list(pyogrio.read_info(plan_file, layer=layer)["fields"])
        assert fields[: len(names.split())] == names.split(), layer


def test_the_file_is_geopackage_1_3_in_the_plans_crs(plan_file: Path) -> None:
    with sqlite3.connect(plan_file) as connection:
        assert connection.execute("PRAGMA application_id").fetchone()[0] == 0x47504B47
        assert connection.execute("PRAGMA user_version").fetchone()[0] == 10300
    connection.close()
    info = pyogrio.read_info(plan_file, layer="grids")
    assert info["crs"] == "EPSG:4490"
    assert info["geometry_type"] == "MultiPolygon"
    assert pyogrio.read_info(plan_file, layer="units")["geometry_type"] == "Polygon"


def test_in_band_is_0_or_1_and_empty_text_is_null(plan_file: Path) -> None:
    grids = pyogrio.read_dataframe(plan_file, layer="grids")
    assert grids["in_band"].dtype == np.int32
    assert set(grids["in_band"]) <= {0, 1}
    units = pyogrio.read_dataframe(plan_file, layer="units")
    assert units["micro_grid_id"].isna().all()
    with sqlite3.connect(plan_file) as connection:
        for table, layout in TABLES.items():
            if table in OPTIONAL:
                continue
            for name in layout.names("text"):
                query = f'SELECT count(*) FROM "{table}" WHERE "{name}" = ""'.replace('""', "''")
                assert connection.execute(query).fetchone()[0] == 0, (table, name)
    connection.close()


def test_members_and_addresses_know_their_grid(plan: Plan, plan_file: Path) -> None:
    for layer in ("members", "addresses"):
        frame = pyogrio.read_dataframe(plan_file, layer=layer)
        assert (frame["grid_id"] == frame["unit_id"].map(plan.assignment)).all()


def test_every_table_and_column_is_documented() -> None:
    text = DOCS.read_text("utf-8")
    for table in TABLES.values():
        section = re.split(rf"^## .*`{table.name}`", text, flags=re.MULTILINE)
        assert len(section) == 2, table.name
        body = section[1].split("\n## ")[0]
        for name in table.names():
            assert f"`{name}`" in body, (table.name, name)


# --- no loss --------------------------------------------------------------------------------


def test_a_plan_comes_back_equal_to_the_last_bit(plan: Plan, plan_file: Path) -> None:
    assert_same_plan(plan, gridmap.read_plan(plan_file))


def test_the_sample_district_comes_back_and_scores_the_same(
    sample_plan: Plan, tmp_path: Path
) -> None:
    gridmap.write_plan(sample_plan, tmp_path / "p.gpkg")
    again = gridmap.read_plan(tmp_path / "p.gpkg")
    assert_same_plan(sample_plan, again)
    one, two = gridmap.score_plan(sample_plan), gridmap.score_plan(again)
    assert dict(one.totals) == dict(two.totals)
    assert_frame_equal(one.by_grid, two.by_grid)


def test_micro_grids_and_columns_of_others_come_back(plan: Plan, tmp_path: Path) -> None:
    units = plan.territory.units
    frame = units.frame.assign(micro_grid_id="m1", note="", floors=3, wide=0.1, good=True)
    frame = frame[[*frame.columns.drop("geometry"), "geometry"]]
    units = dataclasses.replace(units, frame=frame)
    changed = dataclasses.replace(plan, territory=dataclasses.replace(plan.territory, units=units))
    gridmap.write_plan(changed, tmp_path / "p.gpkg")
    assert_geodataframe_equal(
        frame, gridmap.read_plan(tmp_path / "p.gpkg").territory.units.frame, check_like=True
    )


@pytest.mark.parametrize(
    "crs",
    [
        "EPSG:4547",
        "EPSG:32650",
        "+proj=tmerc +lat_0=0 +lon_0=113.3 +k=1 +x_0=500000 +y_0=0 +ellps=GRS80 +units=m",
    ],
)
def test_any_measuring_crs_comes_back(plan: Plan, tmp_path: Path, crs: str) -> None:
    units = dataclasses.replace(plan.territory.units, metric_crs=CRS.from_user_input(crs))
    changed = dataclasses.replace(plan, territory=dataclasses.replace(plan.territory, units=units))
    gridmap.write_plan(changed, tmp_path / "p.gpkg")
    again = gridmap.read_plan(tmp_path / "p.gpkg").territory.units.metric_crs
    assert again == units.metric_crs


def test_a_plan_without_grids_units_or_sites_comes_back(plan: Plan, tmp_path: Path) -> None:
    units = plan.territory.units
    empty_units = dataclasses.replace(
        units,
        frame=units.frame.iloc[:0],
        communities=units.communities.iloc[:0],
        members=units.members.iloc[:0],
        sites=units.sites.iloc[:0],
        places=units.places.iloc[:0],
        inputs=(),
    )
    borders = plan.territory.borders.iloc[:0]
    empty = dataclasses.replace(
        plan,
        grids=plan.grids.iloc[:0],
        assignment=plan.assignment.iloc[:0],
        territory=dataclasses.replace(plan.territory, units=empty_units, borders=borders),
        findings=(),
    )
    gridmap.write_plan(empty, tmp_path / "p.gpkg")
    again = gridmap.read_plan(tmp_path / "p.gpkg")
    assert len(again.grids) == len(again.assignment) == len(again.territory.units.frame) == 0
    assert list(again.grids.columns) == list(plan.grids.columns)


def test_characters_that_a_file_cannot_hold_are_replaced(plan: Plan, tmp_path: Path) -> None:
    grids = plan.grids.copy()
    grids["name"] = grids["name"].astype(object)
    grids.loc["gA", "name"] = "a\x00b\ud800c"
    gridmap.write_plan(dataclasses.replace(plan, grids=grids), tmp_path / "p.gpkg")
    assert gridmap.read_plan(tmp_path / "p.gpkg").grids.loc["gA", "name"] == "a\ufffdb\ufffdc"


def test_a_plan_that_lacks_a_column_or_loses_a_unit_is_refused(plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(InvalidOption, match="lower"):
        gridmap.write_plan(
            dataclasses.replace(plan, grids=plan.grids.drop(columns="lower")), tmp_path / "p.gpkg"
        )
    with pytest.raises(InvalidOption, match="no grid"):
        gridmap.write_plan(
            dataclasses.replace(plan, assignment=plan.assignment.iloc[1:]), tmp_path / "p.gpkg"
        )
    assert list(tmp_path.iterdir()) == []


# --- the same bytes -------------------------------------------------------------------------

WRITE = """
import sys
sys.path.insert(0, {tests!r})
if {without_arrow}:
    sys.modules["pyarrow"] = None
import gridmap
plan = gridmap.read_plan(sys.argv[1])
gridmap.write_plan(plan, sys.argv[2])
"""


@pytest.mark.parametrize(("seed", "without_arrow"), [("1", False), ("2", True)])
def test_a_fresh_process_writes_the_same_bytes(
    plan_file: Path, tmp_path: Path, seed: str, *, without_arrow: bool
) -> None:
    code = WRITE.format(tests=str(TESTS), without_arrow=without_arrow)
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYOGRIO_USE_ARROW": "0"}
    subprocess.run(
        [sys.executable, "-c", code, plan_file, tmp_path / "p.gpkg"], check=True, env=environment
    )
    assert (tmp_path / "p.gpkg").read_bytes() == plan_file.read_bytes()


def test_writing_leaves_gdals_options_as_they_were(plan: Plan, tmp_path: Path) -> None:
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    gridmap.write_plan(plan, tmp_path / "p.gpkg")
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") == before


# --- whole or not at all --------------------------------------------------------------------


@pytest.mark.parametrize("problem", [KeyboardInterrupt, RuntimeError, MemoryError])
@pytest.mark.parametrize("moment", range(len(TABLES) - len(OPTIONAL)))
def test_a_fault_at_any_table_leaves_the_old_plan(
    plan: Plan,
    plan_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    moment: int,
    problem: type[BaseException],
) -> None:
    target = tmp_path / "p.gpkg"
    target.write_bytes(plan_file.read_bytes())
    real, calls = pyogrio.write_dataframe, iter(range(99))

    def write(*args: object, **options: object) -> None:
        real(*args, **options)
        if next(calls) == moment:
            raise problem

    monkeypatch.setattr(pyogrio, "write_dataframe", write)
    with pytest.raises((problem, UnwritableFile)):
        gridmap.write_plan(plan, target)
    assert target.read_bytes() == plan_file.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["p.gpkg"]


def test_a_table_that_gdal_lost_in_silence_is_noticed(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = pyogrio.write_dataframe

    def write(frame: pd.DataFrame, *args: object, **options: object) -> None:
        real(frame.iloc[:-1] if options["layer"] == "borders" else frame, *args, **options)

    monkeypatch.setattr(pyogrio, "write_dataframe", write)
    with pytest.raises(UnwritableFile, match="borders"):
        gridmap.write_plan(plan, tmp_path / "p.gpkg")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_the_old_plan(plan_file: Path, tmp_path: Path) -> None:
    target = tmp_path / "p.gpkg"
    target.write_bytes(b"")
    code = WRITE.format(tests=str(TESTS), without_arrow=False)
    size = plan_file.stat().st_size

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, size // 2))

    done = subprocess.run(
        [sys.executable, "-B", "-c", code, plan_file, target],
        check=False,
        capture_output=True,
        text=True,
        preexec_fn=limit,
    )
    assert done.returncode == 1
    assert "UnwritableFile" in done.stderr
    assert target.read_bytes() == b""
    assert [path.name for path in tmp_path.iterdir()] == ["p.gpkg"]


LOOP = """
import sys
import gridmap
plan = gridmap.read_plan(sys.argv[1])
print("ready", flush=True)
while True:
    gridmap.write_plan(plan, sys.argv[2])
"""


@pytest.mark.skipif(os.name != "posix", reason="kills as POSIX has them")
def test_a_killed_writer_leaves_a_whole_plan(plan_file: Path, tmp_path: Path) -> None:
    target = tmp_path / "p.gpkg"
    target.write_bytes(plan_file.read_bytes())
    chance = random.Random(7)
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", LOOP, plan_file, target], stdout=subprocess.PIPE
        ) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(chance.uniform(0.05, 0.4))
            writer.kill()
        assert target.read_bytes() == plan_file.read_bytes()


def test_the_input_is_never_overwritten(plan: Plan, tmp_path: Path) -> None:
    path = tmp_path / "town.gpkg"
    plan.territory.units.communities.to_file(path, layer="communities", driver="GPKG")
    (tmp_path / "notes.gpkg").write_text("keep")
    for target in (path, tmp_path / "notes.gpkg"):
        before = hashlib.sha256(target.read_bytes()).digest()
        with pytest.raises(UnwritableFile, match="not a plan"):
            gridmap.write_plan(plan, target)
        assert hashlib.sha256(target.read_bytes()).digest() == before


@pytest.mark.parametrize("name", ["plan.txt", "plan", "plan.gpkg.zip"])
def test_a_plan_is_written_only_as_gpkg(plan: Plan, tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidOption, match=r"must end in \.gpkg") as refusal:
        gridmap.write_plan(plan, tmp_path / name)
    assert "须以 .gpkg 结尾" in refusal.value.zh
    assert list(tmp_path.iterdir()) == []


QGIS = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("PRAGMA journal_mode = WAL")
connection.execute("CREATE TABLE layer_styles (name TEXT)")
print("open", flush=True)
sys.stdin.readline()
connection.close()
"""


def test_a_plan_that_qgis_has_open_is_read_but_not_replaced(
    plan: Plan, plan_file: Path, tmp_path: Path
) -> None:
    path = tmp_path / "p.gpkg"
    path.write_bytes(plan_file.read_bytes())
    with subprocess.Popen(
        [sys.executable, "-c", QGIS, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as qgis:
        assert qgis.stdout is not None
        qgis.stdout.readline()
        assert_same_plan(plan, gridmap.read_plan(path))
        with pytest.raises(UnwritableFile, match="open in another program"):
            gridmap.write_plan(plan, path)
        qgis.communicate(b"close\n")
    gridmap.write_plan(plan, path)
    assert path.read_bytes() == plan_file.read_bytes()


def test_an_earlier_plan_is_replaced(plan: Plan, plan_file: Path, tmp_path: Path) -> None:
    other = dataclasses.replace(plan, about={"seed": "8"})
    gridmap.write_plan(other, tmp_path / "p.gpkg")
    gridmap.write_plan(plan, tmp_path / "p.gpkg")
    assert (tmp_path / "p.gpkg").read_bytes() == plan_file.read_bytes()


# --- no trust -------------------------------------------------------------------------------


def test_reading_changes_nothing(plan_file: Path) -> None:
    before = plan_file.read_bytes(), plan_file.stat().st_mtime_ns
    gridmap.read_plan(plan_file)
    assert (plan_file.read_bytes(), plan_file.stat().st_mtime_ns) == before
    assert len(list(plan_file.parent.iterdir())) == 1


def _sql(*statements: str) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        connection = sqlite3.connect(path)
        for name in ("rtree_grids_geom_update1", "rtree_grids_geom_update2"):
            connection.execute(f"DROP TRIGGER IF EXISTS {name}")
        triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        for (name,) in connection.execute(triggers).fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()

    return damage


def _bytes(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(change(path.read_bytes())) and None


VRT = b'<OGRVRTDataSource><OGRVRTLayer name="grids"/></OGRVRTDataSource>'
ABOUT = "UPDATE about SET value = '{}' WHERE key = '{}'"
HOSTILE: dict[str, Callable[[Path], None]] = {
    "a VRT renamed": _bytes(lambda _: VRT),
    "an empty file": _bytes(lambda _: b""),
    "a text": _bytes(lambda _: "网格".encode()),
    "only the header": _bytes(lambda data: data[:100]),
    "half the file": _bytes(lambda data: data[: len(data) // 2]),
    "no application id": _bytes(lambda data: data[:68] + b"\0\0\0\0" + data[72:]),
    "a view for a table": _sql(
        "ALTER TABLE members RENAME TO m", "CREATE VIEW members AS SELECT * FROM m"
    ),
    "a generated column": _sql("ALTER TABLE members ADD x TEXT AS (upper(unit_id))"),
    "a virtual table": _sql("CREATE VIRTUAL TABLE t USING fts5(a)"),
    "no units": _sql("DROP TABLE units"),
    "no column lower": _sql("ALTER TABLE grids DROP COLUMN lower"),
    "not a plan": _sql(ABOUT.format("other", "file.format")),
    "a newer version": _sql(ABOUT.format("99", "file.version")),
    "rules that are none": _sql(ABOUT.format("[[[", "file.rules")),
    "rules of a wrong type": _sql(ABOUT.format("bands = 3", "file.rules")),
    "a CRS that is none": _sql(ABOUT.format("EPSG:999999", "file.metric_crs")),
    "a CRS from a file": _sql(ABOUT.format("+init=/etc/passwd:1", "file.metric_crs")),
    "inputs that are none": _sql(ABOUT.format('[{"name": 3}]', "file.inputs")),
    "inputs nested": _sql(ABOUT.format("[" * 9999, "file.inputs")),
    "households read below 0": _sql(ABOUT.format("-1", "file.read_households")),
    "households missing": _sql("UPDATE units SET households = NULL WHERE fid = 1"),
    "households below 0": _sql("UPDATE units SET households = -1 WHERE fid = 1"),
    "a flag of 7": _sql("UPDATE grids SET in_band = 7"),
    "a kind unknown": _sql("UPDATE grids SET kind = 'secret'"),
    "an id twice": _sql("UPDATE units SET unit_id = 'u0001' WHERE fid = 1"),
    "an id missing": _sql("UPDATE grids SET grid_id = NULL WHERE fid = 1"),
    "a grid unknown": _sql("UPDATE units SET grid_id = 'gX' WHERE fid = 1"),
    "a community unknown": _sql("UPDATE grids SET community_id = 'X' WHERE fid = 1"),
    "a unit unknown": _sql("UPDATE borders SET unit_b = 'uX' WHERE fid = 1"),
    "an address nowhere": _sql("UPDATE addresses SET unit_id = 'uX' WHERE fid = 1"),
    "a band upside down": _sql("UPDATE grids SET lower = 900"),
    "a geometry missing": _sql("UPDATE units SET geom = NULL WHERE fid = 1"),
    "a geometry of noise": _sql("UPDATE units SET geom = x'474700' WHERE fid = 1"),
    "a finding of noise": _sql("""UPDATE findings SET "where" = '{"a": 1'"""),
    "a finding of numbers": _sql("""UPDATE findings SET "where" = '[1]'"""),
    "a severity unknown": _sql("UPDATE findings SET severity = 'fatal'"),
    "a CRS unknown": _sql("UPDATE gpkg_geometry_columns SET srs_id = 0"),
    "text for a number": _sql("UPDATE units SET households = 'many'"),
    "no contents": _sql("DROP TABLE gpkg_contents"),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning:pyogrio")  # GDAL's own word on noise
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_in_two_languages(
    plan_file: Path, tmp_path: Path, name: str
) -> None:
    path = tmp_path / "p.gpkg"
    path.write_bytes(plan_file.read_bytes())
    HOSTILE[name](path)
    with pytest.raises(UnreadableFile) as caught:
        gridmap.read_plan(path)
    assert "p.gpkg" in caught.value.en
    assert "p.gpkg" in caught.value.zh
    assert caught.value.cure_en
    assert caught.value.cure_zh


@pytest.mark.filterwarnings("ignore::RuntimeWarning:pyogrio")  # GDAL's own word on noise
def test_noise_in_the_bytes_is_a_plan_or_an_error_of_ours(plan_file: Path, tmp_path: Path) -> None:
    whole = plan_file.read_bytes()
    chance = random.Random(11)
    path = tmp_path / "p.gpkg"
    for _ in range(40):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 60)):
            data[chance.randrange(100, len(data))] = chance.randrange(256)
        path.write_bytes(data)
        try:
            outcome = type(gridmap.read_plan(path))
        except GridmapError as problem:
            outcome = type(problem)
        assert outcome in (Plan, UnreadableFile)


def test_a_missing_file_and_a_folder_are_told(tmp_path: Path) -> None:
    for path in (tmp_path / "none.gpkg", tmp_path):
        with pytest.raises(UnreadableFile, match="no file"):
            gridmap.read_plan(path)
