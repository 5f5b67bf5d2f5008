"""The few types that flow through gridmap, in the order of the planner's day.

    files -> Sources -> Units -> Territory -> Plan -> Scorecard
                                              Plan -> Release -> Placement (gridmap.locating)

Types know, functions do: nothing here reads a file or decides. All types are frozen; a function
returns a new one. Every geometry is in lon/lat degrees in ``crs`` (EPSG:4490 inside China, else
EPSG:4326); lengths and areas are measured in ``metric_crs`` and carry their unit in the name
(``_m``, ``_m2``).

Ids are strings that the user gave or that were minted once; an absent id or text is ``""`` in
memory and NULL in a file, never NaN. Frames are sorted by their id, so that equal input gives
equal bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import geopandas as gpd
    import networkx as nx
    import pandas as pd
    from pyproj import CRS

    from gridmap.findings import Finding
    from gridmap.rules import Rules

Progress = Callable[[str, int, int], None]
"""Called as ``progress(step, done, total)``; ``step`` is a key of ``gridmap.terms.STEPS``."""


def ignore_progress(step: str, done: int, total: int) -> None:
    """Take a progress report and do nothing: the default."""


def _rebuild(kind: type[object], values: dict[str, object]) -> object:
    """Make a value again that was sent to another process: a mapping proxy can't be pickled."""
    return kind(**values)


@dataclass(frozen=True, slots=True)
class InputFile:
    """One layer of one file that was read: for the plan's ``about`` table.

    Attributes
    ----------
    name
        File name without its folder (a folder may name a person or a machine).
    layer, role
        The layer inside the file, and what it was read as.
    sha256
        Hash of the file's bytes, hexadecimal.
    rows
        Rows read.
    crs
        What the file declared, or what the user declared for it.
    encoding
        Text encoding used, and whether it was declared or detected.
    """

    name: str
    layer: str
    role: str
    sha256: str
    rows: int
    crs: str
    encoding: str = ""


@dataclass(frozen=True)
class Sources:
    """What was read: one frame a role, in canonical columns, geometry in lon/lat.

    Attributes
    ----------
    layers
        Role -> GeoDataFrame with a RangeIndex in the order of the input. The roles and their
        columns stand in `gridmap.schemas`; unknown columns are kept behind the canonical ones.
    crs, metric_crs
        Where geometry is stored; where it is measured.
    findings
        What was said so far (by reading, then by repairing and estimating).
    inputs
        The files, for the record.
    read_households
        Households in the input before anything was set aside; households planned plus
        households listed in findings equal this number.
    set_aside
        Rows that no plan can hold (a household outside every community, without a place, twice
        in the file): columns ``id``, ``role``, ``households``, ``code`` (of the finding).
    """

    layers: Mapping[str, gpd.GeoDataFrame]
    crs: CRS
    metric_crs: CRS
    findings: tuple[Finding, ...] = ()
    inputs: tuple[InputFile, ...] = ()
    read_households: int = 0
    set_aside: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", MappingProxyType(dict(self.layers)))

    def __reduce__(self) -> tuple[object, ...]:
        values = {**self.__dict__, "layers": dict(self.layers)}
        return _rebuild, (Sources, values)

    def layer(self, role: str) -> gpd.GeoDataFrame | None:
        """Return a copy of the frame of a role, or None when the input has none."""
        frame = self.layers.get(role)
        return None if frame is None else frame.copy()

    def with_layers(self, **frames: gpd.GeoDataFrame) -> Sources:
        """Return the same sources with some roles replaced or added."""
        return replace(self, layers={**self.layers, **frames})

    def with_findings(self, *findings: Finding) -> Sources:
        """Return the same sources with findings appended."""
        return replace(self, findings=self.findings + findings)


UNIT_KINDS = ("compound", "village", "building", "entrance", "site", "households", "open", "area")
"""compound 小区, village 自然村/村民小组, building 楼栋, entrance 单元 (of a building above the
band), site 场所, households (points without a building), open (land without households), area (a
grid, or an area of which only the count is known, taken whole)."""

LANDMARK_KINDS = ("road", "river", "railway", "wall", "compound")
"""What people tell a border by, in the order in which it is named where several lie there."""


@dataclass(frozen=True)
class Units:
    """The smallest pieces of land that are not cut; they tile every community.

    Attributes
    ----------
    frame
        GeoDataFrame indexed by ``unit_id``, sorted; one polygon in one piece each; columns
        ``community_id``, ``kind`` (one of `UNIT_KINDS`), ``compound_id``, ``site_id``,
        ``building_id`` (``""`` where it does not apply), ``age_class``, ``area_type``,
        ``households`` (int), ``area_m2``, ``perimeter_m``; where the input has them also
        ``residents``, ``workload`` (int) and ``current_grid`` (today's grid, ``""`` for none).
    communities
        GeoDataFrame indexed by ``community_id``, sorted: the land as tiled (overlaps given to
        one); columns ``name``, ``township``, ``area_type``, ``households``, ``area_m2``.
    members
        What stands in which unit: ``building_id``, ``household_id`` (one of the two is ``""``),
        ``unit_id``, ``households``. A household in a known building is counted there and is not
        a row of its own (personal data is kept no finer than needed: FIELD.md section 7).
        ``place_id``, where ``buildings`` is known, is the row of ``buildings`` counted there. In a
        subdivided plan a building that is split has a row for each part: ``entrance`` and
        ``floors`` (``"1-3"``, ``""`` for all), ``micro_grid_id``, ``link_unit_id``.
    sites
        GeoDataFrame indexed by ``site_id``: ``name``, ``category``, ``owner``, ``area_m2``.
    places
        Standard addresses down to a building, site or door number, never a room: ``text``,
        ``elements`` (JSON), ``building_id``, ``unit_id``, ``lon``, ``lat``.
    buildings
        What stands inside the units, for the levels below a grid; None where it is not known.
        GeoDataFrame indexed by ``place_id``: ``building_id`` (``""`` for households without one),
        ``unit_id``, ``floors``, ``entrances`` (0 unknown), ``households``; a footprint, or a
        point for a building that is not drawn. Households without a building are rows of at
        least `gridmap.units.standing.LEAST_CLUSTER` households around one point; fewer have no
        geometry.
    landmarks
        The lines and outlines that people tell borders by, None where the input has none (and for a
        plan file of an older gridmap): ``kind`` (one of `LANDMARK_KINDS`), ``name``,
        ``class`` (of a road; each ``""`` where unknown), geometry.
    """

    frame: gpd.GeoDataFrame
    communities: gpd.GeoDataFrame
    members: pd.DataFrame
    sites: gpd.GeoDataFrame
    places: pd.DataFrame
    crs: CRS
    metric_crs: CRS
    findings: tuple[Finding, ...] = ()
    inputs: tuple[InputFile, ...] = ()
    read_households: int = 0
    buildings: gpd.GeoDataFrame | None = None
    landmarks: gpd.GeoDataFrame | None = None


@dataclass(frozen=True)
class Territory:
    """Units and what lies between them: the problem that is planned.

    Attributes
    ----------
    units
        As made by `gridmap.make_units`.
    borders
        One row for each pair of units that share a border of positive length, inside one
        community or across two: ``unit_a`` < ``unit_b``, ``length_m``, ``same_community``,
        ``same_compound``, ``road_class`` (``""`` or one of ``gridmap.schemas.ROAD_CLASSES``, the
        highest along the border), ``river``, ``railway``, ``wall``, ``bridge`` (a road crosses the
        river or railway there), ``clear_m`` (metres of the border on a road, river, railway or
        compound line), ``passable`` (whether one grid may lie on both sides: same community, and
        no river without a bridge). Sorted by ``unit_a``, ``unit_b``.
    findings
        Everything said so far, the units' findings included.
    """

    units: Units
    borders: pd.DataFrame
    findings: tuple[Finding, ...] = ()

    def to_networkx(self) -> nx.Graph[str]:
        """Return the units as nodes and the borders as edges, with all their columns."""
        import networkx as nx

        graph: nx.Graph[str] = nx.Graph()
        attributes = self.units.frame.drop(columns="geometry").to_dict("index")
        graph.add_nodes_from((str(unit), row) for unit, row in attributes.items())
        for row in self.borders.to_dict("records"):
            values = {str(key): value for key, value in row.items()}
            graph.add_edge(values.pop("unit_a"), values.pop("unit_b"), **values)
        return graph


CHANGES = ("U", "S", "M", "X")
"""What became of a grid when its plan was replanned: unchanged, split, merged, redrawn."""
STATUSES = ("kept", "new", "retired")
"""Whether a grid is in both plans, in the new one only, or no more."""
GRID_KINDS = ("general", "dedicated", "exclave")
REASONS = (
    "too_few_households",
    "building_too_large",
    "total_impossible",
    "units_do_not_fit",
    "number_impossible",
    "load_impossible",
    "locked",
    "not_reached",
    "load_not_reached",
    "zone_kept",
)
"""Why a grid is outside its band; the sentences stand in `gridmap.terms`."""


@dataclass(frozen=True)
class Plan:
    """A division of a territory into grids.

    Attributes
    ----------
    grids
        GeoDataFrame indexed by ``grid_id``, sorted by ``code``; columns of DESIGN.md section 3:
        ``code``, ``name``, ``kind`` (one of `GRID_KINDS`), ``area_type``, ``community_id``,
        ``households``, ``lower``, ``upper``, ``in_band`` (bool), ``reason_code`` (``""`` or one
        of `REASONS`), ``reason`` (Chinese), ``reason_en``, ``area_m2``, ``perimeter_m``; and
        ``site_id``, ``category`` (dedicated), ``host_id`` (exclave: the community around it;
        the owner is ``community_id``); ``residents`` and ``workload`` where they are known. With
        ``Rules.weight = "workload"`` the bounds are in workload points. The land of the grids
        tiles every community exactly.
    territory
        The units, borders and communities that were planned.
    assignment
        Series unit_id -> grid_id, sorted by unit_id.
    rules
        The rules the plan was made by.
    findings
        Everything said from reading to planning, worst first.
    about
        Key -> value: seed, versions, input hashes, datum, rules as TOML; no clock, no path.
    changes
        What `gridmap.replan` changed, None for a plan that is not one of an earlier plan's:
        indexed by ``grid_id`` (of this plan, then of retired grids), columns ``code``,
        ``community_id``, ``status`` (``kept``, ``new``, ``retired``), ``change`` (one of
        `CHANGES`), ``from_ids`` and ``to_ids`` (grid ids, joined by ``;``),
        ``households_before``, ``households_after``, ``households_in``, ``households_out``,
        ``units_in``, ``units_out``, ``cause_code``,
        ``cause`` (Chinese), ``cause_en``. ``docs/replan.md`` defines each.
    micro_grids, link_units
        The levels below the grids, None when not drawn (`gridmap.subdivide_plan`): indexed by
        ``micro_grid_id`` and ``link_unit_id``, sorted by ``code``; ``code``, ``name``,
        ``grid_id``, (``micro_grid_id``), ``community_id``, ``households``, ``lower``, ``upper``,
        ``in_band``, ``reason_code``, ``reason``, ``reason_en``, ``buildings`` (a split one counts
        in each part), ``floors`` (``"1-9"`` where zones lie over one another on the same land,
        else ``""``), ``area_m2``, ``perimeter_m``. Those of one grid tile it.
    """

    grids: gpd.GeoDataFrame
    territory: Territory
    assignment: pd.Series
    rules: Rules
    findings: tuple[Finding, ...] = ()
    about: Mapping[str, str] = field(default_factory=dict)
    changes: pd.DataFrame | None = None
    micro_grids: gpd.GeoDataFrame | None = None
    link_units: gpd.GeoDataFrame | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "about", MappingProxyType(dict(self.about)))

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (Plan, {**self.__dict__, "about": dict(self.about)})


@dataclass(frozen=True)
class Scorecard:
    """How good a plan is, in all and by grid; the definitions stand in ``docs/scores.md``.

    Attributes
    ----------
    totals
        Measure -> number, in the order that ``gridmap score --json`` prints.
    by_grid
        Frame indexed by ``grid_id`` with the measures of each grid.
    """

    totals: Mapping[str, float | int]
    by_grid: pd.DataFrame
