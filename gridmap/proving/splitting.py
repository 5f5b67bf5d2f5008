"""How often units that want to stay whole must be cut, whatever the division.

Draw a line between each group and each zone that it touches. Where k zones hold m groups, the
lines fall into connected blocks: some groups that fill some zones exactly. A block of m groups and
k zones needs m + k - 1 lines at least, so that all together need m + k - q, where q is the number
of blocks. So groups are cut at least k - q times, and q is at most the greatest number of parts
into which the groups can be sorted so that each part's total fills whole zones of the band.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.rules import Band

FEW_GROUPS = 10
"""Up to so many groups the greatest number of parts is found by trying all."""


def bound_splits(totals: NDArray[np.int64], *, band: Band) -> int:
    """Return how many zones more than one each the groups must touch, summed, at least.

    Parameters
    ----------
    totals
        Households of each group of one connected piece; a node without a group is a group of its
        own; shape (m,).
    band
        Least and most households of a zone.

    Returns
    -------
    int
        A bound that holds for every division with every zone inside the band; 0 where the total
        can't be shared by such zones at all.

    Notes
    -----
    With k zones, groups are cut at least k - q times; k is at least ceil(total / upper). With more
    than `FEW_GROUPS` groups q is bounded by the groups that reach ``lower`` alone, and the times
    that all others together do. Where groups lie is not looked at. Source: gridmap's own argument
    (docs/decisions/005-certificates.md), after the k - q bound on split counties in redistricting.

    Examples
    --------
    >>> import numpy as np
    >>> from gridmap.rules import Band
    >>> bound_splits(np.array([700, 800]), band=Band(300, 500))
    1
    >>> bound_splits(np.array([400, 450, 350]), band=Band(300, 500))
    0
    """
    served = totals[totals > 0]
    total = int(served.sum())
    if not band.can_hold(total) or total == 0:
        return 0
    if len(served) <= FEW_GROUPS:
        parts = _count_parts([int(one) for one in served], band)
    else:
        small = served < band.lower
        parts = int(np.count_nonzero(~small)) + int(served[small].sum()) // band.lower
    return max(0, -(-total // band.upper) - parts)


def _count_parts(totals: list[int], band: Band) -> int:
    """Return the most parts into which totals can be sorted, each filling whole zones."""
    sums = [0] * (1 << len(totals))
    for chosen in range(1, len(sums)):
        low = chosen & -chosen
        sums[chosen] = sums[chosen ^ low] + totals[low.bit_length() - 1]

    @cache
    def most(rest: int) -> int:
        if rest == 0:
            return 0
        low = rest & -rest
        best, part = -len(totals), rest
        while part:
            if part & low and band.can_hold(sums[part]):
                best = max(best, 1 + most(rest ^ part))
            part = (part - 1) & rest
        return best

    return most(len(sums) - 1)
