"""Reach as plain data and as layers: what ``gridmap analyse --reach`` prints and writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.boundaries.reach_analysis import ROUNDING_MIN
from gridmap.boundaries.reached_land import BESIDE_M

if TYPE_CHECKING:
    from pyproj import CRS

    from gridmap.boundaries.reach import Reach
    from gridmap.boundaries.reach_analysis import ReachAnalysis

POINT_DIGITS = 7
"""Decimals of a degree: 1 cm."""
SHARE_DIGITS = 4
METRE_DIGITS = 1
MINUTE_DIGITS = 2


def reach_as_dict(told: ReachAnalysis, crs: CRS) -> dict[str, Any]:
    """Return reach as plain data, in the shape of the key ``reach`` of ``gridmap analyse --json``.

    Parameters
    ----------
    told
        From `analyse_reach`.
    crs
        Lon/lat of the points.

    Examples
    --------
    >>> from gridmap.boundaries.examples import draw_sources
    >>> from gridmap.boundaries.divisions import collect_divisions
    >>> from gridmap.boundaries.reach_analysis import analyse_reach
    >>> sources = draw_sources("AB", households=4)
    >>> told = analyse_reach(sources, collect_divisions(sources)[0])
    >>> reach_as_dict(told, sources.crs)["unreachable"]["by_state"]
    {'far_from_road': 8}
    """
    reach, lost = told.reach, told.unreachable
    minutes = sorted({float(m) for m in reach.divisions["minutes"]})
    return {
        "minutes": minutes,
        "speed_m_s": reach.speed_m_s,
        "beside_m": BESIDE_M,
        "road_m": round(float(told.network.lengths.sum()), METRE_DIGITS),
        "covered": _list_covered(reach, minutes),
        "stations": _list_stations(told, crs),
        "divisions": _list_divisions(reach),
        "unreachable": {
            "households": int(lost["households"].sum()),
            "by_state": {
                str(key): int(n) for key, n in lost.groupby("state")["households"].sum().items()
            },
            "homes": _list_homes(lost, crs),
        },
        "places": _list_places(told, crs),
    }


def _list_homes(lost: gpd.GeoDataFrame, crs: CRS) -> list[dict[str, Any]]:
    return [
        {
            "id": row.home_id,
            "households": int(row.households),
            "state": row.state,
            "minutes": None if pd.isna(row.minutes) else round(float(row.minutes), MINUTE_DIGITS),
            "point": point,
        }
        for row, point in zip(lost.itertuples(), locate_points(lost, crs), strict=True)
    ]


def _list_covered(reach: Reach, minutes: list[float]) -> list[dict[str, Any]]:
    """Return the households within each limit of any station."""
    homes = reach.homes
    total = int(homes["households"].sum())
    covered = []
    for limit in minutes:
        near = int(homes.loc[homes["minutes"] <= limit + ROUNDING_MIN, "households"].sum())
        share = round(near / total, SHARE_DIGITS) if total else 1.0
        covered.append({"minutes": limit, "households": near, "of": total, "share": share})
    return covered


def _list_stations(told: ReachAnalysis, crs: CRS) -> list[dict[str, Any]]:
    areas = told.reach.areas
    listed = []
    for row, point in zip(
        told.stations.itertuples(), locate_points(told.stations, crs), strict=True
    ):
        own = areas[areas["station_id"] == row.station_id]
        listed.append(
            {
                "id": row.station_id,
                "name": row.name,
                "point": point,
                "areas": [
                    {
                        "minutes": float(area.minutes),
                        "limit_m": round(float(area.limit_m), METRE_DIGITS),
                        "area_m2": round(float(area.area_m2), METRE_DIGITS),
                        "road_m": round(float(area.road_m), METRE_DIGITS),
                        "households": int(area.households),
                    }
                    for area in own.itertuples()
                ],
            }
        )
    return listed


def _list_divisions(reach: Reach) -> list[dict[str, Any]]:
    digits = {
        "household_share": SHARE_DIGITS,
        "area_m2": METRE_DIGITS,
        "area_within_m2": METRE_DIGITS,
        "area_share": SHARE_DIGITS,
    }
    rows = reach.divisions.rename(columns={"division_id": "id"}).round(digits)
    return [{str(key): value for key, value in row.items()} for row in rows.to_dict("records")]


def _list_places(told: ReachAnalysis, crs: CRS) -> dict[str, Any] | None:
    if told.places is None:
        return None
    found = told.places.stations
    return {
        "method": told.places.method,
        "mean_m": round(told.places.mean_m, METRE_DIGITS),
        "stations": [
            {"id": row.station_id, "households": int(row.households), "point": point}
            for row, point in zip(found.itertuples(), locate_points(found, crs), strict=True)
        ],
    }


def locate_points(frame: gpd.GeoDataFrame, crs: CRS) -> list[list[float] | None]:
    """Return [lon, lat] of a point in each row, None where there is none.

    Examples
    --------
    >>> frame = gpd.GeoDataFrame(geometry=gpd.points_from_xy([500000.0], [0.0]), crs=4547)
    >>> locate_points(frame, frame.crs)
    [[500000.0, 0.0]]
    """
    places = shapely.point_on_surface(np.asarray(frame.geometry.to_crs(crs).to_numpy(), object))
    known = ~(shapely.is_missing(places) | shapely.is_empty(places))
    return [
        [round(p.x, POINT_DIGITS), round(p.y, POINT_DIGITS)] if ok else None
        for p, ok in zip(places, known, strict=True)
    ]


def reach_layers(told: ReachAnalysis, crs: CRS) -> dict[str, gpd.GeoDataFrame]:
    """Return the layers that a GeoPackage of the analysis holds besides, in lon/lat.

    Parameters
    ----------
    told
        From `analyse_reach`.
    crs
        Lon/lat.

    Returns
    -------
    dict
        ``reach_areas``, ``reach_divisions`` (polygons), ``reach_stations``,
        ``reach_unreachable`` (no address, only ids) and ``reach_places`` (points).

    Examples
    --------
    >>> from gridmap.boundaries.examples import draw_sources
    >>> from gridmap.boundaries.divisions import collect_divisions
    >>> from gridmap.boundaries.reach_analysis import analyse_reach
    >>> sources = draw_sources("AB", households=4)
    >>> layers = reach_layers(analyse_reach(sources, collect_divisions(sources)[0]), sources.crs)
    >>> len(layers["reach_unreachable"]), len(layers["reach_areas"])
    (2, 0)
    """
    none = gpd.GeoDataFrame(
        {"station_id": [], "households": np.empty(0, np.int64)}, geometry=[], crs=told.homes.crs
    )
    found = none if told.places is None else told.places.stations.drop(columns="node_id")
    spots = shapely.point_on_surface(told.stations.geometry.to_numpy())
    stations = told.stations.set_geometry(gpd.GeoSeries(spots, told.stations.index, told.homes.crs))
    layers = {
        "reach_areas": told.reach.areas,
        "reach_divisions": _draw_divisions(told),
        "reach_stations": stations,
        "reach_unreachable": told.unreachable,
        "reach_places": found,
    }
    return {name: frame.to_crs(crs) for name, frame in layers.items()}


def _draw_divisions(told: ReachAnalysis) -> gpd.GeoDataFrame:
    """Return the share of each division and limit with its land."""
    land = told.divisions[["division_id", "name", "geometry"]]
    return land.merge(told.reach.divisions, on="division_id", validate="one_to_many")
