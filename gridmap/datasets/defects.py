"""The planted defects, and the polygons of communities that carry them.

Parcels are chosen that fit the definitions of FIELD.md section 4; then every community's polygon
is put together from cells and parcels that share their corners exactly, so that communities tile
the district but for the planted gap and the planted overlap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.datasets.blocks import NECK_M
from gridmap.datasets.lattice import to_lonlat
from gridmap.datasets.rings import cut_ring, insert_corners
from gridmap.errors import InvalidOption

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from gridmap.datasets.divisions import Divisions
    from gridmap.datasets.lattice import Lattice
    from gridmap.datasets.parcels import Parcel

    Floats = NDArray[np.float64]
    Cell = tuple[int, int]

DEFECT_KINDS = ("exclave", "enclosed", "interlock", "gap", "overlap")
KIND_LABELS = dict(zip(DEFECT_KINDS, ("飞地", "被围地", "插花地", "缝隙", "重叠"), strict=True))
FAR_M = 300.0
"""Least distance of a planted exclave from its owner's main land."""
APART_M = (60.0, 25.0, 5.0)
"""Least distance between two planted defects, metres: as wished, or where there is no room;
gridmap's own default."""
EXCLAVE_SIZES = (380, 170, 60)
"""Households of the three planted exclaves, as near as parcels allow: one could be a grid, two
could not; gridmap's own default."""


@dataclass(frozen=True)
class Planted:
    """One planted defect before it is measured.

    Attributes
    ----------
    kind
        ``exclave``, ``enclosed``, ``gap``, ``overlap`` or ``interlock``.
    owner
        Community whose land it is (of a gap and an overlap, the one it was laid out on).
    host
        Community around it or beside it.
    parcel
        Position in the list of parcels, -1 for an interlock.
    cells
        Neck cell and far cell of an interlock.
    """

    kind: str
    owner: int
    host: int
    parcel: int = -1
    cells: tuple[Cell, ...] = ()


@dataclass
class _Piece:
    """A piece of land with its ring in plan and real metres, and whose it is."""

    ring: Floats
    owners: tuple[int, ...]


def choose_defects(
    lattice: Lattice, divisions: Divisions, parcels: list[Parcel], tile: int
) -> list[Planted]:
    """Choose where the defects of one tile go: three exclaves, one of each other kind."""
    lock = divisions.interlocks[tile]
    planted = [Planted("interlock", lock.owner, lock.host, cells=(lock.neck_cell, lock.far_cell))]
    finder = _Finder(lattice, divisions, parcels, tile)
    used = {lock.host}
    wanted = [("gap", 13), ("overlap", 13), *(("exclave", size) for size in EXCLAVE_SIZES)]
    for kind, target in (*wanted, ("enclosed", 120)):
        found = finder.find(kind, target, used)
        planted.append(found)
        used.add(parcels[found.parcel].community)
    return sorted(planted, key=lambda defect: DEFECT_KINDS.index(defect.kind))


class _Finder:
    """Look for parcels that fit a kind of defect."""

    def __init__(
        self, lattice: Lattice, divisions: Divisions, parcels: list[Parcel], tile: int
    ) -> None:
        self.lattice, self.divisions, self.parcels = lattice, divisions, parcels
        self.members = [c.index for c in divisions.communities if c.tile == tile and not c.rural]
        lock = divisions.interlocks[tile]
        self.barred = {lock.neck_cell, lock.far_cell}
        self.lands = {
            k: shapely.union_all(
                [_cell_land(lattice, cell) for cell in divisions.communities[k].cells]
            )
            for k in self.members
        }
        far = _cell_land(lattice, lock.far_cell).union(_cell_land(lattice, lock.neck_cell))
        self.planted: list[shapely.Geometry] = [far]
        self.lands[lock.owner] = self.lands[lock.owner].union(far)
        self.taken: set[int] = set()
        self.options = [
            k
            for k, parcel in enumerate(parcels)
            if parcel.item.kind == "compound"
            and parcel.block >= 0
            and divisions.communities[parcel.community].tile == tile
            and not self._is_barred(parcel)
        ]

    def _is_barred(self, parcel: Parcel) -> bool:
        block = self.divisions.blocks[parcel.block]
        return (block.west, block.south) in self.barred

    def find(self, kind: str, target: int, used: set[int]) -> Planted:
        """Return the best parcel: in a community without a defect if one fits."""
        order = sorted(
            self.options,
            key=lambda k: (
                self.parcels[k].community in used,
                abs(np.log(self.parcels[k].item.households / target)),
                k,
            ),
        )
        for apart in APART_M:
            for index in order:
                planted = None if index in self.taken else self._fits(kind, index, apart)
                if planted is not None:
                    self._note(planted)
                    return planted
        raise InvalidOption(
            f"This seed leaves no parcel for a planted {kind}.",
            f"该种子无法安排预设的{KIND_LABELS[kind]}。",
            cure_en="make_district(seed=7)",
            cure_zh="make_district(seed=7)",
        )

    def _note(self, planted: Planted) -> None:
        """Remember a planted defect, so that the next ones keep away from it."""
        self.taken.add(planted.parcel)
        land = shapely.Polygon(self.parcels[planted.parcel].land[:, 2:])
        self.planted.append(land)
        home = self.parcels[planted.parcel].community
        if planted.kind == "overlap":
            self.lands[planted.host] = self.lands[planted.host].union(land)
        else:
            self.lands[home] = self.lands[home].difference(land.buffer(0.5))

    def _fits(self, kind: str, index: int, apart: float) -> Planted | None:
        """Return the defect if the parcel can carry it, away from the others and harmless."""
        parcel = self.parcels[index]
        home = parcel.community
        land = shapely.Polygon(parcel.land[:, 2:])
        rest = self.lands[home].difference(land.buffer(0.5))
        near = min(float(shapely.distance(land, other)) for other in self.planted) < apart
        if near or (rest.geom_type != "Polygon" and kind != "overlap"):
            return None
        others = sorted(neighbours_of(self.lattice, self.divisions, parcel) - {home})
        if kind == "enclosed":
            holes = shapely.get_num_interior_rings(shapely.get_parts([rest, self.lands[home]]))
            inside = not others and holes[0] == holes[-1] + 1
            owner = self._nearest(land, {home}, least=40.0) if inside else -1
            return Planted(kind, owner, home, index) if owner >= 0 else None
        if len(others) != 1 or others[0] not in self.lands:
            return None
        if kind == "exclave":
            owner = self._nearest(land, {home, others[0]}, least=FAR_M)
            return Planted(kind, owner, home, index) if owner >= 0 else None
        return Planted(kind, home, others[0], index)

    def _nearest(self, land: shapely.Geometry, without: set[int], *, least: float) -> int:
        ranked = sorted(
            (float(shapely.distance(self.lands[k], land)), k)
            for k in self.members
            if k not in without
        )
        return next((k for distance, k in ranked if distance > least), -1)


def _cell_land(lattice: Lattice, cell: Cell) -> shapely.Polygon:
    return shapely.Polygon(_cell_ring(lattice, cell)[:, 2:])


def _cell_ring(lattice: Lattice, cell: Cell) -> Floats:
    return lattice.ring(cell[0], cell[0] + 1, cell[1], cell[1] + 1)


def neighbours_of(lattice: Lattice, divisions: Divisions, parcel: Parcel) -> set[int]:
    """Return the communities of the cells across the roads around a parcel; -1 is outside."""
    block = divisions.blocks[parcel.block]
    ring = parcel.land[:, :2]
    middles = (ring + np.roll(ring, -1, axis=0)) / 2
    found: set[int] = set()
    for line, axis, step in (
        (lattice.xs[block.west], 0, -1.0),
        (lattice.xs[block.east], 0, 1.0),
        (lattice.ys[block.south], 1, -1.0),
        (lattice.ys[block.north], 1, 1.0),
    ):
        for place in middles[np.abs(middles[:, axis] - line) < 1e-6]:
            spot = place.copy()
            spot[axis] += step
            column = int(np.searchsorted(lattice.xs, spot[0])) - 1
            row = int(np.searchsorted(lattice.ys, spot[1])) - 1
            inside = lattice.tile(column, row) >= 0
            found.add(int(divisions.owner[column, row]) if inside else -1)
    return found


def draw_communities(
    lattice: Lattice, divisions: Divisions, parcels: list[Parcel], planted: Iterable[Planted]
) -> NDArray[np.object_]:
    """Return the polygon of every community in degrees, with the planted defects in them."""
    pieces = {
        cell: [_Piece(_cell_ring(lattice, cell), (community.index,))]
        for community in divisions.communities
        for cell in community.cells
    }
    by_block: dict[int, dict[int, Planted]] = {}
    for defect in planted:
        if defect.kind == "interlock":
            _hand_over(lattice, pieces, defect)
        else:
            by_block.setdefault(parcels[defect.parcel].block, {})[defect.parcel] = defect
    of_block: dict[int, list[int]] = {block: [] for block in by_block}
    for k, parcel in enumerate(parcels):
        if parcel.block in of_block:
            of_block[parcel.block].append(k)
    for index, defects in sorted(by_block.items()):
        block = divisions.blocks[index]
        cells = [
            (c, r) for c in range(block.west, block.east) for r in range(block.south, block.north)
        ]
        made = [
            _Piece(parcels[k].land, _owners(defects.get(k), block.community))
            for k in of_block[index]
        ]
        _replace(pieces, cells, made)
    owned: list[list[Floats]] = [[] for _ in divisions.communities]
    shared = {id(pieces[cell]): pieces[cell] for cell in sorted(pieces)}
    for piece in (piece for group in shared.values() for piece in group):
        for owner in piece.owners:
            owned[owner].append(to_lonlat(piece.ring[:, 2:]))
    return np.array(
        [shapely.coverage_union_all([shapely.Polygon(ring) for ring in rings]) for rings in owned]
    )


def _owners(defect: Planted | None, community: int) -> tuple[int, ...]:
    if defect is None:
        return (community,)
    if defect.kind == "gap":
        return ()
    if defect.kind == "overlap":
        return (defect.owner, defect.host)
    return (defect.owner,)


def cut_neck(lattice: Lattice, cell: Cell) -> tuple[Floats, Floats]:
    """Cut the neck of the interlock off the south side of a cell: the neck, and the rest."""
    ring = _cell_ring(lattice, cell)
    point = np.array([ring[:, 0].mean(), ring[:, 1].min() + NECK_M])
    return cut_ring(ring, point, np.array([0.0, 1.0]), lattice)


def _hand_over(lattice: Lattice, pieces: dict[Cell, list[_Piece]], defect: Planted) -> None:
    """Give the neck and the land behind it to the owner of the interlock."""
    neck_cell, far_cell = defect.cells
    behind, ahead = cut_neck(lattice, neck_cell)
    made = [_Piece(behind, (defect.owner,)), _Piece(ahead, (defect.host,))]
    _replace(pieces, [neck_cell], made)
    for piece in pieces[far_cell]:
        piece.owners = (defect.owner,)


def _replace(pieces: dict[Cell, list[_Piece]], cells: list[Cell], made: list[_Piece]) -> None:
    """Put finer pieces in place of cells, and their corners into the pieces around."""
    for piece in made:
        for cell in cells:
            for old in pieces[cell]:
                piece.ring = insert_corners(piece.ring, old.ring)
    for cell in cells:
        pieces[cell] = made
    corners = np.concatenate([piece.ring for piece in made])
    around = {(c + dc, r + dr) for c, r in cells for dc in (-1, 0, 1) for dr in (-1, 0, 1)}
    for cell in sorted(around - set(cells)):
        for piece in pieces.get(cell, []):
            piece.ring = insert_corners(piece.ring, corners)
