"""What cutting a group costs: much where it fits into one zone, little more where it must be cut.

A compound that fits into one grid loses its wholeness by the first cut. One above the ceiling is
cut in every division; one grid more in it is a matter of degree, and must not be worth a small
compound cut instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridmap.planning.kernels.columns import GROUP, WHOLE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.planning.kernels.weighing import Graph
    from gridmap.planning.problems import Problem


def weigh_wholes(problem: Problem) -> NDArray[np.int64]:
    """Return what each further zone costs the group of each node, shape (n,); 0 without a group.

    A group fits where its weight is at most the ceiling of a class of its nodes, and each of its
    loads at most the most of that load. Source: gridmap's own default (docs/engine.md, The aim).

    Examples
    --------
    >>> from gridmap.planning.problems import BandTable, Problem
    >>> bands = BandTable(np.array([[3, 5]]), np.array([[3, 5]]))
    >>> path = Problem(np.array([2, 3, 4, 4, 1]), np.array([[0, 1], [1, 2], [2, 3], [3, 4]]),
    ...                np.ones(4), np.zeros(4), bands, np.zeros(5, np.int64),
    ...                groups=np.array([0, 0, 1, 1, -1]))
    >>> [int(worth).bit_length() - 1 for worth in weigh_wholes(path)]
    [17, 17, 14, 14, -1]
    """
    from gridmap.planning.kernels.weighing import SPLIT, SPLIT_AGAIN

    worth = np.zeros(problem.size, np.int64)
    if problem.groups is None:
        return worth
    held = problem.groups >= 0
    group = problem.groups[held]
    many = int(group.max(initial=-1)) + 1
    total, most = np.zeros(many, np.int64), np.zeros(many, np.int64)
    np.add.at(total, group, problem.weights[held])
    np.maximum.at(most, group, problem.bands.hard[problem.classes[held], 1])
    fits = total <= most
    if problem.loads is not None and problem.load_bands is not None:
        burden = np.zeros((many, problem.loads.shape[1]), np.int64)
        np.add.at(burden, group, problem.loads[held])
        fits &= (burden <= problem.load_bands[:, 1]).all(axis=1)
    worth[held] = np.where(fits[group], SPLIT, SPLIT_AGAIN)
    return worth


def sum_wholes(graph: Graph) -> int:
    """Return what all groups cost by lying in one zone each, which every division costs.

    Examples
    --------
    >>> from gridmap.planning.problems import BandTable, Problem, state_problem
    >>> bands = BandTable(np.array([[3, 5]]), np.array([[3, 5]]))
    >>> graph, _ = state_problem(Problem(np.array([2, 3]), np.array([[0, 1]]), np.ones(1),
    ...                                  np.zeros(1), bands, np.zeros(2, np.int64),
    ...                                  groups=np.array([0, 0])))
    >>> sum_wholes(graph) == 1 << 17
    True
    """
    firsts = np.unique(graph.node[:, GROUP], return_index=True)[1]
    return int(graph.node[firsts, WHOLE].sum())
