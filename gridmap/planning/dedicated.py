"""Sites that become dedicated grids (专属网格), and those that may not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridmap.findings import Finding, FindingKind
from gridmap.planning.feasibility import bound_pieces
from gridmap.planning.land import Land, widest_band
from gridmap.planning.problems import find_pieces, index_edges, number_by_first

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from gridmap.rules import DedicatedRule, Rules

SITE_NOT_ELIGIBLE = FindingKind(
    "site_not_eligible",
    "info",
    en="{count} site(s) stay in the general grids, for they fail the rule for dedicated grids "
    "({why}): {places}",
    zh="{count} 处场所不符合专属网格条件（{why_zh}），保留在综合网格内：{places}",
    cure_en="Change [[dedicated]] in the rules, or the site's area, owner or households.",
    cure_zh="如需划为专属网格，请修改规则中的 [[dedicated]]，或核对场所面积、权属和户数。",
)
SITE_STRANDS_LAND = FindingKind(
    "site_strands_land",
    "warning",
    en="{count} eligible site(s) stay in the general grids, because without them the land around "
    "could hold fewer grids inside the band: {places}",
    zh="{count} 处场所符合专属网格条件，但划出后周边住户无法组成合规网格，"
    "故保留在综合网格内：{places}",
    cure_en="Redraw the site, or join the households behind it to a neighbouring community.",
    cure_zh="请调整场所范围，或将其后方住户划入相邻社区。",
)
FINDING_KINDS = (SITE_NOT_ELIGIBLE, SITE_STRANDS_LAND)

_SEVERAL = re.compile(r"[;；、,，/|]")
_WHY = {
    "category": ("no rule for its category", "类别不设专属网格"),
    "area": ("too small", "面积不足"),
    "households": ("too many residents", "住户过多"),
    "owner": ("no single owner", "权属不唯一"),
}


@dataclass(frozen=True)
class Carving:
    """The dedicated grids.

    Attributes
    ----------
    number
        Number of the dedicated grid of each unit, -1 for none, shape (n,).
    sites
        Site id of each dedicated grid.
    findings
        What was not carved, and why.
    """

    number: NDArray[np.int64]
    sites: tuple[str, ...]
    findings: tuple[Finding, ...]


def carve_sites(
    land: Land,
    sites: gpd.GeoDataFrame,
    rules: Rules,
    *,
    kept: NDArray[np.bool_] | None = None,
    locked: NDArray[np.bool_] | None = None,
    barred: NDArray[np.bool_] | None = None,
) -> Carving:
    """Decide which sites become dedicated grids, the largest first.

    Parameters
    ----------
    land
        The units; those of a site carry its id.
    sites
        Indexed by site id: ``category``, ``owner``.
    rules
        `Rules.dedicated`: category, least area, most households, one owner.
    kept
        Units of sites that are dedicated grids today and stay so as long as the rule lets them,
        shape (n,).
    locked
        Units of sites that stay dedicated grids whatever the rule says, shape (n,).
    barred
        Units of sites that stay in the general grids, shape (n,).

    Returns
    -------
    Carving
        Each connected piece of an eligible site inside one community is a dedicated grid; a piece
        that is too small by itself returns to the general grids.

    Notes
    -----
    Source: FIELD.md section 1, Bozhou [report]: large independent places with a clear owner. That
    a site is left where carving it would make general grids impossible, is gridmap's own default:
    every household needs a grid inside the band more than a site needs one of its own.
    """
    pieces = find_site_pieces(land)
    rank = sorted(
        pieces, key=lambda p: (-float(land.areas[p].sum()), str(land.site[p[0]]), int(p[0]))
    )
    number = np.full(land.size, -1, np.int64)
    names: list[str] = []
    failed: dict[str, list[str]] = {}
    stranding: list[str] = []
    around = _Surroundings(land)
    for piece in rank:
        site = str(land.site[piece[0]])
        why = find_fault(land, piece, sites, site, rules)
        if barred is not None and barred[piece].any():
            continue
        if why and (locked is None or not locked[piece].any()):
            failed.setdefault(why, []).append(site)
        elif (kept is None or not kept[piece].any()) and around.is_worse_without(
            piece, number, rules
        ):
            stranding.append(site)
        else:
            number[piece] = len(names)
            names.append(site)
    return Carving(number, tuple(names), _say_uncarved(failed, stranding, names))


def _say_uncarved(
    failed: dict[str, list[str]], stranding: list[str], names: list[str]
) -> tuple[Finding, ...]:
    findings = []
    for why in sorted(failed):
        left = sorted(set(failed[why]) - set(names))
        if left:
            en, zh = _WHY[why]
            findings.append(SITE_NOT_ELIGIBLE.found(left, why=en, why_zh=zh))
    left = sorted(set(stranding) - set(names))
    if left:
        findings.append(SITE_STRANDS_LAND.found(left))
    return tuple(findings)


def find_site_pieces(land: Land) -> list[NDArray[np.int64]]:
    """Return the units of each connected piece of each site inside one community."""
    members = np.flatnonzero(land.site != "")
    if len(members) == 0:
        return []
    one, two = land.edges[:, 0], land.edges[:, 1]
    inside = land.same & (land.site[one] != "") & (land.site[one] == land.site[two])
    piece = number_by_first(find_pieces(land.edges[inside], land.size)[members])
    order = np.argsort(piece, kind="stable")
    cuts = np.flatnonzero(np.diff(piece[order])) + 1
    return [members[rows] for rows in np.split(order, cuts)]


def find_fault(
    land: Land, piece: NDArray[np.int64], sites: gpd.GeoDataFrame, site: str, rules: Rules
) -> str:
    """Return which condition of the rule a piece of a site fails, or ``""``."""
    if site not in sites.index:
        return "category"
    rule: DedicatedRule | None = rules.dedicated_rule(str(sites["category"].loc[site]))
    if rule is None:
        return "category"
    owner = str(sites["owner"].loc[site] or "").strip()
    if rule.one_owner and (not owner or _SEVERAL.search(owner)):
        return "owner"
    if float(land.areas[piece].sum()) < rule.min_area_m2:
        return "area"
    if int(land.households[piece].sum()) > rule.max_households:
        return "households"
    return ""


class _Surroundings:
    """The general land around sites, asked again after each carving."""

    def __init__(self, land: Land) -> None:
        self._land = land
        self._start, self._near, _ = index_edges(land.edges[land.passable], land.size)
        order = np.argsort(land.part, kind="stable")
        cuts = np.flatnonzero(np.diff(land.part[order])) + 1
        self._parts = np.split(order, cuts)

    def is_worse_without(
        self, piece: NDArray[np.int64], number: NDArray[np.int64], rules: Rules
    ) -> bool:
        """Tell whether arithmetic allows fewer grids inside the band once the piece is gone."""
        part = self._parts[int(self._land.part[piece[0]])]
        general = part[number[part] < 0]
        rest = general[~np.isin(general, piece)]
        return self._count_lost(rest, rules) > self._count_lost(general, rules)

    def _count_lost(self, members: NDArray[np.int64], rules: Rules) -> int:
        """Count grids that must be outside the band; land without households is no loss."""
        if len(members) == 0:
            return 0
        land = self._land
        place = np.full(land.size, -1, np.int64)
        place[members] = np.arange(len(members))
        ends = []
        for unit in members:
            near = self._near[self._start[unit] : self._start[unit + 1]]
            other = place[near[near > unit]]
            other = other[other >= 0]
            ends.append(np.column_stack([np.full(len(other), place[unit]), other]))
        pieces = find_pieces(np.concatenate(ends), len(members))
        band = widest_band(land, rules, members)
        bounds = bound_pieces(land.counted[members], pieces, band=band)
        return sum(bound.unavoidable for bound in bounds if bound.weight > 0)
