"""Layers of what the boundary analysis found, from its result or from its file."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from gridmap.boundaries.analysis_files import LAYERS
from gridmap.boundaries.reach_answers import reach_layers
from gridmap.boundaries.snapping import WHY_NOT
from gridmap.crs import lonlat_transform
from gridmap.errors import InvalidOption, UnreadableFile
from gridmap.maps.few import FEW, class_count
from gridmap.maps.layers import Fact, Item, MapLayer
from gridmap.sources.discovering import find_files
from gridmap.sources.vectors import list_layers, read_vector

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from gridmap.boundaries.analysing import Analysis


class Kind(NamedTuple):
    """How a layer of an analysis is shown: its names, its colour, and the columns on the card."""

    zh: str
    en: str
    colour: str
    columns: tuple[str, ...]


def _kind(zh: str, en: str, colour: str, columns: str) -> Kind:
    return Kind(zh, en, colour, tuple(columns.split()))


_MOVED = "length_m snap gain_m a_to_b_m2 b_to_a_m2 households_a_to_b households_b_to_a"
KINDS = {
    "parts": _kind("飞地", "detached parts", "#b3136b",
                   "kind hosts area_m2 households distance_m road_distance_m"),
    "enclaves": _kind("被围地", "enclaves", "#7a1fa2", "host_id area_m2 households"),
    "interlocks": _kind("插花地", "interlocks", "#a8480a",
                        "kind width_m length_m tortuosity area_m2 households"),
    "gaps": _kind("边界空隙", "gaps", "#c0161b", "area_m2 width_m households"),
    "overlaps": _kind("边界重叠", "overlaps", "#6b3fa0", "area_m2 width_m households"),
    "slivers": _kind("细缝", "slivers", "#8a5a00", "kind area_m2 width_m"),
    "near_edges": _kind("未吻合边界", "edges that almost meet", "#00695c",
                        "kind area_m2 width_m"),
    "unclear": _kind("不清晰边界", "unclear borders", "#c2410c", _MOVED),
    "snaps": _kind("建议界线", "proposed borders", "#0a6b2d", "length_m"),
    "reach_areas": _kind("步行可达范围", "reach on foot", "#0b6e8a", "minutes area_m2 households"),
    "reach_places": _kind("建议站点", "proposed stations", "#0a4fa3", "households"),
}  # fmt: skip
"""Layers of `gridmap.boundaries.write_analysis` that are shown, with the columns that are: an
allow-list."""
NOT_DRAWN = ("divisions", "proposals", "reach_divisions", "reach_stations", "reach_unreachable")
"""Layers of such a file that are no layer of a map: ``divisions`` gives the names; proposals and
shares are tables; single homes without a way are shown as counts of grids only
(`gridmap.maps.show_unreached`)."""

COLUMNS = {
    "minutes": ("步行", "Walk", "minutes"),
    "kind": ("类型", "Kind", "word"),
    "hosts": ("相邻", "Beside", "ids"),
    "host_id": ("所在", "Inside", "ids"),
    "area_m2": ("面积", "Area", "area"),
    "households": ("户数", "Households", "count"),
    "distance_m": ("距本部", "From main part", "metres"),
    "road_distance_m": ("沿路距本部", "By road", "metres"),
    "width_m": ("宽度", "Width", "metres"),
    "length_m": ("长度", "Length", "metres"),
    "tortuosity": ("曲折度", "Tortuosity", "number"),
    "snap": ("移至界线", "Snap", "snap"),
    "gain_m": ("可减少不清晰", "Less unclear", "metres"),
    "a_to_b_m2": ("前者划出", "First gives", "area"),
    "b_to_a_m2": ("后者划出", "Second gives", "area"),
    "households_a_to_b": ("前者划出户数", "First gives, households", "count"),
    "households_b_to_a": ("后者划出户数", "Second gives, households", "count"),
}
WORDS = {
    "detached": ("飞地", "detached part"),
    "enclosed": ("被围飞地", "enclosed part"),
    "neck": ("窄颈", "narrow neck"),
    "border": ("曲折边界", "winding border"),
    "gap": ("空隙", "gap"),
    "overlap": ("重叠", "overlap"),
}


def show_analysis(analysis: Analysis) -> tuple[MapLayer, ...]:
    r"""Return what a boundary analysis found as layers of a map.

    Parameters
    ----------
    analysis
        From `gridmap.boundaries.analyse`.

    Returns
    -------
    tuple of MapLayer
        Of `KINDS`, those with something in them.

    Examples
    --------
    >>> from gridmap.boundaries import analyse
    >>> from gridmap.boundaries.examples import draw_sources
    >>> [layer] = show_analysis(analyse(draw_sources("ABBB\nABAB\nABBB")))
    >>> layer.zh, [item.zh for item in layer.items]
    ('飞地', ['A'])
    """
    frames = {name: getattr(analysis, name).to_crs(analysis.crs) for name in LAYERS}
    if analysis.reach is not None:
        frames |= reach_layers(analysis.reach, analysis.crs)
    return _make_layers(frames)


def read_layers(path: str | Path) -> tuple[MapLayer, ...]:
    r"""Read the layers of a file that ``gridmap analyse -o findings.gpkg`` wrote.

    Parameters
    ----------
    path
        A GeoPackage.

    Returns
    -------
    tuple of MapLayer
        Of `KINDS`, those with something in them.

    Raises
    ------
    UnreadableFile
        When the file is missing, broken or no GeoPackage.
    InvalidOption
        When it holds a layer that is none of an analysis: what is in it, a map does not know, and
        it might be homes.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from gridmap.boundaries import analyse, write_analysis
    >>> from gridmap.boundaries.examples import draw_sources
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "findings.gpkg"
    ...     write_analysis(analyse(draw_sources("ABBB\nABAB\nABBB")), file)
    ...     [layer.key for layer in read_layers(file)]
    ['parts']
    """
    shown = Path(path).name
    with tempfile.TemporaryDirectory() as folder:
        files, findings = find_files([path], unpack_into=Path(folder))
        if len(files) != 1 or files[0].form.name != "GeoPackage":
            raise _unreadable(shown)
        infos, said = list_layers(files[0])
        if not infos:
            reason = next(iter([*said, *findings]), None)
            raise _unreadable(shown, reason.en if reason else "", reason.zh if reason else "")
        foreign = [i.layer for i in infos if i.layer not in (*KINDS, *NOT_DRAWN)]
        if foreign:
            raise InvalidOption(
                f"{shown} holds layers that are none of an analysis: {', '.join(foreign[:5])}.",
                f"{shown} 中有不属于边界分析的图层：{'、'.join(foreign[:5])}。",
                cure_en="gridmap analyse town.gpkg -o findings.gpkg",
                cure_zh="gridmap analyse town.gpkg -o findings.gpkg",
            )
        frames = {
            info.layer: _read(info, shown) for info in infos if info.layer in (*KINDS, "divisions")
        }
    return _make_layers(frames)


def _read(info: Any, shown: str) -> gpd.GeoDataFrame:
    """Return a layer in lon/lat with the columns that a map may show."""
    import geopandas as gpd

    kind = KINDS.get(info.layer)
    wanted = {"division_id", "station_id", "name", "ids", *(kind.columns if kind else ())}
    try:
        raw = read_vector(info, [header for header in info.headers if header in wanted])
    except (OSError, ValueError) as problem:
        raise _unreadable(shown, str(problem)[:200], str(problem)[:200]) from problem
    if info.crs is None:
        raise _unreadable(
            shown, f"the layer {info.layer} has no CRS", f"图层 {info.layer} 缺少坐标系"
        )
    shapes = np.asarray(raw.geometry, dtype=object)
    points = shapely.get_coordinates(shapes)
    transform, _ = lonlat_transform(info.crs, points[:, 0], points[:, 1])
    moved = shapely.transform(shapes, lambda at: np.column_stack(transform(at[:, 0], at[:, 1])))
    return gpd.GeoDataFrame(raw.columns, geometry=moved)


def _unreadable(shown: str, why_en: str = "", why_zh: str = "") -> UnreadableFile:
    return UnreadableFile(
        f"{shown} is no GeoPackage that can be read. {why_en}".strip(),
        f"{shown} 不是可读取的 GeoPackage 文件。{why_zh}",
        cure_en="gridmap analyse town.gpkg -o findings.gpkg",
        cure_zh="gridmap analyse town.gpkg -o findings.gpkg",
    )


def _make_layers(frames: Mapping[str, gpd.GeoDataFrame]) -> tuple[MapLayer, ...]:
    names: dict[str, str] = {}
    divisions = frames.get("divisions")
    if divisions is not None and {"division_id", "name"} <= set(divisions.columns):
        pairs = zip(divisions["division_id"], divisions["name"], strict=True)
        names = {str(key): str(name) for key, name in pairs if name}
    made = []
    for key, kind in KINDS.items():
        frame = frames.get(key)
        if frame is None:
            continue
        if key == "parts" and "kind" in frame.columns:
            frame = frame[frame["kind"].ne("main").to_numpy()]
        items = _items(frame, kind, names)
        if items:
            made.append(MapLayer(key, kind.zh, kind.en, kind.colour, items))
    return tuple(made)


def _items(frame: gpd.GeoDataFrame, kind: Kind, names: Mapping[str, str]) -> tuple[Item, ...]:
    columns = [name for name in kind.columns if name in frame.columns]
    shapes = np.asarray(frame.geometry.to_numpy(), dtype=object)
    rows = frame.drop(columns=frame.geometry.name).to_dict("records")
    items = []
    for row, shape in zip(rows, shapes, strict=True):
        if shape is None or shapely.is_empty(shape):
            continue
        named = row.get("name") or row.get("station_id", "")
        title = _names_of(row.get("ids", row.get("division_id", named)), names)
        facts = [_fact(name, row[name], names) for name in columns]
        shown = tuple(fact for fact in facts if fact is not None)
        items.append(Item(" / ".join(title), " / ".join(title), shown, shape))
    return tuple(items)


def _names_of(value: object, names: Mapping[str, str]) -> list[str]:
    """Return the names of divisions: of ids in a tuple (of tuples), or joined by ';'."""
    if isinstance(value, (tuple, list)):
        keys = [str(one[0]) if isinstance(one, (tuple, list)) else str(one) for one in value]
    else:
        keys = str(value or "").split(";")
    return [names.get(key, key) for key in keys if key]


def _fact(column: str, value: Any, names: Mapping[str, str]) -> Fact | None:
    zh, en, form = COLUMNS[column]
    if form == "ids":
        both = (" / ".join(_names_of(value, names)),) * 2
    elif form == "word":
        both = WORDS.get(str(value), ("", ""))
    elif form == "snap":
        proposed = ("有建议界线", "a line is proposed")
        said = WHY_NOT.get(str(value), ("", ""))[::-1]
        both = proposed if value == "proposed" else said
    else:
        both = _number(value, form)
    return Fact(zh, en, *both) if any(both) else None


def _number(value: Any, form: str) -> tuple[str, str]:
    """Return a number with its unit, nothing for an unknown one."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return ("", "")
    if not math.isfinite(number):
        return ("", "")
    digits = 0 if number >= 100 else 1
    said = {
        "count": say_count(number),
        "area": (f"{number:,.0f} 平方米", f"{number:,.0f} m²"),
        "minutes": (f"{number:g} 分钟", f"{number:g} minutes"),
        "metres": (f"{number:,.{digits}f} 米", f"{number:,.{digits}f} m"),
        "number": (f"{number:.2f}", f"{number:.2f}"),
    }
    return said[form]


def say_count(count: object) -> tuple[str, str]:
    """Return households in words of both languages; a small count is a class.

    Examples
    --------
    >>> say_count(1250), say_count(3)
    (('1,250 户', '1,250'), ('不足 10 户', 'fewer than 10'))
    """
    number = class_count(count)
    if number is None:
        return ("", "")
    if number < 0:
        return (f"不足 {FEW} 户", f"fewer than {FEW}")
    return (f"{number:,} 户", f"{number:,}")
