"""What is wrong with a coverage, and what its repair did, said in two languages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import Transformer

from gridmap.checks.inspecting import HOUSEHOLD_DIGITS, POINT_DIGITS, Wording, describe, places_of
from gridmap.findings import FindingKind, sort_findings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyproj import CRS

    from gridmap.boundaries.coverage import CoverageFault, CoverageFaults
    from gridmap.boundaries.coverage_repair import CoverageRepair
    from gridmap.findings import Finding

GAPS = FindingKind(
    "division_gap",
    "warning",
    en="{count} gaps lie in no division: {area_m2:.0f} m2{homes:en}: {details:en}.",
    zh="有 {count} 处空白不属于任何区划，共 {area_m2:.0f} 平方米{homes:zh}：{details:zh}。",
    cure_en="Give each gap to a division; repair_coverage closes those within a tolerance.",
    cure_zh="请将空白划归某个区划；repair_coverage 可闭合容差以内的空白。",
)
OVERLAPS = FindingKind(
    "division_overlap",
    "warning",
    en="{count} places lie in several divisions: {area_m2:.0f} m2{homes:en}: {details:en}.",
    zh="有 {count} 处同属多个区划，共 {area_m2:.0f} 平方米{homes:zh}：{details:zh}。",
    cure_en="Decide whose land it is; repair_coverage settles overlaps within a tolerance.",
    cure_zh="请确定归属；repair_coverage 可处理容差以内的重叠。",
)
SLIVERS = FindingKind(
    "division_sliver",
    "info",
    en="{count} gaps or overlaps are slivers narrower than {width} m: "
    "{area_m2:.0f} m2{homes:en}: {details:en}.",
    zh="有 {count} 处空白或重叠是窄于 {width} 米的细缝，共 {area_m2:.0f} 平方米{homes:zh}："
    "{details:zh}。",
    cure_en="repair_coverage(divisions, homes, tolerance_m={width})",
    cure_zh="可用 repair_coverage(divisions, homes, tolerance_m={width}) 闭合。",
)
EDGES_APART = FindingKind(
    "division_edges_apart",
    "warning",
    en="The edges of divisions almost meet in {count} places, at most {width} m apart: "
    "{area_m2:.0f} m2{homes:en}: {details:en}.",
    zh="有 {count} 处区划边界相距不足 {width} 米而未重合，共 {area_m2:.0f} 平方米{homes:zh}："
    "{details:zh}。",
    cure_en="Draw both edges with snapping on, or give parent= so that the gap can be closed.",
    cure_zh="请打开捕捉重绘边界，或提供 parent= 以便闭合。",
)
MENDED = FindingKind(
    "division_outline_invalid",
    "warning",
    en="The outlines of {count} divisions cross themselves and were read by their structure: "
    "{places}.",
    zh="{count} 个区划的边界自相交，已按结构解读：{places}。",
    cure_en="Look at their outlines and draw them again where they cross.",
    cure_zh="请查看其边界，并重绘自相交处。",
)
EMPTY = FindingKind(
    "division_without_land",
    "warning",
    en="{count} divisions have no land: {places}.",
    zh="{count} 个区划没有土地：{places}。",
    cure_en="Draw their outlines, or delete the rows.",
    cure_zh="请绘制其边界，或删除相应记录。",
)
REPAIRED = FindingKind(
    "division_coverage_repaired",
    "info",
    en="{count} gaps and overlaps were given to a division: {area_m2:.0f} m2, borders moved by "
    "{moved:.2f} m at most; {noise} places too narrow to list were closed: {details:en}.",
    zh="{count} 处空白和重叠已划归区划，共 {area_m2:.0f} 平方米，边界最多移动 {moved:.2f} 米；"
    "另闭合过窄而不逐一列出的 {noise} 处：{details:zh}。",
    cure_en="Look at the changes; keep the divisions from before to undo them.",
    cure_zh="请核对变更；保留原区划即可撤销。",
)
HOMES_MOVED = FindingKind(
    "division_homes_moved",
    "warning",
    en="{count} households have another division after the repair.",
    zh="修复后有 {count} 户所属区划改变。",
    cure_en="Confirm each with both divisions, or repair with a smaller tolerance_m.",
    cure_zh="请与双方逐一确认，或减小 tolerance_m。",
)
KEPT = FindingKind(
    "division_fault_kept",
    "warning",
    en="{count} gaps and overlaps stay as they were, because closing them would move a border by "
    "more than {tolerance} m: {area_m2:.0f} m2{homes:en}: {details:en}.",
    zh="有 {count} 处空白或重叠未处理，因为闭合须将边界移动超过 {tolerance} 米，"
    "共 {area_m2:.0f} 平方米{homes:zh}：{details:zh}。",
    cure_en="Decide whose land each is and draw it so, or repair again with a larger --tolerance.",
    cure_zh="请逐处确定归属并重绘边界，或加大 --tolerance 后再修复。",
)
FINDING_KINDS = (GAPS, OVERLAPS, SLIVERS, EDGES_APART, MENDED, EMPTY, REPAIRED, HOMES_MOVED, KEPT)


def report_coverage(faults: CoverageFaults) -> tuple[Finding, ...]:
    """Say the faults of a coverage, worst first; slivers apart from wide gaps and overlaps.

    Parameters
    ----------
    faults
        Of `gridmap.boundaries.coverage.find_coverage_faults`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> from gridmap.boundaries.coverage import find_coverage_faults
    >>> land = gpd.GeoDataFrame({"division_id": ["A", "B"], "name": ["甲", "乙"]},
    ...     geometry=[box(0, 0, 102, 50), box(100, 0, 200, 50)], crs=4547)
    >>> report_coverage(find_coverage_faults(land))[0].en
    '1 places lie in several divisions: 100 m2: A+B (100 m2, 2.00 m wide).'
    """
    findings = []
    wide = [fault for fault in (*faults.gaps, *faults.overlaps) if not fault.sliver]
    thin = [fault for fault in (*faults.gaps, *faults.overlaps) if fault.sliver]
    for kind, some in (
        (GAPS, [fault for fault in wide if fault.kind == "gap"]),
        (OVERLAPS, [fault for fault in wide if fault.kind == "overlap"]),
        (SLIVERS, thin),
        (EDGES_APART, faults.open_gaps),
    ):
        if some:
            findings.append(_say_faults(kind, some, faults))
    for kind, ids in ((MENDED, faults.mended), (EMPTY, faults.empty)):
        if ids:
            findings.append(kind.found(ids))
    return sort_findings(findings)


def report_coverage_repair(repair: CoverageRepair) -> tuple[Finding, ...]:
    """Say what a repair changed, whose division it changed, and what it left.

    Parameters
    ----------
    repair
        Of `gridmap.boundaries.coverage_repair.repair_coverage`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> from gridmap.boundaries.coverage_repair import repair_coverage
    >>> land = gpd.GeoDataFrame({"division_id": ["A", "B"], "name": ["甲", "乙"]},
    ...     geometry=[box(0, 0, 100.4, 50), box(100, 0, 200, 50)], crs=4547)
    >>> report_coverage_repair(repair_coverage(land))[0].code
    'division_coverage_repaired'
    """
    left = repair.left
    findings = [
        kind.found(ids) for kind, ids in ((MENDED, left.mended), (EMPTY, left.empty)) if ids
    ]
    for kind, some in ((KEPT, (*left.gaps, *left.overlaps)), (EDGES_APART, left.open_gaps)):
        if some:
            findings.append(_say_faults(kind, some, left, tolerance=repair.tolerance_m))
    crs = repair.left.crs
    if repair.changes or repair.noise_closed:
        details = [
            Wording(
                f"{c.area_m2:.0f} m2 to {c.division}", f"{c.area_m2:.0f} 平方米划归 {c.division}"
            )
            for c in repair.changes
        ]
        findings.append(
            REPAIRED.found(
                [change.division for change in repair.changes],
                points=_on_earth([change.point for change in repair.changes], crs, POINT_DIGITS),
                area_m2=sum(change.area_m2 for change in repair.changes),
                moved=max((change.moved_m for change in repair.changes), default=0.0),
                noise=repair.noise_closed,
                details=describe(details) if details else Wording("none listed", "无"),
            )
        )
    if repair.moved_homes:
        findings.append(
            HOMES_MOVED.found(
                [home.home_id for home in repair.moved_homes],
                count=repair.moved_households,
                points=_on_earth(
                    [home.point for home in repair.moved_homes], crs, HOUSEHOLD_DIGITS
                ),
            )
        )
    return sort_findings(findings)


def _say_faults(
    kind: FindingKind,
    some: Sequence[CoverageFault],
    faults: CoverageFaults,
    *,
    tolerance: float = 0.0,
) -> Finding:
    where = ["+".join(fault.divisions) for fault in some]
    details = []
    for name, fault in zip(where, some, strict=True):
        en, zh = f"{fault.area_m2:.0f} m2", f"{fault.area_m2:.0f} 平方米"
        if fault.households is not None:
            en, zh = f"{en}, {fault.households} households", f"{zh}、{fault.households} 户"
        en, zh = f"{en}, {fault.width_m:.2f} m wide", f"{zh}、宽 {fault.width_m:.2f} 米"
        details.append(Wording(f"{name} ({en})", f"{name}（{zh}）"))
    known: dict[str, Any] = {"width": faults.sliver_m, "tolerance": tolerance}
    values = {name: value for name, value in known.items() if name in kind.placeholders}
    return kind.found(
        where,
        points=_on_earth([fault.point for fault in some], faults.crs, POINT_DIGITS),
        area_m2=sum(fault.area_m2 for fault in some),
        homes=_count_words([fault.households for fault in some]),
        details=describe(details),
        **values,
    )


def _count_words(counts: Sequence[int | None]) -> Wording:
    known = [count for count in counts if count is not None]
    if not known:
        return Wording("", "")
    return Wording(f", {sum(known)} households", f"、{sum(known)} 户")


def _on_earth(points: Sequence[shapely.Point], crs: CRS, digits: int) -> list[tuple[float, float]]:
    """Return places in degrees of the CRS that the plane was projected from."""
    if not points or crs.geodetic_crs is None:
        return []
    transformer = Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
    lon, lat = transformer.transform(*shapely.get_coordinates(points).T)
    return places_of(np.asarray(shapely.points(lon, lat), dtype=object), digits)
