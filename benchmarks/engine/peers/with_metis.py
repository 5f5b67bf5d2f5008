"""METIS by pymetis: k-way, contiguous."""

from __future__ import annotations

from typing import Any

import pymetis
from running import Piece, run


def solve(piece: Piece, settings: dict[str, Any]) -> Any:
    starts, others, worths = piece.rows()
    options = pymetis.Options(
        contig=1,
        ufactor=max(1, round(1000 * min(settings["imbalance"], piece.imbalance))),
        ncuts=settings["cuts"],
        niter=settings["rounds"],
        seed=settings["seed"],
    )
    _, labels = pymetis.part_graph(
        piece.zones,
        adjacency=pymetis.CSRAdjacency(starts, others),
        vweights=piece.weights,
        eweights=worths,
        recursive=False,
        options=options,
        warn_on_copies=False,
    )
    return labels


run(solve, "pymetis")
