"""Rules files: whatever is wrong with one is a wrong option, said in both languages with a cure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from gridmap.errors import InvalidOption, UnknownName
from gridmap.rules import Rules

if TYPE_CHECKING:
    from pathlib import Path

WRONG = {
    "upside_down": ('preset = "default"\n[[bands]]\nlower = 500\nupper = 300\n', "500"),
    "a_chinese_key": ('preset = "default"\n下限 = 3\n', "第 2 行"),
    "a_missing_quote": ('preset = "default\n', "第 1 行"),
    "an_unknown_key": ('preset = "default"\nlowest = 3\n', "lowest"),
    "an_unknown_key_in_a_band": (
        'preset = "default"\n[[bands]]\nlower = 3\nupper = 5\nsource = "x"\nsfot = true\n',
        "sfot",
    ),
    "an_unknown_preset_inside": ('preset = "dafault"\n', "dafault"),
    "no_preset_and_no_bands": ("code_digits = 3\n", "preset"),
    "a_text_for_a_number": ('preset = "default"\n[[bands]]\nlower = "300"\nupper = 500\n', "lower"),
    "a_band_that_is_no_table": ('preset = "default"\nbands = 3\n', "bands"),
    "no_source": ('preset = "default"\n[[bands]]\nlower = 300\nupper = 500\n', "source"),
    "an_unknown_class": (
        'preset = "default"\n[[bands]]\nlower = 3\nupper = 5\nsource = "x"\nage_class = ["x"]\n',
        "mature",
    ),
    "an_unknown_category": (
        (
            'preset = "default"\n[[dedicated]]\ncategory = "zoo"\nmin_area_m2 = 3\nsource = "x"\n'
            "max_households = 9\none_owner = true\n"
        ),
        "zoo",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_rules_file_is_a_wrong_option_with_its_cure_in_both_languages(
    case: str, tmp_path: Path
) -> None:
    text, named = WRONG[case]
    path = tmp_path / "rules.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(InvalidOption) as caught:
        Rules.load(path)
    error = caught.value
    assert named in error.zh + error.cure_zh
    assert error.cure_en
    assert error.cure_zh
    assert "。。" not in str(error)
    assert ".." not in str(error).replace("...", "")
    assert "preset" not in error.cure_zh or 'preset = "' not in text
    assert not re.search("[a-z]+ [a-z]+ [a-z]+", error.zh), "no English sentence in Chinese"


def test_rules_saved_as_gbk_are_told_to_be_saved_as_utf8(tmp_path: Path) -> None:
    path = tmp_path / "规则.toml"
    path.write_bytes('preset = "default"\nlabel_zh = "社区规则"\n'.encode("gbk"))
    with pytest.raises(InvalidOption, match="UTF-8") as caught:
        Rules.load(path)
    assert "另存为 UTF-8" in caught.value.cure_zh


def test_a_misspelt_preset_is_offered_the_one_most_like_it(tmp_path: Path) -> None:
    with pytest.raises(UnknownName) as caught:
        Rules.load("dadoku")
    assert "--rules dadukou" in caught.value.cure_zh
    with pytest.raises(UnknownName) as caught:
        Rules.load("nowhere")
    assert "--rules default" in caught.value.cure_zh
    with pytest.raises(UnknownName, match="no rules file"):
        Rules.load(tmp_path / "absent.toml")


def test_every_preset_comes_back_from_its_own_text() -> None:
    for name in Rules.preset_names():
        rules = Rules.preset(name)
        assert Rules.from_toml(rules.to_toml()) == rules
