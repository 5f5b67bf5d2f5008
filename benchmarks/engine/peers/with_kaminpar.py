"""KaMinPar, on two threads. Its Python door reads a graph from a METIS file."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import kaminpar
import numpy as np
from running import Piece, run


def solve(piece: Piece, settings: dict[str, Any]) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "graph.metis"
        write_graph(piece, path)
        graph = kaminpar.load_graph(str(path), kaminpar.GraphFileFormat.METIS)
    kaminpar.reseed(settings["seed"])
    solver = kaminpar.KaMinPar(2, kaminpar.context_by_name(settings["preset"]))
    return solver.compute_partition(
        graph, piece.zones, eps=min(settings["imbalance"], piece.imbalance)
    )


def write_graph(piece: Piece, path: Path) -> None:
    """Write the graph as METIS's text: a line a node, neighbours counted from 1."""
    starts, others, worths = piece.rows()
    pairs = np.column_stack([others + 1, worths]).reshape(-1).tolist()
    heads = piece.weights.tolist()
    bounds = (2 * starts).tolist()
    with path.open("w") as file:
        file.write(f"{len(heads)} {len(piece.edges)} 11\n")
        for node, head in enumerate(heads):
            row = " ".join(map(str, pairs[bounds[node] : bounds[node + 1]]))
            file.write(f"{head} {row}\n")


run(solve, "kaminpar")
