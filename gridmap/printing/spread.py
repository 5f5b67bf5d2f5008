"""Before and after side by side, at one scale, with what changed outlined in red."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gridmap.printing.canvas import Window, draw_land, start_sheet
from gridmap.printing.lettering import INK, write
from gridmap.printing.margins import draw_frame, draw_north, write_foot, write_title
from gridmap.printing.panel import Panel, write_lines
from gridmap.printing.papers import Box, choose_scale, lay_out_sheet
from gridmap.printing.words import name_numbers
from gridmap.scoring import compare_plans, tell_comparison

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.printing.ground import PrintedGround
    from gridmap.printing.papers import Sheet
    from gridmap.printing.press import Press
    from gridmap.scoring import Comparison

TEXT_MM = {"A3": 30.0, "A4": 27.0}
"""Height of the text below the two maps."""
HEAD_MM = 8.0
SIDES = (("before", "调整前"), ("after", "调整后"))


def draw_spread(before: PrintedGround, press: Press, paper: str) -> Any:
    """Draw two plans of one land side by side.

    Parameters
    ----------
    before
        The earlier plan.
    press
        With the later plan as its ground.
    paper
        ``A3`` or ``A4``, lying.
    """
    sheet = _lay_out_spread(paper)
    comparison = compare_plans(before.plan, press.ground.plan)
    figure, axes = start_sheet(sheet.inches)
    bounds = np.array([before.bounds, press.ground.bounds])
    west, south = bounds[:, :2].min(axis=0)
    east, north = bounds[:, 2:].max(axis=0)
    half = replace(sheet, map=Box(*sheet.map[:2], sheet.map.width / 2, sheet.map.height - HEAD_MM))
    scale = choose_scale(east - west, north - south, half.map)
    notes: list[str] = []
    for place, (ground, side) in enumerate(zip((before, press.ground), SIDES, strict=True)):
        box = half.map._replace(left=half.map.left + place * half.map.width)
        window = Window(box, ((west + east) / 2, (south + north) / 2), scale)
        marked = _find_changed(comparison, side[0], ground)
        numbered = draw_land(axes, ground, window, press.fonts, marked=marked)
        if numbered:
            notes.append(f"{side[1]}图上编号：{name_numbers(ground.plan, numbered)}")
        write(
            axes,
            box.left + box.width / 2,
            box.top + HEAD_MM / 2,
            side[1],
            press.fonts,
            12,
            bold=True,
            colour=INK,
        )
    middle = half.map.right
    axes.plot(
        [middle, middle], [sheet.map.bottom, sheet.map.top], color=INK, linewidth=0.6, zorder=9
    )
    draw_frame(axes, sheet)
    write_title(axes, sheet, press.margin, press.fonts)
    write_foot(axes, sheet, press.margin, press.fonts, scale)
    draw_north(axes, half.map._replace(left=half.map.left + half.map.width), press.fonts)
    panel = Panel(axes, sheet, press.fonts)
    panel.wide = sheet.panel.width
    write_lines(panel, tell_comparison(comparison))
    panel.row(f"红色粗线：有变化的{press.ground.words.zone.zh}")
    for note in notes:
        write_lines(panel, note)
    return figure


def _lay_out_spread(paper: str) -> Sheet:
    """Return a lying sheet whose panel is a strip below the maps."""
    sheet = lay_out_sheet(paper)
    frame, text = sheet.frame, TEXT_MM[paper]
    return replace(
        sheet,
        map=Box(frame.left, frame.bottom + text, frame.width, frame.height - text),
        panel=Box(frame.left, frame.bottom, frame.width, text),
    )


def _find_changed(comparison: Comparison, side: str, ground: PrintedGround) -> NDArray[np.bool_]:
    """Return which grids of a side are not the same in the other."""
    rows = comparison.changes
    changed = rows.loc[(rows["side"] == side) & (rows["change"] != "U"), "id"]
    return np.asarray(ground.plan.grids.index.isin(changed))
