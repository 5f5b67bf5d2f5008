"""The cells of a plan as a graph: what touches what inside a grid, and what cutting there costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridmap.planning.costing import METRES, PLAIN, cost_borders
from gridmap.units.edges import find_shared_edges
from gridmap.units.measuring import measure_polygons, measure_segments

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.model import Territory
    from gridmap.planning.atoms import Cells


@dataclass(frozen=True)
class Ground:
    """Cells and the borders between them.

    Attributes
    ----------
    areas, perimeters
        Of each cell, in square metres and metres, shape (n,).
    edges, lengths
        Cells on both sides of each border, and its metres, shape (m, 2) and (m,).
    passable
        Whether a zone may lie on both sides, shape (m,).
    cuts, crossings
        Costs of a border as in `gridmap.planning.costing`, shape (m,).
    """

    areas: NDArray[np.float64]
    perimeters: NDArray[np.float64]
    edges: NDArray[np.int64]
    lengths: NDArray[np.float64]
    passable: NDArray[np.bool_]
    cuts: NDArray[np.float64]
    crossings: NDArray[np.float64]


def read_ground(territory: Territory, cells: Cells, grid: NDArray[np.int64]) -> Ground:
    """Return the borders between cells of one grid.

    A border between two units passes on its costs in proportion to length; inside a unit a border
    runs along nothing that people know.

    Parameters
    ----------
    territory
        Units and borders.
    cells
        The land of atoms.
    grid
        Grid of each cell, shape (n,).

    Returns
    -------
    Ground
        Each pair of touching cells once.
    """
    units = territory.units
    shared = find_shared_edges(cells.shape)
    shared = shared.only(grid[shared.left] == grid[shared.right])
    metres = measure_segments(shared.start, shared.end, crs=units.crs, metric_crs=units.metric_crs)
    key = shared.left * len(cells.shape) + shared.right
    pair, number = np.unique(key, return_inverse=True)
    length = np.bincount(number.ravel(), weights=metres, minlength=len(pair)).astype(np.float64)
    edges = np.column_stack(np.divmod(pair, max(1, len(cells.shape)))).astype(np.int64)
    row = _find_borders(territory, cells.unit[edges])
    costs = cost_borders(territory.borders)
    whole = np.append(territory.borders["length_m"].to_numpy(np.float64), 1.0)
    share = np.minimum(1.0, length / np.maximum(whole[row], 1e-9))
    inner = cells.unit[edges[:, 0]] == cells.unit[edges[:, 1]]
    cuts = np.where(inner, length * PLAIN / METRES, np.append(costs.cuts, 0.0)[row] * share)
    crossings = np.where(inner, 0.0, np.append(costs.crossings, 0.0)[row] * share)
    passable = np.append(territory.borders["passable"].to_numpy(np.bool_), False)[row] | inner
    area, perimeter = measure_polygons(cells.shape, crs=units.crs, metric_crs=units.metric_crs)
    return Ground(area, perimeter, edges, length, passable, cuts, crossings)


def _find_borders(territory: Territory, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the row in ``borders`` of each pair of units, -1 for none."""
    index = pd.Index(territory.units.frame.index)
    size = len(index)
    ends = [index.get_indexer(pd.Index(territory.borders[k])) for k in ("unit_a", "unit_b")]
    known = np.minimum(*ends).astype(np.int64) * size + np.maximum(*ends)
    asked = pairs.min(axis=1) * size + pairs.max(axis=1)
    return np.asarray(pd.Index(known).get_indexer(pd.Index(asked)), np.int64)
