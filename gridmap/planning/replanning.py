"""The plan of today on new data or by new rules, with the least change (动态调整)."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gridmap.errors import InvalidOption
from gridmap.findings import sort_findings
from gridmap.lineage import match_zones
from gridmap.model import Plan, ignore_progress
from gridmap.planning.anchoring import anchor_nodes
from gridmap.planning.attempts import Search
from gridmap.planning.calling import (
    Calls,
    attend_pieces,
    cost_stations,
    list_calls,
    place_calls,
    wish_zones,
)
from gridmap.planning.carrying import carry_levels
from gridmap.planning.changes import tell_changes
from gridmap.planning.drafting import Piece, find_land_pieces, share_edges, state_piece
from gridmap.planning.framing import Draft, Identities, frame_grids
from gridmap.planning.joining import join_zones, part_zones
from gridmap.planning.keeping import (
    Past,
    carve_again,
    join_kept,
    mark_locked,
    read_past,
    reserve_locked,
)
from gridmap.planning.land import Land, read_land
from gridmap.planning.locking import Locks, read_locks, state_locks
from gridmap.planning.mending import mend_zones
from gridmap.planning.numbering import make_grid_id
from gridmap.planning.overlaying import overlay_grids
from gridmap.planning.planner import AFTERWARDS, say_stopped, tell_about
from gridmap.planning.problems import number_by_first
from gridmap.planning.reasons import state_arithmetic
from gridmap.planning.tallying import find_troubles, sum_up
from gridmap.planning.walking import load_kernels, seed_from
from gridmap.planning.watching import Watch, stand_watch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from gridmap.model import Progress, Territory
    from gridmap.planning.dedicated import Carving
    from gridmap.planning.problems import Problem
    from gridmap.planning.serving import Service
    from gridmap.rules import Rules


def replan(
    plan: Plan,
    territory: Territory | None = None,
    *,
    rules: Rules | None = None,
    locks: Iterable[str] = (),
    seed: int = 7,
    time_limit_s: float | None = None,
    progress: Progress = ignore_progress,
) -> Plan:
    r"""Bring a plan up to date with the least change: what is still valid stays as it is.

    Parameters
    ----------
    plan
        The earlier plan.
    territory
        The units of today; those of the plan where only the rules change.
    rules
        The rules of today; those of the plan unless given.
    locks
        Ids of grids (``grid_id`` or code) that keep exactly their units, and of units that stay
        in their grid. Nothing that is drawn breaks a lock.
    seed
        The same input and seed give the same plan on any machine.
    time_limit_s
        Cuts the mending short, in seconds. It holds for the whole call but for compiling the
        kernels and drawing levels anew; what is mended by then is kept.
    progress
        Called as ``progress("plan", done, total)`` with numbers of units.

    Returns
    -------
    Plan
        The grids of the earlier plan with their ids, codes and names, as far as they are still in
        one piece and inside their band; only the others, and what neighbours are needed to mend
        them, are redrawn. ``changes`` tells what became of each. New grids get new ids, and
        serials after the greatest that was used. Micro-grids and link units of the earlier plan
        stay in unchanged grids and are drawn anew in the others.

    Raises
    ------
    InvalidOption
        When the territory has no units, or the time limit is not positive.
    UnknownName
        When a lock names neither a grid nor a unit.

    Notes
    -----
    The aim is lexicographic: zones outside their band, households moved to another grid, zones
    touched, and only then what the engine weighs. A wished (soft) band that is not met is no
    reason for a change. Source: FIELD.md section 1 (Qibin: dynamic adjustment) and section 3 (a
    grid keeps its identity; codes change only on request). docs/replan.md tells how.

    Examples
    --------
    >>> import gridmap
    >>> from gridmap.testing import draw_territory
    >>> rules = gridmap.Rules.preset()
    >>> plan = gridmap.make_plan(draw_territory("AABB\nAABB", households=100), rules=rules)
    >>> again = replan(plan, draw_territory("AABB\nAABB", households=110))
    >>> again.changes["change"].tolist(), again.assignment.equals(plan.assignment)
    (['U', 'U'], True)
    """
    made = redraw_plan(
        plan,
        plan.territory if territory is None else territory,
        rules=plan.rules if rules is None else rules,
        locks=locks,
        seed=seed,
        time_limit_s=time_limit_s,
        progress=progress,
    )
    return carry_levels(plan, made, seed=seed)


def redraw_plan(  # noqa: PLR0913  # those of replan, and what communities need besides
    plan: Plan,
    territory: Territory,
    *,
    rules: Rules,
    locks: Iterable[str],
    seed: int,
    time_limit_s: float | None,
    progress: Progress,
    between: tuple[int, int] | None = None,
    service: Service | None = None,
) -> Plan:
    """Bring one level of a plan up to date, as `replan` does; and have fewer zones, if asked.

    Parameters
    ----------
    plan, territory, rules, locks, seed, time_limit_s, progress
        As `replan` has them.
    between
        Least and most zones there should be: above the most neighbours are joined, those first
        that move the fewest, and below the least the heaviest are parted; exclaves don't count.
        None for as many as the least change leaves.
    service
        Stations whose reach is a term or a constraint, by the units of ``territory``; None for
        none.

    Returns
    -------
    Plan
        Without the levels below.

    Raises
    ------
    InvalidOption, UnknownName
        As `replan` does.

    Examples
    --------
    >>> import gridmap
    >>> from gridmap.model import ignore_progress
    >>> from gridmap.testing import draw_territory
    >>> rules = gridmap.Rules.preset()
    >>> plan = gridmap.make_plan(draw_territory("ABCD", households=150), rules=rules)
    >>> again = redraw_plan(plan, plan.territory, rules=rules, locks=(), seed=7,
    ...                     time_limit_s=None, progress=ignore_progress)
    >>> again.assignment.equals(plan.assignment)
    True
    """
    if territory.units.frame.empty or (time_limit_s is not None and not time_limit_s > 0):
        raise InvalidOption(
            "A plan needs at least one unit and a time limit above 0.",
            "划分至少需要一个单元，且时间上限须大于 0。",
        )
    watch = Watch(time_limit_s)
    watch.spare(load_kernels(loaded=rules.most_residents > 0))
    land = read_land(territory, rules)
    calls = None if service is None else place_calls(service, land.ids)
    if calls is not None:
        land = replace(land, costs=cost_stations(land.costs, calls, land.edges))
    progress("plan", 0, land.size)
    overlay = overlay_grids(plan, territory)
    held = read_locks(locks, plan, overlay.grid)
    past = read_past(plan, overlay.grid)
    carving, trouble = carve_again(plan, territory, land, past, held, rules)
    reserved = reserve_locked(carving.number, past, held)
    pieces = find_land_pieces(land, reserved)
    watch.keep_back(AFTERWARDS * watch.seconds)
    with stand_watch(watch):
        problems, zones = _mend_pieces(
            land, pieces, past, held, rules, seed, watch, progress, calls
        )
    zones = _settle_number(land, problems, zones, pieces, between, reserved, calls, seed, watch)
    division = join_kept(land, reserved, pieces, zones, past, held)
    numbers = _name_grids(land, division.grid, carving, past, held)
    known = _identify(plan, land, division.grid, numbers, past, held)
    titles = territory.units.communities["name"].astype(str).to_dict()
    said = [*land.burden.findings, *overlay.findings, *held.findings, *trouble, *carving.findings]
    said += state_arithmetic(land, pieces, rules, titles=titles)
    draft = Draft(territory, land, rules, carving, pieces, division)
    grids, assignment, more = frame_grids(draft, known)
    troubles = dict.fromkeys(sorted(overlay.left), "community")
    troubles |= find_troubles(land, past, held, carving, rules)
    changes = tell_changes(
        plan,
        grids,
        assignment,
        overlay.grid,
        households=territory.units.frame["households"],
        troubles=troubles,
    )
    said += sum_up(plan, territory, grids, changes, assignment, overlay.grid, troubles, held)
    said += state_locks(held, grids, land, assignment.reindex(land.ids).to_numpy(object))
    progress("plan", land.size, land.size)
    return Plan(
        grids=grids,
        territory=territory,
        assignment=assignment,
        rules=rules,
        findings=sort_findings([*territory.findings, *said, *more, *say_stopped(watch)]),
        about=tell_about(territory, rules, seed) | {"replanned_from": hash_assignment(plan)},
        changes=changes,
    )


def hash_assignment(plan: Plan) -> str:
    """Return a hash of which unit is in which grid, to know a plan by.

    Examples
    --------
    >>> import gridmap
    >>> from gridmap.testing import draw_territory
    >>> toy = draw_territory("AAAA", households=100)
    >>> len(hash_assignment(gridmap.make_plan(toy, rules=gridmap.Rules.preset())))
    64
    """
    rows = zip(plan.assignment.index, plan.assignment, strict=True)
    text = "\x1e".join(f"{unit}\x1f{grid}" for unit, grid in rows)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _is_large(problem: Problem) -> bool:
    """Tell whether land has enough for a zone of its own inside the band."""
    return int(problem.weights.sum()) >= int(problem.bands.widest[0])


def _settle_number(  # noqa: PLR0913, PLR0917  # what redraw_plan knows
    land: Land,
    problems: list[Problem],
    zones: list[NDArray[np.int32]],
    pieces: list[Piece],
    between: tuple[int, int] | None,
    reserved: NDArray[np.int64],
    calls: Calls | None,
    seed: int,
    watch: Watch,
) -> list[NDArray[np.int32]]:
    """Return as many zones as are wanted, locked ones included; and stations attended to.

    Detached land that reaches no floor is not counted, joined or parted for the number: its zones
    are exclaves of their owner. Nor is land without people, which is joined to a zone beside it.
    """
    members = [piece.members for piece in pieces]
    least, most = between or (0, 0)
    zones = list(zones)
    main = [
        place
        for place, piece in enumerate(pieces)
        if (not piece.detached or _is_large(problems[place])) and land.counted[piece.members].any()
    ]
    _, first = np.unique(reserved, return_index=True)
    apart = int((~land.detached[first] & (reserved[first] >= 0)).sum())
    there = apart + _count_zones([zones[place] for place in main])
    if between is not None:
        inner, drawn = [problems[place] for place in main], [zones[place] for place in main]
        called = [list_calls(calls, members[place]) for place in main]
        drawn = join_zones(inner, drawn, there - most, called=called)
        own = Search(seed=seed_from(seed, "more"))
        drawn = part_zones(inner, drawn, least - apart - _count_zones(drawn), own, watch)
        there = apart + _count_zones(drawn)
        for place, labels in zip(main, drawn, strict=True):
            zones[place] = labels
    if calls is None or calls.service.wish != "require":
        return zones
    spare = 0 if between is None else max(0, there - least)
    with stand_watch(watch):
        return attend_pieces(
            calls, members, problems, zones, spare=spare, must_stop=watch.must_stop
        )


def _mend_pieces(  # noqa: PLR0913, PLR0917  # what redraw_plan knows
    land: Land,
    pieces: list[Piece],
    past: Past,
    locks: Locks,
    rules: Rules,
    seed: int,
    watch: Watch,
    progress: Progress,
    calls: Calls | None,
) -> tuple[list[Problem], list[NDArray[np.int32]]]:
    """Return every piece as a problem, and its zones: today's, mended where need be."""
    edges = share_edges(land, pieces)
    dedicated = past.kinds == "dedicated"
    home = np.where(dedicated[past.home] & (past.home >= 0), -1, past.home)
    problems, zones, done = [], [], 0
    left = sum(len(piece.members) for piece in pieces)
    for piece, borders in zip(pieces, edges, strict=True):
        zones.append(np.zeros(len(piece.members), np.int32))
        done += len(piece.members)
        share = len(piece.members) / left
        left -= len(piece.members)
        problem = state_piece(land, piece, borders, rules)
        problems.append(problem)
        if int(land.counted[piece.members].sum()) == 0:
            continue
        today = home[piece.members]
        current = np.where(today < 0, -1, number_by_first(np.maximum(today, -1)))
        problem = replace(problem, current=current.astype(np.int64))
        fixed = locks.units[piece.members] & (today >= 0)
        problem = replace(problem, anchors=anchor_nodes(problem, fixed))
        first = str(land.ids[piece.members[0]])
        own = seed_from(seed, land.communities[piece.community], first)
        problems[-1] = problem
        wish = wish_zones(list_calls(calls, piece.members), problem.current)
        zones[-1] = mend_zones(problem, Search(seed=own), watch.share(share), wish=wish)
        progress("plan", done, land.size)
    return problems, zones


def _count_zones(zones: list[NDArray[np.int32]]) -> int:
    return sum(int(labels.max(initial=-1)) + 1 for labels in zones)


def _name_grids(
    land: Land, grid: NDArray[np.int64], carving: Carving, past: Past, locks: Locks
) -> NDArray[np.int64]:
    """Return for each grid the position of the old grid whose identity it keeps, or -1."""
    present = np.unique(past.home[past.home >= 0])
    many = int(grid.max()) + 1
    carved = np.zeros(many, np.bool_)
    carved[grid[carving.number >= 0]] = True
    allowed = (past.kinds[present] == "dedicated")[:, None] == carved[None, :]
    fixed = (locks.units | mark_locked(past, locks)) & (past.home >= 0)
    return match_zones(past.home, grid, land.households, allowed=allowed, fixed=fixed)


def _identify(
    plan: Plan,
    land: Land,
    grid: NDArray[np.int64],
    numbers: NDArray[np.int64],
    past: Past,
    locks: Locks,
) -> Identities:
    """Return ids, codes and names: those of old grids that go on, and fresh ids for new ones."""
    old = plan.grids
    taken = set(past.names)
    ids: list[str] = []
    for number, source in enumerate(numbers.tolist()):
        if source >= 0:
            ids.append(past.names[source])
            continue
        units = np.flatnonzero(grid == number)
        owner = land.communities[int(land.community[units[0]])]
        rows = [str(unit) for unit in land.ids[units]]
        made = make_grid_id(owner, rows)
        while made in taken:
            rows.append("")
            made = make_grid_id(owner, rows)
        taken.add(made)
        ids.append(made)
    kept = [name for name in ids if name in old.index]
    return Identities(
        ids=np.array(ids, object),
        codes=old["code"].astype(str).loc[kept].to_dict(),
        names=old["name"].astype(str).loc[kept].to_dict(),
        serials=_find_serials(plan),
        locked=locks.grids,
    )


def _find_serials(plan: Plan) -> dict[str, int]:
    """Return the greatest serial number used in each community, retired grids included."""
    known = [(plan.grids["community_id"], plan.grids["code"])]
    if plan.changes is not None:
        retired = plan.changes[plan.changes["status"] == "retired"]
        known.append((retired["community_id"], retired["code"]))
    last: dict[str, int] = {}
    for owners, codes in known:
        for owner, code in zip(owners.astype(str), codes.astype(str), strict=True):
            serial = code.removeprefix(owner)
            if code.startswith(owner) and serial.isascii() and serial.isdecimal():
                last[owner] = max(last.get(owner, 0), int(serial))
    return last
