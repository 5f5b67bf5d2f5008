"""The numbered marks of an address: 12号, 3栋, 2单元, 501室, 3组.

`scan_marks` cuts a cleaned text into names and marks, once from left to right; every quantifier is
bounded, so the time grows with the length of the text and no faster.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from gridmap.addresses.numerals import NUMERALS, read_numeral

_HAN = f"[{NUMERALS}]{{1,5}}"
_NUM = f"(?:[A-Za-z]{{0,2}}[0-9]{{1,6}}[A-Za-z]?|[A-Za-z]{{1,2}}|{_HAN})"
_STEM = "[甲乙丙丁]"
_NAME_AFTER_NUMBER = (
    "(?![路街巷线井桥港站馆邸府墅仓区库码矿地田公庄渡]|大街|大道|公[路馆园寓]|高速|院子"
    "|胡同|会所|里弄|公社)"
)
_WEAK = rf"(?=$|[0-9A-Za-z{NUMERALS}东西南北左右中\-(])"

_MARK = re.compile(
    rf"""
    (?P<number>第?(?:附|临)?{_STEM}?{_NUM}(?:-[0-9]{{1,4}}|之{_NUM}|{_STEM})?
        号{_NAME_AFTER_NUMBER}(?!楼|栋|幢|门(?!面)|房|室|铺|商铺|单元|梯)
        (?:之{_NUM}|附{_NUM}号?|-[0-9]{{1,3}}(?![0-9]|-)|{_STEM}(?=$|[^一-鿿]))?
        (?P<yard>大院|院内|院)?)
    | (?P<building>第?(?:{_NUM}(?:号楼|号栋|号幢|\#楼|\#栋|\#|栋楼|栋|幢|号座)
        | (?:[A-Za-z]?[0-9]{{1,4}}[A-Za-z]?|[A-Za-z]{{1,2}})座
        | {_HAN}座{_WEAK} | [东西南北中主副](?:座|栋|幢)))
    | (?P<entrance>第?(?:{_NUM}(?:号?单元|号门|梯)|[0-9]{{1,3}}门(?!面|口|市|诊)|{_HAN}门{_WEAK})
        | [东西南北左右中]单元)
    | (?P<storey>(?:B|负|地下)?(?:[0-9]{{1,3}}层|{_HAN}层{_WEAK}))
    | (?P<floor>[0-9A-Za-z]{{1,4}}楼|{_HAN}楼{_WEAK})
    | (?P<room>{_NUM}(?:号房|号室|室|房(?!产|管)|户|号商铺|商铺|号铺|铺(?!路|街|村)))
    | (?P<group>第?(?:[0-9]{{1,3}}|{_HAN})(?:号?村民小组|村民组|村小组|居民小组|小组|生产队
        | 组(?!团)|队(?=$|[0-9{NUMERALS}])|社(?=$|[0-9{NUMERALS}])))
    | (?P<dashed>(?<![0-9-])[A-Za-z]?[0-9]{{1,3}}-[0-9]{{1,4}}(?:-[0-9]{{1,4}})?(?:室|房|号房)?
        (?![0-9号\#栋幢座之楼-]))
    """,
    re.VERBOSE,
)
_VALUE = re.compile(
    rf"(?:[A-Za-z]{{0,2}}[0-9]{{1,6}}[A-Za-z]?|{_HAN}|[A-Za-z]{{1,2}}|[东西南北左右中主副])"
)
_NUMBER = re.compile(
    rf"第?(?P<pre>[附临])?(?P<stem>{_STEM})?(?P<main>{_NUM})(?P<tail>{_STEM})?"
    rf"(?:(?:-|之)(?P<sub>{_NUM}))?号?(?P<tail2>{_STEM})?(?:(?:之|附|-)(?P<sub2>{_NUM}))?"
)


class Mark(NamedTuple):
    """A numbered mark, or a name between two of them.

    Attributes
    ----------
    kind
        ``name``, ``number``, ``yard`` (a number that names a yard), ``building``, ``entrance``,
        ``floor``, ``storey``, ``room``, ``group`` or ``dashed``.
    value
        The name, or the number in its standard form.
    """

    kind: str
    value: str


def scan_marks(text: str) -> list[Mark]:
    """Cut a text into names and numbered marks, in order.

    Parameters
    ----------
    text
        Cleaned, without the divisions.

    Examples
    --------
    >>> [tuple(mark) for mark in scan_marks("建设路12号锦绣花园十二栋2单元501室")]
    ... # doctest: +NORMALIZE_WHITESPACE
    [('name', '建设路'), ('number', '12'), ('name', '锦绣花园'), ('building', '12'),
     ('entrance', '2'), ('room', '501')]
    """
    marks: list[Mark] = []
    position = 0
    for found in _MARK.finditer(text):
        if found.start() > position:
            marks.append(Mark("name", text[position : found.start()]))
        kind = str(found.lastgroup)
        if kind == "yard":
            kind = "number"
        value = found.group()
        if kind == "number":
            marks.append(Mark("yard" if found.group("yard") else "number", door_number(value)))
        elif kind == "dashed":
            marks.append(Mark(kind, value))
        else:
            marks.append(Mark(kind, plain_value(value)))
        position = found.end()
    if position < len(text):
        marks.append(Mark("name", text[position:]))
    return marks


def plain_value(text: str) -> str:
    """Return the number, letter or side at the head of a mark, in its standard form.

    Examples
    --------
    >>> plain_value("第十二栋"), plain_value("03幢"), plain_value("a座"), plain_value("东座")
    ('12', '3', 'A', '东')
    """
    found = _VALUE.search(text.removeprefix("第"))
    if found is None:
        return ""
    value = found.group()
    number = read_numeral(value)
    return str(number) if number is not None else _trim(value)


def door_number(text: str) -> str:
    """Return a door number in its standard form: digits, with a sub-number or letter.

    Examples
    --------
    >>> door_number("十二号"), door_number("12号之一"), door_number("12号附5号")
    ('12', '12-1', '12-5')
    """
    found = _NUMBER.match(text)
    if found is None:
        return ""
    stem = found["stem"] or found["tail"] or found["tail2"] or ""
    sub = found["sub"] or found["sub2"] or ""
    main = f"{found['pre'] or ''}{stem}{plain_value(found['main'])}"
    return f"{main}-{plain_value(sub)}" if sub else main


def _trim(value: str) -> str:
    """Drop leading zeros of the digits and write letters large."""
    letters = value.upper()
    head = letters.rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ") or letters
    tail = letters[len(head) :]
    lead = head.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    prefix = head[: len(head) - len(lead)]
    return prefix + (lead.lstrip("0") or lead[-1:]) + tail
