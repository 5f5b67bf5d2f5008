"""Plans by workload, with a cap on residents, and with like kept beside like."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import gridmap
from gridmap.errors import InvalidOption
from gridmap.model import REASONS, Territory
from gridmap.planning.costing import CROSSING_WORTH
from gridmap.planning.kernels.weighing import CROSSING
from gridmap.planning.problems import CUT_WORTH
from gridmap.rules import Rules
from gridmap.testing import draw_territory, random_territory

if TYPE_CHECKING:
    from pathlib import Path

HEAD = 'preset = "default"\n'
CAP = HEAD + 'most_residents = 1300\nmost_residents_source = "notice"\n'
POINTS = HEAD + 'weight = "workload"\n'


def with_columns(territory: Territory, **columns: Any) -> Territory:
    """Return the territory with further columns of its units, in the order of their ids."""
    units = territory.units
    frame = units.frame.assign(**columns)
    frame = frame[[*(name for name in frame if name != "geometry"), "geometry"]]
    return dataclasses.replace(territory, units=dataclasses.replace(units, frame=frame))


def town(seed: int = 0) -> Territory:
    toy = draw_territory("\n".join(["abcdefghij"] * 8), households=50)
    heads = np.random.default_rng(seed).choice([2, 3, 4], 80)
    return with_columns(toy, residents=50 * heads)


def test_a_cap_on_residents_is_kept_and_scored() -> None:
    land = town()
    free = gridmap.make_plan(land, rules=Rules.preset())
    plan = gridmap.make_plan(land, rules=Rules.from_toml(CAP))
    assert (free.grids["residents"] > 1300).any(), "the cap matters here"
    assert (plan.grids["residents"] <= 1300).all()
    assert plan.grids["in_band"].all()
    assert plan.grids["residents"].sum() == land.units.frame["residents"].sum()
    assert gridmap.score_plan(plan).totals["residents_over"] == 0
    judged = gridmap.score_plan(free, rules=Rules.from_toml(CAP)).totals
    assert judged["residents_over"] == (free.grids["residents"] > 1300).sum()
    assert judged["in_band"] < judged["general"]


def test_too_many_residents_are_said_with_the_reason_in_both_languages() -> None:
    toy = with_columns(draw_territory("abcd", households=80), residents=[400, 400, 400, 400])
    plan = gridmap.make_plan(toy, rules=Rules.from_toml(CAP))
    row = plan.grids.iloc[0]
    assert row["reason_code"] == "load_impossible"
    assert {"load_impossible", "load_not_reached"} <= set(REASONS)
    assert not row["in_band"]
    assert "人口" in row["reason"]
    assert "residents" in row["reason_en"]
    totals = gridmap.score_plan(plan).totals
    assert totals["without_reason"] == totals["misstated"] == 0


def test_grids_are_balanced_by_workload_and_still_tell_households(tmp_path: Path) -> None:
    toy = draw_territory("\n".join(["abcdefghij"] * 8), households=50)
    work = np.where(np.arange(80) % 10 < 5, 100, 50)
    land = with_columns(toy, workload=work)
    plan = gridmap.make_plan(land, rules=Rules.from_toml(POINTS))
    assert plan.grids["workload"].between(300, 500).all()
    assert plan.grids["in_band"].all()
    assert plan.grids["households"].min() < 300
    totals = gridmap.score_plan(plan).totals
    assert totals["in_band"] == totals["general"] == totals["attainable"]
    assert totals["misstated"] == 0
    gridmap.write_plan(plan, tmp_path / "plan.gpkg")
    again = gridmap.read_plan(tmp_path / "plan.gpkg")
    assert again.grids["workload"].to_list() == plan.grids["workload"].to_list()
    assert again.rules == plan.rules
    assert gridmap.score_plan(again).totals == totals


def test_workload_is_computed_only_by_the_rules_own_figures_and_said() -> None:
    toy = draw_territory("\n".join(["abcdefghij"] * 8), households=50)
    formula = POINTS + '[workload]\nhousehold = 2\nsource = "notice"\n'
    plan = gridmap.make_plan(toy, rules=Rules.from_toml(formula))
    assert (plan.grids["workload"] == 2 * plan.grids["households"]).all()
    (said,) = [f for f in plan.findings if f.code == "workload_computed"]
    assert "2 x household" in said.en


@pytest.mark.parametrize(
    "text", [CAP, POINTS, POINTS + '[workload]\nresident = 1.0\nsource = "notice"\n']
)
def test_rules_without_their_data_are_refused_in_both_languages(text: str) -> None:
    toy = draw_territory("abcd", households=100)
    with pytest.raises(InvalidOption) as refused:
        gridmap.make_plan(toy, rules=Rules.from_toml(text))
    assert refused.value.cure_zh
    assert "column" in refused.value.en


WRONG = [
    'weight = "people"\n',
    "most_residents = 2500\n",
    'most_residents = -1\nmost_residents_source = "x"\n',
    "[workload]\nhousehold = 1\n",
    '[workload]\nhouse = 1\nsource = "x"\n',
    '[workload]\nhousehold = 5000\nsource = "x"\n',
    '[similarity]\nage_class = 11\nsource = "x"\n',
    "similarity = 3\n",
]


@pytest.mark.parametrize("text", WRONG)
def test_wrong_weights_are_wrong_options_with_a_cure(text: str) -> None:
    with pytest.raises(InvalidOption) as refused:
        Rules.from_toml(HEAD + text)
    assert refused.value.cure_en
    assert refused.value.cure_zh


def test_every_term_comes_back_from_its_own_text() -> None:
    text = (
        CAP + 'weight = "workload"\n[workload]\nhousehold = 1.5\nsquare_km = 20\nsource = "a"\n'
        '[similarity]\nage_class = 2\nvillage = 1\ncurrent = 3\nsource = "b"\n'
    )
    rules = Rules.from_toml(text)
    assert Rules.from_toml(rules.to_toml()) == rules
    assert (rules.similarity.current, rules.workload.square_km) == (3, 20)


LIKE = Rules.from_toml(HEAD + '[similarity]\nage_class = 4\ncurrent = 4\nsource = "test"\n')


def test_compounds_of_one_class_end_up_together_where_all_else_is_equal() -> None:
    toy = draw_territory("ABCD\nEFGH", households=100)
    ids = toy.units.frame.index
    classes = ["old" if name[4:] in ("00", "01") else "new" for name in ids]
    flat = {"".join(name) for name in ids}
    assert len(flat) == 8
    for mirrored in (False, True):
        marks = [("new" if c == "old" else "old") if mirrored else c for c in classes]
        plan = gridmap.make_plan(with_columns(toy, age_class=marks), rules=LIKE)
        assert gridmap.score_plan(plan).totals["similar"] == 1.0
    rows = ["old" if name.startswith("r00") else "new" for name in ids]
    plan = gridmap.make_plan(with_columns(toy, age_class=rows), rules=LIKE)
    assert gridmap.score_plan(plan).totals["similar"] == 1.0


@pytest.mark.parametrize("way", ["rows", "columns"])
def test_todays_neighbours_stay_together_where_all_else_is_equal(way: str) -> None:
    toy = draw_territory("abcd\nefgh", households=100)
    ids = toy.units.frame.index
    today = [name[:3] if way == "rows" else ("L" if name[4:] < "02" else "R") for name in ids]
    plan = gridmap.make_plan(with_columns(toy, current_grid=today), rules=LIKE)
    assert gridmap.score_plan(plan).totals["kept_together"] == 1.0


def test_the_judge_counts_likeness_and_acquaintance() -> None:
    toy = draw_territory("ABCD", households=100)
    land = with_columns(
        toy, age_class=["old", "old", "old", "new"], current_grid=["X", "X", "Y", ""]
    )
    totals = gridmap.score_plan(gridmap.make_plan(land, rules=Rules.preset())).totals
    assert totals["similar"] == 0.75
    assert totals["kept_together"] == 1.0
    bare = gridmap.score_plan(gridmap.make_plan(toy, rules=Rules.preset())).totals
    assert bare["similar"] == 1.0


@pytest.mark.parametrize("seed", range(12))
def test_likeness_never_costs_a_grid_its_band(seed: int) -> None:
    land = random_territory(seed)
    rng = np.random.default_rng(seed)
    size = len(land.units.frame)
    marks = rng.choice(["old", "new", "mature"], size)
    today = rng.choice(["X", "Y", "Z", ""], size)
    land = with_columns(land, age_class=marks, current_grid=today)
    scores = [
        gridmap.score_plan(gridmap.make_plan(land, rules=rules)).totals
        for rules in (Rules.preset(), LIKE)
    ]
    assert [s["general"] - s["in_band"] for s in scores][1] <= scores[0]["general"] - scores[0][
        "in_band"
    ]


def test_similarity_weighs_on_the_level_of_cut_edges() -> None:
    assert CROSSING_WORTH * CUT_WORTH == CROSSING
