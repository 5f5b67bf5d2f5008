"""The lattice of roads that a district hangs on: where lines run, bend and meet.

A district is laid out in *plan space*: metres, east and north, where roads are straight and
blocks are rectangles. A warp then turns and bends plan space into real metres, so that roads
curve, blocks are skewed and no two corners are alike. The warp is linear between the nodes of a
lattice refined twice, which makes every line laid along a road lie exactly on that road.

Rings carry both: columns ``plan_x, plan_y, real_x, real_y``; cutting one interpolates all four,
so that pieces of a block share their corners to the last bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

LON_0, LAT_0 = 113.62, 30.18
"""Where the middle of a district lies, degrees: an invented place, inside EPSG:4490's area."""
TURN = np.deg2rad(11.0)
"""The lattice is turned so that roads do not run along the axes of the map."""
TILE_HOUSEHOLDS = 60_000
"""Households of one tile of the lattice: two townships, about twenty communities."""
RIVER_HALF_M = 47.0
"""From the middle of the river to the road on its bank, metres."""
WATER_HALF_M = 31.0
"""From the middle of the river to the water's edge, metres."""
ROWS_A_BAND = 3
BRIDGE_LINES = (2, 7)
"""Row lines of a tile whose roads cross the river, and are main roads."""
RURAL_ROWS = 2


@dataclass(frozen=True)
class Shape:
    """How many tiles a district has, and what one tile is made of.

    Attributes
    ----------
    tiles
        Number of tiles, each a pair of townships.
    tiles_wide
        Tiles in one row.
    columns, bands
        Blocks from west to east, and bands of communities from south to north, in each tile.
    """

    tiles: int
    tiles_wide: int
    columns: int
    bands: int

    @property
    def rows(self) -> int:
        """Rows of blocks of a tile, the rural ones included."""
        return self.bands * ROWS_A_BAND + RURAL_ROWS


def choose_shape(households: int) -> Shape:
    """Choose the layout for a number of households; about 400 households share a block.

    Examples
    --------
    >>> choose_shape(60_000)
    Shape(tiles=1, tiles_wide=1, columns=12, bands=4)
    >>> choose_shape(1_000_000).tiles
    17
    """
    tiles = max(1, round(households / TILE_HOUSEHOLDS))
    share = households / tiles
    bands = 4 if share >= 40_000 else 3
    columns = max(8, 2 * round(24 * share / TILE_HOUSEHOLDS / bands))
    return Shape(tiles, int(np.ceil(np.sqrt(tiles))), columns, bands)


@dataclass(frozen=True)
class Lattice:
    """Lines of the lattice, their classes, and the warp from plan to real metres.

    Attributes
    ----------
    shape
        The layout.
    xs, ys
        Plan position of each column line and row line, metres.
    column_class, row_class
        What runs on a line: ``arterial``, ``secondary``, ``local``, ``railway``, ``river`` (the
        middle of the water).
    river
        Whether a column of cells is one half of the river's corridor.
    rural
        Whether a row of cells is rural.
    bridge
        Whether the road of a row line crosses the river.
    tile_of_column, tile_of_row
        Tile column of each column of cells, tile row of each row of cells.
    nodes
        Real position of the refined lattice, shape (2 columns + 1, 2 rows + 1, 2), metres.
    """

    shape: Shape
    xs: Floats
    ys: Floats
    column_class: tuple[str, ...]
    row_class: tuple[str, ...]
    river: NDArray[np.bool_]
    rural: NDArray[np.bool_]
    bridge: NDArray[np.bool_]
    tile_of_column: Ints
    tile_of_row: Ints
    nodes: Floats

    @cached_property
    def fine_xs(self) -> Floats:
        """Plan positions of the refined column lines."""
        return _refine(self.xs)

    @cached_property
    def fine_ys(self) -> Floats:
        """Plan positions of the refined row lines."""
        return _refine(self.ys)

    def tile(self, column: int, row: int) -> int:
        """Return the tile that a cell is in, or -1 beyond the district."""
        if not (0 <= column < len(self.xs) - 1 and 0 <= row < len(self.ys) - 1):
            return -1
        index = int(self.tile_of_row[row]) * self.shape.tiles_wide
        index += int(self.tile_of_column[column])
        return index if index < self.shape.tiles else -1

    def warp(self, plan: Floats) -> Floats:
        """Return the real place of plan points, shape (n, 2), metres."""
        fx, fy = self.fine_xs, self.fine_ys
        i = np.searchsorted(fx[1:-1], plan[:, 0], side="right")
        j = np.searchsorted(fy[1:-1], plan[:, 1], side="right")
        u = ((plan[:, 0] - fx[i]) / (fx[i + 1] - fx[i]))[:, None]
        v = ((plan[:, 1] - fy[j]) / (fy[j + 1] - fy[j]))[:, None]
        south = self.nodes[i, j] * (1 - u) + self.nodes[i + 1, j] * u
        north = self.nodes[i, j + 1] * (1 - u) + self.nodes[i + 1, j + 1] * u
        place: Floats = south * (1 - v) + north * v
        return place

    def bearing(self, plan: Floats) -> Floats:
        """Return the angle of the east-west direction at plan points, radians."""
        step = np.array([4.0, 0.0])
        ahead = self.warp(plan + step) - self.warp(plan - step)
        angle: Floats = np.arctan2(ahead[:, 1], ahead[:, 0])
        return angle

    def ring(self, west: int, east: int, south: int, north: int) -> Floats:
        """Return the ring around a rectangle of cells, anticlockwise, shape (k, 4), open."""
        i0, i1, j0, j1 = 2 * west, 2 * east, 2 * south, 2 * north
        path = [(i, j0) for i in range(i0, i1)]
        path += [(i1, j) for j in range(j0, j1)]
        path += [(i, j1) for i in range(i1, i0, -1)]
        path += [(i0, j) for j in range(j1, j0, -1)]
        i, j = np.array(path).T
        return np.column_stack([self.fine_xs[i], self.fine_ys[j], self.nodes[i, j]])

    def line(self, first: tuple[int, int], last: tuple[int, int]) -> Floats:
        """Return the real points along a lattice line between two corners, shape (k, 2)."""
        (i0, j0), (i1, j1) = first, last
        if j0 == j1:
            return self.nodes[2 * i0 : 2 * i1 + 1, 2 * j0]
        return self.nodes[2 * i0, 2 * j0 : 2 * j1 + 1]


def _refine(lines: Floats) -> Floats:
    fine = np.empty(2 * len(lines) - 1)
    fine[::2] = lines
    fine[1::2] = (lines[1:] + lines[:-1]) / 2
    return fine


def make_lattice(shape: Shape, rng: np.random.Generator) -> Lattice:
    """Lay the lines of a district: spacing 150-250 m, three classes of roads, river, railway.

    Notes
    -----
    Source: issue 2, point 2, for spacing, classes, river and railway.
    """
    widths, river, column_class, tile_of_column = _lay_columns(shape, rng)
    heights, rural, row_class, bridge, tile_of_row = _lay_rows(shape, rng)
    xs = np.concatenate([[0.0], np.cumsum(widths)])
    ys = np.concatenate([[0.0], np.cumsum(heights)])
    nodes = _warp_nodes(xs, ys, np.array(river), rng)
    return Lattice(
        shape=shape,
        xs=xs,
        ys=ys,
        column_class=tuple(column_class),
        row_class=tuple(row_class),
        river=np.array(river),
        rural=np.array(rural),
        bridge=np.array(bridge),
        tile_of_column=np.array(tile_of_column),
        tile_of_row=np.array(tile_of_row),
        nodes=nodes,
    )


def _lay_columns(
    shape: Shape, rng: np.random.Generator
) -> tuple[list[float], list[bool], list[str], list[int]]:
    widths: list[float] = []
    river: list[bool] = []
    classes: list[str] = ["secondary"]
    tiles: list[int] = []
    pattern = ("secondary", "local", "local", "arterial", "local", "local")
    for tile in range(shape.tiles_wide):
        for column in range(shape.columns):
            if tile == 0 and column == shape.columns // 2:
                classes[-1] = "secondary"
                widths += [RIVER_HALF_M, RIVER_HALF_M]
                river += [True, True]
                tiles += [0, 0]
                classes += ["river", "secondary"]
            widths.append(float(rng.uniform(152, 236)))
            river.append(False)
            tiles.append(tile)
            last = column == shape.columns - 1
            offset = shape.columns // 2 if column >= shape.columns // 2 else 0
            classes.append("secondary" if last else pattern[(column + 1 - offset) % 6])
    return widths, river, classes, tiles


def _lay_rows(
    shape: Shape, rng: np.random.Generator
) -> tuple[list[float], list[bool], list[str], list[bool], list[int]]:
    heights: list[float] = []
    rural: list[bool] = []
    classes: list[str] = []
    bridge: list[bool] = []
    tiles: list[int] = []
    urban = shape.bands * ROWS_A_BAND
    for tile in range(-(-shape.tiles // shape.tiles_wide)):
        for row in range(shape.rows):
            countryside = row >= urban
            heights.append(float(rng.uniform(370, 450) if countryside else rng.uniform(150, 222)))
            rural.append(countryside)
            tiles.append(tile)
            bridge.append(row in BRIDGE_LINES)
            if row in BRIDGE_LINES:
                classes.append("arterial")
            elif row == urban - 1:
                classes.append("railway")
            elif row in (0, 5, 9, urban):
                classes.append("secondary")
            else:
                classes.append("local")
    return heights, rural, [*classes, "secondary"], [*bridge, False], tiles


def _warp_nodes(
    xs: Floats, ys: Floats, river: NDArray[np.bool_], rng: np.random.Generator
) -> Floats:
    """Place the refined nodes: long waves bend the lines, small steps move each corner."""
    middle = np.array([(xs[0] + xs[-1]) / 2, (ys[0] + ys[-1]) / 2])
    step = rng.normal(0, 6.5, (len(xs), len(ys), 2)).clip(-14, 14)
    for column in np.flatnonzero(river)[::2]:
        step[column] = step[column + 2] = step[column + 1]
    fine = np.empty((2 * len(xs) - 1, 2 * len(ys) - 1, 2))
    fine[::2, ::2] = step
    fine[1::2, ::2] = (step[1:] + step[:-1]) / 2
    fine[:, 1::2] = (fine[:, 2::2] + fine[:, :-2:2]) / 2
    x, y = np.meshgrid(_refine(xs), _refine(ys), indexing="ij")
    phase = rng.uniform(0, 2 * np.pi, 4)
    bend_x = 62 * np.sin(2 * np.pi * y / 2650 + phase[0]) + 16 * np.sin(y / 140 + phase[1])
    bend_y = 70 * np.sin(2 * np.pi * x / 3300 + phase[2]) + 9 * np.sin(x / 155 + phase[3])
    place = np.stack([x + bend_x, y + bend_y], axis=-1) + fine - middle
    cos, sin = np.cos(TURN), np.sin(TURN)
    real: Floats = place @ np.array([[cos, sin], [-sin, cos]])
    return real


def to_lonlat(real: Floats) -> Floats:
    """Turn real metres into degrees, rounded to 1e-9 degree (0.1 mm).

    Parameters
    ----------
    real
        Metres east and north of (`LON_0`, `LAT_0`), shape (n, 2).

    Returns
    -------
    Floats
        Longitude and latitude, shape (n, 2).

    Notes
    -----
    Source: radii of curvature of the ellipsoid of CGCS2000; each point's east-west scale is that
    of its own parallel.

    Examples
    --------
    >>> to_lonlat(np.array([[0.0, 0.0]])).tolist()
    [[113.62, 30.18]]
    """
    semi_axis, flattening = 6378137.0, 1 / 298.257222101
    squared = flattening * (2 - flattening)
    root = 1 - squared * np.sin(np.deg2rad(LAT_0)) ** 2
    meridian = semi_axis * (1 - squared) / root**1.5
    lat = np.deg2rad(LAT_0) + real[:, 1] / meridian
    normal = semi_axis / np.sqrt(1 - squared * np.sin(lat) ** 2)
    lon = LON_0 + np.rad2deg(real[:, 0] / (normal * np.cos(lat)))
    degrees: Floats = np.round(np.column_stack([lon, np.rad2deg(lat)]), 9)
    return degrees
