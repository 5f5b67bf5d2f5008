"""What stands around a printed map: frame, title, scale, north and imprint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gridmap.printing.lettering import INK, write
from gridmap.printing.papers import MM_AN_INCH, choose_bar

if TYPE_CHECKING:
    from gridmap.printing.fonts import Fonts
    from gridmap.printing.papers import Box, Sheet


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
        Rectangle(
            corner,
            panel.width,
            panel.height,
            facecolor="#ffffff",
            edgecolor=INK,
            linewidth=0.6,
            zorder=9,
        )
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
        right - 1,
        middle,
        text,
        fontproperties=font,
        color="#b3261e",
        ha="right",
        va="center",
        bbox={"facecolor": "none", "edgecolor": "#b3261e", "boxstyle": "square,pad=0.35"},
        zorder=11,
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
                (middle - width / 2 + field * width / 4, y),
                width / 4,
                1.4,
                linewidth=0.5,
                facecolor=INK if field % 2 == 0 else "#ffffff",
                edgecolor=INK,
                zorder=10,
            )
        )
    for share in (0.0, 0.5, 1.0):
        length = metres * share
        text = f"{length / 1000:g}" if metres >= 1000 else f"{length:g}"
        unit = "" if share < 1 else (" 千米" if metres >= 1000 else " 米")
        write(
            axes, middle - width / 2 + width * share, y - 2.0, text + unit, fonts, 6.5, colour=INK
        )


def draw_north(axes: Any, box: Box, fonts: Fonts) -> None:
    """Draw the north arrow in the upper right corner of the map."""
    from matplotlib.patches import Polygon

    x, y = box.right - 9, box.top - 20
    axes.add_patch(
        Polygon(
            [(x, y + 11), (x - 3, y), (x, y + 2.4)],
            facecolor=INK,
            edgecolor=INK,
            linewidth=0.6,
            zorder=9,
        )
    )
    axes.add_patch(
        Polygon(
            [(x, y + 11), (x + 3, y), (x, y + 2.4)],
            facecolor="#ffffff",
            edgecolor=INK,
            linewidth=0.6,
            zorder=9,
        )
    )
    write(axes, x, y + 13.6, "北", fonts, 10, bold=True, colour=INK)
