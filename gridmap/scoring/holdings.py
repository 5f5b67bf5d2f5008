"""Which households of two plans are the same: by unit, by building, else by land."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely

from gridmap.scoring.flows import match_holdings, share_by_area, sum_flows
from gridmap.scoring.refining import refine_zones

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from pyproj import CRS

    from gridmap.model import Plan

SAME_LAND_DEGREES = 1e-9
"""Corners closer than this are the same, in degrees: a tenth of a millimetre."""
HALF = 0.5
"""Share of the buildings' households that two plans must know under the same ids for a building
that only one knows to be new or gone (gridmap's own default: a majority)."""


class Followed(NamedTuple):
    """Flows of households between two plans, and how many of them are an estimate by area."""

    flows: pd.DataFrame
    estimated: int


def find_same_units(before: Plan, after: Plan) -> pd.Index[str]:
    """Return the units that have the same id and the same land in both plans.

    Examples
    --------
    >>> import gridmap
    >>> from gridmap.testing import draw_territory
    >>> plan = gridmap.make_plan(draw_territory("AB", households=200), rules=gridmap.Rules.preset())
    >>> find_same_units(plan, plan).tolist()
    ['r00c00', 'r00c01']
    """
    old, new = before.territory.units.frame, after.territory.units.frame
    both = old.index.intersection(new.index).sort_values()
    one = old.geometry.reindex(both).to_numpy()
    two = new.geometry.reindex(both).to_numpy()
    same: pd.Index[str] = both[shapely.equals_exact(one, two, tolerance=SAME_LAND_DEGREES)]
    return same


def follow_households(
    before: Plan, after: Plan, *, overlaps: Mapping[tuple[str, str], float], crs: CRS
) -> Followed:
    """Return how many households went from each grid of one plan to each of another.

    Parameters
    ----------
    before, after
        Two plans that count the same thing.
    overlaps
        (grid before, grid after) -> land in common, m2.
    crs
        A metric CRS, to share by area in.

    Notes
    -----
    A unit with the same id, land and count is followed as such; other households by the id of
    their building or household; those of units without such members by the unit, where its land is
    the same. What is left on both sides is shared by the area that its units have in common.
    Where less than half of the buildings' households are known to both plans, their ids are not of
    one scheme, and they too are shared by area.
    """
    same = find_same_units(before, after)
    counts = [plan.territory.units.frame["households"].reindex(same) for plan in (before, after)]
    equal = same[(counts[0] == counts[1]).to_numpy(bool)]
    held = [
        _list_holdings(plan, side, same, equal) for side, plan in (("old", before), ("new", after))
    ]
    common = set(held[0]["key"]) & set(held[1]["key"])
    strange = _are_strange(held, common)
    loose = [~h["key"].isin(common) & (strange | ~h["key"].str.startswith("m:")) for h in held]
    matched = match_holdings(
        *(h[~apart] for h, apart in zip(held, loose, strict=True)), overlaps=overlaps
    )
    rest = [h[apart] for h, apart in zip(held, loose, strict=True)]
    shared = _share_units((before, after), rest, crs)
    estimated = sum(n for old, new, n in shared if old and new)
    rows = [(str(o), str(n), int(k)) for o, n, k in matched.itertuples(index=False)]
    return Followed(sum_flows([*rows, *shared]), estimated)


def _are_strange(held: list[pd.DataFrame], common: set[str]) -> bool:
    """Tell whether less than half of what no unit connects is known under one id to both plans."""
    apart = [h[~(h["key"].str.startswith("u:") & h["key"].isin(common))] for h in held]
    total = [int(h["households"].sum()) for h in apart]
    known = [int(h.loc[h["key"].isin(common), "households"].sum()) for h in apart]
    return min(known) < HALF * min(total)


def _list_holdings(
    plan: Plan, side: str, same: pd.Index[str], equal: pd.Index[str]
) -> pd.DataFrame:
    """Return ``key``, ``zone``, ``unit_id``, ``households`` of all there is in a plan."""
    units = plan.territory.units
    members = units.members
    total = units.frame["households"]
    summed = members.groupby("unit_id")["households"].sum().reindex(total.index, fill_value=0)
    whole = total.index[(summed != total).to_numpy(bool) | total.index.isin(equal)]
    other = members[~members["unit_id"].isin(whole)]
    building, household = other["building_id"], other["household_id"]
    keys = np.where(building != "", "m:b:" + building, "m:h:" + household)
    ours = np.where(whole.isin(same), "u:" + whole, f"{side}:" + whole)
    listed = pd.DataFrame(
        {
            "key": np.concatenate([keys.astype(object), ours.astype(object)]),
            "unit_id": np.concatenate([other["unit_id"].to_numpy(object), whole.to_numpy(object)]),
            "households": np.concatenate(
                [other["households"].to_numpy(np.int64), total.loc[whole].to_numpy(np.int64)]
            ),
        }
    )
    zone = listed["unit_id"].map(plan.assignment).fillna("")
    return listed.assign(zone=zone)[(listed["households"] > 0) & (zone != "")]


def _share_units(
    plans: tuple[Plan, Plan], rest: list[pd.DataFrame], crs: CRS
) -> list[tuple[str, str, int]]:
    """Share households of units that nothing else connects by the land they have in common."""
    counts, shapes = [], []
    for plan, holdings in zip(plans, rest, strict=True):
        by_unit = holdings.groupby("unit_id")["households"].sum()
        frame: gpd.GeoDataFrame = plan.territory.units.frame
        counts.append({str(unit): int(n) for unit, n in by_unit.items()})
        shapes.append(frame.geometry.loc[by_unit.index].to_crs(crs))
    pieces = refine_zones(shapes[0], shapes[1])
    areas = [{str(unit): float(a) for unit, a in s.area.items()} for s in shapes]
    shared = share_by_area(
        counts[0], counts[1], pd.DataFrame(pieces[~pieces["sliver"]]), areas=(areas[0], areas[1])
    )
    old, new = (plan.assignment for plan in plans)
    return [(str(old[a]) if a else "", str(new[b]) if b else "", n) for a, b, n in shared]
