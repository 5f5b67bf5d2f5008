"""Paper: sizes, margins, where the map lies on a sheet, and its scale.

All lengths are millimetres from the lower left corner of the sheet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from gridmap.errors import InvalidOption

MM_AN_INCH = 25.4
SIZES_MM = {"A3": (420.0, 297.0), "A4": (297.0, 210.0)}
"""Long and short side. Source: GB/T 148, ISO 216."""
BINDING_MM = 35.0
"""Margin on the left, where sheets are bound. Source: issue 5."""
EDGE_MM = 10.0
"""Margin on the other sides: what office printers can't reach is 4-6 mm; gridmap's own default."""
TITLE_MM = {"A3": 19.0, "A4": 15.0}
FOOT_MM = {"A3": 15.0, "A4": 13.0}
PANEL_MM = {"A3": 72.0, "A4": 58.0}
"""Width of the legend beside the map, or its height below it, by size: gridmap's own defaults."""
AROUND = 1.06
"""The land with a little air around it."""
STEPS = (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)
"""Leading figures of a scale that people read: 1:2500, 1:12500."""
FINEST_SCALE = 200.0


class Box(NamedTuple):
    """A rectangle on the sheet, millimetres."""

    left: float
    bottom: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The x of its right side."""
        return self.left + self.width

    @property
    def top(self) -> float:
        """The y of its upper side."""
        return self.bottom + self.height


@dataclass(frozen=True)
class Sheet:
    """A sheet of paper and what lies where on it.

    Attributes
    ----------
    paper, lying
        ``A3`` or ``A4``; whether the long side lies.
    width, height
        Of the paper.
    frame
        Inside the margins: what the neat line encloses, map and panel.
    map, panel
        The map; beside it (lying) or below it (standing) the legend and the figures.
    title, foot
        Strips above and below the frame.
    """

    paper: str
    lying: bool
    width: float
    height: float
    frame: Box
    map: Box
    panel: Box
    title: Box
    foot: Box

    @property
    def inches(self) -> tuple[float, float]:
        """Width and height in inches, as matplotlib wants them."""
        return self.width / MM_AN_INCH, self.height / MM_AN_INCH


def lay_out_sheet(paper: str, *, lying: bool = True) -> Sheet:
    """Return where everything lies on a sheet.

    Raises
    ------
    InvalidOption
        When the paper is neither A3 nor A4.

    Examples
    --------
    >>> sheet = lay_out_sheet("A4")
    >>> sheet.width, sheet.frame.left, sheet.map.width
    (297.0, 35.0, 194.0)
    """
    if paper not in SIZES_MM:
        raise InvalidOption(
            f"The paper is A3 or A4, not {str(paper)[:20]!r}.",
            f"纸张只能是 A3 或 A4，不能是 {str(paper)[:20]!r}。",
            cure_en="--paper A3",
            cure_zh="--paper A3",
        )
    size = SIZES_MM[paper]
    width, height = size if lying else size[::-1]
    above, below, panel = TITLE_MM[paper], FOOT_MM[paper], PANEL_MM[paper]
    across = width - BINDING_MM - EDGE_MM
    frame = Box(BINDING_MM, EDGE_MM + below, across, height - 2 * EDGE_MM - above - below)
    title = Box(BINDING_MM, frame.top, across, above)
    foot = Box(BINDING_MM, EDGE_MM, across, below)
    if lying:
        inner = Box(frame.left, frame.bottom, across - panel, frame.height)
        beside = Box(inner.right, frame.bottom, panel, frame.height)
    else:
        inner = Box(frame.left, frame.bottom + panel, across, frame.height - panel)
        beside = Box(frame.left, frame.bottom, across, panel)
    return Sheet(paper, lying, width, height, frame, inner, beside, title, foot)


def choose_scale(width_m: float, height_m: float, room: Box) -> float:
    """Return the largest readable scale number at which land fits into a box.

    Parameters
    ----------
    width_m, height_m
        Extent of the land, metres.
    room
        Where it is drawn.

    Returns
    -------
    float
        N of 1:N.

    Examples
    --------
    >>> choose_scale(1900, 1200, Box(0, 0, 200, 150))
    12500.0
    """
    least = max(width_m * 1000 / room.width, height_m * 1000 / room.height, FINEST_SCALE) * AROUND
    power = 1.0
    while least > power * 10:
        power *= 10
    return next((step * power for step in STEPS if step * power >= least), power * 10)


def choose_sheet(paper: str, bounds: tuple[float, float, float, float]) -> Sheet:
    """Return a sheet that lies or stands, whichever shows land larger; it lies where both do.

    Parameters
    ----------
    paper
        ``A3`` or ``A4``.
    bounds
        West, south, east and north of the land, metres.

    Examples
    --------
    >>> choose_sheet("A4", (0, 0, 1000, 3300)).lying
    False
    """
    west, south, east, north = bounds
    sheets = [lay_out_sheet(paper, lying=lying) for lying in (True, False)]
    return min(sheets, key=lambda sheet: choose_scale(east - west, north - south, sheet.map))


def choose_bar(scale: float, longest_mm: float) -> float:
    """Return the length of a scale bar in metres: 1, 2 or 5 times a power of ten.

    Examples
    --------
    >>> choose_bar(12500.0, 50.0)
    500.0
    """
    most = longest_mm * scale / 1000
    power = 10.0 ** len(str(int(most)))
    while power > 0.001:
        for step in (5, 2, 1):
            if step * power <= most:
                return step * power
        power /= 10
    return most
