"""Edits as GeoJSON: written so that a colleague can read, prune and apply them.

One feature for each piece of land that changes hands, with its edit, from whom and to whom; of an
inverse also the outlines as they were. QGIS opens the file; numbers are written so that every
vertex is read back to the last bit.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shapely

from gridmap.boundaries.edits import EDIT_KINDS, DivisionEdit, Move, Restored
from gridmap.errors import InvalidOption, UnreadableFile
from gridmap.writing import check_ending, write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterable

FORMAT = 1
"""Version of the form, in the member ``gridmap_edits`` of the file."""
SHAPES = ("Polygon", "MultiPolygon")
ENDINGS = (".geojson", ".json")


def edits_as_dict(edits: Iterable[DivisionEdit]) -> dict[str, object]:
    """Return edits as a GeoJSON FeatureCollection, in their order.

    Properties of a feature: ``edit`` (id), ``kind``, ``from`` and ``to`` (lists of division ids)
    of land that moves; ``edit``, ``kind`` and ``outline_of`` (a division id) of an outline that an
    inverse gives back. Members of the file: ``gridmap_edits`` (the version of the form), ``crs``
    (``EPSG:n``) and ``level`` of each edit among its properties.

    Examples
    --------
    >>> move = Move(shapely.box(0, 0, 1, 1), ("A",), ("B",))
    >>> collection = edits_as_dict([DivisionEdit("E1", "give", (move,), "EPSG:4490")])
    >>> collection["features"][0]["properties"]["from"]
    ['A']
    """
    features: list[dict[str, object]] = []
    for edit in edits:
        said: dict[str, object] = {
            "edit": edit.edit_id,
            "kind": edit.kind,
            "crs": edit.crs,
            "level": edit.level,
        }
        for move in edit.moves:
            between: dict[str, object] = {"from": list(move.held_by), "to": list(move.goes_to)}
            features.append(_feature(move.land, said | between))
        features += [
            _feature(item.outline, said | {"outline_of": item.division_id})
            for item in edit.restored
        ]
    return {"type": "FeatureCollection", "gridmap_edits": FORMAT, "features": features}


def _feature(shape: shapely.Geometry, properties: dict[str, object]) -> dict[str, object]:
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": json.loads(shapely.to_geojson(shape)),
    }


def write_edits(edits: Iterable[DivisionEdit], path: str | Path) -> None:
    """Write edits as one GeoJSON file, whole or not at all.

    Raises
    ------
    InvalidOption
        When the path does not end in ``.json`` or ``.geojson``.
    UnwritableFile
        When the file can't be written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> move = Move(shapely.box(0, 0, 1, 1), ("A",), ("B",))
    >>> edits = (DivisionEdit("E1", "give", (move,), "EPSG:4490"),)
    >>> with TemporaryDirectory() as folder:
    ...     write_edits(edits, Path(folder) / "edits.geojson")
    ...     read_edits(Path(folder) / "edits.geojson") == edits
    True
    """
    check_ending(path, *ENDINGS)
    text = json.dumps(edits_as_dict(edits), ensure_ascii=False, allow_nan=False, indent=None)
    with write_atomically(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def read_edits(path: str | Path) -> tuple[DivisionEdit, ...]:
    """Read the edits of a file that `write_edits` wrote, or that a person pruned.

    Features of one edit stand next to one another; features may be taken out, an edit at a time.

    Raises
    ------
    UnreadableFile
        When the file is missing, is no GeoJSON of edits, or a feature has a wrong member; the
        text names the feature by its number.

    Examples
    --------
    >>> read_edits("absent.json")
    Traceback (most recent call last):
    gridmap.errors.UnreadableFile: absent.json can't be read: No such file or directory. ...
    """
    name = Path(path).name
    try:
        text = Path(path).read_text("utf-8")
    except OSError as problem:
        why = problem.strerror or "no file"
        raise _unreadable(name, why, why) from problem
    except UnicodeDecodeError as problem:
        raise _unreadable(name, "it is not UTF-8", "不是 UTF-8 编码") from problem
    try:
        data = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as problem:
        raise _unreadable(name, "it is not JSON", "不是 JSON") from problem
    try:
        return parse_edits(data)
    except _Malformed as problem:
        raise _unreadable(name, problem.en, problem.zh) from None


def _unreadable(name: str, en: str, zh: str) -> UnreadableFile:
    return UnreadableFile(
        f"{name} can't be read: {en}.",
        f"无法读取 {name}：{zh}。",
        cure_en="Write it again: gridmap analyse INPUT --proposals --edits edits.geojson",
        cure_zh="请重新生成：gridmap analyse INPUT --proposals --edits edits.geojson",
    )


def _refuse_constant(text: str) -> float:
    raise ValueError(text)


class _Malformed(Exception):
    """A file of edits that is not of the form."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.en, self.zh = en, zh


def parse_edits(data: object) -> tuple[DivisionEdit, ...]:
    """Turn a GeoJSON FeatureCollection into edits, in the order of their first features."""
    if not isinstance(data, dict) or data.get("gridmap_edits") != FORMAT:
        raise _Malformed("it is not a file of edits, version 1", "不是调整文件（版本 1）")
    features = data.get("features")
    if not isinstance(features, list):
        raise _Malformed("it has no list of features", "缺少 features 列表")
    found: dict[str, list[_Feature]] = {}
    last = ""
    for number, feature in enumerate(features, start=1):
        said = _Feature.of(feature, number)
        others = found.setdefault(said.edit, [])
        if others and said.edit != last:
            raise said.wrong("edit", "an id that another edit has", "与另一项调整编号相同")
        if others and others[0].shared != said.shared:
            raise said.wrong("kind", "another kind, crs or level than its edit", "与同项调整不一致")
        last = said.edit
        others.append(said)
    return tuple(_make_edit(some) for some in found.values())


def _make_edit(features: list[_Feature]) -> DivisionEdit:
    """Make the edit of its features."""
    kind, crs, level = features[0].shared
    outlines = [said for said in features if "outline_of" in said.properties]
    moves = [said for said in features if "outline_of" not in said.properties]
    try:
        return DivisionEdit(
            features[0].edit,
            kind,
            tuple(Move(said.shape, said.ids("from"), said.ids("to")) for said in moves),
            crs,
            level,
            tuple(Restored(said.text("outline_of"), said.shape) for said in outlines),
        )
    except InvalidOption as fault:
        raise _Malformed(fault.en.rstrip("."), fault.zh.rstrip("。")) from None


class _Feature:
    """One feature of the file, its members checked."""

    def __init__(self, number: int, properties: dict[str, Any], shape: shapely.Geometry) -> None:
        self.number, self.properties, self.shape = number, properties, shape

    @classmethod
    def of(cls, feature: object, number: int) -> _Feature:
        """Check that it is a feature with a polygon and properties."""
        lone = cls(number, {}, shapely.Polygon())
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            raise lone.wrong("type", "no GeoJSON feature", "不是 GeoJSON 要素")
        if not isinstance(feature.get("properties"), dict):
            raise lone.wrong("properties", "no members", "缺少属性")
        shape = lone.read_shape(feature.get("geometry"))
        said = cls(number, feature["properties"], shape)
        if said.kind not in EDIT_KINDS:
            raise said.wrong("kind", "a kind that does not exist", "类型不存在")
        return said

    def wrong(self, member: str, en: str, zh: str) -> _Malformed:
        """Return the error for one member."""
        return _Malformed(
            f"feature {self.number} has {en} ({member})", f"第 {self.number} 个要素{zh}（{member}）"
        )

    def read_shape(self, geometry: object) -> shapely.Geometry:
        """Return the polygon of a GeoJSON geometry."""
        if not isinstance(geometry, dict) or geometry.get("type") not in SHAPES:
            raise self.wrong("geometry", "no polygon", "不是多边形")
        try:
            shape = shapely.geometry.shape(_check_numbers(geometry))
        except (ValueError, TypeError, LookupError, OverflowError, AttributeError, RecursionError,
                shapely.errors.ShapelyError):  # fmt: skip
            raise self.wrong("geometry", "a polygon that can't be read", "多边形无法读取") from None
        if shapely.is_empty(shape) or shapely.has_z(shape):
            raise self.wrong("geometry", "an empty polygon, or heights", "多边形为空或带高程")
        return shape

    def text(self, member: str, *, may_be_blank: bool = False) -> str:
        """Return a member that is a text."""
        value = self.properties.get(member)
        if not isinstance(value, str) or (not value and not may_be_blank):
            raise self.wrong(member, "no text", "缺少文字")
        return value

    @property
    def edit(self) -> str:
        """Return the id of the edit."""
        return self.text("edit")

    @property
    def kind(self) -> Any:
        """Return the kind of the edit."""
        return self.text("kind")

    @property
    def crs(self) -> str:
        """Return the CRS of the land."""
        return self.text("crs", may_be_blank=True)

    @property
    def level(self) -> str:
        """Return the level of the divisions."""
        return self.text("level", may_be_blank=True)

    @property
    def shared(self) -> tuple[Any, str, str]:
        """Return what all features of an edit say alike: kind, CRS and level."""
        return self.kind, self.crs, self.level

    def ids(self, member: str) -> tuple[str, ...]:
        """Return a member that is a list of different division ids."""
        value = self.properties.get(member)
        if isinstance(value, list) and all(isinstance(item, str) and item for item in value):
            ids = tuple(sorted(str(item) for item in value))
            if len(set(ids)) == len(ids):
                return ids
        raise self.wrong(member, "no list of different ids", "不是互不相同的编号列表")


def _check_numbers(geometry: dict[str, Any]) -> dict[str, Any]:
    """Refuse coordinates that are no finite numbers."""
    waiting: list[Any] = [geometry.get("coordinates")]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting += item
        elif isinstance(item, bool) or not isinstance(item, (int, float)):
            raise TypeError(item)
        elif not math.isfinite(item):
            raise ValueError(item)
    return geometry
