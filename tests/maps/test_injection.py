"""A hundred payloads in every text field of a plan: nothing runs, in the page or on paper."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pypdf
import pytest
import shapely
from browsing import list_requests, open_map, read_console
from payloads import PAYLOADS
from toy_plans import draw_plan

from gridmap.maps import Theme, write_map
from gridmap.maps.content import Extras, Imprint, describe_plan
from gridmap.maps.page import write_json
from gridmap.maps.themes import ThemeClass
from gridmap.maps.wording import clean_text
from gridmap.model import LANDMARK_KINDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from selenium.webdriver import Chrome

    from gridmap.model import Plan

ACTIONS = {"/JS", "/JavaScript", "/OpenAction", "/AA", "/Launch", "/URI", "/A", "/EmbeddedFiles"}

HERE = "此处此处"

CLEAN = """
const odd = [...document.querySelectorAll('*')].filter((e) =>
  ['IMG', 'IFRAME', 'OBJECT', 'EMBED', 'BASE', 'FORM', 'A'].includes(e.tagName)
  || [...e.attributes].some((a) => /^on/i.test(a.name)));
const broken = window.broken === undefined ? null : window.broken;
return [broken, odd.map((e) => e.outerHTML.slice(0, 90)), document.scripts.length,
        document.querySelectorAll('style, link, meta').length];
"""
"""What ran, what should not be there, and how many scripts and styles there are."""

WALK = """
const click = (e) => e && e.click();
const byId = (id) => document.getElementById(id);
document.activeElement.blur();
click(byId('show-table'));
map_gridmap.getContainer().dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter'}));
for (let n = 0; n < arguments[0]; n++) {
  const foot = document.querySelectorAll('#card .foot button');
  click(foot[1]);
}
for (const option of [...byId('theme').options]) {
  byId('theme').value = option.value;
  byId('theme').dispatchEvent(new Event('change'));
}
for (const word of ['<', 'script', '"', '社区', 'x']) {
  byId('query').value = word;
  byId('query').dispatchEvent(new Event('input'));
}
click(byId('switch'));
click(byId('only-problems'));
click(byId('show-table'));
click(byId('switch'));
"""
"""Everything that shows a text, in both languages."""

AGAIN = """
const done = arguments[arguments.length - 1], blocks = arguments[0];
const next = () => {
  if (!blocks.length) return done();
  document.documentElement.classList.remove('ready');
  map_gridmap.eachLayer((layer) => layer.remove());
  map_gridmap.off();
  const old = document.getElementById('switch');
  old.replaceWith(old.cloneNode(true));
  document.getElementById('gridmap-data').textContent = blocks.pop();
  gridmap.start(map_gridmap, 'gridmap-data');
  const wait = () => document.documentElement.classList.contains('ready')
    ? (document.getElementById('switch').click(), next()) : requestAnimationFrame(wait);
  wait();
};
next();
"""
"""The page is started anew on other data, without its old listeners: all is said twice."""


@pytest.fixture(scope="module")
def hostile(draw_patchwork: Callable[..., Plan]) -> Plan:
    """Return a plan that has the payloads for texts: every field of it sees every one."""
    plan = draw_patchwork(130, communities=105)
    count, units = len(plan.grids), plan.territory.units
    turn = [[PAYLOADS[(k + shift) % 100] for k in range(count)] for shift in range(0, 100, 7)]
    places = len(units.communities)
    grids = plan.grids.assign(
        name=turn[0], code=turn[1], reason=turn[2], reason_en=turn[3], category=turn[4]
    )
    middles = shapely.point_on_surface(np.asarray(grids.geometry.array, dtype=object))
    landmarks = gpd.GeoDataFrame(
        {
            "kind": [LANDMARK_KINDS[k % len(LANDMARK_KINDS)] for k in range(count)],
            "name": turn[5],
            "class": "arterial",
        },
        geometry=[_bar(p, k) for k, p in enumerate(middles)],
        crs=units.crs,
    )
    sites = gpd.GeoDataFrame(
        {"name": turn[6], "owner": turn[7], "category": "school", "area_m2": 1.0},
        index=pd.Index([f"s{k}" for k in range(count)], name="site_id"),
        geometry=middles,
        crs=units.crs,
    )
    whole = dataclasses.replace(
        units,
        frame=units.frame.assign(compound_id=[f"K{k}" for k in range(len(units.frame))]),
        communities=units.communities.assign(name=turn[8][:places], township=turn[9][:places]),
        landmarks=landmarks,
        sites=sites,
    )
    return dataclasses.replace(
        plan,
        grids=grids.assign(site_id=sites.index.to_numpy()),
        territory=dataclasses.replace(plan.territory, units=whole),
    )


def _bar(point: shapely.Point, k: int) -> shapely.Geometry:
    """Return a road or a compound there, as long as a grid is wide."""
    if LANDMARK_KINDS[k % len(LANDMARK_KINDS)] == "compound":
        return point.buffer(0.002)
    return shapely.LineString([(point.x - 0.004, point.y), (point.x + 0.004, point.y)])


def _themes(plan: Plan) -> list[Theme]:
    """Return a theme for every payload, with the payloads as classes."""
    members = np.arange(len(plan.grids)) % 5
    made = []
    for k, payload in enumerate(PAYLOADS):
        classes = tuple(ThemeClass(p, p, "#dddddd") for p in PAYLOADS[k - 5 : k] or PAYLOADS[:5])
        made.append(Theme(f"t{k}", payload, payload, classes, members))
    return made


def test_a_hundred_payloads_are_shown_and_none_runs(
    browser: Chrome, hostile: Plan, tmp_path: Path
) -> None:
    assert len(set(PAYLOADS)) == 100
    write_map(hostile, tmp_path / "nasty.html", title=PAYLOADS[0], themes=_themes(hostile))
    open_map(browser, tmp_path / "nasty.html")
    before = browser.execute_script(CLEAN)
    browser.execute_script(WALK, len(hostile.grids))
    _assert_clean(browser, before)


def test_payloads_of_the_margin_the_rules_and_the_changes_are_texts(
    browser: Chrome, tmp_path: Path
) -> None:
    drawn = draw_plan("AABB\nAAAB\nCCDD\nCCDD", kinds={"D": "dedicated"})
    earlier = draw_plan("AABB\nAABB\nCCDD\nCCDD", kinds={"D": "dedicated"})
    write_map(drawn, tmp_path / "map.html", before=earlier)
    open_map(browser, tmp_path / "map.html")
    before = browser.execute_script(CLEAN)
    rules = dataclasses.replace(drawn.rules, label_zh=HERE, label_en=HERE)
    was = dataclasses.replace(earlier, grids=earlier.grids.assign(name=HERE, code=HERE))
    margin = Imprint(HERE, HERE, HERE, HERE, internal=False)
    said = describe_plan(dataclasses.replace(drawn, rules=rules), margin, "zh", Extras(before=was))
    blocks = [write_json(_put(said, clean_text(payload))) for payload in PAYLOADS]
    assert blocks[0].count("window.broken") > 12
    browser.execute_async_script(AGAIN, blocks)
    _assert_clean(browser, before)


def _put(said: Any, payload: str) -> Any:
    """Return data with a payload wherever `HERE` stands in it."""
    if isinstance(said, dict):
        return {key: _put(value, payload) for key, value in said.items()}
    if isinstance(said, list):
        return [_put(value, payload) for value in said]
    return said.replace(HERE, payload) if isinstance(said, str) else said


def _assert_clean(browser: Chrome, before: list[Any]) -> None:
    after = browser.execute_script(CLEAN)
    assert after[:2] == [None, []]
    assert after[2:] == before[2:]
    assert list_requests(browser) == []
    assert read_console(browser) == []


def test_a_print_of_payloads_holds_no_action(hostile: Plan, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from gridmap.errors import InvalidOption
    from gridmap.printing import print_map
    from gridmap.printing.fonts import find_fonts

    try:
        find_fonts()
    except InvalidOption:
        pytest.skip("no Chinese font here")
    path = tmp_path / "nasty.pdf"
    action = "(a) /OpenAction << /S /JavaScript /JS (app.alert(1)) >>"
    print_map(hostile, path, title=action, source=PAYLOADS[0], date=")\\", reviewer="<</AA 1>>")
    reader = pypdf.PdfReader(path)
    found = set()
    for number in range(1, len(reader.xref[0]) + 1):
        found |= _keys(reader.get_object(pypdf.generic.IndirectObject(number, 0, reader)))
    assert not found & ACTIONS
    assert "/Font" in found


def _keys(thing: Any) -> set[str]:
    """Return every key of every dictionary in an object of a PDF."""
    if isinstance(thing, pypdf.generic.DictionaryObject):
        below = [_keys(thing.raw_get(key)) for key in thing]
        return set(map(str, thing)).union(*below)
    if isinstance(thing, pypdf.generic.ArrayObject):
        return set().union(*(_keys(one) for one in thing))
    return set()
