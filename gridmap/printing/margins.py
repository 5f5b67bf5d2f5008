"""What stands around a printed map: title, legend, figures, scale, north, locator and imprint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.maps.palette import INKS, KINDS, SHADES, TINTS, blend
from gridmap.maps.wording import CATEGORY_LETTERS
from gridmap.printing.canvas import BORDER_INKS, BORDER_POINTS, HATCHES
from gridmap.printing.lettering import write
from gridmap.printing.papers import MM_AN_INCH, choose_bar
from gridmap.terms import CATEGORIES, TERMS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridmap.printing.fonts import Fonts
    from gridmap.printing.ground import PrintedGround
    from gridmap.printing.papers import Box, Sheet

INK = "#1c2733"
LINE_MM = 5.2
"""From one line of the panel to the next."""


@dataclass(frozen=True, slots=True)
class Margin:
    """What the margin of every sheet says; empty where nothing was given.

    Attributes
    ----------
    title
        Of the sheet.
    compiler, reviewer
        Who drew the map and who answers for it (编制单位、审核).
    date, source, review_number
        Of the data; where they come from; the number a public map needs (审图号).
    version
        By which the plan is known.
    internal
        Whether the sheet is marked 内部用图.
    """

    title: str
    compiler: str = ""
    reviewer: str = ""
    date: str = ""
    source: str = ""
    review_number: str = ""
    version: str = ""
    internal: bool = True


def draw_frame(axes: Any, sheet: Sheet) -> None:
    """Draw the neat line: a thin one around map and panel, a heavy one outside."""
    from matplotlib.patches import Rectangle

    frame = sheet.frame
    for box, grow, points in ((frame, 0.0, 0.6), (frame, 1.2, 1.8)):
        axes.add_patch(
            Rectangle(
                (box.left - grow, box.bottom - grow),
                box.width + 2 * grow,
                box.height + 2 * grow,
                fill=False,
                edgecolor=INK,
                linewidth=points,
                zorder=10,
            )
        )
    panel = sheet.panel
    corner = (panel.left, panel.bottom)
    axes.add_patch(
        Rectangle(corner, panel.width, panel.height, facecolor="#ffffff", edgecolor=INK,
                  linewidth=0.6, zorder=9)
    )


def write_title(axes: Any, sheet: Sheet, margin: Margin, fonts: Fonts) -> None:
    """Write the title above the frame, as large as it fits, and the stamp."""
    box = sheet.title
    size = 24.0 if sheet.paper == "A3" else 18.0
    room = (box.width - 60) / MM_AN_INCH * 72
    size = min(size, size * room / max(fonts.measure(margin.title, size, bold=True), 1.0))
    middle = box.bottom + box.height / 2 + 0.8
    write(axes, box.left + box.width / 2, middle, margin.title, fonts, size, bold=True, colour=INK)
    if margin.internal:
        _stamp(axes, box.right, middle, "内部用图", fonts)


def _stamp(axes: Any, right: float, middle: float, text: str, fonts: Fonts) -> None:
    font = fonts.bold.copy()
    font.set_size(10)
    axes.text(
        right - 1, middle, text, fontproperties=font, color="#b3261e", ha="right", va="center",
        bbox={"facecolor": "none", "edgecolor": "#b3261e", "boxstyle": "square,pad=0.35"}, zorder=11,
    )


def write_foot(axes: Any, sheet: Sheet, margin: Margin, fonts: Fonts, scale: float) -> None:
    """Write the imprint below the frame, and the scale with its bar in the middle."""
    box = sheet.foot
    upper, lower = box.top - 5.0, box.top - 10.0
    number = margin.review_number or ("未填写" if not margin.internal else "—")
    left = (f"编制单位：{margin.compiler or '—'}", f"资料来源：{margin.source or '—'}")
    right = (
        f"审核：{margin.reviewer or '—'}　审图号：{number}",
        f"数据日期：{margin.date or '—'}　方案版本：{margin.version or '—'}",
    )
    for y, first, second in zip((upper, lower), left, right, strict=True):
        write(axes, box.left, y, first, fonts, 8, colour=INK, across="left")
        write(axes, box.right, y, second, fonts, 8, colour=INK, across="right")
    middle = box.left + box.width / 2
    write(axes, middle, upper, f"比例尺 1:{scale:,.0f}", fonts, 9, bold=True, colour=INK)
    _draw_bar(axes, middle, lower - 0.6, scale, fonts)


def _draw_bar(axes: Any, middle: float, y: float, scale: float, fonts: Fonts) -> None:
    """Draw a scale bar of four fields, black and white in turn."""
    from matplotlib.patches import Rectangle

    metres = choose_bar(scale, 60.0)
    width = metres * 1000 / scale
    for field in range(4):
        axes.add_patch(
            Rectangle(
                (middle - width / 2 + field * width / 4, y), width / 4, 1.4, linewidth=0.5,
                facecolor=INK if field % 2 == 0 else "#ffffff", edgecolor=INK, zorder=10,
            )
        )
    for share in (0.0, 0.5, 1.0):
        length = metres * share
        text = f"{length / 1000:g}" if metres >= 1000 else f"{length:g}"
        unit = "" if share < 1 else (" 千米" if metres >= 1000 else " 米")
        write(axes, middle - width / 2 + width * share, y - 2.0, text + unit, fonts, 6.5, colour=INK)


def draw_north(axes: Any, box: Box, fonts: Fonts) -> None:
    """Draw the north arrow in the upper right corner of the map."""
    from matplotlib.patches import Polygon

    x, y = box.right - 9, box.top - 20
    axes.add_patch(Polygon([(x, y + 11), (x - 3, y), (x, y + 2.4)], facecolor=INK, edgecolor=INK,
                           linewidth=0.6, zorder=9))
    axes.add_patch(Polygon([(x, y + 11), (x + 3, y), (x, y + 2.4)], facecolor="#ffffff",
                           edgecolor=INK, linewidth=0.6, zorder=9))
    write(axes, x, y + 13.6, "北", fonts, 10, bold=True, colour=INK)


class Panel:
    """Writes the panel from its top downwards, or from its left to the right where it lies."""

    def __init__(self, axes: Any, sheet: Sheet, fonts: Fonts) -> None:
        self.axes, self.fonts, self.box = axes, fonts, sheet.panel
        self.size = 8.5 if sheet.paper == "A3" else 7.5
        self.line = LINE_MM if sheet.paper == "A3" else 4.6
        self.wide = sheet.panel.width if sheet.lying else 62.0
        self.left = sheet.panel.left
        self.y = self.box.top - 5.5

    def head(self, text: str) -> None:
        """Start a block; go to the next column where the panel has one and this is full."""
        if self.y - 3 * self.line < self.box.bottom:
            self.next_column()
        write(self.axes, self.left + 4, self.y, text, self.fonts, self.size + 1.5, bold=True,
              colour=INK, across="left")
        self.y -= self.line * 1.1

    def next_column(self) -> None:
        """Go on at the top of the next column, where there is one."""
        if self.left + 2 * self.wide <= self.box.right + 1:
            self.left += self.wide
            self.y = self.box.top - 5.5

    def row(self, text: str, symbol: Any = None, value: str = "") -> None:
        """Write a line with a symbol before it, or a value at its end."""
        if self.y < self.box.bottom + 2:
            self.next_column()
        indent = 15.0 if symbol else 4.0
        write(self.axes, self.left + indent, self.y, text, self.fonts, self.size, colour=INK,
              across="left")
        if value:
            write(self.axes, self.left + self.wide - 5, self.y, value, self.fonts, self.size,
                  bold=True, colour=INK, across="right")
        if symbol:
            symbol(self.left + 4, self.y)
        self.y -= self.line

    def gap(self) -> None:
        """Leave half a line."""
        self.y -= self.line / 2


def write_figures(panel: Panel, rows: Sequence[tuple[str, str]]) -> None:
    """Write the figures of the sheet: names and values."""
    panel.head("数据")
    for name, value in rows:
        panel.row(name, value=value)
    panel.gap()


def write_legend(panel: Panel, ground: PrintedGround) -> None:
    """Explain what is on the map, and nothing that is not."""
    panel.head("图例")
    kinds = set(ground.plan.grids["kind"])
    tint = blend("#ffffff", TINTS[0], SHADES[0])
    if "general" in kinds:
        panel.row(TERMS["general"].zh + "（编号、户数）", _patch(panel, tint))
    for kind in ("dedicated", "exclave"):
        if kind in kinds:
            look = KINDS[kind]
            ink = blend(look["ink"], look["fill"], 0.35)
            panel.row(TERMS[kind].zh, _patch(panel, look["fill"], HATCHES[kind], ink))
    if len(ground.links):
        panel.row("指向归属社区", _line(panel, KINDS["exclave"]["ink"], 0.9))
    used = sorted(set(ground.levels.tolist()) | {0})
    for level, text in enumerate(("网格界", "社区界", "街道界", "规划范围界")):
        if level in used:
            panel.row(text, _line(panel, INKS[BORDER_INKS[level]], BORDER_POINTS[level]))
    for kind, text in (("river", "河流"), ("railway", "铁路"), ("road", "主要道路")):
        if (ground.way_kinds == kind).any():
            panel.row(text, _way(panel, kind))
    letters = [
        f"{CATEGORY_LETTERS[key][0]} {CATEGORIES[key].zh}"
        for key in CATEGORY_LETTERS
        if key in set(ground.plan.grids["category"])
    ]
    for start in range(0, len(letters), 2):
        panel.row("　".join(letters[start : start + 2]))
    grids = ground.plan.grids
    outside = grids["kind"].ne("dedicated") & ~grids["in_band"].astype(bool)
    if outside.any():
        panel.row("▲ 高于户数上限　▼ 低于下限")
    if (outside & grids["households"].eq(0)).any():
        panel.row("○ 无住户")
    panel.gap()


def _patch(panel: Panel, fill: str, hatch: str = "", ink: str = "") -> Any:
    def draw(x: float, y: float) -> None:
        from matplotlib.patches import Rectangle

        made = Rectangle((x, y - 1.7), 8.5, 3.4, facecolor=fill, edgecolor=ink or "none",
                         linewidth=0, hatch=hatch or None, zorder=10)
        made.set_hatch_linewidth(0.5)
        panel.axes.add_patch(made)
        panel.axes.add_patch(Rectangle((x, y - 1.7), 8.5, 3.4, fill=False, linewidth=0.4,
                                       edgecolor=INKS["grid"], zorder=10))

    return draw


def _line(panel: Panel, colour: str, points: float) -> Any:
    def draw(x: float, y: float) -> None:
        panel.axes.plot([x, x + 8.5], [y, y], color=colour, linewidth=points, zorder=10)

    return draw


def _way(panel: Panel, kind: str) -> Any:
    def draw(x: float, y: float) -> None:
        across = [x, x + 8.5], [y, y]
        looks = {
            "river": ((INKS["river"], 2.0, "-"),),
            "railway": ((INKS["railway"], 1.8, "-"), ("#ffffff", 1.0, (0, (4, 4)))),
            "road": ((INKS["road_edge"], 2.6, "-"), ("#ffffff", 1.8, "-")),
        }
        for order, (colour, points, style) in enumerate(looks[kind]):
            panel.axes.plot(*across, color=colour, linewidth=points, linestyle=style,
                            solid_capstyle="butt", zorder=10 + order)

    return draw


def draw_locator(panel: Panel, ground: PrintedGround, here: NDArray[np.bool_]) -> None:
    """Draw all land small, with the part that the sheet shows in red."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    panel.head("位置示意")
    west, south, east, north = ground.bounds
    room_x, room_y = panel.wide - 10, max(panel.y - panel.box.bottom - 3, 5)
    factor = min(room_x / (east - west), room_y / (north - south), 1e6)

    def to_sheet(at: NDArray[np.float64]) -> NDArray[np.float64]:
        left = panel.left + (panel.wide - factor * (east - west)) / 2
        result: NDArray[np.float64] = (at - (west, north)) * factor + (left, panel.y)
        return result

    merged = shapely.union_all(ground.lands[here]) if here.any() else shapely.Polygon()
    for shape, colour in ((shapely.union_all(ground.lands), "#e4e9ee"), (merged, "#d9503f")):
        rings = shapely.get_parts(shapely.get_rings(shape))
        if not len(rings):
            continue
        at, ring = shapely.get_coordinates(rings, return_index=True)
        codes = np.full(len(at), Path.LINETO, dtype=Path.code_type)
        codes[np.flatnonzero(np.diff(ring, prepend=-1))] = Path.MOVETO
        panel.axes.add_patch(PathPatch(Path(to_sheet(at), codes), facecolor=colour,
                                       edgecolor=INK, linewidth=0.4, zorder=10))
    lines = ground.communities[~shapely.is_empty(ground.communities)]
    for ring in shapely.get_rings(lines):
        at = to_sheet(shapely.get_coordinates(ring))
        panel.axes.plot(at[:, 0], at[:, 1], color=INKS["community"], linewidth=0.25, zorder=11)
