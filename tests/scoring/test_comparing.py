"""Before and after: what is counted, what is conserved, and what became of each zone."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_plans import draw_plan

import gridmap
from gridmap.errors import InvalidOption, RefusedInput
from gridmap.rules import Band, Rules
from gridmap.scoring import (
    Comparison,
    compare_divisions,
    compare_plans,
    list_comparison,
    tell_comparison,
)
from gridmap.testing import random_territory

SIZE, SQUARE_M = 6, 100.0


def draw_layer(labels: np.ndarray, *, population: dict[str, int] | None = None) -> gpd.GeoDataFrame:
    """Return divisions of squares of 100 m, one label a square."""
    cells = [
        (
            str(label),
            shapely.box(c * SQUARE_M, r * SQUARE_M, (c + 1) * SQUARE_M, (r + 1) * SQUARE_M),
        )
        for (r, c), label in np.ndenumerate(labels)
    ]
    names, boxes = zip(*cells, strict=True)
    frame = gpd.GeoDataFrame({"division_id": names}, geometry=list(boxes), crs=4547)
    layer = frame.dissolve("division_id").reset_index().assign(name="社区")
    if population is not None:
        layer["population"] = [population.get(i, 0) for i in layer["division_id"]]
    return layer


def scatter(seed: int, number: int = 60) -> gpd.GeoDataFrame:
    chance = np.random.default_rng(seed)
    places = shapely.points(chance.uniform(0, SIZE * SQUARE_M, (number, 2)))
    return gpd.GeoDataFrame(
        {"households": chance.integers(0, 40, number)}, geometry=places, crs=4547
    )


labelings = st.lists(st.sampled_from("abcde"), min_size=SIZE * SIZE, max_size=SIZE * SIZE).map(
    lambda letters: np.array(letters).reshape(SIZE, SIZE)
)


def codes(told: Comparison, side: str) -> dict[str, str]:
    rows = told.changes[told.changes["side"] == side]
    return dict(zip(rows["id"], rows["change"], strict=True))


def check_sums(told: Comparison) -> None:
    """The matrix adds up to every zone of both sides, in households and in land."""
    for side in ("before", "after"):
        zones = told.changes[told.changes["side"] == side].set_index("id")
        sums = told.matrix.groupby(f"{side}_id")[["households", "area_m2"]].sum()
        sums = sums.drop("", errors="ignore").reindex(zones.index, fill_value=0)
        assert sums["households"].tolist() == zones["households"].tolist()
        assert sums["area_m2"].to_numpy() == pytest.approx(zones["area_m2"].to_numpy(), rel=1e-6)


def test_a_plan_beside_itself_is_unchanged() -> None:
    plan = draw_plan("AAB\nABB")
    told = compare_plans(plan, plan)
    assert set(told.changes["change"]) == {"U"}
    assert told.counts["moved"] == told.counts["new"] == told.counts["gone"] == 0
    assert not told.findings
    check_sums(told)


@settings(max_examples=25, deadline=None)
@given(labelings, labelings, st.integers(0, 99))
def test_homes_are_conserved_and_before_and_after_change_places(
    one: np.ndarray, two: np.ndarray, seed: int
) -> None:
    homes = scatter(seed)
    there = compare_divisions(draw_layer(one), draw_layer(two), homes=homes)
    back = compare_divisions(draw_layer(two), draw_layer(one), homes=homes)
    check_sums(there)
    assert there.measures["total"].before == int(homes["households"].sum())
    assert there.counts["moved"] == back.counts["moved"]
    swap = {"U": "U", "S": "M", "M": "S", "X": "X"}
    assert {k: swap[v] for k, v in codes(there, "before").items()} == codes(back, "after")
    assert {k: swap[v] for k, v in codes(there, "after").items()} == codes(back, "before")
    same = compare_divisions(draw_layer(one), draw_layer(one), homes=homes)
    assert set(same.changes["change"]) == {"U"}
    assert same.counts["moved"] == 0


@settings(max_examples=25, deadline=None)
@given(labelings, labelings, st.lists(st.integers(0, 5000), min_size=10, max_size=10))
def test_counts_of_areas_are_conserved(
    one: np.ndarray, two: np.ndarray, numbers: list[int]
) -> None:
    before = draw_layer(one, population=dict(zip("abcde", numbers[:5], strict=True)))
    after = draw_layer(two, population=dict(zip("abcde", numbers[5:], strict=True)))
    told = compare_divisions(before, after)
    check_sums(told)
    assert told.measures["total"].before == before["population"].sum()
    assert told.measures["total"].after == after["population"].sum()
    one_sided = compare_divisions(before, after.drop(columns="population"))
    check_sums(one_sided)
    assert one_sided.measures["total"].after == before["population"].sum()


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6))
def test_households_of_random_plans_are_conserved(seed: int) -> None:
    territory = random_territory(seed, rows=6, columns=6, households=3000)
    rules = Rules.preset()
    plans = [gridmap.make_plan(territory, rules=rules, seed=s) for s in (1, 2)]
    told = compare_plans(*plans)
    check_sums(told)
    assert told.counts["new"] == told.counts["gone"] == told.counts["estimated"] == 0


def test_a_split_a_merger_and_a_redrawing_are_recognised() -> None:
    before = np.array([list("aaaabbccddee"), list("aaaabbccddee")])
    after = np.array([list("aaxxmmmmdeee"), list("aaxxmmmmdeee")])
    told = compare_divisions(draw_layer(before), draw_layer(after))
    assert codes(told, "before") == {"a": "S", "b": "M", "c": "M", "d": "X", "e": "X"}
    assert codes(told, "after") == {"a": "S", "x": "S", "m": "M", "d": "X", "e": "X"}
    assert told.counts["new_zones"] == 1
    assert told.counts["gone_zones"] == 1
    assert told.counted == ""
    assert told.measures["outside"].before is None


def test_new_names_for_the_same_land_are_no_change() -> None:
    labels = np.array([list("aabb")])
    told = compare_divisions(draw_layer(labels), draw_layer(np.array([list("ccdd")])))
    assert set(told.changes["change"]) == {"U"}
    assert told.changes["same_id"].tolist() == ["c", "d", "a", "b"]


def test_a_line_drawn_a_hand_aside_is_no_change_and_is_said() -> None:
    before = draw_layer(np.array([list("aabb")]))
    moved = [shapely.box(0, 0, 200.4, 100), shapely.box(200.4, 0, 400, 100)]
    told = compare_divisions(before, before.set_geometry(moved, crs=4547))
    assert set(told.changes["change"]) == {"U"}
    assert [finding.code for finding in told.findings] == ["compare_slivers"]


def test_a_replanned_plan_moves_what_the_replan_says() -> None:
    territory = random_territory(3, rows=8, columns=8, households=6000)
    before = gridmap.make_plan(territory, rules=Rules.preset())
    after = gridmap.replan(before, rules=Rules.preset("zhejiang"))
    told = compare_plans(before, after)
    assert after.changes is not None
    assert told.counts["moved"] == int(after.changes["households_in"].sum())
    said = after.changes.loc[after.changes["status"] != "retired", "change"]
    assert codes(told, "after") == said.to_dict()


def test_buildings_are_followed_where_the_units_are_others() -> None:
    before, after = draw_plan("AAB\nABB"), draw_plan("AAB\nAAB")
    renamed = {unit: f"v{unit}" for unit in after.assignment.index}
    units = after.territory.units
    frame = units.frame.rename(index=renamed)
    frame.index.name = "unit_id"
    members = units.members.assign(unit_id=units.members["unit_id"].map(renamed))
    territory = gridmap.Territory(
        gridmap.Units(**{**units.__dict__, "frame": frame, "members": members}),
        after.territory.borders.assign(
            unit_a=after.territory.borders["unit_a"].map(renamed),
            unit_b=after.territory.borders["unit_b"].map(renamed),
        ),
    )
    other = gridmap.Plan(
        **{
            **after.__dict__,
            "territory": territory,
            "assignment": after.assignment.rename(index=renamed),
        }
    )
    told = compare_plans(before, other)
    check_sums(told)
    assert told.counts["moved"] == 100
    assert told.counts["estimated"] == 0
    bare = units.members.iloc[:0]
    blind = gridmap.Territory(
        gridmap.Units(**{**territory.units.__dict__, "members": bare}), territory.borders
    )
    guess = compare_plans(before, gridmap.Plan(**{**other.__dict__, "territory": blind}))
    check_sums(guess)
    assert guess.counts["moved"] == 100
    assert guess.counts["estimated"] == 600
    assert [finding.code for finding in guess.findings] == ["compare_shared_by_area"]


def test_the_paragraph_is_that_of_a_report() -> None:
    before = draw_layer(np.array([list("aabb")]), population={"a": 7000, "b": 2000})
    after = draw_layer(np.array([list("aaaa")]), population={"a": 9000})
    told = compare_divisions(before, after, band=Band(3000, 20000))
    assert tell_comparison(told) == (
        "区划由2个调整为1个，平均人口由4,500人增至9,000人，最多的由7,000人增至9,000人，"
        "最少的由2,000人增至9,000人；不在规定区间内的由1个减至0个，总人口保持9,000人，"
        "约2,000人划入其他区划（占22.2%）；面积保持0.040平方公里。"
        "原2个区划中，合并2个；沿用1个，新设0个，撤销1个。"
    )
    assert tell_comparison(told, language="en") == (
        "The number of divisions fell from 2 to 1. The mean rose from 4,500 to 9,000 persons; "
        "the largest rose from 7,000 to 9,000 persons; the smallest rose from 2,000 to 9,000 "
        "persons. The number outside the band fell from 1 to 0. The total stayed at 9,000 "
        "persons. About 2,000 persons (22.2%) are in another division than before. The area "
        "stayed at 0.040 km2. Of the 2 divisions before, 2 were merged; 1 keeps an identity, 0 "
        "are new and 1 is gone."
    )
    assert list_comparison(told)["outside"] == {"before": 1, "after": 0, "difference": -1}


def test_the_refinement_is_the_matrix_with_land() -> None:
    told = compare_plans(draw_plan("AAB\nABB"), draw_plan("AAB\nAAB"))
    land = told.refinement
    columns = ["before_id", "after_id", "households", "moved"]
    pd.testing.assert_frame_equal(pd.DataFrame(land[columns]), told.matrix[columns])
    assert land.crs.to_epsg() == 4490
    assert land["moved"].tolist() == [False, True, False]


def test_plans_of_other_land_or_level_are_refused() -> None:
    plan = draw_plan("AAB\nABB")
    community = gridmap.Plan(**{**plan.__dict__, "about": {"level": "community"}})
    with pytest.raises(RefusedInput, match="社区"):
        compare_plans(plan, community)
    datum = gridmap.Plan(**{**plan.__dict__, "about": {"datum": "EPSG:4610"}})
    with pytest.raises(RefusedInput, match="EPSG:4610"):
        compare_plans(plan, datum)
    layer = draw_layer(np.array([list("ab")]))
    away = layer.set_geometry(layer.geometry.translate(10_000, 0))
    with pytest.raises(RefusedInput, match="共同"):
        compare_divisions(layer, away)
    told = compare_divisions(layer, layer.iloc[:1])
    assert [finding.code for finding in told.findings] == ["compare_land_differs"]
    assert codes(told, "before") == {"a": "U", "b": "X"}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda layer: layer.to_crs(4326),
        lambda layer: layer.set_crs(None, allow_override=True),
        lambda layer: layer.assign(division_id="a"),
        lambda layer: layer.assign(division_id=[None, "b"]),
        lambda layer: layer.assign(population=[-1, 2]),
        lambda layer: layer.assign(population=["many", "2"]),
    ],
)
def test_layers_that_cannot_be_counted_are_refused_in_both_languages(spoil: object) -> None:
    layer = draw_layer(np.array([list("ab")]))
    with pytest.raises(InvalidOption) as problem:
        compare_divisions(layer, spoil(layer))  # type: ignore[operator]
    assert problem.value.zh
    assert problem.value.cure_zh


def test_broken_and_overlapping_outlines_are_said() -> None:
    layer = draw_layer(np.array([list("ab")]))
    bow = shapely.Polygon([(100, 0), (200, 100), (200, 0), (100, 100)])
    wide = layer.set_geometry([shapely.box(0, 0, 120, 100), bow], crs=4547)
    told = compare_divisions(layer, wide, homes=scatter(1))
    said = {finding.code for finding in told.findings}
    assert {"compare_outlines_repaired", "compare_overlaps", "compare_homes_outside"} <= said
