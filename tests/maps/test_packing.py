"""Integers survive being written as text."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.errors import InvalidOption
from gridmap.maps.packing import ALPHABET, pack_integers, unpack_integers

NUMBERS = st.integers(-(2**30) + 1, 2**30 - 1)


@given(st.lists(NUMBERS, max_size=200))
def test_packed_integers_come_back(numbers: list[int]) -> None:
    text = pack_integers(np.array(numbers, dtype=np.int64))
    assert unpack_integers(text).tolist() == numbers
    assert set(text) <= set(ALPHABET)


def test_small_steps_cost_one_character_each() -> None:
    assert len(pack_integers(np.array([3, -7, 15, 0]))) == 4


def test_a_number_beyond_the_page_is_refused() -> None:
    with pytest.raises(InvalidOption, match="outside"):
        pack_integers(np.array([2**30]))


def test_the_alphabet_needs_no_escape_in_json_or_html() -> None:
    assert len(set(ALPHABET)) == 64
    assert not set(ALPHABET) & set("\"\\<>&'")
