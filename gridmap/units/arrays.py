"""Frames as arrays: the geometry and the columns of a layer, and geometry from coordinates.

The engine of the units works on whole arrays; a layer that is absent is an empty array.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

if TYPE_CHECKING:
    import geopandas as gpd

Geometries: TypeAlias = NDArray[np.object_]
Texts: TypeAlias = NDArray[np.object_]
Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Bools: TypeAlias = NDArray[np.bool_]


def take_shapes(frame: gpd.GeoDataFrame | None) -> Geometries:
    """Return the geometry of a layer as an array."""
    if frame is None:
        return np.empty(0, dtype=object)
    return np.array(frame.geometry.to_numpy(), dtype=object)


def take_texts(frame: gpd.GeoDataFrame | None, column: str) -> Texts:
    """Return a column of texts, all ``""`` where the layer does not have it.

    Examples
    --------
    >>> take_texts(None, "name").tolist()
    []
    """
    if frame is None:
        return np.empty(0, dtype=object)
    if column not in frame.columns:
        return np.full(len(frame), "", dtype=object)
    return np.array(frame[column].to_numpy(dtype=object), dtype=object)


def take_counts(frame: gpd.GeoDataFrame | None, column: str, absent: int) -> Ints:
    """Return a column as whole numbers from 0, halves up, ``absent`` where there is none.

    Examples
    --------
    >>> take_counts(pd.DataFrame({"households": [2.5, None, "3"]}), "households", 1).tolist()
    [3, 1, 3]
    """
    if frame is None:
        return np.empty(0, dtype=np.int64)
    if column not in frame.columns:
        return np.full(len(frame), absent, dtype=np.int64)
    numbers = pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=np.float64)
    numbers = np.where(np.isfinite(numbers), numbers, absent)
    return np.floor(np.maximum(numbers, 0) + 0.5).astype(np.int64)


def make_points(xy: Floats) -> Geometries:
    """Return points from (n, 2) coordinates, always as an array."""
    return np.asarray(shapely.points(xy.reshape(-1, 2)), dtype=object).reshape(-1)


def make_segments(start: Floats, end: Floats) -> Geometries:
    """Return straight lines from their (n, 2) ends, always as an array."""
    pairs = np.stack([start, end], axis=1).reshape(-1, 2, 2)
    return np.asarray(shapely.linestrings(pairs), dtype=object).reshape(-1)


def run_starts(values: Ints) -> tuple[Ints, Ints]:
    """Return where each run of equal values starts, and where it ends.

    Examples
    --------
    >>> [part.tolist() for part in run_starts(np.array([4, 4, 9]))]
    [[0, 2], [2, 3]]
    """
    new = np.ones(len(values), dtype=bool)
    new[1:] = values[1:] != values[:-1]
    starts = np.flatnonzero(new)
    return starts, np.append(starts[1:], len(values)).astype(np.int64)[: len(starts)]


def rank_in_run(count: Ints) -> tuple[Ints, Ints]:
    """Repeat each position ``count`` times; return also the rank of each repetition.

    Examples
    --------
    >>> [part.tolist() for part in rank_in_run(np.array([2, 0, 1]))]
    [[0, 0, 2], [0, 1, 0]]
    """
    at = np.repeat(np.arange(len(count)), count)
    return at, np.arange(len(at)) - np.repeat(np.cumsum(count) - count, count)


def name_of(ids: Texts, rows: Ints) -> Texts:
    """Return the ids at these rows, ``""`` for a negative row.

    Examples
    --------
    >>> name_of(np.array(["a", "b"], dtype=object), np.array([1, -1])).tolist()
    ['b', '']
    """
    result: Any = np.concatenate([ids, np.array([""], dtype=object)])[rows]
    return np.asarray(result, dtype=object)
