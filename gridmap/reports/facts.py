"""What the sheets tell of grids: one row a grid, gathered once, so that all sheets agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from gridmap.boundaries.bound_words import word_four_bounds
from gridmap.reports.about import is_estimated
from gridmap.reports.cleaning import clean_text
from gridmap.reports.columns import Column

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gridmap.model import Plan, Scorecard
    from gridmap.rosters import Duty

BETWEEN_NAMES = "、"


def gather_facts(plan: Plan, card: Scorecard) -> pd.DataFrame:
    """Return one row a grid with everything that any sheet tells of it.

    Parameters
    ----------
    plan, card
        The plan and its measures.
    """
    units = plan.territory.units
    names = units.communities[["name", "township"]]
    grids = pd.DataFrame(plan.grids.drop(columns="geometry"))
    members = units.members[units.members["building_id"] != ""]
    grid_of_member = members["unit_id"].map(plan.assignment)
    buildings = members.groupby(grid_of_member.to_numpy())["building_id"].nunique()
    placed = units.frame[units.frame["compound_id"] != ""]
    grid_of_unit = plan.assignment.reindex(placed.index)
    compounds = placed.groupby(grid_of_unit.to_numpy())["compound_id"].nunique()
    host = grids["host_id"].map(names["name"]).fillna(grids["host_id"])
    # cleaned here: what a name loses is counted in the column of names, not again beside its grid
    bounds = word_four_bounds(plan)["zh"].map(lambda text: clean_text(text)[0]).add_suffix("_bound")
    return grids.assign(
        community=grids["community_id"].map(names["name"]).fillna(""),
        township=grids["community_id"].map(names["township"]).fillna(""),
        host=host,
        buildings=buildings.reindex(grids.index, fill_value=0),
        compounds=compounds.reindex(grids.index, fill_value=0),
        polsby_popper=card.by_grid["polsby_popper"],
        **{str(side): bounds[side] for side in bounds},
        micro_grids=_count_below(plan).reindex(grids.index, fill_value=0),
        is_general=grids["kind"] == "general",
    )


def _count_below(plan: Plan) -> pd.Series:
    """Return grid_id -> number of its micro-grids; empty where none are drawn."""
    if plan.micro_grids is None:
        return pd.Series(dtype="int64")
    counts: pd.Series = plan.micro_grids["grid_id"].value_counts()
    return counts


def list_people(duty: Duty | None, role: str, keys: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Return the names of those who serve any of some zones in a role; none without a roster.

    Parameters
    ----------
    duty
        As of `gridmap.rosters.match_roster`.
    role
        One of `gridmap.rosters.ROLES`.
    keys
        (level, id) of the zones.
    """
    if duty is None:
        return ()
    names = (name for level, zone in keys for name in duty.people_of(zone, role, level=level))
    return tuple(dict.fromkeys(clean_text(name)[0] for name in names))


def household_column(plan: Plan) -> Column:
    """Return the column of households, marked where they are estimates."""
    if plan.about.get("counted") == "persons":
        return Column("人数", "Persons", "number")
    if is_estimated(plan):
        return Column("户数（估算）", "Households (estimated)", "number")
    return Column("户数", "Households", "number")


def list_records(frame: pd.DataFrame) -> Sequence[tuple[str, Mapping[str, Any]]]:
    """Return (index, row) for each row of a frame."""
    rows: list[Mapping[str, Any]] = [
        {str(key): value for key, value in row.items()} for row in frame.to_dict("records")
    ]
    return [(str(key), row) for key, row in zip(frame.index, rows, strict=True)]
