"""Reach as a part of the boundary analysis: shares, who is left out, new places (步行可达)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from gridmap.boundaries.divisions import clean_sources, collect_homes
from gridmap.boundaries.reach import MINUTES, SPEED_M_S, Reach, measure_reach
from gridmap.boundaries.reach_findings import STATIONS_MISSING
from gridmap.boundaries.reach_inputs import take_stations
from gridmap.boundaries.stations import StationPlan, place_stations
from gridmap.boundaries.walking_network import WalkingNetwork, build_walking_network
from gridmap.findings import FindingKind, sort_findings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyproj import CRS

    from gridmap.findings import Finding
    from gridmap.model import Sources

NEW_STATIONS = 1
ROUNDING_MIN = 1e-9
"""A walk longer than the limit by no more minutes than this is within it."""
BEYOND = "beyond_limit"
"""State of a home that has a way to a station, but a longer one than the largest limit."""

NO_PLACES = FindingKind(
    "walk_no_places",
    "info",
    en="No places for new stations were looked for: there are no households, or no roads.",
    zh="未进行新站点选址：没有住户或道路数据。",
    cure_en="Give households (or buildings with households) and roads.",
    cure_zh="请提供住户（或带户数的楼栋）及道路图层。",
)
FINDING_KINDS = (NO_PLACES,)


@dataclass(frozen=True)
class ReachAnalysis:
    """Who is within a walk of the stations, and where new ones are best.

    Attributes
    ----------
    reach
        As `gridmap.boundaries.reach.measure_reach` has it, by division; homes by row.
    stations, divisions
        ``station_id``, ``name``, points; ``division_id``, ``name``, polygons; in metres.
    homes
        ``home_id`` (of the household, else of the building), ``households``, points in metres.
    places
        The best places for new stations; None where none were asked for or can be told.
    network
        What was walked on.
    findings
        What had to be said.
    """

    reach: Reach
    stations: gpd.GeoDataFrame
    divisions: gpd.GeoDataFrame
    homes: gpd.GeoDataFrame
    places: StationPlan | None
    network: WalkingNetwork
    findings: tuple[Finding, ...]

    @property
    def unreachable(self) -> gpd.GeoDataFrame:
        """Homes that reach no station within the largest limit: by id, with the reason."""
        table = self.reach.homes
        most = self.reach.areas["minutes"].max() if len(self.reach.areas) else 0.0
        minutes = table["minutes"].to_numpy(np.float64)
        late = (table["state"] == "reached").to_numpy() & (minutes > most + ROUNDING_MIN)
        states = np.where(late, BEYOND, table["state"].to_numpy(object))
        known = np.where(np.isfinite(minutes), minutes, np.nan)
        rows = self.homes.assign(state=states.astype(object), minutes=known)
        return rows[states != "reached"].reset_index(drop=True)


def analyse_reach(
    sources: Sources,
    divisions: gpd.GeoDataFrame,
    *,
    minutes: Iterable[float] | float = MINUTES,
    speed_m_s: float = SPEED_M_S,
    new_stations: int = NEW_STATIONS,
    seed: int = 7,
) -> ReachAnalysis:
    """Measure the reach of the stations of an input, and find the best places for new ones.

    Parameters
    ----------
    sources
        As read by `gridmap.read_sources`: roads, households or buildings, and a layer of stations
        (without one nothing is covered, which is said).
    divisions
        ``division_id``, polygons in metres: whose share is told.
    minutes, speed_m_s
        As `gridmap.boundaries.reach.measure_reach` has them.
    new_stations
        How many places to look for, beside the stations that are there; 0 for none.
    seed
        As `gridmap.boundaries.stations.place_stations` has it.

    Raises
    ------
    InvalidOption
        A number is out of range.

    Examples
    --------
    >>> from gridmap.boundaries.examples import draw_sources
    >>> from gridmap.boundaries.divisions import collect_divisions
    >>> sources = draw_sources("AB", households=4)
    >>> told = analyse_reach(sources, collect_divisions(sources)[0])
    >>> [finding.code for finding in told.findings]
    ['stations_missing', 'walk_home_far', 'walk_no_roads', 'walk_no_places']
    """
    cleaned = clean_sources(sources)
    crs = divisions.crs
    said: list[Finding] = []
    layer = sources.layer("stations")
    if layer is None or layer.empty:
        stations = _no_stations(crs)
        said.append(replace(STATIONS_MISSING.found(count=1), severity="warning"))
    else:
        taken, noted = take_stations(sources)
        stations = taken[["station_id", "name", "geometry"]].to_crs(crs)
        said += noted
    roads = cleaned.layer("roads")
    lines = gpd.GeoDataFrame(geometry=[], crs=crs) if roads is None else roads.to_crs(crs)
    network = build_walking_network(lines)
    homes = collect_homes(cleaned)
    known = (_no_homes(crs) if homes is None else homes).set_index("home_id", drop=False)
    reach = measure_reach(
        network,
        stations,
        homes=known,
        divisions=divisions,
        minutes=minutes,
        speed_m_s=speed_m_s,
    )
    said += [f for f in reach.findings if not (stations.empty and f.code == "walk_no_station")]
    places = None
    if new_stations > 0:
        if len(known) and len(network.edges):
            existing = stations if len(stations) else None
            places = place_stations(
                network, _join_homes(known), new_stations, seed=seed, existing=existing
            )
            said += [f for f in places.findings if f.code not in {g.code for g in said}]
        else:
            said.append(NO_PLACES.found(count=1))
    findings = sort_findings([*network.findings, *said])
    return ReachAnalysis(reach, stations, divisions, known, places, network, findings)


def _no_stations(crs: CRS) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"station_id": [], "name": []}, geometry=[], crs=crs)


def _no_homes(crs: CRS) -> gpd.GeoDataFrame:
    empty = {"households": np.empty(0, np.int64), "home_id": np.empty(0, object)}
    return gpd.GeoDataFrame(empty, geometry=[], crs=crs)


def _join_homes(homes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return homes with those at one point put together, by the id of the first."""
    points = shapely.get_coordinates(homes.geometry.to_numpy())
    at, first, where = np.unique(points, axis=0, return_index=True, return_inverse=True)
    many = np.bincount(where.ravel(), weights=homes["households"], minlength=len(at))
    return gpd.GeoDataFrame(
        {"households": many.astype(np.int64)},
        geometry=gpd.points_from_xy(*at.T),
        index=homes.index[first],
        crs=homes.crs,
    )
