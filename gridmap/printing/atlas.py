"""An atlas: cover, index sheet, list of pages, then a page for each community and each grid."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.boundaries.bound_words import word_four_bounds
from gridmap.boundaries.four_bounds import SIDES
from gridmap.level_words import reword_text
from gridmap.maps.wording import clean_text
from gridmap.printing.canvas import Window, draw_land, start_sheet
from gridmap.printing.lettering import INK, write
from gridmap.printing.margins import draw_frame, draw_north, write_foot, write_title
from gridmap.printing.panel import Panel, draw_locator, write_figures, write_legend, write_lines
from gridmap.printing.papers import choose_scale, lay_out_sheet
from gridmap.printing.words import count_figures, count_text, name_numbers, serial_of
from gridmap.terms import CATEGORIES, TERMS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from numpy.typing import NDArray

    from gridmap.printing.papers import Sheet
    from gridmap.printing.press import Press

LINE_MM = 6.2
"""From one line of the list of pages to the next."""
COLUMN_MM = {"A3": 92.0, "A4": 80.0}
"""Least width of a column of that list."""
AROUND_GRID = 1.35
"""A grid's page shows this much more than the grid, so that its surroundings are known."""
FEWEST_ROWS = 4
"""Lines of the panel that a locator needs."""


@dataclass(frozen=True)
class _Page:
    """A page of the atlas: a community (``grid`` is -1) or a grid, and its number."""

    community: int
    grid: int
    number: int


def draw_atlas(press: Press, paper: str, *, with_grids: bool) -> Iterator[Any]:
    """Yield the pages of an atlas, one figure at a time, in the order of communities and codes.

    Parameters
    ----------
    press
        The plan, the letters and the margin.
    paper
        ``A3`` or ``A4``; all pages lie.
    with_grids
        Whether each grid has a page of its own behind its community's.
    """
    sheet = lay_out_sheet(paper)
    lists = _count_lists(press, sheet, with_grids=with_grids)
    pages = _number_pages(press, first=3 + lists, with_grids=with_grids)
    yield _draw_cover(press, sheet, len(pages) + 2 + lists)
    yield _draw_index(press, sheet, pages)
    yield from _draw_lists(press, sheet, pages)
    bounds = word_four_bounds(press.ground.plan)["zh"]
    for page in pages:
        if page.grid < 0:
            yield _draw_community(press, sheet, page)
        else:
            yield _draw_grid(press, sheet, page, bounds.iloc[page.grid])


def _number_pages(press: Press, *, first: int, with_grids: bool) -> list[_Page]:
    register = press.ground.register
    pages: list[_Page] = []
    for community in range(len(register.ids)):
        own = np.flatnonzero(register.owner == community)
        if not len(own):
            continue
        pages.append(_Page(community, -1, first + len(pages)))
        if with_grids:
            for grid in own.tolist():
                pages.append(_Page(community, grid, first + len(pages)))
    loose = np.flatnonzero(register.owner < 0)
    if with_grids:
        for grid in loose.tolist():
            pages.append(_Page(-1, grid, first + len(pages)))
    return pages


def _list_columns(sheet: Sheet) -> tuple[int, int]:
    """Return how many columns and lines a list of pages has."""
    columns = max(1, int(sheet.frame.width // COLUMN_MM[sheet.paper]))
    return columns, int((sheet.frame.height - 10) // LINE_MM)


def _count_lists(press: Press, sheet: Sheet, *, with_grids: bool) -> int:
    columns, lines = _list_columns(sheet)
    entries = len(_number_pages(press, first=0, with_grids=with_grids))
    return -(-entries // (columns * lines))


def _draw_cover(press: Press, sheet: Sheet, total: int) -> Any:
    figure, axes = start_sheet(sheet.inches)
    fonts, margin = press.fonts, press.margin
    middle = sheet.frame.left + sheet.frame.width / 2
    top = sheet.height * 0.66
    big = 34.0 if sheet.paper == "A3" else 26.0
    big *= min(
        1.0, (sheet.frame.width - 20) / 25.4 * 72 / fonts.measure(margin.title, big, bold=True)
    )
    write(axes, middle, top, margin.title, fonts, big, bold=True, colour=INK)
    write(
        axes,
        middle,
        top - 18,
        " ".join(f"{press.ground.words.zone.zh}图册"),
        fonts,
        big * 0.6,
        bold=True,
        colour=INK,
    )
    y = top - 42
    for name, value in count_figures(press.ground.plan):
        write(axes, middle - 4, y, name, fonts, 12, colour=INK, across="right")
        write(axes, middle + 4, y, value, fonts, 12, bold=True, colour=INK, across="left")
        y -= 8
    rows = (
        f"编制单位：{margin.compiler or '—'}",
        f"数据日期：{margin.date or '—'}　方案版本：{margin.version}　共 {total} 页",
    )
    for number, row in enumerate(rows):
        write(axes, middle, sheet.frame.bottom + 14 - 7 * number, row, fonts, 11, colour=INK)
    if margin.internal:
        write(
            axes,
            sheet.frame.right - 2,
            sheet.frame.top,
            "内部用图",
            fonts,
            12,
            bold=True,
            colour="#b3261e",
            across="right",
        )
    return figure


def _draw_index(press: Press, sheet: Sheet, pages: list[_Page]) -> Any:
    """Draw all land with the name and page of each community."""
    ground = press.ground
    figure, axes = start_sheet(sheet.inches)
    west, south, east, north = ground.bounds
    scale = choose_scale(east - west, north - south, sheet.map)
    window = Window(sheet.map, ((west + east) / 2, (south + north) / 2), scale)
    number_of = {page.community: page.number for page in pages if page.grid < 0}
    names = [
        f"{name}（{number_of[k]}）" if k in number_of else name
        for k, name in enumerate(ground.register.names)
    ]
    draw_land(axes, ground, window, press.fonts, label_of=lambda _: (), names=names)
    _dress(press, axes, sheet, scale, "图幅索引")
    panel = Panel(axes, sheet, press.fonts)
    write_figures(panel, count_figures(ground.plan))
    write_legend(panel, ground)
    write_lines(panel, f"{ground.words.above.zh}名后括号内为页码。")
    return figure


def _draw_lists(press: Press, sheet: Sheet, pages: list[_Page]) -> Iterator[Any]:
    columns, lines = _list_columns(sheet)
    register, grids = press.ground.register, press.ground.plan.grids
    wide = sheet.frame.width / columns
    for start in range(0, len(pages), columns * lines):
        figure, axes = start_sheet(sheet.inches)
        write_title(axes, sheet, replace(press.margin, title="目录"), press.fonts)
        for place, page in enumerate(pages[start : start + columns * lines]):
            left = sheet.frame.left + place // lines * wide
            y = sheet.frame.top - 5 - place % lines * LINE_MM
            is_grid = page.grid >= 0
            text = (
                clean_text(grids["name"].iloc[page.grid])
                if is_grid
                else register.names[page.community]
            )
            _write_entry(
                press,
                axes,
                left + 4 * is_grid,
                left + wide - 8,
                y,
                text,
                page.number,
                bold=not is_grid,
            )
        yield figure


def _write_entry(
    press: Press,
    axes: Any,
    left: float,
    right: float,
    y: float,
    text: str,
    number: int,
    *,
    bold: bool,
) -> None:
    fonts = press.fonts
    room = (right - left - 12) / 25.4 * 72
    while fonts.measure(text, 8.5, bold=bold) > room and len(text) > 2:
        text = text.rstrip("…")[:-1] + "…"
    write(axes, left, y, text, fonts, 8.5, bold=bold, colour=INK, across="left")
    end = left + fonts.measure(text, 8.5, bold=bold) / 72 * 25.4 + 2
    axes.plot(
        [end, right - 8], [y - 1, y - 1], color="#9aa5b1", linewidth=0.4, linestyle=(0, (1, 3))
    )
    write(axes, right, y, str(number), fonts, 8.5, bold=bold, colour=INK, across="right")


def _draw_community(press: Press, sheet: Sheet, page: _Page) -> Any:
    """Draw a community with its grids; everything around it is faded."""
    ground = press.ground
    own = ground.register.owner == page.community
    main = own & ~ground.register.is_exclave
    name = ground.register.names[page.community]
    shown = main if main.any() else own
    figure, axes, scale, numbered = _draw_window(press, sheet, shown, own, 1.0)
    _dress(press, axes, sheet, scale, name, page.number)
    panel = Panel(axes, sheet, press.fonts)
    grids = ground.plan.grids[own]
    write_figures(panel, count_figures(replace(ground.plan, grids=grids)))
    _list_grids(panel, press, own)
    if numbered:
        write_lines(panel, "图上编号：" + name_numbers(ground.plan, numbered))
    _locate(panel, press, own)
    return figure


def _list_grids(panel: Panel, press: Press, own: NDArray[np.bool_]) -> None:
    words = press.ground.words
    panel.head(words.zone.zh)
    grids = press.ground.plan.grids[own]
    room = panel.rows_left() - FEWEST_ROWS - 3
    shown = grids if len(grids) <= room else grids.iloc[: max(room - 1, 0)]
    for _, row in shown.iterrows():
        known = serial_of(str(row["code"]), press.ground.plan.rules.code_digits)
        if words.is_named:
            known = clean_text(row["name"]) or clean_text(row["code"])
        named = words.is_named or row["kind"] == "general"
        special = "" if named else f"（{TERMS[str(row['kind'])].zh[:2]}）"
        panel.row(f"{known}{special}", value=count_text(int(row["households"]), words))
    if len(shown) < len(grids):
        panel.row(f"另有 {len(grids) - len(shown)} 个{words.zone.zh}，见表格")
    panel.gap()


def _draw_grid(press: Press, sheet: Sheet, page: _Page, bounds: pd.Series[str]) -> Any:
    """Draw a grid and what lies around it, with its facts and four bounds."""
    ground = press.ground
    here = np.arange(len(ground.lands)) == page.grid
    row = ground.plan.grids.iloc[page.grid]
    title = clean_text(row["name"]) or clean_text(row["code"])
    figure, axes, scale, _ = _draw_window(press, sheet, here, here, AROUND_GRID)
    _dress(press, axes, sheet, scale, title, page.number)
    panel = Panel(axes, sheet, press.fonts)
    panel.head(f"{ground.words.zone.zh}信息")
    for name, value in _list_facts(press, page, row):
        write_lines(panel, f"{name}：{value}")
    panel.gap()
    panel.head("四至")
    for side, word in zip(SIDES, ("东至", "南至", "西至", "北至"), strict=True):
        write_lines(panel, f"{word}：{clean_text(bounds[side]) or '—'}")
    panel.gap()
    _locate(panel, press, here)
    return figure


def _list_facts(press: Press, page: _Page, row: Any) -> list[tuple[str, str]]:
    names = press.ground.register.names
    host = int(press.ground.register.host[page.grid])
    words = press.ground.words
    kind = reword_text(TERMS[str(row["kind"])].zh, words)
    category = CATEGORIES[row["category"]].zh if row["category"] in CATEGORIES else ""
    facts = [("编码", clean_text(row["code"])), ("类别", f"{kind}　{category}".strip("　"))]
    if page.community >= 0:
        facts.append((f"所属{words.above.zh}", names[page.community]))
    if host >= 0:
        facts.append((f"所在{words.above.zh}", names[host]))
    facts.append((words.count_zh, count_text(int(row["households"]), words)))
    if row["kind"] != "dedicated":
        facts.append((f"{words.count_zh}区间", f"{row['lower']}–{row['upper']} {words.unit.zh}"))
        state = "是" if row["in_band"] else "否" if row["households"] else words.nobody_zh
        facts.append(("达标", state))
    facts.append(("面积", f"{row['area_m2'] / 1e4:,.2f} 公顷"))
    return facts


def _draw_window(
    press: Press, sheet: Sheet, shown: NDArray[np.bool_], about: NDArray[np.bool_], around: float
) -> tuple[Any, Any, float, list[int]]:
    ground = press.ground
    figure, axes = start_sheet(sheet.inches)
    west, south, east, north = shapely.total_bounds(ground.lands[shown])
    scale = choose_scale((east - west) * around, (north - south) * around, sheet.map)
    window = Window(sheet.map, ((west + east) / 2, (south + north) / 2), scale)
    outlined = shown if int(shown.sum()) == 1 else None
    numbered = draw_land(axes, ground, window, press.fonts, about=about, marked=outlined)
    return figure, axes, scale, numbered


def _locate(panel: Panel, press: Press, here: NDArray[np.bool_]) -> None:
    if panel.rows_left() > FEWEST_ROWS:
        draw_locator(panel, press.ground, here)


def _dress(
    press: Press, axes: Any, sheet: Sheet, scale: float, title: str, number: int | None = None
) -> None:
    """Draw what every sheet of an atlas has around its map."""
    margin = replace(press.margin, title=title)
    draw_frame(axes, sheet)
    write_title(axes, sheet, margin, press.fonts)
    write_foot(axes, sheet, margin, press.fonts, scale)
    draw_north(axes, sheet.map, press.fonts)
    if number is not None:
        write(axes, sheet.width - 6, 6, str(number), press.fonts, 9, colour=INK, across="right")
