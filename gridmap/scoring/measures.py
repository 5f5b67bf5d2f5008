"""What each measure of a scorecard is called and means, in both languages: as data."""

from __future__ import annotations

from typing import Literal, NamedTuple


class Measure(NamedTuple):
    """A key of ``Scorecard.totals``.

    Attributes
    ----------
    key
        As in ``gridmap score --json``.
    en, zh
        Its name.
    form
        How its number reads: a whole ``number``, a ``share`` of 1, a ``ratio``, ``metres``, ``m2``.
    better
        Which way is better: ``more``, ``less``, or ``""`` where neither is.
    meaning_en, meaning_zh
        Its definition in one sentence.
    """

    key: str
    en: str
    zh: str
    form: Literal["number", "share", "ratio", "metres", "m2"]
    better: Literal["more", "less", ""]
    meaning_en: str
    meaning_zh: str


_ROWS: tuple[Measure, ...] = (
    Measure(
        "grids", "grids", "网格总数", "number", "",
        "Grids of every kind.",
        "各类网格的总数。",
    ),
    Measure(
        "general", "general grids", "综合网格数", "number", "",
        "Grids of kind general.",
        "类别为综合网格的数量。",
    ),
    Measure(
        "in_band", "general grids in band", "达标综合网格数", "number", "more",
        "General grids whose households, counted from their units, lie from lower to upper.",
        "按单元重新统计户数后，处于户数区间（含上下限）的综合网格数。",
    ),
    Measure(
        "attainable", "attainable", "可达标上限", "number", "more",
        "General grids less those that arithmetic proves to be outside: in each connected "
        "passable piece the grids that hold a unit above the upper bound, or one grid when the "
        "piece's total can't be shared inside the band.",
        "综合网格数减去算术上必然超出区间的网格：每个连片区域中含超上限单元的网格；若无此类单元而总户数无法划分，则计一个。",
    ),
    Measure(
        "parts", "detached pieces", "多余分片数", "number", "less",
        "Pieces of land of all grids beyond one a grid, found in the geometry; 0 when every grid "
        "is in one piece; pieces that touch in a point are apart.",
        "各网格图形中超出一片的片数之和；每个网格均连片时为 0，仅点接触视为不连片。",
    ),
    Measure(
        "units_whole", "compounds whole", "小区完整率", "share", "more",
        "Of the compounds that fit one grid (households at most the upper bound), the share that "
        "lies in one grid; 1 when there are none.",
        "户数不超过上限的小区（含自然村、村民小组）中，完整位于一个网格内的比例；"
        "没有此类小区时为 1。",
    ),
    Measure(
        "excess_splits", "excess splits", "多余切分数", "number", "less",
        "Grids that compounds are cut into beyond ceil(households / upper), summed.",
        "各小区被切入的网格数超出“户数除以上限（进一）”的部分之和。",
    ),
    Measure(
        "crossings", "barrier crossings", "跨越分隔要素处数", "number", "less",
        "Borders between two units of one grid on which a river, a railway or a main road "
        "(expressway, arterial) lies; dedicated grids are not counted.",
        "同一网格内两单元之间有河流、铁路或主要道路（快速路、主干路）的边界数；不计专属网格。",
    ),
    Measure(
        "aligned", "borders on clear lines", "界线清晰率", "share", "more",
        "Of the length of borders drawn between grids of one community, the share on a road, "
        "river, railway or compound line; 1 when none is drawn.",
        "社区内部网格界线长度中，沿道路、河流、铁路或小区红线的比例；未划内部界线时为 1。",
    ),
    Measure(
        "polsby_popper", "compactness (Polsby-Popper)", "紧凑度（Polsby-Popper）", "ratio", "more",
        "Mean over general grids of 4 pi area / perimeter squared; a circle has 1.",
        "综合网格“4π×面积÷周长²”的平均值；圆为 1。",
    ),
    Measure(
        "dedicated", "dedicated grids", "专属网格数", "number", "",
        "Grids of kind dedicated.",
        "类别为专属网格的数量。",
    ),
    Measure(
        "exclave", "exclave grids", "飞地网格数", "number", "",
        "Grids of kind exclave.",
        "类别为飞地网格的数量。",
    ),
    Measure(
        "without_reason", "outside without a reason", "无原因的超区间网格数", "number", "less",
        "General grids outside their band for which the plan gives no reason.",
        "超出户数区间而方案未说明原因的综合网格数。",
    ),
    Measure(
        "deviation", "mean deviation", "平均偏差", "share", "less",
        "Mean over general grids of |households - target| / target; the target is the middle of "
        "the band.",
        "综合网格“|户数－目标|÷目标”的平均值；目标为户数区间的中点。",
    ),
    Measure(
        "largest", "largest general grid", "最大综合网格户数", "number", "",
        "Households of the largest general grid; 0 when there is none.",
        "户数最多的综合网格的户数；没有综合网格时为 0。",
    ),
    Measure(
        "smallest", "smallest general grid", "最小综合网格户数", "number", "",
        "Households of the smallest general grid; 0 when there is none.",
        "户数最少的综合网格的户数；没有综合网格时为 0。",
    ),
    Measure(
        "compounds", "compounds", "小区数", "number", "",
        "Compounds, natural villages and villager groups in general and exclave grids; one that a "
        "community border cuts counts once in each community.",
        "综合网格与飞地网格中的小区、自然村和村民小组数；被社区界线分开的，在每个社区各计一次。",
    ),
    Measure(
        "compounds_small", "compounds that fit a grid", "可完整划入的小区数", "number", "",
        "Compounds with at most the upper bound of households.",
        "户数不超过上限的小区数。",
    ),
    Measure(
        "compounds_whole", "compounds in one grid", "完整小区数", "number", "more",
        "Compounds that fit a grid and lie in one.",
        "户数不超过上限且完整位于一个网格内的小区数。",
    ),
    Measure(
        "splits_bound", "excess splits at least", "多余切分数下限", "number", "",
        "Excess splits that no plan with every grid inside the band can avoid, by counting.",
        "在各网格户数均达标的前提下，任何方案都无法避免的多余切分数（按户数推算）。",
    ),
    Measure(
        "river_crossings", "river crossings", "跨河处数", "number", "less",
        "Crossings on which a river lies; one border may count under several kinds.",
        "有河流的跨越处数；同一边界可计入多类。",
    ),
    Measure(
        "railway_crossings", "railway crossings", "跨铁路处数", "number", "less",
        "Crossings on which a railway lies.",
        "有铁路的跨越处数。",
    ),
    Measure(
        "main_road_crossings", "main road crossings", "跨主要道路处数", "number", "less",
        "Crossings on which an expressway or arterial road lies.",
        "有快速路或主干路的跨越处数。",
    ),
    Measure(
        "wall_crossings", "wall crossings", "跨围墙处数", "number", "",
        "Borders inside a grid on which a wall lies; not part of crossings.",
        "同一网格内有围墙的边界数；不计入跨越分隔要素处数。",
    ),
    Measure(
        "drawn_m", "borders drawn", "内部界线长度", "metres", "",
        "Length of borders between grids inside communities, in metres.",
        "社区内部网格之间界线的长度（米）。",
    ),
    Measure(
        "perimeter_m", "perimeters", "网格周长合计", "metres", "less",
        "Perimeters of all grids, in metres, holes included.",
        "所有网格周长之和（米），含内环。",
    ),
    Measure(
        "area_m2", "area", "网格面积合计", "m2", "",
        "Area of all grids, in square metres.",
        "所有网格面积之和（平方米）。",
    ),
    Measure(
        "tiling_error", "tiling error", "面积不闭合率", "share", "less",
        "Largest difference between a community's area and the sum of its grids' areas, as a share "
        "of the former; the contract allows 1e-9.",
        "社区面积与其网格面积之和的最大相对差；约定不超过 1e-9。",
    ),
    Measure(
        "coverage_valid", "coverage valid", "图形无重叠", "number", "more",
        "1 when no two grids overlap and all meet at common vertices, else 0.",
        "任意两网格不重叠且公共边节点一致为 1，否则为 0。",
    ),
    Measure(
        "communities", "communities", "社区数", "number", "",
        "Communities in the plan.",
        "方案中的社区数。",
    ),
    Measure(
        "units", "units", "划分单元数", "number", "",
        "Planning units.",
        "划分单元的数量。",
    ),
    Measure(
        "units_unplaced", "units in no grid", "未划入网格的单元数", "number", "less",
        "Units that are in none of the plan's grids.",
        "未划入任何网格的单元数。",
    ),
    Measure(
        "households", "households", "户数", "number", "",
        "Households of all grids, counted from the units.",
        "各网格户数之和（按单元统计）。",
    ),
    Measure(
        "households_in_band", "households in band", "达标网格户数", "number", "more",
        "Households of the general grids in band.",
        "达标综合网格的户数之和。",
    ),
    Measure(
        "households_read", "households read", "读入户数", "number", "",
        "Households in the input; what exceeds the planned households is listed in findings.",
        "输入数据的户数；多于方案户数的部分列于问题表。",
    ),
    Measure(
        "misstated", "misstated grids", "自述不符的网格数", "number", "less",
        "Grids whose own households, or in_band for general ones, differ from the judge's count.",
        "方案自述户数（综合网格还含是否达标）与重新统计不符的网格数。",
    ),
    Measure(
        "residents_over", "grids with too many residents", "常住人口超限网格数", "number", "less",
        "General grids with more residents than the rules allow; 0 where they set no limit.",
        "常住人口超过规则限额的综合网格数；规则未设限额时为 0。",
    ),
    Measure(
        "similar", "alike", "构成相似率", "share", "more",
        "Of the households of general grids in compounds with a class, the share in the class "
        "that has most of them in its grid.",
        "综合网格中有类型的小区住户里，属于本网格占多数类型的比例。",
    ),
    Measure(
        "kept_together", "neighbours kept together", "现状邻里保持率", "share", "more",
        "Of the passable borders between two units of one of today's grids, the share inside one "
        "grid; 1 where today's grids are not given.",
        "现状同一网格内相邻单元之间，方案仍划在同一网格的比例；未提供现状网格时为 1。",
    ),
)  # fmt: skip

MEASURES = {measure.key: measure for measure in _ROWS}
"""Key -> measure, in the order of ``Scorecard.totals``."""

PROMISED = tuple(MEASURES)[:10]
"""The keys that DESIGN.md section 3 promises, in its order."""
