"""Layers over the grids: what is in them, and how they are used in a browser."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from browsing import list_requests, open_map, read_console, text_of
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from gridmap import Rules, make_plan, write_plan
from gridmap.boundaries import analyse, write_analysis
from gridmap.boundaries.analysing import add_reach
from gridmap.boundaries.examples import draw_sources
from gridmap.boundaries.overlay import Overlay
from gridmap.boundaries.reach import Reach
from gridmap.errors import InvalidOption, UnreadableFile
from gridmap.maps import (
    Fact,
    Item,
    MapLayer,
    make_map,
    read_layers,
    show_analysis,
    show_conflicts,
    show_reach,
    show_unreached,
    write_map,
)
from gridmap.maps.found_layers import KINDS, NOT_DRAWN
from gridmap.maps.ground import Ground
from gridmap.maps.layers import pack_layers
from gridmap.maps.outlines import STEP_DEG
from gridmap.maps.packing import unpack_integers
from gridmap.testing import draw_territory

if TYPE_CHECKING:
    from pathlib import Path

    from selenium.webdriver import Chrome

    from gridmap.model import Plan

NASTY = "<img src=x onerror=alert(1)>"


def layers_of(plan: Plan) -> list[MapLayer]:
    """Return a layer of three polygons and one of a line and a point, on the plan's land."""
    shapes = plan.grids.geometry
    facts = (Fact("面积", "Area", "12 公顷", "12 ha"),)
    gaps = [Item(f"空隙{n}", f"gap {n}", facts, shapes.iloc[5 * n].centroid.buffer(2e-5 + n * 5e-4))
            for n in range(3)]  # fmt: skip
    line = shapely.LineString([shapes.iloc[1].centroid, shapes.iloc[9].centroid])
    lines = [
        Item(NASTY, NASTY, (Fact(NASTY, NASTY, NASTY, NASTY),), line),
        Item("点", "point", (), shapes.iloc[20].centroid),
    ]
    return [
        MapLayer("gaps", "空隙", "gaps", "#c0161b", tuple(gaps)),
        MapLayer("lines", "不清晰边界", "unclear", "#0a6b2d", tuple(lines)),
    ]


@pytest.fixture
def opened(browser: Chrome, patchwork: Plan, tmp_path_factory: pytest.TempPathFactory) -> Chrome:
    path = tmp_path_factory.getbasetemp() / "layers.html"
    if not path.exists():
        write_map(patchwork, path, layers=layers_of(patchwork))
    open_map(browser, path)
    return browser


def tick(browser: Chrome, place: int) -> None:
    browser.find_elements(By.CSS_SELECTOR, "#layer-list input")[place].click()


def test_layers_are_off_until_they_are_switched_on(opened: Chrome) -> None:
    assert opened.find_elements(By.CSS_SELECTOR, ".leaflet-found-pane") == []
    opened.find_element(By.ID, "show-layers").click()
    assert not opened.find_element(By.ID, "item-list").is_displayed()
    assert "空隙" not in text_of(opened, "#legend")
    tick(opened, 0)
    tick(opened, 1)
    rows = [e.text for e in opened.find_elements(By.CSS_SELECTOR, "#item-list button")]
    assert rows == ["1 空隙0", "2 空隙1", "3 空隙2", f"1 {NASTY}", "2 点"]
    assert "空隙\ngaps" in text_of(opened, "#legend")
    tick(opened, 0)
    assert "空隙" not in text_of(opened, "#legend")
    assert len(opened.find_elements(By.CSS_SELECTOR, "#item-list button")) == 2
    assert read_console(opened) == []
    assert list_requests(opened) == []


def test_the_list_is_clicked_through_and_shows_each_thing_and_its_card(opened: Chrome) -> None:
    opened.find_element(By.ID, "show-layers").click()
    tick(opened, 0)
    zoom = opened.execute_script("return map_gridmap.getZoom()")
    opened.find_elements(By.CSS_SELECTOR, "#item-list button")[0].click()
    time.sleep(0.7)
    assert opened.execute_script("return map_gridmap.getZoom()") > zoom
    assert text_of(opened, "#card h2") == "空隙0"
    assert "12 公顷" in text_of(opened, "#card")
    opened.find_elements(By.CSS_SELECTOR, "#card .foot button")[1].click()
    assert text_of(opened, "#card h2") == "空隙1"
    assert text_of(opened, "#item-list [aria-current]") == "2 空隙1"
    opened.find_element(By.ID, "switch").click()
    assert text_of(opened, "#card h2") == "gap 1"
    assert "Area\n12 ha" in text_of(opened, "#card")
    assert text_of(opened, "#overlays h2") == "Layers"


def test_a_click_on_a_thing_opens_its_card_and_on_land_the_grids(
    opened: Chrome, patchwork: Plan
) -> None:
    opened.find_element(By.ID, "show-layers").click()
    tick(opened, 0)
    for place, wanted in ((10, "空隙2"), (30, patchwork.grids["name"].iloc[30])):
        point = patchwork.grids.geometry.iloc[place].centroid
        x, y = opened.execute_script(
            "const p = map_gridmap.latLngToContainerPoint([arguments[1], arguments[0]]);"
            "const box = map_gridmap.getContainer().getBoundingClientRect();"
            "return [Math.round(p.x + box.left), Math.round(p.y + box.top)];",
            point.x,
            point.y,
        )
        actions = ActionChains(opened)
        actions.w3c_actions.pointer_action.move_to_location(x, y)
        actions.click().perform()
        time.sleep(0.4)
        assert text_of(opened, "#card h2") == wanted


def test_layers_by_keyboard_alone(opened: Chrome) -> None:
    opened.find_element(By.ID, "show-layers").send_keys(Keys.ENTER)
    box = opened.find_elements(By.CSS_SELECTOR, "#layer-list input")[1]
    box.send_keys(Keys.SPACE)
    assert opened.switch_to.active_element.get_attribute("value") == "lines"
    opened.find_elements(By.CSS_SELECTOR, "#item-list button")[0].send_keys(Keys.ENTER)
    assert text_of(opened, "#card h2") == NASTY
    opened.find_elements(By.CSS_SELECTOR, "#item-list button")[0].send_keys(Keys.ESCAPE)
    assert not opened.find_element(By.ID, "overlays").is_displayed()
    assert opened.switch_to.active_element.get_attribute("id") == "show-layers"
    assert read_console(opened) == []


def test_the_address_brings_the_layers_back(opened: Chrome) -> None:
    opened.find_element(By.ID, "show-layers").click()
    tick(opened, 1)
    time.sleep(0.5)
    address = opened.current_url
    assert "layers=lines" in address
    opened.get("about:blank")
    opened.get(address + ",nothing,__proto__")
    time.sleep(0.5)
    assert "unclear" in text_of(opened, "#legend")
    assert read_console(opened) == []


def test_on_a_telephone_tools_are_one_button_and_panels_are_sheets(
    browser: Chrome, opened: Chrome, tmp_path_factory: pytest.TempPathFactory
) -> None:
    open_map(browser, tmp_path_factory.getbasetemp() / "layers.html", width=390, height=780)
    assert not opened.find_element(By.ID, "show-layers").is_displayed()
    opened.find_element(By.ID, "tools").click()
    opened.find_element(By.ID, "show-layers").click()
    assert not opened.find_element(By.ID, "show-table").is_displayed()
    sheet = opened.find_element(By.ID, "overlays").rect
    assert sheet["x"] == 0
    assert sheet["width"] == 390
    assert sheet["height"] < 780 * 0.45
    assert opened.execute_script("return document.documentElement.scrollWidth") == 390
    bar = opened.find_element(By.ID, "bar").rect
    assert bar["height"] < 60
    assert bar["x"] + bar["width"] <= 390


def test_what_is_packed_is_where_it_was(patchwork: Plan) -> None:
    ground = Ground.of(patchwork.grids)
    packed = pack_layers(layers_of(patchwork), ground)[1]
    steps = unpack_integers(packed["lines"]["steps"]).reshape(-1, 2).cumsum(axis=0)
    degrees = (steps + ground.origin) * STEP_DEG
    shapes = [item.shape for item in layers_of(patchwork)[1].items]
    wanted = np.concatenate([shapely.get_coordinates(shape) for shape in shapes])
    assert np.abs(degrees - wanted).max() <= STEP_DEG / 2 + 1e-12
    assert [item["shape"] for item in packed["items"]] == [[[1, 1]], [[0, 1]]]


def test_a_file_and_its_analysis_give_the_same_layers(tmp_path: Path) -> None:
    analysis = analyse(draw_sources("ABBBCC\nABABCC\nABBBCA", households=3))
    write_analysis(analysis, tmp_path / "findings.gpkg")
    read, made = read_layers(tmp_path / "findings.gpkg"), show_analysis(analysis)
    assert [layer.key for layer in read] == [layer.key for layer in made]
    for one, other in zip(read, made, strict=True):
        assert [item[:3] for item in one.items] == [item[:3] for item in other.items]
        for a, b in zip(one.items, other.items, strict=True):
            assert a.shape.hausdorff_distance(b.shape) < 1e-9
    assert "reach_areas" in {*KINDS}
    assert "reach_unreachable" in NOT_DRAWN
    values = {fact.value_zh for layer in made for item in layer.items for fact in item.facts}
    assert "不足 10 户" in values
    assert not any(value.startswith("3 ") for value in values)


def test_homes_without_a_way_stay_in_the_file(tmp_path: Path) -> None:
    sources = draw_sources("ABBB\nABAB\nABBB", households=4)
    analysis = add_reach(analyse(sources), sources)
    write_analysis(analysis, tmp_path / "findings.gpkg")
    assert len(gpd.read_file(tmp_path / "findings.gpkg", layer="reach_unreachable"))
    for layers in (read_layers(tmp_path / "findings.gpkg"), show_analysis(analysis)):
        assert {layer.key for layer in layers} <= {"parts", "reach_areas", "reach_places"}


def test_a_file_that_is_no_analysis_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "text.gpkg"
    text.write_text("no", "utf-8")
    homes = tmp_path / "homes.gpkg"
    gpd.GeoDataFrame({"name": ["王某"]}, geometry=[shapely.Point(113, 23)], crs=4490).to_file(
        homes, layer="homes"
    )
    table = tmp_path / "table.csv"
    table.write_text("lon,lat\n113,23\n", "utf-8")
    plan = make_plan(draw_territory("AB", households=400), rules=Rules.preset())
    write_plan(plan, tmp_path / "plan.gpkg")
    for path in (text, table, tmp_path / "missing.gpkg", tmp_path / "plan.gpkg"):
        with pytest.raises(UnreadableFile):
            read_layers(path)
    with pytest.raises(InvalidOption, match="homes"):
        read_layers(homes)


def test_two_layers_of_one_key_are_refused(patchwork: Plan) -> None:
    with pytest.raises(InvalidOption, match="gaps"):
        make_map(patchwork, layers=[*layers_of(patchwork), layers_of(patchwork)[0]])


def reach_of(plan: Plan, homes: gpd.GeoDataFrame, states: list[str]) -> Reach:
    table = pd.DataFrame({"households": homes["households"], "state": states}, index=homes.index)
    areas = gpd.GeoDataFrame(
        {"station_id": ["S1", "S1"], "name": ["东站", "东站"], "minutes": [5.0, 15.0],
         "area_m2": [1e4, 9e4], "households": [4, 900]},
        geometry=[plan.grids.geometry.iloc[0], plan.grids.geometry.iloc[:3].union_all()],
        crs=plan.grids.crs,
    )  # fmt: skip
    return Reach(areas, table, pd.DataFrame(), 1.2, ())


def test_households_without_a_way_are_counts_of_grids_and_never_places(patchwork: Plan) -> None:
    inside = patchwork.grids.geometry.representative_point()
    spots = (
        [inside.iloc[2]] * 3 + [inside.iloc[7]] * 2 + [shapely.Point(100, 30)] + [inside.iloc[9]]
    )
    homes = gpd.GeoDataFrame(
        {"household_id": [f"H{n}" for n in range(7)], "households": [20, 20, 1, 3, 4, 50, 60]},
        index=[f"H{n}" for n in range(7)],
        geometry=spots,
        crs=patchwork.grids.crs,
    )
    states = ["far_from_road", "other_piece", "other_piece", *["far_from_road"] * 3, "reached"]
    layer = show_unreached(reach_of(patchwork, homes, states), homes, patchwork)
    told = {item.zh: [fact.value_zh for fact in item.facts] for item in layer.items}
    assert told == {
        patchwork.grids["name"].iloc[2]: ["41 户", "20 户", "21 户"],
        patchwork.grids["name"].iloc[7]: ["不足 10 户", "距道路过远"],
        "不在任何网格内": ["50 户", "距道路过远"],
    }
    page = make_map(patchwork, layers=[layer]).get_root().render()
    assert '"H0"' not in page
    assert layer.items[0].shape.equals(patchwork.grids.geometry.iloc[2])


def test_reach_is_a_layer_for_each_limit_the_longest_first(patchwork: Plan) -> None:
    homes = gpd.GeoDataFrame({"households": []}, geometry=[], crs=patchwork.grids.crs)
    layers = show_reach(reach_of(patchwork, homes, []), patchwork)
    assert [layer.key for layer in layers] == ["reach_15", "reach_5"]
    assert [fact.value_en for fact in layers[1].items[0].facts] == ["1.0 ha", "fewer than 10"]


def test_conflicts_are_the_land_on_which_departments_disagree(patchwork: Plan) -> None:
    land = patchwork.grids.geometry.iloc[:2].to_list()
    pieces = gpd.GeoDataFrame({"公安": ["1", "2"], "民政": ["1", ""]}, geometry=land, crs=4490)
    rows = pd.DataFrame(
        {"piece": [1], "departments": ["民政"], "area_m2": [5000.0], "households": [12]}
    )
    overlay = Overlay(("公安", "民政"), pieces, pd.DataFrame(), rows, np.array([]), {}, ())
    [item] = show_conflicts(overlay, patchwork).items
    assert item.zh == "民政"
    assert [fact.value_zh for fact in item.facts] == ["5,000 平方米", "12 户", "2", "—"]
    assert item.shape.equals(land[1])


def test_a_layer_is_one_json_block_and_the_same_bytes(patchwork: Plan) -> None:
    layers = layers_of(patchwork)
    pages = [make_map(patchwork, layers=layers).get_root().render() for _ in range(2)]
    assert pages[0] == pages[1]
    assert NASTY not in pages[0]
    bare = make_map(patchwork).get_root().render()
    assert bare == make_map(patchwork, layers=()).get_root().render()
