"""Below the grids: micro-grids and link units, by the engine that drew the grids.

buildings -> entrances -> floors         atoms
their land                               cells
what touches what                        ground
one level after the other                layering
codes, names, reasons                    layer_frames
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridmap.errors import InvalidOption
from gridmap.findings import FindingKind, sort_findings
from gridmap.planning.atoms import grow_cells, list_atoms, merge_members
from gridmap.planning.ground import read_ground
from gridmap.planning.layer_frames import frame_layer
from gridmap.planning.layer_members import frame_members
from gridmap.planning.layering import divide_layer, seed_batches, start_layer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.findings import Finding
    from gridmap.model import Plan, Units
    from gridmap.planning.atoms import Atoms, Cells
    from gridmap.planning.layer_members import Drawn
    from gridmap.planning.layering import Layer
    from gridmap.rules import Rules

LEVELS = ("micro_grid", "link_unit")
"""The levels below a grid, from above."""

SPLIT_BY_ENTRANCE = FindingKind(
    "level_split_by_entrance",
    "info",
    en="{count} buildings hold more households than a micro-grid or link unit may; their "
    "entrances, taken as equally large, were shared among several: {places}.",
    zh="{count} 栋楼的户数超过微网格或联户单元上限，已按单元（各单元户数视为相等）分入多个："
    "{places}。",
    cure_en="Check the households of each entrance.",
    cure_zh="请核对各单元的实际户数。",
)
SPLIT_BY_FLOOR = FindingKind(
    "level_split_by_floor",
    "info",
    en="{count} buildings or entrances were divided by floors, taken as equally large; what lies "
    "over one another has the same polygon: {places}.",
    zh="{count} 栋楼（或单元）已按楼层（各层户数视为相等）划分，上下各部分的图形相同：{places}。",
    cure_en="Check the floors of each part in the table members.",
    cure_zh="请在 members 表中核对各部分的楼层。",
)
OUTSIDE = FindingKind(
    "level_outside_band",
    "warning",
    en="{count} micro-grids or link units are outside their band; each says why: {places}.",
    zh="{count} 个微网格或联户单元的户数超出区间，原因见各自说明：{places}。",
    cure_en="Give entrances and floors of large buildings; small grids have no cure.",
    cure_zh="大楼请补充单元数和楼层数；规模较小的网格无需处理。",
)
PLACELESS = FindingKind(
    "level_households_without_place",
    "info",
    en="{count} households without a building were counted at another building of their unit: "
    "{places}.",
    zh="{count} 户未对应楼栋，已随所在单元的其他楼栋计入：{places}。",
    cure_en="Give these households the number of their building.",
    cure_zh="请为这些住户填写楼栋号。",
)
UNITS_ONLY = FindingKind(
    "level_without_buildings",
    "warning",
    en="The buildings inside {count} units are not known, so no unit was cut: {places}.",
    zh="{count} 个单元内的楼栋未知，未作拆分：{places}。",
    cure_en="Plan again from the sources with this version: gridmap plan INPUT --micro-grids.",
    cure_zh="请用当前版本由原始数据重新划分：gridmap plan 输入数据 --micro-grids。",
)
FINDING_KINDS = (SPLIT_BY_ENTRANCE, SPLIT_BY_FLOOR, OUTSIDE, PLACELESS, UNITS_ONLY)


def subdivide_plan(
    plan: Plan,
    *,
    rules: Rules | None = None,
    seed: int = 7,
    levels: tuple[str, ...] = LEVELS,
) -> Plan:
    """Draw micro-grids inside the grids of a plan, and link units inside those.

    Parameters
    ----------
    plan
        Any plan, also one read from a file; earlier micro-grids and link units are replaced.
    rules
        For the bands ``micro_grids`` and ``link_units``; the plan's own unless given.
    seed
        The same plan, rules and seed give the same levels on any machine.
    levels
        Which levels to draw: some of `LEVELS`. Link units are drawn inside micro-grids where
        these are drawn, else inside grids.

    Returns
    -------
    Plan
        With ``micro_grids`` and ``link_units``; the members of its units say who is in which,
        the units which micro-grid holds all of them. Grids stay as they are. Grids without
        households get no zones.

    Raises
    ------
    InvalidOption
        When ``levels`` names no known level.

    Notes
    -----
    Source: FIELD.md sections 1 and 2: micro-grids of at most 100 households, link units of about
    30 or about 10; the issue: whole buildings first, entrances and floors where a building is
    larger.

    Examples
    --------
    >>> import gridmap
    >>> from gridmap.testing import draw_territory
    >>> rules = gridmap.Rules.preset()
    >>> plan = gridmap.make_plan(draw_territory("abcdef", households=70), rules=rules)
    >>> below = subdivide_plan(plan, levels=("micro_grid",))
    >>> below.micro_grids[["code", "households"]].values.tolist()[:2]
    [['C100101', 70], ['C100102', 70]]
    """
    rules = rules or plan.rules
    wanted = tuple(level for level in LEVELS if level in levels)
    if not wanted or set(levels) - set(LEVELS):
        raise InvalidOption(
            f"levels must be some of {', '.join(LEVELS)}.",
            f"levels 只能取 {'、'.join(LEVELS)}。",
        )
    bands = {"micro_grid": rules.micro_grids, "link_unit": rules.link_units}
    units = strip_levels(plan.territory.units)
    atoms = list_atoms(units, most=min(bands[level].upper for level in wanted))
    cells = grow_cells(units, atoms)
    ids = plan.grids.index.to_numpy(object)
    grid_of_unit = plan.grids.index.get_indexer(
        pd.Index(plan.assignment.reindex(units.frame.index))
    )
    grid = grid_of_unit[cells.unit].astype(np.int64)
    ground = read_ground(replace(plan.territory, units=units), cells, grid)
    parents = plan.grids[["code", "name", "community_id"]].reset_index(drop=True)
    parents = pd.DataFrame(parents).assign(id=ids, grid_id=ids, micro_grid_id="")
    communities = tuple(sorted(set(parents["community_id"])))
    layer = start_layer(atoms, cells, grid, len(ids))
    drawn: Drawn = {}
    for level in wanted:
        batch = pd.Index(communities).get_indexer(pd.Index(parents["community_id"]))
        layer = divide_layer(
            layer,
            atoms,
            cells,
            ground,
            rule=bands[level],
            batch=batch.astype(np.int64),
            seeds=seed_batches(seed, level, communities),
        )
        frame, names = frame_layer(
            layer, atoms, cells, units, parents, rule=bands[level], level=level
        )
        drawn[level] = (layer, frame, names)
        parents = pd.DataFrame(frame.drop(columns="geometry")).reindex(names)
        parents = parents.assign(id=names, micro_grid_id=names).reset_index(drop=True)
    return _assemble(plan, rules, units, atoms, cells, drawn, seed)


def strip_levels(units: Units) -> Units:
    """Return units as they were before any subdivision.

    Parameters
    ----------
    units
        Units of any plan.
    """
    frame = units.frame.drop(columns="micro_grid_id", errors="ignore")
    return replace(units, frame=frame, members=merge_members(units.members))


def _assemble(
    plan: Plan,
    rules: Rules,
    units: Units,
    atoms: Atoms,
    cells: Cells,
    drawn: Drawn,
    seed: int,
) -> Plan:
    """Return the plan with its levels, members, findings and what it was made by."""
    members = frame_members(units, atoms, cells, drawn)
    frame = units.frame
    if "micro_grid" in drawn:
        layer, _, names = drawn["micro_grid"]
        frame = frame.assign(micro_grid_id=_find_unit_zones(layer, cells, names, len(frame)))
    codes = {kind.code for kind in FINDING_KINDS}
    kept = [finding for finding in plan.findings if finding.code not in codes]
    said = _say_levels(units, atoms, drawn)
    own = {
        f"levels.{key}": value for key, value in (("seed", str(seed)), ("drawn", ",".join(drawn)))
    }
    about = {key: value for key, value in plan.about.items() if not key.startswith("levels.")}
    whole = replace(units, frame=frame, members=members)
    return replace(
        plan,
        territory=replace(plan.territory, units=whole),
        rules=rules,
        findings=sort_findings([*kept, *said]),
        about={**about, **own, "rules": rules.to_toml()},
        micro_grids=drawn["micro_grid"][1] if "micro_grid" in drawn else None,
        link_units=drawn["link_unit"][1] if "link_unit" in drawn else None,
    )


def _find_unit_zones(
    layer: Layer, cells: Cells, names: NDArray[np.object_], size: int
) -> NDArray[np.object_]:
    """Return the one zone that holds all of a unit, ``""`` where several share it."""
    low = np.full(size, layer.size, np.int64)
    high = np.full(size, -1, np.int64)
    np.minimum.at(low, cells.unit, layer.cell_zone)
    np.maximum.at(high, cells.unit, layer.cell_zone)
    floating = np.bincount(layer.land, minlength=layer.size) > 1
    one = (low == high) & (low >= 0) & ~np.append(floating, False)[np.minimum(low, layer.size)]
    return np.where(one, np.append(names, "")[np.where(one, low, -1)], "").astype(object)


def _say_levels(
    units: Units,
    atoms: Atoms,
    drawn: Drawn,
) -> list[Finding]:
    """Say what was split, what was counted elsewhere, and what is outside its band."""
    said: list[Finding] = []
    known = units.buildings
    if known is None:
        said.append(UNITS_ONLY.found(units.frame.index[units.frame["households"] > 0]))
        names = units.frame.index.to_numpy(object)[atoms.unit]
    else:
        row = known.index.get_indexer(pd.Index(atoms.place_id))
        unit = units.frame.index.to_numpy(object)[atoms.unit]
        building = np.append(known["building_id"].to_numpy(object), "")[row]
        names = np.where(building == "", unit, building)
    split: set[str] = set()
    stacked: set[str] = set()
    for layer, _, _ in drawn.values():
        pairs = np.unique(np.column_stack([atoms.place[layer.atom], layer.zone]), axis=0)
        several = np.isin(atoms.place, np.flatnonzero(np.bincount(pairs[:, 0]) > 1))
        split |= set(names[several & (atoms.entrance > 0)].tolist())
        stacked |= set(names[layer.atom[layer.first_floor > 0]].tolist())
    if split:
        said.append(SPLIT_BY_ENTRANCE.found(sorted(split)))
    if stacked:
        said.append(SPLIT_BY_FLOOR.found(sorted(stacked)))
    if atoms.counted_at:
        moved = [key for key, place in atoms.counted_at.items() if key[1] != place]
        members = merge_members(units.members)
        pair = pd.MultiIndex.from_frame(members[["unit_id", "place_id"]])
        count = int(members["households"][pair.isin(moved)].sum()) if moved else 0
        if count:
            said.append(PLACELESS.found(sorted({unit for unit, _ in moved}), count=count))
    outside = [
        str(code) for _, frame, _ in drawn.values() for code in frame["code"][~frame["in_band"]]
    ]
    if outside:
        said.append(OUTSIDE.found(outside))
    return said
