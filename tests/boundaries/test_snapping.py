"""Snaps: what is proposed, that the land stays tiled, and that it can be undone."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from boundaries.test_clarity import frame, lattice

from gridmap.boundaries.clarity import measure_clarity
from gridmap.boundaries.snapping import apply_snap, propose_snaps, undo_snap
from gridmap.errors import InvalidOption

HALVES = frame(
    [shapely.box(0, 0, 500, 600), shapely.box(500, 0, 1000, 600)], division_id=["A", "B"]
)
BYPASS = frame(
    [shapely.LineString([(500, 0), (500, 200), (540, 220), (540, 380), (500, 400), (500, 600)])],
    name=["绕行路"],
)


def assert_tiles(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> None:
    shapes = after.geometry.to_numpy()
    assert after.is_valid.all()
    assert shapely.coverage_is_valid(shapes)
    assert after.area.sum() == pytest.approx(before.area.sum(), rel=1e-12)
    old, new = shapely.union_all(before.geometry), shapely.union_all(after.geometry)
    assert old.symmetric_difference(new).area < 1e-6
    assert new.area == pytest.approx(after.area.sum(), rel=1e-12)


def test_a_border_moves_to_the_road_and_says_what_moves() -> None:
    homes = frame([shapely.Point(520, 300), shapely.Point(600, 300)], households=[7, 90])
    buildings = frame([shapely.box(515, 290, 525, 310)], building_id=["1"])
    clarity = measure_clarity(HALVES, roads=BYPASS, homes=homes, buildings=buildings, tolerance_m=5)
    [snap] = propose_snaps(clarity, HALVES)
    assert snap.status == "proposed"
    assert (snap.households_b_to_a, snap.households_a_to_b) == (7, 0)
    assert (snap.buildings_b_to_a, snap.buildings_a_to_b) == (1, 0)
    assert snap.b_to_a_m2 == pytest.approx(7200, rel=0.01)
    after = apply_snap(HALVES, snap)
    assert_tiles(HALVES, after)
    assert after.area.iloc[0] - HALVES.area.iloc[0] == pytest.approx(snap.b_to_a_m2, abs=1e-6)
    again = measure_clarity(after, roads=BYPASS, tolerance_m=5)
    assert again.borders["clear_share"].iloc[0] > 0.97
    back = undo_snap(after, snap)
    assert back.geometry.geom_equals_exact(HALVES.geometry, 0).all()


def test_no_line_no_proposal() -> None:
    clarity = measure_clarity(HALVES)
    [snap] = propose_snaps(clarity, HALVES)
    assert snap.status == "no_line"
    assert all(snap.why_not)
    with pytest.raises(InvalidOption):
        apply_snap(HALVES, snap)


def test_a_line_out_of_reach_is_not_proposed() -> None:
    clarity = measure_clarity(HALVES, roads=BYPASS, tolerance_m=5)
    [snap] = propose_snaps(clarity, HALVES, reach_m=20)
    assert snap.status == "no_line"


def test_a_snap_that_would_tear_a_division_says_so() -> None:
    """B is a narrow neck that the road would cut through: the land beyond it would hang alone."""
    land = frame(
        [
            shapely.Polygon([(0, 0), (500, 0), (500, 600), (0, 600)]),
            shapely.Polygon(
                [
                    (500, 0),
                    (900, 0),
                    (900, 250),
                    (530, 250),
                    (530, 350),
                    (900, 350),
                    (900, 600),
                    (500, 600),
                ]
            ),
        ],
        division_id=["A", "B"],
    )
    clarity = measure_clarity(land, roads=BYPASS, tolerance_m=5)
    [snap] = propose_snaps(clarity, land)
    assert snap.status in {"tears_division", "third_division"}


def test_a_stale_snap_is_refused() -> None:
    clarity = measure_clarity(HALVES, roads=BYPASS, tolerance_m=5)
    [snap] = propose_snaps(clarity, HALVES)
    after = apply_snap(HALVES, snap)
    with pytest.raises(InvalidOption, match="other outlines"):
        apply_snap(after, snap)


@pytest.mark.parametrize("seed", range(16))
def test_snaps_on_random_land_keep_it_tiled_and_can_be_undone(seed: int) -> None:
    rng = np.random.default_rng(seed)
    land = lattice(4, 4, seed)
    borders = measure_clarity(land).borders
    roads = []
    for border in borders.geometry:
        points = [border.interpolate(share, normalized=True) for share in np.linspace(0, 1, 6)]
        moved = [
            (p.x + float(rng.uniform(-60, 60)), p.y + float(rng.uniform(-60, 60)))
            for p in points[1:-1]
        ]
        roads.append(shapely.LineString([points[0].coords[0], *moved, points[-1].coords[0]]))
    streets = frame(roads, name=[""] * len(roads))
    homes = frame(list(shapely.points(rng.uniform(0, 1200, (400, 2)))), households=[1] * 400)
    now, proposed = land, 0
    for _ in range(4):
        clarity = measure_clarity(now, roads=streets, homes=homes, tolerance_m=8)
        snaps = propose_snaps(clarity, now)
        assert len(snaps) == len(clarity.unclear)
        good = [snap for snap in snaps if snap.status == "proposed"]
        if not good:
            break
        snap = good[int(rng.integers(len(good)))]
        after = apply_snap(now, snap)
        assert_tiles(now, after)
        changed = ~after.geometry.geom_equals_exact(now.geometry, 0)
        assert set(after["division_id"][changed]) <= {snap.division_a, snap.division_b}
        a = list(now["division_id"]).index(snap.division_a)
        grown = after.area.iloc[a] - now.area.iloc[a]
        assert grown == pytest.approx(snap.b_to_a_m2 - snap.a_to_b_m2, abs=1e-3)
        back = undo_snap(after, snap)
        assert back.geometry.geom_equals_exact(now.geometry, 0).all()
        now, proposed = after, proposed + 1
    assert proposed


def test_an_overlap_elsewhere_does_not_stop_a_snap() -> None:
    """Tiling turns rings and unwraps lone parts; a border that it left alone can still move."""
    road = gpd.GeoDataFrame(
        {"name": [""]},
        geometry=[
            shapely.LineString([(100, 0), (100, 50), (130, 60), (130, 140), (100, 150), (100, 200)])
        ],
        crs=4547,
    )
    shapes = [
        shapely.box(0, 0, 100, 200),
        shapely.box(100, 0, 200, 200),
        shapely.box(300, 0, 400, 200),
        shapely.box(350, 0, 450, 200),
    ]
    land = gpd.GeoDataFrame(
        {"division_id": list("ABCD")},
        geometry=[shapely.MultiPolygon([shape]) for shape in shapes],
        crs=4547,
    )
    snaps = propose_snaps(measure_clarity(land, roads=road, tolerance_m=5), land)
    assert {(s.division_a, s.division_b): s.status for s in snaps}["A", "B"] == "proposed"
    [snap] = [s for s in snaps if s.status == "proposed"]
    moved = apply_snap(land, snap)
    assert undo_snap(moved, snap).geometry.tolist() == land.geometry.tolist()
    assert "C" not in (snap.division_a, snap.division_b)
    assert {s.status for s in snaps if s is not snap} <= {"unmatched"}
