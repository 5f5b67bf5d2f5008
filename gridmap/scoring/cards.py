"""Put the measures together into a scorecard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridmap.model import Scorecard
from gridmap.rules import Band, rules_of_communities
from gridmap.scoring.bands import count_unavoidable, find_bands, label_pieces
from gridmap.scoring.compounds import bound_excess, measure_compounds
from gridmap.scoring.level_measures import LEVEL_MEASURES
from gridmap.scoring.levels import score_levels
from gridmap.scoring.likeness import measure_likeness
from gridmap.scoring.lines import align_grids, count_crossings, measure_alignment, measure_lines
from gridmap.scoring.measures import MEASURES
from gridmap.scoring.shapes import check_tiling, measure_shapes
from gridmap.workloads import weigh_units

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridmap.model import Plan
    from gridmap.rules import Rules

DIGITS = 6
"""Decimals kept in a scorecard, so that it prints the same on every machine."""


def score_plan(plan: Plan, *, rules: Rules | None = None) -> Scorecard:
    """Judge a plan by rules, from its units, borders and geometry alone.

    Parameters
    ----------
    plan
        The plan to judge.
    rules
        The rules to judge by; those the plan was made by when not given. Communities (a plan made
        with level ``community``) are judged by the rules' ``communities``.

    Returns
    -------
    Scorecard
        ``totals``: plain ints and floats, the keys of DESIGN.md section 3 first, those of
        micro-grids and link units last and only where the plan holds these; ``by_grid``: one row a
        grid in the plan's order. ``docs/scores.md`` defines each.

    Examples
    --------
    >>> import gridmap
    >>> from gridmap.testing import draw_territory
    >>> rules = gridmap.Rules.preset()
    >>> plan = gridmap.make_plan(draw_territory("AAAA", households=100), rules=rules)
    >>> totals = gridmap.score_plan(plan).totals
    >>> totals["general"], totals["in_band"], totals["attainable"]
    (1, 1, 1)
    """
    if rules is None:
        rules = plan.rules
    elif plan.about.get("level") == "community":
        rules = rules_of_communities(rules)
    units = _gather_units(plan, rules)
    by_grid = _judge_each(plan, units, rules)
    lines = measure_lines(plan.territory.borders, plan.assignment)
    by_grid = by_grid.join(align_grids(lines, by_grid.index))
    totals = _total_bands(plan, units, by_grid, rules)
    totals |= _total_compounds(units, by_grid, plan.territory.borders)
    totals |= _total_lines(lines, by_grid)
    totals |= _total_shapes(plan, by_grid)
    totals |= _total_households(plan, units, by_grid)
    totals |= measure_likeness(plan.territory, units)
    over = by_grid["overloaded"] & (by_grid["kind"] == "general")
    totals["residents_over"] = int(over.sum())
    totals |= score_levels(plan, rules)
    return Scorecard(totals=_in_order(totals), by_grid=by_grid.round(DIGITS))


def judge_grids(plan: Plan) -> pd.DataFrame:
    """Judge each grid of a plan by its own rules, without the totals, whose proofs take time.

    Returns
    -------
    DataFrame
        What `Scorecard.by_grid` says of each grid by itself: all but what borders tell.

    Examples
    --------
    >>> import gridmap
    >>> from gridmap.testing import draw_territory
    >>> plan = gridmap.make_plan(draw_territory("A", households=400), rules=gridmap.Rules.preset())
    >>> judge_grids(plan)[["households", "in_band"]].to_numpy().tolist()
    [[400, True]]
    """
    return _judge_each(plan, _gather_units(plan, plan.rules), plan.rules)


def _in_order(totals: Mapping[str, float]) -> dict[str, float | int]:
    """Return the totals in the order of `MEASURES`, all of them, then those of levels there are."""
    keys = [*MEASURES, *(key for key in LEVEL_MEASURES if key in totals)]
    return {
        key: _plain(totals[key], places=12 if key == "tiling_error" else DIGITS) for key in keys
    }


def _plain(value: float, *, places: int) -> float | int:
    return round(float(value), places) if isinstance(value, float) else int(value)


def _gather_units(plan: Plan, rules: Rules) -> pd.DataFrame:
    """Return the units with what the judge needs to know of each."""
    frame = plan.territory.units.frame
    columns = ["community_id", "compound_id", "area_type", "age_class", "households"]
    units = pd.DataFrame(frame[columns])
    community = units.groupby("community_id")["households"].transform("sum")
    grid_id = plan.assignment.reindex(units.index)
    kind = grid_id.map(plan.grids["kind"])
    weights = weigh_units(pd.DataFrame(frame.drop(columns="geometry")), rules)
    residents = weights.loads.sum(axis=1)
    return units.assign(
        community_households=community,
        grid_id=grid_id,
        grid_kind=kind,
        counted=weights.counted,
        residents=residents,
    )


def _judge_each(plan: Plan, units: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Return the measures of each grid that need no borders."""
    grids = plan.grids
    bands = find_bands(pd.DataFrame(grids.drop(columns="geometry")), units, rules)
    sums = units.groupby("grid_id")[["households", "counted", "residents"]].sum()
    sums = sums.reindex(grids.index, fill_value=0)
    sizes = units.groupby("grid_id").size().reindex(grids.index, fill_value=0)
    households, counted = sums["households"], sums["counted"]
    lower, upper = bands["lower"], bands["upper"]
    over = (sums["residents"] > rules.most_residents) & (rules.most_residents > 0)
    inside = (counted >= lower) & (counted <= upper) & ~over
    target = (lower + upper) / 2
    stated = (grids["households"] == households) & (
        (grids["in_band"].astype(bool) == inside) | (grids["kind"] != "general")
    )
    judged = pd.DataFrame(
        {
            "code": grids["code"],
            "kind": grids["kind"],
            "community_id": grids["community_id"],
            "households": households.astype(np.int64),
            "lower": lower,
            "upper": upper,
            "in_band": inside,
            "deviation": (counted - target).abs() / target,
            "overloaded": over,
            "units": sizes.astype(np.int64),
            "misstated": ~stated,
        },
        index=grids.index,
    )
    return judged.join(measure_shapes(grids, plan.territory.units.metric_crs))


def _total_bands(
    plan: Plan, units: pd.DataFrame, by_grid: pd.DataFrame, rules: Rules
) -> dict[str, float]:
    general = by_grid[by_grid["kind"] == "general"]
    weighed = units.assign(households=units["counted"])
    lost = count_unavoidable(
        weighed[weighed["grid_kind"] == "general"], plan.territory.borders, rules
    )
    outside = general.index[~general["in_band"]]
    reasons = plan.grids["reason_code"].reindex(outside)
    return {
        "grids": len(by_grid),
        "general": len(general),
        "dedicated": int((by_grid["kind"] == "dedicated").sum()),
        "exclave": int((by_grid["kind"] == "exclave").sum()),
        "in_band": int(general["in_band"].sum()),
        "attainable": len(general) - lost,
        "without_reason": int((reasons == "").sum()),
        "deviation": float(general["deviation"].mean()) if len(general) else 0.0,
        "largest": int(general["households"].max()) if len(general) else 0,
        "smallest": int(general["households"].min()) if len(general) else 0,
    }


def _total_compounds(
    units: pd.DataFrame, by_grid: pd.DataFrame, borders: pd.DataFrame
) -> dict[str, float]:
    placed = units[units["grid_id"].notna() & (units["grid_kind"] != "dedicated")]
    compounds = measure_compounds(placed, by_grid["upper"])
    small = compounds[compounds["can_be_whole"]]
    whole = int((small["grids"] == 1).sum())
    drawn = by_grid[by_grid["kind"] != "dedicated"]
    least = 0
    if len(placed) and len(drawn):
        pieces = label_pieces(
            pd.Index(placed.index), borders[borders["passable"] & borders["same_community"]]
        )
        band = Band(int(drawn["lower"].min()), int(drawn["upper"].max()))
        least = bound_excess(placed, pieces, int(compounds["needed"].sum()), band=band)
    return {
        "compounds": len(compounds),
        "compounds_small": len(small),
        "compounds_whole": whole,
        "units_whole": whole / len(small) if len(small) else 1.0,
        "excess_splits": int(compounds["excess"].sum()),
        "splits_bound": least,
    }


def _total_lines(lines: pd.DataFrame, by_grid: pd.DataFrame) -> dict[str, float]:
    crossed = count_crossings(lines, by_grid["kind"])
    return {
        "crossings": crossed["crossing"],
        "river_crossings": crossed["river"],
        "railway_crossings": crossed["railway"],
        "main_road_crossings": crossed["main_road"],
        "wall_crossings": crossed["wall"],
        **measure_alignment(lines),
    }


def _total_shapes(plan: Plan, by_grid: pd.DataFrame) -> dict[str, float]:
    general: Any = by_grid[by_grid["kind"] == "general"]
    error, valid = check_tiling(plan.grids, plan.territory.units.communities)
    return {
        "parts": int(by_grid["parts"].sum()),
        "polsby_popper": float(general["polsby_popper"].mean()) if len(general) else 0.0,
        "perimeter_m": float(by_grid["perimeter_m"].sum()),
        "area_m2": float(by_grid["area_m2"].sum()),
        "tiling_error": error,
        "coverage_valid": int(valid),
    }


def _total_households(plan: Plan, units: pd.DataFrame, by_grid: pd.DataFrame) -> dict[str, float]:
    general = by_grid[by_grid["kind"] == "general"]
    placed = units["grid_id"].isin(by_grid.index)
    return {
        "communities": len(plan.territory.units.communities),
        "units": len(units),
        "units_unplaced": int((~placed).sum()),
        "households": int(by_grid["households"].sum()),
        "households_in_band": int(general["households"][general["in_band"]].sum()),
        "households_read": int(plan.territory.units.read_households),
        "misstated": int(by_grid["misstated"].sum()),
    }
