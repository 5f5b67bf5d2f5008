"""Household points: one a household, inside its building, with its standard address."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from gridmap.datasets.lattice import to_lonlat

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.datasets.layout import Layout

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

WALL_M = 1.0
"""Least distance of a household point from the outer wall, metres."""


def make_points(layout: Layout, buildings: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return one point a household: the flats of a building are filled evenly.

    The place of a flat is that of its entrance along the building, moved a little by its floor
    and its door, so that points do not lie on each other.
    """
    groups = [group for group in layout.buildings if group is not None]
    counts = np.concatenate([group.households for group in groups])
    entrances, flats, floors, place, bearing, half = (
        np.concatenate([getattr(group, key) for group in groups])
        for key in ("entrances", "flats", "floors", "place", "bearing", "half")
    )
    which = np.repeat(np.arange(len(counts)), counts)
    serial = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    stairs = np.maximum(flats * floors, 1)
    slot = serial * (entrances * stairs)[which] // counts[which]
    entrance = slot // stairs[which]
    floor = slot % stairs[which] // np.maximum(flats, 1)[which]
    door = slot % np.maximum(flats, 1)[which]
    real = _places(which, entrance, floor, door, (entrances, flats, floors, place, bearing, half))
    degrees = to_lonlat(real)
    return gpd.GeoDataFrame(
        {
            "household_id": [f"H{k:08d}" for k in range(1, len(which) + 1)],
            "address": _addresses(layout, buildings, which, entrance, floor, door),
            "building_id": buildings["building_id"].to_numpy()[which],
            "households": np.ones(len(which), dtype=np.int64),
        },
        geometry=shapely.points(degrees),
        crs=buildings.crs,
    )


def _places(
    which: Ints, entrance: Ints, floor: Ints, door: Ints, built: tuple[NDArray[np.float64], ...]
) -> Floats:
    """Return real places of households inside the rectangle of their building."""
    entrances, flats, floors, place, bearing, half = built
    doors = np.maximum(flats, 1)[which]
    along = (entrance + (door + 0.5) / doors) / entrances[which] * 2 - 1
    across = (floor + 0.5) / floors[which] * 2 - 1
    room = np.maximum(half[which] - WALL_M, 0.2)
    x, y = along * room[:, 0] * 0.98, across * room[:, 1] * 0.9
    cos, sin = np.cos(bearing[which]), np.sin(bearing[which])
    return place[which] + np.column_stack([x * cos - y * sin, x * sin + y * cos])


def _addresses(
    layout: Layout,
    buildings: gpd.GeoDataFrame,
    which: Ints,
    entrance: Ints,
    floor: Ints,
    door: Ints,
) -> list[str]:
    """Return addresses such as 锦绣花园3栋2单元501室; a house of the countryside has no rooms."""
    heads = buildings["address"].tolist()
    rural = np.concatenate(
        [
            np.full(len(group.rings), parcel.block < 0)
            for parcel, group in zip(layout.parcels, layout.buildings, strict=True)
            if group is not None
        ]
    ).tolist()
    known = buildings["entrances"].notna().tolist()
    found: list[str] = []
    for b, e, f, d in zip(
        which.tolist(),
        (entrance + 1).tolist(),
        (floor + 1).tolist(),
        (door + 1).tolist(),
        strict=True,
    ):
        if rural[b]:
            found.append(heads[b])
        elif known[b]:
            found.append(f"{heads[b]}{e}单元{f}{d:02d}室")
        else:
            found.append(f"{heads[b]}{f}{d:02d}室")
    return found
