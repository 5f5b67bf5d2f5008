"""Layers over the grids that can be switched on: what an analysis found, as items to click."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import shapely

from gridmap.errors import InvalidOption
from gridmap.maps.outlines import METRES_A_DEGREE, TOLERANCE_M, pack_lines
from gridmap.maps.wording import clean_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from gridmap.maps.ground import Ground

POINT, LINE, POLYGON = 0, 1, 3
"""Numbers that shapely gives to these types."""


class Fact(NamedTuple):
    """A line of an item's card: what it is about and its value, in both languages."""

    zh: str
    en: str
    value_zh: str
    value_en: str


class Item(NamedTuple):
    """One thing of a layer: its title in both languages, its facts, its place in lon/lat."""

    zh: str
    en: str
    facts: tuple[Fact, ...]
    shape: shapely.Geometry


@dataclass(frozen=True)
class MapLayer:
    """Things of one kind over the grids.

    Attributes
    ----------
    key
        A short word, unique on a map.
    zh, en
        What they are.
    colour
        ``#rrggbb`` of their lines; land is filled with a share of it.
    items
        In the order of the list.
    """

    key: str
    zh: str
    en: str
    colour: str
    items: tuple[Item, ...]


def pack_layers(
    layers: Sequence[MapLayer],
    ground: Ground,
) -> list[dict[str, Any]]:
    """Return layers as the page reads them.

    Parameters
    ----------
    layers
        Without two of one key.
    ground
        Of the page.

    Returns
    -------
    list of dict
        ``key``, ``name``, ``colour``; ``items``, each with ``name``, ``facts`` (rows of four
        texts) and ``shape``: a row for each part: its type (0 point, 1 line, 3 polygon) and the
        number of its lines; ``lines``: all lines of the layer, packed.

    Raises
    ------
    InvalidOption
        When two have one key.

    Examples
    --------
    >>> item = Item("甲", "A", (), shapely.box(0, 0, 1, 1))
    >>> import geopandas as gpd
    >>> from gridmap.maps.ground import Ground
    >>> ground = Ground.of(gpd.GeoDataFrame(geometry=[item.shape], crs=4490))
    >>> packed = pack_layers([MapLayer("x", "子", "X", "#ff0000", (item,))], ground)
    >>> packed[0]["items"][0]["shape"]
    [[3, 1]]
    """
    keys = [layer.key for layer in layers]
    if len(set(keys)) < len(keys):
        twice = sorted({key for key in keys if keys.count(key) > 1})
        raise InvalidOption(
            f"Two layers have the same key: {', '.join(twice)}.",
            f"有两个图层的 key 相同：{'、'.join(twice)}。",
            cure_en="Give each file once.",
            cure_zh="每个文件只给一次。",
        )
    return [_pack_layer(layer, ground) for layer in layers]


def _pack_layer(layer: MapLayer, ground: Ground) -> dict[str, Any]:
    lines: list[NDArray[np.int64]] = []
    items = []
    for item in layer.items:
        simple = shapely.simplify(item.shape, TOLERANCE_M / METRES_A_DEGREE)
        rows = []
        for part in shapely.get_parts(simple):
            rings = _lines_of(part)
            if rings:
                rows.append([int(shapely.get_type_id(part)), len(rings)])
            lines += [ground.count_degrees(shapely.get_coordinates(ring)) for ring in rings]
        if rows:
            facts = [[clean_text(text, longest=300) for text in fact] for fact in item.facts]
            name = {"zh": clean_text(item.zh), "en": clean_text(item.en)}
            items.append({"name": name, "facts": facts, "shape": rows})
    return {
        "key": clean_text(layer.key),
        "name": {"zh": clean_text(layer.zh), "en": clean_text(layer.en)},
        "colour": layer.colour,
        "items": items,
        "lines": pack_lines(lines),
    }


def _lines_of(part: shapely.Geometry) -> list[shapely.Geometry]:
    """Return the lines of a simple geometry: the rings of a polygon, the outer one first."""
    if shapely.is_empty(part):
        return []
    kind = shapely.get_type_id(part)
    if kind == POLYGON:
        return list(shapely.get_rings(part))
    return [part] if kind in (POINT, LINE) else []
