"""Sets of nodes as bit masks of two words, and the compiled loops over many of them.

A piece of at most 128 nodes is proved; a set of its nodes is two unsigned words of 64 bits. The
loops are compiled at first use and cached where a cache can be written, like those of
`gridmap.planning.kernels`, which this room may not import.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numba
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Kernel = TypeVar("Kernel", bound=Callable[..., object])
_compile: Any = numba.njit
"""numba's type stubs lack the options that leave out wrappers nobody calls."""
WORD = 64
MOST_NODES = 2 * WORD
ONE, NONE = np.uint64(1), np.uint64(0)
ROOT, HIGH, MANY, LOOKS, ENDED = range(5)
"""Where listing stands: the lowest node, sets waiting, sets found and looked at, how it ended."""
ALL = 2
"""All sets are listed; 1 for ended before, 0 for not ended."""
PAUSE = 50_000
"""Sets looked at between two looks at the clock."""


def _inner(function: Kernel) -> Kernel:
    return cast("Kernel", _compile(nogil=True, error_model="numpy")(function))


def _entry(function: Kernel) -> Kernel:
    """Compile and cache; without a folder to write to, numba refuses and nothing is cached."""
    try:
        return cast("Kernel", _compile(cache=True, nogil=True, error_model="numpy")(function))
    except RuntimeError:
        return cast("Kernel", _compile(nogil=True, error_model="numpy")(function))


@_inner
def _find_low(low: np.uint64, high: np.uint64) -> int:
    """Return the lowest node of a set that is not empty."""
    word, place = (low, 0) if low != NONE else (high, WORD)
    bit = word & (~word + ONE)
    for step in (32, 16, 8, 4, 2, 1):
        if bit >> np.uint64(step) != NONE:
            bit >>= np.uint64(step)
            place += step
    return place


@_inner
def _is_shareable(
    taken: np.ndarray,
    near: np.ndarray,
    weights: np.ndarray,
    lower: int,
    upper: int,
    spare: int,
) -> bool:
    """Tell whether each connected rest could be shared by zones of lower..upper.

    ``taken`` holds the two words of the rest; with ``spare`` land without households need not be.
    """
    rest_low, rest_high = taken[0], taken[1]
    while (rest_low | rest_high) != NONE:
        first = _find_low(rest_low, rest_high)
        rim_low = ONE << np.uint64(first) if first < WORD else NONE
        rim_high = NONE if first < WORD else ONE << np.uint64(first - WORD)
        rest_low &= ~rim_low
        rest_high &= ~rim_high
        total = 0
        while (rim_low | rim_high) != NONE:
            node = _find_low(rim_low, rim_high)
            if node < WORD:
                rim_low &= ~(ONE << np.uint64(node))
            else:
                rim_high &= ~(ONE << np.uint64(node - WORD))
            total += weights[node]
            new_low, new_high = near[node, 0] & rest_low, near[node, 1] & rest_high
            rest_low &= ~new_low
            rest_high &= ~new_high
            rim_low |= new_low
            rim_high |= new_high
        if (total == 0 and spare == 0) or (total + upper - 1) // upper * lower > total:
            return False
    return True


@_inner
def _push_wider(
    near: np.ndarray, weights: np.ndarray, upper: int, stack: np.ndarray, load: np.ndarray, at: int
) -> int:
    """Replace the set at a place of the stack by those with one more neighbour; return the top."""
    low, top, weight = stack[at, 0], stack[at, 1], load[at]
    rim_low, rim_top = stack[at, 2], stack[at, 3]
    free_low, free_top = stack[at, 4], stack[at, 5]
    while (rim_low | rim_top) != NONE:
        node = _find_low(rim_low, rim_top)
        bit_low = ONE << np.uint64(node) if node < WORD else NONE
        bit_top = NONE if node < WORD else ONE << np.uint64(node - WORD)
        rim_low &= ~bit_low
        rim_top &= ~bit_top
        if weight + weights[node] <= upper:
            stack[at, 0], stack[at, 1] = low | bit_low, top | bit_top
            stack[at, 2] = rim_low | near[node, 0] & free_low
            stack[at, 3] = rim_top | near[node, 1] & free_top
            stack[at, 4] = free_low & ~near[node, 0]
            stack[at, 5] = free_top & ~near[node, 1]
            load[at] = weight + weights[node]
            at += 1
    return at


@_inner
def _leave_large(full: np.ndarray, weights: np.ndarray, upper: int) -> int:
    """Take nodes above the band out of a set; return whether there are any."""
    spare = 0
    for node in range(len(weights)):
        if weights[node] > upper:
            spare = 1
            full[node // WORD] &= ~(ONE << np.uint64(node % WORD))
    return spare


@_inner
def _plant_root(
    near: np.ndarray, weights: np.ndarray, stack: np.ndarray, load: np.ndarray, root: int
) -> None:
    """Put the set of one node at the bottom of the stack, to grow by nodes above it only."""
    above = np.zeros(2, np.uint64)
    for node in range(root + 1, len(weights)):
        above[node // WORD] |= ONE << np.uint64(node % WORD)
    stack[0] = NONE
    stack[0, root // WORD] = ONE << np.uint64(root % WORD)
    for word in range(2):
        stack[0, 2 + word] = near[root, word] & above[word]
        stack[0, 4 + word] = above[word] & ~near[root, word]
    load[0] = weights[root]


@_entry
def _go_on_listing(
    near: np.ndarray,
    weights: np.ndarray,
    limits: np.ndarray,
    found: np.ndarray,
    stack: np.ndarray,
    load: np.ndarray,
    state: np.ndarray,
) -> None:
    """Go on listing sets from a state of `ROOT`, `HIGH`, `MANY`, `LOOKS`, up to `PAUSE` looks.

    ``limits``: band, most sets, most looks and whether to leave out what `list_sets` does.
    """
    size, lower, upper, clean = len(weights), limits[0], limits[1], limits[4]
    full, rest = np.zeros(2, np.uint64), np.zeros(2, np.uint64)
    for node in range(size):
        full[node // WORD] |= ONE << np.uint64(node % WORD)
    spare = _leave_large(full, weights, upper)
    root, high, many, looks = state[ROOT], state[HIGH], state[MANY], state[LOOKS]
    pause, going = looks + PAUSE, True
    while going and looks < pause and (high > 0 or root + 1 < size):
        if high == 0:
            root += 1
            _plant_root(near, weights, stack, load, root)
            high = 1 if weights[root] <= upper else 0
        while going and high > 0 and looks < pause:
            high -= 1
            looks += 1
            if load[high] >= lower:
                rest[0], rest[1] = full[0] & ~stack[high, 0], full[1] & ~stack[high, 1]
                if clean == 0 or _is_shareable(rest, near, weights, lower, upper, spare):
                    if many == limits[2]:
                        going = False
                        break
                    found[many, 0], found[many, 1] = stack[high, 0], stack[high, 1]
                    many += 1
            going = looks <= limits[3]
            high = _push_wider(near, weights, upper, stack, load, high)
    state[ROOT], state[HIGH], state[MANY], state[LOOKS] = root, high, many, looks
    state[ENDED] = ALL if going and high == 0 and root + 1 == size else int(not going)


def list_sets(
    near: NDArray[np.uint64],
    weights: NDArray[np.int64],
    band: tuple[int, int],
    *,
    most: tuple[int, int],
    clean: bool,
    must_stop: Callable[[], bool] | None = None,
) -> tuple[NDArray[np.uint64], bool]:
    """List every connected set whose weight is in the band, each once; and whether all are there.

    Parameters
    ----------
    near
        Neighbours of each node as bit masks, shape (n, 2).
    weights, band
        Weight of each node, shape (n,); least and most weight of a set.
    most
        The most sets to list, and the most to look at.
    clean
        Leave out sets whose rest can't be shared by zones of the band, but for nodes above it and
        land without households, which then may lie with those.
    must_stop
        Asked every `PAUSE` looks; once it says so, no more sets are listed.

    Returns
    -------
    tuple
        The sets as bit masks, shape (m, 2), and whether they are all. A set grows from its lowest
        node, one neighbour at a time; what was passed over is never taken up again.
    """
    size = len(weights)
    found = np.empty((most[0], 2), np.uint64)
    stack = np.empty((size * size + 8, 6), np.uint64)
    load = np.empty(size * size + 8, np.int64)
    state = np.array([-1, 0, 0, 0, 0], np.int64)
    limits = np.array([*band, *most, clean], np.int64)
    while state[ENDED] == 0 and not (must_stop is not None and must_stop()):
        _go_on_listing(near, weights, limits, found, stack, load, state)
    return found[: int(state[MANY])], bool(state[ENDED] == ALL)


@_entry
def add_up(sets: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the sum of the nodes' whole values over each set."""
    sums = np.zeros(len(sets), np.int64)
    for k in range(len(sets)):
        low, high = sets[k, 0], sets[k, 1]
        while (low | high) != NONE:
            node = _find_low(low, high)
            if node < WORD:
                low &= ~(ONE << np.uint64(node))
            else:
                high &= ~(ONE << np.uint64(node - WORD))
            sums[k] += values[node]
    return sums


@_entry
def choose_spread(sets: np.ndarray, order: np.ndarray, each: int, size: int) -> np.ndarray:
    """Return the first of the ordered sets, up to ``each`` for every node."""
    count = np.zeros(size, np.int64)
    chosen = np.empty(len(order), np.int64)
    many = 0
    for k in order:
        wanted = False
        for node in range(size):
            if sets[k, node // WORD] >> np.uint64(node % WORD) & ONE and count[node] < each:
                wanted = True
        if wanted:
            chosen[many] = k
            many += 1
            for node in range(size):
                if sets[k, node // WORD] >> np.uint64(node % WORD) & ONE:
                    count[node] += 1
    return chosen[:many]


@_entry
def add_tolls(
    sets: np.ndarray, triples: np.ndarray, tolls: np.ndarray, sums: np.ndarray, top: int
) -> None:
    """Add to each sum of at most ``top`` the tolls of the triples of which the set holds two."""
    for k in range(len(sets)):
        for t in range(len(triples)):
            if sums[k] > top:
                break
            held = 0
            for node in triples[t]:
                held += int(sets[k, node // WORD] >> np.uint64(node % WORD) & ONE)
            if held >= 2:
                sums[k] += tolls[t]
