"""Why grids are outside their band, and everything else a planner is told about a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridmap.findings import Finding, FindingKind
from gridmap.planning.feasibility import bound_piece
from gridmap.planning.land import Land, band_pair, widest_band
from gridmap.terms import REASONS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.planning.drafting import Piece
    from gridmap.rules import Band, Rules

PIECE_TOO_SMALL = FindingKind(
    "piece_too_small",
    "warning",
    en="In {places} connected land with {total} households can't fill a grid of {lower}-{upper}.",
    zh="{places} 内有一处连片区域仅 {total} 户，不足一个 {lower}-{upper} 户的网格。",
    cure_en="Join it to a neighbouring community ({missing} households more are needed), or accept "
    "a smaller grid.",
    cure_zh="可并入相邻社区（还差 {missing} 户），或接受规模较小的网格。",
)
PIECE_IMPOSSIBLE = FindingKind(
    "piece_impossible",
    "warning",
    en="In {places} {total} connected households can't be shared by grids of {lower}-{upper}; the "
    "nearest totals that can are {below} and {above}.",
    zh="{places} 内连片 {total} 户无法划分为 {lower}-{upper} 户的网格；最接近的可行总数为 "
    "{below} 户和 {above} 户。",
    cure_en="Move the community border by a few buildings, or accept one grid outside the band.",
    cure_zh="可按楼栋微调社区边界，或接受一个网格超出区间。",
)
UNIT_TOO_LARGE = FindingKind(
    "unit_too_large",
    "warning",
    en="{count} undivided unit(s) hold more households than a grid may: {places}",
    zh="{count} 个不可拆分单元的户数超过网格上限：{places}",
    cure_en="Give the number of entrances of the building, so that it can be split by entrance.",
    cure_zh="请补充该楼栋的单元数，以便按单元拆分。",
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
    UNIT_TOO_LARGE,
    EXCLAVE_INFERRED,
    OPEN_LAND_ATTACHED,
    WISH_UNMET,
)


def state_arithmetic(land: Land, pieces: list[Piece], rules: Rules) -> tuple[Finding, ...]:
    """Say, before any search, which connected land can't be shared by grids inside the band.

    Parameters
    ----------
    land
        Units and borders.
    pieces
        The connected pieces that are to be divided; pieces without households are no trouble.
    rules
        The bands.

    Returns
    -------
    tuple of Finding
        One for each piece that is impossible, and one for all units above the upper bound.

    Notes
    -----
    Source: FIELD.md section 2: feasibility is arithmetic first; a planner is told the reason, the
    place and the nearest reachable sizes before any search.
    """
    findings: list[Finding] = []
    large: list[str] = []
    for piece in pieces:
        weights = land.households[piece.members]
        if int(weights.sum()) == 0:
            continue
        band = widest_band(land, rules, piece.members)
        bound = bound_piece(weights, band=band)
        place = [land.communities[piece.community]]
        if bound.reason == "building_too_large":
            large += [str(unit) for unit in land.ids[piece.members[weights > band.upper]]]
        elif bound.reason == "too_few_households":
            findings.append(
                PIECE_TOO_SMALL.found(
                    place,
                    total=bound.weight,
                    lower=band.lower,
                    upper=band.upper,
                    missing=band.lower - bound.weight,
                )
            )
        elif bound.reason:
            findings.append(
                PIECE_IMPOSSIBLE.found(
                    place,
                    total=bound.weight,
                    lower=band.lower,
                    upper=band.upper,
                    below=bound.nearest[0],
                    above=bound.nearest[1],
                )
            )
    if large:
        findings.append(UNIT_TOO_LARGE.found(large))
    return tuple(findings)


def choose_band(land: Land, rules: Rules, members: NDArray[np.int64]) -> tuple[Band, Band]:
    """Return the wished and the hard band of a grid: of the class with most households.

    Of classes with equally many the first by name counts; a grid without households has the
    class of its first unit.
    """
    weights = np.bincount(
        land.klass[members], weights=land.households[members], minlength=len(land.klasses)
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
