"""Reach: land and households within a walk, against networkx and against arithmetic."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.boundaries.graph_network import network_from_graph
from gridmap.boundaries.network_walks import (
    RoadPlaces,
    join_places,
    walk_to_nodes,
    walk_to_places,
)
from gridmap.boundaries.reach import measure_reach
from gridmap.boundaries.reached_land import find_reached_stretches
from gridmap.boundaries.stations import place_nodes
from gridmap.boundaries.walking_network import WalkingNetwork, build_walking_network
from gridmap.errors import InvalidOption

CRS = 4547


def lines(*texts: str, **columns: list[object]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries.from_wkt(list(texts)), crs=CRS)


def spots(*places: tuple[float, float], **columns: list[object]) -> gpd.GeoDataFrame:
    xs, ys = zip(*places, strict=True) if places else ((), ())
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(xs, ys), crs=CRS)


def station(*places: tuple[float, float]) -> gpd.GeoDataFrame:
    return spots(*places, station_id=[f"S{number}" for number in range(len(places))])


@pytest.fixture(scope="module")
def futian_graph(shared_data: Path) -> nx.MultiDiGraph:
    path = shared_data / "futian_roads.graphml"
    if not path.exists():
        pytest.skip("futian_roads.graphml is absent: set GRIDMAP_SHARED_DATA to its folder")
    return nx.read_graphml(path)


@pytest.fixture(scope="module")
def futian(futian_graph: nx.MultiDiGraph) -> WalkingNetwork:
    return network_from_graph(futian_graph, CRS)


def test_futian_is_as_networkx_has_it(
    futian: WalkingNetwork, futian_graph: nx.MultiDiGraph
) -> None:
    assert (len(futian_graph), futian_graph.number_of_edges()) == (1751, 4009)
    assert len(futian.nodes) == 1751
    assert not futian.findings
    assert "景田路" in futian.names
    walked = nx.MultiGraph()  # nx.MultiGraph(futian_graph) would lose one of two directions
    for a, b, data in futian_graph.edges(data=True):
        walked.add_edge(a, b, metres=float(data["length"]))
    chosen = np.random.default_rng(7).choice(1751, 60, replace=False)
    ours = walk_to_nodes(futian, place_nodes(futian, chosen))
    position = {node: number for number, node in enumerate(futian.node_ids)}
    for row, start in enumerate(chosen.tolist()):
        theirs = nx.single_source_dijkstra_path_length(
            walked, futian.node_ids[start], weight="metres"
        )
        expected = np.full(1751, np.inf)
        for node, metres in theirs.items():
            expected[position[node]] = metres
        np.testing.assert_allclose(ours[row], expected, rtol=0, atol=1e-6)


def test_a_hundred_stations_take_less_than_ten_seconds(futian: WalkingNetwork) -> None:
    random = np.random.default_rng(7)
    places = futian.nodes[random.choice(1751, 100)] + random.normal(0, 20, (100, 2))
    begun = time.process_time()
    reach = measure_reach(futian, station(*map(tuple, places.tolist())), minutes=(15,))
    assert time.process_time() - begun < 10
    assert len(reach.areas) == 100
    assert (reach.areas["area_m2"] > 0).all()
    assert reach.areas.geometry.is_valid.all()


@st.composite
def networks(draw: st.DrawFn) -> tuple[WalkingNetwork, list[tuple[float, float]]]:
    """Draw streets between the crossings of a small lattice, some doubled, and some places."""
    size = draw(st.integers(2, 4))
    node = st.tuples(st.integers(0, size), st.integers(0, size))
    pairs = draw(st.lists(st.tuples(node, node), min_size=1, max_size=14))
    roads = [
        shapely.LineString([(100.0 * x, 90.0 * y) for x, y in pair])
        for pair in pairs
        if pair[0] != pair[1]
    ]
    roads = roads or [shapely.LineString([(0, 0), (100, 0)])]
    place = st.tuples(st.floats(-20, 420), st.floats(-20, 380))
    places = draw(st.lists(place, min_size=1, max_size=6))
    frame = gpd.GeoDataFrame(geometry=roads, crs=CRS)
    return build_walking_network(frame, join_crossings=draw(st.booleans())), places


def cut_graph(network: WalkingNetwork, places: RoadPlaces) -> nx.Graph:
    """Return the network with every place put in as a node, cut by networkx's means."""
    graph = nx.Graph()

    def join(a: object, b: object, metres: float) -> None:
        if not graph.has_edge(a, b) or graph[a][b]["w"] > metres:
            graph.add_edge(a, b, w=metres)

    for edge, (a, b) in enumerate(network.edges.tolist()):
        on = sorted(
            (float(places.along_m[k]), k) for k in np.flatnonzero(places.edge == edge).tolist()
        )
        stops: list[tuple[float, object]] = [(0.0, a), *((at, f"p{k}") for at, k in on)]
        stops.append((float(network.lengths[edge]), b))
        for (low, first), (high, second) in itertools.pairwise(stops):
            join(first, second, high - low)
    return graph


@settings(max_examples=60, deadline=None)
@given(networks())
def test_walks_are_those_of_networkx(
    drawn: tuple[WalkingNetwork, list[tuple[float, float]]],
) -> None:
    network, places = drawn
    doors = join_places(network, shapely.points(places), access_m=1000)
    assert doors.joined.all()
    ours = walk_to_places(network, doors, walk_to_nodes(network, doors), doors)
    graph = cut_graph(network, doors)
    for a in range(len(places)):
        theirs = nx.single_source_dijkstra_path_length(graph, f"p{a}", weight="w")
        for b in range(len(places)):
            expected = theirs.get(f"p{b}", np.inf) + doors.off_road_m[a] + doors.off_road_m[b]
            assert ours[a, b] == pytest.approx(expected, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(networks(), st.floats(1, 400))
def test_stretches_are_what_is_within_the_limit(
    drawn: tuple[WalkingNetwork, list[tuple[float, float]]], limit: float
) -> None:
    network, places = drawn
    start = join_places(network, shapely.points(places[:1]), access_m=1000)
    row = walk_to_nodes(network, start)
    edge, metres = find_reached_stretches(network, start, row[0], 0, limit_m=limit)
    share = np.linspace(0.01, 0.99, 25)
    every = np.repeat(np.arange(len(network.edges)), len(share))
    along = network.lengths[every] * np.tile(share, len(network.edges))
    asked = RoadPlaces(every, along, np.zeros(len(every)))
    walk = walk_to_places(network, start, row, asked)[0]
    inside = np.zeros(len(every), dtype=bool)
    for number, (low, high) in zip(edge, metres, strict=True):
        inside |= (every == number) & (along >= low) & (along <= high)
    clear = np.abs(walk - limit) > 1e-6
    assert (inside == (walk <= limit))[clear].all()


@settings(max_examples=25, deadline=None)
@given(networks(), st.floats(1, 400), st.integers(0, 99))
def test_no_point_of_the_land_is_farther_than_the_limit_and_the_width_beside_roads(
    drawn: tuple[WalkingNetwork, list[tuple[float, float]]], limit: float, seed: int
) -> None:
    """A walk leaves the road anywhere; the places on the road are 1 m apart, so 1 m is granted."""
    network, places = drawn
    start = join_places(network, shapely.points(places[:1]), access_m=1000)
    frame = station(places[0])
    reach = measure_reach(
        network, frame, minutes=limit / 60, speed_m_s=1.0, access_m=1000, beside_m=30
    )
    land = reach.areas.geometry.iloc[0]
    if land.is_empty:
        return
    steps = [np.arange(0.0, length, 1.0) for length in network.lengths]
    every = np.repeat(np.arange(len(network.edges)), [len(step) for step in steps])
    along = np.concatenate(steps)
    asked = RoadPlaces(every, along, np.zeros(len(every)))
    walk = walk_to_places(network, start, walk_to_nodes(network, start), asked)[0]
    on_road = shapely.get_coordinates(shapely.line_interpolate_point(network.lines[every], along))
    west, south, east, north = land.bounds
    random = np.random.default_rng(seed)
    tried = random.uniform((west, south), (east, north), (200, 2))
    inside = tried[shapely.contains_xy(land, *tried.T)]
    corners = shapely.get_coordinates(land)[:200]
    points = np.vstack([inside, corners])
    apart = np.hypot(*(points[:, None, :] - on_road[None, :, :]).transpose(2, 0, 1))
    assert ((walk[None, :] + apart).min(axis=1) <= limit + 30 + 1.0 + 1e-6).all()


@settings(max_examples=40, deadline=None)
@given(st.floats(0, 900), st.floats(-80, 80), st.floats(5, 1200), st.floats(100, 900))
def test_along_a_road_the_land_ends_where_the_walk_does(
    at: float, beside: float, limit: float, bend: float
) -> None:
    """Every road within the land is reached, to the metre; rounded ends would pass it by 50."""
    network = build_walking_network(
        lines(f"LINESTRING (0 0, {bend} 0, 2000 0)", "LINESTRING (2000 0, 4000 0)")
    )
    reach = measure_reach(network, station((at, beside)), minutes=limit / 60, speed_m_s=1.0)
    land, left = reach.areas.geometry.iloc[0], limit - abs(beside)
    roads = shapely.intersection(shapely.LineString([(-500, 0), (4500, 0)]), land)
    if left <= 0:
        assert land.is_empty
        return
    reached = shapely.LineString([(max(0.0, at - left), 0), (at + left, 0)])
    # beyond the dead end at 0 a walk goes on across the land, as far as it may and is wide
    beyond = min(50.0, max(0.0, left - at))
    low, _, high, _ = roads.bounds
    assert high == pytest.approx(reached.bounds[2], abs=1e-6)
    assert low == pytest.approx(reached.bounds[0] - beyond, abs=1e-6)


def test_a_bend_and_a_crossing_leave_no_wedge_open() -> None:
    network = build_walking_network(lines("LINESTRING (0 0, 300 0)", "LINESTRING (300 0, 300 900)"))
    land = measure_reach(network, station((0, 0)), minutes=400 / 60, speed_m_s=1).areas.geometry[0]
    assert shapely.contains_xy(land, 330, -30), "outside the bend, 42 m from it"
    assert not shapely.contains_xy(land, 300, 101), "the walk ends at 100 m beyond the bend"
    assert shapely.contains_xy(land, 340, 99)
    near = measure_reach(network, station((0, 0)), minutes=310 / 60, speed_m_s=1).areas.geometry[0]
    assert not shapely.contains_xy(near, 320, -20), "only 10 m are left at the bend"


def test_a_home_on_the_station_s_own_road_is_reached_along_it() -> None:
    network = build_walking_network(lines("LINESTRING (0 0, 1000 0)"))
    homes = spots((400, 30), (600, 0), households=[5, 7])
    reach = measure_reach(network, station((500, 0)), homes=homes, minutes=(1.5, 2), speed_m_s=1.0)
    assert reach.areas["households"].tolist() == [0, 7]
    assert reach.homes["walk_m"].tolist() == [130.0, 100.0]
    assert reach.areas["road_m"].tolist() == [180.0, 240.0]


def test_the_share_of_a_division_counts_households_and_land() -> None:
    network = build_walking_network(lines("LINESTRING (0 0, 4000 0)"))
    homes = spots((100, 0), (3000, 0), (3100, 0), households=[30, 20, 10])
    divisions = gpd.GeoDataFrame(
        {"division_id": ["C1", "C2", "C3"]},
        geometry=[shapely.box(-100, -100, 1e3, 100), shapely.box(1e3, -100, 5e3, 100), None],
        crs=CRS,
    )
    reach = measure_reach(
        network, station((0, 0)), homes=homes, divisions=divisions, minutes=(5, 60)
    )
    rows = reach.divisions.set_index(["minutes", "division_id"])
    assert rows["household_share"].tolist() == [1.0, 0.0, 1.0, 1.0, 1.0, 1.0]
    assert rows.loc[(5, "C1"), "area_share"] == pytest.approx(
        (360 * 100 + 0.974 * np.pi * 50**2 / 2) / 220_000, abs=1e-4
    )
    assert [finding.code for finding in reach.findings] == ["walk_division_repaired"]


def test_homes_without_a_way_are_listed_with_the_reason() -> None:
    network = build_walking_network(lines("LINESTRING (0 0, 900 0)", "LINESTRING (0 900, 500 900)"))
    homes = spots((100, 9), (100, 890), (100, 450), (0, 0), households=[1, 2, 3, None])
    homes.index = ["a", "b", "c", "d"]
    homes.loc["d", "geometry"] = None
    reach = measure_reach(network, station((0, 0)), homes=homes)
    assert reach.homes["state"].tolist() == ["reached", "other_piece", "far_from_road", "no_place"]
    assert reach.unreachable.index.tolist() == ["b", "c", "d"]
    said = {finding.code: (finding.count, finding.where) for finding in reach.findings}
    assert said == {
        "walk_households_unusable": (1, ("d",)),
        "walk_home_far": (3, ("c",)),
        "walk_home_apart": (2, ("b",)),
        "walk_home_nowhere": (0, ("d",)),
    }


def test_a_station_far_from_roads_reaches_nothing_and_is_said() -> None:
    network = build_walking_network(lines("LINESTRING (0 0, 900 0)", "LINESTRING (0 900, 500 900)"))
    reach = measure_reach(network, station((0, 5000), (0, 900)), homes=spots((0, 0)))
    assert reach.areas["area_m2"].tolist()[:3] == [0, 0, 0]
    codes = [finding.code for finding in reach.findings]
    assert codes == ["walk_station_far", "walk_station_apart", "walk_home_apart"]


@pytest.mark.parametrize(
    "roads", [[], ["LINESTRING EMPTY"], ["LINESTRING (3 3, 3 3)"], ["POINT (0 0)"]]
)
@pytest.mark.parametrize("places", [[], [(0.0, 0.0)], [(float("nan"), 0.0)]])
def test_nothing_to_walk_on_is_an_answer(
    roads: list[str], places: list[tuple[float, float]]
) -> None:
    network = build_walking_network(lines(*roads))
    assert "walk_no_roads" in {finding.code for finding in network.findings}
    divisions = gpd.GeoDataFrame(
        {"division_id": ["C"]}, geometry=[shapely.box(0, 0, 9, 9)], crs=CRS
    )
    reach = measure_reach(network, station(*places), homes=spots((0, 0)), divisions=divisions)
    assert len(reach.areas) == 3 * len(places)
    assert reach.divisions["area_share"].tolist() == [0, 0, 0]
    assert reach.homes["state"].tolist() == ["far_from_road"]


def test_no_stations_and_no_homes_are_answers() -> None:
    network = build_walking_network(lines("LINESTRING (0 0, 900 0)"))
    reach = measure_reach(network, station())
    assert len(reach.areas) == len(reach.homes) == len(reach.divisions) == 0
    assert reach.areas.crs == network.crs
    assert [finding.code for finding in reach.findings] == ["walk_no_station"]


@pytest.mark.parametrize(
    "options",
    [
        {"speed_m_s": 0},
        {"speed_m_s": float("nan")},
        {"minutes": ()},
        {"minutes": (-1,)},
        {"minutes": "five"},
        {"access_m": -1},
        {"beside_m": 0},
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, object]) -> None:
    network = build_walking_network(lines("LINESTRING (0 0, 900 0)"))
    with pytest.raises(InvalidOption) as caught:
        measure_reach(network, station((0, 0)), **options)
    assert caught.value.zh
    assert caught.value.cure_zh


def test_layers_that_do_not_fit_are_refused() -> None:
    network = build_walking_network(lines("LINESTRING (0 0, 900 0)"))
    with pytest.raises(InvalidOption, match="CRS of the network"):
        measure_reach(network, station((0, 0)).set_crs(4526, allow_override=True))
    with pytest.raises(InvalidOption, match="no column station_id"):
        measure_reach(network, spots((0, 0)))
    with pytest.raises(InvalidOption, match="given twice"):
        measure_reach(network, spots((0, 0), (1, 1), station_id=["S", "S"]))


def test_an_unusual_speed_is_taken_and_said() -> None:
    network = build_walking_network(lines("LINESTRING (0 0, 900 0)"))
    reach = measure_reach(network, station((0, 0)), speed_m_s=2.0, minutes=(5,))
    assert reach.areas["limit_m"].tolist() == [600.0]
    assert reach.findings[0].code == "walk_speed_unusual"


def test_the_same_input_gives_the_same_bytes(futian: WalkingNetwork) -> None:
    places = station(*map(tuple, futian.nodes[:70:10].tolist()))
    first, second = (measure_reach(futian, places) for _ in range(2))
    assert first.areas.to_wkb().equals(second.areas.to_wkb())


def test_frames_without_geometry_are_refused() -> None:
    network = build_walking_network(lines("LINESTRING (0 0, 900 0)"))
    for layer in (
        gpd.GeoDataFrame({"station_id": ["S"]}),
        station((0, 0)).drop(columns="geometry"),
    ):
        with pytest.raises(InvalidOption, match="CRS is missing"):
            measure_reach(network, layer)
        with pytest.raises(InvalidOption, match="CRS is missing"):
            build_walking_network(layer)


def test_one_limit_is_a_list_of_one() -> None:
    network = build_walking_network(lines("LINESTRING (0 0, 900 0)"))
    assert measure_reach(network, station((0, 0)), minutes=5).areas["minutes"].tolist() == [5.0]
