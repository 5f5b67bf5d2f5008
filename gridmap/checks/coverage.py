"""Whether the communities tile their land: gaps, overlaps, and borders that share no vertices.

Everything is found by topology, not by distance: the outlines of all communities are noded and
cut the plane into faces; a face in two communities is an overlap, an enclosed face in none is a
gap. Data that shares its vertices is left as it is, byte for byte.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.checks.edges import shared_borders
from gridmap.checks.faces import claim_faces, cut_faces, join_faces
from gridmap.checks.inspecting import POINT_DIGITS, Wording, describe, places_of
from gridmap.findings import FindingKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridmap.checks.inspecting import Inspection

    Geometries = NDArray[np.object_]
    Numbers = NDArray[np.int64]

SLIVER_WIDTH_M = 1.0
"""A gap or overlap with a mean width below this is a trace of digitising and is closed; gridmap's
own default."""
NOISE_WIDTH_M = 1e-3
"""Below this it is a trace of arithmetic only, such as a vertex on one side of a border."""
OPEN_GAP_WIDTH_M = 5.0
"""A gap that is open at an end is found up to this width; gridmap's own default."""
LEAST_LAND_SHARE = 0.01
"""A community that keeps less of its land than this is an error; gridmap's own default."""

OVERLAP = FindingKind(
    "community_overlap",
    "warning",
    en="{count} places lie in two communities: {area_m2:.0f} m2, {households} households; each "
    "was given to the smaller community, which would lose the larger share: {details:en}.",
    zh="有 {count} 处同属两个社区，共 {area_m2:.0f} 平方米、{households} 户；"
    "已划归面积较小的社区（否则其损失的比例更大）：{details:zh}。",
    cure_en="Decide whose land it is and correct both outlines.",
    cure_zh="请确定归属并修正两个社区的边界。",
)
GAP = FindingKind(
    "community_gap",
    "warning",
    en="{count} gaps lie between communities and in none: {area_m2:.0f} m2, {households} "
    "households: {details:en}.",
    zh="社区之间有 {count} 处空白不属于任何社区，共 {area_m2:.0f} 平方米、{households} 户："
    "{details:zh}。",
    cure_en="Give each gap to a community; until then its households are in no grid.",
    cure_zh="请将空白划归某个社区；在此之前其中住户不在任何网格内。",
)
SLIVERS = FindingKind(
    "community_slivers",
    "info",
    en="{count} slivers narrower than {width} m between communities were closed, {area_m2:.0f} m2 "
    "in all: {details:en}.",
    zh="社区之间有 {count} 处窄于 {width} 米的细缝或重叠，共 {area_m2:.0f} 平方米，已闭合："
    "{details:zh}。",
    cure_en="Nothing needs to be done; drawing with snapping on avoids them.",
    cure_zh="无需处理；绘制时打开捕捉即可避免。",
)
UNMATCHED = FindingKind(
    "community_borders_unmatched",
    "info",
    en="The borders of {count} communities did not share their vertices and were matched: "
    "{places}.",
    zh="{count} 个社区与相邻社区的边界顶点不一致，已统一：{places}。",
    cure_en="Nothing needs to be done.",
    cure_zh="无需处理。",
)
COVERED = FindingKind(
    "community_covered",
    "error",
    en="{count} communities lie wholly in others and have no land of their own: {places}.",
    zh="{count} 个社区完全落在其他社区之内，没有自己的土地：{places}。",
    cure_en="Delete the doubled outline, or draw the community its own land.",
    cure_zh="请删除重复的边界，或为该社区划出土地。",
)
FINDING_KINDS = (OVERLAP, GAP, SLIVERS, UNMATCHED, COVERED)


@dataclass(frozen=True)
class Place:
    """A gap or an overlap.

    Attributes
    ----------
    shape
        Polygon in lon/lat.
    communities
        Positions of the communities around a gap, or in an overlap; sorted.
    area_m2, width_m
        Area, and mean width (twice the area by the perimeter).
    """

    shape: shapely.Polygon
    communities: tuple[int, ...]
    area_m2: float
    width_m: float


@dataclass(frozen=True)
class Coverage:
    """The communities as tiled, with what was wrong before.

    Attributes
    ----------
    geometry
        One geometry a community; they share their vertices and don't overlap.
    overlaps, gaps, slivers
        What was found; slivers are both kinds below `SLIVER_WIDTH_M`, and closed.
    changed
        Mask of the communities whose geometry is not as it was.
    """

    geometry: Geometries
    overlaps: tuple[Place, ...] = ()
    gaps: tuple[Place, ...] = ()
    slivers: tuple[Place, ...] = ()
    changed: NDArray[np.bool_] | None = None


def inspect_coverage(table: Inspection) -> Coverage:
    """Tile the communities and say slivers, unmatched borders and communities without land.

    The gaps and overlaps are said by `say_places` when it is known who lives in them.
    """
    before = table.geometry("communities")
    if not len(before):
        return Coverage(before)
    coverage = tile_communities(table, before)
    if coverage.changed is not None and coverage.changed.any():
        kept = shapely.area(coverage.geometry) / shapely.area(before)
        table.say_rows(COVERED, "communities", kept < LEAST_LAND_SHARE)
        if not (coverage.overlaps or coverage.slivers):
            table.say_rows(UNMATCHED, "communities", coverage.changed)
        table.set_geometry("communities", coverage.changed, coverage.geometry[coverage.changed])
    if coverage.slivers:
        _say(table, SLIVERS, coverage.slivers, None, width=SLIVER_WIDTH_M)
    return coverage


def say_places(table: Inspection, coverage: Coverage, homes: Geometries, counts: Numbers) -> None:
    """Say gaps and overlaps with the households in them.

    Parameters
    ----------
    table
        The inspection.
    coverage
        As found by `inspect_coverage`.
    homes
        Points (n,) where households live.
    counts
        Households (n,) at each point.
    """
    tree = shapely.STRtree(homes)
    for kind, places in ((OVERLAP, coverage.overlaps), (GAP, coverage.gaps)):
        if not places:
            continue
        shapes = np.array([place.shape for place in places], dtype=object)
        where, home = tree.query(shapes, predicate="intersects")
        households = np.bincount(where, weights=counts[home], minlength=len(places))
        _say(table, kind, places, households.astype(np.int64))


def _say(
    table: Inspection,
    kind: FindingKind,
    places: Sequence[Place],
    households: Numbers | None,
    **values: Any,
) -> None:
    ids = table.ids("communities")
    where = ["+".join(ids[c] for c in place.communities) for place in places]
    details = []
    for number, (name, place) in enumerate(zip(where, places, strict=True)):
        en, zh = f"{name} ({place.area_m2:.0f} m2", f"{name}（{place.area_m2:.0f} 平方米"
        if households is not None:
            en, zh = f"{en}, {households[number]} households", f"{zh}、{households[number]} 户"
        details.append(Wording(f"{en})", f"{zh}）"))
    shapes = np.array([place.shape for place in places], dtype=object)
    table.say(
        kind.found(
            where,
            points=places_of(shapely.point_on_surface(shapes), POINT_DIGITS),
            area_m2=sum(place.area_m2 for place in places),
            households=0 if households is None else int(households.sum()),
            details=describe(details),
            **values,
        )
    )


def tile_communities(table: Inspection, geometry: Geometries) -> Coverage:
    """Return the communities without overlaps, with shared vertices, and what was wrong.

    Parameters
    ----------
    table
        Gives the metric CRS.
    geometry
        Valid polygons (n,) in lon/lat.

    Notes
    -----
    An overlap goes to the smaller of its communities (by area, then by order), because it would
    lose the larger share of its land; so a village drawn on top of the township around it keeps
    its land. A sliver gap goes to the neighbour with the longest common border. gridmap's own
    rules; the planner is told to decide.
    """
    if shapely.coverage_is_valid(geometry):
        return Coverage(geometry, gaps=_find_gaps(table, geometry))
    faces = cut_faces(geometry)
    owner, owners = _own_faces(table, geometry, faces)
    area, width = _measure(table, faces)
    _close_gaps(faces, owner, width)
    overlaps = _overlaps(table, faces, owners)
    slivers = [place for place in overlaps if place.width_m < SLIVER_WIDTH_M]
    slivers += _filled(faces, owner, owners, area, width)
    owned = np.flatnonzero(owner >= 0)
    tiled, changed = join_faces(geometry, faces, owner[owned], owned)
    return Coverage(
        tiled,
        overlaps=tuple(place for place in overlaps if place.width_m >= SLIVER_WIDTH_M),
        gaps=_find_gaps(table, tiled),
        slivers=tuple(place for place in slivers if place.width_m >= NOISE_WIDTH_M),
        changed=changed,
    )


def _own_faces(
    table: Inspection, geometry: Geometries, faces: Geometries
) -> tuple[Numbers, list[tuple[int, ...]]]:
    """Return the owner of each face (-1: none) and everyone who claims it."""
    claimant, face = claim_faces(geometry, faces)
    area = shapely.area(table.measure(geometry))
    rank = np.empty(len(geometry), dtype=np.int64)
    rank[np.lexsort((np.arange(len(geometry)), area))] = np.arange(len(geometry))
    owner = np.full(len(faces), -1, dtype=np.int64)
    best = np.full(len(faces), len(geometry), dtype=np.int64)
    np.minimum.at(best, face, rank[claimant])
    wins = best[face] == rank[claimant]
    owner[face[wins]] = claimant[wins]
    claims: list[list[int]] = [[] for _ in range(len(faces))]
    for c, f in sorted(zip(claimant.tolist(), face.tolist(), strict=True)):
        claims[f].append(c)
    return owner, [tuple(claim) for claim in claims]


def _measure(
    table: Inspection, shapes: Geometries
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return area (m2) and mean width (m) of polygons (n,)."""
    metric = table.measure(shapes)
    area = shapely.area(metric)
    length = shapely.length(metric)
    return area, np.divide(2 * area, length, out=np.zeros_like(area), where=length > 0)


def _close_gaps(faces: Geometries, owner: Numbers, width: NDArray[np.float64]) -> None:
    """Give sliver faces of nobody to the neighbour with the longest common border, in place."""
    slivers = (owner < 0) & (width < SLIVER_WIDTH_M)
    if not slivers.any():
        return
    pairs, length = shared_borders(faces)
    pairs = np.vstack([pairs, pairs[:, ::-1]])
    length = np.concatenate([length, length])
    order = np.lexsort((pairs[:, 1], -length))
    while slivers.any():
        gained = False
        for mine, other in pairs[order]:
            if slivers[mine] and owner[other] >= 0:
                owner[mine] = owner[other]
                slivers[mine] = False
                gained = True
        if not gained:
            return


def _overlaps(table: Inspection, faces: Geometries, owners: list[tuple[int, ...]]) -> list[Place]:
    """Return the overlaps: connected faces of the same communities are one place."""
    groups: dict[tuple[int, ...], list[int]] = {}
    for face, claim in enumerate(owners):
        if len(claim) > 1:
            groups.setdefault(claim, []).append(face)
    shapes: list[shapely.Polygon] = []
    claims: list[tuple[int, ...]] = []
    for claim, members in sorted(groups.items()):
        parts = shapely.get_parts(shapely.coverage_union_all(faces[members]))
        shapes.extend(parts)
        claims.extend([claim] * len(parts))
    if not shapes:
        return []
    area, width = _measure(table, np.array(shapes, dtype=object))
    return [
        Place(shape, claim, float(a), float(w))
        for shape, claim, a, w in zip(shapes, claims, area, width, strict=True)
    ]


def _filled(
    faces: Geometries,
    owner: Numbers,
    owners: list[tuple[int, ...]],
    area: NDArray[np.float64],
    width: NDArray[np.float64],
) -> list[Place]:
    """Return the sliver gaps that were closed."""
    return [
        Place(faces[f], (int(owner[f]),), float(area[f]), float(width[f]))
        for f in range(len(faces))
        if not owners[f] and owner[f] >= 0
    ]


def _find_gaps(table: Inspection, geometry: Geometries) -> tuple[Place, ...]:
    """Return the gaps of a clean coverage: holes of its union, and narrow ones open at an end."""
    land = geometry[~shapely.is_empty(geometry)]
    union = shapely.get_parts(shapely.coverage_union_all(land))
    rings = [ring for polygon in union for ring in polygon.interiors]
    shapes = [shapely.Polygon(ring) for ring in rings]
    shapes += _open_gaps(table, geometry, shapes)
    if not shapes:
        return ()
    holes = np.array(shapes, dtype=object)
    area, width = _measure(table, holes)
    hole, community = shapely.STRtree(geometry).query(holes, predicate="intersects")
    around: list[list[int]] = [[] for _ in shapes]
    edges, borders = shapely.boundary(holes), shapely.boundary(geometry)
    for h, c in sorted(zip(hole.tolist(), community.tolist(), strict=True)):
        if shapely.intersection(edges[h], borders[c]).length > 0:
            around[h].append(c)
    found = [
        Place(shape, tuple(neighbours), float(a), float(w))
        for shape, neighbours, a, w in zip(shapes, around, area, width, strict=True)
    ]
    return tuple(sorted(found, key=lambda place: (place.communities, place.shape.bounds)))


def _open_gaps(
    table: Inspection, geometry: Geometries, known: Sequence[shapely.Polygon]
) -> list[shapely.Polygon]:
    """Return narrow gaps between communities that are open at an end, in lon/lat.

    The land is closed (grown and shrunk by half the width) near the edges that GEOS names; what
    is gained between two communities is the gap.
    """
    edges = shapely.coverage_invalid_edges(geometry, gap_width=OPEN_GAP_WIDTH_M / 111_320)
    named = ~shapely.is_empty(edges)
    if not named.any():
        return []
    near = shapely.buffer(shapely.union_all(edges[named]), OPEN_GAP_WIDTH_M / 50_000)
    if known:
        lines = shapely.difference(shapely.union_all(edges[named]), shapely.union_all(known))
        near = shapely.buffer(lines, OPEN_GAP_WIDTH_M / 50_000)
    land = shapely.intersection(geometry[named], near)
    metric = table.measure(np.array([*land, near], dtype=object))
    ground = shapely.union_all(metric[:-1])
    half = OPEN_GAP_WIDTH_M / 2
    grown = shapely.buffer(ground, half, join_style="mitre", cap_style="flat")
    closed = shapely.buffer(grown, -half, join_style="mitre")
    gained = shapely.get_parts(shapely.difference(closed, ground))
    wide = gained[2 * shapely.area(gained) > NOISE_WIDTH_M * shapely.length(gained)]
    touching = shapely.buffer(wide, NOISE_WIDTH_M)
    hits, _ = shapely.STRtree(metric[:-1]).query(touching, predicate="intersects")
    between = np.bincount(hits, minlength=len(wide)) > 1
    return [gap for gap in table.unmeasure(wide[between]) if gap.geom_type == "Polygon"]
