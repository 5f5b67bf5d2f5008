"""What the service answers. Each route reads the request, asks the release, writes the answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi import Path as InPath
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from api.documenting import (
    BATCH_TROUBLES,
    GRID_TROUBLES,
    LOCATE_TROUBLES,
    PAGE_TROUBLES,
    POSTED_TROUBLES,
    READY_TROUBLES,
    RESOLVE_TROUBLES,
    UNKNOWN_GRID_WORDS,
    document_route,
    name_examples,
)
from api.errors import FIELD_NAMES, describe_complaints, problem_response, words_of
from api.responses import (
    BATCH_EXAMPLE,
    GRID_ITEM_EXAMPLE,
    LEVELS_EXAMPLE,
    META_EXAMPLE,
    PAGE_EXAMPLE,
    PLACEMENT_EXAMPLE,
    POINT_EXAMPLE,
    Batch,
    BatchAnswer,
    BatchQuestion,
    GridItem,
    GridPage,
    Health,
    Meta,
    PlacementItem,
    Question,
    WrongQuestion,
)
from api.settings import MAX_ADDRESS, MAX_DATUM
from api.state import ServiceState
from gridmap.errors import GridmapError, InvalidOption
from gridmap.locating import locate_address, locate_point, placement_as_dict
from gridmap.locating.points import look_around

ASSETS = Path(__file__).parent / "assets"
GEOJSON = "application/geo+json"
MAX_FILTER = 64
"""Characters of an id in a request."""

router = APIRouter()


def _refuse_repeated(request: Request) -> None:
    """Refuse a parameter that is given twice: answering by one of the two would be a guess.

    Raises
    ------
    RequestValidationError
        When a parameter of the query is given more than once.
    """
    names = [name for name, _ in request.query_params.multi_items() if name in FIELD_NAMES]
    repeated = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if repeated:
        raise RequestValidationError(
            [{"type": "repeated", "loc": ("query", name)} for name in repeated]
        )


ONCE = [Depends(_refuse_repeated)]
"""Of every route that reads parameters."""


def _state(request: Request) -> ServiceState:
    state = request.app.state.service
    if not isinstance(state, ServiceState):  # pragma: no cover - create_app sets it
        raise TypeError("service")
    return state


def _json(value: object, media_type: str = "application/json") -> Response:
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Response(body.encode("utf-8", "replace"), media_type=media_type)


Lon = Annotated[
    float,
    Query(
        description="经度（度），或 EPSG 坐标系的东坐标。Longitude.",
        openapi_examples=name_examples(113.11),
    ),
]
Lat = Annotated[
    float,
    Query(
        description="纬度（度），或 EPSG 坐标系的北坐标。Latitude.",
        openapi_examples=name_examples(23.03),
    ),
]
Datum = Annotated[
    str,
    Query(
        description="坐标系，必填：cgcs2000, wgs84, gcj02, bd09, EPSG:n。Declared, never guessed.",
        max_length=MAX_DATUM,
        openapi_examples=name_examples("gcj02"),
    ),
]
Format = Annotated[
    Literal["", "json", "geojson"],
    Query(
        description="json 或 geojson（含边界）。geojson holds the borders.",
        openapi_examples=name_examples("json", "geojson"),
    ),
]
AskedAddress = Annotated[
    str,
    Query(
        description="地址。An address.",
        min_length=1,
        max_length=MAX_ADDRESS,
        openapi_examples=name_examples("建设路12号锦绣花园3栋"),
    ),
]


@router.get(
    "/v1/locate",
    summary="坐标属于哪个网格 Which grid a point is in",
    tags=["locate"],
    responses=document_route(
        PlacementItem, ("near a border 靠近边界", POINT_EXAMPLE), troubles=LOCATE_TROUBLES
    ),
    dependencies=ONCE,
)
async def locate(request: Request, lon: Lon, lat: Lat, datum: Datum) -> Response:
    """Answer the grid of a point; its datum has no default."""
    placement = locate_point(_state(request).release, lon, lat, datum=datum)
    return _json(placement_as_dict(placement))


@router.get(
    "/v1/resolve",
    summary="地址属于哪个网格 Which grid an address is in",
    tags=["locate"],
    responses=document_route(
        PlacementItem,
        ("found 找到", PLACEMENT_EXAMPLE),
        ("with the levels below 含微网格、联户单元", LEVELS_EXAMPLE),
        troubles=RESOLVE_TROUBLES,
    ),
    dependencies=ONCE,
)
async def resolve(request: Request, address: AskedAddress) -> Response:
    """Answer the grid of an address; with POST it stays out of the URL."""
    return _json(placement_as_dict(locate_address(_state(request).release, address)))


@router.post(
    "/v1/resolve",
    summary="地址属于哪个网格（不进入网址） The same, with the address in the body",
    tags=["locate"],
    responses=document_route(
        PlacementItem,
        ("found 找到", PLACEMENT_EXAMPLE),
        ("with the levels below 含微网格、联户单元", LEVELS_EXAMPLE),
        troubles=POSTED_TROUBLES,
    ),
)
async def resolve_posted(request: Request, question: Question) -> Response:
    """Answer the grid of an address that is given in the body."""
    return _json(placement_as_dict(locate_address(_state(request).release, question.address)))


@router.post(
    "/v1/batch",
    summary="批量查询 Many questions at once",
    tags=["locate"],
    responses=document_route(
        BatchAnswer,
        ("one found, one wrong 一条找到、一条有误", BATCH_EXAMPLE),
        troubles=BATCH_TROUBLES,
    ),
)
def answer_batch(request: Request, batch: Batch) -> Response:
    """Answer addresses and points in their order; a wrong one gets an error, not the batch."""
    state = _state(request)
    limit = state.settings.max_batch
    if len(batch.items) > limit:
        raise InvalidOption(
            f"A batch holds at most {limit} questions, not {len(batch.items)}.",
            f"每批最多 {limit} 条，现有 {len(batch.items)} 条。",
            cure_en="split the batch",
            cure_zh="请分批提交",
        )
    results = [_answer_question(state, question) for question in batch.items]
    return _json({"plan_version": state.release.version, "results": results})


def _answer_question(
    state: ServiceState, question: BatchQuestion | WrongQuestion
) -> dict[str, Any]:
    if isinstance(question, WrongQuestion):
        return _as_error("invalid_request", *describe_complaints(question.complaints))
    by_point = question.lon is not None and question.lat is not None
    try:
        if by_point == (question.address is not None):
            raise InvalidOption(
                "A question is either an address, or lon and lat with a datum.",
                "每条须为地址，或经纬度加坐标系，二者取一。",
            )
        if question.address is not None:
            return placement_as_dict(locate_address(state.release, question.address))
        lon, lat = float(question.lon or 0), float(question.lat or 0)
        return placement_as_dict(locate_point(state.release, lon, lat, datum=question.datum or ""))
    except GridmapError as problem:
        return _as_error(problem.code, *words_of(problem))


def _as_error(code: str, detail: tuple[str, str], cure: tuple[str, str]) -> dict[str, Any]:
    """Return the error that stands in the place of one answer."""
    (en, zh), (cure_en, cure_zh) = detail, cure
    return {"error": {"code": code, "en": en, "zh": zh, "cure": cure_en, "cure_zh": cure_zh}}


@router.get(
    "/v1/grids",
    summary="网格列表 The grids",
    tags=["grids"],
    responses=document_route(GridPage, ("first page 第一页", PAGE_EXAMPLE), troubles=PAGE_TROUBLES),
    dependencies=ONCE,
)
async def list_grids(
    request: Request,
    community_id: Annotated[
        str,
        Query(
            max_length=MAX_FILTER,
            description="社区代码。Code of a community.",
            openapi_examples=name_examples("", "440604001001"),
        ),
    ] = "",
    kind: Annotated[
        Literal["", "general", "dedicated", "exclave"],
        Query(
            description="网格类型。Kind of grid.",
            openapi_examples=name_examples("", "general", "dedicated", "exclave"),
        ),
    ] = "",
    limit: Annotated[
        int | None,
        Query(ge=1, description="每页条数。Grids a page.", openapi_examples=name_examples(100)),
    ] = None,
    offset: Annotated[
        int,
        Query(
            ge=0,
            le=10_000_000,
            description="跳过条数。Grids to leave out.",
            openapi_examples=name_examples(0, 100),
        ),
    ] = 0,
    format: Format = "",  # noqa: A002 - the name of the parameter in the URL
) -> Response:
    """List grids in the order of their codes, page by page; as GeoJSON with their borders."""
    state = _state(request)
    limit = min(limit or state.settings.default_page, state.settings.max_page)
    items = state.register.items
    chosen = [
        n
        for n, item in enumerate(items)
        if community_id in ("", item["community_id"]) and kind in ("", item["kind"])
    ]
    page = chosen[offset : offset + limit]
    rest = offset + len(page)
    facts = {
        "plan_version": state.release.version,
        "total": len(chosen),
        "limit": limit,
        "offset": offset,
        "next_offset": rest if page and rest < len(chosen) else None,
    }
    if _wants_geojson(request, format):
        features = ",".join(_feature(state, n) for n in page)
        head = json.dumps(facts, separators=(",", ":"))[1:-1]
        body = f'{{"type":"FeatureCollection",{head},"features":[{features}]}}'
        return Response(body.encode("utf-8", "replace"), media_type=GEOJSON)
    return _json({**facts, "grids": [items[n] for n in page]})


@router.get(
    "/v1/grids/{grid_id}",
    summary="一个网格 One grid",
    tags=["grids"],
    responses=document_route(
        GridItem, ("a general grid 综合网格", GRID_ITEM_EXAMPLE), troubles=GRID_TROUBLES
    ),
    dependencies=ONCE,
)
async def show_grid(
    request: Request,
    grid_id: Annotated[
        str,
        InPath(
            max_length=MAX_FILTER,
            description="网格编号或代码。Id or code of a grid.",
            openapi_examples=name_examples("440604001001003", "g7f3a1c2"),
        ),
    ],
    format: Format = "",  # noqa: A002 - the name of the parameter in the URL
) -> Response:
    """Show a grid by its id or its code; as GeoJSON with its border."""
    state = _state(request)
    position = state.register.position.get(grid_id)
    if position is None:
        return problem_response(404, request.url.path, **UNKNOWN_GRID_WORDS)
    if _wants_geojson(request, format):
        return Response(_feature(state, position).encode("utf-8", "replace"), media_type=GEOJSON)
    return _json(state.register.items[position])


def _wants_geojson(request: Request, format_: str) -> bool:
    if format_:
        return format_ == "geojson"
    accepted = request.headers.get("accept", "")[:200].lower()
    return GEOJSON in accepted


def _feature(state: ServiceState, position: int) -> str:
    item = state.register.items[position]
    properties = {key: value for key, value in item.items() if key != "bbox"}
    head = json.dumps(
        {"type": "Feature", "id": item["grid_id"], "bbox": item["bbox"], "properties": properties},
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return f'{head[:-1]},"geometry":{state.register.shapes[position]}}}'


@router.get(
    "/v1/meta",
    summary="服务的是什么 What is served",
    tags=["service"],
    responses=document_route(Meta, ("a plan 方案", META_EXAMPLE)),
)
async def describe(request: Request) -> Response:
    """Tell the plan's version, datum, seed, counts and limits."""
    return _json(_state(request).meta)


@router.get(
    "/healthz",
    summary="是否在运行 Whether it runs",
    tags=["service"],
    responses=document_route(Health, ("running 运行中", {"status": "ok"})),
)
async def check_health() -> Response:
    """Tell that the process answers."""
    return _json({"status": "ok"})


@router.get(
    "/readyz",
    summary="是否可以查询 Whether it can answer",
    tags=["service"],
    responses=document_route(
        Health,
        ("ready 就绪", {"status": "ready", "plan_version": "402db57ac758d135"}),
        troubles=READY_TROUBLES,
    ),
)
async def check_readiness(request: Request) -> Response:
    """Tell whether a question about a place inside the plan finds its grid."""
    state = _state(request)
    if not look_around(state.release, *state.known_point, 0.0).holding:
        raise HTTPException(503)
    return _json({"status": "ready", "plan_version": state.release.version})


@router.get("/map", summary="地图 The map", tags=["service"], response_class=HTMLResponse)
def show_map(request: Request) -> Response:
    """Show the map that ``gridmap map`` writes."""
    return HTMLResponse(_state(request).map_page())


@router.get("/docs", include_in_schema=False)
def show_docs() -> Response:
    """Show the documentation page, with its own files only."""
    return FileResponse(ASSETS / "docs" / "index.html", media_type="text/html; charset=utf-8")


@router.get("/", include_in_schema=False)
async def show_start() -> Response:
    """Lead to the documentation page."""
    return RedirectResponse("/docs", status_code=307)
