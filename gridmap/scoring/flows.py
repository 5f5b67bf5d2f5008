"""Whose households were where, and where they are: counted where known, else shared by area."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Place = TypeVar("Place", bound=Hashable)
FLOW = ["before_id", "after_id", "households"]


def match_holdings(
    before: pd.DataFrame, after: pd.DataFrame, *, overlaps: Mapping[tuple[str, str], float]
) -> pd.DataFrame:
    """Follow what is known by a key (a building, a unit, a point) from one division to the other.

    Parameters
    ----------
    before, after
        ``key``, ``zone`` and ``households``; a key may lie in several zones.
    overlaps
        (zone before, zone after) -> land in common, m2: where a key lies in several zones, its
        households are taken to stay in those that have most land in common.

    Returns
    -------
    DataFrame
        ``before_id``, ``after_id``, ``households``: what is on one side only has ``""`` on the
        other, so that the sums of both sides are those of the two divisions.

    Examples
    --------
    >>> one = pd.DataFrame({"key": ["b1", "b2"], "zone": ["g1", "g1"], "households": [30, 20]})
    >>> two = pd.DataFrame({"key": ["b1", "b2"], "zone": ["g1", "g2"], "households": [33, 20]})
    >>> match_holdings(one, two, overlaps={}).values.tolist()
    [['', 'g1', 3], ['g1', 'g1', 30], ['g1', 'g2', 20]]
    """
    olds = before.groupby(["key", "zone"], sort=True)["households"].sum()
    news = after.groupby(["key", "zone"], sort=True)["households"].sum()
    joined = (
        olds.rename("a")
        .reset_index()
        .merge(news.rename("b").reset_index(), on="key", suffixes=("_old", "_new"))
    )
    joined["overlap"] = [
        overlaps.get(pair, 0.0) for pair in zip(joined["zone_old"], joined["zone_new"], strict=True)
    ]
    joined = joined.sort_values(
        ["key", "overlap", "zone_old", "zone_new"], ascending=[True, False, True, True]
    )
    pairs = [
        ((key, old), (key, new), None)
        for key, old, new in zip(joined["key"], joined["zone_old"], joined["zone_new"], strict=True)
    ]
    sent = share_out(_as_places(olds), _as_places(news), pairs)
    return sum_flows((old[1] if old else "", new[1] if new else "", n) for old, new, n in sent)


def _as_places(sums: pd.Series[int]) -> dict[tuple[str, str], int]:
    places = zip(sums.index.get_level_values(0), sums.index.get_level_values(1), strict=True)
    counts = sums.to_numpy().tolist()
    return {(str(k), str(z)): int(n) for (k, z), n in zip(places, counts, strict=True)}


def share_by_area(
    before: Mapping[str, int],
    after: Mapping[str, int],
    pieces: pd.DataFrame,
    *,
    areas: tuple[Mapping[str, float], Mapping[str, float]],
) -> list[tuple[str, str, int]]:
    """Estimate how many households each piece of land takes from one side to the other.

    Parameters
    ----------
    before, after
        Places -> households.
    pieces
        ``before_id``, ``after_id``, ``area_m2`` of the land in common.
    areas
        Land of each place, of before and of after, m2.

    Returns
    -------
    list of (before, after, households)
        Whole numbers; ``""`` for what the other side has no room for. Both sides keep their sums.

    Examples
    --------
    >>> land = pd.DataFrame({"before_id": ["a"] * 2, "after_id": ["b", "c"], "area_m2": [3.0, 1.0]})
    >>> share_by_area({"a": 100}, {"b": 80, "c": 20}, land,
    ...               areas=({"a": 4.0}, {"b": 3.0, "c": 1.0}))
    [('a', 'b', 80), ('a', 'c', 20)]
    """
    shared = pieces[(pieces["before_id"] != "") & (pieces["after_id"] != "")]
    ordered = shared.sort_values(
        ["area_m2", "before_id", "after_id"], ascending=[False, True, True], kind="stable"
    )
    pairs = []
    for old, new, area in zip(
        ordered["before_id"], ordered["after_id"], ordered["area_m2"], strict=True
    ):
        wishes = (
            before.get(old, 0) * area / areas[0][old],
            after.get(new, 0) * area / areas[1][new],
        )
        pairs.append((str(old), str(new), round(min(wishes))))
    return [(old or "", new or "", n) for old, new, n in share_out(before, after, pairs)]


def spread_counts(counts: Mapping[str, int], pieces: pd.DataFrame, side: str) -> pd.Series[int]:
    """Share the count of each zone out to its pieces by area, the largest remainders first.

    Parameters
    ----------
    counts
        Zone -> persons or households.
    pieces
        ``area_m2`` and the column ``side``.
    side
        ``before_id`` or ``after_id``: whose counts they are.

    Returns
    -------
    Series
        By row of the pieces, whole numbers; the sum of a zone with land is its count.

    Examples
    --------
    >>> land = pd.DataFrame({"before_id": ["a", "a"], "area_m2": [2.0, 1.0]})
    >>> spread_counts({"a": 100}, land, "before_id").tolist()
    [67, 33]
    """
    total = pieces.groupby(side)["area_m2"].transform("sum")
    counted = pieces[side].map(lambda zone: counts.get(zone, 0))
    exact = (counted * pieces["area_m2"] / total).to_numpy(np.float64)
    whole = np.floor(exact + 1e-9).astype(np.int64)
    spread = pd.DataFrame({"zone": pieces[side].to_numpy(), "n": whole, "rest": exact - whole})
    order = spread.sort_values("rest", ascending=False, kind="stable")
    rank = order.groupby("zone").cumcount().reindex(spread.index)
    left = counted.to_numpy(np.int64) - spread.groupby("zone")["n"].transform("sum")
    return pd.Series(spread["n"] + (rank < left), index=spread.index).set_axis(pieces.index)


def share_out(
    supply: Mapping[Place, int],
    demand: Mapping[Place, int],
    pairs: Iterable[tuple[Place, Place, int | None]],
) -> list[tuple[Place | None, Place | None, int]]:
    """Send supplies to demands: first what each pair wishes, then what is left, in their order.

    Parameters
    ----------
    supply, demand
        Whole numbers that are there, and that there is room for.
    pairs
        (supply, demand, wish), the first served first; no wish is as much as there is.

    Returns
    -------
    list of (supply, demand, number)
        None stands for a supply without demand, or a demand without supply.

    Examples
    --------
    >>> share_out({"a": 5}, {"b": 3, "c": 1}, [("a", "c", None), ("a", "b", 1)])
    [('a', 'c', 1), ('a', 'b', 3), ('a', None, 1)]
    """
    left, room = dict(supply), dict(demand)
    sent: dict[tuple[Place | None, Place | None], int] = {}
    listed = list(pairs)
    for wished in (True, False):
        for old, new, wish in listed:
            most = min(left.get(old, 0), room.get(new, 0))
            number = min(most, wish) if wished and wish is not None else most
            if number > 0:
                sent[old, new] = sent.get((old, new), 0) + number
                left[old] -= number
                room[new] -= number
    sent.update({(old, None): number for old, number in left.items() if number > 0})
    sent.update({(None, new): number for new, number in room.items() if number > 0})
    return [(old, new, number) for (old, new), number in sent.items()]


def sum_flows(rows: Iterable[tuple[str, str, int]]) -> pd.DataFrame:
    """Add up flows between the same two zones.

    Examples
    --------
    >>> sum_flows([("a", "b", 2), ("a", "b", 3), ("", "b", 1)]).values.tolist()
    [['', 'b', 1], ['a', 'b', 5]]
    """
    sums: dict[tuple[str, str], int] = {}
    for old, new, number in rows:
        sums[old, new] = sums.get((old, new), 0) + int(number)
    table = [(old, new, number) for (old, new), number in sorted(sums.items())]
    frame = pd.DataFrame(table, columns=FLOW)
    return frame.astype({"before_id": "str", "after_id": "str", "households": np.int64})
