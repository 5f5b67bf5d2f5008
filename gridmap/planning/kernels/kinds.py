"""What the tables of the kernels are to the compiler, so that kernels can be compiled unasked."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from gridmap.planning.kernels.cutting import Tree
from gridmap.planning.kernels.simmering import Brew
from gridmap.planning.kernels.timing import Bell
from gridmap.planning.kernels.weighing import Aim, Graph
from gridmap.planning.kernels.zones import Zones

Kinds = tuple[Any, ...]
"""The types of a kernel's arguments; numba has none that mypy knows."""

_find_kind: Any = numba.typeof
_row, _table = np.zeros(1, np.int64), np.zeros((1, 1), np.int64)
_nine: Any = [_row] * 9
_graph = Graph(_row, _table, _table, _table, _table, _table, _table)
_bell = Bell(_row, 1)
_zones = Zones(_table, _table, _table, _table, _row, _row)
_make_brew: Any = Brew
_brew = _make_brew(*_nine, _table, _row, _table, _row, _row, _bell, _row)

WHOLE, ROW, TABLE = _find_kind(1), _find_kind(_row), _find_kind(_table)
"""A whole number; whole numbers in a row; in a table."""
RANDOM = _find_kind(np.zeros(1, np.uint64))
"""The state of random numbers."""
GRAPH, BELL, ZONES = _find_kind(_graph), _find_kind(_bell), _find_kind(_zones)
AIM = _find_kind(Aim(1, 1, 1, 1, 1, 1))
BREW, TREE = _find_kind(_brew), _find_kind(Tree(*_nine[:6]))

REDRAW: Kinds = (GRAPH, AIM, ZONES, BREW, ROW, ROW, WHOLE, RANDOM)
SIMMER: Kinds = (GRAPH, AIM, ZONES, BREW, WHOLE, WHOLE, RANDOM)
CUT_PLAINLY: Kinds = (TREE, TABLE, WHOLE, BELL, ROW)
CUT_FINELY: Kinds = (GRAPH, WHOLE, ROW, TREE, BELL, ROW)
CUT_LOADED: Kinds = (GRAPH, AIM, TABLE, ROW, TREE, BELL, ROW)
SEARCH: Kinds = (GRAPH, AIM, ROW, ROW, RANDOM, ROW, ROW, BELL, ROW)
SPREAD: Kinds = (ROW, ROW, ROW, ROW, ROW, WHOLE, ROW)
