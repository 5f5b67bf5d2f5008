"""Where the households of undrawn buildings lie: which points are one building, and its seeds.

The points of one building number that lie close together are one building, however many cells of
a raster they touch; its land grows from all of them, so that each of its households lies in the
unit that counts it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from gridmap.findings import FindingKind
from gridmap.units.arrays import make_points
from gridmap.units.edges import number_rows
from gridmap.units.faces import connect, locate_points

if TYPE_CHECKING:
    from gridmap.findings import Finding
    from gridmap.units.arrays import Bools, Floats, Geometries, Ints, Texts
    from gridmap.units.counting import Items
    from gridmap.units.faces import Faces


SAME_PLACE_DEGREES = 1e-5
"""Unnamed loose households nearer than this, about a metre, are at one place; gridmap's own
default."""
LINK_DEGREES = 2.5e-4
"""Points of one building number in touching squares of this side, about 25 m, are one building;
gridmap's own default."""
WIDEST_DEGREES = 2e-3
"""Linked points that reach further than this, about 200 m, are no single building and are taken
apart by squares of half this side; gridmap's own default."""
ON_UNIT_DEGREES = 1e-8
"""A point this near to a unit, about a millimetre, lies in it."""

APART = FindingKind(
    "building_points_apart",
    "warning",
    en="The household points of {count} building numbers lie far apart; each cluster of points is "
    "a unit of its own: {places}.",
    zh="{count} 个楼栋号的住户点相距较远，每处各为一个单元：{places}。",
    cure_en="Check whether two buildings have the same number, or the coordinates of these rows.",
    cure_zh="请核对是否有两栋楼使用同一楼栋号，或住户坐标是否有误。",
)
STRAY = FindingKind(
    "household_beside_its_unit",
    "info",
    en="{count} households lie outside the unit that counts them, because the points of their "
    "building lie among those of another or on both sides of a line: {places}.",
    zh="{count} 户的坐标不在计入的单元内，因其楼栋的住户点与其他楼栋交错，"
    "或分处道路等界线两侧：{places}。",
    cure_en="Nothing, if a building should stay whole; else correct the points or draw the "
    "buildings.",
    cure_zh="如应保持整栋不拆则无需处理；否则请更正坐标，或补充楼栋面。",
)
FINDING_KINDS = (APART, STRAY)


@dataclass(frozen=True, slots=True)
class Spots:
    """Where loose households lie.

    Attributes
    ----------
    row, point
        (k,) rows of the households frame, and (k, 2) degrees.
    item
        (k,) the item each counts at.
    households
        (k,) counts.
    """

    row: Ints
    item: Ints
    point: Floats
    households: Ints

    @classmethod
    def none(cls) -> Spots:
        """Return no spots."""
        rows = np.empty(0, dtype=np.int64)
        return cls(rows, rows, np.empty((0, 2)), rows)

    def renamed(self, item: Ints) -> Spots:
        """Return the spots with new positions of their items."""
        return replace(self, item=item[self.item])


def list_spots(row: Ints, item: Ints, point: Floats, households: Ints) -> Spots:
    """Return the distinct spots of each item, each with the households that lie there.

    Examples
    --------
    >>> rows, items = np.array([4, 5, 6]), np.array([0, 0, 0])
    >>> at = np.array([[113.0, 23.0], [113.0, 23.0], [113.001, 23.0]])
    >>> list_spots(rows, items, at, np.array([1, 1, 1])).households.tolist()
    [2, 1]
    """
    if not len(row):
        return Spots.none()
    key = np.column_stack([item.astype(np.float64), point])
    _, first, number = np.unique(number_rows(key), return_index=True, return_inverse=True)
    total = np.bincount(number.ravel(), weights=households)
    return Spots(row[first], item[first], point[first], np.rint(total).astype(np.int64))


def group_places(points: Floats, names: Texts) -> tuple[Ints, Ints]:
    """Group loose households into places.

    Parameters
    ----------
    points
        (n, 2) degrees.
    names
        (n,) the building number that each names, or ``""``.

    Returns
    -------
    group, first
        (n,) the place of each, and the first household of each place.

    Examples
    --------
    >>> at = np.array([[113.0, 23.0], [113.0002, 23.0], [113.02, 23.0]])
    >>> group_places(at, np.array(["1", "1", "1"], dtype=object))[0].tolist()
    [0, 0, 1]
    """
    if not len(points):
        none = np.empty(0, dtype=np.int64)
        return none, none
    code, _ = pd.factorize(pd.Series(names, dtype=object), sort=True)
    named = np.flatnonzero(names != "")
    key = np.column_stack([code.astype(np.float64), np.floor(points / SAME_PLACE_DEGREES + 0.5)])
    cluster = _link(code[named], points[named])
    key[named, 1] = cluster
    key[named, 2] = 0.0
    wide = _is_wide(cluster, points[named])
    cell = np.floor(points[named][wide] * (2 / WIDEST_DEGREES))
    key[named[wide], 1:] = cell
    key[named[wide], 0] = -1.0 - cluster[wide]
    group = number_rows(key)
    _, first = np.unique(group, return_index=True)
    return group, first


def _link(code: Ints, points: Floats) -> Ints:
    """Return the cluster of each point: points of one code in touching squares are one."""
    if not len(code):
        return np.empty(0, dtype=np.int64)
    cell = np.floor((points - points.min(axis=0)) / LINK_DEGREES)
    number = number_rows(np.column_stack([code.astype(np.float64), cell]))
    _, first = np.unique(number, return_index=True)
    tree = cKDTree(np.column_stack([cell[first], code[first] * 10.0]))
    pairs = tree.query_pairs(1.5, output_type="ndarray")
    return connect(len(first), pairs[:, 0], pairs[:, 1])[number]


def _is_wide(cluster: Ints, points: Floats) -> Bools:
    """Tell which points belong to a cluster that is too wide to be one building."""
    if not len(cluster):
        return np.empty(0, dtype=bool)
    low = np.full((cluster.max() + 1, 2), np.inf)
    high = -low
    np.minimum.at(low, cluster, points)
    np.maximum.at(high, cluster, points)
    wide: Bools = np.max(high - low, axis=1) > WIDEST_DEGREES
    return np.asarray(wide[cluster])


def settle_spots(items: Items, faces: Faces) -> tuple[Items, Ints]:
    """Put each place at the spot in the middle of the face where most of its households lie.

    Returns
    -------
    Items, array
        The items with the points of places moved, and the face of every item, negative outside
        all land.
    """
    face = locate_points(faces.shape, items.point)
    spots = items.spots
    if not len(spots.row):
        return items, face
    at = pd.DataFrame({"item": spots.item, "face": locate_points(faces.shape, spots.point)})
    at["households"] = spots.households
    at[["x", "y"]] = spots.point
    inside = at[at["face"] >= 0]
    most = inside.groupby(["item", "face"], as_index=False).agg(households=("households", "sum"))
    most = most.sort_values(["item", "households", "face"], ascending=[True, False, True])
    best = most.drop_duplicates("item").set_index("item")["face"]
    inside = inside[inside["face"] == inside["item"].map(best)]
    middle = inside.groupby("item")[["x", "y"]].transform("mean")
    gap = np.hypot(inside["x"] - middle["x"], inside["y"] - middle["y"])
    central = inside.assign(gap=gap).sort_values(["item", "gap"], kind="stable")
    central = central.drop_duplicates("item")
    chosen = central["item"].to_numpy()
    point = items.point.copy()
    point[chosen] = central[["x", "y"]].to_numpy()
    face[chosen] = central["face"].to_numpy()
    return replace(items, point=point), face


def find_apart(items: Items) -> tuple[Finding, ...]:
    """Say which building numbers have points far apart."""
    names = pd.Series(items.name[items.buildings :], dtype=object)
    several = names[(names != "") & names.duplicated()]
    return (APART.found(sorted(set(several.tolist()))),) if len(several) else ()


def find_strays(
    spots: Spots, item_group: Ints, divided: Bools, shapes: Geometries, names: Texts
) -> tuple[Finding, ...]:
    """Say which loose households lie outside the unit that counts them.

    Parameters
    ----------
    spots, item_group
        Where loose households lie, and the unit of each item.
    divided
        (items,) whether the item is split between several units, which is not asked.
    shapes, names
        (units,) polygons and ids.

    Returns
    -------
    tuple of Finding
    """
    asked = np.flatnonzero(~divided[spots.item])
    group = item_group[spots.item[asked]]
    away = shapely.distance(shapes[group], make_points(spots.point[asked])) > ON_UNIT_DEGREES
    if not away.any():
        return ()
    total = int(spots.households[asked[away]].sum())
    return (STRAY.found(sorted(set(names[group[away]].tolist())), count=total),)
