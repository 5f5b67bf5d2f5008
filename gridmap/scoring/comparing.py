"""Two divisions of the same land beside each other: before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridmap.scoring.complaining import check_land, refuse_other_layers, refuse_other_plans
from gridmap.scoring.differences import Comparison, make_comparison
from gridmap.scoring.holdings import find_same_units, follow_households
from gridmap.scoring.judging import judge_plan, judge_zones
from gridmap.scoring.layers import follow_divisions, take_layer
from gridmap.scoring.refining import SLIVER_M, refine_zones

if TYPE_CHECKING:
    import geopandas as gpd

    from gridmap.model import Plan
    from gridmap.rules import Band


def compare_plans(before: Plan, after: Plan, *, band: Band | None = None) -> Comparison:
    """Compare a plan with a later one of the same land.

    Parameters
    ----------
    before, after
        Two plans of one level. The units may differ: households are followed by unit, then by
        building, and only what neither tells is shared by area (a finding says how much).
    band
        Judge general grids by it, in what the plans count; by each plan's own rules unless given.

    Returns
    -------
    Comparison
        As documented there. Zones are identified by the largest overlap, not by their ids.

    Raises
    ------
    RefusedInput
        When the plans are of different levels or datums, or have no land in common.

    Notes
    -----
    Source: FIELD.md section 1, Dadukou [report]: before/after report; section 3: hand-over form
    with an old -> new mapping.

    Examples
    --------
    >>> import gridmap
    >>> from gridmap.testing import draw_territory
    >>> plan = gridmap.make_plan(draw_territory("AAAABBBB", households=100),
    ...                          rules=gridmap.Rules.preset())
    >>> same = compare_plans(plan, plan)
    >>> same.counts["moved"], same.changes["change"].tolist()
    (0, ['U', 'U', 'U', 'U'])
    """
    refuse_other_plans(before, after)
    crs = before.territory.units.metric_crs
    pieces = _refine_plans(before, after)
    said = check_land(pieces, (len(before.grids), len(after.grids)), sliver_m=SLIVER_M)
    overlaps = pieces.groupby(["before_id", "after_id"])["area_m2"].sum().to_dict()
    followed = follow_households(before, after, overlaps=overlaps, crs=crs)
    zones = [judge_plan(plan, band) for plan in (before, after)]
    return make_comparison(
        (zones[0], zones[1]),
        pieces.to_crs(before.territory.units.crs),
        followed.flows,
        kind=(before.about.get("level", "grid"), before.about.get("counted", "households")),
        estimated=followed.estimated,
        said=said,
    )


def compare_divisions(
    before: gpd.GeoDataFrame,
    after: gpd.GeoDataFrame,
    *,
    homes: gpd.GeoDataFrame | None = None,
    band: Band | None = None,
) -> Comparison:
    """Compare two layers of divisions of the same land: communities, townships, anything.

    Parameters
    ----------
    before, after
        Polygons in one metric CRS with ``division_id`` (a column or the index) and, if they have
        it, ``name``; without ``homes`` also ``population`` or ``households``, whole numbers.
    homes
        Points with ``households`` (1 each where there is no such column), counted in both.
        Without them the counts of the layers are shared by area, which a finding says; where only
        one layer has counts, those of the other follow from it.
    band
        The least and most of a division, in what is counted.

    Returns
    -------
    Comparison
        Of level ``division``.

    Raises
    ------
    InvalidOption
        When the layers are not in one metric CRS, ids are missing or twice, or a count is no whole
        number.
    RefusedInput
        When they have no land in common.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> one = gpd.GeoDataFrame({"division_id": ["a", "b"], "population": [4000, 2000]},
    ...                        geometry=[box(0, 0, 900, 900), box(900, 0, 1500, 900)], crs=4547)
    >>> two = one.dissolve().assign(division_id="c", population=6000)
    >>> told = compare_divisions(one, two)
    >>> told.changes["change"].tolist(), told.counts["moved"], told.measures["mean"]
    (['M', 'M', 'M'], 2000, Change(before=3000.0, after=6000.0))
    """
    refuse_other_layers(before, after)
    old, new = take_layer(before), take_layer(after)
    pieces = refine_zones(old.frame.geometry, new.frame.geometry)
    said = check_land(pieces, (len(old.frame), len(new.frame)), sliver_m=SLIVER_M)
    followed = follow_divisions(old, new, pieces, homes)
    sides = []
    for layer, side in ((old, "before_id"), (new, "after_id")):
        totals = followed.flows.groupby(side)["households"].sum()
        frame = layer.frame
        counted = totals.reindex(frame.index, fill_value=0).astype(np.int64)
        zones = pd.DataFrame({"name": frame["name"], "households": counted})
        zones["area_m2"] = frame.geometry.area
        zones["judged"] = True
        sides.append(judge_zones(zones, band if followed.counted else None))
    return make_comparison(
        (sides[0], sides[1]),
        pieces,
        followed.flows,
        kind=("division", followed.counted),
        estimated=followed.estimated,
        said=(*said, *old.findings, *new.findings, *followed.findings),
    )


def _refine_plans(before: Plan, after: Plan) -> gpd.GeoDataFrame:
    """Return the common refinement in the metric CRS: by unit where all are the same land."""
    import geopandas as gpd

    crs = before.territory.units.metric_crs
    same = find_same_units(before, after)
    frame = before.territory.units.frame
    if len(same) < max(len(frame), len(after.territory.units.frame)):
        return refine_zones(before.grids.geometry.to_crs(crs), after.grids.geometry.to_crs(crs))
    keys = pd.DataFrame(
        {
            "before_id": before.assignment.reindex(same).to_numpy(object),
            "after_id": after.assignment.reindex(same).to_numpy(object),
        },
        index=same,
    ).fillna("")
    # Joined before it is projected: units tile in degrees, projected lines can cross.
    land = gpd.GeoDataFrame(keys, geometry=frame.geometry.reindex(same))
    joined = land.dissolve(by=["before_id", "after_id"], sort=True).to_crs(crs).reset_index()
    return joined.assign(area_m2=joined.geometry.area, sliver=False)
