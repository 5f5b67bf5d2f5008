"""The frames of `Units`: one polygon a unit, its households, and what stands in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gridmap.findings import FindingKind
from gridmap.model import Units
from gridmap.units.arrays import name_of, run_starts, take_texts
from gridmap.units.faces import NOTHING, locate_points
from gridmap.units.landmarks import gather_landmarks
from gridmap.units.loads import count_loads, find_current
from gridmap.units.measuring import measure_polygons
from gridmap.units.naming import name_units
from gridmap.units.residents import share_residents
from gridmap.units.rivers import CUT
from gridmap.units.shares import list_members, share_entrances
from gridmap.units.spots import find_strays
from gridmap.units.standing import list_standing

if TYPE_CHECKING:
    import geopandas as gpd

    from gridmap.findings import Finding
    from gridmap.model import Sources
    from gridmap.units.arrays import Bools, Floats, Geometries, Ints, Texts
    from gridmap.units.candidates import Candidates
    from gridmap.units.counting import Items
    from gridmap.units.faces import Faces
    from gridmap.units.grouping import Patchwork


IN_PIECES = FindingKind(
    "compound_in_pieces",
    "info",
    en="{count} compounds or villages lie in several pieces or communities; each piece is a unit "
    "of its own: {places}.",
    zh="{count} 个小区或村组分成几块或跨社区，每块各为一个单元：{places}。",
    cure_en="Nothing, if the land is so; else correct the compound lines.",
    cure_zh="如实际如此则无需处理；否则请更正小区红线。",
)
SPLIT = FindingKind(
    "building_split_by_entrance",
    "info",
    en="{count} buildings above the upper bound were split by their entrances: {places}.",
    zh="{count} 栋楼户数超过网格上限，已按单元拆分：{places}。",
    cure_en="Check the grids of the two ends of each of these buildings.",
    cure_zh="请核对这些楼栋两端所属网格。",
)
TOO_LARGE = FindingKind(
    "unit_above_upper",
    "warning",
    en="{count} units hold more households than one grid may, and can't be split: {places}.",
    zh="{count} 个单元的户数超过网格上限且无法拆分：{places}。",
    cure_en="Give the number of entrances of these buildings (column 'entrances', 单元数).",
    cure_zh="请填写这些楼栋的单元数（“单元数”列）。",
)
UNDIVIDED = FindingKind(
    "entrance_above_upper",
    "warning",
    en="{count} entrances, or buildings with one entrance, hold more households than one grid "
    "may: {places}.",
    zh="{count} 个楼栋单元（或仅有一个单元的楼栋）的户数超过网格上限：{places}。",
    cure_en="Check the households and the number of entrances there. A grid is not parted inside "
    "an entrance; micro-grids (--micro-grids) divide it by floors.",
    cure_zh="请核对其户数和单元数。网格不再拆分楼栋单元；微网格（--micro-grids）可按楼层划分。",
)
FINDING_KINDS = (IN_PIECES, SPLIT, TOO_LARGE, UNDIVIDED)


def frame_units(
    patchwork: Patchwork,
    faces: Faces,
    items: Items,
    candidates: Candidates,
    sources: Sources,
    upper: Ints,
    findings: tuple[Finding, ...],
) -> Units:
    """Put the finished units into frames.

    Parameters
    ----------
    patchwork
        Pieces and their units.
    faces, items, candidates
        What the units were made of.
    sources
        For the names.
    upper
        (faces,) most households that one unit should hold.
    findings
        What was said while making them.

    Returns
    -------
    Units
    """
    shapes = _dissolve(patchwork)
    groups = len(patchwork.candidate)
    first = np.zeros(groups, dtype=np.int64)
    first[patchwork.group[::-1]] = np.arange(len(patchwork.group))[::-1]
    homes = sources.layers.get("households")
    shares = _share_items(patchwork, items, candidates, homes)
    households = np.bincount(shares["group"], weights=shares["households"], minlength=groups)
    rows = _describe(patchwork, faces, candidates, items, first, sources)
    rows["households"] = np.rint(households).astype(np.int64)
    loads, unsaid = count_loads(items, shares, groups, sources)
    if "residents" in sources.layers["communities"]:
        area, _ = measure_polygons(shapes, crs=sources.crs, metric_crs=sources.metric_crs)
        owner, homes_of = (rows[name].to_numpy() for name in ("community_id", "households"))
        people, more = share_residents(owner, homes_of, area, sources, loads.get("residents"))
        unsaid += more
        loads |= {} if people is None else {"residents": people}
    today = find_current(shapes, sources)
    rows = rows.assign(**loads) if today is None else rows.assign(**loads, current_grid=today)
    points = shapely.get_coordinates(shapely.point_on_surface(shapes))
    names = name_units(rows, points)
    frame = _unit_frame(rows, names, shapes, sources)
    shares["unit_id"] = names[shares["group"].to_numpy()]
    limit = pd.Series(upper[patchwork.face[first]], index=names)
    parted = {name for finding in findings if finding.code == CUT.code for name in finding.where}
    known = set(items.name[items.entrances > 0])
    said = (*findings, *unsaid, *_list_findings(rows, names, points, limit, parted, known))
    divided = _tell_divided(items, candidates)
    standing = list_standing(items, shares, homes, sources)
    said += find_strays(items.spots, patchwork.item_group, divided, shapes, names)
    return Units(
        frame=frame,
        communities=_community_frame(frame, sources),
        members=list_members(items, shares, homes, standing),
        sites=_site_frame(sources),
        places=_place_frame(frame, shares, items, sources),
        crs=sources.crs,
        metric_crs=sources.metric_crs,
        findings=sources.findings + said,
        inputs=sources.inputs,
        read_households=sources.read_households,
        buildings=standing.frame,
        landmarks=gather_landmarks(sources),
    )


def _dissolve(patchwork: Patchwork) -> Geometries:
    """Unite the pieces of each unit."""
    order = np.argsort(patchwork.group, kind="stable")
    group = patchwork.group[order]
    starts, ends = run_starts(group)
    shapes = patchwork.shape[order[starts]].copy()
    for n in np.flatnonzero(ends - starts > 1).tolist():
        pieces = patchwork.shape[order[starts[n] : ends[n]]]
        shapes[n] = shapely.coverage_union_all(pieces)
    normal: Geometries = shapely.normalize(shapes)
    return normal


def _share_items(
    patchwork: Patchwork, items: Items, candidates: Candidates, homes: gpd.GeoDataFrame | None
) -> pd.DataFrame:
    """Return one row for each item and unit: ``item``, ``group``, ``households``."""
    entrance = _tell_divided(items, candidates)
    plain = np.flatnonzero(~entrance)
    parts = [
        pd.DataFrame(
            {
                "item": plain,
                "group": patchwork.item_group[plain],
                "households": items.households[plain],
            }
        )
    ]
    for item in np.flatnonzero(entrance).tolist():
        counts = share_entrances(items, item, homes)
        strips = candidates.of_item[item] + np.arange(len(counts))
        group = [patchwork.strip_group[int(strip)] for strip in strips]
        parts.append(pd.DataFrame({"item": item, "group": group, "households": counts}))
    return pd.concat(parts, ignore_index=True)


def _tell_divided(items: Items, candidates: Candidates) -> Bools:
    """Tell which items are split by their entrances."""
    entrance = np.zeros(len(items.households), dtype=bool)
    held = candidates.of_item >= 0
    entrance[held] = candidates.entrance[candidates.of_item[held]] > 0
    return entrance


def _describe(
    patchwork: Patchwork,
    faces: Faces,
    candidates: Candidates,
    items: Items,
    first: Ints,
    sources: Sources,
) -> pd.DataFrame:
    """Return what each unit is, in the columns of the frame and ``entrance``."""
    owner = patchwork.candidate
    kind = name_of(candidates.kind, owner)
    kind[owner < 0] = "open"
    community = faces.community[patchwork.face[first]]
    communities = sources.layers["communities"]
    compound = name_of(candidates.compound, owner)
    item = np.append(candidates.item, NOTHING)[owner]
    site = np.append(candidates.site, NOTHING)[owner]
    return pd.DataFrame(
        {
            "community_id": take_texts(communities, "community_id")[community],
            "kind": kind,
            "compound_id": compound,
            "site_id": name_of(take_texts(sources.layers.get("sites"), "site_id"), site),
            "building_id": name_of(items.name, item),
            "age_class": _age_classes(compound, sources),
            "area_type": np.where(
                take_texts(communities, "area_type")[community] == "rural", "rural", "urban"
            ).astype(object),
            "entrance": np.append(candidates.entrance, 0)[owner],
        }
    )


def _age_classes(compound: Texts, sources: Sources) -> Texts:
    frame = sources.layers.get("compounds")
    known = dict(zip(take_texts(frame, "compound_id"), take_texts(frame, "age_class"), strict=True))
    return np.array([known.get(name, "") for name in compound.tolist()], dtype=object)


def _unit_frame(
    rows: pd.DataFrame, names: Texts, shapes: Geometries, sources: Sources
) -> gpd.GeoDataFrame:
    import geopandas as gpd

    area, perimeter = measure_polygons(shapes, crs=sources.crs, metric_crs=sources.metric_crs)
    columns = rows.drop(columns="entrance").assign(area_m2=area, perimeter_m=perimeter)
    columns.index = pd.Index(names, name="unit_id", dtype=object)
    frame = gpd.GeoDataFrame(columns, geometry=shapes, crs=sources.crs)
    return frame.sort_index()


def _community_frame(frame: gpd.GeoDataFrame, sources: Sources) -> gpd.GeoDataFrame:
    """Return the land of each community as the units tile it."""
    import geopandas as gpd

    source = sources.layers["communities"]
    ids = take_texts(source, "community_id")
    order = np.argsort(ids.astype(str), kind="stable")
    parts = frame.groupby("community_id", sort=True)
    land = {str(name): shapely.coverage_union_all(part.geometry.to_numpy()) for name, part in parts}
    homes = parts["households"].sum()
    shapes = np.array([land.get(str(name), shapely.MultiPolygon()) for name in ids[order]])
    shapes = shapely.normalize(shapes)
    area, _ = measure_polygons(shapes, crs=sources.crs, metric_crs=sources.metric_crs)
    rural = take_texts(source, "area_type")[order] == "rural"
    return gpd.GeoDataFrame(
        {
            "name": take_texts(source, "name")[order],
            "township": take_texts(source, "township")[order],
            "area_type": np.where(rural, "rural", "urban").astype(object),
            "households": [int(homes.get(name, 0)) for name in ids[order]],
            "area_m2": area,
        },
        geometry=shapes,
        index=pd.Index(ids[order], name="community_id", dtype=object),
        crs=sources.crs,
    )


def _site_frame(sources: Sources) -> gpd.GeoDataFrame:
    import geopandas as gpd

    source = sources.layers.get("sites")
    ids = take_texts(source, "site_id")
    order = np.argsort(ids.astype(str), kind="stable")
    shapes = (
        np.empty(0, dtype=object)
        if source is None
        else np.asarray(source.geometry.to_numpy(), dtype=object)[order]
    )
    area, _ = measure_polygons(shapes, crs=sources.crs, metric_crs=sources.metric_crs)
    return gpd.GeoDataFrame(
        {
            "name": take_texts(source, "name")[order],
            "category": take_texts(source, "category")[order],
            "owner": take_texts(source, "owner")[order],
            "area_m2": np.asarray(area, dtype=np.float64),
        },
        geometry=shapes,
        index=pd.Index(ids[order], name="site_id", dtype=object),
        crs=sources.crs,
    )


def _place_frame(
    frame: gpd.GeoDataFrame, shares: pd.DataFrame, items: Items, sources: Sources
) -> pd.DataFrame:
    """Return the standard addresses with the unit of each: its building's, else by its point."""
    from gridmap.addresses import collect_places

    layers = sources.layers
    places = collect_places(
        households=layers.get("households"),
        buildings=layers.get("buildings"),
        compounds=layers.get("compounds"),
        sites=layers.get("sites"),
        doors=layers.get("doors"),
    )
    most = shares.sort_values(["item", "households"], ascending=[True, False], kind="stable")
    most = most.drop_duplicates("item")
    named = items.name[most["item"].to_numpy()]
    known = pd.Series(most["unit_id"].to_numpy(), index=named)
    known = known[(known.index != "") & ~known.index.duplicated()]
    unit = places["building_id"].map(known).to_numpy(dtype=object)
    asked = np.flatnonzero(pd.isna(unit))
    at = locate_points(
        np.asarray(frame.geometry.to_numpy(), dtype=object),
        places[["lon", "lat"]].to_numpy(dtype=np.float64)[asked],
    )
    ids = np.append(frame.index.to_numpy(dtype=object), "")
    unit[asked] = ids[at]
    places = places.assign(unit_id=unit)
    return places[["text", "elements", "building_id", "unit_id", "lon", "lat"]]


def _list_findings(
    rows: pd.DataFrame,
    names: Texts,
    points: Floats,
    limit: pd.Series,
    parted: set[str],
    known: set[str],
) -> list[Finding]:
    """Say what was split or can't be; ``known`` are the buildings whose entrances are given."""
    findings = []
    whole = rows[rows["kind"].isin(("compound", "village"))]
    pieces = whole.groupby("compound_id", sort=True).size()
    several = [name for name in pieces[pieces > 1].index.astype(str) if name not in parted]
    if several:
        findings.append(IN_PIECES.found(several))
    split = sorted(set(rows.loc[rows["kind"] == "entrance", "building_id"]))
    if split:
        findings.append(SPLIT.found(split))
    large = rows["households"].to_numpy() > limit.to_numpy()
    counted = (rows["entrance"] > 0) | rows["building_id"].isin(known - {""})
    for kind, some in ((TOO_LARGE, large & ~counted), (UNDIVIDED, large & counted)):
        order = np.flatnonzero(some)
        if len(order):
            order = order[np.argsort(names[order].astype(str))]
            places = points[order].round(6).tolist()
            findings.append(kind.found(names[order].tolist(), points=places))
    return findings
