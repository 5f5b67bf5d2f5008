"""A district made of random patches, and one browser for the tests of maps."""

from __future__ import annotations

import itertools
import os
import shutil
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import CRS

from gridmap.model import Plan, Territory, Units
from gridmap.rules import CATEGORIES, Rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from selenium.webdriver import Chrome

TOWNS = ("清河街道", "望江镇")
NAMES = (
    "锦绣、永安、建设、东华、和平、新村、红星、朝阳、文昌、翠湖、南桥、北苑、金沙、凤凰、石桥、柳园"
)


def make_patchwork(count: int, *, seed: int = 7, communities: int | None = None) -> Plan:
    """Return a plan of about ``count`` grids with wiggly borders in a bent district."""
    random = np.random.default_rng(seed)
    communities = communities or max(1, count // 7)
    cells, seeds = _cells(count, random)
    count = len(cells)
    centres = random.uniform(0, 1, (communities, 2))
    owner = ((seeds[:, None] - centres[None]) ** 2).sum(axis=2).argmin(axis=1)
    households = random.integers(305, 500, count)
    kind = np.full(count, "general", dtype=object)
    shuffled = random.permutation(count)
    dedicated, exclave = shuffled[: count // 12], shuffled[count // 12 : count // 12 + count // 25]
    odd = shuffled[-max(1, count // 20) :]
    kind[dedicated], kind[exclave] = "dedicated", "exclave"
    households[dedicated] = random.integers(0, 60, len(dedicated))
    households[exclave] = random.integers(5, 250, len(exclave))
    households[odd] = random.choice([212, 640], len(odd))
    host = np.full(count, -1)
    for place in exclave:
        host[place] = owner[place]
        near = np.argsort(((centres - centres[owner[place]]) ** 2).sum(axis=1))
        owner[place] = near[min(2, len(near) - 1)]
    return _plan(cells, owner, host, kind, households)


def _cells(count: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return polygons that share wiggly borders point by point, in lon/lat, and their seeds."""
    seeds = random.uniform(0, 1, (count, 2))
    box = shapely.box(0, 0, 1, 1)
    net = shapely.voronoi_polygons(shapely.MultiPoint(seeds), extend_to=box, only_edges=True)
    lines = shapely.get_parts(shapely.union_all([shapely.intersection(net, box), box.boundary]))
    wiggly = []
    for line in lines:
        points = shapely.get_coordinates(line)
        for start, end in itertools.pairwise(points):
            steps = np.linspace(0, 1, 9)[1:-1, None]
            across = np.array([start[1] - end[1], end[0] - start[0]])
            bend = random.normal(0, 0.025, (7, 1)) * across
            inner = start + steps * (end - start) + bend * np.sin(np.pi * steps)
            wiggly.append(np.vstack([start, inner, end]))
    noded = shapely.union_all([shapely.LineString(line) for line in wiggly])
    cells = np.array([g for g in shapely.get_parts(shapely.polygonize([noded])) if g.area > 1e-7])
    inside = shapely.get_coordinates(shapely.point_on_surface(cells))
    side = np.sqrt(count) * 0.0055

    def bend_plane(at: np.ndarray) -> np.ndarray:
        x, y = at[:, 0], at[:, 1]
        lon = 113.1 + side * (x + 0.12 * np.sin(3 * y) + 0.05 * np.sin(9 * y + 4 * x))
        lat = 23.02 + side * (0.75 * y + 0.10 * np.sin(2.5 * x) + 0.03 * np.cos(11 * x))
        return np.column_stack([lon, lat])

    return shapely.transform(cells, bend_plane), inside


def _plan(
    cells: np.ndarray, owner: np.ndarray, host: np.ndarray, kind: np.ndarray, households: np.ndarray
) -> Plan:
    crs, metric = CRS.from_epsg(4490), CRS.from_epsg(4547)
    count = len(cells)
    used = sorted(set(owner.tolist()) | set(host.tolist()) - {-1})
    ids = {k: f"4406040{k % 4 + 1:02d}{k:03d}" for k in used}
    names = NAMES.split("、")
    name_of = {k: names[k % 16] + "一二三四五六七八九"[k // 16 % 9] * (k >= 16) for k in used}
    frame = gpd.GeoDataFrame(
        {
            "community_id": [ids[k] for k in owner],
            "kind": kind,
            "households": households,
            "host_id": [ids.get(k, "") for k in host],
        },
        geometry=cells,
        crs=crs,
    )
    measured = frame.geometry.to_crs(metric)
    frame["area_m2"], frame["perimeter_m"] = measured.area, measured.length
    frame["category"] = ""
    frame.loc[frame["kind"].eq("dedicated"), "category"] = [
        CATEGORIES[k % 7] for k in range(int(frame["kind"].eq("dedicated").sum()))
    ]
    west = shapely.get_x(shapely.centroid(cells))
    frame = frame.iloc[np.lexsort((west, frame["community_id"]))].reset_index(drop=True)
    serial = frame.groupby("community_id").cumcount() + 1
    frame["code"] = frame["community_id"] + serial.astype(str).str.zfill(3)
    community_names = {ids[k]: f"{name_of[k]}社区" for k in used}
    label = {"general": "第{n}网格", "exclave": "第{n}网格（飞地）", "dedicated": "第{n}专属网格"}
    frame["name"] = [
        community_names[c] + label[k].format(n=n)
        for c, k, n in zip(frame["community_id"], frame["kind"], serial, strict=True)
    ]
    frame["lower"] = np.where(frame["kind"].eq("dedicated"), 0, 300)
    frame["upper"] = np.where(frame["kind"].eq("dedicated"), 299, 500)
    frame["in_band"] = frame["households"].between(300, 500) | frame["kind"].eq("dedicated")
    outside = ~frame["in_band"]
    frame["reason_code"] = np.where(outside, "not_reached", "")
    frame["reason"] = np.where(outside, "搜索未找到使此处各网格均在300-500户内的方案。", "")
    frame["reason_en"] = np.where(outside, "The search found no division here.", "")
    frame["area_type"], frame["site_id"] = "urban", ""
    frame.index = pd.Index([f"g{n:05d}" for n in range(count)], name="grid_id")
    land = frame[frame["kind"].ne("exclave")].dissolve("community_id").reindex(sorted(ids.values()))
    communities = gpd.GeoDataFrame(
        {
            "name": [community_names[c] for c in land.index],
            "township": _townships(land.geometry),
            "area_type": "urban",
            "households": 0,
            "area_m2": 0.0,
        },
        index=pd.Index(land.index, name="community_id"),
        geometry=land.geometry.to_numpy(),
        crs=crs,
    )
    units = frame[["community_id", "households", "area_m2", "perimeter_m", "geometry"]].copy()
    units.index = pd.Index([f"u{n:05d}" for n in range(count)], name="unit_id")
    territory = Territory(
        Units(units, communities, pd.DataFrame(), gpd.GeoDataFrame(), pd.DataFrame(), crs, metric),
        _borders(units),
    )
    assignment = pd.Series(frame.index.to_numpy(), index=units.index)
    return Plan(frame, territory, assignment, Rules.preset("default"))


def _townships(lands: gpd.GeoSeries) -> list[str]:
    """Return a township for each community: the western half, the eastern half."""
    middle = shapely.get_x(shapely.point_on_surface(np.asarray(lands.array, dtype=object)))
    return [TOWNS[int(x > np.median(middle))] for x in middle]


def _borders(units: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return neighbours, with a river down the middle and two main roads across."""
    shapes = np.asarray(units.geometry.array, dtype=object)
    a, b = shapely.STRtree(shapes).query(shapes, predicate="touches")
    a, b = a[a < b], b[a < b]
    inside = shapely.get_coordinates(shapely.centroid(shapes))
    low, high = inside.min(axis=0), inside.max(axis=0)
    at = (inside - low) / (high - low)
    parted = [(at[a, 0] < s) != (at[b, 0] < s) for s in (0.45, 0.75)]
    crossed = [(at[a, 1] < s) != (at[b, 1] < s) for s in (0.35, 0.7)]
    names = units.index.to_numpy()
    flat = np.asarray(units.geometry.to_crs(CRS.from_epsg(4547)).array, dtype=object)
    length = shapely.length(
        shapely.intersection(shapely.boundary(flat[a]), shapely.boundary(flat[b]))
    )
    clear = parted[0] | parted[1] | crossed[0]
    return pd.DataFrame(
        {
            "unit_a": names[a],
            "unit_b": names[b],
            "length_m": length,
            "clear_m": np.where(clear, length, 0.0),
            "river": parted[0],
            "railway": crossed[1] & ~parted[0],
            "road_class": np.where(parted[1] | crossed[0], "arterial", ""),
        }
    )


@pytest.fixture(scope="session")
def draw_patchwork() -> Callable[..., Plan]:
    """Return the maker of random plans."""
    return make_patchwork


@pytest.fixture(scope="session")
def patchwork() -> Plan:
    """Return one plan of 60 grids with every kind of grid, mark and way."""
    return make_patchwork(60)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """Return one Chromium without a network; skip, or fail where one is required."""
    binary = shutil.which("chromium") or shutil.which("chromium-browser")
    driver = shutil.which("chromedriver")
    if not binary or not driver:
        message = "Chromium and chromedriver are not installed: apt-get install chromium-driver"
        if os.environ.get("GRIDMAP_REQUIRE_BROWSER") == "1":
            pytest.fail(message)
        pytest.skip(message)
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = binary
    profile: Path = tmp_path_factory.mktemp("profile")
    for flag in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        "--window-size=1366,768",
        f"--user-data-dir={profile}",
    ):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    chrome = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    chrome.set_page_load_timeout(60)
    chrome.get("about:blank")  # or the page of a new tab goes on loading beside the first test
    yield chrome
    chrome.quit()
