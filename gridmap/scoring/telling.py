"""A comparison as the paragraph that a report prints, and as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridmap.level_words import COUNTED, ZONES, Words
from gridmap.model import CHANGES

if TYPE_CHECKING:
    from gridmap.scoring.differences import Change, Comparison


NOUNS_ZH = {"households": "户数", "persons": "人口"}
CODE_WORDS = {
    "U": ("不变", "unchanged"),
    "S": ("拆分", "split"),
    "M": ("合并", "merged"),
    "X": ("重划", "redrawn"),
}
"""Each code of a change in words."""


def tell_comparison(comparison: Comparison, *, language: str = "zh") -> str:
    """Return the paragraph that a report prints of a comparison: plain facts, exact numbers.

    Parameters
    ----------
    comparison
        Any comparison.
    language
        ``zh`` or ``en``.

    Returns
    -------
    str
        Sentences of number, mean, largest and smallest, band, land, what moved, and what became
        of the zones of before. Means are rounded to one.

    Notes
    -----
    In the style of the report on Dadukou (FIELD.md section 1 [report]: communities 66 -> 54, mean
    7,000+ -> 9,000+).

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> from gridmap.scoring import compare_divisions
    >>> one = gpd.GeoDataFrame({"division_id": ["a", "b"], "population": [4000, 2000]},
    ...                        geometry=[box(0, 0, 900, 900), box(900, 0, 1500, 900)], crs=4547)
    >>> two = one.dissolve().assign(division_id="c", population=6000)
    >>> tell_comparison(compare_divisions(one, two)).split("；")[0]
    '区划由2个调整为1个，平均人口由3,000人增至6,000人，最多的由4,000人增至6,000人，最少的由2,000人增至6,000人'
    """
    return _tell_zh(comparison) if language == "zh" else _tell_en(comparison)


def _tell_zh(told: Comparison) -> str:
    zone, measures, counts = ZONES[told.level].zh, told.measures, told.counts
    first = [_move_zh(zone, measures["number"], "个", changed="调整为")]
    if measures["judged"] != measures["number"]:
        judged = "其中综合网格" if told.level == "grid" else f"其中飞地以外的{zone}"
        first.append(_move_zh(judged, measures["judged"], "个", changed="调整为"))
    second = []
    if told.counted:
        unit = COUNTED[told.counted].zh
        first += [
            _move_zh(f"平均{NOUNS_ZH[told.counted]}", measures["mean"], unit),
            _move_zh("最多的", measures["largest"], unit),
            _move_zh("最少的", measures["smallest"], unit),
        ]
        if measures["outside"].before is not None:
            second.append(_move_zh("不在规定区间内的", measures["outside"], "个"))
        second.append(_move_zh(f"总{NOUNS_ZH[told.counted]}", measures["total"], unit))
        about = "约" if counts["estimated"] else ""
        second.append(f"{about}{counts['moved']:,}{unit}划入其他{zone}（占{_share(told):.1%}）")
        second += [
            f"{counts[key]:,}{unit}{what}"
            for key, what in (("new", "为新增"), ("gone", "不再计入"))
            if counts[key]
        ]
    before = measures["number"].before or 0
    codes = [
        f"{CODE_WORDS[code][0]}{counts[f'before_{code}']}个"
        for code in CHANGES
        if counts[f"before_{code}"]
    ]
    last = (
        f"原{before:,}个{zone}中，{'、'.join(codes)}；沿用{counts['kept']}个，"
        f"新设{counts['new_zones']}个，撤销{counts['gone_zones']}个"
    )
    groups = ["，".join(part) for part in (first, second) if part]
    land = _land(measures["area_m2"])
    area = (
        f"面积保持{land[0]}平方公里"
        if land[0] == land[1]
        else (f"面积由{land[0]}平方公里变为{land[1]}平方公里")
    )
    return "；".join([*groups, area]) + "。" + last + "。"


def _move_zh(what: str, change: Change, unit: str, *, changed: str = "") -> str:
    if change.before is None or change.after is None:
        return f"{what}无可比数据"
    old, new = round(change.before), round(change.after)
    if old == new:
        return f"{what}保持{old:,}{unit}"
    verb = changed or ("增至" if new > old else "减至")
    return f"{what}由{old:,}{unit}{verb}{new:,}{unit}"


def _tell_en(told: Comparison) -> str:
    words, measures, counts = ZONES[told.level], told.measures, told.counts
    said = [_move_en(f"The number of {words.more}", measures["number"])]
    if measures["judged"] != measures["number"]:
        judged = "general grids" if told.level == "grid" else f"{words.more} besides exclaves"
        said.append(_move_en(f"that of {judged}", measures["judged"]))
    sentences = ["; ".join(said)]
    if told.counted:
        unit = COUNTED[told.counted]
        sentences.append(
            "; ".join(
                [
                    _move_en("The mean", measures["mean"], unit),
                    _move_en("the largest", measures["largest"], unit),
                    _move_en("the smallest", measures["smallest"], unit),
                ]
            )
        )
        if measures["outside"].before is not None:
            sentences.append(_move_en("The number outside the band", measures["outside"]))
        sentences.append(_move_en("The total", measures["total"], unit))
        about = "about " if counts["estimated"] else ""
        verb = "is" if counts["moved"] == 1 else "are"
        parts = [
            (
                f"{about}{_number(counts['moved'], unit)} ({_share(told):.1%}) {verb} in another "
                f"{words.one} than before"
            )
        ]
        if counts["new"]:
            parts.append(f"{_number(counts['new'], unit)} came in new")
        if counts["gone"]:
            gone = "is" if counts["gone"] == 1 else "are"
            parts.append(f"{_number(counts['gone'], unit)} {gone} no longer counted")
        sentences.append("; ".join(parts))
    land = _land(measures["area_m2"])
    same = f"stayed at {land[0]} km2"
    sentences.append(
        f"The area {same if land[0] == land[1] else f'changed from {land[0]} to {land[1]} km2'}"
    )
    codes = [
        f"{counts[f'before_{code}']:,} {_be(counts[f'before_{code}'])} {CODE_WORDS[code][1]}"
        for code in CHANGES
        if counts[f"before_{code}"]
    ]
    before = round(measures["number"].before or 0)
    sentences.append(
        f"Of the {_number(before, words)} before, {', '.join(codes)}; {counts['kept']:,} "
        f"{'keeps' if counts['kept'] == 1 else 'keep'} an identity, {counts['new_zones']:,} "
        f"{'is' if counts['new_zones'] == 1 else 'are'} new and {counts['gone_zones']:,} "
        f"{'is' if counts['gone_zones'] == 1 else 'are'} gone"
    )
    return " ".join(f"{text[0].upper()}{text[1:]}." for text in sentences)


def _move_en(what: str, change: Change, unit: Words | None = None) -> str:
    if change.before is None or change.after is None:
        return f"{what} can't be compared"
    old, new = round(change.before), round(change.after)
    name = "" if unit is None else f" {unit.one if new == 1 else unit.more}"
    if old == new:
        return f"{what} stayed at {old:,}{name}"
    return f"{what} {'rose' if new > old else 'fell'} from {old:,} to {new:,}{name}"


def _number(number: float, words: Words) -> str:
    return f"{number:,} {words.one if number == 1 else words.more}"


def _be(number: float) -> str:
    return "was" if number == 1 else "were"


def _share(told: Comparison) -> float:
    """Return the share of the households of before that moved."""
    before = told.measures["total"].before or 0
    return float(told.counts["moved"]) / before if before else 0.0


def _land(change: Change) -> tuple[str, str]:
    """Return the area before and after in km2, as many digits as a report prints."""
    old, new = (f"{(value or 0) / 1e6:,.3f}" for value in change)
    return old, new


def list_comparison(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as plain data: what ``gridmap compare --json`` prints.

    Parameters
    ----------
    comparison
        Any comparison.

    Returns
    -------
    dict
        The keys that ``docs/compare.md`` documents.

    Examples
    --------
    >>> import gridmap
    >>> from gridmap.scoring import compare_plans
    >>> from gridmap.testing import draw_territory
    >>> plan = gridmap.make_plan(draw_territory("AAAA", households=100),
    ...                          rules=gridmap.Rules.preset())
    >>> list_comparison(compare_plans(plan, plan))["number"]
    {'before': 1, 'after': 1, 'difference': 0}
    """
    measures = {
        key: {"before": change.before, "after": change.after, "difference": change.difference}
        for key, change in comparison.measures.items()
    }
    counts = comparison.counts
    plain = {key: n for key, n in counts.items() if not key.startswith(("before_", "after_"))}
    codes = {
        side: {code: counts[f"{side}_{code}"] for code in CHANGES} for side in ("before", "after")
    }
    changes = comparison.changes
    return {
        "level": comparison.level,
        "counted": comparison.counted or None,
        **measures,
        **plain,
        "moved_share": round(_share(comparison), 6),
        "codes": codes,
        "new_ids": changes.loc[changes["status"] == "new", "id"].tolist(),
        "gone_ids": changes.loc[changes["status"] == "gone", "id"].tolist(),
        "changes": changes.round({"area_m2": 2}).to_dict("records"),
        "matrix": comparison.matrix.round({"area_m2": 2}).to_dict("records"),
        "text_zh": tell_comparison(comparison, language="zh"),
        "text_en": tell_comparison(comparison, language="en"),
        "findings": [finding.as_dict() for finding in comparison.findings],
    }
