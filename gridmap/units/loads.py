"""What units hold beside households: residents, workload points, and today's grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gridmap.findings import FindingKind
from gridmap.units.arrays import take_counts, take_shapes, take_texts

if TYPE_CHECKING:
    from gridmap.findings import Finding
    from gridmap.model import Sources
    from gridmap.units.arrays import Geometries, Ints, Texts
    from gridmap.units.counting import Items

LOADS = ("residents", "workload")

LOAD_MISSING = FindingKind(
    "load_missing",
    "warning",
    en="{count} row(s) give no {column} and count as 0 in it, while others give one.",
    zh="有 {count} 行没有{column_zh}，按 0 计；其他行已填写。",
    cure_en="Fill in the column {column}.",
    cure_zh="请补全“{column_zh}”列。",
)
FINDING_KINDS = (LOAD_MISSING,)
_ZH = {"residents": "常住人口", "workload": "工作量"}


def count_loads(
    items: Items, shares: pd.DataFrame, groups: int, sources: Sources
) -> tuple[dict[str, Ints], list[Finding]]:
    """Add up residents and workload of every unit, where the input has them.

    Parameters
    ----------
    items
        Buildings and places.
    shares
        Rows ``item``, ``group``, ``households``: an item that is split has several.
    groups
        How many units there are.
    sources
        Households count where they have the column, else buildings.

    Returns
    -------
    dict, list of Finding
        Column -> (groups,) sums, for the columns that the input has; how many rows lack one. A
        building that is split by entrance shares its sum out by households; nothing is lost.
    """
    found: dict[str, Ints] = {}
    said: list[Finding] = []
    homes, buildings = (sources.layers.get(role) for role in ("households", "buildings"))
    for column in LOADS:
        by_item = np.zeros(len(items.households), dtype=np.int64)
        if homes is not None and column in homes and len(items.home_item):
            layer = homes
            values = take_counts(homes, column, 0)
            np.add.at(by_item, items.home_item, values)
        elif buildings is not None and column in buildings:
            layer = buildings
            by_item[: len(buildings)] = take_counts(buildings, column, 0)
        else:
            continue
        missing = int(pd.to_numeric(layer[column], errors="coerce").isna().sum())
        if missing:
            said.append(LOAD_MISSING.found(count=missing, column=column, column_zh=_ZH[column]))
        found[column] = _share_out(by_item, shares, groups)
    return found, said


def _share_out(by_item: Ints, shares: pd.DataFrame, groups: int) -> Ints:
    """Share the sum of each item out among its units by households; whole, and nothing lost."""
    item = shares["item"].to_numpy()
    homes = shares["households"].to_numpy(dtype=np.int64)
    rank = shares.groupby("item").cumcount().to_numpy()
    upto = shares.groupby("item")["households"].cumsum().to_numpy(dtype=np.int64)
    total = np.bincount(item, weights=homes, minlength=len(by_item)).astype(np.int64)[item]
    value = by_item[item]
    divisor = np.maximum(total, 1)
    part = value * upto // divisor - value * (upto - homes) // divisor
    part = np.where(total == 0, np.where(rank == 0, value, 0), part)
    sums = np.zeros(groups, dtype=np.int64)
    np.add.at(sums, shares["group"].to_numpy(), part)
    return sums


def find_current(shapes: Geometries, sources: Sources) -> Texts | None:
    """Return today's grid of each unit, or None where the input has no grids.

    Parameters
    ----------
    shapes
        (units,) polygons in degrees.
    sources
        Layer ``grids``.

    Returns
    -------
    array
        (units,) the grid with the largest overlap of area (of equals the first), ``""`` where
        none overlaps.
    """
    layer = sources.layers.get("grids")
    if layer is None or not len(layer):
        return None
    today = take_shapes(layer)
    broken = ~shapely.is_valid(today)
    today[broken] = shapely.make_valid(today[broken], method="structure", keep_collapsed=False)
    unit, grid = shapely.STRtree(today).query(shapes, predicate="intersects")
    area = shapely.area(shapely.intersection(shapes[unit], today[grid]))
    order = np.lexsort((grid, -area, unit))
    order = order[area[order] > 0]
    unit, grid = unit[order], grid[order]
    first = np.unique(unit, return_index=True)[1]
    names = np.full(len(shapes), "", dtype=object)
    names[unit[first]] = take_texts(layer, "grid_id")[grid[first]]
    return names
