"""The zones of one side of a comparison: what each counts, and whether it is inside its band."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gridmap.scoring.cards import judge_grids

if TYPE_CHECKING:
    from gridmap.model import Plan
    from gridmap.rules import Band


def judge_plan(plan: Plan, band: Band | None) -> pd.DataFrame:
    """Return the grids of a plan by id: name, households counted again, land, in band or not.

    Parameters
    ----------
    plan
        Grids or communities.
    band
        Judge general grids by it; by the plan's own rules when None.

    Examples
    --------
    >>> import gridmap
    >>> from gridmap.testing import draw_territory
    >>> plan = gridmap.make_plan(draw_territory("A", households=400), rules=gridmap.Rules.preset())
    >>> judge_plan(plan, None)["in_band"].tolist()
    ['yes']
    """
    judged = judge_grids(plan)
    zones = pd.DataFrame(
        {
            "name": plan.grids["name"],
            "households": judged["households"],
            "area_m2": plan.grids.geometry.to_crs(plan.territory.units.metric_crs).area,
            "judged": judged["kind"] == "general",
            "in_band": judged["in_band"].map({True: "yes", False: "no"}),
        }
    ).sort_index()
    return zones if band is None else judge_zones(zones, band)


def judge_zones(zones: pd.DataFrame, band: Band | None) -> pd.DataFrame:
    """Return zones with ``in_band`` by a band; nothing is judged without one.

    Examples
    --------
    >>> from gridmap.rules import Band
    >>> judge_zones(pd.DataFrame({"households": [2, 4]}), Band(3, 5))["in_band"].tolist()
    ['no', 'yes']
    """
    if band is None:
        return zones.assign(in_band="")
    inside = zones["households"].between(band.lower, band.upper)
    return zones.assign(in_band=inside.map({True: "yes", False: "no"}))
