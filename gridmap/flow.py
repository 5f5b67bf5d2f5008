"""The main job in one call: files in, a plan out, every step's findings kept.

The command line, the demo, the notebook and the benchmark all come through this one funnel, so
that a plan made by any of them is the same plan.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from gridmap.adjacency import make_territory
from gridmap.boundaries.reach import SPEED_M_S
from gridmap.boundaries.reach_inputs import take_stations
from gridmap.checks import check_sources, count_households, repair_sources
from gridmap.errors import InvalidOption, RefusedInput
from gridmap.estimates import estimate_households
from gridmap.findings import FindingKind, has_errors, sort_findings
from gridmap.hulls import bound_sources
from gridmap.model import ignore_progress
from gridmap.planning import (
    adopt_communities,
    hash_assignment,
    make_plan,
    measure_service,
    merge_departments,
    rebalance_communities,
)
from gridmap.planning.departments import TOLERANCE_M
from gridmap.planning.serving import MINUTES
from gridmap.planning.warming import begin_compiling
from gridmap.rules import Rules
from gridmap.schemas import ROLES, role_of_layer
from gridmap.sources import read_sources
from gridmap.sources.departments import mend_polygons, read_departments
from gridmap.units import make_units

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gridmap.findings import Finding
    from gridmap.model import Plan, Progress, Sources, Territory
    from gridmap.planning import Merger
    from gridmap.planning.serving import Service, Wish
    from gridmap.sources.departments import Departments


NOBODY_INSIDE = FindingKind(
    "nobody_inside",
    "error",
    en="Not one household lies inside the communities: {count} rows lie outside them all.",
    zh="没有一户位于社区边界之内：有 {count} 条记录在所有社区之外。",
    cure_en="Check that boundaries and households are of one place and one datum.",
    cure_zh="请核对社区边界与住户数据是否为同一地区、同一坐标系。",
)
COMMUNITIES_FROM_DEPARTMENTS = FindingKind(
    "communities_from_departments",
    "warning",
    en="There is no layer of communities: the land of all departments together was taken for "
    "{count}, one for each connected part.",
    zh="数据中没有社区边界：以各部门网格的总范围代替，按连片划为 {count} 个。",
    cure_en="Give the communities by --base, so that no grid reaches across two of them.",
    cure_zh="请用 --base 提供社区边界，以免网格跨社区。",
)
LAND_DEGREES = 1e-8
"""Outlines of departments nearer than a millimetre are one line (gridmap's own default)."""
FINDING_KINDS = (NOBODY_INSIDE, COMMUNITIES_FROM_DEPARTMENTS)


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a user declares about the input, because it can't be seen in it.

    Attributes
    ----------
    layers
        Role -> ``file:layer``.
    columns
        ``role.name`` -> header in the file.
    crs
        File name -> CRS of a file that declares none.
    datums
        Role -> datum of its coordinates (``cgcs2000``, ``wgs84``, ``gcj02``, ``bd09``, EPSG:n).
    admin_level
        Administrative level of the communities in an OpenStreetMap extract.
    households_total
        Known number of households, to which estimates are scaled.
    """

    layers: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    crs: Mapping[str, str] = field(default_factory=dict)
    datums: Mapping[str, str] = field(default_factory=dict)
    admin_level: int | None = None
    households_total: int | None = None


@dataclass(frozen=True, slots=True)
class ReachWish:
    """What communities are asked about the walk to their stations.

    Attributes
    ----------
    stations
        A file of points; None for the layer of stations in the input.
    wish
        ``prefer`` or ``require``, as `gridmap.planning.Service` has them.
    minutes, speed_m_s
        The limit of a walk, and metres a second.
    """

    stations: str | Path | None = None
    wish: Wish = "prefer"
    minutes: float = MINUTES
    speed_m_s: float = SPEED_M_S


def read_with_stations(
    paths: Sequence[str | Path],
    stations: str | Path | None,
    *,
    options: ReadOptions | None = None,
    progress: Progress = ignore_progress,
) -> Sources:
    """Read files as `read_input` does, and a file of stations as the layer ``stations``.

    Parameters
    ----------
    paths
        Files or folders.
    stations
        A file all of whose layers are stations, unless ``options`` names one; None for none. It
        takes the place of a layer of stations in the input.
    options
        What the files do not say about themselves; what is said of the role ``stations``, or of
        this file by its name, is for this file alone.

    Returns
    -------
    Sources
        With the stations in the CRS of the input.

    Raises
    ------
    RefusedInput
        When the file of stations can't be read as points.
    """
    options = options or ReadOptions()
    if stations is None:
        return read_input(paths, options=options, progress=progress)
    name = PurePath(stations).name
    main, own = _divide_options(options, name)
    sources = read_input(paths, options=main, progress=progress)
    read = read_sources(
        [stations],
        layers=own.layers or {"stations": name},
        columns=own.columns,
        crs=own.crs,
        datums=own.datums,
    )
    if has_errors(read.findings):
        raise RefusedInput(read.findings)
    frame = read.layer("stations")
    if frame is None:
        return sources.with_findings(*read.findings)
    found = sources.with_layers(stations=frame.to_crs(sources.crs))
    return replace(found, inputs=(*sources.inputs, *read.inputs)).with_findings(*read.findings)


def _divide_options(options: ReadOptions, name: str) -> tuple[ReadOptions, ReadOptions]:
    """Return what is said of the input, and what of the file of stations."""

    def is_own(key: str) -> bool:
        role = key.partition(".")[0]
        return role_of_layer(role) == "stations" or key == name or key.startswith(f"{name}:")

    kinds = ("layers", "columns", "crs", "datums")
    told = {kind: getattr(options, kind) for kind in kinds}
    main: dict[str, Any] = {}
    own: dict[str, Any] = {}
    for kind, said in told.items():
        main[kind] = {key: value for key, value in said.items() if not is_own(key)}
        own[kind] = {key: value for key, value in said.items() if is_own(key)}
    return replace(options, **main), ReadOptions(**own)


def read_input(
    paths: Sequence[str | Path],
    *,
    options: ReadOptions | None = None,
    progress: Progress = ignore_progress,
) -> Sources:
    """Read files with what the user declared about them, and bound what has no boundary."""
    options = options or ReadOptions()
    sources = read_sources(
        paths,
        layers=options.layers,
        columns=options.columns,
        crs=options.crs,
        datums=options.datums,
        admin_level=options.admin_level,
        progress=progress,
    )
    return bound_sources(sources)


def list_findings(sources: Sources) -> tuple[Finding, ...]:
    """Return what reading said and what checking finds, worst first, each once."""
    return sort_findings(check_sources(sources))


def prepare_territory(
    sources: Sources,
    *,
    rules: Rules,
    households_total: int | None = None,
    progress: Progress = ignore_progress,
) -> Territory:
    """Check and repair what was read, and turn it into a planning problem.

    Raises
    ------
    RefusedInput
        When a finding of severity ``error`` stops the plan; it carries all findings.
    """
    progress("check", 0, 1)
    sources = repair_sources(sources)
    if has_errors(sources.findings):
        raise RefusedInput(sources.findings)
    sources = estimate_households(sources, rules=rules, total=households_total)
    aside = sources.set_aside
    lost = 0 if aside is None else int(aside["households"].sum())
    if count_households(sources) <= lost:
        outside = 0 if aside is None else len(aside)
        raise RefusedInput((*sources.findings, NOBODY_INSIDE.found(count=outside)))
    progress("check", 1, 1)
    units = make_units(sources, rules=rules, progress=progress)
    return make_territory(units, sources, rules=rules, progress=progress)


def plan_files(  # noqa: PLR0913  # the options of the main job
    paths: Sequence[str | Path],
    *,
    rules: Rules | None = None,
    options: ReadOptions | None = None,
    seed: int = 7,
    time_limit_s: float | None = None,
    prove: bool = False,
    level: Literal["grid", "community"] = "grid",
    communities: Plan | None = None,
    from_today: bool = False,
    number: int | None = None,
    locks: Sequence[str] = (),
    reach: ReachWish | None = None,
    progress: Progress = ignore_progress,
) -> Plan:
    """Read files and plan them: the main job.

    Parameters
    ----------
    paths
        Files or folders.
    rules
        The rules to plan by; the preset ``default`` unless given.
    options
        What the input does not say about itself.
    seed
        Same input and seed, same plan.
    time_limit_s
        Ends the search of grids after so many seconds; see `gridmap.make_plan`.
    prove
        Whether to prove that no division is better, or to tell the gap; see `gridmap.make_plan`.
    level
        ``grid``, or ``community`` to draw communities by persons; see `gridmap.make_plan`.
    communities
        A plan of communities of the same input, in which the grids are drawn instead of in
        today's; ``about`` then says which (``communities_from``).
    from_today, number
        Of the level of communities: whether they are today's with the least change, and how many
        there should be; see `gridmap.rebalance_communities`.
    locks
        With ``from_today``: ids of communities and units that stay as they are.
    reach
        With ``from_today``: stations that people want, or have, to be near to.
    progress
        Called as ``progress(step, done, total)``.

    Raises
    ------
    RefusedInput
        When the input has findings that stop a plan, or ``communities`` were drawn from other data.
    InvalidOption
        When ``communities`` is a plan of grids, or is given for the level of communities.
    UnreadableFile
        When a file can't be read.
    """
    rules = rules or Rules.preset("default")
    options = options or ReadOptions()
    begin_compiling(loaded=rules.most_residents > 0)
    station_file = None if reach is None else reach.stations
    sources = read_with_stations(paths, station_file, options=options, progress=progress)
    territory = prepare_territory(
        sources, rules=rules, households_total=options.households_total, progress=progress
    )
    if communities is not None:
        territory = _adopt(territory, communities, level)
    if from_today:
        return rebalance_communities(
            territory,
            rules=rules,
            number=number,
            locks=locks,
            service=None if reach is None else _serve(territory, sources, reach),
            seed=seed,
            time_limit_s=time_limit_s,
            progress=progress,
        )
    made = make_plan(
        territory,
        rules=rules,
        seed=seed,
        time_limit_s=time_limit_s,
        level=level,
        prove=prove,
        progress=progress,
    )
    if communities is None:
        return made
    return replace(made, about={**made.about, "communities_from": hash_assignment(communities)})


def _serve(territory: Territory, sources: Sources, reach: ReachWish) -> Service:
    """Return who can walk to which station of the input in time."""
    stations, said = take_stations(sources)
    service = measure_service(
        territory,
        sources.layer("roads"),
        stations,
        wish=reach.wish,
        minutes=reach.minutes,
        speed_m_s=reach.speed_m_s,
    )
    return replace(service, findings=sort_findings([*said, *service.findings]))


def _adopt(territory: Territory, communities: Plan, level: str) -> Territory:
    """Return the territory with the communities of a plan."""
    if level == "community":
        raise InvalidOption(
            "Grids are drawn in communities of a plan, not communities.",
            "社区方案用于在其中划分网格，不能同时再划分社区。",
            cure_en="leave out --level community, or --communities",
            cure_zh="请去掉 --level community 或 --communities",
        )
    return adopt_communities(territory, communities)


def overlay_files(  # noqa: PLR0913  # the options of the main job
    paths: Sequence[str | Path],
    *,
    base: Sequence[str | Path] = (),
    rules: Rules | None = None,
    band: tuple[float, float] | None = None,
    tolerance_m: float = TOLERANCE_M,
    options: ReadOptions | None = None,
    seed: int = 7,
    time_limit_s: float | None = None,
    prove: bool = False,
    progress: Progress = ignore_progress,
) -> Merger:
    """Read the grids of several departments and make them one layer.

    Parameters
    ----------
    paths
        Files or folders: every polygon layer is one department's.
    base
        Files or folders with communities, buildings, households, compounds, roads. Where it has
        no communities, the departments' land is one for each connected part.
    rules, seed, time_limit_s, prove
        As for `plan_files`.
    band, tolerance_m
        As for `gridmap.planning.merge_departments`.
    options
        Columns and datums of the role ``grids`` are for the departments, those of other roles for
        the base; a CRS is for whichever file it names.
    progress
        Called as ``progress(step, done, total)``.

    Returns
    -------
    Merger

    Raises
    ------
    RefusedInput
        When the input has findings that stop a plan.
    InvalidOption, UnknownName, UnreadableFile
        As `plan_files` does.
    """
    rules = rules or Rules.preset("default")
    options = options or ReadOptions()
    begin_compiling(loaded=rules.most_residents > 0)
    above, below = _share_options(options, base)
    departments = read_departments(
        paths, columns=above.columns, crs=above.crs, datums=above.datums, progress=progress
    )
    territory = within = None
    if base:
        sources = read_sources(
            base,
            layers=below.layers,
            columns=below.columns,
            crs=below.crs,
            datums=below.datums,
            admin_level=below.admin_level,
            progress=progress,
        )
        if {"households", "buildings"} & set(sources.layers):
            territory = prepare_territory(
                cover_departments(sources, departments),
                rules=rules,
                households_total=below.households_total,
                progress=progress,
            )
        else:
            within = repair_sources(sources).layers.get("communities")
    return merge_departments(
        departments,
        territory,
        rules=rules,
        band=band,
        within=within,
        tolerance_m=tolerance_m,
        seed=seed,
        time_limit_s=time_limit_s,
        prove=prove,
        progress=progress,
    )


def _share_options(
    options: ReadOptions, base: Sequence[str | Path]
) -> tuple[ReadOptions, ReadOptions]:
    """Return the options of the departments' files and those of the base."""
    files = [Path(path) for path in base]
    files += [file for path in files if path.is_dir() for file in path.rglob("*")]
    known = {name.casefold() for file in files for name in (file.name, file.stem)}

    def share(texts: Mapping[str, str], *, by_role: bool) -> tuple[dict[str, str], dict[str, str]]:
        shares: tuple[dict[str, str], dict[str, str]] = ({}, {})
        for key, value in texts.items():
            name = key.split(".")[0] if by_role else key
            role = name if name in ROLES else role_of_layer(name)
            file = key.rsplit(":", 1)[0].casefold()
            theirs = role not in ("", "grids") if role or by_role else file in known
            shares[int(theirs)][key] = value
        return shares

    columns = share(options.columns, by_role=True)
    crs = share(options.crs, by_role=False)
    datums = share(options.datums, by_role=False)
    return (
        replace(options, layers={}, columns=columns[0], crs=crs[0], datums=datums[0]),
        replace(options, columns=columns[1], crs=crs[1], datums=datums[1]),
    )


def cover_departments(sources: Sources, departments: Departments) -> Sources:
    """Return the sources with the departments' land as communities, where they have none.

    Parameters
    ----------
    sources
        As read.
    departments
        Whose land it is.

    Returns
    -------
    Sources
        With one community for each connected part of the land, ``L1``, ``L2``, ... from west to
        east, and a finding that says so.
    """
    if "communities" in sources.layers:
        return sources
    import geopandas as gpd
    import shapely

    shapes = [mend_polygons(frame.geometry.to_numpy()) for frame in departments.layers.values()]
    land = shapely.union_all(np.concatenate(shapes), grid_size=LAND_DEGREES)
    parts = shapely.get_parts(land)
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    parts = parts[np.lexsort(shapely.bounds(parts).T[::-1])]
    ids = [f"L{number}" for number in range(1, len(parts) + 1)]
    values = {"community_id": ids, "name": ids, "township": "", "area_type": "urban"}
    layer = gpd.GeoDataFrame(values, geometry=parts, crs=departments.crs).to_crs(sources.crs)
    said = COMMUNITIES_FROM_DEPARTMENTS.found(ids)
    return sources.with_layers(communities=layer).with_findings(said)
