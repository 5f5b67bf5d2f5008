"""An answer in words, for a person: decision, status, level and confidence in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridmap.terms import TERMS

if TYPE_CHECKING:
    from gridmap.locating.placements import Confidence, Decision, Placement, Status
    from gridmap.locating.zones import ZonePlacement

DECISION_WORDS: dict[Decision, tuple[str, str]] = {
    "auto": ("can be used as it is", "可直接采用"),
    "review": ("needs a person's check", "需人工核对"),
    "none": ("no grid found", "未找到网格"),
}
"""Decision -> English and Chinese."""

STATUS_WORDS: dict[Status, tuple[str, str]] = {
    "unique": ("Grid", "所属网格"),
    "boundary": ("Near a grid border; grid", "靠近网格边界，所属网格"),
    "ambiguous": ("Several grids fit", "有多个可能的网格"),
    "outside": ("In no grid of this plan", "不在本方案的任何网格内"),
    "none": ("Not found in this plan", "本方案中未找到"),
}
"""Status -> English and Chinese, as the head of a sentence."""

LEVEL_WORDS: dict[str, tuple[str, str]] = {
    "building": ("the building", "楼栋"),
    "door": ("the door number", "门牌"),
    "place": ("the named place", "场所名称"),
    "group": ("the villager group", "村民小组"),
    "compound": ("the compound", "小区"),
    "village": ("the village", "自然村"),
    "side": ("neighbouring door numbers", "同侧相邻门牌"),
    "road": ("the road", "道路"),
    "community": ("the community", "社区（村）"),
    "township": ("the township", "街道（乡镇）"),
    "point": ("the point", "坐标"),
}
"""What was found -> English and Chinese."""

CONFIDENCE_WORDS: dict[Confidence, tuple[str, str]] = {
    "high": ("high", "高"),
    "medium": ("medium", "中"),
    "low": ("low", "低"),
    "none": ("none", "无"),
}
"""Confidence -> English and Chinese."""


def describe_placement(placement: Placement) -> tuple[str, str]:
    """Say an answer in one sentence: the grid, what it rests on, and what to do with it.

    Returns
    -------
    tuple of str
        English and Chinese; faults and candidates are not in it.

    Examples
    --------
    >>> from gridmap.locating import locate_address, open_release
    >>> from gridmap.locating.examples import draw_plan
    >>> release = open_release(draw_plan())
    >>> describe_placement(locate_address(release, "锦绣花园3栋"))[1]
    '所属网格：祖庙社区第2网格（440604001001002）。结论：可直接采用；依据：楼栋；可信程度：高。'
    >>> describe_placement(locate_address(release, "不存在路3号"))[0]
    'Not found in this plan. Decision: no grid found.'
    """
    return _sentence(placement, 0), _sentence(placement, 1)


def _sentence(placement: Placement, language: int) -> str:
    colon, semicolon, stop, opening, closing = ((": ", "; ", ".", " (", ")"), "：；。（）")[
        language
    ]
    status = placement.status
    if status == "boundary" and placement.grid is None:
        head = ("On or near grid borders", "位于网格边界上或其附近")[language]
    else:
        head = STATUS_WORDS[status][language]
    if placement.grid is not None:
        code = placement.grid.code
        name = placement.grid.name or placement.grid.grid_id
        head += f"{colon}{name}" + (f"{opening}{code}{closing}" if code else "")
    said = [
        (("Decision", "结论")[language], DECISION_WORDS[placement.decision][language]),
    ]
    if placement.decision != "none":
        basis = LEVEL_WORDS.get(placement.level)
        if basis is not None:
            said.append((("found by", "依据")[language], basis[language]))
        confidence = CONFIDENCE_WORDS[placement.confidence][language]
        said.append((("confidence", "可信程度")[language], confidence))
    rest = semicolon.join(f"{key}{colon}{value}" for key, value in said)
    return f"{head}{stop}{'' if language else ' '}{rest}{stop}"


SHOWN_ZONES = 6
"""Possible zones that a sentence names; the rest are counted."""


def describe_zone(placed: ZonePlacement) -> tuple[str, str]:
    """Say in one sentence which micro-grid or link unit it is, or which are possible.

    Returns
    -------
    tuple of str
        English and Chinese.

    Examples
    --------
    >>> from gridmap.locating.zones import ZonePlacement
    >>> describe_zone(ZonePlacement("micro_grid", "none"))
    ('micro-grid: none known', '微网格：未知')
    """
    term = TERMS[placed.level]
    if placed.status == "none":
        return f"{term.en}: none known", f"{term.zh}：未知"
    shown = [item.zone for item in placed.candidates[:SHOWN_ZONES]]
    rest = len(placed.candidates) - len(shown)
    names = [zone.name + (f"({zone.floors})" if zone.floors else "") for zone in shown]
    english = "; ".join(names) + (f"; {rest} more" if rest else "")
    chinese = "、".join(names) + (f"等 {len(placed.candidates)} 个" if rest else "")
    if placed.zone is None:
        return f"{term.en}: one of {english}", f"{term.zh}：可能为 {chinese}"
    zone = placed.zone
    en, zh = f"{term.en}: {zone.name} ({zone.code})", f"{term.zh}：{zone.name}（{zone.code}）"
    if placed.status == "boundary":
        return f"{en}, near a border of {english}", f"{zh}，靠近边界：{chinese}"
    if placed.found_by == "entrance":
        return f"{en}, by its entrance", f"{zh}（按单元号）"
    return en, zh
