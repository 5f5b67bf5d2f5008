"""What stands before every route: the size of a body, and the headers of an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.errors import BodyTooLarge, answer_too_large

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

NO_CONTENT = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
DOCS_PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'none'"
)
"""Of the documentation page: its own files and nothing else (Swagger UI sets styles inline)."""
MAP_PAGE = "frame-ancestors 'none'"
"""Of the map: the page itself holds the policy that allows its own scripts by hash."""

POLICIES = {"/docs": DOCS_PAGE, "/map": MAP_PAGE}
FIXED_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"geolocation=(), camera=(), microphone=()"),
)


class Guard:
    """Refuse bodies above a limit, and put the same headers on every answer.

    Parameters
    ----------
    app
        What stands behind.
    max_body_bytes
        Also counted while a body without a length comes in.
    version
        Version of the plan, sent as ``Gridmap-Plan-Version``.
    """

    def __init__(self, app: ASGIApp, *, max_body_bytes: int, version: str) -> None:
        self.app = app
        self.max_body_bytes = max_body_bytes
        self.version = version.encode("ascii")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, guarded."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = str(scope["path"])
        guarded = self._with_headers(path, send)
        if _declared_length(scope) > self.max_body_bytes:
            refusal = answer_too_large(path, BodyTooLarge(self.max_body_bytes))
            await refusal(scope, receive, guarded)
            return
        taken = 0

        async def count() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self.max_body_bytes:
                raise BodyTooLarge(self.max_body_bytes)
            return message

        await self.app(scope, count, guarded)

    def _with_headers(self, path: str, send: Send) -> Send:
        policy = POLICIES.get(path, NO_CONTENT).encode("ascii")
        cached = b"public, max-age=86400" if path.startswith("/assets/") else b"no-store"
        own = (
            *FIXED_HEADERS,
            (b"content-security-policy", policy),
            (b"cache-control", cached),
            (b"gridmap-plan-version", self.version),
        )

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                taken = {name for name, _ in own}
                kept = [pair for pair in message["headers"] if pair[0].lower() not in taken]
                message = {**message, "headers": [*kept, *own]}
            await send(message)

        return add


def _declared_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and len(value) < 19:
            return int(value)
    return 0
