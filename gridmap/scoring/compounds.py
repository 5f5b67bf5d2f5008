"""How many compounds a plan leaves whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


def measure_compounds(units: pd.DataFrame, upper: pd.Series[int]) -> pd.DataFrame:
    """Count the grids into which each compound is cut.

    Parameters
    ----------
    units
        One row a unit of a general or exclave grid: ``community_id``, ``compound_id``,
        ``grid_id``, ``households``.
    upper
        Upper bound of each grid in households, indexed by ``grid_id``.

    Returns
    -------
    pandas.DataFrame
        One row a compound, or a part of it when a community border cuts it, for no plan can
        mend that: ``community_id``, ``compound_id``, ``households``, ``upper`` (the largest of its
        grids), ``grids``, ``needed`` (grids that arithmetic asks for: ceil(households / upper), at
        least 1), ``can_be_whole``, ``excess`` (grids beyond the needed).

    Notes
    -----
    Source: issue text and FIELD.md section 1 (Bozhou: keep compounds and villager groups
    together). Villager groups and natural villages count as compounds.
    """
    inside = units[units["compound_id"] != ""]
    inside = inside.assign(upper=inside["grid_id"].map(upper).to_numpy())
    keys = ["community_id", "compound_id"]
    compounds = inside.groupby(keys).agg(
        households=("households", "sum"), upper=("upper", "max"), grids=("grid_id", "nunique")
    )
    needed = np.maximum(-(-compounds["households"] // compounds["upper"]), 1)
    return compounds.assign(
        needed=needed,
        can_be_whole=compounds["households"] <= compounds["upper"],
        excess=np.maximum(compounds["grids"] - needed, 0),
    ).reset_index()
