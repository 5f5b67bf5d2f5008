"""Who is who in two divisions of the same land: planner and judge share it, so that both agree.

identities  which zone of before a zone of after is, by the largest overlap
codes       what became of a zone: unchanged, split, merged, redrawn (U, S, M, X)
"""

from gridmap.lineage.codes import Group, code_change, group_zones
from gridmap.lineage.identities import match_zones

__all__ = ["Group", "code_change", "group_zones", "match_zones"]
