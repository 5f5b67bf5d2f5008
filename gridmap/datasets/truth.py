"""What is known about a made district: its planted defects, measured, and its figures."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from gridmap.datasets.blocks import NECK_M
from gridmap.datasets.defects import cut_neck
from gridmap.datasets.frames import parcel_ids
from gridmap.datasets.lattice import to_lonlat
from gridmap.datasets.layout import final_owner

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridmap.datasets.defects import Planted
    from gridmap.datasets.layout import Layout

METRIC_CRS = "EPSG:4547"
"""CGCS2000, 3-degree Gauss-Kruger zone of 114 degrees east: where a district lies."""


@dataclass(frozen=True)
class Defect:
    """One planted defect, as FIELD.md section 4 names it.

    Attributes
    ----------
    kind
        ``exclave``: a part of ``owner`` more than 300 m from its main land, inside ``host``, at
        its border. ``enclosed``: a part of ``owner`` wholly surrounded by ``host``.
        ``interlock``: land of ``owner`` that reaches into ``host`` through a narrow neck.
        ``gap``: land in no community, between ``owner`` and ``host``. ``overlap``: land in both.
    owner, host
        Community ids.
    compounds, buildings
        Ids of the compounds and of the homes on that land.
    households
        Households on it.
    lon, lat
        A point inside it, degrees.
    area_m2
        Its area, square metres.
    distance_m
        From the owner's main land; 0 for an interlock, a gap and an overlap.
    width_m
        Width of the neck of an interlock, else 0.
    polygon
        The land as WKT, degrees.
    """

    kind: str
    owner: str
    host: str
    compounds: tuple[str, ...]
    buildings: tuple[str, ...]
    households: int
    lon: float
    lat: float
    area_m2: float
    distance_m: float = 0.0
    width_m: float = 0.0
    polygon: str = ""


@dataclass(frozen=True)
class Bridge:
    """A road over the river: its id and name, and the middle of the bridge in degrees."""

    road_id: str
    road: str
    lon: float
    lat: float


@dataclass(frozen=True)
class Truth:
    """Everything known about a made district.

    Attributes
    ----------
    defects
        Tile by tile: three exclaves, the enclosed part, the interlock, the gap, the overlap.
    bridges
        Every road over the river.
    counts
        Rows of each layer, households, townships.
    households_of
        Households on the land of each community (of an overlap: counted with its owner).
    deciles
        Households of compounds (natural villages and villager groups left out) at the shares
        10, 25, 50, 75, 90 and 100 percent.
    split_communities, unbridged_communities
        Communities on both banks of the river: with a bridge of their own, and without.
    towers
        Buildings above 500 households; the entrances of those in ``towers_unknown`` are not known.
    """

    defects: tuple[Defect, ...]
    bridges: tuple[Bridge, ...]
    counts: Mapping[str, int]
    households_of: Mapping[str, int]
    deciles: Mapping[int, float]
    split_communities: tuple[str, ...]
    unbridged_communities: tuple[str, ...]
    towers: tuple[str, ...]
    towers_unknown: tuple[str, ...]

    def of_kind(self, kind: str) -> tuple[Defect, ...]:
        """Return the planted defects of one kind."""
        return tuple(defect for defect in self.defects if defect.kind == kind)

    def as_dict(self) -> dict[str, object]:
        """Return everything as plain data."""
        return dataclasses.asdict(self)


def state_truth(layout: Layout, layers: Mapping[str, gpd.GeoDataFrame]) -> Truth:
    """Measure what was planted, in metres, and count what was made."""
    ids = parcel_ids(layout)
    buildings, communities = layers["buildings"], layers["communities"]
    first = np.cumsum([0] + [0 if b is None else len(b.rings) for b in layout.buildings])
    homes = buildings["households"].to_numpy()
    metric = communities.geometry.to_crs(METRIC_CRS).to_numpy()
    defects = tuple(
        _measure(layout, defect, ids, first, buildings, communities, metric)
        for defect in layout.planted
    )
    owner = final_owner(layout)
    codes = communities["community_id"].tolist()
    held = dict.fromkeys(codes, 0)
    for k, index in enumerate(owner.tolist()):
        if index >= 0:
            held[codes[index]] += int(homes[first[k] : first[k + 1]].sum())
    counts = {role: len(frame) for role, frame in sorted(layers.items())}
    counts["townships"] = len(layout.township_names)
    counts["households"] = int(homes.sum())
    compounds = [
        parcel.item.households
        for parcel in layout.parcels
        if parcel.item.kind == "compound" and parcel.block >= 0
    ]
    split, unbridged = _river_communities(layout)
    towers = buildings[buildings["households"] > 500]
    return Truth(
        defects=defects,
        bridges=_bridges(layers["roads"]),
        counts=counts,
        households_of=held,
        deciles={p: float(np.percentile(compounds, p)) for p in (10, 25, 50, 75, 90, 100)},
        split_communities=split,
        unbridged_communities=unbridged,
        towers=tuple(towers["building_id"]),
        towers_unknown=tuple(towers["building_id"][towers["entrances"].isna()]),
    )


def _bridges(roads: gpd.GeoDataFrame) -> tuple[Bridge, ...]:
    found = roads[roads["bridge"] == "yes"]
    middles = shapely.line_interpolate_point(found.geometry.to_numpy(), 0.5, normalized=True)
    return tuple(
        Bridge(road_id, name, round(float(p.x), 9), round(float(p.y), 9))
        for road_id, name, p in zip(found["road_id"], found["name"], middles, strict=True)
    )


def _river_communities(layout: Layout) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return communities on both banks: with a bridge inside them, and without."""
    lattice, owner = layout.lattice, layout.divisions.owner
    west = int(np.flatnonzero(lattice.river)[0])
    both = sorted(
        {int(a) for a, b in zip(owner[west], owner[west + 1], strict=True) if a == b} - {-1}
    )
    bridged = set()
    for line in np.flatnonzero(lattice.bridge).tolist():
        below, above = owner[west, line - 1], owner[west, line]
        bridged |= {int(below)} if below == above else set()
    codes = [c.code for c in layout.divisions.communities]
    return (
        tuple(codes[k] for k in both if k in bridged),
        tuple(codes[k] for k in both if k not in bridged),
    )


def _planted_land(layout: Layout, defect: Planted) -> shapely.Geometry:
    return shapely.Polygon(to_lonlat(layout.parcels[defect.parcel].land[:, 2:]))


def _interlocked(layout: Layout, defect: Planted) -> tuple[shapely.Geometry, list[int]]:
    """Return the neck and the land behind it, and the parcels that stand there."""
    lattice = layout.lattice
    neck_cell, far_cell = defect.cells
    neck, _ = cut_neck(lattice, neck_cell)
    column, row = far_cell
    far = lattice.ring(column, column + 1, row, row + 1)
    land = shapely.Polygon(to_lonlat(neck[:, 2:])).union(shapely.Polygon(to_lonlat(far[:, 2:])))
    blocks = layout.divisions.blocks
    members = [
        k
        for k, parcel in enumerate(layout.parcels)
        if parcel.block >= 0 and (blocks[parcel.block].west, blocks[parcel.block].south) == far_cell
    ]
    return land, members


def _measure(
    layout: Layout,
    defect: Planted,
    ids: list[str],
    first: np.ndarray,
    buildings: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame,
    metric: np.ndarray,
) -> Defect:
    codes = communities["community_id"].tolist()
    if defect.kind == "interlock":
        land, members = _interlocked(layout, defect)
    else:
        land, members = _planted_land(layout, defect), [defect.parcel]
    spot = shapely.point_on_surface(land)
    measured = gpd.GeoSeries([land], crs="EPSG:4490").to_crs(METRIC_CRS).iloc[0]
    distance = 0.0
    if defect.kind in ("exclave", "enclosed"):
        parts = shapely.get_parts(metric[defect.owner])
        main = parts[int(np.argmax(shapely.area(parts)))]
        distance = round(float(shapely.distance(main, measured)), 1)
    rows = np.concatenate([np.arange(first[k], first[k + 1]) for k in members])
    rows = rows[buildings["households"].to_numpy()[rows] > 0]
    return Defect(
        kind=defect.kind,
        owner=codes[defect.owner],
        host=codes[defect.host],
        compounds=tuple(ids[k] for k in members if ids[k].startswith("P")),
        buildings=tuple(buildings["building_id"].to_numpy()[rows]),
        households=int(buildings["households"].to_numpy()[rows].sum()),
        lon=round(float(spot.x), 9),
        lat=round(float(spot.y), 9),
        area_m2=round(float(shapely.area(measured)), 1),
        distance_m=distance,
        width_m=NECK_M if defect.kind == "interlock" else 0.0,
        polygon=str(shapely.to_wkt(land, rounding_precision=9)),
    )
