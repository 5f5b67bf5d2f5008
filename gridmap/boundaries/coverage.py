"""Whether divisions tile their land: gaps, overlaps, slivers, and edges that almost meet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import shapely

from gridmap.boundaries.coverage_faces import find_faces, read_homes, read_outlines
from gridmap.boundaries.open_gaps import find_open_gaps
from gridmap.checks.coverage import SLIVER_WIDTH_M
from gridmap.errors import InvalidOption

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray
    from pyproj import CRS

    from gridmap.boundaries.coverage_faces import Flaw, Outlines

    Geometries = NDArray[np.object_]
    Numbers = NDArray[np.int64]

TOLERANCE_M = 0.02
"""A narrower gap or overlap is arithmetic: a corner on a neighbour's straight edge of 1 km leaves
the edge by 16 mm when both are projected (L^2 tan(latitude) / 8R at 40 degrees), and coordinates
are often stored to the centimetre; gridmap's own default."""
LEAST_AREA_M2 = 0.1
"""A smaller gap or overlap holds no building and no door; gridmap's own default."""

FaultKind = Literal["gap", "overlap", "open_gap"]


@dataclass(frozen=True)
class CoverageFault:
    """Land in no division, or in several.

    Attributes
    ----------
    kind
        ``gap``: enclosed, or inside the parent; ``overlap``; ``open_gap``: a narrow gap between
        edges that almost meet, open at an end.
    divisions
        Ids of the divisions around a gap or in an overlap, sorted.
    area_m2, width_m
        Area, and diameter of the largest circle inside.
    households
        Households in it, None when no homes were given.
    sliver
        Whether it is narrower than ``sliver_m``.
    point
        A place inside, in the CRS of the divisions.
    geometry
        The land, in the CRS of the divisions.
    """

    kind: FaultKind
    divisions: tuple[str, ...]
    area_m2: float
    width_m: float
    households: int | None
    sliver: bool
    point: shapely.Point
    geometry: shapely.Polygon


@dataclass(frozen=True)
class CoverageFaults:
    """Everything that keeps divisions from tiling their land, in the order of ids, then place.

    Attributes
    ----------
    gaps, overlaps, open_gaps
        The faults; slivers are among them, each once.
    ignored, ignored_area_m2
        Places below ``tolerance_m`` or ``least_area_m2``, and their area together.
    mended, empty
        Ids of divisions whose outline was not valid and was read by its structure; of those
        without land.
    sliver_m, tolerance_m
        The thresholds used.
    crs
        Of the geometries.
    """

    gaps: tuple[CoverageFault, ...]
    overlaps: tuple[CoverageFault, ...]
    open_gaps: tuple[CoverageFault, ...]
    ignored: int
    ignored_area_m2: float
    mended: tuple[str, ...]
    empty: tuple[str, ...]
    sliver_m: float
    tolerance_m: float
    crs: CRS

    @property
    def faults(self) -> tuple[CoverageFault, ...]:
        """All faults: gaps, overlaps, open gaps."""
        return (*self.gaps, *self.overlaps, *self.open_gaps)

    @property
    def slivers(self) -> tuple[CoverageFault, ...]:
        """The faults that are narrower than ``sliver_m``."""
        return tuple(fault for fault in self.faults if fault.sliver)


def find_coverage_faults(
    divisions: gpd.GeoDataFrame,
    homes: gpd.GeoDataFrame | None = None,
    *,
    parent: shapely.Geometry | None = None,
    sliver_m: float = SLIVER_WIDTH_M,
    tolerance_m: float = TOLERANCE_M,
    least_area_m2: float = LEAST_AREA_M2,
) -> CoverageFaults:
    """Find gaps, overlaps, slivers, and edges that almost meet.

    Parameters
    ----------
    divisions
        ``division_id`` and polygons, in a projected CRS in metres.
    homes
        Points with ``households``, in the same CRS.
    parent
        Land that must be covered. Without it a gap is land that the divisions enclose.
    sliver_m
        Narrower faults are slivers; open gaps are found up to this width.
    tolerance_m, least_area_m2
        Narrower or smaller places are no faults, but counted as ignored.

    Returns
    -------
    CoverageFaults
        Each place once: a place in three divisions is one overlap of three, and the land around
        it that lies in two is another.

    Raises
    ------
    InvalidOption
        When the CRS is not in metres or ids are repeated.

    Notes
    -----
    Found by topology: the noded outlines cut the plane into faces; vertices of one side only are
    no fault. Source of the terms: FIELD.md section 4.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> land = gpd.GeoDataFrame({"division_id": ["A", "B"], "name": ["甲", "乙"]},
    ...     geometry=[box(0, 0, 100.4, 50), box(100, 0, 200, 50)], crs=4547)
    >>> found = find_coverage_faults(land).overlaps[0]
    >>> found.divisions, round(found.area_m2, 1), round(found.width_m, 1), found.sliver
    (('A', 'B'), 20.0, 0.4, True)
    """
    outlines = read_outlines(divisions)
    require_same_crs(divisions, homes)
    flaws = find_flaws(outlines, parent)
    kept = [f for f in flaws if f.width_m >= tolerance_m and f.area_m2 >= least_area_m2]
    tiny = [f for f in flaws if f.width_m < tolerance_m or f.area_m2 < least_area_m2]
    faults = describe_flaws(kept, outlines, homes, sliver_m)
    apart = _find_apart(outlines, flaws, homes, (sliver_m, tolerance_m, least_area_m2))
    return CoverageFaults(
        gaps=tuple(fault for fault in faults if fault.kind == "gap"),
        overlaps=tuple(fault for fault in faults if fault.kind == "overlap"),
        open_gaps=apart,
        ignored=len(tiny),
        ignored_area_m2=float(sum(f.area_m2 for f in tiny)),
        mended=outlines.mended,
        empty=outlines.empty,
        sliver_m=sliver_m,
        tolerance_m=tolerance_m,
        crs=divisions.crs,
    )


def require_same_crs(divisions: gpd.GeoDataFrame, homes: gpd.GeoDataFrame | None) -> None:
    """Raise `InvalidOption` when homes stand in another CRS than divisions."""
    if homes is not None and homes.crs != divisions.crs:
        raise InvalidOption(
            "homes and divisions stand in different CRSs.",
            "homes 与 divisions 的坐标系不同。",
            cure_en="homes.to_crs(divisions.crs)",
            cure_zh="homes.to_crs(divisions.crs)",
        )


def find_flaws(outlines: Outlines, parent: shapely.Geometry | None) -> tuple[Flaw, ...]:
    """Return all flaws of a coverage, however small; at once when it is clean."""
    land = outlines.geometry[~shapely.is_empty(outlines.geometry)]
    if not len(land) and parent is None:
        return ()
    if parent is None and shapely.coverage_is_valid(land):
        union = shapely.get_parts(shapely.coverage_union_all(land))
        if not shapely.get_num_interior_rings(union).any():
            return ()
    return find_faces(outlines.geometry, parent).flaws


def describe_flaws(
    flaws: Sequence[Flaw], outlines: Outlines, homes: gpd.GeoDataFrame | None, sliver_m: float
) -> tuple[CoverageFault, ...]:
    """Turn flaws into faults with ids, households and a place, in the order of ids, then place."""
    shapes = np.array([flaw.shape for flaw in flaws], dtype=object)
    owners = [tuple(sorted(outlines.ids[c] for c in f.claims or f.around)) for f in flaws]
    kinds: list[FaultKind] = ["overlap" if flaw.claims else "gap" for flaw in flaws]
    width = np.array([flaw.width_m for flaw in flaws], dtype=np.float64)
    return _make_faults(kinds, owners, shapes, width, homes, sliver_m)


def _make_faults(
    kinds: Sequence[FaultKind],
    owners: Sequence[tuple[str, ...]],
    shapes: Geometries,
    width: NDArray[np.float64],
    homes: gpd.GeoDataFrame | None,
    sliver_m: float,
) -> tuple[CoverageFault, ...]:
    if not len(shapes):
        return ()
    inside = _count_homes(kinds, shapes, homes)
    points = shapely.point_on_surface(shapes)
    area = shapely.area(shapes)
    faults = [
        CoverageFault(
            kind=kinds[n],
            divisions=owners[n],
            area_m2=float(area[n]),
            width_m=float(width[n]),
            households=None if inside is None else int(inside[n]),
            sliver=bool(width[n] < sliver_m),
            point=points[n],
            geometry=shapes[n],
        )
        for n in range(len(shapes))
    ]
    return tuple(sorted(faults, key=lambda f: (f.kind, f.divisions, f.geometry.bounds)))


def _count_homes(
    kinds: Sequence[FaultKind], shapes: Geometries, homes: gpd.GeoDataFrame | None
) -> Numbers | None:
    """Count households inside; on the rim of a gap a home is in a division, not in the gap."""
    if homes is None:
        return None
    points, counts = read_homes(homes)
    tree = shapely.STRtree(points)
    overlap = np.array([kind == "overlap" for kind in kinds])
    total = np.zeros(len(shapes), dtype=np.int64)
    both, none = np.flatnonzero(overlap), np.flatnonzero(~overlap)
    for chosen, (shape, home) in (
        (both, tree.query(shapes[both], predicate="intersects")),
        (none, tree.query(shapes[none], predicate="contains")),
    ):
        np.add.at(total, chosen[shape], counts[home])
    return total


def _find_apart(
    outlines: Outlines,
    flaws: Sequence[Flaw],
    homes: gpd.GeoDataFrame | None,
    limits: tuple[float, float, float],
) -> tuple[CoverageFault, ...]:
    """Return the narrow gaps that are open at an end."""
    sliver_m, tolerance_m, least_area_m2 = limits
    shapes, width, around = find_open_gaps(
        outlines.geometry,
        flaws,
        width_m=sliver_m,
        tolerance_m=tolerance_m,
        least_area_m2=least_area_m2,
    )
    names = [tuple(sorted(outlines.ids[c] for c in some)) for some in around]
    return _make_faults(["open_gap"] * len(shapes), names, shapes, width, homes, sliver_m)
