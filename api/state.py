"""What one application holds: the release, and answers that are made once."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
import shapely

from api.describing import describe_plan, register_grids

if TYPE_CHECKING:
    from api.settings import Settings
    from gridmap.locating import Release


class ServiceState:
    """A release, its grids as answers, and the map, which is drawn when it is first asked for.

    Parameters
    ----------
    release, settings
        As given to `api.app.create_app`.
    map_html
        The map as a page, if it exists already.
    """

    def __init__(self, release: Release, settings: Settings, map_html: bytes | None = None) -> None:
        self.release = release
        self.settings = settings
        self.register = register_grids(release)
        self.meta = describe_plan(release, settings)
        inside = shapely.point_on_surface(np.asarray(release.plan.grids.geometry.array)[0])
        self.known_point = (float(shapely.get_x(inside)), float(shapely.get_y(inside)))
        self._map = map_html
        self._drawing = threading.Lock()

    def map_page(self) -> bytes:
        """Return the map: the same bytes as the file that ``gridmap map`` writes."""
        with self._drawing:
            if self._map is None:
                from gridmap.maps import make_map

                self._map = make_map(self.release.plan).get_root().render().encode("utf-8")
            return self._map
