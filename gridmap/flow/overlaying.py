"""Several departments' files in, one merged plan out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gridmap.checks import repair_sources
from gridmap.findings import FindingKind
from gridmap.flow.reading import ReadOptions, prepare_territory
from gridmap.model import ignore_progress
from gridmap.planning import (
    merge_departments,
)
from gridmap.planning.departments import TOLERANCE_M
from gridmap.planning.warming import begin_compiling
from gridmap.rules import Rules
from gridmap.schemas import ROLES, role_of_layer
from gridmap.sources import read_sources
from gridmap.sources.departments import mend_polygons, read_departments

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gridmap.model import Progress, Sources
    from gridmap.planning import Merger
    from gridmap.sources.departments import Departments


COMMUNITIES_FROM_DEPARTMENTS = FindingKind(
    "communities_from_departments",
    "warning",
    en="There is no layer of communities: the land of all departments together was taken for "
    "{count}, one for each connected part.",
    zh="数据中没有社区边界：以各部门网格的总范围代替，按连片划为 {count} 个。",
    cure_en="Give the communities by --base, so that no grid reaches across two of them.",
    cure_zh="请用 --base 提供社区边界，以免网格跨社区。",
)
FINDING_KINDS = (COMMUNITIES_FROM_DEPARTMENTS,)


LAND_DEGREES = 1e-8
"""Outlines of departments nearer than a millimetre are one line (gridmap's own default)."""


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
