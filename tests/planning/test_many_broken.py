"""Many communities broken at once: what is outside the band in the end is proved to be."""

from __future__ import annotations

import numpy as np
import pytest

from gridmap.model import Territory
from gridmap.planning import rebalance_communities
from gridmap.planning.boards import NO_TRIAL, Board
from gridmap.planning.lightening import lighten
from gridmap.planning.problems import BandTable, Problem
from gridmap.planning.watching import Watch
from gridmap.rules import Rules
from gridmap.testing import draw_territory

RULES = Rules.preset()
PROVED = {"building_too_large", "units_do_not_fit", "too_few_households", "total_impossible"}


def draw_broken(seed: int) -> Territory:
    """Return a small district whose communities differ much in persons, some of them in pieces."""
    rng = np.random.default_rng(seed)
    side, many = int(rng.integers(5, 7)), int(rng.integers(4, 9))
    owner = np.full((side, side), -1)
    owner.flat[rng.permutation(side * side)[:many]] = np.arange(many)
    while (owner < 0).any():
        row, column = (int(value) for value in rng.choice(np.argwhere(owner < 0)))
        around = ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1))
        near = [owner[at] for at in around if min(at) >= 0 and max(at) < side and owner[at] >= 0]
        if near:
            owner[row, column] = near[int(rng.integers(len(near)))]
    for _ in range(int(rng.integers(3))):
        owner.flat[int(rng.integers(side * side))] = int(rng.integers(many))
    share = rng.lognormal(0, 1.0, many)[owner] * rng.lognormal(0, 0.5, (side, side))
    share[rng.random(share.shape) < 0.1] = 0
    persons = many * rng.uniform(2500, 9000)
    letters = [[chr(ord("a") + int(rng.integers(26))) for _ in range(side)] for _ in range(side)]
    return draw_territory(
        "\n".join("".join(row) for row in letters),
        households=np.round(share / share.sum() * persons / 2.62).astype(np.int64),
        communities="\n".join("".join(chr(ord("A") + zone) for zone in row) for row in owner),
    )


def count_broken(territory: Territory) -> int:
    frame = territory.units.frame
    persons = frame.groupby("community_id")["households"].sum() * 2.62
    return int((~persons.between(3000, 20_000)).sum())


@pytest.mark.parametrize("tens", range(3))
def test_what_is_outside_is_proved_to_be(tens: int) -> None:
    broken = []
    for seed in range(10 * tens, 10 * tens + 10):
        territory = draw_broken(seed)
        broken.append(count_broken(territory))
        plan = rebalance_communities(territory, rules=RULES, number=0, seed=seed)
        inside = plan.grids["households"].between(3000, 20_000)
        assert (inside == plan.grids["in_band"]).all(), seed
        assert set(plan.grids.loc[~inside, "reason_code"]) <= PROVED, seed
        assert (plan.grids.geom_type == "Polygon").all(), seed
    assert sum(several > 1 for several in broken) >= 6


def test_a_repair_that_took_what_the_next_needed_is_made_anew() -> None:
    """A row of areas of 5, 3, 2, 4 and a band of 4-9: the two small ones go together."""
    bands = BandTable(np.array([[4, 9]]), np.array([[4, 9]]))
    edges = np.array([[0, 1], [1, 2], [2, 3]])
    row = Problem(
        np.array([5, 3, 2, 4]), edges, np.ones(3), np.zeros(3), bands, np.zeros(4, np.int64)
    )
    apart = Board(row, [0, 0, 3, 3], [0, 1, 2, 3])
    lighten(apart, [0, 1, 2, 3], seed=7, watch=Watch())
    assert apart.label == [0, 1, 1, 3]
    together = Board(row, [0, 1, 1, 3], [0, 1, 2, 3])
    lighten(together, [0, 1, 2, 3], seed=7, watch=Watch())
    assert together.label == [0, 1, 1, 3]


@pytest.mark.parametrize("seed", range(20))
def test_mending_again_is_never_dearer_and_leaves_zones_whole(seed: int) -> None:
    rng = np.random.default_rng(seed)
    side = 7
    place = np.arange(side * side).reshape(side, side)
    across = np.column_stack([place[:, :-1].ravel(), place[:, 1:].ravel()])
    edges = np.concatenate([across, np.column_stack([place[:-1].ravel(), place[1:].ravel()])])
    weights = rng.integers(0, 9, side * side)
    bands = BandTable(np.array([[6, 16]]), np.array([[6, 16]]))
    zeros = np.zeros(len(weights), np.int64)
    problem = Problem(weights, edges, np.ones(len(edges)), np.zeros(len(edges)), bands, zeros)
    home = place.ravel().tolist()
    board = Board(problem, list(home), home)
    for zone in rng.permutation(side * side).tolist():  # the smallest goes to some neighbour
        nodes, near = board.members(zone), sorted(board.fringe(zone))
        if nodes and board.count_failing(nodes):
            board.make(board.shift(NO_TRIAL, nodes, near[int(rng.integers(len(near)))]))
    before = _judge(board)
    lighten(board, home, seed=seed, watch=Watch())
    assert _judge(board) <= before
    assert all(board.is_whole(board.members(zone)) for zone in board.zones())
    assert all(board.label[n] == z for z in board.zones() for n in board.members(z))


def _judge(board: Board) -> tuple[int, int]:
    failing = sum(board.count_failing(board.members(zone)) for zone in board.zones())
    return failing, sum(board.price(node, zone) for node, zone in enumerate(board.label))
