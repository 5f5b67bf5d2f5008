"""The walking network: where roads meet, and where they only cross."""

from __future__ import annotations

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely

from gridmap.boundaries.graph_network import network_from_graph
from gridmap.boundaries.walking_network import build_walking_network
from gridmap.errors import InvalidOption

CRS = 4547


def lines(*texts: str | None, **columns: list[object]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries.from_wkt(list(texts)), crs=CRS)


CROSS = ("LINESTRING (0 0, 100 0)", "LINESTRING (50 -50, 50 50)")


def test_lines_that_cross_without_a_common_vertex_do_not_meet() -> None:
    network = build_walking_network(lines(*CROSS))
    assert len(network.edges) == 2
    assert sorted(network.piece.tolist()) == [0, 0, 1, 1]
    assert network.piece[network.edges].tolist() == [[0, 0], [1, 1]]
    assert network.findings[0].code == "walk_network_pieces"
    assert network.findings[0].count == 1
    assert "100 m" in network.findings[0].en


def test_crossings_meet_when_they_are_said_to() -> None:
    network = build_walking_network(lines(*CROSS), join_crossings=True)
    assert network.lengths.tolist() == [50.0] * 4
    assert not network.findings


def test_lines_meet_at_a_vertex_that_both_carry() -> None:
    network = build_walking_network(
        lines("LINESTRING (0 0, 50 0, 100 0)", "LINESTRING (50 -50, 50 0, 50 50)")
    )
    assert network.lengths.tolist() == [50.0] * 4
    assert not network.piece.any()


@pytest.mark.parametrize(("gap", "pieces"), [(0.0, 1), (0.9, 1), (1.5, 2)])
def test_ends_that_almost_meet_are_joined(gap: float, pieces: int) -> None:
    side = build_walking_network(lines("LINESTRING (0 0, 100 0)", f"LINESTRING (50 {gap}, 50 50)"))
    ends = build_walking_network(
        lines("LINESTRING (0 0, 100 0)", f"LINESTRING ({100 + gap} 0, 200 9)")
    )
    assert len(set(side.piece.tolist())) == len(set(ends.piece.tolist())) == pieces


def test_no_snapping_joins_only_what_touches() -> None:
    network = build_walking_network(
        lines("LINESTRING (0 0, 100 0)", "LINESTRING (50 0, 50 50)", "LINESTRING (50 50.5, 50 90)"),
        snap_m=0,
    )
    assert len(set(network.piece.tolist())) == 2


def test_motorways_are_left_out_and_said() -> None:
    roads = lines(*CROSS, name=["北环大道", "新洲路"], **{"class": ["快速路", "local"]})
    network = build_walking_network(roads)
    assert network.names == ("新洲路",)
    assert [(f.code, f.where) for f in network.findings] == [("walk_class_excluded", ("row 1",))]
    assert len(build_walking_network(roads, excluded=()).edges) == 2


def test_roads_without_a_line_are_said_and_doubles_count_once() -> None:
    roads = lines(
        "LINESTRING (0 0, 100 0)", "LINESTRING (100 0, 0 0)", None, "POINT (3 3)",
        "LINESTRING (5 5, 5 5)", "LINESTRING EMPTY",
    )  # fmt: skip
    with np.errstate(invalid="ignore"):
        bad = shapely.LineString([(0, float("nan")), (9, 9)])
    network = build_walking_network(gpd.GeoDataFrame(geometry=[*roads.geometry, bad], crs=CRS))
    assert len(network.edges) == 1
    said = {finding.code: finding.where for finding in network.findings}
    assert said == {
        "walk_road_unusable": ("row 3", "row 4", "row 5", "row 6", "row 7"),
        "walk_road_doubled": ("row 2",),
    }


def test_rings_and_multilines_are_roads() -> None:
    network = build_walking_network(
        lines(
            "LINESTRING (0 0, 100 0, 100 100, 0 0)",
            "MULTILINESTRING ((100 0, 200 0), (200 0, 300 0))",
        )
    )
    assert not network.piece.any()
    assert network.lengths.sum() == pytest.approx(400 + 100 * np.sqrt(2))


@pytest.mark.parametrize("crs", [None, 4490, 2229])
def test_a_crs_that_is_not_in_metres_is_refused(crs: int | None) -> None:
    roads = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (1, 1)])], crs=crs)
    with pytest.raises(InvalidOption, match="must be in metres") as caught:
        build_walking_network(roads)
    assert caught.value.zh


def test_snapping_is_a_number_from_zero() -> None:
    for value in (-1, float("nan"), float("inf"), "1"):
        with pytest.raises(InvalidOption, match="snap_m"):
            build_walking_network(lines(*CROSS), snap_m=value)


def graph_of(*edges: tuple[str, str, object]) -> nx.MultiDiGraph:
    graph = nx.MultiDiGraph(crs="epsg:4326")
    for number, name in enumerate("abcd"):
        graph.add_node(name, x=114 + number * 1e-3, y="22.5")
    for a, b, length in edges:
        graph.add_edge(a, b, length=length)
    return graph


def test_a_graph_keeps_lengths_parallels_and_zero() -> None:
    graph = graph_of(
        ("a", "b", "100"), ("a", "b", 130.0), ("b", "a", 100), ("b", "c", 0), ("c", "c", 0)
    )
    network = network_from_graph(graph, CRS)
    assert sorted(network.lengths.tolist()) == [0.0, 100.0, 130.0]
    assert network.node_ids == ("a", "b", "c", "d")
    ours = network.to_networkx()
    assert nx.shortest_path_length(ours, 0, 2, weight="length") == 100


@pytest.mark.parametrize("length", [None, "long", float("nan"), -3])
def test_a_length_that_is_none_is_measured_and_said(length: object) -> None:
    network = network_from_graph(graph_of(("a", "b", length)), CRS)
    assert network.lengths[0] == pytest.approx(102.9, abs=0.3)
    assert network.findings[0].code == "walk_length_measured"


def test_a_graph_of_one_node_or_none_has_no_roads() -> None:
    one = nx.Graph()
    one.add_node(1, x=114, y=22.5)
    for graph in (one, nx.Graph(), nx.DiGraph()):
        assert [f.code for f in network_from_graph(graph, CRS).findings] == ["walk_no_roads"]


def test_a_node_without_a_place_is_refused() -> None:
    graph = graph_of(("a", "z", 5))
    with pytest.raises(InvalidOption, match="1 nodes of the graph have no usable x and y: z"):
        network_from_graph(graph, CRS)
