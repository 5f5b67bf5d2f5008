"""Water is nobody's: its land is shared out to the units on its banks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.units.cells import cut_polygons, draw_cells, find_ridges, nearest_owner
from gridmap.units.edges import find_shared_edges
from gridmap.units.faces import NOTHING, connect_equal
from gridmap.units.seeds import seed_edges

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.units.measuring import LocalPlane

    Geometries = NDArray[Any]
    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

BANK_STEP_M = 10.0
"""Distance between the seeds along a bank; gridmap's own default."""


def share_water(
    shapes: Geometries, group: Ints, community: Ints, water: Bools, plane: LocalPlane
) -> tuple[Geometries, Ints, Ints]:
    """Cut water into the cells of its banks.

    Parameters
    ----------
    shapes
        (n,) pieces of land and water, a valid coverage.
    group
        (n,) the unit of each piece of land, `NOTHING` for water.
    community
        (n,) community of each piece; water goes to banks of its own community.
    water
        (n,) which pieces are water.
    plane
        The local plane.

    Returns
    -------
    shapes, group, parent
        (m,) pieces, the unit of each (`NOTHING` for water without a bank of its community, and
        for cells that do not touch their bank), and the piece that each is part of.
    """
    shared = find_shared_edges(shapes)
    wet_left, wet_right = water[shared.left], water[shared.right]
    bank = (wet_left != wet_right) & (community[shared.left] == community[shared.right])
    region = np.where(wet_left, shared.left, shared.right)[bank]
    owner = group[np.where(wet_left, shared.right, shared.left)[bank]]
    known = owner >= 0
    region, owner = region[known], owner[known]
    start, end = shared.start[bank][known], shared.end[bank][known]
    seeds = seed_edges(plane.to_metres(start), plane.to_metres(end), BANK_STEP_M)
    seed_region, seed_owner = region[seeds.owner], owner[seeds.owner]
    pairs = np.unique(np.column_stack([region, owner]), axis=0)
    banks = np.bincount(pairs[:, 0], minlength=len(shapes))
    group = group.copy()
    single = banks[pairs[:, 0]] == 1
    group[pairs[single, 0]] = pairs[single, 1]
    several = banks > 1
    if not several.any():
        return shapes, group, np.arange(len(shapes))
    used = several[seed_region]
    extent = shapely.bounds(shapely.transform(shapes, plane.to_metres)).reshape(-1, 4)
    ridges = find_ridges(seed_region[used], seeds.xy[used], seed_owner[used], extent)
    pieces, parent = cut_polygons(shapes, draw_cells(ridges, shapes, plane))
    label = group[parent]
    cut = np.flatnonzero(several[parent])
    inner = plane.to_metres(shapely.get_coordinates(shapely.point_on_surface(pieces[cut])))
    label[cut] = nearest_owner(
        parent[cut], inner, seed_region[used], seeds.xy[used], seed_owner[used]
    )
    return pieces, _drop_loose(pieces, label, water[parent]), parent


def _drop_loose(shapes: Geometries, group: Ints, water: Bools) -> Ints:
    """Take its group from water that is not connected to land of the group."""
    part = connect_equal(find_shared_edges(shapes), group)
    dry = np.zeros(part.max() + 1, dtype=bool)
    dry[part[~water]] = True
    return np.where(dry[part], group, NOTHING)
