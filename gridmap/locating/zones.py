"""A placement in a grid -> the micro-grid and the link unit, or those that are possible."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

import shapely

from gridmap.locating.levels import join_entrances

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gridmap.locating.levels import FoundBy, LevelName, Share, ZoneFacts, ZoneLevel
    from gridmap.locating.placements import Confidence, Placement
    from gridmap.locating.releases import Release

ZoneStatus = Literal["unique", "ambiguous", "boundary", "none"]

MAX_ZONES = 50
"""Zones listed of one level in one answer, as of grids. gridmap's own default."""

ON_LINE_M = 0.005
"""A point nearer to the border of a zone than this lies on it, as for grids."""

RANK: dict[Confidence, int] = {"none": 0, "low": 1, "medium": 2, "high": 3}


class ZoneCandidate(NamedTuple):
    """A zone that the question may mean; metres from the asked point, None for an address."""

    zone: ZoneFacts
    distance_m: float | None = None


@dataclass(frozen=True, slots=True)
class ZonePlacement:
    """Where a point or an address belongs at one level below the grids.

    Attributes
    ----------
    level
        ``micro_grid`` or ``link_unit``.
    status
        ``unique``; ``ambiguous``: several fit (a building shared by several, floors over one
        another, a compound without building); ``boundary``: the point is nearer to a border than
        its datum is exact; ``none``: no zone is known.
    zone
        The zone; None when none or several fit.
    confidence
        As of the grid, and never above it.
    found_by
        ``building``, ``entrance``, ``land`` (of a compound, site or unit), ``point``, ``grid`` (all
        zones of the grid are possible), ``""`` where there is none.
    candidates
        Zones that fit, by code, or the nearest first; at most `MAX_ZONES`.
    """

    level: LevelName
    status: ZoneStatus
    zone: ZoneFacts | None = None
    confidence: Confidence = "none"
    found_by: FoundBy = ""
    candidates: tuple[ZoneCandidate, ...] = ()


def zone_as_dict(placed: ZonePlacement) -> dict[str, object]:
    """Return a zone's placement as plain data: ``micro_grid_id`` or ``link_unit_id`` first.

    Examples
    --------
    >>> zone_as_dict(ZonePlacement("micro_grid", "none"))["micro_grid_id"] is None
    True
    """
    zone = placed.zone
    none: dict[str, object] = dict.fromkeys((f"{placed.level}_id", "code", "name", "floors"))
    return {
        **(none if zone is None else _facts(placed.level, zone)),
        "status": placed.status,
        "confidence": placed.confidence,
        "found_by": placed.found_by or None,
        "candidates": [
            {**_facts(placed.level, item.zone), "distance_m": item.distance_m}
            for item in placed.candidates
        ],
    }


def _facts(level: str, zone: ZoneFacts) -> dict[str, object]:
    return {
        f"{level}_id": zone.zone_id,
        "code": zone.code,
        "name": zone.name,
        "floors": zone.floors or None,
    }


def add_zones_of_places(release: Release, placement: Placement, rows: tuple[int, ...]) -> Placement:
    """Return the placement of an address with its zones.

    Parameters
    ----------
    release
        A plan, with or without levels below the grids.
    placement
        Its grid.
    rows
        The places that were found, by position in the gazetteer.
    """
    if not release.levels:
        return placement
    hosts = _list_grids(placement)
    zones = tuple(_ask_places(level, placement, rows, hosts) for level in release.levels)
    return replace(placement, zones=zones)


def _list_grids(placement: Placement) -> tuple[int, ...]:
    """Return the grids that an answer leaves possible."""
    if placement.grid is not None:
        return (placement.grid.position,)
    if placement.status in {"outside", "none"}:
        return ()
    return tuple(candidate.grid.position for candidate in placement.candidates)


def _ask_places(
    level: ZoneLevel, placement: Placement, rows: tuple[int, ...], hosts: tuple[int, ...]
) -> ZonePlacement:
    """Find the zones of the places, inside the grids that are possible."""
    found = [level.of_place[row] for row in rows]
    shares = _merge_shares(share for place in found for share in place.shares)
    inside = {zone: named for zone, named in shares.items() if level.zones[zone].grid in hosts}
    kinds = {place.found_by for place in found if place.shares}
    found_by: FoundBy = "building" if kinds == {"building"} else "point"
    found_by = "land" if "land" in kinds or len(kinds) > 1 else found_by
    if not inside:
        every = [zone for grid in hosts for zone in level.of_grid.get(grid, ())]
        inside, found_by = dict.fromkeys(every, frozenset()), "grid"
    if not inside:
        return ZonePlacement(level.name, "none")
    listed = sorted(inside, key=lambda zone: (level.zones[zone].code, zone))[:MAX_ZONES]
    candidates = tuple(ZoneCandidate(level.zones[zone]) for zone in listed)
    entrance = placement.address.entrance if placement.address else ""
    at_entrance = [zone for zone, named in inside.items() if not named or entrance in named]
    if len(inside) == 1:
        top: Confidence = "high" if found_by == "building" else "medium"
        only = level.zones[next(iter(inside))]
        return _certain(level, only, _lower(top, placement), found_by)
    if entrance and found_by == "building" and len(at_entrance) == 1:
        only = level.zones[at_entrance[0]]
        placed = _certain(level, only, _lower("medium", placement), "entrance")
        return replace(placed, candidates=candidates)
    return ZonePlacement(level.name, "ambiguous", None, "low", found_by, candidates)


def _merge_shares(shares: Iterable[Share]) -> Mapping[int, frozenset[str]]:
    """Return the entrances in each zone; none named where a place is there with all of them."""
    merged: dict[int, frozenset[str]] = {}
    for zone, named in shares:
        merged[zone] = join_entrances(merged[zone], named) if zone in merged else named
    return merged


def _certain(
    level: ZoneLevel, zone: ZoneFacts, confidence: Confidence, found_by: FoundBy
) -> ZonePlacement:
    return ZonePlacement(level.name, "unique", zone, confidence, found_by)


def _lower(top: Confidence, placement: Placement) -> Confidence:
    """Return a confidence that is not above that of the grid."""
    return min(top, placement.confidence, key=RANK.__getitem__)


def add_zones_of_point(release: Release, placement: Placement, lon: float, lat: float) -> Placement:
    """Return the placement of a point with its zones.

    Parameters
    ----------
    release
        A plan, with or without levels below the grids.
    placement
        Its grid.
    lon, lat
        Degrees in the stored system.
    """
    if not release.levels:
        return placement
    hosts = _list_grids(placement)
    place = shapely.Point(*release.to_metric.transform(lon, lat)) if hosts else shapely.Point()
    zones = tuple(
        _ask_point(level, placement, shapely.Point(lon, lat), place, hosts)
        for level in release.levels
    )
    return replace(placement, zones=zones)


def _ask_point(
    level: ZoneLevel,
    placement: Placement,
    point: shapely.Point,
    place: shapely.Point,
    hosts: tuple[int, ...],
) -> ZonePlacement:
    """Find the zones around a point, in degrees whose it is and in metres how near."""
    holding = set(level.tree.query(point, predicate="intersects").tolist()) if hosts else set()
    within = placement.tolerance_m or 0.0
    close = level.metric_tree.query(place, predicate="dwithin", distance=within).tolist()
    shapes = level.metric_tree.geometries
    near = {
        zone: 0.0 if zone in holding else float(shapely.distance(shapes[zone], place))
        for zone in {*holding, *close}
        if level.zones[zone].grid in hosts
    }
    if not near:
        return ZonePlacement(level.name, "none")
    order = sorted(near, key=lambda zone: (near[zone], level.zones[zone].code, zone))
    candidates = tuple(ZoneCandidate(level.zones[z], round(near[z], 2)) for z in order[:MAX_ZONES])
    if len(near) == 1 and holding:
        return _certain(level, level.zones[order[0]], _lower("high", placement), "point")
    on_land = {int(level.land[zone]) for zone in near}
    if len(on_land) == 1 and holding:
        return ZonePlacement(level.name, "ambiguous", None, "low", "point", candidates)
    held = [zone for zone in near if near[zone] <= ON_LINE_M]
    zone = level.zones[held[0]] if len(held) == 1 and held[0] in holding else None
    return ZonePlacement(level.name, "boundary", zone, "low", "point", candidates)
