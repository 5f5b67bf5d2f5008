"""Take the pictures of the README anew: ``python benchmarks/pictures.py [extract.osm.pbf]``.

The sample district is planned and its map opened in headless Chromium; with an OpenStreetMap
extract of Liechtenstein its picture is taken too. Look at them before you commit them.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

import gridmap
from gridmap.datasets import sample_folder
from gridmap.flow import ReadOptions, plan_files

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
OLD_OFFICE_SCREEN = (1366, 768)
PHONE = (390, 780)
SETTLE_S = 1.0


def open_browser() -> webdriver.Chrome:
    options = webdriver.ChromeOptions()
    for flag in FLAGS:
        options.add_argument(flag)
    options.binary_location = shutil.which("chromium") or ""
    return webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))


def take(browser: webdriver.Chrome, page: Path, name: str, size: tuple[int, int]) -> None:
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size == PHONE},
    )
    browser.get(page.as_uri())
    time.sleep(SETTLE_S)
    if name.endswith("-en.png"):
        browser.execute_script("document.querySelector('#switch').click()")
        time.sleep(SETTLE_S)
    browser.save_screenshot(str(IMAGES / name))
    print(name, (IMAGES / name).stat().st_size)


def main() -> None:
    browser = open_browser()
    try:
        with tempfile.TemporaryDirectory() as folder:
            page = Path(folder) / "sample.html"
            gridmap.write_map(plan_files([sample_folder()]), page, source="样例数据（虚构）")
            take(browser, page, "map-sample.png", OLD_OFFICE_SCREEN)
            take(browser, page, "map-sample-en.png", OLD_OFFICE_SCREEN)
            take(browser, page, "map-phone.png", PHONE)
            if sys.argv[1:]:
                page = Path(folder) / "liechtenstein.html"
                plan = plan_files([sys.argv[1]], options=ReadOptions(households_total=17_000))
                gridmap.write_map(
                    plan, page, title="Liechtenstein", source="© OpenStreetMap contributors"
                )
                take(browser, page, "liechtenstein.png", OLD_OFFICE_SCREEN)
    finally:
        browser.quit()


if __name__ == "__main__":
    main()
