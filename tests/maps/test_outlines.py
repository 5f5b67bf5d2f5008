"""Shared borders: each once, no gap, no overlap, no visible shift."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.maps.outlines import (
    OUTSIDE,
    STEP_DEG,
    TOLERANCE_M,
    Arcs,
    LocalPlane,
    pack_arcs,
    simplify_together,
    trace_arcs,
)
from gridmap.maps.packing import unpack_integers

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridmap.model import Plan, Units


def rebuild(arcs: Arcs, step: float = STEP_DEG) -> np.ndarray:
    """Return the polygons that a reader of the arcs draws, in degrees."""
    points = (arcs.points + np.array(arcs.origin)) * step

    def walk(ring: tuple[int, ...]) -> np.ndarray:
        pieces = []
        for signed in ring:
            arc = signed if signed >= 0 else -1 - signed
            piece = points[arcs.starts[arc] : arcs.starts[arc + 1]]
            pieces.append(piece if signed >= 0 else piece[::-1])
        for before, after in zip(pieces, pieces[1:] + pieces[:1], strict=True):
            assert (before[-1] == after[0]).all()
        return np.concatenate(pieces)

    return np.array(
        [
            shapely.MultiPolygon([(walk(p[0]), [walk(h) for h in p[1:]]) for p in polygons])
            for polygons in arcs.rings
        ],
        dtype=object,
    )


def flatten_plan(plan: Plan) -> tuple[LocalPlane, np.ndarray]:
    shapes = np.asarray(plan.grids.geometry.array, dtype=object)
    plane = LocalPlane(shapes)
    return plane, plane.flatten(shapes)


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 1000), count=st.integers(12, 60))
def test_what_is_drawn_tiles_and_shifts_less_than_two_metres(
    draw_patchwork: Callable[..., Plan], seed: int, count: int
) -> None:
    plane, flat = flatten_plan(draw_patchwork(count, seed=seed))
    arcs = trace_arcs(plane.unflatten(simplify_together(flat)))
    drawn = plane.flatten(rebuild(arcs))
    assert shapely.is_valid(drawn).all()
    assert shapely.coverage_is_valid(drawn)
    assert shapely.hausdorff_distance(flat, drawn).max() < 2.0
    assert shapely.area(drawn).sum() == pytest.approx(shapely.union_all(drawn).area, rel=1e-12)


ONE_CM = 1e-7
"""In degrees. A border shorter than the page can draw may shrink to a point there."""


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 1000))
def test_every_arc_has_the_grids_that_touch_it_on_its_sides(
    draw_patchwork: Callable[..., Plan], seed: int
) -> None:
    plan = draw_patchwork(25, seed=seed)
    shapes = np.asarray(plan.grids.geometry.array, dtype=object)
    arcs = trace_arcs(shapes)
    used = {s if s >= 0 else -1 - s for g in arcs.rings for p in g for r in p for s in r}
    assert used == set(range(len(arcs.sides)))
    assert (arcs.sides[:, 0] != OUTSIDE).all()
    tree = shapely.STRtree(shapes)
    a, b = tree.query(shapes, predicate="intersects")
    shared = shapely.length(shapely.intersection(shapes[a], shapes[b]))
    pairs = np.column_stack([a, b])
    drawn = {tuple(pair) for pair in arcs.neighbours().tolist()}
    assert drawn >= {tuple(pair) for pair in pairs[(a < b) & (shared > ONE_CM)].tolist()}
    assert drawn <= {tuple(pair) for pair in pairs[(a < b) & (shared > 0)].tolist()}


def test_the_sample_district_is_drawn_without_gap_or_shift(sample_units: Units) -> None:
    shapes = np.asarray(sample_units.frame.geometry.array, dtype=object)
    plane = LocalPlane(shapes)
    flat = plane.flatten(shapes)
    drawn = plane.flatten(rebuild(trace_arcs(plane.unflatten(simplify_together(flat)))))
    assert shapely.coverage_is_valid(drawn)
    assert shapely.area(drawn).sum() == pytest.approx(shapely.area(flat).sum(), rel=1e-4)
    assert furthest(shapely.boundary(flat), shapely.boundary(drawn)) < 2.0
    assert furthest(shapely.boundary(drawn), shapely.boundary(flat)) < 2.0


def furthest(lines: np.ndarray, others: np.ndarray) -> float:
    """Return the largest distance from a point of some lines to the nearest of the others."""
    points = shapely.points(np.unique(shapely.get_coordinates(lines), axis=0))
    nearest = shapely.STRtree(others).query_nearest(points, all_matches=False, return_distance=True)
    return float(nearest[1].max())


def test_a_border_between_two_grids_is_stored_once() -> None:
    shapes = shapely.from_wkt(
        ["POLYGON ((0 0, 2 0, 2 1, 2 2, 0 2, 0 0))", "POLYGON ((2 0, 4 0, 4 2, 2 2, 2 1, 2 0))"]
    )
    arcs = trace_arcs(shapes, step=1.0)
    assert sorted(np.diff(arcs.starts).tolist()) == [3, 4, 4]


def test_an_enclosed_grid_is_the_hole_of_its_neighbour() -> None:
    ring = "1 1, 2 1, 2 2, 1 2, 1 1"
    shapes = shapely.from_wkt(
        [f"POLYGON ((0 0, 3 0, 3 3, 0 3, 0 0), ({ring}))", f"POLYGON (({ring}))"]
    )
    arcs = trace_arcs(shapes, step=0.5)
    assert len(arcs.sides) == 2
    assert shapely.equals(rebuild(arcs, 0.5), shapes).all()


def test_grids_in_several_parts_and_grids_that_meet_in_a_point_survive() -> None:
    shapes = shapely.from_wkt(
        [
            "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 1, 0 0)), ((1 1, 2 1, 2 2, 1 2, 1 1)))",
            "POLYGON ((1 0, 2 0, 2 1, 1 1, 1 0))",
        ]
    )
    assert shapely.equals(rebuild(trace_arcs(shapes, step=0.5), 0.5), shapes).all()


def test_simplifying_never_moves_a_border_further_than_allowed() -> None:
    spike = "POLYGON ((0 0, 50 0, 50.2 9, 50.4 0, 100 0, 100 100, 0 100, 0 0))"
    shapes = shapely.from_wkt([spike])
    simple = simplify_together(shapes, tolerance_m=TOLERANCE_M)
    assert shapely.hausdorff_distance(shapes, simple).max() <= TOLERANCE_M


def test_a_speck_smaller_than_a_step_has_no_land_and_no_error() -> None:
    shapes = shapely.from_wkt(
        ["POLYGON ((0 0, 1 0, 1 1, 0 1, 0 0))", "POLYGON ((3 3, 3.01 3, 3.01 3.01, 3 3))"]
    )
    assert trace_arcs(shapes, step=0.5).rings[1] == ()


def test_packed_arcs_hold_the_same_numbers(draw_patchwork: Callable[..., Plan]) -> None:
    plan = draw_patchwork(20)
    arcs = trace_arcs(np.asarray(plan.grids.geometry.array, dtype=object))
    packed = pack_arcs(arcs)
    steps = unpack_integers(packed["steps"]).reshape(-1, 2)
    assert (np.cumsum(steps, axis=0) == arcs.points).all()
    assert unpack_integers(packed["counts"]).tolist() == np.diff(arcs.starts).tolist()
