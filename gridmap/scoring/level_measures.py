"""What each measure is called and means at the levels below and above the grids: as data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridmap.scoring.measures import MEASURES, Measure
from gridmap.terms import TERMS

if TYPE_CHECKING:
    from collections.abc import Mapping

LEVELS = {"micro_grids": "micro_grid", "link_units": "link_unit"}
"""First part of the keys, which is also the name of the plan's frame -> the level's term."""

_ROWS: tuple[Measure, ...] = (
    Measure(
        "", "{ones}", "{one_zh}总数", "number", "",
        "{Ones} in the plan.",
        "方案中的{one_zh}数。",
    ),
    Measure(
        "_in_band", "{ones} in band", "达标{one_zh}数", "number", "more",
        "{Ones} whose households, counted from the members of units, lie from lower to upper.",
        "按成员表重新统计户数后，处于户数区间（含上下限）的{one_zh}数。",
    ),
    Measure(
        "_attainable", "{ones} attainable", "{one_zh}可达标上限", "number", "more",
        "{Ones} less those that are proved to be outside: by the total of the zone around them, or "
        "by its buildings and entrances, which are not cut where they fit.",
        "{one_zh}数减去算术上必然超出区间的个数：上一级区域的总户数无法划分，或其楼栋、单元（可完整划入的不拆分）无法组合。",
    ),
    Measure(
        "_a_grid", "{ones} a grid", "每个综合网格的{one_zh}数", "ratio", "",
        "Mean over general grids with households.",
        "有住户的综合网格平均所含{one_zh}数。",
    ),
    Measure(
        "_largest", "largest {one}", "最大{one_zh}户数", "number", "",
        "Households of the largest one; 0 when there is none.",
        "户数最多的{one_zh}的户数；没有时为 0。",
    ),
    Measure(
        "_smallest", "smallest {one}", "最小{one_zh}户数", "number", "",
        "Households of the smallest one; 0 when there is none.",
        "户数最少的{one_zh}的户数；没有时为 0。",
    ),
    Measure(
        "_buildings_shared", "buildings in several {ones}", "分属多个{one_zh}的楼栋数", "number",
        "less",
        "Buildings whose households lie in more than one of them.",
        "住户分属多个{one_zh}的楼栋数。",
    ),
    Measure(
        "_buildings_cut", "of them, buildings that fit one", "其中可完整划入的楼栋数", "number",
        "less",
        "Buildings in several {ones} though they hold at most the upper bound.",
        "户数不超过上限、却分属多个{one_zh}的楼栋数。",
    ),
    Measure(
        "_parts", "detached pieces of {ones}", "{one_zh}多余分片数", "number", "less",
        "Pieces of land beyond one a zone, found in the geometry.",
        "各{one_zh}图形中超出一片的片数之和。",
    ),
    Measure(
        "_astray", "{ones} not inside one zone above", "未完整位于上级区域内的{one_zh}数", "number",
        "less",
        "{Ones} with land or households outside the grid, or the micro-grid, they are said to be "
        "in.",
        "用地或住户超出所属网格（或微网格）的{one_zh}数。",
    ),
    Measure(
        "_untiled", "grids that their {ones} do not tile", "未被{one_zh}铺满的网格数", "number",
        "less",
        "Grids with households whose {ones} leave a gap or overlap; floors over one another on "
        "the same land do not overlap.",
        "有住户、而其{one_zh}存在空隙或重叠的网格数；同一用地上按楼层上下叠置的不算重叠。",
    ),
    Measure(
        "_unheld", "households not conserved in {ones}", "{one_zh}户数不守恒的户数", "number",
        "less",
        "Households of units that are missing from, or too many in, the {ones} of their grid.",
        "各单元户数与其所在网格内{one_zh}所含户数之差（绝对值）之和。",
    ),
    Measure(
        "_misstated", "misstated {ones}", "自述不符的{one_zh}数", "number", "less",
        "{Ones} whose own households or in_band differ from the judge's count.",
        "方案自述户数或是否达标与重新统计不符的{one_zh}数。",
    ),
    Measure(
        "_without_reason", "{ones} outside without a reason", "无原因的超区间{one_zh}数", "number",
        "less",
        "{Ones} outside their band for which the plan gives no reason.",
        "超出户数区间而方案未说明原因的{one_zh}数。",
    ),
)  # fmt: skip


def _name_measures(prefix: str, level: str) -> dict[str, Measure]:
    """Return the rows with the words of a level in the place of the braces."""
    term = TERMS[level]
    words = {
        "one": term.en,
        "ones": f"{term.en}s",
        "Ones": f"{term.en}s".capitalize(),
        "one_zh": term.zh,
    }
    named = {}
    for row in _ROWS:
        texts = [text.format(**words) for text in (row.en, row.zh, row.meaning_en, row.meaning_zh)]
        en, zh, meaning_en, meaning_zh = texts
        key = f"{prefix}{row.key}"
        named[key] = Measure(key, en, zh, row.form, row.better, meaning_en, meaning_zh)
    return named


LEVEL_MEASURES: Mapping[str, Measure] = {
    key: measure
    for prefix, level in LEVELS.items()
    for key, measure in _name_measures(prefix, level).items()
}
"""Key -> measure of the levels below the grids, in the order of ``Scorecard.totals``."""


_ABOVE = (
    ("综合网格", "社区"),
    ("网格", "社区"),
    ("住户", "居民"),
    ("户", "人"),
)
_ABOVE_EN = (
    ("general grids", "communities"),
    ("general grid", "community"),
    ("grids", "communities"),
    ("grid", "community"),
    ("households", "persons"),
)


def find_measure(key: str, *, level: str = "grid") -> Measure:
    """Return the measure of a key of ``Scorecard.totals``, in the words of what was judged.

    Parameters
    ----------
    key
        As in ``gridmap score --json``.
    level
        ``Plan.about["level"]``: of ``community`` the grids are communities inside townships, and
        persons are counted.

    Returns
    -------
    Measure
        Its names and meaning.

    Examples
    --------
    >>> find_measure("link_units_in_band").zh, find_measure("in_band").en
    ('达标联户单元数', 'general grids in band')
    >>> find_measure("in_band", level="community").zh, find_measure("communities").zh
    ('达标社区数', '社区数')
    >>> find_measure("communities", level="community").en
    'townships'
    """
    measure = MEASURES[key] if key in MEASURES else LEVEL_MEASURES[key]
    if level != "community":
        return measure
    zh = [_swap(text.replace("社区", "街道"), _ABOVE) for text in (measure.zh, measure.meaning_zh)]
    en = [
        _swap(text.replace("communities", "townships").replace("community", "township"), _ABOVE_EN)
        for text in (measure.en, measure.meaning_en)
    ]
    return measure._replace(en=en[0], zh=zh[0], meaning_en=en[1], meaning_zh=zh[1])


def _swap(text: str, words: tuple[tuple[str, str], ...]) -> str:
    """Replace words in small letters and at the start of a sentence."""
    for word, other in words:
        text = text.replace(word, other).replace(word.capitalize(), other.capitalize())
    return text
