"""Repair: an exact tiling within the tolerance, no home changed in silence, no border moved far."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from planted_coverage import LAND, frame_of, make_homes, plant_faults
from pyproj import CRS

from gridmap.boundaries.coverage import find_coverage_faults
from gridmap.boundaries.coverage_findings import report_coverage_repair
from gridmap.boundaries.coverage_repair import CoverageRepair, repair_coverage
from gridmap.boundaries.repairing import repair_boundaries
from gridmap.errors import InvalidOption
from gridmap.model import Sources

box = shapely.box
ROUNDING_M = 1e-4


def memberships(divisions: gpd.GeoDataFrame, homes: gpd.GeoDataFrame) -> list[tuple[str, ...]]:
    """Return the divisions of every home, looked up one by one."""
    found: list[list[str]] = [[] for _ in range(len(homes))]
    shapes = divisions.geometry.to_numpy()
    home, row = shapely.STRtree(shapes).query(homes.geometry.to_numpy(), predicate="intersects")
    for h, r in zip(home.tolist(), row.tolist(), strict=True):
        found[h].append(divisions["division_id"].iloc[r])
    return [tuple(sorted(names)) for names in found]


def assert_homes_are_listed(
    before: gpd.GeoDataFrame, repair: CoverageRepair, homes: gpd.GeoDataFrame
) -> None:
    old, new = memberships(before, homes), memberships(repair.divisions, homes)
    expected = [
        (homes["household_id"].iloc[h], int(homes["households"].iloc[h]), old[h], new[h])
        for h in range(len(homes))
        if old[h] != new[h]
    ]
    listed = [(m.home_id, m.households, m.before, m.after) for m in repair.moved_homes]
    assert listed == expected
    assert repair.moved_households == sum(count for _, count, _, _ in expected)


def assert_no_border_moved_far(
    before: gpd.GeoDataFrame, repair: CoverageRepair, tolerance_m: float
) -> None:
    """Land gained lies near the old land, and land lost near the land that is kept."""
    reach = tolerance_m + 2 * ROUNDING_M
    for old, new in zip(before.geometry, repair.divisions.geometry, strict=True):
        for mine, other in ((old, new), (new, old)):
            moved = shapely.difference(mine, other)
            near = shapely.buffer(other, reach, quad_segs=64)
            assert shapely.difference(moved, near).area < 1e-6
    assert all(change.moved_m <= tolerance_m for change in repair.changes)


def homes_in_faults(seed: int, planted: list, count: int = 5_000) -> gpd.GeoDataFrame:
    """Return homes everywhere, and some in every planted fault."""
    homes = make_homes(np.random.default_rng(seed), count + 3 * len(planted))
    rng = np.random.default_rng(seed + 1)
    places = homes.geometry.to_numpy().copy()
    for n, fault in enumerate(planted):
        ring = shapely.get_coordinates(fault.shape)[:-1]
        shares = rng.dirichlet(np.ones(len(ring)), 3)
        places[count + 3 * n : count + 3 * n + 3] = shapely.points(shares @ ring)
    return homes.set_geometry(type(homes.geometry)(places, crs=homes.crs))


@pytest.mark.parametrize("seed", [1, 2])
def test_faults_within_the_tolerance_leave_an_exact_tiling(seed: int) -> None:
    coverage = plant_faults(seed, widths=(0.04, 0.95))
    assert len(coverage.planted) >= 200
    homes = homes_in_faults(seed, coverage.planted)
    repair = repair_coverage(coverage.divisions, homes, tolerance_m=1.0, parent=LAND)
    shapes = repair.divisions.geometry.to_numpy()
    assert repair.left.faults == ()
    assert repair.left.ignored == 0
    assert shapely.coverage_is_valid(shapes)
    assert shapely.is_valid(shapes).all()
    assert shapely.area(shapes).sum() == pytest.approx(LAND.area, abs=1e-2)
    assert shapely.symmetric_difference(shapely.coverage_union_all(shapes), LAND).area < 1e-2
    assert len({(c.kind, c.geometry.wkb) for c in repair.changes}) == len(repair.changes)
    assert repair.noise_closed == coverage.noise
    assert_homes_are_listed(coverage.divisions, repair, homes)
    assert len(repair.moved_homes) > 500
    assert_no_border_moved_far(coverage.divisions, repair, 1.0)


@pytest.mark.parametrize("tolerance_m", [0.2, 2.0])
def test_wider_faults_stay_and_are_reported(tolerance_m: float) -> None:
    coverage = plant_faults(4, cells=120)
    homes = homes_in_faults(4, coverage.planted)
    repair = repair_coverage(coverage.divisions, homes, tolerance_m=tolerance_m)
    wide = [p for p in coverage.planted if p.width_m > tolerance_m]
    left = {(f.kind, f.divisions): f for f in repair.left.faults}
    assert set(left) >= {(p.kind, p.divisions) for p in wide}
    for fault in left.values():
        corner = len(fault.divisions) == 3 and fault.width_m * 2**0.5 > tolerance_m
        assert fault.width_m > tolerance_m or corner
    assert all(change.width_m <= tolerance_m for change in repair.changes)
    assert_homes_are_listed(coverage.divisions, repair, homes)
    assert_no_border_moved_far(coverage.divisions, repair, tolerance_m)


def test_an_overlap_that_no_one_can_have_whole_is_split() -> None:
    """A holds the middle of the strip and B its ends: each gives what lies near its own land."""
    a = shapely.union_all([box(0, 0, 100, 9), box(0, 0, 50, 10)])
    b = shapely.union_all([box(0, 10, 100, 20), box(50, 9, 100, 20)])
    a, b = a.union(box(50, 8.2, 100, 9.7)), b.union(box(0, 9.3, 50, 11))
    land = frame_of([a, b])
    repair = repair_coverage(land, tolerance_m=0.75)
    assert repair.left.faults == ()
    assert_no_border_moved_far(land, repair, 0.75)
    assert shapely.coverage_is_valid(repair.divisions.geometry.to_numpy())


def test_places_that_stay_are_said_with_their_cure() -> None:
    land = frame_of([box(0, 0, 60, 60), box(40, 0, 99, 60), box(45, 5, 55, 9)])
    repair = repair_coverage(land, tolerance_m=1.0)
    assert repair.changes == ()
    [kept] = [f for f in report_coverage_repair(repair) if f.code == "division_fault_kept"]
    assert kept.where == ("D000+D001", "D000+D001+D002")
    assert "--tolerance" in kept.cure_en


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 10**6), tolerance_m=st.sampled_from([0.05, 0.5, 3.0, 10.0]))
def test_promises_hold_on_any_coverage(seed: int, tolerance_m: float) -> None:
    coverage = plant_faults(seed, cells=30)
    homes = homes_in_faults(seed, coverage.planted, 200)
    repair = repair_coverage(coverage.divisions, homes, tolerance_m=tolerance_m)
    assert_homes_are_listed(coverage.divisions, repair, homes)
    assert_no_border_moved_far(coverage.divisions, repair, tolerance_m)
    assert not shapely.is_empty(repair.divisions.geometry.to_numpy()).any()
    again = repair_coverage(coverage.divisions, homes, tolerance_m=tolerance_m)
    assert again.divisions.geometry.to_wkb().equals(repair.divisions.geometry.to_wkb())


def test_a_gap_goes_to_the_longest_border_then_to_the_lower_id() -> None:
    land = [box(0, 0, 100, 50), box(0, 50.5, 60, 99), box(60, 50.5, 100, 99)]
    ring = box(-9, -9, 109, 108).difference(box(0, 0, 100, 99))
    repair = repair_coverage(frame_of([*land, ring], ["B", "C", "D", "E"]), tolerance_m=0.6)
    assert [(c.division, round(c.area_m2)) for c in repair.changes] == [("B", 50)]
    even = [box(0, 0, 100, 50), box(0, 50.5, 100, 99)]
    for ids in (["B", "A", "E"], ["A", "B", "E"]):
        repair = repair_coverage(frame_of([*even, ring], ids), tolerance_m=0.6)
        assert [c.division for c in repair.changes] == ["A"]
        assert repair.left.faults == ()


def test_a_gap_that_nobody_reaches_alone_is_split() -> None:
    land = [box(0, 0, 40, 50), box(40, 0, 100, 50), box(0, 50.5, 60, 99), box(60, 50.5, 100, 99)]
    moved = [shapely.transform(g, lambda xy: xy + np.array([0.0, 0.0])) for g in land]
    slanted = shapely.box(40, 0, 100, 49.9)
    ring = box(-9, -9, 109, 108).difference(box(0, 0, 100, 99))
    moved[1] = slanted
    repair = repair_coverage(frame_of([*moved, ring]), tolerance_m=0.7)
    assert repair.left.faults == ()
    assert shapely.coverage_is_valid(repair.divisions.geometry.to_numpy())
    assert repair.divisions.area.sum() == pytest.approx(118 * 117)
    assert len({change.division for change in repair.changes}) > 1
    assert_no_border_moved_far(frame_of([*moved, ring]), repair, 0.7)


def test_clean_divisions_come_back_as_they_were() -> None:
    clean = plant_faults(3, cells=60).clean
    repair = repair_coverage(clean, parent=LAND)
    assert repair.changes == ()
    assert repair.matched == ()
    assert all(a is b for a, b in zip(clean.geometry, repair.divisions.geometry, strict=True))


def test_corners_are_matched_and_columns_kept() -> None:
    land = frame_of([box(0, 0, 10, 10), box(10, 0, 20, 5), box(10, 5, 20, 10)])
    land["level"] = [1, 2, 3]
    repair = repair_coverage(land)
    assert repair.matched == ("D000",)
    assert repair.divisions["level"].tolist() == [1, 2, 3]
    assert repair.divisions.crs == land.crs
    assert shapely.coverage_is_valid(repair.divisions.geometry.to_numpy())


@pytest.mark.parametrize(
    "land",
    [
        [box(0, 0, 10, 10), box(0, 0, 10, 10)],
        [box(0, 0, 0.5, 50), box(0, 0, 0.5, 50)],
        [box(0, 0, 10, 10), box(4, 4, 4.3, 4.3)],
        [box(0, 0, 10, 10), box(10, 10, 20, 20)],
        [box(0, 0, 10, 10)],
        [shapely.Polygon(), box(0, 0, 10, 10)],
        [None, None],
        [],
        [shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)]), box(2, 2, 8, 8)],
    ],
)
def test_no_division_loses_all_its_land(land: list) -> None:
    before = frame_of(land)
    homes = make_homes(np.random.default_rng(1), 4)
    repair = repair_coverage(before, homes, tolerance_m=1.0)
    had = shapely.area(before.geometry.to_numpy()) > 0
    assert (shapely.area(repair.divisions.geometry.to_numpy())[had] > 0).all()
    assert len(report_coverage_repair(repair)) >= 0


def test_the_repair_is_said_and_no_home_is_named_in_a_sentence() -> None:
    coverage = plant_faults(6, cells=40, widths=(0.1, 0.9))
    homes = homes_in_faults(6, coverage.planted, 100)
    repair = repair_coverage(coverage.divisions, homes)
    findings = {finding.code: finding for finding in report_coverage_repair(repair)}
    assert set(findings) == {"division_coverage_repaired", "division_homes_moved"}
    moved = findings["division_homes_moved"]
    assert moved.count == repair.moved_households
    assert moved.where[0] == repair.moved_homes[0].home_id
    assert moved.where[0] not in moved.en
    assert len(moved.points) == len(moved.where)
    assert find_coverage_faults(repair.divisions, homes).faults == ()


@pytest.mark.parametrize("tolerance_m", [0.0, -1.0, float("nan"), float("inf")])
def test_a_tolerance_that_is_no_length_is_refused(tolerance_m: float) -> None:
    with pytest.raises(InvalidOption, match="tolerance_m"):
        repair_coverage(frame_of([box(0, 0, 1, 1)]), tolerance_m=tolerance_m)


@pytest.mark.parametrize("off", [-1e-6, -5e-7, 3e-6])
def test_long_edges_do_not_cross_corners_when_they_go_back_to_degrees(off: float) -> None:
    """A straight edge of 5 km lies 0.2 m beside itself on the other plane."""
    west, south, side = 113.1, 23.0, 0.01
    tip = [(west + 0.025, south + off), (west + 0.03, south + np.sign(off) * side)]
    wedge = shapely.Polygon([*tip, (west + 0.02, south + np.sign(off) * side)])
    halves = shapely.box(west, [south - side, south], west + 0.05, [south, south + side])
    beside = shapely.box(west + 0.05, south - side, west + 0.06, south + side)
    shapes = [*shapely.difference(halves, wedge), wedge, beside]
    land = gpd.GeoDataFrame(
        {"community_id": list("ABCD"), "name": list("ABCD")}, geometry=shapes, crs=4490
    )
    repair = repair_boundaries(Sources({"communities": land}, crs=CRS(4490), metric_crs=CRS(4547)))
    after = np.asarray(repair.communities.geometry.to_numpy(), dtype=object)
    assert shapely.coverage_is_valid(after)
    assert np.allclose(shapely.area(after), shapely.area(shapes), rtol=1e-5)


def draw_loose_land(seed: int) -> tuple[gpd.GeoDataFrame, float]:
    """Return cells that were grown, shrunk or moved apart, and a tolerance."""
    import geopandas as gpd

    rng = np.random.default_rng(seed)
    middles = shapely.MultiPoint(rng.uniform(0, 400, (int(rng.integers(4, 14)), 2)))
    frame = box(0, 0, 400, 400)
    cells = shapely.get_parts(shapely.voronoi_polygons(middles, extend_to=frame))
    shapes = []
    for cell in shapely.intersection(cells, frame):
        kind, amount, way = rng.random(), rng.uniform(-1.5, 1.5), rng.normal(0, 0.6, 2)
        if kind < 0.4:
            shapes.append(shapely.buffer(cell, amount, join_style="mitre"))
        else:
            shapes.append(shapely.affinity.translate(cell, *way))
    ids = [f"D{n}" for n in range(len(shapes))]
    land = gpd.GeoDataFrame({"division_id": ids, "name": ids}, geometry=shapes, crs=4547)
    return land, float(rng.choice([0.3, 1, 2]))


@pytest.mark.parametrize("seed", [*range(8), 135, 182])
def test_no_border_moves_farther_than_the_tolerance(seed: int) -> None:
    """Every corner of land that changes lies within it of the old outline of its division."""
    land, tolerance_m = draw_loose_land(seed)
    repair = repair_coverage(land, tolerance_m=tolerance_m)
    for old, new in zip(land.geometry, repair.divisions.geometry, strict=True):
        corners = shapely.points(shapely.get_coordinates(shapely.symmetric_difference(old, new)))
        far = shapely.distance(corners, shapely.boundary(old))
        assert far.max(initial=0) <= tolerance_m * (1 + 1e-5) + 2 * ROUNDING_M
    assert_no_border_moved_far(land, repair, tolerance_m)
