"""Snapping: move an unclear stretch of border to a line nearby, and say what that moves.

A snap is old and new: it keeps the two divisions as they were and as they would be, so that it
applies exactly, and is undone exactly. The land the two have together stays the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import shapely

from gridmap.boundaries.snap_drawing import ROUNDING_M, Neighbours, redraw_border
from gridmap.boundaries.snap_paths import find_path
from gridmap.errors import InvalidOption

if TYPE_CHECKING:
    import geopandas as gpd

    from gridmap.boundaries.border_chains import Geometries
    from gridmap.boundaries.clarity import Clarity
    from gridmap.boundaries.spans import Floats

REACH_M = 100.0
"""How far a border may move: less than half the side of an urban block of 250 m (FIELD.md section
2), so that it moves to the next road and not past it; gridmap's own default."""
SnapStatus = Literal[
    "proposed", "no_line", "no_gain", "third_division", "tears_division", "entangled", "unmatched"
]
WHY_NOT: dict[str, tuple[str, str]] = {
    "proposed": ("", ""),
    "no_line": ("no known line within reach joins its ends", "可达范围内没有连通两端的明确界线"),
    "no_gain": (
        "moving it leaves as much on no line as before",
        "移动后不在明确界线上的长度没有减少",
    ),
    "third_division": (
        "the line leads through a third division or out of both",
        "该线路穿过第三个区域或超出双方范围",
    ),
    "tears_division": (
        "one of the divisions would fall into more pieces or vanish",
        "移动后会使其中一方分裂或消失",
    ),
    "entangled": (
        "the line winds round other parts of the border, so the exchange is not well defined",
        "该线路与其他界线相互缠绕，无法明确互换的用地",
    ),
    "unmatched": (
        "one of the two overlaps a neighbour: settle that first (cure of border_divisions_overlap)",
        "其中一方与邻区重叠，请先确定归属（办法见 border_divisions_overlap）",
    ),
}


@dataclass(frozen=True)
class Snap:
    """A proposal for one unclear stretch, or why there is none.

    Attributes
    ----------
    stretch_id, division_a, division_b
        Which stretch, between whom.
    status
        ``proposed``, else why not; `WHY_NOT` says it in words.
    path
        The border instead of the stretch, metres.
    gain_m
        Metres less on no line.
    a_to_b, b_to_a
        The land exchanged (multipolygons).
    a_to_b_m2, b_to_a_m2
        Its area.
    households_a_to_b, households_b_to_a
        Households moved; None without homes.
    buildings_a_to_b, buildings_b_to_a
        Buildings moved (by a point inside); None without buildings.
    before, after
        Both divisions as they were and would be.
    """

    stretch_id: str
    division_a: str
    division_b: str
    status: SnapStatus
    path: shapely.LineString | None = None
    gain_m: float = 0.0
    a_to_b: shapely.MultiPolygon | None = None
    b_to_a: shapely.MultiPolygon | None = None
    a_to_b_m2: float = 0.0
    b_to_a_m2: float = 0.0
    households_a_to_b: int | None = None
    households_b_to_a: int | None = None
    buildings_a_to_b: int | None = None
    buildings_b_to_a: int | None = None
    before: tuple[shapely.Geometry, ...] = ()
    after: tuple[shapely.Geometry, ...] = ()

    @property
    def why_not(self) -> tuple[str, str]:
        """Return why there is no proposal, in English and Chinese; empty when there is one."""
        return WHY_NOT[self.status]


@dataclass(frozen=True)
class _Standing:
    """Homes and buildings as points in trees, asked once for each proposal."""

    homes: shapely.STRtree | None
    counts: Floats
    buildings: shapely.STRtree | None

    @classmethod
    def of(cls, clarity: Clarity) -> _Standing:
        """Take the homes and buildings that the clarity was measured with."""
        homes, buildings, counts = None, None, np.empty(0)
        if clarity.homes is not None:
            homes = shapely.STRtree(np.array(clarity.homes.geometry.to_numpy(), dtype=object))
            counts = clarity.homes["households"].fillna(0).to_numpy(dtype=np.float64)
        if clarity.buildings is not None:
            shapes = np.array(clarity.buildings.geometry.to_numpy(), dtype=object)
            buildings = shapely.STRtree(shapely.point_on_surface(shapes))
        return cls(homes, counts, buildings)

    def count(
        self, moved: tuple[shapely.MultiPolygon, shapely.MultiPolygon]
    ) -> tuple[list[int | None], list[int | None]]:
        """Return the households and the buildings in each of two shapes; None if not known."""
        households: list[int | None] = [None, None]
        buildings: list[int | None] = [None, None]
        for side, shape in enumerate(moved):
            if self.homes is not None:
                inside = self.homes.query(shape, predicate="intersects")
                households[side] = round(float(self.counts[inside].sum()))
            if self.buildings is not None:
                buildings[side] = len(self.buildings.query(shape, predicate="intersects"))
        return households, buildings


def propose_snaps(
    clarity: Clarity, divisions: gpd.GeoDataFrame, *, reach_m: float = REACH_M
) -> tuple[Snap, ...]:
    """Propose for each unclear stretch the nearest known line that could be the border instead.

    Parameters
    ----------
    clarity
        As measured on these divisions.
    divisions
        Polygons in metres with ``division_id``.
    reach_m
        How far a border may move; metres, above 0.

    Returns
    -------
    tuple of Snap
        One a stretch, in the order of ``clarity.unclear``; those without a proposal say why.

    Raises
    ------
    InvalidOption
        The reach is not above 0.

    Notes
    -----
    The way along the lines within reach is the shortest one that weighs metres from border to
    line threefold (`snap_paths`). Each proposal stands alone: after one was applied, measure the
    clarity again before another of the same division.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from gridmap.boundaries.clarity import measure_clarity
    >>> land = gpd.GeoDataFrame({"division_id": ["A", "B"]}, crs=4547,
    ...     geometry=[shapely.box(0, 0, 100, 200), shapely.box(100, 0, 200, 200)])
    >>> road = gpd.GeoDataFrame({"name": [""]}, crs=4547, geometry=[shapely.LineString(
    ...     [(100, 0), (100, 50), (130, 60), (130, 140), (100, 150), (100, 200)])])
    >>> clarity = measure_clarity(land, roads=road, tolerance_m=5)
    >>> [snap] = propose_snaps(clarity, land)
    >>> snap.status, round(snap.b_to_a_m2)
    ('proposed', 2692)
    """
    if not reach_m > 0:
        raise InvalidOption(
            f"reach_m={reach_m} must be above 0 metres.",
            f"reach_m={reach_m} 应大于 0 米。",
            cure_en="propose_snaps(clarity, divisions, reach_m=100.0)",
            cure_zh="propose_snaps(clarity, divisions, reach_m=100.0)",
        )
    shapes = dict(zip(divisions["division_id"].astype(str), divisions.geometry, strict=True))
    tiles = dict(zip(clarity.ids, clarity.tiles, strict=True))
    segments = clarity.lines.segments
    stretches = np.array(clarity.unclear.geometry.to_numpy(), dtype=object)
    owner, line = shapely.STRtree(segments).query(stretches, predicate="dwithin", distance=reach_m)
    standing = _Standing.of(clarity)
    pairs: dict[tuple[str, str], Neighbours] = {}
    snaps = []
    for number, row in enumerate(clarity.unclear.itertuples(index=False)):
        a, b = str(row.division_a), str(row.division_b)
        status: SnapStatus = "proposed"
        if (
            a not in shapes
            or b not in shapes
            or any(not _is_tile(shapes[name], tiles[name]) for name in (a, b))
        ):
            status = "unmatched"
        snap = Snap(str(row.stretch_id), a, b, status)
        if status == "proposed":
            near = segments[np.sort(line[owner == number])]
            if (a, b) not in pairs:
                pairs[a, b] = Neighbours.of(shapes[a], shapes[b])
            snap = _propose(snap, row.geometry, pairs[a, b], near, reach_m, clarity, standing)
        snaps.append(snap)
    return tuple(snaps)


def _is_tile(shape: shapely.Geometry, tile: shapely.Geometry) -> bool:
    """Tell whether tiling left an outline its vertices.

    A ring may start elsewhere, and a lone part may be a polygon or a multipolygon.
    """
    parts = [shapely.get_parts(shapely.normalize(one)) for one in (shape, tile)]
    return len(parts[0]) == len(parts[1]) and bool(shapely.equals_exact(*parts).all())


def _propose(
    snap: Snap,
    stretch: shapely.LineString,
    pair: Neighbours,
    near: Geometries,
    reach_m: float,
    clarity: Clarity,
    standing: _Standing,
) -> Snap:
    """Find the path and what it exchanges, or why it can't be."""

    def refuse(status: SnapStatus) -> Snap:
        return Snap(snap.stretch_id, snap.division_a, snap.division_b, status)

    path = find_path(stretch, near, reach_m)
    if path is None or not path.is_simple:
        return refuse("no_line")
    known = shapely.MultiLineString(list(near)).buffer(clarity.tolerance_m)
    gain = stretch.length - path.difference(known).length
    if gain <= 0:
        return refuse("no_gain")
    drawn = redraw_border(pair, stretch, path)
    if drawn is None:
        return refuse("third_division")
    after, moved = drawn
    before = pair.before
    if any(
        shapely.get_num_geometries(new) > shapely.get_num_geometries(old) or shapely.is_empty(new)
        for old, new in zip(before, after, strict=True)
    ):
        return refuse("tears_division")
    grown = shapely.area(after[0]) - shapely.area(before[0])
    if abs(grown - (moved[1].area - moved[0].area)) > ROUNDING_M * (1 + stretch.length):
        return refuse("entangled")
    homes, buildings = standing.count(moved)
    return Snap(
        snap.stretch_id, snap.division_a, snap.division_b, "proposed", path, float(gain),
        moved[0], moved[1], float(moved[0].area), float(moved[1].area),
        homes[0], homes[1],
        buildings[0], buildings[1], before, after,
    )  # fmt: skip


def apply_snap(divisions: gpd.GeoDataFrame, snap: Snap) -> gpd.GeoDataFrame:
    """Return the divisions with the border of a proposal; everything else is left as it is.

    Raises
    ------
    InvalidOption
        It is no proposal, or the two divisions are not as they were when it was made.

    Examples
    --------
    >>> import geopandas as gpd
    >>> halves = (shapely.box(0, 0, 1, 1), shapely.box(1, 0, 3, 1))
    >>> moved = (shapely.box(0, 0, 2, 1), shapely.box(2, 0, 3, 1))
    >>> land = gpd.GeoDataFrame({"division_id": ["A", "B"]}, geometry=list(halves))
    >>> snap = Snap("A|B/1", "A", "B", "proposed", before=halves, after=moved)
    >>> apply_snap(land, snap).area.tolist()
    [2.0, 1.0]
    """
    return _exchange(divisions, snap, snap.before, snap.after)


def undo_snap(divisions: gpd.GeoDataFrame, snap: Snap) -> gpd.GeoDataFrame:
    """Return the divisions as they were before `apply_snap`.

    Raises
    ------
    InvalidOption
        The two divisions are not as the proposal left them.

    Examples
    --------
    >>> import geopandas as gpd
    >>> halves = (shapely.box(0, 0, 1, 1), shapely.box(1, 0, 3, 1))
    >>> moved = (shapely.box(0, 0, 2, 1), shapely.box(2, 0, 3, 1))
    >>> land = gpd.GeoDataFrame({"division_id": ["A", "B"]}, geometry=list(halves))
    >>> snap = Snap("A|B/1", "A", "B", "proposed", before=halves, after=moved)
    >>> undo_snap(apply_snap(land, snap), snap).geometry.tolist() == list(halves)
    True
    """
    return _exchange(divisions, snap, snap.after, snap.before)


def _exchange(
    divisions: gpd.GeoDataFrame,
    snap: Snap,
    old: tuple[shapely.Geometry, ...],
    new: tuple[shapely.Geometry, ...],
) -> gpd.GeoDataFrame:
    names = divisions["division_id"].astype(str).to_numpy(dtype=object)
    shapes = np.array(divisions.geometry.to_numpy(), dtype=object)
    for name, was, becomes in zip((snap.division_a, snap.division_b), old, new, strict=False):
        at = np.flatnonzero(names == name)
        if len(at) != 1 or not shapely.equals_exact(shapes[at[0]], was):
            old = ()
            break
        shapes[at[0]] = becomes
    if len(old) != 2:
        raise InvalidOption(
            f"The snap {snap.stretch_id} does not fit these divisions: {snap.why_not[0]}"
            if snap.status != "proposed"
            else f"The snap {snap.stretch_id} was made for other outlines of its divisions.",
            f"移动方案 {snap.stretch_id} 与当前区域不符{snap.why_not[1]}。",
            cure_en="propose_snaps(measure_clarity(divisions, roads=roads), divisions)",
            cure_zh="propose_snaps(measure_clarity(divisions, roads=roads), divisions)",
        )
    return divisions.set_geometry(shapes, crs=divisions.crs)
