"""Who is in which zone of a grid that a replan left alone: by building, by household, by land."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely

from gridmap.planning.atoms import extend_shapes

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from gridmap.model import Plan, Units

    Key = tuple[str, ...]

LEVEL_COLUMNS = ("entrance", "floors", "micro_grid_id", "link_unit_id")
"""What the members of a subdivided plan say beside those of any other."""


class Carried(NamedTuple):
    """Members of grids that keep their zones.

    Attributes
    ----------
    rows
        As `gridmap.model.Units.members` of a subdivided plan, and ``row``: the position of each in
        the members before.
    by_land
        Buildings, else units, with households that were not there before: they are counted in the
        zone whose land they stand on.
    """

    rows: pd.DataFrame
    by_land: tuple[str, ...]


def carry_members(
    members: pd.DataFrame, grids: pd.Series[str], units: Units, earlier: Plan
) -> Carried:
    """Give the members of kept grids the zones they had, and newcomers those they stand in.

    Parameters
    ----------
    members
        Members of today without levels, those of kept grids only, indexed by their position.
    grids
        The grid of each, shape as ``members``.
    units
        The units of today, for where newcomers stand.
    earlier
        The plan with the zones.

    Returns
    -------
    Carried
        A building that was shared is shared again, its households of today in proportion to
        those of its parts then; where there are as many as then, the parts are the same.
    """
    parts = _index_parts(earlier)
    known = [_find_parts(parts, row, grid) for row, grid in zip(_keys(members), grids, strict=True)]
    lost = np.array([not found for found in known], np.bool_)
    placed = iter(_place_by_land(members[lost], grids[lost], units, earlier))
    rows: list[dict[str, object]] = []
    records = [
        {str(name): value for name, value in row.items()} for row in members.to_dict("records")
    ]
    for position, record, found in zip(members.index, records, known, strict=True):
        own = found or [next(placed)]
        for part, households in _share_households(own, int(record["households"])):
            taken = {name: part[name] for name in LEVEL_COLUMNS}
            rows.append({**record, **taken, "households": households, "row": position})
    columns = [*members.columns, *LEVEL_COLUMNS, "row"]
    news = members[lost & (members["households"] > 0).to_numpy()]
    names = news["building_id"].where(news["building_id"] != "", news["unit_id"])
    frame = pd.DataFrame(rows, columns=columns).astype({"households": np.int64, "row": np.int64})
    return Carried(frame, tuple(sorted(set(names.astype(str)))))


def _keys(members: pd.DataFrame) -> list[list[Key]]:
    """Return what each member can be known by again, the surest first."""
    columns = (members[name].astype(str) for name in ("building_id", "household_id", "unit_id"))
    keys: list[list[Key]] = []
    for building, household, unit in zip(*columns, strict=True):
        if household:
            # by itself it might have moved inside its grid: then its place decides
            keys.append([("household", household, unit)])
        elif building:
            keys.append([("building", building, unit), ("building", building)])
        else:
            keys.append([("unit", unit)])
    return keys


def _index_parts(earlier: Plan) -> dict[tuple[str, Key], list[dict[str, object]]]:
    """Return grid and key -> the parts of a member of the earlier plan, in their order."""
    members = earlier.territory.units.members
    grids = members["unit_id"].map(earlier.assignment).astype(str)
    for name in LEVEL_COLUMNS:
        if name not in members:
            members = members.assign(**{name: ""})
    records = members[["households", *LEVEL_COLUMNS]].to_dict("records")
    found: dict[tuple[str, Key], list[dict[str, object]]] = {}
    for grid, keys, record in zip(grids, _keys(members), records, strict=True):
        part = {str(name): value for name, value in record.items()}
        for key in keys:
            found.setdefault((grid, key), []).append(part)
    return found


def _find_parts(
    parts: dict[tuple[str, Key], list[dict[str, object]]], keys: list[Key], grid: str
) -> list[dict[str, object]]:
    """Return the parts that a member had in the same grid, none for a newcomer."""
    return next((parts[grid, key] for key in keys if (grid, key) in parts), [])


def _share_households(
    parts: list[dict[str, object]], households: int
) -> list[tuple[dict[str, object], int]]:
    """Share households among the parts in proportion to what each had; a part may get none.

    Examples
    --------
    >>> halves = [{"households": 30}, {"households": 10}]
    >>> [number for _, number in _share_households(halves, 41)]
    [30, 11]
    """
    weights = [int(str(part["households"])) for part in parts]
    total = sum(weights)
    if total == 0 or len(parts) == 1:
        return [(parts[0], households)]
    ends = np.cumsum(weights) * households // total
    starts = np.concatenate([[0], ends[:-1]])
    shares = [(part, int(b - a)) for part, a, b in zip(parts, starts, ends, strict=True)]
    return [share for share in shares if share[1]] or shares[:1]


def _place_by_land(
    members: pd.DataFrame, grids: pd.Series[str], units: Units, earlier: Plan
) -> list[dict[str, object]]:
    """Return the zones whose land each member stands on, of floors over one another the lowest."""
    points = _locate_members(members, units)
    found: list[dict[str, object]] = [dict.fromkeys(LEVEL_COLUMNS, "") for _ in points]
    frames = {"micro_grid_id": earlier.micro_grids, "link_unit_id": earlier.link_units}
    for column, frame in frames.items():
        if frame is None:
            continue
        groups = dict(list(frame.sort_values("code", kind="stable").groupby("grid_id")))
        for place, point, grid in zip(found, points, grids, strict=True):
            zones = groups.get(grid)
            if zones is not None:
                place[column] = _nearest_zone(zones, point, str(place["micro_grid_id"]))
    return found


def _nearest_zone(zones: gpd.GeoDataFrame, point: shapely.Point, above: str) -> str:
    """Return the first of the zones, inside the micro-grid where one is known, on the land."""
    if above and "micro_grid_id" in zones:
        inside = zones[zones["micro_grid_id"] == above]
        zones = inside if len(inside) else zones
    gaps = shapely.distance(np.asarray(zones.geometry.array, dtype=object), point)
    return str(zones.index[int(np.argmin(gaps))])


def _locate_members(members: pd.DataFrame, units: Units) -> NDArray[np.object_]:
    """Return a point for each member: in its building where that is drawn, else in its unit."""
    rows = units.frame.index.get_indexer(pd.Index(members["unit_id"]))
    shapes = units.frame.geometry.to_numpy().astype(object)[rows]
    if units.buildings is not None and "place_id" in members:
        row = units.buildings.index.get_indexer(pd.Index(members["place_id"]))
        known = extend_shapes(units.buildings.geometry.to_numpy())[row]
        shapes = np.where(shapely.is_missing(known), shapes, known)
    points: NDArray[np.object_] = np.asarray(shapely.point_on_surface(shapes), dtype=object)
    return points
