"""The levels below the grids, judged from the members and the geometry of their zones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from gridmap.proving.fitting import Effort
from gridmap.scoring.atoms import STEPS_A_ZONE, count_unavoidable_zones, know_buildings
from gridmap.scoring.level_measures import LEVELS
from gridmap.scoring.shapes import count_pieces

if TYPE_CHECKING:
    import geopandas as gpd

    from gridmap.model import Plan
    from gridmap.rules import LevelRule, Rules

AREA_TOLERANCE = 1e-9
"""Largest gap, overlap or land outside, as a share of the area: the grids' contract."""


@dataclass(frozen=True)
class _Layer:
    """One level as it is judged.

    Attributes
    ----------
    prefix
        First part of its keys.
    frame
        Its zones.
    rule
        The band to judge by.
    rows
        Members with households: ``zone``, ``above`` (the zone around it), ``grid_id`` (of its
        unit), ``unit_id``, ``households`` and what else the members say.
    above
        The zone around each zone as stated, and the land of those zones.
    land
        GeoSeries of the zones around, by id.
    counted
        Households of each zone, counted from the members.
    """

    prefix: str
    frame: gpd.GeoDataFrame
    rule: LevelRule
    rows: pd.DataFrame
    above: pd.Series[str]
    land: gpd.GeoSeries
    counted: pd.Series[int]


def score_levels(plan: Plan, rules: Rules) -> dict[str, float]:
    """Judge the micro-grids and link units of a plan.

    Parameters
    ----------
    plan
        Any plan.
    rules
        For the bands ``micro_grids`` and ``link_units``.

    Returns
    -------
    dict
        The keys of `gridmap.scoring.level_measures.LEVEL_MEASURES` for each level that the plan
        holds, none for one that it does not: nothing drawn is not the same as nothing right.

    Examples
    --------
    >>> import gridmap
    >>> from gridmap.testing import draw_territory
    >>> rules = gridmap.Rules.preset()
    >>> plan = gridmap.make_plan(draw_territory("abcdef", households=70), rules=rules)
    >>> score_levels(plan, rules)
    {}
    >>> below = gridmap.subdivide_plan(plan, levels=("micro_grid",))
    >>> scores = score_levels(below, rules)
    >>> scores["micro_grids"], scores["micro_grids_in_band"], scores["micro_grids_unheld"]
    (6, 6, 0)
    """
    frames = {"micro_grids": plan.micro_grids, "link_units": plan.link_units}
    bands = {"micro_grids": rules.micro_grids, "link_units": rules.link_units}
    scores: dict[str, float] = {}
    for prefix, frame in frames.items():
        if frame is not None:
            layer = _read_layer(plan, prefix, frame, bands[prefix])
            told = {
                **_count_zones(plan, layer),
                **_count_buildings(layer),
                **_check_land(plan, layer),
            }
            scores |= {f"{prefix}{key}": value for key, value in told.items()}
    return scores


def _read_layer(plan: Plan, prefix: str, frame: gpd.GeoDataFrame, rule: LevelRule) -> _Layer:
    """Count the members of each zone, whatever the plan says of it."""
    members = plan.territory.units.members
    nested = prefix == "link_units" and plan.micro_grids is not None
    key = "micro_grid_id" if nested else "grid_id"
    rows = members[members["households"] > 0].copy()
    for name in ("micro_grid_id", "link_unit_id", "entrance", "floors"):
        rows[name] = rows.get(name, "")
    rows["zone"] = rows[f"{LEVELS[prefix]}_id"].to_numpy(object)
    rows["grid_id"] = rows["unit_id"].map(plan.assignment).to_numpy(object)
    rows["above"] = rows[key].to_numpy(object)
    counted = rows.groupby("zone")["households"].sum().reindex(frame.index, fill_value=0)
    around = plan.micro_grids if nested and plan.micro_grids is not None else plan.grids
    return _Layer(
        prefix, frame, rule, rows, frame[key].astype(object), around.geometry, counted.astype(int)
    )


def _count_zones(plan: Plan, layer: _Layer) -> dict[str, float]:
    """Return how many zones there are, inside their band, and as they say of themselves."""
    counted, frame, band = layer.counted, layer.frame, layer.rule.band
    inside = counted.between(band.lower, band.upper)
    outside = frame.index[~inside]
    stated = (frame["households"] == counted) & (frame["in_band"].astype(bool) == inside)
    general = plan.grids[(plan.grids["kind"] == "general")].index
    lived_in = len(_find_lived_in(plan) & set(general))
    own = int(frame["grid_id"].isin(general).sum())
    return {
        "": len(frame),
        "_in_band": int(inside.sum()),
        "_attainable": len(frame) - _count_lost(plan, layer, set(outside)),
        "_a_grid": own / lived_in if lived_in else 0.0,
        "_largest": int(counted.max()) if len(frame) else 0,
        "_smallest": int(counted.min()) if len(frame) else 0,
        "_misstated": int((~stated).sum()),
        "_without_reason": int((frame["reason_code"].reindex(outside) == "").sum()),
    }


def _find_lived_in(plan: Plan) -> set[str]:
    """Return the grids that units with households are in."""
    households = plan.territory.units.frame["households"]
    units = households.index[households > 0]
    return set(map(str, plan.assignment.reindex(units).dropna()))


def _count_lost(plan: Plan, layer: _Layer, outside: set[Any]) -> int:
    """Count the zones outside their band that are proved to be so in every division."""
    at_fault = layer.above[layer.above.index.isin(outside)].value_counts()
    if at_fault.empty:
        return 0
    standing, effort = know_buildings(plan), Effort(STEPS_A_ZONE * len(layer.frame))
    units_of = {
        str(grid): frozenset(map(str, units.index))
        for grid, units in plan.assignment.groupby(plan.assignment)
    }
    lost = 0
    for above, rows in layer.rows[layer.rows["above"].isin(at_fault.index)].groupby("above"):
        units = frozenset().union(
            *(units_of.get(str(g), frozenset()) for g in set(rows["grid_id"]))
        )
        proved = count_unavoidable_zones(rows, units, standing, layer.rule.band, effort)
        lost += min(proved, int(at_fault[above]))
    return lost


def _count_buildings(layer: _Layer) -> dict[str, int]:
    """Return how many buildings lie in several zones, and how many of these need not."""
    rows = layer.rows[layer.rows["building_id"] != ""]
    found = rows.groupby("building_id").agg(
        zones=("zone", "nunique"), households=("households", "sum")
    )
    shared = found[found["zones"] > 1]
    return {
        "_buildings_shared": len(shared),
        "_buildings_cut": int((shared["households"] <= layer.rule.upper).sum()),
    }


def _check_land(plan: Plan, layer: _Layer) -> dict[str, int]:
    """Return what is wrong with the land of the zones and with who is counted in them."""
    shapes = np.asarray(layer.frame.geometry.array, dtype=object)
    pieces = np.maximum(count_pieces(shapes) - 1, 0)
    return {
        "_parts": int(pieces.sum()),
        "_astray": int((_is_outside(layer, shapes) | _is_scattered(layer)).sum()),
        "_untiled": _count_untiled(plan, layer, shapes),
        "_unheld": _count_unheld(plan, layer),
    }


def _is_outside(layer: _Layer, shapes: Any) -> Any:
    """Tell which zones have land outside the zone they are said to be in."""
    around = np.asarray(layer.land.reindex(layer.above).array, dtype=object)
    known = ~shapely.is_missing(around)
    outside = ~known
    own = shapely.area(shapes[known])
    shared = shapely.area(shapely.intersection(shapes[known], around[known]))
    outside[known] = own - shared > AREA_TOLERANCE * own
    return outside


def _is_scattered(layer: _Layer) -> Any:
    """Tell which zones count households of another grid, or micro-grid, than their own."""
    rows = layer.rows
    stated = {
        "grid_id": layer.frame["grid_id"],
        "above": layer.above,
    }
    wrong = np.zeros(len(rows), bool)
    for column, named in stated.items():
        wrong |= rows[column].to_numpy(object) != rows["zone"].map(named).to_numpy(object)
    return layer.frame.index.isin(rows["zone"][wrong])


def _count_untiled(plan: Plan, layer: _Layer, shapes: Any) -> int:
    """Count the grids with households that their zones leave a gap in, or overlap in."""
    lived_in = _find_lived_in(plan)
    positions = layer.frame.reset_index(drop=True).groupby("grid_id").indices
    floors = layer.frame["floors"].to_numpy(object)
    untiled = 0
    for grid_id, land in plan.grids.geometry.items():
        if grid_id not in lived_in:
            continue
        rows = positions.get(grid_id, np.zeros(0, np.int64))
        stacks = pd.Series(rows).groupby([shapes[row].wkb for row in rows]).agg(list)
        own = shapes[[stack[0] for stack in stacks]]
        stacked = all((floors[stack] != "").all() for stack in stacks if len(stack) > 1)
        area = float(shapely.area(land))
        inside = float(shapely.area(shapely.intersection(own, land)).sum())
        gap = abs(inside - area) > AREA_TOLERANCE * area
        untiled += int(gap or not stacked or not shapely.coverage_is_valid(own))
    return untiled


def _count_unheld(plan: Plan, layer: _Layer) -> int:
    """Return the households that units have more, or fewer, than the zones of their grid count."""
    rows = layer.rows
    at_home = rows["zone"].map(layer.frame["grid_id"]).to_numpy(object) == rows["grid_id"].to_numpy(
        object
    )
    held = rows[at_home].groupby("unit_id")["households"].sum()
    whole = plan.territory.units.frame["households"]
    return int((whole - held.reindex(whole.index, fill_value=0)).abs().sum())
