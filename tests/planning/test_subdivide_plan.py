"""Micro-grids and link units: nested, whole, tiling, and with a reason where outside."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from level_invariants import LEVEL_INVARIANTS
from yards import RULES, plan_of, rows_of, sources_of

from gridmap.errors import InvalidOption
from gridmap.model import Plan
from gridmap.planning import make_plan, subdivide_plan
from gridmap.planning.atoms import grow_cells, list_atoms, merge_members
from gridmap.planning.nesting import LEVELS
from gridmap.testing import draw_territory, random_territory

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="module")
def yard() -> Plan:
    return plan_of(sources_of(rows_of(households=36, floors=6, entrances=3)))


@pytest.mark.parametrize("check", LEVEL_INVARIANTS, ids=lambda check: check.__name__)
def test_levels_of_a_compound_keep_the_invariants(
    yard: Plan, check: Callable[[Plan, Plan], None]
) -> None:
    check(yard, subdivide_plan(yard))


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), levels=st.sampled_from([LEVELS, LEVELS[:1], LEVELS[1:]]))
def test_levels_of_any_plan_keep_the_invariants(seed: int, levels: tuple[str, ...]) -> None:
    territory = random_territory(seed, rows=7, columns=7, households=2_000, exclaves=seed % 2)
    plan = make_plan(territory, rules=RULES)
    below = subdivide_plan(plan, levels=levels, seed=seed)
    for check in LEVEL_INVARIANTS:
        check(plan, below)


def test_buildings_stay_whole_where_they_fit(yard: Plan) -> None:
    below = subdivide_plan(yard, levels=("micro_grid",))
    members = below.territory.units.members
    assert not members["building_id"].duplicated().any()
    assert below.micro_grids is not None
    assert below.micro_grids["households"].tolist() == [72] * 6
    assert (members["entrance"] == "").all()


def test_a_building_above_the_band_is_shared_by_entrances() -> None:
    slab = {"building_id": "B99", "x": 100, "y": 400, "households": 130, "entrances": 2}
    plan = plan_of(sources_of([*rows_of(households=36)[:10], slab]))
    below = subdivide_plan(plan, levels=("micro_grid",))
    members = below.territory.units.members
    parts = members[members["building_id"] == "B99"]
    assert sorted(parts["entrance"]) == ["1", "2"]
    assert sorted(parts["households"]) == [65, 65]
    assert below.micro_grids is not None
    assert below.micro_grids["in_band"].all()
    assert any(said.code == "level_split_by_entrance" for said in below.findings)


def test_a_tower_without_entrances_is_shared_by_floors_on_one_piece_of_land() -> None:
    high = {"building_id": "B99", "x": 100, "y": 400, "households": 192, "floors": 32}
    plan = plan_of(sources_of([*rows_of(households=36)[:4], high]))
    below = subdivide_plan(plan)
    micro, link = below.micro_grids, below.link_units
    assert micro is not None
    assert link is not None
    tower = micro[micro["floors"] != ""].sort_values("code")
    assert tower["floors"].tolist() == ["1-10", "11-21", "22-32"]
    assert tower["households"].tolist() == [60, 66, 66]
    assert len({shape.wkb for shape in tower.geometry}) == 1
    inside = link[link["micro_grid_id"] == tower.index[0]].sort_values("code")
    assert inside["floors"].tolist() == ["1-5", "6-10"]
    assert any(said.code == "level_split_by_floor" for said in below.findings)


def test_a_building_of_unknown_floors_and_entrances_says_why_it_is_too_large() -> None:
    plan = plan_of(sources_of([
        {"building_id": "B1", "x": 100, "y": 400, "households": 192},
        {"building_id": "B2", "x": 300, "y": 400, "households": 150},
    ]))  # fmt: skip
    below = subdivide_plan(plan, levels=("micro_grid",))
    assert below.micro_grids is not None
    assert below.micro_grids["reason_code"].tolist() == ["building_too_large"] * 2
    assert "微网格" in below.micro_grids["reason"].iloc[0]
    assert "micro-grid" in below.micro_grids["reason_en"].iloc[0]


def test_households_without_buildings_are_drawn_by_clusters_that_name_no_home() -> None:
    rng = np.random.default_rng(3)
    homes = [(float(x), float(y)) for x, y in rng.uniform(100, 800, (330, 2))]
    plan = plan_of(sources_of([], homes))
    standing = plan.territory.units.buildings
    assert standing is not None
    placed = standing[~standing.geometry.isna()]
    assert (placed["households"] >= 10).all()
    east, north = 9.75e-6, 9.03e-6
    exact = {(round(113.1 + x * east, 7), round(23.0 + y * north, 7)) for x, y in homes}
    assert not exact & {(round(p.x, 7), round(p.y, 7)) for p in placed.geometry}
    below = subdivide_plan(plan)
    for check in LEVEL_INVARIANTS:
        check(plan, below)
    assert below.micro_grids is not None
    assert below.micro_grids["in_band"].all()


def test_the_same_plan_and_seed_give_the_same_levels(yard: Plan) -> None:
    first, second = subdivide_plan(yard), subdivide_plan(subdivide_plan(yard, seed=9))
    for name in ("micro_grids", "link_units"):
        pd.testing.assert_frame_equal(
            pd.DataFrame(getattr(first, name)), pd.DataFrame(getattr(second, name))
        )
    pd.testing.assert_frame_equal(first.territory.units.members, second.territory.units.members)


def test_link_units_of_ten_are_a_rule_and_not_code(yard: Plan) -> None:
    ten = replace(RULES.link_units, lower=6, target=10, upper=14)
    below = subdivide_plan(yard, rules=replace(RULES, link_units=ten))
    assert below.link_units is not None
    assert below.link_units["households"].tolist() == [12] * 36


def test_members_are_merged_back_to_what_they_were(yard: Plan) -> None:
    below = subdivide_plan(yard)
    merged = merge_members(below.territory.units.members)
    pd.testing.assert_frame_equal(merged, merge_members(yard.territory.units.members))


def test_cells_of_buildings_hold_their_footprints(yard: Plan) -> None:
    units = yard.territory.units
    atoms = list_atoms(units, most=100)
    cells = grow_cells(units, atoms)
    assert shapely.coverage_is_valid(cells.shape)
    covered = shapely.area(shapely.intersection(cells.shape[cells.of_atom], atoms.shape))
    assert (covered > 0.95 * shapely.area(atoms.shape)).all()


def test_a_plan_without_buildings_is_divided_by_units_and_says_so() -> None:
    plan = make_plan(draw_territory("abcdef", households=70), rules=RULES)
    below = subdivide_plan(plan)
    assert any(said.code == "level_without_buildings" for said in below.findings)
    assert below.micro_grids is not None
    assert len(below.micro_grids) == 6


def test_an_unknown_level_is_refused(yard: Plan) -> None:
    with pytest.raises(InvalidOption):
        subdivide_plan(yard, levels=("street",))
