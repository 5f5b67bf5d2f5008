"""The land as it is drawn: where names stand on it, and lines from exclaves to their owners."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.maps.outlines import STEP_DEG, LocalPlane, simplify_together
from gridmap.maps.packing import pack_integers

if TYPE_CHECKING:
    import geopandas as gpd

    from gridmap.maps.outlines import Arcs

Shift = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""From (n, 2) lon and lat in degrees to the same in another datum."""
LINK_INSIDE_M = 60.0
"""How far into the owner's land the line from an exclave ends: gridmap's own default."""
LABEL_SHARE = 50
"""The place of a label is sought to this fraction of the width of its land."""


@dataclass(frozen=True)
class Ground:
    """Simplified land in metres, and the way from there to the steps of the page.

    Attributes
    ----------
    plane
        Metres around the middle of the district.
    lands
        (grids,) polygons in metres, simplified together.
    origin
        (lon, lat) of the page's origin in whole steps.
    shift
        What moves points to the datum in which the page is drawn; None for that of the plan.
    """

    plane: LocalPlane
    lands: NDArray[np.object_]
    origin: NDArray[np.int64]
    shift: Shift | None = None

    @classmethod
    def of(cls, grids: gpd.GeoDataFrame, shift: Shift | None = None) -> Ground:
        """Return the ground of some grids; its origin is the south-western corner."""
        shapes = np.asarray(grids.geometry.array, dtype=object)
        plane = LocalPlane(shapes)
        corner = np.floor(shapely.total_bounds(shapes)[:2] / STEP_DEG).astype(np.int64)
        return cls(plane, simplify_together(plane.flatten(shapes)), corner, shift)

    def count_steps(self, geometry: shapely.Geometry) -> NDArray[np.int64]:
        """Return the points of a geometry in metres as whole steps from the origin, (n, 2)."""
        return self.count_degrees(shapely.get_coordinates(self.plane.unflatten(geometry)))

    def count_degrees(self, points: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return points (n, 2) in degrees as whole steps from the origin, (n, 2)."""
        moved = self.shift(points) if self.shift else points
        return np.rint(moved / STEP_DEG).astype(np.int64) - self.origin

    def move_arcs(self, arcs: Arcs) -> Arcs:
        """Return arcs in the datum of the page."""
        if self.shift is None:
            return arcs
        points = ((arcs.points + self.origin) * STEP_DEG).astype(np.float64)
        return replace(arcs, points=self.count_degrees(points))

    def unite(self, chosen: NDArray[np.bool_]) -> shapely.Geometry:
        """Return the land of some grids in one, or an empty polygon."""
        return shapely.union_all(self.lands[chosen]) if chosen.any() else shapely.Polygon()

    def pack_places(self, lands: NDArray[np.object_]) -> str:
        """Pack x, y (steps from the origin) and the room in decimetres for a label on each land."""
        places = find_label_places(lands)
        middles = [shapely.Point(at) for at in places[:, :2]]
        steps = self.count_steps(shapely.GeometryCollection(middles)).reshape(-1, 2)
        rows = np.column_stack([steps, np.rint(places[:, 2:] * 10)]).astype(np.int64)
        return pack_integers(rows.ravel())

    def draw_links(
        self, owners: NDArray[np.int64], is_exclave: NDArray[np.bool_]
    ) -> list[NDArray[np.int64]]:
        """Return for each exclave a line from its middle to its owner's main land, or no point."""
        links = []
        for place in np.flatnonzero(is_exclave).tolist():
            main = self.lands[(owners == owners[place]) & ~is_exclave]
            line = np.zeros((0, 2), dtype=np.int64)
            if len(main):
                middle = find_label_places(self.lands[[place]])[0, :2]
                line = self.count_steps(_reach(middle, shapely.get_parts(main)))
            links.append(line)
        return links


def find_label_places(lands: NDArray[np.object_]) -> NDArray[np.float64]:
    """Find the middle of the widest place of each land, and the room around it.

    Parameters
    ----------
    lands
        (n,) polygons or multipolygons in metres, none empty.

    Returns
    -------
    ndarray
        (n, 3) x, y and the radius of the largest circle there, in metres.

    Examples
    --------
    >>> square = shapely.from_wkt(["POLYGON ((0 0, 8 0, 8 8, 0 8, 0 0))"])
    >>> find_label_places(square).round().tolist()
    [[4.0, 4.0, 4.0]]
    """
    if len(lands) == 0:
        return np.zeros((0, 3))
    bounds = shapely.bounds(lands)
    wide = np.maximum(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1])
    spokes = shapely.maximum_inscribed_circle(lands, np.maximum(wide / LABEL_SHARE, 0.01))
    ends = shapely.get_coordinates(spokes).reshape(-1, 2, 2)
    room = np.hypot(*(ends[:, 1] - ends[:, 0]).T)
    return np.column_stack([ends[:, 0], room])


def _reach(middle: NDArray[np.float64], parts: NDArray[np.object_]) -> shapely.LineString:
    """Return the shortest line from a point to land, carried a little way into it."""
    land = shapely.MultiPolygon(list(parts))
    start, end = shapely.get_coordinates(shapely.shortest_line(shapely.Point(middle), land))
    length = float(np.hypot(*(end - start)))
    if length == 0:
        return shapely.LineString([start, end])
    inside = end + (end - start) / length * LINK_INSIDE_M
    within = bool(shapely.intersects_xy(land, *inside))
    return shapely.LineString([start, inside if within else end])
