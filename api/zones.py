"""The shape of the micro-grid and the link unit in an answer, with examples."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

MICRO_GRID_EXAMPLE: dict[str, Any] = {
    "micro_grid_id": "m3ab9c07de1f",
    "code": "44060400100100302",
    "name": "祖庙社区第3网格第2微网格",
    "floors": None,
    "status": "unique",
    "confidence": "high",
    "found_by": "building",
    "candidates": [],
}
LINK_UNIT_EXAMPLE: dict[str, Any] = {
    "link_unit_id": None,
    "code": None,
    "name": None,
    "floors": None,
    "status": "ambiguous",
    "confidence": "low",
    "found_by": "building",
    "candidates": [
        {
            "link_unit_id": "l5d6ec1bbc9c4",
            "code": "4406040010010030201",
            "name": "祖庙社区第3网格第2微网格第1联户单元",
            "floors": "1-9",
            "distance_m": None,
        },
        {
            "link_unit_id": "lcd8dc186266f",
            "code": "4406040010010030202",
            "name": "祖庙社区第3网格第2微网格第2联户单元",
            "floors": "10-18",
            "distance_m": None,
        },
    ],
}


class ZoneShape(BaseModel):
    """Base of what is said of a zone."""

    model_config = ConfigDict(extra="allow")


class ZoneCandidateItem(ZoneShape):
    """A micro-grid or link unit that fits; its id is ``micro_grid_id`` or ``link_unit_id``."""

    code: str
    name: str
    floors: str | None
    distance_m: float | None


class PlacedZone(ZoneShape):
    """The zone of a placement below its grid; null where none is known, or several fit."""

    code: str | None
    name: str | None
    floors: str | None = Field(
        description="Of zones over one another on the same land, as 1-9; else null."
    )
    status: Literal["unique", "ambiguous", "boundary", "none"]
    confidence: Literal["high", "medium", "low", "none"]
    found_by: Literal["building", "entrance", "land", "point", "grid"] | None


class MicroGridCandidate(ZoneCandidateItem):
    """A micro-grid that fits."""

    micro_grid_id: str


class LinkUnitCandidate(ZoneCandidateItem):
    """A link unit that fits."""

    link_unit_id: str


class PlacedMicroGrid(PlacedZone):
    """The micro-grid 微网格 of a placement."""

    micro_grid_id: str | None
    candidates: list[MicroGridCandidate]


class PlacedLinkUnit(PlacedZone):
    """The link unit 联户单元 of a placement."""

    link_unit_id: str | None
    candidates: list[LinkUnitCandidate]
