"""The page in a real browser, from a file, with the network cut: seen, clicked, typed, printed."""

from __future__ import annotations

import base64
import dataclasses
import re
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from browsing import click_grid, list_requests, open_map, read_console, text_of
from payloads import MARK
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from gridmap.estimates import HOUSEHOLDS_ESTIMATED
from gridmap.findings import Finding
from gridmap.maps import make_map, write_map

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from selenium.webdriver import Chrome

    from gridmap.model import Plan


@pytest.fixture(scope="module")
def map_file(patchwork: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("map") / "map.html"
    write_map(patchwork, path, date="2026-10-31", source="区民政局", review_number="粤S(2026)001号")
    return path


@pytest.fixture
def opened(browser: Chrome, map_file: Path) -> Chrome:
    open_map(browser, map_file)
    return browser


def test_the_page_asks_for_nothing_and_complains_of_nothing(opened: Chrome) -> None:
    assert list_requests(opened) == []
    assert read_console(opened) == []
    assert opened.execute_script("return performance.getEntriesByType('resource').length") == 0


def test_the_margin_says_whose_map_it_is(opened: Chrome, patchwork: Plan) -> None:
    assert text_of(opened, "#title") == "望江镇、清河街道网格划分图"
    assert opened.title == "望江镇、清河街道网格划分图"
    assert text_of(opened, "#stamp") == "内部用图"
    imprint = text_of(opened, "#imprint")
    for words in ("审图号：粤S(2026)001号", "数据日期：2026-10-31", "资料来源：区民政局"):
        assert words in imprint
    numbers = [e.text for e in opened.find_elements(By.CSS_SELECTOR, "#totals dd")]
    assert numbers[0] == str(len(patchwork.grids))
    kinds = patchwork.grids["kind"].value_counts()
    assert numbers[3] == f"{kinds['dedicated']} / {kinds['exclave']}"
    assert len(numbers) == 4


def test_grids_are_painted_in_the_colours_of_their_kinds(opened: Chrome) -> None:
    colours = opened.execute_script(
        "const c = document.querySelector('#stage canvas');"
        "const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
        "const n = {}; for (let i = 0; i < d.length; i += 4) if (d[i + 3] === 255) {"
        "const k = '#' + [0, 1, 2].map(j => d[i + j].toString(16).padStart(2, '0')).join('');"
        "n[k] = (n[k] || 0) + 1; } return n;"
    )
    from gridmap.maps.palette import KINDS, make_palette

    painted = [shade for tint in make_palette()["tints"] for shade in tint]
    assert sum(colours.get(colour, 0) > 500 for colour in painted) >= 8
    for kind in KINDS.values():
        assert colours.get(kind["fill"], 0) > 300


def test_a_click_shows_the_facts_of_the_grid(opened: Chrome, patchwork: Plan) -> None:
    kinds = patchwork.grids["kind"].to_numpy()
    for kind, words in (
        ("general", "综合网格"),
        ("dedicated", "专属网格"),
        ("exclave", "飞地网格"),
    ):
        place = int(np.flatnonzero(kinds == kind)[0])
        grid = patchwork.grids.iloc[place]
        click_grid(opened, patchwork, place)
        card = text_of(opened, "#card")
        assert grid["name"] in card
        assert grid["code"] in card
        assert words in card
        assert "公顷" in card or "平方公里" in card
        assert ("所在社区" in card) == (kind == "exclave")
        assert ("300–500 户" in card) == (kind != "dedicated")


def test_a_grid_outside_its_band_says_why(opened: Chrome, patchwork: Plan) -> None:
    place = int(np.flatnonzero(~patchwork.grids["in_band"].to_numpy())[0])
    click_grid(opened, patchwork, place)
    card = text_of(opened, "#card")
    assert "▲ 高于上限" in card or "▼ 低于下限" in card
    assert patchwork.grids["reason"].iloc[place] in card


def test_a_click_beside_the_land_closes_the_card(opened: Chrome, patchwork: Plan) -> None:
    click_grid(opened, patchwork, 0)
    actions = ActionChains(opened)
    actions.w3c_actions.pointer_action.move_to_location(30, 150)
    actions.click().perform()
    assert text_of(opened, "#card").startswith("点击地图")


def test_search_by_part_of_a_name_zooms_to_the_grid(opened: Chrome, patchwork: Plan) -> None:
    grid = patchwork.grids.iloc[11]
    before = opened.execute_script("return map_gridmap.getZoom()")
    field = opened.find_element(By.ID, "query")
    field.send_keys(grid["name"][1:])
    assert opened.find_elements(By.CSS_SELECTOR, "#results li .name")[0].text == grid["name"]
    field.send_keys(Keys.ARROW_DOWN, Keys.ENTER)
    time.sleep(0.6)
    assert grid["name"] in text_of(opened, "#card")
    assert opened.execute_script("return map_gridmap.getZoom()") > before
    west, south, east, north = opened.execute_script(
        "const b = map_gridmap.getBounds();"
        "return [b.getWest(), b.getSouth(), b.getEast(), b.getNorth()];"
    )
    box = grid.geometry.bounds
    assert west < box[0] < box[2] < east
    assert south < box[1] < box[3] < north


def test_search_by_code_and_by_community_and_for_nothing(opened: Chrome, patchwork: Plan) -> None:
    field = opened.find_element(By.ID, "query")
    code = patchwork.grids["code"].iloc[20]
    field.send_keys(code[-6:])
    notes = [e.text for e in opened.find_elements(By.CSS_SELECTOR, "#results li .note")]
    assert code in notes
    field.send_keys(Keys.ESCAPE, Keys.ESCAPE)
    name = patchwork.territory.units.communities["name"].iloc[0]
    field.send_keys(name, Keys.ENTER)
    assert text_of(opened, "#card h2") == name
    assert "个网格" in text_of(opened, "#card")
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys("没有这个")
    assert "没有找到" in text_of(opened, "#found")


def test_full_width_digits_find_the_same_grid(opened: Chrome, patchwork: Plan) -> None:
    name = patchwork.grids["name"].iloc[0]
    wide = name.translate({ord(str(n)): chr(0xFF10 + n) for n in range(10)})
    opened.find_element(By.ID, "query").send_keys(wide)
    assert text_of(opened, "#results li .name") == name


def test_the_language_switches_and_switches_back(opened: Chrome, patchwork: Plan) -> None:
    click_grid(opened, patchwork, 0)
    opened.find_element(By.ID, "switch").click()
    page = text_of(opened, "body")
    assert opened.execute_script("return document.documentElement.lang") == "en"
    for words in ("Internal use", "Legend", "households", "Community", "Data of: 2026-10-31"):
        assert words in page
    opened.find_element(By.ID, "switch").click()
    assert "所属社区" in text_of(opened, "#card")


def test_the_legend_speaks_both_languages(opened: Chrome) -> None:
    legend = text_of(opened, "#legend")
    for words in ("综合网格", "general grid", "飞地网格", "exclave grid", "社区界", "river"):
        assert words in legend


def test_no_two_rows_of_the_legend_touch(opened: Chrome) -> None:
    overlaps = opened.execute_script(
        "const boxes = [...document.querySelectorAll('#legend .names')]"
        ".map((e) => e.getBoundingClientRect());"
        "const hits = []; boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b) => {"
        "if (a.left < b.right + 3 && b.left < a.right + 3 &&"
        " a.top < b.bottom + 3 && b.top < a.bottom + 3) hits.push([i, a.top, b.top]); }));"
        "return hits;"
    )
    assert overlaps == []


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (390, 780)])
def test_the_first_view_shows_all_land_as_large_as_it_goes(
    browser: Chrome, map_file: Path, patchwork: Plan, width: int, height: int
) -> None:
    open_map(browser, map_file, width=width, height=height)
    west, south, east, north = (float(value) for value in patchwork.grids.total_bounds)
    left, top, right, bottom, wide, high = browser.execute_script(
        "const at = (x, y) => map_gridmap.latLngToContainerPoint([y, x]);"
        "const a = at(arguments[0], arguments[3]), b = at(arguments[2], arguments[1]);"
        "const s = map_gridmap.getSize(); return [a.x, a.y, b.x, b.y, s.x, s.y];",
        west,
        south,
        east,
        north,
    )
    assert min(left, top, wide - right, high - bottom) > 4
    above, below = (52, 92) if width < 760 else (8, 8)
    room = max((right - left) / (wide - 16), (bottom - top) / (high - above - below))
    assert 0.98 < room <= 1.01
    if width < 760:
        finder = browser.find_element(By.ID, "query").rect
        stage = browser.find_element(By.ID, "stage").rect
        assert stage["y"] + top > finder["y"] + finder["height"]


def test_estimated_households_are_called_so_in_header_margin_card_and_print(
    browser: Chrome, patchwork: Plan, tmp_path: Path
) -> None:
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
    write_map(dataclasses.replace(patchwork, findings=(found,)), tmp_path / "map.html")
    open_map(browser, tmp_path / "map.html")
    assert "总户数（估算）" in text_of(browser, "#totals")
    assert "约 " in text_of(browser, "#totals")
    assert "户数为估算值" in text_of(browser, "#imprint")
    click_grid(browser, patchwork, 0)
    assert "户（估算）" in text_of(browser, "#card")
    browser.find_element(By.ID, "switch").click()
    assert "households (estimated)" in text_of(browser, "#totals")
    assert "estimated, not counted" in text_of(browser, "#imprint")
    assert "(estimated)" in text_of(browser, "#card")


def test_land_without_households_has_a_mark_of_its_own(
    browser: Chrome, patchwork: Plan, tmp_path: Path
) -> None:
    place = int(np.flatnonzero(patchwork.grids["kind"].to_numpy() == "general")[0])
    counts = patchwork.grids["households"].to_numpy().copy()
    inside = patchwork.grids["in_band"].to_numpy().copy()
    counts[place], inside[place] = 0, False
    grids = patchwork.grids.assign(households=counts, in_band=inside)
    plan = dataclasses.replace(patchwork, grids=grids)
    write_map(plan, tmp_path / "map.html")
    open_map(browser, tmp_path / "map.html")
    assert "无住户" in text_of(browser, "#legend")
    click_grid(browser, plan, place)
    card = text_of(browser, "#card")
    assert "无住户" in card
    assert "▼" not in card
    assert "不足 10 户" not in card


def test_only_the_chosen_exclave_has_its_whole_line(opened: Chrome, patchwork: Plan) -> None:
    dashes = (
        "const real = CanvasRenderingContext2D.prototype.setLineDash; let n = 0;"
        "CanvasRenderingContext2D.prototype.setLineDash = function (d) {"
        "if (d[0] === 6 && d[1] === 4.5) n++; return real.call(this, d); };"
        "map_gridmap.fire('moveend'); map_gridmap.eachLayer((l) => l.redraw && l.redraw());"
        "CanvasRenderingContext2D.prototype.setLineDash = real; return n;"
    )
    assert opened.execute_script(dashes) == 0
    kinds = patchwork.grids["kind"].to_numpy()
    click_grid(opened, patchwork, int(np.flatnonzero(kinds == "exclave")[0]))
    assert opened.execute_script(dashes) >= 1


def test_everything_can_be_reached_by_keyboard(opened: Chrome) -> None:
    opened.execute_script("document.activeElement.blur()")
    reached = []
    for _ in range(12):
        ActionChains(opened).send_keys(Keys.TAB).perform()
        reached.append(
            opened.execute_script("const a = document.activeElement; return a.id || a.tagName")
        )
    for wanted in ("switch", "map_gridmap", "zoom-in", "zoom-out", "zoom-all", "query"):
        assert wanted in reached
    opened.execute_script("map_gridmap.getContainer().focus()")
    ActionChains(opened).send_keys(Keys.ENTER).perform()
    first = text_of(opened, "#card h2")
    for button in opened.find_elements(By.CSS_SELECTOR, "#card .foot button"):
        if button.text == "下一个":
            button.send_keys(Keys.ENTER)
            break
    assert text_of(opened, "#card h2") != first
    opened.execute_script("map_gridmap.getContainer().focus()")
    ActionChains(opened).send_keys(Keys.ESCAPE).perform()
    assert text_of(opened, "#card").startswith("点击地图")


def test_labels_never_cover_each_other_and_nearly_all_grids_have_one(
    opened: Chrome, patchwork: Plan
) -> None:
    placed = opened.execute_script(
        "const boxes = []; const ctx = document.createElement('canvas').getContext('2d');"
        "const real = ctx.fillText.bind(ctx);"
        "ctx.fillText = (t, x, y) => { const m = ctx.measureText(t);"
        "boxes.push([t, x - m.width / 2, y - 4, x + m.width / 2, y + 4]); real(t, x, y); };"
        "const data = JSON.parse(document.getElementById('gridmap-data').textContent);"
        "const model = gridmap.decode(data);"
        "const text = (k) => k; text.language = 'zh';"
        "const o = map_gridmap.getPixelOrigin();"
        "gridmap.drawLabels(ctx, model.grids,"
        "{scale: Math.pow(2, map_gridmap.getZoom()), x: o.x, y: o.y}, model, text);"
        "return boxes;"
    )
    assert len(placed) > 45
    serials = [label for label in placed if label[0].isdecimal()]
    general = int((patchwork.grids["kind"] == "general").sum())
    assert len(serials) >= 0.97 * general
    for i, a in enumerate(placed):
        for b in placed[i + 1 :]:
            assert a[1] >= b[3] or b[1] >= a[3] or a[2] >= b[4] or b[2] >= a[4], (a, b)


def test_a_telephone_sees_map_search_and_card_without_scrolling_sideways(
    browser: Chrome, map_file: Path, patchwork: Plan
) -> None:
    open_map(browser, map_file, width=390, height=780)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
    assert browser.find_element(By.ID, "query").is_displayed()
    assert browser.execute_script("return document.getElementById('legend').open") is False
    stage = browser.find_element(By.ID, "stage").rect
    assert stage["width"] == 390
    assert stage["height"] > 500
    field = browser.find_element(By.ID, "query")
    field.send_keys(patchwork.grids["code"].iloc[5], Keys.ENTER)
    card = browser.find_element(By.ID, "card").rect
    assert card["width"] == 390
    assert card["y"] + card["height"] <= 780


def test_the_map_prints_on_one_page_and_comes_back(opened: Chrome) -> None:
    before = opened.find_element(By.ID, "stage").rect
    printed = opened.execute_cdp_cmd(
        "Page.printToPDF", {"preferCSSPageSize": True, "printBackground": True}
    )
    pages = re.findall(rb"/Type\s*/Page\b(?!s)", base64.b64decode(printed["data"]))
    assert len(pages) == 1
    assert opened.find_element(By.ID, "stage").rect == before
    assert opened.execute_script("return document.documentElement.className") == "ready"


def test_the_policy_stops_a_script_that_gets_into_the_page_all_the_same(opened: Chrome) -> None:
    opened.execute_script(
        "const s = document.createElement('img'); s.setAttribute('onerror', arguments[0]);"
        "s.src = 'data:,x'; document.body.appendChild(s);",
        MARK,
    )
    time.sleep(0.3)
    assert opened.execute_script("return window.broken") is None
    assert any("Content Security Policy" in entry["message"] for entry in read_console(opened))


def test_two_and_a_half_thousand_grids_open(
    browser: Chrome, draw_patchwork: Callable[..., Plan], tmp_path: Path
) -> None:
    path = tmp_path / "large.html"
    write_map(draw_patchwork(2500), path)
    assert path.stat().st_size < 3_000_000
    open_map(browser, path)
    assert read_console(browser) == []
    assert text_of(browser, "#totals dd") == "2,500"


def test_a_folium_layer_added_by_the_user_is_drawn_under_the_policy(
    browser: Chrome, patchwork: Plan, tmp_path: Path
) -> None:
    import folium

    drawn = make_map(patchwork)
    point = patchwork.grids.geometry.iloc[0].representative_point()
    folium.CircleMarker([point.y, point.x], radius=9).add_to(drawn)
    drawn.save(str(tmp_path / "own.html"))
    open_map(browser, tmp_path / "own.html")
    assert browser.find_elements(By.CSS_SELECTOR, "path.leaflet-interactive")
    assert read_console(browser) == []
