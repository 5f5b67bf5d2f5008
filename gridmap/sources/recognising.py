"""Which role each layer has: told by the planner, by its name, or by its columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gridmap.errors import UnknownName
from gridmap.findings import Finding, FindingKind
from gridmap.schemas import ROLES, fold_name, match_columns, role_of_layer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gridmap.sources.layers import LayerInfo

FINE_TO_COARSE = (
    "households",
    "doors",
    "buildings",
    "sites",
    "compounds",
    "grids",
    "communities",
    "roads",
    "barriers",
)
"""Order in which columns are asked for a layer's role: a layer carries its own id and the ids of
what it lies in, so the finest role that fits is its own."""

_WEAK_WORDS = (
    "id fid osm_id code name label type kind class category address building unit units number "
    "代码 编码 编号 名称 类别 类型 分类 种类 等级 级别 单元 门牌 门牌号 门牌地址 号 地址"
)
WEAK_HEADERS = frozenset(map(fold_name, _WEAK_WORDS.split()))
"""Headers found in layers of every kind: they tell no role."""

LAYER_RECOGNISED = FindingKind(
    "layer_recognised",
    "info",
    en="The layer {places} was taken for {role}, by {why}.",
    zh="图层 {places} 按{why_zh}识别为{role_zh}。",
    cure_en="If that is wrong, say what it is: --layer ROLE={place}",
    cure_zh="若识别有误，请指定：--layer 角色={place}",
)
LAYER_UNKNOWN = FindingKind(
    "layer_unknown",
    "warning",
    en="{count} layer(s) were not read, for nothing says what they are: {details}.",
    zh="有 {count} 个图层无法判断用途，未读取：{details}。",
    cure_en="Say what each is: --layer ROLE=FILE:LAYER, with ROLE one of {roles}.",
    cure_zh="请指定用途：--layer 角色=文件:图层，角色为 {roles} 之一。",
)
POLYGONS_UNKNOWN = FindingKind(
    "polygon_layer_unknown",
    "warning",
    en="{count} polygon layer(s) were not read, for nothing says what they are: {details}.",
    zh="有 {count} 个面图层无法判断用途，未读取：{details}。",
    cure_en="If one holds the communities: --layer communities={place}",
    cure_zh="若其中有社区边界：--layer communities={place}",
)
TABLE_UNKNOWN = FindingKind(
    "table_unknown",
    "info",
    en="{count} table(s) without coordinates were not read: {places}.",
    zh="有 {count} 个表格没有坐标，未读取：{places}。",
    cure_en="Nothing to do, unless one holds points: name its columns lon and lat (经度, 纬度).",
    cure_zh="一般无须处理；若其中有点位数据，请将坐标列命名为经度、纬度。",
)
FINDING_KINDS = (TABLE_UNKNOWN, LAYER_RECOGNISED, LAYER_UNKNOWN, POLYGONS_UNKNOWN)


@dataclass(frozen=True, slots=True)
class Recognised:
    """A layer and the role it is read as (``""`` when that is not known)."""

    info: LayerInfo
    role: str


def recognise_layers(
    infos: Sequence[LayerInfo],
    *,
    layers: Mapping[str, str | Sequence[str]] | None = None,
    forgiving: bool = False,
) -> tuple[list[Recognised], list[Finding]]:
    """Give each layer its role.

    Parameters
    ----------
    infos
        Every layer found.
    layers
        Role -> ``file``, ``file:layer`` or ``layer`` (or several), as the planner says; a layer
        named here has this role only.
    forgiving
        Whether a name that no layer has is passed over, because a file could not be read.

    Returns
    -------
    tuple
        Layers in the order given; and findings on those recognised by more than their plain name,
        and on those not recognised.

    Raises
    ------
    UnknownName
        When a role or a layer named in ``layers`` does not exist.
    """
    told = _told(infos, layers or {}, forgiving=forgiving)
    recognised: list[Recognised] = []
    findings: list[Finding] = []
    for place, info in enumerate(infos):
        if place in told:
            recognised.append(Recognised(info, told[place]))
            continue
        role, why, why_zh = _guess(info)
        recognised.append(Recognised(info, role))
        if why:
            findings.append(
                LAYER_RECOGNISED.found(
                    [info.place],
                    role=role,
                    role_zh=ROLES[role].zh,
                    why=why,
                    why_zh=why_zh,
                    place=info.place,
                )
            )
    findings += _say_unknown([item.info for item in recognised if not item.role])
    return recognised, findings


def _told(
    infos: Sequence[LayerInfo],
    layers: Mapping[str, str | Sequence[str]],
    *,
    forgiving: bool,
) -> dict[int, str]:
    told: dict[int, str] = {}
    for role, given in layers.items():
        name = canonical_role(role)
        for wanted in [given] if isinstance(given, str) else list(given):
            places = [place for place, info in enumerate(infos) if names_layer(wanted, info)]
            if not places and not forgiving:
                known = ", ".join(info.place for info in infos[:20]) or "none"
                raise UnknownName(
                    f"There is no layer {wanted!r}; layers found: {known}.",
                    f"没有名为 {wanted!r} 的图层；现有图层：{known}。",
                    cure_en=f"--layer {name}=FILE:LAYER with a name from this list",
                    cure_zh=f"--layer {name}=文件:图层，名称取自上述列表",
                )
            told |= dict.fromkeys(places, name)
    return told


def canonical_role(name: str) -> str:
    """Return the canonical name of a role given in English or Chinese.

    Raises
    ------
    UnknownName
        When there is no such role.

    Examples
    --------
    >>> canonical_role("社区"), canonical_role("households")
    ('communities', 'households')
    """
    role = name if name in ROLES else role_of_layer(name)
    if not role:
        known = ", ".join(ROLES)
        raise UnknownName(
            f"There is no role {name!r}; roles: {known}.",
            f"没有名为 {name!r} 的角色；可用：{known}。",
            cure_en="--layer communities=FILE:LAYER",
            cure_zh="--layer communities=文件:图层",
        )
    return role


def names_layer(wanted: str, info: LayerInfo) -> bool:
    """Tell whether an option's text names this layer; folders in it do not matter."""
    text = wanted.replace("\\", "/").strip().casefold()
    return text in info.keys or text.rsplit("/", 1)[-1] in info.keys


def _guess(info: LayerInfo) -> tuple[str, str, str]:
    """Return a layer's role, and why in both languages when it is not by its plain name."""
    for name in dict.fromkeys((info.layer, info.file.path.stem)):
        role = role_of_layer(name)
        if role and _has_shape(info, role):
            return role, "", ""
    for name in dict.fromkeys((info.layer, info.file.path.stem)):
        role = role_in_name(name)
        if role and _has_shape(info, role):
            return role, f"a part of its name {name!r}", f"名称 {name!r} 的一部分"
    for role in FINE_TO_COARSE:
        header = _telling_header(role, info)
        if header and _has_shape(info, role):
            return role, f"its column {header!r}", f"字段 {header!r} "
    return "", "", ""


def role_in_name(name: str) -> str:
    """Return the role that one word of a longer name means, or ``""``.

    The last word counts first; a Chinese name is taken by its longest known ending.

    Examples
    --------
    >>> role_in_name("beijing_townships"), role_in_name("锦绣街道社区边界"), role_in_name("abc")
    ('communities', 'communities', '')
    """
    words = name.replace("-", "_").replace(" ", "_").replace(".", "_").split("_")
    for word in reversed(words[1:] if len(words) > 1 else []):
        if len(word) > 2 or not word.isascii():
            role = role_of_layer(word)
            if role:
                return role
    for start in range(1, len(name) - 1):
        ending = name[start:]
        if not ending.isascii() and not ending.endswith(("街道", "乡镇", "村", "路")):
            role = role_of_layer(ending)
            if role:
                return role
    return ""


def _has_shape(info: LayerInfo, role: str) -> bool:
    """Tell whether a layer's geometry fits; households may lack it, to be listed one by one."""
    if info.file.form.family != "vector":
        return True
    return info.shape in ("", *ROLES[role].shapes) or (info.shape, role) == ("none", "households")


def _telling_header(role: str, info: LayerInfo) -> str:
    matched = match_columns(role, list(info.headers))
    for name in ROLES[role].telling:
        column = ROLES[role].column(name)
        header = (
            matched.get(name, "")
            if column is not None
            else next((h for h in info.headers if fold_name(h) == fold_name(name)), "")
        )
        if header and fold_name(header) not in WEAK_HEADERS:
            return header
    return ""


def _say_unknown(infos: Sequence[LayerInfo]) -> list[Finding]:
    findings = []
    tables = [info.place for info in infos if info.shape == "none"]
    if tables:
        findings.append(TABLE_UNKNOWN.found(tables))
    polygons = [info for info in infos if info.shape == "polygon"]
    others = [info for info in infos if info.shape not in ("polygon", "none")]
    for kind, some in ((POLYGONS_UNKNOWN, polygons), (LAYER_UNKNOWN, others)):
        if some:
            shown = [f"{info.place} ({', '.join(info.headers[:8])})" for info in some[:5]]
            details = "; ".join(shown)
            more = "; ..." if len(some) > 5 else ""
            findings.append(
                kind.found(
                    [info.place for info in some],
                    details=details + more,
                    roles=", ".join(ROLES),
                    place=some[0].place,
                )
            )
    return findings
