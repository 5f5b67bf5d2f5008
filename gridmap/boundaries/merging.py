"""Merging: where each department's grids went when their layers became one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridmap.errors import InvalidOption
from gridmap.lineage import code_change, group_zones, match_zones

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridmap.boundaries.spans import Floats

LEAST_SHARE = 0.05
"""A smaller share of an old grid that lies in a new one, when it is no larger a share of the new
one either, is a line drawn a little elsewhere and no split or merger: thirteen departments never
draw one line alike. gridmap's own default; the rows are kept and marked ``minor``."""
KEYS = ["old_grid", "new_grid"]
COLUMNS = (
    "department",
    *KEYS,
    "change",
    "heir",
    "minor",
    "area_m2",
    "households",
    "area_share",
    "households_share",
)


def map_old_to_new(
    fragments: pd.DataFrame, departments: Sequence[str], *, least_share: float = LEAST_SHARE
) -> pd.DataFrame:
    """Return for each department where each of its grids went: the hand-over table.

    Parameters
    ----------
    fragments
        Land that is in one grid of every department and in one new grid: a column for each
        department, ``new_grid``, ``area_m2``, ``households``; ``""`` for no grid.
    departments
        The columns.
    least_share
        What share of both grids makes two grids related, 0 to 1.

    Returns
    -------
    DataFrame
        Sorted by department, old and new grid. ``old_grid`` is ``""`` for land the department did
        not have, ``new_grid`` for land outside the new layer. ``change`` is what became of the
        old grid: U (one new grid, which has no other one), S (split), M (merged) or X (redrawn
        with others); ``""`` without an old grid. ``heir``: the new grid goes on as the old one,
        and has some of its households, where there are any. ``minor``: too small a share to count
        for ``change``. ``area_share`` and ``households_share`` are of the old grid and sum to 1;
        the latter is NaN where it has no household.

    Raises
    ------
    InvalidOption
        A column is missing, or the share is not in 0 to 1.

    Notes
    -----
    Shares are of households, of land where a grid has none. Heirs are chosen so that most
    households stay (`gridmap.lineage.match_zones`). Source: the form of hand-over seen in
    practice, FIELD.md section 3; issue 4, points 7 and 8 (U/S/M/X).

    Examples
    --------
    >>> fragments = pd.DataFrame({"police": ["1", "2", "2"], "new_grid": ["N", "N", "N"],
    ...                           "area_m2": [9.0, 1.0, 9.0], "households": [300, 1, 99]})
    >>> table = map_old_to_new(fragments, ["police"])
    >>> table[["old_grid", "new_grid", "change", "heir", "households"]].values.tolist()
    [['1', 'N', 'M', True, 300], ['2', 'N', 'M', False, 100]]
    """
    missing = {*departments, "new_grid", "area_m2", "households"} - set(fragments.columns)
    if missing or not 0 <= least_share <= 1:
        raise InvalidOption(
            f"The fragments lack {sorted(missing)}, or the share {least_share} is not in 0 to 1.",
            f"缺少列 {sorted(missing)}，或比例 {least_share} 不在 0 到 1 之间。",
            cure_en="map_old_to_new(merger.fragments, merger.overlay.departments)",
            cure_zh="map_old_to_new(merger.fragments, merger.overlay.departments)",
        )
    tables = [_map_one(fragments, name, least_share) for name in departments]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)


def _map_one(fragments: pd.DataFrame, name: str, least_share: float) -> pd.DataFrame:
    own = pd.DataFrame(
        {
            "old_grid": fragments[name].to_numpy(object),
            "new_grid": fragments["new_grid"].to_numpy(object),
            "area_m2": fragments["area_m2"].to_numpy(np.float64),
            "households": fragments["households"].to_numpy(np.int64),
        }
    )
    table = own.groupby(KEYS, as_index=False, sort=True).sum()
    share = np.maximum(_share(table, "old_grid"), _share(table, "new_grid"))
    known = (table[KEYS] != "").all(axis=1).to_numpy()
    related = table[known & (share >= least_share)]
    olds, news = (sorted(set(table[key]) - {""}) for key in KEYS)
    groups = group_zones(olds, news, zip(related["old_grid"], related["new_grid"], strict=True))
    change = {old: code_change(groups["old", old], same=True) for old in olds}
    whole = table.groupby("old_grid")[["area_m2", "households"]].transform("sum")
    return table.assign(
        department=name,
        change=[change.get(old, "") for old in table["old_grid"]],
        heir=_find_heirs(table, known),
        minor=known & (share < least_share),
        area_share=table["area_m2"] / whole["area_m2"].where(whole["area_m2"] > 0),
        households_share=table["households"] / whole["households"].where(whole["households"] > 0),
    )[list(COLUMNS)]


def _share(table: pd.DataFrame, key: str) -> Floats:
    """Return what share of its old or new grid each row is, by households, else by land."""
    sums = table.groupby(key)[["area_m2", "households"]].transform("sum")
    with np.errstate(divide="ignore", invalid="ignore"):
        land = table["area_m2"].to_numpy() / sums["area_m2"].to_numpy()
        homes = table["households"].to_numpy() / sums["households"].to_numpy()
    share: Floats = np.nan_to_num(np.where(sums["households"] > 0, homes, land))
    return share


def _find_heirs(table: pd.DataFrame, known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the rows whose new grid goes on as their old one."""
    heirs = np.zeros(len(table), dtype=bool)
    whole = table.groupby("old_grid")["households"].transform("sum").to_numpy()
    known = known & ((whole == 0) | (table["households"].to_numpy() > 0))
    rows = table[known]
    before = np.unique(rows["old_grid"].to_numpy(str), return_inverse=True)[1]
    after = np.unique(rows["new_grid"].to_numpy(str), return_inverse=True)[1]
    homes = rows["households"].to_numpy(np.int64)
    worth = homes if homes.sum() else np.rint(rows["area_m2"].to_numpy()).astype(np.int64)
    kept = match_zones(before.astype(np.int64), after.astype(np.int64), worth)
    heirs[known] = kept[after] == before
    return heirs


def sum_departments(
    mapping: pd.DataFrame, conflicts: pd.DataFrame, departments: Sequence[str]
) -> pd.DataFrame:
    """Return what the merger means for each department: one row each.

    Parameters
    ----------
    mapping
        From `map_old_to_new`.
    conflicts
        From `conflicts.find_conflicts`.
    departments
        In the order of the result.

    Returns
    -------
    DataFrame
        Indexed by ``department``: ``grids`` (old ones), ``conflict_m2`` and
        ``conflict_households`` (where it is one of those that differ), ``households`` (in its
        grids), ``kept_households`` (in the heir of their grid), ``kept_share`` (of land where it
        has no household; NaN where it has nothing), ``U``, ``S``, ``M``, ``X`` (old grids).

    Examples
    --------
    >>> fragments = pd.DataFrame({"police": ["1", "2"], "new_grid": ["N", "N"],
    ...                           "area_m2": [9.0, 9.0], "households": [300, 100]})
    >>> mapping = map_old_to_new(fragments, ["police"])
    >>> none = pd.DataFrame({"departments": [], "area_m2": [], "households": []})
    >>> sum_departments(mapping, none, ["police"])[["grids", "kept_share", "M"]].values.tolist()
    [[2.0, 0.75, 2.0]]
    """
    rows = []
    named = [set(text.split(";")) for text in conflicts["departments"].astype(str)]
    for name in departments:
        own = mapping[(mapping["department"] == name) & (mapping["old_grid"] != "")]
        differs = np.array([name in some for some in named], dtype=bool)
        heirs = own[own["heir"]]
        homes, kept = int(own["households"].sum()), int(heirs["households"].sum())
        land = float(own["area_m2"].sum())
        share = kept / homes if homes else float(heirs["area_m2"].sum()) / land if land else np.nan
        codes = own.drop_duplicates("old_grid")["change"].value_counts()
        rows.append(
            {
                "department": name,
                "grids": int(own["old_grid"].nunique()),
                "conflict_m2": float(conflicts["area_m2"].to_numpy()[differs].sum()),
                "conflict_households": int(conflicts["households"].to_numpy()[differs].sum()),
                "households": homes,
                "kept_households": kept,
                "kept_share": share,
                **{code: int(codes.get(code, 0)) for code in "USMX"},
            }
        )
    return pd.DataFrame(rows).set_index("department")
