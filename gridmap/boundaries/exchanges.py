"""Land to give back: what a host could give for a part that it gets.

Land alone can't be exchanged sensibly: a line through open land or through houses is no border.
So a host gives whole blocks, the land between roads, rivers and railways, with compounds whole.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.boundaries.options import NotPossible
from gridmap.boundaries.redrawing import match_vertices, part_count, take_land
from gridmap.boundaries.splits import LEAST_SHARE
from gridmap.boundaries.standing import measure_areas
from gridmap.checks.edges import shared_borders

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridmap.boundaries.border_chains import Geometries
    from gridmap.boundaries.spans import Floats, Ints
    from gridmap.boundaries.standing import Counts, Standing

ABOUT_SAME = 0.25
"""Land given back holds within this share of the households (or, without any, the area) of the
land that is given: what two planners would still call an even exchange; gridmap's own default."""
TRIED = 8
"""The best so many sets of blocks are tried against the outlines; gridmap's own default."""

NO_BORDER = ("{owner}'s main land does not border {host}", "{owner}主体与{host}不相邻")
NO_BLOCKS = (
    (
        "{host} has no roads or compounds along the border to divide land by, and land alone can't "
        "be exchanged sensibly"
    ),
    "{host}沿边界没有可据以划分的道路或小区，仅凭土地无法合理置换",
)
NO_MATCH = (
    "no whole blocks of {host} along the border hold about as much ({share:.0%})",
    "{host}沿边界没有规模相近（相差{share:.0%}以内）的完整街坊",
)


@dataclass(frozen=True)
class GivenBack:
    """Land that a host could give, and by what measure it is about the same."""

    land: shapely.Geometry
    measure_en: str
    measure_zh: str


@dataclass(frozen=True)
class _Blocks:
    """The blocks of one main part: land, what they hold, which are adjacent."""

    shapes: Geometries
    households: Ints
    area_m2: Floats
    beside: tuple[tuple[int, ...], ...]


@dataclass
class ExchangeTable:
    """Blocks of the divisions, cut once each.

    Attributes
    ----------
    standing
        Divisions and what stands on them.
    mains
        Division -> its main part, as stored.
    """

    standing: Standing
    mains: Mapping[str, shapely.Geometry]
    _blocks: dict[str, _Blocks] = field(default_factory=dict)

    def find_land(self, owner: str, host: str, wanted: Counts) -> GivenBack | NotPossible:
        """Return land of a host, along its border with an owner, of about the same size.

        Parameters
        ----------
        owner, host
            Ids: who gets it, and who gives it.
        wanted
            What the host gets.

        Notes
        -----
        Blocks grow from each one on the border of the two main parts, the neighbour that brings
        the sum nearest first, until none does; the nearest sum that leaves the host in one piece
        and no building cut is taken.
        """
        said = {
            "owner": self.standing.names[self.standing.row[owner]],
            "host": self.standing.names[self.standing.row[host]],
            "share": ABOUT_SAME,
        }

        def refuse(words: tuple[str, str]) -> NotPossible:
            return NotPossible(
                "exchange", tuple(sorted((owner, host))), *(text.format(**said) for text in words)
            )

        border = self.mains[owner]
        if not shapely.intersects(border, self.mains[host]):
            return refuse(NO_BORDER)
        blocks = self._cut(host)
        if len(blocks.shapes) < 2:
            return refuse(NO_BLOCKS)
        starts = self._find_beside(blocks, border)
        if not len(starts):
            return refuse(NO_BORDER)
        by_homes = bool(wanted.households)
        free = np.ones(len(blocks.shapes), dtype=bool)
        if wanted.households == 0:
            free = blocks.households == 0
        size = blocks.households.astype(float) if by_homes else blocks.area_m2
        target = float(wanted.households or 0) if by_homes else wanted.area_m2
        found = {
            tuple(sorted(grown))
            for start in starts
            if free[start] and (grown := _grow(start, size, target, blocks.beside, free))
        }
        near = {members: abs(size[list(members)].sum() / target - 1) for members in found}
        order = sorted(found, key=lambda members: (round(near[members], 9), len(members), members))
        good = [members for members in order if near[members] <= ABOUT_SAME]
        for members in good[:TRIED]:
            land = shapely.union_all(blocks.shapes[list(members)])
            if self._fits(host, land):
                words = ("households", "户数") if by_homes else ("area", "面积")
                return GivenBack(land, *words)
        return refuse(NO_MATCH)

    def _cut(self, host: str) -> _Blocks:
        if host not in self._blocks:
            self._blocks[host] = self._cut_blocks(self.mains[host])
        return self._blocks[host]

    def _cut_blocks(self, main: shapely.Geometry) -> _Blocks:
        """Cut a main part by lines and compounds; the faces of one compound are one block."""
        standing = self.standing
        lines, compounds = standing.lines, standing.compounds
        lines = lines[shapely.intersects(shapely.box(*shapely.bounds(main)), lines)]
        compounds = compounds[shapely.intersects(main, compounds)]
        inside = shapely.intersection(lines, main)
        rims = shapely.intersection(shapely.boundary(compounds), main)
        drawn = shapely.union_all([shapely.boundary(main), *inside, *rims])
        faces = np.asarray(shapely.get_parts(shapely.polygonize([drawn])), dtype=object)
        points = shapely.point_on_surface(faces)
        own = shapely.intersects(main, points)
        faces, points = faces[own], points[own]
        label = np.arange(len(faces))
        compound, face = shapely.STRtree(points).query(compounds, predicate="intersects")
        label[face] = len(faces) + compound
        _, group = np.unique(label, return_inverse=True)
        shapes = np.array(
            [shapely.union_all(faces[group == n]) for n in range(int(group.max(initial=-1)) + 1)],
            dtype=object,
        )
        pairs, _ = shared_borders(faces, in_metres=True)
        beside: list[set[int]] = [set() for _ in shapes]
        for a, b in group[pairs].tolist():
            if a != b:
                beside[a].add(b)
                beside[b].add(a)
        households = [standing.home_counts[standing.touch_homes(shape)].sum() for shape in shapes]
        return _Blocks(
            shapes,
            np.array(households, dtype=np.int64),
            measure_areas(shapes, standing.crs, standing.metric_crs),
            tuple(tuple(sorted(some)) for some in beside),
        )

    def _find_beside(self, blocks: _Blocks, main: shapely.Geometry) -> list[int]:
        """Return the blocks with an edge on the border of a main part."""
        rim = shapely.boundary(main)
        shapely.prepare(rim)
        near = np.flatnonzero(shapely.dwithin(blocks.shapes, rim, self.standing.rounding))
        found = []
        for n in near.tolist():
            rings = shapely.get_rings(shapely.get_parts(blocks.shapes[n]))
            xy, ring = shapely.get_coordinates(rings, return_index=True)
            same = ring[1:] == ring[:-1]
            middles = shapely.points((xy[1:][same] + xy[:-1][same]) / 2)
            if shapely.dwithin(middles, rim, self.standing.rounding).any():
                found.append(n)
        return found

    def _fits(self, host: str, land: shapely.Geometry) -> bool:
        """Tell whether land can go: the host stays in one piece, no building is cut."""
        land, (main,) = match_vertices(
            land, np.array([self.mains[host]], dtype=object), self.standing.rounding
        )
        rest = take_land(main, land)
        if part_count(rest) != 1 or not shapely.is_valid(rest):
            return False
        buildings = self.standing.buildings
        if buildings is None or not len(buildings):
            return True
        near = buildings[shapely.intersects(buildings, shapely.boundary(land))]
        near = near[shapely.intersects(near, main)]
        share = shapely.area(shapely.intersection(near, land)) / shapely.area(near)
        kept = shapely.area(shapely.intersection(near, rest)) / shapely.area(near)
        return not bool(((share > LEAST_SHARE) & (kept > LEAST_SHARE)).any())


def _grow(
    start: int,
    size: Floats,
    target: float,
    beside: tuple[tuple[int, ...], ...],
    free: np.ndarray[tuple[int], np.dtype[np.bool_]],
) -> set[int]:
    """Return blocks around one that together come as near to a target as one step at a time can."""
    members = {start}
    total = float(size[start])
    while True:
        rim = sorted({n for m in members for n in beside[m] if free[n]} - members)
        best = min(rim, key=lambda n: (abs(total + size[n] - target), n), default=None)
        if best is None or abs(total + size[best] - target) >= abs(total - target):
            return members
        members.add(best)
        total += float(size[best])
