"""What a boundary analysis looks at: divisions as polygons in metres, and where households live.

Unlike `gridmap.repair_sources` nothing here gives an overlap to one of two divisions: the
analysis must see the outlines as they were drawn. Only what can't be measured is mended or left
out, and said.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.checks.counts import inspect_counts
from gridmap.checks.geometry import inspect_geometry
from gridmap.checks.identity import inspect_identity, inspect_texts
from gridmap.checks.inspecting import Inspection, text_column
from gridmap.errors import UnknownName
from gridmap.findings import FindingKind, sort_findings
from gridmap.schemas import match_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.findings import Finding
    from gridmap.model import Sources

    Geometries = NDArray[np.object_]

NO_DIVISIONS = FindingKind(
    "divisions_missing",
    "error",
    en="There is no division with a usable outline to analyse.",
    zh="没有可供分析的区划边界。",
    cure_en="Name the layer of divisions: --layer communities=FILE:LAYER.",
    cure_zh="请指定区划图层：--layer communities=文件:图层。",
)
ONE_DIVISION = FindingKind(
    "division_alone",
    "info",
    en="There is only one division, {places}: it has no neighbour to be compared with.",
    zh="只有一个区划 {places}，没有相邻区划可比较。",
    cure_en="Give its neighbours too, or a lower level.",
    cure_zh="请同时提供相邻区划，或改用更低一级。",
)
NAMES_TWICE = FindingKind(
    "division_names_repeated",
    "info",
    en="{count} divisions share their name with another one: {places}; they are told apart by id.",
    zh="{count} 个区划与其他区划同名：{places}；以代码区分。",
    cure_en="Nothing needs to be done; read the ids beside the names.",
    cure_zh="无需处理；请同时查看代码。",
)
LEVEL_OVERLAPS = FindingKind(
    "level_overlaps",
    "warning",
    en="The outlines do not tile the land, so that {count} divisions of {level} were joined with "
    "their overlaps and gaps: small gaps inside one may look like holes.",
    zh="边界之间有重叠或空隙，按“{level}”合并出的 {count} 个区划可能留有细小空洞。",
    cure_en="Mend the gaps and overlaps that the analysis without --level lists.",
    cure_zh="请先处理不带 --level 分析时列出的空隙与重叠。",
)
LEVEL_BLANK = FindingKind(
    "level_blank",
    "warning",
    en="{count} rows have nothing in the column {level} and stand as divisions of their own: "
    "{places}.",
    zh="{count} 条记录的“{level}”列为空，各自作为一个区划：{places}。",
    cure_en="Fill in the column, or leave these rows out of the file.",
    cure_zh="请补全该列，或从文件中去掉这些记录。",
)
FINDING_KINDS = (NO_DIVISIONS, ONE_DIVISION, NAMES_TWICE, LEVEL_OVERLAPS, LEVEL_BLANK)


def clean_sources(sources: Sources) -> Sources:
    """Make what was read measurable: valid polygons, plain texts, unique ids, whole counts.

    Parameters
    ----------
    sources
        As read by `gridmap.read_sources`.

    Returns
    -------
    Sources
        With outlines as they were drawn (overlaps and gaps included) and what was mended or left
        out among the findings. It does not raise when there are errors among them.

    Examples
    --------
    >>> from gridmap.boundaries.examples import draw_sources
    >>> [finding.code for finding in clean_sources(draw_sources("AB")).findings]
    []
    """
    table = Inspection.of(sources)
    for step in (inspect_texts, inspect_counts, inspect_geometry, inspect_identity):
        step(table)
    return replace(
        sources,
        layers={role: frame.reset_index(drop=True) for role, frame in table.layers.items()},
        findings=sort_findings(dict.fromkeys((*sources.findings, *table.findings))),
    )


def collect_divisions(
    sources: Sources, *, level: str | None = None
) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    """Return the divisions to analyse, at the level of the rows or at a higher one.

    Parameters
    ----------
    sources
        From `clean_sources`.
    level
        A column of the communities by which they are joined first (``township``, ``district``, or
        any header of the file such as 县); None for the rows themselves.

    Returns
    -------
    divisions
        GeoDataFrame in the metric CRS (metres), RangeIndex: ``division_id`` (unique), ``name``,
        polygons. At a level sorted by its value, else in the order of the input. Empty when there
        is no usable outline.
    findings
        What had to be said.

    Raises
    ------
    UnknownName
        When there is no column ``level``.

    Examples
    --------
    >>> from gridmap.boundaries.examples import draw_sources
    >>> sources = draw_sources("AAB")
    >>> divisions, _ = collect_divisions(sources)
    >>> divisions["division_id"].tolist(), divisions.area.round(-3).tolist()
    (['A', 'B'], [20000.0, 10000.0])
    """
    frame = sources.layer("communities")
    if frame is None:
        frame = gpd.GeoDataFrame({"community_id": [], "name": []}, geometry=[], crs=sources.crs)
    column = None if level is None else find_level(frame, level)
    usable = ~(frame.geometry.isna() | frame.geometry.is_empty).to_numpy(dtype=bool)
    frame = frame[usable].reset_index(drop=True)
    shapes = _mend(np.asarray(frame.geometry.to_crs(sources.metric_crs).to_numpy(), dtype=object))
    ids = _unique_ids(text_column(frame, "community_id"))
    names = [name or i for name, i in zip(text_column(frame, "name"), ids, strict=True)]
    findings: list[Finding] = []
    if column is not None:
        values = text_column(frame, column)
        blank = [not value for value in values]
        if any(blank):
            lone = [i for i, none in zip(ids, blank, strict=True) if none]
            findings.append(LEVEL_BLANK.found(lone, level=level))
        names = [value or i for value, i in zip(values, ids, strict=True)]
        ids, shapes, clean = _join(names, shapes)
        names = ids
        if not clean:
            findings.append(LEVEL_OVERLAPS.found(count=len(ids), level=level))
    twice = pd.Series(names, dtype=object).duplicated(keep=False).to_numpy(dtype=bool)
    if twice.any():
        repeated = [f"{names[n]} ({ids[n]})" for n in np.flatnonzero(twice)]
        findings.append(NAMES_TWICE.found(repeated))
    if not ids:
        findings.append(NO_DIVISIONS.found(count=1))
    if len(ids) == 1:
        findings.append(ONE_DIVISION.found(ids))
    divisions = gpd.GeoDataFrame(
        {"division_id": ids, "name": names}, geometry=shapes, crs=sources.metric_crs
    )
    return divisions, tuple(findings)


def collect_homes(sources: Sources) -> gpd.GeoDataFrame | None:
    """Return where households live, or None when nobody counted them.

    Parameters
    ----------
    sources
        From `clean_sources`.

    Returns
    -------
    GeoDataFrame or None
        Points in the metric CRS with ``households`` (int) and ``home_id`` (of the household or
        building, ``row7`` for a row without one): the household rows (a row without a point at
        its building), else the buildings that carry households. None when neither holds
        a household: then no item of the analysis tells a number.

    Examples
    --------
    >>> from gridmap.boundaries.examples import draw_sources
    >>> collect_homes(draw_sources("AB", households=4))["households"].tolist()
    [4, 4]
    >>> collect_homes(draw_sources("AB")) is None
    True
    """
    for role in ("households", "buildings"):
        frame = sources.layer(role)
        if frame is None or frame.empty or "households" not in frame.columns:
            continue
        counts = pd.to_numeric(frame["households"], errors="coerce").fillna(0).to_numpy(np.int64)
        points = shapely.centroid(np.asarray(frame.geometry.to_numpy(), dtype=object))
        if role == "households":
            points = _fill_from_buildings(sources, frame, points)
        kept = (counts > 0) & ~(shapely.is_missing(points) | shapely.is_empty(points))
        if kept.any():
            places = gpd.GeoSeries(points[kept], crs=sources.crs).to_crs(sources.metric_crs)
            given = text_column(frame, "household_id" if role == "households" else "building_id")
            names = [name or f"row{row}" for row, name in enumerate(given, start=1)]
            return gpd.GeoDataFrame(
                {"households": counts[kept], "home_id": np.array(names, dtype=object)[kept]},
                geometry=places,
            )
    return None


def find_level(frame: pd.DataFrame, level: str) -> str:
    """Return the column of the communities that a word names, by header or by alias.

    Raises
    ------
    UnknownName
        When no column is named so.

    Examples
    --------
    >>> find_level(pd.DataFrame(columns=["name", "district"]), "县")
    'district'
    """
    if level in frame.columns and level != "geometry":
        return level
    alias = next(iter(match_columns("communities", [level])), "")
    if alias in frame.columns:
        return alias
    columns = ", ".join(str(name) for name in frame.columns if name not in ("geometry", "geom"))
    raise UnknownName(
        f"The divisions have no column {level!r}; they have: {columns}.",
        f"区划图层没有“{level}”列；现有列：{columns}。",
        cure_en="Give one of these to --level, or name the column: "
        f"--column communities.district={level}",
        cure_zh=f"请从中选择，或指定列：--column communities.district={level}",
    )


def _mend(shapes: Geometries) -> Geometries:
    """Make valid what rounding in another CRS has made invalid."""
    broken = ~shapely.is_valid(shapes)
    mended = shapes.copy()
    mended[broken] = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
    return mended


def _unique_ids(ids: list[str]) -> list[str]:
    """Give a number to ids that are absent or come twice, in the order of the input."""
    taken = set(ids)
    seen: set[str] = set()
    unique = []
    for row, given in enumerate(ids, start=1):
        name = given or f"row{row}"
        number = 1
        while name in seen or (name != given and name in taken):
            number += 1
            name = f"{given or f'row{row}'}#{number}"
        seen.add(name)
        unique.append(name)
    return unique


def _join(values: list[str], shapes: Geometries) -> tuple[list[str], Geometries, bool]:
    """Join shapes of one value; tell whether they tiled the land."""
    clean = bool(shapely.coverage_is_valid(shapes))
    union = shapely.coverage_union_all if clean else shapely.union_all
    names, group = np.unique(np.array(values, dtype=object), return_inverse=True)
    joined = np.array([union(shapes[group == g]) for g in range(len(names))], dtype=object)
    return [str(name) for name in names], _mend(joined), clean


def _fill_from_buildings(
    sources: Sources, frame: gpd.GeoDataFrame, points: Geometries
) -> Geometries:
    """Place household rows that have no point at the building they name."""
    buildings = sources.layer("buildings")
    lacking = shapely.is_missing(points) | shapely.is_empty(points)
    if buildings is None or not lacking.any():
        return points
    known = buildings.drop_duplicates("building_id").set_index("building_id").geometry
    named = frame["building_id"][lacking] if "building_id" in frame.columns else None
    if named is None:
        return points
    filled = points.copy()
    filled[lacking] = shapely.centroid(np.asarray(known.reindex(named).to_numpy(), dtype=object))
    return filled
