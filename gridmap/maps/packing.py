"""Many integers as short text: what geometry costs in the page.

Steps between neighbouring points are small, so each is written in as few characters as it needs:
zigzag (0, -1, 1, -2, ... become 0, 1, 2, 3, ...), then groups of five bits, the lowest first, one
character a group out of 64 that need no escape in JSON or HTML. ``assets/decode.js`` reads it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridmap.errors import InvalidOption

if TYPE_CHECKING:
    from numpy.typing import NDArray

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_LETTERS = np.frombuffer(ALPHABET.encode("ascii"), dtype=np.uint8)
_LARGEST = 1 << 30
"""JavaScript shifts 32 bits; after zigzag a number has one bit more."""


def pack_integers(values: NDArray[np.int64]) -> str:
    """Write integers as text, about one character for each five bits.

    Parameters
    ----------
    values
        (n,) whole numbers, each between -2**30 and 2**30.

    Returns
    -------
    str
        Only characters of `ALPHABET`.

    Raises
    ------
    InvalidOption
        When a number is too large for the page's reader.

    Examples
    --------
    >>> pack_integers(np.array([0, -1, 1, 15, 16, -300]))
    'ABCegB3S'
    """
    values = np.asarray(values, dtype=np.int64)
    if values.size == 0:
        return ""
    if int(np.abs(values).max()) >= _LARGEST:
        raise InvalidOption(
            f"A map coordinate of {int(np.abs(values).max())} steps is outside the page's range.",
            f"地图坐标 {int(np.abs(values).max())} 超出页面可表示的范围。",
            cure_en="Check the coordinates: one plan covers one district, not a continent.",
            cure_zh="请核对坐标：一份方案对应一个区县。",
        )
    zigzag = np.where(values < 0, -2 * values - 1, 2 * values)
    groups = np.ones(len(zigzag), dtype=np.int64)
    for bits in range(5, 32, 5):
        groups += zigzag >= 1 << bits
    last = np.cumsum(groups)
    place = np.arange(last[-1]) - np.repeat(last - groups, groups)
    five = (np.repeat(zigzag, groups) >> (5 * place)) & 31
    five[place < np.repeat(groups, groups) - 1] |= 32
    letters: bytes = _LETTERS[five].tobytes()
    return letters.decode("ascii")


def unpack_integers(text: str) -> NDArray[np.int64]:
    """Read integers written by `pack_integers`: what the page does, for tests and tools.

    Examples
    --------
    >>> unpack_integers("ABCegB3S").tolist()
    [0, -1, 1, 15, 16, -300]
    """
    place = np.full(256, 0, dtype=np.int64)
    place[_LETTERS] = np.arange(64)
    coded = place[np.frombuffer(text.encode("ascii"), dtype=np.uint8)]
    ends = np.flatnonzero(coded < 32)
    starts = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else ends
    within = np.arange(len(coded)) - np.repeat(starts, ends - starts + 1)
    zigzag = np.add.reduceat((coded & 31) << (5 * within), starts) if len(ends) else ends
    signed: NDArray[np.int64] = np.where(zigzag & 1, -(zigzag + 1) // 2, zigzag // 2)
    return signed
