"""The engine and the plan: units in, grids out (划分)."""

from __future__ import annotations

from gridmap.planning.nesting import subdivide_plan
from gridmap.planning.partitioning import Certificate, OutsideZone, Partition, partition
from gridmap.planning.planner import make_plan

__all__ = ["Certificate", "OutsideZone", "Partition", "make_plan", "partition", "subdivide_plan"]
