"""A layer of divisions as it is compared, and where its households go in another layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely

from gridmap.errors import InvalidOption
from gridmap.scoring.complaining import (
    COMPARE_HOMES_OUTSIDE,
    COMPARE_OUTLINES_REPAIRED,
    COMPARE_OVERLAPS,
)
from gridmap.scoring.flows import share_by_area, spread_counts, sum_flows

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from gridmap.findings import Finding

LEAST_OVERLAP_M2 = 1.0
COUNTS = (("population", "persons"), ("households", "households"))
"""Column of a layer -> what it counts; the first that is there."""


class Layer(NamedTuple):
    """Divisions by sorted id (``name``, geometry), their counts by column, and what was said."""

    frame: gpd.GeoDataFrame
    counts: dict[str, dict[str, int]]
    findings: tuple[Finding, ...]


class Followed(NamedTuple):
    """Flows between two layers, what they count, how many are estimates, and what was said."""

    flows: pd.DataFrame
    counted: str
    estimated: int
    findings: tuple[Finding, ...]


def take_layer(layer: gpd.GeoDataFrame) -> Layer:
    """Return a layer of divisions with sorted ids, valid outlines and whole counts.

    Parameters
    ----------
    layer
        ``division_id`` (a column or the index), ``name``, ``population``, ``households``.

    Raises
    ------
    InvalidOption
        When ids are missing or twice, or a count is no whole number of 0 or more.

    Examples
    --------
    >>> import geopandas as gpd
    >>> frame = gpd.GeoDataFrame({"division_id": ["b"]}, geometry=[shapely.box(0, 0, 9, 9)])
    >>> take_layer(frame).frame.index.tolist()
    ['b']
    """
    frame = layer.set_index("division_id") if "division_id" in layer else layer
    ids = pd.Index(["" if pd.isna(i) else str(i) for i in frame.index], name="division_id")
    if (ids == "").any() or ids.has_duplicates:
        twice, missing = sorted(set(ids[ids.duplicated()]) - {""})[:5], int((ids == "").sum())
        raise InvalidOption(
            f"Every division needs an id of its own; missing: {missing}, "
            f"twice: {', '.join(twice) or 'none'}.",
            f"每个区划须有唯一编号；缺少 {missing} 个，重复：{'、'.join(twice) or '无'}。",
            cure_en='give a column "division_id" with unique values',
            cure_zh="请提供取值唯一的 division_id 列",
        )
    frame = frame.set_index(ids).sort_index()
    names = frame["name"].fillna("").astype(str) if "name" in frame else ""
    outlines, repaired = _repair(frame.geometry.to_numpy())
    said = [COMPARE_OUTLINES_REPAIRED.found(frame.index[repaired])] if repaired.any() else []
    overlap = float(shapely.area(outlines).sum() - shapely.area(shapely.union_all(outlines)))
    if overlap > LEAST_OVERLAP_M2:
        said.append(COMPARE_OVERLAPS.found(count=1, area_m2=f"{overlap:,.0f}"))
    counts = {column: _take_counts(frame, column) for column, _ in COUNTS if column in frame}
    clean = frame[[]].assign(name=names)
    return Layer(_with_outlines(clean, outlines, layer.crs), counts, tuple(said))


def _with_outlines(
    frame: pd.DataFrame, outlines: NDArray[np.object_], crs: object
) -> gpd.GeoDataFrame:
    import geopandas as gpd

    return gpd.GeoDataFrame(pd.DataFrame(frame), geometry=outlines, crs=crs)


def _repair(outlines: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.bool_]]:
    """Return valid outlines, empty where there is none, and which were repaired."""
    wrong = ~shapely.is_valid(outlines) | shapely.is_empty(outlines) | shapely.is_missing(outlines)
    result = outlines.copy()
    result[shapely.is_missing(outlines)] = shapely.Polygon()
    result[wrong] = shapely.make_valid(result[wrong], method="structure", keep_collapsed=False)
    return result, wrong


def _take_counts(frame: pd.DataFrame, column: str) -> dict[str, int]:
    numbers = pd.to_numeric(frame[column], errors="coerce").to_numpy(np.float64)
    wrong = ~np.isfinite(numbers) | (numbers < 0) | (numbers != np.floor(numbers))
    if wrong.any():
        places = ", ".join(map(str, frame.index[wrong][:5]))
        raise InvalidOption(
            f"{int(wrong.sum())} values of {column} are no whole number of 0 or more: {places}.",
            f"{column} 列有 {int(wrong.sum())} 个值不是非负整数：{places}。",
            cure_en=f"correct the column {column}, or leave it out",
            cure_zh=f"请更正 {column} 列，或去掉该列",
        )
    return {str(i): int(n) for i, n in zip(frame.index, numbers, strict=True)}


def follow_divisions(
    old: Layer, new: Layer, pieces: gpd.GeoDataFrame, homes: gpd.GeoDataFrame | None
) -> Followed:
    """Return how many households, or persons, went from each division to each other.

    Parameters
    ----------
    old, new
        Two layers in one CRS.
    pieces
        Their common refinement.
    homes
        Points that are counted; None to share the counts of the layers by area.
    """
    if homes is not None:
        return _follow_homes(old, new, homes)
    for column, counted in COUNTS:
        held = [layer.counts.get(column) for layer in (old, new)]
        if held[0] is not None or held[1] is not None:
            land = pd.DataFrame(pieces[~pieces["sliver"]].drop(columns="geometry"))
            rows = _share(held[0], held[1], land)
            between = sum(n for a, b, n in rows if a and b)
            return Followed(sum_flows(rows), counted, between, ())
    return Followed(sum_flows([]), "", 0, ())


def _follow_homes(old: Layer, new: Layer, homes: gpd.GeoDataFrame) -> Followed:
    """Count points in both layers; each in the first division that holds it."""
    points = homes if homes.crs is None else homes.to_crs(old.frame.crs)
    counts = {str(i): n for i, n in enumerate(points.get("households", pd.Series(1, points.index)))}
    checked = _take_counts(pd.DataFrame({"households": counts}), "households")
    numbers = np.array(list(checked.values()), np.int64)
    places = [_place(points.geometry.to_numpy(), layer.frame) for layer in (old, new)]
    outside = int(numbers[(places[0] == "") & (places[1] == "")].sum())
    said = (COMPARE_HOMES_OUTSIDE.found(count=outside),) if outside else ()
    rows = zip(places[0].tolist(), places[1].tolist(), numbers.tolist(), strict=True)
    flows = sum_flows((a, b, n) for a, b, n in rows if a or b)
    return Followed(flows, "households", 0, said)


def _place(points: NDArray[np.object_], frame: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Return the id of the first division that holds each point, ``""`` for none."""
    tree = shapely.STRtree(frame.geometry.to_numpy())
    point, division = tree.query(points, predicate="intersects")
    order = np.lexsort((division, point))[::-1]
    found = np.full(len(points), "", object)
    found[point[order]] = frame.index.to_numpy(object)[division[order]]
    return found


def _share(
    before: dict[str, int] | None, after: dict[str, int] | None, land: pd.DataFrame
) -> list[tuple[str, str, int]]:
    """Share the counts of both layers, or of the one that has any, by area."""
    if before is not None and after is not None:
        areas = [
            {str(k): float(v) for k, v in land.groupby(side)["area_m2"].sum().items()}
            for side in ("before_id", "after_id")
        ]
        return share_by_area(before, after, land, areas=(areas[0], areas[1]))
    counts, side = (before or {}, "before_id") if before is not None else (after or {}, "after_id")
    kept = land[land[side] != ""]
    spread = spread_counts(counts, kept, side)
    rows = zip(kept["before_id"], kept["after_id"], spread, strict=True)
    return [(str(a), str(b), int(n)) for a, b, n in rows if n > 0]
