"""Buildings that are given as points: their households count, their outlines are not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridmap.findings import FindingKind
from gridmap.schemas import ROLES, match_columns
from gridmap.sources.recognising import Recognised, canonical_role

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gridmap.findings import Finding
    from gridmap.sources.layers import LayerInfo

POINT_BUILDINGS = FindingKind(
    "buildings_as_points",
    "warning",
    en="The buildings of {places} are points: their outlines are not known. Their households are "
    "counted at the points, by building id; floors and entrances are not used.",
    zh="{places} 的楼栋为点位，没有轮廓：户数按楼栋号在点位上计入，层数、单元数不起作用。",
    cure_en="Give the outlines of the buildings as polygons, where they exist.",
    cure_zh="如有楼栋轮廓，请提供面图层。",
)
POINTS_LEFT_OUT = FindingKind(
    "point_buildings_left_out",
    "warning",
    en="The buildings of {places} are points, and households are given by other layers: the points "
    "were left out, so that nobody is counted twice.",
    zh="{places} 的楼栋为点位，而户数已由其他图层提供：为免重复计数，未读取该图层。",
    cure_en="Give the outlines of the buildings, or leave out one of the layers.",
    cure_zh="请提供楼栋轮廓，或去掉其中一个图层。",
)
POINTS_UNCOUNTED = FindingKind(
    "point_buildings_uncounted",
    "error",
    en="The buildings of {places} are points without a column of households: there is neither a "
    "count nor an outline to estimate one from.",
    zh="{places} 的楼栋为点位且没有户数列：既无户数，也无轮廓可供估算。",
    cure_en="Give a column households (户数), say which it is (--column "
    "buildings.households=HEADER), or give outlines. If each row is one household: "
    "--layer households={place}",
    cure_zh="请提供“户数”列，或指定该列（--column buildings.households=表头），或提供楼栋轮廓。"
    "若每行为一户：--layer households={place}",
)
FINDING_KINDS = (POINT_BUILDINGS, POINTS_LEFT_OUT, POINTS_UNCOUNTED)


def settle_point_buildings(
    recognised: Sequence[Recognised], columns: Mapping[str, str]
) -> tuple[list[Recognised], list[Finding]]:
    """Read buildings that are points as households, each row with its building's number of them.

    Parameters
    ----------
    recognised
        Layers with their roles.
    columns
        ``role.column`` -> header, as the planner says.

    Returns
    -------
    tuple
        The same layers in the same order, and what there is to say. Points are left out where
        another layer gives the households: rows of households, or buildings with outlines.
    """
    points = [item for item in recognised if item.role == "buildings" and _is_point(item.info)]
    others = [
        item
        for item in recognised
        if item not in points
        and (item.role == "households" or (item.role == "buildings" and _counts(item, columns)))
    ]
    settled, findings = [], []
    for item in recognised:
        place = item.info.place
        role = item.role
        if item in points and others:
            role = ""
            findings.append(POINTS_LEFT_OUT.found([place]))
        elif item in points and not _counts(item, columns):
            role = ""
            findings.append(POINTS_UNCOUNTED.found([place], place=place))
        elif item in points:
            role = "households"
            findings.append(POINT_BUILDINGS.found([place]))
        settled.append(Recognised(item.info, role))
    return settled, findings


def _is_point(info: LayerInfo) -> bool:
    """Tell whether a layer's rows stand at points: by its geometry, or as a table."""
    return info.shape == "point" or info.file.form.family in ("table", "sheet")


def _counts(item: Recognised, columns: Mapping[str, str]) -> bool:
    """Tell whether a layer of buildings has a column of households."""
    return "households" in _match(item.info, columns)


def _match(info: LayerInfo, columns: Mapping[str, str]) -> dict[str, str]:
    """Return canonical name -> header of a layer of buildings, as told and as matched."""
    told = {}
    for key, header in columns.items():
        role, _, name = key.partition(".")
        if canonical_role(role) == "buildings":
            told[name] = header
    cut = info.file.form.name == "Shapefile"
    return match_columns("buildings", list(info.headers), cut=cut, loose=True) | told


def tell_as_households(info: LayerInfo, columns: Mapping[str, str]) -> dict[str, str]:
    """Return the option ``columns`` by which a layer of buildings is read as households.

    Parameters
    ----------
    info
        A layer that `settle_point_buildings` made households.
    columns
        ``role.column`` -> header, as the planner says.

    Returns
    -------
    dict
        The same for the role ``households``: building id, households, address, residents,
        workload and coordinates, as far as the layer has them.
    """
    known = {column.name for column in ROLES["households"].columns} | {"lon", "lat"}
    return {
        f"households.{name}": header
        for name, header in _match(info, columns).items()
        if name in known
    }
