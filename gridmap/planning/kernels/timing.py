"""When to end: a clock that another thread writes, looked at in the midst of long loops.

Kernels can't read the time; `gridmap.planning.watching.stand_watch` writes it into an array, and
so does whoever ends the search. Once a bell has rung it is rung for good, so that an inner loop
may simply end and the outer one finds out by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gridmap.planning.kernels.compiling import inner

if TYPE_CHECKING:
    import numpy as np


class Bell(NamedTuple):
    """A clock and when it rings.

    Attributes
    ----------
    clock
        Milliseconds by now, and whether to end at once, shape (2,): written by other threads.
    due
        Milliseconds at which to end.
    """

    clock: np.ndarray
    due: int


@inner
def is_due(bell: Bell) -> bool:
    """Tell whether to end now.

    The clock is read each time as long as the loop around writes to any array: only then may the
    compiler not take it for the same.
    """
    return bool(bell.clock[0] >= bell.due or bell.clock[1] != 0)
