"""The engine on a bare graph: arrays in, zones and a certificate out."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gridmap.errors import InvalidOption
from gridmap.planning.anchoring import anchor_nodes
from gridmap.planning.counting import settle_number
from gridmap.planning.problems import BandTable, Problem, Shape, find_pieces, number_by_first
from gridmap.planning.solving import Search, bound_outside, solve_problem
from gridmap.rules import Band

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from gridmap.planning.feasibility import PieceBound

MOST_WEIGHT = 1 << 40
"""Total weight above which whole-number sums could overflow."""


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
        (all four proved of the connected nodes that it lies among), ``locked`` (every node of it
        is) or ``not_reached`` (neither found nor proved impossible).
    """

    zone: int
    weight: int
    reason: str


@dataclass(frozen=True, slots=True)
class Certificate:
    """What is proved and what was reached.

    Attributes
    ----------
    pieces
        What arithmetic proves of each connected piece.
    unavoidable
        Zones outside the band in every division: the sum over the pieces.
    outside
        The zones of this division outside the band, by label, and why.
    cut_cost
        Sum of ``edge_costs`` over edges between zones.
    cut_edges
        Number of edges between zones.
    seed
        The seed of the search.
    seconds
        Wall-clock time, compiling not counted apart; not part of what is deterministic.
    """

    pieces: tuple[PieceBound, ...]
    unavoidable: int
    outside: tuple[OutsideZone, ...]
    cut_cost: float
    cut_edges: int
    seed: int
    seconds: float

    @property
    def is_attained(self) -> bool:
        """Tell whether no zone is outside the band that arithmetic would let inside."""
        return len(self.outside) == self.unavoidable


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
    seed: int,
    time_limit_s: float | None = None,
) -> Partition:
    """Divide a graph into connected zones whose weights lie inside a band.

    Parameters
    ----------
    weights
        Households of each node, whole numbers of at least 0, shape (n,).
    edges
        Pairs of node positions, shape (m, 2); loops are ignored, repeated pairs are added up.
    edge_costs
        Cost of cutting each edge, shape (m,), any unit: only ratios count. A negative cost is a
        line where a border is wanted: keeping the edge inside a zone costs its size.
    lower, upper
        Least and most weight of a zone, 0 < lower <= upper.
    zones
        Exact number of zones, or None for any number.
    lengths
        Shared border of each edge in metres, shape (m,).
    areas, perimeters
        Area in square metres and perimeter in metres of each node, shape (n,). With ``lengths``
        they let the shape of zones (Polsby-Popper) be steered; give all three or none.
    groups
        Group of each node, -1 for none, shape (n,): nodes that want to stay together.
    current
        Today's zone of each node, -1 for none, shape (n,): the search starts there, and parting
        today's neighbours, or joining those of different zones, has a cost.
    locked
        Whether a node stays in its zone of ``current``, shape (n,). Locked nodes of one zone stay
        together, with the nodes of the zone that connect them; those of different zones apart.
    seed
        The same input and seed give the same labels on any machine.
    time_limit_s
        Cuts the search short, in seconds; without it the steps are in proportion to the size.

    Returns
    -------
    Partition
        Labels and certificate. Every zone is in one piece, whatever the input.

    Raises
    ------
    InvalidOption
        When arrays differ in length, hold impossible values, or options exclude each other.

    Notes
    -----
    The aim is lexicographic: number of zones when given, zones outside the band, groups split,
    wanted borders crossed, deviation from the target, shape and cut cost (docs/engine.md). A node
    above ``upper`` is the heart of a zone of its own; no zone holds two of them.

    Examples
    --------
    >>> path = [(0, 1), (1, 2), (2, 3)]
    >>> done = partition([200, 150, 250, 100], path, [1, 1, 1], lower=300, upper=500, seed=7)
    >>> done.labels.tolist(), done.certificate.is_attained
    ([0, 0, 1, 1], True)
    """
    started = time.monotonic()
    band = Band(int(lower), int(upper))
    problem = _read_problem(weights, edges, edge_costs, band)
    problem = _read_shape(problem, edges, lengths, areas, perimeters)
    problem = replace(
        problem,
        groups=_read_labels("groups", groups, problem.size),
        current=_read_current(current, problem.size),
    )
    problem = replace(
        problem,
        zones=_check_zones(zones, problem),
        anchors=anchor_nodes(problem, _read_locked(locked, current, problem.size)),
    )
    labels = solve_problem(problem, Search(seed=int(seed), time_limit_s=time_limit_s))
    labels = settle_number(problem, labels)
    held = _read_locked(locked, current, problem.size)
    certificate = _certify(problem, labels, held, int(seed), time.monotonic() - started)
    cost = np.asarray(edge_costs, np.float64).reshape(-1)
    ends = np.asarray(edges, np.int64).reshape(-1, 2)
    apart = labels[ends[:, 0]] != labels[ends[:, 1]]
    return Partition(
        labels,
        replace(
            certificate, cut_cost=float(cost[apart].sum()), cut_edges=int(np.count_nonzero(apart))
        ),
    )


def _read_problem(
    weights: ArrayLike, edges: ArrayLike, edge_costs: ArrayLike, band: Band
) -> Problem:
    """Check the graph and make it simple: no loops, each pair once."""
    weight = _whole_numbers("weights", weights)
    size = len(weight)
    if size and (weight.min() < 0 or int(weight.astype(object).sum()) > MOST_WEIGHT):
        raise InvalidOption(
            f"weights must be at least 0 and add up to at most {MOST_WEIGHT}.",
            f"weights 不得为负，合计不得超过 {MOST_WEIGHT}。",
        )
    ends = _whole_numbers("edges", np.asarray(edges).reshape(-1)).reshape(-1, 2)
    cost = _numbers("edge_costs", edge_costs, len(ends))
    if len(ends) and (ends.min() < 0 or ends.max() >= size):
        raise InvalidOption(
            f"edges must name nodes 0..{size - 1}; found {ends.min()}..{ends.max()}.",
            f"edges 只能引用节点 0..{size - 1}，实际为 {ends.min()}..{ends.max()}。",
        )
    pairs, place = _merge_edges(ends, size)
    many = len(pairs)
    merged = np.bincount(place[place >= 0], weights=cost[place >= 0], minlength=many)
    cost = merged.astype(np.float64)
    bounds = np.array([[band.lower, band.upper]], np.int64)
    return Problem(
        weights=weight,
        edges=pairs,
        costs=_scale(np.maximum(cost, 0)),
        crossings=_scale(np.maximum(-cost, 0)),
        bands=BandTable(bounds, bounds),
        classes=np.zeros(size, np.int64),
    )


def _merge_edges(ends: NDArray[np.int64], size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return each pair once, and the pair of each given edge (-1 for a loop)."""
    low, high = ends.min(axis=1, initial=size), ends.max(axis=1, initial=-1)
    keys = low * size + high
    real = low < high
    unique, inverse = np.unique(keys[real], return_inverse=True)
    place = np.full(len(ends), -1, np.int64)
    place[real] = inverse
    divisor = max(1, size)
    return np.column_stack([unique // divisor, unique % divisor]).astype(np.int64), place


def _scale(costs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return costs in units of the mean of those above 0."""
    positive = costs[costs > 0]
    return costs if len(positive) == 0 else costs / positive.mean()


def _read_shape(
    problem: Problem,
    edges: ArrayLike,
    lengths: ArrayLike | None,
    areas: ArrayLike | None,
    perimeters: ArrayLike | None,
) -> Problem:
    if lengths is None and areas is None and perimeters is None:
        return problem
    if lengths is None or areas is None or perimeters is None:
        raise InvalidOption(
            "lengths, areas and perimeters steer the shape together: give all three or none.",
            "lengths、areas、perimeters 须同时给出或都不给出。",
        )
    ends = np.asarray(edges, np.int64).reshape(-1, 2)
    pairs, place = _merge_edges(ends, problem.size)
    length = _numbers("lengths", lengths, len(ends))
    area = _numbers("areas", areas, problem.size)
    perimeter = _numbers("perimeters", perimeters, problem.size)
    if min(length.min(initial=0), area.min(initial=0), perimeter.min(initial=0)) < 0:
        raise InvalidOption(
            "lengths, areas and perimeters must be at least 0.",
            "lengths、areas、perimeters 不得为负。",
        )
    shared = np.bincount(place[place >= 0], weights=length[place >= 0], minlength=len(pairs))
    return replace(problem, shape=Shape(shared.astype(np.float64), area, perimeter))


def _whole_numbers(name: str, values: ArrayLike) -> NDArray[np.int64]:
    given = np.asarray(values)
    if given.size == 0:
        return np.zeros(0, np.int64)
    wrong = given.dtype.kind not in "iufb" or (
        given.dtype.kind == "f" and not np.all(np.isfinite(given) & (given == np.floor(given)))
    )
    if wrong or given.ndim != 1 or (given.dtype.kind == "f" and np.abs(given).max() > 2**53):
        raise InvalidOption(
            f"{name} must be whole numbers.", f"{name} 必须是整数，不得为空值或小数。"
        )
    return given.astype(np.int64)


def _numbers(name: str, values: ArrayLike, size: int) -> NDArray[np.float64]:
    given = np.asarray(values, np.float64).reshape(-1)
    if len(given) != size or not np.all(np.isfinite(given)):
        raise InvalidOption(
            f"{name} must be {size} finite numbers; {len(given)} were given.",
            f"{name} 须为 {size} 个有限数值，实际给出 {len(given)} 个。",
        )
    return given


def _read_labels(name: str, values: ArrayLike | None, size: int) -> NDArray[np.int64] | None:
    """Return labels as small numbers; any negative label is -1."""
    if values is None:
        return None
    given = _whole_numbers(name, values)
    if len(given) != size:
        raise InvalidOption(
            f"{name} must have one label for each of {size} nodes; {len(given)} were given.",
            f"{name} 须为 {size} 个节点各给一个标签，实际给出 {len(given)} 个。",
        )
    numbered = number_by_first(np.maximum(given, -1)).astype(np.int64)
    return np.where(given < 0, -1, numbered)


def _read_current(values: ArrayLike | None, size: int) -> NDArray[np.int64] | None:
    """Return today's zones; a node without one is a zone of its own."""
    labels = _read_labels("current", values, size)
    if labels is None:
        return None
    return np.where(labels < 0, size + np.arange(size), labels)


def _read_locked(
    locked: ArrayLike | None, current: ArrayLike | None, size: int
) -> NDArray[np.bool_]:
    if locked is None:
        return np.zeros(size, np.bool_)
    given = np.asarray(locked).reshape(-1)
    if current is None or len(given) != size or given.dtype.kind not in "bi":
        raise InvalidOption(
            f"locked needs {size} truth values and the zones of today in current.",
            f"locked 须为 {size} 个布尔值，并须同时给出 current（现状网格）。",
        )
    return given.astype(np.bool_)


def _check_zones(zones: int | None, problem: Problem) -> int:
    if zones is None:
        return 0
    pieces = find_pieces(problem.edges, problem.size)
    least = int(pieces.max(initial=-1)) + 1
    if not max(1, least) <= int(zones) <= problem.size:
        raise InvalidOption(
            f"{zones} zones can't be drawn: {problem.size} nodes lie in {least} piece(s).",
            f"无法划分为 {zones} 个区：{problem.size} 个节点分属 {least} 个连片。",
        )
    return int(zones)


def _certify(
    problem: Problem,
    labels: NDArray[np.int32],
    held: NDArray[np.bool_],
    seed: int,
    seconds: float,
) -> Certificate:
    """State the bounds and name each zone outside the band with its reason."""
    bounds = bound_outside(problem, labels.astype(np.int64))
    outside = tuple(
        OutsideZone(zone, weight, reason)
        for zone, weight, reason in explain_zones(problem, labels, held, bounds)
    )
    return Certificate(
        pieces=bounds,
        unavoidable=sum(bound.unavoidable for bound in bounds),
        outside=outside,
        cut_cost=0.0,
        cut_edges=0,
        seed=seed,
        seconds=seconds,
    )


def explain_zones(
    problem: Problem,
    labels: NDArray[np.int32],
    held: NDArray[np.bool_],
    bounds: tuple[PieceBound, ...],
) -> list[tuple[int, int, str]]:
    """Return label, weight and reason of each zone outside the widest hard band.

    Notes
    -----
    The reason looks at the connected nodes around the zone once the nodes above the ceiling are
    taken out, because such a node may cut its piece.

    Examples
    --------
    >>> bands = BandTable(np.array([[300, 500]]), np.array([[300, 500]]))
    >>> bare = Problem(np.array([600, 20]), np.array([[0, 1]]), np.ones(1), np.zeros(1), bands,
    ...                np.zeros(2, np.int64))
    >>> labels = np.array([0, 1])
    >>> explain_zones(bare, labels, np.zeros(2, bool), bound_outside(bare, labels))
    [(0, 600, 'building_too_large'), (1, 20, 'too_few_households')]
    """
    lower, upper = problem.bands.widest
    band = Band(lower, upper)
    weights = np.bincount(labels, weights=problem.weights).astype(np.int64)
    large = problem.weights > upper
    between = problem.edges[~large[problem.edges].any(axis=1)]
    pieces = find_pieces(between, problem.size)
    totals = np.bincount(pieces, weights=problem.weights).astype(np.int64)
    whole = find_pieces(problem.edges, problem.size)
    proved = {bound.piece for bound in bounds if bound.reason == "units_do_not_fit"}
    unfit = np.zeros(problem.size, np.bool_)
    unfit[[node for bound in bounds for node in bound.unfit]] = True
    found = []
    for zone in np.flatnonzero((weights < lower) | (weights > upper)):
        members = np.flatnonzero(labels == zone)
        around = int(totals[pieces[members[0]]])
        if held[members].all():
            reason = "locked"
        elif large[members].any():
            reason = "building_too_large"
        elif around < lower:
            reason = "too_few_households"
        elif not band.can_hold(around):
            reason = "total_impossible"
        elif unfit[members].any() or int(whole[members[0]]) in proved:
            reason = "units_do_not_fit"
        else:
            reason = "not_reached"
        found.append((int(zone), int(weights[zone]), reason))
    return found
