"""The kernels compiled by two processes at once, where a cache lets one load what the other made.

numba compiles on one core, whatever the number of threads. So a second process compiles the parts
of `gridmap.planning.kernels.parts` from the first on, and this one from the last on, until they
meet; what the other has compiled is loaded from the cache. The second process is no more than a
help: without a second core, a cache or a place to start it from, and whenever it fails, is ended
or is slow, this process compiles what is missing.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from gridmap.planning.watching import choose_workers

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

PATIENCE = 2.0
"""A part that the other process is at is waited for so many times as long as was spent so far."""
LEAST_WAIT_S = 10.0
ENOUGH = 3
"""With fewer parts missing a second process would take longer to start than it saves."""
HELPER = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from gridmap.planning.kernels.parts import compile_named; compile_named(sys.argv[2:])"
)
_lock = threading.Lock()
_helpers: list[Helper] = []


class Helper:
    """A process that compiles parts in order, and says which it has done.

    Parameters
    ----------
    names
        Parts, in the order in which they are compiled.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._left = list(names)
        self._told = threading.Condition()
        self._process = subprocess.Popen(  # noqa: S603  # our own code, and names from our own list
            [sys.executable, "-c", HELPER, json.dumps(sys.path), *names],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_tell_cache(),
            text=True,
        )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        atexit.register(self.end)

    def _listen(self) -> None:
        """Note what is done; at the end of the process nothing more will be."""
        said = self._process.stdout
        for line in said or ():
            with self._told:
                if line.strip() in self._left:
                    self._left.remove(line.strip())
                self._told.notify_all()
        if said is not None:
            said.close()
        with self._told:
            self._left.clear()
            self._told.notify_all()

    def is_at(self, name: str) -> bool:
        """Tell whether a part is the one that is being compiled."""
        with self._told:
            return self._left[:1] == [name]

    def wait_for(self, name: str, seconds: float) -> None:
        """Wait until a part is done, or will not be, so long at most."""
        with self._told:
            self._told.wait_for(lambda: name not in self._left, seconds)

    def end(self) -> None:
        """End the process: what it has compiled is in the cache, whole or not at all."""
        atexit.unregister(self.end)
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._listener.join()


def _tell_cache() -> dict[str, str]:
    """Return the environment with the cache folder that numba has been told."""
    import numba

    config: Any = numba.config
    folder = str(config.CACHE_DIR or "")
    return os.environ | ({"NUMBA_CACHE_DIR": folder} if folder else {})


def begin_compiling(*, loaded: bool = False) -> None:
    """Start to compile in a second process what is not in the cache; return at once.

    Parameters
    ----------
    loaded
        Whether zones have bands of loads, for which there is one kernel more.

    Examples
    --------
    >>> begin_compiling()
    """
    from gridmap.planning.kernels import parts

    with _lock:
        if _helpers or parts.are_compiled(loaded=loaded):
            return
        if choose_workers(None) < 2 or not parts.has_cache():
            return
        if not sys.executable or getattr(sys, "frozen", False):
            return
        names = parts.list_parts(loaded=loaded)
        missing = [name for name in names if not parts.looks_cached(name)]
        if len(missing) < ENOUGH:
            return
        try:
            _helpers.append(Helper(names))
        except OSError:
            return


def compile_kernels(*, loaded: bool = False) -> np.ndarray:
    """Compile the kernels, or load them from the cache, and return their addresses.

    Parameters
    ----------
    loaded
        Whether zones have bands of loads, for which there is one kernel more.

    Returns
    -------
    ndarray
        What `gridmap.planning.kernels.searching.search` takes as ``calls``.

    Examples
    --------
    >>> compile_kernels().dtype.name
    'int64'
    """
    from gridmap.planning.kernels import parts

    if not parts.are_compiled(loaded=loaded):
        begin_compiling(loaded=loaded)
        with _lock:
            helper = _helpers.pop() if _helpers else None
            _compile_from_last(parts.list_parts(loaded=loaded), helper)
    return parts.find_calls(loaded=loaded)


def _compile_from_last(names: Sequence[str], helper: Helper | None) -> None:
    """Compile parts from the last on; the one that the helper is at is waited for."""
    from gridmap.planning.kernels.parts import compile_part

    started = time.monotonic()
    try:
        for name in reversed(names):
            if helper is not None and helper.is_at(name):
                spent = time.monotonic() - started
                helper.wait_for(name, max(LEAST_WAIT_S, PATIENCE * spent))
            compile_part(name)
    finally:
        if helper is not None:
            helper.end()
