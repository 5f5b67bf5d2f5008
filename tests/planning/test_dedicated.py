"""Which sites become dedicated grids, and what the borders cost."""

import pytest

from gridmap.planning import make_plan
from gridmap.planning.costing import cost_borders
from gridmap.rules import Rules
from gridmap.testing import draw_territory

RULES = Rules.preset()


def plan_school(*, rules: Rules = RULES, owner: str = "教育局", people: int = 0) -> set[str]:
    """Plan a school of two squares beside 400 households; return the kinds of grids."""
    territory = draw_territory("AAAA\n..##", households={"A": 100, "#": people})
    territory.units.sites["owner"] = owner
    return set(make_plan(territory, rules=rules).grids["kind"])


def rules_with(old: str, new: str) -> Rules:
    return Rules.from_toml(RULES.to_toml().replace(old, new))


def test_a_large_school_with_one_owner_is_dedicated() -> None:
    assert plan_school() == {"general", "dedicated"}


@pytest.mark.parametrize("owner", ["", "  ", "教育局、建设局", "A;B"])
def test_a_site_needs_one_owner(owner: str) -> None:
    assert plan_school(owner=owner) == {"general"}


def test_a_site_needs_the_least_area() -> None:
    rules = rules_with("min_area_m2 = 5000", "min_area_m2 = 50000")
    assert plan_school(rules=rules) == {"general"}


def test_a_site_with_many_residents_stays_general() -> None:
    rules = rules_with("max_households = 299", "max_households = 20")
    assert plan_school(rules=rules, people=11) == {"general"}
    assert plan_school(rules=rules, people=10) == {"general", "dedicated"}


def test_a_category_without_a_rule_stays_general() -> None:
    rules = rules_with('category = "school"', 'category = "park"')
    assert plan_school(rules=rules) == {"general"}


def test_borders_on_known_lines_are_cheaper_to_cut_and_main_roads_dear_to_cross() -> None:
    pair = ("r00c00", "r00c01")
    cuts, crossings = [], []
    for line in (None, "local", "secondary", "arterial", "railway"):
        toy = draw_territory("ab", lines={} if line is None else {pair: line})
        costs = cost_borders(toy.borders)
        cuts.append(float(costs.cuts[0]))
        crossings.append(float(costs.crossings[0]))
    assert cuts == sorted(cuts, reverse=True)
    assert crossings[:3] == [0, 0, 0]
    assert 0 < crossings[3] < crossings[4]
    inside = cost_borders(draw_territory("AA").borders)
    assert float(inside.cuts[0]) > cuts[0]
