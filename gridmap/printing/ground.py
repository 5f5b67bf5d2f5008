"""A plan made ready for paper: everything in metres, once for all pages of an atlas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import Transformer

from gridmap.level_words import choose_words
from gridmap.maps.belonging import Register, level_arcs
from gridmap.maps.ground import Ground, find_label_places
from gridmap.maps.outlines import STEP_DEG, trace_arcs
from gridmap.maps.palette import SHADES, TINTS, make_palette
from gridmap.maps.tints import pick_tints
from gridmap.maps.wording import clean_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.level_words import LevelWords
    from gridmap.model import Plan

    Objects = NDArray[np.object_]
    Floats = NDArray[np.float64]

LEVELS = ("grid", "community", "township", "outer")


@dataclass(frozen=True)
class PrintedGround:
    """Land, borders, ways and places for names, in metres of the plan's measuring CRS.

    Attributes
    ----------
    plan
        What is printed.
    register
        Communities and townships by position.
    lands
        (grids,) polygons, simplified together by at most a metre.
    fills
        (grids,) colours.
    borders
        (arcs,) lines, each once; ``levels`` (arcs,) is a position in `LEVELS`.
    places
        (grids, 3) x, y and room of the label of each grid.
    communities
        (communities,) the main land of each, empty where it has none.
    links
        (k,) lines from exclaves to their owners, with the grid of each in ``link_grids``.
    ways, way_kinds, way_classes, way_names
        Roads, rivers, railways and walls.
    """

    plan: Plan
    register: Register
    lands: Objects
    fills: tuple[str, ...]
    borders: Objects
    levels: NDArray[np.int64]
    places: Floats
    communities: Objects
    links: Objects
    link_grids: NDArray[np.int64]
    ways: Objects
    way_kinds: Objects
    way_classes: Objects
    way_names: Objects

    @property
    def words(self) -> LevelWords:
        """What is drawn is called, and what it counts."""
        return choose_words(self.plan.about)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north of all land, metres."""
        west, south, east, north = shapely.total_bounds(self.lands)
        return float(west), float(south), float(east), float(north)


def prepare_ground(plan: Plan) -> PrintedGround:
    """Simplify, measure and colour a plan for paper."""
    units = plan.territory.units
    to_metres = Transformer.from_crs(units.crs, units.metric_crs, always_xy=True).transform

    def project(shapes: Any) -> Any:
        return shapely.transform(shapes, lambda at: np.column_stack(to_metres(*at.T)))

    ground = Ground.of(plan.grids)
    register = Register(plan)
    degrees = ground.plane.unflatten(ground.lands)
    arcs = trace_arcs(degrees, origin=ground.origin)
    at = (arcs.points + np.array(arcs.origin)) * STEP_DEG
    lines = [at[start:end] for start, end in zip(arcs.starts[:-1], arcs.starts[1:], strict=True)]
    borders = np.array([shapely.LineString(line) for line in lines], dtype=object)
    lands = project(degrees)
    main = ground.plane.unflatten(register.list_lands(ground))
    links = ground.draw_links(register.owner, register.is_exclave)
    drawn = [k for k, line in enumerate(links) if len(line)]
    exclaves = np.flatnonzero(register.is_exclave)
    link_lines = [shapely.LineString((links[k] + ground.origin) * STEP_DEG) for k in drawn]
    ways, kinds, classes, names = _take_ways(plan)
    return PrintedGround(
        plan=plan,
        register=register,
        lands=lands,
        fills=_choose_fills(plan, register, arcs.neighbours()),
        borders=project(borders),
        levels=np.array([int(digit) for digit in level_arcs(arcs, register)], dtype=np.int64),
        places=find_label_places(lands),
        communities=project(main),
        links=project(np.array(link_lines, dtype=object)),
        link_grids=exclaves[drawn],
        ways=project(ways),
        way_kinds=kinds,
        way_classes=classes,
        way_names=names,
    )


def _choose_fills(plan: Plan, register: Register, pairs: NDArray[np.int64]) -> tuple[str, ...]:
    """Return a colour for each grid: a tint for each community, shades of it for its grids."""
    owner = register.owner
    between = np.sort(owner[pairs].reshape(-1, 2), axis=1)
    between = between[(between[:, 0] != between[:, 1]) & (between >= 0).all(axis=1)]
    tint = pick_tints(len(register.ids), np.unique(between, axis=0).reshape(-1, 2), len(TINTS))
    inside = pairs[owner[pairs[:, 0]] == owner[pairs[:, 1]]]
    shade = pick_tints(len(owner), inside, len(SHADES))
    palette: Any = make_palette()
    fills = []
    for place, kind in enumerate(plan.grids["kind"]):
        if kind in palette["kinds"]:
            fills.append(palette["kinds"][kind]["fill"])
        else:
            fills.append(palette["tints"][tint[owner[place]]][shade[place]])
    return tuple(fills)


def _take_ways(plan: Plan) -> tuple[Objects, Objects, Objects, Objects]:
    """Return the lines of roads, rivers, railways and walls, with kind, class and name."""
    landmarks = plan.territory.units.landmarks
    empty = np.empty(0, dtype=object)
    if landmarks is None:
        return empty, empty, empty, empty
    chosen = landmarks[landmarks["kind"] != "compound"]
    shapes = np.array(chosen.geometry.to_numpy(), dtype=object)
    names = np.array([clean_text(name) for name in chosen["name"]], dtype=object)
    return shapes, chosen["kind"].to_numpy(object), chosen["class"].to_numpy(object), names
