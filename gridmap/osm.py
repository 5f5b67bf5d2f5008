"""Read an OpenStreetMap extract: which of its objects are communities, buildings, roads, sites.

The rules by tag stand here as data. Objects keep OpenStreetMap's own ids with a letter for their
kind (``r`` relation, ``w`` way, ``n`` node), for the three are numbered apart. Rings of
neighbouring areas share their vertices exactly, as they do in OpenStreetMap.

Telephone numbers and other contacts in the tags are never read.
"""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import shapely

from gridmap.findings import Finding, FindingKind
from gridmap.schemas import ROLES, canonical_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    import geopandas as gpd

COVERED_SHARE = 0.8
"""A level of administrative areas is taken for the communities only if it holds at least this
share of the buildings: extracts often have a finer level for one town. gridmap's own default."""

LEAST_WATER_M2 = 2_000.0
"""Smaller ponds and pools are no barrier. gridmap's own default."""

RIVER_WAYS = frozenset({"river", "canal"})
RAIL_WAYS = frozenset({"rail", "light_rail", "narrow_gauge", "subway", "monorail"})
WALL_WAYS = frozenset({"city_wall"})
PATHS = frozenset(
    {"footway", "path", "track", "steps", "cycleway", "bridleway", "corridor", "platform"}
)
"""Ways for feet and farm machines: read only where they are bridges, as ways across a river."""

NOT_HOMES = {
    "amenity": None,
    "shop": None,
    "office": None,
    "craft": None,
    "aeroway": None,
    "military": None,
    "leisure": None,
    "man_made": None,
    "historic": frozenset({"castle", "monument", "ruins", "memorial"}),
    "tourism": frozenset({"hotel", "museum", "motel", "hostel", "gallery", "attraction"}),
}
"""Tags that make a ``building=yes`` no home (any value, or one of these)."""

SITE_TAGS: tuple[tuple[str, str, frozenset[str]], ...] = (
    (
        "school",
        "amenity",
        frozenset({"school", "university", "college", "kindergarten", "preschool"}),
    ),
    ("hospital", "amenity", frozenset({"hospital", "clinic"})),
    ("government", "amenity", frozenset({"townhall", "courthouse", "police"})),
    ("government", "office", frozenset({"government", "administrative"})),
    ("mall", "shop", frozenset({"mall", "department_store"})),
    ("mall", "amenity", frozenset({"marketplace"})),
    ("mall", "landuse", frozenset({"retail"})),
    ("industrial", "landuse", frozenset({"industrial"})),
    ("office", "landuse", frozenset({"commercial"})),
    ("office", "building", frozenset({"office"})),
    ("park", "leisure", frozenset({"park"})),
    ("park", "tourism", frozenset({"zoo", "theme_park"})),
)
"""Category, tag, values: the first that fits is a site's category. Source: the seven categories of
FIELD.md section 1; the tags are those of the OpenStreetMap wiki."""

_TAG = re.compile(r'"((?:[^"\\]|\\.)*)"=>"((?:[^"\\]|\\.)*)"')
_METRES_A_DEGREE = 111_320.0

OSM_COMMUNITIES = FindingKind(
    "osm_communities",
    "info",
    en=(
        "{count} areas of admin_level {level} are the communities; they hold {share} of the "
        "buildings{finer}."
    ),
    zh="以 admin_level {level} 的 {count} 个区域作为社区，含 {share} 的楼栋{finer_zh}。",
    cure_en="Another level: --admin-level N (present: {levels})",
    cure_zh="改用其他级别：--admin-level N（现有：{levels}）",
)
OSM_NO_COMMUNITIES = FindingKind(
    "osm_no_communities",
    "warning",
    en="{places} has no complete administrative areas{asked} (levels present: {levels}).",
    zh="{places} 中没有完整的行政区域{asked_zh}（现有级别：{levels}）。",
    cure_en="Give the communities in a file of their own.",
    cure_zh="请另行提供社区边界文件。",
)
OSM_PATHS = FindingKind(
    "osm_paths_left_out",
    "info",
    en="{count} footways, tracks and paths of {places} are no roads and were not read.",
    zh="{places} 中 {count} 条步道、田间路等不作为道路读取。",
    cure_en="Nothing to do: paths on bridges were read.",
    cure_zh="无须处理；桥上的步道已读取。",
)
OSM_HOMES = FindingKind(
    "osm_buildings_without_homes",
    "info",
    en="{count} of {total} buildings are no homes by their tags (garage, shed, church, works).",
    zh="{total} 栋建筑中有 {count} 栋按标签不是住宅（车库、棚屋、教堂、厂房等）。",
    cure_en="Nothing to do; they get no households when households are estimated.",
    cure_zh="无须处理；估算户数时这些建筑不计户数。",
)
FINDING_KINDS = (OSM_COMMUNITIES, OSM_NO_COMMUNITIES, OSM_PATHS, OSM_HOMES)


class Extract(NamedTuple):
    """What an extract gave.

    Attributes
    ----------
    layers
        Role -> GeoDataFrame in canonical columns, lon/lat degrees, without a declared CRS.
    layer_names
        Role -> the layers of GDAL's OSM driver it came from.
    findings
        What was chosen and left out.
    """

    layers: dict[str, gpd.GeoDataFrame]
    layer_names: dict[str, str]
    findings: tuple[Finding, ...]


def read_extract(path: Path, *, name: str = "", admin_level: int | None = None) -> Extract:
    """Read an OpenStreetMap extract (.osm.pbf or .osm) into roles.

    Parameters
    ----------
    path
        The file; its content has been checked by the caller.
    name
        What it is called in findings.
    admin_level
        Level of the administrative areas that are the communities; by default the finest that
        holds `COVERED_SHARE` of the buildings.

    Returns
    -------
    Extract
        Only roles with rows: communities, buildings, sites, roads, barriers, doors.

    Raises
    ------
    OSError
        When GDAL can't read the file.

    Notes
    -----
    A site's ``owner`` is its ``operator``, else its ``name``: OpenStreetMap has no other word for
    who answers for a place. ``use`` of a building is ``residential`` or ``other`` by
    ``gridmap.schemas.VALUES["use"]``, the tags of `NOT_HOMES`, and industrial land around it.
    Water in culverts and rails in tunnels are no barriers.
    """
    label = name or path.name
    areas = _read_layer(path, "multipolygons", _AREA_TAGS)
    ways = _read_layer(path, "lines", _WAY_TAGS)
    nodes = _read_layer(path, "points", _NODE_TAGS)
    buildings, said_buildings = _buildings(areas)
    communities, said_communities = _communities(areas, buildings, label, admin_level)
    roads, said_roads = _roads(ways, label)
    layers = {
        "communities": communities,
        "buildings": buildings,
        "sites": _sites(areas, nodes),
        "roads": roads,
        "barriers": _barriers(ways, areas),
        "doors": _doors(nodes),
    }
    sources = {"roads": "lines", "barriers": "lines, multipolygons", "doors": "points"}
    sources["sites"] = "multipolygons, points"
    present = {role: frame for role, frame in layers.items() if len(frame)}
    return Extract(
        present,
        {role: sources.get(role, "multipolygons") for role in present},
        (*said_communities, *said_buildings, *said_roads),
    )


_AREA_TAGS = ("addr:street", "addr:housenumber", "building:levels", "operator", "water", "waterway")
_WAY_TAGS = ("bridge", "tunnel")
_NODE_TAGS = ("addr:street", "addr:housenumber", "amenity", "office", "shop", "operator")


def _read_layer(path: Path, layer: str, tags: Iterable[str]) -> pd.DataFrame:
    """Read one layer of GDAL's OSM driver; ``geometry`` is a plain column, texts are never NaN."""
    import pyogrio

    with warnings.catch_warnings(record=True):
        # the driver warns of every unclosed ring of areas cut by the extract's edge
        warnings.simplefilter("always")
        try:
            meta, _, wkb, fields = pyogrio.raw.read(path, layer=layer)
        except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as problem:
            raise OSError(str(problem)) from problem
    rows = 0 if wkb is None else len(wkb)
    texts = {
        str(name): ["" if value is None else str(value) for value in values]
        for name, values in zip(meta["fields"], fields, strict=True)
    }
    other = texts.pop("other_tags", [""] * rows)
    wanted = [tag for tag in tags if tag not in texts]
    parsed = [parse_tags(text) if text else {} for text in other]
    for tag in wanted:
        texts[tag] = [row.get(tag, "") for row in parsed]
    frame = pd.DataFrame(texts, index=pd.RangeIndex(rows), dtype="str")
    made = np.full(rows, None, dtype=object)
    if rows:
        made[:] = shapely.from_wkb(wkb, on_invalid="ignore")
    frame["geometry"] = pd.Series(made, dtype=object)
    return frame[[item is not None and not item.is_empty for item in made]].reset_index(drop=True)


def parse_tags(text: str) -> dict[str, str]:
    r"""Parse the ``other_tags`` of GDAL's OSM driver.

    Parameters
    ----------
    text
        Pairs such as ``"name:en"=>"Hall","note"=>"say \"yes\""``.

    Examples
    --------
    >>> parse_tags('"addr:street"=>"Städtle","addr:housenumber"=>"32"')
    {'addr:street': 'Städtle', 'addr:housenumber': '32'}
    """
    return {_unescape(key): _unescape(value) for key, value in _TAG.findall(text)}


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)


def _text(frame: pd.DataFrame, tag: str) -> pd.Series[str]:
    """Return a tag's column, of empty texts when the layer has none."""
    if tag in frame.columns:
        column: pd.Series[str] = frame[tag]
        return column
    return pd.Series([""] * len(frame), index=frame.index, dtype="str")


def _area_ids(frame: pd.DataFrame) -> pd.Series[str]:
    relation, way = _text(frame, "osm_id"), _text(frame, "osm_way_id")
    ids = np.where(way != "", "w" + way, "r" + relation)
    return pd.Series(ids, index=frame.index, dtype="str")


def _frame(role: str, columns: dict[str, Any], geometry: Any) -> gpd.GeoDataFrame:
    """Build a role's frame, sorted by id: canonical text columns are always there."""
    import geopandas as gpd

    shapes = np.asarray(geometry, dtype=object)
    made = {name: pd.Series(np.asarray(values, dtype=object)) for name, values in columns.items()}
    ordered: dict[str, Any] = {}
    for column in ROLES[role].columns:
        if column.name in made:
            values = made.pop(column.name)
            ordered[column.name] = values if column.kind == "number" else values.astype("str")
        elif column.kind != "number":
            ordered[column.name] = pd.Series([""] * len(shapes), dtype="str")
    ordered |= made
    frame = gpd.GeoDataFrame(ordered, geometry=gpd.GeoSeries(shapes), index=range(len(shapes)))
    return frame.sort_values(ROLES[role].id_column, kind="stable", ignore_index=True)


def _address(frame: pd.DataFrame) -> Any:
    street, number = _text(frame, "addr:street"), _text(frame, "addr:housenumber")
    return np.where((street != "") & (number != ""), street + " " + number, "")


def _buildings(areas: pd.DataFrame) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    rows = areas[_text(areas, "building") != ""].reset_index(drop=True)
    levels = pd.to_numeric(_text(rows, "building:levels"), errors="coerce").to_numpy(dtype=float)
    with np.errstate(invalid="ignore"):
        floors = np.where((levels >= 1) & (levels < 200), np.ceil(levels), np.nan)
    homes = _are_homes(rows, areas)
    columns: dict[str, Any] = {
        "building_id": _area_ids(rows),
        "name": _text(rows, "name"),
        "address": _address(rows),
        "use": np.where(homes, "residential", "other"),
        "osm_building": _text(rows, "building"),
    }
    frame = _frame("buildings", columns, rows["geometry"])
    if np.isfinite(floors).any():
        order = np.argsort(np.asarray(_area_ids(rows), dtype=object), kind="stable")
        frame.insert(3, "floors", floors[order])
    others = int((~homes).sum())
    return frame, [OSM_HOMES.found(count=others, total=len(rows))] if others else []


def _are_homes(rows: pd.DataFrame, areas: pd.DataFrame) -> Any:
    values = _text(rows, "building")
    named = {value: canonical_value("use", value) != "other" for value in values.unique()}
    homes = np.array(values.map(named), dtype=bool)
    plain = (values == "yes").to_numpy(dtype=bool)
    for tag, not_home in NOT_HOMES.items():
        tagged = _text(rows, tag)
        hit = (tagged != "") if not_home is None else tagged.isin(sorted(not_home))
        homes &= ~(plain & hit.to_numpy(dtype=bool))
    works = areas[_text(areas, "landuse").isin(["industrial"])]["geometry"].to_numpy()
    if len(works) and len(rows):
        tree = shapely.STRtree(shapely.point_on_surface(rows["geometry"].to_numpy()))
        inside = np.unique(tree.query(works, predicate="intersects")[1])
        homes[inside] &= ~plain[inside]
    return homes


def _communities(
    areas: pd.DataFrame, buildings: gpd.GeoDataFrame, label: str, asked: int | None
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    level = pd.to_numeric(_text(areas, "admin_level"), errors="coerce")
    rows = areas[(_text(areas, "boundary") == "administrative") & level.notna()]
    level = level[rows.index].astype("int64")
    levels = sorted(int(item) for item in level.unique())
    shown = ", ".join(map(str, levels)) or "none"
    shares = {item: _share(rows[level == item], buildings) for item in levels}
    chosen = asked if asked in levels else None
    if asked is None and levels:
        covering = [item for item in levels if shares[item] >= COVERED_SHARE * max(shares.values())]
        chosen = max(covering)
    if chosen is None:
        words = ("", "") if asked is None else (f" of level {asked}", f"（级别 {asked}）")
        said = OSM_NO_COMMUNITIES.found([label], levels=shown, asked=words[0], asked_zh=words[1])
        return _frame("communities", {"community_id": []}, []), [said]
    own = rows[level == chosen].reset_index(drop=True)
    above = rows[level == max((i for i in levels if 2 < i < chosen), default=-1)]
    columns = {
        "community_id": _area_ids(own),
        "name": _text(own, "name"),
        "township": _names_around(own, above.reset_index(drop=True)),
    }
    finer = [item for item in levels if item > chosen]
    said = OSM_COMMUNITIES.found(
        count=len(own),
        level=chosen,
        share=f"{shares[chosen]:.0%}",
        levels=shown,
        finer="".join(f"; level {i} holds only {shares[i]:.0%}" for i in finer),
        finer_zh="".join(f"；级别 {i} 仅含 {shares[i]:.0%}" for i in finer),
    )
    return _frame("communities", columns, own["geometry"]), [said]


def _share(rows: pd.DataFrame, buildings: gpd.GeoDataFrame) -> float:
    """Return the share of buildings with a point inside these areas (1 when there are none)."""
    if not len(buildings):
        return 1.0
    points = shapely.point_on_surface(buildings.geometry.to_numpy())
    found = shapely.STRtree(points).query(rows["geometry"].to_numpy(), predicate="intersects")
    return len(np.unique(found[1])) / len(points)


def _names_around(rows: pd.DataFrame, above: pd.DataFrame) -> list[str]:
    """Return the name of the area above that holds a point of each row, or ``""``."""
    names = [""] * len(rows)
    if len(above):
        points = shapely.point_on_surface(rows["geometry"].to_numpy())
        found = shapely.STRtree(points).query(above["geometry"].to_numpy(), predicate="intersects")
        for area, place in found.T[::-1]:
            names[int(place)] = str(_text(above, "name").iloc[int(area)])
    return names


def _roads(ways: pd.DataFrame, label: str) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    values = _text(ways, "highway")
    classes = {value: canonical_value("road_class", value) for value in values.unique()}
    bridge = ~_text(ways, "bridge").isin(["", "no"])
    is_path = values.isin(sorted(PATHS))
    kept = (values.map(classes) != "") & ~is_path & (values != "")
    rows = ways[kept | (is_path & bridge)].reset_index(drop=True)
    named = _text(rows, "highway").map(classes)
    columns = {
        "road_id": "w" + _text(rows, "osm_id"),
        "name": _text(rows, "name"),
        "class": np.where(named != "", named, "local"),
        "bridge": np.where(_text(rows, "bridge").isin(["", "no"]), "", "yes"),
        "osm_highway": _text(rows, "highway"),
    }
    left = int((is_path & ~bridge).sum())
    said = [OSM_PATHS.found([label], count=left)] if left else []
    return _frame("roads", columns, rows["geometry"]), said


def _barriers(ways: pd.DataFrame, areas: pd.DataFrame) -> gpd.GeoDataFrame:
    above_ground = _text(ways, "tunnel").isin(["", "no"])
    kinds = np.select(
        [
            _text(ways, "waterway").isin(sorted(RIVER_WAYS)) & above_ground,
            _text(ways, "railway").isin(sorted(RAIL_WAYS)) & above_ground,
            _text(ways, "barrier").isin(sorted(WALL_WAYS)),
        ],
        ["river", "railway", "wall"],
        "",
    )
    lines = ways[kinds != ""]
    water = areas[_is_water(areas)]
    ids = pd.concat(["w" + _text(lines, "osm_id"), _area_ids(water)])
    columns = {
        "barrier_id": ids,
        "name": pd.concat([_text(lines, "name"), _text(water, "name")]),
        "kind": np.concatenate([kinds[kinds != ""], np.full(len(water), "river", dtype=object)]),
    }
    return _frame("barriers", columns, pd.concat([lines["geometry"], water["geometry"]]))


def _is_water(areas: pd.DataFrame) -> Any:
    wet = (_text(areas, "natural") == "water") | (_text(areas, "waterway") == "riverbank")
    wet |= _text(areas, "landuse").isin(["reservoir", "basin"])
    shapes = areas["geometry"].to_numpy()
    latitude = shapely.get_y(shapely.point_on_surface(shapes)) if len(shapes) else np.array([])
    metres2 = shapely.area(shapes) * np.cos(np.radians(latitude)) * _METRES_A_DEGREE**2
    return wet.to_numpy(dtype=bool) & (metres2 >= LEAST_WATER_M2)


def _sites(areas: pd.DataFrame, nodes: pd.DataFrame) -> gpd.GeoDataFrame:
    parts = [
        _site_columns(areas, _area_ids, keep=lambda category: category != ""),
        _site_columns(
            nodes,
            lambda rows: "n" + _text(rows, "osm_id"),
            keep=lambda category: np.isin(category, ["school", "hospital", "government"]),
        ),
    ]
    rows = pd.concat(parts, ignore_index=True)
    geometry = rows.pop("geometry")
    return _frame("sites", {str(name): rows[name] for name in rows.columns}, geometry)


def _site_columns(
    rows: pd.DataFrame,
    ids: Callable[[pd.DataFrame], pd.Series[str]],
    *,
    keep: Callable[[Any], Any],
) -> pd.DataFrame:
    category = np.full(len(rows), "", dtype=object)
    for word, tag, values in SITE_TAGS:
        hit = _text(rows, tag).isin(sorted(values)).to_numpy(dtype=bool)
        category[hit & (category == "")] = word
    kept = np.asarray(keep(category), dtype=bool)
    chosen = rows[kept]
    name, operator = _text(chosen, "name"), _text(chosen, "operator")
    return pd.DataFrame(
        {
            "site_id": ids(chosen),
            "name": name,
            "category": category[kept],
            "owner": operator.where(operator != "", name),
            "address": _address(chosen),
            "geometry": chosen["geometry"],
        }
    )


def _doors(nodes: pd.DataFrame) -> gpd.GeoDataFrame:
    rows = nodes[(_text(nodes, "addr:housenumber") != "") & (_text(nodes, "addr:street") != "")]
    columns = {
        "door_id": "n" + _text(rows, "osm_id"),
        "address": _address(rows),
        "road": _text(rows, "addr:street"),
        "number": _text(rows, "addr:housenumber"),
    }
    return _frame("doors", columns, rows["geometry"])
