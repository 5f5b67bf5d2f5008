"""What became of every zone of two divisions, from the land and households they share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridmap.lineage import code_change, group_zones, match_zones

if TYPE_CHECKING:
    from collections.abc import Mapping

JOINED = ";"
AREA_STEPS = 1 << 16
"""Land in common decides between zones with equal households in common: steps of its share."""
CHANGE_COLUMNS = (
    "side",
    "id",
    "name",
    "change",
    "status",
    "same_id",
    "other_ids",
    "households",
    "households_moved",
    "area_m2",
    "in_band",
)


def make_matrix(pieces: pd.DataFrame, flows: pd.DataFrame) -> pd.DataFrame:
    """Return the from-to matrix, one row for each pair that shares land or households.

    Parameters
    ----------
    pieces
        ``before_id``, ``after_id``, ``area_m2``, ``sliver``: slivers are left out.
    flows
        ``before_id``, ``after_id``, ``households``.

    Returns
    -------
    DataFrame
        ``before_id``, ``after_id`` (``""`` for outside the other division), ``households``,
        ``area_m2``, ``moved`` (False); sorted by both ids.

    Examples
    --------
    >>> land = {"before_id": ["a"], "after_id": ["b"], "area_m2": [9.0], "sliver": [False]}
    >>> flow = {"before_id": ["a"], "after_id": ["b"], "households": [4]}
    >>> make_matrix(pd.DataFrame(land), pd.DataFrame(flow)).values.tolist()
    [['a', 'b', 4, 9.0, False]]
    """
    keys = ["before_id", "after_id"]
    land = pieces.loc[~pieces["sliver"], [*keys, "area_m2"]].groupby(keys, sort=True).sum()
    flow = flows.groupby(keys, sort=True)[["households"]].sum()
    table = flow.join(land, how="outer").fillna(0).sort_index().reset_index()
    table = table.astype({"before_id": "str", "after_id": "str"})
    table = table.astype({"households": np.int64, "area_m2": np.float64})
    return table[(table["households"] > 0) | (table["area_m2"] > 0)].assign(moved=False)


def match_ids(matrix: pd.DataFrame) -> dict[str, str]:
    """Return which zone of before each zone of after is: the largest overlap, each zone once.

    Parameters
    ----------
    matrix
        As `make_matrix` makes it.

    Returns
    -------
    dict
        Zone of after -> zone of before; a new one is left out.

    Notes
    -----
    The households that stay are the most possible, of equals the land; see
    `gridmap.lineage.match_zones`, by which `gridmap.replan` keeps its names too.

    Examples
    --------
    >>> rows = [("a", "x", 30, 1.0), ("a", "y", 20, 5.0), ("b", "y", 10, 1.0)]
    >>> columns = ["before_id", "after_id", "households", "area_m2"]
    >>> match_ids(pd.DataFrame(rows, columns=columns))
    {'x': 'a', 'y': 'b'}
    """
    shared = matrix[(matrix["before_id"] != "") & (matrix["after_id"] != "")]
    if shared.empty:
        return {}
    old, olds = pd.factorize(shared["before_id"], sort=True)
    new, news = pd.factorize(shared["after_id"], sort=True)
    area = shared["area_m2"].to_numpy(np.float64)
    share = np.rint(area / max(area.sum(), 1e-9) * (AREA_STEPS - 1)).astype(np.int64)
    weights = shared["households"].to_numpy(np.int64) * AREA_STEPS + share
    found = match_zones(old.astype(np.int64), new.astype(np.int64), weights)
    return {str(news[i]): str(olds[j]) for i, j in enumerate(found.tolist()) if j >= 0}


def mark_moves(matrix: pd.DataFrame, same: Mapping[str, str]) -> pd.DataFrame:
    """Return the matrix with ``moved``: whether a row leads to another zone than before.

    Parameters
    ----------
    matrix
        As `make_matrix` makes it.
    same
        As `match_ids` makes it.

    Notes
    -----
    What is on one side only is new or gone, and not moved.
    """
    pairs = zip(matrix["before_id"], matrix["after_id"], strict=True)
    moved = [bool(old and new and same.get(new) != old) for old, new in pairs]
    return matrix.assign(moved=np.array(moved, bool))


def tell_turnover(
    before: pd.DataFrame, after: pd.DataFrame, matrix: pd.DataFrame, same: Mapping[str, str]
) -> pd.DataFrame:
    """Return what became of each zone of before, then where each zone of after comes from.

    Parameters
    ----------
    before, after
        Zones by id: ``name``, ``households``, ``area_m2``, ``judged``, ``in_band``.
    matrix
        With ``moved``, as `mark_moves` makes it.
    same
        As `match_ids` makes it.

    Returns
    -------
    DataFrame
        The columns `CHANGE_COLUMNS`, as documented at `gridmap.scoring.comparing.Comparison`.

    Notes
    -----
    The codes are those of `gridmap.lineage.code_change`, on zones that share land (slivers
    excepted) or households. One zone and one zone are U when neither has land that the other
    division does not cover: the id, the name and the number of households may differ.
    """
    pairs = [
        (str(old), str(new), int(households), float(area))
        for old, new, households, area in zip(
            *(matrix[c] for c in ("before_id", "after_id", "households", "area_m2")), strict=True
        )
    ]
    shared = [(old, new) for old, new, _, _ in pairs if old and new]
    groups = group_zones(map(str, before.index), map(str, after.index), shared)
    bare = {("old", old) for old, new, _, area in pairs if not new and area > 0}
    bare |= {("new", new) for old, new, _, area in pairs if not old and area > 0}
    ranked = sorted(pairs, key=lambda row: (-row[2], -row[3], row[0], row[1]))
    moved = matrix[matrix["moved"]]
    sides: tuple[tuple[str, pd.DataFrame, str, dict[str, str], dict[str, list[str]]], ...] = (
        ("old", before, "before", {o: n for n, o in same.items()}, _list_others(ranked, 0)),
        ("new", after, "after", dict(same), _list_others(ranked, 1)),
    )
    rows: list[tuple[Any, ...]] = []
    for key, zones, side, twin, others in sides:
        goes = moved.groupby(f"{side}_id")["households"].sum()
        for name, zone in zones.iterrows():
            identity = str(name)
            group = groups[key, identity]
            ends = {*(("old", i) for i in group.olds), *(("new", i) for i in group.news)}
            status = "kept" if identity in twin else "gone" if key == "old" else "new"
            rows.append(
                (
                    side,
                    identity,
                    zone["name"],
                    code_change(group, same=not (ends & bare)),
                    status,
                    twin.get(identity, ""),
                    JOINED.join(others.get(identity, [])),
                    int(zone["households"]),
                    int(goes.get(identity, 0)),
                    float(zone["area_m2"]),
                    str(zone["in_band"]) if zone["judged"] else "",
                )
            )
    return pd.DataFrame(rows, columns=list(CHANGE_COLUMNS))


def _list_others(ranked: list[tuple[str, str, int, float]], here: int) -> dict[str, list[str]]:
    """Return for each zone those of the other side that share anything, most households first."""
    found: dict[str, list[str]] = {}
    for row in ranked:
        if row[0] and row[1]:
            found.setdefault(str(row[here]), []).append(str(row[1 - here]))
    return found
