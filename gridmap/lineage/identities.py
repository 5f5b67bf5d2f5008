"""Who is who after a change: zones keep their name by the largest overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

HOUSEHOLD = 1 << 20
"""Weight of a household in common beside that of a node in common (1)."""


def match_zones(
    before: NDArray[np.int64],
    after: NDArray[np.int32] | NDArray[np.int64],
    weights: NDArray[np.int64],
    *,
    allowed: NDArray[np.bool_] | None = None,
    fixed: NDArray[np.bool_] | None = None,
) -> NDArray[np.int64]:
    """Return the zone of before whose name each zone of after keeps.

    Parameters
    ----------
    before
        Zone of each node before, any whole numbers, -1 for none, shape (n,).
    after
        Zone of each node after, 0..k-1, shape (n,).
    weights
        Households of each node, shape (n,).
    allowed
        Whether a zone of after may have the name of a zone of before (rows by ascending zone of
        before), shape (b, k); all may unless given.
    fixed
        Nodes whose zone must keep its name (locked ones), shape (n,).

    Returns
    -------
    ndarray
        For each zone of after the zone of before, or -1 for a new one, shape (k,).

    Notes
    -----
    The sum of households that keep their zone's name is the greatest possible; of equals that of
    nodes (`scipy.optimize.linear_sum_assignment`). A name is kept only where there is any
    overlap. Source: issue 3, the least change: identities kept by the largest overlap.

    Examples
    --------
    >>> before, after = np.array([7, 7, 9, 9]), np.array([0, 1, 1, 1])
    >>> match_zones(before, after, np.array([5, 1, 2, 2])).tolist()
    [7, 9]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    many = int(after.max(initial=-1)) + 1
    names = np.unique(before[before >= 0])
    result = np.full(many, -1, np.int64)
    known = np.flatnonzero(before >= 0)
    if len(known) == 0:
        return result
    rows = np.searchsorted(names, before[known])
    columns = np.asarray(after, np.int64)[known]
    worth = weights[known].astype(np.int64) * HOUSEHOLD + 1
    if fixed is not None:
        worth = np.where(fixed[known], worth + int(worth.sum()), worth)
    pairs, place = np.unique(rows * many + columns, return_inverse=True)
    overlap = np.zeros(len(pairs), np.int64)
    np.add.at(overlap, place.reshape(-1), worth)
    top, left = pairs // many, pairs % many
    if allowed is not None:
        keep = allowed[top, left]
        top, left, overlap = top[keep], left[keep], overlap[keep]
    size = len(names) + many
    graph = coo_array((np.ones(len(top), np.int8), (top, left + len(names))), shape=(size, size))
    group = connected_components(graph, directed=False)[1]
    order = np.argsort(group[top], kind="stable")
    cuts = np.flatnonzero(np.diff(group[top][order])) + 1
    for chosen in np.split(order, cuts):
        _match_group(top[chosen], left[chosen], overlap[chosen], names, result)
    return result


def _match_group(
    top: NDArray[np.int64],
    left: NDArray[np.int64],
    overlap: NDArray[np.int64],
    names: NDArray[np.int64],
    result: NDArray[np.int64],
) -> None:
    """Match zones that overlap one another in a chain; in place."""
    from scipy.optimize import linear_sum_assignment

    if len(top) == 1:
        result[left[0]] = names[top[0]]
        return
    if len(top) == 0:
        return
    rows, row = np.unique(top, return_inverse=True)
    columns, column = np.unique(left, return_inverse=True)
    table = np.zeros((len(rows), len(columns)), np.int64)
    table[row.reshape(-1), column.reshape(-1)] = overlap
    for a, b in zip(*linear_sum_assignment(table, maximize=True), strict=True):
        if table[a, b] > 0:
            result[columns[b]] = names[rows[a]]
