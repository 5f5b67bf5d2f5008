"""Faces with several buildings are cut into cells, one for each candidate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gridmap.units.arrays import make_points
from gridmap.units.cells import (
    Ridges,
    cut_polygons,
    draw_cells,
    find_ridges,
    nearest_owner,
)
from gridmap.units.faces import NOTHING, locate_points
from gridmap.units.merging import absorb_pieces
from gridmap.units.seeds import seed_entrances, seed_items

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridmap.units.arrays import Bools, Floats, Geometries, Ints
    from gridmap.units.candidates import Candidates
    from gridmap.units.counting import Items
    from gridmap.units.faces import Faces
    from gridmap.units.measuring import LocalPlane

    Report = Callable[[int, int], None]

LONGEST_WEIGHT_M = 50.0
"""A common line between two cells counts at most this long when it is asked which neighbour a
building without households belongs to: the lines may run far out of the face."""


@dataclass(frozen=True, slots=True)
class Mosaic:
    """The land in pieces, a valid coverage.

    Attributes
    ----------
    shape
        (n,) polygons in degrees.
    face
        (n,) the face that each is part of.
    candidate
        (n,) the candidate that grew it or has its face, `NOTHING` for none.
    """

    shape: Geometries
    face: Ints
    candidate: Ints


@dataclass(frozen=True, slots=True)
class Anchors:
    """Where each candidate of a cut or single face stands.

    Attributes
    ----------
    candidate, item, face
        (n,) positions.
    point
        (n, 2) degrees: a point that the candidate's land should hold.
    """

    candidate: Ints
    item: Ints
    face: Ints
    point: Floats


def cut_faces(
    faces: Faces,
    items: Items,
    item_face: Ints,
    candidates: Candidates,
    plane: LocalPlane,
    report: Report | None = None,
) -> tuple[Mosaic, Anchors]:
    """Cut the faces that several candidates share into cells.

    Parameters
    ----------
    faces, items, item_face, candidates
        As chosen before.
    plane
        The local plane that cells are grown in.
    report
        Called with faces done and their number.

    Returns
    -------
    Mosaic, Anchors
    """
    face, candidate = _pair_faces(item_face, candidates)
    count = np.bincount(face, minlength=len(faces.shape))
    of_face = candidates.of_face.copy()
    single = count[face] == 1
    of_face[face[single]] = candidate[single]
    shared = count > 1
    region, xy, owner = _seed_faces(faces, items, item_face, candidates, shared, plane)
    anchors = _find_anchors(items, item_face, candidates, xy, owner, plane)
    extent = shapely.bounds(shapely.transform(faces.shape, plane.to_metres)).reshape(-1, 4)
    ridges = find_ridges(region, xy, owner, extent, report=report)
    owners = max(int(owner.max(initial=-1)) + 1, len(candidates.kind))
    master = _share_out_empty(ridges, len(candidates.kind), owners)
    apart = master[ridges.first] != master[ridges.second]
    wanted = Ridges(*(getattr(ridges, name)[apart] for name in ridges.__slots__))
    lines = draw_cells(wanted, faces.shape, plane)
    shapes, parent = cut_polygons(faces.shape, lines)
    label = of_face[parent]
    cut = np.flatnonzero(shared[parent])
    if len(cut):
        inner = plane.to_metres(shapely.get_coordinates(shapely.point_on_surface(shapes[cut])))
        label[cut] = master[nearest_owner(parent[cut], inner, region, xy, owner)]
    return Mosaic(shapes, parent, label), anchors


def place_anchors(mosaic: Mosaic, anchors: Anchors) -> Ints:
    """Return the piece that each anchor stands in, one of its own candidate if there is any.

    Notes
    -----
    A footprint wholly covered by others may get no land; its households then count in the piece
    that holds its point.
    """
    piece = locate_points(mosaic.shape, anchors.point)
    good = (piece >= 0) & (mosaic.candidate[piece] == anchors.candidate)
    good &= mosaic.face[piece] == anchors.face
    order = np.argsort(mosaic.face, kind="stable")
    starts = np.searchsorted(mosaic.face[order], anchors.face, side="left")
    ends = np.searchsorted(mosaic.face[order], anchors.face, side="right")
    for n in np.flatnonzero(~good).tolist():
        near = order[starts[n] : ends[n]]
        own = near[mosaic.candidate[near] == anchors.candidate[n]]
        choice = own if len(own) else near
        distance = shapely.distance(mosaic.shape[choice], shapely.Point(anchors.point[n]))
        piece[n] = choice[int(np.argmin(distance))]
    return piece


def _pair_faces(item_face: Ints, candidates: Candidates) -> tuple[Ints, Ints]:
    """Return the distinct pairs of a face that is nobody's whole and a candidate in it."""
    item = np.flatnonzero(candidates.of_item >= 0)
    further = np.flatnonzero(candidates.entrance > 1)
    pairs = np.concatenate(
        [
            np.column_stack([item_face[item], candidates.of_item[item]]),
            np.column_stack([item_face[candidates.item[further]], further]),
        ]
    )
    pairs = np.unique(pairs[candidates.of_face[pairs[:, 0]] < 0], axis=0)
    return pairs[:, 0], pairs[:, 1]


def _seed_faces(
    faces: Faces,
    items: Items,
    item_face: Ints,
    candidates: Candidates,
    shared: Bools,
    plane: LocalPlane,
) -> tuple[Ints, Floats, Ints]:
    """Return region, place and owner of the seeds of all faces that are cut.

    The owner is a candidate, or, for a building without households, the number of candidates
    plus the position of the item.
    """
    used = np.flatnonzero(shared[item_face])
    built = ~shapely.is_missing(items.footprint)
    mine = candidates.of_item
    split = (mine >= 0) & (candidates.entrance[mine] > 0)
    owner = np.where(mine >= 0, mine, len(candidates.kind) + np.arange(len(mine)))
    walls = used[built[used] & ~split[used]]
    footprints = shapely.transform(items.footprint[walls], plane.to_metres)
    spot_item, spots = _list_seeds(faces, items, item_face, used[~split[used]])
    seeds = seed_items(footprints, walls, plane.to_metres(spots), spot_item)
    parts = [(item_face[seeds.owner], seeds.xy, owner[seeds.owner])]
    for item in used[split[used]].tolist():
        number = int(items.entrances[item])
        body = shapely.transform(items.footprint[item], plane.to_metres)
        strips = seed_entrances(body, number)
        region = np.full(len(strips.xy), item_face[item])
        parts.append((region, strips.xy, mine[item] + strips.owner))
    region, xy, owners = (np.concatenate(part) for part in zip(*parts, strict=True))
    return region, xy, owners


def _list_seeds(faces: Faces, items: Items, item_face: Ints, used: Ints) -> tuple[Ints, Floats]:
    """Return the spots of these items that lie in the item's face, or the point of the place."""
    asked = np.zeros(len(item_face), dtype=bool)
    asked[used] = True
    item, point = items.spots.item, items.spots.point
    item, point = item[asked[item]], point[asked[item]]
    inside = shapely.intersects(faces.shape[item_face[item]], make_points(point))
    item, point = item[inside], point[inside]
    asked[item] = False
    asked[: items.buildings] = False
    bare = np.flatnonzero(asked)
    return np.concatenate([item, bare]), np.concatenate([point, items.point[bare]])


def _find_anchors(
    items: Items,
    item_face: Ints,
    candidates: Candidates,
    xy: Floats,
    owner: Ints,
    plane: LocalPlane,
) -> Anchors:
    """Anchor each item that is not on a whole face at its point, an entrance at a seed."""
    free = candidates.of_face[item_face] < 0
    item = np.flatnonzero(free & (candidates.of_item >= 0))
    item = item[candidates.entrance[candidates.of_item[item]] == 0]
    strips = np.flatnonzero(candidates.entrance > 0)
    middle = np.empty((len(strips), 2))
    order = np.argsort(owner, kind="stable")
    starts = np.searchsorted(owner[order], strips, side="left")
    ends = np.searchsorted(owner[order], strips, side="right")
    for n, (a, b) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        seeds = xy[order[a:b]]
        middle[n] = seeds[np.argmin(((seeds - seeds.mean(axis=0)) ** 2).sum(axis=1))]
    strip_item = candidates.item[strips]
    return Anchors(
        candidate=np.concatenate([candidates.of_item[item], strips]),
        item=np.concatenate([item, strip_item]),
        face=np.concatenate([item_face[item], item_face[strip_item]]),
        point=np.concatenate([items.point[item], plane.to_degrees(middle)]),
    )


def _share_out_empty(ridges: Ridges, candidates: int, owners: int) -> Ints:
    """Give each owner without households to the neighbouring candidate it has most border with.

    Returns the candidate of every owner; owners below ``candidates`` are their own.
    """
    length = np.minimum(np.hypot(*(ridges.end - ridges.start).T), LONGEST_WEIGHT_M)
    pairs = pd.DataFrame({"a": ridges.first, "b": ridges.second, "m": length})
    pairs = pairs.groupby(["a", "b"], as_index=False).agg(m=("m", "sum"))
    master = np.arange(owners)
    master[candidates:] = NOTHING
    return absorb_pieces(
        master,
        pairs["a"].to_numpy(),
        pairs["b"].to_numpy(),
        pairs["m"].to_numpy(),
        np.zeros(len(pairs), dtype=np.int64),
        np.ones(len(pairs), dtype=bool),
    )
