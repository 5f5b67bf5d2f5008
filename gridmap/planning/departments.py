"""The grids of several departments made one layer (多网合一): refinement, conflicts, merger.

The land between all departments' lines is listed where they disagree; the units of the territory,
which are never cut, vote with the grid they have in each department; the engine draws the layer
that contradicts the departments least, inside the band; and each department is told where its
grids went.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gridmap.boundaries.merging import map_old_to_new, sum_departments
from gridmap.boundaries.overlay import Overlay, overlay_layers, take_grids
from gridmap.boundaries.planes import Plane
from gridmap.errors import InvalidOption
from gridmap.findings import FindingKind, sort_findings
from gridmap.model import ignore_progress
from gridmap.planning.areas import make_area_territory
from gridmap.planning.consensus import (
    count_disagreement,
    count_statements,
    find_votes,
    place_homes,
    reprice,
)
from gridmap.planning.fragments import cut_pieces, frame_conflicts, label_pieces
from gridmap.planning.land import read_land
from gridmap.planning.planner import divide_territory
from gridmap.planning.problems import find_pieces
from gridmap.planning.watching import Watch, stand_watch
from gridmap.rules import Band, BandRule

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray
    from pyproj import CRS

    from gridmap.findings import Finding
    from gridmap.model import Plan, Progress, Territory
    from gridmap.rules import Rules
    from gridmap.sources.departments import Departments

ARE_M2 = 100.0
"""Land is weighed in ares (公亩) where nobody lives: whole numbers, fine enough for a courtyard."""
SPREAD = 2
"""Without households, new grids have between a half and twice the middle area of the departments'
grids: sizes such as there are. gridmap's own default."""
TOLERANCE_M = 5.0
"""Strips that are narrower on average are two hands drawing one line, and no conflict: on a map of
1:2,000 two millimetres and a half, less than a street. gridmap's own default."""
BAND_SOURCE = "given for the merger"
SIZES_SOURCE = "half to twice the middle area of the departments' grids; gridmap's own default"

MERGED = FindingKind(
    "departments_merged",
    "info",
    en="{count} departments' {before} grids became {after}. They disagreed on {area:.1%} of the "
    "land and {households:.1%} of the households; of the pairs of neighbours that departments "
    "have together or apart, by households, {kept:.1%} stay as they have them.",
    zh="{count} 个部门的 {before} 个网格合并为 {after} 个。各部门划法不一致的土地占 {area:.1%}、"
    "户数占 {households:.1%}；按户数加权，各部门对相邻地块“同格或分格”的划法有 {kept:.1%} "
    "得到保留。",
    cure_en="The layers conflicts and mapping of the file say where, and what became of each.",
    cure_zh="详见结果文件的 conflicts 与 mapping 图层。",
)
MERGED_BY_LAND = FindingKind(
    "departments_merged_by_land",
    "warning",
    en="No household is known: {count} pieces of land were weighed by their area, and grids have "
    "{lower:g} to {upper:g} hectares. Workload points of the result are ares (100 m2).",
    zh="没有户数：{count} 个地块按面积计量，网格面积为 {lower:g} 至 {upper:g} 公顷。结果中的"
    "“工作量”1 点为 1 公亩（100 平方米）。",
    cure_en="Give communities, buildings and households by --base, or sizes by --band (hectares).",
    cure_zh="请用 --base 提供社区、楼栋与住户，或用 --band 指定面积区间（公顷）。",
)
UNITS_UNKNOWN = FindingKind(
    "units_of_no_department",
    "warning",
    en="{count} unit(s) with {households} households lie in no grid of any department and were "
    "joined by their borders alone: {places}",
    zh="有 {count} 个单元、{households} 户不在任何部门的网格内，仅按边界划入：{places}",
    cure_en="Check the departments' layers there.",
    cure_zh="请核对各部门在该处的网格。",
)
FINDING_KINDS = (MERGED, MERGED_BY_LAND, UNITS_UNKNOWN)


@dataclass(frozen=True)
class Merger:
    """Several departments' grids and the one layer they became.

    Attributes
    ----------
    plan
        The new layer, a plan like any other; ``about`` has the keys ``overlay.*``.
    overlay
        The common refinement (`gridmap.boundaries.overlay.Overlay`), as the plan is stored.
    conflicts
        GeoDataFrame in lon/lat, the largest first: ``conflict_id``, ``departments`` (those that
        drew it elsewhere, joined by ``;``), ``grids`` (``department:grid`` of each, joined by
        ``;``), ``area_m2``, ``households``, ``lon``, ``lat`` (a point inside), the land.
    mapping
        Old -> new grid of each department (`gridmap.boundaries.merging.map_old_to_new`), with
        ``new_code`` of the new grid.
    departments
        What it means for each (`gridmap.boundaries.merging.sum_departments`).
    fragments
        Land in one grid of every department and one new grid: a column for each department,
        ``new_grid``, ``area_m2``, ``households``.
    disagreement, most_disagreement
        Contradicted pairs of neighbours by households, and all of which departments said anything
        (`gridmap.planning.consensus`).
    """

    plan: Plan
    overlay: Overlay
    conflicts: gpd.GeoDataFrame
    mapping: pd.DataFrame
    departments: pd.DataFrame
    fragments: pd.DataFrame
    disagreement: float
    most_disagreement: float


def merge_departments(  # noqa: PLR0913  # the options of the main job
    departments: Departments,
    territory: Territory | None = None,
    *,
    rules: Rules,
    band: tuple[float, float] | None = None,
    within: gpd.GeoDataFrame | None = None,
    tolerance_m: float = TOLERANCE_M,
    seed: int = 7,
    time_limit_s: float | None = None,
    prove: bool = False,
    progress: Progress = ignore_progress,
) -> Merger:
    r"""Make one layer of the grids of several departments, with the least disagreement.

    Parameters
    ----------
    departments
        From `gridmap.sources.departments.read_departments`.
    territory
        Communities, buildings and compounds as units, which are not cut. Without one, or where it
        has no household, the pieces between the departments' lines are the units.
    rules
        Bands and dedicated sites, as for `gridmap.make_plan`.
    band
        Least and most households of every grid instead of the rules' bands; without households
        hectares, by default `SPREAD` around the middle of the departments' grids.
    within
        Without households: communities (``community_id``), inside which the grids stay; those of
        the territory where there is one.
    tolerance_m
        Strips of the refinement that are narrower on average are no conflict, metres.
    seed, time_limit_s, prove, progress
        As for `gridmap.make_plan`.

    Returns
    -------
    Merger

    Raises
    ------
    InvalidOption
        The band is not 0 < lower <= upper, the time limit is not positive, or the departments
        have no land and nobody is known to live there.

    Notes
    -----
    First zones inside the band, then compounds whole, then the least disagreement, then roads,
    shape and length. Source: issue 4, point 7; FIELD.md section 1 (Zumiao, Bozhou [report]).

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from pyproj import CRS
    >>> from gridmap import Rules
    >>> from gridmap.sources.departments import Departments
    >>> land = lambda middle: gpd.GeoDataFrame({"grid_id": ["1", "2"]}, crs=4490, geometry=[
    ...     shapely.box(113.10, 23, middle, 23.01), shapely.box(middle, 23, 113.12, 23.01)])
    >>> layers = {"police": land(113.11), "civil": land(113.11), "drains": land(113.112)}
    >>> merger = merge_departments(Departments(layers, CRS(4490), CRS(4547)), rules=Rules.preset())
    >>> len(merger.plan.grids), merger.conflicts["departments"].tolist()
    (2, ['drains'])
    >>> merger.departments["U"].tolist(), merger.departments["X"].tolist()
    ([2, 2, 0], [0, 0, 2])
    """
    import geopandas as gpd

    if time_limit_s is not None and not time_limit_s > 0:
        raise InvalidOption("A time limit is above 0.", "时间上限须大于 0。")
    watch = Watch(time_limit_s)
    by_land = territory is None or not int(territory.units.frame["households"].sum())
    if territory is None or by_land:
        layers = _place(departments, departments.crs)
        if territory is not None and within is None:
            within = territory.units.communities.reset_index()
        around = None if within is None else within.to_crs(departments.crs)
        overlay = overlay_layers(
            layers,
            within=around,
            metric_crs=departments.metric_crs,
            sliver_width_m=tolerance_m,
        )
        territory = _make_land(overlay, departments)
        rules, said = _choose_sizes(rules, band, departments, layers, len(overlay.pieces))
    else:
        rules, said = _choose_band(rules, band), []
        crs, metric_crs = territory.units.crs, territory.units.metric_crs
        layers = _place(departments, crs)
        row, points, counts = place_homes(territory.units)
        homes = gpd.GeoDataFrame({"households": counts}, geometry=points, crs=crs)
        overlay = overlay_layers(layers, homes, metric_crs=metric_crs, sliver_width_m=tolerance_m)
    votes = find_votes(territory.units, layers)
    said += _say_unknown(territory, votes)
    units = territory.units
    inputs = (*units.inputs, *departments.inputs)
    territory = replace(territory, units=replace(units, inputs=inputs))
    with stand_watch(watch):
        plan = divide_territory(
            territory,
            rules,
            seed,
            watch,
            progress,
            reprice=lambda land: reprice(land, votes),
            prove=prove,
        )
    fragments = label_pieces(overlay, plan) if by_land else cut_pieces(overlay, plan, row, counts)
    return _tell(plan, overlay, fragments, votes, [*departments.findings, *said])


def _tell(
    plan: Plan,
    overlay: Overlay,
    fragments: pd.DataFrame,
    votes: NDArray[np.object_],
    said: list[Finding],
) -> Merger:
    """Put the merger together, with what is to be said of it."""
    names = overlay.departments
    mapping = map_old_to_new(fragments, names)
    code = plan.grids["code"].astype(str)
    mapping.insert(3, "new_code", mapping["new_grid"].map(code).fillna(""))
    land = read_land(plan.territory, plan.rules)
    lost = count_disagreement(land, votes, plan.assignment)
    every = count_statements(land, votes)
    told = sum_departments(mapping, overlay.conflicts, names)
    summary = MERGED.found(
        count=len(names),
        before=int(told["grids"].sum()),
        after=len(plan.grids),
        area=overlay.score["area"],
        households=overlay.score["households"],
        kept=1 - lost / every if every else 1.0,
    )
    findings = sort_findings([*plan.findings, *overlay.findings, *said, summary])
    about = {
        "overlay.departments": ";".join(names),
        "overlay.grids": ";".join(str(number) for number in told["grids"]),
        "overlay.conflict_area_share": f"{overlay.score['area']:.6f}",
        "overlay.conflict_households_share": f"{overlay.score['households']:.6f}",
        "overlay.disagreement": f"{lost:.0f}",
        "overlay.most_disagreement": f"{every:.0f}",
    }
    plan = replace(plan, findings=findings, about={**plan.about, **about})
    conflicts = frame_conflicts(overlay)
    return Merger(plan, overlay, conflicts, mapping, told, fragments, lost, every)


def _choose_band(rules: Rules, band: tuple[float, float] | None) -> Rules:
    """Return the rules with one hard band of households for every grid, if it is given."""
    if band is None:
        return rules
    lower, upper = band
    if lower != int(lower) or upper != int(upper):
        raise InvalidOption(
            f"A band of households is in whole numbers, not {lower:g}-{upper:g}.",
            f"户数区间须为整数，而不是 {lower:g}-{upper:g}。",
            cure_en="--band 300-500",
            cure_zh="--band 300-500",
        )
    return replace(rules, bands=(BandRule(Band(int(lower), int(upper)), BAND_SOURCE),))


def _choose_sizes(
    rules: Rules,
    band: tuple[float, float] | None,
    departments: Departments,
    layers: dict[str, gpd.GeoDataFrame],
    pieces: int,
) -> tuple[Rules, list[Finding]]:
    """Return rules that count ares, by the band given or by the departments' own grids."""
    if band is None:
        plane = Plane.of(departments.crs, departments.metric_crs)
        shapes = [take_grids(frame, plane)[0] for frame in layers.values()]
        middle = float(np.median(shapely.area(plane.to_metres(np.concatenate(shapes))))) / ARE_M2
        lower, upper = max(1, round(middle / SPREAD)), max(1, round(middle * SPREAD))
    else:
        lower, upper = (round(size * 1e4 / ARE_M2) for size in band)
    source = BAND_SOURCE if band else SIZES_SOURCE
    chosen = replace(
        rules,
        bands=(BandRule(Band(lower, upper), source),),
        dedicated=(),
        weight="workload",
        most_residents=0,
    )
    hectares = [size * ARE_M2 / 1e4 for size in (lower, upper)]
    said = MERGED_BY_LAND.found(count=pieces, lower=hectares[0], upper=hectares[1])
    return chosen, [said]


def _make_land(overlay: Overlay, departments: Departments) -> Territory:
    """Return the pieces as a territory: one community for each connected part of the land."""
    import geopandas as gpd

    pieces = overlay.pieces
    if not len(pieces):
        raise InvalidOption(
            "The departments' grids hold no land.",
            "各部门网格没有可用的用地。",
            cure_en="Check the outlines of the layers.",
            cure_zh="请检查各图层的边界。",
        )
    near = overlay.neighbours[["piece_a", "piece_b"]].to_numpy(np.int64)
    owner = [""] * len(pieces) if "community_id" not in pieces else list(pieces["community_id"])
    free = np.array([not name for name in owner], dtype=bool)
    part = find_pieces(near[free[near].all(axis=1)], len(pieces)) + 1
    width = len(str(len(pieces)))
    areas = gpd.GeoDataFrame(
        {
            "community_id": [name or f"L{n}" for name, n in zip(owner, part, strict=True)],
            "households": 0,
        },
        index=pd.Index([f"piece/{n:0{width}}" for n in range(len(pieces))], dtype=object),
        geometry=pieces.geometry.to_numpy(),
        crs=departments.crs,
    )
    territory = make_area_territory(areas, metric_crs=departments.metric_crs)
    frame = territory.units.frame
    ares = np.maximum(np.rint(frame["area_m2"].to_numpy() / ARE_M2), 0).astype(np.int64)
    frame = frame.assign(workload=ares)
    return replace(territory, units=replace(territory.units, frame=frame))


def _place(departments: Departments, crs: CRS) -> dict[str, gpd.GeoDataFrame]:
    return {name: frame.to_crs(crs) for name, frame in departments.layers.items()}


def _say_unknown(territory: Territory, votes: NDArray[np.object_]) -> list[Finding]:
    """Say which units with households are in no department's grid."""
    frame = territory.units.frame.sort_index()
    homes = frame["households"].to_numpy(np.int64)
    lost = (votes == "").all(axis=1) & (homes > 0)
    if not lost.any():
        return []
    return [UNITS_UNKNOWN.found(frame.index[lost], households=int(homes[lost].sum()))]
