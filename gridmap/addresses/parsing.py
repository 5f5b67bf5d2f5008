"""A text that a person wrote as an address -> its elements."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gridmap.addresses.characters import clean_text, has_chinese
from gridmap.addresses.divisions import split_divisions
from gridmap.addresses.elements import Address
from gridmap.addresses.marks import Mark, plain_value, scan_marks
from gridmap.addresses.numerals import NUMERALS
from gridmap.errors import InvalidOption

if TYPE_CHECKING:
    from collections.abc import Container

MAX_ADDRESS_CHARACTERS = 200
"""Longer texts are refused: no address is so long. gridmap's own default."""

_ABSENT = re.compile(
    r"(?:暂无|无)(?=$|\s|[0-9])"
    r"|(?:暂无|无)(?:门牌号|门牌|楼栋号|楼栋|楼号|房号|室号|单元号|小区名?|村组|道路|号楼"
    r"|号|栋|幢|座|单元|楼|层|室|组|社区|村|街道|镇|路(?=$|无|\s))"
    r"|(?<![0-9A-Za-z])(?:null|none|nan|n/a)(?![0-9A-Za-z])",
    re.IGNORECASE,
)
_REMARK = re.compile(r"\(([^()]{0,40})\)?")
_KEPT_REMARK = re.compile(
    rf"^(?:[0-9A-Za-z{NUMERALS}东西南北中]{{1,3}}(?:期|区|号?院|组团|标段|村|里)?)$"
)
_ROAD_WORD = "大道|大街|公路|国道|省道|县道|乡道|环路|胡同|路|街|巷"
_ROAD_TAIL = (
    rf"(?:[0-9{NUMERALS}]{{1,3}}(?:弄|巷|条|胡同|里)|[东西南北中上下0-9{NUMERALS}]{{1,3}}段)?"
)
_ROAD_THEN = re.compile(
    rf"(?P<road>.{{1,12}}?(?:{_ROAD_WORD}){_ROAD_TAIL})(?![口桥心边旁段与和交])(?P<rest>.{{2,40}})$"
)
_ROAD = re.compile(rf".{{1,16}}(?:{_ROAD_WORD}|[道弄里条线坊坡]|段){_ROAD_TAIL}$")
_LANE_ROAD = re.compile(rf".{{1,16}}(?:{_ROAD_WORD}){_ROAD_TAIL}$")
_VILLAGE_WORD = "村|庄|屯|寨|堡|营|圩|坝|塆|湾|沟|坪|岭|塘|埠|窑|店子|铺子"
_VILLAGE = re.compile(rf".{{1,10}}(?:{_VILLAGE_WORD})$")
_VILLAGE_THEN = re.compile(r"(?P<outer>.{1,8}?村)(?P<rest>.{2,20})$")
_ESTATE = re.compile(
    r"(?:花园|小区|家园|新村|公寓|[苑园庭府邸墅郡居舍城湾轩阁里院区期]|宿舍|大院|山庄|佳园|雅居|名都)$"
)
_GENERIC_PLACE = re.compile(
    r"(?:(?:第?[0-9一二三四五六七八九十]{0,3})?(?:小学|中学|学校|幼儿园|市场|菜市场|农贸市场|医院|卫生院"
    r"|派出所|商场|广场|公园|社区|车站|站|支行|邮局|超市|小区|花园|停车场)|[口桥].*)$"
)
_COMMUNITY_IN_NAME = re.compile(r"(?P<community>.{1,10}社区)(?P<rest>.{2,})$")
_BARE_END = re.compile(r"(?P<name>.*?[^0-9A-Za-z-])(?P<value>[A-Za-z]?[0-9]{1,6}[A-Za-z]?)$")
_LATIN = re.compile(
    r"(?P<road>[^0-9].{0,80}?) (?P<number>[0-9]{1,5}(?: ?[A-Za-z])?(?:-[0-9]{1,4})?)$"
)
_LATIN_FIRST = re.compile(r"(?P<number>[0-9]{1,5}[A-Za-z]?) (?P<road>[^0-9].{0,80})$")


def parse_address(text: str, *, communities: Container[str] = frozenset()) -> Address:
    """Read an address into its elements, in any of the forms that people write.

    Parameters
    ----------
    text
        As typed: at most `MAX_ADDRESS_CHARACTERS` characters.
    communities
        Names of known communities without their ending; see `split_divisions`.

    Returns
    -------
    Address
        Numbers as digits, 栋/幢/座/号楼/# as building, 单元/门/梯 as entrance. Trailing text that
        is no element (a remark, a person's name, a telephone) is dropped, ``ignored`` tells.

    Raises
    ------
    InvalidOption
        When the text is longer than `MAX_ADDRESS_CHARACTERS`.

    Notes
    -----
    Reading is a list of steps: clean the characters; drop absent parts (无) and remarks; take off
    the divisions; cut into names and numbered marks; give each name its role by what follows it.
    Source: FIELD.md section 6 (forms and variants).

    Examples
    --------
    >>> address = parse_address("禅城区祖庙街道建設路１２號錦繡花園十二幢2单元501室")
    >>> address.road, address.number, address.compound, address.building
    ('建设路', '12', '锦绣花园', '12')
    >>> parse_address("崔庄村第三村民小组12号").public_elements()
    {'number': '12', 'village': '崔庄村', 'group': '3'}
    >>> parse_address("东华里小学").place
    '东华里小学'
    """
    if len(text) > MAX_ADDRESS_CHARACTERS:
        raise InvalidOption(
            f"An address of {len(text)} characters is too long; at most "
            f"{MAX_ADDRESS_CHARACTERS} are read.",
            f"地址有 {len(text)} 个字符，过长；最多读取 {MAX_ADDRESS_CHARACTERS} 个字符。",
            cure_en="give one address, without remarks",
            cure_zh="请只填写一个地址，不附说明",
        )
    clean = clean_text(_ABSENT.sub(" ", clean_text_keeping_breaks(text)))
    if not has_chinese(clean):
        return _read_latin(clean)
    clean, ignored = _drop_remarks(clean)
    divisions, rest = split_divisions(clean, communities)
    elements = _Reading()
    elements.found.update(divisions)
    elements.ignored = ignored
    marks = scan_marks(rest)
    for position, mark in enumerate(marks):
        following = marks[position + 1].kind if position + 1 < len(marks) else ""
        elements.take(mark, following)
    return elements.address()


def clean_text_keeping_breaks(text: str) -> str:
    """Return the text with simplified, half-width characters and its breaks as single spaces.

    Examples
    --------
    >>> clean_text_keeping_breaks("建設路12號，無，3棟")
    '建设路12号 无 3栋'
    """
    # the separators still tell a lone 无 from a name that holds it (无锡路)
    return " ".join(clean_text(part) for part in re.split(r"[\s,，、;；|/]+", text)).strip()


def _drop_remarks(text: str) -> tuple[str, bool]:
    """Keep brackets that name a part (三期), drop those that remark."""
    if "(" not in text and ")" not in text:
        return text, False
    dropped = False

    def decide(found: re.Match[str]) -> str:
        nonlocal dropped
        if _KEPT_REMARK.match(found.group(1)):
            return found.group(1)
        dropped = True
        return ""

    return _REMARK.sub(decide, text).replace("(", "").replace(")", ""), dropped


def _read_latin(text: str) -> Address:
    """Read 'Aeulestrasse 12' or '12 Main Street'; anything else is a place."""
    found = _LATIN.match(text) or _LATIN_FIRST.match(text)
    if found is not None:
        number = found["number"].replace(" ", "").upper()
        return Address(road=found["road"].strip(" #()-"), number=number)
    name = text.strip(" #()-")
    return Address(place=name) if any(c.isalpha() for c in name) else Address(ignored=bool(name))


class _Reading:
    """Elements found so far; each mark is taken in the light of what stands before it."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}
        self.ignored = False

    def has(self, *names: str) -> bool:
        return any(name in self.found for name in names)

    def take(self, mark: Mark, following: str) -> None:
        if mark.kind == "name":
            self._take_name(mark.value, following)
        elif mark.kind in ("number", "yard"):
            self._take_number(mark.value, following)
        elif mark.kind == "building":
            self._take_building(mark.value)
        elif mark.kind == "floor":
            if following == "entrance" and not self.has("building"):
                self._take_building(mark.value)
        elif mark.kind == "group":
            self.found.setdefault("group", mark.value)
        elif mark.kind == "dashed":
            self._take_dashed(mark.value)
        elif mark.kind in ("entrance", "room"):
            self.found.setdefault(mark.kind, mark.value)

    def _take_number(self, value: str, following: str) -> None:
        if self.has("building", "entrance", "room"):
            self.found.setdefault("room", value)
        elif following == "building" and self.has("compound") and not self.has("road", "number"):
            # 秋泉1号3栋: the number belongs to the name
            self.found["compound"] += f"{value}号"
        elif self.has("number"):
            self.found.setdefault("building", value)
        else:
            self.found["number"] = value

    def _take_building(self, value: str) -> None:
        if self.has("building"):
            self.found.setdefault("entrance", value)
        else:
            self.found["building"] = value

    def _take_dashed(self, value: str) -> None:
        parts = [plain_value(part) for part in value.split("-")]
        if self.has("building", "entrance"):
            names = ["entrance", "room"][-len(parts) :] if len(parts) < 3 else []
        elif self.has("road") and not self.has("number", "compound", "place"):
            self.found["number"] = "-".join(parts[:2])
            names = []
        else:
            names = ["building", "entrance", "room"] if len(parts) == 3 else ["building", "room"]
        for name, part in zip(names, parts, strict=False):
            self.found.setdefault(name, part)

    def _take_name(self, name: str, following: str) -> None:
        name = name.strip(" -#第")
        if self.has("building", "entrance", "room"):
            self._take_tail(name)
            return
        bare = None if following else _BARE_END.match(name)
        if bare is not None and not name[-1:].isalpha():
            self._give_role(bare["name"], "bare")
            role = "number" if self.has("road", "village") and not self._named() else "building"
            self.found.setdefault(role, plain_value(bare["value"]))
            return
        if name.isascii() and name.replace(" ", "").isalnum() and self.has("number", "place"):
            self.found.setdefault("room", name)
            return
        if name:
            self._give_role(name, following)

    def _named(self) -> bool:
        return self.has("compound", "place", "number")

    def _take_tail(self, name: str) -> None:
        """Keep a room number behind a building; leave any other text out."""
        if name.isascii() and name.isalnum() and len(name) <= 6:
            self.found.setdefault("room", name)
        elif name:
            self.ignored = True

    def _give_role(self, name: str, following: str) -> None:
        """Give a name its role by its last character and by what follows it."""
        inner = _COMMUNITY_IN_NAME.match(name) if not self.has("community") else None
        if inner is not None and following:
            self.found["community"] = inner["community"]
            name = inner["rest"]
        if self.has("number", "road"):
            self._give_second_role(name, following)
        elif following == "group":
            self._give_village(name)
        elif following in ("number", "yard", "bare"):
            self._give_door_role(name)
        elif self.has("group"):
            self.found.setdefault("place", name)
        else:
            self._give_plain_role(name, following)

    def _give_second_role(self, name: str, following: str) -> None:
        if self.has("compound", "place"):
            self.ignored = True
        elif following in ("building", "floor", "dashed", "entrance") or _ESTATE.search(name):
            self.found["compound"] = name
        else:
            self.found["place"] = name

    def _give_village(self, name: str) -> None:
        inner = _VILLAGE_THEN.match(name)
        if inner is not None:
            self.found.setdefault("community", inner["outer"])
            name = inner["rest"]
        self.found["village"] = name

    def _give_door_role(self, name: str) -> None:
        inner = _VILLAGE_THEN.match(name)
        if inner is not None and _ROAD.match(inner["rest"]):
            self.found["village"], self.found["road"] = inner["outer"], inner["rest"]
        elif inner is not None and _VILLAGE.match(inner["rest"]):
            self.found.setdefault("community", inner["outer"])
            self.found["village"] = inner["rest"]
        elif _ROAD.match(name) and not name.endswith("新村"):
            self.found["road"] = name
        elif (split := _ROAD_THEN.match(name)) is not None:
            self.found["road"], self.found["compound"] = split["road"], split["rest"]
        elif _VILLAGE.match(name) and not _ESTATE.search(name):
            self.found["village"] = name
        else:
            self.found["compound"] = name

    def _give_plain_role(self, name: str, following: str) -> None:
        split = _ROAD_THEN.match(name)
        if split is not None and not _GENERIC_PLACE.match(split["rest"]):
            self.found["road"], name = split["road"], split["rest"]
            self._give_second_role(name, following)
        elif following in ("building", "dashed", "entrance", "floor"):
            self.found["compound"] = name
        elif _LANE_ROAD.match(name):
            self.found["road"] = name
        elif _VILLAGE.match(name) and not _ESTATE.search(name):
            self.found["village"] = name
        elif _ESTATE.search(name):
            self.found["compound"] = name
        else:
            self.found["place"] = name

    def address(self) -> Address:
        return Address(**self.found, ignored=self.ignored)
