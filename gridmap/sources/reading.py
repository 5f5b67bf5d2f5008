"""Read files into `Sources`: find, recognise, read, place, and say what was met on the way."""

from __future__ import annotations

import dataclasses
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from gridmap.crs import metric_crs, storage_crs
from gridmap.errors import InvalidOption, RefusedInput, UnknownName
from gridmap.findings import Finding, FindingKind, has_errors, sort_findings
from gridmap.model import InputFile, Sources, ignore_progress
from gridmap.osm import read_extract
from gridmap.schemas import ROLES, fold_name, kind_of_layer
from gridmap.sources.columns import (
    canonical_columns,
    choose_columns,
    count_households,
    fill_ids,
    settle_id,
    told_columns,
)
from gridmap.sources.discovering import FoundFile, find_files, hash_files
from gridmap.sources.encodings import say_detected
from gridmap.sources.formats import READER_ERRORS, UNREADABLE, reason_words, side_files
from gridmap.sources.placing import Placed, crs_label, declared_systems, place_layer
from gridmap.sources.point_buildings import settle_point_buildings, tell_as_households
from gridmap.sources.recognising import Recognised, recognise_layers
from gridmap.sources.shaping import shape_geometries
from gridmap.sources.tables import HEADER_FOUND, list_table, read_geoparquet, read_table
from gridmap.sources.vectors import list_layers, read_vector

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import geopandas as gpd
    from pyproj import CRS

    from gridmap.model import Progress
    from gridmap.sources.layers import LayerInfo, RawLayer

LAYER_EMPTY = FindingKind(
    "layer_empty",
    "warning",
    en="The layer {places} has no rows.",
    zh="图层 {places} 没有记录。",
    cure_en="Check the export; the layer is treated as absent.",
    cure_zh="请检查导出结果；该图层按不存在处理。",
)
NO_COORDINATES = FindingKind(
    "table_without_coordinates",
    "error",
    en="The table {places} has no columns of longitude and latitude ({headers}).",
    zh="表格 {places} 没有经纬度列（现有列：{headers}）。",
    cure_en="Name them lon and lat (经度, 纬度), or say which they are: "
    "--column {role}.lon=HEADER --column {role}.lat=HEADER",
    cure_zh="请将列名改为 lon、lat（经度、纬度），或指定："
    "--column {role}.lon=表头 --column {role}.lat=表头",
)
NOTHING_READ = FindingKind(
    "nothing_read",
    "error",
    en="No layer could be read from {count} file(s).",
    zh="{count} 个文件中没有可读取的图层。",
    cure_en="Give a file or folder with a layer named communities, buildings or households.",
    cure_zh="请提供含有“社区”“楼栋”或“住户”图层的文件或文件夹。",
)
ROLES_JOINED = FindingKind(
    "layers_joined",
    "info",
    en="{count} layers were read as {role} and put together: {places}.",
    zh="{count} 个图层合并为{role_zh}：{places}。",
    cure_en="If one should not be there, leave it out or give it another role.",
    cure_zh="若其中有不应读取的图层，请去掉或指定其他用途。",
)
WIDEST_DEGREES = 3.0
"""A job wider than one 3-degree zone is measured less exactly. gridmap's own default; FIELD.md
section 5 gives an area error of 5e-4 inside one zone [measured]."""

JOB_TOO_WIDE = FindingKind(
    "job_too_wide",
    "warning",
    en="The data spans {degrees} degrees of longitude; areas are measured in one zone ({zone}).",
    zh="数据跨经度 {degrees} 度；面积统一在一个投影带（{zone}）内量算。",
    cure_en="Plan one district at a time, or look for places far outside (swapped, or 0, 0).",
    cure_zh="请按区县分别划分，或检查是否有坐标错误的要素（颠倒，或为 0, 0）。",
)
FINDING_KINDS = (LAYER_EMPTY, NO_COORDINATES, NOTHING_READ, ROLES_JOINED, JOB_TOO_WIDE)


@dataclass
class Gathering:
    """What was gathered so far; lives only inside `read_sources`."""

    frames: dict[str, list[gpd.GeoDataFrame]] = field(default_factory=dict)
    places: dict[str, list[str]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    inputs: list[InputFile] = field(default_factory=list)
    hashes: dict[Path, str] = field(default_factory=dict)
    chinese: bool = False

    def hash(self, file: FoundFile) -> str:
        """Return the hash of a file, made once."""
        if file.path not in self.hashes:
            self.hashes[file.path] = hash_files(side_files(file.path))
        return self.hashes[file.path]


def read_sources(
    paths: str | Path | Iterable[str | Path],
    *,
    layers: Mapping[str, str | Sequence[str]] | None = None,
    columns: Mapping[str, str] | None = None,
    crs: Mapping[str, str] | None = None,
    datums: Mapping[str, str] | None = None,
    admin_level: int | None = None,
    progress: Progress = ignore_progress,
) -> Sources:
    r"""Read files or folders into one `Sources`, every layer in canonical columns and lon/lat.

    What stops a plan is a finding of severity ``error`` in the result, so that everything wrong is
    said at once; `gridmap.check_sources` adds what only the layers together show.

    Parameters
    ----------
    paths
        One or more files or folders: what `gridmap.sources.formats.FORMATS` lists.
    layers
        Role -> ``file``, ``file:layer`` or ``layer`` (or several of them), for layers whose name
        does not say what they are.
    columns
        ``role.column`` -> header, such as ``{"communities.name": "MC"}``; ``role.lon`` and
        ``role.lat`` for tables.
    crs
        File, layer or role -> ``EPSG:n``, a datum of `gridmap.crs.DATUMS` or a PROJ string, for
        files that declare none or the wrong one.
    datums
        The same, by custom for tables: ``{"households": "gcj02"}``.
    admin_level
        Of an OpenStreetMap extract: the level whose areas are the communities (1-12); by default
        the finest one that covers the land.
    progress
        Called as ``progress("read", done, total)``, a layer at a time.

    Returns
    -------
    Sources
        Frames with a RangeIndex in the order of the input. A row without a usable place keeps its
        row with a missing geometry, so that none is lost.

    Raises
    ------
    UnreadableFile
        When a path does not exist.
    UnknownName
        When an option names a layer, role, column or datum that does not exist.
    InvalidOption
        When ``admin_level`` is outside 1-12, or no path is given.
    MissingExtra
        When a format needs an optional package that is not installed.
    RefusedInput
        When not one layer could be read.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "住户.csv"
    ...     _ = file.write_text("户号,经度,纬度\n1,113.1,23.0\n2,113.2,23.1\n", "utf-8")
    ...     sources = read_sources(file, datums={"households": "cgcs2000"})
    >>> sources.layers["households"][["household_id", "households"]].to_dict("records")[0]
    {'household_id': '1', 'households': 1}
    >>> sources.crs.to_epsg(), sources.metric_crs.to_epsg(), sources.read_households
    (4490, 4547, 2)
    """
    if admin_level is not None and not 1 <= admin_level <= 12:
        raise InvalidOption(
            f"admin_level lies between 1 and 12, not {admin_level}.",
            f"admin_level 应在 1 到 12 之间，而不是 {admin_level}。",
        )
    given = [paths] if isinstance(paths, (str, Path)) else list(paths)
    if not given:
        raise InvalidOption(
            "No file is given.", "没有指定文件。", cure_en="gridmap check town.gpkg"
        )
    with tempfile.TemporaryDirectory(prefix="gridmap-") as unpacked:
        files, findings = find_files(given, unpack_into=Path(unpacked))
        read = Gathering(findings=findings)
        _read_files(
            read,
            files,
            layers=layers,
            columns=columns or {},
            declared=(crs, datums),
            admin_level=admin_level,
            progress=progress,
        )
    return _gather(read, len(files))


def _read_files(
    read: Gathering,
    files: Sequence[FoundFile],
    *,
    layers: Mapping[str, str | Sequence[str]] | None,
    columns: Mapping[str, str],
    declared: tuple[Mapping[str, str] | None, Mapping[str, str] | None],
    admin_level: int | None,
    progress: Progress,
) -> None:
    infos: list[LayerInfo] = []
    extracts = [file for file in files if file.form.family == "osm"]
    for file in files:
        if file.form.family != "osm":
            listed, said = (list_layers if file.form.family == "vector" else list_table)(file)
            infos += listed
            read.findings += said
    read.findings += say_detected(infos)
    for role in ROLES:
        told_columns(role, columns)
    # an option for a file that can't be read must not hide that it can't
    forgiving = has_errors(read.findings)
    recognised, said = recognise_layers(infos, layers=layers, forgiving=forgiving)
    read.findings += said
    systems = declared_systems(recognised, *declared, forgiving=forgiving)
    if not forgiving:
        _check_headers([item for item in recognised if item.role], columns)
    settled, said = settle_point_buildings(recognised, columns)
    read.findings += said
    used = [item for item in settled if item.role]
    total = len(used) + len(extracts)
    progress("read", 0, total)
    done = 0
    for place, (item, named) in enumerate(zip(settled, recognised, strict=True)):
        if item.role:
            as_points = item.role != named.role
            told = tell_as_households(item.info, columns) if as_points else columns
            read_layer(read, item, told, systems.get(place))
            done += 1
            progress("read", done, total)
    for file in extracts:
        _read_osm(read, file, admin_level)
        done += 1
        progress("read", done, total)


def _check_headers(used: Sequence[Recognised], columns: Mapping[str, str]) -> None:
    """Refuse an option whose header is in no layer of its role."""
    for key, header in columns.items():
        role = next(r for r in ROLES if told_columns(r, {key: header}) or _is_coordinate(r, key))
        layers = [item.info for item in used if item.role == role]
        headers = [name for info in layers for name in info.headers]
        if fold_name(header) not in map(fold_name, headers):
            known = ", ".join(dict.fromkeys(headers)) or "none"
            raise UnknownName(
                f"No layer read as {role} has a column {header!r}; columns: {known[:400]}.",
                f"{ROLES[role].zh}图层没有 {header!r} 列；现有：{known[:400]}。",
                cure_en=f"--column {key}=HEADER with a header from this list",
                cure_zh=f"--column {key}=表头，取自上述列表",
            )


def _is_coordinate(role: str, key: str) -> bool:
    from gridmap.sources.recognising import canonical_role

    asked, _, name = key.partition(".")
    return name in ("lon", "lat") and canonical_role(asked) == role


def _with_told_coordinates(item: Recognised, columns: Mapping[str, str]) -> LayerInfo:
    told = {"lon": item.info.lon, "lat": item.info.lat}
    for key, header in columns.items():
        if _is_coordinate(item.role, key):
            folded = {fold_name(name): name for name in item.info.headers}
            name = key.partition(".")[2]
            told[name] = folded.get(fold_name(header), told[name])
    return dataclasses.replace(item.info, lon=told["lon"], lat=told["lat"])


def read_layer(
    read: Gathering, item: Recognised, columns: Mapping[str, str], declared: str | CRS | None
) -> None:
    """Read, shape, place and name one layer; add it, or say why not."""
    role = item.role
    info = _with_told_coordinates(item, columns)
    is_table = info.file.form.family in ("table", "sheet") or (
        info.file.form.family == "parquet" and not info.geometry_type
    )
    if is_table and not (info.lon and info.lat):
        headers = ", ".join(info.headers[:12])
        read.findings.append(NO_COORDINATES.found([info.place], headers=headers, role=role))
        return
    if info.skipped:
        read.findings.append(HEADER_FOUND.found([info.place], row=info.skipped + 1))
    matched, wanted, notes = choose_columns(info, role, columns)
    read.findings += notes
    raw = _read_rows(read, info, wanted, is_table=is_table)
    if raw is None:
        return
    read.findings += raw.findings
    if not len(raw.columns):
        read.findings.append(LAYER_EMPTY.found([info.place]))
        _record(read, info, role, raw, None)
        return
    if raw.geometry is not None:
        geometry, said = shape_geometries(raw.geometry, role, place=info.place)
        read.findings += said
        raw = dataclasses.replace(raw, geometry=geometry)
    placed = place_layer(raw, role, declared)
    read.findings += placed.findings
    _record(read, info, role, raw, placed)
    if placed.geometry is None:
        return
    matched = settle_id(matched, raw.columns, role)
    frame, said = canonical_columns(raw.columns, matched, role, place=info.place)
    read.findings += said
    _add(read, role, info, _name_kind(frame, role, info), placed)


def _read_rows(
    read: Gathering, info: LayerInfo, headers: list[str], *, is_table: bool
) -> RawLayer | None:
    try:
        if is_table:
            return read_table(info, headers)
        if info.file.form.family == "parquet":
            return read_geoparquet(info, headers)
        return read_vector(info, headers)
    except READER_ERRORS as problem:
        text = " ".join(str(problem).replace(str(info.file.path), info.file.name).split())[:200]
        text = text.replace(str(info.file.path.parent), "").rstrip(".")
        reason = text or type(problem).__name__
        read.findings.append(UNREADABLE.found([info.place], **reason_words(reason)))
        return None


def _record(
    read: Gathering, info: LayerInfo, role: str, raw: RawLayer, placed: Placed | None
) -> None:
    own = "" if info.crs is None else crs_label(info.crs)
    read.inputs.append(
        InputFile(
            name=info.file.name,
            layer=info.layer,
            role=role,
            sha256=read.hash(info.file),
            rows=len(raw.columns),
            crs=placed.crs if placed is not None and placed.crs else own,
            encoding=info.encoding,
        )
    )


def _name_kind(frame: pd.DataFrame, role: str, info: LayerInfo) -> pd.DataFrame:
    """Fill the ``kind`` that a layer's name gives to all its rows (a layer named 铁路)."""
    kind = kind_of_layer(info.layer) or kind_of_layer(info.file.path.stem)
    if role == "compounds":
        kind = kind or "compound"
    if role not in ("barriers", "compounds") or not kind:
        return frame
    return frame.assign(kind=frame["kind"].where(frame["kind"] != "", kind))


def _add(read: Gathering, role: str, info: LayerInfo, frame: pd.DataFrame, placed: Placed) -> None:
    import geopandas as gpd

    made = gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(placed.geometry, index=frame.index))
    read.frames.setdefault(role, []).append(made)
    read.places.setdefault(role, []).append(info.place)
    read.chinese |= placed.chinese


def _read_osm(read: Gathering, file: FoundFile, admin_level: int | None) -> None:
    try:
        extract = read_extract(file.path, name=file.name, admin_level=admin_level)
    except OSError as problem:
        text = " ".join(str(problem).replace(str(file.path), file.name).split())[:200]
        read.findings.append(UNREADABLE.found([file.name], **reason_words(text.rstrip("."))))
        return
    read.findings += extract.findings
    for role, frame in extract.layers.items():
        read.frames.setdefault(role, []).append(frame)
        read.places.setdefault(role, []).append(file.name)
        read.inputs.append(
            InputFile(
                file.name, extract.layer_names[role], role, read.hash(file), len(frame), "EPSG:4326"
            )
        )


def _gather(read: Gathering, files: int) -> Sources:
    """Join the frames of each role, and choose where they are stored and measured."""
    frames: dict[str, gpd.GeoDataFrame] = {}
    for role in ROLES:
        if role in read.frames:
            if len(read.places[role]) > 1:
                read.findings.append(
                    ROLES_JOINED.found(read.places[role], role=role, role_zh=ROLES[role].zh)
                )
            frames[role] = _join(read, role)
    extent = _extent(frames)
    if extent is None:
        # where an error says already why a layer was not read, there is nothing to add
        known = has_errors(read.findings)
        raise RefusedInput([*read.findings, *([] if known else [NOTHING_READ.found(count=files)])])
    west, south, east, north = extent
    centre = ((west + east) / 2, (south + north) / 2)
    metric = metric_crs(*centre)
    if east - west > WIDEST_DEGREES:
        degrees = f"{east - west:.1f}"
        read.findings.append(JOB_TOO_WIDE.found(count=1, degrees=degrees, zone=crs_label(metric)))
    stored = storage_crs(*centre, chinese=read.chinese)
    layers = {role: frame.set_crs(stored) for role, frame in frames.items()}
    return Sources(
        layers=layers,
        crs=stored,
        metric_crs=metric,
        findings=sort_findings(read.findings),
        inputs=tuple(read.inputs),
        read_households=_total_households(layers),
    )


def _join(read: Gathering, role: str) -> gpd.GeoDataFrame:
    import geopandas as gpd

    parts = read.frames[role]
    frame: Any = parts[0]
    if len(parts) > 1:
        frame = pd.concat(parts, ignore_index=True)
        for name in [name for name in frame.columns if name != "geometry"]:
            if frame[name].dtype.kind not in "iuf":
                frame[name] = frame[name].fillna("").astype("str")
    if role == "households":
        frame, said = count_households(frame)
        read.findings += said
    frame, said = fill_ids(frame, role)
    read.findings += said
    ordered = _ordered(list(frame.columns), role)
    return gpd.GeoDataFrame(frame[ordered], geometry="geometry")


def _ordered(names: list[str], role: str) -> list[str]:
    known = [column.name for column in ROLES[role].columns if column.name in names]
    extras = [name for name in names if name not in known and name != "geometry"]
    return [*known, *extras, "geometry"]


def _extent(frames: Mapping[str, gpd.GeoDataFrame]) -> tuple[float, float, float, float] | None:
    """Return the extent of the job: of the communities, else of everything read."""
    for roles in (("communities",), tuple(frames)):
        bounds = [
            shapely.total_bounds(frames[role].geometry.to_numpy())
            for role in roles
            if role in frames
        ]
        known = np.array([item for item in bounds if np.isfinite(item).all()])
        if len(known):
            west, south = known[:, :2].min(axis=0)
            east, north = known[:, 2:].max(axis=0)
            return float(west), float(south), float(east), float(north)
    return None


def _total_households(layers: Mapping[str, gpd.GeoDataFrame]) -> int:
    """Count households: of the points, else of the buildings that have a count."""
    if "households" in layers:
        return int(layers["households"]["households"].sum())
    buildings = layers.get("buildings")
    if buildings is None or "households" not in buildings:
        return 0
    return int(buildings["households"].fillna(0).sum())
