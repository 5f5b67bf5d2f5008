"""Words on paper: numbers of grids, classes of small counts, and the margin's phrases."""

from __future__ import annotations

FEW = 10
"""A count of households below this is shown as a class. Source: issue 5, FIELD.md section 7."""


def count_text(households: int) -> str:
    """Return a count of households as a map shows it.

    Examples
    --------
    >>> count_text(412), count_text(3), count_text(0)
    ('412户', '<10户', '无住户')
    """
    if households == 0:
        return "无住户"
    return f"<{FEW}户" if households < FEW else f"{households}户"


def serial_of(code: str, digits: int) -> str:
    """Return the serial number at the end of a code, without its zeros.

    Examples
    --------
    >>> serial_of("440604001001012", 3)
    '12'
    """
    tail = code[-digits:]
    return (tail.lstrip("0") or tail) if tail.isdecimal() and tail.isascii() else code
