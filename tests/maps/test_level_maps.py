"""Maps of micro-grids, link units and communities: their zones, in their own words."""

from __future__ import annotations

import pytest
from yards import RULES, plan_of, rows_of, sources_of

from gridmap.errors import InvalidOption
from gridmap.maps import make_map, show_level
from gridmap.maps.content import Imprint, describe_plan
from gridmap.planning import make_plan, subdivide_plan
from gridmap.testing import draw_territory


def test_floors_over_one_another_are_one_area_of_the_map() -> None:
    high = {"building_id": "B99", "x": 100, "y": 400, "households": 192, "floors": 32}
    plan = plan_of(sources_of([*rows_of(households=36)[:4], high]))
    below = subdivide_plan(plan, levels=("micro_grid",))
    shown = show_level(below, "micro_grid")
    assert below.micro_grids is not None
    assert len(shown.grids) == len(below.micro_grids) - 2
    assert int(shown.grids["households"].sum()) == 4 * 36 + 192
    words = describe_plan(shown, Imprint(), "zh")["words"]
    assert words["zh"]["total_grids"] == "微网格总数"
    assert words["en"]["total_grids"] == "micro-grids"
    assert "微网格" in make_map(shown).get_root().render()


def test_a_map_of_communities_counts_persons() -> None:
    toy = draw_territory("abcdef", households=600, communities="111223")
    plan = make_plan(toy, rules=RULES, level="community")
    words = describe_plan(plan, Imprint(), "zh")["words"]
    assert words["zh"]["total_households"] == "总人数"
    assert words["zh"]["community"] == "所属街道"
    assert words["en"]["total_grids"] == "communities"


def test_a_level_that_is_not_drawn_is_refused_with_the_cure() -> None:
    plan = plan_of(sources_of(rows_of(households=36)[:4]))
    with pytest.raises(InvalidOption, match="--micro-grids"):
        show_level(plan, "micro_grid")
