"""The plan: dedicated grids first, then general grids, then what lies apart as exclave grids."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gridmap.errors import InvalidOption
from gridmap.findings import Finding, sort_findings
from gridmap.model import Plan, ignore_progress
from gridmap.planning.dedicated import Carving, carve_sites
from gridmap.planning.drafting import (
    Division,
    Piece,
    divide_pieces,
    find_hosts,
    find_land_pieces,
    join_grids,
)
from gridmap.planning.land import Land, read_land
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
    choose_band,
    explain_grid,
    state_arithmetic,
    write_reason,
)
from gridmap.units.measuring import measure_polygons, project_geometries

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from gridmap.model import Progress, Territory
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


def make_plan(
    territory: Territory,
    *,
    rules: Rules,
    seed: int = 7,
    time_limit_s: float | None = None,
    progress: Progress = ignore_progress,
) -> Plan:
    """Divide a territory into grids: dedicated, general and exclave.

    Parameters
    ----------
    territory
        Units that tile every community, and the borders between them.
    rules
        Bands of households and the rule for dedicated sites.
    seed
        The same territory, rules and seed give the same plan on any machine.
    time_limit_s
        Cuts the search short, in seconds; without it the search takes steps in proportion to the
        households.
    progress
        Called as ``progress("plan", done, total)`` with numbers of units.

    Returns
    -------
    Plan
        Every unit in exactly one grid, every grid in one piece, every grid outside its band with
        its reason in both languages.

    Raises
    ------
    InvalidOption
        When the territory has no units, or the time limit is not positive.

    Notes
    -----
    The order is FIELD.md's (section 1, Bozhou): eligible sites are carved out first, then general
    grids are drawn inside each community, and land that lies apart from its community's main part
    becomes exclave grids (section 4) with owner and host. docs/engine.md tells how.

    Examples
    --------
    >>> import gridmap
    >>> from gridmap.testing import draw_territory
    >>> plan = make_plan(draw_territory("AABB\\nAABB", households=100), rules=gridmap.Rules.preset())
    >>> plan.grids[["code", "households", "in_band"]].values.tolist()
    [['C1001', 400, True], ['C1002', 400, True]]
    """
    if territory.units.frame.empty or (time_limit_s is not None and not time_limit_s > 0):
        raise InvalidOption(
            "A plan needs at least one unit and a time limit above 0.",
            "划分至少需要一个单元，且时间上限须大于 0。",
        )
    land = read_land(territory)
    progress("plan", 0, land.size)
    carving = carve_sites(land, territory.units.sites, rules)
    pieces = find_land_pieces(land, carving.number)
    said = [*carving.findings, *state_arithmetic(land, pieces, rules)]
    idle = int(np.count_nonzero(carving.number >= 0))
    zones = divide_pieces(
        land,
        pieces,
        rules=rules,
        seed=seed,
        time_limit_s=time_limit_s,
        report=lambda done: progress("plan", idle + done, land.size),
    )
    division = join_grids(land, carving.number, pieces, zones)
    grids, ids, more = _frame_grids(territory, land, division, carving, pieces, rules)
    assignment = pd.Series(ids[division.grid], index=pd.Index(land.ids, name="unit_id"))
    progress("plan", land.size, land.size)
    return Plan(
        grids=grids,
        territory=territory,
        assignment=assignment.rename("grid_id").sort_index(),
        rules=rules,
        findings=sort_findings([*territory.findings, *said, *more]),
        about=_tell_about(territory, rules, seed),
    )


def _frame_grids(
    territory: Territory,
    land: Land,
    division: Division,
    carving: Carving,
    pieces: list[Piece],
    rules: Rules,
) -> tuple[gpd.GeoDataFrame, NDArray[np.object_], list[Finding]]:
    """Return the frame of the grids, the id of each grid number, and what there is to say."""
    import geopandas as gpd

    members = _split_members(division.grid)
    around = _count_around(land, carving.number, pieces, rules)
    hosts = find_hosts(land, division.grid)
    sites = territory.units.sites
    rows, unmet = [], []
    for number, units in enumerate(members):
        row = _describe_grid(land, carving, sites, units, around, rules)
        row["host_id"] = (
            land.communities[hosts[number]] if row["kind"] == "exclave" and number in hosts else ""
        )
        unmet.append(bool(row.pop("wish_unmet")))
        rows.append(row)
    frame = pd.DataFrame(rows)
    ids = np.array(
        [make_grid_id(str(row["community_id"]), land.ids[m]) for row, m in zip(rows, members, strict=True)],
        object,
    )
    shapes = _union_units(territory, land, members)
    crs, metric = territory.units.crs, territory.units.metric_crs
    frame["area_m2"], frame["perimeter_m"] = measure_polygons(shapes, crs=crs, metric_crs=metric)
    centre = shapely.centroid(project_geometries(shapes, crs=crs, metric_crs=metric))
    order = order_grids(
        list(frame["community_id"]), shapely.get_x(centre), shapely.get_y(centre), list(ids)
    )
    frame, said = _number_grids(frame, order, territory, rules)
    frame = frame.assign(grid_id=ids)
    grids = gpd.GeoDataFrame(frame, geometry=shapes, crs=crs).iloc[order].set_index("grid_id")
    grids = grids[[*COLUMNS, "geometry"]].sort_values(["code", "name"], kind="stable")
    said += _say_division(land, grids, division, ids[np.array(unmet, np.bool_)])
    return grids, ids, said


def _split_members(grid: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    order = np.argsort(grid, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(grid[order])) + 1)


def _count_around(
    land: Land, dedicated: NDArray[np.int64], pieces: list[Piece], rules: Rules
) -> NDArray[np.int64]:
    """Return the households connected with each unit, units above the upper bound taken out."""
    light = dedicated < 0
    for piece in pieces:
        upper = int(land.households[piece.members].max())
        if upper > rules.bands[-1].band.lower:
            band = choose_widest(land, rules, piece)
            light[piece.members] &= land.households[piece.members] <= band
    open_ = land.passable & light[land.edges].all(axis=1)
    found = find_pieces(land.edges[open_], land.size)
    return np.bincount(found, weights=land.households).astype(np.int64)[found]


def choose_widest(land: Land, rules: Rules, piece: Piece) -> int:
    """Return the upper bound that counts in a piece."""
    from gridmap.planning.land import widest_band

    return widest_band(land, rules, piece.members).upper


def _describe_grid(
    land: Land,
    carving: Carving,
    sites: gpd.GeoDataFrame,
    units: NDArray[np.int64],
    around: NDArray[np.int64],
    rules: Rules,
) -> dict[str, object]:
    """Return everything of a grid that does not depend on its shape or number."""
    households = int(land.households[units].sum())
    first = int(units[0])
    served = units[land.households[units] > 0]
    row: dict[str, object] = {
        "kind": "exclave" if land.detached[first] else "general",
        "area_type": _choose_area_type(land, units),
        "community_id": land.communities[int(land.community[first])],
        "households": households,
        "site_id": "",
        "category": "",
        "wish_unmet": False,
    }
    number = int(carving.number[units].max())
    if number >= 0:
        site = carving.sites[number]
        category = str(sites.at[site, "category"])
        rule = rules.dedicated_rule(category)
        most = rule.max_households if rule else 0
        row |= {"kind": "dedicated", "site_id": site, "category": category, "lower": 0}
        return row | {"upper": most, "in_band": households <= most} | _no_reason()
    wish, hard = choose_band(land, rules, units)
    band = wish if wish.holds(households) else hard
    total = int(around[served].max(initial=0))
    code = explain_grid(land, units, total, hard)
    largest = int(land.households[units].max())
    zh, en = write_reason(code, band=hard, around=total, largest=largest)
    return row | {
        "lower": band.lower,
        "upper": band.upper,
        "in_band": band.holds(households),
        "reason_code": code,
        "reason": zh,
        "reason_en": en,
        "wish_unmet": hard.holds(households) and not wish.holds(households),
    }


def _no_reason() -> dict[str, object]:
    return {"reason_code": "", "reason": "", "reason_en": ""}


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
    frame: pd.DataFrame, order: NDArray[np.int64], territory: Territory, rules: Rules
) -> tuple[pd.DataFrame, list[Finding]]:
    """Add codes and names; the frame stays in its order."""
    communities = territory.units.communities
    sites = territory.units.sites
    counts = frame["community_id"].value_counts()
    serial: dict[str, int] = {}
    codes, names = [""] * len(frame), [""] * len(frame)
    for k in order:
        row = frame.iloc[k]
        owner = str(row["community_id"])
        serial[owner] = serial.get(owner, 0) + 1
        digits = max(rules.code_digits, len(str(counts[owner])))
        codes[k] = make_code(owner, serial[owner], digits)
        title = str(communities.at[owner, "name"]) if owner in communities.index else ""
        site = str(sites.at[row["site_id"], "name"]) if row["site_id"] else ""
        names[k] = make_name(title or owner, serial[owner], kind=str(row["kind"]), site=site)
    named = distinguish([names[k] for k in order])
    for k, name in zip(order, named, strict=True):
        names[k] = name
    long = [str(c) for c in sorted(counts.index) if len(str(counts[c])) > rules.code_digits]
    said = [SERIAL_TOO_LONG.found(long, digits=rules.code_digits)] if long else []
    return frame.assign(code=codes, name=names), said


def _say_division(
    land: Land,
    grids: gpd.GeoDataFrame,
    division: Division,
    unmet: NDArray[np.object_],
) -> list[Finding]:
    said = []
    exclaves = grids[grids["kind"] == "exclave"]
    if len(exclaves):
        points = shapely.point_on_surface(exclaves.geometry.to_numpy())
        where = np.column_stack([shapely.get_x(points), shapely.get_y(points)]).tolist()
        said.append(EXCLAVE_INFERRED.found(exclaves["code"], points=where))
    if len(division.attached):
        said.append(OPEN_LAND_ATTACHED.found(land.ids[division.attached]))
    if len(unmet):
        said.append(WISH_UNMET.found(sorted(grids.loc[unmet, "code"])))
    return said


def _tell_about(territory: Territory, rules: Rules, seed: int) -> dict[str, str]:
    """Return what a plan was made from and by; no clock, no path."""
    import geopandas
    import numba

    import gridmap

    units = territory.units
    planned = int(units.frame["households"].sum())
    about = {
        "seed": str(seed),
        "gridmap": str(getattr(gridmap, "__version__", "")),
        "geopandas": geopandas.__version__,
        "geos": ".".join(map(str, shapely.geos_version)),
        "numba": numba.__version__,
        "numpy": np.__version__,
        "pandas": pd.__version__,
        "shapely": shapely.__version__,
        "datum": units.crs.to_string(),
        "measured_in": units.metric_crs.to_string(),
        "rules": rules.to_toml(),
        "read_households": str(units.read_households),
        "planned_households": str(planned),
        "set_aside_households": str(units.read_households - planned),
    }
    for number, file in enumerate(units.inputs, start=1):
        row = {"name": file.name, "layer": file.layer, "role": file.role, "sha256": file.sha256}
        about[f"input.{number}"] = json.dumps(row, ensure_ascii=False, sort_keys=True)
    return about
