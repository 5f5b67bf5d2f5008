"""From sources to units, step by step.

    lines -> faces -> who stands where -> candidates -> cells -> small land joins -> water
          -> one polygon a unit
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from gridmap.errors import InvalidOption
from gridmap.findings import FindingKind
from gridmap.model import Units, ignore_progress
from gridmap.units.barriers import lies_on
from gridmap.units.candidates import choose_candidates, find_upper
from gridmap.units.counting import count_items, join_places
from gridmap.units.cutting import cut_faces, place_anchors
from gridmap.units.edges import find_shared_edges
from gridmap.units.faces import NOTHING, connect_equal, label_faces, locate_points
from gridmap.units.framing import frame_units
from gridmap.units.linework import close_faces, gather_lines, node_lines
from gridmap.units.measuring import LocalPlane
from gridmap.units.merging import absorb_pieces
from gridmap.units.settling import settle_items
from gridmap.units.water import share_water

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.model import Progress, Sources
    from gridmap.rules import Rules
    from gridmap.units.candidates import Candidates
    from gridmap.units.counting import Items
    from gridmap.units.cutting import Anchors, Mosaic
    from gridmap.units.faces import Faces
    from gridmap.units.linework import Drawing

    Geometries = NDArray[Any]
    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

OPEN_LEAST_M2 = 2_000.0
"""Open land smaller than this joins a neighbour; gridmap's own default (a fifth of the smallest
urban block, FIELD.md section 2)."""
OPEN_LEAST_WIDTH_M = 12.0
"""Open land narrower than this (twice its area over its perimeter) joins a neighbour: verges,
medians, and slivers between lines drawn apart; gridmap's own default."""
PARTS = 100
"""Progress is reported in hundredths of the step."""

OVERLAP = FindingKind(
    "communities_overlap_in_units",
    "warning",
    en="Communities overlap; {area:.0f} m2 went to the first of them in the file.",
    zh="社区面相互重叠，{area:.0f} 平方米按文件顺序归入第一个社区。",
    cure_en="Repair the sources first: gridmap.repair_sources(sources).",
    cure_zh="请先修复数据：gridmap.repair_sources(sources)。",
)
FINDING_KINDS = (OVERLAP,)
LEAST_OVERLAP_M2 = 1.0


@dataclass(frozen=True)
class Patchwork:
    """Pieces of land with the unit that each belongs to.

    Attributes
    ----------
    shape
        (n,) polygons, a valid coverage of the communities.
    face
        (n,) the face that each is part of.
    group
        (n,) the unit, 0 upward.
    candidate
        (units,) the candidate that each unit is, `NOTHING` for open land.
    item_group
        (items,) unit of each building and place; of a split building `NOTHING`.
    strip_group
        Candidate of an entrance -> unit.
    """

    shape: Geometries
    face: Ints
    group: Ints
    candidate: Ints
    item_group: Ints
    strip_group: dict[int, int]


def make_units(
    sources: Sources, *, rules: Rules, progress: Progress = ignore_progress
) -> Units:
    """Divide the land of every community into the units that grids are made of.

    Communities are cut by roads, rivers, railways, walls, compound and site lines into faces;
    faces with several buildings are cut into cells that grow from the footprints. A compound or
    village of at most the upper bound is one unit, a site is one, a building above the bound is
    split by its entrances. Water is shared out to its banks, so that the units tile the land.

    Parameters
    ----------
    sources
        Repaired sources (`gridmap.repair_sources`); only communities are needed, households count
        from their points, else from the buildings.
    rules
        For the upper bound of a unit.
    progress
        Called with step ``units``.

    Returns
    -------
    Units
        Whose households add up to those of the sources.

    Raises
    ------
    InvalidOption
        When the sources have no community.
    RefusedInput
        When a household has neither a place nor a known building.

    Notes
    -----
    Source: DESIGN.md section 3 and issue 2 point 5; FIELD.md section 2 'the atom is the building'.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from pyproj import CRS
    >>> from gridmap.model import Sources
    >>> from gridmap.rules import Rules
    >>> land = gpd.GeoDataFrame(
    ...     {"community_id": ["C1"], "name": ["东山社区"], "township": [""], "area_type": [""]},
    ...     geometry=[shapely.box(113.10, 23.00, 113.11, 23.01)], crs=4490,
    ... )
    >>> houses = gpd.GeoDataFrame(
    ...     {"building_id": ["B1", "B2"], "households": [120, 80]},
    ...     geometry=[shapely.box(113.102, 23.002, 113.103, 23.003),
    ...               shapely.box(113.106, 23.002, 113.107, 23.003)], crs=4490,
    ... )
    >>> sources = Sources(
    ...     {"communities": land, "buildings": houses}, CRS(4490), CRS(4547), read_households=200
    ... )
    >>> units = make_units(sources, rules=Rules.preset("default"))
    >>> units.frame["households"].to_dict()
    {'building/B1': 120, 'building/B2': 80}
    """
    communities = sources.layers.get("communities")
    if communities is None or not len(communities):
        raise InvalidOption(
            "There is no community to divide.",
            "没有可划分的社区。",
            cure_en="--layer communities=FILE:LAYER",
            cure_zh="--layer communities=文件:图层",
        )
    progress("units", 0, PARTS)
    drawing = gather_lines(sources)
    plane = _choose_plane(drawing)
    faces = label_faces(close_faces(node_lines(drawing.cut_lines())), drawing)
    progress("units", 10, PARTS)
    items = count_items(sources)
    items, item_face, findings = settle_items(items, faces)
    upper = find_upper(faces, items, item_face, sources, rules)
    items, item_face = _join_places(items, item_face, upper, faces, plane)
    progress("units", 20, PARTS)
    candidates = choose_candidates(
        faces, find_shared_edges(faces.shape), items, item_face, sources, upper
    )

    def report(done: int, total: int) -> None:
        progress("units", 20 + 40 * done // total, PARTS)

    mosaic, anchors = cut_faces(faces, items, item_face, candidates, plane, report)
    progress("units", 65, PARTS)
    patchwork = _settle_land(mosaic, anchors, faces, items, item_face, candidates, drawing, plane)
    progress("units", 80, PARTS)
    units = frame_units(patchwork, faces, items, candidates, sources, upper, findings)
    progress("units", PARTS, PARTS)
    return units


def _choose_plane(drawing: Drawing) -> LocalPlane:
    xmin, ymin, xmax, ymax = shapely.total_bounds(drawing.communities)
    return LocalPlane.around(float(xmin + xmax) / 2, float(ymin + ymax) / 2)


def _join_places(
    items: Items, item_face: Ints, upper: Ints, faces: Faces, plane: LocalPlane
) -> tuple[Items, Ints]:
    """Count loose places at the building beside them, and find the faces of what is left."""
    built = items.buildings
    if built == len(items.households):
        return items, item_face
    footprints = shapely.transform(items.footprint[:built], plane.to_metres)
    places = plane.to_metres(items.point[built:])
    return join_places(items, item_face, upper, footprints, places)


def _settle_land(
    mosaic: Mosaic,
    anchors: Anchors,
    faces: Faces,
    items: Items,
    item_face: Ints,
    candidates: Candidates,
    drawing: Drawing,
    plane: LocalPlane,
) -> Patchwork:
    """Decide the unit of every piece of land, then of the water."""
    anchor_piece = place_anchors(mosaic, anchors)
    group, owner = _group_pieces(mosaic, anchors, anchor_piece, faces, candidates, drawing, plane)
    water = faces.water[mosaic.face]
    shapes, new_group, parent = share_water(
        mosaic.shape, group, faces.community[mosaic.face], water, plane
    )
    face = mosaic.face[parent]
    shared = find_shared_edges(shapes)
    length = _plane_length(shared.start, shared.end, plane)
    community = faces.community[face]
    allowed = community[shared.left] == community[shared.right]
    rank = np.zeros(len(length), dtype=np.int64)
    new_group = absorb_pieces(new_group, shared.left, shared.right, length, rank, allowed)
    new_group, owner = _found_groups(new_group, owner, shared, community)
    item_group = _group_items(anchors, anchor_piece, group, mosaic, items, item_face)
    strips = {
        int(candidate): int(group[piece])
        for candidate, piece in zip(anchors.candidate, anchor_piece, strict=True)
        if candidates.entrance[candidate] > 0
    }
    return Patchwork(shapes, face, new_group, owner, item_group, strips)


def _group_pieces(
    mosaic: Mosaic,
    anchors: Anchors,
    anchor_piece: Ints,
    faces: Faces,
    candidates: Candidates,
    drawing: Drawing,
    plane: LocalPlane,
) -> tuple[Ints, Ints]:
    """Group the pieces of land into units; water stays without.

    Returns
    -------
    array, array
        (pieces,) unit of each piece, and (units,) candidate of each unit.
    """
    shared = find_shared_edges(mosaic.shape)
    part = connect_equal(shared, mosaic.candidate)
    firm = np.zeros(part.max() + 1, dtype=bool)
    held = mosaic.candidate >= 0
    whole = np.append(candidates.whole, False)[mosaic.candidate]
    firm[part[held & whole]] = True
    mine = mosaic.candidate[anchor_piece] == anchors.candidate
    firm[part[anchor_piece[mine]]] = True
    water = faces.water[mosaic.face]
    community = faces.community[mosaic.face]
    settled = firm[part] & held
    wide = _is_wide(mosaic.shape, plane) & ~held & ~water
    label = np.where(settled, part, np.where(wide, len(part) + np.arange(len(part)), NOTHING))
    length = _plane_length(shared.start, shared.end, plane)
    dry = ~water[shared.left] & ~water[shared.right]
    allowed = dry & (community[shared.left] == community[shared.right])
    rank = _rank_edges(shared.left, shared.right, allowed & (label[shared.left] != label[shared.right]),
                       shared.start, shared.end, mosaic, faces, drawing)
    label = absorb_pieces(label, shared.left, shared.right, length, rank, allowed)
    alone = (label < 0) & ~water
    loose = connect_equal(shared, label, water.astype(np.int64), community)
    label = np.where(alone, 2 * len(part) + loose, label)
    names, first, group = np.unique(label, return_index=True, return_inverse=True)
    group = group.ravel()
    if names[0] == NOTHING:
        group, names = group - 1, names[1:]
    owner = np.full(len(names), NOTHING, dtype=np.int64)
    rows = np.flatnonzero(settled)
    owner[group[rows]] = mosaic.candidate[rows]
    return group, owner


def _rank_edges(
    left: Ints,
    right: Ints,
    asked: Bools,
    start: Floats,
    end: Floats,
    mosaic: Mosaic,
    faces: Faces,
    drawing: Drawing,
) -> Ints:
    """Rank pairs of pieces: the same compound or site first, then without a line between them."""
    rank = np.zeros(len(left), dtype=np.int64)
    a, b = mosaic.face[left], mosaic.face[right]
    for owner in (faces.compound, faces.site):
        rank += 2 * ((owner[a] == owner[b]) & (owner[a] >= 0))
    rank += a == b
    cross = np.flatnonzero(asked & (a != b))
    lines = np.concatenate([drawing.roads, drawing.rivers, drawing.railways, drawing.walls])
    rank[cross] += ~lies_on(lines, start[cross], end[cross])
    return rank


def _found_groups(
    group: Ints, owner: Ints, shared: Any, community: Ints
) -> tuple[Ints, Ints]:
    """Make units of what no unit reaches (water without banks): one each connected part."""
    left_over = group < 0
    if not left_over.any():
        return group, owner
    part = connect_equal(shared, group, community)
    names, number = np.unique(part[left_over], return_inverse=True)
    group = group.copy()
    group[left_over] = len(owner) + number.ravel()
    return group, np.append(owner, np.full(len(names), NOTHING))


def _group_items(
    anchors: Anchors,
    anchor_piece: Ints,
    group: Ints,
    mosaic: Mosaic,
    items: Items,
    item_face: Ints,
) -> Ints:
    """Return the unit of every item: by its anchor, else by the piece that holds its point."""
    result = np.full(len(item_face), NOTHING, dtype=np.int64)
    result[anchors.item] = group[anchor_piece]
    rest = np.flatnonzero(result < 0)
    pieces = np.bincount(mosaic.face, minlength=int(item_face.max(initial=0)) + 1)
    of_face = np.zeros(len(pieces), dtype=np.int64)
    of_face[mosaic.face] = np.arange(len(mosaic.face))
    whole = pieces[item_face[rest]] == 1
    result[rest[whole]] = group[of_face[item_face[rest[whole]]]]
    asked = rest[~whole]
    if len(asked):
        piece = locate_points(mosaic.shape, items.point[asked])
        piece = np.where(piece >= 0, piece, of_face[item_face[asked]])
        result[asked] = group[piece]
    return result


def _is_wide(shapes: Geometries, plane: LocalPlane) -> Bools:
    """Tell which pieces are large and wide enough for an open unit."""
    flat = shapely.transform(shapes, plane.to_metres)
    area, perimeter = shapely.area(flat), shapely.length(flat)
    return np.asarray((area >= OPEN_LEAST_M2) & (2 * area >= OPEN_LEAST_WIDTH_M * perimeter))


def _plane_length(start: Floats, end: Floats, plane: LocalPlane) -> Floats:
    return np.asarray(np.hypot(*(plane.to_metres(end) - plane.to_metres(start)).T))
