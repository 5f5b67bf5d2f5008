"""The rules of a plan as data: how many households a grid may hold, and what is dedicated.

A level of the hierarchy, or a city's regulation, is a `Rules` value and never code. Presets are
TOML files in ``gridmap/presets``; a planner's own file overrides one key by key::

    preset = "dadukou"
    [[bands]]
    lower = 280
    upper = 480
    source = "District notice 2026-12"
"""

from gridmap.rules.bands import (
    AGE_CLASSES,
    AREA_TYPES,
    CATEGORIES,
    Band,
    BandRule,
    DedicatedRule,
)
from gridmap.rules.levels import CommunityRule, LevelRule
from gridmap.rules.lifting import rules_of_communities
from gridmap.rules.ruleset import Rules
from gridmap.rules.weights import SimilarityRule, WorkloadRule

__all__ = [
    "AGE_CLASSES",
    "AREA_TYPES",
    "CATEGORIES",
    "Band",
    "BandRule",
    "CommunityRule",
    "DedicatedRule",
    "LevelRule",
    "Rules",
    "SimilarityRule",
    "WorkloadRule",
    "rules_of_communities",
]
