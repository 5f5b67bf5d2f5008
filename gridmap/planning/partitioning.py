"""The engine on a bare graph: arrays in, zones and a certificate out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from gridmap.planning.anchoring import anchor_nodes, hold_locked
from gridmap.planning.arguments import (
    check_zones,
    read_band,
    read_bands,
    read_costs,
    read_edges,
    read_integer,
    read_labels,
    read_loads,
    read_locked,
    read_problem,
    read_shape,
    read_time_limit,
    read_weights,
)
from gridmap.planning.attempts import Search
from gridmap.planning.certifying import bound_group_splits, load_provers, prove_division
from gridmap.planning.counting import count_reachable, settle_number
from gridmap.planning.feasibility import bound_number
from gridmap.planning.loads import Judgement, can_share_loads, find_overburdened, judge_zones
from gridmap.planning.mending import mend_zones
from gridmap.planning.outsiders import bound_outside
from gridmap.planning.problems import Problem, find_pieces, number_by_first
from gridmap.planning.solving import solve_problem
from gridmap.planning.walking import load_kernels
from gridmap.planning.watching import Snapshot, Watch, choose_workers, stand_watch
from gridmap.rules import Band

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from gridmap.planning.feasibility import PieceBound
    from gridmap.planning.watching import Report
    from gridmap.proving import PieceProof


AFTERWARDS = 2
"""Time kept back for the certificate, in times of what reading the arguments took."""


@dataclass(frozen=True, slots=True)
class OutsideZone:
    """A zone outside the band, and why.

    Attributes
    ----------
    zone
        Its label.
    weight
        Its weight.
    reason
        ``building_too_large``, ``too_few_households``, ``total_impossible``, ``units_do_not_fit``
        (all four proved of the connected nodes that it lies among), ``number_impossible`` (the
        number of zones asked for can't share the weight: proved too), ``load_impossible`` (weight
        and loads together, proved by adding up), ``locked`` (every node of it is), ``not_reached``
        (neither found nor proved impossible) or ``load_not_reached`` (the same, and only a load
        is outside its band).
    loads
        Its further weights, in the order of ``load_bands``.
    """

    zone: int
    weight: int
    reason: str
    loads: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Certificate:
    """What is proved and what was reached.

    Attributes
    ----------
    pieces
        What arithmetic proves of each connected piece, for any number of zones.
    unavoidable
        Zones of this division that no division could bring inside: those that hold a node which
        no zone inside the band can hold, else one where the piece can't be divided inside the
        band; the sum over the pieces. Where a number of zones was asked for, those that are
        outside in every division into that number are added (`bound_number`).
    outside
        The zones of this division outside the band, by label, and why.
    cut_cost
        Sum of ``edge_costs`` over edges between zones.
    cut_edges
        Number of edges between zones.
    seed
        The seed of the search.
    seconds
        Wall-clock time without `compile_seconds`; not part of what is deterministic.
    compile_seconds
        Time to compile the kernels, or to load them from the cache, at the first call of a
        process; not deterministic either.
    stopped
        What ended the search: ``done`` (all steps taken), ``time`` (the limit), ``report`` (the
        function reported to) or ``interrupt`` (Ctrl-C). Other than ``done`` means: a longer
        search may do better.
    proofs
        What is proved of each connected piece beyond the band, when asked for (``prove``).
    splits_bound
        In every division with every zone inside the band, groups touch at least so many zones
        more than one each, summed.
    """

    pieces: tuple[PieceBound, ...]
    unavoidable: int
    outside: tuple[OutsideZone, ...]
    cut_cost: float
    cut_edges: int
    seed: int
    seconds: float
    compile_seconds: float = 0.0
    stopped: str = "done"
    proofs: tuple[PieceProof, ...] = ()
    splits_bound: int = 0

    @property
    def is_attained(self) -> bool:
        """Tell whether no zone is outside the band but those that are proved to be unavoidable."""
        return len(self.outside) == self.unavoidable

    @property
    def least_outside(self) -> int:
        """Return how many zones are outside the band in every division whatsoever.

        One for each piece that no division brings inside, and no more: however many nodes fit into
        no zone, or however much weight is too little, one heap of the whole piece is one zone. Less
        than ``unavoidable``, which counts what is outside where every other zone is inside.
        """
        return sum(1 for bound in self.pieces if bound.unavoidable)

    @property
    def optimal(self) -> bool:
        """Tell whether it is proved that no division of any piece serves the aim better."""
        return bool(self.proofs) and all(proof.status == "optimal" for proof in self.proofs)

    @property
    def gap(self) -> float | None:
        """Return how much better a division might be, as a share of the weighed aim.

        None where a piece was not proved.
        """
        if not self.proofs or any(proof.gap is None for proof in self.proofs):
            return None
        value = sum(proof.value or 0 for proof in self.proofs)
        bound = sum(proof.bound or 0 for proof in self.proofs)
        return 0.0 if value == bound else (value - bound) / max(1, value)


@dataclass(frozen=True, slots=True, eq=False)
class Partition:
    """A division of a graph's nodes into zones, each in one piece.

    Attributes
    ----------
    labels
        Zone of each node, 0.. in the order of first nodes, shape (n,).
    certificate
        What is proved and what was reached.
    """

    labels: NDArray[np.int32]
    certificate: Certificate


def partition(  # noqa: PLR0913  # the signature is a contract: DESIGN.md section 3, Engine
    weights: ArrayLike,
    edges: ArrayLike,
    edge_costs: ArrayLike,
    *,
    lower: int,
    upper: int,
    zones: int | None = None,
    lengths: ArrayLike | None = None,
    areas: ArrayLike | None = None,
    perimeters: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    current: ArrayLike | None = None,
    locked: ArrayLike | None = None,
    keep: bool = True,
    bands: ArrayLike | None = None,
    classes: ArrayLike | None = None,
    loads: ArrayLike | None = None,
    load_bands: ArrayLike | None = None,
    seed: int,
    time_limit_s: float | None = None,
    workers: int | None = None,
    report: Report | None = None,
    prove: bool = False,
) -> Partition:
    """Divide a graph into connected zones whose weights lie inside a band.

    Parameters
    ----------
    weights
        Households of each node, whole numbers of at least 0, shape (n,).
    edges
        Pairs of node positions, shape (m, 2), or an empty list; loops are ignored, the costs and
        lengths of a repeated pair (either way round) are added up.
    edge_costs
        Cost of cutting each edge, shape (m,), any unit: only ratios count; at most 1e15 in size.
        A negative cost is a line where a border is wanted: keeping the edge inside a zone costs
        its size.
    lower, upper
        Least and most weight of a zone, whole numbers, 0 < lower <= upper.
    zones
        Exact number of zones, or None for any number. It goes before the band, but not before
        locks: a number that the pieces or the locks rule out is refused.
    lengths
        Shared border of each edge in metres, shape (m,).
    areas, perimeters
        Area in square metres and perimeter in metres of each node, shape (n,). With ``lengths``
        they let the shape of zones (Polsby-Popper) be steered; give all three or none, each from
        0 to 1e15.
    groups
        Group of each node, -1 for none, shape (n,): nodes that want to stay together.
    current
        Today's zone of each node, -1 for none, shape (n,). What of them stays is said by ``keep``.
        A node without a zone costs nothing wherever it goes.
    locked
        Whether a node stays in its zone of ``current``, shape (n,); it must have one. Locked
        nodes of one zone stay together, with the nodes of the zone that connect them (in each
        piece, where today's zone is in several); those of different zones apart. Nothing breaks
        a lock.
    keep
        Whether today's zones are kept as far as they can be (the least change): zones in one
        piece inside the band stay as they are, and only the others are mended, with the fewest
        households moved and then the fewest zones touched; nothing else is sought. With False
        the search starts at today's zones and goes on for all it weighs; parting today's
        neighbours, or joining those of different zones, has a cost. Without ``current``, or
        where ``zones`` asks for another number than there is, it makes no difference.
    bands, classes
        Least and most weight of a zone by class, shape (c, 2), and the class of each node, row
        0.. of ``bands``, shape (n,). A zone is judged by the class of most of its weight. Given
        together; ``lower`` and ``upper`` then say nothing.
    loads
        Further weights of each node (residents, workload), whole numbers of at least 0, shape
        (n, q), q at most 8.
    load_bands
        Least and most of each further weight that a zone may carry, shape (q, 2). A zone outside
        any of them is outside.
    seed
        A whole number. The same input and seed give the same labels on any machine.
    time_limit_s
        Cuts the search short, in seconds of at least 0; without it the steps are in proportion to
        the size. It holds for the whole call but for compiling the kernels; reading the arguments
        and the first division are always finished.
    workers
        Threads for a large graph, at least 1; one for each core unless given. The labels are the
        same with any number.
    report
        Called with a `Snapshot` of the best division so far: after the first division and each
        round of a large graph, after each attempt of a small one. Returning False ends the
        search; anything else, None too, goes on.
    prove
        Whether to prove the division optimal, piece by piece, or to tell the gap; a better one
        that the proof finds is taken. Pieces of at most 128 nodes whose zones can all be listed
        (about 60 units of a common size); it takes seconds a piece. A time limit or Ctrl-C cuts
        it: the gap told is then what was proved by that time.

    Returns
    -------
    Partition
        Labels and certificate. Every zone is in one piece, whatever the input.

    Raises
    ------
    InvalidOption
        When arrays differ in length or shape, hold impossible values, a number is not whole or
        not finite, or options exclude each other. Nothing is rounded or reshaped to fit.

    Notes
    -----
    The aim is lexicographic: number of zones when given, zones outside the band, groups split,
    wanted borders crossed, deviation from the target, shape and cut cost (docs/engine.md). A node
    above ``upper`` is the heart of a zone of its own; no zone holds two of them, unless ``zones``
    is too small for that or a locked zone does.

    Ctrl-C ends the search, and the best division so far is returned; a second Ctrl-C raises
    `KeyboardInterrupt`.

    Examples
    --------
    >>> path = [(0, 1), (1, 2), (2, 3)]
    >>> done = partition([200, 150, 250, 100], path, [1, 1, 1], lower=300, upper=500, seed=7)
    >>> done.labels.tolist(), done.certificate.is_attained
    ([0, 0, 1, 1], True)
    """
    watch = Watch(read_time_limit(time_limit_s))
    seed, workers = read_integer("seed", seed), choose_workers(workers)
    band = read_band(lower, upper)
    with stand_watch(watch):
        compiling = load_kernels(loaded=loads is not None) + (load_provers() if prove else 0.0)
        watch.spare(compiling)
        ends = read_edges(edges, len(read_weights(weights)))
        costs = read_costs(edge_costs, len(ends))
        problem = read_problem(weights, ends, costs, band)
        table, klass = read_bands(band, bands, classes, problem.size)
        carried, limits = read_loads(loads, load_bands, problem.size)
        problem = replace(problem, bands=table, classes=klass, loads=carried, load_bands=limits)
        problem = read_shape(problem, ends, lengths=lengths, areas=areas, perimeters=perimeters)
        problem = replace(
            problem,
            groups=read_labels("groups", groups, problem.size),
            current=read_labels("current", current, problem.size),
        )
        held = read_locked(locked, problem.current, problem.size)
        blocks = hold_locked(problem, held)
        problem = replace(
            problem,
            zones=check_zones(zones, count_reachable(problem, blocks)),
            anchors=anchor_nodes(problem, held),
        )
        watch.keep_back(AFTERWARDS * watch.seconds)
        if prove:
            watch.halve()
        if report is not None:
            watch.show_to(partial(_show, report, problem, ends, costs, watch))
        search = Search(seed=seed, workers=workers, thorough=True)
        labels = _draw_zones(problem, search, watch, keep=keep)
        labels = settle_number(problem, labels, blocks)
        proofs: tuple[PieceProof, ...] = ()
        if prove:
            labels, proofs = prove_division(problem, labels, watch)
        certificate = _certify(problem, labels, held, seed, watch)
    apart = labels[ends[:, 0]] != labels[ends[:, 1]]
    return Partition(
        labels,
        replace(
            certificate,
            cut_cost=float(costs[apart].sum()),
            cut_edges=int(np.count_nonzero(apart)),
            seconds=watch.seconds,
            compile_seconds=compiling,
            stopped=watch.cause,
            proofs=proofs,
            splits_bound=bound_group_splits(problem),
        ),
    )


def _draw_zones(problem: Problem, search: Search, watch: Watch, *, keep: bool) -> NDArray[np.int32]:
    """Return today's zones with the least change, or search freely."""
    if keep and problem.current is not None:
        today = np.unique(problem.current[problem.current >= 0])
        if problem.zones in {0, len(today)}:
            labels = mend_zones(problem, search, watch)
            if problem.zones in {0, int(labels.max(initial=-1)) + 1}:
                return labels
    return solve_problem(problem, search, watch)


def _show(
    report: Report,
    problem: Problem,
    ends: NDArray[np.int64],
    costs: NDArray[np.float64],
    watch: Watch,
    labels: NDArray[np.int64],
    share: float,
) -> bool:
    """Tell the caller what is reached; return whether to go on."""
    lower, upper = problem.bands.widest
    named = number_by_first(labels)
    sums = np.bincount(named, weights=problem.weights)
    apart = named[ends[:, 0]] != named[ends[:, 1]]
    snapshot = Snapshot(
        labels=named,
        outside=int(np.count_nonzero((sums < lower) | (sums > upper))),
        cut_cost=float(costs[apart].sum()),
        seconds=watch.seconds,
        done_share=share,
    )
    return report(snapshot) is not False


def _certify(
    problem: Problem,
    labels: NDArray[np.int32],
    held: NDArray[np.bool_],
    seed: int,
    watch: Watch,
) -> Certificate:
    """State the bounds and name each zone outside the band with its reason."""
    bounds = bound_outside(problem, labels.astype(np.int64), watch)
    burdened = find_overburdened(problem, find_pieces(problem.edges, problem.size))
    loaded = burdened.astype(np.int64).tolist()
    unavoidable, added = sum(max(bound.unavoidable, loaded[bound.piece]) for bound in bounds), 0
    if problem.zones:
        band = Band(*problem.bands.widest)
        proved, added = bound_number(bounds, problem.weights, problem.zones, band=band)
        shared = can_share_loads(problem, problem.zones)
        unavoidable = max(proved + added, int(burdened.any() or not shared))
        burdened |= not shared
    judged = judge_zones(problem, labels)
    reasons = explain_zones(problem, labels, held, bounds, forced=added)
    carried = judged.loads.tolist()
    outside = tuple(
        OutsideZone(zone, weight, reason, tuple(carried[zone]))
        for zone, weight, reason in _explain_loads(problem, labels, judged, reasons, burdened)
    )
    return Certificate(
        pieces=bounds,
        unavoidable=unavoidable,
        outside=outside,
        cut_cost=0.0,
        cut_edges=0,
        seed=seed,
        seconds=0.0,
    )


def explain_zones(
    problem: Problem,
    labels: NDArray[np.int32],
    held: NDArray[np.bool_],
    bounds: tuple[PieceBound, ...],
    *,
    forced: int = 0,
) -> list[tuple[int, int, str]]:
    """Return label, weight and reason of each zone outside the hard band of its class.

    Parameters
    ----------
    problem, labels, bounds
        What was divided, the zone of each node, and what is proved of each piece.
    held
        Whether each node is locked, shape (n,).
    forced
        How many zones the number asked for is proved to force outside (`bound_number`). So many
        have the reason ``number_impossible``, those furthest from the band first; what else is
        outside was not reached.

    Notes
    -----
    The reason looks at the connected nodes around the zone once the nodes above the ceiling are
    taken out, because such a node may cut its piece.

    Examples
    --------
    >>> from gridmap.planning.problems import BandTable
    >>> bands = BandTable(np.array([[300, 500]]), np.array([[300, 500]]))
    >>> bare = Problem(np.array([600, 20]), np.array([[0, 1]]), np.ones(1), np.zeros(1), bands,
    ...                np.zeros(2, np.int64))
    >>> labels = np.array([0, 1])
    >>> explain_zones(bare, labels, np.zeros(2, bool), bound_outside(bare, labels))
    [(0, 600, 'building_too_large'), (1, 20, 'too_few_households')]
    """
    lower, upper = problem.bands.widest
    band = Band(lower, upper)
    judged = judge_zones(problem, labels)
    large = problem.weights > upper
    between = problem.edges[~large[problem.edges].any(axis=1)]
    pieces = find_pieces(between, problem.size)
    totals = np.bincount(pieces, weights=problem.weights).astype(np.int64)
    whole = find_pieces(problem.edges, problem.size)
    proved = {bound.piece for bound in bounds if bound.reason == "units_do_not_fit"}
    unfit = np.zeros(problem.size, np.bool_)
    unfit[[node for bound in bounds for node in bound.unfit]] = True
    firsts = np.unique(labels, return_index=True)[1]
    around = totals[pieces[firsts]]
    counts = np.bincount(whole[firsts])
    holds = {
        name: (np.bincount(labels[nodes], minlength=len(firsts)) > 0).tolist()
        for name, nodes in (("free", ~held), ("large", large), ("unfit", unfit))
    }
    own, room, weights = (row.tolist() for row in (whole[firsts], around, judged.weights))
    fits = {total: band.can_hold(total) for total in set(room)}
    found = []
    for zone in np.flatnonzero(judged.by_size).tolist():
        piece = own[zone]
        if not holds["free"][zone]:
            reason = "locked"
        elif holds["large"][zone]:
            reason = "building_too_large"
        elif room[zone] < lower:
            reason = "too_few_households"
        elif not fits[room[zone]]:
            reason = "total_impossible"
        elif holds["unfit"][zone] or piece in proved:
            reason = "units_do_not_fit"
        elif forced and not _can_share(bounds[piece], counts, band):
            reason = "number_impossible"
        else:
            reason = "not_reached"
        found.append((zone, weights[zone], reason))
    return _limit_forced(found, forced, band)


def _limit_forced(
    found: list[tuple[int, int, str]], forced: int, band: Band
) -> list[tuple[int, int, str]]:
    """Keep the reason ``number_impossible`` for as many zones as are proved."""
    blamed = [row for row in found if row[2] == "number_impossible"]
    blamed.sort(key=lambda row: (-max(band.lower - row[1], row[1] - band.upper), row[0]))
    spared = {row[0] for row in blamed[forced:]}
    return [
        (zone, weight, "not_reached" if zone in spared else reason)
        for zone, weight, reason in found
    ]


def _explain_loads(
    problem: Problem,
    labels: NDArray[np.int32],
    judged: Judgement,
    reasons: list[tuple[int, int, str]],
    burdened: NDArray[np.bool_],
) -> list[tuple[int, int, str]]:
    """Add the zones that only a load puts outside, and what loads prove of the others."""
    if problem.loads is None or problem.load_bands is None:
        return reasons
    pieces = find_pieces(problem.edges, problem.size)
    heavy = np.zeros(len(judged.weights), np.bool_)
    heavy[labels[(problem.loads > problem.load_bands[:, 1]).any(axis=1)]] = True
    known = {zone: reason for zone, _, reason in reasons}
    found = []
    for zone in np.flatnonzero(judged.outside).tolist():
        piece = int(pieces[np.flatnonzero(labels == zone)[0]])
        proved = heavy[zone] or burdened[piece]
        reason = known.get(zone, "load_not_reached")
        if proved and reason in ("not_reached", "load_not_reached"):
            reason = "load_impossible"
        found.append((zone, int(judged.weights[zone]), reason))
    return found


def _can_share(bound: PieceBound, counts: NDArray[np.int64], band: Band) -> bool:
    """Tell whether the zones drawn in a piece are as many as its weight allows."""
    return int(counts[bound.piece]) in band.grid_counts(bound.weight)
