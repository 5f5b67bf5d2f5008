"""The engine and the plan: units in, grids out (划分)."""

from __future__ import annotations

from gridmap.planning.partitioning import Certificate, OutsideZone, Partition, partition

__all__ = ["Certificate", "OutsideZone", "Partition", "partition"]
