"""What is wrong, lost, repaired, estimated or excepted, said in two languages.

Nothing in gridmap is guessed or dropped in silence. Whoever loses, repairs or estimates
something returns a `Finding`: what, how many, where, and the cure. A kind of finding is declared
once, beside the code that finds it, as a `FindingKind`; ``KIND.found(...)`` makes the finding.
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
SHOWN_PLACES = 5
"""Ids named in a sentence before it says 'and 12 more'; ``Finding.where`` keeps every id."""
_ROW = re.compile(r"^row (\d+)$")


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of trouble in one input or plan, with its count, places and cure.

    Attributes
    ----------
    code
        Stable name of the kind, such as ``household_outside``.
    severity
        ``error``: the plan is refused; ``warning``: done, but look; ``info``: said for the record.
    count
        How many things are concerned (households where the text says households).
    where
        Ids of the things concerned, in the order of the input; never a resident's data.
    en, zh
        One sentence each.
    cure_en, cure_zh
        What to do about it, as a call or an action.
    points
        A place (lon, lat in degrees) for each id in ``where`` that has one, else empty.
    """

    code: str
    severity: Severity
    count: int
    where: tuple[str, ...]
    en: str
    zh: str
    cure_en: str
    cure_zh: str
    points: tuple[tuple[float, float], ...] = ()

    def as_dict(self) -> dict[str, object]:
        """Return the finding as plain data, in the shape that ``--json`` prints."""
        return {
            "code": self.code,
            "severity": self.severity,
            "count": self.count,
            "where": list(self.where),
            "points": [list(point) for point in self.points],
            "en": self.en,
            "zh": self.zh,
            "cure_en": self.cure_en,
            "cure_zh": self.cure_zh,
        }


@dataclass(frozen=True, slots=True)
class FindingKind:
    """The declared form of a finding: its code, severity and texts with ``{placeholders}``.

    ``{count}`` and ``{places}`` are filled by `found`; any other placeholder is given to it.

    Examples
    --------
    >>> kind = FindingKind(
    ...     "empty_community", "warning",
    ...     en="{count} communities hold no household: {places}",
    ...     zh="{count} 个社区没有住户：{places}",
    ...     cure_en="Check that the household file covers them.",
    ...     cure_zh="请核对住户文件是否覆盖这些社区。",
    ... )
    >>> kind.found(["C01", "C02"]).en
    '2 communities hold no household: C01, C02'
    """

    code: str
    severity: Severity
    en: str
    zh: str
    cure_en: str
    cure_zh: str

    def found(
        self,
        where: Iterable[str] = (),
        *,
        count: int | None = None,
        points: Iterable[Sequence[float]] = (),
        **values: object,
    ) -> Finding:
        """Make the finding for these places; ``count`` defaults to the number of places."""
        ids = tuple(str(item) for item in where)
        number = len(ids) if count is None else int(count)
        en = {"count": number, "places": name_places(ids, "en"), **values}
        zh = {"count": number, "places": name_places(ids, "zh"), **values}
        return Finding(
            code=self.code,
            severity=self.severity,
            count=number,
            where=ids,
            en=self.en.format(**en),
            zh=self.zh.format(**zh),
            cure_en=self.cure_en.format(**en),
            cure_zh=self.cure_zh.format(**zh),
            points=tuple((float(p[0]), float(p[1])) for p in points),
        )

    @property
    def placeholders(self) -> frozenset[str]:
        """Names of the values that the texts ask for."""
        texts = (self.en, self.zh, self.cure_en, self.cure_zh)
        return frozenset(
            name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name
        )


def name_places(ids: Sequence[str], language: Literal["en", "zh"]) -> str:
    """Name at most `SHOWN_PLACES` ids and count the rest.

    Examples
    --------
    >>> name_places(["a", "b", "c", "d", "e", "f", "g"], "en")
    'a, b, c, d, e and 2 more'
    >>> name_places(["row 6", "row 7"], "zh")
    '第 6 条、第 7 条'
    """
    shown = list(ids[:SHOWN_PLACES])
    rest = len(ids) - len(shown)
    if language == "zh":
        shown = [_ROW.sub(r"第 \1 条", item) for item in shown]
        return "、".join(shown) + (f"，另有 {rest} 个" if rest else "")
    return ", ".join(shown) + (f" and {rest} more" if rest else "")


def sort_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Order findings worst first, then by code, then by first place."""
    return tuple(
        sorted(findings, key=lambda f: (SEVERITIES.index(f.severity), f.code, f.where, f.count))
    )


def has_errors(findings: Iterable[Finding]) -> bool:
    """Tell whether any finding refuses the input."""
    return any(finding.severity == "error" for finding in findings)
