"""Clarity: how much of the borders runs on lines that people know (界线清晰度).

A resident should see where a grid ends: at the road, the river, the railway, the wall. Every
shared border is measured once; what is on no such line is listed with its place, and so is every
compound or building that a border splits and every road whose numbers it parts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.boundaries.border_chains import NOBODY, BorderChains, chain_borders, tile_shapes
from gridmap.boundaries.clarity_findings import OVERLAPPING, UNUSABLE, say_cut, say_lines
from gridmap.boundaries.clear_lines import (
    KINDS,
    ClearLines,
    find_touches,
    gather_clear_lines,
    give_metres,
)
from gridmap.boundaries.spans import complement_spans, gather_spans, measure_spans
from gridmap.boundaries.splits import find_splits
from gridmap.errors import InvalidOption

if TYPE_CHECKING:
    from gridmap.boundaries.border_chains import Geometries
    from gridmap.boundaries.clear_lines import Touches
    from gridmap.boundaries.spans import Floats, Spans
    from gridmap.findings import Finding

TOLERANCE_M = 15.0
"""A border this near to a line is on it: half the width of an arterial road's land, as between
units; gridmap's own default."""
LEAST_STRETCH_M = 30.0
"""A shorter stretch on no line is counted but not listed: it is the width of a road's land, and
nobody walks to look at it; gridmap's own default."""


@dataclass(frozen=True)
class Clarity:
    """What the borders run on.

    Attributes
    ----------
    borders
        One row a pair of divisions: ``division_a``, ``division_b``, ``length_m``, ``road_m``,
        ``river_m``, ``railway_m``, ``wall_m``, ``compound_m`` (no metre twice), ``clear_share``,
        geometry.
    outer
        The same for borders with nobody on the other side; ``division_b`` is ``""``.
    unclear
        Stretches of shared borders on no line, at least ``least_stretch_m`` long: ``stretch_id``,
        ``division_a``, ``division_b``, ``length_m``, geometry (a line).
    split_compounds, split_buildings
        One row a place and division: ``place_id``, ``name``, ``division_id``, ``share`` (of the
        area in divisions), ``area_m2``, ``households`` (NA without homes).
    parted_roads
        ``name``, ``division_a``, ``division_b``, ``length_m``, geometry (the border along it).
    findings
        What is wrong.
    tolerance_m, least_stretch_m
        As asked for.
    lines, tiles, ids
        What was measured: the known lines, the divisions as tiled, their ids.
    homes, buildings
        As given.
    """

    borders: gpd.GeoDataFrame
    outer: gpd.GeoDataFrame
    unclear: gpd.GeoDataFrame
    split_compounds: gpd.GeoDataFrame
    split_buildings: gpd.GeoDataFrame
    parted_roads: gpd.GeoDataFrame
    findings: tuple[Finding, ...]
    tolerance_m: float
    least_stretch_m: float
    lines: ClearLines
    tiles: Geometries
    ids: Geometries
    homes: gpd.GeoDataFrame | None = None
    buildings: gpd.GeoDataFrame | None = None


def measure_clarity(
    divisions: gpd.GeoDataFrame,
    *,
    roads: gpd.GeoDataFrame | None = None,
    barriers: gpd.GeoDataFrame | None = None,
    compounds: gpd.GeoDataFrame | None = None,
    buildings: gpd.GeoDataFrame | None = None,
    homes: gpd.GeoDataFrame | None = None,
    tolerance_m: float = TOLERANCE_M,
    least_stretch_m: float = LEAST_STRETCH_M,
) -> Clarity:
    """Measure what the borders between divisions run on, and what they cut apart.

    Parameters
    ----------
    divisions
        Polygons in metres with ``division_id`` (unique).
    roads, barriers, compounds
        What a border may run on: lines with ``name``; lines or polygons with ``kind`` (river,
        railway, wall); polygons with ``compound_id`` and ``name``.
    buildings
        Polygons with ``building_id``.
    homes
        Points with ``households``.
    tolerance_m
        A border within this distance of a line, running its way, is on it; metres, 0 to 500.
    least_stretch_m
        Shorter stretches on no line are counted in the totals but not listed; metres.

    Returns
    -------
    Clarity

    Raises
    ------
    InvalidOption
        A tolerance outside its range, coordinates in degrees, or an id that is there twice.

    Notes
    -----
    A metre on several lines counts for the first of `clear_lines.KINDS`. Source: issue 4, point
    3; FIELD.md section 1 (Dadukou: borders on roads or compound lines) and 6 (numbers).

    Examples
    --------
    >>> land = gpd.GeoDataFrame({"division_id": ["A", "B"]}, crs=4547,
    ...     geometry=[shapely.box(0, 0, 100, 200), shapely.box(100, 0, 200, 200)])
    >>> road = gpd.GeoDataFrame({"name": ["建设路"]}, crs=4547,
    ...     geometry=[shapely.LineString([(105, 0), (105, 150)])])
    >>> clarity = measure_clarity(land, roads=road, tolerance_m=5)
    >>> clarity.borders[["division_a", "division_b", "road_m", "clear_share"]].values.tolist()
    [['A', 'B', 150.0, 0.75]]
    >>> clarity.unclear["length_m"].tolist(), clarity.parted_roads["name"].tolist()
    ([50.0], ['建设路'])
    """
    _check_options(divisions, tolerance_m, least_stretch_m)
    frame, tiles, findings = _prepare(divisions)
    ids = frame["division_id"].astype(str).to_numpy(dtype=object)
    chains = chain_borders(tiles)
    lines = gather_clear_lines(roads, barriers, compounds)
    touches = find_touches(chains, lines, tolerance_m)
    given = give_metres(touches.on)
    borders = _sum_borders(chains, given, ids, divisions.crs)
    is_outer = borders["division_b"] == ""
    unclear = _list_unclear(chains, given, ids, least_stretch_m, divisions.crs)
    parted = _list_parted(chains, touches, ids, least_stretch_m, divisions.crs)
    splits = [
        find_splits(places, f"{role}_id", tiles, ids, homes)
        for role, places in (("compound", compounds), ("building", buildings))
    ]
    inner = borders[~is_outer].reset_index(drop=True)
    findings += say_lines(lines, inner, unclear, len(ids))
    findings += say_cut(splits, parted)
    return Clarity(
        inner, borders[is_outer].reset_index(drop=True), unclear, splits[0], splits[1], parted,
        findings, tolerance_m, least_stretch_m, lines, tiles, ids, homes, buildings,
    )  # fmt: skip


def _check_options(divisions: gpd.GeoDataFrame, tolerance_m: float, least_stretch_m: float) -> None:
    if not 0 < tolerance_m <= 500 or not least_stretch_m >= 0:
        raise InvalidOption(
            f"tolerance_m={tolerance_m} must be above 0 and at most 500, "
            f"least_stretch_m={least_stretch_m} at least 0.",
            f"tolerance_m={tolerance_m} 应大于 0 且不超过 500，"
            f"least_stretch_m={least_stretch_m} 不应小于 0。",
            cure_en="measure_clarity(divisions, tolerance_m=15.0, least_stretch_m=30.0)",
            cure_zh="measure_clarity(divisions, tolerance_m=15.0, least_stretch_m=30.0)",
        )
    if divisions.crs is not None and divisions.crs.is_geographic:
        raise InvalidOption(
            "The divisions are in degrees; clarity is measured in metres.",
            "区域坐标为经纬度；界线清晰度须以米计算。",
            cure_en="divisions.to_crs(sources.metric_crs)",
            cure_zh="divisions.to_crs(sources.metric_crs)",
        )
    twice = divisions["division_id"][divisions["division_id"].duplicated()].astype(str)
    if len(twice):
        raise InvalidOption(
            f"{len(twice)} division ids are there twice: {', '.join(sorted(set(twice))[:5])}.",
            f"有 {len(twice)} 个区域编号重复：{'、'.join(sorted(set(twice))[:5])}。",
            cure_en="divisions.dissolve('division_id', as_index=False)",
            cure_zh="divisions.dissolve('division_id', as_index=False)",
        )


def _prepare(
    divisions: gpd.GeoDataFrame,
) -> tuple[gpd.GeoDataFrame, Geometries, tuple[Finding, ...]]:
    """Mend, leave out, order by id and tile the divisions; say what was done."""
    frame = divisions.sort_values("division_id", kind="stable").reset_index(drop=True)
    shapes = np.array(frame.geometry.to_numpy(), dtype=object)
    broken = ~shapely.is_valid(shapes)
    shapes[broken] = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
    areal = np.isin(shapely.get_type_id(shapes), (3, 6)) & ~shapely.is_empty(shapes)
    findings = []
    if (broken | ~areal).any():
        findings.append(UNUSABLE.found(frame["division_id"][broken | ~areal].astype(str)))
    tiles, overlaps = tile_shapes(shapes[areal])
    if len(overlaps):
        area = float(shapely.area(overlaps).sum())
        findings.append(OVERLAPPING.found(count=len(overlaps), area_m2=area))
    return frame[areal].reset_index(drop=True), tiles, tuple(findings)


def _sum_borders(
    chains: BorderChains, given: dict[str, Spans], ids: Geometries, crs: object
) -> gpd.GeoDataFrame:
    """Add the chains of each pair up."""
    pair = np.column_stack([chains.left, chains.right])
    pairs, number = np.unique(pair, axis=0, return_inverse=True)
    number = number.ravel()
    first, _ = chains.spans
    bins = np.append(first, np.inf)

    def total(metres: Floats) -> Floats:
        return np.bincount(number, weights=metres, minlength=len(pairs)).astype(np.float64)

    length = total(shapely.length(chains.lines))
    values: dict[str, Any] = {**_name_pairs(pairs[:, 0], pairs[:, 1], ids), "length_m": length}
    for kind in KINDS:
        values[f"{kind}_m"] = total(measure_spans(given[kind], bins))
    clear = sum(values[f"{kind}_m"] for kind in KINDS)
    values["clear_share"] = np.minimum(clear / np.where(length > 0, length, 1.0), 1.0)
    lines = np.empty(len(pairs), dtype=object)
    if len(pairs):
        shapely.multilinestrings(chains.lines, indices=number, out=lines)
    return gpd.GeoDataFrame(values, geometry=lines, crs=crs)


def _name_pairs(left: Any, right: Any, ids: Geometries) -> dict[str, Geometries]:
    """Return the ids of both sides; an outer border has its division first and then nobody."""
    outer = left == NOBODY
    named = np.append(ids, "")
    return {
        "division_a": named[np.where(outer, right, left)],
        "division_b": named[np.where(outer, NOBODY, right)],
    }


def _list_unclear(
    chains: BorderChains, given: dict[str, Spans], ids: Geometries, least_m: float, crs: object
) -> gpd.GeoDataFrame:
    """Return the stretches of shared borders on no line."""
    first, last = chains.spans
    inner = chains.left != NOBODY
    low, high = complement_spans(gather_spans(given.values()), (first[inner], last[inner]))
    long = high - low >= max(least_m, 1e-3)
    low, high = low[long], high[long]
    chain = np.searchsorted(first, low, side="right") - 1
    names = _name_pairs(chains.left[chain], chains.right[chain], ids)
    labels = [f"{a}|{b}" for a, b in zip(*names.values(), strict=True)]
    rank = pd.Series(labels, dtype=object).groupby(pd.Series(labels, dtype=object)).cumcount() + 1
    stretch = [f"{label}/{number}" for label, number in zip(labels, rank, strict=True)]
    return gpd.GeoDataFrame(
        {"stretch_id": np.array(stretch, dtype=object), **names, "length_m": high - low},
        geometry=chains.cut(low, high),
        crs=crs,
    )


def _list_parted(
    chains: BorderChains, touches: Touches, ids: Geometries, least_m: float, crs: object
) -> gpd.GeoDataFrame:
    """Return the named roads that a shared border follows, with the border there."""
    first, _ = chains.spans
    rows: list[tuple[str, str, str, float, shapely.MultiLineString]] = []
    for name, (low, high) in touches.roads.items():
        chain = np.searchsorted(first, low + 1e-6, side="right") - 1
        pieces = chains.cut(low, high)
        pair = chains.left[chain] * len(ids) + chains.right[chain]
        for value in np.unique(pair[chains.left[chain] != NOBODY]):
            own = pair == value
            length = float((high - low)[own].sum())
            if length >= least_m:
                a, b = ids[value // len(ids)], ids[value % len(ids)]
                rows.append((name, a, b, length, shapely.MultiLineString(list(pieces[own]))))
    columns = ["name", "division_a", "division_b", "length_m", "geometry"]
    frame = pd.DataFrame(rows, columns=columns)
    return gpd.GeoDataFrame(frame.astype({"length_m": float}), geometry="geometry", crs=crs)
