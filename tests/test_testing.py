"""Drawn and random territories are real territories."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from invariants import check_territory

from gridmap.errors import InvalidOption
from gridmap.testing import draw_territory, random_territory


def test_each_character_is_a_square_of_land() -> None:
    units = draw_territory("AAB\nA.B", size_m=100.0).units.frame
    assert len(units) == 6
    assert units["area_m2"].to_numpy() == pytest.approx(np.full(6, 10_000), rel=0.01)
    assert shapely.coverage_is_valid(units.geometry.to_numpy())


def test_letters_are_compounds_and_a_dot_is_open_land() -> None:
    units = draw_territory("AAB\nA.b", households=7).units.frame
    assert units["compound_id"].tolist() == ["A", "A", "B", "A", "", ""]
    assert units["kind"].tolist() == ["building"] * 4 + ["open", "building"]
    assert units["households"].tolist() == [7, 7, 7, 7, 0, 7]


def test_a_space_is_outside() -> None:
    toy = draw_territory("A B")
    assert toy.units.frame.index.tolist() == ["r00c00", "r00c02"]
    assert toy.borders.empty


def test_households_may_differ_by_letter_or_by_square() -> None:
    assert draw_territory("AB", households={"B": 5}).units.frame["households"].tolist() == [0, 5]
    matrix = np.array([[3, 4]])
    assert draw_territory("AB", households=matrix).units.frame["households"].tolist() == [3, 4]


def test_squares_of_one_compound_can_be_one_unit() -> None:
    toy = draw_territory("AAB\nA.B", households=10, whole=True)
    assert toy.units.frame["households"].to_dict() == {"r00c00": 30, "r00c02": 20, "r01c01": 0}
    assert toy.units.frame.loc["r00c00", "kind"] == "compound"


def test_a_school_is_one_site() -> None:
    toy = draw_territory("##\n#.")
    assert toy.units.sites["category"].tolist() == ["school"]
    assert toy.units.frame.loc["r00c00", "site_id"] == toy.units.sites.index[0]


def test_communities_are_drawn_beside() -> None:
    toy = draw_territory("AAB", communities="XXY", households=4)
    assert toy.units.communities["households"].to_dict() == {"X": 8, "Y": 4}
    passable = toy.borders.set_index(["unit_a", "unit_b"])["passable"]
    assert passable.tolist() == [True, False]


def test_equal_letters_in_two_communities_are_two_compounds() -> None:
    toy = draw_territory("AA", communities="XY")
    assert toy.units.frame["compound_id"].tolist() == ["A", "A@Y"]
    assert not toy.borders["same_compound"].any()


def test_a_river_without_bridge_separates_units() -> None:
    lines = {("r00c00", "r01c00"): "river", ("r01c01", "r00c01"): "bridge"}
    borders = draw_territory("AB\nCD", lines=lines).borders.set_index(["unit_a", "unit_b"])
    assert not borders.loc[("r00c00", "r01c00"), "passable"]
    assert borders.loc[("r00c01", "r01c01"), ["river", "bridge", "passable"]].all()


@pytest.mark.parametrize("kind", ["lava", ""])
def test_an_unknown_line_is_refused(kind: str) -> None:
    with pytest.raises(InvalidOption, match="not a kind of line"):
        draw_territory("AB", lines={("r00c00", "r00c01"): kind})


def test_a_line_between_units_apart_is_refused() -> None:
    with pytest.raises(InvalidOption):
        draw_territory("ABC", lines={("r00c00", "r00c02"): "river"})


def test_drawings_of_different_shape_are_refused() -> None:
    with pytest.raises(InvalidOption, match="shape"):
        draw_territory("AB", communities="X")


def test_too_many_communities_are_refused() -> None:
    with pytest.raises(InvalidOption):
        random_territory(1, rows=1, columns=1, communities=2)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 1_000),
    rows=st.integers(1, 8),
    columns=st.integers(1, 8),
    exclaves=st.integers(0, 3),
)
def test_random_territories_keep_the_invariants(
    seed: int, rows: int, columns: int, exclaves: int
) -> None:
    communities = min(3, rows * columns)
    toy = random_territory(
        seed, rows=rows, columns=columns, communities=communities, exclaves=exclaves
    )
    assert shapely.coverage_is_valid(toy.units.frame.geometry.to_numpy())
    assert int(toy.units.frame["households"].sum()) == toy.units.read_households == 6_000
    assert int(toy.units.members["households"].sum()) == 6_000
    check_territory(toy)


def test_a_seed_gives_one_territory() -> None:
    first, second = random_territory(5), random_territory(5)
    pd.testing.assert_frame_equal(first.borders, second.borders)
    assert not first.borders.equals(random_territory(6).borders)


def test_a_territory_becomes_a_graph() -> None:
    graph = draw_territory("AB\nCD").to_networkx()
    assert (graph.number_of_nodes(), graph.number_of_edges()) == (4, 4)
    assert graph.edges["r00c00", "r00c01"]["passable"]
