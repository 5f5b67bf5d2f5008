"""Which grid is this in: a point, an address, or a table of them.

releases     a plan made ready to be asked
conversion   declared datums to stored degrees
points       a point -> placement
addressing   an address -> placement
tables       a csv of questions -> a csv of answers
levels       the micro-grids and link units of a plan, by place and by land
zones        a placement -> its micro-grid and link unit, or those that are possible
divisions    what the plan knows of province, city, district, township
naming       the standard address of what was found
placements   the answer and its JSON form; faults, its words
wording      the answer as a sentence
"""

from gridmap.locating.addressing import locate_address
from gridmap.locating.placements import Placement, placement_as_dict
from gridmap.locating.points import locate_point
from gridmap.locating.releases import Release, open_release
from gridmap.locating.tables import locate_table
from gridmap.locating.wording import describe_placement

__all__ = [
    "Placement",
    "Release",
    "describe_placement",
    "locate_address",
    "locate_point",
    "locate_table",
    "open_release",
    "placement_as_dict",
]
