"""The answer to: which grid is this in, and its fixed JSON form."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from gridmap.locating.faults import FAULTS
from gridmap.locating.zones import zone_as_dict

if TYPE_CHECKING:
    from gridmap.addresses.elements import Address
    from gridmap.locating.releases import GridFacts
    from gridmap.locating.zones import ZonePlacement

Decision = Literal["auto", "review", "none"]
Status = Literal["unique", "ambiguous", "boundary", "outside", "none"]
Confidence = Literal["high", "medium", "low", "none"]

DECISIONS: tuple[Decision, ...] = ("auto", "review", "none")
STATUSES: tuple[Status, ...] = ("unique", "ambiguous", "boundary", "outside", "none")
CONFIDENCES: dict[Confidence, tuple[str, str]] = {
    "high": (
        "the point is clear of every border, or the building, door or place is known by its name",
        "点位远离边界，或楼栋、门牌、场所名称完全一致",
    ),
    "medium": (
        "known by a loose spelling or a main number, or all land of that name is in one grid",
        "名称略写或主门牌一致，或该名称的全部范围在同一网格",
    ),
    "low": (
        "inferred, contradicted, near a border, or one of several grids",
        "由推断得出、有矛盾、靠近边界，或有多个可能",
    ),
    "none": ("no grid was found", "未找到网格"),
}
"""Levels of confidence with their definition: levels, not probabilities."""

MAX_CANDIDATES = 50
"""Grids listed in one answer; more are said by the fault ``candidates_cut``. gridmap's own."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A grid that the question may mean, with the place found in it.

    Attributes
    ----------
    grid
        The grid.
    address
        Standard address of the place in it that fits, or ``""``.
    distance_m
        From the asked point to the grid in metres, 0 inside; None for an address.
    """

    grid: GridFacts
    address: str = ""
    distance_m: float | None = None


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a point or an address belongs.

    Attributes
    ----------
    decision
        ``auto``: use it; ``review``: a person should look; ``none``: there is no grid to give.
    status
        ``unique``, ``ambiguous`` (several grids fit), ``boundary`` (too near to a border for the
        datum), ``outside`` (in no grid) or ``none`` (not found).
    grid
        The grid; None when none or several fit equally.
    confidence
        One of `CONFIDENCES`.
    level
        What was found: ``building``, ``door``, ``place``, ``group``, ``compound``, ``village``,
        ``side``, ``road``, ``point``, or ``none``.
    address
        The elements read from the question, None for a point.
    standard
        Standard address of what was found: of the compound or door where a building asked for is
        not known; ``""`` where nothing was found, or several places without a common name.
    candidates
        Grids that fit, the best first.
    faults
        Codes of `gridmap.locating.faults.FAULTS`.
    lon, lat
        The place in degrees of the stored system; None when unknown.
    datum
        The datum that was declared for a point, ``""`` for an address.
    margin_m, tolerance_m
        Metres from the place to the nearest grid border, and the distance below which it counts
        as near.
    zones
        The micro-grid and the link unit, of each level that the plan holds.
    """

    decision: Decision
    status: Status
    grid: GridFacts | None = None
    confidence: Confidence = "none"
    level: str = "none"
    address: Address | None = None
    standard: str = ""
    candidates: tuple[Candidate, ...] = ()
    faults: tuple[str, ...] = field(default=())
    lon: float | None = None
    lat: float | None = None
    datum: str = ""
    margin_m: float | None = None
    tolerance_m: float | None = None
    zones: tuple[ZonePlacement, ...] = ()


def placement_as_dict(placement: Placement) -> dict[str, object]:
    """Return a placement as the item that the service and ``gridmap locate --json`` answer.

    Notes
    -----
    Source: DESIGN.md section 3, Commands and Service. Absent values are None. Where the plan holds
    micro-grids or link units, ``micro_grid`` and ``link_unit`` come behind the contract's keys.

    Examples
    --------
    >>> answer = placement_as_dict(Placement("none", "none"))
    >>> answer["decision"], answer["grid"]["status"], answer["candidates"]
    ('none', 'none', [])
    """
    grid = placement.grid
    return {
        "decision": placement.decision,
        "grid": {
            "status": placement.status,
            **(_NO_GRID if grid is None else grid.as_dict()),
            "confidence": placement.confidence,
        },
        "address": _address_as_dict(placement),
        "candidates": [_candidate_as_dict(item) for item in placement.candidates],
        "faults": [FAULTS[code].as_dict() for code in placement.faults],
        "point": {
            "lon": placement.lon,
            "lat": placement.lat,
            "datum": placement.datum or None,
            "margin_m": placement.margin_m,
            "tolerance_m": placement.tolerance_m,
        },
        **{placed.level: zone_as_dict(placed) for placed in placement.zones},
    }


_NO_GRID: dict[str, object] = dict.fromkeys(
    ("grid_id", "code", "name", "kind", "community_id", "community", "township")
)


def _address_as_dict(placement: Placement) -> dict[str, object]:
    """Return level, standard form and public elements: never an entrance or a room."""
    address = placement.address
    if address is None:
        return {"level": placement.level, "standard": None, "elements": {}}
    return {
        "level": placement.level,
        "standard": placement.standard or None,
        "elements": address.public_elements(),
    }


def _candidate_as_dict(candidate: Candidate) -> dict[str, object]:
    return {
        **candidate.grid.as_dict(),
        "address": candidate.address or None,
        "distance_m": candidate.distance_m,
    }
