"""The network people walk on, made from roads or from a graph (步行路网).

A network is arrays: nodes, edges, the length of each in metres and its line. It is walked in both
directions. A networkx graph of it is made on request.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from gridmap.boundaries.reach_options import check_metre_crs, check_number
from gridmap.boundaries.road_noding import node_lines
from gridmap.findings import FindingKind
from gridmap.schemas import canonical_value, value_label

if TYPE_CHECKING:
    import geopandas as gpd
    import networkx as nx
    from pyproj import CRS

    from gridmap.boundaries.road_noding import Bools, Floats, Geometries, Ints, Texts
    from gridmap.findings import Finding

SNAP_M = 1.0
"""A road that ends this near to another meets it, metres: drawing slips are smaller, the gap
between two carriageways is larger; gridmap's own default."""
EXCLUDED_CLASSES = ("expressway",)
"""快速路: nobody walks on a motorway or its ramps; gridmap's own default."""

NO_ROADS = FindingKind(
    "walk_no_roads",
    "warning",
    en="The walking network has no road: nothing can be reached.",
    zh="步行路网中没有道路，任何地点均不可达。",
    cure_en="Give a layer of roads and paths, or allow more classes: excluded=().",
    cure_zh="请提供道路（含人行路）图层，或放宽排除的道路等级：excluded=()。",
)
UNUSABLE = FindingKind(
    "walk_road_unusable",
    "warning",
    en="{count} roads have no usable line (missing, empty, no length, or no number) and were left "
    "out: {places}.",
    zh="{count} 条道路没有可用线形（缺失、为空、长度为零或坐标无效），未纳入路网：{places}。",
    cure_en="Draw these roads again, or delete them.",
    cure_zh="请重新绘制或删除这些道路。",
)
EXCLUDED = FindingKind(
    "walk_class_excluded",
    "info",
    en="{count} roads of a class that nobody walks on ({classes}) were left out: {places}.",
    zh="{count} 条不可步行等级的道路（{classes_zh}）未纳入路网：{places}。",
    cure_en="If they have pavements, allow them: excluded=().",
    cure_zh="如设有人行道，可纳入：excluded=()。",
)
DOUBLED = FindingKind(
    "walk_road_doubled",
    "info",
    en="{count} stretches of road are drawn twice and were taken once: {places}.",
    zh="{count} 段道路重复绘制，只计一次：{places}。",
    cure_en="Delete one of each pair.",
    cure_zh="请删除重复的一段。",
)
PIECES = FindingKind(
    "walk_network_pieces",
    "warning",
    en="The walking network falls apart: {count} pieces with {length_m:,.0f} m of road are not "
    "joined to the largest; a road of each: {places}.",
    zh="步行路网不连通：{count} 个小片（道路长 {length_m:,.0f} 米）未与最大片相连，各举一路："
    "{places}。",
    cure_en="Join their ends, raise snap_m, or let crossings meet: join_crossings=True.",
    cure_zh="请连接断头路，或增大 snap_m，或令交叉处相通：join_crossings=True。",
)
FINDING_KINDS = (NO_ROADS, UNUSABLE, EXCLUDED, DOUBLED, PIECES)


@dataclass(frozen=True)
class WalkingNetwork:
    """Where people walk, in metres.

    Attributes
    ----------
    nodes
        (n, 2) easting and northing, metres.
    edges
        (m, 2) positions of the two nodes of each edge; walked both ways.
    lengths
        (m,) metres to walk along an edge, from 0.
    lines
        (m,) LineString of each edge, from its first node to its second.
    row
        (m,) position of the road in the input.
    names
        (m,) name of the road, or ``""``.
    piece
        (n,) number of the connected piece; 0 is the one with most road.
    node_ids
        (n,) id of each node: that of the graph, or its position as a text.
    crs
        In metres.
    findings
        What was left out, and whether the network falls apart.
    """

    nodes: Floats
    edges: Ints
    lengths: Floats
    lines: Geometries
    row: Ints
    names: tuple[str, ...]
    piece: Ints
    node_ids: tuple[str, ...]
    crs: CRS
    findings: tuple[Finding, ...] = field(default=())

    def to_networkx(self) -> nx.MultiGraph[int]:
        """Return the network as a graph: nodes by position, ``length`` in metres, ``name``."""
        import networkx as nx

        graph: nx.MultiGraph[int] = nx.MultiGraph(crs=self.crs.to_wkt())
        for number, (x, y) in enumerate(self.nodes.tolist()):
            graph.add_node(number, x=x, y=y, node_id=self.node_ids[number])
        for (a, b), length, name in zip(
            self.edges.tolist(), self.lengths.tolist(), self.names, strict=True
        ):
            graph.add_edge(a, b, length=length, name=name)
        return graph


@dataclass(frozen=True)
class DrawnEdges:
    """The arrays of a network before doubled edges are taken out; see `WalkingNetwork`."""

    nodes: Floats
    edges: Ints
    lengths: Floats
    lines: Geometries
    row: Ints


def build_walking_network(
    roads: gpd.GeoDataFrame,
    *,
    snap_m: float = SNAP_M,
    join_crossings: bool = False,
    excluded: tuple[str, ...] = EXCLUDED_CLASSES,
) -> WalkingNetwork:
    """Make the walking network of roads, paths and bridges.

    Roads meet at vertices that both carry. Lines that cross without a common vertex do not meet,
    because one is a bridge over the other; ``join_crossings`` says that they do.

    Parameters
    ----------
    roads
        Lines in a CRS in metres; columns ``name`` and ``class`` may be absent.
    snap_m
        A road that ends this near to another meets it, metres; the gap takes no time, and a
        stretch shorter than this may vanish at its end.
    join_crossings
        For roads drawn without regard to crossings.
    excluded
        Classes that nobody walks on, in any word that `gridmap.schemas` knows.

    Returns
    -------
    WalkingNetwork
        Without roads an empty one, with a finding.

    Raises
    ------
    InvalidOption
        The CRS is missing or not in metres, or ``snap_m`` is negative or no number.

    Notes
    -----
    Source: issue 4 point 6; defaults are gridmap's own.

    Examples
    --------
    >>> import geopandas as gpd
    >>> roads = gpd.GeoDataFrame(
    ...     {"name": ["建设路", "人民路"]},
    ...     geometry=gpd.GeoSeries.from_wkt(["LINESTRING (0 0, 9 0)", "LINESTRING (4 0, 4 5)"]),
    ...     crs=4547,
    ... )
    >>> network = build_walking_network(roads)
    >>> network.lengths.tolist(), network.names
    ([4.0, 5.0, 5.0], ('建设路', '建设路', '人民路'))
    """
    crs = check_metre_crs(getattr(roads, "crs", None), "roads")
    check_number("snap_m", snap_m, least=0.0)
    shapes = np.array(roads.geometry.to_numpy(), dtype=object)
    parts, row = shapely.get_parts(shapely.force_2d(shapes), return_index=True)
    fit = (shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING) & (
        shapely.length(parts) > 0
    )
    fit &= np.isfinite(shapely.bounds(parts)).all(axis=1)
    whole = np.setdiff1d(np.arange(len(shapes)), row[~fit])
    findings = say_rows(UNUSABLE, np.setdiff1d(np.arange(len(shapes)), np.intersect1d(whole, row)))
    parts, row = parts[fit], row[fit]
    barred = _barred(roads, excluded)
    if barred[row].any():
        findings += say_rows(
            EXCLUDED,
            np.flatnonzero(barred),
            classes=", ".join(excluded),
            classes_zh="、".join(_class_zh(name) for name in excluded),
        )
    parts, row = parts[~barred[row]], row[~barred[row]]
    noded = node_lines(parts, snap_m=snap_m, join_crossings=join_crossings)
    ids = tuple(str(number) for number in range(len(noded.nodes)))
    lengths = np.asarray(shapely.length(noded.lines), dtype=np.float64)
    drawn = DrawnEdges(noded.nodes, noded.edges, lengths, noded.lines, row[noded.row])
    return finish_network(drawn, names=_names(roads), node_ids=ids, crs=crs, findings=findings)


def finish_network(
    drawn: DrawnEdges,
    *,
    names: Texts,
    node_ids: tuple[str, ...],
    crs: CRS,
    findings: list[Finding],
    both_ways: bool = False,
) -> WalkingNetwork:
    """Take doubled edges and empty loops out, number the pieces, and say what was found.

    Parameters
    ----------
    drawn
        Edges with the position of their road.
    names
        Name of each road of the input.
    node_ids, crs, findings
        Carried over; more findings are added.
    both_ways
        Whether the input gives an edge once for each direction, so that doubles are no fault.

    Examples
    --------
    >>> from pyproj import CRS
    >>> line = shapely.LineString([(0, 0), (5, 0)])
    >>> twice = DrawnEdges(
    ...     np.array([[0.0, 0.0], [5.0, 0.0]]), np.array([[0, 1], [0, 1]]), np.array([5.0, 5.0]),
    ...     np.array([line, line.reverse()]), np.array([0, 1]),
    ... )
    >>> network = finish_network(
    ...     twice, names=np.array(["", ""], dtype=object), node_ids=("a", "b"), crs=CRS(4547),
    ...     findings=[],
    ... )
    >>> len(network.edges), network.findings[0].en
    (1, '1 stretches of road are drawn twice and were taken once: row 2.')
    """
    loop = drawn.edges[:, 0] == drawn.edges[:, 1]
    real = ~loop | ((drawn.lengths > 0) & (shapely.length(drawn.lines) > 0))
    facts = pd.DataFrame(np.sort(drawn.edges, axis=1), columns=["a", "b"])
    facts["mm"] = np.round(drawn.lengths * 1000)
    facts["line"] = shapely.to_wkb(shapely.normalize(drawn.lines)) if len(facts) else b""
    doubled = facts.duplicated().to_numpy(dtype=bool) & real
    kept = real & ~doubled
    said = [*findings]
    if not both_ways:
        said += say_rows(DOUBLED, np.unique(drawn.row[doubled]))
    edges, lengths, row = drawn.edges[kept], drawn.lengths[kept], drawn.row[kept]
    piece = _number_pieces(len(drawn.nodes), edges, lengths)
    said += _say_pieces(piece, edges, lengths, row)
    if not len(edges):
        said.append(NO_ROADS.found())
    arrays = (drawn.nodes, edges, lengths, drawn.lines[kept], row, piece)
    for array in arrays:
        array.flags.writeable = False
    return WalkingNetwork(
        nodes=drawn.nodes,
        edges=edges,
        lengths=lengths,
        lines=arrays[3],
        row=row,
        names=tuple(str(name) for name in names[row]),
        piece=piece,
        node_ids=node_ids,
        crs=crs,
        findings=tuple(said),
    )


def _number_pieces(size: int, edges: Ints, lengths: Floats) -> Ints:
    """Return the piece of each node, the one with most road first, else the one drawn first."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    if not size:
        return np.empty(0, dtype=np.int64)
    joined = coo_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(size, size))
    count, piece = connected_components(joined, directed=False)
    road = np.bincount(piece[edges[:, 0]], weights=lengths, minlength=count)
    rank = np.empty(count, dtype=np.int64)
    rank[np.argsort(-road, kind="stable")] = np.arange(count)
    return np.asarray(rank[piece], dtype=np.int64)


def _say_pieces(piece: Ints, edges: Ints, lengths: Floats, row: Ints) -> list[Finding]:
    own = piece[edges[:, 0]]
    if not len(own) or not own.max():
        return []
    numbers, first = np.unique(own, return_index=True)
    where = [f"row {row[first[k]] + 1}" for k in range(1, len(numbers))]
    return [PIECES.found(where, length_m=float(lengths[own > 0].sum()))]


def say_rows(kind: FindingKind, rows: Ints, **values: Any) -> list[Finding]:
    """Make the finding for these rows of the input, counted from 1, or none.

    Examples
    --------
    >>> say_rows(UNUSABLE, np.array([6]))[0].where
    ('row 7',)
    """
    return [kind.found([f"row {number + 1}" for number in rows], **values)] if len(rows) else []


def _names(roads: gpd.GeoDataFrame) -> Texts:
    if "name" not in roads.columns:
        return np.full(len(roads), "", dtype=object)
    names = roads["name"]
    return np.array(names.where(names.notna(), "").to_numpy(dtype=object), dtype=object)


def _class_zh(name: str) -> str:
    word = canonical_value("road_class", name)
    return value_label("road_class", word) if word else name


def _barred(roads: gpd.GeoDataFrame, excluded: tuple[str, ...]) -> Bools:
    """Return which roads are of an excluded class."""
    if "class" not in roads.columns or not excluded:
        return np.zeros(len(roads), dtype=bool)
    names = {word for name in excluded for word in (name, canonical_value("road_class", name))}
    names.discard("")
    own = [
        str(value) in names or canonical_value("road_class", value) in names
        for value in roads["class"]
    ]
    return np.array(own, dtype=bool)
