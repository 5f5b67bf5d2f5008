"""Limits of the service, as data."""

from __future__ import annotations

from dataclasses import dataclass

from gridmap.addresses.parsing import MAX_ADDRESS_CHARACTERS
from gridmap.errors import InvalidOption

MAX_ADDRESS = MAX_ADDRESS_CHARACTERS
MAX_DATUM = 40
"""Characters of a datum's name in a request."""
BYTES_PER_CHARACTER = 12
r"""Bytes of a character in JSON at most: two escapes of six, such as ``\ud840\udc00``.

Source: RFC 8259, section 7.
"""
BYTES_PER_QUESTION = MAX_ADDRESS * BYTES_PER_CHARACTER + 200
"""Bytes of a question at most: the longest address, 200 for names and indentation."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Limits of one service; every figure is gridmap's own default.

    Attributes
    ----------
    max_body_bytes
        A larger request body is refused with 413, before it is read; never so small that the
        largest batch of the longest addresses does not fit, however its characters are escaped.
    max_batch
        Questions in one ``POST /v1/batch``.
    max_page
        Grids in one answer of ``GET /v1/grids``.
    default_page
        Grids in one answer where the request names no limit.
    attribution
        Whose data it is, as ``/v1/meta`` says it.

    Examples
    --------
    >>> Settings(max_batch=10).max_batch
    10
    """

    max_body_bytes: int = 3_000_000
    max_batch: int = 1_000
    max_page: int = 1_000
    default_page: int = 100
    attribution: str = ""

    def __post_init__(self) -> None:
        numbers = (self.max_body_bytes, self.max_batch, self.max_page, self.default_page)
        if min(numbers) < 1 or self.default_page > self.max_page:
            raise InvalidOption(
                f"Limits must be at least 1, and default_page at most max_page: {numbers}.",
                f"各项上限须不小于 1，且 default_page 不大于 max_page：{numbers}。",
            )
        least = self.max_batch * BYTES_PER_QUESTION
        if self.max_body_bytes < least:
            raise InvalidOption(
                f"A batch of {self.max_batch} questions can take {least} bytes, "
                f"and a body holds {self.max_body_bytes}.",
                f"每批 {self.max_batch} 条最多占 {least} 字节，"
                f"而请求体上限为 {self.max_body_bytes} 字节。",
                cure_en=f"max_body_bytes={least}, or a smaller max_batch",
                cure_zh=f"请设 max_body_bytes={least}，或减小 max_batch",
            )
