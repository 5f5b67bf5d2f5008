"""Counts too small to be shown: a count of households from 1 to 9 is a class."""

from __future__ import annotations

import re

FEW = 10
"""A count of households below this is shown as a class. Source: issue 5, FIELD.md section 7."""
_THINGS = (
    r" ?(?:个(?!住户|居民|户)|处|块|栋|条|座|米|平方|公顷|公里|所|层)"
    r"| (?:communit|gap|grid|site|part|piece|building|unit|place|department|layer|detached|metre"
    r"|km|m\b|m2\b)"
)
"""What stands behind a number that counts or measures something else than households."""
_SMALL = re.compile(rf"(?<![0-9A-Za-z.,#/_-])[1-9](?![0-9A-Za-z%]|[.,][0-9]|{_THINGS})")
_OF_HOMES = re.compile("户|人|household|person|resident", re.IGNORECASE)


def hide_small_numbers(text: str) -> str:
    """Return a sentence about households with every small number in it made a class.

    A sentence that speaks of no household, person or resident stays as it is, and so does a number
    that plainly counts or measures another thing.

    Examples
    --------
    >>> hide_small_numbers("1 处空白，共 3314 平方米、4 户"), hide_small_numbers("占 3")
    ('1 处空白，共 3314 平方米、<10 户', '占 3')
    """
    return _SMALL.sub(f"<{FEW}", text) if _OF_HOMES.search(text) else text


def class_count(count: object) -> int | None:
    """Return a count, -1 where it is too small to be shown, None where it is not known.

    Examples
    --------
    >>> class_count(25), class_count(3), class_count(0), class_count(None)
    (25, -1, 0, None)
    """
    if count is None or count != count:  # noqa: PLR0124 - only not-a-number differs from itself
        return None
    number = int(float(str(count)))
    return -1 if 0 < number < FEW else number
