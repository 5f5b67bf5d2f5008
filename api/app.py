"""The application over one release."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from api.errors import add_error_handlers
from api.guarding import Guard
from api.routes import ASSETS, router
from api.settings import Settings
from api.state import ServiceState

if TYPE_CHECKING:
    from gridmap.locating import Release

DESCRIPTION = """
按坐标或地址查询所属网格。坐标须声明坐标系（`datum`），没有默认值；答复只含网格、数量与岗位，不含住户。
Which grid a point or an address is in. The datum of a point is declared and has no default; answers
hold grids and counts, never residents. Errors are problem documents (RFC 9457).
"""

TAGS = [
    {"name": "locate", "description": "查询：坐标或地址属于哪个网格。Which grid a question is in."},
    {"name": "grids", "description": "网格：列表与边界。The grids and their borders."},
    {"name": "service", "description": "服务：版本、地图、状态。Version, map, health."},
]


def create_app(
    release: Release, *, map_html: bytes | None = None, settings: Settings | None = None
) -> FastAPI:
    """Make the service over a release.

    Parameters
    ----------
    release
        As returned by `gridmap.open_release`; it is shared by all requests and never changed.
    map_html
        The map as written by ``gridmap map``; by default it is drawn when first asked for.
    settings
        Limits.

    Returns
    -------
    FastAPI
        An ASGI application that keeps no log of what was asked and fetches nothing.

    Examples
    --------
    >>> from gridmap import open_release
    >>> from gridmap.locating.examples import draw_plan
    >>> app = create_app(open_release(draw_plan()))
    >>> sorted(app.openapi()["paths"])[:3]
    ['/healthz', '/map', '/readyz']
    """
    settings = settings or Settings()
    app = FastAPI(
        title="gridmap 网格查询服务",
        version=metadata.version("gridmap-planner"),
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        openapi_tags=TAGS,
    )
    app.state.service = ServiceState(release, settings, map_html)
    app.include_router(router)
    app.mount("/assets", StaticFiles(directory=ASSETS), name="assets")
    add_error_handlers(app)
    app.add_middleware(Guard, max_body_bytes=settings.max_body_bytes, version=release.version)
    return app
