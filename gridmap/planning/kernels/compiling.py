"""How the inner loops are compiled, and the random numbers they draw.

`inner` marks a function that only other kernels call; `apart` marks those that kernels call by
address, and `entry` those that Python calls. Entries and what is apart are cached on disk, with
all the inner code they contain; so a changed inner function must invalidate them. numba looks at
the function's own file only, therefore `SOURCES_STAMP`, a checksum of every file of this package,
is part of the name under which numba keeps them.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import numpy as np

Kernel = TypeVar("Kernel", bound=Callable[..., object])
_compile: Any = numba.njit
"""numba's type stubs lack the options that leave out wrappers nobody calls."""
_types: Any = numba.types
IS_COMPILED = not cast("Any", numba.config).DISABLE_JIT
"""Whether kernels are compiled at all; ``NUMBA_DISABLE_JIT`` runs them as plain Python."""


def _stamp_sources() -> int:
    stamp = zlib.crc32(numba.__version__.encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        stamp = zlib.crc32(path.read_bytes(), stamp)
    return stamp


SOURCES_STAMP = _stamp_sources()
"""Checksum of all kernel files and of numba's version: no binary of older code is ever used."""


def inner(function: Kernel) -> Kernel:
    """Compile a function that is only called from other kernels."""
    compile_inner = _compile(
        nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True
    )
    return cast("Kernel", _ignore_constants(compile_inner(function)))


def _ignore_constants(kernel: Any) -> Any:
    """Compile a kernel once for all values of an argument.

    numba otherwise compiles ``draw_below(rng, 4)`` apart from ``draw_below(rng, 8)``, and what
    lies above them once more for each.
    """
    if not IS_COMPILED:
        return kernel
    compile_plain = kernel.compile

    def compile_once(signature: tuple[Any, ...]) -> Any:
        return compile_plain(tuple(_types.unliteral(kind) for kind in signature))

    kernel.compile = compile_once
    return kernel


def woven(function: Kernel) -> Kernel:
    """Compile a function into the one kernel that calls it.

    Notes
    -----
    numba optimises all that a function calls again for each function above it; so the functions
    in the middle of the long chain from search to tree cut, which are called from one place each,
    are woven into their callers. That halves the time to compile. For short bodies only: the time
    for one function grows faster than its length.
    """
    return cast("Kernel", _compile(nogil=True, error_model="numpy", inline="always")(function))


def entry(function: Kernel) -> Kernel:
    """Compile a function that Python calls, cached on disk where a cache can be written."""
    return _cached(function, no_cfunc_wrapper=True)


def apart(function: Kernel) -> Kernel:
    """Compile a function that kernels call by its address, cached like an entry.

    Notes
    -----
    See `gridmap.planning.kernels.calling`; it must be listed in `gridmap.planning.kernels.parts`.
    """
    return _cached(function, no_cfunc_wrapper=True, no_cpython_wrapper=True)


def _cached(function: Kernel, **options: bool) -> Kernel:
    """Compile a function, cached on disk under a name that tells all kernels' sources.

    Notes
    -----
    numba refuses ``cache=True`` with a `RuntimeError` where neither the package's folder nor the
    user's cache folder can be written; the kernel is then compiled afresh in each process.
    """
    function.__qualname__ += f"_{SOURCES_STAMP:08x}"
    options |= {"nogil": True}
    try:
        kernel = _compile(cache=True, error_model="numpy", **options)(function)
    except RuntimeError:
        kernel = _compile(error_model="numpy", **options)(function)
    return cast("Kernel", _ignore_constants(kernel))


_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX_A = np.uint64(0xBF58476D1CE4E5B9)
_MIX_B = np.uint64(0x94D049BB133111EB)
_S27, _S30, _S31, _S33 = np.uint64(27), np.uint64(30), np.uint64(31), np.uint64(33)


@inner
def draw_below(state: np.ndarray, limit: int) -> int:
    """Draw a whole number in 0..limit-1 from a splitmix64 state of one uint64.

    Notes
    -----
    Source: splitmix64 of Steele, Lea and Flood (2014). Whole numbers only, so that every machine
    draws the same; the bias of the remainder is below limit / 2**31.
    """
    state[0] = state[0] + _STEP
    mixed = state[0]
    mixed = (mixed ^ (mixed >> _S30)) * _MIX_A
    mixed = (mixed ^ (mixed >> _S27)) * _MIX_B
    mixed = mixed ^ (mixed >> _S31)
    return int(np.int64(mixed >> _S33) % limit)
