"""What the tests do with a browser: open a map, click on it, read what it says and asks for."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

if TYPE_CHECKING:
    from pathlib import Path

    from selenium.webdriver import Chrome

    from gridmap.model import Plan


def open_map(browser: Chrome, path: Path, *, width: int = 1366, height: int = 768) -> None:
    """Open a file at a size of the window, and wait until it is drawn."""
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
    )
    read_console(browser)
    list_requests(browser)
    browser.get(path.as_uri())
    WebDriverWait(browser, 20).until(lambda b: b.find_elements(By.CSS_SELECTOR, "html.ready"))


def list_requests(browser: Chrome) -> list[str]:
    """Return the addresses asked for since the last call, the page itself apart.

    What the browser asks for on its own (the tab it opens with) is not the page's doing.
    """
    asked = []
    for entry in browser.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        asks = message["method"] == "Network.requestWillBeSent"
        if asks and not message["params"]["documentURL"].startswith("chrome"):
            asked.append(message["params"]["request"]["url"])
    return [url for url in asked if not url.startswith(("data:", "file:"))] + [
        url for url in asked if url.startswith("file:") and not url.endswith(".html")
    ]


def read_console(browser: Chrome) -> list[dict[str, Any]]:
    return list(browser.get_log("browser"))


def text_of(browser: Chrome, selector: str) -> str:
    return str(browser.find_element(By.CSS_SELECTOR, selector).text)


def click_grid(browser: Chrome, plan: Plan, place: int) -> None:
    """Click on a grid of the plan where it is widest."""
    point = plan.grids.geometry.iloc[place].representative_point()
    x, y = browser.execute_script(
        "const p = map_gridmap.latLngToContainerPoint([arguments[1], arguments[0]]);"
        "const box = map_gridmap.getContainer().getBoundingClientRect();"
        "return [Math.round(p.x + box.left), Math.round(p.y + box.top)];",
        point.x,
        point.y,
    )
    actions = ActionChains(browser)
    actions.w3c_actions.pointer_action.move_to_location(x, y)
    actions.click().perform()
    time.sleep(0.1)
