"""Narrow gaps that are open at an end: edges of divisions that almost meet.

GEOS names the edges that lie too near to another division; where they are not beside a gap or an
overlap found already, the land is closed there (grown and shrunk by half the width), and what that
gains between two divisions is the open gap. All of it is local, so long borders are closed tile by
tile, and flaws are taken off one edge at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.boundaries.coverage_faces import measure_width
from gridmap.boundaries.offsets import MANY_CORNERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridmap.boundaries.coverage_faces import Flaw

    Geometries = NDArray[np.object_]
    Numbers = NDArray[np.int64]

OPEN_GAP_RATIO = 10.0
"""A gap open at an end is at least this many times as long as wide, or else the corner of two
outlines; gridmap's own default."""
TILE_WIDTHS = 20.0
"""No tile is smaller than this many of the widths looked for: 20 m where edges are at most 1 m
apart; gridmap's own default."""
MARGIN_WIDTHS = 3.0
"""What is seen around a tile: growing and shrinking by half the width reaches less far."""


def find_open_gaps(
    geometry: Geometries,
    flaws: Sequence[Flaw],
    *,
    width_m: float,
    tolerance_m: float,
    least_area_m2: float,
) -> tuple[Geometries, NDArray[np.float64], list[list[int]]]:
    """Find narrow gaps open at an end.

    Parameters
    ----------
    geometry
        Valid outlines (n,), metres; empty ones are passed over.
    flaws
        The gaps and overlaps found already, however small.
    width_m
        Gaps up to this width are looked for.
    tolerance_m, least_area_m2
        Narrower or smaller ones are left out.

    Returns
    -------
    shapes, widths, divisions
        The gaps (k,), their widths in metres, and the positions of the divisions around each.

    Examples
    --------
    >>> land = np.array([shapely.box(0, 0, 100, 100), shapely.box(100.5, 0, 200, 100)])
    >>> found = find_open_gaps(land, (), width_m=1.0, tolerance_m=0.02, least_area_m2=0.1)
    >>> shapely.area(found[0]).round(1).tolist(), found[1].round(2).tolist(), found[2]
    ([50.0], [0.5], [[0, 1]])
    """
    none = np.empty(0, dtype=object), np.empty(0), list[list[int]]()
    rows = np.flatnonzero(~shapely.is_empty(geometry))
    if len(rows) < 2:
        return none
    flawed = np.array([flaw.shape for flaw in flaws], dtype=object)
    known = np.asarray(shapely.buffer(flawed, tolerance_m), dtype=object)
    edges = shapely.coverage_invalid_edges(geometry[rows], gap_width=width_m)
    lines = _take_off(_cut_edges(edges), known)
    if not len(lines):
        return none
    gained = _close_tiles(geometry[rows], lines, known, width_m)
    width = measure_width(gained)
    long = shapely.length(gained) / 2 >= OPEN_GAP_RATIO * width
    good = long & (width >= tolerance_m) & (shapely.area(gained) >= least_area_m2)
    good &= ~_beside_flaws(gained, flaws, tolerance_m)
    gained, width = gained[good], width[good]
    gap, row = shapely.STRtree(geometry[rows]).query(
        gained, predicate="dwithin", distance=tolerance_m
    )
    owners: list[list[int]] = [[] for _ in gained]
    for g, r in zip(gap.tolist(), row.tolist(), strict=True):
        owners[g].append(int(rows[r]))
    several = np.flatnonzero([len(some) > 1 for some in owners])
    return gained[several], width[several], [sorted(owners[g]) for g in several]


def _cut_edges(edges: Geometries) -> Geometries:
    """Return the straight pieces of lines, each once."""
    xy, line = shapely.get_coordinates(shapely.get_parts(edges), return_index=True)
    same = line[1:] == line[:-1]
    start, end = xy[:-1][same], xy[1:][same]
    swap = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
    pieces = np.where(swap[:, None, None], np.stack([end, start], 1), np.stack([start, end], 1))
    return np.asarray(shapely.linestrings(np.unique(pieces, axis=0)), dtype=object)


def _take_off(lines: Geometries, known: Geometries) -> Geometries:
    """Return lines without what lies in known land, piece by piece."""
    if not len(known) or not len(lines):
        return lines
    covered = np.zeros(len(lines), dtype=bool)
    covered[shapely.STRtree(lines).query(known, predicate="covers")[1]] = True
    lines = lines[~covered]
    land, line = shapely.STRtree(lines).query(known, predicate="intersects")
    order = np.lexsort((land, line))
    land, line = land[order], line[order]
    rank = np.arange(len(line)) - np.searchsorted(line, line)
    for turn in range(int(rank.max(initial=-1)) + 1):
        own = rank == turn
        lines[line[own]] = shapely.difference(lines[line[own]], known[land[own]])
    return np.asarray(lines[~shapely.is_empty(lines)], dtype=object)


def _close_tiles(
    geometry: Geometries, lines: Geometries, known: Geometries, width_m: float
) -> Geometries:
    """Return what closing gains near lines, in the connected pieces of all tiles together."""
    margin = MARGIN_WIDTHS * width_m
    land, ground, tree = (shapely.STRtree(some) for some in (geometry, known, lines))
    low, high = shapely.total_bounds(lines).reshape(2, 2)
    waiting = [(*(low - margin), float((high - low).max()) + 2 * margin)]
    drawn = []
    while waiting:
        x, y, side = waiting.pop()
        seen = shapely.box(x - margin, y - margin, x + side + margin, y + side + margin)
        own = lines[np.sort(tree.query(seen, predicate="intersects"))]
        half = side / 2
        if len(own) > MANY_CORNERS and half > TILE_WIDTHS * width_m:
            waiting += [(x + i * half, y + j * half, half) for i in (0, 1) for j in (0, 1)]
        elif len(own):
            some = [geometry[np.sort(land.query(seen))], known[np.sort(ground.query(seen))]]
            tile = shapely.box(x, y, x + side, y + side)
            own = shapely.intersection(own, seen)
            drawn.append(_close_land(np.concatenate(some), own, seen, width_m, tile))
    return _keep_polygons(shapely.union_all(_keep_polygons(np.array(drawn, dtype=object))))


def _close_land(
    shapes: Geometries,
    lines: Geometries,
    seen: shapely.Geometry,
    width_m: float,
    tile: shapely.Geometry,
) -> shapely.Geometry:
    """Return what growing and shrinking the land by half the width gains in a tile."""
    near = shapely.union_all(shapely.buffer(lines, 2 * width_m, quad_segs=2))
    ground = shapely.union_all(
        _keep_polygons(shapely.intersection(shapes, shapely.intersection(near, seen)))
    )
    grown = shapely.buffer(ground, width_m / 2, join_style="mitre")
    closed = shapely.buffer(grown, -width_m / 2, join_style="mitre")
    reach = shapely.union_all(shapely.buffer(lines, width_m, quad_segs=2))
    inner = _keep_polygons(shapely.intersection(closed, shapely.intersection(reach, tile)))
    return shapely.union_all(shapely.difference(inner, ground))


def _keep_polygons(shapes: shapely.Geometry | Geometries) -> Geometries:
    """Return the polygons of shapes, without the lines and points that operations leave."""
    parts = shapely.get_parts(shapely.get_parts(shapes))
    return np.asarray(parts[shapely.get_dimensions(parts) == 2], dtype=object)


def _beside_flaws(
    shapes: Geometries, flaws: Sequence[Flaw], tolerance_m: float
) -> NDArray[np.bool_]:
    """Tell which shapes lie beside a fault found already: closing fills its corners too."""
    found = [flaw.shape for flaw in flaws if flaw.width_m >= tolerance_m]
    beside = np.zeros(len(shapes), dtype=bool)
    near = shapely.STRtree(found).query(shapes, predicate="dwithin", distance=2 * tolerance_m)
    beside[near[0]] = True
    return beside
