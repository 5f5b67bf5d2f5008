"""The glossary: every word of the field, in English and Chinese, as data.

English in code, Chinese in labels. Three false friends: ``township`` is 街道 or 镇 (a road is a
``road``, never a street); ``district`` is 区 or 县 (the thing that is drawn is a ``grid``);
``unit`` is the planning atom (a building's 单元 is an ``entrance``).
"""

from __future__ import annotations

from typing import NamedTuple


class Term(NamedTuple):
    """A word of the field: its key in code, both languages, and what it means."""

    key: str
    en: str
    zh: str
    meaning: str


def _terms(*rows: tuple[str, str, str, str]) -> dict[str, Term]:
    return {row[0]: Term(*row) for row in rows}


TERMS = _terms(
    ("district", "district", "区县", "a county-level division; never the thing drawn"),
    ("township", "township", "街道/镇", "a division of a district"),
    ("community", "community", "社区/村", "a division of a township; grids are drawn inside it"),
    ("grid", "grid", "网格", "the land served by one grid worker"),
    ("general", "general grid", "综合网格", "a grid of 300-500 households, also 主网格, 基础网格"),
    ("dedicated", "dedicated grid", "专属网格", "one large site with a clear owner as a grid"),
    ("exclave", "exclave grid", "飞地网格", "a plot run apart from its community's other land"),
    ("enclave", "enclave", "被围地", "land wholly surrounded by one neighbour"),
    ("division", "division", "区划", "land with one administration, of any level"),
    ("detached_part", "detached part", "飞地", "a part of a division apart from its main part"),
    ("enclosed_part", "enclosed part", "被围飞地", "a detached part wholly inside one neighbour"),
    ("neck", "neck", "窄颈", "a narrow strip by which land hangs on its division"),
    ("interleaved", "interleaved land", "插花地", "land of two divisions that interlocks"),
    ("four_bounds", "four bounds", "四至", "what bounds a grid to the east, south, west and north"),
    (
        "landmark",
        "landmark",
        "地物",
        "a road, river, railway, wall or compound that borders follow",
    ),
    ("micro_grid", "micro-grid", "微网格", "at most 100 households inside a grid"),
    ("link_unit", "link unit", "联户单元", "about 30 households inside a micro-grid"),
    ("unit", "planning unit", "划分单元", "the smallest piece of land that is not cut"),
    ("compound", "compound", "小区", "housing inside one boundary line"),
    ("compound_boundary", "compound boundary", "小区红线", "the line around a compound"),
    ("building", "building", "楼栋", "one house or block"),
    ("entrance", "entrance", "单元", "one staircase of a building"),
    ("household", "household", "户", "registered or resident: the input says which"),
    ("natural_village", "natural village", "自然村", "a settlement in the countryside"),
    ("villager_group", "villager group", "村民小组", "a part of a village"),
    (
        "site",
        "site",
        "专属场所",
        "a school, hospital, office, mall, park, plant or office of state",
    ),
    ("barrier", "barrier", "分隔要素", "a river, railway or wall that people do not cross"),
    ("road", "road", "道路", "a road; its side decides odd or even house numbers"),
    ("band", "household band", "户数区间", "the least and most households of a grid"),
    ("deviation", "deviation", "偏差", "distance from the target as a share of it"),
    ("plan", "plan", "方案", "a division of a territory into grids"),
    ("draft", "draft", "草案", "a plan that is not published"),
    ("release", "release", "发布版", "a published plan"),
    ("edit", "edit", "调整", "a change that a planner makes"),
    ("inverse_edit", "inverse edit", "逆向调整", "the edit that gives back what an edit changed"),
    ("proposal", "proposal", "建议", "what could be done about one place: options, ranked"),
    ("exchange", "exchange", "置换", "land given for land of about the same households or area"),
    ("lock", "lock", "锁定", "a grid or unit that must not change"),
    ("owner", "owner", "归属社区", "the community that an exclave belongs to"),
    ("host", "host", "所在社区", "the community that surrounds an exclave"),
    ("grid_head", "grid head", "网格长", "who answers for a grid"),
    ("grid_worker", "grid worker", "网格员", "who serves a grid"),
    ("grid_instructor", "grid instructor", "网格指导员", "who guides grid workers"),
    ("micro_grid_worker", "micro-grid worker", "微网格员", "who serves a micro-grid"),
    ("building_head", "building head", "楼栋长", "who answers for a building"),
    ("area_head", "area head", "片区长", "who answers for several buildings"),
    ("link_head", "link head", "联户长", "who answers for a link unit"),
    ("roster", "roster", "花名册", "who serves which grid, in which role, from when to when"),
    ("duty_table", "duty table", "责任表", "by role: who answers for which grids"),
    (
        "registration",
        "registration table",
        "登记表",
        "the grids of a plan, and which they were before",
    ),
    ("service_circle", "service circle", "15分钟服务圈", "what can be walked to in 15 minutes"),
    ("placement", "placement", "归属结果", "the answer to: which grid is this in"),
    ("adjacency", "adjacency", "邻接", "two units share a border of positive length"),
    ("contiguity", "contiguity", "连片", "a grid is in one piece"),
    ("compactness", "compactness", "紧凑度", "how near a shape is to a circle"),
    ("polsby_popper", "Polsby-Popper", "波波比", "4 pi area / perimeter squared; a circle has 1"),
    ("cut_edges", "cut edges", "割边", "borders between units of different grids"),
)

CATEGORIES = _terms(
    ("school", "school", "学校", "teaching of any level"),
    ("hospital", "hospital", "医院", "medical care"),
    ("government", "government office", "机关", "Party and government offices"),
    ("mall", "mall or market", "商圈", "business districts and markets"),
    ("office", "office building", "楼宇", "office buildings"),
    ("industrial", "industrial park", "园区", "industrial parks"),
    ("park", "park or scenic spot", "公园景区", "parks and scenic spots"),
)

AREA_TYPES = _terms(
    ("urban", "urban", "城镇", "statistical urban-rural class 1xx"),
    ("rural", "rural", "乡村", "statistical urban-rural class 2xx"),
)

AGE_CLASSES = _terms(
    ("mature", "mature compound", "成熟小区", "settled for years, with a manager"),
    ("new", "new compound", "新建小区", "recently handed over"),
    ("old", "old compound", "老旧小区", "old housing, often without a manager"),
)

REASONS = _terms(
    (
        "too_few_households",
        "The connected land here holds only {total} households; a grid needs {lower}.",
        "该连片区域仅有{total}户，不足网格下限{lower}户。",
        "the whole connected piece is smaller than one grid",
    ),
    (
        "building_too_large",
        "One undivided unit here holds {largest} households; a grid holds at most {upper}.",
        "单个不可拆分单元有{largest}户，超过网格上限{upper}户。",
        "a building whose entrances are unknown, above the upper bound",
    ),
    (
        "total_impossible",
        (
            "{total} connected households can't be shared by grids of {lower}-{upper}; the nearest "
            "totals that can are {below} and {above}."
        ),
        "连片{total}户无法划分为{lower}-{upper}户的网格；最接近的可行总数为{below}户和{above}户。",
        "arithmetic of FIELD.md section 2",
    ),
    (
        "units_do_not_fit",
        (
            "The {total} connected households here lie in whole compounds and buildings that can't "
            "be joined to grids of {lower}-{upper} without cutting one; this is proved."
        ),
        "此处连片{total}户分属不可拆分的小区和楼栋，经验证无法组合成{lower}-{upper}户的网格。",
        "proved by trying every way to join the units",
    ),
    (
        "number_impossible",
        "{total} connected households can't be shared by the number of grids asked for.",
        "连片{total}户无法划分为所要求的网格数。",
        "the number of grids was given, and arithmetic of FIELD.md section 2 rules it out",
    ),
    (
        "load_impossible",
        (
            "The residents or workload of the connected land here can't be shared by grids of "
            "{lower}-{upper} inside their limits; this is proved by adding up."
        ),
        "此处连片区域的常住人口或工作量，按{lower}-{upper}的网格无法满足限额，经合计验证。",
        "a limit on residents or workload beside the band of households, FIELD.md section 2",
    ),
    (
        "locked",
        "The grid is locked as drawn.",
        "该网格已锁定，未作调整。",
        "the planner's lock",
    ),
    (
        "not_reached",
        "The search found no division here with every grid inside {lower}-{upper}.",
        "搜索未找到使此处各网格均在{lower}-{upper}户内的方案。",
        "not proved impossible; a longer search may find it",
    ),
    (
        "load_not_reached",
        "The search found no division here with residents or workload inside their limits.",
        "未找到使常住人口或工作量均符合限额的划分方案。",
        "not a proof; a longer search or another seed may find one",
    ),
    (
        "zone_kept",
        (
            "It was kept because its surroundings did not change; with {total} households of today "
            "it is outside {lower}-{upper}."
        ),
        "所在范围未变动，沿用原划分；现有{total}户，不在{lower}-{upper}户区间内。",
        "of a micro-grid or link unit that a replan left alone",
    ),
)

STEPS = _terms(
    ("read", "reading", "读入", "files to sources"),
    ("check", "checking", "核验", "sources to findings"),
    ("analyse", "analysing boundaries", "边界分析", "sources to what their outlines are like"),
    ("propose", "working out proposals", "拟定建议", "analysis to what could be done"),
    ("units", "drawing units", "划分单元", "land to units"),
    ("adjacency", "finding neighbours", "邻接", "units to territory"),
    ("plan", "planning", "划分", "territory to plan"),
    ("prove", "proving", "证明", "plan to what is proved of it"),
    ("levels", "drawing the levels below", "细分", "plan to micro-grids and link units"),
    ("score", "scoring", "评估", "plan to scorecard"),
    ("write", "writing", "写出", "plan to files"),
    ("map", "drawing the map", "出图", "plan to html"),
    ("tables", "writing tables", "制表", "plan to xlsx"),
    ("locate", "locating", "查询", "points and addresses to grids"),
)
