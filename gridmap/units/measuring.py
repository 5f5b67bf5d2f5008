"""Lengths and areas in metres, and the plane in which cells are grown.

Topology lives in lon/lat degrees; what is reported in metres is measured in the job's one metric
projection. Cells are grown in a *local plane*: degrees scaled to metres by two constants, so that
a straight line stays straight and going back and forth moves nothing by more than rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from pyproj import Transformer

if TYPE_CHECKING:
    from pyproj import CRS

    from gridmap.units.arrays import Floats, Geometries


EARTH_RADIUS_M = 6_371_008.8
"""Mean radius of the Earth (IUGG), in metres; only scales the local plane."""


@dataclass(frozen=True, slots=True)
class LocalPlane:
    """An affine plane in metres around a centre: x = (lon - lon0) * sx, y = (lat - lat0) * sy.

    Attributes
    ----------
    lon, lat
        The centre, in degrees.
    sx, sy
        Metres a degree along the parallel and along the meridian of the centre.

    Examples
    --------
    >>> plane = LocalPlane.around(113.0, 23.0)
    >>> there = plane.to_metres(np.array([[113.001, 23.001]]))
    >>> there.round(1).tolist()
    [[102.4, 111.2]]
    >>> plane.to_degrees(there).round(12).tolist()
    [[113.001, 23.001]]
    """

    lon: float
    lat: float
    sx: float
    sy: float

    @classmethod
    def around(cls, lon: float, lat: float) -> LocalPlane:
        """Return the plane around a centre in degrees."""
        metres = np.pi * EARTH_RADIUS_M / 180.0
        return cls(lon, lat, float(metres * np.cos(np.radians(lat))), float(metres))

    def to_metres(self, points: Floats) -> Floats:
        """Turn (n, 2) degrees into (n, 2) metres from the centre."""
        return np.column_stack(
            [(points[:, 0] - self.lon) * self.sx, (points[:, 1] - self.lat) * self.sy]
        )

    def to_degrees(self, points: Floats) -> Floats:
        """Turn (n, 2) metres from the centre into (n, 2) degrees."""
        return np.column_stack(
            [points[:, 0] / self.sx + self.lon, points[:, 1] / self.sy + self.lat]
        )


def measure_polygons(geometries: Geometries, *, crs: CRS, metric_crs: CRS) -> tuple[Floats, Floats]:
    """Measure areas and perimeters.

    Parameters
    ----------
    geometries
        (n,) polygons or multipolygons in lon/lat degrees.
    crs, metric_crs
        Where they are stored; where they are measured.

    Returns
    -------
    tuple
        (n,) areas in square metres and (n,) perimeters in metres, holes included.

    Notes
    -----
    Source: FIELD.md section 5: one 3-degree zone for the whole job, area error <= 5e-4.
    """
    measured = project_geometries(geometries, crs=crs, metric_crs=metric_crs)
    return shapely.area(measured), shapely.length(measured)


def measure_segments(start: Floats, end: Floats, *, crs: CRS, metric_crs: CRS) -> Floats:
    """Measure straight segments given by their (n, 2) ends in degrees; (n,) metres."""
    move = Transformer.from_crs(crs, metric_crs, always_xy=True)
    x0, y0 = move.transform(start[:, 0], start[:, 1])
    x1, y1 = move.transform(end[:, 0], end[:, 1])
    return np.asarray(np.hypot(x1 - x0, y1 - y0), dtype=np.float64)


def project_geometries(geometries: Geometries, *, crs: CRS, metric_crs: CRS) -> Geometries:
    """Return the geometries with every vertex in the metric projection."""
    move = Transformer.from_crs(crs, metric_crs, always_xy=True)

    def moved(points: Floats) -> Floats:
        return np.column_stack(move.transform(points[:, 0], points[:, 1]))

    result: Geometries = shapely.transform(np.asarray(geometries, dtype=object), moved)
    return result
