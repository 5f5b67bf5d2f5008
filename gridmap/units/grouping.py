"""Which pieces of land make a unit: what is settled, what joins it, and what stays open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.units.barriers import find_bridges, lies_on
from gridmap.units.cutting import place_anchors
from gridmap.units.edges import find_shared_edges
from gridmap.units.faces import NOTHING, connect, connect_equal, locate_points
from gridmap.units.fields import OPEN_LEAST_M2, VERGE_M, part_fields
from gridmap.units.merging import absorb_pieces
from gridmap.units.sharing import find_banks, share_out

if TYPE_CHECKING:
    from gridmap.units.arrays import Bools, Floats, Geometries, Ints
    from gridmap.units.candidates import Candidates
    from gridmap.units.counting import Items
    from gridmap.units.cutting import Anchors, Mosaic
    from gridmap.units.edges import SharedEdges
    from gridmap.units.faces import Faces
    from gridmap.units.linework import Drawing
    from gridmap.units.measuring import LocalPlane


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
        (items,) unit of each building and place; of a split building that of one entrance.
    strip_group
        Candidate of an entrance -> unit.
    """

    shape: Geometries
    face: Ints
    group: Ints
    candidate: Ints
    item_group: Ints
    strip_group: dict[int, int]


@dataclass
class _Ground:
    """The pieces while units are being found: where they are, and what each group is.

    ``water`` tells which pieces are water that nothing stands on.
    """

    shape: Geometries
    face: Ints
    group: Ints
    water: Bools
    candidate: Ints
    shared: SharedEdges

    def found(self, chosen: Bools, part: Ints) -> None:
        """Make a new open unit of each part of the chosen pieces."""
        names, number = np.unique(part[chosen], return_inverse=True)
        self.group[chosen] = len(self.candidate) + number.ravel()
        self.candidate = np.append(self.candidate, np.full(len(names), NOTHING))

    def recut(self, shape: Geometries, parent: Ints) -> None:
        """Take over pieces that were cut further."""
        self.shape, self.face, self.group = shape, self.face[parent], self.group[parent]
        self.water = self.water[parent]
        self.shared = find_shared_edges(shape)


def settle_land(
    mosaic: Mosaic,
    anchors: Anchors,
    faces: Faces,
    items: Items,
    item_face: Ints,
    candidates: Candidates,
    drawing: Drawing,
    plane: LocalPlane,
) -> Patchwork:
    """Decide the unit of every piece: settled land, then open land, then water.

    Parameters
    ----------
    mosaic, anchors
        The pieces, and where each candidate stands.
    faces, items, item_face, candidates
        What the pieces were made of.
    drawing
        Lines that open land does not join across.
    plane
        The local plane.

    Returns
    -------
    Patchwork
    """
    anchor_piece = place_anchors(mosaic, anchors)
    ground = _find_settled(mosaic, anchors, anchor_piece, candidates, faces, drawing, plane)
    anchor_group = ground.group[anchor_piece]
    lines = np.concatenate([drawing.roads, drawing.rivers, drawing.railways, drawing.walls])
    _share_open(ground, faces, lines, plane)
    _absorb(ground, faces, lines, drawing.rivers, plane)
    _share_water(ground, faces, drawing.rivers, plane)
    group = _group_items(ground, anchors, anchor_group, items, item_face)
    strip = np.flatnonzero(candidates.entrance[anchors.candidate] > 0)
    known = anchor_group[strip]
    known = np.where(known >= 0, known, group[anchors.item[strip]])
    strips = dict(zip(anchors.candidate[strip].tolist(), known.tolist(), strict=True))
    return _compress(ground, group, strips)


def _find_settled(
    mosaic: Mosaic,
    anchors: Anchors,
    anchor_piece: Ints,
    candidates: Candidates,
    faces: Faces,
    drawing: Drawing,
    plane: LocalPlane,
) -> _Ground:
    """Make a unit of every connected part of a candidate's land that it really stands on.

    What has whole faces was parted at the rivers before; other land is parted here.
    """
    shared = find_shared_edges(mosaic.shape)
    whole = np.append(candidates.whole, False)[mosaic.candidate]
    held = mosaic.candidate >= 0
    inner = mosaic.candidate[shared.left] == mosaic.candidate[shared.right]
    inner &= held[shared.left] & ~whole[shared.left]
    closed = _lie_on(drawing.rivers, shared, inner)
    closed &= ~find_bridges(shared.start, shared.end, closed, drawing.roads, plane)
    part = connect_equal(shared.only(~closed), mosaic.candidate)
    firm = np.zeros(part.max() + 1, dtype=bool)
    firm[part[held & whole]] = True
    mine = mosaic.candidate[anchor_piece] == anchors.candidate
    firm[part[anchor_piece[mine]]] = True
    settled = firm[part] & held
    _, first, number = np.unique(part[settled], return_index=True, return_inverse=True)
    group = np.full(len(part), NOTHING, dtype=np.int64)
    group[settled] = number.ravel()
    candidate = mosaic.candidate[settled][first]
    water = faces.water[mosaic.face] & ~settled
    return _Ground(mosaic.shape, mosaic.face, group, water, candidate, shared)


def _share_open(ground: _Ground, faces: Faces, lines: Geometries, plane: LocalPlane) -> None:
    """Share narrow open land out to the units it touches, and cut fields between settlements.

    A field stays whole where the settled land around it hangs together without it; otherwise it
    is cut into one open unit for each settlement, so that none is walled in by a unit of others.
    """
    settled_pieces = np.bincount(ground.face[ground.group >= 0], minlength=len(faces.shape))
    open_land = (ground.group < 0) & ~ground.water & (settled_pieces[ground.face] == 0)
    shape, parent, field = part_fields(ground.shape, open_land, plane)
    ground.recut(shape, parent)
    narrow = open_land[parent] & ~field
    across = _same_block(ground, faces, lines, narrow | field)
    setbacks = find_banks(ground.shared, ground.group, narrow, across)
    settled = (ground.group >= 0).astype(np.int64)
    settlement = connect_equal(ground.shared, settled, faces.community[ground.face])
    settlement = np.where(settled > 0, len(ground.candidate) + settlement, NOTHING)
    fields = find_banks(ground.shared, settlement, field, across)
    only = setbacks.only_owner(len(shape))
    ground.group[only >= 0] = only[only >= 0]
    shape, parent, owner = share_out(shape, setbacks.joined(fields), plane)
    field, narrow = field[parent], narrow[parent]
    ground.recut(shape, parent)
    setback = narrow & (owner >= 0)
    ground.group[setback] = owner[setback]
    _drop_loose(ground, narrow)
    large = _is_large(shape, plane)
    part = connect_equal(ground.shared, ground.face, owner, field.astype(np.int64))
    ground.found(field & large, part)
    alone = connect_equal(ground.shared, ground.face, ground.group)
    lone_faces = np.bincount(ground.face[~narrow], minlength=len(faces.shape)) == 0
    ground.found(narrow & (ground.group < 0) & lone_faces[ground.face] & large, alone)


def _same_block(ground: _Ground, faces: Faces, lines: Geometries, asked: Bools) -> Bools:
    """Tell which edges join land of one community without a line between."""
    left, right = ground.shared.left, ground.shared.right
    community = faces.community[ground.face]
    result: Bools = (asked[left] != asked[right]) & (community[left] == community[right])
    rows = np.flatnonzero(result)
    result[rows] = ~lies_on(lines, ground.shared.start[rows], ground.shared.end[rows])
    return result


def _lie_on(lines: Geometries, shared: SharedEdges, asked: Bools) -> Bools:
    """Tell which of the edges asked run along one of the lines."""
    result = asked.copy()
    rows = np.flatnonzero(asked)
    result[rows] = lies_on(lines, shared.start[rows], shared.end[rows])
    return result


def _drop_loose(ground: _Ground, chosen: Bools) -> None:
    """Take its unit from every chosen piece that is not connected to the unit's other land."""
    part = connect_equal(ground.shared, ground.group)
    firm = np.zeros(part.max() + 1, dtype=bool)
    firm[part[~chosen]] = True
    ground.group[~firm[part]] = NOTHING


def _absorb(
    ground: _Ground, faces: Faces, lines: Geometries, rivers: Geometries, plane: LocalPlane
) -> None:
    """Let small land join its neighbours; what none reaches is an open unit after all.

    Land joins across a river only where it is a mere strip between the river and another line.
    """
    shared, face = ground.shared, ground.face
    water, community = ground.water, faces.community[face]
    allowed = ~water[shared.left] & ~water[shared.right]
    allowed &= community[shared.left] == community[shared.right]
    a, b = face[shared.left], face[shared.right]
    rank = np.zeros(len(a), dtype=np.int64)
    for owner in (faces.compound, faces.site):
        rank += 2 * ((owner[a] == owner[b]) & (owner[a] >= 0))
    rank += a == b
    loose = (ground.group[shared.left] < 0) | (ground.group[shared.right] < 0)
    cross = np.flatnonzero(allowed & loose & (a != b))
    rank[cross] += ~lies_on(lines, shared.start[cross], shared.end[cross])
    length = _plane_length(shared.start, shared.end, plane)
    dry = allowed & ~_lie_on(rivers, shared, allowed & loose)
    ground.group = absorb_pieces(ground.group, shared.left, shared.right, length, rank, dry)
    _found_banks(ground, dry, plane)
    ground.group = absorb_pieces(ground.group, shared.left, shared.right, length, rank, allowed)
    left_over = (ground.group < 0) & ~water
    ground.found(left_over, connect_equal(shared, ground.group, water.astype(np.int64), community))


def _found_banks(ground: _Ground, dry: Bools, plane: LocalPlane) -> None:
    """Make an open unit of all land that only a river joins to units, if it is large enough."""
    bare = (ground.group < 0) & ~ground.water
    joined = ground.shared.only(dry & bare[ground.shared.left] & bare[ground.shared.right])
    part = connect(len(bare), joined.left, joined.right)
    for number in np.unique(part[bare]).tolist():
        rows = bare & (part == number)
        land = np.array([shapely.coverage_union_all(ground.shape[rows])], dtype=object)
        if _is_large(land, plane).all():
            ground.found(rows, part)


def _share_water(ground: _Ground, faces: Faces, rivers: Geometries, plane: LocalPlane) -> None:
    """Share water out to its banks, community by community."""
    water, community = ground.water, faces.community[ground.face]
    same = community[ground.shared.left] == community[ground.shared.right]
    banks = find_banks(ground.shared, ground.group, water, same)
    only = banks.only_owner(len(ground.shape))
    ground.group[only >= 0] = only[only >= 0]
    shape, parent, owner = share_out(ground.shape, banks, plane)
    ground.recut(shape, parent)
    ground.group[owner >= 0] = owner[owner >= 0]
    _drop_loose(ground, ground.water)
    shared = ground.shared
    community = faces.community[ground.face]
    same = community[shared.left] == community[shared.right]
    length = _plane_length(shared.start, shared.end, plane)
    bare = (ground.group[shared.left] < 0) | (ground.group[shared.right] < 0)
    rank = 1 - _lie_on(rivers, shared, same & bare).astype(np.int64)
    ground.group = absorb_pieces(ground.group, shared.left, shared.right, length, rank, same)
    ground.found(ground.group < 0, connect_equal(shared, ground.group, community))


def _group_items(
    ground: _Ground, anchors: Anchors, anchor_group: Ints, items: Items, item_face: Ints
) -> Ints:
    """Return the unit of every item: by its anchor, else by the piece that holds its point."""
    result = np.full(len(item_face), NOTHING, dtype=np.int64)
    result[anchors.item] = anchor_group
    rest = np.flatnonzero(result < 0)
    pieces = np.bincount(ground.face, minlength=int(item_face.max(initial=0)) + 1)
    of_face = np.zeros(len(pieces), dtype=np.int64)
    of_face[ground.face] = np.arange(len(ground.face))
    whole = pieces[item_face[rest]] == 1
    result[rest[whole]] = ground.group[of_face[item_face[rest[whole]]]]
    asked = rest[~whole]
    if len(asked):
        piece = locate_points(ground.shape, items.point[asked])
        piece = np.where(piece >= 0, piece, of_face[item_face[asked]])
        result[asked] = ground.group[piece]
    return result


def _compress(ground: _Ground, item_group: Ints, strips: dict[int, int]) -> Patchwork:
    """Give the units that have land the numbers from 0."""
    names, group = np.unique(ground.group, return_inverse=True)
    number = np.full(len(ground.candidate), NOTHING, dtype=np.int64)
    number[names] = np.arange(len(names))
    return Patchwork(
        shape=ground.shape,
        face=ground.face,
        group=group.ravel(),
        candidate=ground.candidate[names],
        item_group=number[item_group],
        strip_group={candidate: int(number[group]) for candidate, group in strips.items()},
    )


def _is_large(shapes: Geometries, plane: LocalPlane) -> Bools:
    """Tell which pieces are large enough and on average wide enough for an open unit."""
    flat = shapely.transform(shapes, plane.to_metres)
    area, perimeter = shapely.area(flat), shapely.length(flat)
    return np.asarray((area >= OPEN_LEAST_M2) & (2 * area >= VERGE_M * perimeter))


def _plane_length(start: Floats, end: Floats, plane: LocalPlane) -> Floats:
    return np.asarray(np.hypot(*(plane.to_metres(end) - plane.to_metres(start)).T))
