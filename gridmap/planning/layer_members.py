"""Who is in which zone below the grids: the members of units, with their zones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gridmap.planning.atoms import extend_shapes, locate_places
from gridmap.planning.layer_frames import name_floors

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from gridmap.model import Units
    from gridmap.planning.atoms import Atoms, Cells
    from gridmap.planning.layering import Layer

    Drawn = dict[str, tuple[Layer, gpd.GeoDataFrame, NDArray[np.object_]]]
    """Level -> its layer, its frame, and the id of each zone by number."""


def frame_members(
    units: Units,
    atoms: Atoms,
    cells: Cells,
    drawn: Drawn,
) -> pd.DataFrame:
    """Return the members with their zones; a building that is split has a row for each part.

    Parameters
    ----------
    units
        Units before any subdivision.
    atoms, cells
        The parts of units and their land.
    drawn
        Level -> its layer, its frame and the id of each of its zones, from above.

    Returns
    -------
    DataFrame
        As `gridmap.model.Units.members`, with ``entrance``, ``floors``, ``micro_grid_id`` and
        ``link_unit_id``; households of each member as before.
    """
    (last, _, _) = drawn[list(drawn)[-1]]
    names = {level: found[2] for level, found in drawn.items()}
    shares = pd.DataFrame(
        {
            "unit_id": units.frame.index.to_numpy(object)[atoms.unit[last.atom]],
            "place": atoms.place_id[last.atom],
            "entrance": atoms.entrance[last.atom],
            "first": last.first_floor,
            "last": last.last_floor,
            "part": last.households,
        }
    )
    shares["link_unit_id"] = names["link_unit"][last.zone] if "link_unit" in names else ""
    shares["micro_grid_id"] = ""
    if "micro_grid" in names:
        zone = last.zone if "link_unit" not in names else last.parent[last.zone]
        shares["micro_grid_id"] = names["micro_grid"][zone]
    keys = ["unit_id", "place", "micro_grid_id", "link_unit_id"]
    parts = shares.groupby(keys, sort=True, as_index=False).agg(
        entrance=("entrance", _name_range),
        many=("entrance", "nunique"),
        first=("first", "min"),
        last=("last", "max"),
        part=("part", "sum"),
    )
    all_of = shares[shares["entrance"] > 0].groupby(["unit_id", "place"])["entrance"].nunique()
    named = pd.MultiIndex.from_frame(parts[["unit_id", "place"]])
    whole = parts["many"].to_numpy() == all_of.reindex(named).to_numpy(np.float64)
    parts["entrance"] = parts["entrance"].where(~whole, "")
    parts["floors"] = [
        name_floors(int(a), int(b)) for a, b in zip(parts["first"], parts["last"], strict=True)
    ]
    return _join_parts(units, atoms, cells, parts, drawn)


def _name_range(numbers: pd.Series[int]) -> str:
    """Return the entrances of a part: ``""`` for all, ``"2"``, ``"1-3"``, ``"1,4"``."""
    found = sorted(set(numbers.tolist()) - {0})
    if not found:
        return ""
    if len(found) > 1 and found[-1] - found[0] == len(found) - 1:
        return f"{found[0]}-{found[-1]}"
    return ",".join(map(str, found))


def _join_parts(
    units: Units,
    atoms: Atoms,
    cells: Cells,
    parts: pd.DataFrame,
    drawn: Drawn,
) -> pd.DataFrame:
    """Give each member its parts: in proportion where several members are counted at one place."""
    members = units.members.reset_index(drop=True)
    place = (
        members["place_id"].astype(object)
        if "place_id" in members
        else pd.Series("", members.index)
    )
    if atoms.place_id.size and (atoms.place_id == "").all():
        place = pd.Series("", members.index)
    pairs = list(zip(members["unit_id"].astype(str), place.astype(str), strict=True))
    members["place"] = [atoms.counted_at.get(pair, pair[1]) for pair in pairs]
    members["row"] = np.arange(len(members))
    joined = members.merge(parts, on=["unit_id", "place"], how="left")
    lone = joined["part"].isna() | (joined["households"] == 0)
    counted = joined[~lone].copy()
    counted["households"] = _share_counts(counted)
    counted = counted[(counted["households"] > 0)]
    empty = joined[lone].drop_duplicates("row").copy()
    _place_empty(empty, units, cells, drawn)
    whole = pd.concat([counted, empty]).sort_values(
        ["row", "micro_grid_id", "link_unit_id"], kind="stable"
    )
    whole = whole.drop(columns="many")
    order = [*units.members.columns, "entrance", "floors", "micro_grid_id", "link_unit_id"]
    for name in order[-4:]:
        whole[name] = whole[name].fillna("").astype(str)
    whole["households"] = whole["households"].astype(np.int64)
    return whole[order].reset_index(drop=True)


def _share_counts(counted: pd.DataFrame) -> NDArray[np.int64]:
    """Share the households of each place among members and parts, so that both sums hold."""
    result = counted["part"].to_numpy(np.float64).astype(np.int64)
    keys = ["unit_id", "place"]
    several = counted.groupby(keys)["row"].transform("nunique").to_numpy() > 1
    positions = np.flatnonzero(several)
    rows = counted["row"].to_numpy(np.int64)
    wants = counted["households"].to_numpy(np.int64)
    part = counted.groupby([*keys, "micro_grid_id", "link_unit_id"], sort=False).ngroup().to_numpy()
    left: dict[int, int] = {}
    room: dict[int, int] = {}
    for at in positions.tolist():
        member, zone = int(rows[at]), int(part[at])
        left.setdefault(member, int(wants[at]))
        room.setdefault(zone, int(result[at]))
        taken = min(left[member], room[zone])
        left[member] -= taken
        room[zone] -= taken
        result[at] = taken
    return result


def _place_empty(
    empty: pd.DataFrame,
    units: Units,
    cells: Cells,
    drawn: Drawn,
) -> None:
    """Give buildings without households the zone whose land they stand on; in place."""
    for column in ("micro_grid_id", "link_unit_id"):
        empty[column] = ""
    if empty.empty:
        return
    unit = units.frame.index.get_indexer(pd.Index(empty["unit_id"])).astype(np.int64)
    shapes = units.frame.geometry.to_numpy().astype(object)[unit]
    if units.buildings is not None and "place_id" in empty:
        row = units.buildings.index.get_indexer(pd.Index(empty["place_id"]))
        known = extend_shapes(units.buildings.geometry.to_numpy())[row]
        shapes = np.where(shapely.is_missing(known), shapes, known)
    point = shapely.get_coordinates(shapely.point_on_surface(shapes))
    cell = locate_places(cells, unit, point)
    for level, (layer, _, names) in drawn.items():
        empty[f"{level}_id"] = np.append(names, "")[layer.cell_zone[cell]]
