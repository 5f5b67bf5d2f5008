"""The divisions that stand before an address: 省 市 区 街道 社区."""

from __future__ import annotations

import re

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
_CITY = re.compile(r"[一-鿿]{1,6}?(?:市|自治州|地区|盟)(?![场路街巷道里桥民政委])")
_DISTRICT = re.compile(r"[一-鿿]{1,12}?(?:区|县|旗|市)(?![前城府政路街巷道桥场民])")
_TOWNSHIP = re.compile(
    r"[一-鿿]{1,8}?(?:街道(?:办事处|办)?|民族乡|镇(?:人民政府)?|乡|苏木)"
    r"(?![路街巷村中小政府卫医]|东路|西路|南路|北路)"
)
_COMMUNITY = re.compile(
    r"([一-鿿0-9]{1,10}?)(社区(?:居民委员会|居委会|村委会|居民委)?|居民委员会|居委会|村民委员会|村委会)"
    r"(?!卫生|服务|医|党|中心|公园|广场|诊所|工作|居家|养老|幼儿|小学|文化|食堂|警务|办公|活动)"
)
_ROADISH = re.compile(r"[路街巷弄道]")
_INSIDE_COMPOUND = re.compile(
    r"[小社校厂库景]区|宿舍区|生活区|住宅区|家属区|工业区|园区|花园|公寓|家园|广场|大厦|新村|新城"
    r"|[苑园苑庭府城邸墅郡][东西南北中]?区$|.{2,}[东西南北中]区$|[一二三四五六七八九]区$"
)
_NOT_A_CITY = re.compile(r"[超集夜花菜鱼]市$|.*[路街巷弄]")
_NOT_A_TOWNSHIP = re.compile(r"(?:.*小镇|.*[水故]乡|.*[路巷弄].*|.*[花苑]园.*)$")


def split_divisions(text: str) -> tuple[dict[str, str], str]:
    """Take the leading divisions off a cleaned text.

    Parameters
    ----------
    text
        As returned by `clean_text`.

    Returns
    -------
    tuple of dict and str
        Level (``province`` ... ``community``) -> name as written; and what follows.

    Notes
    -----
    A name is taken for a division only where the characters around it allow no other reading
    (a 小区 is no 区, a 超市 no 市, 县前街 no 县): a division that is not recognised stays in the
    text, where it can only prevent a match, never cause a wrong one.
    Source: FIELD.md section 6: with or without the province-city-district-township-community.

    Examples
    --------
    >>> split_divisions("广东省佛山市禅城区祖庙街道东华社区建设路12号")[1]
    '建设路12号'
    >>> split_divisions("锦绣花园小区3栋")
    ({}, '锦绣花园小区3栋')
    """
    found: dict[str, str] = {}
    rest = _take(found, "province", _PROVINCE, text, group=1)
    if "province" not in found:
        rest = _take(found, "city", _MUNICIPALITY, rest)
    if "city" not in found:
        rest = _take(found, "city", _CITY, rest, refuse=_NOT_A_CITY)
    rest = _take(found, "district", _DISTRICT, rest, refuse=_district_refusal(found))
    rest = _take(found, "township", _TOWNSHIP, rest, refuse=_NOT_A_TOWNSHIP)
    rest = _take(found, "community", _COMMUNITY, rest, refuse=_ROADISH)
    return found, rest


def _district_refusal(found: dict[str, str]) -> re.Pattern[str]:
    return _WHOLE_ROAD_OR_COMPOUND if "city" not in found else _INSIDE_OR_ROAD


_WHOLE_ROAD_OR_COMPOUND = re.compile(
    rf"(?:.*?(?:{_INSIDE_COMPOUND.pattern}))|.*?[路街巷弄]|.*[A-Za-z0-9期]区$"
)
_INSIDE_OR_ROAD = re.compile(
    r".*?(?:[小社校厂库景]区|宿舍区|生活区|住宅区|家属区|花园|公寓|家园|广场|大厦|新村)"
    r"|.*?[路街巷弄]"
)


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
