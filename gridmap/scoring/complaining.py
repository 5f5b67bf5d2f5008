"""What two divisions that are compared may be told: refused, or shared by area, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridmap.errors import InvalidOption, RefusedInput
from gridmap.findings import Finding, FindingKind

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from gridmap.model import Plan

STORED_DATUMS = ("EPSG:4490", "EPSG:4326")
"""Equal for this purpose. Source: FIELD.md section 5."""
LEAST_DIFFERENCE = 1e-4
"""Share of the land above which two divisions are said to be of different land (gridmap's own)."""
LEAST_SLIVER_M2 = 0.01
"""Slivers below this are rounding, and not worth a word."""
LEVEL_NAMES = {"grid": ("grids", "网格"), "community": ("communities", "社区")}

COMPARE_LEVELS_DIFFER = FindingKind(
    "compare_levels_differ",
    "error",
    en="The earlier one is of {before} and the later one of {after}: they can't be compared.",
    zh="前者划分的是{before_zh}，后者划分的是{after_zh}，无法对比。",
    cure_en="Compare two plans, or a layer and a plan, of the same level.",
    cure_zh="请对比同一层级的两个方案，或图层与方案。",
)
COMPARE_DATUMS_DIFFER = FindingKind(
    "compare_datums_differ",
    "error",
    en="The earlier plan is stored in {before} and the later one in {after}.",
    zh="前一方案的坐标基准为 {before}，后一方案为 {after}。",
    cure_en="Make both plans from data whose datum is declared: --datum ROLE=DATUM.",
    cure_zh="请用已声明坐标基准的数据重新划分：--datum 角色=基准。",
)
COMPARE_NOTHING_SHARED = FindingKind(
    "compare_nothing_shared",
    "error",
    en="The two divisions have no land in common: {before} zones before, {after} after.",
    zh="两次划分没有共同的用地：之前 {before} 个，之后 {after} 个。",
    cure_en="Give two divisions of the same place, in one datum.",
    cure_zh="请给出同一地区、同一坐标系的两次划分。",
)
COMPARE_LAND_DIFFERS = FindingKind(
    "compare_land_differs",
    "warning",
    en="The two divisions are not of the same land: {before_m2} m2 only before, {after_m2} m2 only "
    "after, in {count} zones: {places}",
    zh="两次划分的用地范围不同：仅之前有 {before_m2} 平方米，仅之后有 {after_m2} 平方米，"
    "涉及 {count} 个：{places}",
    cure_en="Check that both cover the same outline; households there are new or gone, not moved.",
    cure_zh="请核对两者的外边界；该处住户计为新增或减少，不计为调整。",
)
COMPARE_SHARED_BY_AREA = FindingKind(
    "compare_shared_by_area",
    "warning",
    en="The move of {count} {counted} is an estimate by area: no building or unit says where they "
    "were and are.",
    zh="有 {count} {counted_zh}的去向按面积估算：没有楼栋或单元可据以确定。",
    cure_en="Give points of households (homes), or plans of the same buildings, to count them.",
    cure_zh="请提供住户点，或采用同一套楼栋数据的方案，以便准确统计。",
)
COMPARE_SLIVERS = FindingKind(
    "compare_slivers",
    "info",
    en="{count} slivers narrower than {width} m between the two drawings ({area_m2} m2 in all) "
    "were not taken for changes.",
    zh="两次绘制之间有 {count} 处宽度不足 {width} 米的碎缝（共 {area_m2} 平方米），未计为变化。",
    cure_en="Nothing to do, unless such narrow strips were meant.",
    cure_zh="一般无需处理，除非确实调整了这样窄的用地。",
)
COMPARE_HOMES_OUTSIDE = FindingKind(
    "compare_homes_outside",
    "warning",
    en="{count} households lie in no division, neither before nor after.",
    zh="有 {count} 户不在任何一次划分的范围内。",
    cure_en="Check the outlines and the datum of the homes.",
    cure_zh="请核对边界及住户点的坐标系。",
)
COMPARE_OVERLAPS = FindingKind(
    "compare_overlaps",
    "warning",
    en="Divisions of one layer overlap on {area_m2} m2; what lies there is counted in the first.",
    zh="同一图层内有 {area_m2} 平方米相互重叠；其中住户计入排在前面的一个。",
    cure_en="Look at the overlaps with gridmap check.",
    cure_zh="请先用 gridmap check 查看重叠。",
)
COMPARE_COUNTS_DIFFER = FindingKind(
    "compare_counts_differ",
    "info",
    en="{count} {zones} of the layer have another number of {counted} of their own than the plan "
    "counts there ({own} in all, {there} by the plan); the plan's is used on both sides: {places}",
    zh="图层中有 {count} 个{zones_zh}自带的数量与方案统计不同（合计 {own} {counted_zh}，"
    "方案统计 {there} {counted_zh}）；前后均按方案统计：{places}",
    cure_en="Check the date and source of both counts.",
    cure_zh="请核对两者的统计时间与来源。",
)
COMPARE_OUTLINES_REPAIRED = FindingKind(
    "compare_outlines_repaired",
    "warning",
    en="{count} outlines were not valid or empty and were repaired for the comparison: {places}",
    zh="有 {count} 个边界无效或为空，已为对比作修复：{places}",
    cure_en="Repair the layer itself in GIS software.",
    cure_zh="请在 GIS 软件中修复原图层。",
)
FINDING_KINDS = (
    COMPARE_LEVELS_DIFFER,
    COMPARE_DATUMS_DIFFER,
    COMPARE_NOTHING_SHARED,
    COMPARE_LAND_DIFFERS,
    COMPARE_SHARED_BY_AREA,
    COMPARE_SLIVERS,
    COMPARE_HOMES_OUTSIDE,
    COMPARE_OVERLAPS,
    COMPARE_COUNTS_DIFFER,
    COMPARE_OUTLINES_REPAIRED,
)


def refuse_other_plans(before: Plan, after: Plan) -> None:
    """Refuse two plans that no comparison makes sense of.

    Raises
    ------
    RefusedInput
        When they are of different levels, or of different datums.
    """
    levels = [plan.about.get("level", "grid") for plan in (before, after)]
    said = []
    if levels[0] != levels[1]:
        said.append(say_levels_differ(levels[0], levels[1]))
    datums = [
        plan.about.get("datum") or plan.territory.units.crs.to_string() for plan in (before, after)
    ]
    if datums[0] != datums[1] and not set(datums) <= set(STORED_DATUMS):
        said.append(COMPARE_DATUMS_DIFFER.found(count=1, before=datums[0], after=datums[1]))
    if said:
        raise RefusedInput(said)


def say_levels_differ(before: str, after: str) -> Finding:
    """Say that two divisions are of different levels.

    Examples
    --------
    >>> say_levels_differ("community", "grid").en[:50]
    'The earlier one is of communities and the later on'
    """
    old, new = (LEVEL_NAMES.get(level, (level, level)) for level in (before, after))
    return COMPARE_LEVELS_DIFFER.found(
        count=1, before=old[0], after=new[0], before_zh=old[1], after_zh=new[1]
    )


def refuse_other_layers(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> None:
    """Refuse two layers that are not measured in the same metres.

    Raises
    ------
    InvalidOption
        When a layer has no CRS, one in degrees, or another than the other layer.
    """
    systems = [layer.crs for layer in (before, after)]
    if None not in systems and systems[0] == systems[1] and systems[0].is_projected:
        return
    names = ["none" if crs is None else crs.to_string() for crs in systems]
    raise InvalidOption(
        f"Both layers must be in one CRS in metres; before is {names[0]}, after {names[1]}.",
        f"两个图层须采用同一个以米为单位的坐标系；之前为 {names[0]}，之后为 {names[1]}。",
        cure_en="layer.to_crs(gridmap.crs.metric_crs(lon, lat))",
        cure_zh="layer.to_crs(gridmap.crs.metric_crs(lon, lat))",
    )


def check_land(
    pieces: pd.DataFrame, numbers: tuple[int, int], *, sliver_m: float
) -> tuple[Finding, ...]:
    """Return what there is to say of the land of two divisions.

    Parameters
    ----------
    pieces
        As `gridmap.scoring.refining.refine_zones` makes them.
    numbers
        Zones before and after.
    sliver_m
        Width below which a piece is a sliver, in metres.

    Raises
    ------
    RefusedInput
        When no land is in both.
    """
    land, slivers = pieces[~pieces["sliver"]], pieces[pieces["sliver"]]
    inside = (land["before_id"] != "") & (land["after_id"] != "")
    if not inside.any():
        raise RefusedInput(
            [COMPARE_NOTHING_SHARED.found(count=1, before=numbers[0], after=numbers[1])]
        )
    said: list[Finding] = []
    apart = land[~inside]
    if apart["area_m2"].sum() > LEAST_DIFFERENCE * land["area_m2"].sum():
        only_after = apart["before_id"] == ""
        places = sorted(apart["before_id"].where(~only_after, apart["after_id"]).unique())
        said.append(
            COMPARE_LAND_DIFFERS.found(
                places,
                before_m2=f"{apart.loc[~only_after, 'area_m2'].sum():,.0f}",
                after_m2=f"{apart.loc[only_after, 'area_m2'].sum():,.0f}",
            )
        )
    real = slivers[slivers["area_m2"] >= LEAST_SLIVER_M2]
    if len(real):
        area = f"{real['area_m2'].sum():,.1f}"
        said.append(COMPARE_SLIVERS.found(count=len(real), width=f"{sliver_m:g}", area_m2=area))
    return tuple(said)
