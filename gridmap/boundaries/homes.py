"""Homes and who holds them: the one rule by which edits, proposals and repairs look them up.

Where divisions overlap, or on a border, a home is held by several. Lists of homes compare all of
its holders; counts, in which each household is counted once, take one of them (`place_homes`).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from gridmap.boundaries.border_chains import Geometries

ID_COLUMNS = ("home_id", "household_id")
"""Columns that name a home, the first that is there; else the index does."""


@dataclass(frozen=True)
class MovedHome:
    """A home whose divisions are not those from before; ids only, never an address.

    Attributes
    ----------
    home_id
        Its id.
    households
        How many live there.
    before, after
        Ids of all who hold it: one; several in an overlap or on a border; none outside. Sorted.
    point
        Where it is.
    """

    home_id: str
    households: int
    before: tuple[str, ...]
    after: tuple[str, ...]
    point: shapely.Point


def find_holders(shapes: Geometries, points: Geometries) -> list[tuple[int, ...]]:
    """Return the positions of all divisions that touch each point, sorted.

    Parameters
    ----------
    shapes
        Outlines (n,).
    points
        Homes (h,), in the same plane.

    Examples
    --------
    >>> find_holders(np.array([shapely.box(0, 0, 2, 1), shapely.box(1, 0, 3, 1)]),
    ...     shapely.points([[0.5, 0.5], [1.5, 0.5], [9, 9]]))
    [(0,), (0, 1), ()]
    """
    shape, point = shapely.STRtree(points).query(shapes, predicate="intersects")
    order = np.lexsort((shape, point))
    ends = np.searchsorted(point[order], np.arange(len(points) + 1))
    held = shape[order].tolist()
    return [tuple(held[a:b]) for a, b in itertools.pairwise(ends.tolist())]


def place_homes(
    shapes: Geometries, points: Geometries, *, areas: NDArray[np.float64] | None = None
) -> list[int]:
    """Return the division that counts each home, -1 for none.

    Parameters
    ----------
    shapes, points
        Outlines (n,) and homes (h,).
    areas
        Of the outlines (n,), by which an overlap is given to the smallest; else measured here.

    Notes
    -----
    A home that several hold is of the smallest of them, of equals the first: the rule by which
    `gridmap.repair_sources` gives land of an overlap away.

    Examples
    --------
    >>> place_homes(np.array([shapely.box(0, 0, 2, 1), shapely.box(1, 0, 2, 1)]),
    ...     shapely.points([[0.5, 0.5], [1, 0.5], [1.5, 0.5], [9, 9]]))
    [0, 1, 1, -1]
    """
    rank = rank_sizes(shapely.area(shapes) if areas is None else areas).tolist()
    return [
        min(holders, key=rank.__getitem__, default=-1) for holders in find_holders(shapes, points)
    ]


def rank_sizes(areas: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the rank of each area (n,), the smallest first, of equals the first.

    Examples
    --------
    >>> rank_sizes(np.array([3.0, 1.0, 3.0])).tolist()
    [1, 0, 2]
    """
    rank = np.empty(len(areas), dtype=np.int64)
    rank[np.argsort(areas, kind="stable")] = np.arange(len(areas))
    return rank


def list_moved_homes(
    ids: Sequence[str], before: Geometries, after: Geometries, homes: gpd.GeoDataFrame | None
) -> tuple[MovedHome, ...]:
    """List the homes that are not held by the same divisions as before, in their order.

    Parameters
    ----------
    ids
        Of the divisions.
    before, after
        Outlines (n,); one that is the same object in both has not changed.
    homes
        Points with ``home_id``, ``household_id`` or the index as their name, and ``households``
        (1 where no number is given), or None.

    Examples
    --------
    >>> import geopandas as gpd
    >>> homes = gpd.GeoDataFrame({"home_id": ["h"], "households": [5]},
    ...     geometry=[shapely.Point(1.5, 0.5)])
    >>> both = np.array([shapely.box(0, 0, 2, 1), shapely.box(1, 0, 3, 1)])
    >>> settled = np.array([both[0], shapely.box(2, 0, 3, 1)])
    >>> [(h.before, h.after) for h in list_moved_homes("AB", both, settled, homes)]
    [(('A', 'B'), ('A',))]
    """
    changed = [n for n, (a, b) in enumerate(zip(before, after, strict=True)) if a is not b]
    if homes is None or not len(homes) or not changed:
        return ()
    points = np.asarray(homes.geometry.to_numpy(), dtype=object)
    was, now = (find_holders(shapes[changed], points) for shapes in (before, after))
    moved = [n for n, (a, b) in enumerate(zip(was, now, strict=True)) if a != b]
    if not moved:
        return ()
    named = next((c for c in ID_COLUMNS if c in homes.columns), None)
    names = [str(name) for name in (homes.index if named is None else homes[named])]
    counts = np.ones(len(points), dtype=np.int64)
    if "households" in homes.columns:
        counts = pd.to_numeric(homes["households"], errors="coerce").fillna(1).to_numpy(np.int64)
    old, new = (find_holders(shapes, points[moved]) for shapes in (before, after))
    return tuple(
        MovedHome(names[n], int(counts[n]), _name(ids, old[k]), _name(ids, new[k]), points[n])
        for k, n in enumerate(moved)
    )


def _name(ids: Sequence[str], holders: Sequence[int]) -> tuple[str, ...]:
    return tuple(sorted(str(ids[n]) for n in holders))
