"""A whole invented district, of any size, with its planted defects as data."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from gridmap.datasets.frames import make_layers
from gridmap.datasets.lattice import choose_shape
from gridmap.datasets.layout import lay_out
from gridmap.datasets.truth import Truth, state_truth
from gridmap.errors import InvalidOption

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

SMALLEST_DISTRICT, LARGEST_DISTRICT = 30_000, 20_000_000
"""Households. Below, there is no room for all planted defects; above, the district would grow
beyond the land in which its own projection is good. gridmap's own limits."""


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


def make_district(*, households: int = 60_000, seed: int = 7, points: bool = True) -> District:
    """Make an invented district whose figures are those of the field.

    The same arguments give the same bytes. Time grows with the households; memory holds the
    frames, of which the household points are the largest.

    Parameters
    ----------
    households
        Households in all, from 30,000 to 20,000,000; a district of 60,000 has two townships and
        20 communities, larger ones repeat that texture.
    seed
        Any integer from 0.
    points
        Whether to make a point a household. Without, ``buildings.households`` says as much.

    Returns
    -------
    District
        Frames and truth.

    Raises
    ------
    InvalidOption
        When the number of households or the seed is outside its range.

    Notes
    -----
    Source: issue 2, point 2, and the figures of FIELD.md section 2.

    Examples
    --------
    >>> district = make_district(households=30_000, points=False)
    >>> int(district.layers["buildings"]["households"].sum())
    30000
    >>> [defect.kind for defect in district.truth.defects][:2]
    ['exclave', 'exclave']
    """
    if not SMALLEST_DISTRICT <= households <= LARGEST_DISTRICT or seed < 0:
        raise InvalidOption(
            f"A district has {SMALLEST_DISTRICT} to {LARGEST_DISTRICT} households and a seed of "
            f"at least 0, not {households} and {seed}.",
            f"示例区县须有 {SMALLEST_DISTRICT} 至 {LARGEST_DISTRICT} 户，种子不小于 0，"
            f"而不是 {households} 和 {seed}。",
            cure_en="make_district(households=60_000, seed=7)",
            cure_zh="make_district(households=60_000, seed=7)",
        )
    layout = lay_out(choose_shape(households), households, seed)
    layers = make_layers(layout, points=points)
    return District(layers, state_truth(layout, layers), households, seed)
