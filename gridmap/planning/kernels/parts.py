"""The kernels that are compiled each by itself, and what each takes: add a new one here.

Each can be compiled in any process and in any order, because those that call one another do so
by address (`gridmap.planning.kernels.calling`), and each has a place of its own in the cache.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from gridmap.planning.kernels import calling, kinds
from gridmap.planning.kernels.carrying import cut_loaded
from gridmap.planning.kernels.compiling import IS_COMPILED
from gridmap.planning.kernels.cutting import cut_plainly
from gridmap.planning.kernels.searching import redraw, search
from gridmap.planning.kernels.simmering import simmer
from gridmap.planning.kernels.spreading import spread
from gridmap.planning.kernels.tightening import cut_finely


class Part(NamedTuple):
    """A kernel, the types of its arguments, and its place in ``calls``: -1 if Python calls it."""

    kernel: Any
    kinds: kinds.Kinds
    place: int


PARTS = {
    "redraw": Part(redraw, kinds.REDRAW, calling.REDRAW),
    "cut_plainly": Part(cut_plainly, kinds.CUT_PLAINLY, calling.CUT_PLAINLY),
    "cut_finely": Part(cut_finely, kinds.CUT_FINELY, calling.CUT_FINELY),
    "cut_loaded": Part(cut_loaded, kinds.CUT_LOADED, calling.CUT_LOADED),
    "search": Part(search, kinds.SEARCH, -1),
    "simmer": Part(simmer, kinds.SIMMER, calling.SIMMER),
    "spread": Part(spread, kinds.SPREAD, -1),
}
"""By name. Two processes compile from the two ends on, and should meet at their halves."""
FOR_LOADS = ("cut_loaded",)
"""Only needed where zones have bands of loads."""
_calls = np.zeros(calling.MANY_CALLS, np.int64)


def list_parts(*, loaded: bool) -> list[str]:
    """Return the names of the parts that are needed, where zones have bands of loads or not."""
    return [name for name in PARTS if loaded or name not in FOR_LOADS]


def are_compiled(*, loaded: bool) -> bool:
    """Tell whether all that is needed is in this process."""
    if not IS_COMPILED:
        return True
    return all(
        PARTS[name].kinds in PARTS[name].kernel.overloads for name in list_parts(loaded=loaded)
    )


def compile_part(name: str) -> None:
    """Compile a kernel, or load it from the cache; nothing if that is done already.

    Notes
    -----
    numba keeps a kernel in memory first and on disk then: a full disk is no reason not to go on.
    """
    part = PARTS[name]
    if not IS_COMPILED or part.kinds in part.kernel.overloads:
        return
    try:
        part.kernel.compile(part.kinds)
    except OSError:
        if part.kinds not in part.kernel.overloads:
            raise


def looks_cached(name: str) -> bool:
    """Tell whether the cache holds a file of the kernel, for whatever kind of processor."""
    kernel = PARTS[name].kernel
    if not kernel.stats.cache_path:
        return False
    python = f"py{sys.version_info.major}{sys.version_info.minor}"
    files = Path(kernel.stats.cache_path).glob(f"*.{kernel.__qualname__}-*.{python}*.nbc")
    return any(files)


def has_cache() -> bool:
    """Tell whether compiled kernels can be kept on disk, for other processes to load."""
    return IS_COMPILED and bool(PARTS["search"].kernel.stats.cache_path)


def find_calls(*, loaded: bool) -> np.ndarray:
    """Return the addresses of the kernels that kernels call; what is not compiled yet, is now.

    Parameters
    ----------
    loaded
        Whether zones have bands of loads. If not, what that needs is not compiled.
    """
    for name in list_parts(loaded=loaded):
        part = PARTS[name]
        if part.place >= 0 and _calls[part.place] == 0:
            _calls[part.place] = calling.find_address(part.kernel, part.kinds)
    return _calls


def compile_named(names: list[str]) -> None:
    """Compile kernels for other processes to load, and say so after each, a name a line."""
    for name in names:
        compile_part(name)
        sys.stdout.write(f"{name}\n")
        sys.stdout.flush()
