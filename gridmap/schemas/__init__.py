"""What a layer may be, what its columns are called, and every name they go by.

A role is what a layer is for: communities, households, buildings. A layer is known by its name,
a column by its canonical name or an alias, a value by its word or an alias; all of them are
compared by `fold_name`, so that case, blanks, underscores and full-width letters do not matter.
What is not known is kept as it is and said in a finding; it is never guessed.
"""

from gridmap.schemas.personal import is_personal
from gridmap.schemas.roles import (
    LAT_NAMES,
    LON_NAMES,
    NEEDED_ROLES,
    ROLES,
    Column,
    Role,
    kind_of_layer,
    match_columns,
    plain_header,
    role_of_layer,
)
from gridmap.schemas.words import (
    BARRIER_KINDS,
    COMPOUND_KINDS,
    DOMAIN_WORDS,
    ROAD_CLASSES,
    VALUES,
    canonical_value,
    fold_name,
    value_label,
)

__all__ = [
    "BARRIER_KINDS",
    "COMPOUND_KINDS",
    "DOMAIN_WORDS",
    "LAT_NAMES",
    "LON_NAMES",
    "NEEDED_ROLES",
    "ROAD_CLASSES",
    "ROLES",
    "VALUES",
    "Column",
    "Role",
    "canonical_value",
    "fold_name",
    "is_personal",
    "kind_of_layer",
    "match_columns",
    "plain_header",
    "role_of_layer",
    "value_label",
]
