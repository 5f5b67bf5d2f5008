"""How alike the homes of a grid are, and how many of today's neighbours stay together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from gridmap.model import Territory


def measure_likeness(territory: Territory, units: pd.DataFrame) -> dict[str, float]:
    """Measure likeness and acquaintance of a plan's grids.

    Parameters
    ----------
    territory
        The borders, and today's grid of each unit where it is known.
    units
        One row a unit: ``grid_id``, ``grid_kind``, ``age_class``, ``households``.

    Returns
    -------
    dict
        ``similar``: of the households of general grids in compounds with a class, the share in
        the class that has most of them in its grid. ``kept_together``: of the passable borders
        between two units of one of today's grids, the share inside one grid. 1 where there is
        nothing to measure.

    Notes
    -----
    Source: FIELD.md section 1 (Bozhou): acquainted, similarly composed.
    """
    classed = units[(units["grid_kind"] == "general") & (units["age_class"] != "")]
    by_class = classed.groupby(["grid_id", "age_class"])["households"].sum()
    total = int(by_class.sum())
    most = int(by_class.groupby("grid_id").max().sum()) if total else 0
    scores = {"similar": most / total if total else 1.0, "kept_together": 1.0}
    frame = territory.units.frame
    if "current_grid" not in frame:
        return scores
    borders = territory.borders[territory.borders["passable"]]
    ends = [frame.index.get_indexer(borders[side].to_list()) for side in ("unit_a", "unit_b")]
    today, drawn = (
        values.to_numpy(dtype=object)
        for values in (frame["current_grid"].fillna(""), units["grid_id"].reindex(frame.index))
    )
    same = (today[ends[0]] == today[ends[1]]) & (today[ends[0]] != "")
    if same.any():
        scores["kept_together"] = float(np.mean(drawn[ends[0]][same] == drawn[ends[1]][same]))
    return scores
