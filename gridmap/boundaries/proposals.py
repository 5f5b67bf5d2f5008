"""Proposals: for each exclave, overlap and interlock what could be done, the best first.

Nothing is decided here. Every option carries the edit that does it (`edits.apply_edits`), what it
moves, and what it does to the counts of the divisions concerned.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import shapely

from gridmap.boundaries.clarity import measure_clarity
from gridmap.boundaries.divisions import clean_sources
from gridmap.boundaries.exchanges import ExchangeTable
from gridmap.boundaries.higher_lines import HigherLines, collect_lines
from gridmap.boundaries.interlock_options import list_border_options, list_neck_options
from gridmap.boundaries.option_desk import Desk
from gridmap.boundaries.options import Yardstick
from gridmap.boundaries.overlap_options import list_overlap_options
from gridmap.boundaries.part_options import Nested, add_later_options, list_part_options
from gridmap.boundaries.snapping import propose_snaps
from gridmap.boundaries.standing import collect_standing
from gridmap.errors import InvalidOption
from gridmap.findings import FindingKind, sort_findings
from gridmap.model import ignore_progress
from gridmap.rules.levels import COMMUNITIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd

    from gridmap.boundaries.analysing import Analysis
    from gridmap.boundaries.options import Choices, Measure, NotPossible, Option
    from gridmap.boundaries.standing import Counts, Standing
    from gridmap.findings import Finding
    from gridmap.model import Progress, Sources
    from gridmap.rules import Band

Subject = Literal["overlap", "exclave", "neck", "border"]
SUBJECTS: tuple[Subject, ...] = ("overlap", "exclave", "neck", "border")
ON_BORDER_M = 1.0
"""A stretch this near to a winding border is a stretch of it; gridmap's own default."""

PERSONS_ESTIMATED = FindingKind(
    "proposal_persons_estimated",
    "info",
    en="Residents were not counted: the {count} divisions of the proposals are judged by "
    "{factor:g} persons a household.",
    zh="没有常住人口数据：建议涉及的 {count} 个区划按每户 {factor:g} 人估算。",
    cure_en="Give the communities a column of residents, or judge by households: "
    "--band-of households.",
    cure_zh="请提供常住人口列，或按户数评判：--band-of households。",
)
RESIDENTS_SHARED = FindingKind(
    "proposal_residents_shared",
    "info",
    en="Residents are known by division only: those of {count} pieces of land are their "
    "division's, shared by {by:en}.",
    zh="常住人口仅有区划合计：{count} 块土地的人口按{by:zh}分摊估算。",
    cure_en="Count the residents of a place before its land changes hands.",
    cure_zh="土地划转前请核实当地人口。",
)
COUNTS_UNKNOWN = FindingKind(
    "proposal_counts_unknown",
    "info",
    en="Nobody counted what the band counts, so that the {count} proposals don't tell who is "
    "inside it.",
    zh="缺少区间所需的数据，{count} 项建议无法判断是否在区间内。",
    cure_en="Give households, or a column of residents.",
    cure_zh="请提供住户数据或常住人口列。",
)
RESIDENTS_UNUSABLE = FindingKind(
    "proposal_residents_unusable",
    "warning",
    en="The number of residents of {count} communities is missing, no number or negative, and is "
    "taken as unknown: {places}.",
    zh="{count} 个社区的常住人口缺失、不是数字或为负数，按未知处理：{places}。",
    cure_en="Mend the column of residents; unknown ones are judged by their households.",
    cure_zh="请更正常住人口列；未知者按户数评判。",
)
FINDING_KINDS = (PERSONS_ESTIMATED, RESIDENTS_SHARED, COUNTS_UNKNOWN, RESIDENTS_UNUSABLE)


@dataclass(frozen=True)
class Proposal:
    """What could be done about one place.

    Attributes
    ----------
    proposal_id
        Such as ``exclave-3``, in the order of the list.
    subject
        One of `SUBJECTS`.
    kind
        Of an exclave ``enclosed`` or ``detached``; else as the subject.
    ids
        The owner first, then those beside it; the two of a border; the holders of an overlap.
    counts
        What is on the land; None for a border, which is a line.
    place
        A place in it, in lon/lat as stored.
    options
        The best first (`Option.rank`).
    not_possible
        What can't be done, and why.
    """

    proposal_id: str
    subject: Subject
    kind: str
    ids: tuple[str, ...]
    counts: Counts | None
    place: shapely.Geometry
    options: tuple[Option, ...]
    not_possible: tuple[NotPossible, ...]


@dataclass(frozen=True)
class Proposals:
    """All proposals of an analysis.

    Attributes
    ----------
    items
        Overlaps, exclaves, necks, borders; each subject by area, the largest first.
    standing
        The divisions as stored, for which the edits are, and what stands on them.
    yardstick
        The band, and what it counts.
    higher
        The townships and districts in which the divisions lie.
    findings
        What was estimated or could not be told.
    """

    items: tuple[Proposal, ...]
    standing: Standing
    yardstick: Yardstick
    higher: HigherLines = field(default_factory=lambda: HigherLines({}))
    findings: tuple[Finding, ...] = field(default=())

    @property
    def divisions(self) -> gpd.GeoDataFrame:
        """The divisions as stored: ``division_id``, ``name``, polygons; edits apply to them."""
        import geopandas as gpd

        names = {"division_id": list(self.standing.ids), "name": list(self.standing.names)}
        return gpd.GeoDataFrame(names, geometry=self.standing.shapes, crs=self.standing.crs)

    @property
    def homes(self) -> gpd.GeoDataFrame | None:
        """Where households live, as `edits.apply_edits` takes them; None where nobody counted."""
        return self.standing.home_frame


def propose_changes(  # noqa: PLR0913  # what options are judged by, and which are wanted
    analysis: Analysis,
    sources: Sources,
    *,
    band: Band | None = None,
    measure: Measure = "persons",
    population: Mapping[str, float] | Sequence[float] | None = None,
    persons_per_household: float = COMMUNITIES.persons_per_household,
    subjects: Sequence[Subject] = SUBJECTS,
    within: str | None = None,
    progress: Progress = ignore_progress,
) -> Proposals:
    r"""List what could be done about each exclave, overlap, neck and winding border.

    Parameters
    ----------
    analysis
        Of these sources.
    sources
        What was analysed.
    band
        What one division may hold; None for no band: counts are told, and nobody is judged.
    measure
        ``persons`` or ``households``: what the band counts.
    population
        Residents of each row of the communities, or by ``division_id``; None for the communities'
        column of residents, where they have one.
    persons_per_household
        Persons of a household, where residents are not counted.
    subjects
        Those of `SUBJECTS` that are wanted.
    within
        A column of the communities, beside township and district, whose lines land should not
        cross.
    progress
        Called as ``progress("propose", done, total)``.

    Returns
    -------
    Proposals
        Options are ordered by `Option.rank`: it cures the place; fewest lines of a higher level
        are crossed; fewest divisions leave the band; fewest households move; least land moves;
        longest border. Each is worked out alone, on today's outlines.

    Raises
    ------
    InvalidOption
        When the population or the persons of a household can't be used, or the analysis is of
        other sources.
    UnknownName
        When there is no column ``within``.

    Notes
    -----
    Source: issue 4 point 4; FIELD.md sections 1 (Dadukou: townships' boundaries) and 4.

    Examples
    --------
    >>> from gridmap.boundaries import analyse
    >>> from gridmap.boundaries.examples import draw_sources
    >>> sources = draw_sources("ABBB\nABAB\nABBB", households=2)
    >>> proposals = propose_changes(analyse(sources), sources)
    >>> [option.action for option in proposals.items[0].options]
    ['give', 'keep']
    """
    if measure not in ("persons", "households") or not 0 < persons_per_household < 100:
        raise InvalidOption(
            f"measure={measure!r}, persons_per_household={persons_per_household}: not usable.",
            f"measure={measure!r}、persons_per_household={persons_per_household} 无法使用。",
            cure_en='measure="persons" or "households"; persons_per_household=2.62',
            cure_zh='measure="persons" 或 "households"；persons_per_household=2.62',
        )
    cleaned = clean_sources(sources)
    standing = collect_standing(
        cleaned, analysis.divisions, level=analysis.level, population=population
    )
    parts = analysis.parts[analysis.parts["kind"] == "main"]
    mains = {
        str(d): standing.restore(shape)
        for d, shape in zip(parts["division_id"], parts.geometry, strict=True)
    }
    yardstick = Yardstick(band, measure, persons_per_household)
    crs = str(standing.crs.to_string())
    higher, unknown = collect_lines(cleaned, standing.ids, level=analysis.level, within=within)
    desk = Desk(standing, mains, yardstick, crs, analysis.level, higher)
    items = _Writer(analysis, cleaned, desk, progress).write_all(subjects)
    findings = (*_say(items, standing, yardstick), *(unknown if items else ()))
    return Proposals(items, standing, yardstick, higher, sort_findings(findings))


@dataclass
class _Writer:
    """Goes through the places of an analysis, and writes a proposal for each."""

    analysis: Analysis
    cleaned: Sources
    desk: Desk
    progress: Progress

    def write_all(self, subjects: Sequence[Subject]) -> tuple[Proposal, ...]:
        """Return the proposals of some subjects, in the order of `SUBJECTS`."""
        steps = (self._overlaps, self._exclaves, self._necks, self._borders)
        items: list[Proposal] = []
        for n, (subject, step) in enumerate(zip(SUBJECTS, steps, strict=True)):
            self.progress("propose", n, len(steps))
            items += step() if subject in subjects else []
        self.progress("propose", len(steps), len(steps))
        return tuple(items)

    def _overlaps(self) -> list[Proposal]:
        rows = self.analysis.overlaps.sort_values("area_m2", ascending=False, kind="stable")
        items = []
        for n, row in enumerate(rows.itertuples(), start=1):
            name = f"overlap-{n}"
            choices = list_overlap_options(self.desk, name, row.ids, row.place)
            items.append(self._write(name, "overlap", row.ids, row.geometry, row.place, choices))
        return items

    def _exclaves(self) -> list[Proposal]:
        exchanges = ExchangeTable(self.desk.standing, self.desk.mains)
        rows = self.analysis.detached.sort_values("area_m2", ascending=False, kind="stable")
        nests = []
        for n, row in enumerate(rows.itertuples(), start=1):
            name, owner = f"exclave-{n}", str(row.division_id)
            hosts = [(str(host), metres) for host, metres, _ in row.hosts]
            land = self.desk.standing.restore(row.geometry)
            choices = list_part_options(self.desk, exchanges, name, owner, land, hosts)
            nests.append(Nested(name, owner, land, choices))
        add_later_options(self.desk, nests)
        items = []
        for nest, row in zip(nests, rows.itertuples(), strict=True):
            ids = (nest.owner, *(str(host) for host, _, _ in row.hosts))
            items.append(
                self._write(
                    nest.proposal_id,
                    "exclave",
                    ids,
                    row.geometry,
                    row.place,
                    nest.choices,
                    row.kind,
                )
            )
        return items

    def _necks(self) -> list[Proposal]:
        items = []
        limits = self.analysis.thresholds
        for n, row in enumerate(self._interlocks("neck"), start=1):
            name, owner = f"neck-{n}", str(row.ids[0])
            choices = list_neck_options(self.desk, name, owner, row.geometry, row.place, limits)
            ids = tuple(dict.fromkeys((owner, *(d for o in choices.options for d in o.to))))
            items.append(self._write(name, "neck", ids, row.geometry, row.place, choices))
        return items

    def _borders(self) -> list[Proposal]:
        rows = self._interlocks("border")
        paths = self._find_snaps(rows)
        items = []
        for n, row in enumerate(rows, start=1):
            name = f"border-{n}"
            pair = (str(row.ids[0]), str(row.ids[1]))
            choices = list_border_options(
                self.desk, name, pair, row.geometry, self.analysis.thresholds, paths[n - 1]
            )
            items.append(self._write(name, "border", pair, None, row.place, choices))
        return items

    def _interlocks(self, kind: str) -> list[Any]:
        rows = self.analysis.interlocks[self.analysis.interlocks["kind"] == kind]
        return list(rows.sort_values("area_m2", ascending=False, kind="stable").itertuples())

    def _find_snaps(self, rows: Sequence[Any]) -> list[list[shapely.LineString]]:
        """Return, for each winding border, the lines proposed for its unclear stretches."""
        found: list[list[shapely.LineString]] = [[] for _ in rows]
        roads, barriers, compounds = (
            self._measured(role) for role in ("roads", "barriers", "compounds")
        )
        if not rows or all(frame is None for frame in (roads, barriers, compounds)):
            return found
        concerned = {str(d) for row in rows for d in row.ids}
        own = self.analysis.divisions["division_id"].astype(str).isin(concerned)
        divisions = self.analysis.divisions[own].reset_index(drop=True)
        clarity = measure_clarity(divisions, roads=roads, barriers=barriers, compounds=compounds)
        stretches = dict(zip(clarity.unclear["stretch_id"], clarity.unclear.geometry, strict=True))
        for snap in propose_snaps(clarity, divisions):
            for n, row in enumerate(rows):
                same = {snap.division_a, snap.division_b} == {str(d) for d in row.ids}
                if snap.status != "proposed" or not same:
                    continue
                near = shapely.buffer(row.geometry, ON_BORDER_M)
                if shapely.covers(near, stretches[snap.stretch_id]) and snap.path is not None:
                    found[n].append(snap.path)
        return found

    def _measured(self, role: str) -> gpd.GeoDataFrame | None:
        """Return a layer in metres, None when it is absent or empty."""
        frame = self.cleaned.layer(role)
        if frame is None or frame.empty:
            return None
        return frame.to_crs(self.cleaned.metric_crs)

    def _write(
        self,
        name: str,
        subject: Subject,
        ids: Sequence[str],
        land: shapely.Geometry | None,
        place: shapely.Point,
        choices: Choices,
        kind: str = "",
    ) -> Proposal:
        counts = None
        standing = self.desk.standing
        if land is not None:
            holders = tuple(ids) if subject == "overlap" else (ids[0],)
            counts = standing.count(standing.restore(land), holders)
        ordered = tuple(sorted(choices.options, key=lambda option: option.rank))
        return Proposal(
            name,
            subject,
            kind or subject,
            tuple(ids),
            counts,
            standing.restore(place),
            ordered,
            tuple(choices.refused),
        )


def _say(
    items: Sequence[Proposal], standing: Standing, yardstick: Yardstick
) -> tuple[Finding, ...]:
    findings = []
    concerned = {d for item in items for d in item.ids}
    if not items:
        return ()
    if yardstick.measure == "persons" and standing.residents is None and standing.homes is not None:
        findings.append(
            PERSONS_ESTIMATED.found(count=len(concerned), factor=yardstick.persons_per_household)
        )
    if standing.residents is not None:
        number = sum(item.counts is not None for item in items)
        findings.append(RESIDENTS_SHARED.found(count=number, by=_By(standing.residents_shared)))
    if standing.residents_unusable:
        findings.append(RESIDENTS_UNUSABLE.found(standing.residents_unusable))
    known = any(yardstick.count(*standing.total(n)) is not None for n in range(len(standing.ids)))
    if yardstick.band is not None and not known:
        findings.append(COUNTS_UNKNOWN.found(count=len(items)))
    return sort_findings(findings)


@dataclass(frozen=True)
class _By:
    """By what residents were shared, in both languages."""

    key: str

    def __format__(self, spec: str) -> str:
        zh = {"households": "户数", "area": "面积"}
        return zh[self.key] if spec == "zh" else self.key
