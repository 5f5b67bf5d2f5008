"""Roles, columns, words and the columns that hold personal data."""

from __future__ import annotations

from typing import Any

import pytest

from gridmap.schemas import (
    DOMAIN_WORDS,
    LAT_NAMES,
    LON_NAMES,
    ROLES,
    VALUES,
    canonical_value,
    fold_name,
    is_personal,
    kind_of_layer,
    match_columns,
    role_of_layer,
)


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("社区", "communities"),
        ("住户", "households"),
        ("楼栋", "buildings"),
        ("小区", "compounds"),
        ("场所", "sites"),
        ("道路", "roads"),
        ("分隔", "barriers"),
        ("现状网格", "grids"),
        ("Ｃommunities", "communities"),
        (" BUILDINGS_2024 ", "buildings"),
        ("2024年道路", "roads"),
        ("unknown", ""),
    ],
)
def test_layers_are_known_by_english_and_chinese_names(name: str, role: str) -> None:
    assert role_of_layer(name) == role


def test_every_role_is_known_by_its_own_name_and_its_chinese_word() -> None:
    for role in ROLES.values():
        assert role_of_layer(role.name) == role.name
        assert role_of_layer(role.zh) == role.name


def test_no_layer_name_means_two_roles() -> None:
    seen: dict[str, str] = {}
    for role in ROLES.values():
        for alias in role.aliases:
            assert seen.setdefault(fold_name(alias), role.name) == role.name, alias


def test_no_alias_of_a_word_means_two_words() -> None:
    for domain, words in DOMAIN_WORDS.items():
        assert set(VALUES[domain].values()) == set(words)
        for word in words:
            assert canonical_value(domain, word) == word


@pytest.mark.parametrize(
    ("headers", "role", "expected"),
    [
        (
            ["社区代码", "名称", "街道", "城乡"],
            "communities",
            ["community_id", "name", "township", "area_type"],
        ),
        (["省", "市", "县", "乡"], "communities", ["name", "district"]),
        (
            ["户号", "地址", "楼栋号", "户数"],
            "households",
            ["household_id", "address", "building_id", "households"],
        ),
        (
            ["楼栋名", "层数", "单元数", "户数"],
            "buildings",
            ["name", "floors", "entrances", "households"],
        ),
        (["Floor"], "buildings", ["floors"]),
        (["小区名称", "类别"], "compounds", ["name", "kind"]),
        (["路名", "等级"], "roads", ["name", "class"]),
        (["ＮＡＭＥ ", "Community ID"], "communities", ["community_id", "name"]),
    ],
)
def test_columns_are_known_by_their_aliases(
    headers: list[str], role: str, expected: list[str]
) -> None:
    assert list(match_columns(role, headers)) == expected


def test_the_canonical_name_wins_over_an_alias() -> None:
    assert match_columns("communities", ["名称", "name"])["name"] == "name"


def test_a_header_is_used_once() -> None:
    matched = match_columns("communities", ["街道", "乡镇"])
    assert len(set(matched.values())) == len(matched)


@pytest.mark.parametrize(
    ("domain", "text", "word"),
    [
        ("road_class", "快速路", "expressway"),
        ("road_class", "主干路", "arterial"),
        ("road_class", "次干路", "secondary"),
        ("road_class", "支路", "local"),
        ("road_class", "motorway", "expressway"),
        ("road_class", "tertiary", "secondary"),
        ("category", "公园景区", "park"),
        ("category", "楼宇", "office"),
        ("age_class", "老旧", "old"),
        ("area_type", "111", "urban"),
        ("area_type", 122.0, "urban"),
        ("area_type", "220", "rural"),
        ("barrier_kind", "铁路", "railway"),
        ("compound_kind", "村民小组", "villager_group"),
        ("category", "火箭发射场", ""),
        ("area_type", "", ""),
    ],
)
def test_words_are_known_by_their_aliases(domain: str, text: Any, word: str) -> None:
    assert canonical_value(domain, text) == word


@pytest.mark.parametrize(
    "header",
    [
        "姓名",
        "户主姓名",
        "身份证号",
        "公民身份号码",
        "联系电话",
        "手机",
        "Phone",
        "ID_Card",
        "full name",
        "电 话",
    ],
)
def test_columns_of_personal_data_are_recognised(header: str) -> None:
    assert is_personal(header, "households")
    assert is_personal(header, "sites")


@pytest.mark.parametrize("header", ["名称", "name", "户数", "社区", "owner", "address", "楼栋名"])
def test_names_of_things_are_no_personal_data(header: str) -> None:
    assert not is_personal(header, "communities")


def test_a_name_is_personal_where_the_rows_are_households() -> None:
    assert is_personal("name", "households")
    assert is_personal("名字", "households")


def test_a_layer_of_one_kind_gives_it_to_its_rows() -> None:
    assert kind_of_layer("河流") == "river"
    assert kind_of_layer("村民小组") == "villager_group"


def test_coordinate_headers_come_in_pairs() -> None:
    assert len(LON_NAMES) == len(LAT_NAMES)
