"""A layer of divisions beside a plan: today's communities, and those that were drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from gridmap.rules import Band
from gridmap.scoring.complaining import COMPARE_COUNTS_DIFFER, LEVEL_NAMES, check_land
from gridmap.scoring.differences import COUNTED, Comparison, make_comparison
from gridmap.scoring.flows import spread_counts, sum_flows
from gridmap.scoring.judging import judge_plan, judge_zones
from gridmap.scoring.layers import COUNTS, Layer, take_layer
from gridmap.scoring.refining import SLIVER_M, refine_zones

if TYPE_CHECKING:
    import geopandas as gpd

    from gridmap.findings import Finding
    from gridmap.model import Plan

LEAST_SHARE = 1e-3
"""A unit that lies in a division by less than this share of its land does not lie in it: two
drawings of one line (gridmap's own default)."""


def compare_layer(
    layer: gpd.GeoDataFrame,
    plan: Plan,
    *,
    plan_is: Literal["before", "after"] = "after",
    band: Band | None = None,
) -> Comparison:
    """Compare a layer of communities, or of grids, with a plan of the same level.

    Parameters
    ----------
    layer
        Polygons with ``division_id`` (a column or the index) and, if they have it, ``name``; any
        CRS.
    plan
        Its units are counted in both: a unit that lies in several divisions of the layer is shared
        by area, which a finding says.
    plan_is
        Which of the two is the later one.
    band
        Judge by it; unless given, the plan by its own rules, and a layer of communities by the
        rule for communities of the plan. A layer of grids is not judged without a band.

    Returns
    -------
    Comparison
        Of the plan's level, in what the plan counts.

    Raises
    ------
    InvalidOption
        When the layer has no CRS, or ids are missing or given twice, or a count is no whole number.
    RefusedInput
        When they have no land in common.

    Notes
    -----
    Source: issue 4 point 8; FIELD.md section 1, Dadukou [report]: 66 -> 54 communities.

    Examples
    --------
    >>> import gridmap
    >>> from gridmap.testing import draw_territory
    >>> toy = draw_territory("aabbcc", households=1000, communities="112233")
    >>> plan = gridmap.rebalance_communities(toy, rules=gridmap.Rules.preset(), number=2)
    >>> told = compare_layer(toy.units.communities, plan)
    >>> told.changes["change"].tolist(), told.counts["moved"]
    (['M', 'M', 'U', 'M', 'U'], 5240)
    """
    units = plan.territory.units
    crs = units.metric_crs
    known = take_layer(layer.to_crs(crs))
    zones = plan.grids.geometry.to_crs(crs)
    is_after = plan_is == "after"
    sides = (known.frame.geometry, zones) if is_after else (zones, known.frame.geometry)
    pieces = refine_zones(*sides)
    said = [*check_land(pieces, (len(sides[0]), len(sides[1])), sliver_m=SLIVER_M)]
    placed, estimated = _place_units(plan, known)
    names = plan.assignment.reindex(placed["unit_id"]).astype(str).to_numpy(object)
    ends = (placed["division_id"].to_numpy(object), names)
    ends = ends if is_after else ends[::-1]
    flows = sum_flows(zip(*ends, placed["households"].tolist(), strict=True))
    level = plan.about.get("level", "grid")
    counted = plan.about.get("counted", "households")
    held = placed.groupby("division_id")["households"].sum()
    mine = _judge_layer(known, held, plan, band)
    ours = judge_plan(plan, band)
    return make_comparison(
        (mine, ours) if is_after else (ours, mine),
        pieces.to_crs(units.crs),
        flows,
        kind=(level, counted),
        estimated=estimated,
        said=(*said, *known.findings, *_say_counts(known, held, level, counted)),
    )


def _place_units(plan: Plan, layer: Layer) -> tuple[pd.DataFrame, int]:
    """Return ``unit_id``, ``division_id``, ``households`` of all, and how many are an estimate."""
    units = plan.territory.units
    frame = units.frame[units.frame["households"] > 0]
    shapes = frame.geometry.to_crs(units.metric_crs)
    cut = refine_zones(shapes, layer.frame.geometry)
    cut = cut[cut["before_id"] != ""].drop(columns="geometry")
    land = cut.groupby(["before_id", "after_id"], as_index=False)["area_m2"].sum()
    whole = land.groupby("before_id")["area_m2"].transform("sum")
    rows = land[land["area_m2"] >= LEAST_SHARE * whole].reset_index(drop=True)
    counts = {str(unit): int(n) for unit, n in frame["households"].items()}
    placed = pd.DataFrame(
        {
            "unit_id": rows["before_id"].astype(object),
            "division_id": rows["after_id"].astype(object),
            "households": spread_counts(counts, rows, "before_id"),
        }
    )
    shared = rows["before_id"].duplicated(keep=False)
    return placed, int(placed.loc[shared, "households"].sum())


def _judge_layer(layer: Layer, held: pd.Series[int], plan: Plan, band: Band | None) -> pd.DataFrame:
    """Return the divisions of a layer by id: name, households of the plan there, land, in band."""
    frame = layer.frame
    zones = pd.DataFrame(
        {
            "name": frame["name"],
            "households": held.reindex(frame.index, fill_value=0).astype(np.int64),
            "area_m2": frame.geometry.area,
            "judged": True,
        }
    )
    if band is None and plan.about.get("level") == "community":
        rule = plan.rules.communities
        band = Band(rule.lower, rule.upper)
    return judge_zones(zones, band)


def _say_counts(layer: Layer, held: pd.Series[int], level: str, counted: str) -> list[Finding]:
    """Say where the layer has other numbers of its own than the plan counts on that land."""
    column = next((name for name, what in COUNTS if what == counted), "")
    own = pd.Series(layer.counts.get(column, {}), dtype=np.int64)
    there = held.reindex(own.index, fill_value=0)
    other = own.index[(own != there).to_numpy(bool)]
    if not len(other):
        return []
    (en, zh), (name, name_zh) = COUNTED[counted], LEVEL_NAMES[level]
    return [
        COMPARE_COUNTS_DIFFER.found(
            sorted(other),
            zones=name,
            zones_zh=name_zh,
            counted=en,
            counted_zh=zh,
            own=f"{int(own.sum()):,}",
            there=f"{int(there.sum()):,}",
        )
    ]
