"""Close gaps and settle overlaps up to a tolerance, and say everything that this changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.boundaries.coverage import (
    LEAST_AREA_M2,
    TOLERANCE_M,
    find_coverage_faults,
    find_flaws,
    require_same_crs,
)
from gridmap.boundaries.coverage_faces import Faces, find_faces, read_outlines
from gridmap.boundaries.coverage_sharing import Borders, share_gap, share_overlap
from gridmap.boundaries.homes import list_moved_homes
from gridmap.checks.coverage import SLIVER_WIDTH_M
from gridmap.checks.faces import join_faces
from gridmap.errors import InvalidOption

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from gridmap.boundaries.coverage import CoverageFaults, FaultKind
    from gridmap.boundaries.coverage_faces import Flaw, Outlines
    from gridmap.boundaries.coverage_sharing import Share
    from gridmap.boundaries.homes import MovedHome

    Geometries = NDArray[np.object_]
    Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class CoverageChange:
    """Land that was given to one division.

    Attributes
    ----------
    kind
        ``gap`` or ``overlap``.
    division
        Id of the division that has the land now.
    taken_from
        Ids of the other divisions that held it too; none for a gap.
    area_m2, width_m
        Area of this land; width of the fault that it was.
    moved_m
        How far the border moved: the farthest distance of the land from what the division that
        gets it had before (gap), or from the old outline of those that lose it, or from what they
        keep (overlap).
    point, geometry
        A place in the land, and the land.
    """

    kind: FaultKind
    division: str
    taken_from: tuple[str, ...]
    area_m2: float
    width_m: float
    moved_m: float
    point: shapely.Point
    geometry: shapely.Polygon


@dataclass(frozen=True)
class CoverageRepair:
    """Divisions after a repair, and everything that it changed.

    Attributes
    ----------
    divisions
        As given, with new geometry where something changed.
    changes
        Land given to a division, in the order of division, then place.
    moved_homes
        Every home whose division changed, in the order of homes.
    noise_closed, noise_area_m2
        Places too narrow to be faults that were closed too, and their area together.
    matched
        Ids whose outline has other vertices than before.
    left
        The faults of ``divisions`` now: those that the tolerance left as they were.
    tolerance_m
        The tolerance used.
    """

    divisions: gpd.GeoDataFrame
    changes: tuple[CoverageChange, ...]
    moved_homes: tuple[MovedHome, ...]
    noise_closed: int
    noise_area_m2: float
    matched: tuple[str, ...]
    left: CoverageFaults
    tolerance_m: float

    @property
    def moved_households(self) -> int:
        """Households whose division changed."""
        return sum(home.households for home in self.moved_homes)


@dataclass
class _Settling:
    """Who owns which face so far (-1: nobody alone), and what was decided."""

    faces: Faces
    outlines: Outlines
    tolerance_m: float
    owner: Numbers
    borders: Borders
    shares: list[tuple[Flaw, list[Share]]] = field(default_factory=list)

    def settle(self) -> None:
        """Settle overlaps of few divisions first, then gaps."""
        narrow = [f for f in self.faces.flaws if f.width_m <= self.tolerance_m]
        waiting = sorted((f for f in narrow if f.claims), key=lambda f: (len(f.claims), f.faces))
        progress = True
        while progress:
            rest = [flaw for flaw in waiting if not self._share(flaw, self.owner)]
            progress = len(rest) < len(waiting)
            waiting = rest
        before = self.owner.copy()
        for flaw in narrow:
            if not flaw.claims:
                self._share(flaw, before)

    def _share(self, flaw: Flaw, owner: Numbers) -> bool:
        lines = self.borders.lines_of(flaw.faces, owner)
        ids, rims = self.outlines.ids, self.outlines.geometry
        if flaw.claims:
            shares = share_overlap(flaw, lines, ids, self.tolerance_m, rims)
        else:
            shares = share_gap(flaw, lines, ids, self.tolerance_m)
        if len({division for division, _, _ in shares}) == 1:
            self.owner[list(flaw.faces)] = shares[0][0]
        if shares:
            self.shares.append((flaw, shares))
        return bool(shares)

    def rebuild(self) -> tuple[Geometries, NDArray[np.bool_]]:
        """Return the outlines as settled; what is not settled stays with all who hold it."""
        split = [s for _, some in self.shares if len({d for d, _, _ in some}) > 1 for s in some]
        pairs = [
            (c, face)
            for face, claim in enumerate(self.faces.claims)
            for c in ([self.owner[face]] if self.owner[face] >= 0 else claim)
        ]
        pairs += [(s[0], len(self.faces.shapes) + n) for n, s in enumerate(split)]
        shapes = np.array([*self.faces.shapes, *(s[1] for s in split)], dtype=object)
        holder, face = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
        return join_faces(self.outlines.geometry, shapes, holder, face)


def repair_coverage(
    divisions: gpd.GeoDataFrame,
    homes: gpd.GeoDataFrame | None = None,
    *,
    tolerance_m: float = SLIVER_WIDTH_M,
    parent: shapely.Geometry | None = None,
    noise_m: float = TOLERANCE_M,
    least_area_m2: float = LEAST_AREA_M2,
) -> CoverageRepair:
    """Close gaps and settle overlaps that are not wider than a tolerance.

    Parameters
    ----------
    divisions, homes, parent
        As in `find_coverage_faults`; a home is named by ``home_id``, else ``household_id``, else
        the index.
    tolerance_m
        No border moves farther than this (all land that changes lies within it of the old outline
        of whoever gains or loses it, and land lost also of what is kept), and no fault wider than
        this is touched.
    noise_m, least_area_m2
        Narrower or smaller places are closed without being listed one by one.

    Returns
    -------
    CoverageRepair
        Every home whose division changes is listed.

    Raises
    ------
    InvalidOption
        When the tolerance is not a positive number, the CRS is not in metres or ids are repeated.

    Notes
    -----
    An overlap goes to the division with the longest border between it and its undisputed land,
    then to the lower id; a gap to the neighbour with the longest common border, then to the lower
    id; where that would move a border too far, to the next; a gap that no single neighbour can
    take is split among them, and so is an overlap. No division loses all its land. gridmap's own
    rules.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> land = gpd.GeoDataFrame({"division_id": ["A", "B"], "name": ["甲", "乙"]},
    ...     geometry=[box(0, 0, 100.4, 50), box(100, 0, 200, 50)], crs=4547)
    >>> repair = repair_coverage(land, tolerance_m=0.5)
    >>> [(c.kind, c.division, c.taken_from, round(c.moved_m, 1)) for c in repair.changes]
    [('overlap', 'A', ('B',), 0.4)]
    >>> repair.divisions.area.round(1).tolist(), repair.left.faults
    ([5020.0, 4980.0], ())
    """
    if not (tolerance_m > 0 and np.isfinite(tolerance_m)):
        raise InvalidOption(
            f"tolerance_m must be a positive number of metres, not {tolerance_m}.",
            f"tolerance_m 须为正数（米），当前为 {tolerance_m}。",
            cure_en="tolerance_m=1.0",
            cure_zh="tolerance_m=1.0",
        )
    outlines = read_outlines(divisions)
    require_same_crs(divisions, homes)
    after, shares = _settle(outlines, parent, tolerance_m)
    mended = np.array([name in outlines.mended for name in outlines.ids], dtype=bool)
    other = np.array(
        [a is not b for a, b in zip(outlines.geometry, after, strict=True)], dtype=bool
    )
    geometry = np.asarray(divisions.geometry.to_numpy(), dtype=object).copy()
    geometry[other | mended] = after[other | mended]
    repaired = divisions.set_geometry(
        type(divisions.geometry)(geometry, index=divisions.index, crs=divisions.crs)
    )
    listed = [s for s in shares if s[0].width_m >= noise_m and s[0].area_m2 >= least_area_m2]
    noise = [flaw for flaw, _ in shares if flaw.width_m < noise_m or flaw.area_m2 < least_area_m2]
    return CoverageRepair(
        divisions=repaired,
        changes=_list_changes(listed, outlines.ids),
        moved_homes=list_moved_homes(outlines.ids, outlines.geometry, after, homes),
        noise_closed=len(noise),
        noise_area_m2=float(sum(flaw.area_m2 for flaw in noise)),
        matched=tuple(outlines.ids[row] for row in np.flatnonzero(other)),
        left=find_coverage_faults(
            repaired, homes, parent=parent, tolerance_m=noise_m, least_area_m2=least_area_m2
        ),
        tolerance_m=tolerance_m,
    )


def _settle(
    outlines: Outlines, parent: shapely.Geometry | None, tolerance_m: float
) -> tuple[Geometries, list[tuple[Flaw, list[Share]]]]:
    """Return the outlines after the repair, and who got what."""
    geometry = outlines.geometry
    clean = shapely.coverage_is_valid(geometry[~shapely.is_empty(geometry)])
    if clean and not find_flaws(outlines, parent):
        return geometry, []
    faces = find_faces(geometry, parent)
    owner = np.array([c[0] if len(c) == 1 else -1 for c in faces.claims], dtype=np.int64)
    settling = _Settling(faces, outlines, tolerance_m, owner, Borders.of(faces.shapes))
    settling.settle()
    return settling.rebuild()[0], settling.shares


def _list_changes(
    shares: list[tuple[Flaw, list[Share]]], ids: tuple[str, ...]
) -> tuple[CoverageChange, ...]:
    changes = [
        CoverageChange(
            kind="overlap" if flaw.claims else "gap",
            division=ids[division],
            taken_from=tuple(sorted(ids[c] for c in flaw.claims if c != division)),
            area_m2=float(land.area),
            width_m=flaw.width_m,
            moved_m=moved,
            point=shapely.point_on_surface(land),
            geometry=land,
        )
        for flaw, some in shares
        for division, land, moved in some
    ]
    return tuple(sorted(changes, key=lambda c: (c.division, c.geometry.bounds)))
