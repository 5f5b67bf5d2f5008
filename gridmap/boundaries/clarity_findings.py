"""What is unclear about borders, and what they cut apart, said in two languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridmap.findings import FindingKind

if TYPE_CHECKING:
    import geopandas as gpd

    from gridmap.boundaries.clear_lines import ClearLines
    from gridmap.findings import Finding

UNCLEAR = FindingKind(
    "border_unclear",
    "warning",
    en="{count} stretches of border, {metres:.0f} m of {total:.0f} m, run on no road, river, "
    "railway, wall or compound line: {places}.",
    zh="有 {count} 段界线不在道路、河流、铁路、围墙或小区红线上，共 {metres:.0f} 米"
    "（界线总长 {total:.0f} 米）：{places}。",
    cure_en="Move them to a line nearby (gridmap analyse says which can be), or add the missing "
    "roads and barriers.",
    cure_zh="请将其移至附近的道路或红线（gridmap analyse 会列出可移的界线），"
    "或补充缺少的道路、分隔要素。",
)
SPLIT = FindingKind(
    "border_splits_place",
    "warning",
    en="Borders split {count} compounds or buildings: {places}.",
    zh="界线分割了 {count} 个小区或楼栋：{places}。",
    cure_en="Move the border to the edge of each place, or say that it is meant so.",
    cure_zh="请将界线移至小区或楼栋边缘，或说明确需如此。",
)
PARTED = FindingKind(
    "border_parts_road",
    "info",
    en="Borders run along {count} named roads, so the odd and the even numbers lie in two "
    "divisions: {places}.",
    zh="界线沿 {count} 条有名道路通过，其单双号门牌分属两侧：{places}。",
    cure_en="Look up addresses on these roads by the number, not by the road.",
    cure_zh="这些道路上的地址请按门牌号判定归属，不能只按路名。",
)
LINES_MISSING = FindingKind(
    "border_lines_missing",
    "warning",
    en="There is no road, barrier or compound near any of {count} divisions, so no border can be "
    "called clear.",
    zh="{count} 个区域附近没有道路、分隔要素或小区，无法判断界线是否清晰。",
    cure_en="Add the layers of roads, barriers or compounds.",
    cure_zh="请补充道路、分隔要素或小区图层。",
)
UNUSABLE = FindingKind(
    "border_division_unusable",
    "warning",
    en="{count} divisions have no outline, or one that crosses itself; those without land were "
    "left out, the others were mended: {places}.",
    zh="{count} 个区域没有边界或边界自相交；没有用地的未计入，其余已修复：{places}。",
    cure_en="Draw these outlines again.",
    cure_zh="请重新绘制这些边界。",
)
OVERLAPPING = FindingKind(
    "border_divisions_overlap",
    "warning",
    en="{count} pieces of land lie in several divisions, {area_m2:.0f} m2; for the measure each "
    "was given to the smallest.",
    zh="有 {count} 块土地同属多个区域，共 {area_m2:.0f} 平方米；计算时归面积最小者。",
    cure_en="Settle the overlap: gridmap analyse INPUT --edits edits.geojson, then --apply; or "
    "gridmap repair with a --tolerance not below its width (metres).",
    cure_zh="请先处理重叠：gridmap analyse INPUT --edits edits.geojson 后用 --apply 应用；"
    "或用 gridmap repair，并把 --tolerance 设为不小于重叠宽度（米）。",
)
FINDING_KINDS = (UNCLEAR, SPLIT, PARTED, LINES_MISSING, UNUSABLE, OVERLAPPING)


def say_lines(
    lines: ClearLines, borders: gpd.GeoDataFrame, unclear: gpd.GeoDataFrame, many: int
) -> tuple[Finding, ...]:
    """Say what runs on no line, or that there is no line at all near any of many divisions."""
    if not len(borders):
        return ()
    if not len(lines.start):
        return (LINES_MISSING.found(count=many),)
    if not len(unclear):
        return ()
    metres, total = float(unclear["length_m"].sum()), float(borders["length_m"].sum())
    return (UNCLEAR.found(unclear["stretch_id"], metres=metres, total=total),)


def say_cut(splits: list[gpd.GeoDataFrame], parted: gpd.GeoDataFrame) -> tuple[Finding, ...]:
    """Say which places the borders split and which roads they part."""
    split = [place for frame in splits for place in dict.fromkeys(frame["place_id"])]
    roads = list(dict.fromkeys(parted["name"]))
    return tuple(kind.found(where) for kind, where in ((SPLIT, split), (PARTED, roads)) if where)
