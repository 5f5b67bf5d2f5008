"""Plans of toy territories: every promise that a planner relies on, checked by other means."""

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.errors import InvalidOption
from gridmap.model import GRID_KINDS, REASONS, Plan
from gridmap.planning import make_plan
from gridmap.planning.framing import COLUMNS
from gridmap.rules import Rules
from gridmap.testing import draw_territory, random_territory

RULES = Rules.preset()


def check_plan(plan: Plan) -> None:
    """Check what holds for every plan."""
    grids, assignment = plan.grids, plan.assignment
    frame = plan.territory.units.frame
    assert list(grids.columns) == [*COLUMNS, "geometry"]
    assert assignment.index.tolist() == frame.index.tolist()
    assert set(assignment) == set(grids.index)
    assert grids.index.is_unique
    assert grids["code"].is_monotonic_increasing
    assert grids["code"].is_unique
    assert grids["name"].is_unique
    assert grids["kind"].isin(GRID_KINDS).all()
    sums = frame["households"].groupby(assignment).sum()
    assert (sums.reindex(grids.index) == grids["households"]).all()
    inside = grids["households"].between(grids["lower"], grids["upper"])
    assert (inside == grids["in_band"]).all()
    outside = grids[~grids["in_band"]]
    assert outside["reason_code"].isin(REASONS).all()
    assert (outside[["reason", "reason_en"]] != "").all(axis=None)
    assert (grids.loc[grids["in_band"], "reason_code"] == "").all()
    check_pieces(plan)
    check_tiling(plan)


def check_pieces(plan: Plan) -> None:
    """Check that every grid is one piece of one community, in the graph and on the ground."""
    graph = plan.territory.to_networkx()
    frame = plan.territory.units.frame
    for grid_id, units in plan.assignment.groupby(plan.assignment).groups.items():
        assert nx.is_connected(graph.subgraph(units))
        assert set(frame.loc[units, "community_id"]) == {plan.grids["community_id"].loc[grid_id]}
    assert (plan.grids.geometry.geom_type == "Polygon").all()


def check_tiling(plan: Plan) -> None:
    grids = plan.grids
    assert shapely.coverage_is_valid(grids.geometry.to_numpy())
    for community, row in plan.territory.units.communities.iterrows():
        own = grids[grids["community_id"] == community]
        assert own["area_m2"].sum() == pytest.approx(row["area_m2"], rel=1e-9)
        union = shapely.union_all(own.geometry.to_numpy())
        assert union.symmetric_difference(row.geometry).area <= 1e-9 * row.geometry.area


def codes(plan: Plan) -> set[str]:
    return {finding.code for finding in plan.findings}


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10_000), st.integers(3, 13), st.integers(1, 4), st.integers(0, 3),
    st.integers(0, 7000),
)  # fmt: skip
def test_random_territories_keep_every_promise(
    seed: int, rows: int, communities: int, exclaves: int, households: int
) -> None:
    territory = random_territory(
        seed, rows=rows, columns=12, communities=communities, households=households,
        exclaves=exclaves,
    )  # fmt: skip
    check_plan(make_plan(territory, rules=RULES, seed=seed))


@pytest.mark.parametrize("seed", range(1, 11))
def test_random_territories_are_in_band_wherever_that_is_possible(seed: int) -> None:
    territory = random_territory(seed, rows=14, columns=14, communities=2, households=12_000)
    plan = make_plan(territory, rules=RULES, seed=seed)
    assert "not_reached" not in set(plan.grids["reason_code"])


def test_equal_seeds_give_equal_plans_whatever_the_number_of_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    territory = random_territory(5, rows=12, columns=14, communities=4, households=12_000)
    plans = []
    for cores in (1, 2, 7):
        monkeypatch.setattr("os.cpu_count", lambda cores=cores: cores)
        plans.append(make_plan(territory, rules=RULES, seed=3))
    for plan in plans[1:]:
        pd.testing.assert_frame_equal(plans[0].grids, plan.grids)
        pd.testing.assert_series_equal(plans[0].assignment, plan.assignment)
        assert plans[0].findings == plan.findings
        assert dict(plans[0].about) == dict(plan.about)


def test_grids_are_numbered_west_to_east_then_north_to_south() -> None:
    plan = make_plan(draw_territory("ABCD\nABCD", households=150), rules=RULES)
    metric = plan.grids.geometry.to_crs(plan.territory.units.metric_crs)
    centre = metric.centroid
    keys = [(round(x), -round(y)) for x, y in zip(centre.x, centre.y, strict=True)]
    assert keys == sorted(keys)
    assert plan.grids["code"].tolist() == ["C1001", "C1002", "C1003", "C1004"]
    assert plan.grids["name"].tolist() == [f"C1社区第{k}网格" for k in (1, 2, 3, 4)]


def test_a_large_school_becomes_a_dedicated_grid_of_its_name() -> None:
    territory = draw_territory("AA##\nBB##", households=100)
    plan = make_plan(territory, rules=RULES)
    dedicated = plan.grids[plan.grids["kind"] == "dedicated"]
    assert dedicated["category"].tolist() == ["school"]
    assert dedicated["in_band"].all()
    site = dedicated["site_id"].iloc[0]
    assert dedicated["name"].tolist() == [territory.units.sites["name"].loc[site]]
    check_plan(plan)


def test_a_school_that_would_strand_households_stays_in_the_general_grids() -> None:
    rules = Rules.from_toml(RULES.to_toml().replace("min_area_m2 = 5000", "min_area_m2 = 1"))
    plan = make_plan(draw_territory("AAA#B", households=100), rules=rules)
    assert plan.grids["kind"].tolist() == ["general"]
    assert "site_strands_land" in codes(plan)
    check_plan(plan)


def test_open_land_behind_a_school_joins_what_it_touches() -> None:
    plan = make_plan(draw_territory("AAAA#.", households=100), rules=RULES)
    assert sorted(plan.grids["kind"]) == ["dedicated", "general"]
    assert plan.assignment["r00c05"] == plan.assignment["r00c04"]
    assert "open_land_attached" in codes(plan)
    check_plan(plan)


def test_open_land_behind_a_river_joins_the_grid_on_the_other_bank() -> None:
    territory = draw_territory("AAAA.", lines={("r00c03", "r00c04"): "river"}, households=100)
    plan = make_plan(territory, rules=RULES)
    assert len(plan.grids) == 1
    check_plan(plan)


def test_detached_land_becomes_an_exclave_grid_with_owner_and_host() -> None:
    text = "AAAABBBBC"
    land = "XXXXYYYYX"
    plan = make_plan(draw_territory(text, communities=land, households=100), rules=RULES)
    exclave = plan.grids[plan.grids["kind"] == "exclave"].iloc[0]
    assert (exclave["community_id"], exclave["host_id"]) == ("X", "Y")
    assert exclave["reason_code"] == "too_few_households"
    assert exclave["name"].endswith("（飞地）")
    assert "exclave_inferred" in codes(plan)
    check_plan(plan)


def test_detached_land_of_several_grids_is_divided_by_the_band() -> None:
    text = "AAAAAAAAABBBBCCCCCCCC"
    land = "XXXXXXXXXYYYYXXXXXXXX"
    plan = make_plan(draw_territory(text, communities=land, households=100), rules=RULES)
    exclaves = plan.grids[plan.grids["kind"] == "exclave"]
    assert exclaves["households"].tolist() == [400, 400]
    check_plan(plan)


def test_a_river_without_a_bridge_is_never_inside_a_grid() -> None:
    lines = {("r00c03", "r00c04"): "river"}
    plan = make_plan(draw_territory("AAAABBBB", lines=lines, households=100), rules=RULES)
    assert plan.grids["households"].tolist() == [400, 400]
    assert plan.assignment["r00c03"] != plan.assignment["r00c04"]


def test_a_main_road_is_a_border_where_the_band_allows_it() -> None:
    lines = {(f"r{r:02d}c02", f"r{r:02d}c03"): "arterial" for r in range(4)}
    plan = make_plan(draw_territory("abcdef\n" * 4, lines=lines, households=35), rules=RULES)
    for row in range(4):
        assert plan.assignment[f"r{row:02d}c02"] != plan.assignment[f"r{row:02d}c03"]


def test_compounds_stay_whole_where_the_band_allows_it() -> None:
    plan = make_plan(draw_territory("AAABBB\n" * 4 + "CCCDDD\n" * 4, households=35), rules=RULES)
    assert len(plan.grids) == 4
    compound = plan.territory.units.frame["compound_id"]
    assert plan.assignment.groupby(compound).nunique().eq(1).all()


def test_a_building_above_the_ceiling_is_a_grid_by_itself_with_its_reason() -> None:
    plan = make_plan(
        draw_territory("aaaaB", households={"a": 100, "B": 700}), rules=RULES
    )  # fmt: skip
    large = plan.grids[plan.grids["households"] == 700].iloc[0]
    assert large["reason_code"] == "building_too_large"
    assert "700" in large["reason"]
    assert "unit_too_large" not in codes(plan)  # make_units has said it: unit_above_upper
    check_plan(plan)


def test_units_that_do_not_fit_are_said_to_be_proved() -> None:
    plan = make_plan(draw_territory("abc", households={"a": 294, "b": 367, "c": 400}), rules=RULES)
    reasons = plan.grids.loc[~plan.grids["in_band"], "reason_code"]
    assert set(reasons) == {"units_do_not_fit"}
    check_plan(plan)


def test_an_impossible_total_is_said_before_the_search_with_the_nearest_totals() -> None:
    plan = make_plan(draw_territory("abcde", households=110), rules=RULES)
    (finding,) = [f for f in plan.findings if f.code == "piece_impossible"]
    assert "550" in finding.zh
    assert "500" in finding.zh
    assert "600" in finding.zh


def test_compounds_that_fit_in_no_grid_are_paired_and_named_with_sizes_and_cure() -> None:
    territory = draw_territory("ABCD\nEFGH\nIJKL", households=275)
    plan = make_plan(territory, rules=RULES)
    assert plan.grids["households"].tolist() == [550] * 6
    assert set(plan.grids["reason_code"]) == {"units_do_not_fit"}
    (finding,) = [f for f in plan.findings if f.code == "units_do_not_fit"]
    assert finding.severity == "warning"
    assert finding.where == tuple(plan.grids["code"])
    for text in (finding.en, finding.zh):
        for told in ("C1", "C1001", "550×6", "275×12", "300-500"):
            assert told in text
    assert "compound" in finding.cure_en
    assert "小区" in finding.cure_zh
    check_plan(plan)


def test_findings_of_one_kind_are_one_finding_that_names_every_place() -> None:
    names = "PQRSTUVW"
    text = "\n".join("abc" for _ in names)
    land = "\n".join(name * 3 for name in names)
    sizes = np.array([[40 + row] * 3 for row in range(6)] + [[180] * 3] * 2)
    plan = make_plan(draw_territory(text, communities=land, households=sizes), rules=RULES)
    (small,) = [f for f in plan.findings if f.code == "piece_too_small"]
    assert small.where == ("P", "Q", "R", "S", "T", "U")
    assert small.count == 6
    assert "120" in small.zh
    assert "另有 1 个" in small.zh
    assert "and 1 more" in small.en
    (impossible,) = [f for f in plan.findings if f.code == "piece_impossible"]
    assert impossible.where == ("V", "W")


def test_a_community_without_households_is_one_grid_with_a_reason() -> None:
    plan = make_plan(draw_territory("...\n..."), rules=RULES)
    assert plan.grids["reason_code"].tolist() == ["too_few_households"]
    check_plan(plan)


def test_dadukou_draws_mature_compounds_larger_where_arithmetic_allows() -> None:
    rules = Rules.preset("dadukou")
    text = "abcdefghij\n" * 3
    for age_class, lower, upper in (("mature", 450, 500), ("new", 300, 450)):
        territory = draw_territory(text.upper(), households=48, age_class=age_class)
        plan = make_plan(territory, rules=rules)
        assert plan.grids["lower"].eq(lower).all()
        assert plan.grids["upper"].eq(upper).all()
        assert plan.grids["in_band"].all()


def test_a_soft_band_that_is_impossible_falls_back_and_says_so() -> None:
    rules = Rules.preset("dadukou")
    plan = make_plan(draw_territory("ABCDEFG", households=100, age_class="mature"), rules=rules)
    assert plan.grids["in_band"].all()
    assert plan.grids["lower"].tolist() == [300, 300]
    assert "wish_unmet" in codes(plan)


def test_large_communities_of_zhejiang_have_smaller_grids() -> None:
    territory = draw_territory("abcdefghij\n" * 8, households=40)
    plan = make_plan(territory, rules=Rules.preset("zhejiang"))
    assert plan.grids["upper"].eq(300).all()
    assert plan.grids["in_band"].all()


def test_about_tells_seed_rules_and_households_and_no_path() -> None:
    plan = make_plan(draw_territory("AAAA", households=100), rules=RULES, seed=11)
    about = dict(plan.about)
    assert about["seed"] == "11"
    assert Rules.from_toml(about["rules"]) == RULES
    assert about["planned_households"] == "400"
    assert not any("/" in value and "home" in value for value in about.values())


def test_progress_ends_at_all_units() -> None:
    seen = []
    territory = random_territory(2, rows=8, columns=8, households=4000)
    make_plan(territory, rules=RULES, progress=lambda *step: seen.append(step))
    assert seen[0] == ("plan", 0, 64)
    assert seen[-1] == ("plan", 64, 64)


def test_a_time_limit_of_nothing_is_refused() -> None:
    with pytest.raises(InvalidOption):
        make_plan(draw_territory("A"), rules=RULES, time_limit_s=0)


def test_grids_are_a_geodataframe_in_the_crs_of_the_units() -> None:
    plan = make_plan(draw_territory("AAAA", households=100), rules=RULES)
    assert isinstance(plan.grids, gpd.GeoDataFrame)
    assert plan.grids.crs == plan.territory.units.crs
    assert plan.grids["households"].dtype == np.int64
