"""Addresses of a made district: three forms, and odd and even numbers on two sides."""

from __future__ import annotations

import functools
import re

import numpy as np
import shapely

from gridmap.datasets import District, make_district

METRIC = "EPSG:4547"
DOOR = re.compile(r"^(.+?(?:路|街|巷|大道))(\d+)号$")


@functools.cache
def district() -> District:
    return make_district()


def doors() -> list[tuple[str, int, shapely.Point]]:
    """Road, number and place of every urban compound and site."""
    found = []
    for role in ("compounds", "sites"):
        frame = district().layers[role].to_crs(METRIC)
        for address, shape in zip(frame["address"], frame.geometry, strict=True):
            if match := DOOR.match(address):
                found.append((match[1], int(match[2]), shape.representative_point()))
    return found


def lines() -> dict[str, shapely.Geometry]:
    roads = district().layers["roads"].to_crs(METRIC)
    return {
        name: shapely.line_merge(part.union_all()) for name, part in roads.groupby("name").geometry
    }


def test_addresses_of_all_three_forms_and_of_places_occur() -> None:
    texts = district().layers["households"]["address"]
    assert texts.str.fullmatch(r".+(?:栋|号楼|幢)\d+单元\d+室").sum() > 30_000
    assert texts.str.fullmatch(r".+(?:路|街|巷|大道)\d+号\d+单元\d+室").sum() > 300
    assert texts.str.fullmatch(r".+村\d组\d+号").sum() > 200
    assert texts.str.fullmatch(r".+村.+\d+号").sum() > 600
    assert district().layers["compounds"]["address"].str.fullmatch(r".+[路街巷道]\d+号").any()
    assert (district().layers["sites"]["name"].str.len() >= 4).all()


def test_a_flat_has_one_address_and_a_house_of_the_countryside_one_door() -> None:
    households = district().layers["households"]
    buildings = district().layers["buildings"].set_index("building_id")
    rooms = households[households["address"].str.endswith("室")]
    assert rooms["address"].is_unique
    rest = households[~households["address"].str.endswith("室")]
    assert rest["address"].eq(buildings["address"].reindex(rest["building_id"]).to_numpy()).all()
    homes = buildings[buildings["households"] > 0]
    assert homes["address"].is_unique


def test_door_numbers_are_given_once_on_a_road() -> None:
    numbers = [(road, number) for road, number, _ in doors()]
    assert len(numbers) == len(set(numbers))
    assert len(numbers) > 200


def test_odd_numbers_lie_left_and_even_ones_right_of_the_road_as_drawn() -> None:
    roads = lines()
    sides: dict[int, list[bool]] = {0: [], 1: []}
    for road, number, place in doors():
        parts = shapely.get_parts(roads[road])
        line = parts[int(np.argmin(shapely.distance(parts, place)))]
        along = line.project(place)
        if not 1 < along < line.length - 1:
            continue
        a, b = line.interpolate(along - 1), line.interpolate(along + 1)
        left = (b.x - a.x) * (place.y - a.y) - (b.y - a.y) * (place.x - a.x) > 0
        sides[number % 2].append(left)
    assert len(sides[0]) > 50
    assert len(sides[1]) > 50
    assert all(sides[1])
    assert not any(sides[0])


def test_numbers_grow_along_the_road() -> None:
    roads = lines()
    by_road: dict[tuple[str, int], list[tuple[int, float]]] = {}
    for road, number, place in doors():
        if roads[road].geom_type == "LineString":
            by_road.setdefault((road, number % 2), []).append((number, roads[road].project(place)))
    steps = [
        after[1] - before[1]
        for rows in by_road.values()
        for before, after in zip(sorted(rows)[:-1], sorted(rows)[1:], strict=True)
    ]
    assert len(steps) > 30
    assert np.mean(np.array(steps) > -60) > 0.95


def test_roads_of_three_classes_have_names_and_lie_150_to_250_m_apart() -> None:
    roads = district().layers["roads"]
    assert set(roads["class"]) == {"arterial", "secondary", "local"}
    assert (roads["name"] != "").all()
    communities = district().layers["communities"].to_crs(METRIC)
    urban = communities[communities["area_type"] == "urban"].union_all()
    faces = shapely.get_parts(
        shapely.polygonize(shapely.get_parts(shapely.node(roads.to_crs(METRIC).union_all())))
    )
    blocks = faces[shapely.covers(urban.buffer(1), faces)]
    side = np.sqrt(shapely.area(blocks))
    assert 150 <= np.median(side) <= 250
