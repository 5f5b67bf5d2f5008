"""The territory as arrays: what planning looks at, by position of unit and border."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridmap.planning.costing import BorderCosts, add_similarity, cost_borders
from gridmap.planning.problems import find_pieces
from gridmap.rules import Band
from gridmap.workloads import Weights, weigh_plainly, weigh_units

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.model import Territory
    from gridmap.rules import Rules


@dataclass(frozen=True)
class Land:
    """Units and borders of a territory by position; units in the order of their ids.

    Attributes
    ----------
    ids, community, site
        Unit ids; position of its community in ``communities``; site id or ``""``; shape (n,).
    households, areas, perimeters
        Of each unit: households, square metres, metres; shape (n,).
    group
        Compound of each unit as a number, -1 without; shape (n,).
    klass, klasses
        Row of ``klasses`` (area type, age class) of each unit; shape (n,).
    part
        Connected geometric part of its community in which a unit lies; shape (n,).
    detached
        Whether that part is not the community's main part; shape (n,).
    edges, same, passable
        Units on both sides of each border; whether both are of one community; whether one grid
        may lie on both sides; shape (m, 2) and (m,).
    lengths, costs
        Of each border: metres, and the costs of cutting and crossing; shape (m,).
    communities, totals
        Community ids, sorted; households of each.
    burden
        What the bands count of each unit, and further weights with their limits.
    """

    ids: NDArray[Any]
    community: NDArray[np.int64]
    site: NDArray[Any]
    households: NDArray[np.int64]
    areas: NDArray[np.float64]
    perimeters: NDArray[np.float64]
    group: NDArray[np.int64]
    klass: NDArray[np.int64]
    klasses: tuple[tuple[str, str], ...]
    part: NDArray[np.int32]
    detached: NDArray[np.bool_]
    edges: NDArray[np.int64]
    same: NDArray[np.bool_]
    passable: NDArray[np.bool_]
    lengths: NDArray[np.float64]
    costs: BorderCosts
    communities: tuple[str, ...]
    totals: NDArray[np.int64]
    burden: Weights

    @property
    def counted(self) -> NDArray[np.int64]:
        """Return what the bands count of each unit: households, or workload points."""
        return self.burden.counted

    @property
    def size(self) -> int:
        """Return the number of units."""
        return len(self.ids)


def read_land(territory: Territory, rules: Rules | None = None) -> Land:
    """Return a territory as arrays, with the parts of each community.

    Parameters
    ----------
    territory
        Units and borders.
    rules
        What units are weighed by, and what likeness is worth; without them households alone.

    Returns
    -------
    Land
        The arrays.

    Raises
    ------
    InvalidOption
        When the rules need a column that the units do not have.

    Notes
    -----
    Source: FIELD.md section 4: a detached part is one other than the part with most households
    (of equals, the larger area); land that only touches at a point is detached.
    """
    frame = pd.DataFrame(territory.units.frame.drop(columns="geometry")).sort_index()
    index = pd.Index(frame.index.astype(str))
    borders = territory.borders
    ends = [index.get_indexer(pd.Index(borders[side])) for side in ("unit_a", "unit_b")]
    edges = np.column_stack(ends).astype(np.int64)
    communities = tuple(sorted(set(frame["community_id"].astype(str))))
    community = pd.Index(communities).get_indexer(pd.Index(frame["community_id"])).astype(np.int64)
    households = frame["households"].to_numpy(np.int64)
    areas = frame["area_m2"].to_numpy(np.float64)
    same = borders["same_community"].to_numpy(np.bool_)
    part = find_pieces(edges[same], len(index))
    pairs = list(zip(frame["area_type"].astype(str), frame["age_class"].astype(str), strict=True))
    klasses = tuple(sorted(set(pairs)))
    place = {pair: number for number, pair in enumerate(klasses)}
    costs = cost_borders(borders)
    if rules is not None:
        costs = add_similarity(costs, frame, edges, rules.similarity)
    return Land(
        ids=index.to_numpy(object),
        community=community,
        site=frame["site_id"].astype(str).to_numpy(object),
        households=households,
        areas=areas,
        perimeters=frame["perimeter_m"].to_numpy(np.float64),
        group=_number_compounds(frame),
        klass=np.array([place[pair] for pair in pairs], np.int64),
        klasses=klasses,
        part=part,
        detached=_find_detached(part, community, households, areas),
        edges=edges,
        same=same,
        passable=borders["passable"].to_numpy(np.bool_) & same,
        lengths=borders["length_m"].to_numpy(np.float64),
        costs=costs,
        communities=communities,
        totals=np.bincount(community, weights=households, minlength=len(communities)).astype(
            np.int64
        ),
        burden=weigh_plainly(households) if rules is None else weigh_units(frame, rules),
    )


def _number_compounds(frame: pd.DataFrame) -> NDArray[np.int64]:
    """Give numbers to the compounds of each community; units without one are -1."""
    keys = frame["community_id"].astype(str) + "\x1f" + frame["compound_id"].astype(str)
    codes = pd.factorize(keys, sort=True)[0].astype(np.int64)
    return np.where(frame["compound_id"].astype(str).to_numpy() == "", -1, codes)


def _find_detached(
    part: NDArray[np.int32],
    community: NDArray[np.int64],
    households: NDArray[np.int64],
    areas: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Return whether each unit lies outside the main part of its community."""
    if len(part) == 0:
        return np.zeros(0, np.bool_)
    _, first = np.unique(part, return_index=True)
    owner = community[first]
    people = np.bincount(part, weights=households)
    land = np.bincount(part, weights=areas)
    order = np.lexsort((np.arange(len(owner)), -land, -people, owner))
    is_main = np.zeros(len(owner), np.bool_)
    is_main[order[0]] = True
    is_main[order[1:]] = owner[order[1:]] != owner[order[:-1]]
    return ~is_main[part]


def band_pair(land: Land, rules: Rules, klass: int, community: int) -> tuple[Band, Band]:
    """Return the wished and the hard band of a class of units in a community.

    Notes
    -----
    Source: `gridmap.rules.BandRule`: where a soft band can't be had, the first hard band that
    fits is used.
    """
    area_type, age_class = land.klasses[klass]
    total = int(land.totals[community])
    wish = rules.rule_for(area_type=area_type, age_class=age_class, community_households=total)
    hard = next(
        (r.band for r in rules.bands if not r.soft and r.fits(area_type, age_class, total)),
        rules.bands[-1].band,
    )
    return wish.band, (hard if wish.soft else wish.band)


def widest_band(land: Land, rules: Rules, members: NDArray[np.int64]) -> Band:
    """Return the widest range that the hard bands of some units of one community span."""
    community = int(land.community[members[0]])
    bands = [
        band_pair(land, rules, int(klass), community)[1] for klass in np.unique(land.klass[members])
    ]
    return Band(min(band.lower for band in bands), max(band.upper for band in bands))
