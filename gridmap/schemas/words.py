"""Values that come from a list of words, and everything else they are called.

A value that no table knows is kept as it is and said in a finding; it is never guessed.
"""

from __future__ import annotations

import unicodedata

from gridmap.rules import AGE_CLASSES, AREA_TYPES, CATEGORIES

ROAD_CLASSES = ("expressway", "arterial", "secondary", "local")
"""快速路, 主干路, 次干路, 支路: the four classes of urban roads of GB 50220 and CJJ 37, from the
highest to the lowest."""
BARRIER_KINDS = ("river", "railway", "wall")
COMPOUND_KINDS = ("compound", "natural_village", "villager_group")


def fold_name(text: object) -> str:
    """Fold a name for comparison: width, case, blanks, underscores, hyphens and brackets.

    Examples
    --------
    >>> fold_name(" Ｃommunity_ID "), fold_name("社区 代码"), fold_name("户数（户）")
    ('communityid', '社区代码', '户数户')
    """
    folded = unicodedata.normalize("NFKC", str(text)).casefold()
    return "".join(c for c in folded if not c.isspace() and c not in "_-()[]（）.·\ufeff\0")


def _table(**words: str) -> dict[str, str]:
    return {
        fold_name(alias): value for value, text in words.items() for alias in (value, *text.split())
    }


VALUES: dict[str, dict[str, str]] = {
    "road_class": _table(
        expressway=(
            "快速路 高速 高速公路 城市快速路 高速路 motorway trunk motorway_link trunk_link freeway"
        ),
        arterial=(
            "主干路 主干道 主路 干路 干道 城市主干路 国道 省道 一级公路 primary "
            "primary_link main main_road major"
        ),
        secondary=(
            "次干路 次干道 次路 城市次干路 县道 二级公路 secondary_link tertiary "
            "tertiary_link collector minor"
        ),
        local=(
            "支路 支道 街巷 巷 巷道 里弄 小路 内部道路 乡道 村道 城市支路 三级公路 四级公路 "
            "residential unclassified living_street service road pedestrian lane street"
        ),
    ),
    "category": _table(
        school=(
            "学校 中小学 小学 中学 初中 高中 大学 高校 学院 幼儿园 教育 院校 university college "
            "kindergarten education"
        ),
        hospital="医院 医疗 卫生院 医疗机构 社区卫生服务中心 诊所 clinic medical health",
        government=(
            "机关 党政机关 政府 党政机关单位 机关单位 行政机关 政府机关 机关事业单位 townhall"
        ),
        mall=(
            "商圈 市场 商场 商业 购物中心 商贸 集贸市场 专业市场 商超 农贸市场 商圈市场 "
            "commercial "
            "market shopping retail"
        ),
        office="楼宇 写字楼 办公楼 商务楼宇 商务楼 商务写字楼 office_building offices",
        industrial="园区 工业园 工业园区 产业园 产业园区 工厂 厂区 工业 industry factory",
        park="公园景区 公园 景区 景点 风景区 旅游景区 scenic scenic_spot garden",
    ),
    "age_class": _table(
        mature="成熟 成熟小区 成熟型 熟",
        new="新建 新建小区 新 新小区 新交付 新建型",
        old="老旧 老旧小区 旧 老 老小区 旧小区 老旧型",
    ),
    "area_type": _table(
        urban="城镇 城市 城区 城 市区 镇区 111 112 121 122 123 100 110 120 town city",
        rural="乡村 农村 乡 村 村庄 210 220 200 village country",
    ),
    "barrier_kind": _table(
        river="河流 河 河道 水系 水域 水 江 湖 湖泊 渠 运河 水库 water waterway stream canal lake "
        "riverbank reservoir drain",
        railway="铁路 铁道 轨道 高铁 轨道交通 rail train 地铁 light_rail",
        wall="墙 围墙 城墙 隔离墙 围栏 栅栏 fence city_wall retaining_wall",
    ),
    "compound_kind": _table(
        compound="小区 住宅小区 院落 商品房 单位院 estate residential",
        natural_village="自然村 村落 自然屯 自然湾 屯 hamlet village",
        villager_group="村民小组 小组 组 生产队 村组 group",
    ),
    "grid_kind": _table(
        general="综合 综合网格 主网格 基础网格 普通 一般网格 普通网格 基础 主 main common",
        dedicated="专属 专属网格 专属 special",
        exclave="飞地 飞地网格",
    ),
    "yes_no": _table(yes="是 有 y true t 1 viaduct 桥 bridge", no="否 无 n false f 0"),
    "use": _table(
        residential=(
            "住宅 居住 居民楼 住房 民房 民居 公寓 宿舍 商住 商住楼 yes house apartments detached "
            "terrace semidetached_house bungalow dormitory farm cabin hut chalet static_caravan "
            "houseboat"
        ),
        other=(
            "非住宅 商业 办公 工业 公共 仓储 厂房 车库 garage garages shed industrial "
            "commercial retail "
            "office school hospital barn stable roof warehouse church chapel public greenhouse "
            "greenhouse_horticulture glasshouse train_station station museum cathedral "
            "farm_auxiliary "
            "no hotel carport kiosk university college kindergarten government civic temple "
            "mosque "
            "service transformer_tower parking construction ruins"
        ),
    ),
}
"""Domain -> folded alias -> canonical word. The codes 111 112 121 122 123 210 220 are the
statistical urban-rural classes: FIELD.md section 3 [standard]."""

DOMAIN_WORDS: dict[str, tuple[str, ...]] = {
    "road_class": ROAD_CLASSES,
    "category": CATEGORIES,
    "age_class": AGE_CLASSES,
    "area_type": AREA_TYPES,
    "barrier_kind": BARRIER_KINDS,
    "compound_kind": COMPOUND_KINDS,
    "grid_kind": ("general", "dedicated", "exclave"),
    "yes_no": ("yes", "no"),
    "use": ("residential", "other"),
}


def value_label(domain: str, word: str) -> str:
    """Return the Chinese word for a canonical value, or the value itself.

    Examples
    --------
    >>> value_label("category", "school"), value_label("compound_kind", "natural_village")
    ('学校', '自然村')
    """
    aliases = (alias for alias, value in VALUES[domain].items() if value == word)
    return next((alias for alias in aliases if not alias.isascii()), word)


def canonical_value(domain: str, text: object) -> str:
    """Return the canonical word for a value, or ``""`` when it is not known.

    Parameters
    ----------
    domain
        Key of `VALUES`.
    text
        The value as it stands in the file; ``111.0`` counts as ``111``.

    Examples
    --------
    >>> canonical_value("road_class", "主干路"), canonical_value("road_class", "Residential")
    ('arterial', 'local')
    >>> canonical_value("area_type", 220.0), canonical_value("category", "剧院")
    ('rural', '')
    """
    if isinstance(text, float) and text.is_integer():
        text = int(text)
    folded = fold_name(str(text).removesuffix(".0"))
    return VALUES[domain].get(folded, "")
