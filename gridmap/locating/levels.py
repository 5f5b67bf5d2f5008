"""The levels below the grids, made ready to be asked: zones in trees, and those of every place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from gridmap.addresses.gazetteer import Gazetteer, Place
    from gridmap.model import Plan

    Project = Callable[[NDArray[np.object_]], NDArray[np.object_]]

LevelName = Literal["micro_grid", "link_unit"]
LEVELS: tuple[LevelName, ...] = ("micro_grid", "link_unit")
"""The levels below a grid, from above: the keys of an answer."""

FoundBy = Literal["building", "entrance", "land", "grid", "point", ""]

MOST_ENTRANCES = 1000
"""Entrances of one building at most (gridmap's own default)."""


class ZoneFacts(NamedTuple):
    """What an answer says of a micro-grid or a link unit.

    Attributes
    ----------
    position
        Row in the plan's frame of the level, inside this release only.
    zone_id, code, name
        As in the plan.
    floors
        ``"1-9"`` where zones lie over one another on the same land, else ``""``.
    grid
        Position of its grid in ``plan.grids``.
    """

    position: int
    zone_id: str
    code: str
    name: str
    floors: str
    grid: int


class Share(NamedTuple):
    """A zone that a place is in, or some of it: the entrances there, none named for all."""

    zone: int
    entrances: frozenset[str] = frozenset()


class PlaceZones(NamedTuple):
    """Where a place is at a level, and what that was found by."""

    shares: tuple[Share, ...]
    found_by: FoundBy


@dataclass(frozen=True)
class ZoneLevel:
    """One level below the grids.

    Attributes
    ----------
    name
        ``micro_grid`` or ``link_unit``.
    zones
        In the order of the plan's frame.
    of_place
        For each place of the gazetteer the zones it is in.
    of_grid
        Position of a grid -> its zones.
    tree, metric_tree
        Zones in degrees as stored, and in metres.
    land
        Number of the polygon of each zone: floors over one another share it, shape (n,).
    """

    name: LevelName
    zones: tuple[ZoneFacts, ...]
    of_place: tuple[PlaceZones, ...]
    of_grid: Mapping[int, tuple[int, ...]]
    tree: shapely.STRtree
    metric_tree: shapely.STRtree
    land: NDArray[np.int64]


def list_frames(plan: Plan) -> list[tuple[LevelName, gpd.GeoDataFrame]]:
    """Return the levels that a plan holds, from above."""
    frames = dict(zip(LEVELS, (plan.micro_grids, plan.link_units), strict=True))
    return [(name, frame) for name, frame in frames.items() if frame is not None and len(frame)]


def know_levels(plan: Plan, gazetteer: Gazetteer, project: Project) -> tuple[ZoneLevel, ...]:
    """Return the levels of a plan, ready to be asked.

    Parameters
    ----------
    plan
        Any plan.
    gazetteer
        Its places.
    project
        From degrees as stored to metres.

    Returns
    -------
    tuple of ZoneLevel
        From above; empty where the plan holds none.

    Examples
    --------
    >>> from gridmap.locating.examples import draw_plan
    >>> know_levels(draw_plan(), None, None)
    ()
    """
    return tuple(_know_level(plan, *level, gazetteer, project) for level in list_frames(plan))


def _know_level(
    plan: Plan, name: LevelName, frame: gpd.GeoDataFrame, gazetteer: Gazetteer, project: Project
) -> ZoneLevel:
    grid = plan.grids.index.get_indexer(frame["grid_id"])
    codes, names, floors = (frame[key].astype(str).tolist() for key in ("code", "name", "floors"))
    rows = zip(frame.index, codes, names, floors, grid.tolist(), strict=True)
    zones = tuple(
        ZoneFacts(row, str(zone_id), code, title, floor, host)
        for row, (zone_id, code, title, floor, host) in enumerate(rows)
    )
    shapes = np.asarray(frame.geometry.array, dtype=object)
    numbers: dict[bytes, int] = {}
    land = np.array([numbers.setdefault(shape.wkb, len(numbers)) for shape in shapes], np.int64)
    tree = shapely.STRtree(shapes)
    of_grid: dict[int, list[int]] = {}
    for zone in zones:
        of_grid.setdefault(zone.grid, []).append(zone.position)
    return ZoneLevel(
        name,
        zones,
        _place_zones(plan, name, frame.index, gazetteer, tree),
        {grid: tuple(rows) for grid, rows in of_grid.items()},
        tree,
        shapely.STRtree(project(shapes)),
        land,
    )


def _place_zones(
    plan: Plan,
    name: LevelName,
    ids: pd.Index[str],
    gazetteer: Gazetteer,
    tree: shapely.STRtree,
) -> tuple[PlaceZones, ...]:
    """Find the zones of every place: by its building, else its land, else its point."""
    units = plan.territory.units
    position = {str(zone): row for row, zone in enumerate(ids)}
    buildings = _share_buildings(units.members, f"{name}_id", position)
    of_unit = _list_unit_zones(plan, f"{name}_id", position)
    frame = units.frame
    compounds = _gather(frame["compound_id"], frame.index, of_unit)
    sites = _gather(frame["site_id"], frame.index, of_unit)
    own = units.places["unit_id"].tolist() if "unit_id" in units.places else None
    spots = shapely.points([(place.lon, place.lat) for place in gazetteer.places] or [(0, 0)])
    held: dict[int, list[int]] = {}
    for row, zone in tree.query(spots, predicate="intersects").T.tolist():
        held.setdefault(row, []).append(zone)
    result = []
    for row, place in enumerate(gazetteer.places):
        if place.building_id in buildings:
            result.append(PlaceZones(buildings[place.building_id], "building"))
            continue
        unit = "" if own is None else str(own[row])
        zones = _find_land(place, compounds, sites) or of_unit.get(unit, frozenset())
        found_by: FoundBy = "land" if zones else "point"
        shares = tuple(Share(zone) for zone in sorted(zones or held.get(row, [])))
        result.append(PlaceZones(shares, found_by if shares else ""))
    return tuple(result)


def _find_land(
    place: Place,
    compounds: Mapping[str, frozenset[int]],
    sites: Mapping[str, frozenset[int]],
) -> frozenset[int]:
    """Return the zones of a compound or site, as `Release.place_grids` finds their grids."""
    none: frozenset[int] = frozenset()
    by_compound = place.kind in {"compound", "door"}
    by_site = place.kind in {"site", "door"}
    return (compounds.get(place.compound_id, none) if by_compound else none) or (
        sites.get(place.site_id, none) if by_site else none
    )


def _share_buildings(
    members: pd.DataFrame, column: str, position: Mapping[str, int]
) -> dict[str, tuple[Share, ...]]:
    """Return the shares of each building, in the order of the zones."""
    if column not in members:
        return {}
    rows = members[(members["building_id"] != "") & members[column].isin(list(position))]
    texts = rows["entrance"] if "entrance" in rows else [""] * len(rows)
    found: dict[str, dict[int, frozenset[str]]] = {}
    for building, zone, text in zip(rows["building_id"], rows[column], texts, strict=True):
        shares = found.setdefault(str(building), {})
        named, row = name_entrances(str(text)), position[str(zone)]
        shares[row] = join_entrances(shares[row], named) if row in shares else named
    return {
        building: tuple(Share(zone, shares[zone]) for zone in sorted(shares))
        for building, shares in found.items()
    }


def join_entrances(one: frozenset[str], other: frozenset[str]) -> frozenset[str]:
    """Return the entrances of two shares in one zone; none where either has all of them.

    Examples
    --------
    >>> sorted(join_entrances(frozenset("1"), frozenset("2")))
    ['1', '2']
    >>> len(join_entrances(frozenset("1"), frozenset()))
    0
    """
    return one | other if one and other else frozenset()


def name_entrances(text: str) -> frozenset[str]:
    """Return the entrances that a row of the members names; none where it has all of them.

    None too where the text can't be understood: a range that runs backwards, or over more
    entrances than any building has (`MOST_ENTRANCES`).

    Examples
    --------
    >>> sorted(name_entrances("1-3")), sorted(name_entrances("1,4")), sorted(name_entrances(""))
    (['1', '2', '3'], ['1', '4'], [])
    """
    names: set[str] = set()
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        if first.isdecimal() and (last or first).isdecimal():
            if not 0 <= int(last or first) - int(first) < MOST_ENTRANCES:
                return frozenset()
            names |= {str(number) for number in range(int(first), int(last or first) + 1)}
    return frozenset(names)


def _list_unit_zones(
    plan: Plan, column: str, position: Mapping[str, int]
) -> dict[str, frozenset[int]]:
    """Return the zones of each unit: of its members, and the one that holds all of it."""
    units = plan.territory.units
    found: dict[str, set[int]] = {}
    sources = [(units.frame.index, units.frame), (units.members["unit_id"], units.members)]
    for names, table in sources:
        if column in table:
            for unit, zone in zip(names, table[column], strict=True):
                if str(zone) in position:
                    found.setdefault(str(unit), set()).add(position[str(zone)])
    return {unit: frozenset(zones) for unit, zones in found.items()}


def _gather(
    keys: pd.Series[str], units: Iterable[object], of_unit: Mapping[str, frozenset[int]]
) -> dict[str, frozenset[int]]:
    """Return key -> zones of its units; the empty key is left out."""
    table: dict[str, frozenset[int]] = {}
    for key, unit in zip(keys.tolist(), units, strict=True):
        if key and str(unit) in of_unit:
            table[str(key)] = table.get(str(key), frozenset()) | of_unit[str(unit)]
    return table
