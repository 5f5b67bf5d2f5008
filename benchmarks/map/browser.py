"""One headless Chromium without a network: what a page asks for, costs, and how it moves."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selenium.webdriver import Chrome

DRAG_S = 2.0
PATIENCE_S = 90.0

WATCH = """
window.addEventListener('load', () => {
  const look = () => {
    const ours = document.getElementById('gridmap-data');
    if (ours && !document.documentElement.classList.contains('ready')) requestAnimationFrame(look);
    else requestAnimationFrame(() => requestAnimationFrame(() => {
      window.bench_drawn = performance.now();
    }));
  };
  look();
});
"""
"""The peers' scripts run before `load`, ours says `ready`; two frames later all is on screen."""

DRAG = """
const done = arguments[arguments.length - 1];
const box = document.querySelector('.folium-map');
const rect = box.getBoundingClientRect();
const x = rect.left + rect.width / 2, y = rect.top + rect.height / 2;
const send = (to, type, dx, dy) => to.dispatchEvent(new MouseEvent(type, {
  bubbles: true, cancelable: true, view: window, button: 0, buttons: 1,
  clientX: x + dx, clientY: y + dy}));
const times = [];
send(document.elementFromPoint(x, y), 'mousedown', 0, 0);
const frame = (now) => {
  times.push(now);
  const t = (now - times[0]) / 1000;
  if (t < arguments[0]) {
    send(document, 'mousemove', 260 * Math.sin(3 * t), 130 * Math.sin(2 * t));
    requestAnimationFrame(frame);
  } else {
    send(document, 'mouseup', 0, 0);
    const gaps = times.slice(1).map((at, i) => at - times[i]);
    done([gaps.length / ((times[times.length - 1] - times[0]) / 1000), Math.max(...gaps)]);
  }
};
requestAnimationFrame(frame);
"""

TYPE = """
const input = document.getElementById('query'), times = [];
input.focus();
arguments[0].forEach((word) => {
  for (let n = 1; n <= word.length; n++) {
    input.value = word.slice(0, n);
    const start = performance.now();
    input.dispatchEvent(new Event('input'));
    document.getElementById('results').getBoundingClientRect();
    times.push(performance.now() - start);
  }
});
input.blur();
return times;
"""
"""From the input event until the results are laid out."""


@contextmanager
def open_browser() -> Iterator[Chrome]:
    """Yield a Chromium that can resolve no name."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        for flag in (
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--window-size=1366,768",
            f"--user-data-dir={profile}",
        ):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
        service = webdriver.ChromeService(shutil.which("chromedriver"))
        chrome = webdriver.Chrome(options=options, service=service)
        try:
            chrome.set_page_load_timeout(PATIENCE_S)
            chrome.set_script_timeout(PATIENCE_S)
            chrome.get("about:blank")
            chrome.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": WATCH})
            chrome.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})
            chrome.execute_cdp_cmd("HeapProfiler.enable", {})
            yield chrome
        finally:
            chrome.quit()


def load_page(chrome: Chrome, path: Path, *, slower: float = 1.0) -> dict[str, Any]:
    """Open a page anew and return what that took.

    Returns
    -------
    dict
        ``first_ms`` and ``drawn_ms`` since navigation, ``processor_ms`` of the page's main
        thread, ``requests`` beside the page itself, ``errors`` of the console.
    """
    chrome.get("about:blank")
    chrome.get_log("performance")
    chrome.get_log("browser")
    chrome.execute_cdp_cmd("Emulation.setCPUThrottlingRate", {"rate": slower})
    chrome.get(path.as_uri())
    limit = time.monotonic() + PATIENCE_S
    while not chrome.execute_script("return window.bench_drawn") and time.monotonic() < limit:
        time.sleep(0.05)
    first, drawn = chrome.execute_script(
        "const p = performance.getEntriesByName('first-contentful-paint')[0];"
        "return [p ? p.startTime : null, window.bench_drawn];"
    )
    metrics = chrome.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
    chrome.execute_cdp_cmd("Emulation.setCPUThrottlingRate", {"rate": 1})
    return {
        "first_ms": first,
        "drawn_ms": drawn,
        "processor_ms": 1000 * next(m["value"] for m in metrics if m["name"] == "TaskDuration"),
        "requests": _list_requests(chrome, path),
        "errors": [e["message"] for e in chrome.get_log("browser") if e["level"] == "SEVERE"],
    }


def measure_heap(chrome: Chrome) -> dict[str, float]:
    """Return the script's heap in MB, as it is and after collecting garbage."""
    full = chrome.execute_cdp_cmd("Runtime.getHeapUsage", {})["usedSize"]
    chrome.execute_cdp_cmd("HeapProfiler.collectGarbage", {})
    kept = chrome.execute_cdp_cmd("Runtime.getHeapUsage", {})["usedSize"]
    return {"heap_full_mb": full / 1e6, "heap_mb": kept / 1e6}


def drag_map(chrome: Chrome) -> tuple[float, float]:
    """Return frames a second while the map is dragged to and fro, and the longest frame in ms."""
    frames, longest = chrome.execute_async_script(DRAG, DRAG_S)
    return float(frames), float(longest)


def type_words(chrome: Chrome, words: list[str]) -> list[float]:
    """Return ms of every keystroke of words typed into the search."""
    return [float(ms) for ms in chrome.execute_script(TYPE, words)]


def _list_requests(chrome: Chrome, path: Path) -> list[str]:
    asked = []
    for entry in chrome.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            asked.append(message["params"]["request"]["url"])
    return [url for url in asked if not url.startswith(("data:", "about:", path.as_uri()))]
