"""Divisions drawn as text, for examples and tests."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from gridmap.model import Sources

STORED, MEASURED = CRS(4490), CRS(4546)
"""Lon/lat, and metres of the 3-degree zone of the example's place."""
WEST_M, SOUTH_M = 500_000.0, 2_550_000.0


def draw_divisions(drawing: str, *, side_m: float = 100.0) -> gpd.GeoDataFrame:
    r"""Draw divisions as text: a letter is a square of one division, ``.`` is no land.

    Parameters
    ----------
    drawing
        Rows from north to south; blanks at the ends of a row are ignored.
    side_m
        Side of a square, metres.

    Returns
    -------
    GeoDataFrame
        ``division_id``, ``name``, polygons in metres, sorted by id.

    Examples
    --------
    >>> draw_divisions("AAB\nAAB")["division_id"].tolist()
    ['A', 'B']
    """
    rows = [line.strip() for line in drawing.strip().splitlines()][::-1]
    squares: dict[str, list[shapely.Polygon]] = {}
    for r, row in enumerate(rows):
        for c, letter in enumerate(row):
            if letter != ".":
                x, y = WEST_M + c * side_m, SOUTH_M + r * side_m
                squares.setdefault(letter, []).append(shapely.box(x, y, x + side_m, y + side_m))
    ids = sorted(squares)
    shapes = [shapely.coverage_union_all(np.array(squares[i], dtype=object)) for i in ids]
    return gpd.GeoDataFrame({"division_id": ids, "name": ids}, geometry=shapes, crs=MEASURED)


def draw_sources(drawing: str, *, side_m: float = 100.0, households: int = 0) -> Sources:
    """Draw the same as `draw_divisions` as sources in lon/lat, as if read from a file.

    Parameters
    ----------
    drawing, side_m
        As for `draw_divisions`.
    households
        Households at a point in the middle of every square of land; 0 for no household layer.

    Examples
    --------
    >>> sorted(draw_sources("AB", households=1).layers)
    ['communities', 'households']
    """
    divisions = draw_divisions(drawing, side_m=side_m)
    communities = divisions.rename(columns={"division_id": "community_id"}).to_crs(STORED)
    layers = {"communities": communities}
    if households:
        rows = [line.strip() for line in drawing.strip().splitlines()][::-1]
        cells = [(c, r) for r, row in enumerate(rows) for c, x in enumerate(row) if x != "."]
        places = np.array(cells, dtype=float)
        middles = (places + 0.5) * side_m + (WEST_M, SOUTH_M)
        points = np.asarray(shapely.points(middles), dtype=object)
        layers["households"] = gpd.GeoDataFrame(
            {"household_id": [f"H{n}" for n in range(len(points))], "households": households},
            geometry=points,
            crs=MEASURED,
        ).to_crs(STORED)
    return Sources(layers, crs=STORED, metric_crs=MEASURED)
