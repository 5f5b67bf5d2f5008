"""Which band is for which grid, and how many grids arithmetic keeps outside theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridmap.proving import find_unfit, is_proved_impossible
from gridmap.rules import Band

if TYPE_CHECKING:
    from gridmap.rules import Rules


def find_bands(grids: pd.DataFrame, units: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Return the band that each grid is judged by.

    Parameters
    ----------
    grids
        Indexed by ``grid_id``: ``area_type``, ``community_id`` and the plan's own ``lower`` and
        ``upper``.
    units
        One row a unit: ``grid_id``, ``community_id``, ``age_class``, ``households``.
    rules
        The rules to judge by.

    Returns
    -------
    pandas.DataFrame
        Indexed as ``grids``: ``lower``, ``upper`` in households.

    Notes
    -----
    The plan's band is accepted when the rules have it for such a grid: a soft band that fits, or
    the hard one behind it. Otherwise the first band that fits the class with most households is
    used. Source: DESIGN.md section 3 and `gridmap.rules.BandRule` (soft bands).
    """
    community = units.groupby("community_id")["households"].sum()
    by_class = units.groupby(["grid_id", "age_class"])["households"].sum()
    ranked = by_class.reset_index().sort_values(
        ["grid_id", "households", "age_class"], ascending=[True, False, True]
    )
    classes = ranked.groupby("grid_id")["age_class"].agg(list)
    rows: list[tuple[int, int]] = []
    for grid_id, area_type, community_id, lower, upper in zip(
        grids.index,
        grids["area_type"],
        grids["community_id"],
        grids["lower"],
        grids["upper"],
        strict=True,
    ):
        of_grid = list(classes.get(grid_id, [""]))
        bands = fitting_bands(rules, str(area_type), of_grid, int(community.get(community_id, 0)))
        stated = (int(lower), int(upper))
        known = {(band.lower, band.upper) for band in bands}
        rows.append(stated if stated in known else (bands[0].lower, bands[0].upper))
    columns = pd.Index(["lower", "upper"])
    return pd.DataFrame(rows, index=grids.index, columns=columns, dtype=np.int64)


def fitting_bands(rules: Rules, area_type: str, classes: list[str], households: int) -> list[Band]:
    """Return every band that a grid may be judged by, the first choice first.

    Parameters
    ----------
    rules
        The rules to judge by.
    area_type
        ``urban`` or ``rural``.
    classes
        Classes of the compounds in the grid, that with most households first.
    households
        Households of the whole community.
    """
    bands: list[Band] = []
    for age_class in classes:
        for rule in rules.bands:
            if rule.fits(area_type, age_class, households):
                bands.append(rule.band)
                if not rule.soft:
                    break
    return bands or [rules.bands[-1].band]


def label_pieces(unit_ids: pd.Index[str], borders: pd.DataFrame) -> pd.Series[int]:
    """Label the connected pieces that units form over the given borders.

    Parameters
    ----------
    unit_ids
        The units, each at least a piece of its own.
    borders
        ``unit_a``, ``unit_b``; borders to other units are left out.

    Returns
    -------
    pandas.Series
        Indexed by the units: the number of the piece, from 0.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    one = unit_ids.get_indexer(pd.Index(borders["unit_a"]))
    two = unit_ids.get_indexer(pd.Index(borders["unit_b"]))
    inside = (one >= 0) & (two >= 0)
    one, two = one[inside], two[inside]
    size = len(unit_ids)
    graph = coo_array((np.ones(len(one), np.int8), (one, two)), shape=(size, size))
    labels = connected_components(graph, directed=False)[1]
    return pd.Series(labels, index=unit_ids, name="piece")


def count_unavoidable(units: pd.DataFrame, borders: pd.DataFrame, rules: Rules) -> int:
    """Count the general grids that no division could bring inside their band.

    Parameters
    ----------
    units
        The units of general grids, indexed by ``unit_id``: ``grid_id``, ``community_id``,
        ``community_households``, ``area_type``, ``age_class``, ``households``.
    borders
        All borders: ``unit_a``, ``unit_b``, ``passable``, ``same_community``.
    rules
        The rules to judge by.

    Returns
    -------
    int
        Summed over the connected passable pieces: the grids that hold a unit that is proved to
        fit into no grid (it is above the upper bound, or every connected set of units that holds
        it is outside the band); where there is none, 1 if the piece's total can't be shared by
        grids inside the band, or if its units are proved not to fit together whole, else 0. A
        piece with fewer households than the lower bound counts 1; a piece without households
        only if a grid lies all inside it.

    Notes
    -----
    Source: FIELD.md section 2 (feasibility is arithmetic first). Where several bands apply in one
    piece, the widest range that they span is used: a piece that is impossible for that range is
    impossible for each of them, so that the count stays a proof.
    """
    if units.empty:
        return 0
    crossable = borders[borders["passable"] & borders["same_community"]]
    pieces = label_pieces(pd.Index(units.index), crossable)
    served = units.groupby("grid_id")["households"].sum()
    unavoidable = 0
    for _, piece in units.groupby(pieces.to_numpy(), sort=True):
        band = _widest_band(piece, rules)
        total = int(piece["households"].sum())
        sums = served[piece["grid_id"].unique()]
        if total == 0:
            unavoidable += int((sums == 0).any())
        elif total < band.lower:
            unavoidable += 1
        elif not (band.can_hold(total) and sums.between(band.lower, band.upper).all()):
            unavoidable += _count_misfits(piece, crossable, band)
    return unavoidable


def _count_misfits(piece: pd.DataFrame, crossable: pd.DataFrame, band: Band) -> int:
    """Count the grids of a piece that are proved to be outside the band with whole units."""
    index = pd.Index(piece.index)
    one = index.get_indexer(pd.Index(crossable["unit_a"]))
    two = index.get_indexer(pd.Index(crossable["unit_b"]))
    inside = (one >= 0) & (two >= 0)
    edges = np.column_stack([one[inside], two[inside]]).astype(np.int64)
    weights = piece["households"].to_numpy(np.int64)
    unfit = find_unfit(weights, edges, band=band)
    if unfit.any():
        return int(piece["grid_id"][unfit].nunique())
    impossible = not band.can_hold(int(weights.sum()))
    return int(impossible or is_proved_impossible(weights, edges, band=band))


def _widest_band(piece: pd.DataFrame, rules: Rules) -> Band:
    households = int(piece["community_households"].iloc[0])
    kinds = piece[["area_type", "age_class"]].drop_duplicates()
    bands = [
        band
        for area_type, age_class in kinds.itertuples(index=False)
        for band in fitting_bands(rules, str(area_type), [str(age_class)], households)
    ]
    return Band(min(band.lower for band in bands), max(band.upper for band in bands))
