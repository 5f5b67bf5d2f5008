"""Reach: the land and the households within a walk of a station (15分钟服务圈).

A walk starts at the station, straight to the nearest road, along the network, and straight to the
home. Every metre counts, on the road and off it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gridmap.boundaries.network_walks import (
    ACCESS_M,
    RoadPlaces,
    join_places,
    take_points,
    walk_to_nodes,
    walk_to_places,
)
from gridmap.boundaries.reach_findings import say_homes, say_speed, say_stations
from gridmap.boundaries.reach_inputs import take_households, take_ids
from gridmap.boundaries.reach_options import check_metre_crs, check_number
from gridmap.boundaries.reach_shares import ROUNDING_M, cover_divisions
from gridmap.boundaries.reached_land import (
    BESIDE_M,
    cover_land,
    find_reached_stretches,
    order_edges,
)
from gridmap.errors import InvalidOption

if TYPE_CHECKING:
    import geopandas as gpd

    from gridmap.boundaries.road_noding import Floats, Geometries, Ints, Texts
    from gridmap.boundaries.walking_network import WalkingNetwork
    from gridmap.findings import Finding

SPEED_M_S = 1.2
"""Walking speed, metres a second: the middle of 1.0-1.4 (issue 4 point 6); 15 minutes are 1,080 m,
about the 800-1,000 m of GB 50180-2018 with crossings and lights."""
MINUTES = (5.0, 10.0, 15.0)
BLOCK = 64
"""Stations walked from at a time, so that memory stays small; the result does not depend on it."""


@dataclass(frozen=True)
class Reach:
    """What is within a walk of each station, and what is not.

    Attributes
    ----------
    areas
        One row a station and limit: ``station_id``, ``name``, ``minutes``, ``limit_m``,
        ``area_m2``, ``road_m`` (reached road), ``households``, and the land.
    homes
        One row a home, in the index of the input: ``households``, ``station_id`` (the nearest by
        foot, or ``""``), ``walk_m``, ``minutes``, ``off_road_m``, and ``state``: ``reached``,
        ``far_from_road``, ``other_piece`` (no way to any station) or ``no_place``.
    divisions
        One row a division and limit: ``division_id``, ``minutes``, ``households``,
        ``households_within``, ``household_share``, ``area_m2``, ``area_within_m2``,
        ``area_share``; a share of nothing is 1.
    speed_m_s
        Metres a second.
    findings
        Stations and homes without a way, and what was taken for what it was not.
    """

    areas: gpd.GeoDataFrame
    homes: pd.DataFrame
    divisions: pd.DataFrame
    speed_m_s: float
    findings: tuple[Finding, ...]

    @property
    def unreachable(self) -> pd.DataFrame:
        """The homes from which no station can be reached at any time (a copy)."""
        return self.homes[self.homes["state"] != "reached"].copy()


def measure_reach(
    network: WalkingNetwork,
    stations: gpd.GeoDataFrame,
    *,
    homes: gpd.GeoDataFrame | None = None,
    divisions: gpd.GeoDataFrame | None = None,
    minutes: Iterable[float] | float = MINUTES,
    speed_m_s: float = SPEED_M_S,
    access_m: float = ACCESS_M,
    beside_m: float = BESIDE_M,
) -> Reach:
    """Measure the land and the households within a walk of each station.

    Parameters
    ----------
    network
        As of `gridmap.boundaries.walking_network.build_walking_network`.
    stations
        Points with ``station_id`` and, if known, ``name``; the CRS of the network.
    homes
        Points with ``households`` (1 each when the column is absent).
    divisions
        Polygons with ``division_id``, for the share of each that is covered.
    minutes
        Limits of the walk, minutes.
    speed_m_s
        From 1.0 to 1.4 metres a second; another is taken and said.
    access_m
        A station or home farther from any road does not join the network, metres.
    beside_m
        Land this near to a reached road is reached, metres.

    Returns
    -------
    Reach

    Raises
    ------
    InvalidOption
        A layer is not in the CRS of the network, lacks its id, gives one twice, or a number is
        out of range.

    Notes
    -----
    Source: issue 4 point 6. Homes are counted by their exact walk, not by the land.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from gridmap.boundaries.walking_network import build_walking_network
    >>> line = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (2000, 0)])], crs=4547)
    >>> station = gpd.GeoDataFrame(
    ...     {"station_id": ["S1"], "name": ["东山服务站"]},
    ...     geometry=gpd.points_from_xy([0], [0]), crs=4547,
    ... )
    >>> homes = gpd.GeoDataFrame(
    ...     {"households": [30, 40]}, geometry=gpd.points_from_xy([350, 1500], [10, 0]), crs=4547
    ... )
    >>> reach = measure_reach(build_walking_network(line), station, homes=homes)
    >>> reach.areas[["minutes", "limit_m", "road_m", "households"]].values.tolist()
    [[5.0, 360.0, 360.0, 30.0], [10.0, 720.0, 720.0, 30.0], [15.0, 1080.0, 1080.0, 30.0]]
    >>> reach.homes["minutes"].tolist()
    [5.0, 20.833333333333332]
    """
    limits = _limits(minutes)
    speed = check_number("speed_m_s", speed_m_s, least=0.01)
    access = check_number("access_m", access_m)
    for role, layer in (("stations", stations), ("homes", homes), ("divisions", divisions)):
        _check_layer(role, layer, network)
    ids = take_ids(stations, "station_id", "stations")
    shapes = take_points(np.array(stations.geometry.to_numpy(), dtype=object))
    starts = join_places(network, shapes, access_m=access)
    households, findings = take_households(homes)
    spots = take_points(
        np.empty(0, dtype=object) if homes is None else np.array(homes.geometry, dtype=object)
    )
    doors = join_places(network, spots, access_m=access)
    walks = _walk_blocks(network, starts, doors, limits * (60.0 * speed), households)
    land, area, road = _draw_areas(
        network, starts, limits * (60.0 * speed), check_number("beside_m", beside_m, least=0.1)
    )
    frame = _area_frame(stations, ids, limits, limits * 60.0 * speed, land)
    frame["area_m2"], frame["road_m"] = area, road
    frame["households"] = walks.within.ravel()
    table = _home_table(homes, households, doors, walks, ids, spots, speed)
    findings += say_speed(speed) + say_stations(ids, starts, network)
    findings += say_homes(table)
    covered, said = cover_divisions(divisions, spots, table, limits, land)
    return Reach(frame, table, covered, speed, tuple(findings + said))


@dataclass(frozen=True)
class _Walks:
    """(k, l) ``within`` households; (h,) nearest ``station``, -1 for none, and its ``metres``."""

    within: Ints
    station: Ints
    metres: Floats


def _limits(minutes: Iterable[float] | float) -> Floats:
    values = minutes if isinstance(minutes, Iterable) else [minutes]
    numbers = sorted({check_number("minutes", value, least=0.0) for value in values})
    if not numbers:
        raise InvalidOption(
            "There is no limit of minutes.",
            "未给出步行时间。",
            cure_en="minutes=(5, 10, 15)",
            cure_zh="minutes=(5, 10, 15)",
        )
    return np.array(numbers, dtype=np.float64)


def _check_layer(role: str, layer: gpd.GeoDataFrame | None, network: WalkingNetwork) -> None:
    if layer is None or check_metre_crs(getattr(layer, "crs", None), role) == network.crs:
        return
    raise InvalidOption(
        f"The layer {role} is not in the CRS of the network.",
        f"图层 {role} 与路网的坐标系不同。",
        cure_en=f"{role} = {role}.to_crs(network.crs)",
        cure_zh=f"{role} = {role}.to_crs(network.crs)",
    )


def _walk_blocks(
    network: WalkingNetwork, starts: RoadPlaces, doors: RoadPlaces, limits: Floats, households: Ints
) -> _Walks:
    """Walk from some stations at a time to every home; of equally near ones the first counts."""
    count = len(starts.edge)
    within = np.zeros((count, len(limits)), dtype=np.int64)
    station = np.full(len(doors.edge), -1, dtype=np.int64)
    metres = np.full(len(doors.edge), np.inf)
    for low in range(0, count if len(doors.edge) else 0, BLOCK):
        some = starts.take(slice(low, low + BLOCK))
        far = walk_to_places(network, some, walk_to_nodes(network, some), doors)
        for number, limit in enumerate(limits):
            within[low : low + BLOCK, number] = (far <= limit + ROUNDING_M) @ households
        best = np.argmin(far, axis=0)
        least = far[best, np.arange(far.shape[1])]
        nearer = least < metres
        station[nearer], metres[nearer] = best[nearer] + low, least[nearer]
    return _Walks(within, station, metres)


def _draw_areas(
    network: WalkingNetwork, starts: RoadPlaces, limits: Floats, beside_m: float
) -> tuple[Geometries, Floats, Floats]:
    """Return the land, its square metres and the metres of road, station by station."""
    covered = order_edges(network, beside_m=beside_m)
    land, road = [], []
    for low in range(0, len(starts.edge), BLOCK):
        some = starts.take(slice(low, low + BLOCK))
        to_nodes = walk_to_nodes(network, some, limit_m=float(limits[-1]))
        for start, limit in itertools.product(range(len(to_nodes)), limits.tolist()):
            edge, metres = find_reached_stretches(
                network, some, to_nodes[start], start, limit_m=limit
            )
            land.append(cover_land(covered, edge, metres, limit - to_nodes[start]))
            road.append(float((metres[:, 1] - metres[:, 0]).sum()))
    shapes = np.array(land, dtype=object)
    return shapes, np.asarray(shapely.area(shapes), dtype=np.float64), np.array(road)


def _area_frame(
    stations: gpd.GeoDataFrame, ids: Texts, limits: Floats, metres: Floats, land: Geometries
) -> gpd.GeoDataFrame:
    import geopandas as gpd

    names = stations["name"] if "name" in stations.columns else pd.Series("", stations.index)
    texts = names.where(names.notna(), "").astype(str).to_numpy(dtype=object)
    return gpd.GeoDataFrame(
        {
            "station_id": np.repeat(ids, len(limits)),
            "name": np.repeat(texts, len(limits)),
            "minutes": np.tile(limits, len(ids)),
            "limit_m": np.tile(metres, len(ids)),
        },
        geometry=gpd.GeoSeries(list(land), crs=stations.crs),
        crs=stations.crs,
    )


def _home_table(
    homes: gpd.GeoDataFrame | None,
    households: Ints,
    doors: RoadPlaces,
    walks: _Walks,
    ids: Texts,
    spots: Geometries,
    speed: float,
) -> pd.DataFrame:
    reached = np.isfinite(walks.metres)
    state = np.where(doors.joined, "other_piece", "far_from_road").astype(object)
    state[shapely.is_missing(spots)] = "no_place"
    state[reached] = "reached"
    nearest = np.full(len(state), "", dtype=object)
    nearest[reached] = ids[walks.station[reached]]
    return pd.DataFrame(
        {
            "households": households,
            "station_id": nearest,
            "walk_m": walks.metres,
            "minutes": walks.metres / (60.0 * speed),
            "off_road_m": doors.off_road_m,
            "state": state,
        },
        index=None if homes is None else homes.index,
    )
