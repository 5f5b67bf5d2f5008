"""A whole invented district, of any size, with its planted defects as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from gridmap.datasets.calibration import Truth, state_truth
from gridmap.datasets.defects import Planted, choose_defects, draw_communities
from gridmap.datasets.divisions import Divisions, divide_lattice
from gridmap.datasets.frames import make_layers
from gridmap.datasets.lattice import Lattice, choose_shape, make_lattice
from gridmap.datasets.layout import Layout, lay_out
from gridmap.errors import InvalidOption

if TYPE_CHECKING:
    import geopandas as gpd

SMALLEST_DISTRICT, LARGEST_DISTRICT = 20_000, 20_000_000
"""Households. Below, there is no room for all planted defects; above, the district would leave
the area in which its own projection is good. gridmap's own limits."""


@dataclass(frozen=True)
class District:
    """An invented district: the layers that a planner would have, and what was planted in them.

    Attributes
    ----------
    layers
        Role -> GeoDataFrame in EPSG:4490 with the canonical columns of ``gridmap.schemas``:
        ``communities``, ``compounds``, ``buildings``, ``households`` (only with points),
        ``sites``, ``roads``, ``barriers``.
    truth
        What is known about it: the planted defects, bridges, counts, deciles.
    households, seed
        What was asked for.
    """

    layers: Mapping[str, gpd.GeoDataFrame]
    truth: Truth
    households: int
    seed: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", MappingProxyType(dict(self.layers)))
