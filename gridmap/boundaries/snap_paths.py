"""Snap paths: the way along known lines that an unclear stretch of border could take instead."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

import networkx as nx
import numpy as np
import shapely

if TYPE_CHECKING:
    from gridmap.boundaries.border_chains import Geometries

ROUNDING_M = 1e-6
"""Places nearer than this are one."""
ON_LINE_M = 1e-9
"""A foot this near to a piece of line stands on it: the rounding of coordinates in metres."""
Node: TypeAlias = tuple[float, ...]

CONNECTOR_COST = 3.0
"""A metre from the border to the line counts as so many metres along it, for it stays unclear;
gridmap's own default."""
DETOUR_COST = 1.0
"""A metre of line at the far end of the reach counts as one metre more than beside the border, so
the nearest line wins; gridmap's own default."""


def find_path(
    stretch: shapely.LineString, segments: Geometries, reach_m: float
) -> shapely.LineString | None:
    """Return the cheapest way from one end of a stretch to the other along lines within reach.

    Parameters
    ----------
    stretch
        The border as it is, metres.
    segments
        Known lines near it (n,), metres; parts further than the reach are cut off.
    reach_m
        How far the border may move, metres.

    Returns
    -------
    LineString or None
        From the first point of the stretch to its last; None when no line joins them.

    Examples
    --------
    >>> road = np.array([shapely.LineString([(-5, 4), (25, 4)])])
    >>> find_path(shapely.LineString([(0, 0), (20, 0)]), road, 10.0).wkt
    'LINESTRING (0 0, 0 4, 20 4, 20 0)'
    """
    near = shapely.intersection(segments, stretch.buffer(reach_m))
    near = near[~shapely.is_empty(near)]
    if not len(near):
        return None
    network = shapely.union_all(near)
    first, last = shapely.Point(stretch.coords[0]), shapely.Point(stretch.coords[-1])
    ways = [
        _walk(part, stretch, first, last, reach_m)
        for part in _connected(network)
        if part.distance(first) <= reach_m and part.distance(last) <= reach_m
    ]
    found = [way for way in ways if way is not None]
    return min(found, key=lambda way: way[0])[1] if found else None


def _connected(network: shapely.Geometry) -> list[shapely.MultiLineString]:
    """Return the parts of a noded network that hang together, in a stable order."""
    graph: nx.Graph[Node] = nx.Graph()
    lines = [line for line in shapely.get_parts(network) if line.geom_type == "LineString"]
    for line in lines:
        graph.add_edge(line.coords[0], line.coords[-1])
    number = {node: n for n, nodes in enumerate(nx.connected_components(graph)) for node in nodes}
    groups: dict[int, list[shapely.LineString]] = {}
    for line in lines:
        groups.setdefault(number[line.coords[0]], []).append(line)
    return [shapely.MultiLineString(group) for group in groups.values()]


def _walk(
    part: shapely.MultiLineString,
    stretch: shapely.LineString,
    first: shapely.Point,
    last: shapely.Point,
    reach_m: float,
) -> tuple[float, shapely.LineString] | None:
    """Return the cost and the way through one connected part, None when it goes nowhere."""
    feet = [shapely.shortest_line(part, end).coords[0] for end in (first, last)]
    if feet[0] == feet[1]:
        return None
    graph: nx.Graph[Node] = nx.Graph()
    pairs = [pair for line in part.geoms for pair in _with_feet(line, feet)]
    pieces = np.asarray(shapely.linestrings(np.array(pairs)), dtype=object)
    away = shapely.distance(pieces, stretch) / reach_m
    costs = shapely.length(pieces) * (1.0 + DETOUR_COST * away)
    for (begin, end), weight in zip(pairs, costs.tolist(), strict=True):
        graph.add_edge(begin, end, cost=weight)
    if not all(foot in graph for foot in feet) or not nx.has_path(graph, feet[0], feet[1]):
        return None
    cost: Any
    nodes: Any
    cost, nodes = nx.single_source_dijkstra(graph, feet[0], feet[1], weight="cost")
    joined = [first.coords[0], *nodes, last.coords[0]]
    near_end = first.buffer(ROUNDING_M).union(last.buffer(ROUNDING_M))
    inner = [node for node in joined[1:-1] if not near_end.covers(shapely.Point(node))]
    kept = [joined[0]] + [b for a, b in pairwise([joined[0], *inner, joined[-1]]) if a != b]
    if len(kept) < 2:
        return None
    ends = sum(
        end.distance(shapely.Point(foot)) for end, foot in zip((first, last), feet, strict=True)
    )
    return float(cost) + CONNECTOR_COST * float(ends), shapely.LineString(kept)


def _with_feet(line: shapely.LineString, feet: list[Node]) -> list[tuple[Node, Node]]:
    """Return the straight pieces of a line, cut where a foot stands on it."""
    pairs = list(pairwise(line.coords))
    near = [foot for foot in feet if line.distance(shapely.Point(foot)) < ON_LINE_M]
    if not near:
        return pairs
    pieces = []
    for begin, end in pairs:
        piece = shapely.LineString([begin, end])
        on = {foot for foot in near if piece.distance(shapely.Point(foot)) < ON_LINE_M}
        stops = sorted(on - {begin, end}, key=lambda p: np.hypot(p[0] - begin[0], p[1] - begin[1]))
        pieces += list(pairwise([begin, *stops, end]))
    return pieces
