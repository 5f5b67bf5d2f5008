"""Where people live: households in square cells, none so small that it tells of a home."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.maps.few import FEW
from gridmap.maps.outlines import METRES_A_DEGREE, STEP_DEG
from gridmap.maps.packing import pack_integers
from gridmap.maps.themes import SEQUENCE, ThemeClass

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.maps.ground import Ground
    from gridmap.model import Plan

CELL_M = 100.0
"""Least side of a cell, metres. Source: issue 5."""
BREAKS = (20, 50, 100, 200)
"""Households in a cell (about a hectare) at which a class begins: gridmap's own default."""


def pack_density(plan: Plan, ground: Ground) -> dict[str, Any] | None:
    """Return cells with at least `FEW` households, or None where no building is known.

    Parameters
    ----------
    plan
        With ``buildings`` in its units.
    ground
        Of the page; the lattice of cells begins at its origin.

    Returns
    -------
    dict or None
        ``size`` of a cell in steps (across, up), ``cells`` packed (across, up) from the origin
        sorted, ``members`` a digit a cell (its class), ``classes``, and ``hidden``: whether
        there are cells with fewer households, which are left out.

    Examples
    --------
    >>> from gridmap import Rules, make_plan
    >>> from gridmap.maps.ground import Ground
    >>> from gridmap.testing import draw_territory
    >>> plan = make_plan(draw_territory("AB", households=400), rules=Rules.preset())
    >>> pack_density(plan, Ground.of(plan.grids)) is None
    True
    """
    buildings = plan.territory.units.buildings
    if buildings is None or buildings.empty:
        return None
    shapes = np.asarray(buildings.geometry.to_numpy(), dtype=object)
    known = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    households = buildings["households"].to_numpy(np.int64)[known]
    middles = shapely.get_coordinates(shapely.centroid(shapes[known]))
    places = (ground.shift(middles) if ground.shift else middles) / STEP_DEG - ground.origin
    size = _size_of_cell(float(ground.origin[1]) * STEP_DEG)
    cells, cell = np.unique(np.floor(places / size).astype(np.int64), axis=0, return_inverse=True)
    count = np.bincount(cell.ravel(), weights=households, minlength=len(cells)).astype(np.int64)
    shown = count >= FEW
    if not shown.any():
        return None
    rank = np.searchsorted(BREAKS, count[shown], side="right")
    return {
        "size": size.tolist(),
        "cells": pack_integers(cells[shown].ravel()),
        "members": "".join(map(str, rank.tolist())),
        "classes": [one._asdict() for one in _classes()],
        "hidden": bool(((count > 0) & ~shown).any()),
    }


def _size_of_cell(latitude: float) -> NDArray[np.int64]:
    """Return the sides of a cell in whole steps, each at least `CELL_M`."""
    shrink = max(float(np.cos(np.radians(latitude))), 0.01)
    sides = CELL_M / (METRES_A_DEGREE * np.array([shrink, 1.0])) / STEP_DEG
    return np.ceil(sides * 1.01).astype(np.int64)  # a metre more: a degree is no constant


def _classes() -> tuple[ThemeClass, ...]:
    edges = (FEW, *BREAKS)
    names = [(f"{low}–{high - 1} 户", f"{low}–{high - 1}") for low, high in pairwise(edges)]
    names.append((f"{edges[-1]} 户及以上", f"{edges[-1]} and more"))
    return tuple(ThemeClass(*name, colour) for name, colour in zip(names, SEQUENCE, strict=True))
