"""What is wrong with what was read, all at once; and what can be mended, mended and said."""

from __future__ import annotations

from gridmap.checks import (
    attributes,
    buildings,
    counts,
    coverage,
    elsewhere,
    geometry,
    households,
    identity,
    parts,
)
from gridmap.checks.counts import count_households
from gridmap.checks.repairs import check_sources, repair_sources

FINDING_KINDS = (
    *attributes.FINDING_KINDS,
    *geometry.FINDING_KINDS,
    *identity.FINDING_KINDS,
    *counts.FINDING_KINDS,
    *coverage.FINDING_KINDS,
    *elsewhere.FINDING_KINDS,
    *parts.FINDING_KINDS,
    *buildings.FINDING_KINDS,
    *households.FINDING_KINDS,
)

__all__ = ["FINDING_KINDS", "check_sources", "count_households", "repair_sources"]
