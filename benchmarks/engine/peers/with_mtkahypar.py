"""Mt-KaHyPar, on two threads."""

from __future__ import annotations

from typing import Any

import mtkahypar
from running import Piece, run


def solve(piece: Piece, settings: dict[str, Any]) -> Any:
    mtkahypar.set_seed(settings["seed"])
    context = STARTED.context_from_preset(getattr(mtkahypar.PresetType, settings["preset"]))
    context.set_partitioning_parameters(
        piece.zones, min(settings["imbalance"], piece.imbalance), mtkahypar.Objective.CUT
    )
    graph = STARTED.create_graph(
        context,
        len(piece.weights),
        len(piece.edges),
        [(int(a), int(b)) for a, b in piece.edges],
        piece.weights.tolist(),
        piece.worths.tolist(),
    )
    return graph.partition(context).get_partition()


STARTED = mtkahypar.initialize(2, print_warnings=False)
run(solve, "mtkahypar")
