"""The standard address of what an answer found: never of what it did not find."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridmap.addresses.elements import Address, standard_text
from gridmap.addresses.gazetteer import loose_key

if TYPE_CHECKING:
    from gridmap.addresses.gazetteer import Gazetteer

EXACT = frozenset({"building", "door", "place", "group"})
"""Levels of one place; the others name wide land."""

_KEPT = {
    "door": ("village", "group", "road", "number"),
    "place": ("compound", "place"),
    "group": ("village", "group"),
    "village": ("village",),
    "side": ("road",),
    "road": ("road",),
}
"""Level -> the elements that the places of one answer share."""


def standard_of(gazetteer: Gazetteer, rows: tuple[int, ...], level: str, address: Address) -> str:
    """Return the standard address of the place found, or of the wide land found.

    Parameters
    ----------
    gazetteer
        The places.
    rows
        Positions of the places found.
    level
        As in `Evidence`: what they were found by.
    address
        As read from the question: tells which of several spellings was asked for, and whether it
        named a building that was not found.

    Returns
    -------
    str
        ``""`` where the places found have no name in common. Of one building under several
        spellings the one asked for, else the fullest.

    Notes
    -----
    Source: DESIGN.md section 3, ``gm_standard_address``: of what stands there; a building that
    nothing is known of is never named.

    Examples
    --------
    >>> from gridmap.locating import open_release
    >>> from gridmap.locating.examples import draw_plan
    >>> known = open_release(draw_plan()).gazetteer
    >>> asked = Address(compound="锦绣花园", building="99")
    >>> standard_of(known, known.find("name", "锦绣花园"), "compound", asked)
    '锦绣花园'
    """
    texts = list(dict.fromkeys(gazetteer.places[row].text for row in rows))
    asked = standard_text(address)
    unfound = bool(address.building) and level != "building"
    if level in EXACT and not unfound and _is_one_place(gazetteer, rows, texts):
        return asked if asked in texts else min(texts, key=lambda text: (-len(text), text))
    return _shared_text(gazetteer, rows, level, asked)


def _is_one_place(gazetteer: Gazetteer, rows: tuple[int, ...], texts: list[str]) -> bool:
    if len(texts) == 1:
        return True
    places = [gazetteer.places[row] for row in rows]
    for ids in ({p.building_id for p in places}, {p.site_id for p in places}):
        if len(ids) == 1 and "" not in ids:
            return True
    return False


def _shared_text(gazetteer: Gazetteer, rows: tuple[int, ...], level: str, asked: str) -> str:
    """Return the name that all places share at this level, one spelling of it."""
    shared = {standard_text(_cut(gazetteer.places[row].address, level)) for row in rows}
    if asked in shared and len({loose_key(text) for text in shared}) == 1:
        return asked
    if len({loose_key(text) for text in shared}) != 1:
        return ""
    return min(shared, key=lambda text: (-len(text), text))


def _cut(address: Address, level: str) -> Address:
    """Keep the elements of an address that a level is named by."""
    if level == "compound":
        name = address.compound or address.place
        return Address(compound=name) if name else Address(village=address.village)
    return Address(**{name: getattr(address, name) for name in _KEPT.get(level, ())})
