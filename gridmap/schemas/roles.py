"""What a layer may be, what its columns are called, and every name they go by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gridmap.schemas.words import fold_name

Kind = Literal["id", "text", "number"]
Shape = Literal["polygon", "line", "point"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a role.

    Attributes
    ----------
    name
        Canonical name.
    kind
        ``id`` and ``text`` are strings, ``""`` where absent, and are in every frame; a ``number``
        is int64 where every row has one, else float64 with NaN, and is in a frame only when the
        input has the column (``households`` of households is always there).
    aliases
        Other headers, in the order of preference.
    domain
        Key of `VALUES`, for a column of words from a list.
    """

    name: str
    kind: Kind
    aliases: tuple[str, ...] = ()
    domain: str = ""

    @property
    def zh(self) -> str:
        """Return the Chinese word for it: its first alias that is not Latin."""
        return next((alias for alias in self.aliases if not alias.isascii()), self.name)


@dataclass(frozen=True, slots=True)
class Role:
    """What a layer is for.

    Attributes
    ----------
    name, zh
        Canonical name, and the Chinese word for it.
    shapes
        The geometry it may have.
    columns
        In the order they have in a frame; the first is the id.
    aliases
        Layer names and file stems that mean this role.
    telling
        Canonical names of columns that tell this role by themselves when the layer's name does
        not: a polygon layer with floors is one of buildings.
    letter
        First letter of a minted id.
    """

    name: str
    zh: str
    shapes: tuple[Shape, ...]
    columns: tuple[Column, ...]
    aliases: tuple[str, ...]
    telling: tuple[str, ...] = ()
    letter: str = ""

    @property
    def id_column(self) -> str:
        """Return the canonical name of the id column."""
        return self.columns[0].name

    def column(self, name: str) -> Column | None:
        """Return the column of this canonical name, or None."""
        return next((column for column in self.columns if column.name == name), None)


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_LOADS = (
    Column(
        "residents",
        "number",
        _names("常住人口 常住人口数 人口 人口数 人数 居住人数 实有人口 population persons"),
    ),
    Column("workload", "number", _names("工作量 工作量分值 工作量积分 work_points")),
)
"""What else a place may count, beside its households."""

_ROLES = (
    Role(
        "communities",
        "社区",
        ("polygon",),
        (
            Column(
                "community_id",
                "id",
                _names(
                    "社区代码 社区编码 社区编号 社区ID 村代码 村居代码 村社区代码 行政区划代码 "
                    "区划代码 "
                    "统计用区划代码 统计代码 community_code comm_id communityid sqdm code 代码 "
                    "编码"
                ),
            ),
            Column(
                "name",
                "text",
                _names(
                    "名称 社区名称 社区 社区名 村名 村 村居 村居名称 村社区 行政村 乡 乡镇 "
                    "community "
                    "community_name MC SQMC label"
                ),
            ),
            Column(
                "township",
                "text",
                _names(
                    "街道 镇街 街镇 乡镇街道 街道名称 所属街道 乡镇名称 乡镇 街道办 "
                    "街道办事处 jdmc "
                    "subdistrict"
                ),
            ),
            Column("district", "text", _names("区县 县区 区 县 县级 区县名称 county qxmc")),
            Column(
                "area_type",
                "text",
                _names("城乡 城乡分类 城乡分类代码 城乡类型 城乡属性 urban_rural cxfl"),
                "area_type",
            ),
            Column("households", "number", _names("户数 总户数 住户数 household_count hh hs")),
            _LOADS[0],
        ),
        _names(
            "communities community 社区 社区边界 社区界 社区界线 社区范围 村 村居 村社区 社区村 "
            "行政村 "
            "村界 村居边界 townships township 乡镇 乡镇街道 街道 municipalities sq sqbj"
        ),
        ("community_id", "乡", "社区", "社区名称", "社区名", "行政村"),
        "C",
    ),
    Role(
        "households",
        "住户",
        ("point",),
        (
            Column(
                "household_id",
                "id",
                _names(
                    "户号 户编号 户ID 户编码 住户编号 住户ID 家庭编号 户籍号 hh_id householdid hid"
                ),
            ),
            Column(
                "address",
                "text",
                _names(
                    "地址 住址 详细地址 标准地址 家庭住址 居住地址 门牌地址 addr full_address dz"
                ),
            ),
            Column(
                "building_id",
                "id",
                _names("楼栋号 楼栋编号 楼栋ID 楼栋代码 楼栋编码 建筑编号 bldg_id buildingid"),
            ),
            Column("households", "number", _names("户数 住户数 household_count hh count hs")),
            *_LOADS,
        ),
        _names(
            "households household 住户 住户点 户 户点 家庭 家庭点 人口 居民户 住户分布 住户信息 "
            "zhuhu dwellings"
        ),
        ("household_id",),
        "H",
    ),
    Role(
        "buildings",
        "楼栋",
        ("polygon",),
        (
            Column(
                "building_id",
                "id",
                _names(
                    "楼栋号 楼栋编号 楼栋ID 楼栋代码 楼栋编码 建筑编号 建筑ID 建筑物编号 bldg_id "
                    "buildingid osm_id LDBH"
                ),
            ),
            Column("compound_id", "id", _names("小区编号 小区ID 小区代码 小区编码 所属小区编号")),
            Column("name", "text", _names("楼栋名 楼栋名称 名称 建筑名称 楼名 building_name")),
            Column(
                "floors",
                "number",
                _names(
                    "层数 楼层 楼层数 总层数 地上层数 建筑层数 floor floor_count levels "
                    "building:levels num_floors storeys stories CS"
                ),
            ),
            Column("entrances", "number", _names("单元数 单元 梯数 entrance_count units")),
            Column(
                "households",
                "number",
                _names("户数 住户数 总户数 套数 household_count hh flats building:flats hs"),
            ),
            *_LOADS,
            Column("address", "text", _names("地址 门牌 门牌号 详细地址 标准地址 门楼牌 addr dz")),
            Column("use", "text", _names("用途 建筑用途 使用性质 房屋用途 building usage"), "use"),
        ),
        _names(
            "buildings building 楼栋 楼 楼幢 建筑 建筑物 房屋 房屋建筑 建筑轮廓 楼栋面 建筑面 "
            "bldg bldgs footprints fw"
        ),
        ("building_id", "floors", "entrances"),
        "B",
    ),
    Role(
        "compounds",
        "小区",
        ("polygon",),
        (
            Column(
                "compound_id",
                "id",
                _names("小区编号 小区ID 小区代码 小区编码 小区号 compoundid estate_id"),
            ),
            Column(
                "name", "text", _names("小区名称 小区名 小区 名称 院落名称 自然村名称 compound")
            ),
            Column(
                "age_class",
                "text",
                _names("成熟度 小区类型 小区分类 新旧 小区年代 年代类别 age"),
                "age_class",
            ),
            Column("address", "text", _names("地址 小区地址 详细地址 addr dz")),
            Column("kind", "text", _names("类别 种类 类型 type"), "compound_kind"),
        ),
        _names(
            "compounds compound 小区 住宅小区 居住小区 小区边界 小区红线 小区范围 院落 estates "
            "自然村 村民小组 villages 庭院"
        ),
        ("compound_id", "age_class", "小区名称", "小区名"),
        "P",
    ),
    Role(
        "sites",
        "场所",
        ("polygon", "point"),
        (
            Column(
                "site_id",
                "id",
                _names("场所编号 场所ID 场所代码 场所编码 单位编号 siteid"),
            ),
            Column("name", "text", _names("名称 场所名称 场所名 单位名称 场所 单位 site")),
            Column(
                "category",
                "text",
                _names("类别 场所类别 场所类型 类型 分类 行业 种类 type kind"),
                "category",
            ),
            Column(
                "owner",
                "text",
                _names(
                    "权属 所属单位 所属部门 权属单位 产权单位 主管单位 管理单位 责任单位 "
                    "归属单位 业主单位 operator"
                ),
            ),
            Column("address", "text", _names("地址 详细地址 addr dz")),
        ),
        _names("sites site 场所 专属场所 单位 重点场所 独立场所 poi 企事业单位 places"),
        ("site_id", "category"),
        "S",
    ),
    Role(
        "roads",
        "道路",
        ("line",),
        (
            Column("road_id", "id", _names("道路编号 路段编号 道路代码 道路ID roadid osm_id")),
            Column("name", "text", _names("路名 道路名称 道路名 名称 街路名 road_name road")),
            Column(
                "class",
                "text",
                _names("等级 道路等级 级别 类别 类型 highway fclass road_class type dldj"),
                "road_class",
            ),
            Column("bridge", "text", _names("桥 桥梁 是否桥梁 is_bridge"), "yes_no"),
        ),
        _names(
            "roads road 道路 道路中心线 路网 路 道路网 道路线 streets street 公路 highways dl edges"
        ),
        ("class",),
        "R",
    ),
    Role(
        "barriers",
        "分隔",
        ("line", "polygon"),
        (
            Column("barrier_id", "id", _names("编号 要素编号 barrierid osm_id")),
            Column("name", "text", _names("名称 河名 河流名称 线路名称")),
            Column("kind", "text", _names("类别 种类 类型 type class fclass"), "barrier_kind"),
        ),
        _names(
            "barriers barrier 分隔 分隔要素 障碍 河流 水系 水域 河道 铁路 围墙 rivers river water "
            "waterways railways railway rails walls wall"
        ),
        (),
        "X",
    ),
    Role(
        "grids",
        "现状网格",
        ("polygon",),
        (
            Column(
                "grid_id",
                "id",
                _names("网格编号 网格ID 网格代码 网格编码 网格号 gridid wgbh wgdm"),
            ),
            Column("name", "text", _names("网格名称 网格名 名称 网格 grid_name wgmc grid")),
            Column("kind", "text", _names("类别 网格类型 网格类别 种类 类型 type"), "grid_kind"),
            Column("community_id", "id", _names("社区代码 社区编码 社区编号 所属社区代码")),
        ),
        _names("grids grid 网格 现状网格 网格边界 现有网格 wg 网格面 原网格"),
        ("grid_id", "网格名称"),
        "G",
    ),
    Role(
        "doors",
        "门牌",
        ("point",),
        (
            Column("door_id", "id", _names("门牌编号 门牌ID doorid osm_id")),
            Column("address", "text", _names("地址 门牌地址 门牌 标准地址 详细地址 门址 addr dz")),
            Column("road", "text", _names("路名 道路名称 街路巷 addr:street street")),
            Column("number", "text", _names("门牌号 号码 号 addr:housenumber housenumber")),
        ),
        _names(
            "doors door 门牌 门牌号 门牌点 门楼牌 门址 addresses address 地址点 housenumbers mp"
        ),
        ("number",),
        "D",
    ),
    Role(
        "stations",
        "服务站",
        ("point", "polygon"),
        (
            Column(
                "station_id",
                "id",
                _names("站点编号 站点ID 站点代码 站点编码 服务站编号 服务站代码 站号 stationid"),
            ),
            Column(
                "name", "text", _names("名称 站名 站点名称 服务站名称 站点 服务站 station_name")
            ),
        ),
        _names(
            "stations station 服务站 服务站点 站点 社区服务站 社区服务中心 便民服务站 "
            "便民服务中心 党群服务中心 党群服务站 service_stations"
        ),
        ("station_id", "站点编号", "服务站编号"),
        "T",
    ),
)

ROLES: dict[str, Role] = {role.name: role for role in _ROLES}
"""Every role by its name, in the order of DESIGN.md section 3; ``doors`` 门牌 (points of house
numbers) is an addition for the address search, ``stations`` 服务站 one for walking reach."""

NEEDED_ROLES = ("communities",)
LON_NAMES = _names("lon 经度 lng longitude long 东经 x 坐标x x坐标 横坐标 lon_wgs84 gcj_lon bd_lon")
LAT_NAMES = _names("lat 纬度 lat latitude lat 北纬 y 坐标y y坐标 纵坐标 lat_wgs84 gcj_lat bd_lat")
"""Headers of the two columns that place a row of a CSV or XLSX table."""

_LAYER_NAMES = {
    fold_name(alias): role.name for role in _ROLES for alias in (*role.aliases, role.zh)
}
_LAYER_KINDS = {
    fold_name(alias): kind
    for kind, text in {
        "river": "河流 水系 水域 河道 rivers river water waterways",
        "railway": "铁路 railways railway rails",
        "wall": "围墙 walls wall",
        "natural_village": "自然村 villages",
        "villager_group": "村民小组",
    }.items()
    for alias in text.split()
}


def role_of_layer(name: str) -> str:
    """Return the role that a layer name or file stem means, or ``""``.

    Digits at the end and a leading or trailing year do not matter (``buildings_2024``, ``楼栋1``).

    Examples
    --------
    >>> role_of_layer("社区边界"), role_of_layer("Buildings_2024"), role_of_layer("layer7")
    ('communities', 'buildings', '')
    """
    folded = fold_name(name)
    return _LAYER_NAMES.get(folded) or _LAYER_NAMES.get(folded.strip("0123456789年"), "")


def kind_of_layer(name: str) -> str:
    """Return the ``kind`` that a layer name gives to all its rows, or ``""``.

    Examples
    --------
    >>> kind_of_layer("铁路"), kind_of_layer("自然村"), kind_of_layer("barriers")
    ('railway', 'natural_village', '')
    """
    folded = fold_name(name)
    return _LAYER_KINDS.get(folded) or _LAYER_KINDS.get(folded.strip("0123456789年"), "")


CUT_HEADER_BYTES = 8
"""A Shapefile cuts headers at 10 bytes; without a half character at most 2 fewer are left."""


OWNING_WORDS = ("所属", "所在", "归属")
NAMING_WORDS = ("名称", "名")


def plain_header(header: str) -> str:
    """Return a header without the words that only say 'of' and 'name'.

    Examples
    --------
    >>> plain_header("所属街道名称"), plain_header("所在楼栋编号"), plain_header("名称")
    ('街道', '楼栋编号', '名称')
    """
    folded = fold_name(header)
    for word in OWNING_WORDS:
        if len(folded) > len(word):
            folded = folded.removeprefix(word)
    for word in NAMING_WORDS:
        if len(folded) > len(word):
            folded = folded.removesuffix(word)
    return folded


def match_columns(
    role: str, headers: list[str], *, cut: bool = False, loose: bool = False
) -> dict[str, str]:
    """Match the headers of a layer to the canonical columns of its role.

    The canonical name wins over an alias, an earlier alias over a later one; a header is used
    once.

    Parameters
    ----------
    role
        Key of `ROLES`.
    headers
        As they stand in the file.
    cut
        Whether headers may be cut, as in a Shapefile (``community_`` for ``community_id``).
    loose
        Whether a header may differ from a name by `plain_header` (``所属街道名称``), when no other
        header fits. Not for telling a role: ``所属社区代码`` stands in every layer.

    Returns
    -------
    dict
        Canonical name -> header, in the order of the role's columns.

    Examples
    --------
    >>> match_columns("communities", ["省", "市", "县", "乡"])
    {'name': '乡', 'district': '县'}
    >>> match_columns("buildings", ["building_i", "Floor"], cut=True)
    {'building_id': 'building_i', 'floors': 'Floor'}
    >>> match_columns("communities", ["所属社区名称", "所属街道名称"], loose=True)
    {'name': '所属社区名称', 'township': '所属街道名称'}
    """
    folded = {fold_name(header): header for header in reversed(headers)}
    long = [header for header in headers if cut and len(header.encode()) >= CUT_HEADER_BYTES]
    found: dict[str, str] = {}
    for canonical in (True, False):
        for whole in (True, False):
            for column in ROLES[role].columns:
                if column.name not in found:
                    names = (column.name,) if canonical else column.aliases
                    known = (
                        (folded[name] for name in map(fold_name, names) if name in folded)
                        if whole
                        else (h for name in names for h in long if is_cut_of(h, name))
                    )
                    header = next((item for item in known if item not in found.values()), None)
                    if header is not None:
                        found[column.name] = header
    if loose:
        _match_plain(role, headers, found)
    return {c.name: found[c.name] for c in ROLES[role].columns if c.name in found}


def _match_plain(role: str, headers: list[str], found: dict[str, str]) -> None:
    """Match the headers that are left by their plain form."""
    free = [header for header in headers if header not in found.values()]
    plain = {plain_header(header): header for header in reversed(free)}
    for column in ROLES[role].columns:
        if column.name not in found:
            names = (fold_name(name) for name in (column.name, *column.aliases))
            header = next((plain[name] for name in names if name in plain), None)
            if header is not None:
                found[column.name] = header
                plain = {name: item for name, item in plain.items() if item != header}


def is_cut_of(header: str, name: str) -> bool:
    """Tell whether a header is the beginning of a longer name.

    Examples
    --------
    >>> is_cut_of("COMMUNITY_", "community_id"), is_cut_of("name", "name")
    (True, False)
    """
    short = header.casefold()
    return len(short) < len(name) and name.casefold().startswith(short)
