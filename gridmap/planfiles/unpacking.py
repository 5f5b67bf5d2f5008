"""Turn the tables of a plan file back into a plan, believing nothing.

Every number, reference and geometry is checked before it becomes part of a `Plan`: a file may be
edited by hand, cut off, or made by somebody who wishes ill.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridmap.errors import GridmapError
from gridmap.findings import SEVERITIES, Finding
from gridmap.model import (
    CHANGES,
    GRID_KINDS,
    LANDMARK_KINDS,
    REASONS,
    STATUSES,
    UNIT_KINDS,
    InputFile,
    Plan,
    Territory,
    Units,
)
from gridmap.planfiles import layout
from gridmap.planfiles.complaints import unreadable
from gridmap.rules import AREA_TYPES, Rules

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pyproj import CRS

    from gridmap.planfiles.layout import Table

STORAGE_CODES = (4490, 4326)
"""EPSG codes in which a plan is stored (DESIGN.md section 3)."""

LONGEST_CRS = 20_000
"""A description of the measuring CRS above this many characters is refused."""

REFERENCES = (
    ("grids", "community_id", "communities"),
    ("units", "grid_id", "grids"),
    ("units", "community_id", "communities"),
    ("members", "unit_id", "units"),
    ("borders", "unit_a", "units"),
    ("borders", "unit_b", "units"),
    ("buildings", "unit_id", "units"),
    ("micro_grids", "grid_id", "grids"),
    ("link_units", "grid_id", "grids"),
)
"""Columns that must name a row of another table."""

LEVEL_REFERENCES = (
    ("members", "place_id", "buildings"),
    ("members", "micro_grid_id", "micro_grids"),
    ("members", "link_unit_id", "link_units"),
    ("units", "micro_grid_id", "micro_grids"),
    ("link_units", "micro_grid_id", "micro_grids"),
)
"""Columns, where they are there, that name a row of another table or are empty."""

CHOICES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("grids", "kind", GRID_KINDS),
    ("grids", "reason_code", ("", *REASONS)),
    ("grids", "area_type", AREA_TYPES),
    ("micro_grids", "reason_code", ("", *REASONS)),
    ("link_units", "reason_code", ("", *REASONS)),
    ("units", "kind", UNIT_KINDS),
    ("findings", "severity", SEVERITIES),
    ("changes", "change", CHANGES),
    ("changes", "status", STATUSES),
    ("landmarks", "kind", LANDMARK_KINDS),
)
"""Columns that hold one of a few words."""


def unpack_plan(tables: Mapping[str, pd.DataFrame], about: Mapping[str, str], path: Path) -> Plan:
    """Return the plan that the tables describe.

    Parameters
    ----------
    tables
        Table name -> frame as read; every table and column of `layout.TABLES` is there.
    about
        The rows of the table ``about``.
    path
        The file, for error texts.

    Raises
    ------
    UnreadableFile
        When a value is wrong or two tables contradict each other.
    """
    frames = {
        name: _unpack_frame(frame, layout.TABLES[name], path) for name, frame in tables.items()
    }
    _check_choices(frames, path)
    _check_references(frames, path)
    findings = _unpack_findings(frames["findings"], path)
    unit_frame = frames["units"]
    assignment = pd.Series(
        unit_frame["grid_id"].array, index=unit_frame.index, name="grid_id"
    ).sort_index()
    units = Units(
        frame=_without_unused(unit_frame),
        communities=frames["communities"],
        members=frames["members"],
        sites=frames["sites"],
        places=frames["addresses"],
        crs=_storage_crs(frames, path),
        metric_crs=_metric_crs(about, path),
        findings=findings["units_order"],
        inputs=_unpack_inputs(about, path),
        read_households=_unpack_count(about, path),
        buildings=frames.get("buildings"),
        landmarks=frames.get("landmarks"),
    )
    return Plan(
        grids=frames["grids"],
        territory=Territory(units, frames["borders"], findings["territory_order"]),
        assignment=assignment,
        rules=_unpack_rules(about, path),
        findings=findings["plan_order"],
        about={k: v for k, v in about.items() if not k.startswith(layout.OWN_PREFIX)},
        changes=frames.get("changes"),
        micro_grids=frames.get("micro_grids"),
        link_units=frames.get("link_units"),
    )


def _without_unused(units: Any) -> Any:
    """Drop the grid, which is the assignment, and micro-grids when there are none."""
    unused = ["grid_id"]
    if not units["micro_grid_id"].ne("").any():
        unused.append("micro_grid_id")
    return units.drop(columns=unused)


def _unpack_frame(frame: pd.DataFrame, table: Table, path: Path) -> pd.DataFrame:
    """Return the columns in the model's order and form, indexed as the model says."""
    kinds = {column.name: column.kind for column in table.columns}
    extra = [str(name) for name in frame.columns if name not in kinds and name != "geometry"]
    first = [table.key] * bool(table.key) + table.memory.split()
    rest = [name for name in [*kinds, *extra] if name not in table.derived and name not in first]
    names = first + rest
    unpacked = pd.DataFrame(
        {
            name: _unpack_column(frame[name], kinds.get(name), f"{table.name}.{name}", path)
            for name in names
        }
    )
    if table.geometry != "none":
        unpacked = _unpack_geometry(frame, unpacked, table, path)
    if table.key:
        ids = unpacked[table.key]
        name = f"{table.name}.{table.key}"
        if (ids == "").any() or ids.duplicated().any():
            raise unreadable(path, "bad_value", detail=f"{name}: empty or twice")
        unpacked = unpacked.set_index(table.key)
    return unpacked


def _unpack_column(
    column: pd.Series[Any], kind: str | None, name: str, path: Path
) -> pd.Series[Any]:
    if kind is None:
        is_number = pd.api.types.is_numeric_dtype(column)
        return column if is_number else _unpack_text(column)
    if kind == "text":
        return _unpack_text(column)
    if kind == "order":
        return column.fillna(0).astype(np.int64)
    if not pd.api.types.is_numeric_dtype(column) and len(column):
        raise unreadable(path, "bad_value", detail=f"{name}: not a number")
    if kind == "real":
        return column.astype(np.float64)
    return _unpack_whole(column, kind, name, path)


def _unpack_whole(column: pd.Series[Any], kind: str, name: str, path: Path) -> pd.Series[Any]:
    """Return whole numbers that are not negative, or flags."""
    if not len(column):
        return column.astype(bool if kind == "flag" else np.int64)
    if column.isna().any() or (column < 0).any() or (column % 1 != 0).any():
        raise unreadable(path, "bad_value", detail=f"{name}: not a whole number of at least 0")
    if kind == "flag" and (column > 1).any():
        raise unreadable(path, "bad_value", detail=f"{name}: neither 0 nor 1")
    return column.astype(bool if kind == "flag" else np.int64)


def _unpack_text(column: pd.Series[Any]) -> pd.Series[str]:
    """Return texts with ``""`` for NULL, in the dtype that pandas gives to a list of texts."""
    texts = column.to_numpy(object)
    missing = column.isna().to_numpy()
    if missing.any():
        texts = texts.copy()
        texts[missing] = ""
    return pd.Series([str(text) for text in texts], index=column.index).astype("str")


def _unpack_geometry(frame: Any, unpacked: pd.DataFrame, table: Table, path: Path) -> Any:
    import geopandas as gpd
    import shapely

    geometry = np.asarray(frame.geometry.array, dtype=object)
    kinds = shapely.get_type_id(geometry)
    single = (kinds == 6) & (shapely.get_num_geometries(geometry) == 1)
    geometry[single] = shapely.get_geometry(geometry[single], 0)
    if table.geometry == "polygon" and not np.isin(kinds, (3, 6)).all():
        raise unreadable(path, "bad_value", detail=f"{table.name}: a geometry is not a polygon")
    bounds = shapely.bounds(geometry[kinds >= 0])
    inside = (np.abs(bounds[:, [0, 2]]) <= 180).all() and (np.abs(bounds[:, [1, 3]]) <= 90).all()
    if not inside:  # false for NaN too: empty geometry has no bounds
        raise unreadable(path, "bad_value", detail=f"{table.name}: not longitude and latitude")
    return gpd.GeoDataFrame(unpacked, geometry=geometry, crs=frame.crs)


def _check_choices(frames: Mapping[str, pd.DataFrame], path: Path) -> None:
    for table, column, allowed in CHOICES:
        if table not in frames:
            continue
        wrong = ~frames[table][column].isin(allowed)
        if wrong.any():
            value = frames[table][column][wrong].iloc[0]
            raise unreadable(path, "bad_value", detail=f"{table}.{column} = {value}")


def _check_references(frames: Mapping[str, pd.DataFrame], path: Path) -> None:
    for table, column, target in REFERENCES:
        if table not in frames:
            continue
        lost = ~frames[table][column].isin(frames[target].index)
        if lost.any():
            value = frames[table][column][lost].iloc[0]
            raise unreadable(
                path, "contradiction", detail=f"{table}.{column} = {value} is not in {target}"
            )
    _check_levels(frames, path)
    places = frames["addresses"]["unit_id"]
    if (~places.isin(frames["units"].index) & places.ne("")).any():
        raise unreadable(path, "contradiction", detail="addresses.unit_id is not in units")
    grids = frames["grids"]
    if (grids["lower"] > grids["upper"]).any():
        raise unreadable(path, "contradiction", detail="grids.lower is above grids.upper")


def _check_levels(frames: Mapping[str, pd.DataFrame], path: Path) -> None:
    """Check what names a zone below the grids; nobody names one that is not there."""
    for table, column, target in LEVEL_REFERENCES:
        if table not in frames or target not in frames or column not in frames[table]:
            continue
        named = frames[table][column]
        lost = named.ne("") & ~named.isin(frames[target].index)
        if lost.any():
            value = named[lost].iloc[0]
            raise unreadable(
                path, "contradiction", detail=f"{table}.{column} = {value} is not in {target}"
            )


def _storage_crs(frames: Mapping[str, pd.DataFrame], path: Path) -> CRS:
    """Return the one CRS of all layers."""
    layers: list[Any] = [frames[name] for name in ("grids", "units", "communities", "sites")]
    drawn = [name for name in layout.OPTIONAL if layout.TABLES[name].geometry != "none"]
    layers += [frames[name] for name in drawn if name in frames]
    codes = {None if layer.crs is None else layer.crs.to_epsg() for layer in layers}
    if len(codes) != 1 or not codes <= set(STORAGE_CODES):
        shown = ", ".join(sorted(str(code) for code in codes))
        raise unreadable(path, "bad_value", detail=f"CRS {shown}")
    crs: CRS = layers[0].crs
    return crs


def _metric_crs(about: Mapping[str, str], path: Path) -> CRS:
    """Return the measuring CRS from ``EPSG:n`` or WKT; a PROJ string could name other files."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    text = about.get(layout.METRIC_CRS_KEY, "")
    try:
        if len(text) > LONGEST_CRS:
            raise CRSError("too long")
        prefix, _, code = text.partition(":")
        if prefix == "EPSG" and code.isdecimal():
            return CRS.from_epsg(int(code))
        return CRS.from_wkt(text)
    except CRSError as problem:
        raise unreadable(path, "bad_value", detail=f"about.{layout.METRIC_CRS_KEY}") from problem


def _unpack_rules(about: Mapping[str, str], path: Path) -> Rules:
    try:
        return Rules.from_toml(about.get(layout.RULES_KEY, ""))
    except (GridmapError, ValueError) as problem:
        raise unreadable(path, "bad_value", detail=f"about.{layout.RULES_KEY}") from problem


def _unpack_inputs(about: Mapping[str, str], path: Path) -> tuple[InputFile, ...]:
    try:
        rows = json.loads(about.get(layout.INPUTS_KEY, ""))
        inputs = tuple(InputFile(**row) for row in rows)
        texts = (item.name + item.layer + item.role + item.sha256 + item.crs for item in inputs)
        if not all(isinstance(text, str) for text in texts) or not all(
            isinstance(item.rows, int) for item in inputs
        ):
            raise TypeError("not the fields of an input file")
    except (TypeError, ValueError, RecursionError) as problem:
        raise unreadable(path, "bad_value", detail=f"about.{layout.INPUTS_KEY}") from problem
    return inputs


def _unpack_count(about: Mapping[str, str], path: Path) -> int:
    text = about.get(layout.READ_HOUSEHOLDS_KEY, "")
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise unreadable(path, "bad_value", detail=f"about.{layout.READ_HOUSEHOLDS_KEY}")
    return int(text)


def _unpack_findings(table: pd.DataFrame, path: Path) -> dict[str, tuple[Finding, ...]]:
    """Return the findings of the plan, the territory and the units, each in its order."""
    findings = [_unpack_finding(row, path) for row in table.to_dict("records")]
    lists: dict[str, tuple[Finding, ...]] = {}
    for name in ("plan_order", "territory_order", "units_order"):
        order = table[name].to_numpy()
        rows = [int(row) for row in np.argsort(order, kind="stable") if order[row] > 0]
        lists[name] = tuple(findings[row] for row in rows)
    return lists


def _unpack_finding(row: Mapping[Any, Any], path: Path) -> Finding:
    try:
        where = tuple(json.loads(row["where"]))
        points = tuple((float(lon), float(lat)) for lon, lat in json.loads(row["points"]))
        if not all(isinstance(place, str) for place in where):
            raise TypeError("a place is not a text")
    except (TypeError, ValueError, RecursionError) as problem:
        raise unreadable(path, "bad_value", detail=f"findings.where of {row['code']}") from problem
    return Finding(
        code=row["code"],
        severity=row["severity"],
        count=int(row["count"]),
        where=where,
        en=row["en"],
        zh=row["zh"],
        cure_en=row["cure_en"],
        cure_zh=row["cure_zh"],
        points=points,
    )
