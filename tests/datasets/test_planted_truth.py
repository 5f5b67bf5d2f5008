"""What the truth says is planted is really there: measured with shapely, not with our code."""

from __future__ import annotations

import functools
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely

from gridmap.datasets import DEFECT_KINDS, Defect, District, make_district

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

METRIC = "EPSG:4547"
SEEDS = (7, 11)


@functools.cache
def district(seed: int) -> District:
    return make_district(seed=seed, points=False)


def lands(seed: int) -> gpd.GeoSeries:
    """Communities in metres, by id."""
    return district(seed).layers["communities"].to_crs(METRIC).set_index("community_id").geometry


def land_of(defect: Defect) -> shapely.Geometry:
    return shapely.from_wkt(defect.polygon)


def stored(seed: int) -> NDArray[np.object_]:
    return district(seed).layers["communities"].geometry.to_numpy()


@pytest.mark.parametrize("seed", SEEDS)
def test_every_kind_is_planted_as_often_as_the_issue_says(seed: int) -> None:
    kinds = Counter(defect.kind for defect in district(seed).truth.defects)
    assert kinds == {"exclave": 3, "enclosed": 1, "interlock": 1, "gap": 1, "overlap": 1}
    assert set(kinds) == set(DEFECT_KINDS)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_defect_has_households_and_a_point_inside_it(seed: int) -> None:
    buildings = district(seed).layers["buildings"].set_index("building_id")
    for defect in district(seed).truth.defects:
        homes = buildings.loc[list(defect.buildings)]
        assert homes["households"].sum() == defect.households > 0
        assert shapely.contains(land_of(defect), homes.geometry.to_numpy()).all()
        assert land_of(defect).contains(shapely.Point(defect.lon, defect.lat))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_only_detached_parts_are_the_exclaves_and_the_enclosed_part(seed: int) -> None:
    truth = district(seed).truth
    planted = [*truth.of_kind("exclave"), *truth.of_kind("enclosed")]
    expected = Counter(defect.owner for defect in planted)
    for code, land in lands(seed).items():
        assert shapely.get_num_geometries(land) == 1 + expected[code]


@pytest.mark.parametrize("seed", SEEDS)
def test_exclaves_lie_more_than_300_m_from_their_owner_at_the_border_of_the_host(
    seed: int,
) -> None:
    places = lands(seed)
    for defect in district(seed).truth.of_kind("exclave"):
        parts = sorted(places[defect.owner].geoms, key=lambda part: -part.area)
        mine = [part for part in parts if abs(part.area - defect.area_m2) < 1]
        assert len(mine) == 1
        assert mine[0].distance(parts[0]) == pytest.approx(defect.distance_m, abs=0.1)
        assert mine[0].distance(parts[0]) > 300
        beside = {
            code: mine[0].boundary.intersection(land.boundary).length
            for code, land in places.items()
            if code != defect.owner
        }
        touching = sorted((code for code in beside if beside[code] > 1), key=lambda c: -beside[c])
        assert defect.host in touching
        assert len(touching) == 2


@pytest.mark.parametrize("seed", SEEDS)
def test_the_enclosed_part_shares_its_whole_ring_with_its_host(seed: int) -> None:
    places = lands(seed)
    (defect,) = district(seed).truth.of_kind("enclosed")
    (mine,) = (p for p in places[defect.owner].geoms if abs(p.area - defect.area_m2) < 1)
    host = places[defect.host]
    holes = [ring for part in shapely.get_parts(host) for ring in part.interiors]
    assert any(shapely.Polygon(ring).equals(mine) for ring in holes)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_interlock_hangs_on_by_a_neck_narrower_than_40_m(seed: int) -> None:
    (defect,) = district(seed).truth.of_kind("interlock")
    parts = shapely.get_parts(lands(seed)[defect.owner])
    main = parts[np.argmax(shapely.area(parts))]
    opened = main.buffer(-20).buffer(20)
    pieces = [piece for piece in shapely.get_parts(opened) if piece.area > 1_000]
    assert len(pieces) == 2
    assert defect.width_m < 40
    assert min(piece.area for piece in pieces) < defect.area_m2


@pytest.mark.parametrize("seed", SEEDS)
def test_the_gap_is_the_only_hole_and_lies_between_the_two_communities(seed: int) -> None:
    (defect,) = district(seed).truth.of_kind("gap")
    whole = shapely.union_all(stored(seed))
    assert whole.geom_type == "Polygon"
    (hole,) = whole.interiors
    gap = shapely.Polygon(hole)
    assert gap.symmetric_difference(land_of(defect)).area < 1e-9 * gap.area
    places = lands(seed)
    for code in (defect.owner, defect.host):
        near = places[code].distance(shapely.get_parts(_metric(gap))[0])
        assert near < 0.01


@pytest.mark.parametrize("seed", SEEDS)
def test_the_overlap_is_the_only_land_in_two_communities(seed: int) -> None:
    (defect,) = district(seed).truth.of_kind("overlap")
    shapes = stored(seed)
    codes = district(seed).layers["communities"]["community_id"].tolist()
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = first < second
    shared = shapely.area(shapely.intersection(shapes[first[pairs]], shapes[second[pairs]]))
    found = np.flatnonzero(shared > 0)
    assert len(found) == 1
    names = {codes[first[pairs][found[0]]], codes[second[pairs][found[0]]]}
    assert names == {defect.owner, defect.host}
    assert shared[found[0]] == pytest.approx(land_of(defect).area)


@pytest.mark.parametrize("seed", SEEDS)
def test_without_the_overlap_the_communities_are_an_exact_coverage(seed: int) -> None:
    (defect,) = district(seed).truth.of_kind("overlap")
    frame = district(seed).layers["communities"]
    host = frame["community_id"] == defect.host
    shapes = frame.geometry.to_numpy().copy()
    shapes[host] = shapely.difference(shapes[host], land_of(defect))
    assert shapely.coverage_is_valid(shapes)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_building_is_in_one_community_but_for_gap_and_overlap(seed: int) -> None:
    buildings = district(seed).layers["buildings"]
    hits, _ = shapely.STRtree(stored(seed)).query(buildings.geometry.to_numpy(), predicate="within")
    times = np.bincount(hits, minlength=len(buildings))
    truth = district(seed).truth
    ids = buildings["building_id"]
    assert tuple(ids[times == 0]) == truth.of_kind("gap")[0].buildings
    assert tuple(ids[times == 2]) == truth.of_kind("overlap")[0].buildings
    assert times.max() == 2


@pytest.mark.parametrize("seed", SEEDS)
def test_households_of_every_community_are_as_told(seed: int) -> None:
    truth = district(seed).truth
    buildings = district(seed).layers["buildings"]
    hits, places = shapely.STRtree(stored(seed)).query(
        buildings.geometry.to_numpy(), predicate="within"
    )
    codes = district(seed).layers["communities"]["community_id"].to_numpy()
    held = Counter[str]()
    overlap = truth.of_kind("overlap")[0]
    for hit, place in zip(hits.tolist(), places.tolist(), strict=True):
        doubled = buildings["building_id"].iloc[hit] in overlap.buildings
        if not (doubled and codes[place] == overlap.host):
            held[codes[place]] += int(buildings["households"].iloc[hit])
    assert held == truth.households_of
    assert min(held.values()) >= 300


@pytest.mark.parametrize("seed", SEEDS)
def test_exactly_two_roads_cross_the_river_and_they_are_the_bridges(seed: int) -> None:
    layers, truth = district(seed).layers, district(seed).truth
    river = layers["barriers"].query("kind == 'river'").geometry.iloc[0]
    roads = layers["roads"]
    crossing = roads[roads.intersects(river)]
    assert tuple(crossing["road_id"]) == tuple(bridge.road_id for bridge in truth.bridges)
    assert len(crossing) == 2
    assert (crossing["bridge"] == "yes").all()
    assert (layers["barriers"]["kind"] == "railway").sum() == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_one_community_spans_the_river_with_a_bridge_and_one_without(seed: int) -> None:
    truth = district(seed).truth
    layers = district(seed).layers
    river = layers["barriers"].query("kind == 'river'").geometry.iloc[0]
    bridges = layers["roads"].query("bridge == 'yes'").union_all()
    shapes = layers["communities"].set_index("community_id").geometry
    for codes, bridged in (
        (truth.split_communities, True),
        (truth.unbridged_communities, False),
    ):
        (code,) = codes
        parts = shapely.get_parts(shapes[code].difference(river))
        parts = [part for part in parts if part.intersects(river) and part.area > 1e-6]
        assert len(parts) == 2
        inside = shapes[code].buffer(1e-7).covers(bridges.intersection(shapes[code]))
        crosses = bridges.intersection(shapes[code].buffer(-1e-6)).length > 0
        assert (inside and crosses) == bridged


def _metric(shape: shapely.Geometry) -> shapely.Geometry:
    import geopandas as gpd

    return gpd.GeoSeries([shape], crs="EPSG:4490").to_crs(METRIC).iloc[0]
