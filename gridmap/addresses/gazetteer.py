"""Known places by every key that an address can name them with."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, NamedTuple

from gridmap.addresses.characters import clean_text
from gridmap.addresses.elements import Address
from gridmap.addresses.numerals import fold_numerals
from gridmap.addresses.parsing import MAX_ADDRESS_CHARACTERS, parse_address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pandas as pd

    Fold = Callable[[str], str]

Key = tuple[str, ...]
"""The kind of the key, then its parts: ``("door", "建设路", "12")``."""

LONGEST_NAME = 200
"""An element above this many characters is no name. gridmap's own default."""

_ORDINAL = re.compile(r"第(?=[0-9])")
_NOT_IN_KEYS = re.compile(r"[\s\-#()]+")
_LOOSE_TAIL = re.compile(r"(?:住宅小区|生活小区|小区|社区|家属院|宿舍区?|大院|院内|院)$")
_LOOSE_ROAD = re.compile(r"(?<=[路街巷道])[东西南北中]段$")
_ADDRESS_FIELDS = frozenset(field.name for field in fields(Address)) - {"ignored"}


class Place(NamedTuple):
    """A row of the ``addresses`` table.

    Attributes
    ----------
    text
        Standard address.
    address
        Its elements.
    kind
        ``building``, ``door``, ``site``, ``compound``, ``village`` ... as collected.
    building_id, compound_id, site_id
        What stands there, or ``""``.
    lon, lat
        Degrees.
    """

    text: str
    address: Address
    kind: str
    building_id: str
    compound_id: str
    site_id: str
    lon: float
    lat: float


@dataclass(frozen=True)
class Gazetteer:
    """Places and the index that finds them; positions are those of ``places``."""

    places: tuple[Place, ...]
    index: Mapping[Key, tuple[int, ...]]

    def find(self, *key: str) -> tuple[int, ...]:
        """Return the positions of the places with this key, in order; empty when there are none."""
        return self.index.get(key, ())


def name_key(name: str) -> str:
    """Return what a name is compared by: numerals as digits, no spaces, one case.

    Examples
    --------
    >>> name_key("第十三 中学") == name_key("第13中学") == name_key("13中学")
    True
    """
    return fold_clean(clean_text(name))


def fold_clean(name: str) -> str:
    """Return `name_key` of a name that `clean_text` has been through, as parsed elements have.

    Examples
    --------
    >>> fold_clean("第十三中学")
    '13中学'
    """
    folded = fold_numerals(_NOT_IN_KEYS.sub("", name))
    return _ORDINAL.sub("", folded).casefold()


def loose_key(name: str) -> str:
    """Return what a name is compared by when its own spelling is not known: 锦绣花园(小区).

    Examples
    --------
    >>> loose_key("锦绣花园小区"), loose_key("建设路东段")
    ('锦绣花园', '建设路')
    """
    return loosen(name_key(name))


def loosen(key: str) -> str:
    """Return the loose form of a name's key; a name of one character stays whole.

    Examples
    --------
    >>> loosen("锦绣花园小区"), loosen("小区")
    ('锦绣花园', '小区')
    """
    short = _LOOSE_ROAD.sub("", _LOOSE_TAIL.sub("", key))
    return short if len(short) >= 2 else key


def make_gazetteer(places: pd.DataFrame) -> Gazetteer:
    """Index the rows of a places frame.

    Parameters
    ----------
    places
        As returned by `collect_places`: ``text``, ``elements``, ``building_id``, ``lon``, ``lat``.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"text": ["建设路12号"], "building_id": [""], "lon": [113.1],
    ...     "lat": [23.0], "elements": ['{"road": "建设路", "number": "12"}']})
    >>> make_gazetteer(rows).find("door", "建设路", "12")
    (0,)
    """
    columns = ("text", "elements", "building_id", "lon", "lat")
    rows = zip(*(places[name].tolist() for name in columns), strict=True)
    found = tuple(
        _place(str(text), str(elements), str(building), float(lon), float(lat))
        for text, elements, building, lon, lat in rows
    )
    index: dict[Key, list[int]] = {}
    for position, place in enumerate(found):
        for key in dict.fromkeys(place_keys(place.address)):
            index.setdefault(key, []).append(position)
    return Gazetteer(found, {key: tuple(positions) for key, positions in index.items()})


def _place(text: str, elements: str, building_id: str, lon: float, lat: float) -> Place:
    values = _read_elements(elements)
    if values:
        parts: dict[str, Any] = {n: value for n, value in values.items() if n in _ADDRESS_FIELDS}
        address = Address(**parts)
    else:
        address = parse_address(text[:MAX_ADDRESS_CHARACTERS])
    extra = (values.get(name, "") for name in ("kind", "compound_id", "site_id"))
    kind, compound_id, site_id = extra
    return Place(text, address, kind, building_id, compound_id, site_id, lon, lat)


def _read_elements(elements: str) -> dict[str, str]:
    """Read the JSON of a row; a file edited by hand may hold anything, or nothing."""
    try:
        table = json.loads(elements)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(table, dict):
        return {}
    return {str(n): v for n, v in table.items() if isinstance(v, str) and len(v) <= LONGEST_NAME}


def place_keys(address: Address) -> Iterator[Key]:
    """Yield every key under which a place of these elements is found.

    Each key of names comes twice: as written, and with ``~`` for the loose spelling.

    Examples
    --------
    >>> list(place_keys(Address(compound="锦绣花园小区", building="3")))[:2]
    [('building', '锦绣花园小区', '3'), ('name', '锦绣花园小区')]
    """
    for mark, fold in (("", name_key), ("~", loose_key)):
        yield from _keys(address, mark, fold)


def _keys(address: Address, mark: str, fold: Fold) -> Iterator[Key]:
    road, village = fold(address.road), fold(address.village)
    name = fold(address.compound or address.place)
    own = name or ("" if address.group else village)
    # 彭家湾 is a village or a compound, as its ending or its layer says: found as both
    if own:
        if address.building:
            yield (mark + "building", own, address.building)
        elif address.number and not road:
            yield (mark + "building", own, address.number)
        yield (mark + "name", own)
    if road:
        yield from _road_keys(address, mark, road)
    if village:
        yield from _village_keys(address, mark, village)


def _road_keys(address: Address, mark: str, road: str) -> Iterator[Key]:
    if address.number:
        if address.building:
            yield (mark + "yard", road, address.number, address.building)
        yield (mark + "door", road, address.number)
        yield (mark + "side", road, address.parity)
    yield (mark + "road", road)


def _village_keys(address: Address, mark: str, village: str) -> Iterator[Key]:
    if address.number:
        yield (mark + "homestead", village, address.group, address.number)
        yield (mark + "homestead", village, "*", address.number)
    if address.group:
        yield (mark + "group", village, address.group)
    yield (mark + "village", village)
