"""Exceptions -> RFC 9457 problem documents, in English and Chinese: one table, one loop."""

from __future__ import annotations

import json
import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypedDict

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from gridmap.errors import (
    GridmapError,
    InvalidOption,
    MissingExtra,
    RefusedInput,
    UnknownName,
    UnreadableFile,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fastapi import FastAPI
    from starlette.requests import Request

MEDIA_TYPE = "application/problem+json"
LOGGER = logging.getLogger("gridmap.api")

STATUS_OF: tuple[tuple[type[GridmapError], int], ...] = (
    (UnknownName, 422),  # of a request only the datum is looked up by name
    (InvalidOption, 422),
    (RefusedInput, 422),
    (UnreadableFile, 500),
    (MissingExtra, 501),
    (GridmapError, 500),
)
"""The first class that fits gives the status."""

TITLES = {
    400: ("bad_request", "The request can't be read.", "请求无法读取。"),
    404: ("not_found", "There is nothing at this address of the service.", "服务中没有该资源。"),
    405: ("method_not_allowed", "The method is not allowed here.", "此处不允许该请求方法。"),
    413: ("too_large", "The request is too large.", "请求过大。"),
    422: ("invalid_request", "The request is incomplete or wrong.", "请求不完整或有误。"),
    500: (
        "internal_error",
        "The service failed; nothing was changed.",
        "服务内部错误，数据未受影响。",
    ),
    501: ("missing_extra", "A part of the service is not installed.", "服务的某一部分未安装。"),
    503: ("not_ready", "The service is not ready.", "服务尚未就绪。"),
}
"""Status -> code and title in both languages."""

COMPLAINTS = {
    "missing": ("is missing", "缺少该项"),
    "float_parsing": ("must be a number", "须为数字"),
    "float_type": ("must be a number", "须为数字"),
    "finite_number": ("must be a finite number", "须为有限数字"),
    "int_parsing": ("must be a whole number", "须为整数"),
    "int_type": ("must be a whole number", "须为整数"),
    "string_type": ("must be text", "须为文本"),
    "string_too_short": ("must not be empty", "不能为空"),
    "string_too_long": ("is too long", "过长"),
    "list_type": ("must be a list", "须为列表"),
    "too_long": ("has too many items", "条目过多"),
    "too_short": ("has too few items", "条目过少"),
    "less_than_equal": ("must be at most {le}", "不能大于 {le}"),
    "greater_than_equal": ("must be at least {ge}", "不能小于 {ge}"),
    "json_invalid": ("is no JSON", "不是 JSON"),
    "extra_forbidden": ("has a field that is not known", "含有未知的字段"),
    "model_attributes_type": ("must be a JSON object", "须为 JSON 对象"),
    "dict_type": ("must be a JSON object", "须为 JSON 对象"),
    "repeated": ("is given more than once", "重复给出"),
    "literal_error": ("is not one of the allowed words", "不在允许的取值内"),
}
"""Kind of a validation error -> what is said; the value itself is never repeated."""

FIELD_NAMES = {
    "datum": "坐标系",
    "lon": "经度",
    "lat": "纬度",
    "address": "地址",
    "items": "问题列表",
    "limit": "每页条数",
    "offset": "跳过条数",
    "format": "格式",
    "kind": "网格类型",
    "community_id": "社区代码",
    "grid_id": "网格编号",
}
"""Field -> its name in Chinese."""

CURES = {
    "datum": (
        "add datum=cgcs2000, wgs84, gcj02, bd09 or EPSG:n; it can't be seen from the numbers",
        "请加 datum=cgcs2000、wgs84、gcj02、bd09 或 EPSG:n；无法从数值判断",
    ),
    "lon": ("add lon=113.11 (degrees, or easting with EPSG:n)", "请加 lon=113.11（经度）"),
    "lat": ("add lat=23.03 (degrees, or northing with EPSG:n)", "请加 lat=23.03（纬度）"),
    "address": ("add address=建设路12号锦绣花园3栋", "请加 address=建设路12号锦绣花园3栋"),
}
"""Field -> what to do about it."""


def problem_response(
    status: int,
    path: str,
    *,
    code: str = "",
    detail: tuple[str, str] = ("", ""),
    cure: tuple[str, str] = ("", ""),
    errors: list[dict[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return the answer that holds a problem document.

    Parameters
    ----------
    status, path, code, detail, cure, errors
        As for `problem_document`.
    headers
        Further headers of the answer.

    Examples
    --------
    >>> problem_response(404, "/nowhere").media_type
    'application/problem+json'
    """
    document = problem_document(status, path, code=code, detail=detail, cure=cure, errors=errors)
    return _as_response(document, headers)


def problem_document(
    status: int,
    path: str,
    *,
    code: str = "",
    detail: tuple[str, str] = ("", ""),
    cure: tuple[str, str] = ("", ""),
    errors: list[dict[str, str]] | None = None,
) -> dict[str, object]:
    """Return a problem document as plain data.

    Parameters
    ----------
    status
        HTTP status.
    path
        Path of the request, without its query (a query may hold an address).
    code
        Stable name; by default the status's own.
    detail, cure
        English and Chinese.
    errors
        One item a wrong field: ``field``, ``en``, ``zh``.

    Notes
    -----
    Source: RFC 9457: type, title, status, detail, instance; the rest are extension members.

    Examples
    --------
    >>> problem_document(404, "/nowhere")["code"]
    'not_found'
    """
    own, title_en, title_zh = TITLES.get(status, TITLES[500])
    name = code or own
    document: dict[str, object] = {
        "type": f"urn:gridmap:problem:{name}",
        "title": title_en,
        "title_zh": title_zh,
        "status": status,
        "code": name,
        "detail": detail[0] or title_en,
        "detail_zh": detail[1] or title_zh,
        "instance": path,
    }
    if cure[0] or cure[1]:
        document |= {"cure": cure[0], "cure_zh": cure[1]}
    if errors:
        document["errors"] = errors
    return document


class BodyTooLarge(HTTPException):
    """Stop reading a body that is above the limit.

    Parameters
    ----------
    limit
        In bytes.
    """

    def __init__(self, limit: int) -> None:
        super().__init__(413, headers={"connection": "close"})
        self.limit = limit


def too_large_document(path: str, limit: int) -> dict[str, object]:
    """Return the problem document of a body above the limit, in bytes.

    Examples
    --------
    >>> too_large_document("/v1/batch", 3_000_000)["detail"]
    'A request holds at most 3000000 bytes.'
    """
    return problem_document(
        413,
        path,
        detail=(f"A request holds at most {limit} bytes.", f"请求体最多 {limit} 字节。"),
        cure=("ask less in one request", "请减少一次提交的内容，或分批提交"),
    )


def answer_too_large(path: str, problem: BodyTooLarge) -> Response:
    """Return the answer to a body above the limit; the connection is closed.

    Examples
    --------
    >>> answer_too_large("/v1/batch", BodyTooLarge(3_000_000)).status_code
    413
    """
    return _as_response(too_large_document(path, problem.limit), problem.headers)


def _as_response(document: Mapping[str, object], headers: Mapping[str, str] | None) -> Response:
    body = json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")
    return Response(body, int(str(document["status"])), dict(headers or {}), MEDIA_TYPE)


def add_error_handlers(app: FastAPI) -> None:
    """Make every error of the application a problem document."""
    app.add_exception_handler(GridmapError, _answer_own_error)
    app.add_exception_handler(RequestValidationError, _answer_invalid_request)
    app.add_exception_handler(HTTPException, _answer_http_error)
    app.add_exception_handler(Exception, _answer_failure)


def _answer_own_error(request: Request, problem: Exception) -> Response:
    if not isinstance(problem, GridmapError):  # pragma: no cover - registered for it alone
        raise problem
    status = next(status for kind, status in STATUS_OF if isinstance(problem, kind))
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        LOGGER.error("%s failed: %s", request.url.path, problem.code)
        return problem_response(status, request.url.path)
    detail, cure = words_of(problem)
    return problem_response(status, request.url.path, code=problem.code, detail=detail, cure=cure)


def words_of(problem: GridmapError) -> tuple[tuple[str, str], tuple[str, str]]:
    """Return detail and cure of an error in both languages, without what was asked.

    Notes
    -----
    The library names an unknown datum, to the person who typed it; a request may hold anything.

    Examples
    --------
    >>> words_of(UnknownName("No datum '<script>'.", "没有坐标系 '<script>'。"))[0][0]
    'The datum is not known.'
    """
    if isinstance(problem, UnknownName):
        return ("The datum is not known.", "没有该坐标系。"), CURES["datum"]
    return (problem.en, problem.zh), (problem.cure_en, problem.cure_zh)


def _answer_invalid_request(request: Request, problem: Exception) -> Response:
    if not isinstance(problem, RequestValidationError):  # pragma: no cover
        raise problem
    return problem_response(422, request.url.path, **complaints_as_problem(problem.errors()))


class ComplaintWords(TypedDict):
    """What `problem_document` is told of a request that is incomplete or wrong."""

    detail: tuple[str, str]
    cure: tuple[str, str]
    errors: list[dict[str, str]]


def complaints_as_problem(complaints: Sequence[Mapping[str, Any]]) -> ComplaintWords:
    """Say in both languages what is wrong with the fields of a request.

    Examples
    --------
    >>> complaints_as_problem([{"type": "repeated", "loc": ("query", "datum")}])["detail"]
    ('datum is given more than once.', '坐标系（datum）重复给出。')
    """
    found = [_field_error(item, item.get("loc", ())[1:]) for item in complaints[:20]]
    detail, cure = _join_complaints(found)
    return {"detail": detail, "cure": cure, "errors": found}


def describe_complaints(
    complaints: Iterable[Mapping[str, Any]],
) -> tuple[tuple[str, str], tuple[str, str]]:
    """Return detail and cure, in both languages, of what is wrong with one question of a batch.

    Examples
    --------
    >>> describe_complaints([{"type": "float_type", "loc": ("lon",)}])[0]
    ('lon must be a number.', '经度（lon）须为数字。')
    """
    return _join_complaints([_field_error(item, item.get("loc", ())) for item in complaints])


def _join_complaints(
    found: list[dict[str, str]],
) -> tuple[tuple[str, str], tuple[str, str]]:
    fields = [error["field"].split(".")[-1] for error in found]
    cures = [CURES[field] for field in dict.fromkeys(fields) if field in CURES]
    detail = (
        "; ".join(dict.fromkeys(f"{error['field']} {error['en']}" for error in found)) + ".",
        "；".join(dict.fromkeys(_chinese_complaint(error) for error in found)) + "。",
    )
    return detail, ("; ".join(cure[0] for cure in cures), "；".join(cure[1] for cure in cures))


def _chinese_complaint(error: Mapping[str, str]) -> str:
    """Write one complaint as Chinese is written: 缺少坐标系（datum）, 经度（lon）须为数字."""
    *path, field = error["field"].split(".")
    label = f"{FIELD_NAMES[field]}（{field}）" if field in FIELD_NAMES else "请求内容"
    numbers = [int(part) for part in (*path, field) if part.isdecimal()]
    place = f"第 {numbers[0] + 1} 条的" if numbers else ""
    missing = error["zh"] == COMPLAINTS["missing"][1]
    return f"缺少{place}{label}" if missing else f"{place}{label}{error['zh']}"


def _field_error(error: Mapping[str, Any], path: Iterable[object]) -> dict[str, str]:
    """Name the field and what is wrong with it; names that the request made up are left out."""
    places = [str(part) for part in path if isinstance(part, int) or str(part) in FIELD_NAMES]
    kind = str(error.get("type"))
    if kind == "json_invalid":
        places = []
    limits = {name: error.get("ctx", {}).get(name, "") for name in ("ge", "le")}
    en, zh = (text.format(**limits) for text in COMPLAINTS.get(kind, ("is wrong", "有误")))
    return {"field": ".".join(places) or "body", "en": en, "zh": zh}


def _answer_http_error(request: Request, problem: Exception) -> Response:
    if not isinstance(problem, HTTPException):  # pragma: no cover
        raise problem
    if isinstance(problem, BodyTooLarge):
        return answer_too_large(request.url.path, problem)
    return problem_response(problem.status_code, request.url.path, headers=problem.headers)


def _answer_failure(request: Request, problem: Exception) -> Response:
    # the kind alone: a message could repeat what was asked
    LOGGER.error("%s failed: %s", request.url.path, type(problem).__name__)
    return problem_response(500, request.url.path)
