"""Replanning: what is valid stays to the last byte, locks are absolute, every change has a code."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal, assert_series_equal

import gridmap
from gridmap.errors import InvalidOption, UnknownName
from gridmap.model import CHANGES, STATUSES, Plan, Territory
from gridmap.planning.changes import CAUSES
from gridmap.rules import Rules
from gridmap.scoring import compare_plans
from gridmap.testing import draw_territory, random_territory

RULES = Rules.preset()


def grow(territory: Territory, seed: int, *, share: float = 0.02, more: float = 0.5) -> Territory:
    """Return the territory with more households in a share of its units."""
    rng = np.random.default_rng(seed)
    frame = territory.units.frame.copy()
    households = frame["households"].to_numpy().copy()
    served = np.flatnonzero(households)
    chosen = rng.choice(served, max(1, round(share * len(served))), replace=False)
    households[chosen] = np.ceil(households[chosen] * (1 + more)).astype(np.int64)
    frame["households"] = households
    return dataclasses.replace(territory, units=dataclasses.replace(territory.units, frame=frame))


def check_plan(plan: Plan, before: Plan) -> None:
    """Check what holds for every plan that was replanned."""
    grids, frame = plan.grids, plan.territory.units.frame
    graph = plan.territory.to_networkx()
    assert set(plan.assignment) == set(grids.index)
    for name in ("code", "name"):
        assert grids[name].is_unique
    assert grids.index.is_unique
    sums = frame["households"].groupby(plan.assignment).sum()
    assert (sums.reindex(grids.index) == grids["households"]).all()
    for units in plan.assignment.groupby(plan.assignment).groups.values():
        assert nx.is_connected(graph.subgraph(units))
        assert len(set(frame.loc[units, "community_id"])) == 1
    assert shapely.coverage_is_valid(grids.geometry.to_numpy())
    changes = plan.changes
    assert changes is not None
    assert changes.index.is_unique
    assert set(changes.index) == set(grids.index) | set(before.grids.index)
    assert changes["change"].isin(CHANGES).all()
    assert changes["status"].isin(STATUSES).all()
    assert changes["cause_code"].isin(list(CAUSES)).all()
    assert changes["households_in"].sum() == changes["households_out"].sum()
    same = changes.index[changes["change"] == "U"]
    for name in same:
        assert plan.assignment.index[plan.assignment == name].equals(
            before.assignment.index[before.assignment == name]
        )
    kept = changes.index[changes["status"] == "kept"]
    for column in ("code", "name"):
        assert (grids[column].loc[kept] == before.grids[column].loc[kept]).all()
    fresh = changes["code"][changes["status"] == "new"]
    assert not set(fresh) & set(before.grids["code"])


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000), st.integers(3, 12), st.integers(1, 3), st.integers(0, 2))
def test_no_shock_changes_nothing(seed: int, rows: int, communities: int, exclaves: int) -> None:
    territory = random_territory(
        seed, rows=rows, columns=10, communities=communities, households=rows * 450,
        exclaves=exclaves,
    )  # fmt: skip
    plan = gridmap.make_plan(territory, rules=RULES, seed=1)
    again = gridmap.replan(plan, territory, seed=2)
    if plan.grids["reason_code"].isin(["", "too_few_households"]).all():
        assert_geodataframe_equal(plan.grids, again.grids)
        assert_series_equal(plan.assignment, again.assignment)
        assert shapely.to_wkb(plan.grids.geometry.to_numpy()).tolist() == shapely.to_wkb(
            again.grids.geometry.to_numpy()
        ).tolist()  # fmt: skip
        assert set(again.changes["change"]) == {"U"}
    check_plan(again, plan)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 3))
def test_a_growth_shock_is_mended_and_every_promise_kept(seed: int, communities: int) -> None:
    territory = random_territory(
        seed, rows=12, columns=12, communities=communities, households=9_000, exclaves=1
    )
    plan = gridmap.make_plan(territory, rules=RULES)
    done = gridmap.replan(plan, grow(territory, seed, share=0.05))
    check_plan(done, plan)
    totals = gridmap.score_plan(done).totals
    fresh = gridmap.score_plan(gridmap.make_plan(done.territory, rules=RULES)).totals
    lost = fresh["general"] - fresh["in_band"]
    assert totals["general"] - totals["in_band"] <= lost


def test_random_growth_moves_few_households_and_touches_few_grids() -> None:
    moved, untouched, grids = 0, 0, 0
    for seed in range(3):
        territory = random_territory(seed, rows=18, columns=18, communities=2, households=22_000)
        plan = gridmap.make_plan(territory, rules=RULES)
        done = gridmap.replan(plan, grow(territory, seed))
        moved += int(done.changes["households_in"].sum())
        untouched += int((done.changes["change"] == "U").sum())
        grids += len(plan.grids)
    assert moved <= 0.04 * 3 * 22_000
    assert untouched >= 0.85 * grids


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_locks_on_grids_and_units_are_absolute(seed: int) -> None:
    territory = random_territory(seed, rows=10, columns=10, communities=2, households=6_000)
    plan = gridmap.make_plan(territory, rules=RULES)
    rng = np.random.default_rng(seed)
    grids = rng.choice(plan.grids.index.to_numpy(object), len(plan.grids) // 3, replace=False)
    units = rng.choice(plan.assignment.index.to_numpy(object), 12, replace=False)
    done = gridmap.replan(plan, grow(territory, seed, share=0.2), locks=[*grids, *units])
    check_plan(done, plan)
    for name in grids:
        assert done.changes["change"].loc[name] == "U"
        assert (done.assignment == name).sum() == (plan.assignment == name).sum()
    assert (done.assignment.loc[units] == plan.assignment.loc[units]).all()
    outside = done.grids.loc[list(grids)]
    outside = outside[~outside["in_band"] & (outside["kind"] != "dedicated")]
    assert (outside["reason_code"] == "locked").all()


def test_a_lock_may_be_a_code_and_an_unknown_one_names_the_cure() -> None:
    plan = gridmap.make_plan(draw_territory("AAAABBBB", households=100), rules=RULES)
    done = gridmap.replan(plan, locks=["C1001"])
    assert set(done.changes["cause_code"]) == {"locked", ""}
    with pytest.raises(UnknownName) as refused:
        gridmap.replan(plan, locks=["C1009", "nonsense"])
    assert "C100" in refused.value.cure_en
    assert refused.value.zh


def test_a_grid_twice_too_large_is_split_and_the_larger_part_keeps_its_name() -> None:
    before = draw_territory("AAAABBBB", households=100)
    plan = gridmap.make_plan(before, rules=RULES)
    sizes = {"A": 100, "B": 160}
    done = gridmap.replan(plan, draw_territory("AAAABBBB", households=sizes))
    told = done.changes
    assert told["change"].tolist() == ["U", "S", "S"]
    assert told["status"].tolist() == ["kept", "kept", "new"]
    assert told["code"].tolist() == ["C1001", "C1002", "C1003"]
    old = plan.grids.index[1]
    assert told.index[1] == old
    assert told["from_ids"].iloc[2] == old
    assert set(told["to_ids"].iloc[1].split(";")) == {old, told.index[2]}
    assert told["cause_code"].tolist() == ["", "above", "above"]
    assert told["households_in"].iloc[2] == told["households_out"].iloc[1] == 320
    check_plan(done, plan)


def test_two_grids_too_small_are_merged_and_the_other_is_retired() -> None:
    plan = gridmap.make_plan(draw_territory("AAAABBBB", households=100), rules=RULES)
    done = gridmap.replan(plan, draw_territory("AAAABBBB", households={"A": 60, "B": 50}))
    told = done.changes
    assert told["change"].tolist() == ["M", "M"]
    assert told["status"].tolist() == ["kept", "retired"]
    assert told.index.tolist() == plan.grids.index.tolist()
    assert told["households_after"].tolist() == [440, 0]
    assert told["from_ids"].iloc[0].split(";") == plan.grids.index.tolist()
    assert "grids_retired" in {finding.code for finding in done.findings}
    check_plan(done, plan)


def test_grids_that_exchange_units_are_redrawn() -> None:
    plan = gridmap.make_plan(draw_territory("abcdefgh", households=100), rules=RULES)
    sizes = dict.fromkeys("abcdefgh", 100) | {"a": 150, "b": 150}
    done = gridmap.replan(plan, draw_territory("abcdefgh", households=sizes))
    assert done.changes["change"].tolist() == ["U", "U"]
    sizes |= {"c": 130}
    done = gridmap.replan(plan, draw_territory("abcdefgh", households=sizes))
    assert done.changes["change"].tolist() == ["X", "X"]
    assert done.changes["cause_code"].tolist() == ["above", "neighbour"]
    assert done.changes["households_in"].tolist() == [0, 100]


def test_a_retired_code_is_never_used_again() -> None:
    plan = gridmap.make_plan(draw_territory("AAAABBBB", households=100), rules=RULES)
    merged = gridmap.replan(plan, draw_territory("AAAABBBB", households={"A": 60, "B": 50}))
    split = gridmap.replan(merged, draw_territory("AAAABBBB", households=100))
    assert split.grids["code"].tolist() == ["C1001", "C1003"]
    assert split.changes["change"].tolist() == ["S", "S"]


def test_a_site_that_opens_is_carved_and_one_that_closes_dissolves() -> None:
    before = draw_territory("AAAA##BBBB", households=100)
    plan = gridmap.make_plan(before, rules=RULES)
    site = plan.grids.index[plan.grids["kind"] == "dedicated"][0]
    rules = dataclasses.replace(RULES, dedicated=())
    closed = gridmap.replan(plan, rules=rules)
    assert closed.changes["cause_code"].loc[site] == "site_closed"
    assert closed.changes["status"].loc[site] == "retired"
    assert not (closed.grids["kind"] == "dedicated").any()
    check_plan(closed, plan)
    opened = gridmap.replan(closed, rules=RULES)
    assert (opened.grids["kind"] == "dedicated").sum() == 1
    assert "site_opened" in set(opened.changes["cause_code"])
    check_plan(opened, closed)


def test_a_site_in_a_locked_grid_is_not_carved_and_that_is_said() -> None:
    rules = dataclasses.replace(RULES, dedicated=())
    plan = gridmap.make_plan(draw_territory("AA##AA", households=100), rules=rules)
    done = gridmap.replan(plan, rules=RULES, locks=[plan.grids.index[0]])
    assert len(done.grids) == 1
    assert done.changes["change"].tolist() == ["U"]
    assert "lock_conflict" in {finding.code for finding in done.findings}


def test_new_rules_on_the_same_data_redraw_what_they_must() -> None:
    territory = draw_territory("abcdefgh\n" * 4, households=40)
    plan = gridmap.make_plan(territory, rules=RULES)
    band = dataclasses.replace(RULES.bands[0], band=gridmap.Band(200, 300))
    small = dataclasses.replace(RULES, bands=(band,))
    done = gridmap.replan(plan, rules=small)
    assert done.grids["in_band"].all()
    assert done.rules == small
    check_plan(done, plan)


def test_a_river_through_a_grid_parts_it() -> None:
    plan = gridmap.make_plan(draw_territory("AAAABBBB", households=100), rules=RULES)
    lines = {("r00c01", "r00c02"): "river"}
    done = gridmap.replan(plan, draw_territory("AAAABBBB", households=100, lines=lines))
    assert done.changes["cause_code"].loc[plan.grids.index[0]] == "parted"
    assert done.assignment["r00c01"] != done.assignment["r00c02"]


def test_units_with_other_ids_are_found_by_their_land() -> None:
    territory = draw_territory("AAAABBBB", households=100)
    plan = gridmap.make_plan(territory, rules=RULES)
    frame = territory.units.frame
    names = {unit: f"new-{unit}" for unit in frame.index}
    renamed = frame.rename(index=names)
    members = territory.units.members.replace({"unit_id": names})
    borders = territory.borders.replace({"unit_a": names, "unit_b": names})
    units = dataclasses.replace(territory.units, frame=renamed, members=members)
    done = gridmap.replan(plan, Territory(units, borders))
    assert done.assignment.tolist() == plan.assignment.tolist()
    assert set(done.changes["change"]) == {"U"}
    assert "units_placed_by_land" in {finding.code for finding in done.findings}


def test_units_of_another_community_leave_their_grid_and_that_is_said() -> None:
    text = "aaaabbbb"
    plan = gridmap.make_plan(
        draw_territory(text, communities="XXXXYYYY", households=100), rules=RULES
    )
    done = gridmap.replan(plan, draw_territory(text, communities="XXXYYYYY", households=100))
    assert done.assignment["r00c03"] == done.assignment["r00c04"]
    assert "units_changed_community" in {finding.code for finding in done.findings}
    assert "community" in set(done.changes["cause_code"])
    assert (done.changes["change"] == "X").all()
    check_plan(done, plan)


def test_new_land_joins_a_grid_and_the_others_stay() -> None:
    plan = gridmap.make_plan(draw_territory("AAAABBBB", households=100), rules=RULES)
    done = gridmap.replan(plan, draw_territory("AAAABBBBc", households=100))
    told = done.changes
    assert told["change"].tolist() == ["U", "X"]
    assert told["cause_code"].tolist() == ["", "newcomers"]
    assert "units_without_old_grid" in {finding.code for finding in done.findings}


def test_changes_come_back_from_the_file_and_equal_plans_give_equal_bytes(
    tmp_path: Path,
) -> None:
    territory = random_territory(4, rows=10, columns=10, communities=2, households=7_000)
    plan = gridmap.make_plan(territory, rules=RULES)
    grown = grow(territory, 4, share=0.1)
    one = gridmap.replan(plan, grown)
    gridmap.write_plan(plan, tmp_path / "old.gpkg")
    two = gridmap.replan(gridmap.read_plan(tmp_path / "old.gpkg"), grown)
    for name, made in (("one", one), ("two", two)):
        gridmap.write_plan(made, tmp_path / f"{name}.gpkg")
    assert (tmp_path / "one.gpkg").read_bytes() == (tmp_path / "two.gpkg").read_bytes()
    back = gridmap.read_plan(tmp_path / "one.gpkg")
    assert_frame_equal(back.changes, one.changes)
    assert gridmap.read_plan(tmp_path / "old.gpkg").changes is None


def test_replanning_a_replanned_plan_on_the_same_data_gives_the_same_bytes(
    tmp_path: Path,
) -> None:
    territory = draw_territory("AAAABBBB", households=100)
    first = gridmap.replan(gridmap.make_plan(territory, rules=RULES), territory)
    gridmap.write_plan(first, tmp_path / "first.gpkg")
    second = gridmap.replan(gridmap.read_plan(tmp_path / "first.gpkg"), territory)
    gridmap.write_plan(second, tmp_path / "second.gpkg")
    assert (tmp_path / "first.gpkg").read_bytes() == (tmp_path / "second.gpkg").read_bytes()


def test_a_time_limit_of_nothing_is_refused() -> None:
    plan = gridmap.make_plan(draw_territory("AAAA", households=100), rules=RULES)
    with pytest.raises(InvalidOption):
        gridmap.replan(plan, time_limit_s=0)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_summary_counts_households_of_today_and_those_of_before(seed: int) -> None:
    toy = random_territory(seed, rows=6, columns=6, communities=1, households=3000)
    before = gridmap.make_plan(toy, rules=RULES, seed=seed)
    grown = grow(toy, seed, share=0.2, more=1.0)
    then, now = toy.units.frame["households"], grown.units.frame["households"]
    members = grown.units.members
    members = members.assign(households=now.reindex(members["unit_id"]).to_numpy(np.int64))
    grown = dataclasses.replace(grown, units=dataclasses.replace(grown.units, members=members))
    after = gridmap.replan(before, grown, seed=seed)
    (said,) = [f for f in after.findings if f.code == "replan_summary"]
    moved = after.assignment.index[after.assignment != before.assignment]
    assert f"; {now[moved].sum()} households as counted today" in said.en
    known = int(np.minimum(then, now)[moved].sum())
    assert f"{known} of them counted before" in said.en
    assert f"原方案已计入的有 {known} 户" in said.zh
    told = compare_plans(before, after)
    assert told.counts["new"] == int(now.sum() - then.sum())
    assert told.counts["moved"] <= known  # ids don't count there: the largest overlap of before
