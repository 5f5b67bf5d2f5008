"""Outlines of buildings on the map: where they stand, and nothing else about them.

No id, name, number, floor or household goes with an outline, and the order in which they are
stored follows the ground alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.errors import InvalidOption
from gridmap.maps.outlines import METRES_A_DEGREE, STEP_DEG, TOLERANCE_M, LocalPlane
from gridmap.maps.packing import pack_integers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.maps.ground import Shift
    from gridmap.model import Plan

FOOTPRINT_STEP_DEG = 5 * STEP_DEG
"""Corners of buildings are whole multiples of this, about 0.5 m: gridmap's own default."""
STRIP_M = 250.0
"""Buildings are stored in strips of this height, west to east, to keep the steps short."""


def pack_footprints(plan: Plan, shift: Shift | None = None) -> dict[str, Any]:
    """Return the outlines of a plan's buildings as the page reads them.

    Parameters
    ----------
    plan
        With polygons among the ``buildings`` of its units.
    shift
        Moves (n, 2) points in degrees into the datum of a basemap, or None.

    Returns
    -------
    dict
        ``step`` in degrees, ``origin`` (lon, lat in steps), and ``counts`` and ``steps`` of rings
        as in `gridmap.maps.outlines.pack_lines`; a ring's first point is not repeated at its end,
        outer rings run anticlockwise and courts clockwise.

    Raises
    ------
    InvalidOption
        When the plan knows no building's outline.

    Notes
    -----
    No corner moves by more than `TOLERANCE_M` and half a step's diagonal, about 1.4 m in all.
    A building thinner than a step becomes a line, and is drawn as one.

    Examples
    --------
    >>> from gridmap import Rules, make_plan
    >>> from gridmap.testing import draw_territory
    >>> plan = make_plan(draw_territory("AB", households=400), rules=Rules.preset())
    >>> pack_footprints(plan)
    Traceback (most recent call last):
    gridmap.errors.InvalidOption: The plan holds no outline of a building to draw. ...
    """
    shapes = _list_polygons(plan)
    if len(shapes) == 0:
        raise InvalidOption(
            "The plan holds no outline of a building to draw.",
            "方案中没有可绘制的楼栋轮廓。",
            cure_en="Plan from a layer of buildings with outlines, or draw the map without them.",
            cure_zh="请用带轮廓的楼栋图层重新划分，或不绘制楼栋。",
        )
    plane = LocalPlane(shapes)
    flat = shapely.simplify(plane.flatten(shapes), TOLERANCE_M)
    flat = flat[_order_by_strips(flat)]
    steps = shapely.transform(
        plane.unflatten(shapely.orient_polygons(flat)),
        lambda at: np.rint((shift(at) if shift else at) / FOOTPRINT_STEP_DEG),
    )
    points, counts = _open_rings(shapely.get_rings(steps))
    origin = points.min(axis=0)
    between = np.diff(points - origin, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    return {
        "step": FOOTPRINT_STEP_DEG,
        "origin": origin.tolist(),
        "counts": pack_integers(counts),
        "steps": pack_integers(between.ravel()),
    }


def _list_polygons(plan: Plan) -> NDArray[np.object_]:
    """Return every polygon of every building once, in degrees.

    A building of several units has a row for each of them, all with its outline.
    """
    buildings = plan.territory.units.buildings
    if buildings is None or buildings.empty:
        return np.empty(0, dtype=object)
    shapes = np.asarray(buildings.geometry.to_numpy(), dtype=object)
    parts = shapely.get_parts(shapes[~shapely.is_missing(shapes)])
    areal = (shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(parts)
    distinct: NDArray[np.object_] = shapely.from_wkb(np.unique(shapely.to_wkb(parts[areal])))
    return distinct


def _order_by_strips(shapes: NDArray[np.object_]) -> NDArray[np.int64]:
    """Return the order in which neighbours follow each other: strips, walked to and fro."""
    x, y = shapely.get_coordinates(shapely.centroid(shapes)).T
    strip = np.floor(y / STRIP_M).astype(np.int64)
    order: NDArray[np.int64] = np.lexsort((y, np.where(strip % 2 == 0, x, -x), strip))
    return order


def _open_rings(rings: NDArray[np.object_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the points of rings in whole steps, and how many each has.

    No point stands twice in a row, and the last of a ring is not its first again.
    """
    places, ring = shapely.get_coordinates(rings, return_index=True)
    points = places.astype(np.int64)
    begins = np.append(True, ring[1:] != ring[:-1])
    kept = begins | np.append(True, (points[1:] != points[:-1]).any(axis=1))
    points, ring, begins = points[kept], ring[kept], begins[kept]
    ends = np.append(ring[1:] != ring[:-1], True) & ~begins
    return points[~ends], np.bincount(ring[~ends], minlength=len(rings)).astype(np.int64)


def bound_shift_m() -> float:
    """Return how far a corner of an outline may lie from where it was, in metres.

    Examples
    --------
    >>> round(bound_shift_m(), 2)
    1.39
    """
    return TOLERANCE_M + FOOTPRINT_STEP_DEG * METRES_A_DEGREE / 2 * 2**0.5
