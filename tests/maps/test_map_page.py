"""The file: alone, the same every time, and nothing in it can run but our own scripts."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import folium
import pytest
from folium.plugins import MarkerCluster

import gridmap.maps
from gridmap.errors import InvalidOption
from gridmap.maps import make_map, write_map
from gridmap.maps.page import SCRIPTS, read_asset, write_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridmap.model import Plan

ASSETS = Path(gridmap.maps.__file__).parent / "assets"
ALLOWED_ADDRESSES = {
    "http://www.w3.org/2000/svg",
    "https://leafletjs.com",
    "https://bugs.chromium.org/p/chromium/issues/detail?id=600120",
    "https://bugzilla.mozilla.org/show_bug.cgi?id=888319",
}
"""Namespaces, and comments of Leaflet's own files: nothing that a browser asks for."""
TOO_NEW = (
    r"\?\?=|\|\|=|&&=",
    r"\.(at|replaceAll|hasOwn|groupBy|findLast|findLastIndex)\(",
    r"\.(toSorted|toReversed|toSpliced|with|fromAsync|isSubsetOf|intersection|difference)\(",
    r"roundRect|letterSpacing|wordSpacing|createConicGradient|ctx\.reset\(|isContextLost",
    r"structuredClone|randomUUID|Intl\.Segmenter|userAgentData|checkVisibility|OffscreenCanvas",
    r"AbortSignal\.(timeout|any)|WeakRef|\.inert\b|showPopover|requestVideoFrame|scheduler\.",
    r"\bstatic\s*\{|#\w+\s*\(|\bawait\b|/[a-z]*[dv][a-z]*\.(test|exec)\(",
    r"\bfetch\(|XMLHttpRequest|\bimport\b|\bWorker\b|sendBeacon|WebSocket|EventSource",
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|\.style\s*=",
    r"setAttribute\(\s*[\"'](style|on\w+|href|src)",
)
"""Of scripts: what came after Chromium 86 (October 2020), what asks the network, what runs text."""
TOO_NEW_STYLE = (
    r"\binset(-(block|inline)\w*)?:",
    r"\b(margin|padding|border)-(block|inline):",
    r"aspect-ratio|accent-color|text-wrap|text-underline-offset|scrollbar-gutter|view-transition",
    r":(has|is|where|not)\([^)]*[,\s][^)]*\)|:(has|is|where|user-invalid|popover-open|modal)\b",
    r"@(layer|container|scope|starting-style|property)\b",
    r"color-mix|oklch|oklab|\blch\(|\blab\(|light-dark\(|subgrid",
    r"\d(dvh|svh|lvh|dvw|svw|cqw|cqh|cap|rlh|lh)\b",
    r"(^|[;{])\s*(translate|rotate|scale)\s*:",
    r"overflow(-[xy])?:\s*clip",
    r"^\s*&",
    r"@import",
    r"url\(",
)
"""Of styles: the same; a flex box may have a gap (84), and :focus-visible came with 86."""


@pytest.fixture(scope="module")
def page(patchwork: Plan) -> str:
    return str(make_map(patchwork).get_root().render())


def test_a_map_is_a_folium_map_without_default_assets(patchwork: Plan) -> None:
    drawn = make_map(patchwork)
    assert isinstance(drawn, folium.Map)
    assert drawn.default_js == []
    assert drawn.default_css == []
    assert folium.Map.default_js, "folium's own class must stay as it was"


def test_the_page_names_no_address_that_could_be_fetched(page: str) -> None:
    found = set(re.findall(r"https?://[^\s\"'`)<>,]+", page))
    assert found <= ALLOWED_ADDRESSES
    assert not re.findall(r"<(?:img|iframe|object|embed|audio|video|source)\b", page)
    assert re.findall(r"<link\b[^>]*>", page) == ['<link rel="icon" href="data:,">']
    assert not re.findall(r"<script[^>]*\bsrc", page)
    assert "sourceMappingURL" not in page


def test_every_script_and_style_is_named_by_its_hash(page: str) -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; ")
    assert "unsafe" not in policy[1]
    blocks = re.findall(r"<(script|style)>(.*?)</\1>", page, re.DOTALL)
    assert len(blocks) == 5
    for _, text in blocks:
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy[1]
    head = page[: page.index("Content-Security-Policy")]
    assert "<script" not in head
    assert "<style" not in head


def test_the_same_plan_gives_the_same_bytes(
    draw_patchwork: Callable[..., Plan], tmp_path: Path
) -> None:
    for name in ("a.html", "b.html"):
        write_map(draw_patchwork(30), tmp_path / name)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_the_bytes_do_not_depend_on_the_order_of_sets() -> None:
    code = (
        "import sys, hashlib; sys.path.insert(0, sys.argv[1]); "
        "from conftest import make_patchwork; from gridmap.maps import make_map; "
        "page = make_map(make_patchwork(20)).get_root().render(); "
        "print(hashlib.sha256(page.encode()).hexdigest())"
    )
    here = str(Path(__file__).parent)
    hashes = {
        subprocess.run(
            [sys.executable, "-c", code, here],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(hashes) == 1


def test_markup_in_a_title_stays_text(patchwork: Plan) -> None:
    nasty = "</script><script>alert(1)</script>"
    page = str(make_map(patchwork, title=nasty, source=nasty).get_root().render())
    assert nasty not in page
    assert "<script>alert" not in page


def test_braces_in_a_name_are_no_template(patchwork: Plan) -> None:
    grids = patchwork.grids.assign(name="{{ 7 * 7 }}{% raw %}{#")
    page = str(make_map(dataclasses.replace(patchwork, grids=grids)).get_root().render())
    assert '"{{ 7 * 7 }}{% raw %}{#"' in page


def test_the_data_block_cannot_close_itself_or_break_a_line() -> None:
    text = write_json({"a": "</script><!--&\u2028\u2029"})
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == {"a": "</script><!--&\u2028\u2029"}


def test_a_plugin_that_would_fetch_is_refused_with_its_address(patchwork: Plan) -> None:
    drawn = make_map(patchwork)
    MarkerCluster().add_to(drawn)
    with pytest.raises(InvalidOption, match=r"would fetch https://cdn"):
        drawn.get_root().render()


def test_a_plain_folium_layer_can_be_added(patchwork: Plan) -> None:
    drawn = make_map(patchwork)
    folium.CircleMarker([23.05, 113.12], radius=5).add_to(drawn)
    assert "L.circleMarker(" in drawn.get_root().render()


def test_a_language_that_is_not_there_is_refused(patchwork: Plan) -> None:
    with pytest.raises(InvalidOption, match="'zh' or 'en'"):
        make_map(patchwork, language="fr")


def test_a_refused_map_leaves_no_file(patchwork: Plan, tmp_path: Path) -> None:
    with pytest.raises(InvalidOption):
        write_map(patchwork, tmp_path / "map.html", language="fr")
    assert list(tmp_path.iterdir()) == []


def test_six_hundred_grids_stay_below_a_megabyte(
    draw_patchwork: Callable[..., Plan], tmp_path: Path
) -> None:
    write_map(draw_patchwork(600), tmp_path / "map.html")
    assert (tmp_path / "map.html").stat().st_size < 1_000_000


def test_vendored_files_are_those_of_leaflets_package() -> None:
    folder = ASSETS / "leaflet"
    sums = dict(
        reversed(line.split("  ")) for line in (folder / "SHA256SUMS").read_text().splitlines()
    )
    assert set(sums) == {path.name for path in folder.iterdir()} - {"SHA256SUMS"}
    for name, digest in sums.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    assert "Leaflet 1.9.4" in read_asset("leaflet/leaflet.js")[:60]
    assert "</script" not in read_asset("leaflet/leaflet.js")


def test_the_licence_of_leaflet_travels_with_the_page(page: str) -> None:
    assert "Redistributions of source code must retain the above copyright" in page


@pytest.mark.parametrize("name", SCRIPTS)
def test_our_scripts_use_nothing_newer_than_chromium_86_and_nothing_that_runs_text(
    name: str,
) -> None:
    script = read_asset(name)
    for pattern in TOO_NEW:
        assert not re.search(pattern, script), (name, pattern)


def test_our_style_uses_nothing_newer_than_chromium_86_and_fetches_nothing() -> None:
    style = read_asset("page.css")
    for pattern in TOO_NEW_STYLE:
        assert not re.search(pattern, style, re.MULTILINE), pattern


def test_every_script_in_the_folder_is_in_the_page() -> None:
    assert set(SCRIPTS) == {path.name for path in ASSETS.glob("*.js")}


def test_every_word_that_a_script_asks_for_exists() -> None:
    from gridmap.maps.wording import page_words

    words = page_words()["zh"]
    for name in SCRIPTS:
        for key in re.findall(r"\btext\(\s*\"([a-z_]+)\"", read_asset(name)):
            assert key in words or key.endswith("_"), (name, key)


def test_folium_is_loaded_only_when_a_map_is_drawn() -> None:
    code = "import sys, gridmap.maps; sys.exit('folium' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("name", ["map.pdf", "map", "map.html.txt", ".html"])
def test_a_map_is_written_only_as_html(patchwork: Plan, tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidOption, match=r"\.html or \.htm") as refusal:
        write_map(patchwork, tmp_path / name)
    assert "须以 .html 或 .htm 结尾" in refusal.value.zh
    assert list(tmp_path.iterdir()) == []
