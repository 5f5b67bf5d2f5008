"""Lay out a district: parcels, names, addresses, homes and defects, tile by tile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridmap.datasets.blocks import cut_block, inner_box, pack_blocks, setbacks
from gridmap.datasets.countryside import build_settlement, settle_community, share_rural_households
from gridmap.datasets.defects import Planted, choose_defects
from gridmap.datasets.divisions import Community, Divisions, divide_lattice
from gridmap.datasets.housing import house_parcel
from gridmap.datasets.lattice import Lattice, Shape, make_lattice
from gridmap.datasets.names import NameBook
from gridmap.datasets.numbering import RoadBook, give_address, name_roads
from gridmap.datasets.parcels import (
    RURAL_HOUSEHOLDS,
    Item,
    Parcel,
    draw_compound_sizes,
    plan_items,
)
from gridmap.datasets.premises import build_site, name_site

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.datasets.buildings import Buildings

GIANTS = (540, 612, 575, 523, 566)
"""Households of the towers above 500 of a tile; the entrances of the last are not known. Source:
issue 2, point 2, a few towers above 500; FIELD.md section 2 [measured]: 0.2 % - 2.5 %."""
GIANT_LAND_M2 = 26_000.0
"""Least land of a compound with such a tower; gridmap's own default."""
AGE_SHARES = {"small": (0.66, 0.3, 0.04), "middle": (0.34, 0.42, 0.24), "large": (0.04, 0.4, 0.56)}
"""Shares of old, mature and new compounds below 120, to 500, and above 500 households; gridmap's
own default."""
STAIR_WORDS = ("栋", "号楼", "幢")


@dataclass(frozen=True)
class Layout:
    """Everything that stands in a district, before it becomes frames.

    Attributes
    ----------
    lattice, divisions, roads
        Lines, communities and blocks, and the names of roads.
    parcels
        Sorted by community and block.
    buildings
        Buildings of each parcel; None on open land.
    planted
        The defects, tile by tile.
    community_names, township_names
        By index.
    """

    lattice: Lattice
    divisions: Divisions
    roads: RoadBook
    parcels: list[Parcel]
    buildings: list[Buildings | None]
    planted: list[Planted]
    community_names: list[str]
    township_names: list[str]


def lay_out(shape: Shape, households: int, seed: int) -> Layout:
    """Lay out a district of a shape.

    Every tile and every block has its own generator made from the seed and its number, so that
    one does not depend on what another drew.
    """
    lattice = make_lattice(shape, np.random.default_rng([seed, 0]))
    divisions = divide_lattice(lattice, np.random.default_rng([seed, 1]))
    book = NameBook(np.random.default_rng([seed, 2]))
    townships, communities = _name_divisions(divisions, book)
    roads = name_roads(lattice, divisions, book)
    parcels: list[Parcel] = []
    planted: list[Planted] = []
    for tile in range(shape.tiles):
        total = households // shape.tiles + (tile < households % shape.tiles)
        made = _lay_tile(lattice, divisions, tile, total, seed)
        _give_names(lattice, divisions, roads, book, made, (townships, communities))
        planted += [
            _shift(defect, len(parcels))
            for defect in choose_defects(lattice, divisions, made, tile)
        ]
        parcels += made
    buildings = [
        _build(lattice, parcel, np.random.default_rng([seed, 5, k]))
        for k, parcel in enumerate(parcels)
    ]
    return Layout(lattice, divisions, roads, parcels, buildings, planted, communities, townships)


def _shift(defect: Planted, first: int) -> Planted:
    if defect.parcel < 0:
        return defect
    return Planted(defect.kind, defect.owner, defect.host, defect.parcel + first)


def _name_divisions(divisions: Divisions, book: NameBook) -> tuple[list[str], list[str]]:
    count = max(c.township for c in divisions.communities) + 1
    townships = [book.township(k, "镇" if k % 2 else "街道") for k in range(count)]
    communities = [
        book.village() if c.rural else book.community() + "社区" for c in divisions.communities
    ]
    return townships, communities


def _lay_tile(
    lattice: Lattice, divisions: Divisions, tile: int, total: int, seed: int
) -> list[Parcel]:
    """Draw the sizes of a tile's compounds and sites and give them land."""
    rng = np.random.default_rng([seed, 3, tile])
    members = [c for c in divisions.communities if c.tile == tile]
    rural = [c for c in members if c.rural]
    rural_total = RURAL_HOUSEHOLDS * len(rural)
    share = total / 60_000
    _, sites = plan_items(np.zeros(0, dtype=np.int64), share, rng)
    residents = sum(site.households for site in sites)
    sizes = draw_compound_sizes(total - rural_total - residents, rng)
    compounds, _ = plan_items(sizes, share, rng)
    parcels = _lay_blocks(lattice, divisions, tile, compounds, sites, rng, seed)
    shares = share_rural_households(rural_total, len(rural), rng)
    for community, count in zip(rural, shares.tolist(), strict=True):
        generator = np.random.default_rng([seed, 6, community.index])
        parcels += settle_community(lattice, community, count, generator)
    _choose_giants(parcels)
    parcels.sort(key=lambda parcel: (parcel.community, parcel.block))
    return parcels


def _lay_blocks(
    lattice: Lattice,
    divisions: Divisions,
    tile: int,
    compounds: list[Item],
    sites: list[Item],
    rng: np.random.Generator,
    seed: int,
) -> list[Parcel]:
    numbers = [
        k
        for k, block in enumerate(divisions.blocks)
        if divisions.communities[block.community].tile == tile
    ]
    boxes = [
        inner_box(lattice, divisions.blocks[k], setbacks(lattice, divisions.blocks[k]))
        for k in numbers
    ]
    areas = np.array([(box[1] - box[0]) * (box[3] - box[2]) for box in boxes])
    owners = np.array([divisions.blocks[k].community for k in numbers])
    far = divisions.interlocks[tile].far_cell
    corners = [(divisions.blocks[k].west, divisions.blocks[k].south) for k in numbers]
    packed = pack_blocks(compounds, sites, areas, owners, corners.index(far), rng)
    parcels: list[Parcel] = []
    for k, items in zip(numbers, packed, strict=True):
        generator = np.random.default_rng([seed, 4, k])
        parcels += cut_block(lattice, divisions, k, items, generator)
    return parcels


def _choose_giants(parcels: list[Parcel]) -> None:
    """Mark the compounds that get a tower above the band: every other one of the largest."""
    ranked = sorted(
        (k for k, p in enumerate(parcels) if p.item.kind == "compound"),
        key=lambda k: (-parcels[k].item.households, k),
    )
    for giant, k in zip(GIANTS, ranked[2::2], strict=False):
        wide, deep = np.ptp(parcels[k].inner[:, :2], axis=0)
        if parcels[k].item.households > giant + 200 and wide * deep > GIANT_LAND_M2:
            parcels[k].tags["giant"] = str(giant)
    marked = [k for k in ranked if "giant" in parcels[k].tags]
    if marked:
        parcels[marked[-1]].tags["unknown"] = "yes"


def _give_names(
    lattice: Lattice,
    divisions: Divisions,
    roads: RoadBook,
    book: NameBook,
    parcels: list[Parcel],
    names: tuple[list[str], list[str]],
) -> None:
    """Name and number the parcels of one tile."""
    townships, communities = names
    for parcel in parcels:
        community: Community = divisions.communities[parcel.community]
        village = communities[community.index]
        if parcel.item.kind == "open":
            continue
        if parcel.block >= 0:
            parcel.address = give_address(lattice, divisions, roads, parcel, book.rng)
        else:
            parcel.address = village
        if parcel.item.kind == "site":
            name_site(parcel, book, townships[community.township], village)
        elif parcel.block >= 0:
            _name_compound(parcel, book)
        elif parcel.tags["kind"] == "villager_group":
            parcel.name = f"{village}{parcel.tags['group']}组"
            parcel.address = parcel.name
        else:
            parcel.name = book.hamlet()
            parcel.address = f"{village}{parcel.name}"


def _name_compound(parcel: Parcel, book: NameBook) -> None:
    households = parcel.item.households
    size = "small" if households < 120 else "middle" if households < 500 else "large"
    age = ("old", "mature", "new")[int(book.rng.choice(3, p=AGE_SHARES[size]))]
    if "giant" in parcel.tags:
        age = "new"
    parcel.age_class = age
    parcel.tags["kind"] = "compound"
    parcel.tags["stair"] = STAIR_WORDS[int(book.rng.choice(3, p=(0.6, 0.3, 0.1)))]
    if households <= 48 and age == "old" and book.rng.random() < 0.75:
        parcel.name = f"{parcel.address}院"
        parcel.tags["courtyard"] = "yes"
    else:
        parcel.name = book.compound(age)


def _build(lattice: Lattice, parcel: Parcel, rng: np.random.Generator) -> Buildings | None:
    if parcel.item.kind == "open":
        return None
    if parcel.item.kind == "site":
        return build_site(lattice, parcel, rng)
    if parcel.block < 0:
        return build_settlement(lattice, parcel, rng)
    return house_parcel(
        lattice,
        parcel,
        rng,
        giant=int(parcel.tags.get("giant", "0")),
        known="unknown" not in parcel.tags,
    )


def final_owner(layout: Layout) -> NDArray[np.int64]:
    """Return the community whose land each parcel is once the defects are planted; -1 is none."""
    owner = np.array([parcel.community for parcel in layout.parcels], dtype=np.int64)
    far = {}
    for defect in layout.planted:
        if defect.kind in ("exclave", "enclosed"):
            owner[defect.parcel] = defect.owner
        elif defect.kind == "gap":
            owner[defect.parcel] = -1
        elif defect.kind == "interlock":
            far[defect.cells[1]] = defect.owner
    for k, parcel in enumerate(layout.parcels):
        if parcel.block >= 0:
            block = layout.divisions.blocks[parcel.block]
            owner[k] = far.get((block.west, block.south), owner[k])
    return owner
