"""Which station serves whom: every home's walk to every station, as planning asks it (服务可达).

A community is served by the stations on its land. The homes are the buildings of the units; a
household whose building is not known stands in the middle of its unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd
import shapely

from gridmap.boundaries.network_walks import (
    ACCESS_M,
    join_places,
    take_points,
    walk_to_nodes,
    walk_to_places,
)
from gridmap.boundaries.reach import BLOCK, SPEED_M_S
from gridmap.boundaries.reach_findings import STATIONS_MISSING, say_speed, say_stations
from gridmap.boundaries.reach_inputs import take_ids
from gridmap.boundaries.reach_options import check_number
from gridmap.boundaries.reach_shares import ROUNDING_M
from gridmap.boundaries.walking_network import build_walking_network
from gridmap.errors import InvalidOption, RefusedInput
from gridmap.findings import FindingKind, sort_findings

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from gridmap.boundaries.network_walks import RoadPlaces
    from gridmap.boundaries.walking_network import WalkingNetwork
    from gridmap.findings import Finding
    from gridmap.model import Territory, Units

Wish = Literal["prefer", "require"]
MINUTES = 15.0
"""Source: FIELD.md section 1, Dadukou [report]: a 15-minute service radius."""

STATION_OUTSIDE = FindingKind(
    "station_outside",
    "warning",
    en="{count} stations lie on the land of no community and serve none: {places}.",
    zh="{count} 个站点不在任何社区用地内，不计为任何社区的站点：{places}。",
    cure_en="Check their places and datum: --datum stations=gcj02.",
    cure_zh="请核对站点位置与坐标系：--datum stations=gcj02。",
)
FINDING_KINDS = (STATION_OUTSIDE,)


@dataclass(frozen=True)
class Service:
    """Who can walk to which station in time.

    Attributes
    ----------
    wish
        ``prefer``: a term, people want to be with the station they reach soonest; ``require``: a
        constraint besides, nobody is farther than ``minutes`` from a station of the own community
        where that can be had.
    minutes, speed_m_s
        The limit of a walk, and metres a second.
    stations
        (k,) ids.
    seats
        (k,) unit on whose land each station lies, ``""`` for none.
    units
        (h,) unit of each home.
    households
        (h,) households of each home; persons where the territory counts no households.
    within
        (h, k) whether the walk from home to station takes no longer than ``minutes``.
    nearest
        (h,) station reached soonest, -1 where there is no way to any; of equals the first.
    walks_min
        (h,) minutes to it, infinite without a way.
    findings
        What was said of roads, stations and speed.
    """

    wish: Wish
    minutes: float
    speed_m_s: float
    stations: NDArray[np.object_]
    seats: NDArray[np.object_]
    units: NDArray[np.object_]
    households: NDArray[np.int64]
    within: NDArray[np.bool_]
    nearest: NDArray[np.int64]
    walks_min: NDArray[np.float64]
    findings: tuple[Finding, ...] = ()


def measure_service(
    territory: Territory,
    roads: gpd.GeoDataFrame | None,
    stations: gpd.GeoDataFrame,
    *,
    wish: Wish = "prefer",
    minutes: float = MINUTES,
    speed_m_s: float = SPEED_M_S,
    access_m: float = ACCESS_M,
) -> Service:
    """Measure every home's walk to every station.

    Parameters
    ----------
    territory
        Units of households, before communities are drawn.
    roads
        Lines, as `gridmap.boundaries.walking_network.build_walking_network` takes them; any CRS.
    stations
        Points with ``station_id``; any CRS.
    wish, minutes, speed_m_s
        As `Service` has them.
    access_m
        Who is farther from any road does not walk, metres.

    Returns
    -------
    Service
        For `gridmap.rebalance_communities`.

    Raises
    ------
    RefusedInput
        There is no station.
    InvalidOption
        A number is out of range, the wish is another word, or ids are missing or given twice.

    Notes
    -----
    Source: issue 4 points 5 and 6; the walk is that of `gridmap.boundaries.reach.measure_reach`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from gridmap.testing import draw_territory
    >>> toy = draw_territory("ab", households=10)
    >>> middle = gpd.GeoSeries(toy.units.frame.representative_point(), crs=toy.units.crs)
    >>> road = gpd.GeoDataFrame(geometry=[shapely.LineString(middle.tolist())], crs=middle.crs)
    >>> stations = gpd.GeoDataFrame({"station_id": ["S1"]}, geometry=middle.iloc[:1].to_list(),
    ...                             crs=middle.crs)
    >>> served = measure_service(toy, road, stations, minutes=1)
    >>> served.seats.tolist(), served.within.ravel().tolist()
    (['r00c00'], [True, False])
    """
    import geopandas as gpd

    if wish not in get_args(Wish):
        raise InvalidOption(
            f"Reach is preferred or required, not {wish!r}.",
            f"可达性取 prefer（优先）或 require（约束），而不是 {wish!r}。",
            cure_en='wish="prefer" or wish="require"',
            cure_zh='wish="prefer" 或 wish="require"',
        )
    limit = check_number("minutes", minutes)
    speed = check_number("speed_m_s", speed_m_s, least=0.01)
    access = check_number("access_m", access_m)
    if stations.empty:
        raise RefusedInput([STATIONS_MISSING.found(count=1)])
    crs = territory.units.metric_crs
    ids = take_ids(stations, "station_id", "stations")
    lines = gpd.GeoDataFrame(geometry=[], crs=crs) if roads is None else roads.to_crs(crs)
    network = build_walking_network(lines)
    spots = take_points(np.array(stations.geometry.to_crs(crs).to_numpy(), object))
    starts = join_places(network, spots, access_m=access)
    homes = _list_homes(territory)
    doors = join_places(network, take_points(homes.geometry.to_numpy()), access_m=access)
    within, nearest, metres = _walk(network, starts, doors, limit * 60.0 * speed)
    seats = _find_seats(territory, spots)
    said = [*network.findings, *say_stations(ids, starts, network), *say_speed(speed)]
    outside = ids[seats == ""]
    if len(outside):
        said.append(STATION_OUTSIDE.found(outside.tolist()))
    return Service(
        wish=wish,
        minutes=limit,
        speed_m_s=speed,
        stations=ids,
        seats=seats,
        units=homes["unit_id"].to_numpy(object),
        households=homes["households"].to_numpy(np.int64),
        within=within,
        nearest=nearest,
        walks_min=metres / (60.0 * speed),
        findings=sort_findings(said),
    )


def _walk(
    network: WalkingNetwork, starts: RoadPlaces, doors: RoadPlaces, limit_m: float
) -> tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.float64]]:
    """Return who is within the limit of which station, the nearest one, and the metres to it."""
    many = len(starts.edge)
    within = np.zeros((len(doors.edge), many), np.bool_)
    nearest = np.full(len(doors.edge), -1, np.int64)
    metres = np.full(len(doors.edge), np.inf)
    for low in range(0, many, BLOCK):
        some = starts.take(slice(low, low + BLOCK))
        far = walk_to_places(network, some, walk_to_nodes(network, some), doors)
        within[:, low : low + BLOCK] = (far <= limit_m + ROUNDING_M).T
        best = np.argmin(far, axis=0)
        least = far[best, np.arange(far.shape[1])]
        nearer = least < metres
        nearest[nearer], metres[nearer] = best[nearer] + low, least[nearer]
    return within, nearest, metres


def _list_homes(territory: Territory) -> gpd.GeoDataFrame:
    """Return ``unit_id``, ``households`` and a point in metres of all that live somewhere."""
    import geopandas as gpd

    units = territory.units
    frame = units.frame
    counted = frame["households"].astype(np.int64)
    if not counted.any() and "residents" in frame:
        counted = frame["residents"].astype(np.int64)
    middle = shapely.point_on_surface(frame.geometry.to_numpy())
    rows = pd.DataFrame(
        {"unit_id": frame.index.to_numpy(object), "households": counted.to_numpy(), "at": middle}
    )
    if units.buildings is not None and frame["households"].any():
        known = _list_buildings(units, dict(zip(frame.index, middle, strict=True)))
        held = known.groupby("unit_id")["households"].sum().reindex(frame.index, fill_value=0)
        rows["households"] = np.maximum(counted - held, 0).to_numpy(np.int64)
        rows = pd.concat([known, rows], ignore_index=True)
    rows = rows[rows["households"] > 0].sort_values("unit_id", kind="stable", ignore_index=True)
    places = gpd.GeoSeries(rows.pop("at").to_numpy(object), crs=units.crs)
    return gpd.GeoDataFrame(rows, geometry=places.to_crs(units.metric_crs))


def _list_buildings(units: Units, middle: dict[str, Any]) -> pd.DataFrame:
    """Return ``unit_id``, ``households`` and ``at`` of what stands in each unit.

    Households are those of `Units.members`, so that a building whose entrances are units of their
    own counts each household once. Such a part stands in the middle of its unit.
    """
    assert units.buildings is not None  # noqa: S101 - the caller asks
    stands = units.buildings[units.buildings.geometry.notna()]
    rows = units.members[units.members["place_id"].isin(stands.index)]
    rows = rows.groupby(["place_id", "unit_id"], as_index=False).agg(
        households=("households", "sum")
    )
    rows = rows[(rows["households"] > 0) & rows["unit_id"].isin(list(middle))]
    points = shapely.point_on_surface(stands.geometry.reindex(rows["place_id"]).to_numpy())
    shared = rows.groupby("place_id")["unit_id"].transform("size").to_numpy() > 1
    own = np.array([middle[unit] for unit in rows["unit_id"]], object)
    at = np.where(shared, own, points) if len(rows) else points
    return rows[["unit_id", "households"]].assign(at=at).reset_index(drop=True)


def _find_seats(territory: Territory, spots: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the unit on whose land each station lies: of several the first by id."""
    units = territory.units
    land = units.frame.geometry.to_crs(units.metric_crs).to_numpy()
    order = np.argsort(units.frame.index.to_numpy(str), kind="stable")
    station, unit = shapely.STRtree(land[order]).query(spots, predicate="intersects")
    seats = np.full(len(spots), "", object)
    last = np.lexsort((unit, station))[::-1]
    seats[station[last]] = units.frame.index.to_numpy(object)[order][unit[last]]
    return seats
