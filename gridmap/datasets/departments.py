"""Several departments' grids of one place: what each would have drawn, made by code.

Every department starts from the same division. It joins some neighbouring grids (a department with
fewer staff has larger ones), gives some of the units on its borders to the grid on the other side,
and draws with its own hand, a metre or two off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray
    from pyproj import CRS

    from gridmap.model import Territory

DEPARTMENTS = (
    "综治", "公安", "城管", "应急", "民政", "卫健", "市场监管", "环保", "住建", "消防", "司法",
    "水务", "党建",
)  # fmt: skip
"""Thirteen, as many as Zumiao's (FIELD.md section 1); which they were is not published."""


def draw_departments(
    territory: Territory,
    zones: pd.Series[str],
    *,
    names: Sequence[str] = DEPARTMENTS,
    moved: float = 0.06,
    joined: float = 0.1,
    off_m: float = 1.0,
    seed: int = 7,
) -> dict[str, gpd.GeoDataFrame]:
    """Draw the grids of departments that mean the same place and draw it differently.

    Parameters
    ----------
    territory
        Units and their neighbours.
    zones
        unit_id -> grid, the division that all departments start from.
    names
        Of the departments.
    moved, joined
        Share of a department's bordering units that it gives to the other side, 0 to 1; and of
        grids that it joins to a neighbour, on average: up to twice as many, 0 to 0.5.
    off_m
        Standard deviation, in metres, by which a department's whole drawing is off.
    seed
        The same arguments give the same layers.

    Returns
    -------
    dict
        Department -> polygons in lon/lat with ``grid_id``, sorted.

    Examples
    --------
    >>> from gridmap.testing import draw_territory
    >>> toy = draw_territory("aabb", households=10)
    >>> zones = toy.units.frame["households"].astype(str)
    >>> zones[:] = ["1", "1", "2", "2"]
    >>> layers = draw_departments(toy, zones, names=["甲", "乙"], moved=0, joined=0, off_m=0)
    >>> layers["乙"]["grid_id"].tolist()
    ['乙-001', '乙-002']
    """
    rng = np.random.default_rng(seed)
    frame, borders = territory.units.frame.sort_index(), territory.borders
    metric_crs = territory.units.metric_crs
    ends = np.column_stack(
        [frame.index.get_indexer(borders[side]) for side in ("unit_a", "unit_b")]
    )
    start = np.unique(zones.reindex(frame.index).to_numpy(str), return_inverse=True)[1]
    shapes = np.asarray(frame.geometry.to_crs(metric_crs).to_numpy(), object)
    layers = {}
    for name in names:
        share = joined * float(rng.uniform(0, 2))
        own = _join_zones(start.astype(np.int64), ends, share, rng)
        own = _move_units(own, ends, moved, rng)
        shift = rng.normal(0, off_m, 2)
        layers[name] = _draw(name, own, shapes, shift, metric_crs, frame.crs)
    return layers


def _join_zones(
    zone: NDArray[np.int64], ends: NDArray[np.int64], share: float, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Join a share of the grids to a neighbour each."""
    pairs = np.unique(np.sort(zone[ends], axis=1), axis=0)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    wanted = round(share * len(np.unique(zone)))
    name = np.arange(int(zone.max()) + 1)
    taken: set[int] = set()
    for a, b in rng.permutation(pairs).tolist():
        if wanted and not {a, b} & taken:
            name[b] = a
            taken |= {a, b}
            wanted -= 1
    return np.asarray(name[zone], np.int64)


def _move_units(
    zone: NDArray[np.int64], ends: NDArray[np.int64], share: float, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Give a share of the units on a border to the grid on its other side, none of them twice."""
    moved = zone.copy()
    across = rng.permutation(ends[zone[ends[:, 0]] != zone[ends[:, 1]]])
    wanted = round(share * len(np.unique(across)))
    sizes = np.bincount(zone)
    touched: set[int] = set()
    for a, b in across.tolist():
        if wanted and not {a, b} & touched and sizes[zone[a]] > 1:
            moved[a] = zone[b]
            sizes[zone[a]] -= 1
            touched |= {a, b}
            wanted -= 1
    return moved


def _draw(
    name: str,
    zone: NDArray[np.int64],
    shapes: NDArray[np.object_],
    shift: NDArray[np.float64],
    metric_crs: CRS,
    crs: CRS | None,
) -> gpd.GeoDataFrame:
    import geopandas as gpd

    numbers = np.unique(zone)
    drawn = [shapely.coverage_union_all(shapes[zone == number]) for number in numbers]
    moved = shapely.transform(np.array(drawn, object), lambda xy: xy + shift)
    ids = [f"{name}-{number:03}" for number in range(1, len(numbers) + 1)]
    return gpd.GeoDataFrame({"grid_id": ids}, geometry=moved, crs=metric_crs).to_crs(crs)
