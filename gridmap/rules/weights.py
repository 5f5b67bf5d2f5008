"""What else a grid is weighed by: workload points, and what should be alike or stay together."""

from __future__ import annotations

from dataclasses import dataclass, fields

WEIGHTS = ("households", "workload")
"""What a band counts."""


@dataclass(frozen=True, slots=True)
class WorkloadRule:
    """How workload points of a unit are computed where the input has no column ``workload``.

    Attributes
    ----------
    household, resident
        Points for each household; for each resident.
    old_household
        Points more for each household in a compound of class ``old``.
    compound
        Points for each unit that is a compound, village or part of one.
    square_km
        Points for each square kilometre.
    source
        Where the figures come from. gridmap has none of its own: all are 0 until a place gives
        them.

    Examples
    --------
    >>> WorkloadRule().is_given, WorkloadRule(household=1.0).is_given
    (False, True)
    """

    household: float = 0.0
    resident: float = 0.0
    old_household: float = 0.0
    compound: float = 0.0
    square_km: float = 0.0
    source: str = ""

    @property
    def is_given(self) -> bool:
        """Tell whether any figure is above 0."""
        return any(getattr(self, item.name) for item in fields(self) if item.name != "source")


@dataclass(frozen=True, slots=True)
class SimilarityRule:
    """What it is worth to keep like with like; in units of 67 m of border along nothing.

    Attributes
    ----------
    age_class
        Two compounds of one class (mature, new, old) in one grid.
    village
        Two villages or villager groups in one grid.
    current
        Neighbours of one of today's grids in one grid, and those of two apart.
    source
        Where the figures come from.

    Notes
    -----
    Source: FIELD.md section 1 (Bozhou): adjacent, acquainted, culturally close, similarly
    composed. No report gives a worth; all are 0 until a place gives them. 2 is half of what keeps
    a compound's own buildings together.
    """

    age_class: float = 0.0
    village: float = 0.0
    current: float = 0.0
    source: str = ""


WORKLOAD = WorkloadRule()
SIMILARITY = SimilarityRule()
