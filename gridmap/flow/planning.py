"""The main job in one call: files in, a plan out, every step's findings kept.

The command line, the demo, the notebook and the benchmark all come through this one funnel, so
that a plan made by any of them is the same plan.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from gridmap.boundaries.reach import SPEED_M_S
from gridmap.boundaries.reach_inputs import take_stations
from gridmap.errors import InvalidOption
from gridmap.findings import sort_findings
from gridmap.flow.reading import ReadOptions, prepare_territory, read_with_stations
from gridmap.model import ignore_progress
from gridmap.planning import (
    adopt_communities,
    hash_assignment,
    make_plan,
    measure_service,
    rebalance_communities,
)
from gridmap.planning.serving import MINUTES
from gridmap.planning.warming import begin_compiling
from gridmap.rules import Rules

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gridmap.model import Plan, Progress, Sources, Territory
    from gridmap.planning.serving import Service, Wish


@dataclass(frozen=True, slots=True)
class ReachWish:
    """What communities are asked about the walk to their stations.

    Attributes
    ----------
    stations
        A file of points; None for the layer of stations in the input.
    wish
        ``prefer`` or ``require``, as `gridmap.planning.Service` has them.
    minutes, speed_m_s
        The limit of a walk, and metres a second.
    """

    stations: str | Path | None = None
    wish: Wish = "prefer"
    minutes: float = MINUTES
    speed_m_s: float = SPEED_M_S


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
    locks: Sequence[str] = (),
    reach: ReachWish | None = None,
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
    locks
        With ``from_today``: ids of communities and units that stay as they are.
    reach
        With ``from_today``: stations that people want, or have, to be near to.
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
    station_file = None if reach is None else reach.stations
    sources = read_with_stations(paths, station_file, options=options, progress=progress)
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
            locks=locks,
            service=None if reach is None else _serve(territory, sources, reach),
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


def _serve(territory: Territory, sources: Sources, reach: ReachWish) -> Service:
    """Return who can walk to which station of the input in time."""
    stations, said = take_stations(sources)
    service = measure_service(
        territory,
        sources.layer("roads"),
        stations,
        wish=reach.wish,
        minutes=reach.minutes,
        speed_m_s=reach.speed_m_s,
    )
    return replace(service, findings=sort_findings([*said, *service.findings]))


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
