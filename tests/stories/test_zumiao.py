"""Zumiao, Chancheng: thirteen departments' grids made one layer (FIELD.md section 1 [report]).

The place is made here and calibrated to the published figures: 117 main grids and 91 exclave grids
are the division that thirteen departments mean, and each has drawn it in its own way. What is
asserted of 'after' is what was published: one composite layer of 208 grids, 117 main and 91
exclave ones, each with its owner and host. Printed beside the report.
"""

from __future__ import annotations

import sys
from functools import cache

import networkx as nx
import numpy as np
import pandas as pd

from gridmap.datasets.departments import DEPARTMENTS, draw_departments
from gridmap.model import Territory
from gridmap.planning import merge_departments
from gridmap.rules import Rules
from gridmap.sources.departments import Departments
from gridmap.testing import draw_territory

MAIN, EXCLAVES = 117, 91
ROWS, COLUMNS, BLOCK = 16, 13, 2
"""208 blocks, one a grid, each of four buildings."""
COMMUNITIES = 13
"""Not published; gridmap's own: nine main grids a community."""
SIGNS = [chr(0x4E00 + n) for n in range(COMMUNITIES)]


def _near(at: int) -> list[int]:
    row, column = divmod(at, COLUMNS)
    sides = ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1))
    return [r * COLUMNS + c for r, c in sides if 0 <= r < ROWS and 0 <= c < COLUMNS]


@cache
def own_blocks(seed: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the community of each block, and the blocks that are exclaves.

    Communities of sixteen neighbouring blocks give blocks away to others that they do not touch,
    until 91 lie apart; what is left of each stays in one piece.
    """
    rng = np.random.default_rng(seed)
    graph = nx.Graph([(at, near) for at in range(ROWS * COLUMNS) for near in _near(at)])
    row, column = np.divmod(np.arange(ROWS * COLUMNS), COLUMNS)
    snake = np.where(row // 4 % 2 == 0, column, COLUMNS - 1 - column)
    order = np.lexsort((row % 4, snake, row // 4))
    owner = np.empty(len(order), np.int64)
    owner[order] = np.arange(len(order)) * COMMUNITIES // len(order)
    home, apart = owner.copy(), set()
    for at in rng.permutation(len(owner)).tolist():
        around = {int(owner[near]) for near in _near(at)} | {int(home[at])}
        takers = [zone for zone in rng.permutation(COMMUNITIES).tolist() if zone not in around]
        rest = [n for n in np.flatnonzero(home == home[at]).tolist() if n not in apart | {at}]
        if takers and len(apart) < EXCLAVES and rest and nx.is_connected(graph.subgraph(rest)):
            owner[at] = takers[0]
            apart.add(at)
    return tuple(owner.tolist()), tuple(sorted(apart))


def make_place(seed: int) -> tuple[Territory, pd.Series, set[int]]:
    """Return the buildings, the block of each, and the blocks that are exclaves."""
    owner, apart = own_blocks(seed)
    blocks = np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS)
    cells = np.repeat(np.repeat(blocks, BLOCK, 0), BLOCK, 1)
    rng = np.random.default_rng(seed)
    toy = draw_territory(
        "\n".join(["a" * cells.shape[1]] * cells.shape[0]),
        households=rng.integers(86, 117, cells.shape),
        communities="\n".join("".join(SIGNS[owner[at]] for at in line) for line in cells),
    )
    ids = toy.units.frame.index
    row, column = ids.str[1:3].astype(int), ids.str[4:6].astype(int)
    return toy, pd.Series(cells[row, column].astype(str), index=ids), set(apart)


def test_thirteen_departments_become_117_and_91_grids() -> None:
    toy, zones, apart = make_place(seed=1)
    assert len(apart) == EXCLAVES
    layers = draw_departments(toy, zones, moved=0.05, joined=0.15, seed=1)
    departments = Departments(layers, toy.units.crs, toy.units.metric_crs)
    merger = merge_departments(departments, toy, rules=Rules.preset())
    grids, told = merger.plan.grids, merger.departments
    kinds = grids["kind"].value_counts().to_dict()
    meant = zones.groupby(merger.plan.assignment.reindex(zones.index)).agg(["nunique", "size"])
    sys.stdout.write(
        f"\nZumiao [report]: 13 departments, 117 + 91 = 208 grids; here {len(told)} departments "
        f"with {told['grids'].min()}-{told['grids'].max()} grids, {len(merger.conflicts)} "
        f"conflicts on {merger.overlay.score['area']:.1%} of the land and "
        f"{merger.overlay.score['households']:.1%} of the households -> {kinds['general']} + "
        f"{kinds['exclave']} = {len(grids)}, {grids['in_band'].mean():.1%} in 300-500; "
        f"{told['kept_share'].min():.1%}-{told['kept_share'].max():.1%} of a department's "
        f"households stay in the heir of their grid; "
        f"{(meant['nunique'] == 1).mean():.1%} of the grids hold nothing but what was meant\n"
    )
    assert len(told) == len(DEPARTMENTS) == 13
    assert kinds == {"general": MAIN, "exclave": EXCLAVES}
    exclaves = grids[grids["kind"] == "exclave"]
    assert (exclaves["host_id"] != "").all()
    assert (exclaves["host_id"] != exclaves["community_id"]).all()
    assert grids["in_band"].all()
    assert grids["households"].sum() == toy.units.frame["households"].sum()
    assert (meant["nunique"] == 1).mean() > 0.95
    # a grid that was joined to another one goes on as half of it; and 5 % had changed sides
    assert (told["kept_share"] > told["grids"] / (MAIN + EXCLAVES) - 0.05).all()
