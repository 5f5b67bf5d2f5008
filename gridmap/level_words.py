"""How the zones of a level and what they count are called: decided here and nowhere else.

Texts are written for grids and households. `choose_words` says what a plan is of, and
`reword_text` turns such a text into that of micro-grids, link units, or communities of persons.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from gridmap.terms import TERMS

if TYPE_CHECKING:
    from collections.abc import Mapping


class Words(NamedTuple):
    """A thing's name: Chinese, English for one, English for more."""

    zh: str
    one: str
    more: str


ZONES = {
    "grid": Words("网格", "grid", "grids"),
    "micro_grid": Words(TERMS["micro_grid"].zh, "micro-grid", "micro-grids"),
    "link_unit": Words(TERMS["link_unit"].zh, "link unit", "link units"),
    "community": Words("社区", "community", "communities"),
    "division": Words("区划", "division", "divisions"),
}
"""What a zone of each level is called."""
COUNTED = {
    "households": Words("户", "household", "households"),
    "persons": Words("人", "person", "persons"),
}
"""The unit of a count."""
_TOWNSHIP = Words("街道", "township", "townships")
_KEPT_ZH = ("微网格员", "微网格", "网格指导员", "网格长", "网格员")
"""Chinese words that hold 网格 and mean the same at any level."""


@dataclass(frozen=True, slots=True)
class LevelWords:
    """The words of what a plan shows.

    Attributes
    ----------
    level
        ``grid``, ``micro_grid``, ``link_unit`` or ``community``.
    zone
        What is drawn.
    general
        Those of them that a band is for.
    above
        What they are drawn in.
    unit
        The unit of a count.
    """

    level: str
    zone: Words
    general: Words
    above: Words
    unit: Words

    @property
    def counts_persons(self) -> bool:
        """Whether counts are persons and not households."""
        return self.unit == COUNTED["persons"]

    @property
    def is_named(self) -> bool:
        """Whether zones are known by their names; others are by a serial number."""
        return self.level == "community"

    @property
    def count_zh(self) -> str:
        """What a column of counts is called in Chinese."""
        return f"{self.unit.zh}数"

    @property
    def nobody_zh(self) -> str:
        """What is said of land where nobody lives, in Chinese."""
        return "无居民" if self.counts_persons else "无住户"


def choose_words(about: Mapping[str, str]) -> LevelWords:
    """Return the words of what a plan shows and counts.

    Parameters
    ----------
    about
        `gridmap.Plan.about`: ``level`` is ``grid`` unless given, ``counted`` is ``households``. A
        level that nobody draws, as a file may say, is taken for grids.

    Examples
    --------
    >>> words = choose_words({"level": "community", "counted": "persons"})
    >>> words.zone.more, words.above.zh, words.count_zh, words.is_named
    ('communities', '街道', '人数', True)
    >>> choose_words({}).general.zh
    '综合网格'
    """
    level = about.get("level", "grid")
    unit = COUNTED.get(about.get("counted", ""), COUNTED["households"])
    if level not in ZONES or level in ("grid", "division"):
        general = Words(TERMS["general"].zh, "general grid", "general grids")
        return LevelWords("grid", ZONES["grid"], general, ZONES["community"], unit)
    zone = ZONES[level]
    above = _TOWNSHIP if level == "community" else ZONES["community"]
    return LevelWords(level, zone, zone, above, unit)


def reword_text(text: str, words: LevelWords, *, language: str = "zh") -> str:
    """Return a text about grids and households as one about the zones of a level.

    Parameters
    ----------
    text
        One of gridmap's own; never a name from a file.
    words
        Of `choose_words`.
    language
        ``zh`` or ``en``: of the text.

    Notes
    -----
    All words are replaced in one pass, so that what has become 社区 does not become 街道.

    Examples
    --------
    >>> words = choose_words({"level": "community", "counted": "persons"})
    >>> reword_text("综合网格（社区、户数）", words), reword_text("网格员", words)
    ('社区（街道、人数）', '网格员')
    >>> reword_text("Grids of the community: 9 households", words, language="en")
    'Communities of the township: 9 persons'
    """
    pattern, book = _book(words, language)
    if language == "zh":
        return pattern.sub(lambda met: book[met[0]], text)

    def swap(met: re.Match[str]) -> str:
        new = book[met[0].lower()]
        return new.capitalize() if met[0][0].isupper() else new

    return pattern.sub(swap, text)


@cache
def _book(words: LevelWords, language: str) -> tuple[re.Pattern[str], dict[str, str]]:
    """Return what to look for, the longest first, and what stands in its place."""
    book = _book_zh(words) if language == "zh" else _book_en(words)
    found = "|".join(re.escape(key) for key in sorted(book, key=lambda key: (-len(key), key)))
    if language == "zh":
        return re.compile(found), book
    return re.compile(rf"(?<![\w-])(?:{found})(?!\w)", re.IGNORECASE), book


def _book_zh(words: LevelWords) -> dict[str, str]:
    book = {word: word for word in _KEPT_ZH} | {"综合网格": words.general.zh}
    if words.level == "community":
        book |= {"社区/村": TERMS["township"].zh, "社区": words.above.zh}
        book |= {"飞地网格": "社区飞地", "专属 / 飞地": "飞地"}
    if words.level != "grid":
        book["网格"] = words.zone.zh
    if words.counts_persons:
        book |= {"住户": "居民", "户": words.unit.zh}
    return book


def _book_en(words: LevelWords) -> dict[str, str]:
    book = {"general grids": words.general.more, "general grid": words.general.one}
    pairs = [(ZONES["grid"], words.zone), (COUNTED["households"], words.unit)]
    if words.level == "community":
        pairs.append((ZONES["community"], words.above))
        book |= {"dedicated / exclave": "exclave", "exclave grid": "exclave of a community"}
    for old, new in pairs:
        book |= {old.one: new.one, old.more: new.more}
    return book
