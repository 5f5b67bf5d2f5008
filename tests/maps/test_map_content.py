"""What the page holds, and what it must not hold."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from gridmap.estimates import HOUSEHOLDS_ESTIMATED
from gridmap.findings import Finding
from gridmap.maps.content import Imprint, _short, describe_plan
from gridmap.maps.packing import unpack_integers
from gridmap.maps.wording import CATEGORY_LETTERS, clean_text, page_words
from gridmap.rules import CATEGORIES

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridmap.model import Plan


def change_grids(plan: Plan, **columns: object) -> Plan:
    """Return the plan with some columns of its grids replaced."""
    return dataclasses.replace(plan, grids=plan.grids.assign(**columns))


def test_the_four_numbers_agree_with_the_plan(patchwork: Plan) -> None:
    totals = describe_plan(patchwork, Imprint(), "zh")["totals"]
    grids = patchwork.grids
    general = grids[grids["kind"] == "general"]
    assert totals["grids"] == len(grids)
    assert totals["general"] == len(general)
    assert totals["in_band"] == int(general["in_band"].sum())
    assert totals["dedicated"] + totals["exclave"] + totals["general"] == len(grids)


def test_a_count_below_ten_is_nowhere_in_the_page(patchwork: Plan) -> None:
    counts = patchwork.grids["households"].to_numpy().copy()
    counts[[3, 8]] = 7, 0
    reasons = patchwork.grids["reason"].to_numpy().copy()
    reasons[3] = "该连片区域仅有7户，不足网格下限300户。"
    plan = change_grids(patchwork, households=counts, reason=reasons)
    content = describe_plan(plan, Imprint(), "zh")
    shown = content["grids"]["households"]
    assert shown[3] == -1
    assert all(count in {-1, 0} or count >= 10 for count in shown)
    assert ["该连片区域仅有<10户，不足网格下限300户。", ""] in content["grids"]["reasons"]


def test_land_where_nobody_lives_says_so_and_is_not_called_below_its_band(patchwork: Plan) -> None:
    counts = patchwork.grids["households"].to_numpy().copy()
    inside = patchwork.grids["in_band"].to_numpy().copy()
    reasons = patchwork.grids["reason"].to_numpy().copy()
    empty = int((patchwork.grids["kind"] == "general").to_numpy().argmax())
    counts[empty], inside[empty], reasons[empty] = 0, False, "该连片区域仅有0户。"
    plan = change_grids(patchwork, households=counts, in_band=inside, reason=reasons)
    content = describe_plan(plan, Imprint(), "zh")
    assert content["grids"]["households"][empty] == 0
    assert content["grids"]["state"][empty] == "4"
    assert ["该连片区域仅有0户。", ""] in content["grids"]["reasons"]
    before = describe_plan(patchwork, Imprint(), "zh")["totals"]
    assert content["totals"]["general"] == before["general"]


def test_estimated_households_are_marked_on_the_page(patchwork: Plan) -> None:
    assert describe_plan(patchwork, Imprint(), "zh")["totals"]["estimated"] is False
    found = Finding(
        HOUSEHOLDS_ESTIMATED.code,
        "warning",
        9,
        (),
        "4000 are estimates.",
        "4000 户为估算值。",
        "",
        "",
    )
    plan = dataclasses.replace(patchwork, findings=(found,))
    assert describe_plan(plan, Imprint(), "zh")["totals"]["estimated"] is True


def test_sums_stay_exact_where_only_empty_grids_are_hidden(patchwork: Plan) -> None:
    counts = patchwork.grids["households"].to_numpy().copy()
    counts[:] = 401
    counts[5] = 0
    content = describe_plan(change_grids(patchwork, households=counts), Imprint(), "zh")
    assert content["totals"]["households"] == 401 * (len(counts) - 1)
    assert not content["totals"]["rounded"]


def test_sums_do_not_give_a_hidden_count_away(patchwork: Plan) -> None:
    counts = patchwork.grids["households"].to_numpy().copy()
    counts[:] = 400
    counts[5] = 7
    content = describe_plan(change_grids(patchwork, households=counts), Imprint(), "zh")
    assert content["totals"]["households"] % 10 == 0
    assert content["totals"]["rounded"]
    owner = content["grids"]["community"][5]
    assert content["communities"]["households"][owner] % 10 == 0
    assert content["communities"]["rounded"][owner] == "1"


def test_the_state_of_a_grid_is_that_of_the_plan(patchwork: Plan) -> None:
    states = describe_plan(patchwork, Imprint(), "zh")["grids"]["state"]
    for state, grid in zip(states, patchwork.grids.itertuples(), strict=True):
        if grid.kind == "dedicated":
            assert state == "3"
        elif grid.in_band:
            assert state == "0"
        else:
            assert state == ("1" if grid.households > grid.upper else "2")


def test_every_exclave_has_a_link_into_its_owners_land(patchwork: Plan) -> None:
    content = describe_plan(patchwork, Imprint(), "zh")
    lengths = unpack_integers(content["links"]["counts"])
    assert len(lengths) == content["totals"]["exclave"] > 0
    assert set(lengths.tolist()) <= {0, 2}
    assert 2 in lengths


def test_rivers_railways_and_main_roads_are_drawn_once(patchwork: Plan) -> None:
    content = describe_plan(patchwork, Imprint(), "zh")
    assert list(content["ways"]) == ["river", "railway", "road"]


def test_no_building_household_or_address_column_reaches_the_page(patchwork: Plan) -> None:
    units = patchwork.territory.units
    secret = pd.DataFrame(
        {"building_id": ["SECRET-B"], "household_id": ["SECRET-H"], "text": ["SECRET-A"]}
    )
    units = dataclasses.replace(units, members=secret, places=secret)
    plan = dataclasses.replace(
        patchwork,
        territory=dataclasses.replace(patchwork.territory, units=units),
        grids=patchwork.grids.assign(phone="SECRET-P"),
    )
    assert "SECRET" not in json.dumps(describe_plan(plan, Imprint(), "zh"))


def test_the_default_title_names_the_townships(patchwork: Plan) -> None:
    title = describe_plan(patchwork, Imprint(), "zh")["imprint"]["title"]
    assert title == {"zh": "望江镇、清河街道网格划分图", "en": "Grids of 望江镇, 清河街道"}
    own = describe_plan(patchwork, Imprint(title="我的图"), "zh")["imprint"]["title"]
    assert own == {"zh": "我的图", "en": "我的图"}


def test_a_grid_is_named_without_its_community_and_numbered_by_its_code(patchwork: Plan) -> None:
    content = describe_plan(patchwork, Imprint(), "zh")["grids"]
    assert content["short"][0] == "第1网格"
    assert content["serial"][0] == "1"


@pytest.mark.parametrize(
    ("name", "community", "short"),
    [
        ("锦绣社区第3网格", "锦绣社区", "第3网格"),
        ("Vaduz社区第3网格", "Vaduz", "第3网格"),
        ("东华小学", "锦绣社区", "东华小学"),
        ("锦绣社区", "锦绣社区", "锦绣社区"),
        ("第3网格", "", "第3网格"),
    ],
)
def test_the_short_name_is_what_the_community_leaves(name: str, community: str, short: str) -> None:
    assert _short(name, community) == short


def test_a_plan_of_one_grid_without_borders_can_be_drawn(
    draw_patchwork: Callable[..., Plan],
) -> None:
    plan = draw_patchwork(12)
    alone = plan.grids.iloc[:1]
    content = describe_plan(dataclasses.replace(plan, grids=alone), Imprint(), "en")
    assert content["totals"]["grids"] == 1
    assert content["arcs"]["levels"] == "3"


def test_a_grid_of_an_unknown_community_is_still_drawn(patchwork: Plan) -> None:
    owners = patchwork.grids["community_id"].to_numpy().copy()
    owners[0] = "no-such-community"
    content = describe_plan(change_grids(patchwork, community_id=owners), Imprint(), "zh")
    assert content["communities"]["names"][-1] == "no-such-community"


def test_all_words_exist_in_both_languages() -> None:
    words = page_words()
    assert set(words["zh"]) == set(words["en"])
    assert all(text for both in words.values() for text in both.values())
    assert set(CATEGORY_LETTERS) == set(CATEGORIES)
    assert len(set(CATEGORY_LETTERS.values())) == len(CATEGORIES)
    for key in CATEGORIES:
        assert f"legend_{key}" in words["zh"]


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("锦绣\u202e社区", "锦绣社区"),
        ("a\u0000b\u001b[31m", "ab[31m"),
        ("a\u2028b\nc", "a b c"),
        ("\ud800x", "x"),
        (float("nan"), ""),
        (None, ""),
        ("  ", ""),
    ],
)
def test_hidden_characters_are_removed_from_names(raw: object, clean: str) -> None:
    assert clean_text(raw) == clean
