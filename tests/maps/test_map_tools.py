"""Themes, table, measuring, before and after, the address: used in a real browser."""

from __future__ import annotations

import dataclasses
import json
import time
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from browsing import click_grid, list_requests, open_map, read_console, text_of
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select
from toy_plans import draw_plan

from gridmap.errors import InvalidOption
from gridmap.maps import make_theme, write_map

if TYPE_CHECKING:
    from pathlib import Path

    from selenium.webdriver import Chrome

    from gridmap.model import Plan


@pytest.fixture(scope="module")
def plan(patchwork: Plan) -> Plan:
    """The patchwork with buildings, and with named roads and a compound around."""
    units = patchwork.territory.units
    points = shapely.point_on_surface(np.asarray(units.frame.geometry.array, dtype=object))
    buildings = gpd.GeoDataFrame(
        {"unit_id": units.frame.index, "households": 40},
        index=pd.Index([f"p{n}" for n in range(len(points))], name="place_id"),
        geometry=points,
        crs=units.crs,
    )
    west, south, east, north = units.frame.total_bounds
    middle = (south + north) / 2
    landmarks = gpd.GeoDataFrame(
        {"kind": ["road", "compound"], "name": ["建设路", "锦绣花园"], "class": ["arterial", ""]},
        geometry=[
            shapely.LineString([(west, middle), (east, middle)]),
            units.frame.geometry.iloc[3],
        ],
        crs=units.crs,
    )
    frame = units.frame.assign(compound_id=["K1" if n == 3 else "" for n in range(len(points))])
    made = dataclasses.replace(units, frame=frame, buildings=buildings, landmarks=landmarks)
    return dataclasses.replace(
        patchwork, territory=dataclasses.replace(patchwork.territory, units=made)
    )


@pytest.fixture
def opened(browser: Chrome, plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Chrome:
    path = tmp_path_factory.getbasetemp() / "tools.html"
    if not path.exists():
        staff = pd.Series(np.arange(len(plan.grids)) % 4, index=plan.grids.index)
        theme = make_theme(plan, staff, key="staff", zh="人员配备", en="staffing", breaks=[1, 2])
        write_map(plan, path, themes=[theme])
    open_map(browser, path)
    return browser


def colours_of(browser: Chrome) -> dict[str, int]:
    counted: dict[str, int] = browser.execute_script(
        "const c = document.querySelector('#stage canvas');"
        "const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
        "const n = {}; for (let i = 0; i < d.length; i += 4) if (d[i + 3] === 255) {"
        "const k = '#' + [0, 1, 2].map(j => d[i + j].toString(16).padStart(2, '0')).join('');"
        "n[k] = (n[k] || 0) + 1; } return n;"
    )
    return counted


def test_each_theme_paints_its_classes_and_explains_them(opened: Chrome) -> None:
    data = opened.execute_script("return document.getElementById('gridmap-data').textContent")
    themes = {theme["key"]: theme for theme in json.loads(data)["themes"]}
    assert list(themes) == ["band", "clarity", "staff"]
    for key, theme in themes.items():
        Select(opened.find_element(By.ID, "theme")).select_by_value(key)
        painted = colours_of(opened)
        legend = text_of(opened, "#legend")
        for number, one in enumerate(theme["classes"]):
            assert one["zh"] in legend
            assert one["en"] in legend
            if theme["members"].count(str(number)) > 2:
                assert painted.get(one["colour"], 0) > 100, (key, one)
    Select(opened.find_element(By.ID, "theme")).select_by_value("")
    assert "综合网格" in text_of(opened, "#legend")


def test_density_is_drawn_in_cells(opened: Chrome) -> None:
    Select(opened.find_element(By.ID, "theme")).select_by_value("density")
    assert "户" in text_of(opened, "#legend")
    assert read_console(opened) == []


def test_the_table_sorts_and_is_linked_with_the_map_both_ways(opened: Chrome, plan: Plan) -> None:
    opened.find_element(By.ID, "show-table").click()
    rows = opened.find_elements(By.CSS_SELECTOR, "#table tbody tr")
    assert len(rows) == len(plan.grids)
    opened.find_elements(By.CSS_SELECTOR, "#table thead button")[4].click()
    shown = [e.text for e in opened.find_elements(By.CSS_SELECTOR, "#table td:nth-child(5)")]
    counts = plan.grids["households"].to_numpy()
    assert len(shown) == len(counts)
    numbers = [int(text.split()[0]) for text in shown if text[0].isdigit()]
    assert numbers == sorted(numbers)
    name = opened.find_elements(By.CSS_SELECTOR, "#table tbody tr")[5]
    wanted = name.find_elements(By.CSS_SELECTOR, "td")[0].text
    name.click()
    assert text_of(opened, "#card h2") == wanted
    click_grid(opened, plan, 2)
    time.sleep(0.2)
    marked = opened.find_elements(By.CSS_SELECTOR, "#table tr[aria-current]")
    assert len(marked) <= 1
    opened.find_element(By.ID, "only-problems").click()
    outside = (
        plan.grids["kind"].ne("dedicated") & ~plan.grids["in_band"] & plan.grids["households"].gt(0)
    )
    assert len(opened.find_elements(By.CSS_SELECTOR, "#table tbody tr")) == int(outside.sum())


def test_search_by_pinyin_by_initials_and_by_compound(opened: Chrome, plan: Plan) -> None:
    field = opened.find_element(By.ID, "query")
    for words in ("jinxiuhuayuan", "jxhy", "锦绣花"):
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(words)
        first = opened.find_elements(By.CSS_SELECTOR, "#results li")[0].text
        assert first.split("\n") == ["锦绣花园", plan.grids["name"].iloc[3]]
    field.send_keys(Keys.ENTER)
    time.sleep(0.5)
    assert text_of(opened, "#card h2") == plan.grids["name"].iloc[3]


def test_a_length_and_an_area_are_measured(opened: Chrome) -> None:
    opened.find_element(By.ID, "measure").click()
    actions = ActionChains(opened)
    for at in ((300, 300), (500, 300), (500, 500)):
        actions.w3c_actions.pointer_action.move_to_location(*at)
        actions.click()
    actions.perform()
    said = text_of(opened, "#measured")
    metres = opened.execute_script(
        "const box = map_gridmap.getContainer().getBoundingClientRect();"
        "const at = (x, y) => map_gridmap.containerPointToLatLng([x - box.left, y - box.top]);"
        "return at(300, 300).distanceTo(at(500, 300)) + at(500, 300).distanceTo(at(500, 500));"
    )
    number = float(said.split()[0].replace(",", ""))
    number *= 1000 if "公里" in said.split("　")[0] else 1
    assert number == pytest.approx(metres, rel=0.02)
    assert "公顷" in said or "平方公里" in said
    ActionChains(opened).send_keys(Keys.ESCAPE).perform()


def test_the_address_brings_the_same_view_back(opened: Chrome, plan: Plan) -> None:
    click_grid(opened, plan, 7)
    Select(opened.find_element(By.ID, "theme")).select_by_value("clarity")
    opened.find_element(By.ID, "switch").click()
    opened.execute_script("map_gridmap.setZoom(map_gridmap.getZoom() + 1, {animate: false})")
    time.sleep(0.6)
    address = opened.current_url
    view = opened.execute_script("return [map_gridmap.getZoom(), map_gridmap.getCenter().lng]")
    opened.get("about:blank")
    opened.get(address)
    time.sleep(0.6)
    again = opened.execute_script("return [map_gridmap.getZoom(), map_gridmap.getCenter().lng]")
    assert again == pytest.approx(view, abs=0.02)
    assert plan.grids["name"].iloc[7] in text_of(opened, "#card")
    assert opened.find_element(By.ID, "theme").get_attribute("value") == "clarity"
    assert opened.execute_script("return document.documentElement.lang") == "en"


@pytest.mark.parametrize(
    "words",
    ["#grid=<script>&theme=__proto__", "#at=1e999,x,NaN", "#%", "#at=&language=xx", "#=&=&&"],
)
def test_a_hostile_address_does_nothing(browser: Chrome, opened: Chrome, words: str) -> None:
    address = opened.current_url.split("#")[0]
    opened.get("about:blank")
    read_console(opened)
    opened.get(address + words)
    time.sleep(0.5)
    assert opened.find_elements(By.CSS_SELECTOR, "html.ready")
    assert read_console(browser) == []


def test_before_and_after_are_compared(browser: Chrome, tmp_path: Path) -> None:
    before = draw_plan("AABB\nAABB\nCCDD\nCCDD")
    after = draw_plan("AABB\nAAAB\nCCDD\nCCDD")
    write_map(after, tmp_path / "both.html", before=before)
    open_map(browser, tmp_path / "both.html")
    browser.find_element(By.ID, "compare").click()
    rows = [e.text for e in browser.find_elements(By.CSS_SELECTOR, "#changes-list li")]
    assert len(rows) == 2
    assert all("重划" in row for row in rows)
    assert "网格" in text_of(browser, "#changes-told")
    line = browser.find_element(By.ID, "swipe")
    start = float(line.get_attribute("aria-valuenow") or 0)
    line.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert float(line.get_attribute("aria-valuenow") or 0) == pytest.approx(start + 4)
    ActionChains(browser).drag_and_drop_by_offset(line, -200, 0).perform()
    assert float(line.get_attribute("aria-valuenow") or 0) < start
    browser.find_elements(By.CSS_SELECTOR, "#changes-list button")[0].click()
    assert text_of(browser, "#card h2") in rows[0]
    assert read_console(browser) == []
    assert list_requests(browser) == []


def test_bad_themes_are_refused(plan: Plan, tmp_path: Path) -> None:
    values = pd.Series(1.0, index=plan.grids.index)
    for breaks, key in (
        ([], "a"),
        ([2, 1], "a"),
        ([float("nan")], "a"),
        ([1, 2, 3, 4, 5], "a"),
        ([1], "a b"),
    ):
        with pytest.raises(InvalidOption):
            make_theme(plan, values, key=key, zh="甲", en="a", breaks=breaks)
    theme = make_theme(plan, values, key="band", zh="甲", en="a", breaks=[1])
    with pytest.raises(InvalidOption):
        write_map(plan, tmp_path / "m.html", themes=[theme])
