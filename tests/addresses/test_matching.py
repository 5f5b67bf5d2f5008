"""What is known of each thing that an address names."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from gridmap.addresses import parse_address
from gridmap.addresses.gazetteer import Gazetteer, loose_key, make_gazetteer, name_key
from gridmap.addresses.matching import find_evidence

TEXTS = [
    "建设路1号",
    "建设路3号",
    "建设路7号",
    "建设路2号",
    "建设路8号",
    "锦绣花园小区3栋",
    "秋泉1号3栋",
    "秋泉2号3栋",
    "崔庄村3组12号",
    "第十三中学",
    "彭家湾1号",
    "建设路1号4栋",
]


@pytest.fixture(scope="module")
def known() -> Gazetteer:
    rows = pd.DataFrame(
        {
            "text": TEXTS,
            "elements": [json.dumps(parse_address(text).public_elements()) for text in TEXTS],
            "building_id": "",
            "lon": 113.1,
            "lat": 23.0,
        }
    )
    return make_gazetteer(rows)


def _found(known: Gazetteer, text: str) -> tuple[str, list[str], bool]:
    steps = find_evidence(known, parse_address(text))
    if not steps:
        return "none", [], False
    first = steps[0]
    return first.level, [known.places[row].text for row in first.rows], first.loose


@pytest.mark.parametrize(
    ("asked", "level", "texts", "loose"),
    [
        ("建設路一號", "door", ["建设路1号", "建设路1号4栋"], False),
        ("锦绣花园小区3#", "building", ["锦绣花园小区3栋"], False),
        ("锦绣花园3栋", "building", ["锦绣花园小区3栋"], True),
        ("锦绣花园小区3号", "building", ["锦绣花园小区3栋"], False),
        ("秋泉2号3栋", "building", ["秋泉2号3栋"], False),
        ("13中学", "place", ["第十三中学"], False),
        ("雷庄村彭家湾1号", "door", ["彭家湾1号"], False),
        ("崔庄村三组12号", "door", ["崔庄村3组12号"], False),
        ("建设路1号院4号楼", "building", ["建设路1号4栋"], False),
        ("建设路5号", "side", ["建设路3号", "建设路7号"], False),
        ("建设路6号", "side", ["建设路2号", "建设路8号"], False),
        ("建设路9号", "side", ["建设路7号"], False),
        ("别的路1号", "none", [], False),
    ],
)
def test_the_finest_thing_named_is_found_first(
    known: Gazetteer, asked: str, level: str, texts: list[str], loose: bool
) -> None:
    found_level, found_texts, found_loose = _found(known, asked)
    if level == "place":
        assert found_texts == texts
        return
    assert (found_level, found_texts, found_loose) == (level, texts, loose)


def test_odd_and_even_doors_are_never_mixed(known: Gazetteer) -> None:
    for number in range(1, 12):
        level, texts, _ = _found(known, f"建设路{number}号")
        if level == "side":
            assert {parse_address(text).parity for text in texts} == {
                "odd" if number % 2 else "even"
            }


def test_names_are_compared_without_their_spelling() -> None:
    assert name_key("第十三 中学") == name_key("13中学")
    assert name_key("ABC大厦") == name_key("abc大厦")
    assert loose_key("锦绣花园小区") == loose_key("锦绣花园")
    assert loose_key("小区") == "小区"


def test_a_file_edited_by_hand_does_no_harm() -> None:
    odd = ["", "{", "[]", "null", '{"road": 3}', '{"road": "' + "x" * 999 + '"}', "[" * 5000]
    rows = pd.DataFrame(
        {"text": "建设路1号", "elements": odd, "building_id": "", "lon": 113.1, "lat": 23.0}
    )
    assert make_gazetteer(rows).find("door", "建设路", "1") == tuple(range(len(odd)))
