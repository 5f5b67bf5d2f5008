"""The plane as divisions cut it: faces in two divisions, faces in none, and how wide they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gridmap.boundaries.offsets import MANY_CORNERS, shrink_land
from gridmap.checks.edges import shared_borders
from gridmap.checks.faces import claim_faces, cut_faces
from gridmap.errors import InvalidOption

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    Geometries = NDArray[np.object_]
    Numbers = NDArray[np.int64]
    Reals = NDArray[np.float64]

WIDTH_STEPS = 20
"""Halvings when a width is measured: a millionth of the widest it could be; gridmap's default."""
WIDTH_SHARE = 1e-4
"""A width is measured to this share of itself; gridmap's default."""
WIDER = 1.001
"""A circle that fits is tried to be this much wider first; gridmap's default."""
DETAIL_SHARE = 0.002
"""Outlines are simplified by this share of the mean width before a width is measured, so that
100,000 corners cost little; gridmap's own default."""
GRID_M = 1e-6
"""Vertices this near to another outline lie on it: the rounding of a corner on a sloping edge is
1e-8 m at coordinates of 4e7 m, and cuts faces that no operation can hold; gridmap's default."""
LEAST_MEASURED_M = 1e-6
"""Widths below this are rounding of coordinates of 1e7 m and not measured; gridmap's default."""


@dataclass(frozen=True)
class Outlines:
    """Outlines that can be worked with, and what stood in the way.

    Attributes
    ----------
    ids
        ``division_id`` of each row.
    geometry
        Valid plane polygons or multipolygons, empty where a row has no land.
    mended, empty
        Ids of the rows whose outline was not valid, and of those without land.
    """

    ids: tuple[str, ...]
    geometry: Geometries
    mended: tuple[str, ...]
    empty: tuple[str, ...]


@dataclass(frozen=True)
class Flaw:
    """A connected piece of land in no division or in several.

    Attributes
    ----------
    claims
        Positions of the divisions that hold it, sorted; none in a gap.
    around
        Position of a division -> metres of border that it shares with the piece.
    faces
        Positions of its faces.
    shape
        Polygon, made of the faces.
    area_m2, width_m
        Area, and diameter of the largest circle inside.
    """

    claims: tuple[int, ...]
    around: dict[int, float]
    faces: tuple[int, ...]
    shape: shapely.Polygon
    area_m2: float
    width_m: float


@dataclass(frozen=True)
class Faces:
    """All faces: ``shapes`` (m,), who holds each, and which belong to a flaw."""

    shapes: Geometries
    claims: tuple[tuple[int, ...], ...]
    flaws: tuple[Flaw, ...]


def read_outlines(divisions: gpd.GeoDataFrame) -> Outlines:
    """Return the outlines of divisions, mended by their structure where they are not valid.

    Raises
    ------
    InvalidOption
        When the frame has no ``division_id``, one occurs twice, or the CRS is not in metres.
    """
    require_metres(divisions, "divisions")
    if "division_id" not in divisions.columns or divisions["division_id"].duplicated().any():
        raise InvalidOption(
            "divisions must have a column division_id with a different id in each row.",
            "divisions 须有 division_id 列，且各行编码互不相同。",
            cure_en='divisions["division_id"] = divisions["name"]',
            cure_zh='divisions["division_id"] = divisions["name"]',
        )
    ids = tuple(str(item) for item in divisions["division_id"])
    raw = np.asarray(divisions.geometry.to_numpy(), dtype=object)
    flat = np.asarray(shapely.force_2d(raw), dtype=object)
    areal = shapely.get_dimensions(flat) == 2
    valid = shapely.is_valid(flat) & (
        shapely.get_type_id(flat) != shapely.GeometryType.GEOMETRYCOLLECTION
    )
    geometry = np.array([shapely.Polygon()] * len(flat), dtype=object)
    geometry[areal & valid] = flat[areal & valid]
    broken = np.flatnonzero(areal & ~valid)
    geometry[broken] = [mend_outline(flat[row]) for row in broken]
    empty = shapely.area(geometry) == 0
    geometry[empty] = shapely.Polygon()
    return Outlines(
        ids,
        geometry,
        tuple(ids[row] for row in broken if not empty[row]),
        tuple(ids[row] for row in np.flatnonzero(empty)),
    )


def mend_outline(outline: shapely.Geometry) -> shapely.Geometry:
    """Return the land of an outline that is not valid: its polygons only, perhaps none.

    Notes
    -----
    By structure: the default method takes 44 s on a ring of 400 points (DESIGN.md section 5).
    """
    if not np.isfinite(shapely.get_coordinates(outline)).all():
        return shapely.Polygon()
    made = shapely.make_valid(outline, method="structure", keep_collapsed=False)
    parts = shapely.get_parts(made)
    return shapely.union_all(parts[shapely.get_dimensions(parts) == 2])


def require_metres(frame: gpd.GeoDataFrame, name: str) -> None:
    """Raise `InvalidOption` unless the CRS of a frame is projected, in metres."""
    if frame.crs is not None and frame.crs.is_projected:
        factor = frame.crs.axis_info[0].unit_conversion_factor
        if factor == 1.0:
            return
    raise InvalidOption(
        f"{name} must be in a projected CRS in metres, not {frame.crs and frame.crs.name}.",
        f"{name} 须采用以米为单位的投影坐标系，当前为 {frame.crs and frame.crs.name}。",
        cure_en=f"{name}.to_crs({name}.estimate_utm_crs())",
        cure_zh=f"{name}.to_crs({name}.estimate_utm_crs())",
    )


def read_homes(homes: gpd.GeoDataFrame | None) -> tuple[Geometries, Numbers]:
    """Return the points of homes and the households at each, 1 where no number is given."""
    if homes is None:
        return np.empty(0, dtype=object), np.empty(0, dtype=np.int64)
    require_metres(homes, "homes")
    points = np.asarray(homes.geometry.to_numpy(), dtype=object)
    if "households" not in homes.columns:
        return points, np.ones(len(points), dtype=np.int64)
    counts = pd.to_numeric(homes["households"], errors="coerce").fillna(1).to_numpy(np.int64)
    return points, counts


def find_faces(geometry: Geometries, parent: shapely.Geometry | None) -> Faces:
    """Cut the plane into faces and group those in no division or in several into flaws.

    Parameters
    ----------
    geometry
        Valid outlines (n,).
    parent
        Land that must be covered, or None: then what the divisions enclose must be.

    Notes
    -----
    Source: FIELD.md section 4: gap, inside the parent and in no division; overlap, in two.
    """
    every = geometry if parent is None else np.array([*geometry, parent], dtype=object)
    faces = cut_faces(every, grid=GRID_M)
    claims: list[list[int]] = [[] for _ in faces]
    for c, f in sorted(zip(*(part.tolist() for part in claim_faces(every, faces)), strict=True)):
        claims[f].append(c)
    wanted = [parent is None or len(geometry) in claim for claim in claims]
    held = tuple(tuple(c for c in claim if c < len(geometry)) for claim in claims)
    groups: dict[tuple[int, ...], list[int]] = {}
    for face, claim in enumerate(held):
        if len(claim) > 1 or (not claim and wanted[face]):
            groups.setdefault(claim, []).append(face)
    return Faces(faces, held, _make_flaws(faces, held, groups))


def _make_flaws(
    faces: Geometries,
    held: tuple[tuple[int, ...], ...],
    groups: dict[tuple[int, ...], list[int]],
) -> tuple[Flaw, ...]:
    """Join adjacent faces with the same claims, measure them, and look who lies around."""
    if not groups:
        return ()
    pairs, length = shared_borders(faces, in_metres=True)
    members = _join_adjacent(held, groups, pairs)
    flaw_of = np.full(len(faces), -1, dtype=np.int64)
    for number, group in enumerate(members):
        flaw_of[group] = number
    around: list[dict[int, float]] = [{} for _ in members]
    for (a, b), metres in zip(pairs.tolist(), length.tolist(), strict=True):
        for mine, other in ((a, b), (b, a)):
            if flaw_of[mine] >= 0 and flaw_of[mine] != flaw_of[other]:
                border = around[flaw_of[mine]]
                for c in held[other]:
                    border[c] = border.get(c, 0.0) + metres
    shapes = np.array([shapely.coverage_union_all(faces[group]) for group in members], dtype=object)
    area, width = shapely.area(shapes), measure_width(shapes)
    return tuple(
        Flaw(held[group[0]], around[n], tuple(group), shapes[n], float(area[n]), float(width[n]))
        for n, group in enumerate(members)
    )


def _join_adjacent(
    held: tuple[tuple[int, ...], ...], groups: dict[tuple[int, ...], list[int]], pairs: Numbers
) -> list[list[int]]:
    """Return the connected groups of faces with the same claims, each sorted."""
    root = {face: face for group in groups.values() for face in group}

    def find(face: int) -> int:
        while root[face] != face:
            face = root[face]
        return face

    for a, b in pairs.tolist():
        if a in root and b in root and held[a] == held[b]:
            low, high = sorted((find(a), find(b)))
            root[high] = low
    joined: dict[int, list[int]] = {}
    for face in sorted(root):
        joined.setdefault(find(face), []).append(face)
    return list(joined.values())


def measure_width(shapes: Geometries) -> Reals:
    """Return the diameter of the largest circle in each polygon, metres, to about 1 %.

    Shrinking by half the width leaves nothing; the width is between the mean width (twice the
    area by the perimeter) and that of a disc of the same area, and halved in between.

    Examples
    --------
    >>> measure_width(np.array([shapely.box(0, 0, 100, 0.5)])).round(2).tolist()
    [0.5]
    """
    area, length = shapely.area(shapes), shapely.length(shapes)
    low = np.divide(2 * area, length, out=np.zeros_like(area), where=length > 0)
    high = 2 * np.sqrt(area / np.pi)
    some = np.flatnonzero(high > LEAST_MEASURED_M)
    plain = shapely.simplify(shapes[some], low[some] * DETAIL_SHARE)
    inside = _start_inside(plain, low[some])
    middle = np.where(inside > low[some], inside * WIDER, (low[some] + high[some]) / 2)
    middle = np.minimum(middle, high[some])
    low[some] = inside
    for _ in range(WIDTH_STEPS):
        open_yet = high[some] - low[some] > WIDTH_SHARE * low[some]
        some, plain, middle = some[open_yet], plain[open_yet], middle[open_yet]
        alive = ~shapely.is_empty(shrink_land(plain, middle / 2))
        low[some] = np.where(alive, middle, low[some])
        high[some] = np.where(alive, high[some], middle)
        middle = (low[some] + high[some]) / 2
    return np.asarray(low, dtype=np.float64)


def _start_inside(shapes: Geometries, low: Reals) -> Reals:
    """Return the width of a circle inside each shape: of one with many corners the widest found.

    GEOS looks for the widest circle in a limited number of steps, so that it is a lower bound.
    """
    inside = low.copy()
    many = np.flatnonzero(shapely.get_num_coordinates(shapes) > MANY_CORNERS)
    circles = shapely.maximum_inscribed_circle(shapes[many], tolerance=low[many] * WIDTH_SHARE)
    inside[many] = np.maximum(low[many], 2 * shapely.length(circles))
    return inside
