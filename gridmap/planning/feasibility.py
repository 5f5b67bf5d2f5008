"""Arithmetic before any search: what a connected piece of land can hold, and what it can't.

Nothing here searches. A bound that is stated here is proved by counting households alone, so a
planner hears why a grid must be outside its band, and which totals could be shared, before a
single grid is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gridmap.proving import find_unfit, is_proved_impossible
from gridmap.proving.fitting import MOST_NODES, Effort, allow_effort

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from gridmap.rules import Band


@dataclass(frozen=True, slots=True)
class PieceBound:
    """What arithmetic proves of one connected piece.

    Attributes
    ----------
    piece
        Number of the piece, by its first node.
    nodes, weight
        How many nodes, and their weight in all (households).
    least_zones, most_zones
        Zones inside the band that can share the weight; ``least_zones > most_zones`` when none
        can. Nodes above the ceiling are counted as a zone each in both.
    too_large
        Nodes heavier than the ceiling.
    unavoidable
        Zones that no division brings inside: one for each node above the ceiling, or one where
        the piece can't be divided inside the band. After `sharpen_bounds`, where nodes fit into no
        zone, the zones of the division at hand that hold such a node: each node is outside in
        every division, though one heap of them all would be a single zone.
    reason
        Why: ``building_too_large``, ``too_few_households``, ``total_impossible``,
        ``units_do_not_fit`` (see `sharpen_bounds`), or ``""``.
    nearest
        The nearest weights, below and above, that zones inside the band could share.
    unfit
        Nodes that no zone inside the band can hold, those above the ceiling among them, as far as
        that was looked for (see `sharpen_bounds`).
    """

    piece: int
    nodes: int
    weight: int
    least_zones: int
    most_zones: int
    too_large: int
    unavoidable: int
    reason: str
    nearest: tuple[int, int]
    unfit: tuple[int, ...] = ()


def bound_piece(weights: NDArray[np.int64], *, band: Band, piece: int = 0) -> PieceBound:
    """Return what arithmetic proves of one connected piece of land.

    Parameters
    ----------
    weights
        Households of its nodes, shape (n,), 0 or more.
    band
        Least and most households of a zone.
    piece
        A number to know the piece by.

    Returns
    -------
    PieceBound
        The bound. It holds for every division into zones in one piece in which no zone holds two
        nodes above the ceiling.

    Notes
    -----
    Source: FIELD.md section 2: H households fit grids of lo..hi only if ceil(H/hi)*lo <= H.
    A node above the ceiling is a zone outside the band wherever it lies, and it may take with it
    whatever could not be shared; so with such nodes their number is all that is proved.

    Examples
    --------
    >>> import numpy as np
    >>> from gridmap.rules import Band
    >>> bound = bound_piece(np.array([250, 300]), band=Band(300, 500))
    >>> bound.unavoidable, bound.reason, bound.nearest
    (1, 'total_impossible', (500, 600))
    """
    large = weights > band.upper
    return _state_bound(
        piece,
        len(weights),
        int(weights.sum()),
        int(np.count_nonzero(large)),
        int(weights[large].sum()),
        band=band,
    )


def _state_bound(
    piece: int, nodes: int, total: int, large: int, heavy: int, *, band: Band
) -> PieceBound:
    """Return the bound of a piece from its sums: ``heavy`` is what ``large`` nodes weigh."""
    rest = total - heavy
    impossible = total == 0 or not band.can_hold(total)
    reason = ""
    if large:
        reason = "building_too_large"
    elif total < band.lower:
        reason = "too_few_households"
    elif impossible:
        reason = "total_impossible"
    return PieceBound(
        piece=piece,
        nodes=nodes,
        weight=total,
        least_zones=large + -(-rest // band.upper),
        most_zones=large + rest // band.lower,
        too_large=large,
        unavoidable=large or int(impossible),
        reason=reason,
        nearest=band.nearest_totals(rest if large else total),
    )


def bound_pieces(
    weights: NDArray[np.int64], pieces: NDArray[np.int32], *, band: Band
) -> tuple[PieceBound, ...]:
    """Return the bound of every connected piece, by number.

    Parameters
    ----------
    weights
        Households of each node, shape (n,).
    pieces
        The piece of each node, numbered from 0, shape (n,).
    band
        Least and most households of a zone.

    Returns
    -------
    tuple of PieceBound
        One for each piece.

    Examples
    --------
    >>> import numpy as np
    >>> from gridmap.rules import Band
    >>> bounds = bound_pieces(np.array([400, 9]), np.array([0, 1], np.int32), band=Band(300, 500))
    >>> [bound.reason for bound in bounds]
    ['', 'too_few_households']
    """
    large = weights > band.upper
    nodes = np.bincount(pieces)
    many = np.bincount(pieces[large], minlength=len(nodes))
    totals, heavy = np.zeros((2, len(nodes)), np.int64)
    np.add.at(totals, pieces, weights)
    np.add.at(heavy, pieces[large], weights[large])
    columns = (range(len(nodes)), nodes, totals, many, heavy)
    rows = zip(*(np.asarray(column).tolist() for column in columns), strict=True)
    return tuple(_state_bound(*row, band=band) for row in rows if row[1])


def bound_number(
    bounds: tuple[PieceBound, ...], weights: NDArray[np.int64], zones: int, *, band: Band
) -> tuple[int, int]:
    """Return how many zones are outside the band in every division into a number of zones.

    Parameters
    ----------
    bounds
        What is proved of each piece, for any number of zones.
    weights
        Households of each node, shape (n,).
    zones
        The number of zones, at least one for each piece.
    band
        Least and most households of a zone.

    Returns
    -------
    tuple of int
        Zones that are outside whatever the number, and those that the number adds. A node above
        the ceiling counts as a zone of its own, except where there are too few zones for that:
        then each piece with such a node counts once.

    Notes
    -----
    Source: FIELD.md section 2: k zones of lower..upper hold k*lower..k*upper households. With too
    few zones for a piece one of them must be above; of too many, only so many can be inside as
    the weight that fits allows. Too few zones are best suffered by the pieces that need most.

    Examples
    --------
    >>> import numpy as np
    >>> from gridmap.rules import Band
    >>> weights, band = np.full(64, 50), Band(300, 500)
    >>> bounds = (bound_piece(weights, band=band),)
    >>> [bound_number(bounds, weights, zones, band=band) for zones in (4, 7, 10, 12)]
    [(0, 1), (0, 0), (0, 0), (0, 2)]
    """
    crowded = zones < sum(max(1, bound.too_large) for bound in bounds)
    base, most, savings = 0, 0, []
    for bound in bounds:
        own = min(bound.unavoidable, 1 if crowded else max(1, bound.too_large))
        base += own
        most += own + _count_inside(bound, weights, band)
        savings.append(0 if own else max(0, bound.least_zones - 1))
    short, forced = len(bounds) + sum(savings) - zones, 0
    for saving in sorted(savings, reverse=True):
        if short <= 0:
            break
        short -= saving
        forced += 1
    return base, forced + max(0, zones - most)


def _count_inside(bound: PieceBound, weights: NDArray[np.int64], band: Band) -> int:
    """Return the most zones inside the band that the nodes that fit into one can make."""
    if not bound.unfit:
        return bound.most_zones - bound.too_large
    return (bound.weight - int(weights[list(bound.unfit)].sum())) // band.lower


def sharpen_bounds(
    bounds: tuple[PieceBound, ...],
    weights: NDArray[np.int64],
    pieces: NDArray[np.int32],
    edges: NDArray[np.int64],
    *,
    band: Band,
    labels: NDArray[np.int64],
    must_stop: Callable[[], bool] | None = None,
) -> tuple[PieceBound, ...]:
    """Return the bounds with what `gridmap.proving` proves of the pieces with a zone outside.

    Parameters
    ----------
    bounds, weights, pieces, band
        As given to and returned by `bound_pieces`.
    edges
        Pairs of neighbouring nodes, shape (m, 2).
    labels
        Zone of each node, shape (n,). Only what is around zones outside the band is looked at.
    must_stop
        Asked between proofs where there is a time limit: once it says so, nothing more is proved.
        Without it, the steps are limited in proportion to the nodes, all pieces together.

    Returns
    -------
    tuple of PieceBound
        The same bounds. ``unavoidable`` is the zones that hold a node that fits into none, where
        there is such a node, else 1 where it is proved that the nodes do not fit together. Pieces
        with fewest nodes are proved first.

    Examples
    --------
    >>> import numpy as np
    >>> from gridmap.rules import Band
    >>> weights, pieces = np.array([294, 367, 400]), np.zeros(3, np.int32)
    >>> bounds = bound_pieces(weights, pieces, band=Band(300, 500))
    >>> sharper = sharpen_bounds(bounds, weights, pieces, np.array([[0, 1], [1, 2]]),
    ...                          band=Band(300, 500), labels=np.arange(3))
    >>> sharper[0].reason, sharper[0].unfit
    ('units_do_not_fit', (0,))
    """
    sums = np.bincount(labels, weights=weights)
    outside = ((sums < band.lower) | (sums > band.upper))[labels]
    totals = np.bincount(pieces, weights=weights, minlength=len(bounds))
    outside &= (totals >= band.lower)[pieces]
    if not outside.any():
        return bounds
    effort = allow_effort(len(weights), must_stop)
    unfit = find_unfit(weights, edges, band=band, among=outside, effort=effort)
    sharper = list(bounds)
    for piece, nodes in _group(pieces, np.flatnonzero(unfit & outside)):
        sharper[piece] = replace(
            bounds[piece],
            unavoidable=len(np.unique(labels[nodes])),
            reason=bounds[piece].reason or "units_do_not_fit",
            unfit=tuple(nodes.tolist()),
        )
    _prove_misfits(sharper, weights, pieces, edges, band=band, outside=outside, effort=effort)
    return tuple(sharper)


def _prove_misfits(
    bounds: list[PieceBound],
    weights: NDArray[np.int64],
    pieces: NDArray[np.int32],
    edges: NDArray[np.int64],
    *,
    band: Band,
    outside: NDArray[np.bool_],
    effort: Effort,
) -> None:
    """Put right the bounds of pieces of which it is proved that the nodes do not fit together."""
    asked = np.array([not bound.unavoidable for bound in bounds], np.bool_)
    sizes = np.bincount(pieces, minlength=len(bounds))
    doubtful = np.zeros(len(bounds), np.bool_)
    doubtful[pieces[outside]] = True
    wanted = asked & doubtful & (sizes <= MOST_NODES)
    place = np.zeros(len(weights), np.int64)
    members = dict(_group(pieces, np.flatnonzero(wanted[pieces])))
    inner = np.flatnonzero(wanted[pieces[edges[:, 0]]]) if len(edges) else np.zeros(0, np.int64)
    ways = dict(_group(pieces[edges[:, 0]] if len(edges) else pieces[:0], inner))
    for piece in sorted(members, key=lambda piece: (sizes[piece], piece)):
        if effort.is_spent():
            break
        own = members[piece]
        place[own] = np.arange(len(own))
        ends = place[edges[ways.get(piece, inner[:0])]]
        if is_proved_impossible(weights[own], ends, band=band, effort=effort):
            bounds[piece] = replace(bounds[piece], unavoidable=1, reason="units_do_not_fit")


def _group(
    pieces: NDArray[np.int32], rows: NDArray[np.int64]
) -> list[tuple[int, NDArray[np.int64]]]:
    """Return the rows of each piece that has any, by number."""
    if len(rows) == 0:
        return []
    rows = rows[np.argsort(pieces[rows], kind="stable")]
    own = pieces[rows]
    cuts = np.flatnonzero(np.diff(own)) + 1
    names = own[np.concatenate([[0], cuts])].tolist()
    return list(zip(names, np.split(rows, cuts), strict=True))
