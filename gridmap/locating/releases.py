"""A plan made ready to be asked: grids in a tree, places in an index, one version."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from gridmap.addresses.gazetteer import Gazetteer, make_gazetteer
from gridmap.errors import InvalidOption
from gridmap.locating.conversion import Conversion
from gridmap.locating.divisions import (
    KnownDivisions,
    community_stems,
    division_key,
    know_divisions,
)
from gridmap.locating.levels import know_levels, list_frames

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray
    from pyproj import Transformer

    from gridmap.locating.levels import ZoneLevel
    from gridmap.model import Plan

SEGMENT_DEGREES = 0.005
"""Edges are cut to about 500 m before they are projected: a straight line in degrees then lies
within 2 mm of its image in metres. gridmap's own default."""


class GridFacts(NamedTuple):
    """What an answer says of a grid.

    Attributes
    ----------
    position
        Row of the grid in ``plan.grids``, inside this release only.
    grid_id, code, name, kind
        As in the plan.
    community_id, community, township
        Whose grid it is.
    """

    position: int
    grid_id: str
    code: str
    name: str
    kind: str
    community_id: str
    community: str
    township: str

    def as_dict(self) -> dict[str, object]:
        """Return the facts as plain data, in the order of the contract."""
        return {
            "grid_id": self.grid_id,
            "code": self.code,
            "name": self.name,
            "kind": self.kind,
            "community_id": self.community_id,
            "community": self.community,
            "township": self.township,
        }


@dataclass(frozen=True)
class Release:
    """A plan with what is needed to answer questions; safe to share between threads.

    Attributes
    ----------
    plan
        The plan.
    version
        The first 16 hexadecimal digits of the SHA-256 of its grids, assignment and places, and of
        the levels below the grids where it holds any: equal for a plan in memory and the same plan
        read from a file.
    grids
        The grids, in the order of ``plan.grids``.
    community_keys, township_keys
        What the names of each grid's community and township are compared by.
    divisions
        What the plan knows of the divisions above its places.
    community_names
        Names of the communities without their ending, to be recognised in an address.
    gazetteer
        The places.
    place_grids
        For each place the positions of the grids it lies in, sorted.
    place_margins
        (places,) metres from each place to the nearest border of a grid that holds it, NaN where
        none does.
    entrance_grids
        Building id and entrance number -> position of the grid, of buildings that are divided.
    tree, metric_tree
        Grids in degrees as stored, and in metres.
    borders
        The boundary of each grid in metres, prepared.
    to_metric
        Degrees to metres.
    conversion
        Declared datums to stored degrees.
    levels
        The micro-grids and link units that the plan holds, from above.
    """

    plan: Plan
    version: str
    grids: tuple[GridFacts, ...]
    community_keys: tuple[str, ...]
    township_keys: tuple[str, ...]
    divisions: KnownDivisions
    community_names: frozenset[str]
    gazetteer: Gazetteer
    place_grids: tuple[tuple[int, ...], ...]
    place_margins: NDArray[np.float64]
    entrance_grids: Mapping[tuple[str, str], int]
    tree: shapely.STRtree
    metric_tree: shapely.STRtree
    borders: NDArray[np.object_]
    to_metric: Transformer
    conversion: Conversion
    levels: tuple[ZoneLevel, ...] = ()

    def find_grid(self, grid_id: str) -> GridFacts | None:
        """Return the grid with this id or this code, or None."""
        return next((g for g in self.grids if grid_id in (g.grid_id, g.code)), None)


def open_release(plan: Plan | str | Path) -> Release:
    """Make a plan ready to be asked.

    Parameters
    ----------
    plan
        A plan, or the path of a plan file.

    Returns
    -------
    Release
        Holds no household: places are standard addresses down to a building or door.

    Raises
    ------
    UnreadableFile
        When the file is missing, damaged or no plan.
    InvalidOption
        When the plan has no grid.

    Examples
    --------
    >>> open_release("missing.gpkg")
    Traceback (most recent call last):
    gridmap.errors.UnreadableFile: ...
    """
    from pyproj import Transformer

    if isinstance(plan, (str, Path)):
        from gridmap.planfiles import read_plan

        plan = read_plan(Path(plan))
    if len(plan.grids) == 0:
        raise InvalidOption(
            "The plan has no grid, so nothing can be found in it.",
            "方案中没有网格，无法查询。",
            cure_en="look at the plan's findings",
            cure_zh="请查看方案的核验结果",
        )
    units = plan.territory.units
    geometry = np.asarray(plan.grids.geometry.array, dtype=object)
    to_metric = Transformer.from_crs(units.crs, units.metric_crs, always_xy=True)

    def project(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
        return _project(shapely.segmentize(shapes, SEGMENT_DEGREES), to_metric)

    metric = project(geometry)
    borders = shapely.boundary(metric)
    for prepared in (geometry, metric, borders):
        shapely.prepare(prepared)
    tree = shapely.STRtree(geometry)
    gazetteer = make_gazetteer(units.places)
    spots = shapely.points([(place.lon, place.lat) for place in gazetteer.places] or [(0, 0)])
    held = tree.query(spots, predicate="intersects")
    grids = _grid_facts(plan.grids, units.communities)
    place_grids = _place_grids(plan, gazetteer, held)
    return Release(
        plan=plan,
        version=hash_plan(plan),
        grids=grids,
        community_keys=tuple(division_key(grid.community) for grid in grids),
        township_keys=tuple(division_key(grid.township) for grid in grids),
        divisions=know_divisions(gazetteer, place_grids, grids),
        community_names=community_stems(grids),
        gazetteer=gazetteer,
        place_grids=place_grids,
        place_margins=_place_margins(_project(spots, to_metric), borders, held),
        entrance_grids=_entrance_grids(plan),
        tree=tree,
        metric_tree=shapely.STRtree(metric),
        borders=borders,
        to_metric=to_metric,
        conversion=Conversion(tuple(float(v) for v in shapely.total_bounds(geometry))),
        levels=know_levels(plan, gazetteer, project),
    )


def hash_plan(plan: Plan) -> str:
    """Return the version of a plan: a hash of its content, not of a file.

    Notes
    -----
    Grids (id, code, name, kind, households, shape as normalised WKB), the assignment and the
    places are hashed in the order of their ids; then the micro-grids and link units that there
    are, and who is in which.

    Examples
    --------
    >>> from gridmap.locating.examples import draw_plan
    >>> hash_plan(draw_plan()) == hash_plan(draw_plan())
    True
    """
    digest = hashlib.sha256()
    _feed_zones(digest, plan.grids, ("code", "name", "kind", "community_id", "households"))
    assignment = plan.assignment.sort_index()
    _feed(digest, assignment.index.tolist())
    _feed(digest, assignment.tolist())
    places = plan.territory.units.places
    for name in ("text", "elements", "building_id", "lon", "lat"):
        _feed(digest, places[name].tolist())
    members = plan.territory.units.members
    for level, frame in list_frames(plan):
        _feed_zones(digest, frame, ("code", "name", "grid_id", "households", "floors"))
        columns = [
            members[key].tolist()
            for key in ("building_id", "unit_id", "entrance", f"{level}_id")
            if key in members
        ]
        rows = zip(*columns, strict=True)
        _feed(digest, sorted("\x1e".join(map(str, row)) for row in rows))
    return digest.hexdigest()[:16]


def _feed_zones(digest: hashlib._Hash, frame: gpd.GeoDataFrame, names: tuple[str, ...]) -> None:
    """Feed some columns of grids or zones, and their shapes, in the order of their ids."""
    frame = frame.sort_index()
    shapes = [
        # a part alone and a collection of one part are the same land
        b"".join(shapely.to_wkb(shapely.get_parts(shape)))
        for shape in shapely.normalize(np.asarray(frame.geometry.array, dtype=object))
    ]
    columns = [frame[name].tolist() for name in names]
    for zone_id, shape, *values in zip(frame.index.tolist(), shapes, *columns, strict=True):
        _feed(digest, (zone_id, *values))
        digest.update(shape)


def _feed(digest: hashlib._Hash, values: Iterable[object]) -> None:
    digest.update("\x1f".join(str(value) for value in values).encode("utf-8", "surrogatepass"))
    digest.update(b"\x1e")


def _project(shapes: NDArray[np.object_], to_metric: Transformer) -> NDArray[np.object_]:
    """Return the shapes in metres."""
    places = shapely.get_coordinates(shapes)
    x, y = to_metric.transform(places[:, 0], places[:, 1])
    return np.asarray(shapely.set_coordinates(shapes.copy(), np.column_stack([x, y])), dtype=object)


def _grid_facts(grids: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> tuple[GridFacts, ...]:
    names = communities["name"].to_dict()
    townships = communities["township"].to_dict() if "township" in communities else {}
    columns = [grids[name].tolist() for name in ("code", "name", "kind", "community_id")]
    rows = zip(grids.index.tolist(), *columns, strict=True)
    return tuple(
        GridFacts(
            *(position, str(grid_id), str(code), str(name), str(kind), str(owner)),
            str(names.get(owner, "")),
            str(townships.get(owner, "")),
        )
        for position, (grid_id, code, name, kind, owner) in enumerate(rows)
    )


def _place_grids(
    plan: Plan, gazetteer: Gazetteer, held: NDArray[np.int64]
) -> tuple[tuple[int, ...], ...]:
    """Find the grids of every place: by its building, compound or site, its unit, its point."""
    units = plan.territory.units
    position = {str(grid_id): n for n, grid_id in enumerate(plan.grids.index)}
    of_unit = {str(u): position[str(g)] for u, g in plan.assignment.items() if str(g) in position}
    members = units.members
    known = members["building_id"] != ""
    buildings = _collect(members["building_id"][known], members["unit_id"][known], of_unit)
    frame = units.frame
    compounds = _collect(frame["compound_id"], frame.index, of_unit)
    sites = _collect(frame["site_id"], frame.index, of_unit)
    own = units.places["unit_id"].tolist() if "unit_id" in units.places else None
    found = _containing(held)
    result = []
    for row, place in enumerate(gazetteer.places):
        unit = str(own[row]) if own is not None else ""
        grids = (
            buildings.get(place.building_id)
            or (compounds.get(place.compound_id) if place.kind in ("compound", "door") else None)
            or (sites.get(place.site_id) if place.kind in ("site", "door") else None)
            or ((of_unit[unit],) if unit in of_unit else None)
            or found.get(row, ())
        )
        result.append(grids)
    return tuple(result)


def _entrance_grids(plan: Plan) -> dict[tuple[str, str], int]:
    """Return the grid of each entrance: that of entrance 2 of B1 is unit ``building/B1#2``."""
    frame = plan.territory.units.frame
    position = {str(grid_id): n for n, grid_id in enumerate(plan.grids.index)}
    divided = frame[frame["kind"] == "entrance"]
    table = {}
    for unit, building in zip(divided.index.tolist(), divided["building_id"].tolist(), strict=True):
        number = str(unit).rpartition("#")[2]
        grid = position.get(str(plan.assignment.get(unit, "")))
        if str(unit) == f"building/{building}#{number}" and grid is not None:
            table[str(building), number] = grid
    return table


def _collect(
    keys: pd.Series[str], unit_ids: Iterable[object], of_unit: Mapping[str, int]
) -> dict[str, tuple[int, ...]]:
    """Return key -> sorted positions of the grids of its units; the empty key is left out."""
    table: dict[str, set[int]] = {}
    for key, unit in zip(keys.tolist(), unit_ids, strict=True):
        if key and str(unit) in of_unit:
            table.setdefault(str(key), set()).add(of_unit[str(unit)])
    return {key: tuple(sorted(positions)) for key, positions in table.items()}


def _containing(held: NDArray[np.int64]) -> dict[int, tuple[int, ...]]:
    """Return row -> positions of the grids that hold its point."""
    table: dict[int, list[int]] = {}
    for row, grid in held.T.tolist():
        table.setdefault(row, []).append(grid)
    return {row: tuple(sorted(grids)) for row, grids in table.items()}


def _place_margins(
    spots: NDArray[np.object_], borders: NDArray[np.object_], held: NDArray[np.int64]
) -> NDArray[np.float64]:
    margins = np.full(len(spots), np.inf)
    np.minimum.at(margins, held[0], shapely.distance(borders[held[1]], spots[held[0]]))
    margins[~np.isfinite(margins)] = np.nan
    return margins
