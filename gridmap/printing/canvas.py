"""A window of the land on paper: fills and patterns, borders, ways and names.

Everything is drawn in millimetres of the sheet, so that a scale is a number and not a wish.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.maps.palette import INKS, KINDS, blend
from gridmap.printing.lettering import place_names
from gridmap.printing.papers import MM_AN_INCH

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from gridmap.printing.fonts import Fonts
    from gridmap.printing.ground import PrintedGround
    from gridmap.printing.papers import Box

HATCHES = {"dedicated": "....", "exclave": "////"}
"""Patterns that tell kinds apart without colour."""
BORDER_POINTS = (0.45, 1.1, 1.9, 2.4)
"""Width of grid, community, township and outer borders."""
BORDER_INKS = ("grid", "community", "township", "township")
MAIN_ROADS = ("expressway", "arterial")
FADED = 0.75
"""Share of white over land that the page is not about."""
LEAST_WAY_MM = 25.0
"""A road shorter than this on the page is not named on it."""


@dataclass(frozen=True)
class Window:
    """What part of the land is drawn where, and how large.

    Attributes
    ----------
    box
        On the sheet, millimetres.
    centre
        Of the land, metres.
    scale
        N of 1:N.
    """

    box: Box
    centre: tuple[float, float]
    scale: float

    def to_sheet(self, at: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return millimetres on the sheet from metres."""
        middle = (self.box.left + self.box.width / 2, self.box.bottom + self.box.height / 2)
        return (at - self.centre) * (1000 / self.scale) + middle

    @property
    def land(self) -> shapely.Geometry:
        """The land that the window shows, metres."""
        half = np.array([self.box.width, self.box.height]) * self.scale / 2000
        west, south = np.asarray(self.centre) - half
        east, north = np.asarray(self.centre) + half
        land: shapely.Geometry = shapely.box(west, south, east, north)
        return land


def draw_land(
    axes: Any,
    ground: PrintedGround,
    window: Window,
    fonts: Fonts,
    *,
    about: NDArray[np.bool_] | None = None,
    marked: NDArray[np.bool_] | None = None,
    label_of: Callable[[int], tuple[str, ...]] | None = None,
    names: Sequence[str] | None = None,
) -> list[int]:
    """Draw the land of a window.

    Parameters
    ----------
    axes
        Of matplotlib, in millimetres of the sheet.
    ground, window, fonts
        What, where, and in which letters.
    about
        (grids,) the grids that the page is about; others are faded and have no label. All unless
        given.
    marked
        (grids,) grids with a heavy red outline: those that changed.
    label_of
        Returns the lines of a grid's label; serial number and households unless given.
    names
        Of the communities; their own unless given.

    Returns
    -------
    list
        As of `gridmap.printing.lettering.place_names`.
    """
    inside = shapely.intersects(ground.lands, window.land)
    chosen = np.ones(len(ground.lands), dtype=bool) if about is None else about
    pen = _Pen(axes, window)
    for place in np.flatnonzero(inside).tolist():
        _fill(pen, ground, place, faded=not chosen[place])
    _draw_ways(pen, ground)
    near = shapely.intersects(ground.borders, window.land)
    for level in range(len(BORDER_POINTS)):
        lines = ground.borders[near & (ground.levels == level)]
        pen.stroke(lines, BORDER_POINTS[level], INKS[BORDER_INKS[level]], 4 + level / 10)
    if marked is not None:
        pen.stroke(shapely.boundary(ground.lands[inside & marked]), 2.2, INKS["above"], 5)
    linked = np.isin(ground.link_grids, np.flatnonzero(inside & chosen))
    for line in ground.links[linked]:
        pen.arrow(line, KINDS["exclave"]["ink"])
    shown = inside & chosen
    return place_names(pen, ground, fonts, shown, label_of, names or ground.register.names)


class _Pen:
    """Draws geometries in metres onto the sheet, clipped to the window."""

    def __init__(self, axes: Any, window: Window) -> None:
        from matplotlib.patches import Rectangle

        self.axes = axes
        self.window = window
        box = window.box
        self.clip = Rectangle(
            (box.left, box.bottom), box.width, box.height, transform=axes.transData
        )

    def fill(self, shape: shapely.Geometry, colour: str, hatch: str = "", ink: str = "") -> None:
        """Fill a polygon, with a pattern over it."""
        from matplotlib.patches import PathPatch

        path = self._path(shapely.boundary(shape))
        if path is None:
            return
        patch = PathPatch(path, facecolor=colour, edgecolor=ink or "none", linewidth=0, zorder=1)
        if hatch:
            patch.set_hatch(hatch)
            patch.set_hatch_linewidth(0.5)
        self._add(patch)

    def stroke(self, lines: Any, points: float, colour: str, order: float, **look: Any) -> None:
        """Stroke lines."""
        from matplotlib.patches import PathPatch

        path = self._path(lines)
        if path is not None:
            look = {"capstyle": "round", "joinstyle": "round", **look}
            self._add(
                PathPatch(
                    path, fill=False, edgecolor=colour, linewidth=points, zorder=order, **look
                )
            )

    def arrow(self, line: shapely.LineString, colour: str) -> None:
        """Draw a line that ends in an arrow."""
        from matplotlib.patches import FancyArrowPatch

        ends = self.window.to_sheet(shapely.get_coordinates(line))[[0, -1]]
        arrow = FancyArrowPatch(
            tuple(ends[0]),
            tuple(ends[1]),
            arrowstyle="-|>",
            mutation_scale=7,
            linewidth=0.9,
            color=colour,
            shrinkA=6,
            shrinkB=0,
            zorder=6,
        )
        self._add(arrow)

    def _add(self, patch: Any) -> None:
        self.axes.add_patch(patch)
        patch.set_clip_path(self.clip)

    def _path(self, lines: Any) -> Any | None:
        """Return the parts of lines as one path, cut a little outside the window."""
        from matplotlib.path import Path

        parts = shapely.get_parts(shapely.get_parts(np.atleast_1d(np.asarray(lines, dtype=object))))
        parts = parts[np.isin(shapely.get_type_id(parts), (1, 2))]
        if not len(parts):
            return None
        at, line = shapely.get_coordinates(parts, return_index=True)
        codes = np.full(len(at), Path.LINETO, dtype=Path.code_type)
        codes[np.flatnonzero(np.diff(line, prepend=-1))] = Path.MOVETO
        return Path(self.window.to_sheet(at), codes)


def _fill(pen: _Pen, ground: PrintedGround, place: int, *, faded: bool) -> None:
    kind = str(ground.plan.grids["kind"].iloc[place])
    colour = ground.fills[place]
    if faded:
        pen.fill(ground.lands[place], blend(colour, "#ffffff", FADED))
        return
    ink = blend(KINDS[kind]["ink"], colour, 0.35) if kind in KINDS else ""
    pen.fill(ground.lands[place], colour, HATCHES.get(kind, ""), ink)


def _draw_ways(pen: _Pen, ground: PrintedGround) -> None:
    """Draw water, railways and roads, the light ones first."""
    near = shapely.intersects(ground.ways, pen.window.land)
    kind, rank = ground.way_kinds, ground.way_classes
    areal = np.isin(shapely.get_type_id(ground.ways), (3, 6))
    for shape in ground.ways[near & (kind == "river") & areal]:
        pen.fill(shape, INKS["river"])
    pen.stroke(ground.ways[near & (kind == "river") & ~areal], 2.0, INKS["river"], 2)
    small = near & (kind == "road") & ~np.isin(rank, MAIN_ROADS)
    pen.stroke(ground.ways[small], 0.3, INKS["road_edge"], 2.1)
    main = near & (kind == "road") & np.isin(rank, MAIN_ROADS)
    pen.stroke(ground.ways[main], 2.6, INKS["road_edge"], 2.2)
    pen.stroke(ground.ways[main], 1.8, "#ffffff", 2.3)
    rails = ground.ways[near & (kind == "railway")]
    pen.stroke(rails, 1.8, INKS["railway"], 2.4, capstyle="butt")
    pen.stroke(rails, 1.0, "#ffffff", 2.5, capstyle="butt", linestyle=(0, (4, 4)))


def start_sheet(inches: tuple[float, float]) -> tuple[Any, Any]:
    """Return a figure of a size and axes over all of it, in millimetres."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=inches)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_xlim(0, inches[0] * MM_AN_INCH)
    axes.set_ylim(0, inches[1] * MM_AN_INCH)
    axes.set_axis_off()
    return figure, axes
