"""The one list of what always holds, for property tests: each function is one invariant.

A function raises AssertionError with the place when its invariant is broken. `UNIT_INVARIANTS`
and `TERRITORY_INVARIANTS` list them all, so that a new one is checked wherever the old ones are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.model import UNIT_KINDS
from gridmap.schemas import ROAD_CLASSES

if TYPE_CHECKING:
    from gridmap.model import Sources, Territory, Units

AREA_TOLERANCE = 1e-9
"""Largest gap, overlap or error as a share of the area: brief of issue 2."""


def counted_households(sources: Sources) -> int:
    """Return the households of the layer that counts: points where there are any."""
    homes = sources.layers.get("households")
    if homes is not None and len(homes):
        return int(homes["households"].sum()) if "households" in homes.columns else len(homes)
    buildings = sources.layers.get("buildings")
    if buildings is None or "households" not in buildings.columns:
        return 0
    return int(buildings["households"].sum())


def units_are_a_valid_coverage(units: Units, sources: Sources) -> None:
    shapes = units.frame.geometry.to_numpy()
    assert shapely.is_valid(shapes).all()
    edges = shapely.coverage_invalid_edges(shapes)
    broken = units.frame.index[~shapely.is_empty(edges)].tolist()
    assert shapely.coverage_is_valid(shapes), f"gaps or overlaps at {broken[:5]}"


def units_are_in_one_piece(units: Units, sources: Sources) -> None:
    assert set(units.frame.geom_type) <= {"Polygon"}
    assert not units.frame.geometry.is_empty.any()


def units_fill_their_community(units: Units, sources: Sources) -> None:
    land = sources.layers["communities"].set_index("community_id").geometry
    for name, part in units.frame.groupby("community_id"):
        union = shapely.coverage_union_all(part.geometry.to_numpy())
        total = shapely.area(part.geometry.to_numpy()).sum()
        assert abs(shapely.area(union) - total) <= AREA_TOLERANCE * total, name
        source = shapely.area(land[name])
        assert abs(total - source) <= AREA_TOLERANCE * source, (name, total / source - 1)
        kept = units.communities.geometry[name]
        assert shapely.area(kept) == shapely.area(shapely.normalize(union))


def every_community_has_units(units: Units, sources: Sources) -> None:
    ids = set(sources.layers["communities"]["community_id"])
    assert set(units.frame["community_id"]) == ids == set(units.communities.index)


def no_household_is_lost(units: Units, sources: Sources) -> None:
    total = counted_households(sources)
    assert int(units.frame["households"].sum()) == total
    assert int(units.members["households"].sum()) == total
    assert int(units.communities["households"].sum()) == total


def members_agree_with_units(units: Units, sources: Sources) -> None:
    members = units.members
    assert set(members["unit_id"]) <= set(units.frame.index)
    summed = members.groupby("unit_id")["households"].sum()
    expected = units.frame["households"]
    assert summed.reindex(expected.index, fill_value=0).equals(expected.astype(summed.dtype))
    named = (members["building_id"] != "").to_numpy() ^ (members["household_id"] != "").to_numpy()
    assert named.all()


def every_building_stands_in_a_unit(units: Units, sources: Sources) -> None:
    buildings = sources.layers.get("buildings")
    if buildings is not None:
        assert set(buildings["building_id"]) <= set(units.members["building_id"])


def frames_are_sorted_and_ids_distinct(units: Units, sources: Sources) -> None:
    for frame in (units.frame, units.communities, units.sites):
        assert frame.index.is_unique
        assert frame.index.is_monotonic_increasing
    assert set(units.frame["kind"]) <= set(UNIT_KINDS)
    for column in ("community_id", "compound_id", "site_id", "building_id", "age_class"):
        assert units.frame[column].map(lambda value: isinstance(value, str)).all(), column


def open_land_has_no_household(units: Units, sources: Sources) -> None:
    frame = units.frame
    assert not frame.loc[frame["kind"] == "open", "households"].any()


WHOLE_KINDS = ("compound", "village", "site")
"""Kinds of units that may reach across a river with a bridge."""
STRIP_M2, STRIP_M = 2_000.0, 12.0
"""Land on another bank that is smaller or narrower than this is a strip beside the line."""


def _banks_of(shape: shapely.Polygon, lines: shapely.Geometry, water: shapely.Geometry) -> int:
    """Count the pieces of dry land that lines cut a polygon into, strips left out."""
    metre = np.array([102_400.0, 111_195.0])
    noded = shapely.union_all([shapely.boundary(shape), lines], grid_size=1e-12)
    pieces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    pieces = pieces[shapely.contains(shape, shapely.point_on_surface(pieces))]
    pieces = shapely.difference(pieces, water)
    flat = shapely.transform(pieces, lambda points: (points - [113.1, 23.0]) * metre)
    area = shapely.area(flat)
    return int(((area >= STRIP_M2) & (2 * area >= STRIP_M * shapely.length(flat))).sum())


def no_unit_reaches_across_a_river(units: Units, sources: Sources) -> None:
    barriers, roads = sources.layers.get("barriers"), sources.layers.get("roads")
    if barriers is None:
        return
    rivers = barriers.geometry[barriers["kind"] == "river"].to_numpy()
    lines = shapely.union_all(rivers[shapely.get_dimensions(rivers) == 1])
    water = shapely.union_all(rivers[shapely.get_dimensions(rivers) == 2])
    lines = lines.difference(water)
    ways = shapely.union_all(np.empty(0) if roads is None else roads.geometry.to_numpy())
    inner = shapely.buffer(units.frame.geometry.to_numpy(), -1e-8)
    for at in np.flatnonzero(shapely.intersects(inner, lines)):
        name, row = units.frame.index[at], units.frame.iloc[at]
        within = lines.intersection(row["geometry"])
        bridged = row["kind"] in WHOLE_KINDS and within.intersects(ways)
        assert bridged or _banks_of(row["geometry"], within, water) <= 1, name


UNIT_INVARIANTS = (
    units_are_a_valid_coverage,
    units_are_in_one_piece,
    units_fill_their_community,
    every_community_has_units,
    no_household_is_lost,
    members_agree_with_units,
    every_building_stands_in_a_unit,
    frames_are_sorted_and_ids_distinct,
    open_land_has_no_household,
)


def borders_are_the_common_edges(territory: Territory) -> None:
    frame, borders = territory.units.frame, territory.borders
    a = frame.geometry[borders["unit_a"]].to_numpy()
    b = frame.geometry[borders["unit_b"]].to_numpy()
    common = shapely.get_dimensions(shapely.intersection(a, b))
    assert (common >= 1).all()
    tree = shapely.STRtree(frame.geometry.to_numpy())
    left, right = tree.query(frame.geometry.to_numpy(), predicate="touches")
    pairs = left < right
    edges = shapely.intersection(
        frame.geometry.to_numpy()[left[pairs]], frame.geometry.to_numpy()[right[pairs]]
    )
    assert int((shapely.length(edges) > 0).sum()) == len(borders)


def borders_are_sorted_and_named_once(territory: Territory) -> None:
    borders = territory.borders
    assert (borders["unit_a"] < borders["unit_b"]).all()
    keys = list(zip(borders["unit_a"], borders["unit_b"], strict=True))
    assert keys == sorted(set(keys))
    assert set(borders["unit_a"]) | set(borders["unit_b"]) <= set(territory.units.frame.index)


def border_facts_agree(territory: Territory) -> None:
    frame, borders = territory.units.frame, territory.borders
    community = frame["community_id"]
    same = community[borders["unit_a"]].to_numpy() == community[borders["unit_b"]].to_numpy()
    assert (borders["same_community"].to_numpy() == same).all()
    assert not (borders["passable"] & ~borders["same_community"]).any()
    assert not (borders["bridge"] & ~borders["river"]).any()
    assert (borders["length_m"] > 0).all()
    assert (borders["clear_m"] <= borders["length_m"] * (1 + 1e-9)).all()
    assert set(borders["road_class"]) <= {"", *ROAD_CLASSES}


def perimeters_are_made_of_borders(territory: Territory) -> None:
    borders = territory.borders
    shared = np.zeros(len(territory.units.frame))
    for column in ("unit_a", "unit_b"):
        at = territory.units.frame.index.get_indexer(borders[column])
        np.add.at(shared, at, borders["length_m"].to_numpy())
    perimeter = territory.units.frame["perimeter_m"].to_numpy()
    assert (shared <= perimeter * (1 + 1e-9)).all()


TERRITORY_INVARIANTS = (
    borders_are_the_common_edges,
    borders_are_sorted_and_named_once,
    border_facts_agree,
    perimeters_are_made_of_borders,
)


def check_units(units: Units, sources: Sources) -> None:
    """Check every invariant of units against the sources they were made from."""
    for invariant in UNIT_INVARIANTS:
        invariant(units, sources)


def check_territory(territory: Territory) -> None:
    """Check every invariant of a territory."""
    for invariant in TERRITORY_INVARIANTS:
        invariant(territory)
