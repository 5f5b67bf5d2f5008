"""What grids lie across, and what the borders between them follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

MAIN_ROADS = ("expressway", "arterial")
"""Classes of roads that a grid should not lie across."""

CROSSING_KINDS = ("river", "railway", "main_road")
"""What counts as a crossing; walls are counted apart, for many compounds have one inside."""


def measure_lines(borders: pd.DataFrame, grid_of: pd.Series[str]) -> pd.DataFrame:
    """Say of each border between units which grids it touches and what lies on it.

    Parameters
    ----------
    borders
        As in `gridmap.model.Territory`.
    grid_of
        unit_id -> grid_id; borders of units without a grid are left out.

    Returns
    -------
    pandas.DataFrame
        ``grid_a``, ``grid_b``, ``inside`` (both the same grid), ``same_community``,
        ``river``, ``railway``, ``main_road``, ``wall``, ``crossing`` (any of `CROSSING_KINDS`),
        ``length_m``, ``clear_m``.
    """
    sides = {side: borders[unit].map(grid_of) for side, unit in (("a", "unit_a"), ("b", "unit_b"))}
    lines = pd.DataFrame(
        {
            "grid_a": sides["a"],
            "grid_b": sides["b"],
            "inside": sides["a"] == sides["b"],
            "same_community": borders["same_community"].astype(bool),
            "river": borders["river"].astype(bool),
            "railway": borders["railway"].astype(bool),
            "main_road": borders["road_class"].isin(MAIN_ROADS),
            "wall": borders["wall"].astype(bool),
            "length_m": borders["length_m"].astype(float),
            "clear_m": borders["clear_m"].astype(float),
        }
    )
    lines["crossing"] = lines[list(CROSSING_KINDS)].any(axis=1)
    return lines[sides["a"].notna() & sides["b"].notna()]


def count_crossings(lines: pd.DataFrame, kinds: pd.Series[str]) -> dict[str, int]:
    """Count the borders that grids lie across, by what lies on them.

    Parameters
    ----------
    lines
        From `measure_lines`.
    kinds
        Kind of each grid; a dedicated grid is as large as its site and is not counted.
    """
    counted = lines[lines["inside"] & (lines["grid_a"].map(kinds) != "dedicated")]
    names = ("crossing", *CROSSING_KINDS, "wall")
    return {name: int(counted[name].sum()) for name in names}


def measure_alignment(lines: pd.DataFrame) -> Mapping[str, float]:
    """Measure the borders drawn between grids inside a community.

    Returns
    -------
    dict
        ``drawn_m``: their length in metres; ``aligned``: the share of it on a road, river,
        railway or compound line, 1 when nothing is drawn. Borders of communities are given, not
        drawn, and stay out.

    Notes
    -----
    Source: FIELD.md section 1 (Dadukou: all boundaries on roads or compound red lines; Qibin:
    clear boundary).
    """
    drawn = lines[~lines["inside"] & lines["same_community"]]
    length = float(drawn["length_m"].sum())
    clear = float(drawn[["clear_m", "length_m"]].min(axis=1).sum())
    return {"drawn_m": length, "aligned": clear / length if length > 0 else 1.0}


def align_grids(lines: pd.DataFrame, grid_ids: pd.Index[str]) -> pd.DataFrame:
    """Return ``crossings`` and ``aligned`` of each grid, as `count_crossings` and in all."""
    inside = lines[lines["inside"]].groupby("grid_a")["crossing"].sum()
    drawn = lines[~lines["inside"] & lines["same_community"]]
    sides = pd.concat(
        [
            drawn[[side, "length_m", "clear_m"]].rename(columns={side: "grid"})
            for side in ("grid_a", "grid_b")
        ]
    )
    sums = sides.groupby("grid")[["length_m", "clear_m"]].sum().reindex(grid_ids, fill_value=0.0)
    share = (sums["clear_m"] / sums["length_m"].where(sums["length_m"] > 0)).clip(upper=1.0)
    return pd.DataFrame(
        {
            "crossings": inside.reindex(grid_ids, fill_value=0).astype("int64"),
            "aligned": share.fillna(1.0),
        },
        index=grid_ids,
    )
