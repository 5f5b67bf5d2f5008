"""What rebalancing did to reach: who is near a station of the own community, before and after.

Counted from the division itself, not from the search, and with a reason for everybody who is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from gridmap.findings import FindingKind
from gridmap.planning.problems import find_pieces

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.findings import Finding
    from gridmap.model import Territory
    from gridmap.planning.serving import Service

REACH_EFFECT = FindingKind(
    "reach_effect",
    "info",
    en="Within {minutes:g} minutes of a station of their own community: {before:,} of {total:,} "
    "households before, {after:,} after ({attainable:,} is the most that any communities could "
    "have); in the community of the station they reach soonest: {own_before:,} before, "
    "{own_after:,} after.",
    zh="{total:,} 户中，步行 {minutes:g} 分钟内可到达本社区站点的：调整前 {before:,} 户，"
    "调整后 {after:,} 户（任何划分至多 {attainable:,} 户）；与最近站点同属一个社区的："
    "调整前 {own_before:,} 户，调整后 {own_after:,} 户。",
    cure_en="Place stations where households are far from any: gridmap analyse INPUT --reach.",
    cure_zh="对距离各站点均较远的住户，可用 gridmap analyse 输入数据 --reach 选址增设站点。",
)


CROSSING = 'preset = "default", communities.within = "district"'
"""Lines of a rules file that let communities reach out of their township (docs/rules.md)."""


class Reason(NamedTuple):
    """Why a home is not near a station of its community, and the cure, in both languages."""

    en: str
    zh: str
    cure_en: str
    cure_zh: str


REASONS = {
    "no_way": Reason(
        "no road leads from them to any station",
        "没有道路通往任何站点",
        "Draw the roads and paths there; see the findings walk_home_far and walk_network_pieces "
        "of gridmap analyse --reach.",
        "请补绘当地道路；详见 gridmap analyse --reach 的 walk_home_far、walk_network_pieces。",
    ),
    "too_far": Reason(
        "no station at all is so near to them",
        "该时间内没有任何站点",
        "Place a station there: gridmap analyse INPUT --reach names the best places.",
        "请在当地增设站点：gridmap analyse 输入数据 --reach 可给出最佳位置。",
    ),
    "barred": Reason(
        "the stations near to them lie in another township, across a river, or on no community's "
        "land",
        "附近站点位于其他街道、河流对岸或任何社区用地之外",
        "Let communities cross townships by consent (a rules file with the lines "
        f"{CROSSING}), or place a station on their side.",
        f"可经同意跨街道划分（规则文件写两行 {CROSSING}），或在本侧设站。",
    ),
    "locked": Reason(
        "they, or the communities of the stations near to them, are locked",
        "这些住户或附近站点所在社区已锁定",
        "Unlock them.",
        "请解除锁定。",
    ),
    "not_found": Reason(
        "no division was found that brings them in and keeps every community in its band and in "
        "one piece",
        "未找到既能满足可达性、又使各社区人口达标且连片的划分",
        "Widen the band, ask for another number of communities, or place a station there.",
        "可放宽人口区间、调整社区数量，或在当地设站。",
    ),
}
"""Why, in the order in which it is asked; all but the last are certain, whatever is drawn."""


UNMET = {
    key: FindingKind(
        f"reach_unmet_{key}",
        "warning",
        en="{count} households stay farther than {minutes:g} minutes on foot from any station of "
        f"their community, because {reason.en}: {{places}}",
        zh="{count} 户步行 {minutes:g} 分钟内无法到达本社区任何站点，"
        f"原因是{reason.zh}：{{places}}",
        cure_en=reason.cure_en,
        cure_zh=reason.cure_zh,
    )
    for key, reason in REASONS.items()
}
FINDING_KINDS = (REACH_EFFECT, *UNMET.values())


class Effect(NamedTuple):
    """Reach before and after: numbers for ``about``, and what there is to say."""

    about: dict[str, str]
    findings: tuple[Finding, ...]


def tell_reach(
    service: Service,
    territory: Territory,
    before: pd.Series[str],
    after: pd.Series[str],
    *,
    locked: frozenset[str],
) -> Effect:
    """Return what communities before and after are worth to people who walk to a station.

    Parameters
    ----------
    service
        Stations and homes, by the units of ``territory``.
    territory
        Units and borders; a border is passable where one community may lie on both sides.
    before, after
        Community of every unit, by ``unit_id``.
    locked
        Units that could not change their community.

    Returns
    -------
    Effect
        ``about`` has ``reach.wish``, ``reach.minutes``, ``reach.speed_m_s``, ``reach.stations``,
        ``reach.households``, ``reach.before``, ``reach.after``, ``reach.attainable``,
        ``reach.own_before``, ``reach.own_after``.

    Notes
    -----
    ``attainable`` is certain: all households but those without a way, those to whom no station is
    near enough, and those whose near stations no community of theirs may hold. It may lie above
    what the bands allow.
    """
    old, new = (_find_served(service, owner) for owner in (before, after))
    why = _find_reasons(service, territory, locked)
    many = service.households
    total = int(many.sum())
    sums = {
        "before": int(many[old].sum()),
        "after": int(many[new].sum()),
        "attainable": int(many[~np.isin(why, ("no_way", "too_far", "barred"))].sum()),
        "own_before": int(many[_is_with_nearest(service, before)].sum()),
        "own_after": int(many[_is_with_nearest(service, after)].sum()),
    }
    values: dict[str, Any] = {"minutes": service.minutes, "total": total, **sums}
    said = [REACH_EFFECT.found(count=total, **values)]
    if service.wish == "require":
        for key, kind in UNMET.items():
            lost = ~new & (why == key)
            if many[lost].sum():
                units = np.unique(service.units[lost].astype(str)).tolist()
                count = int(many[lost].sum())
                said.append(kind.found(units, count=count, minutes=service.minutes))
    told = {
        "wish": service.wish,
        "minutes": f"{service.minutes:g}",
        "speed_m_s": f"{service.speed_m_s:g}",
        "stations": str(len(service.stations)),
        "households": str(total),
        **{key: str(number) for key, number in sums.items()},
    }
    return Effect({f"reach.{key}": text for key, text in told.items()}, tuple(said))


def _find_served(service: Service, owner: pd.Series[str]) -> NDArray[np.bool_]:
    """Return whether each home has a station of its own community near enough, shape (h,)."""
    homes = owner.reindex(service.units).to_numpy(object)
    seats = _own_seats(service, owner)
    served = np.zeros(len(homes), np.bool_)
    for name in np.unique(seats[seats != ""].astype(str)):
        rows = np.flatnonzero(homes == name)
        served[rows] = service.within[np.ix_(rows, np.flatnonzero(seats == name))].any(axis=1)
    return served


def _own_seats(service: Service, owner: pd.Series[str]) -> NDArray[np.object_]:
    """Return the community on whose land each station lies, ``""`` for none, shape (k,)."""
    seats: NDArray[np.object_] = owner.reindex(service.seats).fillna("").to_numpy(object)
    return seats


def _is_with_nearest(service: Service, owner: pd.Series[str]) -> NDArray[np.bool_]:
    """Return whether each home is of the community of the station it reaches soonest."""
    homes = owner.reindex(service.units).to_numpy(object)
    seats = np.append(_own_seats(service, owner), "")
    nearest = seats[service.nearest]
    return np.asarray((nearest == homes) & (nearest != ""), np.bool_)


def _find_reasons(
    service: Service, territory: Territory, locked: frozenset[str]
) -> NDArray[np.object_]:
    """Return for each home the first of `REASONS` that would explain that it is not served."""
    index = territory.units.frame.index
    borders = territory.borders[territory.borders["passable"].to_numpy(bool)]
    ends = [index.get_indexer(borders[side]) for side in ("unit_a", "unit_b")]
    piece = np.append(find_pieces(np.stack(ends, axis=1), len(index)), -1)
    fixed = np.append(index.isin(list(locked)), False)
    homes = index.get_indexer(pd.Index(service.units))
    seats = index.get_indexer(pd.Index(service.seats))
    joined = service.within & (piece[homes][:, None] == piece[seats][None, :])
    free = joined & ~fixed[homes][:, None] & ~fixed[seats][None, :]
    asked = (
        ("no_way", ~np.isfinite(service.walks_min)),
        ("too_far", ~service.within.any(axis=1)),
        ("barred", ~joined.any(axis=1)),
        ("locked", ~free.any(axis=1)),
    )
    return np.select([which for _, which in asked], [key for key, _ in asked], "not_found")
