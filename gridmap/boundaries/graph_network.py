"""A walking network from a graph of streets, such as OSMnx makes (由路网图建立步行路网)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.boundaries.reach_options import check_metre_crs
from gridmap.boundaries.walking_network import (
    DrawnEdges,
    finish_network,
    say_rows,
)
from gridmap.errors import InvalidOption
from gridmap.findings import FindingKind, name_places

if TYPE_CHECKING:
    from collections.abc import Mapping

    import networkx as nx
    from pyproj import CRS

    from gridmap.boundaries.road_noding import Floats, Geometries, Ints
    from gridmap.boundaries.walking_network import WalkingNetwork

NO_LENGTH = FindingKind(
    "walk_length_measured",
    "info",
    en="{count} edges of the graph had no usable length; it was measured on their line: {places}.",
    zh="图中 {count} 条边没有可用长度，已按线形量算：{places}。",
    cure_en="Give each edge a length in metres.",
    cure_zh="请为每条边填写长度（米）。",
)
FINDING_KINDS = (NO_LENGTH,)


def network_from_graph(graph: nx.Graph[Any], crs: CRS | int | str) -> WalkingNetwork:
    """Make the walking network of a street graph, such as one of OSMnx.

    Parameters
    ----------
    graph
        Any networkx graph: nodes with ``x``, ``y`` (degrees, in the CRS of ``graph.graph["crs"]``,
        EPSG:4326 when it says none), edges with ``length`` in metres and, where they are not
        straight, ``geometry`` (a LineString or its WKT). Directions are not kept: people walk
        both ways.
    crs
        The CRS in metres of the network.

    Returns
    -------
    WalkingNetwork
        With the nodes in the order of the graph; lengths are those of the graph.

    Raises
    ------
    InvalidOption
        ``crs`` is not in metres, or a node has no usable ``x`` and ``y``.

    Notes
    -----
    Source: the attributes are those of OSMnx, https://osmnx.readthedocs.io.

    Examples
    --------
    >>> import networkx as nx
    >>> graph = nx.MultiDiGraph()
    >>> graph.add_node("a", x="114.050", y="22.540")
    >>> graph.add_node("b", x="114.051", y="22.540")
    >>> _ = graph.add_edge("a", "b", length="102.8", name="景田路")
    >>> _ = graph.add_edge("b", "a", length="102.8", name="景田路")
    >>> network = network_from_graph(graph, 4547)
    >>> network.lengths.tolist(), network.names
    ([102.8], ('景田路',))
    """
    from pyproj import CRS, Transformer

    target = CRS.from_user_input(crs)
    check_metre_crs(target, "crs")
    source = CRS.from_user_input(graph.graph.get("crs", 4326))
    project = Transformer.from_crs(source, target, always_xy=True).transform
    position = {node: number for number, node in enumerate(graph)}
    places = _places(graph)
    nodes = np.column_stack(project(places[:, 0], places[:, 1])).reshape(-1, 2)
    _check_places(nodes, graph)
    edges, shapes, lengths, names = _read_edges(graph, position, places)
    pairs = np.array(edges, dtype=np.int64).reshape(-1, 2)
    lines = np.array(shapes, dtype=object)
    lines = shapely.transform(lines, lambda c: np.column_stack(project(c[:, 0], c[:, 1])))
    lines = _orient(lines, nodes, pairs)
    length = np.array(lengths, dtype=np.float64)
    unknown = ~(np.isfinite(length) & (length >= 0))
    length[unknown] = shapely.length(lines[unknown])
    findings = say_rows(NO_LENGTH, np.flatnonzero(unknown))
    drawn = DrawnEdges(nodes, pairs, length, lines, np.arange(len(pairs)))
    return finish_network(
        drawn,
        names=np.array(names, dtype=object),
        node_ids=tuple(str(node) for node in graph),
        crs=target,
        findings=findings,
        both_ways=graph.is_directed(),
    )


def _read_edges(
    graph: nx.Graph[Any], position: Mapping[Any, int], places: Floats
) -> tuple[list[list[int]], list[shapely.LineString], list[float], list[str]]:
    """Return the pair of nodes, the line in degrees, the length and the name of each edge."""
    edges, shapes, lengths, names = [], [], [], []
    for a, b, data in graph.edges(data=True):
        pair = sorted((position[a], position[b]))
        line = data.get("geometry")
        line = shapely.from_wkt(line, on_invalid="ignore") if isinstance(line, str) else line
        if (
            not isinstance(line, shapely.LineString)
            or line.is_empty
            or not np.isfinite(line.bounds).all()
        ):
            line = shapely.LineString(places[pair])
        edges.append(pair)
        shapes.append(shapely.force_2d(line))
        lengths.append(_number(data.get("length")))
        names.append(_text(data.get("name")))
    return edges, shapes, lengths, names


def _places(graph: nx.Graph[Any]) -> Floats:
    """Return the (n, 2) x and y of the nodes as they stand, NaN where there is none."""
    rows = [(_number(data.get("x")), _number(data.get("y"))) for _, data in graph.nodes(data=True)]
    places = np.array(rows, dtype=np.float64).reshape(-1, 2)
    _check_places(places, graph)
    return places


def _check_places(places: Floats, graph: nx.Graph[Any]) -> None:
    lost = ~np.isfinite(places).all(axis=1)
    if not lost.any():
        return
    nodes = list(graph)
    ids = [str(nodes[number]) for number in np.flatnonzero(lost)]
    raise InvalidOption(
        f"{len(ids)} nodes of the graph have no usable x and y: {name_places(ids, 'en')}.",
        f"图中 {len(ids)} 个节点没有可用的 x、y：{name_places(ids, 'zh')}。",
        cure_en="give x (longitude) and y (latitude), and say the CRS: graph.graph['crs']",
        cure_zh="请填写 x（经度）、y（纬度），并注明坐标系：graph.graph['crs']",
    )


def _orient(lines: Geometries, nodes: Floats, pairs: Ints) -> Geometries:
    """Turn each line so that it runs from the first node of its pair to the second."""
    if not len(lines):
        return lines
    start, end = (shapely.get_coordinates(shapely.get_point(lines, k)) for k in (0, -1))
    first, second = nodes[pairs[:, 0]], nodes[pairs[:, 1]]
    ahead = np.hypot(*(start - first).T) + np.hypot(*(end - second).T)
    back = np.hypot(*(start - second).T) + np.hypot(*(end - first).T)
    return np.where(back < ahead, shapely.reverse(lines), lines)


def _number(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return float("nan")


def _text(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return "、".join(str(item) for item in value)
    return "" if value is None or value != value else str(value)  # noqa: PLR0124 - NaN
