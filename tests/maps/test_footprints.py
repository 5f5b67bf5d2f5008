"""Outlines of buildings on the map: where they were, in their own grid, and nothing about them."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from browsing import list_requests, open_map, read_console

from gridmap.errors import InvalidOption
from gridmap.maps import write_map
from gridmap.maps.footprints import bound_shift_m, pack_footprints
from gridmap.maps.outlines import LocalPlane
from gridmap.maps.packing import unpack_integers

if TYPE_CHECKING:
    from pathlib import Path

    from selenium.webdriver import Chrome

    from gridmap.model import Plan


def with_buildings(plan: Plan, shapes: list[shapely.Geometry], copies: int = 1) -> Plan:
    """Return the plan with buildings of these outlines in metres around its middle."""
    units = plan.territory.units
    plane = LocalPlane(np.asarray(units.frame.geometry.to_numpy(), dtype=object))
    count = copies * len(shapes)
    frame = gpd.GeoDataFrame(
        {
            "building_id": [f"SECRET-B{n}" for n in range(count)],
            "unit_id": units.frame.index[0],
            "floors": 17,
            "households": 4321,
        },
        index=pd.Index([f"SECRET-P{n}" for n in range(count)], name="place_id"),
        geometry=plane.unflatten(np.array(shapes * copies, dtype=object)),
        crs=units.crs,
    )
    territory = dataclasses.replace(
        plan.territory, units=dataclasses.replace(units, buildings=frame)
    )
    return dataclasses.replace(plan, territory=territory)


def read_rings(packed: dict[str, object], plan: Plan) -> list[np.ndarray]:
    """Return the rings that a reader of the page draws, in metres as in `with_buildings`."""
    plane = LocalPlane(np.asarray(plan.territory.units.frame.geometry.to_numpy(), dtype=object))
    steps = unpack_integers(str(packed["steps"])).reshape(-1, 2)
    points = (np.cumsum(steps, axis=0) + np.array(packed["origin"])) * float(str(packed["step"]))
    flat = (points - plane.centre) * plane.metres
    return np.split(flat, np.cumsum(unpack_integers(str(packed["counts"])))[:-1])


def random_blocks(seed: int, count: int) -> list[shapely.Geometry]:
    """Return turned rectangles of 4 to 80 m, apart from each other."""
    random = np.random.default_rng(seed)
    made = []
    for n in range(count):
        wide, high = random.uniform(4, 80, 2)
        block = shapely.box(-wide / 2, -high / 2, wide / 2, high / 2)
        turned = shapely.affinity.rotate(block, random.uniform(0, 90))
        made.append(shapely.affinity.translate(turned, 130 * (n % 9), 130 * (n // 9)))
    return made


@pytest.mark.parametrize("seed", range(5))
def test_buildings_stay_where_they_are(patchwork: Plan, seed: int) -> None:
    blocks = random_blocks(seed, 60)
    plan = with_buildings(patchwork, blocks)
    drawn = shapely.STRtree([shapely.Polygon(r) for r in read_rings(pack_footprints(plan), plan)])
    assert len(drawn) == len(blocks)
    for block in blocks:
        found = drawn.geometries[drawn.nearest(block.centroid)]
        assert shapely.hausdorff_distance(block, found) <= bound_shift_m() < 2.0


def test_a_courtyard_is_a_ring_the_other_way_round(patchwork: Plan) -> None:
    yard = shapely.box(0, 0, 60, 60).difference(shapely.box(20, 20, 40, 40))
    plan = with_buildings(patchwork, [yard])
    outer, inner = read_rings(pack_footprints(plan), plan)
    turns = [shapely.LinearRing(ring).is_ccw for ring in (outer, inner)]
    assert turns == [True, False]


def test_a_building_of_several_units_is_drawn_once_and_points_are_no_outlines(
    patchwork: Plan,
) -> None:
    shapes = [shapely.box(0, 0, 30, 12), shapely.Point(70, 70), shapely.box(99, 0, 99.1, 30)]
    plan = with_buildings(patchwork, shapes, copies=3)
    assert len(unpack_integers(pack_footprints(plan)["counts"])) == 2


def test_nothing_but_the_outline_of_a_building_reaches_the_page(
    patchwork: Plan, tmp_path: Path
) -> None:
    plan = with_buildings(patchwork, random_blocks(3, 20))
    write_map(plan, tmp_path / "map.html", buildings=True)
    page = (tmp_path / "map.html").read_text("utf-8")
    start = page.index('id="gridmap-data">') + len('id="gridmap-data">')
    data = json.loads(page[start : page.index("</script>", start)])
    assert set(data["buildings"]) == {"step", "origin", "counts", "steps"}
    assert "SECRET" not in page
    assert "4321" not in json.dumps(data["buildings"])
    turned = with_buildings(patchwork, random_blocks(3, 20)[::-1])
    assert pack_footprints(turned) == data["buildings"], "the order tells nothing"


def test_buildings_are_asked_for(patchwork: Plan, tmp_path: Path) -> None:
    write_map(with_buildings(patchwork, random_blocks(1, 5)), tmp_path / "map.html")
    assert '"buildings":{' not in (tmp_path / "map.html").read_text("utf-8")
    with pytest.raises(InvalidOption, match="no outline of a building"):
        write_map(patchwork, tmp_path / "none.html", buildings=True)
    assert not (tmp_path / "none.html").exists()


def test_buildings_are_drawn_from_the_zoom_at_which_they_are_seen(
    browser: Chrome, patchwork: Plan, tmp_path: Path
) -> None:
    plan = with_buildings(patchwork, random_blocks(2, 80))
    write_map(plan, tmp_path / "map.html", buildings=True)
    write_map(plan, tmp_path / "bare.html")
    seen = {}
    for name in ("map", "bare"):
        open_map(browser, tmp_path / f"{name}.html")
        for zoom in (14, 17):
            seen[name, zoom] = browser.execute_script(
                "map_gridmap.setZoom(arguments[0], {animate: false});"
                "const c = document.querySelector('#stage canvas');"
                "return c.toDataURL();",
                zoom,
            )
        assert read_console(browser) == []
        assert list_requests(browser) == []
    assert seen["map", 14] == seen["bare", 14]
    assert seen["map", 17] != seen["bare", 17]
