"""What could be done about a detached part: give it to a host, exchange it, or keep it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.boundaries.edits import Move
from gridmap.boundaries.options import Choices, NotPossible, Option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridmap.boundaries.edits import DivisionEdit
    from gridmap.boundaries.exchanges import ExchangeTable
    from gridmap.boundaries.option_desk import Desk


@dataclass
class Nested:
    """A detached part while its options are worked out."""

    proposal_id: str
    owner: str
    land: shapely.Geometry
    choices: Choices


NO_HOST = (
    "no division borders it, so that it can only stay an exclave grid",
    "没有区划与其相邻，只能保留为飞地网格",
)


def list_part_options(
    desk: Desk,
    exchanges: ExchangeTable,
    proposal_id: str,
    owner: str,
    land: shapely.Geometry,
    hosts: Sequence[tuple[str, float]],
) -> Choices:
    """Return the options for one detached part, unordered, and what is not possible.

    Parameters
    ----------
    desk
        What options are worked out with.
    exchanges
        Land of hosts that could be given back.
    proposal_id
        Of the part.
    owner
        Its division.
    land
        The part, as stored.
    hosts
        Divisions that border it, with the metres of border.
    """
    choices = Choices()
    for host, border_m in hosts:
        names = (desk.name_of(owner), desk.name_of(host))
        words = (
            f"The land joins {names[1]}, which serves it from then on.",
            f"土地划归{names[1]}，此后由其服务管理。",
        )
        move = Move(land, (owner,), (host,))
        given = desk.make_option(proposal_id, "give", [move], words, border_m=border_m)
        choices.add(given)
        if isinstance(given, NotPossible):
            continue
        back = exchanges.find_land(owner, host, given.moved[0].counts)
        if isinstance(back, NotPossible):
            choices.add(back)
            continue
        words = (
            (
                f"The land joins {names[1]}, and {names[0]} gets land of about the same "
                f"{back.measure_en} along their border."
            ),
            f"土地划归{names[1]}，{names[1]}沿双方边界划出{back.measure_zh}相近的土地给{names[0]}。",
        )
        swap = [move, Move(back.land, (host,), (owner,))]
        choices.add(desk.make_option(proposal_id, "exchange", swap, words, border_m=border_m))
    if not hosts:
        choices.add(NotPossible("give", (), *NO_HOST))
    choices.add(keep_part(desk, proposal_id, owner, land, hosts[0][0] if hosts else ""))
    return choices


def add_later_options(desk: Desk, nests: Sequence[Nested]) -> None:
    """Add options to parts that border only detached parts: give them where those are given.

    A part of A that lies beside nothing but a detached part of B can't be joined to the main land
    of B. When that part of B goes to C, this one can go to C after it.

    Parameters
    ----------
    desk
        What options are worked out with.
    nests
        All detached parts; options are added to those that no option cures.
    """
    tree = shapely.STRtree([nest.land for nest in nests])
    edits: dict[str, tuple[DivisionEdit, ...]] = {}
    tried: list[set[str]] = [set() for _ in nests]
    waiting = [n for n, nest in enumerate(nests) if nest.choices.best is None]
    progress = True
    while progress and waiting:
        progress = False
        for n in tuple(waiting):
            beside = np.sort(tree.query(nests[n].land, predicate="intersects")).tolist()
            for other in beside:
                best = nests[other].choices.best
                if other == n or best is None or best.action != "give" or best.edit is None:
                    continue
                if best.to[0] in tried[n]:
                    continue
                tried[n].add(best.to[0])
                if best.to[0] == nests[n].owner:
                    nests[n].choices.add(_rejoins(desk, nests[n], nests[other]))
                    continue
                first = (*edits.get(best.edit.edit_id, ()), best.edit)
                option = _give_later(desk, nests[n], nests[other], best.to[0], first)
                if option is not None and option.edit is not None:
                    nests[n].choices.add(option)
                    edits[option.edit.edit_id] = first
            if nests[n].choices.best is not None:
                waiting.remove(n)
                progress = True


def _give_later(
    desk: Desk, nest: Nested, other: Nested, host: str, first: tuple[DivisionEdit, ...]
) -> Option | None:
    """Return the option to give a part to who gets the one beside it; None if it does not join."""
    shared = shapely.intersection(shapely.boundary(nest.land), shapely.boundary(other.land))
    border_m = float(shapely.length(desk.standing.to_metres(shared)))
    if border_m == 0:
        return None
    name, nearby = desk.name_of(host), desk.name_of(other.owner)
    words = (
        f"The land joins {name}, once the part of {nearby} beside it ({other.proposal_id}) does.",
        f"待相邻的{nearby}飞地（{other.proposal_id}）划归{name}后，土地一并划归{name}。",
    )
    move = Move(nest.land, (nest.owner,), (host,))
    option = desk.make_option(
        nest.proposal_id, "give", [move], words, border_m=border_m, first=first
    )
    return option if isinstance(option, Option) and option.cures else None


def _rejoins(desk: Desk, nest: Nested, other: Nested) -> NotPossible:
    """Say that a part is no exclave any more when the one beside it goes to its own division."""
    name = desk.name_of(nest.owner)
    return NotPossible(
        "give",
        (nest.owner,),
        f"nothing needs to be done once {other.proposal_id} goes to {name}: it lies between",
        f"待{other.proposal_id}划归{name}后即与主体相连，无需处理",
    )


def keep_place(
    desk: Desk, proposal_id: str, owners: Sequence[str], land: shapely.Geometry | None
) -> Option | NotPossible:
    """Return the option that leaves interlocked land as it is.

    Parameters
    ----------
    desk, proposal_id
        As in `list_part_options`.
    owners
        The division of a neck, or the two of a border.
    land
        The land that stays, or None where the place is a line: then there is no edit to record.
    """
    edit = None if land is None else desk.make_keep(proposal_id, owners[0], land)
    if isinstance(edit, NotPossible):
        return edit
    effects = tuple(desk.weigh_unchanged(owner) for owner in owners)
    words = ("Nothing moves; the border stays as it is.", "土地不动，边界保持不变。")
    return Option("keep", tuple(owners), edit, (), (), effects, False, 0.0, *words)


def keep_part(
    desk: Desk, proposal_id: str, owner: str, land: shapely.Geometry, host: str
) -> Option | NotPossible:
    """Return the option that moves nothing: the part is run as an exclave grid.

    Notes
    -----
    Source: FIELD.md section 4, exclave grid: the planner's flag, never inferred in silence; its
    owner and its host are both told. A grid belongs to one community (section 3), so it keeps
    the owner's code.
    """
    own, other = desk.name_of(owner), desk.name_of(host) if host else ""
    edit = desk.make_keep(proposal_id, owner, land)
    if isinstance(edit, NotPossible):
        return edit
    beside_en = f"; host {other}" if other else ""
    beside_zh = f"，所在地为{other}" if other else ""
    effects = (desk.weigh_unchanged(owner),)
    words = (
        (
            f"Nothing moves. It is run as an exclave grid (kind exclave): owner {own}{beside_en}. "
            f"{own} answers for its residents and staffs it; its grids keep the code of {own} with "
            "serials of their own, and are counted with the owner and told with the host."
        ),
        (
            f"土地不动，作为飞地网格管理（类型 exclave）：归属{own}{beside_zh}。"
            f"由{own}负责并配备网格员；网格沿用{own}代码，另编序号；"
            "统计计入归属方，同时注明所在方。"
        ),
    )
    return Option("keep", (owner,), edit, (), (), effects, False, 0.0, *words)
