"""The divisions that stand before an address: 省 市 区 街道 社区."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container

_SHORT = (
    "河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州"
    "|云南|陕西|甘肃|青海|台湾"
)
_REGIONS = (
    "内蒙古自治区|广西壮族自治区|宁夏回族自治区|新疆维吾尔自治区|西藏自治区"
    "|香港特别行政区|澳门特别行政区"
)
_NOT_A_ROAD = r"(?![东西南北中一二三四]?(?:路|街|大街|大道|道|巷|里|弄|胡同|花园|小区|大厦|广场))"
_PROVINCE = re.compile(
    rf"(?:中国|中华人民共和国)?((?:{_SHORT})省|{_REGIONS}"
    rf"|(?:{_SHORT}|内蒙古|广西|宁夏|新疆|西藏){_NOT_A_ROAD}(?=.{{2,8}}?[市区县州盟旗]))"
)
_MUNICIPALITY = re.compile(r"(?:北京|天津|上海|重庆)市|(?:北京|天津|上海|重庆)(?=[一-鿿]{2,4}区)")
_LEAGUE = "锡林郭勒|兴安|阿拉善|呼伦贝尔|哲里木|昭乌达|乌兰察布|巴彦淖尔|伊克昭"
"""Leagues, present and former: a 盟 of another name is none (联盟花园)."""
_CITY = re.compile(
    rf"(?:{_LEAGUE})盟|[一-鿿]{{1,9}}?(?:市(?!市(?![中南北辖场区]))|自治州|地区)"
    r"(?![场路街巷道里桥民政委部府区镇乡])"
)
_BANNER = re.compile(
    r"(?:[一-鿿]{1,8}(?:左翼|右翼)?[左右前后中]旗|[一-鿿]{2,10}(?:自治|联合)旗"
    r"|克什克腾旗|翁牛特旗|喀喇沁旗|敖汉旗|库伦旗|奈曼旗|扎鲁特旗|准格尔旗|鄂托克旗|杭锦旗|乌审旗"
    r"|伊金霍洛旗|达拉特旗|阿荣旗|陈巴尔虎旗|扎赉特旗|阿巴嘎旗|[东西]乌珠穆沁旗|太仆寺旗"
    r"|四子王旗|额济纳旗)"
)
"""Banners by name or by a form that only banners have; 红旗, 正蓝旗 and 蓝旗营 are mostly not."""
_ANY_BANNER = re.compile(r"[一-鿿]{1,10}?(?<!红)(?<![国军彩锦战校])旗(?![一-鿿]?[路街巷杆帜舰])")
"""What may be a banner behind 内蒙古 or a league: 正蓝旗, 镶黄旗, 莫旗."""
_TOWNSHIP_FOLLOWS = r"(?=[一-鿿]{2,8}?(?:街道|镇|乡|苏木)(?![路巷口]))"
_DISTRICT = re.compile(
    r"[一-鿿]{1,12}?(?:区|县|市(?!区|镇|街道|市(?!区)))"
    rf"(?:{_TOWNSHIP_FOLLOWS}|(?![前城府政路街巷道桥场民部]))"
)
_TOWNSHIP = re.compile(
    r"[一-鿿]{1,8}?(?:街道(?:办事处|办)?|民族乡|镇(?:人民政府)?(?!镇)|乡|苏木)"
    r"(?![路街巷村中小政府卫医]|东路|西路|南路|北路)"
)
_COMMUNITY_WORD = "社区(?:居民委员会|居委会|村委会|居民委)?|居民委员会|居委会|村民委员会|村委会"
_NOT_AN_OFFICE = (
    "(?!卫生|服务|医|党|中心|公园|广场|诊所|工作|居家|养老|幼儿|小学|文化|食堂|警务|办公|活动)"
)
_COMMUNITY = re.compile(rf"([一-鿿0-9]{{1,10}}?)({_COMMUNITY_WORD}){_NOT_AN_OFFICE}")
_COMMUNITY_END = re.compile(rf"(?:{_COMMUNITY_WORD}){_NOT_AN_OFFICE}")
_ROADISH = re.compile(r"[路街巷弄道]")
_NOT_A_CITY = re.compile(r"^[超集夜花菜鱼早门城都米灯马猪羊牛骡股]市$|^.*超市$|^.+[路街巷弄]")
_NOT_A_TOWNSHIP = re.compile(
    r"(?:.*小镇|.*[水故家老梦原侨仙城]乡|.+[路巷弄](?!街道).*|.*[花苑]园.*|.+[区县](?!街道|镇|乡).+)$"
)
_NO_DISTRICT_BEFORE = re.compile(
    r"第?(?:[0-9A-Za-z]+|[一二三四五六七八九十]{1,3})(?:号?[栋幢座楼#期]|号院|单元|-[0-9])"
    r"|[0-9A-Za-z]+号?$|[东西南北]门|居委会|居民委员会|村委会|村民委员会"
)
"""Behind a compound or community, never behind a district: 阳光新区3栋, 城区居委会."""
_DIVISION_OR_ROAD_FOLLOWS = re.compile(
    r"[一-鿿]{1,8}?(?:[区县市]|街道|镇|乡|苏木|社区|居委会|村)|[一-鿿0-9]{1,12}?(?:路|街|大道|巷|弄|胡同)"
)
_WEAK_DISTRICT = re.compile(r".*(?:新|园|矿|林|港|老|开发|高新|示范|合作|功能|经开|保税)区$")
"""Names of districts and of parts of towns and compounds alike."""
MOST_COMMUNITY_CHARACTERS = 12
MOST_COMMUNITY_WORDS = 4


def split_divisions(
    text: str, communities: Container[str] = frozenset()
) -> tuple[dict[str, str], str]:
    """Take the leading divisions off a cleaned text.

    Parameters
    ----------
    text
        As returned by `clean_text`.
    communities
        Names of communities that are known, without their ending (``红旗`` for 红旗社区): these
        are recognised whatever characters they hold (五四路社区).

    Returns
    -------
    tuple of dict and str
        Level (``province`` ... ``community``) -> name as written; and what follows.

    Notes
    -----
    A name is taken for a division only where the characters around it allow no other reading
    (a 小区 is no 区, a 超市 no 市, 县前街 no 县, 红旗花园 no 旗): a division that is not recognised
    stays in the text, where it can only prevent a match, never cause a wrong one.
    Source: FIELD.md section 6: with or without the province-city-district-township-community.

    Examples
    --------
    >>> split_divisions("广东省佛山市禅城区祖庙街道东华社区建设路12号")[1]
    '建设路12号'
    >>> split_divisions("锦绣花园小区3栋")
    ({}, '锦绣花园小区3栋')
    >>> split_divisions("五四路社区建设路12号", {"五四路"})
    ({'community': '五四路社区'}, '建设路12号')
    """
    known = _split_at_known(text, communities)
    return _split(text) if known is None else known


def _split_at_known(text: str, communities: Container[str]) -> tuple[dict[str, str], str] | None:
    """Split at the name of a known community, where only divisions stand before it."""
    for count, word in enumerate(_COMMUNITY_END.finditer(text)):
        if count == MOST_COMMUNITY_WORDS:
            break
        for start in range(max(0, word.start() - MOST_COMMUNITY_CHARACTERS), word.start()):
            if text[start : word.start()] in communities:
                found, rest = _split(text[:start])
                if not rest:
                    return {**found, "community": text[start : word.end()]}, text[word.end() :]
    return None


def _split(text: str) -> tuple[dict[str, str], str]:
    found: dict[str, str] = {}
    rest = _take(found, "province", _PROVINCE, text, group=1)
    if "province" not in found:
        rest = _take(found, "city", _MUNICIPALITY, rest)
    if "city" not in found:
        rest = _take(found, "city", _CITY, rest, refuse=_NOT_A_CITY)
    rest = _take_district(found, rest)
    if set(found) in ({"province"}, {"city"}) and next(iter(found.values())) in _BARE_NAMES:
        found, rest = {}, text  # 湖南新城3栋, 北京阳光小区: named after a province
    rest = _take(found, "township", _TOWNSHIP, rest, refuse=_NOT_A_TOWNSHIP)
    rest = _take(found, "community", _COMMUNITY, rest, refuse=_ROADISH)
    return found, rest


_BARE_NAMES = frozenset(
    f"{_SHORT}|内蒙古|广西|宁夏|新疆|西藏|北京|天津|上海|重庆".split("|"),
)
"""Provinces and municipalities without their ending: certain only before a further division."""


def _take_district(found: dict[str, str], text: str) -> str:
    """Take a banner, or a district, county or city of a county, where it is certain."""
    banner = _BANNER.match(text)
    if banner is None and (found.get("province", "").startswith("内蒙古") or _is_league(found)):
        banner = _ANY_BANNER.match(text)
    if banner is not None and not _INSIDE_OR_ROAD.match(banner.group()):
        found["district"] = banner.group()
        return text[banner.end() :]
    match = _DISTRICT.match(text)
    if match is None:
        return text
    name, rest = match.group(), text[match.end() :]
    above = "city" in found or "province" in found
    refuse = _INSIDE_OR_ROAD if above else _WHOLE_ROAD_OR_COMPOUND
    if refuse.search(name) or _NOT_A_CITY.match(name) or _NO_DISTRICT_BEFORE.match(rest):
        return text
    if not above and _WEAK_DISTRICT.match(name) and not _DIVISION_OR_ROAD_FOLLOWS.match(rest):
        return text
    found["district"] = name
    return rest


def _is_league(found: dict[str, str]) -> bool:
    return found.get("city", "").endswith("盟")


_PART_OF_A_COMPOUND = (
    r"[小社校厂库景片院牧]区|(?:宿舍|生活|住宅|家属|别墅|商业|办公|服务|风景|度假|旅游)区"
    r"|花园|公寓|家园|广场|大厦|新村"
)
_WHOLE_ROAD_OR_COMPOUND = re.compile(
    rf".*?(?:{_PART_OF_A_COMPOUND}|工业区|园区|新城(?!区)"
    r"|[苑园庭府邸墅郡][东西南北中]?区$|.{2,}[东西南北中]区$|[一二三四五六七八九]区$)"
    r"|.+?[路街巷弄]|.*[A-Za-z0-9期]区$"
)
_INSIDE_OR_ROAD = re.compile(rf".*?(?:{_PART_OF_A_COMPOUND})|.+?[路街巷弄]")


def _take(
    found: dict[str, str],
    level: str,
    pattern: re.Pattern[str],
    text: str,
    *,
    group: int = 0,
    refuse: re.Pattern[str] | None = None,
) -> str:
    """Move a leading division from the text to ``found``; return the rest."""
    match = pattern.match(text)
    if match is None:
        return text
    name = match.group(group)
    if refuse is not None and refuse.search(name):
        return text
    found[level] = name
    return text[match.end() :]
