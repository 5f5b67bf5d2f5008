"""What OpenAPI says of a route: its answer, and its problems as the service really words them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from api.errors import complaints_as_problem, problem_document, too_large_document, words_of
from api.responses import Problem
from api.settings import Settings
from gridmap.errors import UnknownName

if TYPE_CHECKING:
    from collections.abc import Iterable

Documented = dict[int | str, dict[str, Any]]
UNKNOWN_GRID_WORDS: dict[str, Any] = {
    "code": "unknown_grid",
    "detail": ("This plan has no such grid.", "本方案没有该网格。"),
    "cure": ("GET /v1/grids lists them", "GET /v1/grids 可列出全部网格"),
}
"""Said of a grid that is not there."""

DESCRIPTIONS = {
    400: "请求无法读取 The request can't be read",
    404: "没有该网格 No such grid",
    413: "请求体过大 The body is too large",
    422: "请求不完整或有误 The request is incomplete or wrong",
    503: "尚未就绪 Not ready",
}
"""Status -> what it means, besides that it is a problem document."""


class Trouble(NamedTuple):
    """A problem that a route can answer.

    Attributes
    ----------
    name
        Its title in both languages.
    document
        The problem document, as the service answers it.
    """

    name: str
    document: dict[str, object]


def document_route(
    model: type, *examples: tuple[str, dict[str, Any]], troubles: Iterable[Trouble] = ()
) -> Documented:
    """Describe the answer of a route, and every problem that it can answer.

    Parameters
    ----------
    model
        Shape of the answer.
    examples
        Name and value.
    troubles
        One or more a status; a route that can't fail has none.

    Examples
    --------
    >>> described = document_route(Problem, troubles=[plain_trouble(503, "/readyz")])
    >>> list(described)
    [200, 503]
    """
    values = {name: {"value": value} for name, value in examples}
    content: dict[str, Any] = {"examples": values} if values else {}
    described: Documented = {200: {"model": model, "content": {"application/json": content}}}
    shape = Problem.model_json_schema()
    for name, document in troubles:
        status = int(str(document["status"]))
        blank = {
            "description": f"{DESCRIPTIONS[status]}: problem document (RFC 9457)",
            "content": {"application/problem+json": {"schema": shape, "examples": {}}},
        }
        entry = described.setdefault(status, blank)
        entry["content"]["application/problem+json"]["examples"][name] = {"value": document}
    return described


def wrong_field(path: str, name: str, kind: str, *loc: str | int, **limits: int) -> Trouble:
    """Make the problem of a field that is missing or wrong.

    Examples
    --------
    >>> wrong_field("/v1/locate", "no datum", "missing", "query", "datum").document["detail"]
    'datum is missing.'
    """
    complaints = [{"type": kind, "loc": loc, "ctx": limits}]
    return Trouble(name, problem_document(422, path, **complaints_as_problem(complaints)))


def plain_trouble(status: int, path: str, name: str = "", **words: Any) -> Trouble:
    """Make the problem of a status.

    Examples
    --------
    >>> plain_trouble(413, "/v1/batch").document["code"]
    'too_large'
    """
    return Trouble(name or DESCRIPTIONS[status], problem_document(status, path, **words))


def name_examples(*values: object) -> dict[str, Any]:
    """Name the examples of a parameter; the documentation page fills in the first.

    Examples
    --------
    >>> name_examples("gcj02")
    {'gcj02': {'value': 'gcj02'}}
    """
    return {str(value) or "全部 all": {"value": value} for value in values}


def _unreadable(path: str) -> tuple[Trouble, ...]:
    """Return the problems of every route that reads a body."""
    return (
        plain_trouble(400, path),
        Trouble(DESCRIPTIONS[413], too_large_document(path, Settings().max_body_bytes)),
        wrong_field(path, "no JSON 不是 JSON", "json_invalid", "body"),
    )


def _wrong_datum(path: str) -> Trouble:
    problem = UnknownName("", "")
    detail, cure = words_of(problem)
    return plain_trouble(
        422,
        path,
        "unknown datum 没有该坐标系",
        code=problem.code,
        detail=detail,
        cure=cure,
    )


LOCATE_TROUBLES = (
    wrong_field("/v1/locate", "no datum 未写坐标系", "missing", "query", "datum"),
    wrong_field("/v1/locate", "no number 不是数字", "float_parsing", "query", "lon"),
    wrong_field("/v1/locate", "given twice 重复给出", "repeated", "query", "datum"),
    _wrong_datum("/v1/locate"),
)
RESOLVE_TROUBLES = (
    wrong_field("/v1/resolve", "no address 未写地址", "missing", "query", "address"),
    wrong_field("/v1/resolve", "too long 过长", "string_too_long", "query", "address"),
)
POSTED_TROUBLES = (
    *_unreadable("/v1/resolve"),
    wrong_field("/v1/resolve", "no address 未写地址", "missing", "body", "address"),
)
BATCH_TROUBLES = (
    *_unreadable("/v1/batch"),
    wrong_field("/v1/batch", "no items 未写问题", "missing", "body", "items"),
)
PAGE_TROUBLES = (
    wrong_field("/v1/grids", "no kind 没有该类型", "literal_error", "query", "kind"),
    wrong_field(
        "/v1/grids", "limit too small 条数过小", "greater_than_equal", "query", "limit", ge=1
    ),
)
GRID_TROUBLES = (
    plain_trouble(404, "/v1/grids/g0", **UNKNOWN_GRID_WORDS),
    wrong_field("/v1/grids/g7f3a1c2", "no format 没有该格式", "literal_error", "query", "format"),
)
READY_TROUBLES = (plain_trouble(503, "/readyz"),)
"""The problems of each route."""
