"""Blocks of bounded size, grown side by side from seeds: how a large graph is divided at all."""

from __future__ import annotations

import numpy as np

from gridmap.planning.kernels.compiling import entry

RING = 16
"""Ways are whole numbers below this, so that as many waiting lists serve for all distances."""


@entry
def spread(
    indptr: np.ndarray,
    nbr: np.ndarray,
    way: np.ndarray,
    mass: np.ndarray,
    seeds: np.ndarray,
    most: int,
    block: np.ndarray,
) -> None:
    """Give every node to the seed that reaches it first, along the shortest ways; in place.

    ``way`` is the length of each slot of ``nbr``, 1..RING-1. ``block`` is -1 for free nodes;
    others are walls. Seed k grows block number ``block.max() + 1 + k`` as long as its mass
    stays within ``most`` (a seed heavier than that stays alone). What is not reached stays
    free. Each block is in one piece; the work is in proportion to the edges.
    """
    base = 0
    for v in range(len(block)):
        base = max(base, block[v] + 1)
    room = len(nbr) + len(seeds)
    who = np.empty(room, np.int32)
    whose = np.empty(room, np.int32)
    after = np.empty(room, np.int32)
    head = np.full(RING, -1, np.int32)
    filled = np.zeros(len(seeds), np.int64)
    used = 0
    for k in range(len(seeds) - 1, -1, -1):
        who[used], whose[used], after[used] = seeds[k], k, head[0]
        head[0] = used
        used += 1
    waiting, now = used, 0
    while waiting > 0:
        turn = head[now]
        if turn < 0:
            now = (now + 1) % RING
            continue
        head[now] = after[turn]
        waiting -= 1
        node, k = who[turn], whose[turn]
        if block[node] >= 0 or (filled[k] > 0 and filled[k] + mass[node] > most):
            continue
        block[node] = base + k
        filled[k] += max(1, mass[node])
        for slot in range(indptr[node], indptr[node + 1]):
            near = nbr[slot]
            if block[near] < 0:
                then = (now + way[slot]) % RING
                who[used], whose[used], after[used] = near, k, head[then]
                head[then] = used
                used += 1
                waiting += 1
