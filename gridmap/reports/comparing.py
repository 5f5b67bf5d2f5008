"""The tables of a comparison: summary, changes, from-to matrix, and what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridmap.level_words import COUNTED, ZONES
from gridmap.reports.columns import NO, YES, Column, Sheet, Value
from gridmap.reports.workbook import check_tables_target, write_sheets
from gridmap.scoring import list_comparison, tell_comparison
from gridmap.scoring.telling import CODE_WORDS, NOUNS_ZH

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.scoring import Comparison

MEASURES: tuple[tuple[str, str, str], ...] = (
    ("number", "总数", "Number"),
    ("judged", "按区间考核的个数", "Judged by the band"),
    ("mean", "平均", "Mean"),
    ("smallest", "最少", "Smallest"),
    ("largest", "最多", "Largest"),
    ("outside", "不在区间内的个数", "Outside the band"),
    ("total", "合计", "Total"),
    ("area_m2", "面积（㎡）", "Area (m²)"),
)
COUNTS: tuple[tuple[str, str, str], ...] = (
    ("moved", "划入其他单位的户（人）数", "Moved"),
    ("new", "新增的户（人）数", "New"),
    ("gone", "不再计入的户（人）数", "Gone"),
    ("estimated", "其中按面积估算", "Followed by area (estimate)"),
    ("kept", "沿用的个数", "Zones that keep an identity"),
    ("new_zones", "新设的个数", "New zones"),
    ("gone_zones", "撤销的个数", "Gone zones"),
    ("area_moved_m2", "划入其他单位的面积（㎡）", "Area moved (m²)"),
)
SIDES = {"before": "之前", "after": "之后"}
STATUSES = {"kept": "沿用", "new": "新设", "gone": "撤销"}
IN_BAND = {"yes": YES, "no": NO, "": "—"}


def write_comparison(comparison: Comparison, path: str | Path) -> None:
    """Write a comparison as one xlsx file, whole or not at all.

    Parameters
    ----------
    comparison
        Any comparison.
    path
        Where to write. An earlier table of gridmap is replaced; any other file is spared.

    Raises
    ------
    InvalidOption
        When the path does not end in ``.xlsx``.
    MissingExtra
        When openpyxl is not installed.
    UnwritableFile
        When the target is a file that gridmap did not write, or can't be written.

    Notes
    -----
    The same comparison gives the same bytes; a text like a formula stays a text
    (`gridmap.write_tables`).

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import gridmap
    >>> from gridmap.scoring import compare_plans
    >>> from gridmap.testing import draw_territory
    >>> plan = gridmap.make_plan(draw_territory("AAAA", households=100),
    ...                          rules=gridmap.Rules.preset())
    >>> with TemporaryDirectory() as folder:
    ...     write_comparison(compare_plans(plan, plan), Path(folder) / "report.xlsx")
    ...     [file.name for file in Path(folder).iterdir()]
    ['report.xlsx']
    """
    check_tables_target(path)
    sheets = list_comparison_sheets(comparison)
    write_sheets(sheets, path, title="前后对比表 Before and after")


def list_comparison_sheets(comparison: Comparison) -> tuple[Sheet, ...]:
    """Return the sheets of a comparison: 汇总, 变动, 去向, 说明.

    Examples
    --------
    >>> import gridmap
    >>> from gridmap.scoring import compare_plans
    >>> from gridmap.testing import draw_territory
    >>> plan = gridmap.make_plan(draw_territory("AAAA", households=100),
    ...                          rules=gridmap.Rules.preset())
    >>> [sheet.zh for sheet in list_comparison_sheets(compare_plans(plan, plan))]
    ['汇总', '变动', '去向', '说明']
    """
    return (
        _summary(comparison),
        _changes(comparison),
        _matrix(comparison),
        _about(comparison),
    )


def _counted(comparison: Comparison) -> Column:
    if comparison.counted:
        zh = NOUNS_ZH[comparison.counted].replace("人口", "人数")
        return Column(zh, COUNTED[comparison.counted].more.capitalize(), "number")
    return Column("数量（无数据）", "Count (none given)", "number")


def _summary(comparison: Comparison) -> Sheet:
    columns = (
        Column("指标", "指标 Measure (zh)", "text", 30),
        Column("英文", "Measure", "text", 30),
        Column("之前", "Before", "number", 16),
        Column("之后", "After", "number", 16),
        Column("增减", "Difference", "number", 16),
    )
    rows: list[tuple[Value, ...]] = []
    for key, zh, en in MEASURES:
        change = comparison.measures[key]
        rows.append((zh, en, change.before, change.after, change.difference))
    rows += [(zh, en, None, comparison.counts[key], None) for key, zh, en in COUNTS]
    for code, (zh, en) in CODE_WORDS.items():
        counts = [comparison.counts[f"{side}_{code}"] for side in SIDES]
        rows.append((f"{code} {zh}", f"{code} {en}", counts[0], counts[1], None))
    return Sheet("汇总", "Summary", columns, tuple(rows))


def _changes(comparison: Comparison) -> Sheet:
    counted = _counted(comparison)
    columns = (
        Column("前后", "Side", "label", 10),
        Column("编号", "Id", "id", 22),
        Column("名称", "Name", "text", 28),
        Column("变动代码", "Code", "label", 10),
        Column("变动", "Change", "label", 16),
        Column("状态", "Status", "label", 14),
        Column("对应编号", "Same as", "id", 22),
        Column("相关编号", "Shares with", "text", 44),
        counted,
        Column(f"其中调整的{counted.zh}", "Moved", "number"),
        Column("面积（㎡）", "Area (m²)", "m2"),
        Column("达标", "In band", "label", 10),
    )
    rows = tuple(
        (
            f"{SIDES[row['side']]} {row['side']}",
            row["id"],
            row["name"],
            row["change"],
            " ".join(CODE_WORDS[row["change"]]),
            f"{STATUSES[row['status']]} {row['status']}",
            row["same_id"],
            row["other_ids"],
            row["households"],
            row["households_moved"],
            row["area_m2"],
            IN_BAND[row["in_band"]],
        )
        for row in list_comparison(comparison)["changes"]
    )
    return Sheet("变动", "Changes", columns, rows, marked=11)


def _matrix(comparison: Comparison) -> Sheet:
    columns = (
        Column("原编号", "Before", "id", 22),
        Column("新编号", "After", "id", 22),
        _counted(comparison),
        Column("面积（㎡）", "Area (m²)", "m2"),
        Column("是否调整", "Moved", "label", 12),
    )
    rows: list[tuple[Value, ...]] = [
        (
            row["before_id"] or "（范围外 outside）",
            row["after_id"] or "（范围外 outside）",
            row["households"],
            row["area_m2"],
            YES if row["moved"] else NO,
        )
        for row in list_comparison(comparison)["matrix"]
    ]
    sums = (int(comparison.matrix["households"].sum()), float(comparison.matrix["area_m2"].sum()))
    total = ("合计 total", None, sums[0], round(sums[1], 2), None)
    return Sheet("去向", "From-to matrix", columns, tuple(rows), total)


def _about(comparison: Comparison) -> Sheet:
    columns = (
        Column("项目", "Item", "text", 26),
        Column("数量", "Count", "number"),
        Column("中文", "Chinese", "text", 60),
        Column("英文", "English", "text", 60),
    )
    level = ZONES[comparison.level]
    paragraph = [tell_comparison(comparison, language=language) for language in ("zh", "en")]
    rows: list[tuple[Value, ...]] = [
        ("结论 conclusion", None, paragraph[0], paragraph[1]),
        ("层级 level", None, level.zh, level.one),
    ]
    rows += [
        (f"问题 finding: {finding.code}", finding.count, finding.zh, finding.en)
        for finding in comparison.findings
    ]
    return Sheet("说明", "About", columns, tuple(rows))
