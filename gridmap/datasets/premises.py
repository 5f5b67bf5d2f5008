"""Buildings of sites: schools, hospitals, offices of state, malls, office towers, plants, parks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.datasets.buildings import (
    Buildings,
    Fashion,
    join_buildings,
    pick_buildings,
    raise_buildings,
)
from gridmap.datasets.housing import MARGIN_M, fill_box, lay_rows, plan_box
from gridmap.datasets.parcels import land_for_compound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridmap.datasets.lattice import Lattice
    from gridmap.datasets.names import NameBook
    from gridmap.datasets.parcels import Parcel

HALLS: dict[str, tuple[Fashion, int]] = {
    "school": (Fashion(5, 0, 1, 58.0, 14.0, 14.0, 26.0), 4),
    "hospital": (Fashion(9, 0, 1, 52.0, 19.0, 14.0, 20.0), 4),
    "government": (Fashion(6, 0, 1, 48.0, 16.0, 12.0, 22.0), 3),
    "mall": (Fashion(5, 0, 1, 84.0, 58.0, 18.0, 20.0), 2),
    "office": (Fashion(22, 0, 1, 36.0, 28.0, 14.0, 18.0, tower=True), 2),
    "industrial": (Fashion(2, 0, 1, 66.0, 34.0, 12.0, 14.0), 6),
    "park": (Fashion(1, 0, 1, 13.0, 9.0, 60.0, 50.0), 3),
}
"""Fashion of the halls of each category, and how many at most; gridmap's own default."""


def build_site(lattice: Lattice, parcel: Parcel, rng: np.random.Generator) -> Buildings:
    """Put a site's halls, and the homes of its residents, on its land."""
    room = shapely.Polygon(parcel.inner[:, 2:]).buffer(-MARGIN_M)
    shapely.prepare(room)
    box = plan_box(parcel)
    homes: list[Buildings] = []
    residents = parcel.item.households
    if residents:
        axis = 0 if box[1] - box[0] > box[3] - box[2] else 1
        area = (box[1] - box[0]) * (box[3] - box[2])
        share = min(0.6, max(0.25, 0.9 * land_for_compound(residents) / area))
        living, box = box.copy(), box.copy()
        line = box[2 * axis + 1] - share * (box[2 * axis + 1] - box[2 * axis])
        living[2 * axis], box[2 * axis + 1] = line + 8, line - 8
        homes.append(fill_box(lattice, living, residents, "mature", room, rng))
    fashion, most = HALLS[parcel.item.category]
    for scale in (1.0, 0.75, 0.55, 0.4):
        smaller = replace(
            fashion,
            wide=fashion.wide * scale,
            deep=max(8.0, fashion.deep * scale),
            gap=fashion.gap * scale,
            yard=fashion.yard * scale,
        )
        halls = lay_rows(lattice, box, smaller, room, rng)
        if len(halls.rings):
            kept = np.sort(rng.permutation(len(halls.rings))[:most])
            return join_buildings([*homes, pick_buildings(halls, kept)])
    middle = np.array([[box[:2].mean(), box[2:].mean()]])
    hut = Fashion(1, 0, 1, 8.0, 6.0, 0, 0)
    single = raise_buildings(
        lattice, middle, np.ones(1, np.int64), hut, np.zeros(1), np.zeros(1, np.int64)
    )
    fits = shapely.covers(room, shapely.Polygon(single.rings[0]))
    return join_buildings([*homes, single] if fits or not homes else homes)


SITE_NAMES: dict[str, tuple[str, ...]] = {
    "school": ("小学", "中学", "实验小学", "高级中学", "幼儿园", "职业学校"),
    "hospital": ("医院", "中医院", "妇幼保健院", "卫生服务中心"),
    "government": ("政务服务中心", "税务所", "法庭", "派出所", "人民政府"),
    "mall": ("广场", "购物中心", "农贸市场", "商城"),
    "office": ("大厦", "商务中心", "金融大厦", "创业大厦"),
    "industrial": ("工业园", "产业园", "机械厂", "食品厂"),
    "park": ("公园", "湿地公园", "森林公园", "文化公园"),
}
OWNERS = {
    "mall": "商业管理有限公司",
    "office": "置业有限公司",
    "industrial": "实业有限公司",
    "park": "园林管理处",
}


def name_site(parcel: Parcel, book: NameBook, township: str, community: str) -> None:
    """Name a site and its owner; one in nine has no owner on record.

    Parameters
    ----------
    township, community
        Names of the divisions it lies in: small ones are named after them.
    """
    category = parcel.item.category
    ends: Sequence[str] = SITE_NAMES[category]
    place = community.removesuffix("社区").removesuffix("村")
    small = parcel.item.area_m2 < 9_000
    heads = [place] if small else [book.word() for _ in range(6)]
    if category == "government" and not small:
        heads, ends = [township], ["人民政府" if township.endswith("镇") else "办事处"]
    if category == "government" and parcel.block < 0:
        heads, ends = [community], ["民委员会"]
    parcel.name = book.pick(heads, ends)
    owner = OWNERS.get(category, "")
    parcel.tags["owner"] = f"{parcel.name}{owner}" if owner else parcel.name
    if book.rng.random() < 1 / 9:
        parcel.tags["owner"] = ""
