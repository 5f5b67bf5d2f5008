"""Buildings, entrances and clusters of households as the atoms inside units, each with its land.

A unit that holds several buildings is cut into their cells, as open blocks are cut into units:
the land nearer to one building's walls than to any other's. The cells of a unit tile it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from gridmap.planning.problems import number_by_first
from gridmap.units.arrays import make_points
from gridmap.units.cells import cut_polygons, draw_cells, find_ridges, nearest_owner
from gridmap.units.measuring import LocalPlane
from gridmap.units.seeds import seed_entrances, seed_items

if TYPE_CHECKING:
    from gridmap.model import Units
    from gridmap.units.arrays import Bools, Floats, Geometries, Ints, Texts

WHOLE_UNIT = ""
"""Place id of an atom that is all of a unit of which no more is known."""


@dataclass(frozen=True)
class Atoms:
    """The parts of units that levels below a grid are made of.

    Attributes
    ----------
    unit
        Position in ``units.frame`` of each atom, ascending, shape (k,).
    place
        Building of each atom as a number: entrances of one building share it, shape (k,).
    place_id
        Row of ``units.buildings``, or ``""`` for a whole unit, shape (k,).
    entrance
        1 upward for an entrance of a split building, 0 for all of it, shape (k,).
    floors, households
        Counts, floors 0 where unknown, shape (k,).
    shape
        Footprint or point that the cell grows from, None for a whole unit, shape (k,).
    counted_at
        (unit id, place id) of households without a place -> the place id they are counted at.
    """

    unit: Ints
    place: Ints
    place_id: Texts
    entrance: Ints
    floors: Ints
    households: Ints
    shape: Geometries
    counted_at: dict[tuple[str, str], str]


@dataclass(frozen=True)
class Cells:
    """The land of atoms: a valid coverage of all units.

    Attributes
    ----------
    shape
        Polygons in degrees, shape (n,).
    unit, atom
        Unit and atom of each cell, atom -1 where nobody lives, shape (n,).
    of_atom
        The cell in which each atom's households count, shape (k,).
    """

    shape: Geometries
    unit: Ints
    atom: Ints
    of_atom: Ints


def merge_members(members: pd.DataFrame) -> pd.DataFrame:
    """Return members with one row a building and unit again, as before any subdivision.

    Examples
    --------
    >>> split = pd.DataFrame({"building_id": ["B", "B"], "household_id": "", "unit_id": "u",
    ...                       "households": [3, 4], "place_id": "u@1", "floors": ["1-2", "3-4"]})
    >>> merge_members(split).values.tolist()
    [['B', '', 'u', 7, 'u@1']]
    """
    keys = ["building_id", "household_id", "unit_id"]
    keys += ["place_id"] if "place_id" in members else []
    merged = members.groupby(keys, sort=False, as_index=False).agg(households=("households", "sum"))
    columns = ["building_id", "household_id", "unit_id", "households", *keys[3:]]
    extra = ["entrance", "floors", "micro_grid_id", "link_unit_id"]
    known = members.columns.difference([*columns, *extra], sort=False)
    if len(known):
        first = members.drop_duplicates(keys)[list(known)].reset_index(drop=True)
        merged = pd.concat([merged, first], axis=1)
    return merged[[*columns, *known]]


def list_atoms(units: Units, *, most: int) -> Atoms:
    """List what has to stay whole at the levels below a grid.

    Parameters
    ----------
    units
        Units with members, and buildings where they are known.
    most
        A building with more households is taken apart by its entrances, evenly.

    Returns
    -------
    Atoms
        Every household in one atom.

    Notes
    -----
    Source: the issue: whole buildings first, entrances and floors where a building is larger. That
    the entrances of a building hold equally many households is gridmap's own assumption.
    """
    rows, counted_at = _place_rows(units)
    position = pd.Index(units.frame.index)
    rows["unit"] = position.get_indexer(pd.Index(rows["unit_id"]))
    rows = rows.sort_values(["unit", "place_id"], kind="stable").reset_index(drop=True)
    kind = units.frame["kind"].to_numpy(object)[rows["unit"]]
    polygon = shapely.get_dimensions(rows["shape"].to_numpy(object)) == 2
    large = (rows["households"] > most) & (rows["entrances"] > 1) & polygon & (kind != "entrance")
    parts = np.where(large, rows["entrances"], 1).astype(np.int64)
    at = np.repeat(np.arange(len(rows)), parts)
    rank = np.arange(len(at)) - np.repeat(np.cumsum(parts) - parts, parts)
    total, share = rows["households"].to_numpy(np.int64)[at], parts[at]
    split = rows.iloc[at]
    return Atoms(
        unit=split["unit"].to_numpy(np.int64),
        place=at,
        place_id=split["place_id"].to_numpy(object),
        entrance=np.where(share > 1, rank + 1, 0).astype(np.int64),
        floors=split["floors"].to_numpy(np.int64),
        households=(total // share + (rank < total % share)).astype(np.int64),
        shape=split["shape"].to_numpy(object),
        counted_at=counted_at,
    )


def _place_rows(units: Units) -> tuple[pd.DataFrame, dict[tuple[str, str], str]]:
    """Return a row for each unit and place with households, and where the placeless count."""
    members = merge_members(units.members)
    if units.buildings is None or "place_id" not in members:
        frame = units.frame[units.frame["households"] > 0]
        whole = pd.DataFrame({"unit_id": frame.index, "households": frame["households"].to_numpy()})
        whole = whole.assign(place_id=WHOLE_UNIT, floors=0, entrances=0)
        whole["shape"] = np.full(len(whole), None, dtype=object)
        return whole, {}
    counted = members.groupby(["unit_id", "place_id"], sort=True, as_index=False).agg(
        households=("households", "sum")
    )
    counted = counted[counted["households"] > 0].reset_index(drop=True)
    known = units.buildings
    row = known.index.get_indexer(pd.Index(counted["place_id"]))
    for name in ("floors", "entrances"):
        counted[name] = np.where(row >= 0, known[name].to_numpy(np.int64)[row], 0)
    shapes = extend_shapes(known.geometry.to_numpy())
    counted["shape"] = shapes[row]
    return _settle_placeless(counted)


def extend_shapes(shapes: Any) -> Geometries:
    """Return geometries with None behind them, which position -1 stands for.

    Examples
    --------
    >>> extend_shapes(np.array([shapely.Point(0, 0)]))[-1] is None
    True
    """
    longer = np.full(len(shapes) + 1, None, dtype=object)
    longer[:-1] = shapes
    return longer


def _settle_placeless(counted: pd.DataFrame) -> tuple[pd.DataFrame, dict[tuple[str, str], str]]:
    """Count households without a place at the unit's place with the fewest households."""
    missing = np.array([shape is None or shape.is_empty for shape in counted["shape"]], bool)
    order = counted.assign(missing=missing).sort_values(
        ["unit_id", "missing", "households", "place_id"], kind="stable"
    )
    host = order.drop_duplicates("unit_id").set_index("unit_id")["place_id"]
    counted_at: dict[tuple[str, str], str] = {}
    for unit, place in counted.loc[missing, ["unit_id", "place_id"]].itertuples(index=False):
        counted_at[str(unit), str(place)] = str(host[unit])
    target = np.where(missing, counted["unit_id"].map(host), counted["place_id"])
    total = counted.assign(place_id=target).groupby(["unit_id", "place_id"], as_index=False)
    summed = total.agg(households=("households", "sum"))
    kept = counted.drop(columns="households").merge(summed, on=["unit_id", "place_id"])
    return kept, counted_at


def grow_cells(units: Units, atoms: Atoms) -> Cells:
    """Cut units with several atoms into a cell for each.

    Parameters
    ----------
    units
        Units that tile the land.
    atoms
        From `list_atoms`.

    Returns
    -------
    Cells
        A valid coverage of the same land; a cell may come in several pieces, of which one holds
        the atom.
    """
    shapes = np.asarray(units.frame.geometry.to_numpy(), dtype=object)
    count = np.bincount(atoms.unit, minlength=len(shapes))
    several = count > 1
    only = np.full(len(shapes), -1, np.int64)
    single = np.flatnonzero(~several[atoms.unit])
    only[atoms.unit[single]] = single
    if not several.any():
        return Cells(shapes, np.arange(len(shapes)), only, _cells_of_atoms(shapes, only, atoms))
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    plane = LocalPlane.around((west + east) / 2, (south + north) / 2)
    xy, owner = _seed_atoms(atoms, np.flatnonzero(several[atoms.unit]), plane)
    region = atoms.unit[owner]
    extent = shapely.bounds(shapely.transform(shapes, plane.to_metres)).reshape(-1, 4)
    ridges = find_ridges(region, xy, owner, extent)
    pieces, parent = cut_polygons(shapes, draw_cells(ridges, shapes, plane))
    atom = only[parent]
    cut = np.flatnonzero(several[parent])
    inner = plane.to_metres(shapely.get_coordinates(shapely.point_on_surface(pieces[cut])))
    atom[cut] = nearest_owner(parent[cut], inner, region, xy, owner)
    order = np.lexsort((np.arange(len(atom)), atom, parent))
    pieces, parent, atom = pieces[order], parent[order], atom[order]
    return Cells(pieces, parent, atom, _cells_of_atoms(pieces, atom, atoms, parent))


def _seed_atoms(atoms: Atoms, asked: Ints, plane: LocalPlane) -> tuple[Floats, Ints]:
    """Return the seeds of these atoms in metres, and the atom of each."""
    polygon = shapely.get_dimensions(atoms.shape[asked]) == 2
    strips = asked[atoms.entrance[asked] > 0]
    walls = asked[polygon & (atoms.entrance[asked] == 0)]
    spots = asked[~polygon]
    bodies = shapely.transform(atoms.shape[walls], plane.to_metres)
    points = shapely.get_coordinates(shapely.point_on_surface(atoms.shape[spots]))
    seeds = seed_items(bodies, walls, plane.to_metres(points.reshape(-1, 2)), spots)
    parts = [(seeds.xy, seeds.owner)]
    first = strips[atoms.entrance[strips] == 1]
    for atom in first.tolist():
        number = int(np.count_nonzero(atoms.place[strips] == atoms.place[atom]))
        body = _largest_part(shapely.transform(atoms.shape[atom], plane.to_metres))
        slices = seed_entrances(body, number)
        parts.append((slices.xy, atom + slices.owner))
    xy, owner = (np.concatenate(part) for part in zip(*parts, strict=True))
    return xy, owner.astype(np.int64)


def _largest_part(shape: shapely.Polygon | shapely.MultiPolygon) -> shapely.Polygon:
    parts = shapely.get_parts(shape)
    largest: shapely.Polygon = parts[int(np.argmax(shapely.area(parts)))]
    return largest


def _cells_of_atoms(
    pieces: Geometries, atom: Ints, atoms: Atoms, parent: Ints | None = None
) -> Ints:
    """Return the piece that holds each atom: its own largest, else the nearest of its unit."""
    result = np.full(len(atoms.unit), -1, np.int64)
    owned = np.flatnonzero(atom >= 0)
    order = owned[np.lexsort((-owned, shapely.area(pieces[owned])))]
    result[atom[order]] = order
    lost = np.flatnonzero(result < 0)
    if len(lost) and parent is not None:
        at = shapely.point_on_surface(atoms.shape[lost])
        for number, point in zip(lost.tolist(), at, strict=True):
            near = np.flatnonzero(parent == atoms.unit[number])
            result[number] = near[int(np.argmin(shapely.distance(pieces[near], point)))]
    return result


def locate_places(cells: Cells, units: Ints, points: Floats) -> Ints:
    """Return the cell of a unit that lies nearest to each point.

    Parameters
    ----------
    cells
        From `grow_cells`.
    units, points
        The unit of each place, shape (m,), and where it is, degrees, shape (m, 2).

    Returns
    -------
    ndarray
        Cells, shape (m,).
    """
    tree = shapely.STRtree(make_points(points))
    cell, place = tree.query(cells.shape, predicate="intersects")
    result = np.full(len(points), -1, np.int64)
    same = cells.unit[cell] == units[place]
    result[place[same][::-1]] = cell[same][::-1]
    first = np.searchsorted(cells.unit, np.arange(int(cells.unit.max(initial=-1)) + 2))
    for number in np.flatnonzero(result < 0).tolist():
        near = np.arange(first[units[number]], first[units[number] + 1])
        gap = shapely.distance(cells.shape[near], shapely.Point(points[number]))
        result[number] = near[int(np.argmin(gap))]
    return result


def number_places(atoms: Atoms, chosen: Bools) -> Ints:
    """Return the place of each atom as a number among the chosen ones, -1 for the others.

    Examples
    --------
    >>> none = np.zeros(3, np.int64)
    >>> atoms = Atoms(none, np.array([4, 4, 5]), none, none, none, none, none, {})
    >>> number_places(atoms, np.array([True, True, False])).tolist()
    [0, 0, -1]
    """
    result = np.full(len(atoms.place), -1, np.int64)
    result[chosen] = number_by_first(atoms.place[chosen])
    return result
