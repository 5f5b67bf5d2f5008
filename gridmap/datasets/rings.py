"""Rings of land that know where they lie in plan and in fact: cutting them, joining corners."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.datasets.lattice import Lattice

    Floats = NDArray[np.float64]


def cut_ring(
    ring: Floats, point: Floats, normal: Floats, lattice: Lattice
) -> tuple[Floats, Floats]:
    """Cut a ring by a straight plan line; return the part behind it and the part ahead.

    The cut gets a point in its middle that follows the warp, so that long cuts bend like roads.

    Parameters
    ----------
    ring
        Open ring, shape (k, 4); the line must cross it twice.
    point, normal
        A plan point on the line and the direction that counts as ahead.
    lattice
        Gives the warp.
    """
    side = (ring[:, :2] - point) @ normal
    side = np.where(np.abs(side) < 1e-7, 1e-7, side)
    ahead = side > 0
    after = np.roll(ring, -1, axis=0)
    crossing = ahead != np.roll(ahead, -1)
    share = (side / (side - np.roll(side, -1) + ~crossing))[:, None]
    points = ring + share * (after - ring)
    behind_list: list[Floats] = []
    ahead_list: list[Floats] = []
    cut = np.flatnonzero(crossing)
    if len(cut) != 2:
        empty = np.empty((0, 4))
        return (empty, ring) if ahead.all() else (ring, empty)
    plan = points[cut, :2].mean(axis=0)
    middle = np.concatenate([plan, lattice.warp(plan[None])[0]])
    for k in range(len(ring)):
        (ahead_list if ahead[k] else behind_list).append(ring[k])
        if crossing[k]:
            behind_list.append(points[k])
            ahead_list.append(points[k])
            (ahead_list if ahead[k] else behind_list).append(middle)
    return np.array(behind_list), np.array(ahead_list)


def share_corners(rings: list[Floats]) -> list[Floats]:
    """Insert into every ring the corners of the others that lie on its edges (in plan space)."""
    if len(rings) < 2:
        return rings
    corners = np.concatenate(rings)
    return [insert_corners(ring, corners) for ring in rings]


def insert_corners(ring: Floats, corners: Floats) -> Floats:
    """Insert into a ring those corners that lie on its edges (in plan space)."""
    start, end = ring[:, None, :2], np.roll(ring, -1, axis=0)[:, None, :2]
    edge = end - start
    length = np.hypot(edge[..., 0], edge[..., 1])
    offset = corners[None, :, :2] - start
    along = (offset * edge).sum(axis=-1) / length
    aside = np.abs(offset[..., 0] * edge[..., 1] - offset[..., 1] * edge[..., 0]) / length
    hit = (aside < 1e-5) & (along > 1e-4) & (along < length - 1e-4)
    if not hit.any():
        return ring
    pieces: list[Floats] = []
    for k in range(len(ring)):
        pieces.append(ring[k : k + 1])
        found = np.flatnonzero(hit[k])
        if len(found):
            _, unique = np.unique(np.round(along[k, found], 4), return_index=True)
            pieces.append(corners[found[unique]])
    return np.concatenate(pieces)
