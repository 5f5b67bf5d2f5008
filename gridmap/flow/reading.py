"""Files in, a planning problem out: read, check, repair, estimate, units, adjacency."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from gridmap.adjacency import make_territory
from gridmap.checks import check_sources, count_households, repair_sources
from gridmap.errors import RefusedInput
from gridmap.estimates import estimate_households
from gridmap.findings import FindingKind, has_errors, sort_findings
from gridmap.hulls import bound_sources
from gridmap.model import ignore_progress
from gridmap.schemas import role_of_layer
from gridmap.sources import read_sources
from gridmap.units import make_units

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gridmap.findings import Finding
    from gridmap.model import Progress, Sources, Territory
    from gridmap.rules import Rules


NOBODY_INSIDE = FindingKind(
    "nobody_inside",
    "error",
    en="Not one household lies inside the communities: {count} rows lie outside them all.",
    zh="没有一户位于社区边界之内：有 {count} 条记录在所有社区之外。",
    cure_en="Check that boundaries and households are of one place and one datum.",
    cure_zh="请核对社区边界与住户数据是否为同一地区、同一坐标系。",
)
FINDING_KINDS = (NOBODY_INSIDE,)


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
