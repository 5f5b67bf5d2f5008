"""Data that gridmap makes itself: an invented district of any size, with planted defects."""

from gridmap.datasets.defects import DEFECT_KINDS
from gridmap.datasets.district import District, make_district
from gridmap.datasets.files import load_sample, sample_folder, write_district
from gridmap.datasets.truth import Bridge, Defect, Truth

__all__ = [
    "DEFECT_KINDS",
    "Bridge",
    "Defect",
    "District",
    "Truth",
    "load_sample",
    "make_district",
    "sample_folder",
    "write_district",
]
