"""From a layout to frames: ids, columns of ``gridmap.schemas``, geometry in EPSG:4490."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from gridmap.datasets.countryside import draw_lanes
from gridmap.datasets.defects import draw_communities
from gridmap.datasets.lattice import WATER_HALF_M, to_lonlat
from gridmap.datasets.names import DISTRICT, RAILWAY, RIVER
from gridmap.datasets.numbering import draw_roads
from gridmap.datasets.residents import make_points

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.datasets.layout import Layout

    Floats = NDArray[np.float64]

CRS = "EPSG:4490"


def make_layers(layout: Layout, *, points: bool) -> dict[str, gpd.GeoDataFrame]:
    """Return role -> frame of everything in a layout; household points only on request."""
    buildings = _buildings(layout)
    layers = {
        "communities": _communities(layout),
        "compounds": _compounds(layout),
        "buildings": buildings,
        "sites": _sites(layout),
        "roads": _roads(layout),
        "barriers": _barriers(layout),
    }
    if points:
        layers["households"] = make_points(layout, buildings)
    return layers


def parcel_ids(layout: Layout) -> list[str]:
    """Return the id of each parcel: P for a compound, S for a site, empty for open land."""
    serial = {"compound": 0, "site": 0, "open": 0}
    letters = {"compound": "P", "site": "S"}
    found: list[str] = []
    for parcel in layout.parcels:
        kind = parcel.item.kind
        serial[kind] += 1
        found.append(f"{letters[kind]}{serial[kind]:06d}" if kind in letters else "")
    return found


def _frame(columns: dict[str, Any], geometry: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=CRS)


def _polygons(rings: list[Floats]) -> NDArray[np.object_]:
    """Make polygons in degrees from open rings in real metres."""
    closed = np.concatenate([np.vstack([ring, ring[:1]]) for ring in rings])
    index = np.repeat(np.arange(len(rings)), [len(ring) + 1 for ring in rings])
    lines = shapely.linearrings(to_lonlat(closed), indices=index)
    made: NDArray[np.object_] = np.asarray(shapely.polygons(lines))
    return made


def _communities(layout: Layout) -> gpd.GeoDataFrame:
    found = layout.divisions.communities
    return _frame(
        {
            "community_id": [c.code for c in found],
            "name": layout.community_names,
            "township": [layout.township_names[c.township] for c in found],
            "district": [DISTRICT] * len(found),
            "area_type": ["rural" if c.rural else "urban" for c in found],
        },
        draw_communities(layout.lattice, layout.divisions, layout.parcels, layout.planted),
    )


def _compounds(layout: Layout) -> gpd.GeoDataFrame:
    ids = parcel_ids(layout)
    rows = [(i, p) for i, p in zip(ids, layout.parcels, strict=True) if p.item.kind == "compound"]
    return _frame(
        {
            "compound_id": [i for i, _ in rows],
            "name": [p.name for _, p in rows],
            "age_class": [p.age_class for _, p in rows],
            "address": [p.address for _, p in rows],
            "kind": [p.tags["kind"] for _, p in rows],
        },
        _polygons([p.inner[:, 2:] for _, p in rows]),
    )


def _sites(layout: Layout) -> gpd.GeoDataFrame:
    ids = parcel_ids(layout)
    rows = [(i, p) for i, p in zip(ids, layout.parcels, strict=True) if p.item.kind == "site"]
    return _frame(
        {
            "site_id": [i for i, _ in rows],
            "name": [p.name for _, p in rows],
            "category": [p.item.category for _, p in rows],
            "owner": [p.tags["owner"] for _, p in rows],
            "address": [p.address for _, p in rows],
        },
        _polygons([p.inner[:, 2:] for _, p in rows]),
    )


def _buildings(layout: Layout) -> gpd.GeoDataFrame:
    ids = parcel_ids(layout)
    rings: list[Floats] = []
    text: dict[str, list[str]] = {key: [] for key in ("compound_id", "name", "address", "use")}
    numbers: dict[str, list[NDArray[np.int64]]] = {
        key: [] for key in ("floors", "entrances", "households", "known")
    }
    for owner, parcel, group in zip(ids, layout.parcels, layout.buildings, strict=True):
        if group is None:
            continue
        rings += group.rings
        homes = group.households > 0
        compound = parcel.item.kind == "compound"
        text["compound_id"] += [owner if compound else ""] * len(homes)
        for k, home in enumerate(homes.tolist()):
            name, address = _name_building(parcel, k + 1, len(homes), home=home)
            text["name"].append(name)
            text["address"].append(address)
            text["use"].append("residential" if home else "other")
        for key, parts in numbers.items():
            parts.append(getattr(group, key))
    count = len(rings)
    joined = {key: np.concatenate(parts) for key, parts in numbers.items()}
    entrances = joined["entrances"].astype(float)
    entrances[~joined["known"].astype(bool)] = np.nan
    return _frame(
        {
            "building_id": [f"B{k + 1:07d}" for k in range(count)],
            "compound_id": text["compound_id"],
            "name": text["name"],
            "floors": joined["floors"],
            "entrances": entrances,
            "households": joined["households"],
            "address": text["address"],
            "use": text["use"],
        },
        _polygons(rings),
    )


def _name_building(parcel: Any, number: int, count: int, *, home: bool) -> tuple[str, str]:
    """Return the name and the standard address of a building."""
    if parcel.item.kind == "site":
        name = f"{parcel.name}家属楼{number}栋" if home else f"{parcel.name}{number}号楼"
        return name, name if home else parcel.address
    if parcel.block < 0:
        address = f"{parcel.address}{number}号"
        return f"{parcel.name}{number}号", address
    if "courtyard" in parcel.tags and count == 1:
        return parcel.address, parcel.address
    name = f"{parcel.name}{number}{parcel.tags['stair']}"
    return name, name


def _roads(layout: Layout) -> gpd.GeoDataFrame:
    roads = draw_roads(layout.lattice, layout.divisions, layout.roads)
    roads += draw_lanes(layout.lattice, layout.divisions, layout.parcels)
    lines = [shapely.LineString(to_lonlat(road.points)) for road in roads]
    return _frame(
        {
            "road_id": [f"R{k + 1:05d}" for k in range(len(roads))],
            "name": [road.name for road in roads],
            "class": [road.road_class for road in roads],
            "bridge": ["yes" if road.bridge else "no" for road in roads],
        },
        lines,
    )


def _barriers(layout: Layout) -> gpd.GeoDataFrame:
    lattice = layout.lattice
    middle = float(lattice.xs[lattice.column_class.index("river")])
    ends = np.concatenate([[lattice.ys[0] - 60], lattice.fine_ys, [lattice.ys[-1] + 60]])
    bank = np.concatenate(
        [
            np.column_stack([np.full(len(ends), middle + WATER_HALF_M), ends]),
            np.column_stack([np.full(len(ends), middle - WATER_HALF_M), ends[::-1]]),
        ]
    )
    shapes: list[Any] = [shapely.Polygon(to_lonlat(lattice.warp(bank)))]
    names = [RIVER]
    for line, name in enumerate(lattice.row_class):
        if name == "railway":
            cells = np.flatnonzero(
                (layout.divisions.owner[:, line - 1 : line + 1] >= 0).any(axis=1)
            )
            points = lattice.line((int(cells[0]), line), (int(cells[-1]) + 1, line))
            shapes.append(shapely.LineString(to_lonlat(points)))
            names.append(RAILWAY)
    return _frame(
        {
            "barrier_id": [f"X{k + 1:03d}" for k in range(len(shapes))],
            "name": names,
            "kind": ["river"] + ["railway"] * (len(shapes) - 1),
        },
        shapes,
    )
