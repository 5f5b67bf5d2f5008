"""An OpenStreetMap extract: communities, buildings, roads, barriers, sites, doors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import shapely

from gridmap.osm import parse_tags, read_extract
from gridmap.sources import read_sources

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.osm import Extract

PARTS = {"Vaduz": 7, "Schaan": 5, "Planken": 5, "Balzers": 3, "Eschen": 2, "Gamprin": 2}


@pytest.fixture(scope="module")
def extract(request: pytest.FixtureRequest) -> Extract:
    folder = request.getfixturevalue("shared_data")
    return read_extract(folder / "liechtenstein.osm.pbf")


def test_the_communities_are_the_eleven_municipalities_with_their_parts(extract: Extract) -> None:
    communities = extract.layers["communities"]
    assert len(communities) == 11
    parts = dict(
        zip(communities["name"], shapely.get_num_geometries(communities.geometry), strict=True)
    )
    assert {name: parts[name] for name in PARTS} == PARTS
    single = {"Triesen", "Schellenberg", "Ruggell", "Mauren"}
    assert {name for name, count in parts.items() if count == 1} >= single


def test_neighbouring_communities_share_their_vertices_exactly(extract: Extract) -> None:
    assert shapely.coverage_is_valid(extract.layers["communities"].geometry.to_numpy())


def test_every_building_is_read_with_its_own_id(extract: Extract) -> None:
    buildings = extract.layers["buildings"]
    assert len(buildings) == 8994
    assert buildings["building_id"].is_unique
    assert (buildings["address"] != "").sum() > 850
    garages = buildings[buildings["osm_building"].isin(["garage", "shed", "church"])]
    assert (garages["use"] == "other").all()
    homes = buildings[buildings["osm_building"].isin(["house", "apartments", "residential"])]
    assert (homes["use"] == "residential").all()


def test_roads_have_one_of_four_classes_and_bridges_are_marked(extract: Extract) -> None:
    roads = extract.layers["roads"]
    assert set(roads["class"]) <= {"expressway", "arterial", "secondary", "local"}
    assert (roads["bridge"] == "yes").sum() > 100
    paths = roads[roads["osm_highway"].isin(["footway", "path", "track"])]
    assert (paths["bridge"] == "yes").all()


def test_barriers_are_rivers_and_railways(extract: Extract) -> None:
    assert set(extract.layers["barriers"]["kind"]) == {"river", "railway"}


def test_another_level_can_be_asked_for(shared_data: Path) -> None:
    sources = read_sources(shared_data / "liechtenstein.osm.pbf", admin_level=6)
    assert len(sources.layers["communities"]) == 2
    assert (sources.layers["communities"]["name"].str.startswith("Wahlkreis")).all()


def test_a_level_that_is_not_there_is_said(shared_data: Path) -> None:
    sources = read_sources(shared_data / "liechtenstein.osm.pbf", admin_level=10)
    assert "communities" not in sources.layers
    assert "osm_no_communities" in {finding.code for finding in sources.findings}


def test_no_telephone_number_is_read(extract: Extract) -> None:
    for frame in extract.layers.values():
        assert not [name for name in frame.columns if "phone" in name or "contact" in name]


def test_tags_with_quotes_and_backslashes_are_parsed() -> None:
    assert parse_tags(r'"a"=>"say \"x\"","b"=>"c\\d","e"=>""') == {
        "a": 'say "x"',
        "b": "c\\d",
        "e": "",
    }


def test_a_broken_extract_is_a_finding(tmp_path: Path) -> None:
    from gridmap.errors import RefusedInput

    file = tmp_path / "x.osm.pbf"
    file.write_bytes(b"\x00\x00\x00\x0d\x0a\x09OSMHeader\x18" + b"\xff" * 200)
    with pytest.raises(RefusedInput) as refused:
        read_sources(file)
    assert "unreadable_file" in {finding.code for finding in refused.value.findings}
