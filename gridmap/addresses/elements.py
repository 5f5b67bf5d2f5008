"""What an address is made of, and its one standard form."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, fields

from gridmap.addresses.characters import has_chinese

DIVISIONS = ("province", "city", "district", "township", "community")
"""The levels above an address, from the largest."""

PRIVATE_ELEMENTS = ("entrance", "room")
"""Elements that are read, so that they don't disturb, and that no standard address holds."""

_LEADING_DIGITS = re.compile(r"[0-9]{1,6}")


@dataclass(frozen=True, slots=True)
class Address:
    """The elements of an address; an absent one is ``""``.

    Attributes
    ----------
    province, city, district, township, community
        The divisions that the text names, as written.
    road, number
        A road with its lane or section, and the door number: digits with an optional sub-number
        or letter (``12``, ``12-1``, ``12A``, ``甲12``).
    compound, building
        A compound or yard, and the number, letter or side of a building in it (or at the door).
    place
        A named place: a school, a square, an office; also a name that could be a compound.
    village, group
        A natural village (or a village without one), and the number of the villager group.
    entrance, room
        Read and kept apart: no standard address, file or answer holds them.
    ignored
        Whether some trailing text (a remark, a name) was left out.
    """

    province: str = ""
    city: str = ""
    district: str = ""
    township: str = ""
    community: str = ""
    road: str = ""
    number: str = ""
    compound: str = ""
    building: str = ""
    place: str = ""
    village: str = ""
    group: str = ""
    entrance: str = ""
    room: str = ""
    ignored: bool = False

    @property
    def number_value(self) -> int | None:
        """Return the leading integer of the door number, or None.

        Examples
        --------
        >>> Address(road="建设路", number="12-1").number_value
        12
        """
        found = _LEADING_DIGITS.search(self.number)
        return None if found is None else int(found.group())

    @property
    def parity(self) -> str:
        """Return ``odd`` or ``even``: the side of the road; ``""`` without a number.

        Notes
        -----
        Source: FIELD.md section 6: odd and even numbers lie on two sides of the road.

        Examples
        --------
        >>> Address(road="建设路", number="12").parity, Address(road="建设路").parity
        ('even', '')
        """
        value = self.number_value
        return "" if value is None else ("odd" if value % 2 else "even")

    @property
    def level(self) -> str:
        """Return the finest level named: a building, door, group, place, compound, village or road.

        Examples
        --------
        >>> Address(road="建设路", number="12").level, Address(compound="锦绣花园").level
        ('door', 'compound')
        """
        if self.building:
            return "building"
        if self.number:
            return "door"
        for level in ("place", "compound", "group", "village", "road", "community", "township"):
            if getattr(self, level):
                return level
        return "none"

    def public_elements(self) -> dict[str, str]:
        """Return the elements that are present, without the entrance and the room."""
        return {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if field.name not in (*PRIVATE_ELEMENTS, "ignored") and getattr(self, field.name)
        }


def standard_text(address: Address) -> str:
    """Write an address in its standard form, down to the building or door.

    Parameters
    ----------
    address
        As read by `parse_address`.

    Returns
    -------
    str
        Village, group, road, number, compound, building, place, in this order, never with an
        entrance or a room; the divisions above stand in the elements only, and are written when
        the text names nothing else; ``""`` when nothing is there.

    Notes
    -----
    Source: DESIGN.md section 3: "standard address of a building, site or door number, never of a
    room".

    Examples
    --------
    >>> standard_text(Address(road="建设路", number="12", compound="锦绣花园", building="3"))
    '建设路12号锦绣花园3栋'
    >>> standard_text(Address(village="崔庄村", group="3", number="12", room="2"))
    '崔庄村3组12号'
    """
    number = address.number
    if number and (has_chinese(address.road + address.village) or not address.road):
        number += "号"
    elif number and address.road:
        number = " " + number
    group = f"{address.group}组" if address.group else ""
    building = f"{address.building}栋" if address.building else ""
    if address.road:
        parts = (address.village, group, address.road, number)
    elif address.village:
        parts = (address.village, group, number, "")
    else:
        parts = (group, address.compound, number, "")
        text = "".join((*parts, building, address.place))
        return text or address.township + address.community
    return "".join((*parts, address.compound, building, address.place))


def elements_text(elements: dict[str, str]) -> str:
    """Write elements as JSON with sorted keys, as the ``addresses`` table holds them.

    Examples
    --------
    >>> elements_text({"road": "建设路", "number": "12"})
    '{"number": "12", "road": "建设路"}'
    """
    return json.dumps(elements, ensure_ascii=False, sort_keys=True)
