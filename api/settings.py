"""Limits of the service, as data."""

from __future__ import annotations

from dataclasses import dataclass

from gridmap.addresses.parsing import MAX_ADDRESS_CHARACTERS
from gridmap.errors import InvalidOption


@dataclass(frozen=True, slots=True)
class Settings:
    """Limits of one service; every figure is gridmap's own default.

    Attributes
    ----------
    max_body_bytes
        A larger request body is refused with 413, before it is read.
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

    max_body_bytes: int = 1_000_000
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


MAX_ADDRESS = MAX_ADDRESS_CHARACTERS
MAX_DATUM = 40
"""Characters of a datum's name in a request."""
