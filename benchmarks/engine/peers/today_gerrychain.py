"""GerryChain asked for the least change: from today's areas, joined, improved until time is up.

A chain has a fixed number of zones, so it can't start from today's areas themselves: the smallest
zone is joined to its lightest neighbour until the number is reached (``first: today``), or the plan
is a random one (``first: tree``). What is made small is first the number of zones outside the band,
then the residents who get another zone: all but those of the heaviest area of each zone.
"""

from __future__ import annotations

import random
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import networkx as nx
from gerrychain import Graph, Partition
from gerrychain.constraints import contiguous
from gerrychain.optimization import SingleMetricOptimizer
from gerrychain.partition import recursive_tree_part
from gerrychain.proposals import propose_chunk_flip, propose_random_flip, recom
from gerrychain.tree import bipartition_tree
from gerrychain.updaters import Tally
from running import Piece, run

if TYPE_CHECKING:
    from collections.abc import Callable

FLIPS = {"flip": propose_random_flip, "chunk": propose_chunk_flip}


def solve(piece: Piece, settings: dict[str, Any]) -> Any:
    """Return the best zones seen; a piece of so many nodes has its share of the seconds."""
    started = time.perf_counter()
    if piece.zones >= len(piece.weights):
        return list(range(len(piece.weights)))
    net = state_graph(piece)
    rng = random.Random(settings["seed"])
    ideal = float(piece.weights.sum()) / piece.zones
    # the true deviation: how far the band reaches from the mean of so many zones
    deviation = max(piece.upper / ideal - 1, 1 - piece.lower / ideal)
    first = start(piece, net, settings, rng, deviation)
    search = SingleMetricOptimizer(
        choose(settings["proposal"], ideal, deviation, rng),
        [contiguous],
        first,
        lambda plan: plan["aim"],
        maximize=False,
        rng=rng,
    )
    share = settings["seconds"] * len(piece.weights) / settings["nodes"]
    steps = (
        search.short_bursts(settings["burst"], 10**9)
        if settings["search"] == "bursts"
        else search.tilted_run(10**9, p=settings["worse"])
    )
    for _ in steps:
        if time.perf_counter() - started > share:
            break
    best = search.best_part
    return [best.assignment[node] for node in range(len(piece.weights))]


def start(
    piece: Piece, net: nx.Graph, settings: dict[str, Any], rng: random.Random, deviation: float
) -> Partition:
    """Return the first plan: today's areas joined; or random trees, where there are any."""
    updaters = {"residents": Tally("residents"), "aim": count_aim(piece)}
    graph = Graph.from_networkx(net)
    if settings["first"] == "tree":
        try:
            return Partition.from_random_assignment(
                graph,
                piece.zones,
                min(deviation, 0.99),
                "residents",
                updaters=updaters,
                partition_fn=partial(
                    recursive_tree_part,
                    bipartition_tree_fn=partial(bipartition_tree, max_attempts=1000),
                ),
                rng=rng,
            )
        except Exception:  # noqa: BLE001 - it has several of its own; today's is the way out
            pass
    return Partition(graph, join_areas(piece, net), updaters)


def join_areas(piece: Piece, net: nx.Graph) -> dict[int, int]:
    """Join the smallest zone to its lightest neighbour until there are as many as asked for."""
    zone = {node: node for node in net}
    weight = dict(enumerate(piece.weights.tolist()))
    while len(weight) > piece.zones:
        small = min(weight, key=lambda z: (weight[z], z))
        near = {zone[m] for n in net if zone[n] == small for m in net[n]} - {small}
        other = min(near, key=lambda z: (weight[z], z))
        weight[other] += weight.pop(small)
        zone = {node: other if z == small else z for node, z in zone.items()}
    return zone


def choose(
    name: str, ideal: float, deviation: float, rng: random.Random
) -> Callable[[Partition], Partition]:
    """Return the proposal: flips, recom, or now one, now the other (``flip+recom``)."""
    tree = partial(
        recom,
        pop_col="residents",
        pop_target=ideal,
        epsilon=deviation,
        bipartition_tree_fn=partial(bipartition_tree, max_attempts=20, allow_pair_reselection=True),
        rng=rng,
    )

    def try_tree(plan: Partition) -> Partition:
        try:
            return tree(plan)
        except Exception:  # noqa: BLE001 - no pair of zones can be cut so: a flip is taken instead
            return propose_random_flip(plan, rng=rng)

    def mix(plan: Partition) -> Partition:
        return try_tree(plan) if rng.random() < 0.1 else propose_random_flip(plan, rng=rng)

    if name == "recom":
        return try_tree
    return mix if name == "flip+recom" else partial(FLIPS[name], rng=rng)


def state_graph(piece: Piece) -> nx.Graph:
    """Return the graph with the residents of each node."""
    net = nx.Graph()
    for node, weight in enumerate(piece.weights.tolist()):
        net.add_node(node, residents=weight)
    net.add_edges_from(piece.edges.tolist())
    return net


def count_aim(piece: Piece) -> Callable[[Partition], int]:
    """Return the aim of a plan: zones outside the band first, then residents moved."""
    weights = piece.weights.tolist()
    total = sum(weights)

    def aim(plan: Partition) -> int:
        outside, kept = 0, 0
        for nodes in plan.parts.values():
            held = [weights[node] for node in nodes]
            kept += max(held, default=0)
            outside += not piece.lower <= sum(held) <= piece.upper
        return outside * total + total - kept

    return aim


run(solve, "gerrychain")
