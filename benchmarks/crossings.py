"""How many zones must lie across a main road, railway or river, whatever the division.

Take out the edges where a border is wanted: regions are left, and a zone that crosses nothing lies
in one of them. A region that can't be shared by zones of the band (its households rule it out, or
it is proved that its units do not fit, or nobody lives there) is therefore met by a zone that
crosses, or by one outside the band. No zone of the band meets two regions between which each way
has more households than the ceiling. So the greatest set of such regions, no two of which one zone
could meet, less the zones that are outside in every division, is a bound.

``python -m benchmarks.crossings`` prints it for the sample district beside what gridmap does.
"""

from __future__ import annotations

import heapq
import sys
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.engine.instances import Instance

SEEDS = (7, 8, 9)


def find_regions(instance: Instance) -> NDArray[np.int32]:
    """Return the land between lines in which each node lies, shape (n,)."""
    from gridmap.planning.problems import find_pieces

    return find_pieces(instance.edges[instance.costs >= 0], instance.size)


def find_stuck(instance: Instance, region: NDArray[np.int32]) -> dict[int, str]:
    """Return the regions that zones of the band, each inside it, can't share; and why."""
    from gridmap.proving.pieces import Question, is_refuted
    from gridmap.rules import Band

    band = Band(instance.lower, instance.upper)
    between = region[instance.edges]
    reached = np.unique(between[between[:, 0] != between[:, 1]])
    place = np.zeros(instance.size, np.int64)
    stuck = {}
    for one in reached.tolist():
        nodes = np.flatnonzero(region == one)
        weights = instance.weights[nodes]
        place[nodes] = np.arange(len(nodes))
        if weights.sum() == 0:
            stuck[one] = "empty"
        elif weights.max() <= band.upper and not band.can_hold(int(weights.sum())):
            stuck[one] = "total"
        elif weights.max() <= band.upper:
            own = (between == one).all(axis=1)
            edges = place[instance.edges[own]]
            if is_refuted(Question(weights, edges, band)):
                stuck[one] = "units"
    return stuck


def find_met(instance: Instance, region: NDArray[np.int32], start: int) -> set[int]:
    """Return the regions that one zone could meet together with a region: ways by households."""
    near: list[list[int]] = [[] for _ in range(instance.size)]
    for a, b in instance.edges.tolist():
        near[a].append(b)
        near[b].append(a)
    heap = [(int(instance.weights[node]), int(node)) for node in np.flatnonzero(region == start)]
    heapq.heapify(heap)
    seen: set[int] = set()
    while heap:
        held, node = heapq.heappop(heap)
        if node in seen or held > instance.upper:
            continue
        seen.add(node)
        for other in near[node]:
            heapq.heappush(heap, (held + int(instance.weights[other]), other))
    return {int(region[node]) for node in seen}


def count_apart(instance: Instance, region: NDArray[np.int32], stuck: list[int]) -> int:
    """Return how many zones at least meet all of these regions."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    met = [find_met(instance, region, one) for one in stuck]
    pairs = [(i, j) for i in range(len(stuck)) for j in range(i) if stuck[j] in met[i]]
    if not pairs:
        return len(stuck)
    rows = np.zeros((len(pairs), len(stuck)))
    for row, pair in zip(rows, pairs, strict=True):
        row[list(pair)] = 1
    ones = np.ones(len(stuck))
    limit = LinearConstraint(rows, -np.inf, 1)
    done = milp(-ones, constraints=limit, integrality=ones, bounds=Bounds(0, 1))
    chosen = np.rint(done.x).astype(np.int64)
    if (rows @ chosen > 1).any():
        return 0
    return int(chosen.sum())


def main() -> int:
    """Print a row for each sample: seed, zones, crossing, the bound, the regions stuck."""
    import gridmap
    from benchmarks.engine.judging import judge
    from benchmarks.engine.places import read_sample
    from gridmap.planning.problems import find_pieces

    print(
        "| seed | zones | across a line | at least | empty, total, units |\n|---|---|---|---|---|"
    )
    for seed in SEEDS:
        instance = read_sample(seed)
        names = ("lengths", "areas", "perimeters", "groups")
        done = gridmap.partition(
            instance.weights,
            instance.edges,
            instance.costs,
            lower=instance.lower,
            upper=instance.upper,
            seed=7,
            **{name: getattr(instance, name) for name in names},
        )
        region = find_regions(instance)
        stuck = find_stuck(instance, region)
        piece = find_pieces(instance.edges, instance.size)
        home = {one: int(piece[np.flatnonzero(region == one)[0]]) for one in stuck}
        least = 0
        for bound in done.certificate.pieces:
            here = [one for one in stuck if home[one] == bound.piece]
            least += max(0, count_apart(instance, region, here) - bound.unavoidable)
        result = judge(instance, done.labels)
        zones = int(result["zones"])
        crossing = round(result["crossing"] * zones / 100)
        why = [list(stuck.values()).count(name) for name in ("empty", "total", "units")]
        print(
            f"| {seed} | {zones} | {crossing} ({100 * crossing / zones:.1f} %) "
            f"| {least} ({100 * least / zones:.1f} %) | {why[0]}, {why[1]}, {why[2]} |",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
