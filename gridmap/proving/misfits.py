"""Single units that fit into no zone, whatever the division.

12 compounds of 275 are below the band alone and above it in pairs, so that every grid that holds
one of them is outside. Most nodes are settled at once by looking at pairs of neighbours; only the
rest are looked at one by one, in the sets of nodes around each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridmap.proving.fitting import BUDGET, Effort

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.rules import Band

STEPS_A_NODE = 20_000
"""Steps to look for a zone that could hold one node, before it is taken to fit."""
BEGIN, NEIGHBOURS_A_STEP, NAMES_A_STEP = 8, 2, 256
"""Steps that beginning with a node counts for; neighbours that are listed in one, and nodes met
that make each step one dearer: sets of them are whole numbers of as many bits."""


def find_unfit(  # what is asked, where, and how much it may take
    weights: NDArray[np.int64],
    edges: NDArray[np.int64],
    *,
    band: Band,
    budget: int = BUDGET,
    among: NDArray[np.bool_] | None = None,
    effort: Effort | None = None,
) -> NDArray[np.bool_]:
    """Find the nodes that are proved to lie in no zone inside the band, in any division.

    Parameters
    ----------
    weights
        Households of each node, shape (n,).
    edges
        Pairs of neighbouring nodes, shape (m, 2).
    band
        Least and most households of a zone.
    budget
        Steps before the rest is taken to fit; equal input gives an equal answer on any machine.
    among
        Nodes that are asked about, shape (n,); all unless given. A node in a zone inside the band
        need not be.
    effort
        Steps shared with other proofs, in place of ``budget``.

    Returns
    -------
    ndarray of bool
        True: no connected set of nodes that holds this one is inside the band, so that its zone
        is outside in every division. False: there is one, or the budget was spent; nodes without
        households are always False. Shape (n,).

    Notes
    -----
    Nodes without households only connect others, so each patch of them is taken for granted in
    every set. Source: gridmap's own method.

    Examples
    --------
    >>> import numpy as np
    >>> from gridmap.rules import Band
    >>> path = np.array([[0, 1], [1, 2], [2, 3]])
    >>> find_unfit(np.array([275, 275, 275, 275]), path, band=Band(300, 500)).tolist()
    [True, True, True, True]
    >>> find_unfit(np.array([275, 275, 275, 30]), path, band=Band(300, 500)).tolist()
    [True, True, False, False]
    """
    effort = Effort(budget) if effort is None else effort
    edges = edges.reshape(-1, 2)
    unfit = weights > band.upper
    light = edges[~unfit[edges].any(axis=1)]
    asked = (weights > 0) & (weights < band.lower)
    if among is not None:
        asked &= among
    if not asked.any():
        return unfit
    hopeless = _sum_parts(weights, light) < band.lower
    unfit |= asked & hopeless
    alone, paired = _judge_pairs(weights, light, band)
    unfit |= asked & alone
    easy = paired | _find_easy(weights, light, band)
    doubtful = np.flatnonzero(asked & ~unfit & ~easy)
    if len(doubtful):
        _look_around(weights, light, band, doubtful, effort, unfit)
    return unfit


def _sum_parts(weights: NDArray[np.int64], edges: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return what the connected part of each node weighs."""
    part = _find_parts(len(weights), edges)
    totals = np.zeros(len(weights), np.int64)
    np.add.at(totals, part, weights)
    return totals[part]


def _find_parts(size: int, edges: NDArray[np.int64]) -> NDArray[np.int32]:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    matrix = coo_array((np.ones(len(edges), np.int8), (edges[:, 0], edges[:, 1])), (size, size))
    part: NDArray[np.int32] = connected_components(matrix, directed=False)[1]
    return part


def _judge_pairs(
    weights: NDArray[np.int64], edges: NDArray[np.int64], band: Band
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which nodes are above the band with any neighbour, and which are inside with one."""
    ends = np.concatenate([edges, edges[:, ::-1]])
    sums = weights[ends].sum(axis=1)
    least = np.full(len(weights), band.upper + 1, np.int64)
    np.minimum.at(least, ends[:, 0], sums)
    paired = np.zeros(len(weights), np.bool_)
    paired[ends[(sums >= band.lower) & (sums <= band.upper), 0]] = True
    return least > band.upper, paired


def _find_easy(
    weights: NDArray[np.int64], edges: NDArray[np.int64], band: Band
) -> NDArray[np.bool_]:
    """Return nodes with so many light ones around that a zone grown among them can't miss the band.

    A node no heavier than the band is wide, and one more, never takes a set from below the band to
    above it.
    """
    fine = weights <= band.upper - band.lower + 1
    sums = np.where(fine, _sum_parts(weights, edges[fine[edges].all(axis=1)]), 0)
    around = np.zeros(len(weights), np.int64)
    np.maximum.at(around, edges[:, 0], sums[edges[:, 1]])
    np.maximum.at(around, edges[:, 1], sums[edges[:, 0]])
    own: NDArray[np.bool_] = np.where(fine, sums, weights + around) >= band.lower
    return own & (weights <= band.upper)


def _look_around(  # one loop over what is left
    weights: NDArray[np.int64],
    edges: NDArray[np.int64],
    band: Band,
    doubtful: NDArray[np.int64],
    effort: Effort,
    unfit: NDArray[np.bool_],
) -> None:
    """Look for a zone around each doubtful node; mark those that have none."""
    if effort.is_spent():
        return
    land = _Land(weights, edges, band)
    fits: set[int] = set()
    for node in doubtful.tolist():
        if effort.is_spent():
            break
        if node in fits:
            continue
        effort.steps -= BEGIN
        zone = land.find_zone(node, effort)
        if zone is None:
            continue
        fits.update(zone)
        unfit[node] = not zone


class _Land:
    """Nodes with households, each a neighbour of those at the same patch of land without any."""

    def __init__(self, weights: NDArray[np.int64], edges: NDArray[np.int64], band: Band) -> None:
        empty = weights == 0
        patch = _find_parts(len(weights), edges[empty[edges].all(axis=1)])
        self._name = np.where(empty, len(weights) + patch, np.arange(len(weights)))
        ends = self._name[edges]
        ends = np.concatenate([ends, ends[:, ::-1]])
        ends = np.unique(ends[ends[:, 0] != ends[:, 1]], axis=0)
        self._near = ends[:, 1]
        self._starts = np.searchsorted(ends[:, 0], np.arange(2 * len(weights) + 1))
        self._size = len(weights)
        self._weights = weights
        self._band = band

    def list_near(self, node: int) -> list[int]:
        """Return the neighbours of a node, directly or over a patch."""
        found: list[int] = []
        for other in self._near[self._starts[node] : self._starts[node + 1]].tolist():
            if other >= self._size:
                found += self._near[self._starts[other] : self._starts[other + 1]].tolist()
            else:
                found.append(other)
        return found

    def find_zone(self, node: int, effort: Effort) -> set[int] | None:
        """Return a connected set inside the band that holds a node, or None when steps are spent.

        Empty: it is proved that there is none.
        """
        names, place, near = [node], {node: 0}, dict[int, int]()
        lower, upper = self._band.lower, self._band.upper

        def reach(bit: int) -> int:
            """Return the neighbours of a set's newest node as bits, numbered as they are met."""
            if bit not in near:
                around = self.list_near(names[bit])
                effort.steps -= len(around) // NEIGHBOURS_A_STEP
                mask = 0
                for other in around:
                    if other not in place:
                        place[other] = len(names)
                        names.append(other)
                    mask |= 1 << place[other]
                near[bit] = mask
            return near[bit]

        stack = [(1, int(self._weights[node]), reach(0) & ~1, 1)]
        last = effort.steps - STEPS_A_NODE
        while stack and effort.steps > max(0, last):
            effort.steps -= 1 + len(names) // NAMES_A_STEP
            chosen, weight, border, closed = stack.pop()
            if lower <= weight <= upper:
                return {name for bit, name in enumerate(names) if chosen >> bit & 1}
            if border == 0:
                continue
            bit = border & -border
            taken = bit.bit_length() - 1
            stack.append((chosen, weight, border & ~bit, closed | bit))
            heavier = weight + int(self._weights[names[taken]])
            if heavier <= upper:
                more = (border | reach(taken)) & ~(closed | bit)
                stack.append((chosen | bit, heavier, more, closed | bit))
        return None if stack else set()
