"""How many compounds a plan leaves whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridmap.proving import bound_splits

if TYPE_CHECKING:
    from gridmap.rules import Band


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


def bound_excess(units: pd.DataFrame, pieces: pd.Series[int], needed: int, *, band: Band) -> int:
    """Return the excess splits that no division with every grid inside the band avoids.

    Parameters
    ----------
    units
        One row a unit, as for `measure_compounds`.
    pieces
        Connected passable piece of each unit, indexed as ``units``.
    needed
        Sum of ``needed`` of `measure_compounds`: grids that the compounds take anyway.
    band
        The widest range of the bands that apply.

    Returns
    -------
    int
        Parts of compounds that no grid can join, and what `gridmap.proving.bound_splits` adds in
        each piece, less the needed.

    Notes
    -----
    Source: gridmap's own argument, docs/decisions/005-certificates.md.
    """
    ids = pd.Series(units.index, index=units.index).astype(str)
    compound = units["compound_id"]
    item = units["community_id"] + "\x1f" + compound.where(compound != "", "\x1e" + ids)
    totals = units["households"].groupby([pieces, item]).sum()
    named = ~totals.index.get_level_values(1).str.contains("\x1e", regex=False)
    heaviest = units["households"].groupby(pieces).max()
    forced = sum(
        bound_splits(part.to_numpy(np.int64), band=band)
        for piece, part in totals.groupby(level=0)
        if int(heaviest[piece]) <= band.upper
    )
    return max(0, int(named.sum()) + forced - needed)
