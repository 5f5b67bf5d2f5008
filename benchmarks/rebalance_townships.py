"""Beijing's townships as graphs to be divided: what every solver of ``rebalance.py`` is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

import gridmap
from gridmap.planning.areas import PART, make_area_territory

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Graph = dict[str, NDArray]

METRES = CRS(4548)


@dataclass(frozen=True)
class Task:
    """One division that is asked for.

    Attributes
    ----------
    name
        Short, also the file's.
    lower, upper, target
        Residents of a zone.
    within
        What no zone leaves: ``district``, or ``city`` (all 331 townships are one piece).
    """

    name: str
    lower: int
    upper: int
    target: int
    within: str = "district"


TASKS = (
    Task("30-150", 30_000, 150_000, 90_000),
    Task("50-150", 50_000, 150_000, 90_000),
    Task("30-150-city", 30_000, 150_000, 90_000, "city"),
)


def read_townships(folder: Path, within: str) -> gpd.GeoDataFrame:
    """Return the townships as `gridmap.planning.rebalance_areas` takes them.

    ``community_id`` is what no zone leaves; ``district`` is kept for the judge.
    """
    read = gpd.read_file(folder / "beijing_townships.shp").to_crs(4490)
    residents = np.load(folder / "beijing_population.npy")[:, 0].round().astype(np.int64)
    areas = read[["geometry"]].assign(
        community_id=read["县"] if within == "district" else "city",
        district=read["县"],
        name=read["乡"],
        residents=residents,
    )
    areas.index = [f"T{number:03d}" for number in range(len(areas))]
    return areas


def draw_parts(areas: gpd.GeoDataFrame, task: Task) -> Graph:
    """Return the graph of all parts of townships: residents on the largest part of each.

    ``edges`` are borders that a zone may lie across; ``all_edges`` with ``all_lengths`` (m) all
    borders, for the judge; ``today`` the township and ``district`` the district of each node.
    """
    territory = make_area_territory(areas, metric_crs=METRES)
    frame, borders = territory.units.frame, territory.borders
    owner = frame.index.str.split(PART).str[0]
    today = areas.index.get_indexer(owner)
    ends = np.stack([frame.index.get_indexer(borders[side]) for side in ("unit_a", "unit_b")], 1)
    lengths = borders["length_m"].to_numpy(np.float64)
    usable = borders["passable"].to_numpy(bool) & (lengths > 0)
    places = frame.geometry.to_crs(METRES).representative_point()
    return {
        "weights": frame["residents"].to_numpy(np.int64),
        "edges": ends[usable],
        "costs": np.ones(int(usable.sum())),
        "lengths": lengths[usable],
        "all_edges": ends,
        "all_lengths": lengths,
        "areas": frame["area_m2"].to_numpy(np.float64),
        "perimeters": frame["perimeter_m"].to_numpy(np.float64),
        "points": shapely.get_coordinates(places.to_numpy()),
        "today": today.astype(np.int64),
        "district": np.unique(areas["district"].to_numpy(str)[today], return_inverse=True)[1],
        "lower": np.int64(task.lower),
        "upper": np.int64(task.upper),
        "zones": np.int64(0),
    }


def prove_bounds(graph: Graph) -> Graph:
    """Return the graph with what no division can bring inside the band, by the certificate.

    ``unfit`` marks nodes that no zone inside the band can hold; ``hopeless`` the nodes of pieces
    of land without such a node that can't be divided inside the band.
    """
    done = gridmap.partition(
        graph["weights"], graph["edges"], graph["costs"],
        lower=int(graph["lower"]), upper=int(graph["upper"]), current=graph["today"], seed=7,
    )  # fmt: skip
    piece = find_pieces(graph["edges"], len(graph["weights"]))
    order = np.unique(piece, return_index=True)[1].argsort().argsort()[piece]
    unfit, hopeless = np.zeros((2, len(piece)), bool)
    for bound in done.certificate.pieces:
        unfit[list(bound.unfit)] = True
        unfit |= (order == bound.piece) & (graph["weights"] > graph["upper"])
        if bound.unavoidable and not unfit[order == bound.piece].any():
            hopeless |= order == bound.piece
    return graph | {"unfit": unfit, "hopeless": hopeless, "piece": order}


def join_parts(graph: Graph) -> Graph:
    """Return the graph of townships: detached parts go with their township, borders are added up.

    ``rows`` is the node of each part, so that a division of it can be told of the parts.
    """
    town = graph["today"]
    many = int(town.max()) + 1
    largest = np.flatnonzero(graph["weights"] > 0)
    pairs = np.sort(town[graph["edges"]], axis=1)
    apart = pairs[:, 0] != pairs[:, 1]
    edges, number = np.unique(pairs[apart], axis=0, return_inverse=True)
    points = np.empty((many, 2))
    points[town[largest]] = graph["points"][largest]
    return {
        "weights": np.bincount(town, graph["weights"], many).astype(np.int64),
        "edges": edges,
        "costs": np.ones(len(edges)),
        "lengths": np.bincount(number.ravel(), graph["lengths"][apart], len(edges)),
        "points": points,
        "today": np.arange(many),
        "rows": town,
    } | {name: graph[name] for name in ("lower", "upper", "zones")}


def find_pieces(edges: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Return the connected piece of each node."""
    ones = np.ones(len(edges), np.int8)
    matrix = coo_array((ones, (edges[:, 0], edges[:, 1])), shape=(size, size))
    return connected_components(matrix, directed=False)[1].astype(np.int64)


def count_by_piece(graph: Graph, zone: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return of each node how many of the zones lie in its piece: a number to ask a peer for."""
    piece = find_pieces(graph["edges"], len(graph["weights"]))
    held = graph["weights"] > 0
    pairs = np.unique(np.stack([piece[held], zone[held]], axis=1), axis=0)
    return np.maximum(1, np.bincount(pairs[:, 0], minlength=int(piece.max()) + 1))[piece]


def number_by_target(graph: Graph, target: int) -> NDArray[np.int64]:
    """Return of each node the number of zones of its piece by arithmetic: residents / target."""
    piece = find_pieces(graph["edges"], len(graph["weights"]))
    total = np.bincount(piece, graph["weights"])
    nodes = np.bincount(piece)
    return np.clip(np.rint(total / target), 1, nodes).astype(np.int64)[piece]
