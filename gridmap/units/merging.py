"""Land that is too little to be a unit of its own joins the neighbour it belongs to most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridmap.units.faces import NOTHING

if TYPE_CHECKING:
    from gridmap.units.arrays import Bools, Floats, Ints


def absorb_pieces(
    group: Ints, left: Ints, right: Ints, length: Floats, rank: Ints, allowed: Bools
) -> Ints:
    """Give every piece without a group to a neighbouring group.

    Parameters
    ----------
    group
        (n,) group of each piece, negative for a piece that has none.
    left, right, length
        (m,) pairs of touching pieces, and how long they touch.
    rank
        (m,) how much the pair belongs together; a higher rank goes before any length.
    allowed
        (m,) whether the two may come together at all.

    Returns
    -------
    array
        (n,) groups; a piece stays `NOTHING` when no group reaches it.

    Notes
    -----
    In rounds: each piece joins the group it has most border with among its neighbours that have
    one, then those behind it follow. Ties go to the lower group.

    Examples
    --------
    >>> absorb_pieces(
    ...     np.array([7, -1, 9]), np.array([0, 1]), np.array([1, 2]), np.array([5.0, 8.0]),
    ...     np.array([0, 0]), np.array([True, True]),
    ... ).tolist()
    [7, 9, 9]
    """
    group = np.where(group < 0, NOTHING, group)
    a = np.concatenate([left[allowed], right[allowed]])
    b = np.concatenate([right[allowed], left[allowed]])
    weight = np.concatenate([length[allowed], length[allowed]])
    order = np.concatenate([rank[allowed], rank[allowed]])
    while True:
        ready = (group[a] < 0) & (group[b] >= 0)
        if not ready.any():
            return group
        offers = pd.DataFrame(
            {"piece": a[ready], "group": group[b[ready]], "rank": order[ready], "m": weight[ready]}
        )
        offers = offers.groupby(["piece", "group"], as_index=False).agg(
            rank=("rank", "max"), m=("m", "sum")
        )
        offers = offers.sort_values(
            ["piece", "rank", "m", "group"], ascending=[True, False, False, True]
        ).drop_duplicates("piece")
        group[offers["piece"].to_numpy()] = offers["group"].to_numpy()
