"""Grid layers of several departments: every polygon layer of every file is one department's.

They differ from other sources in that layers of one role are not put together, and that a layer's
name is no role but whose it is.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.crs import metric_crs, storage_crs
from gridmap.errors import InvalidOption, RefusedInput
from gridmap.findings import Finding, FindingKind, has_errors, sort_findings
from gridmap.model import ignore_progress
from gridmap.schemas import role_of_layer
from gridmap.sources.columns import fill_ids
from gridmap.sources.discovering import find_files
from gridmap.sources.encodings import say_detected
from gridmap.sources.placing import declared_systems
from gridmap.sources.reading import Gathering, read_layer
from gridmap.sources.recognising import Recognised
from gridmap.sources.tables import list_table
from gridmap.sources.vectors import list_layers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    from pyproj import CRS

    from gridmap.model import InputFile, Progress
    from gridmap.sources.layers import Geometries, LayerInfo

ROLE = "grids"
RESERVED = ("area_m2", "households", "geometry", "new_grid", "community_id")
"""Names of columns of an overlay, which no department may have."""
NO_DEPARTMENT = FindingKind(
    "no_department_layer",
    "error",
    en="No polygon layer with rows was found in {count} file(s).",
    zh="{count} 个文件中没有含记录的面图层。",
    cure_en="Give each department's grids as a polygon layer.",
    cure_zh="请将各部门的网格以面图层提供。",
)
LAYERS_PASSED_OVER = FindingKind(
    "department_layers_passed_over",
    "info",
    en="{count} layers hold no polygons, or are of another role by their name, and are no "
    "department's: {places}.",
    zh="有 {count} 个图层不是面图层，或按名称属于其他用途，不作为部门网格：{places}。",
    cure_en="Buildings, households and roads are given by --base.",
    cure_zh="楼栋、住户、道路等请用 --base 提供。",
)
ONE_DEPARTMENT = FindingKind(
    "one_department",
    "warning",
    en="There is one department only, {places}: there is nothing to be merged.",
    zh="只有一个部门图层（{places}），没有可合并的对象。",
    cure_en="Give the layers of two departments or more.",
    cure_zh="请提供两个及以上部门的图层。",
)
DEPARTMENT_ELSEWHERE = FindingKind(
    "department_elsewhere",
    "warning",
    en="The grids of {count} department(s) lie on no land of any other one and were left out: "
    "{places}.",
    zh="有 {count} 个部门的网格与其他部门没有重叠，未计入：{places}。",
    cure_en="Check their coordinate system: --crs FILE=EPSG:n, or that they are of this district.",
    cure_zh="请核对坐标系（--crs 文件=EPSG:n），或是否为本区数据。",
)
NOTHING_SHARED = FindingKind(
    "departments_apart",
    "error",
    en="The grids of no two of {count} departments lie on the same land: {places}.",
    zh="{count} 个部门的网格两两互不重叠：{places}。",
    cure_en="Check their coordinate systems: --crs FILE=EPSG:n.",
    cure_zh="请核对各图层的坐标系：--crs 文件=EPSG:n。",
)
TWINS = FindingKind(
    "department_twins",
    "warning",
    en="{count} department(s) have the very grids of another one: {details}. Each counts.",
    zh="有 {count} 个部门的网格与另一部门完全相同：{details}。均计入。",
    cure_en="If it is a copy, leave it out: it counts twice.",
    cure_zh="若为重复提交，请去掉，以免重复计入。",
)
FINDING_KINDS = (
    NO_DEPARTMENT,
    LAYERS_PASSED_OVER,
    ONE_DEPARTMENT,
    DEPARTMENT_ELSEWHERE,
    NOTHING_SHARED,
    TWINS,
)


@dataclass(frozen=True)
class Departments:
    """The grids of several departments.

    Attributes
    ----------
    layers
        Department -> polygons in lon/lat with ``grid_id``, in the order of the input.
    crs, metric_crs
        Where geometry is stored; where it is measured.
    findings, inputs
        What was met on the way; the files, for the record.
    """

    layers: Mapping[str, gpd.GeoDataFrame]
    crs: CRS
    metric_crs: CRS
    findings: tuple[Finding, ...] = ()
    inputs: tuple[InputFile, ...] = ()


def read_departments(
    paths: str | Path | Sequence[str | Path],
    *,
    columns: Mapping[str, str] | None = None,
    crs: Mapping[str, str] | None = None,
    datums: Mapping[str, str] | None = None,
    progress: Progress = ignore_progress,
) -> Departments:
    """Read every polygon layer of every file as the grids of one department.

    Parameters
    ----------
    paths
        Files or folders. A department is called as its file, or as its layer where the file holds
        several.
    columns, crs, datums
        As for `gridmap.read_sources`; the role is ``grids``.
    progress
        Called as ``progress("read", done, total)``, a layer at a time.

    Returns
    -------
    Departments
        Rows with one ``grid_id`` are one grid; a row without an id is given one. A department
        whose land no other one shares is left out, and said.

    Raises
    ------
    UnreadableFile, UnknownName
        As `gridmap.read_sources` does.
    InvalidOption
        No path is given.
    RefusedInput
        No polygon layer, a layer that can't be read, or no two layers on the same land.

    Examples
    --------
    >>> import geopandas as gpd
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name, middle in (("公安", 113.11), ("城管", 113.12)):
    ...         gpd.GeoDataFrame({"网格编号": ["1", "2"]}, crs=4490, geometry=[
    ...             shapely.box(113.10, 23, middle, 23.1), shapely.box(middle, 23, 113.2, 23.1)],
    ...         ).to_file(Path(folder) / f"{name}.gpkg", layer=name)
    ...     departments = read_departments(folder)
    >>> {name: len(layer) for name, layer in departments.layers.items()}
    {'公安': 2, '城管': 2}
    """
    given = [paths] if isinstance(paths, (str, Path)) else list(paths)
    if not given:
        raise InvalidOption(
            "No file is given.", "没有指定文件。", cure_en="gridmap overlay a.gpkg b.gpkg -o m.gpkg"
        )
    read = Gathering()
    with tempfile.TemporaryDirectory(prefix="gridmap-") as unpacked:
        files, said = find_files(given, unpack_into=Path(unpacked))
        read.findings += said
        infos = []
        for file in files:
            if file.form.family != "osm":
                listed, said = (list_layers if file.form.family == "vector" else list_table)(file)
                infos += listed
                read.findings += said
        areal = [info for info in infos if _is_department(info, infos)]
        if len(areal) < len(infos):
            others = [info.place for info in infos if info not in areal]
            read.findings.append(LAYERS_PASSED_OVER.found(others))
        read.findings += say_detected(areal)
        layers = _read_each(read, areal, columns or {}, (crs, datums), progress)
    if not layers and not has_errors(read.findings):
        read.findings.append(NO_DEPARTMENT.found(count=len(files)))
    if has_errors(read.findings):
        raise RefusedInput(sort_findings(read.findings))
    layers = _leave_out_strangers(read, layers)
    _say_twins(read, layers)
    return _gather(read, layers)


def _is_department(info: LayerInfo, infos: Sequence[LayerInfo]) -> bool:
    """Tell whether a layer is a department's: polygons, and no other role's by its very name.

    The name counts where a file holds several layers.
    """
    if info.shape not in ("polygon", ""):
        return False
    alone = sum(other.file.path == info.file.path for other in infos) == 1
    return alone or role_of_layer(info.layer) in ("", ROLE)


def _read_each(
    read: Gathering,
    infos: Sequence[LayerInfo],
    columns: Mapping[str, str],
    declared: tuple[Mapping[str, str] | None, Mapping[str, str] | None],
    progress: Progress,
) -> dict[str, gpd.GeoDataFrame]:
    """Return the frame of each layer that has rows, by the name of its department."""
    items = [Recognised(info, ROLE) for info in infos]
    systems = declared_systems(items, *declared, forgiving=has_errors(read.findings))
    names = _name_departments(infos)
    layers = {}
    for number, (item, name) in enumerate(zip(items, names, strict=True)):
        progress("read", number, len(items))
        read.frames.pop(ROLE, None)
        read_layer(read, item, columns, systems.get(number))
        for frame in read.frames.pop(ROLE, []):
            filled, said = fill_ids(frame, ROLE)
            read.findings += said
            layers[name] = filled
    progress("read", len(items), len(items))
    read.inputs = [
        replace(file, role=f"department {name}")
        for file, name in zip(read.inputs, names, strict=False)
    ]
    return layers


def _name_departments(infos: Sequence[LayerInfo]) -> list[str]:
    """Return a distinct name for each layer: its file's, its own, or both and a number."""
    stems = [info.file.name.rsplit("/", 1)[-1].rsplit(".", 1)[0] for info in infos]
    names: list[str] = []
    for info, stem in zip(infos, stems, strict=True):
        base = (stem if stems.count(stem) == 1 else info.layer).replace(";", " ")
        name, number = base, 1
        while name in names or name in RESERVED:
            number += 1
            name = f"{base} {number}"
        names.append(name)
    return names


def _leave_out_strangers(
    read: Gathering, layers: dict[str, gpd.GeoDataFrame]
) -> dict[str, gpd.GeoDataFrame]:
    """Return the layers that share land with another one, by points of their grids.

    Two grids on the same land: the inner point of one lies in the other's layer, or the reverse.
    """
    if len(layers) == 1:
        read.findings.append(ONE_DEPARTMENT.found(layers))
        return layers
    shapes = {name: mend_polygons(frame.geometry.to_numpy()) for name, frame in layers.items()}
    trees = {name: shapely.STRtree(own) for name, own in shapes.items()}
    points = {name: shapely.point_on_surface(own) for name, own in shapes.items()}
    names = list(layers)
    together = set()
    for n, one in enumerate(names):
        for other in names[n + 1 :]:
            if _meets(trees[one], points[other]) or _meets(trees[other], points[one]):
                together |= {one, other}
    if not together:
        read.findings.append(NOTHING_SHARED.found(names))
        raise RefusedInput(sort_findings(read.findings))
    apart = [name for name in names if name not in together]
    if apart:
        read.findings.append(DEPARTMENT_ELSEWHERE.found(apart))
    return {name: layers[name] for name in names if name in together}


def mend_polygons(geometry: Geometries) -> Geometries:
    """Return the polygons that hold land, mended; the others are left out.

    Examples
    --------
    >>> bow = shapely.from_wkt("POLYGON ((0 0, 2 2, 2 0, 0 2, 0 0))")
    >>> shapely.area(mend_polygons(np.array([bow, None, shapely.Point(0, 0)], object))).tolist()
    [2.0]
    """
    own = np.array(geometry, dtype=object)
    own = own[~shapely.is_missing(own)]
    broken = ~shapely.is_valid(own)
    own[broken] = shapely.make_valid(own[broken], method="structure", keep_collapsed=False)
    return own[np.isin(shapely.get_type_id(own), (3, 6)) & ~shapely.is_empty(own)]


def _meets(tree: shapely.STRtree, points: Geometries) -> bool:
    return bool(tree.query(points, predicate="intersects").size)


def _say_twins(read: Gathering, layers: Mapping[str, gpd.GeoDataFrame]) -> None:
    """Say which departments have the very grids of an earlier one, whatever their ids."""
    first: dict[tuple[bytes, ...], str] = {}
    twins: dict[str, str] = {}
    for name, frame in layers.items():
        shapes = shapely.normalize(frame.geometry.to_numpy())
        key = tuple(sorted(b"" if wkb is None else wkb for wkb in shapely.to_wkb(shapes)))
        if key in first:
            twins[name] = first[key]
        first.setdefault(key, name)
    if twins:
        details = "; ".join(f"{name} = {other}" for name, other in twins.items())
        read.findings.append(TWINS.found(twins, details=details))


def _gather(read: Gathering, layers: dict[str, gpd.GeoDataFrame]) -> Departments:
    """Choose where the layers are stored and measured."""
    bounds = np.array([shapely.total_bounds(f.geometry.to_numpy()) for f in layers.values()])
    if not np.isfinite(bounds).any():
        read.findings.append(NO_DEPARTMENT.found(count=len(layers)))
        raise RefusedInput(sort_findings(read.findings))
    west, south = np.nanmin(bounds[:, :2], axis=0)
    east, north = np.nanmax(bounds[:, 2:], axis=0)
    centre = float(west + east) / 2, float(south + north) / 2
    stored = storage_crs(*centre, chinese=read.chinese)
    return Departments(
        layers={name: frame.set_crs(stored) for name, frame in layers.items()},
        crs=stored,
        metric_crs=metric_crs(*centre),
        findings=sort_findings(read.findings),
        inputs=tuple(read.inputs),
    )
