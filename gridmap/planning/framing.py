"""The grids of a plan as a frame: shapes, numbers, names, bands and reasons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gridmap.planning.drafting import Division, Piece, find_hosts
from gridmap.planning.feasibility import bound_piece, sharpen_bounds
from gridmap.planning.land import Land, widest_band
from gridmap.planning.loads import is_overburdened
from gridmap.planning.numbering import (
    SERIAL_TOO_LONG,
    distinguish,
    make_code,
    make_grid_id,
    make_name,
    order_grids,
)
from gridmap.planning.problems import find_pieces
from gridmap.planning.reasons import (
    EXCLAVE_INFERRED,
    OPEN_LAND_ATTACHED,
    WISH_UNMET,
    Misfit,
    choose_band,
    explain_grid,
    state_misfits,
    write_reason,
)
from gridmap.rules import Band
from gridmap.units.measuring import measure_polygons, project_geometries

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from gridmap.findings import Finding
    from gridmap.model import Territory
    from gridmap.planning.dedicated import Carving
    from gridmap.rules import Rules

COLUMNS = (
    "code",
    "name",
    "kind",
    "area_type",
    "community_id",
    "households",
    "lower",
    "upper",
    "in_band",
    "reason_code",
    "reason",
    "reason_en",
    "area_m2",
    "perimeter_m",
    "site_id",
    "category",
    "host_id",
)


@dataclass(frozen=True)
class Draft:
    """A division before it has shapes and numbers.

    Attributes
    ----------
    territory, land, rules
        What was divided, and by what.
    carving, pieces, division
        The dedicated grids, the land that was searched, and the grid of every unit.
    """

    territory: Territory
    land: Land
    rules: Rules
    carving: Carving
    pieces: list[Piece]
    division: Division


@dataclass(frozen=True)
class Identities:
    """Who the grids of a draft are, where some of them are grids of an earlier plan.

    Attributes
    ----------
    ids
        ``grid_id`` of each grid by number, shape (g,).
    codes, names
        Code and name of every grid that keeps its own, by ``grid_id``.
    serials
        Greatest serial number used so far in each community; new grids follow.
    locked
        Ids of the grids that may not change.
    """

    ids: NDArray[np.object_]
    codes: Mapping[str, str]
    names: Mapping[str, str]
    serials: Mapping[str, int]
    locked: frozenset[str]


@dataclass(frozen=True)
class _Proofs:
    """What is proved of the land around each unit, shape (n,).

    ``around`` households of the connected land, units above the upper bound taken out; ``misfit``
    whether the unit is proved to fit into no grid, or the units of its land not to fit together;
    ``burdened`` whether the loads of its land are proved too much, or its own is.
    """

    around: NDArray[np.int64]
    misfit: NDArray[np.bool_]
    burdened: NDArray[np.bool_]


def frame_grids(
    draft: Draft, known: Identities | None = None
) -> tuple[gpd.GeoDataFrame, pd.Series[str], list[Finding]]:
    """Return the grids in the columns of `gridmap.model.Plan`, the units' grids, and findings.

    Parameters
    ----------
    draft
        The division.
    known
        Ids, codes and names that stay; all are minted where there were no grids before.

    Returns
    -------
    tuple
        Grids by ``grid_id`` in the order of codes; ``grid_id`` of each unit, by ``unit_id``; what
        there is to say of them.
    """
    import geopandas as gpd

    territory, land = draft.territory, draft.land
    members = _split_members(draft.division.grid)
    proofs = _prove(draft, members)
    hosts = find_hosts(land, draft.division.grid)
    held = [known is not None and str(known.ids[k]) in known.locked for k in range(len(members))]
    rows = [
        _describe_grid(draft, units, proofs, locked=locked)
        for units, locked in zip(members, held, strict=True)
    ]
    for number, row in enumerate(rows):
        host = hosts.get(number) if row["kind"] == "exclave" else None
        row["host_id"] = "" if host is None else land.communities[host]
    ids = _mint_ids(land, rows, members) if known is None else known.ids
    frame = pd.DataFrame(rows).assign(grid_id=ids)
    shapes = _union_units(territory, land, members)
    crs, metric = territory.units.crs, territory.units.metric_crs
    frame["area_m2"], frame["perimeter_m"] = measure_polygons(shapes, crs=crs, metric_crs=metric)
    centre = shapely.centroid(project_geometries(shapes, crs=crs, metric_crs=metric))
    order = order_grids(
        frame["community_id"].to_list(), shapely.get_x(centre), shapely.get_y(centre), list(ids)
    )
    further = _sum_further(draft, members)
    frame = frame.assign(**further)
    frame["geometry"] = shapes
    ordered, said = _number_grids(frame.iloc[order], territory, draft.rules, known)
    grids = gpd.GeoDataFrame(ordered, geometry="geometry", crs=crs).set_index("grid_id")
    assignment = pd.Series(ids[draft.division.grid], index=pd.Index(land.ids, name="unit_id"))
    said += _say_division(draft, grids)
    said += state_misfits(_list_misfits(territory, grids, assignment))
    return (
        grids.sort_values("code", kind="stable")[[*COLUMNS, *further, "geometry"]],
        assignment.rename("grid_id").sort_index(),
        said,
    )


def _mint_ids(
    land: Land, rows: list[dict[str, object]], members: list[NDArray[np.int64]]
) -> NDArray[np.object_]:
    pairs = zip(rows, members, strict=True)
    ids = [make_grid_id(str(row["community_id"]), land.ids[units]) for row, units in pairs]
    return np.array(ids, object)


def _sum_further(draft: Draft, members: list[NDArray[np.int64]]) -> dict[str, NDArray[np.int64]]:
    """Return residents and workload of every grid, as far as they are known."""
    land = draft.land
    units = draft.territory.units.frame
    known = {
        name: units[name].reindex(land.ids).to_numpy(np.int64)
        for name in ("residents", "workload")
        if name in units
    }
    if draft.rules.weight == "workload":
        known["workload"] = land.counted
    return {
        name: np.array([values[rows].sum() for rows in members], np.int64)
        for name, values in known.items()
    }


def _split_members(grid: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    order = np.argsort(grid, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(grid[order])) + 1)


def _prove(draft: Draft, members: list[NDArray[np.int64]]) -> _Proofs:
    """Find what is proved; the longer proofs only for land in which a grid is outside its band."""
    land = draft.land
    light = draft.carving.number < 0
    misfit = np.zeros(land.size, np.bool_)
    limits = land.burden.load_bands
    burdened = np.zeros(land.size, np.bool_)
    burdened |= (land.burden.loads > limits[:, 1]).any(axis=1)
    totals = np.array([land.counted[units].sum() for units in members])[draft.division.grid]
    start = np.full(land.size, -1, np.int64)
    for piece in draft.pieces:
        band = widest_band(land, draft.rules, piece.members)
        weights = land.counted[piece.members]
        burdened[piece.members] |= _is_burdened(land, piece.members, band)
        light[piece.members] &= weights <= band.upper
        sums = totals[piece.members]
        if np.all((sums >= band.lower) & (sums <= band.upper)) or weights.sum() == 0:
            continue
        start[piece.members] = np.arange(len(piece.members))
        ends = start[land.edges[land.passable]]
        ends = ends[(ends >= 0).all(axis=1)]
        start[piece.members] = -1
        (bound,) = sharpen_bounds(
            (bound_piece(weights, band=band),),
            weights,
            np.zeros(len(weights), np.int32),
            ends,
            band=band,
            labels=draft.division.grid[piece.members],
        )
        misfit[piece.members] = bound.reason == "units_do_not_fit"
        misfit[piece.members[list(bound.unfit)]] = True
    free = land.passable & light[land.edges].all(axis=1)
    found = find_pieces(land.edges[free], land.size)
    around = np.bincount(found, weights=land.counted).astype(np.int64)[found]
    return _Proofs(around, misfit, burdened)


def _is_burdened(land: Land, members: NDArray[np.int64], band: Band) -> bool:
    """Tell whether the loads of some land are proved too much for grids inside the band."""
    weights, loads = (
        land.counted[members].sum(keepdims=True),
        land.burden.loads[members].sum(axis=0),
    )
    limits = land.burden.load_bands
    return bool(is_overburdened(weights, loads[None, :], limits, band)[0]) and len(limits) > 0


def _explain_load(land: Land, units: NDArray[np.int64], proofs: _Proofs, code: str) -> str:
    """Return the reason with what loads add to it."""
    sums, limits = land.burden.loads[units].sum(axis=0), land.burden.load_bands
    broken = bool(((sums < limits[:, 0]) | (sums > limits[:, 1])).any())
    if not broken and code != "not_reached":
        return code
    if code in ("", "not_reached") and proofs.burdened[units].any():
        return "load_impossible"
    return code or "load_not_reached"


def _describe_grid(
    draft: Draft, units: NDArray[np.int64], proofs: _Proofs, *, locked: bool
) -> dict[str, object]:
    """Return everything of a grid that does not depend on its shape or number."""
    land, sites = draft.land, draft.territory.units.sites
    households = int(land.households[units].sum())
    first = int(units[0])
    row: dict[str, object] = {
        "kind": "exclave" if land.detached[first] else "general",
        "area_type": _choose_area_type(land, units),
        "community_id": land.communities[int(land.community[first])],
        "households": households,
        "site_id": "",
        "category": "",
        "wish_unmet": False,
    }
    number = int(draft.carving.number[units].max())
    if number >= 0:
        site = draft.carving.sites[number]
        category = str(sites["category"].loc[site])
        rule = draft.rules.dedicated_rule(category)
        most = rule.max_households if rule else households
        row |= {"kind": "dedicated", "site_id": site, "category": category, "lower": 0}
        row |= {"upper": most, "in_band": households <= most}
        return row | {"reason_code": "", "reason": "", "reason_en": ""}
    wish, hard = choose_band(land, draft.rules, units)
    weight = int(land.counted[units].sum())
    band = wish if wish.holds(weight) else hard
    served = units[land.counted[units] > 0]
    total = int(proofs.around[served].max(initial=0))
    largest = int(land.counted[units].max())
    misfit = bool(proofs.misfit[units].any())
    code = explain_grid(weight, largest=largest, around=total, misfit=misfit, band=hard)
    code = _explain_load(land, units, proofs, code)
    code = "locked" if code and locked else code
    zh, en = write_reason(code, band=hard, around=total, largest=largest)
    if draft.rules.weight == "workload":
        zh, en = zh.replace("户", "点"), en.replace("households", "workload points")
    return row | {
        "lower": band.lower,
        "upper": band.upper,
        "in_band": band.holds(weight) and not code,
        "reason_code": code,
        "reason": zh,
        "reason_en": en,
        "wish_unmet": hard.holds(weight) and not wish.holds(weight),
    }


def _choose_area_type(land: Land, units: NDArray[np.int64]) -> str:
    """Return the area type of most households of a grid; of most land where there is none."""
    weights = land.households[units].astype(np.float64)
    if weights.sum() == 0:
        weights = land.areas[units]
    by_type: dict[str, float] = {}
    for klass, weight in zip(land.klass[units], weights, strict=True):
        name = land.klasses[int(klass)][0]
        by_type[name] = by_type.get(name, 0.0) + float(weight)
    return min(by_type, key=lambda name: (-by_type[name], name))


def _union_units(
    territory: Territory, land: Land, members: list[NDArray[np.int64]]
) -> NDArray[np.object_]:
    """Return the polygon of each grid; shared borders vanish, all other vertices stay."""
    shapes = territory.units.frame.geometry.reindex(land.ids).to_numpy()
    return np.array([shapely.coverage_union_all(shapes[units]) for units in members], object)


def _number_grids(
    ordered: pd.DataFrame, territory: Territory, rules: Rules, known: Identities | None
) -> tuple[pd.DataFrame, list[Finding]]:
    """Add codes and names to grids in the order in which they are numbered; known ones keep theirs.

    Source: FIELD.md section 3: a grid keeps its identity; codes change only on request.
    """
    titles = territory.units.communities["name"].to_dict()
    sites = territory.units.sites["name"].to_dict()
    counts = ordered["community_id"].value_counts()
    last = {} if known is None else dict(known.serials)
    kept_codes = {} if known is None else known.codes
    codes, fresh = [], {}
    for place, (owner, grid, kind, site) in enumerate(
        zip(ordered["community_id"], ordered["grid_id"], ordered["kind"], ordered["site_id"],
            strict=True)
    ):  # fmt: skip
        if grid in kept_codes:
            codes.append(kept_codes[grid])
            continue
        serial = last[owner] = last.get(owner, 0) + 1
        most = max(int(counts[owner]), serial)
        codes.append(make_code(owner, serial, max(rules.code_digits, len(str(most)))))
        title = str(titles.get(owner) or owner)
        fresh[place] = make_name(title, serial, kind=kind, site=str(sites.get(site) or ""))
    kept = [] if known is None else [known.names.get(str(g)) or "" for g in ordered["grid_id"]]
    taken = [name for place, name in enumerate(kept) if place not in fresh]
    given = dict(zip(fresh, distinguish([*taken, *fresh.values()])[len(taken) :], strict=True))
    names = [given[place] if place in given else kept[place] for place in range(len(ordered))]
    long = [str(c) for c in sorted(counts.index) if len(str(counts[c])) > rules.code_digits]
    said = [SERIAL_TOO_LONG.found(long, digits=rules.code_digits)] if long else []
    return ordered.assign(code=codes, name=names), said


def _say_division(draft: Draft, grids: gpd.GeoDataFrame) -> list[Finding]:
    said = []
    exclaves = grids[grids["kind"] == "exclave"]
    if len(exclaves):
        points = shapely.point_on_surface(exclaves.geometry.to_numpy())
        where = np.column_stack([shapely.get_x(points), shapely.get_y(points)]).tolist()
        said.append(EXCLAVE_INFERRED.found(exclaves["code"], points=where))
    if len(draft.division.attached):
        said.append(OPEN_LAND_ATTACHED.found(draft.land.ids[draft.division.attached]))
    unmet = grids.loc[grids["wish_unmet"].astype(bool), "code"]
    if len(unmet):
        said.append(WISH_UNMET.found(sorted(unmet)))
    return said


def _list_misfits(
    territory: Territory, grids: gpd.GeoDataFrame, assignment: pd.Series[str]
) -> list[Misfit]:
    """Return the grids whose whole units are proved not to fit, by community."""
    frame = territory.units.frame
    titles = territory.units.communities["name"].astype(str).to_dict()
    found = []
    misfits = grids[grids["reason_code"] == "units_do_not_fit"].sort_values("code", kind="stable")
    for owner, rows in misfits.groupby("community_id", sort=True):
        units = frame.loc[assignment.index[assignment.isin(rows.index)]]
        units = units[units["households"] > 0].sort_index()
        named = units["compound_id"].where(units["compound_id"] != "", units.index)
        found.append(
            Misfit(
                community=titles.get(str(owner)) or str(owner),
                codes=rows["code"].to_list(),
                grids=rows["households"].to_list(),
                units=list(dict.fromkeys(named)),
                sizes=units["households"].to_list(),
                band=Band(int(rows["lower"].min()), int(rows["upper"].max())),
            )
        )
    return found
