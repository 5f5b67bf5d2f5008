"""Boundary analysis: what is wrong, or merely awkward, with the outlines of divisions."""

from __future__ import annotations

from gridmap.boundaries import divisions
from gridmap.boundaries.analysing import Analysis, add_reach, analyse, analysis_as_dict
from gridmap.boundaries.analysis_files import write_analysis
from gridmap.boundaries.thresholds import Thresholds

FINDING_KINDS = divisions.FINDING_KINDS

__all__ = [
    "FINDING_KINDS",
    "Analysis",
    "Thresholds",
    "add_reach",
    "analyse",
    "analysis_as_dict",
    "write_analysis",
]
