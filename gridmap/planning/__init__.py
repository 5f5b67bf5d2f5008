"""The engine and the plan: units in, grids out (划分)."""

from __future__ import annotations

from gridmap.planning.areas import make_area_territory, merge_units
from gridmap.planning.communities import adopt_communities
from gridmap.planning.departments import Merger, merge_departments
from gridmap.planning.nesting import subdivide_plan
from gridmap.planning.partitioning import Certificate, OutsideZone, Partition, partition
from gridmap.planning.planner import make_plan
from gridmap.planning.rebalancing import rebalance_areas, rebalance_communities
from gridmap.planning.replanning import hash_assignment, replan
from gridmap.planning.serving import Service, measure_service

__all__ = [
    "Certificate",
    "Merger",
    "OutsideZone",
    "Partition",
    "Service",
    "adopt_communities",
    "hash_assignment",
    "make_area_territory",
    "make_plan",
    "measure_service",
    "merge_departments",
    "merge_units",
    "partition",
    "rebalance_areas",
    "rebalance_communities",
    "replan",
    "subdivide_plan",
]
