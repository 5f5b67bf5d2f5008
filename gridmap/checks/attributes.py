"""Sites, roads and layers that lack what a plan needs to know of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridmap.checks.inspecting import text_column
from gridmap.findings import FindingKind
from gridmap.rules import CATEGORIES
from gridmap.schemas import ROAD_CLASSES, role_of_layer

if TYPE_CHECKING:
    from gridmap.checks.inspecting import Inspection
    from gridmap.model import Sources

CATEGORY = FindingKind(
    "site_category_unknown",
    "warning",
    en="{count} sites have no category that is known; they get no dedicated grid{listed:en}.",
    zh="{count} 个场所没有可识别的类别，不设专属网格{listed:zh}。",
    cure_en="Use school, hospital, government, mall, office, industrial or park in the column "
    "category (类别).",
    cure_zh="请在“类别”列填写学校、医院、机关、商圈、楼宇、园区或公园景区。",
)
OWNER = FindingKind(
    "site_without_owner",
    "warning",
    en="{count} sites name no owner; those whose rule asks for one get no dedicated grid"
    "{listed:en}.",
    zh="{count} 个场所未填写权属单位，规则要求权属的不设专属网格{listed:zh}。",
    cure_en="Fill in the column owner (权属).",
    cure_zh="请填写“权属”列。",
)
ROAD_CLASS = FindingKind(
    "road_without_class",
    "warning",
    en="{count} roads have no class that is known{listed:en}.",
    zh="{count} 条道路没有可识别的等级{listed:zh}。",
    cure_en="Use expressway, arterial, secondary or local in the column class (等级).",
    cure_zh="请在“等级”列填写快速路、主干路、次干路或支路。",
)
NO_COMMUNITIES = FindingKind(
    "communities_missing",
    "error",
    en="There is no community with a usable outline.",
    zh="没有可用的社区边界。",
    cure_en="Name the layer of communities: --layer communities=FILE:LAYER.",
    cure_zh="请指定社区图层：--layer communities=文件:图层。",
)
NO_HOUSEHOLDS = FindingKind(
    "households_missing",
    "error",
    en="There is not one household, and no building to estimate households from.",
    zh="没有任何住户，也没有可用于估算户数的楼栋。",
    cure_en="Add a layer of households, or of buildings: --layer households=FILE:LAYER. "
    "A total (--households-total) needs buildings to be shared out to.",
    cure_zh="请添加住户或楼栋图层：--layer households=文件:图层。"
    "户数总数（--households-total）须有楼栋图层才能分摊。",
)
FINDING_KINDS = (CATEGORY, OWNER, ROAD_CLASS, NO_COMMUNITIES, NO_HOUSEHOLDS)


WITHHELD = frozenset(
    {
        "archive_refused",
        "coordinates_swapped",
        "crs_looks_geographic",
        "crs_looks_projected",
        "crs_missing",
        "datum_missing",
        "easting_zone_contradicted",
        "field_too_long",
        "format_refused",
        "table_without_coordinates",
        "unreadable_file",
    }
)
"""Findings of reading that name, in ``where``, files or layers that are there but were not read."""


def withheld_roles(sources: Sources) -> frozenset[str]:
    """Return the roles of layers that an error kept from being read, ``""`` for any role.

    Nobody should be told that he has no households when their file waits for its datum.
    """
    roles = {item.role for item in sources.inputs if item.role not in sources.layers and item.rows}
    for finding in sources.findings:
        if finding.severity == "error" and finding.code in WITHHELD:
            roles |= {_role_of_place(place, sources) for place in finding.where}
    return frozenset(roles)


def _role_of_place(place: str, sources: Sources) -> str:
    """Return the role of ``file`` or ``file:layer``, ``""`` when nothing tells it."""
    file, _, layer = place.partition(":")
    known = [
        item.role for item in sources.inputs if item.name == file and layer in ("", item.layer)
    ]
    stem = file.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    return next((role for role in (*known, role_of_layer(layer), role_of_layer(stem)) if role), "")


def inspect_layers(table: Inspection, withheld: frozenset[str]) -> None:
    """Say which needed layers are absent or empty, unless reading said so already.

    Parameters
    ----------
    table
        After geometry and identity were inspected.
    withheld
        From `withheld_roles`.
    """
    if table.frame("communities") is None and not withheld & {"", "communities"}:
        table.say(NO_COMMUNITIES.found(count=1))
    counting = table.frame(table.counting) if table.counting else table.frame("buildings")
    absent = counting is None or (table.counting and not counting["households"].sum())
    if absent and not withheld & {"", "households", "buildings"}:
        table.say(NO_HOUSEHOLDS.found(count=1))


def inspect_attributes(table: Inspection) -> None:
    """Say which sites and roads lack a known class, category or owner."""
    for role, column, known, kind in (
        ("sites", "category", CATEGORIES, CATEGORY),
        ("roads", "class", ROAD_CLASSES, ROAD_CLASS),
    ):
        frame = table.frame(role)
        if frame is not None:
            values = np.array(text_column(frame, column), dtype=object)
            table.say_rows(kind, role, ~np.isin(values, np.array(known, dtype=object)))
    sites = table.frame("sites")
    if sites is not None:
        owners = np.array([not text.strip() for text in text_column(sites, "owner")])
        table.say_rows(OWNER, "sites", owners)
