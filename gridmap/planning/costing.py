"""What a border is worth: where a grid may be cut cheaply, and what it should not lie across.

The figures are ratios between kinds of borders and gridmap's own default; what they rank is
FIELD.md's: compounds whole, lines that people know, no main road, railway or river inside a grid.
They are not fitted to any data set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from gridmap.rules import SimilarityRule

METRES = 100.0
"""A border of this length along nothing at all, inside one block, costs `PLAIN` to cut."""
PLAIN = 1.5
CLEAR = 0.25
"""The same along a compound line, wall, local road: a line that people know."""
WIDE = 0.1
"""The same along a secondary road."""
COMPOUND = 4.0
"""Added for each border inside one compound, whatever its length."""
LEAST = 0.05
"""No edge is free to cut, so that among equals the shorter border is chosen."""
CROSSED = {"expressway": 2.0, "arterial": 1.0, "railway": 1.5, "river": 1.5}
"""Kept inside a grid, a border on one of these costs so much a place; the highest counts."""
CROSSED_METRES = 400.0
"""And as much again for each so many metres."""

CROSSING_WORTH = 64
"""Crossing weighs so many times as much as cutting (docs/engine.md, The aim)."""


class BorderCosts(NamedTuple):
    """Costs of borders, shape (m,): of cutting there, and of keeping both sides in one grid."""

    cuts: NDArray[np.float64]
    crossings: NDArray[np.float64]


def cost_borders(borders: pd.DataFrame) -> BorderCosts:
    """Return what each border costs when a grid ends there, and when a grid lies across it.

    Parameters
    ----------
    borders
        As in `gridmap.model.Territory`.

    Returns
    -------
    BorderCosts
        ``cuts`` in units of 67 m of border along nothing; ``crossings`` in units of one arterial
        road crossed at a point.

    Notes
    -----
    Source: FIELD.md section 1: clear boundaries (Qibin), all boundaries on roads or compound red
    lines (Dadukou), compounds together (Bozhou). The figures are gridmap's own default.

    Examples
    --------
    >>> from gridmap.testing import draw_territory
    >>> toy = draw_territory("ab", lines={("r00c00", "r00c01"): "arterial"})
    >>> costs = cost_borders(toy.borders)
    >>> costs.cuts.round(2).tolist(), costs.crossings.round(2).tolist()
    ([0.05], [1.25])
    """
    length = borders["length_m"].to_numpy(np.float64)
    clear = np.minimum(borders["clear_m"].to_numpy(np.float64), length)
    road = borders["road_class"].to_numpy()
    marks = {kind: road == kind for kind in ("expressway", "arterial")}
    marks |= {kind: borders[kind].to_numpy(np.bool_) for kind in ("railway", "river")}
    crossed = np.zeros(len(borders))
    for kind, price in CROSSED.items():
        crossed = np.where(marks[kind], np.maximum(crossed, price), crossed)
    rate = np.where(road == "secondary", WIDE, CLEAR)
    cuts = ((length - clear) * PLAIN + clear * rate) / METRES
    cuts += np.where(borders["same_compound"].to_numpy(np.bool_), COMPOUND, 0.0)
    cuts = np.where(crossed > 0, 0.0, cuts)
    return BorderCosts(np.maximum(cuts, LEAST), crossed * (1 + length / CROSSED_METRES))


def add_similarity(
    costs: BorderCosts, frame: pd.DataFrame, edges: NDArray[np.int64], rule: SimilarityRule
) -> BorderCosts:
    """Return the costs of borders with what it is worth to keep like with like.

    Parameters
    ----------
    costs
        From `cost_borders`.
    frame
        The units, in the order that ``edges`` names: ``compound_id``, ``age_class``, ``kind`` and,
        where it is known, ``current_grid``.
    edges
        Units on both sides of each border, shape (m, 2).
    rule
        What each likeness is worth.

    Returns
    -------
    BorderCosts
        Soft: on the level of cut edges, below every limit, compound and line. A border on a main
        road, railway or river is not touched.

    Notes
    -----
    Source: FIELD.md section 1 (Bozhou): adjacent, acquainted, culturally close, similarly
    composed; keep villager groups and today's grids together.

    Examples
    --------
    >>> import pandas as pd
    >>> from gridmap.rules import SimilarityRule
    >>> frame = pd.DataFrame({"compound_id": ["A", "B", "C"], "kind": "compound",
    ...                       "age_class": ["old", "old", "new"]})
    >>> bare = BorderCosts(np.ones(2), np.zeros(2))
    >>> ends = np.array([[0, 1], [1, 2]])
    >>> add_similarity(bare, frame, ends, SimilarityRule(age_class=2.0)).cuts.tolist()
    [3.0, 1.0]
    """
    free = costs.crossings == 0
    cuts, crossings = costs.cuts.copy(), costs.crossings.copy()
    alike = {"age_class": frame["age_class"].to_numpy()}
    alike["village"] = np.where(frame["kind"] == "village", "village", "")
    compound = frame["compound_id"].to_numpy()[edges]
    other = compound[:, 0] != compound[:, 1]
    for name, mark in alike.items():
        ends = mark[edges]
        same = (ends[:, 0] == ends[:, 1]) & (ends[:, 0] != "") & other & free
        cuts += np.where(same, getattr(rule, name), 0.0)
    if "current_grid" in frame:
        today = frame["current_grid"].to_numpy()[edges]
        known = (today != "").all(axis=1) & free
        same = today[:, 0] == today[:, 1]
        cuts += np.where(known & same, rule.current, 0.0)
        crossings += np.where(known & ~same, rule.current / CROSSING_WORTH, 0.0)
    return BorderCosts(cuts, crossings)
