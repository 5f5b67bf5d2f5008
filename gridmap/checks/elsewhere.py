"""Layers that lie far from the communities: a wrong zone, a wrong datum, another place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from gridmap.checks.inspecting import Wording, role_words
from gridmap.findings import FindingKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridmap.checks.inspecting import Inspection
    from gridmap.model import InputFile

FAR_M = 1000.0
"""Farther than this from every community a row is of no use: beyond a 15-minute walk of 800-1,000 m
(FIELD.md section 2 [unverified]) and any shift of GCJ-02 (section 5, 480-630 m)."""
MOST = 0.5
"""A layer lies elsewhere with more than this share of its rows far; gridmap's own default."""
TRIED = 200
"""Rows, evenly chosen, by which another zone is tried."""
ZONES = (*range(4534, 4555), *range(4513, 4534))
"""The 3-degree Gauss-Kruger zones of China, without and with the zone's number before the easting
(FIELD.md section 5)."""

LAYER_ELSEWHERE = FindingKind(
    "layer_elsewhere",
    "warning",
    en="All {count} rows of {role:en} lie more than {limit:.0f} m from every community, half of "
    "them more than {km} km: the layer is of no use there.",
    zh="{role:zh}的全部 {count} 条记录距各社区均超过 {limit:.0f} 米，"
    "半数超过 {km} 公里：该图层不起作用。",
    cure_en="{likely:en}Check its coordinate system (--crs {key}=EPSG:n) and datum (--datum "
    "{key}=gcj02), and that it is of the same place.",
    cure_zh="{likely:zh}请核对其坐标系（--crs {key}=EPSG:n）和基准（--datum {key}=gcj02），"
    "以及是否为同一地区的数据。",
)
MOSTLY_ELSEWHERE = FindingKind(
    "layer_mostly_elsewhere",
    "info",
    en="{far} of {count} rows of {role:en} lie more than {limit:.0f} m from every community.",
    zh="{role:zh}的 {count} 条记录中有 {far} 条距各社区超过 {limit:.0f} 米。",
    cure_en="Nothing, if the layer covers more than the communities; else check its coordinate "
    "system (--crs {key}=EPSG:n).",
    cure_zh="若该图层范围本就更大则无须处理；否则请核对其坐标系（--crs {key}=EPSG:n）。",
)
FINDING_KINDS = (LAYER_ELSEWHERE, MOSTLY_ELSEWHERE)


def inspect_places(table: Inspection, inputs: Sequence[InputFile]) -> None:
    """Say of every layer whether most of it lies far from the communities.

    Parameters
    ----------
    table
        With usable communities. The layer that counts the households is passed over:
        ``households_mostly_outside`` speaks of it.
    inputs
        The files, for the CRS that each role was read by.

    Notes
    -----
    Where another Gauss-Kruger zone would bring most rows of a projected layer to the communities,
    it is named, never used: FIELD.md section 5, a datum is declared and not guessed.
    """
    land = table.measure(table.geometry("communities"))
    land = land[np.isfinite(shapely.bounds(land)).all(axis=1)]
    if not len(land):
        return
    for role in table.layers:
        if role in ("communities", table.counting):
            continue
        own = table.geometry(role)
        own = own[~(shapely.is_missing(own) | shapely.is_empty(own))]
        far = ~_tell_near(land, table.measure(own))
        if not len(own) or far.mean() <= MOST:
            continue
        values: dict[str, Any] = {"role": role_words(role), "key": role, "limit": FAR_M}
        if not far.all():
            many = int(far.sum())
            table.say(MOSTLY_ELSEWHERE.found(count=len(own), far=many, **values))
            continue
        likely = _name_zone(table, land, own, {file.crs for file in inputs if file.role == role})
        km = _measure_km(land, table.measure(own))
        table.say(LAYER_ELSEWHERE.found(count=len(own), km=km, likely=likely, **values))


def _tell_near(land: NDArray[np.object_], own: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Tell which geometries lie within `FAR_M` of any land, both in metres, shape (n,)."""
    near = np.zeros(len(own), np.bool_)
    usable = np.flatnonzero(np.isfinite(shapely.bounds(own)).all(axis=1))
    tree = shapely.STRtree(own[usable])
    near[usable[tree.query(land, predicate="dwithin", distance=FAR_M)[1]]] = True
    return near


def _measure_km(land: NDArray[np.object_], own: NDArray[np.object_]) -> str:
    """Return the median distance from the box around the land in kilometres, as text."""
    around = shapely.box(*shapely.total_bounds(land))
    metres = shapely.distance(around, own[np.isfinite(shapely.bounds(own)).all(axis=1)])
    return f"{np.median(metres) / 1000:.0f}" if len(metres) else "10000"


def _name_zone(
    table: Inspection, land: NDArray[np.object_], own: NDArray[np.object_], labels: set[str]
) -> Wording:
    """Name the zone by which most rows would lie at the communities, if there is one."""
    nothing = Wording("", "")
    source = _read_label(next(iter(labels))) if len(labels) == 1 else None
    if source is None or not source.is_projected:
        return nothing
    some = own[np.unique(np.linspace(0, len(own) - 1, TRIED).astype(int))]
    raw = _project(some, table.crs, source)
    fitting = []
    for code in ZONES:
        there = _project(raw, CRS.from_epsg(code), table.metric_crs)
        if _tell_near(land, there).mean() > MOST:
            fitting.append(f"EPSG:{code}")
    if not fitting:
        return nothing
    names = ", ".join(fitting)
    return Wording(f"Read as {names} it would lie here. ", f"按 {names} 读取则位于本区。")


def _read_label(label: str) -> CRS | None:
    try:
        return CRS.from_user_input(label)
    except CRSError:
        return None


def _project(geometry: NDArray[np.object_], source: CRS, target: CRS) -> NDArray[np.object_]:
    change = Transformer.from_crs(source, target, always_xy=True)
    moved = shapely.transform(
        geometry, lambda xy: np.column_stack(change.transform(xy[:, 0], xy[:, 1]))
    )
    return np.asarray(moved, dtype=object)
