"""The columns that reach is measured on, taken from frames (可达性输入)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gridmap.boundaries.divisions import clean_sources
from gridmap.boundaries.reach_findings import (
    DIVISION_REPAIRED,
    HOUSEHOLDS_UNUSABLE,
    STATIONS_MISSING,
)
from gridmap.errors import InvalidOption, RefusedInput
from gridmap.findings import has_errors, name_places

if TYPE_CHECKING:
    import geopandas as gpd

    from gridmap.boundaries.road_noding import Geometries, Ints, Texts
    from gridmap.findings import Finding
    from gridmap.model import Sources


def take_ids(frame: gpd.GeoDataFrame, column: str, role: str) -> Texts:
    """Return the ids of a layer, which must be there and differ.

    Raises
    ------
    InvalidOption
        The column is absent, an id is empty, or one is given twice.

    Examples
    --------
    >>> take_ids(pd.DataFrame({"station_id": ["S1", "S2"]}), "station_id", "stations").tolist()
    ['S1', 'S2']
    """
    if column not in frame.columns:
        raise InvalidOption(
            f"The layer {role} has no column {column}.",
            f"图层 {role} 缺少字段 {column}。",
            cure_en=f"{role}[{column!r}] = ...",
            cure_zh=f"{role}[{column!r}] = ...",
        )
    missing = frame[column].isna().to_numpy(dtype=bool)
    ids = np.array([str(value) for value in frame[column]], dtype=object)
    wrong = pd.Series(ids).duplicated().to_numpy(dtype=bool) | missing | (ids == "")
    if wrong.any():
        names = [f"row {number + 1}" for number in np.flatnonzero(wrong)]
        raise InvalidOption(
            f"{len(names)} ids of the layer {role} are empty or given twice: "
            f"{name_places(names, 'en')}.",
            f"图层 {role} 有 {len(names)} 个编号为空或重复：{name_places(names, 'zh')}。",
            cure_en=f"give each row of {role} its own {column}",
            cure_zh=f"请为 {role} 每条记录填写唯一的 {column}",
        )
    return ids


def take_stations(sources: Sources) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    """Return the stations of an input with plain, distinct ids, and what had to be said.

    Raises
    ------
    RefusedInput
        There is no layer of stations, or nothing in it can be used.

    Examples
    --------
    >>> from gridmap.boundaries.examples import draw_sources
    >>> take_stations(draw_sources("AB"))
    Traceback (most recent call last):
    gridmap.errors.RefusedInput: The input has 1 finding(s) that must be mended first: Reach ...
    """
    frame = sources.layer("stations")
    if frame is None or frame.empty:
        raise RefusedInput([*sources.findings, STATIONS_MISSING.found(count=1)])
    alone = replace(sources, layers={"stations": frame}, findings=())
    cleaned = clean_sources(alone)
    if has_errors(cleaned.findings) or cleaned.layers["stations"].empty:
        raise RefusedInput([*cleaned.findings, STATIONS_MISSING.found(count=1)])
    return cleaned.layers["stations"].copy(), cleaned.findings


def take_households(homes: gpd.GeoDataFrame | None) -> tuple[Ints, list[Finding]]:
    """Return the households of each home: 1 without the column, 0 where there is no number.

    Examples
    --------
    >>> counts, findings = take_households(pd.DataFrame({"households": [3, None, -2]}))
    >>> counts.tolist(), findings[0].where
    ([3, 0, 0], ('1', '2'))
    """
    if homes is None:
        return np.empty(0, dtype=np.int64), []
    if "households" not in homes.columns:
        return np.ones(len(homes), dtype=np.int64), []
    numbers = pd.to_numeric(homes["households"], errors="coerce").to_numpy(dtype=np.float64)
    wrong = ~(np.isfinite(numbers) & (numbers >= 0))
    counts = np.where(wrong, 0.0, numbers).round().astype(np.int64)
    if not wrong.any():
        return counts, []
    return counts, [HOUSEHOLDS_UNUSABLE.found(map(str, homes.index[wrong]))]


def take_divisions(
    divisions: gpd.GeoDataFrame | None,
) -> tuple[Texts, Geometries, list[Finding]]:
    """Return the ids of the divisions and their land, valid and never missing.

    Examples
    --------
    >>> ids, land, findings = take_divisions(None)
    >>> len(ids), len(land), findings
    (0, 0, [])
    """
    if divisions is None:
        return np.empty(0, dtype=object), np.empty(0, dtype=object), []
    ids = take_ids(divisions, "division_id", "divisions")
    shapes = np.array(divisions.geometry.to_numpy(), dtype=object)
    finite = np.array(
        [bool(np.isfinite(shapely.get_coordinates(shape)).all()) for shape in shapes], dtype=bool
    )
    absent = shapely.is_missing(shapes) | ~finite
    shapes[absent] = shapely.Polygon()
    wrong = ~absent & ~shapely.is_valid(shapes)
    shapes[wrong] = shapely.make_valid(shapes[wrong], method="structure")
    lost = absent | wrong
    return ids, shapes, [DIVISION_REPAIRED.found(ids[lost].tolist())] if lost.any() else []
