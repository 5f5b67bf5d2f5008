"""An address and a gazetteer -> what is known of each thing the address names.

Matching is a list of visible steps, from the finest thing named to the coarsest; each step that
finds places is one `Evidence`. Nothing is matched by similarity: two spellings are equal after
normalisation, or they are not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gridmap.addresses.gazetteer import fold_clean, loose_key, loosen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gridmap.addresses.elements import Address
    from gridmap.addresses.gazetteer import Gazetteer

WIDE = frozenset({"compound", "group", "village", "road", "side"})
"""Levels whose land may be shared by several grids."""


class Evidence(NamedTuple):
    """Places that one part of an address names.

    Attributes
    ----------
    level
        ``building``, ``door``, ``place``, ``group``, ``compound``, ``village``, ``side`` (the same
        side of the road, next to an unknown number) or ``road``.
    rows
        Positions in `Gazetteer.places`.
    loose
        Whether a name only agreed in its loose spelling (with or without 小区).
    faults
        Codes of `gridmap.locating.faults.FAULTS` that this step met.
    """

    level: str
    rows: tuple[int, ...]
    loose: bool = False
    faults: tuple[str, ...] = ()


def find_evidence(gazetteer: Gazetteer, address: Address) -> list[Evidence]:
    """Look up everything that an address names, the finest first.

    Examples
    --------
    >>> import pandas as pd
    >>> from gridmap.addresses.gazetteer import make_gazetteer
    >>> from gridmap.addresses.parsing import parse_address
    >>> rows = pd.DataFrame({"text": ["建设路12号"], "building_id": [""], "lon": [113.1],
    ...     "lat": [23.0], "elements": ['{"road": "建设路", "number": "12"}']})
    >>> known = make_gazetteer(rows)
    >>> [step.level for step in find_evidence(known, parse_address("建設路十二號"))]
    ['door']
    """
    steps = (_building_steps, _door_steps, _name_steps, _village_steps, _road_steps)
    return [evidence for step in steps for evidence in step(gazetteer, address) if evidence.rows]


def _search(gazetteer: Gazetteer, kind: str, *parts: str) -> tuple[tuple[int, ...], bool]:
    """Find by the name as written, else by its loose spelling; the first part is the name."""
    name, *rest = parts
    key = fold_clean(name)
    rows = gazetteer.find(kind, key, *rest)
    if rows:
        return rows, False
    return gazetteer.find("~" + kind, loosen(key), *rest), True


def _building_steps(gazetteer: Gazetteer, address: Address) -> Iterator[Evidence]:
    if not address.building:
        return
    name = address.compound or address.place
    if name:
        rows, loose = _search(gazetteer, "building", name, address.building)
        rows = _agreeing(gazetteer, rows, address)
        yield Evidence("building", rows, loose)
        if rows:
            return
    if address.road and address.number:
        rows, loose = _search(gazetteer, "yard", address.road, address.number, address.building)
        yield Evidence("building", rows, loose)


def _agreeing(gazetteer: Gazetteer, rows: tuple[int, ...], address: Address) -> tuple[int, ...]:
    """Prefer, among places of one name, those on the road that the address names."""
    if not address.road or len(rows) < 2:
        return rows
    road = loose_key(address.road)
    same = tuple(row for row in rows if loose_key(gazetteer.places[row].address.road or "") == road)
    return same or rows


def _door_steps(gazetteer: Gazetteer, address: Address) -> Iterator[Evidence]:
    if not address.number:
        return
    if address.road:
        rows, loose = _search(gazetteer, "door", address.road, address.number)
        if rows:
            yield Evidence("door", rows, loose)
            return
        plain = address.number.split("-")[0]
        if plain != address.number:
            rows, loose = _search(gazetteer, "door", address.road, plain)
            yield Evidence("door", rows, loose, ("sub_number_unknown",))
    elif address.village:
        parts = (address.village, address.group or "*", address.number)
        rows, loose = _search(gazetteer, "homestead", *parts)
        if not rows and address.group:
            rows, loose = _search(gazetteer, "homestead", address.village, "", address.number)
        if not rows and not address.group:
            rows, loose = _search(gazetteer, "building", address.village, address.number)
        yield Evidence("door", rows, loose)
    elif address.compound or address.place:
        name = address.compound or address.place
        rows, loose = _search(gazetteer, "building", name, address.number)
        yield Evidence("building", rows, loose)
        rows, loose = _search(gazetteer, "name", f"{name}{address.number}号")
        yield Evidence(_name_level(gazetteer, rows), rows, loose)


def _name_steps(gazetteer: Gazetteer, address: Address) -> Iterator[Evidence]:
    for name in dict.fromkeys((address.place, address.compound)):
        if not name:
            continue
        rows, loose = _search(gazetteer, "name", name)
        if not rows and address.road:
            rows, loose = _search(gazetteer, "name", address.road + name)
        yield Evidence(_name_level(gazetteer, rows), rows, loose)
    if address.village and not address.group:
        rows, loose = _search(gazetteer, "name", address.village)
        yield Evidence(_name_level(gazetteer, rows), rows, loose)
    if address.road and not address.number and not address.compound and not address.place:
        rows, loose = _search(gazetteer, "name", address.road)
        yield Evidence(_name_level(gazetteer, rows), rows, loose)


def _name_level(gazetteer: Gazetteer, rows: tuple[int, ...]) -> str:
    """Say ``place`` when the name is a site's own, ``compound`` when it is that of wide land."""
    sites = [gazetteer.places[row].kind in ("site", "place") for row in rows]
    return "place" if sites and all(sites) else "compound"


def _village_steps(gazetteer: Gazetteer, address: Address) -> Iterator[Evidence]:
    if not address.village:
        return
    if address.group:
        rows, loose = _search(gazetteer, "group", address.village, address.group)
        yield Evidence("group", rows, loose)
    rows, loose = _search(gazetteer, "village", address.village)
    yield Evidence("village", rows, loose)


def _road_steps(gazetteer: Gazetteer, address: Address) -> Iterator[Evidence]:
    if not address.road:
        return
    value = address.number_value
    if value is None:
        rows, loose = _search(gazetteer, "road", address.road)
        yield Evidence("road", rows, loose)
    elif not _search(gazetteer, "door", address.road, address.number)[0]:
        rows, loose = _search(gazetteer, "side", address.road, address.parity)
        yield Evidence("side", _neighbours(gazetteer, rows, value), loose, ("number_unknown",))


def _neighbours(gazetteer: Gazetteer, rows: tuple[int, ...], value: int) -> tuple[int, ...]:
    """Keep the doors next below and next above on the same side of the road.

    Source: FIELD.md section 6: odd and even numbers lie on two sides of the road.
    """
    values = {row: gazetteer.places[row].address.number_value or 0 for row in rows}
    below = max((v for v in values.values() if v <= value), default=None)
    above = min((v for v in values.values() if v >= value), default=None)
    return tuple(row for row in rows if values[row] in (below, above))
