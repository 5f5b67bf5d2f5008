"""The main job on the sample district: what issue and README promise, from the files as written."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pyogrio
import pytest
import shapely

import gridmap
from gridmap.datasets import load_sample
from gridmap.model import Plan, Sources, Territory

GAP_OR_OVERLAP = 1e-9
"""Share of a community's area: DESIGN.md section 3, tiling is exact."""


@pytest.fixture(scope="module")
def plan_file(sample_plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("main-job") / "plan.gpkg"
    gridmap.write_plan(sample_plan, path)
    return path


def layer(path: Path, name: str) -> gpd.GeoDataFrame:
    return pyogrio.read_dataframe(path, layer=name)


def test_read_equals_planned_plus_listed(sample_plan: Plan, sample_sources: Sources) -> None:
    repaired = gridmap.repair_sources(sample_sources)
    assert repaired.set_aside is not None
    listed = int(repaired.set_aside["households"].sum())
    planned = int(sample_plan.grids["households"].sum())
    gaps = load_sample(points=False).truth.of_kind("gap")
    assert listed == sum(gap.households for gap in gaps) > 0
    assert planned + listed == sample_sources.read_households == 60_000


def test_every_unit_and_building_lies_in_exactly_one_grid(plan_file: Path) -> None:
    units = layer(plan_file, "units")
    members = layer(plan_file, "members")
    grids = layer(plan_file, "grids")
    assert units["unit_id"].is_unique
    whole = members[~members["unit_id"].str.contains("#")]
    assert whole["building_id"].dropna().is_unique
    by_entrance = members[members["unit_id"].str.contains("#")]["building_id"].dropna()
    assert not set(by_entrance) & set(whole["building_id"].dropna())
    assert set(units["grid_id"]) == set(grids["grid_id"])
    assert members.merge(units, on="unit_id").eval("grid_id_x == grid_id_y").all()
    assert members["households"].sum() == grids["households"].sum() == units["households"].sum()


@pytest.mark.parametrize("name", ["grids", "units", "communities"])
def test_a_layer_as_written_is_a_valid_coverage(plan_file: Path, name: str) -> None:
    frame = layer(plan_file, name)
    assert frame.crs.to_epsg() == 4490
    assert shapely.coverage_is_valid(frame.geometry.to_numpy())
    assert frame.geometry.is_valid.all()


def test_grids_tile_every_community_of_the_input(plan_file: Path, sample_sources: Sources) -> None:
    grids = layer(plan_file, "grids")
    given = sample_sources.layers["communities"].set_index("community_id").geometry
    overlapping = {
        item
        for defect in load_sample(points=False).truth.of_kind("overlap")
        for item in (defect.owner, defect.host)
    }
    for community, rows in grids.groupby("community_id"):
        outline = given[community]
        land = rows.geometry.to_numpy()
        tiled = shapely.union_all(land)
        assert abs(shapely.area(land).sum() - tiled.area) <= GAP_OR_OVERLAP * tiled.area
        if community not in overlapping:
            difference = shapely.symmetric_difference(tiled, outline)
            assert difference.area <= GAP_OR_OVERLAP * outline.area, community
    both = shapely.union_all([given[item] for item in sorted(overlapping)])
    tiled = shapely.union_all(grids[grids["community_id"].isin(overlapping)].geometry.to_numpy())
    assert shapely.symmetric_difference(tiled, both).area <= GAP_OR_OVERLAP * both.area


def test_every_general_grid_is_in_one_piece(plan_file: Path, sample_territory: Territory) -> None:
    grids = layer(plan_file, "grids")
    general = grids[grids["kind"] == "general"]
    assert (shapely.get_num_geometries(general.geometry.to_numpy()) == 1).all()
    units = layer(plan_file, "units").set_index("unit_id")
    passable = sample_territory.borders.query("passable")
    graph = nx.Graph()
    graph.add_nodes_from(units.index)
    graph.add_edges_from(zip(passable["unit_a"], passable["unit_b"], strict=True))
    for grid, members in units[units["grid_id"].isin(general["grid_id"])].groupby("grid_id"):
        assert nx.is_connected(graph.subgraph(members.index)), grid


@pytest.mark.parametrize("seed", [1, 2, 3, 7, 11])
def test_what_arithmetic_allows_is_reached(sample_territory: Territory, seed: int) -> None:
    plan = gridmap.make_plan(sample_territory, rules=gridmap.Rules.preset("default"), seed=seed)
    totals = gridmap.score_plan(plan).totals
    assert totals["in_band"] == totals["attainable"]
    assert totals["parts"] == 0
    outside = plan.grids[~plan.grids["in_band"] & (plan.grids["kind"] != "dedicated")]
    assert (outside["reason_code"] != "").all()
    assert (outside["reason"] != "").all()
    assert (outside["reason_en"] != "").all()


def test_every_planted_defect_is_found(sample_sources: Sources) -> None:
    truth = load_sample(points=False).truth
    found = {finding.code: finding for finding in gridmap.check_sources(sample_sources)}
    for kind, code in (
        ("gap", "community_gap"),
        ("overlap", "community_overlap"),
        ("enclosed", "community_part_enclosed"),
        ("interlock", "community_interlocked"),
    ):
        planted = truth.of_kind(kind)
        assert planted, kind
        assert found[code].count == len(planted)
        for defect in planted:
            assert any(defect.owner in place for place in found[code].where), (kind, defect.owner)
            near = [np.hypot(x - defect.lon, y - defect.lat) for x, y in found[code].points]
            assert min(near) < 0.005, "a place within about 500 m"
    parts = found["community_in_parts"]
    owners = {defect.owner for kind in ("exclave", "enclosed") for defect in truth.of_kind(kind)}
    assert {place.split()[0] for place in parts.where} == owners


def test_exclaves_have_owner_and_host_of_the_truth(sample_plan: Plan) -> None:
    truth = load_sample(points=False).truth
    planted = {
        (defect.owner, defect.host)
        for kind in ("exclave", "enclosed")
        for defect in truth.of_kind(kind)
    }
    exclaves = sample_plan.grids[sample_plan.grids["kind"] == "exclave"]
    assert set(zip(exclaves["community_id"], exclaves["host_id"], strict=True)) == planted


def test_all_three_files_have_the_same_bytes_in_a_fresh_process(
    sample_plan: Plan, sample_folder: Path, tmp_path: Path
) -> None:
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "import gridmap\n"
        "from gridmap.flow import plan_files\n"
        "out = Path(sys.argv[2])\n"
        "plan = plan_files([sys.argv[1]], seed=7)\n"
        "gridmap.write_plan(plan, out / 'plan.gpkg')\n"
        "gridmap.write_map(plan, out / 'map.html')\n"
        "gridmap.write_tables(plan, out / 'tables.xlsx')\n"
    )
    hashes = []
    for hash_seed in ("1", "2"):
        out = tmp_path / hash_seed
        out.mkdir()
        subprocess.run(
            [sys.executable, "-c", script, str(sample_folder), str(out)],
            check=True,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
        )
        hashes.append(
            {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(out.iterdir())}
        )
    assert hashes[0] == hashes[1]
    assert len(hashes[0]) == 3


def test_no_household_and_no_room_stands_in_map_or_addresses(
    sample_plan: Plan, plan_file: Path, tmp_path: Path
) -> None:
    gridmap.write_map(sample_plan, tmp_path / "map.html")
    page = (tmp_path / "map.html").read_text("utf-8")
    assert "household_id" not in page
    addresses = layer(plan_file, "addresses")
    assert not addresses["text"].str.contains("室|单元").any()
