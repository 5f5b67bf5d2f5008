"""Who may see what: the fields of the page and the audience from which on each is there.

An allow-list: what is not in `FIELDS` is on no page, whatever a plan or a later change brings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from gridmap.errors import InvalidOption

if TYPE_CHECKING:
    from collections.abc import Mapping

AUDIENCES = ("public", "internal", "planner")
"""公众, 内部, 规划. Each sees what the one before it sees, and more."""


class Field(NamedTuple):
    """Fields of the block of data that one audience and those after it see.

    Attributes
    ----------
    audience
        The first of `AUDIENCES` that sees them.
    zh, en
        What they are, for the documentation.
    paths
        Keys of the block; ``a.b`` is the key b below a. A key that is named whole is there with
        all that is below it.
    """

    audience: str
    zh: str
    en: str
    paths: tuple[str, ...]


def _field(audience: str, zh: str, en: str, paths: str) -> Field:
    return Field(audience, zh, en, tuple(paths.split()))


FIELDS = (
    _field("public", "页面文字、颜色", "words and colours of the page",
           "version language audience words palette"),
    _field("public", "图名、审图号、日期、来源、划分标准",
           "title, review number, date, source, rules",
           "imprint.title imprint.review imprint.date imprint.source imprint.internal "
           "imprint.rules"),
    _field("public", "网格总数、总户数、专属与飞地网格数",
           "numbers of grids, households in all, dedicated and exclave grids",
           "totals.grids totals.households totals.rounded totals.estimated totals.dedicated "
           "totals.exclave"),
    _field("public", "界线、河流、铁路、主要道路及路名",
           "borders, rivers, railways, main roads and their names",
           "step origin arcs ways way_names links"),
    _field("public", "街道与社区的名称、编码", "names and codes of townships and communities",
           "townships communities.ids communities.names communities.pinyin communities.township "
           "communities.tint communities.labelled communities.places"),
    _field("public", "网格编码、名称、类型、所属与所在社区、面积、四至",
           "code, name, kind, community and host, area, four bounds of each grid",
           "grids.code grids.name grids.pinyin grids.short grids.serial grids.kind "
           "grids.category grids.community grids.host grids.area_m2 grids.shade grids.places "
           "grids.bounds"),
    _field("public", "小区名称（供查询）", "names of compounds, for the search", "compounds"),
    _field("public", "底图地址", "address of a basemap", "tiles"),
    _field("internal", "户数达标的网格数", "numbers of general grids, and of those in their band",
           "totals.general totals.in_band"),
    _field("internal", "各社区户数", "households of each community",
           "communities.households communities.rounded"),
    _field("internal", "各网格户数、区间、达标情况及原因",
           "households, band, status and reason of each grid",
           "grids.households grids.lower grids.upper grids.state grids.reasons grids.reason"),
    _field("internal", "楼栋数、微网格（名称、编码、户数）",
           "number of buildings; micro-grids (name, code, households)",
           "grids.buildings micro_grids"),
    _field("internal", "楼栋轮廓（不含编号、户数）",
           "outlines of buildings, without number or count", "buildings"),
    _field("internal", "责任人（岗位、姓名）", "roles and names of those responsible", "staff"),
    _field("internal", "专题、住户密度", "themes, where households are", "themes density"),
    _field("internal", "调整前方案、变化清单、调整前名称与编码",
           "the earlier plan, what changed, former name and code", "before changes earlier"),
    _field("internal", "叠加图层（边界问题、步行可达、部门冲突）",
           "layers: boundary findings, reach, conflicts", "layers"),
    _field("planner", "各网格与区间中值的偏差",
           "deviation of each grid from the middle of its band", "grids.deviation"),
    _field("planner", "随机种子", "seed of the search", "seed"),
    _field("planner", "核验结果", "findings of the plan", "findings"),
)  # fmt: skip
"""Every field of the page. Source: issue 5 point 3, FIELD.md section 7."""


def check_audience(audience: str) -> None:
    """Refuse an audience that is none of `AUDIENCES`.

    Raises
    ------
    InvalidOption
        With the ones there are.

    Examples
    --------
    >>> check_audience("public")
    """
    if audience not in AUDIENCES:
        raise InvalidOption(
            f"The audience of a map is one of {', '.join(AUDIENCES)}, not {str(audience)[:40]!r}.",
            f"地图的阅览对象为 {'、'.join(AUDIENCES)} 之一，而不是 {str(audience)[:40]!r}。",
            cure_en='audience="internal"',
            cure_zh='audience="internal"',
        )


def refuse_hidden(audience: str, given: Mapping[str, bool]) -> None:
    """Refuse what was asked for but the audience may not see, so that nothing is lost in silence.

    Parameters
    ----------
    audience
        One of `AUDIENCES`.
    given
        Key of the block of data -> whether the user asked for it.

    Raises
    ------
    InvalidOption
        Naming what this audience does not see.

    Examples
    --------
    >>> refuse_hidden("internal", {"staff": True})
    """
    allowed = {path.split(".")[0] for path in list_paths(audience)}
    hidden = [key for key, asked in given.items() if asked and key not in allowed]
    if hidden:
        raise InvalidOption(
            f"A map for the {audience} does not show: {', '.join(hidden)}.",
            f"面向 {audience} 的地图不显示：{'、'.join(hidden)}。",
            cure_en='audience="internal", or leave it out',
            cure_zh='audience="internal"，或去掉该项',
        )


def list_paths(audience: str) -> frozenset[str]:
    """Return the paths that an audience sees.

    Examples
    --------
    >>> "grids.households" in list_paths("public"), "seed" in list_paths("planner")
    (False, True)
    """
    seen = AUDIENCES[: AUDIENCES.index(audience) + 1]
    return frozenset(path for field in FIELDS if field.audience in seen for path in field.paths)


def select_fields(content: Mapping[str, Any], audience: str) -> dict[str, Any]:
    """Return the part of a block of data that an audience sees, in the same order.

    The earlier plan is a block of its own and is read by the same rules.

    Examples
    --------
    >>> select_fields({"seed": "7", "totals": {"grids": 2, "in_band": 1}, "x": 1}, "public")
    {'totals': {'grids': 2}}
    """
    paths = list_paths(audience)
    kept: dict[str, Any] = {}
    for key, value in content.items():
        if key in paths:
            kept[key] = select_fields(value, audience) if key == "before" else value
        elif isinstance(value, dict):
            below = {name: part for name, part in value.items() if f"{key}.{name}" in paths}
            if below:
                kept[key] = below
    return kept


def tell_fields() -> str:
    """Return the table of fields and audiences as Markdown, for the documentation."""
    rows = ["| what 内容 | public | internal | planner |", "|---|---|---|---|"]
    for field in FIELDS:
        first = AUDIENCES.index(field.audience)
        marks = ["✓" if place >= first else "" for place in range(len(AUDIENCES))]
        rows.append(f"| {field.en} {field.zh} | " + " | ".join(marks) + " |")
    return "\n".join(rows)
