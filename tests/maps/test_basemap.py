"""A basemap: off unless asked, from one host, in its own datum, and not needed."""

from __future__ import annotations

import json
import re
import struct
import threading
import time
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from browsing import click_grid, list_requests, open_map, read_console, text_of

from gridmap.crs import to_bd09, to_gcj02
from gridmap.errors import InvalidOption
from gridmap.maps import make_map, write_map
from gridmap.maps.basemap import read_tiles
from gridmap.maps.content import Extras, Imprint, describe_plan
from gridmap.maps.outlines import STEP_DEG
from gridmap.maps.packing import unpack_integers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selenium.webdriver import Chrome

    from gridmap.model import Plan

TEMPLATE = "http://tiles.intranet/{z}/{x}/{y}.png"


def make_png(colour: tuple[int, int, int]) -> bytes:
    """Return a tile of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    rows = (b"\0" + bytes(colour) * 256) * 256
    head = struct.pack(">IIBBBBB", 256, 256, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Return the address of a host of green tiles."""
    tile = make_png((0, 160, 0))

    class Tiles(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "image/png")
            self.end_headers()
            self.wfile.write(tile)

        def log_message(self, *_: Any) -> None:
            return

    host = ThreadingHTTPServer(("127.0.0.1", 0), Tiles)
    threading.Thread(target=host.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{host.server_address[1]}"
    host.shutdown()
    host.server_close()


def colour_outside(browser: Chrome) -> list[str]:
    return list(
        browser.execute_script(
            "return Array.from(document.querySelectorAll('.leaflet-tile-loaded')).map(t => t.src)"
        )
    )


def test_tiles_come_from_the_one_host_and_the_margin_says_so(
    browser: Chrome, patchwork: Plan, tmp_path: Path, server: str
) -> None:
    path = tmp_path / "tiles.html"
    write_map(patchwork, path, tiles=server + "/{z}/{x}/{y}.png", tiles_datum="gcj02")
    open_map(browser, path)
    time.sleep(1.0)
    assert colour_outside(browser)
    assert all(url.startswith(server + "/") for url in list_requests(browser))
    assert f"底图联网读取自 {server}（GCJ-02）" in text_of(browser, "#imprint")
    browser.find_element("id", "basemap").click()
    assert colour_outside(browser) == []
    assert read_console(browser) == []
    browser.execute_script(
        "const i = new Image(); i.src = 'http://127.0.0.2:9/x.png'; document.body.append(i);"
    )
    time.sleep(0.3)
    said = " ".join(entry["message"] for entry in read_console(browser))
    assert "Content Security Policy" in said


def test_without_the_network_the_map_stays_usable(
    browser: Chrome, patchwork: Plan, tmp_path: Path
) -> None:
    path = tmp_path / "tiles.html"
    write_map(patchwork, path, tiles=TEMPLATE, tiles_datum="cgcs2000")
    open_map(browser, path)
    time.sleep(0.5)
    assert "底图未能从 http://tiles.intranet 读取" in text_of(browser, "#imprint")
    click_grid(browser, patchwork, 4)
    assert text_of(browser, "#card h2") == patchwork.grids["name"].iloc[4]
    browser.find_element("id", "switch").click()
    assert "No basemap from http://tiles.intranet" in text_of(browser, "#imprint")


def test_without_tiles_nothing_changes(patchwork: Plan) -> None:
    plain = make_map(patchwork).get_root().render()
    assert plain == make_map(patchwork, tiles="", tiles_datum="").get_root().render()
    assert "img-src data:; base-uri" in plain
    assert '"tiles"' not in plain
    tiled = make_map(patchwork, tiles=TEMPLATE, tiles_datum="cgcs2000").get_root().render()
    assert "img-src data: http://tiles.intranet; base-uri" in tiled
    block = re.compile(r'id="gridmap-data">(.*?)</script>', re.DOTALL)
    one, other = (json.loads(block.findall(page)[0]) for page in (plain, tiled))
    assert other.pop("tiles")["datum"] == "CGCS2000"
    assert one == other


@pytest.mark.parametrize(("datum", "convert"), [("gcj02", to_gcj02), ("bd09", to_bd09)])
def test_all_land_is_drawn_in_the_datum_of_the_tiles(
    patchwork: Plan, datum: str, convert: Any
) -> None:
    tiles = read_tiles(TEMPLATE, datum)
    plain = describe_plan(patchwork, Imprint(), "zh")
    moved = describe_plan(patchwork, Imprint(), "zh", Extras(tiles=tiles))

    def points(content: dict[str, Any], key: str) -> np.ndarray:
        steps = unpack_integers(content[key]["steps"]).reshape(-1, 2).cumsum(axis=0)
        return (steps + np.array(content["origin"])) * STEP_DEG

    for key in ("arcs", "links"):
        before, after = points(plain, key), points(moved, key)
        wanted = np.column_stack(convert(before[:, 0], before[:, 1]))
        assert np.abs(after - wanted).max() <= 1.01 * STEP_DEG
    assert plain["arcs"]["rings"] == moved["arcs"]["rings"]
    assert plain["grids"]["bounds"] == moved["grids"]["bounds"]
    places = [unpack_integers(c["grids"]["places"]).reshape(-1, 3) for c in (plain, moved)]
    assert (np.abs(places[0][:, :2] - places[1][:, :2]) > 500).any()


@pytest.mark.parametrize(
    ("url", "datum"),
    [
        (TEMPLATE, ""),
        (TEMPLATE, "wgs72"),
        ("", "gcj02"),
        ("file:///{z}/{x}/{y}.png", "gcj02"),
        ("javascript:alert('{z}{x}{y}')", "gcj02"),
        ("//tiles/{z}/{x}/{y}", "gcj02"),
        ("http://{s}.tiles/{z}/{x}/{y}", "gcj02"),
        ("http://tiles/{z}/{x}", "gcj02"),
        ("http://tiles/{z}/{x}/{y}/{y}", "gcj02"),
        ("http://tiles-{z}/{x}/{y}", "gcj02"),
        ("http://me:word@tiles/{z}/{x}/{y}", "gcj02"),
        ("http://tiles; script-src */{z}/{x}/{y}", "gcj02"),
        ("http://tiles;script-src/{z}/{x}/{y}", "gcj02"),
        ("http://tiles' http://other/{z}/{x}/{y}", "gcj02"),
        ('http://tiles"><script>/{z}/{x}/{y}', "gcj02"),
        ("http://*/{z}/{x}/{y}", "gcj02"),
        ("http://tiles:99999/{z}/{x}/{y}", "gcj02"),
        ("http://[::1/{z}/{x}/{y}", "gcj02"),
        ("http:///{z}/{x}/{y}", "gcj02"),
    ],
)
def test_what_is_no_template_of_one_host_is_refused(url: str, datum: str) -> None:
    with pytest.raises(InvalidOption):
        read_tiles(url, datum)


def test_the_warning_names_the_host() -> None:
    tiles = read_tiles("https://tiles.intranet:8443/w?l={z}&x={x}&y={y}", "bd09")
    assert tiles is not None
    assert tiles.host == "https://tiles.intranet:8443"
    assert tiles.as_finding().severity == "warning"
    assert "https://tiles.intranet:8443" in tiles.as_finding().zh
