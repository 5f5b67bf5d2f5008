"""The last sheet of the tables: measures, rules, inputs and versions, told in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridmap.estimates import HOUSEHOLDS_ESTIMATED
from gridmap.schemas import ROLES
from gridmap.scoring import find_measure
from gridmap.terms import AGE_CLASSES, AREA_TYPES

if TYPE_CHECKING:
    from gridmap.findings import Finding
    from gridmap.model import InputFile, Plan, Scorecard
    from gridmap.reports.columns import Value
    from gridmap.rosters import Duty
    from gridmap.rules import BandRule

Row = tuple["Value", "Value", "Value", "Value"]
"""Item, value, meaning in Chinese, meaning in English."""

SUMS_OF_HOUSEHOLDS = (
    "households",
    "households_in_band",
    "households_read",
    "largest",
    "smallest",
)
"""Measures that count households: where counts are estimated, so are these."""
KNOWN_KEYS = {
    "set_aside_households": (
        "未划入网格的户数 Households set aside",
        "无法划入任何网格的户数，原因见“问题”表",
        "Households that fit in no grid; the sheet of findings says why",
    ),
    "datum": (
        "方案坐标系 Coordinate system of the plan",
        "方案文件中各图层的坐标系",
        "The system in which the plan file's layers are stored",
    ),
    "measured_in": (
        "量算坐标系 Coordinate system of measures",
        "面积和长度在此坐标系中计算",
        "The system in which areas and lengths are measured",
    ),
    "seed": (
        "随机种子 Random seed",
        "同样的数据、标准和种子得到同样的方案",
        "The same data, rules and seed give the same plan",
    ),
    "gridmap": (
        "软件版本 Version of gridmap",
        "生成本方案的 gridmap 版本",
        "The version of gridmap that made this plan",
    ),
}
"""Keys of ``Plan.about`` in the order in which they are told, with name and meaning."""
TOLD_AS_MEASURES = ("planned_households", "read_households")
LIBRARIES = ("geopandas", "geos", "numba", "numpy", "pandas", "shapely")


def list_about_rows(plan: Plan, card: Scorecard, duty: Duty | None = None) -> tuple[Row, ...]:
    """Return the rows of the sheet 说明: no raw key and no JSON is in any of them.

    Parameters
    ----------
    plan, card
        The plan and its measures.
    duty
        Who serves, whose names are then in the tables.
    """
    return (
        *_estimate_rows(plan.findings),
        *_measure_rows(card, estimated=is_estimated(plan), level=plan.about.get("level", "grid")),
        *_rule_rows(plan),
        *(_input_row(item) for item in plan.territory.units.inputs),
        *_fact_rows(plan),
        *_roster_rows(duty),
        _privacy_row(duty),
    )


def _roster_rows(duty: Duty | None) -> list[Row]:
    if duty is None:
        return []
    day = ("责任人按此日在岗情况列出", "Who served on this day is listed")
    none = (
        "未指定日期，花名册中人员均按在岗列出",
        "No day was given: all of the roster are listed",
    )
    return [("花名册判断日期 Day of the roster", duty.day or "—", *(day if duty.day else none))]


def _privacy_row(duty: Duty | None) -> Row:
    """Say what personal data is in the tables (FIELD.md section 7)."""
    if duty is None or duty.posts.empty:
        nothing = "本表不含居民、住户、门牌信息。"
        return ("个人信息 Personal data", "无 none", nothing, "No resident, household or address.")
    phones, calls = ("和电话", " and telephones") if duty.has_phones else ("", "")
    return (
        "个人信息 Personal data",
        "责任人 duty roles",
        f"本表含网格责任人姓名{phones}，限工作使用；不含居民、住户、门牌信息。",
        f"Names{calls} of those who serve, for official use; no resident, household or address.",
    )


def is_estimated(plan: Plan) -> bool:
    """Tell whether households of a plan are estimates and not counts."""
    return any(finding.code == HOUSEHOLDS_ESTIMATED.code for finding in plan.findings)


def _estimate_rows(findings: tuple[Finding, ...]) -> list[Row]:
    return [
        ("户数来源 Source of households", "估算 estimated", finding.zh, finding.en)
        for finding in findings
        if finding.code == HOUSEHOLDS_ESTIMATED.code
    ]


def _measure_rows(card: Scorecard, *, estimated: bool, level: str) -> list[Row]:
    """Return a row for each measure; sums of households say so where they are estimates."""
    rows: list[Row] = []
    for key, value in card.totals.items():
        measure = find_measure(key, level=level)
        chinese, english = measure.meaning_zh, measure.meaning_en
        name = f"{measure.zh} {measure.en}"
        if estimated and key in SUMS_OF_HOUSEHOLDS:
            name = f"{measure.zh}（估算） {measure.en} (estimated)"
            chinese += "其中含估算值，不是实际统计数。"
            english += " Estimates are among them: they are not counted."
        rows.append((name, _show(value, measure.form), chinese, english))
    return rows


def _rule_rows(plan: Plan) -> list[Row]:
    rules = plan.rules
    unit = "人" if plan.about.get("counted") == "persons" else "户"
    rows: list[Row] = [("规则 rules", rules.name, rules.label_zh, rules.label_en)]
    for rule in rules.bands:
        soft = "（可放宽 soft）" if rule.soft else ""
        value = f"{rule.band.lower}-{rule.band.upper} {unit}{soft}"
        chinese, english = _scope(rule)
        source = f"{english}. Source: {rule.source}" if rule.source else english
        rows.append((f"{unit}数区间 band", value, chinese, source))
    return rows


def _scope(rule: BandRule) -> tuple[str, str]:
    """Return in both languages which grids a band is for."""
    chinese, english = [], []
    if rule.area_type:
        chinese.append(AREA_TYPES[rule.area_type].zh)
        english.append(AREA_TYPES[rule.area_type].en)
    if rule.age_class:
        chinese.append("、".join(AGE_CLASSES[name].zh for name in rule.age_class))
        english.append(", ".join(AGE_CLASSES[name].en for name in rule.age_class))
    if rule.community_over:
        chinese.append(f"社区超过 {rule.community_over} 户")
        english.append(f"communities of more than {rule.community_over} households")
    return "，".join(chinese) or "其余所有网格", "; ".join(english) or "all other grids"


def _input_row(item: InputFile) -> Row:
    role = ROLES.get(item.role)
    name = f"{role.zh if role else item.role} {item.role}"
    encoding = f"，文字编码 {item.encoding}" if item.encoding else ""
    coded = f", text encoding {item.encoding}" if item.encoding else ""
    digest = f"{item.sha256[:16]}…"
    system = item.crs or "not stated"
    return (
        f"输入：{name}",
        f"{item.name}（{item.layer}）" if item.layer else item.name,
        f"{item.rows:,} 行，坐标系 {item.crs or '未注明'}{encoding}，文件校验值 SHA-256 {digest}",
        f"{item.rows:,} rows, coordinate system {system}{coded}, SHA-256 of the file {digest}",
    )


def _fact_rows(plan: Plan) -> list[Row]:
    """Return what is known of how the plan was made; inputs and rules are told elsewhere."""
    rows: list[Row] = []
    for key, (name, chinese, english) in KNOWN_KEYS.items():
        if key in plan.about:
            value = plan.about[key]
            counted = key.endswith("households") and value.isdecimal()
            rows.append((name, int(value) if counted else value, chinese, english))
    used = ", ".join(f"{name} {plan.about[name]}" for name in LIBRARIES if name in plan.about)
    if used:
        rows.append(
            ("所用程序库 Libraries", used, "计算所用程序库及其版本", "Libraries and their versions")
        )
    told = {"rules", *KNOWN_KEYS, *LIBRARIES, *TOLD_AS_MEASURES}
    others = [key for key in sorted(plan.about) if key not in told and not key.startswith("input.")]
    return rows + [(f"其他 other: {key}", plan.about[key], None, None) for key in others]


def _show(value: float, form: str) -> Value:
    """Return a total as it reads: a share as a percentage, a length with its unit."""
    if form == "share":
        return f"{value:.2%}" if value == 0 or abs(value) >= 0.0001 else f"{value:.1e}"
    if form == "ratio":
        return f"{value:.3f}"
    if form == "metres":
        return f"{value:,.0f} m"
    return f"{value / 1e6:,.3f} km²" if form == "m2" else int(value)
