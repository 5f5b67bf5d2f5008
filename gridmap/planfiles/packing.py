"""Turn a plan into the tables of its file.

Text becomes NULL when empty; a flag becomes 1 or 0; geometry and numbers stay as they are. A
character that SQLite or UTF-8 can't hold (NUL, half of a surrogate pair) becomes U+FFFD.
"""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridmap.errors import InvalidOption
from gridmap.planfiles import layout

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt
    from pyproj import CRS

    from gridmap.findings import Finding
    from gridmap.model import Plan
    from gridmap.planfiles.layout import Table


def pack_plan(plan: Plan) -> dict[str, pd.DataFrame]:
    """Return the tables of a plan file, in the order of `layout.TABLES`.

    Parameters
    ----------
    plan
        Any plan; its frames hold the columns that `gridmap.model` names.

    Returns
    -------
    dict
        Table name -> frame. Layers are GeoDataFrames with the geometry last; text columns hold
        ``None`` for an empty text.

    Raises
    ------
    InvalidOption
        When a frame lacks a column of the model, a number is missing, or a unit has no grid.
    """
    units = plan.territory.units
    grid_of = plan.assignment
    frames: dict[str, pd.DataFrame] = {
        "grids": plan.grids.reset_index(),
        "units": _with_grids(units.frame.reset_index(), grid_of),
        "members": _with_grids(units.members, grid_of),
        "addresses": _with_grids(units.places, grid_of),
        "communities": units.communities.reset_index(),
        "sites": units.sites.reset_index(),
        "borders": plan.territory.borders,
        "findings": _pack_findings(plan),
        "about": _pack_about(plan),
    }
    if "micro_grid_id" not in frames["units"]:
        frames["units"]["micro_grid_id"] = ""
    further = (
        plan.changes,
        units.buildings,
        plan.micro_grids,
        plan.link_units,
        units.landmarks,
    )
    for name, frame in zip(layout.OPTIONAL, further, strict=True):
        if frame is not None:
            frames[name] = frame.reset_index(drop=not layout.TABLES[name].key)
    return {
        name: _pack_frame(frames[name], table)
        for name, table in layout.TABLES.items()
        if name in frames
    }


def pack_beside(frames: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return what is written beside a plan, in the order of `layout.BESIDE`.

    Parameters
    ----------
    frames
        Names of `layout.BESIDE` -> frame with the columns listed there.

    Raises
    ------
    InvalidOption
        When a name is none of these, or a column is missing.
    """
    unknown = sorted(set(frames) - set(layout.BESIDE))
    if unknown:
        raise InvalidOption(
            f"A plan file has no table {', '.join(unknown)}.",
            f"方案文件没有表：{'、'.join(unknown)}。",
        )
    return {
        name: _pack_frame(frames[name], table)
        for name, table in layout.BESIDE.items()
        if name in frames
    }


def _with_grids(frame: pd.DataFrame, grid_of: pd.Series[str]) -> pd.DataFrame:
    """Return a copy with the ``grid_id`` of each row's unit; ``""`` where it has no unit."""
    frame = frame.copy()
    places = grid_of.index.get_indexer(pd.Index(frame["unit_id"]))
    lost = (places < 0) & frame["unit_id"].ne("").to_numpy()
    if lost.any():
        first = ", ".join(frame["unit_id"][lost].astype(object).unique()[:5])
        raise InvalidOption(
            f"{int(lost.sum())} row(s) stand in units that the plan gives to no grid: {first}.",
            f"有 {int(lost.sum())} 行所在的单元未分到任何网格：{first}。",
        )
    values = np.append(grid_of.to_numpy(object), "")
    frame["grid_id"] = values[places]
    return frame


def _pack_frame(frame: pd.DataFrame, table: Table) -> Any:
    """Put the listed columns first, each in the form of the file, and the geometry last."""
    missing = [name for name in table.names() if name not in frame]
    if missing:
        raise InvalidOption(
            f"The plan's {table.name} lack the column(s) {', '.join(missing)}.",
            f"方案的 {table.name} 表缺少列：{'、'.join(missing)}。",
        )
    kinds = {column.name: column.kind for column in table.columns}
    extra = [str(name) for name in frame.columns if name not in kinds and name != "geometry"]
    packed = pd.DataFrame(
        {name: _pack_column(frame[name], kinds.get(name)) for name in [*kinds, *extra]},
    )
    if table.geometry == "none":
        return packed
    import geopandas as gpd

    geometry = _without_single_multis(np.asarray(frame["geometry"], dtype=object))
    return gpd.GeoDataFrame(packed, geometry=geometry, crs=_crs_of(frame))


def _crs_of(frame: Any) -> CRS:
    """Return the CRS of a GeoDataFrame, or of one that went through ``reset_index``."""
    crs: CRS = frame.geometry.crs
    return crs


def _without_single_multis(geometry: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Write a multipolygon of one part as a polygon: reading could not tell them apart."""
    import shapely

    single = (shapely.get_type_id(geometry) == 6) & (shapely.get_num_geometries(geometry) == 1)
    if single.any():
        geometry = geometry.copy()
        geometry[single] = shapely.get_geometry(geometry[single], 0)
    return geometry


def _pack_column(column: pd.Series[Any], kind: str | None) -> npt.NDArray[Any] | pd.Series[Any]:
    if kind is None:
        kind = _guess_kind(column)
    if kind == "boolean":
        return column.to_numpy(bool)
    if kind == "text":
        return _pack_text(column)
    if kind == "real":
        return column.to_numpy(np.float64)
    if kind == "order":
        return column.astype("Int64")
    if column.isna().any():
        raise InvalidOption(
            f"The plan's column {column.name} has {int(column.isna().sum())} empty number(s).",
            f"方案的 {column.name} 列有 {int(column.isna().sum())} 个空值。",
        )
    return column.to_numpy(np.int32 if kind == "flag" else np.int64)


def _guess_kind(column: pd.Series[Any]) -> str:
    """Return the kind of a column that the layout does not list."""
    if pd.api.types.is_bool_dtype(column):
        return "boolean"
    if pd.api.types.is_integer_dtype(column):
        return "integer"
    return "real" if pd.api.types.is_float_dtype(column) else "text"


def _pack_text(column: pd.Series[Any]) -> npt.NDArray[np.object_]:
    """Return texts with ``None`` for empty ones, and only characters that the file can hold."""
    missing = column.isna().to_numpy()
    texts = [str(text) or None for text in column.to_numpy(object)]
    joined = "".join(text for text in texts if text)
    if "\x00" in joined or not _encodes(joined):
        texts = [text and _clean(text) for text in texts]
    packed = np.array(texts, dtype=object) if texts else np.empty(0, dtype=object)
    packed[missing] = None
    return packed


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _clean(text: str) -> str:
    """Replace what UTF-8 or a C string can't hold."""
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.replace("\x00", "\ufffd")


def _pack_findings(plan: Plan) -> pd.DataFrame:
    """Return one row a finding, with its place in the plan's, territory's and units' lists."""
    lists: Mapping[str, tuple[Finding, ...]] = {
        "plan_order": plan.findings,
        "territory_order": plan.territory.findings,
        "units_order": plan.territory.units.findings,
    }
    rows: dict[tuple[Finding, int], dict[str, object]] = {}
    for name, findings in lists.items():
        seen: dict[Finding, int] = {}
        for position, finding in enumerate(findings, start=1):
            seen[finding] = seen.get(finding, 0) + 1
            row = rows.setdefault((finding, seen[finding]), _finding_row(finding))
            row[name] = position
    columns = layout.FINDINGS.names()
    return pd.DataFrame(list(rows.values()), columns=columns)


def _finding_row(finding: Finding) -> dict[str, object]:
    row = finding.as_dict()
    row["where"] = json.dumps(row["where"], ensure_ascii=False)
    row["points"] = json.dumps(row["points"])
    return row | {"plan_order": pd.NA, "territory_order": pd.NA, "units_order": pd.NA}


def _pack_about(plan: Plan) -> pd.DataFrame:
    """Return the plan's own keys, then the file's, each sorted."""
    taken = sorted(key for key in plan.about if key.startswith(layout.OWN_PREFIX))
    if taken:
        raise InvalidOption(
            f"Keys of Plan.about that start with '{layout.OWN_PREFIX}' belong to the file: "
            f"{', '.join(taken)}.",
            f"Plan.about 中以 '{layout.OWN_PREFIX}' 开头的键由文件保留：{'、'.join(taken)}。",
        )
    units = plan.territory.units
    own = {
        layout.FORMAT_KEY: layout.FORMAT,
        layout.VERSION_KEY: layout.VERSION,
        layout.METRIC_CRS_KEY: _crs_text(units.metric_crs),
        layout.RULES_KEY: plan.rules.to_toml(),
        layout.INPUTS_KEY: json.dumps(
            [dataclasses.asdict(item) for item in units.inputs], ensure_ascii=False
        ),
        layout.READ_HOUSEHOLDS_KEY: str(int(units.read_households)),
    }
    rows = sorted(plan.about.items()) + sorted(own.items())
    return pd.DataFrame(rows, columns=["key", "value"], dtype=object)


def _crs_text(crs: CRS) -> str:
    """Return ``EPSG:n`` where that says it all, else WKT."""
    code = crs.to_epsg(min_confidence=100)
    return f"EPSG:{code}" if code else crs.to_wkt()
