"""Draw seconds over buildings: ``python draw_growth.py points.json picture.png``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt  # the drawing backend is chosen first

COLOURS = ("#1b6ca8", "#c0504d")


def draw(series: dict[str, list[list[float]]], path: Path) -> None:
    """Draw one line a solver on double logarithmic paper, with linear growth for comparison."""
    figure, axes = plt.subplots(figsize=(7, 4.2), dpi=120)
    for colour, (name, points) in zip(COLOURS, series.items(), strict=False):
        axes.loglog(*zip(*points, strict=True), "o-", color=colour, label=name)
    first = next(iter(series.values()))
    sizes = [first[0][0], first[-1][0]]
    linear = [first[0][1] * size / sizes[0] for size in sizes]
    axes.loglog(sizes, linear, ":", color="#777777", label="linear")
    axes.set(xlabel="buildings (nodes)", ylabel="seconds of the call")
    axes.grid(which="both", alpha=0.25)
    axes.legend(frameon=False)
    figure.tight_layout()
    figure.savefig(path, metadata={"Software": ""})


draw(json.loads(Path(sys.argv[1]).read_text("utf-8")), Path(sys.argv[2]))
