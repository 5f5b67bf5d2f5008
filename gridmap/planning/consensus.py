"""The layer that departments disagree with least, drawn by the engine.

Two neighbouring units are a pair. A department that has both in one grid is contradicted when the
new layer parts them; one that has them in two grids is contradicted when it joins them. Each
contradiction counts the households of the smaller unit (at least one), for these would have to
change sides to end it. The sum over pairs and departments is the disagreement.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gridmap.boundaries.overlay import take_grids
from gridmap.boundaries.planes import Plane
from gridmap.planning.costing import CROSSING_WORTH, BorderCosts

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from gridmap.model import Units
    from gridmap.planning.land import Land

AGREEMENT = 128.0
"""Cost of parting a pair of mean weight that all departments have together, in units of an
ordinary border (`costing`): it outweighs shape and plain length by far, as much as two main roads
crossed, and a fourth of a compound split (`kernels.weighing`). gridmap's own default."""


@dataclass(frozen=True)
class Agreement:
    """What departments say of each pair of neighbouring units, shape (m,).

    Attributes
    ----------
    together, apart
        Departments that have both units in one grid, and in two; one that has no grid on either
        side says nothing.
    worth
        Households of the smaller unit, at least 1.
    """

    together: NDArray[np.int64]
    apart: NDArray[np.int64]
    worth: NDArray[np.float64]

    def count(self, cut: NDArray[np.bool_]) -> float:
        """Return the disagreement of a layer that parts these pairs."""
        against = np.where(cut, self.together, self.apart)
        return float((against * self.worth).sum())


def weigh_agreement(
    grids: NDArray[np.object_], edges: NDArray[np.int64], weights: NDArray[np.int64]
) -> Agreement:
    """Return what departments say of each pair.

    Parameters
    ----------
    grids
        Grid of each unit in each department, ``""`` for none, shape (n, departments).
    edges
        Pairs of units, shape (m, 2).
    weights
        Of each unit, shape (n,).

    Returns
    -------
    Agreement

    Examples
    --------
    >>> grids = np.array([["1", "a"], ["1", "b"], ["2", ""]], object)
    >>> said = weigh_agreement(grids, np.array([[0, 1], [1, 2]]), np.array([30, 20, 0]))
    >>> said.together.tolist(), said.apart.tolist(), said.worth.tolist()
    ([1, 0], [1, 1], [20.0, 1.0])
    >>> said.count(np.array([False, True]))
    20.0
    """
    one, other = grids[edges[:, 0]], grids[edges[:, 1]]
    known = (one != "") & (other != "")
    same = one == other
    worth = np.maximum(np.minimum(weights[edges[:, 0]], weights[edges[:, 1]]), 1)
    return Agreement(
        together=(known & same).sum(axis=1).astype(np.int64),
        apart=(known & ~same).sum(axis=1).astype(np.int64),
        worth=worth.astype(np.float64),
    )


def price_agreement(costs: BorderCosts, agreement: Agreement, departments: int) -> BorderCosts:
    """Return the costs of borders with what contradicting departments costs added.

    Parameters
    ----------
    costs
        What the land says: roads, compound lines, lengths.
    agreement
        From `weigh_agreement`, of the same borders.
    departments
        How many there are.

    Returns
    -------
    BorderCosts
        What borders cost by themselves decides only where departments are indifferent.

    Examples
    --------
    >>> said = Agreement(np.array([3]), np.array([1]), np.array([20.0]))
    >>> bare = BorderCosts(np.zeros(1), np.zeros(1))
    >>> [float(cost[0]) for cost in price_agreement(bare, said, 4)]
    [96.0, 0.5]
    """
    mean = float(agreement.worth.mean()) if len(agreement.worth) else 1.0
    rate = AGREEMENT / max(1, departments) * agreement.worth / mean
    return BorderCosts(
        costs.cuts + rate * agreement.together,
        costs.crossings + rate * agreement.apart / CROSSING_WORTH,
    )


def find_votes(units: Units, departments: Mapping[str, gpd.GeoDataFrame]) -> NDArray[np.object_]:
    """Return the grid in which each department has each unit.

    Parameters
    ----------
    units
        Of the territory.
    departments
        Department -> polygons with ``grid_id``, in the CRS of the units.

    Returns
    -------
    ndarray
        Shape (units, departments): the grid that holds most of the households that stand in the
        unit, else most of its land; ``""`` where none holds any. Of equals, the first by id.

    Notes
    -----
    Source: buildings and compounds are not cut (issue 4, point 7); the majority is gridmap's own
    default, as in `overlaying`.
    """
    frame = units.frame.sort_index()
    land = np.asarray(frame.geometry.to_numpy(), object)
    plane = Plane.of(units.crs, units.metric_crs)
    row, points, counts = place_homes(units)
    votes = np.full((len(frame), len(departments)), "", object)
    for column, layer in enumerate(departments.values()):
        shapes, ids, _ = take_grids(layer, plane)
        tree = shapely.STRtree(shapes)
        home, grid = tree.query(points, predicate="intersects")
        votes[:, column] = _choose_most(row[home], ids[grid], counts[home], len(frame))
        bare = np.flatnonzero(votes[:, column] == "")
        unit, grid = tree.query(land[bare], predicate="intersects")
        common = shapely.intersection(land[bare][unit], shapes[grid])
        shared = shapely.area(plane.to_metres(common))
        votes[bare, column] = _choose_most(unit, ids[grid], shared, len(bare))
    return votes


def place_homes(
    units: Units,
) -> tuple[NDArray[np.int64], NDArray[np.object_], NDArray[np.int64]]:
    """Return where the households of units stand: row of the unit, point, households.

    Parameters
    ----------
    units
        With or without ``buildings``; rows are those of the frame sorted by id.

    Returns
    -------
    tuple
        Of as many households as the units have, the points in the CRS of the units: those without
        a known place stand at an inner point of their unit.
    """
    frame = units.frame.sort_index()
    index = pd.Index(frame.index)
    own = frame["households"].to_numpy(np.int64)
    row, counts = np.empty(0, np.int64), np.empty(0, np.int64)
    points = np.empty(0, object)
    if units.buildings is not None and len(units.buildings):
        standing = units.buildings
        shapes = np.asarray(standing.geometry.to_numpy(), object)
        row = index.get_indexer(pd.Index(standing["unit_id"])).astype(np.int64)
        counts = standing["households"].to_numpy(np.int64)
        points = shapely.point_on_surface(shapes)
        held = (row >= 0) & (counts > 0) & ~shapely.is_missing(points) & ~shapely.is_empty(points)
        placed = np.bincount(row[held], weights=counts[held], minlength=len(index))
        held &= placed[row] <= own[row]
        row, counts, points = row[held], counts[held], points[held]
    rest = own - np.bincount(row, weights=counts, minlength=len(index)).astype(np.int64)
    left = np.flatnonzero(rest > 0)
    inner = shapely.point_on_surface(np.asarray(frame.geometry.to_numpy(), object)[left])
    return (
        np.concatenate([row, left]).astype(np.int64),
        np.concatenate([points, inner]),
        np.concatenate([counts, rest[left]]).astype(np.int64),
    )


def _choose_most(
    row: NDArray[np.int64],
    ids: NDArray[np.object_],
    worth: NDArray[np.int64] | NDArray[np.float64],
    many: int,
) -> NDArray[np.object_]:
    """Return for each row the id with most worth, ``""`` for none."""
    chosen = np.full(many, "", object)
    table = pd.DataFrame({"row": row, "id": ids, "worth": worth})
    table = table[table["worth"] > 0].groupby(["row", "id"], as_index=False, sort=True).sum()
    table = table.sort_values(["row", "worth", "id"], ascending=[True, False, True], kind="stable")
    best = table.drop_duplicates("row")
    chosen[best["row"].to_numpy(np.int64)] = best["id"].to_numpy(object)
    return chosen


def count_disagreement(land: Land, votes: NDArray[np.object_], assignment: pd.Series[str]) -> float:
    """Return the disagreement of a layer: contradicted pairs, by households of the smaller unit.

    Parameters
    ----------
    land
        The territory as arrays (`gridmap.planning.land.read_land`).
    votes
        From `find_votes`.
    assignment
        unit_id -> grid, such as ``Plan.assignment``.

    Returns
    -------
    float
        Over the borders that one grid may lie across; 0 is full agreement.
    """
    edges = land.edges[land.passable]
    grid = assignment.reindex(pd.Index(land.ids)).to_numpy(object)
    said = weigh_agreement(votes, edges, land.counted)
    return said.count(grid[edges[:, 0]] != grid[edges[:, 1]])


def count_statements(land: Land, votes: NDArray[np.object_]) -> float:
    """Return the most that a layer could disagree: every statement, by households.

    Parameters
    ----------
    land, votes
        As for `count_disagreement`.
    """
    said = weigh_agreement(votes, land.edges[land.passable], land.counted)
    return float(((said.together + said.apart) * said.worth).sum())


def reprice(land: Land, votes: NDArray[np.object_]) -> BorderCosts:
    """Return the costs of a land's borders with what departments say of them.

    Only borders that one grid may lie across are priced, and counted for the mean.
    """
    asked = land.passable
    said = weigh_agreement(votes, land.edges[asked], land.counted)
    own = BorderCosts(land.costs.cuts[asked], land.costs.crossings[asked])
    priced = price_agreement(own, said, votes.shape[1])
    cuts, crossings = land.costs.cuts.copy(), land.costs.crossings.copy()
    cuts[asked], crossings[asked] = priced
    return BorderCosts(cuts, crossings)
