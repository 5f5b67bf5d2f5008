"""Names and numbers on a printed map: each where there is room, none over another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from gridmap.maps.palette import INKS, KINDS
from gridmap.maps.wording import CATEGORY_LETTERS, clean_text
from gridmap.printing.papers import MM_AN_INCH
from gridmap.printing.words import count_text, serial_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from gridmap.printing.fonts import Fonts
    from gridmap.printing.ground import PrintedGround

    LabelOf = Callable[[int], tuple[str, ...]]

INK = "#1c2733"
"""Of what stands around the map."""
SIZES_PT = (11.0, 9.5, 8.0, 7.0, 6.0, 5.0)
"""Sizes that a grid's label is tried in; below 5 pt nobody reads it (gridmap's own default)."""
COMMUNITY_PT, ROAD_PT = (13.0, 11.0, 9.0), 6.5
LINE = 1.25
"""Height of a line in sizes."""
TRIES = 9
"""Places across and down a community at which its name is tried."""
LITTLE, MOST_HIDDEN = 0.02, 0.5
"""Share of a community's name that may hide other labels: before it is tried smaller; at all."""
WAY_ROOM_MM = 28.0
"""A road is named where at least this much of it is on the page."""


class Rect(NamedTuple):
    """A label's rectangle on the sheet, millimetres."""

    x0: float
    y0: float
    x1: float
    y1: float

    def overlap(self, other: Rect) -> float:
        """Return the area in common, mm2."""
        across = min(self.x1, other.x1) - max(self.x0, other.x0)
        up = min(self.y1, other.y1) - max(self.y0, other.y0)
        return max(across, 0.0) * max(up, 0.0)


def place_names(
    pen: Any,
    ground: PrintedGround,
    fonts: Fonts,
    shown: NDArray[np.bool_],
    label_of: LabelOf | None,
    names: Sequence[str],
) -> list[int]:
    """Write the labels of grids, then names of communities, then of roads.

    Returns
    -------
    list
        Grids that are known by their names and have no room for them: each has a number on its
        land instead, its place in this list from 1.
    """
    numbers: list[int] | None = [] if ground.words.is_named and label_of is None else None
    label = label_of or _default_label(ground)
    taken = _write_grids(pen, ground, fonts, shown, label, numbers)
    _write_communities(pen, ground, fonts, shown, taken, names)
    _write_roads(pen, ground, fonts, taken)
    return numbers or []


def _default_label(ground: PrintedGround) -> LabelOf:
    grids, words = ground.plan.grids, ground.words

    def label(place: int) -> tuple[str, ...]:
        row = grids.iloc[place]
        count = count_text(int(row["households"]), words)
        if row["kind"] == "dedicated":
            return (CATEGORY_LETTERS.get(str(row["category"]), ("专", "D"))[0],)
        first = serial_of(str(row["code"]), ground.plan.rules.code_digits)
        if words.is_named:
            first = clean_text(row["name"]) or clean_text(row["code"])
        elif row["kind"] == "exclave":
            first = f"飞 {first}"
        if row["kind"] != "exclave" and not row["in_band"]:
            over, nobody = row["households"] > row["upper"], row["households"] == 0
            first = f"{'▲' if over else '○' if nobody else '▼'} {first}"
        return first, count

    return label


def _write_grids(
    pen: Any,
    ground: PrintedGround,
    fonts: Fonts,
    shown: NDArray[np.bool_],
    label_of: LabelOf,
    numbers: list[int] | None,
) -> list[Rect]:
    """Write what fits; where no line of a label does, a number if these are wanted."""
    taken: list[Rect] = []
    window = pen.window
    at = window.to_sheet(ground.places[:, :2])
    room = ground.places[:, 2] * 1000 / window.scale
    inside = (at >= window.box[:2]).all(axis=1) & (at <= (window.box.right, window.box.top)).all(
        axis=1
    )
    kinds = ground.plan.grids["kind"].to_numpy(dtype=object)
    for place in np.flatnonzero(shown & inside).tolist():
        lines = [line for line in label_of(place) if line]
        fitting = _fit(lines, fonts, room[place])
        if fitting is None and lines and numbers is not None:
            numbers.append(place)
            fitting = _fit([str(len(numbers))], fonts, room[place])
        if fitting is None:
            continue
        lines, size, (wide, high) = fitting
        x, y = at[place]
        ink = KINDS[kinds[place]]["ink"] if kinds[place] in KINDS else INKS["text"]
        halo = kinds[place] in KINDS
        for number, line in enumerate(lines):
            up = (len(lines) / 2 - number - 0.5) * size * LINE / 72 * MM_AN_INCH
            write(
                pen.axes,
                x,
                y + up,
                line,
                fonts,
                size if number == 0 else size * 0.85,
                bold=number == 0,
                colour=ink,
                clip=pen.clip,
                halo=halo,
            )
        taken.append(Rect(x - wide / 2, y - high / 2, x + wide / 2, y + high / 2))
    return taken


def _fit(
    lines: list[str], fonts: Fonts, room_mm: float
) -> tuple[list[str], float, tuple[float, float]] | None:
    """Return lines, size and extent that lie inside a circle; fewer lines before none."""
    for count in range(len(lines), 0, -1):
        for size in SIZES_PT if count == len(lines) else SIZES_PT[2:]:
            wide = max(fonts.measure(line, size, bold=True) for line in lines[:count])
            extent = wide / 72 * MM_AN_INCH, count * size * LINE / 72 * MM_AN_INCH
            if np.hypot(*extent) / 2 <= room_mm:
                return lines[:count], size, extent
    return None


def _write_communities(
    pen: Any,
    ground: PrintedGround,
    fonts: Fonts,
    shown: NDArray[np.bool_],
    taken: list[Rect],
    names: Sequence[str],
) -> None:
    window = pen.window
    visible = np.unique(ground.register.owner[shown & ~ground.register.is_exclave])
    order = sorted(
        (k for k in visible.tolist() if k >= 0),
        key=lambda k: -float(shapely.area(ground.communities[k])),
    )
    for community in order:
        land = shapely.intersection(ground.communities[community], window.land)
        if shapely.is_empty(land) or not names[community]:
            continue
        best = _seek_place(land, names[community], pen, fonts, taken)
        if best is not None:
            rect, size = best
            write(
                pen.axes,
                (rect.x0 + rect.x1) / 2,
                (rect.y0 + rect.y1) / 2,
                names[community],
                fonts,
                size,
                bold=True,
                colour=INKS["community_text"],
                clip=pen.clip,
                halo=True,
            )
            taken.append(rect)


def _seek_place(
    land: shapely.Geometry, name: str, pen: Any, fonts: Fonts, taken: list[Rect]
) -> tuple[Rect, float] | None:
    """Return where a name hides least and lies most in its land, the nearest to the middle."""
    west, south, east, north = shapely.bounds(land)
    steps = (np.arange(TRIES) + 0.5) / TRIES
    places = np.array(
        [(west + (east - west) * s, south + (north - south) * t) for s in steps for t in steps]
    )
    places = places[shapely.contains_xy(land, places)]
    if not len(places):
        return None
    middle = shapely.get_coordinates(shapely.point_on_surface(land))[0]
    far = np.hypot(*(places - middle).T) / max(np.hypot(east - west, north - south), 1.0)
    at = pen.window.to_sheet(places)
    box = pen.window.box
    others = np.array(taken, dtype=np.float64).reshape(-1, 4)
    for size in COMMUNITY_PT:
        half = (
            np.array(
                [
                    fonts.measure(name, size, bold=True) / 72 * MM_AN_INCH + 1.6,
                    size * LINE / 72 * MM_AN_INCH,
                ]
            )
            / 2
        )
        low, high = at - half, at + half
        room = (low >= box[:2]).all(axis=1) & (high <= (box.right, box.top)).all(axis=1)
        if not room.any():
            continue
        common = np.minimum(high[:, None], others[:, 2:]) - np.maximum(low[:, None], others[:, :2])
        hidden = np.maximum(common, 0).prod(axis=2).sum(axis=1) / (4 * half.prod())
        worth = np.where(room, np.round(hidden, 3) + 0.1 * far, np.inf)
        best = int(np.argmin(worth))
        if hidden[best] < LITTLE or size == COMMUNITY_PT[-1]:
            return (Rect(*low[best], *high[best]), size) if hidden[best] < MOST_HIDDEN else None
    return None


def _lies_in(rect: Rect, box: Any) -> bool:
    return bool(
        rect.x0 >= box.left
        and rect.x1 <= box.right
        and rect.y0 >= box.bottom
        and rect.y1 <= box.top
    )


def _write_roads(pen: Any, ground: PrintedGround, fonts: Fonts, taken: list[Rect]) -> None:
    """Write each road's, river's and railway's name once along its longest piece on the page."""
    near = shapely.intersects(ground.ways, pen.window.land) & (ground.way_names != "")
    linear = np.isin(shapely.get_type_id(ground.ways), (1, 5))
    by_name: dict[tuple[str, str], list[shapely.Geometry]] = {}
    for place in np.flatnonzero(near & linear).tolist():
        key = (str(ground.way_kinds[place]), str(ground.way_names[place]))
        by_name.setdefault(key, []).append(ground.ways[place])
    for (kind, name), lines in sorted(by_name.items(), key=lambda item: item[0]):
        merged = shapely.line_merge(shapely.intersection(shapely.union_all(lines), pen.window.land))
        parts = shapely.get_parts(merged)
        parts = parts[shapely.get_type_id(parts) == 1]
        if not len(parts):
            continue
        longest = parts[int(np.argmax(shapely.length(parts)))]
        wide = fonts.measure(name, ROAD_PT) / 72 * MM_AN_INCH
        if longest.length * 1000 / pen.window.scale < max(WAY_ROOM_MM, wide * 1.5):
            continue
        _write_along(
            pen, longest, name, wide, fonts, taken, INKS["river"] if kind == "river" else ""
        )


def _write_along(
    pen: Any,
    line: shapely.LineString,
    name: str,
    wide: float,
    fonts: Fonts,
    taken: list[Rect],
    ink: str,
) -> None:
    for share in (0.5, 0.35, 0.65, 0.2, 0.8):
        reach = wide / 2 * pen.window.scale / 1000
        at = line.length * share
        ends = shapely.get_coordinates(
            shapely.line_interpolate_point(line, [at - reach, at, at + reach])
        )
        (x0, y0), (x, y), (x1, y1) = pen.window.to_sheet(ends)
        if np.hypot(x1 - x0, y1 - y0) < 0.95 * wide:
            continue
        angle = float(np.degrees(np.arctan2(y1 - y0, x1 - x0)))
        angle = (angle + 90) % 180 - 90
        half_x = abs(x1 - x0) / 2 + 1
        half_y = abs(y1 - y0) / 2 + 1
        rect = Rect(x - half_x, y - half_y, x + half_x, y + half_y)
        if _lies_in(rect, pen.window.box) and not any(rect.overlap(other) for other in taken):
            write(
                pen.axes,
                x,
                y,
                name,
                fonts,
                ROAD_PT,
                colour=ink or "#6b5d45",
                clip=pen.clip,
                halo=True,
                angle=angle,
            )
            taken.append(rect)
            return


def write(  # noqa: PLR0913 - where, what and how
    axes: Any,
    x: float,
    y: float,
    text: str,
    fonts: Fonts,
    size: float,
    *,
    bold: bool = False,
    colour: str = "#000000",
    clip: Any = None,
    halo: bool = False,
    angle: float = 0.0,
    across: str = "center",
    up: str = "center",
) -> None:
    """Write a line of text that a search in the PDF finds."""
    font = (fonts.bold if bold else fonts.regular).copy()
    font.set_size(size)
    box = (
        {"facecolor": "#ffffff", "alpha": 0.72, "edgecolor": "none", "boxstyle": "round,pad=0.12"}
        if halo
        else None
    )
    made = axes.text(
        x,
        y,
        fonts.clean(text, bold=bold),
        fontproperties=font,
        color=colour,
        ha=across,
        va=up,
        rotation=angle,
        rotation_mode="anchor",
        zorder=8 if clip is not None else 13,
        bbox=box,
        parse_math=False,
    )
    if clip is not None:
        made.set_clip_path(clip)
