"""The cheapest division out of a pool of zones, proved by a tree of bounds.

First the bound at the root fixes what no cheaper division can use (reduced costs). Then, while a
bound is below what is known, two nodes are taken that the relaxation has partly in one zone: in
one branch they lie in one zone, in the other apart (D. M. Ryan and B. A. Foster, 1981). Every
branch keeps its values, so that anyone can check the tree by adding up whole numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from gridmap.proving.bounding import GRAINS, SCALE, Pool, Relaxation, Values, relax, solve_relaxed

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

MOST_WORK = 600_000
"""Zones given to the solver, summed over its calls, before the gap is told instead."""
MOST_SOUGHT, SOUGHT_NODES = 1_500, 50
UNEVEN = 0.02
"""Zones and steps of the integer program that looks for a cheaper division."""

TRIED, TRIED_ZONES = 6, 1_200
"""Pairs of nodes that are tried before one is branched on, and zones over which."""


@dataclass
class Branch:
    """A part of all divisions, and the values that close it, thin it out or were last tried.

    Attributes
    ----------
    values
        With them the bound of a closed branch is above every cheaper division; in an inner branch
        they rule out zones that no cheaper division can use.
    pair
        Two nodes that lie in one zone in the first of the two branches below, apart in the second.
    count
        Or: the most zones in the first of the two branches below; the second has more.
    below
        The two branches, or none.
    """

    values: Values
    pair: tuple[int, int] | None = None
    count: int | None = None
    below: list[Branch] = field(default_factory=list)

    def count_leaves(self) -> int:
        """Return how many branches below are not divided further."""
        return sum(branch.count_leaves() for branch in self.below) if self.below else 1


@dataclass
class Tree:
    """What is known while the tree grows.

    Attributes
    ----------
    known
        Cost of the cheapest division known, or the least cost that is of no interest.
    step
        Costs of divisions are multiples of this.
    dear
        What the relaxation pays for a node that no zone covers.
    work
        Zones that may still be given to the solver.
    sets
        Zones of the cheapest division found, None while none is cheaper than the one known before.
    open_bound
        Least bound of the branches left open, in grains; None when there is none.
    must_stop
        Asked between calls of the solver; None where there is no clock.
    """

    known: int
    step: int
    dear: int
    work: int
    sets: NDArray[np.uint64] | None = None
    open_bound: int | None = None
    must_stop: Callable[[], bool] | None = None

    @property
    def is_spent(self) -> bool:
        """Tell whether the tree may not grow any more."""
        return self.work <= 0 or (self.must_stop is not None and self.must_stop())

    @property
    def limit(self) -> int:
        """Return the bound, in grains, above which no cheaper division lies."""
        return (self.known - self.step) * GRAINS

    def learn(self, pool: Pool, rows: NDArray[np.int64]) -> None:
        """Take zones that are a division, where it is cheaper than the one known."""
        cost = int(pool.prices[rows].sum())
        counted = pool.least <= len(rows) <= pool.most
        if cost < self.known and counted and pool.covers(rows):
            self.known, self.sets = cost, pool.sets[np.sort(rows)]

    def relax(self, pool: Pool, start: NDArray[np.int64], triples: NDArray[np.int64]) -> Relaxation:
        """Bound the divisions out of a pool."""
        done = relax(
            pool,
            dear=self.dear,
            start=start,
            triples=triples,
            enough=self.limit + 1,
            work=self.work,
            must_stop=self.must_stop,
        )
        self.work -= done.work
        if done.is_whole:
            self.learn(pool, done.used)
        return done

    def thin(self, pool: Pool, done: Relaxation) -> Pool:
        """Return the zones that a division cheaper than the known one may use."""
        top = self.limit - done.values.bound(pool, done.beyond, given=1)
        return pool.pick(done.values.price_beyond(pool, max(0, top)) <= top)


@dataclass(frozen=True)
class Choice:
    """The cheapest division out of a pool, and how it is proved.

    Attributes
    ----------
    sets
        Its zones, None where no division costs less than what was known before.
    cost
        Cost of the cheapest division known.
    bound
        Every division costs at least so much: exact; equal to ``cost`` when it is proved.
    root
        The whole tree of bounds.
    kept
        Zones that the root does not rule out.
    is_closed
        Whether every branch is closed.
    """

    sets: NDArray[np.uint64] | None
    cost: int
    bound: int
    root: Branch
    kept: int
    is_closed: bool


def choose_division(
    pool: Pool,
    *,
    known: int,
    start: NDArray[np.int64],
    step: int = 1,
    dear: int | None = None,
    work: int = MOST_WORK,
    must_stop: Callable[[], bool] | None = None,
) -> Choice:
    """Find the cheapest division out of a pool, and prove it or tell the gap.

    Parameters
    ----------
    pool
        Every zone that a division may use.
    known
        Cost of a known division; only cheaper ones are looked for.
    start
        Rows of zones worth starting from.
    step
        Costs of divisions are multiples of this.
    dear
        What the relaxation pays for a node that no zone covers; twice ``known`` when not given.
    work
        Zones that may be given to the solver in all; equal input gives equal bytes on any machine
        with the same solver.
    must_stop
        Ends the proof when it says so: the gap is told instead.

    Returns
    -------
    Choice
        The division, the bound and the proof.
    """
    tree = Tree(known, step, 2 * known if dear is None else dear, work, must_stop=must_stop)
    done = tree.relax(pool, start, np.zeros((0, 3), np.int64))
    if done.bound <= tree.limit and not tree.is_spent:
        _seek(tree, pool, done)
    root = Branch(done.values)
    kept = _grow(tree, root, pool, done)
    bound = tree.known * GRAINS if tree.open_bound is None else max(tree.open_bound, done.bound)
    return Choice(
        sets=tree.sets,
        cost=tree.known,
        bound=min(tree.known, -(-bound // (GRAINS * step)) * step),
        root=root,
        kept=kept,
        is_closed=tree.open_bound is None,
    )


def _seek(tree: Tree, pool: Pool, done: Relaxation) -> None:
    """Look for a cheaper division by an integer program; its word is taken only as a guess."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    rows = np.argsort(done.beyond, kind="stable")[:MOST_SOUGHT]
    found = milp(
        pool.prices[rows] / SCALE,
        integrality=np.ones(len(rows)),
        bounds=Bounds(0, 1),
        constraints=[
            LinearConstraint(pool.hold(rows).T, 1, 1),
            LinearConstraint(np.ones((1, len(rows))), pool.least, pool.most),
        ],
        options={"node_limit": SOUGHT_NODES},
    )
    if found.x is not None:
        tree.learn(pool, rows[found.x > 0.5])


def _grow(tree: Tree, root: Branch, pool: Pool, done: Relaxation) -> int:
    """Close every branch, or leave some open when the work is spent; return the zones kept."""
    stack: list[tuple[Branch, Pool, Relaxation]] = [(root, pool, done)]
    kept = 0
    none = np.zeros(0, np.int64)
    while stack:
        branch, pool, done = stack.pop()
        if done.bound > tree.limit:
            continue
        if tree.is_spent:
            tree.open_bound = min([done.bound, *(other.bound for _, _, other in stack)])
            break
        pool = tree.thin(pool, done)
        kept = len(pool.prices) if branch is root else kept
        triples = done.values.triples[done.values.tolls > 0]
        sides = []
        for side in _divide(tree, branch, pool, done):
            after = tree.relax(side, none, triples)
            branch.below.append(Branch(after.values))
            sides.append((branch.below[-1], side, after))
        stack += sorted(sides, key=lambda side: -side[2].bound)
    return kept


def _divide(tree: Tree, branch: Branch, pool: Pool, done: Relaxation) -> tuple[Pool, Pool]:
    """Divide a branch by the number of zones where the relaxation halves one, else by a pair."""
    many = float(done.shares.sum())
    if abs(many - round(many)) > UNEVEN and pool.least <= math.floor(many) < pool.most:
        branch.count = math.floor(many)
        return replace(pool, most=branch.count), replace(pool, least=branch.count + 1)
    branch.pair = _choose_pair(tree, pool, done)
    held = [pool.holds(node) for node in branch.pair]
    return pool.pick(held[0] == held[1]), pool.pick(~(held[0] & held[1]))


def _choose_pair(tree: Tree, pool: Pool, done: Relaxation) -> tuple[int, int]:
    """Return the two nodes whose branches raise the bound most, of the most doubtful pairs.

    A pair is in doubt where the relaxation has it nearly half in one zone. What its branches do is
    guessed over the zones that cost least beyond their values.
    """
    held = done.held.astype(np.float64)
    both = (held * done.shares[:, None]).T @ held
    doubt = np.round(np.abs(both - 0.5), 9) + np.tril(np.ones_like(both))
    order = np.argsort(doubt, axis=None, kind="stable")[:TRIED]
    pairs = [(int(place) // pool.size, int(place) % pool.size) for place in order]
    pairs = [pair for pair in pairs if doubt[pair] < 0.5] or pairs[:1]
    if len(pairs) == 1:
        return pairs[0]
    beyond = done.values.price_beyond(pool, tree.limit)
    few = pool.pick(np.argsort(beyond, kind="stable")[:TRIED_ZONES])
    triples = done.values.triples[done.values.tolls > 0]
    scores = [_guess_rise(tree, few, pair, triples) for pair in pairs]
    return pairs[max(range(len(pairs)), key=lambda k: (scores[k], -k))]


def _guess_rise(
    tree: Tree, few: Pool, pair: tuple[int, int], triples: NDArray[np.int64]
) -> tuple[int, int]:
    """Return the lower and the higher bound of a pair's branches, over few zones, up to enough."""
    one, other = (few.holds(node) for node in pair)
    tops = []
    for side in (few.pick(one == other), few.pick(~(one & other))):
        _, _, cost = solve_relaxed(side, np.arange(len(side.prices)), triples, tree.dear)
        tree.work -= len(side.prices) // TRIED
        tops.append(min(int(cost), tree.limit + 1))
    return min(tops), max(tops)
