"""The main job in one call: files in, a plan out, every step's findings kept.

The command line, the demo, the notebook and the benchmark all come through this one funnel, so
that a plan made by any of them is the same plan.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from gridmap.adjacency import make_territory
from gridmap.checks import check_sources, count_households, repair_sources
from gridmap.errors import InvalidOption, RefusedInput
from gridmap.estimates import estimate_households
from gridmap.findings import FindingKind, has_errors, sort_findings
from gridmap.hulls import bound_sources
from gridmap.model import ignore_progress
from gridmap.planning import (
    adopt_communities,
    hash_assignment,
    make_plan,
    rebalance_communities,
)
from gridmap.planning.warming import begin_compiling
from gridmap.rules import Rules
from gridmap.sources import read_sources
from gridmap.units import make_units

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from gridmap.findings import Finding
    from gridmap.model import Plan, Progress, Sources, Territory


NOBODY_INSIDE = FindingKind(
    "nobody_inside",
    "error",
    en="Not one household lies inside the communities: {count} rows lie outside them all.",
    zh="没有一户位于社区边界之内：有 {count} 条记录在所有社区之外。",
    cure_en="Check that boundaries and households are of one place and one datum.",
    cure_zh="请核对社区边界与住户数据是否为同一地区、同一坐标系。",
)
FINDING_KINDS = (NOBODY_INSIDE,)


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a user declares about the input, because it can't be seen in it.

    Attributes
    ----------
    layers
        Role -> ``file:layer``.
    columns
        ``role.name`` -> header in the file.
    crs
        File name -> CRS of a file that declares none.
    datums
        Role -> datum of its coordinates (``cgcs2000``, ``wgs84``, ``gcj02``, ``bd09``, EPSG:n).
    admin_level
        Administrative level of the communities in an OpenStreetMap extract.
    households_total
        Known number of households, to which estimates are scaled.
    """

    layers: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    crs: Mapping[str, str] = field(default_factory=dict)
    datums: Mapping[str, str] = field(default_factory=dict)
    admin_level: int | None = None
    households_total: int | None = None


def read_input(
    paths: Sequence[str | Path],
    *,
    options: ReadOptions | None = None,
    progress: Progress = ignore_progress,
) -> Sources:
    """Read files with what the user declared about them, and bound what has no boundary."""
    options = options or ReadOptions()
    sources = read_sources(
        paths,
        layers=options.layers,
        columns=options.columns,
        crs=options.crs,
        datums=options.datums,
        admin_level=options.admin_level,
        progress=progress,
    )
    return bound_sources(sources)


def list_findings(sources: Sources) -> tuple[Finding, ...]:
    """Return what reading said and what checking finds, worst first, each once."""
    return sort_findings(check_sources(sources))


def prepare_territory(
    sources: Sources,
    *,
    rules: Rules,
    households_total: int | None = None,
    progress: Progress = ignore_progress,
) -> Territory:
    """Check and repair what was read, and turn it into a planning problem.

    Raises
    ------
    RefusedInput
        When a finding of severity ``error`` stops the plan; it carries all findings.
    """
    progress("check", 0, 1)
    sources = repair_sources(sources)
    if has_errors(sources.findings):
        raise RefusedInput(sources.findings)
    sources = estimate_households(sources, rules=rules, total=households_total)
    aside = sources.set_aside
    lost = 0 if aside is None else int(aside["households"].sum())
    if count_households(sources) <= lost:
        outside = 0 if aside is None else len(aside)
        raise RefusedInput((*sources.findings, NOBODY_INSIDE.found(count=outside)))
    progress("check", 1, 1)
    units = make_units(sources, rules=rules, progress=progress)
    return make_territory(units, sources, rules=rules, progress=progress)


def plan_files(  # noqa: PLR0913  # the options of the main job
    paths: Sequence[str | Path],
    *,
    rules: Rules | None = None,
    options: ReadOptions | None = None,
    seed: int = 7,
    time_limit_s: float | None = None,
    prove: bool = False,
    level: Literal["grid", "community"] = "grid",
    communities: Plan | None = None,
    from_today: bool = False,
    number: int | None = None,
    progress: Progress = ignore_progress,
) -> Plan:
    """Read files and plan them: the main job.

    Parameters
    ----------
    paths
        Files or folders.
    rules
        The rules to plan by; the preset ``default`` unless given.
    options
        What the input does not say about itself.
    seed
        Same input and seed, same plan.
    time_limit_s
        Ends the search of grids after so many seconds; see `gridmap.make_plan`.
    prove
        Whether to prove that no division is better, or to tell the gap; see `gridmap.make_plan`.
    level
        ``grid``, or ``community`` to draw communities by persons; see `gridmap.make_plan`.
    communities
        A plan of communities of the same input, in which the grids are drawn instead of in
        today's; ``about`` then says which (``communities_from``).
    from_today, number
        Of the level of communities: whether they are today's with the least change, and how many
        there should be; see `gridmap.rebalance_communities`.
    progress
        Called as ``progress(step, done, total)``.

    Raises
    ------
    RefusedInput
        When the input has findings that stop a plan, or ``communities`` were drawn from other data.
    InvalidOption
        When ``communities`` is a plan of grids, or is given for the level of communities.
    UnreadableFile
        When a file can't be read.
    """
    rules = rules or Rules.preset("default")
    options = options or ReadOptions()
    begin_compiling(loaded=rules.most_residents > 0)
    sources = read_input(paths, options=options, progress=progress)
    territory = prepare_territory(
        sources, rules=rules, households_total=options.households_total, progress=progress
    )
    if communities is not None:
        territory = _adopt(territory, communities, level)
    if from_today:
        return rebalance_communities(
            territory,
            rules=rules,
            number=number,
            seed=seed,
            time_limit_s=time_limit_s,
            progress=progress,
        )
    made = make_plan(
        territory,
        rules=rules,
        seed=seed,
        time_limit_s=time_limit_s,
        level=level,
        prove=prove,
        progress=progress,
    )
    if communities is None:
        return made
    return replace(made, about={**made.about, "communities_from": hash_assignment(communities)})


def _adopt(territory: Territory, communities: Plan, level: str) -> Territory:
    """Return the territory with the communities of a plan."""
    if level == "community":
        raise InvalidOption(
            "Grids are drawn in communities of a plan, not communities.",
            "社区方案用于在其中划分网格，不能同时再划分社区。",
            cure_en="leave out --level community, or --communities",
            cure_zh="请去掉 --level community 或 --communities",
        )
    return adopt_communities(territory, communities)
