"""What stands inside the units: footprints, undrawn buildings, and clusters of loose households.

The levels below a grid (micro-grids, link units) are drawn from these rows, also from a plan file
alone, so they hold nothing finer than a building: the place of a household without a building is
kept only as the middle of a cluster of households.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gridmap.units.arrays import make_points, take_counts, take_shapes

if TYPE_CHECKING:
    import geopandas as gpd

    from gridmap.model import Sources
    from gridmap.units.arrays import Floats, Ints, Texts
    from gridmap.units.counting import Items

LEAST_CLUSTER = 10
"""Least households around one point: a cluster names no home (gridmap's own default, after
FIELD.md section 7)."""


@dataclass(frozen=True)
class Standing:
    """The rows of `gridmap.model.Units.buildings`, and who is counted in which.

    Attributes
    ----------
    frame
        As in the model.
    of_item
        (items,) place id of each building and named place, ``""`` for others.
    of_home
        (m,) place id of each loose household without a building, ``""`` for others.
    """

    frame: gpd.GeoDataFrame
    of_item: Texts
    of_home: Texts


def list_standing(
    items: Items, shares: pd.DataFrame, homes: gpd.GeoDataFrame | None, sources: Sources
) -> Standing:
    """List what stands in the units.

    Parameters
    ----------
    items
        Buildings and places.
    shares
        Rows ``item``, ``unit_id``, ``households``: an item that is split has several.
    homes
        The households frame, where there is one.
    sources
        For the floors of buildings, and the CRS.

    Returns
    -------
    Standing
        One row a building, whatever its households; clusters of the others.
    """
    import geopandas as gpd

    most = shares.sort_values(["item", "households"], ascending=[True, False], kind="stable")
    unit = most.drop_duplicates("item").set_index("item")["unit_id"]
    named = np.flatnonzero((np.arange(len(items.name)) < items.buildings) | (items.name != ""))
    named = named[np.isin(named, unit.index.to_numpy())]
    rows = [_frame_items(items, named, unit, sources)]
    home = np.empty(0, dtype=np.int64)
    if homes is not None and len(items.home_item):
        loose = (items.home_item >= items.buildings) & (items.name[items.home_item] == "")
        home = np.flatnonzero(loose)
        rows.append(_frame_clusters(items, home, unit, homes))
    frame = pd.concat(rows, ignore_index=True)
    point = shapely.centroid(frame["geometry"].to_numpy(dtype=object))
    frame["x"], frame["y"] = shapely.get_x(point), shapely.get_y(point)
    keys = ["unit_id", "building_id", "x", "y"]
    order = frame.sort_values(keys, kind="stable").index.to_numpy()
    serial = frame.loc[order].groupby("unit_id", sort=False).cumcount().reindex(frame.index) + 1
    ids = (frame["unit_id"].astype(str) + "@" + serial.astype(str)).to_numpy(dtype=object)
    of_item = np.full(len(items.name), "", dtype=object)
    of_item[named] = ids[: len(named)]
    of_home = np.full(0 if homes is None else len(homes), "", dtype=object)
    if len(home):
        of_home[home] = ids[len(named) + rows[1].attrs["cluster"]]
    columns = ["building_id", "unit_id", "floors", "entrances", "households"]
    table = frame[columns].set_axis(pd.Index(ids, name="place_id", dtype=object))
    table = gpd.GeoDataFrame(table, geometry=frame["geometry"].to_numpy(), crs=sources.crs)
    return Standing(table.sort_index(), of_item, of_home)


def _frame_items(items: Items, named: Ints, unit: pd.Series[str], sources: Sources) -> pd.DataFrame:
    """Return a row for each building and named place; the latter at the middle of its spots."""
    built = items.buildings
    layer = sources.layers.get("buildings")
    floors = np.zeros(len(items.name), dtype=np.int64)
    floors[:built] = take_counts(layer, "floors", 0)[:built]
    spots = items.spots
    weight = np.bincount(spots.item, minlength=len(items.name))
    middle = items.point.copy()
    for axis in (0, 1):
        total = np.bincount(spots.item, weights=spots.point[:, axis], minlength=len(items.name))
        middle[:, axis] = np.where(weight > 0, total / np.maximum(weight, 1), middle[:, axis])
    shape = np.where(np.arange(len(items.name)) < built, items.footprint, make_points(middle))
    return pd.DataFrame(
        {
            "building_id": items.name[named],
            "unit_id": unit.reindex(named).to_numpy(dtype=object),
            "floors": floors[named],
            "entrances": items.entrances[named],
            "households": items.households[named],
            "geometry": shape[named],
        }
    )


def _frame_clusters(
    items: Items, home: Ints, unit: pd.Series[str], homes: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Return a row for each cluster of loose households; ``attrs`` holds the cluster of each."""
    shapes = take_shapes(homes)[home]
    xy = np.column_stack([shapely.get_x(shapes), shapely.get_y(shapes)])
    weight = take_counts(homes.iloc[home], "households", 1)
    owner = unit.reindex(items.home_item[home]).to_numpy(dtype=object)
    cluster = np.zeros(len(home), dtype=np.int64)
    used = 0
    for name in np.unique(owner.astype(str)):
        rows = np.flatnonzero(owner == name)
        cluster[rows] = used + cluster_points(xy[rows], weight[rows], LEAST_CLUSTER)
        used = int(cluster[rows].max()) + 1
    total = np.bincount(cluster, weights=weight, minlength=used)
    count = np.maximum(np.bincount(cluster, minlength=used), 1)
    first = np.unique(cluster, return_index=True)[1]
    middle = np.column_stack(
        [np.bincount(cluster, weights=xy[:, axis], minlength=used) / count for axis in (0, 1)]
    )
    shape = make_points(middle)
    shape[total < LEAST_CLUSTER] = None
    frame = pd.DataFrame(
        {
            "building_id": "",
            "unit_id": owner[first],
            "floors": 0,
            "entrances": 0,
            "households": np.rint(total).astype(np.int64),
            "geometry": shape,
        }
    )
    frame.attrs["cluster"] = cluster
    return frame


def cluster_points(points: Floats, weights: Ints, least: int) -> Ints:
    """Group points by halving: along the longer side, as long as both halves weigh enough.

    Parameters
    ----------
    points
        (n, 2) degrees.
    weights
        (n,) households.
    least
        Least weight of a cluster, unless all points together weigh less.

    Returns
    -------
    array
        (n,) cluster of each point, 0 upward; equal points are never parted.

    Examples
    --------
    >>> at = np.array([[0.0, 0.0], [1.0, 0.0], [8.0, 0.0], [9.0, 0.0]])
    >>> cluster_points(at, np.array([1, 1, 1, 1]), 2).tolist()
    [0, 0, 1, 1]
    """
    label = np.zeros(len(points), dtype=np.int64)
    waiting = [np.arange(len(points))]
    used = 0
    while waiting:
        rows = waiting.pop()
        cut = _halve(points[rows], weights[rows], least)
        if cut is None:
            label[rows] = used
            used += 1
        else:
            waiting += [rows[~cut], rows[cut]]
    return label


def _halve(
    points: Floats, weights: Ints, least: int
) -> np.ndarray[tuple[int], np.dtype[np.bool_]] | None:
    """Return which points are in the first half, or None where no cut leaves enough on both."""
    spread = np.ptp(points, axis=0)
    for axis in np.argsort(-spread, kind="stable").tolist():
        values, number = np.unique(points[:, axis], return_inverse=True)
        below = np.cumsum(np.bincount(number.ravel(), weights=weights))[:-1]
        total = float(weights.sum())
        good = np.flatnonzero((below >= least) & (total - below >= least))
        if len(good):
            best = good[int(np.argmin(np.abs(below[good] - total / 2)))]
            return np.asarray(points[:, axis] <= values[best])
    return None
