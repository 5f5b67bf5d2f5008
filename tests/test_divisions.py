"""A division that an address names is compared with what the plan knows, and never overlooked."""

from __future__ import annotations

import dataclasses
import json

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.locating import (
    Release,
    describe_placement,
    locate_address,
    open_release,
    placement_as_dict,
)
from gridmap.locating.examples import EAST, draw_plan
from gridmap.locating.faults import FAULTS

HEAD = {"province": "广东省", "city": "佛山市", "district": "禅城区"}


def _open(
    *,
    township: str = "祖庙街道",
    community: str = "祖庙社区",
    code: str | None = None,
    head: dict[str, str] | None = None,
    extra: list[dict[str, str]] | None = None,
) -> Release:
    """Open the toy plan with other divisions: ``head`` stands in every address of it."""
    plan = draw_plan()
    units = plan.territory.units
    places = units.places.copy()
    places["elements"] = [json.dumps({**json.loads(e), **(head or {})}) for e in places["elements"]]
    more = pd.concat([places.iloc[[0]].assign(**row) for row in extra or []] or [places.iloc[:0]])
    places = pd.concat([places, more], ignore_index=True)
    communities = units.communities.assign(name=community, township=township)
    grids = plan.grids
    if code is not None:
        communities = communities.rename(index=lambda _: code)
        grids = grids.assign(community_id=code)
    units = dataclasses.replace(units, places=places, communities=communities)
    territory = dataclasses.replace(plan.territory, units=units)
    return open_release(dataclasses.replace(plan, territory=territory, grids=grids))


FULL = _open(head=HEAD)
TAIL = "锦绣花园3栋"


@pytest.mark.parametrize(
    ("written", "faults"),
    [
        ("", ()),
        ("广东省佛山市禅城区祖庙街道祖庙社区", ()),
        ("佛山市禅城区", ()),
        ("广东佛山禅城区", ()),
        ("佛山禅城区祖庙街道", ()),
        ("湖北省武汉市", ("city_contradicts", "province_contradicts")),
        ("湖北省", ("province_contradicts",)),
        ("武汉市", ("city_contradicts",)),
        ("武汉市禅城区", ("city_contradicts",)),
        ("武汉禅城区", ("district_contradicts",)),
        ("佛山市南海区", ("district_contradicts",)),
        ("北京市禅城区", ("city_contradicts", "province_contradicts")),
        ("长安镇", ("township_contradicts",)),
        ("佛山市禅城区祖庙街道别处社区", ("community_contradicts",)),
    ],
)
def test_every_named_division_is_compared(written: str, faults: tuple[str, ...]) -> None:
    answer = locate_address(FULL, written + TAIL)
    assert tuple(sorted(answer.faults)) == faults
    assert answer.decision == ("review" if faults else "auto")
    assert answer.confidence == ("low" if faults else "high")
    assert answer.grid is not None
    assert answer.grid.grid_id == EAST


@settings(deadline=None, max_examples=100)
@given(
    st.sampled_from(["", "广东省", "湖北省", "广西壮族自治区"]),
    st.sampled_from(["", "佛山市", "武汉市", "南宁市"]),
    st.sampled_from(["", "禅城区", "南海区", "长安县"]),
    st.sampled_from(["", "祖庙街道", "长安镇"]),
    st.sampled_from(["锦绣花园3栋", "锦绣花园", "建设路3号", "东华里小学", "祖庙社区"]),
)
def test_no_contradicted_division_is_answered_without_a_check(
    province: str, city: str, district: str, township: str, tail: str
) -> None:
    answer = locate_address(FULL, province + city + district + township + tail)
    right = {"", *HEAD.values(), "祖庙街道"}
    wrong = {province, city, district, township} - right
    assert (answer.decision != "auto") or not wrong
    if wrong and answer.decision == "review":
        assert sum(code.endswith("_contradicts") for code in answer.faults) >= len(wrong)


def test_what_the_plan_does_not_know_is_said_and_does_not_stop_the_answer() -> None:
    bare = _open(township="")
    answer = locate_address(bare, "长安镇" + TAIL)
    assert (answer.decision, answer.faults) == ("auto", ("division_unchecked",))


def test_a_community_code_tells_the_province_where_no_address_does() -> None:
    release = _open(township="", code="440604001001")
    assert locate_address(release, "广东省" + TAIL).faults == ()
    answer = locate_address(release, "湖北省" + TAIL)
    assert (answer.decision, answer.faults) == ("review", ("province_contradicts",))


def test_a_city_of_a_county_stands_at_either_level() -> None:
    release = _open(head={"city": "苏州市", "district": "昆山市"})
    for written in ("昆山市", "苏州市昆山市", "苏州昆山市"):
        assert locate_address(release, written + TAIL).decision == "auto", written
    short = _open(head={"city": "昆山市"})
    assert locate_address(short, "苏州市昆山市" + TAIL).decision == "auto"
    assert locate_address(short, "苏州市太仓市" + TAIL).decision == "review"


@pytest.mark.parametrize("name", ["红旗社区", "五四路社区", "城区社区", "市场社区", "新区居委会"])
def test_a_community_of_the_plan_is_recognised_by_its_name(name: str) -> None:
    release = _open(community=name)
    for asked in (name, "祖庙街道" + name):
        answer = locate_address(release, asked)
        assert (answer.level, answer.status) == ("community", "ambiguous")
    assert locate_address(release, name + TAIL).faults == ()
    assert locate_address(release, "别处社区" + TAIL).faults == ("community_contradicts",)


def test_a_community_is_found_without_its_ending_too() -> None:
    release = _open(community="红旗社区")
    assert locate_address(release, "红旗").level == "community"
    contradicted = locate_address(_open(community="红旗社区", head=HEAD), "湖北省红旗社区")
    assert contradicted.faults == ("province_contradicts",)


def test_the_standard_address_never_names_a_building_that_is_not_there() -> None:
    for asked, standard in (
        ("锦绣花园99栋", "锦绣花园"),
        ("建设路3号锦绣花园99栋", "建设路3号"),
        ("建设路99号", "建设路"),
        ("崔庄村3组99号", "崔庄村3组"),
        ("锦绣花园", "锦绣花园"),
        ("不存在路3号", None),
        ("锦绣花园3栋2单元501室", "锦绣花园3栋"),
    ):
        item = placement_as_dict(locate_address(FULL, asked))
        address = item["address"]
        assert isinstance(address, dict)
        assert address["standard"] == standard, asked


def test_a_building_with_two_spellings_has_a_standard_address() -> None:
    again = {
        "text": "建设路8号锦绣花园3栋",
        "elements": json.dumps(
            {"road": "建设路", "number": "8", "compound": "锦绣花园", "building": "3"}
        ),
        "building_id": "b3",
    }
    release = _open(extra=[again])
    assert locate_address(release, "锦绣花园3栋").standard == "锦绣花园3栋"
    assert locate_address(release, "建设路8号锦绣花园3幢").standard == "建设路8号锦绣花园3栋"
    assert locate_address(release, "建设路八号").standard == "建设路8号锦绣花园3栋"


def test_an_answer_is_said_in_words_of_both_languages() -> None:
    en, zh = describe_placement(locate_address(FULL, "湖北省锦绣花园3栋"))
    assert "需人工核对" in zh
    assert "祖庙社区第2网格" in zh
    assert "needs a person's check" in en
    for asked in ("锦绣花园3栋", "锦绣花园", "不存在路3号", "祖庙社区", "建设路7号"):
        zh = describe_placement(locate_address(FULL, asked))[1]
        assert not [word for word in ("auto", "review", "none", "unique") if word in zh]
    assert all(fault.zh and fault.en for fault in FAULTS.values())
