"""The best places for stations: a k-median on the walking network (服务站选址).

One station is placed exactly, by the walks from every node. Several are placed one by one, then
swapped while a swap shortens the walks (Teitz and Bart), from several beginnings.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from gridmap.boundaries.network_median import Median, solve_median
from gridmap.boundaries.network_walks import (
    ACCESS_M,
    RoadPlaces,
    join_places,
    take_points,
    walk_to_nodes,
    walk_to_places,
)
from gridmap.boundaries.reach_findings import STATION_FAR
from gridmap.boundaries.reach_inputs import take_households
from gridmap.boundaries.reach_options import check_metre_crs, check_number
from gridmap.errors import InvalidOption
from gridmap.findings import FindingKind

if TYPE_CHECKING:
    import geopandas as gpd

    from gridmap.boundaries.road_noding import Floats, Geometries, Ints
    from gridmap.boundaries.walking_network import WalkingNetwork
    from gridmap.findings import Finding

MOST_CELLS = 20_000_000
"""Walks (nodes times homes) held at once, 160 MB: more nodes are sampled; gridmap's own default."""
BLOCK = 64

SAMPLED = FindingKind(
    "walk_places_sampled",
    "info",
    en="{count} of {nodes} nodes were tried as places, chosen by the seed, to save memory.",
    zh="为节省内存，按随机种子从 {nodes} 个节点中抽取 {count} 个作为备选站址。",
    cure_en="Place the stations of a smaller area, or accept a place near the best.",
    cure_zh="请缩小范围选址，或接受接近最优的结果。",
)
UNSERVED = FindingKind(
    "walk_homes_unserved",
    "warning",
    en="{count} households have no way to any of the stations and did not count for the mean: "
    "{places}.",
    zh="{count} 户无法到达任何站点，未计入平均距离：{places}。",
    cure_en="Join the network, raise access_m, or place more stations.",
    cure_zh="请连通路网、增大 access_m，或增设站点。",
)
FINDING_KINDS = (SAMPLED, UNSERVED)


@dataclass(frozen=True)
class StationPlan:
    """Where stations were placed, and the walks to them.

    Attributes
    ----------
    stations
        ``station_id`` (``new-1`` and so on), ``node_id``, ``households`` (those to whom it is the
        nearest of all stations, old ones too), and the point.
    total_m
        Metres of all households to their nearest station, one way; those without a way left out.
    mean_m
        The same for a household; 0 without households.
    method
        ``exact``: no other place is better; ``swap``: no swap of one station is better.
    swaps
        Swaps made from the best beginning.
    findings
        Households without a way, and whether places were sampled.
    """

    stations: gpd.GeoDataFrame
    total_m: float
    mean_m: float
    method: Literal["exact", "swap"]
    swaps: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class _Problem:
    """The walks to the homes that join, which these are, and the households of all homes.

    ``none_m`` stands for no way.
    """

    median: Median
    home: Ints
    none_m: float
    households: Ints
    findings: tuple[Finding, ...]


def place_stations(
    network: WalkingNetwork,
    homes: gpd.GeoDataFrame,
    number: int,
    *,
    seed: int,
    existing: gpd.GeoDataFrame | None = None,
    access_m: float = ACCESS_M,
) -> StationPlan:
    """Place stations at nodes so that all households together walk least.

    Parameters
    ----------
    network
        As of `gridmap.boundaries.walking_network.build_walking_network`.
    homes
        Points with ``households`` (1 each when the column is absent); the CRS of the network.
    number
        How many new stations.
    seed
        For the random beginnings, and the sample of a large network.
    existing
        Stations that stay, as points.
    access_m
        A home farther from any road does not count, metres.

    Returns
    -------
    StationPlan

    Raises
    ------
    InvalidOption
        ``number`` is not from 1 to the number of nodes, a layer is not in the CRS of the network,
        or there is no road.

    Notes
    -----
    Source: M. B. Teitz and P. Bart, Heuristic methods for estimating the generalized vertex median
    of a weighted graph, Operations Research 16 (1968). That a best place is a node: S. L. Hakimi,
    Operations Research 12 (1964); it holds for homes at nodes, and nearly for homes beside edges.
    A household without a way counts as a walk of the whole network, so that few are left out.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from gridmap.boundaries.walking_network import build_walking_network
    >>> roads = gpd.GeoSeries.from_wkt(["LINESTRING (0 0, 90 0)", "LINESTRING (90 0, 300 0)"])
    >>> network = build_walking_network(gpd.GeoDataFrame(geometry=roads, crs=4547))
    >>> homes = gpd.GeoDataFrame(
    ...     {"households": [3, 5]}, geometry=gpd.points_from_xy([80, 310], [0, 0]), crs=4547
    ... )
    >>> plan = place_stations(network, homes, 1, seed=7)
    >>> plan.stations.geometry.to_wkt().tolist(), plan.total_m, plan.method
    (['POINT (300 0)'], 710.0, 'exact')
    """
    for role, layer in (("homes", homes), ("existing", existing)):
        if layer is not None and check_metre_crs(getattr(layer, "crs", None), role) != network.crs:
            raise InvalidOption(
                f"The layer {role} is not in the CRS of the network.",
                f"图层 {role} 与路网的坐标系不同。",
                cure_en=f"{role} = {role}.to_crs(network.crs)",
                cure_zh=f"{role} = {role}.to_crs(network.crs)",
            )
    access = check_number("access_m", access_m)
    random = np.random.default_rng(int(check_number("seed", seed)))
    doors = join_places(network, take_points(_shapes(homes)), access_m=access)
    nodes = _choose_nodes(network, int(doors.joined.sum()), number, random)
    problem = _measure_problem(network, nodes, homes, doors, existing, access)
    chosen, swaps = solve_median(problem.median, number, random)
    plan = _make_plan(network, homes, problem, nodes[chosen], chosen)
    return plan if number == 1 else replace(plan, method="swap", swaps=swaps)


def _shapes(frame: gpd.GeoDataFrame) -> Geometries:
    return np.array(frame.geometry.to_numpy(), dtype=object)


def _count_used(network: WalkingNetwork) -> int:
    return len(np.unique(network.edges))


def _choose_nodes(
    network: WalkingNetwork, homes: int, number: int, random: np.random.Generator
) -> Ints:
    """Return the nodes that are tried: all that a road leads to, or a sample of them."""
    used = np.unique(network.edges)
    whole = isinstance(number, (int, np.integer)) and not isinstance(number, bool)
    if not whole or not 1 <= number <= len(used):
        raise InvalidOption(
            f"{number} stations can't be placed: the network has {len(used)} places.",
            f"无法设置 {number} 个站点：路网共有 {len(used)} 个可选位置。",
            cure_en=f"number=1 to {len(used)}" if len(used) else "give roads",
            cure_zh=f"number=1 至 {len(used)}" if len(used) else "请提供道路",
        )
    most = max(number, MOST_CELLS // max(homes, 1))
    if len(used) <= most:
        return used
    return np.sort(random.choice(used, most, replace=False))


def place_nodes(network: WalkingNetwork, nodes: Ints) -> RoadPlaces:
    """Return nodes as places on the first edge of each.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from gridmap.boundaries.walking_network import build_walking_network
    >>> roads = gpd.GeoSeries.from_wkt(["LINESTRING (0 0, 9 0)"])
    >>> line = gpd.GeoDataFrame(geometry=roads, crs=4547)
    >>> place_nodes(build_walking_network(line), np.array([0, 1])).along_m.tolist()
    [0.0, 9.0]
    """
    ends, first = np.unique(network.edges.T.ravel(), return_index=True)
    at = first[np.searchsorted(ends, nodes)]
    edge = at % len(network.edges)
    along = np.where(at >= len(network.edges), network.lengths[edge], 0.0)
    return RoadPlaces(edge, along, np.zeros(len(nodes)))


def _measure_problem(
    network: WalkingNetwork,
    nodes: Ints,
    homes: gpd.GeoDataFrame,
    doors: RoadPlaces,
    existing: gpd.GeoDataFrame | None,
    access_m: float,
) -> _Problem:
    """Measure every walk; what has no way counts as a walk of the whole network."""
    households, findings = take_households(homes)
    if len(nodes) < _count_used(network):
        findings.append(SAMPLED.found(count=len(nodes), nodes=_count_used(network)))
    joined = doors.joined
    kept = doors.take(joined)
    none = float(network.lengths.sum() + 2 * access_m)
    metres = np.minimum(_walk_all(network, place_nodes(network, nodes), kept), none)
    served = np.full(len(kept.edge), none)
    if existing is not None and len(existing):
        old = join_places(network, take_points(_shapes(existing)), access_m=access_m)
        served = np.minimum(_walk_all(network, old, kept).min(axis=0), none)
        if not old.joined.all():
            findings.append(STATION_FAR.found(map(str, existing.index[~old.joined])))
    weight = households[joined].astype(np.float64)
    home = np.flatnonzero(joined)
    median = Median(metres, served, weight)
    return _Problem(median, home, none, households, tuple(findings))


def _walk_all(network: WalkingNetwork, starts: RoadPlaces, homes: RoadPlaces) -> Floats:
    blocks = []
    for low in range(0, len(starts.edge), BLOCK):
        some = starts.take(slice(low, low + BLOCK))
        blocks.append(walk_to_places(network, some, walk_to_nodes(network, some), homes))
    return np.concatenate(blocks)


def _make_plan(
    network: WalkingNetwork,
    homes: gpd.GeoDataFrame,
    problem: _Problem,
    nodes: Ints,
    chosen: Ints,
) -> StationPlan:
    """Give each home to its nearest station, old ones first, and sum up."""
    import geopandas as gpd

    every = np.vstack([problem.median.served, problem.median.metres[chosen]])
    nearest = np.argmin(every, axis=0)
    metres = every.min(axis=0)
    walks = metres < problem.none_m
    weight = problem.median.weight * walks
    held = np.bincount(nearest, weights=weight, minlength=len(every))[1:]
    total = float(metres @ weight)
    stations = gpd.GeoDataFrame(
        {
            "station_id": [f"new-{number + 1}" for number in range(len(nodes))],
            "node_id": [network.node_ids[node] for node in nodes.tolist()],
            "households": held.astype(np.int64),
        },
        geometry=gpd.points_from_xy(*network.nodes[nodes].T),
        crs=network.crs,
    )
    lost = np.ones(len(homes), dtype=bool)
    lost[problem.home[walks]] = False
    findings = list(problem.findings)
    if lost.any():
        count = int(problem.households[lost].sum())
        findings.append(UNSERVED.found(map(str, homes.index[lost]), count=count))
    mean = total / float(weight.sum()) if weight.any() else 0.0
    return StationPlan(stations, total, mean, "exact", 0, tuple(findings))
