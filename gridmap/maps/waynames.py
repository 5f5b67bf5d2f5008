"""Where names of roads, rivers and railways may stand along their lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.maps.packing import pack_integers
from gridmap.maps.wording import clean_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.maps.ground import Ground
    from gridmap.model import Plan

EVERY_M = 400.0
"""A name is offered about this often along a line; gridmap's own default."""
LEAST_M = 120.0
"""A shorter line has no name on the map; gridmap's own default."""
CHORD_M = 60.0
"""A name leans as the line does over this length."""
RANKS = {"expressway": 0, "arterial": 0, "secondary": 1}
"""Roads of lower rank are named first; other roads have rank 2, water and rail 1."""


def pack_way_names(plan: Plan, ground: Ground) -> dict[str, Any]:
    """Return names and the places where each may stand.

    Parameters
    ----------
    plan
        Its landmarks are asked; without them both lists are empty.
    ground
        For metres and the steps of the page.

    Returns
    -------
    dict
        ``names``, ``kinds`` (road, river, railway; a name for each), and ``spots`` packed, five
        numbers each: name, rank, x, y (steps from the origin), angle (degrees against the screen's
        x, clockwise, -90 to 89).
    """
    landmarks = plan.territory.units.landmarks
    if landmarks is None:
        return {"names": [], "kinds": [], "spots": ""}
    shapes = np.asarray(landmarks.geometry.to_numpy(), dtype=object)
    lines = np.isin(shapely.get_type_id(shapes), (1, 5))
    kinds = landmarks["kind"].to_numpy(dtype=object)
    groups: dict[tuple[str, str], list[int]] = {}
    for place in np.flatnonzero(lines & np.isin(kinds, ("road", "river", "railway"))).tolist():
        name = clean_text(landmarks["name"].iloc[place], longest=20)
        if name:
            groups.setdefault((kinds[place], name), []).append(place)
    classes = landmarks["class"].to_numpy(dtype=object)
    keys, rows = sorted(groups), []
    for number, key in enumerate(keys):
        own = groups[key]
        ranks = [RANKS.get(str(classes[k]), 2) if key[0] == "road" else 1 for k in own]
        merged = shapely.line_merge(shapely.union_all(ground.plane.flatten(shapes[own])))
        for line in shapely.get_parts(merged):
            rows += [[number, min(ranks), *spot] for spot in _find_spots(line, ground)]
    rows.sort(key=lambda row: (row[1], row[0], row[2], row[3]))
    flat = np.array(rows, dtype=np.int64).reshape(-1)
    return {
        "names": [name for _, name in keys],
        "kinds": [kind for kind, _ in keys],
        "spots": pack_integers(flat) if len(flat) else "",
    }


def _find_spots(line: shapely.Geometry, ground: Ground) -> list[list[int]]:
    """Return x, y and angle of the places along a line in metres."""
    length = float(shapely.length(line))
    if length < LEAST_M or shapely.get_type_id(line) != 1:
        return []
    count = max(1, int(length // EVERY_M))
    at = (np.arange(count) + 0.5) * length / count
    half = min(CHORD_M, length) / 2
    ends = [shapely.line_interpolate_point(line, at + by) for by in (-half, half)]
    way = shapely.get_coordinates(ends[1]) - shapely.get_coordinates(ends[0])
    angle = np.degrees(np.arctan2(-way[:, 1], way[:, 0]))
    leaning: NDArray[np.int64] = ((np.rint(angle) + 90) % 180 - 90).astype(np.int64)
    middle = shapely.line_interpolate_point(line, at)
    steps = ground.count_steps(shapely.GeometryCollection(list(middle))).reshape(-1, 2)
    return np.column_stack([steps, leaning]).tolist()
