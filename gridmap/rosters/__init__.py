"""Who answers for which grid: a roster file, joined to the grids of a plan.

    words       headers, roles and values as rosters write them
    reading     file -> `Roster`
    zones       what a roster calls a grid -> which grid it is
    matching    `Roster` and plan -> `Duty`, with what is wrong
    complaining the findings

A roster names people who serve, not residents. Telephone numbers are read only where asked for;
no name and no number is in a finding, an error, a log or the ``repr`` of what is returned here.
"""

from gridmap.rosters.matching import Duty, list_vacant, match_roster
from gridmap.rosters.reading import Roster, read_roster
from gridmap.rosters.words import ROLES

__all__ = ["ROLES", "Duty", "Roster", "list_vacant", "match_roster", "read_roster"]
