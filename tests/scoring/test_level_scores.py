"""The judge below and above the grids: micro-grids, link units, communities."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from yards import RULES, plan_of, rows_of, sources_of

import gridmap
from gridmap.model import Plan
from gridmap.rules import Rules
from gridmap.scoring import LEVEL_MEASURES, MEASURES, find_measure
from gridmap.testing import draw_territory, random_territory

DOCS = Path(__file__).resolve().parent.parent.parent / "docs" / "scores.md"
FAULTS = ("parts", "astray", "untiled", "unheld", "misstated", "without_reason", "buildings_cut")


@pytest.fixture(scope="module")
def below() -> Plan:
    high = {"building_id": "B99", "x": 100, "y": 400, "households": 192, "floors": 32}
    return gridmap.subdivide_plan(
        plan_of(sources_of([*rows_of(households=36, floors=6, entrances=3), high]))
    )


def faults_of(plan: Plan, prefix: str) -> dict[str, float]:
    totals = gridmap.score_plan(plan).totals
    return {fault: totals[f"{prefix}_{fault}"] for fault in FAULTS}


def test_a_level_that_is_not_drawn_has_no_keys(below: Plan) -> None:
    assert not set(LEVEL_MEASURES) & set(
        gridmap.score_plan(replace(below, micro_grids=None, link_units=None)).totals
    )
    only = gridmap.score_plan(replace(below, link_units=None)).totals
    assert list(only)[: len(MEASURES)] == list(MEASURES)
    assert {key.startswith("micro_grids") for key in list(only)[len(MEASURES) :]} == {True}
    assert list(gridmap.score_plan(below).totals) == [*MEASURES, *LEVEL_MEASURES]


def test_every_key_of_a_level_is_documented() -> None:
    text = DOCS.read_text("utf-8").split("## Below the grids")[1].split("\n## ")[0]
    documented = re.findall(r"^\| `(\w*)` \|", text, flags=re.MULTILINE)
    assert documented == [
        key.removeprefix("micro_grids") or "micro_grids"
        for key in LEVEL_MEASURES
        if key.startswith("micro_grids")
    ]


def test_what_the_engine_draws_has_no_fault(below: Plan) -> None:
    totals = gridmap.score_plan(below).totals
    assert below.micro_grids is not None
    assert totals["micro_grids"] == totals["micro_grids_in_band"] == len(below.micro_grids)
    assert totals["micro_grids_attainable"] == totals["micro_grids"]
    assert totals["micro_grids_buildings_shared"] == 1  # the tower, by floors
    assert totals["micro_grids_largest"] == int(below.micro_grids["households"].max())
    for prefix in ("micro_grids", "link_units"):
        assert faults_of(below, prefix) == dict.fromkeys(FAULTS, 0)


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_no_more_are_in_band_than_are_attainable(seed: int) -> None:
    territory = random_territory(seed, rows=7, columns=7, households=2_000, exclaves=seed % 2)
    plan = gridmap.subdivide_plan(gridmap.make_plan(territory, rules=RULES))
    totals = gridmap.score_plan(plan).totals
    for prefix in ("micro_grids", "link_units"):
        inside, most = totals[f"{prefix}_in_band"], totals[f"{prefix}_attainable"]
        assert inside <= most <= totals[prefix]
        faults = faults_of(plan, prefix)
        assert not any(faults[name] for name in FAULTS if name != "parts"), faults


def test_the_mean_is_over_general_grids_with_households() -> None:
    plan = gridmap.make_plan(draw_territory("abcdefghij", households=70), rules=RULES)
    totals = gridmap.score_plan(gridmap.subdivide_plan(plan, levels=("micro_grid",))).totals
    assert totals["micro_grids_a_grid"] == pytest.approx(10 / totals["general"])


@pytest.mark.parametrize(
    ("entrances", "attainable"),
    [(3, 1), (2, 2)],
    ids=["of three of 14 one is alone", "two of 21 are in band"],
)
def test_what_entrances_allow_is_proved_without_the_plan(entrances: int, attainable: int) -> None:
    rows = [{"building_id": "B1", "x": 100, "y": 400, "households": 42, "entrances": entrances}]
    plan = gridmap.subdivide_plan(plan_of(sources_of(rows)), levels=("link_unit",))
    assert plan.link_units is not None
    silent = replace(plan, link_units=plan.link_units.assign(reason_code=""))
    totals = gridmap.score_plan(silent).totals
    assert (totals["link_units"], totals["link_units_in_band"]) == (2, attainable)
    assert totals["link_units_attainable"] == attainable


def test_a_tower_of_unknown_floors_is_unattainable(below: Plan) -> None:
    rows = [
        {"building_id": "B1", "x": 100, "y": 400, "households": 192},
        {"building_id": "B2", "x": 300, "y": 400, "households": 150},
    ]
    plan = gridmap.subdivide_plan(plan_of(sources_of(rows)), levels=("micro_grid",))
    totals = gridmap.score_plan(plan).totals
    assert (totals["micro_grids"], totals["micro_grids_attainable"]) == (2, 0)


def test_numbers_that_a_plan_states_of_its_zones_are_not_believed(below: Plan) -> None:
    assert below.micro_grids is not None
    vain = below.micro_grids.assign(households=80, in_band=True)
    totals = gridmap.score_plan(replace(below, micro_grids=vain)).totals
    assert totals["micro_grids_misstated"] == len(vain)
    assert totals["micro_grids_largest"] == int(below.micro_grids["households"].max())


def test_households_that_went_astray_are_counted(below: Plan) -> None:
    members = below.territory.units.members.copy()
    rows = members.index[members["households"] > 0]
    gone = int(members.loc[rows[0], "households"])
    members.loc[rows[0], ["micro_grid_id", "link_unit_id"]] = ""
    units = replace(below.territory.units, members=members)
    lost = replace(below, territory=replace(below.territory, units=units))
    totals = gridmap.score_plan(lost).totals
    assert totals["micro_grids_unheld"] == totals["link_units_unheld"] == gone
    assert totals["micro_grids_misstated"] >= 1


def test_land_that_overlaps_or_lies_elsewhere_is_found(below: Plan) -> None:
    assert below.micro_grids is not None
    zones = below.micro_grids
    shapes = zones.geometry.to_numpy().copy()
    shapes[0] = shapely.affinity.translate(shapes[0], 0.5, 0.0)
    moved = gpd.GeoDataFrame(pd.DataFrame(zones).assign(geometry=shapes), crs=zones.crs)
    faults = faults_of(replace(below, micro_grids=moved), "micro_grids")
    assert faults["astray"] == 1
    assert faults["untiled"] == 1
    flat = zones.assign(floors="")  # one over the other, and not by floors
    assert faults_of(replace(below, micro_grids=flat), "micro_grids")["untiled"] == 1


def test_a_link_unit_across_two_micro_grids_is_astray(below: Plan) -> None:
    members = below.territory.units.members.copy()
    lived_in = members[members["households"] > 0]
    first = lived_in.index[0]
    other = next(m for m in lived_in["micro_grid_id"] if m != lived_in["micro_grid_id"].iloc[0])
    members.loc[first, "micro_grid_id"] = other
    units = replace(below.territory.units, members=members)
    crossed = replace(below, territory=replace(below.territory, units=units))
    assert faults_of(crossed, "link_units")["astray"] == 1


def test_other_rules_judge_the_levels_otherwise(below: Plan) -> None:
    wide = replace(RULES, micro_grids=replace(RULES.micro_grids, lower=1, target=5, upper=10))
    totals = gridmap.score_plan(below, rules=wide).totals
    assert totals["micro_grids_in_band"] == 0


def test_communities_are_judged_by_persons_whatever_rules_are_named() -> None:
    toy = draw_territory("abcdef", households=600, communities="111223")
    plan = gridmap.make_plan(toy, rules=RULES, level="community")
    own = gridmap.score_plan(plan).totals
    assert gridmap.score_plan(plan, rules=Rules.preset("default")).totals == own
    assert (own["in_band"], own["general"]) == (1, 1)
    assert (own["households"], own["misstated"]) == (9432, 0)
    narrow = replace(RULES, communities=replace(RULES.communities, upper=9001, target=9000))
    assert gridmap.score_plan(plan, rules=narrow).totals["in_band"] == 0


@pytest.mark.parametrize("key", [*MEASURES])
def test_measures_of_communities_speak_of_communities_and_persons(key: str) -> None:
    measure = find_measure(key, level="community")
    assert "网格" not in measure.zh + measure.meaning_zh
    assert not re.search(r"\bgrids?\b|household", measure.en + measure.meaning_en)
