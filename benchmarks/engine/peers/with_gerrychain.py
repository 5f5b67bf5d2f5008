"""GerryChain: recom with region surcharges, improved by short bursts until the time is up."""

from __future__ import annotations

import random
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import pymetis
from gerrychain import Graph, Partition
from gerrychain.constraints import within_percent_of_ideal_population
from gerrychain.optimization import SingleMetricOptimizer
from gerrychain.partition import recursive_seed_part, recursive_tree_part
from gerrychain.proposals import recom
from gerrychain.tree import bipartition_tree
from gerrychain.updaters import Tally
from running import Piece, run

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST_PLANS = {"tree": recursive_tree_part, "seed": recursive_seed_part}


def solve(piece: Piece, settings: dict[str, Any]) -> Any:
    started = time.perf_counter()
    graph = Graph.from_networkx(state_graph(piece))
    rng = random.Random(settings["seed"])
    updaters = {"population": Tally("households", alias="population"), "cost": cost_counter(piece)}
    ideal, tolerance = allow(piece, settings["imbalance"], piece.zones)
    if settings["first"] == "metis":
        zones = ask_metis(piece)
        ideal, tolerance = allow(piece, settings["imbalance"], max(zones) + 1)
        first = Partition(graph, dict(enumerate(zones)), updaters)
    else:
        first = Partition.from_random_assignment(
            graph,
            piece.zones,
            tolerance,
            "households",
            updaters=updaters,
            partition_fn=FIRST_PLANS[settings["first"]],
            rng=rng,
        )
    fits = within_percent_of_ideal_population(first, tolerance)
    proposal = partial(
        recom,
        pop_col="households",
        pop_target=ideal,
        epsilon=tolerance,
        region_surcharge=settings["surcharge"] or None,
        bipartition_tree_fn=partial(
            bipartition_tree, max_attempts=100, allow_pair_reselection=True
        ),
    )
    search = SingleMetricOptimizer(
        proposal,
        [fits] if fits(first) else [],
        first,
        lambda plan: plan["cost"],
        maximize=False,
        rng=rng,
    )
    share = len(piece.weights) / settings["nodes"]
    for _ in search.short_bursts(settings["burst"], 10**9):
        if time.perf_counter() - started > settings["seconds"] * share:
            break
    best = search.best_part
    return [best.assignment[node] for node in range(len(piece.weights))]


def allow(piece: Piece, most: float, zones: int) -> tuple[float, float]:
    """Return the mean of so many zones, and how far from it the band reaches on both sides."""
    ideal = float(piece.weights.sum()) / zones
    return ideal, max(0.0, min(most, piece.upper / ideal - 1, 1 - piece.lower / ideal))


def ask_metis(piece: Piece) -> list[int]:
    """Return METIS's zones, numbered without gaps: where it is hard to find a first plan."""
    starts, others, worths = piece.rows()
    _, labels = pymetis.part_graph(
        piece.zones,
        adjacency=pymetis.CSRAdjacency(starts, others),
        vweights=piece.weights,
        eweights=worths,
        options=pymetis.Options(contig=1, ufactor=max(1, round(1000 * piece.imbalance)), seed=1),
        recursive=False,
        warn_on_copies=False,
    )
    return [int(zone) for zone in np.unique(labels, return_inverse=True)[1]]


def state_graph(piece: Piece) -> nx.Graph:
    graph = nx.Graph()
    for node, weight in enumerate(piece.weights.tolist()):
        kept = {"households": weight, "region": 0, "group": f"node {node}"}
        if piece.regions is not None:
            kept["region"] = int(piece.regions[node])
        if piece.groups is not None and piece.groups[node] >= 0:
            kept["group"] = str(int(piece.groups[node]))
        graph.add_node(node, **kept)
    for (one, two), worth in zip(piece.edges.tolist(), piece.worths.tolist(), strict=True):
        graph.add_edge(one, two, worth=worth)
    return graph


def cost_counter(piece: Piece) -> Callable[[Partition], int]:
    """Return what sums up the worth of the edges between zones."""
    ends = np.sort(piece.edges, axis=1).tolist()
    worth = {(a, b): w for (a, b), w in zip(ends, piece.worths.tolist(), strict=True)}
    return lambda plan: sum(worth[(min(edge), max(edge))] for edge in plan["cut_edges"])


run(solve, "gerrychain")
