"""Adjacency: which units touch, for how long, and what lies on the border (邻接).

The units are a valid coverage, so two of them touch exactly where they carry the same edge. What
lies on the border is asked of each edge: the river and railway by which the land was cut run
exactly along it, a road may run beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from gridmap.findings import FindingKind
from gridmap.model import Territory, ignore_progress
from gridmap.schemas import ROAD_CLASSES
from gridmap.units.arrays import make_points, rank_in_run
from gridmap.units.barriers import find_bridges, lies_in, lies_on, split_segments
from gridmap.units.edges import SharedEdges, find_shared_edges
from gridmap.units.faces import connect
from gridmap.units.linework import Drawing, gather_lines
from gridmap.units.measuring import LocalPlane, measure_segments

if TYPE_CHECKING:
    from gridmap.findings import Finding
    from gridmap.model import Progress, Sources, Units
    from gridmap.rules import Rules
    from gridmap.units.arrays import Bools, Floats, Geometries, Ints, Texts


BESIDE_M = {"expressway": 20.0, "arterial": 15.0, "secondary": 12.0, "local": 8.0}
"""A border within this distance of the centre line of a road, and along it, lies on the road:
about half the width of its land; gridmap's own default."""
OTHER_ROAD_M = 8.0
PARALLEL = 0.8
"""Least cosine of the angle between a border and the road it runs along (37 degrees)."""
LEAST_ROAD_SHARE = 0.25
"""Least share of a border along roads of a class (or higher) for the border to have the class."""
LEAST_DRY_M = 5.0
"""A border with less than this off the river lies on the river; gridmap's own default."""
LEAST_CONTACT_M = 0.5
"""Units that share less than this touch in a corner and can't be one grid across it."""
STEP_M = 25.0
"""Longer edges are asked in steps of this."""

OPENED = FindingKind(
    "river_crossing_opened",
    "warning",
    en="{count} borders on a river without a bridge were opened, because the land behind can't "
    "make grids of its own: {places}.",
    zh="{count} 处无桥河段按可通行处理，因对岸用地不足以单独成网格：{places}。",
    cure_en="Add the bridge or path to the roads, if there is one; else look at these grids.",
    cure_zh="如有桥梁或通道请补入道路图层；否则请核对这些网格。",
)
NARROW_OPENED = FindingKind(
    "narrow_contact_opened",
    "info",
    en="{count} borders shorter than {least} m were taken as passable, because the land behind "
    "can't make grids of its own: {places}.",
    zh="{count} 处相接不足 {least} 米的界线按可通行处理，因其后用地不足以单独成网格：{places}。",
    cure_en="Look at these places; widen the contact or draw the land to its neighbour.",
    cure_zh="请查看所列位置；可拓宽相接处，或将该地划归相邻一侧。",
)
FINDING_KINDS = (OPENED, NARROW_OPENED)


@dataclass(frozen=True)
class _EdgeFacts:
    """What lies on each shared edge: (m,) arrays, and its length in metres."""

    length: Floats
    river: Bools
    railway: Bools
    wall: Bools
    bridge: Bools
    road_rank: Ints
    compound: Bools


def make_territory(
    units: Units, sources: Sources, *, rules: Rules, progress: Progress = ignore_progress
) -> Territory:
    """Find the borders between units and what lies on them.

    Parameters
    ----------
    units
        As made by `gridmap.make_units`.
    sources
        The same sources, for roads, rivers, railways, walls and compound lines.
    rules
        For the band that tells whether land behind a river can make grids of its own.
    progress
        Called with step ``adjacency``.

    Returns
    -------
    Territory

    Notes
    -----
    Source: issue 2 point 5: a river without a bridge separates, unless no other way exists, which
    is said in a Finding. Then the longest crossing is opened.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from pyproj import CRS
    >>> from gridmap.model import Sources
    >>> from gridmap.rules import Rules
    >>> from gridmap.units import make_units
    >>> land = gpd.GeoDataFrame(
    ...     {"community_id": ["C1"], "name": ["东山社区"], "township": [""], "area_type": [""]},
    ...     geometry=[shapely.box(113.10, 23.00, 113.11, 23.01)], crs=4490,
    ... )
    >>> road = gpd.GeoDataFrame(
    ...     {"name": ["建设路"], "class": ["local"]},
    ...     geometry=[shapely.LineString([(113.105, 22.99), (113.105, 23.02)])], crs=4490,
    ... )
    >>> sources = Sources({"communities": land, "roads": road}, CRS(4490), CRS(4547))
    >>> rules = Rules.preset("default")
    >>> territory = make_territory(make_units(sources, rules=rules), sources, rules=rules)
    >>> territory.borders[["unit_a", "unit_b", "road_class"]].values.tolist()
    [['open/C1/1', 'open/C1/2', 'local']]
    """
    progress("adjacency", 0, 4)
    shared = find_shared_edges(np.asarray(units.frame.geometry.to_numpy(), dtype=object))
    progress("adjacency", 1, 4)
    facts = _read_edges(shared, units, gather_lines(sources))
    progress("adjacency", 2, 4)
    borders, touch = _sum_borders(shared, facts, units)
    progress("adjacency", 3, 4)
    opened = _open_crossings(borders, touch, units, rules)
    borders.loc[opened, "passable"] = True
    progress("adjacency", 4, 4)
    findings = units.findings + _say_opened(borders, opened)
    return Territory(units=units, borders=borders, findings=findings)


def _read_edges(shared: SharedEdges, units: Units, drawing: Drawing) -> _EdgeFacts:
    start, end = shared.start, shared.end
    compound = units.frame["compound_id"].to_numpy(dtype=object)
    river = lies_on(drawing.rivers, start, end) | lies_in(drawing.water, start, end)
    return _EdgeFacts(
        length=measure_segments(start, end, crs=units.crs, metric_crs=units.metric_crs),
        river=river,
        railway=lies_on(drawing.railways, start, end),
        wall=lies_on(drawing.walls, start, end),
        bridge=find_bridges(start, end, river, drawing.roads, _plane_of(drawing)),
        road_rank=_rank_roads(start, end, drawing),
        compound=compound[shared.left] != compound[shared.right],
    )


def _plane_of(drawing: Drawing) -> LocalPlane:
    xmin, ymin, xmax, ymax = shapely.total_bounds(drawing.communities)
    return LocalPlane.around(float(xmin + xmax) / 2, float(ymin + ymax) / 2)


def _rank_roads(start: Floats, end: Floats, drawing: Drawing) -> Ints:
    """Return the rank of the highest road along each edge: 0 none, 1 unknown class, 5 highest."""
    rank = np.zeros(len(start), dtype=np.int64)
    if not len(drawing.roads) or not len(start):
        return rank
    plane = _plane_of(drawing)
    first, second = plane.to_metres(start), plane.to_metres(end)
    for level, name in enumerate(("", *reversed(ROAD_CLASSES)), start=1):
        known = np.isin(drawing.road_class, ROAD_CLASSES)
        roads = drawing.roads[(drawing.road_class == name) if name else ~known]
        if len(roads):
            flat = shapely.transform(roads, plane.to_metres)
            along = _runs_along(flat, first, second, BESIDE_M.get(name, OTHER_ROAD_M))
            rank[along] = level
    return rank


def _runs_along(lines: Geometries, start: Floats, end: Floats, distance: float) -> Bools:
    """Tell which edges (metres) run along a line within a distance for most of their length."""
    count = np.maximum(np.ceil(np.hypot(*(end - start).T) / STEP_M), 1).astype(np.int64)
    edge, step = rank_in_run(count)
    share = (step + 0.5) / count[edge]
    middle = start[edge] + (end - start)[edge] * share[:, None]
    segments = split_segments(lines)
    hit, line = shapely.STRtree(segments).query(
        make_points(middle), predicate="dwithin", distance=distance
    )
    ends = shapely.get_coordinates(segments).reshape(-1, 2, 2)
    way = (ends[:, 1] - ends[:, 0])[line]
    own = (end - start)[edge[hit]]
    size = np.hypot(*way.T) * np.hypot(*own.T)
    parallel = np.abs((way * own).sum(axis=1)) >= PARALLEL * size
    beside = np.zeros(len(edge), dtype=np.int64)
    beside[hit[parallel]] = 1
    return np.asarray(2 * np.bincount(edge, weights=beside, minlength=len(start)) >= count)


def _sum_borders(
    shared: SharedEdges, facts: _EdgeFacts, units: Units
) -> tuple[pd.DataFrame, tuple[Ints, Ints]]:
    """Add the edges of each pair of units up; return also the positions of the two."""
    pair = np.column_stack([shared.left, shared.right])
    new = np.ones(len(pair), dtype=bool)
    new[1:] = (pair[1:] != pair[:-1]).any(axis=1)
    number = np.cumsum(new) - 1
    a, b = pair[new, 0], pair[new, 1]

    def total(chosen: Bools | float) -> Floats:
        summed = np.bincount(number, weights=facts.length * chosen, minlength=len(a))
        return summed.astype(np.float64)

    length = total(1.0)
    river_m = total(facts.river)
    river = (river_m > 0) & (length - river_m < np.minimum(LEAST_DRY_M, length / 2))
    bridge = total(facts.bridge) > 0
    names = units.frame.index.to_numpy(dtype=object)
    community = units.frame["community_id"].to_numpy(dtype=object)
    compound = units.frame["compound_id"].to_numpy(dtype=object)
    same = np.asarray(community[a] == community[b], dtype=bool)
    clear = facts.river | facts.railway | facts.wall | facts.compound | (facts.road_rank > 0)
    railway = total(facts.railway) * 2 > length
    borders = pd.DataFrame(
        {
            "unit_a": names[a],
            "unit_b": names[b],
            "length_m": length,
            "same_community": same,
            "same_compound": (compound[a] == compound[b]) & (compound[a] != ""),
            "road_class": _road_classes(number, facts, length),
            "river": river,
            "railway": railway,
            "wall": total(facts.wall) * 2 > length,
            "bridge": bridge & river,
            "clear_m": total(clear),
            "passable": same & (~river | bridge) & (length >= LEAST_CONTACT_M),
        }
    )
    return borders, (a, b)


def _road_classes(number: Ints, facts: _EdgeFacts, length: Floats) -> Texts:
    """Return the highest class that runs along enough of each border."""
    result = np.full(len(length), "", dtype=object)
    for level, name in enumerate(reversed(ROAD_CLASSES), start=2):
        weights = facts.length * (facts.road_rank >= level)
        along = np.bincount(number, weights=weights, minlength=len(length))
        result[along >= LEAST_ROAD_SHARE * length] = name
    return result


def _open_crossings(
    borders: pd.DataFrame, touch: tuple[Ints, Ints], units: Units, rules: Rules
) -> Ints:
    """Choose the borders to open: the longest of each bank that can't make grids of its own."""
    a, b = touch
    passable = borders["passable"].to_numpy()
    closed = np.flatnonzero(borders["same_community"].to_numpy() & ~passable)
    if not len(closed):
        return closed
    households = units.frame["households"].to_numpy()
    part = connect(len(households), a[passable], b[passable])
    total = np.bincount(part, weights=households).astype(np.int64)
    bands = _bands(units, rules)
    first = np.unique(part, return_index=True)[1]
    community = units.frame["community_id"].to_numpy(dtype=object)[first]
    length = borders["length_m"].to_numpy()
    opened: list[int] = []
    stuck: set[int] = set()
    parent = np.arange(len(total))
    waiting = np.unique(np.concatenate([part[a[closed]], part[b[closed]]]))
    while True:
        root = parent[part]
        needy = [
            (int(total[p]), int(p))
            for p in waiting
            if parent[p] == p
            and p not in stuck
            and (total[p] == 0 or not bands[community[p]].can_hold(int(total[p])))
        ]
        if not needy:
            return np.array(sorted(opened), dtype=np.int64)
        _, chosen = min(needy)
        ends_a, ends_b = root[a[closed]], root[b[closed]]
        ways = closed[(ends_a != ends_b) & ((ends_a == chosen) | (ends_b == chosen))]
        if not len(ways):
            stuck.add(chosen)
            continue
        best = int(ways[np.argmax(length[ways])])
        opened.append(best)
        other = root[b[best]] if root[a[best]] == chosen else root[a[best]]
        parent[parent == chosen] = other
        total[other] += total[chosen]
        stuck.discard(int(other))


def _bands(units: Units, rules: Rules) -> dict[str, Any]:
    """Return the band of each community."""
    frame = units.communities
    return {
        str(name): rules.band_for(area_type=str(area_type), community_households=int(households))
        for name, area_type, households in zip(
            frame.index, frame["area_type"], frame["households"], strict=True
        )
    }


def _say_opened(borders: pd.DataFrame, opened: Ints) -> tuple[Finding, ...]:
    chosen = borders.iloc[opened]
    river = chosen["river"].to_numpy(dtype=bool)
    where = [f"{a} | {b}" for a, b in zip(chosen["unit_a"], chosen["unit_b"], strict=True)]
    over = [place for place, wet in zip(where, river, strict=True) if wet]
    narrow = [place for place, wet in zip(where, river, strict=True) if not wet]
    said = []
    if over:
        said.append(OPENED.found(over))
    if narrow:
        said.append(NARROW_OPENED.found(narrow, least=LEAST_CONTACT_M))
    return tuple(said)
