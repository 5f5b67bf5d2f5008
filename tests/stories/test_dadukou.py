"""Dadukou, Chongqing: communities rebalanced (FIELD.md section 1 [report]).

The places are made here and calibrated to the published 'before' figures; what is asserted of
'after' is what was published: the number, nobody above 20,000 or below 3,000 persons, every
border on the edge of a compound, and no community in pieces. Printed beside the report.
"""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridmap.model import Plan, Territory
from gridmap.planning import rebalance_communities
from gridmap.planning.communities import lift_territory
from gridmap.rules import Rules
from gridmap.testing import draw_territory

RULES = Rules.preset()
BLOCK = 3
"""Side of a compound in buildings."""
CAPITALS = [chr(code) for code in range(0x3000) if chr(code).isupper() and chr(code).isalpha()]
SIGNS = [chr(0x4E00 + n) for n in range(1000)]
"""One sign a community in a drawing."""


def make_place(  # what the reports give
    blocks: tuple[int, int],
    *,
    communities: int,
    townships: int,
    persons: int,
    heavy: float = 1.0,
    exclaves: int = 0,
    seed: int,
) -> Territory:
    """Return blocks of nine buildings, each one compound, shared out to communities.

    ``heavy`` is how many times as many persons the first community has as it would by land;
    ``exclaves`` blocks of some communities lie inside others of their township.
    """
    rng = np.random.default_rng(seed)
    rows, columns = blocks
    owner = _grow(rng, rows, columns, communities)
    town = np.minimum(owner_order(owner, communities) * townships // communities, townships - 1)
    for _ in range(exclaves):
        owner = _swap(rng, owner, town)
    weight = rng.uniform(0.7, 1.3, (rows, columns))
    weight[owner == 0] *= heavy
    share = np.repeat(np.repeat(weight, BLOCK, 0), BLOCK, 1)
    homes = np.floor(share / share.sum() * persons / 2.62).astype(np.int64)
    names = np.array(CAPITALS[: rows * columns], object).reshape(rows, columns)
    drawing = np.repeat(np.repeat(names, BLOCK, 0), BLOCK, 1)
    owners = np.repeat(np.repeat(np.array(SIGNS, object)[owner], BLOCK, 0), BLOCK, 1)
    toy = draw_territory(
        "\n".join("".join(row) for row in drawing),
        households=homes,
        communities="\n".join("".join(row) for row in owners),
    )
    frame = toy.units.frame
    row = frame.index.str[1:3].astype(int)
    column = frame.index.str[4:6].astype(int)
    number = owner[row // BLOCK, column // BLOCK]
    towns = dict(zip(frame["community_id"], town[number], strict=True))
    held = toy.units.communities
    held = held.assign(township=[f"街道{towns[name]}" for name in held.index])
    return replace(toy, units=replace(toy.units, communities=held))


def _grow(rng: np.random.Generator, rows: int, columns: int, many: int) -> np.ndarray:
    """Return connected communities of blocks: the smallest that has room grows first."""
    owner = np.full((rows, columns), -1)
    owner.flat[rng.permutation(rows * columns)[:many]] = np.arange(many)
    while (owner < 0).any():
        for zone in np.argsort(np.bincount(owner[owner >= 0], minlength=many), kind="stable"):
            here = owner == zone
            near = np.zeros_like(here)
            near[1:] |= here[:-1]
            near[:-1] |= here[1:]
            near[:, 1:] |= here[:, :-1]
            near[:, :-1] |= here[:, 1:]
            free = np.flatnonzero(near & (owner < 0))
            if len(free):
                owner.flat[free[int(rng.integers(len(free)))]] = zone
                break
    return owner


def owner_order(owner: np.ndarray, many: int) -> np.ndarray:
    """Return the rank of each community from west to east, so that townships are strips."""
    column = np.broadcast_to(np.arange(owner.shape[1]), owner.shape)
    mean = np.bincount(owner.ravel(), column.ravel()) / np.bincount(owner.ravel())
    rank = np.empty(many, np.int64)
    rank[np.argsort(mean, kind="stable")] = np.arange(many)
    return rank


def _swap(rng: np.random.Generator, owner: np.ndarray, town: np.ndarray) -> np.ndarray:
    """Give one block to a community of the same township that lies elsewhere."""
    for at in rng.permutation(owner.size).tolist():
        zone = owner.flat[at]
        others = [z for z in np.flatnonzero(town == town[zone]) if z != zone]
        if np.count_nonzero(owner == zone) > 3 and others:
            changed = owner.copy()
            changed.flat[at] = others[int(rng.integers(len(others)))]
            return changed
    return owner


def count_parts(plan: Plan) -> int:
    """Return how many pieces the communities of a plan lie in, by their borders."""
    borders = plan.territory.borders
    ids = plan.assignment.index
    a, b = ids.get_indexer(borders["unit_a"]), ids.get_indexer(borders["unit_b"])
    zone = plan.assignment.to_numpy(object)
    same = zone[a] == zone[b]
    matrix = coo_array((np.ones(same.sum()), (a[same], b[same])), shape=(len(ids), len(ids)))
    return int(connected_components(matrix, directed=False)[0])


def check_published(plan: Plan) -> None:
    """Assert what the reports say of every new community."""
    sizes = plan.grids["households"]
    assert sizes.between(3000, 20_000).all(), sizes.describe()
    assert count_parts(plan) == len(plan.grids)
    compound = plan.territory.units.frame["compound_id"]
    zones = plan.assignment.groupby(compound.reindex(plan.assignment.index).to_numpy(object))
    assert (zones.nunique() == 1).all(), "a border runs through a compound"


def tell(place: str, published: str, before: np.ndarray, plan: Plan) -> None:
    """Print the figures beside the published ones."""
    after = plan.grids["households"]
    moved = int(plan.changes["households_in"].sum())
    codes = plan.changes["change"].value_counts().to_dict()
    sys.stdout.write(
        f"\n{place} [report]: {published}; here {len(before)} -> {len(after)}, mean "
        f"{before.mean():,.0f} -> {after.mean():,.0f}, least {before.min():,} -> {after.min():,}, "
        f"most {before.max():,} -> {after.max():,}; {moved / after.sum():.1%} of the persons have "
        f"another community; {codes}\n"
    )


def count_today(territory: Territory) -> np.ndarray:
    lift = lift_territory(territory, RULES)
    persons = lift.territory.units.frame["households"]
    return persons.groupby(lift.today.reindex(persons.index).to_numpy(object)).sum().to_numpy()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_66_communities_become_54(seed: int) -> None:
    place = make_place(
        (22, 30), communities=66, townships=8, persons=54 * 9_400, exclaves=6, seed=seed
    )
    before = count_today(place)
    plan = rebalance_communities(place, rules=RULES, number=54)
    tell("Dadukou", "66 -> 54, mean 7,000+ -> 9,000+, 3,000-20,000", before, plan)
    assert 7_000 <= before.mean() < 8_000
    assert len(plan.grids) == 54
    assert 9_000 <= plan.grids["households"].mean() < 10_000
    check_published(plan)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_chunhui_road_9_become_10(seed: int) -> None:
    place = make_place((9, 12), communities=9, townships=1, persons=130_000, seed=seed)
    before = count_today(place)
    plan = rebalance_communities(place, rules=RULES, number=10)
    tell("Chunhui Road", "9 -> 10, 130,000 persons, Baihua 24,800 -> 17,000", before, plan)
    assert len(plan.grids) == 10
    check_published(plan)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_qiezixi_11_become_6(seed: int) -> None:
    place = make_place((8, 11), communities=11, townships=1, persons=39_000, exclaves=3, seed=seed)
    before = count_today(place)
    plan = rebalance_communities(place, rules=RULES, number=6)
    tell("Qiezixi", "11 -> 6, 42,800 -> 39,000 persons after an exchange", before, plan)
    assert len(plan.grids) == 6
    check_published(plan)
