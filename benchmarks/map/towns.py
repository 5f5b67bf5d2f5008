"""A part of the district: as many communities as fill an atlas of 66 pages."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gridmap.model import Plan

FRONT_PAGES = 3
"""Cover, index sheet and list, as the atlas has them at this size."""
PAGES = 66


def take_towns(plan: Plan, *, pages: int = PAGES) -> Plan:
    """Return the first communities whose own pages and those of their grids fill an atlas."""
    sizes = plan.grids.groupby("community_id").size().sort_index()
    kept = sizes.index[(sizes + 1).cumsum() <= pages - FRONT_PAGES]
    units = plan.territory.units
    frame = units.frame[units.frame["community_id"].isin(kept)]
    borders = plan.territory.borders
    inside = borders["unit_a"].isin(frame.index) & borders["unit_b"].isin(frame.index)
    grids = plan.grids[plan.grids["community_id"].isin(kept)]
    grids = grids.assign(host_id=grids["host_id"].where(grids["host_id"].isin(kept), ""))
    assignment = plan.assignment.reindex(frame.index)
    assignment = assignment[assignment.isin(grids.index)]
    frame = frame.reindex(assignment.index)
    whole = dataclasses.replace(
        units,
        frame=frame,
        communities=units.communities.loc[kept],
        buildings=units.buildings[units.buildings["unit_id"].isin(frame.index)],
        members=units.members[units.members["unit_id"].isin(frame.index)],
    )
    territory = dataclasses.replace(plan.territory, units=whole, borders=borders[inside])
    return dataclasses.replace(plan, grids=grids, territory=territory, assignment=assignment)
