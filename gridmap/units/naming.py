"""Ids of units: what stands there where something does, else a number from west to east."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from gridmap.units.arrays import Bools, Floats, Texts

NAMED_AFTER = {
    "site": "site_id",
    "compound": "compound_id",
    "village": "compound_id",
    "building": "building_id",
    "entrance": "building_id",
    "households": "building_id",
}
"""Kind of unit -> the column that names it; open land has no name."""


def name_units(rows: pd.DataFrame, points: Floats) -> Texts:
    """Mint the ids of units.

    Parameters
    ----------
    rows
        One row a unit: ``kind``, ``community_id``, ``compound_id``, ``site_id``,
        ``building_id``, ``entrance`` (0 for none).
    points
        (n, 2) a point inside each unit, degrees: unnamed units and pieces of one thing are
        numbered from west to east, then from north to south.

    Returns
    -------
    array
        (n,) distinct ids: ``compound/P1``, ``village/P2``, ``site/S1``, ``building/B1``, the
        entrances of a building ``building/B1#2``, pieces ``compound/P1#2``, and the unnamed
        ``open/C1/3``, ``households/C1/4``.

    Examples
    --------
    >>> rows = pd.DataFrame({
    ...     "kind": ["open", "compound", "open"], "community_id": "C1",
    ...     "compound_id": ["", "P1", ""], "site_id": "", "building_id": "", "entrance": 0,
    ... })
    >>> name_units(rows, np.array([[2.0, 0.0], [1.0, 0.0], [0.0, 0.0]])).tolist()
    ['open/C1/2', 'compound/P1', 'open/C1/1']
    """
    stems, numbered = _stems(rows)
    order = np.lexsort((-points[:, 1], points[:, 0]))
    names = np.empty(len(rows), dtype=object)
    names[order] = _distinct(stems[order], numbered[order])
    while len(set(names.tolist())) < len(names):
        names[order] = _distinct(names[order], np.zeros(len(names), dtype=bool))
    return names


def _stems(rows: pd.DataFrame) -> tuple[Texts, Bools]:
    """Return what each unit is named after, and whether it is one of many unnamed ones."""
    stems: list[str] = []
    numbered: list[bool] = []
    for row in rows.to_dict("records"):
        kind = row["kind"]
        name = row[NAMED_AFTER[kind]] if kind in NAMED_AFTER else ""
        stem = f"{'building' if kind == 'entrance' else kind}/{name or row['community_id']}"
        stems.append(f"{stem}#{row['entrance']}" if kind == "entrance" else stem)
        numbered.append(not name)
    return np.array(stems, dtype=object), np.array(numbered, dtype=bool)


def _distinct(stems: Texts, numbered: Bools) -> Texts:
    """Tell equal stems apart by their order: unnamed ones always, others where need be."""
    frame = pd.DataFrame({"stem": stems, "numbered": numbered})
    groups = frame.groupby(["stem", "numbered"], sort=False)
    rank = groups.cumcount().to_numpy() + 1
    size = groups["stem"].transform("size").to_numpy()
    result = [
        f"{stem}/{n}" if unnamed else f"{stem}#{n}" if several > 1 else stem
        for stem, unnamed, n, several in zip(
            stems.tolist(), numbered.tolist(), rank.tolist(), size.tolist(), strict=True
        )
    ]
    return np.array(result, dtype=object)
