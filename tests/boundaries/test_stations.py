"""Stations: a k-median on the network, against every choice there is."""

from __future__ import annotations

import itertools

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely

from gridmap.boundaries.stations import place_stations
from gridmap.boundaries.walking_network import WalkingNetwork, build_walking_network
from gridmap.errors import InvalidOption

CRS = 4547


def draw_town(seed: int) -> tuple[WalkingNetwork, gpd.GeoDataFrame]:
    """Return a lattice of uneven blocks with some streets missing, and homes at its crossings."""
    random = np.random.default_rng(seed)
    xs, ys = (np.cumsum(random.integers(60, 240, 4)).astype(float) for _ in range(2))
    lattice = nx.grid_2d_graph(4, 4)
    kept = nx.minimum_spanning_tree(lattice)
    kept.add_edges_from(e for e in lattice.edges if random.random() < 0.4)
    roads = [shapely.LineString([(xs[i], ys[j]), (xs[k], ys[m])]) for (i, j), (k, m) in kept.edges]
    network = build_walking_network(gpd.GeoDataFrame(geometry=roads, crs=CRS))
    at = random.choice(len(network.nodes), 12)
    homes = gpd.GeoDataFrame(
        {"households": random.integers(1, 60, 12)},
        geometry=gpd.points_from_xy(*network.nodes[at].T),
        crs=CRS,
    )
    homes["node"] = at
    return network, homes


def best_total(network: WalkingNetwork, homes: gpd.GeoDataFrame, number: int) -> float:
    walks = dict(nx.all_pairs_dijkstra_path_length(network.to_networkx(), weight="length"))
    table = np.array([[walks[c][n] for n in homes["node"]] for c in range(len(network.nodes))])
    weight = homes["households"].to_numpy()
    return min(
        float(table[list(chosen)].min(axis=0) @ weight)
        for chosen in itertools.combinations(range(len(table)), number)
    )


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_no_other_places_are_better(seed: int, number: int) -> None:
    network, homes = draw_town(seed)
    plan = place_stations(network, homes, number, seed=7)
    assert plan.total_m == pytest.approx(best_total(network, homes, number))
    assert plan.method == ("exact" if number == 1 else "swap")
    assert plan.stations["households"].sum() == homes["households"].sum()
    assert plan.mean_m == pytest.approx(plan.total_m / homes["households"].sum())


def test_old_stations_keep_their_homes() -> None:
    network = build_walking_network(
        gpd.GeoDataFrame(
            geometry=gpd.GeoSeries.from_wkt(
                ["LINESTRING (0 0, 500 0)", "LINESTRING (500 0, 1000 0)"]
            ),
            crs=CRS,
        )
    )
    homes = gpd.GeoDataFrame(
        {"households": [50, 20]}, geometry=gpd.points_from_xy([0, 1000], [0, 0]), crs=CRS
    )
    plan = place_stations(network, homes, 1, seed=7, existing=homes.iloc[:1])
    assert plan.stations.geometry.x.tolist() == [1000.0]
    assert plan.stations["households"].tolist() == [20]
    assert plan.total_m == 0


def test_homes_without_a_way_are_said() -> None:
    network = build_walking_network(
        gpd.GeoDataFrame(
            geometry=gpd.GeoSeries.from_wkt(
                ["LINESTRING (0 0, 500 0)", "LINESTRING (0 900, 90 900)"]
            ),
            crs=CRS,
        )
    )
    homes = gpd.GeoDataFrame(
        {"households": [50, 2, 3]}, geometry=gpd.points_from_xy([0, 0, 9000], [0, 900, 0]), crs=CRS
    )
    plan = place_stations(network, homes, 1, seed=7)
    assert plan.total_m == 0
    assert [(f.code, f.count, f.where) for f in plan.findings] == [
        ("walk_homes_unserved", 5, ("1", "2"))
    ]


@pytest.mark.parametrize("number", [0, -1, 17, 1.5, True])
def test_a_number_that_cannot_be_placed_is_refused(number: int) -> None:
    network, homes = draw_town(1)
    with pytest.raises(InvalidOption) as caught:
        place_stations(network, homes, number, seed=7)
    assert caught.value.zh


def test_no_roads_are_refused_and_no_homes_are_an_answer() -> None:
    network, homes = draw_town(1)
    none = build_walking_network(gpd.GeoDataFrame(geometry=[], crs=CRS))
    with pytest.raises(InvalidOption, match="0 places"):
        place_stations(none, homes, 1, seed=7)
    plan = place_stations(network, homes.iloc[:0], 2, seed=7)
    assert len(plan.stations) == 2
    assert (plan.total_m, plan.mean_m) == (0, 0)


def test_a_large_network_is_sampled_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gridmap.boundaries.stations.MOST_CELLS", 12 * 9)
    network, homes = draw_town(3)
    plans = [place_stations(network, homes, 2, seed=7) for _ in range(2)]
    assert plans[0].findings[0].code == "walk_places_sampled"
    assert plans[0].stations.equals(plans[1].stations)
