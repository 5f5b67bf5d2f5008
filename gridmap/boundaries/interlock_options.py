"""What could be done about interlocked land: beyond a neck, and along a border that winds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.boundaries.edits import Move
from gridmap.boundaries.interlocks import find_necks
from gridmap.boundaries.options import Choices, NotPossible, Option
from gridmap.boundaries.part_options import keep_place
from gridmap.boundaries.redrawing import insert_vertices, polygons_of
from gridmap.checks.faces import claim_faces, cut_faces

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gridmap.boundaries.border_chains import Geometries
    from gridmap.boundaries.option_desk import Desk
    from gridmap.boundaries.thresholds import Thresholds

LOBE_SHARE = 0.8
"""A cut separates the land beyond a neck when the two have this share in common; the opening
that found the land rounds its corners by up to the neck's width; gridmap's own default."""
RAY_WIDTHS = 3.0
"""A cut through a neck is looked for up to this many times the neck's threshold."""
WIDER_M = 2.0
"""A widened neck is this much wider than the threshold, above the tolerance to which necks are
found (`interlocks.NECK_TOLERANCE_M`)."""
ALLOWANCES_M = (np.inf, 1000.0, 500.0, 250.0, 100.0, 50.0)
"""A winding border is straightened by leaving out vertices, the most first; a straight line, then
halves of about the side of a district's, a township's, a block's; gridmap's own defaults."""
WITHIN = 1e-6
"""Share of a face that may lie outside its division: rounding of its corners."""

NO_CUT = (
    "no straight cut through the neck separates the land beyond it",
    "窄颈处没有能分开其外土地的直线",
)
STILL_NARROW = (
    "the neck is long: widening its narrowest place leaves it narrow elsewhere",
    "窄颈较长，仅拓宽最窄处后其余部分仍窄",
)
NOTHING_BESIDE = ("no division lies beside the neck", "窄颈两侧没有其他区划")
NO_STRAIGHTER = (
    "every straighter line leads through a third division, or would tear one of the two",
    "较直的线路会穿过第三个区划，或使其中一方分裂",
)


def list_neck_options(
    desk: Desk,
    proposal_id: str,
    owner: str,
    lobe: shapely.Geometry,
    place: shapely.Point,
    limits: Thresholds,
) -> Choices:
    """Return the options for land on a neck: give it away, widen the neck, or leave it.

    Parameters
    ----------
    desk
        What options are worked out with.
    proposal_id
        Of the neck.
    owner
        Its division.
    lobe, place
        The land beyond the neck and the middle of the neck, in metres.
    limits
        ``neck_m``, ``least_lobe_m2``.
    """
    standing = desk.standing
    choices = Choices()
    outline = standing.shapes[standing.row[owner]]
    cut = _cut_neck(desk, outline, place, limits.neck_m)
    land = None if cut is None else _separate(desk, standing.restore(lobe), outline, cut)
    if cut is None or land is None:
        choices.add(NotPossible("give", (), *NO_CUT))
    else:
        for host, border_m in standing.find_neighbours(land, owner):
            name = desk.name_of(host)
            words = (f"The land beyond the neck joins {name}.", f"窄颈之外的土地划归{name}。")
            move = Move(land, (owner,), (host,))
            choices.add(desk.make_option(proposal_id, "give", [move], words, border_m=border_m))
    if cut is not None:
        choices.add(_widen(desk, proposal_id, owner, cut, place, limits))
    choices.add(keep_place(desk, proposal_id, (owner,), land))
    return choices


def _cut_neck(
    desk: Desk, outline: shapely.Geometry, place: shapely.Point, neck_m: float
) -> shapely.LineString | None:
    """Return the line across a neck at its place, from edge to edge, as stored."""
    standing = desk.standing
    rim = shapely.boundary(standing.to_metres(outline))
    window = shapely.buffer(place, RAY_WIDTHS * neck_m)
    near = shapely.intersection(rim, window)
    if near.is_empty:
        return None
    first = shapely.get_point(shapely.shortest_line(near, place), 0)
    way = np.array([place.x - first.x, place.y - first.y])
    length = float(np.hypot(*way))
    if length == 0:
        return None
    end = np.array([place.x, place.y]) + way / length * RAY_WIDTHS * neck_m
    hits = shapely.intersection(near, shapely.LineString([(place.x, place.y), tuple(end)]))
    if hits.is_empty:
        return None
    second = shapely.get_point(shapely.shortest_line(hits, place), 0)
    edge = shapely.boundary(outline)
    ends = [
        shapely.get_point(shapely.shortest_line(edge, standing.restore(point)), 0)
        for point in (first, second)
    ]
    return shapely.LineString(ends)


def _separate(
    desk: Desk, lobe: shapely.Geometry, outline: shapely.Geometry, cut: shapely.LineString
) -> shapely.Polygon | None:
    """Return the piece of an outline beyond a cut that is the land beyond the neck."""
    parts = shapely.get_parts(outline)
    part = parts[int(np.argmin(shapely.distance(parts, cut)))]
    noded = insert_vertices(part, shapely.get_coordinates(cut), desk.standing.rounding)
    drawn = shapely.union_all([shapely.boundary(noded), cut])
    faces = shapely.get_parts(shapely.polygonize([drawn]))
    faces = faces[shapely.intersects(part, shapely.point_on_surface(faces))]
    if len(faces) < 2:
        return None
    common = shapely.area(shapely.intersection(faces, lobe))
    best = int(np.argmax(common))
    alike = common[best] >= LOBE_SHARE * max(faces[best].area, float(shapely.area(lobe)))
    return faces[best] if alike else None


def _widen(
    desk: Desk,
    proposal_id: str,
    owner: str,
    cut: shapely.LineString,
    place: shapely.Point,
    limits: Thresholds,
) -> Option | NotPossible:
    """Return the option that gives the neck land of its neighbours until it is wide enough."""
    standing = desk.standing
    metric = shapely.buffer(standing.to_metres(cut), (limits.neck_m + WIDER_M) / 2)
    strip = standing.restore(metric)
    rows = np.sort(standing.division_tree.query(strip, predicate="intersects"))
    ids = [standing.ids[n] for n in rows]
    pieces: dict[str, list[shapely.Geometry]] = {}
    faces = cut_faces(np.array([*standing.shapes[rows], strip], dtype=object))
    claims: list[set[int]] = [set() for _ in faces]
    claimant, face = claim_faces(np.array([*standing.shapes[rows], strip], dtype=object), faces)
    for c, f in zip(claimant.tolist(), face.tolist(), strict=True):
        claims[f].add(c)
    for f, claim in enumerate(claims):
        others = sorted(claim - {len(rows)})
        if len(rows) in claim and len(others) == 1 and ids[others[0]] != owner:
            pieces.setdefault(ids[others[0]], []).append(faces[f])
    if not pieces:
        return NotPossible("widen", (owner,), *NOTHING_BESIDE)
    moves = [
        Move(shapely.coverage_union_all(some), (division,), (owner,))
        for division, some in sorted(pieces.items())
    ]
    name = desk.name_of(owner)
    words = (
        f"{name} gets the land beside the neck, until it is {limits.neck_m:g} m wide.",
        f"窄颈两侧土地划归{name}，使其宽度达到 {limits.neck_m:g} 米。",
    )
    option = desk.make_option(proposal_id, "widen", moves, words, joins=False)
    if isinstance(option, NotPossible):
        return option
    after = desk.try_moves(moves).outline_of(owner)
    left = [
        lobe
        for part in shapely.get_parts(standing.to_metres(after))
        if shapely.dwithin(part, place, limits.neck_m)
        for lobe in find_necks(part, width_m=limits.neck_m, least_m2=limits.least_lobe_m2)
        if shapely.dwithin(lobe.place, place, RAY_WIDTHS * limits.neck_m)
    ]
    return NotPossible("widen", (owner,), *STILL_NARROW) if left else option


def list_border_options(
    desk: Desk,
    proposal_id: str,
    pair: tuple[str, str],
    border: shapely.LineString,
    limits: Thresholds,
    paths: Iterable[shapely.LineString] = (),
) -> Choices:
    """Return the options for a winding border: straighten it, move it to a line, or leave it.

    Parameters
    ----------
    desk
        What options are worked out with.
    proposal_id
        Of the border.
    pair
        Ids of the two divisions.
    border
        In metres.
    limits
        ``tortuosity``.
    paths
        Lines of `snapping.propose_snaps` for stretches of this border, in metres.
    """
    choices = Choices()
    names = tuple(desk.name_of(division) for division in pair)
    choices.add(_straighten(desk, proposal_id, pair, border, limits))
    line = desk.standing.restore(border)
    for path in paths:
        moves = _exchange_between(desk, pair, line, _land_on(line, desk.standing.restore(path)))
        if moves:
            words = (
                f"A stretch of the border of {names[0]} and {names[1]} moves to a known line.",
                f"{names[0]}与{names[1]}的一段边界移至明确界线。",
            )
            choices.add(desk.make_option(proposal_id, "snap", moves, words))
    choices.add(keep_place(desk, proposal_id, pair, None))
    return choices


def _straighten(
    desk: Desk,
    proposal_id: str,
    pair: tuple[str, str],
    border: shapely.LineString,
    limits: Thresholds,
) -> Option | NotPossible:
    """Return the straightest border on vertices of today's that both divisions survive."""
    names = tuple(desk.name_of(division) for division in pair)
    line = desk.standing.restore(border)
    ends = shapely.get_point(border, 0), shapely.get_point(border, -1)
    straight = float(shapely.distance(*ends))
    for allowance in ALLOWANCES_M:
        path = (
            shapely.LineString(ends)
            if np.isinf(allowance)
            else shapely.simplify(border, allowance, preserve_topology=False)
        )
        if path.length > limits.tortuosity * straight or not path.is_simple:
            continue
        moves = _exchange_between(desk, pair, line, desk.standing.restore(path))
        if not moves:
            continue
        words = (
            (
                f"The border of {names[0]} and {names[1]} is drawn straight on corners of today: "
                f"{path.length:.0f} m, not {border.length:.0f} m."
            ),
            (
                f"{names[0]}与{names[1]}的边界取现有拐点拉直：{border.length:.0f} 米缩短为 "
                f"{path.length:.0f} 米。"
            ),
        )
        option = desk.make_option(proposal_id, "straighten", moves, words)
        if isinstance(option, Option) and option.cures:
            return option
    return NotPossible("straighten", tuple(sorted(pair)), *NO_STRAIGHTER)


def _exchange_between(
    desk: Desk, pair: Sequence[str], line: shapely.Geometry, path: shapely.Geometry
) -> list[Move]:
    """Return the moves that make a path the border instead of a line; none if it can't be.

    The land between the two changes hands; all of it must be one of the two divisions'.
    """
    standing = desk.standing
    faces: Geometries = polygons_of(shapely.polygonize([shapely.union_all([line, path])]))
    if not len(faces):
        return []
    sides: dict[str, list[shapely.Geometry]] = {}
    shapes = [standing.shapes[standing.row[division]] for division in pair]
    for face in faces:
        shares = [shapely.intersection(shape, face).area / face.area for shape in shapes]
        side = int(np.argmax(shares))
        if shares[side] < 1 - WITHIN:
            return []
        sides.setdefault(pair[side], []).append(face)
    other = {pair[0]: pair[1], pair[1]: pair[0]}
    return [
        Move(shapely.union_all(some), (division,), (other[division],))
        for division, some in sorted(sides.items())
    ]


def _land_on(line: shapely.Geometry, path: shapely.Geometry) -> shapely.LineString:
    """Return a path whose ends lie on a line."""
    xy = shapely.get_coordinates(path)
    for n in (0, -1):
        on_line = shapely.get_point(shapely.shortest_line(line, shapely.Point(xy[n])), 0)
        xy[n] = on_line.x, on_line.y
    return shapely.LineString(xy)
