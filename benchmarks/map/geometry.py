"""The page's own data, read back: is the land on it whole, and where it was?"""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.maps.outlines import LocalPlane
from gridmap.maps.packing import unpack_integers

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from gridmap.model import Plan

HOLE_M2 = 0.05
"""Below this a hole is a rounding of the projection, not land."""


def read_data(path: Path) -> dict[str, Any]:
    """Return the JSON block of a page."""
    page = path.read_text("utf-8")
    start = page.index('id="gridmap-data">') + len('id="gridmap-data">')
    return dict(json.loads(page[start : page.index("</script>", start)]))


def judge_page(path: Path, plan: Plan) -> dict[str, Any]:
    """Return what drawing did to the land, by GEOS' coverage functions.

    Returns
    -------
    dict
        ``tiles``: whether the grids drawn are a valid coverage (no overlap, no crossing);
        ``new_holes``: holes in all land together that the plan has not; ``shift_m`` of grids and
        ``building_shift_m``, the largest; ``strayed``: buildings whose middle is drawn in another
        grid than the plan's. Shift is measured between the nets of all borders, both ways: land
        thinner than a step of the page (0.1 m) is not drawn, and its border is its neighbour's.
    """
    data = read_data(path)
    shapes = np.asarray(plan.grids.geometry.to_numpy(), dtype=object)
    plane = LocalPlane(shapes)
    flat, drawn = plane.flatten(shapes), plane.flatten(_read_grids(data))
    row = {
        "tiles": bool(shapely.coverage_is_valid(drawn)),
        "valid": bool(shapely.is_valid(drawn).all()),
        "new_holes": _count_holes(drawn) - _count_holes(flat),
        "shift_m": _measure_shift(flat, drawn),
    }
    if "buildings" in data:
        row |= _judge_buildings(data["buildings"], plan, plane, drawn)
    return row


def _measure_shift(flat: NDArray[np.object_], drawn: NDArray[np.object_]) -> float:
    """Return how far a corner of a border lies from the other net, or a drawn grid from its own."""
    found = []
    for one, other in ((flat, drawn), (drawn, flat)):
        places, line = shapely.get_coordinates(
            shapely.get_rings(shapely.get_parts(other)), return_index=True
        )
        within = line[1:] == line[:-1]
        pieces = shapely.linestrings(np.stack([places[:-1], places[1:]], axis=1)[within])
        corners = shapely.points(np.unique(shapely.get_coordinates(one), axis=0))
        near = shapely.STRtree(pieces).query_nearest(corners, all_matches=False)[1]
        found.append(shapely.distance(corners, pieces[near]).max())
    corners, grid = shapely.get_coordinates(drawn, return_index=True)
    found.append(shapely.distance(flat[grid], shapely.points(corners)).max())
    return float(max(found))


def _judge_buildings(
    packed: dict[str, Any], plan: Plan, plane: LocalPlane, drawn: NDArray[np.object_]
) -> dict[str, Any]:
    buildings = plan.territory.units.buildings
    shapes = plane.flatten(np.asarray(buildings.geometry.to_numpy(), dtype=object))
    rings = plane.flatten(_read_footprints(packed))
    grid = plan.grids.index.get_indexer(plan.assignment.reindex(buildings["unit_id"]))
    near = shapely.STRtree(rings).query_nearest(shapely.centroid(shapes), all_matches=False)[1]
    middle = shapely.point_on_surface(rings[near])
    return {
        "buildings": len(rings),
        "building_shift_m": float(shapely.hausdorff_distance(shapes, rings[near]).max()),
        "strayed": int((~shapely.intersects(drawn[grid], middle)).sum()),
    }


def _count_holes(lands: NDArray[np.object_]) -> int:
    whole = shapely.get_parts(shapely.union_all(lands))
    rings = shapely.get_parts(shapely.get_rings(whole))
    return int((shapely.area(shapely.polygons(rings)) > HOLE_M2).sum()) - len(whole)


def _read_footprints(packed: dict[str, Any]) -> NDArray[np.object_]:
    points, starts = _read_lines(packed, packed)
    return np.array(
        [shapely.Polygon(points[start:end]) for start, end in pairwise(starts)],
        dtype=object,
    )


def _read_lines(packed: dict[str, Any], data: dict[str, Any]) -> tuple[Any, list[int]]:
    steps = unpack_integers(packed["steps"]).reshape(-1, 2)
    points = (np.cumsum(steps, axis=0) + np.array(data["origin"])) * data["step"]
    return points, [0, *np.cumsum(unpack_integers(packed["counts"])).tolist()]


def _read_grids(data: dict[str, Any]) -> NDArray[np.object_]:
    points, starts = _read_lines(data["arcs"], data)
    row = iter(unpack_integers(data["arcs"]["rings"]).tolist())

    def walk() -> NDArray[np.float64]:
        pieces = []
        for _ in range(next(row)):
            signed = next(row)
            arc = signed if signed >= 0 else -1 - signed
            piece = points[starts[arc] : starts[arc + 1]]
            pieces.append(piece if signed >= 0 else piece[::-1])
        return np.concatenate(pieces)

    grids = []
    for _ in data["grids"]["code"]:
        polygons = []
        for _ in range(next(row)):
            rings = [walk() for _ in range(next(row))]
            polygons.append((rings[0], rings[1:]))
        grids.append(shapely.MultiPolygon(polygons))
    return np.array(grids, dtype=object)
