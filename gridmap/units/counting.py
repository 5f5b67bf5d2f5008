"""Who lives where: households are counted at the building they belong to, else at their place.

A household that names a known building counts there. One that does not counts in the footprint it
lies in. What is left is loose: it counts at a place, which is all loose households that name the
same (undrawn) building and lie close together, or lie within about a metre.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gridmap.errors import RefusedInput
from gridmap.findings import FindingKind
from gridmap.units.arrays import make_points, take_counts, take_shapes, take_texts
from gridmap.units.edges import number_rows
from gridmap.units.spots import Spots, group_places, list_spots

if TYPE_CHECKING:
    import geopandas as gpd

    from gridmap.model import Sources
    from gridmap.units.arrays import Floats, Geometries, Ints, Texts


JOIN_M = 15.0
"""A loose place this near to a footprint joins the building; gridmap's own default."""

UNPLACED = FindingKind(
    "household_unplaced",
    "error",
    en="{count} households have neither coordinates nor a known building.",
    zh="{count} 户既没有坐标，也没有对应的已知楼栋。",
    cure_en="Repair the sources first: gridmap.repair_sources(sources).",
    cure_zh="请先修复数据：gridmap.repair_sources(sources)。",
)
FINDING_KINDS = (UNPLACED,)


@dataclass(frozen=True, slots=True)
class Items:
    """Buildings, in the order of their frame, and behind them the places of loose households.

    Attributes
    ----------
    name
        (n,) building id; of a place the building that its households name, or ``""``.
    compound
        (n,) the compound id that the building's row names, or ``""``.
    households, entrances
        (n,) counts; 0 entrances where unknown.
    point
        (n, 2) a point inside the footprint, or the place, in degrees.
    footprint
        (n,) polygon, None for a place.
    home_item
        (m,) item that each row of the households frame counts at; empty when buildings count.
    spots
        Where the loose households lie, by item.
    """

    name: Texts
    compound: Texts
    households: Ints
    entrances: Ints
    point: Floats
    footprint: Geometries
    home_item: Ints
    spots: Spots

    @property
    def buildings(self) -> int:
        """Return how many of the items are buildings; the others are places."""
        return int((~shapely.is_missing(self.footprint)).sum())


def count_items(sources: Sources) -> Items:
    """Count the households of every building and of every place without one.

    Parameters
    ----------
    sources
        Repaired sources; households count by their points where there are any, else by the
        column ``households`` of the buildings.

    Returns
    -------
    Items
        Their households add up to those of the layer that counts.

    Raises
    ------
    RefusedInput
        When a household can be placed nowhere.
    """
    buildings = sources.layers.get("buildings")
    homes = sources.layers.get("households")
    footprint = take_shapes(buildings)
    built = len(footprint)
    if homes is None or not len(homes):
        places = np.empty((0, 2))
        counts = take_counts(buildings, "households", 0)
        nameless = np.empty(0, dtype=object)
        none = np.empty(0, dtype=np.int64)
        return _items(buildings, footprint, counts, places, nameless, none, Spots.none())
    rows_households = take_counts(homes, "households", 1)
    item, points = _place_homes(homes, buildings, footprint)
    loose = np.flatnonzero(item < 0)
    _refuse_unplaced(rows_households[loose], points[loose])
    place, first = group_places(points[loose], take_texts(homes, "building_id")[loose])
    item[loose] = built + place
    counts = np.bincount(item, weights=rows_households, minlength=built + len(first))
    names = take_texts(homes, "building_id")[loose][first]
    spots = list_spots(loose, item[loose], points[loose], rows_households[loose])
    counts = np.rint(counts).astype(np.int64)
    return _items(buildings, footprint, counts, points[loose][first], names, item, spots)


def join_places(
    items: Items, item_face: Ints, upper: Ints, footprints: Geometries, places: Floats
) -> tuple[Items, Ints]:
    """Count loose places at the building beside them.

    Parameters
    ----------
    items, item_face
        Buildings and places, and the face of each.
    upper
        (faces,) most households that one unit in a face should hold.
    footprints
        (buildings,) polygons in metres of the local plane.
    places
        (places, 2) metres.

    Returns
    -------
    Items, array
        With their faces, without the places that were joined: each to the nearest building
        within `JOIN_M` in its face, as long as both together stay within the upper bound.
    """
    built = len(footprints)
    if not built or not len(places):
        return items, item_face
    place, building = shapely.STRtree(footprints).query_nearest(
        make_points(places), max_distance=JOIN_M, all_matches=False
    )
    total = items.households.copy()
    target = np.arange(len(total))
    for p, b in zip((place + built).tolist(), building.tolist(), strict=True):
        if item_face[p] == item_face[b] and total[b] + total[p] <= upper[item_face[b]]:
            total[b] += total[p]
            target[p] = b
    kept = target == np.arange(len(total))
    position = np.cumsum(kept) - 1
    joined = Items(
        name=items.name[kept],
        compound=items.compound[kept],
        households=total[kept],
        entrances=items.entrances[kept],
        point=items.point[kept],
        footprint=items.footprint[kept],
        home_item=position[target][items.home_item],
        spots=items.spots.renamed(position[target]),
    )
    return joined, item_face[kept]


def _items(
    buildings: gpd.GeoDataFrame | None,
    footprint: Geometries,
    households: Ints,
    places: Floats,
    place_names: Texts,
    home_item: Ints,
    spots: Spots,
) -> Items:
    nowhere = np.full(len(places), None, dtype=object)
    inside = shapely.get_coordinates(shapely.point_on_surface(footprint)).reshape(-1, 2)
    return Items(
        name=np.concatenate([take_texts(buildings, "building_id"), place_names]),
        compound=np.concatenate(
            [take_texts(buildings, "compound_id"), np.full(len(places), "", dtype=object)]
        ),
        households=households,
        entrances=np.concatenate(
            [take_counts(buildings, "entrances", 0), np.zeros(len(places), dtype=np.int64)]
        ),
        point=np.concatenate([inside, places]),
        footprint=np.concatenate([footprint, nowhere]),
        home_item=home_item,
        spots=spots,
    )


def _place_homes(
    homes: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame | None, footprint: Geometries
) -> tuple[Ints, Floats]:
    """Return the building of each household, -1 for none, and its coordinates, NaN for none."""
    shapes = take_shapes(homes)
    points = np.column_stack([shapely.get_x(shapes), shapely.get_y(shapes)])
    item = np.full(len(homes), -1, dtype=np.int64)
    if buildings is None or not len(buildings):
        return item, points
    ids = pd.Index(take_texts(buildings, "building_id"))
    unique = ~ids.duplicated(keep=False) & (np.asarray(ids) != "")
    rows = np.flatnonzero(unique)
    found = ids[unique].get_indexer(pd.Index(take_texts(homes, "building_id")))
    item = np.where(found >= 0, rows[found] if len(rows) else -1, -1).astype(np.int64)
    loose = np.flatnonzero((item < 0) & np.isfinite(points).all(axis=1))
    if len(loose):
        item[loose] = _cover_points(footprint, points[loose])
    return item, points


def _cover_points(polygons: Geometries, points: Floats) -> Ints:
    """Return the first polygon that covers each point, -1 for none."""
    distinct = number_rows(points)
    _, first = np.unique(distinct, return_index=True)
    tree = shapely.STRtree(make_points(points[first]))
    polygon, point = tree.query(polygons, predicate="intersects")
    cover = np.full(len(first), len(polygons), dtype=np.int64)
    np.minimum.at(cover, point, polygon)
    cover[cover == len(polygons)] = -1
    return cover[distinct]


def _refuse_unplaced(households: Ints, points: Floats) -> None:
    lost = ~np.isfinite(points).all(axis=1)
    if lost.any():
        raise RefusedInput([UNPLACED.found(count=int(households[lost].sum()))])
