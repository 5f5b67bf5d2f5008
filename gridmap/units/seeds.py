"""Points that cells grow from: along the walls of a footprint, over its entrances, along a bank.

A cell is the land nearer to its own seeds than to any other. Seeds lie just inside the walls, at
the middle of equal steps, so that two houses with a common wall meet exactly in the wall.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.units.arrays import make_points, rank_in_run

if TYPE_CHECKING:
    from gridmap.units.arrays import Floats, Geometries, Ints


WALL_STEPS = 20
"""Seeds of a footprint standing free, about; gridmap's own default."""
LONGEST_STEP_M = 12.0
SHORTEST_STEP_M = 2.0
GAP_SHARE = 0.5
"""Limits of the step between seeds; it is at most this share of the gap to the next footprint, so
that the line between the two is straight."""
INSET_M = 0.25
"""How far inside a wall its seeds lie; gridmap's own default."""
LEAST_HULL_M2 = 4.0
"""Points with a smaller hull are seeds themselves."""
FREE_M = 8.0
"""A hull of points this far from every other hull and footprint is seeded along its rim like a
footprint; nearer ones by each of their points; gridmap's own default."""
ACROSS = 3
"""Rows of seeds across a strip of an entrance."""


@dataclass(frozen=True, slots=True)
class Seeds:
    """Points and what grows from them.

    Attributes
    ----------
    xy
        (n, 2) metres in the local plane.
    owner
        (n,) what each point belongs to.
    """

    xy: Floats
    owner: Ints


def seed_walls(footprints: Geometries) -> Seeds:
    """Place seeds along the outer walls of footprints.

    Parameters
    ----------
    footprints
        (n,) polygons in metres of the local plane.

    Returns
    -------
    Seeds
        ``owner`` is the position of the footprint.

    Examples
    --------
    >>> seeds = seed_walls(np.array([shapely.box(0, 0, 40, 10)]))
    >>> len(seeds.xy), float(seeds.xy.min()), float(seeds.xy[:, 0].max())
    (20, 0.25, 39.75)
    """
    parts, part_owner = shapely.get_parts(footprints, return_index=True)
    rings = shapely.get_exterior_ring(shapely.orient_polygons(parts, exterior_cw=False))
    points, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    start, end = points[:-1][same], points[1:][same]
    owner = part_owner[ring[:-1][same]]
    length = np.hypot(*(end - start).T)
    step = _wall_steps(footprints)[owner]
    count = np.maximum(np.ceil(length / step - 1e-9), 1).astype(np.int64) * (length > 0)
    at, share = _spread(count)
    along = (end - start)[at]
    inward = np.column_stack([-along[:, 1], along[:, 0]]) / length[at, None]
    depth = np.minimum(INSET_M, length[at] / 8)[:, None]
    return Seeds(start[at] + along * share[:, None] + inward * depth, owner[at])


def seed_items(footprints: Geometries, built: Ints, spots: Floats, spot_item: Ints) -> Seeds:
    """Place seeds for buildings along their walls, and for places where their households lie.

    Parameters
    ----------
    footprints, built
        (n,) polygons in metres, and the item of each.
    spots, spot_item
        (k, 2) metres, and the item of each.

    Returns
    -------
    Seeds
        ``owner`` is the item. Points that stand apart from everything else are seeded along the
        rim of their hull, so that borders are straight; others are seeds themselves, so that each
        lies in the cell of its own item.

    Examples
    --------
    >>> spots = np.array([[0.0, 0.0], [40.0, 0.0], [40.0, 10.0], [0.0, 10.0], [90.0, 0.0]])
    >>> seeds = seed_items(np.empty(0, dtype=object), np.empty(0, dtype=np.int64), spots,
    ...                    np.array([7, 7, 7, 7, 9]))
    >>> np.bincount(seeds.owner)[[7, 9]].tolist()
    [20, 1]
    """
    hulls, item = _find_free_hulls(footprints, built, spots, spot_item)
    walls = seed_walls(np.concatenate([footprints, hulls]))
    bare = ~np.isin(spot_item, item)
    return Seeds(
        np.concatenate([walls.xy, spots[bare]]),
        np.concatenate([np.concatenate([built, item])[walls.owner], spot_item[bare]]),
    )


def _find_free_hulls(
    footprints: Geometries, built: Ints, spots: Floats, spot_item: Ints
) -> tuple[Geometries, Ints]:
    """Return the hulls of points that stand apart from all others, and their items."""
    if not len(spots):
        return np.empty(0, dtype=object), np.empty(0, dtype=np.int64)
    order = np.argsort(spot_item, kind="stable")
    item, number = np.unique(spot_item[order], return_inverse=True)
    bundles = shapely.multipoints(make_points(spots[order]), indices=number.ravel())
    hulls = np.asarray(shapely.convex_hull(bundles), dtype=object).reshape(-1)
    near, other = shapely.STRtree(np.concatenate([hulls, footprints])).query(
        hulls, predicate="dwithin", distance=FREE_M
    )
    free = shapely.area(hulls) >= LEAST_HULL_M2
    free &= ~np.isin(item, built)
    free[near[near != other]] = False
    return hulls[free], item[free]


def seed_edges(start: Floats, end: Floats, step_m: float) -> Seeds:
    """Place seeds along straight edges, at the middle of equal steps.

    The first and last seed of every edge lie at the same distance from its ends wherever the
    edges are longer than ``step_m``, so that two cells part exactly at the common end.

    Parameters
    ----------
    start, end
        (n, 2) metres.
    step_m
        Distance between seeds.

    Returns
    -------
    Seeds
        ``owner`` is the position of the edge.
    """
    length = np.hypot(*(end - start).T)
    half = step_m / 2
    inner = np.maximum(length - step_m, 0.0)
    count = np.where(length > step_m, np.ceil(inner / step_m).astype(np.int64) + 1, 1)
    at, rank = rank_in_run(count)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(
            count[at] == 1,
            0.5,
            (half + inner[at] * rank / np.maximum(count[at] - 1, 1)) / length[at],
        )
    return Seeds(start[at] + (end - start)[at] * share[:, None], at)


def seed_entrances(footprint: shapely.Polygon, entrances: int) -> Seeds:
    """Place seeds in strips across the long axis of a footprint, one strip an entrance.

    Parameters
    ----------
    footprint
        Polygon in metres.
    entrances
        Number of strips.

    Returns
    -------
    Seeds
        ``owner`` is the strip, 0 at the western (else southern) end.

    Notes
    -----
    Source: issue 2 point 5: a building above the upper bound is split by entrance. That the
    entrances (单元) of a slab stand side by side along its length is gridmap's own assumption.

    Examples
    --------
    >>> seeds = seed_entrances(shapely.box(0, 0, 60, 12), 3)
    >>> [float(seeds.xy[seeds.owner == n, 0].max()) for n in range(3)]
    [18.0, 38.0, 58.0]
    """
    corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(footprint))[:4]
    first, second = corners[1] - corners[0], corners[2] - corners[1]
    origin = corners[0]
    along, across = (first, second) if np.hypot(*first) >= np.hypot(*second) else (second, -first)
    if along is second:
        origin = corners[1]
    if (along[0], along[1]) < (0.0, 0.0):
        origin, along = origin + along, -along
    length = float(np.hypot(*along))
    steps = max(2, int(np.ceil(length / entrances / (LONGEST_STEP_M / 2))))
    steps = max(steps, 5)
    place = (np.arange(entrances * steps) + 0.5) / (entrances * steps)
    rows = (np.arange(ACROSS) + 0.5) / ACROSS
    u, v = (grid.ravel() for grid in np.meshgrid(place, rows, indexing="ij"))
    xy = origin + u[:, None] * along + v[:, None] * across
    strip = np.repeat(np.arange(entrances), steps * ACROSS)
    inside = shapely.intersects_xy(footprint, xy)
    missing = np.setdiff1d(np.arange(entrances), strip[inside])
    keep = inside | np.isin(strip, missing)
    return Seeds(xy[keep], strip[keep].astype(np.int64))


def _wall_steps(footprints: Geometries) -> Floats:
    """Return the step between seeds of each footprint: short where another stands close."""
    step = np.clip(shapely.length(footprints) / WALL_STEPS, SHORTEST_STEP_M, LONGEST_STEP_M)
    if len(footprints) < 2:
        return np.asarray(step, dtype=np.float64)
    tree = shapely.STRtree(footprints)
    (own, _), gap = tree.query_nearest(
        footprints, exclusive=True, return_distance=True, all_matches=False
    )
    step[own] = np.minimum(step[own], np.maximum(gap * GAP_SHARE, SHORTEST_STEP_M))
    return np.asarray(step, dtype=np.float64)


def _spread(count: Ints) -> tuple[Ints, Floats]:
    """Repeat each position ``count`` times; return also the middle of each of its equal steps."""
    at, rank = rank_in_run(count)
    return at, (rank + 0.5) / count[at]
