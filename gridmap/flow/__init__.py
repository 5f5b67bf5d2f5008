"""From files to a plan, in one call.

    reading     files in, a planning problem out
    planning    the main job
    overlaying  several departments' files, one merged plan

The command line, the demo, the notebook and the benchmark all come through these doors, so that a
plan made by any of them is the same plan.
"""

from gridmap.flow.overlaying import cover_departments, overlay_files
from gridmap.flow.planning import ReachWish, plan_files
from gridmap.flow.reading import (
    ReadOptions,
    list_findings,
    prepare_territory,
    read_input,
    read_with_stations,
)

__all__ = [
    "ReachWish",
    "ReadOptions",
    "cover_departments",
    "list_findings",
    "overlay_files",
    "plan_files",
    "prepare_territory",
    "read_input",
    "read_with_stations",
]
