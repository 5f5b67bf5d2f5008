"""The pages of the three audiences in a real browser: cards, table, findings."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest
from browsing import click_grid, list_requests, open_map, read_console, text_of
from selenium.webdriver.common.by import By

from gridmap import Rules, make_plan, subdivide_plan
from gridmap.findings import Finding
from gridmap.maps import write_map
from gridmap.testing import draw_territory

if TYPE_CHECKING:
    from pathlib import Path

    from selenium.webdriver import Chrome

    from gridmap.model import Plan

NASTY = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def plan() -> Plan:
    rules = Rules.preset("default")
    drawn = make_plan(draw_territory("AABB\nAABB\nCCDD", households=110), rules=rules)
    community = str(drawn.territory.units.communities.index[0])
    findings = (
        Finding("told", "warning", 1, (community,), "said in English", "用中文说", "do", "办"),
        Finding("kept", "info", 1, ("H7",), f"home H7 {NASTY}", "住户 H7", "", ""),
        Finding("nasty", "error", 1, (community,), NASTY, NASTY, NASTY, NASTY),
    )
    return dataclasses.replace(subdivide_plan(drawn), findings=findings)


def test_a_planner_reads_staff_micro_grids_deviation_and_findings(
    browser: Chrome, plan: Plan, tmp_path: Path
) -> None:
    staff = {plan.grids.index[0]: [("grid_head", "王某"), ("grid_worker", NASTY)]}
    write_map(plan, tmp_path / "m.html", audience="planner", staff=staff, before=plan)
    open_map(browser, tmp_path / "m.html")
    click_grid(browser, plan, 0)
    card = text_of(browser, "#card")
    households = int(plan.grids["households"].iloc[0])
    deviation = (households - 400) / 400
    assert f"偏差\n{'+' if deviation > 0 else '−'}{abs(deviation):.1%}" in card
    assert "网格长\n王某" in card
    assert f"网格员\n{NASTY}" in card
    assert f"调整前\n{plan.grids['name'].iloc[0]}　{plan.grids['code'].iloc[0]}" in card
    mine = plan.micro_grids["grid_id"].eq(plan.grids.index[0])
    assert f"微网格\n{int(mine.sum())} 个" in card
    browser.find_element(By.CSS_SELECTOR, "#card summary").click()
    rows = browser.find_elements(By.CSS_SELECTOR, "#card details li")
    assert [row.text.split("\n")[1] for row in rows] == [
        f"{count} 户" for count in plan.micro_grids["households"][mine]
    ]
    browser.find_element(By.ID, "show-findings").click()
    told = text_of(browser, "#findings")
    assert "用中文说" in told
    assert "随机种子：7" in told
    assert "H7" not in told
    assert NASTY in told
    browser.find_element(By.ID, "show-table").click()
    assert "偏差" in text_of(browser, "#table thead")
    browser.find_element(By.ID, "switch").click()
    assert "grid head" in text_of(browser, "#card")
    assert "said in English" in text_of(browser, "#findings")
    assert read_console(browser) == []
    assert list_requests(browser) == []


def test_the_public_reads_names_and_land_and_no_count_of_a_grid(
    browser: Chrome, plan: Plan, tmp_path: Path
) -> None:
    write_map(plan, tmp_path / "m.html", audience="public")
    open_map(browser, tmp_path / "m.html")
    assert not browser.find_element(By.ID, "stamp").is_displayed()
    click_grid(browser, plan, 0)
    card = text_of(browser, "#card")
    assert card.startswith(plan.grids["name"].iloc[0])
    assert "四至" in card or "东至" in card
    for word in ("户数", "达标", "偏差", "楼栋", "微网格"):
        assert word not in card
    browser.find_element(By.ID, "show-table").click()
    head = text_of(browser, "#table thead")
    assert "面积" in head
    assert "户数" not in head
    assert "户" not in text_of(browser, "#table tbody")
    assert not browser.find_element(By.ID, "only-problems").is_displayed()
    assert not browser.find_element(By.ID, "theme-box").is_displayed()
    browser.find_element(By.ID, "query").send_keys(plan.grids["name"].iloc[1])
    assert browser.find_elements(By.CSS_SELECTOR, "#results li")
    for absent in ("show-layers", "show-findings", "compare", "basemap"):
        assert not browser.find_element(By.ID, absent).is_displayed()
    assert read_console(browser) == []
