"""The whole analysis: known places, hard inputs, and the file of the findings."""

from __future__ import annotations

import json
import sqlite3
import time
from collections import Counter
from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
import shapely

import gridmap
from gridmap.boundaries import Thresholds, analyse, analysis_as_dict, write_analysis
from gridmap.boundaries.analysis_files import LAYERS
from gridmap.boundaries.examples import draw_sources
from gridmap.boundaries.thresholds import REASONS
from gridmap.errors import InvalidOption, RefusedInput

if TYPE_CHECKING:
    from pathlib import Path

CONTRACT = [
    "divisions", "multipart", "detached", "enclosed", "interlocks", "gaps", "overlaps", "clarity",
]  # fmt: skip
ITEM_KEYS = {"ids", "area_m2", "households", "point"}


def as_json(sources: gridmap.Sources, **options: str) -> dict[str, list[dict[str, object]]]:
    answer = json.dumps(analysis_as_dict(analyse(sources, **options)), allow_nan=False)
    return json.loads(answer)


def test_beijing_has_its_known_parts_within_a_minute(shared_data: Path) -> None:
    started = time.process_time()  # one thread: what a free machine takes
    analysis = analyse(gridmap.read_sources(shared_data / "beijing_townships.shp"))
    assert time.process_time() - started < 60
    answer = analysis_as_dict(analysis)
    assert (answer["divisions"], answer["multipart"]) == (331, 64)
    assert (len(analysis.detached), len(analysis.enclosed)) == (225, 139)
    assert (len(analysis.gaps), len(analysis.overlaps)) == (0, 0)
    area_km2 = analysis.detached["area_m2"] / 1e6
    assert area_km2.median() == pytest.approx(0.077, abs=0.001)
    assert (area_km2 < 0.01).sum() == 42


def test_beijing_has_one_exclave_at_the_level_of_districts(shared_data: Path) -> None:
    sources = gridmap.read_sources(shared_data / "beijing_townships.shp")
    detached = analyse(sources, level="县").detached
    assert detached["division_id"].tolist() == ["朝阳区"]
    assert detached["area_m2"].iloc[0] / 1e6 == pytest.approx(10.57, abs=0.01)


def test_liechtenstein_has_its_known_parts(shared_data: Path) -> None:
    analysis = analyse(gridmap.read_sources(shared_data / "liechtenstein.osm.pbf"))
    parts = Counter(analysis.parts["name"])
    known = {"Vaduz": 7, "Schaan": 5, "Planken": 5, "Balzers": 3, "Eschen": 2, "Gamprin": 2}
    assert {name: parts[name] for name in known} == known
    assert sorted(parts.values())[-7:] == [2, 2, 2, 3, 5, 5, 7], "Triesenberg has 2 in the file"
    reached = analysis.detached["road_distance_m"].dropna()
    assert len(reached) > 0
    assert (reached >= analysis.detached.loc[reached.index, "distance_m"] - 200 * 2).all()


def test_the_answer_has_the_keys_of_the_contract_in_order() -> None:
    answer = as_json(draw_sources("ABBB..C\nABABCCC\nABBB..C", households=2))
    assert list(answer)[: len(CONTRACT)] == CONTRACT
    assert answer["multipart"] == 1
    items = [item for key in CONTRACT[2:7] for item in answer[key]]
    assert items
    for item in items:
        assert set(item) >= ITEM_KEYS
        assert isinstance(item["ids"], list)
        assert isinstance(item["households"], int)
    detached = answer["detached"][0]
    assert detached["ids"][0] == detached["owner"] == "A"
    assert detached["households"] == 2
    assert detached["area_m2"] == pytest.approx(10_000, rel=0.001)
    assert set(answer["thresholds"]) == set(REASONS)
    assert "reason" in answer["clarity"]


def test_households_that_nobody_counted_are_null() -> None:
    assert as_json(draw_sources("AAB\nABB\nBAA"))["detached"][0]["households"] is None


def test_gaps_and_overlaps_are_listed_with_their_divisions() -> None:
    sources = draw_sources("ABB\nA.B\nAAB", households=0)
    answer = as_json(sources)
    assert [item["ids"] for item in answer["gaps"]] == [["A", "B"]]
    frame = sources.layers["communities"].copy()
    frame.loc[0, "geometry"] = shapely.buffer(frame.geometry[0], 2e-4, join_style="mitre")
    answer = as_json(sources.with_layers(communities=frame))
    assert {tuple(item["ids"]) for item in answer["overlaps"]} == {("A", "B")}
    assert answer["overlaps"][0]["area_m2"] > 1_000


def test_every_place_lies_on_the_land_it_speaks_of() -> None:
    analysis = analyse(draw_sources("ABBB\nABAB\nABBB"))
    for frame in (analysis.parts, analysis.interlocks):
        assert shapely.dwithin(frame.geometry.to_numpy(), frame["place"].to_numpy(), 0.1).all()


@pytest.mark.parametrize("drawing", ["A", "AB", "A.B", "A.\n.A", "AB\nBA", "A.A.A"])
def test_small_land_is_answered(drawing: str) -> None:
    answer = as_json(draw_sources(drawing))
    codes = [finding["code"] for finding in answer["findings"]]
    assert ("division_alone" in codes) == (answer["divisions"] == 1)


def test_a_level_with_one_division_is_answered() -> None:
    sources = draw_sources("ABC")
    frame = sources.layers["communities"].assign(district="东区")
    answer = as_json(sources.with_layers(communities=frame), level="district")
    assert answer["divisions"] == 1
    assert answer["detached"] == []


def test_nothing_to_analyse_is_refused_with_a_finding() -> None:
    sources = draw_sources("A")
    frame = sources.layers["communities"].set_geometry([shapely.Point(113, 23).buffer(0)], crs=4490)
    with pytest.raises(RefusedInput, match="no division"):
        analyse(sources.with_layers(communities=frame))


def test_an_analysis_is_the_same_every_time() -> None:
    drawing = "AAABBBCC\nABABABCA\nAAABBBCC\nABBBAACC"
    once = json.dumps(analysis_as_dict(analyse(draw_sources(drawing, households=3))))
    assert json.dumps(analysis_as_dict(analyse(draw_sources(drawing, households=3)))) == once


@pytest.mark.parametrize(
    "wrong", [{"neck_m": 0.0}, {"tortuosity": 0.9}, {"enclosed_share": 1.1}, {"reach_m": -1.0}]
)
def test_a_threshold_outside_its_range_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidOption, match=next(iter(wrong))):
        Thresholds(**wrong)


def test_the_file_of_the_findings_holds_every_layer(tmp_path: Path) -> None:
    analysis = analyse(draw_sources("ABBB\nABAB\nA.BB\nAABB", households=2))
    out = tmp_path / "findings.gpkg"
    write_analysis(analysis, out)
    first = out.read_bytes()
    for layer in LAYERS:
        frame = gpd.read_file(out, layer=layer)
        assert len(frame) == len(getattr(analysis, layer))
        assert frame.crs.to_epsg() == 4490
    parts = gpd.read_file(out, layer="parts")
    assert parts["hosts"].fillna("").tolist() == ["", "B", ""]
    with sqlite3.connect(out) as connection:
        assert connection.execute("PRAGMA user_version").fetchone()[0] == 10300
    write_analysis(analysis, out)
    assert out.read_bytes() == first
    assert [path.name for path in tmp_path.iterdir()] == ["findings.gpkg"]
