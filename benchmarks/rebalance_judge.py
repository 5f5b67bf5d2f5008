"""The judge of ``rebalance.py``: one function for every division. It knows no solver."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linear_sum_assignment

from benchmarks.rebalance_townships import find_pieces

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.rebalance_townships import Graph


def judge(graph: Graph, labels: NDArray[np.int64]) -> dict[str, float | int]:
    """Return what a division of the parts of townships is worth.

    Parameters
    ----------
    graph
        As `benchmarks.rebalance_townships.prove_bounds` returns it.
    labels
        Zone of each node, any whole numbers, shape (n,).

    Returns
    -------
    dict
        ``zones``; ``in_band``, zones inside the band; ``attainable``, zones less those that hold a
        node which no zone inside the band can hold, and less one for each piece of land that
        can't be divided inside the band and has a zone of its own; ``pieces`` of the
        zones, by borders inside one district;
        ``torn``, zones in several pieces; ``crossing``, zones in several districts;
        ``moved``, residents whose township is another after the matching of zones with today's
        townships that moves fewest; ``untouched``, townships whose residents are all of one zone;
        ``polsby_popper``, the mean; ``cut_km``, borders between zones.

    Raises
    ------
    ValueError
        When there is not one label a node.
    """
    weights, today = graph["weights"], graph["today"]
    if np.shape(labels) != weights.shape:
        raise ValueError(f"{np.shape(labels)} labels for {len(weights)} nodes")
    zone = np.unique(labels, return_inverse=True)[1].ravel()
    zones = int(zone.max()) + 1
    sums = np.bincount(zone, weights, zones)
    fits = (sums >= graph["lower"]) & (sums <= graph["upper"])
    pairs = np.unique(np.stack([zone, graph["district"]], axis=1), axis=0)
    crossing = np.bincount(pairs[:, 0], minlength=zones) > 1
    inner = zone[graph["edges"][:, 0]] == zone[graph["edges"][:, 1]]
    piece = find_pieces(graph["edges"][inner], len(zone))
    owner = np.unique(np.stack([zone, piece], axis=1), axis=0)[:, 0]
    overlap = np.zeros((int(today.max()) + 1, zones))
    np.add.at(overlap, (today, zone), weights)
    kept = overlap[linear_sum_assignment(overlap, maximize=True)].sum()
    towns = overlap.sum(axis=1)
    alone = (overlap > 0) & (overlap == towns[:, None]) & (overlap == sums)
    apart = zone[graph["all_edges"][:, 0]] != zone[graph["all_edges"][:, 1]]
    return {
        "zones": zones,
        "in_band": int(fits.sum()),
        "attainable": zones - _count_unavoidable(graph, zone),
        "pieces": len(owner),
        "torn": int((np.bincount(owner, minlength=zones) > 1).sum()),
        "crossing": int(crossing.sum()),
        "moved": int(weights.sum() - kept),
        "untouched": int(alone.any(axis=1).sum()),
        "polsby_popper": float(_measure_shapes(graph, zone, apart).mean()),
        "cut_km": float(graph["all_lengths"][apart].sum() / 1000),
    }


def _count_unavoidable(graph: Graph, zone: NDArray[np.int64]) -> int:
    """Count the zones that hold what fits into none, and one a piece that can't be divided.

    A zone counts for such a piece only where it lies wholly inside it.
    """
    hopeless = graph["hopeless"]
    inside = np.bincount(zone, ~hopeless) == 0
    pieces = np.unique(graph["piece"][hopeless & inside[zone]])
    return len(np.unique(zone[graph["unfit"]])) + len(pieces)


def _measure_shapes(
    graph: Graph, zone: NDArray[np.int64], apart: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return 4 pi area / perimeter^2 of each zone; borders inside a zone are no perimeter."""
    area = np.bincount(zone, graph["areas"])
    perimeter = np.bincount(zone, graph["perimeters"])
    inner = zone[graph["all_edges"][~apart][:, 0]]
    shared = np.bincount(inner, graph["all_lengths"][~apart], len(area))
    return np.asarray(4 * np.pi * area / np.maximum(perimeter - 2 * shared, 1e-9) ** 2)
