"""Parts of divisions: main, detached, enclosed; and divisions inside another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.boundaries import Thresholds
from gridmap.boundaries.examples import MEASURED, draw_divisions
from gridmap.boundaries.parts import find_enclaves, find_parts

if TYPE_CHECKING:
    from collections.abc import Callable

    Make = Callable[..., gpd.GeoDataFrame]


def kinds(parts: gpd.GeoDataFrame) -> list[tuple[str, str, str]]:
    return list(zip(parts["division_id"], parts["kind"], parts["host_id"], strict=True))


def homes_at(*places: tuple[float, float, int]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"households": [n for _, _, n in places]},
        geometry=[shapely.Point(x, y) for x, y, _ in places],
        crs=MEASURED,
    )


def test_without_homes_the_largest_part_is_the_main_one() -> None:
    parts = find_parts(draw_divisions("ABBAA"))
    assert kinds(parts) == [("A", "main", ""), ("A", "detached", ""), ("B", "main", "")]
    assert parts["area_m2"].tolist() == [20_000.0, 10_000.0, 20_000.0]
    assert parts["households"].isna().all()


def test_with_homes_the_part_with_most_households_is_the_main_one(make_divisions: Make) -> None:
    large, small = shapely.box(0, 0, 10, 10), shapely.box(20, 0, 22, 2)
    divisions = make_divisions(shapely.MultiPolygon([large, small]))
    parts = find_parts(divisions, homes_at((5, 5, 3), (21, 1, 4)))
    assert parts["area_m2"].tolist() == [4.0, 100.0]
    assert parts["households"].tolist() == [4, 3]
    assert parts["distance_m"].tolist()[1] == 10.0


def test_hosts_are_told_by_the_length_of_the_common_border() -> None:
    parts = find_parts(draw_divisions("AABBBC\nAABAAC\nAABBBC"))
    part = parts[parts["kind"] == "detached"].iloc[0]
    assert part["hosts"] == (("B", 500.0, 5 / 6), ("C", 100.0, 1 / 6))
    assert part["distance_m"] == 100.0


def test_an_enclosed_part_has_its_whole_outer_ring_on_one_neighbour() -> None:
    enclosed = find_parts(draw_divisions("AABBB\nAABAB\nAABBB"))
    assert ("A", "enclosed", "B") in kinds(enclosed)
    at_the_edge = find_parts(draw_divisions("AABBB\nAABBA\nAABBB"))
    assert ("A", "detached", "") in kinds(at_the_edge)


def test_an_enclosed_part_may_itself_have_a_hole() -> None:
    parts = find_parts(draw_divisions("DBBBBB\nDBAAAB\nABACAB\nDBAAAB\nDBBBBB"))
    assert ("A", "main", "") in kinds(parts)
    assert ("A", "detached", "") in kinds(parts)
    turned = find_parts(draw_divisions("AAABBBBB\nAAABAAAB\nAAABACAB\nAAABAAAB\nAAABBBBB"))
    assert ("A", "enclosed", "B") in kinds(turned)


def test_land_that_touches_in_a_point_is_apart(make_divisions: Make) -> None:
    corner = shapely.MultiPolygon([shapely.box(0, 0, 9, 9), shapely.box(9, 9, 12, 12)])
    parts = find_parts(make_divisions(corner))
    assert parts["kind"].tolist() == ["main", "detached"]
    assert parts["touches_main"].tolist() == [False, True]
    assert parts["distance_m"].tolist()[1] == 0.0


@pytest.mark.parametrize(("gap", "number"), [(0.02, 1), (0.2, 2)])
def test_parts_along_each_other_within_the_tolerance_are_one(
    make_divisions: Make, gap: float, number: int
) -> None:
    split = shapely.MultiPolygon([shapely.box(0, 0, 9, 9), shapely.box(9 + gap, 0, 20, 9)])
    parts = find_parts(make_divisions(split))
    assert len(parts) == number
    assert parts["area_m2"].sum() == pytest.approx(split.area)


@pytest.mark.parametrize(("share", "kind"), [(0.994, "detached"), (0.996, "enclosed")])
def test_an_enclosed_part_shares_at_least_995_thousandths(
    make_divisions: Make, share: float, kind: str
) -> None:
    part = shapely.box(100, 100, 350, 350)  # a ring of 1000 m
    slot = shapely.box(100, 350, 100 + 1000 * (1 - share), 1000)
    around = shapely.difference(shapely.box(0, 0, 1000, 1000), shapely.union_all([part, slot]))
    body = shapely.box(2000, 0, 3000, 1000)
    parts = find_parts(make_divisions(shapely.MultiPolygon([body, part]), around))
    assert parts["kind"].tolist()[1] == kind


def test_a_ring_drawn_twice_with_other_vertices_is_still_enclosed(make_divisions: Make) -> None:
    part = shapely.Point(500, 500).buffer(100)
    hole = shapely.segmentize(shapely.Point(500.1, 500).buffer(100), 3)
    around = shapely.difference(shapely.box(0, 0, 1000, 1000), hole)
    body = shapely.box(2000, 0, 3000, 1000)
    divisions = make_divisions(shapely.MultiPolygon([body, part]), around)
    assert kinds(find_parts(divisions))[1] == ("A", "enclosed", "B")
    strict = Thresholds(border_m=0.0)
    assert kinds(find_parts(divisions, thresholds=strict))[1] == ("A", "detached", "")


def test_a_part_on_top_of_another_division_is_enclosed_by_it(make_divisions: Make) -> None:
    part, body = shapely.box(100, 100, 200, 200), shapely.box(2000, 0, 3000, 1000)
    divisions = make_divisions(shapely.MultiPolygon([body, part]), shapely.box(0, 0, 1000, 1000))
    assert kinds(find_parts(divisions))[1] == ("A", "enclosed", "B")


def test_a_division_inside_another_is_an_enclave() -> None:
    enclaves = find_enclaves(draw_divisions("BBBBC\nBABBC\nBBBBC"))
    assert enclaves[["division_id", "host_id", "area_m2"]].to_numpy().tolist() == [
        ["A", "B", 10_000.0]
    ]
    assert find_enclaves(draw_divisions("ABBBC\nBABBC\nBBBBC")).empty


def test_the_same_outline_twice_is_no_enclave(make_divisions: Make) -> None:
    assert find_enclaves(make_divisions(*[shapely.box(0, 0, 900, 900)] * 2)).empty


def test_the_way_along_roads_is_measured(make_divisions: Make) -> None:
    divisions = make_divisions(
        shapely.MultiPolygon([shapely.box(0, 0, 200, 100), shapely.box(500, 0, 600, 100)])
    )
    road = shapely.LineString([(150, 50), (150, 450), (550, 450), (550, 50)])
    roads = gpd.GeoDataFrame(geometry=[road], crs=MEASURED)
    part = find_parts(divisions, None, roads).iloc[1]
    assert part["distance_m"] == 300.0
    assert part["road_distance_m"] == 1200.0
    broken = gpd.GeoDataFrame(geometry=[shapely.LineString([(150, 50), (150, 90)])], crs=MEASURED)
    assert np.isnan(find_parts(divisions, None, broken).iloc[1]["road_distance_m"])


def test_a_ring_of_100_000_vertices_is_answered(make_divisions: Make) -> None:
    angle = np.linspace(0, 2 * np.pi, 100_001)[:-1]
    radius = 5_000 + 50 * np.sin(angle * 900)
    lake = shapely.Polygon(np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]))
    around = shapely.difference(shapely.box(-9_000, -9_000, 9_000, 9_000), lake)
    far = shapely.box(20_000, 0, 40_000, 9_000)
    parts = find_parts(make_divisions(shapely.MultiPolygon([far, lake]), around))
    assert kinds(parts)[1] == ("A", "enclosed", "B")


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_planted_parts_are_all_found_and_no_other(seed: int) -> None:
    random = np.random.default_rng(seed)
    side = 12
    land = np.full((side, side), "B")
    land[:, :3] = "A"  # the body of A, apart from every planted part by column 3
    cells = [(r, c) for r in range(1, side - 1, 2) for c in range(4, side, 2)]
    chosen = random.permutation(len(cells))[: random.integers(0, len(cells))]
    planted = [cells[n] for n in chosen]
    for r, c in planted:
        land[r, c] = "A"
    parts = find_parts(draw_divisions("\n".join("".join(row) for row in land)))
    found = parts[parts["kind"] != "main"]
    assert len(found) == len(planted)
    inner = [(r, c) for r, c in planted if 0 < r < side - 1 and c < side - 1]
    assert (found["kind"] == "enclosed").sum() == len(inner)
    distances = sorted(round(m) for m in found["distance_m"])
    assert distances == sorted(100 * (c - 3) for _, c in planted)
