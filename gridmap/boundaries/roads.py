"""Distances along roads between two pieces of land, by networkx."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    import geopandas as gpd
    import networkx as nx
    from numpy.typing import NDArray

    Geometries = NDArray[np.object_]
    Numbers = NDArray[np.int64]

JUNCTION_M = 0.1
"""Vertices of roads in the same square of this side are one junction; gridmap's own default."""
FARTHEST_ACCESS_M = 200.0
"""Land further than this from every road is not reached by road; gridmap's own default."""


def measure_road_distances(
    places: Geometries, bodies: Geometries, roads: gpd.GeoDataFrame | None
) -> NDArray[np.float64]:
    """Return the shortest way along roads from each place to its body.

    Parameters
    ----------
    places, bodies
        Polygons (n,) in a metric CRS.
    roads
        Lines in the same CRS that meet in their vertices, or None.

    Returns
    -------
    array
        Metres (n,): along roads, and straight from land without a road to its nearest one; NaN
        without roads, and where there is no way or no road within `FARTHEST_ACCESS_M`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> roads = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (0, 9), (9, 9), (9, 0)])])
    >>> land = np.array([shapely.box(-1, -1, 1, 1), shapely.box(8, -1, 10, 1)])
    >>> measure_road_distances(land[:1], land[1:], roads).tolist()
    [27.0]
    """
    distances = np.full(len(places), np.nan)
    lines = [] if roads is None else [line for line in roads.geometry if line is not None]
    if not lines or not len(places):
        return distances
    import networkx as nx

    graph, xy = _build_network(np.array(lines, dtype=object))
    nodes = np.asarray(shapely.points(xy), dtype=object)
    if not len(nodes):
        return distances
    tree = shapely.STRtree(nodes)
    for n, (place, body) in enumerate(zip(places, bodies, strict=True)):
        starts, ends = _enter(tree, nodes, place), _enter(tree, nodes, body)
        if not starts or not ends:
            continue
        graph.add_weighted_edges_from(((-1, node, m) for node, m in starts), weight="length_m")
        graph.add_weighted_edges_from(((node, -2, m) for node, m in ends), weight="length_m")
        with contextlib.suppress(nx.NetworkXNoPath):
            distances[n] = nx.bidirectional_dijkstra(graph, -1, -2, weight="length_m")[0]
        graph.remove_nodes_from([-1, -2])
    return distances


def _build_network(lines: Geometries) -> tuple[nx.Graph[int], NDArray[np.float64]]:
    """Return the roads as a graph of their vertices, and the place of each vertex."""
    import networkx as nx

    parts = shapely.get_parts(lines)
    xy, line = shapely.get_coordinates(parts, return_index=True)
    cells = np.round(xy / JUNCTION_M).astype(np.int64)
    _, first, node = np.unique(cells, axis=0, return_index=True, return_inverse=True)
    node = node.reshape(-1)
    inside = line[1:] == line[:-1]
    start, end = node[:-1][inside], node[1:][inside]
    metres = np.hypot(*(xy[1:] - xy[:-1])[inside].T)
    order = np.argsort(-metres, kind="stable")
    graph: nx.Graph[int] = nx.Graph()
    graph.add_weighted_edges_from(
        zip(start[order].tolist(), end[order].tolist(), metres[order].tolist(), strict=True),
        weight="length_m",
    )
    return graph, xy[first]


def _enter(
    tree: shapely.STRtree, nodes: Geometries, land: shapely.Geometry
) -> list[tuple[int, float]]:
    """Return the junctions on a piece of land, else the nearest one with the way to it."""
    on_land = tree.query(land, predicate="intersects")
    if len(on_land):
        return [(int(node), 0.0) for node in np.sort(on_land)]
    nearest = tree.query_nearest(land, max_distance=FARTHEST_ACCESS_M)
    if not len(nearest):
        return []
    node = int(np.min(nearest))
    return [(node, float(shapely.distance(land, nodes[node])))]
