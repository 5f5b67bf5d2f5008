"""Lower bounds by linear programming, made exact in whole numbers.

Cover every node once by zones, at the least sum of prices. Any value put on each node (a dual)
gives a bound that holds however it was found: a division costs the values of all nodes, plus what
each of its zones costs beyond the values of its own nodes. So the solver's floating point only
proposes the values; they are rounded, and the bound is computed from them in integers.

Of three nodes at most one zone can hold two: such triples, each with a toll that every zone pays
which holds two of them, raise the bound where the relaxation covers nodes by halves of zones (the
subset-row cuts of M. Jepsen, B. Petersen, S. Spoorendonk and D. Pisinger, 2008).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

GRAINS = 64
"""Values of nodes are whole multiples of 1/64 of a price."""
SCALE = 1024.0
"""Prices are divided by this for the solver, so that its tolerances suit them."""
EACH, START_EACH = 30, 30
"""Zones of each node that one round adds, and that the first round starts from."""
ALL_AT_ONCE = 4_000
"""Up to so many zones there is but one round."""
MOST_SORTED = 20_000
"""Cheapest zones that one round looks through."""
ROUNDS = 60
PATIENCE = 4
"""Rounds without progress before triples are looked for."""
HAIR = 1e-7
MOST_TRIPLES, TRIPLES_A_ROUND, VIOLATED = 240, 24, 0.05


@dataclass(frozen=True)
class Pool:
    """Zones that a division could use, and what each costs.

    Attributes
    ----------
    sets
        Nodes of each zone as bit masks, shape (m, 2).
    prices
        Whole cost of each, at least 0, shape (m,).
    size
        Number of nodes.
    least, most
        Least and most zones that a division can have.
    """

    sets: NDArray[np.uint64]
    prices: NDArray[np.int64]
    size: int
    least: int
    most: int

    def pick(self, rows: NDArray[Any]) -> Pool:
        """Return some of the zones."""
        return replace(self, sets=self.sets[rows], prices=self.prices[rows])

    def hold(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return whether each zone (row) holds each node (column), 0 or 1."""
        node = np.arange(self.size)
        words = self.sets[rows][:, node // 64] >> (node % 64).astype(np.uint64)
        return (words & np.uint64(1)).astype(np.int64)

    def holds(self, node: int) -> NDArray[np.bool_]:
        """Return which zones hold a node."""
        held: NDArray[np.bool_] = (
            self.sets[:, node // 64] >> np.uint64(node % 64) & np.uint64(1) != 0
        )
        return held

    def covers(self, rows: NDArray[np.int64]) -> bool:
        """Tell whether zones hold every node exactly once."""
        return bool(np.all(self.hold(rows).sum(axis=0) == 1))


@dataclass(frozen=True)
class Values:
    """What a bound is made of, in grains.

    Attributes
    ----------
    nodes
        Value of each node, shape (n,).
    triples
        Nodes of which no two zones can hold two, shape (t, 3).
    tolls
        Of each triple, at least 0, shape (t,).
    each
        Value of every zone, of either sign: what one more of them would change.
    """

    nodes: NDArray[np.int64]
    triples: NDArray[np.int64]
    tolls: NDArray[np.int64]
    each: int = 0

    def price_beyond(self, pool: Pool, top: int = 0) -> NDArray[np.int64]:
        """Return what each zone costs beyond the values of its nodes, tolls added, in grains.

        Where that is above ``top``, some number above ``top`` is returned that is not above it.
        """
        from gridmap.proving.masks import add_tolls, add_up

        beyond: NDArray[np.int64] = pool.prices * GRAINS - add_up(pool.sets, self.nodes) - self.each
        if len(self.triples):
            add_tolls(pool.sets, self.triples, self.tolls, beyond, top)
        return beyond

    def bound(self, pool: Pool, beyond: NDArray[np.int64], *, given: int = 0) -> int:
        """Return what every division costs at least, in grains.

        ``given``: zones of which ``beyond`` is accounted for by the caller.
        """
        total = int(self.nodes.sum()) - int(self.tolls.sum())
        total += self.each * (pool.least if self.each > 0 else pool.most)
        return total + (pool.most - given) * min(0, int(beyond.min(initial=0)))


@dataclass(frozen=True)
class Relaxation:
    """The best values found, the bound they give, and the zones that the relaxation uses.

    Attributes
    ----------
    values, beyond
        The values, and the price of each zone beyond them, in grains, shape (m,).
    bound
        Every division costs at least so much, in grains: exact.
    used, held, shares
        Zones in the last relaxed optimum, the nodes they hold, and how much of each is used.
    work
        Zones given to the solver, summed over its calls.
    """

    values: Values
    beyond: NDArray[np.int64]
    bound: int
    used: NDArray[np.int64]
    held: NDArray[np.int64]
    shares: NDArray[np.float64]
    work: int

    @property
    def is_whole(self) -> bool:
        """Tell whether every zone is used whole."""
        return bool(np.all(self.shares > 1 - 1e-6))


def relax(
    pool: Pool,
    *,
    dear: int,
    start: NDArray[np.int64],
    triples: NDArray[np.int64],
    enough: int,
    work: int,
    must_stop: Callable[[], bool] | None = None,
) -> Relaxation:
    """Bound the cheapest division from below, adding zones and triples as they are needed.

    Parameters
    ----------
    pool
        All zones.
    dear
        What leaving a node uncovered costs in the relaxation: above every division of interest.
    start
        Rows to start from.
    triples
        Triples to start from, shape (t, 3).
    enough
        A bound, in grains, at which there is no need to go on.
    work
        Zones that may be given to the solver, summed over its calls.
    must_stop
        Asked between calls of the solver; None where there is no clock.

    Returns
    -------
    Relaxation
        Of the best bound met. It is a bound whatever the solver did.
    """
    rows = _begin(pool, start)
    best, rows = _add_zones(pool, rows, triples, dear=dear, enough=enough, must_stop=must_stop)
    while best.bound < enough and not best.is_whole and best.work < work:
        more = _find_triples(best)
        if (must_stop is not None and must_stop()) or len(more) == 0:
            break
        if len(triples) + len(more) > MOST_TRIPLES:
            break
        triples = np.concatenate([triples, more])
        after, rows = _add_zones(pool, rows, triples, dear=dear, enough=enough, must_stop=must_stop)
        little = after.bound - best.bound < (enough - best.bound) // 50
        after = replace(after, work=best.work + after.work)
        best = after if after.bound >= best.bound else replace(best, work=after.work)
        if little:
            break
    return best


def _add_zones(
    pool: Pool,
    rows: NDArray[np.int64],
    triples: NDArray[np.int64],
    *,
    dear: int,
    enough: int,
    must_stop: Callable[[], bool] | None,
) -> tuple[Relaxation, NDArray[np.int64]]:
    """Solve the relaxation over a growing choice of zones; return it and the choice."""
    best: Relaxation | None = None
    lowest, stalled, work = np.inf, 0, 0
    for _ in range(ROUNDS):
        shares, values, cost = solve_relaxed(pool, rows, triples, dear)
        work += len(rows)
        tried = [values] if best is None else [values, _take_middle(best.values, values)]
        beyond = [some.price_beyond(pool) for some in tried]
        if best is None:
            best = _describe(pool, rows, shares, values, beyond[0])
        else:
            now = _describe(pool, rows, shares, best.values, best.beyond)
            best = replace(now, bound=best.bound)
        for some, over in zip(tried, beyond, strict=True):
            bound = some.bound(pool, over)
            if bound > best.bound:
                best = replace(best, values=some, beyond=over, bound=bound)
        stalled = stalled + 1 if cost > lowest - GRAINS else 0
        lowest = min(lowest, cost)
        tight = cost - best.bound <= max(2 * GRAINS, (enough - cost) / 100)
        if best.bound >= enough or tight or (stalled >= PATIENCE and cost < enough):
            break
        wanted = [_choose(pool, over, -1, EACH) for over in beyond]
        more = np.setdiff1d(np.concatenate(wanted), rows)
        if len(more) == 0 or (must_stop is not None and must_stop()):
            break
        rows = np.union1d(rows, more)
    assert best is not None  # noqa: S101  # there is at least one round
    return replace(best, work=work), rows


def _describe(
    pool: Pool,
    rows: NDArray[np.int64],
    shares: NDArray[np.float64],
    values: Values,
    beyond: NDArray[np.int64],
) -> Relaxation:
    """Return a relaxation with the zones that a solution uses."""
    used = np.flatnonzero(shares > HAIR)
    return Relaxation(
        values=values,
        beyond=beyond,
        bound=values.bound(pool, beyond),
        used=rows[used],
        held=pool.hold(rows[used]),
        shares=shares[used],
        work=0,
    )


def _take_middle(one: Values, other: Values) -> Values:
    """Return values half way between two: steadier than the solver's, which jump."""
    return Values(
        (one.nodes + other.nodes) // 2,
        one.triples,
        (one.tolls + other.tolls) // 2,
        (one.each + other.each) // 2,
    )


def _begin(pool: Pool, start: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rows to start from: those given, and cheap ones around every node."""
    if len(pool.prices) <= ALL_AT_ONCE:
        return np.arange(len(pool.prices))
    from gridmap.proving.masks import add_up

    many = add_up(pool.sets, np.ones(pool.size, np.int64))
    return np.union1d(start, _choose(pool, pool.prices // many, None, START_EACH))


def _choose(
    pool: Pool, worth: NDArray[np.int64], below: int | None, each: int
) -> NDArray[np.int64]:
    """Return the rows with the least worth, spread over all nodes."""
    from gridmap.proving.masks import choose_spread

    rows = np.arange(len(worth)) if below is None else np.flatnonzero(worth < below)
    if len(rows) > MOST_SORTED:
        least = np.partition(worth[rows], MOST_SORTED)[MOST_SORTED]
        rows = rows[worth[rows] <= least][:MOST_SORTED]
    order = rows[np.argsort(worth[rows], kind="stable")]
    chosen: NDArray[np.int64] = choose_spread(pool.sets, order, each, pool.size)
    return chosen


def solve_relaxed(
    pool: Pool, rows: NDArray[np.int64], triples: NDArray[np.int64], dear: int
) -> tuple[NDArray[np.float64], Values, float]:
    """Return how much of each row the relaxed optimum uses, its values, and its cost in grains."""
    from scipy.optimize import linprog
    from scipy.sparse import csc_array, eye_array, hstack

    held = pool.hold(rows)
    many = len(rows)
    spare = pool.size + 2
    covered = hstack([csc_array(held.T.astype(np.float64)), eye_array(pool.size, spare)])
    twice = (held[:, triples].sum(axis=2) >= 2).T.astype(np.float64)
    limits = np.vstack([np.ones(many), -np.ones(many), twice])
    excess = eye_array(len(limits), spare, k=pool.size)
    done = linprog(
        np.concatenate([pool.prices[rows], np.full(spare, dear)]) / SCALE,
        A_eq=covered.tocsc(),
        b_eq=np.ones(pool.size),
        A_ub=hstack([csc_array(limits), -excess]).tocsc(),
        b_ub=np.concatenate([[pool.most, -pool.least], np.ones(len(triples))]),
        method="highs",
    )
    if done.x is None:
        none = Values(np.zeros(pool.size, np.int64), triples, np.zeros(len(triples), np.int64))
        return np.zeros(many), none, 0.0
    grains = SCALE * GRAINS
    nodes = np.rint(done.eqlin.marginals * grains).astype(np.int64)
    prices = np.rint(done.ineqlin.marginals * grains).astype(np.int64)
    each = int(prices[0] - prices[1])
    return (
        done.x[:many],
        Values(nodes, triples, np.maximum(0, -prices[2:]), each),
        done.fun * grains,
    )


def _find_triples(done: Relaxation) -> NDArray[np.int64]:
    """Return triples of which the relaxation's zones hold two more than once."""
    held = done.held.astype(np.float64)
    size = held.shape[1]
    pairs = (held * done.shares[:, None]).T @ held
    both = np.zeros((size, size, size))
    for row, share in zip(held, done.shares, strict=True):
        nodes = np.flatnonzero(row)
        both[np.ix_(nodes, nodes, nodes)] += share
    a, b, c = (np.array(x) for x in _triangles(size))
    over = pairs[a, b] + pairs[a, c] + pairs[b, c] - 2 * both[a, b, c] - 1
    known = {tuple(triple) for triple in done.values.triples.tolist()}
    chosen: list[tuple[int, int, int]] = []
    count = np.zeros(size, np.int64)
    for place in np.argsort(-np.round(over, 9), kind="stable"):
        if over[place] < VIOLATED or len(chosen) == TRIPLES_A_ROUND:
            break
        triple = (int(a[place]), int(b[place]), int(c[place]))
        if triple not in known and count[list(triple)].min() < 3:
            chosen.append(triple)
            count[list(triple)] += 1
    return np.array(chosen, np.int64).reshape(-1, 3)


def _triangles(size: int) -> tuple[NDArray[np.int64], ...]:
    a, b, c = np.meshgrid(*[np.arange(size)] * 3, indexing="ij")
    up = (a < b) & (b < c)
    return a[up], b[up], c[up]
