"""Territories of larger pieces: grids taken whole, and areas of which only counts are known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from gridmap.boundaries.coverage import TOLERANCE_M
from gridmap.boundaries.planes import Plane, cut_faces, find_claims, join_claims
from gridmap.errors import InvalidOption
from gridmap.model import Territory, Units
from gridmap.units.edges import find_shared_edges
from gridmap.units.measuring import measure_polygons, measure_segments

if TYPE_CHECKING:
    import geopandas as gpd
    from pyproj import CRS

    from gridmap.units.arrays import Geometries

FLAGS = ("river", "railway", "wall", "bridge")
PART = "#"
"""Between an area's id and the number of its part, from the second part on."""
SHOWN = 5
"""How many of the areas that are refused are named."""
AREA = "area"
"""Kind of a unit that is a grid or an area taken whole (`gridmap.model.UNIT_KINDS`)."""


def merge_units(territory: Territory, zones: pd.Series[str]) -> Territory:
    """Join the units of each zone to one unit, so that no zone of it is ever cut.

    Parameters
    ----------
    territory
        Units and borders.
    zones
        Zone of every unit, for example ``Plan.assignment``.

    Returns
    -------
    Territory
        A unit of kind ``area`` for each zone, by the zone's id; borders between zones, each with
        what lies along most of it.

    Examples
    --------
    >>> from gridmap.testing import draw_territory
    >>> toy = draw_territory("abcd", households=10)
    >>> zones = pd.Series(["g1", "g1", "g2", "g2"], index=toy.units.frame.index)
    >>> merged = merge_units(toy, zones)
    >>> merged.units.frame["households"].to_dict(), len(merged.borders)
    ({'g1': 20, 'g2': 20}, 1)
    """
    import geopandas as gpd

    units = territory.units
    frame = units.frame
    zone = zones.reindex(frame.index)
    if zone.isna().any():
        raise InvalidOption(
            f"{int(zone.isna().sum())} units have no zone.",
            f"有 {int(zone.isna().sum())} 个单元没有对应的区域。",
        )
    groups = frame.groupby(zone.to_numpy(object), sort=True)
    shapes = np.array(
        [shapely.coverage_union_all(part.geometry.to_numpy()) for _, part in groups], object
    )
    rows = groups[["community_id", "area_type", "age_class"]].first()
    rows = rows.assign(kind=AREA, compound_id="", site_id="", building_id="")
    counts = [name for name in ("households", "residents", "workload") if name in frame]
    rows[counts] = groups[counts].sum()
    area, perimeter = measure_polygons(shapes, crs=units.crs, metric_crs=units.metric_crs)
    rows["area_m2"], rows["perimeter_m"] = area, perimeter
    columns = [name for name in frame.columns if name in rows]
    merged = gpd.GeoDataFrame(rows[columns], geometry=shapes, crs=units.crs)
    merged.index.name = "unit_id"
    members = units.members.assign(unit_id=units.members["unit_id"].map(zone))
    places = units.places.assign(unit_id=units.places["unit_id"].map(zone).fillna(""))
    whole = replace(units, frame=merged, members=members, places=places, buildings=None)
    return replace(territory, units=whole, borders=_merge_borders(territory.borders, zone))


def _merge_borders(borders: pd.DataFrame, zone: pd.Series[str]) -> pd.DataFrame:
    """Add up the borders between zones; what lies along most of the length counts."""
    a = zone.reindex(borders["unit_a"]).to_numpy(object)
    b = zone.reindex(borders["unit_b"]).to_numpy(object)
    rows = borders.assign(unit_a=np.minimum(a, b), unit_b=np.maximum(a, b))
    rows = rows[rows["unit_a"] != rows["unit_b"]]
    keys = ["unit_a", "unit_b"]
    for name in FLAGS:
        rows[name] = rows["length_m"].where(rows[name], 0.0)
    total = rows.groupby(keys, sort=True, as_index=False).agg(
        length_m=("length_m", "sum"),
        same_community=("same_community", "any"),
        clear_m=("clear_m", "sum"),
        passable=("passable", "any"),
        **{name: (name, "sum") for name in FLAGS},
    )
    for name in FLAGS:
        total[name] = total[name] * 2 > total["length_m"]
    by_class = rows.groupby([*keys, "road_class"], as_index=False).agg(length_m=("length_m", "sum"))
    by_class = by_class.sort_values(
        [*keys, "length_m", "road_class"], ascending=[True, True, False, True]
    )
    most = by_class.drop_duplicates(keys)[[*keys, "road_class"]]
    merged = total.merge(most, on=keys).assign(same_compound=False)
    return merged[list(borders.columns)]


def make_area_territory(areas: gpd.GeoDataFrame, *, metric_crs: CRS) -> Territory:
    """Make a territory of areas of which only counts are known, such as townships.

    Parameters
    ----------
    areas
        Indexed by a distinct id: polygons that tile the land, lon/lat degrees (lines that are the
        same to a millimetre become one where the polygons do not share their corners); columns
        ``community_id`` (what zones stay inside of), ``households`` or ``residents``, and ``name``
        where known.
    metric_crs
        Where it is measured.

    Returns
    -------
    Territory
        A unit for each area; an area in several parts has one for each, the largest with all of
        its count. Borders carry no roads or rivers, since none are known.

    Raises
    ------
    InvalidOption
        Areas overlap by more than arithmetic (`gridmap.boundaries.coverage.TOLERANCE_M`), or have
        no valid outline.

    Notes
    -----
    Source: FIELD.md section 1 (Dadukou): communities are rebalanced by their people.
    """
    import geopandas as gpd

    parts, owner = shapely.get_parts(_tile_areas(areas, metric_crs), return_index=True)
    size = shapely.area(parts)
    order = np.lexsort((-size, owner))
    parts, owner = parts[order], owner[order]
    rank = np.arange(len(owner)) - np.searchsorted(owner, owner) + 1
    ids = areas.index.to_numpy(object).astype(str)[owner]
    names = [
        name if n == 1 else f"{name}{PART}{n}" for name, n in zip(ids, rank.tolist(), strict=True)
    ]
    area, perimeter = measure_polygons(parts, crs=areas.crs, metric_crs=metric_crs)
    columns = {"kind": AREA, "compound_id": "", "site_id": "", "building_id": ""}
    rows = pd.DataFrame(columns, index=pd.Index(names, name="unit_id", dtype=object))
    rows.insert(0, "community_id", areas["community_id"].to_numpy(object)[owner])
    rows = rows.assign(age_class="", area_type="urban", households=0)
    for count in ("households", "residents"):
        if count in areas:
            rows[count] = np.where(rank == 1, areas[count].to_numpy(np.int64)[owner], 0)
    rows = rows.assign(area_m2=area, perimeter_m=perimeter)
    frame = gpd.GeoDataFrame(rows, geometry=parts, crs=areas.crs).sort_index()
    communities = _frame_parents(frame, metric_crs)
    units = Units(
        frame=frame,
        communities=communities,
        members=pd.DataFrame(
            {name: [] for name in ("building_id", "household_id", "unit_id", "households")}
        ),
        sites=gpd.GeoDataFrame(
            {name: [] for name in ("name", "category", "owner", "area_m2")},
            geometry=[],
            crs=areas.crs,
            index=pd.Index([], name="site_id", dtype=object),
        ),
        places=pd.DataFrame(
            {name: [] for name in ("text", "elements", "building_id", "unit_id", "lon", "lat")}
        ),
        crs=areas.crs,
        metric_crs=metric_crs,
        read_households=int(frame["households"].sum()),
    )
    return Territory(units=units, borders=_draw_borders(units))


def _tile_areas(areas: gpd.GeoDataFrame, metric_crs: CRS) -> Geometries:
    """Return the outlines as a coverage: lines that are the same to the lattice become one.

    Unions along common edges break on anything else, and borders would not be found.
    """
    shapes = np.asarray(areas.geometry.to_numpy(), object)
    plane = Plane.of(areas.crs, metric_crs)
    with np.errstate(invalid="ignore", over="ignore"):
        good = np.isfinite(shapely.area(plane.to_metres(shapes))) & shapely.is_valid(shapes)
    good &= np.isin(shapely.get_type_id(shapes), (3, 6)) & ~shapely.is_empty(shapes)
    if good.all() and shapely.coverage_is_valid(shapes):
        return shapes
    if good.all():
        shapes = shapely.set_precision(shapes, plane.step)
        good = ~shapely.is_empty(shapes)
    _refuse_areas(areas.index[~good])
    faces = cut_faces(shapely.boundary(shapes), plane.step)
    face, owner = find_claims(faces, shapes)
    measured = plane.to_metres(faces)
    narrow = 2 * shapely.area(measured) <= TOLERANCE_M * shapely.length(measured)
    doubled = (np.bincount(face, minlength=len(faces)) > 1) & ~narrow
    _refuse_areas(areas.index[np.unique(owner[doubled[face]])])
    order = np.lexsort((owner, shapely.area(shapes)[owner], face))
    face, owner = face[order], owner[order]
    first = np.unique(face, return_index=True)[1]
    return join_claims(faces, face[first], owner[first], shapes)


def _refuse_areas(wrong: pd.Index[Any]) -> None:
    """Refuse areas that overlap or have no outline: who has the land is not guessed here."""
    if not len(wrong):
        return
    places = ", ".join(str(name) for name in wrong[:SHOWN])
    raise InvalidOption(
        f"{len(wrong)} areas overlap or have no valid outline: {places}.",
        f"有 {len(wrong)} 个区域相互重叠或边界无效：{places}。",
        cure_en="gridmap repair, or gridmap.boundaries.repairing.repair_boundaries",
        cure_zh="先用 gridmap repair 修复边界",
    )


def _frame_parents(frame: gpd.GeoDataFrame, metric_crs: CRS) -> gpd.GeoDataFrame:
    import geopandas as gpd

    groups = frame.groupby("community_id", sort=True)
    shapes = np.array(
        [shapely.coverage_union_all(part.geometry.to_numpy()) for _, part in groups], object
    )
    area, _ = measure_polygons(shapes, crs=frame.crs, metric_crs=metric_crs)
    ids = pd.Index([str(name) for name, _ in groups], name="community_id", dtype=object)
    values = {
        "name": ids.to_numpy(object),
        "township": ids.to_numpy(object),
        "area_type": "urban",
        "households": groups["households"].sum().to_numpy(np.int64),
        "area_m2": area,
    }
    return gpd.GeoDataFrame(values, geometry=shapes, index=ids, crs=frame.crs)


def _draw_borders(units: Units) -> pd.DataFrame:
    """Return the borders of areas: lengths alone, every border of one parent passable."""
    frame = units.frame
    shared = find_shared_edges(np.asarray(frame.geometry.to_numpy(), object))
    metres = measure_segments(shared.start, shared.end, crs=units.crs, metric_crs=units.metric_crs)
    key = shared.left * len(frame) + shared.right
    pair, number = np.unique(key, return_inverse=True)
    a, b = np.divmod(pair, max(1, len(frame)))
    ids = frame.index.to_numpy(object)
    community = frame["community_id"].to_numpy(object)
    same = np.asarray(community[a] == community[b], bool)
    length = np.bincount(number.ravel(), weights=metres, minlength=len(pair))
    return pd.DataFrame(
        {
            "unit_a": ids[a],
            "unit_b": ids[b],
            "length_m": length,
            "same_community": same,
            "same_compound": False,
            "road_class": "",
            "river": False,
            "railway": False,
            "wall": False,
            "bridge": False,
            "clear_m": 0.0,
            "passable": same,
        }
    )
