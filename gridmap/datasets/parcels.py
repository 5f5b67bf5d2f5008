"""What stands on which block: compounds and sites of given sizes, packed and cut from the land.

Sizes come first: the households of all compounds of a tile are drawn so that their deciles are
those of FIELD.md. Then each compound and each site asks for land, blocks are filled until they
are full, and every block is cut into parcels whose areas are in that proportion.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

COMPOUND_DECILES = ((0.0, 13), (0.1, 22), (0.25, 40), (0.5, 93), (0.75, 256), (0.9, 797), (1, 2000))
"""Share of compounds -> households. Source: FIELD.md section 2 and issue 2, point 2 [measured]:
deciles 22/40/93/256/797 at 10/25/50/75/90 %, a tail to 2,000. The lower end, 13, is the smallest
building of issue 2."""
RURAL_HOUSEHOLDS = 390
"""Households of a rural community, on average; gridmap's own default."""
ParcelKind = Literal["compound", "site", "open"]


@dataclass
class Item:
    """Something that asks for land: a compound, or a site with its residents.

    Attributes
    ----------
    kind
        What it is.
    households
        Households to house on it.
    area_m2
        Land it asks for.
    category
        Of a site, one of ``gridmap.rules.CATEGORIES``.
    """

    kind: ParcelKind
    households: int
    area_m2: float
    category: str = ""


@dataclass
class Parcel:
    """A piece of a block: its land to the middle of the roads, and the part behind the red line.

    Attributes
    ----------
    item
        What stands on it.
    community
        Index of the community whose land it was laid out on.
    block
        Index of the block, -1 in the countryside.
    land
        Ring to the middle of the roads, shape (k, 4).
    inner
        Ring behind the setback, shape (m, 4): the compound's own line.
    name, number, road, address
        Given later.
    """

    item: Item
    community: int
    block: int
    land: Floats
    inner: Floats
    name: str = ""
    address: str = ""
    age_class: str = ""
    tags: dict[str, str] = field(default_factory=dict)


def draw_compound_sizes(total: int, rng: np.random.Generator) -> Ints:
    """Draw households of compounds that add up to ``total``, on the deciles of FIELD.md.

    Examples
    --------
    >>> sizes = draw_compound_sizes(58_000, np.random.default_rng(7))
    >>> int(sizes.sum()), bool(abs(np.median(sizes) - 93) < 8)
    (58000, True)
    """
    shares, levels = np.array(COMPOUND_DECILES).T
    count = max(4, round(total / _mean_size()))
    place = (np.arange(count) + rng.uniform(0.2, 0.8, count)) / count
    sizes = np.exp(np.interp(place, shares, np.log(levels)))
    large = sizes > 256
    sizes[large] *= (total - sizes[~large].sum()) / sizes[large].sum()
    whole = np.floor(np.minimum(sizes, 2000)).astype(np.int64)
    rest = total - int(whole.sum())
    movable = np.flatnonzero(large & (whole < 1950))
    step = np.full(len(movable), rest // len(movable))
    step[: rest - int(step.sum())] += 1
    whole[movable] += step
    drawn: Ints = whole
    return drawn


def _mean_size() -> float:
    shares, levels = np.array(COMPOUND_DECILES).T
    logs = np.log(levels)
    means = np.diff(levels) / np.diff(logs)
    return float((means * np.diff(shares)).sum())


def land_for_compound(households: int) -> float:
    """Return the land that a compound asks for, m2: larger ones are built more densely."""
    density = np.interp(
        np.log(households), np.log([15, 60, 250, 800, 2000]), [85, 125, 165, 230, 300]
    )
    return 10_000.0 * households / float(density)


SITE_PLAN: tuple[tuple[str, float, int], ...] = (
    ("school", 21_000, 0),
    ("school", 15_000, 36),
    ("school", 26_000, 48),
    ("school", 12_000, 0),
    ("school", 6_000, 0),
    ("school", 3_600, 0),
    ("hospital", 24_000, 64),
    ("hospital", 8_000, 0),
    ("hospital", 3_000, 0),
    ("government", 9_000, 0),
    ("government", 4_500, 28),
    ("government", 2_400, 0),
    ("mall", 22_000, 0),
    ("mall", 12_000, 84),
    ("mall", 4_000, 0),
    ("office", 7_000, 0),
    ("office", 5_000, 0),
    ("office", 2_500, 0),
    ("industrial", 33_000, 320),
    ("industrial", 28_000, 120),
    ("park", 36_000, 0),
    ("park", 30_000, 0),
    ("park", 9_000, 0),
)
"""Category, land in m2 and resident households of the urban sites of one tile; gridmap's own
default: all seven categories, some with residents, some above and some below every limit."""


def plan_items(
    sizes: Ints, share: float, rng: np.random.Generator
) -> tuple[list[Item], list[Item]]:
    """Return the compounds, largest first, and the sites of a tile of ``share`` of full size."""
    compounds = [Item("compound", int(n), land_for_compound(int(n))) for n in np.sort(sizes)[::-1]]
    count = max(len({row[0] for row in SITE_PLAN}), round(len(SITE_PLAN) * share))
    firsts = [
        next(row for row in SITE_PLAN if row[0] == key) for key in sorted({r[0] for r in SITE_PLAN})
    ]
    rest = [row for row in SITE_PLAN if row not in firsts]
    rest = [rest[k] for k in rng.permutation(len(rest))][: count - len(firsts)]
    return compounds, [Item("site", row[2], row[1], row[0]) for row in [*firsts, *rest]]
