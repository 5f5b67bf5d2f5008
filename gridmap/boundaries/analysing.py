"""The analysis of the boundaries of divisions, whole: what is looked for, and the answer."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pyproj import Transformer

from gridmap.boundaries.clarity import measure_clarity
from gridmap.boundaries.clarity_summary import summarise_clarity
from gridmap.boundaries.coverage import find_coverage_faults
from gridmap.boundaries.coverage_findings import report_coverage
from gridmap.boundaries.divisions import clean_sources, collect_divisions, collect_homes
from gridmap.boundaries.interlocks import find_interlocks
from gridmap.boundaries.parts import find_enclaves, find_parts
from gridmap.boundaries.reach import MINUTES, SPEED_M_S
from gridmap.boundaries.reach_analysis import NEW_STATIONS, analyse_reach
from gridmap.boundaries.reach_answers import reach_as_dict
from gridmap.boundaries.snapping import propose_snaps
from gridmap.boundaries.thresholds import REASONS, Thresholds
from gridmap.boundaries.unclear_borders import (
    frame_nothing,
    frame_snaps,
    frame_unclear,
    tell_snaps,
)
from gridmap.errors import RefusedInput
from gridmap.findings import has_errors, sort_findings
from gridmap.model import ignore_progress

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import geopandas as gpd
    from pyproj import CRS

    from gridmap.boundaries.coverage import CoverageFault
    from gridmap.boundaries.reach_analysis import ReachAnalysis
    from gridmap.findings import Finding
    from gridmap.model import Progress, Sources

POINT_DIGITS = 7
"""Decimals of a degree in the place of an item (1 cm), so that it stays inside small land."""
METRE_DIGITS = 3
NO_ROADS = {
    "reason": "there is no layer of roads, rivers or compounds to measure borders against",
    "reason_zh": "没有可供对照的道路、河流或小区图层",
}
"""Said in place of the clarity of borders."""


@dataclass(frozen=True)
class Analysis:
    """What the boundaries of divisions are like; every frame is in ``metric_crs``.

    Attributes
    ----------
    divisions
        ``division_id``, ``name``, polygons.
    parts
        As `gridmap.boundaries.parts.find_parts` returns them.
    enclaves, interlocks
        As `find_enclaves` and `find_interlocks` return them.
    gaps, overlaps, slivers, near_edges
        ``ids`` (tuple), ``kind``, ``area_m2``, ``width_m``, ``households``, ``place``, polygons:
        land in no division, in two, either narrower than a metre, and edges that almost meet.
    clarity
        What the borders run on (`gridmap.boundaries.clarity_summary.summarise_clarity`);
        ``{"reason": ...}`` where that can't be told.
    unclear, snaps
        The stretches of border on no line, with what a snap would move, and the borders that the
        snaps propose (`gridmap.boundaries.unclear_borders`).
    level
        The column by which the divisions were joined first, ``""`` for none.
    thresholds
        What was taken for detached, enclosed, narrow and tortuous.
    crs, metric_crs
        Lon/lat of the input; where it was measured.
    findings
        What was said while reading, mending and collecting, worst first.
    reach
        Who is within a walk of a station (`add_reach`), None where that was not asked.
    """

    divisions: gpd.GeoDataFrame
    parts: gpd.GeoDataFrame
    enclaves: gpd.GeoDataFrame
    interlocks: gpd.GeoDataFrame
    gaps: gpd.GeoDataFrame
    overlaps: gpd.GeoDataFrame
    slivers: gpd.GeoDataFrame
    near_edges: gpd.GeoDataFrame
    clarity: Mapping[str, Any]
    unclear: gpd.GeoDataFrame
    snaps: gpd.GeoDataFrame
    level: str
    thresholds: Thresholds
    crs: CRS
    metric_crs: CRS
    findings: tuple[Finding, ...] = field(default=())
    reach: ReachAnalysis | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "clarity", MappingProxyType(dict(self.clarity)))

    @property
    def detached(self) -> gpd.GeoDataFrame:
        """Every part but the main ones, the enclosed ones included."""
        return self.parts[self.parts["kind"] != "main"]

    @property
    def enclosed(self) -> gpd.GeoDataFrame:
        """The detached parts that lie inside one neighbour."""
        return self.parts[self.parts["kind"] == "enclosed"]

    @property
    def multipart(self) -> int:
        """The number of divisions in more than one part."""
        return int(self.detached["division_id"].nunique())


def analyse(
    sources: Sources,
    *,
    level: str | None = None,
    thresholds: Thresholds | None = None,
    progress: Progress = ignore_progress,
) -> Analysis:
    r"""Analyse the boundaries of divisions: parts, enclaves, interlocks, gaps and overlaps.

    Parameters
    ----------
    sources
        As read by `gridmap.read_sources`; the layer of communities holds the divisions, whatever
        their level. Households and roads are used where they are known.
    level
        A column by which divisions are joined first (district 县), None for the rows themselves.
    thresholds
        What counts as detached, narrow and tortuous.
    progress
        Called as ``progress("analyse", done, total)``.

    Raises
    ------
    RefusedInput
        When there is no division with a usable outline, or the input has other errors.
    UnknownName
        When there is no column ``level``.

    Notes
    -----
    Source: FIELD.md section 4; issue 4 points 1 and 9.

    Examples
    --------
    >>> from gridmap.boundaries.examples import draw_sources
    >>> analysis = analyse(draw_sources("ABBB\nABAB\nABBB", households=2))
    >>> len(analysis.detached), len(analysis.enclosed), analysis.multipart
    (1, 1, 1)
    """
    limits = thresholds or Thresholds()
    progress("analyse", 0, 4)
    cleaned = clean_sources(sources)
    divisions, said = collect_divisions(cleaned, level=level)
    findings = sort_findings(dict.fromkeys((*cleaned.findings, *said)))
    if has_errors(findings):
        raise RefusedInput(findings)
    homes = collect_homes(cleaned)
    roads = _measured_layer(cleaned, "roads")
    progress("analyse", 1, 4)
    parts = find_parts(divisions, homes, roads, thresholds=limits)
    enclaves = find_enclaves(divisions, homes, thresholds=limits)
    progress("analyse", 2, 4)
    interlocks = find_interlocks(divisions, homes, thresholds=limits)
    progress("analyse", 3, 4)
    faults = find_coverage_faults(divisions, homes)
    found = {
        "gaps": [fault for fault in faults.gaps if not fault.sliver],
        "overlaps": [fault for fault in faults.overlaps if not fault.sliver],
        "slivers": list(faults.slivers),
        "near_edges": list(faults.open_gaps),
    }
    clarity, lines, unclear = _measure_clarity(cleaned, divisions, homes)
    said_more = (*report_coverage(faults), *unclear)
    progress("analyse", 4, 4)
    return Analysis(
        divisions=divisions,
        parts=parts,
        enclaves=enclaves,
        interlocks=interlocks,
        **{name: _frame_faults(some, divisions.crs) for name, some in found.items()},
        clarity=clarity,
        unclear=lines[0],
        snaps=lines[1],
        level=level or "",
        thresholds=limits,
        crs=sources.crs,
        metric_crs=sources.metric_crs,
        findings=sort_findings((*findings, *said_more)),
    )


def add_reach(
    analysis: Analysis,
    sources: Sources,
    *,
    minutes: Iterable[float] | float = MINUTES,
    speed_m_s: float = SPEED_M_S,
    new_stations: int = NEW_STATIONS,
    seed: int = 7,
) -> Analysis:
    """Return an analysis with the reach of the stations of the input.

    Parameters
    ----------
    analysis
        Whose divisions are told their share.
    sources
        What it was made from; with a layer of stations.
    minutes, speed_m_s, new_stations, seed
        As `gridmap.boundaries.reach_analysis.analyse_reach` has them.

    Raises
    ------
    InvalidOption
        When a number is out of range.

    Examples
    --------
    >>> from gridmap.boundaries.examples import draw_sources
    >>> sources = draw_sources("AB", households=4)
    >>> int(add_reach(analyse(sources), sources).reach.unreachable["households"].sum())
    8
    """
    told = analyse_reach(
        sources,
        analysis.divisions,
        minutes=minutes,
        speed_m_s=speed_m_s,
        new_stations=new_stations,
        seed=seed,
    )
    findings = sort_findings(dict.fromkeys((*analysis.findings, *told.findings)))
    return replace(analysis, reach=told, findings=findings)


def _measure_clarity(
    sources: Sources, divisions: gpd.GeoDataFrame, homes: gpd.GeoDataFrame | None
) -> tuple[Mapping[str, Any], tuple[gpd.GeoDataFrame, gpd.GeoDataFrame], tuple[Finding, ...]]:
    """Return what the borders run on, or why that can't be told; the lines; what is to be said."""
    roles = ("roads", "barriers", "compounds", "buildings")
    layers = {role: _measured_layer(sources, role) for role in roles}
    if all(layers[role] is None for role in roles[:3]):
        return NO_ROADS, (frame_nothing(divisions.crs), frame_nothing(divisions.crs)), ()
    measured = measure_clarity(
        divisions,
        roads=layers["roads"],
        barriers=layers["barriers"],
        compounds=layers["compounds"],
        buildings=layers["buildings"],
        homes=homes,
    )
    snaps = propose_snaps(measured, divisions)
    unclear = frame_unclear(measured, snaps)
    to_stored = Transformer.from_crs(divisions.crs, sources.crs, always_xy=True).transform
    told = summarise_clarity(measured, to_lonlat=to_stored)
    told["unclear"] = tell_snaps(told["unclear"], unclear)
    return told, (unclear, frame_snaps(measured, snaps)), measured.findings


def _frame_faults(faults: Sequence[CoverageFault], crs: CRS) -> gpd.GeoDataFrame:
    """Return faults of the coverage as rows."""
    import geopandas as gpd

    rows = {
        "ids": [fault.divisions for fault in faults],
        "kind": [fault.kind for fault in faults],
        "area_m2": [fault.area_m2 for fault in faults],
        "width_m": [fault.width_m for fault in faults],
        "households": pd.array([fault.households for fault in faults], dtype="Int64"),
        "place": [fault.point for fault in faults],
    }
    shapes = np.array([fault.geometry for fault in faults], dtype=object)
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=crs)


def analysis_as_dict(analysis: Analysis) -> dict[str, object]:
    r"""Return an analysis as plain data, in the shape that ``gridmap analyse --json`` prints.

    Every item has ``ids`` (of the divisions concerned, the owner first), ``area_m2``,
    ``households`` (None where nobody counted them) and ``point`` (lon, lat). ``reach`` is there
    only where it was asked.

    Examples
    --------
    >>> from gridmap.boundaries.examples import draw_sources
    >>> answer = analysis_as_dict(analyse(draw_sources("ABBB\nABAB\nABBB")))
    >>> answer["detached"][0]["ids"], answer["detached"][0]["households"]
    (['A', 'B'], None)
    """
    names = dict(zip(analysis.divisions["division_id"], analysis.divisions["name"], strict=True))
    lists = {
        "detached": _part_items(analysis.detached),
        "enclosed": _part_items(analysis.enclosed),
        "interlocks": _items(analysis.interlocks),
        "gaps": _items(analysis.gaps),
        "overlaps": _items(analysis.overlaps),
        "enclaves": _items(
            analysis.enclaves.assign(
                ids=list(
                    zip(analysis.enclaves["division_id"], analysis.enclaves["host_id"], strict=True)
                )
            )
        ),
        "slivers": _items(analysis.slivers),
        "near_edges": _items(analysis.near_edges),
    }
    frames = {
        "detached": analysis.detached,
        "enclosed": analysis.enclosed,
        "interlocks": analysis.interlocks,
        "gaps": analysis.gaps,
        "overlaps": analysis.overlaps,
        "enclaves": analysis.enclaves,
        "slivers": analysis.slivers,
        "near_edges": analysis.near_edges,
    }
    answers: dict[str, object] = {}
    for key, items in lists.items():
        points = locate_places(frames[key], analysis.crs)
        answers[key] = [
            {"ids": item["ids"], "names": [names.get(i, "") for i in item["ids"]]}
            | {"point": point}
            | item
            for item, point in zip(items, points, strict=True)
        ]
    first = ("detached", "enclosed", "interlocks", "gaps", "overlaps")
    reach = {}
    if analysis.reach is not None:
        reach["reach"] = reach_as_dict(analysis.reach, analysis.crs)
    return {
        "divisions": len(analysis.divisions),
        "multipart": analysis.multipart,
        **{key: answers[key] for key in first},
        "clarity": dict(analysis.clarity),
        "enclaves": answers["enclaves"],
        "slivers": answers["slivers"],
        "near_edges": answers["near_edges"],
        **reach,
        "level": analysis.level,
        "thresholds": {
            name: {"value": value, "reason": REASONS[name]}
            for name, value in analysis.thresholds.as_dict().items()
        },
        "metric_crs": analysis.metric_crs.to_string(),
        "findings": [finding.as_dict() for finding in analysis.findings],
    }


def locate_places(frame: gpd.GeoDataFrame, crs: CRS) -> list[list[float]]:
    """Return the place of each row as [lon, lat] in degrees.

    Examples
    --------
    >>> from gridmap.boundaries.examples import STORED, draw_divisions
    >>> from gridmap.boundaries.parts import find_parts
    >>> locate_places(find_parts(draw_divisions("A")), STORED)[0][0] > 110
    True
    """
    import geopandas as gpd

    if frame.empty:
        return []
    places = gpd.GeoSeries(frame["place"].to_numpy(), crs=frame.crs).to_crs(crs)
    rounded = np.round(np.column_stack([places.x, places.y]), POINT_DIGITS)
    return [[float(x), float(y)] for x, y in rounded]


def _part_items(parts: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Return parts as items, the owner first among the ids, then the hosts."""
    items = _items(parts.assign(ids=[(d,) for d in parts["division_id"]]))
    for item, hosts in zip(items, parts["hosts"], strict=True):
        item["ids"] = [item.pop("division_id"), *(host for host, _, _ in hosts)]
        item["owner"] = item["ids"][0]
        item["hosts"] = [
            {"id": host, "border_m": _plain(metres), "share": round(share, 4)}
            for host, metres, share in hosts
        ]
    return items


def _items(frame: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Return rows as plain data, without their geometry."""
    plain = pd.DataFrame(frame.drop(columns=["geometry", "place", "name"], errors="ignore"))
    rows = [{str(k): _plain(v) for k, v in row.items()} for row in plain.to_dict("records")]
    for row in rows:
        row["ids"] = list(row["ids"])
    return rows


def _plain(value: Any) -> Any:
    """Return a number of Python, rounded; None for one that is not known."""
    if value is pd.NA or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if isinstance(value, float):
        return round(float(value), METRE_DIGITS)
    item = getattr(value, "item", None)
    return value if item is None else item()


def _measured_layer(sources: Sources, role: str) -> gpd.GeoDataFrame | None:
    """Return a layer in the metric CRS, None when it is absent or empty."""
    frame = sources.layer(role)
    return None if frame is None or frame.empty else frame.to_crs(sources.metric_crs)
