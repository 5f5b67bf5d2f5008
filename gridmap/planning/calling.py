"""Stations as the engine sees them: which unit each one calls, and what is owed to whom.

From `gridmap.planning.serving.Service` by name to units and pieces of land by position: the term
(who wants to be with whom) and the constraint (who must be near a station).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridmap.lineage import match_zones
from gridmap.planning.attending import Duty, attend_zones
from gridmap.planning.boards import NOWHERE, Board
from gridmap.planning.costing import BorderCosts
from gridmap.planning.problems import number_by_first

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from gridmap.planning.problems import Problem
    from gridmap.planning.serving import Service

SAME_STATION = 2.0
"""Added to the cost of cutting between two units that reach the same station soonest, in ordinary
edges: half of what a compound is worth (gridmap's own default)."""


@dataclass(frozen=True)
class Calls:
    """The stations and the homes of a territory by position of unit.

    Attributes
    ----------
    service
        By name.
    homes
        (h,) unit of each home.
    seats
        (k,) unit of each station, -1 for none.
    calls
        (n,) unit of the station that most households of each unit reach soonest, -1 for none.
    nearest
        (n,) that station, -1 for none.
    """

    service: Service
    homes: NDArray[np.int64]
    seats: NDArray[np.int64]
    calls: NDArray[np.int64]
    nearest: NDArray[np.int64]


def place_calls(service: Service, ids: NDArray[np.object_]) -> Calls:
    """Return stations and homes by position.

    Parameters
    ----------
    service
        With units that are among ``ids``.
    ids
        Ids of the units, shape (n,).
    """
    index = pd.Index(ids)
    homes = index.get_indexer(pd.Index(service.units)).astype(np.int64)
    seats = index.get_indexer(pd.Index(service.seats)).astype(np.int64)
    known = service.nearest >= 0
    rows = pd.DataFrame(
        {
            "unit": homes[known],
            "station": service.nearest[known],
            "many": service.households[known],
        }
    )
    sums = rows.groupby(["unit", "station"])["many"].sum().reset_index()
    most = sums.sort_values(
        ["unit", "many", "station"], ascending=[True, False, True]
    ).drop_duplicates("unit")
    nearest = np.full(len(ids), -1, np.int64)
    nearest[most["unit"].to_numpy(np.int64)] = most["station"].to_numpy(np.int64)
    calls = np.where(nearest >= 0, seats[np.maximum(nearest, 0)], -1)
    return Calls(service, homes, seats, calls, nearest)


def cost_stations(costs: BorderCosts, calls: Calls, edges: NDArray[np.int64]) -> BorderCosts:
    """Return the costs of borders with what it is worth to keep those of one station together.

    Parameters
    ----------
    costs
        From `gridmap.planning.costing.cost_borders`.
    calls
        Who reaches which station soonest.
    edges
        Units on both sides of each border, shape (m, 2).

    Returns
    -------
    BorderCosts
        A cut between two of one station is dearer by `SAME_STATION`; one between two stations is
        cheap beside it. A border on a main road, railway or river is not touched.
    """
    ends = calls.nearest[edges]
    same = (ends[:, 0] == ends[:, 1]) & (ends[:, 0] >= 0) & (costs.crossings == 0)
    return BorderCosts(costs.cuts + np.where(same, SAME_STATION, 0.0), costs.crossings)


def list_calls(calls: Calls | None, members: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """Return for each unit of a piece the one of this piece that calls it, -1 for none.

    Parameters
    ----------
    calls
        None where stations count for nothing.
    members
        The units of the piece, ascending.
    """
    if calls is None:
        return None
    place = np.full(len(calls.calls) + 1, -1, np.int64)
    place[members] = np.arange(len(members))
    return place[calls.calls[members]]


def wish_zones(
    called: NDArray[np.int64] | None, current: NDArray[np.int64] | None
) -> list[int] | None:
    """Return today's zone of the station that each node reaches soonest, -1 for none.

    Examples
    --------
    >>> wish_zones(np.array([2, -1, 2]), np.array([0, 0, 1]))
    [1, -1, 1]
    """
    if called is None or current is None:
        return None
    wish: list[int] = np.where(called >= 0, current[np.maximum(called, 0)], NOWHERE).tolist()
    return wish


def state_duty(calls: Calls, members: NDArray[np.int64]) -> Duty:
    """Return who must be near a station, for one piece of land.

    Parameters
    ----------
    calls
        Stations and homes.
    members
        The units of the piece, ascending.
    """
    place = np.full(len(calls.calls) + 1, -1, np.int64)
    place[members] = np.arange(len(members))
    seats = place[calls.seats]
    here = np.flatnonzero(seats >= 0)
    offered = [0] * len(members)
    for bit, station in enumerate(here.tolist()):
        offered[int(seats[station])] |= 1 << bit
    owed: list[dict[int, int]] = [{} for _ in members]
    nodes = place[calls.homes]
    near = calls.service.within[:, here]
    for home in np.flatnonzero((nodes >= 0) & near.any(axis=1)).tolist():
        mask = sum(1 << bit for bit in np.flatnonzero(near[home]).tolist())
        row = owed[int(nodes[home])]
        row[mask] = row.get(mask, 0) + int(calls.service.households[home])
    return Duty(tuple(tuple(sorted(row.items())) for row in owed), tuple(offered))


def attend_pieces(
    calls: Calls,
    members: list[NDArray[np.int64]],
    problems: list[Problem],
    zones: list[NDArray[np.int32]],
    *,
    spare: int,
    must_stop: Callable[[], bool],
) -> list[NDArray[np.int32]]:
    """Bring households within reach of a station of their zone, piece by piece.

    Parameters
    ----------
    calls
        Stations and homes.
    members, problems, zones
        The units of each piece, its graph with ``current``, and its zones, mended.
    spare
        How many zones may be given up.
    must_stop
        Ends the search when it says so.

    Returns
    -------
    list of ndarray
        Zone of each unit of each piece, 0.. by first unit.
    """
    served = []
    for own, problem, labels in zip(members, problems, zones, strict=True):
        if problem.current is None:
            served.append(labels)
            continue
        names = match_zones(problem.current, labels, problem.weights)
        fresh = int(max(problem.current.max(initial=-1), 0)) + 1
        new = np.flatnonzero(names < 0)
        names[new] = fresh + np.arange(len(new))
        wish = wish_zones(list_calls(calls, own), problem.current)
        board = Board(problem, names[labels].tolist(), problem.current.tolist(), wish)
        spare -= attend_zones(board, state_duty(calls, own), spare=spare, must_stop=must_stop)
        served.append(number_by_first(board.labels()))
    return served
