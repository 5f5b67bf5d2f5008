"""What is proved of one connected piece: its best division, the gap, or that there is none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gridmap.proving.bounding import Pool
from gridmap.proving.branching import MOST_WORK, Branch, choose_division

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from gridmap.rules import Band

    Price = Callable[[NDArray[np.uint64], bool], NDArray[np.int64]]

MOST_NODES = 128
"""A set of nodes is two words of 64 bits."""
MOST_ZONES, MOST_LOOKS = 1_500_000, 60_000_000
"""Zones listed, and sets looked at, before a piece is too free to be proved."""
FEW_ZONES = 60_000
"""Connected sets of any weight, where zones outside the band have to be proved too."""
MOST_LONE = 4_000
"""Zones of nodes above the band with land without households."""
QUICK_ZONES, QUICK_LOOKS, QUICK_WORK = 400_000, 20_000_000, 80_000
"""The same, and the zones given to the solver, where a plan only asks whether units fit."""
DEAR = 1 << 20
"""Price of an uncovered node where only the band counts, so that values are finely graded."""
STEP = 2
"""Twice the aim of a division is even: each cut edge is shared by two zones."""
STATUSES = ("optimal", "gap", "impossible", "not_tried")


@dataclass(frozen=True)
class Question:
    """A connected piece, and what its zones have to keep.

    Attributes
    ----------
    weights
        Households of each node, shape (n,).
    edges
        Pairs of neighbouring nodes, shape (m, 2).
    band
        Least and most households of a zone; where several bands apply, the widest they span.
    zones
        Exact number of zones asked for, 0 for any.
    """

    weights: NDArray[np.int64]
    edges: NDArray[np.int64]
    band: Band
    zones: int = 0

    @property
    def size(self) -> int:
        """Return the number of nodes."""
        return len(self.weights)

    def list_zones(
        self,
        *,
        free: bool = False,
        most: tuple[int, int] = (MOST_ZONES, MOST_LOOKS),
        must_stop: Callable[[], bool] | None = None,
    ) -> tuple[NDArray[np.uint64], bool]:
        """Return every connected set that can be a zone, and whether all are there.

        ``free``: of any weight; else inside the band, with a rest that could be shared. ``most``:
        zones to list, and sets to look at, before it is given up; ``must_stop`` may end it sooner.
        """
        from gridmap.proving.masks import list_sets

        near = np.zeros((self.size, 2), np.uint64)
        one = np.uint64(1)
        for a, b in self.edges.tolist():
            near[a, b // 64] |= one << np.uint64(b % 64)
            near[b, a // 64] |= one << np.uint64(a % 64)
        total = int(self.weights.sum())
        band = (0, total) if free else (self.band.lower, self.band.upper)
        return list_sets(near, self.weights, band, most=most, clean=not free, must_stop=must_stop)

    def count_zones(self, *, free: bool = False) -> tuple[int, int]:
        """Return the least and most zones of a division."""
        if self.zones:
            return self.zones, self.zones
        if free:
            return 1, self.size
        rest = int(self.weights[~self.large].sum())
        many = int(np.count_nonzero(self.large))
        return many - (-rest // self.band.upper), many + rest // self.band.lower

    @property
    def large(self) -> NDArray[np.bool_]:
        """Return which nodes are above the band by themselves."""
        return self.weights > self.band.upper

    def list_lone(self) -> tuple[NDArray[np.uint64], bool]:
        """Return every zone of a node above the band with no other household; and whether all."""
        near = [0] * self.size
        for a, b in self.edges.tolist():
            near[a] |= 1 << b
            near[b] |= 1 << a
        empty = sum(1 << int(node) for node in np.flatnonzero(self.weights == 0))
        found: list[int] = []
        for node in np.flatnonzero(self.large).tolist():
            stack = [(1 << node, near[node] & empty, empty & ~near[node])]
            while stack and len(found) <= MOST_LONE:
                zone, rim, free = stack.pop()
                found.append(zone)
                while rim:
                    bit = rim & -rim
                    rim &= ~bit
                    more = near[bit.bit_length() - 1] & free
                    stack.append((zone | bit, rim | more, free & ~more))
        words = [[zone & (1 << 64) - 1, zone >> 64] for zone in found]
        return np.array(words, np.uint64).reshape(-1, 2), len(found) <= MOST_LONE


@dataclass(frozen=True)
class PieceProof:
    """What is proved of the divisions of one connected piece.

    Attributes
    ----------
    piece
        Number of the piece, by its first node.
    status
        ``optimal``: no division serves the aim better. ``gap``: one might, by at most the gap.
        ``impossible``: no division has every zone inside the band; which of them is best is not
        proved. ``not_tried``: too large or too free.
    method
        What carries the proof: ``arithmetic``, ``lp_dual`` (one bound) or ``branching`` (a tree of
        bounds); all can be checked in whole numbers. ``""`` where nothing is proved.
    value, bound
        Twice the weighed aim of the division, and what every division has at least; groups that
        are whole count nothing. None where they are not known.
    zones_listed, zones_kept, branches
        Size of the proof: zones that could be used, those the first bound leaves, and leaves.
    """

    piece: int
    status: str
    method: str = ""
    value: int | None = None
    bound: int | None = None
    zones_listed: int = 0
    zones_kept: int = 0
    branches: int = 0

    @property
    def gap(self) -> float | None:
        """Return how much better a division might be, as a share of the value; None if unknown."""
        if self.value is None or self.bound is None:
            return None
        return 0.0 if self.value == self.bound else (self.value - self.bound) / max(1, self.value)


@dataclass(frozen=True)
class Proof:
    """A statement with what it takes to check it.

    Attributes
    ----------
    says
        The statement.
    sets
        Zones of the best division known, as bit masks; None where no such division is known.
    tree
        The bounds, None where arithmetic is enough or nothing is proved.
    limit
        The tree proves that every division costs more than this (twice the aim); None without.
    pool, is_free
        The zones that the tree speaks of, and whether those outside the band are among them
        (nodes above the band, with no other household, always are).
    """

    says: PieceProof
    sets: NDArray[np.uint64] | None = None
    tree: Branch | None = None
    limit: int | None = None
    pool: Pool | None = None
    is_free: bool = False


def prove_piece(  # noqa: PLR0913  # what is known, and how far to go
    question: Question,
    price: Price,
    *,
    known: int | None,
    given: NDArray[np.uint64],
    piece: int = 0,
    work: int = MOST_WORK,
    least: int | None = None,
    elsewhere: int | None = None,
    must_stop: Callable[[], bool] | None = None,
) -> Proof:
    """Prove that a division is the best one, find a better one, or tell the gap.

    Parameters
    ----------
    question
        The piece.
    price
        Called with sets, shape (m, 2), and whether zones must be inside their band; returns twice
        the cost of each as a zone, negative where it can't be one.
    known
        Twice the cost of the division given; None when it has a zone outside the band.
    given
        Its zones, as bit masks.
    piece
        A number to know the piece by.
    work
        Zones that may be given to the solver.
    least
        What every division costs at least, twice, as the caller knows it: the bound where zones
        are too many to be listed.
    must_stop
        Ends the proof when it says so; the gap is then what was proved by that time.
    elsewhere
        Where nodes are above the band: what a division costs at least, twice, in which one of
        them has other households in its zone, or any other zone is outside. None: not known.

    Returns
    -------
    Proof
        Exact, whatever the solver did: see `gridmap.proving.bounding`.
    """
    total = int(question.weights.sum())
    fits = question.band.can_hold(total) and int(question.weights.max()) <= question.band.upper
    if question.size > MOST_NODES or (must_stop is not None and must_stop()):
        return _tell_plainly(piece, known, least)
    if fits:
        sets, complete = question.list_zones(must_stop=must_stop)
        if not complete:
            return _tell_plainly(piece, known, least, len(sets))
        prices = price(sets, True)
        pool = _state_pool(question, sets, prices)
        if known is None:
            answer = _fit(pool, piece, work, must_stop)
            if answer.sets is None:
                proved = answer.says.status == "impossible"
                return (
                    _prove_freely(question, price, given, answer, work, must_stop)
                    if proved
                    else answer
                )
            given, known = answer.sets, int(price(answer.sets, True).sum())
        done = _choose(pool, piece, known=known, given=given, work=work, must_stop=must_stop)
        return _lift(done, least)
    arithmetic = Proof(PieceProof(piece, "impossible", "arithmetic"))
    if elsewhere is not None and question.large.any():
        proof = _prove_beside(question, price, given, piece, work, must_stop)
        if proof is not None and proof.says.value is not None and proof.says.value <= elsewhere:
            return proof
    return _prove_freely(question, price, given, arithmetic, work, must_stop)


def is_refuted(question: Question, must_stop: Callable[[], bool] | None = None) -> bool:
    """Tell whether bounds prove that no division has every zone inside the band.

    Parameters
    ----------
    question
        The piece; its edges may stand for ways over land without households.
    must_stop
        Ends the proof when it says so: then nothing is proved.

    Returns
    -------
    bool
        True: proved in whole numbers. False: a division of these nodes exists, or the piece is
        too large or too free.

    Examples
    --------
    >>> import numpy as np
    >>> from gridmap.rules import Band
    >>> path = np.array([[0, 1], [1, 2]])
    >>> is_refuted(Question(np.array([294, 367, 400]), path, Band(300, 500)))
    True
    """
    if question.size > MOST_NODES:
        return False
    sets, complete = question.list_zones(most=(QUICK_ZONES, QUICK_LOOKS), must_stop=must_stop)
    if not complete:
        return False
    pool = _state_pool(question, sets, np.zeros(len(sets), np.int64))
    return _fit(pool, 0, QUICK_WORK, must_stop).says.status == "impossible"


def _state_pool(
    question: Question, sets: NDArray[np.uint64], prices: NDArray[np.int64], *, free: bool = False
) -> Pool:
    allowed = prices >= 0
    least, most = question.count_zones(free=free)
    return Pool(sets[allowed], prices[allowed], question.size, least, most)


def _fit(pool: Pool, piece: int, work: int, must_stop: Callable[[], bool] | None = None) -> Proof:
    """Find any division out of a pool, or prove that there is none."""
    bare = replace(pool, prices=np.zeros(len(pool.prices), np.int64))
    none = np.zeros(0, np.int64)
    choice = choose_division(bare, known=1, start=none, dear=DEAR, work=work, must_stop=must_stop)
    leaves = choice.root.count_leaves()
    method = "lp_dual" if leaves == 1 else "branching"
    says = PieceProof(piece, "not_tried", zones_listed=len(pool.prices))
    if choice.sets is not None:
        return Proof(says, choice.sets)
    if not choice.is_closed:
        return Proof(says)
    says = PieceProof(
        piece,
        "impossible",
        method,
        zones_listed=len(pool.prices),
        zones_kept=choice.kept,
        branches=leaves,
    )
    return Proof(says, tree=choice.root, limit=0, pool=pool)


def _choose(  # what prove_piece was given
    pool: Pool,
    piece: int,
    *,
    known: int,
    given: NDArray[np.uint64],
    work: int,
    must_stop: Callable[[], bool] | None = None,
) -> Proof:
    """Prove a division with every zone in the pool, or find a better one."""
    start = _find_rows(pool, given)
    choice = choose_division(
        pool, known=known, start=start, step=STEP, work=work, must_stop=must_stop
    )
    leaves = choice.root.count_leaves()
    closed = choice.cost == choice.bound
    says = PieceProof(
        piece=piece,
        status="optimal" if closed else "gap",
        method="lp_dual" if leaves == 1 else "branching",
        value=choice.cost,
        bound=choice.bound,
        zones_listed=len(pool.prices),
        zones_kept=choice.kept,
        branches=leaves,
    )
    sets = given if choice.sets is None else choice.sets
    if not closed:
        return Proof(says, sets)
    return Proof(says, sets, choice.root, choice.bound - STEP, pool)


def _lift(proof: Proof, least: int | None) -> Proof:
    """Return a proof with the better of its bound and that of arithmetic, where a gap is left."""
    says = proof.says
    if says.status != "gap" or least is None or says.bound is None or says.value is None:
        return proof
    bound = min(says.value, max(says.bound, least))
    return replace(proof, says=replace(says, bound=bound))


def _tell_plainly(piece: int, known: int | None, least: int | None, listed: int = 0) -> Proof:
    """Tell the gap that arithmetic leaves, where it is known."""
    if known is None or least is None:
        return Proof(PieceProof(piece, "not_tried", zones_listed=listed))
    status = "optimal" if least >= known else "gap"
    return Proof(PieceProof(piece, status, "arithmetic", known, min(known, least), listed))


def _prove_beside(  # what prove_piece was given
    question: Question,
    price: Price,
    given: NDArray[np.uint64],
    piece: int,
    work: int,
    must_stop: Callable[[], bool] | None,
) -> Proof | None:
    """Prove the best division with only nodes above the band outside, each without households.

    None where there is no such division, or too many zones.
    """
    rest = int(question.weights[~question.large].sum())
    lone, complete = question.list_lone()
    if not complete or (rest and not question.band.can_hold(rest)):
        return None
    sets, complete = question.list_zones(must_stop=must_stop)
    if not complete:
        return None
    prices = np.concatenate([price(sets, True), price(lone, False)])
    pool = _state_pool(question, np.concatenate([sets, lone]), prices)
    start = _find_rows(pool, given)
    if len(start) < len(given):
        answer = _fit(pool, piece, work, must_stop)
        if answer.sets is None:
            return None
        given = answer.sets
        start = _find_rows(pool, given)
    known = int(pool.prices[start].sum())
    return _choose(pool, piece, known=known, given=given, work=work, must_stop=must_stop)


def _find_rows(pool: Pool, given: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return the rows of a pool that are among some zones."""
    return np.flatnonzero((pool.sets[:, None, :] == given[None]).all(axis=2).any(axis=1))


def _prove_freely(
    question: Question,
    price: Price,
    given: NDArray[np.uint64],
    so_far: Proof,
    work: int,
    must_stop: Callable[[], bool] | None,
) -> Proof:
    """Prove the best division with zones outside, where few enough sets of nodes are connected."""
    sets, complete = question.list_zones(
        free=True, most=(FEW_ZONES, 2 * FEW_ZONES), must_stop=must_stop
    )
    known = int(price(given, False).sum())
    if not complete or known < 0:
        return so_far
    pool = _state_pool(question, sets, price(sets, False), free=True)
    piece = so_far.says.piece
    proof = _choose(pool, piece, known=known, given=given, work=work, must_stop=must_stop)
    return replace(proof, is_free=True) if proof.says.status == "optimal" else so_far
