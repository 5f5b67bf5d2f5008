"""The parts of divisions: main, detached, enclosed; and divisions wholly inside another.

Source: FIELD.md section 4. A detached part (飞地) is a part of a division other than its main one,
the one with most households; land that touches in one point only counts as apart. An enclosed
part is a detached part whose whole outer ring is shared with one neighbouring division, its host.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.boundaries.borders import share_rings
from gridmap.boundaries.roads import measure_road_distances
from gridmap.boundaries.thresholds import Thresholds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Geometries = NDArray[np.object_]
    Numbers = NDArray[np.int64]

PART_COLUMNS = (
    "division_id", "name", "kind", "host_id", "hosts", "touches_main", "distance_m",
    "road_distance_m", "area_m2", "households", "place",
)  # fmt: skip
PART_KINDS = ("main", "detached", "enclosed")
"""An enclosed part is detached too."""


def find_parts(
    divisions: gpd.GeoDataFrame,
    homes: gpd.GeoDataFrame | None = None,
    roads: gpd.GeoDataFrame | None = None,
    *,
    thresholds: Thresholds | None = None,
) -> gpd.GeoDataFrame:
    r"""Find the parts of every division, and what a detached one hangs on.

    Parameters
    ----------
    divisions
        ``division_id``, ``name`` and polygons in a metric CRS.
    homes
        Points with ``households`` in the same CRS, or None when nobody counted them: then the
        largest part is the main one.
    roads
        Lines in the same CRS, or None.
    thresholds
        ``join_m``, ``enclosed_share`` and ``border_m`` are used.

    Returns
    -------
    GeoDataFrame
        One row a part, by division, the main part first, then the largest: ``division_id``,
        ``name``, ``kind`` (one of `PART_KINDS`), ``host_id`` (of an enclosed part, else ``""``),
        ``hosts`` (of a detached part: a tuple of (division_id, metres of common border, share of
        the outer ring), the longest first), ``touches_main`` (in a point), ``distance_m``
        (straight, from edge to edge) and ``road_distance_m`` to the main part (NaN for a main
        part; without roads or way), ``area_m2``, ``households`` (Int64, NA without homes),
        ``place`` (a point inside).

    Notes
    -----
    Source: FIELD.md section 4; issue 4 point 1.

    Examples
    --------
    >>> from gridmap.boundaries.examples import draw_divisions
    >>> parts = find_parts(draw_divisions("ABBB\nABAB\nABBB"))
    >>> parts[["division_id", "kind", "host_id", "distance_m"]].values.tolist()[1]
    ['A', 'enclosed', 'B', 100.0]
    """
    limits = thresholds or Thresholds()
    shapes = np.asarray(divisions.geometry.to_numpy(), dtype=object)
    parts, owner = _group_parts(shapes, limits.join_m)
    area = shapely.area(parts)
    households = count_homes(parts, homes)
    counted = np.zeros(len(parts), dtype=np.int64) if households is None else households
    order = np.lexsort((np.arange(len(parts)), -area, -counted, owner))
    first = np.ones(len(parts), dtype=bool)
    first[1:] = owner[order][1:] != owner[order][:-1]
    main = np.full(len(shapes), -1, dtype=np.int64)
    main[owner[order[first]]] = order[first]
    apart = order[~first]
    apart = apart[np.lexsort((-area[apart], owner[apart]))]
    rows = np.concatenate([order[first], apart]).astype(np.int64)
    rows = rows[np.argsort(owner[rows], kind="stable")]
    ids = divisions["division_id"].to_numpy(dtype=object)
    frame = gpd.GeoDataFrame(
        {
            "division_id": ids[owner[rows]],
            "name": divisions["name"].to_numpy(dtype=object)[owner[rows]],
            "area_m2": area[rows],
            "households": as_counts(None if households is None else households[rows], len(rows)),
            "place": shapely.point_on_surface(parts[rows]),
        },
        geometry=parts[rows],
        crs=divisions.crs,
    )
    facts = _describe_detached(parts, owner, main, apart, shapes, ids, limits, roads)
    blank = {
        "kind": "main", "host_id": "", "hosts": (), "touches_main": False,
        "distance_m": np.nan, "road_distance_m": np.nan,
    }  # fmt: skip
    for name, value in blank.items():
        column = [facts[row][name] if row in facts else value for row in rows.tolist()]
        frame[name] = pd.Series(column, dtype=None if name.endswith("_m") else object)
    frame["touches_main"] = frame["touches_main"].astype(bool)
    frame["distance_m"] = frame["distance_m"].astype(float)
    frame["road_distance_m"] = frame["road_distance_m"].astype(float)
    return frame[[*PART_COLUMNS, "geometry"]]


def find_enclaves(
    divisions: gpd.GeoDataFrame,
    homes: gpd.GeoDataFrame | None = None,
    *,
    thresholds: Thresholds | None = None,
) -> gpd.GeoDataFrame:
    r"""Find divisions that lie wholly inside one other division (被围地).

    Parameters
    ----------
    divisions, homes
        As for `find_parts`.
    thresholds
        ``enclosed_share`` and ``border_m`` are used.

    Returns
    -------
    GeoDataFrame
        ``division_id``, ``name``, ``host_id``, ``area_m2``, ``households``, ``place``.

    Notes
    -----
    The outer ring of every part of the division is shared with the same neighbour. Two divisions
    with the same outline are an overlap, and neither is an enclave.

    Examples
    --------
    >>> from gridmap.boundaries.examples import draw_divisions
    >>> find_enclaves(draw_divisions("BBB\nBAB\nBBB"))["host_id"].tolist()
    ['B']
    """
    limits = thresholds or Thresholds()
    shapes = np.asarray(divisions.geometry.to_numpy(), dtype=object)
    parts, owner = shapely.get_parts(shapes, return_index=True)
    owner = owner.astype(np.int64)
    rings = shapely.get_exterior_ring(parts)
    shared = share_rings(rings, owner, shapes, tolerance_m=limits.border_m)
    hosts: dict[int, set[int]] = {}
    for part, division in enumerate(owner.tolist()):
        host = _enclosing(shared[part], float(shapely.length(rings[part])), limits)
        hosts.setdefault(division, set()).add(host)
    inside = [
        (division, host)
        for division, (host, *more) in ((d, sorted(found)) for d, found in hosts.items())
        if not more and host >= 0
    ]
    mutual = {(host, division) for division, host in inside}
    inside = [pair for pair in inside if pair not in mutual]
    rows = np.array([division for division, _ in inside], dtype=np.int64)
    ids = divisions["division_id"].to_numpy(dtype=object)
    return gpd.GeoDataFrame(
        {
            "division_id": ids[rows],
            "name": divisions["name"].to_numpy(dtype=object)[rows],
            "host_id": [ids[host] for _, host in inside],
            "area_m2": shapely.area(shapes[rows]),
            "households": as_counts(count_homes(shapes[rows], homes), len(rows)),
            "place": shapely.point_on_surface(shapes[rows]),
        },
        geometry=shapes[rows],
        crs=divisions.crs,
    )


def count_homes(shapes: Geometries, homes: gpd.GeoDataFrame | None) -> Numbers | None:
    """Count the households in each polygon (n,); None without homes.

    A home on the border of two polygons counts in the first.

    Examples
    --------
    >>> homes = gpd.GeoDataFrame({"households": [3]}, geometry=[shapely.Point(1, 0.5)])
    >>> count_homes(np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]), homes).tolist()
    [3, 0]
    """
    if homes is None:
        return None
    points = np.asarray(homes.geometry.to_numpy(), dtype=object)
    point, shape = shapely.STRtree(shapes).query(points, predicate="intersects")
    first = np.full(len(points), len(shapes), dtype=np.int64)
    np.minimum.at(first, point, shape)
    placed = first < len(shapes)
    counts = homes["households"].to_numpy(dtype=np.int64)
    total: Numbers = np.zeros(len(shapes), dtype=np.int64)
    np.add.at(total, first[placed], counts[placed])
    return total


def as_counts(counts: Numbers | None, length: int) -> pd.Series:
    """Return households as a column that can be unknown.

    Examples
    --------
    >>> as_counts(None, 1).tolist()
    [<NA>]
    """
    if counts is None:
        return pd.Series([pd.NA] * length, dtype="Int64")
    return pd.Series(counts, dtype="Int64")


def _group_parts(shapes: Geometries, join_m: float) -> tuple[Geometries, Numbers]:
    """Return the parts of polygons and whose they are; parts that run along each other are one."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    owner = owner.astype(np.int64)
    several = np.flatnonzero(np.bincount(owner, minlength=len(shapes))[owner] > 1)
    if not join_m or not len(several):
        return parts, owner
    tree = shapely.STRtree(parts[several])
    one, two = tree.query(parts[several], predicate="dwithin", distance=join_m)
    one, two = several[one], several[two]
    close = (one < two) & (owner[one] == owner[two])
    label = np.arange(len(parts))
    for a, b in sorted(zip(one[close].tolist(), two[close].tolist(), strict=True)):
        near = shapely.buffer(parts[b], join_m, quad_segs=2)
        along = shapely.length(shapely.intersection(shapely.boundary(parts[a]), near))
        if along > max(40 * join_m, 1.0):
            label[label == label[b]] = label[a]
    if (label == np.arange(len(parts))).all():
        return parts, owner
    groups = np.unique(label)
    members = [parts[label == group] for group in groups]
    joined = [item[0] if len(item) == 1 else shapely.multipolygons(item) for item in members]
    return np.array(joined, dtype=object), owner[groups]


def _describe_detached(
    parts: Geometries,
    owner: Numbers,
    main: Numbers,
    apart: Numbers,
    shapes: Geometries,
    ids: NDArray[np.object_],
    limits: Thresholds,
    roads: gpd.GeoDataFrame | None,
) -> dict[int, dict[str, Any]]:
    """Return what is to be said of each detached part, by its position."""
    if not len(apart):
        return {}
    bodies = parts[main[owner[apart]]]
    distance = shapely.distance(parts[apart], bodies)
    by_road = measure_road_distances(parts[apart], bodies, roads)
    pieces, group = shapely.get_parts(parts[apart], return_index=True)
    rings = shapely.get_exterior_ring(pieces)
    shared = share_rings(rings, owner[apart][group], shapes, tolerance_m=limits.border_m)
    length = np.bincount(group, weights=shapely.length(rings), minlength=len(apart))
    facts: dict[int, dict[str, Any]] = {}
    for n, part in enumerate(apart.tolist()):
        metres: dict[int, float] = {}
        for ring in np.flatnonzero(group == n):
            for division, m in shared[ring]:
                metres[division] = metres.get(division, 0.0) + m
        borders = sorted(metres.items(), key=lambda pair: (-pair[1], pair[0]))
        host = _enclosing(borders, length[n], limits)
        facts[part] = {
            "kind": "detached" if host < 0 else "enclosed",
            "host_id": "" if host < 0 else ids[host],
            "hosts": tuple((ids[d], float(m), float(min(m / length[n], 1.0))) for d, m in borders),
            "touches_main": bool(distance[n] == 0.0),
            "distance_m": float(distance[n]),
            "road_distance_m": float(by_road[n]),
        }
    return facts


def _enclosing(borders: list[tuple[int, float]], length: float, limits: Thresholds) -> int:
    """Return the division that shares nearly the whole ring, -1 for none."""
    if not borders or borders[0][1] < limits.enclosed_share * length:
        return -1
    return borders[0][0]
