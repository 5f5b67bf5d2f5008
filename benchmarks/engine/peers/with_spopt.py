"""spopt: MaxP, Skater, WardSpatial and regional k-means on the units' places."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
from libpysal.weights import W
from running import Piece, run
from spopt.region import MaxPHeuristic, RegionKMeansHeuristic, Skater, WardSpatial

PLACE = ["x", "y"]


def solve(piece: Piece, settings: dict[str, Any]) -> Any:
    warnings.simplefilter("ignore")
    np.random.seed(settings["seed"])  # noqa: NPY002  # spopt draws from numpy's global state
    near: dict[int, list[int]] = {node: [] for node in range(len(piece.weights))}
    for one, two in piece.edges.tolist():
        near[one].append(two)
        near[two].append(one)
    weights = W(near, silence_warnings=True)
    frame = pd.DataFrame(piece.points, columns=PLACE).assign(households=piece.weights)
    if settings["method"] == "maxp":
        model = MaxPHeuristic(
            frame,
            weights,
            PLACE,
            "households",
            piece.lower,
            top_n=settings["top"],
            max_iterations_construction=settings["rounds"],
        )
    elif settings["method"] == "skater":
        model = Skater(frame, weights, PLACE, n_clusters=piece.zones, floor=settings["floor"])
    elif settings["method"] == "kmeans":
        points = frame[PLACE].to_numpy()
        model = RegionKMeansHeuristic(points, piece.zones, weights, seed=settings["seed"])
    else:
        model = WardSpatial(frame, weights, PLACE, n_clusters=piece.zones)
    model.solve()
    return model.labels_


run(solve, "spopt")
