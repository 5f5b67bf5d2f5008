"""Gaps, overlaps, slivers and edges that almost meet: every planted one, and nothing else."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from planted_coverage import LAND, frame_of, make_cells, make_homes, plant_faults

from gridmap.boundaries.coverage import CoverageFault, find_coverage_faults
from gridmap.boundaries.coverage_findings import report_coverage
from gridmap.errors import InvalidOption

box = shapely.box


@pytest.mark.parametrize("seed", [0, 3])
def test_every_planted_fault_is_found_and_nothing_else(seed: int) -> None:
    coverage = plant_faults(seed)
    homes = make_homes(np.random.default_rng(seed), 30_000)
    assert len(coverage.planted) >= 200
    found = find_coverage_faults(coverage.divisions, homes)
    left = list(found.faults)
    points, counts = homes.geometry.to_numpy(), homes["households"].to_numpy()
    for planted in coverage.planted:
        near = planted.shape.buffer(1e-3)
        hits = [
            fault
            for fault in left
            if (fault.kind, fault.divisions) == (planted.kind, planted.divisions)
            and near.contains(fault.geometry)
        ]
        assert len(hits) == 1, planted
        fault = hits[0]
        left.remove(fault)
        assert fault.area_m2 == pytest.approx(planted.shape.area, rel=1e-3)
        assert fault.width_m == pytest.approx(planted.width_m, rel=0.02)
        assert fault.sliver == (fault.width_m < 1.0)
        assert fault.households == counts[shapely.contains(planted.shape, points)].sum()
        assert fault.geometry.contains(fault.point)
    assert left == []
    assert found.ignored == coverage.noise
    assert {fault.kind for fault in found.slivers} == {"gap", "overlap"}


def test_the_answer_does_not_depend_on_the_order_of_rows() -> None:
    coverage = plant_faults(5, cells=60).divisions
    turned = coverage.iloc[::-1].reset_index(drop=True)
    names = [
        [(f.kind, f.divisions, round(f.area_m2, 2)) for f in find_coverage_faults(c).faults]
        for c in (coverage, turned)
    ]
    assert names[0] == names[1]
    order = [(f.divisions, f.geometry.bounds) for f in find_coverage_faults(coverage).gaps]
    assert order == sorted(order)


@pytest.mark.parametrize("zone", [4527, 4548])
def test_beijing_has_no_gap_and_no_overlap(zone: int, shared_data: Path) -> None:
    townships = gpd.read_file(shared_data / "beijing_townships.shp").to_crs(zone)
    townships["division_id"] = [f"T{n:03d}" for n in range(len(townships))]
    start = time.process_time()
    found = find_coverage_faults(townships)
    assert len(townships) == 331
    assert found.faults == ()
    assert found.ignored == 0
    assert time.process_time() - start < 30


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), extra=st.integers(1, 3))
def test_corners_of_one_side_only_are_no_fault(seed: int, extra: int) -> None:
    rng = np.random.default_rng(seed)
    cells = make_cells(rng, 12)
    untidy = []
    for cell in cells:
        ring = shapely.get_coordinates(cell)
        corners = []
        for a, b in itertools.pairwise(ring):
            shares = np.sort(rng.uniform(0, 1, extra))
            corners += [a, *(a + (b - a) * share for share in shares)]
        untidy.append(shapely.Polygon(corners))
    found = find_coverage_faults(frame_of(untidy), parent=LAND)
    assert found.faults == ()


def test_land_of_the_parent_in_no_division_is_a_gap() -> None:
    land = frame_of([box(0, 0, 100, 100), box(100, 0, 200, 100)])
    assert find_coverage_faults(land).faults == ()
    found = find_coverage_faults(land, parent=box(0, 0, 230, 100))
    assert [(f.divisions, f.area_m2) for f in found.gaps] == [(("D001",), 3000.0)]
    lake = box(0, 0, 200, 100).difference(box(90, 40, 110, 60))
    holed = frame_of([lake.intersection(g) for g in land.geometry])
    assert len(find_coverage_faults(holed).gaps) == 1
    assert find_coverage_faults(holed, parent=lake).faults == ()


def test_edges_that_almost_meet_are_named_although_the_gap_is_open() -> None:
    land = frame_of([box(0, 0, 100, 100), box(100.6, 0, 200, 100)])
    found = find_coverage_faults(land)
    assert [(f.kind, f.divisions) for f in found.faults] == [("open_gap", ("D000", "D001"))]
    assert found.faults[0].width_m == pytest.approx(0.6, rel=0.01)
    assert found.faults[0].area_m2 == pytest.approx(60, rel=0.02)
    assert found.slivers == found.faults
    assert find_coverage_faults(land, sliver_m=0.5).faults == ()
    closed = find_coverage_faults(land, parent=box(0, 0, 200, 100))
    assert [f.kind for f in closed.faults] == ["gap"]


def test_a_place_in_three_divisions_is_one_overlap_of_three() -> None:
    found = find_coverage_faults(
        frame_of([box(0, 0, 60, 60), box(40, 0, 99, 60), box(45, 5, 55, 9)])
    )
    assert [f.divisions for f in found.overlaps] == [("D000", "D001"), ("D000", "D001", "D002")]


def ragged(count: int) -> shapely.Polygon:
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    radius = 1000 + 50 * np.sin(angle * 40)
    return shapely.Polygon(np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]))


ODD = {
    "bow tie": [shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])],
    "empty": [shapely.Polygon(), box(0, 0, 9, 9)],
    "missing": [None, box(0, 0, 9, 9)],
    "nothing": [],
    "single": [box(0, 0, 9, 9)],
    "a line": [shapely.LineString([(0, 0), (1, 1)]), box(0, 0, 9, 9)],
    "a mixture": [shapely.GeometryCollection([box(0, 0, 5, 5), shapely.Point(9, 9)])],
    "touching": [box(0, 0, 10, 10), box(10, 10, 20, 20)],
    "twice": [box(0, 0, 10, 10), box(0, 0, 10, 10)],
    "nested": [box(0, 0, 10, 10), box(4, 4, 6, 6)],
    "not finite": [shapely.Polygon([(0, 0), (np.inf, 1), (1, 1)]), box(0, 0, 9, 9)],
    "in space": [shapely.Polygon([(0, 0, 1), (9, 0, 1), (9, 9, 1)])],
    "no width": [shapely.Polygon([(0, 0), (5, 0), (9, 0), (0, 0)]), box(0, 0, 9, 9)],
}


@pytest.mark.parametrize("name", ODD)
def test_odd_outlines_get_an_answer(name: str) -> None:
    found = find_coverage_faults(frame_of(ODD[name]), make_homes(np.random.default_rng(1), 5))
    codes = [finding.code for finding in report_coverage(found)]
    expected = {
        "bow tie": ["division_outline_invalid"],
        "empty": ["division_without_land"],
        "missing": ["division_without_land"],
        "a line": ["division_without_land"],
        "a mixture": ["division_outline_invalid"],
        "twice": ["division_overlap"],
        "nested": ["division_overlap"],
        "not finite": ["division_without_land"],
        "no width": ["division_without_land"],
    }
    assert codes == expected.get(name, [])


def test_a_hundred_thousand_vertices() -> None:
    land = ragged(100_000)
    rest = box(-2000, -2000, 2000, 2000).difference(land)
    start = time.process_time()
    assert find_coverage_faults(frame_of([land, rest])).faults == ()
    assert time.process_time() - start < 30
    doubled = find_coverage_faults(frame_of([land, shapely.Polygon(land.exterior)]))
    assert [fault.kind for fault in doubled.faults] == ["overlap"]


def test_findings_say_faults_in_both_languages_with_places() -> None:
    coverage = plant_faults(7, cells=40)
    homes = make_homes(np.random.default_rng(7), 2_000)
    findings = report_coverage(find_coverage_faults(coverage.divisions, homes))
    assert [f.code for f in findings] == ["division_gap", "division_overlap", "division_sliver"]
    for finding in findings:
        assert finding.count == len(finding.where) == len(finding.points)
        assert all(110 < lon < 120 and 20 < lat < 25 for lon, lat in finding.points)
        assert "households" in finding.en
        assert "户" in finding.zh


@pytest.mark.parametrize("crs", [None, 4490, 2263])
def test_a_crs_that_is_not_in_metres_is_refused(crs: int | None) -> None:
    land = gpd.GeoDataFrame({"division_id": ["A"]}, geometry=[box(0, 0, 1, 1)], crs=crs)
    with pytest.raises(InvalidOption, match="metres"):
        find_coverage_faults(land)


def test_repeated_ids_and_homes_elsewhere_are_refused() -> None:
    land = frame_of([box(0, 0, 1, 1), box(1, 0, 2, 1)], ["A", "A"])
    with pytest.raises(InvalidOption, match="division_id"):
        find_coverage_faults(land)
    homes = make_homes(np.random.default_rng(1), 5).to_crs(4548)
    with pytest.raises(InvalidOption, match="CRS"):
        find_coverage_faults(frame_of([box(0, 0, 1, 1)]), homes)


def test_without_homes_households_are_not_known() -> None:
    fault = find_coverage_faults(frame_of(ODD["twice"])).faults[0]
    assert isinstance(fault, CoverageFault)
    assert fault.households is None
