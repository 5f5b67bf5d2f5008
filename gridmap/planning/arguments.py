"""The arguments of `gridmap.planning.partition`, checked: nothing is rounded or reshaped."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gridmap.errors import InvalidOption
from gridmap.planning.problems import BandTable, Problem, Shape, number_by_first
from gridmap.rules import Band

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

MOST_WEIGHT = 1 << 40
"""Total weight above which whole-number sums could overflow (gridmap's own default)."""
MOST_LOADS = 8
"""Further weights at once, so that no sum of costs overflows (gridmap's own default)."""
MOST_MEASURE = 1e15
"""Greatest cost, length, area or perimeter, so that no sum overflows (gridmap's own default)."""


def read_integer(name: str, value: Any) -> int:
    """Return a whole number given as a number of any kind; refuse anything else.

    Examples
    --------
    >>> read_integer("lower", 300.0)
    300
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    given = _read_array(name, value)
    whole = given.ndim == 0 and (
        given.dtype.kind in "iu"
        or (given.dtype.kind == "f" and np.isfinite(given) and given == np.floor(given))
    )
    if not whole:
        raise InvalidOption(
            f"{name} must be a whole number, not {str(value)[:40]}.",
            f"{name} 必须是整数，不能是 {str(value)[:40]}。",
        )
    return int(given)


def read_band(lower: float, upper: float) -> Band:
    """Return the band of whole numbers, of at most the greatest total weight.

    Examples
    --------
    >>> read_band(300, 500)
    Band(lower=300, upper=500)
    """
    band = Band(read_integer("lower", lower), read_integer("upper", upper))
    if band.upper > MOST_WEIGHT:
        raise InvalidOption(
            f"lower and upper must be at most {MOST_WEIGHT}.",
            f"lower 和 upper 不得超过 {MOST_WEIGHT}。",
        )
    return band


def read_bands(
    band: Band, bands: ArrayLike | None, classes: ArrayLike | None, size: int
) -> tuple[BandTable, NDArray[np.int64]]:
    """Return the band of each class, and the class of each node.

    Examples
    --------
    >>> table, classes = read_bands(Band(3, 5), [[3, 5], [2, 4]], [0, 1, 1], 3)
    >>> table.hard.tolist(), classes.tolist()
    ([[3, 5], [2, 4]], [0, 1, 1])
    """
    if bands is None and classes is None:
        only = np.array([[band.lower, band.upper]], np.int64)
        return BandTable(only, only), np.zeros(size, np.int64)
    if bands is None or classes is None:
        raise InvalidOption(
            "bands and classes go together: give the bands and the class of each node, or neither.",
            "bands 与 classes 须同时给出：各类的区间，以及每个节点的类别；或都不给出。",
        )
    table = _read_table("bands", bands, 2)
    if len(table) == 0 or table.min() < 1 or np.any(table[:, 0] > table[:, 1]):
        raise InvalidOption(
            "Each row of bands needs 0 < lower <= upper, and there must be one at least.",
            "bands 至少一行，且每行须满足 0 < 下限 <= 上限。",
        )
    klass = _whole_numbers("classes", classes)
    if len(klass) != size or (size and (klass.min() < 0 or klass.max() >= len(table))):
        raise InvalidOption(
            f"classes must be {size} rows of bands, each 0 to {len(table) - 1}.",
            f"classes 须为 {size} 个 bands 的行号，取值 0 至 {len(table) - 1}。",
        )
    return BandTable(table, table), klass


def read_loads(
    loads: ArrayLike | None, load_bands: ArrayLike | None, size: int
) -> tuple[NDArray[np.int64] | None, NDArray[np.int64] | None]:
    """Return the further weights of nodes and the least and most of each that a zone may carry.

    Examples
    --------
    >>> carried, limits = read_loads([[70], [90]], [[0, 2500]], 2)
    >>> carried.tolist(), limits.tolist()
    ([[70], [90]], [[0, 2500]])
    """
    if loads is None and load_bands is None:
        return None, None
    if loads is None or load_bands is None:
        raise InvalidOption(
            "loads and load_bands go together: give both or neither.",
            "loads 与 load_bands 须同时给出或都不给出。",
        )
    limits = _read_table("load_bands", load_bands, 2)
    if len(limits) > MOST_LOADS or limits.min(initial=0) < 0 or np.any(limits[:, 0] > limits[:, 1]):
        raise InvalidOption(
            f"load_bands needs 0 <= least <= most in each row, and at most {MOST_LOADS} rows.",
            f"load_bands 每行须满足 0 <= 下限 <= 上限，且不超过 {MOST_LOADS} 行。",
        )
    carried = _read_table("loads", loads, len(limits))
    if len(carried) != size:
        raise InvalidOption(
            f"loads must have one row for each of {size} nodes; {len(carried)} were given.",
            f"loads 须为 {size} 个节点各给一行，实际给出 {len(carried)} 行。",
        )
    sums = carried.astype(object).sum(axis=0) if size else np.zeros(0)
    if carried.min(initial=0) < 0 or any(total > MOST_WEIGHT for total in sums):
        raise InvalidOption(
            f"loads must be at least 0, and each must add up to at most {MOST_WEIGHT}.",
            f"loads 不得为负，每项合计不得超过 {MOST_WEIGHT}。",
        )
    return (carried, limits) if len(limits) else (None, None)


def read_time_limit(value: float | None) -> float | None:
    """Return a time limit in seconds, finite and at least 0, or None.

    Examples
    --------
    >>> read_time_limit(2)
    2.0
    """
    if value is None:
        return None
    given = _read_array("time_limit_s", value)
    if given.ndim or given.dtype.kind not in "iuf" or not 0 <= float(given) < math.inf:
        raise InvalidOption(
            f"time_limit_s must be seconds, finite and at least 0, not {str(value)[:40]}.",
            f"time_limit_s 须为不小于 0 的有限秒数，不能是 {str(value)[:40]}。",
        )
    return float(given)


def read_edges(edges: ArrayLike, size: int) -> NDArray[np.int64]:
    """Return pairs of nodes, shape (m, 2); an empty list is no pairs.

    Examples
    --------
    >>> read_edges([(0, 1)], 2).tolist(), read_edges([], 2).shape
    ([[0, 1]], (0, 2))
    """
    given = _read_array("edges", edges)
    if given.shape == (0,):
        return np.zeros((0, 2), np.int64)
    if given.ndim != 2 or given.shape[1] != 2:
        raise InvalidOption(
            f"edges must be pairs of nodes, shape (m, 2), not {given.shape}.",
            f"edges 须为节点对，形状为 (m, 2)，而不是 {given.shape}。",
            cure_en="transpose an array of shape (2, m): edges.T",
            cure_zh="形状为 (2, m) 的数组请先转置：edges.T",
        )
    ends = _whole_numbers("edges", given.reshape(-1)).reshape(-1, 2)
    if len(ends) and (ends.min() < 0 or ends.max() >= size):
        raise InvalidOption(
            f"edges must name nodes 0..{size - 1}; found {ends.min()}..{ends.max()}.",
            f"edges 只能引用节点 0..{size - 1}，实际为 {ends.min()}..{ends.max()}。",
        )
    return ends


def read_costs(edge_costs: ArrayLike, many: int) -> NDArray[np.float64]:
    """Return the cost of each edge, shape (m,).

    Examples
    --------
    >>> read_costs([1, -2], 2).tolist()
    [1.0, -2.0]
    """
    return _numbers("edge_costs", edge_costs, many)


def read_problem(
    weights: ArrayLike, ends: NDArray[np.int64], costs: NDArray[np.float64], band: Band
) -> Problem:
    """Return the graph made simple: no loops, each pair once, the costs of repeated pairs added.

    Examples
    --------
    >>> from gridmap.rules import Band
    >>> ends = np.array([[0, 1], [1, 0], [1, 1]])
    >>> read_problem([3, 4], ends, np.ones(3), Band(3, 5)).edges.tolist()
    [[0, 1]]
    """
    weight = read_weights(weights)
    size = len(weight)
    pairs, place = _merge_edges(ends, size)
    many = len(pairs)
    merged = np.bincount(place[place >= 0], weights=costs[place >= 0], minlength=many)
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


def read_weights(weights: ArrayLike) -> NDArray[np.int64]:
    """Return the households of each node, shape (n,).

    Examples
    --------
    >>> read_weights([3.0, 4]).tolist()
    [3, 4]
    """
    weight = _whole_numbers("weights", weights)
    if len(weight) and (weight.min() < 0 or int(weight.astype(object).sum()) > MOST_WEIGHT):
        raise InvalidOption(
            f"weights must be at least 0 and add up to at most {MOST_WEIGHT}.",
            f"weights 不得为负，合计不得超过 {MOST_WEIGHT}。",
        )
    return weight


def read_shape(
    problem: Problem,
    ends: NDArray[np.int64],
    *,
    lengths: ArrayLike | None,
    areas: ArrayLike | None,
    perimeters: ArrayLike | None,
) -> Problem:
    """Return the problem with its shape: all three measures, or none.

    Examples
    --------
    >>> from gridmap.rules import Band
    >>> ends = np.array([[0, 1]])
    >>> bare = read_problem([3, 4], ends, np.ones(1), Band(3, 5))
    >>> measures = {"lengths": [5], "areas": [25, 25], "perimeters": [20, 20]}
    >>> read_shape(bare, ends, **measures).shape.lengths.tolist()
    [5.0]
    """
    if lengths is None and areas is None and perimeters is None:
        return problem
    if lengths is None or areas is None or perimeters is None:
        raise InvalidOption(
            "lengths, areas and perimeters steer the shape together: give all three or none.",
            "lengths、areas、perimeters 须同时给出或都不给出。",
        )
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


def read_labels(name: str, values: ArrayLike | None, size: int) -> NDArray[np.int64] | None:
    """Return labels as small numbers; any negative label is -1. None where no node has one.

    Examples
    --------
    >>> read_labels("groups", [9, -5, 4], 3).tolist()
    [0, -1, 2]
    """
    if values is None:
        return None
    given = _whole_numbers(name, values)
    if len(given) != size:
        raise InvalidOption(
            f"{name} must have one label for each of {size} nodes; {len(given)} were given.",
            f"{name} 须为 {size} 个节点各给一个标签，实际给出 {len(given)} 个。",
        )
    numbered = number_by_first(np.maximum(given, -1)).astype(np.int64)
    return np.where(given < 0, -1, numbered) if (given >= 0).any() else None


def read_locked(
    locked: ArrayLike | None, current: NDArray[np.int64] | None, size: int
) -> NDArray[np.bool_]:
    """Return whether each node is locked; a locked node must have a zone of today.

    Examples
    --------
    >>> read_locked([1, 0], np.array([0, -1]), 2).tolist()
    [True, False]
    """
    if locked is None:
        return np.zeros(size, np.bool_)
    given = _read_array("locked", locked)
    truth = given.size == 0 or (given.dtype.kind in "biu" and bool(np.isin(given, [0, 1]).all()))
    if given.shape != (size,) or not truth:
        raise InvalidOption(
            f"locked must be {size} truth values.",
            f"locked 须为 {size} 个布尔值。",
        )
    held = given.astype(np.bool_)
    loose = int(np.count_nonzero(held if current is None else held & (current < 0)))
    if loose:
        raise InvalidOption(
            f"locked nodes need their zone of today in current; {loose} have none.",
            f"锁定的节点须在 current 中有现状网格，其中 {loose} 个没有。",
        )
    return held


def check_zones(zones: int | None, reachable: range) -> int:
    """Return the number of zones wanted, 0 for any; refuse one that graph and locks rule out.

    Examples
    --------
    >>> check_zones(3, range(2, 9)), check_zones(None, range(2, 9))
    (3, 0)
    """
    if zones is None:
        return 0
    number = read_integer("zones", zones)
    if number not in reachable or number == 0:
        least, most = reachable.start, reachable.stop - 1
        raise InvalidOption(
            f"{number} zones can't be drawn: pieces, nodes and locks allow {least} to {most}.",
            f"无法划分为 {number} 个区：按连片、节点和锁定情况，只能为 {least} 至 {most} 个。",
        )
    return number


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


def _read_array(name: str, values: ArrayLike) -> NDArray[Any]:
    """Return values as an array; rows of different lengths are refused."""
    try:
        return np.asarray(values)
    except (ValueError, TypeError, OverflowError) as wrong:
        raise InvalidOption(
            f"{name} must be an array of numbers; its rows have different lengths.",
            f"{name} 须为数值数组，实际各行长度不一。",
        ) from wrong


def _whole_numbers(name: str, values: ArrayLike) -> NDArray[np.int64]:
    given = _read_array(name, values)
    if given.shape == (0,):
        return np.zeros(0, np.int64)
    wrong = given.ndim != 1 or given.dtype.kind not in "iufb"
    if not wrong and given.dtype.kind == "f":
        wrong = not np.all(np.isfinite(given) & (given == np.floor(given)))
    if not wrong and given.dtype.kind in "uf":
        wrong = not np.all(np.abs(given) <= 2**53)
    if wrong:
        raise InvalidOption(
            f"{name} must be whole numbers, one for each; none may be missing.",
            f"{name} 必须是一列整数，不得为空值或小数。",
        )
    return given.astype(np.int64)


def _read_table(name: str, values: ArrayLike, width: int) -> NDArray[np.int64]:
    """Return a table of whole numbers of so many columns; an empty list is no rows."""
    given = _read_array(name, values)
    if given.shape == (0,):
        return np.zeros((0, width), np.int64)
    if given.ndim != 2 or given.shape[1] != width:
        raise InvalidOption(
            f"{name} must be a table of {width} column(s), not of shape {given.shape}.",
            f"{name} 须为 {width} 列的表，实际形状为 {given.shape}。",
        )
    table = _whole_numbers(name, given.reshape(-1)).reshape(-1, width)
    if table.max(initial=0) > MOST_WEIGHT:
        raise InvalidOption(
            f"{name} must be at most {MOST_WEIGHT}.",
            f"{name} 不得超过 {MOST_WEIGHT}。",
        )
    return table


def _numbers(name: str, values: ArrayLike, size: int) -> NDArray[np.float64]:
    given = _read_array(name, values)
    kind = given.size == 0 or given.dtype.kind in "iufb"
    if given.shape != (size,) or not kind:
        raise InvalidOption(
            f"{name} must be {size} numbers in one row; the shape given is {given.shape}.",
            f"{name} 须为一列 {size} 个数值，实际形状为 {given.shape}。",
        )
    numbers = given.astype(np.float64)
    if not np.all(np.abs(numbers) <= MOST_MEASURE):
        raise InvalidOption(
            f"{name} must be finite numbers of at most {MOST_MEASURE:g} in size.",
            f"{name} 须为有限数值，绝对值不超过 {MOST_MEASURE:g}。",
        )
    return numbers
