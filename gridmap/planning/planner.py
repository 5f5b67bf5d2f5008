"""The plan: dedicated grids first, then general grids, then what lies apart as exclave grids."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
import shapely

from gridmap.errors import InvalidOption
from gridmap.findings import FindingKind, sort_findings
from gridmap.model import Plan, ignore_progress
from gridmap.planning.certifying import load_provers, prove_pieces, tell_proofs
from gridmap.planning.communities import lift_territory, name_communities
from gridmap.planning.dedicated import carve_sites
from gridmap.planning.drafting import divide_pieces, find_land_pieces, join_grids, state_pieces
from gridmap.planning.framing import Draft, frame_grids
from gridmap.planning.land import read_land
from gridmap.planning.reasons import state_arithmetic
from gridmap.planning.walking import load_kernels
from gridmap.planning.watching import DONE, INTERRUPT, TIME, Watch, stand_watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from gridmap.findings import Finding
    from gridmap.model import Progress, Territory
    from gridmap.planning.costing import BorderCosts
    from gridmap.planning.land import Land
    from gridmap.rules import Rules

SEARCH_STOPPED = FindingKind(
    "search_stopped",
    "warning",
    en="The search was ended {cause} before it had taken all its steps; this is the best plan "
    "found by then.",
    zh="搜索{cause_zh}而提前结束，本方案为此前所得的最优结果。",
    cure_en="Plan again with more time: the same seed then gives the same plan every time.",
    cure_zh="请给予更多时间重新划分；不限时则同一种子每次结果相同。",
)
FINDING_KINDS = (SEARCH_STOPPED,)
LEVELS = ("grid", "community")
_CAUSES = {TIME: ("by its time limit", "因达到时间上限"), INTERRUPT: ("by Ctrl-C", "因用户中断")}
AFTERWARDS = 2
"""Time kept back for what comes after the search, in times of what came before it."""
ROADS_INSIDE_A_COMMUNITY = 1 / 8
"""A community is as large as about eight grids: a main road inside it weighs an eighth (gridmap's
own default)."""


def make_plan(
    territory: Territory,
    *,
    rules: Rules,
    seed: int = 7,
    time_limit_s: float | None = None,
    level: Literal["grid", "community"] = "grid",
    prove: bool = False,
    progress: Progress = ignore_progress,
) -> Plan:
    r"""Divide a territory into grids: dedicated, general and exclave; or into communities.

    Parameters
    ----------
    territory
        Units that tile every community, and the borders between them.
    rules
        Bands of households and the rule for dedicated sites.
    seed
        The same territory, rules and seed give the same plan on any machine.
    time_limit_s
        Cuts the search short, in seconds; without it the search takes steps in proportion to the
        households. It holds for the whole call but for compiling the kernels; the first division
        is always finished.
    level
        ``grid``, or ``community``: communities are drawn anew inside each township by
        ``rules.communities``, starting from today's. Then every row of ``grids`` is a community
        and ``households`` counts persons; `gridmap.planning.communities.adopt_communities` makes
        them the communities of the next plan.
    prove
        Whether to prove, piece by piece, that no division is better, or to tell the gap in
        ``about`` (keys ``proof.*``); a better division that the proof finds is taken. It takes
        seconds a piece; half of a time limit is kept for it, which ends it too.
    progress
        Called as ``progress("plan", done, total)`` with numbers of units.

    Returns
    -------
    Plan
        Every unit in exactly one grid, every grid in one piece, every grid outside its band with
        its reason in both languages.

    Raises
    ------
    InvalidOption
        When the territory has no units, the time limit is not positive, or the rules need a
        column (residents, workload) that the units do not have.

    Notes
    -----
    The order is FIELD.md's (section 1, Bozhou): eligible sites are carved out first, then general
    grids are drawn inside each community, and land that lies apart from its community's main part
    becomes exclave grids (section 4) with owner and host. docs/engine.md tells how.

    Examples
    --------
    >>> import gridmap
    >>> from gridmap.testing import draw_territory
    >>> toy = draw_territory("AABB\nAABB", households=100)
    >>> plan = make_plan(toy, rules=gridmap.Rules.preset())
    >>> plan.grids[["code", "households", "in_band"]].values.tolist()
    [['C1001', 400, True], ['C1002', 400, True]]
    """
    if territory.units.frame.empty or (time_limit_s is not None and not time_limit_s > 0):
        raise InvalidOption(
            "A plan needs at least one unit and a time limit above 0.",
            "划分至少需要一个单元，且时间上限须大于 0。",
        )
    if level not in LEVELS:
        raise InvalidOption("level must be grid or community.", "level 只能取 grid 或 community。")
    watch = Watch(time_limit_s)
    with stand_watch(watch):
        if level == "grid":
            return divide_territory(territory, rules, seed, watch, progress, prove=prove)
        lift = lift_territory(territory, rules)
        drawn = divide_territory(
            lift.territory,
            lift.rules,
            seed,
            watch,
            progress,
            reprice=_price_inside_communities,
            today=lift.start,
            prove=prove,
        )
    drawn = replace(drawn, findings=sort_findings([*drawn.findings, *lift.findings]))
    return name_communities(drawn, lift, territory.units.communities["name"])


def _price_inside_communities(land: Land) -> BorderCosts:
    return land.costs._replace(crossings=land.costs.crossings * ROADS_INSIDE_A_COMMUNITY)


def divide_territory(
    territory: Territory,
    rules: Rules,
    seed: int,
    watch: Watch,
    progress: Progress,
    *,
    reprice: Callable[[Land], BorderCosts] | None = None,
    today: NDArray[np.int64] | None = None,
    prove: bool = False,
) -> Plan:
    """Divide a territory by the bands of the rules: what `make_plan` and a merger have in common.

    Parameters
    ----------
    territory, rules, seed, watch, progress, prove
        As `make_plan` has them.
    reprice
        Returns what borders are worth here, where it is not what the land says.
    today
        Zone of each unit, by its id, from which the search starts.

    Returns
    -------
    Plan
    """
    watch.spare(load_kernels(loaded=rules.most_residents > 0) + (load_provers() if prove else 0.0))
    land = read_land(territory, rules)
    if reprice is not None:
        land = replace(land, costs=reprice(land))
    progress("plan", 0, land.size)
    carving = carve_sites(land, territory.units.sites, rules)
    pieces = find_land_pieces(land, carving.number)
    titles = territory.units.communities["name"].astype(str).to_dict()
    said = [
        *land.burden.findings,
        *carving.findings,
        *state_arithmetic(land, pieces, rules, titles=titles),
    ]
    idle = int(np.count_nonzero(carving.number >= 0))
    watch.keep_back(AFTERWARDS * watch.seconds)
    if prove:
        watch.halve()
    zones = divide_pieces(
        land,
        pieces,
        rules=rules,
        seed=seed,
        watch=watch,
        report=lambda done: progress("plan", idle + done, land.size),
        today=today,
    )
    told: dict[str, str] = {}
    if prove:
        progress("prove", 0, 1)
        zones, proofs = prove_pieces(state_pieces(land, pieces, rules), zones, watch)
        told = tell_proofs(proofs)
        progress("prove", 1, 1)
    division = join_grids(land, carving.number, pieces, zones)
    draft = Draft(territory, land, rules, carving, pieces, division)
    grids, assignment, more = frame_grids(draft)
    progress("plan", land.size, land.size)
    return Plan(
        grids=grids,
        territory=territory,
        assignment=assignment,
        rules=rules,
        findings=sort_findings([*territory.findings, *said, *more, *say_stopped(watch)]),
        about=tell_about(territory, rules, seed) | told,
    )


def say_stopped(watch: Watch) -> tuple[Finding, ...]:
    """Say that a search was ended before it had taken all its steps.

    Parameters
    ----------
    watch
        What the search was ended by.

    Returns
    -------
    tuple of Finding
        One, or none.
    """
    if watch.cause == DONE:
        return ()
    en, zh = _CAUSES[watch.cause]
    return (SEARCH_STOPPED.found(count=1, cause=en, cause_zh=zh),)


def tell_about(territory: Territory, rules: Rules, seed: int) -> dict[str, str]:
    """Return what a plan was made from and by; no clock, no path.

    Parameters
    ----------
    territory, rules, seed
        What was planned, by what.

    Returns
    -------
    dict
        Key -> value.
    """
    from importlib.metadata import version

    import geopandas
    import numba

    units = territory.units
    planned = int(units.frame["households"].sum())
    about = {
        "seed": str(seed),
        "gridmap": version("gridmap-planner"),
        "geopandas": geopandas.__version__,
        "geos": ".".join(map(str, shapely.geos_version)),
        "numba": numba.__version__,
        "numpy": np.__version__,
        "pandas": pd.__version__,
        "shapely": shapely.__version__,
        "datum": units.crs.to_string(),
        "measured_in": units.metric_crs.to_string(),
        "rules": rules.to_toml(),
        "read_households": str(units.read_households),
        "planned_households": str(planned),
        "set_aside_households": str(units.read_households - planned),
    }
    for number, file in enumerate(units.inputs, start=1):
        row = {"name": file.name, "layer": file.layer, "role": file.role, "sha256": file.sha256}
        about[f"input.{number}"] = json.dumps(row, ensure_ascii=False, sort_keys=True)
    return about
