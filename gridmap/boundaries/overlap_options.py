"""What could be done about an overlap: give it to one of its divisions, or divide it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.boundaries.edits import Move
from gridmap.boundaries.options import Choices, NotPossible
from gridmap.boundaries.redrawing import insert_vertices, polygons_of
from gridmap.checks.faces import claim_faces, cut_faces

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridmap.boundaries.option_desk import Desk
    from gridmap.boundaries.options import Option
    from gridmap.boundaries.spans import Floats

NOT_FOUND = (
    "it is no overlap of these divisions as they are stored",
    "按存储的边界，该处不是这些区划的重叠",
)
THREE = (
    "it lies in more than two divisions, so that no one line divides it",
    "同属两个以上区划，无法以一条线划分",
)
NO_LINE = (
    "the outlines don't cross in two places, so that there is no line between them to divide it by",
    "双方边界并非在两点相交，没有可据以划分的连线",
)


def list_overlap_options(
    desk: Desk, proposal_id: str, ids: Sequence[str], place: shapely.Point
) -> Choices:
    """Return the options for an overlap: all to one, or divided on a road or a straight line.

    Parameters
    ----------
    desk
        What options are worked out with.
    proposal_id
        Of the overlap.
    ids
        The divisions that hold it.
    place
        A place in it, in metres.
    """
    choices = Choices()
    land = _find_land(desk, ids, desk.standing.restore(place))
    if land is None:
        choices.add(NotPossible("settle", tuple(ids), *NOT_FOUND))
        return choices
    holders = tuple(sorted(ids))
    for division in holders:
        name = desk.name_of(division)
        words = (f"All of it is {name}'s from then on.", f"全部归{name}。")
        border_m = _border_with(desk, land, division)
        move = Move(land, holders, (division,))
        option = desk.make_option(
            proposal_id, "settle", [move], words, joins=False, border_m=border_m
        )
        choices.add(option)
    choices.add(_divide(desk, proposal_id, holders, land))
    return choices


def _find_land(desk: Desk, ids: Sequence[str], place: shapely.Geometry) -> shapely.Polygon | None:
    """Return the overlap around a place, as stored: faces that these divisions hold, no other."""
    standing = desk.standing
    rows = np.array([standing.row[division] for division in ids])
    common = shapely.intersection_all(standing.shapes[rows])
    near = np.sort(standing.division_tree.query(common, predicate="intersects"))
    shapes = standing.shapes[near]
    faces = cut_faces(shapes)
    claimant, face = claim_faces(shapes, faces)
    wanted = np.isin(near[claimant], rows)
    number = np.bincount(face[wanted], minlength=len(faces))
    others = np.bincount(face[~wanted], minlength=len(faces))
    held = faces[(number == len(rows)) & (others == 0)]
    pieces = polygons_of(shapely.coverage_union_all(held)) if len(held) else held
    if not len(pieces):
        return None
    nearest = int(np.argmin(shapely.distance(pieces, place)))
    inside = shapely.distance(pieces[nearest], place) <= standing.rounding
    return pieces[nearest] if inside else None


def _border_with(desk: Desk, land: shapely.Geometry, division: str) -> float:
    """Return the metres of border between an overlap and the undisputed land of one of two.

    Where the overlap ends at the other one's outline, the undisputed land of this one begins.
    """
    standing = desk.standing
    rim = shapely.boundary(land)
    own = shapely.boundary(standing.shapes[standing.row[division]])
    shared = shapely.intersection(rim, shapely.buffer(own, standing.rounding))
    return float(
        shapely.length(standing.to_metres(rim)) - shapely.length(standing.to_metres(shared))
    )


def _divide(
    desk: Desk, proposal_id: str, holders: tuple[str, ...], land: shapely.Polygon
) -> Option | NotPossible:
    """Return the option that divides an overlap of two: on known lines, else straight across."""
    if len(holders) > 2:
        return NotPossible("settle", holders, *THREE)
    lines = desk.standing.lines
    lines = lines[shapely.intersects(land, lines)]
    chord = _find_chord(desk, holders, land)
    tries = [(shapely.union_all(shapely.intersection(lines, land)), True)] if len(lines) else []
    tries += [] if chord is None else [(chord, False)]
    for cut, known in tries:
        shares = _share_faces(desk, holders, land, cut)
        if len(shares) < 2:
            continue
        moves = [Move(shapely.union_all(some), holders, (d,)) for d, some in sorted(shares.items())]
        names = [desk.name_of(division) for division in holders]
        on_en = (
            "on the roads and rivers in it" if known else "on the straight line between the two "
        )
        on_en += "" if known else "places where the outlines cross"
        on_zh = "按其中的道路、河流" if known else "按双方边界交点间的直线"
        words = (
            f"It is divided between {names[0]} and {names[1]} {on_en}.",
            f"{on_zh}划分，由{names[0]}与{names[1]}各得一部分。",
        )
        return desk.make_option(proposal_id, "settle", moves, words, joins=False)
    return NotPossible("settle", holders, *NO_LINE)


def _find_chord(
    desk: Desk, holders: tuple[str, ...], land: shapely.Polygon
) -> shapely.LineString | None:
    """Return the line between the two corners where one outline takes over from the other."""
    xy = shapely.get_coordinates(land.exterior)[:-1]
    own = _edges_on(desk, holders[0], xy)
    turns = np.flatnonzero(own != np.roll(own, 1))
    return shapely.LineString(xy[turns]) if len(turns) == 2 else None


def _edges_on(desk: Desk, division: str, xy: Floats) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Tell which edges of a ring (its vertices once) lie on a division's outline."""
    standing = desk.standing
    middles = shapely.points((xy + np.roll(xy, -1, axis=0)) / 2)
    rim = shapely.boundary(standing.shapes[standing.row[division]])
    return np.asarray(shapely.dwithin(middles, rim, standing.rounding), dtype=bool)


def _share_faces(
    desk: Desk, holders: tuple[str, ...], land: shapely.Polygon, cut: shapely.Geometry
) -> dict[str, list[shapely.Polygon]]:
    """Return who gets which piece: the one whose undisputed land borders it for longer."""
    noded = insert_vertices(land, shapely.get_coordinates(cut), desk.standing.rounding)
    drawn = shapely.union_all([shapely.boundary(noded), cut])
    faces = polygons_of(shapely.polygonize([drawn]))
    faces = faces[shapely.intersects(land, shapely.point_on_surface(faces))]
    shares: dict[str, list[shapely.Polygon]] = {}
    for face in faces:
        xy = shapely.get_coordinates(face.exterior)[:-1]
        length = np.hypot(*(np.roll(xy, -1, axis=0) - xy).T)
        first, second = (_edges_on(desk, division, xy) for division in holders)
        to_first, to_second = length[second & ~first].sum(), length[first & ~second].sum()
        shares.setdefault(holders[0] if to_first >= to_second else holders[1], []).append(face)
    return shares
