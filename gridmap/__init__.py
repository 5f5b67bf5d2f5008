"""Divide a district into service grids (网格), and ask which grid an address belongs to.

The flow is the layout; each step has one verb::

    sources = gridmap.read_sources("data/boundaries")       # 读入
    findings = gridmap.check_sources(sources)               # 核验
    sources = gridmap.repair_sources(sources)
    units = gridmap.make_units(sources, rules=rules)        # 单元
    territory = gridmap.make_territory(units, sources, rules=rules)  # 邻接
    plan = gridmap.make_plan(territory, rules=rules, seed=7)  # 划分
    plan = gridmap.subdivide_plan(plan)                     # 细分
    card = gridmap.score_plan(plan)                         # 评估
    gridmap.write_map(plan, "map.html")                     # 出图
    release = gridmap.open_release(plan)                    # 查询

Each door loads its room when it is first used, so that ``import gridmap`` stays light.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gridmap.adjacency import make_territory
    from gridmap.checks import check_sources, repair_sources
    from gridmap.datasets import make_district
    from gridmap.estimates import estimate_households
    from gridmap.findings import Finding
    from gridmap.locating import Release, locate_address, locate_point, open_release
    from gridmap.maps import make_map, write_map
    from gridmap.model import Plan, Scorecard, Sources, Territory, Units
    from gridmap.planfiles import read_plan, write_plan
    from gridmap.planning import (
        make_plan,
        partition,
        rebalance_communities,
        replan,
        subdivide_plan,
    )
    from gridmap.reports import write_tables
    from gridmap.rules import Band, Rules
    from gridmap.scoring import score_plan
    from gridmap.sources import read_sources
    from gridmap.units import make_units

_DOORS = {
    "Band": "rules",
    "Finding": "findings",
    "Plan": "model",
    "Release": "locating",
    "Rules": "rules",
    "Scorecard": "model",
    "Sources": "model",
    "Territory": "model",
    "Units": "model",
    "check_sources": "checks",
    "estimate_households": "estimates",
    "locate_address": "locating",
    "locate_point": "locating",
    "make_district": "datasets",
    "make_map": "maps",
    "make_plan": "planning",
    "make_territory": "adjacency",
    "make_units": "units",
    "open_release": "locating",
    "partition": "planning",
    "read_plan": "planfiles",
    "read_sources": "sources",
    "rebalance_communities": "planning",
    "repair_sources": "checks",
    "replan": "planning",
    "score_plan": "scoring",
    "subdivide_plan": "planning",
    "write_map": "maps",
    "write_plan": "planfiles",
    "write_tables": "reports",
}

__all__ = [
    "Band",
    "Finding",
    "Plan",
    "Release",
    "Rules",
    "Scorecard",
    "Sources",
    "Territory",
    "Units",
    "check_sources",
    "estimate_households",
    "locate_address",
    "locate_point",
    "make_district",
    "make_map",
    "make_plan",
    "make_territory",
    "make_units",
    "open_release",
    "partition",
    "read_plan",
    "read_sources",
    "rebalance_communities",
    "repair_sources",
    "replan",
    "score_plan",
    "subdivide_plan",
    "write_map",
    "write_plan",
    "write_tables",
]


def __getattr__(name: str) -> object:
    """Load the room of a door when it is first used."""
    if name not in _DOORS:
        raise AttributeError(f"module 'gridmap' has no attribute {name!r}")
    return getattr(importlib.import_module(f"gridmap.{_DOORS[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
