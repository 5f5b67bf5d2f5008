"""Layers of reach on foot and of departments in conflict, from their results."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.maps.few import FEW
from gridmap.maps.found_layers import say_count
from gridmap.maps.layers import Fact, Item, MapLayer

if TYPE_CHECKING:
    import geopandas as gpd

    from gridmap.boundaries.overlay import Overlay
    from gridmap.boundaries.reach import Reach
    from gridmap.model import Plan

REACH_COLOUR = "#0b6e8a"
UNREACHED_COLOUR = "#a81f18"
CONFLICT_COLOUR = "#7a1fa2"
STATES = {
    "far_from_road": ("距道路过远", "far from any road"),
    "other_piece": ("与站点无路相通", "no way to any station"),
    "no_place": ("位置不明", "no known place"),
}


def show_reach(reach: Reach, plan: Plan) -> tuple[MapLayer, ...]:
    """Return the land within each walk, one layer a limit of minutes, the longest first.

    Parameters
    ----------
    reach
        From `gridmap.boundaries.reach.measure_reach`.
    plan
        On whose map they are shown.
    """
    areas = reach.areas.to_crs(plan.grids.crs)
    layers = []
    for minutes in sorted(set(areas["minutes"]), reverse=True):
        rows = areas[areas["minutes"] == minutes]
        items = tuple(
            Item(str(name or key), str(name or key), _facts(land, count), shape)
            for name, key, land, count, shape in zip(
                rows["name"],
                rows["station_id"],
                rows["area_m2"],
                rows["households"],
                rows.geometry,
                strict=True,
            )
            if not shapely.is_empty(shape)
        )
        words = (f"步行 {minutes:g} 分钟范围", f"{minutes:g} minutes on foot")
        layers.append(MapLayer(f"reach_{minutes:g}", *words, REACH_COLOUR, items))
    return tuple(layers)


def _facts(land_m2: float, households: object) -> tuple[Fact, ...]:
    area = (f"{land_m2 / 1e4:,.1f} 公顷", f"{land_m2 / 1e4:,.1f} ha")
    count = say_count(households)
    facts = [Fact("面积", "Area", *area)]
    return (*facts, Fact("户数", "Households", *count)) if any(count) else tuple(facts)


def show_unreached(reach: Reach, homes: gpd.GeoDataFrame, plan: Plan) -> MapLayer:
    """Return for each grid how many of its households no station reaches; never a home itself.

    Parameters
    ----------
    reach
        From `gridmap.boundaries.reach.measure_reach`, with ``homes``.
    homes
        The same homes, points in any CRS, in the same index.
    plan
        Whose grids they are counted in; homes in none of them are counted in one item without a
        grid's name, placed in the middle of the plan.

    Returns
    -------
    MapLayer
        One item a grid, the whole grid as its shape; counts below 10 are classes.
    """
    apart = reach.unreachable
    points = homes.geometry.to_crs(plan.grids.crs).reindex(apart.index)
    shapes = np.asarray(plan.grids.geometry.to_numpy(), dtype=object)
    spots = np.asarray(points.to_numpy(), dtype=object)
    home, grid = shapely.STRtree(shapes).query(spots, predicate="intersects")
    place = np.full(len(apart), -1, dtype=np.int64)
    place[home[::-1]] = grid[::-1]
    items = []
    for number in sorted(set(place.tolist()), key=lambda value: (value < 0, value)):
        chosen = apart[place == number]
        by_state = chosen.groupby("state")["households"].sum()
        facts = [Fact("无法到达的户数", "Households without a way",
                      *say_count(int(chosen["households"].sum())))]  # fmt: skip
        known = {str(state): int(count) for state, count in by_state.items() if count}
        facts += _reasons(known)
        if number >= 0:
            name, shape = str(plan.grids["name"].iloc[number]), shapes[number]
            items.append(Item(name, name, tuple(facts), shape))
        else:
            middle = shapely.box(*plan.grids.total_bounds).centroid
            items.append(Item("不在任何网格内", "in no grid", tuple(facts), middle))
    words = ("步行不可达的户数", "households without a way")
    return MapLayer("unreached", *words, UNREACHED_COLOUR, tuple(items))


def _reasons(counts: dict[str, int]) -> list[Fact]:
    """Return why there is no way: with counts, unless one is too small to be shown."""
    if len(counts) > 1 and min(counts.values()) >= FEW:
        return [Fact(*STATES[state], *say_count(count)) for state, count in counts.items()]
    words = [STATES[state] for state in counts]
    if not words:
        return []
    return [Fact("原因", "Reason", "、".join(w[0] for w in words), ", ".join(w[1] for w in words))]


def show_conflicts(overlay: Overlay, plan: Plan) -> MapLayer:
    """Return the pieces of land on which departments' grids disagree, the largest first.

    Parameters
    ----------
    overlay
        From `gridmap.boundaries.overlay.overlay_layers`.
    plan
        On whose map they are shown.
    """
    pieces = overlay.pieces.to_crs(plan.grids.crs)
    shapes = np.asarray(pieces.geometry.to_numpy(), dtype=object)
    items = []
    rows = overlay.conflicts
    for piece, names, land, count in zip(
        rows["piece"], rows["departments"], rows["area_m2"], rows["households"], strict=True
    ):
        title = str(names).replace(";", " / ")
        held = [
            Fact(name, name, *((str(pieces[name].iloc[piece]) or "—",) * 2))
            for name in overlay.departments
        ]
        area = Fact("面积", "Area", f"{land:,.0f} 平方米", f"{land:,.0f} m²")
        counted = say_count(count)
        facts = [area, *([Fact("户数", "Households", *counted)] if any(counted) else []), *held]
        items.append(Item(title, title, tuple(facts), shapes[piece]))
    return MapLayer(
        "conflicts", "部门网格冲突", "conflicts of layers", CONFLICT_COLOUR, tuple(items)
    )
