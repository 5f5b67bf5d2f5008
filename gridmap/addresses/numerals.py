"""Chinese numerals: 十二 is 12, 一〇三 is 103, 贰拾 is 20."""

from __future__ import annotations

import re

NUMERALS = "〇零一二三四五六七八九十百两廿壹贰叁肆伍陆柒捌玖拾佰"
"""Characters that a Chinese number of an address is written with (after `clean_text`)."""

_DIGITS = {"〇": 0, "零": 0, "两": 2} | {c: n for n, c in enumerate("一二三四五六七八九", start=1)}
_DIGITS |= {c: n for n, c in enumerate("壹贰叁肆伍陆柒捌玖", start=1)}
_SCALES = {"十": 10, "百": 100, "拾": 10, "佰": 100}
_RUN = re.compile(r"[〇零一二三四五六七八九十壹贰叁柒捌玖拾]{1,8}")


def read_numeral(text: str) -> int | None:
    """Read a Chinese numeral below one thousand, or a row of Chinese digits.

    Parameters
    ----------
    text
        Characters of `NUMERALS` only, as `clean_text` leaves them.

    Returns
    -------
    int or None
        The number, or None when the characters do not make one.

    Examples
    --------
    >>> read_numeral("十二"), read_numeral("一百零三"), read_numeral("一〇三"), read_numeral("路")
    (12, 103, 103, None)
    """
    if not text or any(c not in NUMERALS for c in text):
        return None
    text = text.replace("廿", "二十")
    if not any(c in _SCALES for c in text):
        return int("".join(str(_DIGITS[c]) for c in text))
    total, digit = 0, None
    for c in text:
        if c in _SCALES:
            total += (1 if digit is None else digit) * _SCALES[c]
            digit = None
        elif c not in "〇零":
            digit = _DIGITS[c]
    return total + (digit or 0)


def fold_numerals(text: str) -> str:
    """Write every Chinese numeral in a name with Arabic digits, to compare names by.

    Examples
    --------
    >>> fold_numerals("人民南路二段"), fold_numerals("第十三中学")
    ('人民南路2段', '第13中学')
    """
    return _RUN.sub(_as_digits, text)


def _as_digits(found: re.Match[str]) -> str:
    number = read_numeral(found.group())
    return found.group() if number is None else str(number)
