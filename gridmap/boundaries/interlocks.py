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
QUADRANT_SEGMENTS = 8
"""Straight pieces of a quarter circle in a buffer: 0.5 % of its radius is lost."""
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
    neck
        The neck itself; a short line where its two sides touch.
    width_m
        Width at the narrowest place of the neck.
    """

    land: shapely.Geometry
    neck: shapely.Geometry
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
    cores = shapely.get_parts(shapely.buffer(outline, -half, quad_segs=QUADRANT_SEGMENTS))
    if len(cores) < 2:
        return []
    pieces = shapely.intersection(shapely.buffer(cores, half, quad_segs=QUADRANT_SEGMENTS), outline)
    large = shapely.area(pieces) >= least_m2
    pieces = pieces[large]
    if len(pieces) < 2:
        return []
    pieces = pieces[np.argsort(-shapely.area(pieces), kind="stable")]
    links = _link_pieces(outline, pieces, width_m)
    return _hang_lobes(pieces, links)


class _Link(NamedTuple):
    width_m: float
    a: int
    b: int
    neck: shapely.Geometry


def _link_pieces(outline: shapely.Polygon, pieces: Geometries, width_m: float) -> list[_Link]:
    """Return which pieces of an opened polygon are joined by which neck, the widest first."""
    rest = shapely.get_parts(shapely.difference(outline, shapely.union_all(pieces)))
    rest = rest[shapely.get_dimensions(rest) == 2]
    piece, neck = shapely.STRtree(rest).query(pieces, predicate="dwithin", distance=CONTACT_M)
    touching: dict[int, list[int]] = {}
    for n, p in sorted(zip(neck.tolist(), piece.tolist(), strict=True)):
        touching.setdefault(n, []).append(p)
    links = [
        _Link(_measure_width(outline, rest[n], pieces[a], pieces[b], width_m), a, b, rest[n])
        for n, members in touching.items()
        for i, a in enumerate(members)
        for b in members[i + 1 :]
    ]
    one, two = shapely.STRtree(pieces).query(pieces, predicate="dwithin", distance=CONTACT_M)
    for a, b in sorted(zip(one.tolist(), two.tolist(), strict=True)):
        if a < b:
            line = shapely.shortest_line(pieces[a], pieces[b])
            links.append(_Link(width_m, a, b, line))
    return sorted(links, key=lambda link: (-link.width_m, link.a, link.b, link.neck.bounds))


def _measure_width(
    outline: shapely.Polygon,
    neck: shapely.Geometry,
    a: shapely.Geometry,
    b: shapely.Geometry,
    width_m: float,
) -> float:
    """Return the largest opening that leaves two pieces joined through a neck, metres."""
    around = shapely.buffer(neck, width_m, quad_segs=2)
    cores = [
        shapely.buffer(piece, -0.49 * width_m, quad_segs=QUADRANT_SEGMENTS) for piece in (a, b)
    ]
    near = shapely.union_all([neck, *(shapely.intersection(c, around) for c in (a, b))])
    near = shapely.intersection(shapely.buffer(near, CONTACT_M, quad_segs=2), outline)
    low, high = 0.0, width_m
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        opened = shapely.buffer(near, -middle / 2, quad_segs=QUADRANT_SEGMENTS)
        joined = shapely.get_parts(opened)
        both = shapely.intersects(joined, shapely.buffer(cores[0], width_m / 4)) & (
            shapely.intersects(joined, shapely.buffer(cores[1], width_m / 4))
        )
        low, high = (middle, high) if both.any() else (low, middle)
    return low


def _hang_lobes(pieces: Geometries, links: Sequence[_Link]) -> list[Lobe]:
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
    beyond: dict[int, list[int]] = {piece: [piece] for piece in range(len(pieces))}
    lobes = []
    for child, parent, link in reversed(chosen):
        land = shapely.union_all(pieces[np.sort(beyond[child])])
        lobes.append(Lobe(land, link.neck, link.width_m))
        beyond[parent] += beyond[child]
    return sorted(lobes, key=lambda lobe: (lobe.neck.bounds, lobe.land.bounds))


def find_interlocks(
    divisions: gpd.GeoDataFrame,
    homes: gpd.GeoDataFrame | None = None,
    *,
    thresholds: Thresholds | None = None,
) -> gpd.GeoDataFrame:
    """Find land on narrow necks, and borders between two divisions that wind.

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
    >>> comb = draw_divisions("AAAAA\\nABABA\\nABABA\\nABABA\\nBBBBB")
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
            "place": shapely.point_on_surface(lobe.neck),
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
