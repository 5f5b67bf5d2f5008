"""Higher lines: which divisions lie in which township and district, and what a move crosses.

A line of a higher level is not a community's to move: land goes over it only when everybody
concerned has consented (FIELD.md section 1, Dadukou: boundaries of townships are surveyed, and
land between them is exchanged with the other township). So every option says what it crosses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gridmap.boundaries.divisions import find_level
from gridmap.checks.inspecting import text_column
from gridmap.findings import FindingKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from gridmap.boundaries.edits import Move
    from gridmap.findings import Finding
    from gridmap.model import Sources

HIGHER_COLUMNS = ("district", "township")
"""Columns of the communities that name a higher division, the highest first."""
LEVEL_WORDS = {"district": ("district", "区"), "township": ("township", "街道")}

HIGHER_UNKNOWN = FindingKind(
    "proposal_higher_unknown",
    "warning",
    en="The column {level} is empty for {count} divisions: {places}; whether land of theirs "
    "crosses a line of that level can't be told.",
    zh="{count} 个区划的“{level}”列为空：{places}；无法判断其土地划转是否跨界。",
    cure_en="Fill in the column; until then look at proposals that concern these divisions.",
    cure_zh="请补全该列；在此之前请人工核对涉及这些区划的建议。",
)
FINDING_KINDS = (HIGHER_UNKNOWN,)


@dataclass(frozen=True)
class Crossing:
    """A line of a higher level that an option crosses.

    Attributes
    ----------
    level
        The column of the communities: ``district``, ``township``, or another one asked for.
    held_by, goes_to
        Values of that column: who gives land, who gains it.
    """

    level: str
    held_by: tuple[str, ...]
    goes_to: tuple[str, ...]

    @property
    def words(self) -> tuple[str, str]:
        """Return the level in words, English and Chinese: ``township``, ``街道``."""
        return LEVEL_WORDS.get(self.level, (self.level, self.level))

    @property
    def en(self) -> str:
        """Return ``crosses township: North > South``; ``A <> B`` for land that goes both ways."""
        if self.held_by == self.goes_to:
            return f"crosses {self.words[0]}: {' <> '.join(self.held_by)}"
        return f"crosses {self.words[0]}: {', '.join(self.held_by)} > {', '.join(self.goes_to)}"

    @property
    def zh(self) -> str:
        """Return ``跨街道：望禾街道→清渠镇``; ``甲↔乙`` for land that goes both ways."""
        if self.held_by == self.goes_to:
            return f"跨{self.words[1]}：{'↔'.join(self.held_by)}"
        return f"跨{self.words[1]}：{'、'.join(self.held_by)}→{'、'.join(self.goes_to)}"


@dataclass(frozen=True)
class HigherLines:
    """The higher divisions in which divisions lie.

    Attributes
    ----------
    values
        Level -> division -> the higher division it lies in, ``""`` where that is not known; the
        highest level first.
    """

    values: Mapping[str, Mapping[str, str]]

    def find_crossings(self, moves: Iterable[Move]) -> tuple[Crossing, ...]:
        """Return the lines that moves cross, the highest first; empty where they cross none.

        Parameters
        ----------
        moves
            Land and who holds it before and after.

        Examples
        --------
        >>> import shapely
        >>> from gridmap.boundaries.edits import Move
        >>> lines = HigherLines({"township": {"A": "north", "B": "south", "C": "south"}})
        >>> square = shapely.box(0, 0, 1, 1)
        >>> [found.en for found in lines.find_crossings([Move(square, ("A",), ("B",))])]
        ['crosses township: north > south']
        >>> lines.find_crossings([Move(square, ("B",), ("C",))])
        ()
        """
        moves = tuple(moves)
        found = []
        for level, value in self.values.items():
            pairs = {
                (value.get(was, ""), value.get(now, ""))
                for move in moves
                for was in move.held_by
                if was not in move.goes_to
                for now in move.goes_to
            }
            across = sorted((was, now) for was, now in pairs if was and now and was != now)
            if across:
                held, gains = (tuple(sorted(set(side))) for side in zip(*across, strict=True))
                found.append(Crossing(level, held, gains))
        return tuple(found)


def collect_lines(
    cleaned: Sources, ids: Sequence[str], *, level: str = "", within: str | None = None
) -> tuple[HigherLines, tuple[Finding, ...]]:
    """Return the higher divisions of an analysis's divisions.

    Parameters
    ----------
    cleaned
        From `gridmap.boundaries.divisions.clean_sources`.
    ids
        Of the divisions, as `gridmap.boundaries.divisions.collect_divisions` made them.
    level
        The column by which they were joined, ``""`` for none.
    within
        One more column whose lines count, by header or alias.

    Returns
    -------
    HigherLines
        A column tells nothing of a higher level, and is left out, where it is empty, is the one
        the divisions were joined by, only repeats their ids or names, or has several values
        within one division.
    findings
        Divisions that have no value where others have one.

    Raises
    ------
    UnknownName
        When there is no column ``within``.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from gridmap.boundaries.examples import draw_sources
    >>> sources = draw_sources("AB")
    >>> towns = sources.layers["communities"].assign(township=["north", "south"])
    >>> lines, _ = collect_lines(replace(sources, layers={"communities": towns}), ["A", "B"])
    >>> lines.values
    {'township': {'A': 'north', 'B': 'south'}}
    """
    frame = cleaned.layers["communities"]
    joined = find_level(frame, level) if level else ""
    asked = () if within is None else (find_level(frame, within),)
    usable = ~(frame.geometry.isna() | frame.geometry.is_empty).to_numpy(dtype=bool)
    frame = frame[usable].reset_index(drop=True)
    rows = _name_rows(frame, ids, joined)
    found: dict[str, Mapping[str, str]] = {}
    findings = []
    for column in dict.fromkeys((*(c for c in HIGHER_COLUMNS if c in frame.columns), *asked)):
        value = None if column == joined else _read_column(frame, column, rows)
        if value is None:
            continue
        found[column] = value
        unknown = [division for division in ids if not value.get(division)]
        if unknown:
            findings.append(HIGHER_UNKNOWN.found(unknown, level=column))
    return HigherLines(found), tuple(findings)


def _name_rows(frame: pd.DataFrame, ids: Sequence[str], joined: str) -> list[str]:
    """Return the division of each row."""
    if not joined:
        return list(ids)
    known = set(ids)
    own = text_column(frame, "community_id")
    return [
        value if value in known else row
        for value, row in zip(text_column(frame, joined), own, strict=True)
    ]


def _read_column(frame: pd.DataFrame, column: str, rows: Sequence[str]) -> dict[str, str] | None:
    """Return division -> value of a column; None where it tells of no higher level."""
    values = [value.strip() for value in text_column(frame, column)]
    told: dict[str, set[str]] = {division: set() for division in rows}
    for division, value in zip(rows, values, strict=True):
        told[division] |= {value} - {""}
    if not any(values) or any(len(several) > 1 for several in told.values()):
        return None
    if values in (list(rows), [name.strip() for name in text_column(frame, "name")]):
        return None
    return {division: next(iter(one), "") for division, one in told.items()}
