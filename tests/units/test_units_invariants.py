"""Units of random untidy land keep every invariant."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from invariants import check_territory, check_units, no_unit_reaches_across_a_river
from random_land import LAYERS, make_sources

from gridmap.adjacency import make_territory
from gridmap.rules import Rules
from gridmap.units import make_units

RULES = Rules.preset("default")
QUIET = settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)


@QUIET
@given(seed=st.integers(0, 10_000), layers=st.sets(st.sampled_from(LAYERS)))
def test_units_of_any_land_tile_it_and_keep_every_household(seed: int, layers: set[str]) -> None:
    sources = make_sources(seed, tuple(sorted(layers)))
    units = make_units(sources, rules=RULES)
    check_units(units, sources)
    check_territory(make_territory(units, sources, rules=RULES))


@pytest.mark.parametrize("seed", [2356, 2492, 3855, 3979])
def test_lines_within_a_micrometre_of_each_other_leave_no_sliver(seed: int) -> None:
    sources = make_sources(seed)
    units = make_units(sources, rules=RULES)
    check_units(units, sources)
    check_territory(make_territory(units, sources, rules=RULES))


@pytest.mark.parametrize("seed", [3, 4])
def test_equal_input_gives_equal_units(seed: int) -> None:
    sources = make_sources(seed)
    first, second = (make_units(sources, rules=RULES) for _ in range(2))
    pd.testing.assert_frame_equal(pd.DataFrame(first.frame), pd.DataFrame(second.frame))
    pd.testing.assert_frame_equal(first.members, second.members)


@pytest.mark.parametrize("seed", [12, 14, 24, 35, 50, 54, 1000, 1001, 1002])
def test_no_unit_of_untidy_land_reaches_across_a_river(seed: int) -> None:
    sources = make_sources(seed)
    no_unit_reaches_across_a_river(make_units(sources, rules=RULES), sources)
