"""Conflicts: the pieces of land on which departments' grids disagree.

A combination is what grid a piece has in every department. The majority combination of a grid is
the one that covers most of its area. Each piece is compared with the majority combinations of its
own grids, and held against the one it agrees with in most departments. When it agrees in all, the
departments agree there; else the piece is a conflict, and the departments that differ are those
that drew the line elsewhere. So layers that are nested, however fine one of them is, have no
conflict, and one department among thirteen that drew a border at another place is the one named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridmap.boundaries.border_chains import Geometries
    from gridmap.boundaries.spans import Floats, Ints


def find_conflicts(pieces: gpd.GeoDataFrame, departments: Sequence[str]) -> gpd.GeoDataFrame:
    """List the pieces on which departments disagree, the largest first.

    Parameters
    ----------
    pieces
        As in `overlay.Overlay`: a column for each department, ``area_m2``, ``households``.
    departments
        The columns.

    Returns
    -------
    GeoDataFrame
        ``piece`` (row of ``pieces``), ``departments`` (joined by ``;``), ``area_m2``,
        ``households``, geometry (a point inside, the CRS of the pieces).

    Notes
    -----
    gridmap's own definition, at the head of the module. Ties go to the larger area, then the
    earlier department.

    Examples
    --------
    >>> pieces = gpd.GeoDataFrame(
    ...     {"a": ["1", "2", "2"], "b": ["1", "2", "2"], "c": ["1", "1", "2"],
    ...      "area_m2": [9.0, 1.0, 9.0], "households": [5, 1, 5]},
    ...     geometry=[shapely.box(0, 0, 9, 1), shapely.box(9, 0, 10, 1), shapely.box(10, 0, 19, 1)])
    >>> find_conflicts(pieces, ["a", "b", "c"])[["piece", "departments"]].values.tolist()
    [[1, 'c']]
    """
    grids = pieces[list(departments)].to_numpy(dtype=object)
    area = pieces["area_m2"].to_numpy(dtype=np.float64)
    combination, majority = _find_majorities(grids, area)
    first = np.unique(combination, return_index=True)[1]
    agreed = np.full(len(grids), -1, dtype=np.int64)
    size = np.full(len(grids), -1.0)
    chosen = combination.copy()
    total = np.bincount(combination, weights=area)
    for column in range(grids.shape[1]):
        candidate = majority[:, column]
        same = (grids[first[candidate]] == grids).sum(axis=1)
        better = (same > agreed) | ((same == agreed) & (total[candidate] > size))
        agreed[better], size[better] = same[better], total[candidate][better]
        chosen[better] = candidate[better]
    differs = grids[first[chosen]] != grids
    found = np.flatnonzero(differs.any(axis=1))
    found = found[np.lexsort((found, -area[found]))]
    names = np.array(list(departments), dtype=object)
    shapes = np.array(pieces.geometry.to_numpy(), dtype=object)[found]
    return gpd.GeoDataFrame(
        {
            "piece": found,
            "departments": np.array([";".join(names[row]) for row in differs[found]], dtype=object),
            "area_m2": area[found],
            "households": pieces["households"].to_numpy()[found],
        },
        geometry=shapely.point_on_surface(shapes),
        crs=pieces.crs,
    )


def _find_majorities(grids: Geometries, area: Floats) -> tuple[Ints, Ints]:
    """Return the combination of each piece, and for each of its grids the majority one (n, d)."""
    numbers = np.column_stack(
        [np.unique(column.astype(str), return_inverse=True)[1] for column in grids.T]
    )
    combination = np.unique(numbers, axis=0, return_inverse=True)[1].ravel()
    majority = np.empty_like(numbers)
    many = int(combination.max(initial=0)) + 1
    for column, number in enumerate(numbers.T):
        key, place = np.unique(number * many + combination, return_inverse=True)
        covered = np.bincount(place, weights=area, minlength=len(key))
        order = np.lexsort((key, -covered, key // many))
        grid = key[order] // many
        head = np.flatnonzero(np.append(True, grid[1:] != grid[:-1])) if len(grid) else grid
        best = np.zeros(int(number.max(initial=0)) + 1, dtype=np.int64)
        best[grid[head]] = key[order][head] % many
        majority[:, column] = best[number]
    return combination, majority


def score_disagreement(
    pieces: gpd.GeoDataFrame, conflicts: gpd.GeoDataFrame, departments: Sequence[str]
) -> dict[str, float]:
    """Return the share of area and households in conflict, in all and by department.

    Examples
    --------
    >>> pieces = gpd.GeoDataFrame(
    ...     {"a": ["1", "2", "2"], "b": ["1", "1", "2"],
    ...      "area_m2": [9.0, 2.0, 9.0], "households": [5, 0, 5]},
    ...     geometry=[shapely.box(0, 0, 9, 1), shapely.box(9, 0, 11, 1), shapely.box(11, 0, 20, 1)])
    >>> score_disagreement(pieces, find_conflicts(pieces, ["a", "b"]), ["a", "b"])
    {'area': 0.1, 'households': 0.0, 'department:a': 0.0, 'department:b': 0.1}
    """
    area, households = float(pieces["area_m2"].sum()), int(pieces["households"].sum())
    named = conflicts["departments"].str.split(";")
    score = {
        "area": float(conflicts["area_m2"].sum()) / area if area else 0.0,
        "households": float(conflicts["households"].sum()) / households if households else 0.0,
    }
    for name in departments:
        own = np.array([name in row for row in named], dtype=bool)
        lost = float(conflicts["area_m2"].to_numpy()[own].sum())
        score[f"department:{name}"] = lost / area if area else 0.0
    return score
