"""KaHIP's kaffpa."""

from __future__ import annotations

from typing import Any

import kahip
from running import Piece, run


def solve(piece: Piece, settings: dict[str, Any]) -> Any:
    starts, others, worths = piece.rows()
    _, labels = kahip.kaffpa(
        piece.weights.tolist(),
        starts.tolist(),
        worths.tolist(),
        others.tolist(),
        piece.zones,
        min(settings["imbalance"], piece.imbalance),
        True,
        settings["seed"],
        getattr(kahip, settings["mode"]),
    )
    return labels


run(solve, "kahip")
