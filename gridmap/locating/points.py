"""A point -> the grid it is in, and how near the border is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely
from pyproj import Geod

from gridmap.locating.placements import MAX_CANDIDATES, Candidate, Placement
from gridmap.locating.zones import add_zones_of_point

if TYPE_CHECKING:
    from gridmap.locating.conversion import Converted
    from gridmap.locating.releases import Release

FAR_DEGREES = 3.0
"""A point further from the grids than this is measured on the ellipsoid, not in the plane of the
plan's zone, which is only true near it."""

NEAREST_M = 10_000.0
"""Beyond this distance in metres no grid is offered as the nearest. gridmap's own default."""

ON_BORDER_M = 0.005
"""A point nearer to a border than this lies on it: half of what an answer's metres show."""

_ELLIPSOID = Geod(ellps="GRS80")


class Surroundings(NamedTuple):
    """What lies around a point.

    Attributes
    ----------
    holding
        Positions of the grids that hold or touch it.
    near
        Position and distance in metres of the grids within the tolerance, or of the nearest grid
        when there is none; nearest first.
    margin_m
        Metres to the nearest border of a grid.
    """

    holding: tuple[int, ...]
    near: tuple[tuple[int, float], ...]
    margin_m: float


def locate_point(release: Release, x: float, y: float, *, datum: str) -> Placement:
    """Find the grid of a point.

    Parameters
    ----------
    release
        As returned by `open_release`.
    x, y
        Longitude and latitude in degrees, or easting and northing of an EPSG system.
    datum
        ``cgcs2000``, ``wgs84``, ``gcj02``, ``bd09`` or ``EPSG:n``; there is no default.

    Returns
    -------
    Placement
        ``boundary`` with all candidates when the point is nearer to a border than the datum is
        exact; ``outside`` with the nearest grid and its distance when it is in no grid, without a
        grid beyond `NEAREST_M`.

    Raises
    ------
    InvalidOption
        When no datum is declared or the numbers are no place on Earth.
    UnknownName
        When the datum is not known.

    Notes
    -----
    Source: FIELD.md section 5: the datum is declared, never guessed; a point converted from
    gcj02 or bd09 within 10 m of a border is flagged.

    Examples
    --------
    >>> from gridmap.locating import open_release
    >>> from gridmap.locating.examples import draw_plan
    >>> release = open_release(draw_plan())
    >>> answer = locate_point(release, 113.1005, 22.9995, datum="cgcs2000")
    >>> answer.status, answer.decision, answer.confidence
    ('unique', 'auto', 'high')
    >>> locate_point(release, 114.0, 23.0, datum="wgs84").status
    'outside'
    """
    return place_point(release, release.conversion.convert(float(x), float(y), datum=datum))


def place_point(release: Release, point: Converted) -> Placement:
    """Find the grid of a converted point, and the zones below it; see `locate_point`."""
    return add_zones_of_point(release, _find_grid(release, point), point.lon, point.lat)


def _find_grid(release: Release, point: Converted) -> Placement:
    around = look_around(release, point.lon, point.lat, point.tolerance_m)
    near = around.margin_m <= point.tolerance_m
    listed = around.near[:MAX_CANDIDATES]
    candidates = tuple(Candidate(release.grids[n], distance_m=_round(d)) for n, d in listed)
    answer = Placement(
        "none",
        "outside",
        candidates=candidates,
        faults=("outside",),
        level="point",
        lon=round(point.lon, 8),
        lat=round(point.lat, 8),
        datum=point.datum,
        margin_m=_round(around.margin_m),
        tolerance_m=point.tolerance_m,
    )
    if near or len(around.holding) > 1:
        only = len(around.holding) == 1 and around.margin_m > ON_BORDER_M
        return replace(
            answer,
            decision="review",
            status="boundary",
            grid=release.grids[around.holding[0]] if only else None,
            confidence="low",
            faults=("on_border" if around.holding and not only else "near_border",),
        )
    if not around.holding:
        if around.margin_m > NEAREST_M:
            return replace(answer, candidates=(), faults=("far_outside",))
        return answer
    return replace(
        answer,
        decision="auto",
        status="unique",
        grid=release.grids[around.holding[0]],
        confidence="high",
        candidates=(),
        faults=(),
    )


def look_around(release: Release, lon: float, lat: float, tolerance_m: float) -> Surroundings:
    """Return the grids that hold a point, those within a tolerance, and the nearest border.

    Parameters
    ----------
    lon, lat
        Degrees in the stored system.
    tolerance_m
        Metres.

    Notes
    -----
    Which grid holds a point is decided in degrees as stored, where the grids tile exactly; only
    distances are measured in metres.
    """
    point = shapely.Point(lon, lat)
    holding = tuple(sorted(release.tree.query(point, predicate="intersects").tolist()))
    if _is_far(release, lon, lat):
        return _look_far(release, point, holding)
    x, y = release.to_metric.transform(lon, lat)
    place = shapely.Point(x, y)
    if len(holding) == 1:
        margin = float(shapely.distance(release.borders[holding[0]], place))
        if margin > tolerance_m:
            return Surroundings(holding, ((holding[0], 0.0),), margin)
    else:
        margin = 0.0
    grids = release.metric_tree.query(place, predicate="dwithin", distance=tolerance_m)
    if len(grids) == 0:
        grids = np.atleast_1d(release.metric_tree.query_nearest(place))
    shapes = release.metric_tree.geometries
    near = [
        (0.0 if n in holding else float(shapely.distance(shapes[n], place)), n)
        for n in sorted({*grids.tolist(), *holding})
    ]
    near.sort(key=lambda item: (item[0], item[1] not in holding, release.grids[item[1]].code))
    if not holding:
        margin = near[0][0]
    return Surroundings(holding, tuple((n, d) for d, n in near), margin)


def _is_far(release: Release, lon: float, lat: float) -> bool:
    west, south, east, north = release.conversion.bounds
    beyond = max(west - lon, lon - east, south - lat, lat - north)
    return beyond > FAR_DEGREES


def _look_far(release: Release, point: shapely.Point, holding: tuple[int, ...]) -> Surroundings:
    """Measure from a far point to the grid that is nearest in degrees."""
    nearest = int(np.atleast_1d(release.tree.query_nearest(point))[0])
    line = shapely.shortest_line(release.tree.geometries[nearest], point)
    (a, b), (c, d) = shapely.get_coordinates(line).tolist()
    distance = float(_ELLIPSOID.inv(a, b, c, d)[2])
    return Surroundings(holding, ((nearest, distance),), distance)


def _round(metres: float) -> float:
    """Return metres to the centimetre."""
    return round(metres, 2)
