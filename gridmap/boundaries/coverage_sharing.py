"""Who gets a gap or an overlap: the longest shared border first, and never beyond a tolerance."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.checks.edges import border_segments, shared_borders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from gridmap.boundaries.coverage_faces import Flaw

    Geometries = NDArray[np.object_]
    Numbers = NDArray[np.int64]
    Lines = dict[int, shapely.MultiLineString]
    Share = tuple[int, shapely.Polygon, float]

ROUNDING = 1e-6
"""Share by which a distance may exceed the tolerance, for the rounding of coordinates."""
LOST_SHARE = 1e-6
"""A split whose pieces miss this share of the land is refused; gridmap's own default."""
ARC_SEGMENTS = 32
"""Segments of a quarter circle: a reach is measured too short by 0.03 % at most, never too long."""


@dataclass(frozen=True)
class Borders:
    """The straight pieces of all faces, and the face on the other side of each.

    Attributes
    ----------
    start
        First piece of each face (m + 1,).
    ends
        Both ends of each piece (k, 2, 2).
    other
        Face on the other side of each piece (k,), -1 for none.
    """

    start: Numbers
    ends: NDArray[np.float64]
    other: Numbers

    @classmethod
    def of(cls, faces: Geometries) -> Borders:
        """Match the pieces of faces that share their vertices."""
        face, segment, _ = border_segments(faces, in_metres=True)
        xy, ring = shapely.get_coordinates(shapely.get_rings(faces), return_index=True)
        inside = ring[1:] == ring[:-1]
        ends = np.stack([xy[:-1][inside], xy[1:][inside]], axis=1)
        order = np.argsort(segment, kind="stable")
        twice = segment[order][1:] == segment[order][:-1]
        first, second = order[:-1][twice], order[1:][twice]
        other = np.full(len(face), -1, dtype=np.int64)
        other[first], other[second] = face[second], face[first]
        return cls(np.searchsorted(face, np.arange(len(faces) + 1)), ends, other)

    def lines_of(self, faces: Iterable[int], owner: Numbers) -> Lines:
        """Return the border that some faces share with the land of each owner (m,; -1: nobody)."""
        own = set(faces)
        found: dict[int, list[NDArray[np.float64]]] = {}
        for face in sorted(own):
            for piece in range(self.start[face], self.start[face + 1]):
                beyond = int(self.other[piece])
                if beyond >= 0 and beyond not in own and owner[beyond] >= 0:
                    found.setdefault(int(owner[beyond]), []).append(self.ends[piece])
        return {c: shapely.MultiLineString(pieces) for c, pieces in found.items()}


def share_overlap(
    flaw: Flaw, lines: Lines, ids: Sequence[str], tolerance_m: float, outlines: Geometries
) -> list[Share]:
    """Give an overlap to one of its divisions, or to nobody.

    Parameters
    ----------
    flaw
        The overlap.
    lines
        Its border with the undisputed land of each division.
    ids
        Ids of all divisions.
    tolerance_m
        Each division that loses it keeps land within this distance of all of it, and had its
        outline within this distance of all of it: its border moves no farther, either way.
    outlines
        Of all divisions (n,), as they were.

    Returns
    -------
    list of (division, land, metres moved)
        One share; several where no single division can have all of it; none when the tolerance
        forbids every choice.
    """
    ranked = rank_receivers(flaw.claims, lines, ids)

    rims = {c: clip_rim(outlines[c], flaw.shape, tolerance_m) for c in flaw.claims}

    def measure_loss(receiver: int, land: shapely.Geometry) -> float:
        losers = [c for c in flaw.claims if c != receiver]
        return max(
            measure_reach(line, land, tolerance_m) for c in losers for line in (lines[c], rims[c])
        )

    for receiver in ranked:
        losers = [c for c in flaw.claims if c != receiver]
        if all(
            c in lines
            and reaches(lines[c], flaw.shape, tolerance_m)
            and reaches(rims[c], flaw.shape, tolerance_m)
            for c in losers
        ):
            return [(receiver, flaw.shape, measure_loss(receiver, flaw.shape))]
    near = {
        c: [draw_reach(line, tolerance_m) for line in (lines[c], rims[c])]
        for c in flaw.claims
        if c in lines
    }

    def may_have(receiver: int, pieces: Geometries) -> NDArray[np.bool_]:
        mine = np.full(len(pieces), receiver in lines)
        for c in flaw.claims:
            if c != receiver:
                mine &= c in near
                for reach in near.get(c, ()):
                    mine &= shapely.covers(reach, pieces)
        return mine

    return _split(flaw.shape, lines, ranked, may_have, measure_loss)


def share_gap(flaw: Flaw, lines: Lines, ids: Sequence[str], tolerance_m: float) -> list[Share]:
    """Give a gap to one neighbour, else split it among neighbours, else to nobody.

    Parameters
    ----------
    flaw, lines, ids
        As in `share_overlap`.
    tolerance_m
        Whoever gets land has its border within this distance of all of it.
    """
    ranked = rank_receivers(lines, lines, ids)
    for receiver in ranked:
        if reaches(lines[receiver], flaw.shape, tolerance_m):
            moved = measure_reach(lines[receiver], flaw.shape, tolerance_m)
            return [(receiver, flaw.shape, moved)]

    def may_have(receiver: int, pieces: Geometries) -> NDArray[np.bool_]:
        mine: NDArray[np.bool_] = shapely.covers(draw_reach(lines[receiver], tolerance_m), pieces)
        return mine

    def measure_gain(receiver: int, land: shapely.Geometry) -> float:
        return measure_reach(lines[receiver], land, tolerance_m)

    return _split(flaw.shape, lines, ranked, may_have, measure_gain)


def rank_receivers(some: Iterable[int], lines: Lines, ids: Sequence[str]) -> list[int]:
    """Order divisions by the border they share, longest first (to the millimetre), then by id."""
    length = {c: round(lines[c].length, 3) if c in lines else 0.0 for c in some}
    return sorted(length, key=lambda c: (-length[c], ids[c]))


def reaches(line: shapely.Geometry, land: shapely.Geometry, tolerance_m: float) -> bool:
    """Tell whether all land lies within the tolerance of a line."""
    return bool(shapely.covers(draw_reach(line, tolerance_m), land))


def clip_rim(
    outline: shapely.Geometry, land: shapely.Geometry, margin_m: float
) -> shapely.Geometry:
    """Return what of an outline's rim lies within twice a margin of the box of some land.

    Examples
    --------
    >>> clip_rim(shapely.box(0, 0, 100, 100), shapely.box(1, 1, 2, 2), 2.0).length
    12.0
    """
    west, south, east, north = shapely.bounds(land).tolist()
    margin = 2 * margin_m
    clipped: shapely.Geometry = shapely.clip_by_rect(
        shapely.boundary(outline), west - margin, south - margin, east + margin, north + margin
    )
    return clipped


def draw_reach(line: shapely.Geometry, tolerance_m: float) -> shapely.Geometry:
    """Return the land within the tolerance of a line."""
    return shapely.buffer(line, tolerance_m * (1 + ROUNDING), quad_segs=ARC_SEGMENTS)


def measure_reach(line: shapely.Geometry, land: shapely.Geometry, tolerance_m: float) -> float:
    """Return the farthest distance of land from a line, metres, at most the tolerance."""
    rim = shapely.segmentize(shapely.boundary(land), max(tolerance_m, 1e-3))
    farthest = shapely.distance(shapely.points(shapely.get_coordinates(rim)), line).max()
    return float(min(farthest, tolerance_m))


def _split(
    land: shapely.Polygon,
    lines: Lines,
    ranked: list[int],
    may_have: Callable[[int, Geometries], NDArray[np.bool_]],
    measure: Callable[[int, shapely.Geometry], float],
) -> list[Share]:
    """Cut land into triangles on its own corners; each goes to the first division that may have it.

    A triangle goes to a division whose border it shares, or that got the triangle beside it, so
    that no land is detached. No corner is added on a border. Where that leaves a triangle to
    nobody, the triangles are cut in three; then to nobody at all.
    """
    whole = shapely.get_parts(shapely.constrained_delaunay_triangles(land))
    for pieces in (whole, _refine(whole)):
        if abs(shapely.area(pieces).sum() - land.area) > LOST_SHARE * land.area:
            return []
        owner = _spread(pieces, lines, [c for c in ranked if c in lines], may_have)
        if (owner >= 0).all():
            return [
                (receiver, part, measure(receiver, part))
                for receiver in ranked
                if (owner == receiver).any()
                for part in shapely.get_parts(shapely.coverage_union_all(pieces[owner == receiver]))
            ]
    return []


def _spread(
    pieces: Geometries,
    lines: Lines,
    ranked: list[int],
    may_have: Callable[[int, Geometries], NDArray[np.bool_]],
) -> Numbers:
    """Return who gets each piece, -1 where nobody may have it or has land beside it."""
    pairs, _ = shared_borders(pieces, in_metres=True)
    owner = np.full(len(pieces), -1, dtype=np.int64)
    for receiver in ranked:
        free = (owner < 0) & may_have(receiver, pieces)
        taken = free & _touch(pieces, lines[receiver])
        while taken.any():
            owner[taken] = receiver
            free &= ~taken
            beside = np.zeros(len(pieces), dtype=bool)
            for first, second in (pairs.T, pairs.T[::-1]):
                beside[second[owner[first] == receiver]] = True
            taken = free & beside
    return owner


def _touch(triangles: Geometries, line: shapely.MultiLineString) -> NDArray[np.bool_]:
    """Tell which triangles have a side that is a piece of the line."""
    pieces = shapely.get_coordinates(line).reshape(-1, 2, 2)
    known = {frozenset(map(tuple, piece)) for piece in pieces.tolist()}
    return np.array(
        [
            any(frozenset((tuple(a), tuple(b))) in known for a, b in itertools.pairwise(corners))
            for corners in (shapely.get_coordinates(t).tolist() for t in triangles)
        ],
        dtype=bool,
    )


def _refine(triangles: Geometries) -> Geometries:
    """Cut each triangle in three from the centre of its inscribed circle."""
    xy = shapely.get_coordinates(triangles).reshape(-1, 4, 2)[:, :3]
    opposite = np.linalg.norm(np.roll(xy, -1, axis=1) - np.roll(xy, -2, axis=1), axis=2)
    origin = xy[:, :1]
    weight = opposite[:, :, None] / opposite.sum(axis=1)[:, None, None]
    centre = origin[:, 0] + ((xy - origin) * weight).sum(axis=1)
    rings = [np.stack([xy[:, i], xy[:, (i + 1) % 3], centre, xy[:, i]], axis=1) for i in range(3)]
    return np.asarray(shapely.polygons(np.concatenate(rings)), dtype=object)
