"""The page for everybody: axe-core's rules, the keyboard alone, text that can be read."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from browsing import open_map, read_console
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from toy_plans import draw_plan

from gridmap.maps import make_theme, write_map

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

AXE = Path(__file__).parent / "axe"
RUN = """
const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ['violations', 'incomplete']}).then((found) => done(
  ['violations', 'incomplete'].map((list) => found[list].map((rule) => ({
    id: rule.id, impact: rule.impact,
    nodes: rule.nodes.map((n) => n.html.slice(0, 160) + ' ' + (n.failureSummary || '')),
  })))));
"""
"""What axe finds wrong, and what it can't decide."""

WORDS = """
const seen = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walk.nextNode()) {
  const text = walk.currentNode.textContent.trim(), own = walk.currentNode.parentElement;
  if (!text || ['SCRIPT', 'STYLE', 'NOSCRIPT', 'OPTION'].includes(own.tagName)) continue;
  if (!own.getClientRects().length) continue;
  const grounds = [];
  let opacity = 1;
  for (let e = own; e; e = e.parentElement) {
    grounds.push(getComputedStyle(e).backgroundColor);
    opacity *= Number(getComputedStyle(e).opacity);
  }
  const disabled = own.closest(':disabled') !== null;
  seen.push([text.slice(0, 30), getComputedStyle(own).color, grounds, opacity, disabled]);
}
return seen;
"""
"""Every word that is shown, its colour, and the grounds behind it from the nearest."""

STATES = {
    "as opened": "",
    "results": "const q = document.getElementById('query'); q.focus(); q.value = '网格';"
    "q.dispatchEvent(new Event('input'));",
    "card, table and comparison": "document.activeElement.blur();"
    "document.getElementById('show-table').click(); document.getElementById('compare').click();"
    "map_gridmap.getContainer().focus(); map_gridmap.getContainer().dispatchEvent("
    "new KeyboardEvent('keydown', {key: 'Enter', bubbles: true}));",
    "measuring, a theme": "document.getElementById('measure').click();"
    "const t = document.getElementById('theme'); t.selectedIndex = t.options.length - 1;"
    "t.dispatchEvent(new Event('change'));",
}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a page with all there can be: themes, an earlier plan, a full margin."""
    path = tmp_path_factory.mktemp("axe") / "map.html"
    plan = draw_plan("AABB\nAAAB\nCCDD\nCCDD", kinds={"D": "dedicated"})
    staff = pd.Series(np.arange(len(plan.grids)) % 4, index=plan.grids.index)
    theme = make_theme(plan, staff, key="staff", zh="人员配备", en="staffing", breaks=[1, 2])
    write_map(
        plan,
        path,
        themes=[theme],
        before=draw_plan("AABB\nAABB\nCCDD\nCCDD", kinds={"D": "dedicated"}),
        internal=False,
        date="2026-10-31",
        source="区民政局",
    )
    return path


def test_axe_is_that_of_its_package() -> None:
    for line in (AXE / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((AXE / name).read_bytes()).hexdigest() == digest


def test_every_word_has_contrast_enough(browser: Chrome, page: Path) -> None:
    """What axe leaves undecided, because a map lies under everything."""
    open_map(browser, page)
    poor, words = [], 0
    for state, script in STATES.items():
        browser.execute_script(script)
        for text, colour, grounds, opacity, disabled in browser.execute_script(WORDS):
            ratio = contrast(over([colour, *grounds]), over(grounds))
            words += 1
            if (ratio < 4.5 or opacity < 1) and not disabled:
                poor.append((state, text, colour, round(ratio, 2), opacity))
    assert words > 100
    assert poor == []


def over(layers: list[str]) -> np.ndarray:
    """Return what is seen of layers, the nearest first; behind all lies white."""
    seen = np.ones(3)
    for layer in reversed(layers):
        numbers = [float(n) for n in re.findall(r"[\d.]+", layer)]
        share = numbers[3] if len(numbers) > 3 else 1.0
        seen = share * np.array(numbers[:3]) / 255 + (1 - share) * seen
    return seen


def contrast(one: np.ndarray, other: np.ndarray) -> float:
    """Return the ratio of WCAG 2."""
    linear = [np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4) for c in (one, other)]
    light = sorted(float(c @ [0.2126, 0.7152, 0.0722]) for c in linear)
    return (light[1] + 0.05) / (light[0] + 0.05)


@pytest.mark.parametrize("width", [1366, 390])
def test_axe_finds_nothing_serious_in_either_language(
    browser: Chrome, page: Path, width: int
) -> None:
    open_map(browser, page, width=width)
    browser.execute_script((AXE / "axe.min.js").read_text("utf-8"))
    serious: list[Any] = []
    for language in ("zh", "en"):
        for state, script in STATES.items():
            browser.execute_script(script)
            violations, _ = browser.execute_async_script(RUN)
            serious += [
                (language, state, rule)
                for rule in violations
                if rule["impact"] in ("serious", "critical")
            ]
        for button in ("show-table", "compare", "measure", "switch"):
            browser.execute_script(f"document.getElementById('{button}').click()")
    assert serious == []
    assert read_console(browser) == []


def test_every_control_can_be_reached_and_used_by_keyboard_alone(
    browser: Chrome, page: Path
) -> None:
    open_map(browser, page)
    browser.execute_script(STATES["card, table and comparison"] + "document.activeElement.blur();")
    wanted = browser.execute_script(
        "return [...document.querySelectorAll('button, select, input, summary, [tabindex=\"0\"]')]"
        ".filter((e) => e.offsetParent !== null && !e.disabled).map((e, i) => {"
        "e.dataset.order = i; return String(i); });"
    )
    reached = set()
    for _ in range(len(wanted) + 3):
        ActionChains(browser).send_keys(Keys.TAB).perform()
        state = browser.execute_script(
            "const a = document.activeElement, s = getComputedStyle(a);"
            "return [a.dataset.order || null, s.outlineStyle !== 'none' || s.boxShadow !== 'none'"
            "|| a.id === 'map_gridmap' || !!a.closest('#finder'), a.outerHTML.slice(0, 80)];"
        )
        reached.add(state[0])
        assert state[1] or state[0] is None, f"the focus is not seen on {state[2]}"
    assert set(wanted) <= reached
    browser.find_element(By.ID, "close-table").send_keys(Keys.ENTER)
    assert not browser.find_element(By.ID, "table").is_displayed()
