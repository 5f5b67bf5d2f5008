"""The panel of a sheet: figures, legend, texts, and where the sheet lies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.level_words import reword_text
from gridmap.maps.palette import INKS, KINDS, SHADES, TINTS, blend
from gridmap.maps.wording import CATEGORY_LETTERS
from gridmap.printing.canvas import BORDER_INKS, BORDER_POINTS, HATCHES
from gridmap.printing.lettering import INK, write
from gridmap.printing.papers import MM_AN_INCH
from gridmap.terms import CATEGORIES, TERMS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridmap.printing.fonts import Fonts
    from gridmap.printing.ground import PrintedGround
    from gridmap.printing.papers import Sheet

_WORDS = re.compile(r"(?:[!-~]{1,24}\s*|.)[，。；：、）]*", re.DOTALL)
"""What stays on one line: a word of letters, or a character, with the marks that end it."""
LINE_MM = {"A3": 5.2, "A4": 4.6}
"""From one line of the panel to the next."""
SIZE_PT = {"A3": 8.5, "A4": 7.5}
COLUMN_MM = 58.0
"""About the width of a column where the panel lies below the map; as many as fit are as wide as
the panel lets them be."""


class Panel:
    """Writes the panel from its top downwards, or from its left to the right where it lies."""

    def __init__(self, axes: Any, sheet: Sheet, fonts: Fonts) -> None:
        self.axes, self.fonts, self.box = axes, fonts, sheet.panel
        self.size = SIZE_PT[sheet.paper]
        self.line = LINE_MM[sheet.paper]
        columns = 1 if sheet.lying else max(1, round(sheet.panel.width / COLUMN_MM))
        self.wide = sheet.panel.width / columns
        self.left = sheet.panel.left
        self.y = self.box.top - 5.5

    def head(self, text: str) -> None:
        """Start a block; go to the next column where the panel has one and this is full."""
        if self.y - 3 * self.line < self.box.bottom:
            self.next_column()
        write(
            self.axes,
            self.left + 4,
            self.y,
            text,
            self.fonts,
            self.size + 1.5,
            bold=True,
            colour=INK,
            across="left",
        )
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
        write(
            self.axes,
            self.left + indent,
            self.y,
            text,
            self.fonts,
            self.size,
            colour=INK,
            across="left",
        )
        if value:
            write(
                self.axes,
                self.left + self.wide - 5,
                self.y,
                value,
                self.fonts,
                self.size,
                bold=True,
                colour=INK,
                across="right",
            )
        if symbol:
            symbol(self.left + 4, self.y)
        self.y -= self.line

    def rows_left(self) -> int:
        """Return how many lines fit below what is written, in this column."""
        return int((self.y - self.box.bottom - 2) // self.line)

    def gap(self) -> None:
        """Leave half a line."""
        self.y -= self.line / 2


def write_figures(panel: Panel, rows: Sequence[tuple[str, str]]) -> None:
    """Write the figures of the sheet: names and values."""
    panel.head("数据")
    for name, value in rows:
        panel.row(name, value=value)
    panel.gap()


def write_lines(panel: Panel, text: str) -> None:
    """Write a text in as many lines as it needs; words of letters stay whole."""
    room = (panel.wide - 8) / MM_AN_INCH * 72
    line = ""
    for word in _WORDS.findall(text):
        if line and panel.fonts.measure(line + word.rstrip(), panel.size) > room:
            panel.row(line)
            line = ""
        line += word
    if line:
        panel.row(line)


def write_legend(panel: Panel, ground: PrintedGround) -> None:
    """Explain what is on the map, and nothing that is not."""
    panel.head("图例")
    _explain_kinds(panel, ground)
    used = set(ground.levels.tolist())
    for level, text in enumerate(BORDER_WORDS):
        if level in used:
            look = _line(panel, INKS[BORDER_INKS[level]], BORDER_POINTS[level])
            panel.row(reword_text(text, ground.words) if level == 0 else text, look)
    for kind, text in WAY_WORDS.items():
        if (ground.way_kinds == kind).any():
            panel.row(text, _way(panel, kind))
    _explain_marks(panel, ground)
    panel.gap()


BORDER_WORDS = ("网格界", "社区界", "街道界", "规划范围界")
"""In the order of `gridmap.printing.ground.LEVELS`; the first is reworded for micro-grids."""
WAY_WORDS = {"river": "河流", "railway": "铁路", "road": "主要道路"}


def _explain_kinds(panel: Panel, ground: PrintedGround) -> None:
    kinds, words = set(ground.plan.grids["kind"]), ground.words
    tint = blend("#ffffff", TINTS[0], SHADES[0])
    if "general" in kinds:
        known = "名称" if words.is_named else "编号"
        panel.row(f"{words.general.zh}（{known}、{words.count_zh}）", _patch(panel, tint))
    for kind in ("dedicated", "exclave"):
        if kind in kinds:
            look = KINDS[kind]
            ink = blend(look["ink"], look["fill"], 0.35)
            name = reword_text(TERMS[kind].zh, words)
            panel.row(name, _patch(panel, look["fill"], HATCHES[kind], ink))
    if len(ground.links):
        panel.row(reword_text("指向归属社区", words), _line(panel, KINDS["exclave"]["ink"], 0.9))


def _explain_marks(panel: Panel, ground: PrintedGround) -> None:
    """Explain letters of categories, and marks of grids outside their band."""
    grids, words = ground.plan.grids, ground.words
    used = set(grids["category"])
    letters = [
        f"{letter[0]}—{CATEGORIES[key].zh}"
        for key, letter in CATEGORY_LETTERS.items()
        if key in used
    ]
    for start in range(0, len(letters), 2):
        panel.row("　".join(letters[start : start + 2]))
    outside = grids["kind"].eq("general") & ~grids["in_band"].astype(bool)
    if outside.any():
        panel.row(f"▲—高于{words.count_zh}上限　▼—低于下限")
    if (outside & grids["households"].eq(0)).any():
        panel.row(f"○—{words.nobody_zh}")


def _patch(panel: Panel, fill: str, hatch: str = "", ink: str = "") -> Any:
    def draw(x: float, y: float) -> None:
        from matplotlib.patches import Rectangle

        made = Rectangle(
            (x, y - 1.7),
            8.5,
            3.4,
            facecolor=fill,
            edgecolor=ink or "none",
            linewidth=0,
            hatch=hatch or None,
            zorder=10,
        )
        made.set_hatch_linewidth(0.5)
        panel.axes.add_patch(made)
        panel.axes.add_patch(
            Rectangle(
                (x, y - 1.7), 8.5, 3.4, fill=False, linewidth=0.4, edgecolor=INKS["grid"], zorder=10
            )
        )

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
            panel.axes.plot(
                *across,
                color=colour,
                linewidth=points,
                linestyle=style,
                solid_capstyle="butt",
                zorder=10 + order,
            )

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
        rings = shapely.get_rings(shapely.get_parts(shape))
        if not len(rings):
            continue
        at, ring = shapely.get_coordinates(rings, return_index=True)
        codes = np.full(len(at), Path.LINETO, dtype=Path.code_type)
        codes[np.flatnonzero(np.diff(ring, prepend=-1))] = Path.MOVETO
        panel.axes.add_patch(
            PathPatch(
                Path(to_sheet(at), codes), facecolor=colour, edgecolor=INK, linewidth=0.4, zorder=10
            )
        )
    for ring in shapely.get_rings(shapely.get_parts(ground.communities)):
        at = to_sheet(shapely.get_coordinates(ring))
        panel.axes.plot(at[:, 0], at[:, 1], color=INKS["community"], linewidth=0.25, zorder=11)
