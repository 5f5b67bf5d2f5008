"""What a plan knows of the divisions above its places, and what a question says of them."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gridmap.addresses.characters import clean_text
from gridmap.addresses.gazetteer import name_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from gridmap.addresses.elements import Address
    from gridmap.addresses.gazetteer import Gazetteer
    from gridmap.locating.releases import GridFacts

    Names = Mapping[str, frozenset[str]]

LEVELS = ("province", "city", "district", "township", "community")

DIVISION_ENDINGS = (
    *("居民委员会", "居委会", "村民委员会", "村委会", "办事处"),
    *("社区", "街道", "村", "镇", "乡"),
)
"""Endings by which one division is written in several ways."""

SMALLEST_SHARE = 0.05
"""A name that fewer of a community's addresses bear is taken for an error of one address.
gridmap's own default."""

_CODES = (
    "11北京 12天津 13河北 14山西 15内蒙古 21辽宁 22吉林 23黑龙江 31上海 32江苏 33浙江 34安徽 "
    "35福建 36江西 37山东 41河南 42湖北 43湖南 44广东 45广西 46海南 50重庆 51四川 52贵州 "
    "53云南 54西藏 61陕西 62甘肃 63青海 64宁夏 65新疆 71台湾 81香港 82澳门"
)
_PROVINCES = {item[:2]: item[2:] for item in _CODES.split()}
"""First two digits of a division code -> province. Source: GB/T 2260."""
_SHORT_PROVINCE = re.compile("|".join(_PROVINCES.values()))
_CODE = re.compile(r"[0-9]{12}")
_COMMUNITY_ENDING = re.compile(r"(?:社区)?(?:居民委员会|居委会)?$")
_MUNICIPALITIES = ("北京", "天津", "上海", "重庆")


@dataclass(frozen=True)
class KnownDivisions:
    """Names of divisions, as they are compared, of places, communities and the whole plan.

    Attributes
    ----------
    of_place
        For each place, level -> names that its own address and its community's row give.
    of_community
        Community id -> level -> names that its row, its code or its places' addresses give.
    of_plan
        Level -> names of all communities.
    """

    of_place: tuple[Names, ...]
    of_community: Mapping[str, Names]
    of_plan: Names

    def around(self, communities: Iterable[str], own: Names | None = None) -> Names:
        """Return level -> names: the place's own, else its communities', else the plan's."""
        near = [self.of_community.get(community, {}) for community in communities]
        found = {}
        for level in LEVELS:
            names = (own or {}).get(level, frozenset())
            for known in near if not names else ():
                names |= known.get(level, frozenset())
            found[level] = names or self.of_plan.get(level, frozenset())
        return found


def know_divisions(
    gazetteer: Gazetteer,
    place_grids: Sequence[tuple[int, ...]],
    grids: Sequence[GridFacts],
) -> KnownDivisions:
    """Collect the divisions that the communities' rows and the places' own addresses name.

    Parameters
    ----------
    gazetteer
        The places; their elements hold the divisions that their addresses named.
    place_grids
        Positions of the grids of each place.
    grids
        Facts of the grids: the name and township of their communities.
    """
    rows = {grid.community_id: _row_names(grid) for grid in grids}
    own: list[Names] = []
    counts: dict[str, dict[str, Counter[str]]] = {}
    for place, positions in zip(gazetteer.places, place_grids, strict=True):
        owners = list(dict.fromkeys(grids[position].community_id for position in positions))
        named = _address_names(place.address)
        for owner in owners:
            for level, name in named.items():
                levels = counts.setdefault(owner, {})
                levels.setdefault(level, Counter())[name] += 1
        said = {level: frozenset({name}) for level, name in named.items()}
        own.append(_unite([said, *(rows[owner] for owner in owners)]))
    of_community = {
        owner: _with_code(owner, _unite([row, _frequent(counts.get(owner, {}))]))
        for owner, row in rows.items()
    }
    return KnownDivisions(tuple(own), of_community, _unite(of_community.values()))


def compare_divisions(address: Address, known: Names) -> dict[str, bool | None]:
    """Compare each division that an address names with the names known around a place.

    Returns
    -------
    dict
        Level -> True where it agrees, False where it contradicts, None where nothing of that
        level is known; only the levels that are named.

    Notes
    -----
    A city of a county (昆山市) stands at the level of the city or of the district, as people write
    it: both are looked at.

    Examples
    --------
    >>> from gridmap.addresses import parse_address
    >>> known = {"province": frozenset({"广东"}), "city": frozenset({"广州市"})}
    >>> compare_divisions(parse_address("湖北省武汉市江汉区建设路1号"), known)
    {'province': False, 'city': False, 'district': None}
    """
    asked = _address_names(address)
    cities, districts = (known.get(level, frozenset()) for level in ("city", "district"))
    verdict: dict[str, bool | None] = {}
    for level, name in asked.items():
        names = known.get(level, frozenset())
        if level == "city":
            agrees = any(n in cities | districts for n in _without_city(name, known))
            unknown = not cities or asked.get("district") in cities
        elif level == "district":
            agrees = any(n in districts | cities for n in _without_city(name, known))
            unknown = not districts
        else:
            agrees, unknown = name in names, not names
        verdict[level] = True if agrees else None if unknown else False
    return verdict


def division_key(name: str) -> str:
    """Return what a community or township is compared by: its name without its ending.

    Examples
    --------
    >>> division_key("东华社区居委会") == division_key("东华社区") == division_key("东华")
    True
    """
    key = name_key(name)
    for ending in DIVISION_ENDINGS:
        if key.endswith(ending) and len(key) > len(ending) + 1:
            key = key.removesuffix(ending)
    return key


def community_stems(grids: Iterable[GridFacts]) -> frozenset[str]:
    """Return the names of the communities without 社区 or 居委会, as a cleaned address has them."""
    stems = (_COMMUNITY_ENDING.sub("", clean_text(grid.community)) for grid in grids)
    return frozenset(stem for stem in stems if stem)


def _address_names(address: Address) -> dict[str, str]:
    """Return level -> what each named division is compared by."""
    return dict(_iter_names(address))


def _iter_names(address: Address) -> Iterator[tuple[str, str]]:
    province = address.province or (
        address.city if address.city.removesuffix("市") in _MUNICIPALITIES else ""
    )
    if (short := _SHORT_PROVINCE.search(province)) is not None:
        yield "province", short.group()
    if address.city:
        lone = address.city in _MUNICIPALITIES
        yield "city", name_key(address.city + ("市" if lone else ""))
    if address.district:
        yield "district", name_key(address.district)
    for level in ("township", "community"):
        if name := getattr(address, level):
            yield level, division_key(name)


def _without_city(name: str, known: Names) -> Iterator[str]:
    """Yield a name as written, and without the bare name of a city or province before it."""
    yield name
    for level in ("city", "province"):
        for above in sorted(known.get(level, frozenset())):
            bare = above.removesuffix("市")
            if name.startswith(bare) and len(name) > len(bare) + 1:
                yield name.removeprefix(bare)


def _row_names(grid: GridFacts) -> Names:
    pairs = (("township", grid.township), ("community", grid.community))
    return {level: frozenset({division_key(name)}) for level, name in pairs if name}


def _frequent(counts: Mapping[str, Counter[str]]) -> Names:
    """Keep the names that enough of a community's places bear; of communities its row decides."""
    return {
        level: frozenset(n for n, c in names.items() if c >= SMALLEST_SHARE * names.total())
        for level, names in counts.items()
        if level != "community"
    }


def _with_code(community_id: str, names: Names) -> Names:
    """Add the province that a code of 12 digits tells, where no address names one."""
    province = _PROVINCES.get(community_id[:2]) if _CODE.fullmatch(community_id) else None
    return names if province is None else {"province": frozenset({province}), **names}


def _unite(parts: Iterable[Names]) -> Names:
    united: dict[str, frozenset[str]] = {}
    for part in parts:
        for level, names in part.items():
            united[level] = united.get(level, frozenset()) | names
    return united
