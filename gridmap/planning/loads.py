"""Zones judged by everything that has a band: the size band of their class, and each load.

A load is a further weight beside the first: residents beside households, say. What is proved
here is proved by adding up, before any search.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridmap.rules import Band

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.planning.problems import Problem


@dataclass(frozen=True)
class Judgement:
    """The zones of a division, each against its own bands.

    Attributes
    ----------
    weights, loads
        What each zone adds up to, shape (z,) and (z, q).
    bands
        Hard band of each zone's class, the class of most of its weight, shape (z, 2).
    by_size, by_load
        Whether the weight is outside that band, and whether a load is outside its own; a label
        that no node has is neither; shape (z,).
    """

    weights: NDArray[np.int64]
    loads: NDArray[np.int64]
    bands: NDArray[np.int64]
    by_size: NDArray[np.bool_]
    by_load: NDArray[np.bool_]

    @property
    def outside(self) -> NDArray[np.bool_]:
        """Return whether each zone is outside any band."""
        return self.by_size | self.by_load


def judge_zones(problem: Problem, labels: NDArray[np.int64] | NDArray[np.int32]) -> Judgement:
    """Judge every zone by the band of its class and by the bands of the loads.

    Parameters
    ----------
    problem
        The graph and its bands.
    labels
        Zone of each node, 0.., shape (n,).

    Returns
    -------
    Judgement
        By zone.

    Notes
    -----
    Source: FIELD.md section 2: bands are per class, several caps can hold at once. A zone's class
    is that of most of its weight, the first of equals.

    Examples
    --------
    >>> from gridmap.planning.problems import BandTable, Problem
    >>> bands = BandTable(np.array([[3, 5]]), np.array([[3, 5]]))
    >>> pair = Problem(np.array([2, 2]), np.array([[0, 1]]), np.ones(1), np.zeros(1), bands,
    ...                np.zeros(2, np.int64), loads=np.array([[7], [9]]),
    ...                load_bands=np.array([[0, 15]]))
    >>> done = judge_zones(pair, np.array([0, 0]))
    >>> done.by_size.tolist(), done.by_load.tolist()
    ([False], [True])
    """
    zones = int(labels.max(initial=-1)) + 1
    shares = np.zeros((zones, len(problem.bands.hard)), np.int64)
    np.add.at(shares, (labels, problem.classes), problem.weights)
    bands = problem.bands.hard[shares.argmax(axis=1)]
    weights = shares.sum(axis=1)
    used = np.bincount(labels, minlength=zones) > 0
    many = 0 if problem.loads is None else problem.loads.shape[1]
    loads = np.zeros((zones, many), np.int64)
    by_load = np.zeros(zones, np.bool_)
    if problem.loads is not None and problem.load_bands is not None:
        np.add.at(loads, labels, problem.loads)
        least, most = problem.load_bands.T
        by_load = used & ((loads < least) | (loads > most)).any(axis=1)
    by_size = used & ((weights < bands[:, 0]) | (weights > bands[:, 1]))
    return Judgement(weights, loads, bands, by_size, by_load)


def find_overburdened(problem: Problem, pieces: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return the pieces of which no division has every zone inside all bands: by adding up.

    Parameters
    ----------
    problem
        The graph and its bands.
    pieces
        The connected piece of each node, numbered from 0, shape (n,).

    Returns
    -------
    ndarray
        Whether loads and weight together are proved impossible, shape (pieces,). All False
        without loads.

    Notes
    -----
    k zones can share a weight W and loads L only when k*lower <= W <= k*upper and, for each load,
    k*least <= L <= k*most. Where no k does, at least one zone is outside in every division; so it
    is where one node's load is above the most that a zone may carry. The widest size band of all
    classes is used, which proves less and nothing false.

    Examples
    --------
    >>> from gridmap.planning.problems import BandTable, Problem
    >>> bands = BandTable(np.array([[3, 5]]), np.array([[3, 5]]))
    >>> pair = Problem(np.array([2, 2]), np.array([[0, 1]]), np.ones(1), np.zeros(1), bands,
    ...                np.zeros(2, np.int64), loads=np.array([[7], [9]]),
    ...                load_bands=np.array([[0, 15]]))
    >>> find_overburdened(pair, np.zeros(2, np.int32)).tolist()
    [True]
    """
    number = int(pieces.max(initial=-1)) + 1
    lower, upper = problem.bands.widest
    if problem.loads is None or problem.load_bands is None:
        return np.zeros(number, np.bool_)
    most = problem.load_bands[:, 1]
    heavy = np.zeros(number, np.bool_)
    heavy[pieces[(problem.loads > most).any(axis=1)]] = True
    weights = np.zeros(number, np.int64)
    np.add.at(weights, pieces, problem.weights)
    loads = np.zeros((number, problem.loads.shape[1]), np.int64)
    np.add.at(loads, pieces, problem.loads)
    return heavy | is_overburdened(weights, loads, problem.load_bands, Band(lower, upper))


def is_overburdened(
    weights: NDArray[np.int64], loads: NDArray[np.int64], limits: NDArray[np.int64], band: Band
) -> NDArray[np.bool_]:
    """Return which totals no number of zones can share inside all bands: by adding up.

    Parameters
    ----------
    weights, loads
        Totals of some pieces, shape (p,) and (p, q).
    limits
        Least and most of each load of a zone, shape (q, 2).
    band
        Least and most weight of a zone.

    Examples
    --------
    >>> from gridmap.rules import Band
    >>> limits = np.array([[0, 2500]])
    >>> is_overburdened(np.array([600, 600]), np.array([[5000], [5001]]), limits, Band(300, 500))
    array([False,  True])
    """
    lower, upper = band.lower, band.upper
    least, most = limits.T
    fewest = np.maximum(-(-weights // upper), 1)
    fewest = np.maximum(fewest, (-(-loads // np.maximum(most, 1))).max(axis=1, initial=0))
    largest = weights // lower
    held = np.where(least > 0, loads // np.maximum(least, 1), np.iinfo(np.int64).max)
    largest = np.minimum(largest, held.min(axis=1, initial=np.iinfo(np.int64).max))
    impossible: NDArray[np.bool_] = fewest > largest
    return impossible


def can_share_loads(problem: Problem, zones: int) -> bool:
    """Tell whether so many zones can carry all loads inside their bands, by adding up.

    Examples
    --------
    >>> from gridmap.planning.problems import BandTable, Problem
    >>> bands = BandTable(np.array([[3, 5]]), np.array([[3, 5]]))
    >>> pair = Problem(np.array([2, 2]), np.array([[0, 1]]), np.ones(1), np.zeros(1), bands,
    ...                np.zeros(2, np.int64), loads=np.array([[7], [9]]),
    ...                load_bands=np.array([[0, 15]]))
    >>> can_share_loads(pair, 1), can_share_loads(pair, 2)
    (False, True)
    """
    if problem.loads is None or problem.load_bands is None:
        return True
    totals = problem.loads.sum(axis=0)
    least, most = problem.load_bands.T
    return bool(np.all((zones * least <= totals) & (totals <= zones * most)))
