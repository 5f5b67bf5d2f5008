"""The words on the page, in Chinese and English, and the cleaning of words that came from files.

Kinds, categories and other words of the field are `gridmap.terms`; only what a page alone needs
(buttons, hints, units) stands here.
"""

from __future__ import annotations

import re
import unicodedata

from gridmap.terms import CATEGORIES, TERMS

LONGEST_TEXT = 120
"""Characters of a name that are shown; a longer one ends in an ellipsis: gridmap's own default."""

CATEGORY_LETTERS = {
    "school": ("学", "S"),
    "hospital": ("医", "H"),
    "government": ("政", "G"),
    "mall": ("商", "M"),
    "office": ("楼", "O"),
    "industrial": ("园", "I"),
    "park": ("景", "P"),
}
"""The letter on a dedicated grid, Chinese and English, by category of its site."""

LANGUAGES = ("zh", "en")

_PAGE = {
    "untitled": ("网格划分图", "Grid map"),
    "titled": ("{places}网格划分图", "Grids of {places}"),
    "and": ("、", ", "),
    "internal": ("内部用图", "Internal use"),
    "review": ("审图号：{number}", "Map review no.: {number}"),
    "review_missing": ("审图号：未填写", "Map review no.: not given"),
    "date": ("数据日期：{date}", "Data of: {date}"),
    "source": ("资料来源：{source}", "Source: {source}"),
    "rules": ("划分标准：{rules}", "Rules: {rules}"),
    "total_grids": ("网格总数", "grids"),
    "total_households": ("总户数", "households"),
    "total_in_band": ("户数达标", "in band"),
    "total_special": ("专属 / 飞地", "dedicated / exclave"),
    "total_households_estimated": ("总户数（估算）", "households (estimated)"),
    "estimated": (
        "户数为估算值，不是实际统计数",
        "Households are estimated, not counted",
    ),
    "about_count": ("约 {count}", "about {count}"),
    "switch": ("English", "中文"),
    "switch_hint": ("Show this page in English", "切换为中文"),
    "search": (
        "搜索网格、编码、社区、小区或拼音",
        "Search grid, code, community, compound or pinyin",
    ),
    "search_none": ("没有找到“{query}”", "Nothing found for “{query}”"),
    "search_count": ("共 {count} 项", "{count} found"),
    "search_more": (
        "另有 {count} 项，请继续输入以缩小范围",
        "{count} more; type on to narrow the list",
    ),
    "results": ("搜索结果", "Search results"),
    "map": (
        "网格地图。方向键移动，加减键缩放，回车选中画面中心的网格。",
        "Map of grids. Arrow keys move, plus and minus zoom, Enter selects the grid in the middle.",
    ),
    "zoom_in": ("放大", "Zoom in"),
    "zoom_out": ("缩小", "Zoom out"),
    "zoom_all": ("显示全图", "Show all"),
    "north": ("北", "N"),
    "hint": ("点击地图上的网格，查看其信息", "Click a grid on the map to read its facts"),
    "card": ("网格信息", "Facts of the grid"),
    "close": ("关闭", "Close"),
    "previous": ("上一个", "Previous"),
    "next": ("下一个", "Next"),
    "zoom_to": ("定位", "Zoom to"),
    "code": ("编码", "Code"),
    "kind": ("类型", "Kind"),
    "community": ("所属社区", "Community"),
    "township": ("所属街道", "Township"),
    "owner": ("归属社区", "Owner"),
    "host": ("所在社区", "Host"),
    "households": ("户数", "Households"),
    "band": ("户数区间", "Band"),
    "band_value": ("{lower}–{upper} 户", "{lower}–{upper} households"),
    "count": ("{count} 户", "{count}"),
    "count_estimated": ("约 {count} 户（估算）", "about {count} (estimated)"),
    "few": ("不足 10 户", "fewer than 10"),
    "few_short": ("<10户", "<10"),
    "count_short": ("{count}户", "{count}"),
    "count_short_estimated": ("约{count}户", "~{count}"),
    "nobody": ("无住户", "no households"),
    "nobody_short": ("无住户", "none"),
    "name": ("名称", "Name"),
    "status": ("达标情况", "Status"),
    "inside": ("在区间内", "in band"),
    "above": ("高于上限", "above the band"),
    "below": ("低于下限", "below the band"),
    "empty": ("无住户", "no households"),
    "owned_by": ("属{name}", "of {name}"),
    "no_band": ("不设户数区间", "no band"),
    "reason": ("说明", "Reason"),
    "area": ("面积", "Area"),
    "bound_east": ("东至", "East to"),
    "bound_south": ("南至", "South to"),
    "bound_west": ("西至", "West to"),
    "bound_north": ("北至", "North to"),
    "hectares": ("{number} 公顷", "{number} ha"),
    "square_km": ("{number} 平方公里", "{number} km²"),
    "metres": ("{number} 米", "{number} m"),
    "kilometres": ("{number} 公里", "{number} km"),
    "grids": ("网格", "Grids"),
    "about_households": ("约 {count} 户", "about {count}"),
    "community_kind": ("社区", "community"),
    "card_community": ("社区信息", "Facts of the community"),
    "grids_in": ("{count} 个网格", "{count} grids"),
    "legend": ("图例", "Legend"),
    "legend_school": ("学校", "school"),
    "legend_hospital": ("医院", "hospital"),
    "legend_government": ("机关", "government"),
    "legend_mall": ("商圈市场", "mall, market"),
    "legend_office": ("楼宇", "offices"),
    "legend_industrial": ("园区", "industrial park"),
    "legend_park": ("公园景区", "park, scenic spot"),
    "legend_grid": ("网格界", "grid border"),
    "legend_community": ("社区界", "community border"),
    "legend_township": ("街道界", "township border"),
    "legend_link": ("指向归属社区", "towards owner"),
    "legend_above": ("高于户数上限", "above the band"),
    "legend_below": ("低于户数下限", "below the band"),
    "legend_empty": ("无住户", "no households"),
    "legend_river": ("河流", "river"),
    "legend_building": ("楼栋", "building"),
    "legend_railway": ("铁路", "railway"),
    "legend_road": ("主要道路", "main road"),
    "theme": ("专题", "Theme"),
    "theme_kind": ("网格类别", "kind of grid"),
    "theme_density": ("住户密度", "where households are"),
    "show_table": ("表格", "Table"),
    "table": ("网格列表", "List of grids"),
    "only_problems": ("只看户数超出区间的网格", "Only grids outside their band"),
    "compare": ("前后对比", "Before and after"),
    "swipe": (
        "左为调整前，右为调整后；左右方向键移动",
        "Left before, right after; arrow keys move",
    ),
    "before": ("调整前", "Before"),
    "after": ("调整后", "After"),
    "changes": ("变化清单", "What changed"),
    "change_U": ("不变", "unchanged"),
    "change_S": ("拆分", "split"),
    "change_M": ("合并", "merged"),
    "change_X": ("重划", "redrawn"),
    "change_gone": ("撤销", "no more"),
    "change_row": (
        "{note}：{from} → {to} 户，涉及 {moved} 户",
        "{note}: {from} → {to} households, {moved} moved",
    ),
    "measure": ("测距", "Measure"),
    "measure_hint": (
        "点击地图量距离，三点起显示面积；按 Esc 或再按“测距”结束",
        "Click to measure; three points give an area; Esc or Measure ends",
    ),
    "full_screen": ("全屏", "Full screen"),
    "tools": ("工具", "Tools"),
    "layers": ("图层", "Layers"),
    "layers_hint": (
        "勾选后显示；点击条目逐一查看",
        "Tick to show; click an entry to go to it",
    ),
    "card_item": ("图层条目信息", "Facts of the thing clicked"),
    "findings": ("核验结果", "Findings"),
    "finding_withheld": (
        "{code}：涉及的对象不在图上列出，见方案文件的 findings 表",
        "{code}: what it concerns is not named on a map; see the table findings of the plan file",
    ),
    "severity_error": ("错误", "error"),
    "severity_warning": ("警告", "warning"),
    "severity_info": ("说明", "info"),
    "seed": ("随机种子：{seed}", "Seed: {seed}"),
    "basemap_button": ("底图", "Basemap"),
    "basemap": (
        "底图联网读取自 {host}（{datum}）",
        "The basemap is fetched from {host} ({datum})",
    ),
    "basemap_missing": (
        "底图未能从 {host} 读取（{datum}），其余功能不受影响",
        "No basemap from {host} ({datum}); all else works",
    ),
    "deviation": ("偏差", "Deviation"),
    "buildings": ("楼栋", "Buildings"),
    "buildings_value": ("{count} 栋", "{count}"),
    "micro_grids": ("微网格", "Micro-grids"),
    "micro_value": ("{count} 个", "{count}"),
    "earlier": ("调整前", "Before"),
    "earlier_none": ("新设", "new"),
    "no_script": (
        "本页需要启用 JavaScript 才能显示地图。",
        "This page needs JavaScript to draw the map.",
    ),
    "letter_exclave": ("飞", "E"),
}

_CONTROLS = re.compile(
    "[\\x00-\\x1f\\x7f-\\x9f\\u061c\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb]"
    "|[\\ud800-\\udfff]"
)


def page_words() -> dict[str, dict[str, str]]:
    """Return every word of the page by language.

    Examples
    --------
    >>> page_words()["en"]["kind_exclave"], page_words()["zh"]["letter_school"]
    ('exclave grid', '学')
    """
    words = dict(_PAGE)
    for kind in ("general", "dedicated", "exclave"):
        words[f"kind_{kind}"] = (TERMS[kind].zh, TERMS[kind].en)
    for key, letters in CATEGORY_LETTERS.items():
        words[f"category_{key}"] = (CATEGORIES[key].zh, CATEGORIES[key].en)
        words[f"letter_{key}"] = letters
    return {
        language: {key: both[place] for key, both in words.items()}
        for place, language in enumerate(LANGUAGES)
    }


def clean_text(value: object, *, longest: int = LONGEST_TEXT) -> str:
    r"""Return a text that is safe to lay out: one line, no control or direction characters.

    Markup is no concern here (the page shows text as text); this is for characters that turn the
    reading order round, break a line or hide.

    Parameters
    ----------
    value
        Text from a file; None and not-a-number become empty.
    longest
        Characters kept, at least 1.

    Examples
    --------
    >>> clean_text("  锦绣\n社区 ")
    '锦绣 社区'
    >>> clean_text("a\u202eb"), clean_text(None), clean_text("x" * 9, longest=4)
    ('ab', '', 'xxx…')
    """
    if value is None or value != value:  # noqa: PLR0124 - only not-a-number differs from itself
        return ""
    text = re.sub(r"[\t\n\r\x0b\x0c\x85\u2028\u2029]+", " ", str(value))
    text = unicodedata.normalize("NFC", " ".join(_CONTROLS.sub("", text).split()))
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"
