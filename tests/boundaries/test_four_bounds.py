"""The four bounds of a grid: rays against GEOS, and what is named."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import CRS

from gridmap.boundaries.four_bounds import RAYS, SIDES, _cast_rays, find_four_bounds

METRIC = CRS(4547)
EAST, SOUTH, WEST, NORTH = SIDES


def lattice(columns: int, rows: int, side: float = 100.0) -> gpd.GeoDataFrame:
    cells = [
        shapely.box(500000 + x * side, y * side, 500000 + (x + 1) * side, (y + 1) * side)
        for y in range(rows)
        for x in range(columns)
    ]
    return gpd.GeoDataFrame(index=[f"g{n}" for n in range(len(cells))], geometry=cells, crs=METRIC)


def marks(*rows: tuple[str, str, str]) -> gpd.GeoDataFrame:
    frame = gpd.GeoDataFrame(
        {"kind": [r[0] for r in rows], "name": [r[1] for r in rows], "class": ""},
        geometry=shapely.from_wkt([r[2] for r in rows]),
    )
    return frame.set_crs(METRIC)


def named(bounds: object) -> list[tuple[str, str]]:
    return [(b.kind, b.name) for b in bounds]  # type: ignore[attr-defined]


@pytest.mark.parametrize("seed", range(20))
def test_rays_meet_the_grid_where_geos_says(seed: int) -> None:
    random = np.random.default_rng(seed)
    angle = np.sort(random.uniform(0, 2 * np.pi, 40))
    size = random.uniform(0.3, 1, 40)[:, None]
    star = shapely.Polygon(1000 * size * np.column_stack([np.cos(angle), np.sin(angle)]))
    shape = star.buffer(0) if not star.is_valid else star
    far = shapely.transform(shape, lambda xy: xy + np.array([5000, 300]))
    both = shapely.MultiPolygon([p for g in (shape, far) for p in shapely.get_parts(g)])
    rays = _cast_rays(np.array([shape, both], dtype=object))
    west, south, east, north = shapely.bounds(both)
    assert np.bincount(rays.grid * 4 + rays.side).max() <= RAYS
    for grid, one in enumerate((shape, both)):
        west, south, east, north = shapely.bounds(one)
        for side in range(4):
            own = (rays.grid == grid) & (rays.side == side)
            for x, y in rays.at[own]:
                line = (
                    shapely.LineString([(west - 1, y), (east + 1, y)])
                    if side % 2 == 0
                    else shapely.LineString([(x, south - 1), (x, north + 1)])
                )
                hit = shapely.bounds(shapely.intersection(one, line))
                wanted = (hit[2], y), (x, hit[1]), (hit[0], y), (x, hit[3])
                assert (x, y) == pytest.approx(wanted[side], abs=1e-6)


def test_every_ray_of_a_grid_in_one_piece_meets_it() -> None:
    rays = _cast_rays(np.array(lattice(2, 2).geometry, dtype=object))
    assert np.bincount(rays.grid * 4 + rays.side).tolist() == [RAYS] * 16


def test_the_next_grid_and_the_edge_of_the_land_are_named() -> None:
    bounds = find_four_bounds(lattice(2, 1), None, metric_crs=METRIC)
    assert named(bounds.loc["g0", EAST]) == [("grid", "g1")]
    assert named(bounds.loc["g0", WEST]) == [("edge", "")]


def test_a_road_along_the_border_comes_before_what_lies_beyond() -> None:
    land = marks(
        ("road", "建设路", "LINESTRING (500100 -50, 500100 150)"),
        ("road", "横穿路", "LINESTRING (499900 50, 500300 50)"),
        (
            "compound",
            "锦绣花园",
            "POLYGON ((500100 0, 500200 0, 500200 100, 500100 100, 500100 0))",
        ),
    )
    bounds = find_four_bounds(lattice(2, 1), land, metric_crs=METRIC)
    assert named(bounds.loc["g0", EAST]) == [("road", "建设路")]
    assert named(bounds.loc["g1", WEST]) == [("road", "建设路")]
    assert named(bounds.loc["g1", NORTH]) == [("edge", "")]


def test_a_compound_beyond_is_named_and_ones_own_is_not() -> None:
    land = marks(
        (
            "compound",
            "锦绣花园",
            "POLYGON ((500105 0, 500200 0, 500200 100, 500105 100, 500105 0))",
        ),
        ("road", "", "LINESTRING (500100 -50, 500100 150)"),
    )
    bounds = find_four_bounds(lattice(2, 1), land, metric_crs=METRIC)
    assert named(bounds.loc["g0", EAST]) == [("compound", "锦绣花园")]
    assert named(bounds.loc["g1", WEST]) == [("road", "")]


def test_water_without_a_name_comes_before_a_compound() -> None:
    land = marks(
        ("river", "", "POLYGON ((500095 0, 500105 0, 500105 100, 500095 100, 500095 0))"),
        (
            "compound",
            "锦绣花园",
            "POLYGON ((500105 0, 500200 0, 500200 100, 500105 100, 500105 0))",
        ),
    )
    bounds = find_four_bounds(lattice(2, 1), land, metric_crs=METRIC)
    assert named(bounds.loc["g0", EAST]) == [("river", "")]


def test_two_names_share_a_side_the_longer_first_and_crumbs_are_not_named() -> None:
    land = marks(
        ("road", "长路", "LINESTRING (500100 0, 500100 60)"),
        ("road", "短路", "LINESTRING (500100 60, 500100 92)"),
        ("river", "沟", "LINESTRING (500100 95, 500100 100)"),
    )
    bounds = find_four_bounds(lattice(1, 1), land, metric_crs=METRIC)
    east = bounds.loc["g0", EAST]
    assert named(east) == [("road", "长路"), ("road", "短路")]
    assert sum(b.share for b in east) <= 1


def test_odd_land_has_an_answer() -> None:
    frame = gpd.GeoDataFrame(
        index=["empty", "none", "ring"],
        geometry=[
            shapely.Polygon(),
            None,
            shapely.box(0, 0, 100, 100) - shapely.box(40, 40, 60, 60),
        ],
        crs=METRIC,
    )
    bounds = find_four_bounds(frame, marks(("road", "路", "LINESTRING EMPTY")), metric_crs=METRIC)
    assert bounds.loc["empty"].tolist() == [(), (), (), ()]
    assert bounds.loc["none"].tolist() == [(), (), (), ()]
    assert named(bounds.loc["ring", EAST]) == [("edge", "")]


def test_grids_in_degrees_are_measured_in_metres_and_the_order_of_rows_does_not_matter() -> None:
    flat = lattice(4, 3)
    land = marks(("road", "建设路", "LINESTRING (500200 -50, 500200 350)"))
    bounds = find_four_bounds(flat, land, metric_crs=METRIC)
    turned = flat.sample(frac=1, random_state=3).to_crs(4490)
    again = find_four_bounds(turned, land.to_crs(4490), metric_crs=METRIC).loc[bounds.index]
    assert again.map(named).equals(bounds.map(named))
