"""Land that nobody lives on is shared out to the units along its border.

A verge between a compound's line and the road belongs to the compound, a river to its banks; a
field between villages is cut into as many open units as there are villages around it, so that
each village can be reached. In each case the cells grow from the border itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.units.cells import cut_polygons, draw_cells, find_ridges, nearest_owner
from gridmap.units.faces import NOTHING
from gridmap.units.seeds import seed_edges

if TYPE_CHECKING:
    from gridmap.units.arrays import Bools, Floats, Geometries, Ints
    from gridmap.units.edges import SharedEdges
    from gridmap.units.measuring import LocalPlane


BANK_STEP_M = 6.0
"""Distance between the seeds along a bank; gridmap's own default."""


@dataclass(frozen=True, slots=True)
class Banks:
    """Edges where land to be shared out touches units.

    Attributes
    ----------
    region
        (n,) position of the piece to be shared out.
    owner
        (n,) the unit on the other side.
    start, end
        (n, 2) ends of the edge, degrees.
    """

    region: Ints
    owner: Ints
    start: Floats
    end: Floats

    def joined(self, other: Banks) -> Banks:
        """Return these banks and others as one."""
        return Banks(
            *(
                np.concatenate([getattr(self, name), getattr(other, name)])
                for name in self.__slots__
            )
        )

    def count_owners(self, pieces: int) -> Ints:
        """Return how many different units each piece touches."""
        pairs = np.unique(np.column_stack([self.region, self.owner]), axis=0)
        return np.bincount(pairs[:, 0], minlength=pieces)

    def only_owner(self, pieces: int) -> Ints:
        """Return the unit of each piece that touches exactly one, else `NOTHING`."""
        result = np.full(pieces, NOTHING, dtype=np.int64)
        result[self.region] = self.owner
        result[self.count_owners(pieces) != 1] = NOTHING
        return result


def find_banks(shared: SharedEdges, group: Ints, asked: Bools, allowed: Bools) -> Banks:
    """Find the edges between pieces to be shared out and pieces that have a unit.

    Parameters
    ----------
    shared
        Edges of the coverage.
    group
        (n,) unit of each piece, negative for none.
    asked
        (n,) which pieces are to be shared out.
    allowed
        (edges,) which edges count: same community, no road between.

    Returns
    -------
    Banks
    """
    parts = []
    for inner, outer in ((shared.left, shared.right), (shared.right, shared.left)):
        bank = np.flatnonzero(allowed & asked[inner] & ~asked[outer] & (group[outer] >= 0))
        parts.append((inner[bank], group[outer[bank]], shared.start[bank], shared.end[bank]))
    region, owner, start, end = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Banks(region, owner, start, end)


def share_out(shapes: Geometries, banks: Banks, plane: LocalPlane) -> tuple[Geometries, Ints, Ints]:
    """Cut pieces that touch several units into one cell each.

    Parameters
    ----------
    shapes
        (n,) pieces of a valid coverage.
    banks
        The edges to grow from; pieces that touch a single unit are left whole.
    plane
        The local plane.

    Returns
    -------
    shapes, parent, owner
        (m,) pieces, the piece that each is part of, and the unit that each cell grew from
        (`NOTHING` for every piece that was not cut).
    """
    several = banks.count_owners(len(shapes)) > 1
    used = several[banks.region]
    whole = np.full(len(shapes), NOTHING, dtype=np.int64)
    if not used.any():
        return shapes, np.arange(len(shapes)), whole
    start, end = plane.to_metres(banks.start[used]), plane.to_metres(banks.end[used])
    seeds = seed_edges(start, end, BANK_STEP_M)
    region, owner = banks.region[used][seeds.owner], banks.owner[used][seeds.owner]
    extent = shapely.bounds(shapely.transform(shapes, plane.to_metres)).reshape(-1, 4)
    ridges = find_ridges(region, seeds.xy, owner, extent)
    pieces, parent = cut_polygons(shapes, draw_cells(ridges, shapes, plane))
    label = whole[parent]
    cut = np.flatnonzero(several[parent])
    inner = plane.to_metres(shapely.get_coordinates(shapely.point_on_surface(pieces[cut])))
    label[cut] = nearest_owner(parent[cut], inner, region, seeds.xy, owner)
    return pieces, parent, label
