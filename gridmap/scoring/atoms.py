"""What the zones of a level are proved to be kept out of their band by: wholes that are not cut.

The judge does not know the cells that a level was drawn from, and allows more than the drawing
may: it knows only which buildings stand in which unit and which units touch. What can't be done
even so can't be done at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.proving import find_unfit, is_proved_impossible

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from gridmap.model import Plan
    from gridmap.proving.fitting import Effort
    from gridmap.rules import Band

MOST_ATOMS = 64
"""Wholes of one zone above which only its total is looked at (gridmap's own default)."""
STEPS_A_ZONE = 10_000
"""Steps of proofs for each zone of a level, shared by all (gridmap's own default): a large plan can
be judged in bounded time, and equal input gives an equal answer on any machine."""


@dataclass(frozen=True)
class Standing:
    """What is known of the buildings of a plan, from its input.

    Attributes
    ----------
    entrances, floors, total
        By ``place_id``: entrances (at least 1), floors (0 unknown), and households counted from
        the members. Only places with a geometry are in them.
    known
        Whether the plan knows its buildings; where not, a unit is a whole.
    neighbours
        Units that share a passable border, by unit.
    """

    entrances: dict[str, int]
    floors: dict[str, int]
    total: dict[str, int]
    known: bool
    neighbours: dict[str, frozenset[str]]


def know_buildings(plan: Plan) -> Standing:
    """Gather what the proofs need of a plan: its buildings, and which units touch.

    Parameters
    ----------
    plan
        Any plan.

    Returns
    -------
    Standing
        By place and by unit.
    """
    units = plan.territory.units
    members = units.members
    known = units.buildings is not None and "place_id" in members
    entrances: dict[str, int] = {}
    floors: dict[str, int] = {}
    total: dict[str, int] = {}
    if units.buildings is not None and known:
        shapes = np.asarray(units.buildings.geometry.array, dtype=object)
        drawn = units.buildings[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
        entrances = {str(k): max(1, int(v)) for k, v in drawn["entrances"].items()}
        floors = {str(k): int(v) for k, v in drawn["floors"].items()}
        sums = members.groupby("place_id")["households"].sum()
        total = {str(k): int(v) for k, v in sums.items()}
    touching: dict[str, set[str]] = {}
    borders = plan.territory.borders
    for a, b in borders.loc[borders["passable"], ["unit_a", "unit_b"]].itertuples(index=False):
        touching.setdefault(str(a), set()).add(str(b))
        touching.setdefault(str(b), set()).add(str(a))
    near = {unit: frozenset(others) for unit, others in touching.items()}
    return Standing(entrances, floors, total, known, near)


def count_unavoidable_zones(
    rows: pd.DataFrame,
    units: frozenset[str],
    standing: Standing,
    band: Band,
    effort: Effort,
) -> int:
    """Count the zones of one zone above that no division could bring inside their band.

    Parameters
    ----------
    rows
        Members with households of the zone above: ``unit_id``, ``households``, ``zone``, and where
        buildings are known ``place_id``, ``entrance``, ``floors``.
    units
        The units of the grid that the zone above lies in: its land may be connected through any.
    standing
        From `know_buildings`.
    band
        The band of the level.
    effort
        What the proofs of the level may still spend; charged with what these take.

    Returns
    -------
    int
        In each connected part: the zones that hold a whole which fits into no zone; where there
        is none, 1 if the total can't be shared inside the band, or if the wholes are proved not
        to fit together, else 0.

    Notes
    -----
    A building at most as large as the upper bound is one whole; a larger one is as many as it has
    entrances, evenly; an entrance that is still larger and whose floors are known, and households
    without a place, are wholes of one household. Source: docs/levels.md (whole buildings first,
    then entrances, then floors), as a relaxation of gridmap's own.
    """
    weights, unit, zone = _list_wholes(rows, standing, band)
    if len(weights) > MOST_ATOMS:
        return int(not band.can_hold(int(rows["households"].sum())))
    empty = sorted(units - set(unit))
    place = [*unit, *empty]
    load = np.array([*weights, *([0] * len(empty))], np.int64)
    edges = _join_wholes(place, standing)
    unavoidable = 0
    for part in _list_parts(len(load), edges):
        if load[part].any():
            inside = np.isin(edges, part).all(axis=1)
            inner = np.searchsorted(part, edges[inside])
            zones = [zone[k] for k in part if k < len(zone)]
            unavoidable += _count_part(load[part], inner, zones, band, effort)
    return unavoidable


def _count_part(
    load: Any, edges: NDArray[np.int64], zones: list[str], band: Band, effort: Effort
) -> int:
    """Count the zones of one connected part that are proved to be outside."""
    unfit = find_unfit(load, edges, band=band, effort=effort)[: len(zones)]
    if unfit.any():
        return len({zones[k] for k in np.flatnonzero(unfit)})
    if not band.can_hold(int(load.sum())):
        return 1
    return int(is_proved_impossible(load, edges, band=band, effort=effort))


def _list_wholes(
    rows: pd.DataFrame, standing: Standing, band: Band
) -> tuple[list[int], list[str], list[str]]:
    """Return households, unit and zone of each whole."""
    found: list[tuple[int, str, str]] = []
    if not standing.known:
        for whole, own in rows.groupby("unit_id", sort=True):
            found.append((int(own["households"].sum()), str(whole), str(own["zone"].iloc[0])))
        return _columns(found)
    for (at, place), own in rows.groupby(["unit_id", "place_id"], sort=True):
        unit, name, first = str(at), str(place), str(own["zone"].iloc[0])
        if name in standing.entrances and standing.total[name] <= band.upper:
            found.append((int(own["households"].sum()), unit, first))
            continue
        columns = [own[key] for key in ("households", "entrance", "floors", "zone")]
        for households, entrance, floors, zone in zip(*columns, strict=True):
            shares = _share_row(int(households), str(entrance), str(floors), name, standing, band)
            found += [(share, unit, str(zone)) for share in shares]
    return _columns(found)


def _columns(found: list[tuple[int, str, str]]) -> tuple[list[int], list[str], list[str]]:
    return [row[0] for row in found], [row[1] for row in found], [row[2] for row in found]


def _share_row(
    households: int, entrance: str, floors: str, place: str, standing: Standing, band: Band
) -> list[int]:
    """Return the wholes of one row: its entrances, or single households where these may be cut."""
    single = [1] * households
    if place not in standing.entrances or floors:
        return single
    many = count_entrances(entrance) or standing.entrances[place]
    shares = [households * (k + 1) // many - households * k // many for k in range(many)]
    if max(shares) > band.upper and standing.floors[place] > 1:
        return single
    return [share for share in shares if share]


def count_entrances(text: str) -> int:
    """Return how many entrances a row of the members names, 0 for all of them.

    Examples
    --------
    >>> [count_entrances(text) for text in ("", "2", "1-3", "1,4")]
    [0, 1, 3, 2]
    """
    total = 0
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        if not (first.isdecimal() and (last or first).isdecimal()):
            return 0
        total += int(last or first) - int(first) + 1
    return total


def _join_wholes(place: list[str], standing: Standing) -> NDArray[np.int64]:
    """Return the pairs of wholes that stand in one unit, or in two that touch."""
    pairs = [
        (a, b)
        for b, other in enumerate(place)
        for a, unit in enumerate(place[:b])
        if unit == other or other in standing.neighbours.get(unit, ())
    ]
    return np.array(pairs, np.int64).reshape(-1, 2)


def _list_parts(size: int, edges: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return the connected parts of a graph, each as sorted positions."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ones = np.ones(len(edges), np.int8)
    graph = coo_array((ones, (edges[:, 0], edges[:, 1])), shape=(size, size))
    many, label = connected_components(graph, directed=False)
    return [np.flatnonzero(label == number).astype(np.int64) for number in range(many)]
