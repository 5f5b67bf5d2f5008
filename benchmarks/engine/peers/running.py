"""What every peer's program shares: read a graph, solve each connected piece, write labels.

A peer's program is run by the peers' interpreter, which does not have gridmap:

    python with_metis.py graph.npz '{"imbalance": 0.1, "seed": 1}' labels.npy

It prints one line of JSON: seconds of the peer's own call, peak memory, versions.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from collections.abc import Callable

WORTH = 100
"""Whole units of an edge of cost 1: partitioners take whole weights of at least 1."""


@dataclass
class Piece:
    """One connected piece of the graph, as a peer is given it."""

    weights: np.ndarray
    edges: np.ndarray
    worths: np.ndarray
    zones: int
    lower: int
    upper: int
    groups: np.ndarray | None
    regions: np.ndarray | None
    points: np.ndarray | None
    costs: np.ndarray

    @property
    def imbalance(self) -> float:
        """Return how far above the mean a zone may be and still be in the band."""
        return max(0.0, self.upper / (self.weights.sum() / self.zones) - 1)

    def rows(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the edges as rows (CSR): starts, neighbours, worths."""
        ends = np.concatenate([self.edges[:, 0], self.edges[:, 1]])
        others = np.concatenate([self.edges[:, 1], self.edges[:, 0]])
        order = np.lexsort((others, ends))
        start = np.zeros(len(self.weights) + 1, np.int64)
        np.cumsum(np.bincount(ends, minlength=len(self.weights)), out=start[1:])
        return start, others[order], np.concatenate([self.worths, self.worths])[order]


def run(solve: Callable[[Piece, dict[str, Any]], Any], *packages: str) -> None:
    """Read, solve piece by piece, write, and say what it took."""
    graph, settings, out = Path(sys.argv[1]), json.loads(sys.argv[2]), Path(sys.argv[3])
    with np.load(graph, allow_pickle=False) as held:
        given = {name: held[name] for name in held.files}
    labels = np.full(len(given["weights"]), -1, np.int64)
    seconds, used = 0.0, 0
    for members, piece in cut_pieces(given, str(settings.get("worth", "costs"))):
        started = time.perf_counter()
        found = np.zeros(len(members), np.int64)
        if piece.zones > 1:
            found = np.asarray(solve(piece, settings), np.int64)
        seconds += time.perf_counter() - started
        labels[members] = used + np.unique(found, return_inverse=True)[1]
        used = int(labels.max()) + 1
    np.save(out, labels)
    said = {"seconds": round(seconds, 3), "peak_mib": read_peak()}
    print(json.dumps(said | {"versions": {name: version(name) for name in packages}}))


def cut_pieces(given: dict[str, np.ndarray], worth: str) -> list[tuple[np.ndarray, Piece]]:
    """Return the nodes and the graph of each connected piece, with its number of zones."""
    edges, size = given["edges"], len(given["weights"])
    matrix = coo_array((np.ones(len(edges), np.int8), (edges[:, 0], edges[:, 1])), (size, size))
    label = connected_components(matrix, directed=False)[1]
    order = np.argsort(label, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(label[order])) + 1)
    worths = weigh_edges(given, worth)
    place = np.empty(size, np.int64)
    by_edge = label[edges[:, 0]] if len(edges) else np.zeros(0, np.int64)
    ranked = np.argsort(by_edge, kind="stable")
    bounds = np.searchsorted(by_edge[ranked], np.arange(len(groups) + 1))
    pieces = []
    for number, members in enumerate(groups):
        place[members] = np.arange(len(members))
        mine = ranked[bounds[number] : bounds[number + 1]]
        piece = Piece(
            weights=given["weights"][members],
            edges=place[edges[mine]],
            worths=worths[mine],
            zones=1,
            lower=int(given["lower"]),
            upper=int(given["upper"]),
            groups=given["groups"][members] if "groups" in given else None,
            regions=given["regions"][members] if "regions" in given else None,
            points=given["points"][members] if "points" in given else None,
            costs=given["costs"][mine],
        )
        asked = int(given["zones"])
        if "numbers" in given:  # of each node: how many zones its piece is asked for
            asked = int(given["numbers"][members[0]])
        middle = (piece.lower + piece.upper) / 2
        piece.zones = asked or max(1, round(float(piece.weights.sum()) / middle))
        pieces.append((members, piece))
    return pieces


def weigh_edges(given: dict[str, np.ndarray], worth: str) -> np.ndarray:
    """Return the whole worth of keeping each edge, at least 1.

    ``costs``: the costs, 1 for a line where a border is wanted. ``groups``: the same, and 20
    times as much inside a group that fits into one zone. ``ones``: all alike. ``lengths``: metres.
    """
    edges, costs = given["edges"], given["costs"]
    if worth == "ones":
        return np.ones(len(edges), np.int64)
    if worth == "lengths":
        return np.maximum(1, np.rint(given["lengths"])).astype(np.int64)
    worths = np.maximum(1, np.rint(np.maximum(costs, 0) * WORTH)).astype(np.int64)
    if worth == "groups" and "groups" in given:
        group = given["groups"]
        held = group >= 0
        weight = np.bincount(group[held], given["weights"][held], int(group.max()) + 1)
        one, two = group[edges[:, 0]], group[edges[:, 1]]
        small = (one == two) & (one >= 0)
        small[small] = weight[one[small]] <= int(given["upper"])
        worths = np.where(small, 20 * worths, worths)
    return worths


def read_peak() -> float:
    """Return this process's peak memory in MiB; 0 where the system can't say."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0
    lines = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
    return round(int(lines[0].split()[1]) / 1024, 1) if lines else 0.0
