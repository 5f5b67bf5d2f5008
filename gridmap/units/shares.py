"""How many households each unit holds, and which buildings and households stand in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridmap.units.arrays import take_counts

if TYPE_CHECKING:
    import geopandas as gpd

    from gridmap.units.arrays import Ints
    from gridmap.units.counting import Items
    from gridmap.units.standing import Standing


_PLAIN_ENTRANCE = re.compile(r"(?<![0-9])([0-9]{1,2})单元")
KNOWN_SHARE = 0.5
"""Least share of a building's households whose address must name an entrance for the addresses
to be believed; gridmap's own default."""


def share_entrances(items: Items, item: int, homes: gpd.GeoDataFrame | None) -> Ints:
    """Share the households of a building among its entrances.

    Parameters
    ----------
    items, item
        The items, and the building's position.
    homes
        The households frame with ``address``, where there is one.

    Returns
    -------
    array
        (entrances,) households: by the entrances that the addresses name, the others evenly.
    """
    entrances, total = int(items.entrances[item]), int(items.households[item])
    counts = np.zeros(entrances, dtype=np.int64)
    rows = np.flatnonzero(items.home_item == item)
    if homes is not None and len(rows) and "address" in homes.columns:
        weight = _home_weights(homes, rows)
        number = _read_entrances(homes["address"].iloc[rows].tolist(), entrances)
        known = number >= 0
        if weight[known].sum() >= KNOWN_SHARE * total:
            counts += np.bincount(number[known], weights=weight[known], minlength=entrances).astype(
                np.int64
            )
    rest = total - int(counts.sum())
    return counts + rest // entrances + (np.arange(entrances) < rest % entrances)


def _home_weights(homes: gpd.GeoDataFrame, rows: Ints) -> Ints:
    return take_counts(homes.iloc[rows], "households", 1)


def _read_entrances(addresses: list[str], entrances: int) -> Ints:
    """Return the entrance that each address names, 0 upward, -1 where it names none."""
    from gridmap.addresses import parse_address
    from gridmap.errors import InvalidOption

    numbers = np.full(len(addresses), -1, dtype=np.int64)
    for n, text in enumerate(addresses):
        plain = _PLAIN_ENTRANCE.findall(text)
        try:
            entrance = plain[0] if len(plain) == 1 else parse_address(text).entrance
        except InvalidOption:
            continue
        if entrance.isdecimal() and 1 <= int(entrance) <= entrances:
            numbers[n] = int(entrance) - 1
    return numbers


def list_members(
    items: Items, unit: pd.DataFrame, homes: gpd.GeoDataFrame | None, standing: Standing
) -> pd.DataFrame:
    """List what stands in which unit.

    Parameters
    ----------
    items
        Buildings and places.
    unit
        Rows ``item``, ``unit_id``, ``households``: an item that is split has several.
    homes
        The households frame, for the ids of households that belong to no building.
    standing
        The row of `gridmap.model.Units.buildings` of each item and of each loose household.

    Returns
    -------
    DataFrame
        As `gridmap.model.Units.members`.
    """
    built = items.buildings
    named = (unit["item"].to_numpy() < built) | (items.name[unit["item"].to_numpy()] != "")
    places = unit[named]
    rows = [
        pd.DataFrame(
            {
                "building_id": items.name[places["item"].to_numpy()],
                "household_id": "",
                "unit_id": places["unit_id"].to_numpy(dtype=object),
                "households": places["households"].to_numpy(dtype=np.int64),
                "place_id": standing.of_item[places["item"].to_numpy()],
            }
        )
    ]
    loose = unit[~named].set_index("item")["unit_id"]
    if homes is not None and len(loose):
        at = np.flatnonzero((items.home_item >= built) & (items.name[items.home_item] == ""))
        rows.append(
            pd.DataFrame(
                {
                    "building_id": "",
                    "household_id": homes["household_id"].iloc[at].to_numpy(dtype=object),
                    "unit_id": loose.loc[items.home_item[at]].to_numpy(dtype=object),
                    "households": _home_weights(homes, at),
                    "place_id": standing.of_home[at],
                }
            )
        )
    members = pd.concat(rows, ignore_index=True)
    keys = ["unit_id", "building_id", "household_id", "place_id"]
    if len(members):
        members = members.groupby(keys, sort=True, as_index=False).agg(
            households=("households", "sum")
        )
    return members[["building_id", "household_id", "unit_id", "households", "place_id"]]
