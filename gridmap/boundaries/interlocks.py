"""Interlocked land (犬牙, 插花): held by a narrow neck, or along a border that winds.

Source: FIELD.md section 4. Land interlocks when it is held to the body of its division only
through a neck narrower than w (opening by w/2 separates it), or when the border between two
divisions is more tortuous than t.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import shapely

from gridmap.boundaries.borders import trace_stretches
from gridmap.boundaries.offsets import QUADRANT_SEGMENTS, grow_land, shrink_land
from gridmap.boundaries.parts import as_counts, count_homes
from gridmap.boundaries.thresholds import Thresholds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Geometries = NDArray[np.object_]

INTERLOCK_COLUMNS = (
    "kind", "ids", "width_m", "length_m", "straight_m", "tortuosity", "reach_share", "area_m2",
    "households", "place",
)  # fmt: skip
INTERLOCK_KINDS = ("neck", "border")
OUTLINE_TOLERANCE_M = 0.25
"""Outlines are simplified by this much before necks are looked for; gridmap's own default."""
NECK_TOLERANCE_M = 1.0
"""A neck within this of the threshold may be taken for either side of it: twice the outline's
tolerance on each side; gridmap's own default."""
CONTACT_M = 0.05
"""Pieces of an opened polygon within this distance touch."""
HALVINGS = 10
"""Steps in which the width of a neck is found: to a thousandth of the threshold."""


class Lobe(NamedTuple):
    """Land behind a neck.

    Attributes
    ----------
    land
        All that is beyond the neck, in metres.
    place
        The middle of the neck.
    width_m
        Width at the narrowest place of the neck.
    """

    land: shapely.Geometry
    place: shapely.Point
    width_m: float


def find_necks(polygon: shapely.Polygon, *, width_m: float, least_m2: float) -> list[Lobe]:
    """Find the land of one polygon that hangs on its body by a neck narrower than a width.

    Parameters
    ----------
    polygon
        In a metric CRS.
    width_m
        The width w: opening by w/2 separates the land.
    least_m2
        Smaller land behind a neck is not reported.

    Returns
    -------
    list of Lobe
        Sorted by place. The body is the largest piece; land that hangs on other such land counts
        with it. Where several ways lead to a piece, the widest is told.

    Notes
    -----
    Source: FIELD.md section 4, interlock. A neck is found when its width differs from ``width_m``
    by more than `NECK_TOLERANCE_M`.

    Examples
    --------
    >>> land = shapely.union_all([shapely.box(0, 0, 100, 100), shapely.box(100, 45, 150, 55),
    ...                           shapely.box(150, 0, 250, 90)])
    >>> [round(lobe.width_m) for lobe in find_necks(land, width_m=30, least_m2=5000)]
    [10]
    """
    outline = shapely.simplify(polygon, OUTLINE_TOLERANCE_M)
    half = width_m / 2
    cores = shapely.get_parts(shrink_land(np.array([outline], dtype=object), half))
    if len(cores) < 2:
        return []
    grown = grow_land(cores, half)
    large = shapely.area(grown) >= least_m2
    if large.sum() < 2:
        return []
    cores, pieces = cores[large], shapely.intersection(grown[large], outline)
    order = np.argsort(-shapely.area(pieces), kind="stable")
    order = order[shapely.area(pieces[order]) >= least_m2]
    if len(order) < 2:
        return []
    opened = _Opened(outline, cores[order], pieces[order], width_m)
    return _hang_lobes(*_link_pieces(opened))


class _Opened(NamedTuple):
    """A polygon that fell apart: its cores (eroded), and its pieces (grown again)."""

    outline: shapely.Polygon
    cores: Geometries
    pieces: Geometries
    width_m: float


class _Link(NamedTuple):
    """A neck between two pieces."""

    width_m: float
    place: shapely.Point
    a: int
    b: int


def _link_pieces(opened: _Opened) -> tuple[list[list[shapely.Geometry]], list[_Link]]:
    """Return the land of each piece, and which are joined by which neck, the widest first."""
    pieces = opened.pieces
    rest = shapely.get_parts(shapely.difference(opened.outline, shapely.union_all(pieces)))
    rest = rest[shapely.get_dimensions(rest) == 2]
    piece, scrap = shapely.STRtree(rest).query(pieces, predicate="dwithin", distance=CONTACT_M)
    touching: dict[int, list[int]] = {}
    for n, p in sorted(zip(scrap.tolist(), piece.tolist(), strict=True)):
        touching.setdefault(n, []).append(p)
    land: list[list[shapely.Geometry]] = [[shape] for shape in pieces]
    links = []
    for n, members in touching.items():
        if len(members) == 1:
            land[members[0]].append(rest[n])
        links += [
            _measure_neck(opened, rest[n], a, b)
            for i, a in enumerate(members)
            for b in members[i + 1 :]
        ]
    one, two = shapely.STRtree(pieces).query(pieces, predicate="dwithin", distance=CONTACT_M)
    for a, b in sorted(zip(one.tolist(), two.tolist(), strict=True)):
        if a < b:
            lens = shapely.intersection(pieces[a], pieces[b])
            meeting = shapely.shortest_line(pieces[a], pieces[b]) if lens.is_empty else lens
            links.append(_measure_neck(opened, meeting, a, b))
    links.sort(key=lambda link: (-link.width_m, link.a, link.b, link.place.x, link.place.y))
    return land, links


def _measure_neck(opened: _Opened, neck: shapely.Geometry, a: int, b: int) -> _Link:
    """Return the largest opening that leaves two pieces joined, and the place where it closes."""
    around = shapely.buffer(neck, 1.5 * opened.width_m, quad_segs=2)
    near = shapely.intersection(opened.outline, around)
    cores = shapely.intersection(opened.cores[[a, b]], around)
    low, high = 0.0, opened.width_m
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        sides = _split(near, cores, middle)
        low, high = (middle, high) if (sides[0] & sides[1]).any() else (low, middle)
    joined = shapely.get_parts(shapely.buffer(near, -high / 2, quad_segs=QUADRANT_SEGMENTS))
    sides = _split(near, cores, high)
    ends = [
        shapely.union_all(joined[side]) if side.any() else core
        for side, core in zip(sides, cores, strict=True)
    ]
    place = shapely.centroid(shapely.shortest_line(*ends))
    if place.is_empty or not shapely.intersects(opened.outline, place):
        place = shapely.point_on_surface(neck)
    return _Link(low, place, a, b)


def _split(near: shapely.Geometry, cores: Geometries, width_m: float) -> list[NDArray[np.bool_]]:
    """Open the land near a neck; tell which pieces belong to each of the two cores."""
    joined = shapely.get_parts(shapely.buffer(near, -width_m / 2, quad_segs=QUADRANT_SEGMENTS))
    return [shapely.dwithin(joined, core, CONTACT_M) for core in cores]


def _hang_lobes(land: Sequence[Sequence[shapely.Geometry]], links: Sequence[_Link]) -> list[Lobe]:
    """Hang every piece on the largest one by the widest necks, and sum up what is beyond each."""
    joined = {0}
    chosen: list[tuple[int, int, _Link]] = []
    while True:
        link = next((x for x in links if (x.a in joined) != (x.b in joined)), None)
        if link is None:
            break
        child, parent = (link.b, link.a) if link.a in joined else (link.a, link.b)
        joined.add(child)
        chosen.append((child, parent, link))
    beyond: dict[int, list[int]] = {piece: [piece] for piece in range(len(land))}
    lobes = []
    for child, parent, link in reversed(chosen):
        members = shapely.union_all([x for piece in sorted(beyond[child]) for x in land[piece]])
        lobes.append(Lobe(members, link.place, link.width_m))
        beyond[parent] += beyond[child]
    return sorted(lobes, key=lambda lobe: (lobe.place.x, lobe.place.y, lobe.width_m))


def find_interlocks(
    divisions: gpd.GeoDataFrame,
    homes: gpd.GeoDataFrame | None = None,
    *,
    thresholds: Thresholds | None = None,
) -> gpd.GeoDataFrame:
    r"""Find land on narrow necks, and borders between two divisions that wind.

    Parameters
    ----------
    divisions
        ``division_id`` and polygons in a metric CRS; borders are those that share vertices.
    homes
        Points with ``households`` in the same CRS, or None.
    thresholds
        ``neck_m``, ``least_lobe_m2``, ``tortuosity``, ``least_border_m``, ``reach_m`` are used.

    Returns
    -------
    GeoDataFrame
        Necks, then borders: ``kind``, ``ids`` (tuple: the division, or the two), ``width_m`` (of
        a neck, else NaN), ``length_m``, ``straight_m``, ``tortuosity``, ``reach_share`` (of a
        border, else NaN), ``area_m2`` and ``households`` (beyond the neck; within reach of the
        border), ``place`` (in the neck; the middle of the border). The geometry is the land
        beyond the neck, or the border as a line.

    Notes
    -----
    ``reach_share`` is the share of the land of the two divisions inside the convex hull of the
    border that lies within ``reach_m`` of it. A closed border is an enclosed part, not a tortuous
    one.

    Examples
    --------
    >>> from gridmap.boundaries.examples import draw_divisions
    >>> comb = draw_divisions("AAAAA\nABABA\nABABA\nABABA\nBBBBB")
    >>> found = find_interlocks(comb)
    >>> found[["kind", "ids", "tortuosity"]].values.tolist()
    [['border', ('A', 'B'), 3.4]]
    """
    limits = thresholds or Thresholds()
    shapes = np.asarray(divisions.geometry.to_numpy(), dtype=object)
    ids = divisions["division_id"].to_numpy(dtype=object)
    necks = _collect_necks(shapes, ids, homes, limits)
    borders = _collect_borders(shapes, ids, homes, limits)
    rows = [*necks, *borders]
    columns = {name: [row[name] for row in rows] for name in INTERLOCK_COLUMNS}
    frame = gpd.GeoDataFrame(columns, geometry=[row["geometry"] for row in rows], crs=divisions.crs)
    frame["households"] = frame["households"].astype("Int64")
    return frame


def _collect_necks(
    shapes: Geometries,
    ids: NDArray[np.object_],
    homes: gpd.GeoDataFrame | None,
    limits: Thresholds,
) -> list[dict[str, object]]:
    """Return a row for each neck, by division."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    found = [
        (ids[division], lobe)
        for part, division in zip(parts, owner, strict=True)
        for lobe in find_necks(part, width_m=limits.neck_m, least_m2=limits.least_lobe_m2)
    ]
    land = np.array([lobe.land for _, lobe in found], dtype=object)
    counts = as_counts(count_homes(land, homes), len(found))
    return [
        {
            "kind": "neck",
            "ids": (division,),
            "width_m": lobe.width_m,
            "length_m": np.nan,
            "straight_m": np.nan,
            "tortuosity": np.nan,
            "reach_share": np.nan,
            "area_m2": float(shapely.area(lobe.land)),
            "households": households,
            "place": lobe.place,
            "geometry": lobe.land,
        }
        for (division, lobe), households in zip(found, counts, strict=True)
    ]


def _collect_borders(
    shapes: Geometries,
    ids: NDArray[np.object_],
    homes: gpd.GeoDataFrame | None,
    limits: Thresholds,
) -> list[dict[str, object]]:
    """Return a row for each border that winds, by pair of divisions."""
    rows: list[dict[str, object]] = []
    reached = []
    for a, b, line in trace_stretches(shapes):
        length = float(shapely.length(line))
        ends = shapely.get_point(line, 0), shapely.get_point(line, -1)
        straight = float(shapely.distance(*ends))
        closed = straight == 0.0
        if closed or length < limits.least_border_m or length <= limits.tortuosity * straight:
            continue
        hull = shapely.convex_hull(line)
        land = shapely.union_all(shapely.intersection(shapes[[a, b]], hull))
        near = shapely.intersection(land, shapely.buffer(line, limits.reach_m))
        reached.append(near)
        rows.append(
            {
                "kind": "border",
                "ids": (ids[a], ids[b]),
                "width_m": np.nan,
                "length_m": length,
                "straight_m": straight,
                "tortuosity": length / straight,
                "reach_share": float(shapely.area(near) / shapely.area(land)),
                "area_m2": float(shapely.area(near)),
                "place": shapely.line_interpolate_point(line, 0.5, normalized=True),
                "geometry": line,
            }
        )
    counts = as_counts(count_homes(np.array(reached, dtype=object), homes), len(rows))
    return [row | {"households": n} for row, n in zip(rows, counts, strict=True)]
