"""The standard addresses of a territory: one row each, never a room."""

from __future__ import annotations

import json

import geopandas as gpd
import pandas as pd
import shapely

from gridmap.addresses import collect_places


def _frame(columns: dict[str, list[object]], points: list[tuple[float, float]]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapely.points(points), crs=4490)


def _homes(addresses: list[str], buildings: list[str]) -> gpd.GeoDataFrame:
    points = [(113.1 + n * 1e-6, 23.0) for n in range(len(addresses))]
    return _frame({"address": list(addresses), "building_id": list(buildings)}, points)


def test_households_of_one_building_make_one_place() -> None:
    homes = _homes(
        [
            "锦绣花园3栋1单元101室",
            "锦绣花园3幢2单元502",
            "錦繡花園３棟３單元６０３",
            "锦绣花园3#-1-101",
        ],
        ["B3"] * 4,
    )
    places = collect_places(households=homes)
    assert places[["text", "building_id"]].to_numpy().tolist() == [["锦绣花园3栋", "B3"]]
    assert json.loads(places["elements"][0]) == {
        "building": "3",
        "compound": "锦绣花园",
        "kind": "building",
    }


def test_no_place_holds_an_entrance_or_a_room() -> None:
    tails = [
        "1单元101室",
        "2单元1203",
        "3门402室",
        "二单元301",
        "-2-502",
        "501室",
        "2梯B1房",
        "1单元",
    ]
    homes = _homes([f"锦绣花园{n}栋{tail}" for n, tail in enumerate(tails, 1)], [""] * len(tails))
    places = collect_places(households=homes)
    for text, elements in zip(places["text"], places["elements"], strict=True):
        assert not {"entrance", "room"} & set(json.loads(elements))
        assert not any(mark in text for mark in ("单元", "室", "门", "房"))
        assert text.endswith("栋")


def test_two_roads_of_one_name_stay_two_places() -> None:
    doors = _frame({"address": ["中山路5号", "中山路5号"]}, [(113.1, 23.0), (113.2, 23.0)])
    assert collect_places(doors=doors)["text"].tolist() == ["中山路5号", "中山路5号"]


def test_a_compound_known_from_points_keeps_its_extent() -> None:
    points = [(113.1 + n * 0.001, 23.0) for n in range(5)]
    homes = _frame({"address": ["锦绣花园"] * 5, "building_id": [""] * 5}, points)
    assert len(collect_places(households=homes)) == 5


def test_a_building_is_known_by_its_own_name_and_behind_its_compounds() -> None:
    compounds = _frame({"compound_id": ["P1"], "name": ["锦绣花园"]}, [(113.1, 23.0)])
    buildings = _frame(
        {
            "building_id": ["b1", "b2", "b3", "b4"],
            "compound_id": ["P1", "P1", "P1", "P1"],
            "name": ["3栋", "4", "锦绣花园5栋", "东楼"],
            "address": ["", "", "建设路12号", ""],
        },
        [(113.1, 23.0)] * 4,
    )
    places = collect_places(buildings=buildings, compounds=compounds)
    texts = places.groupby("building_id")["text"].agg(list).to_dict()
    assert texts["b1"] == ["锦绣花园3栋"]
    assert texts["b2"] == ["锦绣花园4栋"]
    assert texts["b3"] == ["建设路12号", "锦绣花园5栋"]
    assert "锦绣花园东栋" in texts["b4"] or "锦绣花园东楼" in texts["b4"]
    assert texts[""] == ["锦绣花园"]


def test_doors_are_joined_from_road_and_number() -> None:
    doors = _frame(
        {"road": ["建设路", "Landstrasse", ""], "number": ["12", "7", "3"]}, [(113.1, 23.0)] * 3
    )
    assert collect_places(doors=doors)["text"].tolist() == ["Landstrasse 7", "建设路12号"]


def test_a_site_keeps_its_whole_name() -> None:
    sites = _frame({"site_id": ["s1"], "name": ["解放路12号大院"]}, [(113.1, 23.0)])
    places = collect_places(sites=sites)
    assert places["text"].tolist() == ["解放路12号大院"]
    assert json.loads(places["elements"][0])["site_id"] == "s1"


def test_places_do_not_depend_on_the_order_of_rows() -> None:
    homes = _homes([f"建设路{n % 7 + 1}号{n % 3 + 1}栋{n}室" for n in range(60)], [""] * 60)
    shuffled = homes.sample(frac=1, random_state=3)
    left, right = collect_places(households=homes), collect_places(households=shuffled)
    assert left["text"].tolist() == right["text"].tolist()
    assert left["elements"].tolist() == right["elements"].tolist()


def test_nothing_given_makes_an_empty_frame_with_all_columns() -> None:
    places = collect_places()
    assert list(places.columns) == ["text", "elements", "building_id", "lon", "lat"]
    assert len(places) == 0


def test_hostile_and_absent_addresses_do_no_harm() -> None:
    texts = [None, "", "x" * 5000, "<script>", "=cmd()", "路\n3号", "\x00"]
    points = [(113.1, 23.0)] * len(texts)
    homes = _frame({"address": list(texts), "building_id": [""] * len(texts)}, points)
    places = collect_places(households=homes)
    assert isinstance(places, pd.DataFrame)
    assert "x" * 200 not in "".join(places["text"])


def test_a_household_without_a_point_makes_no_place() -> None:
    homes = gpd.GeoDataFrame(
        {"address": ["建设路1号"], "building_id": [""]}, geometry=[shapely.Point()], crs=4490
    )
    assert len(collect_places(households=homes)) == 0
