"""Why grids are outside their band, and everything else a planner is told about a plan."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridmap.findings import SHOWN_PLACES, Finding, FindingKind
from gridmap.planning.feasibility import bound_piece
from gridmap.planning.land import Land, band_pair, widest_band
from gridmap.terms import REASONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gridmap.planning.drafting import Piece
    from gridmap.rules import Band, Rules

FEW = 3
"""Ids of grids or units named for one piece of land."""
MOST_SIZES = 6
"""Sizes of grids or units named for one piece of land."""
PIECE_TOO_SMALL = FindingKind(
    "piece_too_small",
    "warning",
    en="{count} connected piece(s) of land have too few households for a grid: {details}.",
    zh="{count} 处连片区域的户数不足一个网格：{details_zh}。",
    cure_en="Join each to a neighbouring community, or accept a smaller grid.",
    cure_zh="可并入相邻社区，或接受规模较小的网格。",
)
PIECE_IMPOSSIBLE = FindingKind(
    "piece_impossible",
    "warning",
    en="{count} connected piece(s) of land have a total that can't be shared by grids inside the "
    "band: {details}.",
    zh="{count} 处连片区域的总户数无法划分为区间内的网格：{details_zh}。",
    cure_en="Move the community border by a few buildings to reach one of the totals named, or "
    "accept one grid outside the band in each.",
    cure_zh="可按楼栋微调社区边界以达到所列总数，或各接受一个网格超出区间。",
)
UNITS_DO_NOT_FIT = FindingKind(
    "units_do_not_fit",
    "warning",
    en="{count} grid(s) hold whole compounds and buildings that are proved not to fit into grids "
    "inside the band: {details}.",
    zh="{count} 个网格的小区或楼栋不可拆分，经验证无法组合成区间内的网格：{details_zh}。",
    cure_en="Allow a compound to be cut: give its buildings without the compound (leave out its "
    "polygon and its id); or move the community border, or accept these grids.",
    cure_zh="允许拆分小区：提供楼栋数据时不附该小区（删去小区面及楼栋的小区编号）；"
    "也可微调社区边界，或接受这些网格。",
)
EXCLAVE_INFERRED = FindingKind(
    "exclave_inferred",
    "info",
    en="{count} grid(s) lie apart from their community's main land and were made exclave grids: "
    "{places}",
    zh="{count} 个网格与所属社区主体不相连，已列为飞地网格：{places}",
    cure_en="Check owner and host of each, or exchange the land between the communities.",
    cure_zh="请核对归属社区和所在社区，或由社区间置换土地。",
)
OPEN_LAND_ATTACHED = FindingKind(
    "open_land_attached",
    "info",
    en="{count} unit(s) of land without households that touch no general land of their community "
    "were joined to the grid they border: {places}",
    zh="{count} 个无住户地块与本社区其他综合网格用地不相通，已并入相邻网格：{places}",
    cure_en="Nothing to do, unless another grid should serve them.",
    cure_zh="一般无需处理；如应由其他网格管理，请调整。",
)
WISH_UNMET = FindingKind(
    "wish_unmet",
    "info",
    en="{count} grid(s) are inside the general band but not inside the narrower band wished for "
    "their class of compound: {places}",
    zh="{count} 个网格未达到其小区类型的建议区间，按通用区间划定：{places}",
    cure_en="Arithmetic or whole compounds forbid it; see each grid's households.",
    cure_zh="受总户数或小区完整性限制，详见各网格户数。",
)
FINDING_KINDS = (
    PIECE_TOO_SMALL,
    PIECE_IMPOSSIBLE,
    UNITS_DO_NOT_FIT,
    EXCLAVE_INFERRED,
    OPEN_LAND_ATTACHED,
    WISH_UNMET,
)


def state_arithmetic(
    land: Land, pieces: list[Piece], rules: Rules, *, titles: Mapping[str, str]
) -> tuple[Finding, ...]:
    """Say, before any search, which connected land can't be shared by grids inside the band.

    Parameters
    ----------
    land
        Units and borders.
    pieces
        The connected pieces that are to be divided; pieces without households are no trouble.
    rules
        The bands.
    titles
        Name of each community by its id; one without a name is called by its id.

    Returns
    -------
    tuple of Finding
        At most one for each kind, the communities of all its pieces in ``where``, those that lack
        or exceed most first. Units above the upper bound are said where units are made.

    Notes
    -----
    Source: FIELD.md section 2: feasibility is arithmetic first; a planner is told the reason, the
    place and the nearest reachable sizes before any search.
    """
    small: list[_Place] = []
    impossible: list[_Place] = []
    for piece in pieces:
        weights = land.counted[piece.members]
        if int(weights.sum()) == 0:
            continue
        band = widest_band(land, rules, piece.members)
        bound = bound_piece(weights, band=band)
        owner, total = land.communities[piece.community], bound.weight
        name = titles.get(owner) or owner
        if bound.reason == "too_few_households":
            missing = band.lower - total
            zh = f"{name} {total} 户，距 {band.lower} 户差 {missing} 户"
            small.append((missing, owner, f"{name} {total} of {band.lower}", zh))
        elif bound.reason == "total_impossible":
            below, above = bound.nearest
            en = f"{name} {total} for {band.lower}-{band.upper}, nearest totals {below} and {above}"
            zh = (
                f"{name} {total} 户（区间 {band.lower}-{band.upper} 户），"
                f"最接近的可行总数为 {below} 户和 {above} 户"
            )
            impossible.append((min(total - below, above - total), owner, en, zh))
    kinds = ((PIECE_TOO_SMALL, small), (PIECE_IMPOSSIBLE, impossible))
    return tuple(_list_places(kind, places) for kind, places in kinds if places)


@dataclass(frozen=True)
class Misfit:
    """The grids of one community that are outside the band because units are whole.

    Attributes
    ----------
    community
        Its name.
    codes, grids
        Code and households of each grid.
    units, sizes
        Compounds and buildings in them that have households, by id; and the households of each.
    band
        The band missed.
    """

    community: str
    codes: list[str]
    grids: list[int]
    units: list[str]
    sizes: list[int]
    band: Band


def state_misfits(misfits: list[Misfit]) -> tuple[Finding, ...]:
    """Say where whole units are proved not to fit into grids inside the band.

    Parameters
    ----------
    misfits
        One for each community that has such grids.

    Returns
    -------
    tuple of Finding
        One for all, or none: the codes of the grids in ``where``; the community with most such
        grids is told first.

    Examples
    --------
    >>> from gridmap.rules import Band
    >>> band = Band(300, 500)
    >>> misfit = Misfit("C1", ["C1001", "C1002"], [550, 550], list("ABCD"), [275] * 4, band)
    >>> (finding,) = state_misfits([misfit])
    >>> finding.count, "A、B、C 等 4 个单元（275×4 户）" in finding.zh
    (2, True)
    """
    places = []
    for misfit in misfits:
        grids, sizes, band = misfit.grids, misfit.sizes, misfit.band
        of_grids = _count_sizes(grids, ", "), _count_sizes(grids, "、")
        of_units = _count_sizes(sizes, ", "), _count_sizes(sizes, "、")
        en = (
            f"{misfit.community}: {_name_few(misfit.codes, ', ', 'and {} more')} ({of_grids[0]} "
            f"households) hold {_name_few(misfit.units, ', ', 'and {} more')} ({of_units[0]} "
            f"households), which are not cut; band {band.lower}-{band.upper}"
        )
        zh = (
            f"{misfit.community}：{_name_few(misfit.codes, '、', '等 {all} 个网格')}"
            f"（{of_grids[1]} 户），由不可拆分的 "
            f"{_name_few(misfit.units, '、', '等 {all} 个单元')}（{of_units[1]} 户）组成，"
            f"区间 {band.lower}-{band.upper} 户"
        )
        places.append((len(grids), misfit.community, en, zh))
    codes = [code for misfit in misfits for code in misfit.codes]
    return (_list_places(UNITS_DO_NOT_FIT, places, codes),) if places else ()


_Place = tuple[int, str, str, str]
"""How bad, community, and what there is to say of a piece in English and in Chinese."""


def _list_places(
    kind: FindingKind, places: list[_Place], where: list[str] | None = None
) -> Finding:
    """Return one finding for all places: the worst are told, the rest counted."""
    worst = sorted(places, key=lambda place: (-place[0], place[1:]))
    english = [place[2] for place in worst]
    chinese = [place[3] for place in worst]
    rest = len(worst) - SHOWN_PLACES
    return kind.found(
        [place[1] for place in worst] if where is None else where,
        details="; ".join(english[:SHOWN_PLACES]) + (f"; and {rest} more" if rest > 0 else ""),
        details_zh="；".join(chinese[:SHOWN_PLACES]) + (f"；另有 {rest} 个" if rest > 0 else ""),
    )


def _name_few(ids: list[str], comma: str, more: str) -> str:
    """Name the first ids and say how many more (``{}``), or how many in all (``{all}``)."""
    rest = len(ids) - FEW
    tail = " " + more.format(rest, all=len(ids)) if rest > 0 else ""
    return comma.join(ids[:FEW]) + tail


def _count_sizes(sizes: list[int], comma: str) -> str:
    """Return sizes with how often each occurs, the largest first: ``550×2, 300``."""
    counts = sorted(Counter(sizes).items(), reverse=True)
    told = [f"{size}×{many}" if many > 1 else str(size) for size, many in counts]
    more = ["…"] if len(told) > MOST_SIZES else []
    return comma.join(told[:MOST_SIZES] + more)


def choose_band(land: Land, rules: Rules, members: NDArray[np.int64]) -> tuple[Band, Band]:
    """Return the wished and the hard band of a grid: of the class with most households.

    Of classes with equally many the first by name counts; a grid without households has the
    class of its first unit.
    """
    weights = np.bincount(
        land.klass[members], weights=land.counted[members], minlength=len(land.klasses)
    )
    top = int(weights.argmax()) if weights.max() > 0 else int(land.klass[members[0]])
    return band_pair(land, rules, top, int(land.community[members[0]]))


def explain_grid(households: int, *, largest: int, around: int, misfit: bool, band: Band) -> str:
    """Return why a grid is outside its band, one of `gridmap.model.REASONS`, or ``""``.

    Parameters
    ----------
    households, largest
        Households of the grid, and of its largest unit.
    around
        Households of the connected land around the grid, units above the upper bound taken out.
    misfit
        Whether the units of that land are proved not to fit together.
    band
        The grid's hard band.

    Examples
    --------
    >>> from gridmap.rules import Band
    >>> explain_grid(550, largest=90, around=550, misfit=False, band=Band(300, 500))
    'total_impossible'
    """
    if band.holds(households):
        return ""
    if largest > band.upper:
        return "building_too_large"
    if around < band.lower:
        return "too_few_households"
    if not band.can_hold(around):
        return "total_impossible"
    return "units_do_not_fit" if misfit else "not_reached"


def write_reason(code: str, *, band: Band, around: int, largest: int) -> tuple[str, str]:
    """Return a reason in Chinese and in English.

    Examples
    --------
    >>> from gridmap.rules import Band
    >>> write_reason("too_few_households", band=Band(300, 500), around=120, largest=40)[0]
    '该连片区域仅有120户，不足网格下限300户。'
    """
    if not code:
        return "", ""
    below, above = band.nearest_totals(around)
    values = {
        "total": around,
        "largest": largest,
        "lower": band.lower,
        "upper": band.upper,
        "below": below,
        "above": above,
    }
    term = REASONS[code]
    return term.zh.format(**values), term.en.format(**values)
