"""Which tables a plan file has, and which columns: as data.

Columns of the contract (DESIGN.md section 3) come first, in the contract's order. A column that
is not listed here is kept behind the listed ones.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

FORMAT = "gridmap-plan"
VERSION = "1"
"""Raised when an older gridmap could no longer read the file."""

FORMAT_KEY = "file.format"
VERSION_KEY = "file.version"
METRIC_CRS_KEY = "file.metric_crs"
RULES_KEY = "file.rules"
INPUTS_KEY = "file.inputs"
READ_HOUSEHOLDS_KEY = "file.read_households"
OWN_PREFIX = "file."
"""Keys of the table ``about`` that belong to the file; all others are ``Plan.about``."""

ColumnKind = Literal["text", "integer", "order", "real", "flag"]
"""A flag is True or False in memory and 1 or 0 in the file; an order is a position counted from 1,
or NULL."""


class Column(NamedTuple):
    """A column of the plan file: its name and what it holds."""

    name: str
    kind: ColumnKind


class Table(NamedTuple):
    """A table or layer of the plan file.

    Attributes
    ----------
    name
        Its name in the file.
    key
        The column that identifies a row and indexes the frame in memory; ``""`` for a plain list.
    geometry
        ``polygon`` (each row has one), ``any`` (a row may have one) or ``none``.
    columns
        The listed columns, in the order of the file.
    derived
        Columns that repeat what another table says: written for the reader of the file, not read.
    memory
        The order of the columns in `gridmap.model`, where it differs from the file's.
    """

    name: str
    key: str
    geometry: Literal["polygon", "any", "none"]
    columns: tuple[Column, ...]
    derived: tuple[str, ...] = ()
    memory: str = ""

    def names(self, *kinds: ColumnKind) -> list[str]:
        """Return the names of the columns, or of those of some kinds."""
        return [column.name for column in self.columns if not kinds or column.kind in kinds]


def _columns(text: str) -> tuple[Column, ...]:
    """Read ``name`` (text), or ``name:x`` with the first letter of its kind."""
    kinds: dict[str, ColumnKind] = {
        "": "text",
        "i": "integer",
        "o": "order",
        "r": "real",
        "f": "flag",
    }
    return tuple(
        Column(name, kinds[letter])
        for name, _, letter in (word.partition(":") for word in text.split())
    )


GRIDS = Table(
    "grids",
    "grid_id",
    "polygon",
    _columns(
        "grid_id code name kind area_type community_id households:i lower:i upper:i in_band:f "
        "reason area_m2:r perimeter_m:r reason_code reason_en site_id category host_id"
    ),
    memory="code name kind area_type community_id households lower upper in_band reason_code "
    "reason reason_en area_m2 perimeter_m site_id category host_id",
)
UNITS = Table(
    "units",
    "unit_id",
    "polygon",
    _columns(
        "unit_id grid_id micro_grid_id community_id compound_id building_id households:i "
        "kind site_id age_class area_type area_m2:r perimeter_m:r"
    ),
    memory="community_id kind compound_id site_id building_id age_class area_type households "
    "area_m2 perimeter_m",
)
MEMBERS = Table(
    "members",
    "",
    "none",
    _columns("building_id household_id unit_id grid_id households:i"),
    derived=("grid_id",),
)
ADDRESSES = Table(
    "addresses",
    "",
    "none",
    _columns("text elements building_id grid_id lon:r lat:r unit_id"),
    derived=("grid_id",),
    memory="text elements building_id unit_id lon lat",
)
COMMUNITIES = Table(
    "communities",
    "community_id",
    "polygon",
    _columns("community_id name township area_type households:i area_m2:r"),
)
SITES = Table("sites", "site_id", "any", _columns("site_id name category owner area_m2:r"))
BORDERS = Table(
    "borders",
    "",
    "none",
    _columns(
        "unit_a unit_b length_m:r same_community:f same_compound:f road_class river:f railway:f "
        "wall:f bridge:f clear_m:r passable:f"
    ),
)
FINDINGS = Table(
    "findings",
    "",
    "none",
    _columns(
        "code severity count:i where en zh cure_en cure_zh points plan_order:o "
        "territory_order:o units_order:o"
    ),
)
ABOUT = Table("about", "", "none", _columns("key value"))

CHANGES = Table(
    "changes",
    "grid_id",
    "none",
    _columns(
        "grid_id code community_id status change from_ids to_ids households_before:i "
        "households_after:i households_in:i households_out:i units_in:i units_out:i cause_code "
        "cause cause_en"
    ),
)
BUILDINGS = Table(
    "buildings",
    "place_id",
    "any",
    _columns("place_id building_id unit_id floors:i entrances:i households:i"),
)
MICRO_GRIDS = Table(
    "micro_grids",
    "micro_grid_id",
    "polygon",
    _columns(
        "micro_grid_id code name grid_id community_id households:i lower:i upper:i in_band:f "
        "reason_code reason reason_en buildings:i floors area_m2:r perimeter_m:r"
    ),
)
LINK_UNITS = Table(
    "link_units",
    "link_unit_id",
    "polygon",
    _columns(
        "link_unit_id code name grid_id micro_grid_id community_id households:i lower:i upper:i "
        "in_band:f reason_code reason reason_en buildings:i floors area_m2:r perimeter_m:r"
    ),
)
LANDMARKS = Table("landmarks", "", "any", _columns("kind name class"))

TABLES = {
    table.name: table
    for table in (
        GRIDS,
        UNITS,
        MEMBERS,
        ADDRESSES,
        FINDINGS,
        ABOUT,
        COMMUNITIES,
        SITES,
        BORDERS,
        CHANGES,
        BUILDINGS,
        MICRO_GRIDS,
        LINK_UNITS,
        LANDMARKS,
    )
}
"""Every table, in the order in which it is written: the contract's first."""

OPTIONAL = (CHANGES.name, BUILDINGS.name, MICRO_GRIDS.name, LINK_UNITS.name, LANDMARKS.name)
"""Tables that a file has only when the plan has them."""

CONFLICTS = Table(
    "conflicts",
    "",
    "polygon",
    _columns("conflict_id departments grids area_m2:r households:i lon:r lat:r"),
)
MAPPING = Table(
    "mapping",
    "",
    "none",
    _columns(
        "department old_grid new_grid new_code change heir:f minor:f area_m2:r households:i "
        "area_share:r households_share:r"
    ),
)
DEPARTMENTS = Table(
    "departments",
    "",
    "none",
    _columns(
        "department grids:i conflict_m2:r conflict_households:i households:i kept_households:i "
        "kept_share:r U:i S:i M:i X:i"
    ),
)
BESIDE = {table.name: table for table in (CONFLICTS, MAPPING, DEPARTMENTS)}
"""What `gridmap overlay` writes beside the plan, for the reader of the file; not read back."""
