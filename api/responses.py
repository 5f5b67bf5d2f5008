"""The shape of every answer, with examples from a toy plan: the contract, as OpenAPI shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidatorFunctionWrapHandler
from pydantic.functional_validators import WrapValidator

from api.settings import MAX_ADDRESS, MAX_DATUM
from api.zones import LINK_UNIT_EXAMPLE, MICRO_GRID_EXAMPLE, PlacedLinkUnit, PlacedMicroGrid

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_COMPLAINTS = 20
"""Complaints kept of one wrong item."""

GRID_EXAMPLE: dict[str, Any] = {
    "grid_id": "g7f3a1c2",
    "code": "440604001001003",
    "name": "祖庙社区第3网格",
    "kind": "general",
    "community_id": "440604001001",
    "community": "祖庙社区",
    "township": "祖庙街道",
}
PLACEMENT_EXAMPLE: dict[str, Any] = {
    "decision": "auto",
    "grid": {"status": "unique", **GRID_EXAMPLE, "confidence": "high"},
    "address": {
        "level": "building",
        "standard": "建设路12号锦绣花园3栋",
        "elements": {"road": "建设路", "number": "12", "compound": "锦绣花园", "building": "3"},
    },
    "candidates": [],
    "faults": [],
    "point": {
        "lon": 113.1042,
        "lat": 23.0291,
        "datum": None,
        "margin_m": 41.3,
        "tolerance_m": None,
    },
}
LEVELS_EXAMPLE: dict[str, Any] = {
    **PLACEMENT_EXAMPLE,
    "micro_grid": MICRO_GRID_EXAMPLE,
    "link_unit": LINK_UNIT_EXAMPLE,
}
"""A building in one micro-grid and, by its floors, in two link units."""
POINT_EXAMPLE: dict[str, Any] = {
    "decision": "review",
    "grid": {"status": "boundary", **GRID_EXAMPLE, "confidence": "low"},
    "address": {"level": "point", "standard": None, "elements": {}},
    "candidates": [{**GRID_EXAMPLE, "address": None, "distance_m": 0.0}],
    "faults": [
        {
            "code": "near_border",
            "en": "The point is nearer to a grid border than the datum is exact.",
            "zh": "该点距网格边界小于坐标精度。",
        }
    ],
    "point": {
        "lon": 113.1042,
        "lat": 23.0291,
        "datum": "gcj02",
        "margin_m": 6.2,
        "tolerance_m": 10.0,
    },
}
GRID_ITEM_EXAMPLE: dict[str, Any] = {
    **GRID_EXAMPLE,
    "area_type": "urban",
    "households": 412,
    "lower": 300,
    "upper": 500,
    "in_band": True,
    "reason": None,
    "reason_en": None,
    "area_m2": 48210.3,
    "perimeter_m": 962.4,
    "host_id": None,
    "category": None,
    "units": 9,
    "buildings": 14,
    "compounds": 3,
    "bbox": [113.1021, 23.0274, 113.1049, 23.0301],
}
PAGE_EXAMPLE: dict[str, Any] = {
    "plan_version": "402db57ac758d135",
    "total": 208,
    "limit": 1,
    "offset": 0,
    "next_offset": 1,
    "grids": [GRID_ITEM_EXAMPLE],
}
BATCH_EXAMPLE: dict[str, Any] = {
    "plan_version": "402db57ac758d135",
    "results": [
        PLACEMENT_EXAMPLE,
        {
            "error": {
                "code": "invalid_option",
                "en": "A point needs its datum: it can't be seen from the numbers.",
                "zh": "坐标须注明坐标系：无法从数值判断。",
                "cure": "datum=cgcs2000|wgs84|gcj02|bd09 or EPSG:n",
                "cure_zh": "datum=cgcs2000|wgs84|gcj02|bd09 或 EPSG:n",
            }
        },
    ],
}
META_EXAMPLE: dict[str, Any] = {
    "plan_version": "402db57ac758d135",
    "format": "gridmap-plan",
    "datum": "CGCS2000",
    "crs": "EPSG:4490",
    "metric_crs": "EPSG:4547",
    "seed": "7",
    "rules": "default",
    "rules_label": {"en": "300-500 households a grid", "zh": "每个网格 300-500 户"},
    "grids": {"total": 208, "general": 110, "dedicated": 7, "exclave": 91},
    "households": 60000,
    "communities": 20,
    "places": 3140,
    "attribution": None,
    "gridmap": "0.1.0",
    "datums": ["cgcs2000", "wgs84", "gcj02", "bd09", "EPSG:n"],
    "limits": {"address_characters": 200, "batch": 1000, "page": 1000, "body_bytes": 3000000},
}
PROBLEM_EXAMPLE: dict[str, Any] = {
    "type": "urn:gridmap:problem:invalid_request",
    "title": "The request is incomplete or wrong.",
    "title_zh": "请求不完整或有误。",
    "status": 422,
    "code": "invalid_request",
    "detail": "datum is missing.",
    "detail_zh": "缺少坐标系（datum）。",
    "instance": "/v1/locate",
    "cure": "add datum=cgcs2000, wgs84, gcj02, bd09 or EPSG:n; it can't be seen from the numbers",
    "cure_zh": "请加 datum=cgcs2000、wgs84、gcj02、bd09 或 EPSG:n；无法从数值判断",
    "errors": [{"field": "datum", "en": "is missing", "zh": "缺少该项"}],
}


class Shape(BaseModel):
    """Base of the answers."""

    model_config = ConfigDict(extra="allow")


class GridShort(Shape):
    """A grid as answers name it; all null when there is none to give."""

    grid_id: str | None
    code: str | None
    name: str | None
    kind: Literal["general", "dedicated", "exclave"] | None
    community_id: str | None
    community: str | None
    township: str | None


class PlacedGrid(GridShort):
    """The grid of a placement."""

    status: Literal["unique", "ambiguous", "boundary", "outside", "none"]
    confidence: Literal["high", "medium", "low", "none"] = Field(
        description="A defined level, not a probability; see docs/locate.md."
    )


class CandidateGrid(GridShort):
    """A grid that fits."""

    address: str | None
    distance_m: float | None


class ReadAddress(Shape):
    """How the address was read: never an entrance, a room or the text itself."""

    level: str
    standard: str | None
    elements: dict[str, str]


class FaultNote(Shape):
    """What could not be used, or contradicts."""

    code: str
    en: str
    zh: str


class PlacedPoint(Shape):
    """The place in degrees of the stored system (CGCS2000), and metres to the nearest border."""

    lon: float | None
    lat: float | None
    datum: str | None
    margin_m: float | None
    tolerance_m: float | None


class PlacementItem(Shape):
    """Which grid: the result item of the service, of the command and of the csv answer."""

    model_config = ConfigDict(json_schema_extra={"examples": [PLACEMENT_EXAMPLE, LEVELS_EXAMPLE]})

    decision: Literal["auto", "review", "none"]
    grid: PlacedGrid
    address: ReadAddress
    candidates: list[CandidateGrid]
    faults: list[FaultNote]
    point: PlacedPoint
    micro_grid: PlacedMicroGrid | None = Field(
        default=None, description="Only where the plan holds micro-grids; see docs/locate.md."
    )
    link_unit: PlacedLinkUnit | None = Field(
        default=None, description="Only where the plan holds link units; see docs/locate.md."
    )


class GridItem(GridShort):
    """A grid with its facts: counts, never residents."""

    area_type: str
    households: int
    lower: int
    upper: int
    in_band: bool
    reason: str | None = Field(description="Why the grid is outside its band, in Chinese.")
    reason_en: str | None
    area_m2: float
    perimeter_m: float
    units: int
    buildings: int
    compounds: int
    host_id: str | None = Field(description="Of an exclave: the community around it.")
    category: str | None = Field(description="Of a dedicated grid: the category of its site.")
    bbox: list[float] = Field(description="West, south, east, north in degrees.")


class GridPage(Shape):
    """Some of the grids, in the order of their codes."""

    plan_version: str
    total: int
    limit: int
    offset: int
    next_offset: int | None
    grids: list[GridItem]


class BatchAnswer(Shape):
    """Answers in the order of the questions; a question that can't be answered has an error."""

    plan_version: str
    results: list[PlacementItem | dict[str, Any]]


class Meta(Shape):
    """What is served."""

    plan_version: str
    format: str
    datum: str
    metric_crs: str
    seed: str | None
    rules: str
    grids: dict[str, int]
    households: int
    communities: int
    places: int
    attribution: str | None
    gridmap: str
    datums: list[str]
    limits: dict[str, int]


class Health(Shape):
    """Whether the service runs."""

    status: str


class Problem(Shape):
    """A problem document (RFC 9457) in English and Chinese."""

    model_config = ConfigDict(json_schema_extra={"examples": [PROBLEM_EXAMPLE]})

    type: str
    title: str
    title_zh: str
    status: int
    code: str
    detail: str
    detail_zh: str
    instance: str


class Question(BaseModel):
    """An address to resolve."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"address": "建设路12号锦绣花园3栋"}]}
    )

    address: Annotated[str, Field(min_length=1, max_length=MAX_ADDRESS)]


class BatchQuestion(BaseModel):
    """An address, or a point with its datum."""

    model_config = ConfigDict(extra="forbid")

    address: Annotated[str, Field(max_length=MAX_ADDRESS)] | None = None
    lon: float | None = None
    lat: float | None = None
    datum: Annotated[str, Field(max_length=MAX_DATUM)] | None = None


@dataclass(frozen=True)
class WrongQuestion:
    """What is wrong with an item of a batch that is no question: the batch goes on without it."""

    complaints: tuple[Mapping[str, Any], ...]


def _keep_wrong(value: object, handler: ValidatorFunctionWrapHandler) -> object:
    """Let a wrong item stand in its place, to be answered with an error of its own."""
    try:
        return handler(value)
    except ValidationError as problem:
        errors = problem.errors(include_input=False, include_url=False)
        return WrongQuestion(tuple(dict(error) for error in errors[:MOST_COMPLAINTS]))


class Batch(BaseModel):
    """Questions to answer at once."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "items": [
                        {"address": "建设路12号锦绣花园3栋"},
                        {"lon": 113.11, "lat": 23.03, "datum": "gcj02"},
                    ]
                }
            ]
        },
    )

    items: list[Annotated[BatchQuestion, WrapValidator(_keep_wrong)]]
