"""The land within a walk: the reached stretches of road and what lies beside them (可达范围)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from gridmap.boundaries.network_walks import RoadPlaces
    from gridmap.boundaries.road_noding import Floats, Geometries, Ints
    from gridmap.boundaries.walking_network import WalkingNetwork

BESIDE_M = 50.0
"""Land this near to a reached road is reached, metres: about the depth of the first two rows of
buildings; gridmap's own default."""
ARC_STEPS = 4
"""Straight lines for a quarter of a circle: the area errs by less than 2.6 % of each round end."""


def find_reached_stretches(
    network: WalkingNetwork,
    starts: RoadPlaces,
    to_nodes: Floats,
    start: int,
    *,
    limit_m: float,
) -> tuple[Ints, Floats]:
    """Return the stretches of road within a walk of one start, cut exactly at the limit.

    Parameters
    ----------
    network, starts, to_nodes
        ``to_nodes`` is the row of the start in `gridmap.boundaries.network_walks.walk_to_nodes`.
    start
        Position of the start.
    limit_m
        Length of the walk, metres, with what is off the road.

    Returns
    -------
    tuple
        (s,) edges and (s, 2) metres along them from and to; none overlaps another.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from gridmap.boundaries.network_walks import join_places, walk_to_nodes
    >>> from gridmap.boundaries.walking_network import build_walking_network
    >>> line = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (90, 0)])], crs=4547)
    >>> network = build_walking_network(line)
    >>> starts = join_places(network, shapely.points([[30, 4]]), access_m=200)
    >>> row = walk_to_nodes(network, starts)[0]
    >>> find_reached_stretches(network, starts, row, 0, limit_m=14)
    (array([0]), array([[20., 40.]]))
    """
    length = network.lengths
    left = np.clip(limit_m - to_nodes[network.edges], 0.0, length[:, None])
    first, last = left[:, 0], length - left[:, 1]
    own = int(starts.edge[start])
    reach = limit_m - float(starts.off_road_m[start])
    if own < 0 or reach < 0:
        return np.empty(0, dtype=np.int64), np.empty((0, 2))
    whole = (first >= last) & np.isfinite(to_nodes[network.edges]).any(axis=1)
    whole &= (left > 0).any(axis=1)
    whole[own] = False
    parts = ~whole
    parts[own] = False
    full = np.flatnonzero(whole)
    ahead = np.flatnonzero(parts & (first > 0))
    back = np.flatnonzero(parts & (last < length))
    pieces = _own_stretches(
        float(first[own]), float(last[own]), float(length[own]), float(starts.along_m[start]), reach
    )
    edge = np.concatenate([full, ahead, back, np.full(len(pieces), own)]).astype(np.int64)
    low = np.concatenate([0 * length[full], 0 * length[ahead], last[back], pieces[:, 0]])
    high = np.concatenate([length[full], first[ahead], length[back], pieces[:, 1]])
    return edge, np.column_stack([low, high])


def _own_stretches(first: float, last: float, length: float, along: float, reach: float) -> Floats:
    """Return what is reached of the start's own edge: beside it, and from its ends."""
    spans = [[max(0.0, along - reach), min(length, along + reach)]]
    if first > 0:
        spans.append([0.0, first])
    if last < length:
        spans.append([last, length])
    spans.sort()
    merged = [spans[0]]
    for low, high in spans[1:]:
        if low <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], high)
        else:
            merged.append([low, high])
    return np.array(merged, dtype=np.float64)


def draw_stretches(network: WalkingNetwork, edge: Ints, metres: Floats) -> Geometries:
    """Return the line of each stretch of `find_reached_stretches`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from gridmap.boundaries.walking_network import build_walking_network
    >>> line = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (90, 0)])], crs=4547)
    >>> network = build_walking_network(line)
    >>> draw_stretches(network, np.array([0]), np.array([[20.0, 40.0]]))
    array([<LINESTRING (20 0, 40 0)>], dtype=object)
    """
    from shapely.ops import substring

    lines = np.array(network.lines[edge], dtype=object)
    length = network.lengths[edge]
    share = metres / np.where(length > 0, length, 1.0)[:, None]
    for number in np.flatnonzero((metres[:, 0] > 0) | (metres[:, 1] < length)):
        low, high = share[number].tolist()
        lines[number] = substring(lines[number], low, min(high, 1.0), normalized=True)
    return lines


@dataclass(frozen=True)
class CoveredEdges:
    """The land beside every edge, and beside runs of edges that lie together, made once.

    Attributes
    ----------
    network
        As built.
    order
        (m,) edges in an order in which neighbours lie together.
    beside_m
        Depth of the land, metres.
    made
        Land of each run of the order that was asked for; the stations share it.
    """

    network: WalkingNetwork
    order: Ints
    beside_m: float
    made: dict[tuple[int, int], shapely.Geometry] = field(default_factory=dict)

    def of_run(self, low: int, high: int) -> shapely.Geometry:
        """Return the land beside the edges of a run of the order, round at their nodes."""
        if (low, high) not in self.made:
            if high - low == 1:
                line = self.network.lines[self.order[low]]
                land = shapely.buffer(line, self.beside_m, quad_segs=ARC_STEPS)
            else:
                middle = (low + high) // 2
                land = shapely.union(self.of_run(low, middle), self.of_run(middle, high))
            self.made[low, high] = land
        return self.made[low, high]


def order_edges(network: WalkingNetwork, *, beside_m: float) -> CoveredEdges:
    """Prepare the land beside the edges of a network.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from gridmap.boundaries.walking_network import build_walking_network
    >>> line = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (90, 0)])], crs=4547)
    >>> order_edges(build_walking_network(line), beside_m=50.0).order.tolist()
    [0]
    """
    bounds = shapely.bounds(network.lines).reshape(-1, 4)
    middle = (bounds[:, :2] + bounds[:, 2:]) / 2
    runs = [np.arange(len(middle))]
    while any(len(run) > 1 for run in runs):
        halves = []
        for run in runs:
            axis = int(np.argmax(np.ptp(middle[run], axis=0))) if len(run) > 1 else 0
            ranked = run[np.argsort(middle[run, axis], kind="stable")]
            halves += [part for part in np.split(ranked, [len(run) // 2]) if len(part)]
        runs = halves
    order = np.concatenate(runs) if len(middle) else np.empty(0, dtype=np.int64)
    return CoveredEdges(network, np.asarray(order, dtype=np.int64), beside_m)


def cover_land(
    covered: CoveredEdges, edge: Ints, metres: Floats, left_m: Floats
) -> shapely.Geometry:
    """Return the land beside stretches of road; empty when there is none.

    A stretch ends flat where the walk ends on the road. At a node the land is round, so that no
    wedge is missing at a bend, but no wider than what is left of the walk there: along no road
    does the land go on where the walk has ended.

    Parameters
    ----------
    covered
        As of `order_edges`.
    edge, metres
        As of `find_reached_stretches`.
    left_m
        (n,) metres of the walk that are left at each node; below 0 where it is not reached.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from gridmap.boundaries.walking_network import build_walking_network
    >>> line = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (90, 0)])], crs=4547)
    >>> covered = order_edges(build_walking_network(line), beside_m=50.0)
    >>> cover_land(covered, np.array([0]), np.array([[20.0, 40.0]]), np.full(2, -1.0)).bounds
    (20.0, -50.0, 40.0, 50.0)
    """
    network = covered.network
    length = network.lengths
    ample = (left_m[network.edges[edge]] >= covered.beside_m).all(axis=1)
    round_ = ample & (metres[:, 0] <= 0) & (metres[:, 1] >= length[edge])
    reached = np.zeros(len(length), dtype=bool)
    reached[edge[round_]] = True
    before = np.r_[0, np.cumsum(reached[covered.order])]
    lines = draw_stretches(network, edge[~round_], metres[~round_])
    land = list(shapely.buffer(lines, covered.beside_m, quad_segs=ARC_STEPS, cap_style="flat"))
    land += _round_nodes(covered, edge[~round_], left_m)
    waiting = [(0, len(length))] if len(length) else []
    while waiting:
        low, high = waiting.pop()
        inside = before[high] - before[low]
        if inside == high - low:
            land.append(covered.of_run(low, high))
        elif inside:
            middle = (low + high) // 2
            waiting += [(middle, high), (low, middle)]
    return shapely.union_all(land) if land else shapely.Polygon()


def _round_nodes(covered: CoveredEdges, edge: Ints, left_m: Floats) -> list[shapely.Geometry]:
    """Return the land around the reached nodes of some edges."""
    nodes = np.unique(covered.network.edges[edge])
    nodes = nodes[left_m[nodes] > 0]
    points = shapely.points(covered.network.nodes[nodes])
    radius = np.minimum(left_m[nodes], covered.beside_m)
    return list(shapely.buffer(points, radius, quad_segs=ARC_STEPS))
