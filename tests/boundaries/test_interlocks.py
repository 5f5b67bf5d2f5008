"""Necks and winding borders: planted ones are found, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gridmap.boundaries import Thresholds
from gridmap.boundaries.examples import MEASURED, draw_divisions
from gridmap.boundaries.interlocks import NECK_TOLERANCE_M, find_interlocks, find_necks

if TYPE_CHECKING:
    from collections.abc import Callable

    Make = Callable[..., gpd.GeoDataFrame]

WIDTH_M = 30.0
PLANTED = 240


def plant_neck(random: np.random.Generator, width_m: float) -> tuple[shapely.Polygon, float, float]:
    """Return a body with a lobe on a neck, the lobe's area, and the neck's length."""
    length = float(random.uniform(5, 120))
    lobe_side, body_side = float(random.uniform(120, 300)), float(random.uniform(400, 900))
    body = shapely.box(-body_side, -body_side / 2, 0, body_side / 2)
    lobe = shapely.box(length, -lobe_side / 2, length + lobe_side, lobe_side / 2)
    neck = shapely.box(-1, -width_m / 2, length + 1, width_m / 2)
    return shapely.union_all([body, neck, lobe]), lobe_side**2, length


@pytest.mark.parametrize("seed", range(PLANTED))
def test_a_planted_neck_is_found_below_the_width_and_not_above(seed: int) -> None:
    random = np.random.default_rng(seed)
    narrow = bool(seed % 2)
    low, high = (2.0, WIDTH_M - NECK_TOLERANCE_M) if narrow else (WIDTH_M + NECK_TOLERANCE_M, 90.0)
    width = float(random.uniform(low, high))
    land, area, length = plant_neck(random, width)
    turn = float(random.uniform(0, 360))
    move = random.uniform(0, 1e5, size=2)
    land = _place(shapely.segmentize(land, 7.0), turn, move)
    found = find_necks(land, width_m=WIDTH_M, least_m2=5_000)
    assert len(found) == narrow
    if narrow:
        lobe = found[0]
        assert lobe.width_m == pytest.approx(width, abs=NECK_TOLERANCE_M)
        assert lobe.land.area == pytest.approx(area, rel=0.02, abs=100)
        neck = _place(shapely.box(-1, -width / 2, length + 1, width / 2), turn, move)
        assert shapely.distance(neck, lobe.place) < 1.0


def _place(shape: shapely.Geometry, turn: float, move: np.ndarray) -> shapely.Geometry:
    cos, sin = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    matrix = np.array([[cos, sin], [-sin, cos]])
    return shapely.transform(shape, lambda xy: xy @ matrix + move)


def test_land_behind_land_is_told_at_both_necks() -> None:
    chain = [shapely.box(0, 0, 400, 400), shapely.box(400, 195, 450, 205)]
    chain += [shapely.box(450, 100, 650, 300), shapely.box(650, 190, 700, 210)]
    chain += [shapely.box(700, 150, 800, 250)]
    lobes = find_necks(shapely.union_all(chain), width_m=WIDTH_M, least_m2=5_000)
    assert [round(lobe.width_m) for lobe in lobes] == [10, 20]
    assert [round(lobe.land.area, -3) for lobe in lobes] == [50_000, 10_000]


def test_a_small_lobe_is_a_detail_of_the_outline() -> None:
    land = shapely.union_all(
        [
            shapely.box(0, 0, 400, 400),
            shapely.box(400, 195, 450, 205),
            shapely.box(450, 170, 510, 230),
        ]
    )
    assert find_necks(land, width_m=WIDTH_M, least_m2=5_000) == []
    assert len(find_necks(land, width_m=WIDTH_M, least_m2=3_000)) == 1


def test_the_households_beyond_a_neck_are_counted(make_divisions: Make) -> None:
    land = shapely.union_all(
        [
            shapely.box(0, 0, 400, 400),
            shapely.box(400, 195, 450, 205),
            shapely.box(450, 100, 650, 300),
        ]
    )
    homes = gpd.GeoDataFrame(
        {"households": [5, 7, 9]},
        geometry=[shapely.Point(9, 9), shapely.Point(451, 101), shapely.Point(600, 200)],
        crs=MEASURED,
    )
    found = find_interlocks(make_divisions(land), homes)
    assert found[["kind", "ids", "households"]].to_numpy().tolist() == [["neck", ("A",), 16]]


def test_a_border_is_tortuous_above_the_threshold_only() -> None:
    comb = draw_divisions("AAAAA\nABABA\nABABA\nABABA\nBBBBB")
    found = find_interlocks(comb)
    assert found["tortuosity"].tolist() == [pytest.approx(3.4)]
    assert found["length_m"].tolist() == [1700.0]
    assert found["straight_m"].tolist() == [500.0]
    assert find_interlocks(comb, thresholds=Thresholds(tortuosity=3.5)).empty
    assert find_interlocks(comb, thresholds=Thresholds(least_border_m=2000)).empty
    assert find_interlocks(draw_divisions("AAABBB\nAAABBB")).empty


def test_all_the_land_between_the_teeth_is_within_reach() -> None:
    found = find_interlocks(draw_divisions("AAAAA\nABABA\nABABA\nABABA\nBBBBB"))
    assert found["reach_share"].tolist() == [pytest.approx(1.0)]
    far = Thresholds(reach_m=10)
    wide = draw_divisions("AAAAA\nABABA\nABABA\nABABA\nBBBBB")
    assert find_interlocks(wide, thresholds=far)["reach_share"].iloc[0] < 0.3


def test_an_enclosed_part_is_no_tortuous_border() -> None:
    assert find_interlocks(draw_divisions("BBBBB\nBAAAB\nBAAAB\nBBBBB")).empty


def test_100_000_vertices_are_answered() -> None:
    angle = np.linspace(0, 2 * np.pi, 100_001)[:-1]
    radius = 5_000 + 50 * np.sin(angle * 900)
    ring = shapely.Polygon(np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]))
    assert find_necks(ring, width_m=WIDTH_M, least_m2=5_000) == []
