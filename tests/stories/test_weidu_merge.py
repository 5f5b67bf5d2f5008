"""Weidu, Xuchang: 620 grids merged to 539 by equal workload (FIELD.md section 1 [report]).

The places are made here, the two numbers are the report's. It gives no figure for the spread of
workload, so what is asserted of it is gridmap's own: every grid within a quarter of the mean.
"""

from __future__ import annotations

import sys
from typing import Any

import networkx as nx
import numpy as np

from gridmap.planning import partition

BEFORE, AFTER = 620, 539
ROWS, COLUMNS = 62, 80
SPREAD = 0.25


def make_district() -> tuple[Any, Any, Any]:
    """Return edges, workload points of blocks, and today's 620 grids of eight blocks each.

    Points: one a household, and half as many again where the courtyard has no manager; so grids
    of one size have unequal work.
    """
    at = np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS)
    edges = np.concatenate(
        [
            np.stack([at[:, :-1].ravel(), at[:, 1:].ravel()], 1),
            np.stack([at[:-1].ravel(), at[1:].ravel()], 1),
        ]
    )
    rng = np.random.default_rng(620)
    households = rng.integers(20, 70, at.size)
    row, column = np.divmod(np.arange(at.size), COLUMNS)
    unmanaged = rng.random((ROWS // 2, COLUMNS // 4))[row // 2, column // 4] < 0.4
    points = households + np.where(unmanaged, households // 2, 0)
    today = (row // 2) * (COLUMNS // 4) + column // 4
    return edges, points, today


def test_620_grids_become_539_of_equal_workload() -> None:
    edges, points, today = make_district()
    mean = points.sum() / AFTER
    lower, upper = int(mean * (1 - SPREAD)), int(mean * (1 + SPREAD))
    done = partition(
        points, edges, np.ones(len(edges)), lower=lower, upper=upper, zones=AFTER,
        current=today, seed=7,
    )  # fmt: skip
    work, old = np.bincount(done.labels, weights=points), np.bincount(today, weights=points)
    outside = [float(((w < lower) | (w > upper)).mean()) for w in (old, work)]
    same = [z[edges[:, 0]] == z[edges[:, 1]] for z in (today, done.labels)]
    kept = float((same[1] & same[0]).sum() / same[0].sum())
    sys.stdout.write(
        f"\nWeidu [report]: {BEFORE} -> {AFTER} grids; here {today.max() + 1} -> "
        f"{done.labels.max() + 1}; workload band {lower}-{upper}: outside "
        f"{outside[0]:.1%} -> {outside[1]:.1%}; spread (std / mean) "
        f"{old.std() / old.mean():.3f} -> {work.std() / work.mean():.3f}; "
        f"neighbours kept together {kept:.1%}\n"
    )
    assert today.max() + 1 == BEFORE
    assert done.labels.max() + 1 == AFTER
    graph = nx.Graph(edges.tolist())
    graph.remove_edges_from([tuple(e) for e in edges[~same[1]].tolist()])
    assert nx.number_connected_components(graph) == AFTER
    assert not done.certificate.outside
    assert outside[1] == 0 < outside[0]
    assert work.std() / work.mean() < old.std() / old.mean()
    assert kept > 0.5
