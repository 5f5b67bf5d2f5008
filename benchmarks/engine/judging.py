"""The judge: one function for every solver. It uses numpy and scipy and nothing of gridmap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.engine.instances import Instance


def judge(instance: Instance, labels: NDArray[np.int64]) -> dict[str, float | int]:
    """Return what a division is worth.

    Parameters
    ----------
    instance
        What was divided.
    labels
        Zone of each node, any whole numbers, shape (n,).

    Returns
    -------
    dict
        ``zones``; ``in_band``, zones whose households lie in the band, whether or not they are
        in one piece; ``good``, those that are in one piece as well; ``below``, those
        under the floor; ``torn``, zones in more than one piece; ``pieces`` and
        ``pieces_in_band``, where each piece counts as a zone;
        ``cut_cost``, the costs above 0 of edges between zones; ``cut_edges``; and where the
        instance has what they need: ``polsby_popper``, the mean of 4 pi area / perimeter^2;
        ``groups_whole``, the percentage of groups of several nodes, at most ``upper`` in all,
        that lie in one zone; ``crossing``, the percentage of zones that keep an edge of negative
        cost inside.

    Raises
    ------
    ValueError
        When there is not one label a node.
    """
    if np.shape(labels) != (instance.size,):
        raise ValueError(f"{np.shape(labels)} labels for {instance.size} nodes")
    _, zone = np.unique(labels, return_inverse=True)
    zones = int(zone.max()) + 1
    ends = instance.edges
    inner = zone[ends[:, 0]] == zone[ends[:, 1]]
    piece = _find_pieces(ends[inner], instance.size)
    pieces = int(piece.max()) + 1
    owner = np.empty(pieces, np.int64)
    owner[piece] = zone
    whole = np.bincount(owner, minlength=zones) == 1
    fits = _fits(instance, zone)
    result: dict[str, float | int] = {
        "zones": zones,
        "in_band": int(fits.sum()),
        "good": int((fits & whole).sum()),
        "below": int((np.bincount(zone, weights=instance.weights) < instance.lower).sum()),
        "torn": int((~whole).sum()),
        "pieces": pieces,
        "pieces_in_band": int(_fits(instance, piece).sum()),
        "cut_cost": float(np.maximum(instance.costs, 0)[~inner].sum()),
        "cut_edges": int((~inner).sum()),
    }
    if instance.areas is not None:
        result["polsby_popper"] = float(_measure_shapes(instance, zone, inner).mean())
    if instance.groups is not None:
        result["groups_whole"] = _count_whole(instance, instance.groups, zone)
    if (instance.costs < 0).any():
        crossed = np.zeros(zones, np.bool_)
        crossed[zone[ends[inner & (instance.costs < 0)][:, 0]]] = True
        result["crossing"] = 100 * float(crossed.mean())
    return result


def _fits(instance: Instance, zone: NDArray[np.int64]) -> NDArray[np.bool_]:
    sums = np.bincount(zone, weights=instance.weights)
    fits: NDArray[np.bool_] = (sums >= instance.lower) & (sums <= instance.upper)
    return fits


def _find_pieces(edges: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    ones = np.ones(len(edges), np.int8)
    matrix = coo_array((ones, (edges[:, 0], edges[:, 1])), shape=(size, size))
    return connected_components(matrix, directed=False)[1].astype(np.int64)


def _measure_shapes(
    instance: Instance, zone: NDArray[np.int64], inner: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return 4 pi area / perimeter^2 of each zone; borders inside a zone are no perimeter."""
    area = np.bincount(zone, weights=instance.areas)
    perimeter = np.bincount(zone, weights=instance.perimeters)
    lengths = np.asarray(instance.lengths)[inner]
    shared = np.bincount(zone[instance.edges[inner][:, 0]], lengths, len(area))
    return np.asarray(4 * np.pi * area / np.maximum(perimeter - 2 * shared, 1e-9) ** 2)


def _count_whole(instance: Instance, groups: NDArray[np.int64], zone: NDArray[np.int64]) -> float:
    """Return the percentage of small groups that lie in one zone; 100 where there are none."""
    many = int(groups.max(initial=-1)) + 1
    held = groups >= 0
    if not held.any():
        return 100.0
    least, most = np.full(many, len(zone)), np.full(many, -1)
    np.minimum.at(least, groups[held], zone[held])
    np.maximum.at(most, groups[held], zone[held])
    weight = np.bincount(groups[held], instance.weights[held], many)
    nodes = np.bincount(groups[held], minlength=many)
    small = (weight <= instance.upper) & (weight > 0) & (nodes > 1)
    return 100.0 if not small.any() else 100 * float((least == most)[small].mean())
